/*
 * Cash that has been traded and not settled yet, by the date on which it settles (T+1): a few
 * buckets an account, in the order of their dates. A bucket may be below 0 (more was bought than
 * sold), or 0.
 */
#ifndef PORTFOLIO_SETTLEMENT_H
#define PORTFOLIO_SETTLEMENT_H

#include <stdbool.h>

#include "bus/money.h"

struct bucket {
	int32_t date; /* 20120622 */
	struct bus_money amount;
	bool changed; /* since the last save */
};

struct settlement {
	struct bucket *buckets; /* owned; ascending dates */
	size_t count, capacity;
};

/* When a trade executed at this instant settles: the business day after its date in New York. */
int32_t settlement_date(int64_t executed_at);
/* When cash of a date settles: as the date begins in New York. */
int64_t settlement_due(int32_t date);

void settlement_release(struct settlement *settlement);
/* NULL where nothing waits for that date. */
const struct bucket *settlement_find(const struct settlement *settlement, int32_t date);
/* The amount that would wait for the date after `amount` more; false outside 64 bits. */
bool settlement_sum(const struct settlement *settlement, int32_t date, struct bus_money amount,
		    struct bus_money *out) BUS_MUST_CHECK;
/* Sets the amount of a date; a new bucket where there was none. Returns it. */
struct bucket *settlement_set(struct settlement *settlement, int32_t date, struct bus_money amount);
/* The bucket goes; nothing happens where there is none. */
void settlement_remove(struct settlement *settlement, int32_t date);

#endif
