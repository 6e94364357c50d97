/*
 * Where a long command is, on standard error: a bar on a terminal, a line now and then elsewhere.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>

#include "bus/base.h"

struct progress {
	bool tty;
	bool open; /* a line without its end is on the terminal */
	int64_t next_at;
};

void progress_init(struct progress *progress);
/* True when it is time to show something again: ten times a second, or every five seconds. */
bool progress_due(struct progress *progress);
/* One line, with a bar when total is not 0. Show it only when due, or when a phase begins. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total, const char *fmt, ...)
	BUS_PRINTF(4, 5);
/* Ends the line that is open. */
void progress_end(struct progress *progress);

#endif
