/* What the processor *users* decides: one function for each command. */
#ifndef USERS_HANDLERS_H
#define USERS_HANDLERS_H

#include "bus/processor.h"

extern const struct bus_handler users_handlers[];

/* A command to a user of whom an input is parked: rejected. */
int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts);

#endif
