/*
 * What the book decides: one function for each message of the desk, and for each fact of the
 * market. Each is a translation of the message into a command of the engine, and of the engine's
 * events into facts.
 */
#ifndef ORDERS_BOOK_HANDLERS_H
#define ORDERS_BOOK_HANDLERS_H

#include "book_tell.h"
#include "bus/processor.h"

extern const struct bus_handler book_handlers[];

/* The engine's answer to a command, told as facts: what a handler returns. telling->facts and
 * ->input are those of the handler. */
int book_run(const void *state, const struct book_telling *telling,
	     const struct book_command *command);

/* Sessions, halts, calls and corporate actions: book_trading.c. */
int book_hear_session_opened(const void *state, const struct bus_input *input,
			     struct bus_facts *facts);
int book_hear_session_closed(const void *state, const struct bus_input *input,
			     struct bus_facts *facts);
int book_hear_halted(const void *state, const struct bus_input *input, struct bus_facts *facts);
int book_hear_resumed(const void *state, const struct bus_input *input, struct bus_facts *facts);
int book_hear_called(const void *state, const struct bus_input *input, struct bus_facts *facts);
int book_hear_action(const void *state, const struct bus_input *input, struct bus_facts *facts);

#endif
