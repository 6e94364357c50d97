/* The market as a fold: every command and every fact of the book, taken and refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../facts.h"
#include "../market.h"
#include "../store.h"
#include "bus/fold.h"
#include "make.h"

#define COMMANDS "market.commands"
#define BOOK	 "books.events"

static struct bus_fold *fold;

static void setup(void)
{
	fold = bus_fold_new(&market_processor);
	bus_fold_now(fold, NOW);
}

static void teardown(void)
{
	bus_fold_free(fold);
}

static int tell(const char *topic, const char *symbol, const void *message)
{
	return bus_fold_input(fold, topic, symbol, NULL, message);
}

/* The i-th fact of the last input, which is of this type. */
static const void *fact(size_t i, int type)
{
	ck_assert_uint_lt(i, bus_fold_fact_count(fold));
	ck_assert_int_eq(bus_fold_fact(fold, i)->type, type);
	return bus_fold_fact(fold, i)->message;
}

static void define(void)
{
	MARKET(DefineInstrument) command = make_define("AAPL");

	ck_assert_int_eq(tell(COMMANDS, "AAPL", &command), 0);
	fact(0, FACT(INSTRUMENT_DEFINED));
}

static void open_session(void)
{
	MARKET(OpenSession) command = make_open("AAPL", 20120621);

	ck_assert_int_eq(tell(COMMANDS, "AAPL", &command), 0);
	fact(0, FACT(SESSION_OPENED));
}

static void halt(void)
{
	MARKET(HaltInstrument) command = make_halt("AAPL");

	ck_assert_int_eq(tell(COMMANDS, "AAPL", &command), 0);
	fact(0, FACT(INSTRUMENT_HALTED));
}

static void trade(char *id, int64_t price, int64_t quantity, int64_t at)
{
	BOOKS(Executed) heard = make_executed("AAPL", id, price, quantity, at);

	bus_fold_now(fold, at);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), 0);
}

static int top(int64_t bid, int64_t bid_quantity, int64_t ask, int64_t ask_quantity)
{
	BOOKS(TopOfBookChanged) heard = make_top("AAPL", bid, bid_quantity, ask, ask_quantity);

	return tell(BOOK, "AAPL", &heard);
}

/* The snapshot that the last input sent, which sent nothing else. */
static const void *snapshot(const char *topic)
{
	const struct bus_fold_reaction *reaction;

	ck_assert_uint_eq(bus_fold_reaction_count(fold), 1);
	reaction = bus_fold_reaction(fold, 0);
	ck_assert_str_eq(reaction->topic, topic);
	ck_assert_str_eq(reaction->key, "AAPL");
	return reaction->message;
}

static void refused(int rc, MARKET(RejectReason) reason, const char *type)
{
	const MARKET(CommandRejected) * rejected;

	ck_assert_int_eq(rc, 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	rejected = fact(0, FACT(COMMAND_REJECTED));
	ck_assert_int_eq(rejected->reason, reason);
	ck_assert_str_eq(rejected->command_type, type);
	ck_assert_str_ne(rejected->text, "");
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 0);
}

#define REFUSED(rc, reason, type)                                                                  \
	refused(rc, BOURSE__MARKET__V1__REJECT_REASON__REJECT_REASON_##reason,                     \
		"bourse.market.v1." type)

/* --- Commands
 * -------------------------------------------------------------------------------------- */

START_TEST(test_define)
{
	const MARKET(Instrument) * told;

	define();
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert_str_eq(told->symbol, "AAPL");
	ck_assert_str_eq(told->name, "Apple Inc.");
	ck_assert_int_eq(told->price_increment_micros, 10000);
	ck_assert_int_eq(told->price_increment_below_one_micros, 100);
	ck_assert_int_eq(told->quantity_increment_micros, BUS_MICROS);
	ck_assert_int_eq(told->min_notional_micros, BUS_MICROS);
	ck_assert_int_eq(told->band_fraction_micros, 50000);
	ck_assert(!told->fractionable);
	ck_assert_int_eq(told->reference_price_micros, 585330000);
	ck_assert_int_eq(told->band_low_micros, 556063500);
	ck_assert_int_eq(told->band_high_micros, 614596500);
	ck_assert_int_eq(told->session, BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSED);
	ck_assert(!told->halted);
}
END_TEST

START_TEST(test_define_refused)
{
	MARKET(DefineInstrument) command = make_define("AAPL");
	char text[200];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	command.name = text;
	REFUSED(tell(COMMANDS, "AAPL", &command), INVALID_FIELD, "DefineInstrument");
	command = make_define("AAPL");
	command.price_increment_micros = -1;
	REFUSED(tell(COMMANDS, "AAPL", &command), INVALID_FIELD, "DefineInstrument");
	command = make_define("a symbol that no symbol is");
	REFUSED(tell(COMMANDS, command.symbol, &command), INVALID_FIELD, "DefineInstrument");
	ck_assert_ptr_null(market_find(bus_fold_state(fold), "AAPL"));
}
END_TEST

START_TEST(test_session)
{
	MARKET(OpenSession) open = make_open("AAPL", 20120621);
	MARKET(CloseSession) close = make_close("AAPL");
	const MARKET(Instrument) * told;

	define();
	REFUSED(tell(COMMANDS, "AAPL", &close), SESSION_CLOSED, "CloseSession");
	open_session();
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert_int_eq(told->session, BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPEN);
	ck_assert_int_eq(told->session_date, 20120621);
	ck_assert_int_eq(told->closes_at_micros, NOW + 3600 * BUS_SECOND);
	REFUSED(tell(COMMANDS, "AAPL", &open), SESSION_OPEN, "OpenSession");

	ck_assert_int_eq(tell(COMMANDS, "AAPL", &close), 0);
	fact(0, FACT(SESSION_CLOSED));
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert_int_eq(told->session, BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSED);
	ck_assert_int_eq(told->session_date, 20120621);
	ck_assert_int_eq(told->closes_at_micros, 0);

	REFUSED(tell(COMMANDS, "AAPL", &open), STALE_SESSION_DATE, "OpenSession");
	open.session_date = 20120622;
	open.closes_at_micros = NOW;
	REFUSED(tell(COMMANDS, "AAPL", &open), INVALID_FIELD, "OpenSession");
	open.closes_at_micros = 0;
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &open), 0);
	fact(0, FACT(SESSION_OPENED));
}
END_TEST

START_TEST(test_halt)
{
	MARKET(HaltInstrument) command = make_halt("AAPL");
	MARKET(ResumeInstrument) resume = make_resume("AAPL");
	const MARKET(Instrument) * told;

	define();
	open_session();
	REFUSED(tell(COMMANDS, "AAPL", &resume), NOT_HALTED, "ResumeInstrument");
	halt();
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert(told->halted);
	ck_assert_str_eq(told->halt_reason, "news");
	ck_assert_int_eq(told->session, BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPEN);
	REFUSED(tell(COMMANDS, "AAPL", &command), ALREADY_HALTED, "HaltInstrument");

	ck_assert_int_eq(tell(COMMANDS, "AAPL", &resume), 0);
	fact(0, FACT(INSTRUMENT_RESUMED));
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert(!told->halted);
	ck_assert_str_eq(told->halt_reason, "");
}
END_TEST

START_TEST(test_unknown_symbol)
{
	MARKET(OpenSession) open = make_open("AAPL", 20120621);
	MARKET(CloseSession) close = make_close("AAPL");
	MARKET(HaltInstrument) stop = make_halt("AAPL");
	MARKET(ResumeInstrument) resume = make_resume("AAPL");

	REFUSED(tell(COMMANDS, "AAPL", &open), UNKNOWN_SYMBOL, "OpenSession");
	REFUSED(tell(COMMANDS, "AAPL", &close), UNKNOWN_SYMBOL, "CloseSession");
	REFUSED(tell(COMMANDS, "AAPL", &stop), UNKNOWN_SYMBOL, "HaltInstrument");
	REFUSED(tell(COMMANDS, "AAPL", &resume), UNKNOWN_SYMBOL, "ResumeInstrument");
}
END_TEST

START_TEST(test_blocked)
{
	MARKET(DefineInstrument) command = make_define("AAPL");
	MARKET(CloseSession) close = make_close("AAPL");

	define();
	open_session();
	REFUSED(bus_fold_blocked(fold, COMMANDS, "AAPL", NULL, &command.base), SYMBOL_BLOCKED,
		"DefineInstrument");
	REFUSED(bus_fold_blocked(fold, COMMANDS, "AAPL", NULL, &close.base), SYMBOL_BLOCKED,
		"CloseSession");
}
END_TEST

/* --- Auctions, timers and corporate actions
 * ------------------------------------------------------- */

START_TEST(test_call)
{
	MARKET(CallAuction) opening = make_call("AAPL", AUCTION_OPENING, 20120621);
	MARKET(CallAuction) closing = make_call("AAPL", AUCTION_CLOSING, 0);
	MARKET(CloseSession) close = make_close("AAPL");
	const MARKET(Instrument) * told;

	REFUSED(tell(COMMANDS, "AAPL", &opening), UNKNOWN_SYMBOL, "CallAuction");
	define();
	REFUSED(tell(COMMANDS, "AAPL", &closing), SESSION_CLOSED, "CallAuction");
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &opening), 0);
	fact(0, FACT(AUCTION_CALLED));
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert_int_eq(told->session,
			 BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPENING_AUCTION);
	ck_assert(!told->opening_held);
	ck_assert_int_eq(told->session_date, 20120621);
	REFUSED(tell(COMMANDS, "AAPL", &opening), AUCTION_CALLED, "CallAuction");
	REFUSED(tell(COMMANDS, "AAPL", &close), SESSION_CLOSED, "CloseSession");
	ck_assert_uint_eq(bus_fold_timer_count(fold), 0);

	open_session();
	ck_assert(((const MARKET(Instrument) *)snapshot(TOPIC_SYMBOLS))->opening_held);
	REFUSED(tell(COMMANDS, "AAPL", &opening), SESSION_OPEN, "CallAuction");
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &closing), 0);
	fact(0, FACT(AUCTION_CALLED));
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert_int_eq(told->session,
			 BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSING_AUCTION);
	ck_assert_int_eq(told->closes_at_micros, NOW + 3600 * BUS_SECOND);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 1);
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &close), 0);
	fact(0, FACT(SESSION_CLOSED));
	ck_assert_uint_eq(bus_fold_timer_count(fold), 0);
}
END_TEST

/* The session closes by itself at its time, out of a call too, and not before. */
START_TEST(test_close_due)
{
	MARKET(CallAuction) closing = make_call("AAPL", AUCTION_CLOSING, 0);
	MARKET(OpenSession) open = make_open("AAPL", 20120622);
	MARKET(CloseSession) close = make_close("AAPL");
	const MARKET(Instrument) * told;

	define();
	open_session();
	bus_fold_now(fold, NOW + 3600 * BUS_SECOND - 1);
	ck_assert_int_eq(bus_fold_due(fold), 0);
	bus_fold_now(fold, NOW + 3600 * BUS_SECOND);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	fact(0, FACT(SESSION_CLOSED));
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert_int_eq(told->session, BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSED);
	ck_assert_int_eq(told->closes_at_micros, 0);
	ck_assert_int_eq(bus_fold_due(fold), 0);

	open.closes_at_micros = NOW + 7200 * BUS_SECOND;
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &open), 0);
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &closing), 0);
	bus_fold_now(fold, NOW + 7201 * BUS_SECOND);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	fact(0, FACT(SESSION_CLOSED));

	/* Closed by hand, or without an end: nothing is left to fire. */
	open.session_date = 20120625;
	open.closes_at_micros = NOW + 8000 * BUS_SECOND;
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &open), 0);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 1);
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &close), 0);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 0);
	open.session_date = 20120626;
	open.closes_at_micros = 0;
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &open), 0);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 0);
}
END_TEST

/* A timer that finds something else than it was set for changes nothing. */
START_TEST(test_stale_timers)
{
	static const struct {
		int32_t date;
		int64_t closes_at;
	} cases[] = {
		{ 20120622, NOW + 3600 * BUS_SECOND },
		{ 20120621, NOW + 9999 * BUS_SECOND },
		{ 20120621, 0 },
	};
	MARKET(AnnounceAction) command = make_dividend("AAPL", 2650000, NOW + 1);
	struct symbol *symbol;

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		teardown();
		setup();
		define();
		open_session();
		symbol = market_find(bus_fold_state(fold), "AAPL");
		symbol->instrument.session_date = cases[i].date;
		symbol->instrument.closes_at = cases[i].closes_at;
		bus_fold_now(fold, NOW + 3600 * BUS_SECOND);
		ck_assert_int_eq(bus_fold_due(fold), 1);
		REFUSED(0, SESSION_CLOSED, "SessionCloseDue");
		ck_assert_int_eq(symbol->instrument.session, SESSION_OPEN);
	}
	command.effective_at_micros = NOW + 3601 * BUS_SECOND;
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &command), 0);
	symbol->actions.items[0].action.number = 1;
	bus_fold_now(fold, NOW + 3601 * BUS_SECOND);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	REFUSED(0, INVALID_FIELD, "ActionDue");
}
END_TEST

/* Announced, it changes no price; effective, the reference, the bands and the last price scale. */
START_TEST(test_split)
{
	MARKET(AnnounceAction) command = make_split("AAPL", 4, 1, NOW + 60 * BUS_SECOND);
	const MARKET(ActionAnnounced) * announced;
	const MARKET(ActionEffective) * effective;
	const MARKET(QuoteChanged) * changed;
	char id[BUS_ID_TEXT];

	REFUSED(tell(COMMANDS, "AAPL", &command), UNKNOWN_SYMBOL, "AnnounceAction");
	define();
	open_session();
	trade(T(1), 588, 10, NOW);
	ck_assert_int_eq(top(587, 10, 588, 5), 0);
	command.old_shares = 0;
	REFUSED(tell(COMMANDS, "AAPL", &command), INVALID_FIELD, "AnnounceAction");
	command.old_shares = 1;
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &command), 0);
	announced = fact(0, FACT(ACTION_ANNOUNCED));
	ck_assert(!announced->action->effective);
	ck_assert_int_eq(announced->action->number, 0);
	ck_assert_uint_eq(announced->instrument->n_actions, 1);
	ck_assert_int_eq(announced->instrument->actions_effective, 0);
	ck_assert_int_eq(announced->instrument->reference_price_micros, 585330000);
	memcpy(id, announced->action->action_id, sizeof(id));
	snapshot(TOPIC_SYMBOLS);

	ck_assert_int_eq(bus_fold_due(fold), 0);
	bus_fold_now(fold, NOW + 60 * BUS_SECOND);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 2);
	effective = fact(0, FACT(ACTION_EFFECTIVE));
	ck_assert_str_eq(effective->action->action_id, id);
	ck_assert(effective->action->effective);
	ck_assert_int_eq(effective->action->number, 1);
	ck_assert_int_eq(effective->action->new_shares, 4);
	ck_assert_int_eq(effective->action->cash_price_micros, 146000000);
	ck_assert_int_eq(effective->instrument->actions_effective, 1);
	ck_assert_str_eq(effective->instrument->actions[0]->action_id, id);
	ck_assert(effective->instrument->actions[0]->effective);
	ck_assert_int_eq(effective->instrument->reference_price_micros, 147000000);
	ck_assert_int_eq(effective->instrument->band_low_micros, 139015875);
	ck_assert_int_eq(effective->instrument->band_high_micros, 153649125);
	changed = fact(1, FACT(QUOTE_CHANGED));
	ck_assert_int_eq(changed->quote->last_price_micros, 147000000);
	ck_assert_int_eq(changed->quote->bid_price_micros, 587 * BUS_MICROS);
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 2);
	ck_assert_str_eq(bus_fold_reaction(fold, 0)->topic, TOPIC_SYMBOLS);
	ck_assert_str_eq(bus_fold_reaction(fold, 1)->topic, TOPIC_QUOTES);

	/* It stays with the instrument, and the price before the split comes back nowhere. */
	halt();
	ck_assert_uint_eq(((const MARKET(Instrument) *)snapshot(TOPIC_SYMBOLS))->n_actions, 1);
	ck_assert_int_eq(
		((const MARKET(Instrument) *)snapshot(TOPIC_SYMBOLS))->reference_price_micros,
		147000000);
}
END_TEST

/* Two at one moment: in the order of their ids, each in a step of its own. */
START_TEST(test_dividends)
{
	MARKET(AnnounceAction) command = make_dividend("AAPL", 2650000, NOW + 1);
	const MARKET(ActionEffective) * effective;
	char first[BUS_ID_TEXT];

	define();
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(tell(COMMANDS, "AAPL", &command), 0);
		fact(0, FACT(ACTION_ANNOUNCED));
	}
	ck_assert_uint_eq(bus_fold_timer_count(fold), 2);
	bus_fold_now(fold, NOW + 5);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	effective = fact(0, FACT(ACTION_EFFECTIVE));
	ck_assert_int_eq(effective->action->number, 1);
	ck_assert_int_eq(effective->action->amount_micros, 2650000);
	ck_assert_int_eq(effective->instrument->reference_price_micros, 585330000);
	ck_assert_str_eq(effective->instrument->actions[0]->action_id,
			 effective->action->action_id);
	memcpy(first, effective->action->action_id, sizeof(first));
	ck_assert_int_eq(bus_fold_due(fold), 1);
	effective = fact(0, FACT(ACTION_EFFECTIVE));
	ck_assert_int_eq(effective->action->number, 2);
	ck_assert_int_gt(strcmp(effective->action->action_id, first), 0);
	ck_assert_int_eq(effective->instrument->actions_effective, 2);
	ck_assert_int_eq(bus_fold_due(fold), 0);
}
END_TEST

START_TEST(test_imbalance)
{
	BOOKS(ImbalanceChanged) heard = BOURSE__BOOKS__V1__IMBALANCE_CHANGED__INIT;
	const MARKET(ImbalancePublished) * told;

	heard.symbol = wire_text("AAPL");
	heard.kind = BOURSE__BOOKS__V1__AUCTION_KIND__AUCTION_KIND_OPENING;
	heard.price_micros = 586 * BUS_MICROS;
	heard.volume_micros = 300 * BUS_MICROS;
	heard.imbalance_micros = 20 * BUS_MICROS;
	heard.imbalance_side = BOURSE__ORDERS__V1__SIDE__SIDE_BUY;
	heard.at_micros = NOW - 3;
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_PARK);
	define();
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), 0);
	told = fact(0, FACT(IMBALANCE_PUBLISHED));
	ck_assert_int_eq(told->kind, BOURSE__MARKET__V1__AUCTION_KIND__AUCTION_KIND_OPENING);
	ck_assert_int_eq(told->price_micros, 586 * BUS_MICROS);
	ck_assert_int_eq(told->volume_micros, 300 * BUS_MICROS);
	ck_assert_int_eq(told->imbalance_micros, 20 * BUS_MICROS);
	ck_assert(told->buy_imbalance);
	ck_assert_int_eq(told->at_micros, NOW - 3);
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 0);
	heard.imbalance_side = BOURSE__ORDERS__V1__SIDE__SIDE_SELL;
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), 0);
	told = fact(0, FACT(IMBALANCE_PUBLISHED));
	ck_assert(!told->buy_imbalance);
	heard.volume_micros = -1;
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_PARK);
}
END_TEST

/* --- Quotes
 * ---------------------------------------------------------------------------------------- */

START_TEST(test_quote)
{
	const MARKET(Quote) * told;

	define();
	ck_assert_int_eq(top(585, 100, 0, 0), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	fact(0, FACT(QUOTE_CHANGED));
	told = snapshot(TOPIC_QUOTES);
	ck_assert_str_eq(told->symbol, "AAPL");
	ck_assert_int_eq(told->bid_price_micros, 585 * BUS_MICROS);
	ck_assert_int_eq(told->bid_quantity_micros, 100 * BUS_MICROS);
	ck_assert_int_eq(told->ask_price_micros, 0);
	ck_assert_int_eq(told->ask_quantity_micros, 0);
	ck_assert_int_eq(told->last_price_micros, 0);
	ck_assert_int_eq(told->quoted_at_micros, NOW);

	ck_assert_int_eq(top(585, 100, 586, 7), 0);
	told = snapshot(TOPIC_QUOTES);
	ck_assert_int_eq(told->ask_price_micros, 586 * BUS_MICROS);
	ck_assert_int_eq(told->ask_quantity_micros, 7 * BUS_MICROS);
}
END_TEST

/* Said again, it is no change. */
START_TEST(test_quote_unchanged)
{
	define();
	ck_assert_int_eq(top(585, 100, 586, 7), 0);
	ck_assert_int_eq(top(585, 100, 586, 7), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 0);
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 0);
}
END_TEST

/* A trade is printed when it is heard, and quoted with the top that it leaves. */
START_TEST(test_quote_last)
{
	const MARKET(TradePrinted) * printed;
	const MARKET(Quote) * told;

	define();
	ck_assert_int_eq(top(585, 100, 586, 7), 0);
	trade(T(1), 586, 4, NOW + 5);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	printed = fact(0, FACT(TRADE_PRINTED));
	ck_assert_str_eq(printed->symbol, "AAPL");
	ck_assert_str_eq(printed->trade_id, T(1));
	ck_assert_int_eq(printed->price_micros, 586 * BUS_MICROS);
	ck_assert_int_eq(printed->quantity_micros, 4 * BUS_MICROS);
	ck_assert_int_eq(printed->executed_at_micros, NOW + 5);
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 0);

	ck_assert_int_eq(top(585, 100, 586, 3), 0);
	told = snapshot(TOPIC_QUOTES);
	ck_assert_int_eq(told->last_price_micros, 586 * BUS_MICROS);
	ck_assert_int_eq(told->last_quantity_micros, 4 * BUS_MICROS);
	ck_assert_int_eq(told->last_at_micros, NOW + 5);
}
END_TEST

/* The last price is the reference of what is opened or halted after it. */
START_TEST(test_reference)
{
	const MARKET(Instrument) * told;

	define();
	trade(T(1), 600, 4, NOW);
	open_session();
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert_int_eq(told->reference_price_micros, 600 * BUS_MICROS);
	ck_assert_int_eq(told->band_low_micros, 570 * BUS_MICROS);
	ck_assert_int_eq(told->band_high_micros, 630 * BUS_MICROS);
	trade(T(2), 610, 4, NOW);
	halt();
	told = snapshot(TOPIC_SYMBOLS);
	ck_assert_int_eq(told->reference_price_micros, 610 * BUS_MICROS);
	ck_assert_int_eq(told->band_high_micros, 630 * BUS_MICROS);
}
END_TEST

START_TEST(test_book_parks)
{
	BOOKS(Executed) heard = make_executed("AAPL", T(1), 1, 1, NOW);
	BOOKS(TradingStateChanged) closed = make_trading_state("AAPL", TRADING_STATE(CLOSED));
	BOOKS(TopOfBookChanged) half = make_top("AAPL", 585, 0, 0, 0);

	/* Of a symbol that was never defined. */
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_PARK);
	ck_assert_int_eq(tell(BOOK, "AAPL", &closed), BUS_ERR_PARK);
	ck_assert_int_eq(top(1, 1, 0, 0), BUS_ERR_PARK);

	define();
	ck_assert_int_eq(tell(BOOK, "AAPL", &half), BUS_ERR_PARK);
	ck_assert_int_eq(top(-1, -1, 0, 0), BUS_ERR_PARK);
	ck_assert_int_eq(top(0, 0, 0, 5), BUS_ERR_PARK);

	heard.price_micros = 0;
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_PARK);
	heard = make_executed("AAPL", T(1), 1, -1, NOW);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_PARK);
	heard = make_executed("AAPL", T(1), 1, 1, INT64_MAX);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_PARK);
	heard = make_executed("AAPL", T(1), 1, 1, -1);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_PARK);
	heard = make_executed("AAPL", wire_text("no id"), 1, 1, NOW);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_PARK);
	heard = make_executed("AAPL", T(1), 1, 1, NOW);
	heard.price_micros = heard.quantity_micros = INT64_MAX;
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), BUS_ERR_OVERFLOW);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 0);
}
END_TEST

/* --- Bars
 * ------------------------------------------------------------------------------------------ */

static const MARKET(BarClosed) * bar_fact(size_t i, int64_t start, int64_t count, bool updated)
{
	const MARKET(BarClosed) *bar = fact(i, FACT(BAR_CLOSED));

	ck_assert_str_eq(bar->symbol, "AAPL");
	ck_assert_int_eq(bar->start_at_micros, start);
	ck_assert_int_eq(bar->trade_count, count);
	ck_assert_int_eq(bar->updated, updated);
	return bar;
}

/* A trade of a later minute closes the bar, before it is printed itself. */
START_TEST(test_bar_closed_by_trade)
{
	const MARKET(BarClosed) * bar;

	define();
	trade(T(1), 585, 10, NOW);
	trade(T(2), 587, 1, NOW + 1);
	trade(T(3), 584, 2, NOW + BAR_SPAN - 1);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	trade(T(4), 590, 5, NOW + BAR_SPAN);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 2);
	bar = bar_fact(0, NOW, 3, false);
	fact(1, FACT(TRADE_PRINTED));
	ck_assert_int_eq(bar->open_micros, 585 * BUS_MICROS);
	ck_assert_int_eq(bar->high_micros, 587 * BUS_MICROS);
	ck_assert_int_eq(bar->low_micros, 584 * BUS_MICROS);
	ck_assert_int_eq(bar->close_micros, 584 * BUS_MICROS);
	ck_assert_int_eq(bar->volume_micros, 13 * BUS_MICROS);
	ck_assert_int_eq(bar->notional_micros, (5850 + 587 + 1168) * BUS_MICROS);
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 0);
}
END_TEST

/* So does the book's clock, whatever it tells; but only once, and no minute without a trade. */
START_TEST(test_bar_closed_by_clock)
{
	define();
	trade(T(1), 585, 10, NOW);
	bus_fold_now(fold, NOW + BAR_SPAN - 1);
	ck_assert_int_eq(top(585, 100, 586, 7), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	bus_fold_now(fold, NOW + 5 * BAR_SPAN);
	ck_assert_int_eq(top(585, 100, 586, 7), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	bar_fact(0, NOW, 1, false);
	bus_fold_now(fold, NOW + 6 * BAR_SPAN);
	ck_assert_int_eq(top(585, 100, 586, 8), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	fact(0, FACT(QUOTE_CHANGED));
}
END_TEST

/* The close of the session ends a minute early; a halt does not. */
START_TEST(test_bar_closed_by_session)
{
	BOOKS(TradingStateChanged) heard = make_trading_state("AAPL", TRADING_STATE(HALTED));
	MARKET(CloseSession) close = make_close("AAPL");

	define();
	open_session();
	trade(T(1), 585, 10, NOW);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 0);
	ck_assert_int_eq(tell(COMMANDS, "AAPL", &close), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	heard.state = TRADING_STATE(CLOSED);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	bar_fact(0, NOW, 1, false);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 0);
}
END_TEST

/* A late trade issues the bar of its minute again; where there was none, for the first time. */
START_TEST(test_late_trade)
{
	const MARKET(BarClosed) * bar;
	const struct symbol *symbol;

	define();
	trade(T(1), 585, 10, NOW);
	trade(T(2), 590, 5, NOW + 2 * BAR_SPAN);
	trade(T(3), 600, 1, NOW + 7);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 2);
	fact(0, FACT(TRADE_PRINTED));
	bar = bar_fact(1, NOW, 2, true);
	ck_assert_int_eq(bar->high_micros, 600 * BUS_MICROS);
	ck_assert_int_eq(bar->volume_micros, 11 * BUS_MICROS);
	trade(T(4), 580, 1, NOW + BAR_SPAN);
	bar_fact(1, NOW + BAR_SPAN, 1, false);
	trade(T(5), 581, 1, NOW + BAR_SPAN);
	bar_fact(1, NOW + BAR_SPAN, 2, true);

	/* The open bar is untouched by all this, and the last trade is still the latest one. */
	symbol = market_find(bus_fold_state(fold), "AAPL");
	ck_assert_int_eq(symbol->bars->bar.start, NOW + 2 * BAR_SPAN);
	ck_assert_int_eq(symbol->bars->bar.count, 1);
	ck_assert(!symbol->bars->bar.closed);
	ck_assert_int_eq(symbol->quote.last.price.micros, 590 * BUS_MICROS);
}
END_TEST

/* After the close of the session a trade of the same minute updates the bar that was issued. */
START_TEST(test_late_trade_after_close)
{
	BOOKS(TradingStateChanged) heard = make_trading_state("AAPL", TRADING_STATE(CLOSED));

	define();
	trade(T(1), 585, 10, NOW);
	ck_assert_int_eq(tell(BOOK, "AAPL", &heard), 0);
	trade(T(2), 586, 10, NOW + 9);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 2);
	bar_fact(1, NOW, 2, true);
}
END_TEST

/* bars == fold(trades): a thousand trades over twenty minutes, one in eight of them late. */
START_TEST(test_bars_are_the_fold_of_trades)
{
	enum { MINUTES = 20, TRADES = 1000 };
	struct bar expected[MINUTES] = { 0 };
	const struct held_bar *held;
	uint32_t random = 12345;
	int bars = 0;

	define();
	for (int i = 0; i < TRADES; i++) {
		struct trade next;
		int minute = i * MINUTES / TRADES;
		char id[BUS_ID_TEXT];

		random = random * 1664525 + 1013904223;
		if (random >> 29 == 0 && minute)
			minute -= 1 + (int)(random >> 8) % minute;
		next = (struct trade){ { (500 + (random >> 16) % 100) * BUS_MICROS },
				       { (1 + (random >> 10) % 50) * BUS_MICROS },
				       NOW + minute * BAR_SPAN + (random >> 7) % BAR_SPAN };
		ck_assert(bar_add(expected[minute].count ? &expected[minute] : NULL, &next,
				  &expected[minute]));
		snprintf(id, sizeof(id), "00000000-0000-8000-8000-%012d", i);
		trade(id, next.price.micros / BUS_MICROS, next.quantity.micros / BUS_MICROS,
		      next.at);
	}
	held = market_find(bus_fold_state(fold), "AAPL")->bars;
	for (; held; held = held->next, bars++) {
		const struct bar *want = &expected[(held->bar.start - NOW) / BAR_SPAN];

		ck_assert_int_eq(held->bar.open.micros, want->open.micros);
		ck_assert_int_eq(held->bar.high.micros, want->high.micros);
		ck_assert_int_eq(held->bar.low.micros, want->low.micros);
		ck_assert_int_eq(held->bar.close.micros, want->close.micros);
		ck_assert_int_eq(held->bar.volume.micros, want->volume.micros);
		ck_assert_int_eq(held->bar.notional.micros, want->notional.micros);
		ck_assert_int_eq(held->bar.count, want->count);
		ck_assert_int_eq(held->bar.closed, bars > 0);
	}
	ck_assert_int_eq(bars, MINUTES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("market");
	TCase *tcase = tcase_create("market");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_define);
	tcase_add_test(tcase, test_define_refused);
	tcase_add_test(tcase, test_session);
	tcase_add_test(tcase, test_halt);
	tcase_add_test(tcase, test_unknown_symbol);
	tcase_add_test(tcase, test_blocked);
	tcase_add_test(tcase, test_call);
	tcase_add_test(tcase, test_close_due);
	tcase_add_test(tcase, test_stale_timers);
	tcase_add_test(tcase, test_split);
	tcase_add_test(tcase, test_dividends);
	tcase_add_test(tcase, test_imbalance);
	tcase_add_test(tcase, test_quote);
	tcase_add_test(tcase, test_quote_unchanged);
	tcase_add_test(tcase, test_quote_last);
	tcase_add_test(tcase, test_reference);
	tcase_add_test(tcase, test_book_parks);
	tcase_add_test(tcase, test_bar_closed_by_trade);
	tcase_add_test(tcase, test_bar_closed_by_clock);
	tcase_add_test(tcase, test_bar_closed_by_session);
	tcase_add_test(tcase, test_late_trade);
	tcase_add_test(tcase, test_late_trade_after_close);
	tcase_add_test(tcase, test_bars_are_the_fold_of_trades);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
