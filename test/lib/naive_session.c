/* The oracle of the tests, see naive_exchange.h: sessions, halts, auctions, the close, corporate
 * actions. */
#include <stdlib.h>

#include "bus/base.h"
#include "naive_exchange.h"

__extension__ typedef __int128 wide;

static void tell(struct naive_exchange *x, struct naive_event event)
{
	naive_tell(&x->log, &event);
}

/* Auctions //////////////////////////////////////////////////////////////////////////////// */

static bool takes_part(const struct naive_resting *order, int queue)
{
	return order->queue == NAIVE_IN_BOOK || order->queue == queue;
}

/* What would like to trade on this side at this price. */
static wide wanted(const struct naive_exchange *x, int queue, int side, int64_t price)
{
	wide sum = 0;

	for (size_t i = 0; i < x->count; i++) {
		const struct naive_resting *order = &x->orders[i];

		if (order->side == side && takes_part(order, queue) &&
		    (side == NAIVE_BUY ? order->price >= price : order->price <= price))
			sum += order->leaves;
	}
	return sum;
}

static wide least(wide a, wide b)
{
	return a < b ? a : b;
}

static wide distance(wide a, wide b)
{
	return a > b ? a - b : b - a;
}

static int64_t shown(wide total)
{
	return total > INT64_MAX ? INT64_MAX : (int64_t)total;
}

struct outcome {
	int64_t price;
	wide volume, buys, sells;
};

static bool better(const struct naive_exchange *x, const struct outcome *a, const struct outcome *b)
{
	wide left_a = distance(a->buys, a->sells), left_b = distance(b->buys, b->sells);
	wide far_a = distance(a->price, x->last), far_b = distance(b->price, x->last);

	if (a->volume != b->volume)
		return a->volume > b->volume;
	if (left_a != left_b)
		return left_a < left_b;
	if (x->last != 0 && far_a != far_b)
		return far_a < far_b;
	return a->price < b->price;
}

static void consider(const struct naive_exchange *x, int queue, int64_t price, struct outcome *best)
{
	struct outcome found = { .price = price };

	if (price <= 0)
		return;
	found.buys = wanted(x, queue, NAIVE_BUY, price);
	found.sells = wanted(x, queue, NAIVE_SELL, price);
	found.volume = least(found.buys, found.sells);
	if (found.volume > 0 && (best->price == 0 || better(x, &found, best)))
		*best = found;
}

static struct naive_event uncross(const struct naive_exchange *x, enum naive_auction kind)
{
	int queue = kind == NAIVE_AT_CLOSE ? NAIVE_IN_CLOSING : NAIVE_IN_OPENING;
	struct outcome best = { 0 };

	consider(x, queue, x->last, &best);
	for (size_t i = 0; i < x->count; i++)
		if (takes_part(&x->orders[i], queue))
			consider(x, queue, x->orders[i].price, &best);
	return (struct naive_event){ .what = NAIVE_AUCTION_HELD,
				     .queue = (int)kind,
				     .price = best.price,
				     .quantity = shown(best.volume),
				     .leaves = shown(distance(best.buys, best.sells)),
				     .side = best.buys > best.sells   ? NAIVE_BUY
					     : best.buys < best.sells ? NAIVE_SELL
								      : 0 };
}

/* Who trades first at the auction's price: the best limit, then the first come. */
static struct naive_resting *first(const struct naive_exchange *x, int queue, int side,
				   int64_t price)
{
	struct naive_resting *found = NULL;

	for (size_t i = 0; i < x->count; i++) {
		struct naive_resting *order = &x->orders[i];

		if (order->side != side || !takes_part(order, queue) ||
		    (side == NAIVE_BUY ? order->price < price : order->price > price))
			continue;
		if (found == NULL ||
		    (side == NAIVE_BUY ? order->price > found->price : order->price < found->price))
			found = order;
	}
	return found;
}

static void hold_auction(struct naive_exchange *x, enum naive_auction kind)
{
	int queue = kind == NAIVE_AT_CLOSE ? NAIVE_IN_CLOSING : NAIVE_IN_OPENING;
	struct naive_event held = uncross(x, kind);
	struct naive_resting *buy, *sell;
	size_t from = x->log.count;

	tell(x, held);
	while (held.price != 0 && (buy = first(x, queue, NAIVE_BUY, held.price)) != NULL &&
	       (sell = first(x, queue, NAIVE_SELL, held.price)) != NULL) {
		struct naive_resting *maker = buy < sell ? buy : sell;
		struct naive_resting *taker = buy < sell ? sell : buy;
		int64_t quantity = (int64_t)least(buy->leaves, sell->leaves);
		uint64_t maker_id = maker->id, taker_id = taker->id;

		tell(x, (struct naive_event){ .what = NAIVE_EXECUTED,
					      .order = maker_id,
					      .other = taker_id,
					      .side = taker->side,
					      .price = held.price,
					      .quantity = quantity,
					      .leaves = maker->leaves - quantity,
					      .other_leaves = taker->leaves - quantity,
					      .flag = true });
		x->last = held.price;
		naive_fill(x, maker_id, quantity);
		if (naive_find(x, taker_id) != NULL)
			naive_fill(x, taker_id, quantity);
	}
	naive_trail(x, from);
}

/* Whoever came for the auction alone has nothing more to wait for. */
static void end_queue(struct naive_exchange *x, int queue)
{
	for (size_t i = 0; i < x->count;) {
		const struct naive_resting *order = &x->orders[i];

		if (order->queue == queue)
			naive_end(x, order->id,
				  order->tif == NAIVE_OPG || order->tif == NAIVE_CLS
					  ? NAIVE_END_AUCTION
					  : NAIVE_END_NO_LIQUIDITY);
		else
			i++;
	}
}

uint64_t naive_gathered(const struct naive_exchange *x)
{
	int queue = x->state == NAIVE_CLOSING_CALL ? NAIVE_IN_CLOSING : NAIVE_IN_OPENING;
	uint64_t sum = (uint64_t)x->state;

	if (!naive_gathers(x))
		return 0;
	for (size_t i = 0; i < x->count; i++)
		if (takes_part(&x->orders[i], queue))
			sum = sum * 31 + (uint64_t)x->orders[i].leaves * 3 +
			      (uint64_t)x->orders[i].price;
	return sum;
}

static bool same_outcome(const struct naive_event *a, const struct naive_event *b)
{
	return a->price == b->price && a->quantity == b->quantity && a->leaves == b->leaves &&
	       a->side == b->side;
}

void naive_imbalance(struct naive_exchange *x)
{
	struct naive_event now;

	now = uncross(x, x->state == NAIVE_CLOSING_CALL	  ? NAIVE_AT_CLOSE
			 : x->state == NAIVE_OPENING_CALL ? NAIVE_AT_OPEN
							  : NAIVE_AT_RESUMPTION);
	now.what = NAIVE_IMBALANCE;
	if ((x->imbalance_at != 0 && x->now < x->imbalance_at + 1000000) ||
	    same_outcome(&now, &x->imbalance))
		return;
	x->imbalance_at = x->now;
	x->imbalance = now;
	tell(x, now);
}

/* States ////////////////////////////////////////////////////////////////////////////////// */

static void become(struct naive_exchange *x, enum naive_state state, const struct naive_command *c)
{
	if (x->state == state && x->date == c->date && x->actions == c->actions)
		return;
	x->imbalance = (struct naive_event){ 0 };
	x->imbalance_at = 0;
	if (state != NAIVE_HALTED && state != NAIVE_CLOSING_CALL)
		x->opening_held = state == NAIVE_OPEN;
	x->state = state;
	x->date = c->date;
	x->actions = c->actions;
	tell(x, (struct naive_event){ .what = NAIVE_STATE,
				      .reason = (int)state,
				      .quantity = c->date,
				      .leaves = c->actions });
}

static enum naive_state state_of(const struct naive_command *c)
{
	switch (c->session) {
	case 2:
		return c->halted ? NAIVE_HALTED : NAIVE_OPEN;
	case 3:
		return c->halted ? NAIVE_HALTED : NAIVE_OPENING_CALL;
	case 4:
		return c->halted ? NAIVE_HALTED : NAIVE_CLOSING_CALL;
	default:
		return NAIVE_CLOSED;
	}
}

static bool any_in(const struct naive_exchange *x, int queue)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->orders[i].queue == queue)
			return true;
	return false;
}

/* Everything in a queue that the close ends. */
static void close_queue(struct naive_exchange *x, int queue)
{
	for (size_t i = 0; i < x->count;) {
		const struct naive_resting *order = &x->orders[i];
		size_t before = x->count;

		if (order->queue == queue &&
		    (order->tif != NAIVE_GTC || queue == NAIVE_IN_OPENING ||
		     queue == NAIVE_IN_CLOSING))
			naive_end(x, order->id, NAIVE_END_CLOSE);
		else if (order->queue == queue && order->expires != 0 && order->expires <= x->now)
			naive_end(x, order->id, NAIVE_END_GTC);
		if (x->count == before)
			i++;
		else
			i = 0;
	}
}

static void close_session(struct naive_exchange *x, const struct naive_command *c)
{
	if ((x->state == NAIVE_CLOSING_CALL && c->op == NAIVE_OP_CLOSED) ||
	    ((x->state == NAIVE_OPEN || x->state == NAIVE_UNHEARD) && c->op == NAIVE_OP_CLOSED &&
	     any_in(x, NAIVE_IN_CLOSING))) {
		hold_auction(x, NAIVE_AT_CLOSE);
		end_queue(x, NAIVE_IN_CLOSING);
	}
	become(x, NAIVE_CLOSED, c);
	for (int queue = NAIVE_IN_BOOK; queue <= NAIVE_IN_CLOSING; queue++)
		close_queue(x, queue);
}

static bool crossed(const struct naive_exchange *x)
{
	for (size_t i = 0; i < x->count; i++)
		for (size_t k = 0; k < x->count; k++)
			if (x->orders[i].queue == NAIVE_IN_BOOK &&
			    x->orders[k].queue == NAIVE_IN_BOOK && x->orders[i].side == NAIVE_BUY &&
			    x->orders[k].side == NAIVE_SELL &&
			    x->orders[i].price >= x->orders[k].price)
				return true;
	return false;
}

static void open_session(struct naive_exchange *x, const struct naive_command *c)
{
	if (naive_gathers(x) || any_in(x, NAIVE_IN_OPENING) || crossed(x)) {
		hold_auction(x, c->op == NAIVE_OP_RESUMED ? NAIVE_AT_RESUMPTION : NAIVE_AT_OPEN);
		end_queue(x, NAIVE_IN_OPENING);
	}
	become(x, NAIVE_OPEN, c);
}

/* A corporate action: after a split or under another name nothing of before counts. */
static void act(struct naive_exchange *x, const struct naive_command *c)
{
	struct naive_command as_it_is = { .date = x->date, .actions = c->actions };

	if (c->action != 2) {
		while (x->count > 0)
			naive_end(x, x->orders[0].id, NAIVE_END_ACTION);
		x->last = 0;
	}
	become(x, x->state, &as_it_is);
}

void naive_session(struct naive_exchange *x, const struct naive_command *c)
{
	enum naive_state state = state_of(c);

	if (c->op == NAIVE_OP_ACTION)
		act(x, c);
	else if (state == NAIVE_OPEN)
		open_session(x, c);
	else if (state == NAIVE_CLOSED)
		close_session(x, c);
	else
		become(x, state, c);
}
