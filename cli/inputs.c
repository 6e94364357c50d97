/*
 * bourse refused, bourse parked: the inputs that a service has set aside, from its database, with
 * their cause. Refused: from outside, could not be read. Parked: from one of our processors, could
 * not be applied; later ones of the same key wait behind it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "bus/time.h"
#include "client.h"
#include "commands.h"
#include "json.h"
#include "record.h"
#include "sql.h"
#include "table.h"

struct inputs_args {
	const char *topic;
	int64_t limit;
	bool json;
};

static const struct args_option options[] = {
	{ "topic", ARGS_TEXT, offsetof(struct inputs_args, topic), "T", 0, 0,
	  "list: only from this topic" },
	{ "limit", ARGS_INT, offsetof(struct inputs_args, limit), "N", 1, 1000000,
	  "list: at most N of a service, the newest first (100)" },
	{ "json", ARGS_FLAG, offsetof(struct inputs_args, json), NULL, 0, 0,
	  "one JSON object an input" },
};

static const struct args_command refused_command = {
	.usage = "refused list | show TOPIC/PARTITION/OFFSET [options]",
	.about = "Inputs from outside that could not be read: undecodable, of an unknown type, "
		 "with a wrong key\n"
		 "or partition. They led to nothing and block nobody; docs/topics.md says what to "
		 "mend for each\n"
		 "cause. `show` decodes the value where it can. Exit status 1: there is no such "
		 "input, or a\n"
		 "database could not be read.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.positional_min = 1,
	.positional_max = 2,
	.notes = client_notes,
	.examples = "  bourse refused list\n"
		    "  bourse refused list --topic orders.commands --json | jq -r .cause | sort | "
		    "uniq -c\n"
		    "  bourse refused show orders.commands/1/4711\n",
};

static const struct args_command parked_command = {
	.usage = "parked list | show TOPIC/PARTITION/OFFSET [options]",
	.about = "Inputs of our own processors that could not be applied to their key. Later "
		 "inputs of the key\n"
		 "park behind them (behind: yes), commands to the key are rejected, other keys "
		 "flow on. `show`\n"
		 "decodes the value where it can. Exit status 1: there is no such input, or a "
		 "database could\n"
		 "not be read.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.positional_min = 1,
	.positional_max = 2,
	.notes = client_notes,
	.examples = "  bourse parked list\n"
		    "  bourse parked show orders.events/0/311 --json\n",
};

/* What is asked of the databases. */
struct query {
	const struct args_command *command;
	const char *statement;
	const struct inputs_args *args;
	bool show;
	char topic[256], partition[16], offset[24]; /* "": all */
	struct table *table;
	int64_t found, total;
	bool failed;
};

/* TOPIC/PARTITION/OFFSET */
static bool parse_place(const char *text, struct query *query)
{
	const char *slash = strchr(text, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;
	int64_t number;

	if (!second || slash == text || (size_t)(slash - text) >= sizeof(query->topic) ||
	    (size_t)(second - slash) > sizeof(query->partition) ||
	    strlen(second) > sizeof(query->offset))
		return false;
	memcpy(query->topic, text, (size_t)(slash - text));
	memcpy(query->partition, slash + 1, (size_t)(second - slash - 1));
	memcpy(query->offset, second + 1, strlen(second));
	return args_integer(query->partition, &number) && number >= 0 && number <= INT32_MAX &&
	       args_integer(query->offset, &number) && number >= 0;
}

/* Rows ***************************************************************************************/

/* Never NULL. */
static const char *text(const PGresult *rows, int row, const char *column)
{
	const char *value = client_text(rows, row, column);

	return value ? value : "";
}

/* A bytea column; owned (PQfreemem), *out borrows it. data NULL when it is null. */
static unsigned char *bytes(const PGresult *rows, int row, const char *column,
			    struct bus_bytes *out)
{
	int field = PQfnumber(rows, column);
	unsigned char *data;

	*out = bus_bytes(NULL, 0);
	if (PQgetisnull(rows, row, field))
		return NULL;
	data = PQunescapeBytea((const unsigned char *)PQgetvalue(rows, row, field), &out->len);
	bus_assert(data);
	out->data = data;
	return data;
}

/* Everything but the value. Returns owned. */
static json_t *row_object(const char *service, const PGresult *rows, int row, bool parked)
{
	static const char *const texts[] = { "processor", "topic", "cause",    "detail",
					     "type",	  "ce_id", "ce_source" };
	char time[BUS_TIME_TEXT];
	json_t *object = json_pack("{s:s}", "service", service);
	struct bus_bytes key;
	unsigned char *owned = bytes(rows, row, "key", &key);

	for (size_t i = 0; i < BUS_ARRAY_LEN(texts); i++) {
		const char *value = text(rows, row, texts[i]);

		json_object_set_new(object, texts[i],
				    json_of_text(bus_bytes(value, strlen(value))));
	}
	json_object_set_new(object, "partition",
			    json_integer(client_number(rows, row, "partition")));
	json_object_set_new(object, "offset",
			    json_integer(client_number(rows, row, "record_offset")));
	json_object_set_new(object, "key", key.data ? json_of_text(key) : json_null());
	if (parked)
		json_object_set_new(object, "behind",
				    json_boolean(*text(rows, row, "behind") == 't'));
	json_object_set_new(object, "bytes", json_integer(client_number(rows, row, "bytes")));
	json_object_set_new(
		object, "time",
		json_string(bus_time_format(client_number(rows, row, "appended_at"), time)));
	PQfreemem(owned);
	return object;
}

static bool parked(const struct query *query)
{
	return query->command == &parked_command;
}

static void list_row(struct query *query, const char *service, const PGresult *rows, int row)
{
	json_t *object = row_object(service, rows, row, parked(query));
	const char *key = json_string_value(json_object_get(object, "key"));

	if (query->args->json) {
		json_print_line(object, stdout);
		return;
	}
	table_cell(query->table, "%s", text(rows, row, "processor"));
	table_cell(query->table, "%s/%s/%s", text(rows, row, "topic"), text(rows, row, "partition"),
		   text(rows, row, "record_offset"));
	table_cell(query->table, "%.23sZ", json_string_value(json_object_get(object, "time")));
	table_cell(query->table, "%s", key ? key : "-");
	table_cell(query->table, "%s", text(rows, row, "type"));
	table_cell(query->table, "%s%s", text(rows, row, "cause"),
		   *text(rows, row, "behind") == 't' ? " (behind)" : "");
	table_cell(query->table, "%.100s", text(rows, row, "detail"));
	json_decref(object);
}

/* For people: a line a member, the message as it is. */
static void print_object(const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		printf("%-10s ", name);
		json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_INDENT(2));
		putchar('\n');
	}
}

static void show_row(const struct query *query, const char *service, const PGresult *rows, int row)
{
	json_t *object = row_object(service, rows, row, parked(query));
	const char *type = text(rows, row, "type");
	struct bus_bytes value;
	unsigned char *owned = bytes(rows, row, "value", &value);
	struct decoded decoded;

	record_decode(*type ? bus_bytes(type, strlen(type)) : bus_bytes(NULL, 0), value, &decoded);
	record_add(object, &decoded, true);
	record_release(&decoded);
	PQfreemem(owned);
	if (query->args->json) {
		json_print_line(object, stdout);
		return;
	}
	print_object(object);
	json_decref(object);
}

/* Databases **********************************************************************************/

/* Returns false when the service has no database here. */
static bool ask_service(struct query *query, const struct client_database *database)
{
	char limit[24];
	const char *values[] = { *query->topic ? query->topic : NULL,
				 *query->partition ? query->partition : NULL,
				 *query->offset ? query->offset : NULL, limit };
	PGconn *conn;
	PGresult *rows;
	bool told;

	conn = client_database_open(database, &told);
	if (!conn) {
		query->failed = query->failed || told;
		return told;
	}
	snprintf(limit, sizeof(limit), "%" PRId64, query->args->limit);
	rows = client_query(conn, database, query->statement, values, BUS_ARRAY_LEN(values));
	query->failed = query->failed || !rows;
	for (int i = 0; i < PQntuples(rows); i++) {
		if (query->show)
			show_row(query, database->service, rows, i);
		else
			list_row(query, database->service, rows, i);
	}
	query->found += PQntuples(rows);
	if (PQntuples(rows) > 0)
		query->total += client_number(rows, 0, "total");
	PQclear(rows);
	PQfinish(conn);
	return true;
}

static int ask(struct query *query)
{
	static const char *const headings[] = { "processor", "record", "time",	"key",
						"type",	     "cause",  "detail" };
	bool any = false;

	query->table = table_new(headings, BUS_ARRAY_LEN(headings));
	for (const struct client_database *d = client_databases; d->service; d++)
		any = ask_service(query, d) || any;
	if (!query->show && !query->args->json && any) {
		if (query->found)
			table_print(query->table, stdout);
		printf("%" PRId64 " of %" PRId64 "\n", query->found, query->total);
	}
	table_free(query->table);
	if (!any)
		fputs("bourse: no BOURSE_<SERVICE>_DATABASE_URL is set\n", stderr);
	else if (query->show && !query->found)
		fprintf(stderr, "bourse: no such input: %s/%s/%s\n", query->topic, query->partition,
			query->offset);
	return any && !query->failed && (query->found || !query->show) ? CLI_OK : CLI_FAILED;
}

static int run(const struct args_command *command, const char *statement, int argc, char **argv)
{
	struct inputs_args args = { .limit = 100 };
	struct query query = { .command = command, .statement = statement, .args = &args };
	int count;

	switch (args_parse(command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	query.show = strcmp(argv[1], "show") == 0;
	if (!query.show && strcmp(argv[1], "list") != 0)
		return args_wrong(command, "list or show, not '%s'", argv[1]);
	if (count != (query.show ? 2 : 1))
		return args_wrong(command, query.show ? "show needs TOPIC/PARTITION/OFFSET"
						      : "list takes no argument");
	if (query.show && !parse_place(argv[2], &query))
		return args_wrong(command, "'%s' is not TOPIC/PARTITION/OFFSET", argv[2]);
	if (!query.show && args.topic)
		snprintf(query.topic, sizeof(query.topic), "%s", args.topic);
	if (client_environment())
		return CLI_FAILED;
	return ask(&query);
}

int cmd_refused(int argc, char **argv)
{
	return run(&refused_command, sql_refused, argc, argv);
}

int cmd_parked(int argc, char **argv)
{
	return run(&parked_command, sql_parked, argc, argv);
}
