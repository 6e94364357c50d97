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

/* For the changes of an order (order_change.c, order_replace.c): two orders that share a hold. */
struct order_pair {
	struct order *order;
	struct order *partner; /* NULL: none */
	struct bus_quantity leaves, partner_leaves;
};

/* What both need together when so many shares are the account's own (sells). */
bool order_pair_need(const struct order_pair *pair, int64_t own_micros,
		     struct order_need *out) BUS_MUST_CHECK;
struct order_need order_held(const struct order *order);
void order_set_held(struct order *order, struct order_need need);
/* Gives what two siblings hold to the one that holds for both; sibling NULL: to the order. */
void order_split_siblings(struct order *order, struct order *sibling, struct order_need held);
/* Sets aside what an order of that side and account needs, or changes nothing. */
enum order_refusal order_hold(struct balances *balances, const struct order *order,
			      const struct order_need *need) BUS_MUST_CHECK;
/* How many of the wanted shares the account has; the firm has all. */
int64_t order_own(const struct order *order, const struct balances *balances,
		  int64_t wanted_micros);
/* May the rest be sold short? Only where its worth is known. */
bool order_may_short(const struct order *order, const struct order_account *account);

#endif
