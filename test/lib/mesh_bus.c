/* Records to and from the topics; see mesh.h. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "bus/hash.h"
#include "bus/kafka.h"
#include "bus/reader.h"
#include "bus/time.h"
#include "mesh.h"

#define DEADLINE    (90 * BUS_SECOND)
#define REQUEST_MS  20000
#define FLIGHT_MAX  50000
#define SOURCES_MAX 16

int32_t mesh_partition(const char *key)
{
	return bus_partition(bus_bytes(key, strlen(key)), MESH_PARTITIONS);
}

/* ---- writing ---- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *arg)
{
	struct mesh *mesh = arg;

	(void)rk;
	mesh->flight--;
	mesh->lost += message->err || message->offset < 0;
}

static rd_kafka_conf_t *client_conf(const struct mesh *mesh, const char *name)
{
	struct bus_kafka_config config = { .bootstrap = mesh_env(mesh, "BOURSE_KAFKA_BOOTSTRAP") };
	rd_kafka_conf_t *conf = bus_kafka_conf(&config, name);

	free((char *)(uintptr_t)config.bootstrap);
	return conf;
}

static rd_kafka_t *producer(struct mesh *mesh)
{
	rd_kafka_conf_t *conf;

	if (mesh->producer)
		return mesh->producer;
	conf = client_conf(mesh, "mesh");
	bus_kafka_producer_settings(conf, "2");
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set_opaque(conf, mesh);
	mesh->producer = bus_kafka_new(RD_KAFKA_PRODUCER, conf);
	ck_assert_ptr_nonnull(mesh->producer);
	return mesh->producer;
}

static void drain(struct mesh *mesh, int64_t to)
{
	int64_t end = bus_time_monotonic() + DEADLINE;

	while (mesh->flight > to) {
		ck_assert_msg(bus_time_monotonic() < end,
			      "%" PRId64 " records are not acknowledged", mesh->flight);
		rd_kafka_poll(producer(mesh), 100);
	}
}

void mesh_send(struct mesh *mesh, const char *topic, const char *key,
	       const ProtobufCMessage *message, const char *ce_id, int64_t ce_time)
{
	struct bus_ce_out ce = { .type = message->descriptor->name,
				 .time = ce_time ? ce_time : mesh->now };
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *value = bus_malloc(len + 1);
	rd_kafka_resp_err_t err;

	protobuf_c_message_pack(message, value);
	if (ce_id)
		snprintf(ce.id, sizeof(ce.id), "%s", ce_id);
	else
		bus_id_format(bus_id_random(), ce.id);
	drain(mesh, FLIGHT_MAX);
	err = rd_kafka_producev(
		producer(mesh), RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, strlen(key)),
		RD_KAFKA_V_PARTITION(mesh_partition(key)), RD_KAFKA_V_VALUE(value, len),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(bus_ce_headers(&ce)),
		RD_KAFKA_V_END);
	ck_assert_msg(!err, "%s: %s", topic, rd_kafka_err2str(err));
	free(value);
	mesh->flight++;
	rd_kafka_poll(producer(mesh), 0);
}

void mesh_flush(struct mesh *mesh)
{
	drain(mesh, 0);
	ck_assert_int_eq(mesh->lost, 0);
}

struct report {
	bool done;
	rd_kafka_resp_err_t err;
	int64_t offset;
};

static void on_raw_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *arg)
{
	struct report *report = message->_private;

	(void)rk;
	(void)arg;
	report->done = true;
	report->err = message->err;
	report->offset = message->offset;
}

static rd_kafka_t *raw_producer(struct mesh *mesh)
{
	rd_kafka_conf_t *conf;

	if (mesh->raw)
		return mesh->raw;
	conf = client_conf(mesh, "anybody");
	bus_kafka_set(conf, "message.max.bytes", "20000000");
	bus_kafka_set(conf, "linger.ms", "0");
	rd_kafka_conf_set_dr_msg_cb(conf, on_raw_delivery);
	mesh->raw = bus_kafka_new(RD_KAFKA_PRODUCER, conf);
	ck_assert_ptr_nonnull(mesh->raw);
	return mesh->raw;
}

static void add_header(rd_kafka_headers_t *headers, const char *name, const char *value)
{
	if (value)
		rd_kafka_header_add(headers, name, -1, value, -1);
}

rd_kafka_resp_err_t mesh_produce(struct mesh *mesh, const struct mesh_record *record,
				 int64_t *offset)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
	size_t key_len = record->key && !record->key_len ? strlen(record->key) : record->key_len;
	int64_t end = bus_time_monotonic() + DEADLINE;
	struct report report = { 0 };
	rd_kafka_resp_err_t err;

	add_header(headers, "ce_id", record->id);
	add_header(headers, "ce_type", record->type);
	add_header(headers, "ce_source", record->source);
	add_header(headers, "ce_epoch", record->epoch);
	add_header(headers, "ce_sequence", record->sequence);
	add_header(headers, "ce_time", record->time);
	err = rd_kafka_producev(
		raw_producer(mesh), RD_KAFKA_V_TOPIC(record->topic),
		RD_KAFKA_V_PARTITION(record->partition), RD_KAFKA_V_KEY(record->key, key_len),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.data, record->value.len),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
		RD_KAFKA_V_OPAQUE(&report), RD_KAFKA_V_END);
	if (err) {
		rd_kafka_headers_destroy(headers);
		return err;
	}
	while (!report.done) {
		ck_assert_msg(bus_time_monotonic() < end, "%s: no report", record->topic);
		rd_kafka_poll(mesh->raw, 100);
	}
	if (offset)
		*offset = report.offset;
	return report.err;
}

rd_kafka_resp_err_t mesh_produce_message(struct mesh *mesh, const struct mesh_record *record,
					 const ProtobufCMessage *message, int64_t *offset)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *value = bus_malloc(len + 1);
	struct mesh_record whole = *record;
	rd_kafka_resp_err_t err;

	protobuf_c_message_pack(message, value);
	whole.value = bus_bytes(value, len);
	err = mesh_produce(mesh, &whole, offset);
	free(value);
	return err;
}

int64_t mesh_end(struct mesh *mesh, const char *topic, int32_t partition)
{
	int64_t limit = bus_time_monotonic() + DEADLINE, low, high;
	rd_kafka_resp_err_t err;

	while ((err = rd_kafka_query_watermark_offsets(producer(mesh), topic, partition, &low,
						       &high, REQUEST_MS)))
		ck_assert_msg(bus_time_monotonic() < limit, "%s/%d: %s", topic, partition,
			      rd_kafka_err2str(err));
	return high;
}

/* ---- reading ---- */

/* One source on one partition: its mark, and what is ahead of a missing record. */
struct source {
	char name[64];
	struct bus_high_water mark;
};

struct ahead {
	struct ahead *prev, *next;
	rd_kafka_message_t *record;
};

struct reading {
	mesh_read_fn fn;
	void *arg;
	struct source sources[MESH_PARTITIONS][SOURCES_MAX];
	struct ahead *ahead[MESH_PARTITIONS];
};

static struct source *find_source(struct source *sources, struct bus_bytes name)
{
	for (size_t i = 0; i < SOURCES_MAX; i++) {
		if (!sources[i].name[0])
			memcpy(sources[i].name, name.data, name.len < 63 ? name.len : 63);
		if (strlen(sources[i].name) == name.len &&
		    memcmp(sources[i].name, name.data, name.len) == 0)
			return &sources[i];
	}
	ck_abort_msg("more than %d sources", SOURCES_MAX);
}

/* Returns whether the record is done with; it waits otherwise. */
static bool take(struct reading *reading, rd_kafka_message_t *record)
{
	struct source *source;
	struct bus_ce ce;

	bus_ce_read(record, &ce);
	ck_assert_msg(ce.source.len > 0, "%s/%d@%" PRId64 " has no source",
		      rd_kafka_topic_name(record->rkt), record->partition, record->offset);
	source = find_source(reading->sources[record->partition], ce.source);
	switch (bus_read(&source->mark, &ce)) {
	case BUS_READ_NEXT:
		if (reading->fn)
			reading->fn(reading->arg, record, &ce);
		return true;
	case BUS_READ_AHEAD:
		return false;
	case BUS_READ_OPENING:
	case BUS_READ_REPEAT:
	case BUS_READ_VOID:
		return true;
	case BUS_READ_FOREIGN:
		break;
	}
	ck_abort_msg("%s/%d@%" PRId64 " is foreign", rd_kafka_topic_name(record->rkt),
		     record->partition, record->offset);
}

static void feed(struct reading *reading, rd_kafka_message_t *record)
{
	struct ahead **list = &reading->ahead[record->partition], *item, *next;
	bool again = true;

	if (!take(reading, record)) {
		item = bus_calloc(1, sizeof(*item));
		item->record = record;
		DL_APPEND(*list, item);
		return;
	}
	rd_kafka_message_destroy(record);
	while (again) {
		again = false;
		DL_FOREACH_SAFE (*list, item, next) {
			if (!take(reading, item->record))
				continue;
			DL_DELETE(*list, item);
			rd_kafka_message_destroy(item->record);
			free(item);
			again = true;
		}
	}
}

static rd_kafka_t *open_reader(struct mesh *mesh, const char *topic)
{
	rd_kafka_conf_t *conf = client_conf(mesh, "mesh-reader");
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(MESH_PARTITIONS);
	rd_kafka_t *consumer;

	bus_kafka_set(conf, "group.id", "unused");
	bus_kafka_set(conf, "enable.auto.commit", "false");
	bus_kafka_set(conf, "auto.offset.reset", "error");
	bus_kafka_set(conf, "fetch.wait.max.ms", "20");
	consumer = bus_kafka_new(RD_KAFKA_CONSUMER, conf);
	ck_assert_ptr_nonnull(consumer);
	rd_kafka_poll_set_consumer(consumer);
	for (int32_t p = 0; p < MESH_PARTITIONS; p++)
		rd_kafka_topic_partition_list_add(list, topic, p)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	ck_assert_int_eq(rd_kafka_assign(consumer, list), 0);
	rd_kafka_topic_partition_list_destroy(list);
	return consumer;
}

static void read_all(struct mesh *mesh, const char *topic, struct reading *reading)
{
	int64_t limit = bus_time_monotonic() + DEADLINE, ends[MESH_PARTITIONS];
	rd_kafka_t *consumer = open_reader(mesh, topic);
	int left = 0;

	for (int32_t p = 0; p < MESH_PARTITIONS; p++) {
		ends[p] = mesh_end(mesh, topic, p);
		left += ends[p] > 0;
	}
	while (left) {
		rd_kafka_message_t *record = rd_kafka_consumer_poll(consumer, 100);
		int64_t offset;
		int32_t partition;

		ck_assert_msg(bus_time_monotonic() < limit, "%s cannot be read", topic);
		if (!record)
			continue;
		ck_assert_msg(!record->err, "%s: %s", topic, rd_kafka_message_errstr(record));
		offset = record->offset;
		partition = record->partition;
		if (offset < ends[partition])
			feed(reading, record);
		else
			rd_kafka_message_destroy(record);
		left -= offset == ends[partition] - 1;
	}
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
}

void mesh_read(struct mesh *mesh, const char *topic, mesh_read_fn fn, void *arg)
{
	struct reading reading = { .fn = fn, .arg = arg };

	read_all(mesh, topic, &reading);
	for (int32_t p = 0; p < MESH_PARTITIONS; p++)
		ck_assert_msg(!reading.ahead[p], "%s/%d has a hole", topic, p);
}

void mesh_mark(struct mesh *mesh, const char *topic, int32_t partition, const char *source,
	       int64_t *epoch, int64_t *sequence)
{
	struct reading reading = { 0 };
	struct source *found;

	read_all(mesh, topic, &reading);
	found = find_source(reading.sources[partition], bus_bytes(source, strlen(source)));
	*epoch = found->mark.epoch;
	*sequence = found->mark.sequence;
}
