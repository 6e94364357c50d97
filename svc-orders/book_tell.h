/* What the engine decided, as the facts of the journal. */
#ifndef ORDERS_BOOK_TELL_H
#define ORDERS_BOOK_TELL_H

#include "book_wire.h"
#include "bus/processor.h"

/*
 * What the events of one step are told with: all that they do not say themselves. Text borrows from
 * the input; fields of messages are not const, and nobody writes through them.
 */
struct book_telling {
	struct bus_facts *facts;
	const struct bus_input *input;
	/* The order and the account that the input names, as it wrote them: most facts are of them.
	 */
	struct bus_id order_id, account_id;
	char *order_text, *account_text;
	char *request_id; /* of a request; "" for others */
	char *text;	  /* why the market does so, for people; may be NULL */
};

/* Appends the fact of one event. */
void book_tell(const struct book_telling *telling, const struct book_event *event);
/* An answer that needs no book: the fields of the request name no order. */
void book_tell_refused(const struct book_telling *telling, enum book_command_kind kind,
		       enum book_reject reason, const char *text);
void book_tell_rejected(const struct book_telling *telling, enum book_reject reason,
			const char *text);

#endif
