/*
 * One change to an account's orders in one symbol, as it is being decided: copies of the order, of
 * its partner (its pending replacement, or its sibling) and of the balances, which the rules of
 * order_change.h change; then the facts that tell it.
 *
 * Invariant: after each fact, as after each step, what is held is what orders, withdrawals and
 * collateral hold, and nothing available is below zero that may not be. So what the partner holds
 * less is told before the order's own fact, and what it holds more after it.
 */
#ifndef ORDERS_DESK_SCENE_H
#define ORDERS_DESK_SCENE_H

#include "bus/processor.h"
#include "desk_state.h"
#include "order_change.h"
#include "wire.h"

#define DESK_ENDED_MAX 6 /* two orders of a prevented trade, each with two legs */

struct desk_scene {
	const struct desk_state *desk;
	const struct bus_input *input;
	struct bus_facts *facts;
	struct bus_id account;
	char *account_id, *symbol;
	const struct desk_order *known, *partner; /* partner NULL: none */
	char *order_id, *client_order_id;	  /* of known */
	struct order order, other;		  /* copies of the two */
	struct balances balances;		  /* after all that is decided */
	struct balances told;			  /* as the facts so far say */
	struct order_scene rules;		  /* the above, for the rules */
	struct bus_id ended[DESK_ENDED_MAX];	  /* orders and withdrawals that end in this step */
	size_t ended_count;
};

/* What a fact about a change of holds says. */
struct desk_told {
	struct balances balances; /* after it */
	int64_t released_cash_micros, released_shares_micros;
};

/* False when the account has no such order of that symbol, or a text is out of form. */
bool desk_scene_init(struct desk_scene *scene, const struct desk_state *desk,
		     const struct bus_input *input, struct bus_facts *facts, const char *order_id,
		     const char *symbol) BUS_MUST_CHECK;
/* Goes on with another order of the same account, symbol and balances. */
bool desk_scene_next(struct desk_scene *scene, const char *order_id) BUS_MUST_CHECK;

/* The error with which an input is parked that does not fit. */
int desk_fault(enum order_fault fault);

/* What the order's own fact says; tells before it what the partner holds less. */
struct desk_told desk_scene_tell(struct desk_scene *scene);
/* After the order's own fact: what the partner holds more; the legs of an entry that has ended. */
void desk_scene_follow(struct desk_scene *scene, Bourse__Orders__V1__CancelReason reason);
/* The legs of this entry, which has ended as `entry`. */
void desk_scene_legs(struct desk_scene *scene, const struct order *entry,
		     Bourse__Orders__V1__CancelReason reason);
/* OrderCanceled of a leg that waits. */
void desk_scene_cancel_held(struct desk_scene *scene, const struct desk_order *leg,
			    Bourse__Orders__V1__CancelReason reason, char *request_id);
void desk_scene_ended(struct desk_scene *scene, struct bus_id id);
/* Last of a step: the corporate action that has waited for what ended. */
void desk_scene_clear(const struct desk_scene *scene);
void desk_write_cleared(struct bus_facts *facts, const struct bus_input *input, char *symbol,
			struct bus_id action);
/* A corporate action waits for this position: no order and no withdrawal of it is taken. */
bool desk_action_waits(const struct desk_state *desk, struct bus_id account, const char *symbol,
		       const struct desk_holding *holding);

/* What users says of the account. */
struct order_account desk_terms_of(const struct bus_input *input);

/* The fields that many facts have. */
#define DESK_SET_BALANCES(fact, balances)                                                          \
	do {                                                                                       \
		(fact)->cash_micros = (balances)->cash.total_micros;                               \
		(fact)->cash_held_micros = (balances)->cash.held_micros;                           \
		(fact)->position_micros = (balances)->shares.total_micros;                         \
		(fact)->position_held_micros = (balances)->shares.held_micros;                     \
		(fact)->collateral_micros = (balances)->collateral_micros;                         \
	} while (0)

#define DESK_SET_HOLDS(fact, order)                                                                \
	do {                                                                                       \
		(fact)->hold_micros = (order)->hold_micros;                                        \
		(fact)->fee_hold_micros = (order)->fee_hold_micros;                                \
		(fact)->short_micros = (order)->short_micros;                                      \
		(fact)->margin_hold_micros = (order)->margin_hold_micros;                          \
	} while (0)

#define DESK_SET_ORDER(fact, scene)                                                                \
	do {                                                                                       \
		(fact)->account_id = (scene)->account_id;                                          \
		(fact)->order_id = (scene)->order_id;                                              \
		(fact)->client_order_id = (scene)->client_order_id;                                \
		(fact)->symbol = (scene)->symbol;                                                  \
	} while (0)

#endif
