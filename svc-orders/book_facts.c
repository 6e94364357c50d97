/*
 * The journal read back: facts as the events that they were, for the engine to apply, live and on
 * replay; and the answers to the accounts. The facts are enough to build the books anew: nothing is
 * decided here.
 */
#include "book_facts.h"

#include "book_store.h"
#include "book_wire.h"

/* Evolve ////////////////////////////////////////////////////////////////////////////////// */

static struct bus_id id_or_none(const char *text)
{
	return text[0] != '\0' ? book_wire_fact_id(text) : (struct bus_id){ 0 };
}

static struct book_added added(const BOOKS(OrderAdded) * said)
{
	return (struct book_added){
		.id = book_wire_fact_id(said->order_id),
		.account = book_wire_fact_id(said->account_id),
		.sibling = id_or_none(said->sibling_order_id),
		.side = (enum book_side)said->side,
		.type = (enum book_type)said->type,
		.tif = (enum book_tif)said->time_in_force,
		.queue = said->queue != BOURSE__BOOKS__V1__QUEUE__QUEUE_UNSPECIFIED
				 ? (enum book_queue)said->queue
				 : BOOK_VISIBLE,
		.stp = (enum book_stp)said->self_trade_prevention,
		.post_only = said->post_only,
		.price.micros = said->price_micros,
		.quantity.micros = said->quantity_micros,
		.prevented.micros = said->prevented_micros,
		.leaves.micros = said->leaves_micros,
		.stop.micros = said->stop_price_micros,
		.trail.micros = said->trail_price_micros,
		.trail_percent = said->trail_percent_micros,
		.best.micros = said->best_price_micros,
		.added_at = said->added_at_micros,
		.expires_at = said->expires_at_micros,
	};
}

static struct book_executed executed(const BOOKS(Executed) * said)
{
	return (struct book_executed){
		.auction = said->auction,
		.maker_side = (enum book_side)said->maker_side,
		.quantity.micros = said->quantity_micros,
		.price.micros = said->price_micros,
		.maker = book_wire_fact_id(said->maker_order_id),
		.maker_account = book_wire_fact_id(said->maker_account_id),
		.maker_leaves.micros = said->maker_leaves_micros,
		.taker = book_wire_fact_id(said->taker_order_id),
		.taker_account = book_wire_fact_id(said->taker_account_id),
		.taker_leaves.micros = said->taker_leaves_micros,
		.at = said->executed_at_micros,
	};
}

static struct book_reduced reduced(const BOOKS(OrderReduced) * said)
{
	return (struct book_reduced){
		.id = book_wire_fact_id(said->order_id),
		.account = book_wire_fact_id(said->account_id),
		.side = (enum book_side)said->side,
		.price.micros = said->price_micros,
		.by.micros = said->by_micros,
		.leaves.micros = said->leaves_micros,
		.requested = said->request_id[0] != '\0',
	};
}

static struct book_removed removed(const BOOKS(OrderRemoved) * said)
{
	return (struct book_removed){
		.id = book_wire_fact_id(said->order_id),
		.account = book_wire_fact_id(said->account_id),
		.side = (enum book_side)said->side,
		.price.micros = said->price_micros,
		.canceled.micros = said->canceled_micros,
		.reason = (enum book_cancel)said->reason,
		.rested = said->rested,
		.requested = said->request_id[0] != '\0',
	};
}

static struct book_rejected rejected(const BOOKS(OrderRejected) * said)
{
	return (struct book_rejected){
		.id = book_wire_fact_id(said->order_id),
		.account = book_wire_fact_id(said->account_id),
		.reason = (enum book_reject)said->reason,
		.text = said->text,
	};
}

static struct book_trading_changed trading_changed(const BOOKS(TradingStateChanged) * said)
{
	return (struct book_trading_changed){
		.state = (enum book_trading)said->state,
		.session_date = said->session_date,
		.actions = said->actions,
		.reset = said->reset,
	};
}

static struct book_triggered triggered(const BOOKS(OrderTriggered) * said)
{
	return (struct book_triggered){
		.id = book_wire_fact_id(said->order_id),
		.account = book_wire_fact_id(said->account_id),
		.side = (enum book_side)said->side,
		.stop.micros = said->stop_price_micros,
		.last.micros = said->last_price_micros,
		.rested = said->rested,
		.leaves.micros = said->leaves_micros,
	};
}

static struct book_replaced replaced(const BOOKS(OrderReplaced) * said)
{
	return (struct book_replaced){
		.id = book_wire_fact_id(said->order_id),
		.new_id = book_wire_fact_id(said->new_order_id),
		.account = book_wire_fact_id(said->account_id),
		.quantity.micros = said->quantity_micros,
		.leaves.micros = said->leaves_micros,
		.kept_place = said->kept_place,
		.tif = (enum book_tif)said->time_in_force,
		.expires_at = said->expires_at_micros,
	};
}

static struct book_prevented prevented(const BOOKS(SelfTradePrevented) * said)
{
	return (struct book_prevented){
		.account = book_wire_fact_id(said->account_id),
		.quantity.micros = said->quantity_micros,
		.maker = book_wire_fact_id(said->maker_order_id),
		.maker_leaves.micros = said->maker_leaves_micros,
		.taker = book_wire_fact_id(said->taker_order_id),
		.taker_leaves.micros = said->taker_leaves_micros,
	};
}

static struct book_completed completed(const BOOKS(OrderCompleted) * said)
{
	return (struct book_completed){
		.id = book_wire_fact_id(said->order_id),
		.account = book_wire_fact_id(said->account_id),
		.dropped.micros = said->dropped_micros,
	};
}

static struct book_auction_held auction_held(const BOOKS(AuctionHeld) * said)
{
	return (struct book_auction_held){
		.kind = (enum book_auction_kind)said->kind,
		.result = { .price.micros = said->price_micros,
			    .volume.micros = said->volume_micros,
			    .imbalance.micros = said->imbalance_micros,
			    .imbalance_side = (enum book_side)said->imbalance_side },
	};
}

static struct book_imbalance imbalance(const BOOKS(ImbalanceChanged) * said)
{
	return (struct book_imbalance){
		.kind = (enum book_auction_kind)said->kind,
		.result = { .price.micros = said->price_micros,
			    .volume.micros = said->volume_micros,
			    .imbalance.micros = said->imbalance_micros,
			    .imbalance_side = (enum book_side)said->imbalance_side },
		.at = said->at_micros,
	};
}

static struct book_trail_moved trail_moved(const BOOKS(TrailMoved) * said)
{
	return (struct book_trail_moved){
		.side = (enum book_side)said->side,
		.best.micros = said->best_price_micros,
	};
}

/* False: a fact that changes no book. */
static bool event_of(const struct bus_fact *fact, struct book_event *event)
{
	event->kind = (enum book_event_kind)fact->type;
	switch ((BOOKS(BookEvent__EventCase))fact->type) {
	case BOOK_FACT(ORDER_ADDED):
		event->added = added(fact->message);
		return true;
	case BOOK_FACT(EXECUTED):
		event->executed = executed(fact->message);
		return true;
	case BOOK_FACT(ORDER_REDUCED):
		event->reduced = reduced(fact->message);
		return true;
	case BOOK_FACT(ORDER_REMOVED):
		event->removed = removed(fact->message);
		return true;
	case BOOK_FACT(ORDER_REJECTED):
		event->rejected = rejected(fact->message);
		return true;
	case BOOK_FACT(TRADING_STATE_CHANGED):
		event->trading = trading_changed(fact->message);
		return true;
	case BOOK_FACT(ORDER_TRIGGERED):
		event->triggered = triggered(fact->message);
		return true;
	case BOOK_FACT(ORDER_REPLACED):
		event->replaced = replaced(fact->message);
		return true;
	case BOOK_FACT(SELF_TRADE_PREVENTED):
		event->prevented = prevented(fact->message);
		return true;
	case BOOK_FACT(ORDER_COMPLETED):
		event->completed = completed(fact->message);
		return true;
	case BOOK_FACT(AUCTION_HELD):
		event->auction = auction_held(fact->message);
		return true;
	case BOOK_FACT(IMBALANCE_CHANGED):
		event->imbalance = imbalance(fact->message);
		return true;
	case BOOK_FACT(TRAIL_MOVED):
		event->trail = trail_moved(fact->message);
		return true;
	case BOOK_FACT(PARKED):
	case BOOK_FACT(REQUEST_REJECTED):
	case BOOK_FACT(TOP_OF_BOOK_CHANGED):
	case BOOK_FACT_NONE:
	case BOOK_FACT_ENUM_WIDTH:
		break;
	}
	return false;
}

void book_evolve(void *state, const struct bus_fact *fact)
{
	struct book_event event;

	if (!event_of(fact, &event))
		return;
	/* Before there were auctions, orders that both rested met at the end of a halt. */
	if (event.kind == BOOK_EXECUTED && !event.executed.auction)
		event.executed.auction =
			book_find(book_state_find(state, fact->key), event.executed.taker) != NULL;
	book_state_apply(state, fact->key, &event);
	if (event.kind == BOOK_EXECUTED)
		book_state_trade(state, fact);
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
	answer.liquidity = said->auction ? BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_AUCTION
			   : maker	 ? BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_MAKER
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

/* The fact itself is the answer. */
static void answer_same(struct bus_reactions *out, const char *account, const struct bus_fact *fact)
{
	bus_react(out, BOOK_ANSWERS, account, fact->message);
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
		answer_same(out, ((const BOOKS(OrderRejected) *)fact->message)->account_id, fact);
		break;
	case BOOK_FACT(REQUEST_REJECTED):
		answer_same(out, ((const BOOKS(RequestRejected) *)fact->message)->account_id, fact);
		break;
	case BOOK_FACT(ORDER_TRIGGERED):
		answer_same(out, ((const BOOKS(OrderTriggered) *)fact->message)->account_id, fact);
		break;
	case BOOK_FACT(ORDER_REPLACED):
		answer_same(out, ((const BOOKS(OrderReplaced) *)fact->message)->account_id, fact);
		break;
	case BOOK_FACT(SELF_TRADE_PREVENTED):
		answer_same(out, ((const BOOKS(SelfTradePrevented) *)fact->message)->account_id,
			    fact);
		break;
	case BOOK_FACT(ORDER_COMPLETED):
		answer_same(out, ((const BOOKS(OrderCompleted) *)fact->message)->account_id, fact);
		break;
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
