/* The processor *notify*: its rules (handlers.c) and the fold of its journal (facts.c). */
#ifndef NOTIFY_HANDLERS_H
#define NOTIFY_HANDLERS_H

#include "bus/processor.h"

extern const struct bus_processor notify_processor;

int decide_set_preference(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_order_filled(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_order_rejected(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
int decide_order_canceled(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
int decide_cash_deposited(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
int decide_shares_deposited(const void *state, const struct bus_input *input,
			    struct bus_facts *facts);
int decide_withdrawal_booked(const void *state, const struct bus_input *input,
			     struct bus_facts *facts);
int decide_withdrawal_rejected(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int decide_order_triggered(const void *state, const struct bus_input *input,
			   struct bus_facts *facts);
int decide_order_replaced(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
int decide_margin_called(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_margin_call_met(const void *state, const struct bus_input *input,
			   struct bus_facts *facts);
int decide_dividend_paid(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_position_split(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
int decide_symbol_changed(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);

void notify_evolve(void *state, const struct bus_fact *fact);

#endif
