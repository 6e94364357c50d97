/*
 * Plans on a const book: whom an order would meet, what an uncross trades, what a close removes,
 * and the top of the book after it. Nothing here changes anything; the caller turns what it is
 * given into facts, and the facts change the book.
 *
 * A plan holds pointers into the book: it is void when the book changes.
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
/* The best of a side when `leaves` more rest at `price`, and when `by` less of `order` rest. */
struct book_best book_best_with(struct book_best best, enum book_side side, struct bus_price price,
				struct bus_quantity leaves);
struct book_best book_best_without(const struct book *book, const struct book_order *order,
				   struct bus_quantity by);

/* One trade, and what is open of both sides after it. Its price is the maker's. */
struct book_match {
	const struct book_order *maker;
	const struct book_order *taker; /* uncross only: both rest */
	struct bus_quantity quantity;
	struct bus_quantity maker_leaves;
	struct bus_quantity taker_leaves;
};

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

/* An incoming order against the other side. */
struct book_taking {
	struct book_side_walk walk;
	int64_t worst_key; /* of the other side, that the taker still accepts */
	struct bus_quantity leaves;
};

/* `limit` 0 (sells only): any price. */
void book_take_begin(struct book_taking *taking, const struct book *book, enum book_side side,
		     struct bus_price limit, struct bus_quantity leaves);
/* False when nothing more trades: taking->leaves is the remainder. */
bool book_take_next(struct book_taking *taking, struct book_match *match);
/* Whether `leaves` can trade whole, now. */
bool book_can_fill(const struct book *book, enum book_side side, struct bus_price limit,
		   struct bus_quantity leaves);

/*
 * A crossed book (after a halt): best bid against best offer, each the first in its queue, until
 * they no longer meet. The one that came first is the maker.
 */
struct book_uncrossing {
	struct book_side_walk bids, asks;
};

void book_uncross_begin(struct book_uncrossing *uncrossing, const struct book *book);
bool book_uncross_next(struct book_uncrossing *uncrossing, struct book_match *match);
bool book_crossed(const struct book *book);

/* The day orders, bids first, best first. */
struct book_expiring {
	const struct book *book;
	struct book_side_walk walk;
	struct book_top top; /* of what stays, as far as it is known */
};

void book_expire_begin(struct book_expiring *expiring, const struct book *book);
/* The next day order, or NULL. */
const struct book_order *book_expire_next(struct book_expiring *expiring);
/* The top when the orders returned so far are gone. To be asked last. */
struct book_top book_expire_top(struct book_expiring *expiring);

#endif
