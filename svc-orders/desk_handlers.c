/*
 * What the desk hears from the book and from the ledger, and turns into facts of its own. These two
 * are believed, but checked: what does not fit the order or the balance parks, and nothing is
 * changed.
 */
#include "desk.h"
#include "desk_state.h"
#include "wire.h"

/* An answer of the book: the order it is about, as it will be, and the balances after it. */
struct answer {
	const struct desk_order *known;
	struct order order;
	struct balances balances;
	char *client_order_id;
};

/* False when the account has no such order of that symbol. */
static bool answer_init(struct answer *answer, const struct desk_state *desk,
			const struct bus_input *input, struct bus_facts *facts,
			const char *order_id, const char *symbol)
{
	const struct desk_order *known;
	struct bus_id account, id;
	char buf[BUS_ID_TEXT];

	if (!wire_id(input->key, &account) || !wire_id(order_id, &id))
		return false;
	known = desk_order(desk, id);
	if (known == NULL || !bus_id_equal(known->name.account, account) ||
	    strcmp(known->order.symbol, symbol) != 0)
		return false;
	*answer = (struct answer){
		.known = known,
		.order = known->order,
		.balances = desk_balances(desk, account, symbol),
		.client_order_id = bus_facts_strdup(facts, desk_order_client_id(known, buf)),
	};
	return true;
}

/* A buy pays from its hold and gets shares; a sell gives shares that it holds and gets cash. */
static bool move(struct answer *answer, const struct order_fill *fill, int64_t quantity_micros)
{
	struct balance *cash = &answer->balances.cash, *shares = &answer->balances.shares;

	if (answer->order.side == ORDER_BUY)
		return balance_take(cash, fill->cash_micros, fill->from_hold_micros) &&
		       balance_receive(shares, quantity_micros);
	return balance_take(shares, quantity_micros, fill->from_hold_micros) &&
	       balance_receive(cash, fill->cash_micros);
}

/* What this end or decrease of an order sets free: cash of a buy, shares of a sell. */
struct released {
	int64_t cash_micros, shares_micros;
};

static bool release(struct answer *answer, int64_t micros, struct released *released)
{
	if (answer->order.side == ORDER_BUY) {
		*released = (struct released){ .cash_micros = micros };
		return balance_release(&answer->balances.cash, micros);
	}
	*released = (struct released){ .shares_micros = micros };
	return balance_release(&answer->balances.shares, micros);
}

static void write_filled(const struct answer *answer, const struct order_fill *fill,
			 const BOOKS(Execution) * execution, struct bus_facts *facts)
{
	const struct order *order = &answer->order;
	ORDERS(OrderFilled) *fact = bus_fact_add(facts, ORDERS_D(order_filled));
	bool buy = order->side == ORDER_BUY;

	fact->account_id = execution->account_id;
	fact->order_id = execution->order_id;
	fact->client_order_id = answer->client_order_id;
	fact->symbol = execution->symbol;
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
	fact->cash_delta_micros = buy ? -fill->cash_micros : fill->cash_micros;
	fact->released_micros = buy ? fill->from_hold_micros - fill->cash_micros : 0;
	fact->hold_micros = order->hold_micros;
	fact->cash_micros = answer->balances.cash.total_micros;
	fact->cash_held_micros = answer->balances.cash.held_micros;
	fact->position_micros = answer->balances.shares.total_micros;
	fact->position_held_micros = answer->balances.shares.held_micros;
	fact->executed_at_micros = execution->executed_at_micros;
	fact->firm = order->firm;
}

int desk_decide_execution(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const BOOKS(Execution) *execution = (const void *)input->message;
	struct bus_quantity quantity = { execution->quantity_micros };
	struct bus_quantity leaves = { execution->leaves_micros };
	struct bus_price price = { execution->price_micros };
	struct order_fill fill;
	struct answer answer;

	if (!answer_init(&answer, state, input, facts, execution->order_id, execution->symbol) ||
	    (int)execution->side != (int)answer.order.side ||
	    !order_apply_fill(&answer.order, quantity, price, leaves, &fill))
		return BUS_ERR_PARK;
	if (!move(&answer, &fill, quantity.micros))
		return BUS_ERR_OVERFLOW;
	write_filled(&answer, &fill, execution, facts);
	return 0;
}

int desk_decide_order_canceled(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const BOOKS(OrderCanceled) *canceled = (const void *)input->message;
	bool expired = canceled->reason == CANCEL_REASON(SESSION_CLOSE);
	enum order_status status = expired ? ORDER_EXPIRED : ORDER_CANCELED;
	struct bus_quantity quantity = { canceled->canceled_micros };
	struct released released;
	struct answer answer;
	int64_t micros;

	if (!answer_init(&answer, state, input, facts, canceled->order_id, canceled->symbol) ||
	    !order_apply_end(&answer.order, quantity, status, &micros) ||
	    !release(&answer, micros, &released))
		return BUS_ERR_PARK;

	ORDERS(OrderCanceled) *fact = bus_fact_add(facts, ORDERS_D(order_canceled));
	fact->account_id = canceled->account_id;
	fact->order_id = canceled->order_id;
	fact->client_order_id = answer.client_order_id;
	fact->symbol = canceled->symbol;
	fact->side = (ORDERS(Side))answer.order.side;
	fact->status = (ORDERS(OrderStatus))status;
	fact->reason = canceled->reason;
	fact->request_id = canceled->request_id;
	fact->quantity_micros = answer.order.quantity.micros;
	fact->cum_micros = answer.order.cum.micros;
	fact->canceled_micros = canceled->canceled_micros;
	fact->released_cash_micros = released.cash_micros;
	fact->released_shares_micros = released.shares_micros;
	fact->cash_micros = answer.balances.cash.total_micros;
	fact->cash_held_micros = answer.balances.cash.held_micros;
	fact->position_micros = answer.balances.shares.total_micros;
	fact->position_held_micros = answer.balances.shares.held_micros;
	fact->canceled_at_micros = input->now;
	return 0;
}

int desk_decide_order_decreased(const void *state, const struct bus_input *input,
				struct bus_facts *facts)
{
	const BOOKS(OrderDecreased) *decreased = (const void *)input->message;
	struct bus_quantity leaves = { decreased->leaves_micros };
	struct bus_quantity by = { decreased->by_micros };
	struct released released;
	struct answer answer;
	int64_t micros;

	if (!answer_init(&answer, state, input, facts, decreased->order_id, decreased->symbol) ||
	    !order_apply_decrease(&answer.order, by, leaves, &micros) ||
	    !release(&answer, micros, &released))
		return BUS_ERR_PARK;

	ORDERS(OrderDecreased) *fact = bus_fact_add(facts, ORDERS_D(order_decreased));
	fact->account_id = decreased->account_id;
	fact->order_id = decreased->order_id;
	fact->client_order_id = answer.client_order_id;
	fact->symbol = decreased->symbol;
	fact->side = (ORDERS(Side))answer.order.side;
	fact->request_id = decreased->request_id;
	fact->by_micros = decreased->by_micros;
	fact->quantity_micros = answer.order.quantity.micros;
	fact->cum_micros = answer.order.cum.micros;
	fact->leaves_micros = answer.order.leaves.micros;
	fact->released_cash_micros = released.cash_micros;
	fact->released_shares_micros = released.shares_micros;
	fact->hold_micros = answer.order.hold_micros;
	fact->cash_micros = answer.balances.cash.total_micros;
	fact->cash_held_micros = answer.balances.cash.held_micros;
	fact->position_micros = answer.balances.shares.total_micros;
	fact->position_held_micros = answer.balances.shares.held_micros;
	return 0;
}

int desk_decide_order_rejected(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const BOOKS(OrderRejected) *rejected = (const void *)input->message;
	struct released released;
	struct answer answer;
	int64_t micros;

	if (!answer_init(&answer, state, input, facts, rejected->order_id, rejected->symbol) ||
	    answer.order.cum.micros != 0 ||
	    !order_apply_end(&answer.order, answer.order.leaves, ORDER_REJECTED, &micros) ||
	    !release(&answer, micros, &released))
		return BUS_ERR_PARK;

	ORDERS(OrderRejected) *fact = bus_fact_add(facts, ORDERS_D(order_rejected));
	fact->account_id = rejected->account_id;
	fact->order_id = rejected->order_id;
	fact->client_order_id = answer.client_order_id;
	fact->symbol = rejected->symbol;
	fact->side = (ORDERS(Side))answer.order.side;
	fact->type = (ORDERS(OrderType))answer.order.type;
	fact->quantity_micros = answer.order.quantity.micros;
	fact->limit_price_micros = answer.order.limit.micros;
	fact->reason = rejected->reason;
	fact->text = rejected->text;
	fact->by_book = true;
	fact->cash_micros = answer.balances.cash.total_micros;
	fact->cash_held_micros = answer.balances.cash.held_micros;
	fact->position_micros = answer.balances.shares.total_micros;
	fact->position_held_micros = answer.balances.shares.held_micros;
	fact->rejected_at_micros = input->now;
	return 0;
}

static void write_cancel_rejected(const struct answer *answer,
				  const BOOKS(RequestRejected) * rejected, struct bus_facts *facts)
{
	ORDERS(CancelRejected) *fact = bus_fact_add(facts, ORDERS_D(cancel_rejected));
	enum order_status status = answer->order.status;

	if (status == ORDER_PENDING_CANCEL)
		status = order_settled_status(&answer->order);
	fact->account_id = rejected->account_id;
	fact->order_id = rejected->order_id;
	fact->client_order_id = answer->client_order_id;
	fact->request_id = rejected->request_id;
	fact->reason = rejected->reason;
	fact->text = rejected->text;
	fact->status = (ORDERS(OrderStatus))status;
}

static void write_decrease_rejected(const struct answer *answer,
				    const BOOKS(RequestRejected) * rejected,
				    struct bus_facts *facts)
{
	ORDERS(DecreaseRejected) *fact = bus_fact_add(facts, ORDERS_D(decrease_rejected));

	fact->account_id = rejected->account_id;
	fact->order_id = rejected->order_id;
	fact->client_order_id = answer->client_order_id;
	fact->request_id = rejected->request_id;
	fact->reason = rejected->reason;
	fact->text = rejected->text;
	fact->status = (ORDERS(OrderStatus))answer->order.status;
}

/* Something else was first. Usually the desk has heard of it already, and the order has ended. */
int desk_decide_request_rejected(const void *state, const struct bus_input *input,
				 struct bus_facts *facts)
{
	const BOOKS(RequestRejected) *rejected = (const void *)input->message;
	struct answer answer;

	if (!answer_init(&answer, state, input, facts, rejected->order_id, rejected->symbol))
		return BUS_ERR_PARK;
	if (rejected->kind == REQUEST_KIND(CANCEL))
		write_cancel_rejected(&answer, rejected, facts);
	else if (rejected->kind == REQUEST_KIND(DECREASE))
		write_decrease_rejected(&answer, rejected, facts);
	else
		return BUS_ERR_PARK;
	return 0;
}

/* What came or went: cash, or shares of a symbol. */
struct movement {
	struct bus_id account;
	char *account_id;
	char *reference_id;
	char *symbol; /* "": cash */
	ORDERS(BalanceReason) reason;
	int64_t delta_micros, held_delta_micros;
	struct balance after;
};

static void write_movement(const struct movement *movement, struct bus_facts *facts)
{
	if (movement->symbol[0] == '\0') {
		ORDERS(BuyingPowerChanged) *cash =
			bus_fact_add(facts, ORDERS_D(buying_power_changed));

		cash->account_id = movement->account_id;
		cash->reason = movement->reason;
		cash->reference_id = movement->reference_id;
		cash->cash_delta_micros = movement->delta_micros;
		cash->held_delta_micros = movement->held_delta_micros;
		cash->cash_micros = movement->after.total_micros;
		cash->cash_held_micros = movement->after.held_micros;
		cash->available_micros = balance_available(&movement->after);
		return;
	}
	ORDERS(SharesChanged) *shares = bus_fact_add(facts, ORDERS_D(shares_changed));

	shares->account_id = movement->account_id;
	shares->reason = movement->reason;
	shares->reference_id = movement->reference_id;
	shares->symbol = movement->symbol;
	shares->position_delta_micros = movement->delta_micros;
	shares->held_delta_micros = movement->held_delta_micros;
	shares->position_micros = movement->after.total_micros;
	shares->position_held_micros = movement->after.held_micros;
	shares->available_micros = balance_available(&movement->after);
}

static int deposit(const struct desk_state *desk, const struct bus_input *input,
		   struct bus_facts *facts, struct movement *movement)
{
	struct balances balances;

	if (!wire_id(input->key, &movement->account) || movement->delta_micros <= 0 ||
	    !wire_fits(movement->symbol, ORDER_SYMBOL_MAX))
		return BUS_ERR_PARK;
	balances = desk_balances(desk, movement->account, movement->symbol);
	movement->after = movement->symbol[0] == '\0' ? balances.cash : balances.shares;
	if (!balance_receive(&movement->after, movement->delta_micros))
		return BUS_ERR_OVERFLOW;
	movement->reason = BALANCE_REASON(DEPOSITED);
	write_movement(movement, facts);
	return 0;
}

int desk_decide_cash_deposited(const void *state, const struct bus_input *input,
			       struct bus_facts *facts)
{
	const PORTFOLIO(CashDeposited) *deposited = (const void *)input->message;
	struct movement movement = {
		.account_id = deposited->account_id,
		.reference_id = deposited->deposit_id,
		.symbol = (char *)"",
		.delta_micros = deposited->amount_micros,
	};

	return deposit(state, input, facts, &movement);
}

int desk_decide_shares_deposited(const void *state, const struct bus_input *input,
				 struct bus_facts *facts)
{
	const PORTFOLIO(SharesDeposited) *deposited = (const void *)input->message;
	struct movement movement = {
		.account_id = deposited->account_id,
		.reference_id = deposited->deposit_id,
		.symbol = deposited->symbol,
		.delta_micros = deposited->quantity_micros,
	};

	if (deposited->symbol[0] == '\0')
		return BUS_ERR_PARK;
	return deposit(state, input, facts, &movement);
}

/* A withdrawal as the ledger names it: cash, or symbol and quantity. */
struct withdrawal {
	struct bus_id account, id;
	int64_t micros;
	const char *symbol; /* "": cash */
};

static bool withdrawal_init(struct withdrawal *withdrawal, const struct bus_input *input,
			    const char *id, int64_t amount_micros, const char *symbol,
			    int64_t quantity_micros)
{
	bool shares = symbol[0] != '\0';

	withdrawal->symbol = symbol;
	withdrawal->micros = shares ? quantity_micros : amount_micros;
	return wire_id(input->key, &withdrawal->account) && wire_id(id, &withdrawal->id) &&
	       wire_fits(symbol, ORDER_SYMBOL_MAX) && withdrawal->micros > 0 &&
	       (shares ? amount_micros : quantity_micros) == 0;
}

static void refuse_withdrawal(const PORTFOLIO(WithdrawalRequested) * requested,
			      struct bus_facts *facts, enum order_refusal refusal)
{
	ORDERS(WithdrawalRefused) *fact = bus_fact_add(facts, ORDERS_D(withdrawal_refused));

	fact->account_id = requested->account_id;
	fact->withdrawal_id = requested->withdrawal_id;
	fact->amount_micros = requested->amount_micros;
	fact->symbol = requested->symbol;
	fact->quantity_micros = requested->quantity_micros;
	fact->reason = (ORDERS(RejectReason))refusal;
	fact->text = (char *)order_refusal_text(refusal);
}

static void hold_withdrawal(const PORTFOLIO(WithdrawalRequested) * requested,
			    const struct balances *after, bool firm, struct bus_facts *facts)
{
	ORDERS(WithdrawalHeld) *fact = bus_fact_add(facts, ORDERS_D(withdrawal_held));

	fact->account_id = requested->account_id;
	fact->withdrawal_id = requested->withdrawal_id;
	fact->amount_micros = requested->amount_micros;
	fact->symbol = requested->symbol;
	fact->quantity_micros = requested->quantity_micros;
	fact->firm = firm;
	fact->cash_micros = after->cash.total_micros;
	fact->cash_held_micros = after->cash.held_micros;
	fact->position_micros = after->shares.total_micros;
	fact->position_held_micros = after->shares.held_micros;
}

int desk_decide_withdrawal_requested(const void *state, const struct bus_input *input,
				     struct bus_facts *facts)
{
	const PORTFOLIO(WithdrawalRequested) *requested = (const void *)input->message;
	const USERS(Account) *account = bus_reference(input, DESK_ACCOUNTS, input->key);
	struct withdrawal withdrawal;
	struct balances balances;
	struct balance *balance;
	bool cash, firm;

	if (!withdrawal_init(&withdrawal, input, requested->withdrawal_id, requested->amount_micros,
			     requested->symbol, requested->quantity_micros) ||
	    desk_withdrawal(state, withdrawal.id) != NULL)
		return BUS_ERR_PARK;
	if (account != NULL && account->status != ACCOUNT_STATUS(OPEN)) {
		refuse_withdrawal(requested, facts, REFUSAL_ACCOUNT_BLOCKED);
		return 0;
	}
	firm = account != NULL && account->firm;
	cash = withdrawal.symbol[0] == '\0';
	balances = desk_balances(state, withdrawal.account, withdrawal.symbol);
	balance = cash ? &balances.cash : &balances.shares;
	switch (balance_hold(balance, withdrawal.micros, firm)) {
	case HOLD_DONE:
		hold_withdrawal(requested, &balances, firm, facts);
		return 0;
	case HOLD_INSUFFICIENT:
	case HOLD_OVERFLOW:
		break;
	}
	refuse_withdrawal(requested, facts,
			  cash ? REFUSAL_INSUFFICIENT_BUYING_POWER : REFUSAL_INSUFFICIENT_POSITION);
	return 0;
}

int desk_decide_withdrawal_booked(const void *state, const struct bus_input *input,
				  struct bus_facts *facts)
{
	const PORTFOLIO(WithdrawalBooked) *booked = (const void *)input->message;
	const struct desk_withdrawal *held;
	struct withdrawal withdrawal;
	struct balances balances;

	if (!withdrawal_init(&withdrawal, input, booked->withdrawal_id, booked->amount_micros,
			     booked->symbol, booked->quantity_micros))
		return BUS_ERR_PARK;
	held = desk_withdrawal(state, withdrawal.id);
	if (held == NULL || held->ended || held->micros != withdrawal.micros ||
	    !bus_id_equal(held->account, withdrawal.account) ||
	    strcmp(held->symbol, withdrawal.symbol) != 0)
		return BUS_ERR_PARK;
	balances = desk_balances(state, withdrawal.account, withdrawal.symbol);

	struct movement movement = {
		.account = withdrawal.account,
		.account_id = booked->account_id,
		.reference_id = booked->withdrawal_id,
		.symbol = booked->symbol,
		.reason = BALANCE_REASON(WITHDRAWN),
		.delta_micros = -withdrawal.micros,
		.held_delta_micros = -withdrawal.micros,
		.after = booked->symbol[0] == '\0' ? balances.cash : balances.shares,
	};
	if (!balance_take(&movement.after, withdrawal.micros, withdrawal.micros))
		return BUS_ERR_PARK;
	write_movement(&movement, facts);
	return 0;
}
