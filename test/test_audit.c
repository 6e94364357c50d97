/*
 * `bourse audit` can fail: every store is damaged in turn, by a row or by a millionth, and each
 * time the audit says which invariant is broken, and it is content again when the row is back.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "lib/mesh.h"

static struct mesh mesh;

static const struct damage {
	enum mesh_store store;
	const char *table;
	const char *sql; /* touches exactly one row */
	const char *invariant;
} damages[] = {
	{ MESH_ORDERS, "desk_account",
	  "update desk_account set cash_micros = cash_micros + 1 where account_id = "
	  "(select account_id from desk_account order by 1 limit 1)",
	  "7" },
	{ MESH_ORDERS, "desk_position",
	  "update desk_position set position_micros = position_micros - 1 where account_id = "
	  "(select account_id from desk_position order by 1 limit 1)",
	  "7" },
	{ MESH_ORDERS, "customer_order",
	  "update customer_order set cum_micros = cum_micros + 1 where order_id = "
	  "(select order_id from customer_order where leaves_micros = 0 order by 1 limit 1)",
	  "7" },
	{ MESH_ORDERS, "resting_order",
	  "delete from resting_order where order_id = "
	  "(select order_id from resting_order order by 1 limit 1)",
	  "7" },
	{ MESH_ORDERS, "command",
	  "delete from command where ce_id = (select ce_id from command order by 1 limit 1)", "2" },
	{ MESH_ORDERS, "trade",
	  "update trade set price_micros = price_micros + 1 where trade_id = "
	  "(select trade_id from trade order by 1 limit 1)",
	  "7" },
	{ MESH_PORTFOLIO, "portfolio_account",
	  "update portfolio_account set cash_micros = cash_micros - 1 where account_id = "
	  "(select account_id from portfolio_account order by 1 limit 1)",
	  "7" },
	{ MESH_PORTFOLIO, "portfolio_position",
	  "update portfolio_position set quantity_micros = quantity_micros + 1 where account_id = "
	  "(select account_id from portfolio_position where quantity_micros > 0 order by 1 limit "
	  "1)",
	  "7" },
	{ MESH_PORTFOLIO, "portfolio_lot",
	  "update portfolio_lot set quantity_micros = quantity_micros + 1 where (account_id, "
	  "symbol, "
	  "lot) = (select account_id, symbol, lot from portfolio_lot order by 1, 2, 3 limit 1)",
	  "4" },
	{ MESH_PORTFOLIO, "unsettled_cash",
	  "update unsettled_cash set amount_micros = amount_micros + 1 where account_id = "
	  "(select account_id from unsettled_cash order by 1 limit 1)",
	  "7" },
	{ MESH_ORDERS, "desk_position",
	  "update desk_position set collateral_micros = collateral_micros + 1 where account_id = "
	  "(select account_id from desk_position order by 1 limit 1)",
	  "7" },
	{ MESH_ORDERS, "resting_order",
	  "update resting_order set queue = 2 where order_id = "
	  "(select order_id from resting_order order by 1 limit 1)",
	  "7" },
	{ MESH_PORTFOLIO, "ledger_entry",
	  "delete from ledger_entry where (partition, sequence, fact, posting) = "
	  "(select partition, sequence, fact, posting from ledger_entry order by 1, 2, 3, 4 limit "
	  "1)",
	  "4" },
	{ MESH_MARKET, "bar",
	  "update bar set high_micros = high_micros + 1 where start_at_micros = "
	  "(select start_at_micros from bar order by 1 limit 1)",
	  "7" },
	{ MESH_NOTIFY, "delivery",
	  "delete from delivery where (account_id, event_id, channel) = "
	  "(select account_id, event_id, channel from delivery order by 1, 2, 3 limit 1)",
	  "7" },
	{ MESH_PORTFOLIO, "parked_input",
	  "insert into parked_input values ('ledger', 'orders.events', 0, 0, 'k', 't', 's', '', "
	  "'PARK', 'd', false, 0)",
	  "8" },
};

/* A line "  7  ... BROKEN" of that invariant. */
static bool names(const char *said, const char *invariant)
{
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "  %s  ", invariant);
	for (const char *line = said; line; line = strchr(line, '\n')) {
		const char *end;

		line += *line == '\n';
		end = strchr(line, '\n');
		if (strncmp(line, prefix, strlen(prefix)) == 0 && end && end - line > 6 &&
		    strncmp(end - 6, "BROKEN", 6) == 0)
			return true;
	}
	return false;
}

static void content(const char *when)
{
	char *said;
	int status = mesh_bourse(&mesh, &said, "audit");

	ck_assert_msg(status == 0, "%s: exit status %d: %s", when, status, said);
	free(said);
}

START_TEST(audit_names_the_damage)
{
	const struct damage *d = &damages[_i];
	char *said;
	int status;

	mesh_exec(&mesh, d->store, "create table undamaged as select * from %s", d->table);
	mesh_exec(&mesh, d->store, "%s", d->sql);
	status = mesh_bourse(&mesh, &said, "audit");
	mesh_exec(&mesh, d->store, "delete from %s", d->table);
	mesh_exec(&mesh, d->store, "insert into %s select * from undamaged", d->table);
	mesh_exec(&mesh, d->store, "drop table undamaged");
	ck_assert_msg(status == 1, "%s: exit status %d: %s", d->table, status, said);
	ck_assert_msg(names(said, d->invariant), "%s: invariant %s is not named: %s", d->table,
		      d->invariant, said);
	free(said);
	content(d->table);
}
END_TEST

static void up(void)
{
	char *said;
	int status;

	setenv("BOURSE_CLOCK", "event", 1);
	mesh_up(&mesh, "stack", "up --services");
	status = mesh_bourse(&mesh, &said, "flow generate --orders 1500 --accounts 10");
	ck_assert_msg(status == 0, "flow: exit status %d: %s", status, said);
	free(said);
	content("before any damage");
	mesh_leave(&mesh);
}

static void down(void)
{
	mesh_down(&mesh);
}

int main(void)
{
	Suite *suite = suite_create("audit");
	TCase *tcase = tcase_create("damage");

	tcase_set_timeout(tcase, 300);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_loop_test(tcase, audit_names_the_damage, 0, BUS_ARRAY_LEN(damages));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
