/*
 * protobuf <-> JSON for any message, by its descriptor.
 *
 *  out  Fields by their proto name, those that are not given (0, "", false, empty) left out;
 * integers of 64 bits as plain integers (never floating point); enums by their full name, or as a
 * number where it has none; bytes as base64; of a oneof the member that is set. Text that is not
 * UTF-8 comes as
 *       {"base64": ...}. "@unknown_fields" counts what a later version has put in.
 *  in   The same, and more kindly: an enum with or without its prefix, in any case, or as a number;
 * an integer also as decimal text; for a field X_micros also X with decimal text ("585.40") or a
 *       whole number, and for X_at_micros also X_at with RFC 3339. A name that the message does not
 * have is an error, and so is a fraction that is not text.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "bus/base.h"

/* Returns owned. `all`: also the fields that are not given. */
json_t *json_of_message(const ProtobufCMessage *message, bool all);

/*
 * Returns owned (protobuf_c_message_free_unpacked with NULL), or NULL with the place and the reason
 * in `why`.
 */
ProtobufCMessage *json_to_message(const ProtobufCMessageDescriptor *type, const json_t *json,
				  char *why, size_t why_size);

/* Bytes that should be text: a JSON string, or {"base64": ...} when they are not UTF-8. */
json_t *json_of_text(struct bus_bytes text);
/* Bytes as a JSON string of base64. */
json_t *json_of_bytes(struct bus_bytes bytes);

/* One line on `out`; takes the value. */
void json_print_line(json_t *value, FILE *out);

/* Sizes of one element of a field in memory, for both directions. */
size_t json__element_size(ProtobufCType type);
/* The part of an enum's names before UNSPECIFIED: "SIDE_"; 0 when it has none. */
size_t json__enum_prefix(const ProtobufCEnumDescriptor *type);

#endif
