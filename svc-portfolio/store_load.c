/* What a batch needs of the accounts that are not in memory: one query a table, all at once. */
#include <string.h>

#include "sql.h"
#include "store.h"
#include "wire.h"

/* The twelve columns of balances, from one on. */
static struct balances row_balances(const PGresult *rows, int row, int column)
{
	return (struct balances){
		.cash = { bus_row_int8(rows, row, column) },
		.settled = { bus_row_int8(rows, row, column + 1) },
		.deposits = { bus_row_int8(rows, row, column + 2) },
		.withdrawals = { bus_row_int8(rows, row, column + 3) },
		.trades = { bus_row_int8(rows, row, column + 4) },
		.dividends = { bus_row_int8(rows, row, column + 5) },
		.other = { bus_row_int8(rows, row, column + 6) },
		.cost_in = { bus_row_int8(rows, row, column + 7) },
		.cost_out = { bus_row_int8(rows, row, column + 8) },
		.fifo_cost_out = { bus_row_int8(rows, row, column + 9) },
		.realised = { bus_row_int8(rows, row, column + 10) },
		.fifo_realised = { bus_row_int8(rows, row, column + 11) },
	};
}

static void on_accounts(void *arg, const PGresult *rows)
{
	struct books *books = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct account *account = account_get(&books->accounts, bus_row_id(rows, i, 0));

		account->balances = row_balances(rows, i, 1);
		account->movements = bus_row_int8(rows, i, 13);
		account->firm = bus_row_bool(rows, i, 14);
		account->margin_called = bus_row_bool(rows, i, 15);
		account->day_ends_at = bus_row_int8(rows, i, 16);
		account->margin_check_at = bus_row_int8(rows, i, 17);
		account->actions_check_at = bus_row_int8(rows, i, 18);
	}
}

static void on_closes(void *arg, const PGresult *rows)
{
	struct books *books = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct account *account = account_get(&books->accounts, bus_row_id(rows, i, 0));

		account->closing = (struct closing){
			.balances = row_balances(rows, i, 1),
			.equity = { bus_row_int8(rows, i, 13) },
			.growth_picos = bus_row_int8(rows, i, 14),
			.movements = bus_row_int8(rows, i, 15),
			.sequence = bus_row_int8(rows, i, 16),
			.date = bus_row_int4(rows, i, 17),
			.fact = bus_row_int4(rows, i, 18),
		};
	}
}

static struct symbol row_symbol(const PGresult *rows, int row, int column)
{
	struct symbol symbol = { { 0 } };

	strncpy(symbol.text, bus_row_text(rows, row, column), SYMBOL_MAX);
	return symbol;
}

static void on_positions(void *arg, const PGresult *rows)
{
	struct books *books = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct account *account = account_get(&books->accounts, bus_row_id(rows, i, 0));
		struct symbol symbol = row_symbol(rows, i, 1);
		struct holding *holding = account_holding(account, &symbol);

		holding->shares.position = (struct position){
			.quantity = { bus_row_int8(rows, i, 2) },
			.cost = { bus_row_int8(rows, i, 3) },
			.realised = { bus_row_int8(rows, i, 4) },
		};
		holding->shares.fifo_cost.micros = bus_row_int8(rows, i, 5);
		holding->shares.fifo_realised.micros = bus_row_int8(rows, i, 6);
		holding->dividends.micros = bus_row_int8(rows, i, 7);
		holding->actions = bus_row_int8(rows, i, 8);
		holding->pending_action = bus_row_int8(rows, i, 9);
		holding->since = bus_row_int8(rows, i, 10);
		holding->shares.lots.opened = bus_row_int8(rows, i, 11);
		holding->saved_first = holding->shares.lots.opened + 1;
		holding->saved_last = holding->shares.lots.opened;
		if (holding->shares.position.quantity.micros < 0)
			account->short_count++;
	}
}

/* In the order of their numbers, after the positions: the last one is the newest. */
static void on_lots(void *arg, const PGresult *rows)
{
	struct books *books = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct account *account = account_get(&books->accounts, bus_row_id(rows, i, 0));
		struct symbol symbol = row_symbol(rows, i, 1);
		struct holding *holding = account_holding(account, &symbol);
		struct lots *lots = &holding->shares.lots;
		struct lot lot = {
			.id = bus_row_id(rows, i, 3),
			.quantity = { bus_row_int8(rows, i, 4) },
			.cost = { bus_row_int8(rows, i, 5) },
			.opened_at = bus_row_int8(rows, i, 6),
		};

		lots_open(lots, &books->accounts.lots, &lot);
		lots->opened = bus_row_int8(rows, i, 2);
		holding->saved_first = lots_number(lots, 0);
	}
}

static void on_unsettled(void *arg, const PGresult *rows)
{
	struct books *books = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct account *account = account_get(&books->accounts, bus_row_id(rows, i, 0));

		settlement_set(&account->settlement, bus_row_int4(rows, i, 1),
			       (struct bus_money){ bus_row_int8(rows, i, 2) });
	}
}

static void on_withdrawals(void *arg, const PGresult *rows)
{
	struct books *books = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct withdrawal withdrawal = {
			.id = bus_row_id(rows, i, 1),
			.state = WITHDRAWAL_REQUESTED,
			.amount = { bus_row_int8(rows, i, 2) },
			.symbol = row_symbol(rows, i, 3),
			.quantity = { bus_row_int8(rows, i, 4) },
			.requested_at = bus_row_int8(rows, i, 5),
		};

		account_add_withdrawal(account_get(&books->accounts, bus_row_id(rows, i, 0)),
				       &withdrawal);
	}
}

/* A key that is no account id has no rows: its commands are rejected. */
static void load_rows(const struct bus_load *load, struct bus_db *db, const struct bus_sql *sql,
		      bus_rows_fn on_rows, struct books *books)
{
	struct bus_call *call = bus_call(db, sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_id id;

	for (size_t i = 0; i < load->key_count; i++) {
		if (wire_id(load->keys[i], &id))
			bus_column_id(ids, id);
	}
	bus_call_send(call, on_rows, books);
}

void store_load(void *state, const struct bus_load *load, struct bus_db *db)
{
	static const struct bus_sql accounts = { "load_accounts", sql_load_accounts };
	static const struct bus_sql closes = { "load_closes", sql_load_closes };
	static const struct bus_sql positions = { "load_positions", sql_load_positions };
	static const struct bus_sql lots = { "load_lots", sql_load_lots };
	static const struct bus_sql unsettled = { "load_unsettled", sql_load_unsettled };
	static const struct bus_sql withdrawals = { "load_withdrawals", sql_load_withdrawals };

	if (load->key_count == 0)
		return;
	load_rows(load, db, &accounts, on_accounts, state);
	load_rows(load, db, &closes, on_closes, state);
	load_rows(load, db, &positions, on_positions, state);
	load_rows(load, db, &lots, on_lots, state);
	load_rows(load, db, &unsettled, on_unsettled, state);
	load_rows(load, db, &withdrawals, on_withdrawals, state);
}
