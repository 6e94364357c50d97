/* What the desk's facts tell the book. */
#include "desk.h"
#include "wire.h"

/* The worst price: a market or stop order's collar, or the limit. */
static int64_t worst(int64_t collar_micros, int64_t limit_micros)
{
	return collar_micros != 0 ? collar_micros : limit_micros;
}

/* A leg that waits is not the book's yet. */
static void react_accepted(const ORDERS(OrderAccepted) * fact, struct bus_reactions *out)
{
	BOOKS(NewOrder) order = BOURSE__BOOKS__V1__NEW_ORDER__INIT;

	if ((int)fact->status == ORDER_HELD)
		return;
	order.symbol = fact->symbol;
	order.order_id = fact->order_id;
	order.account_id = fact->account_id;
	order.side = fact->side;
	order.type = fact->type;
	order.time_in_force = fact->time_in_force;
	order.quantity_micros = fact->quantity_micros;
	order.limit_price_micros = worst(fact->collar_price_micros, fact->limit_price_micros);
	order.post_only = fact->post_only;
	order.self_trade_prevention = fact->self_trade_prevention;
	order.stop_price_micros = fact->stop_price_micros;
	order.trail_price_micros = fact->trail_price_micros;
	order.trail_percent_micros = fact->trail_percent_micros;
	order.notional_micros = fact->notional_micros;
	order.quantity_increment_micros = fact->quantity_increment_micros;
	order.sibling_order_id = fact->sibling_order_id;
	order.reference_price_micros = fact->reference_price_micros;
	order.expires_at_micros = fact->expires_at_micros;
	order.actions = fact->actions;
	bus_react(out, DESK_BOOKS, fact->symbol, &order.base);
}

static void react_activated(const ORDERS(LegActivated) * fact, struct bus_reactions *out)
{
	BOOKS(NewOrder) order = BOURSE__BOOKS__V1__NEW_ORDER__INIT;

	order.symbol = fact->symbol;
	order.order_id = fact->order_id;
	order.account_id = fact->account_id;
	order.side = fact->side;
	order.type = fact->type;
	order.time_in_force = fact->time_in_force;
	order.quantity_micros = fact->quantity_micros;
	order.limit_price_micros = worst(fact->collar_price_micros, fact->limit_price_micros);
	order.self_trade_prevention = fact->self_trade_prevention;
	order.stop_price_micros = fact->stop_price_micros;
	order.sibling_order_id = fact->sibling_order_id;
	order.expires_at_micros = fact->expires_at_micros;
	order.actions = fact->actions;
	bus_react(out, DESK_BOOKS, fact->symbol, &order.base);
}

static void react_replace(const ORDERS(ReplaceRequested) * fact, struct bus_reactions *out)
{
	BOOKS(ReplaceOrder) replace = BOURSE__BOOKS__V1__REPLACE_ORDER__INIT;

	replace.symbol = fact->symbol;
	replace.order_id = fact->order_id;
	replace.account_id = fact->account_id;
	replace.new_order_id = fact->new_order_id;
	replace.time_in_force = fact->time_in_force;
	replace.quantity_micros = fact->quantity_micros;
	replace.limit_price_micros = worst(fact->collar_price_micros, fact->limit_price_micros);
	replace.stop_price_micros = fact->stop_price_micros;
	replace.trail_price_micros = fact->trail_price_micros;
	replace.trail_percent_micros = fact->trail_percent_micros;
	replace.expires_at_micros = fact->expires_at_micros;
	replace.actions = fact->actions;
	bus_react(out, DESK_BOOKS, fact->symbol, &replace.base);
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
	case FACT(REPLACE_REQUESTED):
		react_replace(fact->message, out);
		break;
	case FACT(LEG_ACTIVATED):
		react_activated(fact->message, out);
		break;
	case FACT(ORDER_REJECTED):
	case FACT(ORDER_FILLED):
	case FACT(ORDER_CANCELED):
	case FACT(ORDER_DECREASED):
	case FACT(CANCEL_REJECTED):
	case FACT(BUYING_POWER_CHANGED):
	case FACT(SHARES_CHANGED):
	case FACT(WITHDRAWAL_HELD):
	case FACT(ORDER_REPLACED):
	case FACT(REPLACE_REJECTED):
	case FACT(ORDER_TRIGGERED):
	case FACT(ORDER_PREVENTED):
	case FACT(ORDER_COMPLETED):
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
