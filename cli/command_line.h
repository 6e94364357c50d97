/*
 * A line of `bourse send`: one command as JSON, checked and packed, ready for its topic.
 *
 *	{"topic": "orders.commands", "type": "bourse.orders.v1.PlaceOrder", "id": "<uuid>",
 *	 "time": "2012-06-21T13:30:00Z", "message": {...}}
 *
 * The type may be its last word alone, the topic follows from it; without an id a fresh one is
 *made.
 */
#ifndef CLI_COMMAND_LINE_H
#define CLI_COMMAND_LINE_H

#include <stdbool.h>

#include "bus/id.h"
#include "types.h"

#define COMMAND_BYTES_MAX                                                                          \
	(8 * 1024 * 1024 - 1024) /* of a value: the topics take 8 MiB with headers */

struct command_line {
	const struct type *type;
	char topic[256];
	char id[BUS_ID_TEXT];
	int64_t time;	/* micros; 0: not given */
	char key[129];	/* BUS_KEY_MAX and its NUL */
	uint8_t *value; /* owned */
	size_t value_len;
};

/*
 * default_topic: for lines that name none; NULL: the one of the type. False with the reason in
 * `why`; then nothing has to be released.
 */
bool command_line_parse(const char *text, size_t len, const char *default_topic,
			struct command_line *out, char *why, size_t why_size) BUS_MUST_CHECK;
void command_line_release(struct command_line *line);

#endif
