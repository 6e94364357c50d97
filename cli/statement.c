/*
 * bourse statement: the day of an account as the ledger closed it, with every movement and the fact
 * that it comes from.
 */
#include "statement.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus/id.h"
#include "bus/money.h"
#include "bus/time.h"
#include "commands.h"
#include "json.h"
#include "sql.h"
#include "table.h"

#define PORTFOLIO 2 /* in client_databases */

struct statement_args {
	bool json;
};

static const struct args_option options[] = {
	{ "json", ARGS_FLAG, offsetof(struct statement_args, json), NULL, 0, 0,
	  "one JSON object; amounts in millionths" },
};

static const struct args_command command = {
	.usage = "statement ACCOUNT [DATE] [options]",
	.about = "The statement of an account for a day (20120621), or for the last one that was "
		 "closed: what was\n"
		 "there, every movement since, what is there now. A day is closed when it is over "
		 "in "
		 "New York; days on\n"
		 "which nothing could move are not closed apart. Reads the ledger's store.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.positional_min = 1,
	.positional_max = 2,
	.notes = client_notes,
	.examples = "  bourse statement f9ce117f-a458-8792-98c2-9a91aa8bb4c1\n"
		    "  bourse statement f9ce117f-a458-8792-98c2-9a91aa8bb4c1 20120621 --json\n",
};

PGconn *statement_store(void)
{
	PGconn *conn;
	bool told;

	if (client_environment())
		return NULL;
	conn = client_database_open(&client_databases[PORTFOLIO], &told);
	if (!conn && !told)
		fprintf(stderr, "bourse: %s is not set\n", client_databases[PORTFOLIO].variable);
	return conn;
}

PGresult *statement_rows(PGconn *conn, const char *sql, const char *account, const char *date)
{
	const char *values[] = { account, date };

	return client_query(conn, &client_databases[PORTFOLIO], sql, values, date ? 2 : 1);
}

bool statement_account(const char *text)
{
	struct bus_id id;

	return bus_id_parse(text, strlen(text), &id);
}

const char *statement_amount(int64_t micros)
{
	static char texts[8][BUS_DECIMAL_MAX];
	static unsigned next;

	return bus_micros_format(micros, texts[next++ % BUS_ARRAY_LEN(texts)]);
}

/* For people *********************************************************************************/

/* The sums of a statement, in the order in which they add up. */
static const struct sum {
	const char *name, *column;
	int sign;
} sums[] = {
	{ "opening", "opening_micros", 1 },	      { "deposits", "deposits_micros", 1 },
	{ "withdrawals", "withdrawals_micros", -1 },  { "trades", "trades_micros", 1 },
	{ "dividends", "dividends_micros", 1 },	      { "other", "other_micros", 1 },
	{ "closing", "closing_micros", 1 },	      { "settled", "settled_micros", 1 },
	{ "unsettled", "unsettled_micros", 1 },	      { "equity", "equity_micros", 1 },
	{ "net deposits", "net_deposits_micros", 1 }, { "realised", "realised_micros", 1 },
	{ "unrealised", "unrealised_micros", 1 },
};

/* Of the customer's postings: settled cash, shares, unsettled cash. */
static const char *kind_name(int64_t kind)
{
	if (kind == 1)
		return "settled cash";
	return kind == 6 ? "unsettled cash" : "shares";
}

static void print_lines(const PGresult *rows)
{
	static const char *const headings[] = { "time", "what", "of", "in", ">amount" };
	struct table *table = table_new(headings, BUS_ARRAY_LEN(headings));
	char time[BUS_TIME_TEXT];

	for (int i = 0; i < PQntuples(rows); i++) {
		table_cell(table, "%.19sZ",
			   bus_time_format(client_number(rows, i, "booked_at_micros"), time));
		table_cell(table, "%s", client_text(rows, i, "cause"));
		table_cell(table, "%s", client_text(rows, i, "cause_id"));
		table_cell(table, "%s %s", client_text(rows, i, "instrument"),
			   kind_name(client_number(rows, i, "kind")));
		table_cell(table, "%s", statement_amount(client_number(rows, i, "amount_micros")));
	}
	if (PQntuples(rows) > 0)
		table_print(table, stdout);
	table_free(table);
}

static void print_positions(const PGresult *rows)
{
	static const char *const headings[] = { "symbol", ">quantity", ">cost",
						">price", ">value",    ">realised" };
	static const char *const columns[] = { "quantity_micros", "cost_micros", "price_micros",
					       "value_micros", "realised_micros" };
	struct table *table = table_new(headings, BUS_ARRAY_LEN(headings));

	for (int i = 0; i < PQntuples(rows); i++) {
		table_cell(table, "%s", client_text(rows, i, "symbol"));
		for (size_t k = 0; k < BUS_ARRAY_LEN(columns); k++)
			table_cell(table, "%s",
				   statement_amount(client_number(rows, i, columns[k])));
	}
	if (PQntuples(rows) > 0)
		table_print(table, stdout);
	table_free(table);
}

static void print_statement(const char *account, const PGresult *day, const PGresult *lines,
			    const PGresult *positions)
{
	printf("account %s, day %s\n\n", account, client_text(day, 0, "statement_date"));
	for (size_t i = 0; i < BUS_ARRAY_LEN(sums); i++)
		printf("  %-14s %20s\n", sums[i].name,
		       statement_amount(sums[i].sign * client_number(day, 0, sums[i].column)));
	printf("\n");
	print_lines(lines);
	if (PQntuples(lines) > 0 && PQntuples(positions) > 0)
		printf("\n");
	print_positions(positions);
}

/* For programs *******************************************************************************/

/* Every column as it is named: numbers as numbers, the rest as text. */
static json_t *row_json(const PGresult *rows, int row)
{
	json_t *object = json_object();

	for (int c = 0; c < PQnfields(rows); c++) {
		const char *name = PQfname(rows, c), *text = client_text(rows, row, name);
		int64_t number;

		if (text && args_integer(text, &number))
			json_object_set_new(object, name, json_integer(number));
		else
			json_object_set_new(object, name, text ? json_string(text) : json_null());
	}
	return object;
}

static json_t *rows_json(const PGresult *rows)
{
	json_t *list = json_array();

	for (int i = 0; i < PQntuples(rows); i++)
		json_array_append_new(list, row_json(rows, i));
	return list;
}

static int show(PGconn *conn, const char *account, const char *date, bool json)
{
	PGresult *day = statement_rows(conn, sql_statement, account, date);
	PGresult *lines = NULL, *positions = NULL;
	int status = CLI_FAILED;

	if (!day)
		return status;
	if (PQntuples(day) == 0) {
		fprintf(stderr, "bourse: account %s has no statement%s%s\n", account,
			strcmp(date, "0") ? " for " : "", strcmp(date, "0") ? date : "");
		goto out;
	}
	date = client_text(day, 0, "statement_date");
	lines = statement_rows(conn, sql_statement_lines, account, date);
	positions = statement_rows(conn, sql_statement_positions, account, date);
	if (!lines || !positions)
		goto out;
	if (json)
		json_print_line(json_pack("{s:s, s:o, s:o, s:o}", "account", account, "day",
					  row_json(day, 0), "lines", rows_json(lines), "positions",
					  rows_json(positions)),
				stdout);
	else
		print_statement(account, day, lines, positions);
	status = CLI_OK;
out:
	PQclear(day);
	PQclear(lines);
	PQclear(positions);
	return status;
}

int cmd_statement(int argc, char **argv)
{
	struct statement_args args = { 0 };
	int64_t date = 0;
	PGconn *conn;
	int count, status;

	switch (args_parse(&command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	if (!statement_account(argv[1]))
		return args_wrong(&command, "'%s' is no account's id", argv[1]);
	if (count == 2 && (!args_integer(argv[2], &date) || date < 10000101 || date > 99991231))
		return args_wrong(&command, "'%s' is no day such as 20120621", argv[2]);
	conn = statement_store();
	if (!conn)
		return CLI_FAILED;
	status = show(conn, argv[1], count == 2 ? argv[2] : "0", args.json);
	PQfinish(conn);
	return status;
}
