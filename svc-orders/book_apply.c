/*
 * The only code that changes a book: the events carry results, so that nothing is matched here.
 * They are enough to build the book anew.
 */
#include "book_engine.h"

static struct book_order *must_find(const struct book *book, struct bus_id id)
{
	struct book_order *order = book_find(book, id);

	bus_assert(order != NULL);
	return order;
}

static void tell_changed(struct book *book, struct book_order *order)
{
	if (book->watch != NULL && book->watch->changed != NULL)
		book->watch->changed(book->watch->arg, book, order);
}

static void tell_gone(struct book *book, struct book_order *order)
{
	if (book->watch != NULL && book->watch->gone != NULL)
		book->watch->gone(book->watch->arg, book, order);
}

static void take_out(struct book *book, struct book_order *order)
{
	tell_gone(book, order);
	book_remove(book, order);
}

/* Down to `leaves`, and out at 0. */
static void reduce_to(struct book *book, struct book_order *order, struct bus_quantity leaves)
{
	if (leaves.micros == 0) {
		take_out(book, order);
		return;
	}
	book_reduce(book, order, (struct bus_quantity){ order->leaves.micros - leaves.micros });
	tell_changed(book, order);
}

/* In hand ///////////////////////////////////////////////////////////////////////////////////// */

static bool in_hand(const struct book *book, struct bus_id id)
{
	const struct book_hand *hand = &book->status.hand;

	return hand->leaves.micros > 0 && book_id_equal(&hand->id, &id);
}

static void empty_hand(struct book *book, struct bus_id id)
{
	if (in_hand(book, id))
		book->status.hand.leaves.micros = 0;
}

/* What is in hand of this order, which came with this input when nothing was. */
static struct book_hand *hand_of(struct book *book, struct bus_id id)
{
	struct book_hand *hand = &book->status.hand;

	if (!in_hand(book, id))
		*hand = (struct book_hand){ .id = id };
	return hand;
}

/* A resting order is in hand now. */
static void take_in_hand(struct book *book, struct book_order *order)
{
	book->status.hand = (struct book_hand){
		.id = order->id,
		.leaves = order->leaves,
		.quantity = order->quantity,
		.known = true,
		.post_only = order->post_only,
		.stp = order->stp,
		.side = order->side,
		.type = order->type,
		.tif = order->tif,
		.account = order->account,
		.limit = order->price,
		.expires_at = order->expires_at,
	};
	if (order->extra != NULL)
		book->status.hand.sibling = order->extra->sibling;
	take_out(book, order);
}

/* Events ////////////////////////////////////////////////////////////////////////////////////// */

static void added(struct book *book, const struct book_added *event)
{
	struct book_order *order = book_add(
		book, &(struct book_new){
			      .id = event->id,
			      .account = event->account,
			      .price = event->price,
			      .quantity.micros = event->quantity.micros - event->prevented.micros,
			      .leaves = event->leaves,
			      .side = event->side,
			      .tif = event->tif,
			      .queue = event->queue,
			      .type = event->type,
			      .stp = event->stp,
			      .post_only = event->post_only,
			      .added_at = event->added_at,
			      .expires_at = event->expires_at,
			      .sibling = event->sibling,
			      .stop = event->stop,
			      .trail = event->trail,
			      .best = event->best,
			      .trail_percent = event->trail_percent,
		      });

	empty_hand(book, event->id);
	tell_changed(book, order);
}

static void executed(struct book *book, const struct book_executed *event)
{
	struct book_hand *hand;
	struct bus_money cost;

	book->status.last_price = event->price;
	reduce_to(book, must_find(book, event->maker), event->maker_leaves);
	if (event->auction) {
		reduce_to(book, must_find(book, event->taker), event->taker_leaves);
		return;
	}
	if (event->taker_leaves.micros == 0) {
		empty_hand(book, event->taker);
		return;
	}
	hand = hand_of(book, event->taker);
	hand->leaves = event->taker_leaves;
	/* Only an order by notional needs it, and what that can pay for fits. */
	if (bus_notional_down(event->price, event->quantity, &cost) &&
	    !bus_money_add(hand->spent, cost, &hand->spent))
		hand->spent.micros = INT64_MAX;
}

static void prevented(struct book *book, const struct book_prevented *event)
{
	struct book_order *maker = must_find(book, event->maker);
	struct book_hand *hand;

	if (event->maker_leaves.micros > 0)
		maker->quantity.micros -= event->quantity.micros;
	reduce_to(book, maker, event->maker_leaves);
	if (event->taker_leaves.micros == 0) {
		empty_hand(book, event->taker);
		return;
	}
	hand = hand_of(book, event->taker);
	hand->leaves = event->taker_leaves;
	hand->prevented.micros += event->quantity.micros;
}

static void reduced(struct book *book, const struct book_reduced *event)
{
	struct book_order *order = book_find(book, event->id);

	/* The second of two siblings, on its way in: what follows says it again. */
	if (order == NULL)
		return;
	order->quantity.micros -= event->by.micros;
	reduce_to(book, order, event->leaves);
}

static void removed(struct book *book, const struct book_removed *event)
{
	if (event->rested)
		take_out(book, must_find(book, event->id));
	else
		empty_hand(book, event->id);
}

/* It is no stop any more: whatever else its step does, it goes on as what it has become. */
static void triggered(struct book *book, const struct book_triggered *event)
{
	struct book_hand *hand = &book->status.hand;

	if (event->rested)
		take_in_hand(book, must_find(book, event->id));
	else if (!in_hand(book, event->id))
		*hand = (struct book_hand){
			.id = event->id,
			.leaves = event->leaves,
			.quantity = event->leaves,
		};
	/* It went with the election. */
	hand->sibling = (struct bus_id){ { 0 } };
}

/* The sibling goes by the new id from now on. */
static void rename_in_sibling(struct book *book, const struct book_order *order, struct bus_id id)
{
	struct book_order *sibling = book_sibling(book, order);

	if (sibling == NULL)
		return;
	sibling->extra->sibling = id;
	tell_changed(book, sibling);
}

static void replaced(struct book *book, const struct book_replaced *event)
{
	struct book_order *order = must_find(book, event->id);
	struct book_hand *hand = &book->status.hand;

	if (event->leaves.micros == 0) {
		take_out(book, order);
		return;
	}
	rename_in_sibling(book, order, event->new_id);
	if (!event->kept_place) {
		take_in_hand(book, order);
		hand->id = event->new_id;
		hand->leaves = event->leaves;
		hand->quantity = event->quantity;
		hand->tif = event->tif;
		hand->expires_at = event->expires_at;
		return;
	}
	tell_gone(book, order);
	book_rename(book, order, event->new_id);
	if (event->leaves.micros < order->leaves.micros)
		book_reduce(book, order,
			    (struct bus_quantity){ order->leaves.micros - event->leaves.micros });
	order->quantity = event->quantity;
	order->tif = (uint8_t)event->tif;
	order->expires_at = event->expires_at;
	tell_changed(book, order);
}

static void trading_changed(struct book *book, const struct book_trading_changed *event)
{
	struct book_status *status = &book->status;

	status->trading = event->state;
	status->session_date = event->session_date;
	status->actions = event->actions;
	status->auction = BOOK_NO_AUCTION;
	status->auction_price.micros = 0;
	status->imbalance = (struct book_auction_result){ .imbalance_side = 0 };
	status->imbalance_at = 0;
	if (event->reset)
		status->last_price.micros = 0;
	switch (event->state) {
	case BOOK_OPEN:
		status->opening_held = true;
		break;
	case BOOK_CLOSED:
	case BOOK_OPENING_AUCTION:
		status->opening_held = false;
		break;
	case BOOK_UNHEARD:
	case BOOK_HALTED:
	case BOOK_CLOSING_AUCTION:
		break;
	}
}

static void trail_moved(struct book *book, const struct book_trail_moved *event)
{
	bool buys = event->side == BOOK_BUY;
	struct book_order *order = buys ? book->trailing_buys : book->trailing_sells;

	for (; order != NULL; order = order->extra->next_trail) {
		if (buys ? order->extra->best.micros <= event->best.micros
			 : order->extra->best.micros >= event->best.micros)
			continue;
		book_trail(book, order, event->best);
		tell_changed(book, order);
	}
}

void book_apply(struct book *book, const struct book_event *event)
{
	switch (event->kind) {
	case BOOK_ADDED:
		added(book, &event->added);
		break;
	case BOOK_EXECUTED:
		executed(book, &event->executed);
		break;
	case BOOK_REDUCED:
		reduced(book, &event->reduced);
		break;
	case BOOK_REMOVED:
		removed(book, &event->removed);
		break;
	case BOOK_REJECTED:
		empty_hand(book, event->rejected.id);
		break;
	case BOOK_TRADING_CHANGED:
		trading_changed(book, &event->trading);
		break;
	case BOOK_TRIGGERED:
		triggered(book, &event->triggered);
		break;
	case BOOK_REPLACED:
		replaced(book, &event->replaced);
		break;
	case BOOK_PREVENTED:
		prevented(book, &event->prevented);
		break;
	case BOOK_COMPLETED:
		empty_hand(book, event->completed.id);
		break;
	case BOOK_AUCTION_HELD:
		book->status.auction = event->auction.kind;
		book->status.auction_price = event->auction.result.price;
		break;
	case BOOK_IMBALANCE:
		book->status.imbalance = event->imbalance.result;
		book->status.imbalance_at = event->imbalance.at;
		break;
	case BOOK_TRAIL_MOVED:
		trail_moved(book, &event->trail);
		break;
	case BOOK_REQUEST_REJECTED:
	case BOOK_TOP_CHANGED:
		break;
	}
}
