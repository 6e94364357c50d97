/*
 * What clients ask of the desk. Every command is answered with a fact; only one whose enums or
 * texts are out of range is refused as unreadable. Idempotency is checked first: the same client
 * order id with the same body is answered with the order that exists, whatever has changed since.
 */
#include "desk.h"
#include "desk_state.h"
#include "wire.h"

/* One command to place an order, as it is being decided. */
struct placing {
	const ORDERS(PlaceOrder) * command;
	struct bus_id account;
	struct bus_id order_id;
	struct order_request request;
	struct order_terms terms;
	struct balances balances; /* after it */
	bool firm;
};

static bool account_blocked(const struct bus_input *input)
{
	const USERS(Account) *account = bus_reference(input, DESK_ACCOUNTS, input->key);

	return account != NULL && account->status != ACCOUNT_STATUS(OPEN);
}

static bool account_firm(const struct bus_input *input)
{
	const USERS(Account) *account = bus_reference(input, DESK_ACCOUNTS, input->key);

	return account != NULL && account->firm;
}

static int reject_place(const struct bus_input *input, struct bus_facts *facts,
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

static int answer_known(const struct placing *placing, const struct desk_order *known,
			const struct bus_input *input, struct bus_facts *facts)
{
	char buf[BUS_ID_TEXT];

	if (!order_same_body(&known->order, &placing->request))
		return reject_place(input, facts, REFUSAL_DUPLICATE_CLIENT_ORDER_ID);

	ORDERS(OrderAlreadyPlaced) *fact = bus_fact_add(facts, ORDERS_D(order_already_placed));
	fact->account_id = placing->command->account_id;
	fact->order_id = bus_facts_id(facts, known->order.id);
	fact->client_order_id = bus_facts_strdup(facts, desk_order_client_id(known, buf));
	return 0;
}

static enum order_refusal hold(struct placing *placing)
{
	bool buy = placing->request.side == ORDER_BUY;
	struct balance *balance = buy ? &placing->balances.cash : &placing->balances.shares;

	switch (balance_hold(balance, placing->terms.hold_micros, placing->firm)) {
	case HOLD_DONE:
		return REFUSAL_NONE;
	case HOLD_INSUFFICIENT:
		return buy ? REFUSAL_INSUFFICIENT_BUYING_POWER : REFUSAL_INSUFFICIENT_POSITION;
	case HOLD_OVERFLOW:
		return REFUSAL_INVALID_QUANTITY;
	}
	return REFUSAL_INVALID_QUANTITY;
}

static enum order_refusal check(const struct desk_state *desk, struct placing *placing,
				const struct bus_input *input)
{
	const char *symbol = placing->request.symbol;
	const MARKET(Instrument) * instrument;
	enum order_refusal refusal;
	struct order_market market;

	if (account_blocked(input))
		return REFUSAL_ACCOUNT_BLOCKED;
	refusal = order_check_form(&placing->request);
	if (refusal != REFUSAL_NONE)
		return refusal;
	instrument = bus_reference(input, DESK_SYMBOLS, symbol);
	if (instrument != NULL)
		market = wire_market(instrument, bus_reference(input, DESK_QUOTES, symbol),
				     input->now);
	refusal = order_check_market(&placing->request, instrument != NULL ? &market : NULL,
				     &placing->terms);
	if (refusal != REFUSAL_NONE)
		return refusal;
	placing->firm = account_firm(input);
	placing->balances = desk_balances(desk, placing->account, symbol);
	return hold(placing);
}

static int accept_place(const struct placing *placing, const struct bus_input *input,
			struct bus_facts *facts)
{
	const ORDERS(PlaceOrder) *command = placing->command;
	ORDERS(OrderAccepted) *fact = bus_fact_add(facts, ORDERS_D(order_accepted));

	fact->account_id = command->account_id;
	fact->order_id = bus_facts_id(facts, placing->order_id);
	fact->client_order_id =
		command->client_order_id[0] != '\0' ? command->client_order_id : fact->order_id;
	fact->symbol = command->symbol;
	fact->side = command->side;
	fact->type = command->type;
	fact->time_in_force = command->time_in_force;
	fact->quantity_micros = command->quantity_micros;
	fact->limit_price_micros = command->limit_price_micros;
	fact->self_trade_prevention = (ORDERS(SelfTradePrevention))ORDER_STP_NONE;
	fact->collar_price_micros = placing->terms.collar.micros;
	fact->reference_price_micros = placing->terms.reference.micros;
	fact->firm = placing->firm;
	fact->hold_micros = placing->terms.hold_micros;
	fact->cash_micros = placing->balances.cash.total_micros;
	fact->cash_held_micros = placing->balances.cash.held_micros;
	fact->position_micros = placing->balances.shares.total_micros;
	fact->position_held_micros = placing->balances.shares.held_micros;
	fact->accepted_at_micros = input->now;
	return 0;
}

int desk_decide_place_order(const void *state, const struct bus_input *input,
			    struct bus_facts *facts)
{
	const ORDERS(PlaceOrder) *command = (const void *)input->message;
	struct placing placing = { .command = command };
	const struct desk_order *known;
	enum order_refusal refusal;

	if (!wire_id(input->key, &placing.account) || !wire_request(command, &placing.request))
		return BUS_ERR_INVALID;
	known = desk_order_named(state, placing.account, command->client_order_id);
	if (known != NULL)
		return answer_known(&placing, known, input, facts);
	refusal = check(state, &placing, input);
	if (refusal != REFUSAL_NONE)
		return reject_place(input, facts, refusal);
	placing.order_id = bus_facts_command_id(facts, input);
	return accept_place(&placing, input, facts);
}

/* A cancel or a decrease, as it is being decided. */
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
	if (order_terminal(request->order->order.status))
		return REFUSAL_TOO_LATE;
	if (request->order->order.status == ORDER_PENDING_CANCEL)
		return REFUSAL_PENDING;
	return REFUSAL_NONE;
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

static void reject_cancel(const struct request *request, const struct bus_input *input,
			  struct bus_facts *facts, enum order_refusal refusal)
{
	const ORDERS(CancelOrder) *command = (const void *)input->message;
	struct answer answer = answer_for(request, input, facts);
	ORDERS(CancelRejected) *fact = bus_fact_add(facts, ORDERS_D(cancel_rejected));

	fact->account_id = command->account_id;
	fact->order_id = answer.order_id;
	fact->client_order_id = answer.client_order_id;
	fact->request_id = answer.request_id;
	fact->reason = (ORDERS(RejectReason))refusal;
	fact->text = (char *)order_refusal_text(refusal);
	fact->status = answer.status;
}

int desk_decide_cancel_order(const void *state, const struct bus_input *input,
			     struct bus_facts *facts)
{
	const ORDERS(CancelOrder) *command = (const void *)input->message;
	enum order_refusal refusal;
	struct request request;
	struct answer answer;

	if (!request_init(&request, input, command->order_id, command->client_order_id))
		return BUS_ERR_INVALID;
	refusal = find_open(state, &request);
	if (refusal != REFUSAL_NONE) {
		reject_cancel(&request, input, facts, refusal);
		return 0;
	}
	answer = answer_for(&request, input, facts);

	ORDERS(CancelRequested) *fact = bus_fact_add(facts, ORDERS_D(cancel_requested));
	fact->account_id = command->account_id;
	fact->order_id = answer.order_id;
	fact->client_order_id = answer.client_order_id;
	fact->symbol = bus_facts_strdup(facts, request.order->order.symbol);
	fact->request_id = answer.request_id;
	return 0;
}

static void reject_decrease(const struct request *request, const struct bus_input *input,
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
}

/* More than 0, and what is left a multiple of the lot. */
static bool decrease_allowed(const struct order *order, int64_t by_micros,
			     const struct bus_input *input)
{
	const MARKET(Instrument) *instrument = bus_reference(input, DESK_SYMBOLS, order->symbol);
	int64_t lot = instrument != NULL ? instrument->quantity_increment_micros : 0;

	return by_micros > 0 && (lot <= 0 || by_micros % lot == 0);
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
	if (refusal == REFUSAL_NONE &&
	    !decrease_allowed(&request.order->order, command->by_micros, input))
		refusal = REFUSAL_INVALID_QUANTITY;
	if (refusal != REFUSAL_NONE) {
		reject_decrease(&request, input, facts, refusal);
		return 0;
	}
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

int desk_decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const ProtobufCMessageDescriptor *type = input->message->descriptor;
	struct order_request form;
	struct request request;

	if (type == ORDERS_D(place_order)) {
		if (!wire_request((const void *)input->message, &form))
			return BUS_ERR_INVALID;
		return reject_place(input, facts, REFUSAL_ACCOUNT_BLOCKED);
	}
	if (type == ORDERS_D(cancel_order)) {
		const ORDERS(CancelOrder) *command = (const void *)input->message;

		if (!request_init(&request, input, command->order_id, command->client_order_id))
			return BUS_ERR_INVALID;
		(void)find_open(state, &request);
		reject_cancel(&request, input, facts, REFUSAL_ACCOUNT_BLOCKED);
		return 0;
	}
	const ORDERS(DecreaseOrder) *command = (const void *)input->message;

	if (!request_init(&request, input, command->order_id, command->client_order_id))
		return BUS_ERR_INVALID;
	(void)find_open(state, &request);
	reject_decrease(&request, input, facts, REFUSAL_ACCOUNT_BLOCKED);
	return 0;
}
