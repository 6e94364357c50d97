/* Inputs, facts and answers of the book as short lines of text, for tables that a person can read.
 */
#ifndef ORDERS_TEST_BOOK_WORDS_H
#define ORDERS_TEST_BOOK_WORDS_H

#include <inttypes.h>
#include <stdarg.h>

#include "book_fold.h"

/* Facts and answers in words ////////////////////////////////////////////////////////////// */

struct words {
	char text[2048];
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

static inline void say_fact(struct words *words, const struct bus_fact *fact)
{
	const BOOKS(OrderAdded) *added = fact->message;
	const BOOKS(Executed) *trade = fact->message;
	const BOOKS(OrderReduced) *reduced = fact->message;
	const BOOKS(OrderRemoved) *removed = fact->message;
	const BOOKS(OrderRejected) *rejected = fact->message;
	const BOOKS(RequestRejected) *refused = fact->message;
	const BOOKS(TradingStateChanged) *state = fact->message;
	const BOOKS(TopOfBookChanged) *top = fact->message;

	say(words, "%s", words->len == 0 ? "" : "; ");
	switch ((BOOKS(BookEvent__EventCase))fact->type) {
	case BOOK_FACT(ORDER_ADDED):
		say(words, "added %" PRIu64 " %" PRId64 "/%" PRId64 "@%" PRId64,
		    id_number(added->order_id), added->leaves_micros, added->quantity_micros,
		    added->price_micros);
		break;
	case BOOK_FACT(EXECUTED):
		say(words,
		    "trade %" PRIu64 "<%" PRIu64 " %" PRId64 "@%" PRId64 " left %" PRId64
		    ",%" PRId64,
		    id_number(trade->maker_order_id), id_number(trade->taker_order_id),
		    trade->quantity_micros, trade->price_micros, trade->maker_leaves_micros,
		    trade->taker_leaves_micros);
		break;
	case BOOK_FACT(ORDER_REDUCED):
		say(words, "reduced %" PRIu64 " by %" PRId64 " to %" PRId64,
		    id_number(reduced->order_id), reduced->by_micros, reduced->leaves_micros);
		break;
	case BOOK_FACT(ORDER_REMOVED):
		say(words, "removed %" PRIu64 " %" PRId64 " reason %d%s",
		    id_number(removed->order_id), removed->canceled_micros, (int)removed->reason,
		    removed->rested ? "" : " at once");
		break;
	case BOOK_FACT(ORDER_REJECTED):
		say(words, "rejected %" PRIu64 " reason %d", id_number(rejected->order_id),
		    (int)rejected->reason);
		break;
	case BOOK_FACT(REQUEST_REJECTED):
		say(words, "refused %" PRIu64 " kind %d reason %d", id_number(refused->order_id),
		    (int)refused->kind, (int)refused->reason);
		break;
	case BOOK_FACT(TRADING_STATE_CHANGED):
		say(words, "state %d %d", (int)state->state, state->session_date);
		break;
	case BOOK_FACT(TOP_OF_BOOK_CHANGED):
		say(words, "top %" PRId64 "@%" PRId64 " %" PRId64 "@%" PRId64,
		    top->bid_quantity_micros, top->bid_price_micros, top->ask_quantity_micros,
		    top->ask_price_micros);
		break;
	case BOOK_FACT(PARKED):
	case BOOK_FACT_NONE:
	case BOOK_FACT_ENUM_WIDTH:
		ck_abort_msg("fact %d", fact->type);
	}
}

static inline void say_answer(struct words *words, const struct bus_fold_reaction *reaction)
{
	const ProtobufCMessageDescriptor *type = reaction->message->descriptor;
	const BOOKS(Execution) *execution = (const void *)reaction->message;
	const BOOKS(OrderCanceled) *canceled = (const void *)reaction->message;
	const BOOKS(OrderDecreased) *decreased = (const void *)reaction->message;

	ck_assert_str_eq(reaction->topic, "books.executions");
	say(words, "%s%" PRIu64 ":", words->len == 0 ? "" : "; ", id_number(reaction->key));
	if (type == BOOKS_D(execution))
		say(words, "%s %" PRIu64 " %" PRId64 "@%" PRId64 " left %" PRId64,
		    execution->liquidity == BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_MAKER
			    ? "maker"
			    : "taker",
		    id_number(execution->order_id), execution->quantity_micros,
		    execution->price_micros, execution->leaves_micros);
	else if (type == BOOKS_D(order_canceled))
		say(words, "canceled %" PRIu64 " %" PRId64 "%s", id_number(canceled->order_id),
		    canceled->canceled_micros, canceled->request_id[0] != '\0' ? " asked" : "");
	else if (type == BOOKS_D(order_decreased))
		say(words, "decreased %" PRIu64 " to %" PRId64, id_number(decreased->order_id),
		    decreased->leaves_micros);
	else if (type == BOOKS_D(order_rejected))
		say(words, "rejected");
	else if (type == BOOKS_D(request_rejected))
		say(words, "refused");
	else
		ck_abort_msg("%s", type->name);
}

/* Inputs in words ///////////////////////////////////////////////////////////////////////// */

#define ACCOUNT 7

/*
 * "buy 1 10@100 day": a limit order; "buy 1 10@100 day market"; "... post".
 * "cancel 1"; "cancel 1 8" (account 8); "decrease 1 4"; "open", "close", "halt", "resume", and what
 * else the instrument says: "open halted", "resume closed".
 */
static inline int send_words(struct bus_fold *fold, const char *text)
{
	static const char *const tifs[] = { "", "day", "gtc", "ioc", "fok", "opg" };
	struct order_words order = { .account = ACCOUNT, .type = BOOK_LIMIT };
	char verb[16] = "", tif[16] = "", more[16] = "";
	uint64_t id = 0;
	int64_t number = 0;

	/* The words are of the tables beside this, not from outside. */
	/* NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(text, "%15s %" SCNu64 " %" SCNd64 "@%" SCNd64 " %15s %15s", verb, &order.id,
		   &order.quantity, &order.price, tif, more) >= 5) {
		order.side = strcmp(verb, "buy") == 0	 ? BOOK_BUY
			     : strcmp(verb, "sell") == 0 ? BOOK_SELL
							 : (enum book_side)9;
		for (size_t i = 0; i < BUS_ARRAY_LEN(tifs); i++)
			if (strcmp(tif, tifs[i]) == 0)
				order.tif = (enum book_tif)i;
		if (strcmp(more, "market") == 0)
			order.type = BOOK_MARKET;
		if (strcmp(more, "stop") == 0)
			order.type = (enum book_type)3;
		order.post_only = strcmp(more, "post") == 0;
		return send_new(fold, &order);
	}
	/* NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(text, "%15s %" SCNu64 " %" SCNd64, verb, &id, &number) >= 2)
		return strcmp(verb, "cancel") == 0
			       ? send_cancel(fold, id, number != 0 ? (uint64_t)number : ACCOUNT)
			       : send_decrease(fold, id, ACCOUNT, number);
	(void)sscanf(text, "%15s %15s", verb, more);
	if (strcmp(verb, "open") == 0)
		return send_market(fold, SESSION_OPENS, true, strcmp(more, "halted") == 0,
				   20120621);
	if (strcmp(verb, "close") == 0)
		return send_market(fold, SESSION_CLOSES, false, false, 20120621);
	if (strcmp(verb, "halt") == 0)
		return send_market(fold, HALTS, strcmp(more, "closed") != 0, true, 20120621);
	ck_assert_str_eq(verb, "resume");
	return send_market(fold, RESUMES, strcmp(more, "closed") != 0, false, 20120621);
}

#endif
