/*
 * What the commands that come next will touch, see book_prefetch(). What a hint points to may have
 * gone since, but the memory of a pool stays, and nothing of it is believed.
 */
#include "book_engine.h"

#define LARGE                                                                                      \
	8192 /* orders of all books; some 1.3 MiB: below it they are in the cache, by and large */

static void far(const struct book *book, const struct book_command *command, struct bus_id id)
{
	book_table_prefetch(&book->orders, id);
	if (command->kind == BOOK_NEW)
		book_ladder_prefetch(book_ladder(book, command->order.side),
				     book_key(command->order.side, command->order.limit));
	else if (command->kind == BOOK_REPLACE)
		book_table_prefetch(&book->orders, command->replace.new_id);
}

static void near_by(const struct book *book, const struct book_command *command, struct bus_id id,
		    struct book_hint *hint)
{
	*hint = (struct book_hint){ NULL, NULL };
	if (command->kind == BOOK_NEW) {
		hint->level = book_ladder_find(book_ladder(book, command->order.side),
					       book_key(command->order.side, command->order.limit));
		__builtin_prefetch(hint->level, 1);
		return;
	}
	hint->order = book_table_guess(&book->orders, id);
	__builtin_prefetch(hint->order, 1);
	__builtin_prefetch((const char *)hint->order + 64);
}

static void next(const struct book *book, const struct book_hint *hint)
{
	if (book_count(book) < LARGE) { /* one of many, and its best is far away, too */
		__builtin_prefetch(book->bids.best);
		__builtin_prefetch(book->asks.best);
	}

	if (hint->level != NULL)
		__builtin_prefetch(hint->level->tail, 1);
	if (hint->order == NULL)
		return;
	__builtin_prefetch(hint->order->level, 1);
	__builtin_prefetch(hint->order->prev, 1);
	__builtin_prefetch(hint->order->next, 1);
}

void book_prefetch(const struct book *book, const struct book_command *command,
		   struct book_hint *hint, enum book_ahead ahead)
{
	struct bus_id id = { { 0 } };

	if (ahead == BOOK_AHEAD_BOOK) {
		for (size_t i = 0; i < sizeof(*book); i += 64)
			__builtin_prefetch((const char *)book + i, 1);
		return;
	}
	if (book->memory->orders.objects < LARGE)
		return;
	switch (command->kind) {
	case BOOK_NEW:
		id = command->order.id;
		break;
	case BOOK_CANCEL:
	case BOOK_DECREASE:
		id = command->request.id;
		break;
	case BOOK_REPLACE:
		id = command->replace.id;
		break;
	case BOOK_TRADING:
	case BOOK_ACTION:
		return;
	}
	switch (ahead) {
	case BOOK_AHEAD_BOOK:
		break;
	case BOOK_AHEAD_FAR:
		*hint = (struct book_hint){ NULL, NULL };
		far(book, command, id);
		break;
	case BOOK_AHEAD_NEAR:
		near_by(book, command, id, hint);
		break;
	case BOOK_AHEAD_NEXT:
		next(book, hint);
		break;
	}
}
