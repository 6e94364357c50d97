/*
 * One query for each table that the batch needs, one statement for each kind of change. Rows are
 * written in the order of their keys, so that no two transactions wait for each other in a circle.
 */
#include "desk_store.h"

#include <stdlib.h>

#include "desk_state.h"
#include "sql.h"
#include "wire.h"

static const struct bus_sql load_account = { "desk_load_account", sql_desk_load_account };
static const struct bus_sql load_position = { "desk_load_position", sql_desk_load_position };
static const struct bus_sql load_order = { "desk_load_order", sql_desk_load_order };
static const struct bus_sql load_named = { "desk_load_named_order", sql_desk_load_named_order };
static const struct bus_sql load_withdrawal = { "desk_load_withdrawal", sql_desk_load_withdrawal };
static const struct bus_sql save_account = { "desk_save_account", sql_desk_save_account };
static const struct bus_sql save_position = { "desk_save_position", sql_desk_save_position };
static const struct bus_sql insert_order = { "desk_insert_order", sql_desk_insert_order };
static const struct bus_sql update_order = { "desk_update_order", sql_desk_update_order };
static const struct bus_sql save_withdrawal = { "desk_save_withdrawal", sql_desk_save_withdrawal };

/* ---- rows -> state ---- */

static void on_accounts(void *state, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct desk_account *account = desk_put_account(state, bus_row_id(rows, row, 0));

		account->cash.total_micros = bus_row_int8(rows, row, 1);
		account->cash.held_micros = bus_row_int8(rows, row, 2);
	}
}

static void on_positions(void *state, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		struct desk_position *position = desk_put_position(state, bus_row_id(rows, row, 0),
								   bus_row_text(rows, row, 1));

		position->shares.total_micros = bus_row_int8(rows, row, 2);
		position->shares.held_micros = bus_row_int8(rows, row, 3);
	}
}

/* In the order in which the statements name them. */
enum order_column {
	COLUMN_ORDER_ID,
	COLUMN_ACCOUNT_ID,
	COLUMN_CLIENT_ORDER_ID,
	COLUMN_SYMBOL,
	COLUMN_SIDE,
	COLUMN_TYPE,
	COLUMN_TIF,
	COLUMN_STP,
	COLUMN_FIRM,
	COLUMN_LIMIT,
	COLUMN_COLLAR,
	COLUMN_ORDERED,
	COLUMN_ACCEPTED_AT,
	COLUMN_STATUS,
	COLUMN_QUANTITY,
	COLUMN_CUM,
	COLUMN_LEAVES,
	COLUMN_CUM_NOTIONAL,
	COLUMN_HOLD,
	COLUMN_UPDATED_AT,
};

static void on_orders(void *state, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		const char *symbol = bus_row_text(rows, row, COLUMN_SYMBOL);
		struct order order = {
			.id = bus_row_id(rows, row, COLUMN_ORDER_ID),
			.side = (enum order_side)bus_row_int4(rows, row, COLUMN_SIDE),
			.type = (enum order_type)bus_row_int4(rows, row, COLUMN_TYPE),
			.tif = (enum order_tif)bus_row_int4(rows, row, COLUMN_TIF),
			.stp = (enum order_stp)bus_row_int4(rows, row, COLUMN_STP),
			.firm = bus_row_bool(rows, row, COLUMN_FIRM),
			.limit = { bus_row_int8(rows, row, COLUMN_LIMIT) },
			.collar = { bus_row_int8(rows, row, COLUMN_COLLAR) },
			.ordered = { bus_row_int8(rows, row, COLUMN_ORDERED) },
			.accepted_at = bus_row_int8(rows, row, COLUMN_ACCEPTED_AT),
			.status = (enum order_status)bus_row_int4(rows, row, COLUMN_STATUS),
			.quantity = { bus_row_int8(rows, row, COLUMN_QUANTITY) },
			.cum = { bus_row_int8(rows, row, COLUMN_CUM) },
			.leaves = { bus_row_int8(rows, row, COLUMN_LEAVES) },
			.cum_notional = { bus_row_int8(rows, row, COLUMN_CUM_NOTIONAL) },
			.hold_micros = bus_row_int8(rows, row, COLUMN_HOLD),
			.updated_at = bus_row_int8(rows, row, COLUMN_UPDATED_AT),
		};

		memcpy(order.symbol, symbol, strnlen(symbol, ORDER_SYMBOL_MAX));
		desk_put_order(state, bus_row_id(rows, row, COLUMN_ACCOUNT_ID), &order,
			       bus_row_text(rows, row, COLUMN_CLIENT_ORDER_ID));
	}
}

static void on_withdrawals(void *state, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		const char *symbol = bus_row_text(rows, row, 2);
		struct desk_withdrawal withdrawal = {
			.id = bus_row_id(rows, row, 0),
			.account = bus_row_id(rows, row, 1),
			.micros = bus_row_int8(rows, row, 3),
			.ended = !bus_row_bool(rows, row, 4),
		};

		memcpy(withdrawal.symbol, symbol, strnlen(symbol, ORDER_SYMBOL_MAX));
		desk_put_withdrawal(state, &withdrawal);
	}
}

/* ---- what a batch needs ---- */

/* What the inputs name and memory does not have. */
struct asked_order {
	struct bus_id account;
	struct bus_id id; /* or: */
	const char *client_order_id;
};

struct asked {
	struct asked_order *orders; /* by id */
	struct asked_order *named;
	struct bus_id *withdrawals;
	size_t order_count, named_count, withdrawal_count;
};

static void ask_order(struct asked *asked, const struct desk_state *desk, struct bus_id account,
		      const char *order_id)
{
	struct bus_id id;

	if (wire_fits(order_id, BUS_ID_TEXT - 1) && bus_id_parse(order_id, strlen(order_id), &id) &&
	    desk_order(desk, id) == NULL)
		asked->orders[asked->order_count++] = (struct asked_order){ account, id, NULL };
}

/* A client order id that is a UUID may also be the id of an order that was given none. */
static void ask_named(struct asked *asked, const struct desk_state *desk, struct bus_id account,
		      const char *client_order_id)
{
	if (client_order_id[0] == '\0' || !wire_fits(client_order_id, ORDER_CLIENT_ID_MAX) ||
	    desk_order_named(desk, account, client_order_id) != NULL)
		return;
	asked->named[asked->named_count++] =
		(struct asked_order){ .account = account, .client_order_id = client_order_id };
	ask_order(asked, desk, account, client_order_id);
}

static void ask_withdrawal(struct asked *asked, const struct desk_state *desk, const char *text)
{
	struct bus_id id;

	if (wire_id(text, &id) && desk_withdrawal(desk, id) == NULL)
		asked->withdrawals[asked->withdrawal_count++] = id;
}

/* An input names at most one order by id, one by client order id, and one withdrawal. */
static void ask_input(struct asked *asked, const struct desk_state *desk,
		      const struct bus_input *input)
{
	const ProtobufCMessageDescriptor *type = input->message->descriptor;
	const void *message = input->message;
	struct bus_id account;

	if (!wire_id(input->key, &account))
		return;
	if (type == BOOKS_D(execution)) {
		ask_order(asked, desk, account, ((const BOOKS(Execution) *)message)->order_id);
	} else if (type == ORDERS_D(place_order)) {
		ask_named(asked, desk, account,
			  ((const ORDERS(PlaceOrder) *)message)->client_order_id);
	} else if (type == ORDERS_D(cancel_order)) {
		const ORDERS(CancelOrder) *cancel = message;

		if (cancel->client_order_id[0] == '\0')
			ask_order(asked, desk, account, cancel->order_id);
		ask_named(asked, desk, account, cancel->client_order_id);
	} else if (type == ORDERS_D(decrease_order)) {
		const ORDERS(DecreaseOrder) *decrease = message;

		if (decrease->client_order_id[0] == '\0')
			ask_order(asked, desk, account, decrease->order_id);
		ask_named(asked, desk, account, decrease->client_order_id);
	} else if (type == BOOKS_D(order_canceled)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderCanceled) *)message)->order_id);
	} else if (type == BOOKS_D(order_decreased)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderDecreased) *)message)->order_id);
	} else if (type == BOOKS_D(order_rejected)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderRejected) *)message)->order_id);
	} else if (type == BOOKS_D(request_rejected)) {
		ask_order(asked, desk, account,
			  ((const BOOKS(RequestRejected) *)message)->order_id);
	} else if (type == PORTFOLIO_D(withdrawal_requested)) {
		ask_withdrawal(asked, desk,
			       ((const PORTFOLIO(WithdrawalRequested) *)message)->withdrawal_id);
	} else if (type == PORTFOLIO_D(withdrawal_booked)) {
		ask_withdrawal(asked, desk,
			       ((const PORTFOLIO(WithdrawalBooked) *)message)->withdrawal_id);
	}
}

static void call_accounts(struct bus_db *db, const struct bus_sql *sql, const struct bus_load *load,
			  bus_rows_fn on_rows, void *state)
{
	struct bus_call *call = bus_call(db, sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_id id;

	for (size_t i = 0; i < load->key_count; i++) {
		if (wire_id(load->keys[i], &id))
			bus_column_id(ids, id);
	}
	bus_call_send(call, on_rows, state);
}

static void call_orders(struct bus_db *db, const struct asked *asked, void *state)
{
	struct bus_call *call = bus_call(db, &load_order);
	struct bus_column *accounts = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);

	for (size_t i = 0; i < asked->order_count; i++) {
		bus_column_id(accounts, asked->orders[i].account);
		bus_column_id(ids, asked->orders[i].id);
	}
	bus_call_send(call, on_orders, state);
}

static void call_named(struct bus_db *db, const struct asked *asked, void *state)
{
	struct bus_call *call = bus_call(db, &load_named);
	struct bus_column *accounts = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *names = bus_call_column(call, BUS_PG_TEXT);

	for (size_t i = 0; i < asked->named_count; i++) {
		bus_column_id(accounts, asked->named[i].account);
		bus_column_text(names, asked->named[i].client_order_id);
	}
	bus_call_send(call, on_orders, state);
}

static void call_withdrawals(struct bus_db *db, const struct asked *asked, void *state)
{
	struct bus_call *call = bus_call(db, &load_withdrawal);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);

	for (size_t i = 0; i < asked->withdrawal_count; i++)
		bus_column_id(ids, asked->withdrawals[i]);
	bus_call_send(call, on_withdrawals, state);
}

void desk_load(void *state, const struct bus_load *load, struct bus_db *db)
{
	size_t count = load->input_count > 0 ? load->input_count : 1;
	struct asked asked = {
		.orders = bus_calloc(count, sizeof(*asked.orders)),
		.named = bus_calloc(count, sizeof(*asked.named)),
		.withdrawals = bus_calloc(count, sizeof(*asked.withdrawals)),
	};

	for (size_t i = 0; i < load->input_count; i++)
		ask_input(&asked, state, &load->inputs[i]);
	if (load->key_count > 0) {
		call_accounts(db, &load_account, load, on_accounts, state);
		call_accounts(db, &load_position, load, on_positions, state);
	}
	if (asked.order_count > 0)
		call_orders(db, &asked, state);
	if (asked.named_count > 0)
		call_named(db, &asked, state);
	if (asked.withdrawal_count > 0)
		call_withdrawals(db, &asked, state);
	free(asked.orders);
	free(asked.named);
	free(asked.withdrawals);
}

/* ---- state -> rows ---- */

static int compare_accounts(const void *a, const void *b)
{
	const struct desk_account *const *left = a, *const *right = b;

	return memcmp(&(*left)->id, &(*right)->id, sizeof((*left)->id));
}

static int compare_positions(const void *a, const void *b)
{
	const struct desk_position *const *left = a, *const *right = b;

	return memcmp(&(*left)->key, &(*right)->key, sizeof((*left)->key));
}

static int compare_orders(const void *a, const void *b)
{
	const struct desk_order *const *left = a, *const *right = b;

	return memcmp(&(*left)->order.id, &(*right)->order.id, sizeof((*left)->order.id));
}

static int compare_withdrawals(const void *a, const void *b)
{
	const struct desk_withdrawal *const *left = a, *const *right = b;

	return memcmp(&(*left)->id, &(*right)->id, sizeof((*left)->id));
}

static void sort(struct desk_list *list, int (*compare)(const void *, const void *))
{
	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare);
}

static void save_accounts(struct desk_list *list, struct bus_db *db)
{
	struct bus_call *call;
	struct bus_column *ids, *cash, *held;

	if (list->count == 0)
		return;
	sort(list, compare_accounts);
	call = bus_call(db, &save_account);
	ids = bus_call_column(call, BUS_PG_UUID);
	cash = bus_call_column(call, BUS_PG_INT8);
	held = bus_call_column(call, BUS_PG_INT8);
	for (size_t i = 0; i < list->count; i++) {
		struct desk_account *account = list->items[i];

		bus_column_id(ids, account->id);
		bus_column_int8(cash, account->cash.total_micros);
		bus_column_int8(held, account->cash.held_micros);
		account->dirty = false;
	}
	bus_call_send(call, NULL, NULL);
	list->count = 0;
}

static void save_positions(struct desk_list *list, struct bus_db *db)
{
	struct bus_call *call;
	struct bus_column *accounts, *symbols, *shares, *held;

	if (list->count == 0)
		return;
	sort(list, compare_positions);
	call = bus_call(db, &save_position);
	accounts = bus_call_column(call, BUS_PG_UUID);
	symbols = bus_call_column(call, BUS_PG_TEXT);
	shares = bus_call_column(call, BUS_PG_INT8);
	held = bus_call_column(call, BUS_PG_INT8);
	for (size_t i = 0; i < list->count; i++) {
		struct desk_position *position = list->items[i];

		bus_column_id(accounts, position->key.account);
		bus_column_text(symbols, position->key.symbol);
		bus_column_int8(shares, position->shares.total_micros);
		bus_column_int8(held, position->shares.held_micros);
		position->dirty = false;
	}
	bus_call_send(call, NULL, NULL);
	list->count = 0;
}

/* The columns of desk_insert_order, in its order. */
static const enum bus_pg_type order_columns[] = {
	[COLUMN_ORDER_ID] = BUS_PG_UUID,
	[COLUMN_ACCOUNT_ID] = BUS_PG_UUID,
	[COLUMN_CLIENT_ORDER_ID] = BUS_PG_TEXT,
	[COLUMN_SYMBOL] = BUS_PG_TEXT,
	[COLUMN_SIDE] = BUS_PG_INT4,
	[COLUMN_TYPE] = BUS_PG_INT4,
	[COLUMN_TIF] = BUS_PG_INT4,
	[COLUMN_STP] = BUS_PG_INT4,
	[COLUMN_FIRM] = BUS_PG_BOOL,
	[COLUMN_LIMIT] = BUS_PG_INT8,
	[COLUMN_COLLAR] = BUS_PG_INT8,
	[COLUMN_ORDERED] = BUS_PG_INT8,
	[COLUMN_ACCEPTED_AT] = BUS_PG_INT8,
	[COLUMN_STATUS] = BUS_PG_INT4,
	[COLUMN_QUANTITY] = BUS_PG_INT8,
	[COLUMN_CUM] = BUS_PG_INT8,
	[COLUMN_LEAVES] = BUS_PG_INT8,
	[COLUMN_CUM_NOTIONAL] = BUS_PG_INT8,
	[COLUMN_HOLD] = BUS_PG_INT8,
	[COLUMN_UPDATED_AT] = BUS_PG_INT8,
};
#define ORDER_COLUMNS BUS_ARRAY_LEN(order_columns)

static void append_order(struct bus_column *const *columns, const struct desk_order *entry)
{
	const struct order *order = &entry->order;
	const char *name = entry->name.text;

	bus_column_id(columns[COLUMN_ORDER_ID], order->id);
	bus_column_id(columns[COLUMN_ACCOUNT_ID], entry->name.account);
	bus_column_text(columns[COLUMN_CLIENT_ORDER_ID], name[0] != '\0' ? name : NULL);
	bus_column_text(columns[COLUMN_SYMBOL], order->symbol);
	bus_column_int4(columns[COLUMN_SIDE], order->side);
	bus_column_int4(columns[COLUMN_TYPE], order->type);
	bus_column_int4(columns[COLUMN_TIF], order->tif);
	bus_column_int4(columns[COLUMN_STP], order->stp);
	bus_column_bool(columns[COLUMN_FIRM], order->firm);
	bus_column_int8(columns[COLUMN_LIMIT], order->limit.micros);
	bus_column_int8(columns[COLUMN_COLLAR], order->collar.micros);
	bus_column_int8(columns[COLUMN_ORDERED], order->ordered.micros);
	bus_column_int8(columns[COLUMN_ACCEPTED_AT], order->accepted_at);
	bus_column_int4(columns[COLUMN_STATUS], order->status);
	bus_column_int8(columns[COLUMN_QUANTITY], order->quantity.micros);
	bus_column_int8(columns[COLUMN_CUM], order->cum.micros);
	bus_column_int8(columns[COLUMN_LEAVES], order->leaves.micros);
	bus_column_int8(columns[COLUMN_CUM_NOTIONAL], order->cum_notional.micros);
	bus_column_int8(columns[COLUMN_HOLD], order->hold_micros);
	bus_column_int8(columns[COLUMN_UPDATED_AT], order->updated_at);
}

static void insert_orders(const struct desk_list *list, struct bus_db *db)
{
	struct bus_call *call = bus_call(db, &insert_order);
	struct bus_column *columns[ORDER_COLUMNS];

	for (size_t i = 0; i < ORDER_COLUMNS; i++)
		columns[i] = bus_call_column(call, order_columns[i]);
	for (size_t i = 0; i < list->count; i++) {
		const struct desk_order *order = list->items[i];

		if (!order->stored)
			append_order(columns, order);
	}
	bus_call_send(call, NULL, NULL);
}

static void update_orders(const struct desk_list *list, struct bus_db *db)
{
	struct bus_call *call = bus_call(db, &update_order);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *statuses = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *quantities = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *cums = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *leaves = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *notionals = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *holds = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *times = bus_call_column(call, BUS_PG_INT8);

	for (size_t i = 0; i < list->count; i++) {
		const struct desk_order *entry = list->items[i];
		const struct order *order = &entry->order;

		if (!entry->stored || !entry->changed)
			continue;
		bus_column_id(ids, order->id);
		bus_column_int4(statuses, order->status);
		bus_column_int8(quantities, order->quantity.micros);
		bus_column_int8(cums, order->cum.micros);
		bus_column_int8(leaves, order->leaves.micros);
		bus_column_int8(notionals, order->cum_notional.micros);
		bus_column_int8(holds, order->hold_micros);
		bus_column_int8(times, order->updated_at);
	}
	bus_call_send(call, NULL, NULL);
}

static void save_orders(struct desk_state *desk, struct bus_db *db)
{
	struct desk_list *list = &desk->touched_orders;
	size_t inserts = 0, updates = 0;

	sort(list, compare_orders);
	for (size_t i = 0; i < list->count; i++) {
		const struct desk_order *order = list->items[i];

		inserts += !order->stored;
		updates += order->stored && order->changed;
	}
	if (inserts > 0)
		insert_orders(list, db);
	if (updates > 0)
		update_orders(list, db);
	for (size_t i = 0; i < list->count; i++) {
		struct desk_order *order = list->items[i];

		order->stored = true;
		order->changed = false;
		order->listed = false;
		if (order_terminal(order->order.status))
			desk_drop_order(desk, order);
	}
	list->count = 0;
}

static void save_withdrawals(struct desk_state *desk, struct bus_db *db)
{
	struct desk_list *list = &desk->touched_withdrawals;
	struct bus_column *ids, *accounts, *symbols, *amounts, *held;
	struct bus_call *call;

	if (list->count == 0)
		return;
	sort(list, compare_withdrawals);
	call = bus_call(db, &save_withdrawal);
	ids = bus_call_column(call, BUS_PG_UUID);
	accounts = bus_call_column(call, BUS_PG_UUID);
	symbols = bus_call_column(call, BUS_PG_TEXT);
	amounts = bus_call_column(call, BUS_PG_INT8);
	held = bus_call_column(call, BUS_PG_BOOL);
	for (size_t i = 0; i < list->count; i++) {
		struct desk_withdrawal *withdrawal = list->items[i];

		bus_column_id(ids, withdrawal->id);
		bus_column_id(accounts, withdrawal->account);
		bus_column_text(symbols, withdrawal->symbol);
		bus_column_int8(amounts, withdrawal->micros);
		bus_column_bool(held, !withdrawal->ended);
		withdrawal->listed = false;
		if (withdrawal->ended)
			desk_drop_withdrawal(desk, withdrawal);
	}
	bus_call_send(call, NULL, NULL);
	list->count = 0;
}

void desk_save(void *state, struct bus_db *db)
{
	struct desk_state *desk = state;

	save_accounts(&desk->dirty_accounts, db);
	save_positions(&desk->dirty_positions, db);
	save_orders(desk, db);
	save_withdrawals(desk, db);
}
