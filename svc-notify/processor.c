/* The table of the processor *notify*: what it reads, who decides, where it writes. */
#include "handlers.h"
#include "store.h"
#include "wire.h"

static const struct bus_input_topic inputs[] = {
	{ .topic = "notify.commands", .kind = BUS_OUTSIDE, .key_field = "account_id" },
	{ .topic = "orders.events",
	  .kind = BUS_SEQUENCED,
	  .key_field = "account_id",
	  .source = "/svc-orders/desk",
	  .step = ORDERS_D(order_events) },
	{ .topic = "portfolio.events",
	  .kind = BUS_SEQUENCED,
	  .key_field = "account_id",
	  .source = "/svc-portfolio/ledger",
	  .step = PORTFOLIO_D(portfolio_events) },
	{ .topic = NULL },
};

static const struct bus_reference_topic references[] = {
	{ "users.accounts", USERS_D(account) },
	{ NULL, NULL },
};

static const struct bus_handler handlers[] = {
	{ .type = NOTIFY_D(set_preference), .decide = decide_set_preference },
	{ .type = ORDERS_D(order_filled), .decide = decide_order_filled },
	{ .type = ORDERS_D(order_rejected), .decide = decide_order_rejected },
	{ .type = ORDERS_D(order_canceled), .decide = decide_order_canceled },
	{ .type = PORTFOLIO_D(cash_deposited), .decide = decide_cash_deposited },
	{ .type = PORTFOLIO_D(shares_deposited), .decide = decide_shares_deposited },
	{ .type = PORTFOLIO_D(withdrawal_booked), .decide = decide_withdrawal_booked },
	{ .type = PORTFOLIO_D(withdrawal_rejected), .decide = decide_withdrawal_rejected },
	{ .type = ORDERS_D(order_triggered), .decide = decide_order_triggered },
	{ .type = ORDERS_D(order_replaced), .decide = decide_order_replaced },
	{ .type = PORTFOLIO_D(margin_called), .decide = decide_margin_called },
	{ .type = PORTFOLIO_D(margin_call_met), .decide = decide_margin_call_met },
	{ .type = PORTFOLIO_D(dividend_paid), .decide = decide_dividend_paid },
	{ .type = PORTFOLIO_D(position_split), .decide = decide_position_split },
	{ .type = PORTFOLIO_D(symbol_changed), .decide = decide_symbol_changed },
	{ .type = NULL },
};

const struct bus_processor notify_processor = {
	.service = "svc-notify",
	.name = "notify",
	.version = 1,
	.gather_ms = 25,
	.inputs = inputs,
	.references = references,
	.handlers = handlers,
	.journal = "notify.events",
	.step = NOTIFY_D(notify_events),
	.decide_blocked = decide_blocked,
	.state_new = store_new,
	.state_free = store_free,
	.load = store_load,
	.evolve = notify_evolve,
	.save = store_save,
};
