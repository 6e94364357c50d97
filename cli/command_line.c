/* Everything of a line is checked before anything of it is sent. */
#include "command_line.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/processor.h"
#include "bus/time.h"
#include "json.h"

/* The members of a line; borrowed from its JSON, NULL when not given. */
struct members {
	const char *topic, *type, *id, *time;
	const json_t *message;
};

static bool take_text(const char **out, const char *name, const json_t *value, char *why,
		      size_t why_size)
{
	if (!json_is_string(value) || json_string_length(value) == 0 ||
	    strlen(json_string_value(value)) != json_string_length(value)) {
		snprintf(why, why_size, "%s: expected text", name);
		return false;
	}
	*out = json_string_value(value);
	return true;
}

static bool take_members(json_t *json, struct members *out, char *why, size_t why_size)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json)) {
		snprintf(why, why_size, "expected an object with type and message");
		return false;
	}
	json_object_foreach(json, name, value)
	{
		const char **text = strcmp(name, "topic") == 0	? &out->topic
				    : strcmp(name, "type") == 0 ? &out->type
				    : strcmp(name, "id") == 0	? &out->id
				    : strcmp(name, "time") == 0 ? &out->time
								: NULL;

		if (text) {
			if (!take_text(text, name, value, why, why_size))
				return false;
		} else if (strcmp(name, "message") == 0) {
			out->message = value;
		} else {
			snprintf(why, why_size,
				 "'%.64s' is none of topic, type, id, time and message", name);
			return false;
		}
	}
	if (!out->type || !out->message) {
		snprintf(why, why_size, "%s is missing", out->type ? "message" : "type");
		return false;
	}
	return true;
}

static bool find_type(const struct members *members, const char *default_topic,
		      struct command_line *out, char *why, size_t why_size)
{
	const char *topic = members->topic ? members->topic : default_topic;

	out->type = type_find_command(members->type);
	if (!out->type)
		out->type = type_find(bus_bytes(members->type, strlen(members->type)));
	if (!out->type) {
		snprintf(why, why_size, "there is no type '%.128s'", members->type);
		return false;
	}
	if (!topic && !type_is_command(out->type)) {
		snprintf(why, why_size, "%s is no command: only its processor writes it",
			 out->type->message->name);
		return false;
	}
	if (!topic)
		topic = out->type->topic;
	if ((size_t)snprintf(out->topic, sizeof(out->topic), "%s", topic) >= sizeof(out->topic)) {
		snprintf(why, why_size, "the topic's name is too long");
		return false;
	}
	return true;
}

static bool find_headers(const struct members *members, struct command_line *out, char *why,
			 size_t why_size)
{
	struct bus_id id = bus_id_random();

	if (members->id && !bus_id_parse(members->id, strlen(members->id), &id)) {
		snprintf(why, why_size, "id: '%.64s' is no UUID", members->id);
		return false;
	}
	bus_id_format(id, out->id);
	if (members->time && !bus_time_parse(members->time, strlen(members->time), &out->time)) {
		snprintf(why, why_size, "time: '%.64s' is not a time such as 2012-06-21T13:30:00Z",
			 members->time);
		return false;
	}
	return true;
}

static bool find_key(const ProtobufCMessage *message, struct command_line *out, char *why,
		     size_t why_size)
{
	const char *key = type_key(out->type, message);

	if (!out->type->key_field || !*key) {
		snprintf(why, why_size, "message: %s is missing, the key of the record",
			 out->type->key_field ? out->type->key_field : "a field for the key");
		return false;
	}
	static_assert(sizeof(out->key) == BUS_KEY_MAX + 1, "room for the longest key");
	if (strlen(key) > BUS_KEY_MAX) {
		snprintf(why, why_size, "message: %s is longer than %d bytes", out->type->key_field,
			 BUS_KEY_MAX);
		return false;
	}
	memcpy(out->key, key, strlen(key) + 1);
	return true;
}

static bool pack(const ProtobufCMessage *message, struct command_line *out, char *why,
		 size_t why_size)
{
	out->value_len = protobuf_c_message_get_packed_size(message);
	if (out->value_len > COMMAND_BYTES_MAX) {
		snprintf(why, why_size, "message: %zu bytes, no topic takes more than %d",
			 out->value_len, COMMAND_BYTES_MAX);
		return false;
	}
	out->value = bus_malloc(out->value_len + 1);
	protobuf_c_message_pack(message, out->value);
	return true;
}

static bool parse_members(const struct members *members, const char *default_topic,
			  struct command_line *out, char *why, size_t why_size)
{
	ProtobufCMessage *message;
	char place[256];
	bool good;

	if (!find_type(members, default_topic, out, why, why_size) ||
	    !find_headers(members, out, why, why_size))
		return false;
	message = json_to_message(out->type->message, members->message, place, sizeof(place));
	if (!message) {
		snprintf(why, why_size, "message: %s", place);
		return false;
	}
	good = find_key(message, out, why, why_size) && pack(message, out, why, why_size);
	protobuf_c_message_free_unpacked(message, NULL);
	return good;
}

bool command_line_parse(const char *text, size_t len, const char *default_topic,
			struct command_line *out, char *why, size_t why_size)
{
	struct members members = { 0 };
	json_error_t error;
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	bool good;

	*out = (struct command_line){ 0 };
	if (!json) {
		snprintf(why, why_size, "not JSON: column %d: %s", error.column, error.text);
		return false;
	}
	good = take_members(json, &members, why, why_size) &&
	       parse_members(&members, default_topic, out, why, why_size);
	json_decref(json);
	return good;
}

void command_line_release(struct command_line *line)
{
	free(line->value);
	line->value = NULL;
}
