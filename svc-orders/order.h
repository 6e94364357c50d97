/*
 * An order of the desk: which orders are taken, what they hold, and how they live and end (FIX 4.4
 * appendix D). Pure: no messages, no rows.
 *
 * Invariants: cum + leaves = quantity while the order is open; leaves = 0 and hold = 0 when it is
 * terminal; nothing leaves a terminal state; hold >= 0. A decrease lowers quantity; `ordered` is
 * what was placed.
 */
#ifndef ORDERS_ORDER_H
#define ORDERS_ORDER_H

#include <stdbool.h>

#include "bus/id.h"
#include "bus/money.h"

#define ORDER_SYMBOL_MAX    12	/* bytes, as instruments are defined */
#define ORDER_CLIENT_ID_MAX 128 /* bytes of UTF-8 */

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

enum order_stp { ORDER_STP_NONE = 1, ORDER_STP_LAST = 5 };

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
	REFUSAL_COUNT,
};

/* What a client asks for; its enums are in range, or 0 for "not given". 0 = not given. */
struct order_request {
	const char *symbol;
	int side, type, tif, stp;
	bool post_only;
	struct bus_quantity quantity;
	struct bus_money notional;
	struct bus_price limit, stop, trail;
	int64_t trail_percent_micros;
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
	bool open;
};

/* What an order that is taken will hold, and why. */
struct order_terms {
	struct bus_price collar;    /* market buy: the highest price; else 0 */
	struct bus_price reference; /* from which the collar came; else 0 */
	int64_t hold_micros;	    /* cash of a buy, shares of a sell */
};

struct order {
	struct bus_id id;
	char symbol[ORDER_SYMBOL_MAX + 4];
	enum order_side side;
	enum order_type type;
	enum order_tif tif;
	enum order_stp stp;
	bool firm; /* its account may go below zero */
	enum order_status status;
	struct bus_price limit, collar; /* 0 where the type has none */
	struct bus_quantity ordered, quantity, cum, leaves;
	struct bus_money cum_notional; /* sum of price times quantity of what traded */
	int64_t hold_micros;
	int64_t accepted_at; /* micros, as all times */
	int64_t updated_at;
};

/* What one execution moves. */
struct order_fill {
	int64_t cash_micros;	  /* paid by a buy, received by a sell; >= 0 */
	int64_t from_hold_micros; /* by how much the order's hold goes down */
};

/* One sentence for people; static. */
const char *order_refusal_text(enum order_refusal refusal);

/* Whether the request is one that this version takes at all, its fields complete and consistent. */
enum order_refusal order_check_form(const struct order_request *request) BUS_MUST_CHECK;
/* Whether the market takes it now; market NULL: no such instrument. Fills terms on success. */
enum order_refusal order_check_market(const struct order_request *request,
				      const struct order_market *market,
				      struct order_terms *terms) BUS_MUST_CHECK;
/* The same body as the order was placed with, after normalising? */
bool order_same_body(const struct order *order, const struct order_request *request);

bool order_terminal(enum order_status status);
/* May a status follow another? The same one again may always, unless it is terminal. */
bool order_may_become(enum order_status from, enum order_status to);
/* The one function that assigns a status; a terminal one also ends leaves and hold. */
void order_become(struct order *order, enum order_status status);
/* What an order is when nothing is pending: by cum and leaves. */
enum order_status order_settled_status(const struct order *order);

/*
 * Changes of an open order, as the book reports them. Each returns false and changes nothing when
 * it does not fit the order: `leaves` is what the book says is open afterwards.
 */
bool order_apply_fill(struct order *order, struct bus_quantity quantity, struct bus_price price,
		      struct bus_quantity leaves, struct order_fill *fill) BUS_MUST_CHECK;
bool order_apply_decrease(struct order *order, struct bus_quantity by, struct bus_quantity leaves,
			  int64_t *released_micros) BUS_MUST_CHECK;
bool order_apply_end(struct order *order, struct bus_quantity canceled, enum order_status status,
		     int64_t *released_micros) BUS_MUST_CHECK;

#endif
