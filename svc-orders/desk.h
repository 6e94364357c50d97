/*
 * The desk's pure functions, one decide for each message (bus/processor.h tells what each must do).
 */
#ifndef ORDERS_DESK_H
#define ORDERS_DESK_H

#include "bus/processor.h"
#include "order.h"

#define DESK_SYMBOLS  "market.symbols"
#define DESK_QUOTES   "market.quotes"
#define DESK_ACCOUNTS "users.accounts"
#define DESK_BOOKS    "books.commands"

/* users has blocked or closed the account. */
bool desk_blocked(const struct bus_input *input);

/* desk_place.c: from orders.commands; and the rejection of a PlaceOrder. */
int desk_reject_place(const struct bus_input *input, struct bus_facts *facts,
		      enum order_refusal refusal);
int desk_decide_place_order(const void *state, const struct bus_input *input,
			    struct bus_facts *facts);
/* desk_requests.c */
int desk_decide_cancel_order(const void *state, const struct bus_input *input,
			     struct bus_facts *facts);
int desk_decide_decrease_order(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int desk_decide_replace_order(const void *state, const struct bus_input *input,
			      struct bus_facts *facts);
int desk_decide_cancel_orders(const void *state, const struct bus_input *input,
			      struct bus_facts *facts);
/* Any of them, while the account is parked. */
int desk_decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts);

/* desk_answers.c: from books.executions. */
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
int desk_decide_order_triggered(const void *state, const struct bus_input *input,
				struct bus_facts *facts);
int desk_decide_order_replaced(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int desk_decide_self_trade_prevented(const void *state, const struct bus_input *input,
				     struct bus_facts *facts);
int desk_decide_order_completed(const void *state, const struct bus_input *input,
				struct bus_facts *facts);

/* desk_ledger.c: from portfolio.events. */
int desk_decide_cash_deposited(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int desk_decide_shares_deposited(const void *state, const struct bus_input *input,
				 struct bus_facts *facts);
int desk_decide_withdrawal_requested(const void *state, const struct bus_input *input,
				     struct bus_facts *facts);
int desk_decide_withdrawal_booked(const void *state, const struct bus_input *input,
				  struct bus_facts *facts);

int desk_decide_corporate_action_due(const void *state, const struct bus_input *input,
				     struct bus_facts *facts);
int desk_decide_position_split(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int desk_decide_symbol_changed(const void *state, const struct bus_input *input,
			       struct bus_facts *facts);
int desk_decide_dividend_paid(const void *state, const struct bus_input *input,
			      struct bus_facts *facts);

/* desk_facts.c */
void desk_evolve(void *state, const struct bus_fact *fact);
/* desk_react.c */
void desk_react(const struct bus_fact *fact, struct bus_reactions *out);

#endif
