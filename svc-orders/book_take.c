/*
 * An order meets the other side: price-time priority at the resting price, self-trade prevention by
 * the taker's mode, orders by notional; then what is left rests or ends.
 */
#include "book_plan.h"

static struct bus_quantity less(struct bus_quantity a, struct bus_quantity b)
{
	return a.micros < b.micros ? a : b;
}

static bool prevents(const struct book_incoming *taker)
{
	return taker->stp > BOOK_STP_NONE;
}

/* One's own order, and it is not to be traded with. */
static bool is_own(const struct book_incoming *taker, const struct book_order *maker)
{
	return prevents(taker) && book_id_equal(&taker->account, &maker->account);
}

static bool is_market(const struct book_incoming *taker)
{
	return taker->type == BOOK_MARKET || taker->type == BOOK_STOP ||
	       taker->type == BOOK_TRAILING_STOP;
}

/* Dry runs ////////////////////////////////////////////////////////////////////////////////// */

bool book_would_take(const struct book *book, const struct book_incoming *incoming)
{
	const struct book_level *best =
		book_ladder_best(book_ladder(book, book_opposite(incoming->side)));

	return best != NULL && best->key >= book_worst_key(incoming->side, incoming->limit);
}

bool book_takes_whole(const struct book *book, const struct book_incoming *incoming)
{
	enum book_side side = book_opposite(incoming->side);
	int64_t worst = book_worst_key(incoming->side, incoming->limit);
	struct bus_quantity open = incoming->leaves;
	struct book_side_walk walk;

	if (!prevents(incoming))
		return book_can_fill(book, incoming->side, incoming->limit, incoming->leaves);
	for (book_walk_begin(&walk, book_ladder(book, side), side);
	     walk.level != NULL && walk.level->key >= worst; book_walk_next(&walk)) {
		if (is_own(incoming, walk.order)) {
			if (incoming->stp != BOOK_STP_CANCEL_OLDEST)
				return false;
			continue;
		}
		if (walk.leaves.micros >= open.micros)
			return true;
		open.micros -= walk.leaves.micros;
	}
	return false;
}

/* Trading /////////////////////////////////////////////////////////////////////////////////// */

/* What a notional pays for at a price, in whole increments; 0 also where it would cost nothing. */
__extension__ static struct bus_quantity affordable(const struct book_incoming *taker,
						    struct bus_price price)
{
	unsigned __int128 shares = (unsigned __int128)(uint64_t)taker->notional.micros *
				   (uint64_t)BUS_MICROS / (uint64_t)price.micros;

	if (shares > INT64_MAX)
		shares = INT64_MAX;
	shares -= shares % (uint64_t)taker->increment.micros;
	if (shares * (uint64_t)price.micros < (uint64_t)BUS_MICROS)
		return (struct bus_quantity){ 0 };
	return (struct bus_quantity){ (int64_t)shares };
}

static void pay(struct book_incoming *taker, struct bus_price price, struct bus_quantity quantity)
{
	struct bus_money cost;
	bool fits = bus_notional_down(price, quantity, &cost) &&
		    bus_money_sub(taker->notional, cost, &taker->notional);

	bus_assert(fits); /* it was affordable */
}

/* The taker's own sibling waits among the stops; `open` is what of it does. */
struct pair {
	const struct book_order *order; /* NULL: none, or gone */
	struct bus_quantity open;
};

static struct pair pair_of(const struct book_incoming *taker)
{
	return (struct pair){ taker->pair,
			      { taker->pair != NULL ? taker->pair->leaves.micros : 0 } };
}

static void pair_ends(struct book_plan *plan, struct pair *pair)
{
	if (pair->order == NULL)
		return;
	book_plan_removed(plan, pair->order, pair->open, BOOK_CANCEL_OCO, false);
	pair->order = NULL;
}

static void pair_traded(struct book_plan *plan, struct pair *pair, struct bus_quantity quantity)
{
	if (pair->order == NULL)
		return;
	if (pair->open.micros <= quantity.micros) {
		pair_ends(plan, pair);
		return;
	}
	pair->open.micros -= quantity.micros;
	book_plan_reduced(plan, pair->order, quantity, pair->open, false);
}

static void trade(struct book_plan *plan, struct book_incoming *taker, struct book_side_walk *walk,
		  struct bus_quantity quantity, struct pair *pair)
{
	const struct book_order *maker = walk->order;
	struct book_event *event = book_plan_event(plan, BOOK_EXECUTED);
	struct bus_quantity maker_leaves = { walk->leaves.micros - quantity.micros };

	taker->leaves.micros -= quantity.micros;
	event->executed = (struct book_executed){
		.n = plan->trades,
		.maker_side = maker->side,
		.quantity = quantity,
		.price = maker->price,
		.maker = maker->id,
		.maker_account = maker->account,
		.maker_leaves = maker_leaves,
		.taker = taker->id,
		.taker_account = taker->account,
		.taker_leaves = taker->leaves,
		.at = plan->command->now,
	};
	book_plan_traded(plan, maker->price);
	if (maker->extra != NULL)
		book_plan_sibling_traded(plan, maker, quantity, maker_leaves);
	pair_traded(plan, pair, quantity);
	if (taker->by_notional)
		pay(taker, maker->price, quantity);
	book_walk_use(walk, quantity);
}

/* What became of the taker at one maker. */
enum met { MET, STOPPED };

static void decrement(struct book_plan *plan, struct book_incoming *taker,
		      struct book_side_walk *walk, struct pair *pair)
{
	const struct book_order *maker = walk->order;
	struct bus_quantity quantity = less(taker->leaves, walk->leaves);
	struct book_event *event = book_plan_event(plan, BOOK_PREVENTED);

	taker->leaves.micros -= quantity.micros;
	taker->prevented.micros += quantity.micros;
	event->prevented = (struct book_prevented){
		.account = taker->account,
		.quantity = quantity,
		.maker = maker->id,
		.taker = taker->id,
		.maker_leaves = { walk->leaves.micros - quantity.micros },
		.taker_leaves = taker->leaves,
	};
	if (walk->leaves.micros == quantity.micros)
		book_plan_end_sibling(plan, maker);
	if (taker->leaves.micros == 0)
		pair_ends(plan, pair);
	book_walk_use(walk, quantity);
}

static void cancel_maker(struct book_plan *plan, struct book_side_walk *walk)
{
	book_plan_removed(plan, walk->order, walk->leaves, BOOK_CANCEL_SELF_TRADE, false);
	book_plan_end_sibling(plan, walk->order);
	book_walk_use(walk, walk->leaves);
}

static enum met prevent(struct book_plan *plan, struct book_incoming *taker,
			struct book_side_walk *walk, struct pair *pair)
{
	plan->work++;
	switch (taker->stp) {
	case BOOK_STP_CANCEL_OLDEST:
		cancel_maker(plan, walk);
		return MET;
	case BOOK_STP_DECREMENT:
		decrement(plan, taker, walk, pair);
		return MET;
	case BOOK_STP_CANCEL_BOTH:
		cancel_maker(plan, walk);
		break;
	case BOOK_STP_CANCEL_NEWEST:
	case BOOK_STP_UNSET:
	case BOOK_STP_NONE:
		break;
	}
	book_plan_ended(plan, taker, BOOK_CANCEL_SELF_TRADE);
	pair_ends(plan, pair);
	return STOPPED;
}

/* Remainders ////////////////////////////////////////////////////////////////////////////////// */

/* Why a remainder must end; 0: it may rest. */
static enum book_cancel remainder_reason(const struct book_incoming *taker)
{
	switch (taker->tif) {
	case BOOK_FOK:
		return BOOK_CANCEL_FOK;
	case BOOK_IOC:
		return is_market(taker) ? BOOK_CANCEL_NO_LIQUIDITY : BOOK_CANCEL_IOC;
	case BOOK_DAY:
	case BOOK_GTC:
	case BOOK_OPG:
	case BOOK_CLS:
		break;
	}
	return is_market(taker) ? BOOK_CANCEL_NO_LIQUIDITY : (enum book_cancel)0;
}

static void settle(struct book_plan *plan, struct book_incoming *taker, struct pair *pair)
{
	enum book_cancel reason = remainder_reason(taker);

	if (reason != 0) {
		book_plan_ended(plan, taker, reason);
		pair_ends(plan, pair);
	} else {
		book_plan_added(plan, taker, BOOK_VISIBLE);
	}
}

/* No further lot can be paid. */
static void complete(struct book_plan *plan, const struct book_incoming *taker)
{
	struct book_event *event;

	if (taker->leaves.micros + taker->prevented.micros == taker->quantity.micros) {
		book_plan_ended(plan, taker, BOOK_CANCEL_NO_LIQUIDITY);
		return;
	}
	event = book_plan_event(plan, BOOK_COMPLETED);
	event->completed = (struct book_completed){ taker->id, taker->account, taker->leaves };
}

/* Takes until nothing meets, the step is full, or the taker is done. */
static enum book_answer run(struct book_plan *plan, struct book_incoming *taker,
			    struct book_side_walk *walk)
{
	int64_t worst = book_worst_key(taker->side, taker->limit);
	struct pair pair = pair_of(taker);

	while (taker->leaves.micros > 0) {
		struct bus_quantity quantity;

		if (taker->by_notional && taker->notional.micros == 0) {
			complete(plan, taker);
			return BOOK_DONE;
		}
		if (walk->level == NULL || walk->level->key < worst) {
			settle(plan, taker, &pair);
			return BOOK_DONE;
		}
		if (plan->work >= BOOK_STEP_TRADES)
			return BOOK_AGAIN;
		if (is_own(taker, walk->order)) {
			if (prevent(plan, taker, walk, &pair) == STOPPED)
				return BOOK_DONE;
			continue;
		}
		quantity = less(taker->leaves, walk->leaves);
		if (taker->by_notional)
			quantity = less(quantity, affordable(taker, walk->order->price));
		if (quantity.micros == 0) {
			complete(plan, taker);
			return BOOK_DONE;
		}
		trade(plan, taker, walk, quantity, &pair);
	}
	pair_ends(plan, &pair);
	return BOOK_DONE;
}

enum book_answer book_take(struct book_plan *plan, struct book_incoming *incoming)
{
	enum book_side side = book_opposite(incoming->side);
	struct book_side_walk walk;
	enum book_answer answer;

	/* The way of most orders. */
	if (!book_would_take(plan->book, incoming)) {
		struct pair pair = pair_of(incoming);

		settle(plan, incoming, &pair);
		return BOOK_DONE;
	}
	book_walk_begin(&walk, book_ladder(plan->book, side), side);
	answer = run(plan, incoming, &walk);
	if (side == BOOK_BUY) {
		plan->walked_bid = true;
		plan->walked.bid = book_walk_best(&walk);
	} else {
		plan->walked_ask = true;
		plan->walked.ask = book_walk_best(&walk);
	}
	return answer;
}
