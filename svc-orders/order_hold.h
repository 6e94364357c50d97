/*
 * What an order needs, and the holding of it. A buy needs cash for the worst price and the worst
 * fee; a sell needs shares, and for what its account does not have (permission: shorting) the
 * initial margin in cash. Rounded up, so that any number of executions fits.
 *
 * Two orders may share what they hold: a replacement that is pending holds only what its order does
 * not hold yet; of two siblings, one cancels the other, the first holds what either of them needs,
 * and the second nothing as long as the first is open.
 */
#ifndef ORDERS_ORDER_HOLD_H
#define ORDERS_ORDER_HOLD_H

#include "account.h"
#include "order.h"

/* What so much of an order needs; of a sell `micros` are shares that the account has. */
struct order_need {
	int64_t micros;	       /* as order.hold_micros */
	int64_t fee_micros;    /* as order.fee_hold_micros */
	int64_t short_micros;  /* as order.short_micros */
	int64_t margin_micros; /* as order.margin_hold_micros */
};

/*
 * What the order needs with so much open, of which short_micros (sells) are not the account's. Only
 * the order's terms count, not what it holds. False when it leaves 64 bits.
 */
bool order_need(const struct order *order, struct bus_quantity leaves, int64_t short_micros,
		struct order_need *out) BUS_MUST_CHECK;

/*
 * Holds what a new order needs, and for sibling (NULL: none) as well: assigns the holds of the
 * orders and changes the balances, or returns why not and changes nothing.
 */
enum order_refusal order_reserve(struct order *order, struct order *sibling,
				 struct balances *balances,
				 const struct order_account *account) BUS_MUST_CHECK;

#endif
