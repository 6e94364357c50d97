/*
 * The fields of a protobuf message straight from its bytes, without unpacking: for readers that
 * look at three fields of a hundred thousand messages a second. Every length is checked.
 */
#ifndef CLI_PB_H
#define CLI_PB_H

#include <stdbool.h>

#include "bus/base.h"

/* Begin with { value, false }. */
struct pb {
	struct bus_bytes rest; /* borrowed */
	bool broken;	       /* the bytes are no message */
};

struct pb_field {
	uint32_t number;
	int64_t integer;	/* of a varint; 0 otherwise */
	struct bus_bytes bytes; /* of text, bytes and messages; data NULL otherwise */
};

/* The next field; false at the end, and when the bytes are no message. */
bool pb_next(struct pb *pb, struct pb_field *field);

/* The last field of that number, as integer or as bytes; 0 or {NULL, 0} when it is not given. */
int64_t pb_integer(struct bus_bytes message, uint32_t number);
struct bus_bytes pb_bytes(struct bus_bytes message, uint32_t number);

/* The steps of all journals look alike (bourse.bus.v1.StepMeta). */
struct pb_step {
	struct bus_bytes cause_topic, cause_id;
	int32_t cause_partition;
	int64_t cause_offset;
	int64_t now;
	struct pb events; /* pb_fact() takes the next one */
};

/* One fact of a step: the number of the oneof's member (0: a later version's), and its message. */
struct pb_fact {
	uint32_t type;
	struct bus_bytes message;
};

/* False when the bytes are no step. */
bool pb_step(struct bus_bytes value, struct pb_step *step) BUS_MUST_CHECK;
bool pb_fact(struct pb_step *step, struct pb_fact *fact);

bool pb_text_is(struct bus_bytes text, const char *what);

#endif
