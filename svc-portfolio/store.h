/*
 * The ledger's state and its tables: loading the accounts of a batch, saving what changed. Every
 * row is a function of the journal alone.
 */
#ifndef PORTFOLIO_STORE_H
#define PORTFOLIO_STORE_H

#include "account.h"
#include "bus/processor.h"
#include "ledger.h"

/* One posting on its way to the table, which is append-only. */
struct entry {
	struct bus_id account_id;
	int32_t partition; /* with sequence and fact: the transaction */
	int64_t sequence;
	int32_t fact;
	int32_t posting;
	enum ledger_kind kind;
	struct symbol instrument; /* or LEDGER_CASH */
	int64_t amount_micros;
	const char *cause; /* static: "deposit", "withdrawal", "trade" */
	struct bus_id cause_id;
	int64_t booked_at_micros;
};

struct books {
	struct accounts accounts;
	struct entry *entries; /* of this batch; owned */
	size_t entry_count, entry_capacity;
};

void *store_new(void);
void store_free(void *state);
void store_load(void *state, const struct bus_load *load, struct bus_db *db);
void store_save(void *state, struct bus_db *db);

/* Queues the postings of a transaction that the fact made. */
void store_book(struct books *books, const struct bus_fact *fact, struct bus_id account_id,
		const char *cause, struct bus_id cause_id, const struct ledger_transaction *tx);

#endif
