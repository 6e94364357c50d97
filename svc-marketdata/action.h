/*
 * Corporate actions of an instrument: splits, cash dividends, changes of symbol. They are
 * announced, become effective at their time, and are never taken back.
 *
 * Invariants: the effective ones come first, numbered 1, 2, 3 in the order in which they became
 * effective; the others follow by (effective_at, id), which is the order in which their timers
 * fire.
 */
#ifndef MARKETDATA_ACTION_H
#define MARKETDATA_ACTION_H

#include "bus/id.h"
#include "instrument.h"

#define ACTIONS_AHEAD_MAX 64			      /* announced and not effective yet */
#define SHARES_MAX	  INT64_C(1000000)	      /* either side of a split's ratio */
#define EFFECTIVE_MAX	  INT64_C(253402300799999999) /* micros: the end of the year 9999 */

enum action_kind { ACTION_SPLIT = 1, ACTION_DIVIDEND = 2, ACTION_RENAME = 3 };

struct action {
	struct bus_id id;
	enum action_kind kind;
	int64_t effective_at;		 /* micros */
	int64_t new_shares, old_shares;	 /* split: so many for so many */
	struct bus_price cash_price;	 /* split: what a fraction is paid with, per new share */
	struct bus_money amount;	 /* dividend: per share */
	char new_symbol[SYMBOL_MAX + 1]; /* rename */
	int64_t number;			 /* among the effective ones, from 1; 0: it is not yet */
};

struct held_action {
	struct action action;
	bool dirty;
};

struct actions {
	struct held_action *items; /* owned array */
	int count, capacity;
};

void actions_release(struct actions *actions);
int actions_effective(const struct actions *actions);
const struct action *actions_find(const struct actions *actions, struct bus_id id);
/* Adds the action, or puts it in the place of the one with its id; in either case it is dirty. */
struct held_action *actions_put(struct actions *actions, const struct action *action);

/* Whether this may be announced at `now`, to an instrument of this symbol. */
struct verdict action_check(const struct actions *actions, const struct action *action,
			    const char *symbol, int64_t now);

/* The instrument after the split: its prices are scaled, half-even, and nothing else changes. */
void instrument_split(const struct instrument *before, const struct action *action,
		      struct instrument *out);
/* The price after the split; at least a millionth. */
struct bus_price price_split(struct bus_price price, const struct action *action);

#endif
