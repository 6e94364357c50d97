/* The oracle of the tests, see naive_book.h. */
#include "naive_book.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base.h"

void naive_book_release(struct naive_book *book)
{
	free(book->orders);
	free(book->trades);
	*book = (struct naive_book){ 0 };
}

static struct naive_order *find(const struct naive_book *book, uint64_t id)
{
	for (size_t i = 0; i < book->count; i++)
		if (book->orders[i].id == id)
			return &book->orders[i];
	return NULL;
}

const struct naive_order *naive_book_find(const struct naive_book *book, uint64_t id)
{
	return find(book, id);
}

/* The first among equals, since the array is in order of arrival. */
static struct naive_order *best(const struct naive_book *book, bool buy)
{
	struct naive_order *found = NULL;

	for (size_t i = 0; i < book->count; i++) {
		struct naive_order *order = &book->orders[i];

		if (order->buy != buy)
			continue;
		if (found == NULL ||
		    (buy ? order->price > found->price : order->price < found->price))
			found = order;
	}
	return found;
}

const struct naive_order *naive_book_best(const struct naive_book *book, bool buy)
{
	return best(book, buy);
}

int64_t naive_book_depth(const struct naive_book *book, bool buy, int64_t price)
{
	int64_t sum = 0;

	for (size_t i = 0; i < book->count; i++)
		if (book->orders[i].buy == buy && book->orders[i].price == price)
			sum += book->orders[i].leaves;
	return sum;
}

static void take_out(struct naive_book *book, struct naive_order *order)
{
	size_t at = (size_t)(order - book->orders);

	book->count--;
	memmove(order, order + 1, (book->count - at) * sizeof(*order));
}

static bool accepts(const struct naive_order *taker, const struct naive_order *maker)
{
	if (taker->buy)
		return maker->price <= taker->price;
	return taker->price == 0 || maker->price >= taker->price;
}

static void record(struct naive_book *book, const struct naive_trade *trade)
{
	if (book->trade_count == book->trade_capacity) {
		book->trade_capacity = book->trade_capacity == 0 ? 16 : 2 * book->trade_capacity;
		book->trades =
			bus_realloc(book->trades, book->trade_capacity * sizeof(*book->trades));
	}
	book->trades[book->trade_count++] = *trade;
}

static void trade(struct naive_book *book, struct naive_order *maker, struct naive_order *taker)
{
	int64_t quantity = maker->leaves < taker->leaves ? maker->leaves : taker->leaves;

	maker->leaves -= quantity;
	taker->leaves -= quantity;
	record(book, &(struct naive_trade){ .maker = maker->id,
					    .taker = taker->id,
					    .price = maker->price,
					    .quantity = quantity,
					    .maker_leaves = maker->leaves,
					    .taker_leaves = taker->leaves });
}

static int64_t available(const struct naive_book *book, const struct naive_order *taker)
{
	int64_t sum = 0;

	for (size_t i = 0; i < book->count; i++)
		if (book->orders[i].buy != taker->buy && accepts(taker, &book->orders[i]))
			sum += book->orders[i].leaves;
	return sum;
}

static void rest_order(struct naive_book *book, const struct naive_order *order)
{
	if (book->count == book->capacity) {
		book->capacity = book->capacity == 0 ? 64 : 2 * book->capacity;
		book->orders = bus_realloc(book->orders, book->capacity * sizeof(*book->orders));
	}
	book->orders[book->count++] = *order;
}

int64_t naive_book_place(struct naive_book *book, const struct naive_order *order,
			 enum naive_rest rest)
{
	struct naive_order taker = *order;

	book->trade_count = 0;
	if (rest == NAIVE_FOK && available(book, &taker) < taker.leaves)
		return taker.leaves;
	while (taker.leaves > 0) {
		struct naive_order *maker = best(book, !taker.buy);

		if (maker == NULL || !accepts(&taker, maker))
			break;
		trade(book, maker, &taker);
		if (maker->leaves == 0)
			take_out(book, maker);
	}
	if (taker.leaves > 0 && rest == NAIVE_REST)
		rest_order(book, &taker);
	return taker.leaves;
}

void naive_book_queue(struct naive_book *book, const struct naive_order *order)
{
	book->trade_count = 0;
	rest_order(book, order);
}

void naive_book_uncross(struct naive_book *book)
{
	book->trade_count = 0;
	for (;;) {
		struct naive_order *bid = best(book, true), *ask = best(book, false);
		struct naive_order *older, *younger;

		if (bid == NULL || ask == NULL || bid->price < ask->price)
			break;
		older = bid < ask ? bid : ask;
		younger = bid < ask ? ask : bid;
		trade(book, older, younger);
		/* The younger one stands behind: taking it out first does not move the other. */
		if (younger->leaves == 0)
			take_out(book, younger);
		if (older->leaves == 0)
			take_out(book, older);
	}
}

int64_t naive_book_cancel(struct naive_book *book, uint64_t id)
{
	struct naive_order *order = find(book, id);
	int64_t leaves;

	book->trade_count = 0;
	if (order == NULL)
		return 0;
	leaves = order->leaves;
	take_out(book, order);
	return leaves;
}

int64_t naive_book_decrease(struct naive_book *book, uint64_t id, int64_t by)
{
	struct naive_order *order = find(book, id);

	book->trade_count = 0;
	if (order == NULL)
		return -1;
	if (by >= order->leaves) {
		take_out(book, order);
		return 0;
	}
	order->leaves -= by;
	return order->leaves;
}

size_t naive_book_close(struct naive_book *book)
{
	size_t kept = 0, before = book->count;

	book->trade_count = 0;
	for (size_t i = 0; i < book->count; i++)
		if (!book->orders[i].day)
			book->orders[kept++] = book->orders[i];
	book->count = kept;
	return before - kept;
}
