/*
 * The state of the book processor, the books of the symbols it has loaded, and its tables. What a
 * batch changes is kept in lists until save(): an order that comes and goes within a batch never
 * touches the table.
 *
 * The steps of an input are one transaction, so no row ever sees an order in hand, or an auction
 * whose trades are not through.
 */
#ifndef ORDERS_BOOK_STORE_H
#define ORDERS_BOOK_STORE_H

#include <uthash.h>

#include "book_engine.h"
#include "book_wire.h"
#include "bus/processor.h"

struct book_entry {
	struct book book;
	bool dirty;
	UT_hash_handle hh;
};

/* An order of the dirty list: its `mark` is its place in it + 1, so that it can leave it. */
struct book_dirty_order {
	struct book_order *order; /* NULL: it has left */
	const struct book *book;
};

/* A row of the trade table: the fact, borrowed until save() has returned. */
struct book_trade_row {
	const BOOKS(Executed) * fact;
	int64_t sequence;
	int32_t index;
};

struct book_state {
	struct book_memory memory;
	struct book_watch watch;     /* of all books: what of them must be written */
	struct book_event *room;     /* for the events of one decision; no state */
	struct book_entry *entries;  /* by symbol; owned */
	struct book none;	     /* of a symbol without history */
	struct book_entry **symbols; /* the dirty ones */
	size_t symbol_count, symbol_capacity;
	struct book_dirty_order *orders;
	size_t order_count, order_capacity;
	struct bus_id *gone; /* orders whose rows must go */
	size_t gone_count, gone_capacity;
	struct book_trade_row *trades;
	size_t trade_count, trade_capacity;
};

void *book_state_new(void);
void book_state_free(void *state);
void book_state_load(void *state, const struct bus_load *load, struct bus_db *db);
void book_state_save(void *state, struct bus_db *db);

/* Whether the symbol is short enough to be one. */
bool book_state_takes(const char *symbol);
/* The book of a symbol; an empty one when nothing is known of it. Borrowed. */
const struct book *book_state_find(const struct book_state *state, const char *symbol);
/* Room for the events of one decision, until the next one. */
struct book_events book_state_room(const struct book_state *state);

/* book_apply(), and what it changes will be written. */
void book_state_apply(struct book_state *state, const char *symbol, const struct book_event *event);
/* The row of a trade will be written; the fact is borrowed until then. */
void book_state_trade(struct book_state *state, const struct bus_fact *fact);

#endif
