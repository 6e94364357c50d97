/*
 * The book processor folded in memory, for its tests: commands in short words, ids that are
 * numbers, and a second state that is built from the facts alone.
 */
#ifndef ORDERS_TEST_BOOK_FOLD_H
#define ORDERS_TEST_BOOK_FOLD_H

#include <stdio.h>
#include <string.h>

#include "../../libbus/test/suite.h"
#include "book_match.h"
#include "book_processor.h"
#include "book_store.h"
#include "book_wire.h"
#include "bus/fold.h"

#define SYMBOL	   "AAPL"
#define REQUEST_ID "00000000-0000-4000-8000-00000000000f"

/* "00000000-0000-4000-8000-" and twelve digits. */
static inline char *id_text(uint64_t n, char *buf)
{
	snprintf(buf, BUS_ID_TEXT, "00000000-0000-4000-8000-%012llu",
		 (unsigned long long)(n % 1000000000000));
	return buf;
}

static inline uint64_t id_number(const char *text)
{
	return strtoull(text + 24, NULL, 10);
}

struct order_words {
	uint64_t id, account;
	enum book_side side;
	enum book_type type;
	enum book_tif tif;
	int64_t quantity, price; /* as they go on the wire, like all that follow */
	bool post_only;
	enum book_stp stp;
	int64_t stop, trail, trail_percent, notional, increment, reference, expires_at, actions;
	uint64_t sibling; /* 0: none */
};

static inline int send_new(struct bus_fold *fold, const struct order_words *words)
{
	BOOKS(NewOrder) order = BOURSE__BOOKS__V1__NEW_ORDER__INIT;
	char id[BUS_ID_TEXT], account[BUS_ID_TEXT], sibling[BUS_ID_TEXT];

	order.symbol = (char *)(uintptr_t)SYMBOL;
	order.order_id = id_text(words->id, id);
	order.account_id = id_text(words->account, account);
	order.side = (ORDERS(Side))words->side;
	order.type = (ORDERS(OrderType))words->type;
	order.time_in_force = (ORDERS(TimeInForce))words->tif;
	order.quantity_micros = words->quantity;
	order.limit_price_micros = words->price;
	order.post_only = words->post_only;
	order.self_trade_prevention = (ORDERS(SelfTradePrevention))words->stp;
	order.stop_price_micros = words->stop;
	order.trail_price_micros = words->trail;
	order.trail_percent_micros = words->trail_percent;
	order.notional_micros = words->notional;
	order.quantity_increment_micros = words->increment;
	order.reference_price_micros = words->reference;
	order.expires_at_micros = words->expires_at;
	order.actions = words->actions;
	if (words->sibling != 0)
		order.sibling_order_id = id_text(words->sibling, sibling);
	return bus_fold_input(fold, "books.commands", SYMBOL, NULL, &order.base);
}

static inline int send_cancel(struct bus_fold *fold, uint64_t order_id, uint64_t account_id)
{
	BOOKS(CancelOrder) cancel = BOURSE__BOOKS__V1__CANCEL_ORDER__INIT;
	char id[BUS_ID_TEXT], account[BUS_ID_TEXT];

	cancel.symbol = (char *)(uintptr_t)SYMBOL;
	cancel.order_id = id_text(order_id, id);
	cancel.account_id = id_text(account_id, account);
	cancel.request_id = (char *)(uintptr_t)REQUEST_ID;
	return bus_fold_input(fold, "books.commands", SYMBOL, NULL, &cancel.base);
}

static inline int send_decrease(struct bus_fold *fold, uint64_t order_id, uint64_t account_id,
				int64_t by)
{
	BOOKS(DecreaseOrder) decrease = BOURSE__BOOKS__V1__DECREASE_ORDER__INIT;
	char id[BUS_ID_TEXT], account[BUS_ID_TEXT];

	decrease.symbol = (char *)(uintptr_t)SYMBOL;
	decrease.order_id = id_text(order_id, id);
	decrease.account_id = id_text(account_id, account);
	decrease.request_id = (char *)(uintptr_t)REQUEST_ID;
	decrease.by_micros = by;
	return bus_fold_input(fold, "books.commands", SYMBOL, NULL, &decrease.base);
}

/* The order `id` by `words`, whose id is the new one. */
static inline int send_replace(struct bus_fold *fold, uint64_t id, const struct order_words *words)
{
	BOOKS(ReplaceOrder) replace = BOURSE__BOOKS__V1__REPLACE_ORDER__INIT;
	char old_id[BUS_ID_TEXT], new_id[BUS_ID_TEXT], account[BUS_ID_TEXT];

	replace.symbol = (char *)(uintptr_t)SYMBOL;
	replace.order_id = id_text(id, old_id);
	replace.account_id = id_text(words->account, account);
	replace.new_order_id = id_text(words->id, new_id);
	replace.time_in_force = (ORDERS(TimeInForce))words->tif;
	replace.quantity_micros = words->quantity;
	replace.limit_price_micros = words->price;
	replace.stop_price_micros = words->stop;
	replace.trail_price_micros = words->trail;
	replace.trail_percent_micros = words->trail_percent;
	replace.expires_at_micros = words->expires_at;
	replace.actions = words->actions;
	return bus_fold_input(fold, "books.commands", SYMBOL, NULL, &replace.base);
}

enum market_word { SESSION_OPENS, SESSION_CLOSES, HALTS, RESUMES, CALLS };

struct market_words {
	MARKET(SessionState) session;
	bool halted;
	int32_t session_date;
	int64_t actions;
};

static inline void say_instrument(MARKET(Instrument) * instrument, const struct market_words *words)
{
	bourse__market__v1__instrument__init(instrument);
	instrument->symbol = (char *)(uintptr_t)SYMBOL;
	instrument->session = words->session;
	instrument->session_date = words->session_date;
	instrument->halted = words->halted;
	instrument->actions_effective = words->actions;
}

/* What the market says: all these facts are alike on the wire. */
static inline int send_session(struct bus_fold *fold, enum market_word word,
			       const struct market_words *said)
{
	MARKET(Instrument) instrument;
	MARKET(SessionOpened) opened = BOURSE__MARKET__V1__SESSION_OPENED__INIT;
	MARKET(SessionClosed) closed = BOURSE__MARKET__V1__SESSION_CLOSED__INIT;
	MARKET(InstrumentHalted) halt = BOURSE__MARKET__V1__INSTRUMENT_HALTED__INIT;
	MARKET(InstrumentResumed) resume = BOURSE__MARKET__V1__INSTRUMENT_RESUMED__INIT;
	MARKET(AuctionCalled) call = BOURSE__MARKET__V1__AUCTION_CALLED__INIT;
	const ProtobufCMessage *const words[] = { &opened.base, &closed.base, &halt.base,
						  &resume.base, &call.base };

	say_instrument(&instrument, said);
	opened.symbol = closed.symbol = halt.symbol = resume.symbol = call.symbol =
		instrument.symbol;
	opened.instrument = closed.instrument = halt.instrument = resume.instrument =
		call.instrument = &instrument;
	return bus_fold_input(fold, "market.events", SYMBOL, NULL, words[word]);
}

static inline int send_market(struct bus_fold *fold, enum market_word word, bool session_open,
			      bool halted, int32_t session_date)
{
	struct market_words said = {
		.session = session_open ? BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPEN
					: BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSED,
		.halted = halted,
		.session_date = session_date,
	};

	return send_session(fold, word, &said);
}

static inline int send_action(struct bus_fold *fold, MARKET(ActionKind) kind,
			      const struct market_words *said)
{
	MARKET(Instrument) instrument;
	MARKET(CorporateAction) action = BOURSE__MARKET__V1__CORPORATE_ACTION__INIT;
	MARKET(ActionEffective) effective = BOURSE__MARKET__V1__ACTION_EFFECTIVE__INIT;

	say_instrument(&instrument, said);
	action.kind = kind;
	action.number = said->actions;
	effective.symbol = instrument.symbol;
	effective.instrument = &instrument;
	effective.action = &action;
	return bus_fold_input(fold, "market.events", SYMBOL, NULL, &effective.base);
}

static inline const struct book *fold_book(struct bus_fold *fold)
{
	return book_state_find(bus_fold_state(fold), SYMBOL);
}

/* Applies the facts of the last input to another state. */
static inline void replay(struct bus_fold *fold, struct book_state *other)
{
	for (size_t i = 0; i < bus_fold_fact_count(fold); i++)
		book_processor.evolve(other, bus_fold_fact(fold, i));
}

static inline void check_same_extra(const struct book_extra *x, const struct book_extra *y)
{
	ck_assert_int_eq(x != NULL, y != NULL);
	if (x == NULL || y == NULL)
		return;
	ck_assert(bus_id_equal(x->sibling, y->sibling));
	ck_assert_int_eq(x->stop.micros, y->stop.micros);
	ck_assert_int_eq(x->trail.micros, y->trail.micros);
	ck_assert_int_eq(x->trail_percent, y->trail_percent);
	ck_assert_int_eq(x->best.micros, y->best.micros);
}

/* In all but the time at which it came, which no decision asks for. */
static inline void check_same_order(const struct book_order *o, const struct book_order *p)
{
	ck_assert(bus_id_equal(o->id, p->id));
	ck_assert(bus_id_equal(o->account, p->account));
	ck_assert_int_eq(o->side, p->side);
	ck_assert_int_eq(o->type, p->type);
	ck_assert_int_eq(o->tif, p->tif);
	ck_assert_int_eq(o->queue, p->queue);
	ck_assert_int_eq(o->stp, p->stp);
	ck_assert_int_eq(o->post_only, p->post_only);
	ck_assert_int_eq(o->price.micros, p->price.micros);
	ck_assert_int_eq(o->leaves.micros, p->leaves.micros);
	ck_assert_int_eq(o->quantity.micros, p->quantity.micros);
	ck_assert_int_eq(o->priority, p->priority);
	ck_assert_int_eq(o->expires_at, p->expires_at);
	check_same_extra(o->extra, p->extra);
}

static inline void check_same_ladder(const struct book_ladder *a, const struct book_ladder *b)
{
	struct book_spot at, bt;
	const struct book_level *x = book_ladder_first(a, &at);
	const struct book_level *y = book_ladder_first(b, &bt);

	while (x != NULL && y != NULL) {
		const struct book_order *o = x->head, *p = y->head;

		ck_assert_int_eq(x->key, y->key);
		ck_assert(x->total.micros == y->total.micros);
		for (; o != NULL && p != NULL; o = o->next, p = p->next)
			check_same_order(o, p);
		ck_assert(o == NULL && p == NULL);
		x = book_ladder_next(a, &at);
		y = book_ladder_next(b, &bt);
	}
	ck_assert(x == NULL && y == NULL);
}

static inline void check_same_sides(const struct book_sides *a, const struct book_sides *b)
{
	check_same_ladder(&a->buys, &b->buys);
	check_same_ladder(&a->sells, &b->sells);
}

/* Their order in the list says nothing; who is in it is checked with its orders. */
static inline size_t count_trailing(const struct book_order *order)
{
	size_t n = 0;

	for (; order != NULL; order = order->extra->next_trail)
		n++;
	return n;
}

static inline void check_same_status(const struct book_status *x, const struct book_status *y)
{
	ck_assert_int_eq(x->trading, y->trading);
	ck_assert_int_eq(x->session_date, y->session_date);
	ck_assert_int_eq(x->actions, y->actions);
	ck_assert_int_eq(x->last_priority, y->last_priority);
	ck_assert_int_eq(x->last_price.micros, y->last_price.micros);
	ck_assert_int_eq(x->opening_held, y->opening_held);
	ck_assert_int_eq(x->hand.leaves.micros, y->hand.leaves.micros);
	ck_assert_int_eq(x->auction, y->auction);
	ck_assert_int_eq(x->imbalance.price.micros, y->imbalance.price.micros);
	ck_assert_int_eq(x->imbalance.volume.micros, y->imbalance.volume.micros);
	ck_assert_int_eq(x->imbalance.imbalance.micros, y->imbalance.imbalance.micros);
	ck_assert_int_eq(x->imbalance.imbalance_side, y->imbalance.imbalance_side);
	ck_assert_int_eq(x->imbalance_at, y->imbalance_at);
}

/* Equal in everything that a decision could depend on. */
static inline void check_same_book(const struct book *a, const struct book *b)
{
	check_same_status(&a->status, &b->status);
	ck_assert_uint_eq(book_count(a), book_count(b));
	check_same_ladder(&a->bids, &b->bids);
	check_same_ladder(&a->asks, &b->asks);
	check_same_sides(&a->stops, &b->stops);
	check_same_sides(&a->opening, &b->opening);
	check_same_sides(&a->closing, &b->closing);
	ck_assert_uint_eq(count_trailing(a->trailing_buys), count_trailing(b->trailing_buys));
	ck_assert_uint_eq(count_trailing(a->trailing_sells), count_trailing(b->trailing_sells));
}

#endif
