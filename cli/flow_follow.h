/*
 * What becomes of a flow's commands, read from the journals while it runs: outcomes by their cause,
 * trades, bookings, and how long each took. One byte and one time for each command; no message is
 * unpacked.
 */
#ifndef CLI_FLOW_FOLLOW_H
#define CLI_FLOW_FOLLOW_H

#include "flow_plan.h"
#include "histogram.h"
#include "stream.h"

#define FLOW_REASONS 64 /* of bourse.orders.v1.RejectReason */

struct flow_outcome {
	uint64_t sent, decided;
	uint64_t repeated;		 /* decided before this run: they were sent again */
	uint64_t rejected[FLOW_REASONS]; /* commands, by the desk or by the book */
	uint64_t rejected_total;
	uint64_t trades;	   /* of takers of this run */
	uint64_t unfilled;	   /* takers that ended with something left */
	uint64_t booked;	   /* sides of trades in the portfolio */
	uint64_t own_known;	   /* takes whose order was still in the book, */
	uint64_t own_price;	   /* and that found the venue's price as the best */
	struct histogram decision; /* order command -> its outcome in orders.events */
	struct histogram booking;  /* order command -> its first fill in portfolio.events */
};

struct flow_follow;

/* Reads from now on, or from the beginning when the run may have been sent before. NULL: told. */
struct flow_follow *flow_follow_new(const struct client *client, const struct flow_plan *plan,
				    enum stream_from from);
void flow_follow_free(struct flow_follow *follow);

/* Command n was to be sent at this instant (monotonic micros); latency counts from it. */
void flow_follow_sent(struct flow_follow *follow, uint32_t n, int64_t planned_at);
/* Waits at most so long for a record; takes what is there, at most a few hundred. As stream_poll().
 */
int flow_follow_turn(struct flow_follow *follow, int timeout_ms);
/* Everything that is in the topics by now. 0 or a negative bus_err, told. */
int flow_follow_catch_up(struct flow_follow *follow) BUS_MUST_CHECK;
const struct flow_outcome *flow_follow_outcome(const struct flow_follow *follow);
/* The first command without an outcome; FLOW_UNKNOWN: there is none. */
uint32_t flow_follow_first_open(const struct flow_follow *follow);
struct stream *flow_follow_stream(struct flow_follow *follow);

#endif
