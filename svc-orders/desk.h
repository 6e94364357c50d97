/*
 * The desk's pure functions, one decide for each message (bus/processor.h tells what each must do).
 */
#ifndef ORDERS_DESK_H
#define ORDERS_DESK_H

#include "bus/processor.h"

#define DESK_SYMBOLS  "market.symbols"
#define DESK_QUOTES   "market.quotes"
#define DESK_ACCOUNTS "users.accounts"
#define DESK_BOOKS    "books.commands"

/* desk_commands.c: from orders.commands. */
int desk_decide_place_order(const void *state, const struct bus_input *input,
			    struct bus_facts *facts);
int desk_decide_cancel_order(const void *state, const struct bus_input *input,
			     struct bus_facts *facts);
int desk_decide_decrease_order(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
/* Any of the three, while the account is parked. */
int desk_decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts);

/* desk_handlers.c: from books.executions, */
int desk_decide_execution(const void *state, const struct bus_input *input,
			  struct bus_facts *facts);
int desk_decide_order_canceled(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int desk_decide_order_decreased(const void *state, const struct bus_input *input,
				struct bus_facts *facts);
int desk_decide_order_rejected(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int desk_decide_request_rejected(const void *state, const struct bus_input *input,
				 struct bus_facts *facts);
/* and from portfolio.events. */
int desk_decide_cash_deposited(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int desk_decide_shares_deposited(const void *state, const struct bus_input *input,
				 struct bus_facts *facts);
int desk_decide_withdrawal_requested(const void *state, const struct bus_input *input,
				     struct bus_facts *facts);
int desk_decide_withdrawal_booked(const void *state, const struct bus_input *input,
				  struct bus_facts *facts);

/* desk_facts.c */
void desk_evolve(void *state, const struct bus_fact *fact);
void desk_react(const struct bus_fact *fact, struct bus_reactions *out);

#endif
