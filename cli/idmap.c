/* Linear probing at most half full; the hash is a mix of the id's two halves. */
#include "idmap.h"

#include <stdlib.h>

#include "bus/hash.h"

#define FIRST_ROOM 1024u

void idmap_release(struct idmap *map)
{
	free(map->ids);
	free(map->slots);
	*map = (struct idmap){ 0 };
}

static uint32_t hash_of(struct bus_id id)
{
	uint64_t high, low;

	memcpy(&high, id.b, sizeof(high));
	memcpy(&low, id.b + sizeof(high), sizeof(low));
	high = (high ^ (low * UINT64_C(0x9e3779b97f4a7c15))) * UINT64_C(0xff51afd7ed558ccd);
	return (uint32_t)(high >> 32);
}

/* The slot that holds the id, or the free one where it belongs. */
static uint32_t slot_of(const struct idmap *map, struct bus_id id)
{
	uint32_t at = hash_of(id) & map->mask;

	while (map->slots[at] && !bus_id_equal(map->ids[map->slots[at] - 1], id))
		at = (at + 1) & map->mask;
	return at;
}

static void grow(struct idmap *map)
{
	map->room = map->room ? map->room * 2 : FIRST_ROOM;
	bus_assert(map->room && map->room < UINT32_MAX / 2);
	map->mask = map->room * 2 - 1;
	map->ids = bus_realloc(map->ids, map->room * sizeof(*map->ids));
	free(map->slots);
	map->slots = bus_calloc(map->room * 2, sizeof(*map->slots));
	for (uint32_t i = 0; i < map->count; i++)
		map->slots[slot_of(map, map->ids[i])] = i + 1;
}

uint32_t idmap_add(struct idmap *map, struct bus_id id, bool *added)
{
	uint32_t slot;

	if (map->count == map->room)
		grow(map);
	slot = slot_of(map, id);
	if (added)
		*added = map->slots[slot] == 0;
	if (map->slots[slot] == 0) {
		map->ids[map->count] = id;
		map->slots[slot] = ++map->count;
	}
	return map->slots[slot] - 1;
}

uint32_t idmap_find(const struct idmap *map, struct bus_id id)
{
	uint32_t slot;

	if (map->count == 0)
		return IDMAP_NONE;
	slot = slot_of(map, id);
	return map->slots[slot] ? map->slots[slot] - 1 : IDMAP_NONE;
}

uint32_t idmap_find_text(const struct idmap *map, struct bus_bytes text)
{
	struct bus_id id;

	if (!bus_id_parse((const char *)text.data, text.len, &id))
		return IDMAP_NONE;
	return idmap_find(map, id);
}

struct bus_id idmap_key(const char *first, struct bus_bytes second)
{
	struct bus_bytes head = bus_bytes(first, strlen(first) + 1);
	uint64_t low = bus_hash64(bus_hash64(BUS_HASH_SEED, head), second);
	uint64_t high = bus_hash64(bus_hash64(~BUS_HASH_SEED, second), head);
	struct bus_id key;

	memcpy(key.b, &high, sizeof(high));
	memcpy(key.b + sizeof(high), &low, sizeof(low));
	return key;
}
