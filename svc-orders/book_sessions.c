/*
 * Sessions, halts and corporate actions: the auction on the way into another state, and the orders
 * that a close or a split ends. All of it goes on from step to step by the state of the book alone.
 */
#include "book_plan.h"

/* Ending orders /////////////////////////////////////////////////////////////////////////////// */

/* Why an order ends now; 0: it stays. */
typedef enum book_cancel (*ends_fn)(const struct book_order *order, int64_t now);

static enum book_cancel at_close(const struct book_order *order, int64_t now)
{
	if (order->queue == BOOK_OPENING || order->queue == BOOK_CLOSING || order->tif != BOOK_GTC)
		return BOOK_CANCEL_SESSION_CLOSE;
	if (order->expires_at != 0 && order->expires_at <= now)
		return BOOK_CANCEL_GTC_EXPIRED;
	return 0;
}

static enum book_cancel at_reset(const struct book_order *order, int64_t now)
{
	(void)order;
	(void)now;
	return BOOK_CANCEL_CORPORATE_ACTION;
}

static void keep_best(struct book_best *best, const struct book_side_walk *walk)
{
	if (best->total.micros == 0 && walk->level != NULL && walk->total.micros != 0)
		*best = book_walk_best(walk);
}

/*
 * Ends orders of one side of a queue, the best first. `best` is what stays of it. False: the step
 * is full.
 */
static bool end_side(struct book_plan *plan, enum book_queue queue, enum book_side side,
		     ends_fn ends, struct book_best *best)
{
	struct book_side_walk walk;

	*best = (struct book_best){ 0 };
	book_walk_begin(&walk, book_queue_side(plan->book, queue, side), side);
	while (walk.level != NULL) {
		const struct book_order *order = walk.order;
		enum book_cancel reason = ends(order, plan->command->now);

		if (reason != 0) {
			if (plan->work >= BOOK_STEP_EXPIRED ||
			    plan->change_count == BOOK_PLAN_CHANGES) {
				keep_best(best, &walk);
				return false;
			}
			plan->work++;
			book_plan_removed(plan, order, order->leaves, reason, false);
			book_plan_end_sibling(plan, order);
			walk.total.micros -= (uint64_t)order->leaves.micros;
		}
		if (order->next == NULL)
			keep_best(best, &walk);
		book_walk_next(&walk);
	}
	return true;
}

/*
 * Ends orders of one queue, and their siblings with them: a step keeps to one queue, so that none
 * is met twice.
 */
static bool end_queue(struct book_plan *plan, enum book_queue queue, ends_fn ends)
{
	struct book_best bid, ask;
	bool done = end_side(plan, queue, BOOK_BUY, ends, &bid);

	if (done)
		done = end_side(plan, queue, BOOK_SELL, ends, &ask);
	else
		ask = book_top(plan->book).ask;
	if (queue != BOOK_VISIBLE)
		return done;
	plan->walked_bid = plan->walked_ask = true;
	plan->walked = (struct book_top){ bid, ask };
	return done;
}

/* Whether it has gone with its sibling, when `ended` has been gone through. */
static bool has_gone(const struct book_plan *plan, const struct book_order *order,
		     enum book_queue ended, ends_fn ends)
{
	const struct book_order *sibling = book_sibling(plan->book, order);

	return sibling != NULL && sibling->queue == ended && ends(sibling, plan->command->now) != 0;
}

static bool any_ends(const struct book_plan *plan, enum book_queue queue, enum book_side side,
		     enum book_queue ended, ends_fn ends)
{
	struct book_side_walk walk;

	for (book_walk_begin(&walk, book_queue_side(plan->book, queue, side), side);
	     walk.level != NULL; book_walk_next(&walk))
		if (ends(walk.order, plan->command->now) != 0 &&
		    !has_gone(plan, walk.order, ended, ends))
			return true;
	return false;
}

/* The first queue behind `ended` (0: none yet) in which something ends; 0: none. */
static enum book_queue next_queue(const struct book_plan *plan, enum book_queue ended, ends_fn ends)
{
	for (int queue = (int)ended + 1; queue <= BOOK_CLOSING; queue++)
		if (any_ends(plan, (enum book_queue)queue, BOOK_BUY, ended, ends) ||
		    any_ends(plan, (enum book_queue)queue, BOOK_SELL, ended, ends))
			return (enum book_queue)queue;
	return 0;
}

static enum book_answer end_orders(struct book_plan *plan, ends_fn ends)
{
	enum book_queue queue = next_queue(plan, 0, ends);

	if (queue == 0)
		return BOOK_DONE;
	if (!end_queue(plan, queue, ends) || next_queue(plan, queue, ends) != 0)
		return BOOK_AGAIN;
	return BOOK_DONE;
}

/* States ////////////////////////////////////////////////////////////////////////////////////// */

static bool has_waiting(const struct book *book, enum book_queue queue)
{
	return book_ladder_best(book_queue_side(book, queue, BOOK_BUY)) != NULL ||
	       book_ladder_best(book_queue_side(book, queue, BOOK_SELL)) != NULL;
}

/* The auction to be held on the way into a state, BOOK_NO_AUCTION when there is none. */
static enum book_auction_kind auction_due(const struct book *book,
					  const struct book_trading_command *command)
{
	enum book_trading from = book->status.trading;

	switch (command->state) {
	case BOOK_OPEN:
		if (!book_state_gathers(from) && !has_waiting(book, BOOK_OPENING) &&
		    !book_crossed(book))
			break;
		return command->auction == BOOK_AUCTION_OPENING ? BOOK_AUCTION_OPENING
								: BOOK_AUCTION_RESUMPTION;
	case BOOK_CLOSED:
		if (command->auction == BOOK_AUCTION_CLOSING &&
		    (from == BOOK_CLOSING_AUCTION ||
		     (book_state_trades(from) && has_waiting(book, BOOK_CLOSING))))
			return BOOK_AUCTION_CLOSING;
		break;
	case BOOK_UNHEARD:
	case BOOK_HALTED:
	case BOOK_OPENING_AUCTION:
	case BOOK_CLOSING_AUCTION:
		break;
	}
	return BOOK_NO_AUCTION;
}

/* Holds an auction that is due, or goes on with the one that is being held. */
static enum book_answer hold_auction(struct book_plan *plan, enum book_auction_kind due)
{
	const struct book_status *status = &plan->book->status;
	struct book_auction_result result;

	if (status->auction != BOOK_NO_AUCTION)
		return book_auction_step(plan, status->auction, status->auction_price);
	result = book_auction_result(plan->book, due);
	book_plan_event(plan, BOOK_AUCTION_HELD)->auction =
		(struct book_auction_held){ due, result };
	return book_auction_step(plan, due, result.price);
}

static void change_state(struct book_plan *plan, const struct book_trading_command *command,
			 bool reset)
{
	const struct book_status *status = &plan->book->status;
	int64_t actions = command->actions > status->actions ? command->actions : status->actions;

	if (command->state == status->trading && command->session_date == status->session_date &&
	    actions == status->actions)
		return;
	book_plan_event(plan, BOOK_TRADING_CHANGED)->trading = (struct book_trading_changed){
		.state = command->state,
		.session_date = command->session_date,
		.actions = actions,
		.reset = reset,
	};
}

enum book_answer book_decide_trading(struct book_plan *plan)
{
	const struct book *book = plan->book;
	const struct book_trading_command *command = &plan->command->trading;
	enum book_auction_kind due = book->status.auction;

	if (due == BOOK_NO_AUCTION)
		due = auction_due(book, command);
	if (due != BOOK_NO_AUCTION && hold_auction(plan, due) == BOOK_AGAIN)
		return BOOK_AGAIN;
	/* Not in one step with trades, which may have left nothing of an order. */
	if (command->state == BOOK_CLOSED && plan->out->count > 0)
		return BOOK_AGAIN;
	change_state(plan, command, false);
	switch (command->state) {
	case BOOK_CLOSED:
		return end_orders(plan, at_close);
	case BOOK_OPEN:
		return book_plan_elects(plan) ? BOOK_AGAIN : BOOK_DONE;
	case BOOK_UNHEARD:
	case BOOK_HALTED:
	case BOOK_OPENING_AUCTION:
	case BOOK_CLOSING_AUCTION:
		break;
	}
	return BOOK_DONE;
}

enum book_answer book_decide_action(struct book_plan *plan)
{
	const struct book_status *status = &plan->book->status;
	const struct book_action_command *command = &plan->command->action;
	struct book_trading_command same = {
		.state = status->trading,
		.session_date = status->session_date,
		.actions = command->actions,
	};

	if (command->actions <= status->actions)
		return BOOK_DONE;
	/* The change is the last: until then the ending goes on. */
	if (command->reset && end_orders(plan, at_reset) == BOOK_AGAIN)
		return BOOK_AGAIN;
	change_state(plan, &same, command->reset);
	return BOOK_DONE;
}
