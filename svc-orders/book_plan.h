/*
 * What the parts of book_decide() share: a step under way. The book is const; what the step has
 * done to it so far is in the plan, as far as the rest of the step has to know.
 */
#ifndef ORDERS_BOOK_PLAN_H
#define ORDERS_BOOK_PLAN_H

#include "book_engine.h"
#include "book_match.h"

#define BOOK_PLAN_CHANGES 64

/* Less of a visible order rests now: out of the order in which the step walks its side. */
struct book_change {
	const struct book_order *order;
	struct bus_quantity by;
};

struct book_plan {
	const struct book *book;
	const struct book_command *command;
	struct book_events *out;
	int32_t trades;
	int32_t work; /* trades, preventions, removals */
	/* Prices of this step's trades; last 0: none. Then the book's last is still the last. */
	struct bus_price last, lowest, highest;
	/* What a walk has left as the best of a side; else it is the book's, less the changes. */
	bool walked_bid, walked_ask;
	struct book_top walked;
	struct book_change changes[BOOK_PLAN_CHANGES];
	size_t change_count;
	/* What rests visibly now and did not before. */
	enum book_side added_side;
	struct bus_price added_price;
	struct bus_quantity added; /* 0: nothing */
	/* Orders of the stops that this step has taken out; the events name them. */
	size_t stops_gone;
};

/* An order on its way into the book. */
struct book_incoming {
	struct bus_id id, account, sibling;
	const struct book_order *pair; /* its sibling, which rests; NULL: none, or gone */
	enum book_side side;
	enum book_type type;
	enum book_tif tif;
	enum book_stp stp;
	bool post_only;
	struct bus_quantity quantity;  /* as it came */
	struct bus_quantity prevented; /* of it */
	struct bus_quantity leaves;
	struct bus_price limit;
	struct bus_price stop, trail, best;
	int64_t trail_percent;
	int64_t expires_at;
	bool by_notional;
	struct bus_money notional; /* what is left of it */
	struct bus_quantity increment;
};

/* Only what must be 0 is set: the changes need not be. */
static inline void book_plan_begin(struct book_plan *plan, const struct book *book,
				   const struct book_command *command, struct book_events *out)
{
	plan->book = book;
	plan->command = command;
	plan->out = out;
	plan->trades = plan->work = 0;
	plan->last.micros = 0;
	plan->walked_bid = plan->walked_ask = false;
	plan->change_count = 0;
	plan->added.micros = 0;
	plan->stops_gone = 0;
}

/* Events. The room is the caller's, see BOOK_STEP_EVENTS. */
static inline struct book_event *book_plan_event(struct book_plan *plan, enum book_event_kind kind)
{
	struct book_event *event = &plan->out->at[plan->out->count++];

	event->kind = kind;
	return event;
}

static inline struct bus_price book_plan_last(const struct book_plan *plan)
{
	return plan->last.micros != 0 ? plan->last : plan->book->status.last_price;
}

void book_plan_removed(struct book_plan *plan, const struct book_order *order,
		       struct bus_quantity canceled, enum book_cancel reason, bool requested);
void book_plan_reduced(struct book_plan *plan, const struct book_order *order,
		       struct bus_quantity by, struct bus_quantity leaves, bool requested);
/* It came, or was in hand, and ends. */
void book_plan_ended(struct book_plan *plan, const struct book_incoming *incoming,
		     enum book_cancel reason);
void book_plan_added(struct book_plan *plan, const struct book_incoming *incoming,
		     enum book_queue queue);
/* A price of this step. */
void book_plan_traded(struct book_plan *plan, struct bus_price price);
/* Less of a visible order rests. */
void book_plan_change(struct book_plan *plan, const struct book_order *order,
		      struct bus_quantity by);
/* The sibling of an order that has ended, or was elected. */
void book_plan_end_sibling(struct book_plan *plan, const struct book_order *order);
/* A resting order has traded `quantity` and has `leaves`: its sibling goes with it. */
void book_plan_sibling_traded(struct book_plan *plan, const struct book_order *order,
			      struct bus_quantity quantity, struct bus_quantity leaves);
/* The last event of a step. */
void book_plan_top(struct book_plan *plan);

/* book_check.c: what is wrong with an order that is to be new; false: nothing. */
bool book_check_order(const struct book *book, const struct book_order_command *command,
		      enum book_reject *reason, const char **text);
/* The same of a replacement for `order`. */
bool book_check_replace(const struct book *book, const struct book_order *order,
			const struct book_replace_command *command, enum book_reject *reason,
			const char **text);

/* Whether the state lets orders meet, and whether it gathers them for an auction. */
static inline bool book_state_trades(enum book_trading trading)
{
	return trading == BOOK_OPEN || trading == BOOK_UNHEARD;
}

static inline bool book_state_gathers(enum book_trading trading)
{
	return trading == BOOK_HALTED || trading == BOOK_OPENING_AUCTION ||
	       trading == BOOK_CLOSING_AUCTION;
}

/* book_take.c: trades, then rests or ends what is left. */
enum book_answer book_take(struct book_plan *plan, struct book_incoming *incoming);
/* Whether it would trade at all; whether it can trade whole. */
bool book_would_take(const struct book *book, const struct book_incoming *incoming);
bool book_takes_whole(const struct book *book, const struct book_incoming *incoming);

/* book_stops.c */
/* Whether a stop at this price is elected by this last price. */
bool book_elects(enum book_side side, struct bus_price stop, struct bus_price last);
/* The next one that is to be elected in the book as it is; NULL: none. */
const struct book_order *book_elected(const struct book *book);
/* Whether there is one after this step. */
bool book_plan_elects(const struct book_plan *plan);
/* The trailing stops follow the trades of this step. */
void book_plan_trail(struct book_plan *plan);
void book_plan_triggered(struct book_plan *plan, const struct book_incoming *incoming, bool rested);

/* book_auction.c */
struct book_auction_result book_auction_result(const struct book *book,
					       enum book_auction_kind kind);
/* While orders gather: the imbalance after the events of this step, when it is time for one. */
void book_plan_imbalance(struct book_plan *plan);
/* One step of an auction at its price (0: none). BOOK_DONE: all has traded, and what waited is out.
 */
enum book_answer book_auction_step(struct book_plan *plan, enum book_auction_kind kind,
				   struct bus_price price);

/* book_sessions.c */
enum book_answer book_decide_trading(struct book_plan *plan);
enum book_answer book_decide_action(struct book_plan *plan);

#endif
