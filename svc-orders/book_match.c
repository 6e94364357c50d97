/* Looks at a const book, see book_match.h. */
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

/* Taking ////////////////////////////////////////////////////////////////////////////////// */

int64_t book_worst_key(enum book_side side, struct bus_price limit)
{
	if (side == BOOK_SELL && limit.micros == 0)
		return INT64_MIN;
	return book_key(book_opposite(side), limit);
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

static bool meets(const struct book_level *bid, const struct book_level *ask)
{
	return bid != NULL && ask != NULL && bid->key >= -ask->key;
}

bool book_crossed(const struct book *book)
{
	return meets(book_ladder_best(&book->bids), book_ladder_best(&book->asks));
}
