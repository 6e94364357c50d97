/*
 * The book as a data structure: the ladder's order, the table's removals, totals; and 200,000
 * random commands through the engine compared with the naive book, execution by execution.
 */
#include <stdlib.h>
#include <string.h>

#include "../../libbus/test/suite.h"
#include "book_engine.h"
#include "book_match.h"
#include "lib/naive_book.h"

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

static struct book_order *rest(struct book *book, uint64_t n, enum book_side side, int64_t price,
			       int64_t leaves, enum book_tif tif)
{
	return book_add(book, &(struct book_new){ .id = id_of(n),
						  .side = side,
						  .tif = tif,
						  .price = { price },
						  .quantity = { leaves },
						  .leaves = { leaves } });
}

/* Every invariant that can be seen by walking. */
static void check_side(const struct book *book, enum book_side side, size_t *orders)
{
	const struct book_ladder *ladder = book_ladder(book, side);
	const struct book_level *level;
	struct book_spot spot;
	int64_t above = INT64_MAX;
	size_t levels = 0;

	for (level = book_ladder_first(ladder, &spot); level != NULL;
	     level = book_ladder_next(ladder, &spot)) {
		uint64_t sum = 0;
		int64_t priority = 0;

		ck_assert(level->key < above);
		above = level->key;
		ck_assert_ptr_nonnull(level->head);
		for (const struct book_order *o = level->head; o != NULL; o = o->next) {
			ck_assert_int_gt(o->leaves.micros, 0);
			ck_assert_int_gt(o->priority, priority);
			ck_assert_ptr_eq(o->level, level);
			ck_assert_ptr_eq(book_find(book, o->id), o);
			ck_assert_int_eq(book_key(side, o->price), level->key);
			priority = o->priority;
			sum += (uint64_t)o->leaves.micros;
			(*orders)++;
		}
		ck_assert(sum == level->total.micros);
		levels++;
	}
	ck_assert_uint_eq(levels, book_ladder_depth(ladder));
	for (size_t i = 0; i < ladder->count; i++)
		ck_assert_uint_gt(ladder->chunks[i]->count, 0);
}

static void check_book(const struct book *book)
{
	size_t orders = 0;

	check_side(book, BOOK_BUY, &orders);
	check_side(book, BOOK_SELL, &orders);
	ck_assert_uint_eq(orders, book_count(book));
}

static struct book_memory memory;
static struct book book;

static void setup(void)
{
	book_memory_init(&memory);
	book_init(&book, "AAPL", &memory);
}

static void teardown(void)
{
	check_book(&book);
	book_release(&book);
	book_memory_release(&memory);
}

static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 11) % below;
}

START_TEST(test_ladder_keeps_order_through_splits_and_merges)
{
	uint64_t seed = 42;
	static bool there[5000];

	memset(there, 0, sizeof(there));
	for (int i = 0; i < 60000; i++) {
		uint64_t n = draw(&seed, 5000);
		/* First it grows, then it shrinks. */
		bool grow = draw(&seed, 100) < (i < 30000 ? 70 : 20);

		if (grow && !there[n])
			rest(&book, n, BOOK_BUY, 1000 + (int64_t)n, 1, BOOK_DAY);
		else if (!grow && there[n])
			book_remove(&book, book_find(&book, id_of(n)));
		else
			continue;
		there[n] = grow;
		if (i % 1000 == 0)
			check_book(&book);
	}
	for (uint64_t n = 0; n < 5000; n++)
		ck_assert_int_eq(book_find(&book, id_of(n)) != NULL, there[n]);
}
END_TEST

START_TEST(test_best_is_highest_bid_and_lowest_offer)
{
	struct book_top top;

	rest(&book, 1, BOOK_BUY, 99, 10, BOOK_DAY);
	rest(&book, 2, BOOK_BUY, 100, 20, BOOK_DAY);
	rest(&book, 3, BOOK_BUY, 100, 5, BOOK_DAY);
	rest(&book, 4, BOOK_SELL, 103, 7, BOOK_DAY);
	rest(&book, 5, BOOK_SELL, 102, 8, BOOK_DAY);
	top = book_top(&book);
	ck_assert_int_eq(top.bid.price.micros, 100);
	ck_assert_int_eq(book_total_shown(top.bid.total).micros, 25);
	ck_assert_int_eq(top.ask.price.micros, 102);
	ck_assert_int_eq(book_total_shown(top.ask.total).micros, 8);
	ck_assert(!book_crossed(&book));
}
END_TEST

/* What each limit and quantity can do against offers of 10 @ 101 and 20 @ 102. */
static const struct fill_case {
	enum book_side side;
	int64_t limit, quantity;
	bool fills;
} fill_cases[] = {
	{ BOOK_BUY, 101, 10, true }, { BOOK_BUY, 101, 11, false },
	{ BOOK_BUY, 102, 30, true }, { BOOK_BUY, 102, 31, false },
	{ BOOK_BUY, 100, 1, false }, { BOOK_BUY, INT64_MAX, INT64_MAX, false },
	{ BOOK_SELL, 0, 1, false },
};

START_TEST(test_can_fill)
{
	const struct fill_case *c = &fill_cases[_i];

	rest(&book, 1, BOOK_SELL, 101, 10, BOOK_DAY);
	rest(&book, 2, BOOK_SELL, 102, 20, BOOK_DAY);
	ck_assert_int_eq(book_can_fill(&book, c->side, (struct bus_price){ c->limit },
				       (struct bus_quantity){ c->quantity }),
			 c->fills);
}
END_TEST

START_TEST(test_totals_beyond_64_bits)
{
	for (uint64_t n = 1; n <= 5; n++)
		rest(&book, n, BOOK_SELL, 101, INT64_MAX, BOOK_DAY);
	ck_assert_int_eq(book_total_shown(book_top(&book).ask.total).micros, INT64_MAX);
	ck_assert(book_can_fill(&book, BOOK_BUY, (struct bus_price){ 101 },
				(struct bus_quantity){ INT64_MAX }));
	for (uint64_t n = 1; n <= 4; n++)
		book_remove(&book, book_find(&book, id_of(n)));
	book_reduce(&book, book_find(&book, id_of(5)), (struct bus_quantity){ INT64_MAX - 3 });
	ck_assert_int_eq(book_total_shown(book_top(&book).ask.total).micros, 3);
}
END_TEST

/* Against the naive book ////////////////////////////////////////////////////////////////// */

struct duel {
	struct naive_book naive;
	uint64_t seed, last_id;
};

static struct book_event room[BOOK_STEP_EVENTS];
static struct book_events events = { room, 0, BOOK_STEP_EVENTS };

static void compare_trade(const struct naive_book *naive, size_t i,
			  const struct book_executed *executed)
{
	const struct naive_trade *trade = &naive->trades[i];

	ck_assert_uint_lt(i, naive->trade_count);
	ck_assert_uint_eq(number_of(executed->maker), trade->maker);
	ck_assert_uint_eq(number_of(executed->taker), trade->taker);
	ck_assert_int_eq(executed->price.micros, trade->price);
	ck_assert_int_eq(executed->quantity.micros, trade->quantity);
	ck_assert_int_eq(executed->maker_leaves.micros, trade->maker_leaves);
	ck_assert_int_eq(executed->taker_leaves.micros, trade->taker_leaves);
}

/* Decides upon the command, compares each trade, and only then changes the book. */
static void send(struct duel *duel, const struct book_command *command)
{
	size_t n = 0;

	ck_assert_int_eq(book_decide(&book, command, &events), BOOK_DONE);
	for (size_t i = 0; i < events.count; i++)
		if (events.at[i].kind == BOOK_EXECUTED)
			compare_trade(&duel->naive, n++, &events.at[i].executed);
	if (command->kind == BOOK_NEW)
		ck_assert_uint_eq(n, duel->naive.trade_count);
	for (size_t i = 0; i < events.count; i++)
		book_apply(&book, &events.at[i]);
}

static void duel_place(struct duel *duel)
{
	enum naive_rest how = draw(&duel->seed, 10) < 7	  ? NAIVE_REST
			      : draw(&duel->seed, 2) == 0 ? NAIVE_IOC
							  : NAIVE_FOK;
	static const enum book_tif tifs[] = { BOOK_DAY, BOOK_IOC, BOOK_FOK };
	struct naive_order order = {
		.id = ++duel->last_id,
		.buy = draw(&duel->seed, 2) == 0,
		.day = draw(&duel->seed, 2) == 0,
		.price = 950 + (int64_t)draw(&duel->seed, 100),
		.leaves = 1 + (int64_t)draw(&duel->seed, 100),
	};
	struct book_command command = { .kind = BOOK_NEW };
	int64_t left;

	/* A drift of the price, so that levels die and others are born. */
	order.price += (int64_t)(duel->last_id / 500) + (order.buy ? -15 : 15);
	if (how == NAIVE_IOC && !order.buy && draw(&duel->seed, 4) == 0)
		order.price = 0;
	if (how == NAIVE_FOK)
		order.leaves *= 5;
	command.order = (struct book_order_command){
		.id = id_of(order.id),
		.side = order.buy ? BOOK_BUY : BOOK_SELL,
		.type = order.price == 0 ? BOOK_MARKET : BOOK_LIMIT,
		.tif = tifs[how],
		.quantity = { order.leaves },
		.limit = { order.price },
	};
	left = naive_book_place(&duel->naive, &order, how);
	send(duel, &command);
	ck_assert_int_eq(book_find(&book, id_of(order.id)) != NULL, how == NAIVE_REST && left > 0);
}

static void duel_end(struct duel *duel, bool decrease)
{
	uint64_t back = draw(&duel->seed, 400);
	uint64_t id = duel->last_id > back ? duel->last_id - back : 1;
	const struct book_order *order = book_find(&book, id_of(id));
	struct book_command command = { .kind = decrease ? BOOK_DECREASE : BOOK_CANCEL };

	command.request = (struct book_request_command){
		.id = id_of(id),
		.by = { 1 + (int64_t)draw(&duel->seed, 60) },
	};
	if (decrease)
		ck_assert_int_eq(naive_book_decrease(&duel->naive, id, command.request.by.micros) <
					 0,
				 order == NULL);
	else
		ck_assert_int_eq(naive_book_cancel(&duel->naive, id),
				 order != NULL ? order->leaves.micros : 0);
	send(duel, &command);
}

static void compare_best(const struct naive_book *naive, bool buy, const struct book_best *best)
{
	const struct naive_order *order = naive_book_best(naive, buy);

	ck_assert_int_eq(best->total.micros != 0, order != NULL);
	if (order == NULL)
		return;
	ck_assert_int_eq(best->price.micros, order->price);
	ck_assert_int_eq(book_total_shown(best->total).micros,
			 naive_book_depth(naive, buy, order->price));
}

START_TEST(test_against_naive_book)
{
	struct duel duel = { .seed = 20120621 };
	uint64_t trades = 0;

	for (int i = 0; i < 200000; i++) {
		uint64_t kind = draw(&duel.seed, 100);
		struct book_top top;

		if (kind < 50)
			duel_place(&duel);
		else
			duel_end(&duel, kind >= 90);
		trades += duel.naive.trade_count;
		top = book_top(&book);
		compare_best(&duel.naive, true, &top.bid);
		compare_best(&duel.naive, false, &top.ask);
		ck_assert_uint_eq(duel.naive.count, book_count(&book));
		if (i % 10000 == 0)
			check_book(&book);
	}
	ck_assert_uint_gt(trades, 20000);
	naive_book_release(&duel.naive);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("book");
	TCase *tcase = tcase_create("structure");
	TCase *duels = tcase_create("naive");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_ladder_keeps_order_through_splits_and_merges);
	tcase_add_test(tcase, test_best_is_highest_bid_and_lowest_offer);
	tcase_add_loop_test(tcase, test_can_fill, 0, BUS_ARRAY_LEN(fill_cases));
	tcase_add_test(tcase, test_totals_beyond_64_bits);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(duels, setup, teardown);
	tcase_set_timeout(duels, 300);
	tcase_add_test(duels, test_against_naive_book);
	suite_add_tcase(suite, duels);
	return suite_run(suite);
}
