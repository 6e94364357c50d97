/* A step under way, see book_plan.h. */
#include "book_plan.h"

/* Events of single orders /////////////////////////////////////////////////////////////////// */

void book_plan_removed(struct book_plan *plan, const struct book_order *order,
		       struct bus_quantity canceled, enum book_cancel reason, bool requested)
{
	struct book_event *event = book_plan_event(plan, BOOK_REMOVED);

	event->removed = (struct book_removed){
		.id = order->id,
		.account = order->account,
		.side = order->side,
		.price = order->price,
		.canceled = canceled,
		.reason = reason,
		.rested = true,
		.requested = requested,
	};
	plan->stops_gone += order->queue == BOOK_STOPS;
}

void book_plan_reduced(struct book_plan *plan, const struct book_order *order,
		       struct bus_quantity by, struct bus_quantity leaves, bool requested)
{
	struct book_event *event = book_plan_event(plan, BOOK_REDUCED);

	event->reduced = (struct book_reduced){
		.id = order->id,
		.account = order->account,
		.side = order->side,
		.price = order->price,
		.by = by,
		.leaves = leaves,
		.requested = requested,
	};
}

void book_plan_ended(struct book_plan *plan, const struct book_incoming *incoming,
		     enum book_cancel reason)
{
	struct book_event *event = book_plan_event(plan, BOOK_REMOVED);

	event->removed = (struct book_removed){
		.id = incoming->id,
		.account = incoming->account,
		.side = incoming->side,
		.price = incoming->limit,
		.canceled = incoming->leaves,
		.reason = reason,
	};
}

void book_plan_added(struct book_plan *plan, const struct book_incoming *incoming,
		     enum book_queue queue)
{
	struct book_event *event = book_plan_event(plan, BOOK_ADDED);

	event->added = (struct book_added){
		.id = incoming->id,
		.account = incoming->account,
		.sibling = incoming->sibling,
		.side = incoming->side,
		.type = incoming->type,
		.tif = incoming->tif,
		.queue = queue,
		.stp = incoming->stp,
		.post_only = incoming->post_only,
		.price = incoming->limit,
		.quantity = incoming->quantity,
		.prevented = incoming->prevented,
		.leaves = incoming->leaves,
		.stop = incoming->stop,
		.trail = incoming->trail,
		.best = incoming->best,
		.trail_percent = incoming->trail_percent,
		.added_at = plan->command->now,
		.expires_at = incoming->expires_at,
	};
	if (queue != BOOK_VISIBLE)
		return;
	plan->added_side = incoming->side;
	plan->added_price = incoming->limit;
	plan->added = incoming->leaves;
}

void book_plan_traded(struct book_plan *plan, struct bus_price price)
{
	if (plan->last.micros == 0)
		plan->lowest = plan->highest = price;
	else if (price.micros < plan->lowest.micros)
		plan->lowest = price;
	else if (price.micros > plan->highest.micros)
		plan->highest = price;
	plan->last = price;
	plan->trades++;
	plan->work++;
}

/* Siblings ////////////////////////////////////////////////////////////////////////////////// */

void book_plan_change(struct book_plan *plan, const struct book_order *order,
		      struct bus_quantity by)
{
	if (order->queue != BOOK_VISIBLE)
		return;
	bus_assert(plan->change_count < BOOK_PLAN_CHANGES);
	plan->changes[plan->change_count++] = (struct book_change){ order, by };
}

static void end(struct book_plan *plan, const struct book_order *sibling, struct bus_quantity open)
{
	book_plan_removed(plan, sibling, open, BOOK_CANCEL_OCO, false);
	book_plan_change(plan, sibling, open);
}

void book_plan_end_sibling(struct book_plan *plan, const struct book_order *order)
{
	const struct book_order *sibling = book_sibling(plan->book, order);

	if (sibling != NULL)
		end(plan, sibling, sibling->leaves);
}

void book_plan_sibling_traded(struct book_plan *plan, const struct book_order *order,
			      struct bus_quantity quantity, struct bus_quantity leaves)
{
	const struct book_order *sibling = book_sibling(plan->book, order);
	/* An order by notional may meet it again: what rounding leaves may pay for a further lot.
	 */
	int64_t before = order->leaves.micros - leaves.micros - quantity.micros;
	struct bus_quantity open;

	if (sibling == NULL || (before > 0 && sibling->leaves.micros <= before))
		return;
	open.micros = sibling->leaves.micros - before;
	if (leaves.micros == 0 || open.micros <= quantity.micros) {
		end(plan, sibling, open);
		return;
	}
	open.micros -= quantity.micros;
	book_plan_reduced(plan, sibling, quantity, open, false);
	book_plan_change(plan, sibling, quantity);
}

/* Top ///////////////////////////////////////////////////////////////////////////////////////// */

/* The best of a side without what has changed of it. */
static struct book_best best_less(const struct book_plan *plan, enum book_side side)
{
	const struct book_ladder *ladder = book_ladder(plan->book, side);
	struct book_spot spot;

	for (const struct book_level *level = book_ladder_first(ladder, &spot); level != NULL;
	     level = book_ladder_next(ladder, &spot)) {
		struct book_total total = level->total;

		for (size_t i = 0; i < plan->change_count; i++)
			if (plan->changes[i].order->level == level)
				total.micros -= (uint64_t)plan->changes[i].by.micros;
		if (total.micros != 0)
			return (struct book_best){ book_price(side, level->key), total };
	}
	return (struct book_best){ 0 };
}

static struct book_best best_after(const struct book_plan *plan, enum book_side side)
{
	const struct book_level *level = book_ladder_best(book_ladder(plan->book, side));
	bool walked = side == BOOK_BUY ? plan->walked_bid : plan->walked_ask;
	struct book_best best = { 0 };

	if (walked)
		best = side == BOOK_BUY ? plan->walked.bid : plan->walked.ask;
	else if (plan->change_count > 0)
		best = best_less(plan, side);
	else if (level != NULL)
		best = (struct book_best){ book_price(side, level->key), level->total };
	if (plan->added.micros > 0 && plan->added_side == side)
		best = book_best_with(best, side, plan->added_price, plan->added);
	return best;
}

/* What most steps do is behind the best. */
static bool top_stays(const struct book_plan *plan)
{
	const struct book_level *best;

	if (plan->walked_bid || plan->walked_ask)
		return false;
	for (size_t i = 0; i < plan->change_count; i++) {
		const struct book_order *order = plan->changes[i].order;

		if (order->level == book_ladder_best(book_ladder(plan->book, order->side)))
			return false;
	}
	if (plan->added.micros == 0)
		return true;
	best = book_ladder_best(book_ladder(plan->book, plan->added_side));
	return best != NULL && best->key > book_key(plan->added_side, plan->added_price);
}

void book_plan_top(struct book_plan *plan)
{
	struct book_top before, after;
	struct book_event *event;

	if (top_stays(plan))
		return;
	before = book_top(plan->book);
	after.bid = best_after(plan, BOOK_BUY);
	after.ask = best_after(plan, BOOK_SELL);
	if (book_top_equal(&before, &after))
		return;
	event = book_plan_event(plan, BOOK_TOP_CHANGED);
	event->top = (struct book_top_changed){
		.bid = after.bid.price,
		.ask = after.ask.price,
		.bid_quantity = book_total_shown(after.bid.total),
		.ask_quantity = book_total_shown(after.ask.total),
	};
}
