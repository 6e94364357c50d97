/*
 * Events as facts, see book_tell.h: field by field, and nothing is computed here. A new kind of
 * event is a case of the switch at the end.
 */
#include "book_tell.h"

#define SIDE(side) ((ORDERS(Side))(side))

static char *symbol_of(const struct book_telling *t)
{
	return (char *)(uintptr_t)t->input->key;
}

static char *unconst(const char *text)
{
	return (char *)(uintptr_t)text;
}

static char *order_text(const struct book_telling *t, struct bus_id id)
{
	return t->order_text != NULL && bus_id_equal(id, t->order_id) ? t->order_text
								      : bus_facts_id(t->facts, id);
}

static char *account_text(const struct book_telling *t, struct bus_id id)
{
	return t->account_text != NULL && bus_id_equal(id, t->account_id)
		       ? t->account_text
		       : bus_facts_id(t->facts, id);
}

static void tell_added(const struct book_telling *t, const struct book_added *said)
{
	BOOKS(OrderAdded) *fact = bus_fact_add(t->facts, BOOKS_D(order_added));

	fact->symbol = symbol_of(t);
	fact->order_id = order_text(t, said->id);
	fact->account_id = account_text(t, said->account);
	fact->side = SIDE(said->side);
	fact->type = (ORDERS(OrderType))said->type;
	fact->time_in_force = (ORDERS(TimeInForce))said->tif;
	fact->price_micros = said->price.micros;
	fact->quantity_micros = said->quantity.micros;
	fact->leaves_micros = said->leaves.micros;
	fact->post_only = said->post_only;
	fact->self_trade_prevention = (ORDERS(SelfTradePrevention))said->stp;
	fact->added_at_micros = said->added_at;
	fact->queue = (BOOKS(Queue))said->queue;
	fact->stop_price_micros = said->stop.micros;
	fact->trail_price_micros = said->trail.micros;
	fact->trail_percent_micros = said->trail_percent;
	if (book_wire_id_given(said->sibling))
		fact->sibling_order_id = bus_facts_id(t->facts, said->sibling);
	fact->expires_at_micros = said->expires_at;
	fact->prevented_micros = said->prevented.micros;
	fact->best_price_micros = said->best.micros;
}

static void tell_executed(const struct book_telling *t, const struct book_executed *said)
{
	BOOKS(Executed) *fact = bus_fact_add(t->facts, BOOKS_D(executed));

	fact->symbol = symbol_of(t);
	fact->trade_id = bus_facts_id(t->facts, bus_facts_step_id(t->facts, said->n));
	fact->quantity_micros = said->quantity.micros;
	fact->price_micros = said->price.micros;
	fact->maker_order_id = order_text(t, said->maker);
	fact->maker_account_id = account_text(t, said->maker_account);
	fact->maker_side = SIDE(said->maker_side);
	fact->maker_leaves_micros = said->maker_leaves.micros;
	fact->taker_order_id = order_text(t, said->taker);
	fact->taker_account_id = account_text(t, said->taker_account);
	fact->taker_side = SIDE(book_opposite(said->maker_side));
	fact->taker_leaves_micros = said->taker_leaves.micros;
	fact->executed_at_micros = said->at;
	fact->auction = said->auction;
}

static void tell_reduced(const struct book_telling *t, const struct book_reduced *said)
{
	BOOKS(OrderReduced) *fact = bus_fact_add(t->facts, BOOKS_D(order_reduced));

	fact->symbol = symbol_of(t);
	fact->order_id = order_text(t, said->id);
	fact->account_id = account_text(t, said->account);
	fact->side = SIDE(said->side);
	fact->price_micros = said->price.micros;
	fact->by_micros = said->by.micros;
	fact->leaves_micros = said->leaves.micros;
	if (said->requested)
		fact->request_id = t->request_id;
}

static void tell_removed(const struct book_telling *t, const struct book_removed *said)
{
	BOOKS(OrderRemoved) *fact = bus_fact_add(t->facts, BOOKS_D(order_removed));

	fact->symbol = symbol_of(t);
	fact->order_id = order_text(t, said->id);
	fact->account_id = account_text(t, said->account);
	fact->side = SIDE(said->side);
	fact->price_micros = said->price.micros;
	fact->canceled_micros = said->canceled.micros;
	fact->reason = (ORDERS(CancelReason))said->reason;
	fact->rested = said->rested;
	if (said->requested)
		fact->request_id = t->request_id;
}

static void tell_order_rejected(const struct book_telling *t, const struct book_rejected *said)
{
	BOOKS(OrderRejected) *fact = bus_fact_add(t->facts, BOOKS_D(order_rejected));

	fact->symbol = symbol_of(t);
	fact->order_id = order_text(t, said->id);
	fact->account_id = account_text(t, said->account);
	fact->reason = (ORDERS(RejectReason))said->reason;
	fact->text = unconst(said->text);
}

void book_tell_rejected(const struct book_telling *t, enum book_reject reason, const char *text)
{
	tell_order_rejected(t, &(struct book_rejected){ .id = t->order_id,
							.account = t->account_id,
							.reason = reason,
							.text = text });
}

static BOOKS(RequestKind) request_kind(enum book_command_kind kind)
{
	switch (kind) {
	case BOOK_CANCEL:
		return BOURSE__BOOKS__V1__REQUEST_KIND__REQUEST_KIND_CANCEL;
	case BOOK_DECREASE:
		return BOURSE__BOOKS__V1__REQUEST_KIND__REQUEST_KIND_DECREASE;
	case BOOK_REPLACE:
		return BOURSE__BOOKS__V1__REQUEST_KIND__REQUEST_KIND_REPLACE;
	case BOOK_NEW:
	case BOOK_TRADING:
	case BOOK_ACTION:
		break;
	}
	bus_assert(false);
	return BOURSE__BOOKS__V1__REQUEST_KIND__REQUEST_KIND_UNSPECIFIED;
}

/* The order as the request wrote it: there may be none of that id. */
void book_tell_refused(const struct book_telling *t, enum book_command_kind kind,
		       enum book_reject reason, const char *text)
{
	BOOKS(RequestRejected) *fact = bus_fact_add(t->facts, BOOKS_D(request_rejected));

	fact->symbol = symbol_of(t);
	fact->order_id = t->order_text;
	fact->account_id = t->account_text;
	fact->request_id = t->request_id;
	fact->kind = request_kind(kind);
	fact->reason = (ORDERS(RejectReason))reason;
	fact->text = unconst(text);
}

static void tell_trading(const struct book_telling *t, const struct book_trading_changed *said)
{
	BOOKS(TradingStateChanged) *fact = bus_fact_add(t->facts, BOOKS_D(trading_state_changed));

	fact->symbol = symbol_of(t);
	fact->state = (BOOKS(TradingState))said->state;
	fact->session_date = said->session_date;
	if (t->text != NULL)
		fact->text = t->text;
	fact->actions = said->actions;
	fact->reset = said->reset;
}

static void tell_top(const struct book_telling *t, const struct book_top_changed *said)
{
	BOOKS(TopOfBookChanged) *fact = bus_fact_add(t->facts, BOOKS_D(top_of_book_changed));

	fact->symbol = symbol_of(t);
	fact->bid_price_micros = said->bid.micros;
	fact->bid_quantity_micros = said->bid_quantity.micros;
	fact->ask_price_micros = said->ask.micros;
	fact->ask_quantity_micros = said->ask_quantity.micros;
}

static void tell_triggered(const struct book_telling *t, const struct book_triggered *said)
{
	BOOKS(OrderTriggered) *fact = bus_fact_add(t->facts, BOOKS_D(order_triggered));

	fact->symbol = symbol_of(t);
	fact->order_id = order_text(t, said->id);
	fact->account_id = account_text(t, said->account);
	fact->side = SIDE(said->side);
	fact->stop_price_micros = said->stop.micros;
	fact->last_price_micros = said->last.micros;
	fact->rested = said->rested;
	fact->leaves_micros = said->leaves.micros;
}

static void tell_replaced(const struct book_telling *t, const struct book_replaced *said)
{
	BOOKS(OrderReplaced) *fact = bus_fact_add(t->facts, BOOKS_D(order_replaced));

	fact->symbol = symbol_of(t);
	fact->order_id = order_text(t, said->id);
	fact->account_id = account_text(t, said->account);
	fact->new_order_id = bus_facts_id(t->facts, said->new_id);
	fact->quantity_micros = said->quantity.micros;
	fact->leaves_micros = said->leaves.micros;
	fact->kept_place = said->kept_place;
	fact->time_in_force = (ORDERS(TimeInForce))said->tif;
	fact->expires_at_micros = said->expires_at;
}

static void tell_prevented(const struct book_telling *t, const struct book_prevented *said)
{
	BOOKS(SelfTradePrevented) *fact = bus_fact_add(t->facts, BOOKS_D(self_trade_prevented));

	fact->symbol = symbol_of(t);
	fact->account_id = account_text(t, said->account);
	fact->quantity_micros = said->quantity.micros;
	fact->maker_order_id = order_text(t, said->maker);
	fact->maker_leaves_micros = said->maker_leaves.micros;
	fact->taker_order_id = order_text(t, said->taker);
	fact->taker_leaves_micros = said->taker_leaves.micros;
}

static void tell_completed(const struct book_telling *t, const struct book_completed *said)
{
	BOOKS(OrderCompleted) *fact = bus_fact_add(t->facts, BOOKS_D(order_completed));

	fact->symbol = symbol_of(t);
	fact->order_id = order_text(t, said->id);
	fact->account_id = account_text(t, said->account);
	fact->dropped_micros = said->dropped.micros;
}

static void tell_auction(const struct book_telling *t, const struct book_auction_held *said)
{
	BOOKS(AuctionHeld) *fact = bus_fact_add(t->facts, BOOKS_D(auction_held));

	fact->symbol = symbol_of(t);
	fact->kind = (BOOKS(AuctionKind))said->kind;
	fact->price_micros = said->result.price.micros;
	fact->volume_micros = said->result.volume.micros;
	fact->imbalance_micros = said->result.imbalance.micros;
	fact->imbalance_side = SIDE(said->result.imbalance_side);
}

static void tell_imbalance(const struct book_telling *t, const struct book_imbalance *said)
{
	BOOKS(ImbalanceChanged) *fact = bus_fact_add(t->facts, BOOKS_D(imbalance_changed));

	fact->symbol = symbol_of(t);
	fact->kind = (BOOKS(AuctionKind))said->kind;
	fact->price_micros = said->result.price.micros;
	fact->volume_micros = said->result.volume.micros;
	fact->imbalance_micros = said->result.imbalance.micros;
	fact->imbalance_side = SIDE(said->result.imbalance_side);
	fact->at_micros = said->at;
}

static void tell_trail(const struct book_telling *t, const struct book_trail_moved *said)
{
	BOOKS(TrailMoved) *fact = bus_fact_add(t->facts, BOOKS_D(trail_moved));

	fact->symbol = symbol_of(t);
	fact->side = SIDE(said->side);
	fact->best_price_micros = said->best.micros;
}

void book_tell(const struct book_telling *t, const struct book_event *event)
{
	switch (event->kind) {
	case BOOK_ADDED:
		tell_added(t, &event->added);
		break;
	case BOOK_EXECUTED:
		tell_executed(t, &event->executed);
		break;
	case BOOK_REDUCED:
		tell_reduced(t, &event->reduced);
		break;
	case BOOK_REMOVED:
		tell_removed(t, &event->removed);
		break;
	case BOOK_REJECTED:
		tell_order_rejected(t, &event->rejected);
		break;
	case BOOK_REQUEST_REJECTED:
		book_tell_refused(t, event->request_rejected.kind, event->request_rejected.reason,
				  event->request_rejected.text);
		break;
	case BOOK_TRADING_CHANGED:
		tell_trading(t, &event->trading);
		break;
	case BOOK_TOP_CHANGED:
		tell_top(t, &event->top);
		break;
	case BOOK_TRIGGERED:
		tell_triggered(t, &event->triggered);
		break;
	case BOOK_REPLACED:
		tell_replaced(t, &event->replaced);
		break;
	case BOOK_PREVENTED:
		tell_prevented(t, &event->prevented);
		break;
	case BOOK_COMPLETED:
		tell_completed(t, &event->completed);
		break;
	case BOOK_AUCTION_HELD:
		tell_auction(t, &event->auction);
		break;
	case BOOK_IMBALANCE:
		tell_imbalance(t, &event->imbalance);
		break;
	case BOOK_TRAIL_MOVED:
		tell_trail(t, &event->trail);
		break;
	}
}
