/*
 * One statement for each kind of change. Rows are written in the order of their keys, so that no
 * two transactions wait for each other in a circle.
 */
#include <stdlib.h>

#include "desk_columns.h"
#include "desk_state.h"
#include "desk_store.h"
#include "sql.h"

static const struct bus_sql save_account = { "desk_save_account", sql_desk_save_account };
static const struct bus_sql save_position = { "desk_save_position", sql_desk_save_position };
static const struct bus_sql insert_order = { "desk_insert_order", sql_desk_insert_order };
static const struct bus_sql update_order = { "desk_update_order", sql_desk_update_order };
static const struct bus_sql save_extra = { "desk_save_order_extra", sql_desk_save_order_extra };
static const struct bus_sql save_withdrawal = { "desk_save_withdrawal", sql_desk_save_withdrawal };

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

/* Zeros: null. */
static void column_link(struct bus_column *column, struct bus_id id)
{
	if (desk_id_given(id))
		bus_column_id(column, id);
	else
		bus_column_null(column);
}

static void save_positions(struct desk_list *list, struct bus_db *db)
{
	struct bus_call *call;
	struct bus_column *accounts, *symbols, *shares, *held, *actions, *collateral, *pending;

	if (list->count == 0)
		return;
	sort(list, compare_positions);
	call = bus_call(db, &save_position);
	accounts = bus_call_column(call, BUS_PG_UUID);
	symbols = bus_call_column(call, BUS_PG_TEXT);
	shares = bus_call_column(call, BUS_PG_INT8);
	held = bus_call_column(call, BUS_PG_INT8);
	actions = bus_call_column(call, BUS_PG_INT8);
	collateral = bus_call_column(call, BUS_PG_INT8);
	pending = bus_call_column(call, BUS_PG_UUID);
	for (size_t i = 0; i < list->count; i++) {
		struct desk_position *position = list->items[i];
		const struct desk_holding *holding = &position->holding;

		bus_column_id(accounts, position->key.account);
		bus_column_text(symbols, position->key.symbol);
		bus_column_int8(shares, holding->shares.total_micros);
		bus_column_int8(held, holding->shares.held_micros);
		bus_column_int8(actions, holding->actions);
		bus_column_int8(collateral, holding->collateral_micros);
		column_link(pending, holding->pending_action);
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
	[COLUMN_FEE_GROUP] = BUS_PG_TEXT,
	[COLUMN_FEE_HOLD] = BUS_PG_INT8,
	[COLUMN_EXPIRES_AT] = BUS_PG_INT8,
	[COLUMN_REFERENCE] = BUS_PG_INT8,
	[COLUMN_ACTIONS] = BUS_PG_INT8,
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
	bus_column_text(columns[COLUMN_FEE_GROUP], order->fee_group);
	bus_column_int8(columns[COLUMN_FEE_HOLD], order->fee_hold_micros);
	bus_column_int8(columns[COLUMN_EXPIRES_AT], order->expires_at);
	bus_column_int8(columns[COLUMN_REFERENCE], order->reference.micros);
	bus_column_int8(columns[COLUMN_ACTIONS], order->actions);
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
	struct bus_column *fees = bus_call_column(call, BUS_PG_INT8);
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
		bus_column_int8(fees, order->fee_hold_micros);
		bus_column_int8(times, order->updated_at);
	}
	bus_call_send(call, NULL, NULL);
}

/* The columns of desk_save_order_extra, in its order. */
static const enum bus_pg_type extra_columns[] = {
	BUS_PG_UUID, BUS_PG_UUID, BUS_PG_UUID, BUS_PG_UUID, BUS_PG_UUID, BUS_PG_UUID,
	BUS_PG_UUID, BUS_PG_INT4, BUS_PG_BOOL, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8,
	BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_BOOL,
};
#define EXTRA_COLUMNS BUS_ARRAY_LEN(extra_columns)

/* What has ended belongs to no group any more: nobody loads it with the others. */
static void append_extra(struct bus_column *const *columns, const struct desk_order *entry)
{
	const struct order *order = &entry->order;
	const struct desk_links *links = &entry->links;
	struct bus_column *const *column = columns;

	bus_column_id(*column++, order->id);
	bus_column_id(*column++, entry->name.account);
	column_link(*column++,
		    order_terminal(order->status) ? (struct bus_id){ { 0 } } : links->group);
	column_link(*column++, links->entry);
	column_link(*column++, links->sibling);
	column_link(*column++, links->replaces);
	column_link(*column++, links->replacement);
	bus_column_int4(*column++, order->order_class);
	bus_column_bool(*column++, order->post_only);
	bus_column_int8(*column++, order->notional.micros);
	bus_column_int8(*column++, order->stop.micros);
	bus_column_int8(*column++, order->trail.micros);
	bus_column_int8(*column++, order->trail_percent_micros);
	bus_column_int8(*column++, order->lot_micros);
	bus_column_int8(*column++, order->short_micros);
	bus_column_int8(*column++, order->margin_hold_micros);
	bus_column_int8(*column++, order->prevented.micros);
	bus_column_bool(*column++, order->triggered);
	bus_assert(column == columns + EXTRA_COLUMNS);
}

static void save_extras(const struct desk_list *list, struct bus_db *db)
{
	struct bus_call *call = bus_call(db, &save_extra);
	struct bus_column *columns[EXTRA_COLUMNS];

	for (size_t i = 0; i < EXTRA_COLUMNS; i++)
		columns[i] = bus_call_column(call, extra_columns[i]);
	for (size_t i = 0; i < list->count; i++) {
		const struct desk_order *order = list->items[i];

		if (order->extra && order->changed)
			append_extra(columns, order);
	}
	bus_call_send(call, NULL, NULL);
}

static void save_orders(struct desk_state *desk, struct bus_db *db)
{
	struct desk_list *list = &desk->touched_orders;
	size_t inserts = 0, updates = 0, extras = 0;

	sort(list, compare_orders);
	for (size_t i = 0; i < list->count; i++) {
		const struct desk_order *order = list->items[i];

		inserts += !order->stored;
		updates += order->stored && order->changed;
		extras += order->extra && order->changed;
	}
	if (inserts > 0)
		insert_orders(list, db);
	if (updates > 0)
		update_orders(list, db);
	if (extras > 0)
		save_extras(list, db);
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
