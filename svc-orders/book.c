/* The book of one symbol, see book.h. */
#include "book.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct book_order) == 128, "two cache lines");
static_assert(offsetof(struct book_order, price) == 64, "matching needs the first alone");

void book_init(struct book *book, const char *symbol, struct book_memory *memory)
{
	size_t len = strlen(symbol);

	bus_assert(len < sizeof(book->symbol));
	*book = (struct book){ .memory = memory };
	memcpy(book->symbol, symbol, len);
	book_table_init(&book->orders);
}

static void give_order(struct book *book, struct book_order *order)
{
	if (order->extra != NULL)
		book_pool_give(&book->memory->extras, order->extra);
	book_pool_give(&book->memory->orders, order);
}

void book_release(struct book *book)
{
	struct book_sides *sides[] = { &book->stops, &book->opening, &book->closing };

	for (size_t i = 0; i <= book->orders.mask; i++)
		if (book->orders.slots[i].order != NULL)
			give_order(book, book->orders.slots[i].order);
	book_table_release(&book->orders);
	book_ladder_release(&book->bids, book->memory);
	book_ladder_release(&book->asks, book->memory);
	for (size_t i = 0; i < BUS_ARRAY_LEN(sides); i++) {
		book_ladder_release(&sides[i]->buys, book->memory);
		book_ladder_release(&sides[i]->sells, book->memory);
	}
}

struct book_order *book_find(const struct book *book, struct bus_id id)
{
	return book_table_find(&book->orders, id);
}

size_t book_count(const struct book *book)
{
	return book->orders.count;
}

/* Queues ////////////////////////////////////////////////////////////////////////////////// */

const struct book_ladder *book_queue_side(const struct book *book, enum book_queue queue,
					  enum book_side side)
{
	bool buy = side == BOOK_BUY;

	switch (queue) {
	case BOOK_VISIBLE:
		break;
	case BOOK_STOPS:
		return buy ? &book->stops.buys : &book->stops.sells;
	case BOOK_OPENING:
		return buy ? &book->opening.buys : &book->opening.sells;
	case BOOK_CLOSING:
		return buy ? &book->closing.buys : &book->closing.sells;
	}
	return buy ? &book->bids : &book->asks;
}

static struct book_ladder *ladder_of(struct book *book, const struct book_order *order)
{
	return (struct book_ladder *)(uintptr_t)book_queue_side(book, order->queue, order->side);
}

/* The stop that is elected first stands best: the lowest of the buys, the highest of the sells. */
static int64_t key_of(const struct book_order *order)
{
	if (order->queue == BOOK_STOPS)
		return book_key(book_opposite(order->side), order->extra->stop);
	return book_key(order->side, order->price);
}

/* Behind those that came before it: behind all when it is the newest of the book. */
static void enqueue(struct book *book, struct book_order *order, bool newest)
{
	struct book_level *level =
		book_ladder_level(ladder_of(book, order), key_of(order), book->memory);
	struct book_order *before = level->tail;

	while (!newest && before != NULL && before->priority > order->priority)
		before = before->prev;
	order->level = level;
	order->prev = before;
	order->next = NULL;
	if (!newest) /* else nothing of the one before it is read: it may be far away */
		order->next = before != NULL ? before->next : level->head;
	if (order->prev != NULL)
		order->prev->next = order;
	else
		level->head = order;
	if (order->next != NULL)
		order->next->prev = order;
	else
		level->tail = order;
	level->total.micros += (uint64_t)order->leaves.micros;
}

static void dequeue(struct book *book, struct book_order *order)
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
		book_ladder_remove(ladder_of(book, order), level, book->memory);
}

/* Trailing stops ////////////////////////////////////////////////////////////////////////// */

static struct book_order **trailing_of(struct book *book, enum book_side side)
{
	return side == BOOK_BUY ? &book->trailing_buys : &book->trailing_sells;
}

static bool trails(const struct book_order *order)
{
	return order->queue == BOOK_STOPS && order->type == BOOK_TRAILING_STOP;
}

static void join_trailing(struct book *book, struct book_order *order)
{
	struct book_order **first = trailing_of(book, order->side);

	order->extra->prev_trail = NULL;
	order->extra->next_trail = *first;
	if (*first != NULL)
		(*first)->extra->prev_trail = order;
	*first = order;
}

static void leave_trailing(struct book *book, struct book_order *order)
{
	struct book_extra *extra = order->extra;

	if (extra->prev_trail != NULL)
		extra->prev_trail->extra->next_trail = extra->next_trail;
	else
		*trailing_of(book, order->side) = extra->next_trail;
	if (extra->next_trail != NULL)
		extra->next_trail->extra->prev_trail = extra->prev_trail;
}

struct bus_price book_trail_stop(enum book_side side, struct bus_price best, struct bus_price trail,
				 int64_t trail_percent)
{
	struct bus_money by = { trail.micros };
	struct bus_price stop;

	if (trail_percent != 0 && !bus_money_muldiv((struct bus_money){ best.micros },
						    trail_percent, 100 * BUS_MICROS, &by))
		by.micros = INT64_MAX;
	if (by.micros < 1)
		by.micros = 1;
	if (side == BOOK_SELL)
		stop.micros = best.micros - by.micros; /* best > 0: it fits */
	else if (__builtin_add_overflow(best.micros, by.micros, &stop.micros))
		stop.micros = INT64_MAX;
	return stop;
}

void book_trail(struct book *book, struct book_order *order, struct bus_price best)
{
	struct book_extra *extra = order->extra;

	dequeue(book, order);
	extra->best = best;
	extra->stop = book_trail_stop(order->side, best, extra->trail, extra->trail_percent);
	enqueue(book, order, false);
}

/* Orders ////////////////////////////////////////////////////////////////////////////////// */

static struct book_extra *new_extra(struct book *book, const struct book_new *new)
{
	struct book_extra *extra;

	if (new->queue != BOOK_STOPS && book_id_none(new->sibling))
		return NULL;
	extra = book_pool_take(&book->memory->extras);
	*extra = (struct book_extra){
		.sibling = new->sibling,
		.stop = new->stop,
		.trail = new->trail,
		.trail_percent = new->trail_percent,
		.best = new->best,
	};
	return extra;
}

struct book_order *book_add(struct book *book, const struct book_new *new)
{
	struct book_order *order = book_pool_take(&book->memory->orders);

	bus_assert(new->price.micros > 0 || new->queue == BOOK_STOPS);
	bus_assert(new->leaves.micros > 0 && new->leaves.micros <= new->quantity.micros);
	*order = (struct book_order){
		.id = new->id,
		.account = new->account,
		.price = new->price,
		.quantity = new->quantity,
		.leaves = new->leaves,
		.priority = new->priority != 0 ? new->priority : ++book->status.last_priority,
		.extra = new_extra(book, new),
		.added_at = new->added_at,
		.expires_at = new->expires_at,
		.post_only = new->post_only,
		.stp = (uint8_t) new->stp,
		.side = (uint8_t) new->side,
		.type = (uint8_t)(new->type != 0 ? new->type : BOOK_LIMIT),
		.tif = (uint8_t) new->tif,
		.queue = (uint8_t)(new->queue != 0 ? new->queue : BOOK_VISIBLE),
	};
	enqueue(book, order, new->priority == 0);
	if (trails(order))
		join_trailing(book, order);
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
	dequeue(book, order);
	if (trails(order))
		leave_trailing(book, order);
	book_table_remove(&book->orders, order);
	give_order(book, order);
}

void book_rename(struct book *book, struct book_order *order, struct bus_id id)
{
	book_table_remove(&book->orders, order);
	order->id = id;
	book_table_add(&book->orders, order);
}

struct book_order *book_sibling(const struct book *book, const struct book_order *order)
{
	struct book_order *sibling;

	if (order->extra == NULL || book_id_none(order->extra->sibling))
		return NULL;
	sibling = book_find(book, order->extra->sibling);
	if (sibling == NULL || sibling->extra == NULL || sibling->queue == order->queue ||
	    sibling->side != order->side || !bus_id_equal(sibling->extra->sibling, order->id) ||
	    !bus_id_equal(sibling->account, order->account))
		return NULL;
	return sibling;
}
