/*
 * The engine of a book: a command leads to events, and events alone change the book.
 *
 *	book_decide(const book, command) -> events	a step; bounded
 *	book_apply(book, event)				one by one, in order
 *
 * Both are pure: no clock, no I/O, no allocation but the book's pools. The events of a step are
 * applied before the next step is decided. When book_decide() says BOOK_AGAIN, the same command
 *(with the same or a later `now`) must be decided again after they have been applied, before any
 *other of this book; where an input stands between its steps is state of the book, and so survives
 *a restart. A book is what its events say: applied to an empty book they build it again; so do its
 *rows (struct book_status and book_add() for each order).
 *
 * Between the inputs of a book nothing is in hand, no auction is being held, and, when it trades,
 *no stop is at or through the last price, and the visible book is not crossed.
 */
#ifndef ORDERS_BOOK_ENGINE_H
#define ORDERS_BOOK_ENGINE_H

#include "book.h"

/* A step ends after so many trades, preventions and removals of resting orders. */
#ifndef BOOK_STEP_TRADES
#define BOOK_STEP_TRADES 1000
#endif
#ifndef BOOK_STEP_EXPIRED
#define BOOK_STEP_EXPIRED 2000 /* orders that a close or a corporate action ends */
#endif
/* Room for the events of one step: three a trade (its siblings), two an expired order, the others.
 */
#define BOOK_STEP_EVENTS   (4 * BOOK_STEP_TRADES + 16)
#define BOOK_IMBALANCE_GAP INT64_C(1000000) /* micros between two imbalances of a call */

/* Commands //////////////////////////////////////////////////////////////////////////////// */

enum book_command_kind {
	BOOK_NEW = 1,
	BOOK_CANCEL = 2,
	BOOK_DECREASE = 3,
	BOOK_REPLACE = 4,
	BOOK_TRADING = 5,
	BOOK_ACTION = 6,
};

/* As NewOrder of bourse.books.v1. What does not belong to a type is refused (INVALID_FIELD). */
struct book_order_command {
	struct bus_id id;
	struct bus_id account;
	struct bus_id sibling; /* all 0: none */
	enum book_side side;
	enum book_type type;
	enum book_tif tif;
	enum book_stp stp;
	bool post_only;
	struct bus_quantity quantity;
	struct bus_price limit; /* or collar; 0 (market and stop sells): any */
	struct bus_price stop;
	struct bus_price trail;
	int64_t trail_percent;	       /* millionths of a per cent */
	struct bus_money notional;     /* 0: by quantity */
	struct bus_quantity increment; /* of the quantity, by notional; > 0 then */
	struct bus_price reference;
	int64_t expires_at;
	int64_t actions;
};

/* CancelOrder, DecreaseOrder. */
struct book_request_command {
	struct bus_id id;
	struct bus_id account;
	struct bus_quantity by; /* BOOK_DECREASE */
};

/*
 * A leg of an OCO pair stays one under its new id: when it trades, ends or is elected, the other
 * goes with it; the other's quantity stays as it is. The desk refuses to replace one all the same.
 */
struct book_replace_command {
	struct bus_id id;
	struct bus_id account;
	struct bus_id new_id;
	enum book_tif tif;
	struct bus_quantity quantity; /* in all, with what has traded */
	struct bus_price limit;
	struct bus_price stop;
	struct bus_price trail;
	int64_t trail_percent;
	int64_t expires_at;
	int64_t actions;
};

/*
 * What the market says: the state in which the book is to be from now on. `auction` names the one
 *to be held on the way, where one is due: SessionOpened		BOOK_OPEN (or HALTED),
 *BOOK_AUCTION_OPENING InstrumentResumed	BOOK_OPEN (or CLOSED, or an auction's call),
 *BOOK_AUCTION_RESUMPTION SessionClosed		BOOK_CLOSED, BOOK_AUCTION_CLOSING InstrumentHalted
 *BOOK_HALTED (or CLOSED), none AuctionCalled		BOOK_OPENING_AUCTION or
 *BOOK_CLOSING_AUCTION, none On the way to BOOK_OPEN one is due when orders have gathered (HALTED, a
 *call), the opening queue is not empty, or the book is crossed; on the way to BOOK_CLOSED out of
 *BOOK_CLOSING_AUCTION, or out of a trading book with a closing queue that is not empty.
 */
struct book_trading_command {
	enum book_trading state;
	int32_t session_date;
	int64_t actions;
	enum book_auction_kind auction;
};

/* A corporate action took effect. `reset` (a split, a change of symbol): every order ends, and the
 * last price is forgotten. */
struct book_action_command {
	int64_t actions;
	bool reset;
};

struct book_command {
	enum book_command_kind kind;
	int64_t now; /* micros */
	union {
		struct book_order_command order;
		struct book_request_command request;
		struct book_replace_command replace;
		struct book_trading_command trading;
		struct book_action_command action;
	};
};

/* Events ////////////////////////////////////////////////////////////////////////////////// */

/* CancelReason and RejectReason of bourse.orders.v1, as far as a book gives them. */
enum book_cancel {
	BOOK_CANCEL_REQUESTED = 1,
	BOOK_CANCEL_DECREASED = 2,
	BOOK_CANCEL_IOC = 3,
	BOOK_CANCEL_FOK = 4,
	BOOK_CANCEL_NO_LIQUIDITY = 5,
	BOOK_CANCEL_SESSION_CLOSE = 6,
	BOOK_CANCEL_SELF_TRADE = 7,
	BOOK_CANCEL_OCO = 8,
	BOOK_CANCEL_AUCTION = 9,
	BOOK_CANCEL_GTC_EXPIRED = 10,
	BOOK_CANCEL_CORPORATE_ACTION = 11,
};

enum book_reject {
	BOOK_REJECT_TOO_LATE = 3,
	BOOK_REJECT_INVALID_QUANTITY = 5,
	BOOK_REJECT_HALTED = 10,
	BOOK_REJECT_UNSUPPORTED = 12,
	BOOK_REJECT_UNKNOWN_ORDER = 14,
	BOOK_REJECT_INVALID_FIELD = 15,
	BOOK_REJECT_INVALID_PRICE = 16,
	BOOK_REJECT_WOULD_TAKE = 18,
	BOOK_REJECT_NO_REFERENCE_PRICE = 19,
	BOOK_REJECT_AUCTION_OVER = 22,
	BOOK_REJECT_CORPORATE_ACTION = 23,
};

/* The numbers of the members of BookEvent. */
enum book_event_kind {
	BOOK_ADDED = 2,
	BOOK_EXECUTED = 3,
	BOOK_REDUCED = 4,
	BOOK_REMOVED = 5,
	BOOK_REJECTED = 6,
	BOOK_REQUEST_REJECTED = 7,
	BOOK_TRADING_CHANGED = 8,
	BOOK_TOP_CHANGED = 9,
	BOOK_TRIGGERED = 10,
	BOOK_REPLACED = 11,
	BOOK_PREVENTED = 12,
	BOOK_COMPLETED = 13,
	BOOK_AUCTION_HELD = 14,
	BOOK_IMBALANCE = 15,
	BOOK_TRAIL_MOVED = 16,
};

struct book_added {
	struct bus_id id, account, sibling;
	enum book_side side;
	enum book_type type;
	enum book_tif tif;
	enum book_queue queue;
	enum book_stp stp;
	bool post_only;
	struct bus_price price;
	struct bus_quantity quantity;  /* as it came */
	struct bus_quantity prevented; /* of it */
	struct bus_quantity leaves;
	struct bus_price stop, trail; /* a trailing stop's stop: where it begins */
	struct bus_price best;	      /* trailing stops only */
	int64_t trail_percent;
	int64_t added_at, expires_at;
};

struct book_executed {
	int32_t n; /* of the trades of this step, from 0 */
	bool auction;
	enum book_side maker_side; /* the taker's is the other */
	struct bus_quantity quantity;
	struct bus_price price;
	struct bus_id maker, maker_account;
	struct bus_quantity maker_leaves;
	struct bus_id taker, taker_account;
	struct bus_quantity taker_leaves;
	int64_t at;
};

/* Of an order that rests; or, right before it is added or triggered, of the second of two siblings:
 * the first had traded before it came. */
struct book_reduced {
	struct bus_id id, account;
	enum book_side side;
	struct bus_price price;
	struct bus_quantity by, leaves;
	bool requested; /* by this command; else its sibling traded */
};

struct book_removed {
	struct bus_id id, account;
	enum book_side side;
	struct bus_price price;
	struct bus_quantity canceled;
	enum book_cancel reason;
	bool rested;	/* false: it came, or was in hand, and was not in a queue any more */
	bool requested; /* by this command */
};

struct book_rejected {
	struct bus_id id, account;
	enum book_reject reason;
	const char *text; /* static */
};

/* Of BOOK_CANCEL, BOOK_DECREASE, BOOK_REPLACE: what the command asked for. */
struct book_request_rejected {
	struct bus_id id, account;
	enum book_command_kind kind;
	enum book_reject reason;
	const char *text; /* static */
};

struct book_trading_changed {
	enum book_trading state;
	int32_t session_date;
	int64_t actions;
	bool reset; /* the last price is forgotten */
};

struct book_top_changed {
	struct bus_price bid, ask; /* 0: none */
	struct bus_quantity bid_quantity, ask_quantity;
};

struct book_triggered {
	struct bus_id id, account;
	enum book_side side;
	struct bus_price stop, last;
	bool rested;
	struct bus_quantity leaves; /* in hand now */
};

struct book_replaced {
	struct bus_id id, new_id, account;
	struct bus_quantity quantity, leaves; /* of the new order */
	bool kept_place;
	enum book_tif tif;
	int64_t expires_at;
};

struct book_prevented {
	struct bus_id account;
	struct bus_quantity quantity;
	struct bus_id maker, taker;
	struct bus_quantity maker_leaves, taker_leaves;
};

struct book_completed {
	struct bus_id id, account;
	struct bus_quantity dropped;
};

struct book_auction_held {
	enum book_auction_kind kind;
	struct book_auction_result result;
};

struct book_imbalance {
	enum book_auction_kind kind;
	struct book_auction_result result;
	int64_t at;
};

struct book_trail_moved {
	enum book_side side; /* of the stops */
	struct bus_price best;
};

struct book_event {
	enum book_event_kind kind;
	union {
		struct book_added added;
		struct book_executed executed;
		struct book_reduced reduced;
		struct book_removed removed;
		struct book_rejected rejected;
		struct book_request_rejected request_rejected;
		struct book_trading_changed trading;
		struct book_top_changed top;
		struct book_triggered triggered;
		struct book_replaced replaced;
		struct book_prevented prevented;
		struct book_completed completed;
		struct book_auction_held auction;
		struct book_imbalance imbalance;
		struct book_trail_moved trail;
	};
};

/* The caller's room for the events of a step; capacity is at least BOOK_STEP_EVENTS. */
struct book_events {
	struct book_event *at;
	size_t count;
	size_t capacity;
};

/* The engine ////////////////////////////////////////////////////////////////////////////// */

enum book_answer {
	BOOK_DONE = 0,
	BOOK_AGAIN = 1,
	/* No events: an order of this id rests already, and no answer could name the one that came.
	 */
	BOOK_DUPLICATE = -1,
};

/*
 * Sets out->count and the events. Whatever the fields of a command are, it is answered; enums may
 * hold any value. The last event of a step is BOOK_TOP_CHANGED, when the visible top is another
 * after it.
 */
enum book_answer book_decide(const struct book *book, const struct book_command *command,
			     struct book_events *out) BUS_MUST_CHECK;
/* The event must be one of this book, decided upon the state in which the book is. */
void book_apply(struct book *book, const struct book_event *event);

/*
 * Whoever has the next commands at hand already hides the misses of the cache in large books, or
 * many: for each command some sixteen ahead BOOK_AHEAD_BOOK (where books take turns), twelve ahead
 * BOOK_AHEAD_FAR, then BOOK_AHEAD_NEAR, then BOOK_AHEAD_NEXT. Changes nothing, and does nothing
 * where all is in the cache anyway.
 */
enum book_ahead { BOOK_AHEAD_BOOK, BOOK_AHEAD_FAR, BOOK_AHEAD_NEAR, BOOK_AHEAD_NEXT };

/* What BOOK_AHEAD_NEAR has found of a command; one is kept for each, and is nobody else's business.
 */
struct book_hint {
	const struct book_order *order;
	const struct book_level *level;
};

void book_prefetch(const struct book *book, const struct book_command *command,
		   struct book_hint *hint, enum book_ahead ahead);

#endif
