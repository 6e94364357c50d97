/*
 * What the desk's facts do to its state: evolve assigns what they carry. It computes nothing: every
 * balance and quantity stands in the fact.
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

/* The balances that every fact about an order carries. */
#define ASSIGN_BALANCES(desk, fact)                                                                \
	do {                                                                                       \
		struct balances balances_ = {                                                      \
			{ (fact)->cash_micros, (fact)->cash_held_micros },                         \
			{ (fact)->position_micros, (fact)->position_held_micros },                 \
			(fact)->collateral_micros,                                                 \
		};                                                                                 \
                                                                                                   \
		desk_set_balances((desk), id_of((fact)->account_id), (fact)->symbol, &balances_);  \
	} while (0)

#define ASSIGN_HOLDS(order, fact)                                                                  \
	do {                                                                                       \
		(order)->hold_micros = (fact)->hold_micros;                                        \
		(order)->fee_hold_micros = (fact)->fee_hold_micros;                                \
		(order)->short_micros = (fact)->short_micros;                                      \
		(order)->margin_hold_micros = (fact)->margin_hold_micros;                          \
	} while (0)

/* "": none. */
static struct bus_id link_of(const char *text)
{
	return text[0] != '\0' ? id_of(text) : (struct bus_id){ { 0 } };
}

/* A group is named by its entry, or by the first of two siblings. */
static struct bus_id group_of(const struct order *order, const struct desk_links *links)
{
	if (desk_id_given(links->entry))
		return links->entry;
	if (order->order_class == ORDER_BRACKET || order->order_class == ORDER_OTO)
		return order->id;
	if (!desk_id_given(links->sibling))
		return links->sibling;
	return bus_id_equal(order->id, desk_leg_id(links->sibling, 0)) ? links->sibling : order->id;
}

/* What few orders have, and a row of its own for it. */
static bool has_extra(const struct order *order, const struct desk_links *links)
{
	return desk_id_given(links->group) || order->order_class > ORDER_SIMPLE ||
	       order->post_only || order->notional.micros != 0 || order->type > ORDER_LIMIT ||
	       order->short_micros != 0;
}

/* An order that is taken shows that nothing of the symbol waits any more. */
static void forget_action(struct desk_state *desk, struct bus_id account, const char *symbol)
{
	struct desk_holding holding = desk_holding(desk, account, symbol);

	if (!desk_id_given(holding.pending_action))
		return;
	holding.pending_action = (struct bus_id){ { 0 } };
	desk_set_holding(desk, account, symbol, &holding);
}

static void copy_group(struct order *order, const char *group)
{
	memcpy(order->fee_group, group, strnlen(group, ORDER_FEE_GROUP_MAX));
}

static void evolve_accepted(struct desk_state *desk, const ORDERS(OrderAccepted) * fact)
{
	struct order order = {
		.id = id_of(fact->order_id),
		.side = (enum order_side)fact->side,
		.type = (enum order_type)fact->type,
		.tif = (enum order_tif)fact->time_in_force,
		.stp = (enum order_stp)fact->self_trade_prevention,
		.order_class =
			fact->order_class != 0 ? (enum order_class)fact->order_class : ORDER_SIMPLE,
		.post_only = fact->post_only,
		.firm = fact->firm,
		.limit = { fact->limit_price_micros },
		.stop = { fact->stop_price_micros },
		.trail = { fact->trail_price_micros },
		.trail_percent_micros = fact->trail_percent_micros,
		.collar = { fact->collar_price_micros },
		.reference = { fact->reference_price_micros },
		.notional = { fact->notional_micros },
		.lot_micros = fact->quantity_increment_micros,
		.ordered = { fact->quantity_micros },
		.quantity = { fact->quantity_micros },
		.leaves = { fact->quantity_micros },
		.actions = fact->actions,
		.expires_at = fact->expires_at_micros,
		.accepted_at = fact->accepted_at_micros,
		.updated_at = fact->accepted_at_micros,
	};
	struct desk_links links = {
		.entry = link_of(fact->entry_order_id),
		.sibling = link_of(fact->sibling_order_id),
	};
	struct bus_id account = id_of(fact->account_id);
	bool held = (int)fact->status == ORDER_HELD;
	struct desk_order *added;

	memcpy(order.symbol, fact->symbol, strnlen(fact->symbol, ORDER_SYMBOL_MAX));
	copy_group(&order, fact->fee_group);
	ASSIGN_HOLDS(&order, fact);
	order_become(&order, held ? ORDER_HELD : ORDER_NEW);
	links.group = group_of(&order, &links);
	added = desk_add_order(desk, account, &order, fact->client_order_id);
	added->links = links;
	added->extra = has_extra(&order, &links);
	ASSIGN_BALANCES(desk, fact);
	forget_action(desk, account, fact->symbol);
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

/* Of a position that comes to be; seldom another than it was. */
static void set_actions(struct desk_state *desk, struct bus_id account, const char *symbol,
			int64_t actions)
{
	struct desk_holding holding = desk_holding(desk, account, symbol);

	if (holding.actions == actions)
		return;
	holding.actions = actions;
	desk_set_holding(desk, account, symbol, &holding);
}

static void evolve_filled(struct desk_state *desk, const ORDERS(OrderFilled) * fact, int64_t now)
{
	struct desk_order *known = order_of(desk, fact->order_id);
	struct order *order = &known->order;

	order->cum.micros = fact->cum_micros;
	order->leaves.micros = fact->leaves_micros;
	order->cum_notional.micros = fact->cum_notional_micros;
	ASSIGN_HOLDS(order, fact);
	order->updated_at = now;
	order_become(order, (enum order_status)fact->status);
	ASSIGN_BALANCES(desk, fact);
	set_actions(desk, known->name.account, fact->symbol, fact->actions);
}

/* A sweep counts what it has asked for; a leg that waited has ended at once. */
static void count_sweep(struct desk_state *desk, const char *request_id)
{
	struct bus_id id;

	if (!bus_id_parse(request_id, strlen(request_id), &id))
		return;
	if (!bus_id_equal(desk->sweep, id))
		desk->sweep_count = 0;
	desk->sweep = id;
	desk->sweep_count++;
}

static void evolve_canceled(struct desk_state *desk, const ORDERS(OrderCanceled) * fact)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	if (order->status == ORDER_HELD)
		count_sweep(desk, fact->request_id);
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
	ASSIGN_HOLDS(order, fact);
	order->updated_at = now;
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_cancel_requested(struct desk_state *desk, const ORDERS(CancelRequested) * fact,
				    int64_t now)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	order_become(order, ORDER_PENDING_CANCEL);
	order->updated_at = now;
	count_sweep(desk, fact->request_id);
}

/* A request that was on its way changes the order by being rejected. */
static void return_to(struct desk_state *desk, const char *order_id, int wire_status, int64_t now)
{
	enum order_status status = (enum order_status)wire_status;
	struct desk_order *known;

	if (order_id[0] == '\0' || order_terminal(status))
		return;
	known = desk_order(desk, id_of(order_id));
	bus_assert(known != NULL);
	if (known->order.status == status)
		return;
	order_become(&known->order, status);
	known->order.updated_at = now;
	desk_touch_order(desk, known);
}

static void evolve_cancel_rejected(struct desk_state *desk, const ORDERS(CancelRejected) * fact,
				   int64_t now)
{
	return_to(desk, fact->order_id, (int)fact->status, now);
}

/* The replacement has what its order has, where the request says nothing else. */
static struct order replacement_of(const struct order *old, const ORDERS(ReplaceRequested) * fact)
{
	struct order order = {
		.id = id_of(fact->new_order_id),
		.side = (enum order_side)fact->side,
		.type = (enum order_type)fact->type,
		.tif = (enum order_tif)fact->time_in_force,
		.stp = (enum order_stp)fact->self_trade_prevention,
		.order_class = ORDER_SIMPLE,
		.post_only = fact->post_only,
		.firm = fact->firm,
		.triggered = old->triggered,
		.limit = { fact->limit_price_micros },
		.stop = { fact->stop_price_micros },
		.trail = { fact->trail_price_micros },
		.trail_percent_micros = fact->trail_percent_micros,
		.collar = { fact->collar_price_micros },
		.reference = { fact->reference_price_micros },
		.ordered = { fact->quantity_micros },
		.quantity = { fact->quantity_micros },
		.leaves = { fact->quantity_micros },
		.actions = fact->actions,
		.expires_at = fact->expires_at_micros,
		.accepted_at = fact->requested_at_micros,
		.updated_at = fact->requested_at_micros,
	};

	memcpy(order.symbol, old->symbol, sizeof(order.symbol));
	copy_group(&order, fact->fee_group);
	ASSIGN_HOLDS(&order, fact);
	return order;
}

static void evolve_replace_requested(struct desk_state *desk, const ORDERS(ReplaceRequested) * fact)
{
	struct desk_order *old = order_of(desk, fact->order_id), *added;
	struct order order = replacement_of(&old->order, fact);

	order_become(&order, ORDER_PENDING_NEW);
	added = desk_add_order(desk, id_of(fact->account_id), &order, fact->new_client_order_id);
	order_become(&old->order, ORDER_PENDING_REPLACE);
	old->order.updated_at = fact->requested_at_micros;
	if (!desk_id_given(old->links.group))
		old->links.group = old->order.id;
	old->links.replacement = order.id;
	old->extra = added->extra = true;
	added->links = (struct desk_links){
		.group = old->links.group,
		.entry = old->links.entry,
		.replaces = old->order.id,
	};
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_replaced(struct desk_state *desk, const ORDERS(OrderReplaced) * fact)
{
	struct order *old = &order_of(desk, fact->order_id)->order;
	struct order *order = &order_of(desk, fact->new_order_id)->order;

	/* It was elected while the replacement was on its way. */
	if (old->triggered)
		order->triggered = true;
	order_become(old, ORDER_REPLACED);
	old->updated_at = order->updated_at = fact->replaced_at_micros;
	order->quantity.micros = fact->quantity_micros;
	order->cum.micros = fact->cum_micros;
	order->leaves.micros = fact->leaves_micros;
	order->cum_notional.micros = fact->cum_notional_micros;
	ASSIGN_HOLDS(order, fact);
	order_become(order, (enum order_status)fact->status);
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_replace_rejected(struct desk_state *desk, const ORDERS(ReplaceRejected) * fact,
				    int64_t now)
{
	struct order *order;

	if (!fact->was_pending)
		return;
	order = &order_of(desk, fact->new_order_id)->order;
	order_become(order, ORDER_REJECTED);
	order->updated_at = now;
	return_to(desk, fact->order_id, (int)fact->status, now);
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_triggered(struct desk_state *desk, const ORDERS(OrderTriggered) * fact)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	order->triggered = true;
	order->updated_at = fact->triggered_at_micros;
}

static void evolve_prevented(struct desk_state *desk, const ORDERS(OrderPrevented) * fact,
			     int64_t now)
{
	struct desk_order *known = order_of(desk, fact->order_id);
	struct order *order = &known->order;

	known->extra = true;
	order->prevented.micros = fact->prevented_micros;
	order->quantity.micros = fact->quantity_micros;
	order->leaves.micros = fact->leaves_micros;
	ASSIGN_HOLDS(order, fact);
	order->updated_at = now;
	order_become(order, (enum order_status)fact->status);
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_completed(struct desk_state *desk, const ORDERS(OrderCompleted) * fact)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	order->quantity.micros = fact->quantity_micros;
	order_become(order, ORDER_FILLED);
	order->updated_at = fact->completed_at_micros;
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_activated(struct desk_state *desk, const ORDERS(LegActivated) * fact)
{
	struct order *order = &order_of(desk, fact->order_id)->order;

	order->quantity.micros = fact->quantity_micros;
	order->leaves.micros = fact->quantity_micros;
	ASSIGN_HOLDS(order, fact);
	order->updated_at = fact->activated_at_micros;
	order_become(order, ORDER_NEW);
	ASSIGN_BALANCES(desk, fact);
}

static void evolve_hold_changed(struct desk_state *desk, const ORDERS(HoldChanged) * fact,
				int64_t now)
{
	struct desk_order *known = order_of(desk, fact->order_id);

	ASSIGN_HOLDS(&known->order, fact);
	known->order.updated_at = now;
	ASSIGN_BALANCES(desk, fact);
}

/* Until the ledger has applied it, also when all has been cleared for it. */
static void await_action(struct desk_state *desk, const char *account_id, const char *symbol,
			 const char *action_id)
{
	struct bus_id account = id_of(account_id);
	struct desk_holding holding = desk_holding(desk, account, symbol);

	holding.pending_action = id_of(action_id);
	desk_set_holding(desk, account, symbol, &holding);
}

static void evolve_pending(struct desk_state *desk, const ORDERS(CorporateActionPending) * fact)
{
	await_action(desk, fact->account_id, fact->symbol, fact->action_id);
}

static void evolve_cleared(struct desk_state *desk, const ORDERS(CorporateActionCleared) * fact)
{
	await_action(desk, fact->account_id, fact->symbol, fact->action_id);
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
	if (shares) {
		struct desk_holding holding =
			desk_holding(desk, withdrawal.account, withdrawal.symbol);

		holding.shares =
			(struct balance){ fact->position_micros, fact->position_held_micros };
		desk_set_holding(desk, withdrawal.account, withdrawal.symbol, &holding);
	}
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

/* What had waited has been applied, or has found nothing that it could be applied to. */
static bool ends_waiting(const ORDERS(SharesChanged) * fact, const struct desk_holding *before)
{
	return fact->reason == BALANCE_REASON(SPLIT) ||
	       fact->reason == BALANCE_REASON(SYMBOL_CHANGE) || before->shares.total_micros == 0;
}

static void evolve_shares(struct desk_state *desk, const ORDERS(SharesChanged) * fact)
{
	struct bus_id account = id_of(fact->account_id);
	struct desk_holding holding = desk_holding(desk, account, fact->symbol);

	end_withdrawal(desk, fact->reason, fact->reference_id);
	if (ends_waiting(fact, &holding))
		holding.pending_action = (struct bus_id){ { 0 } };
	holding.shares = (struct balance){ fact->position_micros, fact->position_held_micros };
	holding.collateral_micros = fact->collateral_micros;
	holding.actions = fact->actions;
	desk_set_holding(desk, account, fact->symbol, &holding);
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
		evolve_replace_requested(state, fact->message);
		break;
	case FACT(ORDER_REPLACED):
		evolve_replaced(state, fact->message);
		break;
	case FACT(REPLACE_REJECTED):
		evolve_replace_rejected(state, fact->message, fact->now);
		break;
	case FACT(ORDER_TRIGGERED):
		evolve_triggered(state, fact->message);
		break;
	case FACT(ORDER_PREVENTED):
		evolve_prevented(state, fact->message, fact->now);
		break;
	case FACT(ORDER_COMPLETED):
		evolve_completed(state, fact->message);
		break;
	case FACT(LEG_ACTIVATED):
		evolve_activated(state, fact->message);
		break;
	case FACT(HOLD_CHANGED):
		evolve_hold_changed(state, fact->message, fact->now);
		break;
	case FACT(CORPORATE_ACTION_PENDING):
		evolve_pending(state, fact->message);
		break;
	case FACT(CORPORATE_ACTION_CLEARED):
		evolve_cleared(state, fact->message);
		break;
	case FACT(ORDERS_CANCEL_REQUESTED):
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
