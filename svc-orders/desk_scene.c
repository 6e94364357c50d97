/* How a change that the rules have made becomes facts, each with the balances as they are then. */
#include "desk_scene.h"

#include "desk.h"

struct order_account desk_terms_of(const struct bus_input *input)
{
	const USERS(Account) *account = bus_reference(input, DESK_ACCOUNTS, input->key);

	if (account == NULL)
		return (struct order_account){ .fee_group = "" };
	return (struct order_account){
		.firm = account->firm,
		.shorting = account->shorting,
		.fee_group = account->fee_group,
	};
}

int desk_fault(enum order_fault fault)
{
	return fault == ORDER_FAULT_OVERFLOW ? BUS_ERR_OVERFLOW : BUS_ERR_PARK;
}

static const struct desk_order *open_order(const struct desk_state *desk, struct bus_id id)
{
	const struct desk_order *order = desk_id_given(id) ? desk_order(desk, id) : NULL;

	return order != NULL && !order_terminal(order->order.status) ? order : NULL;
}

/*
 * A replacement is pending as long as its order has not been replaced, though that may have ended
 * otherwise; a sibling counts when it is in the book.
 */
static void find_partner(struct desk_scene *scene)
{
	const struct desk_links *links = &scene->known->links;
	const struct desk_order *replacement = open_order(scene->desk, links->replacement);
	const struct desk_order *sibling = open_order(scene->desk, links->sibling);

	scene->rules = (struct order_scene){ .order = &scene->order, .balances = &scene->balances };
	scene->partner = NULL;
	if (replacement != NULL && scene->order.status != ORDER_REPLACED) {
		scene->partner = replacement;
		scene->rules.replacement = &scene->other;
	} else if (sibling != NULL && sibling->order.status != ORDER_HELD) {
		scene->partner = sibling;
		scene->rules.sibling = &scene->other;
	}
	if (scene->partner != NULL)
		scene->other = scene->partner->order;
}

bool desk_scene_next(struct desk_scene *scene, const char *order_id)
{
	const struct desk_order *known;
	char buf[BUS_ID_TEXT];
	struct bus_id id;

	if (!wire_id(order_id, &id))
		return false;
	known = desk_order(scene->desk, id);
	if (known == NULL || !bus_id_equal(known->name.account, scene->account) ||
	    strcmp(known->order.symbol, scene->symbol) != 0)
		return false;
	scene->known = known;
	scene->order = known->order;
	scene->order_id = (char *)order_id;
	scene->client_order_id = bus_facts_strdup(scene->facts, desk_order_client_id(known, buf));
	find_partner(scene);
	return true;
}

bool desk_scene_init(struct desk_scene *scene, const struct desk_state *desk,
		     const struct bus_input *input, struct bus_facts *facts, const char *order_id,
		     const char *symbol)
{
	*scene = (struct desk_scene){
		.desk = desk,
		.input = input,
		.facts = facts,
		.account_id = (char *)input->key,
		.symbol = (char *)symbol,
	};
	if (!wire_id(input->key, &scene->account) || !wire_fits(symbol, ORDER_SYMBOL_MAX))
		return false;
	scene->balances = scene->told = desk_balances(desk, scene->account, symbol);
	return desk_scene_next(scene, order_id);
}

/* The holds of `order`, each no more than that of `limit`. */
static struct order at_most(const struct order *order, const struct order *limit)
{
	struct order least = *order;

	least.hold_micros = micros_min(order->hold_micros, limit->hold_micros);
	least.fee_hold_micros = micros_min(order->fee_hold_micros, limit->fee_hold_micros);
	least.short_micros = micros_min(order->short_micros, limit->short_micros);
	least.margin_hold_micros = micros_min(order->margin_hold_micros, limit->margin_hold_micros);
	return least;
}

static bool same_holds(const struct order *a, const struct order *b)
{
	return a->hold_micros == b->hold_micros && a->fee_hold_micros == b->fee_hold_micros &&
	       a->short_micros == b->short_micros && a->margin_hold_micros == b->margin_hold_micros;
}

/* Held cash and held shares of an order. */
static int64_t cash_of(const struct order *order)
{
	return order->margin_hold_micros + (order->side == ORDER_BUY ? order->hold_micros : 0);
}

static int64_t shares_of(const struct order *order)
{
	return order->side == ORDER_SELL ? order->hold_micros : 0;
}

/* The partner's holds go from one to the other. */
static void tell_partner(struct desk_scene *scene, const struct order *from, const struct order *to)
{
	int64_t cash = cash_of(from) - cash_of(to), shares = shares_of(from) - shares_of(to);
	ORDERS(HoldChanged) * fact;
	char buf[BUS_ID_TEXT];

	if (same_holds(from, to))
		return;
	scene->told.cash.held_micros -= cash;
	scene->told.shares.held_micros -= shares;
	fact = bus_fact_add(scene->facts, ORDERS_D(hold_changed));
	fact->account_id = scene->account_id;
	fact->order_id = bus_facts_id(scene->facts, to->id);
	fact->client_order_id =
		bus_facts_strdup(scene->facts, desk_order_client_id(scene->partner, buf));
	fact->symbol = scene->symbol;
	fact->side = (ORDERS(Side))to->side;
	fact->released_cash_micros = cash;
	fact->released_shares_micros = shares;
	DESK_SET_HOLDS(fact, to);
	DESK_SET_BALANCES(fact, &scene->told);
}

struct desk_told desk_scene_tell(struct desk_scene *scene)
{
	struct balances before;

	if (scene->partner != NULL) {
		struct order least = at_most(&scene->partner->order, &scene->other);

		tell_partner(scene, &scene->partner->order, &least);
	}
	before = scene->told;
	scene->told = scene->balances;
	if (scene->partner != NULL) {
		struct order least = at_most(&scene->partner->order, &scene->other);

		scene->told.cash.held_micros -= cash_of(&scene->other) - cash_of(&least);
		scene->told.shares.held_micros -= shares_of(&scene->other) - shares_of(&least);
	}
	return (struct desk_told){
		.balances = scene->told,
		.released_cash_micros = before.cash.held_micros - scene->told.cash.held_micros,
		.released_shares_micros =
			before.shares.held_micros - scene->told.shares.held_micros,
	};
}

void desk_scene_ended(struct desk_scene *scene, struct bus_id id)
{
	bus_assert(scene->ended_count < DESK_ENDED_MAX);
	scene->ended[scene->ended_count++] = id;
}

void desk_scene_follow(struct desk_scene *scene, Bourse__Orders__V1__CancelReason reason)
{
	if (scene->partner != NULL) {
		struct order least = at_most(&scene->partner->order, &scene->other);

		tell_partner(scene, &least, &scene->other);
	}
	if (!order_terminal(scene->order.status))
		return;
	desk_scene_ended(scene, scene->order.id);
	desk_scene_legs(scene, &scene->order, reason);
}

void desk_scene_cancel_held(struct desk_scene *scene, const struct desk_order *leg,
			    Bourse__Orders__V1__CancelReason reason, char *request_id)
{
	ORDERS(OrderCanceled) *fact = bus_fact_add(scene->facts, ORDERS_D(order_canceled));

	fact->account_id = scene->account_id;
	fact->order_id = bus_facts_id(scene->facts, leg->order.id);
	fact->client_order_id = fact->order_id;
	fact->symbol = scene->symbol;
	fact->side = (ORDERS(Side))leg->order.side;
	fact->status = (ORDERS(OrderStatus))ORDER_CANCELED;
	fact->reason = reason;
	fact->request_id = request_id;
	fact->quantity_micros = leg->order.quantity.micros;
	fact->canceled_micros = leg->order.leaves.micros;
	DESK_SET_BALANCES(fact, &scene->told);
	fact->canceled_at_micros = scene->input->now;
	desk_scene_ended(scene, leg->order.id);
}

static void activated(struct desk_scene *scene, const struct order *leg, struct bus_id sibling)
{
	ORDERS(LegActivated) *fact = bus_fact_add(scene->facts, ORDERS_D(leg_activated));

	fact->account_id = scene->account_id;
	fact->order_id = bus_facts_id(scene->facts, leg->id);
	fact->client_order_id = fact->order_id;
	fact->symbol = scene->symbol;
	fact->side = (ORDERS(Side))leg->side;
	fact->type = (ORDERS(OrderType))leg->type;
	fact->time_in_force = (ORDERS(TimeInForce))leg->tif;
	fact->quantity_micros = leg->quantity.micros;
	fact->limit_price_micros = leg->limit.micros;
	fact->stop_price_micros = leg->stop.micros;
	fact->collar_price_micros = leg->collar.micros;
	if (desk_id_given(sibling))
		fact->sibling_order_id = bus_facts_id(scene->facts, sibling);
	fact->expires_at_micros = leg->expires_at;
	fact->actions = leg->actions;
	fact->self_trade_prevention = (ORDERS(SelfTradePrevention))leg->stp;
	DESK_SET_HOLDS(fact, leg);
	DESK_SET_BALANCES(fact, &scene->told);
	fact->activated_at_micros = scene->input->now;
}

/*
 * Legs protect what has traded, also when it is all that ever will. They do not outlive a split or
 * change of symbol: their prices and quantity are those of before.
 */
void desk_scene_legs(struct desk_scene *scene, const struct order *entry,
		     Bourse__Orders__V1__CancelReason reason)
{
	struct order_account account = desk_terms_of(scene->input);
	const struct desk_order *known[ORDER_LEGS_MAX];
	struct order legs[ORDER_LEGS_MAX];
	struct order_scene rules = { .order = &legs[0], .balances = &scene->balances };
	struct desk_holding holding = desk_holding(scene->desk, scene->account, scene->symbol);
	bool waits = desk_id_given(holding.pending_action);
	int count = 0;

	if (entry->status == ORDER_REPLACED)
		return;
	for (int i = 0; i < ORDER_LEGS_MAX; i++) {
		const struct desk_order *leg = desk_order_leg(scene->desk, scene->known, i);

		if (leg == NULL)
			continue;
		known[count] = leg;
		legs[count++] = leg->order;
	}
	if (count == 0)
		return;
	if (count == 2)
		rules.sibling = &legs[1];
	if (entry->cum.micros == 0)
		reason = CANCEL_REASON(ENTRY_ENDED);
	else if (waits)
		reason = CANCEL_REASON(CORPORATE_ACTION);
	else if (reason != CANCEL_REASON(CORPORATE_ACTION))
		reason = CANCEL_REASON(INSUFFICIENT);
	if (reason != CANCEL_REASON(INSUFFICIENT) ||
	    order_activate(&rules, entry->cum, &account) != REFUSAL_NONE) {
		for (int i = 0; i < count; i++)
			desk_scene_cancel_held(scene, known[i], reason, (char *)"");
		return;
	}
	scene->told = scene->balances;
	for (int i = 0; i < count; i++)
		activated(scene, &legs[i], known[i]->links.sibling);
}

void desk_write_cleared(struct bus_facts *facts, const struct bus_input *input, char *symbol,
			struct bus_id action)
{
	ORDERS(CorporateActionCleared) *fact =
		bus_fact_add(facts, ORDERS_D(corporate_action_cleared));

	fact->account_id = (char *)input->key;
	fact->symbol = symbol;
	fact->action_id = bus_facts_id(facts, action);
}

void desk_scene_clear(const struct desk_scene *scene)
{
	struct desk_holding holding = desk_holding(scene->desk, scene->account, scene->symbol);

	if (scene->ended_count == 0 || !desk_id_given(holding.pending_action) ||
	    desk_busy(scene->desk, scene->account, scene->symbol, scene->ended, scene->ended_count))
		return;
	desk_write_cleared(scene->facts, scene->input, scene->symbol, holding.pending_action);
}

/* When all is sold and nothing is open, the ledger has nothing left to apply it to. */
bool desk_action_waits(const struct desk_state *desk, struct bus_id account, const char *symbol,
		       const struct desk_holding *holding)
{
	return desk_id_given(holding->pending_action) &&
	       (holding->shares.total_micros != 0 || desk_busy(desk, account, symbol, NULL, 0));
}
