/*
 * The only code that changes a book, live and on replay; and the answers to the accounts. The facts
 * are enough to build the books anew: nothing is matched here.
 */
#include "book_facts.h"

#include "book_store.h"
#include "book_wire.h"

/* Evolve ////////////////////////////////////////////////////////////////////////////////// */

static void set_taker(struct book_state *state, struct book *book, struct book_taker taker)
{
	if (taker.leaves.micros == 0 && book->taker.leaves.micros == 0)
		return;
	book->taker = taker;
	book_state_touch(state, book);
}

static void added(struct book_state *state, const struct bus_fact *fact)
{
	const BOOKS(OrderAdded) *said = fact->message;
	struct book *book = book_state_get(state, fact->key);
	struct book_new order = {
		.id = book_wire_fact_id(said->order_id),
		.account = book_wire_fact_id(said->account_id),
		.price.micros = said->price_micros,
		.quantity.micros = said->quantity_micros,
		.leaves.micros = said->leaves_micros,
	};
	bool known = book_wire_side(said->side, &order.side) &&
		     book_wire_tif(said->time_in_force, &order.tif);

	bus_assert(known);
	set_taker(state, book, (struct book_taker){ 0 });
	book_state_touch_order(state, book, book_add(book, &order));
	book_state_touch(state, book);
}

/* A resting order goes down to `leaves`, and out at 0. */
static void reduce_to(struct book_state *state, struct book *book, struct book_order *order,
		      int64_t leaves)
{
	if (leaves == 0) {
		book_state_forget_order(state, order);
		book_remove(book, order);
		return;
	}
	book_reduce(book, order, (struct bus_quantity){ order->leaves.micros - leaves });
	book_state_touch_order(state, book, order);
}

static struct book_order *must_find(const struct book *book, const char *order_id)
{
	struct book_order *order = book_find(book, book_wire_fact_id(order_id));

	bus_assert(order != NULL);
	return order;
}

static void executed(struct book_state *state, const struct bus_fact *fact)
{
	const BOOKS(Executed) *said = fact->message;
	struct book *book = book_state_get(state, fact->key);
	struct bus_id taker_id = book_wire_fact_id(said->taker_order_id);
	struct book_order *taker;

	reduce_to(state, book, must_find(book, said->maker_order_id), said->maker_leaves_micros);
	taker = book_find(book, taker_id);
	if (taker != NULL)
		reduce_to(state, book, taker, said->taker_leaves_micros);
	else
		set_taker(state, book,
			  (struct book_taker){ taker_id, { said->taker_leaves_micros } });
	book_state_trade(state, fact);
}

static void reduced(struct book_state *state, const struct bus_fact *fact)
{
	const BOOKS(OrderReduced) *said = fact->message;
	struct book *book = book_state_get(state, fact->key);

	reduce_to(state, book, must_find(book, said->order_id), said->leaves_micros);
}

static void removed(struct book_state *state, const struct bus_fact *fact)
{
	const BOOKS(OrderRemoved) *said = fact->message;
	struct book *book = book_state_get(state, fact->key);

	if (said->rested)
		reduce_to(state, book, must_find(book, said->order_id), 0);
	else
		set_taker(state, book, (struct book_taker){ 0 });
}

static void trading_changed(struct book_state *state, const struct bus_fact *fact)
{
	const BOOKS(TradingStateChanged) *said = fact->message;
	struct book *book = book_state_get(state, fact->key);

	book->trading = (enum book_trading)said->state;
	book->session_date = said->session_date;
	book_state_touch(state, book);
}

void book_evolve(void *state, const struct bus_fact *fact)
{
	switch ((BOOKS(BookEvent__EventCase))fact->type) {
	case BOOK_FACT(ORDER_ADDED):
		added(state, fact);
		break;
	case BOOK_FACT(EXECUTED):
		executed(state, fact);
		break;
	case BOOK_FACT(ORDER_REDUCED):
		reduced(state, fact);
		break;
	case BOOK_FACT(ORDER_REMOVED):
		removed(state, fact);
		break;
	case BOOK_FACT(TRADING_STATE_CHANGED):
		trading_changed(state, fact);
		break;
	case BOOK_FACT(ORDER_TRIGGERED):
	case BOOK_FACT(ORDER_REPLACED):
	case BOOK_FACT(SELF_TRADE_PREVENTED):
	case BOOK_FACT(ORDER_COMPLETED):
	case BOOK_FACT(AUCTION_HELD):
	case BOOK_FACT(IMBALANCE_CHANGED):
	case BOOK_FACT(TRAIL_MOVED):
	case BOOK_FACT(PARKED):
	case BOOK_FACT(ORDER_REJECTED):
	case BOOK_FACT(REQUEST_REJECTED):
	case BOOK_FACT(TOP_OF_BOOK_CHANGED):
	case BOOK_FACT_NONE:
	case BOOK_FACT_ENUM_WIDTH:
		break;
	}
}

/* React /////////////////////////////////////////////////////////////////////////////////// */

static void answer_execution(const BOOKS(Executed) * said, bool maker, struct bus_reactions *out)
{
	BOOKS(Execution) answer = BOURSE__BOOKS__V1__EXECUTION__INIT;

	answer.account_id = maker ? said->maker_account_id : said->taker_account_id;
	answer.order_id = maker ? said->maker_order_id : said->taker_order_id;
	answer.symbol = said->symbol;
	answer.trade_id = said->trade_id;
	answer.side = maker ? said->maker_side : said->taker_side;
	answer.quantity_micros = said->quantity_micros;
	answer.price_micros = said->price_micros;
	answer.leaves_micros = maker ? said->maker_leaves_micros : said->taker_leaves_micros;
	answer.liquidity = maker ? BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_MAKER
				 : BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_TAKER;
	answer.executed_at_micros = said->executed_at_micros;
	bus_react(out, BOOK_ANSWERS, answer.account_id, &answer.base);
}

static void answer_reduced(const BOOKS(OrderReduced) * said, struct bus_reactions *out)
{
	BOOKS(OrderDecreased) answer = BOURSE__BOOKS__V1__ORDER_DECREASED__INIT;

	answer.account_id = said->account_id;
	answer.order_id = said->order_id;
	answer.symbol = said->symbol;
	answer.request_id = said->request_id;
	answer.by_micros = said->by_micros;
	answer.leaves_micros = said->leaves_micros;
	bus_react(out, BOOK_ANSWERS, answer.account_id, &answer.base);
}

static void answer_removed(const BOOKS(OrderRemoved) * said, struct bus_reactions *out)
{
	BOOKS(OrderCanceled) answer = BOURSE__BOOKS__V1__ORDER_CANCELED__INIT;

	answer.account_id = said->account_id;
	answer.order_id = said->order_id;
	answer.symbol = said->symbol;
	answer.canceled_micros = said->canceled_micros;
	answer.reason = said->reason;
	answer.request_id = said->request_id;
	bus_react(out, BOOK_ANSWERS, answer.account_id, &answer.base);
}

static void answer_rejected(const BOOKS(OrderRejected) * said, struct bus_reactions *out)
{
	bus_react(out, BOOK_ANSWERS, said->account_id, &said->base);
}

static void answer_request(const BOOKS(RequestRejected) * said, struct bus_reactions *out)
{
	bus_react(out, BOOK_ANSWERS, said->account_id, &said->base);
}

void book_react(const struct bus_fact *fact, struct bus_reactions *out)
{
	switch ((BOOKS(BookEvent__EventCase))fact->type) {
	case BOOK_FACT(EXECUTED):
		answer_execution(fact->message, true, out);
		answer_execution(fact->message, false, out);
		break;
	case BOOK_FACT(ORDER_REDUCED):
		answer_reduced(fact->message, out);
		break;
	case BOOK_FACT(ORDER_REMOVED):
		answer_removed(fact->message, out);
		break;
	case BOOK_FACT(ORDER_REJECTED):
		answer_rejected(fact->message, out);
		break;
	case BOOK_FACT(REQUEST_REJECTED):
		answer_request(fact->message, out);
		break;
	case BOOK_FACT(ORDER_TRIGGERED):
	case BOOK_FACT(ORDER_REPLACED):
	case BOOK_FACT(SELF_TRADE_PREVENTED):
	case BOOK_FACT(ORDER_COMPLETED):
	case BOOK_FACT(AUCTION_HELD):
	case BOOK_FACT(IMBALANCE_CHANGED):
	case BOOK_FACT(TRAIL_MOVED):
	case BOOK_FACT(PARKED):
	case BOOK_FACT(ORDER_ADDED):
	case BOOK_FACT(TRADING_STATE_CHANGED):
	case BOOK_FACT(TOP_OF_BOOK_CHANGED):
	case BOOK_FACT_NONE:
	case BOOK_FACT_ENUM_WIDTH:
		break;
	}
}
