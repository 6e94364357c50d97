/*
 * The book's tables on a real PostgreSQL: what is loaded equals what was saved, in everything that
 * a decision could depend on, and goes on as if it had never been dropped; what comes and goes
 * within a batch never touches a table.
 */
#include "book_wild.h"
#include "lib/test_store.h"
#include "migrations.h"

static struct test_store store;
static struct bus_fold *fold;

static void setup(void)
{
	test_store_init(&store, migrations, migrations_count);
	fold = bus_fold_new(&book_processor);
}

static void teardown(void)
{
	bus_fold_free(fold);
	test_store_release(&store);
}

/* Trades borrow their facts until the save: the fold keeps those of one input. */
static void save(struct book_state *state)
{
	ck_assert_int_eq(test_store_save(&store, &book_processor, state), 0);
}

/* Returns owned. */
static struct book_state *load(const char *symbol)
{
	struct book_state *state = book_processor.state_new();
	struct bus_load keys = { .keys = &symbol, .key_count = 1 };

	test_store_load(&store, &book_processor, state, &keys);
	return state;
}

static void check_loaded(const struct book *book)
{
	struct book_state *loaded = load(SYMBOL);

	check_same_book(book, book_state_find(loaded, SYMBOL));
	ck_assert_int_eq(test_store_number(&store, "select count(*) from resting_order"),
			 (int64_t)book_count(book));
	book_processor.state_free(loaded);
}

static int place(uint64_t id, enum book_side side, enum book_tif tif, int64_t quantity,
		 int64_t price)
{
	return send_new(fold, &(struct order_words){ .id = id,
						     .account = ACCOUNT,
						     .side = side,
						     .type = BOOK_LIMIT,
						     .tif = tif,
						     .quantity = quantity,
						     .price = price });
}

/* The trades of the last input. */
static uint64_t count_trades(void)
{
	uint64_t trades = 0;

	for (size_t k = 0; k < bus_fold_fact_count(fold); k++)
		trades += bus_fold_fact(fold, k)->type == (int)BOOK_FACT(EXECUTED);
	return trades;
}

/*
 * A state that hears the facts alone is saved after each input, and dropped and loaded anew again
 * and again: it stays equal to the one that never was.
 */
START_TEST(test_what_is_loaded_is_what_was_saved)
{
	struct wild w = { .fold = fold, .seed = 5 + (uint64_t)_i };
	struct book_state *state = book_processor.state_new();
	uint64_t trades = 0;

	for (int i = 0; i < 1500; i++) {
		bus_fold_now(fold, (int64_t)i * 100000);
		wild_input(&w);
		trades += count_trades();
		replay(fold, state);
		save(state);
		if (i % 20 != 19)
			continue;
		check_loaded(fold_book(fold));
		book_processor.state_free(state);
		state = load(SYMBOL);
	}
	ck_assert_uint_gt(trades, 50);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from trade"), (int64_t)trades);
	ck_assert_int_eq(test_store_number(&store, "select count(distinct trade_id) from trade"),
			 (int64_t)trades);
	book_processor.state_free(state);
}
END_TEST

/* One row of each kind, column by column. */
static const struct row_case {
	const char *name;
	const char *inputs[6];
	const char *where; /* true of exactly one resting order */
} row_cases[] = {
	{ "a plain order",
	  { "buy 1 10@100 gtc until=5M", "sell 2 4@100 day account=8" },
	  "queue = 1 and order_type = 2 and side = 1 and time_in_force = 2 and price_micros = 100 "
	  "and "
	  "quantity_micros = 10 and leaves_micros = 6 and expires_at_micros = 5000000 and "
	  "sibling_id is null and stop_price_micros is null" },
	{ "decreased: it came smaller",
	  { "buy 1 10@100 day", "sell 2 4@100 day account=8", "decrease 1 1" },
	  "quantity_micros = 9 and leaves_micros = 5" },
	{ "prevented",
	  { "buy 1 10@100 day", "sell 2 4@100 day stp=5" },
	  "quantity_micros = 6 and leaves_micros = 6" },
	{ "replaced in its place: another id, the old row is gone",
	  { "buy 1 10@100 day stp=3", "replace 1 2 9@100 gtc" },
	  "order_id::text like '%2' and quantity_micros = 9 and time_in_force = 2 and "
	  "self_trade_prevention = 3" },
	{ "post-only", { "buy 1 10@100 day post" }, "post_only" },
	{ "a stop and its sibling",
	  { "sell 1 5@110 gtc with=2", "sell 2 5@85 gtc stoplimit=90 with=1",
	    "replace 1 3 5@110 gtc" },
	  "queue = 2 and order_type = 4 and stop_price_micros = 90 and sibling_id::text like '%3' "
	  "and "
	  "best_price_micros = 0" },
	{ "an elected stop is a row anew",
	  { "buy 1 1@90 day", "sell 2 5@89 gtc stoplimit=90", "sell 3 1@90 day account=8" },
	  "queue = 1 and order_type = 4 and price_micros = 89" },
	{ "a trailing stop that has moved",
	  { "sell 1 1@1 day trail=5 reference=100", "buy 2 1@120 day",
	    "sell 3 1@120 day account=8" },
	  "queue = 2 and order_type = 5 and trail_price_micros = 5 and best_price_micros = 120 and "
	  "stop_price_micros = 115" },
	{ "by per cent",
	  { "sell 1 1@1 day percent=5M reference=100" },
	  "trail_percent_micros = 5000000 and trail_price_micros = 0 and stop_price_micros = 95" },
	{ "a market order on close", { "buy 1 5@105 cls market" }, "queue = 4 and order_type = 1" },
	{ "an order on open",
	  { "call opening", "sell 1 5@105 opg" },
	  "queue = 3 and time_in_force = 5" },
};

/* Saved after each input, and again at the end from what is loaded. */
START_TEST(test_row)
{
	const struct row_case *c = &row_cases[_i];
	char sql[512];

	for (size_t i = 0; i < BUS_ARRAY_LEN(c->inputs) && c->inputs[i] != NULL; i++) {
		ck_assert_int_eq(send_words(fold, c->inputs[i]), 0);
		save(bus_fold_state(fold));
		check_loaded(fold_book(fold));
	}
	snprintf(sql, sizeof(sql), "select count(*) from resting_order where %s", c->where);
	ck_assert_msg(test_store_number(&store, sql) == 1, "%s", c->name);
}
END_TEST

START_TEST(test_row_of_the_symbol)
{
	bus_fold_now(fold, 3000000);
	send_words(fold, "open actions=2");
	send_words(fold, "buy 1 1@100 day actions=2");
	send_words(fold, "sell 2 1@100 day actions=2");
	save(bus_fold_state(fold));
	ck_assert_int_eq(test_store_number(&store,
					   "select count(*) from book_symbol where trading = 2 and "
					   "session_date = 20120621 and actions = 2 and "
					   "last_price_micros = 100 and opening_held"),
			 1);
	send_words(fold, "call closing actions=2");
	send_words(fold, "buy 3 5@101 gtc actions=2");
	send_words(fold, "sell 4 3@100 gtc actions=2");
	save(bus_fold_state(fold));
	check_loaded(fold_book(fold));
	ck_assert_int_eq(test_store_number(
				 &store, "select count(*) from book_symbol where trading = 5 and "
					 "imbalance_price_micros = 100 and "
					 "imbalance_volume_micros = 3 and imbalance_micros = 2 and "
					 "imbalance_side = 1 and imbalance_at_micros = 3000000"),
			 1);
}
END_TEST

START_TEST(test_what_comes_and_goes_within_a_batch_touches_no_row)
{
	place(1, BOOK_BUY, BOOK_DAY, 5, 100);
	send_decrease(fold, 1, ACCOUNT, 1);
	place(2, BOOK_BUY, BOOK_DAY, 5, 100);
	send_cancel(fold, 1, ACCOUNT);
	save(bus_fold_state(fold));
	check_loaded(fold_book(fold));
	/* What PostgreSQL has written since the table was made, whether it is still there or not.
	 */
	test_store_exec(&store, "vacuum resting_order");
	ck_assert_int_eq(test_store_number(&store, "select count(*) from resting_order"), 1);
	ck_assert_int_eq(test_store_number(&store, "select split_part(trim(both '()' from "
						   "max(ctid)::text), ',', 2) from resting_order"),
			 1);

	/* Nothing has changed: nothing is written. */
	save(bus_fold_state(fold));
	place(3, BOOK_BUY, BOOK_IOC, 5, 90);
	save(bus_fold_state(fold));
	ck_assert_int_eq(test_store_number(&store, "select last_priority from book_symbol"), 2);

	/* It was saved, and goes: its row goes. */
	send_decrease(fold, 2, ACCOUNT, 2);
	send_cancel(fold, 2, ACCOUNT);
	save(bus_fold_state(fold));
	ck_assert_int_eq(test_store_number(&store, "select count(*) from resting_order"), 0);
	check_loaded(fold_book(fold));
}
END_TEST

START_TEST(test_other_symbols_are_not_loaded)
{
	struct book_state *other;

	place(1, BOOK_BUY, BOOK_GTC, 5, 100);
	save(bus_fold_state(fold));
	other = load("MSFT");
	ck_assert_uint_eq(book_count(book_state_find(other, SYMBOL)), 0);
	ck_assert_uint_eq(book_count(book_state_find(other, "MSFT")), 0);
	book_processor.state_free(other);
}
END_TEST

/* More steps than one, and one save: what the rows say is the end of it. */
START_TEST(test_a_sweep_of_many_steps_is_saved_at_its_end)
{
	for (uint64_t i = 1; i <= BOOK_STEP_TRADES + 10; i++)
		place(i, BOOK_SELL, BOOK_DAY, 1, 100);
	save(bus_fold_state(fold));
	place(5000, BOOK_BUY, BOOK_DAY, BOOK_STEP_TRADES + 15, 100);
	ck_assert_int_gt(bus_fold_fact(fold, bus_fold_fact_count(fold) - 1)->sequence,
			 bus_fold_fact(fold, 0)->sequence);
	save(bus_fold_state(fold));
	check_loaded(fold_book(fold));
	ck_assert_int_eq(test_store_number(&store, "select leaves_micros from resting_order"), 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("book_store");
	TCase *tcase = tcase_create("tables");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, test_what_is_loaded_is_what_was_saved, 0, 3);
	tcase_add_loop_test(tcase, test_row, 0, BUS_ARRAY_LEN(row_cases));
	tcase_add_test(tcase, test_row_of_the_symbol);
	tcase_add_test(tcase, test_what_comes_and_goes_within_a_batch_touches_no_row);
	tcase_add_test(tcase, test_other_symbols_are_not_loaded);
	tcase_add_test(tcase, test_a_sweep_of_many_steps_is_saved_at_its_end);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
