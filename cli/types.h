/*
 * Every message that may be the value of a record: which topic it is on, and which of its fields is
 * the record's key.
 */
#ifndef CLI_TYPES_H
#define CLI_TYPES_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "bus/base.h"

struct type {
	const ProtobufCMessageDescriptor *message; /* its full name is the ce_type */
	const char *topic;			   /* NULL: on every topic (the opening record) */
	const char *key_field;			   /* NULL: the key is not in the message (steps) */
};

extern const struct type types[];
extern const size_t types_count;

/* By full name: "bourse.orders.v1.PlaceOrder". NULL when no record has it. */
const struct type *type_find(struct bus_bytes name);
/* A command that anybody may send, by full name or by its last word: "PlaceOrder". */
const struct type *type_find_command(const char *name);
/* True when anybody may send it: it belongs on a topic of commands. */
bool type_is_command(const struct type *type);

/* The text in the message's key field; "" when it is not given. Borrows the message. */
const char *type_key(const struct type *type, const ProtobufCMessage *message);

/*
 * The n-th fact of a step, and the number of its facts; NULL for one of a later version, and for a
 * message that is no step.
 */
size_t type_fact_count(const ProtobufCMessage *message);
const ProtobufCMessage *type_fact(const ProtobufCMessage *message, size_t n);

/* True when `name` is the full name of `message` or its last word. */
bool type_named(const ProtobufCMessageDescriptor *message, const char *name);

/* Returns owned (protobuf_c_message_free_unpacked), or NULL when the value is not of that type. */
ProtobufCMessage *type_unpack(const struct type *type, struct bus_bytes value);

#endif
