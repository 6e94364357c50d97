/*
 * The facts of the market: what each changes, and the snapshot it leads to. A bar that is issued
 * carries all its values, so that a late trade whose bar is not in memory still leaves the right
 * one.
 */
#include "facts.h"

#include <string.h>

#include "store.h"
#include "wire.h"

static void evolve_instrument(struct market *market, const MARKET(Instrument) * instrument)
{
	struct symbol *symbol = market_take(market, instrument->symbol);

	wire_instrument_get(instrument, &symbol->instrument);
	symbol->instrument_dirty = true;
	market_touch(market, symbol);
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
	case FACT(AUCTION_CALLED):
	case FACT(ACTION_ANNOUNCED):
	case FACT(ACTION_EFFECTIVE):
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
	case FACT(QUOTE_CHANGED):
		bus_react(out, TOPIC_QUOTES, fact->key,
			  &((const MARKET(QuoteChanged) *)message)->quote->base);
		break;
	case FACT(TRADE_PRINTED):
	case FACT(BAR_CLOSED):
	case FACT(COMMAND_REJECTED):
	case FACT(AUCTION_CALLED):
	case FACT(ACTION_ANNOUNCED):
	case FACT(ACTION_EFFECTIVE):
	case FACT(IMBALANCE_PUBLISHED):
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}
