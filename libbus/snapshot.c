/*
 * The reader of the reference topics: every partition from its beginning, without a group, by every
 * instance. The processor joins its group when all of them have been read to their ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/log.h"
#include "bus/reader.h"
#include "engine.h"

struct bus__snapshot_reader {
	struct bus__engine *engine;
	rd_kafka_t *rk;
	struct bus__reference_position *positions; /* one for each partition of each topic */
	bool *ended;
	size_t count;
	size_t missing; /* partitions that were not read to their ends yet */
};

static void add_topic(struct bus__snapshot_reader *reader, const char *topic, int32_t partitions)
{
	size_t count = reader->count + (size_t)partitions;

	reader->positions = bus_realloc(reader->positions, count * sizeof(*reader->positions));
	reader->ended = bus_realloc(reader->ended, count * sizeof(*reader->ended));
	for (int32_t i = 0; i < partitions; i++) {
		reader->positions[reader->count] = (struct bus__reference_position){ topic, i, 0 };
		reader->ended[reader->count++] = false;
	}
	reader->missing = reader->count;
}

struct bus__snapshot_reader *bus__snapshots_new(struct bus__engine *engine)
{
	struct bus__snapshot_reader *reader = bus_calloc(1, sizeof(*reader));
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_conf_t *conf;
	char id[128];

	reader->engine = engine;
	for (size_t i = 0; i < engine->references.count; i++)
		add_topic(reader, engine->references.topics[i].topic,
			  engine->reference_partitions[i]);
	if (!reader->count)
		return reader;
	snprintf(id, sizeof(id), "%s-%s-references", engine->program.def->service,
		 engine->program.def->name);
	conf = bus_kafka_conf(&engine->settings->kafka, id);
	/* librdkafka wants the name of a group for every consumer; this one never joins it. */
	snprintf(id, sizeof(id), "bourse.%s.references", engine->program.def->name);
	bus_kafka_set(conf, "group.id", id);
	bus_kafka_set(conf, "enable.auto.commit", "false");
	bus_kafka_set(conf, "enable.auto.offset.store", "false");
	bus_kafka_set(conf, "enable.partition.eof", "true");
	bus_kafka_set(conf, "auto.offset.reset", "earliest");
	bus_kafka_set(conf, "check.crcs", "true");
	/* Ten requests a second, however often a snapshot changes. */
	bus_kafka_set(conf, "fetch.wait.max.ms", "100");
	bus_kafka_set(conf, "fetch.min.bytes", "1048576");
	bus_kafka_set(conf, "queued.max.messages.kbytes", "8192");
	reader->rk = bus_kafka_new(RD_KAFKA_CONSUMER, conf);
	if (!reader->rk) {
		bus__snapshots_free(reader);
		return NULL;
	}
	rd_kafka_poll_set_consumer(reader->rk);
	list = rd_kafka_topic_partition_list_new((int)reader->count);
	for (size_t i = 0; i < reader->count; i++)
		rd_kafka_topic_partition_list_add(list, reader->positions[i].topic,
						  reader->positions[i].partition)
			->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(reader->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	return reader;
}

void bus__snapshots_free(struct bus__snapshot_reader *reader)
{
	if (!reader)
		return;
	if (reader->rk) {
		rd_kafka_assign(reader->rk, NULL);
		rd_kafka_destroy_flags(reader->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	}
	free(reader->positions);
	free(reader->ended);
	free(reader);
}

static size_t find(const struct bus__snapshot_reader *reader, const rd_kafka_message_t *message)
{
	size_t i = 0;

	while (i < reader->count &&
	       (reader->positions[i].partition != message->partition ||
		strcmp(reader->positions[i].topic, rd_kafka_topic_name(message->rkt)) != 0))
		i++;
	return i;
}

static void take(struct bus__snapshot_reader *reader, size_t at, const rd_kafka_message_t *message)
{
	struct bus__engine *engine = reader->engine;
	const char *topic = reader->positions[at].topic;
	int index = bus__references_topic(&engine->references, topic);
	const char *type = engine->references.topics[index].message->name;
	struct bus_ce ce;

	reader->positions[at].next = message->offset + 1;
	bus_ce_read(message, &ce);
	if (bus_ce_is_opening(&ce))
		return;
	if (ce.type.len != strlen(type) || memcmp(ce.type.data, type, ce.type.len) != 0 ||
	    !ce.has_epoch || !ce.has_sequence || !message->key_len) {
		bus_metric_add(engine->counters.foreign, 1);
		return;
	}
	if (bus__references_put(&engine->references, index,
				bus_bytes(message->key, message->key_len), ce.epoch, ce.sequence,
				bus_bytes(message->payload, message->len))) {
		bus_metric_add(engine->counters.foreign, 1);
		bus_log(BUS_LOG_WARN, "snapshot cannot be read",
			"topic=%s partition=%d offset=%lld", topic, message->partition,
			(long long)message->offset);
	}
}

void bus__snapshots_poll(struct bus__snapshot_reader *reader)
{
	rd_kafka_message_t *message;

	if (!reader->rk)
		return;
	for (int budget = 2000; budget > 0; budget--) {
		size_t at;

		message = rd_kafka_consumer_poll(reader->rk, 0);
		if (!message)
			return;
		if (message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
			bus_log(BUS_LOG_WARN, "reference topic cannot be read", "why=\"%s\"",
				rd_kafka_message_errstr(message));
		} else if ((at = find(reader, message)) < reader->count) {
			if (!message->err) {
				take(reader, at, message);
			} else if (!reader->ended[at]) {
				reader->ended[at] = true;
				reader->missing--;
			}
		}
		rd_kafka_message_destroy(message);
	}
	bus__engine_again(reader->engine);
}

bool bus__snapshots_complete(const struct bus__snapshot_reader *reader)
{
	return reader->missing == 0;
}

const struct bus__reference_position *bus__snapshots_positions(
	const struct bus__snapshot_reader *reader, size_t *count)
{
	*count = reader->count;
	return reader->positions;
}
