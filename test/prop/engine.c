/*
 * The engine of the book as a subject of prop.h. Beside the book a second one is built from the
 * events alone; both must be the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../../svc-orders/book_engine.h"
#include "book_dump.h"
#include "bus/base.h"

struct engine {
	struct book_memory memory;
	struct book book, twin;
	struct book_events events;
	struct book_top_changed top; /* as last told */
	int64_t now;
};

static void *engine_open(void)
{
	struct engine *engine = bus_calloc(1, sizeof(*engine));

	book_memory_init(&engine->memory);
	book_init(&engine->book, "PROP", &engine->memory);
	book_init(&engine->twin, "PROP", &engine->memory);
	engine->now = PROP_BEGIN;
	engine->events.capacity = BOOK_STEP_EVENTS;
	engine->events.at = bus_calloc(BOOK_STEP_EVENTS, sizeof(*engine->events.at));
	return engine;
}

static void engine_close(void *self)
{
	struct engine *engine = self;

	book_release(&engine->book);
	book_release(&engine->twin);
	book_memory_release(&engine->memory);
	free(engine->events.at);
	free(engine);
}

static struct bus_id id_of(uint64_t n)
{
	struct bus_id id = { { 0 } };

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static uint64_t number_of(struct bus_id id)
{
	uint64_t n;

	memcpy(&n, id.b, sizeof(n));
	return n;
}

/* Commands //////////////////////////////////////////////////////////////////////////////// */

static void order_command(const struct naive_command *c, struct book_order_command *out)
{
	*out = (struct book_order_command){
		.id = id_of(c->id),
		.account = id_of(c->account),
		.sibling = id_of(c->other),
		.side = (enum book_side)c->side,
		.type = (enum book_type)c->type,
		.tif = (enum book_tif)c->tif,
		.stp = (enum book_stp)c->stp,
		.post_only = c->post_only,
		.quantity = { c->quantity },
		.limit = { c->price },
		.stop = { c->stop },
		.trail = { c->trail },
		.trail_percent = c->percent,
		.notional = { c->notional },
		.increment = { c->increment },
		.reference = { c->reference },
		.expires_at = c->expires,
		.actions = c->actions,
	};
}

static void replace_command(const struct naive_command *c, struct book_replace_command *out)
{
	*out = (struct book_replace_command){
		.id = id_of(c->id),
		.account = id_of(c->account),
		.new_id = id_of(c->other),
		.tif = (enum book_tif)c->tif,
		.quantity = { c->quantity },
		.limit = { c->price },
		.stop = { c->stop },
		.trail = { c->trail },
		.trail_percent = c->percent,
		.expires_at = c->expires,
		.actions = c->actions,
	};
}

static enum book_trading trading_of(const struct naive_command *c)
{
	switch (c->session) {
	case 2:
		return c->halted ? BOOK_HALTED : BOOK_OPEN;
	case 3:
		return c->halted ? BOOK_HALTED : BOOK_OPENING_AUCTION;
	case 4:
		return c->halted ? BOOK_HALTED : BOOK_CLOSING_AUCTION;
	default:
		return BOOK_CLOSED;
	}
}

static void trading_command(const struct naive_command *c, struct book_trading_command *out)
{
	*out = (struct book_trading_command){
		.state = trading_of(c),
		.session_date = c->date,
		.actions = c->actions,
		.auction = c->op == NAIVE_OP_OPENED    ? BOOK_AUCTION_OPENING
			   : c->op == NAIVE_OP_RESUMED ? BOOK_AUCTION_RESUMPTION
			   : c->op == NAIVE_OP_CLOSED  ? BOOK_AUCTION_CLOSING
						       : BOOK_NO_AUCTION,
	};
}

static struct book_command translate(const struct naive_command *c)
{
	struct book_command out = { 0 };

	switch (c->op) {
	case NAIVE_OP_NEW:
		out.kind = BOOK_NEW;
		order_command(c, &out.order);
		break;
	case NAIVE_OP_CANCEL:
	case NAIVE_OP_DECREASE:
		out.kind = c->op == NAIVE_OP_CANCEL ? BOOK_CANCEL : BOOK_DECREASE;
		out.request = (struct book_request_command){ id_of(c->id),
							     id_of(c->account),
							     { c->quantity } };
		break;
	case NAIVE_OP_REPLACE:
		out.kind = BOOK_REPLACE;
		replace_command(c, &out.replace);
		break;
	case NAIVE_OP_OPENED:
	case NAIVE_OP_CLOSED:
	case NAIVE_OP_HALTED:
	case NAIVE_OP_RESUMED:
	case NAIVE_OP_CALLED:
		out.kind = BOOK_TRADING;
		trading_command(c, &out.trading);
		break;
	case NAIVE_OP_ACTION:
		out.kind = BOOK_ACTION;
		out.action = (struct book_action_command){ c->actions, c->action != 2 };
		break;
	case NAIVE_OP_DEPOSIT:
	case NAIVE_OP_WITHDRAW:
	case NAIVE_OP_SHARES_IN:
	case NAIVE_OP_SHARES_OUT:
	case NAIVE_OP_CANCEL_ALL:
	case NAIVE_OP_ACCOUNT:
	case NAIVE_OP_APPLY:
	case NAIVE_OP_DELIVER:
	case NAIVE_OP_QUIET:
		break;
	}
	return out;
}

/* Events ////////////////////////////////////////////////////////////////////////////////// */

static struct naive_event of_result(enum naive_what what, enum book_auction_kind kind,
				    const struct book_auction_result *result)
{
	return (struct naive_event){ .what = what,
				     .queue = (int)kind,
				     .price = result->price.micros,
				     .quantity = result->volume.micros,
				     .leaves = result->imbalance.micros,
				     .side = (int)result->imbalance_side };
}

/* What happened, in the words of the naive exchange; `what` 0: nothing of it. */
static struct naive_event told(const struct book_event *e)
{
	switch (e->kind) {
	case BOOK_ADDED:
		return (struct naive_event){ .what = NAIVE_ADDED,
					     .order = number_of(e->added.id),
					     .side = (int)e->added.side,
					     .price = e->added.price.micros,
					     .quantity = e->added.quantity.micros -
							 e->added.prevented.micros,
					     .leaves = e->added.leaves.micros,
					     .stop = e->added.stop.micros,
					     .queue = (int)e->added.queue };
	case BOOK_EXECUTED:
		return (struct naive_event){ .what = NAIVE_EXECUTED,
					     .order = number_of(e->executed.maker),
					     .other = number_of(e->executed.taker),
					     .side = e->executed.maker_side == BOOK_BUY ? NAIVE_SELL
											: NAIVE_BUY,
					     .price = e->executed.price.micros,
					     .quantity = e->executed.quantity.micros,
					     .leaves = e->executed.maker_leaves.micros,
					     .other_leaves = e->executed.taker_leaves.micros,
					     .flag = e->executed.auction };
	case BOOK_REDUCED:
		return (struct naive_event){ .what = NAIVE_REDUCED,
					     .order = number_of(e->reduced.id),
					     .side = (int)e->reduced.side,
					     .price = e->reduced.price.micros,
					     .quantity = e->reduced.by.micros,
					     .leaves = e->reduced.leaves.micros,
					     .flag = e->reduced.requested };
	case BOOK_REMOVED:
		return (struct naive_event){ .what = NAIVE_REMOVED,
					     .order = number_of(e->removed.id),
					     .side = (int)e->removed.side,
					     .price = e->removed.price.micros,
					     .quantity = e->removed.canceled.micros,
					     .reason = (int)e->removed.reason,
					     .flag = e->removed.rested };
	case BOOK_REJECTED:
		return (struct naive_event){ .what = NAIVE_REJECTED,
					     .order = number_of(e->rejected.id),
					     .reason = (int)e->rejected.reason };
	case BOOK_REQUEST_REJECTED:
		return (struct naive_event){ .what = NAIVE_REQUEST_REJECTED,
					     .order = number_of(e->request_rejected.id),
					     .reason = (int)e->request_rejected.reason,
					     .queue = (int)e->request_rejected.kind - 1 };
	case BOOK_TRADING_CHANGED:
		return (struct naive_event){ .what = NAIVE_STATE,
					     .reason = (int)e->trading.state,
					     .quantity = e->trading.session_date,
					     .leaves = e->trading.actions };
	case BOOK_TRIGGERED:
		return (struct naive_event){ .what = NAIVE_TRIGGERED,
					     .order = number_of(e->triggered.id),
					     .side = (int)e->triggered.side,
					     .stop = e->triggered.stop.micros,
					     .price = e->triggered.last.micros,
					     .flag = e->triggered.rested };
	case BOOK_REPLACED:
		return (struct naive_event){ .what = NAIVE_REPLACED,
					     .order = number_of(e->replaced.id),
					     .other = number_of(e->replaced.new_id),
					     .quantity = e->replaced.quantity.micros,
					     .leaves = e->replaced.leaves.micros,
					     .flag = e->replaced.kept_place };
	case BOOK_PREVENTED:
		return (struct naive_event){ .what = NAIVE_PREVENTED,
					     .order = number_of(e->prevented.maker),
					     .other = number_of(e->prevented.taker),
					     .quantity = e->prevented.quantity.micros,
					     .leaves = e->prevented.maker_leaves.micros,
					     .other_leaves = e->prevented.taker_leaves.micros };
	case BOOK_COMPLETED:
		return (struct naive_event){ .what = NAIVE_COMPLETED,
					     .order = number_of(e->completed.id),
					     .quantity = e->completed.dropped.micros };
	case BOOK_AUCTION_HELD:
		return of_result(NAIVE_AUCTION_HELD, e->auction.kind, &e->auction.result);
	case BOOK_IMBALANCE:
		return of_result(NAIVE_IMBALANCE, e->imbalance.kind, &e->imbalance.result);
	case BOOK_TRAIL_MOVED:
		return (struct naive_event){ .what = NAIVE_TRAILED,
					     .side = (int)e->trail.side,
					     .price = e->trail.best.micros };
	case BOOK_TOP_CHANGED:
		break;
	}
	return (struct naive_event){ 0 };
}

static void take(struct engine *engine, const struct book_event *event, struct naive_log *log)
{
	struct naive_event e = told(event);

	if (event->kind == BOOK_TOP_CHANGED)
		engine->top = event->top;
	else
		naive_tell(log, &e);
	book_apply(&engine->book, event);
	book_apply(&engine->twin, event);
}

static bool engine_run(void *self, const struct naive_command *c, struct naive_log *log)
{
	struct engine *engine = self;
	struct book_command command = translate(c);
	enum book_answer answer = BOOK_AGAIN;

	engine->now += c->wait;
	command.now = engine->now;
	for (int steps = 0; answer == BOOK_AGAIN; steps++) {
		if (steps == 10000) {
			fprintf(stderr, "engine: an input without an end\n");
			return false;
		}
		if (c->op == NAIVE_OP_NEW && (c->id == 0 || c->account == 0))
			answer = BOOK_DUPLICATE;
		else
			answer = book_decide(&engine->book, &command, &engine->events);
		if (answer == BOOK_DUPLICATE) {
			naive_tell(log, &(struct naive_event){ .what = NAIVE_PARKED });
			break;
		}
		for (size_t i = 0; i < engine->events.count; i++)
			take(engine, &engine->events.at[i], log);
	}
	return true;
}

/* What rests ////////////////////////////////////////////////////////////////////////////// */

static void dump_order(const struct book_order *o, prop_number_fn number, struct naive_log *log)
{
	naive_tell(log,
		   &(struct naive_event){ .what = NAIVE_ADDED,
					  .order = number(o->id),
					  .other = o->extra != NULL ? number(o->extra->sibling) : 0,
					  .side = (int)o->side,
					  .price = o->price.micros,
					  .quantity = o->quantity.micros,
					  .leaves = o->leaves.micros,
					  .stop = o->extra != NULL ? o->extra->stop.micros : 0,
					  .queue = (int)o->queue });
}

static void dump_ladder(const struct book_ladder *ladder, prop_number_fn number,
			struct naive_log *log)
{
	struct book_spot spot;

	for (const struct book_level *level = book_ladder_first(ladder, &spot); level != NULL;
	     level = book_ladder_next(ladder, &spot))
		for (const struct book_order *o = level->head; o != NULL; o = o->next)
			dump_order(o, number, log);
}

/* Orders that no ladder has are found through the table of ids: all are in it. */
bool prop_dump_book(const struct book *book, prop_number_fn number, struct naive_log *log)
{
	size_t before = log->count;

	dump_ladder(&book->bids, number, log);
	dump_ladder(&book->asks, number, log);
	dump_ladder(&book->stops.buys, number, log);
	dump_ladder(&book->stops.sells, number, log);
	dump_ladder(&book->opening.buys, number, log);
	dump_ladder(&book->opening.sells, number, log);
	dump_ladder(&book->closing.buys, number, log);
	dump_ladder(&book->closing.sells, number, log);
	if (log->count - before != book_count(book)) {
		fprintf(stderr, "%zu orders in queues, %zu in the table\n", log->count - before,
			book_count(book));
		return false;
	}
	prop_sort_dump(log);
	return true;
}

static bool same_twin(const struct engine *engine, const struct naive_log *log)
{
	struct naive_log twin = { 0 };
	bool same = prop_dump_book(&engine->twin, number_of, &twin) && twin.count == log->count;

	for (size_t i = 0; same && i < log->count; i++)
		same = naive_same(&twin.events[i], &log->events[i]);
	same = same && engine->book.status.trading == engine->twin.status.trading &&
	       engine->book.status.last_price.micros == engine->twin.status.last_price.micros &&
	       engine->book.status.last_priority == engine->twin.status.last_priority &&
	       engine->book.status.opening_held == engine->twin.status.opening_held &&
	       engine->book.status.actions == engine->twin.status.actions;
	if (!same)
		fprintf(stderr, "engine: the book and its events' fold differ\n");
	naive_log_release(&twin);
	return same;
}

static bool rests_nothing(const struct engine *engine)
{
	const struct book_status *status = &engine->book.status;

	if (status->hand.leaves.micros == 0 && status->auction == BOOK_NO_AUCTION)
		return true;
	fprintf(stderr, "engine: an order is in hand, or an auction goes on, between two inputs\n");
	return false;
}

static bool engine_dump(void *self, struct naive_log *log)
{
	struct engine *engine = self;

	if (!prop_dump_book(&engine->book, number_of, log) || !same_twin(engine, log) ||
	    !rests_nothing(engine))
		return false;
	naive_tell(log, &(struct naive_event){ .side = NAIVE_BUY,
					       .price = engine->top.bid.micros,
					       .quantity = engine->top.bid_quantity.micros });
	naive_tell(log, &(struct naive_event){ .side = NAIVE_SELL,
					       .price = engine->top.ask.micros,
					       .quantity = engine->top.ask_quantity.micros });
	return true;
}

const struct prop_subject prop_engine = {
	.name = "engine",
	.open = engine_open,
	.close = engine_close,
	.run = engine_run,
	.dump = engine_dump,
};
