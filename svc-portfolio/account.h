/*
 * The accounts that the ledger has in memory: cash, positions, and the withdrawals that wait for
 * the desk. An account comes into being with its first booking.
 *
 * What has changed since the last save is on a list: every account at most once, with a flag on
 * each of its positions and withdrawals. A withdrawal that has ended leaves the memory after its
 * save.
 */
#ifndef PORTFOLIO_ACCOUNT_H
#define PORTFOLIO_ACCOUNT_H

#include <stdbool.h>
#include <uthash.h>

#include "bus/id.h"
#include "bus/money.h"
#include "position.h"

#define SYMBOL_MAX 12 /* characters */

/* Upper case, padded with NULs to its full size, so that it can be hashed and compared whole. */
struct symbol {
	char text[16];
};

struct holding {
	struct symbol symbol;
	struct position position;
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
	struct bus_money cash;
	struct bus_money deposits;    /* of cash, all that ever came in */
	struct bus_money withdrawals; /* of cash, all that ever went out */
	struct bus_money cost_in;     /* of shares deposited: the cost that they brought along */
	struct bus_money cost_out;    /* of shares withdrawn: the cost that they took along */
	struct bus_money realised;    /* by all sales */
	struct holding *holdings;
	struct withdrawal *open; /* withdrawals that are requested, or have ended unsaved */
	bool changed;
	struct account *next_changed;
	struct holding *changed_holdings;	/* list by next_changed */
	struct withdrawal *changed_withdrawals; /* likewise */
	UT_hash_handle hh;			/* in accounts.by_id */
};

struct accounts {
	struct account *by_id;	 /* owned */
	struct account *changed; /* list by next_changed */
	size_t changed_count;
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

/* NULL where there never were any shares of it; `account` may be NULL. */
const struct position *account_position(const struct account *account, const struct symbol *symbol);
struct holding *account_holding(struct account *account, const struct symbol *symbol);

/* NULL where no such withdrawal waits for the desk; `account` may be NULL. */
struct withdrawal *account_withdrawal(const struct account *account, struct bus_id id);
/* Keeps a copy of it; returns the copy. */
struct withdrawal *account_add_withdrawal(struct account *account,
					  const struct withdrawal *withdrawal);

#endif
