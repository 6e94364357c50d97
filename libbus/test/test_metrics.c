/*
 * The registry and the text that Prometheus reads.
 */
#include "bus/metrics.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct bus_metrics *metrics;

static void set_up(void)
{
	metrics = bus_metrics_new();
}

static void tear_down(void)
{
	bus_metrics_free(metrics);
}

static const char *written(void)
{
	static char text[65536];
	struct evbuffer *buffer = evbuffer_new();
	int len;

	bus_metrics_write(metrics, buffer);
	len = evbuffer_remove(buffer, text, sizeof(text) - 1);
	text[len < 0 ? 0 : len] = '\0';
	evbuffer_free(buffer);
	return text;
}

START_TEST(empty)
{
	ck_assert_str_eq(written(), "");
	bus_metrics_free(NULL);
}
END_TEST

START_TEST(grouped_by_family)
{
	struct bus_metric *a = bus_metrics_counter(metrics, "steps_total", "Steps.", "p=\"0\"");
	struct bus_metric *lag = bus_metrics_gauge(metrics, "lag", "Records behind.", "");
	struct bus_metric *b = bus_metrics_counter(metrics, "steps_total", "Steps.", "p=\"1\"");

	bus_metric_add(a, 40);
	bus_metric_add(a, 2);
	bus_metric_add(b, 7);
	bus_metric_set(lag, 10);
	bus_metric_add(lag, -13);
	ck_assert_str_eq(written(), "# HELP steps_total Steps.\n"
				    "# TYPE steps_total counter\n"
				    "steps_total{p=\"0\"} 42\n"
				    "steps_total{p=\"1\"} 7\n"
				    "# HELP lag Records behind.\n"
				    "# TYPE lag gauge\n"
				    "lag -3\n");
}
END_TEST

START_TEST(same_again_is_the_same)
{
	struct bus_metric *a = bus_metrics_counter(metrics, "c_total", "Help.", "p=\"0\"");
	struct bus_histogram *h = bus_metrics_histogram(metrics, "h_seconds", "Help.", "");

	ck_assert_ptr_eq(bus_metrics_counter(metrics, "c_total", "Other help.", "p=\"0\""), a);
	ck_assert_ptr_ne(bus_metrics_counter(metrics, "c_total", "Help.", "p=\"1\""), a);
	ck_assert_ptr_eq(bus_metrics_histogram(metrics, "h_seconds", "Help.", ""), h);
	ck_assert_ptr_null(strstr(written(), "Other help."));
}
END_TEST

static const struct {
	double value;
	const char *text;
} reals[] = {
	{ 0, "g 0\n" },
	{ 0.5, "g 0.5\n" },
	{ -2.25, "g -2.25\n" },
	{ NAN, "g NaN\n" },
	{ INFINITY, "g +Inf\n" },
	{ -INFINITY, "g -Inf\n" },
	{ 1e300, "g 1.0000000000000001e+300\n" },
};

START_TEST(real_numbers)
{
	struct bus_metric *gauge = bus_metrics_gauge(metrics, "g", "A gauge.", "");

	bus_metric_set(gauge, 5);
	bus_metric_set_real(gauge, reals[_i].value);
	ck_assert_ptr_nonnull(strstr(written(), reals[_i].text));
	bus_metric_set(gauge, INT64_MAX);
	ck_assert_ptr_nonnull(strstr(written(), "g 9223372036854775807\n"));
	bus_metric_set_real(gauge, 1);
	bus_metric_add_real(gauge, 0.25);
	ck_assert_ptr_nonnull(strstr(written(), "g 1.25\n"));
}
END_TEST

START_TEST(labels_and_help_are_escaped)
{
	struct bus_labels labels = { .len = 0 };

	bus_labels_add(&labels, "topic", "a\"b\\c\nd");
	bus_labels_add(&labels, "partition", "3");
	ck_assert_str_eq(labels.text, "topic=\"a\\\"b\\\\c\\nd\",partition=\"3\"");
	bus_metrics_counter(metrics, "c_total", "One\nline, \\ and \".", labels.text);
	ck_assert_str_eq(written(), "# HELP c_total One\\nline, \\\\ and \".\n"
				    "# TYPE c_total counter\n"
				    "c_total{topic=\"a\\\"b\\\\c\\nd\",partition=\"3\"} 0\n");
}
END_TEST

/* An observation and the bucket that is the first to count it. */
static const struct {
	double seconds;
	const char *bucket, *below;
} observations[] = {
	{ 0, "0.0001", NULL },
	{ -1, "0.0001", NULL },
	{ NAN, "0.0001", NULL },
	{ 0.0001, "0.0001", NULL },
	{ 0.00010001, "0.00015", "0.0001" },
	{ 0.00015, "0.00015", "0.0001" },
	{ 0.0008, "0.001", "0.0007" },
	{ 0.001, "0.001", "0.0007" },
	{ 0.042, "0.05", "0.03" },
	{ 0.3, "0.3", "0.2" },
	{ 1, "1", "0.7" },
	{ 29.999, "30", "20" },
	{ 30, "30", "20" },
	{ 30.001, "+Inf", "30" },
	{ 1e9, "+Inf", "30" },
	{ INFINITY, "+Inf", "30" },
};

static void check_bucket(const char *bound, int count)
{
	char line[100];

	snprintf(line, sizeof(line), "h_seconds_bucket{p=\"0\",le=\"%s\"} %d\n", bound, count);
	ck_assert_msg(strstr(written(), line) != NULL, "%s in\n%s", line, written());
}

START_TEST(buckets)
{
	struct bus_histogram *h = bus_metrics_histogram(metrics, "h_seconds", "Time.", "p=\"0\"");

	bus_histogram_observe(h, observations[_i].seconds);
	check_bucket(observations[_i].bucket, 1);
	if (observations[_i].below)
		check_bucket(observations[_i].below, 0);
	check_bucket("+Inf", 1);
	ck_assert_ptr_nonnull(strstr(written(), "h_seconds_count{p=\"0\"} 1\n"));
}
END_TEST

START_TEST(histogram_text)
{
	struct bus_histogram *h = bus_metrics_histogram(metrics, "h_seconds", "Time.", "");
	uint64_t last = 0;
	int lines = 0;
	char *text;

	for (int i = 0; i < 1000; i++)
		bus_histogram_observe(h, 0.03125);
	bus_histogram_observe(h, 0.25);
	bus_histogram_observe(h, 31.5);
	text = strdup(written());
	ck_assert_mem_eq(text,
			 "# HELP h_seconds Time.\n# TYPE h_seconds histogram\n"
			 "h_seconds_bucket{le=\"0.0001\"} 0\n",
			 80);
	ck_assert_ptr_nonnull(strstr(text, "{le=\"0.3\"} 1001\n"));
	ck_assert_ptr_nonnull(strstr(text, "{le=\"+Inf\"} 1002\nh_seconds_sum 63\n"
					   "h_seconds_count 1002\n"));
	for (char *p = strstr(text, "_bucket"); p; p = strstr(p + 1, "_bucket"), lines++) {
		uint64_t count = strtoull(strchr(p, ' '), NULL, 10);

		ck_assert_uint_ge(count, last);
		last = count;
	}
	ck_assert_int_eq(lines, 35);
	free(text);
}
END_TEST

START_TEST(two_kinds_of_one_name)
{
	bus_metrics_counter(metrics, "x_total", "Help.", "");
	bus_metrics_gauge(metrics, "x_total", "Help.", "a=\"1\"");
}
END_TEST

START_TEST(bad_name)
{
	bus_metrics_counter(metrics, "x-total", "Help.", "");
}
END_TEST

START_TEST(bad_label)
{
	struct bus_labels labels = { .len = 0 };

	bus_labels_add(&labels, "1st", "x");
}
END_TEST

START_TEST(counters_only_grow)
{
	bus_metric_add(bus_metrics_counter(metrics, "x_total", "Help.", ""), -1);
}
END_TEST

START_TEST(labels_that_do_not_fit)
{
	struct bus_labels labels = { .len = 0 };
	char value[BUS_LABELS_TEXT];

	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	bus_labels_add(&labels, "a", value);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tcase = tcase_create("metrics");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, empty);
	tcase_add_test(tcase, grouped_by_family);
	tcase_add_test(tcase, same_again_is_the_same);
	tcase_add_loop_test(tcase, real_numbers, 0, BUS_ARRAY_LEN(reals));
	tcase_add_test(tcase, labels_and_help_are_escaped);
	tcase_add_loop_test(tcase, buckets, 0, BUS_ARRAY_LEN(observations));
	tcase_add_test(tcase, histogram_text);
	tcase_add_test_raise_signal(tcase, two_kinds_of_one_name, SIGABRT);
	tcase_add_test_raise_signal(tcase, bad_name, SIGABRT);
	tcase_add_test_raise_signal(tcase, bad_label, SIGABRT);
	tcase_add_test_raise_signal(tcase, counters_only_grow, SIGABRT);
	tcase_add_test_raise_signal(tcase, labels_that_do_not_fit, SIGABRT);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
