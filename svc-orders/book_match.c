/* Plans on a const book, see book_match.h. */
#include "book_match.h"

static struct book_best best_of(enum book_side side, const struct book_level *level)
{
	if (level == NULL)
		return (struct book_best){ 0 };
	return (struct book_best){ book_price(side, level->key), level->total };
}

struct book_top book_top(const struct book *book)
{
	return (struct book_top){
		.bid = best_of(BOOK_BUY, book_ladder_best(&book->bids)),
		.ask = best_of(BOOK_SELL, book_ladder_best(&book->asks)),
	};
}

static bool best_equal(const struct book_best *a, const struct book_best *b)
{
	return a->price.micros == b->price.micros && a->total.micros == b->total.micros;
}

bool book_top_equal(const struct book_top *a, const struct book_top *b)
{
	return best_equal(&a->bid, &b->bid) && best_equal(&a->ask, &b->ask);
}

struct bus_quantity book_total_shown(struct book_total total)
{
	return (struct bus_quantity){ total.micros > INT64_MAX ? INT64_MAX
							       : (int64_t)total.micros };
}

struct book_best book_best_with(struct book_best best, enum book_side side, struct bus_price price,
				struct bus_quantity leaves)
{
	if (best.total.micros == 0 || book_key(side, price) > book_key(side, best.price))
		return (struct book_best){ price, { (uint64_t)leaves.micros } };
	if (price.micros == best.price.micros)
		best.total.micros += (uint64_t)leaves.micros;
	return best;
}

/* Walks /////////////////////////////////////////////////////////////////////////////////// */

static void walk_level(struct book_side_walk *walk, const struct book_level *level)
{
	walk->level = level;
	if (level == NULL)
		return;
	walk->order = level->head;
	walk->leaves = level->head->leaves;
	walk->total = level->total;
}

void book_walk_begin(struct book_side_walk *walk, const struct book_ladder *ladder,
		     enum book_side side)
{
	walk->ladder = ladder;
	walk->side = side;
	walk_level(walk, book_ladder_first(ladder, &walk->spot));
}

static void walk_begin(struct book_side_walk *walk, const struct book *book, enum book_side side)
{
	book_walk_begin(walk, book_ladder(book, side), side);
}

void book_walk_next(struct book_side_walk *walk)
{
	walk->order = walk->order->next;
	if (walk->order != NULL)
		walk->leaves = walk->order->leaves;
	else
		walk_level(walk, book_ladder_next(walk->ladder, &walk->spot));
}

void book_walk_use(struct book_side_walk *walk, struct bus_quantity quantity)
{
	walk->leaves.micros -= quantity.micros;
	walk->total.micros -= (uint64_t)quantity.micros;
	if (walk->leaves.micros == 0)
		book_walk_next(walk);
}

struct book_best book_walk_best(const struct book_side_walk *walk)
{
	if (walk->level == NULL)
		return (struct book_best){ 0 };
	return (struct book_best){ book_price(walk->side, walk->level->key), walk->total };
}

struct book_best book_best_without(const struct book *book, const struct book_order *order,
				   struct bus_quantity by)
{
	struct book_side_walk walk;

	walk_begin(&walk, book, order->side);
	if (walk.level == order->level) {
		walk.total.micros -= (uint64_t)by.micros;
		if (walk.total.micros == 0)
			walk_level(&walk, book_ladder_next(walk.ladder, &walk.spot));
	}
	return book_walk_best(&walk);
}

/* Taking ////////////////////////////////////////////////////////////////////////////////// */

static struct bus_quantity less(struct bus_quantity a, struct bus_quantity b)
{
	return a.micros < b.micros ? a : b;
}

int64_t book_worst_key(enum book_side side, struct bus_price limit)
{
	if (side == BOOK_SELL && limit.micros == 0)
		return INT64_MIN;
	return book_key(book_opposite(side), limit);
}

void book_take_begin(struct book_taking *taking, const struct book *book, enum book_side side,
		     struct bus_price limit, struct bus_quantity leaves)
{
	walk_begin(&taking->walk, book, book_opposite(side));
	taking->worst_key = book_worst_key(side, limit);
	taking->leaves = leaves;
}

bool book_take_next(struct book_taking *taking, struct book_match *match)
{
	struct book_side_walk *walk = &taking->walk;

	if (taking->leaves.micros == 0 || walk->level == NULL ||
	    walk->level->key < taking->worst_key)
		return false;
	match->maker = walk->order;
	match->taker = NULL;
	match->quantity = less(taking->leaves, walk->leaves);
	match->maker_leaves.micros = walk->leaves.micros - match->quantity.micros;
	match->taker_leaves.micros = taking->leaves.micros - match->quantity.micros;
	taking->leaves = match->taker_leaves;
	book_walk_use(walk, match->quantity);
	return true;
}

bool book_can_fill(const struct book *book, enum book_side side, struct bus_price limit,
		   struct bus_quantity leaves)
{
	const struct book_ladder *ladder = book_ladder(book, book_opposite(side));
	int64_t worst = book_worst_key(side, limit);
	struct book_total sum = { 0 };
	struct book_spot spot;

	for (const struct book_level *level = book_ladder_first(ladder, &spot);
	     level != NULL && level->key >= worst; level = book_ladder_next(ladder, &spot)) {
		sum.micros += level->total.micros;
		if (sum.micros >= (uint64_t)leaves.micros)
			return true;
	}
	return false;
}

/* Uncrossing ////////////////////////////////////////////////////////////////////////////// */

static bool meets(const struct book_level *bid, const struct book_level *ask)
{
	return bid != NULL && ask != NULL && bid->key >= -ask->key;
}

bool book_crossed(const struct book *book)
{
	return meets(book_ladder_best(&book->bids), book_ladder_best(&book->asks));
}

void book_uncross_begin(struct book_uncrossing *uncrossing, const struct book *book)
{
	walk_begin(&uncrossing->bids, book, BOOK_BUY);
	walk_begin(&uncrossing->asks, book, BOOK_SELL);
}

bool book_uncross_next(struct book_uncrossing *uncrossing, struct book_match *match)
{
	struct book_side_walk *maker = &uncrossing->bids, *taker = &uncrossing->asks;

	if (!meets(maker->level, taker->level))
		return false;
	if (taker->order->priority < maker->order->priority) {
		maker = &uncrossing->asks;
		taker = &uncrossing->bids;
	}
	match->maker = maker->order;
	match->taker = taker->order;
	match->quantity = less(maker->leaves, taker->leaves);
	match->maker_leaves.micros = maker->leaves.micros - match->quantity.micros;
	match->taker_leaves.micros = taker->leaves.micros - match->quantity.micros;
	book_walk_use(maker, match->quantity);
	book_walk_use(taker, match->quantity);
	return true;
}

/* Expiring //////////////////////////////////////////////////////////////////////////////// */

void book_expire_begin(struct book_expiring *expiring, const struct book *book)
{
	*expiring = (struct book_expiring){ .book = book };
	walk_begin(&expiring->walk, book, BOOK_BUY);
}

/* The first level of which something stays is the best of its side. */
static void keep_best(struct book_expiring *expiring)
{
	const struct book_side_walk *walk = &expiring->walk;
	struct book_top *top = &expiring->top;
	struct book_best *best = walk->side == BOOK_BUY ? &top->bid : &top->ask;

	if (best->total.micros == 0 && walk->total.micros != 0)
		*best = book_walk_best(walk);
}

const struct book_order *book_expire_next(struct book_expiring *expiring)
{
	struct book_side_walk *walk = &expiring->walk;
	const struct book_order *order;

	do {
		if (walk->level == NULL && walk->side == BOOK_BUY)
			walk_begin(walk, expiring->book, BOOK_SELL);
		if (walk->level == NULL)
			return NULL;
		order = walk->order;
		if (order->tif == BOOK_DAY)
			walk->total.micros -= (uint64_t)order->leaves.micros;
		if (order->next == NULL)
			keep_best(expiring);
		book_walk_next(walk);
	} while (order->tif != BOOK_DAY);
	return order;
}

struct book_top book_expire_top(struct book_expiring *expiring)
{
	/* What the walk has not reached stays. */
	if (expiring->walk.level != NULL)
		keep_best(expiring);
	if (expiring->walk.side == BOOK_BUY)
		expiring->top.ask = book_top(expiring->book).ask;
	return expiring->top;
}
