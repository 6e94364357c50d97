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
	int64_t quantity, price; /* as they go on the wire */
	bool post_only;
};

static inline int send_new(struct bus_fold *fold, const struct order_words *words)
{
	BOOKS(NewOrder) order = BOURSE__BOOKS__V1__NEW_ORDER__INIT;
	char id[BUS_ID_TEXT], account[BUS_ID_TEXT];

	order.symbol = (char *)(uintptr_t)SYMBOL;
	order.order_id = id_text(words->id, id);
	order.account_id = id_text(words->account, account);
	order.side = (ORDERS(Side))words->side;
	order.type = (ORDERS(OrderType))words->type;
	order.time_in_force = (ORDERS(TimeInForce))words->tif;
	order.quantity_micros = words->quantity;
	order.limit_price_micros = words->price;
	order.post_only = words->post_only;
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

enum market_word { SESSION_OPENS, SESSION_CLOSES, HALTS, RESUMES };

/* What the market says: all four facts are alike on the wire. */
static inline int send_market(struct bus_fold *fold, enum market_word word, bool session_open,
			      bool halted, int32_t session_date)
{
	MARKET(Instrument) instrument = BOURSE__MARKET__V1__INSTRUMENT__INIT;
	MARKET(SessionOpened) opened = BOURSE__MARKET__V1__SESSION_OPENED__INIT;
	MARKET(SessionClosed) closed = BOURSE__MARKET__V1__SESSION_CLOSED__INIT;
	MARKET(InstrumentHalted) halt = BOURSE__MARKET__V1__INSTRUMENT_HALTED__INIT;
	MARKET(InstrumentResumed) resume = BOURSE__MARKET__V1__INSTRUMENT_RESUMED__INIT;
	const ProtobufCMessage *const words[] = { &opened.base, &closed.base, &halt.base,
						  &resume.base };

	instrument.symbol = (char *)(uintptr_t)SYMBOL;
	instrument.session = session_open ? BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_OPEN
					  : BOURSE__MARKET__V1__SESSION_STATE__SESSION_STATE_CLOSED;
	instrument.session_date = session_date;
	instrument.halted = halted;
	opened.symbol = closed.symbol = halt.symbol = resume.symbol = instrument.symbol;
	opened.instrument = closed.instrument = halt.instrument = resume.instrument = &instrument;
	return bus_fold_input(fold, "market.events", SYMBOL, NULL, words[word]);
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

static inline void check_same_side(const struct book *a, const struct book *b, enum book_side side)
{
	struct book_spot at, bt;
	const struct book_level *x = book_ladder_first(book_ladder(a, side), &at);
	const struct book_level *y = book_ladder_first(book_ladder(b, side), &bt);

	while (x != NULL && y != NULL) {
		const struct book_order *o = x->head, *p = y->head;

		ck_assert_int_eq(x->key, y->key);
		for (; o != NULL && p != NULL; o = o->next, p = p->next) {
			ck_assert(bus_id_equal(o->id, p->id));
			ck_assert(bus_id_equal(o->account, p->account));
			ck_assert_int_eq(o->leaves.micros, p->leaves.micros);
			ck_assert_int_eq(o->quantity.micros, p->quantity.micros);
			ck_assert_int_eq(o->priority, p->priority);
			ck_assert_int_eq(o->tif, p->tif);
		}
		ck_assert(o == NULL && p == NULL);
		x = book_ladder_next(book_ladder(a, side), &at);
		y = book_ladder_next(book_ladder(b, side), &bt);
	}
	ck_assert(x == NULL && y == NULL);
}

/* Equal in everything that a decision could depend on. */
static inline void check_same_book(const struct book *a, const struct book *b)
{
	ck_assert_int_eq(a->trading, b->trading);
	ck_assert_int_eq(a->session_date, b->session_date);
	ck_assert_int_eq(a->last_priority, b->last_priority);
	ck_assert_int_eq(a->taker.leaves.micros, b->taker.leaves.micros);
	ck_assert_uint_eq(book_count(a), book_count(b));
	check_same_side(a, b, BOOK_BUY);
	check_same_side(a, b, BOOK_SELL);
}

#endif
