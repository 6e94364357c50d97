/*
 * Time and its text: known instants, the round trip over four centuries, and what is refused.
 */
#include "bus/time.h"

#include <string.h>
#include <time.h>

#include "suite.h"

static const struct {
	const char *text;
	int64_t micros;
	const char *utc; /* as formatted */
} good[] = {
	{ "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z" },
	{ "2012-06-21T13:30:00.004241Z", 1340285400004241, "2012-06-21T13:30:00.004241Z" },
	{ "2012-06-21T09:30:00.004241-04:00", 1340285400004241, "2012-06-21T13:30:00.004241Z" },
	{ "2012-06-21T19:00:00.004241+05:30", 1340285400004241, "2012-06-21T13:30:00.004241Z" },
	{ "2012-06-21t13:30:00z", 1340285400000000, "2012-06-21T13:30:00.000000Z" },
	{ "2012-06-21T13:30:00.123456789Z", 1340285400123456, "2012-06-21T13:30:00.123456Z" },
	{ "2012-06-21T13:30:00.5Z", 1340285400500000, "2012-06-21T13:30:00.500000Z" },
	{ "2000-02-29T12:00:00Z", 951825600000000, "2000-02-29T12:00:00.000000Z" },
	{ "2024-02-29T23:59:59.999999Z", 1709251199999999, "2024-02-29T23:59:59.999999Z" },
	{ "2023-12-31T20:00:00-05:00", 1704070800000000, "2024-01-01T01:00:00.000000Z" },
	{ "2024-03-01T00:30:00+01:00", 1709249400000000, "2024-02-29T23:30:00.000000Z" },
	{ "1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z" },
	{ "1900-02-28T00:00:00Z", -2203977600000000, "1900-02-28T00:00:00.000000Z" },
	{ "0000-01-01T00:00:00Z", -62167219200000000, "0000-01-01T00:00:00.000000Z" },
	{ "9999-12-31T23:59:59.999999Z", 253402300799999999, "9999-12-31T23:59:59.999999Z" },
	{ "2016-12-31T23:59:60Z", 1483228800000000, "2017-01-01T00:00:00.000000Z" },
	{ "2017-01-01T00:59:60+01:00", 1483228800000000, "2017-01-01T00:00:00.000000Z" },
	{ "1970-01-01T00:00:00-00:00", 0, "1970-01-01T00:00:00.000000Z" },
};

START_TEST(parses)
{
	char buf[BUS_TIME_TEXT];
	int64_t micros = 42;

	ck_assert_msg(bus_time_parse(good[_i].text, strlen(good[_i].text), &micros), "%s",
		      good[_i].text);
	ck_assert_int_eq(micros, good[_i].micros);
	ck_assert_ptr_eq(bus_time_format(micros, buf), buf);
	ck_assert_str_eq(buf, good[_i].utc);
}
END_TEST

static const char *const bad[] = {
	"",
	"2012-06-21",
	"2012-06-21T13:30:00",
	"2012-06-21 13:30:00Z",
	"2012-6-21T13:30:00Z",
	"2012-06-21T13:30:00Zx",
	"2012-06-21T13:30:00.Z",
	"2012-06-21T13:30:00.1234567890Z",
	"2012-06-21T13:30:00,5Z",
	"2012-06-21T13:30:00+0400",
	"2012-06-21T13:30:00+04",
	"2012-06-21T13:30:00+24:00",
	"2012-06-21T13:30:00+04:60",
	"2012-06-21T24:00:00Z",
	"2012-06-21T13:60:00Z",
	"2012-06-21T13:30:61Z",
	"2012-06-21T13:30:60Z",
	"2012-13-21T13:30:00Z",
	"2012-00-21T13:30:00Z",
	"2012-06-00T13:30:00Z",
	"2012-06-31T13:30:00Z",
	"2011-02-29T13:30:00Z",
	"1900-02-29T13:30:00Z",
	"2100-02-29T13:30:00Z",
	"-012-06-21T13:30:00Z",
	"+2012-06-21T13:30:00Z",
	"2012-06-21T13:30:-1Z",
	"0000-01-01T00:00:00+00:01",
	"9999-12-31T23:59:59-00:01",
	"9999-12-31T23:59:60Z",
};

START_TEST(refuses)
{
	int64_t micros = 42;

	ck_assert_msg(!bus_time_parse(bad[_i], strlen(bad[_i]), &micros), "%s", bad[_i]);
	ck_assert_int_eq(micros, 42);
}
END_TEST

/* Text that is not ended by NUL, with every cut of it in memory of exactly its size. */
START_TEST(reads_no_further)
{
	static const char text[] = "2012-06-21T13:30:00.004241-04:00";
	size_t whole = strlen(text);

	for (size_t len = 0; len <= whole; len++) {
		char *copy = malloc(len ? len : 1);
		int64_t micros;

		memcpy(copy, text, len);
		ck_assert_int_eq(bus_time_parse(copy, len, &micros), len == whole);
		free(copy);
	}
}
END_TEST

/* Every day from 1890 to 2410, against the C library. */
START_TEST(round_trip)
{
	for (int64_t day = -29219; day < 160705; day++) {
		int64_t micros = day * 86400 * BUS_SECOND + (day * 7919 % 86400) * BUS_SECOND + 17;
		time_t seconds = (time_t)(micros / BUS_SECOND - (micros % BUS_SECOND < 0));
		char buf[BUS_TIME_TEXT], libc[32];
		struct tm tm;
		int64_t back;

		bus_time_format(micros, buf);
		(void)strftime(libc, sizeof(libc), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
		ck_assert_mem_eq(buf, libc, 19);
		ck_assert(bus_time_parse(buf, strlen(buf), &back));
		ck_assert_int_eq(back, micros);
	}
}
END_TEST

START_TEST(formats_only_four_digit_years)
{
	char buf[BUS_TIME_TEXT];

	ck_assert_str_eq(bus_time_format(INT64_MIN, buf), "0000-01-01T00:00:00.000000Z");
	ck_assert_str_eq(bus_time_format(INT64_MAX, buf), "9999-12-31T23:59:59.999999Z");
}
END_TEST

START_TEST(clocks)
{
	int64_t wall = bus_time_wall(), begin = bus_time_monotonic();

	ck_assert_int_gt(wall, 1700000000 * BUS_SECOND);
	ck_assert_int_ge(bus_time_monotonic(), begin);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("time");
	TCase *tcase = tcase_create("time");

	tcase_add_loop_test(tcase, parses, 0, BUS_ARRAY_LEN(good));
	tcase_add_loop_test(tcase, refuses, 0, BUS_ARRAY_LEN(bad));
	tcase_add_test(tcase, reads_no_further);
	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, formats_only_four_digit_years);
	tcase_add_test(tcase, clocks);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
