/* The book of one symbol, see book.h. */
#include "book.h"

#include <string.h>

void book_init(struct book *book, const char *symbol, struct book_memory *memory)
{
	size_t len = strlen(symbol);

	bus_assert(len < sizeof(book->symbol));
	*book = (struct book){ .memory = memory };
	memcpy(book->symbol, symbol, len);
	book_table_init(&book->orders);
}

void book_release(struct book *book)
{
	for (size_t i = 0; i <= book->orders.mask; i++)
		if (book->orders.slots[i].order != NULL)
			book_pool_give(&book->memory->orders, book->orders.slots[i].order);
	book_table_release(&book->orders);
	book_ladder_release(&book->bids, book->memory);
	book_ladder_release(&book->asks, book->memory);
}

struct book_order *book_find(const struct book *book, struct bus_id id)
{
	return book_table_find(&book->orders, id);
}

size_t book_count(const struct book *book)
{
	return book->orders.count;
}

bool book_trades(const struct book *book)
{
	switch (book->trading) {
	case BOOK_UNHEARD:
	case BOOK_OPEN:
		return true;
	case BOOK_CLOSED:
	case BOOK_HALTED:
	case BOOK_OPENING_AUCTION:
	case BOOK_CLOSING_AUCTION:
		break;
	}
	return false;
}

static struct book_ladder *ladder_of(struct book *book, enum book_side side)
{
	return side == BOOK_BUY ? &book->bids : &book->asks;
}

struct book_order *book_add(struct book *book, const struct book_new *new)
{
	struct book_order *order = book_pool_take(&book->memory->orders);
	struct book_level *level;

	bus_assert(new->price.micros > 0);
	bus_assert(new->leaves.micros > 0 && new->leaves.micros <= new->quantity.micros);
	level = book_ladder_level(ladder_of(book, new->side), book_key(new->side, new->price),
				  book->memory);
	*order = (struct book_order){
		.id = new->id,
		.account = new->account,
		.price = new->price,
		.quantity = new->quantity,
		.leaves = new->leaves,
		.priority = new->priority != 0 ? new->priority : ++book->last_priority,
		.side = new->side,
		.tif = new->tif,
		.level = level,
		.prev = level->tail,
	};
	bus_assert(level->tail == NULL || level->tail->priority < order->priority);
	if (level->tail != NULL)
		level->tail->next = order;
	else
		level->head = order;
	level->tail = order;
	level->total.micros += (uint64_t) new->leaves.micros;
	book_table_add(&book->orders, order);
	return order;
}

void book_reduce(struct book *book, struct book_order *order, struct bus_quantity by)
{
	(void)book;
	bus_assert(by.micros > 0 && by.micros < order->leaves.micros);
	order->leaves.micros -= by.micros;
	order->level->total.micros -= (uint64_t)by.micros;
}

void book_remove(struct book *book, struct book_order *order)
{
	struct book_level *level = order->level;

	if (order->prev != NULL)
		order->prev->next = order->next;
	else
		level->head = order->next;
	if (order->next != NULL)
		order->next->prev = order->prev;
	else
		level->tail = order->prev;
	level->total.micros -= (uint64_t)order->leaves.micros;
	if (level->head == NULL)
		book_ladder_remove(ladder_of(book, order->side), level, book->memory);
	book_table_remove(&book->orders, order);
	book_pool_give(&book->memory->orders, order);
}
