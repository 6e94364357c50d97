/*
 * Memory of the books of one processor: orders, price levels and rungs come from pools, so that a
 * book in its steady state allocates nothing. What is given back is used again first.
 *
 * Invariant: an object belongs to exactly one book, or to the free list of its pool.
 */
#ifndef ORDERS_BOOK_MEMORY_H
#define ORDERS_BOOK_MEMORY_H

#include "bus/base.h"

struct book_pool {
	size_t size;  /* of one object, in whole cache lines */
	void *free;   /* chained through the first word of each */
	void **slabs; /* owned */
	size_t slab_count;
	size_t objects; /* in all slabs */
};

void book_pool_init(struct book_pool *pool, size_t size);
/* Every object of the pool becomes invalid. */
void book_pool_release(struct book_pool *pool);
/* Not initialised. */
void *book_pool_take(struct book_pool *pool);
void book_pool_give(struct book_pool *pool, void *object);

struct book_memory {
	struct book_pool orders; /* struct book_order */
	struct book_pool extras; /* struct book_extra */
	struct book_pool levels; /* struct book_level */
	struct book_pool chunks; /* struct book_chunk */
};

/* Memory in whole cache lines, to be freed with free(); in huge pages when it is as large. */
void *book_memory_block(size_t size);

void book_memory_init(struct book_memory *memory);
void book_memory_release(struct book_memory *memory);

#endif
