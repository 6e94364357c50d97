/* See decide.h. */
#include "decide.h"

#include "calendar.h"
#include "store.h"

/* Of lots that are gone whole a fact lists so many; the rest it counts. */
#define LOTS_TOLD_MAX 1000u

const struct holding no_holding;

struct draft draft_of(const void *state, struct bus_id account_id)
{
	const struct books *books = state;
	const struct account *account = account_find(&books->accounts, account_id);
	struct draft draft = { .account = account };

	if (account != NULL) {
		draft.balances = account->balances;
		draft.movements = account->movements;
	}
	return draft;
}

int64_t draft_day_ends_at(const struct draft *draft, int64_t now)
{
	if ((draft->account != NULL && draft->account->day_ends_at != 0) || !calendar_knows(now))
		return 0;
	return calendar_begin(calendar_next_day(calendar_date(now)));
}

int reject(const struct bus_input *input, struct bus_facts *facts, const char *account_id,
	   ORDERS(RejectReason) reason, const char *text)
{
	PORTFOLIO(CommandRejected) *fact = bus_fact_add(facts, PORTFOLIO_D(command_rejected));

	fact->account_id = (char *)account_id;
	fact->command_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	fact->command_type = (char *)input->message->descriptor->name;
	fact->reason = reason;
	fact->text = (char *)text;
	return 0;
}

const struct holding *holding_of(const struct account *account, const struct symbol *symbol)
{
	const struct holding *holding = account_find_holding(account, symbol);

	return holding != NULL ? holding : &no_holding;
}

int position_err(enum position_result result)
{
	switch (result) {
	case POSITION_OK:
		return 0;
	case POSITION_SHORT:
	case POSITION_FEE:
		return BUS_ERR_PARK;
	case POSITION_OVERFLOW:
		return BUS_ERR_OVERFLOW;
	}
	return BUS_ERR_PARK;
}

int64_t tell_cut(struct bus_facts *facts, const struct lots *lots, const struct lots_cut *cut,
		 size_t *count, PORTFOLIO(LotClosed) * **out)
{
	uint32_t told = cut->gone < LOTS_TOLD_MAX ? cut->gone : LOTS_TOLD_MAX;
	size_t n = told + (cut->part ? 1 : 0);

	*count = n;
	if (n == 0)
		return 0;
	*out = bus_facts_alloc(facts, n * sizeof(**out));
	for (uint32_t i = 0; i < n; i++) {
		const struct lot *lot = lots_at(lots, i < told ? i : cut->gone);
		PORTFOLIO(LotClosed) *closed = bus_facts_message(facts, PORTFOLIO_D(lot_closed));

		closed->lot_id = bus_facts_id(facts, lot->id);
		if (i == told) {
			closed->left_quantity_micros = cut->left.micros;
			closed->left_cost_micros = cut->left_cost.micros;
		}
		closed->quantity_micros = lot->quantity.micros - closed->left_quantity_micros;
		closed->cost_micros = lot->cost.micros - closed->left_cost_micros;
		(*out)[i] = closed;
	}
	return cut->gone;
}

PORTFOLIO(Lot) * *tell_lots(struct bus_facts *facts, const struct lot *lots, size_t count)
{
	PORTFOLIO(Lot) **told = bus_facts_alloc(facts, (count + 1) * sizeof(PORTFOLIO(Lot) *));

	for (size_t i = 0; i < count; i++) {
		told[i] = bus_facts_message(facts, PORTFOLIO_D(lot));
		told[i]->lot_id = bus_facts_id(facts, lots[i].id);
		told[i]->quantity_micros = lots[i].quantity.micros;
		told[i]->cost_micros = lots[i].cost.micros;
		told[i]->opened_at_micros = lots[i].opened_at;
	}
	return told;
}

int value_account(const struct account *account, const struct bus_input *input,
		  const struct symbol *symbol, const struct position *position,
		  struct valuation *out)
{
	bool found = symbol == NULL;
	struct valuation sum = { .longs = { 0 } };

	for (const struct holding *h = account != NULL ? account->holdings : NULL; h != NULL;
	     h = h->hh.next) {
		const struct position *at = &h->shares.position;
		struct bus_price price;

		if (symbol != NULL && memcmp(symbol, &h->symbol, sizeof(*symbol)) == 0) {
			at = position;
			found = true;
		}
		price = last_price(input, &h->symbol);
		if (!valuation_add(&sum, at, valuation_worth(at, &price)))
			return BUS_ERR_OVERFLOW;
	}
	if (!found) {
		struct bus_price price = last_price(input, symbol);

		if (!valuation_add(&sum, position, valuation_worth(position, &price)))
			return BUS_ERR_OVERFLOW;
	}
	*out = sum;
	return 0;
}

struct bus_price last_price(const struct bus_input *input, const struct symbol *symbol)
{
	const MARKET(Quote) *quote = bus_reference(input, LEDGER_QUOTES, symbol->text);

	return (struct bus_price){ quote != NULL ? quote->last_price_micros : 0 };
}

void tell_margin(struct bus_facts *facts, const struct bus_input *input,
		 const struct account *account, const struct margin *margin)
{
	bool called = account != NULL && account->margin_called;

	if (!called && margin->missing.micros > 0) {
		PORTFOLIO(MarginCalled) *fact = bus_fact_add(facts, PORTFOLIO_D(margin_called));

		fact->account_id = (char *)input->key;
		fact->equity_micros = margin->equity.micros;
		fact->short_value_micros = margin->short_value.micros;
		fact->requirement_micros = margin->requirement.micros;
		fact->missing_micros = margin->missing.micros;
		fact->called_at_micros = input->now;
	} else if (called && margin->missing.micros == 0) {
		PORTFOLIO(MarginCallMet) *fact = bus_fact_add(facts, PORTFOLIO_D(margin_call_met));

		fact->account_id = (char *)input->key;
		fact->equity_micros = margin->equity.micros;
		fact->requirement_micros = margin->requirement.micros;
		fact->met_at_micros = input->now;
	}
}
