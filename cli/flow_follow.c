/* One handler for each of the three journals. */
#include "flow_follow.h"

#include <stdlib.h>

#include "bus/time.h"
#include "flow_fields.h"
#include "pb.h"

#define TURN 256 /* records of one turn */

enum { ORDERS, BOOKS, PORTFOLIO };
static const char *const topics[] = { "orders.events", "books.events", "portfolio.events", NULL };

/* What is known of a message, as bits. */
enum { SENT = 1, DECIDED = 2, RESTS = 4, MATCHED = 8, BOOKED = 16, REJECTED = 32 };

struct top {
	int64_t best[2]; /* [buy]; 0: none */
};

struct flow_follow {
	const struct flow_plan *plan;
	struct stream *stream;
	struct flow_outcome out;
	uint8_t *bits;	     /* by message */
	int64_t *planned_at; /* by message */
	struct top *tops;    /* by symbol */
	struct idmap symbols;
	/* By partition: what is before was said earlier, and is no measure of this run. */
	int64_t *old_decisions, *old_bookings;
};

static bool set(struct flow_follow *follow, uint32_t n, uint8_t bit)
{
	bool fresh = !(follow->bits[n] & bit);

	follow->bits[n] |= bit;
	return fresh;
}

/* orders.events //////////////////////////////////////////////////////////////////////////////////
 */

static void reject(struct flow_follow *follow, uint32_t n, int64_t reason)
{
	if (!set(follow, n, REJECTED))
		return;
	follow->out.rejected[reason > 0 && reason < FLOW_REASONS ? reason : 0]++;
	follow->out.rejected_total++;
}

/* 0 for every fact but a rejection. */
static int64_t reason_of(const struct pb_fact *fact)
{
	switch (fact->type) {
	case ORDER_REJECTED:
		return pb_integer(fact->message, REJECTED_REASON);
	case CANCEL_REJECTED:
		return pb_integer(fact->message, CANCEL_REJECTED_REASON);
	case DECREASE_REJECTED:
		return pb_integer(fact->message, DECREASE_REJECTED_REASON);
	default:
		return 0;
	}
}

static void decide(struct flow_follow *follow, const struct stream_record *record, uint32_t n)
{
	bool fresh = follow->bits[n] & SENT;

	if (!set(follow, n, DECIDED))
		return;
	follow->out.decided++;
	if (record->offset < follow->old_decisions[record->partition])
		follow->out.repeated++;
	else if (fresh)
		histogram_add(&follow->out.decision, bus_time_monotonic() - follow->planned_at[n]);
}

/*
 * The outcome of a command, or what the book answered to it later: a command is rejected once, by
 * the one or by the other.
 */
static void on_orders(struct flow_follow *follow, const struct stream_record *record)
{
	struct pb_step step;
	struct pb_fact fact;
	uint32_t n;

	if (!pb_step(record->value, &step))
		return;
	n = pb_text_is(step.cause_topic, "orders.commands")
		    ? flow_plan_command(follow->plan, step.cause_id)
		    : FLOW_UNKNOWN;
	if (n != FLOW_UNKNOWN)
		decide(follow, record, n);
	while (pb_fact(&step, &fact)) {
		int64_t reason = reason_of(&fact);

		if (!reason)
			continue;
		if (n != FLOW_UNKNOWN) {
			reject(follow, n, reason);
		} else if (flow_plan_order(follow->plan, pb_bytes(fact.message, ORDER_ID)) !=
			   FLOW_UNKNOWN) {
			follow->out.rejected[reason < FLOW_REASONS ? reason : 0]++;
			follow->out.rejected_total++;
		}
	}
}

/* books.events ///////////////////////////////////////////////////////////////////////////////////
 */

/*
 * A taker of ours has met the book: the book is still as it was before this step. Was the order
 * that the venue's own execution named in it, and was the venue's price the best?
 */
static void compare(struct flow_follow *follow, uint32_t taker)
{
	const struct flow_message *message;

	if (taker == FLOW_UNKNOWN)
		return;
	message = &follow->plan->data->messages[taker];
	if (message->kind != FLOW_TAKE || !set(follow, taker, MATCHED))
		return;
	if (message->order == FLOW_UNKNOWN || !(follow->bits[message->order] & RESTS))
		return;
	follow->out.own_known++;
	follow->out.own_price +=
		follow->tops[message->symbol].best[message->buy] == message->price_micros;
}

static void leave(struct flow_follow *follow, uint32_t order)
{
	if (order != FLOW_UNKNOWN)
		follow->bits[order] &= (uint8_t)~RESTS;
}

static void on_executed(struct flow_follow *follow, struct bus_bytes fact)
{
	uint32_t taker = flow_plan_order(follow->plan, pb_bytes(fact, EXECUTED_TAKER));

	compare(follow, taker);
	if (taker != FLOW_UNKNOWN)
		follow->out.trades++;
	if (pb_integer(fact, EXECUTED_MAKER_LEAVES) == 0)
		leave(follow, flow_plan_order(follow->plan, pb_bytes(fact, EXECUTED_MAKER)));
}

static void on_removed(struct flow_follow *follow, struct bus_bytes fact)
{
	uint32_t order = flow_plan_order(follow->plan, pb_bytes(fact, ORDER_ID));

	if (pb_integer(fact, REMOVED_RESTED)) {
		leave(follow, order);
		return;
	}
	compare(follow, order);
	follow->out.unfilled += order != FLOW_UNKNOWN;
}

static void on_top(struct flow_follow *follow, const struct stream_record *record,
		   struct bus_bytes fact)
{
	uint32_t symbol = idmap_find(&follow->symbols, idmap_key("symbol", record->key));

	if (symbol == IDMAP_NONE)
		return;
	follow->tops[symbol].best[true] = pb_integer(fact, TOP_BID_PRICE);
	follow->tops[symbol].best[false] = pb_integer(fact, TOP_ASK_PRICE);
}

static void on_books(struct flow_follow *follow, const struct stream_record *record)
{
	struct pb_step step;
	struct pb_fact fact;
	uint32_t order;

	if (!pb_step(record->value, &step))
		return;
	while (pb_fact(&step, &fact)) {
		if (fact.type == BOOK_ORDER_ADDED) {
			order = flow_plan_order(follow->plan, pb_bytes(fact.message, ORDER_ID));
			if (order != FLOW_UNKNOWN)
				follow->bits[order] |= RESTS;
		} else if (fact.type == BOOK_EXECUTED) {
			on_executed(follow, fact.message);
		} else if (fact.type == BOOK_ORDER_REMOVED) {
			on_removed(follow, fact.message);
		} else if (fact.type == BOOK_TOP) {
			on_top(follow, record, fact.message);
		}
	}
}

/* portfolio.events ///////////////////////////////////////////////////////////////////////////////
 */

/* A maker's fill may come long after its command; a taker's comes because of it. */
static void on_portfolio(struct flow_follow *follow, const struct stream_record *record)
{
	struct pb_step step;
	struct pb_fact fact;
	uint32_t n;

	if (!pb_step(record->value, &step))
		return;
	while (pb_fact(&step, &fact)) {
		if (fact.type != TRADE_BOOKED)
			continue;
		n = flow_plan_order(follow->plan, pb_bytes(fact.message, ORDER_ID));
		if (n == FLOW_UNKNOWN)
			continue;
		follow->out.booked++;
		if (follow->plan->data->messages[n].kind == FLOW_TAKE && (follow->bits[n] & SENT) &&
		    record->offset >= follow->old_bookings[record->partition] &&
		    set(follow, n, BOOKED))
			histogram_add(&follow->out.booking,
				      bus_time_monotonic() - follow->planned_at[n]);
	}
}

/* ////////////////////////////////////////////////////////////////////////////////////////////////
 */

static void on_record(void *arg, const struct stream_record *record)
{
	switch (record->number) {
	case ORDERS:
		on_orders(arg, record);
		break;
	case BOOKS:
		on_books(arg, record);
		break;
	case PORTFOLIO:
		on_portfolio(arg, record);
		break;
	default:
		break;
	}
}

static int64_t *ends_of(const struct stream *stream, int number)
{
	int partitions = stream_partitions(stream, number);
	int64_t *ends = bus_calloc((size_t)partitions, sizeof(*ends));

	for (int32_t p = 0; p < partitions; p++)
		ends[p] = stream_end(stream, number, p);
	return ends;
}

struct flow_follow *flow_follow_new(const struct client *client, const struct flow_plan *plan,
				    enum stream_from from)
{
	struct flow_follow *follow = bus_calloc(1, sizeof(*follow));
	const struct flow_data *data = plan->data;

	follow->plan = plan;
	follow->bits = bus_calloc(data->count, sizeof(*follow->bits));
	follow->planned_at = bus_calloc(data->count, sizeof(*follow->planned_at));
	follow->tops = bus_calloc(data->symbol_count, sizeof(*follow->tops));
	for (uint16_t i = 0; i < data->symbol_count; i++)
		idmap_add(
			&follow->symbols,
			idmap_key("symbol", bus_bytes(data->symbols[i], strlen(data->symbols[i]))),
			NULL);
	follow->stream = stream_new(client, topics, from, on_record, follow);
	if (!follow->stream) {
		flow_follow_free(follow);
		return NULL;
	}
	follow->old_decisions = ends_of(follow->stream, ORDERS);
	follow->old_bookings = ends_of(follow->stream, PORTFOLIO);
	return follow;
}

void flow_follow_free(struct flow_follow *follow)
{
	if (!follow)
		return;
	stream_free(follow->stream);
	idmap_release(&follow->symbols);
	free(follow->bits);
	free(follow->planned_at);
	free(follow->tops);
	free(follow->old_decisions);
	free(follow->old_bookings);
	free(follow);
}

void flow_follow_sent(struct flow_follow *follow, uint32_t n, int64_t planned_at)
{
	follow->planned_at[n] = planned_at;
	if (set(follow, n, SENT))
		follow->out.sent++;
}

int flow_follow_turn(struct flow_follow *follow, int timeout_ms)
{
	int got = stream_poll(follow->stream, timeout_ms), count = 0;

	while (got > 0 && ++count < TURN)
		got = stream_poll(follow->stream, 0);
	return got < 0 ? got : count;
}

int flow_follow_catch_up(struct flow_follow *follow)
{
	int err = stream_refresh_ends(follow->stream);

	return err ? err : stream_drain(follow->stream);
}

const struct flow_outcome *flow_follow_outcome(const struct flow_follow *follow)
{
	return &follow->out;
}

uint32_t flow_follow_first_open(const struct flow_follow *follow)
{
	for (uint32_t n = 0; n < follow->plan->data->count; n++)
		if (!(follow->bits[n] & DECIDED))
			return n;
	return FLOW_UNKNOWN;
}

struct stream *flow_follow_stream(struct flow_follow *follow)
{
	return follow->stream;
}
