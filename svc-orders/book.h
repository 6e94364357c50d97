/*
 * The limit order book of one symbol: two sides of price levels, each a queue in order of arrival.
 * Pure: no clock, no I/O, and nothing of the bus but its number and id types.
 *
 * What an order would do is planned on a const book (book_match.h); a book changes through
 * book_add(), book_reduce() and book_remove() alone.
 *
 * Invariants: 0 < leaves <= quantity; every order is in its level's queue and in the table; the
 * book is not crossed unless trading is halted (or closed out of a halt); priorities ascend along a
 * queue.
 */
#ifndef ORDERS_BOOK_H
#define ORDERS_BOOK_H

#include <stdbool.h>

#include "book_ladder.h"
#include "book_memory.h"
#include "book_table.h"
#include "bus/id.h"
#include "bus/money.h"

#define BOOK_SYMBOL_SIZE 16 /* bytes, with the NUL; symbols have at most 12 */

/* The values of these four are those on the wire. */
enum book_side { BOOK_BUY = 1, BOOK_SELL = 2 };
enum book_type { BOOK_MARKET = 1, BOOK_LIMIT = 2 };
enum book_tif { BOOK_DAY = 1, BOOK_GTC = 2, BOOK_IOC = 3, BOOK_FOK = 4 };
enum book_trading {
	BOOK_UNHEARD = 0, /* of its session: trades */
	BOOK_CLOSED = 1,  /* no new orders; what is good till canceled stays */
	BOOK_OPEN = 2,
	BOOK_HALTED = 3, /* orders queue without being matched */
};

/* A resting order. Owned by its book. */
struct book_order {
	struct bus_id id;
	struct bus_id account;
	struct bus_price price;
	struct bus_quantity quantity; /* as it came */
	struct bus_quantity leaves;
	int64_t priority; /* dense per symbol, ascending with arrival */
	enum book_side side;
	enum book_tif tif;		/* BOOK_DAY or BOOK_GTC */
	struct book_level *level;	/* whose queue it is in */
	struct book_order *prev, *next; /* in that queue */
	/* For whoever keeps orders in a table of rows; the book sets both to 0 and no more. */
	uint32_t mark;
	bool stored;
};

/* The taker of a sweep that goes on in the next step: what of it has not traded yet. */
struct book_taker {
	struct bus_id id;
	struct bus_quantity leaves; /* 0: there is none */
};

struct book {
	char symbol[BOOK_SYMBOL_SIZE];
	enum book_trading trading;
	int32_t session_date; /* 20120621; 0 before the first */
	int64_t last_priority;
	struct book_taker taker;
	struct book_ladder bids, asks;
	struct book_table orders;
	struct book_memory *memory; /* borrowed: shared by the books of a processor */
};

/* `symbol` must fit. Borrows `memory`, which must outlive the book. */
void book_init(struct book *book, const char *symbol, struct book_memory *memory);
void book_release(struct book *book);

struct book_order *book_find(const struct book *book, struct bus_id id);
size_t book_count(const struct book *book);
/* Whether orders are matched now. */
bool book_trades(const struct book *book);

struct book_new {
	struct bus_id id;
	struct bus_id account;
	struct bus_price price;	      /* > 0 */
	struct bus_quantity quantity; /* as it came */
	struct bus_quantity leaves;   /* 0 < leaves <= quantity */
	enum book_side side;
	enum book_tif tif;
	int64_t priority; /* above all others of its price; 0: the next one of the book */
};

/* Puts an order last in the queue of its price. Its id must be new. The book owns what it returns.
 */
struct book_order *book_add(struct book *book, const struct book_new *order);
/* Makes an order smaller, in its place: 0 < by < leaves. */
void book_reduce(struct book *book, struct book_order *order, struct bus_quantity by);
/* Takes an order out; it is gone after that. */
void book_remove(struct book *book, struct book_order *order);

/* The side of a book, and the key of a price on it (see book_ladder.h), and back. */
static inline const struct book_ladder *book_ladder(const struct book *book, enum book_side side)
{
	return side == BOOK_BUY ? &book->bids : &book->asks;
}

static inline int64_t book_key(enum book_side side, struct bus_price price)
{
	return side == BOOK_BUY ? price.micros : -price.micros;
}

static inline struct bus_price book_price(enum book_side side, int64_t key)
{
	return (struct bus_price){ side == BOOK_BUY ? key : -key };
}

static inline enum book_side book_opposite(enum book_side side)
{
	return side == BOOK_BUY ? BOOK_SELL : BOOK_BUY;
}

#endif
