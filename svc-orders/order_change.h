/*
 * The life of an order: each answer of the book, and each request on its way there, as one function
 * that changes the orders concerned and the balances of their account.
 *
 * Each applies wholly, or returns what does not fit and changes nothing. The orders and the
 * balances are the caller's copies, which it turns into facts.
 */
#ifndef ORDERS_ORDER_CHANGE_H
#define ORDERS_ORDER_CHANGE_H

#include "account.h"
#include "order.h"

enum order_fault {
	ORDER_FITS = 0,
	ORDER_FAULT_STATUS,   /* no such change of an order in that status */
	ORDER_FAULT_QUANTITY, /* quantity or leaves are not the order's */
	ORDER_FAULT_PRICE,    /* worse than the order allows */
	ORDER_FAULT_RELATION, /* the orders do not belong together as the change says */
	ORDER_FAULT_HOLD,     /* the account holds less than the order does */
	ORDER_FAULT_OVERFLOW, /* a sum leaves 64 bits */
};

/* One sentence for logs; static. */
const char *order_fault_text(enum order_fault fault);

/* The orders that one change may touch, and the balances of their account in their symbol. */
struct order_scene {
	struct order *order;
	struct order *replacement; /* pending, while order is PENDING_REPLACE; else NULL */
	struct order *sibling;	   /* open, one cancels the other; else NULL */
	struct balances *balances;
};

struct order_execution {
	struct bus_quantity quantity;
	struct bus_price price;
	struct bus_quantity leaves; /* of the order, after it */
	enum order_liquidity liquidity;
};

/* What a change set free, for the account to use again. */
struct order_released {
	int64_t cash_micros;
	int64_t shares_micros;
};

/* A part or all of it traded. A replacement on its way, and a sibling, hold less by it. */
enum order_fault order_fill(struct order_scene *scene, const struct order_execution *execution,
			    struct order_fill *fill) BUS_MUST_CHECK;
/* A part of what was open is not any more: by request, or because the sibling traded. */
enum order_fault order_decrease(struct order_scene *scene, struct bus_quantity by,
				struct bus_quantity leaves,
				struct order_released *released) BUS_MUST_CHECK;
/*
 * Self-trade prevention took `by` away: CANCELED when nothing is left (FILLED is what trading alone
 * can make of an order). A replacement on its way stays until the book has answered.
 */
enum order_fault order_prevent(struct order_scene *scene, struct bus_quantity by,
			       struct bus_quantity leaves,
			       struct order_released *released) BUS_MUST_CHECK;
/*
 * It ended with so much open: status CANCELED, EXPIRED or REJECTED. What it shared with an open
 * sibling or with a replacement on its way is held by that one from now on.
 */
enum order_fault order_end(struct order_scene *scene, struct bus_quantity canceled,
			   enum order_status status,
			   struct order_released *released) BUS_MUST_CHECK;
/* By notional: done, with so much of its upper bound not wanted; FILLED. */
enum order_fault order_complete(struct order_scene *scene, struct bus_quantity dropped,
				struct order_released *released) BUS_MUST_CHECK;
/* A stop was elected: from now on a market order within its collar, or a limit order. */
enum order_fault order_trigger(struct order *order) BUS_MUST_CHECK;
/*
 * A cancel is on its way. Refused while a cancel or a replacement is, and too late for what has
 * ended; a sweep of all open orders (CancelOrders) does not wait for replacements: it asks for
 * both. A leg that is HELD is not in the book: UNSUPPORTED, order_end() ends it at once.
 */
enum order_refusal order_cancel_request(struct order *order, bool sweep) BUS_MUST_CHECK;
/* The cancel came back without effect; an order that has ended stays as it is. */
void order_cancel_rejected(struct order_scene *scene);

/* What a replacement changes; 0: as it was. */
struct order_amendment {
	struct bus_quantity quantity; /* in all, what has traded included */
	struct bus_price limit, stop, trail;
	int64_t trail_percent_micros;
	int tif;
};

/*
 * Whether the order may be replaced so; fills the request of the replacement, whose form is
 * checked. bound: other orders depend on it, legs that wait for it or an open sibling; then it may
 * not.
 */
enum order_refusal order_check_replace(const struct order *order, bool bound,
				       const struct order_amendment *amendment,
				       struct order_request *request) BUS_MUST_CHECK;
/*
 * The replacement is on its way: scene->replacement, made by order_init() from the request and
 * the market's terms, becomes PENDING_NEW and holds what the order does not hold yet; the order
 * becomes PENDING_REPLACE.
 */
enum order_refusal order_replace_request(struct order_scene *scene,
					 const struct order_account *account) BUS_MUST_CHECK;
/*
 * The book has put the replacement in the order's place: quantity and leaves are the
 * replacement's. What had traded counts for it; FILLED when that is all.
 */
enum order_fault order_replaced(struct order_scene *scene, struct bus_quantity quantity,
				struct bus_quantity leaves,
				struct order_released *released) BUS_MUST_CHECK;
/* A fill or a cancel was first: the replacement is REJECTED, the order what it was, or has ended.
 */
enum order_fault order_replace_rejected(struct order_scene *scene,
					struct order_released *released) BUS_MUST_CHECK;

/*
 * The entry has ended with `cum` traded: scene->order, a HELD leg, and scene->sibling, its other
 * one or NULL, become NEW for so much, and hold what they need; the first holds for both. A refusal
 * (INSUFFICIENT_...) changes nothing: then they end.
 */
enum order_refusal order_activate(struct order_scene *scene, struct bus_quantity cum,
				  const struct order_account *account) BUS_MUST_CHECK;

#endif
