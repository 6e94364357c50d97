/*
 * One side of a book: its price levels in order, the best in O(1).
 *
 * Levels stand in sorted chunks of at most BOOK_CHUNK_RUNGS; the chunks stand in a sorted
 * directory. Nearly all activity is close to the best price, which is the last rung of the last
 * chunk, and stays within one or two cache lines; a level far away costs a binary search and moves
 * at most one chunk.
 *
 * Keys grow towards the better price: the price of a buy, minus the price of a sell.
 * Invariants: no empty chunk, no empty level; keys are distinct and ascend.
 */
#ifndef ORDERS_BOOK_LADDER_H
#define ORDERS_BOOK_LADDER_H

#include <stdbool.h>

#include "book_memory.h"
#include "bus/base.h"

#define BOOK_CHUNK_RUNGS 64

struct book_order;

/* Sum of what rests at a price: more than 64 bits, since nobody bounds the sum of the quantities.
 */
__extension__ struct book_total {
	unsigned __int128 micros;
};

/* The queue of one price, first come first. */
struct book_level {
	int64_t key;
	struct book_order *head;
	struct book_order *tail;
	struct book_total total; /* of the leaves in the queue */
};

/* Keys and levels apart, so that a search touches few cache lines. */
struct book_chunk {
	size_t count;
	int64_t keys[BOOK_CHUNK_RUNGS]; /* worst first */
	struct book_level *levels[BOOK_CHUNK_RUNGS];
};

struct book_ladder {
	struct book_chunk **chunks; /* owned array, worst first */
	int64_t *firsts;	    /* owned array: the first key of each */
	size_t count;
	size_t capacity;
	struct book_level *best; /* NULL: there is none */
};

/* Where a rung stands. A change of the ladder makes it invalid. */
struct book_spot {
	size_t chunk;
	size_t rung;
};

/* Gives the chunks and levels back, but not the orders. */
void book_ladder_release(struct book_ladder *ladder, struct book_memory *memory);
/* The best level, or NULL. */
static inline struct book_level *book_ladder_best(const struct book_ladder *ladder)
{
	return ladder->best;
}
/* The level of the key; it is made, empty, when there is none: put an order into it at once. */
struct book_level *book_ladder_level(struct book_ladder *ladder, int64_t key,
				     struct book_memory *memory);
/* Takes an empty level out and gives it back. */
void book_ladder_remove(struct book_ladder *ladder, struct book_level *level,
			struct book_memory *memory);
/* The level of the key, or NULL; and that its place is needed soon. */
const struct book_level *book_ladder_find(const struct book_ladder *ladder, int64_t key);
void book_ladder_prefetch(const struct book_ladder *ladder, int64_t key);
size_t book_ladder_depth(const struct book_ladder *ladder);

/* Walks from the best level to the worst: first() and next() return NULL at the end. */
const struct book_level *book_ladder_first(const struct book_ladder *ladder,
					   struct book_spot *spot);
const struct book_level *book_ladder_next(const struct book_ladder *ladder, struct book_spot *spot);
/* Back towards the best. */
const struct book_level *book_ladder_prev(const struct book_ladder *ladder, struct book_spot *spot);

#endif
