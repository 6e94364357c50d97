/*
 * Taking over a partition, before anything is decided in it, in this order: positions are checked
 * against their logs and the journal is read to its end, without writing anything; the lease is
 * claimed in an epoch above everybody's; opening records make void whatever an older owner still
 * has in flight; the journal is read up to our own; and what the store has but is not known to be
 * published is published again, with the numbers that were given out when it was decided.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "bus/log.h"
#include "bus/reader.h"
#include "bus/time.h"
#include "crash.h"
#include "engine.h"
#include "firing.h"
#include "heal.h"
#include "sql.h"

#define RECOVER_ROWS	   500
#define RECOVER_BYTES_HIGH ((size_t)16 << 20)

static const struct bus_sql claim_sql = { "bus_lease_claim", sql_lease_claim };
static const struct bus_sql outbox_sql = { "bus_outbox_load", sql_outbox_load };

static const char *name_of(const struct bus__partition *partition)
{
	return partition->engine->program.def->name;
}

void bus__takeover_restart(struct bus__engine *engine)
{
	struct bus__partition *partition;

	bus__batch_orphan(engine);
	bus__takeover_orphan(engine);
	/* Rows that are still to come for an orphan are put into the state: it goes after them. */
	if (!engine->batch.orphan)
		bus__engine_forget(engine);
	DL_FOREACH (engine->partitions, partition) {
		bus__partition_drain(partition);
		bus__publish_abandon(partition);
		if (partition->state == BUS__STOPPED)
			continue;
		partition->state = BUS__READING;
		partition->attempt++;
		partition->reclaim = false;
		partition->moved = false;
	}
	engine->assign_pending = true;
	bus__intake_rest(engine);
}

/* ---- 1, 2: check and read, without writing ---- */

static void after_leases(struct bus__engine *engine)
{
	struct bus__partition *partition;

	DL_FOREACH (engine->partitions, partition) {
		if (partition->state != BUS__READING)
			continue;
		partition->state = BUS__CHECKING;
		partition->journal_end = false;
		partition->opening_offset = -1;
		partition->journal_next = partition->lease.journal_offset;
		partition->journal = (struct bus_high_water){ partition->lease.journal_epoch,
							      partition->lease.published };
		partition->published = partition->lease.published;
		partition->published_offset = partition->lease.journal_offset;
		partition->published_epoch = partition->lease.journal_epoch;
	}
	bus__intake_assign(engine);
}

static void on_leases(void *arg, const struct bus_db_error *error)
{
	struct bus__engine *engine = arg;

	bool stale = engine->leases_stale;

	bus__crash(BUS__CRASH_LEASED);
	engine->operation = BUS__OP_NONE;
	engine->leases_stale = false;
	free(engine->lease_loads);
	engine->lease_loads = NULL;
	engine->lease_load_count = 0;
	if (error) {
		bus__engine_pause(engine, 500, error->message);
		return;
	}
	/* A rebalance while the rows were read: its partitions come with the next round. */
	if (engine->assign_pending && engine->assigned && !stale)
		after_leases(engine);
	bus__engine_again(engine);
}

void bus__takeover_orphan(struct bus__engine *engine)
{
	engine->claiming = NULL;
	bus__firing_orphan(engine);
	engine->leases_stale = engine->operation == BUS__OP_LEASES;
	for (size_t i = 0; i < engine->lease_load_count; i++)
		engine->lease_loads[i].lease = NULL;
}

static bool read_leases(struct bus__engine *engine)
{
	struct bus__partition *partition;
	size_t count = 0;

	DL_FOREACH (engine->partitions, partition) {
		count += partition->state == BUS__READING;
	}
	if (!count) {
		if (engine->assign_pending && engine->assigned)
			bus__intake_assign(engine);
		return false;
	}
	engine->lease_loads = bus_calloc(count, sizeof(*engine->lease_loads));
	count = 0;
	DL_FOREACH (engine->partitions, partition) {
		struct bus__lease_load *load = &engine->lease_loads[count];

		if (partition->state != BUS__READING)
			continue;
		bus__lease_release(&partition->lease, &engine->program);
		bus__lease_init(&partition->lease, &engine->program, partition->id,
				engine->output_partitions);
		*load = (struct bus__lease_load){ &partition->lease, &engine->program };
		bus__lease_query(engine->db, load, partition->id);
		count++;
	}
	engine->lease_load_count = count;
	engine->operation = BUS__OP_LEASES;
	bus_db_sync(engine->db, on_leases, engine);
	return true;
}

void bus__takeover_input(struct bus__partition *partition, int input,
			 const rd_kafka_message_t *message, uint64_t hash)
{
	const struct bus__position *position = &partition->lease.positions[input];
	const char *topic = partition->engine->program.def->inputs[input].topic;

	if (partition->state == BUS__STOPPED || message->offset != position->next - 1) {
		if (partition->state != BUS__STOPPED && message->offset >= position->next)
			bus__partition_stop(partition, BUS_ERR_TRUNCATED,
					    "%s/%d: read up to offset %" PRId64
					    ", but the log goes on at %" PRId64,
					    topic, partition->id, position->next - 1,
					    message->offset);
		return;
	}
	if (hash != position->hash) {
		bus__partition_stop(partition, BUS_ERR_TRUNCATED,
				    "%s/%d: the record at offset %" PRId64
				    " is not the one that was read: the topic was recreated or is "
				    "another's",
				    topic, partition->id, position->next - 1);
		return;
	}
	partition->checked[input] = true;
	bus__intake_pause(partition, topic, true);
	bus__takeover_advance(partition);
}

void bus__takeover_end(struct bus__partition *partition, int input, int64_t offset)
{
	if (partition->state == BUS__STOPPED)
		return;
	if (input < 0) {
		partition->journal_end = true;
		bus__takeover_advance(partition);
		return;
	}
	partition->caught_up[input] = true;
	if (!partition->checked[input] && offset < partition->lease.positions[input].next)
		bus__partition_stop(
			partition, BUS_ERR_TRUNCATED,
			"%s/%d: read up to offset %" PRId64 ", but the log ends at %" PRId64
			": the topic was truncated or recreated",
			partition->engine->program.def->inputs[input].topic, partition->id,
			partition->lease.positions[input].next - 1, offset);
}

static bool owns(const struct bus__partition *partition)
{
	return (partition->state >= BUS__OPENING && partition->state <= BUS__RUNNING) ||
	       (partition->state == BUS__CLAIMING && partition->reclaim);
}

/*
 * Somebody else has claimed the partition and says so in its journal: whatever is decided here
 * would be in vain. Should the group still want it to be ours when it has had the time to think
 * otherwise, it is claimed again.
 */
static void fenced(struct bus__partition *partition, int64_t epoch)
{
	struct bus__engine *engine = partition->engine;
	char why[160];

	snprintf(why, sizeof(why),
		 "partition %d was opened by another owner in epoch %" PRId64 ", ours is %" PRId64,
		 partition->id, epoch, partition->lease.epoch);
	bus_metric_add(engine->counters.fenced, 1);
	bus_log(BUS_LOG_ERROR, "fenced by an opening record", "processor=%s owner=%s why=\"%s\"",
		name_of(partition), engine->settings->owner, why);
	bus__engine_pause(engine, engine->settings->session_timeout_ms * 3 / 2, why);
	bus__takeover_restart(engine);
}

void bus__takeover_journal(struct bus__partition *partition, const rd_kafka_message_t *message)
{
	struct bus_ce ce;

	if (partition->state == BUS__STOPPED || message->offset < partition->journal_next)
		return;
	partition->journal_next = message->offset + 1;
	bus_ce_read(message, &ce);
	if (bus_source_partition(ce.source, partition->engine->program.source) != partition->id) {
		bus_metric_add(partition->engine->counters.foreign, 1);
	} else if (owns(partition) && bus_ce_is_opening(&ce) && ce.has_epoch &&
		   ce.epoch > partition->lease.epoch) {
		fenced(partition, ce.epoch);
		return;
	} else if (partition->state >= BUS__HEALING || partition->reclaim) {
		/* What it has is known: it is ours, and read back for the openings of others. */
		return;
	} else if (bus_read(&partition->journal, &ce) == BUS_READ_AHEAD && partition->journal_end) {
		bus_log(BUS_LOG_WARN, "journal has a step that nobody may read yet",
			"processor=%s partition=%d offset=%" PRId64, name_of(partition),
			partition->id, message->offset);
	}
	bus__takeover_advance(partition);
}

static bool all_checked(const struct bus__partition *partition)
{
	for (size_t i = 0; i < partition->engine->program.input_count; i++)
		if (!partition->checked[i])
			return false;
	return true;
}

/* ---- 3: claim ---- */

static void on_claim_rows(void *arg, const PGresult *rows)
{
	struct bus__engine *engine = arg;
	struct bus__partition *partition = engine->claiming;
	int64_t batch;
	int32_t ended;

	if (!partition)
		return;
	batch = bus_row_int8(rows, 0, 1);
	ended = bus_row_int4(rows, 0, 2);
	if (ended)
		bus_log(BUS_LOG_WARN, "ended the backend of a frozen owner",
			"processor=%s partition=%d backends=%d", name_of(partition), partition->id,
			ended);
	if (batch != partition->lease.batch) {
		/* A rival committed between our look and our claim: look again. */
		partition->why[0] = '\0';
		partition->lease.epoch = 0;
		return;
	}
	partition->lease.epoch = bus_row_int8(rows, 0, 0);
}

static void on_claimed(void *arg, const struct bus_db_error *error)
{
	struct bus__engine *engine = arg;
	struct bus__partition *partition = engine->claiming;

	engine->operation = BUS__OP_NONE;
	engine->claiming = NULL;
	if (error)
		bus__engine_pause(engine, 500, error->message);
	if (!partition)
		return;
	if (error || !partition->lease.epoch) {
		bus__takeover_restart(engine);
		bus__engine_again(engine);
		return;
	}
	bus__crash(BUS__CRASH_CLAIMED);
	bus_log(BUS_LOG_INFO, "partition claimed",
		"processor=%s partition=%d epoch=%" PRId64 " sequence=%" PRId64
		" published=%" PRId64,
		name_of(partition), partition->id, partition->lease.epoch,
		partition->lease.numbers.sequence, partition->published);
	partition->state = BUS__OPENING;
	partition->attempt++;
	partition->sent_at = bus_time_monotonic();
	bus__publish_openings(partition);
	if (!partition->openings)
		bus__publish_journal_opening(partition);
}

static void claim(struct bus__partition *partition)
{
	struct bus__engine *engine = partition->engine;
	struct bus_call *call = bus_call(engine->db, &claim_sql);

	bus_call_text(call, engine->program.def->name);
	bus_call_int4(call, engine->program.def->version);
	bus_call_int4(call, partition->id);
	bus_call_text(call, engine->settings->owner);
	bus_call_int8(call, partition->journal.epoch);
	bus_call_send(call, on_claim_rows, engine);
	engine->claiming = partition;
	engine->operation = BUS__OP_CLAIM;
	bus_db_sync(engine->db, on_claimed, engine);
	bus__crash(BUS__CRASH_CLAIM_SENT);
}

/* ---- 4: openings ---- */

void bus__takeover_opened(struct bus__partition *partition, bool journal, int64_t offset)
{
	if (partition->state != BUS__OPENING || partition->openings)
		return;
	if (!journal) {
		bus__crash(BUS__CRASH_OPENED);
		bus__publish_journal_opening(partition);
		return;
	}
	bus__crash(BUS__CRASH_JOURNAL_OPENED);
	partition->opening_offset = offset;
	/* Claimed again by the same owner: what the journal has is known from its acknowledgements.
	 */
	partition->state = partition->reclaim ? BUS__RECOVERING : BUS__TAILING;
	if (partition->reclaim)
		partition->journal.sequence = partition->journal_acked;
	bus__takeover_advance(partition);
	bus__engine_again(partition->engine);
}

/* ---- 5: compare and publish again ---- */

static void compare(struct bus__partition *partition)
{
	int64_t store = partition->lease.numbers.sequence;

	if (partition->journal.sequence > store) {
		bus__heal_begin(partition);
		return;
	}
	partition->journal_acked = partition->journal.sequence;
	partition->state = BUS__RECOVERING;
}

void bus__takeover_advance(struct bus__partition *partition)
{
	if (partition->state == BUS__CHECKING && partition->journal_end && all_checked(partition)) {
		bus__crash(BUS__CRASH_CHECKED);
		partition->state = BUS__CLAIMING;
		bus__engine_again(partition->engine);
	} else if (partition->state == BUS__TAILING &&
		   partition->journal_next > partition->opening_offset) {
		compare(partition);
		bus__engine_again(partition->engine);
	}
}

static int64_t queued_sequence(const struct bus__partition *partition)
{
	const struct bus__outgoing *last = partition->outgoing;

	if (!last)
		return partition->published;
	while (last->next)
		last = last->next;
	return last->step.sequence;
}

static void run(struct bus__partition *partition)
{
	if (!partition->reclaim)
		bus__intake_run(partition);
	partition->state = BUS__RUNNING;
	partition->reclaim = false;
	partition->why[0] = '\0';
	bus__crash(BUS__CRASH_RUNNING);
	bus_log(BUS_LOG_INFO, "partition runs",
		"processor=%s partition=%d epoch=%" PRId64 " sequence=%" PRId64, name_of(partition),
		partition->id, partition->lease.epoch, partition->lease.numbers.sequence);
}

static void on_outbox_rows(void *arg, const PGresult *rows)
{
	struct bus__engine *engine = arg;
	struct bus__partition *partition = engine->claiming;
	struct bus__chunk *chunk;
	bool missing = false;
	int64_t next;

	if (!partition || partition->state != BUS__RECOVERING)
		return;
	chunk = bus__chunk_new(engine);
	next = queued_sequence(partition) + 1;
	for (int i = 0; i < PQntuples(rows); i++, next++) {
		const char *text = bus_row_text(rows, i, 1);
		struct bus_bytes key = bus_bytes(text, strlen(text));
		struct bus_bytes value = bus_row_bytes(rows, i, 2);
		struct bus__step step;

		if (bus_row_int8(rows, i, 0) != next) {
			missing = true;
			break;
		}
		key.data = (const uint8_t *)bus_arena_strndup(&chunk->arena, text, key.len);
		value = bus_bytes(bus_arena_copy(&chunk->arena, value.data, value.len), value.len);
		if (bus__step_recall(&engine->program, &chunk->arena, partition->id, next, key,
				     value, &partition->lease.numbers, &step)) {
			bus__partition_stop(partition, BUS_ERR_INTERNAL,
					    "step %" PRId64
					    " of the outbox cannot be read back with its reactions",
					    next);
			break;
		}
		bus__publish(bus__outgoing_new(partition, chunk, &step));
		bus__crash(BUS__CRASH_REPUBLISHED);
	}
	if (partition->state == BUS__RECOVERING && PQntuples(rows) > 0)
		bus_log(BUS_LOG_INFO, "steps published again", "processor=%s partition=%d count=%d",
			name_of(partition), partition->id, PQntuples(rows));
	bus__chunk_unref(engine, chunk);
	if (partition->state != BUS__RECOVERING)
		return;
	if (missing ||
	    (next <= partition->lease.numbers.sequence && PQntuples(rows) < RECOVER_ROWS))
		bus__partition_stop(partition, BUS_ERR_INTERNAL,
				    "step %" PRId64 " is committed but missing in the outbox",
				    next);
}

static void on_recovered(void *arg, const struct bus_db_error *error)
{
	struct bus__engine *engine = arg;

	engine->operation = BUS__OP_NONE;
	engine->claiming = NULL;
	if (error) {
		bus__engine_pause(engine, 500, error->message);
		bus__takeover_restart(engine);
	}
	bus__engine_again(engine);
}

static bool recover(struct bus__partition *partition)
{
	struct bus__engine *engine = partition->engine;
	int64_t from = queued_sequence(partition);
	struct bus_call *call;

	if (from >= partition->lease.numbers.sequence) {
		run(partition);
		return false;
	}
	if (engine->unpublished_bytes > RECOVER_BYTES_HIGH)
		return false;
	call = bus_call(engine->db, &outbox_sql);
	bus_call_text(call, engine->program.def->name);
	bus_call_int4(call, engine->program.def->version);
	bus_call_int4(call, partition->id);
	bus_call_int8(call, from);
	bus_call_int4(call, RECOVER_ROWS);
	bus_call_send(call, on_outbox_rows, engine);
	engine->claiming = partition;
	engine->operation = BUS__OP_RECOVER;
	bus_db_sync(engine->db, on_recovered, engine);
	return true;
}

/* A delivery failed, or the broker may have forgotten the producer: open again, then go on behind
 * it. */
static void claim_again(struct bus__partition *partition, const char *why)
{
	bus_log(BUS_LOG_WARN, "partition is claimed again", "processor=%s partition=%d why=\"%s\"",
		name_of(partition), partition->id, why);
	bus__publish_abandon(partition);
	partition->reclaim = partition->state == BUS__RUNNING || partition->reclaim;
	if (!partition->reclaim) {
		bus__takeover_restart(partition->engine);
		return;
	}
	partition->journal.epoch = partition->lease.epoch;
	partition->attempt++;
	partition->state = BUS__CLAIMING;
}

/* Those that were healing begin anew: journal and store agree now. */
static bool all_healed(const struct bus__engine *engine)
{
	const struct bus__partition *partition;
	bool any = false;

	DL_FOREACH (engine->partitions, partition) {
		if (partition->state != BUS__HEALING)
			continue;
		if (!bus__heal_over(partition))
			return false;
		any = true;
	}
	return any;
}

bool bus__takeover_turn(struct bus__engine *engine)
{
	struct bus__partition *partition;

	if (all_healed(engine))
		bus__takeover_restart(engine);
	if (engine->assign_pending && engine->assigned && read_leases(engine))
		return true;
	DL_FOREACH (engine->partitions, partition) {
		if (partition->broken && partition->state >= BUS__OPENING &&
		    partition->state <= BUS__RUNNING) {
			claim_again(partition, "a message was not acknowledged");
			bus__engine_pause(engine, 200, "a message was not acknowledged");
			return true;
		}
		if (partition->state == BUS__RUNNING && !partition->outgoing && partition->queue &&
		    bus_time_monotonic() - partition->sent_at > 3600 * BUS_SECOND)
			claim_again(partition, "nothing was sent for an hour");
		if (partition->state == BUS__CLAIMING) {
			claim(partition);
			return true;
		}
		if (partition->state == BUS__RECOVERING && recover(partition))
			return true;
	}
	return false;
}
