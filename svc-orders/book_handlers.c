/*
 * What the book decides. Matching is planned on the const book; the facts, in the order in which
 * they happened, are all that changes it.
 *
 * The desk has checked an order before it sends it; what the book refuses all the same is answered.
 * What cannot even be answered (an id that is none, an order that rests already) is parked.
 */
#include "book_handlers.h"

#include "book_store.h"
#include "book_tell.h"

/* New orders ////////////////////////////////////////////////////////////////////////////// */

/* A NewOrder whose fields have been checked. */
struct incoming {
	const BOOKS(NewOrder) * command;
	struct bus_id id;
	enum book_side side;
	enum book_tif tif;
	bool market;
	struct bus_price limit; /* 0: any */
	struct bus_quantity quantity;
	struct bus_quantity leaves;
};

static int tell_rejected(struct bus_facts *facts, const struct bus_input *input,
			 const BOOKS(NewOrder) * command, ORDERS(RejectReason) reason,
			 const char *text)
{
	BOOKS(OrderRejected) *fact = bus_fact_add(facts, BOOKS_D(order_rejected));

	fact->symbol = book_symbol_of(input);
	fact->order_id = command->order_id;
	fact->account_id = command->account_id;
	fact->reason = reason;
	fact->text = (char *)(uintptr_t)text;
	return 0;
}

static void tell_added(struct bus_facts *facts, const struct bus_input *input,
		       const struct incoming *order)
{
	BOOKS(OrderAdded) *fact = bus_fact_add(facts, BOOKS_D(order_added));

	fact->symbol = book_symbol_of(input);
	fact->order_id = order->command->order_id;
	fact->account_id = order->command->account_id;
	fact->side = order->command->side;
	fact->type = order->command->type;
	fact->time_in_force = order->command->time_in_force;
	fact->price_micros = order->limit.micros;
	fact->quantity_micros = order->quantity.micros;
	fact->leaves_micros = order->leaves.micros;
	fact->post_only = order->command->post_only;
	fact->self_trade_prevention = order->command->self_trade_prevention;
	fact->added_at_micros = input->now;
}

/* An order ends that never rested. */
static void tell_ended(struct bus_facts *facts, const struct bus_input *input,
		       const struct incoming *order, ORDERS(CancelReason) reason)
{
	BOOKS(OrderRemoved) *fact = bus_fact_add(facts, BOOKS_D(order_removed));

	fact->symbol = book_symbol_of(input);
	fact->order_id = order->command->order_id;
	fact->account_id = order->command->account_id;
	fact->side = order->command->side;
	fact->price_micros = order->limit.micros;
	fact->canceled_micros = order->leaves.micros;
	fact->reason = reason;
}

/* Why the remainder of an order must end, or UNSPECIFIED when it may rest. */
static ORDERS(CancelReason) remainder_reason(const struct incoming *order)
{
	if (order->market)
		return order->tif == BOOK_FOK ? BOOK_CANCEL(FOK) : BOOK_CANCEL(NO_LIQUIDITY);
	switch (order->tif) {
	case BOOK_IOC:
		return BOOK_CANCEL(IOC);
	case BOOK_FOK:
		return BOOK_CANCEL(FOK);
	case BOOK_DAY:
	case BOOK_GTC:
	case BOOK_OPG:
	case BOOK_CLS:
		break;
	}
	return BOOK_CANCEL(UNSPECIFIED);
}

static struct book_best *best_of(struct book_top *top, enum book_side side)
{
	return side == BOOK_BUY ? &top->bid : &top->ask;
}

/* What an order becomes that does not trade any more: it rests, or it ends. */
static void settle(struct bus_facts *facts, const struct bus_input *input,
		   const struct incoming *order, struct book_top *top)
{
	ORDERS(CancelReason) reason = remainder_reason(order);
	struct book_best *best = best_of(top, order->side);

	if (reason != BOOK_CANCEL(UNSPECIFIED)) {
		tell_ended(facts, input, order, reason);
		return;
	}
	tell_added(facts, input, order);
	*best = book_best_with(*best, order->side, order->limit, order->leaves);
}

/* Trades as far as it goes, within the bound of a step; then the remainder. */
static int match(struct bus_facts *facts, const struct bus_input *input, const struct book *book,
		 struct incoming *order)
{
	struct book_tell_taker taker = { order->command->order_id, order->command->account_id,
					 order->side };
	struct book_top top = book_top(book);
	struct book_taking taking;
	struct book_match trade;
	bool more = true;

	book_take_begin(&taking, book, order->side, order->limit, order->leaves);
	for (int32_t n = 0; n < BOOK_STEP_TRADES && (more = book_take_next(&taking, &trade)); n++)
		book_tell_trade(facts, input, &trade, &taker, n);
	order->leaves = taking.leaves;
	*best_of(&top, book_opposite(order->side)) = book_walk_best(&taking.walk);
	more = more && order->leaves.micros > 0;
	if (!more && order->leaves.micros > 0)
		settle(facts, input, order, &top);
	book_tell_top(facts, input, book, &top);
	return more ? BUS_DECIDE_AGAIN : 0;
}

static int queue(struct bus_facts *facts, const struct bus_input *input, const struct book *book,
		 const struct incoming *order)
{
	struct book_top top = book_top(book);

	settle(facts, input, order, &top);
	book_tell_top(facts, input, book, &top);
	return 0;
}

static bool would_take(const struct book *book, const struct incoming *order)
{
	struct book_taking taking;
	struct book_match trade;

	book_take_begin(&taking, book, order->side, order->limit, order->leaves);
	return book_take_next(&taking, &trade);
}

static bool known_type(const BOOKS(NewOrder) * command)
{
	switch ((enum book_type)command->type) {
	case BOOK_MARKET:
	case BOOK_LIMIT:
		return true;
	case BOOK_STOP:
	case BOOK_STOP_LIMIT:
	case BOOK_TRAILING_STOP:
		break;
	}
	return false;
}

static bool prevents_self_trade(const BOOKS(NewOrder) * command)
{
	return command->self_trade_prevention !=
		       BOURSE__ORDERS__V1__SELF_TRADE_PREVENTION__SELF_TRADE_PREVENTION_UNSPECIFIED &&
	       command->self_trade_prevention !=
		       BOURSE__ORDERS__V1__SELF_TRADE_PREVENTION__SELF_TRADE_PREVENTION_NONE;
}

/* Checks the fields one by one; `order` is filled in when the reason is UNSPECIFIED. */
static ORDERS(RejectReason) check_order(const BOOKS(NewOrder) * command, struct incoming *order)
{
	order->command = command;
	order->market = command->type == (int)BOOK_MARKET;
	order->limit.micros = command->limit_price_micros;
	order->quantity.micros = order->leaves.micros = command->quantity_micros;
	if (!book_wire_side(command->side, &order->side))
		return BOOK_REJECT(INVALID_FIELD);
	if (!known_type(command) || !book_wire_tif(command->time_in_force, &order->tif) ||
	    prevents_self_trade(command))
		return BOOK_REJECT(UNSUPPORTED);
	if (command->quantity_micros <= 0)
		return BOOK_REJECT(INVALID_QUANTITY);
	if (command->limit_price_micros < 0 ||
	    (command->limit_price_micros == 0 && !(order->market && order->side == BOOK_SELL)))
		return BOOK_REJECT(INVALID_PRICE);
	return BOOK_REJECT(UNSPECIFIED);
}

static int decide_new_order(const void *state, const struct bus_input *input,
			    struct bus_facts *facts)
{
	const BOOKS(NewOrder) *command = (const void *)input->message;
	const struct book *book = book_state_find(state, input->key);
	struct incoming order = { 0 };
	struct bus_id account;
	ORDERS(RejectReason) reason;

	if (!book_wire_id(command->order_id, &order.id) ||
	    !book_wire_id(command->account_id, &account) || !book_state_takes(input->key) ||
	    book_find(book, order.id) != NULL)
		return BUS_ERR_PARK;
	reason = check_order(command, &order);
	if (reason != BOOK_REJECT(UNSPECIFIED))
		return tell_rejected(facts, input, command, reason, "a field is out of its range");
	if (book->taker.leaves.micros > 0 && bus_id_equal(book->taker.id, order.id)) {
		order.leaves = book->taker.leaves; /* the step before was full */
		return match(facts, input, book, &order);
	}
	if (book->trading == BOOK_CLOSED) {
		tell_ended(facts, input, &order, BOOK_CANCEL(SESSION_CLOSE));
		return 0;
	}
	if (book->trading == BOOK_HALTED) {
		if (remainder_reason(&order) != BOOK_CANCEL(UNSPECIFIED) || command->post_only)
			return tell_rejected(facts, input, command, BOOK_REJECT(HALTED),
					     "trading is halted, and this order cannot wait");
		return queue(facts, input, book, &order);
	}
	if (command->post_only && would_take(book, &order))
		return tell_rejected(facts, input, command, BOOK_REJECT(WOULD_TAKE),
				     "the order is post-only and would have traded");
	if (order.tif == BOOK_FOK && !book_can_fill(book, order.side, order.limit, order.leaves)) {
		tell_ended(facts, input, &order, BOOK_CANCEL(FOK));
		return 0;
	}
	return match(facts, input, book, &order);
}

/* Requests //////////////////////////////////////////////////////////////////////////////// */

/* What a cancel and a decrease have in common. */
struct request {
	char *order_id;
	char *account_id;
	char *request_id;
	BOOKS(RequestKind) kind;
};

static void tell_request_rejected(struct bus_facts *facts, const struct bus_input *input,
				  const struct request *request, ORDERS(RejectReason) reason,
				  const char *text)
{
	BOOKS(RequestRejected) *fact = bus_fact_add(facts, BOOKS_D(request_rejected));

	fact->symbol = book_symbol_of(input);
	fact->order_id = request->order_id;
	fact->account_id = request->account_id;
	fact->request_id = request->request_id;
	fact->kind = request->kind;
	fact->reason = reason;
	fact->text = (char *)(uintptr_t)text;
}

/* The order that the request names; NULL after answering that there is none. */
static const struct book_order *find_order(struct bus_facts *facts, const struct bus_input *input,
					   const struct book *book, const struct request *request)
{
	struct bus_id id, account;
	const struct book_order *order = NULL;

	if (book_wire_id(request->order_id, &id))
		order = book_find(book, id);
	if (order == NULL) {
		tell_request_rejected(facts, input, request, BOOK_REJECT(TOO_LATE),
				      "the order is not in the book any more");
		return NULL;
	}
	if (!book_wire_id(request->account_id, &account) ||
	    !bus_id_equal(account, order->account)) {
		tell_request_rejected(facts, input, request, BOOK_REJECT(UNKNOWN_ORDER),
				      "the account has no order of that id");
		return NULL;
	}
	return order;
}

/* An answer needs an account to go to. */
static bool answerable(const struct request *request)
{
	struct bus_id account;

	return book_wire_id(request->account_id, &account);
}

static struct book_top top_without(const struct book *book, const struct book_order *order,
				   struct bus_quantity by)
{
	struct book_top top = book_top(book);

	*best_of(&top, order->side) = book_best_without(book, order, by);
	return top;
}

static int decide_cancel(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const BOOKS(CancelOrder) *command = (const void *)input->message;
	const struct book *book = book_state_find(state, input->key);
	struct request request = { command->order_id, command->account_id, command->request_id,
				   BOURSE__BOOKS__V1__REQUEST_KIND__REQUEST_KIND_CANCEL };
	const struct book_order *order;
	struct book_top top;

	if (!answerable(&request))
		return BUS_ERR_PARK;
	order = find_order(facts, input, book, &request);
	if (order == NULL)
		return 0;
	top = top_without(book, order, order->leaves);
	book_tell_removed(facts, input, order, BOOK_CANCEL(REQUESTED), command->request_id);
	book_tell_top(facts, input, book, &top);
	return 0;
}

static void tell_reduced(struct bus_facts *facts, const struct bus_input *input,
			 const struct book_order *order, const BOOKS(DecreaseOrder) * command)
{
	BOOKS(OrderReduced) *fact = bus_fact_add(facts, BOOKS_D(order_reduced));

	fact->symbol = book_symbol_of(input);
	fact->order_id = command->order_id;
	fact->account_id = command->account_id;
	fact->side = book_wire_side_out(order->side);
	fact->price_micros = order->price.micros;
	fact->by_micros = command->by_micros;
	fact->leaves_micros = order->leaves.micros - command->by_micros;
	fact->request_id = command->request_id;
}

static int decide_decrease(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const BOOKS(DecreaseOrder) *command = (const void *)input->message;
	const struct book *book = book_state_find(state, input->key);
	struct request request = { command->order_id, command->account_id, command->request_id,
				   BOURSE__BOOKS__V1__REQUEST_KIND__REQUEST_KIND_DECREASE };
	struct bus_quantity by = { command->by_micros };
	const struct book_order *order;
	struct book_top top;

	if (!answerable(&request))
		return BUS_ERR_PARK;
	order = find_order(facts, input, book, &request);
	if (order == NULL)
		return 0;
	if (by.micros <= 0) {
		tell_request_rejected(facts, input, &request, BOOK_REJECT(INVALID_QUANTITY),
				      "a decrease must be by more than 0");
		return 0;
	}
	if (by.micros >= order->leaves.micros)
		by = order->leaves;
	top = top_without(book, order, by);
	if (by.micros == order->leaves.micros)
		book_tell_removed(facts, input, order, BOOK_CANCEL(DECREASED), command->request_id);
	else
		tell_reduced(facts, input, order, command);
	book_tell_top(facts, input, book, &top);
	return 0;
}

const struct bus_handler book_handlers[] = {
	{ .type = BOOKS_D(new_order), .decide = decide_new_order },
	{ .type = BOOKS_D(cancel_order), .decide = decide_cancel },
	{ .type = BOOKS_D(decrease_order), .decide = decide_decrease },
	{ .type = MARKET_D(session_opened), .decide = book_decide_session_opened },
	{ .type = MARKET_D(session_closed), .decide = book_decide_session_closed },
	{ .type = MARKET_D(instrument_halted), .decide = book_decide_halted },
	{ .type = MARKET_D(instrument_resumed), .decide = book_decide_resumed },
	{ .type = NULL },
};
