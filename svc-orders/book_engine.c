/*
 * One step of a book, see book_engine.h. What an input has left undone is done first: an order in
 * hand, an auction, a stop that is to be elected. Only then the command speaks, so it speaks once.
 */
#include "book_engine.h"

#include <assert.h>

#include "book_plan.h"

static_assert(BOOK_STEP_EVENTS >= 3 * BOOK_STEP_TRADES + 16, "a trade with its siblings");
static_assert(BOOK_STEP_EVENTS >= 2 * BOOK_STEP_EXPIRED + 16, "an expired order with its sibling");

static bool is_stop(const struct book_incoming *incoming)
{
	return incoming->type == BOOK_STOP || incoming->type == BOOK_STOP_LIMIT ||
	       incoming->type == BOOK_TRAILING_STOP;
}

/* The end of a step of which the last order has `answer`. */
static enum book_answer finish(struct book_plan *plan, enum book_answer answer)
{
	enum book_trading trading = plan->book->status.trading;

	book_plan_trail(plan);
	if (book_state_gathers(trading))
		book_plan_imbalance(plan);
	book_plan_top(plan);
	if (answer == BOOK_DONE && book_state_trades(trading) && book_plan_elects(plan))
		return BOOK_AGAIN;
	return answer;
}

/* Into the book /////////////////////////////////////////////////////////////////////////////// */

/* An order on its way in, and what goes with it when it is refused. */
struct entry {
	struct book_plan *plan;
	struct book_incoming *incoming;
	bool replaces;
};

static void end_sibling(struct entry *entry)
{
	const struct book_order *pair = entry->incoming->pair;

	if (pair == NULL)
		return;
	book_plan_removed(entry->plan, pair, pair->leaves, BOOK_CANCEL_OCO, false);
	book_plan_change(entry->plan, pair, pair->leaves);
	entry->incoming->pair = NULL;
	entry->incoming->sibling = (struct bus_id){ { 0 } };
}

static enum book_answer refuse(struct entry *entry, enum book_reject reason, const char *text)
{
	book_plan_event(entry->plan, BOOK_REJECTED)->rejected = (struct book_rejected){
		.id = entry->incoming->id,
		.account = entry->incoming->account,
		.reason = reason,
		.text = text,
	};
	end_sibling(entry);
	return BOOK_DONE;
}

static enum book_answer enter_closed(struct entry *entry)
{
	book_plan_ended(entry->plan, entry->incoming, BOOK_CANCEL_SESSION_CLOSE);
	end_sibling(entry);
	return BOOK_DONE;
}

static enum book_answer enter_auction(struct entry *entry)
{
	const struct book_status *status = &entry->plan->book->status;
	bool opening = entry->incoming->tif == BOOK_OPG;

	if (opening && status->opening_held)
		return refuse(entry, BOOK_REJECT_AUCTION_OVER, "the opening auction has been held");
	if (entry->incoming->limit.micros == 0)
		return refuse(entry, BOOK_REJECT_INVALID_PRICE, "an order that waits has a price");
	book_plan_added(entry->plan, entry->incoming, opening ? BOOK_OPENING : BOOK_CLOSING);
	return BOOK_DONE;
}

/* While orders gather. */
static enum book_answer enter_gathering(struct entry *entry)
{
	const struct book_incoming *incoming = entry->incoming;
	enum book_queue queue = BOOK_VISIBLE;

	if (incoming->tif == BOOK_IOC || incoming->tif == BOOK_FOK || incoming->post_only ||
	    incoming->by_notional)
		return refuse(entry, BOOK_REJECT_HALTED,
			      "trading is halted, and this order cannot wait");
	if (incoming->limit.micros == 0)
		return refuse(entry, BOOK_REJECT_INVALID_PRICE, "an order that waits has a price");
	if (incoming->type == BOOK_MARKET)
		queue = entry->plan->book->status.trading == BOOK_CLOSING_AUCTION ? BOOK_CLOSING
										  : BOOK_OPENING;
	book_plan_added(entry->plan, incoming, queue);
	return BOOK_DONE;
}

static enum book_answer enter_trading(struct entry *entry)
{
	const struct book *book = entry->plan->book;

	if (entry->incoming->post_only && book_would_take(book, entry->incoming))
		return refuse(entry, BOOK_REJECT_WOULD_TAKE,
			      "the order is post-only and would have traded");
	if (entry->incoming->tif == BOOK_FOK && !book_takes_whole(book, entry->incoming)) {
		book_plan_ended(entry->plan, entry->incoming, BOOK_CANCEL_FOK);
		end_sibling(entry);
		return BOOK_DONE;
	}
	return book_take(entry->plan, entry->incoming);
}

/* Where a trailing stop begins; false: nowhere. */
static bool begin_trail(struct entry *entry, struct bus_price reference)
{
	struct book_incoming *incoming = entry->incoming;
	struct bus_price last = entry->plan->book->status.last_price;

	incoming->best = last.micros != 0 ? last : reference;
	if (incoming->best.micros <= 0)
		return false;
	incoming->stop = book_trail_stop(incoming->side, incoming->best, incoming->trail,
					 incoming->trail_percent);
	return true;
}

/* A stop no more, and no sibling: both end with the election. */
static void now_elected(struct book_incoming *incoming, struct bus_quantity quantity)
{
	incoming->stop = incoming->trail = incoming->best = (struct bus_price){ 0 };
	incoming->trail_percent = 0;
	incoming->sibling = (struct bus_id){ { 0 } };
	incoming->quantity = quantity;
}

static enum book_answer enter_stop(struct entry *entry)
{
	struct book_plan *plan = entry->plan;
	const struct book_status *status = &plan->book->status;
	struct book_incoming *incoming = entry->incoming;

	if (!book_state_trades(status->trading) ||
	    !book_elects(incoming->side, incoming->stop, status->last_price)) {
		book_plan_added(plan, incoming, BOOK_STOPS);
		return BOOK_DONE;
	}
	book_plan_triggered(plan, incoming, false);
	end_sibling(entry);
	now_elected(incoming, incoming->quantity);
	return enter_trading(entry);
}

/* The second of two siblings: no more of it is wanted than is left of the first. */
static bool bound_by_sibling(struct entry *entry)
{
	struct book_incoming *incoming = entry->incoming;
	struct bus_quantity over;

	if (incoming->pair == NULL) {
		book_plan_ended(entry->plan, incoming, BOOK_CANCEL_OCO);
		return false;
	}
	over.micros = incoming->leaves.micros - incoming->pair->leaves.micros;
	if (over.micros <= 0)
		return true;
	incoming->leaves = incoming->quantity = incoming->pair->leaves;
	book_plan_event(entry->plan, BOOK_REDUCED)->reduced = (struct book_reduced){
		.id = incoming->id,
		.account = incoming->account,
		.side = incoming->side,
		.price = incoming->limit,
		.by = over,
		.leaves = incoming->leaves,
	};
	return true;
}

static enum book_answer enter(struct entry *entry, struct bus_price reference)
{
	const struct book_incoming *incoming = entry->incoming;
	enum book_trading trading = entry->plan->book->status.trading;

	if (trading == BOOK_CLOSED)
		return enter_closed(entry);
	if (incoming->type == BOOK_TRAILING_STOP && !begin_trail(entry, reference))
		return refuse(entry, BOOK_REJECT_NO_REFERENCE_PRICE,
			      "a trailing stop needs a price to begin at");
	if (is_stop(incoming)) {
		if (!entry->replaces && !book_id_none(incoming->sibling) &&
		    !bound_by_sibling(entry))
			return BOOK_DONE;
		return enter_stop(entry);
	}
	if (incoming->tif == BOOK_OPG || incoming->tif == BOOK_CLS)
		return enter_auction(entry);
	if (book_state_gathers(trading))
		return enter_gathering(entry);
	return enter_trading(entry);
}

/* New orders ////////////////////////////////////////////////////////////////////////////////// */

static struct book_incoming incoming_of(const struct book_order_command *command)
{
	return (struct book_incoming){
		.id = command->id,
		.account = command->account,
		.sibling = command->sibling,
		.side = command->side,
		.type = command->type,
		.tif = command->tif,
		.stp = command->stp,
		.post_only = command->post_only,
		.quantity = command->quantity,
		.leaves = command->quantity,
		.limit = command->limit,
		.stop = command->stop,
		.trail = command->trail,
		.trail_percent = command->trail_percent,
		.expires_at = command->expires_at,
		.by_notional = command->notional.micros > 0,
		.notional = command->notional,
		.increment = command->increment,
	};
}

/* The sibling of a new order: it rests, and names it. */
static const struct book_order *sibling_of(const struct book *book,
					   const struct book_incoming *incoming)
{
	const struct book_order *sibling;

	if (book_id_none(incoming->sibling))
		return NULL;
	sibling = book_find(book, incoming->sibling);
	if (sibling == NULL || sibling->extra == NULL || sibling->side != incoming->side ||
	    (sibling->queue == BOOK_STOPS) == is_stop(incoming) ||
	    !bus_id_equal(sibling->extra->sibling, incoming->id) ||
	    !bus_id_equal(sibling->account, incoming->account))
		return NULL;
	return sibling;
}

static enum book_answer decide_new(struct book_plan *plan)
{
	const struct book_order_command *command = &plan->command->order;
	struct book_incoming incoming = incoming_of(command);
	struct entry entry = { .plan = plan, .incoming = &incoming };
	enum book_reject reason;
	const char *text;

	if (book_find(plan->book, command->id) != NULL)
		return BOOK_DUPLICATE;
	if (book_check_order(plan->book, command, &reason, &text))
		return refuse(&entry, reason, text);
	incoming.pair = sibling_of(plan->book, &incoming);
	return finish(plan, enter(&entry, command->reference));
}

/* Requests //////////////////////////////////////////////////////////////////////////////////// */

static enum book_answer refuse_request(struct book_plan *plan, struct bus_id id,
				       struct bus_id account, enum book_reject reason,
				       const char *text)
{
	book_plan_event(plan, BOOK_REQUEST_REJECTED)->request_rejected =
		(struct book_request_rejected){
			.id = id,
			.account = account,
			.kind = plan->command->kind,
			.reason = reason,
			.text = text,
		};
	return BOOK_DONE;
}

/* The order that a request names; NULL after answering that there is none. */
static const struct book_order *find_order(struct book_plan *plan, struct bus_id id,
					   struct bus_id account)
{
	const struct book_order *order = book_find(plan->book, id);

	if (order == NULL) {
		refuse_request(plan, id, account, BOOK_REJECT_TOO_LATE,
			       "the order is not in the book any more");
		return NULL;
	}
	if (!book_id_equal(&account, &order->account)) {
		refuse_request(plan, id, account, BOOK_REJECT_UNKNOWN_ORDER,
			       "the account has no order of that id");
		return NULL;
	}
	return order;
}

/* Those that wait in the stops are no part of the top. */
static enum book_answer finish_request(struct book_plan *plan)
{
	if (book_state_gathers(plan->book->status.trading))
		book_plan_imbalance(plan);
	book_plan_top(plan);
	return BOOK_DONE;
}

static enum book_answer decide_cancel(struct book_plan *plan)
{
	const struct book_request_command *command = &plan->command->request;
	const struct book_order *order = find_order(plan, command->id, command->account);

	if (order == NULL)
		return BOOK_DONE;
	book_plan_removed(plan, order, order->leaves, BOOK_CANCEL_REQUESTED, true);
	book_plan_change(plan, order, order->leaves);
	if (order->extra != NULL)
		book_plan_end_sibling(plan, order);
	return finish_request(plan);
}

static enum book_answer decide_decrease(struct book_plan *plan)
{
	const struct book_request_command *command = &plan->command->request;
	const struct book_order *order = find_order(plan, command->id, command->account);

	if (order == NULL)
		return BOOK_DONE;
	if (command->by.micros <= 0)
		return refuse_request(plan, command->id, command->account,
				      BOOK_REJECT_INVALID_QUANTITY,
				      "a decrease must be by more than 0");
	if (command->by.micros >= order->leaves.micros) {
		book_plan_removed(plan, order, order->leaves, BOOK_CANCEL_DECREASED, true);
		book_plan_change(plan, order, order->leaves);
		book_plan_end_sibling(plan, order);
	} else {
		book_plan_reduced(
			plan, order, command->by,
			(struct bus_quantity){ order->leaves.micros - command->by.micros }, true);
		book_plan_change(plan, order, command->by);
	}
	return finish_request(plan);
}

/* Replacing /////////////////////////////////////////////////////////////////////////////////// */

static bool same_stop(const struct book_order *order, const struct book_replace_command *command)
{
	const struct book_extra *extra = order->extra;

	if (order->queue != BOOK_STOPS)
		return true;
	if (order->type == BOOK_TRAILING_STOP)
		return extra->trail.micros == command->trail.micros &&
		       extra->trail_percent == command->trail_percent;
	return extra->stop.micros == command->stop.micros;
}

/* Whether both wait in the same queue. */
static bool same_wait(enum book_tif a, enum book_tif b)
{
	bool rests = (a == BOOK_DAY || a == BOOK_GTC) && (b == BOOK_DAY || b == BOOK_GTC);

	return rests || a == b;
}

static bool keeps_place(const struct book_order *order, const struct book_replace_command *command,
			struct bus_quantity leaves)
{
	return order->price.micros == command->limit.micros && same_stop(order, command) &&
	       same_wait(order->tif, command->tif) && leaves.micros <= order->leaves.micros;
}

static void tell_replaced(struct book_plan *plan, struct bus_quantity leaves, bool kept_place)
{
	const struct book_replace_command *command = &plan->command->replace;

	book_plan_event(plan, BOOK_REPLACED)->replaced = (struct book_replaced){
		.id = command->id,
		.new_id = command->new_id,
		.account = command->account,
		.quantity = command->quantity,
		.leaves = leaves,
		.kept_place = kept_place,
		.tif = command->tif,
		.expires_at = command->expires_at,
	};
}

static struct book_incoming replacement(const struct book_order *order,
					const struct book_replace_command *command,
					struct bus_quantity leaves)
{
	struct book_incoming incoming = {
		.id = command->new_id,
		.account = order->account,
		.side = order->side,
		.type = order->type,
		.tif = command->tif,
		.stp = order->stp,
		.post_only = order->post_only,
		.quantity = command->quantity,
		.leaves = leaves,
		.limit = command->limit,
		.expires_at = command->expires_at,
	};

	if (order->queue == BOOK_STOPS) {
		incoming.stop = command->stop;
		incoming.trail = command->trail;
		incoming.trail_percent = command->trail_percent;
	} else if (order->type == BOOK_STOP_LIMIT) {
		incoming.type = BOOK_LIMIT; /* it was elected */
	}
	return incoming;
}

/* The old order is out; the new one comes like any order. */
static enum book_answer replace_anew(struct book_plan *plan, const struct book_order *order,
				     struct bus_quantity leaves)
{
	struct book_incoming incoming = replacement(order, &plan->command->replace, leaves);
	struct entry entry = {
		.plan = plan,
		.incoming = &incoming,
		.replaces = true,
	};
	struct bus_price reference = { 0 };

	incoming.pair = book_sibling(plan->book, order);
	if (incoming.pair != NULL)
		incoming.sibling = incoming.pair->id;
	if (order->type == BOOK_TRAILING_STOP)
		reference = order->extra->best;
	tell_replaced(plan, leaves, false);
	plan->stops_gone += order->queue == BOOK_STOPS;
	book_plan_change(plan, order, order->leaves);
	return finish(plan, enter(&entry, reference));
}

static enum book_answer decide_replace(struct book_plan *plan)
{
	const struct book_replace_command *command = &plan->command->replace;
	const struct book_order *order;
	struct bus_quantity leaves;
	enum book_reject reason;
	const char *text;

	if (book_find(plan->book, command->new_id) != NULL)
		return BOOK_DUPLICATE;
	order = find_order(plan, command->id, command->account);
	if (order == NULL)
		return BOOK_DONE;
	if (book_check_replace(plan->book, order, command, &reason, &text))
		return refuse_request(plan, command->id, command->account, reason, text);
	leaves.micros = command->quantity.micros - (order->quantity.micros - order->leaves.micros);
	if (leaves.micros > 0 && !keeps_place(order, command, leaves))
		return replace_anew(plan, order, leaves);
	if (leaves.micros > 0) {
		tell_replaced(plan, leaves, true);
		book_plan_change(plan, order,
				 (struct bus_quantity){ order->leaves.micros - leaves.micros });
	} else {
		tell_replaced(plan, (struct bus_quantity){ 0 }, false);
		plan->out->at[plan->out->count - 1].replaced.quantity.micros -= leaves.micros;
		book_plan_change(plan, order, order->leaves);
		book_plan_end_sibling(plan, order);
	}
	return finish_request(plan);
}

/* Going on //////////////////////////////////////////////////////////////////////////////////// */

static struct book_incoming from_hand(const struct book_hand *hand)
{
	return (struct book_incoming){
		.id = hand->id,
		.account = hand->account,
		.sibling = hand->sibling,
		.side = hand->side,
		.type = hand->type,
		.tif = hand->tif,
		.stp = hand->stp,
		.post_only = hand->post_only,
		.quantity = hand->quantity,
		.limit = hand->limit,
		.expires_at = hand->expires_at,
	};
}

/* The order in hand: what the command says of it, or what it was when it rested. */
static enum book_answer go_on(struct book_plan *plan)
{
	const struct book_hand *hand = &plan->book->status.hand;
	const struct book_command *command = plan->command;
	struct book_incoming incoming;

	if (hand->known) {
		incoming = from_hand(hand);
		if (command->kind == BOOK_REPLACE &&
		    bus_id_equal(command->replace.new_id, hand->id))
			incoming.limit = command->replace.limit;
	} else {
		bus_assert(command->kind == BOOK_NEW && bus_id_equal(command->order.id, hand->id));
		incoming = incoming_of(&command->order);
		incoming.notional.micros -= hand->spent.micros;
		if (is_stop(&incoming))
			now_elected(&incoming, hand->quantity);
	}
	incoming.leaves = hand->leaves;
	incoming.prevented = hand->prevented;
	incoming.pair = sibling_of(plan->book, &incoming);
	return finish(plan, book_take(plan, &incoming));
}

static enum book_answer elect(struct book_plan *plan, const struct book_order *order)
{
	struct book_incoming incoming = {
		.id = order->id,
		.account = order->account,
		.side = order->side,
		.type = order->type,
		.tif = order->tif,
		.stp = order->stp,
		.quantity = order->quantity,
		.leaves = order->leaves,
		.limit = order->price,
		.stop = order->extra->stop,
		.expires_at = order->expires_at,
	};

	book_plan_triggered(plan, &incoming, true);
	incoming.stop.micros = 0;
	book_plan_end_sibling(plan, order);
	return finish(plan, book_take(plan, &incoming));
}

/* Of the market's facts, whoever goes on knows by the state. */
static enum book_answer finish_trading(struct book_plan *plan, enum book_answer answer)
{
	book_plan_trail(plan);
	book_plan_top(plan);
	return answer;
}

enum book_answer book_decide(const struct book *book, const struct book_command *command,
			     struct book_events *out)
{
	const struct book_order *elected;
	struct book_plan plan;

	bus_assert(out->capacity >= BOOK_STEP_EVENTS);
	out->count = 0;
	book_plan_begin(&plan, book, command, out);
	if (book->status.hand.leaves.micros > 0)
		return go_on(&plan);
	if (book->status.auction == BOOK_NO_AUCTION) {
		elected = book_elected(book);
		if (elected != NULL)
			return elect(&plan, elected);
	}
	switch (command->kind) {
	case BOOK_NEW:
		return decide_new(&plan);
	case BOOK_CANCEL:
		return decide_cancel(&plan);
	case BOOK_DECREASE:
		return decide_decrease(&plan);
	case BOOK_REPLACE:
		return decide_replace(&plan);
	case BOOK_TRADING:
		return finish_trading(&plan, book_decide_trading(&plan));
	case BOOK_ACTION:
		return finish_trading(&plan, book_decide_action(&plan));
	}
	return BOOK_DONE;
}
