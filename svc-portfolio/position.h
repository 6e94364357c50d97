/*
 * A position at average cost: how many shares of one symbol an account has, what they cost, and
 * what closing some of them has earned. Exact to the millionth, long and short:
 *
 *	long: quantity > 0, cost = what was paid
 *	short: quantity < 0, cost = -(what was received)
 *	a trade that closes takes its pro-rata share of the cost (half-even), so the average stays
 *	closing everything takes all of the cost, so a flat position costs exactly 0
 *	a trade through 0 closes, then opens, and its cash is split pro rata
 *	realised = cash of what was closed - cost of what was closed
 *
 * Invariants: the cost has the sign of the quantity, or is 0, as it is where the quantity is 0; the
 * cash of all trades + cost = realised.
 */
#ifndef PORTFOLIO_POSITION_H
#define PORTFOLIO_POSITION_H

#include <stdbool.h>

#include "bus/money.h"

struct position {
	struct bus_quantity quantity;
	struct bus_money cost;	   /* of the shares there now, fees included */
	struct bus_money realised; /* over the life of the position; it outlives being flat */
};

/* What one movement does to a position; the sum of all moves is the position. */
struct position_move {
	struct bus_quantity quantity; /* signed */
	struct bus_money cost;	      /* signed: what comes into the cost, or leaves it */
	struct bus_money realised;    /* 0 but where something was closed */
	/* Of it, what closes and what opens; both have the sign of `quantity`. */
	struct bus_quantity closed, opened;
	struct bus_money closed_cash, opened_cash;
};

enum position_result {
	POSITION_OK,
	POSITION_SHORT, /* more than there is would leave */
	POSITION_FEE,	/* what opens a short would cost something: its fee is above its proceeds */
	POSITION_OVERFLOW, /* an amount leaves the range of 64 bits */
};

/*
 * A trade: quantity > 0 bought, < 0 sold, never 0; `cash` is what the account's cash moves by, fee
 * included. Whether the account may be short is the caller's to look at: position_turns_short.
 * *out means something on POSITION_OK only.
 */
enum position_result position_trade(const struct position *position, struct bus_quantity quantity,
				    struct bus_money cash,
				    struct position_move *out) BUS_MUST_CHECK;
/* The trade would leave the position below 0. */
bool position_turns_short(const struct position *position, struct bus_quantity quantity);

/* Shares of a long position leave with their cost and realise nothing; quantity > 0. */
enum position_result position_withdraw(const struct position *position,
				       struct bus_quantity quantity,
				       struct position_move *out) BUS_MUST_CHECK;

/* Applies a move that one of the above has returned for this position; it cannot fail. */
void position_apply(struct position *position, const struct position_move *move);

/* amount * part / whole half-even; part <= whole, whole > 0, so that it cannot overflow. */
struct bus_money position_share(struct bus_money amount, int64_t part, int64_t whole);

#endif
