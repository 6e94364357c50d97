/*
 * 128-bit identifiers, written as lower-case UUID text (36 characters) wherever a person may see
 * them: on topics, in JSON, in logs.
 */
#ifndef BUS_ID_H
#define BUS_ID_H

#include <stdbool.h>
#include <string.h>

#include "bus/base.h"

#define BUS_ID_TEXT 37 /* with its NUL */

struct bus_id {
	uint8_t b[16];
};

static inline bool bus_id_equal(struct bus_id a, struct bus_id b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

/* Parses 36 characters, either case; false when it is anything else. */
bool bus_id_parse(const char *text, size_t len, struct bus_id *out) BUS_MUST_CHECK;
/* Writes 36 characters and a NUL into buf[BUS_ID_TEXT]. Returns buf. */
char *bus_id_format(struct bus_id id, char *buf);

/* A random UUID (version 4, RFC 9562). For edges and tools only: never inside decide. */
struct bus_id bus_id_random(void);

/*
 * The id of what a command makes: the first 128 bits of SHA-256 over the three strings, each ended
 * by a NUL, shaped as UUID version 8 (RFC 9562). Since the key is part of it, no account can take
 * another's ids, even by using its ce_id again. `processor` is a name such as "desk".
 */
struct bus_id bus_id_derive(const char *processor, struct bus_bytes key, struct bus_bytes ce_id);

/*
 * The id of the n-th thing that one step makes: the same hash over (processor, partition, journal
 * sequence, n) as decimal text.
 */
struct bus_id bus_id_derive_step(const char *processor, int32_t partition, int64_t sequence,
				 int32_t n);

#endif
