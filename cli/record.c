/* Decoding for people. What cannot be decoded is shown whole, as base64, with the reason. */
#include "record.h"

#include <string.h>

#include "json.h"

void record_decode(struct bus_bytes type, struct bus_bytes value, struct decoded *out)
{
	const struct type *found = type.data ? type_find(type) : NULL;

	*out = (struct decoded){ .value = value };
	if (!value.data)
		return;
	if (!found) {
		out->error = type.data ? "there is no such type" : "the record has no ce_type";
		return;
	}
	out->message = type_unpack(found, value);
	if (!out->message)
		out->error = "the value is not a message of its type";
}

void record_release(struct decoded *decoded)
{
	if (decoded->message)
		protobuf_c_message_free_unpacked(decoded->message, NULL);
	decoded->message = NULL;
}

void record_add(json_t *object, const struct decoded *decoded, bool all)
{
	if (decoded->message) {
		json_object_set_new(object, "message", json_of_message(decoded->message, all));
		return;
	}
	if (!decoded->value.data) {
		json_object_set_new(object, "message", json_null());
		return;
	}
	json_object_set_new(object, "value", json_of_bytes(decoded->value));
	json_object_set_new(object, "error", json_string(decoded->error));
}
