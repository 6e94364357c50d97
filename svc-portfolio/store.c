/*
 * The ledger's state, and what a batch leaves for the tables. Reading it is store_load.c, writing
 * it store_save.c.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>

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
	free(books->days);
	free(books->positions);
	free(books->gone);
	free(books);
}

/* Room for so many items: the array, or a larger one. */
static void *room(void *items, size_t count, size_t *capacity, size_t size)
{
	if (count <= *capacity)
		return items;
	*capacity = 2 * count + 16;
	return bus_realloc(items, *capacity * size);
}

void store_forget_bucket(struct books *books, struct bus_id account_id, int32_t date)
{
	books->gone = room(books->gone, books->gone_count + 1, &books->gone_capacity,
			   sizeof(*books->gone));
	books->gone[books->gone_count++] = (struct gone_bucket){ account_id, date };
}

static void close_positions(struct books *books, struct bus_id account_id,
			    const PORTFOLIO(DayClosed) * closed)
{
	books->positions = room(books->positions, books->position_count + closed->n_positions,
				&books->position_capacity, sizeof(*books->positions));
	for (size_t i = 0; i < closed->n_positions; i++) {
		const PORTFOLIO(PositionClose) *p = closed->positions[i];
		struct closed_position *row = &books->positions[books->position_count++];

		*row = (struct closed_position){ account_id,	  closed->date,
						 { { 0 } },	  p->quantity_micros,
						 p->cost_micros,  p->realised_micros,
						 p->price_micros, p->value_micros };
		strncpy(row->symbol.text, p->symbol, SYMBOL_MAX);
	}
}

void store_close(struct books *books, const struct bus_fact *fact, const struct account *account,
		 const PORTFOLIO(DayClosed) * closed)
{
	books->days =
		room(books->days, books->day_count + 1, &books->day_capacity, sizeof(*books->days));
	books->days[books->day_count++] = (struct closed_day){
		.account_id = account->id,
		.date = closed->date,
		.statement = { .opening = { closed->opening_cash_micros },
			       .closing = { closed->closing_cash_micros },
			       .settled = { closed->settled_cash_micros },
			       .unsettled = { closed->unsettled_cash_micros },
			       .deposits = { closed->deposits_micros },
			       .withdrawals = { closed->withdrawals_micros },
			       .trades = { closed->trades_micros },
			       .dividends = { closed->dividends_micros },
			       .other = { closed->other_micros },
			       .movements = closed->movement_count,
			       .equity = { closed->equity_micros },
			       .net_deposits = { closed->net_deposits_micros },
			       .realised = { closed->realised_micros },
			       .unrealised = { closed->unrealised_micros },
			       .flow = { closed->flow_micros },
			       .growth_picos = closed->growth_picos },
		.partition = fact->partition,
		.after_sequence = account->closing.sequence,
		.after_fact = account->closing.fact,
		.sequence = fact->sequence,
		.fact = fact->index,
		.closed_at_micros = closed->closed_at_micros,
	};
	close_positions(books, account->id, closed);
}

void store_book(struct books *books, const struct bus_fact *fact, struct bus_id account_id,
		const char *cause, struct bus_id cause_id, const struct ledger_transaction *tx)
{
	bus_assert(ledger_balanced(tx));
	books->entries = room(books->entries, books->entry_count + LEDGER_POSTINGS_MAX,
			      &books->entry_capacity, sizeof(*books->entries));
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
