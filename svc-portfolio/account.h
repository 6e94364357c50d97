/*
 * The accounts that the ledger has in memory: balances, holdings, unsettled cash, and the
 * withdrawals that wait for the desk. An account comes into being with its first booking.
 *
 * What has changed since the last save is on a list: every account at most once, with a flag on
 * each of its holdings, buckets and withdrawals. A withdrawal that has ended leaves the memory
 * after its save.
 */
#ifndef PORTFOLIO_ACCOUNT_H
#define PORTFOLIO_ACCOUNT_H

#include <stdbool.h>
#include <uthash.h>

#include "balances.h"
#include "bus/id.h"
#include "settlement.h"
#include "shares.h"
#include "statement.h"

#define SYMBOL_MAX 12 /* characters */

/* Upper case, padded with NULs to its full size, so that it can be hashed and compared whole. */
struct symbol {
	char text[16];
};

struct holding {
	struct symbol symbol;
	struct shares shares;
	struct bus_money dividends; /* of this symbol, signed */
	int64_t actions;	    /* corporate actions that it has been through */
	int64_t pending_action;	    /* number of the one that waits for the desk; 0: none */
	int64_t since; /* when it was opened last, micros: older dividends are not its */
	/* Numbers of the lots that the table has (none where last < first), and whether the oldest
	 * or the newest of them has changed. */
	int64_t saved_first, saved_last;
	bool oldest_changed, newest_changed;
	bool changed;
	struct holding *next_changed;
	UT_hash_handle hh; /* in account.holdings, by symbol */
};

/* The values are those of the table. */
enum withdrawal_state {
	WITHDRAWAL_REQUESTED = 1, /* the desk has yet to say */
	WITHDRAWAL_BOOKED = 2,	  /* terminal */
	WITHDRAWAL_REJECTED = 3,  /* terminal */
};

/* Of cash (amount), or of shares (symbol and quantity); never both. */
struct withdrawal {
	struct bus_id id;
	enum withdrawal_state state;
	struct bus_money amount;
	struct symbol symbol;
	struct bus_quantity quantity;
	int64_t requested_at; /* micros */
	bool changed;
	struct withdrawal *next_changed;
	UT_hash_handle hh; /* in account.open, by id */
};

struct account {
	struct bus_id id;
	struct balances balances;
	struct settlement settlement;
	struct closing closing; /* the last one */
	int64_t movements;	/* postings of the customer since the beginning */
	bool firm;		/* as the last trade said */
	bool margin_called;
	/* Timers that are set, micros; 0: none. */
	int64_t day_ends_at, margin_check_at, actions_check_at;
	size_t short_count; /* holdings below 0 */
	struct holding *holdings;
	struct withdrawal *open; /* withdrawals that are requested, or have ended unsaved */
	bool changed, closed;	 /* closed: closing has changed */
	struct account *next_changed;
	struct holding *changed_holdings;	/* list by next_changed */
	struct withdrawal *changed_withdrawals; /* likewise */
	UT_hash_handle hh;			/* in accounts.by_id */
};

struct accounts {
	struct account *by_id;	 /* owned */
	struct account *changed; /* list by next_changed */
	size_t changed_count;
	struct lot_pool lots; /* of all holdings */
};

void accounts_release(struct accounts *accounts);

/* The account, or NULL where nothing was ever booked. */
struct account *account_find(const struct accounts *accounts, struct bus_id id);
/* The account, an empty one where there was none. */
struct account *account_get(struct accounts *accounts, struct bus_id id);
/* Puts them on the lists of changes. */
void account_touch(struct accounts *accounts, struct account *account);
void account_touch_holding(struct account *account, struct holding *holding);
void account_touch_withdrawal(struct account *account, struct withdrawal *withdrawal);
/* Empties the lists of changes; withdrawals that have ended go. */
void accounts_saved(struct accounts *accounts);

/* Nothing is left in it that could move or change its worth. */
bool account_is_empty(const struct account *account);

/* NULL where there never were any shares of it; `account` may be NULL. */
const struct holding *account_find_holding(const struct account *account,
					   const struct symbol *symbol);
struct holding *account_holding(struct account *account, const struct symbol *symbol);

/* NULL where no such withdrawal waits for the desk; `account` may be NULL. */
struct withdrawal *account_withdrawal(const struct account *account, struct bus_id id);
/* Keeps a copy of it; returns the copy. */
struct withdrawal *account_add_withdrawal(struct account *account,
					  const struct withdrawal *withdrawal);

#endif
