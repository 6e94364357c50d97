/* A book from a feed, see book_feed.h. */
#include "book_feed.h"

enum book_feed_result book_feed_add(struct book *book, const struct book_feed_order *order)
{
	if (order->price.micros <= 0 || order->quantity.micros <= 0 ||
	    (order->side != BOOK_BUY && order->side != BOOK_SELL) ||
	    book_find(book, order->id) != NULL)
		return BOOK_FEED_INVALID;
	book_add(book, &(struct book_new){
			       .id = order->id,
			       .side = order->side,
			       .tif = BOOK_DAY,
			       .price = order->price,
			       .quantity = order->quantity,
			       .leaves = order->quantity,
			       .added_at = order->at,
		       });
	return BOOK_FEED_OK;
}

static enum book_feed_result lessen(struct book *book, struct book_order *order,
				    struct bus_quantity by)
{
	if (by.micros <= 0)
		return BOOK_FEED_INVALID;
	if (by.micros >= order->leaves.micros)
		book_remove(book, order);
	else
		book_reduce(book, order, by);
	return BOOK_FEED_OK;
}

enum book_feed_result book_feed_reduce(struct book *book, struct bus_id id, struct bus_quantity by)
{
	struct book_order *order = book_find(book, id);

	return order != NULL ? lessen(book, order, by) : BOOK_FEED_UNKNOWN;
}

enum book_feed_result book_feed_delete(struct book *book, struct bus_id id)
{
	struct book_order *order = book_find(book, id);

	if (order == NULL)
		return BOOK_FEED_UNKNOWN;
	book_remove(book, order);
	return BOOK_FEED_OK;
}

enum book_feed_result book_feed_execute(struct book *book, struct bus_id id,
					struct bus_quantity quantity, struct book_feed_place *place)
{
	struct book_order *order = book_find(book, id);
	struct book_feed_place found;

	if (order == NULL)
		return BOOK_FEED_UNKNOWN;
	found.at_best = order->level == book_ladder_best(book_ladder(book, order->side));
	found.at_head = found.at_best && order->prev == NULL;
	if (place != NULL)
		*place = found;
	return lessen(book, order, quantity);
}
