/* The state of the book processor and its tables, see book_store.h. */
#include "book_store.h"

#include <stdlib.h>
#include <string.h>

#include "sql.h"

static const struct bus_sql symbol_load = { "book_symbol_load", sql_book_symbol_load };
static const struct bus_sql order_load = { "book_order_load", sql_book_order_load };
static const struct bus_sql symbol_save = { "book_symbol_save", sql_book_symbol_save };
static const struct bus_sql order_save = { "book_order_save", sql_book_order_save };
static const struct bus_sql order_save_special = { "book_order_save_special",
						   sql_book_order_save_special };
static const struct bus_sql order_delete = { "book_order_delete", sql_book_order_delete };
static const struct bus_sql trade_insert = { "book_trade_insert", sql_book_trade_insert };

/* State /////////////////////////////////////////////////////////////////////////////////// */

/* Room for one more element of an array that is kept from batch to batch. */
static void *room(void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity == 0 ? 64 : 2 * *capacity;
	return bus_realloc(array, *capacity * size);
}

static void touch_symbol(struct book_state *state, struct book_entry *entry)
{
	if (entry->dirty)
		return;
	state->symbols = room(state->symbols, state->symbol_count, &state->symbol_capacity,
			      sizeof(struct book_entry *));
	state->symbols[state->symbol_count++] = entry;
	entry->dirty = true;
}

static void touch_order(void *arg, const struct book *book, struct book_order *order)
{
	struct book_state *state = arg;

	if (order->mark != 0)
		return;
	state->orders = room(state->orders, state->order_count, &state->order_capacity,
			     sizeof(*state->orders));
	state->orders[state->order_count++] = (struct book_dirty_order){ order, book };
	bus_assert(state->order_count <= UINT32_MAX);
	order->mark = (uint32_t)state->order_count;
}

/* The order may live on under another id: it has no row then. */
static void forget_order(void *arg, const struct book *book, struct book_order *order)
{
	struct book_state *state = arg;

	(void)book;
	if (order->mark != 0)
		state->orders[order->mark - 1].order = NULL;
	order->mark = 0;
	if (!order->stored)
		return;
	order->stored = false;
	state->gone =
		room(state->gone, state->gone_count, &state->gone_capacity, sizeof(*state->gone));
	state->gone[state->gone_count++] = order->id;
}

void *book_state_new(void)
{
	struct book_state *state = bus_calloc(1, sizeof(*state));

	book_memory_init(&state->memory);
	book_init(&state->none, "", &state->memory);
	state->watch = (struct book_watch){ state, touch_order, forget_order };
	state->room = bus_malloc(BOOK_STEP_EVENTS * sizeof(*state->room));
	return state;
}

void book_state_free(void *arg)
{
	struct book_state *state = arg;
	struct book_entry *entry, *next;

	if (state == NULL)
		return;
	HASH_ITER (hh, state->entries, entry, next) {
		HASH_DEL(state->entries, entry);
		book_release(&entry->book);
		free(entry);
	}
	book_release(&state->none);
	book_memory_release(&state->memory);
	free(state->room);
	free(state->symbols);
	free(state->orders);
	free(state->gone);
	free(state->trades);
	free(state);
}

bool book_state_takes(const char *symbol)
{
	return strnlen(symbol, BOOK_SYMBOL_SIZE) < BOOK_SYMBOL_SIZE;
}

static struct book_entry *find_entry(const struct book_state *state, const char *symbol)
{
	struct book_entry *entry;

	HASH_FIND_STR(state->entries, symbol, entry);
	return entry;
}

const struct book *book_state_find(const struct book_state *state, const char *symbol)
{
	const struct book_entry *entry = find_entry(state, symbol);

	return entry != NULL ? &entry->book : &state->none;
}

static struct book_entry *get_entry(struct book_state *state, const char *symbol)
{
	struct book_entry *entry = find_entry(state, symbol);

	if (entry == NULL) {
		entry = bus_calloc(1, sizeof(*entry));
		book_init(&entry->book, symbol, &state->memory);
		entry->book.watch = &state->watch;
		HASH_ADD_STR(state->entries, book.symbol, entry);
	}
	return entry;
}

struct book_events book_state_room(const struct book_state *state)
{
	return (struct book_events){ .at = state->room, .capacity = BOOK_STEP_EVENTS };
}

/* In what the row of the symbol has. */
static bool same_row(const struct book_status *a, const struct book_status *b)
{
	return a->last_priority == b->last_priority &&
	       a->last_price.micros == b->last_price.micros && a->trading == b->trading &&
	       a->session_date == b->session_date && a->actions == b->actions &&
	       a->opening_held == b->opening_held && a->imbalance_at == b->imbalance_at &&
	       a->imbalance.price.micros == b->imbalance.price.micros &&
	       a->imbalance.volume.micros == b->imbalance.volume.micros &&
	       a->imbalance.imbalance.micros == b->imbalance.imbalance.micros &&
	       a->imbalance.imbalance_side == b->imbalance.imbalance_side;
}

void book_state_apply(struct book_state *state, const char *symbol, const struct book_event *event)
{
	struct book_entry *entry = get_entry(state, symbol);
	struct book_status before = entry->book.status;

	book_apply(&entry->book, event);
	if (!same_row(&before, &entry->book.status))
		touch_symbol(state, entry);
}

void book_state_trade(struct book_state *state, const struct bus_fact *fact)
{
	state->trades = room(state->trades, state->trade_count, &state->trade_capacity,
			     sizeof(*state->trades));
	state->trades[state->trade_count++] =
		(struct book_trade_row){ fact->message, fact->sequence, fact->index };
}

/* Load //////////////////////////////////////////////////////////////////////////////////// */

static void on_symbols(void *arg, const PGresult *rows)
{
	struct book_state *state = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct book *book = &get_entry(state, bus_row_text(rows, i, 0))->book;

		book->status = (struct book_status){
			.trading = (enum book_trading)bus_row_int4(rows, i, 1),
			.session_date = bus_row_int4(rows, i, 2),
			.actions = bus_row_int8(rows, i, 3),
			.last_priority = bus_row_int8(rows, i, 4),
			.last_price.micros = bus_row_int8(rows, i, 5),
			.opening_held = bus_row_bool(rows, i, 6),
			.imbalance = { .price.micros = bus_row_int8(rows, i, 7),
				       .volume.micros = bus_row_int8(rows, i, 8),
				       .imbalance.micros = bus_row_int8(rows, i, 9),
				       .imbalance_side =
					       (enum book_side)bus_row_int4(rows, i, 10) },
			.imbalance_at = bus_row_int8(rows, i, 11),
		};
	}
}

/* What is null is 0. */
static struct book_new order_of(const PGresult *rows, int i)
{
	struct book_new row = {
		.id = bus_row_id(rows, i, 0),
		.account = bus_row_id(rows, i, 2),
		.side = (enum book_side)bus_row_int4(rows, i, 3),
		.tif = (enum book_tif)bus_row_int4(rows, i, 4),
		.price.micros = bus_row_int8(rows, i, 5),
		.quantity.micros = bus_row_int8(rows, i, 6),
		.leaves.micros = bus_row_int8(rows, i, 7),
		.priority = bus_row_int8(rows, i, 8),
		.expires_at = bus_row_int8(rows, i, 9),
		.queue = (enum book_queue)bus_row_int4(rows, i, 10),
		.type = (enum book_type)bus_row_int4(rows, i, 11),
		.stp = (enum book_stp)bus_row_int4(rows, i, 12),
		.post_only = bus_row_bool(rows, i, 13),
		.stop.micros = bus_row_int8(rows, i, 15),
		.trail.micros = bus_row_int8(rows, i, 16),
		.trail_percent = bus_row_int8(rows, i, 17),
		.best.micros = bus_row_int8(rows, i, 18),
	};

	if (!bus_row_null(rows, i, 14))
		row.sibling = bus_row_id(rows, i, 14);
	return row;
}

static void on_orders(void *arg, const PGresult *rows)
{
	struct book_state *state = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct book_new row = order_of(rows, i);
		struct book *book = &get_entry(state, bus_row_text(rows, i, 1))->book;

		book_add(book, &row)->stored = true;
	}
}

static void queue_load(const struct bus_sql *sql, const struct bus_load *load, struct bus_db *db,
		       bus_rows_fn on_rows, void *state)
{
	struct bus_call *call = bus_call(db, sql);
	struct bus_column *symbols = bus_call_column(call, BUS_PG_TEXT);

	for (size_t i = 0; i < load->key_count; i++)
		bus_column_text(symbols, load->keys[i]);
	bus_call_send(call, on_rows, state);
}

void book_state_load(void *state, const struct bus_load *load, struct bus_db *db)
{
	if (load->key_count == 0)
		return;
	queue_load(&symbol_load, load, db, on_symbols, state);
	queue_load(&order_load, load, db, on_orders, state);
}

/* Save //////////////////////////////////////////////////////////////////////////////////// */

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct bus_id));
}

static void save_gone(struct book_state *state, struct bus_db *db)
{
	struct bus_call *call;
	struct bus_column *ids;

	if (state->gone_count == 0)
		return;
	qsort(state->gone, state->gone_count, sizeof(*state->gone), by_id);
	call = bus_call(db, &order_delete);
	ids = bus_call_column(call, BUS_PG_UUID);
	for (size_t i = 0; i < state->gone_count; i++)
		bus_column_id(ids, state->gone[i]);
	bus_call_send(call, NULL, NULL);
	state->gone_count = 0;
}

static int by_order(const void *a, const void *b)
{
	const struct book_dirty_order *x = a, *y = b;

	return by_id(&x->order->id, &y->order->id);
}

/* Drops those that have left, and sorts the others. */
static void settle_orders(struct book_state *state)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->order_count; i++)
		if (state->orders[i].order != NULL)
			state->orders[kept++] = state->orders[i];
	state->order_count = kept;
	if (kept > 0)
		qsort(state->orders, kept, sizeof(*state->orders), by_order);
}

/* What every order has; then what few have, see is_special(). */
static const enum bus_pg_type order_types[] = {
	BUS_PG_UUID, BUS_PG_TEXT, BUS_PG_UUID, BUS_PG_INT4, BUS_PG_INT4, BUS_PG_INT8, BUS_PG_INT8,
	BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT4, BUS_PG_INT4, BUS_PG_INT4, BUS_PG_BOOL,
	BUS_PG_UUID, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8,
};
#define PLAIN_COLUMNS 10

/* Whether it has more than a row of the plain statement says. It does not change while it rests. */
static bool is_special(const struct book_order *order)
{
	return order->extra != NULL || order->queue != BOOK_VISIBLE || order->type != BOOK_LIMIT ||
	       order->stp != BOOK_STP_UNSET || order->post_only;
}

static void put_plain(struct bus_column *const *columns, const struct book_dirty_order *dirty)
{
	const struct book_order *order = dirty->order;

	bus_column_id(columns[0], order->id);
	bus_column_text(columns[1], dirty->book->symbol);
	bus_column_id(columns[2], order->account);
	bus_column_int4(columns[3], (int32_t)order->side);
	bus_column_int4(columns[4], (int32_t)order->tif);
	bus_column_int8(columns[5], order->price.micros);
	bus_column_int8(columns[6], order->quantity.micros);
	bus_column_int8(columns[7], order->leaves.micros);
	bus_column_int8(columns[8], order->priority);
	bus_column_int8(columns[9], order->expires_at);
}

static void put_special(struct bus_column *const *columns, const struct book_order *order)
{
	const struct book_extra *extra = order->extra;

	bus_column_int4(columns[10], (int32_t)order->queue);
	bus_column_int4(columns[11], (int32_t)order->type);
	bus_column_int4(columns[12], (int32_t)order->stp);
	bus_column_bool(columns[13], order->post_only);
	if (extra != NULL && book_wire_id_given(extra->sibling))
		bus_column_id(columns[14], extra->sibling);
	else
		bus_column_null(columns[14]);
	for (size_t i = 15; extra == NULL && i < BUS_ARRAY_LEN(order_types); i++)
		bus_column_null(columns[i]);
	if (extra == NULL)
		return;
	bus_column_int8(columns[15], extra->stop.micros);
	bus_column_int8(columns[16], extra->trail.micros);
	bus_column_int8(columns[17], extra->trail_percent);
	bus_column_int8(columns[18], extra->best.micros);
}

/* The dirty orders that are special, or those that are not. */
static void save_some(struct book_state *state, struct bus_db *db, bool special, size_t count)
{
	struct bus_column *columns[BUS_ARRAY_LEN(order_types)];
	struct bus_call *call;

	if (count == 0)
		return;
	call = bus_call(db, special ? &order_save_special : &order_save);
	for (size_t i = 0; i < (special ? BUS_ARRAY_LEN(order_types) : PLAIN_COLUMNS); i++)
		columns[i] = bus_call_column(call, order_types[i]);
	for (size_t i = 0; i < state->order_count; i++) {
		struct book_order *order = state->orders[i].order;

		if (is_special(order) != special)
			continue;
		put_plain(columns, &state->orders[i]);
		if (special)
			put_special(columns, order);
		order->mark = 0;
		order->stored = true;
	}
	bus_call_send(call, NULL, NULL);
}

static void save_orders(struct book_state *state, struct bus_db *db)
{
	size_t special = 0;

	settle_orders(state);
	for (size_t i = 0; i < state->order_count; i++)
		special += is_special(state->orders[i].order);
	save_some(state, db, false, state->order_count - special);
	save_some(state, db, true, special);
	state->order_count = 0;
}

static int by_symbol(const void *a, const void *b)
{
	struct book_entry *const *x = a, *const *y = b;

	return strcmp((*x)->book.symbol, (*y)->book.symbol);
}

static void save_symbol(const struct book *book, struct bus_column *const *columns)
{
	const struct book_status *status = &book->status;

	bus_assert(status->hand.leaves.micros == 0 && status->auction == BOOK_NO_AUCTION);
	bus_column_text(columns[0], book->symbol);
	bus_column_int4(columns[1], (int32_t)status->trading);
	bus_column_int4(columns[2], status->session_date);
	bus_column_int8(columns[3], status->actions);
	bus_column_int8(columns[4], status->last_priority);
	bus_column_int8(columns[5], status->last_price.micros);
	bus_column_bool(columns[6], status->opening_held);
	bus_column_int8(columns[7], status->imbalance.price.micros);
	bus_column_int8(columns[8], status->imbalance.volume.micros);
	bus_column_int8(columns[9], status->imbalance.imbalance.micros);
	bus_column_int4(columns[10], (int32_t)status->imbalance.imbalance_side);
	bus_column_int8(columns[11], status->imbalance_at);
}

static void save_symbols(struct book_state *state, struct bus_db *db)
{
	static const enum bus_pg_type types[] = { BUS_PG_TEXT, BUS_PG_INT4, BUS_PG_INT4,
						  BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8,
						  BUS_PG_BOOL, BUS_PG_INT8, BUS_PG_INT8,
						  BUS_PG_INT8, BUS_PG_INT4, BUS_PG_INT8 };
	struct bus_column *columns[BUS_ARRAY_LEN(types)];
	struct bus_call *call;

	if (state->symbol_count == 0)
		return;
	qsort(state->symbols, state->symbol_count, sizeof(struct book_entry *), by_symbol);
	call = bus_call(db, &symbol_save);
	for (size_t i = 0; i < BUS_ARRAY_LEN(types); i++)
		columns[i] = bus_call_column(call, types[i]);
	for (size_t i = 0; i < state->symbol_count; i++) {
		save_symbol(&state->symbols[i]->book, columns);
		state->symbols[i]->dirty = false;
	}
	bus_call_send(call, NULL, NULL);
	state->symbol_count = 0;
}

static void save_trades(struct book_state *state, struct bus_db *db)
{
	static const enum bus_pg_type types[] = { BUS_PG_TEXT, BUS_PG_INT8, BUS_PG_INT4,
						  BUS_PG_UUID, BUS_PG_INT8, BUS_PG_INT8,
						  BUS_PG_UUID, BUS_PG_UUID, BUS_PG_INT8 };
	struct bus_column *columns[BUS_ARRAY_LEN(types)];
	struct bus_call *call;

	if (state->trade_count == 0)
		return;
	call = bus_call(db, &trade_insert);
	for (size_t i = 0; i < BUS_ARRAY_LEN(types); i++)
		columns[i] = bus_call_column(call, types[i]);
	for (size_t i = 0; i < state->trade_count; i++) {
		const struct book_trade_row *row = &state->trades[i];

		bus_column_text(columns[0], row->fact->symbol);
		bus_column_int8(columns[1], row->sequence);
		bus_column_int4(columns[2], row->index);
		bus_column_id(columns[3], book_wire_fact_id(row->fact->trade_id));
		bus_column_int8(columns[4], row->fact->price_micros);
		bus_column_int8(columns[5], row->fact->quantity_micros);
		bus_column_id(columns[6], book_wire_fact_id(row->fact->maker_order_id));
		bus_column_id(columns[7], book_wire_fact_id(row->fact->taker_order_id));
		bus_column_int8(columns[8], row->fact->executed_at_micros);
	}
	bus_call_send(call, NULL, NULL);
	state->trade_count = 0;
}

void book_state_save(void *arg, struct bus_db *db)
{
	struct book_state *state = arg;

	save_gone(state, db);
	save_orders(state, db);
	save_symbols(state, db);
	save_trades(state, db);
}
