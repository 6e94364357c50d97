/* The engine behind one header: numbers in, numbers out, see bourse/match.h. */
#include "../include/bourse/match.h"

#include <stdlib.h>
#include <string.h>

#include "book_engine.h"
#include "book_match.h"

struct bourse_match {
	struct book_memory memory;
	struct book **books; /* by symbol; owned; NULL: not opened */
	size_t count;
	struct book_events events;
	bourse_match_fn fn;
	void *arg;
	int64_t now;
};

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

struct bourse_match *bourse_match_new(bourse_match_fn fn, void *arg)
{
	struct bourse_match *match = bus_calloc(1, sizeof(*match));

	book_memory_init(&match->memory);
	match->events.capacity = BOOK_STEP_EVENTS;
	match->events.at = bus_malloc(BOOK_STEP_EVENTS * sizeof(*match->events.at));
	match->fn = fn;
	match->arg = arg;
	return match;
}

void bourse_match_free(struct bourse_match *match)
{
	if (match == NULL)
		return;
	for (size_t i = 0; i < match->count; i++)
		if (match->books[i] != NULL) {
			book_release(match->books[i]);
			free(match->books[i]);
		}
	book_memory_release(&match->memory);
	free(match->books);
	free(match->events.at);
	free(match);
}

void bourse_match_open(struct bourse_match *match, uint32_t symbol)
{
	if (symbol >= match->count) {
		size_t count = match->count * 2 > symbol ? match->count * 2 : (size_t)symbol + 1;

		match->books = bus_realloc(match->books, count * sizeof(struct book *));
		memset(match->books + match->count, 0,
		       (count - match->count) * sizeof(struct book *));
		match->count = count;
	}
	if (match->books[symbol] != NULL)
		return;
	match->books[symbol] = bus_malloc(sizeof(struct book));
	book_init(match->books[symbol], "", &match->memory);
	match->books[symbol]->status.trading = BOOK_OPEN;
}

void bourse_match_clock(struct bourse_match *match, int64_t now)
{
	match->now = now;
}

static struct book *book_of(const struct bourse_match *match, uint32_t symbol)
{
	return symbol < match->count ? match->books[symbol] : NULL;
}

/* Events ////////////////////////////////////////////////////////////////////////////////////// */

static void set_order(struct bourse_match_event *out, struct bus_id id, struct bus_id account,
		      enum book_side side)
{
	out->order = number_of(id);
	out->account = number_of(account);
	out->side = (enum bourse_match_side)side;
}

static void set_executed(struct bourse_match_event *out, const struct book_executed *event)
{
	set_order(out, event->maker, event->maker_account, event->maker_side);
	out->other = number_of(event->taker);
	out->other_account = number_of(event->taker_account);
	out->quantity = event->quantity.micros;
	out->price = event->price.micros;
	out->leaves = event->maker_leaves.micros;
	out->other_leaves = event->taker_leaves.micros;
}

static void set_top(struct bourse_match_event *out, const struct book_top_changed *event)
{
	out->bid = event->bid.micros;
	out->bid_quantity = event->bid_quantity.micros;
	out->ask = event->ask.micros;
	out->ask_quantity = event->ask_quantity.micros;
}

static void set_prevented(struct bourse_match_event *out, const struct book_prevented *event)
{
	set_order(out, event->maker, event->account, 0);
	out->other = number_of(event->taker);
	out->other_account = out->account;
	out->quantity = event->quantity.micros;
	out->leaves = event->maker_leaves.micros;
	out->other_leaves = event->taker_leaves.micros;
}

static void set_result(struct bourse_match_event *out, const struct book_auction_result *result)
{
	out->price = result->price.micros;
	out->quantity = result->volume.micros;
	out->leaves = result->imbalance.micros;
	out->side = (enum bourse_match_side)result->imbalance_side;
}

static void set_event(struct bourse_match_event *out, const struct book_event *event)
{
	switch (event->kind) {
	case BOOK_ADDED:
		set_order(out, event->added.id, event->added.account, event->added.side);
		out->quantity = out->leaves = event->added.leaves.micros;
		out->price = event->added.price.micros;
		break;
	case BOOK_EXECUTED:
		set_executed(out, &event->executed);
		break;
	case BOOK_REDUCED:
		set_order(out, event->reduced.id, event->reduced.account, event->reduced.side);
		out->quantity = event->reduced.by.micros;
		out->leaves = event->reduced.leaves.micros;
		out->price = event->reduced.price.micros;
		break;
	case BOOK_REMOVED:
		set_order(out, event->removed.id, event->removed.account, event->removed.side);
		out->quantity = event->removed.canceled.micros;
		out->price = event->removed.price.micros;
		out->reason = event->removed.reason;
		break;
	case BOOK_REJECTED:
		set_order(out, event->rejected.id, event->rejected.account, 0);
		out->reason = event->rejected.reason;
		break;
	case BOOK_REQUEST_REJECTED:
		set_order(out, event->request_rejected.id, event->request_rejected.account, 0);
		out->reason = event->request_rejected.reason;
		break;
	case BOOK_TRADING_CHANGED:
		out->reason = event->trading.state;
		break;
	case BOOK_TOP_CHANGED:
		set_top(out, &event->top);
		break;
	case BOOK_TRIGGERED:
		set_order(out, event->triggered.id, event->triggered.account,
			  event->triggered.side);
		out->price = event->triggered.stop.micros;
		break;
	case BOOK_REPLACED:
		set_order(out, event->replaced.id, event->replaced.account, 0);
		out->other = number_of(event->replaced.new_id);
		out->quantity = out->other_leaves = event->replaced.leaves.micros;
		break;
	case BOOK_PREVENTED:
		set_prevented(out, &event->prevented);
		break;
	case BOOK_COMPLETED:
		set_order(out, event->completed.id, event->completed.account, 0);
		out->quantity = event->completed.dropped.micros;
		break;
	case BOOK_AUCTION_HELD:
		set_result(out, &event->auction.result);
		break;
	case BOOK_IMBALANCE:
		set_result(out, &event->imbalance.result);
		break;
	case BOOK_TRAIL_MOVED:
		out->side = (enum bourse_match_side)event->trail.side;
		out->price = event->trail.best.micros;
		break;
	}
}

static int process(struct bourse_match *match, uint32_t symbol, const struct book_command *command)
{
	struct book *book = book_of(match, symbol);
	enum book_answer answer;

	if (book == NULL)
		return BOURSE_MATCH_NO_SYMBOL;
	do {
		answer = book_decide(book, command, &match->events);
		for (size_t i = 0; i < match->events.count; i++) {
			const struct book_event *event = &match->events.at[i];

			book_apply(book, event);
			if (match->fn != NULL) {
				struct bourse_match_event out = {
					.kind = (enum bourse_match_event_kind)event->kind,
					.symbol = symbol,
				};

				set_event(&out, event);
				match->fn(match->arg, &out);
			}
		}
	} while (answer == BOOK_AGAIN);
	return answer == BOOK_DUPLICATE ? BOURSE_MATCH_DUPLICATE : BOURSE_MATCH_OK;
}

/* Commands //////////////////////////////////////////////////////////////////////////////////// */

int bourse_match_order(struct bourse_match *match, uint32_t symbol,
		       const struct bourse_match_order *order)
{
	struct book_command command = { .kind = BOOK_NEW, .now = match->now };

	command.order = (struct book_order_command){
		.id = id_of(order->id),
		.account = id_of(order->account),
		.sibling = id_of(order->sibling),
		.side = (enum book_side)order->side,
		.type = (enum book_type)order->type,
		.tif = (enum book_tif)order->tif,
		.stp = (enum book_stp)order->stp,
		.post_only = order->post_only != 0,
		.quantity = { order->quantity },
		.limit = { order->price },
		.stop = { order->stop },
		.trail = { order->trail },
		.trail_percent = order->trail_percent,
		.notional = { order->notional },
		.increment = { order->increment },
		.reference = { order->reference },
		.expires_at = order->expires_at,
	};
	return process(match, symbol, &command);
}

int bourse_match_cancel(struct bourse_match *match, uint32_t symbol, uint64_t id, uint64_t account)
{
	struct book_command command = { .kind = BOOK_CANCEL, .now = match->now };

	command.request = (struct book_request_command){
		.id = id_of(id),
		.account = id_of(account),
	};
	return process(match, symbol, &command);
}

int bourse_match_decrease(struct bourse_match *match, uint32_t symbol, uint64_t id,
			  uint64_t account, int64_t by)
{
	struct book_command command = { .kind = BOOK_DECREASE, .now = match->now };

	command.request = (struct book_request_command){
		.id = id_of(id),
		.account = id_of(account),
		.by = { by },
	};
	return process(match, symbol, &command);
}

/* `stop` of a trailing stop is its trail, in the way in which it had it. */
static void set_stop(const struct book *book, struct book_replace_command *replace, int64_t stop)
{
	const struct book_order *order = book != NULL ? book_find(book, replace->id) : NULL;

	if (order == NULL || order->type != BOOK_TRAILING_STOP || order->extra == NULL)
		replace->stop.micros = stop;
	else if (order->extra->trail_percent != 0)
		replace->trail_percent = stop;
	else
		replace->trail.micros = stop;
}

int bourse_match_replace(struct bourse_match *match, uint32_t symbol, uint64_t id, uint64_t account,
			 uint64_t new_id, enum bourse_match_tif tif, int64_t quantity,
			 int64_t price, int64_t stop)
{
	struct book_command command = { .kind = BOOK_REPLACE, .now = match->now };

	command.replace = (struct book_replace_command){
		.id = id_of(id),
		.account = id_of(account),
		.new_id = id_of(new_id),
		.tif = (enum book_tif)tif,
		.quantity = { quantity },
		.limit = { price },
	};
	set_stop(book_of(match, symbol), &command.replace, stop);
	return process(match, symbol, &command);
}

int bourse_match_state(struct bourse_match *match, uint32_t symbol, enum bourse_match_state state,
		       int32_t date)
{
	const struct book *book = book_of(match, symbol);
	struct book_command command = { .kind = BOOK_TRADING, .now = match->now };
	enum book_auction_kind auction = BOOK_NO_AUCTION;

	if (book == NULL)
		return BOURSE_MATCH_NO_SYMBOL;
	if (state == BOURSE_MATCH_CLOSED)
		auction = BOOK_AUCTION_CLOSING;
	else if (state == BOURSE_MATCH_OPEN)
		auction = book->status.trading == BOOK_HALTED ? BOOK_AUCTION_RESUMPTION
							      : BOOK_AUCTION_OPENING;
	command.trading = (struct book_trading_command){
		.state = (enum book_trading)state,
		.session_date = date,
		.auction = auction,
	};
	return process(match, symbol, &command);
}

size_t bourse_match_count(const struct bourse_match *match, uint32_t symbol)
{
	const struct book *book = book_of(match, symbol);

	return book != NULL ? book_count(book) : 0;
}

void bourse_match_best(const struct bourse_match *match, uint32_t symbol,
		       enum bourse_match_side side, int64_t *price, int64_t *quantity)
{
	const struct book *book = book_of(match, symbol);
	struct book_best best = { 0 };

	if (book != NULL)
		best = side == BOURSE_MATCH_BUY ? book_top(book).bid : book_top(book).ask;
	*price = best.price.micros;
	*quantity = book_total_shown(best.total).micros;
}
