/* What the commands that come next will touch, see book_prefetch(). */
#include "book_engine.h"

#define LARGE 4096 /* orders; below it a book fits into the cache */

static void ahead_of_order(const struct book *book, struct bus_id id, enum book_ahead ahead)
{
	const struct book_order *order;

	if (ahead == BOOK_AHEAD_FAR) {
		book_table_prefetch(&book->orders, id);
		return;
	}
	order = book_table_guess(&book->orders, id);
	if (order == NULL)
		return;
	if (ahead == BOOK_AHEAD_NEAR) {
		__builtin_prefetch(order, 1);
		__builtin_prefetch((const char *)order + 64);
		return;
	}
	__builtin_prefetch(order->level, 1);
	if (order->prev != NULL)
		__builtin_prefetch(order->prev, 1);
	if (order->next != NULL)
		__builtin_prefetch(order->next, 1);
}

static void ahead_of_price(const struct book *book, enum book_side side, struct bus_price price,
			   enum book_ahead ahead)
{
	const struct book_ladder *ladder = book_ladder(book, side);
	const struct book_level *level;

	if (ahead == BOOK_AHEAD_FAR) {
		book_ladder_prefetch(ladder, book_key(side, price));
		return;
	}
	level = book_ladder_find(ladder, book_key(side, price));
	if (level == NULL)
		return;
	if (ahead == BOOK_AHEAD_NEAR)
		__builtin_prefetch(level, 1);
	else
		__builtin_prefetch(level->tail, 1);
}

void book_prefetch(const struct book *book, const struct book_command *command,
		   enum book_ahead ahead)
{
	if (book_count(book) < LARGE)
		return;
	switch (command->kind) {
	case BOOK_NEW:
		if (ahead == BOOK_AHEAD_FAR)
			book_table_prefetch(&book->orders, command->order.id);
		if (command->order.tif != BOOK_IOC && command->order.tif != BOOK_FOK)
			ahead_of_price(book, command->order.side, command->order.limit, ahead);
		break;
	case BOOK_CANCEL:
	case BOOK_DECREASE:
		ahead_of_order(book, command->request.id, ahead);
		break;
	case BOOK_REPLACE:
		if (ahead == BOOK_AHEAD_FAR)
			book_table_prefetch(&book->orders, command->replace.new_id);
		ahead_of_order(book, command->replace.id, ahead);
		break;
	case BOOK_TRADING:
	case BOOK_ACTION:
		break;
	}
}
