/* Pools of equal objects, see book_memory.h. */
#include "book_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "book.h"

#define SLAB_OBJECTS 128	       /* objects of the first slab: some 16 KiB of orders */
#define LINE	     64		       /* bytes of a cache line */
#define HUGE_PAGE    ((size_t)2 << 20) /* bytes; slabs double until they have this size */

void book_pool_init(struct book_pool *pool, size_t size)
{
	bus_assert(size >= sizeof(void *));
	*pool = (struct book_pool){ .size = (size + LINE - 1) & ~(size_t)(LINE - 1) };
}

void book_pool_release(struct book_pool *pool)
{
	for (size_t i = 0; i < pool->slab_count; i++)
		free(pool->slabs[i]);
	free(pool->slabs);
	*pool = (struct book_pool){ .size = pool->size };
}

void *book_memory_block(size_t size)
{
	bool huge = size % HUGE_PAGE == 0;
	void *block = aligned_alloc(huge ? HUGE_PAGE : LINE, size);

	bus_assert(block != NULL);
	if (huge)
		(void)madvise(block, size, MADV_HUGEPAGE); /* fewer misses of the TLB, or not */
	return block;
}

static void grow(struct book_pool *pool)
{
	size_t size = pool->size * SLAB_OBJECTS;
	char *slab;

	for (size_t i = 0; i < pool->slab_count && size < HUGE_PAGE; i++)
		size *= 2;
	if (size > HUGE_PAGE)
		size = HUGE_PAGE;
	slab = book_memory_block(size);
	pool->slabs = bus_realloc(pool->slabs, (pool->slab_count + 1) * sizeof(*pool->slabs));
	pool->slabs[pool->slab_count++] = slab;
	pool->objects += size / pool->size;
	/* Backwards, so that neighbours are handed out one after the other. */
	for (size_t i = size / pool->size; i-- > 0;)
		book_pool_give(pool, slab + i * pool->size);
}

void *book_pool_take(struct book_pool *pool)
{
	void *object;

	if (pool->free == NULL) {
		grow(pool);
		bus_assert(pool->free != NULL);
	}
	object = pool->free;
	memcpy(&pool->free, object, sizeof(pool->free));
	return object;
}

void book_pool_give(struct book_pool *pool, void *object)
{
	memcpy(object, &pool->free, sizeof(pool->free));
	pool->free = object;
}

void book_memory_init(struct book_memory *memory)
{
	book_pool_init(&memory->orders, sizeof(struct book_order));
	book_pool_init(&memory->extras, sizeof(struct book_extra));
	book_pool_init(&memory->levels, sizeof(struct book_level));
	book_pool_init(&memory->chunks, sizeof(struct book_chunk));
}

void book_memory_release(struct book_memory *memory)
{
	book_pool_release(&memory->orders);
	book_pool_release(&memory->extras);
	book_pool_release(&memory->levels);
	book_pool_release(&memory->chunks);
}
