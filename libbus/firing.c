/* See firing.h. A timer fires in the transaction that removes its row, so it fires once. */
#include "firing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "bus/time.h"
#include "crash.h"
#include "sql.h"

/* The alarm is set again every time that something happens; this is for a wall clock that jumps. */
#define ALARM_MAX_US (60 * BUS_SECOND)

static const struct bus_sql timer_load_sql = { "bus_timer_load", sql_timer_load };

struct bus__firing_load {
	struct bus__partition *partition; /* NULL: it has gone, or begins anew */
};

/* ---- the windows ---- */

static void on_timer_rows(void *arg, const PGresult *rows)
{
	struct bus__partition *partition = ((struct bus__firing_load *)arg)->partition;
	struct bus__timers *timers;

	if (!partition)
		return;
	timers = &partition->timers;
	bus__timers_forget(timers);
	timers->complete = true; /* while they are put in */
	for (int i = 0; i < PQntuples(rows); i++) {
		struct bus__timer_change change = { .set = true,
						    .id = bus_row_text(rows, i, 1),
						    .due = bus_row_int8(rows, i, 2),
						    .type = bus_row_text(rows, i, 3),
						    .value = bus_row_bytes(rows, i, 4) };

		bus__timers_put(timers, bus_row_text(rows, i, 0), &change, true);
	}
	if (PQntuples(rows) == BUS__TIMERS_MAX)
		bus__timers_end(timers);
	timers->loaded = true;
}

static void on_loaded(void *arg, const struct bus_db_error *error)
{
	struct bus__engine *engine = arg;

	engine->operation = BUS__OP_NONE;
	for (size_t i = 0; error && i < engine->firing_load_count; i++)
		if (engine->firing_loads[i].partition)
			bus__timers_forget(&engine->firing_loads[i].partition->timers);
	free(engine->firing_loads);
	engine->firing_loads = NULL;
	engine->firing_load_count = 0;
	if (error)
		bus__engine_pause(engine, 200, error->message);
	bus__engine_again(engine);
}

/* Known up to its horizon, and all of that has fired. */
static bool must_load(const struct bus__partition *partition)
{
	const struct bus__timers *timers = &partition->timers;

	return (partition->state == BUS__RUNNING || partition->state == BUS__HEALING) &&
	       (!timers->loaded || (!timers->count && !timers->complete));
}

static void load(struct bus__engine *engine, struct bus__firing_load *to)
{
	struct bus_call *call = bus_call(engine->db, &timer_load_sql);

	bus_call_text(call, engine->program.def->name);
	bus_call_int4(call, engine->program.def->version);
	bus_call_int4(call, to->partition->id);
	bus_call_int4(call, BUS__TIMERS_MAX);
	bus_call_send(call, on_timer_rows, to);
}

bool bus__firing_turn(struct bus__engine *engine)
{
	struct bus__partition *partition;
	size_t count = 0;

	if (!engine->program.def->schedule)
		return false;
	DL_FOREACH (engine->partitions, partition) {
		count += must_load(partition);
	}
	if (!count)
		return false;
	engine->firing_loads = bus_calloc(count, sizeof(*engine->firing_loads));
	engine->firing_load_count = count;
	count = 0;
	DL_FOREACH (engine->partitions, partition) {
		if (!must_load(partition))
			continue;
		engine->firing_loads[count].partition = partition;
		load(engine, &engine->firing_loads[count++]);
	}
	engine->operation = BUS__OP_TIMERS;
	bus_db_sync(engine->db, on_loaded, engine);
	return true;
}

void bus__firing_orphan(struct bus__engine *engine)
{
	for (size_t i = 0; i < engine->firing_load_count; i++)
		engine->firing_loads[i].partition = NULL;
}

/* ---- the clock ---- */

/*
 * What was sent before a timer was due comes before it, so that what is still to be read from the
 * log keeps the clock: only at the end of every input nothing arrives.
 */
static bool follows_wall(const struct bus__partition *partition)
{
	const struct bus__engine *engine = partition->engine;

	if (engine->settings->event_clock || partition->queue)
		return false;
	for (size_t i = 0; i < engine->program.input_count; i++)
		if (!partition->caught_up[i])
			return false;
	return true;
}

int64_t bus__firing_clock(const struct bus__partition *partition)
{
	int64_t wall = follows_wall(partition) ? bus_time_wall() : 0;

	return wall > partition->lease.clock ? wall : partition->lease.clock;
}

bool bus__firing_due(const struct bus__partition *partition)
{
	const struct bus__timers *timers = &partition->timers;

	return timers->count && timers->items[0]->due <= bus__firing_clock(partition);
}

void bus__firing_alarm(struct bus__engine *engine)
{
	const struct bus__partition *partition;
	int64_t now = bus_time_wall(), next = INT64_MAX;
	struct timeval delay;

	if (!engine->program.def->schedule || engine->settings->event_clock)
		return;
	DL_FOREACH (engine->partitions, partition) {
		const struct bus__timers *timers = &partition->timers;

		/* One that is due and waits for something else is not waited for here. */
		if (partition->state == BUS__RUNNING && timers->count &&
		    timers->items[0]->due > now && timers->items[0]->due < next)
			next = timers->items[0]->due;
	}
	if (next == INT64_MAX)
		return;
	next = next - now < ALARM_MAX_US ? next - now : ALARM_MAX_US;
	delay = (struct timeval){ next / BUS_SECOND, next % BUS_SECOND };
	event_add(engine->alarm, &delay);
}

/* ---- in a batch ---- */

void bus__firing_add(struct bus__partition *partition, const struct bus__timer *timer,
		     int64_t clock)
{
	struct bus__engine *engine = partition->engine;
	struct bus_arena *arena = &engine->scratch;
	struct bus__item *item = bus__batch_item(partition, NULL);
	struct bus__due *due = bus_arena_zalloc(arena, sizeof(*due));
	const struct bus__handler *handler = bus__program_handler(
		&engine->program, BUS__TIMER, bus_bytes(timer->type, strlen(timer->type)));
	struct bus_input *input;
	const ProtobufCMessage *message;

	due->id = bus_arena_strndup(arena, timer->id, strlen(timer->id));
	due->type = bus_arena_strndup(arena, timer->type, strlen(timer->type));
	due->value = bus_bytes(bus_arena_copy(arena, timer->value.data, timer->value.len),
			       timer->value.len);
	due->due = timer->due;
	due->serial = timer->serial;
	item->timer = due;
	item->time = clock;
	item->key = bus_arena_strndup(arena, timer->key, strlen(timer->key));
	item->verdict = BUS__PARK;
	item->cause = BUS_ERR_UNKNOWN_TYPE;
	if (!handler)
		return;
	item->cause = BUS_ERR_UNDECODABLE;
	message = bus__unpack(handler->def->type, due->value, arena);
	if (!message)
		return;
	item->verdict = BUS__DECIDE;
	item->cause = 0;
	item->handlers = bus_arena_alloc(arena, sizeof(const struct bus__handler *));
	item->handlers[0] = handler;
	input = bus__batch_input(&engine->batch, item);
	input->message = message;
	input->key = item->key;
	input->topic = BUS_TIMER;
	input->partition = partition->id;
	input->offset = -1;
	input->ce_id = due->id;
	input->due = due->due;
	input->references = &engine->references;
}

bool bus__firing_gather(struct bus__partition *partition, int64_t clock, size_t limit)
{
	const struct bus__timers *timers = &partition->timers;
	struct bus__batch *batch = &partition->engine->batch;

	if (!partition->engine->program.def->schedule)
		return true;
	while (partition->timers_taken < timers->count &&
	       timers->items[partition->timers_taken]->due <= clock) {
		if (batch->count >= limit)
			return false;
		bus__batch_begin(partition);
		bus__firing_add(partition, timers->items[partition->timers_taken++], clock);
		bus__crash(BUS__CRASH_TIMER_DUE);
	}
	return partition->timers_taken < timers->count || timers->complete;
}

bool bus__firing_stands(const struct bus__item *item, bool parked)
{
	struct bus__timers *timers = &item->partition->timers;
	struct bus__timer *timer = bus__timers_find(timers, item->key, item->timer->id);

	if (!timer || timer->serial != item->timer->serial)
		return false;
	/* It rests in the table, and is read from there when the key is not parked any more. */
	if (parked)
		bus__timers_remove(timers, timer);
	return !parked;
}

/* ---- trouble ---- */

static void free_trouble(struct bus__partition *partition, struct bus__timer_trouble *trouble)
{
	LL_DELETE(partition->timer_troubles, trouble);
	free(trouble->trouble.detail);
	free(trouble);
}

static struct bus__timer_trouble *find_trouble(const struct bus__item *item)
{
	struct bus__timer_trouble *trouble;

	LL_FOREACH (item->partition->timer_troubles, trouble) {
		if (trouble->due == item->timer->due && strcmp(trouble->key, item->key) == 0 &&
		    strcmp(trouble->id, item->timer->id) == 0)
			return trouble;
	}
	return NULL;
}

struct bus__trouble *bus__firing_trouble(const struct bus__item *item, bool make)
{
	struct bus__timer_trouble *trouble = find_trouble(item);

	if (!trouble && make) {
		trouble = bus_calloc(1, sizeof(*trouble));
		trouble->due = item->timer->due;
		snprintf(trouble->key, sizeof(trouble->key), "%s", item->key);
		snprintf(trouble->id, sizeof(trouble->id), "%s", item->timer->id);
		LL_PREPEND(item->partition->timer_troubles, trouble);
	}
	return trouble ? &trouble->trouble : NULL;
}

void bus__firing_calm(struct bus__partition *partition)
{
	while (partition->timer_troubles)
		free_trouble(partition, partition->timer_troubles);
}

void bus__firing_fired(const struct bus__item *item)
{
	struct bus__timer_trouble *trouble = find_trouble(item);

	if (trouble)
		free_trouble(item->partition, trouble);
}

/* ---- what steps do ---- */

/* `needless`: there is no row to remove, unless this batch has written one. */
static void note(struct bus__partition *partition, const char *key,
		 const struct bus__timer_change *change, bool needless)
{
	struct bus__batch *batch = &partition->engine->batch;
	size_t key_size = strlen(key) + 1, len = key_size + strlen(change->id);
	struct bus__timer_row *row = bus_arena_zalloc(&partition->engine->scratch,
						      sizeof(*row) + len),
			      *found;

	memcpy(row->name, key, key_size);
	memcpy(row->name + key_size, change->id, len - key_size);
	row->partition = partition;
	row->key = key;
	row->change = *change;
	HASH_FIND(hh, batch->timers, row->name, len, found);
	if (found)
		found->change = *change;
	else if (!needless)
		HASH_ADD_KEYPTR(hh, batch->timers, row->name, len, row);
}

void bus__firing_step(struct bus__partition *partition, const struct bus__step *step, bool parked)
{
	struct bus__timers *timers = &partition->timers;
	const char *key = (const char *)step->key.data;
	bool all_known = timers->complete && !parked;

	if (step->fired) {
		const struct bus__timer *timer = bus__timers_find(timers, key, step->fired);

		if (timer && timer->due == step->fired_due)
			note(partition, key, &(struct bus__timer_change){ .id = step->fired },
			     false);
	}
	for (size_t i = 0; i < step->timer_count; i++) {
		const struct bus__timer_change *change = &step->timers[i];

		note(partition, key, change,
		     !change->set && all_known && !bus__timers_find(timers, key, change->id));
		if (change->set && change->due < partition->set_due &&
		    bus__timers_hold(step, change))
			partition->set_due = change->due;
	}
	bus__timers_step(timers, step);
}

bool bus__firing_precedes(const struct bus__item *item)
{
	const struct bus__partition *partition = item->partition;
	const struct bus__timers *timers = &partition->timers;
	int64_t limit = item->timer ? item->timer->due : item->time;

	/* The usual case, without a look at the window. */
	if (limit < partition->set_due)
		return false;
	for (size_t i = 0; i < timers->count && timers->items[i]->due <= limit; i++) {
		const struct bus__timer *timer = timers->items[i];

		if (item->timer && timer->serial == item->timer->serial)
			return false;
		if (timer->serial > partition->serial_before && timer->holds)
			return true;
	}
	return false;
}
