/*
 * bourse returns: what an account has earned. Time-weighted as the ledger's days say it; money-
 * weighted (XIRR) computed here from their flows. Floating point is for people alone.
 */
#include "../svc-portfolio/returns.h"

#include <inttypes.h>
#include <stdlib.h>

#include "commands.h"
#include "json.h"
#include "sql.h"
#include "statement.h"

struct returns_args {
	bool json;
};

static const struct args_option options[] = {
	{ "json", ARGS_FLAG, offsetof(struct returns_args, json), NULL, 0, 0,
	  "one JSON object; amounts in millionths, rates as fractions of 1" },
};

static const struct args_command command = {
	.usage = "returns ACCOUNT [options]",
	.about =
		"What an account has earned up to the last day that was closed: profit in all, the "
		"time-weighted\n"
		"return (how well the money did that was there), and the money-weighted return a "
		"year "
		"(XIRR: the rate\n"
		"at which all deposits and withdrawals come to what there is now). Reads the "
		"ledger's "
		"store.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.positional_min = 1,
	.positional_max = 1,
	.notes = client_notes,
	.examples = "  bourse returns f9ce117f-a458-8792-98c2-9a91aa8bb4c1\n",
};

/* Each day's net deposits are paid in, and the equity of the last day is what it is worth. */
static bool money_weighted(const PGresult *days, double *rate)
{
	int count = PQntuples(days);
	struct returns_flow *flows = bus_calloc((size_t)count + 1, sizeof(*flows));
	bool found;

	for (int i = 0; i < count; i++) {
		flows[i].day = client_number(days, i, "day");
		flows[i].amount = -(double)client_number(days, i, "flow_micros");
	}
	flows[count].day = client_number(days, count - 1, "day");
	flows[count].amount = (double)client_number(days, count - 1, "equity_micros");
	found = returns_xirr(flows, (size_t)count + 1, rate);
	free(flows);
	return found;
}

static void print(const char *account, const PGresult *days, double growth, const double *rate)
{
	static const struct {
		const char *name, *column;
	} sums[] = {
		{ "equity", "equity_micros" },
		{ "net deposits", "net_deposits_micros" },
		{ "realised", "realised_micros" },
		{ "unrealised", "unrealised_micros" },
	};
	int last = PQntuples(days) - 1;

	printf("account %s, %s to %s, %d days closed\n\n", account,
	       client_text(days, 0, "statement_date"), client_text(days, last, "statement_date"),
	       last + 1);
	for (size_t i = 0; i < BUS_ARRAY_LEN(sums); i++)
		printf("  %-22s %20s\n", sums[i].name,
		       statement_amount(client_number(days, last, sums[i].column)));
	printf("  %-22s %19.6f%%\n", "time-weighted", (growth - 1) * 100);
	if (rate)
		printf("  %-22s %19.6f%%\n", "money-weighted, a year", *rate * 100);
	else
		printf("  %-22s %20s\n", "money-weighted, a year", "-");
}

static json_t *as_json(const char *account, const PGresult *days, double growth, const double *rate)
{
	int last = PQntuples(days) - 1;

	return json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "account", account, "from",
		(json_int_t)client_number(days, 0, "statement_date"), "to",
		(json_int_t)client_number(days, last, "statement_date"), "equity_micros",
		(json_int_t)client_number(days, last, "equity_micros"), "net_deposits_micros",
		(json_int_t)client_number(days, last, "net_deposits_micros"), "realised_micros",
		(json_int_t)client_number(days, last, "realised_micros"), "unrealised_micros",
		(json_int_t)client_number(days, last, "unrealised_micros"), "time_weighted",
		growth - 1, "money_weighted_a_year", rate ? json_real(*rate) : json_null());
}

static int show(const char *account, const PGresult *days, bool json)
{
	double growth, rate;
	bool found;

	if (!days)
		return CLI_FAILED;
	if (PQntuples(days) == 0) {
		fprintf(stderr, "bourse: no day of account %s was closed yet\n", account);
		return CLI_FAILED;
	}
	growth = (double)client_number(days, PQntuples(days) - 1, "growth_picos") /
		 (double)RETURNS_ONE;
	found = money_weighted(days, &rate);
	if (json)
		json_print_line(as_json(account, days, growth, found ? &rate : NULL), stdout);
	else
		print(account, days, growth, found ? &rate : NULL);
	return CLI_OK;
}

int cmd_returns(int argc, char **argv)
{
	struct returns_args args = { 0 };
	PGresult *days;
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
	conn = statement_store();
	if (!conn)
		return CLI_FAILED;
	days = statement_rows(conn, sql_returns, argv[1], NULL);
	status = show(argv[1], days, args.json);
	PQclear(days);
	PQfinish(conn);
	return status;
}
