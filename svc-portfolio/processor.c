/* The table of the processor *ledger*: what it reads, who decides, where it writes. */
#include "handlers.h"
#include "store.h"
#include "wire.h"

static const struct bus_input_topic inputs[] = {
	{ .topic = "portfolio.commands", .kind = BUS_OUTSIDE, .key_field = "account_id" },
	{ .topic = "orders.events",
	  .kind = BUS_SEQUENCED,
	  .key_field = "account_id",
	  .source = "/svc-orders/desk",
	  .step = ORDERS_D(order_events) },
	{ .topic = NULL },
};

static const struct bus_handler handlers[] = {
	{ .type = PORTFOLIO_D(deposit), .decide = decide_deposit },
	{ .type = PORTFOLIO_D(withdraw), .decide = decide_withdraw },
	{ .type = ORDERS_D(withdrawal_held), .decide = decide_withdrawal_held },
	{ .type = ORDERS_D(withdrawal_refused), .decide = decide_withdrawal_refused },
	{ .type = ORDERS_D(order_filled), .decide = decide_order_filled },
	{ .type = NULL },
};

const struct bus_processor ledger_processor = {
	.service = "svc-portfolio",
	.name = "ledger",
	.version = 1,
	.inputs = inputs,
	.handlers = handlers,
	.journal = "portfolio.events",
	.step = PORTFOLIO_D(portfolio_events),
	.decide_blocked = decide_blocked,
	.state_new = store_new,
	.state_free = store_free,
	.load = store_load,
	.evolve = ledger_evolve,
	.save = store_save,
};
