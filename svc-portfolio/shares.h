/*
 * What an account has of one symbol, by both methods side by side: average cost (position.h) and
 * first in, first out (lots.h). A movement is planned first, which changes nothing and may be
 * refused, and then applied.
 *
 * Invariants: the lots' quantities sum to the position's, their costs to fifo_cost; for each
 * method the cash of all trades + cost = realised (+ what deposited and withdrawn shares carried).
 */
#ifndef PORTFOLIO_SHARES_H
#define PORTFOLIO_SHARES_H

#include "lots.h"
#include "position.h"

struct shares {
	struct position position;
	struct bus_money fifo_cost;
	struct bus_money fifo_realised;
	struct lots lots;
};

struct shares_plan {
	struct position_move move;
	struct bus_money fifo_cost; /* signed, as move.cost */
	struct bus_money fifo_realised;
	struct lots_cut cut;		  /* what leaves first */
	struct bus_quantity lot_quantity; /* what then opens; 0: nothing */
	struct bus_money lot_cost;
};

/* As position_trade: quantity > 0 bought, < 0 sold. *out means something on POSITION_OK only. */
enum position_result shares_plan_trade(const struct shares *shares, struct bus_quantity quantity,
				       struct bus_money cash,
				       struct shares_plan *out) BUS_MUST_CHECK;
/* Shares leave with their cost, the oldest lots first. */
enum position_result shares_plan_withdrawal(const struct shares *shares,
					    struct bus_quantity quantity,
					    struct shares_plan *out) BUS_MUST_CHECK;
/* Applies a plan for these very shares; the lot that opens gets this id and time. */
void shares_apply(struct shares *shares, struct lot_pool *pool, const struct shares_plan *plan,
		  struct bus_id lot_id, int64_t opened_at);

#endif
