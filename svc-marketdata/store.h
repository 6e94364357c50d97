/*
 * What the market keeps of its symbols, and its way into PostgreSQL. A symbol stays in memory once
 * it is loaded, with the latest of its bars; older bars are there for one batch, when a trade comes
 * late. Trades are only ever added.
 */
#ifndef MARKETDATA_STORE_H
#define MARKETDATA_STORE_H

#include <uthash.h>

#include "action.h"
#include "bar.h"
#include "bus/arena.h"
#include "bus/processor.h"
#include "instrument.h"
#include "quote.h"

struct held_bar {
	struct bar bar;
	bool dirty;
	struct held_bar *next; /* earlier ones of the symbol, latest first */
};

/* Owned by the market's table; lives as long as the state. */
struct symbol {
	struct instrument instrument; /* its definition.symbol is the key of the hash */
	struct actions actions;
	struct quote quote;
	struct held_bar *bars; /* owned; the first one is the latest there is */
	bool instrument_dirty, quote_dirty;
	bool listed; /* in the list of what is dirty */
	struct symbol *next_dirty;
	UT_hash_handle hh;
};

/* A trade to be added; the text is the fact's. */
struct printed {
	const struct symbol *symbol;
	struct bus_id id;
	struct trade trade;
};

struct market {
	struct symbol *symbols; /* hash by symbol */
	struct symbol *dirty;
	struct printed *printed; /* owned array */
	size_t printed_count, printed_capacity;
	struct bus_arena scratch; /* of the batch; reset by save() */
};

void *market_new(void);
void market_free(void *state);
void market_load(void *state, const struct bus_load *load, struct bus_db *db);
void market_save(void *state, struct bus_db *db);

struct symbol *market_find(const struct market *market, const char *symbol);
/* Finds or adds; the text has been checked. */
struct symbol *market_take(struct market *market, const char *symbol);
/* Puts the symbol on the list for save(). */
void market_touch(struct market *market, struct symbol *symbol);
void market_print(struct market *market, const struct printed *printed);

/* The bar of a minute that is in memory, or NULL. */
struct held_bar *symbol_bar(const struct symbol *symbol, int64_t start);
/* Adds an empty bar in its place; there is none yet. */
struct held_bar *symbol_bar_add(struct symbol *symbol, int64_t start);

#endif
