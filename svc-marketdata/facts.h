/* What the facts of the market change in its state, and whom they tell. */
#ifndef MARKETDATA_FACTS_H
#define MARKETDATA_FACTS_H

#include "bus/processor.h"

#define TOPIC_SYMBOLS "market.symbols"
#define TOPIC_QUOTES  "market.quotes"

void market_evolve(void *state, const struct bus_fact *fact);
void market_react(const struct bus_fact *fact, struct bus_reactions *out);
void market_schedule(const struct bus_fact *fact, struct bus_timers *timers);

#endif
