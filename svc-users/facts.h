/* What the facts of the processor *users* change in its state, and whom they tell. */
#ifndef USERS_FACTS_H
#define USERS_FACTS_H

#include "bus/processor.h"

#define TOPIC_ACCOUNTS "users.accounts"
#define TOPIC_ORDERS   "orders.commands"

void users_evolve(void *state, const struct bus_fact *fact);
void users_react(const struct bus_fact *fact, struct bus_reactions *out);

#endif
