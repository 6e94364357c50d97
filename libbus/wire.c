/* Protobuf by reflection over protobuf-c's descriptors. */
#include "wire.h"

#include <string.h>

static void *arena_alloc(void *data, size_t size)
{
	return bus_arena_alloc(data, size);
}

static void arena_free(void *data, void *pointer)
{
	(void)data;
	(void)pointer;
}

void bus__journal_type_init(struct bus__journal_type *type, const ProtobufCMessageDescriptor *step)
{
	type->step = step;
	type->meta = protobuf_c_message_descriptor_get_field(step, 1);
	type->events = protobuf_c_message_descriptor_get_field(step, 2);
	bus_assert(type->meta && type->meta->descriptor == &bourse__bus__v1__step_meta__descriptor);
	bus_assert(type->events && type->events->label == PROTOBUF_C_LABEL_REPEATED &&
		   type->events->type == PROTOBUF_C_TYPE_MESSAGE);
	type->event = type->events->descriptor;
	for (unsigned i = 0; i < type->event->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->event->fields[i];

		bus_assert((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
			   field->type == PROTOBUF_C_TYPE_MESSAGE);
	}
	bus_assert(bus__journal_member(type, &bourse__bus__v1__parked__descriptor));
}

const ProtobufCFieldDescriptor *bus__journal_member(const struct bus__journal_type *type,
						    const ProtobufCMessageDescriptor *fact)
{
	for (unsigned i = 0; i < type->event->n_fields; i++)
		if (type->event->fields[i].descriptor == fact)
			return &type->event->fields[i];
	return NULL;
}

ProtobufCMessage *bus__unpack(const ProtobufCMessageDescriptor *type, struct bus_bytes value,
			      struct bus_arena *arena)
{
	ProtobufCAllocator allocator = { arena_alloc, arena_free, arena };

	return protobuf_c_message_unpack(type, &allocator, value.len, value.data);
}

struct bus_bytes bus__pack(const ProtobufCMessage *message, struct bus_arena *arena)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *data = bus_arena_alloc(arena, size ? size : 1);

	protobuf_c_message_pack(message, data);
	return bus_bytes(data, size);
}

/* Length of the UTF-8 sequence at p (RFC 3629), or 0 when it is malformed; NUL ends the string. */
static size_t utf8_sequence(const unsigned char *p)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf && (p[1] & 0xc0) == 0x80)
		return 2;
	if (p[0] >= 0xe0 && p[0] <= 0xef && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
		unsigned point = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);

		return point >= 0x800 && (point < 0xd800 || point > 0xdfff) ? 3 : 0;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 &&
	    (p[3] & 0xc0) == 0x80) {
		unsigned point = (p[0] & 0x7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 |
				 (p[3] & 0x3fu);

		return point >= 0x10000 && point <= 0x10ffff ? 4 : 0;
	}
	return 0;
}

bool bus__text_valid(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		size_t len = utf8_sequence(p);

		if (!len)
			return false;
		p += len;
	}
	return true;
}

static bool value_valid(const ProtobufCFieldDescriptor *field, const void *member)
{
	if (field->type == PROTOBUF_C_TYPE_STRING) {
		const char *text = *(const char *const *)member;

		return !text || bus__text_valid(text);
	}
	const ProtobufCMessage *inner = *(const ProtobufCMessage *const *)member;

	return !inner || bus__strings_valid(inner);
}

bool bus__strings_valid(const ProtobufCMessage *message)
{
	const char *base = (const char *)message;

	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];

		if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			size_t count = *(const size_t *)(base + field->quantifier_offset);
			const char *items = *(const char *const *)(base + field->offset);

			for (size_t k = 0; k < count; k++)
				if (!value_valid(field, items + k * sizeof(void *)))
					return false;
			continue;
		}
		if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
		    *(const uint32_t *)(base + field->quantifier_offset) != field->id)
			continue;
		if (!value_valid(field, base + field->offset))
			return false;
	}
	return true;
}

const ProtobufCFieldDescriptor *bus__string_field(const ProtobufCMessageDescriptor *type,
						  const char *name)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(type, name);

	if (!field || field->type != PROTOBUF_C_TYPE_STRING ||
	    field->label == PROTOBUF_C_LABEL_REPEATED)
		return NULL;
	return field;
}

const char *bus__string_value(const ProtobufCMessage *message,
			      const ProtobufCFieldDescriptor *field)
{
	const char *text = *(const char *const *)((const char *)message + field->offset);

	return text ? text : "";
}

ProtobufCMessage *bus__event_wrap(const struct bus__journal_type *type,
				  const ProtobufCFieldDescriptor *field, void *fact,
				  struct bus_arena *arena)
{
	char *event = bus_arena_alloc(arena, type->event->sizeof_message);

	type->event->message_init((ProtobufCMessage *)event);
	*(uint32_t *)(void *)(event + field->quantifier_offset) = field->id;
	*(void **)(void *)(event + field->offset) = fact;
	return (ProtobufCMessage *)event;
}

const ProtobufCFieldDescriptor *bus__event_unwrap(const struct bus__journal_type *type,
						  const ProtobufCMessage *event,
						  const ProtobufCMessage **fact)
{
	const char *base = (const char *)event;
	/* All members of the one oneof share its case word. */
	uint32_t number = *(const uint32_t *)(base + type->event->fields[0].quantifier_offset);
	const ProtobufCFieldDescriptor *field;

	if (!number)
		return NULL;
	field = protobuf_c_message_descriptor_get_field(type->event, number);
	if (!field)
		return NULL;
	*fact = *(const ProtobufCMessage *const *)(base + field->offset);
	return *fact ? field : NULL;
}

struct bus_bytes bus__step_pack(const struct bus__journal_type *type,
				Bourse__Bus__V1__StepMeta *meta, ProtobufCMessage **events,
				size_t count, struct bus_arena *arena)
{
	char *step = bus_arena_alloc(arena, type->step->sizeof_message);

	type->step->message_init((ProtobufCMessage *)step);
	*(void **)(void *)(step + type->meta->offset) = meta;
	*(size_t *)(void *)(step + type->events->quantifier_offset) = count;
	*(void **)(void *)(step + type->events->offset) = events;
	return bus__pack((ProtobufCMessage *)step, arena);
}

void bus__step_parts(const struct bus__journal_type *type, const ProtobufCMessage *step,
		     const Bourse__Bus__V1__StepMeta **meta, ProtobufCMessage ***events,
		     size_t *count)
{
	const char *base = (const char *)step;

	*meta = *(const Bourse__Bus__V1__StepMeta *const *)(base + type->meta->offset);
	*count = *(const size_t *)(base + type->events->quantifier_offset);
	*events = *(ProtobufCMessage * *const *)(base + type->events->offset);
}

/* It is the first field, as every step is packed. */
const Bourse__Bus__V1__StepMeta *bus__step_meta(struct bus_bytes value, struct bus_arena *arena)
{
	size_t at = 1, len = 0;

	if (!value.len || value.data[0] != 0x0a)
		return NULL;
	for (unsigned shift = 0; at < value.len && shift <= 28; shift += 7) {
		len |= (size_t)(value.data[at] & 0x7f) << shift;
		if (!(value.data[at++] & 0x80))
			break;
	}
	if (len > value.len - at)
		return NULL;
	return (const Bourse__Bus__V1__StepMeta *)bus__unpack(
		&bourse__bus__v1__step_meta__descriptor, bus_bytes(value.data + at, len), arena);
}
