/*
 * Double entry: a transaction is a handful of postings, each an amount that a ledger account of one
 * kind receives (positive) or gives (negative) in one instrument. Within a transaction the postings
 * of every instrument sum to exactly 0: what a customer gets, somebody gave.
 */
#ifndef PORTFOLIO_LEDGER_H
#define PORTFOLIO_LEDGER_H

#include <stdbool.h>

#include "bus/money.h"

/*
 * A deposit may bring an account to this many millionths of money, or of one share, and no further:
 * what is left of 64 bits belongs to trades, which the ledger cannot refuse.
 */
#define LEDGER_BALANCE_MAX INT64_C(1000000000000000000)

/* Instrument of a posting in money. Symbols are upper case, so that it can be none of them. */
#define LEDGER_CASH "cash"

/* The values are those of the wire and of the table. */
enum ledger_kind {
	LEDGER_CUSTOMER_CASH = 1, /* settled */
	LEDGER_CUSTOMER_SHARES = 2,
	LEDGER_MARKET = 3,	       /* the other side of trades */
	LEDGER_EXTERNAL = 4,	       /* the world outside: banks, other brokers */
	LEDGER_FEES = 5,	       /* what the firm earns */
	LEDGER_CUSTOMER_UNSETTLED = 6, /* cash of trades until it settles */
	LEDGER_ISSUER = 7,	       /* who pays dividends, splits shares and buys fractions */
	LEDGER_REGULATOR = 8,	       /* fees that the firm passes on */
};

struct ledger_posting {
	enum ledger_kind kind;
	const char *instrument; /* LEDGER_CASH or a symbol; borrowed */
	int64_t amount_micros;	/* of money or of shares; never 0 */
};

#define LEDGER_POSTINGS_MAX 6 /* a trade with both fees: four in cash, two in shares */

struct ledger_transaction {
	struct ledger_posting postings[LEDGER_POSTINGS_MAX];
	int count;
};

/* A movement between the customer and the outside: amount > 0 comes in, < 0 goes out. */
void ledger_move_cash(struct ledger_transaction *tx, struct bus_money amount);
void ledger_move_shares(struct ledger_transaction *tx, const char *symbol,
			struct bus_quantity quantity);

/*
 * A trade: quantity > 0 bought, < 0 sold; `cash` is what the customer's cash changes by, unsettled,
 * the fee included; fee >= 0, and the regulatory part of it. False when what the market receives
 * leaves 64 bits.
 */
struct ledger_trade {
	const char *symbol;
	struct bus_quantity quantity;
	struct bus_money cash;
	struct bus_money fee;
	struct bus_money regulatory_fee;
};
bool ledger_book_trade(struct ledger_transaction *tx,
		       const struct ledger_trade *trade) BUS_MUST_CHECK;

/* Unsettled cash of a day becomes settled; below 0 after more buys than sells. */
void ledger_settle(struct ledger_transaction *tx, struct bus_money amount);
/* Below 0: taken from who is short. */
void ledger_pay_dividend(struct ledger_transaction *tx, struct bus_money amount);
/* `shares` is what the position grew by, `cash` what was paid for a fraction; both signed. */
void ledger_split(struct ledger_transaction *tx, const char *symbol, struct bus_quantity shares,
		  struct bus_money cash);
void ledger_change_symbol(struct ledger_transaction *tx, const char *symbol, const char *new_symbol,
			  struct bus_quantity quantity);

/* How many of the postings are the customer's: the lines of a statement. */
int ledger_movements(const struct ledger_transaction *tx);

/* Every instrument sums to 0. */
bool ledger_balanced(const struct ledger_transaction *tx);

#endif
