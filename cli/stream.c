/* A hand-assigned consumer, and a rule (rule.h) for each topic. */
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/err.h"
#include "rule.h"

#define TOPICS_MAX  24
#define WAITING_MAX 100000 /* records; a reader that waits for ever must not grow for ever */

struct log {
	int64_t low, end, next;
};

struct input {
	struct stream *stream;
	const struct topic *topic;
	struct rule *rule;
	int count;
	struct log *logs; /* by partition */
};

struct stream {
	rd_kafka_t *consumer;
	enum stream_from from;
	stream_fn take;
	void *arg;
	struct input inputs[TOPICS_MAX];
	size_t input_count;
	size_t last; /* input of the last record: the next one is often of the same */
};

static int look_up_ends(struct stream *stream)
{
	for (size_t i = 0; i < stream->input_count; i++) {
		struct input *input = &stream->inputs[i];

		for (int p = 0; p < input->count; p++) {
			rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
				stream->consumer, input->topic->name, p, &input->logs[p].low,
				&input->logs[p].end, CLIENT_TIMEOUT_MS);

			if (err) {
				fprintf(stderr, "bourse: %s/%d: %s\n", input->topic->name, p,
					rd_kafka_err2str(err));
				return BUS_ERR_KAFKA_AWAY;
			}
		}
	}
	return 0;
}

int stream_refresh_ends(struct stream *stream)
{
	return look_up_ends(stream);
}

static int assign(struct stream *stream)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
	rd_kafka_resp_err_t err;

	for (size_t i = 0; i < stream->input_count; i++)
		for (int p = 0; p < stream->inputs[i].count; p++) {
			struct log *log = &stream->inputs[i].logs[p];

			log->next = stream->from == STREAM_NOW ? log->end : log->low;
			rd_kafka_topic_partition_list_add(list, stream->inputs[i].topic->name, p)
				->offset = log->next;
		}
	err = rd_kafka_assign(stream->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (!err)
		return 0;
	fprintf(stderr, "bourse: topics cannot be read: %s\n", rd_kafka_err2str(err));
	return BUS_ERR_KAFKA_AWAY;
}

static void on_take(void *arg, void *record);

static void on_drop(void *arg, void *record)
{
	(void)arg;
	rd_kafka_message_destroy(record);
}

static int add_input(struct stream *stream, const struct client *client, const char *name)
{
	struct input *input = &stream->inputs[stream->input_count];

	bus_assert(stream->input_count < TOPICS_MAX);
	input->stream = stream;
	input->topic = catalog_find(name);
	bus_assert(input->topic);
	input->count = client_partitions(client, stream->consumer, name);
	if (input->count < 0)
		return BUS_ERR_KAFKA_AWAY;
	input->logs = bus_calloc((size_t)input->count, sizeof(*input->logs));
	input->rule = rule_new(input->topic, on_take, on_drop, input);
	stream->input_count++;
	return 0;
}

struct stream *stream_new(const struct client *client, const char *const *topics,
			  enum stream_from from, stream_fn take, void *arg)
{
	struct stream *stream = bus_calloc(1, sizeof(*stream));
	int err = 0;

	stream->from = from;
	stream->take = take;
	stream->arg = arg;
	stream->consumer = client_consumer(client);
	if (!stream->consumer)
		err = BUS_ERR_KAFKA_AWAY;
	for (size_t i = 0; !err && topics[i]; i++)
		err = add_input(stream, client, topics[i]);
	if (!err)
		err = look_up_ends(stream);
	if (!err)
		err = assign(stream);
	if (!err)
		return stream;
	stream_free(stream);
	return NULL;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	for (size_t i = 0; i < stream->input_count; i++) {
		rule_free(stream->inputs[i].rule);
		free(stream->inputs[i].logs);
	}
	client_consumer_free(stream->consumer);
	free(stream);
}

static struct bus_bytes bytes_of(const void *data, size_t len)
{
	return data ? bus_bytes(data, len) : bus_bytes(NULL, 0);
}

static void on_take(void *arg, void *record)
{
	struct input *input = arg;
	rd_kafka_message_t *message = record;
	struct stream_record out = {
		.topic = input->topic,
		.number = (int)(input - input->stream->inputs),
		.partition = message->partition,
		.offset = message->offset,
		.appended_at = rd_kafka_message_timestamp(message, NULL) * 1000,
		.key = bytes_of(message->key, message->key_len),
		.value = bytes_of(message->payload, message->len),
	};

	bus_ce_read(message, &out.ce);
	input->stream->take(input->stream->arg, &out);
	rd_kafka_message_destroy(message);
}

static struct input *input_of(struct stream *stream, const rd_kafka_message_t *message)
{
	const char *name = rd_kafka_topic_name(message->rkt);

	if (strcmp(stream->inputs[stream->last].topic->name, name) == 0)
		return &stream->inputs[stream->last];
	for (size_t i = 0; i < stream->input_count; i++)
		if (strcmp(stream->inputs[i].topic->name, name) == 0) {
			stream->last = i;
			return &stream->inputs[i];
		}
	return NULL;
}

/* Takes the message. */
static int read_message(struct stream *stream, rd_kafka_message_t *message)
{
	struct input *input = input_of(stream, message);
	bool adopt = stream->from == STREAM_NOW;
	struct bus_ce ce;

	bus_assert(input && message->partition >= 0 && message->partition < input->count);
	input->logs[message->partition].next = message->offset + 1;
	bus_ce_read(message, &ce);
	if (rule_feed(input->rule, message->partition, adopt, &ce,
		      bytes_of(message->key, message->key_len), message) != BUS_READ_AHEAD ||
	    rule_count(input->rule, BUS_READ_AHEAD) <= WAITING_MAX)
		return 0;
	fputs("bourse: something is missing, and too much waits for it\n", stderr);
	rule_print_missing(input->rule, stderr);
	return BUS_ERR_GAP;
}

/* A compacted or trimmed log may end in a gap: only the end of the partition says so. */
static void note_end(struct stream *stream, const rd_kafka_message_t *message)
{
	struct input *input = input_of(stream, message);
	struct log *log = &input->logs[message->partition];

	if (message->offset > log->next)
		log->next = message->offset;
}

int stream_poll(struct stream *stream, int timeout_ms)
{
	rd_kafka_message_t *message = rd_kafka_consumer_poll(stream->consumer, timeout_ms);
	int err = 0;

	if (!message)
		return 0;
	if (!message->err) {
		err = read_message(stream, message);
		return err ? err : 1;
	}
	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		note_end(stream, message);
	} else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
		fprintf(stderr, "bourse: %s was truncated while it was read\n",
			message->rkt ? rd_kafka_topic_name(message->rkt) : "a topic");
		err = BUS_ERR_TRUNCATED;
	}
	rd_kafka_message_destroy(message);
	return err;
}

bool stream_at_ends(const struct stream *stream)
{
	for (size_t i = 0; i < stream->input_count; i++)
		for (int p = 0; p < stream->inputs[i].count; p++)
			if (stream->inputs[i].logs[p].next < stream->inputs[i].logs[p].end)
				return false;
	return true;
}

int stream_drain(struct stream *stream)
{
	int idle = 0;

	while (!stream_at_ends(stream)) {
		int got = stream_poll(stream, 100);

		if (got < 0)
			return got;
		idle = got ? 0 : idle + 100;
		if (idle > 2 * CLIENT_TIMEOUT_MS) {
			fprintf(stderr, "bourse: Kafka does not hand out the end of %s\n",
				stream->inputs[0].topic->name);
			return BUS_ERR_KAFKA_AWAY;
		}
	}
	return 0;
}

int stream_partitions(const struct stream *stream, int number)
{
	return stream->inputs[number].count;
}

int64_t stream_low(const struct stream *stream, int number, int32_t partition)
{
	return stream->inputs[number].logs[partition].low;
}

int64_t stream_end(const struct stream *stream, int number, int32_t partition)
{
	return stream->inputs[number].logs[partition].end;
}

uint64_t stream_count(const struct stream *stream, enum bus_reading reading)
{
	uint64_t count = 0;

	for (size_t i = 0; i < stream->input_count; i++)
		count += (uint64_t)rule_count(stream->inputs[i].rule, reading);
	return count;
}

void stream_print_missing(const struct stream *stream, FILE *out)
{
	for (size_t i = 0; i < stream->input_count; i++)
		rule_print_missing(stream->inputs[i].rule, out);
}
