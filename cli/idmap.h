/*
 * Ids to small numbers: an open-addressed table that only grows. A number is the id's place in the
 * order in which ids were added, so that an array beside it can hold what is known of each.
 */
#ifndef CLI_IDMAP_H
#define CLI_IDMAP_H

#include "bus/id.h"

#define IDMAP_NONE UINT32_MAX

/* Zeroed is empty. Owns its arrays. */
struct idmap {
	struct bus_id *ids; /* by number */
	uint32_t *slots;    /* number + 1; 0: free */
	uint32_t count, room, mask;
};

void idmap_release(struct idmap *map);
/* The id's number; *added tells (may be NULL) whether it is new. */
uint32_t idmap_add(struct idmap *map, struct bus_id id, bool *added);
/* IDMAP_NONE when it is not there. */
uint32_t idmap_find(const struct idmap *map, struct bus_id id);
/* The same for UUID text; IDMAP_NONE also when it is none. */
uint32_t idmap_find_text(const struct idmap *map, struct bus_bytes text);

/*
 * Makes a 16-byte key of what is no id: two hashes of the texts, each ended by a NUL. Good against
 * chance, not against malice.
 */
struct bus_id idmap_key(const char *first, struct bus_bytes second);

#endif
