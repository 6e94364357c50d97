/*
 * The market's symbols in memory, and the statements that load and save them. What changed since
 * the last save hangs on one list; every save writes each table once, in the order of its keys.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "sql.h"
#include "wire.h"

#define SCRATCH_KEEP ((size_t)1 << 20) /* bytes of the arena that a save leaves in place */

static const struct bus_sql symbol_load = { "symbol_load", sql_symbol_load };
static const struct bus_sql action_load = { "action_load", sql_action_load };
static const struct bus_sql action_save = { "action_save", sql_action_save };
static const struct bus_sql bar_load = { "bar_load", sql_bar_load };
static const struct bus_sql instrument_save = { "instrument_save", sql_instrument_save };
static const struct bus_sql quote_save = { "quote_save", sql_quote_save };
static const struct bus_sql bar_save = { "bar_save", sql_bar_save };
static const struct bus_sql trade_add = { "trade_add", sql_trade_add };

/* --- The state
 * ------------------------------------------------------------------------------------- */

void *market_new(void)
{
	struct market *market = bus_calloc(1, sizeof(*market));

	bus_arena_init(&market->scratch);
	return market;
}

/* Frees the bars behind `keep`, or all of them when it is NULL. */
static void drop_bars(struct symbol *symbol, struct held_bar *keep)
{
	struct held_bar *held = keep ? keep->next : symbol->bars;

	while (held) {
		struct held_bar *next = held->next;

		free(held);
		held = next;
	}
	if (keep)
		keep->next = NULL;
	else
		symbol->bars = NULL;
}

void market_free(void *state)
{
	struct market *market = state;
	struct symbol *symbol, *next;

	if (!market)
		return;
	HASH_ITER (hh, market->symbols, symbol, next) {
		HASH_DEL(market->symbols, symbol);
		drop_bars(symbol, NULL);
		actions_release(&symbol->actions);
		free(symbol);
	}
	bus_arena_release(&market->scratch);
	free(market->printed);
	free(market);
}

struct symbol *market_find(const struct market *market, const char *name)
{
	struct symbol *symbol;

	HASH_FIND_STR(market->symbols, name, symbol);
	return symbol;
}

struct symbol *market_take(struct market *market, const char *name)
{
	struct symbol *symbol = market_find(market, name);
	size_t len = strnlen(name, SYMBOL_MAX + 1);

	if (symbol)
		return symbol;
	bus_assert(len <= SYMBOL_MAX);
	symbol = bus_calloc(1, sizeof(*symbol));
	memcpy(symbol->instrument.definition.symbol, name, len + 1);
	HASH_ADD_KEYPTR(hh, market->symbols, symbol->instrument.definition.symbol, len, symbol);
	return symbol;
}

void market_touch(struct market *market, struct symbol *symbol)
{
	if (symbol->listed)
		return;
	symbol->listed = true;
	symbol->next_dirty = market->dirty;
	market->dirty = symbol;
}

void market_print(struct market *market, const struct printed *printed)
{
	if (market->printed_count == market->printed_capacity) {
		market->printed_capacity =
			market->printed_capacity ? 2 * market->printed_capacity : 64;
		market->printed = bus_realloc(market->printed,
					      market->printed_capacity * sizeof(*market->printed));
	}
	market->printed[market->printed_count++] = *printed;
}

struct held_bar *symbol_bar(const struct symbol *symbol, int64_t start)
{
	struct held_bar *held = symbol->bars;

	while (held && held->bar.start > start)
		held = held->next;
	return held && held->bar.start == start ? held : NULL;
}

struct held_bar *symbol_bar_add(struct symbol *symbol, int64_t start)
{
	struct held_bar *held = bus_calloc(1, sizeof(*held)), **place = &symbol->bars;

	while (*place && (*place)->bar.start > start)
		place = &(*place)->next;
	bus_assert(!*place || (*place)->bar.start < start);
	held->bar.start = start;
	held->next = *place;
	*place = held;
	return held;
}

/* --- Loading
 * --------------------------------------------------------------------------------------- */

static void text_get(char *buf, size_t size, const PGresult *rows, int row, int column)
{
	const char *text = bus_row_text(rows, row, column);
	size_t len = strnlen(text, size);

	bus_assert(len < size);
	memcpy(buf, text, len + 1);
}

static void instrument_get(struct instrument *instrument, const PGresult *rows, int row)
{
	struct definition *definition = &instrument->definition;

	text_get(definition->name, sizeof(definition->name), rows, row, 1);
	definition->increment.micros = bus_row_int8(rows, row, 2);
	definition->increment_below_one.micros = bus_row_int8(rows, row, 3);
	definition->lot.micros = bus_row_int8(rows, row, 4);
	definition->min_notional.micros = bus_row_int8(rows, row, 5);
	definition->band_fraction_micros = bus_row_int8(rows, row, 6);
	definition->fractionable = bus_row_bool(rows, row, 7);
	instrument->reference.micros = bus_row_int8(rows, row, 8);
	instrument->band_low.micros = bus_row_int8(rows, row, 9);
	instrument->band_high.micros = bus_row_int8(rows, row, 10);
	instrument->session = (enum session)bus_row_int4(rows, row, 11);
	instrument->session_date = bus_row_int4(rows, row, 12);
	instrument->closes_at = bus_row_int8(rows, row, 13);
	instrument->halted = bus_row_bool(rows, row, 14);
	text_get(instrument->halt_reason, sizeof(instrument->halt_reason), rows, row, 15);
	instrument->opening_held = bus_row_bool(rows, row, 24);
}

/* A symbol without a quote has nulls here, which read as 0: as none. */
static void quote_get(struct quote *quote, const PGresult *rows, int row)
{
	quote->bid.price.micros = bus_row_int8(rows, row, 16);
	quote->bid.quantity.micros = bus_row_int8(rows, row, 17);
	quote->ask.price.micros = bus_row_int8(rows, row, 18);
	quote->ask.quantity.micros = bus_row_int8(rows, row, 19);
	quote->last.price.micros = bus_row_int8(rows, row, 20);
	quote->last.quantity.micros = bus_row_int8(rows, row, 21);
	quote->last_at = bus_row_int8(rows, row, 22);
	quote->quoted_at = bus_row_int8(rows, row, 23);
}

static void on_symbols(void *arg, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct symbol *symbol = market_take(arg, bus_row_text(rows, row, 0));

		instrument_get(&symbol->instrument, rows, row);
		quote_get(&symbol->quote, rows, row);
	}
}

static void on_actions(void *arg, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct symbol *symbol = market_find(arg, bus_row_text(rows, row, 0));
		struct action action = {
			.id = bus_row_id(rows, row, 1),
			.kind = (enum action_kind)bus_row_int4(rows, row, 2),
			.effective_at = bus_row_int8(rows, row, 3),
			.new_shares = bus_row_int8(rows, row, 4),
			.old_shares = bus_row_int8(rows, row, 5),
			.cash_price = { bus_row_int8(rows, row, 6) },
			.amount = { bus_row_int8(rows, row, 7) },
			.number = bus_row_int8(rows, row, 9),
		};

		bus_assert(symbol);
		text_get(action.new_symbol, sizeof(action.new_symbol), rows, row, 8);
		actions_put(&symbol->actions, &action)->dirty = false;
	}
}

static void on_bars(void *arg, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct symbol *symbol = market_find(arg, bus_row_text(rows, row, 0));
		int64_t start = bus_row_int8(rows, row, 1);

		if (!symbol || symbol_bar(symbol, start))
			continue;
		symbol_bar_add(symbol, start)->bar = (struct bar){
			.start = start,
			.open = { bus_row_int8(rows, row, 2) },
			.high = { bus_row_int8(rows, row, 3) },
			.low = { bus_row_int8(rows, row, 4) },
			.close = { bus_row_int8(rows, row, 5) },
			.volume = { bus_row_int8(rows, row, 6) },
			.notional = { bus_row_int8(rows, row, 7) },
			.count = bus_row_int8(rows, row, 8),
			.closed = bus_row_bool(rows, row, 9),
			.updated = bus_row_bool(rows, row, 10),
		};
	}
}

/*
 * The minute that a trade of the batch may be late for: one that lies before the latest bar of its
 * symbol, or of a symbol whose latest bar is not known yet. INT64_MIN when it need not be looked
 * up.
 */
static int64_t late_minute(const struct market *market, const struct bus_input *input)
{
	const BOOKS(Executed) *heard = (const void *)input->message;
	const struct symbol *symbol;
	int64_t start;

	if (input->message->descriptor != BOOKS_D(executed))
		return INT64_MIN;
	if (heard->executed_at_micros < 0)
		return INT64_MIN;
	start = bar_start(heard->executed_at_micros);
	symbol = market_find(market, input->key);
	if (symbol && (!symbol->bars || start >= symbol->bars->bar.start))
		return INT64_MIN;
	return start;
}

void market_load(void *state, const struct bus_load *load, struct bus_db *db)
{
	struct market *market = state;
	struct bus_column *symbols, *minute_symbols, *minutes;
	const char *last_key = NULL;
	int64_t last_start = INT64_MIN;
	bool wanted = load->key_count > 0;
	struct bus_call *call;

	if (load->key_count) {
		call = bus_call(db, &symbol_load);
		symbols = bus_call_column(call, BUS_PG_TEXT);
		for (size_t i = 0; i < load->key_count; i++)
			bus_column_text(symbols, load->keys[i]);
		bus_call_send(call, on_symbols, market);
		call = bus_call(db, &action_load);
		symbols = bus_call_column(call, BUS_PG_TEXT);
		for (size_t i = 0; i < load->key_count; i++)
			bus_column_text(symbols, load->keys[i]);
		bus_call_send(call, on_actions, market);
	}
	for (size_t i = 0; i < load->input_count && !wanted; i++)
		wanted = late_minute(market, &load->inputs[i]) != INT64_MIN;
	if (!wanted)
		return;

	call = bus_call(db, &bar_load);
	symbols = bus_call_column(call, BUS_PG_TEXT);
	for (size_t i = 0; i < load->key_count; i++)
		bus_column_text(symbols, load->keys[i]);
	minute_symbols = bus_call_column(call, BUS_PG_TEXT);
	minutes = bus_call_column(call, BUS_PG_INT8);
	for (size_t i = 0; i < load->input_count; i++) {
		const char *key = load->inputs[i].key;
		int64_t start = late_minute(market, &load->inputs[i]);

		/* Runs of trades share a minute; what is left of repeats goes in the union. */
		if (start == INT64_MIN ||
		    (start == last_start && last_key && strcmp(key, last_key) == 0))
			continue;
		bus_column_text(minute_symbols, key);
		bus_column_int8(minutes, start);
		last_key = key;
		last_start = start;
	}
	bus_call_send(call, on_bars, market);
}

/* --- Saving
 * ---------------------------------------------------------------------------------------- */

static int by_symbol(const struct symbol *a, const struct symbol *b)
{
	return strcmp(a->instrument.definition.symbol, b->instrument.definition.symbol);
}

/* What is dirty, sorted; the array is the arena's. */
static struct symbol **sorted(struct market *market, size_t *count)
{
	struct symbol **symbols, *symbol;
	size_t n = 0;

	for (symbol = market->dirty; symbol; symbol = symbol->next_dirty)
		n++;
	symbols = bus_arena_alloc(&market->scratch, (n + 1) * sizeof(struct symbol *));
	*count = n;
	for (symbol = market->dirty; symbol; symbol = symbol->next_dirty)
		symbols[--n] = symbol;
	return symbols;
}

static int compare_symbols(const void *a, const void *b)
{
	return by_symbol(*(struct symbol *const *)a, *(struct symbol *const *)b);
}

static void save_instruments(struct bus_db *db, struct symbol *const *symbols, size_t count)
{
	static const enum bus_pg_type types[] = {
		BUS_PG_TEXT, BUS_PG_TEXT, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8,
		BUS_PG_INT8, BUS_PG_BOOL, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT4,
		BUS_PG_INT4, BUS_PG_INT8, BUS_PG_BOOL, BUS_PG_TEXT, BUS_PG_BOOL,
	};
	struct bus_column *c[BUS_ARRAY_LEN(types)];
	struct bus_call *call = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct instrument *instrument = &symbols[i]->instrument;
		const struct definition *definition = &instrument->definition;

		if (!symbols[i]->instrument_dirty)
			continue;
		if (!call) {
			call = bus_call(db, &instrument_save);
			for (size_t k = 0; k < BUS_ARRAY_LEN(types); k++)
				c[k] = bus_call_column(call, types[k]);
		}
		bus_column_text(c[0], definition->symbol);
		bus_column_text(c[1], definition->name);
		bus_column_int8(c[2], definition->increment.micros);
		bus_column_int8(c[3], definition->increment_below_one.micros);
		bus_column_int8(c[4], definition->lot.micros);
		bus_column_int8(c[5], definition->min_notional.micros);
		bus_column_int8(c[6], definition->band_fraction_micros);
		bus_column_bool(c[7], definition->fractionable);
		bus_column_int8(c[8], instrument->reference.micros);
		bus_column_int8(c[9], instrument->band_low.micros);
		bus_column_int8(c[10], instrument->band_high.micros);
		bus_column_int4(c[11], (int32_t)instrument->session);
		bus_column_int4(c[12], instrument->session_date);
		bus_column_int8(c[13], instrument->closes_at);
		bus_column_bool(c[14], instrument->halted);
		bus_column_text(c[15], instrument->halt_reason);
		bus_column_bool(c[16], instrument->opening_held);
	}
	if (call)
		bus_call_send(call, NULL, NULL);
}

static void save_actions(struct bus_db *db, struct symbol *const *symbols, size_t count)
{
	static const enum bus_pg_type types[] = {
		BUS_PG_UUID, BUS_PG_TEXT, BUS_PG_INT4, BUS_PG_INT8, BUS_PG_INT8,
		BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_TEXT, BUS_PG_INT8,
	};
	struct bus_column *c[BUS_ARRAY_LEN(types)];
	struct bus_call *call = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct actions *actions = &symbols[i]->actions;

		for (int k = 0; k < actions->count; k++) {
			const struct action *action = &actions->items[k].action;

			if (!actions->items[k].dirty)
				continue;
			if (!call) {
				call = bus_call(db, &action_save);
				for (size_t t = 0; t < BUS_ARRAY_LEN(types); t++)
					c[t] = bus_call_column(call, types[t]);
			}
			bus_column_id(c[0], action->id);
			bus_column_text(c[1], symbols[i]->instrument.definition.symbol);
			bus_column_int4(c[2], (int32_t)action->kind);
			bus_column_int8(c[3], action->effective_at);
			bus_column_int8(c[4], action->new_shares);
			bus_column_int8(c[5], action->old_shares);
			bus_column_int8(c[6], action->cash_price.micros);
			bus_column_int8(c[7], action->amount.micros);
			bus_column_text(c[8], action->new_symbol);
			bus_column_int8(c[9], action->number);
		}
	}
	if (call)
		bus_call_send(call, NULL, NULL);
}

static void save_quotes(struct bus_db *db, struct symbol *const *symbols, size_t count)
{
	struct bus_column *name, *numbers[9];
	struct bus_call *call = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct quote *quote = &symbols[i]->quote;
		const struct held_bar *latest = symbols[i]->bars;

		if (!symbols[i]->quote_dirty)
			continue;
		if (!call) {
			call = bus_call(db, &quote_save);
			name = bus_call_column(call, BUS_PG_TEXT);
			for (size_t k = 0; k < BUS_ARRAY_LEN(numbers); k++)
				numbers[k] = bus_call_column(call, BUS_PG_INT8);
		}
		bus_column_text(name, symbols[i]->instrument.definition.symbol);
		bus_column_int8(numbers[0], quote->bid.price.micros);
		bus_column_int8(numbers[1], quote->bid.quantity.micros);
		bus_column_int8(numbers[2], quote->ask.price.micros);
		bus_column_int8(numbers[3], quote->ask.quantity.micros);
		bus_column_int8(numbers[4], quote->last.price.micros);
		bus_column_int8(numbers[5], quote->last.quantity.micros);
		bus_column_int8(numbers[6], quote->last_at);
		bus_column_int8(numbers[7], quote->quoted_at);
		if (latest)
			bus_column_int8(numbers[8], latest->bar.start);
		else
			bus_column_null(numbers[8]);
	}
	if (call)
		bus_call_send(call, NULL, NULL);
}

/* Bars of a symbol are written latest first; nobody else writes rows of the same symbol. */
static void save_bars(struct bus_db *db, struct symbol *const *symbols, size_t count)
{
	struct bus_column *name, *numbers[8], *closed, *updated;
	struct bus_call *call = NULL;

	for (size_t i = 0; i < count; i++) {
		for (const struct held_bar *held = symbols[i]->bars; held; held = held->next) {
			const struct bar *bar = &held->bar;

			if (!held->dirty)
				continue;
			if (!call) {
				call = bus_call(db, &bar_save);
				name = bus_call_column(call, BUS_PG_TEXT);
				for (size_t k = 0; k < BUS_ARRAY_LEN(numbers); k++)
					numbers[k] = bus_call_column(call, BUS_PG_INT8);
				closed = bus_call_column(call, BUS_PG_BOOL);
				updated = bus_call_column(call, BUS_PG_BOOL);
			}
			bus_column_text(name, symbols[i]->instrument.definition.symbol);
			bus_column_int8(numbers[0], bar->start);
			bus_column_int8(numbers[1], bar->open.micros);
			bus_column_int8(numbers[2], bar->high.micros);
			bus_column_int8(numbers[3], bar->low.micros);
			bus_column_int8(numbers[4], bar->close.micros);
			bus_column_int8(numbers[5], bar->volume.micros);
			bus_column_int8(numbers[6], bar->notional.micros);
			bus_column_int8(numbers[7], bar->count);
			bus_column_bool(closed, bar->closed);
			bus_column_bool(updated, bar->updated);
		}
	}
	if (call)
		bus_call_send(call, NULL, NULL);
}

static void add_trades(struct bus_db *db, const struct market *market)
{
	struct bus_column *id, *name, *price, *quantity, *at;
	struct bus_call *call;

	if (!market->printed_count)
		return;
	call = bus_call(db, &trade_add);
	id = bus_call_column(call, BUS_PG_UUID);
	name = bus_call_column(call, BUS_PG_TEXT);
	price = bus_call_column(call, BUS_PG_INT8);
	quantity = bus_call_column(call, BUS_PG_INT8);
	at = bus_call_column(call, BUS_PG_INT8);
	for (size_t i = 0; i < market->printed_count; i++) {
		const struct printed *printed = &market->printed[i];

		bus_column_id(id, printed->id);
		bus_column_text(name, printed->symbol->instrument.definition.symbol);
		bus_column_int8(price, printed->trade.price.micros);
		bus_column_int8(quantity, printed->trade.quantity.micros);
		bus_column_int8(at, printed->trade.at);
	}
	bus_call_send(call, NULL, NULL);
}

/* Everything is written: nothing is dirty, and only the latest bar stays. */
static void clean(struct market *market, struct symbol *const *symbols, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct symbol *symbol = symbols[i];

		symbol->instrument_dirty = symbol->quote_dirty = symbol->listed = false;
		symbol->next_dirty = NULL;
		for (int k = 0; k < symbol->actions.count; k++)
			symbol->actions.items[k].dirty = false;
		if (symbol->bars) {
			symbol->bars->dirty = false;
			drop_bars(symbol, symbol->bars);
		}
	}
	market->dirty = NULL;
	market->printed_count = 0;
	bus_arena_reset(&market->scratch, SCRATCH_KEEP);
}

void market_save(void *state, struct bus_db *db)
{
	struct market *market = state;
	size_t count;
	struct symbol **symbols = sorted(market, &count);

	qsort(symbols, count, sizeof(*symbols), compare_symbols);
	save_instruments(db, symbols, count);
	save_actions(db, symbols, count);
	save_quotes(db, symbols, count);
	save_bars(db, symbols, count);
	add_trades(db, market);
	clean(market, symbols, count);
}
