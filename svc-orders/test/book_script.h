/*
 * Scripts for the engine: commands and events as short text, so that a rule is a row of a table.
 *
 *	"sell 1 10@101; buy 2 15@101 ioc"  ->  "x 1<2 10@101, -2 5 ioc"
 *
 * Numbers are micros as they stand. An order's account is its id, unless acct=N says otherwise. The
 * events are those of the last command, its steps divided by " | ", without the changes of the top:
 * every change of the top is checked against the book instead. After every event the invariants of
 * the book are checked; a second book that hears the events alone must end up equal, and so must a
 * third that is made of rows.
 */
#ifndef TEST_BOOK_SCRIPT_H
#define TEST_BOOK_SCRIPT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../libbus/test/suite.h"
#include "book_engine.h"
#include "book_match.h"

struct script {
	struct book_memory memory;
	struct book book, replica;
	struct book_events events;
	struct book_top_changed top; /* as told */
	int64_t now;
	int32_t session_date;
	size_t steps, trades; /* of the last command */
	char text[65536];     /* the events of the last command */
	size_t length;
};

static inline struct bus_id script_id(uint64_t n)
{
	struct bus_id id = { { 0 } };

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static inline unsigned long long script_number(struct bus_id id)
{
	uint64_t n;

	memcpy(&n, id.b, sizeof(n));
	return n;
}

static inline void script_init(struct script *script)
{
	memset(script, 0, sizeof(*script));
	book_memory_init(&script->memory);
	book_init(&script->book, "AAPL", &script->memory);
	book_init(&script->replica, "AAPL", &script->memory);
	script->events.capacity = BOOK_STEP_EVENTS;
	script->events.at = bus_malloc(BOOK_STEP_EVENTS * sizeof(*script->events.at));
	script->now = 1000;
	script->session_date = 20120621;
}

/* Invariants ////////////////////////////////////////////////////////////////////////////////// */

static inline void check_queue(const struct book *book, enum book_queue queue, enum book_side side,
			       size_t *orders)
{
	const struct book_ladder *ladder = book_queue_side(book, queue, side);
	enum book_side keyed = queue == BOOK_STOPS ? book_opposite(side) : side;
	const struct book_level *level;
	struct book_spot spot;
	int64_t above = INT64_MAX;
	size_t levels = 0;

	ck_assert_ptr_eq(book_ladder_best(ladder), book_ladder_first(ladder, &spot));
	for (level = book_ladder_first(ladder, &spot); level != NULL;
	     level = book_ladder_next(ladder, &spot)) {
		struct book_total sum = { 0 };
		int64_t priority = 0;

		ck_assert(levels == 0 || level->key < above);
		above = level->key;
		ck_assert_ptr_nonnull(level->head);
		for (const struct book_order *o = level->head; o != NULL; o = o->next) {
			ck_assert_int_gt(o->leaves.micros, 0);
			ck_assert_int_le(o->leaves.micros, o->quantity.micros);
			ck_assert_int_gt(o->priority, priority);
			ck_assert_ptr_eq(o->level, level);
			ck_assert_ptr_eq(book_find(book, o->id), o);
			ck_assert_int_eq(o->queue, queue);
			ck_assert_int_eq(o->side, side);
			ck_assert_int_eq(
				book_key(keyed, queue == BOOK_STOPS ? o->extra->stop : o->price),
				level->key);
			ck_assert(o->next == NULL || o->next->prev == o);
			priority = o->priority;
			sum.micros += (uint64_t)o->leaves.micros;
			(*orders)++;
		}
		ck_assert(sum.micros == level->total.micros);
		levels++;
	}
	ck_assert_uint_eq(levels, book_ladder_depth(ladder));
}

static inline bool script_trades(const struct book *book)
{
	return book->status.trading == BOOK_OPEN || book->status.trading == BOOK_UNHEARD;
}

static inline void check_invariants(const struct book *book)
{
	size_t orders = 0;

	for (int queue = BOOK_VISIBLE; queue <= BOOK_CLOSING; queue++) {
		check_queue(book, (enum book_queue)queue, BOOK_BUY, &orders);
		check_queue(book, (enum book_queue)queue, BOOK_SELL, &orders);
	}
	ck_assert_uint_eq(orders, book_count(book));
	if (script_trades(book))
		ck_assert(!book_crossed(book));
}

static inline void check_same_order(const struct book_order *a, const struct book_order *b)
{
	ck_assert_ptr_nonnull(b);
	ck_assert(a->leaves.micros == b->leaves.micros && a->quantity.micros == b->quantity.micros);
	ck_assert(a->price.micros == b->price.micros && a->priority == b->priority);
	ck_assert(a->side == b->side && a->type == b->type && a->tif == b->tif);
	ck_assert(a->queue == b->queue && a->stp == b->stp && a->post_only == b->post_only);
	ck_assert(a->added_at == b->added_at && a->expires_at == b->expires_at);
	ck_assert(bus_id_equal(a->account, b->account));
	ck_assert((a->extra == NULL) == (b->extra == NULL));
	if (a->extra == NULL)
		return;
	ck_assert(bus_id_equal(a->extra->sibling, b->extra->sibling));
	ck_assert(a->extra->stop.micros == b->extra->stop.micros);
	ck_assert(a->extra->trail.micros == b->extra->trail.micros);
	ck_assert(a->extra->trail_percent == b->extra->trail_percent);
	ck_assert(a->extra->best.micros == b->extra->best.micros);
}

static inline void check_equal_books(const struct book *a, const struct book *b)
{
	ck_assert_uint_eq(book_count(a), book_count(b));
	for (size_t i = 0; i <= a->orders.mask; i++)
		if (a->orders.slots[i].order != NULL)
			check_same_order(a->orders.slots[i].order,
					 book_find(b, a->orders.slots[i].order->id));
	ck_assert(a->status.trading == b->status.trading);
	ck_assert(a->status.session_date == b->status.session_date);
	ck_assert(a->status.actions == b->status.actions);
	ck_assert(a->status.last_priority == b->status.last_priority);
	ck_assert(a->status.last_price.micros == b->status.last_price.micros);
	ck_assert(a->status.opening_held == b->status.opening_held);
	ck_assert(a->status.hand.leaves.micros == b->status.hand.leaves.micros);
	ck_assert(a->status.auction == b->status.auction);
	ck_assert(a->status.imbalance_at == b->status.imbalance_at);
	check_invariants(b);
}

/* A book from the rows of another. */
static inline void rows_of(const struct book *book, struct book *out)
{
	for (size_t i = 0; i <= book->orders.mask; i++) {
		const struct book_order *o = book->orders.slots[i].order;
		struct book_new row;

		if (o == NULL)
			continue;
		row = (struct book_new){
			.id = o->id,
			.account = o->account,
			.price = o->price,
			.quantity = o->quantity,
			.leaves = o->leaves,
			.side = o->side,
			.tif = o->tif,
			.priority = o->priority,
			.queue = o->queue,
			.type = o->type,
			.stp = o->stp,
			.post_only = o->post_only,
			.added_at = o->added_at,
			.expires_at = o->expires_at,
		};
		if (o->extra != NULL) {
			row.sibling = o->extra->sibling;
			row.stop = o->extra->stop;
			row.trail = o->extra->trail;
			row.trail_percent = o->extra->trail_percent;
			row.best = o->extra->best;
		}
		book_add(out, &row);
	}
	out->status = book->status;
}

static inline void check_rows(struct script *script)
{
	struct book copy;

	book_init(&copy, "AAPL", &script->memory);
	rows_of(&script->book, &copy);
	check_equal_books(&script->book, &copy);
	book_release(&copy);
}

static inline void script_release(struct script *script)
{
	check_invariants(&script->book);
	check_equal_books(&script->book, &script->replica);
	check_rows(script);
	book_release(&script->book);
	book_release(&script->replica);
	book_memory_release(&script->memory);
	free(script->events.at);
}

/* Events as text //////////////////////////////////////////////////////////////////////////// */

static inline const char *queue_word(enum book_queue queue)
{
	static const char *const words[] = { "", "", " stops", " opening", " closing" };

	return words[queue];
}

static inline const char *side_word(enum book_side side)
{
	return side == BOOK_BUY ? "buy" : side == BOOK_SELL ? "sell" : "even";
}

static inline const char *cancel_word(enum book_cancel reason)
{
	static const char *const words[] = { "?",   "requested", "decreased", "ioc",
					     "fok", "dry",	 "close",     "self",
					     "oco", "auction",	 "expired",   "action" };

	return words[reason];
}

static inline const char *reject_word(enum book_reject reason)
{
	switch (reason) {
	case BOOK_REJECT_TOO_LATE:
		return "too-late";
	case BOOK_REJECT_INVALID_QUANTITY:
		return "quantity";
	case BOOK_REJECT_HALTED:
		return "halted";
	case BOOK_REJECT_UNSUPPORTED:
		return "unsupported";
	case BOOK_REJECT_UNKNOWN_ORDER:
		return "unknown";
	case BOOK_REJECT_INVALID_FIELD:
		return "field";
	case BOOK_REJECT_INVALID_PRICE:
		return "price";
	case BOOK_REJECT_WOULD_TAKE:
		return "would-take";
	case BOOK_REJECT_NO_REFERENCE_PRICE:
		return "no-reference";
	case BOOK_REJECT_AUCTION_OVER:
		return "auction-over";
	case BOOK_REJECT_CORPORATE_ACTION:
		return "action";
	}
	return "?";
}

static inline const char *trading_word(enum book_trading trading)
{
	static const char *const words[] = { "unheard", "closed",    "open",
					     "halted",	"call-open", "call-close" };

	return words[trading];
}

static inline void say(struct script *script, const char *format, ...) BUS_PRINTF(2, 3);

#include <stdarg.h>

static inline void say(struct script *script, const char *format, ...)
{
	va_list args;
	size_t room = sizeof(script->text) - script->length;
	int n;

	va_start(args, format);
	n = vsnprintf(script->text + script->length, room, format, args);
	va_end(args);
	script->length += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static inline void say_result(struct script *script, const char *what,
			      const struct book_auction_result *result)
{
	say(script, "%s %lld@%lld %s %lld", what, (long long)result->volume.micros,
	    (long long)result->price.micros, side_word(result->imbalance_side),
	    (long long)result->imbalance.micros);
}

static inline void say_added(struct script *script, const struct book_added *added)
{
	say(script, "+%llu %s %lld@%lld%s", script_number(added->id), side_word(added->side),
	    (long long)added->leaves.micros, (long long)added->price.micros,
	    queue_word(added->queue));
	if (added->queue == BOOK_STOPS)
		say(script, "=%lld", (long long)added->stop.micros);
	if (added->prevented.micros != 0)
		say(script, " prevented %lld", (long long)added->prevented.micros);
}

static inline void say_event(struct script *script, const struct book_event *event)
{
	switch (event->kind) {
	case BOOK_ADDED:
		say_added(script, &event->added);
		break;
	case BOOK_EXECUTED:
		say(script, "%c %llu<%llu %lld@%lld", event->executed.auction ? 'X' : 'x',
		    script_number(event->executed.maker), script_number(event->executed.taker),
		    (long long)event->executed.quantity.micros,
		    (long long)event->executed.price.micros);
		break;
	case BOOK_REDUCED:
		say(script, "~%llu -%lld=%lld%s", script_number(event->reduced.id),
		    (long long)event->reduced.by.micros, (long long)event->reduced.leaves.micros,
		    event->reduced.requested ? "" : " oco");
		break;
	case BOOK_REMOVED:
		say(script, "-%llu %lld %s", script_number(event->removed.id),
		    (long long)event->removed.canceled.micros, cancel_word(event->removed.reason));
		break;
	case BOOK_REJECTED:
		say(script, "!%llu %s", script_number(event->rejected.id),
		    reject_word(event->rejected.reason));
		break;
	case BOOK_REQUEST_REJECTED:
		say(script, "?%llu %s", script_number(event->request_rejected.id),
		    reject_word(event->request_rejected.reason));
		break;
	case BOOK_TRADING_CHANGED:
		say(script, "S %s", trading_word(event->trading.state));
		if (event->trading.reset)
			say(script, " reset");
		break;
	case BOOK_TOP_CHANGED:
		break;
	case BOOK_TRIGGERED:
		say(script, "T%llu%s", script_number(event->triggered.id),
		    event->triggered.rested ? "" : "!");
		break;
	case BOOK_REPLACED:
		say(script, "R%llu>%llu %lld/%lld%s", script_number(event->replaced.id),
		    script_number(event->replaced.new_id), (long long)event->replaced.leaves.micros,
		    (long long)event->replaced.quantity.micros,
		    event->replaced.kept_place ? " kept" : "");
		break;
	case BOOK_PREVENTED:
		say(script, "P%llu<%llu %lld", script_number(event->prevented.maker),
		    script_number(event->prevented.taker),
		    (long long)event->prevented.quantity.micros);
		break;
	case BOOK_COMPLETED:
		say(script, "C%llu %lld", script_number(event->completed.id),
		    (long long)event->completed.dropped.micros);
		break;
	case BOOK_AUCTION_HELD:
		say_result(script, "A", &event->auction.result);
		break;
	case BOOK_IMBALANCE:
		say_result(script, "I", &event->imbalance.result);
		break;
	case BOOK_TRAIL_MOVED:
		say(script, "M %s %lld", side_word(event->trail.side),
		    (long long)event->trail.best.micros);
		break;
	}
}

/* Running ///////////////////////////////////////////////////////////////////////////////////// */

static inline void check_top(const struct script *script)
{
	struct book_top top = book_top(&script->book);

	ck_assert_int_eq(top.bid.price.micros, script->top.bid.micros);
	ck_assert_int_eq(top.ask.price.micros, script->top.ask.micros);
	ck_assert_int_eq(book_total_shown(top.bid.total).micros, script->top.bid_quantity.micros);
	ck_assert_int_eq(book_total_shown(top.ask.total).micros, script->top.ask_quantity.micros);
}

static inline void apply_step(struct script *script, bool check)
{
	for (size_t i = 0; i < script->events.count; i++) {
		const struct book_event *event = &script->events.at[i];

		book_apply(&script->book, event);
		book_apply(&script->replica, event);
		if (check)
			check_invariants(&script->book);
		if (event->kind == BOOK_TOP_CHANGED) {
			ck_assert_uint_eq(i, script->events.count - 1);
			script->top = event->top;
			continue;
		}
		script->trades += event->kind == BOOK_EXECUTED;
		if (i > 0)
			say(script, ", ");
		say_event(script, event);
	}
	check_top(script);
}

/* Between inputs nothing is left undone. */
static inline void check_rest(const struct book *book)
{
	const struct book_level *buy = book_ladder_best(&book->stops.buys);
	const struct book_level *sell = book_ladder_best(&book->stops.sells);
	int64_t last = book->status.last_price.micros;

	ck_assert_int_eq(book->status.hand.leaves.micros, 0);
	ck_assert_int_eq(book->status.auction, BOOK_NO_AUCTION);
	if (!script_trades(book) || last == 0)
		return;
	ck_assert(buy == NULL || -buy->key > last);
	ck_assert(sell == NULL || sell->key < last);
}

/* Decides and applies the command, step by step; BOOK_DUPLICATE, or BOOK_DONE. */
static inline enum book_answer script_send(struct script *script,
					   const struct book_command *command)
{
	bool check = book_count(&script->book) < 200;
	enum book_answer answer;

	script->length = 0;
	script->text[0] = '\0';
	script->steps = script->trades = 0;
	do {
		answer = book_decide(&script->book, command, &script->events);
		ck_assert_uint_le(script->events.count, BOOK_STEP_EVENTS);
		if (script->steps++ > 0)
			say(script, " | ");
		apply_step(script, check);
		ck_assert_uint_lt(script->steps, 100000);
	} while (answer == BOOK_AGAIN);
	check_rest(&script->book);
	return answer;
}

/* Commands as text //////////////////////////////////////////////////////////////////////////// */

/* A word that is a number, and nothing else. */
static inline long long number(const char *word)
{
	char *end;
	long long value;

	ck_assert_ptr_nonnull(word);
	value = strtoll(word, &end, 10);
	ck_assert_msg(end != word && *end == '\0', "no number: %s", word);
	return value;
}

/* "quantity@price", or "quantity" alone, which leaves the price as it is. */
static inline void quantity_at_price(const char *word, long long *quantity, long long *price)
{
	char *end;

	ck_assert_ptr_nonnull(word);
	*quantity = strtoll(word, &end, 10);
	ck_assert_msg(end != word && (*end == '\0' || *end == '@'), "quantity: %s", word);
	if (*end == '@')
		*price = number(end + 1);
}

static inline bool flag_number(const char *word, const char *name, int64_t *out)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0 || word[n] != '=')
		return false;
	*out = number(word + n + 1);
	return true;
}

static inline int tif_of(const char *word)
{
	static const char *const words[] = { "day", "gtc", "ioc", "fok", "opg", "cls" };

	for (size_t i = 0; i < BUS_ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0)
			return (int)i + 1;
	return 0;
}

static inline int stp_of(const char *word)
{
	static const char *const words[] = { "none", "newest", "oldest", "both", "decrement" };

	for (size_t i = 0; i < BUS_ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0)
			return (int)i + 1;
	return 0;
}

static inline void option(struct book_order_command *order, const char *word)
{
	int64_t n;

	if (tif_of(word) != 0)
		order->tif = (enum book_tif)tif_of(word);
	else if (stp_of(word) != 0)
		order->stp = (enum book_stp)stp_of(word);
	else if (strcmp(word, "market") == 0)
		order->type = BOOK_MARKET;
	else if (strcmp(word, "post") == 0)
		order->post_only = true;
	else if (flag_number(word, "stop", &n))
		order->stop.micros = n, order->type = BOOK_STOP;
	else if (flag_number(word, "stoplimit", &n))
		order->stop.micros = n, order->type = BOOK_STOP_LIMIT;
	else if (flag_number(word, "trail", &n))
		order->trail.micros = n, order->type = BOOK_TRAILING_STOP;
	else if (flag_number(word, "percent", &n))
		order->trail_percent = n * BUS_MICROS, order->type = BOOK_TRAILING_STOP;
	else if (flag_number(word, "acct", &n))
		order->account = script_id((uint64_t)n);
	else if (flag_number(word, "sib", &n))
		order->sibling = script_id((uint64_t)n);
	else if (flag_number(word, "notional", &n))
		order->notional.micros = n, order->type = BOOK_MARKET;
	else if (flag_number(word, "lot", &n))
		order->increment.micros = n;
	else if (flag_number(word, "ref", &n))
		order->reference.micros = n;
	else if (flag_number(word, "expires", &n))
		order->expires_at = n;
	else if (flag_number(word, "actions", &n))
		order->actions = n;
	else
		ck_abort_msg("no option %s", word);
}

static inline void parse_order(struct book_command *command, enum book_side side, char **rest)
{
	struct book_order_command *order = &command->order;
	long long id = 0, quantity = 0, price = 0;
	const char *word;

	command->kind = BOOK_NEW;
	word = strtok_r(NULL, " ", rest);
	id = number(word);
	word = strtok_r(NULL, " ", rest);
	quantity_at_price(word, &quantity, &price);
	*order = (struct book_order_command){
		.id = script_id((uint64_t)id),
		.account = script_id((uint64_t)id),
		.side = side,
		.type = BOOK_LIMIT,
		.tif = BOOK_DAY,
		.quantity = { quantity },
		.limit = { price },
	};
	while ((word = strtok_r(NULL, " ", rest)) != NULL)
		option(order, word);
}

static inline void parse_replace(struct book_command *command, char **rest)
{
	struct book_replace_command *replace = &command->replace;
	struct book_order_command options = { .tif = BOOK_DAY };
	long long quantity = 0, price = 0;
	long long id = number(strtok_r(NULL, " ", rest));
	long long new_id = number(strtok_r(NULL, " ", rest));
	const char *word = strtok_r(NULL, " ", rest);

	quantity_at_price(word, &quantity, &price);
	options.account = script_id((uint64_t)id);
	while ((word = strtok_r(NULL, " ", rest)) != NULL)
		option(&options, word);
	command->kind = BOOK_REPLACE;
	*replace = (struct book_replace_command){
		.id = script_id((uint64_t)id),
		.account = options.account,
		.new_id = script_id((uint64_t)new_id),
		.tif = options.tif,
		.quantity = { quantity },
		.limit = { price },
		.stop = options.stop,
		.trail = options.trail,
		.trail_percent = options.trail_percent,
		.expires_at = options.expires_at,
		.actions = options.actions,
	};
}

static inline void parse_request(struct book_command *command, enum book_command_kind kind,
				 char **rest)
{
	long long id = number(strtok_r(NULL, " ", rest));
	const char *word;

	command->kind = kind;
	command->request = (struct book_request_command){
		.id = script_id((uint64_t)id),
		.account = script_id((uint64_t)id),
	};
	while ((word = strtok_r(NULL, " ", rest)) != NULL) {
		int64_t n;

		if (flag_number(word, "acct", &n))
			command->request.account = script_id((uint64_t)n);
		else
			command->request.by.micros = number(word);
	}
}

static inline bool parse_trading(const struct script *script, struct book_command *command,
				 const char *verb)
{
	static const struct {
		const char *verb;
		enum book_trading state;
		enum book_auction_kind auction;
	} words[] = {
		{ "open", BOOK_OPEN, BOOK_AUCTION_OPENING },
		{ "close", BOOK_CLOSED, BOOK_AUCTION_CLOSING },
		{ "halt", BOOK_HALTED, BOOK_NO_AUCTION },
		{ "resume", BOOK_OPEN, BOOK_AUCTION_RESUMPTION },
		{ "call-open", BOOK_OPENING_AUCTION, BOOK_NO_AUCTION },
		{ "call-close", BOOK_CLOSING_AUCTION, BOOK_NO_AUCTION },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(words); i++) {
		if (strcmp(verb, words[i].verb) != 0)
			continue;
		command->kind = BOOK_TRADING;
		command->trading = (struct book_trading_command){
			.state = words[i].state,
			.session_date = script->session_date,
			.actions = script->book.status.actions,
			.auction = words[i].auction,
		};
		return true;
	}
	return false;
}

/* One command; BOOK_DUPLICATE is said as "duplicate". */
static inline void script_line(struct script *script, char *line)
{
	struct book_command command = { .now = script->now };
	char *rest, *verb = strtok_r(line, " ", &rest);

	if (strcmp(verb, "at") == 0) {
		script->now = number(strtok_r(NULL, " ", &rest));
		return;
	}
	if (strcmp(verb, "date") == 0) {
		script->session_date = (int32_t)number(strtok_r(NULL, " ", &rest));
		return;
	}
	if (strcmp(verb, "buy") == 0)
		parse_order(&command, BOOK_BUY, &rest);
	else if (strcmp(verb, "sell") == 0)
		parse_order(&command, BOOK_SELL, &rest);
	else if (strcmp(verb, "cancel") == 0)
		parse_request(&command, BOOK_CANCEL, &rest);
	else if (strcmp(verb, "decrease") == 0)
		parse_request(&command, BOOK_DECREASE, &rest);
	else if (strcmp(verb, "replace") == 0)
		parse_replace(&command, &rest);
	else if (strcmp(verb, "split") == 0 || strcmp(verb, "dividend") == 0) {
		command.kind = BOOK_ACTION;
		command.action.actions = script->book.status.actions + 1;
		command.action.reset = strcmp(verb, "split") == 0;
	} else if (!parse_trading(script, &command, verb)) {
		ck_abort_msg("no command %s", verb);
	}
	if (script_send(script, &command) == BOOK_DUPLICATE)
		say(script, "duplicate");
}

static inline const char *script_run(struct script *script, const char *text)
{
	char copy[4096], *rest, *line;

	ck_assert_uint_lt(strlen(text), sizeof(copy));
	memcpy(copy, text, strlen(text) + 1);
	for (line = strtok_r(copy, ";", &rest); line != NULL; line = strtok_r(NULL, ";", &rest))
		script_line(script, line + strspn(line, " "));
	return script->text;
}

/* A row of a table of rules. */
struct script_case {
	const char *name;
	const char *commands;
	const char *events;
};

static inline void script_check(const struct script_case *c)
{
	struct script script;
	const char *said;

	script_init(&script);
	said = script_run(&script, c->commands);
	ck_assert_msg(strcmp(said, c->events) == 0, "%s: %s\n\texpected: %s\n\tsaid:     %s",
		      c->name, c->commands, c->events, said);
	script_release(&script);
}

#endif
