/*
 * Corporate actions. A dividend is paid by the position at its time. A split or a new symbol waits
 * for the desk, which alone knows when no order of the account is open any more; what comes after
 * it waits as well.
 */
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "handlers.h"
#include "store.h"

struct progress progress_of(const struct holding *holding)
{
	return (struct progress){
		.symbol = &holding->symbol,
		.quantity = holding->shares.position.quantity,
		.dividends = holding->dividends,
		.done = holding->actions,
		.since = holding->since,
		.pending = holding->pending_action,
	};
}

int64_t earlier(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

int64_t actions_effective(const struct bus_input *input, const struct symbol *symbol)
{
	const MARKET(Instrument) *instrument = bus_reference(input, LEDGER_SYMBOLS, symbol->text);

	return instrument != NULL ? instrument->actions_effective : 0;
}

/* To so many shares; to none where the position is younger than the dividend: the desk must hear
 * that it has been through it. */
static int pay_dividend(struct draft *draft, struct progress *progress,
			struct bus_quantity quantity, const MARKET(CorporateAction) * action,
			int64_t number, const struct bus_input *input, struct bus_facts *facts)
{
	PORTFOLIO(DividendPaid) * fact;
	struct bus_money amount, dividends;

	if (!bus_notional((struct bus_price){ action->amount_micros }, quantity, &amount) ||
	    !bus_money_add(progress->dividends, amount, &dividends) ||
	    !balances_dividend(&draft->balances, amount))
		return BUS_ERR_OVERFLOW;
	progress->dividends = dividends;
	draft->movements += amount.micros != 0;
	fact = bus_fact_add(facts, PORTFOLIO_D(dividend_paid));
	fact->account_id = (char *)input->key;
	fact->symbol = (char *)progress->symbol->text;
	fact->action_id = action->action_id;
	fact->number = number;
	fact->quantity_micros = quantity.micros;
	fact->amount_per_share_micros = action->amount_micros;
	fact->amount_micros = amount.micros;
	fact->cash_micros = draft->balances.cash.micros;
	fact->settled_cash_micros = draft->balances.settled.micros;
	fact->unsettled_cash_micros = balances_unsettled(&draft->balances).micros;
	fact->paid_at_micros = input->now;
	fact->position_dividends_micros = dividends.micros;
	return 0;
}

static void ask_desk(struct progress *progress, const MARKET(CorporateAction) * action,
		     int64_t number, const struct bus_input *input, struct bus_facts *facts)
{
	PORTFOLIO(CorporateActionDue) *fact =
		bus_fact_add(facts, PORTFOLIO_D(corporate_action_due));

	fact->account_id = (char *)input->key;
	fact->symbol = (char *)progress->symbol->text;
	fact->action_id = action->action_id;
	fact->number = number;
	progress->pending = number;
}

int actions_go_on(struct draft *draft, struct progress *progress, const struct bus_input *input,
		  struct bus_facts *facts, int64_t as_of)
{
	const MARKET(Instrument) *instrument =
		bus_reference(input, LEDGER_SYMBOLS, progress->symbol->text);
	struct action action;

	if (instrument == NULL || progress->quantity.micros == 0)
		return 0;
	for (size_t i = 0; progress->pending == 0 && wire_action(instrument, i, &action); i++) {
		enum action_state state =
			action_state(&action, progress->done, progress->since, as_of);
		struct bus_quantity paid = { 0 };
		int err;

		if (state == ACTION_PAST)
			continue;
		if (state == ACTION_AHEAD)
			break;
		if (state == ACTION_READY) {
			progress->count++;
			paid = progress->quantity;
		}
		if (action.kind != ACTION_DIVIDEND) {
			ask_desk(progress, instrument->actions[i], action.number, input, facts);
			break;
		}
		err = pay_dividend(draft, progress, paid, instrument->actions[i], action.number,
				   input, facts);
		if (err != 0)
			return err;
		progress->done = action.number;
	}
	return 0;
}

int64_t actions_look_again(const struct progress *progress, const struct bus_input *input)
{
	const MARKET(Instrument) *instrument =
		bus_reference(input, LEDGER_SYMBOLS, progress->symbol->text);
	struct action action;

	if (instrument == NULL || progress->quantity.micros == 0 || progress->pending != 0)
		return 0;
	for (size_t i = 0; wire_action(instrument, i, &action); i++) {
		switch (action_state(&action, progress->done, progress->since, input->now)) {
		case ACTION_PAST:
			break;
		case ACTION_MISSED:
		case ACTION_READY:
			return input->now;
		case ACTION_AHEAD:
			return action_look_again(&action, input->now);
		}
	}
	return 0;
}

int64_t draft_look_again(const struct draft *draft, const struct progress *progress,
			 const struct bus_input *input)
{
	int64_t at = actions_look_again(progress, input);
	int64_t set = draft->account != NULL ? draft->account->actions_check_at : 0;

	return set == 0 || at < set ? at : 0;
}

/* All holdings of an account *************************************************************** */

static int check_all(struct draft *draft, const struct bus_input *input, struct bus_facts *facts,
		     int64_t *count, int64_t *look_again)
{
	const struct holding *holding = draft->account != NULL ? draft->account->holdings : NULL;

	for (; holding != NULL; holding = holding->hh.next) {
		struct progress progress = progress_of(holding);
		int err = actions_go_on(draft, &progress, input, facts, input->now);

		if (err != 0)
			return err;
		*count += progress.count;
		*look_again = earlier(*look_again, actions_look_again(&progress, input));
	}
	return 0;
}

int decide_apply_actions(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(ApplyActions) *command = (const PORTFOLIO(ApplyActions) *)input->message;
	int64_t count = 0, look_again = 0;
	PORTFOLIO(ActionsChecked) * fact;
	struct bus_id account_id;
	struct draft draft;
	int err;

	if (!wire_id(command->account_id, &account_id))
		return reject(input, facts, command->account_id, REASON(INVALID_FIELD),
			      "account_id is not a UUID in lower case");
	draft = draft_of(state, account_id);
	err = check_all(&draft, input, facts, &count, &look_again);
	if (err != 0)
		return err;
	fact = bus_fact_add(facts, PORTFOLIO_D(actions_checked));
	fact->account_id = command->account_id;
	fact->count = count;
	fact->actions_check_at_micros = look_again;
	return 0;
}

/* What the desk has cleared **************************************************************** */

/* The action that the holding waits for; NULL: it waits for none. */
static const MARKET(CorporateAction) * find_pending(const struct bus_input *input,
						    const struct holding *holding,
						    struct action *out)
{
	const MARKET(Instrument) *instrument =
		bus_reference(input, LEDGER_SYMBOLS, holding->symbol.text);

	if (instrument == NULL || holding->pending_action == 0)
		return NULL;
	for (size_t i = 0; wire_action(instrument, i, out); i++) {
		if (out->number == holding->pending_action)
			return instrument->actions[i];
	}
	return NULL;
}

bool change_comes(const struct account *account, const struct bus_input *input,
		  const struct symbol *symbol)
{
	const struct holding *holding = account != NULL ? account->holdings : NULL;

	for (; holding != NULL; holding = holding->hh.next) {
		struct action action;
		const MARKET(CorporateAction) *terms = find_pending(input, holding, &action);

		if (terms != NULL && action.kind == ACTION_RENAME &&
		    strcmp(terms->new_symbol, symbol->text) == 0)
			return true;
	}
	return false;
}

static struct bus_quantity increment_of(const struct bus_input *input, const struct symbol *symbol)
{
	const MARKET(Instrument) *instrument = bus_reference(input, LEDGER_SYMBOLS, symbol->text);
	int64_t increment = instrument != NULL ? instrument->quantity_increment_micros : 0;

	return (struct bus_quantity){ increment > 0 ? increment : 1 };
}

static int split_position(struct draft *draft, const struct holding *holding,
			  const MARKET(CorporateAction) * action, struct progress *progress,
			  const struct bus_input *input, struct bus_facts *facts)
{
	const struct position *before = &holding->shares.position;
	const struct split_terms terms = { action->new_shares,
					   action->old_shares,
					   increment_of(input, &holding->symbol),
					   { action->cash_price_micros } };
	struct bus_money realised, fifo_realised;
	PORTFOLIO(PositionSplit) * fact;
	struct split split;
	int err = BUS_ERR_OVERFLOW;

	if (!split_make(&holding->shares, &terms, &split))
		return err;
	if (!bus_money_add(before->realised, split.realised, &realised) ||
	    !bus_money_add(holding->shares.fifo_realised, split.fifo_realised, &fifo_realised) ||
	    !balances_fraction(&draft->balances, split.cash, split.realised, split.fifo_realised))
		goto out;
	fact = bus_fact_add(facts, PORTFOLIO_D(position_split));
	fact->account_id = (char *)input->key;
	fact->symbol = (char *)holding->symbol.text;
	fact->action_id = action->action_id;
	fact->number = holding->pending_action;
	fact->new_shares = action->new_shares;
	fact->old_shares = action->old_shares;
	fact->before_micros = before->quantity.micros;
	fact->position_micros = split.quantity.micros;
	fact->position_cost_micros = split.cost.micros;
	fact->position_fifo_cost_micros = split.fifo_cost.micros;
	fact->position_realised_micros = realised.micros;
	fact->position_fifo_realised_micros = fifo_realised.micros;
	fact->fraction_micros = split.fraction.micros;
	fact->cash_in_lieu_micros = split.cash.micros;
	fact->realised_micros = split.realised.micros;
	fact->fifo_realised_micros = split.fifo_realised.micros;
	fact->cash_micros = draft->balances.cash.micros;
	fact->settled_cash_micros = draft->balances.settled.micros;
	fact->unsettled_cash_micros = balances_unsettled(&draft->balances).micros;
	fact->lots = tell_lots(facts, split.lots, split.lot_count);
	fact->n_lots = split.lot_count;
	fact->split_at_micros = input->now;
	progress->quantity = split.quantity;
	err = 0;
out:
	split_release(&split);
	return err;
}

static void tell_joined(const struct joined *joined, struct bus_facts *facts,
			PORTFOLIO(SymbolChanged) * fact)
{
	fact->position_micros = joined->quantity.micros;
	fact->position_cost_micros = joined->cost.micros;
	fact->position_fifo_cost_micros = joined->fifo_cost.micros;
	fact->realised_micros = joined->realised.micros;
	fact->fifo_realised_micros = joined->fifo_realised.micros;
	fact->lots = tell_lots(facts, joined->lots, joined->lot_count);
	fact->n_lots = joined->lot_count;
}

static int change_symbol(struct draft *draft, const struct holding *holding,
			 const MARKET(CorporateAction) * action, struct progress *progress,
			 const struct bus_input *input, struct bus_facts *facts)
{
	const struct shares *from = &holding->shares;
	struct bus_money realised, fifo_realised;
	PORTFOLIO(SymbolChanged) * fact;
	const struct holding *to;
	struct symbol new_symbol;
	struct joined joined;
	int err = BUS_ERR_OVERFLOW;

	if (!wire_symbol(action->new_symbol, &new_symbol))
		return BUS_ERR_PARK;
	to = holding_of(draft->account, &new_symbol);
	if (!joined_make(&to->shares, from, &joined))
		return err;
	if (!bus_money_add(to->shares.position.realised, joined.realised, &realised) ||
	    !bus_money_add(to->shares.fifo_realised, joined.fifo_realised, &fifo_realised) ||
	    !balances_close_out(&draft->balances, joined.realised, joined.fifo_realised))
		goto out;
	fact = bus_fact_add(facts, PORTFOLIO_D(symbol_changed));
	fact->account_id = (char *)input->key;
	fact->symbol = (char *)holding->symbol.text;
	fact->new_symbol = action->new_symbol;
	fact->action_id = action->action_id;
	fact->number = holding->pending_action;
	fact->quantity_micros = from->position.quantity.micros;
	fact->cost_micros = from->position.cost.micros;
	tell_joined(&joined, facts, fact);
	fact->changed_at_micros = input->now;
	fact->new_actions = to->shares.position.quantity.micros != 0
				    ? to->actions
				    : actions_effective(input, &new_symbol);
	progress->quantity.micros = 0;
	err = 0;
out:
	joined_release(&joined);
	return err;
}

int decide_action_cleared(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ORDERS(CorporateActionCleared) *cleared =
		(const ORDERS(CorporateActionCleared) *)input->message;
	const MARKET(CorporateAction) * terms;
	const struct holding *holding;
	struct progress progress;
	struct bus_id account_id;
	struct symbol symbol;
	struct action action;
	struct draft draft;
	int err;

	if (!wire_id(cleared->account_id, &account_id) || !wire_symbol(cleared->symbol, &symbol))
		return BUS_ERR_PARK;
	draft = draft_of(state, account_id);
	holding = holding_of(draft.account, &symbol);
	terms = find_pending(input, holding, &action);
	if (terms == NULL || strcmp(terms->action_id, cleared->action_id) != 0)
		return BUS_ERR_PARK;
	progress = progress_of(holding);
	err = action.kind == ACTION_SPLIT
		      ? split_position(&draft, holding, terms, &progress, input, facts)
		      : change_symbol(&draft, holding, terms, &progress, input, facts);
	if (err != 0)
		return err;
	progress.done = action.number;
	progress.pending = 0;
	return actions_go_on(&draft, &progress, input, facts, input->now);
}
