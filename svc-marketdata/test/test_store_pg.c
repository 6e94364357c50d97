/*
 * What is saved and loaded again is what was there, on a real PostgreSQL: the state goes on from
 * the store as if it had never left the memory, and the rows are the fold of the facts.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../market.h"
#include "../store.h"
#include "bus/fold.h"
#include "lib/test_store.h"
#include "make.h"
#include "migrations.h"

#define COMMANDS "market.commands"
#define BOOK	 "books.events"

static struct test_store store;
static struct bus_fold *fold;

static void setup(void)
{
	test_store_init(&store, migrations, migrations_count);
	fold = bus_fold_new(&market_processor);
	bus_fold_now(fold, NOW);
}

static void teardown(void)
{
	bus_fold_free(fold);
	test_store_release(&store);
}

static void tell(const char *topic, const char *symbol, const void *message)
{
	ck_assert_int_eq(bus_fold_input(fold, topic, symbol, NULL, message), 0);
}

static void save(void)
{
	ck_assert_int_eq(test_store_save(&store, &market_processor, bus_fold_state(fold)), 0);
}

/* A state that has loaded these two symbols. */
static struct market *loaded(void)
{
	static const char *const keys[] = { "AAPL", "MSFT" };
	struct bus_load load = { .keys = keys, .key_count = 2 };
	struct market *market = market_new();

	test_store_load(&store, &market_processor, market, &load);
	return market;
}

static void define(const char *symbol)
{
	MARKET(DefineInstrument) command = make_define(symbol);

	tell(COMMANDS, symbol, &command);
}

static void trade(const char *symbol, char *id, int64_t price, int64_t at)
{
	BOOKS(Executed) heard = make_executed(symbol, id, price, 3, at);

	bus_fold_now(fold, at);
	tell(BOOK, symbol, &heard);
}

static void same_bar(const struct bar *a, const struct bar *b)
{
	ck_assert_int_eq(a->start, b->start);
	ck_assert_int_eq(a->open.micros, b->open.micros);
	ck_assert_int_eq(a->high.micros, b->high.micros);
	ck_assert_int_eq(a->low.micros, b->low.micros);
	ck_assert_int_eq(a->close.micros, b->close.micros);
	ck_assert_int_eq(a->volume.micros, b->volume.micros);
	ck_assert_int_eq(a->notional.micros, b->notional.micros);
	ck_assert_int_eq(a->count, b->count);
	ck_assert_int_eq(a->closed, b->closed);
	ck_assert_int_eq(a->updated, b->updated);
}

static void same_instrument(const struct instrument *a, const struct instrument *b)
{
	ck_assert_str_eq(a->definition.symbol, b->definition.symbol);
	ck_assert_str_eq(a->definition.name, b->definition.name);
	ck_assert_int_eq(a->definition.increment.micros, b->definition.increment.micros);
	ck_assert_int_eq(a->definition.increment_below_one.micros,
			 b->definition.increment_below_one.micros);
	ck_assert_int_eq(a->definition.lot.micros, b->definition.lot.micros);
	ck_assert_int_eq(a->definition.min_notional.micros, b->definition.min_notional.micros);
	ck_assert_int_eq(a->definition.band_fraction_micros, b->definition.band_fraction_micros);
	ck_assert_int_eq(a->definition.fractionable, b->definition.fractionable);
	ck_assert_int_eq(a->reference.micros, b->reference.micros);
	ck_assert_int_eq(a->band_low.micros, b->band_low.micros);
	ck_assert_int_eq(a->band_high.micros, b->band_high.micros);
	ck_assert_int_eq(a->session, b->session);
	ck_assert_int_eq(a->session_date, b->session_date);
	ck_assert_int_eq(a->closes_at, b->closes_at);
	ck_assert_int_eq(a->halted, b->halted);
	ck_assert_str_eq(a->halt_reason, b->halt_reason);
	ck_assert_int_eq(a->opening_held, b->opening_held);
}

static void same_actions(const struct actions *a, const struct actions *b)
{
	ck_assert_int_eq(a->count, b->count);
	for (int i = 0; i < a->count; i++) {
		const struct action *x = &a->items[i].action, *y = &b->items[i].action;

		ck_assert(bus_id_equal(x->id, y->id));
		ck_assert_int_eq(x->kind, y->kind);
		ck_assert_int_eq(x->effective_at, y->effective_at);
		ck_assert_int_eq(x->new_shares, y->new_shares);
		ck_assert_int_eq(x->old_shares, y->old_shares);
		ck_assert_int_eq(x->cash_price.micros, y->cash_price.micros);
		ck_assert_int_eq(x->amount.micros, y->amount.micros);
		ck_assert_str_eq(x->new_symbol, y->new_symbol);
		ck_assert_int_eq(x->number, y->number);
		ck_assert(!a->items[i].dirty && !b->items[i].dirty);
	}
}

static void same_symbol(const struct market *a, const struct market *b, const char *name)
{
	const struct symbol *x = market_find(a, name), *y = market_find(b, name);

	ck_assert_ptr_nonnull(x);
	ck_assert_ptr_nonnull(y);
	same_instrument(&x->instrument, &y->instrument);
	same_actions(&x->actions, &y->actions);
	ck_assert(quote_top_is(&x->quote, y->quote.bid, y->quote.ask));
	ck_assert_int_eq(x->quote.last.price.micros, y->quote.last.price.micros);
	ck_assert_int_eq(x->quote.last.quantity.micros, y->quote.last.quantity.micros);
	ck_assert_int_eq(x->quote.last_at, y->quote.last_at);
	ck_assert_int_eq(x->quote.quoted_at, y->quote.quoted_at);
	ck_assert_int_eq(x->bars != NULL, y->bars != NULL);
	if (x->bars) {
		same_bar(&x->bars->bar, &y->bars->bar);
		ck_assert_ptr_null(y->bars->next);
	}
}

START_TEST(test_load_is_save)
{
	MARKET(OpenSession) open = make_open("AAPL", 20120621);
	MARKET(HaltInstrument) stop = make_halt("AAPL");
	BOOKS(TopOfBookChanged) top = make_top("AAPL", 585, 100, 586, 7);
	struct market *market;

	define("MSFT");
	define("AAPL");
	tell(COMMANDS, "AAPL", &open);
	trade("AAPL", T(1), 586, NOW);
	trade("AAPL", T(2), 587, NOW + BAR_SPAN);
	tell(BOOK, "AAPL", &top);
	tell(COMMANDS, "AAPL", &stop);
	save();

	market = loaded();
	same_symbol(bus_fold_state(fold), market, "AAPL");
	same_symbol(bus_fold_state(fold), market, "MSFT");
	ck_assert_int_eq(test_store_number(&store, "select count(*) from trade"), 2);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from bar"), 2);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from bar where closed"), 1);
	market_free(market);
}
END_TEST

/* Auctions and actions, announced and effective, over two saves. */
START_TEST(test_actions)
{
	MARKET(CallAuction) call = make_call("AAPL", AUCTION_OPENING, 20120621);
	MARKET(AnnounceAction) split = make_split("AAPL", 4, 1, NOW + 60 * BUS_SECOND);
	MARKET(AnnounceAction) dividend = make_dividend("MSFT", 2650000, NOW + 30 * BUS_SECOND);
	MARKET(AnnounceAction) rename = BOURSE__MARKET__V1__ANNOUNCE_ACTION__INIT;
	struct market *market;

	rename.symbol = wire_text("AAPL");
	rename.kind = BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_RENAME;
	rename.new_symbol = wire_text("APPL");
	rename.effective_at_micros = NOW + 90 * BUS_SECOND;
	define("MSFT");
	define("AAPL");
	tell(COMMANDS, "AAPL", &call);
	tell(COMMANDS, "AAPL", &rename);
	tell(COMMANDS, "AAPL", &split);
	tell(COMMANDS, "MSFT", &dividend);
	save();
	market = loaded();
	same_symbol(bus_fold_state(fold), market, "AAPL");
	same_symbol(bus_fold_state(fold), market, "MSFT");
	ck_assert_int_eq(market_find(market, "AAPL")->instrument.session, SESSION_OPENING_AUCTION);
	ck_assert_int_eq(market_find(market, "AAPL")->actions.count, 2);
	market_free(market);

	bus_fold_now(fold, NOW + 60 * BUS_SECOND);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_int_eq(bus_fold_due(fold), 0);
	save();
	market = loaded();
	same_symbol(bus_fold_state(fold), market, "AAPL");
	same_symbol(bus_fold_state(fold), market, "MSFT");
	ck_assert_int_eq(actions_effective(&market_find(market, "AAPL")->actions), 1);
	ck_assert_int_eq(actions_effective(&market_find(market, "MSFT")->actions), 1);
	market_free(market);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from corporate_action"), 3);
}
END_TEST

/* A batch in which nothing changed writes nothing; a second save writes only what is new. */
START_TEST(test_save_again)
{
	struct market *market;

	define("AAPL");
	save();
	save();
	test_store_exec(&store, "update instrument set name = 'touched'");
	trade("AAPL", T(1), 586, NOW);
	save();
	trade("AAPL", T(2), 590, NOW + 1);
	save();
	ck_assert_int_eq(test_store_number(&store, "select count(*) from instrument"
						   " where name = 'touched'"),
			 1);
	market = loaded();
	ck_assert_int_eq(market_find(market, "AAPL")->bars->bar.count, 2);
	ck_assert_ptr_null(market_find(market, "MSFT"));
	market_free(market);
}
END_TEST

/* The bar of a late trade has left the memory, and is looked up for the batch that needs it. */
START_TEST(test_late_bar_is_loaded)
{
	static const char *const keys[] = { "AAPL" };
	BOOKS(Executed) late = make_executed("AAPL", T(4), 600, 2, NOW + 30);
	struct bus_input input = { .message = &late.base, .key = "AAPL", .topic = BOOK };
	struct bus_load load = { .inputs = &input, .input_count = 1 };
	struct market *market = bus_fold_state(fold);

	define("AAPL");
	trade("AAPL", T(1), 586, NOW);
	trade("AAPL", T(2), 587, NOW + BAR_SPAN);
	trade("AAPL", T(3), 588, NOW + 2 * BAR_SPAN);
	save();
	ck_assert_ptr_null(symbol_bar(market_find(market, "AAPL"), NOW));

	test_store_load(&store, &market_processor, market, &load);
	ck_assert_ptr_nonnull(symbol_bar(market_find(market, "AAPL"), NOW));
	ck_assert_ptr_null(symbol_bar(market_find(market, "AAPL"), NOW + BAR_SPAN));
	trade("AAPL", T(4), 600, NOW + 30);
	save();
	ck_assert_int_eq(test_store_number(&store, "select count(*) from bar where updated and"
						   " closed and trade_count = 2 and"
						   " high_micros = 600000000"),
			 1);

	/* The same when the symbol itself is not loaded yet. */
	market = market_new();
	load.keys = keys;
	load.key_count = 1;
	test_store_load(&store, &market_processor, market, &load);
	ck_assert_int_eq(symbol_bar(market_find(market, "AAPL"), NOW)->bar.count, 2);
	ck_assert_int_eq(market_find(market, "AAPL")->bars->bar.start, NOW + 2 * BAR_SPAN);
	market_free(market);
}
END_TEST

/* Every bar of the table is the fold of the trades of the table, saved in batches of all sizes. */
START_TEST(test_bars_are_the_fold_of_trades)
{
	static const char differing[] =
		"select count(*) from (select symbol,"
		" executed_at_micros / 60000000 * 60000000 as start,"
		" max(price_micros) as high, min(price_micros) as low, sum(quantity_micros) as "
		"volume,"
		" sum(price_micros::numeric * quantity_micros / 1000000) as notional, count(*) as "
		"n,"
		" (array_agg(price_micros order by executed_at_micros))[1] as first,"
		" (array_agg(price_micros order by executed_at_micros desc))[1] as last"
		" from trade group by 1, 2) t full join bar b"
		" on b.symbol = t.symbol and b.start_at_micros = t.start where"
		" (b.high_micros, b.low_micros, b.volume_micros, b.notional_micros, b.trade_count,"
		"  b.open_micros, b.close_micros) is distinct from"
		" (t.high, t.low, t.volume, t.notional, t.n, t.first, t.last)";
	uint32_t random = 99;
	int64_t at = NOW;

	define("AAPL");
	define("MSFT");
	for (int i = 0; i < 300; i++) {
		char id[BUS_ID_TEXT];

		random = random * 1664525 + 1013904223;
		at += (random >> 8) % (20 * BUS_SECOND) + 1;
		snprintf(id, sizeof(id), "00000000-0000-8000-8000-%012d", i);
		trade(random >> 31 ? "AAPL" : "MSFT", id, 500 + (random >> 16) % 100, at);
		if ((random >> 20) % 7 == 0)
			save();
	}
	save();
	ck_assert_int_eq(test_store_number(&store, "select count(*) from trade"), 300);
	ck_assert_int_gt(test_store_number(&store, "select count(*) from bar"), 50);
	ck_assert_int_eq(test_store_number(&store, differing), 0);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from bar where not closed"), 2);
}
END_TEST

/* A trade that is there already is refused by the table, and nothing of its batch stays. */
START_TEST(test_trade_twice)
{
	define("AAPL");
	trade("AAPL", T(1), 586, NOW);
	save();
	trade("AAPL", T(1), 600, NOW + BAR_SPAN);
	ck_assert_int_eq(test_store_save(&store, &market_processor, bus_fold_state(fold)),
			 BUS_ERR_DATA_REFUSED);
	ck_assert_int_eq(test_store_number(&store, "select count(*) from bar"), 1);
	ck_assert_int_eq(test_store_number(&store, "select last_price_micros from quote"),
			 586000000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("marketdata store");
	TCase *tcase = tcase_create("store");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_load_is_save);
	tcase_add_test(tcase, test_actions);
	tcase_add_test(tcase, test_save_again);
	tcase_add_test(tcase, test_late_bar_is_loaded);
	tcase_add_test(tcase, test_bars_are_the_fold_of_trades);
	tcase_add_test(tcase, test_trade_twice);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
