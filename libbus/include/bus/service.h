/*
 * The main program of a service: configuration, migrations, processors, admin HTTP, signals,
 * shutdown.
 */
#ifndef BUS_SERVICE_H
#define BUS_SERVICE_H

#include "bus/migrate.h"
#include "bus/processor.h"

struct bus_service {
	const char *name;			       /* "svc-orders" */
	const char *what;			       /* one line for --help */
	const struct bus_processor *const *processors; /* ended by NULL */
	const struct bus_migration *migrations;	       /* of its own tables; the bus's come first */
	size_t migration_count;
};

/* Runs until SIGTERM or SIGINT. Returns the exit status: 0, 1 failed, 2 usage. */
int bus_service_main(const struct bus_service *service, int argc, char **argv);

#endif
