/*
 * A position: how many shares of one symbol an account owns, what they cost, and what selling some
 * of them has earned. Long only; average cost, exact to the millionth:
 *
 *	a sell takes its pro-rata share of the cost (half-even), so the average cost stays
 *	a sell of everything takes all of the cost, so a flat position costs exactly 0
 *	realised = proceeds - cost of what was sold
 *
 * Invariants: quantity >= 0, cost >= 0, and cost = 0 where quantity = 0.
 */
#ifndef PORTFOLIO_POSITION_H
#define PORTFOLIO_POSITION_H

#include "bus/money.h"

struct position {
	struct bus_quantity quantity;
	struct bus_money cost;	   /* of the shares owned now, fees of the buys included */
	struct bus_money realised; /* over the life of the position; it outlives being flat */
};

/* What one movement does to a position; the sum of all moves is the position. */
struct position_move {
	struct bus_quantity quantity; /* signed */
	struct bus_money cost;	      /* signed: what comes into the cost, or leaves it */
	struct bus_money realised;    /* 0 but for a sell */
};

enum position_result {
	POSITION_OK,
	POSITION_SHORT,	   /* more than is owned would leave */
	POSITION_OVERFLOW, /* an amount leaves the range of 64 bits */
};

/*
 * What a movement of `quantity` > 0 would do. `cost` >= 0 is all that was paid for a buy, or the
 * cost that deposited shares bring along; `proceeds` is what a sell brought in after its fee.
 * Shares that are withdrawn take their cost along and realise nothing. *out is set on POSITION_OK
 * only.
 */
enum position_result position_buy(const struct position *position, struct bus_quantity quantity,
				  struct bus_money cost, struct position_move *out) BUS_MUST_CHECK;
enum position_result position_sell(const struct position *position, struct bus_quantity quantity,
				   struct bus_money proceeds,
				   struct position_move *out) BUS_MUST_CHECK;
enum position_result position_withdraw(const struct position *position,
				       struct bus_quantity quantity,
				       struct position_move *out) BUS_MUST_CHECK;

/* Applies a move that one of the above has returned for this position; it cannot fail. */
void position_apply(struct position *position, const struct position_move *move);

#endif
