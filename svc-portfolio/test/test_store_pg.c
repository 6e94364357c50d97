/*
 * The ledger's tables on a real PostgreSQL: what is loaded equals what was saved, and goes on where
 * it stopped; the postings in the table balance.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bus/fold.h"
#include "handlers.h"
#include "ledger_script.h"
#include "lib/test_store.h"
#include "migrations.h"
#include "store.h"
#include "wire.h"

#define NOW   INT64_C(1700000000000000)
#define A     "11111111-1111-4111-8111-111111111111"
#define B     "22222222-2222-4222-8222-222222222222"
#define ORDER "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
#define TRADE "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
#define FIRST "cccccccc-cccc-4ccc-8ccc-000000000001"
#define LATER "cccccccc-cccc-4ccc-8ccc-000000000002"

static struct test_store store;

static void setup(void)
{
	test_store_init(&store, migrations, migrations_count);
}

static void teardown(void)
{
	test_store_release(&store);
}

/* Inputs ************************************************************************************ */

static void deposit(struct bus_fold *fold, const char *account, int64_t amount)
{
	PORTFOLIO(Deposit) command = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT;

	command.account_id = (char *)account;
	command.amount_micros = amount;
	ck_assert_int_eq(bus_fold_input(fold, "portfolio.commands", account, NULL, &command.base),
			 0);
}

static void deposit_shares(struct bus_fold *fold, const char *account, const char *symbol,
			   int64_t quantity, int64_t price)
{
	PORTFOLIO(Deposit) command = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT;

	command.account_id = (char *)account;
	command.symbol = (char *)symbol;
	command.quantity_micros = quantity;
	command.cost_price_micros = price;
	ck_assert_int_eq(bus_fold_input(fold, "portfolio.commands", account, NULL, &command.base),
			 0);
}

static void withdraw(struct bus_fold *fold, const char *ce_id, int64_t amount, const char *symbol,
		     int64_t quantity)
{
	PORTFOLIO(Withdraw) command = BOURSE__PORTFOLIO__V1__WITHDRAW__INIT;

	command.account_id = (char *)A;
	command.amount_micros = amount;
	command.symbol = (char *)symbol;
	command.quantity_micros = quantity;
	ck_assert_int_eq(bus_fold_input(fold, "portfolio.commands", A, ce_id, &command.base), 0);
}

static int held(struct bus_fold *fold, const char *ce_id, int64_t amount, const char *symbol,
		int64_t quantity)
{
	ORDERS(WithdrawalHeld) answer = BOURSE__ORDERS__V1__WITHDRAWAL_HELD__INIT;
	char id[BUS_ID_TEXT];

	answer.account_id = (char *)A;
	answer.withdrawal_id =
		bus_id_format(bus_id_derive("ledger", bus_bytes(A, 36), bus_bytes(ce_id, 36)), id);
	answer.amount_micros = amount;
	answer.symbol = (char *)symbol;
	answer.quantity_micros = quantity;
	return bus_fold_input(fold, "orders.events", A, NULL, &answer.base);
}

static void fill(struct bus_fold *fold, const char *account, Bourse__Orders__V1__Side side,
		 int64_t quantity, int64_t cash)
{
	ORDERS(OrderFilled) filled = BOURSE__ORDERS__V1__ORDER_FILLED__INIT;

	filled.account_id = (char *)account;
	filled.order_id = (char *)ORDER;
	filled.trade_id = (char *)TRADE;
	filled.symbol = (char *)"AAPL";
	filled.side = side;
	filled.last_quantity_micros = quantity;
	filled.cash_delta_micros = cash;
	filled.executed_at_micros = NOW;
	ck_assert_int_eq(bus_fold_input(fold, "orders.events", account, NULL, &filled.base), 0);
}

/* ******************************************************************************************* */

/* Returns owned: a fold whose state has come out of the tables. */
static struct bus_fold *reloaded(void)
{
	static const char *const keys[] = { A, B, "no-account-at-all" };
	const struct bus_load load = { .keys = keys, .key_count = BUS_ARRAY_LEN(keys) };
	struct bus_fold *fold = bus_fold_new(&ledger_processor);

	test_store_load(&store, &ledger_processor, bus_fold_state(fold), &load);
	return fold;
}

static void assert_same_as_saved(const struct books *saved)
{
	struct bus_fold *fold = reloaded();
	const struct books *loaded = bus_fold_state(fold);

	ck_assert_uint_eq(HASH_COUNT(loaded->accounts.by_id), HASH_COUNT(saved->accounts.by_id));
	for (const struct account *a = saved->accounts.by_id; a != NULL; a = a->hh.next) {
		const struct account *other = account_find(&loaded->accounts, a->id);

		ck_assert_ptr_nonnull(other);
		books_same_account(a, other);
	}
	bus_fold_free(fold);
}

static void save(struct bus_fold *fold)
{
	struct books *books = bus_fold_state(fold);

	ck_assert_int_eq(test_store_save(&store, &ledger_processor, books), 0);
	ck_assert_uint_eq(books->entry_count, 0);
	ck_assert_uint_eq(books->accounts.changed_count, 0);
	assert_same_as_saved(books);
}

/* Transactions or balances that the postings in the table do not explain. */
static int64_t unbalanced(void)
{
	return test_store_number(
		&store,
		"select (select count(*) from (select from ledger_entry"
		"   group by partition, sequence, fact, instrument having sum(amount_micros) <> 0) "
		"t)"
		" + (select count(*) from portfolio_account a where cash_micros <> (select"
		"   coalesce(sum(amount_micros), 0) from ledger_entry e where kind in (1, 6)"
		"   and e.account_id = a.account_id))"
		" + (select count(*) from portfolio_position p where quantity_micros <> (select"
		"   coalesce(sum(amount_micros), 0) from ledger_entry e where kind = 2"
		"   and e.account_id = p.account_id and e.instrument = p.symbol))");
}

START_TEST(loaded_equals_saved)
{
	struct bus_fold *fold = bus_fold_new(&ledger_processor);

	bus_fold_now(fold, NOW);
	deposit(fold, A, 10000000000);
	deposit_shares(fold, B, "AAPL", 100000000, 5500000);
	deposit_shares(fold, B, "BRK.B", 1000000, 1);
	fill(fold, A, SIDE(BUY), 60000000, -3149200000);
	fill(fold, B, SIDE(SELL), 60000000, 3149200000);
	withdraw(fold, FIRST, 7000000, "", 0);
	withdraw(fold, LATER, 0, "AAPL", 1000000);
	save(fold);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from ledger_entry"), 14);
	ck_assert_int_eq(unbalanced(), 0);

	/* Changes to what is there; the flat position stays, the ended withdrawal leaves the
	 * memory. */
	ck_assert_int_eq(held(fold, FIRST, 7000000, "", 0), 0);
	fill(fold, B, SIDE(SELL), 40000000, 1);
	save(fold);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from ledger_entry"), 20);
	ck_assert_int_eq(unbalanced(), 0);
	ck_assert_int_eq(
		test_store_number(&store, "select count(*) from withdrawal where state = 2"), 1);
	bus_fold_free(fold);
}
END_TEST

/* A second owner, who has only the tables, decides as the first one would have. */
START_TEST(the_next_owner_goes_on)
{
	struct bus_fold *fold = bus_fold_new(&ledger_processor);
	const PORTFOLIO(WithdrawalBooked) * booked;

	deposit_shares(fold, A, "AAPL", 3000000, 1000000);
	withdraw(fold, FIRST, 0, "AAPL", 2000000);
	save(fold);
	bus_fold_free(fold);

	fold = reloaded();
	ck_assert_int_eq(held(fold, LATER, 0, "AAPL", 2000000), BUS_ERR_PARK);
	ck_assert_int_eq(held(fold, FIRST, 0, "AAPL", 2000000), 0);
	booked = bus_fold_fact(fold, 0)->message;
	ck_assert_int_eq(booked->position_micros, 1000000);
	ck_assert_int_eq(booked->position_cost_micros, 1000000);
	ck_assert_int_eq(booked->cost_micros, 2000000);
	bus_fold_free(fold);
}
END_TEST

/* Everything at once ********************************************************************** */

/* Statements that their lines do not explain, and lots that do not sum to their position. */
static int64_t unexplained(void)
{
	return test_store_number(
		&store,
		"select (select count(*) from statement s where not"
		"   (closing_micros - opening_micros, movements) ="
		"   (select coalesce(sum(amount_micros) filter (where kind in (1, 6)), 0), count(*)"
		"     from statement_line l where l.account_id = s.account_id"
		"     and l.statement_date = s.statement_date))"
		" + (select count(*) from portfolio_position p where not"
		"   (quantity_micros, fifo_cost_micros) ="
		"   (select coalesce(sum(quantity_micros), 0), coalesce(sum(cost_micros), 0)"
		"     from portfolio_lot l where l.account_id = p.account_id and l.symbol = "
		"p.symbol))"
		" + (select count(*) from portfolio_account a where cash_micros - settled_micros <>"
		"   (select coalesce(sum(amount_micros), 0) from unsettled_cash u"
		"     where u.account_id = a.account_id))");
}

static void save_script(struct script *script)
{
	save(script->fold);
	accounts_saved(&script->mirror->accounts);
	script->mirror->entry_count = script->mirror->day_count = 0;
	script->mirror->position_count = script->mirror->gone_count = 0;
	ck_assert_int_eq(unbalanced(), 0);
	ck_assert_int_eq(unexplained(), 0);
}

static void trade(struct script *script, const char *symbol, int64_t quantity, int64_t cash)
{
	ck_assert_int_eq(script_fill(script, &(struct script_fill){ .symbol = symbol,
								    .quantity = quantity,
								    .cash = cash,
								    .shorting = true }),
			 0);
}

/* The steps of a life, after each of which what is loaded is what was saved. */
static void live(struct script *script, int step)
{
	switch (step) {
	case 0:
		script_clock(script, script_time("2012-06-20T13:30:00Z"));
		ck_assert_int_eq(script_deposit(script, 1000000000, NULL, 0, 0), 0);
		break;
	case 1:
		for (int i = 0; i < 10; i++)
			trade(script, "AAPL", 1000000, -10000000 - i);
		break;
	case 2: /* lots that the table has go, whole and in part */
		trade(script, "AAPL", -3500000, 40000000);
		break;
	case 3: /* and lots that it never saw */
		for (int i = 0; i < 5; i++)
			trade(script, "AAPL", 1000000, -20000000 - i);
		trade(script, "AAPL", -8200000, 90000000);
		break;
	case 4: /* through 0, and all rows of lots but one */
		trade(script, "AAPL", -10000000, 100000000);
		script_quote(script, "AAPL", 200000000);
		break;
	case 5: /* a margin call, and a day */
		script_clock(script, script_time("2012-06-21T04:00:00Z"));
		break;
	case 6: /* back, and long again */
		script_quote(script, "AAPL", 10000000);
		trade(script, "AAPL", 20000000, -150000000);
		trade(script, "FB", 7000000, -70000000);
		trade(script, "FB", 7000000, -80000000);
		break;
	case 7: /* a withdrawal that waits, one that has ended, an action that waits */
		ck_assert_int_eq(script_withdraw(script, 1000000, NULL, 0), 0);
		script_announce(script, "AAPL", KIND(DIVIDEND), script->now)->amount_micros =
			500000;
		script_announce(script, "FB", KIND(SPLIT), script->now)->new_shares = 3;
		script_instrument(script, "FB")->actions[0].old_shares = 2;
		script_instrument(script, "FB")->increment = 2000000;
		script_clock(script, script->now + 1);
		script_effective(script, "AAPL");
		script_effective(script, "FB");
		ck_assert_int_eq(script_apply_actions(script), 0);
		break;
	case 8:
		ck_assert_int_eq(script_cleared(script, "FB", 1), 0);
		break;
	case 9: /* another symbol, and flat */
		script_announce(script, "FB", KIND(RENAME), script->now)->new_symbol =
			(char *)"META";
		script_clock(script, script->now + 1);
		script_effective(script, "FB");
		ck_assert_int_eq(script_apply_actions(script), 0);
		ck_assert_int_eq(script_cleared(script, "FB", 2), 0);
		trade(script, "AAPL", -13300000, 100000000);
		break;
	default: /* days: nothing is left to settle */
		script_clock(script, script_time("2012-06-27T04:00:00Z"));
		break;
	}
}

#define STEPS 11

START_TEST(every_kind_of_row)
{
	struct script script;

	script_begin(&script);
	for (int step = 0; step < STEPS; step++) {
		live(&script, step);
		save_script(&script);
	}
	ck_assert_int_eq(test_store_number(&store, "select count(*) from statement"), 2);
	ck_assert_int_gt(test_store_number(&store, "select count(*) from statement_position"), 1);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from unsettled_cash"), 0);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from portfolio_lot"
						   " where symbol <> 'META'"),
			 0);
	ck_assert_int_gt(
		test_store_number(&store, "select count(distinct cause) from statement_line"), 5);
	script_end(&script);
}
END_TEST

static void sell_some(struct bus_fold *fold, int64_t now)
{
	ORDERS(OrderFilled) filled = BOURSE__ORDERS__V1__ORDER_FILLED__INIT;

	filled.account_id = (char *)A;
	filled.order_id = (char *)ORDER;
	filled.trade_id = (char *)TRADE;
	filled.symbol = (char *)"AAPL";
	filled.side = SIDE(SELL);
	filled.last_quantity_micros = 2700000;
	filled.cash_delta_micros = 31000000;
	filled.executed_at_micros = now;
	filled.shorting = true;
	bus_fold_now(fold, now);
	ck_assert_int_eq(bus_fold_input(fold, "orders.events", A, NULL, &filled.base), 0);
}

/* After every step somebody who has only the tables books a fill as the owner does. */
START_TEST(a_new_owner_at_every_step)
{
	struct script script;

	script_begin(&script);
	for (int step = 0; step < STEPS; step++) {
		const struct books *books;
		struct bus_fold *fold;
		struct script other;

		live(&script, step);
		save_script(&script);
		fold = reloaded();
		books = bus_fold_state(fold);
		/* It reads the same snapshots. */
		other = script;
		other.fold = fold;
		if (step >= 4)
			script_quote(&other, "AAPL", step < 6 ? 200000000 : 10000000);
		if (step >= 7)
			script_publish(&other, "AAPL");
		sell_some(fold, script.now);
		sell_some(script.fold, script.now);
		script_after(&script, false);
		books_same_account(script_account(&script),
				   account_find(&books->accounts, script_account(&script)->id));
		bus_fold_free(fold);
	}
	script_end(&script);
}
END_TEST

/* The store of a release before lots and settlement: what was there is settled, and one lot each.
 */
START_TEST(an_older_store_goes_on)
{
	struct bus_fold *fold;
	struct test_store old;
	const struct account *account;

	test_store_init(&old, migrations, 1);
	test_store_exec(&old, "insert into portfolio_account values ('" A
			      "', 6850800000, 10000000000, 0, 0, 0, 98123853)");
	test_store_exec(&old, "insert into portfolio_position values ('" A
			      "', 'AAPL', 94000000, 2715823853, 98123853)");
	test_store_exec(&old, migrations[1].sql);
	fold = bus_fold_new(&ledger_processor);
	test_store_load(&old, &ledger_processor, bus_fold_state(fold),
			&(struct bus_load){ .keys = (const char *const[]){ A }, .key_count = 1 });
	account = ((struct books *)bus_fold_state(fold))->accounts.by_id;
	ck_assert_int_eq(account->balances.settled.micros, 6850800000);
	ck_assert_int_eq(account->balances.trades.micros, -3149200000);
	ck_assert_uint_eq(account->holdings->shares.lots.count, 1);
	books_check_lots(&account->holdings->shares);
	ck_assert_int_eq(account->holdings->shares.fifo_cost.micros, 2715823853);
	fill(fold, A, SIDE(SELL), 94000000, 1);
	ck_assert_int_eq(test_store_save(&old, &ledger_processor, bus_fold_state(fold)), 0);
	ck_assert_int_eq(test_store_number(&old, "select count(*) from portfolio_lot"), 0);
	bus_fold_free(fold);
	test_store_release(&old);
}
END_TEST

/* One step cannot be written twice, whoever tries. */
START_TEST(a_transaction_is_there_once)
{
	struct bus_fold *fold = bus_fold_new(&ledger_processor);
	struct bus_fold *zombie = bus_fold_new(&ledger_processor);

	deposit(fold, A, 1000000);
	deposit(zombie, A, 1000000);
	save(fold);
	ck_assert_int_eq(test_store_save(&store, &ledger_processor, bus_fold_state(zombie)),
			 BUS_ERR_DATA_REFUSED);
	ck_assert_int_eq(test_store_number(&store, "select cash_micros from portfolio_account"),
			 1000000);
	bus_fold_free(fold);
	bus_fold_free(zombie);
}
END_TEST

START_TEST(nothing_changed_writes_nothing)
{
	struct bus_fold *fold = bus_fold_new(&ledger_processor);

	save(fold);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from portfolio_account"), 0);
	bus_fold_free(fold);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger store");
	TCase *tcase = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, loaded_equals_saved);
	tcase_add_test(tcase, the_next_owner_goes_on);
	tcase_add_test(tcase, every_kind_of_row);
	tcase_add_test(tcase, a_new_owner_at_every_step);
	tcase_add_test(tcase, an_older_store_goes_on);
	tcase_add_test(tcase, a_transaction_is_there_once);
	tcase_add_test(tcase, nothing_changed_writes_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
