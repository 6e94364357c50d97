/*
 * The processor of the book as a subject of prop.h: commands go in as messages through their wire
 * form, what happened is read from the facts. A second state is folded from the facts alone.
 */
#include <stdlib.h>

#include "../../svc-orders/book_store.h"

#include "book_dump.h"
#include "bus/fold.h"
#include "fields.h"
#include "fold_mesh.h"
#include "seal.h"

extern const struct bus_processor book_processor;

#define SYMBOL "PROP"

struct processor {
	struct bus_fold *fold;
	void *twin;
	int64_t now;
	int64_t bid, bid_quantity, ask, ask_quantity;
};

static void *processor_open(void)
{
	struct processor *self = bus_calloc(1, sizeof(*self));

	self->fold = bus_fold_new(&book_processor);
	self->twin = book_processor.state_new();
	self->now = PROP_BEGIN;
	return self;
}

static void processor_close(void *arg)
{
	struct processor *self = arg;

	book_processor.state_free(self->twin);
	bus_fold_free(self->fold);
	free(self);
}

static char *text(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

/* Commands //////////////////////////////////////////////////////////////////////////////// */

struct ids {
	char id[BUS_ID_TEXT], account[BUS_ID_TEXT], other[BUS_ID_TEXT];
};

/* A number that is none is text that is no id. */
static char *id_text(uint64_t number, char *buf)
{
	if (number == 0)
		return text("none");
	return fold_mesh_id(number, buf);
}

static int send_message(struct processor *self, const char *topic, const ProtobufCMessage *message)
{
	return bus_fold_input(self->fold, topic, SYMBOL, "00000000-0000-4000-8000-000000000001",
			      message);
}

static int send_order(struct processor *self, const struct naive_command *c, struct ids *ids)
{
	BOOKS(NewOrder) order = BOURSE__BOOKS__V1__NEW_ORDER__INIT;

	order.symbol = text(SYMBOL);
	order.order_id = id_text(c->id, ids->id);
	order.account_id = id_text(c->account, ids->account);
	order.side = (ORDERS(Side))c->side;
	order.type = (ORDERS(OrderType))c->type;
	order.time_in_force = (ORDERS(TimeInForce))c->tif;
	order.quantity_micros = c->quantity;
	order.limit_price_micros = c->price;
	order.post_only = c->post_only;
	order.self_trade_prevention = (ORDERS(SelfTradePrevention))c->stp;
	order.stop_price_micros = c->stop;
	order.trail_price_micros = c->trail;
	order.trail_percent_micros = c->percent;
	order.notional_micros = c->notional;
	order.quantity_increment_micros = c->increment;
	if (c->other != 0)
		order.sibling_order_id = id_text(c->other, ids->other);
	order.reference_price_micros = c->reference;
	order.expires_at_micros = c->expires;
	order.actions = c->actions;
	return send_message(self, "books.commands", &order.base);
}

static int send_replace(struct processor *self, const struct naive_command *c, struct ids *ids)
{
	BOOKS(ReplaceOrder) order = BOURSE__BOOKS__V1__REPLACE_ORDER__INIT;

	order.symbol = text(SYMBOL);
	order.order_id = id_text(c->id, ids->id);
	order.account_id = id_text(c->account, ids->account);
	order.new_order_id = id_text(c->other, ids->other);
	order.time_in_force = (ORDERS(TimeInForce))c->tif;
	order.quantity_micros = c->quantity;
	order.limit_price_micros = c->price;
	order.stop_price_micros = c->stop;
	order.trail_price_micros = c->trail;
	order.trail_percent_micros = c->percent;
	order.expires_at_micros = c->expires;
	order.actions = c->actions;
	return send_message(self, "books.commands", &order.base);
}

static int send_request(struct processor *self, const struct naive_command *c, struct ids *ids)
{
	BOOKS(CancelOrder) cancel = BOURSE__BOOKS__V1__CANCEL_ORDER__INIT;
	BOOKS(DecreaseOrder) decrease = BOURSE__BOOKS__V1__DECREASE_ORDER__INIT;

	cancel.symbol = decrease.symbol = text(SYMBOL);
	cancel.order_id = decrease.order_id = id_text(c->id, ids->id);
	cancel.account_id = decrease.account_id = id_text(c->account, ids->account);
	cancel.request_id = decrease.request_id = text("00000000-0000-4000-8000-00000000000f");
	decrease.by_micros = c->quantity;
	return send_message(self, "books.commands",
			    c->op == NAIVE_OP_CANCEL ? &cancel.base : &decrease.base);
}

static int send_market(struct processor *self, const struct naive_command *c)
{
	MARKET(Instrument) instrument = BOURSE__MARKET__V1__INSTRUMENT__INIT;
	MARKET(SessionOpened) opened = BOURSE__MARKET__V1__SESSION_OPENED__INIT;
	MARKET(SessionClosed) closed = BOURSE__MARKET__V1__SESSION_CLOSED__INIT;
	MARKET(InstrumentHalted) halted = BOURSE__MARKET__V1__INSTRUMENT_HALTED__INIT;
	MARKET(InstrumentResumed) resumed = BOURSE__MARKET__V1__INSTRUMENT_RESUMED__INIT;
	MARKET(AuctionCalled) called = BOURSE__MARKET__V1__AUCTION_CALLED__INIT;
	MARKET(ActionEffective) effective = BOURSE__MARKET__V1__ACTION_EFFECTIVE__INIT;
	MARKET(CorporateAction) action = BOURSE__MARKET__V1__CORPORATE_ACTION__INIT;

	instrument.symbol = text(SYMBOL);
	instrument.session = (MARKET(SessionState))c->session;
	instrument.session_date = c->date;
	instrument.halted = c->halted;
	instrument.opening_held = c->opening_held;
	instrument.actions_effective = c->actions;
	action.kind = (MARKET(ActionKind))c->action;
	action.effective = true;
	action.number = c->actions;
	effective.action = &action;
	opened.symbol = closed.symbol = halted.symbol = resumed.symbol = called.symbol =
		effective.symbol = instrument.symbol;
	opened.instrument = closed.instrument = halted.instrument = resumed.instrument =
		called.instrument = effective.instrument = &instrument;
	return send_message(self, "market.events",
			    c->op == NAIVE_OP_OPENED	? &opened.base
			    : c->op == NAIVE_OP_CLOSED	? &closed.base
			    : c->op == NAIVE_OP_HALTED	? &halted.base
			    : c->op == NAIVE_OP_RESUMED ? &resumed.base
			    : c->op == NAIVE_OP_CALLED	? &called.base
							: &effective.base);
}

/* Facts /////////////////////////////////////////////////////////////////////////////////// */

static uint64_t number_in_text(const char *id)
{
	return strlen(id) == BUS_ID_TEXT - 1 ? strtoull(id + 24, NULL, 10) : 0;
}

static uint64_t id_in(const ProtobufCMessage *fact, const char *name)
{
	return number_in_text(text_in(fact, name));
}

static uint64_t number_of(struct bus_id id)
{
	char buf[BUS_ID_TEXT];

	return number_in_text(bus_id_format(id, buf));
}

static struct naive_event of_auction(const ProtobufCMessage *fact, enum naive_what what)
{
	return (struct naive_event){ .what = what,
				     .queue = (int)number_in(fact, "kind"),
				     .price = number_in(fact, "price_micros"),
				     .quantity = number_in(fact, "volume_micros"),
				     .leaves = number_in(fact, "imbalance_micros"),
				     .side = (int)number_in(fact, "imbalance_side") };
}

static struct naive_event of_trade(const ProtobufCMessage *fact, enum naive_what what)
{
	return (struct naive_event){ .what = what,
				     .order = id_in(fact, "maker_order_id"),
				     .other = id_in(fact, "taker_order_id"),
				     .side = (int)number_in(fact, "taker_side"),
				     .price = number_in(fact, "price_micros"),
				     .quantity = number_in(fact, "quantity_micros"),
				     .leaves = number_in(fact, "maker_leaves_micros"),
				     .other_leaves = number_in(fact, "taker_leaves_micros"),
				     .flag = number_in(fact, "auction") != 0 };
}

/* What most facts of an order have. */
static struct naive_event of_order(const ProtobufCMessage *fact, enum naive_what what)
{
	return (struct naive_event){ .what = what,
				     .order = id_in(fact, "order_id"),
				     .side = (int)number_in(fact, "side"),
				     .price = number_in(fact, "price_micros"),
				     .quantity = number_in(fact, "quantity_micros"),
				     .leaves = number_in(fact, "leaves_micros"),
				     .reason = (int)number_in(fact, "reason"),
				     .stop = number_in(fact, "stop_price_micros") };
}

static struct naive_event of_fact(const ProtobufCMessage *fact)
{
	struct naive_event e = { 0 };

	if (named(fact, "OrderAdded")) {
		e = of_order(fact, NAIVE_ADDED);
		e.quantity -= number_in(fact, "prevented_micros");
		e.queue = (int)number_in(fact, "queue");
	} else if (named(fact, "Executed")) {
		e = of_trade(fact, NAIVE_EXECUTED);
	} else if (named(fact, "OrderReduced")) {
		e = of_order(fact, NAIVE_REDUCED);
		e.quantity = number_in(fact, "by_micros");
		e.flag = text_in(fact, "request_id")[0] != '\0';
	} else if (named(fact, "OrderRemoved")) {
		e = of_order(fact, NAIVE_REMOVED);
		e.quantity = number_in(fact, "canceled_micros");
		e.flag = number_in(fact, "rested") != 0;
	} else if (named(fact, "OrderRejected")) {
		e = of_order(fact, NAIVE_REJECTED);
	} else if (named(fact, "RequestRejected")) {
		e = of_order(fact, NAIVE_REQUEST_REJECTED);
		e.queue = (int)number_in(fact, "kind");
	} else if (named(fact, "TradingStateChanged")) {
		e.what = NAIVE_STATE;
		e.reason = (int)number_in(fact, "state");
		e.quantity = number_in(fact, "session_date");
		e.leaves = number_in(fact, "actions");
	} else if (named(fact, "OrderTriggered")) {
		e = of_order(fact, NAIVE_TRIGGERED);
		e.price = number_in(fact, "last_price_micros");
		e.leaves = 0; /* the naive exchange does not tell it */
		e.flag = number_in(fact, "rested") != 0;
	} else if (named(fact, "OrderReplaced")) {
		e = of_order(fact, NAIVE_REPLACED);
		e.other = id_in(fact, "new_order_id");
		e.flag = number_in(fact, "kept_place") != 0;
	} else if (named(fact, "SelfTradePrevented")) {
		e = of_trade(fact, NAIVE_PREVENTED);
	} else if (named(fact, "OrderCompleted")) {
		e = of_order(fact, NAIVE_COMPLETED);
		e.quantity = number_in(fact, "dropped_micros");
	} else if (named(fact, "AuctionHeld")) {
		e = of_auction(fact, NAIVE_AUCTION_HELD);
	} else if (named(fact, "ImbalanceChanged")) {
		e = of_auction(fact, NAIVE_IMBALANCE);
	} else if (named(fact, "TrailMoved")) {
		e.what = NAIVE_TRAILED;
		e.side = (int)number_in(fact, "side");
		e.price = number_in(fact, "best_price_micros");
	}
	return e;
}

static void take_facts(struct processor *self, struct naive_log *log)
{
	for (size_t i = 0; i < bus_fold_fact_count(self->fold); i++) {
		const struct bus_fact *fact = bus_fold_fact(self->fold, i);
		const ProtobufCMessage *message = fact->message;
		struct naive_event event = of_fact(message);

		book_processor.evolve(self->twin, fact);
		if (named(message, "TopOfBookChanged")) {
			self->bid = number_in(message, "bid_price_micros");
			self->bid_quantity = number_in(message, "bid_quantity_micros");
			self->ask = number_in(message, "ask_price_micros");
			self->ask_quantity = number_in(message, "ask_quantity_micros");
		} else {
			naive_tell(log, &event);
		}
	}
}

static bool processor_run(void *arg, const struct naive_command *c, struct naive_log *log)
{
	struct processor *self = arg;
	struct ids ids;
	int result = 0;

	self->now += c->wait;
	bus_fold_now(self->fold, self->now);
	if (c->op == NAIVE_OP_NEW)
		result = send_order(self, c, &ids);
	else if (c->op == NAIVE_OP_REPLACE)
		result = send_replace(self, c, &ids);
	else if (c->op == NAIVE_OP_CANCEL || c->op == NAIVE_OP_DECREASE)
		result = send_request(self, c, &ids);
	else if (c->op <= NAIVE_OP_ACTION)
		result = send_market(self, c);
	if (result < 0) {
		naive_tell(log, &(struct naive_event){ .what = NAIVE_PARKED });
		return true;
	}
	take_facts(self, log);
	return true;
}

static bool processor_dump(void *arg, struct naive_log *log)
{
	struct processor *self = arg;
	const struct book *book = book_state_find(bus_fold_state(self->fold), SYMBOL);
	const char *what = seal_book_differs(bus_fold_state(self->fold), self->twin);

	if (what != NULL)
		fprintf(stderr, "the book folded from its facts differs: %s\n", what);
	if (what != NULL || !prop_dump_book(book, number_of, log))
		return false;
	naive_tell(log, &(struct naive_event){ .side = NAIVE_BUY,
					       .price = self->bid,
					       .quantity = self->bid_quantity });
	naive_tell(log, &(struct naive_event){ .side = NAIVE_SELL,
					       .price = self->ask,
					       .quantity = self->ask_quantity });
	return true;
}

const struct prop_subject prop_processor = {
	.name = "processor",
	.open = processor_open,
	.close = processor_close,
	.run = processor_run,
	.dump = processor_dump,
};
