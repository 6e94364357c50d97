/* Inputs, facts and answers of the book as short lines of text, for tables that a person can read.
 * Numbers are millionths; "5M" is 5 whole ones.
 */
#ifndef ORDERS_TEST_BOOK_WORDS_H
#define ORDERS_TEST_BOOK_WORDS_H

#include <inttypes.h>
#include <stdarg.h>

#include "book_fold.h"

/* Facts and answers in words ////////////////////////////////////////////////////////////// */

struct words {
	char text[4096];
	size_t len;
};

static inline void say(struct words *words, const char *fmt, ...) BUS_PRINTF(2, 3);

static inline void say(struct words *words, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(words->text + words->len, sizeof(words->text) - words->len, fmt, args);
	va_end(args);
	ck_assert(len >= 0 && (size_t)len < sizeof(words->text) - words->len);
	words->len += (size_t)len;
}

struct number {
	char text[24];
};

static inline struct number number_of(int64_t n)
{
	struct number number;

	if (n != 0 && n % 1000000 == 0)
		snprintf(number.text, sizeof(number.text), "%" PRId64 "M", n / 1000000);
	else
		snprintf(number.text, sizeof(number.text), "%" PRId64, n);
	return number;
}

#define N(n)  number_of(n).text
#define ID(s) id_number(s)

static inline void say_added(struct words *words, const BOOKS(OrderAdded) * added)
{
	say(words, "added %" PRIu64 " %s/%s@%s", ID(added->order_id), N(added->leaves_micros),
	    N(added->quantity_micros), N(added->price_micros));
	if (added->queue == BOURSE__BOOKS__V1__QUEUE__QUEUE_OPENING)
		say(words, " opening");
	if (added->queue == BOURSE__BOOKS__V1__QUEUE__QUEUE_CLOSING)
		say(words, " closing");
	if (added->queue == BOURSE__BOOKS__V1__QUEUE__QUEUE_STOPS)
		say(words, " stop %s", N(added->stop_price_micros));
	if (added->best_price_micros != 0)
		say(words, " best %s", N(added->best_price_micros));
	if (added->sibling_order_id[0] != '\0')
		say(words, " with %" PRIu64, ID(added->sibling_order_id));
	if (added->prevented_micros != 0)
		say(words, " prevented %s", N(added->prevented_micros));
}

static inline void say_trade(struct words *words, const BOOKS(Executed) * trade)
{
	say(words, "%s %" PRIu64 "<%" PRIu64 " %s@%s left %s,%s", trade->auction ? "met" : "trade",
	    ID(trade->maker_order_id), ID(trade->taker_order_id), N(trade->quantity_micros),
	    N(trade->price_micros), N(trade->maker_leaves_micros), N(trade->taker_leaves_micros));
}

static inline const char *side_word(ORDERS(Side) side)
{
	return side == BOURSE__ORDERS__V1__SIDE__SIDE_BUY    ? "buy"
	       : side == BOURSE__ORDERS__V1__SIDE__SIDE_SELL ? "sell"
							     : "even";
}

static inline void say_state(struct words *words, const BOOKS(TradingStateChanged) * state)
{
	say(words, "state %d %d", (int)state->state, state->session_date);
	if (state->actions != 0)
		say(words, " actions %" PRId64, state->actions);
	if (state->reset)
		say(words, " reset");
}

/* What happens to orders, but for their trades. */
static inline void say_order_fact(struct words *words, const struct bus_fact *fact)
{
	const BOOKS(OrderReduced) *reduced = fact->message;
	const BOOKS(OrderRemoved) *removed = fact->message;
	const BOOKS(OrderTriggered) *triggered = fact->message;
	const BOOKS(OrderReplaced) *replaced = fact->message;
	const BOOKS(SelfTradePrevented) *prevented = fact->message;
	const BOOKS(OrderCompleted) *completed = fact->message;

	switch ((enum book_event_kind)fact->type) {
	case BOOK_REDUCED:
		say(words, "reduced %" PRIu64 " by %s to %s", ID(reduced->order_id),
		    N(reduced->by_micros), N(reduced->leaves_micros));
		break;
	case BOOK_REMOVED:
		say(words, "removed %" PRIu64 " %s reason %d%s", ID(removed->order_id),
		    N(removed->canceled_micros), (int)removed->reason,
		    removed->rested ? "" : " at once");
		break;
	case BOOK_TRIGGERED:
		say(words, "triggered %" PRIu64 " stop %s last %s%s", ID(triggered->order_id),
		    N(triggered->stop_price_micros), N(triggered->last_price_micros),
		    triggered->rested ? "" : " at once");
		break;
	case BOOK_REPLACED:
		say(words, "replaced %" PRIu64 " by %" PRIu64 " %s/%s%s", ID(replaced->order_id),
		    ID(replaced->new_order_id), N(replaced->leaves_micros),
		    N(replaced->quantity_micros), replaced->kept_place ? " kept" : "");
		break;
	case BOOK_PREVENTED:
		say(words, "prevented %" PRIu64 "<%" PRIu64 " %s left %s,%s",
		    ID(prevented->maker_order_id), ID(prevented->taker_order_id),
		    N(prevented->quantity_micros), N(prevented->maker_leaves_micros),
		    N(prevented->taker_leaves_micros));
		break;
	case BOOK_COMPLETED:
		say(words, "completed %" PRIu64 " dropped %s", ID(completed->order_id),
		    N(completed->dropped_micros));
		break;
	case BOOK_ADDED:
	case BOOK_EXECUTED:
	case BOOK_REJECTED:
	case BOOK_REQUEST_REJECTED:
	case BOOK_TRADING_CHANGED:
	case BOOK_TOP_CHANGED:
	case BOOK_AUCTION_HELD:
	case BOOK_IMBALANCE:
	case BOOK_TRAIL_MOVED:
		ck_abort_msg("fact %d", fact->type);
	}
}

static inline void say_fact(struct words *words, const struct bus_fact *fact)
{
	const BOOKS(OrderRejected) *rejected = fact->message;
	const BOOKS(RequestRejected) *refused = fact->message;
	const BOOKS(TopOfBookChanged) *top = fact->message;
	const BOOKS(AuctionHeld) *held = fact->message;
	const BOOKS(ImbalanceChanged) *imbalance = fact->message;
	const BOOKS(TrailMoved) *trail = fact->message;

	say(words, "%s", words->len == 0 ? "" : "; ");
	switch ((enum book_event_kind)fact->type) {
	case BOOK_ADDED:
		say_added(words, fact->message);
		return;
	case BOOK_EXECUTED:
		say_trade(words, fact->message);
		return;
	case BOOK_REJECTED:
		say(words, "rejected %" PRIu64 " reason %d", ID(rejected->order_id),
		    (int)rejected->reason);
		return;
	case BOOK_REQUEST_REJECTED:
		say(words, "refused %" PRIu64 " kind %d reason %d", ID(refused->order_id),
		    (int)refused->kind, (int)refused->reason);
		return;
	case BOOK_TRADING_CHANGED:
		say_state(words, fact->message);
		return;
	case BOOK_TOP_CHANGED:
		say(words, "top %s@%s %s@%s", N(top->bid_quantity_micros), N(top->bid_price_micros),
		    N(top->ask_quantity_micros), N(top->ask_price_micros));
		return;
	case BOOK_AUCTION_HELD:
		say(words, "auction %d %s@%s over %s %s", (int)held->kind, N(held->volume_micros),
		    N(held->price_micros), side_word(held->imbalance_side),
		    N(held->imbalance_micros));
		return;
	case BOOK_IMBALANCE:
		say(words, "imbalance %d %s@%s over %s %s", (int)imbalance->kind,
		    N(imbalance->volume_micros), N(imbalance->price_micros),
		    side_word(imbalance->imbalance_side), N(imbalance->imbalance_micros));
		return;
	case BOOK_TRAIL_MOVED:
		say(words, "trail %s %s", side_word(trail->side), N(trail->best_price_micros));
		return;
	case BOOK_REDUCED:
	case BOOK_REMOVED:
	case BOOK_TRIGGERED:
	case BOOK_REPLACED:
	case BOOK_PREVENTED:
	case BOOK_COMPLETED:
		break;
	}
	say_order_fact(words, fact);
}

static inline void say_execution(struct words *words, const BOOKS(Execution) * execution)
{
	static const char *const liquidities[] = { "?", "maker", "taker", "auction" };

	say(words, "%s %" PRIu64 " %s@%s left %s", liquidities[execution->liquidity],
	    ID(execution->order_id), N(execution->quantity_micros), N(execution->price_micros),
	    N(execution->leaves_micros));
}

static inline void say_answer(struct words *words, const struct bus_fold_reaction *reaction)
{
	const ProtobufCMessageDescriptor *type = reaction->message->descriptor;
	const BOOKS(OrderCanceled) *canceled = (const void *)reaction->message;
	const BOOKS(OrderDecreased) *decreased = (const void *)reaction->message;
	const BOOKS(OrderTriggered) *triggered = (const void *)reaction->message;
	const BOOKS(OrderReplaced) *replaced = (const void *)reaction->message;
	const BOOKS(SelfTradePrevented) *prevented = (const void *)reaction->message;
	const BOOKS(OrderCompleted) *completed = (const void *)reaction->message;

	ck_assert_str_eq(reaction->topic, "books.executions");
	say(words, "%s%" PRIu64 ":", words->len == 0 ? "" : "; ", ID(reaction->key));
	if (type == BOOKS_D(execution))
		say_execution(words, (const void *)reaction->message);
	else if (type == BOOKS_D(order_canceled))
		say(words, "canceled %" PRIu64 " %s%s", ID(canceled->order_id),
		    N(canceled->canceled_micros), canceled->request_id[0] != '\0' ? " asked" : "");
	else if (type == BOOKS_D(order_decreased))
		say(words, "decreased %" PRIu64 " to %s%s", ID(decreased->order_id),
		    N(decreased->leaves_micros), decreased->request_id[0] != '\0' ? "" : " by oco");
	else if (type == BOOKS_D(order_rejected))
		say(words, "rejected");
	else if (type == BOOKS_D(request_rejected))
		say(words, "refused");
	else if (type == BOOKS_D(order_triggered))
		say(words, "triggered %" PRIu64, ID(triggered->order_id));
	else if (type == BOOKS_D(order_replaced))
		say(words, "replaced %" PRIu64 " by %" PRIu64, ID(replaced->order_id),
		    ID(replaced->new_order_id));
	else if (type == BOOKS_D(self_trade_prevented))
		say(words, "prevented %" PRIu64 "<%" PRIu64, ID(prevented->maker_order_id),
		    ID(prevented->taker_order_id));
	else if (type == BOOKS_D(order_completed))
		say(words, "completed %" PRIu64, ID(completed->order_id));
	else
		ck_abort_msg("%s", type->name);
}

/* Inputs in words ///////////////////////////////////////////////////////////////////////// */

#define ACCOUNT	     7
#define SESSION_DATE 20120621

/* The words of the tables are not from outside. */
static inline int64_t read_number(const char *text)
{
	char *end;
	int64_t n = strtoll(text, &end, 10);

	if (*end == 'M')
		n *= 1000000;
	return n;
}

static inline bool read_tif(const char *word, enum book_tif *tif)
{
	static const char *const tifs[] = { "", "day", "gtc", "ioc", "fok", "opg", "cls" };

	for (size_t i = 1; i < BUS_ARRAY_LEN(tifs); i++)
		if (strcmp(word, tifs[i]) == 0) {
			*tif = (enum book_tif)i;
			return true;
		}
	return false;
}

/* One word of an order behind its id: "10@100", "day", "market", "post", or "name=number". */
static inline void read_order_word(const char *word, struct order_words *order)
{
	const char *is = strchr(word, '='), *at = strchr(word, '@');
	int64_t n = is != NULL ? read_number(is + 1) : 0;

	if (at != NULL) {
		order->quantity = read_number(word);
		order->price = read_number(at + 1);
	} else if (read_tif(word, &order->tif)) {
		return;
	} else if (strcmp(word, "market") == 0) {
		order->type = BOOK_MARKET;
	} else if (strcmp(word, "post") == 0) {
		order->post_only = true;
	} else if (strncmp(word, "stop=", 5) == 0) {
		order->stop = n;
		order->type = BOOK_STOP;
	} else if (strncmp(word, "stoplimit=", 10) == 0) {
		order->stop = n;
		order->type = BOOK_STOP_LIMIT;
	} else if (strncmp(word, "trail=", 6) == 0) {
		order->trail = n;
		order->type = BOOK_TRAILING_STOP;
	} else if (strncmp(word, "percent=", 8) == 0) {
		order->trail_percent = n;
		order->type = BOOK_TRAILING_STOP;
	} else if (strncmp(word, "account=", 8) == 0) {
		order->account = (uint64_t)n;
	} else if (strncmp(word, "type=", 5) == 0) {
		order->type = (enum book_type)n;
	} else if (strncmp(word, "stp=", 4) == 0) {
		order->stp = (enum book_stp)n;
	} else if (strncmp(word, "notional=", 9) == 0) {
		order->notional = n;
	} else if (strncmp(word, "lot=", 4) == 0) {
		order->increment = n;
	} else if (strncmp(word, "reference=", 10) == 0) {
		order->reference = n;
	} else if (strncmp(word, "until=", 6) == 0) {
		order->expires_at = n;
	} else if (strncmp(word, "actions=", 8) == 0) {
		order->actions = n;
	} else if (strncmp(word, "with=", 5) == 0) {
		order->sibling = (uint64_t)n;
	} else {
		ck_abort_msg("what is \"%s\"?", word);
	}
}

/* The words of a line, at most so many. */
#define WORDS_MAX 16
static inline size_t split_words(char *line, char **out)
{
	char *rest = line;
	size_t n = 0;

	for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
		ck_assert_uint_lt(n, WORDS_MAX);
		out[n++] = word;
	}
	return n;
}

static inline int send_market_words(struct bus_fold *fold, char *const *words, size_t count)
{
	static const char *const verbs[] = { "open", "close", "halt", "resume", "call" };
	static const char *const sessions[] = { "", "closed", "opened", "opening", "closing" };
	struct market_words said = { .session_date = SESSION_DATE };
	enum market_word verb = SESSION_OPENS;
	size_t first = 1;

	while (strcmp(verbs[verb], words[0]) != 0) {
		verb++;
		ck_assert_msg((size_t)verb < BUS_ARRAY_LEN(verbs), "what is \"%s\"?", words[0]);
	}
	said.session = verb == SESSION_CLOSES
			       ? BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSED
			       : BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPEN;
	said.halted = verb == HALTS;
	for (size_t i = first; i < count; i++) {
		if (strcmp(words[i], "halted") == 0)
			said.halted = true;
		if (strncmp(words[i], "actions=", 8) == 0)
			said.actions = read_number(words[i] + 8);
		for (size_t k = 1; k < BUS_ARRAY_LEN(sessions); k++)
			if (strcmp(words[i], sessions[k]) == 0)
				said.session = (MARKET(SessionState))k;
	}
	return send_session(fold, verb, &said);
}

/*
 * "buy 1 10@100 day", and more words as in read_order_word(); "replace 1 2 10@100 day": 1 by 2.
 * "cancel 1"; "cancel 1 8" (account 8); "decrease 1 4". "open", "close", "halt", "resume", "call",
 * and what else the instrument says: "open halted", "resume closed", "call opening", "actions=1".
 * "split 1", "rename 1", "dividend 1": the number that is effective now. "clock 5M": the time.
 */
static inline int send_words(struct bus_fold *fold, const char *text)
{
	struct order_words order = { .account = ACCOUNT, .type = BOOK_LIMIT };
	struct market_words market = {
		.session = BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPEN,
		.session_date = SESSION_DATE,
	};
	char line[256], *words[WORDS_MAX] = { "", "0", "0" };
	bool replace;
	size_t count;

	ck_assert_uint_lt(strlen(text), sizeof(line));
	snprintf(line, sizeof(line), "%s", text);
	count = split_words(line, words);
	market.actions = read_number(words[1]);
	if (strcmp(words[0], "cancel") == 0)
		return send_cancel(fold, (uint64_t)read_number(words[1]),
				   count > 2 ? (uint64_t)read_number(words[2]) : ACCOUNT);
	if (strcmp(words[0], "decrease") == 0)
		return send_decrease(fold, (uint64_t)read_number(words[1]), ACCOUNT,
				     read_number(words[2]));
	if (strcmp(words[0], "split") == 0)
		return send_action(fold, BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_SPLIT,
				   &market);
	if (strcmp(words[0], "rename") == 0)
		return send_action(fold, BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_RENAME,
				   &market);
	if (strcmp(words[0], "dividend") == 0)
		return send_action(fold, BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_DIVIDEND,
				   &market);
	replace = strcmp(words[0], "replace") == 0;
	order.side = strcmp(words[0], "buy") == 0    ? BOOK_BUY
		     : strcmp(words[0], "sell") == 0 ? BOOK_SELL
						     : (enum book_side)9;
	if (!replace && order.side == 9 && strcmp(words[0], "hold") != 0)
		return send_market_words(fold, words, count);
	order.id = (uint64_t)read_number(words[replace ? 2 : 1]);
	for (size_t i = replace ? 3 : 2; i < count; i++)
		read_order_word(words[i], &order);
	return replace ? send_replace(fold, (uint64_t)read_number(words[1]), &order)
		       : send_new(fold, &order);
}

#endif
