/* New York's dates across both changes of the clock, and the exchange's holidays as published. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../calendar.h"
#include "../settlement.h"
#include "bus/time.h"

static int64_t at(const char *text)
{
	int64_t micros;

	ck_assert(bus_time_parse(text, strlen(text), &micros));
	return micros;
}

static const struct {
	const char *instant;
	int32_t date;
} dates[] = {
	{ "1970-01-01T05:00:00Z", 19700101 },
	{ "2012-06-21T03:59:59.999999Z", 20120620 }, /* summer: 4 hours behind */
	{ "2012-06-21T04:00:00Z", 20120621 },
	{ "2012-12-21T04:59:59.999999Z", 20121220 }, /* winter: 5 */
	{ "2012-12-21T05:00:00Z", 20121221 },
	{ "2024-02-29T12:00:00Z", 20240229 },
	/* the clock goes forward at 2:00 on 2024-03-10: that day ends an hour early */
	{ "2024-03-10T04:59:59Z", 20240309 },
	{ "2024-03-10T05:00:00Z", 20240310 },
	{ "2024-03-11T03:59:59Z", 20240310 },
	{ "2024-03-11T04:00:00Z", 20240311 },
	/* and back at 2:00 on 2024-11-03: an hour late */
	{ "2024-11-03T04:00:00Z", 20241103 },
	{ "2024-11-04T04:59:59Z", 20241103 },
	{ "2024-11-04T05:00:00Z", 20241104 },
	/* before 2007: the first Sunday of April to the last of October */
	{ "2006-03-20T04:30:00Z", 20060319 },
	{ "2006-04-03T04:00:00Z", 20060403 },
	{ "2006-10-29T04:00:00Z", 20061029 },
	{ "2006-10-30T04:30:00Z", 20061029 },
	/* before 1987: the last Sunday of April */
	{ "1986-04-27T04:30:00Z", 19860426 },
	{ "1986-04-28T04:00:00Z", 19860428 },
};

START_TEST(dates_in_new_york)
{
	ck_assert_int_eq(calendar_date(at(dates[_i].instant)), dates[_i].date);
}
END_TEST

/* Each day begins where the one before it ends, for thirty years. */
START_TEST(days_follow_each_other)
{
	int32_t date = 19950101;
	int hours[26] = { 0 };

	for (int64_t n = 0; date < 20250101; n++) {
		int64_t begin = calendar_begin(date), end;
		int32_t next = calendar_next_day(date);

		ck_assert(calendar_is_date(date));
		ck_assert_int_eq(calendar_day_before(next), date);
		ck_assert_int_eq(calendar_days(19950101, date), n);
		ck_assert_int_eq(calendar_weekday(date), n % 7); /* a Sunday */
		end = calendar_begin(next);
		ck_assert_int_eq(calendar_date(begin), date);
		ck_assert_int_eq(calendar_date(begin - 1), calendar_day_before(date));
		ck_assert_int_eq(calendar_date(end - 1), date);
		hours[(end - begin) / INT64_C(3600000000)]++;
		date = next;
	}
	ck_assert_int_eq(hours[23], 30);
	ck_assert_int_eq(hours[25], 30);
	ck_assert_int_eq(hours[24], 10958 - 60);
}
END_TEST

/* As the exchange has published them. */
static const int32_t holidays[] = {
	20110117, 20110221, 20110422, 20110530, 20110704, 20110905, 20111124, 20111226, 20120102,
	20120116, 20120220, 20120406, 20120528, 20120704, 20120903, 20121122, 20121225, 20150703,
	20200410, 20210402, 20210705, 20211224, 20220117, 20220221, 20220415, 20220530, 20220620,
	20220704, 20220905, 20221124, 20221226, 20230102, 20230116, 20230220, 20230407, 20230529,
	20230619, 20230704, 20230904, 20231123, 20231225, 20240101, 20240115, 20240219, 20240329,
	20240527, 20240619, 20240704, 20240902, 20241128, 20241225, 20250101, 20250120, 20250217,
	20250418, 20250526, 20250619, 20250704, 20250901, 20251127, 20251225, 20260101, 20260119,
	20260216, 20260403, 20260525, 20260619, 20260703, 20260907, 20261126, 20261225,
};

START_TEST(holidays_by_rule)
{
	static const int years[] = { 2011, 2012, 2022, 2023, 2024, 2025, 2026 };

	for (size_t i = 0; i < BUS_ARRAY_LEN(holidays); i++)
		ck_assert_msg(calendar_is_holiday(holidays[i]), "%d", (int)holidays[i]);
	for (size_t i = 0; i < BUS_ARRAY_LEN(years); i++) {
		int32_t date = years[i] * 10000 + 101;
		int count = 0, listed = 0;

		for (; date / 10000 == years[i]; date = calendar_next_day(date))
			count += calendar_is_holiday(date) && calendar_weekday(date) % 6 != 0;
		for (size_t j = 0; j < BUS_ARRAY_LEN(holidays); j++)
			listed += holidays[j] / 10000 == years[i];
		ck_assert_msg(count == listed, "%d: %d, not %d", years[i], count, listed);
	}
	/* Juneteenth is one since 2022; a New Year's Day on Saturday is not observed. */
	ck_assert(!calendar_is_holiday(20210618));
	ck_assert(!calendar_is_holiday(20211231));
}
END_TEST

static const struct {
	const char *executed;
	int32_t settles;
} trades[] = {
	{ "2012-06-21T13:30:00Z", 20120622 },
	{ "2012-06-22T19:59:59Z", 20120625 }, /* Friday */
	{ "2012-06-23T12:00:00Z", 20120625 }, /* Saturday */
	{ "2012-06-22T03:00:00Z", 20120622 }, /* still Thursday in New York */
	{ "2012-07-03T14:00:00Z", 20120705 }, /* Independence Day */
	{ "2020-07-02T14:00:00Z", 20200706 }, /* the fourth is observed on Friday */
	{ "2024-03-28T14:00:00Z", 20240401 }, /* Good Friday and a weekend */
	{ "2021-12-31T15:00:00Z", 20220103 }, /* New Year's Day on Saturday */
	{ "2023-12-29T15:00:00Z", 20240102 },
	{ "2024-03-08T15:00:00Z", 20240311 }, /* the clock changes in between */
	{ "1995-12-22T15:00:00Z", 19951226 },
};

START_TEST(trades_settle_a_business_day_later)
{
	ck_assert_int_eq(settlement_date(at(trades[_i].executed)), trades[_i].settles);
	ck_assert_int_eq(calendar_date(settlement_due(trades[_i].settles)), trades[_i].settles);
	ck_assert_int_lt(calendar_date(settlement_due(trades[_i].settles) - 1), trades[_i].settles);
}
END_TEST

START_TEST(what_is_no_date)
{
	static const int32_t wrong[] = { 0,	   -1,	     20120230, 20121301,  20120100,
					 19691231, 99990101, 20230229, INT32_MAX, INT32_MIN };

	for (size_t i = 0; i < BUS_ARRAY_LEN(wrong); i++)
		ck_assert_msg(!calendar_is_date(wrong[i]), "%d", (int)wrong[i]);
	ck_assert(calendar_is_date(99981231));
	ck_assert(!calendar_knows(0));
	ck_assert(!calendar_knows(-1));
	ck_assert(!calendar_knows(INT64_MAX));
	ck_assert(!calendar_knows(INT64_MIN));
	ck_assert(calendar_knows(at("9998-12-30T23:00:00Z")));
}
END_TEST

/* Buckets stay in the order of their dates; what nobody has is not there. */
START_TEST(buckets)
{
	struct settlement settlement = { .count = 0 };
	static const int32_t order[] = { 20120625, 20120622, 20120627, 20120626, 20120622 };
	struct bus_money sum;

	for (size_t i = 0; i < BUS_ARRAY_LEN(order); i++) {
		ck_assert(settlement_sum(&settlement, order[i], (struct bus_money){ 5 }, &sum));
		settlement_set(&settlement, order[i], sum);
	}
	ck_assert_uint_eq(settlement.count, 4);
	for (size_t i = 1; i < settlement.count; i++)
		ck_assert_int_lt(settlement.buckets[i - 1].date, settlement.buckets[i].date);
	ck_assert_int_eq(settlement_find(&settlement, 20120622)->amount.micros, 10);
	ck_assert(!settlement_sum(&settlement, 20120622, (struct bus_money){ INT64_MAX }, &sum));
	settlement_remove(&settlement, 20120625);
	settlement_remove(&settlement, 20120625);
	ck_assert_ptr_null(settlement_find(&settlement, 20120625));
	ck_assert_uint_eq(settlement.count, 3);
	settlement_release(&settlement);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("calendar");
	TCase *tcase = tcase_create("calendar");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, dates_in_new_york, 0, (int)BUS_ARRAY_LEN(dates));
	tcase_add_test(tcase, days_follow_each_other);
	tcase_add_test(tcase, holidays_by_rule);
	tcase_add_loop_test(tcase, trades_settle_a_business_day_later, 0,
			    (int)BUS_ARRAY_LEN(trades));
	tcase_add_test(tcase, what_is_no_date);
	tcase_add_test(tcase, buckets);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
