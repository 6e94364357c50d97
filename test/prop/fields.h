/*
 * The fields of a message by their names: the checks of the property tests read a few of them of
 * very many messages.
 */
#ifndef PROP_FIELDS_H
#define PROP_FIELDS_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline const void *field_at(const ProtobufCMessage *message, const char *name,
				   ProtobufCType *type)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);

	if (field == NULL || field->label == PROTOBUF_C_LABEL_REPEATED)
		return NULL;
	*type = field->type;
	return (const char *)message + field->offset;
}

static inline bool has_field(const ProtobufCMessage *message, const char *name)
{
	ProtobufCType type;

	return field_at(message, name, &type) != NULL;
}

/* A number, a truth value or an enum; 0 where there is no such field. */
static inline int64_t number_in(const ProtobufCMessage *message, const char *name)
{
	ProtobufCType type = PROTOBUF_C_TYPE_INT64;
	const void *at = field_at(message, name, &type);
	int64_t wide = 0;
	int32_t narrow = 0;

	if (at == NULL)
		return 0;
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
		memcpy(&wide, at, sizeof(wide));
		return wide;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_ENUM:
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	default:
		return 0;
	}
}

/* "" where there is none. */
static inline const char *text_in(const ProtobufCMessage *message, const char *name)
{
	ProtobufCType type = PROTOBUF_C_TYPE_INT64;
	const void *at = field_at(message, name, &type);
	const char *text = NULL;

	if (at == NULL || type != PROTOBUF_C_TYPE_STRING)
		return "";
	memcpy(&text, at, sizeof(text));
	return text != NULL ? text : "";
}

static inline bool named(const ProtobufCMessage *message, const char *short_name)
{
	return strcmp(message->descriptor->short_name, short_name) == 0;
}

#endif
