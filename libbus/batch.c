/*
 * The loop: whatever arrived while the last commit ran is filtered, what it touches is loaded, it
 * is decided input by input in memory, and committed in one transaction whose first statement
 * compares and swaps the leases. Only then is anything published. When a transaction fails,
 * everything cached is dropped and the records go back to their queues: nothing has happened.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "bus/log.h"
#include "bus/time.h"
#include "crash.h"
#include "decide.h"
#include "engine.h"
#include "filter.h"
#include "firing.h"
#include "heal.h"
#include "load.h"
#include "store.h"

#define BATCH_BYTES	 ((size_t)8 << 20)
#define UNPUBLISHED_HIGH ((size_t)24 << 20)
/* Positions and marks that have moved alone are written this often. */
#define FLUSH_US (BUS_SECOND / 5)
/* An input that PostgreSQL refuses when it is alone is decided once more, then refused or parked.
 */
#define ALONE_ATTEMPTS 2

/* ---- gathering ---- */

struct bus__item *bus__batch_item(struct bus__partition *partition, struct bus__record *record)
{
	struct bus__batch *batch = &partition->engine->batch;
	struct bus__item *item;

	if (batch->count == batch->capacity) {
		batch->capacity = batch->capacity ? batch->capacity * 2 : 1024;
		batch->items = bus_realloc(batch->items, batch->capacity * sizeof(*batch->items));
	}
	item = &batch->items[batch->count++];
	memset(item, 0, sizeof(*item));
	item->record = record;
	item->partition = partition;
	return item;
}

struct bus_input *bus__batch_input(struct bus__batch *batch, struct bus__item *item)
{
	struct bus_input *input;

	if (batch->input_count == batch->input_capacity) {
		batch->input_capacity = batch->input_capacity ? batch->input_capacity * 2 : 1024;
		batch->inputs =
			bus_realloc(batch->inputs, batch->input_capacity * sizeof(*batch->inputs));
	}
	if (!item->input_count++)
		item->first_input = batch->input_count;
	input = &batch->inputs[batch->input_count++];
	memset(input, 0, sizeof(*input));
	return input;
}

struct bus__trouble *bus__batch_trouble(const struct bus__item *item, bool make)
{
	return item->record ? &item->record->trouble : bus__firing_trouble(item, make);
}

void bus__batch_begin(struct bus__partition *partition)
{
	if (partition->in_batch)
		return;
	bus__lease_copy(&partition->draft, &partition->lease, &partition->engine->program);
	partition->in_batch = true;
	partition->serial_before = partition->timers.serial;
	partition->set_due = INT64_MAX;
	partition->cut = false;
}

void bus__batch_handled(struct bus__partition *partition, const struct bus__record *record)
{
	struct bus__position *position = &partition->draft.handled[record->input];

	if (record->message->offset < position->next)
		return;
	position->next = record->message->offset + 1;
	position->hash = record->hash;
}

static void reach(int64_t *clock, int64_t time)
{
	if (time > *clock)
		*clock = time;
}

/* Filters one record, and those that waited for it alone. */
static size_t gather_record(struct bus__partition *partition, struct bus__record *record,
			    int64_t *clock)
{
	struct bus__engine *engine = partition->engine;
	size_t bytes = 0;

	while (record) {
		struct bus__item *item = bus__batch_item(partition, record);

		bytes += record->message->len;
		reach(clock, bus__filter_time(engine, record));
		item->time = *clock;
		if (bus__filter(engine, item))
			bus__batch_handled(partition, record);
		else
			engine->batch.count--;
		record = partition->waiting ? bus__filter_filled(engine, partition, -1) : NULL;
	}
	return bytes;
}

/* The first `share` of what waits to be decided: records, and before each the timers that are due.
 */
static void gather_partition(struct bus__partition *partition, size_t share, size_t *bytes)
{
	struct bus__engine *engine = partition->engine;
	struct bus__batch *batch = &engine->batch;
	size_t limit = batch->count + share;
	int64_t clock = bus__firing_clock(partition);

	if (partition->state == BUS__HEALING) {
		bus__heal_gather(partition, limit, bytes);
		return;
	}
	partition->timers_taken = 0;
	if (!bus__firing_gather(partition, clock, limit))
		return;
	do {
		struct bus__record *record = partition->queue;

		if (record)
			reach(&clock, bus__filter_time(engine, record));
		if (!bus__firing_gather(partition, clock, limit) || !record ||
		    batch->count >= limit)
			return;
		DL_DELETE(partition->queue, record);
		partition->queued--;
		partition->queued_waited -= record->waited;
		bus__batch_begin(partition);
		*bytes += gather_record(partition, record, &clock);
	} while (batch->count < limit && *bytes < BATCH_BYTES);
}

static bool has_something(const struct bus__partition *partition)
{
	if (partition->state == BUS__HEALING)
		return !bus__heal_over(partition);
	return partition->state == BUS__RUNNING && !partition->gap_stopped &&
	       (partition->queue || bus__firing_due(partition));
}

static void gather(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;
	size_t limit = batch->single ? 1 : (size_t)engine->settings->batch_max;
	size_t having = 0, share, bytes = 0;
	struct bus__partition *partition;

	DL_FOREACH (engine->partitions, partition) {
		having += has_something(partition);
	}
	share = having ? (limit + having - 1) / having : 0;
	DL_FOREACH (engine->partitions, partition) {
		if (has_something(partition) && batch->count < limit && bytes < BATCH_BYTES)
			gather_partition(partition,
					 share < limit - batch->count ? share
								      : limit - batch->count,
					 &bytes);
	}
}

/* Partitions whose marks have moved though nothing arrives: told to the store now and then. */
static bool gather_idle(struct bus__engine *engine)
{
	int64_t now = bus_time_monotonic();
	struct bus__partition *partition;
	bool any = false;

	DL_FOREACH (engine->partitions, partition) {
		bool moved = partition->moved ||
			     partition->published > partition->lease.published ||
			     partition->gap_stopped != (partition->lease.stopped[0] != '\0');

		if (partition->state != BUS__RUNNING || partition->in_batch || !moved ||
		    (now - partition->flushed_at < FLUSH_US && !engine->closing))
			continue;
		bus__batch_begin(partition);
		any = true;
	}
	return any;
}

/* ---- failure ---- */

static void requeue(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;

	for (size_t i = batch->count; i-- > 0;) {
		struct bus__item *item = &batch->items[i];

		if (item->record)
			bus__partition_requeue(item->partition, item->record);
		item->record = NULL;
	}
}

/* What comes behind a timer that this batch has set is as if it had not been taken. */
static void put_back_cut(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;

	for (size_t i = batch->count; i-- > 0;) {
		struct bus__item *item = &batch->items[i];

		if (!item->cut)
			continue;
		item->verdict = BUS__SKIP;
		item->timer = NULL;
		if (!item->record)
			continue;
		bus__filter_undo(item);
		bus__partition_requeue(item->partition, item->record);
		item->record = NULL;
	}
}

static void batch_clear(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;
	struct bus__outgoing *outgoing = batch->steps, *next;
	struct bus__partition *partition;

	for (size_t i = 0; i < batch->count; i++)
		if (batch->items[i].record)
			bus__record_free(engine, batch->items[i].record);
	/* Steps that were not handed over to publishing: their batch has not happened. */
	for (; outgoing; outgoing = next) {
		next = outgoing->next;
		bus__chunk_unref(engine, outgoing->chunk);
	}
	batch->steps = NULL;
	batch->steps_tail = &batch->steps;
	if (batch->chunk)
		bus__chunk_unref(engine, batch->chunk);
	batch->chunk = NULL;
	HASH_CLEAR(hh, batch->seen);
	HASH_CLEAR(hh, batch->timers);
	batch->count = batch->input_count = 0;
	batch->orphan = false;
	DL_FOREACH (engine->partitions, partition) {
		partition->in_batch = false;
	}
	bus_arena_reset(&engine->scratch, (size_t)4 << 20);
}

void bus__batch_orphan(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;

	if (engine->operation != BUS__OP_LOAD && engine->operation != BUS__OP_COMMIT)
		return;
	/* Its records and partitions go now; the report of the database comes to an empty batch. */
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->items[i].record)
			bus__record_free(engine, batch->items[i].record);
		batch->items[i].record = NULL;
	}
	batch->orphan = true;
	batch->single = 0;
}

void bus__batch_release(struct bus__engine *engine)
{
	batch_clear(engine);
	free(engine->batch.items);
	free(engine->batch.inputs);
}

/* Nothing has happened: drop what is cached, and run the same records again. */
static void run_again(struct bus__engine *engine)
{
	bool folded = false;

	for (size_t i = 0; i < engine->batch.count; i++)
		folded = folded || engine->batch.items[i].folded;
	requeue(engine);
	batch_clear(engine);
	bus__engine_forget(engine);
	/* The journal has been read on: it is read again, from what is committed. */
	if (folded)
		bus__takeover_restart(engine);
	bus__engine_again(engine);
}

static void alone_refused(struct bus__engine *engine, const struct bus__item *item,
			  const struct bus_db_error *error)
{
	struct bus__trouble *trouble;
	char text[160];

	if (item->folded) {
		bus__partition_stop(item->partition, BUS_ERR_JOURNAL_AHEAD,
				    "the journal is ahead of the store and cannot be folded in: "
				    "SQLSTATE %s in %s",
				    error->sqlstate, error->statement);
		return;
	}
	trouble = bus__batch_trouble(item, true);
	if (++trouble->attempts >= ALONE_ATTEMPTS && !trouble->forced) {
		snprintf(text, sizeof(text), "SQLSTATE %s in %s", error->sqlstate,
			 error->statement);
		trouble->forced = BUS_ERR_DATA_REFUSED;
		trouble->detail = bus_strdup(text);
	} else if (trouble->attempts > ALONE_ATTEMPTS + 1) {
		/* Not even its refusal can be written down: that is our own fault. */
		bus_log(BUS_LOG_ERROR, "an input can be neither applied nor put aside",
			"processor=%s key=\"%s\" offset=%lld", engine->program.def->name,
			item->key ? item->key : "",
			item->record ? (long long)item->record->message->offset : -1);
		engine->fatal = BUS_ERR_INTERNAL;
	}
}

/* A row was refused: which input it came from shows when each runs alone. */
static void data_refused(struct bus__engine *engine, const struct bus_db_error *error)
{
	struct bus__batch *batch = &engine->batch;

	bus_log(BUS_LOG_WARN, "PostgreSQL refused a batch",
		"processor=%s records=%zu sqlstate=%s statement=%s why=\"%s\"",
		engine->program.def->name, batch->count, error->sqlstate, error->statement,
		error->message);
	if (batch->count == 1)
		alone_refused(engine, &batch->items[0], error);
	if (!batch->single)
		batch->single = batch->count;
	run_again(engine);
}

static void batch_failed(struct bus__engine *engine, const struct bus_db_error *error)
{
	if (engine->batch.orphan) {
		batch_clear(engine);
		bus__engine_forget(engine);
		return;
	}
	if (error->err == BUS_ERR_DATA_REFUSED) {
		data_refused(engine, error);
		return;
	}
	requeue(engine);
	batch_clear(engine);
	if (error->err == BUS_ERR_FENCED) {
		bus_metric_add(engine->counters.fenced, 1);
		bus_log(BUS_LOG_ERROR, "a write was fenced", "processor=%s owner=%s why=\"%s\"",
			engine->program.def->name, engine->settings->owner, error->message);
		bus__engine_pause(engine, engine->settings->session_timeout_ms * 3 / 2,
				  error->message);
	} else {
		/* Whether it was committed is not known: the leases tell, when they are read again.
		 */
		bus__engine_pause(engine, 200, error->message);
	}
	bus__takeover_restart(engine);
}

/* ---- committing ---- */

static void finish_commit(void *arg, const struct bus_db_error *error);

/* Not beyond this record. */
static void keep_before(struct bus__lease *draft, const struct bus__record *record)
{
	struct bus__position *position = &draft->positions[record->input];

	if (record->message->offset >= position->next)
		return;
	position->next = record->message->offset;
	position->hash = record->before;
}

/* Up to the first record that waits for a missing one, or did so and was put back. */
static void set_positions(struct bus__partition *partition)
{
	struct bus__lease *draft = &partition->draft;
	size_t left = partition->queued_waited;
	const struct bus__record *record;

	memcpy(draft->positions, draft->handled, sizeof(draft->positions));
	DL_FOREACH (partition->waiting, record) {
		keep_before(draft, record);
	}
	for (record = partition->queue; left; record = record->next) {
		if (!record->waited)
			continue;
		keep_before(draft, record);
		left--;
	}
	for (size_t i = 0; i < partition->engine->program.input_count; i++) {
		const struct bus__position *unkept = &partition->unkept[i];

		if (unkept->next && unkept->next - 1 < draft->positions[i].next)
			draft->positions[i] =
				(struct bus__position){ unkept->next - 1, unkept->hash };
	}
}

/* Only of a transaction that has steps. */
static void crash_point(struct bus__engine *engine, enum bus__crash_point point)
{
	if (engine->batch.steps)
		bus__crash_db(point, engine->db);
}

static void start_commit(struct bus__engine *engine)
{
	struct bus__partition *partition;
	const struct bus__reference_position *references;
	size_t reference_count;

	references = bus__snapshots_positions(engine->snapshots, &reference_count);
	DL_FOREACH (engine->partitions, partition) {
		struct bus__lease *draft = &partition->draft;

		if (!partition->in_batch)
			continue;
		set_positions(partition);
		draft->published = partition->published;
		draft->journal_offset = partition->published_offset;
		draft->journal_epoch = partition->published_epoch;
		snprintf(draft->stopped, sizeof(draft->stopped), "%s",
			 partition->gap_stopped ? partition->why : "");
		bus__lease_advance(engine->db, &engine->program, partition->id, draft, references,
				   reference_count);
	}
	crash_point(engine, BUS__CRASH_SENT_LEASE);
	if (engine->batch.input_count)
		engine->program.def->save(engine->state, engine->db);
	crash_point(engine, BUS__CRASH_SENT_ROWS);
	bus__store_commands(engine);
	crash_point(engine, BUS__CRASH_SENT_COMMANDS);
	bus__store_refused(engine);
	crash_point(engine, BUS__CRASH_SENT_REFUSED);
	bus__store_parked(engine);
	crash_point(engine, BUS__CRASH_SENT_PARKED);
	bus__store_timers(engine);
	crash_point(engine, BUS__CRASH_SENT_TIMERS);
	bus__store_outbox(engine);
	crash_point(engine, BUS__CRASH_SENT_OUTBOX);
	engine->operation = BUS__OP_COMMIT;
	bus_db_sync(engine->db, finish_commit, engine);
	if (engine->batch.steps)
		bus__crash(BUS__CRASH_COMMIT_SENT);
}

/*
 * Nothing but positions and marks has moved, and they were written a moment ago: they can wait for
 * the next batch that has more to write. A crash reads the same records again, and again nothing
 * comes of them.
 */
static bool may_wait(const struct bus__engine *engine)
{
	const struct bus__batch *batch = &engine->batch;
	int64_t now = bus_time_monotonic();
	const struct bus__partition *partition;

	if (batch->steps)
		return false;
	DL_FOREACH (engine->partitions, partition) {
		if (partition->in_batch && now - partition->flushed_at >= FLUSH_US)
			return false;
	}
	for (size_t i = 0; i < batch->count; i++) {
		enum bus__verdict verdict = batch->items[i].verdict;

		if (verdict == BUS__REFUSE || verdict == BUS__PARK)
			return false;
	}
	return true;
}

static void settle_later(struct bus__engine *engine);

static void finish_load(void *arg, const struct bus_db_error *error)
{
	struct bus__engine *engine = arg;
	struct bus__batch *batch = &engine->batch;

	engine->operation = BUS__OP_NONE;
	bus_histogram_observe(engine->counters.load,
			      (double)(bus_time_monotonic() - batch->started_at) / 1e6);
	if (error || batch->orphan) {
		batch_failed(engine, error);
		return;
	}
	bus__crash(BUS__CRASH_LOADED);
	batch->chunk = bus__chunk_new(engine);
	if (bus__decide(engine)) {
		run_again(engine);
		return;
	}
	bus__crash(BUS__CRASH_DECIDED);
	put_back_cut(engine);
	if (may_wait(engine))
		settle_later(engine);
	else
		start_commit(engine);
}

static void count_item(struct bus__engine *engine, const struct bus__item *item)
{
	if (item->verdict == BUS__REFUSE)
		bus_metric_add(engine->counters.refused, 1);
	if (item->verdict == BUS__PARK)
		bus_metric_add(engine->counters.parked, 1);
	if (item->timer) {
		bus_metric_add(engine->counters.timers, item->verdict != BUS__SKIP);
		bus__firing_fired(item);
	}
	if (!item->record)
		return;
	bus_metric_add(engine->counters.records, 1);
	item->partition->last_time = rd_kafka_message_timestamp(item->record->message, NULL) * 1000;
}

/* The drafts are true now: what was decided may be told. */
static void settle(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;
	struct bus__outgoing *outgoing, *next;
	struct bus__partition *partition;

	DL_FOREACH (engine->partitions, partition) {
		if (!partition->in_batch)
			continue;
		partition->draft.batch++;
		bus__lease_copy(&partition->lease, &partition->draft, &engine->program);
		partition->flushed_at = bus_time_monotonic();
		partition->moved = false;
		bus__timers_trim(&partition->timers);
	}
	outgoing = batch->steps;
	batch->steps = NULL;
	batch->steps_tail = &batch->steps;
	for (; outgoing; outgoing = next) {
		next = outgoing->next;
		/* The journal has it. Its reactions are sent again when all of them are folded in.
		 */
		if (outgoing->partition->state == BUS__HEALING) {
			bus__chunk_unref(engine, outgoing->chunk);
			bus__crash(BUS__CRASH_FOLD_COMMITTED);
		} else
			bus__publish(outgoing);
	}
}

static void batch_done(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;

	for (size_t i = 0; i < batch->count; i++)
		count_item(engine, &batch->items[i]);
	if (batch->single)
		batch->single -= batch->single < batch->count ? batch->single : batch->count;
	engine->offsets_due = true;
	batch_clear(engine);
	if (engine->key_count > (size_t)engine->settings->keys_max)
		bus__engine_forget(engine);
}

static void settle_later(struct bus__engine *engine)
{
	struct bus__partition *partition;

	DL_FOREACH (engine->partitions, partition) {
		if (!partition->in_batch)
			continue;
		set_positions(partition);
		bus__lease_copy(&partition->lease, &partition->draft, &engine->program);
		partition->moved = true;
	}
	batch_done(engine);
	bus__engine_again(engine);
}

static void finish_commit(void *arg, const struct bus_db_error *error)
{
	struct bus__engine *engine = arg;
	struct bus__batch *batch = &engine->batch;

	engine->operation = BUS__OP_NONE;
	if (error || batch->orphan) {
		batch_failed(engine, error);
		return;
	}
	if (batch->steps)
		bus__crash(BUS__CRASH_COMMITTED);
	settle(engine);
	bus_histogram_observe(engine->counters.commit,
			      (double)(bus_time_monotonic() - batch->started_at) / 1e6);
	bus_metric_add(engine->counters.batches, 1);
	batch_done(engine);
	bus__engine_turn(engine);
}

bool bus__batch_turn(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;

	if (engine->unpublished_bytes > UNPUBLISHED_HIGH)
		return false;
	batch->started_at = bus_time_monotonic();
	if (!engine->closing)
		gather(engine);
	if (batch->count) {
		bus__crash(BUS__CRASH_FILTERED);
		bus__load(engine);
		engine->operation = BUS__OP_LOAD;
		/* Everything that the batch touches is in memory: the round trip is saved. */
		if (bus_db_queued(engine->db))
			bus_db_sync(engine->db, finish_load, engine);
		else
			finish_load(engine, NULL);
		return true;
	}
	/* Marks may have moved without anything to decide, or records have begun to wait. */
	if (!gather_idle(engine)) {
		batch_clear(engine);
		return false;
	}
	start_commit(engine);
	return true;
}
