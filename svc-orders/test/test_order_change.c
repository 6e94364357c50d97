/*
 * What each change of an order moves, in numbers: fees, holds, short sales and their collateral,
 * amounts instead of quantities, replacements, siblings, legs.
 */
#include <check.h>
#include <stdlib.h>

#include "order_change.h"
#include "order_hold.h"

#define ONE	  BUS_MICROS
#define Q(micros) ((struct bus_quantity){ micros })

static const struct order_market market = { .tick_micros = 10000,
					    .last = { 100 * ONE },
					    .phase = PHASE_OPEN };
static const struct order_account customer = { .fee_group = "" };
static const struct order_account active = { .fee_group = "active" };
static const struct order_account seller = { .shorting = true, .fee_group = "" };

static struct order make(const struct order_request *request, const struct order_account *account)
{
	struct order_terms terms;
	struct order order;

	ck_assert_int_eq(order_check_form(request), REFUSAL_NONE);
	ck_assert_int_eq(order_check_market(request, &market, &terms), REFUSAL_NONE);
	order_init(&order, request, &terms, account);
	return order;
}

static struct order limit_order(enum order_side side, int64_t shares, int64_t price,
				const struct order_account *account)
{
	struct order_request request = { .symbol = "AAPL",
					 .side = (int)side,
					 .type = ORDER_LIMIT,
					 .tif = ORDER_DAY,
					 .quantity = { shares * ONE },
					 .limit = { price * ONE } };

	return make(&request, account);
}

static void open_order(struct order *order, struct balances *balances,
		       const struct order_account *account)
{
	ck_assert_int_eq(order_reserve(order, NULL, balances, account), REFUSAL_NONE);
	order_become(order, ORDER_NEW);
}

static struct balances owns(int64_t cash, int64_t shares)
{
	return (struct balances){ .cash = { cash * ONE, 0 }, .shares = { shares * ONE, 0 } };
}

#define ASSERT_HELD(order, micros, shorts, margin)                                                 \
	do {                                                                                       \
		ck_assert_int_eq((order)->hold_micros, (micros));                                  \
		ck_assert_int_eq((order)->short_micros, (shorts));                                 \
		ck_assert_int_eq((order)->margin_hold_micros, (margin));                           \
	} while (0)

/* Cash and shares, of each all and what is held; and the collateral. */
#define ASSERT_BALANCES(b, has, cash_held, owned, shares_held, secured)                            \
	do {                                                                                       \
		ck_assert_int_eq((b)->cash.total_micros, (has));                                   \
		ck_assert_int_eq((b)->cash.held_micros, (cash_held));                              \
		ck_assert_int_eq((b)->shares.total_micros, (owned));                               \
		ck_assert_int_eq((b)->shares.held_micros, (shares_held));                          \
		ck_assert_int_eq((b)->collateral_micros, (secured));                               \
	} while (0)

static struct order_fill trade(struct order_scene *scene, int64_t quantity, int64_t price,
			       enum order_liquidity liquidity)
{
	struct order_execution execution = { .quantity = { quantity },
					     .price = { price },
					     .leaves = { scene->order->leaves.micros - quantity },
					     .liquidity = liquidity };
	struct order_fill fill;

	ck_assert_int_eq(order_fill(scene, &execution, &fill), ORDER_FITS);
	return fill;
}

START_TEST(a_buy_with_fees)
{
	struct balances balances = owns(10000, 0);
	struct order order = limit_order(ORDER_BUY, 50, 100, &active);
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_fill fill;

	open_order(&order, &balances, &active);
	/* 5000 and 500 ppm of it */
	ASSERT_HELD(&order, 5002500000, 0, 0);
	ck_assert_int_eq(order.fee_hold_micros, 2500000);
	fill = trade(&scene, 20 * ONE, 99 * ONE, ORDER_MAKER);
	ck_assert_int_eq(fill.notional_micros, 1980 * ONE);
	ck_assert_int_eq(fill.fee_micros, 396000);
	ck_assert_int_eq(fill.regulatory_micros, 0);
	ck_assert_int_eq(fill.cash_micros, 1980396000);
	ck_assert_int_eq(fill.released_micros, 20604000);
	ASSERT_HELD(&order, 3001500000, 0, 0);
	ck_assert_int_eq(order.fee_hold_micros, 1500000);
	ASSERT_BALANCES(&balances, 8019604000, 3001500000, 20 * ONE, 0, 0);
	fill = trade(&scene, 30 * ONE, 100 * ONE, ORDER_TAKER);
	ck_assert_int_eq(fill.cash_micros, 3001500000);
	ck_assert_int_eq(fill.released_micros, 0);
	ASSERT_BALANCES(&balances, 5018104000, 0, 50 * ONE, 0, 0);
	ck_assert_int_eq(order.cum_notional.micros, 4980 * ONE);
}
END_TEST

START_TEST(a_sell_with_fees)
{
	struct balances balances = owns(0, 100);
	struct order order = limit_order(ORDER_SELL, 100, 100, &active);
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_fill fill;

	open_order(&order, &balances, &active);
	ASSERT_HELD(&order, 100 * ONE, 0, 0);
	fill = trade(&scene, 100 * ONE, 100 * ONE, ORDER_TAKER);
	ck_assert_int_eq(fill.fee_micros, 5294600);
	ck_assert_int_eq(fill.regulatory_micros, 294600);
	ck_assert_int_eq(fill.released_micros, 0);
	ASSERT_BALANCES(&balances, 9994705400, 0, 0, 0, 0);
	ck_assert_int_eq(order.status, ORDER_FILLED);
}
END_TEST

/* However an order is filled in odd pieces, what it pays, fees included, fits into what it held. */
START_TEST(pieces_fit_the_hold)
{
	static const struct {
		int64_t quantity, price, piece;
	} rows[] = { { 10 * ONE, 330000, 99991 },
		     { 1000, 1500000, 1 },
		     { 10, 1500000, 1 },
		     { 999983, 10000, 7 } };

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct balances balances = owns(1000, 0);
		struct order order = limit_order(ORDER_BUY, 1, 1, &active);
		struct order_scene scene = { .order = &order, .balances = &balances };
		int64_t held, paid = 0;

		order.limit.micros = rows[i].price;
		order.quantity = order.leaves = order.ordered = Q(rows[i].quantity);
		open_order(&order, &balances, &active);
		held = order.hold_micros;
		for (int64_t piece = 1; order.leaves.micros > 0;
		     piece = piece % rows[i].piece * 7 + 1) {
			int64_t left = order.leaves.micros;

			paid += trade(&scene, piece < left ? piece : left, rows[i].price,
				      ORDER_TAKER)
					.cash_micros;
			ck_assert_int_le(paid + order.hold_micros, held);
		}
		ASSERT_BALANCES(&balances, 1000 * ONE - paid, 0, rows[i].quantity, 0, 0);
	}
}
END_TEST

/* Ten to sell, four there: the held ones go first, then six are owed against their collateral. */
START_TEST(a_short_sale)
{
	struct balances balances = owns(1000, 4);
	struct order sell = limit_order(ORDER_SELL, 10, 100, &seller), buy;
	struct order_scene scene = { .order = &sell, .balances = &balances };
	struct order_fill fill;

	open_order(&sell, &balances, &seller);
	ASSERT_HELD(&sell, 4 * ONE, 6 * ONE, 300 * ONE);
	ASSERT_BALANCES(&balances, 1000 * ONE, 300 * ONE, 4 * ONE, 4 * ONE, 0);
	fill = trade(&scene, 3 * ONE, 100 * ONE, ORDER_MAKER);
	ck_assert_int_eq(fill.short_micros, 0);
	ASSERT_BALANCES(&balances, 1300 * ONE, 300 * ONE, ONE, ONE, 0);
	/* one of its own, one short: 101 of proceeds and 50 of margin are collateral now */
	fill = trade(&scene, 2 * ONE, 101 * ONE, ORDER_MAKER);
	ck_assert_int_eq(fill.short_micros, ONE);
	ck_assert_int_eq(fill.collateral_micros, 151 * ONE);
	ASSERT_HELD(&sell, 0, 5 * ONE, 250 * ONE);
	ASSERT_BALANCES(&balances, 1502 * ONE, 401 * ONE, -ONE, 0, 151 * ONE);
	fill = trade(&scene, 5 * ONE, 100 * ONE, ORDER_MAKER);
	ck_assert_int_eq(fill.collateral_micros, 750 * ONE);
	ASSERT_BALANCES(&balances, 2002 * ONE, 901 * ONE, -6 * ONE, 0, 901 * ONE);
	/* it buys back four of six: two thirds of the collateral, what stays rounded up */
	buy = limit_order(ORDER_BUY, 8, 90, &seller);
	scene.order = &buy;
	open_order(&buy, &balances, &seller);
	fill = trade(&scene, 4 * ONE, 90 * ONE, ORDER_TAKER);
	ck_assert_int_eq(fill.collateral_micros, -600666666);
	ASSERT_BALANCES(&balances, 1642 * ONE, 660333334, -2 * ONE, 0, 300333334);
	/* and at flat nothing stays */
	fill = trade(&scene, 4 * ONE, 90 * ONE, ORDER_TAKER);
	ck_assert_int_eq(fill.collateral_micros, -300333334);
	ASSERT_BALANCES(&balances, 1282 * ONE, 0, 2 * ONE, 0, 0);
}
END_TEST

START_TEST(who_may_sell_short)
{
	static const struct order_account firm = { .firm = true,
						   .shorting = true,
						   .fee_group = "" };
	static const struct {
		const struct order_account *account;
		int64_t cash, shares;
		enum order_refusal refusal;
		int64_t hold, shorts, margin;
	} rows[] = {
		{ &customer, 1000, 10, REFUSAL_NONE, 10, 0, 0 },
		{ &customer, 1000, 9, REFUSAL_INSUFFICIENT_POSITION, 0, 0, 0 },
		{ &seller, 1000, 10, REFUSAL_NONE, 10, 0, 0 },
		{ &seller, 50, 9, REFUSAL_NONE, 9, 1, 50 },
		{ &seller, 49, 9, REFUSAL_INSUFFICIENT_BUYING_POWER, 0, 0, 0 },
		{ &seller, 500, -3, REFUSAL_NONE, 0, 10, 500 },
		{ &firm, 0, 0, REFUSAL_NONE, 10, 0, 0 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct balances balances = owns(rows[i].cash, rows[i].shares), before = balances;
		struct order order = limit_order(ORDER_SELL, 10, 100, rows[i].account);

		ck_assert_msg(order_reserve(&order, NULL, &balances, rows[i].account) ==
				      rows[i].refusal,
			      "row %zu", i);
		ASSERT_HELD(&order, rows[i].hold * ONE, rows[i].shorts * ONE, rows[i].margin * ONE);
		if (rows[i].refusal != REFUSAL_NONE)
			ck_assert_mem_eq(&before, &balances, sizeof(before));
	}
}
END_TEST

/* A sell at any price, of shares that are not there, of a symbol that never traded. */
START_TEST(nobody_knows_its_worth)
{
	struct order_market silent = market;
	struct order_request request = { .symbol = "AAPL",
					 .side = ORDER_SELL,
					 .type = ORDER_MARKET,
					 .tif = ORDER_DAY,
					 .quantity = { ONE } };
	struct balances balances = owns(1000, 0);
	struct order_terms terms;
	struct order order;

	silent.last.micros = 0;
	ck_assert_int_eq(order_check_market(&request, &silent, &terms), REFUSAL_NONE);
	order_init(&order, &request, &terms, &seller);
	ck_assert_int_eq(order_reserve(&order, NULL, &balances, &seller),
			 REFUSAL_INSUFFICIENT_POSITION);
}
END_TEST

/* Shares that another order lets go cover what is owed, and give its collateral back. */
START_TEST(released_shares_cover)
{
	struct balances balances = owns(1000, 10);
	struct order own = limit_order(ORDER_SELL, 10, 200, &seller);
	struct order sold = limit_order(ORDER_SELL, 4, 100, &seller);
	struct order_scene scene = { .order = &sold, .balances = &balances };
	struct order_released released;

	open_order(&own, &balances, &seller);
	open_order(&sold, &balances, &seller);
	trade(&scene, 4 * ONE, 100 * ONE, ORDER_TAKER);
	ASSERT_BALANCES(&balances, 1400 * ONE, 600 * ONE, 6 * ONE, 10 * ONE, 600 * ONE);
	scene.order = &own;
	ck_assert_int_eq(order_decrease(&scene, Q(ONE), Q(9 * ONE), &released), ORDER_FITS);
	ck_assert_int_eq(released.shares_micros, ONE);
	ck_assert_int_eq(released.cash_micros, 150 * ONE);
	ck_assert_int_eq(order_end(&scene, own.leaves, ORDER_CANCELED, &released), ORDER_FITS);
	ck_assert_int_eq(released.cash_micros, 450 * ONE);
	ASSERT_BALANCES(&balances, 1400 * ONE, 0, 6 * ONE, 0, 0);
}
END_TEST

/* Shares that came in the meantime are sold first, whatever the order had been taken for. */
START_TEST(bought_before_it_was_sold_short)
{
	struct balances balances = owns(1000, 0);
	struct order sell = limit_order(ORDER_SELL, 4, 100, &seller);
	struct order buy = limit_order(ORDER_BUY, 3, 100, &seller);
	struct order_scene scene = { .order = &sell, .balances = &balances };
	struct order_fill fill;

	open_order(&sell, &balances, &seller);
	open_order(&buy, &balances, &seller);
	scene.order = &buy;
	trade(&scene, 3 * ONE, 100 * ONE, ORDER_TAKER);
	scene.order = &sell;
	fill = trade(&scene, 4 * ONE, 100 * ONE, ORDER_MAKER);
	/* one is owed: its proceeds, and a quarter of the margin that was held for four */
	ck_assert_int_eq(fill.collateral_micros, 150 * ONE);
	ck_assert_int_eq(fill.released_micros, 50 * ONE);
	ASSERT_BALANCES(&balances, 1100 * ONE, 150 * ONE, -ONE, 0, 150 * ONE);
}
END_TEST

START_TEST(self_trade_prevention)
{
	struct balances balances = owns(1000, 0);
	struct order order = limit_order(ORDER_BUY, 10, 100, &customer);
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_released released;

	open_order(&order, &balances, &customer);
	ck_assert_int_eq(order_prevent(&scene, Q(3 * ONE), Q(7 * ONE), &released), ORDER_FITS);
	ck_assert_int_eq(released.cash_micros, 300 * ONE);
	ck_assert_int_eq(order.status, ORDER_NEW);
	ck_assert_int_eq(order.quantity.micros, 7 * ONE);
	trade(&scene, 2 * ONE, 100 * ONE, ORDER_TAKER);
	ck_assert_int_eq(order_prevent(&scene, Q(5 * ONE), Q(0), &released), ORDER_FITS);
	ck_assert_int_eq(order.status, ORDER_CANCELED);
	/* ordered - traded - prevented = available */
	ck_assert_int_eq(order.ordered.micros - order.cum.micros - order.prevented.micros, 0);
	ASSERT_BALANCES(&balances, 800 * ONE, 0, 2 * ONE, 0, 0);
}
END_TEST

START_TEST(a_buy_by_notional)
{
	struct order_request request = { .symbol = "AAPL",
					 .side = ORDER_BUY,
					 .type = ORDER_MARKET,
					 .tif = ORDER_DAY,
					 .notional = { 1000 * ONE } };
	struct order order = make(&request, &active);
	struct balances balances = owns(1001, 0);
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_execution execution = { .price = { 101 * ONE }, .liquidity = ORDER_TAKER };
	struct order_released released;
	struct order_fill fill;

	open_order(&order, &balances, &active);
	ASSERT_HELD(&order, 1000500000, 0, 0);
	ck_assert_int_eq(order_complete(&scene, order.leaves, &released), ORDER_FAULT_QUANTITY);
	fill = trade(&scene, 6 * ONE, 100 * ONE, ORDER_TAKER);
	ck_assert_int_eq(fill.cash_micros, 600300000);
	ASSERT_HELD(&order, 400200000, 0, 0);
	/* no more than the amount */
	execution.quantity.micros = 4 * ONE;
	execution.leaves.micros = order.leaves.micros - 4 * ONE;
	ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_QUANTITY);
	fill = trade(&scene, 3960396, 101 * ONE, ORDER_TAKER);
	ck_assert_int_eq(fill.notional_micros, 399999996);
	ck_assert_int_eq(order.hold_micros, 5);
	ck_assert_int_eq(order_complete(&scene, order.leaves, &released), ORDER_FITS);
	ck_assert_int_eq(order.status, ORDER_FILLED);
	ck_assert_int_eq(order.quantity.micros, 9960396);
	ck_assert_int_eq(released.cash_micros, 5);
	ASSERT_BALANCES(&balances, 1001 * ONE - 999999996 - 300000 - 199999, 0, 9960396, 0, 0);
}
END_TEST

START_TEST(a_sell_by_notional)
{
	struct order_request request = { .symbol = "AAPL",
					 .side = ORDER_SELL,
					 .type = ORDER_MARKET,
					 .tif = ORDER_IOC,
					 .notional = { 950 * ONE } };
	struct order order = make(&request, &customer);
	struct balances balances = owns(0, 12);
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_released released;

	open_order(&order, &balances, &customer);
	/* 950 at the collar of 95 */
	ASSERT_HELD(&order, 10 * ONE, 0, 0);
	trade(&scene, 5 * ONE, 100 * ONE, ORDER_TAKER);
	trade(&scene, 4500000, 100 * ONE, ORDER_TAKER);
	ck_assert_int_eq(order_complete(&scene, Q(500000), &released), ORDER_FITS);
	ck_assert_int_eq(released.shares_micros, 500000);
	ASSERT_BALANCES(&balances, 950 * ONE, 0, 2500000, 0, 0);
}
END_TEST

/* A stop cannot trade before it is elected; then a market order within its collar, or a limit. */
START_TEST(stops)
{
	static const struct {
		enum order_type type;
		enum order_side side;
		int64_t good, bad;
	} rows[] = {
		{ ORDER_STOP, ORDER_BUY, 105 * ONE, 105 * ONE + 1 },
		{ ORDER_STOP, ORDER_SELL, 95 * ONE, 95 * ONE - 1 },
		{ ORDER_STOP_LIMIT, ORDER_BUY, 102 * ONE, 102 * ONE + 1 },
		{ ORDER_TRAILING_STOP, ORDER_BUY, 126 * ONE, 126 * ONE + 1 },
		{ ORDER_TRAILING_STOP, ORDER_SELL, 76 * ONE, 76 * ONE - 1 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		bool trails = rows[i].type == ORDER_TRAILING_STOP;
		struct order_request request = { .symbol = "AAPL",
						 .side = (int)rows[i].side,
						 .type = (int)rows[i].type,
						 .tif = ORDER_DAY,
						 .quantity = { ONE } };
		struct order_execution execution = { .quantity = { ONE },
						     .price = { rows[i].good },
						     .liquidity = ORDER_TAKER };
		struct balances balances = owns(1000, 10);
		struct order_scene scene = { .balances = &balances };
		struct order_fill fill;
		struct order order;

		request.stop.micros = trails ? 0 : 100 * ONE;
		request.trail.micros = trails ? 20 * ONE : 0;
		request.limit.micros = rows[i].type == ORDER_STOP_LIMIT ? 102 * ONE : 0;
		order = make(&request, &customer);
		scene.order = &order;
		ck_assert_int_eq(order_trigger(&order), ORDER_FAULT_STATUS);
		open_order(&order, &balances, &customer);
		ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_STATUS);
		ck_assert_int_eq(order_trigger(&order), ORDER_FITS);
		ck_assert_int_eq(order_trigger(&order), ORDER_FAULT_STATUS);
		execution.price.micros = rows[i].bad;
		ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_PRICE);
		execution.price.micros = rows[i].good;
		ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FITS);
		ck_assert_int_eq(order.status, ORDER_FILLED);
	}
}
END_TEST

/* Asks for the replacement of an order by one of that quantity and limit. */
static enum order_refusal replace(struct order_scene *scene, struct order *replacement,
				  int64_t shares, int64_t price,
				  const struct order_account *account)
{
	struct order_amendment amendment = { .quantity = { shares * ONE },
					     .limit = { price * ONE } };
	struct order_request request;

	ck_assert_int_eq(order_check_replace(scene->order, false, &amendment, &request),
			 REFUSAL_NONE);
	*replacement = make(&request, account);
	scene->replacement = replacement;
	return order_replace_request(scene, account);
}

/* The larger of the two stands: the replacement holds what the order does not. */
START_TEST(a_replacement_holds_the_excess)
{
	static const struct {
		int64_t shares, price, excess; /* against 10 at 100 */
		enum order_refusal refusal;
	} rows[] = {
		{ 12, 100, 200, REFUSAL_NONE },
		{ 8, 100, 0, REFUSAL_NONE },
		{ 10, 101, 10, REFUSAL_NONE },
		{ 10, 99, 0, REFUSAL_NONE },
		{ 8, 130, 240, REFUSAL_NONE }, /* two at 100 first, then eight at 130 */
		/* ten at 100 first, then ten more at 90: more than twenty at 90 */
		{ 20, 90, 900, REFUSAL_NONE },
		{ 20, 100, 1000, REFUSAL_NONE },
		{ 21, 100, 0, REFUSAL_INSUFFICIENT_BUYING_POWER },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct balances balances = owns(2000, 0);
		struct order order = limit_order(ORDER_BUY, 10, 100, &customer), other;
		struct order_scene scene = { .order = &order, .balances = &balances };
		struct order_released released;
		enum order_refusal refusal;

		open_order(&order, &balances, &customer);
		refusal = replace(&scene, &other, rows[i].shares, rows[i].price, &customer);
		ck_assert_msg(refusal == rows[i].refusal, "row %zu", i);
		ck_assert_msg(other.hold_micros == rows[i].excess * ONE, "row %zu: %lld", i,
			      (long long)other.hold_micros);
		ASSERT_BALANCES(&balances, 2000 * ONE, (1000 + rows[i].excess) * ONE, 0, 0, 0);
		if (refusal != REFUSAL_NONE) {
			ck_assert_int_eq(order.status, ORDER_NEW);
			ck_assert_int_eq(other.status, ORDER_NONE);
			continue;
		}
		ck_assert_int_eq(order_replace_rejected(&scene, &released), ORDER_FITS);
		ck_assert_int_eq(released.cash_micros, rows[i].excess * ONE);
		ASSERT_BALANCES(&balances, 2000 * ONE, 1000 * ONE, 0, 0, 0);
	}
}
END_TEST

START_TEST(fills_while_a_replacement_is_pending)
{
	struct balances balances = owns(2000, 0);
	struct order order = limit_order(ORDER_BUY, 10, 100, &customer), other;
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_released released;
	struct order_fill fill;

	open_order(&order, &balances, &customer);
	ck_assert_int_eq(replace(&scene, &other, 12, 110, &customer), REFUSAL_NONE);
	ASSERT_HELD(&order, 1000 * ONE, 0, 0);
	ASSERT_HELD(&other, 320 * ONE, 0, 0);
	fill = trade(&scene, 4 * ONE, 100 * ONE, ORDER_MAKER);
	ck_assert_int_eq(fill.released_micros, 40 * ONE);
	ASSERT_HELD(&order, 600 * ONE, 0, 0);
	ASSERT_HELD(&other, 280 * ONE, 0, 0);
	/* a decrease that was asked for before makes the order smaller, not the replacement */
	ck_assert_int_eq(order_decrease(&scene, Q(2 * ONE), Q(4 * ONE), &released), ORDER_FITS);
	ck_assert_int_eq(released.cash_micros, 0);
	ASSERT_HELD(&order, 400 * ONE, 0, 0);
	ASSERT_HELD(&other, 480 * ONE, 0, 0);
	/* what the book says must be what was asked for, less what has traded */
	ck_assert_int_eq(order_replaced(&scene, Q(12 * ONE), Q(7 * ONE), &released),
			 ORDER_FAULT_QUANTITY);
	ck_assert_int_eq(order_replaced(&scene, Q(11 * ONE), Q(7 * ONE), &released),
			 ORDER_FAULT_QUANTITY);
	ck_assert_int_eq(order_replaced(&scene, Q(12 * ONE), Q(8 * ONE), &released), ORDER_FITS);
	ck_assert_int_eq(released.cash_micros, 0);
	ck_assert_int_eq(order.status, ORDER_REPLACED);
	ck_assert_int_eq(other.status, ORDER_PARTIALLY_FILLED);
	ck_assert_int_eq(other.cum.micros, 4 * ONE);
	ck_assert_int_eq(other.cum_notional.micros, 400 * ONE);
	ASSERT_HELD(&order, 0, 0, 0);
	ASSERT_HELD(&other, 880 * ONE, 0, 0);
	ASSERT_BALANCES(&balances, 1600 * ONE, 880 * ONE, 4 * ONE, 0, 0);
}
END_TEST

/* Filled whole: it comes too late, and holds what it added until the book has said so. */
START_TEST(filled_while_a_replacement_is_pending)
{
	struct balances balances = owns(2000, 0);
	struct order order = limit_order(ORDER_BUY, 10, 100, &customer), other;
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_released released;

	open_order(&order, &balances, &customer);
	ck_assert_int_eq(replace(&scene, &other, 15, 100, &customer), REFUSAL_NONE);
	trade(&scene, 10 * ONE, 99 * ONE, ORDER_MAKER);
	ck_assert_int_eq(order.status, ORDER_FILLED);
	ASSERT_BALANCES(&balances, 1010 * ONE, 500 * ONE, 10 * ONE, 0, 0);
	ck_assert_int_eq(order_replaced(&scene, Q(15 * ONE), Q(5 * ONE), &released),
			 ORDER_FAULT_STATUS);
	ck_assert_int_eq(order_replace_rejected(&scene, &released), ORDER_FITS);
	ck_assert_int_eq(released.cash_micros, 500 * ONE);
	ck_assert_int_eq(other.status, ORDER_REJECTED);
	ASSERT_BALANCES(&balances, 1010 * ONE, 0, 10 * ONE, 0, 0);
}
END_TEST

START_TEST(ended_while_a_replacement_is_pending)
{
	struct balances balances = owns(2000, 0);
	struct order order = limit_order(ORDER_BUY, 10, 100, &customer), other;
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_released released;

	open_order(&order, &balances, &customer);
	ck_assert_int_eq(replace(&scene, &other, 12, 110, &customer), REFUSAL_NONE);
	ck_assert_int_eq(order_end(&scene, Q(10 * ONE), ORDER_EXPIRED, &released), ORDER_FITS);
	ck_assert_int_eq(released.cash_micros, 1000 * ONE);
	ASSERT_HELD(&other, 320 * ONE, 0, 0);
	ck_assert_int_eq(order_replace_rejected(&scene, &released), ORDER_FITS);
	ck_assert_int_eq(order.status, ORDER_EXPIRED);
	ASSERT_BALANCES(&balances, 2000 * ONE, 0, 0, 0, 0);
}
END_TEST

/* Four there, six to sell, then eight, dearer: two more are short, and margin for all four. */
START_TEST(a_short_replacement)
{
	struct balances balances = owns(1000, 4);
	struct order order = limit_order(ORDER_SELL, 6, 100, &seller), other;
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_released released;

	open_order(&order, &balances, &seller);
	ASSERT_HELD(&order, 4 * ONE, 2 * ONE, 100 * ONE);
	ck_assert_int_eq(replace(&scene, &other, 8, 120, &customer), REFUSAL_INSUFFICIENT_POSITION);
	ck_assert_int_eq(replace(&scene, &other, 8, 120, &seller), REFUSAL_NONE);
	ASSERT_HELD(&other, 0, 2 * ONE, 140 * ONE);
	trade(&scene, 5 * ONE, 100 * ONE, ORDER_MAKER);
	/* one short: 100 and 50; left: one of it, two more, of margin half of 120 for each */
	ASSERT_HELD(&order, 0, ONE, 50 * ONE);
	ASSERT_HELD(&other, 0, 2 * ONE, 130 * ONE);
	ck_assert_int_eq(balances.collateral_micros + balances.cash.held_micros,
			 2 * balances.collateral_micros + 180 * ONE);
	ck_assert_int_eq(order_replaced(&scene, Q(8 * ONE), Q(3 * ONE), &released), ORDER_FITS);
	ASSERT_HELD(&other, 0, 3 * ONE, 180 * ONE);
	ck_assert_int_eq(order_end(&(struct order_scene){ .order = &other, .balances = &balances },
				   other.leaves, ORDER_CANCELED, &released),
			 ORDER_FITS);
	ck_assert_int_eq(released.cash_micros, 180 * ONE);
	ck_assert_int_eq(balances.cash.held_micros, balances.collateral_micros);
}
END_TEST

START_TEST(what_may_be_replaced)
{
	static const struct order_amendment more = { .quantity = { 11 * ONE } };
	static const struct order_amendment nothing = { .tif = 0 };
	static const struct order_amendment trail = { .trail = { ONE } };
	static const struct order_amendment negative = { .quantity = { -1 } };
	static const struct order_amendment gtc = { .tif = ORDER_GTC };
	static const struct {
		enum order_status status;
		bool bound;
		const struct order_amendment *amendment;
		enum order_refusal refusal;
	} rows[] = {
		{ ORDER_NEW, false, &more, REFUSAL_NONE },
		{ ORDER_NEW, false, &gtc, REFUSAL_NONE },
		{ ORDER_PARTIALLY_FILLED, false, &more, REFUSAL_NONE },
		{ ORDER_NEW, false, &nothing, REFUSAL_INVALID_FIELD },
		{ ORDER_NEW, false, &trail, REFUSAL_INVALID_FIELD },
		{ ORDER_NEW, false, &negative, REFUSAL_INVALID_QUANTITY },
		{ ORDER_NEW, true, &more, REFUSAL_UNSUPPORTED },
		{ ORDER_HELD, false, &more, REFUSAL_UNSUPPORTED },
		{ ORDER_PENDING_NEW, false, &more, REFUSAL_PENDING },
		{ ORDER_PENDING_CANCEL, false, &more, REFUSAL_PENDING },
		{ ORDER_PENDING_REPLACE, false, &more, REFUSAL_PENDING },
		{ ORDER_FILLED, false, &more, REFUSAL_TOO_LATE },
		{ ORDER_CANCELED, false, &more, REFUSAL_TOO_LATE },
		{ ORDER_EXPIRED, false, &more, REFUSAL_TOO_LATE },
		{ ORDER_REPLACED, false, &more, REFUSAL_TOO_LATE },
		{ ORDER_REJECTED, false, &more, REFUSAL_TOO_LATE },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct order order = limit_order(ORDER_BUY, 10, 100, &customer);
		struct order_request request = { .symbol = NULL };

		order.status = rows[i].status;
		ck_assert_msg(order_check_replace(&order, rows[i].bound, rows[i].amendment,
						  &request) == rows[i].refusal,
			      "row %zu", i);
		ck_assert_int_eq(request.symbol != NULL, rows[i].refusal == REFUSAL_NONE);
	}
}
END_TEST

/* A stop that goes on as it is keeps the collar that it has in the book. */
START_TEST(a_replaced_stop)
{
	struct order_request request = { .symbol = "AAPL",
					 .side = ORDER_SELL,
					 .type = ORDER_TRAILING_STOP,
					 .tif = ORDER_DAY,
					 .quantity = { 2 * ONE },
					 .trail = { 10 * ONE } };
	struct order_amendment amendment = { .quantity = { ONE } };
	struct order_market later = market;
	struct balances balances = owns(0, 2);
	struct order order = make(&request, &customer), other;
	struct order_scene scene = { .order = &order,
				     .replacement = &other,
				     .balances = &balances };
	struct order_released released;
	struct order_terms terms;

	later.last.micros = 110 * ONE;
	open_order(&order, &balances, &customer);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(order_check_replace(&order, false, &amendment, &request),
				 REFUSAL_NONE);
		ck_assert_int_eq(order_check_market(&request, &later, &terms), REFUSAL_NONE);
		order_init(&other, &request, &terms, &customer);
		ck_assert_int_eq(order_replace_request(&scene, &customer), REFUSAL_NONE);
		ck_assert_int_eq(other.collar.micros, round == 0 ? 85500000 : 95095000);
		ck_assert_int_eq(order_replace_rejected(&scene, &released), ORDER_FITS);
		amendment.trail_percent_micros = 9 * ONE; /* of 110: the stop is 100.1 */
		amendment.quantity.micros = 0;
	}
	order.triggered = true;
	ck_assert_int_eq(order_check_replace(&order, false, &amendment, &request),
			 REFUSAL_INVALID_FIELD);
}
END_TEST

/* A sweep asks for both; what comes back finds its way. */
START_TEST(a_sweep_while_a_replacement_is_pending)
{
	struct balances balances = owns(2000, 0);
	struct order order = limit_order(ORDER_BUY, 10, 100, &customer), other;
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_released released;

	open_order(&order, &balances, &customer);
	ck_assert_int_eq(replace(&scene, &other, 12, 100, &customer), REFUSAL_NONE);
	ck_assert_int_eq(order_cancel_request(&order, false), REFUSAL_PENDING);
	ck_assert_int_eq(order_cancel_request(&other, false), REFUSAL_PENDING);
	ck_assert_int_eq(order_cancel_request(&order, true), REFUSAL_NONE);
	ck_assert_int_eq(order_cancel_request(&other, true), REFUSAL_NONE);
	ck_assert_int_eq(order_cancel_request(&order, true), REFUSAL_PENDING);
	order_cancel_rejected(&scene);
	ck_assert_int_eq(order.status, ORDER_PENDING_REPLACE);
	ck_assert_int_eq(order_cancel_request(&order, true), REFUSAL_NONE);
	ck_assert_int_eq(order_replaced(&scene, Q(12 * ONE), Q(12 * ONE), &released), ORDER_FITS);
	ck_assert_int_eq(order.status, ORDER_REPLACED);
	ck_assert_int_eq(other.status, ORDER_PENDING_CANCEL);
	scene = (struct order_scene){ .order = &other, .balances = &balances };
	ck_assert_int_eq(order_end(&scene, other.leaves, ORDER_CANCELED, &released), ORDER_FITS);
	ASSERT_BALANCES(&balances, 2000 * ONE, 0, 0, 0, 0);
}
END_TEST

/* A limit at 100 and a stop at 104 (collar 109.20), 10 each: one of them alone can trade. */
struct pair {
	struct order limit, stop;
	struct balances balances;
	struct order_scene scene;
};

static void open_pair(struct pair *pair, enum order_side side)
{
	struct order_request request = { .symbol = "AAPL",
					 .side = (int)side,
					 .type = ORDER_LIMIT,
					 .tif = ORDER_DAY,
					 .order_class = ORDER_OCO,
					 .quantity = { 10 * ONE },
					 .limit = { 100 * ONE },
					 .stop_loss = true,
					 .stop_loss_stop = { side == ORDER_BUY ? 104 * ONE
									       : 96 * ONE } };
	struct order_request legs[ORDER_LEGS_MAX];

	*pair = (struct pair){ .limit = make(&request, &customer), .balances = owns(2000, 20) };
	ck_assert_int_eq(order_legs(&request, legs), 1);
	pair->stop = make(&legs[0], &customer);
	ck_assert_int_eq(order_reserve(&pair->limit, &pair->stop, &pair->balances, &customer),
			 REFUSAL_NONE);
	order_become(&pair->limit, ORDER_NEW);
	order_become(&pair->stop, ORDER_NEW);
	pair->scene = (struct order_scene){ .order = &pair->limit,
					    .sibling = &pair->stop,
					    .balances = &pair->balances };
}

static void look_from_the_stop(struct pair *pair, bool limit_is_open)
{
	pair->scene.order = &pair->stop;
	pair->scene.sibling = limit_is_open ? &pair->limit : NULL;
}

START_TEST(the_limit_of_two_trades)
{
	struct order_released released;
	struct pair pair;

	open_pair(&pair, ORDER_BUY);
	ASSERT_HELD(&pair.limit, 1092 * ONE, 0, 0);
	ASSERT_HELD(&pair.stop, 0, 0, 0);
	/* 4 traded; of what is left the stop, which is still 10 for the desk, may cost more */
	trade(&pair.scene, 4 * ONE, 100 * ONE, ORDER_MAKER);
	ASSERT_HELD(&pair.limit, 692 * ONE, 0, 0);
	look_from_the_stop(&pair, true);
	ck_assert_int_eq(order_decrease(&pair.scene, Q(4 * ONE), Q(6 * ONE), &released),
			 ORDER_FITS);
	ASSERT_HELD(&pair.limit, 655200000, 0, 0);
	ck_assert_int_eq(released.cash_micros, 36800000);
	pair.scene = (struct order_scene){ .order = &pair.limit,
					   .sibling = &pair.stop,
					   .balances = &pair.balances };
	trade(&pair.scene, 6 * ONE, 100 * ONE, ORDER_MAKER);
	ck_assert_int_eq(pair.limit.status, ORDER_FILLED);
	ASSERT_HELD(&pair.stop, 55200000, 0, 0);
	look_from_the_stop(&pair, false);
	ck_assert_int_eq(order_end(&pair.scene, Q(6 * ONE), ORDER_CANCELED, &released), ORDER_FITS);
	ASSERT_BALANCES(&pair.balances, 1000 * ONE, 0, 30 * ONE, 0, 0);
}
END_TEST

/* The stop is elected: the limit ends, and its sibling holds from then on. */
START_TEST(the_stop_of_two_is_elected)
{
	static const enum order_side sides[] = { ORDER_BUY, ORDER_SELL };

	for (size_t i = 0; i < BUS_ARRAY_LEN(sides); i++) {
		bool buy = sides[i] == ORDER_BUY;
		struct order_released released;
		struct pair pair;

		open_pair(&pair, sides[i]);
		ck_assert_int_eq(order_trigger(&pair.stop), ORDER_FITS);
		ck_assert_int_eq(
			order_end(&pair.scene, pair.limit.leaves, ORDER_CANCELED, &released),
			ORDER_FITS);
		ck_assert_int_eq(released.cash_micros + released.shares_micros, 0);
		ASSERT_HELD(&pair.limit, 0, 0, 0);
		ASSERT_HELD(&pair.stop, buy ? 1092 * ONE : 10 * ONE, 0, 0);
		look_from_the_stop(&pair, false);
		trade(&pair.scene, 10 * ONE, 105 * ONE, ORDER_TAKER);
		ASSERT_BALANCES(&pair.balances, buy ? 950 * ONE : 3050 * ONE, 0,
				buy ? 30 * ONE : 10 * ONE, 0, 0);
	}
}
END_TEST

/* The other way round, with what has not been heard yet: the stop trades while the limit stands. */
START_TEST(the_stop_of_two_trades_first)
{
	struct order_released released;
	struct pair pair;

	open_pair(&pair, ORDER_BUY);
	ck_assert_int_eq(order_trigger(&pair.stop), ORDER_FITS);
	look_from_the_stop(&pair, true);
	trade(&pair.scene, 3 * ONE, 109 * ONE, ORDER_TAKER);
	/* 7 at 109.20, and the limit by 3 more: but no more than is left of what was held */
	ASSERT_HELD(&pair.limit, 765 * ONE, 0, 0);
	ASSERT_HELD(&pair.stop, 0, 0, 0);
	ck_assert_int_eq(order_end(&(struct order_scene){ .order = &pair.limit,
							  .sibling = &pair.stop,
							  .balances = &pair.balances },
				   pair.limit.leaves, ORDER_CANCELED, &released),
			 ORDER_FITS);
	ASSERT_HELD(&pair.stop, 764400000, 0, 0);
	ck_assert_int_eq(released.cash_micros, 600000);
}
END_TEST

/* A bracket of ten, six of which were bought before the entry was canceled. */
START_TEST(legs_of_a_bracket)
{
	struct order_request entry = { .symbol = "AAPL",
				       .side = ORDER_BUY,
				       .type = ORDER_LIMIT,
				       .tif = ORDER_DAY,
				       .order_class = ORDER_BRACKET,
				       .quantity = { 10 * ONE },
				       .limit = { 100 * ONE },
				       .take_profit = true,
				       .take_profit_limit = { 110 * ONE },
				       .stop_loss = true,
				       .stop_loss_stop = { 95 * ONE } };
	struct order_request requests[ORDER_LEGS_MAX];
	struct balances balances = owns(1000, 0);
	struct order order = make(&entry, &customer), profit, loss;
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_released released;

	ck_assert_int_eq(order_legs(&entry, requests), 2);
	profit = make(&requests[0], &customer);
	loss = make(&requests[1], &customer);
	order_become(&profit, ORDER_HELD);
	order_become(&loss, ORDER_HELD);
	open_order(&order, &balances, &customer);
	trade(&scene, 6 * ONE, 100 * ONE, ORDER_TAKER);
	ck_assert_int_eq(order_end(&scene, Q(4 * ONE), ORDER_CANCELED, &released), ORDER_FITS);

	scene = (struct order_scene){ .order = &profit, .sibling = &loss, .balances = &balances };
	ck_assert_int_eq(order_activate(&scene, Q(7 * ONE), &customer),
			 REFUSAL_INSUFFICIENT_POSITION);
	ck_assert_int_eq(profit.status, ORDER_HELD);
	ck_assert_int_eq(profit.quantity.micros, 10 * ONE);
	ck_assert_int_eq(order_activate(&scene, order.cum, &customer), REFUSAL_NONE);
	ck_assert_int_eq(profit.status, ORDER_NEW);
	ck_assert_int_eq(loss.status, ORDER_NEW);
	ck_assert_int_eq(loss.quantity.micros, 6 * ONE);
	ck_assert_int_eq(loss.leaves.micros, 6 * ONE);
	ASSERT_HELD(&profit, 6 * ONE, 0, 0);
	ASSERT_HELD(&loss, 0, 0, 0);
	ASSERT_BALANCES(&balances, 400 * ONE, 0, 6 * ONE, 6 * ONE, 0);
}
END_TEST

/* A leg that waits: it can only be ended, or activated. */
START_TEST(a_leg_that_waits)
{
	struct balances balances = owns(1000, 10), before = balances;
	struct order leg = limit_order(ORDER_SELL, 10, 100, &customer);
	struct order_scene scene = { .order = &leg, .balances = &balances };
	struct order_execution execution = { .quantity = { ONE },
					     .price = { 100 * ONE },
					     .leaves = { 9 * ONE },
					     .liquidity = ORDER_TAKER };
	struct order_released released;
	struct order_fill fill;

	order_become(&leg, ORDER_HELD);
	ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_STATUS);
	ck_assert_int_eq(order_decrease(&scene, Q(ONE), Q(9 * ONE), &released), ORDER_FAULT_STATUS);
	ck_assert_int_eq(order_prevent(&scene, Q(ONE), Q(9 * ONE), &released), ORDER_FAULT_STATUS);
	ck_assert_int_eq(order_end(&scene, leg.leaves, ORDER_EXPIRED, &released),
			 ORDER_FAULT_STATUS);
	ck_assert_int_eq(order_cancel_request(&leg, false), REFUSAL_UNSUPPORTED);
	ck_assert_int_eq(order_end(&scene, leg.leaves, ORDER_CANCELED, &released), ORDER_FITS);
	ck_assert_mem_eq(&before, &balances, sizeof(before));
}
END_TEST

/* Every change in every status: it fits, or nothing is changed. */
enum change {
	FILLED,
	DECREASED,
	PREVENTED,
	CANCELED,
	EXPIRED,
	REJECTED,
	COMPLETED,
	ELECTED,
	REPLACED
};

static enum order_fault change(struct order_scene *scene, enum change what)
{
	struct order_execution execution = { .quantity = { ONE },
					     .price = { 100 * ONE },
					     .leaves = { 9 * ONE },
					     .liquidity = ORDER_TAKER };
	struct bus_quantity all = scene->order->leaves;
	struct order_released released;
	struct order_fill fill;

	switch (what) {
	case FILLED:
		return order_fill(scene, &execution, &fill);
	case DECREASED:
		return order_decrease(scene, Q(ONE), Q(9 * ONE), &released);
	case PREVENTED:
		return order_prevent(scene, Q(ONE), Q(9 * ONE), &released);
	case CANCELED:
		return order_end(scene, all, ORDER_CANCELED, &released);
	case EXPIRED:
		return order_end(scene, all, ORDER_EXPIRED, &released);
	case REJECTED:
		return order_end(scene, all, ORDER_REJECTED, &released);
	case COMPLETED:
		return order_complete(scene, all, &released);
	case ELECTED:
		return order_trigger(scene->order);
	case REPLACED:
		return order_replaced(scene, Q(12 * ONE), Q(12 * ONE), &released);
	}
	return ORDER_FITS;
}

START_TEST(changes_in_every_status)
{
	static const struct {
		enum change what;
		const char *fits;
	} rows[] = {
		/*            0NPFDCErxyRHn */
		{ FILLED, /* */ ".xx.....xx..." },  { DECREASED, ".xx.....xx..." },
		{ PREVENTED, ".xx.....xx..." },	    { CANCELED, /**/ ".xx.....xx.x." },
		{ EXPIRED, /**/ ".xx.....xx..." },  { REJECTED, /**/ ".x......xx..." },
		{ COMPLETED, "............." },	   /* no order by notional */
		{ ELECTED, /**/ "............." }, /* no stop */
		{ REPLACED, /**/ "........xx..." },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		for (int status = 0; status < ORDER_STATUS_COUNT; status++) {
			struct balances balances = owns(5000, 0), before;
			struct order order = limit_order(ORDER_BUY, 10, 100, &customer), was;
			struct order other = limit_order(ORDER_BUY, 12, 100, &customer);
			struct order_scene scene = { .order = &order, .balances = &balances };
			bool fits;

			ck_assert_int_eq(order_reserve(&order, NULL, &balances, &customer),
					 REFUSAL_NONE);
			other.status = ORDER_PENDING_NEW;
			if (rows[i].what == REPLACED)
				scene.replacement = &other;
			order.status = (enum order_status)status;
			was = order;
			before = balances;
			fits = change(&scene, rows[i].what) == ORDER_FITS;
			ck_assert_msg(fits == (rows[i].fits[status] == 'x'), "row %zu, status %d",
				      i, status);
			if (fits)
				continue;
			ck_assert_mem_eq(&was, &order, sizeof(was));
			ck_assert_mem_eq(&before, &balances, sizeof(before));
		}
	}
}
END_TEST

/* Orders that do not belong together; and an account that holds less than its order. */
START_TEST(what_does_not_fit)
{
	struct balances balances = owns(2000, 10);
	struct order order = limit_order(ORDER_BUY, 10, 100, &customer), same = order;
	struct order sell = limit_order(ORDER_SELL, 10, 100, &customer);
	struct order_scene scene = { .order = &order, .balances = &balances };
	struct order_execution execution = { .quantity = { ONE },
					     .price = { 100 * ONE },
					     .leaves = { 9 * ONE },
					     .liquidity = ORDER_TAKER };
	struct order_released released;
	struct order_fill fill;

	open_order(&order, &balances, &customer);
	open_order(&sell, &balances, &customer);
	scene.sibling = &sell;
	ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_RELATION);
	scene.sibling = &same; /* not open */
	ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_RELATION);
	scene.sibling = NULL;
	scene.replacement = &same;
	ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_RELATION);
	scene.replacement = NULL;
	ck_assert_int_eq(order_replaced(&scene, order.quantity, order.leaves, &released),
			 ORDER_FAULT_RELATION);
	ck_assert_int_eq(order_replace_rejected(&scene, &released), ORDER_FAULT_RELATION);
	balances.cash.held_micros = 99 * ONE;
	same = order;
	ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_HOLD);
	ck_assert_int_eq(order_end(&scene, order.leaves, ORDER_CANCELED, &released),
			 ORDER_FAULT_HOLD);
	ck_assert_mem_eq(&same, &order, sizeof(same));
	scene.order = &sell;
	balances.shares.held_micros = 0;
	ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_HOLD);
	balances.shares.held_micros = 10 * ONE;
	balances.cash.total_micros = INT64_MAX - 1;
	ck_assert_int_eq(order_fill(&scene, &execution, &fill), ORDER_FAULT_OVERFLOW);
	ck_assert_int_eq(sell.cum.micros, 0);
	for (int fault = ORDER_FITS + 1; fault <= ORDER_FAULT_OVERFLOW; fault++)
		ck_assert_uint_gt(strlen(order_fault_text((enum order_fault)fault)), 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("order change");
	TCase *tcase = tcase_create("order change");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, a_buy_with_fees);
	tcase_add_test(tcase, a_sell_with_fees);
	tcase_add_test(tcase, pieces_fit_the_hold);
	tcase_add_test(tcase, a_short_sale);
	tcase_add_test(tcase, who_may_sell_short);
	tcase_add_test(tcase, nobody_knows_its_worth);
	tcase_add_test(tcase, released_shares_cover);
	tcase_add_test(tcase, bought_before_it_was_sold_short);
	tcase_add_test(tcase, self_trade_prevention);
	tcase_add_test(tcase, a_buy_by_notional);
	tcase_add_test(tcase, a_sell_by_notional);
	tcase_add_test(tcase, stops);
	tcase_add_test(tcase, a_replacement_holds_the_excess);
	tcase_add_test(tcase, fills_while_a_replacement_is_pending);
	tcase_add_test(tcase, filled_while_a_replacement_is_pending);
	tcase_add_test(tcase, ended_while_a_replacement_is_pending);
	tcase_add_test(tcase, a_short_replacement);
	tcase_add_test(tcase, what_may_be_replaced);
	tcase_add_test(tcase, a_replaced_stop);
	tcase_add_test(tcase, a_sweep_while_a_replacement_is_pending);
	tcase_add_test(tcase, the_limit_of_two_trades);
	tcase_add_test(tcase, the_stop_of_two_is_elected);
	tcase_add_test(tcase, the_stop_of_two_trades_first);
	tcase_add_test(tcase, legs_of_a_bracket);
	tcase_add_test(tcase, a_leg_that_waits);
	tcase_add_test(tcase, changes_in_every_status);
	tcase_add_test(tcase, what_does_not_fit);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
