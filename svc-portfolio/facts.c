/*
 * The fold of the ledger's journal: what a fact says is assigned, what it moved is added to the
 * sums and posted. Facts carry balances after themselves; decide has proved them, so nothing here
 * can fail.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers.h"
#include "store.h"
#include "wire.h"

static struct bus_money money(int64_t micros)
{
	return (struct bus_money){ micros };
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

/* The holding to be written to. */
static struct holding *changed_holding(struct account *account, const char *text)
{
	struct symbol symbol = symbol_of(text);
	struct holding *holding = account_holding(account, &symbol);

	account_touch_holding(account, holding);
	return holding;
}

/* Who asked or acted, and what it moved: the postings of a fact. */
static void book(struct books *books, const struct bus_fact *fact, struct account *account,
		 const char *cause, const char *cause_id, const struct ledger_transaction *tx)
{
	account->movements += ledger_movements(tx);
	store_book(books, fact, account->id, cause, id_of(cause_id), tx);
}

/* A fact's 0 means: as it was. */
static void set_timer(int64_t *timer, int64_t at)
{
	if (at != 0)
		*timer = at;
}

/* Assigns how many there are; keeps count of those below 0, and of when it was opened. */
static void set_quantity(struct account *account, struct holding *holding, int64_t micros,
			 int64_t at)
{
	struct bus_quantity *quantity = &holding->shares.position.quantity;
	bool was_short = quantity->micros < 0, is_short = micros < 0;

	if (quantity->micros == 0 || was_short != is_short)
		holding->since = at;
	if (is_short && !was_short)
		account->short_count++;
	if (was_short && !is_short)
		account->short_count--;
	quantity->micros = micros;
}

/* Lots ************************************************************************************ */

static void open_lot(struct books *books, struct holding *holding, const struct lot *lot)
{
	struct lots *lots = &holding->shares.lots;

	if (lots->count == LOTS_MAX)
		holding->newest_changed = true;
	lots_open(lots, &books->accounts.lots, lot);
}

static void cut_lots(struct holding *holding, int64_t gone, size_t count,
		     PORTFOLIO(LotClosed) *const *closed)
{
	const PORTFOLIO(LotClosed) *last = count > 0 ? closed[count - 1] : NULL;
	struct lots_cut cut = { .gone = (uint32_t)gone };

	if (last != NULL && last->left_quantity_micros != 0) {
		cut.part = true;
		cut.left.micros = last->left_quantity_micros;
		cut.left_cost.micros = last->left_cost_micros;
	}
	if (cut.gone == 0 && !cut.part)
		return;
	lots_cut(&holding->shares.lots, &cut);
	holding->oldest_changed = cut.part || (cut.gone == 0 && holding->oldest_changed);
}

static void replace_lots(struct books *books, struct holding *holding, size_t count,
			 PORTFOLIO(Lot) *const *told)
{
	struct lot *lots = bus_malloc((count + 1) * sizeof(*lots));

	for (size_t i = 0; i < count; i++)
		lots[i] = (struct lot){ .id = id_of(told[i]->lot_id),
					.quantity = { told[i]->quantity_micros },
					.cost = { told[i]->cost_micros },
					.opened_at = told[i]->opened_at_micros };
	lots_replace(&holding->shares.lots, &books->accounts.lots, lots, count);
	holding->oldest_changed = holding->newest_changed = false;
	free(lots);
}

/* Deposits and withdrawals **************************************************************** */

static void cash_deposited(struct books *books, const struct bus_fact *fact,
			   const PORTFOLIO(CashDeposited) * deposited)
{
	struct account *account = touched(books, deposited->account_id);
	struct ledger_transaction tx;

	bus_assert(balances_deposit(&account->balances, money(deposited->amount_micros)));
	account->balances.cash.micros = deposited->cash_micros;
	set_timer(&account->day_ends_at, deposited->day_ends_at_micros);
	ledger_move_cash(&tx, money(deposited->amount_micros));
	book(books, fact, account, "deposit", deposited->deposit_id, &tx);
}

static void shares_deposited(struct books *books, const struct bus_fact *fact,
			     const PORTFOLIO(SharesDeposited) * deposited)
{
	struct account *account = touched(books, deposited->account_id);
	struct holding *holding = changed_holding(account, deposited->symbol);
	struct ledger_transaction tx;

	bus_assert(balances_shares_in(&account->balances, money(deposited->cost_micros)));
	set_quantity(account, holding, deposited->position_micros, deposited->deposited_at_micros);
	holding->shares.position.cost.micros = deposited->position_cost_micros;
	holding->shares.fifo_cost.micros = deposited->position_fifo_cost_micros;
	holding->actions = deposited->actions;
	open_lot(books, holding,
		 &(struct lot){ .id = id_of(deposited->deposit_id),
				.quantity = { deposited->quantity_micros },
				.cost = { deposited->cost_micros },
				.opened_at = deposited->deposited_at_micros });
	set_timer(&account->day_ends_at, deposited->day_ends_at_micros);
	set_timer(&account->actions_check_at, deposited->actions_check_at_micros);
	ledger_move_shares(&tx, deposited->symbol,
			   (struct bus_quantity){ deposited->quantity_micros });
	book(books, fact, account, "deposit", deposited->deposit_id, &tx);
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

static void shares_withdrawn(struct account *account, const PORTFOLIO(WithdrawalBooked) * booked)
{
	struct holding *holding = changed_holding(account, booked->symbol);

	bus_assert(balances_shares_out(&account->balances, money(booked->cost_micros),
				       money(booked->fifo_cost_micros)));
	set_quantity(account, holding, booked->position_micros, booked->booked_at_micros);
	holding->shares.position.cost.micros = booked->position_cost_micros;
	holding->shares.fifo_cost.micros = booked->position_fifo_cost_micros;
	cut_lots(holding, booked->lots_gone, booked->n_lots_closed, booked->lots_closed);
}

static void withdrawal_booked(struct books *books, const struct bus_fact *fact,
			      const PORTFOLIO(WithdrawalBooked) * booked)
{
	struct account *account = touched(books, booked->account_id);
	struct ledger_transaction tx;

	end_withdrawal(account, booked->withdrawal_id, WITHDRAWAL_BOOKED);
	if (booked->quantity_micros > 0) {
		shares_withdrawn(account, booked);
		ledger_move_shares(&tx, booked->symbol,
				   (struct bus_quantity){ -booked->quantity_micros });
	} else {
		bus_assert(balances_withdraw(&account->balances, money(booked->amount_micros)));
		ledger_move_cash(&tx, money(-booked->amount_micros));
	}
	account->balances.cash.micros = booked->cash_micros;
	book(books, fact, account, "withdrawal", booked->withdrawal_id, &tx);
}

/* Trades and settlement ******************************************************************* */

static void trade_shares(struct books *books, struct account *account,
			 const PORTFOLIO(TradeBooked) * booked)
{
	struct holding *holding = changed_holding(account, booked->symbol);
	struct shares *shares = &holding->shares;

	set_quantity(account, holding, booked->position_micros, booked->executed_at_micros);
	shares->position.cost.micros = booked->position_cost_micros;
	shares->position.realised.micros = booked->position_realised_micros;
	shares->fifo_cost.micros = booked->position_fifo_cost_micros;
	shares->fifo_realised.micros = booked->position_fifo_realised_micros;
	holding->actions = booked->actions;
	cut_lots(holding, booked->lots_gone, booked->n_lots_closed, booked->lots_closed);
	if (booked->lot_quantity_micros != 0)
		open_lot(books, holding,
			 &(struct lot){ .id = id_of(booked->trade_id),
					.quantity = { booked->lot_quantity_micros },
					.cost = { booked->lot_cost_micros },
					.opened_at = booked->executed_at_micros });
}

static void trade_cash(struct account *account, const PORTFOLIO(TradeBooked) * booked)
{
	struct bus_money cash = money(booked->cash_delta_micros), sum;

	bus_assert(balances_trade(&account->balances, cash, money(booked->realised_micros),
				  money(booked->fifo_realised_micros)));
	account->balances.cash.micros = booked->cash_micros;
	account->balances.settled.micros = booked->settled_cash_micros;
	bus_assert(settlement_sum(&account->settlement, booked->settlement_date, cash, &sum));
	settlement_set(&account->settlement, booked->settlement_date, sum)->changed = true;
}

static void trade_booked(struct books *books, const struct bus_fact *fact,
			 const PORTFOLIO(TradeBooked) * booked)
{
	struct account *account = touched(books, booked->account_id);
	int64_t sign = booked->side == SIDE(BUY) ? 1 : -1;
	struct ledger_transaction tx;

	trade_shares(books, account, booked);
	trade_cash(account, booked);
	account->firm = booked->firm;
	set_timer(&account->day_ends_at, booked->day_ends_at_micros);
	set_timer(&account->margin_check_at, booked->margin_check_at_micros);
	set_timer(&account->actions_check_at, booked->actions_check_at_micros);
	bus_assert(ledger_book_trade(
		&tx,
		&(struct ledger_trade){ .symbol = booked->symbol,
					.quantity = { sign * booked->quantity_micros },
					.cash = { booked->cash_delta_micros },
					.fee = { booked->fee_micros },
					.regulatory_fee = { booked->regulatory_fee_micros } }));
	book(books, fact, account, "trade", booked->trade_id, &tx);
}

/* A settlement has no id: its cause is the account and the date it is of. */
static void cash_settled(struct books *books, const struct bus_fact *fact,
			 const PORTFOLIO(CashSettled) * settled)
{
	struct account *account = touched(books, settled->account_id);
	struct ledger_transaction tx;

	bus_assert(balances_settle(&account->balances, money(settled->amount_micros)));
	account->balances.settled.micros = settled->settled_cash_micros;
	settlement_remove(&account->settlement, settled->date);
	store_forget_bucket(books, account->id, settled->date);
	ledger_settle(&tx, money(settled->amount_micros));
	book(books, fact, account, "settlement", settled->account_id, &tx);
}

/* Corporate actions *********************************************************************** */

static void dividend_paid(struct books *books, const struct bus_fact *fact,
			  const PORTFOLIO(DividendPaid) * paid)
{
	struct account *account = touched(books, paid->account_id);
	struct holding *holding = changed_holding(account, paid->symbol);
	struct ledger_transaction tx;

	bus_assert(balances_dividend(&account->balances, money(paid->amount_micros)));
	account->balances.cash.micros = paid->cash_micros;
	account->balances.settled.micros = paid->settled_cash_micros;
	holding->actions = paid->number;
	holding->dividends.micros = paid->position_dividends_micros;
	ledger_pay_dividend(&tx, money(paid->amount_micros));
	book(books, fact, account, "dividend", paid->action_id, &tx);
}

static void action_due(struct books *books, const PORTFOLIO(CorporateActionDue) * due)
{
	struct account *account = touched(books, due->account_id);

	changed_holding(account, due->symbol)->pending_action = due->number;
}

static void position_split(struct books *books, const struct bus_fact *fact,
			   const PORTFOLIO(PositionSplit) * split)
{
	struct account *account = touched(books, split->account_id);
	struct holding *holding = changed_holding(account, split->symbol);
	struct shares *shares = &holding->shares;
	struct ledger_transaction tx;

	bus_assert(balances_fraction(&account->balances, money(split->cash_in_lieu_micros),
				     money(split->realised_micros),
				     money(split->fifo_realised_micros)));
	account->balances.cash.micros = split->cash_micros;
	account->balances.settled.micros = split->settled_cash_micros;
	set_quantity(account, holding, split->position_micros, holding->since);
	shares->position.cost.micros = split->position_cost_micros;
	shares->position.realised.micros = split->position_realised_micros;
	shares->fifo_cost.micros = split->position_fifo_cost_micros;
	shares->fifo_realised.micros = split->position_fifo_realised_micros;
	holding->actions = split->number;
	holding->pending_action = 0;
	replace_lots(books, holding, split->n_lots, split->lots);
	ledger_split(&tx, split->symbol,
		     (struct bus_quantity){ split->position_micros - split->before_micros },
		     money(split->cash_in_lieu_micros));
	book(books, fact, account, "split", split->action_id, &tx);
}

/* What it has earned so far stays with the old symbol; what closes here is the new one's. */
static void symbol_changed(struct books *books, const struct bus_fact *fact,
			   const PORTFOLIO(SymbolChanged) * changed)
{
	struct account *account = touched(books, changed->account_id);
	struct holding *from = changed_holding(account, changed->symbol);
	struct holding *to = changed_holding(account, changed->new_symbol);
	struct ledger_transaction tx;

	bus_assert(balances_close_out(&account->balances, money(changed->realised_micros),
				      money(changed->fifo_realised_micros)));
	set_quantity(account, from, 0, from->since);
	from->shares.position.cost.micros = from->shares.fifo_cost.micros = 0;
	from->actions = changed->number;
	from->pending_action = 0;
	replace_lots(books, from, 0, NULL);
	set_quantity(account, to, changed->position_micros, from->since);
	to->shares.position.cost.micros = changed->position_cost_micros;
	to->shares.fifo_cost.micros = changed->position_fifo_cost_micros;
	to->shares.position.realised.micros += changed->realised_micros;
	to->shares.fifo_realised.micros += changed->fifo_realised_micros;
	to->actions = changed->new_actions;
	replace_lots(books, to, changed->n_lots, changed->lots);
	ledger_change_symbol(&tx, changed->symbol, changed->new_symbol,
			     (struct bus_quantity){ changed->quantity_micros });
	book(books, fact, account, "symbol_change", changed->action_id, &tx);
}

static void actions_checked(struct books *books, const PORTFOLIO(ActionsChecked) * checked)
{
	struct account *account = account_find(&books->accounts, id_of(checked->account_id));

	if (account == NULL || account->actions_check_at == checked->actions_check_at_micros)
		return;
	account->actions_check_at = checked->actions_check_at_micros;
	account_touch(&books->accounts, account);
}

/* Days and margin ************************************************************************* */

static void day_closed(struct books *books, const struct bus_fact *fact,
		       const PORTFOLIO(DayClosed) * closed)
{
	struct account *account = touched(books, closed->account_id);

	store_close(books, fact, account, closed);
	account->closing = (struct closing){
		.date = closed->date,
		.balances = account->balances,
		.equity = { closed->equity_micros },
		.growth_picos = closed->growth_picos,
		.movements = account->movements,
		.sequence = fact->sequence,
		.fact = fact->index,
	};
	account->closed = true;
	account->day_ends_at = closed->next_close_at_micros;
	set_timer(&account->actions_check_at, closed->actions_check_at_micros);
}

static void margin_checked(struct books *books, const PORTFOLIO(MarginChecked) * checked)
{
	struct account *account = account_find(&books->accounts, id_of(checked->account_id));

	if (account == NULL)
		return;
	account->margin_check_at = checked->next_check_at_micros;
	account_touch(&books->accounts, account);
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
		cash_settled(books, fact, fact->message);
		break;
	case FACT(DAY_CLOSED):
		day_closed(books, fact, fact->message);
		break;
	case FACT(CORPORATE_ACTION_DUE):
		action_due(books, fact->message);
		break;
	case FACT(POSITION_SPLIT):
		position_split(books, fact, fact->message);
		break;
	case FACT(SYMBOL_CHANGED):
		symbol_changed(books, fact, fact->message);
		break;
	case FACT(DIVIDEND_PAID):
		dividend_paid(books, fact, fact->message);
		break;
	case FACT(ACTIONS_CHECKED):
		actions_checked(books, fact->message);
		break;
	case FACT(MARGIN_CHECKED):
		margin_checked(books, fact->message);
		break;
	case FACT(MARGIN_CALLED):
		touched(books, ((const PORTFOLIO(MarginCalled) *)fact->message)->account_id)
			->margin_called = true;
		break;
	case FACT(MARGIN_CALL_MET):
		touched(books, ((const PORTFOLIO(MarginCallMet) *)fact->message)->account_id)
			->margin_called = false;
		break;
	case FACT(PARKED):
	case FACT(COMMAND_REJECTED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}
