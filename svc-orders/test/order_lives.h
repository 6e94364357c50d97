/*
 * One account and its orders for test_order_random.c: what a random order may be, how orders are
 * bound to each other, and what must hold after every step.
 */
#ifndef TEST_ORDER_LIVES_H
#define TEST_ORDER_LIVES_H

#include <check.h>

#include "margin.h"
#include "order_change.h"
#include "order_hold.h"

#define ONE	      BUS_MICROS
#define SLOTS	      12
#define WORST_FEE_PPM 500

__extension__ typedef __int128 int128;

enum link { ALONE, SIBLING, REPLACEMENT };

/* An order, how it is bound to another one, and what the book has done that the desk has not heard.
 */
struct slot {
	struct order order;
	enum link link; /* what orders[other] is to it; of a replacement: ALONE */
	int other;
	int legs[2], leg_count; /* that wait for it */
	int64_t due;		/* its sibling has traded so much */
	int64_t start, paid;	/* of a buy that shares with nobody: held at first, paid since */
};

enum seen {
	SEEN_REFUSED,
	SEEN_FILLED,
	SEEN_SHORT,
	SEEN_DEEPER, /* sold short while short */
	SEEN_COVERED,
	SEEN_NOTIONAL,
	SEEN_COMPLETED,
	SEEN_TRIGGERED,
	SEEN_PREVENTED,
	SEEN_OCO_FILL,
	SEEN_LEGS,
	SEEN_LEGS_REFUSED,
	SEEN_REPLACING,
	SEEN_REPLACING_REFUSED,
	SEEN_FILL_WHILE_REPLACING,
	SEEN_REPLACED,
	SEEN_REPLACED_FILLED,
	SEEN_REPLACE_REJECTED,
	SEEN_COUNT,
};

struct world {
	struct slot slots[SLOTS];
	struct balances balances;
	struct order_account account;
	int64_t cash, shares; /* what they must be */
	uint64_t random;
	int seed, step;
	int seen[SEEN_COUNT]; /* how often: what never happens proves nothing */
};

/* ck_assert() writes to a pipe each time it is reached: too slow for a million of them. */
#define MUST(world, cond)                                                                          \
	do {                                                                                       \
		if (!(cond))                                                                       \
			ck_abort_msg("seed %d, step %d: " #cond, (world)->seed, (world)->step);    \
	} while (0)

static const struct order_market market = {
	.tick_micros = 10000, .lot_micros = 1000, .last = { 100 * ONE }, .phase = PHASE_OPEN
};

static inline int64_t pick(struct world *world, int64_t below)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (int64_t)(world->random % (uint64_t)below);
}

static inline bool open_now(const struct slot *slot)
{
	return slot->order.status != ORDER_NONE && !order_terminal(slot->order.status);
}

static inline bool in_book(const struct slot *slot)
{
	return open_now(slot) && slot->order.status != ORDER_HELD &&
	       slot->order.status != ORDER_PENDING_NEW;
}

static inline bool stop_waits(const struct order *order)
{
	return !order->triggered && order->type != ORDER_MARKET && order->type != ORDER_LIMIT;
}

static inline struct slot *other_of(struct world *world, struct slot *slot)
{
	struct slot *other = slot->link == ALONE ? NULL : &world->slots[slot->other];

	return other != NULL && open_now(other) ? other : NULL;
}

static inline struct order_scene scene_of(struct world *world, struct slot *slot)
{
	struct slot *other = other_of(world, slot);
	struct order_scene scene = { .order = &slot->order, .balances = &world->balances };

	if (other != NULL && slot->link == REPLACEMENT)
		scene.replacement = &other->order;
	else if (other != NULL && other->order.status != ORDER_HELD)
		scene.sibling = &other->order;
	return scene;
}

/* Nobody needs it any more: ended, and no open order is bound to it. */
static inline bool reusable(struct world *world, int n)
{
	if (open_now(&world->slots[n]))
		return false;
	for (int i = 0; i < SLOTS; i++) {
		const struct slot *slot = &world->slots[i];

		if (!open_now(slot))
			continue;
		if (slot->link != ALONE && slot->other == n)
			return false;
		for (int leg = 0; leg < slot->leg_count; leg++) {
			if (slot->legs[leg] == n)
				return false;
		}
	}
	/* An order that has ended waits for the answer to its replacement. */
	return world->slots[n].link != REPLACEMENT || other_of(world, &world->slots[n]) == NULL;
}

static inline int free_slot(struct world *world, int after)
{
	for (int i = after; i < SLOTS; i++) {
		if (reusable(world, i))
			return i;
	}
	return -1;
}

static inline struct slot *any(struct world *world, bool (*fits)(const struct slot *slot))
{
	int from = (int)pick(world, SLOTS);

	for (int i = 0; i < SLOTS; i++) {
		struct slot *slot = &world->slots[(from + i) % SLOTS];

		if (fits(slot))
			return slot;
	}
	return NULL;
}

static inline int64_t price_near(struct world *world, int64_t price)
{
	return price + (pick(world, 1001) - 500) * 10000;
}

static inline struct order_request request_of(struct world *world)
{
	struct order_request request = {
		.symbol = "AAPL",
		.side = ORDER_BUY + (int)pick(world, 2),
		.type = ORDER_MARKET + (int)pick(world, 5),
		.tif = ORDER_DAY,
		.quantity = { (1 + pick(world, 20000)) * 1000 },
	};

	if (request.type == ORDER_LIMIT || request.type == ORDER_STOP_LIMIT)
		request.limit.micros = price_near(world, 100 * ONE);
	if (request.type == ORDER_STOP || request.type == ORDER_STOP_LIMIT)
		request.stop.micros = price_near(world, 100 * ONE);
	if (request.type == ORDER_TRAILING_STOP && pick(world, 2) == 0)
		request.trail.micros = 10000 * (1 + pick(world, 500));
	else if (request.type == ORDER_TRAILING_STOP)
		request.trail_percent_micros = 1 + pick(world, 20 * ONE);
	if (request.type == ORDER_MARKET && pick(world, 2) == 0) {
		request.quantity.micros = 0;
		request.notional.micros = 1000 + pick(world, 2000 * ONE);
	}
	return request;
}

static inline bool init_order(struct world *world, int n, const struct order_request *request)
{
	struct order_terms terms;

	world->slots[n] = (struct slot){ .link = ALONE };
	if (order_check_market(request, &market, &terms) != REFUSAL_NONE)
		return false;
	order_init(&world->slots[n].order, request, &terms, &world->account);
	return true;
}

/* What a refusal must not change. */
struct memory {
	struct order orders[SLOTS];
	struct balances balances;
};

static inline void remember(const struct world *world, struct memory *memory)
{
	for (int i = 0; i < SLOTS; i++)
		memory->orders[i] = world->slots[i].order;
	memory->balances = world->balances;
}

static inline bool same(const void *a, const void *b, size_t size)
{
	return memcmp(a, b, size) == 0;
}

static inline void assert_unchanged(const struct world *world, const struct memory *memory)
{
	for (int i = 0; i < SLOTS; i++)
		MUST(world, same(&memory->orders[i], &world->slots[i].order, sizeof(struct order)));
	MUST(world, same(&memory->balances, &world->balances, sizeof(struct balances)));
}

static inline int64_t down(int128 value, int64_t by)
{
	return (int64_t)(value / by);
}

/* What a quantity can cost at the most, fees included. */
static inline int64_t worst_cost(const struct world *world, int128 product)
{
	int64_t notional = down(product, ONE);

	if (strcmp(world->account.fee_group, "active") != 0)
		return notional;
	return notional + down((int128)notional * WORST_FEE_PPM, ONE);
}

static inline int64_t leaves_of(const struct slot *slot)
{
	return slot->order.leaves.micros > slot->due ? slot->order.leaves.micros - slot->due : 0;
}

static inline int128 larger(int128 a, int128 b)
{
	return a > b ? a : b;
}

/* The worst history of an order and what it is bound to: one whole, then what the other has more.
 */
static inline void check_cover(struct world *world, struct slot *slot)
{
	struct slot *other = other_of(world, slot);
	int64_t a = leaves_of(slot), b = 0, price_a = order_worst_price(&slot->order).micros;
	int64_t held = slot->order.hold_micros, shorts = slot->order.short_micros;
	int64_t price_b = 0, margin = slot->order.margin_hold_micros;
	int128 worst;

	if (other != NULL) {
		b = slot->link == SIBLING ? leaves_of(other)
					  : (int64_t)larger(0, other->order.quantity.micros -
								       slot->order.cum.micros);
		price_b = order_worst_price(&other->order).micros;
		held += other->order.hold_micros;
		shorts += other->order.short_micros;
		margin += other->order.margin_hold_micros;
	}
	if (slot->order.side == ORDER_SELL) {
		MUST(world, held + shorts >= larger(a, b));
		MUST(world,
		     2 * (int128)margin * ONE >= (a - held) * (int128)slot->order.limit.micros);
		if (other != NULL)
			MUST(world, 2 * (int128)margin * ONE >=
					    (b - held) * (int128)other->order.limit.micros);
		return;
	}
	worst = larger((int128)a * price_a + larger(0, b - a) * price_b,
		       (int128)b * price_b + larger(0, a - b) * price_a);
	if (slot->order.notional.micros != 0)
		worst = a == 0 ? 0
			       : (int128)(slot->order.notional.micros -
					  slot->order.cum_notional.micros) *
					 ONE;
	MUST(world, held >= worst_cost(world, worst));
}

static inline void check(struct world *world)
{
	int64_t cash = world->balances.collateral_micros, shares = 0;

	for (int i = 0; i < SLOTS; i++) {
		struct slot *slot = &world->slots[i];
		const struct order *order = &slot->order;

		if (order->status == ORDER_NONE)
			continue;
		MUST(world, order->hold_micros >= 0);
		MUST(world, order->fee_hold_micros >= 0);
		MUST(world, order->fee_hold_micros <= order->hold_micros);
		MUST(world, order->short_micros >= 0);
		MUST(world, order->margin_hold_micros >= 0);
		cash += order->margin_hold_micros;
		cash += order->side == ORDER_BUY ? order->hold_micros : 0;
		shares += order->side == ORDER_SELL ? order->hold_micros : 0;
		if (order_terminal(order->status)) {
			MUST(world, order->leaves.micros == 0);
			MUST(world,
			     order->hold_micros + order->short_micros + order->margin_hold_micros ==
				     0);
			continue;
		}
		MUST(world, order->cum.micros + order->leaves.micros == order->quantity.micros);
		MUST(world, order->leaves.micros > 0);
		if (in_book(slot))
			check_cover(world, slot);
		if (order->side == ORDER_BUY && slot->start > 0 && slot->link == ALONE)
			MUST(world, slot->paid + order->hold_micros <= slot->start);
	}
	MUST(world, world->balances.cash.held_micros == cash);
	MUST(world, world->balances.shares.held_micros == shares);
	MUST(world, world->balances.cash.total_micros == world->cash);
	MUST(world, world->balances.shares.total_micros == world->shares);
	MUST(world, balance_available(&world->balances.cash) >= 0);
	if (!world->account.shorting)
		MUST(world, balance_available(&world->balances.shares) >= 0);
	MUST(world, world->balances.collateral_micros >= 0);
	if (margin_exposure(&world->balances.shares) == 0)
		MUST(world, world->balances.collateral_micros == 0);
}

#endif
