/*
 * A registry of families (one name, help and kind), each with its series (one set of labels). Both
 * are short chains that are searched at registration alone. A series is a number or a histogram;
 * histograms keep one count per bucket and are summed up only when they are written.
 */
#include "bus/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

static const char *const kind_names[] = {
	[KIND_COUNTER] = "counter",
	[KIND_GAUGE] = "gauge",
	[KIND_HISTOGRAM] = "histogram",
};

/* Upper bounds and how they are written; what is above the last one goes into +Inf. */
static const struct {
	double seconds;
	const char *text;
} bounds[] = {
	{ 0.0001, "0.0001" }, { 0.00015, "0.00015" },
	{ 0.0002, "0.0002" }, { 0.0003, "0.0003" },
	{ 0.0005, "0.0005" }, { 0.0007, "0.0007" },
	{ 0.001, "0.001" },   { 0.0015, "0.0015" },
	{ 0.002, "0.002" },   { 0.003, "0.003" },
	{ 0.005, "0.005" },   { 0.007, "0.007" },
	{ 0.01, "0.01" },     { 0.015, "0.015" },
	{ 0.02, "0.02" },     { 0.03, "0.03" },
	{ 0.05, "0.05" },     { 0.07, "0.07" },
	{ 0.1, "0.1" },	      { 0.15, "0.15" },
	{ 0.2, "0.2" },	      { 0.3, "0.3" },
	{ 0.5, "0.5" },	      { 0.7, "0.7" },
	{ 1, "1" },	      { 1.5, "1.5" },
	{ 2, "2" },	      { 3, "3" },
	{ 5, "5" },	      { 7, "7" },
	{ 10, "10" },	      { 15, "15" },
	{ 20, "20" },	      { 30, "30" },
};

#define BUCKETS (BUS_ARRAY_LEN(bounds) + 1)

struct bus_metric {
	enum kind kind;
	int64_t whole; /* the value is whole + real; at most one of them is used as a rule */
	double real;
};

struct bus_histogram {
	uint64_t counts[BUCKETS];
	double sum;
};

struct series {
	struct series *next;
	char *labels; /* owned */
	struct bus_metric metric;
	struct bus_histogram *histogram; /* owned; of this kind alone */
};

struct family {
	struct family *next;
	char *name, *help; /* owned */
	enum kind kind;
	struct series *series; /* owned, in the order of registration */
};

struct bus_metrics {
	struct family *families; /* owned, in the order of registration */
};

struct bus_metrics *bus_metrics_new(void)
{
	return bus_calloc(1, sizeof(struct bus_metrics));
}

static void free_series(struct series *series)
{
	while (series) {
		struct series *next = series->next;

		free(series->labels);
		free(series->histogram);
		free(series);
		series = next;
	}
}

void bus_metrics_free(struct bus_metrics *metrics)
{
	struct family *family = metrics ? metrics->families : NULL;

	while (family) {
		struct family *next = family->next;

		free_series(family->series);
		free(family->name);
		free(family->help);
		free(family);
		family = next;
	}
	free(metrics);
}

/* [a-zA-Z_][a-zA-Z0-9_]*, and for metrics also colons. */
static bool is_name(const char *name, bool colons)
{
	for (const char *p = name; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' ||
			      (colons && *p == ':');

		if (!letter && (p == name || *p < '0' || *p > '9'))
			return false;
	}
	return *name != '\0';
}

static void append(struct bus_labels *labels, const char *text, size_t len)
{
	bus_assert(len < sizeof(labels->text) - labels->len);
	memcpy(labels->text + labels->len, text, len);
	labels->len += len;
	labels->text[labels->len] = '\0';
}

void bus_labels_add(struct bus_labels *labels, const char *name, const char *value)
{
	bus_assert(is_name(name, false));
	if (labels->len)
		append(labels, ",", 1);
	append(labels, name, strlen(name));
	append(labels, "=\"", 2);
	for (; *value; value++) {
		if (*value == '\n')
			append(labels, "\\n", 2);
		else if (*value == '"' || *value == '\\')
			append(labels, (const char[]){ '\\', *value }, 2);
		else
			append(labels, value, 1);
	}
	append(labels, "\"", 1);
}

static struct family *find_family(struct bus_metrics *metrics, const char *name, const char *help,
				  enum kind kind)
{
	struct family **link = &metrics->families;
	struct family *family;

	bus_assert(is_name(name, true));
	for (; (family = *link) != NULL; link = &family->next) {
		if (strcmp(family->name, name) == 0) {
			bus_assert(family->kind == kind);
			return family;
		}
	}
	family = *link = bus_calloc(1, sizeof(*family));
	family->name = bus_strdup(name);
	family->help = bus_strdup(help);
	family->kind = kind;
	return family;
}

static struct series *find_series(struct bus_metrics *metrics, const char *name, const char *help,
				  const char *labels, enum kind kind)
{
	struct family *family = find_family(metrics, name, help, kind);
	struct series **link = &family->series;
	struct series *series;

	for (; (series = *link) != NULL; link = &series->next)
		if (strcmp(series->labels, labels) == 0)
			return series;
	series = *link = bus_calloc(1, sizeof(*series));
	series->labels = bus_strdup(labels);
	series->metric.kind = kind;
	if (kind == KIND_HISTOGRAM)
		series->histogram = bus_calloc(1, sizeof(*series->histogram));
	return series;
}

struct bus_metric *bus_metrics_counter(struct bus_metrics *metrics, const char *name,
				       const char *help, const char *labels)
{
	return &find_series(metrics, name, help, labels, KIND_COUNTER)->metric;
}

struct bus_metric *bus_metrics_gauge(struct bus_metrics *metrics, const char *name,
				     const char *help, const char *labels)
{
	return &find_series(metrics, name, help, labels, KIND_GAUGE)->metric;
}

struct bus_histogram *bus_metrics_histogram(struct bus_metrics *metrics, const char *name,
					    const char *help, const char *labels)
{
	return find_series(metrics, name, help, labels, KIND_HISTOGRAM)->histogram;
}

/* Wraps around instead of overflowing, as a counter of Prometheus may. */
void bus_metric_add(struct bus_metric *metric, int64_t n)
{
	bus_assert(n >= 0 || metric->kind == KIND_GAUGE);
	metric->whole = (int64_t)((uint64_t)metric->whole + (uint64_t)n);
}

void bus_metric_set(struct bus_metric *metric, int64_t value)
{
	metric->whole = value;
	metric->real = 0;
}

void bus_metric_add_real(struct bus_metric *metric, double n)
{
	bus_assert(n >= 0 || metric->kind == KIND_GAUGE);
	metric->real += n;
}

void bus_metric_set_real(struct bus_metric *metric, double value)
{
	metric->whole = 0;
	metric->real = value;
}

/* The first bucket whose bound is not below the value: at most six comparisons. */
static size_t bucket_of(double seconds)
{
	size_t low = 0, high = BUS_ARRAY_LEN(bounds);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (seconds <= bounds[middle].seconds)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void bus_histogram_observe(struct bus_histogram *histogram, double seconds)
{
	if (!(seconds > 0)) /* also what is not a number */
		seconds = 0;
	histogram->counts[bucket_of(seconds)]++;
	histogram->sum += seconds;
}

static void write_real(double value, struct evbuffer *out)
{
	if (isnan(value))
		evbuffer_add_printf(out, "NaN\n");
	else if (isinf(value))
		evbuffer_add_printf(out, "%cInf\n", value > 0 ? '+' : '-');
	else
		evbuffer_add_printf(out, "%.17g\n", value);
}

/* name_suffix{labels} and a blank */
static void write_name(const struct family *family, const char *suffix, const char *labels,
		       struct evbuffer *out)
{
	if (*labels)
		evbuffer_add_printf(out, "%s%s{%s} ", family->name, suffix, labels);
	else
		evbuffer_add_printf(out, "%s%s ", family->name, suffix);
}

static void write_metric(const struct family *family, const struct series *series,
			 struct evbuffer *out)
{
	const struct bus_metric *metric = &series->metric;

	write_name(family, "", series->labels, out);
	if (metric->real == 0)
		evbuffer_add_printf(out, "%" PRId64 "\n", metric->whole);
	else
		write_real((double)metric->whole + metric->real, out);
}

static void write_histogram(const struct family *family, const struct series *series,
			    struct evbuffer *out)
{
	const char *labels = series->labels, *comma = *labels ? "," : "";
	uint64_t count = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		const char *bound = i < BUS_ARRAY_LEN(bounds) ? bounds[i].text : "+Inf";

		count += series->histogram->counts[i];
		evbuffer_add_printf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", family->name,
				    labels, comma, bound, count);
	}
	write_name(family, "_sum", labels, out);
	write_real(series->histogram->sum, out);
	write_name(family, "_count", labels, out);
	evbuffer_add_printf(out, "%" PRIu64 "\n", count);
}

static void write_head(const struct family *family, struct evbuffer *out)
{
	evbuffer_add_printf(out, "# HELP %s ", family->name);
	for (const char *p = family->help; *p; p++) {
		if (*p == '\n')
			evbuffer_add(out, "\\n", 2);
		else if (*p == '\\')
			evbuffer_add(out, "\\\\", 2);
		else
			evbuffer_add(out, p, 1);
	}
	evbuffer_add_printf(out, "\n# TYPE %s %s\n", family->name, kind_names[family->kind]);
}

void bus_metrics_write(const struct bus_metrics *metrics, struct evbuffer *out)
{
	for (const struct family *family = metrics->families; family; family = family->next) {
		write_head(family, out);
		for (const struct series *series = family->series; series; series = series->next) {
			if (family->kind == KIND_HISTOGRAM)
				write_histogram(family, series, out);
			else
				write_metric(family, series, out);
		}
	}
}
