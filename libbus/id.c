/*
 * UUID text by table, and ids derived with SHA-256. A derived id is a pure function of its inputs,
 * so a retry, a replay and another instance all arrive at the same one.
 */
#include "bus/id.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

/* One more than the value of a hexadecimal digit; 0 is not one. */
static const uint8_t hex_value[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Where the two digits of each byte are in "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". */
static const uint8_t byte_at[16] = { 0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34 };

bool bus_id_parse(const char *text, size_t len, struct bus_id *out)
{
	const uint8_t *s = (const uint8_t *)text;
	struct bus_id id;
	bool good;

	if (!text || len != BUS_ID_TEXT - 1)
		return false;
	good = s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-';
	for (size_t i = 0; i < sizeof(id.b); i++) {
		uint8_t high = hex_value[s[byte_at[i]]], low = hex_value[s[byte_at[i] + 1]];

		good = good && high && low;
		id.b[i] = (uint8_t)((high - 1u) << 4 | (low - 1u));
	}
	if (good)
		*out = id;
	return good;
}

char *bus_id_format(struct bus_id id, char *buf)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(id.b); i++) {
		buf[byte_at[i]] = hex[id.b[i] >> 4];
		buf[byte_at[i] + 1] = hex[id.b[i] & 15];
	}
	buf[8] = buf[13] = buf[18] = buf[23] = '-';
	buf[BUS_ID_TEXT - 1] = '\0';
	return buf;
}

/* Sets the version and the variant of RFC 9562. */
static struct bus_id shape(struct bus_id id, uint8_t version)
{
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | version << 4);
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	return id;
}

struct bus_id bus_id_random(void)
{
	struct bus_id id;

	bus_assert(RAND_bytes(id.b, sizeof(id.b)) == 1);
	return shape(id, 4);
}

static struct bus_id from_hash(const uint8_t *data, size_t len)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	struct bus_id id;

	bus_assert(SHA256(data, len, hash));
	memcpy(id.b, hash, sizeof(id.b));
	return shape(id, 8);
}

static uint8_t *put_string(uint8_t *p, const void *data, size_t len)
{
	if (len)
		memcpy(p, data, len);
	p[len] = '\0';
	return p + len + 1;
}

struct bus_id bus_id_derive(const char *processor, struct bus_bytes key, struct bus_bytes ce_id)
{
	uint8_t small[512], *text = small, *p;
	size_t processor_len = strlen(processor);
	size_t len = processor_len + key.len + ce_id.len + 3;
	struct bus_id id;

	if (len > sizeof(small))
		text = bus_malloc(len);
	p = put_string(text, processor, processor_len);
	p = put_string(p, key.data, key.len);
	put_string(p, ce_id.data, ce_id.len);
	id = from_hash(text, len);
	if (text != small)
		free(text);
	return id;
}

struct bus_id bus_id_derive_step(const char *processor, int32_t partition, int64_t sequence,
				 int32_t n)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "%s%c%" PRId32 "%c%" PRId64 "%c%" PRId32, processor,
			   '\0', partition, '\0', sequence, '\0', n);

	bus_assert(len > 0 && (size_t)len < sizeof(text));
	return from_hash((const uint8_t *)text, (size_t)len + 1);
}
