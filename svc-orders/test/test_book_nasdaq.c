/*
 * One real hour of order flow through the book's pure functions: every execution equal to the naive
 * book's in price, quantity and resting order, and as close to NASDAQ's own as a book can be on
 * this flow. Without the file (it does not belong to the project) a generated flow of the same
 * shape takes its place.
 */
#include "book_fold.h"
#include "lib/naive_book.h"
#include "lib/nasdaq.h"

#define SHARE INT64_C(1000000)
#define TAKER (UINT64_C(500) * 1000000000) /* ids of takers begin here, above all of the flow */

/* Executions whose order was still in the book, how NASDAQ's agree with it, takers left unfilled.
 */
struct score {
	size_t known, at_best, at_head, unfilled;
};

struct hour {
	struct bus_fold *fold;
	struct book_state *rebuilt;
	struct naive_book naive;
	struct nasdaq_flow flow;
	struct score score;
	uint64_t takers;
	size_t executions;
};

static const struct naive_trade *trade_of(const struct hour *hour, size_t i)
{
	ck_assert_uint_lt(i, hour->naive.trade_count);
	return &hour->naive.trades[i];
}

/* Our facts of the last input against the trades that the naive book made of the same. */
static void compare(struct hour *hour)
{
	size_t n = 0;

	for (size_t i = 0; i < bus_fold_fact_count(hour->fold); i++) {
		const struct bus_fact *fact = bus_fold_fact(hour->fold, i);
		const BOOKS(Executed) *said = fact->message;
		const struct naive_trade *trade;

		if (fact->type != (int)BOOK_FACT(EXECUTED))
			continue;
		trade = trade_of(hour, n++);
		ck_assert_uint_eq(id_number(said->maker_order_id), trade->maker);
		ck_assert_uint_eq(id_number(said->taker_order_id), trade->taker);
		ck_assert_int_eq(said->price_micros, trade->price);
		ck_assert_int_eq(said->quantity_micros, trade->quantity);
		ck_assert_int_eq(said->maker_leaves_micros, trade->maker_leaves);
		ck_assert_int_eq(said->taker_leaves_micros, trade->taker_leaves);
	}
	ck_assert_uint_eq(n, hour->naive.trade_count);
	hour->executions += n;
	replay(hour->fold, hour->rebuilt);
}

static void place(struct hour *hour, const struct nasdaq_message *m)
{
	struct naive_order order = { .id = m->order_id,
				     .buy = m->buy,
				     .day = true,
				     .price = m->price_micros,
				     .leaves = m->shares * SHARE };

	naive_book_place(&hour->naive, &order, NAIVE_REST);
	ck_assert_int_eq(
		send_new(hour->fold, &(struct order_words){ .id = m->order_id,
							    .account = m->order_id % 100,
							    .side = m->buy ? BOOK_BUY : BOOK_SELL,
							    .type = BOOK_LIMIT,
							    .tif = BOOK_DAY,
							    .quantity = m->shares * SHARE,
							    .price = m->price_micros }),
		0);
}

/* An immediate-or-cancel order of the other side; before it, a look at who should be hit. */
static void take(struct naive_book *naive, struct score *score, const struct nasdaq_message *m,
		 struct naive_order *taker)
{
	const struct naive_order *best = naive_book_best(naive, m->buy);

	taker->buy = !m->buy;
	taker->price = m->price_micros;
	taker->leaves = m->shares * SHARE;
	if (naive_book_find(naive, m->order_id) != NULL) {
		score->known++;
		score->at_best += best->price == m->price_micros;
		score->at_head += best->id == m->order_id;
	}
	score->unfilled += naive_book_place(naive, taker, NAIVE_IOC) > 0;
}

static void execute(struct hour *hour, const struct nasdaq_message *m)
{
	struct naive_order taker = { .id = TAKER + ++hour->takers };

	take(&hour->naive, &hour->score, m, &taker);
	ck_assert_int_eq(send_new(hour->fold,
				  &(struct order_words){ .id = taker.id,
							 .account = taker.id % 100,
							 .side = taker.buy ? BOOK_BUY : BOOK_SELL,
							 .type = BOOK_LIMIT,
							 .tif = BOOK_IOC,
							 .quantity = taker.leaves,
							 .price = taker.price }),
			 0);
}

static void play(struct hour *hour, const struct nasdaq_message *m)
{
	bus_fold_now(hour->fold, m->at_micros);
	switch (m->type) {
	case NASDAQ_NEW:
		place(hour, m);
		break;
	case NASDAQ_DECREASE:
		naive_book_decrease(&hour->naive, m->order_id, m->shares * SHARE);
		ck_assert_int_eq(send_decrease(hour->fold, m->order_id, m->order_id % 100,
					       m->shares * SHARE),
				 0);
		break;
	case NASDAQ_DELETE:
		naive_book_cancel(&hour->naive, m->order_id);
		ck_assert_int_eq(send_cancel(hour->fold, m->order_id, m->order_id % 100), 0);
		break;
	case NASDAQ_EXECUTION:
		execute(hour, m);
		break;
	case NASDAQ_HIDDEN:
	case NASDAQ_CROSS:
	case NASDAQ_HALT:
		return;
	}
	compare(hour);
}

/* The flow on a naive book that rests new orders unmatched. */
static struct score score_unmatched(const struct nasdaq_flow *flow)
{
	struct naive_book naive = { 0 };
	struct score score = { 0 };

	for (size_t i = 0; i < flow->count; i++) {
		const struct nasdaq_message *m = &flow->messages[i];
		struct naive_order order = { .id = m->order_id,
					     .buy = m->buy,
					     .price = m->price_micros,
					     .leaves = m->shares * SHARE };

		if (m->type == NASDAQ_NEW)
			naive_book_queue(&naive, &order);
		else if (m->type == NASDAQ_DECREASE)
			naive_book_decrease(&naive, m->order_id, order.leaves);
		else if (m->type == NASDAQ_DELETE)
			naive_book_cancel(&naive, m->order_id);
		else if (m->type == NASDAQ_EXECUTION)
			take(&naive, &score, m, &(struct naive_order){ .id = TAKER });
	}
	naive_book_release(&naive);
	return score;
}

static void check_score(const char *name, const struct score *score, const struct score *expected)
{
	printf("test_book_nasdaq: %s: NASDAQ's price is the best in %zu of %zu, its order the head "
	       "in "
	       "%zu; %zu takers unfilled\n",
	       name, score->at_best, score->known, score->at_head, score->unfilled);
	ck_assert_uint_eq(score->known, expected->known);
	ck_assert_uint_eq(score->at_best, expected->at_best);
	ck_assert_uint_eq(score->at_head, expected->at_head);
	ck_assert_uint_eq(score->unfilled, expected->unfilled);
}

static void check_end(struct hour *hour)
{
	const struct book *book = fold_book(hour->fold);

	ck_assert_uint_eq(book_count(book), hour->naive.count);
	for (size_t i = 0; i < hour->naive.count; i++) {
		struct bus_id id;
		char text[BUS_ID_TEXT];

		ck_assert(book_wire_id(id_text(hour->naive.orders[i].id, text), &id));
		ck_assert_int_eq(book_find(book, id)->leaves.micros, hour->naive.orders[i].leaves);
	}
	check_same_book(book, book_state_find(hour->rebuilt, SYMBOL));
	ck_assert(!book_crossed(book));
}

START_TEST(test_hour)
{
	struct hour hour = { .fold = bus_fold_new(&book_processor),
			     .rebuilt = book_processor.state_new() };
	long bad = nasdaq_read(nasdaq_path(), &hour.flow);
	bool real = bad != -1;

	ck_assert_msg(bad <= 0, "%s: line %ld is malformed", nasdaq_path(), bad);
	if (!real) {
		printf("test_book_nasdaq: %s is not there: a GENERATED flow takes its place, and "
		       "NASDAQ's own figures are NOT checked\n",
		       nasdaq_path());
		nasdaq_generate(1, 92000, &hour.flow);
	}
	for (size_t i = 0; i < hour.flow.count; i++)
		play(&hour, &hour.flow.messages[i]);
	printf("test_book_nasdaq: %s flow, %zu messages, %zu executions, each equal to the naive "
	       "book's\n",
	       real ? "NASDAQ's" : "generated", hour.flow.count, hour.executions);
	if (real) {
		struct score unmatched = score_unmatched(&hour.flow);

		check_score("matched", &hour.score, &(struct score){ 4045, 4017, 3986, 15 });
		check_score("new orders rest unmatched", &unmatched,
			    &(struct score){ 4045, 4006, 3974, 15 });
	} else {
		/* Made on a book: each execution names its head. */
		size_t takers = hour.takers;

		ck_assert_uint_gt(takers, 3000);
		check_score("matched", &hour.score, &(struct score){ takers, takers, takers, 0 });
	}
	check_end(&hour);
	naive_book_release(&hour.naive);
	nasdaq_release(&hour.flow);
	book_processor.state_free(hour.rebuilt);
	bus_fold_free(hour.fold);
}
END_TEST

/* The generated flow is the same wherever it is made, and has the real one's proportions. */
START_TEST(test_generated_flow)
{
	struct nasdaq_flow a, b;
	size_t counts[NASDAQ_HALT + 1] = { 0 };

	nasdaq_generate(1, 20000, &a);
	nasdaq_generate(1, 20000, &b);
	ck_assert_uint_eq(a.count, 20000);
	for (size_t i = 0; i < a.count; i++) {
		ck_assert_uint_eq(a.messages[i].order_id, b.messages[i].order_id);
		ck_assert_int_eq(a.messages[i].price_micros, b.messages[i].price_micros);
		ck_assert_int_gt(a.messages[i].shares, 0);
		counts[a.messages[i].type]++;
	}
	ck_assert_uint_gt(counts[NASDAQ_NEW], 9000);
	ck_assert_uint_gt(counts[NASDAQ_DELETE], 8500);
	ck_assert_uint_gt(counts[NASDAQ_EXECUTION], 700);
	ck_assert_uint_gt(counts[NASDAQ_DECREASE], 50);
	nasdaq_release(&a);
	nasdaq_release(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("book_nasdaq");
	TCase *tcase = tcase_create("hour");

	tcase_set_timeout(tcase, 600);
	tcase_add_test(tcase, test_hour);
	tcase_add_test(tcase, test_generated_flow);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
