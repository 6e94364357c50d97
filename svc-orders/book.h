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

/* The values of these are those on the wire. */
enum book_side { BOOK_BUY = 1, BOOK_SELL = 2 };
enum book_type {
	BOOK_MARKET = 1,
	BOOK_LIMIT = 2,
	BOOK_STOP = 3,
	BOOK_STOP_LIMIT = 4,
	BOOK_TRAILING_STOP = 5,
};
enum book_tif {
	BOOK_DAY = 1,
	BOOK_GTC = 2,
	BOOK_IOC = 3,
	BOOK_FOK = 4,
	BOOK_OPG = 5,
	BOOK_CLS = 6,
};
enum book_stp {
	BOOK_STP_UNSET = 0, /* as NONE */
	BOOK_STP_NONE = 1,
	BOOK_STP_CANCEL_NEWEST = 2,
	BOOK_STP_CANCEL_OLDEST = 3,
	BOOK_STP_CANCEL_BOTH = 4,
	BOOK_STP_DECREMENT = 5,
};
enum book_trading {
	BOOK_UNHEARD = 0, /* of its session: trades */
	BOOK_CLOSED = 1,  /* no new orders; what is good till canceled stays */
	BOOK_OPEN = 2,
	BOOK_HALTED = 3, /* orders gather without being matched, as in the two that follow */
	BOOK_OPENING_AUCTION = 4,
	BOOK_CLOSING_AUCTION = 5,
};
enum book_queue {
	BOOK_VISIBLE = 1, /* the book that everybody sees */
	BOOK_STOPS = 2,	  /* until a trade elects them */
	BOOK_OPENING = 3, /* for the auction at the open, or the one that ends a halt */
	BOOK_CLOSING = 4, /* for the auction at the close */
};
enum book_auction_kind {
	BOOK_NO_AUCTION = 0,
	BOOK_AUCTION_OPENING = 1,
	BOOK_AUCTION_CLOSING = 2,
	BOOK_AUCTION_RESUMPTION = 3,
};

/* What few orders have; of the others it is not there. */
struct book_extra {
	struct bus_id sibling;	/* one cancels the other; all 0: none */
	struct bus_price stop;	/* of a stop; of a trailing one: where it is now */
	struct bus_price trail; /* a trailing stop has one of the two */
	int64_t trail_percent;	/* millionths of a per cent */
	struct bus_price best;	/* the best last price since it came */
	/* The trailing stops of a side are a list of their own, in no order. */
	struct book_order *prev_trail, *next_trail;
};

/*
 * A resting order. Owned by its book. The first cache line is what matching needs, the second what
 * an order has besides; the pool keeps them aligned.
 */
struct book_order {
	struct bus_id id;
	struct bus_quantity leaves;
	struct book_level *level;	/* whose queue it is in */
	struct book_order *prev, *next; /* in that queue */
	struct bus_id account;
	struct bus_price price;	      /* limit or collar; of a stop, the one that it will have */
	struct bus_quantity quantity; /* as it came, less what was decreased or prevented */
	int64_t priority;	      /* dense per symbol, ascending with arrival */
	struct book_extra *extra;     /* owned; NULL: none */
	int64_t added_at;	      /* micros */
	int64_t expires_at;	      /* the close at or after it ends the order; 0: none */
	/* For whoever keeps orders in a table of rows; the book sets both to 0 and no more. */
	uint32_t mark;
	bool stored;
	bool post_only;
	/* Enums of the same names, a byte each. */
	uint8_t stp, side, type, tif, queue;
};

/*
 * An order between the queues while the steps of one input go on: it was elected, replaces another,
 * or has traded and is not through. What of it the command does not say (again) is here. An order
 * that has only sent others away is as it came, and comes again.
 */
struct book_hand {
	struct bus_id id;
	struct bus_quantity leaves;    /* 0: there is none, and nothing else here counts */
	struct bus_quantity quantity;  /* as in struct book_order; 0 unless `known` or elected */
	struct bus_quantity prevented; /* taken away by self-trade prevention */
	struct bus_money spent;	       /* what its executions of this input cost */
	/* It rested before, or its predecessor did: all that follows is known. */
	bool known;
	bool post_only;
	enum book_stp stp;
	enum book_side side;
	enum book_type type;
	enum book_tif tif;
	struct bus_id account;
	struct bus_id sibling;
	struct bus_price limit;
	int64_t expires_at;
};

/* What an auction would give, or gives. */
struct book_auction_result {
	struct bus_price price; /* 0: nothing meets */
	struct bus_quantity volume;
	struct bus_quantity imbalance; /* what would still trade at that price */
	enum book_side imbalance_side; /* 0: neither */
};

/* All that a book is besides its orders: one row. Changed by book_apply() alone. */
struct book_status {
	enum book_trading trading;
	int32_t session_date; /* 20120621; 0 before the first */
	int64_t actions;      /* corporate actions of the symbol that are effective */
	int64_t last_priority;
	struct bus_price last_price; /* of the last trade; 0: none */
	bool opening_held;	     /* too late for BOOK_OPG */
	struct book_hand hand;
	/* The auction that is being held: its price; its trades are not through. */
	enum book_auction_kind auction;
	struct bus_price auction_price;
	/* The last one that was told in this call, and when; 0: none yet. */
	struct book_auction_result imbalance;
	int64_t imbalance_at;
};

struct book;

/* Told by book_apply(); both may be NULL. An order that is gone is not told as changed before. */
struct book_watch {
	void *arg;
	/* It is new, or something of it has changed that a row has; also its id. */
	void (*changed)(void *arg, const struct book *book, struct book_order *order);
	/* It is about to go, or to take another id (then changed() follows). */
	void (*gone)(void *arg, const struct book *book, struct book_order *order);
};

/* The two sides of a queue. */
struct book_sides {
	struct book_ladder buys, sells;
};

struct book {
	char symbol[BOOK_SYMBOL_SIZE];
	struct book_status status;
	struct book_ladder bids, asks; /* BOOK_VISIBLE */
	struct book_sides stops, opening, closing;
	struct book_order *trailing_buys, *trailing_sells;
	struct book_table orders;
	struct book_memory *memory;	/* borrowed: shared by the books of a processor */
	const struct book_watch *watch; /* borrowed; may be NULL */
};

/* `symbol` must fit. Borrows `memory`, which must outlive the book. */
void book_init(struct book *book, const char *symbol, struct book_memory *memory);
void book_release(struct book *book);

struct book_order *book_find(const struct book *book, struct bus_id id);
size_t book_count(const struct book *book);

struct book_new {
	struct bus_id id;
	struct bus_id account;
	struct bus_price price;	      /* > 0; of a stop 0 too */
	struct bus_quantity quantity; /* as it came, less what was prevented */
	struct bus_quantity leaves;   /* 0 < leaves <= quantity */
	enum book_side side;
	enum book_tif tif;
	int64_t priority;      /* 0: the next one of the book */
	enum book_queue queue; /* 0: BOOK_VISIBLE */
	enum book_type type;   /* 0: BOOK_LIMIT */
	enum book_stp stp;
	bool post_only;
	int64_t added_at;
	int64_t expires_at;
	struct bus_id sibling;
	struct bus_price stop, trail, best;
	int64_t trail_percent;
};

/*
 * Puts an order into the queue of its price, by its priority. Its id must be new. The book owns
 * what it returns. Whoever builds a book from rows adds them in any order.
 */
struct book_order *book_add(struct book *book, const struct book_new *order);
/* An execution: makes an order smaller, in its place: 0 < by < leaves. */
void book_reduce(struct book *book, struct book_order *order, struct bus_quantity by);
/* Takes an order out; it is gone after that. */
void book_remove(struct book *book, struct book_order *order);
/* The same order under another id, which must be new. */
void book_rename(struct book *book, struct book_order *order, struct bus_id id);
/* A trailing stop goes on from this best price. */
void book_trail(struct book *book, struct book_order *order, struct bus_price best);

/* The order that this one shares its fate with, in another queue; NULL: none. */
struct book_order *book_sibling(const struct book *book, const struct book_order *order);
/* Where a trailing stop stands when this is its best price: never at it, and within 64 bits. */
struct bus_price book_trail_stop(enum book_side side, struct bus_price best, struct bus_price trail,
				 int64_t trail_percent);

/* A side of a queue. */
const struct book_ladder *book_queue_side(const struct book *book, enum book_queue queue,
					  enum book_side side);

static inline bool book_id_none(struct bus_id id)
{
	const struct bus_id none = { { 0 } };

	return book_id_equal(&id, &none);
}

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
