/*
 * The ledger's tables on a real PostgreSQL: what is loaded equals what was saved, and goes on where
 * it stopped; the postings in the table balance.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "books_check.h"
#include "bus/fold.h"
#include "handlers.h"
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
	tcase_add_test(tcase, a_transaction_is_there_once);
	tcase_add_test(tcase, nothing_changed_writes_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
