/* A balance: held never more than there is (but for the firm), nothing wraps around. */
#include <check.h>
#include <stdlib.h>

#include "account.h"

#define MAX INT64_MAX
#define MIN INT64_MIN

static void assert_balance(const struct balance *balance, int64_t total, int64_t held)
{
	ck_assert_int_eq(balance->total_micros, total);
	ck_assert_int_eq(balance->held_micros, held);
}

START_TEST(holds)
{
	static const struct {
		int64_t total, held, amount;
		bool firm;
		enum hold_result result;
	} rows[] = {
		{ 10, 0, 10, false, HOLD_DONE },	{ 10, 3, 7, false, HOLD_DONE },
		{ 10, 3, 8, false, HOLD_INSUFFICIENT }, { 0, 0, 0, false, HOLD_DONE },
		{ 0, 0, 1, false, HOLD_INSUFFICIENT },	{ 0, 0, 1, true, HOLD_DONE },
		{ -10, 3, 8, true, HOLD_DONE },		{ -10, 0, 0, false, HOLD_INSUFFICIENT },
		{ MAX, 0, MAX, false, HOLD_DONE },	{ MAX, MAX, 1, false, HOLD_INSUFFICIENT },
		{ MAX, MAX, 1, true, HOLD_OVERFLOW },	{ MIN + 5, 0, 6, true, HOLD_OVERFLOW },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct balance balance = { rows[i].total, rows[i].held };
		int64_t held = rows[i].held + (rows[i].result == HOLD_DONE ? rows[i].amount : 0);

		ck_assert_int_eq(balance_hold(&balance, rows[i].amount, rows[i].firm),
				 rows[i].result);
		assert_balance(&balance, rows[i].total, held);
	}
}
END_TEST

START_TEST(releases)
{
	struct balance balance = { 10, 6 };

	ck_assert(balance_release(&balance, 0));
	ck_assert(balance_release(&balance, 4));
	assert_balance(&balance, 10, 2);
	ck_assert(!balance_release(&balance, 3));
	assert_balance(&balance, 10, 2);
	ck_assert_int_eq(balance_available(&balance), 8);
}
END_TEST

START_TEST(takes)
{
	struct balance balance = { 10, 6 };
	struct balance lowest = { MIN + 1, 0 };

	ck_assert(balance_take(&balance, 3, 4));
	assert_balance(&balance, 7, 2);
	ck_assert(!balance_take(&balance, 1, 3));
	assert_balance(&balance, 7, 2);
	ck_assert(!balance_take(&lowest, 2, 0));
	assert_balance(&lowest, MIN + 1, 0);
}
END_TEST

START_TEST(receives)
{
	struct balance balance = { MAX - 1, 5 };

	ck_assert(balance_receive(&balance, 1));
	assert_balance(&balance, MAX, 5);
	ck_assert(!balance_receive(&balance, 1));
	assert_balance(&balance, MAX, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("account");
	TCase *tcase = tcase_create("account");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, holds);
	tcase_add_test(tcase, releases);
	tcase_add_test(tcase, takes);
	tcase_add_test(tcase, receives);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
