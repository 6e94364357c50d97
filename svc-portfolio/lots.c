/* Lots in arrays that the pool hands out; see lots.h. */
#include "lots.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "position.h"

#define BLOCK_SIZE ((size_t)2 << 20) /* a huge page; holds the largest array */

/* The pool ******************************************************************************** */

static uint32_t class_capacity(unsigned class)
{
	return 2u << class;
}

static unsigned class_of(uint32_t capacity)
{
	unsigned class = 0;

	while (class_capacity(class) < capacity)
		class ++;
	bus_assert(class < LOT_CLASSES);
	return class;
}

/* Lots are met at random: with small pages every second one costs a walk of the page table. */
static void add_block(struct lot_pool *pool)
{
	void **block = aligned_alloc(BLOCK_SIZE, BLOCK_SIZE);

	bus_assert(block != NULL);
	(void)madvise(block, BLOCK_SIZE, MADV_HUGEPAGE); /* where the kernel has them */
	*block = pool->blocks;
	pool->blocks = block;
	pool->next = (char *)block + sizeof(struct lot);
	pool->left = BLOCK_SIZE - sizeof(struct lot);
}

static struct lot *take(struct lot_pool *pool, unsigned class)
{
	size_t size = class_capacity(class) * sizeof(struct lot);
	void *array = pool->free[class];

	if (array != NULL) {
		memcpy(&pool->free[class], array, sizeof(void *));
		return array;
	}
	if (pool->left < size)
		add_block(pool);
	array = pool->next;
	pool->next += size;
	pool->left -= size;
	return array;
}

static void give(struct lot_pool *pool, struct lot *items, uint32_t capacity)
{
	unsigned class = class_of(capacity);

	memcpy(items, &pool->free[class], sizeof(void *));
	pool->free[class] = items;
}

void lot_pool_release(struct lot_pool *pool)
{
	void *block = pool->blocks;

	while (block != NULL) {
		void *next;

		memcpy(&next, block, sizeof(next));
		free(block);
		block = next;
	}
	*pool = (struct lot_pool){ 0 };
}

/* Lots ************************************************************************************ */

/* Room for one more at the end: the front is used again when half of the array is free. */
static void reserve(struct lots *lots, struct lot_pool *pool)
{
	uint32_t capacity = lots->capacity == 0 ? class_capacity(0) : 2u * lots->capacity;
	struct lot *items;

	if (lots->first + lots->count < lots->capacity)
		return;
	if (lots->first > 0 && lots->first >= lots->capacity / 2) {
		memmove(lots->items, lots->items + lots->first, lots->count * sizeof(struct lot));
		lots->first = 0;
		return;
	}
	items = take(pool, class_of(capacity));
	if (lots->capacity > 0) {
		memcpy(items, lots->items + lots->first, lots->count * sizeof(struct lot));
		give(pool, lots->items, lots->capacity);
	}
	lots->items = items;
	lots->first = 0;
	lots->capacity = (uint16_t)capacity;
}

void lots_plan_cut(const struct lots *lots, struct bus_quantity quantity, struct lots_cut *out)
{
	int64_t rest = quantity.micros, cost = 0;
	uint32_t gone = 0;

	out->part = false;
	while (rest != 0) {
		const struct lot *lot;
		int64_t has;

		bus_assert(gone < lots->count);
		lot = &lots->items[lots->first + gone];
		has = lot->quantity.micros;
		if (rest > 0 ? has > rest : has < rest) {
			struct bus_money share = position_share(lot->cost, rest < 0 ? -rest : rest,
								has < 0 ? -has : has);

			out->part = true;
			out->left.micros = has - rest;
			out->left_cost.micros = lot->cost.micros - share.micros;
			cost += share.micros;
			break;
		}
		rest -= has;
		cost += lot->cost.micros;
		gone++;
	}
	out->gone = gone;
	out->cost.micros = cost;
}

void lots_cut(struct lots *lots, const struct lots_cut *cut)
{
	bus_assert(cut->gone + (cut->part ? 1u : 0u) <= lots->count);
	lots->first = (uint16_t)(lots->first + cut->gone);
	lots->count = (uint16_t)(lots->count - cut->gone);
	if (lots->count == 0)
		lots->first = 0;
	if (cut->part) {
		lots->items[lots->first].quantity = cut->left;
		lots->items[lots->first].cost = cut->left_cost;
	}
}

void lots_open(struct lots *lots, struct lot_pool *pool, const struct lot *lot)
{
	if (lots->count == LOTS_MAX) {
		struct lot *newest = &lots->items[lots->first + lots->count - 1];

		bus_assert(bus_quantity_add(newest->quantity, lot->quantity, &newest->quantity));
		bus_assert(bus_money_add(newest->cost, lot->cost, &newest->cost));
		return;
	}
	reserve(lots, pool);
	lots->items[lots->first + lots->count++] = *lot;
	lots->opened++;
}

void lots_replace(struct lots *lots, struct lot_pool *pool, const struct lot *items, size_t count)
{
	lots->first = lots->count = 0;
	for (size_t i = 0; i < count; i++)
		lots_open(lots, pool, &items[i]);
}

void lots_release(struct lots *lots, struct lot_pool *pool)
{
	if (lots->capacity > 0)
		give(pool, lots->items, lots->capacity);
	*lots = (struct lots){ .items = NULL };
}

const struct lot *lots_at(const struct lots *lots, uint32_t i)
{
	bus_assert(i < lots->count);
	return &lots->items[lots->first + i];
}

int64_t lots_number(const struct lots *lots, uint32_t i)
{
	return lots->opened - (int64_t)lots->count + 1 + i;
}
