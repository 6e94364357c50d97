/*
 * Protobuf by reflection: what the library does to messages whose types it does not know. All
 * memory comes from the caller's arena.
 */
#ifndef BUS_WIRE_H
#define BUS_WIRE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "bourse/bus/v1/bus.pb-c.h"
#include "bus/arena.h"
#include "bus/base.h"

/* The shape of a journal: XEvents { meta = 1; repeated XEvent events = 2 { oneof } }. */
struct bus__journal_type {
	const ProtobufCMessageDescriptor *step;
	const ProtobufCFieldDescriptor *meta;
	const ProtobufCFieldDescriptor *events;
	const ProtobufCMessageDescriptor *event;
};

/* bus_assert()s that the descriptor has that shape. */
void bus__journal_type_init(struct bus__journal_type *type, const ProtobufCMessageDescriptor *step);
/* The oneof member whose message is `fact`, or NULL. */
const ProtobufCFieldDescriptor *bus__journal_member(const struct bus__journal_type *type,
						    const ProtobufCMessageDescriptor *fact);

/* Unpacks into the arena; NULL when it is not a message of that type. */
ProtobufCMessage *bus__unpack(const ProtobufCMessageDescriptor *type, struct bus_bytes value,
			      struct bus_arena *arena);
/* Packs into the arena. */
struct bus_bytes bus__pack(const ProtobufCMessage *message, struct bus_arena *arena);

/* Valid UTF-8 (RFC 3629) up to its NUL. */
bool bus__text_valid(const char *text);
/* Every string of the message and of those within it is valid UTF-8. */
bool bus__strings_valid(const ProtobufCMessage *message);

/* The string field `name` of a message type, or NULL when there is none of that kind. */
const ProtobufCFieldDescriptor *bus__string_field(const ProtobufCMessageDescriptor *type,
						  const char *name);
const char *bus__string_value(const ProtobufCMessage *message,
			      const ProtobufCFieldDescriptor *field);

/* An XEvent that holds `fact` as its member `field`. */
ProtobufCMessage *bus__event_wrap(const struct bus__journal_type *type,
				  const ProtobufCFieldDescriptor *field, void *fact,
				  struct bus_arena *arena);
/* The member that an XEvent holds, or NULL when it holds one that we do not know. */
const ProtobufCFieldDescriptor *bus__event_unwrap(const struct bus__journal_type *type,
						  const ProtobufCMessage *event,
						  const ProtobufCMessage **fact);

/* A whole step out of its parts, packed. */
struct bus_bytes bus__step_pack(const struct bus__journal_type *type,
				Bourse__Bus__V1__StepMeta *meta, ProtobufCMessage **events,
				size_t count, struct bus_arena *arena);
/* The parts of an unpacked step; *meta may be NULL when it has none. */
void bus__step_parts(const struct bus__journal_type *type, const ProtobufCMessage *step,
		     const Bourse__Bus__V1__StepMeta **meta, ProtobufCMessage ***events,
		     size_t *count);

/* The heading of a packed step, without its facts; NULL when it has none. */
const Bourse__Bus__V1__StepMeta *bus__step_meta(struct bus_bytes value, struct bus_arena *arena);

#endif
