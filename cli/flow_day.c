/* The proleptic Gregorian calendar by days since 1970-01-01, and the daylight time rule of 2007. */
#include "flow_day.h"

#define DAY_MICROS  (INT64_C(86400) * 1000000)
#define HOUR_MICROS (INT64_C(3600) * 1000000)

/* Days before the first of March of the era's years, by Howard Hinnant's days_from_civil. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t days_of_number(int32_t day)
{
	return days_of(day / 10000, day / 100 % 100, day % 100);
}

static int32_t number_of_days(int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t shifted = (5 * of_year + 2) / 153;
	int64_t day = of_year - (153 * shifted + 2) / 5 + 1;
	int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;

	year += era * 400 + (month <= 2);
	return (int32_t)(year * 10000 + month * 100 + day);
}

/* 0: Sunday. */
static int weekday_of(int64_t days)
{
	return (int)(((days + 4) % 7 + 7) % 7);
}

int32_t flow_day_after(int32_t day)
{
	int64_t days = days_of_number(day) + 1;

	while (weekday_of(days) == 0 || weekday_of(days) == 6)
		days++;
	return number_of_days(days);
}

static int64_t sunday_from(int64_t days)
{
	return days + (7 - weekday_of(days)) % 7;
}

/* From the second Sunday of March, two o'clock, to the first of November: not midnight of either.
 */
int64_t flow_day_midnight(int32_t day)
{
	int64_t days = days_of_number(day), year = day / 10000;
	int64_t begins = sunday_from(days_of(year, 3, 8)), ends = sunday_from(days_of(year, 11, 1));
	int64_t hours = days > begins && days <= ends ? 4 : 5;

	return days * DAY_MICROS + hours * HOUR_MICROS;
}
