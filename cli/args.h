/*
 * The arguments of one command from one table: parsing, messages and --help come from it. Options
 * may stand before and behind the positional arguments; "--" ends them. --help is there by itself.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stdio.h>

#include "bus/base.h"

enum args_type {
	ARGS_FLAG, /* bool */
	ARGS_TEXT, /* const char *; borrows argv */
	ARGS_INT,  /* int64_t between min and max */
};

struct args_option {
	const char *name; /* "rate", for --rate N and --rate=N */
	enum args_type type;
	size_t offset;	   /* of the field in the target struct; what is not given stays as it is */
	const char *value; /* of TEXT and INT in --help: "N" */
	int64_t min, max;  /* of INT */
	const char *help;  /* one line; more lines after "\n" */
};

struct args_command {
	const char *usage; /* "send [FILE] [options]" */
	const char *about; /* a few lines, each ended by "\n" */
	const struct args_option *options;
	size_t option_count;
	int positional_min, positional_max;
	const char *notes;    /* behind the options, lines ended by "\n"; may be NULL */
	const char *examples; /* lines ended by "\n" */
};

enum args_outcome {
	ARGS_RUN,  /* go on */
	ARGS_HELP, /* --help was asked for and printed: exit 0 */
	ARGS_WRONG /* the reason was printed: exit 2 */
};

/*
 * Fills *target and moves the positional arguments to argv[1..*count]. `target` holds the defaults
 * before.
 */
enum args_outcome args_parse(const struct args_command *command, int argc, char **argv,
			     void *target, int *count) BUS_MUST_CHECK;

void args_help(const struct args_command *command, FILE *out);
/* One line on standard error that says what is wrong, and where the help is. Returns CLI_USAGE. */
int args_wrong(const struct args_command *command, const char *fmt, ...) BUS_PRINTF(2, 3);

/* A whole decimal number, nothing else; false when it is none or leaves int64. */
bool args_integer(const char *text, int64_t *out) BUS_MUST_CHECK;

#endif
