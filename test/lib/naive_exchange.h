/*
 * An exchange for one symbol as plain as can be: one array of orders in order of arrival, searched
 * from end to end each time, and a list of what happened. It knows every order type, self-trade
 * prevention, stops, replacing, halts, auctions and the close. The real book is compared with it
 * event by event, so it shares no code with the product, and must be right by being read.
 *
 * Numbers are millionths; ids and accounts are numbers > 0; what is an enum on the wire has the
 * wire's numbers.
 */
#ifndef TEST_NAIVE_EXCHANGE_H
#define TEST_NAIVE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum naive_side { NAIVE_BUY = 1, NAIVE_SELL = 2 };
enum naive_type { NAIVE_MARKET = 1, NAIVE_LIMIT, NAIVE_STOP, NAIVE_STOP_LIMIT, NAIVE_TRAILING };
enum naive_tif { NAIVE_DAY = 1, NAIVE_GTC, NAIVE_TIF_IOC, NAIVE_TIF_FOK, NAIVE_OPG, NAIVE_CLS };
enum naive_stp { NAIVE_TRADE = 1, NAIVE_NEWEST, NAIVE_OLDEST, NAIVE_BOTH, NAIVE_DECREMENT };
enum naive_queue { NAIVE_IN_BOOK = 1, NAIVE_IN_STOPS, NAIVE_IN_OPENING, NAIVE_IN_CLOSING };
enum naive_state {
	NAIVE_UNHEARD,
	NAIVE_CLOSED,
	NAIVE_OPEN,
	NAIVE_HALTED,
	NAIVE_OPENING_CALL,
	NAIVE_CLOSING_CALL
};
enum naive_auction { NAIVE_AT_OPEN = 1, NAIVE_AT_CLOSE, NAIVE_AT_RESUMPTION };

/* Why an order was refused: orders.v1.RejectReason. */
enum naive_refusal {
	NAIVE_TOO_LATE = 3,
	NAIVE_BAD_QUANTITY = 5,
	NAIVE_IS_HALTED = 10,
	NAIVE_UNSUPPORTED = 12,
	NAIVE_UNKNOWN_ORDER = 14,
	NAIVE_BAD_FIELD = 15,
	NAIVE_BAD_PRICE = 16,
	NAIVE_WOULD_TAKE = 18,
	NAIVE_NO_REFERENCE = 19,
	NAIVE_AUCTION_OVER = 22,
	NAIVE_ACTION = 23,
};

/* Why an order ended: orders.v1.CancelReason. */
enum naive_end {
	NAIVE_END_REQUESTED = 1,
	NAIVE_END_DECREASED,
	NAIVE_END_IOC,
	NAIVE_END_FOK,
	NAIVE_END_NO_LIQUIDITY,
	NAIVE_END_CLOSE,
	NAIVE_END_SELF_TRADE,
	NAIVE_END_OCO,
	NAIVE_END_AUCTION,
	NAIVE_END_GTC,
	NAIVE_END_ACTION,
};

enum naive_op {
	NAIVE_OP_NEW = 1,
	NAIVE_OP_CANCEL,
	NAIVE_OP_DECREASE,
	NAIVE_OP_REPLACE,
	/* What the market says. */
	NAIVE_OP_OPENED,
	NAIVE_OP_CLOSED,
	NAIVE_OP_HALTED,
	NAIVE_OP_RESUMED,
	NAIVE_OP_CALLED,
	NAIVE_OP_ACTION,
	/* Of a whole mesh; a book hears nothing of them. */
	NAIVE_OP_DEPOSIT,
	NAIVE_OP_WITHDRAW,
	NAIVE_OP_SHARES_IN,
	NAIVE_OP_SHARES_OUT,
	NAIVE_OP_CANCEL_ALL,
	NAIVE_OP_ACCOUNT, /* blocked or not: `flag` */
	NAIVE_OP_APPLY,	  /* the corporate actions that wait for the account */
	NAIVE_OP_DELIVER, /* `quantity` messages reach somebody */
	NAIVE_OP_QUIET,	  /* all do */
};

/* One row of a stream: a command of the desk or a fact of the market. What an op does not need is
 * 0. */
struct naive_command {
	enum naive_op op;
	int64_t wait;		     /* micros that pass before it */
	uint64_t id, account, other; /* other: the sibling of a new order, the replacement's id */
	int side, type, tif, stp;
	int64_t quantity; /* of a decrease: by how much */
	int64_t price, stop, trail, percent, notional, increment, reference;
	int64_t expires; /* micros; 0: never */
	int64_t actions;
	bool post_only;
	/* Of the market's: the instrument after the fact. */
	int session; /* market.v1.SessionState */
	int32_t date;
	bool halted, opening_held;
	int action; /* market.v1.ActionKind */
	/* Of a mesh: which symbol; the class of an order and its legs' prices. */
	int symbol, order_class;
	int64_t target, loss, loss_limit;
	bool flag;
};

enum naive_what {
	NAIVE_ADDED = 1,
	NAIVE_EXECUTED,
	NAIVE_REDUCED,
	NAIVE_REMOVED,
	NAIVE_REJECTED,
	NAIVE_REQUEST_REJECTED,
	NAIVE_TRIGGERED,
	NAIVE_TRAILED,
	NAIVE_REPLACED,
	NAIVE_PREVENTED,
	NAIVE_COMPLETED,
	NAIVE_AUCTION_HELD,
	NAIVE_IMBALANCE,
	NAIVE_STATE,
	NAIVE_PARKED,
};

/* What happened. Fields that an event does not have are 0, so that two may be compared whole. */
struct naive_event {
	enum naive_what what;
	uint64_t order, other; /* maker and taker; the old order and the new one */
	int64_t quantity, price, leaves, other_leaves, stop;
	int side;
	int reason; /* refusal, end; the kind of a request or an auction; a state */
	int queue;
	bool flag; /* rested; kept its place; in an auction */
};

struct naive_log {
	struct naive_event *events; /* owned */
	size_t count, capacity;
};

struct naive_resting {
	uint64_t id, account, sibling;
	int side, type, tif, stp, queue;
	int64_t price; /* the limit, or the collar that it will have */
	int64_t quantity, leaves, stop, trail, percent, best, expires, notional, increment;
	bool post_only;
};

struct naive_exchange {
	struct naive_resting *orders; /* in order of arrival; owned */
	size_t count, capacity;
	enum naive_state state;
	int32_t date;
	bool opening_held;
	int64_t actions, last, now;
	int64_t imbalance_at;
	struct naive_event imbalance; /* the last one that was told */
	struct naive_log log;	      /* of the last command */
};

void naive_exchange_release(struct naive_exchange *x);
/* One command, and all that it leads to. */
void naive_exchange_run(struct naive_exchange *x, const struct naive_command *command);

void naive_tell(struct naive_log *log, const struct naive_event *event);
void naive_log_release(struct naive_log *log);

/* Shared by naive_exchange.c and naive_session.c. */
struct naive_resting *naive_find(const struct naive_exchange *x, uint64_t id);
void naive_rest(struct naive_exchange *x, const struct naive_resting *order, int queue);
/* Ends what rests, and its sibling. */
void naive_end(struct naive_exchange *x, uint64_t id, enum naive_end reason);
/* An order that rests traded so much: out at 0, and its sibling follows. */
void naive_fill(struct naive_exchange *x, uint64_t id, int64_t quantity);
/* The trades told since `from` move the trailing stops. */
void naive_trail(struct naive_exchange *x, size_t from);
bool naive_gathers(const struct naive_exchange *x);
void naive_session(struct naive_exchange *x, const struct naive_command *command);
/* A number that is another when those who wait for an auction are others; 0: nobody waits. */
uint64_t naive_gathered(const struct naive_exchange *x);
void naive_imbalance(struct naive_exchange *x);

#endif
