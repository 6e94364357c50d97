/* The table of the processor *ledger*: what it reads, who decides, where it writes. */
#include "decide.h"
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

/* What corporate actions there are, and what holdings are worth. */
static const struct bus_reference_topic references[] = {
	{ LEDGER_SYMBOLS, MARKET_D(instrument) },
	{ LEDGER_QUOTES, MARKET_D(quote) },
	{ NULL, NULL },
};

static const struct bus_handler handlers[] = {
	{ .type = PORTFOLIO_D(deposit), .decide = decide_deposit },
	{ .type = PORTFOLIO_D(withdraw), .decide = decide_withdraw },
	{ .type = PORTFOLIO_D(apply_actions), .decide = decide_apply_actions },
	{ .type = ORDERS_D(withdrawal_held), .decide = decide_withdrawal_held },
	{ .type = ORDERS_D(withdrawal_refused), .decide = decide_withdrawal_refused },
	{ .type = ORDERS_D(order_filled), .decide = decide_order_filled },
	{ .type = ORDERS_D(corporate_action_cleared), .decide = decide_action_cleared },
	{ PORTFOLIO_D(settlement_due), decide_settlement_due, BUS_TIMER },
	{ PORTFOLIO_D(day_due), decide_day_due, BUS_TIMER },
	{ PORTFOLIO_D(apply_actions), decide_apply_actions, BUS_TIMER },
	{ PORTFOLIO_D(margin_check_due), decide_margin_check_due, BUS_TIMER },
	{ .type = NULL },
};

const struct bus_processor ledger_processor = {
	.service = "svc-portfolio",
	.name = "ledger",
	.version = 1,
	.inputs = inputs,
	.references = references,
	.handlers = handlers,
	.journal = "portfolio.events",
	.step = PORTFOLIO_D(portfolio_events),
	.decide_blocked = decide_blocked,
	.state_new = store_new,
	.state_free = store_free,
	.load = store_load,
	.evolve = ledger_evolve,
	.schedule = ledger_schedule,
	.save = store_save,
};
