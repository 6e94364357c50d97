/*
 * The money of one account: what is there, and all that ever moved it, by what it was. Every
 * movement is a function, which refuses what leaves 64 bits and then has changed nothing.
 *
 *	cash = deposits - withdrawals + trades + dividends + other = settled + unsettled
 *	net deposits = deposits - withdrawals + cost_in - cost_out
 *	cash + cost of all positions = net deposits + realised + dividends
 *
 * The last holds for average cost and for first in, first out, each with its own cost_out and
 * realised: shares that are withdrawn take along what the method says that they cost.
 */
#ifndef PORTFOLIO_BALANCES_H
#define PORTFOLIO_BALANCES_H

#include <stdbool.h>

#include "bus/money.h"

struct balances {
	struct bus_money cash;
	struct bus_money settled; /* of it; the rest comes, or goes, at T+1 */
	/* Of cash, since the beginning. */
	struct bus_money deposits, withdrawals;
	struct bus_money trades;    /* signed, fees included */
	struct bus_money dividends; /* signed: taken from who is short */
	struct bus_money other;	    /* signed: cash in lieu of fractions */
	/* Of shares deposited and withdrawn: the cost that they brought and took along. */
	struct bus_money cost_in, cost_out, fifo_cost_out;
	struct bus_money realised, fifo_realised; /* by closing, dividends apart */
};

struct bus_money balances_unsettled(const struct balances *balances);
/* Of cash, and of shares at cost. */
struct bus_money balances_net_deposits(const struct balances *balances);
struct bus_money balances_fifo_net_deposits(const struct balances *balances);

bool balances_deposit(struct balances *balances, struct bus_money amount) BUS_MUST_CHECK;
bool balances_withdraw(struct balances *balances, struct bus_money amount) BUS_MUST_CHECK;
bool balances_shares_in(struct balances *balances, struct bus_money cost) BUS_MUST_CHECK;
bool balances_shares_out(struct balances *balances, struct bus_money cost,
			 struct bus_money fifo_cost) BUS_MUST_CHECK;
/* Its cash is unsettled. */
bool balances_trade(struct balances *balances, struct bus_money cash, struct bus_money realised,
		    struct bus_money fifo_realised) BUS_MUST_CHECK;
bool balances_settle(struct balances *balances, struct bus_money amount) BUS_MUST_CHECK;
bool balances_dividend(struct balances *balances, struct bus_money amount) BUS_MUST_CHECK;
/* Cash for what could not be held after a split. */
bool balances_fraction(struct balances *balances, struct bus_money cash, struct bus_money realised,
		       struct bus_money fifo_realised) BUS_MUST_CHECK;
/* Shares owed and shares there have closed each other: no cash moves. */
bool balances_close_out(struct balances *balances, struct bus_money realised,
			struct bus_money fifo_realised) BUS_MUST_CHECK;

#endif
