/*
 * bourse topics: creates what is missing of the declared topics and compares what exists with the
 * table. It never changes a topic that exists: a partition more, and every key would be elsewhere.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin.h"
#include "args.h"
#include "bus/err.h"
#include "bus/time.h"
#include "client.h"
#include "commands.h"
#include "json.h"
#include "table.h"

#define PARTITIONS_DEFAULT 2
#define PARTITIONS_MAX	   1000
#define REPLICAS_SAFE	   3
#define MESSAGE_BYTES	   8388608 /* a step has to fit */

struct topics_args {
	bool create, json, development;
	int64_t partitions, replication;
};

static const struct args_option options[] = {
	{ "create", ARGS_FLAG, offsetof(struct topics_args, create), NULL, 0, 0,
	  "create the topics that are missing" },
	{ "partitions", ARGS_INT, offsetof(struct topics_args, partitions), "N", 1, PARTITIONS_MAX,
	  "of topics that are created (2, or what their group has)" },
	{ "replication", ARGS_INT, offsetof(struct topics_args, replication), "N", 1, 100,
	  "replicas of topics that are created (3, or 1 where there is one broker)" },
	{ "development", ARGS_FLAG, offsetof(struct topics_args, development), NULL, 0, 0,
	  "fewer than three replicas are good enough (or BOURSE_DEVELOPMENT=true)" },
	{ "json", ARGS_FLAG, offsetof(struct topics_args, json), NULL, 0, 0,
	  "one JSON object a topic" },
};

static const struct args_command command = {
	.usage = "topics [options]",
	.about = "Checks the topics against the declared table, and creates what is missing. "
		 "Topics of one\n"
		 "group (users, accounts, symbols) must have the same number of partitions. Each "
		 "difference\n"
		 "is named, and then the exit status is 1. What exists is never changed.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.notes = client_notes,
	.examples = "  bourse topics\n"
		    "  bourse topics --create --partitions 12\n"
		    "  bourse topics --json | jq -r 'select(.differences != []) | .topic'\n",
};

struct report {
	const struct topic_state *states;
	bool *created;
	bool development;
	json_t *differences[32]; /* one array of texts a topic */
};

static const char *group_name(enum topic_group group)
{
	switch (group) {
	case GROUP_ALONE:
		return "-";
	case GROUP_USERS:
		return "users";
	case GROUP_ACCOUNTS:
		return "accounts";
	case GROUP_SYMBOLS:
		return "symbols";
	}
	return "";
}

/* The first topic of the group that exists: what its partitions are, the others' must be. */
static const struct topic *first_of_group(enum topic_group group, const struct topic_state *states)
{
	if (group == GROUP_ALONE)
		return NULL;
	for (size_t i = 0; i < catalog_count; i++)
		if (catalog[i].group == group && states[i].exists)
			return &catalog[i];
	return NULL;
}

/* Creation ***********************************************************************************/

/* Fills the shapes of what is missing; false after saying why it cannot be. */
static bool plan(const struct topics_args *args, bool development, const struct topic_state *states,
		 int brokers, struct topic_shape *shapes, bool *created)
{
	int replicas = brokers == 1 ? 1 : REPLICAS_SAFE;
	bool missing = false;

	if (args->replication)
		replicas = (int)args->replication;
	for (size_t i = 0; i < catalog_count; i++) {
		const struct topic *first = first_of_group(catalog[i].group, states);
		int partitions = args->partitions ? (int)args->partitions : PARTITIONS_DEFAULT;

		if (states[i].exists)
			continue;
		if (first)
			partitions = states[first - catalog].partitions;
		if (args->partitions && partitions != args->partitions) {
			fprintf(stderr,
				"bourse topics: %s cannot have %" PRId64
				" partitions: %s has %d, and they are read together\n",
				catalog[i].name, args->partitions, first->name, partitions);
			return false;
		}
		shapes[i] = (struct topic_shape){ partitions, replicas };
		missing = created[i] = true;
	}
	if (missing && replicas < REPLICAS_SAFE && !development) {
		fprintf(stderr,
			"bourse topics: with %d replica%s a lost disk is lost history: use three "
			"brokers,"
			" or say --development\n",
			replicas, replicas == 1 ? "" : "s");
		return false;
	}
	return true;
}

static bool all_exist(const struct topic_state *states)
{
	for (size_t i = 0; i < catalog_count; i++)
		if (!states[i].exists)
			return false;
	return true;
}

static int create(rd_kafka_t *rk, const struct topics_args *args, bool development,
		  struct topic_state *states, int *brokers, bool *created)
{
	struct topic_shape *shapes = bus_calloc(catalog_count, sizeof(*shapes));
	int64_t deadline = bus_time_monotonic() + CLIENT_TIMEOUT_MS * INT64_C(1000);
	int err = BUS_ERR_CONFIG;

	if (plan(args, development, states, *brokers, shapes, created))
		err = admin_create(rk, shapes);
	free(shapes);
	if (err)
		return err;
	/* The controller has made them; the broker that we ask may hear of it a moment later. */
	for (;;) {
		err = admin_describe(rk, states, brokers);
		if (err || all_exist(states) || bus_time_monotonic() > deadline)
			return err;
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
}

/* Comparison *********************************************************************************/

static void differ(struct report *report, size_t i, const char *fmt, ...) BUS_PRINTF(3, 4);
static void differ(struct report *report, size_t i, const char *fmt, ...)
{
	char text[256];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	json_array_append_new(report->differences[i], json_string(text));
}

static void check_text(struct report *report, size_t i, enum topic_setting setting,
		       const char *expected)
{
	const char *found = report->states[i].settings[setting];

	if (strcmp(found, expected) != 0)
		differ(report, i, "%s is %s, expected %s", topic_setting_name(setting), found,
		       expected);
}

static void check_least(struct report *report, size_t i, enum topic_setting setting, int64_t least)
{
	const char *found = report->states[i].settings[setting];
	int64_t number;

	if (!args_integer(found, &number) || number < least)
		differ(report, i, "%s is %s, expected %" PRId64 " or more",
		       topic_setting_name(setting), found, least);
}

static void check_topic(struct report *report, size_t i)
{
	const struct topic_state *state = &report->states[i];
	const struct topic *first = first_of_group(catalog[i].group, report->states);

	if (!state->exists) {
		differ(report, i, "missing (bourse topics --create)");
		return;
	}
	if (first && state->partitions != report->states[first - catalog].partitions)
		differ(report, i, "%d partitions, expected %d as %s has", state->partitions,
		       report->states[first - catalog].partitions, first->name);
	check_text(report, i, SETTING_CLEANUP,
		   catalog[i].kind == TOPIC_SNAPSHOT ? "compact" : "delete");
	check_text(report, i, SETTING_TIMESTAMP, "LogAppendTime");
	check_least(report, i, SETTING_MAX_MESSAGE, MESSAGE_BYTES);
	if (catalog[i].kind == TOPIC_JOURNAL) {
		check_text(report, i, SETTING_RETENTION_MS, "-1");
		check_text(report, i, SETTING_RETENTION_BYTES, "-1");
	}
	check_text(report, i, SETTING_UNCLEAN, "false");
	if (report->development)
		return;
	if (state->replicas < REPLICAS_SAFE)
		differ(report, i, "%d replicas, expected %d or more (or --development)",
		       state->replicas, REPLICAS_SAFE);
	check_least(report, i, SETTING_MIN_ISR, REPLICAS_SAFE - 1);
}

/* Output *************************************************************************************/

static const char *retention(const struct topic *topic, const struct topic_state *state, char *buf,
			     size_t size)
{
	int64_t ms;

	if (topic->kind == TOPIC_SNAPSHOT)
		return "latest";
	if (!args_integer(state->settings[SETTING_RETENTION_MS], &ms))
		return "?";
	if (ms < 0)
		return "for ever";
	snprintf(buf, size, "%" PRId64 " h", ms / 3600000);
	return buf;
}

static const char *verdict(const struct report *report, size_t i)
{
	if (!report->states[i].exists)
		return "missing";
	if (json_array_size(report->differences[i]))
		return "differs";
	return report->created[i] ? "created" : "ok";
}

static void print_table(const struct report *report)
{
	static const char *const headings[] = { "topic",       "kind",	    "key",	 "group",
						">partitions", ">replicas", "retention", "state" };
	struct table *table = table_new(headings, BUS_ARRAY_LEN(headings));
	char buf[32];

	for (size_t i = 0; i < catalog_count; i++) {
		const struct topic_state *state = &report->states[i];

		table_cell(table, "%s", catalog[i].name);
		table_cell(table, "%s", topic_kind_name(catalog[i].kind));
		table_cell(table, "%s", catalog[i].key);
		table_cell(table, "%s", group_name(catalog[i].group));
		table_cell(table, "%d", state->partitions);
		table_cell(table, "%d", state->replicas);
		table_cell(table, "%s",
			   state->exists ? retention(&catalog[i], state, buf, sizeof(buf)) : "-");
		table_cell(table, "%s", verdict(report, i));
	}
	table_print(table, stdout);
	table_free(table);
}

static void print_json(const struct report *report)
{
	for (size_t i = 0; i < catalog_count; i++) {
		const struct topic_state *state = &report->states[i];
		json_t *settings = json_object();

		for (int s = 0; state->exists && s < SETTING_COUNT; s++)
			json_object_set_new(settings, topic_setting_name(s),
					    json_string(state->settings[s]));
		json_print_line(
			json_pack("{s:s, s:s, s:s, s:s, s:s?, s:i, s:i, s:o, s:s, s:O}", "topic",
				  catalog[i].name, "kind", topic_kind_name(catalog[i].kind), "key",
				  catalog[i].key, "group", group_name(catalog[i].group), "owner",
				  catalog[i].owner, "partitions", state->partitions, "replicas",
				  state->replicas, "settings", settings, "state",
				  verdict(report, i), "differences", report->differences[i]),
			stdout);
	}
}

/* Names each difference on standard error; true when there is none. */
static bool print_differences(const struct report *report)
{
	bool good = true;

	for (size_t i = 0; i < catalog_count; i++) {
		size_t n;
		json_t *text;

		json_array_foreach(report->differences[i], n, text)
		{
			fprintf(stderr, "bourse topics: %s: %s\n", catalog[i].name,
				json_string_value(text));
			good = false;
		}
	}
	return good;
}

static int run(const struct topics_args *args, const struct client *client, rd_kafka_t *rk)
{
	struct topic_state *states = bus_calloc(catalog_count, sizeof(*states));
	bool *created = bus_calloc(catalog_count, sizeof(*created)), good = false;
	struct report report = { states, created, args->development || client->development, { 0 } };
	int brokers;

	bus_assert(catalog_count <= BUS_ARRAY_LEN(report.differences));
	for (size_t i = 0; i < catalog_count; i++)
		report.differences[i] = json_array();
	if (admin_describe(rk, states, &brokers))
		goto out;
	if (args->create && create(rk, args, report.development, states, &brokers, created))
		goto out;
	for (size_t i = 0; i < catalog_count; i++)
		check_topic(&report, i);
	if (args->json)
		print_json(&report);
	else
		print_table(&report);
	fflush(stdout);
	good = print_differences(&report);
out:
	for (size_t i = 0; i < catalog_count; i++)
		json_decref(report.differences[i]);
	free(states);
	free(created);
	return good ? CLI_OK : CLI_FAILED;
}

int cmd_topics(int argc, char **argv)
{
	struct topics_args args = { 0 };
	struct client client;
	rd_kafka_t *rk;
	int count, status;

	switch (args_parse(&command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	if (client_load(&client))
		return CLI_FAILED;
	rk = client_producer(&client, "0", NULL, NULL);
	if (!rk)
		return CLI_FAILED;
	status = run(&args, &client, rk);
	rd_kafka_destroy(rk);
	return status;
}
