/*
 * JSON -> protobuf. Everything is checked while it is read; the place of an error is a path such as
 * "events[2].order_accepted.side".
 */
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "args.h"
#include "bus/money.h"
#include "bus/time.h"
#include "json.h"

#define DEPTH_MAX 32

struct reader {
	char *why;
	size_t why_size;
	int depth;
	size_t path_len;
	char path[256];
};

static bool fail(struct reader *reader, const char *fmt, ...) BUS_PRINTF(2, 3);
static bool fail(struct reader *reader, const char *fmt, ...)
{
	va_list list;
	int len = snprintf(reader->why, reader->why_size, "%s%s", reader->path,
			   reader->path_len ? ": " : "");

	va_start(list, fmt);
	if (len >= 0 && (size_t)len < reader->why_size)
		vsnprintf(reader->why + len, reader->why_size - (size_t)len, fmt, list);
	va_end(list);
	return false;
}

/* Goes one step down; the result is given to leave(). */
static size_t enter(struct reader *reader, const char *fmt, ...) BUS_PRINTF(2, 3);
static size_t enter(struct reader *reader, const char *fmt, ...)
{
	size_t before = reader->path_len, room = sizeof(reader->path) - before;
	va_list list;
	int len;

	va_start(list, fmt);
	len = vsnprintf(reader->path + before, room, fmt, list);
	va_end(list);
	reader->path_len =
		len < 0 || (size_t)len >= room ? sizeof(reader->path) - 1 : before + (size_t)len;
	return before;
}

static void leave(struct reader *reader, size_t before)
{
	reader->path_len = before;
	reader->path[before] = '\0';
}

/* How the JSON of a field is to be understood. */
enum notation {
	AS_IT_IS,
	AS_DECIMAL, /* X for X_micros */
	AS_TIME,    /* X_at for X_at_micros */
};

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *type,
						  const char *name, enum notation *notation)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(type, name);
	char micros[128];

	*notation = AS_IT_IS;
	if (field || (size_t)snprintf(micros, sizeof(micros), "%s_micros", name) >= sizeof(micros))
		return field;
	*notation = ends_in(name, "_at") ? AS_TIME : AS_DECIMAL;
	field = protobuf_c_message_descriptor_get_field_by_name(type, micros);
	return field && field->type == PROTOBUF_C_TYPE_INT64 ? field : NULL;
}

static bool read_decimal(struct reader *reader, const json_t *json, int64_t *out)
{
	if (json_is_integer(json)) {
		if (__builtin_mul_overflow(json_integer_value(json), BUS_MICROS, out))
			return fail(reader, "out of range");
		return true;
	}
	if (!json_is_string(json))
		return fail(reader, "expected a decimal number as text, such as \"585.40\"");
	if (!bus_micros_parse(json_string_value(json), json_string_length(json), out))
		return fail(reader, "'%.64s' is not a decimal number with at most six decimals",
			    json_string_value(json));
	return true;
}

static bool read_time(struct reader *reader, const json_t *json, int64_t *out)
{
	if (!json_is_string(json) ||
	    !bus_time_parse(json_string_value(json), json_string_length(json), out))
		return fail(reader, "expected a time such as \"2012-06-21T13:30:00Z\"");
	return true;
}

static bool read_integer(struct reader *reader, const json_t *json, int64_t *out)
{
	if (json_is_integer(json)) {
		*out = json_integer_value(json);
		return true;
	}
	if (!json_is_string(json) || strlen(json_string_value(json)) != json_string_length(json) ||
	    !args_integer(json_string_value(json), out))
		return fail(reader, "expected a whole number of 64 bits");
	return true;
}

static bool read_int64(struct reader *reader, const json_t *json, enum notation notation,
		       int64_t *out)
{
	switch (notation) {
	case AS_IT_IS:
		return read_integer(reader, json, out);
	case AS_DECIMAL:
		return read_decimal(reader, json, out);
	case AS_TIME:
		return read_time(reader, json, out);
	}
	return false;
}

static bool read_int32(struct reader *reader, const json_t *json, int32_t *out)
{
	int64_t value = 0;

	if (!read_integer(reader, json, &value))
		return false;
	if (value < INT32_MIN || value > INT32_MAX)
		return fail(reader, "out of the range of 32 bits");
	*out = (int32_t)value;
	return true;
}

static bool read_enum(struct reader *reader, const ProtobufCEnumDescriptor *type,
		      const json_t *json, int32_t *out)
{
	size_t prefix = json__enum_prefix(type);
	const char *text;

	if (!json_is_string(json))
		return read_int32(reader, json, out);
	text = json_string_value(json);
	for (unsigned i = 0; i < type->n_values; i++) {
		const char *name = type->values[i].name;

		if (strcasecmp(text, name) == 0 || strcasecmp(text, name + prefix) == 0) {
			*out = type->values[i].value;
			return true;
		}
	}
	return fail(reader, "'%.64s' is not a %s", text, type->short_name);
}

static bool read_string(struct reader *reader, const json_t *json, char **out)
{
	if (!json_is_string(json))
		return fail(reader, "expected text");
	if (strlen(json_string_value(json)) != json_string_length(json))
		return fail(reader, "text must not contain a zero character");
	*out = bus_strdup(json_string_value(json));
	return true;
}

static bool read_bytes(struct reader *reader, const json_t *json, ProtobufCBinaryData *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";
	const char *text = json_string_value(json);
	size_t len = json_string_length(json), digits, padding;

	if (!json_is_string(json) || len >= INT32_MAX)
		return fail(reader, "expected bytes as base64");
	digits = strspn(text, alphabet);
	padding = len - digits;
	if (len % 4 || padding > 2 || strspn(text + digits, "=") != padding)
		return fail(reader, "'%.64s' is not base64", text);
	if (len == 0)
		return true;
	out->data = bus_malloc(len / 4 * 3);
	EVP_DecodeBlock(out->data, (const unsigned char *)text, (int)len);
	out->len = len / 4 * 3 - padding;
	return true;
}

static ProtobufCMessage *read_message(struct reader *reader, const ProtobufCMessageDescriptor *type,
				      const json_t *json);

/* Reads one value into the memory of one element, which holds zeroes or the field's default. */
static bool read_element(struct reader *reader, const ProtobufCFieldDescriptor *field,
			 enum notation notation, const json_t *json, void *at)
{
	ProtobufCMessage *message;

	if (field->type == PROTOBUF_C_TYPE_STRING)
		return read_string(reader, json, at);
	if (field->type == PROTOBUF_C_TYPE_BYTES)
		return read_bytes(reader, json, at);
	if (field->type == PROTOBUF_C_TYPE_ENUM)
		return read_enum(reader, field->descriptor, json, at);
	if (field->type == PROTOBUF_C_TYPE_BOOL) {
		if (!json_is_boolean(json))
			return fail(reader, "expected true or false");
		*(protobuf_c_boolean *)at = json_is_true(json);
		return true;
	}
	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		message = read_message(reader, field->descriptor, json);
		memcpy(at, &message, sizeof(message));
		return message != NULL;
	}
	if (json__element_size(field->type) == sizeof(int32_t))
		return read_int32(reader, json, at);
	return read_int64(reader, json, notation, at);
}

static bool read_repeated(struct reader *reader, const ProtobufCFieldDescriptor *field,
			  const json_t *json, ProtobufCMessage *message)
{
	size_t *count = (size_t *)(void *)((char *)message + field->quantifier_offset);
	size_t size = json__element_size(field->type), n = json_array_size(json);
	char *elements;
	bool good = true;

	if (!json_is_array(json))
		return fail(reader, "expected an array");
	if (n == 0)
		return true;
	elements = bus_calloc(n, size);
	memcpy((char *)message + field->offset, &elements, sizeof(elements));
	for (size_t i = 0; good && i < n; i++) {
		size_t before = enter(reader, "[%zu]", i);

		good = read_element(reader, field, AS_IT_IS, json_array_get(json, i),
				    elements + i * size);
		/* Only what was read is counted, and so is freed when a later one fails. */
		*count += good;
		leave(reader, before);
	}
	return good;
}

static bool read_oneof(struct reader *reader, const ProtobufCFieldDescriptor *field,
		       const json_t *json, ProtobufCMessage *message)
{
	uint32_t *set = (uint32_t *)(void *)((char *)message + field->quantifier_offset);

	if (*set)
		return fail(reader, "another member of the same oneof is given too");
	if (!read_element(reader, field, AS_IT_IS, json, (char *)message + field->offset))
		return false;
	*set = field->id;
	return true;
}

static bool read_field(struct reader *reader, const char *name, const json_t *json,
		       ProtobufCMessage *message, bool *seen)
{
	enum notation notation;
	const ProtobufCFieldDescriptor *field = find_field(message->descriptor, name, &notation);

	if (!field)
		return fail(reader, "%s has no such field", message->descriptor->name);
	if (seen[field - message->descriptor->fields])
		return fail(reader, "%s is given twice", field->name);
	seen[field - message->descriptor->fields] = true;
	if (json_is_null(json))
		return true;
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return read_repeated(reader, field, json, message);
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return read_oneof(reader, field, json, message);
	return read_element(reader, field, notation, json, (char *)message + field->offset);
}

static bool read_fields(struct reader *reader, const json_t *json, ProtobufCMessage *message)
{
	bool *seen = bus_calloc(message->descriptor->n_fields + 1, sizeof(*seen));
	const char *name;
	json_t *value;
	bool good = true;

	json_object_foreach((json_t *)json, name, value)
	{
		size_t before = enter(reader, "%s%.100s", reader->path_len ? "." : "", name);

		good = read_field(reader, name, value, message, seen);
		leave(reader, before);
		if (!good)
			break;
	}
	free(seen);
	return good;
}

static ProtobufCMessage *read_message(struct reader *reader, const ProtobufCMessageDescriptor *type,
				      const json_t *json)
{
	ProtobufCMessage *message;
	bool good;

	if (!json_is_object(json)) {
		fail(reader, "expected an object (%s)", type->name);
		return NULL;
	}
	if (reader->depth == DEPTH_MAX) {
		fail(reader, "nested too deeply");
		return NULL;
	}
	message = bus_calloc(1, type->sizeof_message);
	type->message_init(message);
	reader->depth++;
	good = read_fields(reader, json, message);
	reader->depth--;
	if (!good) {
		protobuf_c_message_free_unpacked(message, NULL);
		return NULL;
	}
	return message;
}

ProtobufCMessage *json_to_message(const ProtobufCMessageDescriptor *type, const json_t *json,
				  char *why, size_t why_size)
{
	struct reader reader = { .why = why, .why_size = why_size };

	return read_message(&reader, type, json);
}
