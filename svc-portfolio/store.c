/*
 * Queries and writes of the ledger. One statement a table: what a batch needs is read at once, what
 * it changed is written at once, in the order of the accounts' ids.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "sql.h"
#include "wire.h"

void *store_new(void)
{
	return bus_calloc(1, sizeof(struct books));
}

void store_free(void *state)
{
	struct books *books = state;

	if (books == NULL)
		return;
	accounts_release(&books->accounts);
	free(books->entries);
	free(books);
}

/* Loading *********************************************************************************** */

static void on_accounts(void *arg, const PGresult *rows)
{
	struct books *books = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct account *account = account_get(&books->accounts, bus_row_id(rows, i, 0));

		account->cash.micros = bus_row_int8(rows, i, 1);
		account->deposits.micros = bus_row_int8(rows, i, 2);
		account->withdrawals.micros = bus_row_int8(rows, i, 3);
		account->cost_in.micros = bus_row_int8(rows, i, 4);
		account->cost_out.micros = bus_row_int8(rows, i, 5);
		account->realised.micros = bus_row_int8(rows, i, 6);
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

		account_holding(account, &symbol)->position = (struct position){
			.quantity = { bus_row_int8(rows, i, 2) },
			.cost = { bus_row_int8(rows, i, 3) },
			.realised = { bus_row_int8(rows, i, 4) },
		};
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
	static const struct bus_sql positions = { "load_positions", sql_load_positions };
	static const struct bus_sql withdrawals = { "load_withdrawals", sql_load_withdrawals };

	if (load->key_count == 0)
		return;
	load_rows(load, db, &accounts, on_accounts, state);
	load_rows(load, db, &positions, on_positions, state);
	load_rows(load, db, &withdrawals, on_withdrawals, state);
}

/* Saving ************************************************************************************ */

static void save_accounts(struct account *const *sorted, size_t count, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_accounts", sql_save_accounts };
	struct bus_call *call = bus_call(db, &sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID), *columns[6];

	for (size_t i = 0; i < BUS_ARRAY_LEN(columns); i++)
		columns[i] = bus_call_column(call, BUS_PG_INT8);
	for (size_t i = 0; i < count; i++) {
		bus_column_id(ids, sorted[i]->id);
		bus_column_int8(columns[0], sorted[i]->cash.micros);
		bus_column_int8(columns[1], sorted[i]->deposits.micros);
		bus_column_int8(columns[2], sorted[i]->withdrawals.micros);
		bus_column_int8(columns[3], sorted[i]->cost_in.micros);
		bus_column_int8(columns[4], sorted[i]->cost_out.micros);
		bus_column_int8(columns[5], sorted[i]->realised.micros);
	}
	bus_call_send(call, NULL, NULL);
}

static void save_positions(struct account *const *sorted, size_t count, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_positions", sql_save_positions };
	struct bus_call *call = bus_call(db, &sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *symbols = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *quantities = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *costs = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *realised = bus_call_column(call, BUS_PG_INT8);

	for (size_t i = 0; i < count; i++) {
		for (const struct holding *h = sorted[i]->changed_holdings; h != NULL;
		     h = h->next_changed) {
			bus_column_id(ids, sorted[i]->id);
			bus_column_text(symbols, h->symbol.text);
			bus_column_int8(quantities, h->position.quantity.micros);
			bus_column_int8(costs, h->position.cost.micros);
			bus_column_int8(realised, h->position.realised.micros);
		}
	}
	bus_call_send(call, NULL, NULL);
}

static void save_withdrawals(struct account *const *sorted, size_t count, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_withdrawals", sql_save_withdrawals };
	struct bus_call *call = bus_call(db, &sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *account_ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *states = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *amounts = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *symbols = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *quantities = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *times = bus_call_column(call, BUS_PG_INT8);

	for (size_t i = 0; i < count; i++) {
		for (const struct withdrawal *w = sorted[i]->changed_withdrawals; w != NULL;
		     w = w->next_changed) {
			bus_column_id(ids, w->id);
			bus_column_id(account_ids, sorted[i]->id);
			bus_column_int4(states, (int32_t)w->state);
			bus_column_int8(amounts, w->amount.micros);
			bus_column_text(symbols, w->symbol.text);
			bus_column_int8(quantities, w->quantity.micros);
			bus_column_int8(times, w->requested_at);
		}
	}
	bus_call_send(call, NULL, NULL);
}

static void save_entries(const struct books *books, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_entries", sql_save_entries };
	struct bus_call *call = bus_call(db, &sql);
	struct bus_column *partitions = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *sequences = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *facts = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *postings = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *account_ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *kinds = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *instruments = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *amounts = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *causes = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *cause_ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *times = bus_call_column(call, BUS_PG_INT8);

	for (size_t i = 0; i < books->entry_count; i++) {
		const struct entry *entry = &books->entries[i];

		bus_column_int4(partitions, entry->partition);
		bus_column_int8(sequences, entry->sequence);
		bus_column_int4(facts, entry->fact);
		bus_column_int4(postings, entry->posting);
		bus_column_id(account_ids, entry->account_id);
		bus_column_int4(kinds, (int32_t)entry->kind);
		bus_column_text(instruments, entry->instrument.text);
		bus_column_int8(amounts, entry->amount_micros);
		bus_column_text(causes, entry->cause);
		bus_column_id(cause_ids, entry->cause_id);
		bus_column_int8(times, entry->booked_at_micros);
	}
	bus_call_send(call, NULL, NULL);
}

static int by_id(const void *a, const void *b)
{
	const struct account *const *x = a, *const *y = b;

	return memcmp((*x)->id.b, (*y)->id.b, sizeof((*x)->id.b));
}

/* Returns owned: the changed accounts in the order of their ids, against deadlocks. */
static struct account **sorted_changes(const struct accounts *accounts)
{
	struct account **sorted = bus_malloc(accounts->changed_count * sizeof(struct account *));
	size_t n = 0;

	for (struct account *a = accounts->changed; a != NULL; a = a->next_changed)
		sorted[n++] = a;
	bus_assert(n == accounts->changed_count);
	qsort(sorted, n, sizeof(struct account *), by_id);
	return sorted;
}

static bool any_holding(struct account *const *sorted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (sorted[i]->changed_holdings != NULL)
			return true;
	}
	return false;
}

static bool any_withdrawal(struct account *const *sorted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (sorted[i]->changed_withdrawals != NULL)
			return true;
	}
	return false;
}

void store_save(void *state, struct bus_db *db)
{
	struct books *books = state;
	size_t count = books->accounts.changed_count;

	if (count > 0) {
		struct account **sorted = sorted_changes(&books->accounts);

		save_accounts(sorted, count, db);
		if (any_holding(sorted, count))
			save_positions(sorted, count, db);
		if (any_withdrawal(sorted, count))
			save_withdrawals(sorted, count, db);
		free(sorted);
		accounts_saved(&books->accounts);
	}
	if (books->entry_count > 0)
		save_entries(books, db);
	books->entry_count = 0;
}

/* Makes room for the postings of one more transaction. */
static void reserve(struct books *books)
{
	if (books->entry_count + LEDGER_POSTINGS_MAX <= books->entry_capacity)
		return;
	books->entry_capacity = 2 * books->entry_capacity + 64;
	books->entries = bus_realloc(books->entries, books->entry_capacity * sizeof(struct entry));
}

void store_book(struct books *books, const struct bus_fact *fact, struct bus_id account_id,
		const char *cause, struct bus_id cause_id, const struct ledger_transaction *tx)
{
	bus_assert(ledger_balanced(tx));
	reserve(books);
	for (int i = 0; i < tx->count; i++) {
		struct entry *entry = &books->entries[books->entry_count++];

		*entry = (struct entry){
			.account_id = account_id,
			.partition = fact->partition,
			.sequence = fact->sequence,
			.fact = fact->index,
			.posting = i,
			.kind = tx->postings[i].kind,
			.amount_micros = tx->postings[i].amount_micros,
			.cause = cause,
			.cause_id = cause_id,
			.booked_at_micros = fact->now,
		};
		strncpy(entry->instrument.text, tx->postings[i].instrument, SYMBOL_MAX);
	}
}
