/*
 * A book kept by the audit from what books.events says: queues by price, best price first, to see
 * that it is never crossed and that every trade met the order whose turn it was. It matches nothing
 * itself.
 */
#ifndef CLI_AUDIT_LADDER_H
#define CLI_AUDIT_LADDER_H

#include "audit.h"

#define LADDER_NONE UINT32_MAX

/* Where it waits; the numbers of the wire. Only what is in the book is in a ladder. */
enum ladder_queue { LADDER_BOOK = 1, LADDER_STOPS = 2, LADDER_OPENING = 3, LADDER_CLOSING = 4 };

/* An order that rests or rested; its number is that of audit->resting. */
struct ladder_order {
	int64_t price, leaves;
	int64_t stop, trail, trail_percent, best; /* of those that wait for a price */
	uint32_t prev, next;			  /* in the queue of its price */
	uint32_t symbol;
	uint8_t queue;
	bool buy, live, row, ended;
};

struct ladder_level {
	int64_t price;
	audit_sum total; /* what is open at it */
	uint32_t head, tail;
};

/* One side: the best price is the last level. */
struct ladder_side {
	struct ladder_level *levels; /* owned */
	size_t count, room;
};

struct ladder {
	struct ladder_side sides[2]; /* [buy] */
};

void ladder_release(struct ladder *ladder);
/* NULL: the side is empty. */
const struct ladder_level *ladder_best(const struct ladder *ladder, bool buy);
/* Adds order n, whose fields are set, behind the others of its price. */
void ladder_add(struct ladder *ladder, struct audit_table *orders, uint32_t n);
/* Sets what is open of it; at 0 it leaves. */
void ladder_reduce(struct ladder *ladder, struct audit_table *orders, uint32_t n, int64_t leaves);
/* Order m, which is new, takes the place of order n. */
void ladder_replace(struct ladder *ladder, struct audit_table *orders, uint32_t n, uint32_t m);
bool ladder_crossed(const struct ladder *ladder);

#endif
