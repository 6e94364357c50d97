/*
 * Murmur2 as the Java client of Kafka computes it (32 bits, little endian, its own seed), and
 * FNV-1a. Both are part of the contract with other languages: they never change.
 */
#include "bus/hash.h"

#define MURMUR2_SEED UINT32_C(0x9747b28c)
#define MURMUR2_M    UINT32_C(0x5bd1e995)
#define MURMUR2_R    24
#define FNV_PRIME    UINT64_C(0x100000001b3)

static uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t bus_murmur2(struct bus_bytes key)
{
	const uint8_t *p = key.data;
	size_t left = key.len;
	uint32_t h = MURMUR2_SEED ^ (uint32_t)key.len, tail = 0;

	for (; left >= 4; p += 4, left -= 4) {
		uint32_t k = load_le32(p) * MURMUR2_M;

		k ^= k >> MURMUR2_R;
		h = (h * MURMUR2_M) ^ (k * MURMUR2_M);
	}
	for (size_t i = 0; i < left; i++)
		tail |= (uint32_t)p[i] << (8 * i);
	if (left)
		h = (h ^ tail) * MURMUR2_M;
	h ^= h >> 13;
	h *= MURMUR2_M;
	return h ^ h >> 15;
}

int32_t bus_partition(struct bus_bytes key, int32_t partition_count)
{
	bus_assert(partition_count > 0);
	return (int32_t)(bus_murmur2(key) & INT32_MAX) % partition_count;
}

uint64_t bus_hash64(uint64_t seed, struct bus_bytes data)
{
	for (size_t i = 0; i < data.len; i++)
		seed = (seed ^ data.data[i]) * FNV_PRIME;
	return seed;
}
