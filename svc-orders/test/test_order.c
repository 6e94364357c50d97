/*
 * The life of an order without messages: the whole transition table, the holds, and what a fill, a
 * decrease or an end may be.
 */
#include <check.h>
#include <stdlib.h>

#include "order.h"

#define ONE BUS_MICROS

static struct order order_of(enum order_side side, int64_t quantity, int64_t limit)
{
	struct order order = {
		.side = side,
		.type = ORDER_LIMIT,
		.tif = ORDER_DAY,
		.symbol = "AAPL",
		.limit = { limit },
		.ordered = { quantity },
		.quantity = { quantity },
		.leaves = { quantity },
	};
	struct bus_money notional;

	ck_assert(bus_notional_up(order.limit, order.leaves, &notional));
	order.hold_micros = side == ORDER_BUY ? notional.micros : quantity;
	order_become(&order, ORDER_NEW);
	return order;
}

/* However an order is filled in odd pieces, what it pays fits into what it held. */
START_TEST(pieces_fit_the_hold)
{
	struct order order = order_of(ORDER_BUY, 10 * ONE, 333333);
	int64_t held = order.hold_micros, paid = 0;

	for (int64_t piece = 1; order.leaves.micros > 0; piece = piece % 99991 * 7 + 1) {
		struct bus_quantity quantity = { piece < order.leaves.micros
							 ? piece
							 : order.leaves.micros };
		struct bus_quantity leaves = { order.leaves.micros - quantity.micros };
		struct order_fill fill;

		ck_assert(order_apply_fill(&order, quantity, order.limit, leaves, &fill));
		paid += fill.cash_micros;
		ck_assert_int_le(paid + order.hold_micros, held);
	}
}
END_TEST

/* Every pair of statuses: a row is what may follow, in the order of the enum. */
START_TEST(transitions)
{
	static const char *const allowed[ORDER_STATUS_COUNT] = {
		[ORDER_NONE] = ".N.........",
		[ORDER_NEW] = ".NPF.CE.x.R",
		[ORDER_PARTIALLY_FILLED] = "..PF.CE.x..",
		[ORDER_FILLED] = "...........",
		[ORDER_DONE_FOR_DAY] = "...........",
		[ORDER_CANCELED] = "...........",
		[ORDER_EXPIRED] = "...........",
		[ORDER_REPLACED] = "...........",
		[ORDER_PENDING_CANCEL] = ".NPF.CE.x.R",
		[ORDER_PENDING_REPLACE] = "...........",
		[ORDER_REJECTED] = "...........",
	};

	for (int from = 0; from < ORDER_STATUS_COUNT; from++) {
		for (int to = 0; to < ORDER_STATUS_COUNT; to++)
			ck_assert_msg(
				order_may_become((enum order_status)from, (enum order_status)to) ==
					(allowed[from][to] != '.'),
				"%d -> %d", from, to);
	}
}
END_TEST

START_TEST(a_terminal_order_holds_nothing)
{
	static const enum order_status ends[] = { ORDER_CANCELED, ORDER_EXPIRED, ORDER_REJECTED };

	for (size_t i = 0; i < BUS_ARRAY_LEN(ends); i++) {
		struct order order = order_of(ORDER_BUY, 10 * ONE, 5 * ONE);
		int64_t released = 0;

		ck_assert(!order_apply_end(&order, (struct bus_quantity){ 9 * ONE }, ends[i],
					   &released));
		ck_assert(!order_apply_end(&order, order.leaves, ORDER_NEW, &released));
		ck_assert(order_apply_end(&order, order.leaves, ends[i], &released));
		ck_assert_int_eq(released, 50 * ONE);
		ck_assert_int_eq(order.hold_micros, 0);
		ck_assert_int_eq(order.leaves.micros, 0);
		ck_assert(order_terminal(order.status));
		ck_assert(!order_apply_end(&order, order.leaves, ends[i], &released));
	}
}
END_TEST

/*
 * A fractional order in pieces, each of whose prices is rounded for itself: the hold is what the
 * rest may cost, and no piece takes more than the order still holds until the last.
 */
START_TEST(fractional_fills)
{
	struct order order = order_of(ORDER_BUY, 1000, 1500000); /* 0.001 @ 1.50 */
	int64_t held = order.hold_micros, paid = 0;

	ck_assert_int_eq(held, 1500);
	for (int64_t leaves = 999; leaves >= 0; leaves--) {
		int64_t before = order.hold_micros;
		struct order_fill fill;

		ck_assert(order_apply_fill(&order, (struct bus_quantity){ 1 },
					   (struct bus_price){ 1010000 },
					   (struct bus_quantity){ leaves }, &fill));
		ck_assert_int_eq(fill.cash_micros, 1);
		ck_assert_int_eq(before - order.hold_micros, fill.from_hold_micros);
		ck_assert_int_ge(fill.from_hold_micros, fill.cash_micros);
		paid += fill.cash_micros;
	}
	ck_assert_int_eq(order.status, ORDER_FILLED);
	ck_assert_int_eq(order.cum.micros, 1000);
	ck_assert_int_eq(order.cum_notional.micros, paid);
	ck_assert_int_eq(order.hold_micros, 0);
}
END_TEST

/* At its limit, in the worst pieces, an order never frees more than it has. */
START_TEST(fractional_fills_at_the_limit)
{
	struct order order = order_of(ORDER_BUY, 10, 1500000);

	ck_assert_int_eq(order.hold_micros, 15);
	for (int64_t leaves = 9; leaves >= 0; leaves--) {
		struct order_fill fill;

		ck_assert(order_apply_fill(&order, (struct bus_quantity){ 1 },
					   (struct bus_price){ 1500000 },
					   (struct bus_quantity){ leaves }, &fill));
		ck_assert_int_eq(fill.cash_micros, 1); /* 1.5, rounded down */
		ck_assert_int_ge(fill.from_hold_micros, fill.cash_micros);
	}
	ck_assert_int_eq(order.hold_micros, 0);
}
END_TEST

START_TEST(decreases)
{
	struct order order = order_of(ORDER_SELL, 10 * ONE, 5 * ONE);
	int64_t released = 0;

	ck_assert(!order_apply_decrease(&order, (struct bus_quantity){ 10 * ONE },
					(struct bus_quantity){ 0 }, &released));
	ck_assert(order_apply_decrease(&order, (struct bus_quantity){ 4 * ONE },
				       (struct bus_quantity){ 6 * ONE }, &released));
	ck_assert_int_eq(released, 4 * ONE);
	ck_assert_int_eq(order.quantity.micros, 6 * ONE);
	ck_assert_int_eq(order.ordered.micros, 10 * ONE);
	ck_assert_int_eq(order.hold_micros, 6 * ONE);
	ck_assert_int_eq(order.status, ORDER_NEW);
}
END_TEST

START_TEST(collars)
{
	static const struct {
		int64_t last, band_high, collar;
	} rows[] = {
		{ 100 * ONE, 0, 105 * ONE },
		{ 585330000, 0, 614596500 },
		{ 10, 0, 10 },
		/* 10.5: half-even */ { 30, 0, 32 }, /* 31.5 */
		{ 100 * ONE, 101 * ONE, 101 * ONE },
		{ 100 * ONE, 200 * ONE, 105 * ONE },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct order_market market = { .last = { rows[i].last },
					       .band_high = { rows[i].band_high },
					       .open = true };
		struct order_request request = { .symbol = "AAPL",
						 .side = ORDER_BUY,
						 .type = ORDER_MARKET,
						 .tif = ORDER_DAY,
						 .quantity = { ONE } };
		struct order_terms terms = { .hold_micros = -1 };

		ck_assert_int_eq(order_check_market(&request, &market, &terms), REFUSAL_NONE);
		ck_assert_int_eq(terms.collar.micros, rows[i].collar);
		ck_assert_int_eq(terms.hold_micros, rows[i].collar);
		ck_assert_int_eq(terms.reference.micros, rows[i].last);
	}
}
END_TEST

START_TEST(every_refusal_has_a_text)
{
	for (int refusal = REFUSAL_NONE + 1; refusal < REFUSAL_COUNT; refusal++) {
		const char *text = order_refusal_text((enum order_refusal)refusal);

		ck_assert_ptr_nonnull(text);
		ck_assert_uint_gt(strlen(text), 10);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("order");
	TCase *tcase = tcase_create("order");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, transitions);
	tcase_add_test(tcase, a_terminal_order_holds_nothing);
	tcase_add_test(tcase, fractional_fills);
	tcase_add_test(tcase, pieces_fit_the_hold);
	tcase_add_test(tcase, fractional_fills_at_the_limit);
	tcase_add_test(tcase, decreases);
	tcase_add_test(tcase, collars);
	tcase_add_test(tcase, every_refusal_has_a_text);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
