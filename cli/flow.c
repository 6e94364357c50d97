/* bourse flow: sends a flow of orders through the mesh and says what became of it. */
#include <string.h>

#include "args.h"
#include "client.h"
#include "commands.h"
#include "flow_run.h"

struct flow_args {
	struct flow_settings settings;
	const char *run;
	bool json;
};

#define SETTING(member) offsetof(struct flow_args, settings.member)

static const struct args_option options[] = {
	{ "accounts", ARGS_INT, SETTING(accounts), "N", 1, 1000000, "accounts to open (100)" },
	{ "rate", ARGS_INT, SETTING(rate), "N", 1, 1000000,
	  "commands a second, on a schedule: latency is measured\n"
	  "from the planned instant (as fast as it goes)" },
	{ "in-flight", ARGS_INT, SETTING(in_flight), "N", 1, 10000000,
	  "at full speed, commands that wait for their outcome (10000)" },
	{ "run-id", ARGS_TEXT, offsetof(struct flow_args, run), "UUID", 0, 0,
	  "the run's id: the same id sends the same commands again,\n"
	  "and nothing comes of them (a fresh one)" },
	{ "symbol", ARGS_TEXT, SETTING(symbol), "S", 0, 0,
	  "nasdaq: whose messages they are (AAPL)" },
	{ "orders", ARGS_INT, SETTING(orders), "N", 1, 50000000,
	  "generate: messages in all (92000)" },
	{ "symbols", ARGS_INT, SETTING(symbols), "N", 1, 1000, "generate: symbols (1)" },
	{ "seed", ARGS_INT, SETTING(seed), "N", 0, INT64_MAX,
	  "generate: the same seed makes the same flow (1)" },
	{ "json", ARGS_FLAG, offsetof(struct flow_args, json), NULL, 0, 0, "one JSON object" },
};

static const struct args_command command = {
	.usage = "flow nasdaq FILE | generate [options]",
	.about = "Opens accounts, defines the instruments, opens the next trading day's session "
		 "(the first is\n"
		 "2012-06-21), deposits cash and shares enough for everything, sends the flow and "
		 "follows it\n"
		 "until every lag is 0.\n\n"
		 "nasdaq    an hour of NASDAQ's messages in LOBSTER's format: new orders, "
		 "decreases, cancels, and\n"
		 "          executions, which become immediate-or-cancel orders of the other side. "
		 "All accounts\n"
		 "          are on one partition of the desk, since the order of the messages "
		 "matters.\n"
		 "generate  a flow of the same shape, from a seed, over all partitions.\n\n"
		 "Every command carries ce_time, the time of the data: a stack with "
		 "BOURSE_CLOCK=event lives on it.\n"
		 "The exit status is 1 when something has no outcome.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.positional_min = 1,
	.positional_max = 2,
	.notes = client_notes,
	.examples =
		"  bourse flow generate\n"
		"  bourse flow generate --orders 1000000 --accounts 1000 --symbols 20 --seed 7\n"
		"  bourse flow nasdaq messages.csv --rate 1000 --json | jq .booking\n",
};

/* Says what is wrong; CLI_OK when nothing is. */
static int check(struct flow_args *args, char **argv, int count)
{
	struct flow_settings *settings = &args->settings;

	if (strcmp(argv[1], "nasdaq") == 0 && count == 2)
		settings->path = argv[2];
	else if (strcmp(argv[1], "generate") != 0 || count != 1)
		return args_wrong(&command, "nasdaq FILE, or generate");
	if (strlen(settings->symbol) == 0 || strlen(settings->symbol) >= FLOW_SYMBOL)
		return args_wrong(&command, "--symbol takes 1 to 12 characters");
	if (!args->run)
		return CLI_OK;
	settings->has_run = true;
	if (!bus_id_parse(args->run, strlen(args->run), &settings->run))
		return args_wrong(&command, "--run-id takes a UUID, not '%s'", args->run);
	return CLI_OK;
}

int cmd_flow(int argc, char **argv)
{
	struct flow_args args = { .settings = flow_settings_default };
	static struct flow_report report;
	struct client client = { 0 };
	int count, status;

	switch (args_parse(&command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	status = check(&args, argv, count);
	if (status)
		return status;
	if (client_load(&client) || !flow_run(&client, &args.settings, &report))
		return CLI_FAILED;
	if (args.json)
		flow_print_json(flow_json(&report), stdout);
	else
		flow_print(&report, stdout);
	return CLI_OK;
}
