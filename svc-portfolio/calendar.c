/* Days are counted from 1970-01-01; civil dates by Howard Hinnant's algorithms. */
#include "calendar.h"

#define HOUR	   INT64_C(3600000000)
#define DAY	   (24 * HOUR)
#define LAST_DAY   2932531 /* 9998-12-31 */
#define FIRST_DATE 19700101
#define LAST_DATE  99981231

enum {
	JANUARY = 1,
	FEBRUARY,
	MARCH,
	APRIL,
	MAY,
	JUNE,
	JULY,
	SEPTEMBER = 9,
	OCTOBER,
	NOVEMBER,
	DECEMBER
};
enum { SUNDAY, MONDAY, THURSDAY = 4, FRIDAY, SATURDAY };

struct civil {
	int year, month, day;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t days_of(int year, int month, int day)
{
	int64_t y = year - (month <= FEBRUARY), era = floor_div(y, 400), of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > FEBRUARY ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct civil civil_of(int64_t days)
{
	int64_t z = days + 719468, era = floor_div(z, 146097), of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
	int month = (int)(m < 10 ? m + 3 : m - 9);

	return (struct civil){ (int)(y + era * 400) + (month <= FEBRUARY), month,
			       (int)(of_year - (153 * m + 2) / 5 + 1) };
}

static int weekday_of(int64_t days)
{
	int64_t rest = (days + 4) % 7; /* 1970-01-01 was a Thursday */

	return (int)(rest < 0 ? rest + 7 : rest);
}

static struct civil split(int32_t date)
{
	return (struct civil){ date / 10000, date / 100 % 100, date % 100 };
}

static int32_t join(struct civil civil)
{
	return civil.year * 10000 + civil.month * 100 + civil.day;
}

static int64_t days_of_date(int32_t date)
{
	struct civil civil = split(date);

	return days_of(civil.year, civil.month, civil.day);
}

/* The n-th of a weekday in a month; n = 0: the last one of the month before. */
static int64_t nth(int year, int month, int weekday, int n)
{
	int64_t first = days_of(year, month, 1);

	return first + (weekday - weekday_of(first) + 7) % 7 + 7 * (n - 1);
}

/* Daylight saving time ******************************************************************** */

/* Days on which it begins and ends, at 2:00 in the morning of the clock that is in force. */
static int64_t saving_begins(int year)
{
	if (year >= 2007)
		return nth(year, MARCH, SUNDAY, 2);
	return year >= 1987 ? nth(year, APRIL, SUNDAY, 1) : nth(year, MAY, SUNDAY, 0);
}

static int64_t saving_ends(int year)
{
	return year >= 2007 ? nth(year, NOVEMBER, SUNDAY, 1) : nth(year, NOVEMBER, SUNDAY, 0);
}

/* Hours behind UTC: 5, or 4 in summer. */
static int64_t behind(int64_t at)
{
	int year = civil_of(floor_div(at - 5 * HOUR, DAY)).year;
	int64_t begins = saving_begins(year) * DAY + 7 * HOUR; /* 2:00 of winter time */
	int64_t ends = saving_ends(year) * DAY + 6 * HOUR;     /* 2:00 of summer time */

	return at >= begins && at < ends ? 4 : 5;
}

/* Dates *********************************************************************************** */

bool calendar_knows(int64_t at)
{
	return at >= 5 * HOUR && at < LAST_DAY * DAY;
}

bool calendar_is_date(int32_t date)
{
	return date >= FIRST_DATE && date <= LAST_DATE &&
	       join(civil_of(days_of_date(date))) == date;
}

int32_t calendar_date(int64_t at)
{
	return join(civil_of(floor_div(at - behind(at) * HOUR, DAY)));
}

/* Midnight is never in the hour that is skipped or repeated. */
int64_t calendar_begin(int32_t date)
{
	int64_t winter = days_of_date(date) * DAY + 5 * HOUR;

	return behind(winter - HOUR) == 4 ? winter - HOUR : winter;
}

int32_t calendar_next_day(int32_t date)
{
	return join(civil_of(days_of_date(date) + 1));
}

int32_t calendar_day_before(int32_t date)
{
	return join(civil_of(days_of_date(date) - 1));
}

int64_t calendar_days(int32_t from, int32_t to)
{
	return days_of_date(to) - days_of_date(from);
}

int calendar_weekday(int32_t date)
{
	return weekday_of(days_of_date(date));
}

/* Business days *************************************************************************** */

/* Sunday of Easter by the anonymous Gregorian algorithm. */
static int64_t easter(int year)
{
	int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4;
	int g = (8 * b + 13) / 25, h = (19 * a + b - d - g + 15) % 30;
	int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
	int m = (a + 11 * h + 22 * l) / 451;
	int month = (h + l - 7 * m + 114) / 31, day = (h + l - 7 * m + 114) % 31 + 1;

	return days_of(year, month, day);
}

/* A holiday on a fixed day: on Saturday it is the Friday before, on Sunday the Monday after. */
static int64_t observed(int64_t days)
{
	if (weekday_of(days) == SATURDAY)
		return days - 1;
	return weekday_of(days) == SUNDAY ? days + 1 : days;
}

/* New Year's Day on a Saturday is not observed: the last day of the old year is one of trading. */
static bool is_new_year(int64_t days, int year)
{
	int64_t first = days_of(year, JANUARY, 1);

	return weekday_of(first) == SUNDAY ? days == first + 1 : days == first;
}

bool calendar_is_holiday(int32_t date)
{
	int64_t days = days_of_date(date);
	int year = split(date).year;

	return is_new_year(days, year) ||
	       (year >= 1998 && days == nth(year, JANUARY, MONDAY, 3)) ||     /* M. L. King */
	       days == nth(year, FEBRUARY, MONDAY, 3) ||		      /* Washington */
	       days == easter(year) - 2 ||				      /* Good Friday */
	       days == nth(year, JUNE, MONDAY, 0) ||			      /* Memorial Day */
	       (year >= 2022 && days == observed(days_of(year, JUNE, 19))) || /* Juneteenth */
	       days == observed(days_of(year, JULY, 4)) ||		      /* Independence Day */
	       days == nth(year, SEPTEMBER, MONDAY, 1) ||		      /* Labor Day */
	       days == nth(year, NOVEMBER, THURSDAY, 4) ||		      /* Thanksgiving */
	       days == observed(days_of(year, DECEMBER, 25));		      /* Christmas */
}

bool calendar_is_business_day(int32_t date)
{
	int weekday = calendar_weekday(date);

	return weekday != SUNDAY && weekday != SATURDAY && !calendar_is_holiday(date);
}

int32_t calendar_next_business_day(int32_t date)
{
	do
		date = calendar_next_day(date);
	while (!calendar_is_business_day(date));
	return date;
}
