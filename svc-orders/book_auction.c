/*
 * Auctions: one price for all that has gathered, the largest volume first, then the smallest
 * imbalance, then the nearest to the reference, then the lower; its trades, by price and time on
 * both sides; and the imbalance that is told while orders gather.
 *
 * Two queues take part: the visible book, and the one that waits for this auction.
 */
#include <stdlib.h>

#include "book_plan.h"

static enum book_queue queue_of(enum book_auction_kind kind)
{
	return kind == BOOK_AUCTION_CLOSING ? BOOK_CLOSING : BOOK_OPENING;
}

/* The price /////////////////////////////////////////////////////////////////////////////////// */

/* Sums and differences of quantities, of which nobody bounds the number. */
__extension__ typedef __int128 sum128;

#define DELTAS 8

/* What the step under way has done to what takes part. */
struct delta {
	int64_t key;
	int64_t quantity; /* less than 0: gone */
};

struct deltas {
	struct delta of[DELTAS];
	size_t count;
};

/* One side of all that takes part, level by level: two ladders and the deltas as one. */
struct gathered {
	const struct book_ladder *ladders[2];
	struct book_spot spots[2];
	const struct book_level *levels[2];
	struct deltas deltas;
};

static void gather(struct gathered *side, const struct book *book, enum book_side which,
		   enum book_queue queue)
{
	side->ladders[0] = book_ladder(book, which);
	side->ladders[1] = book_queue_side(book, queue, which);
	for (size_t i = 0; i < 2; i++)
		side->levels[i] = book_ladder_first(side->ladders[i], &side->spots[i]);
}

/* The best key that is left; false: none. */
static bool best_key(const struct gathered *side, int64_t *key)
{
	bool found = false;

	for (size_t i = 0; i < 2; i++)
		if (side->levels[i] != NULL && (!found || side->levels[i]->key > *key)) {
			*key = side->levels[i]->key;
			found = true;
		}
	for (size_t i = 0; i < side->deltas.count; i++)
		if (!found || side->deltas.of[i].key > *key) {
			*key = side->deltas.of[i].key;
			found = true;
		}
	return found;
}

static sum128 take_deltas(struct deltas *deltas, int64_t key)
{
	sum128 sum = 0;

	for (size_t i = 0; i < deltas->count;)
		if (deltas->of[i].key == key) {
			sum += deltas->of[i].quantity;
			deltas->of[i] = deltas->of[--deltas->count];
		} else {
			i++;
		}
	return sum;
}

/* What is open at that key, which is left behind; towards the worse keys, or back. */
static sum128 take_key(struct gathered *side, int64_t key, bool back)
{
	sum128 sum = take_deltas(&side->deltas, key);

	for (size_t i = 0; i < 2; i++) {
		if (side->levels[i] == NULL || side->levels[i]->key != key)
			continue;
		sum += (sum128)side->levels[i]->total.micros;
		side->levels[i] = back ? book_ladder_prev(side->ladders[i], &side->spots[i])
				       : book_ladder_next(side->ladders[i], &side->spots[i]);
	}
	return sum;
}

/* The worst key that is not below `worst`, among what lies towards the best; false: none. */
static bool worst_key(const struct gathered *side, int64_t *key)
{
	bool found = false;

	for (size_t i = 0; i < 2; i++)
		if (side->levels[i] != NULL && (!found || side->levels[i]->key < *key)) {
			*key = side->levels[i]->key;
			found = true;
		}
	for (size_t i = 0; i < side->deltas.count; i++)
		if (!found || side->deltas.of[i].key < *key) {
			*key = side->deltas.of[i].key;
			found = true;
		}
	return found;
}

/*
 * Goes from the best over all keys down to `worst`, and stands at the last of them then, to be
 * taken back. Returns the sum of what was there.
 */
static sum128 turn(struct gathered *side, int64_t worst)
{
	struct deltas deltas = { .count = 0 };
	sum128 sum = 0;

	for (size_t i = 0; i < side->deltas.count; i++)
		if (side->deltas.of[i].key >= worst) {
			deltas.of[deltas.count++] = side->deltas.of[i];
			sum += side->deltas.of[i].quantity;
		}
	side->deltas = deltas;
	for (size_t i = 0; i < 2; i++) {
		const struct book_level *level = side->levels[i], *last = NULL;
		struct book_spot spot = side->spots[i], last_spot = spot;

		while (level != NULL && level->key >= worst) {
			sum += (sum128)level->total.micros;
			last = level;
			last_spot = spot;
			level = book_ladder_next(side->ladders[i], &spot);
		}
		side->levels[i] = last;
		side->spots[i] = last_spot;
	}
	return sum;
}

/* A price with what it would trade. */
struct candidate {
	int64_t price; /* 0: none yet */
	sum128 volume;
	sum128 imbalance; /* of the buys */
	int64_t distance; /* from the reference; 0 when there is none */
};

static sum128 size_of(sum128 n)
{
	return n < 0 ? -n : n;
}

/* Candidates come with falling prices: of two equal ones the later is the lower. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (a->volume != b->volume)
		return a->volume > b->volume;
	if (size_of(a->imbalance) != size_of(b->imbalance))
		return size_of(a->imbalance) < size_of(b->imbalance);
	return a->distance <= b->distance;
}

static void consider(struct candidate *best, int64_t price, sum128 demand, sum128 supply,
		     int64_t reference)
{
	struct candidate candidate = {
		.price = price,
		.volume = demand < supply ? demand : supply,
		.imbalance = demand - supply,
		.distance = reference != 0 ? llabs(price - reference) : 0,
	};

	if (candidate.volume > 0 && (best->price == 0 || is_better(&candidate, best)))
		*best = candidate;
}

static struct candidate find_price(struct gathered *buys, struct gathered *sells, int64_t reference)
{
	struct candidate best = { 0 };
	sum128 demand = 0, supply;
	int64_t bid = 0, ask = 0;
	bool ahead = reference != 0; /* it is a candidate too, further down */

	if (!best_key(buys, &bid))
		return best;
	supply = turn(sells, -bid); /* at the best bid all of these would sell */
	/* From the best bid down to the lowest offer. */
	while (worst_key(sells, &ask)) {
		bool more = best_key(buys, &bid);
		int64_t price = more && bid > -ask ? bid : -ask;
		bool referred = ahead && reference >= price;
		sum128 bought = 0, sold = 0;

		if (referred) {
			price = reference;
			ahead = false;
		}
		if (more && bid == price)
			bought = take_key(buys, bid, false);
		if (-ask == price)
			sold = take_key(sells, ask, true);
		demand += bought;
		if (bought != 0 || sold != 0 || referred)
			consider(&best, price, demand, supply, reference);
		supply -= sold;
	}
	return best;
}

static int64_t shown(sum128 n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static void add_delta(struct deltas *deltas, enum book_side side, struct bus_price price,
		      int64_t quantity)
{
	bus_assert(deltas->count < DELTAS);
	deltas->of[deltas->count++] = (struct delta){ book_key(side, price), quantity };
}

static bool takes_part(enum book_queue queue, enum book_auction_kind kind)
{
	return queue == BOOK_VISIBLE || queue == queue_of(kind);
}

/* Less of a resting order, if it takes part. */
static void lessen(const struct book_plan *plan, struct deltas deltas[2], struct bus_id id,
		   enum book_auction_kind kind, int64_t by)
{
	const struct book_order *order = book_find(plan->book, id);

	if (order != NULL && by != 0 && takes_part(order->queue, kind))
		add_delta(&deltas[order->side == BOOK_SELL], order->side, order->price, -by);
}

static void lessen_replaced(const struct book_plan *plan, struct deltas deltas[2],
			    const struct book_replaced *replaced, enum book_auction_kind kind)
{
	const struct book_order *order = book_find(plan->book, replaced->id);

	lessen(plan, deltas, replaced->id, kind,
	       order->leaves.micros - (replaced->kept_place ? replaced->leaves.micros : 0));
}

/* What the events of this step, those of single orders, change. Returns whether they do. */
static bool find_deltas(const struct book_plan *plan, enum book_auction_kind kind,
			struct deltas deltas[2])
{
	deltas[0].count = deltas[1].count = 0;
	for (size_t i = 0; i < plan->out->count; i++) {
		const struct book_event *event = &plan->out->at[i];

		switch (event->kind) {
		case BOOK_ADDED:
			if (takes_part(event->added.queue, kind))
				add_delta(&deltas[event->added.side == BOOK_SELL],
					  event->added.side, event->added.price,
					  event->added.leaves.micros);
			break;
		case BOOK_REDUCED:
			lessen(plan, deltas, event->reduced.id, kind, event->reduced.by.micros);
			break;
		case BOOK_REMOVED:
			if (event->removed.rested)
				lessen(plan, deltas, event->removed.id, kind,
				       event->removed.canceled.micros);
			break;
		case BOOK_REPLACED:
			lessen_replaced(plan, deltas, &event->replaced, kind);
			break;
		case BOOK_EXECUTED:
		case BOOK_REJECTED:
		case BOOK_REQUEST_REJECTED:
		case BOOK_TRADING_CHANGED:
		case BOOK_TOP_CHANGED:
		case BOOK_TRIGGERED:
		case BOOK_PREVENTED:
		case BOOK_COMPLETED:
		case BOOK_AUCTION_HELD:
		case BOOK_IMBALANCE:
		case BOOK_TRAIL_MOVED:
			break;
		}
	}
	return deltas[0].count + deltas[1].count > 0;
}

static struct book_auction_result result_with(const struct book *book, enum book_auction_kind kind,
					      const struct deltas deltas[2])
{
	struct gathered buys = { .deltas = deltas[0] }, sells = { .deltas = deltas[1] };
	struct candidate best;

	gather(&buys, book, BOOK_BUY, queue_of(kind));
	gather(&sells, book, BOOK_SELL, queue_of(kind));
	best = find_price(&buys, &sells, book->status.last_price.micros);
	return (struct book_auction_result){
		.price = { best.price },
		.volume = { shown(best.volume) },
		.imbalance = { shown(size_of(best.imbalance)) },
		.imbalance_side = best.imbalance == 0  ? (enum book_side)0
				  : best.imbalance > 0 ? BOOK_BUY
						       : BOOK_SELL,
	};
}

struct book_auction_result book_auction_result(const struct book *book, enum book_auction_kind kind)
{
	const struct deltas none[2] = { { .count = 0 }, { .count = 0 } };

	return result_with(book, kind, none);
}

/* The imbalance /////////////////////////////////////////////////////////////////////////////// */

static enum book_auction_kind kind_ahead(enum book_trading trading)
{
	switch (trading) {
	case BOOK_HALTED:
		return BOOK_AUCTION_RESUMPTION;
	case BOOK_OPENING_AUCTION:
		return BOOK_AUCTION_OPENING;
	case BOOK_CLOSING_AUCTION:
		return BOOK_AUCTION_CLOSING;
	case BOOK_UNHEARD:
	case BOOK_CLOSED:
	case BOOK_OPEN:
		break;
	}
	return BOOK_NO_AUCTION;
}

static bool is_same(const struct book_auction_result *a, const struct book_auction_result *b)
{
	return a->price.micros == b->price.micros && a->volume.micros == b->volume.micros &&
	       a->imbalance.micros == b->imbalance.micros && a->imbalance_side == b->imbalance_side;
}

void book_plan_imbalance(struct book_plan *plan)
{
	const struct book_status *status = &plan->book->status;
	enum book_auction_kind kind = kind_ahead(status->trading);
	struct book_auction_result result;
	struct deltas deltas[2];

	if (status->imbalance_at != 0 &&
	    plan->command->now - status->imbalance_at < BOOK_IMBALANCE_GAP)
		return;
	if (!find_deltas(plan, kind, deltas))
		return;
	result = result_with(plan->book, kind, deltas);
	if (is_same(&result, &status->imbalance))
		return;
	book_plan_event(plan, BOOK_IMBALANCE)->imbalance =
		(struct book_imbalance){ kind, result, plan->command->now };
}

/* The trades ////////////////////////////////////////////////////////////////////////////////// */

/* One side: its two queues as one, by price and time. */
struct crowd {
	struct book_side_walk visible, waiting;
};

static void crowd_begin(struct crowd *crowd, const struct book *book, enum book_queue queue,
			enum book_side side)
{
	book_walk_begin(&crowd->visible, book_ladder(book, side), side);
	book_walk_begin(&crowd->waiting, book_queue_side(book, queue, side), side);
}

static bool comes_first(const struct book_side_walk *a, const struct book_side_walk *b)
{
	if (a->level == NULL || b->level == NULL)
		return b->level == NULL;
	if (a->level->key != b->level->key)
		return a->level->key > b->level->key;
	return a->order->priority < b->order->priority;
}

/* Whose turn it is, at this price or better; NULL: nobody's. */
static struct book_side_walk *crowd_next(struct crowd *crowd, enum book_side side,
					 struct bus_price price)
{
	struct book_side_walk *walk =
		comes_first(&crowd->visible, &crowd->waiting) ? &crowd->visible : &crowd->waiting;

	if (walk->level == NULL || price.micros == 0 || walk->level->key < book_key(side, price))
		return NULL;
	return walk;
}

static void trade_with(struct book_plan *plan, struct book_side_walk *maker,
		       struct book_side_walk *taker, struct bus_price price)
{
	struct bus_quantity quantity =
		maker->leaves.micros < taker->leaves.micros ? maker->leaves : taker->leaves;
	struct bus_quantity maker_leaves = { maker->leaves.micros - quantity.micros };
	struct bus_quantity taker_leaves = { taker->leaves.micros - quantity.micros };

	book_plan_event(plan, BOOK_EXECUTED)->executed = (struct book_executed){
		.n = plan->trades,
		.auction = true,
		.maker_side = maker->side,
		.quantity = quantity,
		.price = price,
		.maker = maker->order->id,
		.maker_account = maker->order->account,
		.maker_leaves = maker_leaves,
		.taker = taker->order->id,
		.taker_account = taker->order->account,
		.taker_leaves = taker_leaves,
		.at = plan->command->now,
	};
	book_plan_traded(plan, price);
	book_walk_use(maker, quantity);
	book_walk_use(taker, quantity);
}

/*
 * An order of an auction may trade many times in a step: its sibling is told once, by what the
 * order has traded in all of it, when its turn is over or the step is.
 */
static void tell_sibling(struct book_plan *plan, const struct book_order *order,
			 struct bus_quantity leaves)
{
	struct bus_quantity traded = { order->leaves.micros - leaves.micros };

	if (order->extra != NULL && traded.micros > 0)
		book_plan_sibling_traded(plan, order, traded, leaves);
}

/* What is left of the order at which a walk stands now, when it was `order`. */
static struct bus_quantity left_of(const struct book_side_walk *walk,
				   const struct book_order *order)
{
	if (walk->level != NULL && walk->order == order)
		return walk->leaves;
	return (struct bus_quantity){ 0 };
}

static bool trade_all(struct book_plan *plan, struct crowd *buys, struct crowd *sells,
		      struct bus_price price)
{
	struct book_side_walk *buy, *sell;
	bool full = false;

	while ((buy = crowd_next(buys, BOOK_BUY, price)) != NULL &&
	       (sell = crowd_next(sells, BOOK_SELL, price)) != NULL) {
		const struct book_order *bought = buy->order, *sold = sell->order;

		full = plan->work >= BOOK_STEP_TRADES;
		if (full)
			break;
		if (bought->priority < sold->priority)
			trade_with(plan, buy, sell, price);
		else
			trade_with(plan, sell, buy, price);
		if (left_of(buy, bought).micros == 0)
			tell_sibling(plan, bought, (struct bus_quantity){ 0 });
		if (left_of(sell, sold).micros == 0)
			tell_sibling(plan, sold, (struct bus_quantity){ 0 });
	}
	/* One side may stand within an order. */
	buy = crowd_next(buys, BOOK_BUY, price);
	if (buy != NULL)
		tell_sibling(plan, buy->order, buy->leaves);
	sell = crowd_next(sells, BOOK_SELL, price);
	if (sell != NULL)
		tell_sibling(plan, sell->order, sell->leaves);
	return !full;
}

/* What waited for this auction alone, and has not traded in it. */
static bool end_waiting(struct book_plan *plan, struct book_side_walk *walk)
{
	while (walk->level != NULL) {
		const struct book_order *order = walk->order;
		bool auction = order->tif == BOOK_OPG || order->tif == BOOK_CLS;

		if (plan->work >= BOOK_STEP_TRADES)
			return false;
		plan->work++;
		book_plan_removed(plan, order, walk->leaves,
				  auction ? BOOK_CANCEL_AUCTION : BOOK_CANCEL_NO_LIQUIDITY, false);
		book_walk_next(walk);
	}
	return true;
}

enum book_answer book_auction_step(struct book_plan *plan, enum book_auction_kind kind,
				   struct bus_price price)
{
	struct crowd buys, sells;
	bool done;

	crowd_begin(&buys, plan->book, queue_of(kind), BOOK_BUY);
	crowd_begin(&sells, plan->book, queue_of(kind), BOOK_SELL);
	done = trade_all(plan, &buys, &sells, price) && end_waiting(plan, &buys.waiting) &&
	       end_waiting(plan, &sells.waiting);
	plan->walked_bid = plan->walked_ask = true;
	plan->walked =
		(struct book_top){ book_walk_best(&buys.visible), book_walk_best(&sells.visible) };
	return done ? BOOK_DONE : BOOK_AGAIN;
}
