/*
 * Short positions: what is held for them. Before a sale, the initial margin: half of what would be
 * sold short is worth. With the sale, the collateral of the position: its proceeds and that margin.
 * With shares that come back, as much of the collateral as of the position is covered.
 *
 * Invariants: collateral >= 0, part of the account's held cash; 0 at flat. Margin is rounded up,
 * what is given back down.
 */
#ifndef ORDERS_MARGIN_H
#define ORDERS_MARGIN_H

#include "account.h"
#include "bus/money.h"

/* 50 % of price times quantity; false when it leaves 64 bits. */
bool margin_initial(struct bus_price price, struct bus_quantity quantity,
		    struct bus_money *out) BUS_MUST_CHECK;

/* How many shares are owed: sold, and neither there nor set aside for their buyer. */
int64_t margin_exposure(const struct balance *shares);

/*
 * `micros` of cash, there and not held, or held for an order that ends now, become collateral.
 * The caller has taken them out of their hold.
 */
bool margin_add(struct balances *balances, int64_t micros) BUS_MUST_CHECK;

/* amount * part / whole, rounded down; 0 <= part <= whole, amount >= 0. 0 where whole is 0. */
int64_t margin_share(int64_t amount_micros, int64_t part, int64_t whole);

/*
 * Shares have come, by a purchase, a deposit or an order's end: gives back what of the collateral
 * belonged to what is not owed any more. exposure_before: margin_exposure() before they came.
 * Returns false, and changes nothing, when less is held.
 */
bool margin_cover(struct balances *balances, int64_t exposure_before,
		  int64_t *released_micros) BUS_MUST_CHECK;

#endif
