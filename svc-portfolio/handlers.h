/* The processor *ledger*: its rules (handlers.c) and the fold of its journal (facts.c). */
#ifndef PORTFOLIO_HANDLERS_H
#define PORTFOLIO_HANDLERS_H

#include "bus/processor.h"

extern const struct bus_processor ledger_processor;

int decide_deposit(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_withdraw(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_withdrawal_held(const void *state, const struct bus_input *input,
			   struct bus_facts *facts);
int decide_withdrawal_refused(const void *state, const struct bus_input *input,
			      struct bus_facts *facts);
int decide_order_filled(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_action_cleared(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
/* A command, and a timer of the ledger's own. */
int decide_apply_actions(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_settlement_due(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
int decide_day_due(const void *state, const struct bus_input *input, struct bus_facts *facts);
int decide_margin_check_due(const void *state, const struct bus_input *input,
			    struct bus_facts *facts);

void ledger_schedule(const struct bus_fact *fact, struct bus_timers *timers);
void ledger_evolve(void *state, const struct bus_fact *fact);

#endif
