/* The wire format of protobuf, as far as Bourse's messages use it. */
#include "pb.h"

#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* Numbers of StepMeta and Cause in proto/bourse/bus/v1/bus.proto, and of every XEvents. */
enum { STEP_META = 1, STEP_EVENTS = 2, META_CAUSE = 1, META_NOW = 2 };
enum { CAUSE_TOPIC = 1, CAUSE_PARTITION = 2, CAUSE_OFFSET = 3, CAUSE_ID = 4 };

static bool take_varint(struct bus_bytes *rest, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned shift = 0; rest->len > 0 && shift < 64; shift += 7) {
		uint8_t byte = *rest->data++;

		rest->len--;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*out = value;
			return true;
		}
	}
	return false;
}

static bool take_bytes(struct bus_bytes *rest, uint64_t len, struct bus_bytes *out)
{
	if (len > rest->len)
		return false;
	*out = bus_bytes(rest->data, (size_t)len);
	rest->data += len;
	rest->len -= (size_t)len;
	return true;
}

static bool take_field(struct bus_bytes *rest, struct pb_field *field)
{
	uint64_t tag, value;

	*field = (struct pb_field){ 0 };
	if (!take_varint(rest, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
		return false;
	field->number = (uint32_t)(tag >> 3);
	switch (tag & 7) {
	case WIRE_VARINT:
		if (!take_varint(rest, &value))
			return false;
		field->integer = (int64_t)value;
		return true;
	case WIRE_BYTES:
		return take_varint(rest, &value) && take_bytes(rest, value, &field->bytes);
	case WIRE_64:
		return take_bytes(rest, 8, &field->bytes);
	case WIRE_32:
		return take_bytes(rest, 4, &field->bytes);
	default:
		return false;
	}
}

bool pb_next(struct pb *pb, struct pb_field *field)
{
	if (pb->broken || pb->rest.len == 0)
		return false;
	pb->broken = !take_field(&pb->rest, field);
	return !pb->broken;
}

static struct pb_field last_of(struct bus_bytes message, uint32_t number)
{
	struct pb pb = { message, false };
	struct pb_field field, found = { 0 };

	while (pb_next(&pb, &field))
		if (field.number == number)
			found = field;
	return found;
}

int64_t pb_integer(struct bus_bytes message, uint32_t number)
{
	return last_of(message, number).integer;
}

struct bus_bytes pb_bytes(struct bus_bytes message, uint32_t number)
{
	return last_of(message, number).bytes;
}

static bool read_cause(struct bus_bytes message, struct pb_step *step)
{
	struct pb pb = { message, false };
	struct pb_field field;

	while (pb_next(&pb, &field)) {
		if (field.number == CAUSE_TOPIC)
			step->cause_topic = field.bytes;
		else if (field.number == CAUSE_PARTITION)
			step->cause_partition = (int32_t)field.integer;
		else if (field.number == CAUSE_OFFSET)
			step->cause_offset = field.integer;
		else if (field.number == CAUSE_ID)
			step->cause_id = field.bytes;
	}
	return !pb.broken;
}

static bool read_meta(struct bus_bytes message, struct pb_step *step)
{
	struct pb pb = { message, false };
	struct pb_field field;

	while (pb_next(&pb, &field)) {
		if (field.number == META_CAUSE && !read_cause(field.bytes, step))
			return false;
		if (field.number == META_NOW)
			step->now = field.integer;
	}
	return !pb.broken;
}

bool pb_step(struct bus_bytes value, struct pb_step *step)
{
	struct pb pb = { value, false };
	struct pb_field field;
	bool meta = false;

	*step = (struct pb_step){ .events = { value, false } };
	while (pb_next(&pb, &field)) {
		if (field.number != STEP_META)
			continue;
		if (!read_meta(field.bytes, step))
			return false;
		meta = true;
	}
	return meta && !pb.broken;
}

bool pb_fact(struct pb_step *step, struct pb_fact *fact)
{
	struct pb_field event, member;

	while (pb_next(&step->events, &event)) {
		struct pb pb = { event.bytes, false };

		if (event.number != STEP_EVENTS)
			continue;
		*fact = (struct pb_fact){ 0 };
		while (pb_next(&pb, &member))
			*fact = (struct pb_fact){ member.number, member.bytes };
		return true;
	}
	return false;
}

bool pb_text_is(struct bus_bytes text, const char *what)
{
	return text.len == strlen(what) &&
	       (text.len == 0 || memcmp(text.data, what, text.len) == 0);
}
