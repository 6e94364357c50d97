/*
 * Placing an order. The command is answered with a fact; only one whose enums or texts are out of
 * range is refused as unreadable. Idempotency is checked first: the same client order id with the
 * same body is answered with the order that exists, whatever has changed since.
 */
#include "desk.h"
#include "desk_scene.h"
#include "order_hold.h"

/* One command to place an order, with its legs, as it is being decided. */
struct placing {
	const ORDERS(PlaceOrder) * command;
	const struct bus_input *input;
	struct bus_id account;
	struct order_account terms;
	struct order_request request, leg_requests[ORDER_LEGS_MAX];
	struct order order, legs[ORDER_LEGS_MAX];
	struct desk_links links, leg_links[ORDER_LEGS_MAX];
	int leg_count;
	struct balances balances; /* after it */
};

int desk_reject_place(const struct bus_input *input, struct bus_facts *facts,
		      enum order_refusal refusal)
{
	const ORDERS(PlaceOrder) *command = (const void *)input->message;
	ORDERS(OrderRejected) *fact = bus_fact_add(facts, ORDERS_D(order_rejected));

	fact->account_id = command->account_id;
	fact->order_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	fact->client_order_id = command->client_order_id;
	fact->symbol = command->symbol;
	fact->side = command->side;
	fact->type = command->type;
	fact->quantity_micros = command->quantity_micros;
	fact->notional_micros = command->notional_micros;
	fact->limit_price_micros = command->limit_price_micros;
	fact->reason = (ORDERS(RejectReason))refusal;
	fact->text = (char *)order_refusal_text(refusal);
	fact->rejected_at_micros = input->now;
	return 0;
}

/* Legs that have ended are not in memory any more: those that are must be as asked for now. */
static bool same_legs(const struct desk_state *desk, const struct desk_order *known,
		      const struct order_request *request)
{
	struct order_request legs[ORDER_LEGS_MAX];
	int count = order_legs(request, legs);

	for (int i = 0; i < count; i++) {
		const struct desk_order *leg = desk_order(desk, desk_leg_id(known->order.id, i));
		struct order alone;

		if (leg == NULL)
			continue;
		alone = leg->order;
		alone.order_class = ORDER_SIMPLE;
		if (!order_same_body(&alone, &legs[i]))
			return false;
	}
	return true;
}

static int answer_known(const struct desk_state *desk, const struct placing *placing,
			const struct desk_order *known, struct bus_facts *facts)
{
	char buf[BUS_ID_TEXT];

	if (!order_same_body(&known->order, &placing->request) ||
	    !same_legs(desk, known, &placing->request))
		return desk_reject_place(placing->input, facts, REFUSAL_DUPLICATE_CLIENT_ORDER_ID);

	ORDERS(OrderAlreadyPlaced) *fact = bus_fact_add(facts, ORDERS_D(order_already_placed));
	fact->account_id = placing->command->account_id;
	fact->order_id = bus_facts_id(facts, known->order.id);
	fact->client_order_id = bus_facts_strdup(facts, desk_order_client_id(known, buf));
	return 0;
}

/* One cancels the other: the leg goes to the book at once. Other legs wait for the entry. */
static enum order_refusal check_legs(struct placing *placing, const struct order_market *market)
{
	bool oco = placing->order.order_class == ORDER_OCO;

	placing->leg_count = order_legs(&placing->request, placing->leg_requests);
	for (int i = 0; i < placing->leg_count; i++) {
		const struct order_request *request = &placing->leg_requests[i];
		struct order_terms terms;
		enum order_refusal refusal = oco ? order_check_market(request, market, &terms)
						 : order_check_leg(request, market, &terms);

		if (refusal != REFUSAL_NONE)
			return refusal;
		order_init(&placing->legs[i], request, &terms, &placing->terms);
	}
	return REFUSAL_NONE;
}

static void name_orders(struct placing *placing, const struct bus_facts *facts)
{
	struct order *order = &placing->order, *legs = placing->legs;
	struct desk_links *links = placing->leg_links;

	order->id = bus_facts_command_id(facts, placing->input);
	for (int i = 0; i < placing->leg_count; i++) {
		legs[i].id = desk_leg_id(order->id, i);
		legs[i].order_class = order->order_class;
		if (order->order_class != ORDER_OCO)
			links[i].entry = order->id;
	}
	if (order->order_class == ORDER_OCO) {
		placing->links.sibling = legs[0].id;
		links[0].sibling = order->id;
	} else if (placing->leg_count == 2) {
		links[0].sibling = legs[1].id;
		links[1].sibling = legs[0].id;
	}
}

static enum order_refusal check(const struct desk_state *desk, struct placing *placing,
				const struct bus_facts *facts)
{
	const struct bus_input *input = placing->input;
	const char *symbol = placing->request.symbol;
	const MARKET(Instrument) * instrument;
	struct desk_holding holding;
	enum order_refusal refusal;
	struct order_market market;
	struct order_terms terms;

	if (desk_blocked(input))
		return REFUSAL_ACCOUNT_BLOCKED;
	refusal = order_check_form(&placing->request);
	if (refusal != REFUSAL_NONE)
		return refusal;
	instrument = bus_reference(input, DESK_SYMBOLS, symbol);
	if (instrument != NULL)
		market = wire_market(instrument, bus_reference(input, DESK_QUOTES, symbol),
				     input->now);
	refusal =
		order_check_market(&placing->request, instrument != NULL ? &market : NULL, &terms);
	if (refusal != REFUSAL_NONE)
		return refusal;
	placing->terms = desk_terms_of(input);
	order_init(&placing->order, &placing->request, &terms, &placing->terms);
	refusal = check_legs(placing, &market);
	if (refusal != REFUSAL_NONE)
		return refusal;
	holding = desk_holding(desk, placing->account, symbol);
	refusal = order_check_actions(&market, holding.shares.total_micros, holding.actions,
				      desk_action_waits(desk, placing->account, symbol, &holding));
	if (refusal != REFUSAL_NONE)
		return refusal;
	name_orders(placing, facts);
	placing->balances = desk_balances(desk, placing->account, symbol);
	return order_reserve(&placing->order,
			     placing->order.order_class == ORDER_OCO ? &placing->legs[0] : NULL,
			     &placing->balances, &placing->terms);
}

/* n: 0 the order itself, else a leg. */
static void accept_order(const struct placing *placing, int n, enum order_status status,
			 struct bus_facts *facts)
{
	const struct order *order = n == 0 ? &placing->order : &placing->legs[n - 1];
	const struct desk_links *links = n == 0 ? &placing->links : &placing->leg_links[n - 1];
	char *client_order_id = n == 0 ? placing->command->client_order_id : (char *)"";
	ORDERS(OrderAccepted) *fact = bus_fact_add(facts, ORDERS_D(order_accepted));

	fact->account_id = placing->command->account_id;
	fact->order_id = bus_facts_id(facts, order->id);
	fact->client_order_id = client_order_id[0] != '\0' ? client_order_id : fact->order_id;
	fact->symbol = placing->command->symbol;
	fact->side = (ORDERS(Side))order->side;
	fact->type = (ORDERS(OrderType))order->type;
	fact->time_in_force = (ORDERS(TimeInForce))order->tif;
	fact->quantity_micros = order->quantity.micros;
	fact->notional_micros = order->notional.micros;
	fact->limit_price_micros = order->limit.micros;
	fact->stop_price_micros = order->stop.micros;
	fact->trail_price_micros = order->trail.micros;
	fact->trail_percent_micros = order->trail_percent_micros;
	fact->post_only = order->post_only;
	fact->self_trade_prevention = (ORDERS(SelfTradePrevention))order->stp;
	fact->collar_price_micros = order->collar.micros;
	fact->reference_price_micros = order->reference.micros;
	fact->firm = order->firm;
	DESK_SET_HOLDS(fact, order);
	DESK_SET_BALANCES(fact, &placing->balances);
	fact->accepted_at_micros = placing->input->now;
	fact->order_class = (ORDERS(OrderClass))order->order_class;
	if (desk_id_given(links->entry))
		fact->entry_order_id = bus_facts_id(facts, links->entry);
	if (desk_id_given(links->sibling))
		fact->sibling_order_id = bus_facts_id(facts, links->sibling);
	fact->status = (ORDERS(OrderStatus))status;
	fact->expires_at_micros = order->expires_at;
	fact->actions = order->actions;
	if (order->fee_group[0] != '\0')
		fact->fee_group = bus_facts_strdup(facts, order->fee_group);
	fact->quantity_increment_micros = order->lot_micros;
}

/* Of two siblings the first holds for both: the balances are the same in both facts. */
static int accept_all(const struct placing *placing, struct bus_facts *facts)
{
	bool oco = placing->order.order_class == ORDER_OCO;

	accept_order(placing, 0, ORDER_NEW, facts);
	for (int i = 0; i < placing->leg_count; i++)
		accept_order(placing, i + 1, oco ? ORDER_NEW : ORDER_HELD, facts);
	return 0;
}

int desk_decide_place_order(const void *state, const struct bus_input *input,
			    struct bus_facts *facts)
{
	const ORDERS(PlaceOrder) *command = (const void *)input->message;
	struct placing placing = { .command = command, .input = input };
	const struct desk_order *known;
	enum order_refusal refusal;

	if (!wire_id(input->key, &placing.account) || !wire_request(command, &placing.request))
		return BUS_ERR_INVALID;
	known = desk_order_named(state, placing.account, command->client_order_id);
	if (known != NULL)
		return answer_known(state, &placing, known, facts);
	refusal = check(state, &placing, facts);
	if (refusal != REFUSAL_NONE)
		return desk_reject_place(input, facts, refusal);
	return accept_all(&placing, facts);
}
