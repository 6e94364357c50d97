/*
 * What the ledger decides, one function per message. A command is answered by what was booked, or
 * by CommandRejected with the first thing that is wrong with it. What the desk says has been
 * decided: it is booked, or, where the books cannot carry it, parked before anything is.
 */
#include "handlers.h"

#include <string.h>

#include "store.h"
#include "wire.h"

/* Cash or shares, as a command or the desk names them; borrows its text. */
struct asked {
	const char *account_id;
	int64_t amount_micros;
	const char *symbol;
	int64_t quantity_micros;
	int64_t cost_price_micros;
};

/* The same, checked: shares where the quantity is not 0, cash where it is. */
struct movement {
	struct bus_id account_id;
	struct bus_money amount;
	struct symbol symbol;
	struct bus_quantity quantity;
	struct bus_money cost; /* what deposited shares bring along */
};

/* Why not; UNSPECIFIED and NULL where there is nothing to say. */
struct refusal {
	ORDERS(RejectReason) reason;
	const char *text;
};

static const struct position no_position;

static const struct account *find(const void *state, struct bus_id id)
{
	const struct books *books = state;

	return account_find(&books->accounts, id);
}

static struct bus_money cash_of(const struct account *account)
{
	return account != NULL ? account->cash : (struct bus_money){ 0 };
}

static const struct position *position_of(const struct account *account,
					  const struct symbol *symbol)
{
	const struct position *position = account_position(account, symbol);

	return position != NULL ? position : &no_position;
}

/* Commands ********************************************************************************** */

static int reject(const struct bus_input *input, struct bus_facts *facts, const char *account_id,
		  struct refusal refusal)
{
	PORTFOLIO(CommandRejected) *fact = bus_fact_add(facts, PORTFOLIO_D(command_rejected));

	fact->account_id = (char *)account_id;
	fact->command_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	fact->command_type = (char *)input->message->descriptor->name;
	fact->reason = refusal.reason;
	fact->text = (char *)refusal.text;
	return 0;
}

static struct refusal check_shares(const struct asked *asked, struct movement *out)
{
	if (!wire_symbol(asked->symbol, &out->symbol))
		return (struct refusal){ REASON(INVALID_FIELD), "symbol is not one" };
	if (asked->quantity_micros <= 0)
		return (struct refusal){ REASON(INVALID_QUANTITY), "quantity must be above 0" };
	if (asked->cost_price_micros < 0)
		return (struct refusal){ REASON(INVALID_FIELD), "cost_price is below 0" };
	out->quantity.micros = asked->quantity_micros;
	if (!bus_notional((struct bus_price){ asked->cost_price_micros }, out->quantity,
			  &out->cost))
		return (struct refusal){ REASON(INVALID_QUANTITY), "the cost leaves 64 bits" };
	return (struct refusal){ 0 };
}

static struct refusal check_asked(const struct asked *asked, struct movement *out)
{
	bool shares = asked->symbol[0] != '\0' || asked->quantity_micros != 0 ||
		      asked->cost_price_micros != 0;

	*out = (struct movement){ .amount = { asked->amount_micros } };
	if (!wire_id(asked->account_id, &out->account_id))
		return (struct refusal){ REASON(INVALID_FIELD),
					 "account_id is not a UUID in lower case" };
	if (shares && asked->amount_micros != 0)
		return (struct refusal){ REASON(INVALID_FIELD), "cash or shares, not both" };
	if (shares)
		return check_shares(asked, out);
	if (asked->amount_micros <= 0)
		return (struct refusal){ REASON(INVALID_AMOUNT), "amount must be above 0" };
	return (struct refusal){ 0 };
}

static struct refusal deposit_cash(const struct account *account, const struct movement *movement,
				   const struct bus_input *input, struct bus_facts *facts)
{
	struct bus_money cash,
		deposits = account != NULL ? account->deposits : (struct bus_money){ 0 };
	PORTFOLIO(CashDeposited) * fact;

	if (!bus_money_add(cash_of(account), movement->amount, &cash) ||
	    !bus_money_add(deposits, movement->amount, &deposits) ||
	    cash.micros > LEDGER_BALANCE_MAX)
		return (struct refusal){ REASON(INVALID_AMOUNT), "more than an account may hold" };
	fact = bus_fact_add(facts, PORTFOLIO_D(cash_deposited));
	fact->account_id = bus_facts_id(facts, movement->account_id);
	fact->deposit_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	fact->amount_micros = movement->amount.micros;
	fact->cash_micros = cash.micros;
	fact->deposited_at_micros = input->now;
	return (struct refusal){ 0 };
}

static struct refusal deposit_shares(const struct account *account, const struct movement *movement,
				     const struct bus_input *input, struct bus_facts *facts)
{
	struct position after = *position_of(account, &movement->symbol);
	struct bus_money cost_in = account != NULL ? account->cost_in : (struct bus_money){ 0 };
	struct position_move move;
	PORTFOLIO(SharesDeposited) * fact;

	if (position_buy(&after, movement->quantity, movement->cost, &move) != POSITION_OK ||
	    !bus_money_add(cost_in, movement->cost, &cost_in))
		return (struct refusal){ REASON(INVALID_QUANTITY),
					 "more than an account may hold" };
	position_apply(&after, &move);
	if (after.quantity.micros > LEDGER_BALANCE_MAX || after.cost.micros > LEDGER_BALANCE_MAX)
		return (struct refusal){ REASON(INVALID_QUANTITY),
					 "more than an account may hold" };
	fact = bus_fact_add(facts, PORTFOLIO_D(shares_deposited));
	fact->account_id = bus_facts_id(facts, movement->account_id);
	fact->deposit_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	fact->symbol = bus_facts_strdup(facts, movement->symbol.text);
	fact->quantity_micros = movement->quantity.micros;
	fact->cost_micros = movement->cost.micros;
	fact->position_micros = after.quantity.micros;
	fact->position_cost_micros = after.cost.micros;
	fact->deposited_at_micros = input->now;
	return (struct refusal){ 0 };
}

int decide_deposit(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(Deposit) *command = (const PORTFOLIO(Deposit) *)input->message;
	const struct asked asked = {
		command->account_id,	  command->amount_micros,     command->symbol,
		command->quantity_micros, command->cost_price_micros,
	};
	struct movement movement;
	struct refusal refusal = check_asked(&asked, &movement);

	if (refusal.text == NULL) {
		const struct account *account = find(state, movement.account_id);

		refusal = movement.quantity.micros > 0
				  ? deposit_shares(account, &movement, input, facts)
				  : deposit_cash(account, &movement, input, facts);
	}
	return refusal.text != NULL ? reject(input, facts, command->account_id, refusal) : 0;
}

/* Whether there is enough is the desk's to say: it alone knows what orders hold. */
int decide_withdraw(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(Withdraw) *command = (const PORTFOLIO(Withdraw) *)input->message;
	const struct asked asked = {
		command->account_id,
		command->amount_micros,
		command->symbol,
		command->quantity_micros,
		0,
	};
	struct movement movement;
	struct refusal refusal = check_asked(&asked, &movement);
	PORTFOLIO(WithdrawalRequested) * fact;

	(void)state;
	if (refusal.text != NULL)
		return reject(input, facts, command->account_id, refusal);
	fact = bus_fact_add(facts, PORTFOLIO_D(withdrawal_requested));
	fact->account_id = command->account_id;
	fact->withdrawal_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	fact->amount_micros = command->amount_micros;
	fact->symbol = command->symbol;
	fact->quantity_micros = command->quantity_micros;
	fact->requested_at_micros = input->now;
	return 0;
}

int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	static const struct refusal blocked = { REASON(ACCOUNT_BLOCKED),
						"an earlier input of the account is parked" };

	(void)state;
	return reject(input, facts, input->key, blocked);
}

/* What the desk says ************************************************************************ */

/* The withdrawal that the desk speaks of, if it waits and is the very same. */
static const struct withdrawal *find_asked(const struct account *account, const char *withdrawal_id,
					   const struct asked *asked)
{
	const struct withdrawal *withdrawal;
	struct bus_id id;

	if (!wire_id(withdrawal_id, &id))
		return NULL;
	withdrawal = account_withdrawal(account, id);
	if (withdrawal == NULL || withdrawal->amount.micros != asked->amount_micros ||
	    withdrawal->quantity.micros != asked->quantity_micros ||
	    strcmp(withdrawal->symbol.text, asked->symbol) != 0)
		return NULL;
	return withdrawal;
}

static int position_err(enum position_result result)
{
	switch (result) {
	case POSITION_OK:
		return 0;
	case POSITION_SHORT:
		return BUS_ERR_PARK;
	case POSITION_OVERFLOW:
		return BUS_ERR_OVERFLOW;
	}
	return BUS_ERR_PARK;
}

/* Sets balances and the cost that leaves; the amounts are the withdrawal's. */
static int book_withdrawal(const struct account *account, const struct withdrawal *withdrawal,
			   bool firm, PORTFOLIO(WithdrawalBooked) * out)
{
	struct position after = *position_of(account, &withdrawal->symbol);
	struct position_move move = { .quantity = { 0 } };
	struct bus_money cash, withdrawals, cost_out;
	int err = 0;

	if (!bus_money_sub(account->cash, withdrawal->amount, &cash) ||
	    !bus_money_add(account->withdrawals, withdrawal->amount, &withdrawals))
		return BUS_ERR_OVERFLOW;
	if (withdrawal->amount.micros > 0 && cash.micros < 0 && !firm)
		return BUS_ERR_PARK;
	if (withdrawal->quantity.micros > 0) {
		err = position_err(position_withdraw(&after, withdrawal->quantity, &move));
		if (err != 0)
			return err;
		position_apply(&after, &move);
	}
	if (!bus_money_sub(account->cost_out, move.cost, &cost_out))
		return BUS_ERR_OVERFLOW;
	out->cash_micros = cash.micros;
	out->cost_micros = -move.cost.micros;
	out->position_micros = after.quantity.micros;
	out->position_cost_micros = after.cost.micros;
	return 0;
}

int decide_withdrawal_held(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const ORDERS(WithdrawalHeld) *held = (const ORDERS(WithdrawalHeld) *)input->message;
	const struct asked asked = { held->account_id, held->amount_micros, held->symbol,
				     held->quantity_micros, 0 };
	PORTFOLIO(WithdrawalBooked) booked, *fact;
	const struct withdrawal *withdrawal;
	const struct account *account;
	struct bus_id account_id;
	int err;

	if (!wire_id(held->account_id, &account_id))
		return BUS_ERR_PARK;
	account = find(state, account_id);
	withdrawal = find_asked(account, held->withdrawal_id, &asked);
	if (withdrawal == NULL)
		return BUS_ERR_PARK;
	bourse__portfolio__v1__withdrawal_booked__init(&booked);
	err = book_withdrawal(account, withdrawal, held->firm, &booked);
	if (err != 0)
		return err;
	fact = bus_fact_add(facts, PORTFOLIO_D(withdrawal_booked));
	*fact = booked;
	fact->account_id = held->account_id;
	fact->withdrawal_id = held->withdrawal_id;
	fact->amount_micros = held->amount_micros;
	fact->symbol = held->symbol;
	fact->quantity_micros = held->quantity_micros;
	fact->booked_at_micros = input->now;
	return 0;
}

int decide_withdrawal_refused(const void *state, const struct bus_input *input,
			      struct bus_facts *facts)
{
	const ORDERS(WithdrawalRefused) *refused =
		(const ORDERS(WithdrawalRefused) *)input->message;
	const struct asked asked = { refused->account_id, refused->amount_micros, refused->symbol,
				     refused->quantity_micros, 0 };
	PORTFOLIO(WithdrawalRejected) * fact;
	struct bus_id account_id;

	if (!wire_id(refused->account_id, &account_id) ||
	    find_asked(find(state, account_id), refused->withdrawal_id, &asked) == NULL)
		return BUS_ERR_PARK;
	fact = bus_fact_add(facts, PORTFOLIO_D(withdrawal_rejected));
	fact->account_id = refused->account_id;
	fact->withdrawal_id = refused->withdrawal_id;
	fact->amount_micros = refused->amount_micros;
	fact->symbol = refused->symbol;
	fact->quantity_micros = refused->quantity_micros;
	fact->reason = refused->reason;
	fact->text = refused->text;
	return 0;
}

/* One side of a trade, checked. */
struct trade {
	struct bus_id account_id;
	struct symbol symbol;
	bool buy;
	struct bus_quantity quantity;
	struct bus_money cash; /* signed: what the account's cash moves by */
	struct bus_money fee;
};

/* Cash goes out for a buy, at least the fee; what comes in for a sell lacks the fee alone. */
static bool read_trade(const ORDERS(OrderFilled) * filled, struct trade *out)
{
	struct bus_money before_fee;
	struct bus_id id;

	*out = (struct trade){ .buy = filled->side == SIDE(BUY),
			       .quantity = { filled->last_quantity_micros },
			       .cash = { filled->cash_delta_micros },
			       .fee = { filled->fee_micros } };
	if (!wire_id(filled->account_id, &out->account_id) || !wire_id(filled->order_id, &id) ||
	    !wire_id(filled->trade_id, &id) || !wire_symbol(filled->symbol, &out->symbol))
		return false;
	if ((!out->buy && filled->side != SIDE(SELL)) || out->quantity.micros <= 0 ||
	    out->fee.micros < 0 || !bus_money_add(out->cash, out->fee, &before_fee))
		return false;
	return out->buy ? before_fee.micros <= 0 && out->cash.micros > INT64_MIN
			: before_fee.micros >= 0;
}

/* Sets what the trade earned and the balances after it. */
static int book_trade(const struct account *account, const struct trade *trade, bool firm,
		      PORTFOLIO(TradeBooked) * out)
{
	struct position after = *position_of(account, &trade->symbol);
	struct bus_money realised = account != NULL ? account->realised : (struct bus_money){ 0 };
	struct ledger_transaction tx;
	struct position_move move;
	struct bus_money cash;
	int err;

	err = position_err(trade->buy
				   ? position_buy(&after, trade->quantity,
						  (struct bus_money){ -trade->cash.micros }, &move)
				   : position_sell(&after, trade->quantity, trade->cash, &move));
	if (err != 0)
		return err;
	if (!bus_money_add(cash_of(account), trade->cash, &cash) ||
	    !bus_money_add(realised, move.realised, &realised) ||
	    !ledger_book_trade(&tx, &(struct ledger_trade){ trade->symbol.text, move.quantity,
							    trade->cash, trade->fee }))
		return BUS_ERR_OVERFLOW;
	if (trade->cash.micros < 0 && cash.micros < 0 && !firm)
		return BUS_ERR_PARK;
	position_apply(&after, &move);
	out->realised_micros = move.realised.micros;
	out->position_micros = after.quantity.micros;
	out->position_cost_micros = after.cost.micros;
	out->position_realised_micros = after.realised.micros;
	out->cash_micros = cash.micros;
	return 0;
}

int decide_order_filled(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ORDERS(OrderFilled) *filled = (const ORDERS(OrderFilled) *)input->message;
	PORTFOLIO(TradeBooked) booked, *fact;
	struct trade trade;
	int err;

	if (!read_trade(filled, &trade))
		return BUS_ERR_PARK;
	bourse__portfolio__v1__trade_booked__init(&booked);
	err = book_trade(find(state, trade.account_id), &trade, filled->firm, &booked);
	if (err != 0)
		return err;
	fact = bus_fact_add(facts, PORTFOLIO_D(trade_booked));
	*fact = booked;
	fact->account_id = filled->account_id;
	fact->order_id = filled->order_id;
	fact->trade_id = filled->trade_id;
	fact->symbol = filled->symbol;
	fact->side = filled->side;
	fact->quantity_micros = filled->last_quantity_micros;
	fact->price_micros = filled->last_price_micros;
	fact->cash_delta_micros = filled->cash_delta_micros;
	fact->fee_micros = filled->fee_micros;
	fact->executed_at_micros = filled->executed_at_micros;
	return 0;
}
