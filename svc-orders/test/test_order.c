/*
 * Which orders are taken, as tables: the form of every type, time in force and class, what the
 * market says to prices, sizes and sessions, and the whole table of what may follow what.
 */
#include <check.h>
#include <stdlib.h>

#include "order.h"
#include "order_hold.h"

#define ONE BUS_MICROS
#define MAX INT64_MAX
#define DAY (INT64_C(86400) * ONE)

/* Every pair of statuses: a row is what may follow, in the order of the enum. */
START_TEST(transitions)
{
	static const char *const allowed[ORDER_STATUS_COUNT] = {
		/*                          0NPFDCErxyRHn */
		[ORDER_NONE] = /*        */ ".N.........Hn",
		[ORDER_NEW] = /*         */ ".NPF.CE.xyR..",
		[ORDER_PARTIALLY_FILLED] = "..PF.CE.xy...",
		[ORDER_FILLED] = /*      */ ".............",
		[ORDER_DONE_FOR_DAY] = /**/ ".............",
		[ORDER_CANCELED] = /*    */ ".............",
		[ORDER_EXPIRED] = /*     */ ".............",
		[ORDER_REPLACED] = /*    */ ".............",
		[ORDER_PENDING_CANCEL] = ".NPF.CErxyR..",
		[ORDER_PENDING_REPLACE] = ".NPF.CErxyR..",
		[ORDER_REJECTED] = /*    */ ".............",
		[ORDER_HELD] = /*        */ ".N...C.....H.",
		[ORDER_PENDING_NEW] = /* */ ".NPF....x.R.n",
	};
	static const enum order_status terminal[] = { ORDER_FILLED, ORDER_CANCELED, ORDER_EXPIRED,
						      ORDER_REPLACED, ORDER_REJECTED };

	for (int from = 0; from < ORDER_STATUS_COUNT; from++) {
		bool ends = false;

		for (size_t i = 0; i < BUS_ARRAY_LEN(terminal); i++)
			ends = ends || (int)terminal[i] == from;
		ck_assert_int_eq(order_terminal((enum order_status)from), ends);
		for (int to = 0; to < ORDER_STATUS_COUNT; to++)
			ck_assert_msg(
				order_may_become((enum order_status)from, (enum order_status)to) ==
					(allowed[from][to] != '.'),
				"%d -> %d", from, to);
	}
	ck_assert(!order_may_become(ORDER_STATUS_COUNT, ORDER_NEW));
	ck_assert(!order_may_become(ORDER_NEW, ORDER_STATUS_COUNT));
}
END_TEST

START_TEST(the_end_leaves_nothing)
{
	struct order order = { .status = ORDER_NEW,
			       .leaves = { 5 },
			       .hold_micros = 4,
			       .fee_hold_micros = 3,
			       .short_micros = 2,
			       .margin_hold_micros = 1 };

	order_become(&order, ORDER_PENDING_CANCEL);
	ck_assert_int_eq(order.leaves.micros, 5);
	order_become(&order, ORDER_CANCELED);
	ck_assert_int_eq(order.leaves.micros, 0);
	ck_assert_int_eq(order.hold_micros + order.fee_hold_micros + order.short_micros +
				 order.margin_hold_micros,
			 0);
}
END_TEST

/* Requests and markets are written as what differs from one of these. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define REQUEST(...)                                                                               \
	{                                                                                          \
		.symbol = "AAPL", .side = ORDER_BUY, .tif = ORDER_DAY, .quantity = { ONE },        \
		__VA_ARGS__                                                                        \
	}
#define MARKET(...) REQUEST(.type = ORDER_MARKET, __VA_ARGS__)
#define LIMIT(...)  REQUEST(.type = ORDER_LIMIT, .limit = { 10 * ONE }, __VA_ARGS__)
#define STOP(...)   REQUEST(.type = ORDER_STOP, .stop = { 10 * ONE }, __VA_ARGS__)
#define STOP_LIMIT(...)                                                                            \
	REQUEST(.type = ORDER_STOP_LIMIT, .stop = { 10 * ONE }, .limit = { 11 * ONE }, __VA_ARGS__)
#define TRAILING(...) REQUEST(.type = ORDER_TRAILING_STOP, __VA_ARGS__)
#define NOTIONAL(...)                                                                              \
	{                                                                                          \
		.symbol = "AAPL", .side = ORDER_BUY, .type = ORDER_MARKET, .tif = ORDER_DAY,       \
		.notional = { 100 * ONE }, __VA_ARGS__                                             \
	}
#define TAKE_PROFIT(price) .take_profit = true, .take_profit_limit = { (price)*ONE }
#define STOP_LOSS(price)   .stop_loss = true, .stop_loss_stop = { (price)*ONE }
#define BRACKET(...)	   LIMIT(.order_class = ORDER_BRACKET, __VA_ARGS__)
#define OTO(...)	   LIMIT(.order_class = ORDER_OTO, __VA_ARGS__)
#define OCO(...)	   LIMIT(.order_class = ORDER_OCO, __VA_ARGS__)

START_TEST(forms)
{
	static const struct {
		struct order_request request;
		enum order_refusal refusal;
	} rows[] = {
		{ MARKET(), REFUSAL_NONE },
		{ MARKET(.tif = ORDER_GTC), REFUSAL_NONE },
		{ MARKET(.tif = ORDER_OPG), REFUSAL_NONE },
		{ LIMIT(), REFUSAL_NONE },
		{ LIMIT(.post_only = true), REFUSAL_NONE },
		{ LIMIT(.post_only = true, .tif = ORDER_GTC), REFUSAL_NONE },
		{ STOP(), REFUSAL_NONE },
		{ STOP(.tif = ORDER_GTC), REFUSAL_NONE },
		{ STOP_LIMIT(), REFUSAL_NONE },
		{ TRAILING(.trail = { ONE }), REFUSAL_NONE },
		{ TRAILING(.trail_percent_micros = 5 * ONE), REFUSAL_NONE },
		{ TRAILING(.trail_percent_micros = 100 * ONE - 1), REFUSAL_NONE },
		{ NOTIONAL(), REFUSAL_NONE },
		{ NOTIONAL(.tif = ORDER_IOC, .side = ORDER_SELL), REFUSAL_NONE },
		/* what is missing, or out of range */
		{ MARKET(.side = 0), REFUSAL_INVALID_FIELD },
		{ MARKET(.side = 3), REFUSAL_INVALID_FIELD },
		{ MARKET(.tif = 0), REFUSAL_INVALID_FIELD },
		{ MARKET(.tif = 7), REFUSAL_INVALID_FIELD },
		{ REQUEST(.type = 0), REFUSAL_INVALID_FIELD },
		{ REQUEST(.type = 6), REFUSAL_INVALID_FIELD },
		{ REQUEST(.type = -1), REFUSAL_INVALID_FIELD },
		{ MARKET(.stp = 6), REFUSAL_INVALID_FIELD },
		{ MARKET(.stp = -1), REFUSAL_INVALID_FIELD },
		{ MARKET(.order_class = 5), REFUSAL_INVALID_FIELD },
		{ MARKET(.quantity = { 0 }), REFUSAL_INVALID_QUANTITY },
		{ MARKET(.quantity = { -1 }), REFUSAL_INVALID_QUANTITY },
		{ LIMIT(.limit = { 0 }), REFUSAL_INVALID_PRICE },
		{ LIMIT(.limit = { -1 }), REFUSAL_INVALID_PRICE },
		{ STOP(.stop = { 0 }), REFUSAL_INVALID_PRICE },
		{ STOP_LIMIT(.stop = { 0 }), REFUSAL_INVALID_PRICE },
		{ STOP_LIMIT(.limit = { 0 }), REFUSAL_INVALID_PRICE },
		{ TRAILING(), REFUSAL_INVALID_PRICE },
		{ TRAILING(.trail = { -1 }), REFUSAL_INVALID_PRICE },
		{ TRAILING(.trail_percent_micros = -1), REFUSAL_INVALID_PRICE },
		{ TRAILING(.trail_percent_micros = 100 * ONE), REFUSAL_INVALID_FIELD },
		{ TRAILING(.trail = { 1 }, .trail_percent_micros = 1), REFUSAL_INVALID_FIELD },
		/* what does not belong to the type */
		{ MARKET(.limit = { 1 }), REFUSAL_INVALID_FIELD },
		{ MARKET(.limit = { -1 }), REFUSAL_INVALID_FIELD },
		{ MARKET(.stop = { 1 }), REFUSAL_INVALID_FIELD },
		{ MARKET(.trail = { 1 }), REFUSAL_INVALID_FIELD },
		{ MARKET(.trail_percent_micros = 1), REFUSAL_INVALID_FIELD },
		{ LIMIT(.stop = { 1 }), REFUSAL_INVALID_FIELD },
		{ LIMIT(.trail = { 1 }), REFUSAL_INVALID_FIELD },
		{ STOP(.limit = { 1 }), REFUSAL_INVALID_FIELD },
		{ STOP(.trail_percent_micros = 1), REFUSAL_INVALID_FIELD },
		{ STOP_LIMIT(.trail = { 1 }), REFUSAL_INVALID_FIELD },
		{ TRAILING(.trail = { 1 }, .stop = { 1 }), REFUSAL_INVALID_FIELD },
		{ TRAILING(.trail = { 1 }, .limit = { 1 }), REFUSAL_INVALID_FIELD },
		/* how long it may live */
		{ LIMIT(.tif = ORDER_IOC), REFUSAL_NONE },
		{ LIMIT(.tif = ORDER_FOK), REFUSAL_NONE },
		{ LIMIT(.tif = ORDER_CLS), REFUSAL_NONE },
		{ STOP(.tif = ORDER_IOC), REFUSAL_INVALID_FIELD },
		{ STOP(.tif = ORDER_FOK), REFUSAL_INVALID_FIELD },
		{ STOP_LIMIT(.tif = ORDER_OPG), REFUSAL_INVALID_FIELD },
		{ TRAILING(.trail = { 1 }, .tif = ORDER_CLS), REFUSAL_INVALID_FIELD },
		{ MARKET(.post_only = true), REFUSAL_INVALID_FIELD },
		{ STOP_LIMIT(.post_only = true), REFUSAL_INVALID_FIELD },
		{ LIMIT(.post_only = true, .tif = ORDER_IOC), REFUSAL_INVALID_FIELD },
		{ LIMIT(.post_only = true, .tif = ORDER_CLS), REFUSAL_INVALID_FIELD },
		/* an amount instead of a quantity */
		{ NOTIONAL(.notional = { -1 }), REFUSAL_INVALID_QUANTITY },
		{ NOTIONAL(.quantity = { 1 }), REFUSAL_INVALID_FIELD },
		{ NOTIONAL(.quantity = { -1 }), REFUSAL_INVALID_FIELD },
		{ NOTIONAL(.tif = ORDER_GTC), REFUSAL_INVALID_FIELD },
		{ NOTIONAL(.tif = ORDER_FOK), REFUSAL_INVALID_FIELD },
		{ NOTIONAL(.type = ORDER_LIMIT, .limit = { 1 }), REFUSAL_INVALID_FIELD },
		{ NOTIONAL(.order_class = ORDER_OTO, STOP_LOSS(9)), REFUSAL_INVALID_FIELD },
		/* classes: an entry at 10 */
		{ BRACKET(TAKE_PROFIT(12), STOP_LOSS(9)), REFUSAL_NONE },
		{ BRACKET(TAKE_PROFIT(12), STOP_LOSS(9), .stop_loss_limit = { 8 * ONE }),
		  REFUSAL_NONE },
		{ BRACKET(.side = ORDER_SELL, TAKE_PROFIT(8), STOP_LOSS(11)), REFUSAL_NONE },
		{ BRACKET(TAKE_PROFIT(9), STOP_LOSS(12)), REFUSAL_INVALID_PRICE },
		{ BRACKET(TAKE_PROFIT(9), STOP_LOSS(9)), REFUSAL_INVALID_PRICE },
		{ BRACKET(TAKE_PROFIT(12)), REFUSAL_INVALID_FIELD },
		{ BRACKET(STOP_LOSS(9)), REFUSAL_INVALID_FIELD },
		{ BRACKET(), REFUSAL_INVALID_FIELD },
		{ BRACKET(TAKE_PROFIT(0), STOP_LOSS(9)), REFUSAL_INVALID_PRICE },
		{ BRACKET(TAKE_PROFIT(12), STOP_LOSS(0)), REFUSAL_INVALID_PRICE },
		{ BRACKET(TAKE_PROFIT(12), STOP_LOSS(9), .stop_loss_limit = { -1 }),
		  REFUSAL_INVALID_PRICE },
		{ BRACKET(TAKE_PROFIT(12), STOP_LOSS(9), .tif = ORDER_IOC), REFUSAL_INVALID_FIELD },
		{ BRACKET(TAKE_PROFIT(12), STOP_LOSS(9), .post_only = true),
		  REFUSAL_INVALID_FIELD },
		{ MARKET(.order_class = ORDER_BRACKET, TAKE_PROFIT(12), STOP_LOSS(9)),
		  REFUSAL_NONE },
		{ OTO(TAKE_PROFIT(12)), REFUSAL_NONE },
		{ OTO(STOP_LOSS(9)), REFUSAL_NONE },
		{ OTO(), REFUSAL_INVALID_FIELD },
		{ OTO(TAKE_PROFIT(12), STOP_LOSS(9)), REFUSAL_INVALID_FIELD },
		{ OTO(TAKE_PROFIT(12), .stop_loss_stop = { 1 }), REFUSAL_INVALID_FIELD },
		{ OTO(TAKE_PROFIT(12), .stop_loss_limit = { 1 }), REFUSAL_INVALID_FIELD },
		{ OCO(.side = ORDER_SELL, STOP_LOSS(9)), REFUSAL_NONE },
		{ OCO(STOP_LOSS(12)), REFUSAL_NONE },
		{ OCO(.side = ORDER_SELL, STOP_LOSS(12)), REFUSAL_INVALID_PRICE },
		{ OCO(STOP_LOSS(9)), REFUSAL_INVALID_PRICE },
		{ OCO(TAKE_PROFIT(12), STOP_LOSS(9)), REFUSAL_INVALID_FIELD },
		{ OCO(), REFUSAL_INVALID_FIELD },
		{ STOP(.order_class = ORDER_OCO, STOP_LOSS(9)), REFUSAL_INVALID_FIELD },
		{ LIMIT(TAKE_PROFIT(12)), REFUSAL_INVALID_FIELD },
		{ LIMIT(.order_class = ORDER_SIMPLE, STOP_LOSS(12)), REFUSAL_INVALID_FIELD },
		{ LIMIT(.take_profit_limit = { 1 }), REFUSAL_INVALID_FIELD },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		enum order_refusal refusal = order_check_form(&rows[i].request);

		ck_assert_msg(refusal == rows[i].refusal, "row %zu: %d", i, (int)refusal);
	}
}
END_TEST

START_TEST(legs)
{
	static const struct {
		struct order_request request;
		int count;
		enum order_type types[ORDER_LEGS_MAX];
		enum order_side side;
	} rows[] = {
		{ LIMIT(), 0, { 0 }, 0 },
		{ BRACKET(TAKE_PROFIT(12), STOP_LOSS(9)),
		  2,
		  { ORDER_LIMIT, ORDER_STOP },
		  ORDER_SELL },
		{ BRACKET(TAKE_PROFIT(8), STOP_LOSS(11), .side = ORDER_SELL,
			  .stop_loss_limit = { 12 * ONE }),
		  2,
		  { ORDER_LIMIT, ORDER_STOP_LIMIT },
		  ORDER_BUY },
		{ OTO(TAKE_PROFIT(12)), 1, { ORDER_LIMIT }, ORDER_SELL },
		{ OTO(STOP_LOSS(9)), 1, { ORDER_STOP }, ORDER_SELL },
		{ OCO(STOP_LOSS(12)), 1, { ORDER_STOP }, ORDER_BUY },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct order_request found[ORDER_LEGS_MAX];
		int count = order_legs(&rows[i].request, found);

		ck_assert_int_eq(count, rows[i].count);
		for (int leg = 0; leg < count; leg++) {
			ck_assert_int_eq(found[leg].type, (int)rows[i].types[leg]);
			ck_assert_int_eq(found[leg].side, (int)rows[i].side);
			ck_assert_int_eq(found[leg].tif, ORDER_DAY);
			ck_assert_int_eq(found[leg].quantity.micros, ONE);
			ck_assert_int_eq(order_check_form(&found[leg]), REFUSAL_NONE);
		}
	}
}
END_TEST

/* A market that is open: the last price 100, ticks of a cent and a hundredth of one. */
#define AT(...)                                                                                    \
	{                                                                                          \
		.tick_micros = 10000, .tick_below_one_micros = 100, .lot_micros = 1000,            \
		.last = { 100 * ONE }, .phase = PHASE_OPEN, __VA_ARGS__                            \
	}
#define BANDS .band_low = { 90 * ONE }, .band_high = { 110 * ONE }

START_TEST(markets)
{
	static const struct order_account account = { .fee_group = "" };
	static const struct {
		struct order_request request;
		struct order_market market;
		enum order_refusal refusal;
		int64_t collar, hold;
	} rows[] = {
		/* collars: 5 % beyond the last price or the stop, half-even, within the band */
		{ MARKET(), AT(), REFUSAL_NONE, 105 * ONE, 105 * ONE },
		{ MARKET(), AT(.last = { 585330000 }), REFUSAL_NONE, 614596500, 614596500 },
		{ MARKET(), AT(.last = { 10 }), REFUSAL_NONE, 10, 10 }, /* 10.5 */
		{ MARKET(), AT(.last = { 30 }), REFUSAL_NONE, 32, 32 }, /* 31.5 */
		{ MARKET(), AT(.band_high = { 101 * ONE }), REFUSAL_NONE, 101 * ONE, 101 * ONE },
		{ MARKET(), AT(BANDS), REFUSAL_NONE, 105 * ONE, 105 * ONE },
		{ MARKET(.side = ORDER_SELL), AT(), REFUSAL_NONE, 95 * ONE, ONE },
		{ MARKET(.side = ORDER_SELL), AT(.band_low = { 97 * ONE }, .band_high = { MAX }),
		  REFUSAL_NONE, 97 * ONE, ONE },
		{ MARKET(.side = ORDER_SELL), AT(.last = { 0 }), REFUSAL_NONE, 0, ONE },
		{ MARKET(), AT(.last = { 0 }), REFUSAL_NO_REFERENCE_PRICE, 0, 0 },
		{ MARKET(), AT(.last = { MAX }), REFUSAL_NO_REFERENCE_PRICE, 0, 0 },
		{ STOP(), AT(.last = { 0 }), REFUSAL_NONE, 10500000, 10500000 },
		{ STOP(.side = ORDER_SELL), AT(), REFUSAL_NONE, 9500000, ONE },
		{ STOP_LIMIT(), AT(), REFUSAL_NONE, 0, 11 * ONE },
		{ TRAILING(.trail = { 10 * ONE }), AT(), REFUSAL_NONE, 115500000, 115500000 },
		{ TRAILING(.trail = { 10 * ONE }, .side = ORDER_SELL), AT(), REFUSAL_NONE, 85500000,
		  ONE },
		{ TRAILING(.trail_percent_micros = 2 * ONE, .side = ORDER_SELL), AT(), REFUSAL_NONE,
		  93100000, ONE },
		{ TRAILING(.trail = { 100 * ONE }, .side = ORDER_SELL), AT(), REFUSAL_INVALID_PRICE,
		  0, 0 },
		{ TRAILING(.trail = { MAX }), AT(), REFUSAL_INVALID_PRICE, 0, 0 },
		{ TRAILING(.trail = { ONE }, .side = ORDER_SELL), AT(.last = { 0 }),
		  REFUSAL_NO_REFERENCE_PRICE, 0, 0 },
		/* ticks, bands: limits and stops */
		{ LIMIT(.limit = { 10000001 }), AT(), REFUSAL_INVALID_PRICE_INCREMENT, 0, 0 },
		{ LIMIT(.limit = { 999900 }), AT(), REFUSAL_NONE, 0, 999900 },
		{ LIMIT(.limit = { 999950 }), AT(), REFUSAL_INVALID_PRICE_INCREMENT, 0, 0 },
		{ LIMIT(.limit = { 1000100 }), AT(), REFUSAL_INVALID_PRICE_INCREMENT, 0, 0 },
		{ LIMIT(.limit = { 999950 }), AT(.tick_micros = 0, .tick_below_one_micros = 0),
		  REFUSAL_NONE, 0, 999950 },
		{ STOP(.stop = { 10000001 }), AT(), REFUSAL_INVALID_PRICE_INCREMENT, 0, 0 },
		{ STOP_LIMIT(.stop = { 10000001 }), AT(), REFUSAL_INVALID_PRICE_INCREMENT, 0, 0 },
		{ LIMIT(.limit = { 90 * ONE }), AT(BANDS), REFUSAL_NONE, 0, 90 * ONE },
		{ LIMIT(.limit = { 110 * ONE }), AT(BANDS), REFUSAL_NONE, 0, 110 * ONE },
		{ LIMIT(.limit = { 110010000 }), AT(BANDS), REFUSAL_PRICE_OUTSIDE_BAND, 0, 0 },
		{ LIMIT(.limit = { 89990000 }), AT(BANDS), REFUSAL_PRICE_OUTSIDE_BAND, 0, 0 },
		{ STOP(.stop = { 89990000 }), AT(BANDS), REFUSAL_PRICE_OUTSIDE_BAND, 0, 0 },
		{ STOP_LIMIT(.stop = { 100 * ONE }, .limit = { 111 * ONE }), AT(BANDS),
		  REFUSAL_PRICE_OUTSIDE_BAND, 0, 0 },
		/* sizes */
		{ LIMIT(.quantity = { 1001 }), AT(), REFUSAL_INVALID_QUANTITY, 0, 0 },
		{ LIMIT(.quantity = { 1000 }), AT(), REFUSAL_NONE, 0, 10000 },
		{ LIMIT(.quantity = { 1001 }), AT(.lot_micros = 0), REFUSAL_NONE, 0, 10010 },
		{ LIMIT(.quantity = { MAX / 1000 * 1000 }), AT(), REFUSAL_INVALID_QUANTITY, 0, 0 },
		{ LIMIT(), AT(.min_notional = { 10 * ONE }), REFUSAL_NONE, 0, 10 * ONE },
		{ LIMIT(), AT(.min_notional = { 10 * ONE + 1 }), REFUSAL_BELOW_MINIMUM_NOTIONAL, 0,
		  0 },
		{ MARKET(.side = ORDER_SELL), AT(.min_notional = { 100 * ONE }), REFUSAL_NONE,
		  95 * ONE, ONE },
		{ MARKET(.side = ORDER_SELL), AT(.min_notional = { 100 * ONE + 1 }),
		  REFUSAL_BELOW_MINIMUM_NOTIONAL, 0, 0 },
		{ NOTIONAL(), AT(.min_notional = { 100 * ONE }), REFUSAL_NONE, 105 * ONE,
		  100 * ONE },
		{ NOTIONAL(), AT(.min_notional = { 101 * ONE }), REFUSAL_BELOW_MINIMUM_NOTIONAL, 0,
		  0 },
		{ NOTIONAL(.side = ORDER_SELL), AT(.last = { 0 }), REFUSAL_NO_REFERENCE_PRICE, 0,
		  0 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct order_terms terms = { .quantity = { 0 } };
		enum order_refusal refusal =
			order_check_market(&rows[i].request, &rows[i].market, &terms);
		struct order_need need;
		struct order order;

		ck_assert_msg(refusal == rows[i].refusal, "row %zu: %d", i, (int)refusal);
		ck_assert_msg(terms.collar.micros == rows[i].collar, "row %zu: collar %lld", i,
			      (long long)terms.collar.micros);
		if (refusal != REFUSAL_NONE)
			continue;
		order_init(&order, &rows[i].request, &terms, &account);
		ck_assert(order_need(&order, order.leaves, 0, &need));
		ck_assert_msg(need.micros == rows[i].hold, "row %zu: hold %lld", i,
			      (long long)need.micros);
	}
}
END_TEST

/* What an amount can be at the most: a buy at the lowest price, a sell at its collar. */
START_TEST(bounds)
{
	static const struct {
		struct order_request request;
		struct order_market market;
		enum order_refusal refusal;
		int64_t bound;
	} rows[] = {
		{ NOTIONAL(), AT(BANDS), REFUSAL_NONE, 1111000 },  /* 100 / 90, down */
		{ NOTIONAL(), AT(), REFUSAL_NONE, 1000000 * ONE }, /* 100 / 0.0001 */
		{ NOTIONAL(.notional = { MAX }), AT(), REFUSAL_NONE, MAX / 1000 * 1000 },
		{ NOTIONAL(.side = ORDER_SELL), AT(), REFUSAL_NONE, 1053000 }, /* 100 / 95, up */
		{ NOTIONAL(.side = ORDER_SELL, .notional = { 95 * ONE }), AT(), REFUSAL_NONE, ONE },
		{ NOTIONAL(.side = ORDER_SELL, .notional = { 1 }), AT(), REFUSAL_NONE, 1000 },
		{ NOTIONAL(.side = ORDER_SELL, .notional = { MAX }), AT(.last = { 1 }),
		  REFUSAL_INVALID_QUANTITY, 0 },
		/* less than a lot at the lowest price buys nothing */
		{ NOTIONAL(.notional = { 89999 }), AT(BANDS), REFUSAL_BELOW_MINIMUM_NOTIONAL, 0 },
		{ NOTIONAL(.notional = { 90000 }), AT(BANDS), REFUSAL_NONE, 1000 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct order_terms terms = { .lot_micros = 0 };
		enum order_refusal refusal =
			order_check_market(&rows[i].request, &rows[i].market, &terms);

		ck_assert_msg(refusal == rows[i].refusal, "row %zu: %d", i, (int)refusal);
		ck_assert_msg(terms.quantity.micros == rows[i].bound, "row %zu: %lld", i,
			      (long long)terms.quantity.micros);
		ck_assert_int_eq(terms.lot_micros, refusal == REFUSAL_NONE ? 1000 : 0);
	}
}
END_TEST

START_TEST(sessions)
{
	static const struct order_request limit = LIMIT(.limit = { 100 * ONE });
	static const struct {
		enum order_phase phase;
		bool halted, held; /* the opening auction */
		/* day, gtc, ioc, fok, opg, cls, post-only, notional: one letter each */
		const char *refusals;
	} rows[] = {
		/* . taken, C closed, A auction over, H halted */
		{ PHASE_CLOSED, false, false, "CCCCCCCC" },
		{ PHASE_CLOSED, false, true, "CCCCCCCC" },
		{ PHASE_OPENING, false, false, "..HH..HH" },
		{ PHASE_OPENING, false, true, "..HHA.HH" },
		{ PHASE_OPEN, false, true, "....A..." },
		{ PHASE_OPEN, false, false, "....A..." },
		{ PHASE_OPEN, true, true, "..HHA.HH" },
		{ PHASE_CLOSING, false, true, "..HHA.HH" },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct order_market market = AT(.phase = rows[i].phase, .halted = rows[i].halted,
						.opening_held = rows[i].held);

		for (int n = 0; n < 8; n++) {
			struct order_request request = limit;
			enum order_refusal refusal, expected = REFUSAL_NONE;
			struct order_terms terms;

			request.tif = n < 6 ? ORDER_DAY + n : ORDER_DAY;
			request.post_only = n == 6;
			if (n == 7)
				request = (struct order_request)NOTIONAL();
			if (rows[i].refusals[n] == 'C')
				expected = REFUSAL_MARKET_CLOSED;
			else if (rows[i].refusals[n] == 'A')
				expected = REFUSAL_AUCTION_OVER;
			else if (rows[i].refusals[n] == 'H')
				expected = REFUSAL_HALTED;
			refusal = order_check_market(&request, &market, &terms);
			ck_assert_msg(refusal == expected, "row %zu, %d: %d", i, n, (int)refusal);
		}
	}
}
END_TEST

/* What waits for an auction needs a collar, a sell too; a leg is not asked about the session. */
START_TEST(waiting)
{
	struct order_request sell = MARKET(.side = ORDER_SELL), cls = sell, leg = STOP();
	struct order_market market = AT(.last = { 0 });
	struct order_terms terms;

	cls.tif = ORDER_CLS;
	ck_assert_int_eq(order_check_market(&sell, &market, &terms), REFUSAL_NONE);
	ck_assert_int_eq(order_check_market(&cls, &market, &terms), REFUSAL_NO_REFERENCE_PRICE);
	market.halted = true;
	ck_assert_int_eq(order_check_market(&sell, &market, &terms), REFUSAL_NO_REFERENCE_PRICE);
	market.phase = PHASE_CLOSED;
	ck_assert_int_eq(order_check_leg(&leg, &market, &terms), REFUSAL_NONE);
	ck_assert_int_eq(order_check_market(&leg, &market, &terms), REFUSAL_MARKET_CLOSED);
	leg.stop.micros = 10000001;
	ck_assert_int_eq(order_check_leg(&leg, &market, &terms), REFUSAL_INVALID_PRICE_INCREMENT);
	ck_assert_int_eq(order_check_leg(&leg, NULL, &terms), REFUSAL_UNKNOWN_SYMBOL);
	ck_assert_int_eq(order_check_market(&leg, NULL, &terms), REFUSAL_UNKNOWN_SYMBOL);
}
END_TEST

START_TEST(expiry)
{
	struct order_market market = AT(.now = 1000, .actions = 7);
	struct order_request request = LIMIT();
	struct order_terms terms;

	ck_assert_int_eq(order_check_market(&request, &market, &terms), REFUSAL_NONE);
	ck_assert_int_eq(terms.expires_at, 0);
	ck_assert_int_eq(terms.actions, 7);
	request.tif = ORDER_GTC;
	ck_assert_int_eq(order_check_market(&request, &market, &terms), REFUSAL_NONE);
	ck_assert_int_eq(terms.expires_at, 1000 + 90 * DAY);
}
END_TEST

START_TEST(corporate_actions)
{
	static const struct {
		int64_t effective, position, applied;
		bool pending;
		enum order_refusal refusal;
	} rows[] = {
		{ 0, 10, 0, false, REFUSAL_NONE },
		{ 2, 10, 2, false, REFUSAL_NONE },
		{ 2, 10, 1, false, REFUSAL_CORPORATE_ACTION },
		{ 2, -10, 1, false, REFUSAL_CORPORATE_ACTION },
		{ 2, 0, 1, false, REFUSAL_NONE },
		{ 2, 10, 2, true, REFUSAL_CORPORATE_ACTION },
		{ 2, 0, 0, true, REFUSAL_CORPORATE_ACTION },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct order_market market = AT(.actions = rows[i].effective);

		ck_assert_msg(order_check_actions(&market, rows[i].position, rows[i].applied,
						  rows[i].pending) == rows[i].refusal,
			      "row %zu", i);
	}
}
END_TEST

START_TEST(same_bodies)
{
	static const struct {
		struct order_request placed, asked;
		bool same;
	} rows[] = {
		{ LIMIT(), LIMIT(), true },
		{ LIMIT(), LIMIT(.stp = ORDER_STP_NONE, .order_class = ORDER_SIMPLE), true },
		{ LIMIT(), LIMIT(.stp = ORDER_STP_DECREMENT), false },
		{ LIMIT(), LIMIT(.symbol = "MSFT"), false },
		{ LIMIT(), LIMIT(.side = ORDER_SELL), false },
		{ LIMIT(), LIMIT(.tif = ORDER_GTC), false },
		{ LIMIT(), LIMIT(.quantity = { 2 * ONE }), false },
		{ LIMIT(), LIMIT(.limit = { 11 * ONE }), false },
		{ LIMIT(), LIMIT(.post_only = true), false },
		{ LIMIT(), MARKET(), false },
		{ LIMIT(), OTO(TAKE_PROFIT(12)), false },
		{ OTO(TAKE_PROFIT(12)), OTO(TAKE_PROFIT(12)), true },
		{ OTO(TAKE_PROFIT(12)), LIMIT(), false },
		{ STOP(), STOP(.stop = { 11 * ONE }), false },
		{ STOP(), STOP(), true },
		{ TRAILING(.trail = { ONE }), TRAILING(.trail = { ONE }), true },
		{ TRAILING(.trail = { ONE }), TRAILING(.trail = { 2 * ONE }), false },
		{ TRAILING(.trail = { ONE }), TRAILING(.trail_percent_micros = ONE), false },
		{ NOTIONAL(), NOTIONAL(), true },
		{ NOTIONAL(), NOTIONAL(.notional = { 101 * ONE }), false },
		{ NOTIONAL(), MARKET(), false },
		/* a body that would be refused is no body */
		{ LIMIT(), LIMIT(.stop = { 1 }), false },
	};
	static const struct order_market market = AT();
	static const struct order_account account = { .fee_group = "" };

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct order_terms terms;
		struct order order;

		ck_assert_int_eq(order_check_market(&rows[i].placed, &market, &terms),
				 REFUSAL_NONE);
		order_init(&order, &rows[i].placed, &terms, &account);
		ck_assert_msg(order_same_body(&order, &rows[i].asked) == rows[i].same, "row %zu",
			      i);
	}
}
END_TEST

START_TEST(names_that_are_too_long)
{
	static const struct order_request request = LIMIT();
	struct order_account account = { .fee_group = "0123456789012345678901234567890" };
	struct order_terms terms = { .quantity = { ONE } };
	struct order order;

	order_init(&order, &request, &terms, &account);
	ck_assert_str_eq(order.fee_group, account.fee_group);
	account.fee_group = "01234567890123456789012345678901";
	order_init(&order, &request, &terms, &account);
	ck_assert_str_eq(order.fee_group, "");
	account.fee_group = NULL;
	order_init(&order, &request, &terms, &account);
	ck_assert_str_eq(order.fee_group, "");
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
	tcase_add_test(tcase, the_end_leaves_nothing);
	tcase_add_test(tcase, forms);
	tcase_add_test(tcase, legs);
	tcase_add_test(tcase, markets);
	tcase_add_test(tcase, bounds);
	tcase_add_test(tcase, sessions);
	tcase_add_test(tcase, waiting);
	tcase_add_test(tcase, expiry);
	tcase_add_test(tcase, corporate_actions);
	tcase_add_test(tcase, same_bodies);
	tcase_add_test(tcase, names_that_are_too_long);
	tcase_add_test(tcase, every_refusal_has_a_text);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
