/*
 * Latencies in microseconds with three digits: log-linear buckets, so that a minute is as exact as
 * a millisecond, in a fixed 180 KB.
 */
#ifndef CLI_HISTOGRAM_H
#define CLI_HISTOGRAM_H

#include <jansson.h>

#include "bus/base.h"

#define HISTOGRAM_LINEAR                                                                           \
	2048		  /* values below it have a bucket each; above, 1024 for each doubling */
#define HISTOGRAM_SPAN 32 /* doublings: up to a hundred days */

/* Zeroed is empty. */
struct histogram {
	uint64_t count;
	int64_t max;
	uint32_t buckets[HISTOGRAM_LINEAR + HISTOGRAM_SPAN * (HISTOGRAM_LINEAR / 2)];
};

/* A value below 0 counts as 0. */
void histogram_add(struct histogram *histogram, int64_t micros);
/* The least value that `per_mille` of a thousand values do not exceed; 0 when it is empty. */
int64_t histogram_at(const struct histogram *histogram, int per_mille);
/* {"count", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms"}; the caller owns it. */
json_t *histogram_json(const struct histogram *histogram);

#endif
