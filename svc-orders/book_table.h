/*
 * The orders of a book by their id: open addressing with linear probing and backward-shift removal,
 * so no tombstones gather. A slot keeps half of the id beside the pointer: a probe rarely touches
 * an order that is not the one.
 *
 * Invariant: at most half of the slots are taken; ids are distinct.
 */
#ifndef ORDERS_BOOK_TABLE_H
#define ORDERS_BOOK_TABLE_H

#include "bus/id.h"

struct book_order;

struct book_slot {
	uint64_t tag;
	struct book_order *order; /* NULL: free */
};

struct book_table {
	struct book_slot *slots; /* owned */
	size_t mask;		 /* number of slots - 1 */
	size_t count;
};

/* bus_id_equal() without a call. */
static inline bool book_id_equal(const struct bus_id *a, const struct bus_id *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a->b, sizeof(x));
	memcpy(y, b->b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

void book_table_init(struct book_table *table);
void book_table_release(struct book_table *table);
/* The order, or NULL. */
struct book_order *book_table_find(const struct book_table *table, struct bus_id id);
/* Where the id would be is needed soon. */
void book_table_prefetch(const struct book_table *table, struct bus_id id);
/* The order that is most likely that of the id, without looking at it; or NULL. */
struct book_order *book_table_guess(const struct book_table *table, struct bus_id id);
/* The id must not be in the table. */
void book_table_add(struct book_table *table, struct book_order *order);
/* The order must be in the table. */
void book_table_remove(struct book_table *table, const struct book_order *order);

#endif
