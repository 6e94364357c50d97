/*
 * A fill of the desk becomes a trade of the ledger: cash that settles a business day later, shares
 * by average cost and in lots. What was decided is booked; what the books cannot carry is parked
 * before anything is.
 */
#include <string.h>

#include "calendar.h"
#include "decide.h"
#include "handlers.h"
#include "ledger.h"

#define MARGIN_PERIOD INT64_C(60000000)

/* One side of a trade, checked. */
struct trade {
	struct bus_id account_id;
	struct symbol symbol;
	struct bus_quantity quantity; /* signed: bought, or sold */
	struct bus_money cash;	      /* signed: what the account's cash moves by */
	struct bus_money fee, regulatory_fee;
	bool short_allowed, debt_allowed;
};

static bool amounts_hold(const ORDERS(OrderFilled) * filled)
{
	bool buy = filled->side == SIDE(BUY);
	struct bus_money before_fee;

	if ((!buy && filled->side != SIDE(SELL)) || filled->last_quantity_micros <= 0 ||
	    filled->regulatory_fee_micros < 0 ||
	    filled->fee_micros < filled->regulatory_fee_micros ||
	    filled->cash_delta_micros == INT64_MIN ||
	    !bus_money_add((struct bus_money){ filled->cash_delta_micros },
			   (struct bus_money){ filled->fee_micros }, &before_fee))
		return false;
	return buy ? before_fee.micros <= 0 : before_fee.micros >= 0;
}

/* Cash goes out for a buy, at least the fee; what comes in for a sell lacks the fee alone. */
static bool read_trade(const ORDERS(OrderFilled) * filled, struct trade *out)
{
	struct bus_id id;

	if (!wire_id(filled->account_id, &out->account_id) || !wire_id(filled->order_id, &id) ||
	    !wire_id(filled->trade_id, &id) || !wire_symbol(filled->symbol, &out->symbol) ||
	    !amounts_hold(filled) || !calendar_knows(filled->executed_at_micros) ||
	    filled->actions < 0)
		return false;
	out->quantity.micros = filled->side == SIDE(BUY) ? filled->last_quantity_micros
							 : -filled->last_quantity_micros;
	out->cash.micros = filled->cash_delta_micros;
	out->fee.micros = filled->fee_micros;
	out->regulatory_fee.micros = filled->regulatory_fee_micros;
	out->short_allowed = out->debt_allowed = filled->firm || filled->shorting;
	return true;
}

/* Unsettled cash of the settlement date; the date itself is in the fact already. */
static bool settles(const struct account *account, const struct trade *trade,
		    PORTFOLIO(TradeBooked) * out)
{
	static const struct settlement nothing;
	const struct settlement *settlement = account != NULL ? &account->settlement : &nothing;
	struct bus_money sum;

	out->first_of_date = settlement_find(settlement, out->settlement_date) == NULL;
	return settlement_sum(settlement, out->settlement_date, trade->cash, &sum);
}

static int book_cash(struct draft *draft, const struct trade *trade, const struct shares_plan *plan,
		     PORTFOLIO(TradeBooked) * out)
{
	struct ledger_transaction tx;

	if (!balances_trade(&draft->balances, trade->cash, plan->move.realised,
			    plan->fifo_realised) ||
	    !settles(draft->account, trade, out) ||
	    !ledger_book_trade(&tx, &(struct ledger_trade){ trade->symbol.text, trade->quantity,
							    trade->cash, trade->fee,
							    trade->regulatory_fee }))
		return BUS_ERR_OVERFLOW;
	if (trade->cash.micros < 0 && draft->balances.cash.micros < 0 && !trade->debt_allowed)
		return BUS_ERR_PARK;
	out->cash_micros = draft->balances.cash.micros;
	out->settled_cash_micros = draft->balances.settled.micros;
	out->unsettled_cash_micros = balances_unsettled(&draft->balances).micros;
	return 0;
}

/* Sets what the trade earned and the shares after it. */
static void book_shares(const struct shares *shares, const struct shares_plan *plan,
			struct bus_facts *facts, PORTFOLIO(TradeBooked) * out)
{
	struct position after = shares->position;

	position_apply(&after, &plan->move);
	out->realised_micros = plan->move.realised.micros;
	out->position_micros = after.quantity.micros;
	out->position_cost_micros = after.cost.micros;
	out->position_realised_micros = after.realised.micros;
	out->fifo_realised_micros = plan->fifo_realised.micros;
	out->position_fifo_cost_micros = shares->fifo_cost.micros + plan->fifo_cost.micros;
	out->position_fifo_realised_micros =
		shares->fifo_realised.micros + plan->fifo_realised.micros;
	out->lots_gone =
		tell_cut(facts, &shares->lots, &plan->cut, &out->n_lots_closed, &out->lots_closed);
	out->lot_quantity_micros = plan->lot_quantity.micros;
	out->lot_cost_micros = plan->lot_cost.micros;
}

/* An account that is short, or was until now, is looked at. */
static int check_margin(const struct draft *draft, const struct trade *trade,
			const PORTFOLIO(TradeBooked) * booked, const struct bus_input *input,
			struct margin *out)
{
	const struct position after = { .quantity = { booked->position_micros },
					.cost = { booked->position_cost_micros } };
	struct valuation valuation;
	int err = value_account(draft->account, input, &trade->symbol, &after, &valuation);

	if (err != 0)
		return err;
	return margin_check(&valuation, draft->balances.cash, out) ? 0 : BUS_ERR_OVERFLOW;
}

static void tell_fill(const ORDERS(OrderFilled) * filled, PORTFOLIO(TradeBooked) * out)
{
	out->account_id = filled->account_id;
	out->order_id = filled->order_id;
	out->trade_id = filled->trade_id;
	out->symbol = filled->symbol;
	out->side = filled->side;
	out->quantity_micros = filled->last_quantity_micros;
	out->price_micros = filled->last_price_micros;
	out->cash_delta_micros = filled->cash_delta_micros;
	out->fee_micros = filled->fee_micros;
	out->regulatory_fee_micros = filled->regulatory_fee_micros;
	out->executed_at_micros = filled->executed_at_micros;
	out->settlement_date = settlement_date(filled->executed_at_micros);
	out->shorting = filled->shorting;
	out->firm = filled->firm;
}

/* A position that is opened has been through what the desk's order had been, and all before it. */
static void follow_actions(struct progress *progress, const ORDERS(OrderFilled) * filled,
			   const PORTFOLIO(TradeBooked) * booked)
{
	bool opened = progress->quantity.micros == 0 ||
		      (progress->quantity.micros < 0) != (booked->position_micros < 0);

	if (progress->quantity.micros == 0 && progress->pending == 0 &&
	    filled->actions > progress->done)
		progress->done = filled->actions;
	if (opened)
		progress->since = filled->executed_at_micros;
	progress->quantity.micros = booked->position_micros;
}

int decide_order_filled(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ORDERS(OrderFilled) *filled = (const ORDERS(OrderFilled) *)input->message;
	PORTFOLIO(TradeBooked) booked, *fact;
	const struct holding *holding;
	struct progress progress;
	struct shares_plan plan;
	struct margin margin = { .missing = { 0 } };
	struct trade trade;
	struct draft draft;
	bool is_short;
	int err;

	if (!read_trade(filled, &trade))
		return BUS_ERR_PARK;
	draft = draft_of(state, trade.account_id);
	holding = holding_of(draft.account, &trade.symbol);
	progress = progress_of(holding);
	err = actions_go_on(&draft, &progress, input, facts, filled->executed_at_micros);
	if (err != 0)
		return err;
	progress.symbol = &trade.symbol;
	if (position_turns_short(&holding->shares.position, trade.quantity) && !trade.short_allowed)
		return BUS_ERR_PARK;
	err = position_err(shares_plan_trade(&holding->shares, trade.quantity, trade.cash, &plan));
	if (err != 0)
		return err;
	bourse__portfolio__v1__trade_booked__init(&booked);
	tell_fill(filled, &booked);
	err = book_cash(&draft, &trade, &plan, &booked);
	if (err != 0)
		return err;
	book_shares(&holding->shares, &plan, facts, &booked);
	/* The firm answers for itself. */
	is_short = booked.position_micros < 0 && !filled->firm;
	if (is_short ||
	    (draft.account != NULL && draft.account->short_count > 0 && !filled->firm)) {
		err = check_margin(&draft, &trade, &booked, input, &margin);
		if (err != 0)
			return err;
	}
	follow_actions(&progress, filled, &booked);
	booked.actions = progress.done;
	booked.day_ends_at_micros = draft_day_ends_at(&draft, input->now);
	booked.actions_check_at_micros = draft_look_again(&draft, &progress, input);
	if (is_short && (draft.account == NULL || draft.account->margin_check_at == 0))
		booked.margin_check_at_micros = input->now + MARGIN_PERIOD;
	fact = bus_fact_add(facts, PORTFOLIO_D(trade_booked));
	*fact = booked;
	tell_margin(facts, input, draft.account, &margin);
	return 0;
}
