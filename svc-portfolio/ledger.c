/* The postings of each kind of movement. */
#include "ledger.h"

#include <string.h>

/* A posting of nothing says nothing and is left out. */
static void post(struct ledger_transaction *tx, enum ledger_kind kind, const char *instrument,
		 int64_t amount_micros)
{
	if (amount_micros == 0)
		return;
	bus_assert(tx->count < LEDGER_POSTINGS_MAX);
	tx->postings[tx->count++] = (struct ledger_posting){ kind, instrument, amount_micros };
}

void ledger_move_cash(struct ledger_transaction *tx, struct bus_money amount)
{
	tx->count = 0;
	post(tx, LEDGER_CUSTOMER_CASH, LEDGER_CASH, amount.micros);
	post(tx, LEDGER_EXTERNAL, LEDGER_CASH, -amount.micros);
}

void ledger_move_shares(struct ledger_transaction *tx, const char *symbol,
			struct bus_quantity quantity)
{
	tx->count = 0;
	post(tx, LEDGER_CUSTOMER_SHARES, symbol, quantity.micros);
	post(tx, LEDGER_EXTERNAL, symbol, -quantity.micros);
}

bool ledger_book_trade(struct ledger_transaction *tx, const struct ledger_trade *trade)
{
	struct bus_money customer_and_fee, market;

	tx->count = 0;
	bus_assert(trade->fee.micros >= trade->regulatory_fee.micros &&
		   trade->regulatory_fee.micros >= 0);
	if (!bus_money_add(trade->cash, trade->fee, &customer_and_fee) ||
	    !bus_money_sub((struct bus_money){ 0 }, customer_and_fee, &market))
		return false;
	post(tx, LEDGER_CUSTOMER_UNSETTLED, LEDGER_CASH, trade->cash.micros);
	post(tx, LEDGER_MARKET, LEDGER_CASH, market.micros);
	post(tx, LEDGER_FEES, LEDGER_CASH, trade->fee.micros - trade->regulatory_fee.micros);
	post(tx, LEDGER_REGULATOR, LEDGER_CASH, trade->regulatory_fee.micros);
	post(tx, LEDGER_CUSTOMER_SHARES, trade->symbol, trade->quantity.micros);
	post(tx, LEDGER_MARKET, trade->symbol, -trade->quantity.micros);
	return true;
}

void ledger_settle(struct ledger_transaction *tx, struct bus_money amount)
{
	tx->count = 0;
	post(tx, LEDGER_CUSTOMER_CASH, LEDGER_CASH, amount.micros);
	post(tx, LEDGER_CUSTOMER_UNSETTLED, LEDGER_CASH, -amount.micros);
}

void ledger_pay_dividend(struct ledger_transaction *tx, struct bus_money amount)
{
	tx->count = 0;
	post(tx, LEDGER_CUSTOMER_CASH, LEDGER_CASH, amount.micros);
	post(tx, LEDGER_ISSUER, LEDGER_CASH, -amount.micros);
}

void ledger_split(struct ledger_transaction *tx, const char *symbol, struct bus_quantity shares,
		  struct bus_money cash)
{
	ledger_pay_dividend(tx, cash);
	post(tx, LEDGER_CUSTOMER_SHARES, symbol, shares.micros);
	post(tx, LEDGER_ISSUER, symbol, -shares.micros);
}

void ledger_change_symbol(struct ledger_transaction *tx, const char *symbol, const char *new_symbol,
			  struct bus_quantity quantity)
{
	tx->count = 0;
	post(tx, LEDGER_CUSTOMER_SHARES, symbol, -quantity.micros);
	post(tx, LEDGER_ISSUER, symbol, quantity.micros);
	post(tx, LEDGER_CUSTOMER_SHARES, new_symbol, quantity.micros);
	post(tx, LEDGER_ISSUER, new_symbol, -quantity.micros);
}

int ledger_movements(const struct ledger_transaction *tx)
{
	int count = 0;

	for (int i = 0; i < tx->count; i++) {
		enum ledger_kind kind = tx->postings[i].kind;

		if (kind == LEDGER_CUSTOMER_CASH || kind == LEDGER_CUSTOMER_UNSETTLED ||
		    kind == LEDGER_CUSTOMER_SHARES)
			count++;
	}
	return count;
}

bool ledger_balanced(const struct ledger_transaction *tx)
{
	for (int i = 0; i < tx->count; i++) {
		int64_t sum = 0;

		for (int j = 0; j < tx->count; j++) {
			if (strcmp(tx->postings[i].instrument, tx->postings[j].instrument) == 0 &&
			    __builtin_add_overflow(sum, tx->postings[j].amount_micros, &sum))
				return false;
		}
		if (sum != 0)
			return false;
	}
	return true;
}
