/*
 * bourse: what people do with a running Bourse from a shell. A command is a row of the table below.
 */
#include <stdio.h>
#include <string.h>

#include "bus/base.h"
#include "bus/log.h"
#include "client.h"
#include "commands.h"

/*
 * A further command: its function in cli/NAME.c (arguments by args.h, --help with examples), its
 * prototype in commands.h, and a row here. The Makefile finds the file by itself.
 */
static const struct {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "topics", "create the topics and check them against the declared table", cmd_topics },
	{ "send", "send commands: JSON lines to the right topic with the right key", cmd_send },
	{ "tail", "print a topic as JSON lines, by the reader's rule", cmd_tail },
	{ "lag", "how far each processor is", cmd_lag },
	{ "refused", "inputs from outside that could not be read", cmd_refused },
	{ "parked", "inputs of our own that could not be applied", cmd_parked },
	{ "flow", "send an hour of orders through the mesh and follow it", cmd_flow },
	{ "audit", "check the invariants that topics and stores can show", cmd_audit },
	{ "returns", "what an account has earned", cmd_returns },
	{ "statement", "a day of an account: what was there, every movement, what is there",
	  cmd_statement },
	{ "run", "flow, then audit, then one table of both: what `make run` shows", cmd_run },
};

static void help(FILE *out)
{
	fputs("usage: bourse COMMAND [options]\n\n", out);
	for (size_t i = 0; i < BUS_ARRAY_LEN(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(out,
		"\nbourse COMMAND --help tells more, with examples. Exit status: 0 it is so, 1 it "
		"is not or it\n"
		"could not be done, 2 wrong arguments.\n\n%s",
		client_notes);
}

int main(int argc, char **argv)
{
	bus_log_init("bourse", BUS_LOG_ERROR);
	if (argc < 2) {
		help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		help(stdout);
		return CLI_OK;
	}
	for (size_t i = 0; i < BUS_ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "bourse: there is no command '%s' (bourse --help)\n", argv[1]);
	return CLI_USAGE;
}
