/*
 * One query for each table that the batch needs. Rows are put into memory where they are not there
 * already.
 */
#include "desk_store.h"

#include <stdlib.h>

#include "desk_columns.h"
#include "desk_state.h"
#include "sql.h"
#include "wire.h"

static const struct bus_sql load_account = { "desk_load_account", sql_desk_load_account };
static const struct bus_sql load_position = { "desk_load_position", sql_desk_load_position };
static const struct bus_sql load_order = { "desk_load_order", sql_desk_load_order };
static const struct bus_sql load_named = { "desk_load_named_order", sql_desk_load_named_order };
static const struct bus_sql load_open = { "desk_load_open_order", sql_desk_load_open_order };
static const struct bus_sql load_pending = { "desk_load_pending_order",
					     sql_desk_load_pending_order };
static const struct bus_sql load_withdrawal = { "desk_load_withdrawal", sql_desk_load_withdrawal };
static const struct bus_sql load_held = { "desk_load_held_withdrawal",
					  sql_desk_load_held_withdrawal };
static const struct bus_sql load_pending_withdrawal = { "desk_load_pending_withdrawal",
							sql_desk_load_pending_withdrawal };

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

		position->holding = (struct desk_holding){
			.shares = { bus_row_int8(rows, row, 2), bus_row_int8(rows, row, 3) },
			.actions = bus_row_int8(rows, row, 4),
			.collateral_micros = bus_row_int8(rows, row, 5),
			.pending_action = bus_row_id(rows, row, 6),
		};
	}
}

static struct order order_of(const PGresult *rows, int row)
{
	const char *symbol = bus_row_text(rows, row, COLUMN_SYMBOL);
	const char *group = bus_row_text(rows, row, COLUMN_FEE_GROUP);
	struct order order = {
		.id = bus_row_id(rows, row, COLUMN_ORDER_ID),
		.side = (enum order_side)bus_row_int4(rows, row, COLUMN_SIDE),
		.type = (enum order_type)bus_row_int4(rows, row, COLUMN_TYPE),
		.tif = (enum order_tif)bus_row_int4(rows, row, COLUMN_TIF),
		.stp = (enum order_stp)bus_row_int4(rows, row, COLUMN_STP),
		.order_class = ORDER_SIMPLE,
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
		.fee_hold_micros = bus_row_int8(rows, row, COLUMN_FEE_HOLD),
		.expires_at = bus_row_int8(rows, row, COLUMN_EXPIRES_AT),
		.reference = { bus_row_int8(rows, row, COLUMN_REFERENCE) },
		.actions = bus_row_int8(rows, row, COLUMN_ACTIONS),
	};

	memcpy(order.symbol, symbol, strnlen(symbol, ORDER_SYMBOL_MAX));
	memcpy(order.fee_group, group, strnlen(group, ORDER_FEE_GROUP_MAX));
	return order;
}

static void add_extra(struct desk_order *put, const PGresult *rows, int row)
{
	struct order *order = &put->order;

	put->links = (struct desk_links){
		.group = bus_row_id(rows, row, COLUMN_GROUP),
		.entry = bus_row_id(rows, row, COLUMN_ENTRY),
		.sibling = bus_row_id(rows, row, COLUMN_SIBLING),
		.replaces = bus_row_id(rows, row, COLUMN_REPLACES),
		.replacement = bus_row_id(rows, row, COLUMN_REPLACEMENT),
	};
	order->order_class = (enum order_class)bus_row_int4(rows, row, COLUMN_CLASS);
	order->post_only = bus_row_bool(rows, row, COLUMN_POST_ONLY);
	order->notional.micros = bus_row_int8(rows, row, COLUMN_NOTIONAL);
	order->stop.micros = bus_row_int8(rows, row, COLUMN_STOP);
	order->trail.micros = bus_row_int8(rows, row, COLUMN_TRAIL);
	order->trail_percent_micros = bus_row_int8(rows, row, COLUMN_TRAIL_PERCENT);
	order->lot_micros = bus_row_int8(rows, row, COLUMN_LOT);
	order->short_micros = bus_row_int8(rows, row, COLUMN_SHORT);
	order->margin_hold_micros = bus_row_int8(rows, row, COLUMN_MARGIN_HOLD);
	order->prevented.micros = bus_row_int8(rows, row, COLUMN_PREVENTED);
	order->triggered = bus_row_bool(rows, row, COLUMN_TRIGGERED);
}

static void on_orders(void *state, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows); row++) {
		const char *name = bus_row_text(rows, row, COLUMN_CLIENT_ORDER_ID);
		struct desk_order put = {
			.order = order_of(rows, row),
			.extra = bus_row_bool(rows, row, COLUMN_EXTRA),
			.name = { .account = bus_row_id(rows, row, COLUMN_ACCOUNT_ID) },
		};

		memcpy(put.name.text, name, strnlen(name, ORDER_CLIENT_ID_MAX));
		if (put.extra)
			add_extra(&put, rows, row);
		desk_put_order(state, &put);
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
	struct bus_id *accounts; /* all that is open of them */
	size_t order_count, named_count, withdrawal_count, account_count;
};

#define ORDERS_PER_INPUT 3 /* at most; and of the others one */

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

static void ask_either(struct asked *asked, const struct desk_state *desk, struct bus_id account,
		       const char *order_id, const char *client_order_id)
{
	if (client_order_id[0] == '\0')
		ask_order(asked, desk, account, order_id);
	ask_named(asked, desk, account, client_order_id);
}

static void ask_withdrawal(struct asked *asked, const struct desk_state *desk, const char *text)
{
	struct bus_id id;

	if (wire_id(text, &id) && desk_withdrawal(desk, id) == NULL)
		asked->withdrawals[asked->withdrawal_count++] = id;
}

/* An account that is not in memory yet is put there, for its row to be filled in. */
static void ask_account(struct asked *asked, struct desk_state *desk, struct bus_id id)
{
	struct desk_account *account = desk_put_account(desk, id);

	if (account->complete)
		return;
	account->complete = true;
	asked->accounts[asked->account_count++] = id;
}

/* From clients. */
static bool ask_command(struct asked *asked, struct desk_state *desk, struct bus_id account,
			const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;

	if (type == ORDERS_D(place_order)) {
		ask_named(asked, desk, account,
			  ((const ORDERS(PlaceOrder) *)(const void *)message)->client_order_id);
	} else if (type == ORDERS_D(cancel_order)) {
		const ORDERS(CancelOrder) *cancel = (const void *)message;

		ask_either(asked, desk, account, cancel->order_id, cancel->client_order_id);
	} else if (type == ORDERS_D(decrease_order)) {
		const ORDERS(DecreaseOrder) *decrease = (const void *)message;

		ask_either(asked, desk, account, decrease->order_id, decrease->client_order_id);
	} else if (type == ORDERS_D(replace_order)) {
		const ORDERS(ReplaceOrder) *replace = (const void *)message;

		ask_either(asked, desk, account, replace->order_id, replace->client_order_id);
		ask_named(asked, desk, account, replace->new_client_order_id);
	} else if (type == ORDERS_D(cancel_orders)) {
		ask_account(asked, desk, account);
	} else {
		return false;
	}
	return true;
}

/* From the book: where two orders are named, both. */
static bool ask_answer(struct asked *asked, const struct desk_state *desk, struct bus_id account,
		       const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;
	const void *m = message;

	if (type == BOOKS_D(execution)) {
		ask_order(asked, desk, account, ((const BOOKS(Execution) *)m)->order_id);
	} else if (type == BOOKS_D(order_canceled)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderCanceled) *)m)->order_id);
	} else if (type == BOOKS_D(order_decreased)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderDecreased) *)m)->order_id);
	} else if (type == BOOKS_D(order_rejected)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderRejected) *)m)->order_id);
	} else if (type == BOOKS_D(order_triggered)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderTriggered) *)m)->order_id);
	} else if (type == BOOKS_D(order_completed)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderCompleted) *)m)->order_id);
	} else if (type == BOOKS_D(request_rejected)) {
		ask_order(asked, desk, account, ((const BOOKS(RequestRejected) *)m)->order_id);
		if (((const BOOKS(RequestRejected) *)m)->kind == REQUEST_KIND(REPLACE))
			ask_order(asked, desk, account,
				  ((const BOOKS(RequestRejected) *)m)->request_id);
	} else if (type == BOOKS_D(order_replaced)) {
		ask_order(asked, desk, account, ((const BOOKS(OrderReplaced) *)m)->order_id);
		ask_order(asked, desk, account, ((const BOOKS(OrderReplaced) *)m)->new_order_id);
	} else if (type == BOOKS_D(self_trade_prevented)) {
		ask_order(asked, desk, account,
			  ((const BOOKS(SelfTradePrevented) *)m)->maker_order_id);
		ask_order(asked, desk, account,
			  ((const BOOKS(SelfTradePrevented) *)m)->taker_order_id);
	} else {
		return false;
	}
	return true;
}

/* From the ledger. */
static void ask_posting(struct asked *asked, struct desk_state *desk, struct bus_id account,
			const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;
	const void *m = message;

	if (type == PORTFOLIO_D(withdrawal_requested))
		ask_withdrawal(asked, desk,
			       ((const PORTFOLIO(WithdrawalRequested) *)m)->withdrawal_id);
	else if (type == PORTFOLIO_D(withdrawal_booked))
		ask_withdrawal(asked, desk,
			       ((const PORTFOLIO(WithdrawalBooked) *)m)->withdrawal_id);
	else if (type == PORTFOLIO_D(corporate_action_due))
		ask_account(asked, desk, account);
}

static void ask_input(struct asked *asked, struct desk_state *desk, const struct bus_input *input)
{
	struct bus_id account;

	if (!wire_id(input->key, &account))
		return;
	if (!ask_answer(asked, desk, account, input->message) &&
	    !ask_command(asked, desk, account, input->message))
		ask_posting(asked, desk, account, input->message);
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

static void call_ids(struct bus_db *db, const struct bus_sql *sql, const struct bus_id *ids,
		     size_t count, bus_rows_fn on_rows, void *state)
{
	struct bus_call *call = bus_call(db, sql);
	struct bus_column *column = bus_call_column(call, BUS_PG_UUID);

	for (size_t i = 0; i < count; i++)
		bus_column_id(column, ids[i]);
	bus_call_send(call, on_rows, state);
}

static void call_asked(struct bus_db *db, const struct asked *asked, void *state)
{
	if (asked->order_count > 0)
		call_orders(db, asked, state);
	if (asked->named_count > 0)
		call_named(db, asked, state);
	if (asked->withdrawal_count > 0)
		call_ids(db, &load_withdrawal, asked->withdrawals, asked->withdrawal_count,
			 on_withdrawals, state);
	if (asked->account_count == 0)
		return;
	call_ids(db, &load_open, asked->accounts, asked->account_count, on_orders, state);
	call_ids(db, &load_held, asked->accounts, asked->account_count, on_withdrawals, state);
}

void desk_load(void *state, const struct bus_load *load, struct bus_db *db)
{
	size_t count = load->input_count > 0 ? load->input_count : 1;
	struct asked asked = {
		.orders = bus_calloc(ORDERS_PER_INPUT * count, sizeof(*asked.orders)),
		.named = bus_calloc(2 * count, sizeof(*asked.named)),
		.withdrawals = bus_calloc(count, sizeof(*asked.withdrawals)),
		.accounts = bus_calloc(count, sizeof(*asked.accounts)),
	};

	for (size_t i = 0; i < load->input_count; i++)
		ask_input(&asked, state, &load->inputs[i]);
	if (load->key_count > 0) {
		call_accounts(db, &load_account, load, on_accounts, state);
		call_accounts(db, &load_position, load, on_positions, state);
		call_accounts(db, &load_pending, load, on_orders, state);
		call_accounts(db, &load_pending_withdrawal, load, on_withdrawals, state);
	}
	call_asked(db, &asked, state);
	free(asked.orders);
	free(asked.named);
	free(asked.withdrawals);
	free(asked.accounts);
}
