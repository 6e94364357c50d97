/*
 * Calendar arithmetic by hand, since these run for every record: no locale, no time zone, no lock.
 * The proleptic Gregorian calendar in cycles of 400 years that begin on 1 March (Howard Hinnant,
 * "chrono-compatible low-level date algorithms"). Text covers the years 0000 to 9999: parsing
 * refuses an instant outside of them and formatting writes the nearest one inside.
 */
#include "bus/time.h"

#include <string.h>
#include <time.h>

#define DAY_SECONDS   INT64_C(86400)
#define DAYS_PER_ERA  INT64_C(146097)	    /* 400 years */
#define EPOCH_DAY     INT64_C(719468)	    /* 1970-01-01, counted from 0000-03-01 */
#define FIRST_SECOND  INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define LAST_SECOND   INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DATE_TIME_LEN 19		    /* "2012-06-21T13:30:00" */

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	bus_assert(clock_gettime(clock, &now) == 0);
	return (int64_t)now.tv_sec * BUS_SECOND + now.tv_nsec / 1000;
}

int64_t bus_time_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t bus_time_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* year 0..9999, month 1..12, day 1..31 -> days since 1970-01-01 */
static int64_t days_from_civil(int year, int month, int day)
{
	int shifted = month > 2 ? month - 3 : month + 9; /* months since March */
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - EPOCH_DAY;
}

struct civil {
	unsigned year, month, day;
};

/* The inverse, for days within the years 0000 to 9999. */
static struct civil civil_from_days(int64_t days)
{
	int64_t z = days + EPOCH_DAY;
	int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	unsigned doe = (unsigned)(z - era * DAYS_PER_ERA);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned shifted = (5 * doy + 2) / 153; /* months since March */
	unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;

	return (struct civil){
		.year = (unsigned)((int64_t)yoe + era * 400) + (month <= 2),
		.month = month,
		.day = doy - (153 * shifted + 2) / 5 + 1,
	};
}

/* Exactly `count` digits at text; -1 when one is not. */
static int digits(const char *text, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* "2012-06-21T13:30:00" as if in UTC. A second of 60 is taken here and judged by the caller. */
static bool parse_date_time(const char *text, int64_t *seconds, bool *leap_second)
{
	int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
	int hour = digits(text + 11, 2), minute = digits(text + 14, 2);
	int second = digits(text + 17, 2);

	if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') ||
	    text[13] != ':' || text[16] != ':')
		return false;
	if (year < 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	*seconds = days_from_civil(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 +
		   second;
	*leap_second = second == 60;
	return true;
}

/* ".004241" -> 4241; absent -> 0. Moves *text behind it. At most nine digits, cut to six. */
static bool parse_fraction(const char **text, const char *end, int64_t *micros)
{
	const char *p = *text;
	int64_t value = 0, unit = BUS_SECOND;
	int count = 0;

	*micros = 0;
	if (p == end || *p != '.')
		return true;
	for (p++; p < end && *p >= '0' && *p <= '9'; p++, count++) {
		unit /= 10;
		value += (*p - '0') * unit;
	}
	if (count < 1 || count > 9)
		return false;
	*micros = value;
	*text = p;
	return true;
}

/* "Z", "+05:30", "-04:00" and nothing behind it -> seconds east of UTC */
static bool parse_offset(const char *text, size_t len, int64_t *seconds)
{
	int hours, minutes;

	if (len == 1 && (*text == 'Z' || *text == 'z')) {
		*seconds = 0;
		return true;
	}
	if (len != 6 || (*text != '+' && *text != '-') || text[3] != ':')
		return false;
	hours = digits(text + 1, 2);
	minutes = digits(text + 4, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*seconds = (*text == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

bool bus_time_parse(const char *text, size_t len, int64_t *out)
{
	const char *end, *p;
	int64_t seconds, micros, offset;
	bool leap_second;

	if (!text || len < DATE_TIME_LEN + 1)
		return false;
	end = text + len;
	p = text + DATE_TIME_LEN;
	if (!parse_date_time(text, &seconds, &leap_second) || !parse_fraction(&p, end, &micros) ||
	    !parse_offset(p, (size_t)(end - p), &offset))
		return false;
	seconds -= offset;
	/* A leap second is the last of a UTC day; it becomes the first second of the next. */
	if (leap_second && seconds % DAY_SECONDS != 0)
		return false;
	if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
		return false;
	*out = seconds * BUS_SECOND + micros;
	return true;
}

static char *put2(char *p, unsigned value, char after)
{
	p[0] = (char)('0' + value / 10);
	p[1] = (char)('0' + value % 10);
	p[2] = after;
	return p + 3;
}

static void put6(char *p, unsigned value)
{
	for (int i = 5; i >= 0; i--, value /= 10)
		p[i] = (char)('0' + value % 10);
}

char *bus_time_format(int64_t micros, char *buf)
{
	int64_t seconds, days;
	unsigned fraction, rest;
	struct civil date;
	char *p = buf;

	if (micros < FIRST_SECOND * BUS_SECOND)
		micros = FIRST_SECOND * BUS_SECOND;
	if (micros > LAST_SECOND * BUS_SECOND + BUS_SECOND - 1)
		micros = LAST_SECOND * BUS_SECOND + BUS_SECOND - 1;
	seconds = micros / BUS_SECOND - (micros % BUS_SECOND < 0); /* towards the past */
	fraction = (unsigned)(micros - seconds * BUS_SECOND);
	days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	rest = (unsigned)(seconds - days * DAY_SECONDS);
	date = civil_from_days(days);

	p[0] = (char)('0' + date.year / 1000);
	p[1] = (char)('0' + date.year / 100 % 10);
	p = put2(p + 2, date.year % 100, '-');
	p = put2(p, date.month, '-');
	p = put2(p, date.day, 'T');
	p = put2(p, rest / 3600, ':');
	p = put2(p, rest / 60 % 60, ':');
	p = put2(p, rest % 60, '.');
	put6(p, fraction);
	memcpy(p + 6, "Z", 2);
	return buf;
}
