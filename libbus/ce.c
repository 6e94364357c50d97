/*
 * One pass over the headers of a record fills the fields that we know. What is absent, empty or
 * malformed is left out; the first of a repeated header counts even when it is malformed, so that
 * two readers cannot disagree about which one to believe.
 */
#include "bus/ce.h"

#include <string.h>

#include "bus/time.h"
#include "ce_internal.h"

#define INT64_DIGITS 19
/* 55 bytes in version 00 of W3C's trace context; later ones may add fields. */
#define TRACEPARENT_MIN 55
#define TRACEPARENT_MAX 128

enum header {
	HEADER_ID,
	HEADER_SOURCE,
	HEADER_TYPE,
	HEADER_TRACEPARENT,
	HEADER_EPOCH,
	HEADER_SEQUENCE,
	HEADER_TIME,
	HEADER_COUNT,
};

static const char *const names[HEADER_COUNT] = {
	[HEADER_ID] = "ce_id",	     [HEADER_SOURCE] = "ce_source",
	[HEADER_TYPE] = "ce_type",   [HEADER_TRACEPARENT] = "traceparent",
	[HEADER_EPOCH] = "ce_epoch", [HEADER_SEQUENCE] = "ce_sequence",
	[HEADER_TIME] = "ce_time",
};

/* HEADER_COUNT for a name that we do not know. */
static enum header find(const char *name)
{
	int i = 0;

	while (i < HEADER_COUNT && strcmp(name, names[i]) != 0)
		i++;
	return (enum header)i;
}

/* A number from 1 to INT64_MAX, digits alone and no leading zero: one text for each number. */
static bool parse_number(struct bus_bytes text, int64_t *out)
{
	int64_t value = 0;

	if (text.len < 1 || text.len > INT64_DIGITS || text.data[0] == '0')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text.data[i] - '0', &value))
			return false;
	}
	*out = value;
	return true;
}

/* Anybody may send one, and it goes into the steps: only the shape that W3C gives it, which is
 * text. */
static bool is_traceparent(struct bus_bytes value)
{
	if (value.len < TRACEPARENT_MIN || value.len > TRACEPARENT_MAX)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!(value.data[i] >= '0' && value.data[i] <= '9') &&
		    !(value.data[i] >= 'a' && value.data[i] <= 'f') && value.data[i] != '-')
			return false;
	return true;
}

static void take(struct bus_ce *out, enum header header, struct bus_bytes value)
{
	switch (header) {
	case HEADER_ID:
		out->id = value;
		break;
	case HEADER_SOURCE:
		out->source = value;
		break;
	case HEADER_TYPE:
		out->type = value;
		break;
	case HEADER_TRACEPARENT:
		if (is_traceparent(value))
			out->traceparent = value;
		break;
	case HEADER_EPOCH:
		out->has_epoch = parse_number(value, &out->epoch);
		break;
	case HEADER_SEQUENCE:
		out->has_sequence = parse_number(value, &out->sequence);
		break;
	case HEADER_TIME:
		out->has_time = bus_time_parse((const char *)value.data, value.len, &out->time);
		break;
	case HEADER_COUNT:
		break;
	}
}

void bus__ce_read_headers(const rd_kafka_headers_t *headers, struct bus_ce *out)
{
	bool seen[HEADER_COUNT + 1] = { false };
	const char *name;
	const void *value;
	size_t size;

	*out = (struct bus_ce){ 0 };
	if (!headers)
		return;
	for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++) {
		enum header header = find(name);

		if (seen[header])
			continue;
		seen[header] = true;
		if (value && size)
			take(out, header, bus_bytes(value, size));
	}
}

void bus_ce_read(const rd_kafka_message_t *message, struct bus_ce *out)
{
	rd_kafka_headers_t *headers;

	/* An error means no headers, or bytes that are none: to the reader both are absence. */
	if (rd_kafka_message_headers(message, &headers))
		headers = NULL;
	bus__ce_read_headers(headers, out);
}

static void add(rd_kafka_headers_t *headers, const char *name, const void *value, size_t size)
{
	bus_assert(!rd_kafka_header_add(headers, name, -1, value, (ssize_t)size));
}

static void add_text(rd_kafka_headers_t *headers, const char *name, const char *text)
{
	if (text && *text)
		add(headers, name, text, strlen(text));
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t value)
{
	char text[INT64_DIGITS], *end = text + sizeof(text), *p = end;

	bus_assert(value >= 0);
	if (value == 0)
		return;
	for (; value; value /= 10)
		*--p = (char)('0' + value % 10);
	add(headers, name, p, (size_t)(end - p));
}

static void add_time(rd_kafka_headers_t *headers, const char *name, int64_t micros)
{
	char text[BUS_TIME_TEXT];

	if (micros != 0)
		add_text(headers, name, bus_time_format(micros, text));
}

rd_kafka_headers_t *bus_ce_headers(const struct bus_ce_out *ce)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(HEADER_COUNT + 2);

	add_text(headers, "ce_specversion", "1.0");
	add_text(headers, "content-type", "application/protobuf");
	add_text(headers, names[HEADER_ID], ce->id);
	add_text(headers, names[HEADER_SOURCE], ce->source);
	add_text(headers, names[HEADER_TYPE], ce->type);
	add_number(headers, names[HEADER_EPOCH], ce->epoch);
	add_number(headers, names[HEADER_SEQUENCE], ce->sequence);
	add_time(headers, names[HEADER_TIME], ce->time);
	if (ce->traceparent.len)
		add(headers, names[HEADER_TRACEPARENT], ce->traceparent.data, ce->traceparent.len);
	return headers;
}
