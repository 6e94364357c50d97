/*
 * The decisions of the market. Commands of operators move an instrument by the rules of
 * instrument.c and action.c, and timers close sessions and make actions effective. Of the book's
 * journal the market hears trades, the top of the book, imbalances, and the end of a session.
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

static MARKET(CorporateAction) * action_part(struct bus_facts *facts, const struct action *action)
{
	MARKET(CorporateAction) *message = bus_facts_message(facts, MARKET_D(corporate_action));

	wire_action_put(message, action, bus_facts_id(facts, action->id));
	message->new_symbol = bus_facts_strdup(facts, message->new_symbol);
	return message;
}

/* The actions of an instrument, one of them (or none) as it is in `changed`. */
static void actions_part(MARKET(Instrument) * message, struct bus_facts *facts,
			 const struct actions *actions, const struct action *changed)
{
	struct actions after = { 0 };

	for (int i = 0; actions && i < actions->count; i++)
		actions_put(&after, &actions->items[i].action);
	if (changed)
		actions_put(&after, changed);
	message->actions_effective = actions_effective(&after);
	message->n_actions = (size_t)after.count;
	if (after.count)
		message->actions =
			bus_facts_alloc(facts, (size_t)after.count * sizeof(*message->actions));
	for (int i = 0; i < after.count; i++)
		message->actions[i] = action_part(facts, &after.items[i].action);
	actions_release(&after);
}

/* The message of an instrument, with a copy of its texts, and its actions, one of them changed. */
static MARKET(Instrument) *
	instrument_part(struct bus_facts *facts, const struct instrument *instrument,
			const struct symbol *symbol, const struct action *changed)
{
	MARKET(Instrument) *message = bus_facts_message(facts, MARKET_D(instrument));

	wire_instrument_put(message, instrument);
	message->symbol = bus_facts_strdup(facts, message->symbol);
	message->name = bus_facts_strdup(facts, message->name);
	message->halt_reason = bus_facts_strdup(facts, message->halt_reason);
	actions_part(message, facts, symbol ? &symbol->actions : NULL, changed);
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
	fact->instrument = instrument_part(facts, &after, symbol, NULL);
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
	fact->instrument = instrument_part(facts, &after, symbol, NULL);
	return 0;
}

static int decide_call(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const MARKET(CallAuction) *command = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);
	struct instrument after;
	struct verdict verdict = instrument_call(instrument_of(symbol), (enum auction)command->kind,
						 command->session_date, last_of(symbol), &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	MARKET(AuctionCalled) *fact = bus_fact_add(facts, MARKET_D(auction_called));

	fact->symbol = wire_text(input->key);
	fact->instrument = instrument_part(facts, &after, symbol, NULL);
	return 0;
}

/* Of the command, and of the timer of the session. */
static int decide_close(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const struct symbol *symbol = market_find(state, input->key);
	struct instrument after;
	struct verdict verdict = instrument_close(instrument_of(symbol), last_of(symbol), &after);

	if (verdict.reason)
		return reject(input, facts, verdict);

	MARKET(SessionClosed) *fact = bus_fact_add(facts, MARKET_D(session_closed));

	fact->symbol = wire_text(input->key);
	fact->instrument = instrument_part(facts, &after, symbol, NULL);
	return 0;
}

/* A timer of a session that is over already, or closes at another time now, changes nothing. */
static int decide_close_due(const void *state, const struct bus_input *input,
			    struct bus_facts *facts)
{
	const MARKET(SessionCloseDue) *due = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);
	const struct instrument *instrument = instrument_of(symbol);

	if (!instrument || instrument->session_date != due->session_date ||
	    instrument->closes_at == 0 || instrument->closes_at > input->now)
		return reject(input, facts,
			      (struct verdict){ MARKET_SESSION_CLOSED,
						"the session is not meant to close now" });
	return decide_close(state, input, facts);
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
	fact->instrument = instrument_part(facts, &after, symbol, NULL);
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
	fact->instrument = instrument_part(facts, &after, symbol, NULL);
	return 0;
}

/* --- Corporate actions
 * ----------------------------------------------------------------------------- */

static struct verdict check_announce(const struct symbol *symbol, const struct bus_input *input,
				     struct action *action)
{
	const MARKET(AnnounceAction) *command = (const void *)input->message;

	if (!symbol)
		return (struct verdict){ MARKET_UNKNOWN_SYMBOL,
					 "no instrument of this symbol is defined" };
	if (!wire_announced(command, action))
		return (struct verdict){ MARKET_INVALID_FIELD, "new_symbol is too long" };
	return action_check(&symbol->actions, action, input->key, input->now);
}

static int decide_announce(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const struct symbol *symbol = market_find(state, input->key);
	struct action action;
	struct verdict verdict = check_announce(symbol, input, &action);

	if (verdict.reason)
		return reject(input, facts, verdict);
	action.id = bus_facts_command_id(facts, input);

	MARKET(ActionAnnounced) *fact = bus_fact_add(facts, MARKET_D(action_announced));

	fact->symbol = wire_text(input->key);
	fact->action = action_part(facts, &action);
	fact->instrument = instrument_part(facts, &symbol->instrument, symbol, &action);
	return 0;
}

static MARKET(Quote) * quote_part(const struct bus_input *input, struct bus_facts *facts,
				  const struct quote *quote)
{
	MARKET(Quote) *message = bus_facts_message(facts, MARKET_D(quote));

	message->symbol = wire_text(input->key);
	message->bid_price_micros = quote->bid.price.micros;
	message->bid_quantity_micros = quote->bid.quantity.micros;
	message->ask_price_micros = quote->ask.price.micros;
	message->ask_quantity_micros = quote->ask.quantity.micros;
	message->last_price_micros = quote->last.price.micros;
	message->last_quantity_micros = quote->last.quantity.micros;
	message->last_at_micros = quote->last_at;
	message->quoted_at_micros = input->now;
	return message;
}

/* The last price is that of a share after the split from now on; bids and offers end in the book.
 */
static void split_quote(const struct symbol *symbol, const struct action *action,
			const struct bus_input *input, struct bus_facts *facts)
{
	struct quote quote = symbol->quote;

	if (quote.last.price.micros == 0)
		return;
	quote.last.price = price_split(quote.last.price, action);

	MARKET(QuoteChanged) *fact = bus_fact_add(facts, MARKET_D(quote_changed));

	fact->symbol = wire_text(input->key);
	fact->quote = quote_part(input, facts, &quote);
}

static int decide_action_due(const void *state, const struct bus_input *input,
			     struct bus_facts *facts)
{
	const MARKET(ActionDue) *due = (const void *)input->message;
	const struct symbol *symbol = market_find(state, input->key);
	const struct action *announced = NULL;
	struct instrument after;
	struct action action;
	struct bus_id id;

	if (symbol && bus_id_parse(due->action_id, strlen(due->action_id), &id))
		announced = actions_find(&symbol->actions, id);
	if (!announced || announced->number > 0)
		return reject(input, facts,
			      (struct verdict){ MARKET_INVALID_FIELD,
						"no such action is ahead of the instrument" });
	action = *announced;
	action.number = actions_effective(&symbol->actions) + 1;
	after = symbol->instrument;
	if (last_of(symbol).micros > 0)
		after.reference = last_of(symbol);
	if (action.kind == ACTION_SPLIT)
		instrument_split(&after, &action, &after);

	MARKET(ActionEffective) *fact = bus_fact_add(facts, MARKET_D(action_effective));

	fact->symbol = wire_text(input->key);
	fact->action = action_part(facts, &action);
	fact->instrument = instrument_part(facts, &after, symbol, &action);
	if (action.kind == ACTION_SPLIT)
		split_quote(symbol, &action, input, facts);
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
	struct quote quote;

	if (!symbol || !level_valid(bid) || !level_valid(ask))
		return BUS_ERR_PARK;
	issue_ended(symbol, input->origin_now, input, facts);
	if (quote_top_is(&symbol->quote, bid, ask))
		return 0;

	MARKET(QuoteChanged) *fact = bus_fact_add(facts, MARKET_D(quote_changed));

	fact->symbol = wire_text(input->key);
	quote = symbol->quote;
	quote.bid = bid;
	quote.ask = ask;
	fact->quote = quote_part(input, facts, &quote);
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

/* What the auction would give, as the book computed it; for those who watch the call. */
static int decide_imbalance(const void *state, const struct bus_input *input,
			    struct bus_facts *facts)
{
	const BOOKS(ImbalanceChanged) *heard = (const void *)input->message;
	bool buy = heard->imbalance_side == BOURSE__ORDERS__V1__SIDE__SIDE_BUY;

	if (!market_find(state, input->key) || heard->price_micros < 0 ||
	    heard->volume_micros < 0 || heard->imbalance_micros < 0)
		return BUS_ERR_PARK;

	MARKET(ImbalancePublished) *fact = bus_fact_add(facts, MARKET_D(imbalance_published));

	fact->symbol = wire_text(input->key);
	fact->kind = (MARKET(AuctionKind))heard->kind;
	fact->price_micros = heard->price_micros;
	fact->volume_micros = heard->volume_micros;
	fact->imbalance_micros = heard->imbalance_micros;
	fact->buy_imbalance = buy && heard->imbalance_micros > 0;
	fact->at_micros = heard->at_micros;
	return 0;
}

const struct bus_handler market_handlers[] = {
	{ MARKET_D(define_instrument), decide_define },
	{ MARKET_D(open_session), decide_open },
	{ MARKET_D(close_session), decide_close },
	{ MARKET_D(call_auction), decide_call },
	{ MARKET_D(halt_instrument), decide_halt },
	{ MARKET_D(resume_instrument), decide_resume },
	{ MARKET_D(announce_action), decide_announce },
	{ MARKET_D(session_close_due), decide_close_due, BUS_TIMER },
	{ MARKET_D(action_due), decide_action_due, BUS_TIMER },
	{ BOOKS_D(executed), decide_executed },
	{ BOOKS_D(top_of_book_changed), decide_top },
	{ BOOKS_D(trading_state_changed), decide_trading_state },
	{ BOOKS_D(imbalance_changed), decide_imbalance },
	{ 0 },
};
