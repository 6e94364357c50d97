/*
 * What the desk hears from the book. It is believed, but checked: what does not fit the order or
 * the balances parks, and nothing is changed.
 */
#include "desk.h"
#include "desk_scene.h"

/* An execution of a liquidity that nobody knows pays what the dearest does. */
static enum order_liquidity liquidity_of(const BOOKS(Execution) * execution)
{
	int liquidity = (int)execution->liquidity;

	return liquidity == ORDER_MAKER || liquidity == ORDER_AUCTION
		       ? (enum order_liquidity)liquidity
		       : ORDER_TAKER;
}

/*
 * A position that comes to be has been through what the order was placed after, and all that the
 * one before it had been through: the ledger counts alike.
 */
static int64_t actions_after(const struct desk_scene *scene)
{
	struct desk_holding holding = desk_holding(scene->desk, scene->account, scene->symbol);

	return holding.shares.total_micros == 0 && scene->order.actions > holding.actions
		       ? scene->order.actions
		       : holding.actions;
}

/* Of what a buy held itself; what its partner held has been told apart. */
static int64_t released_by(const struct desk_scene *scene, const struct order_fill *fill)
{
	int64_t from_hold = scene->known->order.hold_micros - scene->order.hold_micros;

	if (scene->order.side == ORDER_SELL)
		return fill->released_micros;
	return from_hold > fill->cash_micros ? from_hold - fill->cash_micros : 0;
}

static void write_filled(const struct desk_scene *scene, const struct order_fill *fill,
			 const BOOKS(Execution) * execution, const struct desk_told *told)
{
	const struct order *order = &scene->order;
	ORDERS(OrderFilled) *fact = bus_fact_add(scene->facts, ORDERS_D(order_filled));

	DESK_SET_ORDER(fact, scene);
	fact->side = execution->side;
	fact->trade_id = execution->trade_id;
	fact->last_quantity_micros = execution->quantity_micros;
	fact->last_price_micros = execution->price_micros;
	fact->liquidity = execution->liquidity;
	fact->quantity_micros = order->quantity.micros;
	fact->cum_micros = order->cum.micros;
	fact->leaves_micros = order->leaves.micros;
	fact->cum_notional_micros = order->cum_notional.micros;
	fact->status = (ORDERS(OrderStatus))order->status;
	fact->cash_delta_micros = order->side == ORDER_BUY ? -fill->cash_micros : fill->cash_micros;
	fact->fee_micros = fill->fee_micros;
	fact->regulatory_fee_micros = fill->regulatory_micros;
	fact->released_micros = released_by(scene, fill);
	DESK_SET_HOLDS(fact, order);
	DESK_SET_BALANCES(fact, &told->balances);
	fact->executed_at_micros = execution->executed_at_micros;
	fact->firm = order->firm;
	fact->shorting = fill->short_micros > 0 || told->balances.shares.total_micros < 0 ||
			 desk_terms_of(scene->input).shorting;
	fact->actions = actions_after(scene);
}

int desk_decide_execution(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const BOOKS(Execution) *execution = (const void *)input->message;
	const struct order_execution what = {
		.quantity = { execution->quantity_micros },
		.price = { execution->price_micros },
		.leaves = { execution->leaves_micros },
		.liquidity = liquidity_of(execution),
	};
	struct desk_scene scene;
	struct order_fill fill;
	struct desk_told told;
	enum order_fault fault;

	if (!desk_scene_init(&scene, state, input, facts, execution->order_id, execution->symbol) ||
	    (int)execution->side != (int)scene.order.side)
		return BUS_ERR_PARK;
	fault = order_fill(&scene.rules, &what, &fill);
	if (fault != ORDER_FITS)
		return desk_fault(fault);
	told = desk_scene_tell(&scene);
	write_filled(&scene, &fill, execution, &told);
	desk_scene_follow(&scene, CANCEL_REASON(UNSPECIFIED));
	desk_scene_clear(&scene);
	return 0;
}

static void write_canceled(struct desk_scene *scene, int64_t canceled_micros,
			   Bourse__Orders__V1__CancelReason reason, char *request_id)
{
	struct desk_told told = desk_scene_tell(scene);
	ORDERS(OrderCanceled) *fact = bus_fact_add(scene->facts, ORDERS_D(order_canceled));

	DESK_SET_ORDER(fact, scene);
	fact->side = (ORDERS(Side))scene->order.side;
	fact->status = (ORDERS(OrderStatus))scene->order.status;
	fact->reason = reason;
	fact->request_id = request_id;
	fact->quantity_micros = scene->order.quantity.micros;
	fact->cum_micros = scene->order.cum.micros;
	fact->canceled_micros = canceled_micros;
	fact->released_cash_micros = told.released_cash_micros;
	fact->released_shares_micros = told.released_shares_micros;
	DESK_SET_BALANCES(fact, &told.balances);
	fact->canceled_at_micros = scene->input->now;
}

int desk_decide_order_canceled(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const BOOKS(OrderCanceled) *canceled = (const void *)input->message;
	bool expired = canceled->reason == CANCEL_REASON(SESSION_CLOSE) ||
		       canceled->reason == CANCEL_REASON(GTC_EXPIRED);
	struct bus_quantity quantity = { canceled->canceled_micros };
	struct order_released released;
	struct desk_scene scene;
	enum order_fault fault;

	if (!desk_scene_init(&scene, state, input, facts, canceled->order_id, canceled->symbol))
		return BUS_ERR_PARK;
	fault = order_end(&scene.rules, quantity, expired ? ORDER_EXPIRED : ORDER_CANCELED,
			  &released);
	if (fault != ORDER_FITS)
		return desk_fault(fault);
	write_canceled(&scene, quantity.micros, canceled->reason, canceled->request_id);
	desk_scene_follow(&scene, canceled->reason);
	desk_scene_clear(&scene);
	return 0;
}

int desk_decide_order_decreased(const void *state, const struct bus_input *input,
				struct bus_facts *facts)
{
	const BOOKS(OrderDecreased) *decreased = (const void *)input->message;
	struct bus_quantity leaves = { decreased->leaves_micros };
	struct bus_quantity by = { decreased->by_micros };
	struct order_released released;
	struct desk_scene scene;
	struct desk_told told;
	enum order_fault fault;

	if (!desk_scene_init(&scene, state, input, facts, decreased->order_id, decreased->symbol))
		return BUS_ERR_PARK;
	fault = order_decrease(&scene.rules, by, leaves, &released);
	if (fault != ORDER_FITS)
		return desk_fault(fault);
	told = desk_scene_tell(&scene);

	ORDERS(OrderDecreased) *fact = bus_fact_add(facts, ORDERS_D(order_decreased));
	DESK_SET_ORDER(fact, &scene);
	fact->side = (ORDERS(Side))scene.order.side;
	fact->request_id = decreased->request_id;
	fact->by_micros = decreased->by_micros;
	fact->quantity_micros = scene.order.quantity.micros;
	fact->cum_micros = scene.order.cum.micros;
	fact->leaves_micros = scene.order.leaves.micros;
	fact->released_cash_micros = told.released_cash_micros;
	fact->released_shares_micros = told.released_shares_micros;
	DESK_SET_HOLDS(fact, &scene.order);
	DESK_SET_BALANCES(fact, &told.balances);
	desk_scene_follow(&scene, CANCEL_REASON(UNSPECIFIED));
	return 0;
}

/* A replacement that comes to the book anew may have traded before, as the order it replaces. */
static bool has_traded(const struct desk_scene *scene)
{
	return scene->order.cum.micros > 0 && desk_id_given(scene->known->links.replaces);
}

int desk_decide_order_rejected(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const BOOKS(OrderRejected) *rejected = (const void *)input->message;
	struct order_released released;
	struct desk_scene scene;
	struct desk_told told;
	enum order_fault fault;
	int64_t leaves;

	if (!desk_scene_init(&scene, state, input, facts, rejected->order_id, rejected->symbol))
		return BUS_ERR_PARK;
	leaves = scene.order.leaves.micros;
	fault = order_end(&scene.rules, scene.order.leaves,
			  has_traded(&scene) ? ORDER_CANCELED : ORDER_REJECTED, &released);
	if (fault != ORDER_FITS)
		return desk_fault(fault);
	if (scene.order.status == ORDER_CANCELED) {
		write_canceled(&scene, leaves, CANCEL_REASON(REJECTED), (char *)"");
		desk_scene_follow(&scene, CANCEL_REASON(REJECTED));
		desk_scene_clear(&scene);
		return 0;
	}
	told = desk_scene_tell(&scene);

	ORDERS(OrderRejected) *fact = bus_fact_add(facts, ORDERS_D(order_rejected));
	DESK_SET_ORDER(fact, &scene);
	fact->side = (ORDERS(Side))scene.order.side;
	fact->type = (ORDERS(OrderType))scene.order.type;
	fact->quantity_micros = scene.order.quantity.micros;
	fact->notional_micros = scene.order.notional.micros;
	fact->limit_price_micros = scene.order.limit.micros;
	fact->reason = rejected->reason;
	fact->text = rejected->text;
	fact->by_book = true;
	DESK_SET_BALANCES(fact, &told.balances);
	fact->rejected_at_micros = input->now;
	desk_scene_follow(&scene, CANCEL_REASON(UNSPECIFIED));
	desk_scene_clear(&scene);
	return 0;
}

static int cancel_rejected(struct desk_scene *scene, const BOOKS(RequestRejected) * rejected)
{
	ORDERS(CancelRejected) *fact = bus_fact_add(scene->facts, ORDERS_D(cancel_rejected));

	order_cancel_rejected(&scene->rules);
	fact->account_id = scene->account_id;
	fact->order_id = scene->order_id;
	fact->client_order_id = scene->client_order_id;
	fact->request_id = rejected->request_id;
	fact->reason = rejected->reason;
	fact->text = rejected->text;
	fact->status = (ORDERS(OrderStatus))scene->order.status;
	return 0;
}

static int decrease_rejected(const struct desk_scene *scene,
			     const BOOKS(RequestRejected) * rejected)
{
	ORDERS(DecreaseRejected) *fact = bus_fact_add(scene->facts, ORDERS_D(decrease_rejected));

	fact->account_id = scene->account_id;
	fact->order_id = scene->order_id;
	fact->client_order_id = scene->client_order_id;
	fact->request_id = rejected->request_id;
	fact->reason = rejected->reason;
	fact->text = rejected->text;
	fact->status = (ORDERS(OrderStatus))scene->order.status;
	return 0;
}

/* The pending replacement of this name is the scene's. */
static bool replacement_is(const struct desk_scene *scene, const char *new_order_id)
{
	struct bus_id id;

	return scene->rules.replacement != NULL && wire_id(new_order_id, &id) &&
	       bus_id_equal(scene->other.id, id);
}

/* Told as one: what the two hold together goes down in this fact. */
static struct desk_told tell_both(struct desk_scene *scene)
{
	scene->partner = NULL;
	return desk_scene_tell(scene);
}

static int replace_rejected(struct desk_scene *scene, const BOOKS(RequestRejected) * rejected)
{
	struct order_released released;
	ORDERS(ReplaceRejected) * fact;
	const struct desk_order *known;
	char buf[BUS_ID_TEXT];
	struct desk_told told;

	if (!replacement_is(scene, rejected->request_id) ||
	    order_replace_rejected(&scene->rules, &released) != ORDER_FITS)
		return BUS_ERR_PARK;
	known = scene->partner;
	told = tell_both(scene);
	fact = bus_fact_add(scene->facts, ORDERS_D(replace_rejected));
	DESK_SET_ORDER(fact, scene);
	fact->new_order_id = rejected->request_id;
	fact->new_client_order_id =
		bus_facts_strdup(scene->facts, desk_order_client_id(known, buf));
	fact->reason = rejected->reason;
	fact->text = rejected->text;
	fact->status = (ORDERS(OrderStatus))scene->order.status;
	fact->was_pending = true;
	fact->released_cash_micros = told.released_cash_micros;
	fact->released_shares_micros = told.released_shares_micros;
	DESK_SET_BALANCES(fact, &told.balances);
	desk_scene_ended(scene, scene->other.id);
	desk_scene_clear(scene);
	return 0;
}

/* Something else was first. Usually the desk has heard of it already, and the order has ended. */
int desk_decide_request_rejected(const void *state, const struct bus_input *input,
				 struct bus_facts *facts)
{
	const BOOKS(RequestRejected) *rejected = (const void *)input->message;
	struct desk_scene scene;

	if (!desk_scene_init(&scene, state, input, facts, rejected->order_id, rejected->symbol))
		return BUS_ERR_PARK;
	if (rejected->kind == REQUEST_KIND(CANCEL))
		return cancel_rejected(&scene, rejected);
	if (rejected->kind == REQUEST_KIND(DECREASE))
		return decrease_rejected(&scene, rejected);
	if (rejected->kind == REQUEST_KIND(REPLACE))
		return replace_rejected(&scene, rejected);
	return BUS_ERR_PARK;
}

int desk_decide_order_triggered(const void *state, const struct bus_input *input,
				struct bus_facts *facts)
{
	const BOOKS(OrderTriggered) *triggered = (const void *)input->message;
	struct desk_scene scene;
	enum order_fault fault;

	if (!desk_scene_init(&scene, state, input, facts, triggered->order_id, triggered->symbol))
		return BUS_ERR_PARK;
	fault = order_trigger(&scene.order);
	if (fault != ORDER_FITS)
		return desk_fault(fault);

	ORDERS(OrderTriggered) *fact = bus_fact_add(facts, ORDERS_D(order_triggered));
	DESK_SET_ORDER(fact, &scene);
	fact->stop_price_micros = triggered->stop_price_micros;
	fact->last_price_micros = triggered->last_price_micros;
	fact->triggered_at_micros = input->now;
	return 0;
}

static void write_replaced(struct desk_scene *scene)
{
	const struct order *order = &scene->other;
	const struct desk_order *known = scene->partner;
	struct desk_told told = tell_both(scene);
	ORDERS(OrderReplaced) *fact = bus_fact_add(scene->facts, ORDERS_D(order_replaced));
	char buf[BUS_ID_TEXT];

	DESK_SET_ORDER(fact, scene);
	fact->new_order_id = bus_facts_id(scene->facts, order->id);
	fact->new_client_order_id =
		bus_facts_strdup(scene->facts, desk_order_client_id(known, buf));
	fact->side = (ORDERS(Side))order->side;
	fact->status = (ORDERS(OrderStatus))order->status;
	fact->quantity_micros = order->quantity.micros;
	fact->cum_micros = order->cum.micros;
	fact->leaves_micros = order->leaves.micros;
	fact->cum_notional_micros = order->cum_notional.micros;
	fact->released_cash_micros = told.released_cash_micros;
	fact->released_shares_micros = told.released_shares_micros;
	DESK_SET_HOLDS(fact, order);
	DESK_SET_BALANCES(fact, &told.balances);
	fact->replaced_at_micros = scene->input->now;
}

int desk_decide_order_replaced(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const BOOKS(OrderReplaced) *replaced = (const void *)input->message;
	struct bus_quantity quantity = { replaced->quantity_micros };
	struct bus_quantity leaves = { replaced->leaves_micros };
	struct order_released released;
	struct desk_scene scene;
	enum order_fault fault;

	if (!desk_scene_init(&scene, state, input, facts, replaced->order_id, replaced->symbol) ||
	    !replacement_is(&scene, replaced->new_order_id))
		return BUS_ERR_PARK;
	fault = order_replaced(&scene.rules, quantity, leaves, &released);
	if (fault != ORDER_FITS)
		return desk_fault(fault);
	write_replaced(&scene);
	desk_scene_ended(&scene, scene.order.id);
	if (order_terminal(scene.other.status)) {
		desk_scene_ended(&scene, scene.other.id);
		desk_scene_legs(&scene, &scene.other, CANCEL_REASON(UNSPECIFIED));
	}
	desk_scene_clear(&scene);
	return 0;
}

/* One of the two sides of a trade that was prevented. */
static int prevent(struct desk_scene *scene, int64_t by_micros, int64_t leaves_micros, char *other)
{
	struct bus_quantity by = { by_micros }, leaves = { leaves_micros };
	struct order_released released;
	struct desk_told told;
	enum order_fault fault = order_prevent(&scene->rules, by, leaves, &released);

	if (fault != ORDER_FITS)
		return desk_fault(fault);
	told = desk_scene_tell(scene);

	ORDERS(OrderPrevented) *fact = bus_fact_add(scene->facts, ORDERS_D(order_prevented));
	DESK_SET_ORDER(fact, scene);
	fact->side = (ORDERS(Side))scene->order.side;
	fact->other_order_id = other;
	fact->last_prevented_micros = by_micros;
	fact->prevented_micros = scene->order.prevented.micros;
	fact->status = (ORDERS(OrderStatus))scene->order.status;
	fact->quantity_micros = scene->order.quantity.micros;
	fact->cum_micros = scene->order.cum.micros;
	fact->leaves_micros = scene->order.leaves.micros;
	fact->released_cash_micros = told.released_cash_micros;
	fact->released_shares_micros = told.released_shares_micros;
	DESK_SET_HOLDS(fact, &scene->order);
	DESK_SET_BALANCES(fact, &told.balances);
	desk_scene_follow(scene, CANCEL_REASON(SELF_TRADE));
	return 0;
}

int desk_decide_self_trade_prevented(const void *state, const struct bus_input *input,
				     struct bus_facts *facts)
{
	const BOOKS(SelfTradePrevented) *prevented = (const void *)input->message;
	int64_t by = prevented->quantity_micros;
	struct desk_scene scene;
	int rc;

	if (!desk_scene_init(&scene, state, input, facts, prevented->maker_order_id,
			     prevented->symbol) ||
	    strcmp(prevented->maker_order_id, prevented->taker_order_id) == 0)
		return BUS_ERR_PARK;
	rc = prevent(&scene, by, prevented->maker_leaves_micros, prevented->taker_order_id);
	if (rc != 0)
		return rc;
	if (!desk_scene_next(&scene, prevented->taker_order_id))
		return BUS_ERR_PARK;
	rc = prevent(&scene, by, prevented->taker_leaves_micros, prevented->maker_order_id);
	if (rc != 0)
		return rc;
	desk_scene_clear(&scene);
	return 0;
}

int desk_decide_order_completed(const void *state, const struct bus_input *input,
				struct bus_facts *facts)
{
	const BOOKS(OrderCompleted) *completed = (const void *)input->message;
	struct bus_quantity dropped = { completed->dropped_micros };
	struct order_released released;
	struct desk_scene scene;
	struct desk_told told;
	enum order_fault fault;

	if (!desk_scene_init(&scene, state, input, facts, completed->order_id, completed->symbol))
		return BUS_ERR_PARK;
	fault = order_complete(&scene.rules, dropped, &released);
	if (fault != ORDER_FITS)
		return desk_fault(fault);
	told = desk_scene_tell(&scene);

	ORDERS(OrderCompleted) *fact = bus_fact_add(facts, ORDERS_D(order_completed));
	DESK_SET_ORDER(fact, &scene);
	fact->side = (ORDERS(Side))scene.order.side;
	fact->quantity_micros = scene.order.quantity.micros;
	fact->cum_notional_micros = scene.order.cum_notional.micros;
	fact->released_cash_micros = told.released_cash_micros;
	fact->released_shares_micros = told.released_shares_micros;
	DESK_SET_BALANCES(fact, &told.balances);
	fact->completed_at_micros = input->now;
	desk_scene_follow(&scene, CANCEL_REASON(UNSPECIFIED));
	desk_scene_clear(&scene);
	return 0;
}
