/* protobuf -> JSON. None of our messages has floating point or unsigned numbers (a test holds
 * that). */
#include "json.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

size_t json__element_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int32_t);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return sizeof(int64_t);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		break;
	}
	bus_assert(!"a type of field that Bourse uses");
	return 0;
}

size_t json__enum_prefix(const ProtobufCEnumDescriptor *type)
{
	static const char zero[] = "UNSPECIFIED";
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, 0);
	size_t len = value ? strlen(value->name) : 0;

	if (len <= sizeof(zero) - 1 || strcmp(value->name + len - (sizeof(zero) - 1), zero) != 0)
		return 0;
	return len - (sizeof(zero) - 1);
}

json_t *json_of_bytes(struct bus_bytes bytes)
{
	char *text;
	json_t *json;

	bus_assert(bytes.len < INT32_MAX);
	text = bus_malloc((bytes.len + 2) / 3 * 4 + 1);
	EVP_EncodeBlock((unsigned char *)text, bytes.data, (int)bytes.len);
	json = json_string(text);
	free(text);
	bus_assert(json);
	return json;
}

json_t *json_of_text(struct bus_bytes text)
{
	json_t *json = NULL;

	if (text.len == 0)
		return json_string("");
	json = json_stringn((const char *)text.data, text.len);
	return json ? json : json_pack("{s:o}", "base64", json_of_bytes(text));
}

static json_t *of_enum(const ProtobufCEnumDescriptor *type, int32_t number)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);

	return value ? json_string(value->name) : json_integer(number);
}

static json_t *of_string(const char *text)
{
	return json_of_text(bus_bytes(text, text ? strlen(text) : 0));
}

static json_t *of_element(const ProtobufCFieldDescriptor *field, const void *at, bool all)
{
	switch (json__element_size(field->type)) {
	case sizeof(int32_t):
		if (field->type == PROTOBUF_C_TYPE_ENUM)
			return of_enum(field->descriptor, *(const int32_t *)at);
		if (field->type == PROTOBUF_C_TYPE_BOOL)
			return json_boolean(*(const protobuf_c_boolean *)at);
		return json_integer(*(const int32_t *)at);
	case sizeof(ProtobufCBinaryData): {
		const ProtobufCBinaryData *data = at;

		return json_of_bytes(bus_bytes(data->data, data->len));
	}
	}
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return of_string(*(char *const *)at);
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return json_of_message(*(const ProtobufCMessage *const *)at, all);
	return json_integer(*(const int64_t *)at);
}

static bool is_zero(const ProtobufCFieldDescriptor *field, const void *at)
{
	if (field->type == PROTOBUF_C_TYPE_STRING) {
		const char *text = *(char *const *)at;

		return !text || !*text;
	}
	if (field->type == PROTOBUF_C_TYPE_BYTES)
		return ((const ProtobufCBinaryData *)at)->len == 0;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return !*(const ProtobufCMessage *const *)at;
	if (json__element_size(field->type) == sizeof(int32_t))
		return *(const int32_t *)at == 0;
	return *(const int64_t *)at == 0;
}

/* Whether a field that is not repeated stands in the JSON. */
static bool shown(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
		  const void *at, bool all)
{
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)((const char *)message + field->quantifier_offset) ==
		       field->id;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(const ProtobufCMessage *const *)at != NULL;
	return all || !is_zero(field, at);
}

static json_t *of_repeated(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
			   bool all)
{
	size_t count = *(const size_t *)((const char *)message + field->quantifier_offset);
	const char *elements = *(char *const *)((const char *)message + field->offset);
	json_t *array;

	if (count == 0 && !all)
		return NULL;
	array = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			array,
			of_element(field, elements + i * json__element_size(field->type), all));
	return array;
}

json_t *json_of_message(const ProtobufCMessage *message, bool all)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;
	json_t *object = json_object();

	for (unsigned i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];
		const void *at = (const char *)message + field->offset;
		json_t *value = NULL;

		if (field->label == PROTOBUF_C_LABEL_REPEATED)
			value = of_repeated(message, field, all);
		else if (shown(message, field, at, all))
			value = of_element(field, at, all);
		if (value)
			json_object_set_new(object, field->name, value);
	}
	if (message->n_unknown_fields)
		json_object_set_new(object, "@unknown_fields",
				    json_integer(message->n_unknown_fields));
	return object;
}

void json_print_line(json_t *value, FILE *out)
{
	json_dumpf(value, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(value);
}
