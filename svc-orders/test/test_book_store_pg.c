/*
 * The book's tables on a real PostgreSQL: what is loaded equals what was saved, in everything that
 * a decision could depend on; what comes and goes within a batch never touches a table; half a
 * sweep survives.
 */
#include "book_fold.h"
#include "book_handlers.h"
#include "lib/test_store.h"
#include "migrations.h"

#define ACCOUNT 7

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

static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 11) % below;
}

static void random_input(uint64_t *seed, uint64_t *last_id)
{
	uint64_t kind = draw(seed, 100), id = 1 + draw(seed, *last_id + 1);

	if (kind < 60)
		place(++*last_id, draw(seed, 2) == 0 ? BOOK_BUY : BOOK_SELL,
		      draw(seed, 2) == 0 ? BOOK_DAY : BOOK_GTC, 1 + (int64_t)draw(seed, 90),
		      1000 + (int64_t)draw(seed, 30));
	else if (kind < 75)
		send_cancel(fold, id, ACCOUNT);
	else if (kind < 95)
		send_decrease(fold, id, ACCOUNT, 1 + (int64_t)draw(seed, 40));
	else if (kind < 97)
		send_market(fold, HALTS, true, true, 20120621);
	else
		send_market(fold, RESUMES, true, false, 20120621);
}

START_TEST(test_what_is_loaded_is_what_was_saved)
{
	uint64_t seed = 5, last_id = 0, trades = 0;

	for (int i = 0; i < 800; i++) {
		random_input(&seed, &last_id);
		for (size_t k = 0; k < bus_fold_fact_count(fold); k++)
			trades += bus_fold_fact(fold, k)->type == (int)BOOK_FACT(EXECUTED);
		save(bus_fold_state(fold));
		if (i % 100 == 99)
			check_loaded(fold_book(fold));
	}
	ck_assert_uint_gt(trades, 50);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from trade"), (int64_t)trades);
	ck_assert_int_eq(test_store_number(&store, "select count(distinct trade_id) from trade"),
			 (int64_t)trades);
	send_market(fold, SESSION_CLOSES, false, false, 20120621);
	save(bus_fold_state(fold));
	check_loaded(fold_book(fold));
	ck_assert_int_eq(test_store_number(&store, "select count(*) from resting_order "
						   "where time_in_force = 1"),
			 0);
	ck_assert_int_gt(test_store_number(&store, "select count(*) from resting_order"), 0);
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

/* A taker's first step is committed and the next is not: who takes over goes on with the rest of
 * it. */
START_TEST(test_half_a_sweep_survives)
{
	struct book_state *half = book_processor.state_new(), *loaded;
	const struct book *book;
	size_t told;

	for (uint64_t i = 1; i <= BOOK_STEP_TRADES + 10; i++) {
		place(i, BOOK_SELL, BOOK_DAY, 1, 100);
		replay(fold, half);
	}
	save(half);
	place(5000, BOOK_BUY, BOOK_DAY, BOOK_STEP_TRADES + 15, 100);
	for (told = 0; told < bus_fold_fact_count(fold); told++) {
		const struct bus_fact *fact = bus_fold_fact(fold, told);

		if (fact->sequence != bus_fold_fact(fold, 0)->sequence)
			break;
		book_processor.evolve(half, fact);
	}
	ck_assert_uint_lt(told, bus_fold_fact_count(fold));
	save(half);
	loaded = load(SYMBOL);
	book = book_state_find(loaded, SYMBOL);
	ck_assert_int_eq(book->taker.leaves.micros, 15);
	check_same_book(book, book_state_find(half, SYMBOL));

	/* The rest of the facts lead to the same book as those of an owner that never stopped. */
	for (; told < bus_fold_fact_count(fold); told++)
		book_processor.evolve(loaded, bus_fold_fact(fold, told));
	check_same_book(fold_book(fold), book);
	save(loaded);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from book_symbol "
						   "where taker_id is not null"),
			 0);
	book_processor.state_free(half);
	book_processor.state_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("book_store");
	TCase *tcase = tcase_create("tables");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, test_what_is_loaded_is_what_was_saved);
	tcase_add_test(tcase, test_what_comes_and_goes_within_a_batch_touches_no_row);
	tcase_add_test(tcase, test_other_symbols_are_not_loaded);
	tcase_add_test(tcase, test_half_a_sweep_survives);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
