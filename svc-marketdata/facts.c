/*
 * The facts of the market: what each changes, the snapshot it leads to, and the timers it sets. A
 * bar that is issued carries all its values, so that a late trade whose bar is not in memory still
 * leaves the right one.
 */
#include "facts.h"

#include <stdio.h>
#include <string.h>

#include "store.h"
#include "wire.h"

#define TIMER_CLOSE  "close"
#define TIMER_ACTION "action:" /* and the action's id */

static void evolve_instrument(struct market *market, const MARKET(Instrument) * instrument)
{
	struct symbol *symbol = market_take(market, instrument->symbol);

	wire_instrument_get(instrument, &symbol->instrument);
	symbol->instrument_dirty = true;
	market_touch(market, symbol);
}

/* After evolve_instrument, which has listed the symbol for save(). */
static void evolve_action(struct market *market, const char *key,
			  const MARKET(CorporateAction) * message)
{
	struct action action;

	wire_action_get(message, &action);
	actions_put(&market_take(market, key)->actions, &action);
}

static void evolve_trade(struct market *market, const MARKET(TradePrinted) * fact)
{
	struct symbol *symbol = market_take(market, fact->symbol);
	struct printed printed = {
		.symbol = symbol,
		.trade = {
			.price = { fact->price_micros },
			.quantity = { fact->quantity_micros },
			.at = fact->executed_at_micros,
		},
	};
	struct held_bar *held = symbol_bar(symbol, bar_start(printed.trade.at));
	bool ok = bus_id_parse(fact->trade_id, strlen(fact->trade_id), &printed.id);
	struct bar bar;

	ok = ok && bar_add(held ? &held->bar : NULL, &printed.trade, &bar);
	bus_assert(ok);
	if (!held)
		held = symbol_bar_add(symbol, bar.start);
	held->bar = bar;
	held->dirty = true;
	if (printed.trade.at >= symbol->quote.last_at) {
		symbol->quote.last = (struct level){ printed.trade.price, printed.trade.quantity };
		symbol->quote.last_at = printed.trade.at;
	}
	symbol->quote_dirty = true;
	market_print(market, &printed);
	market_touch(market, symbol);
}

static void evolve_quote(struct market *market, const MARKET(Quote) * quote)
{
	struct symbol *symbol = market_take(market, quote->symbol);

	symbol->quote = (struct quote){
		.bid = { { quote->bid_price_micros }, { quote->bid_quantity_micros } },
		.ask = { { quote->ask_price_micros }, { quote->ask_quantity_micros } },
		.last = { { quote->last_price_micros }, { quote->last_quantity_micros } },
		.last_at = quote->last_at_micros,
		.quoted_at = quote->quoted_at_micros,
	};
	symbol->quote_dirty = true;
	market_touch(market, symbol);
}

static void evolve_bar(struct market *market, const MARKET(BarClosed) * fact)
{
	struct symbol *symbol = market_take(market, fact->symbol);
	struct held_bar *held = symbol_bar(symbol, fact->start_at_micros);

	if (!held)
		held = symbol_bar_add(symbol, fact->start_at_micros);
	held->bar = (struct bar){
		.start = fact->start_at_micros,
		.open = { fact->open_micros },
		.high = { fact->high_micros },
		.low = { fact->low_micros },
		.close = { fact->close_micros },
		.volume = { fact->volume_micros },
		.notional = { fact->notional_micros },
		.count = fact->trade_count,
		.closed = true,
		.updated = fact->updated,
	};
	held->dirty = true;
	market_touch(market, symbol);
}

void market_evolve(void *state, const struct bus_fact *fact)
{
	struct market *market = state;
	const void *message = fact->message;

	switch ((MARKET(MarketEvent__EventCase))fact->type) {
	case FACT(INSTRUMENT_DEFINED):
		evolve_instrument(market, ((const MARKET(InstrumentDefined) *)message)->instrument);
		break;
	case FACT(SESSION_OPENED):
		evolve_instrument(market, ((const MARKET(SessionOpened) *)message)->instrument);
		break;
	case FACT(SESSION_CLOSED):
		evolve_instrument(market, ((const MARKET(SessionClosed) *)message)->instrument);
		break;
	case FACT(INSTRUMENT_HALTED):
		evolve_instrument(market, ((const MARKET(InstrumentHalted) *)message)->instrument);
		break;
	case FACT(INSTRUMENT_RESUMED):
		evolve_instrument(market, ((const MARKET(InstrumentResumed) *)message)->instrument);
		break;
	case FACT(AUCTION_CALLED):
		evolve_instrument(market, ((const MARKET(AuctionCalled) *)message)->instrument);
		break;
	case FACT(ACTION_ANNOUNCED):
		evolve_instrument(market, ((const MARKET(ActionAnnounced) *)message)->instrument);
		evolve_action(market, fact->key,
			      ((const MARKET(ActionAnnounced) *)message)->action);
		break;
	case FACT(ACTION_EFFECTIVE):
		evolve_instrument(market, ((const MARKET(ActionEffective) *)message)->instrument);
		evolve_action(market, fact->key,
			      ((const MARKET(ActionEffective) *)message)->action);
		break;
	case FACT(TRADE_PRINTED):
		evolve_trade(market, message);
		break;
	case FACT(QUOTE_CHANGED):
		evolve_quote(market, ((const MARKET(QuoteChanged) *)message)->quote);
		break;
	case FACT(BAR_CLOSED):
		evolve_bar(market, message);
		break;
	case FACT(COMMAND_REJECTED):
	case FACT(IMBALANCE_PUBLISHED):
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}

static void tell_instrument(struct bus_reactions *out, const MARKET(Instrument) * instrument)
{
	bus_react(out, TOPIC_SYMBOLS, instrument->symbol, &instrument->base);
}

void market_react(const struct bus_fact *fact, struct bus_reactions *out)
{
	const void *message = fact->message;

	switch ((MARKET(MarketEvent__EventCase))fact->type) {
	case FACT(INSTRUMENT_DEFINED):
		tell_instrument(out, ((const MARKET(InstrumentDefined) *)message)->instrument);
		break;
	case FACT(SESSION_OPENED):
		tell_instrument(out, ((const MARKET(SessionOpened) *)message)->instrument);
		break;
	case FACT(SESSION_CLOSED):
		tell_instrument(out, ((const MARKET(SessionClosed) *)message)->instrument);
		break;
	case FACT(INSTRUMENT_HALTED):
		tell_instrument(out, ((const MARKET(InstrumentHalted) *)message)->instrument);
		break;
	case FACT(INSTRUMENT_RESUMED):
		tell_instrument(out, ((const MARKET(InstrumentResumed) *)message)->instrument);
		break;
	case FACT(AUCTION_CALLED):
		tell_instrument(out, ((const MARKET(AuctionCalled) *)message)->instrument);
		break;
	case FACT(ACTION_ANNOUNCED):
		tell_instrument(out, ((const MARKET(ActionAnnounced) *)message)->instrument);
		break;
	case FACT(ACTION_EFFECTIVE):
		tell_instrument(out, ((const MARKET(ActionEffective) *)message)->instrument);
		break;
	case FACT(QUOTE_CHANGED):
		bus_react(out, TOPIC_QUOTES, fact->key,
			  &((const MARKET(QuoteChanged) *)message)->quote->base);
		break;
	case FACT(TRADE_PRINTED):
	case FACT(BAR_CLOSED):
	case FACT(COMMAND_REJECTED):
	case FACT(IMBALANCE_PUBLISHED):
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}

/* --- Timers
 * ----------------------------------------------------------------------------------------- */

/* A session's close, when one is planned. Opening anew sets it anew, whatever was left. */
static void schedule_close(const MARKET(Instrument) * instrument, struct bus_timers *timers)
{
	MARKET(SessionCloseDue) due = BOURSE__MARKET__V1__SESSION_CLOSE_DUE__INIT;

	due.symbol = instrument->symbol;
	due.session_date = instrument->session_date;
	if (instrument->closes_at_micros > 0)
		bus_timer_set(timers, TIMER_CLOSE, instrument->closes_at_micros, &due.base);
	else
		bus_timer_clear(timers, TIMER_CLOSE);
}

static void schedule_action(const char *symbol, const MARKET(CorporateAction) * action,
			    struct bus_timers *timers)
{
	MARKET(ActionDue) due = BOURSE__MARKET__V1__ACTION_DUE__INIT;
	char id[sizeof(TIMER_ACTION) + BUS_ID_TEXT];

	due.symbol = wire_text(symbol);
	due.action_id = action->action_id;
	snprintf(id, sizeof(id), TIMER_ACTION "%s", action->action_id);
	bus_timer_set(timers, id, action->effective_at_micros, &due.base);
}

void market_schedule(const struct bus_fact *fact, struct bus_timers *timers)
{
	const void *message = fact->message;

	switch ((MARKET(MarketEvent__EventCase))fact->type) {
	case FACT(SESSION_OPENED):
		schedule_close(((const MARKET(SessionOpened) *)message)->instrument, timers);
		break;
	case FACT(SESSION_CLOSED):
		bus_timer_clear(timers, TIMER_CLOSE);
		break;
	case FACT(ACTION_ANNOUNCED):
		schedule_action(fact->key, ((const MARKET(ActionAnnounced) *)message)->action,
				timers);
		break;
	case FACT(INSTRUMENT_DEFINED):
	case FACT(INSTRUMENT_HALTED):
	case FACT(INSTRUMENT_RESUMED):
	case FACT(AUCTION_CALLED):
	case FACT(ACTION_EFFECTIVE):
	case FACT(IMBALANCE_PUBLISHED):
	case FACT(QUOTE_CHANGED):
	case FACT(TRADE_PRINTED):
	case FACT(BAR_CLOSED):
	case FACT(COMMAND_REJECTED):
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}
