/*
 * One-minute bars. A trade belongs to the minute [start, end) of its execution time, and a bar is
 * the fold of the trades of its minute: no trade, no bar. A bar is closed when its minute is seen
 * to have ended; a trade that comes after that re-issues it with the next revision.
 *
 * Invariants: low <= open, close <= high; volume and count > 0; start is a multiple of a minute.
 */
#ifndef MARKETDATA_BAR_H
#define MARKETDATA_BAR_H

#include <stdbool.h>

#include "bus/money.h"
#include "bus/time.h"

#define BAR_SPAN (60 * BUS_SECOND)

struct trade {
	struct bus_price price;
	struct bus_quantity quantity;
	int64_t at; /* execution time, micros */
};

struct bar {
	int64_t start; /* micros: the bar's label */
	struct bus_price open, high, low, close;
	struct bus_quantity volume;
	struct bus_money
		notional; /* sum of price * quantity, each rounded half-even: for the VWAP */
	int64_t count;	  /* of trades */
	bool closed;	  /* it was issued */
	bool updated;	  /* it was issued more than once */
};

/* The start of the minute that holds `at`; right for times before 1970 as well. */
int64_t bar_start(int64_t at);
static inline int64_t bar_end(const struct bar *bar)
{
	return bar->start + BAR_SPAN;
}

/*
 * *out = the bar with one trade more; `bar` is NULL for the first trade of its minute. Whether it
 * was issued stays as it is. False, and *out untouched, when volume or notional leaves 64 bits.
 */
bool bar_add(const struct bar *bar, const struct trade *trade, struct bar *out) BUS_MUST_CHECK;

#endif
