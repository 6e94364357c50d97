/*
 * A ledger as plain as can be: what accounts have, what it cost at average and by lots, what was
 * earned, what is settled. It shares no code with the product, and must be right by being read.
 * All numbers are millionths; accounts and symbols are numbers >= 0.
 */
#ifndef TEST_NAIVE_LEDGER_H
#define TEST_NAIVE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAIVE_ACCOUNTS 16
#define NAIVE_SYMBOLS  8
#define NAIVE_DATES    4096

struct naive_lot {
	int64_t quantity, cost; /* of a short lot both are below 0 */
};

struct naive_holding {
	int64_t quantity;
	int64_t cost, realised;		  /* at average */
	int64_t fifo_cost, fifo_realised; /* first in, first out */
	struct naive_lot *lots;		  /* oldest first; owned */
	size_t lot_count, lot_capacity;
};

struct naive_unsettled {
	int32_t date;
	int64_t amount;
};

struct naive_account {
	int64_t cash;
	int64_t deposits, fifo_deposits; /* net, of cash and at cost of shares */
	int64_t fees, earned;		 /* by dividends */
	struct naive_holding holdings[NAIVE_SYMBOLS];
	struct naive_unsettled unsettled[NAIVE_DATES]; /* the amounts by date, in any order */
	size_t unsettled_count;
};

/* Zeroed is empty. */
struct naive_ledger {
	struct naive_account accounts[NAIVE_ACCOUNTS];
};

/* What a trade earned. */
struct naive_earned {
	int64_t realised, fifo_realised;
};

void naive_ledger_release(struct naive_ledger *ledger);

void naive_ledger_cash(struct naive_account *account, int64_t amount);
void naive_ledger_shares_in(struct naive_account *account, int symbol, int64_t quantity,
			    int64_t cost);
/* What they cost at average; by lots they take what the oldest ones cost. */
int64_t naive_ledger_shares_out(struct naive_account *account, int symbol, int64_t quantity);
/* quantity > 0 bought, < 0 sold; `cash` is what the account's cash moves by. */
struct naive_earned naive_ledger_trade(struct naive_account *account, int symbol, int64_t quantity,
				       int64_t cash, int32_t settles);
/* Cash that comes without anything having been given for it: a dividend. */
void naive_ledger_earn(struct naive_account *account, int64_t amount);

int64_t naive_ledger_unsettled(const struct naive_account *account);
/* What of that date is settled now. */
int64_t naive_ledger_settle(struct naive_account *account, int32_t date);

/* NULL, or which law does not hold: cash + cost = deposits + realised by both methods, lots sum to
 * their position. */
const char *naive_ledger_fault(const struct naive_account *account);

#endif
