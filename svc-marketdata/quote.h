/*
 * The top of a book and its last trade, as the world sees them. The book says what its best levels
 * are; the last trade is the last one that was printed.
 *
 * Invariants: of price and quantity of a level both are > 0, or both are 0 ("none"). A book that is
 * halted may be crossed, so bid < ask is none.
 */
#ifndef MARKETDATA_QUOTE_H
#define MARKETDATA_QUOTE_H

#include <stdbool.h>

#include "bus/money.h"

/* A price and what rests, or traded, there. */
struct level {
	struct bus_price price;
	struct bus_quantity quantity;
};

struct quote {
	struct level bid;
	struct level ask;
	struct level last; /* the last trade */
	int64_t last_at;   /* its execution time, micros */
	int64_t quoted_at; /* when bid or ask last changed, micros */
};

/* True when both of its numbers are > 0 or both are 0. */
bool level_valid(struct level level);
/* True when the best levels of the quote are these two. */
bool quote_top_is(const struct quote *quote, struct level bid, struct level ask);

#endif
