/*
 * Time is int64 microseconds since 1970-01-01T00:00:00Z. The domain never reads a clock: `now` is
 * handed to it. These conversions are for headers, JSON and people.
 */
#ifndef BUS_TIME_H
#define BUS_TIME_H

#include <stdbool.h>

#include "bus/base.h"

#define BUS_SECOND    INT64_C(1000000)
#define BUS_TIME_TEXT 28 /* "2012-06-21T13:30:00.004241Z" with its NUL */

/* Wall clock and monotonic clock, for edges, logs and measurements only. */
int64_t bus_time_wall(void);
int64_t bus_time_monotonic(void);

/* RFC 3339 with Z or an offset, at most nine decimals (cut to six); false when malformed. */
bool bus_time_parse(const char *text, size_t len, int64_t *out) BUS_MUST_CHECK;
/* Always UTC with six decimals; buf holds BUS_TIME_TEXT. Returns buf. */
char *bus_time_format(int64_t micros, char *buf);

#endif
