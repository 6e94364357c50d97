/* The published vectors of time- and money-weighted returns, and the edges of both. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "../calendar.h"
#include "../returns.h"

#define M INT64_C(1000000)

/* Start 10000; day 1 earns 230; day 2 has an inflow of 200 and earns 200; day 3 loses 234.41 and
 * has an outflow of 400. */
START_TEST(time_weighted)
{
	static const struct {
		int64_t before, inflow, outflow, after;
		double accumulated;
	} days[] = {
		{ 10000 * M, 0, 0, 10230 * M, 0.023 },
		{ 10230 * M, 200 * M, 0, 10630 * M, 0.042616491 },
		{ 10630 * M, 0, 400 * M, 9995590000, 0.019624983 },
	};
	int64_t growth = RETURNS_ONE;

	for (size_t i = 0; i < BUS_ARRAY_LEN(days); i++) {
		growth = returns_grow(growth, &(struct returns_day){ { days[i].before },
								     { days[i].inflow },
								     { days[i].outflow },
								     { days[i].after } });
		ck_assert_double_eq_tol((double)growth / 1e12 - 1, days[i].accumulated, 5e-10);
	}
	ck_assert_int_eq(growth, 1019624982742);
}
END_TEST

static const struct {
	int64_t growth, before, inflow, outflow, after, then;
} growths[] = {
	{ RETURNS_ONE, 0, 100, 0, 100, RETURNS_ONE },	/* the first day */
	{ RETURNS_ONE, 0, 0, 0, 0, RETURNS_ONE },	/* nothing was invested */
	{ RETURNS_ONE, -5, 0, 0, 10, RETURNS_ONE },	/* debts are no investment */
	{ RETURNS_ONE, 100, 0, 100, 0, RETURNS_ONE },	/* all went out */
	{ RETURNS_ONE, 100, 0, 0, 0, 0 },		/* all is lost */
	{ RETURNS_ONE, 100, 0, 0, -1, 0 },		/* and more */
	{ 0, 100, 0, 0, 200, 0 },			/* for good */
	{ RETURNS_ONE, 1, 0, 0, INT64_MAX, INT64_MAX }, /* at most */
	{ INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
	{ RETURNS_ONE, INT64_MAX, INT64_MAX, 0, INT64_MAX, RETURNS_ONE / 2 },
	{ 1, 2, 0, 0, 1, 0 }, /* half-even */
	{ 3, 2, 0, 0, 1, 2 },
};

START_TEST(growth_has_no_holes)
{
	ck_assert_int_eq(
		returns_grow(growths[_i].growth, &(struct returns_day){ { growths[_i].before },
									{ growths[_i].inflow },
									{ growths[_i].outflow },
									{ growths[_i].after } }),
		growths[_i].then);
}
END_TEST

static int64_t day(int32_t date)
{
	return calendar_days(19700101, date);
}

START_TEST(money_weighted)
{
	const struct returns_flow year[] = { { day(20100101), -200 }, { day(20101231), 210 } };
	/* The example of the spreadsheet's manual. */
	const struct returns_flow several[] = { { day(20080101), -10000 },
						{ day(20080301), 2750 },
						{ day(20081030), 4250 },
						{ day(20090215), 3250 },
						{ day(20090401), 2750 } };
	double rate;

	ck_assert(returns_xirr(year, 2, &rate));
	ck_assert_double_eq_tol(rate, 0.05014075, 5e-9);
	ck_assert(returns_xirr(several, 5, &rate));
	ck_assert_double_eq_tol(rate, 0.373362535, 1e-8);
}
END_TEST

/* Near -100 %, and far above: what is known in closed form, for two flows. */
START_TEST(money_weighted_at_the_edges)
{
	static const struct {
		double paid, worth;
		int64_t days;
	} flows[] = {
		{ 1000, 1e-6, 365 }, { 1000, 1e-9, 3650 },    { 1e9, 1e-6, 30 },
		{ 1000, 1, 1 },	     { 1, 1e6, 365 },	      { 1, 1.5, 1 },
		{ 1000, 1000, 700 }, { 1000, 999.999999, 1 }, { 1e12, 1e12 - 1, 10 },
		{ 5, 4, 36500 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(flows); i++) {
		const struct returns_flow two[] = { { 100, -flows[i].paid },
						    { 100 + flows[i].days, flows[i].worth } };
		double rate, expected = expm1(log(flows[i].worth / flows[i].paid) * 365.0 /
					      (double)flows[i].days);

		ck_assert_msg(returns_xirr(two, 2, &rate), "row %zu", i);
		ck_assert_msg(fabs(rate - expected) <= 1e-9 * (1 + fabs(expected)),
			      "row %zu: %g, not %g", i, rate, expected);
		ck_assert(rate >= -1);
	}
}
END_TEST

START_TEST(no_rate)
{
	const struct returns_flow paid[] = { { 1, -100 }, { 2, -1 } };
	const struct returns_flow gained[] = { { 1, 100 }, { 2, 1 } };
	const struct returns_flow one_day[] = { { 5, -100 }, { 5, 110 } };
	const struct returns_flow not_numbers[] = { { 1, -100 }, { 2, NAN }, { 3, 1 } };
	const struct returns_flow endless[] = { { 1, -INFINITY }, { 2, 1 } };
	double rate;

	ck_assert(!returns_xirr(paid, 2, &rate));
	ck_assert(!returns_xirr(gained, 2, &rate));
	ck_assert(!returns_xirr(one_day, 2, &rate));
	ck_assert(!returns_xirr(not_numbers, 3, &rate));
	ck_assert(!returns_xirr(endless, 2, &rate));
	ck_assert(!returns_xirr(paid, 0, &rate));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("returns");
	TCase *tcase = tcase_create("returns");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, time_weighted);
	tcase_add_loop_test(tcase, growth_has_no_holes, 0, (int)BUS_ARRAY_LEN(growths));
	tcase_add_test(tcase, money_weighted);
	tcase_add_test(tcase, money_weighted_at_the_edges);
	tcase_add_test(tcase, no_rate);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
