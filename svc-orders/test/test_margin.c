/* What is held for short positions: before the sale, with it, and until it is covered. */
#include <check.h>
#include <stdlib.h>

#include "margin.h"

#define ONE BUS_MICROS
#define MAX INT64_MAX
#define MIN INT64_MIN

START_TEST(initial)
{
	static const struct {
		int64_t price, quantity, margin; /* -1: too large */
	} rows[] = {
		{ 100 * ONE, 10 * ONE, 500 * ONE },
		{ 100 * ONE, 0, 0 },
		{ 1, 1, 1 },		   /* 0.000000000001, up, half of it, up */
		{ 3, ONE, 2 },		   /* 1.5, up */
		{ 333333, 500000, 83334 }, /* 166666.5, up, and half */
		{ MAX, ONE, MAX / 2 + 1 },
		{ MAX, 2 * ONE, -1 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct bus_money margin = { -1 };
		bool fits = margin_initial((struct bus_price){ rows[i].price },
					   (struct bus_quantity){ rows[i].quantity }, &margin);

		ck_assert_int_eq(fits, rows[i].margin >= 0);
		ck_assert_msg(margin.micros == rows[i].margin, "row %zu: %lld", i,
			      (long long)margin.micros);
	}
}
END_TEST

START_TEST(exposures)
{
	static const struct {
		int64_t total, held, exposure;
	} rows[] = {
		{ 10, 0, 0 }, { 10, 10, 0 }, { 10, 12, 2 },    { 0, 0, 0 },
		{ -5, 0, 5 }, { -5, 3, 8 },  { -MAX, 0, MAX }, { MIN, 0, MAX },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct balance shares = { rows[i].total, rows[i].held };

		ck_assert_int_eq(margin_exposure(&shares), rows[i].exposure);
	}
}
END_TEST

START_TEST(shares_of_an_amount)
{
	static const struct {
		int64_t amount, part, whole, share;
	} rows[] = {
		{ 100, 1, 3, 33 }, { 100, 3, 3, 100 },	   { 100, 0, 3, 0 },
		{ 100, 0, 0, 0 },  { MAX, MAX, MAX, MAX }, { MAX, MAX - 1, MAX, MAX - 1 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++)
		ck_assert_int_eq(margin_share(rows[i].amount, rows[i].part, rows[i].whole),
				 rows[i].share);
}
END_TEST

START_TEST(collateral_is_held)
{
	struct balances balances = { .cash = { 1500, 0 }, .shares = { -10, 0 } };

	ck_assert(margin_add(&balances, 1500));
	ck_assert_int_eq(balances.cash.held_micros, 1500);
	ck_assert_int_eq(balances.collateral_micros, 1500);
	balances.collateral_micros = MAX;
	ck_assert(!margin_add(&balances, 1));
	ck_assert_int_eq(balances.cash.held_micros, 1500);
}
END_TEST

/* Pro rata, what stays rounded up; and at flat nothing stays. */
START_TEST(covers)
{
	static const struct {
		int64_t bought, released, collateral;
	} steps[] = {
		{ 1, 333, 667 }, /* of 1000 for 3: 666.67 stay, up */
		{ 1, 333, 334 },
		{ 1, 334, 0 },
		{ 5, 0, 0 },
	};
	struct balances balances = { .cash = { 5000, 1000 },
				     .shares = { -3, 0 },
				     .collateral_micros = 1000 };

	for (size_t i = 0; i < BUS_ARRAY_LEN(steps); i++) {
		int64_t exposure = margin_exposure(&balances.shares), released = -1;

		balances.shares.total_micros += steps[i].bought;
		ck_assert(margin_cover(&balances, exposure, &released));
		ck_assert_int_eq(released, steps[i].released);
		ck_assert_int_eq(balances.collateral_micros, steps[i].collateral);
		ck_assert_int_eq(balances.cash.held_micros, steps[i].collateral);
	}
}
END_TEST

START_TEST(covering_what_is_not_held)
{
	struct balances balances = { .cash = { 5000, 10 },
				     .shares = { 0, 0 },
				     .collateral_micros = 1000 };
	int64_t released = -1;

	ck_assert(!margin_cover(&balances, 3, &released));
	ck_assert_int_eq(released, -1);
	ck_assert_int_eq(balances.collateral_micros, 1000);
	ck_assert_int_eq(balances.cash.held_micros, 10);
}
END_TEST

START_TEST(deeper_releases_nothing)
{
	struct balances balances = { .cash = { 5000, 1000 },
				     .shares = { -4, 0 },
				     .collateral_micros = 1000 };
	int64_t released = -1;

	ck_assert(margin_cover(&balances, 3, &released));
	ck_assert_int_eq(released, 0);
	ck_assert_int_eq(balances.collateral_micros, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("margin");
	TCase *tcase = tcase_create("margin");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, initial);
	tcase_add_test(tcase, exposures);
	tcase_add_test(tcase, shares_of_an_amount);
	tcase_add_test(tcase, collateral_is_held);
	tcase_add_test(tcase, covers);
	tcase_add_test(tcase, covering_what_is_not_held);
	tcase_add_test(tcase, deeper_releases_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
