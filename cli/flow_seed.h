/*
 * Before the flow: accounts, instruments, the day's session, and cash and shares for everything
 * that will be said. It ends when the topics show all of it and when the desk and the book have
 * been heard to know it.
 */
#ifndef CLI_FLOW_SEED_H
#define CLI_FLOW_SEED_H

#include "flow_plan.h"
#include "flow_send.h"
#include "progress.h"
#include "stream.h"

struct flow_seed {
	const struct client *client;
	struct flow_plan *plan; /* midnight is set here */
	struct flow_sender *sender;
	struct progress *progress;
	enum stream_from from; /* BEGINNING when the run may have been sent before */
	int32_t day;	       /* found here: 20120621 or the trading day after the last session */
};

/* True when everything is ready; false after saying what is missing. */
bool flow_seed_run(struct flow_seed *seed) BUS_MUST_CHECK;

#endif
