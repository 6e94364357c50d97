/* Orders by id, see book_table.h. */
#include "book_table.h"

#include <stdlib.h>

#include "book.h"

#define FIRST_SLOTS 16

void book_table_init(struct book_table *table)
{
	table->slots = bus_calloc(FIRST_SLOTS, sizeof(*table->slots));
	table->mask = FIRST_SLOTS - 1;
	table->count = 0;
}

void book_table_release(struct book_table *table)
{
	free(table->slots);
	*table = (struct book_table){ 0 };
}

/* Ids are hashes already, but a test's may count upwards: both halves are mixed. */
static uint64_t tag_of(struct bus_id id)
{
	uint64_t high, low;

	memcpy(&high, id.b, sizeof(high));
	memcpy(&low, id.b + sizeof(high), sizeof(low));
	high ^= low * UINT64_C(0x9e3779b97f4a7c15);
	high ^= high >> 32;
	high *= UINT64_C(0xd6e8feb86659fd93);
	return high ^ (high >> 32);
}

struct book_order *book_table_find(const struct book_table *table, struct bus_id id)
{
	uint64_t tag = tag_of(id);

	for (size_t i = tag & table->mask; table->slots[i].order != NULL; i = (i + 1) & table->mask)
		if (table->slots[i].tag == tag && book_id_equal(&table->slots[i].order->id, &id))
			return table->slots[i].order;
	return NULL;
}

static void insert(struct book_table *table, struct book_slot slot)
{
	size_t i = slot.tag & table->mask;

	while (table->slots[i].order != NULL)
		i = (i + 1) & table->mask;
	table->slots[i] = slot;
}

static void grow(struct book_table *table)
{
	struct book_slot *old = table->slots;
	size_t old_count = table->mask + 1;

	table->slots = book_memory_block(2 * old_count * sizeof(*table->slots));
	memset(table->slots, 0, 2 * old_count * sizeof(*table->slots));
	table->mask = 2 * old_count - 1;
	for (size_t i = 0; i < old_count; i++)
		if (old[i].order != NULL)
			insert(table, old[i]);
	free(old);
}

void book_table_prefetch(const struct book_table *table, struct bus_id id)
{
	__builtin_prefetch(&table->slots[tag_of(id) & table->mask]);
}

struct book_order *book_table_guess(const struct book_table *table, struct bus_id id)
{
	uint64_t tag = tag_of(id);

	for (size_t i = tag & table->mask; table->slots[i].order != NULL; i = (i + 1) & table->mask)
		if (table->slots[i].tag == tag)
			return table->slots[i].order;
	return NULL;
}

void book_table_add(struct book_table *table, struct book_order *order)
{
	if (2 * (table->count + 1) > table->mask + 1)
		grow(table);
	insert(table, (struct book_slot){ tag_of(order->id), order });
	table->count++;
}

void book_table_remove(struct book_table *table, const struct book_order *order)
{
	size_t mask = table->mask;
	size_t hole = tag_of(order->id) & mask;

	while (table->slots[hole].order != order) {
		bus_assert(table->slots[hole].order != NULL);
		hole = (hole + 1) & mask;
	}
	/* What follows moves up into the hole unless that is before its own place. */
	for (size_t i = (hole + 1) & mask; table->slots[i].order != NULL; i = (i + 1) & mask) {
		size_t home = table->slots[i].tag & mask;

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			table->slots[hole] = table->slots[i];
			hole = i;
		}
	}
	table->slots[hole].order = NULL;
	table->count--;
}
