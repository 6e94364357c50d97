/*
 * bourse run: a flow, then the audit, then one table that says whether it was right. `make run`
 * calls it on a stack that it has brought up.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "audit.h"
#include "client.h"
#include "commands.h"
#include "flow_run.h"
#include "sql.h"

struct run_args {
	const char *flow;
	bool json;
};

static const struct args_option options[] = {
	{ "flow", ARGS_TEXT, offsetof(struct run_args, flow), "PATH", 0, 0,
	  "NASDAQ's messages (LOBSTER); without it a flow of the same\n"
	  "shape and size is generated" },
	{ "json", ARGS_FLAG, offsetof(struct run_args, json), NULL, 0, 0, "one JSON object" },
};

static const struct args_command command = {
	.usage = "run [options]",
	.about = "Sends an hour of orders through all five services, checks the result, and shows "
		 "both in one\n"
		 "table. A second run goes on top of the first: new accounts, the next trading "
		 "day. The last line\n"
		 "is `run: ok` or `run: FAILED (what)`, and the exit status says the same.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.notes = client_notes,
	.examples = "  bourse run\n"
		    "  bourse run --flow messages.csv --json | jq .flow.rate_per_s\n",
};

struct run {
	struct flow_report flow;
	struct audit audit;
	char failure[160]; /* "": none */
};

/* The first reason counts. */
static void fail(struct run *run, const char *fmt, ...) BUS_PRINTF(2, 3);
static void fail(struct run *run, const char *fmt, ...)
{
	va_list list;

	if (run->failure[0] != '\0')
		return;
	va_start(list, fmt);
	vsnprintf(run->failure, sizeof(run->failure), fmt, list);
	va_end(list);
}

static const struct audit_check *first_broken(const struct audit *audit)
{
	for (size_t i = 0; i < audit->check_count; i++)
		if (audit->checks[i].broken)
			return &audit->checks[i];
	return NULL;
}

static void judge(struct run *run)
{
	const struct flow_outcome *outcome = &run->flow.outcome;
	const struct audit_check *broken = first_broken(&run->audit);

	if (outcome->decided != outcome->sent)
		fail(run, "%" PRIu64 " of %" PRIu64 " commands have an outcome", outcome->decided,
		     outcome->sent);
	if (outcome->booked != 2 * outcome->trades)
		fail(run, "%" PRIu64 " sides of %" PRIu64 " trades are booked", outcome->booked,
		     outcome->trades);
	if (run->flow.gaps)
		fail(run, "%" PRIu64 " records wait for a missing one", run->flow.gaps);
	if (broken)
		fail(run, "invariant %d: %s", broken->invariant, broken->name);
	if (run->audit.failed)
		fail(run, "the audit could not read everything");
}

/* Rows of the stores /////////////////////////////////////////////////////////////////////////////
 */

static const char *const row_queries[AUDIT_SERVICES] = {
	[AUDIT_USERS] = sql_rows_users,		[AUDIT_ORDERS] = sql_rows_orders,
	[AUDIT_PORTFOLIO] = sql_rows_portfolio, [AUDIT_MARKET] = sql_rows_market,
	[AUDIT_NOTIFY] = sql_rows_notify,
};

static void print_row_count(void *arg, const PGresult *rows)
{
	fprintf(arg, "   %s %s", audit_text(rows, 0), audit_text(rows, 1));
}

static void add_row_count(void *arg, const PGresult *rows)
{
	json_object_set_new(arg, audit_text(rows, 0), json_integer(audit_number(rows, 1)));
}

static void print_rows(struct run *run, FILE *out)
{
	for (int s = 0; s < AUDIT_SERVICES; s++) {
		if (!run->audit.conns[s])
			continue;
		fprintf(out, "  %-22s", client_databases[s].service);
		audit_query(&run->audit, (enum audit_service)s, row_queries[s], print_row_count,
			    out);
		fputc('\n', out);
	}
}

static json_t *rows_json(struct run *run)
{
	json_t *object = json_object();

	for (int s = 0; s < AUDIT_SERVICES; s++) {
		json_t *rows = json_object();

		audit_query(&run->audit, (enum audit_service)s, row_queries[s], add_row_count,
			    rows);
		json_object_set_new(object, client_databases[s].service, rows);
	}
	return object;
}

/* The table //////////////////////////////////////////////////////////////////////////////////////
 */

static const char *const invariant_names[] = {
	[1] = "one outcome for every command",	[2] = "nothing has two effects",
	[3] = "the life of every order",	[4] = "trades, sums, double entry",
	[5] = "available + held = total >= 0",	[6] = "no book crossed, price-time priority",
	[7] = "stores == fold of the journals", [8] = "lags 0, parked 0, gaps 0",
	[9] = "no store in an older epoch",
};

static void print_invariant(const struct audit *audit, int number, FILE *out)
{
	uint64_t looked = 0, broken = 0;

	for (size_t i = 0; i < audit->check_count; i++)
		if (audit->checks[i].invariant == number) {
			looked += audit->checks[i].count;
			broken += audit->checks[i].broken;
		}
	fprintf(out, "  %d %-38s %12" PRIu64 " looked at   %s\n", number, invariant_names[number],
		looked, broken ? "BROKEN" : "ok");
	for (size_t i = 0; i < audit->check_count; i++) {
		const struct audit_check *check = &audit->checks[i];

		if (check->invariant != number || !check->broken)
			continue;
		fprintf(out, "      %s: %" PRIu64 " broken\n", check->name, check->broken);
		for (uint64_t r = 0; r < check->broken && r < AUDIT_ROWS; r++)
			fprintf(out, "        %s\n", check->rows[r]);
	}
}

static void print_run(struct run *run, FILE *out)
{
	flow_print(&run->flow, out);
	fputs("\nIn the stores\n", out);
	print_rows(run, out);
	fputs("\nInvariants (ARCHITECTURE.md)\n", out);
	for (size_t i = 1; i < BUS_ARRAY_LEN(invariant_names); i++)
		print_invariant(&run->audit, (int)i, out);
	fputs("\nIt stays up. Try next:\n"
	      "  build/bourse tail notify.events      every delivery, as JSON lines\n"
	      "  build/bourse lag                     how far each processor is\n"
	      "  make run                             another day on top of this one\n\n",
	      out);
}

static void print_verdict(const struct run *run, FILE *out)
{
	if (run->failure[0])
		fprintf(out, "run: FAILED (%s)\n", run->failure);
	else
		fputs("run: ok\n", out);
}

static json_t *run_json(struct run *run, bool flowed)
{
	json_t *object = json_object();

	json_object_set_new(object, "ok", json_boolean(run->failure[0] == '\0'));
	if (run->failure[0])
		json_object_set_new(object, "failed", json_string(run->failure));
	if (!flowed)
		return object;
	json_object_set_new(object, "flow", flow_json(&run->flow));
	json_object_set_new(object, "rows", rows_json(run));
	json_object_set_new(object, "audit", audit_json(&run->audit));
	return object;
}

int cmd_run(int argc, char **argv)
{
	static struct run run;
	struct run_args args = { 0 };
	struct flow_settings settings = flow_settings_default;
	bool flowed;
	int count;

	switch (args_parse(&command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	settings.path = args.flow;
	flowed = client_load(&run.audit.client) == 0 &&
		 flow_run(&run.audit.client, &settings, &run.flow);
	if (!flowed)
		fail(&run, "the flow did not come through");
	else if (!audit_run(&run.audit))
		fail(&run, "the audit could not read everything");
	if (flowed)
		judge(&run);
	if (flowed && !args.json)
		print_run(&run, stdout);
	if (args.json)
		flow_print_json(run_json(&run, flowed), stdout);
	else
		print_verdict(&run, stdout);
	audit_release(&run.audit);
	return run.failure[0] ? CLI_FAILED : CLI_OK;
}
