/*
 * bourse send: JSON lines to records, in the order of the lines, bounded in flight. A line counts
 * as sent when the broker has acknowledged it with an offset, and not before.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "args.h"
#include "bus/ce.h"
#include "bus/time.h"
#include "client.h"
#include "command_line.h"
#include "commands.h"
#include "json.h"

#define FLIGHT_MAX	 10000
#define FLIGHT_BYTES_MAX (64 * 1024 * 1024)
#define SILENCE_S	 30 /* without any acknowledgement, before we give up */
#define TOPICS_MAX	 32

struct send_args {
	const char *topic;
	int64_t rate;
	bool json, dry_run, strict;
};

static const struct args_option options[] = {
	{ "topic", ARGS_TEXT, offsetof(struct send_args, topic), "T", 0, 0,
	  "for lines that name none, instead of the one of their type" },
	{ "rate", ARGS_INT, offsetof(struct send_args, rate), "N", 1, 10000000,
	  "at most N commands a second" },
	{ "strict", ARGS_FLAG, offsetof(struct send_args, strict), NULL, 0, 0,
	  "stop at the first line that is wrong" },
	{ "dry-run", ARGS_FLAG, offsetof(struct send_args, dry_run), NULL, 0, 0,
	  "check every line, send nothing" },
	{ "json", ARGS_FLAG, offsetof(struct send_args, json), NULL, 0, 0,
	  "one JSON object a line: its id, key, partition and offset, or its error" },
};

static const struct args_command command = {
	.usage = "send [FILE] [options]",
	.about = "Sends commands, one JSON object a line, from FILE or standard input:\n"
		 "\n"
		 "  {\"type\": \"bourse.orders.v1.PlaceOrder\", \"message\": {\"account_id\": "
		 "\"...\", ...}}\n"
		 "\n"
		 "  type     full name of the message, or its last word: PlaceOrder\n"
		 "  message  its fields by their names in proto/. Enums with or without their "
		 "prefix. Amounts as\n"
		 "           millionths (\"limit_price_micros\": 585400000) or as decimal text "
		 "without the\n"
		 "           _micros (\"limit_price\": \"585.40\"); times also as text "
		 "(\"closes_at\": \"2012-...Z\")\n"
		 "  id       a UUID; sent again with the same id a command acts once. Default: a "
		 "fresh one\n"
		 "  topic    default: the one of the type\n"
		 "  time     ce_time, for stacks that replay history\n"
		 "\n"
		 "Lines that are wrong are named by number on standard error; the others are sent "
		 "all the same,\n"
		 "and the exit status is 1.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.positional_max = 1,
	.notes = client_notes,
	.examples = "  echo '{\"type\":\"OpenAccount\",\"message\":{\"user_id\":\"'$USER_ID'\"}}' "
		    "| bourse send --json\n"
		    "  echo "
		    "'{\"type\":\"Deposit\",\"message\":{\"account_id\":\"'$A'\",\"amount\":"
		    "\"10000\"}}' | bourse send\n"
		    "  echo "
		    "'{\"type\":\"PlaceOrder\",\"message\":{\"account_id\":\"'$A'\",\"symbol\":"
		    "\"AAPL\",\"side\":\"BUY\",\n"
		    "    "
		    "\"type\":\"LIMIT\",\"time_in_force\":\"DAY\",\"quantity\":\"5\",\"limit_"
		    "price\":\"585.40\"}}' |\n"
		    "    tr -d '\\n' | bourse send\n"
		    "  bourse send orders.jsonl --rate 1000\n"
		    "  bourse send orders.jsonl --dry-run\n",
};

struct known_topic {
	char name[256];
	bool exists;
};

struct sender {
	const struct send_args *args;
	const struct client *client;
	rd_kafka_t *producer;
	struct known_topic topics[TOPICS_MAX];
	size_t topic_count;
	int64_t line, sent, failed;
	int64_t flight, flight_bytes;
	int64_t heard; /* the last acknowledgement, monotonic */
	bool stopped;  /* gave up, or --strict */
};

/* What is remembered of a record in flight. */
struct flight {
	int64_t line;
	size_t bytes;
	char id[BUS_ID_TEXT];
};

/* Reports ************************************************************************************/

static void fail_line(struct sender *sender, int64_t line, const char *id, const char *fmt, ...)
	BUS_PRINTF(4, 5);
static void fail_line(struct sender *sender, int64_t line, const char *id, const char *fmt, ...)
{
	char text[512];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	fprintf(stderr, "line %" PRId64 ": %s\n", line, text);
	if (sender->args->json)
		json_print_line(json_pack("{s:I, s:s?, s:o}", "line", (json_int_t)line, "id", id,
					  "error", json_of_text(bus_bytes(text, strlen(text)))),
				stdout);
	sender->failed++;
	sender->stopped = sender->stopped || sender->args->strict;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *arg)
{
	struct sender *sender = arg;
	struct flight *flight = message->_private;

	(void)rk;
	sender->flight--;
	sender->flight_bytes -= (int64_t)flight->bytes;
	sender->heard = bus_time_monotonic();
	/* A report without an offset is no acknowledgement: the record may not be in the log. */
	if (message->err || message->offset < 0) {
		fail_line(sender, flight->line, flight->id,
			  "id %s is not acknowledged (%s): send it again with this id", flight->id,
			  message->err ? rd_kafka_err2str(message->err) : "no offset");
	} else {
		sender->sent++;
		if (sender->args->json)
			json_print_line(
				json_pack("{s:I, s:s, s:s, s:o, s:i, s:I}", "line",
					  (json_int_t)flight->line, "id", flight->id, "topic",
					  rd_kafka_topic_name(message->rkt), "key",
					  json_of_text(bus_bytes(message->key, message->key_len)),
					  "partition", (int)message->partition, "offset",
					  (json_int_t)message->offset),
				stdout);
	}
	free(flight);
}

/* Sending ************************************************************************************/

/* Waits until less than this is in flight; false when the broker has been silent for too long. */
static bool drain(struct sender *sender, int64_t count, int64_t bytes)
{
	sender->heard = bus_time_monotonic();
	while (sender->flight > count || sender->flight_bytes > bytes) {
		rd_kafka_poll(sender->producer, 100);
		if (bus_time_monotonic() - sender->heard < SILENCE_S * BUS_SECOND)
			continue;
		fprintf(stderr, "bourse send: Kafka at %s has acknowledged nothing for %d s\n",
			sender->client->kafka.bootstrap, SILENCE_S);
		sender->stopped = true;
		return false;
	}
	return true;
}

static bool topic_exists(struct sender *sender, const char *name)
{
	struct known_topic *topic;

	for (size_t i = 0; i < sender->topic_count; i++)
		if (strcmp(sender->topics[i].name, name) == 0)
			return sender->topics[i].exists;
	/* More topics than that in one file: the oldest answer is asked for again. */
	if (sender->topic_count == TOPICS_MAX)
		sender->topic_count = 0;
	topic = &sender->topics[sender->topic_count++];
	snprintf(topic->name, sizeof(topic->name), "%s", name);
	topic->exists = client_partitions(sender->client, sender->producer, name) > 0;
	return topic->exists;
}

static void produce(struct sender *sender, const struct command_line *line)
{
	struct bus_ce_out ce = { .type = line->type->message->name, .time = line->time };
	struct flight *flight = bus_malloc(sizeof(*flight));
	rd_kafka_headers_t *headers;
	rd_kafka_resp_err_t err;

	flight->line = sender->line;
	flight->bytes = line->value_len;
	memcpy(flight->id, line->id, sizeof(flight->id));
	memcpy(ce.id, line->id, sizeof(ce.id));
	headers = bus_ce_headers(&ce);
	err = rd_kafka_producev(sender->producer, RD_KAFKA_V_TOPIC(line->topic),
				RD_KAFKA_V_KEY(line->key, strlen(line->key)),
				RD_KAFKA_V_VALUE(line->value, line->value_len),
				RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
				RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(flight),
				RD_KAFKA_V_END);
	if (err) {
		rd_kafka_headers_destroy(headers);
		free(flight);
		fail_line(sender, sender->line, line->id, "%s", rd_kafka_err2str(err));
		return;
	}
	sender->flight++;
	sender->flight_bytes += (int64_t)line->value_len;
}

static void print_checked(const struct sender *sender, const struct command_line *line)
{
	if (sender->args->json)
		json_print_line(json_pack("{s:I, s:s, s:s, s:s, s:s, s:I}", "line",
					  (json_int_t)sender->line, "id", line->id, "topic",
					  line->topic, "type", line->type->message->name, "key",
					  line->key, "bytes", (json_int_t)line->value_len),
				stdout);
}

static void send_line(struct sender *sender, const char *text, size_t len)
{
	struct command_line line;
	char why[512];

	if (!command_line_parse(text, len, sender->args->topic, &line, why, sizeof(why))) {
		fail_line(sender, sender->line, NULL, "%s", why);
		return;
	}
	if (sender->args->dry_run) {
		sender->sent++;
		print_checked(sender, &line);
	} else if (!topic_exists(sender, line.topic)) {
		fail_line(sender, sender->line, line.id, "topic %s is not there", line.topic);
	} else if (drain(sender, FLIGHT_MAX - 1, FLIGHT_BYTES_MAX)) {
		produce(sender, &line);
	}
	command_line_release(&line);
}

/* Waits for the turn of the next command; reports come in meanwhile. */
static void pace(struct sender *sender, int64_t start, int64_t number)
{
	int64_t due, left;

	if (!sender->producer)
		return;
	due = sender->args->rate ? start + number * BUS_SECOND / sender->args->rate : start;
	while ((left = due - bus_time_monotonic()) > 0) {
		struct timespec rest = { 0, (long)(left % 1000) * 1000 };

		if (left >= 1000)
			rd_kafka_poll(sender->producer, (int)(left / 1000));
		else
			nanosleep(&rest, NULL);
	}
	rd_kafka_poll(sender->producer, 0);
}

static bool blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

static void send_lines(struct sender *sender, FILE *in)
{
	int64_t start = bus_time_monotonic(), number = 0;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	while (!sender->stopped && (len = getline(&text, &room, in)) >= 0) {
		sender->line++;
		if (blank(text))
			continue;
		pace(sender, start, number++);
		send_line(sender, text, (size_t)len);
	}
	if (ferror(in)) {
		fprintf(stderr, "bourse send: reading line %" PRId64 ": %s\n", sender->line + 1,
			strerror(errno));
		sender->failed++;
	}
	free(text);
}

/* Whatever is still in flight is acknowledged, or is named with its id. */
static void finish(struct sender *sender)
{
	if (!drain(sender, 0, 0)) {
		rd_kafka_purge(sender->producer,
			       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		while (sender->flight > 0)
			rd_kafka_poll(sender->producer, 100);
	}
	rd_kafka_destroy(sender->producer);
	sender->producer = NULL;
}

static int run(struct sender *sender, FILE *in)
{
	struct client client;

	if (!sender->args->dry_run) {
		if (client_load(&client))
			return CLI_FAILED;
		sender->client = &client;
		sender->producer = client_producer(&client, "2", on_delivery, sender);
		if (!sender->producer)
			return CLI_FAILED;
	}
	send_lines(sender, in);
	if (sender->producer)
		finish(sender);
	if (!sender->args->json)
		printf("%s %" PRId64 ", failed %" PRId64 "\n",
		       sender->args->dry_run ? "nothing was sent; good" : "sent", sender->sent,
		       sender->failed);
	return sender->failed || sender->stopped ? CLI_FAILED : CLI_OK;
}

int cmd_send(int argc, char **argv)
{
	struct send_args args = { 0 };
	struct sender sender = { .args = &args };
	FILE *in = stdin;
	int count, status;

	switch (args_parse(&command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	if (count == 1 && strcmp(argv[1], "-") != 0) {
		in = fopen(argv[1], "re");
		if (!in) {
			fprintf(stderr, "bourse send: %s: %s\n", argv[1], strerror(errno));
			return CLI_FAILED;
		}
	}
	status = run(&sender, in);
	if (in != stdin)
		(void)fclose(in);
	return status;
}
