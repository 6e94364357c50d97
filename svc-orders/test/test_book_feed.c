/*
 * A book from an outside feed: NASDAQ's own hour, in which each execution names its order. The
 * executed price is the best of our book and the order the head of its queue, as often as in a
 * naive book of the same feed. Without the file a generated flow of the same shape takes its place.
 */
#include <stdio.h>
#include <string.h>

#include "../../libbus/test/suite.h"
#include "book_feed.h"
#include "book_match.h"
#include "lib/naive_book.h"
#include "lib/nasdaq.h"

static struct book_memory memory;
static struct book book;

static void setup(void)
{
	book_memory_init(&memory);
	book_init(&book, "AAPL", &memory);
}

static void teardown(void)
{
	book_release(&book);
	book_memory_release(&memory);
}

static struct bus_id id_of(uint64_t n)
{
	struct bus_id id = { { 0 } };

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static enum book_feed_result add(uint64_t id, enum book_side side, int64_t price, int64_t quantity)
{
	return book_feed_add(&book, &(struct book_feed_order){
					    .id = id_of(id),
					    .side = side,
					    .price = { price },
					    .quantity = { quantity },
				    });
}

/* Of the executions whose order the feed had told of. */
struct score {
	size_t known, unknown, at_best, at_head;
};

struct feed {
	struct naive_book naive;
	struct score score, naive_score;
};

static void execute(struct feed *feed, const struct nasdaq_message *m)
{
	const struct naive_order *best = naive_book_best(&feed->naive, m->buy);
	const struct naive_order *named = naive_book_find(&feed->naive, m->order_id);
	struct book_feed_place place;

	if (book_feed_execute(&book, id_of(m->order_id), (struct bus_quantity){ m->shares },
			      &place) == BOOK_FEED_UNKNOWN) {
		feed->score.unknown++;
		ck_assert_ptr_null(named);
		return;
	}
	feed->score.known++;
	feed->score.at_best += place.at_best;
	feed->score.at_head += place.at_head;
	ck_assert_ptr_nonnull(named);
	feed->naive_score.at_best += best->price == named->price;
	feed->naive_score.at_head += best->id == named->id;
	naive_book_decrease(&feed->naive, m->order_id, m->shares);
}

static void hear(struct feed *feed, const struct nasdaq_message *m)
{
	struct naive_order order = {
		.id = m->order_id, .buy = m->buy, .price = m->price_micros, .leaves = m->shares
	};
	enum book_feed_result result = BOOK_FEED_OK;

	switch (m->type) {
	case NASDAQ_NEW:
		ck_assert_int_eq(
			add(m->order_id, m->buy ? BOOK_BUY : BOOK_SELL, m->price_micros, m->shares),
			BOOK_FEED_OK);
		naive_book_queue(&feed->naive, &order);
		return;
	case NASDAQ_DECREASE:
		result = book_feed_reduce(&book, id_of(m->order_id),
					  (struct bus_quantity){ m->shares });
		ck_assert_int_eq(naive_book_decrease(&feed->naive, m->order_id, m->shares) < 0,
				 result == BOOK_FEED_UNKNOWN);
		return;
	case NASDAQ_DELETE:
		result = book_feed_delete(&book, id_of(m->order_id));
		ck_assert_int_eq(naive_book_cancel(&feed->naive, m->order_id) == 0,
				 result == BOOK_FEED_UNKNOWN);
		return;
	case NASDAQ_EXECUTION:
		execute(feed, m);
		return;
	case NASDAQ_HIDDEN:
	case NASDAQ_CROSS:
	case NASDAQ_HALT:
		return;
	}
}

static void check_end(const struct feed *feed)
{
	ck_assert_uint_eq(book_count(&book), feed->naive.count);
	for (size_t i = 0; i < feed->naive.count; i++) {
		const struct book_order *order = book_find(&book, id_of(feed->naive.orders[i].id));

		ck_assert_ptr_nonnull(order);
		ck_assert_int_eq(order->leaves.micros, feed->naive.orders[i].leaves);
		ck_assert_int_eq(order->price.micros, feed->naive.orders[i].price);
	}
}

START_TEST(test_hour)
{
	struct feed feed = { .score = { 0 } };
	struct nasdaq_flow flow;
	long bad = nasdaq_read(nasdaq_path(), &flow);

	ck_assert_msg(bad <= 0, "%s: line %ld is malformed", nasdaq_path(), bad);
	if (bad == -1) {
		printf("test_book_feed: %s is not there: a GENERATED feed takes its place, and "
		       "NASDAQ's own figures are NOT checked\n",
		       nasdaq_path());
		nasdaq_generate(1, 92000, &flow);
	}
	for (size_t i = 0; i < flow.count; i++)
		hear(&feed, &flow.messages[i]);
	printf("test_book_feed: the executed price is the best in %zu of %zu, the order the head "
	       "in "
	       "%zu; %zu are of orders from before\n",
	       feed.score.at_best, feed.score.known, feed.score.at_head, feed.score.unknown);
	ck_assert_uint_eq(feed.score.at_best, feed.naive_score.at_best);
	ck_assert_uint_eq(feed.score.at_head, feed.naive_score.at_head);
	ck_assert_uint_gt(feed.score.known, 3000);
	if (bad == 0) {
		ck_assert_uint_eq(feed.score.known, 4055);
		ck_assert_uint_eq(feed.score.unknown, 12);
		ck_assert_uint_eq(feed.score.at_best, 4055);
		ck_assert_uint_eq(feed.score.at_head, 4031);
	}
	check_end(&feed);
	naive_book_release(&feed.naive);
	nasdaq_release(&flow);
}
END_TEST

START_TEST(test_what_a_feed_may_not_tell)
{
	struct book_feed_place place;

	ck_assert_int_eq(add(1, BOOK_BUY, 100, 10), BOOK_FEED_OK);
	ck_assert_int_eq(add(1, BOOK_BUY, 100, 10), BOOK_FEED_INVALID);
	ck_assert_int_eq(add(2, BOOK_BUY, 0, 10), BOOK_FEED_INVALID);
	ck_assert_int_eq(add(2, BOOK_BUY, 100, 0), BOOK_FEED_INVALID);
	ck_assert_int_eq(add(2, (enum book_side)3, 100, 10), BOOK_FEED_INVALID);
	ck_assert_int_eq(book_feed_reduce(&book, id_of(1), (struct bus_quantity){ 0 }),
			 BOOK_FEED_INVALID);
	ck_assert_int_eq(book_feed_reduce(&book, id_of(9), (struct bus_quantity){ 1 }),
			 BOOK_FEED_UNKNOWN);
	ck_assert_int_eq(book_feed_delete(&book, id_of(9)), BOOK_FEED_UNKNOWN);
	ck_assert_int_eq(book_feed_execute(&book, id_of(9), (struct bus_quantity){ 1 }, &place),
			 BOOK_FEED_UNKNOWN);
	ck_assert_int_eq(book_find(&book, id_of(1))->leaves.micros, 10);
	ck_assert_uint_eq(book_count(&book), 1);
}
END_TEST

START_TEST(test_an_execution_reduces_the_order_that_it_names)
{
	struct book_feed_place place;

	ck_assert_int_eq(add(1, BOOK_SELL, 100, 10), BOOK_FEED_OK);
	ck_assert_int_eq(add(2, BOOK_SELL, 100, 10), BOOK_FEED_OK);
	ck_assert_int_eq(add(3, BOOK_SELL, 101, 10), BOOK_FEED_OK);
	ck_assert_int_eq(book_feed_execute(&book, id_of(3), (struct bus_quantity){ 4 }, &place), 0);
	ck_assert(!place.at_best && !place.at_head);
	ck_assert_int_eq(book_feed_execute(&book, id_of(2), (struct bus_quantity){ 4 }, &place), 0);
	ck_assert(place.at_best && !place.at_head);
	ck_assert_int_eq(book_feed_execute(&book, id_of(1), (struct bus_quantity){ 10 }, &place),
			 0);
	ck_assert(place.at_best && place.at_head);
	ck_assert_ptr_null(book_find(&book, id_of(1)));
	ck_assert_int_eq(book_find(&book, id_of(2))->leaves.micros, 6);
	ck_assert_int_eq(book_find(&book, id_of(3))->leaves.micros, 6);
	/* A feed may cross. */
	ck_assert_int_eq(add(4, BOOK_BUY, 105, 1), BOOK_FEED_OK);
	ck_assert(book_crossed(&book));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("book_feed");
	TCase *tcase = tcase_create("feed");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, test_hour);
	tcase_add_test(tcase, test_what_a_feed_may_not_tell);
	tcase_add_test(tcase, test_an_execution_reduces_the_order_that_it_names);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
