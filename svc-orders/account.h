/*
 * What an account has and what of it is held: cash, or the shares of one symbol, in millionths.
 *
 * Invariants: held >= 0; available = total - held; available >= 0 unless the account is the firm's,
 * which may go below zero; shares may, of an account that sells short. Only holding asks whether
 * there is enough: what is held may be taken.
 */
#ifndef ORDERS_ACCOUNT_H
#define ORDERS_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base.h"

static inline int64_t micros_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t micros_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

struct balance {
	int64_t total_micros;
	int64_t held_micros;
};

/* The two balances that an order moves: its account's cash, and its account's shares of its symbol.
 */
struct balances {
	struct balance cash;
	struct balance shares;
	int64_t collateral_micros; /* the part of held cash that stands for shares owed (margin.h)
				    */
};

enum hold_result {
	HOLD_DONE,
	HOLD_INSUFFICIENT,
	HOLD_OVERFLOW, /* only the firm's own account gets so far */
};

/* total - held. */
int64_t balance_available(const struct balance *balance);

/* Each changes *balance only on success; amounts are >= 0. */

/* Sets `micros` aside. A firm's account needs not have them. */
enum hold_result balance_hold(struct balance *balance, int64_t micros, bool firm) BUS_MUST_CHECK;
/* Gives up a hold; false when less is held. */
bool balance_release(struct balance *balance, int64_t micros) BUS_MUST_CHECK;
/* The total goes down by `micros`, the hold by `from_hold`; false when less is held, or on
 * overflow. */
bool balance_take(struct balance *balance, int64_t micros, int64_t from_hold) BUS_MUST_CHECK;
/* The total goes up; false on overflow. */
bool balance_receive(struct balance *balance, int64_t micros) BUS_MUST_CHECK;

#endif
