/*
 * What the desk hears from the ledger, and turns into facts of its own: what came, what may go, and
 * corporate actions. The ledger is believed, but checked: what does not fit the balance parks.
 */
#include "desk.h"
#include "desk_scene.h"
#include "margin.h"

/* What the ledger's fact is about: cash (symbol ""), or an account's shares of a symbol. */
struct posting {
	const struct desk_state *desk;
	const struct bus_input *input;
	struct bus_facts *facts;
	struct bus_id account;
	char *symbol, *reference_id;
	ORDERS(BalanceReason) reason;
	struct balances before, balances;
	struct desk_holding holding; /* actions: after it */
};

static bool posting_init(struct posting *posting, const struct desk_state *desk,
			 const struct bus_input *input, struct bus_facts *facts, char *symbol)
{
	*posting = (struct posting){
		.desk = desk,
		.input = input,
		.facts = facts,
		.symbol = symbol,
	};
	if (!wire_id(input->key, &posting->account) || !wire_fits(symbol, ORDER_SYMBOL_MAX))
		return false;
	posting->before = posting->balances = desk_balances(desk, posting->account, symbol);
	posting->holding = desk_holding(desk, posting->account, symbol);
	return true;
}

static void write_cash(const struct posting *posting)
{
	const struct balance *before = &posting->before.cash, *after = &posting->balances.cash;
	ORDERS(BuyingPowerChanged) *fact =
		bus_fact_add(posting->facts, ORDERS_D(buying_power_changed));

	fact->account_id = (char *)posting->input->key;
	fact->reason = posting->reason;
	fact->reference_id = posting->reference_id;
	fact->cash_delta_micros = after->total_micros - before->total_micros;
	fact->held_delta_micros = after->held_micros - before->held_micros;
	fact->cash_micros = after->total_micros;
	fact->cash_held_micros = after->held_micros;
	fact->available_micros = balance_available(after);
}

static void write_shares(const struct posting *posting)
{
	const struct balance *before = &posting->before.shares, *after = &posting->balances.shares;
	ORDERS(SharesChanged) *fact = bus_fact_add(posting->facts, ORDERS_D(shares_changed));

	fact->account_id = (char *)posting->input->key;
	fact->reason = posting->reason;
	fact->reference_id = posting->reference_id;
	fact->symbol = posting->symbol;
	fact->position_delta_micros = after->total_micros - before->total_micros;
	fact->held_delta_micros = after->held_micros - before->held_micros;
	fact->position_micros = after->total_micros;
	fact->position_held_micros = after->held_micros;
	fact->available_micros = balance_available(after);
	fact->actions = posting->holding.actions;
	fact->collateral_micros = posting->balances.collateral_micros;
}

static bool cash_moved(const struct posting *posting)
{
	return posting->before.cash.total_micros != posting->balances.cash.total_micros ||
	       posting->before.cash.held_micros != posting->balances.cash.held_micros;
}

/* Up or down. */
static bool add_signed(struct balance *balance, int64_t micros)
{
	if (micros >= 0)
		return balance_receive(balance, micros);
	return micros != INT64_MIN && balance_take(balance, -micros, 0);
}

int desk_decide_cash_deposited(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const PORTFOLIO(CashDeposited) *deposited = (const void *)input->message;
	struct posting posting;

	if (!posting_init(&posting, state, input, facts, (char *)"") ||
	    deposited->amount_micros <= 0)
		return BUS_ERR_PARK;
	if (!balance_receive(&posting.balances.cash, deposited->amount_micros))
		return BUS_ERR_OVERFLOW;
	posting.reason = BALANCE_REASON(DEPOSITED);
	posting.reference_id = deposited->deposit_id;
	write_cash(&posting);
	return 0;
}

int desk_decide_shares_deposited(const void *state, const struct bus_input *input,
				 struct bus_facts *facts)
{
	const PORTFOLIO(SharesDeposited) *deposited = (const void *)input->message;
	struct posting posting;
	int64_t exposure, covered;

	if (deposited->symbol[0] == '\0' || deposited->quantity_micros <= 0 ||
	    deposited->actions < 0 ||
	    !posting_init(&posting, state, input, facts, deposited->symbol))
		return BUS_ERR_PARK;
	exposure = margin_exposure(&posting.balances.shares);
	if (!balance_receive(&posting.balances.shares, deposited->quantity_micros))
		return BUS_ERR_OVERFLOW;
	if (!margin_cover(&posting.balances, exposure, &covered))
		return BUS_ERR_PARK;
	posting.reason = BALANCE_REASON(DEPOSITED);
	posting.reference_id = deposited->deposit_id;
	/* The ledger's count, whatever the desk has heard of the market: what it lacks will come.
	 */
	posting.holding.actions = deposited->actions;
	write_shares(&posting);
	if (cash_moved(&posting))
		write_cash(&posting);
	return 0;
}

/* A withdrawal as the ledger names it: cash, or symbol and quantity. */
struct withdrawal {
	struct bus_id id;
	int64_t micros;
	bool shares;
};

static bool withdrawal_init(struct withdrawal *withdrawal, const char *id, int64_t amount_micros,
			    const char *symbol, int64_t quantity_micros)
{
	withdrawal->shares = symbol[0] != '\0';
	withdrawal->micros = withdrawal->shares ? quantity_micros : amount_micros;
	return wire_id(id, &withdrawal->id) && withdrawal->micros > 0 &&
	       (withdrawal->shares ? amount_micros : quantity_micros) == 0;
}

static int refuse_withdrawal(const PORTFOLIO(WithdrawalRequested) * requested,
			     struct bus_facts *facts, enum order_refusal refusal)
{
	ORDERS(WithdrawalRefused) *fact = bus_fact_add(facts, ORDERS_D(withdrawal_refused));

	fact->account_id = requested->account_id;
	fact->withdrawal_id = requested->withdrawal_id;
	fact->amount_micros = requested->amount_micros;
	fact->symbol = requested->symbol;
	fact->quantity_micros = requested->quantity_micros;
	fact->reason = (ORDERS(RejectReason))refusal;
	fact->text = (char *)order_refusal_text(refusal);
	return 0;
}

static int hold_withdrawal(const PORTFOLIO(WithdrawalRequested) * requested,
			   const struct balances *after, bool firm, struct bus_facts *facts)
{
	ORDERS(WithdrawalHeld) *fact = bus_fact_add(facts, ORDERS_D(withdrawal_held));

	fact->account_id = requested->account_id;
	fact->withdrawal_id = requested->withdrawal_id;
	fact->amount_micros = requested->amount_micros;
	fact->symbol = requested->symbol;
	fact->quantity_micros = requested->quantity_micros;
	fact->firm = firm;
	fact->cash_micros = after->cash.total_micros;
	fact->cash_held_micros = after->cash.held_micros;
	fact->position_micros = after->shares.total_micros;
	fact->position_held_micros = after->shares.held_micros;
	return 0;
}

int desk_decide_withdrawal_requested(const void *state, const struct bus_input *input,
				     struct bus_facts *facts)
{
	const PORTFOLIO(WithdrawalRequested) *requested = (const void *)input->message;
	struct withdrawal withdrawal;
	struct posting posting;
	struct balance *balance;
	bool firm;

	if (!posting_init(&posting, state, input, facts, requested->symbol) ||
	    !withdrawal_init(&withdrawal, requested->withdrawal_id, requested->amount_micros,
			     requested->symbol, requested->quantity_micros) ||
	    desk_withdrawal(state, withdrawal.id) != NULL)
		return BUS_ERR_PARK;
	if (desk_blocked(input))
		return refuse_withdrawal(requested, facts, REFUSAL_ACCOUNT_BLOCKED);
	if (withdrawal.shares &&
	    desk_action_waits(state, posting.account, requested->symbol, &posting.holding))
		return refuse_withdrawal(requested, facts, REFUSAL_CORPORATE_ACTION);
	firm = desk_terms_of(input).firm;
	balance = withdrawal.shares ? &posting.balances.shares : &posting.balances.cash;
	/* Shares that nobody has cannot be handed over: the firm owes what it has sold, no more. */
	switch (balance_hold(balance, withdrawal.micros, firm && !withdrawal.shares)) {
	case HOLD_DONE:
		return hold_withdrawal(requested, &posting.balances, firm, facts);
	case HOLD_INSUFFICIENT:
	case HOLD_OVERFLOW:
		break;
	}
	return refuse_withdrawal(requested, facts,
				 withdrawal.shares ? REFUSAL_INSUFFICIENT_POSITION
						   : REFUSAL_INSUFFICIENT_BUYING_POWER);
}

int desk_decide_withdrawal_booked(const void *state, const struct bus_input *input,
				  struct bus_facts *facts)
{
	const PORTFOLIO(WithdrawalBooked) *booked = (const void *)input->message;
	const struct desk_withdrawal *held;
	struct withdrawal withdrawal;
	struct posting posting;
	struct balance *balance;

	if (!posting_init(&posting, state, input, facts, booked->symbol) ||
	    !withdrawal_init(&withdrawal, booked->withdrawal_id, booked->amount_micros,
			     booked->symbol, booked->quantity_micros))
		return BUS_ERR_PARK;
	held = desk_withdrawal(state, withdrawal.id);
	if (held == NULL || held->ended || held->micros != withdrawal.micros ||
	    !bus_id_equal(held->account, posting.account) ||
	    strcmp(held->symbol, booked->symbol) != 0)
		return BUS_ERR_PARK;
	balance = withdrawal.shares ? &posting.balances.shares : &posting.balances.cash;
	if (!balance_take(balance, withdrawal.micros, withdrawal.micros))
		return BUS_ERR_PARK;
	posting.reason = BALANCE_REASON(WITHDRAWN);
	posting.reference_id = booked->withdrawal_id;
	if (!withdrawal.shares) {
		write_cash(&posting);
		return 0;
	}
	write_shares(&posting);
	if (desk_id_given(posting.holding.pending_action) &&
	    !desk_busy(state, posting.account, booked->symbol, &withdrawal.id, 1))
		desk_write_cleared(facts, input, booked->symbol, posting.holding.pending_action);
	return 0;
}

int desk_decide_corporate_action_due(const void *state, const struct bus_input *input,
				     struct bus_facts *facts)
{
	const PORTFOLIO(CorporateActionDue) *due = (const void *)input->message;
	struct posting posting;
	struct bus_id action;

	if (!posting_init(&posting, state, input, facts, due->symbol) || due->symbol[0] == '\0' ||
	    !wire_id(due->action_id, &action))
		return BUS_ERR_PARK;
	if (!desk_busy(state, posting.account, due->symbol, NULL, 0)) {
		desk_write_cleared(facts, input, due->symbol, action);
		return 0;
	}
	ORDERS(CorporateActionPending) *fact =
		bus_fact_add(facts, ORDERS_D(corporate_action_pending));
	fact->account_id = due->account_id;
	fact->symbol = due->symbol;
	fact->action_id = due->action_id;
	return 0;
}

/*
 * The desk has cleared it when nothing of the symbol was held any more, and has what the ledger
 * has. The collateral of a short position stays: it stands for as much as before.
 */
int desk_decide_position_split(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const PORTFOLIO(PositionSplit) *split = (const void *)input->message;
	struct posting posting;
	int64_t delta, covered;

	if (split->symbol[0] == '\0' ||
	    !posting_init(&posting, state, input, facts, split->symbol) ||
	    posting.before.shares.held_micros != 0 ||
	    posting.before.shares.total_micros != split->before_micros)
		return BUS_ERR_PARK;
	if (__builtin_sub_overflow(split->position_micros, split->before_micros, &delta) ||
	    !add_signed(&posting.balances.shares, delta) ||
	    !add_signed(&posting.balances.cash, split->cash_in_lieu_micros))
		return BUS_ERR_OVERFLOW;
	/* But where a fraction was all that was owed. */
	if (margin_exposure(&posting.balances.shares) == 0 &&
	    !margin_cover(&posting.balances, margin_exposure(&posting.before.shares), &covered))
		return BUS_ERR_PARK;
	posting.reason = BALANCE_REASON(SPLIT);
	posting.reference_id = split->action_id;
	posting.holding.actions = split->number;
	write_shares(&posting);
	if (cash_moved(&posting))
		write_cash(&posting);
	return 0;
}

/*
 * Shares owed and shares there close each other, and the collateral for them is free. Sells of the
 * new symbol may hold more than is left: that much is owed from now on.
 */
int desk_decide_symbol_changed(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const PORTFOLIO(SymbolChanged) *changed = (const void *)input->message;
	struct posting old, new;
	int64_t quantity = changed->quantity_micros, exposure, covered;

	if (changed->symbol[0] == '\0' || changed->new_symbol[0] == '\0' ||
	    strcmp(changed->symbol, changed->new_symbol) == 0 || quantity == INT64_MIN ||
	    changed->new_actions < 0 || !posting_init(&old, state, input, facts, changed->symbol) ||
	    !posting_init(&new, state, input, facts, changed->new_symbol) ||
	    old.before.shares.held_micros != 0 || old.before.shares.total_micros != quantity)
		return BUS_ERR_PARK;
	if (__builtin_add_overflow(margin_exposure(&old.before.shares),
				   margin_exposure(&new.before.shares), &exposure) ||
	    !add_signed(&old.balances.shares, -quantity) ||
	    !add_signed(&new.balances.shares, quantity) ||
	    __builtin_add_overflow(new.balances.collateral_micros, old.balances.collateral_micros,
				   &new.balances.collateral_micros))
		return BUS_ERR_OVERFLOW;
	old.balances.collateral_micros = 0;
	if (!margin_cover(&new.balances, exposure, &covered))
		return BUS_ERR_PARK;
	old.reason = new.reason = BALANCE_REASON(SYMBOL_CHANGE);
	old.reference_id = new.reference_id = changed->action_id;
	new.holding.actions = changed->new_actions;
	old.holding.actions = changed->number;
	write_shares(&old);
	write_shares(&new);
	if (cash_moved(&new))
		write_cash(&new);
	return 0;
}

int desk_decide_dividend_paid(const void *state, const struct bus_input *input,
			      struct bus_facts *facts)
{
	const PORTFOLIO(DividendPaid) *paid = (const void *)input->message;
	struct posting posting;

	if (paid->symbol[0] == '\0' || !posting_init(&posting, state, input, facts, paid->symbol))
		return BUS_ERR_PARK;
	if (!add_signed(&posting.balances.cash, paid->amount_micros))
		return BUS_ERR_OVERFLOW;
	posting.reason = BALANCE_REASON(DIVIDEND);
	posting.reference_id = paid->action_id;
	posting.holding.actions = paid->number;
	write_shares(&posting);
	if (cash_moved(&posting))
		write_cash(&posting);
	return 0;
}
