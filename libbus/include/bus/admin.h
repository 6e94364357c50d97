/*
 * The admin port of a process, apart from its public edge and on the same loop:
 *	/healthz  200 as soon as the loop turns
 *	/readyz   200 "ok", or 503 and one reason a line
 *	/metrics  everything of a registry
 * GET and HEAD alone; no authentication, so bind it to loopback or to a network of the operator's.
 */
#ifndef BUS_ADMIN_H
#define BUS_ADMIN_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdbool.h>

#include "bus/base.h"
#include "bus/metrics.h"

struct bus_admin;

struct bus_admin_probe {
	/* True when ready. Otherwise appends to `why`, one reason a line; must not block. */
	bool (*ready)(void *arg, struct evbuffer *why);
	void *arg;
	const struct bus_metrics *metrics; /* borrowed until bus_admin_free() */
};

/*
 * Listens at once; port 0 takes a free one. Copies the probe. Returns owned, or NULL when the
 * address cannot be bound, which the log tells.
 */
struct bus_admin *bus_admin_new(struct event_base *base, const char *address, uint16_t port,
				const struct bus_admin_probe *probe) BUS_MUST_CHECK;

/* The port it listens on. */
uint16_t bus_admin_port(const struct bus_admin *admin);

/* Closes every connection. Before the base is freed, never from within the probe; NULL is fine. */
void bus_admin_free(struct bus_admin *admin);

#endif
