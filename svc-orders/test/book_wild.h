/* Random inputs of the book: every type and option, every fact of the market, and now and then
 * values that nobody should send.
 */
#ifndef ORDERS_TEST_BOOK_WILD_H
#define ORDERS_TEST_BOOK_WILD_H

#include "book_words.h"

struct wild {
	struct bus_fold *fold;
	uint64_t seed, last_id;
	struct order_words first, second; /* of a pair */
	bool pending;			  /* the second is not sent yet */
};

static inline uint64_t wild_draw(struct wild *w, uint64_t below)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (w->seed >> 11) % below;
}

/* Mostly what makes sense, sometimes anything. */
static inline int64_t wild_value(struct wild *w, int64_t sane)
{
	static const int64_t values[] = { 0, -1, 1, INT64_MAX, INT64_MIN, 1000000 };

	return wild_draw(w, 25) == 0 ? values[wild_draw(w, BUS_ARRAY_LEN(values))] : sane;
}

static inline int64_t wild_price(struct wild *w)
{
	return 1000 * (1000 + (int64_t)wild_draw(w, 40));
}

static inline void wild_order(struct wild *w, struct order_words *words)
{
	*words = (struct order_words){
		.id = ++w->last_id,
		.account = ACCOUNT + wild_draw(w, 2),
		.side = wild_draw(w, 2) == 0 ? BOOK_BUY : BOOK_SELL,
		.type = wild_draw(w, 3) == 0
				? (enum book_type)wild_value(w, 1 + (int64_t)wild_draw(w, 5))
				: BOOK_LIMIT,
		.tif = wild_draw(w, 2) == 0
			       ? (enum book_tif)wild_value(w, 1 + (int64_t)wild_draw(w, 6))
			       : BOOK_GTC,
		.quantity = wild_value(w, 1 + (int64_t)wild_draw(w, 100)),
		.price = wild_value(w, wild_price(w)),
		.post_only = wild_draw(w, 20) == 0,
		.stp = wild_draw(w, 3) == 0 ? (enum book_stp)wild_value(w, (int64_t)wild_draw(w, 6))
					    : BOOK_STP_UNSET,
		.expires_at =
			wild_draw(w, 10) == 0 ? wild_value(w, (int64_t)wild_draw(w, 1000000)) : 0,
		.actions = wild_value(w, 100),
	};
	if (words->type == BOOK_STOP || words->type == BOOK_STOP_LIMIT)
		words->stop = wild_value(w, wild_price(w));
	if (words->type == BOOK_TRAILING_STOP) {
		words->reference = wild_value(w, wild_price(w));
		if (wild_draw(w, 2) == 0)
			words->trail = wild_value(w, 1000 * (1 + (int64_t)wild_draw(w, 9)));
		else
			words->trail_percent = wild_value(w, 1 + (int64_t)wild_draw(w, 2000000));
	}
	if (words->type == BOOK_MARKET && wild_draw(w, 2) == 0) {
		words->tif = BOOK_IOC;
		words->notional = wild_value(w, 1 + (int64_t)wild_draw(w, 100));
		words->increment = wild_value(w, 1);
	}
}

/* Two that cancel each other; the second waits to be sent. */
static inline void wild_pair(struct wild *w)
{
	struct order_words *first = &w->first, *second = &w->second;

	wild_order(w, first);
	wild_order(w, second);
	first->type = BOOK_LIMIT;
	first->sibling = second->id;
	second->account = first->account;
	second->side = first->side;
	second->type = wild_draw(w, 10) != 0 ? BOOK_STOP_LIMIT : BOOK_LIMIT;
	second->stop = wild_price(w);
	second->trail = second->trail_percent = second->notional = 0;
	second->sibling = first->id;
	first->notional = first->stop = first->trail = first->trail_percent = 0;
	w->pending = true;
}

static inline void wild_market(struct wild *w)
{
	static const char *const words[] = {
		"open",		"open halted",	"close",  "close halted",   "halt",
		"halt closed",	"halt opening", "resume", "resume",	    "resume closed",
		"call closing", "call opening", "open",	  "resume closing", "open",
	};

	if (wild_draw(w, 40) == 0)
		send_words(w->fold, wild_draw(w, 2) == 0 ? "split 3" : "dividend 2");
	else
		send_words(w->fold, words[wild_draw(w, BUS_ARRAY_LEN(words))]);
}

/* One input. */
static inline void wild_input(struct wild *w)
{
	uint64_t kind = wild_draw(w, 200), id = 1 + wild_draw(w, w->last_id + 1);
	struct order_words words;

	if (w->pending) {
		w->pending = false;
		send_new(w->fold, &w->second);
	} else if (kind < 4) {
		wild_market(w);
	} else if (kind < 110) {
		wild_order(w, &words);
		send_new(w->fold, &words);
	} else if (kind < 130) {
		wild_pair(w);
		send_new(w->fold, &w->first);
	} else if (kind < 150) {
		wild_order(w, &words);
		send_replace(w->fold, id, &words);
	} else if (kind < 185) {
		send_cancel(w->fold, id, ACCOUNT + wild_draw(w, 2));
	} else {
		send_decrease(w->fold, id, ACCOUNT, wild_value(w, 1 + (int64_t)wild_draw(w, 80)));
	}
}

#endif
