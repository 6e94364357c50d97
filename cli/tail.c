/* bourse tail: the records of a topic as JSON lines, read by the reader's rule. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "bus/err.h"
#include "bus/time.h"
#include "commands.h"
#include "follow.h"
#include "json.h"
#include "record.h"
#include "types.h"

struct tail_args {
	const char *key, *type, *from, *to;
	int64_t limit;
	bool follow, raw, all, json;
};

static const struct args_option options[] = {
	{ "key", ARGS_TEXT, offsetof(struct tail_args, key), "K", 0, 0,
	  "only records with this key (account, user or symbol)" },
	{ "type", ARGS_TEXT, offsetof(struct tail_args, type), "T", 0, 0,
	  "only records of this type, or steps with a fact of this type;\n"
	  "bourse.orders.v1.OrderFilled, or its last word" },
	{ "from", ARGS_TEXT, offsetof(struct tail_args, from), "AT", 0, 0,
	  "beginning (default), end, an offset, or a time (2012-06-21T13:30:00Z)" },
	{ "to", ARGS_TEXT, offsetof(struct tail_args, to), "AT", 0, 0,
	  "before: end as it is now (default), an offset, or a time" },
	{ "follow", ARGS_FLAG, offsetof(struct tail_args, follow), NULL, 0, 0,
	  "go on with what comes, until Ctrl-C" },
	{ "limit", ARGS_INT, offsetof(struct tail_args, limit), "N", 1, INT64_MAX,
	  "stop after N records" },
	{ "raw", ARGS_FLAG, offsetof(struct tail_args, raw), NULL, 0, 0,
	  "every record as it comes; \"reading\" says what the rule makes of it" },
	{ "all-fields", ARGS_FLAG, offsetof(struct tail_args, all), NULL, 0, 0,
	  "also fields that are 0, \"\" or false" },
	{ "json", ARGS_FLAG, offsetof(struct tail_args, json), NULL, 0, 0,
	  "JSON lines; it is so anyway" },
};

static const struct args_command command = {
	.usage = "tail TOPIC [options]",
	.about = "Prints a topic, one JSON object a record: where it is, its key and headers, and "
		 "the message\n"
		 "decoded. Repeats, void and foreign records of a topic that a processor writes "
		 "are left out\n"
		 "and counted on standard error; what is ahead of a missing record waits for it. "
		 "When one is\n"
		 "missing still at the end, the exit status is 1.\n"
		 "\n"
		 "Amounts in fields X_micros are millionths. What is not given (0, \"\", false) is "
		 "left out.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.positional_min = 1,
	.positional_max = 1,
	.notes = client_notes,
	.examples =
		"  bourse tail orders.events --follow --from end\n"
		"  bourse tail orders.events --key 6f1c...  --type OrderFilled\n"
		"  bourse tail market.quotes | jq -c .message\n"
		"  bourse tail books.events --from 2012-06-21T13:30:00Z --to 2012-06-21T13:31:00Z\n"
		"  bourse tail books.commands --raw | jq -r .reading | sort | uniq -c\n",
};

struct tail {
	const struct tail_args *args;
	int64_t shown;
};

/* The record's own type, or that of a fact of its step. */
static bool type_wanted(const struct tail *tail, const struct follow_record *record,
			const ProtobufCMessage *message)
{
	const char *name = tail->args->type;
	struct bus_bytes type = record->ce.type;

	if (!name || (type.len == strlen(name) && memcmp(type.data, name, type.len) == 0))
		return true;
	if (!message)
		return false;
	if (type_named(message->descriptor, name))
		return true;
	for (size_t i = 0; i < type_fact_count(message); i++) {
		const ProtobufCMessage *fact = type_fact(message, i);

		if (fact && type_named(fact->descriptor, name))
			return true;
	}
	return false;
}

static const char *reading_name(enum bus_reading reading)
{
	switch (reading) {
	case BUS_READ_NEXT:
		return "next";
	case BUS_READ_OPENING:
		return "opening";
	case BUS_READ_REPEAT:
		return "repeat";
	case BUS_READ_VOID:
		return "void";
	case BUS_READ_AHEAD:
		return "ahead";
	case BUS_READ_FOREIGN:
		return "foreign";
	}
	return "";
}

static json_t *place_of(const rd_kafka_message_t *message)
{
	char time[BUS_TIME_TEXT];
	rd_kafka_timestamp_type_t kind;
	int64_t stamp = rd_kafka_message_timestamp(message, &kind);
	json_t *object = json_pack("{s:s, s:i, s:I}", "topic", rd_kafka_topic_name(message->rkt),
				   "partition", (int)message->partition, "offset",
				   (json_int_t)message->offset);

	if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
		json_object_set_new(object, "time",
				    json_string(bus_time_format(stamp * 1000, time)));
	json_object_set_new(object, "key",
			    message->key ? json_of_text(bus_bytes(message->key, message->key_len))
					 : json_null());
	return object;
}

static void add_headers(json_t *object, const struct bus_ce *ce)
{
	char time[BUS_TIME_TEXT];
	const struct {
		const char *name;
		struct bus_bytes value;
	} texts[] = {
		{ "id", ce->id },
		{ "source", ce->source },
		{ "type", ce->type },
		{ "traceparent", ce->traceparent },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(texts); i++)
		if (texts[i].value.data)
			json_object_set_new(object, texts[i].name, json_of_text(texts[i].value));
	if (ce->has_epoch)
		json_object_set_new(object, "epoch", json_integer(ce->epoch));
	if (ce->has_sequence)
		json_object_set_new(object, "sequence", json_integer(ce->sequence));
	if (ce->has_time)
		json_object_set_new(object, "ce_time",
				    json_string(bus_time_format(ce->time, time)));
}

static bool on_record(void *arg, const struct follow_record *record)
{
	struct tail *tail = arg;
	const rd_kafka_message_t *message = record->message;
	struct decoded decoded;
	json_t *object;

	record_decode(record->ce.type, bus_bytes(message->payload, message->len), &decoded);
	if (type_wanted(tail, record, decoded.message)) {
		object = place_of(message);
		add_headers(object, &record->ce);
		if (tail->args->raw)
			json_object_set_new(object, "reading",
					    json_string(reading_name(record->reading)));
		record_add(object, &decoded, tail->args->all);
		json_print_line(object, stdout);
		if (tail->args->follow)
			fflush(stdout);
		tail->shown++;
	}
	record_release(&decoded);
	return tail->args->limit == 0 || tail->shown < tail->args->limit;
}

static int bounds(const struct tail_args *args, struct follow_options *out)
{
	out->from = (struct follow_bound){ FOLLOW_BEGINNING, 0 };
	out->to = (struct follow_bound){ FOLLOW_END, 0 };
	if (args->from && !follow_bound_parse(args->from, &out->from))
		return args_wrong(&command, "--from takes beginning, end, an offset or a time");
	if (args->to && !follow_bound_parse(args->to, &out->to))
		return args_wrong(&command, "--to takes end, an offset or a time");
	if (args->to && args->follow)
		return args_wrong(&command, "--follow has no end: leave out --to");
	return CLI_OK;
}

int cmd_tail(int argc, char **argv)
{
	struct tail_args args = { 0 };
	struct tail tail = { .args = &args };
	struct follow_options reading = { 0 };
	struct client client;
	int count;

	switch (args_parse(&command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	if (bounds(&args, &reading))
		return CLI_USAGE;
	reading.topic = argv[1];
	reading.key = args.key;
	reading.forever = args.follow;
	reading.raw = args.raw;
	if (client_load(&client))
		return CLI_FAILED;
	return follow(&client, &reading, on_record, &tail) ? CLI_FAILED : CLI_OK;
}
