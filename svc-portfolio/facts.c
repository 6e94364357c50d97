/*
 * The fold of the ledger's journal: what a fact says is assigned, what it moved is posted. Facts
 * carry balances after themselves; decide has proved them, so nothing here can fail.
 */
#include <string.h>

#include "handlers.h"
#include "store.h"
#include "wire.h"

static void add(struct bus_money *sum, int64_t micros)
{
	bus_assert(bus_money_add(*sum, (struct bus_money){ micros }, sum));
}

static struct bus_id id_of(const char *text)
{
	struct bus_id id;

	bus_assert(wire_id(text, &id));
	return id;
}

static struct symbol symbol_of(const char *text)
{
	struct symbol symbol;

	bus_assert(wire_symbol(text, &symbol));
	return symbol;
}

static struct account *touched(struct books *books, const char *account_id)
{
	struct account *account = account_get(&books->accounts, id_of(account_id));

	account_touch(&books->accounts, account);
	return account;
}

/* The position to be written to. */
static struct position *changed_position(struct account *account, struct symbol symbol)
{
	struct holding *holding = account_holding(account, &symbol);

	account_touch_holding(account, holding);
	return &holding->position;
}

static void cash_deposited(struct books *books, const struct bus_fact *fact,
			   const PORTFOLIO(CashDeposited) * deposited)
{
	struct account *account = touched(books, deposited->account_id);
	struct ledger_transaction tx;

	account->cash.micros = deposited->cash_micros;
	add(&account->deposits, deposited->amount_micros);
	ledger_move_cash(&tx, (struct bus_money){ deposited->amount_micros });
	store_book(books, fact, account->id, "deposit", id_of(deposited->deposit_id), &tx);
}

static void shares_deposited(struct books *books, const struct bus_fact *fact,
			     const PORTFOLIO(SharesDeposited) * deposited)
{
	struct account *account = touched(books, deposited->account_id);
	struct position *position = changed_position(account, symbol_of(deposited->symbol));
	struct ledger_transaction tx;

	position->quantity.micros = deposited->position_micros;
	position->cost.micros = deposited->position_cost_micros;
	add(&account->cost_in, deposited->cost_micros);
	ledger_move_shares(&tx, deposited->symbol,
			   (struct bus_quantity){ deposited->quantity_micros });
	store_book(books, fact, account->id, "deposit", id_of(deposited->deposit_id), &tx);
}

static void withdrawal_requested(struct books *books,
				 const PORTFOLIO(WithdrawalRequested) * requested)
{
	struct withdrawal withdrawal = {
		.id = id_of(requested->withdrawal_id),
		.state = WITHDRAWAL_REQUESTED,
		.amount = { requested->amount_micros },
		.quantity = { requested->quantity_micros },
		.requested_at = requested->requested_at_micros,
	};
	struct account *account = touched(books, requested->account_id);

	if (requested->quantity_micros > 0)
		withdrawal.symbol = symbol_of(requested->symbol);
	account_touch_withdrawal(account, account_add_withdrawal(account, &withdrawal));
}

static void end_withdrawal(struct account *account, const char *withdrawal_id,
			   enum withdrawal_state state)
{
	struct withdrawal *withdrawal = account_withdrawal(account, id_of(withdrawal_id));

	bus_assert(withdrawal != NULL);
	withdrawal->state = state;
	account_touch_withdrawal(account, withdrawal);
}

static void withdrawal_booked(struct books *books, const struct bus_fact *fact,
			      const PORTFOLIO(WithdrawalBooked) * booked)
{
	struct account *account = touched(books, booked->account_id);
	struct ledger_transaction tx;

	end_withdrawal(account, booked->withdrawal_id, WITHDRAWAL_BOOKED);
	account->cash.micros = booked->cash_micros;
	if (booked->quantity_micros > 0) {
		struct position *position = changed_position(account, symbol_of(booked->symbol));

		position->quantity.micros = booked->position_micros;
		position->cost.micros = booked->position_cost_micros;
		add(&account->cost_out, booked->cost_micros);
		ledger_move_shares(&tx, booked->symbol,
				   (struct bus_quantity){ -booked->quantity_micros });
	} else {
		add(&account->withdrawals, booked->amount_micros);
		ledger_move_cash(&tx, (struct bus_money){ -booked->amount_micros });
	}
	store_book(books, fact, account->id, "withdrawal", id_of(booked->withdrawal_id), &tx);
}

static void trade_booked(struct books *books, const struct bus_fact *fact,
			 const PORTFOLIO(TradeBooked) * booked)
{
	struct account *account = touched(books, booked->account_id);
	struct position *position = changed_position(account, symbol_of(booked->symbol));
	int64_t sign = booked->side == SIDE(BUY) ? 1 : -1;
	struct ledger_transaction tx;

	account->cash.micros = booked->cash_micros;
	add(&account->realised, booked->realised_micros);
	position->quantity.micros = booked->position_micros;
	position->cost.micros = booked->position_cost_micros;
	position->realised.micros = booked->position_realised_micros;
	bus_assert(ledger_book_trade(
		&tx, &(struct ledger_trade){ .symbol = booked->symbol,
					     .quantity = { sign * booked->quantity_micros },
					     .cash = { booked->cash_delta_micros },
					     .fee = { booked->fee_micros } }));
	store_book(books, fact, account->id, "trade", id_of(booked->trade_id), &tx);
}

void ledger_evolve(void *state, const struct bus_fact *fact)
{
	Bourse__Portfolio__V1__PortfolioEvent__EventCase type = fact->type;
	struct books *books = state;

	switch (type) {
	case FACT(CASH_DEPOSITED):
		cash_deposited(books, fact, fact->message);
		break;
	case FACT(SHARES_DEPOSITED):
		shares_deposited(books, fact, fact->message);
		break;
	case FACT(WITHDRAWAL_REQUESTED):
		withdrawal_requested(books, fact->message);
		break;
	case FACT(WITHDRAWAL_BOOKED):
		withdrawal_booked(books, fact, fact->message);
		break;
	case FACT(WITHDRAWAL_REJECTED): {
		const PORTFOLIO(WithdrawalRejected) *rejected = fact->message;

		end_withdrawal(touched(books, rejected->account_id), rejected->withdrawal_id,
			       WITHDRAWAL_REJECTED);
		break;
	}
	case FACT(TRADE_BOOKED):
		trade_booked(books, fact, fact->message);
		break;
	case FACT(CASH_SETTLED):
	case FACT(DAY_CLOSED):
	case FACT(CORPORATE_ACTION_DUE):
	case FACT(POSITION_SPLIT):
	case FACT(SYMBOL_CHANGED):
	case FACT(DIVIDEND_PAID):
	case FACT(ACTIONS_CHECKED):
	case FACT(MARGIN_CHECKED):
	case FACT(MARGIN_CALLED):
	case FACT(MARGIN_CALL_MET):
	case FACT(PARKED):
	case FACT(COMMAND_REJECTED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}
