/*
 * What the holdings of an account are worth, and whether that carries its short ones: equity =
 * cash + longs - shorts must be 30 % of what the shorts are worth (the maintenance requirement).
 */
#ifndef PORTFOLIO_MARGIN_H
#define PORTFOLIO_MARGIN_H

#include <stdbool.h>

#include "bus/money.h"
#include "position.h"

#define MARGIN_MAINTENANCE_PERCENT 30

/* Sums over the positions of an account. */
struct valuation {
	struct bus_money longs;	 /* their worth */
	struct bus_money shorts; /* what buying them back would cost, above 0 */
	struct bus_money cost;	 /* of all, signed */
};

/*
 * The worth of a position at the last price known, signed. Where there is none (0, or one with
 * which the worth leaves 64 bits) its cost stands in, and *price becomes 0.
 */
struct bus_money valuation_worth(const struct position *position, struct bus_price *price);
/* Adds a position of this worth; false outside 64 bits. */
bool valuation_add(struct valuation *valuation, const struct position *position,
		   struct bus_money worth) BUS_MUST_CHECK;
/* cash + longs - shorts. */
bool valuation_equity(const struct valuation *valuation, struct bus_money cash,
		      struct bus_money *out) BUS_MUST_CHECK;

struct margin {
	struct bus_money equity, short_value;
	struct bus_money requirement; /* rounded up */
	struct bus_money missing;     /* 0: the requirement is met */
};

bool margin_check(const struct valuation *valuation, struct bus_money cash,
		  struct margin *out) BUS_MUST_CHECK;

#endif
