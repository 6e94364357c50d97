/*
 * What a batch needs in memory before it can be decided: the aggregates of its keys, which of them
 * are parked, and which of its commands have acted before.
 */
#ifndef BUS_LOAD_H
#define BUS_LOAD_H

#include <uthash.h>

#include "engine.h"

/* A key whose aggregates are in memory. */
struct bus__key {
	UT_hash_handle hh;
	bool parked;
	char text[];
};

/* A command of the batch: it acts once, whether it was seen before in the store or in this batch.
 */
struct bus__seen {
	UT_hash_handle hh;
	bool done;
	size_t len;
	char bytes[sizeof(struct bus_id) + BUS_KEY_MAX];
};

/* Queues the queries of the batch; nothing is queued when everything is in memory. */
void bus__load(struct bus__engine *engine);

/* A key of the batch, once it is loaded; NULL for one that is no text. */
struct bus__key *bus__load_key(struct bus__engine *engine, const char *text);

#endif
