/*
 * The matching engine of Bourse alone: books by price and time, no bus, no database, nothing but
 *libc. Link libbourse-match.a.
 *
 *	struct bourse_match *match = bourse_match_new(on_event, arg);
 *	bourse_match_open(match, 0);
 *	bourse_match_order(match, 0, &(struct bourse_match_order){ .id = 1, .account = 7,
 *		.side = BOURSE_MATCH_BUY, .type = BOURSE_MATCH_LIMIT, .tif = BOURSE_MATCH_DAY,
 *		.quantity = 10 * BOURSE_MATCH_ONE, .price = 100 * BOURSE_MATCH_ONE });
 *
 * What a call leads to is told, in order, before it returns. Not for several threads at once; each
 * may have an engine of its own. Out of memory ends the process. Quantities and prices are
 *millionths; ids and accounts are numbers of the caller, an id may come again when its order has
 *ended.
 */
#ifndef BOURSE_MATCH_H
#define BOURSE_MATCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BOURSE_MATCH_ONE INT64_C(1000000)

enum bourse_match_side { BOURSE_MATCH_BUY = 1, BOURSE_MATCH_SELL = 2 };

enum bourse_match_type {
	BOURSE_MATCH_MARKET = 1, /* its price is a collar; 0 (sells): any price */
	BOURSE_MATCH_LIMIT = 2,
	BOURSE_MATCH_STOP = 3,
	BOURSE_MATCH_STOP_LIMIT = 4,
	BOURSE_MATCH_TRAILING_STOP = 5,
};

enum bourse_match_tif {
	BOURSE_MATCH_DAY = 1,
	BOURSE_MATCH_GTC = 2,
	BOURSE_MATCH_IOC = 3,
	BOURSE_MATCH_FOK = 4,
	BOURSE_MATCH_OPG = 5,
	BOURSE_MATCH_CLS = 6,
};

/* When an order would trade with one of its own account. */
enum bourse_match_stp {
	BOURSE_MATCH_STP_NONE = 1, /* also 0 */
	BOURSE_MATCH_STP_CANCEL_NEWEST = 2,
	BOURSE_MATCH_STP_CANCEL_OLDEST = 3,
	BOURSE_MATCH_STP_CANCEL_BOTH = 4,
	BOURSE_MATCH_STP_DECREMENT = 5,
};

enum bourse_match_state {
	BOURSE_MATCH_CLOSED = 1,
	BOURSE_MATCH_OPEN = 2, /* of a new book */
	BOURSE_MATCH_HALTED = 3,
	BOURSE_MATCH_OPENING_AUCTION = 4,
	BOURSE_MATCH_CLOSING_AUCTION = 5,
};

/* What is not given is 0. */
struct bourse_match_order {
	uint64_t id;
	uint64_t account;
	enum bourse_match_side side;
	enum bourse_match_type type;
	enum bourse_match_tif tif;
	enum bourse_match_stp stp;
	int post_only;
	int64_t quantity;
	int64_t price; /* limit, or collar */
	int64_t stop;
	int64_t trail;	       /* a trailing stop: one of the two */
	int64_t trail_percent; /* millionths of a per cent */
	int64_t reference;     /* where a trailing stop begins when nothing has traded yet */
	int64_t notional;      /* market orders: an amount to spend; quantity is its bound */
	int64_t increment;     /* of the quantity, by notional */
	uint64_t sibling;      /* one cancels the other; 0: none */
	int64_t expires_at;    /* a close at or after it ends the order; 0: none */
};

enum bourse_match_event_kind {
	BOURSE_MATCH_ADDED = 2,	   /* rests: quantity at price */
	BOURSE_MATCH_EXECUTED = 3, /* order: the maker, other: the taker */
	BOURSE_MATCH_REDUCED = 4,  /* by quantity */
	BOURSE_MATCH_REMOVED = 5,  /* ends with quantity open; reason */
	BOURSE_MATCH_REJECTED = 6, /* reason */
	BOURSE_MATCH_REQUEST_REJECTED = 7,
	BOURSE_MATCH_STATE_CHANGED = 8, /* reason: the state */
	BOURSE_MATCH_TOP_CHANGED = 9,	/* bid, ask and what is open there */
	BOURSE_MATCH_TRIGGERED = 10,
	BOURSE_MATCH_REPLACED = 11,  /* order by other, of which quantity is open */
	BOURSE_MATCH_PREVENTED = 12, /* order and other went down by quantity */
	BOURSE_MATCH_COMPLETED =
		13,		   /* by notional: what is left, quantity, pays for nothing more */
	BOURSE_MATCH_AUCTION = 14, /* price and quantity */
	BOURSE_MATCH_IMBALANCE = 15,
	BOURSE_MATCH_TRAIL_MOVED = 16, /* price: the best of the side's trailing stops */
};

/* Fields that a kind does not name are 0. Reasons are the numbers of Bourse's orders.proto. */
struct bourse_match_event {
	enum bourse_match_event_kind kind;
	uint32_t symbol;
	enum bourse_match_side side;
	int reason;
	uint64_t order, account;
	uint64_t other, other_account;
	int64_t quantity, price;
	int64_t leaves, other_leaves; /* what is open of the two now */
	int64_t bid, bid_quantity, ask, ask_quantity;
};

typedef void (*bourse_match_fn)(void *arg, const struct bourse_match_event *event);

enum bourse_match_result {
	BOURSE_MATCH_OK = 0,
	BOURSE_MATCH_NO_SYMBOL = -1, /* it was never opened */
	BOURSE_MATCH_DUPLICATE = -2, /* an order of this id rests; nothing was told */
};

struct bourse_match;

/* `fn` may be NULL; it must not call the engine. The caller owns what is returned. */
struct bourse_match *bourse_match_new(bourse_match_fn fn, void *arg);
void bourse_match_free(struct bourse_match *match);

/* A book for the symbol: a small number, memory goes with the largest. Again: nothing happens. */
void bourse_match_open(struct bourse_match *match, uint32_t symbol);
/* The time of what follows, micros since 1970; it is 0 at first. */
void bourse_match_clock(struct bourse_match *match, int64_t now);

int bourse_match_order(struct bourse_match *match, uint32_t symbol,
		       const struct bourse_match_order *order);
int bourse_match_cancel(struct bourse_match *match, uint32_t symbol, uint64_t id, uint64_t account);
int bourse_match_decrease(struct bourse_match *match, uint32_t symbol, uint64_t id,
			  uint64_t account, int64_t by);
/* Puts an order of another id, price, stop (or trail) and quantity (in all, with what has traded)
 * in its place. */
int bourse_match_replace(struct bourse_match *match, uint32_t symbol, uint64_t id, uint64_t account,
			 uint64_t new_id, enum bourse_match_tif tif, int64_t quantity,
			 int64_t price, int64_t stop);
/* A session opens or closes, a halt begins or ends, an auction is called: on the way to OPEN and
 * CLOSED the auction that is due is held. `date`: of the session, 20120621. */
int bourse_match_state(struct bourse_match *match, uint32_t symbol, enum bourse_match_state state,
		       int32_t date);

/* How many orders rest in all queues of the symbol; 0 when it was never opened. */
size_t bourse_match_count(const struct bourse_match *match, uint32_t symbol);
/* The best price of a side and what is open there; 0 and 0: nothing. */
void bourse_match_best(const struct bourse_match *match, uint32_t symbol,
		       enum bourse_match_side side, int64_t *price, int64_t *quantity);

#ifdef __cplusplus
}
#endif

#endif
