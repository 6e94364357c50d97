/*
 * bourse lag: how far each processor is, from the leases of the services' databases and the ends of
 * the topics. Offsets committed to Kafka are not looked at: nobody believes them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "bus/err.h"
#include "client.h"
#include "commands.h"
#include "json.h"
#include "sql.h"
#include "table.h"

struct lag_args {
	bool json;
};

static const struct args_option options[] = {
	{ "json", ARGS_FLAG, offsetof(struct lag_args, json), NULL, 0, 0,
	  "one JSON object for each processor, partition and input" },
};

static const struct args_command command = {
	.usage = "lag [options]",
	.about = "For every processor, partition and input topic: the position in the service's "
		 "database, the\n"
		 "end of the topic, and the difference; who owns the partition in which epoch; how "
		 "many of its\n"
		 "steps are not published yet; and why it is stopped, if it is. Services whose "
		 "database is not\n"
		 "in the environment are left out. The exit status is 1 when a partition is "
		 "stopped or\n"
		 "something could not be read.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.notes = client_notes,
	.examples = "  bourse lag\n"
		    "  bourse lag --json | jq -s 'map(.lag) | add'\n",
};

struct lag_report {
	bool json;
	struct client client;
	rd_kafka_t *rk;
	struct table *table;
	bool failed; /* something could not be read, or is stopped */
};

/* A row of sql/lag.sql; borrows the result. */
struct lag_row {
	const char *service, *processor, *version, *owner, *stopped, *topic;
	int64_t partition, epoch, unpublished, position;
};

/* The end of a partition; -1 after saying why it is not known. */
static int64_t end_of(struct lag_report *report, const char *topic, int32_t partition)
{
	int64_t low, high;
	rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(report->rk, topic, partition,
								   &low, &high, CLIENT_TIMEOUT_MS);

	if (!err)
		return high;
	fprintf(stderr, "bourse lag: %s/%" PRId32 ": %s\n", topic, partition,
		rd_kafka_err2str(err));
	report->failed = true;
	return -1;
}

static void row_json(const struct lag_row *row, int64_t end)
{
	json_t *object =
		json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:s?, s:s?}", "service",
			  row->service, "processor", row->processor, "version", row->version,
			  "partition", (json_int_t)row->partition, "owner", row->owner, "epoch",
			  (json_int_t)row->epoch, "unpublished", (json_int_t)row->unpublished,
			  "stopped", row->stopped, "topic", row->topic);

	if (row->topic)
		json_object_set_new(object, "position", json_integer(row->position));
	if (row->topic && end >= 0) {
		json_object_set_new(object, "end", json_integer(end));
		json_object_set_new(object, "lag", json_integer(end - row->position));
	}
	json_print_line(object, stdout);
}

static void optional_cell(struct table *table, bool known, int64_t value)
{
	if (known)
		table_cell(table, "%" PRId64, value);
	else
		table_cell(table, "-");
}

static void row_table(struct table *table, const struct lag_row *row, int64_t end)
{
	table_cell(table, "%s", row->service);
	if (strcmp(row->version, "1") == 0)
		table_cell(table, "%s", row->processor);
	else
		table_cell(table, "%s v%s", row->processor, row->version);
	table_cell(table, "%" PRId64, row->partition);
	table_cell(table, "%s", row->topic ? row->topic : "-");
	optional_cell(table, row->topic != NULL, row->position);
	optional_cell(table, end >= 0, end);
	optional_cell(table, end >= 0, end - row->position);
	table_cell(table, "%" PRId64, row->unpublished);
	table_cell(table, "%" PRId64, row->epoch);
	table_cell(table, "%s", *row->owner ? row->owner : "-");
	table_cell(table, "%s", row->stopped ? row->stopped : "");
}

static void show_row(struct lag_report *report, const char *service, const PGresult *rows, int i)
{
	struct lag_row row = {
		.service = service,
		.processor = client_text(rows, i, "processor"),
		.version = client_text(rows, i, "version"),
		.owner = client_text(rows, i, "owner"),
		.stopped = client_text(rows, i, "stopped"),
		.topic = client_text(rows, i, "topic"),
		.partition = client_number(rows, i, "partition"),
		.epoch = client_number(rows, i, "epoch"),
		.unpublished = client_number(rows, i, "unpublished"),
		.position = client_number(rows, i, "next_offset"),
	};
	int64_t end = row.topic ? end_of(report, row.topic, (int32_t)row.partition) : -1;

	report->failed = report->failed || row.stopped;
	if (report->json)
		row_json(&row, end);
	else
		row_table(report->table, &row, end);
}

/* Returns false when the service has no database here. */
static bool show_service(struct lag_report *report, const struct client_database *database)
{
	PGconn *conn;
	PGresult *rows;
	bool told;

	conn = client_database_open(database, &told);
	if (!conn) {
		report->failed = report->failed || told;
		return told;
	}
	rows = client_query(conn, database, sql_lag, NULL, 0);
	report->failed = report->failed || !rows;
	for (int i = 0; i < PQntuples(rows); i++)
		show_row(report, database->service, rows, i);
	PQclear(rows);
	PQfinish(conn);
	return true;
}

static int run(struct lag_report *report)
{
	static const char *const headings[] = { "service",   "processor", ">part",  "input",
						">position", ">end",	  ">lag",   ">unpublished",
						">epoch",    "owner",	  "stopped" };
	bool any = false;

	report->table = table_new(headings, BUS_ARRAY_LEN(headings));
	for (const struct client_database *d = client_databases; d->service; d++)
		any = show_service(report, d) || any;
	if (!report->json && any)
		table_print(report->table, stdout);
	table_free(report->table);
	if (!any) {
		fputs("bourse lag: no BOURSE_<SERVICE>_DATABASE_URL is set\n", stderr);
		return CLI_FAILED;
	}
	return report->failed ? CLI_FAILED : CLI_OK;
}

int cmd_lag(int argc, char **argv)
{
	struct lag_args args = { 0 };
	struct lag_report report = { 0 };
	int count, status;

	switch (args_parse(&command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	if (client_load(&report.client))
		return CLI_FAILED;
	report.json = args.json;
	report.rk = client_producer(&report.client, "0", NULL, NULL);
	if (!report.rk)
		return CLI_FAILED;
	status = run(&report);
	rd_kafka_destroy(report.rk);
	return status;
}
