/*
 * What the ledger does by the clock: unsettled cash settles, an account's day ends, a short account
 * is looked at. All three are timers, and each timer leads to a fact.
 */
#include "calendar.h"
#include "decide.h"
#include "handlers.h"
#include "store.h"

#define MARGIN_PERIOD INT64_C(60000000)

/* Settlement ****************************************************************************** */

static int settle(struct draft *draft, int32_t date, const struct bus_input *input,
		  struct bus_facts *facts)
{
	const struct bucket *bucket =
		draft->account != NULL ? settlement_find(&draft->account->settlement, date) : NULL;
	struct bus_money amount = bucket != NULL ? bucket->amount : (struct bus_money){ 0 };
	PORTFOLIO(CashSettled) * fact;

	if (!balances_settle(&draft->balances, amount))
		return BUS_ERR_OVERFLOW;
	draft->movements += amount.micros != 0 ? 2 : 0;
	fact = bus_fact_add(facts, PORTFOLIO_D(cash_settled));
	fact->account_id = (char *)input->key;
	fact->date = date;
	fact->amount_micros = amount.micros;
	fact->settled_cash_micros = draft->balances.settled.micros;
	fact->unsettled_cash_micros = balances_unsettled(&draft->balances).micros;
	fact->cash_micros = draft->balances.cash.micros;
	fact->settled_at_micros = input->now;
	return 0;
}

int decide_settlement_due(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(SettlementDue) *due = (const PORTFOLIO(SettlementDue) *)input->message;
	struct bus_id account_id;
	struct draft draft;

	if (!wire_id(due->account_id, &account_id) || !calendar_is_date(due->date))
		return BUS_ERR_PARK;
	draft = draft_of(state, account_id);
	return settle(&draft, due->date, input, facts);
}

/* The end of the day ********************************************************************** */

/* What was to settle until then, where the clock has jumped over it. */
static int settle_until(struct draft *draft, int32_t date, const struct bus_input *input,
			struct bus_facts *facts)
{
	const struct settlement *settlement = &draft->account->settlement;

	for (size_t i = 0; i < settlement->count && settlement->buckets[i].date <= date; i++) {
		int err = settle(draft, settlement->buckets[i].date, input, facts);

		if (err != 0)
			return err;
	}
	return 0;
}

/* Dividends until the end of the day; what comes after it belongs to the next one. */
static int pay_until(struct draft *draft, int64_t end, const struct bus_input *input,
		     struct bus_facts *facts, int64_t *look_again)
{
	for (const struct holding *h = draft->account->holdings; h != NULL; h = h->hh.next) {
		struct progress progress = progress_of(h);
		int err = actions_go_on(draft, &progress, input, facts, end - 1);

		if (err != 0)
			return err;
		*look_again = earlier(*look_again, actions_look_again(&progress, input));
	}
	return 0;
}

static PORTFOLIO(PositionClose) *
	close_position(const struct holding *holding, const struct bus_input *input,
		       struct bus_facts *facts, struct valuation *valuation)
{
	const struct position *position = &holding->shares.position;
	PORTFOLIO(PositionClose) *fact = bus_facts_message(facts, PORTFOLIO_D(position_close));
	struct bus_price price = last_price(input, &holding->symbol);
	struct bus_money worth = valuation_worth(position, &price);

	if (!valuation_add(valuation, position, worth))
		return NULL;
	fact->symbol = (char *)holding->symbol.text;
	fact->quantity_micros = position->quantity.micros;
	fact->cost_micros = position->cost.micros;
	fact->realised_micros = position->realised.micros;
	fact->price_micros = price.micros;
	fact->value_micros = worth.micros;
	return fact;
}

/* The positions that there are, and what they are worth; NULL outside 64 bits. */
static PORTFOLIO(PositionClose) *
	*close_positions(const struct account *account, const struct bus_input *input,
			 struct bus_facts *facts, struct valuation *valuation,
			 struct bus_money *fifo_cost, size_t *count)
{
	PORTFOLIO(PositionClose) **closes = bus_facts_alloc(
		facts, (HASH_COUNT(account->holdings) + 1) * sizeof(PORTFOLIO(PositionClose) *));

	for (const struct holding *h = account->holdings; h != NULL; h = h->hh.next) {
		if (h->shares.position.quantity.micros == 0)
			continue;
		closes[*count] = close_position(h, input, facts, valuation);
		if (closes[*count] == NULL ||
		    !bus_money_add(*fifo_cost, h->shares.fifo_cost, fifo_cost))
			return NULL;
		++*count;
	}
	return closes;
}

static void tell_statement(const struct statement *s, PORTFOLIO(DayClosed) * out)
{
	out->opening_cash_micros = s->opening.micros;
	out->closing_cash_micros = s->closing.micros;
	out->settled_cash_micros = s->settled.micros;
	out->unsettled_cash_micros = s->unsettled.micros;
	out->deposits_micros = s->deposits.micros;
	out->withdrawals_micros = s->withdrawals.micros;
	out->trades_micros = s->trades.micros;
	out->dividends_micros = s->dividends.micros;
	out->other_micros = s->other.micros;
	out->movement_count = s->movements;
	out->equity_micros = s->equity.micros;
	out->net_deposits_micros = s->net_deposits.micros;
	out->realised_micros = s->realised.micros;
	out->unrealised_micros = s->unrealised.micros;
	out->flow_micros = s->flow.micros;
	out->growth_picos = s->growth_picos;
}

static int close_day(struct draft *draft, int32_t date, const struct bus_input *input,
		     struct bus_facts *facts, int64_t look_again)
{
	struct valuation valuation = { .longs = { 0 } };
	PORTFOLIO(PositionClose) * *positions;
	struct bus_money fifo_cost = { 0 };
	PORTFOLIO(DayClosed) * fact;
	struct statement statement;
	size_t count = 0;

	positions = close_positions(draft->account, input, facts, &valuation, &fifo_cost, &count);
	if (positions == NULL ||
	    !statement_make(&draft->account->closing, &draft->balances, draft->movements,
			    &valuation, fifo_cost, &statement))
		return BUS_ERR_PARK;
	fact = bus_fact_add(facts, PORTFOLIO_D(day_closed));
	fact->account_id = (char *)input->key;
	fact->date = date;
	tell_statement(&statement, fact);
	fact->positions = positions;
	fact->n_positions = count;
	fact->closed_at_micros = input->now;
	fact->actions_check_at_micros = look_again;
	if (count > 0 || draft->balances.cash.micros != 0 || draft->balances.settled.micros != 0 ||
	    draft->account->settlement.count > 0)
		fact->next_close_at_micros =
			calendar_begin(calendar_next_day(calendar_date(input->now)));
	return 0;
}

int decide_day_due(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const PORTFOLIO(DayDue) *due = (const PORTFOLIO(DayDue) *)input->message;
	int64_t look_again = 0;
	struct bus_id account_id;
	struct draft draft;
	int32_t date;
	int err;

	if (!wire_id(due->account_id, &account_id) || !calendar_knows(input->now))
		return BUS_ERR_PARK;
	draft = draft_of(state, account_id);
	date = calendar_day_before(calendar_date(input->now));
	if (draft.account == NULL || !calendar_is_date(date))
		return BUS_ERR_PARK;
	err = settle_until(&draft, date, input, facts);
	if (err == 0)
		err = pay_until(&draft, calendar_begin(calendar_next_day(date)), input, facts,
				&look_again);
	if (err == 0)
		err = close_day(&draft, date, input, facts, look_again);
	return err;
}

/* Margin ********************************************************************************** */

int decide_margin_check_due(const void *state, const struct bus_input *input,
			    struct bus_facts *facts)
{
	const PORTFOLIO(MarginCheckDue) *due = (const PORTFOLIO(MarginCheckDue) *)input->message;
	PORTFOLIO(MarginChecked) * fact;
	struct valuation valuation;
	struct bus_id account_id;
	struct margin margin;
	struct draft draft;
	int err;

	if (!wire_id(due->account_id, &account_id))
		return BUS_ERR_PARK;
	draft = draft_of(state, account_id);
	err = value_account(draft.account, input, NULL, NULL, &valuation);
	if (err != 0)
		return err;
	if (!margin_check(&valuation, draft.balances.cash, &margin))
		return BUS_ERR_OVERFLOW;
	fact = bus_fact_add(facts, PORTFOLIO_D(margin_checked));
	fact->account_id = (char *)input->key;
	fact->equity_micros = margin.equity.micros;
	fact->short_value_micros = margin.short_value.micros;
	fact->requirement_micros = margin.requirement.micros;
	fact->checked_at_micros = input->now;
	if (draft.account != NULL && draft.account->short_count > 0)
		fact->next_check_at_micros = input->now + MARGIN_PERIOD;
	tell_margin(facts, input, draft.account, &margin);
	return 0;
}
