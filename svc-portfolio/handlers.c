/*
 * What the ledger decides, one function per message. A command is answered by what was booked, or
 * by CommandRejected with the first thing that is wrong with it. What the desk says has been
 * decided: it is booked, or, where the books cannot carry it, parked before anything is.
 */
#include "handlers.h"

#include <string.h>

#include "decide.h"
#include "ledger.h"

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

/* Commands ********************************************************************************** */

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

/* The dividends of the symbol come before its shares move. */
static struct refusal go_on(struct draft *draft, const struct movement *movement,
			    const struct bus_input *input, struct bus_facts *facts,
			    struct progress *progress)
{
	*progress = progress_of(holding_of(draft->account, &movement->symbol));
	if (actions_go_on(draft, progress, input, facts, input->now) != 0)
		return (struct refusal){ REASON(INVALID_QUANTITY),
					 "a dividend of the symbol leaves 64 bits" };
	return (struct refusal){ 0 };
}

static struct refusal deposit_cash(struct draft *draft, const struct movement *movement,
				   const struct bus_input *input, struct bus_facts *facts)
{
	PORTFOLIO(CashDeposited) * fact;

	if (!balances_deposit(&draft->balances, movement->amount) ||
	    draft->balances.cash.micros > LEDGER_BALANCE_MAX)
		return (struct refusal){ REASON(INVALID_AMOUNT), "more than an account may hold" };
	fact = bus_fact_add(facts, PORTFOLIO_D(cash_deposited));
	fact->account_id = bus_facts_id(facts, movement->account_id);
	fact->deposit_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	fact->amount_micros = movement->amount.micros;
	fact->cash_micros = draft->balances.cash.micros;
	fact->settled_cash_micros = draft->balances.settled.micros;
	fact->deposited_at_micros = input->now;
	fact->day_ends_at_micros = draft_day_ends_at(draft, input->now);
	return (struct refusal){ 0 };
}

/* What shares bring along is cost as if it had been paid. */
static struct refusal plan_deposit(const struct holding *holding, const struct movement *movement,
				   struct shares_plan *plan)
{
	static const struct refusal too_much = { REASON(INVALID_QUANTITY),
						 "more than an account may hold" };
	const struct shares *shares = &holding->shares;
	struct bus_money paid = { -movement->cost.micros };

	if (shares->position.quantity.micros < 0)
		return (struct refusal){ REASON(UNSUPPORTED),
					 "the position is short: it is closed by buying" };
	if (shares_plan_trade(shares, movement->quantity, paid, plan) != POSITION_OK ||
	    shares->position.quantity.micros + plan->move.quantity.micros > LEDGER_BALANCE_MAX ||
	    shares->position.cost.micros + plan->move.cost.micros > LEDGER_BALANCE_MAX)
		return too_much;
	return (struct refusal){ 0 };
}

static const struct refusal under_way = { REASON(CORPORATE_ACTION),
					  "a corporate action of the symbol is under way" };

static struct refusal deposit_shares(struct draft *draft, const struct movement *movement,
				     struct progress *progress, const struct bus_input *input,
				     struct bus_facts *facts)
{
	const struct holding *holding = holding_of(draft->account, &movement->symbol);
	const struct shares *shares = &holding->shares;
	struct shares_plan plan;
	struct refusal refusal = plan_deposit(holding, movement, &plan);
	PORTFOLIO(SharesDeposited) * fact;

	if (refusal.text == NULL && progress->pending != 0)
		refusal = under_way;
	if (refusal.text != NULL)
		return refusal;
	if (!balances_shares_in(&draft->balances, movement->cost))
		return (struct refusal){ REASON(INVALID_QUANTITY),
					 "more than an account may hold" };
	if (progress->quantity.micros == 0 &&
	    actions_effective(input, &movement->symbol) > progress->done)
		progress->done = actions_effective(input, &movement->symbol);
	progress->symbol = &movement->symbol;
	progress->quantity.micros += movement->quantity.micros;
	fact = bus_fact_add(facts, PORTFOLIO_D(shares_deposited));
	fact->account_id = bus_facts_id(facts, movement->account_id);
	fact->deposit_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	fact->symbol = bus_facts_strdup(facts, movement->symbol.text);
	fact->quantity_micros = movement->quantity.micros;
	fact->cost_micros = movement->cost.micros;
	fact->position_micros = progress->quantity.micros;
	fact->position_cost_micros = shares->position.cost.micros + plan.move.cost.micros;
	fact->position_fifo_cost_micros = shares->fifo_cost.micros + plan.fifo_cost.micros;
	fact->deposited_at_micros = input->now;
	fact->actions = progress->done;
	fact->day_ends_at_micros = draft_day_ends_at(draft, input->now);
	fact->actions_check_at_micros = draft_look_again(draft, progress, input);
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
		struct draft draft = draft_of(state, movement.account_id);
		struct progress progress;

		if (movement.quantity.micros > 0) {
			refusal = go_on(&draft, &movement, input, facts, &progress);
			if (refusal.text == NULL)
				refusal =
					deposit_shares(&draft, &movement, &progress, input, facts);
		} else {
			refusal = deposit_cash(&draft, &movement, input, facts);
		}
	}
	if (refusal.text == NULL)
		return 0;
	return reject(input, facts, command->account_id, refusal.reason, refusal.text);
}

/* Cash of trades may be traded with, but it leaves only when it is settled. */
static struct refusal check_settled(const struct draft *draft, struct bus_money amount)
{
	__extension__ __int128 asked = amount.micros;

	if (draft->account == NULL || draft->account->firm ||
	    balances_unsettled(&draft->balances).micros <= 0)
		return (struct refusal){ 0 };
	for (const struct withdrawal *w = draft->account->open; w != NULL; w = w->hh.next)
		asked += w->state == WITHDRAWAL_REQUESTED ? w->amount.micros : 0;
	if (asked > draft->balances.settled.micros)
		return (struct refusal){ REASON(UNSETTLED_CASH),
					 "more than what is settled of the cash" };
	return (struct refusal){ 0 };
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

	if (refusal.text == NULL) {
		struct draft draft = draft_of(state, movement.account_id);
		struct progress progress;

		if (movement.quantity.micros > 0) {
			refusal = go_on(&draft, &movement, input, facts, &progress);
			/* What is owed by another name may take the shares before the desk has. */
			if (refusal.text == NULL &&
			    (progress.pending != 0 ||
			     change_comes(draft.account, input, &movement.symbol)))
				refusal = under_way;
		} else {
			refusal = check_settled(&draft, movement.amount);
		}
	}
	if (refusal.text != NULL)
		return reject(input, facts, command->account_id, refusal.reason, refusal.text);
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
	(void)state;
	return reject(input, facts, input->key, REASON(ACCOUNT_BLOCKED),
		      "an earlier input of the account is parked");
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

/* Sets balances and the cost that leaves; the amounts are the withdrawal's. */
static int book_withdrawal(struct draft *draft, const struct withdrawal *withdrawal, bool firm,
			   struct bus_facts *facts, PORTFOLIO(WithdrawalBooked) * out)
{
	struct balances *balances = &draft->balances;

	if (withdrawal->quantity.micros > 0) {
		const struct shares *shares =
			&holding_of(draft->account, &withdrawal->symbol)->shares;
		struct shares_plan plan;
		int err = position_err(shares_plan_withdrawal(shares, withdrawal->quantity, &plan));

		if (err != 0)
			return err;
		out->cost_micros = -plan.move.cost.micros;
		out->fifo_cost_micros = -plan.fifo_cost.micros;
		out->position_micros = shares->position.quantity.micros + plan.move.quantity.micros;
		out->position_cost_micros = shares->position.cost.micros + plan.move.cost.micros;
		out->position_fifo_cost_micros = shares->fifo_cost.micros + plan.fifo_cost.micros;
		if (!balances_shares_out(balances, (struct bus_money){ out->cost_micros },
					 (struct bus_money){ out->fifo_cost_micros }))
			return BUS_ERR_OVERFLOW;
		out->lots_gone = tell_cut(facts, &shares->lots, &plan.cut, &out->n_lots_closed,
					  &out->lots_closed);
	} else {
		if (!balances_withdraw(balances, withdrawal->amount))
			return BUS_ERR_OVERFLOW;
		if (balances->cash.micros < 0 && !firm)
			return BUS_ERR_PARK;
	}
	out->cash_micros = balances->cash.micros;
	out->settled_cash_micros = balances->settled.micros;
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
	struct progress progress;
	struct bus_id account_id;
	struct draft draft;
	int err;

	if (!wire_id(held->account_id, &account_id))
		return BUS_ERR_PARK;
	draft = draft_of(state, account_id);
	withdrawal = find_asked(draft.account, held->withdrawal_id, &asked);
	if (withdrawal == NULL)
		return BUS_ERR_PARK;
	progress = progress_of(holding_of(draft.account, &withdrawal->symbol));
	err = actions_go_on(&draft, &progress, input, facts, input->now);
	if (err != 0)
		return err;
	bourse__portfolio__v1__withdrawal_booked__init(&booked);
	err = book_withdrawal(&draft, withdrawal, held->firm, facts, &booked);
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
	    find_asked(draft_of(state, account_id).account, refused->withdrawal_id, &asked) == NULL)
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
