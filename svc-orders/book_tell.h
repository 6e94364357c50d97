/* The facts that more than one of the book's decisions leads to. */
#ifndef ORDERS_BOOK_TELL_H
#define ORDERS_BOOK_TELL_H

#include "book_match.h"
#include "book_wire.h"
#include "bus/processor.h"

/* Fields of messages are not const; nobody writes through them. */
char *book_symbol_of(const struct bus_input *input);

/* The last fact of a step, when the top is another after it. */
void book_tell_top(struct bus_facts *facts, const struct bus_input *input, const struct book *book,
		   const struct book_top *after);

/* The taker of a trade, in text that lives as long as the fact. */
struct book_tell_taker {
	char *order_id;
	char *account_id;
	enum book_side side;
};

/* The n-th trade of a step. */
void book_tell_trade(struct bus_facts *facts, const struct bus_input *input,
		     const struct book_match *match, const struct book_tell_taker *taker,
		     int32_t n);
/* An order that rested ends; by a request, unless request_id is NULL. */
void book_tell_removed(struct bus_facts *facts, const struct bus_input *input,
		       const struct book_order *order, ORDERS(CancelReason) reason,
		       char *request_id);

#endif
