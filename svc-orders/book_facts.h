/* How the facts of the book change it, and whom they answer. */
#ifndef ORDERS_BOOK_FACTS_H
#define ORDERS_BOOK_FACTS_H

#include "bus/processor.h"

#define BOOK_ANSWERS "books.executions"

void book_evolve(void *state, const struct bus_fact *fact);
void book_react(const struct bus_fact *fact, struct bus_reactions *out);

#endif
