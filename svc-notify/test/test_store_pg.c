/*
 * The tables of notify on a real PostgreSQL: preferences that were saved are loaded again, and an
 * event is delivered to an account once on a channel, whoever writes.
 */
#include <check.h>
#include <stdlib.h>

#include "bus/fold.h"
#include "handlers.h"
#include "lib/test_store.h"
#include "migrations.h"
#include "store.h"
#include "wire.h"

#define A "11111111-1111-4111-8111-111111111111"
#define B "22222222-2222-4222-8222-222222222222"
#define C "33333333-3333-4333-8333-333333333333"

static struct test_store store;

static void setup(void)
{
	test_store_init(&store, migrations, migrations_count);
}

static void teardown(void)
{
	test_store_release(&store);
}

static void set(struct bus_fold *fold, const char *account, enum category category, bool enabled)
{
	NOTIFY(SetPreference) command = BOURSE__NOTIFY__V1__SET_PREFERENCE__INIT;

	command.account_id = (char *)account;
	command.category = (NOTIFY(Category))category;
	command.channel = (NOTIFY(Channel))CHANNEL_STREAM;
	command.enabled = enabled;
	ck_assert_int_eq(bus_fold_input(fold, "notify.commands", account, NULL, &command.base), 0);
	ck_assert_int_eq(bus_fold_fact(fold, 0)->type, FACT(PREFERENCE_CHANGED));
}

static void deposit(struct bus_fold *fold, const char *account)
{
	PORTFOLIO(CashDeposited) fact = BOURSE__PORTFOLIO__V1__CASH_DEPOSITED__INIT;

	fact.account_id = (char *)account;
	fact.amount_micros = 30000000;
	fact.cash_micros = 70000000;
	ck_assert_int_eq(bus_fold_input(fold, "portfolio.events", account, NULL, &fact.base), 0);
}

static int save(struct bus_fold *fold)
{
	return test_store_save(&store, &notify_processor, bus_fold_state(fold));
}

/* Returns owned: a fold whose state has come out of the tables. */
static struct bus_fold *reloaded(void)
{
	static const char *const keys[] = { A, B, C, "no-account-at-all" };
	const struct bus_load load = { .keys = keys, .key_count = BUS_ARRAY_LEN(keys) };
	struct bus_fold *fold = bus_fold_new(&notify_processor);

	test_store_load(&store, &notify_processor, bus_fold_state(fold), &load);
	return fold;
}

static bool wants(struct bus_fold *fold, const char *account, enum category category)
{
	const struct notices *notices = bus_fold_state(fold);
	struct bus_id id;

	ck_assert(wire_id(account, &id));
	return preferences_wants(subscribers_preferences(&notices->subscribers, id), category,
				 CHANNEL_STREAM);
}

static void assert_same(struct bus_fold *saved)
{
	static const char *const accounts[] = { A, B, C };
	struct bus_fold *loaded = reloaded();

	for (size_t i = 0; i < BUS_ARRAY_LEN(accounts); i++) {
		for (int category = 1; category <= CATEGORY_MAX; category++)
			ck_assert(wants(loaded, accounts[i], (enum category)category) ==
				  wants(saved, accounts[i], (enum category)category));
	}
	bus_fold_free(loaded);
}

START_TEST(preferences_are_loaded_as_saved)
{
	struct bus_fold *fold = bus_fold_new(&notify_processor);

	set(fold, B, CATEGORY_CASH_MOVED, false);
	set(fold, A, CATEGORY_ORDER_REJECTED, false);
	set(fold, A, CATEGORY_ORDER_CANCELED, false);
	ck_assert_int_eq(save(fold), 0);
	assert_same(fold);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from preference"), 3);

	set(fold, A, CATEGORY_ORDER_CANCELED, true);
	set(fold, A, CATEGORY_TRADE_CONFIRMATION, true);
	ck_assert_int_eq(save(fold), 0);
	assert_same(fold);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from preference"), 4);
	ck_assert_int_eq(
		test_store_number(&store, "select count(*) from preference where not enabled"), 2);

	ck_assert_int_eq(save(fold), 0); /* nothing has changed */
	bus_fold_free(fold);
}
END_TEST

/* The next owner hears of the same preferences. */
START_TEST(the_next_owner_goes_on)
{
	struct bus_fold *fold = bus_fold_new(&notify_processor);

	set(fold, A, CATEGORY_CASH_MOVED, false);
	ck_assert_int_eq(save(fold), 0);
	bus_fold_free(fold);

	fold = reloaded();
	deposit(fold, A);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 0);
	deposit(fold, B);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	ck_assert_int_eq(save(fold), 0);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from delivery"), 1);
	bus_fold_free(fold);
}
END_TEST

START_TEST(an_event_is_delivered_once)
{
	struct bus_fold *fold = bus_fold_new(&notify_processor);
	struct bus_fold *zombie = bus_fold_new(&notify_processor);

	bus_fold_now(fold, 1700000000000000);
	deposit(fold, A);
	ck_assert_int_eq(save(fold), 0);
	deposit(fold, A); /* another event, the same words */
	ck_assert_int_eq(save(fold), 0);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from delivery"), 2);
	ck_assert_int_eq(
		test_store_number(&store,
				  "select count(*) from delivery"
				  " where account_id = '" A
				  "' and event_id = 'portfolio.events/0/0/0'"
				  " and channel = 1 and category = 4 and title = 'Deposited 30'"
				  " and body = E'Deposited 30.\\nBalance: 70.'"
				  " and event_type = 'bourse.portfolio.v1.CashDeposited'"
				  " and delivered_at_micros = 1700000000000000"),
		1);

	deposit(zombie, A); /* offset 0 once more */
	ck_assert_int_eq(save(zombie), BUS_ERR_DATA_REFUSED);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from delivery"), 2);
	bus_fold_free(fold);
	bus_fold_free(zombie);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notify store");
	TCase *tcase = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, preferences_are_loaded_as_saved);
	tcase_add_test(tcase, the_next_owner_goes_on);
	tcase_add_test(tcase, an_event_is_delivered_once);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
