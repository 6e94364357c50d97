/*
 * Configuration: one table of environment variables a program, from which come the values, --help
 * and the documents. A value that does not parse is an error that names the variable, the value and
 * what is expected. Secrets are never printed.
 */
#ifndef BUS_CONFIG_H
#define BUS_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "bus/base.h"

enum bus_option_type {
	BUS_OPTION_TEXT,	/* const char *; "" when unset and without default */
	BUS_OPTION_INT,		/* int64_t */
	BUS_OPTION_BOOL,	/* bool: true, false, 1, 0, yes, no */
	BUS_OPTION_DURATION_MS, /* int64_t milliseconds: "250ms", "20s", "5m", "1h" */
	BUS_OPTION_BYTES,	/* int64_t: "65536", "64KiB", "8MiB", "1GiB" */
};

#define BUS_OPTION_REQUIRED 1u
#define BUS_OPTION_SECRET   2u

struct bus_option {
	const char *name; /* "BOURSE_KAFKA_BOOTSTRAP" */
	enum bus_option_type type;
	unsigned flags;
	size_t offset;	      /* of the field in the target struct */
	const char *fallback; /* text of the default, or NULL */
	int64_t min, max;     /* numbers, durations and bytes; both 0: any non-negative */
	const char *help;     /* one sentence */
};

/*
 * Fills *target from the environment. Text fields borrow the environment's memory.
 * Returns 0, or BUS_ERR_CONFIG after writing one line per problem to `errors`.
 */
int bus_config_load(const struct bus_option *options, size_t count, void *target,
		    FILE *errors) BUS_MUST_CHECK;

/* The table for --help: name, default and help, aligned, wrapped at 100 columns. */
void bus_config_help(const struct bus_option *options, size_t count, FILE *out);

#endif
