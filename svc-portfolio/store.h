/*
 * The ledger's state and its tables: loading the accounts of a batch, saving what changed. Every
 * row is a function of the journal alone.
 */
#ifndef PORTFOLIO_STORE_H
#define PORTFOLIO_STORE_H

#include "account.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
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
	const char *cause; /* static: "deposit", "trade", "dividend", .. */
	struct bus_id cause_id;
	int64_t booked_at_micros;
};

/* A statement on its way to the table, and after it, in an array of their own, its positions. */
struct closed_day {
	struct bus_id account_id;
	int32_t date;
	struct statement statement;
	int32_t partition;
	int64_t after_sequence; /* the last fact of the close before; 0, 0: none */
	int32_t after_fact;
	int64_t sequence;
	int32_t fact;
	int64_t closed_at_micros;
};

struct closed_position {
	struct bus_id account_id;
	int32_t date;
	struct symbol symbol;
	int64_t quantity_micros, cost_micros, realised_micros, price_micros, value_micros;
};

/* A date of an account whose cash has settled: its row goes. */
struct gone_bucket {
	struct bus_id account_id;
	int32_t date;
};

/* Arrays are of this batch, and owned. */
struct books {
	struct accounts accounts;
	struct entry *entries;
	size_t entry_count, entry_capacity;
	struct closed_day *days;
	size_t day_count, day_capacity;
	struct closed_position *positions;
	size_t position_count, position_capacity;
	struct gone_bucket *gone;
	size_t gone_count, gone_capacity;
};

void *store_new(void);
void store_free(void *state);
void store_load(void *state, const struct bus_load *load, struct bus_db *db);
void store_save(void *state, struct bus_db *db);

/* Queues the statement of a day, which begins where the account was closed last. */
void store_close(struct books *books, const struct bus_fact *fact, const struct account *account,
		 const Bourse__Portfolio__V1__DayClosed *closed);
/* Queues the end of the row of a date that has settled. */
void store_forget_bucket(struct books *books, struct bus_id account_id, int32_t date);
/* Queues the postings of a transaction that the fact made. */
void store_book(struct books *books, const struct bus_fact *fact, struct bus_id account_id,
		const char *cause, struct bus_id cause_id, const struct ledger_transaction *tx);

#endif
