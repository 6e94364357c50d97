/* bourse audit: the command, and the order in which the parts of the audit come. */
#include "audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "bus/err.h"
#include "commands.h"
#include "json.h"

static void open_databases(struct audit *audit)
{
	for (int i = 0; i < AUDIT_SERVICES; i++) {
		bool told;

		audit->conns[i] = client_database_open(&client_databases[i], &told);
		audit->failed = audit->failed || told;
	}
}

bool audit_run(struct audit *audit)
{
	audit->tails.size = sizeof(struct audit_tail);
	audit->accounts.size = sizeof(struct audit_account);
	audit->positions.size = sizeof(struct audit_position);
	open_databases(audit);
	audit_begin(audit);
	/* Trades come from the book, and flags of accounts from the users, before both are needed.
	 */
	audit_commands(audit);
	audit_people(audit);
	audit_books(audit);
	audit_orders(audit);
	audit_ledger(audit);
	audit_market(audit);
	audit_sums(audit);
	audit_rest(audit);
	return !audit->failed;
}

void audit_release(struct audit *audit)
{
	struct audit_table *tables[] = { &audit->commands, &audit->effects,   &audit->trades,
					 &audit->accounts, &audit->positions, &audit->orders,
					 &audit->resting,  &audit->tails };

	for (size_t i = 0; i < BUS_ARRAY_LEN(tables); i++) {
		idmap_release(&tables[i]->map);
		free(tables[i]->rows);
	}
	for (int i = 0; i < AUDIT_SERVICES; i++)
		PQfinish(audit->conns[i]);
	free(audit->symbols);
	free(audit->sums.shares);
}

uint64_t audit_broken(const struct audit *audit)
{
	uint64_t broken = 0;

	for (size_t i = 0; i < audit->check_count; i++)
		broken += audit->checks[i].broken;
	return broken;
}

static int by_invariant(const void *a, const void *b)
{
	const struct audit_check *const *x = a, *const *y = b;

	if ((*x)->invariant != (*y)->invariant)
		return (*x)->invariant < (*y)->invariant ? -1 : 1;
	return (*x < *y) ? -1 : *x > *y;
}

static size_t sorted(const struct audit *audit, const struct audit_check **out)
{
	for (size_t i = 0; i < audit->check_count; i++)
		out[i] = &audit->checks[i];
	qsort(out, audit->check_count, sizeof(*out), by_invariant);
	return audit->check_count;
}

static const char *verdict(const struct audit_check *check)
{
	if (check->broken)
		return "BROKEN";
	return check->count ? "ok" : "ok (none)";
}

void audit_print(const struct audit *audit, FILE *out)
{
	const struct audit_check *checks[AUDIT_CHECKS];
	size_t count = sorted(audit, checks);

	for (size_t i = 0; i < count; i++) {
		const struct audit_check *check = checks[i];

		fprintf(out, "  %d  %-62s %10" PRIu64 " %-11s %s\n", check->invariant, check->name,
			check->count, check->unit, verdict(check));
		for (uint64_t r = 0; r < check->broken && r < AUDIT_ROWS; r++)
			fprintf(out, "       %s\n", check->rows[r]);
		if (check->broken > AUDIT_ROWS)
			fprintf(out, "       and %" PRIu64 " more\n", check->broken - AUDIT_ROWS);
	}
	if (audit->foreign)
		fprintf(out,
			"  -  %" PRIu64 " foreign records were left out, as every reader does\n",
			audit->foreign);
	for (int i = 0; i < AUDIT_SERVICES; i++)
		if (!audit->conns[i])
			fprintf(out, "  -  the store of %s is not known here: %s is not set\n",
				client_databases[i].service, client_databases[i].variable);
}

json_t *audit_json(const struct audit *audit)
{
	const struct audit_check *checks[AUDIT_CHECKS];
	size_t count = sorted(audit, checks);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *rows = json_array();

		for (uint64_t r = 0; r < checks[i]->broken && r < AUDIT_ROWS; r++)
			json_array_append_new(rows, json_string(checks[i]->rows[r]));
		json_array_append_new(
			list, json_pack("{s:i, s:s, s:I, s:s, s:I, s:b, s:o}", "invariant",
					checks[i]->invariant, "name", checks[i]->name, "count",
					(json_int_t)checks[i]->count, "unit", checks[i]->unit,
					"broken", (json_int_t)checks[i]->broken, "ok",
					checks[i]->broken == 0, "rows", rows));
	}
	return json_pack("{s:o, s:I, s:b}", "checks", list, "foreign", (json_int_t)audit->foreign,
			 "ok", audit_broken(audit) == 0 && !audit->failed);
}

struct audit_args {
	bool json;
};

static const struct args_option options[] = {
	{ "json", ARGS_FLAG, offsetof(struct audit_args, json), NULL, 0, 0, "one JSON object" },
};

static const struct args_command command = {
	.usage = "audit [options]",
	.about = "Checks the invariants of ARCHITECTURE.md that topics and stores can show: reads "
		 "every topic\n"
		 "from its beginning by the reader's rule, folds orders, balances, books and bars "
		 "by code of its\n"
		 "own, and compares them with what the facts tell and with the rows of the five "
		 "databases. Waits\n"
		 "for the mesh to come to rest first: what moves cannot be compared. A store whose "
		 "database is\n"
		 "not in the environment is left out, and said to be.\n\n"
		 "Not shown here: that a service has no socket to another, and that its own replay "
		 "gives the\n"
		 "same rows. The exit status is 1 when something is broken; the rows are named.\n",
	.options = options,
	.option_count = BUS_ARRAY_LEN(options),
	.notes = client_notes,
	.examples = "  bourse audit\n"
		    "  bourse audit --json | jq -r '.checks[] | select(.ok | not) | .rows[]'\n",
};

int cmd_audit(int argc, char **argv)
{
	static struct audit audit;
	struct audit_args args = { 0 };
	int count, status = CLI_FAILED;

	switch (args_parse(&command, argc, argv, &args, &count)) {
	case ARGS_HELP:
		return CLI_OK;
	case ARGS_WRONG:
		return CLI_USAGE;
	case ARGS_RUN:
		break;
	}
	if (client_load(&audit.client))
		return CLI_FAILED;
	if (audit_run(&audit) && audit_broken(&audit) == 0)
		status = CLI_OK;
	if (args.json)
		json_print_line(audit_json(&audit), stdout);
	else
		audit_print(&audit, stdout);
	audit_release(&audit);
	return status;
}
