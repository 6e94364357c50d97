/*
 * One run of a flow from its data to its result: seed, send, follow, and wait until the mesh is at
 * rest. The commands `flow` and `run` are written on top of it.
 */
#ifndef CLI_FLOW_RUN_H
#define CLI_FLOW_RUN_H

#include <jansson.h>

#include "flow_follow.h"
#include "quiet.h"

struct flow_settings {
	const char *path;	       /* of NASDAQ messages; NULL: generate */
	const char *symbol;	       /* of the path's */
	int64_t orders, symbols, seed; /* of what is generated */
	int64_t accounts;
	int64_t rate;	   /* commands a second, open loop; 0: as fast as it goes */
	int64_t in_flight; /* commands that wait for their outcome, at full speed */
	bool has_run;	   /* the run's id was given: it may have been sent before */
	struct bus_id run;
};

struct flow_report {
	struct flow_outcome outcome;
	char run[BUS_ID_TEXT];
	int32_t day;
	uint32_t accounts, symbols, unknown_cancels, unknown_takes;
	bool nasdaq;
	bool at_rest;		/* told by the leases; false where the databases are not known */
	int64_t sending_micros; /* first sent -> last acknowledged */
	int64_t micros;		/* first sent -> at rest */
	uint64_t gaps;		/* records that wait for a missing one */
};

/* The defaults: 92,000 messages, 100 accounts, one symbol, seed 1. */
extern const struct flow_settings flow_settings_default;

/* False after saying why on standard error. */
bool flow_run(const struct client *client, const struct flow_settings *settings,
	      struct flow_report *out) BUS_MUST_CHECK;

/* Commands a second, from the first one sent until the mesh is at rest. */
int64_t flow_rate(const struct flow_report *report);
void flow_print(const struct flow_report *report, FILE *out);
/* The caller owns it. */
json_t *flow_json(const struct flow_report *report);
/* One line, with figures to a thousandth; takes the value. */
void flow_print_json(json_t *value, FILE *out);

#endif
