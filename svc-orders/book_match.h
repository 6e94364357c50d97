/*
 * Looks at a const book: its top, and a side walked in price-time order as if parts of it were used
 * up. Nothing here changes anything. A walk holds pointers into the book: it is void when the book
 * changes.
 */
#ifndef ORDERS_BOOK_MATCH_H
#define ORDERS_BOOK_MATCH_H

#include "book.h"

/* The best price of a side and what is open there; total 0: the side is empty. */
struct book_best {
	struct bus_price price;
	struct book_total total;
};

struct book_top {
	struct book_best bid, ask;
};

struct book_top book_top(const struct book *book);
bool book_top_equal(const struct book_top *a, const struct book_top *b);
/* The total as 64 bits; what is more than they hold is shown as their maximum. */
struct bus_quantity book_total_shown(struct book_total total);
/* The best of a side when `leaves` more rest at `price`. */
struct book_best book_best_with(struct book_best best, enum book_side side, struct bus_price price,
				struct bus_quantity leaves);

/* A side walked in price-time order, as far as it has been used up. */
struct book_side_walk {
	const struct book_ladder *ladder;
	enum book_side side;
	struct book_spot spot;
	const struct book_level *level; /* NULL: the side is used up */
	const struct book_order *order; /* the next one */
	struct bus_quantity leaves;	/* of that order */
	struct book_total total;	/* of that level */
};

void book_walk_begin(struct book_side_walk *walk, const struct book_ladder *ladder,
		     enum book_side side);
/* On to the next order, and whether the present one was used up or not, it stays behind. */
void book_walk_next(struct book_side_walk *walk);
/* Uses a part of the present order, or all of it. */
void book_walk_use(struct book_side_walk *walk, struct bus_quantity quantity);
/* The best of a walked side when all that the walk has used is gone. */
struct book_best book_walk_best(const struct book_side_walk *walk);
/* The key, on the other side, of the worst price that a taker accepts. */
int64_t book_worst_key(enum book_side side, struct bus_price limit);

/* Whether `leaves` can trade whole, now. */
bool book_can_fill(const struct book *book, enum book_side side, struct bus_price limit,
		   struct bus_quantity leaves);

bool book_crossed(const struct book *book);

#endif
