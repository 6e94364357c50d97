/* What the book decides: one function for each message of the desk, and for each fact of the
 * market. */
#ifndef ORDERS_BOOK_HANDLERS_H
#define ORDERS_BOOK_HANDLERS_H

#include "bus/processor.h"

/*
 * A step is bounded: what would trade, or expire, more than this goes on in further steps, before
 * anything else of its symbol.
 */
#define BOOK_STEP_TRADES  1000 /* a trade is some 700 bytes with its two answers */
#define BOOK_STEP_EXPIRED 2000

extern const struct bus_handler book_handlers[];

/* Sessions and halts: book_trading.c. */
int book_decide_session_opened(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int book_decide_session_closed(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int book_decide_halted(const void *state, const struct bus_input *input, struct bus_facts *facts);
int book_decide_resumed(const void *state, const struct bus_input *input, struct bus_facts *facts);

#endif
