/*
 * A message that is missing: it is waited for, others go on; past the bound the partition is
 * stopped, and says so, until the missing one comes. While it is stopped nothing is decided and
 * nothing is kept: the log is only read on, and when the missing record is seen the partition
 * begins again from its positions. So it does when more waited than is kept.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "bus/log.h"
#include "bus/time.h"
#include "filter.h"
#include "gap.h"

/* All that waits together; well below what makes the intake rest, or nothing missing could come. */
#define WAITING_MAX	  2048
#define WAITING_BYTES_MAX ((size_t)8 << 20)

static void unkeep(struct bus__partition *partition, struct bus__record *record)
{
	struct bus__position *unkept = &partition->unkept[record->input];

	if (!unkept->next || record->message->offset + 1 < unkept->next)
		*unkept = (struct bus__position){ record->message->offset + 1, record->before };
	bus__record_free(partition->engine, record);
}

void bus__gap_wait(struct bus__partition *partition, struct bus__record *record)
{
	struct bus__engine *engine = partition->engine;

	if (partition->waiting &&
	    (engine->waiting >= WAITING_MAX || engine->waiting_bytes >= WAITING_BYTES_MAX)) {
		unkeep(partition, record);
		return;
	}
	DL_APPEND(partition->waiting, record);
	engine->waiting++;
	engine->waiting_bytes += record->message->len;
}

void bus__gap_unwait(struct bus__partition *partition, struct bus__record *record)
{
	DL_DELETE(partition->waiting, record);
	partition->engine->waiting--;
	partition->engine->waiting_bytes -= record->message->len;
}

static void stop(struct bus__partition *partition)
{
	const struct bus__engine *engine = partition->engine;
	struct bus__record *record = partition->waiting, *other, *next;
	const struct bus_high_water *mark = bus__lease_mark(
		&partition->lease, record->input,
		bus_source_partition(record->ce.source,
				     engine->program.def->inputs[record->input].source));

	partition->gap_stopped = true;
	snprintf(partition->why, sizeof(partition->why),
		 "%s/%d: a message of %.*s is missing: expected %" PRId64 "/%" PRId64
		 ", seen %" PRId64 "/%" PRId64,
		 engine->program.def->inputs[record->input].topic, partition->id,
		 (int)record->ce.source.len, (const char *)record->ce.source.data, mark->epoch,
		 mark->sequence + 1, record->ce.epoch, record->ce.sequence);
	bus_log(BUS_LOG_ERROR, "partition stopped", "processor=%s partition=%d cause=%s why=\"%s\"",
		engine->program.def->name, partition->id, bus_err_name(BUS_ERR_GAP),
		partition->why);
	DL_FOREACH_SAFE (record->next, other, next) {
		bus__gap_unwait(partition, other);
		unkeep(partition, other);
	}
}

/* Whether one of the records that have arrived since would go on from where the partition stands.
 */
static bool look_for_missing(struct bus__partition *partition)
{
	struct bus__engine *engine = partition->engine;
	struct bus__record *record, *next;
	bool found = false;

	DL_FOREACH_SAFE (partition->queue, record, next) {
		const struct bus_input_topic *input = &engine->program.def->inputs[record->input];

		if (!found && input->kind == BUS_SEQUENCED &&
		    record->input == partition->waiting->input) {
			struct bus_high_water *mark = bus__lease_mark(
				&partition->lease, record->input,
				bus_source_partition(record->ce.source, input->source));
			struct bus_high_water copy = mark ? *mark : (struct bus_high_water){ 0 };
			enum bus_reading reading = bus_read(&copy, &record->ce);

			found = mark &&
				record->ce.source.len == partition->waiting->ce.source.len &&
				memcmp(record->ce.source.data, partition->waiting->ce.source.data,
				       record->ce.source.len) == 0 &&
				(reading == BUS_READ_NEXT || reading == BUS_READ_OPENING);
		}
		DL_DELETE(partition->queue, record);
		partition->queued--;
		bus__record_free(engine, record);
	}
	return found;
}

/* What was missing has come, and what was not kept is next: it stands behind us in the log. */
static bool must_read_again(const struct bus__partition *partition)
{
	const struct bus__record *first = partition->waiting;

	if (first)
		return partition->unkept[first->input].next &&
		       partition->unkept[first->input].next <= first->message->offset;
	for (size_t i = 0; i < partition->engine->program.input_count; i++)
		if (partition->unkept[i].next)
			return !partition->queue;
	return false;
}

void bus__gap_turn(struct bus__engine *engine)
{
	int64_t now = bus_time_monotonic();
	struct bus__partition *partition;

	DL_FOREACH (engine->partitions, partition) {
		if (partition->state == BUS__RUNNING && must_read_again(partition)) {
			bus__takeover_restart(engine);
			return;
		}
		if (partition->state != BUS__RUNNING || !partition->waiting)
			continue;
		if (!partition->gap_stopped) {
			if (now - partition->gap_since > engine->settings->gap_ms * 1000)
				stop(partition);
			continue;
		}
		if (look_for_missing(partition)) {
			bus_log(BUS_LOG_INFO, "the missing message has come",
				"processor=%s partition=%d", engine->program.def->name,
				partition->id);
			bus__takeover_restart(engine);
			return;
		}
	}
}
