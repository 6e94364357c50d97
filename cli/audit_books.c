/*
 * Invariant 6 from books.events: no open book is crossed after a step, each trade meets the best
 * price's oldest order at that order's price (in an auction: of both sides), stops are elected by a
 * price at or through them, and the top that the book tells is the top. Then the two executions of
 * every trade, and the rows of the store.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "audit_ladder.h"
#include "bourse/books/v1/books.pb-c.h"
#include "bus/money.h"
#include "sql.h"

#define EVENT(name) BOURSE__BOOKS__V1__BOOK_EVENT__EVENT_##name
#define BUY	    BOURSE__ORDERS__V1__SIDE__SIDE_BUY
#define STATE(name) BOURSE__BOOKS__V1__TRADING_STATE__TRADING_STATE_##name

/* The top as numbers: price and quantity, bid and ask. */
struct top {
	int64_t bid, bid_quantity, ask, ask_quantity;
};

struct book {
	struct ladder ladder;
	int state;
	int64_t last; /* price of the last trade; 0: none */
	struct top told;
};

struct books {
	struct audit *audit;
	struct book *books; /* owned; by symbol */
	uint32_t count;
	uint32_t *trailing; /* owned; trailing stops, by number */
	size_t trailing_count;
	struct audit_check *crossed, *priority, *stops, *top, *executions, *rows, *trade_rows;
};

static struct book *book_of(struct books *b, uint32_t symbol)
{
	if (symbol >= b->count) {
		b->books = bus_realloc(b->books, (symbol + 1) * sizeof(*b->books));
		memset(b->books + b->count, 0, (symbol + 1 - b->count) * sizeof(*b->books));
		b->count = symbol + 1;
	}
	return &b->books[symbol];
}

/* Its number, or LADDER_NONE when no such order rests. */
static uint32_t live_order(struct books *b, const char *order_id)
{
	struct bus_id id;
	uint32_t n;

	if (!bus_id_parse(order_id, strlen(order_id), &id))
		return LADDER_NONE;
	n = idmap_find(&b->audit->resting.map, id);
	if (n == IDMAP_NONE || !((struct ladder_order *)audit_at(&b->audit->resting, n))->live)
		return LADDER_NONE;
	return n;
}

static bool in_book(const struct books *b, uint32_t n)
{
	const struct ladder_order *order = audit_at(&b->audit->resting, n);

	return order->queue == LADDER_BOOK;
}

static void remember_trailing(struct books *b, uint32_t n)
{
	b->trailing = bus_realloc(b->trailing, (b->trailing_count + 1) * sizeof(*b->trailing));
	b->trailing[b->trailing_count++] = n;
}

/* An order comes into a queue: for the first time, or into the book after it was elected. */
static void on_added(struct books *b, uint32_t symbol, const Bourse__Books__V1__OrderAdded *fact)
{
	struct ladder_order *order;
	struct bus_id id;
	uint32_t n;

	if (!bus_id_parse(fact->order_id, strlen(fact->order_id), &id))
		return;
	order = audit_row(&b->audit->resting, id, NULL);
	if (!audit_expect(b->priority, !order->live && !order->ended,
			  "order %s is added to the book twice", fact->order_id))
		return;
	*order = (struct ladder_order){
		.price = fact->price_micros,
		.leaves = fact->leaves_micros,
		.stop = fact->stop_price_micros,
		.trail = fact->trail_price_micros,
		.trail_percent = fact->trail_percent_micros,
		.best = fact->best_price_micros,
		.symbol = symbol,
		.queue = fact->queue ? (uint8_t)fact->queue : LADDER_BOOK,
		.buy = fact->side == BUY,
		.live = true,
	};
	n = idmap_find(&b->audit->resting.map, id);
	if (order->queue == LADDER_BOOK)
		ladder_add(&book_of(b, symbol)->ladder, &b->audit->resting, n);
	else if (order->trail || order->trail_percent)
		remember_trailing(b, n);
}

static void reduce(struct books *b, uint32_t symbol, uint32_t n, int64_t leaves)
{
	struct ladder_order *order = audit_at(&b->audit->resting, n);

	if (order->queue == LADDER_BOOK)
		ladder_reduce(&book_of(b, symbol)->ladder, &b->audit->resting, n, leaves);
	order->leaves = leaves;
	order->live = leaves > 0;
	order->ended = leaves == 0;
}

/* Stops //////////////////////////////////////////////////////////////////////////////////////////
 */

static bool reached(bool buy, int64_t stop, int64_t last)
{
	return last > 0 && (buy ? last >= stop : last <= stop);
}

static void on_triggered(struct books *b, uint32_t symbol,
			 const Bourse__Books__V1__OrderTriggered *fact)
{
	uint32_t n = live_order(b, fact->order_id);
	struct ladder_order *order;

	audit_expect(b->stops,
		     reached(fact->side == BUY, fact->stop_price_micros, fact->last_price_micros) &&
			     fact->last_price_micros == book_of(b, symbol)->last,
		     "order %s with its stop at %" PRId64 " is elected by %" PRId64, fact->order_id,
		     fact->stop_price_micros, fact->last_price_micros);
	if (!fact->rested)
		return;
	if (!audit_expect(b->stops, n != LADDER_NONE, "order %s is elected, and does not wait",
			  fact->order_id))
		return;
	order = audit_at(&b->audit->resting, n);
	audit_expect(b->stops,
		     order->queue == LADDER_STOPS && order->stop == fact->stop_price_micros,
		     "order %s is elected at %" PRId64 ", its stop is at %" PRId64, fact->order_id,
		     fact->stop_price_micros, order->stop);
	order->live = false;
}

/* The stop of a trailing order whose best price this is. */
static int64_t trailing_stop(const struct ladder_order *order)
{
	struct bus_money distance = { order->trail };

	if (order->trail_percent &&
	    !bus_money_muldiv((struct bus_money){ order->best }, order->trail_percent,
			      INT64_C(100000000), &distance))
		return order->stop;
	return order->buy ? order->best + distance.micros : order->best - distance.micros;
}

static void on_trail_moved(struct books *b, uint32_t symbol,
			   const Bourse__Books__V1__TrailMoved *fact)
{
	bool buy = fact->side == BUY;

	for (size_t i = 0; i < b->trailing_count; i++) {
		struct ladder_order *order = audit_at(&b->audit->resting, b->trailing[i]);

		if (!order->live || order->queue != LADDER_STOPS || order->symbol != symbol ||
		    order->buy != buy ||
		    (buy ? order->best <= fact->best_price_micros
			 : order->best >= fact->best_price_micros))
			continue;
		order->best = fact->best_price_micros;
		order->stop = trailing_stop(order);
	}
}

/* At rest no stop of a book that trades waits at or through its last price. */
static void check_stops(struct books *b)
{
	for (uint32_t i = 0; i < b->audit->resting.map.count; i++) {
		const struct ladder_order *order = audit_at(&b->audit->resting, i);
		const struct book *book = book_of(b, order->symbol);

		if (!order->live || order->queue != LADDER_STOPS || book->state != STATE(OPEN))
			continue;
		audit_expect(b->stops, !reached(order->buy, order->stop, book->last),
			     "order %s waits with its stop at %" PRId64
			     ", the last price is %" PRId64,
			     audit_id(b->audit->resting.map.ids[i]), order->stop, book->last);
	}
}

/* Trades and what else makes an order smaller
 * ////////////////////////////////////////////////////// */

static void remember_trade(struct books *b, uint32_t symbol,
			   const Bourse__Books__V1__Executed *fact)
{
	struct audit_trade *trade = audit_trade(b->audit, fact->trade_id);

	if (!audit_expect(b->executions, trade && !trade->executed,
			  "trade %s is told twice, or has no id", fact->trade_id))
		return;
	trade->executed = true;
	trade->price = fact->price_micros;
	trade->quantity = fact->quantity_micros;
	trade->executed_at = fact->executed_at_micros;
	trade->symbol = symbol;
}

/* True when a trade may meet it: it is the first of the best price of its side. */
static bool its_turn(struct books *b, uint32_t symbol, uint32_t n)
{
	const struct ladder_order *order = audit_at(&b->audit->resting, n);
	const struct ladder_level *best = ladder_best(&book_of(b, symbol)->ladder, order->buy);

	return order->queue != LADDER_BOOK || (best && best->head == n);
}

static bool within_limit(const struct ladder_order *order, int64_t price)
{
	return order->price == 0 || (order->buy ? price <= order->price : price >= order->price);
}

static void check_side(struct books *b, const Bourse__Books__V1__Executed *fact, uint32_t n,
		       const char *order_id, int64_t leaves)
{
	const struct ladder_order *order = audit_at(&b->audit->resting, n);

	audit_expect(b->priority,
		     (fact->auction ? within_limit(order, fact->price_micros)
				    : order->price == fact->price_micros) &&
			     fact->quantity_micros > 0 &&
			     order->leaves - fact->quantity_micros == leaves && leaves >= 0,
		     "trade %s does not fit order %s: price %" PRId64 ", open %" PRId64,
		     fact->trade_id, order_id, order->price, order->leaves);
}

/* In an auction both have waited, and it is the turn of both. */
static void on_auction_trade(struct books *b, uint32_t symbol,
			     const Bourse__Books__V1__Executed *fact)
{
	uint32_t maker = live_order(b, fact->maker_order_id);
	uint32_t taker = live_order(b, fact->taker_order_id);

	if (!audit_expect(b->priority,
			  maker != LADDER_NONE && taker != LADDER_NONE &&
				  its_turn(b, symbol, maker) && its_turn(b, symbol, taker),
			  "trade %s of an auction meets %s and %s, whose turn it is not",
			  fact->trade_id, fact->maker_order_id, fact->taker_order_id))
		return;
	check_side(b, fact, maker, fact->maker_order_id, fact->maker_leaves_micros);
	check_side(b, fact, taker, fact->taker_order_id, fact->taker_leaves_micros);
	reduce(b, symbol, maker, fact->maker_leaves_micros);
	reduce(b, symbol, taker, fact->taker_leaves_micros);
}

static void on_executed(struct books *b, uint32_t symbol, const Bourse__Books__V1__Executed *fact)
{
	uint32_t maker = live_order(b, fact->maker_order_id);
	uint32_t taker = live_order(b, fact->taker_order_id);

	remember_trade(b, symbol, fact);
	book_of(b, symbol)->last = fact->price_micros;
	if (fact->auction) {
		on_auction_trade(b, symbol, fact);
		return;
	}
	if (!audit_expect(b->priority,
			  maker != LADDER_NONE && in_book(b, maker) && its_turn(b, symbol, maker),
			  "trade %s meets order %s, which is not the first of the best price",
			  fact->trade_id, fact->maker_order_id))
		return;
	check_side(b, fact, maker, fact->maker_order_id, fact->maker_leaves_micros);
	reduce(b, symbol, maker, fact->maker_leaves_micros);
	if (taker != LADDER_NONE)
		reduce(b, symbol, taker, fact->taker_leaves_micros);
}

/* Two orders of one account: the resting one was the one whose turn it was. */
static void on_prevented(struct books *b, uint32_t symbol,
			 const Bourse__Books__V1__SelfTradePrevented *fact)
{
	uint32_t maker = live_order(b, fact->maker_order_id);
	uint32_t taker = live_order(b, fact->taker_order_id);
	const struct ladder_order *order;

	if (!audit_expect(b->priority,
			  maker != LADDER_NONE && in_book(b, maker) && its_turn(b, symbol, maker),
			  "order %s is kept from a trade that was not its turn",
			  fact->maker_order_id))
		return;
	order = audit_at(&b->audit->resting, maker);
	audit_expect(b->priority,
		     order->leaves - fact->quantity_micros == fact->maker_leaves_micros,
		     "order %s: open %" PRId64 ", less %" PRId64 " is not %" PRId64,
		     fact->maker_order_id, order->leaves, fact->quantity_micros,
		     fact->maker_leaves_micros);
	reduce(b, symbol, maker, fact->maker_leaves_micros);
	if (taker != LADDER_NONE)
		reduce(b, symbol, taker, fact->taker_leaves_micros);
}

/* With its place, the new order is where the old one was; else the old one is out. */
static void on_replaced(struct books *b, uint32_t symbol,
			const Bourse__Books__V1__OrderReplaced *fact)
{
	uint32_t n = live_order(b, fact->order_id), m;
	struct ladder_order *order;
	struct bus_id id;
	bool added;

	if (!audit_expect(b->priority, n != LADDER_NONE, "order %s is replaced, and is in no queue",
			  fact->order_id))
		return;
	if (!fact->kept_place || fact->leaves_micros == 0) {
		reduce(b, symbol, n, 0);
		return;
	}
	if (!bus_id_parse(fact->new_order_id, strlen(fact->new_order_id), &id))
		return;
	audit_row(&b->audit->resting, id, &added);
	m = idmap_find(&b->audit->resting.map, id);
	order = audit_at(&b->audit->resting, n);
	if (!audit_expect(b->priority, added && fact->leaves_micros <= order->leaves,
			  "order %s takes the place of %s, and is no smaller", fact->new_order_id,
			  fact->order_id))
		return;
	if (order->queue == LADDER_BOOK)
		ladder_replace(&book_of(b, symbol)->ladder, &b->audit->resting, n, m);
	else
		*(struct ladder_order *)audit_at(&b->audit->resting, m) = *order;
	order->live = false;
	order->ended = true;
	if (order->trail || order->trail_percent)
		remember_trailing(b, m);
	reduce(b, symbol, m, fact->leaves_micros);
}

static void on_less(struct books *b, uint32_t symbol, const char *order_id, int64_t by,
		    int64_t leaves)
{
	uint32_t n = live_order(b, order_id);
	const struct ladder_order *order;

	if (!audit_expect(b->priority, n != LADDER_NONE, "order %s is not in the book", order_id))
		return;
	order = audit_at(&b->audit->resting, n);
	audit_expect(b->priority, order->leaves - by == leaves,
		     "order %s: open %" PRId64 ", less %" PRId64 " is not %" PRId64, order_id,
		     order->leaves, by, leaves);
	reduce(b, symbol, n, leaves);
}

/* An order that is just coming may be made smaller before it rests: its sibling has traded. */
static void on_reduced(struct books *b, uint32_t symbol,
		       const Bourse__Books__V1__OrderReduced *fact)
{
	if (fact->request_id[0] == '\0' && live_order(b, fact->order_id) == LADDER_NONE)
		return;
	on_less(b, symbol, fact->order_id, fact->by_micros, fact->leaves_micros);
}

static void on_fact(struct books *b, uint32_t symbol, const Bourse__Books__V1__BookEvent *event)
{
	struct book *book = book_of(b, symbol);

	if (event->event_case == EVENT(ORDER_ADDED)) {
		on_added(b, symbol, event->order_added);
	} else if (event->event_case == EVENT(EXECUTED)) {
		on_executed(b, symbol, event->executed);
	} else if (event->event_case == EVENT(ORDER_REDUCED)) {
		on_reduced(b, symbol, event->order_reduced);
	} else if (event->event_case == EVENT(ORDER_REMOVED)) {
		if (event->order_removed->rested)
			on_less(b, symbol, event->order_removed->order_id,
				event->order_removed->canceled_micros, 0);
	} else if (event->event_case == EVENT(TRADING_STATE_CHANGED)) {
		book->state = event->trading_state_changed->state;
		if (event->trading_state_changed->reset)
			book->last = 0;
	} else if (event->event_case == EVENT(TOP_OF_BOOK_CHANGED)) {
		book->told = (struct top){ event->top_of_book_changed->bid_price_micros,
					   event->top_of_book_changed->bid_quantity_micros,
					   event->top_of_book_changed->ask_price_micros,
					   event->top_of_book_changed->ask_quantity_micros };
	} else if (event->event_case == EVENT(ORDER_TRIGGERED)) {
		on_triggered(b, symbol, event->order_triggered);
	} else if (event->event_case == EVENT(ORDER_REPLACED)) {
		on_replaced(b, symbol, event->order_replaced);
	} else if (event->event_case == EVENT(SELF_TRADE_PREVENTED)) {
		on_prevented(b, symbol, event->self_trade_prevented);
	} else if (event->event_case == EVENT(TRAIL_MOVED)) {
		on_trail_moved(b, symbol, event->trail_moved);
	}
}

/* What 64 bits cannot show is shown as the most that they can. */
static int64_t shown(const struct ladder_level *level)
{
	if (!level)
		return 0;
	return level->total > INT64_MAX ? INT64_MAX : (int64_t)level->total;
}

static void check_step(struct books *b, uint32_t symbol, const struct stream_record *record)
{
	struct book *book = book_of(b, symbol);
	const struct ladder_level *bid = ladder_best(&book->ladder, true);
	const struct ladder_level *ask = ladder_best(&book->ladder, false);
	bool crossed = ladder_crossed(&book->ladder);
	const struct top *told = &book->told;

	/* While it gathers orders, and from a close until the next auction, it may be crossed. */
	audit_expect(b->crossed,
		     !crossed || (book->state != STATE(OPEN) && book->state != STATE(UNSPECIFIED)),
		     "%s is crossed after books.events/%d@%" PRId64, b->audit->symbols[symbol],
		     record->partition, record->offset);
	audit_expect(b->top,
		     told->bid == (bid ? bid->price : 0) && told->bid_quantity == shown(bid) &&
			     told->ask == (ask ? ask->price : 0) &&
			     told->ask_quantity == shown(ask),
		     "the top of %s is another than the book told at books.events/%d@%" PRId64,
		     b->audit->symbols[symbol], record->partition, record->offset);
}

static void on_step(void *arg, const struct stream_record *record)
{
	struct books *b = arg;
	Bourse__Books__V1__BookEvents *step =
		bourse__books__v1__book_events__unpack(NULL, record->value.len, record->value.data);
	char key[16];
	uint32_t symbol;

	if (!audit_expect(b->top, step != NULL, "books.events/%d@%" PRId64 " is no step",
			  record->partition, record->offset))
		return;
	snprintf(key, sizeof(key), "%.*s", (int)record->key.len, (const char *)record->key.data);
	symbol = audit_symbol(b->audit, key);
	for (size_t i = 0; i < step->n_events; i++)
		on_fact(b, symbol, step->events[i]);
	check_step(b, symbol, record);
	bourse__books__v1__book_events__free_unpacked(step, NULL);
}

/* The two executions /////////////////////////////////////////////////////////////////////////////
 */

static void on_execution(void *arg, const struct stream_record *record)
{
	struct books *b = arg;
	Bourse__Books__V1__Execution *fact;
	struct audit_trade *trade;

	if (record->ce.type.len != strlen(bourse__books__v1__execution__descriptor.name) ||
	    memcmp(record->ce.type.data, bourse__books__v1__execution__descriptor.name,
		   record->ce.type.len) != 0)
		return;
	fact = bourse__books__v1__execution__unpack(NULL, record->value.len, record->value.data);
	if (!fact) {
		audit_expect(b->executions, false,
			     "books.executions/%d@%" PRId64 " is no execution", record->partition,
			     record->offset);
		return;
	}
	trade = audit_find_text(&b->audit->trades, fact->trade_id);
	if (audit_expect(b->executions,
			 trade && trade->price == fact->price_micros &&
				 trade->quantity == fact->quantity_micros,
			 "execution of trade %s in books.executions/%d@%" PRId64
			 " is not the one of the book's journal",
			 fact->trade_id, record->partition, record->offset)) {
		trade->makers += fact->liquidity == BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_MAKER;
		trade->takers += fact->liquidity == BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_TAKER;
		trade->auctions +=
			fact->liquidity == BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_AUCTION;
	}
	bourse__books__v1__execution__free_unpacked(fact, NULL);
}

/* Executions are kept for some days only: an old trade may have lost both, never one. */
static void check_trades(struct books *b)
{
	for (uint32_t i = 0; i < b->audit->trades.map.count; i++) {
		const struct audit_trade *trade = audit_at(&b->audit->trades, i);

		audit_expect(
			b->executions,
			trade->makers == trade->takers && trade->makers <= 1 &&
				(trade->auctions == 0 ||
				 (trade->auctions == 2 && trade->makers == 0)),
			"trade %s has %u executions of its maker and %u of its taker, %u of an "
			"auction",
			audit_id(b->audit->trades.map.ids[i]), trade->makers, trade->takers,
			trade->auctions);
	}
}

/* The store //////////////////////////////////////////////////////////////////////////////////////
 */

static void on_resting_row(void *arg, const PGresult *rows)
{
	struct books *b = arg;
	struct bus_id id = audit_row_id(rows, 0);
	struct ladder_order *order = audit_find(&b->audit->resting, id);

	audit_expect(b->rows,
		     order && order->live && !order->row &&
			     strcmp(b->audit->symbols[order->symbol], audit_text(rows, 1)) == 0 &&
			     order->buy == (audit_number(rows, 2) == BUY) &&
			     order->price == audit_number(rows, 3) &&
			     order->leaves == audit_number(rows, 4) &&
			     order->queue == audit_number(rows, 5) &&
			     order->stop == audit_number(rows, 6),
		     "resting_order %s is not what books.events says", audit_id(id));
	if (order)
		order->row = true;
}

static void on_trade_row(void *arg, const PGresult *rows)
{
	struct books *b = arg;
	struct bus_id id = audit_row_id(rows, 0);
	struct audit_trade *trade = audit_find(&b->audit->trades, id);

	audit_expect(b->trade_rows,
		     trade && trade->executed && trade->price == audit_number(rows, 1) &&
			     trade->quantity == audit_number(rows, 2) && trade->book_rows == 0,
		     "trade %s of svc-orders is not what books.events says", audit_id(id));
	if (trade)
		trade->book_rows++;
}

static void check_missing_rows(struct books *b)
{
	for (uint32_t i = 0; i < b->audit->resting.map.count; i++) {
		const struct ladder_order *order = audit_at(&b->audit->resting, i);

		if (order->live && !order->row)
			audit_expect(b->rows, false, "order %s rests, but has no row",
				     audit_id(b->audit->resting.map.ids[i]));
	}
	for (uint32_t i = 0; i < b->audit->trades.map.count; i++) {
		const struct audit_trade *trade = audit_at(&b->audit->trades, i);

		if (trade->book_rows != 1)
			audit_expect(b->trade_rows, false, "trade %s has %u rows in svc-orders",
				     audit_id(b->audit->trades.map.ids[i]), trade->book_rows);
	}
}

void audit_books(struct audit *audit)
{
	struct books b = { .audit = audit };

	audit->trades.size = sizeof(struct audit_trade);
	audit->resting.size = sizeof(struct ladder_order);
	b.crossed = audit_check(audit, 6, "no book is crossed after a step", "steps");
	b.priority =
		audit_check(audit, 6, "price-time priority in every change of a book", "changes");
	b.stops = audit_check(audit, 6, "stops wait, and are elected, by the last price", "stops");
	b.top = audit_check(audit, 6, "the top of the book is as it is told", "steps");
	b.executions = audit_check(
		audit, 4, "every trade has two executions, equal in price and quantity", "facts");
	audit_read(audit, "books.events", on_step, &b);
	audit_read(audit, "books.executions", on_execution, &b);
	check_trades(&b);
	check_stops(&b);
	if (audit->conns[AUDIT_ORDERS]) {
		b.rows = audit_check(audit, 7, "resting orders == fold of books.events", "rows");
		b.trade_rows =
			audit_check(audit, 7, "the book's trades == fold of books.events", "rows");
		if (audit_query(audit, AUDIT_ORDERS, sql_audit_resting, on_resting_row, &b) &&
		    audit_query(audit, AUDIT_ORDERS, sql_audit_book_trades, on_trade_row, &b))
			check_missing_rows(&b);
	}
	for (uint32_t i = 0; i < b.count; i++)
		ladder_release(&b.books[i].ladder);
	free(b.trailing);
	free(b.books);
}
