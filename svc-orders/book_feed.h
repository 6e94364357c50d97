/*
 * A book from somebody else's feed: what happened to each order is told, nothing is matched. An
 * execution reduces the order that it names, wherever that stands; where it stood is answered, so
 * that a feed can be judged. Pure, like the book.
 *
 * A feed may tell anything: what the book cannot do is refused and changes nothing.
 */
#ifndef ORDERS_BOOK_FEED_H
#define ORDERS_BOOK_FEED_H

#include "book.h"

enum book_feed_result {
	BOOK_FEED_OK = 0,
	BOOK_FEED_UNKNOWN =
		-1, /* no order of that id rests: it may be from before the feed began */
	BOOK_FEED_INVALID = -2, /* an id that rests already, or a number out of its range */
};

/* Where an executed order stood. */
struct book_feed_place {
	bool at_best; /* no better price of its side had orders */
	bool at_head; /* nobody was before it at its price, and that was the best */
};

struct book_feed_order {
	struct bus_id id;
	enum book_side side;
	struct bus_price price;
	struct bus_quantity quantity;
	int64_t at; /* micros */
};

/* Rests, last in the queue of its price, even where that crosses the other side. */
enum book_feed_result book_feed_add(struct book *book,
				    const struct book_feed_order *order) BUS_MUST_CHECK;
/* A part of it was canceled; all that is left when `by` is as much or more. */
enum book_feed_result book_feed_reduce(struct book *book, struct bus_id id,
				       struct bus_quantity by) BUS_MUST_CHECK;
enum book_feed_result book_feed_delete(struct book *book, struct bus_id id) BUS_MUST_CHECK;
/* A part of it, or all, has traded. `place` may be NULL. */
enum book_feed_result book_feed_execute(struct book *book, struct bus_id id,
					struct bus_quantity quantity,
					struct book_feed_place *place) BUS_MUST_CHECK;

#endif
