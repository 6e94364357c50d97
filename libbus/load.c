/* Loading: one round trip for all that a batch touches and that is not in memory. */
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "firing.h"
#include "store.h"

void bus__engine_forget(struct bus__engine *engine)
{
	struct bus__partition *partition;
	struct bus__key *key, *next;

	HASH_ITER (hh, engine->keys, key, next) {
		HASH_DEL(engine->keys, key);
		free(key);
	}
	engine->key_count = 0;
	bus__firing_orphan(engine);
	DL_FOREACH (engine->partitions, partition) {
		bus__timers_forget(&partition->timers);
	}
	if (engine->state)
		engine->program.def->state_free(engine->state);
	engine->state = engine->program.def->state_new();
}

struct bus__key *bus__load_key(struct bus__engine *engine, const char *text)
{
	struct bus__key *key = NULL;

	if (text)
		HASH_FIND(hh, engine->keys, text, strlen(text), key);
	return key;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void need_key(struct bus__engine *engine, const char *text)
{
	size_t len = strlen(text);
	struct bus__key *key;

	HASH_FIND(hh, engine->keys, text, len, key);
	if (key)
		return;
	key = bus_malloc(sizeof(*key) + len + 1);
	key->parked = false;
	memcpy(key->text, text, len + 1);
	HASH_ADD_KEYPTR(hh, engine->keys, key->text, len, key);
	engine->key_count++;
	engine->batch.fresh[engine->batch.fresh_count++] = key->text;
}

static void see_command(struct bus__engine *engine, struct bus__item *item)
{
	struct bus__batch *batch = &engine->batch;
	size_t key_len = strlen(item->key), len = sizeof(struct bus_id) + key_len;
	struct bus__seen *seen;
	char bytes[sizeof(seen->bytes)];

	memcpy(bytes, item->ce_id.b, sizeof(struct bus_id));
	memcpy(bytes + sizeof(struct bus_id), item->key, key_len);
	HASH_FIND(hh, batch->seen, bytes, len, seen);
	if (!seen) {
		seen = bus_arena_zalloc(&engine->scratch, sizeof(*seen));
		memcpy(seen->bytes, bytes, len);
		seen->len = len;
		HASH_ADD(hh, batch->seen, bytes, len, seen);
	}
	item->seen = seen;
}

static void on_command_rows(void *arg, const PGresult *rows)
{
	struct bus__engine *engine = arg;
	char bytes[sizeof(((struct bus__seen *)0)->bytes)];

	for (int i = 0; i < PQntuples(rows); i++) {
		const char *key = bus_row_text(rows, i, 0);
		size_t key_len = strlen(key);
		struct bus_id id = bus_row_id(rows, i, 1);
		struct bus__seen *seen;

		memcpy(bytes, id.b, sizeof(id));
		if (key_len > BUS_KEY_MAX)
			continue;
		memcpy(bytes + sizeof(id), key, key_len);
		HASH_FIND(hh, engine->batch.seen, bytes, sizeof(id) + key_len, seen);
		if (seen)
			seen->done = true;
	}
}

static void on_parked_rows(void *arg, const PGresult *rows)
{
	struct bus__engine *engine = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		const char *text = bus_row_text(rows, i, 0);
		struct bus__key *key;

		HASH_FIND(hh, engine->keys, text, strlen(text), key);
		if (key)
			key->parked = true;
	}
}

/* Every input that is to be decided stands densely in batch->inputs. */
void bus__load(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;
	struct bus_load load;
	bool outside = false;

	batch->fresh =
		bus_arena_alloc(&engine->scratch, (batch->count + 1) * sizeof(*batch->fresh));
	batch->fresh_count = 0;
	for (size_t i = 0; i < batch->count; i++) {
		struct bus__item *item = &batch->items[i];

		if (item->verdict != BUS__DECIDE && item->verdict != BUS__PARK)
			continue;
		if (item->key)
			need_key(engine, item->key);
		if (item->verdict == BUS__DECIDE && item->record &&
		    engine->program.def->inputs[item->record->input].kind == BUS_OUTSIDE) {
			see_command(engine, item);
			outside = true;
		}
	}
	qsort(batch->fresh, batch->fresh_count, sizeof(*batch->fresh), by_text);
	if (batch->fresh_count)
		bus__store_parked_keys(engine, batch->fresh, batch->fresh_count, on_parked_rows);
	if (outside)
		bus__store_commands_done(engine, on_command_rows);
	load = (struct bus_load){ .keys = batch->fresh,
				  .key_count = batch->fresh_count,
				  .inputs = batch->inputs,
				  .input_count = batch->input_count };
	if (batch->input_count || batch->fresh_count)
		engine->program.def->load(engine->state, &load, engine->db);
}
