/*
 * What the desk should not have let through. The fields of a command may hold anything; what is
 * refused here is answered, and nothing of it reaches the book.
 */
#include "book_plan.h"

struct finding {
	enum book_reject reason;
	const char *text;
};

static const struct finding nothing = { 0, NULL };

static bool is_stop(enum book_type type)
{
	return type == BOOK_STOP || type == BOOK_STOP_LIMIT || type == BOOK_TRAILING_STOP;
}

static bool is_known(enum book_type type, enum book_tif tif, enum book_stp stp)
{
	return type >= BOOK_MARKET && type <= BOOK_TRAILING_STOP && tif >= BOOK_DAY &&
	       tif <= BOOK_CLS && (int)stp >= BOOK_STP_UNSET && stp <= BOOK_STP_DECREMENT;
}

static bool is_resting(enum book_tif tif)
{
	return tif == BOOK_DAY || tif == BOOK_GTC;
}

static struct finding check_limit(enum book_type type, enum book_side side, struct bus_price limit)
{
	bool any = side == BOOK_SELL && type != BOOK_LIMIT && type != BOOK_STOP_LIMIT;

	if (limit.micros < 0 || (limit.micros == 0 && !any))
		return (struct finding){ BOOK_REJECT_INVALID_PRICE,
					 "a limit price must be more than 0" };
	return nothing;
}

static struct finding check_stop(enum book_type type, struct bus_price stop, struct bus_price trail,
				 int64_t percent)
{
	bool stops = type == BOOK_STOP || type == BOOK_STOP_LIMIT;

	if (stops && stop.micros <= 0)
		return (struct finding){ BOOK_REJECT_INVALID_PRICE,
					 "a stop price must be more than 0" };
	if (!stops && stop.micros != 0)
		return (struct finding){ BOOK_REJECT_INVALID_FIELD,
					 "a stop price belongs to a stop order" };
	if (type != BOOK_TRAILING_STOP && (trail.micros != 0 || percent != 0))
		return (struct finding){ BOOK_REJECT_INVALID_FIELD,
					 "a trail belongs to a trailing stop" };
	if (type == BOOK_TRAILING_STOP &&
	    (trail.micros < 0 || percent < 0 || (trail.micros == 0) == (percent == 0)))
		return (struct finding){ BOOK_REJECT_INVALID_FIELD,
					 "a trailing stop has one of price and percent" };
	return nothing;
}

static struct finding check_notional(const struct book_order_command *command)
{
	if (command->notional.micros == 0)
		return nothing;
	if (command->notional.micros < 0 || command->increment.micros <= 0)
		return (struct finding){ BOOK_REJECT_INVALID_FIELD,
					 "a notional and its increment must be more than 0" };
	if (command->type != BOOK_MARKET || (command->tif != BOOK_DAY && command->tif != BOOK_IOC))
		return (struct finding){ BOOK_REJECT_UNSUPPORTED,
					 "only market orders, day or ioc, are by notional" };
	return nothing;
}

static struct finding check_options(const struct book_order_command *command)
{
	if (is_stop(command->type) && !is_resting(command->tif))
		return (struct finding){ BOOK_REJECT_UNSUPPORTED, "a stop order is day or gtc" };
	if (command->post_only &&
	    (command->type != BOOK_LIMIT || command->tif == BOOK_OPG || command->tif == BOOK_CLS))
		return (struct finding){ BOOK_REJECT_INVALID_FIELD,
					 "only a limit order that may rest is post-only" };
	if (!book_id_none(command->sibling) &&
	    (command->type == BOOK_MARKET || !is_resting(command->tif) ||
	     bus_id_equal(command->sibling, command->id)))
		return (struct finding){ BOOK_REJECT_INVALID_FIELD,
					 "an order of this kind has no sibling" };
	return nothing;
}

/* Two of a kind: they would meet in one queue. */
static struct finding check_sibling(const struct book *book,
				    const struct book_order_command *command)
{
	const struct book_order *sibling;

	if (book_id_none(command->sibling) || command->type != BOOK_LIMIT)
		return nothing;
	sibling = book_find(book, command->sibling);
	if (sibling == NULL || sibling->extra == NULL || sibling->queue == BOOK_STOPS ||
	    !bus_id_equal(sibling->extra->sibling, command->id))
		return nothing;
	return (struct finding){ BOOK_REJECT_INVALID_FIELD,
				 "of two siblings one is a limit order and one a stop order" };
}

static struct finding find_order(const struct book *book, const struct book_order_command *command)
{
	struct finding finding;

	if (command->side != BOOK_BUY && command->side != BOOK_SELL)
		return (struct finding){ BOOK_REJECT_INVALID_FIELD, "a side is buy or sell" };
	if (!is_known(command->type, command->tif, command->stp))
		return (struct finding){ BOOK_REJECT_UNSUPPORTED,
					 "no type, time in force or option of that number" };
	if (command->quantity.micros <= 0)
		return (struct finding){ BOOK_REJECT_INVALID_QUANTITY,
					 "a quantity must be more than 0" };
	finding = check_limit(command->type, command->side, command->limit);
	if (finding.text != NULL)
		return finding;
	if (command->actions < book->status.actions)
		return (struct finding){ BOOK_REJECT_CORPORATE_ACTION,
					 "the order is from before a corporate action" };
	/* What a plain limit order cannot have. */
	if (command->type == BOOK_LIMIT && command->stop.micros == 0 &&
	    command->trail.micros == 0 && command->trail_percent == 0 &&
	    command->notional.micros == 0 && !command->post_only && book_id_none(command->sibling))
		return nothing;
	finding = check_stop(command->type, command->stop, command->trail, command->trail_percent);
	if (finding.text != NULL)
		return finding;
	finding = check_notional(command);
	if (finding.text != NULL)
		return finding;
	finding = check_options(command);
	if (finding.text != NULL)
		return finding;
	return check_sibling(book, command);
}

bool book_check_order(const struct book *book, const struct book_order_command *command,
		      enum book_reject *reason, const char **text)
{
	struct finding finding = find_order(book, command);

	*reason = finding.reason;
	*text = finding.text;
	return finding.text != NULL;
}

static struct finding find_replace(const struct book *book, const struct book_order *order,
				   const struct book_replace_command *command)
{
	struct finding finding;

	if (command->actions < book->status.actions)
		return (struct finding){ BOOK_REJECT_CORPORATE_ACTION,
					 "the request is from before a corporate action" };
	if (!is_known(order->type, command->tif, BOOK_STP_UNSET) ||
	    ((is_stop(order->type) || order->extra != NULL) && !is_resting(command->tif)) ||
	    (order->post_only && (command->tif == BOOK_OPG || command->tif == BOOK_CLS)))
		return (struct finding){ BOOK_REJECT_UNSUPPORTED,
					 "the order cannot have that time in force" };
	if (command->quantity.micros <= 0)
		return (struct finding){ BOOK_REJECT_INVALID_QUANTITY,
					 "a quantity must be more than 0" };
	finding = check_limit(order->type, order->side, command->limit);
	if (finding.text != NULL)
		return finding;
	if (order->queue != BOOK_STOPS) {
		/* What was elected is a stop no more. */
		if (command->limit.micros == 0)
			return (struct finding){ BOOK_REJECT_INVALID_PRICE,
						 "an order that waits has a price" };
		return nothing;
	}
	return check_stop(order->type, command->stop, command->trail, command->trail_percent);
}

bool book_check_replace(const struct book *book, const struct book_order *order,
			const struct book_replace_command *command, enum book_reject *reason,
			const char **text)
{
	struct finding finding = find_replace(book, order, command);

	*reason = finding.reason;
	*text = finding.text;
	return finding.text != NULL;
}
