/*
 * What clients ask of orders that are open: cancel, decrease, replace, cancel all. Each is answered
 * at once, by the request on its way to the book or by a rejection. Only a text that is too long is
 * refused as unreadable.
 */
#include <stdlib.h>

#include "desk.h"
#include "desk_scene.h"

/* After uthash.h, which desk_state.h sets up. */
#include <utlist.h>

#define SWEEP_MAX 500 /* cancels in one step: about 100 kB */

bool desk_blocked(const struct bus_input *input)
{
	const USERS(Account) *account = bus_reference(input, DESK_ACCOUNTS, input->key);

	return account != NULL && account->status != ACCOUNT_STATUS(OPEN);
}

/* A request about one order, as it is being decided. */
struct request {
	const char *order_id;
	const char *client_order_id;
	struct bus_id account;
	const struct desk_order *order; /* NULL: not found */
};

/* Exactly one of the two names must be given, and must name an order of the account that is open.
 */
static enum order_refusal find_open(const struct desk_state *desk, struct request *request)
{
	bool by_id = request->order_id[0] != '\0', by_name = request->client_order_id[0] != '\0';
	struct bus_id id;

	if (by_id == by_name)
		return REFUSAL_INVALID_FIELD;
	if (by_name)
		request->order = desk_order_named(desk, request->account, request->client_order_id);
	else if (bus_id_parse(request->order_id, strlen(request->order_id), &id))
		request->order = desk_order(desk, id);
	if (request->order != NULL && !bus_id_equal(request->order->name.account, request->account))
		request->order = NULL;
	if (request->order == NULL)
		return REFUSAL_UNKNOWN_ORDER;
	return order_terminal(request->order->order.status) ? REFUSAL_TOO_LATE : REFUSAL_NONE;
}

/* False when a text is too long, or the key is no account. */
static bool request_init(struct request *request, const struct bus_input *input,
			 const char *order_id, const char *client_order_id)
{
	*request = (struct request){ .order_id = order_id, .client_order_id = client_order_id };
	return wire_id(input->key, &request->account) && wire_fits(order_id, BUS_ID_TEXT - 1) &&
	       wire_fits(client_order_id, ORDER_CLIENT_ID_MAX);
}

/* The three names that every answer to a request carries. */
struct answer {
	char *order_id, *client_order_id, *request_id;
	ORDERS(OrderStatus) status;
};

static struct answer answer_for(const struct request *request, const struct bus_input *input,
				struct bus_facts *facts)
{
	struct answer answer = {
		.order_id = (char *)"",
		.client_order_id = (char *)request->client_order_id,
		.request_id = bus_facts_id(facts, bus_facts_command_id(facts, input)),
	};
	char buf[BUS_ID_TEXT];

	if (request->order == NULL)
		return answer;
	answer.order_id = bus_facts_id(facts, request->order->order.id);
	answer.client_order_id = bus_facts_strdup(facts, desk_order_client_id(request->order, buf));
	answer.status = (ORDERS(OrderStatus))request->order->order.status;
	return answer;
}

static int reject_cancel(const struct request *request, const struct bus_input *input,
			 struct bus_facts *facts, enum order_refusal refusal)
{
	struct answer answer = answer_for(request, input, facts);
	ORDERS(CancelRejected) *fact = bus_fact_add(facts, ORDERS_D(cancel_rejected));

	fact->account_id = (char *)input->key;
	fact->order_id = answer.order_id;
	fact->client_order_id = answer.client_order_id;
	fact->request_id = answer.request_id;
	fact->reason = (ORDERS(RejectReason))refusal;
	fact->text = (char *)order_refusal_text(refusal);
	fact->status = answer.status;
	return 0;
}

static void ask_cancel(const struct desk_order *order, char *request_id,
		       const struct bus_input *input, struct bus_facts *facts)
{
	ORDERS(CancelRequested) *fact = bus_fact_add(facts, ORDERS_D(cancel_requested));
	char buf[BUS_ID_TEXT];

	fact->account_id = (char *)input->key;
	fact->order_id = bus_facts_id(facts, order->order.id);
	fact->client_order_id = bus_facts_strdup(facts, desk_order_client_id(order, buf));
	fact->symbol = bus_facts_strdup(facts, order->order.symbol);
	fact->request_id = request_id;
}

/* The book does not know a leg that waits: it ends here, and its sibling with it. */
static int cancel_held(const struct desk_state *desk, const struct desk_order *leg,
		       const struct bus_input *input, struct bus_facts *facts)
{
	char *request_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	char *symbol = bus_facts_strdup(facts, leg->order.symbol);
	const struct desk_order *sibling = NULL;
	struct desk_scene scene;
	char id[BUS_ID_TEXT];

	if (!desk_scene_init(&scene, desk, input, facts, bus_id_format(leg->order.id, id), symbol))
		return BUS_ERR_INVALID;
	desk_scene_cancel_held(&scene, leg, CANCEL_REASON(REQUESTED), request_id);
	if (desk_id_given(leg->links.sibling))
		sibling = desk_order(desk, leg->links.sibling);
	if (sibling != NULL && sibling->order.status == ORDER_HELD)
		desk_scene_cancel_held(&scene, sibling, CANCEL_REASON(OCO), request_id);
	desk_scene_clear(&scene);
	return 0;
}

int desk_decide_cancel_order(const void *state, const struct bus_input *input,
			     struct bus_facts *facts)
{
	const ORDERS(CancelOrder) *command = (const void *)input->message;
	enum order_refusal refusal;
	struct request request;

	if (!request_init(&request, input, command->order_id, command->client_order_id))
		return BUS_ERR_INVALID;
	refusal = find_open(state, &request);
	if (refusal == REFUSAL_NONE && request.order->order.status == ORDER_HELD)
		return cancel_held(state, request.order, input, facts);
	if (refusal == REFUSAL_NONE) {
		struct order order = request.order->order;

		refusal = order_cancel_request(&order, false);
	}
	if (refusal != REFUSAL_NONE)
		return reject_cancel(&request, input, facts, refusal);
	ask_cancel(request.order, bus_facts_id(facts, bus_facts_command_id(facts, input)), input,
		   facts);
	return 0;
}

static int reject_decrease(const struct request *request, const struct bus_input *input,
			   struct bus_facts *facts, enum order_refusal refusal)
{
	const ORDERS(DecreaseOrder) *command = (const void *)input->message;
	struct answer answer = answer_for(request, input, facts);
	ORDERS(DecreaseRejected) *fact = bus_fact_add(facts, ORDERS_D(decrease_rejected));

	fact->account_id = command->account_id;
	fact->order_id = answer.order_id;
	fact->client_order_id = answer.client_order_id;
	fact->request_id = answer.request_id;
	fact->by_micros = command->by_micros;
	fact->reason = (ORDERS(RejectReason))refusal;
	fact->text = (char *)order_refusal_text(refusal);
	fact->status = answer.status;
	return 0;
}

/* More than 0, and what is left a multiple of the lot. */
static bool decrease_allowed(const struct order *order, int64_t by_micros,
			     const struct bus_input *input)
{
	const MARKET(Instrument) *instrument = bus_reference(input, DESK_SYMBOLS, order->symbol);
	int64_t lot = instrument != NULL ? instrument->quantity_increment_micros : 0;

	return by_micros > 0 && (lot <= 0 || by_micros % lot == 0);
}

static enum order_refusal check_decrease(const struct desk_order *known, int64_t by_micros,
					 const struct bus_input *input)
{
	const struct order *order = &known->order;
	bool linked = desk_id_given(known->links.sibling);

	if (order->status == ORDER_PENDING_CANCEL || order->status == ORDER_PENDING_REPLACE ||
	    order->status == ORDER_PENDING_NEW)
		return REFUSAL_PENDING;
	if (order->status == ORDER_HELD || order->notional.micros != 0 || linked)
		return REFUSAL_UNSUPPORTED;
	return decrease_allowed(order, by_micros, input) ? REFUSAL_NONE : REFUSAL_INVALID_QUANTITY;
}

int desk_decide_decrease_order(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const ORDERS(DecreaseOrder) *command = (const void *)input->message;
	enum order_refusal refusal;
	struct request request;
	struct answer answer;

	if (!request_init(&request, input, command->order_id, command->client_order_id))
		return BUS_ERR_INVALID;
	refusal = find_open(state, &request);
	if (refusal == REFUSAL_NONE)
		refusal = check_decrease(request.order, command->by_micros, input);
	if (refusal != REFUSAL_NONE)
		return reject_decrease(&request, input, facts, refusal);
	answer = answer_for(&request, input, facts);

	ORDERS(DecreaseRequested) *fact = bus_fact_add(facts, ORDERS_D(decrease_requested));
	fact->account_id = command->account_id;
	fact->order_id = answer.order_id;
	fact->client_order_id = answer.client_order_id;
	fact->symbol = bus_facts_strdup(facts, request.order->order.symbol);
	fact->request_id = answer.request_id;
	fact->by_micros = command->by_micros;
	return 0;
}

static int reject_replace(const struct request *request, const struct bus_input *input,
			  struct bus_facts *facts, enum order_refusal refusal)
{
	const ORDERS(ReplaceOrder) *command = (const void *)input->message;
	struct answer answer = answer_for(request, input, facts);
	ORDERS(ReplaceRejected) *fact = bus_fact_add(facts, ORDERS_D(replace_rejected));

	fact->account_id = command->account_id;
	fact->order_id = answer.order_id;
	fact->client_order_id = answer.client_order_id;
	fact->new_order_id = answer.request_id;
	fact->new_client_order_id = command->new_client_order_id;
	fact->reason = (ORDERS(RejectReason))refusal;
	fact->text = (char *)order_refusal_text(refusal);
	fact->status = answer.status;
	return 0;
}

static void ask_replace(const struct desk_scene *scene, const char *new_client_order_id)
{
	const struct order *order = scene->rules.replacement;
	ORDERS(ReplaceRequested) *fact = bus_fact_add(scene->facts, ORDERS_D(replace_requested));

	DESK_SET_ORDER(fact, scene);
	fact->new_order_id = bus_facts_id(scene->facts, order->id);
	fact->new_client_order_id =
		new_client_order_id[0] != '\0' ? (char *)new_client_order_id : fact->new_order_id;
	fact->side = (ORDERS(Side))order->side;
	fact->type = (ORDERS(OrderType))order->type;
	fact->time_in_force = (ORDERS(TimeInForce))order->tif;
	fact->quantity_micros = order->quantity.micros;
	fact->limit_price_micros = order->limit.micros;
	fact->stop_price_micros = order->stop.micros;
	fact->trail_price_micros = order->trail.micros;
	fact->trail_percent_micros = order->trail_percent_micros;
	fact->post_only = order->post_only;
	fact->self_trade_prevention = (ORDERS(SelfTradePrevention))order->stp;
	fact->collar_price_micros = order->collar.micros;
	fact->reference_price_micros = order->reference.micros;
	fact->firm = order->firm;
	fact->fee_group = bus_facts_strdup(scene->facts, order->fee_group);
	fact->expires_at_micros = order->expires_at;
	fact->actions = order->actions;
	DESK_SET_HOLDS(fact, order);
	DESK_SET_BALANCES(fact, &scene->balances);
	fact->requested_at_micros = scene->input->now;
}

/* Legs wait for it, or its sibling is open. */
static bool bound(const struct desk_scene *scene)
{
	return scene->rules.sibling != NULL || desk_order_leg(scene->desk, scene->known, 0) ||
	       desk_order_leg(scene->desk, scene->known, 1);
}

/* What the market makes of the replacement, as of an order that comes now. */
static enum order_refusal check_replacement(struct desk_scene *scene,
					    const struct order_amendment *amendment)
{
	const struct bus_input *input = scene->input;
	const MARKET(Instrument) *instrument = bus_reference(input, DESK_SYMBOLS, scene->symbol);
	struct desk_holding holding = desk_holding(scene->desk, scene->account, scene->symbol);
	struct order_account account = desk_terms_of(input);
	enum order_refusal refusal;
	struct order_request request;
	struct order_market market;
	struct order_terms terms;

	refusal = order_check_replace(&scene->order, bound(scene), amendment, &request);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (instrument != NULL)
		market = wire_market(instrument, bus_reference(input, DESK_QUOTES, scene->symbol),
				     input->now);
	refusal = order_check_market(&request, instrument != NULL ? &market : NULL, &terms);
	if (refusal == REFUSAL_NONE)
		refusal = order_check_actions(
			&market, holding.shares.total_micros, holding.actions,
			desk_action_waits(scene->desk, scene->account, scene->symbol, &holding));
	if (refusal != REFUSAL_NONE)
		return refusal;
	order_init(&scene->other, &request, &terms, &account);
	scene->other.id = bus_facts_command_id(scene->facts, input);
	scene->rules.replacement = &scene->other;
	return order_replace_request(&scene->rules, &account);
}

static enum order_refusal replace(const struct desk_state *desk, struct desk_scene *scene,
				  const struct request *request, const struct bus_input *input)
{
	const ORDERS(ReplaceOrder) *command = (const void *)input->message;
	const struct order_amendment amendment = {
		.quantity = { command->quantity_micros },
		.limit = { command->limit_price_micros },
		.stop = { command->stop_price_micros },
		.trail = { command->trail_price_micros },
		.trail_percent_micros = command->trail_percent_micros,
		.tif = (int)command->time_in_force,
	};

	if (desk_blocked(input))
		return REFUSAL_ACCOUNT_BLOCKED;
	if (desk_order_named(desk, request->account, command->new_client_order_id) != NULL)
		return REFUSAL_DUPLICATE_CLIENT_ORDER_ID;
	if (request->order->order.status == ORDER_HELD)
		return REFUSAL_UNSUPPORTED;
	return check_replacement(scene, &amendment);
}

static bool replace_readable(struct request *request, const struct bus_input *input)
{
	const ORDERS(ReplaceOrder) *command = (const void *)input->message;

	return request_init(request, input, command->order_id, command->client_order_id) &&
	       wire_fits(command->new_client_order_id, ORDER_CLIENT_ID_MAX) &&
	       (int)command->time_in_force >= 0 && (int)command->time_in_force <= ORDER_CLS;
}

int desk_decide_replace_order(const void *state, const struct bus_input *input,
			      struct bus_facts *facts)
{
	const ORDERS(ReplaceOrder) *command = (const void *)input->message;
	enum order_refusal refusal;
	struct desk_scene scene;
	struct request request;

	if (!replace_readable(&request, input))
		return BUS_ERR_INVALID;
	refusal = find_open(state, &request);
	if (refusal == REFUSAL_NONE) {
		const struct order *order = &request.order->order;

		if (!desk_scene_init(&scene, state, input, facts, bus_facts_id(facts, order->id),
				     bus_facts_strdup(facts, order->symbol)))
			return BUS_ERR_INVALID;
		refusal = replace(state, &scene, &request, input);
	}
	if (refusal != REFUSAL_NONE)
		return reject_replace(&request, input, facts, refusal);
	ask_replace(&scene, command->new_client_order_id);
	return 0;
}

/* The counter is that of the command's earlier steps. */
static void write_sweep(const struct desk_state *desk, const struct bus_input *input,
			struct bus_facts *facts, int64_t count)
{
	const ORDERS(CancelOrders) *command = (const void *)input->message;
	ORDERS(OrdersCancelRequested) *fact =
		bus_fact_add(facts, ORDERS_D(orders_cancel_requested));

	if (bus_id_equal(desk->sweep, bus_facts_command_id(facts, input)))
		count += desk->sweep_count;
	fact->account_id = command->account_id;
	fact->symbol = command->symbol;
	fact->count = count;
}

static bool sweep_wants(const struct desk_order *known, const char *symbol)
{
	struct order order = known->order;

	return (symbol[0] == '\0' || strcmp(order.symbol, symbol) == 0) &&
	       (order.status == ORDER_HELD || order_cancel_request(&order, true) == REFUSAL_NONE);
}

static int sweep_one(const struct desk_state *desk, const struct desk_order *order,
		     char *request_id, const struct bus_input *input, struct bus_facts *facts)
{
	struct desk_scene scene;

	if (order->order.status != ORDER_HELD) {
		ask_cancel(order, request_id, input, facts);
		return 0;
	}
	if (!desk_scene_init(&scene, desk, input, facts, bus_facts_id(facts, order->order.id),
			     bus_facts_strdup(facts, order->order.symbol)))
		return BUS_ERR_INVALID;
	desk_scene_cancel_held(&scene, order, CANCEL_REASON(REQUESTED), request_id);
	return 0;
}

static int oldest_first(const void *a, const void *b)
{
	const struct order *x = &(*(const struct desk_order *const *)a)->order;
	const struct order *y = &(*(const struct desk_order *const *)b)->order;

	if (x->accepted_at != y->accepted_at)
		return x->accepted_at < y->accepted_at ? -1 : 1;
	return memcmp(&x->id, &y->id, sizeof(x->id));
}

/* Owned: those that are asked for, oldest first, in whatever order they came into memory. */
static const struct desk_order **sweep_list(const struct desk_state *desk, struct bus_id id,
					    const char *symbol, size_t *count)
{
	const struct desk_account *account = desk_account(desk, id);
	const struct desk_order *orders = account != NULL ? account->orders : NULL, *order;
	const struct desk_order **list;
	size_t wanted = 0;

	DL_FOREACH (orders, order)
		wanted += sweep_wants(order, symbol);
	list = bus_calloc(wanted + 1, sizeof(*list));
	*count = 0;
	DL_FOREACH (orders, order) {
		if (sweep_wants(order, symbol))
			list[(*count)++] = order;
	}
	if (wanted > 1)
		qsort(list, wanted, sizeof(*list), oldest_first);
	return list;
}

int desk_decide_cancel_orders(const void *state, const struct bus_input *input,
			      struct bus_facts *facts)
{
	const ORDERS(CancelOrders) *command = (const void *)input->message;
	const struct desk_order **list;
	char *request_id;
	struct bus_id id;
	size_t count;
	int rc = 0;

	if (!wire_id(input->key, &id) || !wire_fits(command->symbol, ORDER_SYMBOL_MAX))
		return BUS_ERR_INVALID;
	request_id = bus_facts_id(facts, bus_facts_command_id(facts, input));
	list = sweep_list(state, id, command->symbol, &count);
	for (size_t i = 0; i < count && i < SWEEP_MAX && rc == 0; i++)
		rc = sweep_one(state, list[i], request_id, input, facts);
	free(list);
	if (rc != 0)
		return rc;
	if (count > SWEEP_MAX)
		return BUS_DECIDE_AGAIN;
	write_sweep(state, input, facts, (int64_t)count);
	return 0;
}

/* While the account is parked nobody may touch it, and a mass cancel asks for nothing. */
int desk_decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ProtobufCMessageDescriptor *type = input->message->descriptor;
	struct order_request form;
	struct request request;

	if (type == ORDERS_D(place_order)) {
		if (!wire_request((const void *)input->message, &form))
			return BUS_ERR_INVALID;
		return desk_reject_place(input, facts, REFUSAL_ACCOUNT_BLOCKED);
	}
	if (type == ORDERS_D(cancel_orders)) {
		const ORDERS(CancelOrders) *command = (const void *)input->message;

		if (!wire_fits(command->symbol, ORDER_SYMBOL_MAX))
			return BUS_ERR_INVALID;
		write_sweep(state, input, facts, 0);
		return 0;
	}
	if (type == ORDERS_D(cancel_order)) {
		const ORDERS(CancelOrder) *command = (const void *)input->message;

		if (!request_init(&request, input, command->order_id, command->client_order_id))
			return BUS_ERR_INVALID;
		(void)find_open(state, &request);
		return reject_cancel(&request, input, facts, REFUSAL_ACCOUNT_BLOCKED);
	}
	if (type == ORDERS_D(replace_order)) {
		if (!replace_readable(&request, input))
			return BUS_ERR_INVALID;
		(void)find_open(state, &request);
		return reject_replace(&request, input, facts, REFUSAL_ACCOUNT_BLOCKED);
	}
	const ORDERS(DecreaseOrder) *command = (const void *)input->message;

	if (!request_init(&request, input, command->order_id, command->client_order_id))
		return BUS_ERR_INVALID;
	(void)find_open(state, &request);
	return reject_decrease(&request, input, facts, REFUSAL_ACCOUNT_BLOCKED);
}
