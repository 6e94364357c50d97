/*
 * What an execution costs. A schedule per group of accounts, in millionths of the notional, for the
 * one who had rested, the one who took, and both in an auction; regulatory fees on sells beside it,
 * by notional and by share.
 *
 * Fees are rounded down to the millionth, each part for itself, and never exceed a sell's proceeds;
 * what is held for them is rounded up: the fees of any number of executions fit into the hold.
 */
#ifndef ORDERS_FEE_H
#define ORDERS_FEE_H

#include <stdbool.h>

#include "bus/money.h"

struct fee_schedule {
	const char *group;
	int64_t maker_ppm, taker_ppm, auction_ppm; /* of the notional */
	bool regulatory;			   /* on sells */
};

struct fee {
	int64_t micros;		   /* commission and regulatory together */
	int64_t regulatory_micros; /* the regulatory part */
};

/* The schedule of a group; an unknown one's is that of "standard", which costs nothing. */
const struct fee_schedule *fee_schedule(const char *group);

/* What a schedule is asked about; liquidity: enum order_liquidity. */
struct fee_execution {
	bool sell;
	int liquidity;
	struct bus_quantity quantity;
	struct bus_money notional; /* rounded down: what changes hands */
};

/* notional and quantity are >= 0. Cannot fail: no rate is above the whole. */
struct fee fee_of(const struct fee_schedule *schedule, const struct fee_execution *execution);

/* The most that executions of a buy may cost that are worth so much in all; sells pay out of their
 * proceeds and hold nothing. */
struct bus_money fee_hold(const struct fee_schedule *schedule, struct bus_money notional);

#endif
