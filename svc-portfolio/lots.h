/*
 * The lots of one position, first in, first out: each trade or deposit that opened a part of it,
 * with what that part cost. Closing takes the oldest first, pro rata within a lot.
 *
 * Numbers of lots ascend without a hole, so the oldest's number and the count name them all. Lots
 * lie in one array from a pool of arrays by size: a position that has grown once allocates nothing
 * again. Invariants: all quantities have the sign of the position and sum to it; none is 0.
 */
#ifndef PORTFOLIO_LOTS_H
#define PORTFOLIO_LOTS_H

#include <stdbool.h>

#include "bus/id.h"
#include "bus/money.h"

/* Beyond so many lots of a position what opens joins the newest one: facts list all lots of a
 * position, and a step is bounded. */
#define LOTS_MAX 16384

struct lot {
	struct bus_quantity quantity;
	struct bus_money cost; /* of a short lot: -(what was received) */
	struct bus_id id;      /* the trade or deposit that opened it */
	int64_t opened_at;     /* micros */
};

#define LOT_CLASSES 15 /* arrays of 2, 4, .. 32768 lots */

struct lot_pool {
	void *free[LOT_CLASSES]; /* lists through the first pointer of each array */
	void *blocks;		 /* owned, chained */
	char *next;		 /* of the newest block */
	size_t left;
};

struct lots {
	struct lot *items; /* of the pool */
	uint16_t first, count, capacity;
	int64_t opened; /* the number of the newest lot; there were so many */
};

void lot_pool_release(struct lot_pool *pool);

/* What closing takes: the oldest `gone` lots whole, then, where `part`, a part of the next one. */
struct lots_cut {
	uint32_t gone;
	bool part;
	struct bus_quantity left; /* of the lot of which a part goes; else of no meaning */
	struct bus_money left_cost;
	struct bus_money cost; /* that leaves, in all */
};

/* `quantity` has the sign of the position and is no more than it; 0 takes nothing. */
void lots_plan_cut(const struct lots *lots, struct bus_quantity quantity, struct lots_cut *out);
void lots_cut(struct lots *lots, const struct lots_cut *cut);
void lots_open(struct lots *lots, struct lot_pool *pool, const struct lot *lot);
/* All of them anew, with new numbers (a split, another symbol). */
void lots_replace(struct lots *lots, struct lot_pool *pool, const struct lot *items, size_t count);
/* Gives the array back. */
void lots_release(struct lots *lots, struct lot_pool *pool);

/* The i-th, 0 being the oldest. */
const struct lot *lots_at(const struct lots *lots, uint32_t i);
int64_t lots_number(const struct lots *lots, uint32_t i);

#endif
