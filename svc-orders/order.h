/*
 * An order of the desk: which orders are taken, and the one table of what may follow what (FIX 4.4
 * appendix D). What an order holds is order_hold.h, how it changes order_change.h. Pure: no
 * messages, no rows.
 *
 * Invariants: cum + leaves = quantity while the order is open; leaves = 0 and nothing held when it
 * is terminal; nothing leaves a terminal state; holds >= 0. A decrease lowers quantity; `ordered`
 * is what was placed.
 */
#ifndef ORDERS_ORDER_H
#define ORDERS_ORDER_H

#include <stdbool.h>

#include "bus/id.h"
#include "bus/money.h"

#define ORDER_SYMBOL_MAX    12	/* bytes, as instruments are defined */
#define ORDER_CLIENT_ID_MAX 128 /* bytes of UTF-8 */
#define ORDER_FEE_GROUP_MAX 31	/* bytes; a longer name is no group that there is */
#define ORDER_LEGS_MAX	    2
#define ORDER_GTC_DAYS	    90

/* The numbers of all enums are those of the wire and of the tables. */
enum order_side { ORDER_BUY = 1, ORDER_SELL = 2 };

enum order_type {
	ORDER_MARKET = 1,
	ORDER_LIMIT = 2,
	ORDER_STOP = 3,
	ORDER_STOP_LIMIT = 4,
	ORDER_TRAILING_STOP = 5,
};

enum order_tif {
	ORDER_DAY = 1,
	ORDER_GTC = 2,
	ORDER_IOC = 3,
	ORDER_FOK = 4,
	ORDER_OPG = 5,
	ORDER_CLS = 6,
};

enum order_stp {
	ORDER_STP_NONE = 1,
	ORDER_STP_CANCEL_NEWEST = 2,
	ORDER_STP_CANCEL_OLDEST = 3,
	ORDER_STP_CANCEL_BOTH = 4,
	ORDER_STP_DECREMENT = 5,
	ORDER_STP_LAST = ORDER_STP_DECREMENT,
};

enum order_class {
	ORDER_SIMPLE = 1,
	ORDER_BRACKET = 2, /* an entry; then a take-profit and a stop-loss, one cancels the other */
	ORDER_OCO = 3,	   /* a limit and a stop order of one side, one cancels the other */
	ORDER_OTO = 4,	   /* an entry; then a take-profit or a stop-loss */
};

enum order_liquidity { ORDER_MAKER = 1, ORDER_TAKER = 2, ORDER_AUCTION = 3 };

enum order_status {
	ORDER_NONE = 0, /* before it is accepted */
	ORDER_NEW = 1,
	ORDER_PARTIALLY_FILLED = 2,
	ORDER_FILLED = 3,
	ORDER_DONE_FOR_DAY = 4,
	ORDER_CANCELED = 5,
	ORDER_EXPIRED = 6,
	ORDER_REPLACED = 7,
	ORDER_PENDING_CANCEL = 8,
	ORDER_PENDING_REPLACE = 9,
	ORDER_REJECTED = 10,
	ORDER_HELD = 11,	/* a leg that waits for its entry */
	ORDER_PENDING_NEW = 12, /* a replacement that the book has not answered */
	ORDER_STATUS_COUNT,
};

enum order_refusal {
	REFUSAL_NONE = 0,
	REFUSAL_UNKNOWN_SYMBOL = 1,
	REFUSAL_MARKET_CLOSED = 2,
	REFUSAL_TOO_LATE = 3,
	REFUSAL_DUPLICATE_CLIENT_ORDER_ID = 4,
	REFUSAL_INVALID_QUANTITY = 5,
	REFUSAL_PRICE_OUTSIDE_BAND = 6,
	REFUSAL_INVALID_PRICE_INCREMENT = 7,
	REFUSAL_INSUFFICIENT_BUYING_POWER = 8,
	REFUSAL_INSUFFICIENT_POSITION = 9,
	REFUSAL_HALTED = 10,
	REFUSAL_ACCOUNT_BLOCKED = 11,
	REFUSAL_UNSUPPORTED = 12,
	REFUSAL_UNKNOWN_ACCOUNT = 13,
	REFUSAL_UNKNOWN_ORDER = 14,
	REFUSAL_INVALID_FIELD = 15,
	REFUSAL_INVALID_PRICE = 16,
	REFUSAL_BELOW_MINIMUM_NOTIONAL = 17,
	REFUSAL_WOULD_TAKE = 18,
	REFUSAL_NO_REFERENCE_PRICE = 19,
	REFUSAL_PENDING = 20,
	REFUSAL_INVALID_AMOUNT = 21,
	REFUSAL_AUCTION_OVER = 22,
	REFUSAL_CORPORATE_ACTION = 23,
	REFUSAL_UNSETTLED_CASH = 24,
	REFUSAL_COUNT,
};

/* Where the symbol stands in its day. */
enum order_phase {
	PHASE_CLOSED = 0,
	PHASE_OPENING, /* orders gather for the auction at the open */
	PHASE_OPEN,
	PHASE_CLOSING, /* orders gather for the auction at the close */
};

/* What a client asks for; its enums are in range, or 0 for "not given". 0 = not given. */
struct order_request {
	const char *symbol;
	int side, type, tif, stp;
	int order_class;
	bool post_only;
	struct bus_quantity quantity;
	struct bus_money notional;
	struct bus_price limit, stop, trail;
	int64_t trail_percent_micros; /* millionths of a per cent */
	/* The legs of a class: a limit order, and a stop order (stop-limit with a limit). */
	bool take_profit, stop_loss;
	struct bus_price take_profit_limit, stop_loss_stop, stop_loss_limit;
};

/* What the desk must know of an instrument at this moment. */
struct order_market {
	int64_t tick_micros;	       /* for prices of 1 and more */
	int64_t tick_below_one_micros; /* 0: the same */
	int64_t lot_micros;	       /* 0: any quantity */
	struct bus_money min_notional; /* 0: none */
	struct bus_price band_low;     /* 0 and 0: no bands */
	struct bus_price band_high;
	struct bus_price last; /* 0: not known */
	enum order_phase phase;
	bool halted;
	bool opening_held; /* the opening auction of this session is over, or there is none */
	int64_t actions;   /* corporate actions of the symbol that are effective */
	int64_t now;	   /* micros; from it the expiry of what is good till canceled */
};

/* What the market makes of an order that is taken. */
struct order_terms {
	/* The worst price of a market, stop or trailing-stop order; 0: none (market sell). */
	struct bus_price collar;
	struct bus_price reference;   /* the last price, where the order depends on it; else 0 */
	struct bus_quantity quantity; /* what the book gets: by notional, the most it can be */
	int64_t lot_micros;	      /* by notional: what trades is a multiple of it; else 0 */
	int64_t expires_at;	      /* good till canceled; else 0 */
	int64_t actions;	      /* as the market */
};

/* What the desk knows of an account's permissions and prices. */
struct order_account {
	bool firm;     /* may go below zero */
	bool shorting; /* may sell what it does not have, against margin */
	const char *fee_group;
};

struct order {
	struct bus_id id;
	char symbol[ORDER_SYMBOL_MAX + 4];
	enum order_side side;
	enum order_type type;
	enum order_tif tif;
	enum order_stp stp;
	enum order_class order_class;
	bool post_only;
	bool firm;	/* its account may go below zero */
	bool triggered; /* a stop that was elected: a market or limit order from then on */
	enum order_status status;
	struct bus_price limit, stop, trail, collar, reference; /* 0 where the type has none */
	int64_t trail_percent_micros;
	struct bus_money notional; /* placed by notional; its quantity is the most it can be */
	int64_t lot_micros;	   /* by notional only */
	struct bus_quantity ordered, quantity, cum, leaves;
	struct bus_quantity prevented; /* by self-trade prevention; taken off quantity */
	struct bus_money cum_notional; /* sum of price times quantity of what traded */
	int64_t hold_micros;	       /* cash of a buy, fees included; own shares of a sell */
	int64_t fee_hold_micros;       /* the part of a buy's hold that is for fees */
	int64_t short_micros;	       /* what a sell would sell short */
	int64_t margin_hold_micros;    /* cash, for that */
	int64_t actions; /* corporate actions of the symbol that were effective when it was taken */
	char fee_group[ORDER_FEE_GROUP_MAX + 1];
	int64_t expires_at;  /* 0: never */
	int64_t accepted_at; /* micros, as all times */
	int64_t updated_at;
};

/* What one execution moves. */
struct order_fill {
	int64_t cash_micros;	   /* paid by a buy, received by a sell, fee included; >= 0 */
	int64_t notional_micros;   /* price times quantity, rounded down */
	int64_t fee_micros;	   /* in cash */
	int64_t regulatory_micros; /* in fee */
	int64_t short_micros;	   /* of the quantity, what the order did not own */
	/* What the account can use again: not spent, not turned into collateral. */
	int64_t released_micros;
	int64_t collateral_micros; /* what the account's collateral went up by, or (below 0) down */
};

/* One sentence for people; static. */
const char *order_refusal_text(enum order_refusal refusal);

/* Whether the request's fields are complete and belong together: type, time in force, class. */
enum order_refusal order_check_form(const struct order_request *request) BUS_MUST_CHECK;
/*
 * The requests of the legs that a class adds, in the order in which they go to the book: BRACKET
 * and OTO the other side's (take-profit first), OCO the stop. Returns how many. The form was
 * checked.
 */
int order_legs(const struct order_request *request, struct order_request legs[ORDER_LEGS_MAX]);
/*
 * Whether the market takes it now; market NULL: no such instrument. Fills terms on success. Legs
 * are checked one by one.
 */
enum order_refusal order_check_market(const struct order_request *request,
				      const struct order_market *market,
				      struct order_terms *terms) BUS_MUST_CHECK;
/* The same for a leg that waits: its prices, but not whether the symbol trades at this moment. */
enum order_refusal order_check_leg(const struct order_request *request,
				   const struct order_market *market,
				   struct order_terms *terms) BUS_MUST_CHECK;
/*
 * A position that has not been through the symbol's last corporate action can neither be sold nor
 * bought. position_actions: how many it has been through; pending: one waits for its orders to end.
 */
enum order_refusal order_check_actions(const struct order_market *market, int64_t position_micros,
				       int64_t position_actions, bool pending) BUS_MUST_CHECK;
/*
 * The order as it is placed, but for what the caller names: ids, times, status. Nothing is held
 * yet.
 */
void order_init(struct order *order, const struct order_request *request,
		const struct order_terms *terms, const struct order_account *account);
/*
 * The same body as the order was placed with, after normalising? Of the legs only which there are:
 * each is compared with its request of order_legs(), which has no class.
 */
bool order_same_body(const struct order *order, const struct order_request *request);

/* The price at which a stop begins; a trailing one: its distance from the reference. 0: no stop. */
struct bus_price order_initial_stop(const struct order *order);
/* The worst price at which it may trade: limit or collar. 0: any (a sell). What the book is given.
 */
struct bus_price order_worst_price(const struct order *order);

bool order_terminal(enum order_status status);
/* May a status follow another? The same one again may always, unless it is terminal. */
bool order_may_become(enum order_status from, enum order_status to);
/* The one function that assigns a status; a terminal one also ends leaves and hold. */
void order_become(struct order *order, enum order_status status);
/* What an order is when nothing is pending: by cum and leaves. */
enum order_status order_settled_status(const struct order *order);

#endif
