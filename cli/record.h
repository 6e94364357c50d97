/* The value of a record as people see it: the message, or the bytes and why they are none. */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <jansson.h>

#include "types.h"

struct decoded {
	struct bus_bytes value;	   /* borrowed; data NULL: there is none (a deletion) */
	ProtobufCMessage *message; /* owned; NULL when it cannot be decoded */
	const char *error;	   /* why; NULL when it can */
};

/* `type` is the ce_type of the record. */
void record_decode(struct bus_bytes type, struct bus_bytes value, struct decoded *out);
void record_release(struct decoded *decoded);

/* Adds "message", or "value" (base64) and "error". `all`: also fields that are not given. */
void record_add(json_t *object, const struct decoded *decoded, bool all);

#endif
