/*
 * Whether the mesh has come to rest: every processor has read each of its inputs to the end and
 * published all of its steps. Told by the leases of the services' databases, never by what was
 * committed to Kafka.
 */
#ifndef CLI_QUIET_H
#define CLI_QUIET_H

#include "client.h"

struct quiet;

struct quiet_state {
	int64_t lag;	     /* records, over all processors, partitions and inputs */
	int64_t unpublished; /* steps */
	int stopped;	     /* partitions */
	char worst[160];     /* the largest lag, or why a partition is stopped */
};

/* Opens the databases that the environment names; NULL after saying why. Owned. */
struct quiet *quiet_new(const struct client *client);
void quiet_free(struct quiet *quiet);
/* False when the environment does not name all five databases: then rest cannot be told. */
bool quiet_known(const struct quiet *quiet);

/* 0 or a negative bus_err, told. */
int quiet_look(struct quiet *quiet, struct quiet_state *out) BUS_MUST_CHECK;
static inline bool quiet_is(const struct quiet_state *state)
{
	return state->lag == 0 && state->unpublished == 0 && state->stopped == 0;
}

/*
 * Looks until it is at rest or a partition is stopped; gives up when nothing has moved for
 * `patience_ms`. `tell` may be NULL. 0: *out says how it is; or a negative bus_err, told.
 */
int quiet_wait(struct quiet *quiet, int patience_ms,
	       void (*tell)(void *, const struct quiet_state *), void *arg,
	       struct quiet_state *out) BUS_MUST_CHECK;

#endif
