/*
 * The library of the engine, linked alone: this program has nothing but libbourse-match.a, libc and
 * Check. Orders in, events out, and the book as it is asked for.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "include/bourse/match.h"

#define ONE BOURSE_MATCH_ONE

static struct bourse_match_event told[64];
static size_t count;

static void on_event(void *arg, const struct bourse_match_event *event)
{
	ck_assert_ptr_eq(arg, told);
	ck_assert_uint_lt(count, sizeof(told) / sizeof(told[0]));
	told[count++] = *event;
}

static struct bourse_match *match;

static void setup(void)
{
	match = bourse_match_new(on_event, told);
	bourse_match_open(match, 3);
	bourse_match_clock(match, 1000);
}

static void teardown(void)
{
	bourse_match_free(match);
}

static int limit(uint64_t id, enum bourse_match_side side, int64_t quantity, int64_t price)
{
	count = 0;
	return bourse_match_order(match, 3,
				  &(struct bourse_match_order){
					  .id = id,
					  .account = id + 100,
					  .side = side,
					  .type = BOURSE_MATCH_LIMIT,
					  .tif = BOURSE_MATCH_DAY,
					  .quantity = quantity * ONE,
					  .price = price * ONE,
				  });
}

START_TEST(test_orders_match)
{
	int64_t price, quantity;

	ck_assert_int_eq(limit(1, BOURSE_MATCH_SELL, 10, 101), BOURSE_MATCH_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_ADDED);
	ck_assert_int_eq(told[1].kind, BOURSE_MATCH_TOP_CHANGED);
	ck_assert_int_eq(told[1].ask, 101 * ONE);
	ck_assert_int_eq(limit(2, BOURSE_MATCH_BUY, 4, 102), BOURSE_MATCH_OK);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_EXECUTED);
	ck_assert_uint_eq(told[0].symbol, 3);
	ck_assert_uint_eq(told[0].order, 1);
	ck_assert_uint_eq(told[0].account, 101);
	ck_assert_uint_eq(told[0].other, 2);
	ck_assert_int_eq(told[0].quantity, 4 * ONE);
	ck_assert_int_eq(told[0].price, 101 * ONE);
	ck_assert_int_eq(told[0].leaves, 6 * ONE);
	ck_assert_int_eq(told[0].other_leaves, 0);
	bourse_match_best(match, 3, BOURSE_MATCH_SELL, &price, &quantity);
	ck_assert_int_eq(price, 101 * ONE);
	ck_assert_int_eq(quantity, 6 * ONE);
	bourse_match_best(match, 3, BOURSE_MATCH_BUY, &price, &quantity);
	ck_assert_int_eq(price, 0);
	ck_assert_uint_eq(bourse_match_count(match, 3), 1);
}
END_TEST

START_TEST(test_requests)
{
	limit(1, BOURSE_MATCH_BUY, 10, 100);
	ck_assert_int_eq(limit(1, BOURSE_MATCH_BUY, 10, 100), BOURSE_MATCH_DUPLICATE);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(bourse_match_decrease(match, 3, 1, 101, 4 * ONE), BOURSE_MATCH_OK);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_REDUCED);
	ck_assert_int_eq(told[0].leaves, 6 * ONE);
	count = 0;
	bourse_match_replace(match, 3, 1, 101, 2, BOURSE_MATCH_DAY, 8 * ONE, 99 * ONE, 0);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_REPLACED);
	ck_assert_uint_eq(told[0].other, 2);
	ck_assert_int_eq(told[1].kind, BOURSE_MATCH_ADDED);
	count = 0;
	bourse_match_cancel(match, 3, 2, 101);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_REMOVED);
	ck_assert_int_eq(told[0].quantity, 8 * ONE);
	count = 0;
	bourse_match_cancel(match, 3, 2, 101);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_REQUEST_REJECTED);
	ck_assert_uint_eq(bourse_match_count(match, 3), 0);
}
END_TEST

START_TEST(test_a_trailing_stop_and_its_replacement)
{
	struct bourse_match_order order = {
		.id = 1,
		.account = 101,
		.side = BOURSE_MATCH_SELL,
		.type = BOURSE_MATCH_TRAILING_STOP,
		.tif = BOURSE_MATCH_GTC,
		.quantity = 5 * ONE,
		.trail = 4 * ONE,
		.reference = 90 * ONE,
	};

	count = 0;
	bourse_match_order(match, 3, &order);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_ADDED);
	count = 0;
	bourse_match_replace(match, 3, 1, 101, 2, BOURSE_MATCH_GTC, 5 * ONE, 0, 3 * ONE);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_REPLACED);
	limit(8, BOURSE_MATCH_BUY, 9, 87);
	limit(9, BOURSE_MATCH_SELL, 1, 87);
	ck_assert_int_eq(told[1].kind, BOURSE_MATCH_TOP_CHANGED);
	ck_assert_int_eq(told[2].kind, BOURSE_MATCH_TRIGGERED);
	ck_assert_uint_eq(told[2].order, 2);
	ck_assert_int_eq(told[3].kind, BOURSE_MATCH_EXECUTED);
}
END_TEST

START_TEST(test_a_day)
{
	bourse_match_state(match, 3, BOURSE_MATCH_CLOSED, 20120620);
	bourse_match_state(match, 3, BOURSE_MATCH_OPENING_AUCTION, 20120621);
	limit(1, BOURSE_MATCH_SELL, 10, 99);
	limit(2, BOURSE_MATCH_BUY, 4, 101);
	count = 0;
	bourse_match_state(match, 3, BOURSE_MATCH_OPEN, 20120621);
	ck_assert_int_eq(told[0].kind, BOURSE_MATCH_AUCTION);
	ck_assert_int_eq(told[0].quantity, 4 * ONE);
	ck_assert_int_eq(told[1].kind, BOURSE_MATCH_EXECUTED);
	ck_assert_int_eq(told[2].kind, BOURSE_MATCH_STATE_CHANGED);
	bourse_match_state(match, 3, BOURSE_MATCH_CLOSED, 20120621);
	ck_assert_uint_eq(bourse_match_count(match, 3), 0);
}
END_TEST

START_TEST(test_symbols)
{
	count = 0;
	ck_assert_int_eq(bourse_match_cancel(match, 4, 1, 1), BOURSE_MATCH_NO_SYMBOL);
	ck_assert_int_eq(bourse_match_cancel(match, 2, 1, 1), BOURSE_MATCH_NO_SYMBOL);
	ck_assert_int_eq(bourse_match_state(match, UINT32_MAX, BOURSE_MATCH_OPEN, 1),
			 BOURSE_MATCH_NO_SYMBOL);
	ck_assert_uint_eq(count, 0);
	bourse_match_open(match, 1000);
	ck_assert_int_eq(bourse_match_cancel(match, 1000, 1, 1), BOURSE_MATCH_OK);
	ck_assert_uint_eq(told[0].symbol, 1000);
	bourse_match_open(match, 3); /* again */
	bourse_match_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("match_library");
	TCase *tcase = tcase_create("library");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_orders_match);
	tcase_add_test(tcase, test_requests);
	tcase_add_test(tcase, test_a_trailing_stop_and_its_replacement);
	tcase_add_test(tcase, test_a_day);
	tcase_add_test(tcase, test_symbols);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
