/*
 * The consumer of a processor. It subscribes to the first input and takes the same partition
 * numbers of the others, and of its own journal, by hand. A record that is polled goes to the queue
 * of its partition; nothing is decided here. When the queues are full polling stops, and if that
 * lasts the partitions are paused, so that the member stays in its group whatever the database
 * does.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "bus/hash.h"
#include "bus/log.h"
#include "bus/time.h"
#include "crash.h"
#include "engine.h"
#include "firing.h"
#include "gap.h"
#include "heal.h"

#define QUEUE_RECORDS_HIGH 16384
#define QUEUE_RECORDS_LOW  4096
#define QUEUE_BYTES_HIGH   ((size_t)24 << 20)
#define POLL_BUDGET	   4096
#define METADATA_MS	   2000
/* Without polling for this long the partitions are paused, and polled for the group's sake. */
#define FULL_PAUSE_US	 (2 * BUS_SECOND)
#define OFFSET_COMMIT_US (5 * BUS_SECOND)
/* Of a long value only the beginning is hashed: the hash tells records apart, it is no checksum. */
#define HASHED_BYTES ((size_t)64)

/* ---- records and partitions ---- */

struct bus__record *bus__record_new(struct bus__engine *engine)
{
	struct bus__record *record = engine->free_records;

	if (record)
		engine->free_records = record->next;
	else
		record = bus_malloc(sizeof(*record));
	memset(record, 0, sizeof(*record));
	return record;
}

void bus__record_free(struct bus__engine *engine, struct bus__record *record)
{
	engine->queued--;
	engine->queued_bytes -= record->message->len;
	rd_kafka_message_destroy(record->message);
	free(record->trouble.detail);
	record->next = engine->free_records;
	engine->free_records = record;
}

struct bus__partition *bus__partition_find(struct bus__engine *engine, int32_t id)
{
	struct bus__partition *partition;

	DL_FOREACH (engine->partitions, partition) {
		if (partition->id == id)
			return partition;
	}
	return NULL;
}

static struct bus__partition *partition_new(struct bus__engine *engine, int32_t id)
{
	struct bus__partition *partition = bus_calloc(1, sizeof(*partition));

	partition->engine = engine;
	partition->id = id;
	partition->outgoing_tail = &partition->outgoing;
	bus__lease_init(&partition->lease, &engine->program, id, engine->output_partitions);
	bus__lease_init(&partition->draft, &engine->program, id, engine->output_partitions);
	DL_APPEND(engine->partitions, partition);
	return partition;
}

void bus__partition_drain(struct bus__partition *partition)
{
	struct bus__record *record, *next;

	DL_FOREACH_SAFE (partition->queue, record, next) {
		DL_DELETE(partition->queue, record);
		bus__record_free(partition->engine, record);
	}
	DL_FOREACH_SAFE (partition->waiting, record, next) {
		bus__gap_unwait(partition, record);
		bus__record_free(partition->engine, record);
	}
	partition->queued = partition->queued_waited = 0;
	memset(partition->unkept, 0, sizeof(partition->unkept));
	bus__firing_calm(partition);
	bus__heal_end(partition);
	partition->gap_since = 0;
	partition->gap_stopped = false;
}

void bus__partition_requeue(struct bus__partition *partition, struct bus__record *record)
{
	DL_PREPEND(partition->queue, record);
	partition->queued++;
	partition->queued_waited += record->waited;
}

void bus__partition_release(struct bus__partition *partition)
{
	bus__timers_release(&partition->timers);
	bus__lease_release(&partition->lease, &partition->engine->program);
	bus__lease_release(&partition->draft, &partition->engine->program);
	free(partition);
}

static void partition_drop(struct bus__partition *partition)
{
	struct bus__engine *engine = partition->engine;

	bus__partition_drain(partition);
	bus__engine_unmeasure(partition);
	DL_DELETE(engine->partitions, partition);
	partition->gone = true;
	bus__publish_abandon(partition);
	if (!partition->outstanding)
		bus__partition_release(partition);
}

void bus__partition_stop(struct bus__partition *partition, int cause, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(partition->why, sizeof(partition->why), fmt, args);
	va_end(args);
	partition->state = BUS__STOPPED;
	bus__partition_drain(partition);
	bus_log(BUS_LOG_ERROR, "partition stopped", "processor=%s partition=%d cause=%s why=\"%s\"",
		partition->engine->program.def->name, partition->id, bus_err_name(cause),
		partition->why);
}

/* ---- assignment ---- */

static void drop_all(struct bus__engine *engine)
{
	struct bus__partition *partition, *next;

	bus__batch_orphan(engine);
	bus__takeover_orphan(engine);
	DL_FOREACH_SAFE (engine->partitions, partition, next) {
		partition_drop(partition);
	}
	/* Rows that are still to come for the orphan are put into the state: it goes after them. */
	if (!engine->batch.orphan)
		bus__engine_forget(engine);
}

void bus__intake_rest(struct bus__engine *engine)
{
	rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);

	if (engine->assigned)
		rd_kafka_assign(engine->consumer, none);
	rd_kafka_topic_partition_list_destroy(none);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err,
			 rd_kafka_topic_partition_list_t *list, void *arg)
{
	struct bus__engine *engine = arg;

	bus_metric_add(engine->counters.rebalances, 1);
	drop_all(engine);
	if (err != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS || engine->closing) {
		bus_log(BUS_LOG_INFO, "partitions revoked", "processor=%s lost=%d",
			engine->program.def->name, rd_kafka_assignment_lost(rk));
		bus__crash(BUS__CRASH_REVOKED);
		engine->assigned = false;
		rd_kafka_assign(rk, NULL);
		return;
	}
	for (int i = 0; i < list->cnt; i++) {
		partition_new(engine, list->elems[i].partition);
		bus_log(BUS_LOG_INFO, "partition assigned", "processor=%s partition=%d",
			engine->program.def->name, list->elems[i].partition);
	}
	/* The group is answered now; where to read from stands in the leases, which are read next.
	 */
	engine->assigned = true;
	engine->assign_pending = true;
	bus__intake_rest(engine);
	engine->joined_group = true;
	bus__crash(BUS__CRASH_ASSIGNED);
}

static void add_start(rd_kafka_topic_partition_list_t *list, const char *topic, int32_t partition,
		      int64_t offset)
{
	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
}

/* One record earlier than needed, if any was read: it must be the one that was read. */
static int64_t input_start(const struct bus__position *position, bool expired)
{
	if (!position->next)
		return RD_KAFKA_OFFSET_BEGINNING;
	return expired ? position->next : position->next - 1;
}

void bus__intake_assign(struct bus__engine *engine)
{
	const struct bus_processor *def = engine->program.def;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
	struct bus__partition *partition;
	rd_kafka_resp_err_t err;

	DL_FOREACH (engine->partitions, partition) {
		for (size_t i = 0; i < engine->program.input_count; i++) {
			const struct bus__position *position = &partition->lease.positions[i];
			bool expired = position->next && partition->expired[i] == position->next;

			partition->checked[i] = position->next == 0 || expired;
			partition->read_next[i] = position->next;
			partition->read_hash[i] = position->hash;
			partition->caught_up[i] = false;
			if (partition->state != BUS__STOPPED)
				add_start(list, def->inputs[i].topic, partition->id,
					  input_start(position, expired));
		}
		if (partition->state != BUS__STOPPED)
			add_start(list, def->journal, partition->id,
				  partition->lease.journal_offset ? partition->lease.journal_offset
								  : RD_KAFKA_OFFSET_BEGINNING);
	}
	/* A pause outlives an assignment: whatever rested in the former one is read again. */
	rd_kafka_resume_partitions(engine->consumer, list);
	err = rd_kafka_assign(engine->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	engine->assign_pending = false;
	engine->intake_paused = false;
	if (err)
		bus_log(BUS_LOG_WARN, "assignment not taken", "processor=%s why=\"%s\"", def->name,
			rd_kafka_err2str(err));
	DL_FOREACH (engine->partitions, partition) {
		for (size_t i = 0; i < engine->program.input_count; i++)
			if (partition->checked[i])
				bus__intake_pause(partition, def->inputs[i].topic, true);
	}
}

void bus__intake_pause(struct bus__partition *partition, const char *topic, bool pause)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, topic, partition->id);
	if (pause)
		rd_kafka_pause_partitions(partition->engine->consumer, list);
	else
		rd_kafka_resume_partitions(partition->engine->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
}

void bus__intake_run(struct bus__partition *partition)
{
	const struct bus__engine *engine = partition->engine;

	/* Too much is queued: they all go on together. */
	if (engine->intake_paused)
		return;
	for (size_t i = 0; i < engine->program.input_count; i++)
		bus__intake_pause(partition, engine->program.def->inputs[i].topic, false);
}

static void pause_inputs(struct bus__engine *engine, bool pause)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
	struct bus__partition *partition;

	DL_FOREACH (engine->partitions, partition) {
		for (size_t i = 0; i < engine->program.input_count; i++)
			rd_kafka_topic_partition_list_add(
				list, engine->program.def->inputs[i].topic, partition->id);
	}
	if (pause)
		rd_kafka_pause_partitions(engine->consumer, list);
	else
		rd_kafka_resume_partitions(engine->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	engine->intake_paused = pause;
	bus_log(BUS_LOG_INFO, pause ? "intake paused" : "intake resumed", "processor=%s queued=%zu",
		engine->program.def->name, engine->queued);
}

/* ---- polling ---- */

static uint64_t record_hash(const rd_kafka_message_t *message)
{
	int64_t stamp = rd_kafka_message_timestamp(message, NULL);
	size_t len = message->len < HASHED_BYTES ? message->len : HASHED_BYTES;
	uint64_t hash = bus_hash64(BUS_HASH_SEED, bus_bytes(&stamp, sizeof(stamp)));

	hash = bus_hash64(hash, bus_bytes(message->key, message->key_len));
	return bus_hash64(hash, bus_bytes(message->payload, len));
}

static int input_of(const struct bus__engine *engine, const char *topic)
{
	for (size_t i = 0; i < engine->program.input_count; i++)
		if (strcmp(engine->program.def->inputs[i].topic, topic) == 0)
			return (int)i;
	return -1;
}

struct bus__record *bus__record_take(struct bus__engine *engine, int input,
				     rd_kafka_message_t *message)
{
	struct bus__record *record = bus__record_new(engine);

	record->message = message;
	record->input = input;
	record->hash = record_hash(message);
	bus_ce_read(message, &record->ce);
	engine->queued++;
	engine->queued_bytes += message->len;
	return record;
}

/* Returns whether the message was taken over. */
static bool take_record(struct bus__partition *partition, int input, rd_kafka_message_t *message)
{
	struct bus__engine *engine = partition->engine;
	uint64_t hash = record_hash(message);
	struct bus__record *record;

	if (!partition->checked[input]) {
		bus__takeover_input(partition, input, message, hash);
		return false;
	}
	/* Left over from a former assignment. */
	if (message->offset < partition->read_next[input] || partition->state == BUS__STOPPED)
		return false;
	record = bus__record_take(engine, input, message);
	record->before = partition->read_hash[input];
	partition->read_next[input] = message->offset + 1;
	partition->read_hash[input] = hash;
	DL_APPEND(partition->queue, record);
	partition->queued++;
	bus__crash(BUS__CRASH_POLLED);
	return true;
}

/*
 * The log does not have the record that was asked for. Where retention has removed exactly what was
 * read, nothing is lost: the input goes on without its check. Anything else stops the partition.
 */
static void position_lost(struct bus__partition *partition, const char *topic)
{
	struct bus__engine *engine = partition->engine;
	int input = input_of(engine, topic);
	int64_t low = -1, high = -1;
	rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
		engine->consumer, topic, partition->id, &low, &high, METADATA_MS);

	if (err) {
		bus__engine_pause(engine, 500, rd_kafka_err2str(err));
		bus__takeover_restart(engine);
	} else if (input >= 0 && !partition->checked[input] &&
		   low == partition->lease.positions[input].next) {
		bus_log(BUS_LOG_WARN, "the last record that was read has expired",
			"processor=%s topic=%s partition=%d next=%lld", engine->program.def->name,
			topic, partition->id, (long long)low);
		partition->expired[input] = low;
		bus__takeover_restart(engine);
	} else {
		bus__partition_stop(partition, BUS_ERR_TRUNCATED,
				    "%s/%d: the position is not in the log any more (truncated, "
				    "recreated, or expired before it was read)",
				    topic, partition->id);
	}
}

static void on_consumer_error(struct bus__engine *engine, const rd_kafka_message_t *message)
{
	struct bus__partition *partition;

	bus_log(BUS_LOG_WARN, "consumer error", "processor=%s error=%s why=\"%s\"",
		engine->program.def->name, rd_kafka_err2name(message->err),
		rd_kafka_message_errstr(message));
	if (message->err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET &&
	    message->err != RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
		return;
	partition = bus__partition_find(engine, message->partition);
	if (partition && partition->state != BUS__STOPPED && message->rkt)
		position_lost(partition, rd_kafka_topic_name(message->rkt));
}

static bool take(struct bus__engine *engine, rd_kafka_message_t *message)
{
	struct bus__partition *partition;
	const char *topic;
	int input;

	if (message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		on_consumer_error(engine, message);
		return false;
	}
	partition = bus__partition_find(engine, message->partition);
	if (!partition || engine->assign_pending)
		return false;
	topic = rd_kafka_topic_name(message->rkt);
	input = input_of(engine, topic);
	if (message->err) {
		bus__takeover_end(partition, input, message->offset);
		return false;
	}
	if (input >= 0)
		return take_record(partition, input, message);
	bus__takeover_journal(partition, message);
	return false;
}

static bool full(const struct bus__engine *engine)
{
	return engine->queued >= QUEUE_RECORDS_HIGH || engine->queued_bytes >= QUEUE_BYTES_HIGH;
}

void bus__intake_poll(struct bus__engine *engine)
{
	int64_t now = bus_time_monotonic();

	if (!engine->consumer)
		return;
	if (full(engine) && !engine->intake_paused) {
		if (!engine->full_since)
			engine->full_since = now;
		if (now - engine->full_since < FULL_PAUSE_US)
			return;
		pause_inputs(engine, true);
	}
	if (engine->queued < QUEUE_RECORDS_LOW && engine->queued_bytes < QUEUE_BYTES_HIGH / 2) {
		engine->full_since = 0;
		if (engine->intake_paused)
			pause_inputs(engine, false);
	}
	for (int budget = POLL_BUDGET; budget > 0 && (!full(engine) || engine->intake_paused);
	     budget--) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(engine->consumer, 0);

		if (!message)
			return;
		if (!take(engine, message))
			rd_kafka_message_destroy(message);
	}
	bus__engine_again(engine);
}

/* For lag tools alone: positions live in the lease, and are never read back from here. */
void bus__intake_commit_offsets(struct bus__engine *engine)
{
	rd_kafka_topic_partition_list_t *list;
	struct bus__partition *partition;

	if (!engine->offsets_due || !engine->partitions ||
	    bus_time_monotonic() - engine->offsets_at < OFFSET_COMMIT_US)
		return;
	list = rd_kafka_topic_partition_list_new(8);
	DL_FOREACH (engine->partitions, partition) {
		for (size_t i = 0; i < engine->program.input_count; i++)
			if (partition->lease.positions[i].next)
				rd_kafka_topic_partition_list_add(
					list, engine->program.def->inputs[i].topic, partition->id)
					->offset = partition->lease.positions[i].next;
	}
	if (list->cnt)
		rd_kafka_commit(engine->consumer, list, 1);
	rd_kafka_topic_partition_list_destroy(list);
	engine->offsets_at = bus_time_monotonic();
	engine->offsets_due = false;
}

/* ---- birth and death ---- */

/* The client counts for us who it is connected to: the one way to hear of it without waiting. */
static int on_statistics(rd_kafka_t *rk, char *json, size_t len, void *arg)
{
	struct bus__engine *engine = arg;
	bool away = !strstr(json, "\"state\":\"UP\"");

	(void)rk;
	(void)len;
	if (away != engine->kafka_away)
		bus_log(away ? BUS_LOG_WARN : BUS_LOG_INFO,
			away ? "Kafka is away" : "Kafka is back", "processor=%s",
			engine->program.def->name);
	engine->kafka_away = away;
	return 0;
}

static void set_ms(rd_kafka_conf_t *conf, const char *name, int64_t ms)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)ms);
	bus_kafka_set(conf, name, text);
}

/*
 * Partitions of topics that are not subscribed to would be found at the next refresh only, up to a
 * second after they are assigned: the client learns of them now.
 */
static void learn_topics(struct bus__engine *engine)
{
	const struct bus__program *program = &engine->program;
	const rd_kafka_metadata_t *metadata;

	for (size_t i = 0; i < program->input_count; i++)
		rd_kafka_topic_destroy(
			rd_kafka_topic_new(engine->consumer, program->def->inputs[i].topic, NULL));
	rd_kafka_topic_destroy(rd_kafka_topic_new(engine->consumer, program->def->journal, NULL));
	if (!rd_kafka_metadata(engine->consumer, 0, NULL, &metadata, METADATA_MS))
		rd_kafka_metadata_destroy(metadata);
}

int bus__intake_start(struct bus__engine *engine)
{
	const struct bus_processor *def = engine->program.def;
	rd_kafka_topic_partition_list_t *topics;
	rd_kafka_queue_t *queue;
	uint64_t one = 1;
	rd_kafka_conf_t *conf;
	rd_kafka_resp_err_t err;
	char text[128];

	snprintf(text, sizeof(text), "%s-%s", def->service, def->name);
	conf = bus_kafka_conf(&engine->settings->kafka, text);
	snprintf(text, sizeof(text), "bourse.%s", def->name);
	bus_kafka_set(conf, "group.id", text);
	bus_kafka_set(conf, "partition.assignment.strategy", "range");
	bus_kafka_set(conf, "enable.auto.commit", "false");
	bus_kafka_set(conf, "enable.auto.offset.store", "false");
	bus_kafka_set(conf, "enable.partition.eof", "true");
	bus_kafka_set(conf, "auto.offset.reset", "error");
	bus_kafka_set(conf, "check.crcs", "true");
	if (def->gather_ms) {
		bus_kafka_set(conf, "fetch.min.bytes", "65536");
		set_ms(conf, "fetch.wait.max.ms", def->gather_ms);
	} else {
		bus_kafka_set(conf, "fetch.wait.max.ms", "200");
	}
	bus_kafka_set(conf, "fetch.error.backoff.ms", "50");
	bus_kafka_set(conf, "queued.max.messages.kbytes", "8192");
	bus_kafka_set(conf, "fetch.message.max.bytes", "1048576");
	set_ms(conf, "session.timeout.ms", engine->settings->session_timeout_ms);
	set_ms(conf, "heartbeat.interval.ms", engine->settings->session_timeout_ms / 4);
	bus_kafka_set(conf, "statistics.interval.ms", "1000");
	rd_kafka_conf_set_stats_cb(conf, on_statistics);
	rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	rd_kafka_conf_set_opaque(conf, engine);
	engine->consumer = bus_kafka_new(RD_KAFKA_CONSUMER, conf);
	if (!engine->consumer)
		return BUS_ERR_CONFIG;
	learn_topics(engine);
	rd_kafka_poll_set_consumer(engine->consumer);
	queue = rd_kafka_queue_get_consumer(engine->consumer);
	rd_kafka_queue_io_event_enable(queue, engine->wake_fd, &one, sizeof(one));
	rd_kafka_queue_destroy(queue);
	topics = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(topics, def->inputs[0].topic, RD_KAFKA_PARTITION_UA);
	err = rd_kafka_subscribe(engine->consumer, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	return err ? BUS_ERR_KAFKA_AWAY : 0;
}

void bus__intake_stop(struct bus__engine *engine)
{
	if (!engine->consumer)
		return;
	drop_all(engine);
	rd_kafka_consumer_close(engine->consumer);
	rd_kafka_destroy(engine->consumer);
	engine->consumer = NULL;
}
