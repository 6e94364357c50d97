/*
 * The end of an account's day: what was there, every movement since, what is there now. It adds up,
 * or there is none.
 */
#ifndef PORTFOLIO_STATEMENT_H
#define PORTFOLIO_STATEMENT_H

#include "balances.h"
#include "margin.h"

/* Where the account stood at its last close; all 0, but for growth, before the first. */
struct closing {
	int32_t date; /* 20120621; 0: never closed */
	struct balances balances;
	struct bus_money equity;
	int64_t growth_picos;
	int64_t movements; /* postings of the customer since the beginning */
	/* The last fact that belongs to it. */
	int64_t sequence;
	int32_t fact;
};

struct statement {
	struct bus_money opening, closing, settled, unsettled;
	/* Of cash since the last close; opening + these = closing. */
	struct bus_money deposits, withdrawals, trades, dividends, other;
	int64_t movements;
	struct bus_money equity, net_deposits, realised, unrealised;
	struct bus_money flow; /* net deposits of the day */
	int64_t growth_picos;
};

/*
 * `valuation` is of all positions, `fifo_cost` their cost first in, first out. False when something
 * leaves 64 bits, or does not add up: opening + movements = closing, and for both methods realised
 * + unrealised = equity - net deposits. `realised` includes dividends.
 */
bool statement_make(const struct closing *last, const struct balances *now, int64_t movements,
		    const struct valuation *valuation, struct bus_money fifo_cost,
		    struct statement *out) BUS_MUST_CHECK;

#endif
