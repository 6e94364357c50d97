/*
 * The oracle of the tests, see naive_exchange.h: orders as they come, what they meet, stops. What
 * sessions and auctions do is in naive_session.c.
 */
#include "naive_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base.h"

__extension__ typedef __int128 wide;

void naive_tell(struct naive_log *log, const struct naive_event *event)
{
	if (log->count == log->capacity) {
		log->capacity = log->capacity == 0 ? 16 : 2 * log->capacity;
		log->events = bus_realloc(log->events, log->capacity * sizeof(*log->events));
	}
	log->events[log->count++] = *event;
}

void naive_log_release(struct naive_log *log)
{
	free(log->events);
	*log = (struct naive_log){ 0 };
}

void naive_exchange_release(struct naive_exchange *x)
{
	free(x->orders);
	naive_log_release(&x->log);
	*x = (struct naive_exchange){ 0 };
}

static void tell(struct naive_exchange *x, struct naive_event event)
{
	naive_tell(&x->log, &event);
}

struct naive_resting *naive_find(const struct naive_exchange *x, uint64_t id)
{
	for (size_t i = 0; i < x->count && id != 0; i++)
		if (x->orders[i].id == id)
			return &x->orders[i];
	return NULL;
}

static void put(struct naive_exchange *x, const struct naive_resting *order)
{
	if (x->count == x->capacity) {
		x->capacity = x->capacity == 0 ? 64 : 2 * x->capacity;
		x->orders = bus_realloc(x->orders, x->capacity * sizeof(*x->orders));
	}
	x->orders[x->count++] = *order;
}

static void take_out(struct naive_exchange *x, uint64_t id)
{
	struct naive_resting *order = naive_find(x, id);
	size_t at = (size_t)(order - x->orders);

	x->count--;
	memmove(order, order + 1, (x->count - at) * sizeof(*order));
}

void naive_rest(struct naive_exchange *x, const struct naive_resting *order, int queue)
{
	struct naive_resting resting = *order;

	resting.queue = queue;
	put(x, &resting);
	tell(x, (struct naive_event){ .what = NAIVE_ADDED,
				      .order = order->id,
				      .side = order->side,
				      .price = order->price,
				      .quantity = order->quantity,
				      .leaves = order->leaves,
				      .stop = order->stop,
				      .queue = queue });
}

static void tell_removed(struct naive_exchange *x, const struct naive_resting *order,
			 enum naive_end reason, bool rested)
{
	tell(x, (struct naive_event){ .what = NAIVE_REMOVED,
				      .order = order->id,
				      .side = order->side,
				      .price = order->price,
				      .quantity = order->leaves,
				      .reason = (int)reason,
				      .flag = rested });
}

/* Siblings: what the one trades the other is smaller, and when one ends the other ends. */

static void end_sibling(struct naive_exchange *x, uint64_t sibling)
{
	struct naive_resting *order = naive_find(x, sibling);

	if (order == NULL)
		return;
	tell_removed(x, order, NAIVE_END_OCO, true);
	take_out(x, sibling);
}

static void reduce_sibling(struct naive_exchange *x, uint64_t sibling, int64_t by)
{
	struct naive_resting *order = naive_find(x, sibling);

	if (order == NULL)
		return;
	if (by >= order->leaves) {
		end_sibling(x, sibling);
		return;
	}
	order->leaves -= by;
	order->quantity -= by;
	tell(x, (struct naive_event){ .what = NAIVE_REDUCED,
				      .order = sibling,
				      .side = order->side,
				      .price = order->price,
				      .quantity = by,
				      .leaves = order->leaves });
}

void naive_end(struct naive_exchange *x, uint64_t id, enum naive_end reason)
{
	struct naive_resting order = *naive_find(x, id);

	tell_removed(x, &order, reason, true);
	take_out(x, id);
	end_sibling(x, order.sibling);
}

/* An order that never rested ends. */
static void end_taker(struct naive_exchange *x, const struct naive_resting *order,
		      enum naive_end reason)
{
	tell_removed(x, order, reason, false);
	end_sibling(x, order->sibling);
}

void naive_fill(struct naive_exchange *x, uint64_t id, int64_t quantity)
{
	struct naive_resting *order = naive_find(x, id);
	uint64_t sibling = order->sibling;
	bool whole = order->leaves == quantity;

	order->leaves -= quantity;
	if (whole) {
		take_out(x, id);
		end_sibling(x, sibling);
	} else {
		reduce_sibling(x, sibling, quantity);
	}
}

/* Taking ////////////////////////////////////////////////////////////////////////////////// */

static struct naive_resting *best_maker(const struct naive_exchange *x, int side)
{
	struct naive_resting *found = NULL;

	for (size_t i = 0; i < x->count; i++) {
		struct naive_resting *order = &x->orders[i];

		if (order->side != side || order->queue != NAIVE_IN_BOOK)
			continue;
		if (found == NULL ||
		    (side == NAIVE_BUY ? order->price > found->price : order->price < found->price))
			found = order;
	}
	return found;
}

/* The best of the other side, if the taker accepts its price. */
static struct naive_resting *meets(const struct naive_exchange *x,
				   const struct naive_resting *taker)
{
	struct naive_resting *maker =
		best_maker(x, taker->side == NAIVE_BUY ? NAIVE_SELL : NAIVE_BUY);

	if (maker == NULL)
		return NULL;
	if (taker->side == NAIVE_BUY ? maker->price > taker->price : maker->price < taker->price)
		return NULL;
	return maker;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t cost(int64_t price, int64_t quantity)
{
	return (int64_t)((wide)price * quantity / 1000000);
}

/* How much of the taker can trade with this maker; less than both leaves when money is short. */
static int64_t tradable(const struct naive_resting *taker, const struct naive_resting *maker)
{
	int64_t quantity = smaller(taker->leaves, maker->leaves);
	wide paid;

	if (taker->notional == 0)
		return quantity;
	paid = (wide)taker->notional * 1000000 / maker->price;
	paid -= paid % taker->increment;
	return paid < quantity ? (int64_t)paid : quantity;
}

static void trade(struct naive_exchange *x, struct naive_resting *maker,
		  struct naive_resting *taker, int64_t quantity)
{
	uint64_t maker_id = maker->id;

	taker->leaves -= quantity;
	if (taker->notional != 0)
		taker->notional -= cost(maker->price, quantity);
	x->last = maker->price;
	tell(x, (struct naive_event){ .what = NAIVE_EXECUTED,
				      .order = maker_id,
				      .other = taker->id,
				      .side = taker->side,
				      .price = maker->price,
				      .quantity = quantity,
				      .leaves = maker->leaves - quantity,
				      .other_leaves = taker->leaves });
	naive_fill(x, maker_id, quantity);
	if (taker->leaves == 0)
		end_sibling(x, taker->sibling);
	else
		reduce_sibling(x, taker->sibling, quantity);
}

static void prevent(struct naive_exchange *x, struct naive_resting *maker,
		    struct naive_resting *taker)
{
	int64_t quantity = smaller(maker->leaves, taker->leaves);
	struct naive_resting met;

	maker->leaves -= quantity;
	maker->quantity -= quantity;
	taker->leaves -= quantity;
	taker->quantity -= quantity;
	met = *maker;
	tell(x, (struct naive_event){ .what = NAIVE_PREVENTED,
				      .order = met.id,
				      .other = taker->id,
				      .quantity = quantity,
				      .leaves = met.leaves,
				      .other_leaves = taker->leaves });
	if (met.leaves == 0) {
		take_out(x, met.id);
		end_sibling(x, met.sibling);
	}
	if (taker->leaves == 0)
		end_sibling(x, taker->sibling);
}

enum taken { TAKEN_ALL, TAKEN_NO_MORE, TAKEN_SELF, TAKEN_PAID };

/* Trades as far as it goes; says why it stopped. */
static enum taken take(struct naive_exchange *x, struct naive_resting *taker)
{
	bool by_notional = taker->notional != 0;
	struct naive_resting *maker;
	int64_t quantity;

	while (taker->leaves > 0) {
		maker = meets(x, taker);
		if (maker == NULL)
			return TAKEN_NO_MORE;
		if (maker->account == taker->account && taker->stp > NAIVE_TRADE) {
			if (taker->stp == NAIVE_DECREMENT) {
				prevent(x, maker, taker);
				continue;
			}
			if (taker->stp != NAIVE_NEWEST)
				naive_end(x, maker->id, NAIVE_END_SELF_TRADE);
			if (taker->stp != NAIVE_OLDEST)
				return TAKEN_SELF;
			continue;
		}
		if (by_notional && taker->notional == 0)
			return TAKEN_PAID;
		quantity = tradable(taker, maker);
		if (quantity == 0)
			return TAKEN_PAID;
		trade(x, maker, taker, quantity);
	}
	return TAKEN_ALL;
}

/* On a copy of the exchange, so that nothing changes. */
static bool would_fill(const struct naive_exchange *x, const struct naive_resting *order)
{
	struct naive_exchange copy = *x;
	struct naive_resting taker = *order;
	bool whole;

	copy.orders = bus_malloc(x->capacity * sizeof(*copy.orders) + 1);
	if (x->count > 0)
		memcpy(copy.orders, x->orders, x->count * sizeof(*copy.orders));
	copy.log = (struct naive_log){ 0 };
	whole = take(&copy, &taker) == TAKEN_ALL && taker.quantity == order->quantity;
	naive_exchange_release(&copy);
	return whole;
}

/* What is left when nothing trades any more: it rests, or it ends. */
static void settle(struct naive_exchange *x, const struct naive_resting *order)
{
	if (order->type == NAIVE_MARKET)
		end_taker(x, order,
			  order->tif == NAIVE_TIF_FOK ? NAIVE_END_FOK : NAIVE_END_NO_LIQUIDITY);
	else if (order->tif == NAIVE_TIF_IOC || order->tif == NAIVE_TIF_FOK)
		end_taker(x, order, order->tif == NAIVE_TIF_IOC ? NAIVE_END_IOC : NAIVE_END_FOK);
	else
		naive_rest(x, order, NAIVE_IN_BOOK);
}

/* A market or limit order meets the book. */
static void match(struct naive_exchange *x, struct naive_resting *order)
{
	size_t from = x->log.count;
	int64_t before = order->notional;
	enum taken taken = take(x, order);

	switch (taken) {
	case TAKEN_ALL:
		break;
	case TAKEN_NO_MORE:
		settle(x, order);
		break;
	case TAKEN_SELF:
		end_taker(x, order, NAIVE_END_SELF_TRADE);
		break;
	case TAKEN_PAID:
		if (order->notional == before) /* nothing has traded */
			end_taker(x, order, NAIVE_END_NO_LIQUIDITY);
		else
			tell(x, (struct naive_event){ .what = NAIVE_COMPLETED,
						      .order = order->id,
						      .quantity = order->leaves });
		break;
	}
	naive_trail(x, from);
}

/* Stops /////////////////////////////////////////////////////////////////////////////////// */

static bool reached(const struct naive_exchange *x, const struct naive_resting *order)
{
	if (x->last == 0)
		return false;
	return order->side == NAIVE_BUY ? x->last >= order->stop : x->last <= order->stop;
}

/* The distance: a price, or per cent of the best one, half-even; at least the smallest there is. */
static int64_t distance(const struct naive_resting *order)
{
	wide product = (wide)order->best * order->percent, whole = 100000000;
	wide half = product % whole * 2;
	wide result = product / whole;

	if (order->trail > 0)
		return order->trail;
	if (half > whole || (half == whole && result % 2 == 1))
		result++;
	if (result > INT64_MAX)
		return INT64_MAX;
	return result > 0 ? (int64_t)result : 1;
}

static void set_best(struct naive_resting *order, int64_t best)
{
	wide stop;

	order->best = best;
	stop = order->side == NAIVE_BUY ? (wide)best + distance(order)
					: (wide)best - distance(order);
	order->stop = stop > INT64_MAX ? INT64_MAX : (int64_t)stop;
}

/* The trades since `from` move the trailing stops: sells up to the highest, buys down to the
 * lowest. */
static void move_trails_of(struct naive_exchange *x, size_t from, int side)
{
	int64_t best = 0;
	bool moved = false;

	for (size_t i = from; i < x->log.count; i++) {
		const struct naive_event *e = &x->log.events[i];

		if (e->what == NAIVE_EXECUTED &&
		    (best == 0 || (side == NAIVE_BUY ? e->price < best : e->price > best)))
			best = e->price;
	}
	for (size_t i = 0; i < x->count && best != 0; i++) {
		struct naive_resting *order = &x->orders[i];

		if (order->queue != NAIVE_IN_STOPS || order->type != NAIVE_TRAILING ||
		    order->side != side ||
		    (side == NAIVE_BUY ? best >= order->best : best <= order->best))
			continue;
		set_best(order, best);
		moved = true;
	}
	if (moved)
		tell(x, (struct naive_event){ .what = NAIVE_TRAILED, .side = side, .price = best });
}

void naive_trail(struct naive_exchange *x, size_t from)
{
	move_trails_of(x, from, NAIVE_BUY);
	move_trails_of(x, from, NAIVE_SELL);
}

/* It has been reached: from now on it is a market or a limit order, and its sibling is over. */
static struct naive_resting trigger(struct naive_exchange *x, const struct naive_resting *stop,
				    bool rested)
{
	struct naive_resting order = *stop;

	order.type = order.type == NAIVE_STOP_LIMIT ? NAIVE_LIMIT : NAIVE_MARKET;
	tell(x, (struct naive_event){ .what = NAIVE_TRIGGERED,
				      .order = order.id,
				      .side = order.side,
				      .stop = order.stop,
				      .price = x->last,
				      .flag = rested });
	if (rested)
		take_out(x, order.id);
	end_sibling(x, order.sibling);
	order.stop = order.trail = order.percent = 0;
	order.sibling = 0;
	return order;
}

/* Buys first, the lowest stop; then sells, the highest; the first come among equals. */
static struct naive_resting *next_reached(const struct naive_exchange *x, int side)
{
	struct naive_resting *found = NULL;

	for (size_t i = 0; i < x->count; i++) {
		struct naive_resting *order = &x->orders[i];

		if (order->queue != NAIVE_IN_STOPS || order->side != side || !reached(x, order))
			continue;
		if (found == NULL ||
		    (side == NAIVE_BUY ? order->stop < found->stop : order->stop > found->stop))
			found = order;
	}
	return found;
}

static void elect(struct naive_exchange *x)
{
	struct naive_resting *stop, order;

	if (x->state != NAIVE_OPEN && x->state != NAIVE_UNHEARD)
		return;
	while ((stop = next_reached(x, NAIVE_BUY)) != NULL ||
	       (stop = next_reached(x, NAIVE_SELL)) != NULL) {
		order = trigger(x, stop, true);
		match(x, &order);
	}
}

/* New orders ////////////////////////////////////////////////////////////////////////////// */

static void reject(struct naive_exchange *x, uint64_t id, enum naive_refusal reason)
{
	tell(x, (struct naive_event){ .what = NAIVE_REJECTED, .order = id, .reason = (int)reason });
}

static bool is_stop(int type)
{
	return type == NAIVE_STOP || type == NAIVE_STOP_LIMIT || type == NAIVE_TRAILING;
}

/* 0, or what is wrong with the fields. */
static int fault(const struct naive_command *c)
{
	if (c->side != NAIVE_BUY && c->side != NAIVE_SELL)
		return NAIVE_BAD_FIELD;
	if (c->type < NAIVE_MARKET || c->type > NAIVE_TRAILING || c->tif < NAIVE_DAY ||
	    c->tif > NAIVE_CLS || c->stp < 0 || c->stp > NAIVE_DECREMENT)
		return NAIVE_UNSUPPORTED;
	if (is_stop(c->type) && c->tif > NAIVE_GTC)
		return NAIVE_UNSUPPORTED;
	if (c->quantity <= 0)
		return NAIVE_BAD_QUANTITY;
	if (c->type != NAIVE_STOP && c->type != NAIVE_STOP_LIMIT && c->stop != 0)
		return NAIVE_BAD_FIELD;
	if (c->type == NAIVE_TRAILING ? (c->trail != 0) == (c->percent != 0)
				      : c->trail != 0 || c->percent != 0)
		return NAIVE_BAD_FIELD;
	if ((c->notional != 0 && c->type != NAIVE_MARKET) ||
	    (c->post_only && (c->type != NAIVE_LIMIT || c->tif > NAIVE_TIF_FOK)))
		return NAIVE_BAD_FIELD;
	if (c->notional != 0 && c->tif != NAIVE_DAY && c->tif != NAIVE_TIF_IOC)
		return NAIVE_UNSUPPORTED;
	if (c->price < 0 || (c->price == 0 && (c->side == NAIVE_BUY || c->type == NAIVE_LIMIT ||
					       c->type == NAIVE_STOP_LIMIT)))
		return NAIVE_BAD_PRICE;
	if ((c->type == NAIVE_STOP || c->type == NAIVE_STOP_LIMIT) && c->stop <= 0)
		return NAIVE_BAD_PRICE;
	return 0;
}

bool naive_gathers(const struct naive_exchange *x)
{
	return x->state == NAIVE_HALTED || x->state == NAIVE_OPENING_CALL ||
	       x->state == NAIVE_CLOSING_CALL;
}

/* Waits for an auction; false when this order cannot. */
static void gather(struct naive_exchange *x, const struct naive_resting *order)
{
	if (order->tif == NAIVE_TIF_IOC || order->tif == NAIVE_TIF_FOK || order->post_only ||
	    order->notional != 0)
		reject(x, order->id, NAIVE_IS_HALTED);
	else if (order->type == NAIVE_MARKET && order->price == 0)
		reject(x, order->id, NAIVE_BAD_PRICE);
	else if (order->type == NAIVE_LIMIT)
		naive_rest(x, order, NAIVE_IN_BOOK);
	else
		naive_rest(x, order,
			   x->state == NAIVE_CLOSING_CALL ? NAIVE_IN_CLOSING : NAIVE_IN_OPENING);
}

/* Its sibling had traded before it came. */
static void bound(struct naive_exchange *x, struct naive_resting *order, int64_t leaves)
{
	int64_t by = order->leaves - leaves;

	order->quantity -= by;
	order->leaves -= by;
	tell(x, (struct naive_event){ .what = NAIVE_REDUCED,
				      .order = order->id,
				      .side = order->side,
				      .price = order->price,
				      .quantity = by,
				      .leaves = leaves });
}

/* A stop comes: elected at once, or it waits. True: it goes on as what it has become. */
static bool stop_comes(struct naive_exchange *x, struct naive_resting *order, int64_t reference,
		       bool fresh)
{
	struct naive_resting *sibling = naive_find(x, order->sibling);

	if (order->type == NAIVE_TRAILING) {
		order->best = x->last != 0 ? x->last : reference;
		if (order->best <= 0) {
			reject(x, order->id, NAIVE_NO_REFERENCE);
			return false;
		}
		set_best(order, order->best);
	}
	if (order->sibling != 0) {
		if (sibling == NULL) {
			end_taker(x, order, NAIVE_END_OCO);
			return false;
		}
		if (fresh && sibling->leaves < order->leaves)
			bound(x, order, sibling->leaves);
	}
	if (naive_gathers(x) || !reached(x, order)) {
		naive_rest(x, order, NAIVE_IN_STOPS);
		return false;
	}
	*order = trigger(x, order, false);
	return true;
}

/* What a new order and a replacement have in common. */
static void enter(struct naive_exchange *x, struct naive_resting *order, int64_t reference,
		  bool fresh)
{
	if (x->state == NAIVE_CLOSED) {
		end_taker(x, order, NAIVE_END_CLOSE);
		return;
	}
	if (order->tif == NAIVE_OPG || order->tif == NAIVE_CLS) {
		if (order->tif == NAIVE_OPG && x->opening_held)
			reject(x, order->id, NAIVE_AUCTION_OVER);
		else if (order->type == NAIVE_MARKET && order->price == 0)
			reject(x, order->id, NAIVE_BAD_PRICE);
		else
			naive_rest(x, order,
				   order->tif == NAIVE_OPG ? NAIVE_IN_OPENING : NAIVE_IN_CLOSING);
		return;
	}
	if (is_stop(order->type) && !stop_comes(x, order, reference, fresh))
		return;
	if (naive_gathers(x)) {
		gather(x, order);
		return;
	}
	if (order->post_only && meets(x, order) != NULL) {
		reject(x, order->id, NAIVE_WOULD_TAKE);
		return;
	}
	if (order->tif == NAIVE_TIF_FOK && !would_fill(x, order)) {
		end_taker(x, order, NAIVE_END_FOK);
		return;
	}
	match(x, order);
}

static void new_order(struct naive_exchange *x, const struct naive_command *c)
{
	struct naive_resting order = { .id = c->id,
				       .account = c->account,
				       .sibling = c->other,
				       .side = c->side,
				       .type = c->type,
				       .tif = c->tif,
				       .stp = c->stp,
				       .price = c->price,
				       .quantity = c->quantity,
				       .leaves = c->quantity,
				       .stop = c->stop,
				       .trail = c->trail,
				       .percent = c->percent,
				       .expires = c->expires,
				       .notional = c->notional,
				       .increment = c->increment,
				       .post_only = c->post_only };

	if (c->id == 0 || c->account == 0 || naive_find(x, c->id) != NULL)
		tell(x, (struct naive_event){ .what = NAIVE_PARKED });
	else if (fault(c) != 0)
		reject(x, c->id, (enum naive_refusal)fault(c));
	else if (c->actions < x->actions)
		reject(x, c->id, NAIVE_ACTION);
	else
		enter(x, &order, c->reference, true);
}

/* Requests //////////////////////////////////////////////////////////////////////////////// */

static void refuse(struct naive_exchange *x, const struct naive_command *c,
		   enum naive_refusal reason)
{
	tell(x, (struct naive_event){ .what = NAIVE_REQUEST_REJECTED,
				      .order = c->id,
				      .reason = (int)reason,
				      .queue = c->op == NAIVE_OP_CANCEL	    ? 1
					       : c->op == NAIVE_OP_DECREASE ? 2
									    : 3 });
}

/* The order that the request names; NULL after the answer that there is none. */
static struct naive_resting *requested(struct naive_exchange *x, const struct naive_command *c)
{
	struct naive_resting *order = naive_find(x, c->id);

	if (order == NULL)
		refuse(x, c, NAIVE_TOO_LATE);
	else if (order->account != c->account)
		refuse(x, c, NAIVE_UNKNOWN_ORDER);
	else
		return order;
	return NULL;
}

static void decrease(struct naive_exchange *x, const struct naive_command *c)
{
	struct naive_resting *order = requested(x, c);

	if (order == NULL)
		return;
	if (c->quantity <= 0) {
		refuse(x, c, NAIVE_BAD_QUANTITY);
	} else if (c->quantity >= order->leaves) {
		naive_end(x, order->id, NAIVE_END_DECREASED);
	} else {
		order->leaves -= c->quantity;
		order->quantity -= c->quantity;
		tell(x, (struct naive_event){ .what = NAIVE_REDUCED,
					      .order = order->id,
					      .side = order->side,
					      .price = order->price,
					      .quantity = c->quantity,
					      .leaves = order->leaves,
					      .flag = true });
	}
}

static bool same_terms(const struct naive_resting *order, const struct naive_command *c)
{
	if (order->price != c->price)
		return false;
	if (order->type == NAIVE_TRAILING)
		return order->trail == c->trail && order->percent == c->percent;
	return !is_stop(order->type) || order->stop == c->stop;
}

/* What would be wrong with it if it came as a new order. */
static int replacement_fault(const struct naive_exchange *x, const struct naive_resting *old,
			     const struct naive_command *c)
{
	struct naive_command order = { .side = old->side,
				       .type = old->type,
				       .tif = c->tif,
				       .quantity = c->quantity,
				       .price = c->price };

	if (is_stop(old->type)) {
		order.stop = c->stop;
		order.trail = c->trail;
		order.percent = c->percent;
	}
	if (c->price == 0 && old->type == NAIVE_MARKET && (naive_gathers(x) || c->tif >= NAIVE_OPG))
		return NAIVE_BAD_PRICE;
	return fault(&order);
}

static void replace(struct naive_exchange *x, const struct naive_command *c)
{
	struct naive_resting *old = requested(x, c), order, *sibling;
	int64_t traded;
	bool kept;

	if (old == NULL)
		return;
	if (c->actions < x->actions) {
		refuse(x, c, NAIVE_ACTION);
		return;
	}
	if (replacement_fault(x, old, c) != 0) {
		refuse(x, c, (enum naive_refusal)replacement_fault(x, old, c));
		return;
	}
	traded = old->quantity - old->leaves;
	order = *old;
	order.id = c->other;
	order.tif = c->tif;
	order.expires = c->expires;
	order.leaves = c->quantity > traded ? c->quantity - traded : 0;
	order.quantity = traded + order.leaves;
	kept = order.leaves > 0 && order.leaves <= old->leaves && same_terms(old, c);
	tell(x, (struct naive_event){ .what = NAIVE_REPLACED,
				      .order = c->id,
				      .other = c->other,
				      .quantity = order.quantity,
				      .leaves = order.leaves,
				      .flag = kept });
	sibling = naive_find(x, old->sibling);
	if (sibling != NULL)
		sibling->sibling = order.id;
	if (kept) {
		*old = order;
		return;
	}
	take_out(x, c->id);
	if (order.leaves == 0) {
		end_sibling(x, order.sibling);
		return;
	}
	order.price = c->price;
	if (is_stop(order.type)) {
		order.stop = c->stop;
		order.trail = c->trail;
		order.percent = c->percent;
	}
	enter(x, &order, order.best, false);
}

void naive_exchange_run(struct naive_exchange *x, const struct naive_command *command)
{
	enum naive_state state = x->state;
	uint64_t gathered = naive_gathered(x);

	x->log.count = 0;
	x->now += command->wait;
	switch (command->op) {
	case NAIVE_OP_NEW:
		new_order(x, command);
		break;
	case NAIVE_OP_CANCEL:
		if (requested(x, command) != NULL)
			naive_end(x, command->id, NAIVE_END_REQUESTED);
		break;
	case NAIVE_OP_DECREASE:
		decrease(x, command);
		break;
	case NAIVE_OP_REPLACE:
		replace(x, command);
		break;
	case NAIVE_OP_OPENED:
	case NAIVE_OP_CLOSED:
	case NAIVE_OP_HALTED:
	case NAIVE_OP_RESUMED:
	case NAIVE_OP_CALLED:
	case NAIVE_OP_ACTION:
		naive_session(x, command);
		break;
	case NAIVE_OP_DEPOSIT:
	case NAIVE_OP_WITHDRAW:
	case NAIVE_OP_SHARES_IN:
	case NAIVE_OP_SHARES_OUT:
	case NAIVE_OP_CANCEL_ALL:
	case NAIVE_OP_ACCOUNT:
	case NAIVE_OP_APPLY:
	case NAIVE_OP_DELIVER:
	case NAIVE_OP_QUIET:
		break;
	}
	elect(x);
	if (x->state == state && naive_gathered(x) != gathered)
		naive_imbalance(x);
}
