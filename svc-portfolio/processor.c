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
	{ PORTFOLIO_D(deposit), decide_deposit },
	{ PORTFOLIO_D(withdraw), decide_withdraw },
	{ ORDERS_D(withdrawal_held), decide_withdrawal_held },
	{ ORDERS_D(withdrawal_refused), decide_withdrawal_refused },
	{ ORDERS_D(order_filled), decide_order_filled },
	{ NULL, NULL },
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
