/*
 * Corporate actions over one holding: which is next, what a split does to it. A split multiplies
 * every quantity and leaves the cost; what cannot be held after it is sold at the action's price.
 */
#ifndef PORTFOLIO_ACTIONS_H
#define PORTFOLIO_ACTIONS_H

#include "shares.h"

enum action_kind { ACTION_SPLIT, ACTION_DIVIDEND, ACTION_RENAME };

/* An announced action; the list of a symbol is in the order in which they become effective. */
struct action {
	enum action_kind kind;
	int64_t number; /* place in that order, from 1 */
	int64_t effective_at;
	bool effective; /* the market has said so: the book has ended the symbol's orders */
};

enum action_state {
	ACTION_PAST,   /* the position has been through it */
	ACTION_MISSED, /* a dividend from before the position was opened: it only counts */
	ACTION_READY,  /* it is to be applied now */
	ACTION_AHEAD,  /* not yet */
};

/*
 * Where an action stands for a position that has been through `done` actions and was opened at
 * `since`, as of an instant: a dividend at its time; what changes shares once the market has made
 * it effective.
 */
enum action_state action_state(const struct action *action, int64_t done, int64_t since,
			       int64_t as_of);
/* When to look again after an action that is still ahead: soon after its time; later and later
 * where the market has yet to make it effective. */
int64_t action_look_again(const struct action *action, int64_t now);

struct split_terms {
	int64_t new_shares, old_shares; /* above 0 */
	struct bus_quantity increment;	/* quantities are multiples of it; above 0 */
	struct bus_price cash_price;	/* of a new share */
};

/* The shares after it. */
struct split {
	struct bus_quantity quantity;
	struct bus_quantity fraction; /* in new shares, sold; the sign of the position */
	struct bus_money cash;	      /* for it; below 0 where a short position pays */
	struct bus_money cost, fifo_cost;
	struct bus_money realised, fifo_realised; /* by the sale */
	struct lot *lots;			  /* owned: split_release */
	size_t lot_count;
};

/* False when something leaves 64 bits; then nothing is to be released. */
bool split_make(const struct shares *shares, const struct split_terms *terms,
		struct split *out) BUS_MUST_CHECK;
void split_release(struct split *split);

/* What two holdings are together. */
struct joined {
	struct bus_quantity quantity;
	struct bus_money cost, fifo_cost;
	struct bus_money realised, fifo_realised; /* where they closed each other */
	struct lot *lots;			  /* owned: joined_release */
	size_t lot_count;
};

/*
 * One long, the other short: the smaller one is closed against as much of the larger one (by lots:
 * the oldest), as by a trade through 0 at whatever price: what the one side would pay, the other
 * would get. Else their lots come in one list, by the time at which they were opened. False when
 * something leaves 64 bits; then nothing is to be released.
 */
bool joined_make(const struct shares *a, const struct shares *b, struct joined *out) BUS_MUST_CHECK;
void joined_release(struct joined *joined);

#endif
