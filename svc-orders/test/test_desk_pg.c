/*
 * The desk's tables on a real PostgreSQL. A random stream goes into two desks at once: one that
 * keeps all in memory, and one that forgets, loads what its next input needs, and saves. They must
 * answer alike.
 */
#include "desk_random.h"
#include "desk_script.h"
#include "desk_store.h"
#include "lib/test_store.h"
#include "migrations.h"

static struct test_store store;
static struct desk_script whole, stored;
static int forget_every; /* inputs */
static int inputs;

static void setup(void)
{
	test_store_init(&store, migrations, migrations_count);
	script_init(&whole);
	script_init(&stored);
	stored.whole = &whole;
	inputs = 0;
}

static void teardown(void)
{
	script_release(&whole);
	script_release(&stored);
	test_store_release(&store);
}

/* The state of a fold is one object for its life: what it holds is exchanged. */
static void forget(struct desk_state *desk)
{
	struct desk_state *fresh = desk_state_new(), old = *desk;

	*desk = *fresh;
	*fresh = old;
	desk_state_free(fresh);
}

static void load_before(struct desk_script *script, const struct bus_input *input)
{
	struct desk_state *desk = bus_fold_state(script->fold);
	struct bus_load load = { .inputs = input, .input_count = 1 };
	struct bus_id account;

	if (inputs++ % forget_every == 0)
		forget(desk);
	ck_assert(wire_id(input->key, &account));
	if (desk_account(desk, account) == NULL) {
		load.keys = &input->key;
		load.key_count = 1;
	}
	test_store_load(&store, &desk_processor, desk, &load);
}

static void save_after(struct desk_script *script)
{
	ck_assert_int_eq(test_store_save(&store, &desk_processor, bus_fold_state(script->fold)), 0);
}

static void run_both(const char *line)
{
	script_run(&whole, line);
	script_run(&stored, line);
	ck_assert_msg(strcmp(whole.text, stored.text) == 0,
		      "%s\n  in memory: %s\n  from tables: %s", line, whole.text, stored.text);
}

/* What holds in the tables as well as in memory. */
static void check_tables(void)
{
	static const char *const broken[] = {
		"select count(*) from desk_account a where cash_held_micros <> "
		"coalesce((select sum(hold_micros) from customer_order o where o.side = 1 "
		"and o.account_id = a.account_id), 0) + "
		"coalesce((select sum(margin_hold_micros) from customer_order_extra x "
		"where x.account_id = a.account_id), 0) + "
		"coalesce((select sum(collateral_micros) from desk_position p "
		"where p.account_id = a.account_id), 0) + "
		"coalesce((select sum(amount_micros) from desk_withdrawal w where held and "
		"w.symbol = '' "
		"and w.account_id = a.account_id), 0)",
		"select count(*) from desk_position p where position_held_micros <> "
		"coalesce((select sum(hold_micros) from customer_order o where o.side = 2 "
		"and o.account_id = p.account_id and o.symbol = p.symbol), 0) + "
		"coalesce((select sum(amount_micros) from desk_withdrawal w "
		"where held and w.symbol = p.symbol and w.account_id = p.account_id), 0)",
		"select count(*) from desk_account where cash_micros < cash_held_micros",
		"select count(*) from customer_order where (status in (3, 5, 6, 7, 10)) <> "
		"(leaves_micros = 0) or (leaves_micros = 0 and hold_micros <> 0)",
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(broken); i++)
		ck_assert_int_eq(test_store_number(&store, broken[i]), 0);
}

static int count_order(const struct desk_state *desk, bool terminal)
{
	int count = 0;

	for (const struct desk_order *o = desk->orders; o != NULL; o = o->by_id.next)
		count += order_terminal(o->order.status) == terminal;
	return count;
}

/* Every order of the one desk, asked for by name, is the same from the tables. */
static void compare_all_orders(void)
{
	const struct desk_state *desk = bus_fold_state(whole.fold);

	for (const struct desk_order *o = desk->orders; o != NULL; o = o->by_id.next) {
		ORDERS(CancelOrder) cancel = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;
		struct bus_input input = { .message = &cancel.base, .key = ACCOUNT };
		struct bus_load load = { .inputs = &input, .input_count = 1 };
		struct desk_state *loaded = desk_state_new();
		char id[BUS_ID_TEXT];

		cancel.account_id = (char *)ACCOUNT;
		cancel.order_id = bus_id_format(o->order.id, id);
		test_store_load(&store, &desk_processor, loaded, &load);
		script_same_order(o, desk_order(loaded, o->order.id));
		desk_state_free(loaded);
	}
}

START_TEST(memory_and_tables_agree)
{
	static const int every[] = { 1, 20, 3 };
	uint64_t seed = 0x2545f4914f6cdd1du + (uint64_t)_i;
	char line[256];

	forget_every = every[_i];
	stored.before = load_before;
	stored.after = save_after;
	whole.shorting = stored.shorting = _i != 0;
	whole.fee_group = stored.fee_group = _i == 2 ? "active" : "";
	script_account(&whole, ACCOUNT_STATUS(OPEN), false);
	script_account(&stored, ACCOUNT_STATUS(OPEN), false);
	run_both("deposit 20000");
	run_both("deposit 100 AAPL");
	for (int step = 0; step < 1500; step++) {
		script_random_line(&whole, &seed, step, line, sizeof(line));
		run_both(line);
	}
	check_tables();
	ck_assert_int_gt(count_order(bus_fold_state(whole.fold), true), 30);
	ck_assert_int_gt(test_store_number(&store, "select count(*) from customer_order_extra"),
			 30);
	compare_all_orders();
	/* What has ended has left the memory. */
	ck_assert_int_eq(count_order(bus_fold_state(stored.fold), true), 0);
}
END_TEST

/* Much in one batch: opened and ended, twice named, a withdrawal that comes and goes. */
START_TEST(one_batch)
{
	static const char *const lines[] = {
		"deposit 10000",
		"deposit 50 AAPL",
		"place 1 buy 10 @ 100 id=x",
		"place 2 buy 10 @ 100 id=x",
		"fill 1 10 @ 100 leaves 0",
		"place 3 sell 20 @ 101",
		"cancel 3",
		"end 3 20 REQUESTED",
		"place 4 buy 5 @ market",
		"withdraw 1 100",
		"booked 1 100",
		"withdraw 2 7 AAPL",
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(lines); i++)
		script_run(&whole, lines[i]);
	ck_assert_int_eq(test_store_save(&store, &desk_processor, bus_fold_state(whole.fold)), 0);
	check_tables();
	ck_assert_int_eq(test_store_number(&store, "select count(*) from customer_order"), 3);
	ck_assert_int_eq(
		test_store_number(&store, "select count(*) from desk_withdrawal where held"), 1);
	ck_assert_int_eq(test_store_number(&store, "select cash_micros from desk_account"),
			 8900 * BUS_MICROS);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from customer_order "
						   "where client_order_id is not null"),
			 1);
	/* Plain orders have no second row. */
	ck_assert_int_eq(test_store_number(&store, "select count(*) from customer_order_extra"), 0);
	/* Nothing has changed since: nothing is written. */
	test_store_exec(&store, "drop table customer_order, customer_order_extra, desk_account, "
				"desk_position, desk_withdrawal cascade");
	ck_assert_int_eq(test_store_save(&store, &desk_processor, bus_fold_state(whole.fold)), 0);
}
END_TEST

/* An order is found by the account that owns it, and by no other. */
START_TEST(another_accounts_order)
{
	ORDERS(CancelOrder) cancel = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;
	struct bus_input input = { .message = &cancel.base, .key = OTHER };
	const struct bus_load load = {
		.keys = &input.key, .key_count = 1, .inputs = &input, .input_count = 1
	};
	struct desk_state *loaded = desk_state_new();
	char id[BUS_ID_TEXT];

	script_run(&whole, "deposit 10000");
	script_run(&whole, "place 1 buy 10 @ 100");
	save_after(&whole);
	cancel.account_id = (char *)OTHER;
	cancel.order_id = script_order_id(&whole, 1, id);
	test_store_load(&store, &desk_processor, loaded, &load);
	ck_assert_int_eq(count_order(loaded, false), 0);
	input.key = ACCOUNT;
	test_store_load(&store, &desk_processor, loaded, &load);
	ck_assert_int_eq(count_order(loaded, false), 1);
	desk_state_free(loaded);
}
END_TEST

/* More orders than a step cancels come from the tables for it; the groups come whole. */
START_TEST(sweep_from_the_tables)
{
	char line[64];

	forget_every = 1;
	stored.before = load_before;
	stored.after = save_after;
	whole.silent = stored.silent = true;
	script_run(&whole, "deposit 1000000");
	for (int n = 1; n <= 700; n++) {
		snprintf(line, sizeof(line), "place %d buy 10 @ 100%s", n,
			 n % 10 == 0 ? " bracket tp=110 sl=90" : "");
		script_run(&whole, line);
	}
	save_after(&whole);
	whole.silent = false;
	script_run(&stored, "sweep MSFT");
	script_run(&stored, "sweep");
	ck_assert_int_eq(
		test_store_number(&store, "select count(*) from customer_order where status = 8"),
		700);
	ck_assert_int_eq(
		test_store_number(&store, "select count(*) from customer_order where status = 5"),
		140);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from customer_order_extra "
						   "where group_id is not null"),
			 70);
}
END_TEST

/* The wait for the last order survives a restart, and its group is there again. */
START_TEST(waits_over_a_restart)
{
	static const char *const lines[] = {
		"deposit 10000",
		"deposit 10 AAPL",
		"withdraw 1 2 AAPL",
		"place 1 buy 10 @ 100 bracket tp=110 sl=90",
		"place 2 sell 5 @ 110",
		"replace 2 3 qty=6",
		"due AAPL",
		"fill 1 4 @ 100 leaves 6",
		"end 1 6 CORPORATE_ACTION",
		"end 2 5 CORPORATE_ACTION",
		"late 2 replace 3",
		"booked 1 2 AAPL",
		"place 4 buy 1 @ 100",
		"split AAPL 0 12 24",
		"place 4 buy 1 @ 100",
	};

	forget_every = 1;
	stored.before = load_before;
	stored.after = save_after;
	for (size_t i = 0; i < BUS_ARRAY_LEN(lines); i++)
		run_both(lines[i]);
	ck_assert_str_eq(stored.text,
			 "accepted hold 100 cash 9600/100 shares 24/0 -> NewOrder AAPL 1 @ 100");
	ck_assert_int_eq(test_store_number(&store, "select count(*) from desk_position "
						   "where pending_action_id is not null"),
			 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("desk_pg");
	TCase *tcase = tcase_create("desk_pg");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, memory_and_tables_agree, 0, 3);
	tcase_add_test(tcase, one_batch);
	tcase_add_test(tcase, another_accounts_order);
	tcase_add_test(tcase, sweep_from_the_tables);
	tcase_add_test(tcase, waits_over_a_restart);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
