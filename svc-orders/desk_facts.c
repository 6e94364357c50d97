/*
 * What the desk's facts do: evolve assigns what they carry, react tells the book. Evolve computes
 * nothing: every balance and quantity stands in the fact.
 */
#include "desk.h"
#include "desk_state.h"
#include "wire.h"

/* Ids in our own facts are well formed: decide has written them. */
static struct bus_id id_of(const char *text)
{
	struct bus_id id;
	bool ok = bus_id_parse(text, strlen(text), &id);

	bus_assert(ok);
	return id;
}

static struct desk_order *order_of(struct desk_state *desk, const char *order_id)
{
	struct desk_order *order = desk_order(desk, id_of(order_id));

	bus_assert(order != NULL);
	desk_touch_order(desk, order);
	return order;
}

/* The four balances that every fact about an order carries. */
#define ASSIGN_BALANCES(desk, fact)                                                                \
	assign_balances(                                                                           \
		(desk), id_of((fact)->account_id), (fact)->symbol,                                 \
		(struct balances){ { (fact)->cash_micros, (fact)->cash_held_micros },              \
				   { (fact)->position_micros, (fact)->position_held_micros } })

static void assign_balances(struct desk_state *desk, struct bus_id account, const char *symbol,
			    struct balances balances)
{
	desk_set_cash(desk, account, balances.cash);
	desk_set_shares(desk, account, symbol, balances.shares);
}

static void evolve_accepted(struct desk_state *desk, const ORDERS(OrderAccepted) * fact)
{
	struct order order = {
		.id = id_of(fact->order_id),
		.side = (enum order_side)fact->side,
		.type = (enum order_type)fact->type,
		.tif = (enum order_tif)fact->time_in_force,
		.stp = (enum order_stp)fact->self_trade_prevention,
		.firm = fact->firm,
		.limit = { fact->limit_price_micros },
		.collar = { fact->collar_price_micros },
		.ordered = { fact->quantity_micros },
		.quantity = { fact->quantity_micros },
		.leaves = { fact->quantity_micros },
		.hold_micros = fact->hold_micros,
		.accepted_at = fact->accepted_at_micros,
		.updated_at = fact->accepted_at_micros,
	};

	memcpy(order.symbol, fact->symbol, strnlen(fact->symbol, ORDER_SYMBOL_MAX));
	order_become(&order, ORDER_NEW);
	desk_add_order(desk, id_of(fact->account_id), &order, fact->client_order_id);
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_rejected(struct desk_state *desk, const ORDERS(OrderRejected) * fact)
{
	struct order *order;

	if (!fact->by_book)
		return;
	order = &order_of(desk, fact->order_id)->order;
	order_become(order, ORDER_REJECTED);
	order->updated_at = fact->rejected_at_micros;
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_filled(struct desk_state *desk, const ORDERS(OrderFilled) * fact, int64_t now)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	order->cum.micros = fact->cum_micros;
	order->leaves.micros = fact->leaves_micros;
	order->cum_notional.micros = fact->cum_notional_micros;
	order->hold_micros = fact->hold_micros;
	order->updated_at = now;
	order_become(order, (enum order_status)fact->status);
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_canceled(struct desk_state *desk, const ORDERS(OrderCanceled) * fact)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	order_become(order, (enum order_status)fact->status);
	order->updated_at = fact->canceled_at_micros;
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_decreased(struct desk_state *desk, const ORDERS(OrderDecreased) * fact,
			     int64_t now)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	order->quantity.micros = fact->quantity_micros;
	order->leaves.micros = fact->leaves_micros;
	order->hold_micros = fact->hold_micros;
	order->updated_at = now;
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_cancel_requested(struct desk_state *desk, const ORDERS(CancelRequested) * fact,
				    int64_t now)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	order_become(order, ORDER_PENDING_CANCEL);
	order->updated_at = now;
}

/* Only a cancel that was on its way changes the order by being rejected. */
static void evolve_cancel_rejected(struct desk_state *desk, const ORDERS(CancelRejected) * fact,
				   int64_t now)
{
	enum order_status status = (enum order_status)fact->status;
	struct desk_order *known;

	if (fact->order_id[0] == '\0' || order_terminal(status))
		return;
	known = desk_order(desk, id_of(fact->order_id));
	bus_assert(known != NULL);
	if (known->order.status == status)
		return;
	order_become(&known->order, status);
	known->order.updated_at = now;
	desk_touch_order(desk, known);
}

static void evolve_held(struct desk_state *desk, const ORDERS(WithdrawalHeld) * fact)
{
	bool shares = fact->symbol[0] != '\0';
	struct desk_withdrawal withdrawal = {
		.id = id_of(fact->withdrawal_id),
		.account = id_of(fact->account_id),
		.micros = shares ? fact->quantity_micros : fact->amount_micros,
	};

	memcpy(withdrawal.symbol, fact->symbol, strnlen(fact->symbol, ORDER_SYMBOL_MAX));
	desk_add_withdrawal(desk, &withdrawal);
	desk_set_cash(desk, withdrawal.account,
		      (struct balance){ fact->cash_micros, fact->cash_held_micros });
	if (shares)
		desk_set_shares(
			desk, withdrawal.account, fact->symbol,
			(struct balance){ fact->position_micros, fact->position_held_micros });
}

static void end_withdrawal(struct desk_state *desk, ORDERS(BalanceReason) reason,
			   const char *reference_id)
{
	struct desk_withdrawal *withdrawal;

	if (reason != BALANCE_REASON(WITHDRAWN))
		return;
	withdrawal = desk_withdrawal(desk, id_of(reference_id));
	bus_assert(withdrawal != NULL);
	desk_end_withdrawal(desk, withdrawal);
}

static void evolve_cash(struct desk_state *desk, const ORDERS(BuyingPowerChanged) * fact)
{
	end_withdrawal(desk, fact->reason, fact->reference_id);
	desk_set_cash(desk, id_of(fact->account_id),
		      (struct balance){ fact->cash_micros, fact->cash_held_micros });
}

static void evolve_shares(struct desk_state *desk, const ORDERS(SharesChanged) * fact)
{
	end_withdrawal(desk, fact->reason, fact->reference_id);
	desk_set_shares(desk, id_of(fact->account_id), fact->symbol,
			(struct balance){ fact->position_micros, fact->position_held_micros });
}

void desk_evolve(void *state, const struct bus_fact *fact)
{
	switch ((Bourse__Orders__V1__OrderEvent__EventCase)fact->type) {
	case FACT(ORDER_ACCEPTED):
		evolve_accepted(state, fact->message);
		break;
	case FACT(ORDER_REJECTED):
		evolve_rejected(state, fact->message);
		break;
	case FACT(ORDER_FILLED):
		evolve_filled(state, fact->message, fact->now);
		break;
	case FACT(ORDER_CANCELED):
		evolve_canceled(state, fact->message);
		break;
	case FACT(ORDER_DECREASED):
		evolve_decreased(state, fact->message, fact->now);
		break;
	case FACT(CANCEL_REQUESTED):
		evolve_cancel_requested(state, fact->message, fact->now);
		break;
	case FACT(CANCEL_REJECTED):
		evolve_cancel_rejected(state, fact->message, fact->now);
		break;
	case FACT(BUYING_POWER_CHANGED):
		evolve_cash(state, fact->message);
		break;
	case FACT(SHARES_CHANGED):
		evolve_shares(state, fact->message);
		break;
	case FACT(WITHDRAWAL_HELD):
		evolve_held(state, fact->message);
		break;
	case FACT(REPLACE_REQUESTED):
	case FACT(ORDER_REPLACED):
	case FACT(REPLACE_REJECTED):
	case FACT(ORDER_TRIGGERED):
	case FACT(ORDER_PREVENTED):
	case FACT(ORDER_COMPLETED):
	case FACT(LEG_ACTIVATED):
	case FACT(ORDERS_CANCEL_REQUESTED):
	case FACT(CORPORATE_ACTION_CLEARED):
	case FACT(HOLD_CHANGED):
	case FACT(CORPORATE_ACTION_PENDING):
	case FACT(PARKED):
	case FACT(ORDER_ALREADY_PLACED):
	case FACT(DECREASE_REQUESTED):
	case FACT(DECREASE_REJECTED):
	case FACT(WITHDRAWAL_REFUSED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}

static void react_accepted(const ORDERS(OrderAccepted) * fact, struct bus_reactions *out)
{
	BOOKS(NewOrder) order = BOURSE__BOOKS__V1__NEW_ORDER__INIT;

	order.symbol = fact->symbol;
	order.order_id = fact->order_id;
	order.account_id = fact->account_id;
	order.side = fact->side;
	order.type = fact->type;
	order.time_in_force = fact->time_in_force;
	order.quantity_micros = fact->quantity_micros;
	order.limit_price_micros = fact->collar_price_micros != 0 ? fact->collar_price_micros
								  : fact->limit_price_micros;
	order.post_only = fact->post_only;
	order.self_trade_prevention = fact->self_trade_prevention;
	bus_react(out, DESK_BOOKS, fact->symbol, &order.base);
}

static void react_cancel(const ORDERS(CancelRequested) * fact, struct bus_reactions *out)
{
	BOOKS(CancelOrder) cancel = BOURSE__BOOKS__V1__CANCEL_ORDER__INIT;

	cancel.symbol = fact->symbol;
	cancel.order_id = fact->order_id;
	cancel.account_id = fact->account_id;
	cancel.request_id = fact->request_id;
	bus_react(out, DESK_BOOKS, fact->symbol, &cancel.base);
}

static void react_decrease(const ORDERS(DecreaseRequested) * fact, struct bus_reactions *out)
{
	BOOKS(DecreaseOrder) decrease = BOURSE__BOOKS__V1__DECREASE_ORDER__INIT;

	decrease.symbol = fact->symbol;
	decrease.order_id = fact->order_id;
	decrease.account_id = fact->account_id;
	decrease.request_id = fact->request_id;
	decrease.by_micros = fact->by_micros;
	bus_react(out, DESK_BOOKS, fact->symbol, &decrease.base);
}

void desk_react(const struct bus_fact *fact, struct bus_reactions *out)
{
	switch ((Bourse__Orders__V1__OrderEvent__EventCase)fact->type) {
	case FACT(ORDER_ACCEPTED):
		react_accepted(fact->message, out);
		break;
	case FACT(CANCEL_REQUESTED):
		react_cancel(fact->message, out);
		break;
	case FACT(DECREASE_REQUESTED):
		react_decrease(fact->message, out);
		break;
	case FACT(ORDER_REJECTED):
	case FACT(ORDER_FILLED):
	case FACT(ORDER_CANCELED):
	case FACT(ORDER_DECREASED):
	case FACT(CANCEL_REJECTED):
	case FACT(BUYING_POWER_CHANGED):
	case FACT(SHARES_CHANGED):
	case FACT(WITHDRAWAL_HELD):
	case FACT(REPLACE_REQUESTED):
	case FACT(ORDER_REPLACED):
	case FACT(REPLACE_REJECTED):
	case FACT(ORDER_TRIGGERED):
	case FACT(ORDER_PREVENTED):
	case FACT(ORDER_COMPLETED):
	case FACT(LEG_ACTIVATED):
	case FACT(ORDERS_CANCEL_REQUESTED):
	case FACT(CORPORATE_ACTION_CLEARED):
	case FACT(HOLD_CHANGED):
	case FACT(CORPORATE_ACTION_PENDING):
	case FACT(PARKED):
	case FACT(ORDER_ALREADY_PLACED):
	case FACT(DECREASE_REJECTED):
	case FACT(WITHDRAWAL_REFUSED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}
