/* What the market decides: one function for each command, and for each fact of the book it hears.
 */
#ifndef MARKETDATA_HANDLERS_H
#define MARKETDATA_HANDLERS_H

#include "bus/processor.h"

extern const struct bus_handler market_handlers[];

/* A command to a symbol of which an input is parked: rejected. */
int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts);

#endif
