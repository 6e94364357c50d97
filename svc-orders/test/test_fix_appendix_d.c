/*
 * The order state change matrices of FIX, appendix D, message by message: what the desk makes of an
 * order's quantity, cum, leaves, last and status. Named by the numbers D1 to D37; behind them those
 * that FIX 4.4 gave the same matrices.
 */
#include <check.h>
#include <stdlib.h>

#include "order_change.h"
#include "order_hold.h"

#define ONE   BUS_MICROS
#define PRICE (10 * ONE)
#define ROWS  16

enum action {
	END = 0,
	PLACE,	/* the order, as accepted */
	REFUSE, /* by the book */
	FILL,	/* of the last quantity */
	ASK_CANCEL,
	CANCEL,		/* the book has ended it */
	CANCEL_REFUSED, /* by the book: what it says is that the order is as it was */
	ASK_REPLACE,	/* by the next order, for `to` */
	REPLACE,	/* the book has put the next order in its place */
	REPLACE_REFUSED,
	CANCEL_PENDING,	 /* the desk refuses to cancel: something is on its way */
	TOO_LATE,	 /* the desk refuses: it has ended */
	REPLACE_PENDING, /* the desk refuses to replace: something is on its way */
	EXPIRE,
};

struct row {
	enum action action;
	char id; /* of the order that the row is about: 'X', then 'Y', 'Z' in its place */
	int64_t to;
	enum order_status status; /* of it, after the message */
	int64_t quantity, cum, leaves, last;
};

struct matrix {
	const char *name;
	enum order_tif tif;
	struct row rows[ROWS];
};

/*
 * Not offered, and so not here: D18, D20 and D23 (orders and changes by telephone), D24 to D26
 * (status requests: a client reads its topic), D28 (a split ends every order), D34 to D36
 * (corrections and busts of executions), D37 (guarantees), and the restatements of D27 to D30.
 * D21, a smaller quantity that nobody asked for, is self-trade prevention (test_order_change.c).
 * Of FIX 4.4's own, B.1.d and B.1.e are D3, for an order is accepted before it can be named; B.1.f
 * is the desk's (an unknown order); D.2.b, two replacements pending at once, cannot come to be.
 */
static const struct matrix matrices[] = {
	{ "D1 (A.1.a) filled order",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 2000, 8000, 2000 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 3000, 7000, 1000 },
	    { FILL, 'X', 0, ORDER_FILLED, 10000, 10000, 0, 7000 } } },
	{ "D1 (A.1.a) rejected",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { REFUSE, 'X', 0, ORDER_REJECTED, 10000, 0, 0, 0 } } },
	/* FIX calls it done for the day; ours has EXPIRED, and its leaves are gone. */
	{ "D2 (A.1.b) part-filled day order at the close",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 2000, 8000, 2000 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 3000, 7000, 1000 },
	    { EXPIRE, 'X', 0, ORDER_EXPIRED, 10000, 3000, 0, 0 } } },
	{ "D3 (B.1.a) cancel of a zero-filled order",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { ASK_CANCEL, 'X', 0, ORDER_PENDING_CANCEL, 10000, 0, 10000, 0 },
	    { CANCEL, 'X', 0, ORDER_CANCELED, 10000, 0, 0, 0 } } },
	{ "D3 (B.1.a) the cancel is refused",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { ASK_CANCEL, 'X', 0, ORDER_PENDING_CANCEL, 10000, 0, 10000, 0 },
	    { CANCEL_REFUSED, 'X', 0, ORDER_NEW, 10000, 0, 10000, 0 } } },
	{ "D4 (B.1.b) executions while the cancel is pending",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 2000, 8000, 2000 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 5000, 5000, 3000 },
	    { ASK_CANCEL, 'X', 0, ORDER_PENDING_CANCEL, 10000, 5000, 5000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_CANCEL, 10000, 6000, 4000, 1000 },
	    { CANCEL, 'X', 0, ORDER_CANCELED, 10000, 6000, 0, 0 } } },
	{ "D4 (B.1.b) the cancel is refused",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 5000, 5000, 5000 },
	    { ASK_CANCEL, 'X', 0, ORDER_PENDING_CANCEL, 10000, 5000, 5000, 0 },
	    { CANCEL_PENDING, 'X', 0, ORDER_PENDING_CANCEL, 10000, 5000, 5000, 0 },
	    { REPLACE_PENDING, 'X', 8000, ORDER_PENDING_CANCEL, 10000, 5000, 5000, 0 },
	    { CANCEL_REFUSED, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 5000, 5000, 0 } } },
	/*
	 * FIX keeps "pending cancel" above "filled" until the cancel is answered; ours is FILLED
	 * with the fill, since nothing can happen to it any more. The answer is the same.
	 */
	{ "D5 (B.1.c) filled before the cancel",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 2000, 8000, 2000 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 5000, 5000, 3000 },
	    { ASK_CANCEL, 'X', 0, ORDER_PENDING_CANCEL, 10000, 5000, 5000, 0 },
	    { FILL, 'X', 0, ORDER_FILLED, 10000, 10000, 0, 5000 },
	    { CANCEL_REFUSED, 'X', 0, ORDER_FILLED, 10000, 10000, 0, 0 },
	    { TOO_LATE, 'X', 0, ORDER_FILLED, 10000, 10000, 0, 0 } } },
	{ "D6 (C.1.a) zero-filled, replaced to increase",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { ASK_REPLACE, 'X', 11000, ORDER_PENDING_REPLACE, 10000, 0, 10000, 0 },
	    { REPLACE, 'Y', 0, ORDER_NEW, 11000, 0, 11000, 0 },
	    { FILL, 'Y', 0, ORDER_PARTIALLY_FILLED, 11000, 1000, 10000, 1000 },
	    { FILL, 'Y', 0, ORDER_PARTIALLY_FILLED, 11000, 3000, 8000, 2000 } } },
	{ "D7 (C.1.b) part-filled, replaced to increase, execution while pending",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { ASK_REPLACE, 'X', 12000, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 1100, 8900, 100 },
	    { REPLACE, 'Y', 0, ORDER_PARTIALLY_FILLED, 12000, 1100, 10900, 0 },
	    { FILL, 'Y', 0, ORDER_FILLED, 12000, 12000, 0, 10900 } } },
	{ "D7 (C.1.b) the increase is refused",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { ASK_REPLACE, 'X', 12000, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 1100, 8900, 100 },
	    { REPLACE_REFUSED, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1100, 8900, 0 } } },
	{ "D8 (C.1.c) filled, then replace to increase",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_FILLED, 10000, 10000, 0, 10000 },
	    { TOO_LATE, 'X', 12000, ORDER_FILLED, 10000, 10000, 0, 0 } } },
	{ "D9 (C.2.a) replace of the price, a fill was first",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { ASK_REPLACE, 'X', 10000, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { FILL, 'X', 0, ORDER_FILLED, 10000, 10000, 0, 9000 },
	    { REPLACE_REFUSED, 'X', 0, ORDER_FILLED, 10000, 10000, 0, 0 } } },
	{ "D10 (C.3.a) decrease, the new quantity exceeds cum",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1500, 8500, 500 },
	    { ASK_REPLACE, 'X', 8000, ORDER_PENDING_REPLACE, 10000, 1500, 8500, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 1600, 8400, 100 },
	    { REPLACE, 'Y', 0, ORDER_PARTIALLY_FILLED, 8000, 1600, 6400, 0 },
	    { FILL, 'Y', 0, ORDER_FILLED, 8000, 8000, 0, 6400 } } },
	{ "D11 (C.3.b) decrease, the new quantity equals cum",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { ASK_REPLACE, 'X', 7000, ORDER_PENDING_REPLACE, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 7000, 3000, 7000 },
	    { REPLACE, 'Y', 0, ORDER_FILLED, 7000, 7000, 0, 0 } } },
	{ "D12 (C.3.c) decrease, the new quantity is below cum and becomes cum",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { ASK_REPLACE, 'X', 7000, ORDER_PENDING_REPLACE, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 8000, 2000, 8000 },
	    { REPLACE, 'Y', 0, ORDER_FILLED, 8000, 8000, 0, 0 } } },
	{ "D12 (C.3.c) decrease below what the desk knows to have traded",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 8000, 2000, 8000 },
	    { ASK_REPLACE, 'X', 7000, ORDER_PENDING_REPLACE, 10000, 8000, 2000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 8500, 1500, 500 },
	    { REPLACE, 'Y', 0, ORDER_FILLED, 8500, 8500, 0, 0 } } },
	{ "D13 (D.1.a) one replace is accepted, then another",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { ASK_REPLACE, 'X', 8000, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 1500, 8500, 500 },
	    { REPLACE, 'Y', 0, ORDER_PARTIALLY_FILLED, 8000, 1500, 6500, 0 },
	    { FILL, 'Y', 0, ORDER_PARTIALLY_FILLED, 8000, 3500, 4500, 2000 },
	    { ASK_REPLACE, 'Y', 6000, ORDER_PENDING_REPLACE, 8000, 3500, 4500, 0 },
	    { FILL, 'Y', 0, ORDER_PENDING_REPLACE, 8000, 4000, 4000, 500 },
	    { REPLACE, 'Z', 0, ORDER_PARTIALLY_FILLED, 6000, 4000, 2000, 0 },
	    { FILL, 'Z', 0, ORDER_FILLED, 6000, 6000, 0, 2000 } } },
	/* Refused by the desk: here by one that asks for no change. */
	{ "D14 (D.1.b) one replace is refused at once, another accepted",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { ASK_REPLACE, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1500, 8500, 500 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 3500, 6500, 2000 },
	    { ASK_REPLACE, 'X', 6000, ORDER_PENDING_REPLACE, 10000, 3500, 6500, 0 },
	    { REPLACE, 'Y', 0, ORDER_PARTIALLY_FILLED, 6000, 3500, 2500, 0 },
	    { FILL, 'Y', 0, ORDER_PARTIALLY_FILLED, 6000, 5000, 1000, 1500 } } },
	{ "D15 (D.1.c) one replace is refused when pending, another accepted",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { ASK_REPLACE, 'X', 8000, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 1500, 8500, 500 },
	    { REPLACE_REFUSED, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1500, 8500, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 3500, 6500, 2000 },
	    { ASK_REPLACE, 'X', 6000, ORDER_PENDING_REPLACE, 10000, 3500, 6500, 0 },
	    { REPLACE, 'Y', 0, ORDER_PARTIALLY_FILLED, 6000, 3500, 2500, 0 },
	    { FILL, 'Y', 0, ORDER_PARTIALLY_FILLED, 6000, 5000, 1000, 1500 } } },
	{ "D16 (D.2.a) one replace after another, in sequence",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { ASK_REPLACE, 'X', 8000, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { REPLACE, 'Y', 0, ORDER_PARTIALLY_FILLED, 8000, 1000, 7000, 0 },
	    { ASK_REPLACE, 'Y', 7000, ORDER_PENDING_REPLACE, 8000, 1000, 7000, 0 },
	    { REPLACE, 'Z', 0, ORDER_PARTIALLY_FILLED, 7000, 1000, 6000, 0 },
	    { FILL, 'Z', 0, ORDER_FILLED, 7000, 7000, 0, 6000 } } },
	{ "D17 (D.2.c) the second replace is refused, the first is pending",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { ASK_REPLACE, 'X', 8000, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { REPLACE_PENDING, 'X', 7000, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { CANCEL_PENDING, 'X', 0, ORDER_PENDING_REPLACE, 10000, 1000, 9000, 0 },
	    { REPLACE, 'Y', 0, ORDER_PARTIALLY_FILLED, 8000, 1000, 7000, 0 },
	    { FILL, 'Y', 0, ORDER_PARTIALLY_FILLED, 8000, 3000, 5000, 2000 } } },
	{ "D19 (E.1.b) unsolicited cancel of a part-filled order",
	  ORDER_DAY,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { CANCEL, 'X', 0, ORDER_CANCELED, 10000, 1000, 0, 0 } } },
	{ "D27 (H.1.a) good till canceled, partially filled on two days",
	  ORDER_GTC,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 2000, 8000, 2000 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 3000, 7000, 1000 } } },
	{ "D29 (H.1.c) good till canceled, canceled the following day",
	  ORDER_GTC,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 2000, 8000, 2000 },
	    { ASK_CANCEL, 'X', 0, ORDER_PENDING_CANCEL, 10000, 2000, 8000, 0 },
	    { CANCEL, 'X', 0, ORDER_CANCELED, 10000, 2000, 0, 0 } } },
	{ "D30 (H.1.d) good till canceled, replaced to increase the following day",
	  ORDER_GTC,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 2000, 8000, 2000 },
	    { ASK_REPLACE, 'X', 15000, ORDER_PENDING_REPLACE, 10000, 2000, 8000, 0 },
	    { FILL, 'X', 0, ORDER_PENDING_REPLACE, 10000, 3000, 7000, 1000 },
	    { REPLACE, 'Y', 0, ORDER_PARTIALLY_FILLED, 15000, 3000, 12000, 0 } } },
	{ "D32 (I.1.a) fill or kill that cannot be filled",
	  ORDER_FOK,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { CANCEL, 'X', 0, ORDER_CANCELED, 10000, 0, 0, 0 } } },
	{ "D33 (I.1.b) immediate or cancel that cannot be hit at once",
	  ORDER_IOC,
	  { { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 },
	    { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 1000, 9000, 1000 },
	    { CANCEL, 'X', 0, ORDER_CANCELED, 10000, 1000, 0, 0 } } },
};

/* An account with enough of everything, and the chain of orders of one matrix. */
struct world {
	struct balances balances;
	struct order orders[3];
	struct order_request request;
	struct order_account account;
	int pending; /* index of the replacement that is on its way; 0: none */
};

static const struct order_market market = { .tick_micros = 10000,
					    .last = { PRICE },
					    .phase = PHASE_OPEN };

static struct order *order_at(struct world *world, char id)
{
	return &world->orders[id - 'X'];
}

static struct order_scene scene_of(struct world *world, char id)
{
	return (struct order_scene){
		.order = order_at(world, id),
		.replacement = world->pending != 0 && world->pending == id - 'X' + 1
				       ? &world->orders[world->pending]
				       : NULL,
		.balances = &world->balances,
	};
}

static void place(struct world *world, const struct row *row)
{
	struct order *order = order_at(world, row->id);
	struct order_terms terms;

	world->request.quantity.micros = row->to * ONE;
	ck_assert_int_eq(order_check_form(&world->request), REFUSAL_NONE);
	ck_assert_int_eq(order_check_market(&world->request, &market, &terms), REFUSAL_NONE);
	order_init(order, &world->request, &terms, &world->account);
	ck_assert_int_eq(order_reserve(order, NULL, &world->balances, &world->account),
			 REFUSAL_NONE);
	order_become(order, ORDER_NEW);
}

static enum order_refusal ask_replace(struct world *world, const struct row *row)
{
	struct order_scene scene = scene_of(world, row->id);
	struct order_amendment amendment = { .quantity = { row->to * ONE } };
	struct order_request request;
	struct order_terms terms;
	enum order_refusal refusal;

	/* D9 is about the price. */
	if (row->to * ONE == scene.order->quantity.micros)
		amendment = (struct order_amendment){ .limit = { PRICE + 10000 } };
	refusal = order_check_replace(scene.order, false, &amendment, &request);
	if (refusal != REFUSAL_NONE)
		return refusal;
	ck_assert_int_eq(order_check_market(&request, &market, &terms), REFUSAL_NONE);
	world->pending = row->id - 'X' + 1;
	scene.replacement = &world->orders[world->pending];
	order_init(scene.replacement, &request, &terms, &world->account);
	refusal = order_replace_request(&scene, &world->account);
	ck_assert_int_eq(scene.replacement->status, ORDER_PENDING_NEW);
	return refusal;
}

static void fill(struct world *world, const struct row *row)
{
	struct order_scene scene = scene_of(world, row->id);
	struct order_execution execution = { .quantity = { row->last * ONE },
					     .price = { PRICE },
					     .leaves = { row->leaves * ONE },
					     .liquidity = ORDER_TAKER };
	struct order_fill moved;

	ck_assert_int_eq(order_fill(&scene, &execution, &moved), ORDER_FITS);
	ck_assert_int_eq(moved.cash_micros, row->last * PRICE);
}

static void end(struct world *world, const struct row *row, enum order_status status)
{
	struct order_scene scene = scene_of(world, row->id);
	struct order_released released;

	ck_assert_int_eq(order_end(&scene, scene.order->leaves, status, &released), ORDER_FITS);
}

static void replace(struct world *world, const struct row *row)
{
	struct order_scene scene = scene_of(world, (char)(row->id - 1));
	struct order_released released;

	ck_assert_int_eq(order_replaced(&scene, (struct bus_quantity){ row->quantity * ONE },
					(struct bus_quantity){ row->leaves * ONE }, &released),
			 ORDER_FITS);
	ck_assert_int_eq(scene.order->status, ORDER_REPLACED);
	world->pending = 0;
}

static void replace_refused(struct world *world, const struct row *row)
{
	struct order_scene scene = scene_of(world, row->id);
	struct order_released released;

	ck_assert_int_eq(order_replace_rejected(&scene, &released), ORDER_FITS);
	ck_assert_int_eq(scene.replacement->status, ORDER_REJECTED);
	world->pending = 0;
}

static void play(struct world *world, const struct row *row)
{
	struct order_scene scene = scene_of(world, row->id);
	struct order_amendment more = { .quantity = { row->to * ONE } };
	struct order_request request;

	switch (row->action) {
	case END:
		break;
	case PLACE:
		place(world, row);
		break;
	case REFUSE:
		end(world, row, ORDER_REJECTED);
		break;
	case FILL:
		fill(world, row);
		break;
	case ASK_CANCEL:
		ck_assert_int_eq(order_cancel_request(scene.order, false), REFUSAL_NONE);
		break;
	case CANCEL:
		end(world, row, ORDER_CANCELED);
		break;
	case CANCEL_REFUSED:
		order_cancel_rejected(&scene);
		break;
	case ASK_REPLACE:
		ck_assert_int_eq(ask_replace(world, row),
				 row->to != 0 ? REFUSAL_NONE : REFUSAL_INVALID_FIELD);
		break;
	case REPLACE:
		replace(world, row);
		break;
	case REPLACE_REFUSED:
		replace_refused(world, row);
		break;
	case CANCEL_PENDING:
		ck_assert_int_eq(order_cancel_request(scene.order, false), REFUSAL_PENDING);
		break;
	case TOO_LATE:
		ck_assert_int_eq(order_cancel_request(scene.order, false), REFUSAL_TOO_LATE);
		ck_assert_int_eq(order_check_replace(scene.order, false, &more, &request),
				 REFUSAL_TOO_LATE);
		break;
	case REPLACE_PENDING:
		ck_assert_int_eq(order_check_replace(scene.order, false, &more, &request),
				 REFUSAL_PENDING);
		break;
	case EXPIRE:
		end(world, row, ORDER_EXPIRED);
		break;
	}
}

static void check_row(struct world *world, const struct row *row, const char *name)
{
	const struct order *order = order_at(world, row->id);
	int64_t held = 0;

	ck_assert_msg(order->status == row->status, "%s: status %d", name, (int)order->status);
	ck_assert_msg(order->quantity.micros == row->quantity * ONE, "%s: quantity", name);
	ck_assert_msg(order->cum.micros == row->cum * ONE, "%s: cum", name);
	ck_assert_msg(order->leaves.micros == row->leaves * ONE, "%s: leaves", name);
	for (size_t i = 0; i < BUS_ARRAY_LEN(world->orders); i++)
		held += world->orders[i].hold_micros;
	ck_assert_int_eq(world->balances.cash.held_micros + world->balances.shares.held_micros,
			 held);
	ck_assert_int_ge(balance_available(&world->balances.cash), 0);
	ck_assert_int_ge(balance_available(&world->balances.shares), 0);
}

static void play_matrix(const struct matrix *matrix, enum order_side side)
{
	struct world world = {
		.balances = { .cash = { 1000000 * ONE, 0 }, .shares = { 1000000 * ONE, 0 } },
		.request = { .symbol = "AAPL",
			     .side = (int)side,
			     .type = ORDER_LIMIT,
			     .tif = (int)matrix->tif,
			     .limit = { PRICE } },
		.account = { .fee_group = "standard" },
	};

	for (const struct row *row = matrix->rows; row->action != END; row++) {
		play(&world, row);
		check_row(&world, row, matrix->name);
	}
}

START_TEST(matrix)
{
	play_matrix(&matrices[_i], ORDER_BUY);
	play_matrix(&matrices[_i], ORDER_SELL);
}
END_TEST

/* D22 and D31: the same client order id again; the body says whether it is the same order. */
START_TEST(duplicates)
{
	struct world world = { .balances.cash = { 1000000 * ONE, 0 },
			       .request = { .symbol = "AAPL",
					    .side = ORDER_BUY,
					    .type = ORDER_LIMIT,
					    .tif = ORDER_DAY,
					    .limit = { PRICE } } };
	struct row new_order = { PLACE, 'X', 10000, ORDER_NEW, 10000, 0, 10000, 0 };
	struct row part = { FILL, 'X', 0, ORDER_PARTIALLY_FILLED, 10000, 2000, 8000, 2000 };

	place(&world, &new_order);
	ck_assert(order_same_body(&world.orders[0], &world.request));
	fill(&world, &part);
	ck_assert(order_same_body(&world.orders[0], &world.request));
	world.request.quantity.micros = 15000 * ONE;
	ck_assert(!order_same_body(&world.orders[0], &world.request));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fix appendix d");
	TCase *tcase = tcase_create("fix appendix d");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, matrix, 0, (int)BUS_ARRAY_LEN(matrices));
	tcase_add_test(tcase, duplicates);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
