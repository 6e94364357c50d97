/*
 * The producer of a flow: commands with their headers, and how many of them the broker has
 * acknowledged.
 */
#ifndef CLI_FLOW_SEND_H
#define CLI_FLOW_SEND_H

#include "client.h"
#include "flow_plan.h"

struct flow_sender;

/* Owned; NULL after saying why. `linger_ms`: how long records are gathered. */
struct flow_sender *flow_sender_new(const struct client *client, const char *linger_ms);
void flow_sender_free(struct flow_sender *sender);

/* Queues it; false when the queue is full: serve and try again. */
bool flow_send(struct flow_sender *sender, const struct flow_command *command) BUS_MUST_CHECK;
/* Queues it, serving until there is room. */
void flow_send_wait(struct flow_sender *sender, const struct flow_command *command);
/* Fills command from a message; the body must fit. */
void flow_command_set(struct flow_command *command, const char *topic, const char *key,
		      struct bus_id ce_id, int64_t at, const void *message);

/* Delivery reports; does not wait. */
void flow_serve(struct flow_sender *sender);
/* Waits until all is acknowledged, at most so long; false when it is not, or was refused: told. */
bool flow_flush(struct flow_sender *sender, int timeout_ms) BUS_MUST_CHECK;
/* How many were refused for good; the first reason was told. */
uint64_t flow_refused(const struct flow_sender *sender);

#endif
