/*
 * A price-time book as plain as can be: one array of orders in order of arrival, searched from end
 * to end each time. It is the oracle that the real book is compared with, execution by execution,
 * and so shares no code with it; it must be right by being read.
 *
 * Numbers are what the caller makes of them (millionths, cents, shares); ids are numbers > 0.
 */
#ifndef TEST_NAIVE_BOOK_H
#define TEST_NAIVE_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct naive_order {
	uint64_t id;
	bool buy;
	bool day; /* ends at the close */
	int64_t price;
	int64_t leaves;
};

struct naive_trade {
	uint64_t maker, taker;
	int64_t price;
	int64_t quantity;
	int64_t maker_leaves, taker_leaves;
};

/* Zeroed is empty. Owns its arrays. */
struct naive_book {
	struct naive_order *orders; /* in order of arrival */
	size_t count, capacity;
	struct naive_trade *trades; /* of the last call */
	size_t trade_count, trade_capacity;
};

enum naive_rest { NAIVE_REST, NAIVE_IOC, NAIVE_FOK };

void naive_book_release(struct naive_book *book);
/* NULL when it is not in the book. */
const struct naive_order *naive_book_find(const struct naive_book *book, uint64_t id);
/* The order that a taker of the other side meets first, or NULL. */
const struct naive_order *naive_book_best(const struct naive_book *book, bool buy);
/* Sum of what is open at a price. */
int64_t naive_book_depth(const struct naive_book *book, bool buy, int64_t price);

/* Matches, then rests what is left if it is to rest. Price 0 of a sell: any. Returns what is left.
 */
int64_t naive_book_place(struct naive_book *book, const struct naive_order *order,
			 enum naive_rest rest);
/* Puts an order into the book without matching it. */
void naive_book_queue(struct naive_book *book, const struct naive_order *order);
/* Best bid against best offer until they no longer meet; the older one is the maker. */
void naive_book_uncross(struct naive_book *book);
/* What was open, 0 when it is not in the book. */
int64_t naive_book_cancel(struct naive_book *book, uint64_t id);
/* What is left open; -1 when it is not in the book. An order that is left with nothing is gone. */
int64_t naive_book_decrease(struct naive_book *book, uint64_t id, int64_t by);
/* Removes the day orders; returns how many they were. */
size_t naive_book_close(struct naive_book *book);

#endif
