/*
 * The decisions of the market. Commands of operators move an instrument by the rules of
 * instrument.c. Of the book's journal it hears trades, the top of the book, and the end of a
 * session.
 *
 * Bars go by the book's clock alone: a minute is over when the book shows a later one, or has
 * closed the session. A command never closes a bar, since trades of its minute may still be on
 * their way.
 */
#include "handlers.h"

#include "store.h"
#include "wire.h"

/* The last microsecond whose minute can be computed without leaving 64 bits, far from any clock. */
#define AT_MAX (INT64_MAX - 2 * BAR_SPAN)

/* --- Commands
 * -------------------------------------------------------------------------------------- */

static int reject(const struct bus_input *input, struct bus_facts *facts, struct verdict verdict)
{
	MARKET(CommandRejected) *fact = bus_fact_add(facts, MARKET_D(command_rejected));

	fact->symbol = wire_text(input->key);
	fact->command_type = wire_text(input->message->descriptor->name);
	fact->reason = (MARKET(RejectReason))verdict.reason;
	fact->text = wire_text(verdict.text);
	return 0;
}

/* The message of an instrument, with a copy of its texts. */
static MARKET(Instrument) *
	instrument_part(struct bus_facts *facts, const struct instrument *instrument)
{
	MARKET(Instrument) *message = bus_facts_message(facts, MARKET_D(instrument));

	wire_instrument_put(message, instrument);
	message->symbol = bus_facts_strdup(facts, message->symbol);
	message->name = bus_facts_strdup(facts, message->name);
	message->halt_reason = bus_facts_strdup(facts, message->halt_reason);
	return message;
}

static const struct instrument *instrument_of(const struct symbol *symbol)
{
	return symbol ? &symbol->instrument : NULL;
}

static struct bus_price last_of(const struct symbol *symbol)
{
	return symbol ? symbol->quote.last.price : (struct bus_price){ 0 };
}

static int decide_define(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(DefineInstrument) *command = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);
	struct bus_price given = { command->reference_price_micros };
	struct definition definition;
	struct instrument after;
	struct verdict verdict = { MARKET_INVALID_FIELD, "symbol or name is too long" };

	if (wire_definition(command, &definition))
		verdict = instrument_define(instrument_of(symbol), &definition, given,
					    last_of(symbol), &after);
	if (verdict.reason)
		return reject(input, facts, verdict);

	MARKET(InstrumentDefined) *fact = bus_fact_add(facts, MARKET_D(instrument_defined));

	fact->symbol = wire_text(input->key);
	fact->instrument = instrument_part(facts, &after);
	return 0;
}

static int decide_open(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(OpenSession) *command = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);
	struct instrument after;
	struct verdict verdict =
		instrument_open(instrument_of(symbol), command->session_date,
				command->closes_at_micros, last_of(symbol), input->now, &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	MARKET(SessionOpened) *fact = bus_fact_add(facts, MARKET_D(session_opened));

	fact->symbol = wire_text(input->key);
	fact->instrument = instrument_part(facts, &after);
	return 0;
}

static int decide_close(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const struct symbol *symbol = market_find(state, input->key);
	struct instrument after;
	struct verdict verdict = instrument_close(instrument_of(symbol), last_of(symbol), &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	MARKET(SessionClosed) *fact = bus_fact_add(facts, MARKET_D(session_closed));

	fact->symbol = wire_text(input->key);
	fact->instrument = instrument_part(facts, &after);
	return 0;
}

static int decide_halt(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(HaltInstrument) *command = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);
	struct instrument after;
	struct verdict verdict =
		instrument_halt(instrument_of(symbol), command->reason, last_of(symbol), &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	MARKET(InstrumentHalted) *fact = bus_fact_add(facts, MARKET_D(instrument_halted));

	fact->symbol = wire_text(input->key);
	fact->instrument = instrument_part(facts, &after);
	return 0;
}

static int decide_resume(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const struct symbol *symbol = market_find(state, input->key);
	struct instrument after;
	struct verdict verdict = instrument_resume(instrument_of(symbol), last_of(symbol), &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	MARKET(InstrumentResumed) *fact = bus_fact_add(facts, MARKET_D(instrument_resumed));

	fact->symbol = wire_text(input->key);
	fact->instrument = instrument_part(facts, &after);
	return 0;
}

int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	(void)state;
	return reject(
		input, facts,
		(struct verdict){ MARKET_SYMBOL_BLOCKED, "an input of this symbol is parked" });
}

/* --- The book's journal
 * ---------------------------------------------------------------------------- */

static void issue(const struct bus_input *input, struct bus_facts *facts, const struct bar *bar,
		  bool updated)
{
	MARKET(BarClosed) *fact = bus_fact_add(facts, MARKET_D(bar_closed));

	fact->symbol = wire_text(input->key);
	fact->start_at_micros = bar->start;
	fact->open_micros = bar->open.micros;
	fact->high_micros = bar->high.micros;
	fact->low_micros = bar->low.micros;
	fact->close_micros = bar->close.micros;
	fact->volume_micros = bar->volume.micros;
	fact->notional_micros = bar->notional.micros;
	fact->trade_count = bar->count;
	fact->updated = updated;
}

/* Issues the latest bar if it is open and its minute was over at `at`. */
static void issue_ended(const struct symbol *symbol, int64_t at, const struct bus_input *input,
			struct bus_facts *facts)
{
	const struct held_bar *latest = symbol->bars;

	if (latest && !latest->bar.closed && at >= bar_end(&latest->bar))
		issue(input, facts, &latest->bar, false);
}

/* What the book says of a trade; false when no trade looks so. */
static bool executed(const BOOKS(Executed) * fact, struct trade *trade)
{
	struct bus_id id;

	*trade = (struct trade){
		.price = { fact->price_micros },
		.quantity = { fact->quantity_micros },
		.at = fact->executed_at_micros,
	};
	return trade->price.micros > 0 && trade->quantity.micros > 0 && trade->at >= 0 &&
	       trade->at <= AT_MAX && bus_id_parse(fact->trade_id, strlen(fact->trade_id), &id);
}

/*
 * The trade enters the bar of its minute. It is late when that minute is over already: when a bar
 * of a later minute exists, or its own was issued. Then the bar with it is issued at once, again or
 * for the first time.
 */
static int decide_executed(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const BOOKS(Executed) *heard = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);
	const struct held_bar *held;
	struct trade trade;
	struct bar bar;

	if (!symbol || !executed(heard, &trade))
		return BUS_ERR_PARK;
	held = symbol_bar(symbol, bar_start(trade.at));
	if (!bar_add(held ? &held->bar : NULL, &trade, &bar))
		return BUS_ERR_OVERFLOW;

	issue_ended(symbol, trade.at, input, facts);

	MARKET(TradePrinted) *fact = bus_fact_add(facts, MARKET_D(trade_printed));

	fact->symbol = wire_text(input->key);
	fact->trade_id = heard->trade_id;
	fact->quantity_micros = trade.quantity.micros;
	fact->price_micros = trade.price.micros;
	fact->executed_at_micros = trade.at;
	if (bar.closed || (symbol->bars && bar.start < symbol->bars->bar.start))
		issue(input, facts, &bar, bar.closed);
	return 0;
}

/*
 * The book tells of its top once a step, last, when it is another than before. Every trade changes
 * it, so a new last trade is quoted from here as well: one quote a step of the book.
 */
static int decide_top(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const BOOKS(TopOfBookChanged) *heard = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);
	struct level bid = { { heard->bid_price_micros }, { heard->bid_quantity_micros } };
	struct level ask = { { heard->ask_price_micros }, { heard->ask_quantity_micros } };
	MARKET(Quote) * quote;

	if (!symbol || !level_valid(bid) || !level_valid(ask))
		return BUS_ERR_PARK;
	issue_ended(symbol, input->origin_now, input, facts);
	if (quote_top_is(&symbol->quote, bid, ask))
		return 0;

	MARKET(QuoteChanged) *fact = bus_fact_add(facts, MARKET_D(quote_changed));

	fact->symbol = wire_text(input->key);
	fact->quote = quote = bus_facts_message(facts, MARKET_D(quote));
	quote->symbol = wire_text(input->key);
	quote->bid_price_micros = bid.price.micros;
	quote->bid_quantity_micros = bid.quantity.micros;
	quote->ask_price_micros = ask.price.micros;
	quote->ask_quantity_micros = ask.quantity.micros;
	quote->last_price_micros = symbol->quote.last.price.micros;
	quote->last_quantity_micros = symbol->quote.last.quantity.micros;
	quote->last_at_micros = symbol->quote.last_at;
	quote->quoted_at_micros = input->now;
	return 0;
}

/* No trade of the session comes after the book has closed it, so its last bar is complete. */
static int decide_trading_state(const void *state, const struct bus_input *input,
				struct bus_facts *facts)
{
	const BOOKS(TradingStateChanged) *heard = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);

	if (!symbol)
		return BUS_ERR_PARK;
	if (heard->state == TRADING_STATE(CLOSED))
		issue_ended(symbol, INT64_MAX, input, facts);
	else
		issue_ended(symbol, input->origin_now, input, facts);
	return 0;
}

const struct bus_handler market_handlers[] = {
	{ MARKET_D(define_instrument), decide_define },
	{ MARKET_D(open_session), decide_open },
	{ MARKET_D(close_session), decide_close },
	{ MARKET_D(halt_instrument), decide_halt },
	{ MARKET_D(resume_instrument), decide_resume },
	{ BOOKS_D(executed), decide_executed },
	{ BOOKS_D(top_of_book_changed), decide_top },
	{ BOOKS_D(trading_state_changed), decide_trading_state },
	{ 0 },
};
