/* Making a stream short, printing it, comparing logs: see naive_stream.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base.h"
#include "naive_stream.h"

/* Shrinking /////////////////////////////////////////////////////////////////////////////// */

/* Without [from, from + width). */
static size_t without(const struct naive_command *commands, size_t count, size_t from, size_t width,
		      struct naive_command *out)
{
	size_t end = from + width < count ? from + width : count;

	memcpy(out, commands, from * sizeof(*out));
	memcpy(out + from, commands + end, (count - end) * sizeof(*out));
	return count - (end - from);
}

/* One round of a width: true when something could go. */
static bool drop(struct naive_command *commands, size_t *count, size_t width, naive_shows_fn shows,
		 void *arg)
{
	struct naive_command *shorter = bus_malloc((*count + 1) * sizeof(*shorter));
	bool dropped = false;

	for (size_t from = *count; from-- > 0;) {
		size_t begin = from / width * width, left;

		if (begin >= *count)
			continue;
		left = without(commands, *count, begin, width, shorter);
		if (shows(arg, shorter, left)) {
			memcpy(commands, shorter, left * sizeof(*shorter));
			*count = left;
			dropped = true;
		}
		from = begin;
	}
	free(shorter);
	return dropped;
}

static void simpler_number(int64_t *number, int64_t simple, struct naive_command *commands,
			   size_t count, naive_shows_fn shows, void *arg)
{
	int64_t kept = *number;

	if (kept == simple || kept == 0)
		return;
	*number = simple;
	if (!shows(arg, commands, count))
		*number = kept;
}

static void simplify(struct naive_command *c, struct naive_command *commands, size_t count,
		     naive_shows_fn shows, void *arg)
{
	struct naive_command kept;

	simpler_number(&c->wait, 0, commands, count, shows, arg);
	simpler_number(&c->expires, 0, commands, count, shows, arg);
	simpler_number(&c->reference, 0, commands, count, shows, arg);
	simpler_number(&c->quantity, 1000000, commands, count, shows, arg);
	kept = *c;
	c->stp = 0;
	if (!shows(arg, commands, count))
		*c = kept;
	kept = *c;
	c->post_only = false;
	if (!shows(arg, commands, count))
		*c = kept;
}

size_t naive_shrink(struct naive_command *commands, size_t count, naive_shows_fn shows, void *arg)
{
	for (size_t width = count / 2 + 1; width > 0; width /= 2)
		while (drop(commands, &count, width, shows, arg) && width > 1)
			;
	while (drop(commands, &count, 1, shows, arg))
		;
	for (size_t i = 0; i < count; i++)
		simplify(&commands[i], commands, count, shows, arg);
	return count;
}

/* Printing //////////////////////////////////////////////////////////////////////////////// */

static const char *const op_names[] = {
	[NAIVE_OP_NEW] = "NAIVE_OP_NEW",
	[NAIVE_OP_CANCEL] = "NAIVE_OP_CANCEL",
	[NAIVE_OP_DECREASE] = "NAIVE_OP_DECREASE",
	[NAIVE_OP_REPLACE] = "NAIVE_OP_REPLACE",
	[NAIVE_OP_OPENED] = "NAIVE_OP_OPENED",
	[NAIVE_OP_CLOSED] = "NAIVE_OP_CLOSED",
	[NAIVE_OP_HALTED] = "NAIVE_OP_HALTED",
	[NAIVE_OP_RESUMED] = "NAIVE_OP_RESUMED",
	[NAIVE_OP_CALLED] = "NAIVE_OP_CALLED",
	[NAIVE_OP_ACTION] = "NAIVE_OP_ACTION",
	[NAIVE_OP_DEPOSIT] = "NAIVE_OP_DEPOSIT",
	[NAIVE_OP_WITHDRAW] = "NAIVE_OP_WITHDRAW",
	[NAIVE_OP_SHARES_IN] = "NAIVE_OP_SHARES_IN",
	[NAIVE_OP_SHARES_OUT] = "NAIVE_OP_SHARES_OUT",
	[NAIVE_OP_CANCEL_ALL] = "NAIVE_OP_CANCEL_ALL",
	[NAIVE_OP_ACCOUNT] = "NAIVE_OP_ACCOUNT",
	[NAIVE_OP_APPLY] = "NAIVE_OP_APPLY",
	[NAIVE_OP_DELIVER] = "NAIVE_OP_DELIVER",
	[NAIVE_OP_QUIET] = "NAIVE_OP_QUIET",
};

static void print_number(FILE *out, const char *name, int64_t number)
{
	if (number == INT64_MIN)
		fprintf(out, ", .%s = INT64_MIN", name);
	else if (number != 0)
		fprintf(out, ", .%s = %" PRId64, name, number);
}

void naive_print_commands(FILE *out, const struct naive_command *commands, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct naive_command *c = &commands[i];

		fprintf(out, "\t{ .op = %s", op_names[c->op]);
		print_number(out, "wait", c->wait);
		print_number(out, "id", (int64_t)c->id);
		print_number(out, "account", (int64_t)c->account);
		print_number(out, "other", (int64_t)c->other);
		print_number(out, "side", c->side);
		print_number(out, "type", c->type);
		print_number(out, "tif", c->tif);
		print_number(out, "stp", c->stp);
		print_number(out, "quantity", c->quantity);
		print_number(out, "price", c->price);
		print_number(out, "stop", c->stop);
		print_number(out, "trail", c->trail);
		print_number(out, "percent", c->percent);
		print_number(out, "notional", c->notional);
		print_number(out, "increment", c->increment);
		print_number(out, "reference", c->reference);
		print_number(out, "expires", c->expires);
		print_number(out, "actions", c->actions);
		print_number(out, "post_only", c->post_only);
		print_number(out, "session", c->session);
		print_number(out, "date", c->date);
		print_number(out, "halted", c->halted);
		print_number(out, "opening_held", c->opening_held);
		print_number(out, "action", c->action);
		print_number(out, "symbol", c->symbol);
		print_number(out, "order_class", c->order_class);
		print_number(out, "target", c->target);
		print_number(out, "loss", c->loss);
		print_number(out, "loss_limit", c->loss_limit);
		print_number(out, "flag", c->flag);
		fprintf(out, " },\n");
	}
}

static const char *const what_names[] = {
	[0] = "nothing",
	[NAIVE_ADDED] = "added",
	[NAIVE_EXECUTED] = "executed",
	[NAIVE_REDUCED] = "reduced",
	[NAIVE_REMOVED] = "removed",
	[NAIVE_REJECTED] = "rejected",
	[NAIVE_REQUEST_REJECTED] = "request rejected",
	[NAIVE_TRIGGERED] = "triggered",
	[NAIVE_TRAILED] = "trailed",
	[NAIVE_REPLACED] = "replaced",
	[NAIVE_PREVENTED] = "prevented",
	[NAIVE_COMPLETED] = "completed",
	[NAIVE_AUCTION_HELD] = "auction held",
	[NAIVE_IMBALANCE] = "imbalance",
	[NAIVE_STATE] = "state",
	[NAIVE_PARKED] = "parked",
};

void naive_print_event(FILE *out, const struct naive_event *e)
{
	fprintf(out, "%s", what_names[e->what]);
	print_number(out, "order", (int64_t)e->order);
	print_number(out, "other", (int64_t)e->other);
	print_number(out, "quantity", e->quantity);
	print_number(out, "price", e->price);
	print_number(out, "leaves", e->leaves);
	print_number(out, "other_leaves", e->other_leaves);
	print_number(out, "stop", e->stop);
	print_number(out, "side", e->side);
	print_number(out, "reason", e->reason);
	print_number(out, "queue", e->queue);
	print_number(out, "flag", e->flag);
	fprintf(out, "\n");
}

/* Comparing /////////////////////////////////////////////////////////////////////////////// */

static int lane(const struct naive_event *e)
{
	if (e->what == NAIVE_TRAILED)
		return 2;
	if ((e->what == NAIVE_REMOVED && e->reason == NAIVE_END_OCO) ||
	    (e->what == NAIVE_REDUCED && !e->flag))
		return 1;
	return 0;
}

/* Ended by a sweep, which may go through the orders in any order. */
static bool swept(const struct naive_event *e)
{
	return e->what == NAIVE_REMOVED && e->flag &&
	       (e->reason == NAIVE_END_CLOSE || e->reason == NAIVE_END_GTC ||
		e->reason == NAIVE_END_ACTION || e->reason == NAIVE_END_AUCTION ||
		e->reason == NAIVE_END_NO_LIQUIDITY || e->reason == NAIVE_END_OCO);
}

static bool before(const struct naive_event *a, const struct naive_event *b)
{
	if (lane(a) != lane(b))
		return lane(a) < lane(b);
	if (lane(a) == 1)
		return a->order < b->order;
	if (lane(a) == 2)
		return a->side < b->side;
	return swept(a) && swept(b) && a->order < b->order;
}

/* Stable, and the logs are short. */
static void sort(struct naive_log *log)
{
	for (size_t i = 1; i < log->count; i++)
		for (size_t k = i; k > 0 && before(&log->events[k], &log->events[k - 1]); k--) {
			struct naive_event event = log->events[k];

			log->events[k] = log->events[k - 1];
			log->events[k - 1] = event;
		}
}

/*
 * What a sibling loses is told trade by trade, or in one, or with its end; trailing stops move step
 * by step, or in one.
 */
static void merge(struct naive_log *log)
{
	size_t kept = 0;

	for (size_t i = 0; i < log->count; i++) {
		const struct naive_event *e = &log->events[i];
		struct naive_event *last = kept > 0 ? &log->events[kept - 1] : NULL;

		if (last != NULL && lane(e) == 1 && lane(last) == 1 &&
		    last->what == NAIVE_REDUCED && last->order == e->order) {
			struct naive_event sum = *e;

			sum.quantity += last->quantity;
			*last = sum;
		} else if (last != NULL && lane(e) == 2 && lane(last) == 2 &&
			   e->side == last->side) {
			*last = *e;
		} else {
			log->events[kept++] = *e;
		}
	}
	log->count = kept;
}

/* Which of several faults is named is nobody's business. */
static bool of_form(int reason)
{
	return reason == NAIVE_ACTION || reason == NAIVE_BAD_QUANTITY ||
	       reason == NAIVE_UNSUPPORTED || reason == NAIVE_BAD_FIELD ||
	       reason == NAIVE_BAD_PRICE;
}

static bool same_reason(const struct naive_event *a, const struct naive_event *b)
{
	if ((a->what == NAIVE_REJECTED || a->what == NAIVE_REQUEST_REJECTED) &&
	    of_form(a->reason) && of_form(b->reason))
		return true;
	return a->reason == b->reason;
}

bool naive_same(const struct naive_event *a, const struct naive_event *b)
{
	return a->what == b->what && a->order == b->order && a->other == b->other &&
	       a->quantity == b->quantity && a->price == b->price && a->leaves == b->leaves &&
	       a->other_leaves == b->other_leaves && a->stop == b->stop && a->side == b->side &&
	       same_reason(a, b) && a->queue == b->queue && a->flag == b->flag;
}

long naive_log_differs(struct naive_log *a, struct naive_log *b)
{
	size_t both;

	sort(a);
	sort(b);
	merge(a);
	merge(b);
	both = a->count < b->count ? a->count : b->count;
	for (size_t i = 0; i < both; i++)
		if (!naive_same(&a->events[i], &b->events[i]))
			return (long)i;
	return a->count == b->count ? -1 : (long)both;
}
