/* One consumer with its partitions assigned by hand; a partition is done when its end was seen. */
#include "follow.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "bus/err.h"
#include "bus/hash.h"
#include "bus/time.h"
#include "rule.h"

#define POLL_MS	    200
#define SILENCE_S   30	   /* without the broker, before a bounded reading gives up */
#define WAITING_MAX 100000 /* records kept for a missing one */

struct range {
	int64_t low, high; /* of the partition, when the reading began */
	int64_t start, end;
	bool done;
};

struct following {
	const struct client *client;
	const struct follow_options *options;
	follow_fn on_record;
	void *arg;
	rd_kafka_t *consumer;
	struct rule *rule;
	struct range *ranges;
	int partitions, open;
	bool ended;    /* by on_record */
	int64_t heard; /* the broker's last sign of life, monotonic */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	interrupted = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool follow_bound_parse(const char *text, struct follow_bound *out)
{
	out->value = 0;
	if (strcmp(text, "beginning") == 0) {
		out->at = FOLLOW_BEGINNING;
		return true;
	}
	if (strcmp(text, "end") == 0) {
		out->at = FOLLOW_END;
		return true;
	}
	if (args_integer(text, &out->value)) {
		out->at = FOLLOW_OFFSET;
		return out->value >= 0;
	}
	out->at = FOLLOW_TIME;
	return bus_time_parse(text, strlen(text), &out->value);
}

static int away(const struct following *following, rd_kafka_resp_err_t err)
{
	fprintf(stderr, "bourse: %s: %s\n", following->options->topic, rd_kafka_err2str(err));
	return BUS_ERR_KAFKA_AWAY;
}

/* Where to begin and to end *******************************************************************/

/* The offset of the first record at or after a time, in each partition; the end where there is
 * none. */
static int offsets_of_time(struct following *following, int64_t micros, int64_t *out)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(following->partitions);
	rd_kafka_resp_err_t err;

	for (int p = 0; p < following->partitions; p++)
		rd_kafka_topic_partition_list_add(list, following->options->topic, p)->offset =
			micros < 0 ? 0 : (micros + 999) / 1000;
	err = rd_kafka_offsets_for_times(following->consumer, list, CLIENT_TIMEOUT_MS);
	for (int p = 0; !err && p < following->partitions; p++) {
		err = list->elems[p].err;
		out[p] = list->elems[p].offset < 0 ? following->ranges[p].high
						   : list->elems[p].offset;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return err ? away(following, err) : 0;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static int resolve(struct following *following, struct follow_bound bound, int64_t *out)
{
	if (bound.at == FOLLOW_TIME)
		return offsets_of_time(following, bound.value, out);
	for (int p = 0; p < following->partitions; p++) {
		const struct range *range = &following->ranges[p];

		out[p] = range->low;
		if (bound.at == FOLLOW_END)
			out[p] = range->high;
		if (bound.at == FOLLOW_OFFSET)
			out[p] = clamp(bound.value, range->low, range->high);
	}
	return 0;
}

static int find_watermarks(struct following *following)
{
	for (int p = 0; p < following->partitions; p++) {
		struct range *range = &following->ranges[p];
		rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
			following->consumer, following->options->topic, p, &range->low,
			&range->high, CLIENT_TIMEOUT_MS);

		if (err)
			return away(following, err);
	}
	return 0;
}

static int find_ranges(struct following *following)
{
	const struct follow_options *options = following->options;
	int64_t *offsets = bus_calloc((size_t)following->partitions, sizeof(*offsets));
	int err = find_watermarks(following);

	if (!err)
		err = resolve(following, options->from, offsets);
	for (int p = 0; !err && p < following->partitions; p++)
		following->ranges[p].start = offsets[p];
	if (!err && !options->forever)
		err = resolve(following, options->to, offsets);
	for (int p = 0; !err && p < following->partitions; p++)
		following->ranges[p].end = options->forever ? INT64_MAX : offsets[p];
	free(offsets);
	return err;
}

/* With a key, the others of its topic's partitions have nothing to tell. */
static bool wanted(const struct following *following, int partition)
{
	const struct follow_options *options = following->options;

	return !options->key || options->raw ||
	       bus_partition(bus_bytes(options->key, strlen(options->key)),
			     following->partitions) == partition;
}

static int assign(struct following *following)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(following->partitions);
	rd_kafka_resp_err_t err;

	for (int p = 0; p < following->partitions; p++) {
		struct range *range = &following->ranges[p];

		range->done = range->start >= range->end || !wanted(following, p);
		if (range->done)
			continue;
		rd_kafka_topic_partition_list_add(list, following->options->topic, p)->offset =
			range->start;
		following->open++;
	}
	err = rd_kafka_assign(following->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	return err ? away(following, err) : 0;
}

/* Records *************************************************************************************/

static void tell(struct following *following, const rd_kafka_message_t *message,
		 enum bus_reading reading)
{
	const char *key = following->options->key;
	struct follow_record record = { .message = message, .reading = reading };

	if (key &&
	    (message->key_len != strlen(key) || memcmp(message->key, key, message->key_len) != 0))
		return;
	if (following->ended)
		return;
	bus_ce_read(message, &record.ce);
	following->ended = !following->on_record(following->arg, &record);
}

static void on_take(void *arg, void *record)
{
	tell(arg, record, BUS_READ_NEXT);
	rd_kafka_message_destroy(record);
}

static void on_drop(void *arg, void *record)
{
	(void)arg;
	rd_kafka_message_destroy(record);
}

static void finish_partition(struct following *following, int32_t partition)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	following->ranges[partition].done = true;
	following->open--;
	rd_kafka_topic_partition_list_add(list, following->options->topic, partition);
	rd_kafka_pause_partitions(following->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
}

/* Takes the message. */
static void on_message(struct following *following, rd_kafka_message_t *message)
{
	struct range *range = &following->ranges[message->partition];
	bool last = message->offset >= range->end - 1, raw = following->options->raw;
	int32_t partition = message->partition;
	struct bus_ce ce;

	if (range->done || message->offset >= range->end) {
		rd_kafka_message_destroy(message);
	} else {
		enum bus_reading reading;

		bus_ce_read(message, &ce);
		reading =
			rule_feed(following->rule, partition, range->start > 0, &ce,
				  bus_bytes(message->key, message->key_len), raw ? NULL : message);
		if (raw) {
			tell(following, message, reading);
			rd_kafka_message_destroy(message);
		}
	}
	if (last && !range->done)
		finish_partition(following, partition);
}

/* What the consumer says besides records. 0, or an error that ends the reading. */
static int on_event(struct following *following, const rd_kafka_message_t *message)
{
	switch (message->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		if (message->offset >= following->ranges[message->partition].end &&
		    !following->ranges[message->partition].done)
			finish_partition(following, message->partition);
		following->heard = bus_time_monotonic();
		return 0;
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__RESOLVE:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
		return 0; /* it connects again by itself */
	default:
		fprintf(stderr, "bourse: %s: %s\n", following->options->topic,
			rd_kafka_message_errstr(message));
		return BUS_ERR_KAFKA_AWAY;
	}
}

static int turn(struct following *following)
{
	rd_kafka_message_t *message = rd_kafka_consumer_poll(following->consumer, POLL_MS);
	int err = 0;

	if (message && !message->err) {
		following->heard = bus_time_monotonic();
		on_message(following, message);
	} else if (message) {
		err = on_event(following, message);
		rd_kafka_message_destroy(message);
	}
	if (!err && !following->options->forever &&
	    bus_time_monotonic() - following->heard > SILENCE_S * BUS_SECOND)
		err = away(following, RD_KAFKA_RESP_ERR__TIMED_OUT);
	if (!err && rule_count(following->rule, BUS_READ_AHEAD) > WAITING_MAX) {
		fprintf(stderr, "bourse: more than %d records wait for a missing one\n",
			WAITING_MAX);
		err = BUS_ERR_GAP;
	}
	return err;
}

/* The end *************************************************************************************/

static int report(const struct following *following)
{
	static const struct {
		enum bus_reading reading;
		const char *name;
	} told[] = {
		{ BUS_READ_REPEAT, "repeats" },
		{ BUS_READ_VOID, "void" },
		{ BUS_READ_FOREIGN, "foreign" },
		{ BUS_READ_AHEAD, "ahead of a missing one" },
	};
	bool any = false;

	for (size_t i = 0; !following->options->raw && i < BUS_ARRAY_LEN(told); i++) {
		int64_t count = rule_count(following->rule, told[i].reading);

		if (count)
			fprintf(stderr, "%s%" PRId64 " %s", any ? ", " : "left out: ", count,
				told[i].name);
		any = any || count;
	}
	if (any)
		fputc('\n', stderr);
	rule_print_missing(following->rule, stderr);
	return !interrupted && !following->ended && rule_count(following->rule, BUS_READ_AHEAD)
		       ? BUS_ERR_GAP
		       : 0;
}

static int read_all(struct following *following)
{
	int err = find_ranges(following);

	if (!err)
		err = assign(following);
	following->heard = bus_time_monotonic();
	while (!err && following->open > 0 && !following->ended && !interrupted)
		err = turn(following);
	fflush(stdout);
	return err ? err : report(following);
}

int follow(const struct client *client, const struct follow_options *options, follow_fn on_record,
	   void *arg)
{
	struct following following = {
		.client = client, .options = options, .on_record = on_record, .arg = arg
	};
	int err = BUS_ERR_KAFKA_AWAY;

	catch_signals();
	following.rule = rule_new(catalog_find(options->topic), on_take, on_drop, &following);
	following.consumer = client_consumer(client);
	if (!following.consumer)
		goto out;
	following.partitions = client_partitions(client, following.consumer, options->topic);
	if (following.partitions <= 0)
		goto out;
	following.ranges = bus_calloc((size_t)following.partitions, sizeof(*following.ranges));
	err = read_all(&following);
out:
	rule_free(following.rule);
	client_consumer_free(following.consumer);
	free(following.ranges);
	return err;
}
