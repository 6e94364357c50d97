/*
 * Metrics in the text format of Prometheus (0.0.4). A metric is registered once, with its labels as
 * constant text, and from then on is touched through its pointer: no lookup, no allocation, no lock
 * (one thread). Pointers are borrowed from the registry and live as long as it does.
 *
 * A wrong name, or the same name as two kinds of metric, is a programmer's error and asserted.
 */
#ifndef BUS_METRICS_H
#define BUS_METRICS_H

#include <event2/buffer.h>

#include "bus/base.h"

/* The longest label text of a metric, with its NUL. */
#define BUS_LABELS_TEXT 512

struct bus_metrics;
struct bus_metric;
struct bus_histogram;

struct bus_metrics *bus_metrics_new(void);
void bus_metrics_free(struct bus_metrics *metrics);

/* Label text, built up: processor="desk",partition="3". Begin with { 0 }. */
struct bus_labels {
	char text[BUS_LABELS_TEXT];
	size_t len;
};

/* Appends one label and escapes its value. Asserts that it fits. */
void bus_labels_add(struct bus_labels *labels, const char *name, const char *value);

/*
 * Register, or find again what has the same name and labels. `labels` is text as above, "" for
 * none; everything is copied; the help of the first registration of a name counts.
 */
struct bus_metric *bus_metrics_counter(struct bus_metrics *metrics, const char *name,
				       const char *help, const char *labels);
struct bus_metric *bus_metrics_gauge(struct bus_metrics *metrics, const char *name,
				     const char *help, const char *labels);
/* Of seconds, in fixed buckets from 0.1 ms to 30 s, six to a power of ten. */
struct bus_histogram *bus_metrics_histogram(struct bus_metrics *metrics, const char *name,
					    const char *help, const char *labels);

/* A counter only grows: adding a negative number to one is asserted, setting one is for mirrors. */
void bus_metric_add(struct bus_metric *metric, int64_t n);
void bus_metric_set(struct bus_metric *metric, int64_t value);
/* The same for what is no whole number; the last set, of either kind, counts. */
void bus_metric_add_real(struct bus_metric *metric, double n);
void bus_metric_set_real(struct bus_metric *metric, double value);

/* A negative time (a clock that was set back) counts as 0. */
void bus_histogram_observe(struct bus_histogram *histogram, double seconds);

/* Appends everything, grouped by name in the order of registration. */
void bus_metrics_write(const struct bus_metrics *metrics, struct evbuffer *out);

#endif
