/*
 * The table that makes a processor of the desk. Its first input is the one that Kafka assigns; the
 * others follow by partition number.
 */
#include "desk_processor.h"

#include "desk.h"
#include "desk_state.h"
#include "desk_store.h"
#include "wire.h"

#define COMMANDS   "orders.commands"
#define EXECUTIONS "books.executions"
#define LEDGER	   "portfolio.events"

static const struct bus_input_topic inputs[] = {
	{ .topic = COMMANDS, .kind = BUS_OUTSIDE, .key_field = "account_id" },
	{
		.topic = EXECUTIONS,
		.kind = BUS_SEQUENCED,
		.key_field = "account_id",
		.source = "/svc-orders/book",
	},
	{
		.topic = LEDGER,
		.kind = BUS_SEQUENCED,
		.key_field = "account_id",
		.source = "/svc-portfolio/ledger",
		.step = PORTFOLIO_D(portfolio_events),
	},
	{ .topic = NULL },
};

static const struct bus_reference_topic references[] = {
	{ DESK_SYMBOLS, MARKET_D(instrument) },
	{ DESK_QUOTES, MARKET_D(quote) },
	{ DESK_ACCOUNTS, USERS_D(account) },
	{ NULL, NULL },
};

static const struct bus_handler handlers[] = {
	{ ORDERS_D(place_order), desk_decide_place_order, COMMANDS },
	{ ORDERS_D(cancel_order), desk_decide_cancel_order, COMMANDS },
	{ ORDERS_D(decrease_order), desk_decide_decrease_order, COMMANDS },
	{ ORDERS_D(replace_order), desk_decide_replace_order, COMMANDS },
	{ ORDERS_D(cancel_orders), desk_decide_cancel_orders, COMMANDS },
	{ BOOKS_D(execution), desk_decide_execution, EXECUTIONS },
	{ BOOKS_D(order_canceled), desk_decide_order_canceled, EXECUTIONS },
	{ BOOKS_D(order_decreased), desk_decide_order_decreased, EXECUTIONS },
	{ BOOKS_D(order_rejected), desk_decide_order_rejected, EXECUTIONS },
	{ BOOKS_D(request_rejected), desk_decide_request_rejected, EXECUTIONS },
	{ BOOKS_D(order_triggered), desk_decide_order_triggered, EXECUTIONS },
	{ BOOKS_D(order_replaced), desk_decide_order_replaced, EXECUTIONS },
	{ BOOKS_D(self_trade_prevented), desk_decide_self_trade_prevented, EXECUTIONS },
	{ BOOKS_D(order_completed), desk_decide_order_completed, EXECUTIONS },
	{ PORTFOLIO_D(cash_deposited), desk_decide_cash_deposited, LEDGER },
	{ PORTFOLIO_D(shares_deposited), desk_decide_shares_deposited, LEDGER },
	{ PORTFOLIO_D(withdrawal_requested), desk_decide_withdrawal_requested, LEDGER },
	{ PORTFOLIO_D(withdrawal_booked), desk_decide_withdrawal_booked, LEDGER },
	{ PORTFOLIO_D(corporate_action_due), desk_decide_corporate_action_due, LEDGER },
	{ PORTFOLIO_D(position_split), desk_decide_position_split, LEDGER },
	{ PORTFOLIO_D(symbol_changed), desk_decide_symbol_changed, LEDGER },
	{ PORTFOLIO_D(dividend_paid), desk_decide_dividend_paid, LEDGER },
	{ NULL, NULL, NULL },
};

static const struct bus_output_topic outputs[] = {
	{ .topic = DESK_BOOKS },
	{ .topic = NULL },
};

const struct bus_processor desk_processor = {
	.service = "svc-orders",
	.name = "desk",
	.version = 1,
	.inputs = inputs,
	.references = references,
	.handlers = handlers,
	.journal = "orders.events",
	.step = ORDERS_D(order_events),
	.outputs = outputs,
	.decide_blocked = desk_decide_blocked,
	.state_new = desk_state_new,
	.state_free = desk_state_free,
	.load = desk_load,
	.evolve = desk_evolve,
	.react = desk_react,
	.save = desk_save,
};
