/* The result of a flow: for people, and as one JSON object. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bourse/orders/v1/orders.pb-c.h"
#include "bus/time.h"
#include "flow_run.h"

#define REASON_PREFIX "REJECT_REASON_"

int64_t flow_rate(const struct flow_report *report)
{
	if (report->micros <= 0)
		return 0;
	return (int64_t)report->outcome.sent * BUS_SECOND / report->micros;
}

/* "UNKNOWN_ORDER" */
static const char *reason_name(int reason)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
		&bourse__orders__v1__reject_reason__descriptor, reason);

	if (!value)
		return "OTHER";
	return strncmp(value->name, REASON_PREFIX, strlen(REASON_PREFIX)) == 0
		       ? value->name + strlen(REASON_PREFIX)
		       : value->name;
}

static void print_latency(const char *name, const struct histogram *histogram, FILE *out)
{
	if (histogram->count == 0)
		return;
	fprintf(out,
		"  %-22s p50 %.1f   p90 %.1f   p99 %.1f   p99.9 %.1f   max %.1f ms   (%" PRIu64
		")\n",
		name, (double)histogram_at(histogram, 500) / 1000.0,
		(double)histogram_at(histogram, 900) / 1000.0,
		(double)histogram_at(histogram, 990) / 1000.0,
		(double)histogram_at(histogram, 999) / 1000.0, (double)histogram->max / 1000.0,
		histogram->count);
}

static void print_rejections(const struct flow_outcome *outcome, FILE *out)
{
	fprintf(out, "  %-22s %" PRIu64, "rejected", outcome->rejected_total);
	for (int i = 0; i < FLOW_REASONS; i++)
		if (outcome->rejected[i])
			fprintf(out, "   %s %" PRIu64, reason_name(i), outcome->rejected[i]);
	fputc('\n', out);
}

void flow_print(const struct flow_report *report, FILE *out)
{
	const struct flow_outcome *outcome = &report->outcome;

	fprintf(out, "%s\n",
		report->nasdaq ? "One hour of NASDAQ's order flow" : "A generated order flow");
	fprintf(out, "  %-22s %s, trading day %d, %u accounts, %u symbol%s\n", "run", report->run,
		report->day, report->accounts, report->symbols, report->symbols == 1 ? "" : "s");
	if (report->nasdaq)
		fprintf(out, "  %-22s %s\n", "",
			"all accounts on partition 0 of the desk: one sequence keeps NASDAQ's "
			"order");
	fprintf(out, "  %-22s %" PRIu64 "\n", "commands sent", outcome->sent);
	if (outcome->repeated)
		fprintf(out, "  %-22s %" PRIu64 ", sent before: nothing came of them\n", "repeated",
			outcome->repeated);
	fprintf(out, "  %-22s %" PRIu64 "\n", "accepted",
		outcome->decided - outcome->rejected_total);
	print_rejections(outcome, out);
	fprintf(out, "  %-22s %" PRIu64 ", booked on both sides: %" PRIu64 "\n", "trades",
		outcome->trades, outcome->booked);
	if (report->nasdaq)
		fprintf(out, "  %-22s %" PRIu64 " of %" PRIu64 "\n", "at NASDAQ's own price",
			outcome->own_price, outcome->own_known);
	fprintf(out, "  %-22s %" PRId64 " commands/s, %.2f s from the first one until %s\n",
		"end to end", flow_rate(report), (double)report->micros / 1e6,
		report->at_rest ? "every lag was 0"
				: "nothing came any more (the databases are not known here)");
	print_latency("command -> outcome", &outcome->decision, out);
	print_latency("order -> portfolio", &outcome->booking, out);
}

static void set_count(json_t *object, const char *name, uint64_t value)
{
	json_object_set_new(object, name, json_integer((json_int_t)value));
}

json_t *flow_json(const struct flow_report *report)
{
	const struct flow_outcome *outcome = &report->outcome;
	json_t *object = json_object(), *rejected = json_object();

	json_object_set_new(object, "flow", json_string(report->nasdaq ? "nasdaq" : "generated"));
	json_object_set_new(object, "run", json_string(report->run));
	set_count(object, "day", (uint64_t)report->day);
	set_count(object, "accounts", report->accounts);
	set_count(object, "symbols", report->symbols);
	set_count(object, "sent", outcome->sent);
	set_count(object, "repeated", outcome->repeated);
	set_count(object, "accepted", outcome->decided - outcome->rejected_total);
	set_count(object, "rejected", outcome->rejected_total);
	for (int i = 0; i < FLOW_REASONS; i++)
		if (outcome->rejected[i])
			set_count(rejected, reason_name(i), outcome->rejected[i]);
	json_object_set_new(object, "rejected_by_reason", rejected);
	set_count(object, "trades", outcome->trades);
	set_count(object, "booked", outcome->booked);
	set_count(object, "takers_unfilled", outcome->unfilled);
	if (report->nasdaq) {
		set_count(object, "own_price", outcome->own_price);
		set_count(object, "own_known", outcome->own_known);
	}
	json_object_set_new(object, "at_rest", json_boolean(report->at_rest));
	json_object_set_new(object, "sending_s", json_real((double)report->sending_micros / 1e6));
	json_object_set_new(object, "duration_s", json_real((double)report->micros / 1e6));
	set_count(object, "rate_per_s", (uint64_t)flow_rate(report));
	json_object_set_new(object, "decision", histogram_json(&outcome->decision));
	json_object_set_new(object, "booking", histogram_json(&outcome->booking));
	set_count(object, "gaps", report->gaps);
	return object;
}

void flow_print_json(json_t *value, FILE *out)
{
	json_dumpf(value, out, JSON_COMPACT | JSON_REAL_PRECISION(10));
	fputc('\n', out);
	json_decref(value);
}
