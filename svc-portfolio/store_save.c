/*
 * What a batch has changed: one statement a table, its rows in the order of the accounts' ids, and
 * none for a table in which nothing changed.
 */
#include <stdlib.h>
#include <string.h>

#include "sql.h"
#include "store.h"
#include "wire.h"

#define COLUMNS_MAX 32

/* The columns of a call, in the order of their parameters: u, i, b, t, n for a UUID, an int4, an
 * int8, a bool, a text. */
struct table {
	struct bus_call *call;
	struct bus_column *columns[COLUMNS_MAX];
	size_t count, next;
};

static enum bus_pg_type type_of(char letter)
{
	switch (letter) {
	case 'u':
		return BUS_PG_UUID;
	case 'i':
		return BUS_PG_INT4;
	case 'b':
		return BUS_PG_BOOL;
	case 't':
		return BUS_PG_TEXT;
	default:
		return BUS_PG_INT8;
	}
}

static void table_begin(struct table *table, struct bus_db *db, const struct bus_sql *sql,
			const char *letters)
{
	size_t count = strlen(letters);

	bus_assert(count <= COLUMNS_MAX);
	*table = (struct table){ .call = bus_call(db, sql), .count = count };
	for (size_t i = 0; i < count; i++)
		table->columns[i] = bus_call_column(table->call, type_of(letters[i]));
}

/* Values come row by row, column by column. */
static struct bus_column *next_column(struct table *table)
{
	struct bus_column *column = table->columns[table->next];

	table->next = (table->next + 1) % table->count;
	return column;
}

static void put_id(struct table *table, struct bus_id id)
{
	bus_column_id(next_column(table), id);
}

static void put_int8(struct table *table, int64_t value)
{
	bus_column_int8(next_column(table), value);
}

static void put_int4(struct table *table, int32_t value)
{
	bus_column_int4(next_column(table), value);
}

static void put_bool(struct table *table, bool value)
{
	bus_column_bool(next_column(table), value);
}

static void put_text(struct table *table, const char *value)
{
	bus_column_text(next_column(table), value);
}

/* A table only where there is a row for it. */
static void table_end(struct table *table)
{
	if (table->call != NULL)
		bus_call_send(table->call, NULL, NULL);
}

static void put_balances(struct table *table, const struct balances *b)
{
	put_int8(table, b->cash.micros);
	put_int8(table, b->settled.micros);
	put_int8(table, b->deposits.micros);
	put_int8(table, b->withdrawals.micros);
	put_int8(table, b->trades.micros);
	put_int8(table, b->dividends.micros);
	put_int8(table, b->other.micros);
	put_int8(table, b->cost_in.micros);
	put_int8(table, b->cost_out.micros);
	put_int8(table, b->fifo_cost_out.micros);
	put_int8(table, b->realised.micros);
	put_int8(table, b->fifo_realised.micros);
}

static void save_accounts(struct account *const *sorted, size_t count, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_accounts", sql_save_accounts };
	struct table table;

	table_begin(&table, db, &sql, "unnnnnnnnnnnnnbbnnn");
	for (size_t i = 0; i < count; i++) {
		const struct account *a = sorted[i];

		put_id(&table, a->id);
		put_balances(&table, &a->balances);
		put_int8(&table, a->movements);
		put_bool(&table, a->firm);
		put_bool(&table, a->margin_called);
		put_int8(&table, a->day_ends_at);
		put_int8(&table, a->margin_check_at);
		put_int8(&table, a->actions_check_at);
	}
	table_end(&table);
}

static void save_closes(struct account *const *sorted, size_t count, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_closes", sql_save_closes };
	struct table table = { .call = NULL };

	for (size_t i = 0; i < count; i++) {
		const struct closing *c = &sorted[i]->closing;

		if (!sorted[i]->closed)
			continue;
		if (table.call == NULL)
			table_begin(&table, db, &sql, "unnnnnnnnnnnnnnnnii");
		put_id(&table, sorted[i]->id);
		put_balances(&table, &c->balances);
		put_int8(&table, c->equity.micros);
		put_int8(&table, c->growth_picos);
		put_int8(&table, c->movements);
		put_int8(&table, c->sequence);
		put_int4(&table, c->date);
		put_int4(&table, c->fact);
	}
	table_end(&table);
}

static void put_position(struct table *table, struct bus_id account_id, const struct holding *h)
{
	put_id(table, account_id);
	put_text(table, h->symbol.text);
	put_int8(table, h->shares.position.quantity.micros);
	put_int8(table, h->shares.position.cost.micros);
	put_int8(table, h->shares.position.realised.micros);
	put_int8(table, h->shares.fifo_cost.micros);
	put_int8(table, h->shares.fifo_realised.micros);
	put_int8(table, h->dividends.micros);
	put_int8(table, h->actions);
	put_int8(table, h->pending_action);
	put_int8(table, h->since);
	put_int8(table, h->shares.lots.opened);
}

static void save_positions(struct account *const *sorted, size_t count, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_positions", sql_save_positions };
	struct table table = { .call = NULL };

	for (size_t i = 0; i < count; i++) {
		for (const struct holding *h = sorted[i]->changed_holdings; h != NULL;
		     h = h->next_changed) {
			if (table.call == NULL)
				table_begin(&table, db, &sql, "utnnnnnnnnnn");
			put_position(&table, sorted[i]->id, h);
		}
	}
	table_end(&table);
}

/* Lots ************************************************************************************ */

/* Rows of lots that are gone: those that the table has, below the oldest. */
static void delete_lots(struct account *const *sorted, size_t count, struct bus_db *db)
{
	static const struct bus_sql sql = { "delete_lots", sql_delete_lots };
	struct table table = { .call = NULL };

	for (size_t i = 0; i < count; i++) {
		for (const struct holding *h = sorted[i]->changed_holdings; h != NULL;
		     h = h->next_changed) {
			int64_t first = lots_number(&h->shares.lots, 0);

			if (h->saved_first > h->saved_last || first <= h->saved_first)
				continue;
			if (table.call == NULL)
				table_begin(&table, db, &sql, "utn");
			put_id(&table, sorted[i]->id);
			put_text(&table, h->symbol.text);
			put_int8(&table, first);
		}
	}
	table_end(&table);
}

static void put_lot(struct table *table, struct bus_db *db, struct bus_id account_id,
		    const struct holding *h, uint32_t i)
{
	static const struct bus_sql sql = { "save_lots", sql_save_lots };
	const struct lot *lot = lots_at(&h->shares.lots, i);

	if (table->call == NULL)
		table_begin(table, db, &sql, "utnunnn");
	put_id(table, account_id);
	put_text(table, h->symbol.text);
	put_int8(table, lots_number(&h->shares.lots, i));
	put_id(table, lot->id);
	put_int8(table, lot->quantity.micros);
	put_int8(table, lot->cost.micros);
	put_int8(table, lot->opened_at);
}

/* Those that the table lacks; of the others the oldest and the newest alone can have changed. */
static void put_lots(struct table *table, struct bus_db *db, struct bus_id account_id,
		     const struct holding *h)
{
	const struct lots *lots = &h->shares.lots;
	int64_t known = h->saved_last - lots_number(lots, 0) + 1;
	uint32_t added = known > 0 ? (uint32_t)known : 0;

	if (added > 0 && h->oldest_changed)
		put_lot(table, db, account_id, h, 0);
	if (added == lots->count && h->newest_changed && (added > 1 || !h->oldest_changed))
		put_lot(table, db, account_id, h, added - 1);
	for (uint32_t i = added; i < lots->count; i++)
		put_lot(table, db, account_id, h, i);
}

static void save_lots(struct account *const *sorted, size_t count, struct bus_db *db)
{
	struct table table = { .call = NULL };

	for (size_t i = 0; i < count; i++) {
		for (const struct holding *h = sorted[i]->changed_holdings; h != NULL;
		     h = h->next_changed)
			put_lots(&table, db, sorted[i]->id, h);
	}
	table_end(&table);
}

/* Unsettled cash ************************************************************************** */

static void delete_unsettled(const struct books *books, struct bus_db *db)
{
	static const struct bus_sql sql = { "delete_unsettled", sql_delete_unsettled };
	struct table table;

	if (books->gone_count == 0)
		return;
	table_begin(&table, db, &sql, "ui");
	for (size_t i = 0; i < books->gone_count; i++) {
		put_id(&table, books->gone[i].account_id);
		put_int4(&table, books->gone[i].date);
	}
	table_end(&table);
}

static void save_unsettled(struct account *const *sorted, size_t count, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_unsettled", sql_save_unsettled };
	struct table table = { .call = NULL };

	for (size_t i = 0; i < count; i++) {
		const struct settlement *settlement = &sorted[i]->settlement;

		for (size_t j = 0; j < settlement->count; j++) {
			if (!settlement->buckets[j].changed)
				continue;
			if (table.call == NULL)
				table_begin(&table, db, &sql, "uin");
			put_id(&table, sorted[i]->id);
			put_int4(&table, settlement->buckets[j].date);
			put_int8(&table, settlement->buckets[j].amount.micros);
		}
	}
	table_end(&table);
}

/* Statements ****************************************************************************** */

static void put_day(struct table *table, const struct closed_day *day)
{
	const struct statement *s = &day->statement;

	put_id(table, day->account_id);
	put_int4(table, day->date);
	put_int8(table, s->opening.micros);
	put_int8(table, s->closing.micros);
	put_int8(table, s->settled.micros);
	put_int8(table, s->unsettled.micros);
	put_int8(table, s->deposits.micros);
	put_int8(table, s->withdrawals.micros);
	put_int8(table, s->trades.micros);
	put_int8(table, s->dividends.micros);
	put_int8(table, s->other.micros);
	put_int8(table, s->movements);
	put_int8(table, s->equity.micros);
	put_int8(table, s->net_deposits.micros);
	put_int8(table, s->realised.micros);
	put_int8(table, s->unrealised.micros);
	put_int8(table, s->flow.micros);
	put_int8(table, s->growth_picos);
	put_int4(table, day->partition);
	put_int8(table, day->after_sequence);
	put_int4(table, day->after_fact);
	put_int8(table, day->sequence);
	put_int4(table, day->fact);
	put_int8(table, day->closed_at_micros);
}

static void save_days(const struct books *books, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_statements", sql_save_statements };
	struct table table;

	if (books->day_count == 0)
		return;
	table_begin(&table, db, &sql, "uinnnnnnnnnnnnnnnnininin");
	for (size_t i = 0; i < books->day_count; i++)
		put_day(&table, &books->days[i]);
	table_end(&table);
}

static void save_day_positions(const struct books *books, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_statement_positions",
					    sql_save_statement_positions };
	struct table table;

	if (books->position_count == 0)
		return;
	table_begin(&table, db, &sql, "uitnnnnn");
	for (size_t i = 0; i < books->position_count; i++) {
		const struct closed_position *p = &books->positions[i];

		put_id(&table, p->account_id);
		put_int4(&table, p->date);
		put_text(&table, p->symbol.text);
		put_int8(&table, p->quantity_micros);
		put_int8(&table, p->cost_micros);
		put_int8(&table, p->realised_micros);
		put_int8(&table, p->price_micros);
		put_int8(&table, p->value_micros);
	}
	table_end(&table);
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

static bool any_withdrawal(struct account *const *sorted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (sorted[i]->changed_withdrawals != NULL)
			return true;
	}
	return false;
}

static void save_changes(struct accounts *accounts, struct bus_db *db)
{
	size_t count = accounts->changed_count;
	struct account **sorted;

	if (count == 0)
		return;
	sorted = sorted_changes(accounts);
	save_accounts(sorted, count, db);
	save_closes(sorted, count, db);
	save_positions(sorted, count, db);
	delete_lots(sorted, count, db);
	save_lots(sorted, count, db);
	save_unsettled(sorted, count, db);
	if (any_withdrawal(sorted, count))
		save_withdrawals(sorted, count, db);
	free(sorted);
	accounts_saved(accounts);
}

void store_save(void *state, struct bus_db *db)
{
	struct books *books = state;

	delete_unsettled(books, db);
	save_changes(&books->accounts, db);
	if (books->entry_count > 0)
		save_entries(books, db);
	save_days(books, db);
	save_day_positions(books, db);
	books->entry_count = books->day_count = books->position_count = books->gone_count = 0;
}
