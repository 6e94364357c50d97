/*
 * The steps that all changes of an order have in common. What two orders hold is one pool while a
 * change goes on; at its end the pool is what they still need, and is theirs again.
 */
#include "order_work.h"

#include "margin.h"

bool order_work_in_book(const struct order *order)
{
	return order->status == ORDER_NEW || order->status == ORDER_PARTIALLY_FILLED ||
	       order->status == ORDER_PENDING_CANCEL || order->status == ORDER_PENDING_REPLACE;
}

bool order_work_replacement_open(const struct order *replacement)
{
	return replacement->status == ORDER_PENDING_NEW ||
	       replacement->status == ORDER_PENDING_CANCEL;
}

bool order_work_together(const struct order *order, const struct order *other)
{
	return order != other && order->side == other->side &&
	       strcmp(order->symbol, other->symbol) == 0;
}

struct order_need order_work_sum(struct order_need a, struct order_need b)
{
	a.micros += b.micros;
	a.fee_micros += b.fee_micros;
	a.short_micros += b.short_micros;
	a.margin_micros += b.margin_micros;
	return a;
}

enum order_fault order_work_begin(struct order_work *work, const struct order_scene *scene)
{
	const struct order *other = NULL;

	*work = (struct order_work){ .order = *scene->order, .balances = *scene->balances };
	work->before = order_held(scene->order);
	if (scene->replacement != NULL && scene->sibling != NULL)
		return ORDER_FAULT_RELATION;
	if (scene->replacement != NULL) {
		other = scene->replacement;
		work->partner = PARTNER_REPLACEMENT;
		if (!order_work_replacement_open(other))
			return ORDER_FAULT_RELATION;
	} else if (scene->sibling != NULL) {
		other = scene->sibling;
		work->partner = PARTNER_SIBLING;
		if (!order_work_in_book(other))
			return ORDER_FAULT_RELATION;
	}
	if (other != NULL) {
		if (!order_work_together(scene->order, other))
			return ORDER_FAULT_RELATION;
		work->other = *other;
		work->before = order_work_sum(work->before, order_held(other));
	}
	work->pool = work->before;
	return ORDER_FITS;
}

void order_work_commit(const struct order_work *work, struct order_scene *scene)
{
	*scene->order = work->order;
	if (work->partner == PARTNER_REPLACEMENT)
		*scene->replacement = work->other;
	else if (work->partner == PARTNER_SIBLING)
		*scene->sibling = work->other;
	*scene->balances = work->balances;
}

struct bus_quantity order_work_replacement_leaves(const struct order *order,
						  const struct order *replacement)
{
	return (struct bus_quantity){ micros_max(0, replacement->quantity.micros -
							    order->cum.micros) };
}

static struct order_pair pair_of(struct order_work *work)
{
	struct order_pair pair = { .order = &work->order, .leaves = work->order.leaves };

	if (work->partner == PARTNER_NONE)
		return pair;
	pair.partner = &work->other;
	pair.partner_leaves = work->partner == PARTNER_SIBLING
				      ? work->other.leaves
				      : order_work_replacement_leaves(&work->order, &work->other);
	return pair;
}

/* Shares that are not needed any more: those that would have been sold short first. */
static void shrink_shares(struct order_need *pool, int64_t needed)
{
	int64_t drop = micros_max(0, pool->micros + pool->short_micros - needed);
	int64_t from_short = micros_min(drop, pool->short_micros);

	pool->short_micros -= from_short;
	pool->micros -= drop - from_short;
}

/* Never more than is left: a sibling's leaves may be behind what the book has told already. */
static bool shrink(struct order_work *work)
{
	struct order_pair pair = pair_of(work);
	struct order_need *pool = &work->pool, need;

	if (work->order.side == ORDER_SELL)
		shrink_shares(pool, micros_max(pair.leaves.micros, pair.partner_leaves.micros));
	if (!order_pair_need(&pair, pool->micros, &need))
		return false;
	if (work->order.side == ORDER_BUY) {
		pool->micros = micros_min(pool->micros, need.micros);
		pool->fee_micros = micros_min(pool->micros, need.fee_micros);
	}
	pool->margin_micros = micros_min(pool->margin_micros, need.margin_micros);
	return true;
}

/* The order holds what it needs alone, the replacement the rest. */
static bool split_replacement(struct order_work *work)
{
	struct order_need need, rest = work->pool;
	int64_t leaves = work->order.leaves.micros;
	int64_t lacking = micros_max(0, leaves - work->pool.micros);

	if (!order_need(&work->order, work->order.leaves, lacking, &need))
		return false;
	need.micros = micros_min(need.micros, rest.micros);
	need.fee_micros = micros_min(need.fee_micros, need.micros);
	need.short_micros = micros_min(need.short_micros, rest.short_micros);
	need.margin_micros = micros_min(need.margin_micros, rest.margin_micros);
	rest.micros -= need.micros;
	rest.fee_micros = micros_min(micros_max(0, rest.fee_micros - need.fee_micros), rest.micros);
	rest.short_micros -= need.short_micros;
	rest.margin_micros -= need.margin_micros;
	order_set_held(&work->order, need);
	order_set_held(&work->other, rest);
	return true;
}

bool order_work_settle(struct order_work *work)
{
	bool ended = work->order.leaves.micros == 0;

	if (ended && work->partner == PARTNER_REPLACEMENT) {
		/* It comes too late, and holds what it added until the book says so. */
		work->pool = order_held(&work->other);
		order_set_held(&work->order, (struct order_need){ 0 });
		return true;
	}
	if (!shrink(work))
		return false;
	if (work->partner == PARTNER_REPLACEMENT)
		return split_replacement(work);
	if (work->partner == PARTNER_SIBLING && ended) {
		order_set_held(&work->order, (struct order_need){ 0 });
		order_set_held(&work->other, work->pool);
		return true;
	}
	order_split_siblings(&work->order, work->partner == PARTNER_SIBLING ? &work->other : NULL,
			     work->pool);
	return true;
}

/* Gives the account what the orders have let go. */
static enum order_fault let_go(struct order_work *work, struct order_released *released)
{
	struct balances *balances = &work->balances;
	int64_t exposure = margin_exposure(&balances->shares), covered = 0;
	int64_t micros = work->before.micros - work->pool.micros;
	int64_t margin = work->before.margin_micros - work->pool.margin_micros;

	if (work->order.side == ORDER_BUY) {
		*released = (struct order_released){ .cash_micros = micros };
		return balance_release(&balances->cash, micros) ? ORDER_FITS : ORDER_FAULT_HOLD;
	}
	if (!balance_release(&balances->shares, micros) ||
	    !balance_release(&balances->cash, margin) ||
	    !margin_cover(balances, exposure, &covered))
		return ORDER_FAULT_HOLD;
	*released = (struct order_released){ margin + covered, micros };
	return ORDER_FITS;
}

enum order_fault order_work_finish(struct order_work *work, struct order_scene *scene,
				   struct order_released *released)
{
	struct order_released freed;
	enum order_fault fault;

	if (!order_work_settle(work))
		return ORDER_FAULT_OVERFLOW;
	fault = let_go(work, &freed);
	if (fault != ORDER_FITS)
		return fault;
	order_work_commit(work, scene);
	*released = freed;
	return ORDER_FITS;
}
