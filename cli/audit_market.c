/*
 * The market's side of the audit: every trade printed once, `bars == fold(trades)` over the trades
 * of the book's journal, and instruments and quotes as the journal last told them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "audit.h"
#include "bourse/books/v1/books.pb-c.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bus/money.h"
#include "sql.h"

#define MARKET(name) Bourse__Market__V1__##name
#define EVENT(name)  BOURSE__MARKET__V1__MARKET_EVENT__EVENT_##name
#define MINUTE	     (INT64_C(60) * 1000000)

struct bar {
	int64_t open, high, low, close, count;
	audit_sum volume, notional;
	bool row;
};

/* What the journal last said of a symbol. */
struct symbol {
	MARKET(Instrument) * instrument; /* owned */
	MARKET(Quote) * quote;		 /* owned */
};

struct market {
	struct audit *audit;
	struct audit_table bars;
	struct symbol *symbols; /* owned; by number */
	uint32_t symbol_count;
	struct audit_check *printed, *bar_rows, *closed, *trade_rows, *instruments, *quotes;
	const struct stream_record *record;
};

static struct bus_id bar_key(const char *symbol, int64_t start)
{
	return idmap_key(symbol, bus_bytes(&start, sizeof(start)));
}

/* Our own bars, in the order of the book's journal
 * ///////////////////////////////////////////////// */

static void add_trade(struct market *m, const char *symbol,
		      const Bourse__Books__V1__Executed *trade)
{
	int64_t start = trade->executed_at_micros - trade->executed_at_micros % MINUTE;
	int64_t price = trade->price_micros;
	struct bus_money notional = { 0 };
	struct bar *bar;
	bool added;

	bar = audit_row(&m->bars, bar_key(symbol, start), &added);
	if (!bus_notional((struct bus_price){ price },
			  (struct bus_quantity){ trade->quantity_micros }, &notional))
		return;
	if (added)
		bar->open = bar->high = bar->low = price;
	bar->high = price > bar->high ? price : bar->high;
	bar->low = price < bar->low ? price : bar->low;
	bar->close = price;
	bar->volume += trade->quantity_micros;
	bar->notional += notional.micros;
	bar->count++;
}

static void on_book_step(void *arg, const struct stream_record *record)
{
	struct market *m = arg;
	Bourse__Books__V1__BookEvents *step =
		bourse__books__v1__book_events__unpack(NULL, record->value.len, record->value.data);

	for (size_t i = 0; step && i < step->n_events; i++)
		if (step->events[i]->event_case == BOURSE__BOOKS__V1__BOOK_EVENT__EVENT_EXECUTED)
			add_trade(m, step->events[i]->executed->symbol, step->events[i]->executed);
	bourse__books__v1__book_events__free_unpacked(step, NULL);
}

/* market.events //////////////////////////////////////////////////////////////////////////////////
 */

static struct symbol *symbol_of(struct market *m, const char *name)
{
	uint32_t n = audit_symbol(m->audit, name);

	if (n >= m->symbol_count) {
		m->symbols = bus_realloc(m->symbols, (n + 1) * sizeof(*m->symbols));
		memset(m->symbols + m->symbol_count, 0,
		       (n + 1 - m->symbol_count) * sizeof(*m->symbols));
		m->symbol_count = n + 1;
	}
	return &m->symbols[n];
}

/* Takes the message out of the step, which is freed without it. */
static void keep_instrument(struct market *m, MARKET(Instrument) * *instrument)
{
	struct symbol *symbol;

	if (!*instrument)
		return;
	symbol = symbol_of(m, (*instrument)->symbol);
	bourse__market__v1__instrument__free_unpacked(symbol->instrument, NULL);
	symbol->instrument = *instrument;
	*instrument = NULL;
}

static void keep_quote(struct market *m, MARKET(Quote) * *quote)
{
	struct symbol *symbol;

	if (!*quote)
		return;
	symbol = symbol_of(m, (*quote)->symbol);
	bourse__market__v1__quote__free_unpacked(symbol->quote, NULL);
	symbol->quote = *quote;
	*quote = NULL;
}

static void on_printed(struct market *m, const MARKET(TradePrinted) * fact)
{
	struct audit_trade *trade = audit_find_text(&m->audit->trades, fact->trade_id);

	if (audit_expect(m->printed,
			 trade && trade->price == fact->price_micros &&
				 trade->quantity == fact->quantity_micros &&
				 trade->executed_at == fact->executed_at_micros,
			 "market.events/%d@%" PRId64 ": trade %s is not in the book's journal",
			 m->record->partition, m->record->offset, fact->trade_id))
		trade->printed++;
}

/*
 * A bar that is issued is right as far as its trades were heard; the last issue of a minute is
 * compared with the row, and the row with the trades.
 */
static void on_closed(struct market *m, const MARKET(BarClosed) * fact)
{
	const struct bar *bar = audit_find(&m->bars, bar_key(fact->symbol, fact->start_at_micros));

	audit_expect(m->closed,
		     bar && fact->open_micros == bar->open && fact->trade_count <= bar->count &&
			     fact->volume_micros <= bar->volume && fact->high_micros <= bar->high &&
			     fact->low_micros >= bar->low,
		     "market.events/%d@%" PRId64 ": bar %s %" PRId64 " is not of its trades",
		     m->record->partition, m->record->offset, fact->symbol, fact->start_at_micros);
}

static void on_fact(struct market *m, MARKET(MarketEvent) * event)
{
	switch ((int)event->event_case) {
	case EVENT(INSTRUMENT_DEFINED):
		keep_instrument(m, &event->instrument_defined->instrument);
		break;
	case EVENT(SESSION_OPENED):
		keep_instrument(m, &event->session_opened->instrument);
		break;
	case EVENT(SESSION_CLOSED):
		keep_instrument(m, &event->session_closed->instrument);
		break;
	case EVENT(INSTRUMENT_HALTED):
		keep_instrument(m, &event->instrument_halted->instrument);
		break;
	case EVENT(INSTRUMENT_RESUMED):
		keep_instrument(m, &event->instrument_resumed->instrument);
		break;
	case EVENT(AUCTION_CALLED):
		keep_instrument(m, &event->auction_called->instrument);
		break;
	case EVENT(ACTION_ANNOUNCED):
		keep_instrument(m, &event->action_announced->instrument);
		break;
	case EVENT(ACTION_EFFECTIVE):
		keep_instrument(m, &event->action_effective->instrument);
		break;
	case EVENT(QUOTE_CHANGED):
		keep_quote(m, &event->quote_changed->quote);
		break;
	case EVENT(TRADE_PRINTED):
		on_printed(m, event->trade_printed);
		break;
	case EVENT(BAR_CLOSED):
		on_closed(m, event->bar_closed);
		break;
	default:
		break;
	}
}

static void on_step(void *arg, const struct stream_record *record)
{
	struct market *m = arg;
	MARKET(MarketEvents) *step = bourse__market__v1__market_events__unpack(
		NULL, record->value.len, record->value.data);

	m->record = record;
	for (size_t i = 0; step && i < step->n_events; i++)
		on_fact(m, step->events[i]);
	bourse__market__v1__market_events__free_unpacked(step, NULL);
}

/* The store //////////////////////////////////////////////////////////////////////////////////////
 */

static void on_bar_row(void *arg, const PGresult *rows)
{
	struct market *m = arg;
	struct bar *bar = audit_find(&m->bars, bar_key(audit_text(rows, 0), audit_number(rows, 1)));

	audit_expect(m->bar_rows,
		     bar && !bar->row && bar->open == audit_number(rows, 2) &&
			     bar->high == audit_number(rows, 3) &&
			     bar->low == audit_number(rows, 4) &&
			     bar->close == audit_number(rows, 5) &&
			     bar->volume == audit_number(rows, 6) &&
			     bar->notional == audit_number(rows, 7) &&
			     bar->count == audit_number(rows, 8),
		     "bar %s %s is not the fold of its trades", audit_text(rows, 0),
		     audit_text(rows, 1));
	if (bar)
		bar->row = true;
}

static void on_trade_row(void *arg, const PGresult *rows)
{
	struct market *m = arg;
	struct bus_id id = audit_row_id(rows, 0);
	struct audit_trade *trade = audit_find(&m->audit->trades, id);

	audit_expect(m->trade_rows,
		     trade && trade->market_rows == 0 && trade->price == audit_number(rows, 1) &&
			     trade->quantity == audit_number(rows, 2) &&
			     trade->executed_at == audit_number(rows, 3),
		     "trade %s of svc-marketdata is not what books.events says", audit_id(id));
	if (trade)
		trade->market_rows++;
}

static void on_instrument_row(void *arg, const PGresult *rows)
{
	struct market *m = arg;
	const MARKET(Instrument) *told = symbol_of(m, audit_text(rows, 0))->instrument;

	/* What stands there from the beginning, by a migration, was never told. */
	if (!told)
		return;
	audit_expect(m->instruments,
		     told->session == audit_number(rows, 1) &&
			     told->session_date == audit_number(rows, 2) &&
			     told->halted == (audit_number(rows, 3) == 1) &&
			     told->price_increment_micros == audit_number(rows, 4) &&
			     told->quantity_increment_micros == audit_number(rows, 5) &&
			     told->band_low_micros == audit_number(rows, 6) &&
			     told->band_high_micros == audit_number(rows, 7) &&
			     told->opening_held == (audit_number(rows, 8) == 1) &&
			     (int64_t)told->n_actions == audit_number(rows, 9) &&
			     told->actions_effective == audit_number(rows, 10),
		     "instrument %s is not what market.events says", audit_text(rows, 0));
}

/* The last trade may be younger than the last quote: only the top is compared. */
static void on_quote_row(void *arg, const PGresult *rows)
{
	struct market *m = arg;
	const MARKET(Quote) *told = symbol_of(m, audit_text(rows, 0))->quote;

	if (!told)
		return;
	audit_expect(m->quotes,
		     told->bid_price_micros == audit_number(rows, 1) &&
			     told->bid_quantity_micros == audit_number(rows, 2) &&
			     told->ask_price_micros == audit_number(rows, 3) &&
			     told->ask_quantity_micros == audit_number(rows, 4),
		     "quote %s is not what market.events says", audit_text(rows, 0));
}

static void check_missing(struct market *m, bool store)
{
	for (uint32_t i = 0; i < m->audit->trades.map.count; i++) {
		const struct audit_trade *trade = audit_at(&m->audit->trades, i);

		if (trade->printed != 1)
			audit_expect(m->printed, false, "trade %s is printed %u times",
				     audit_id(m->audit->trades.map.ids[i]), trade->printed);
		if (store && trade->market_rows != 1)
			audit_expect(m->trade_rows, false, "trade %s has %u rows in svc-marketdata",
				     audit_id(m->audit->trades.map.ids[i]), trade->market_rows);
	}
	for (uint32_t i = 0; store && i < m->bars.map.count; i++)
		if (!((const struct bar *)audit_at(&m->bars, i))->row)
			audit_expect(m->bar_rows, false, "a minute of trades has no bar");
}

void audit_market(struct audit *audit)
{
	struct market m = { .audit = audit, .bars.size = sizeof(struct bar) };
	bool store = audit->conns[AUDIT_MARKET] != NULL;

	m.printed = audit_check(audit, 4, "every trade is printed once", "trades");
	m.closed = audit_check(audit, 7, "bars as issued are of their trades", "bars");
	audit_read(audit, "books.events", on_book_step, &m);
	audit_read(audit, "market.events", on_step, &m);
	if (store) {
		m.bar_rows = audit_check(audit, 7, "bars == fold(trades)", "bars");
		m.trade_rows = audit_check(audit, 7, "the market's trades == fold of books.events",
					   "rows");
		m.instruments =
			audit_check(audit, 7, "instruments == fold of market.events", "rows");
		m.quotes = audit_check(audit, 7, "quotes == fold of market.events", "rows");
		store = audit_query(audit, AUDIT_MARKET, sql_audit_bars, on_bar_row, &m) &&
			audit_query(audit, AUDIT_MARKET, sql_audit_market_trades, on_trade_row,
				    &m) &&
			audit_query(audit, AUDIT_MARKET, sql_audit_instruments, on_instrument_row,
				    &m) &&
			audit_query(audit, AUDIT_MARKET, sql_audit_quotes, on_quote_row, &m);
	}
	check_missing(&m, store);
	for (uint32_t i = 0; i < m.symbol_count; i++) {
		bourse__market__v1__instrument__free_unpacked(m.symbols[i].instrument, NULL);
		bourse__market__v1__quote__free_unpacked(m.symbols[i].quote, NULL);
	}
	free(m.symbols);
	idmap_release(&m.bars.map);
	free(m.bars.rows);
}
