/*
 * The vectors of Kafka's own UtilsTest for Murmur2, and the published ones of FNV-1a.
 */
#include "bus/hash.h"

#include <string.h>

#include "suite.h"

static const struct {
	const char *key;
	int32_t hash;
} murmur[] = {
	{ "21", -973932308 },
	{ "foobar", -790332482 },
	{ "a-little-bit-long-string", -985981536 },
	{ "a-little-bit-longer-string", -1486304829 },
	{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
	{ "abc", 479470107 },
};

START_TEST(murmur2_as_java)
{
	struct bus_bytes key = bus_bytes(murmur[_i].key, strlen(murmur[_i].key));
	uint32_t expected = (uint32_t)murmur[_i].hash;

	ck_assert_uint_eq(bus_murmur2(key), expected);
	ck_assert_int_eq(bus_partition(key, 7), (int32_t)(expected & 0x7fffffff) % 7);
}
END_TEST

/* Keys in memory of exactly their size, at every length: nothing behind the end is read. */
START_TEST(reads_no_further)
{
	for (size_t len = 0; len < 20; len++) {
		uint8_t *key = malloc(len ? len : 1);
		uint32_t hash;

		memset(key, 0xe9, len);
		hash = bus_murmur2(bus_bytes(key, len));
		memset(key, 0xe8, len);
		ck_assert_int_eq(hash == bus_murmur2(bus_bytes(key, len)), len == 0);
		free(key);
	}
}
END_TEST

START_TEST(partitions_are_in_range)
{
	for (int32_t i = 0; i < 10000; i++) {
		int32_t count = i % 50 + 1;
		int32_t partition = bus_partition(bus_bytes(&i, sizeof(i)), count);

		ck_assert_int_ge(partition, 0);
		ck_assert_int_lt(partition, count);
	}
}
END_TEST

START_TEST(fnv1a)
{
	ck_assert_uint_eq(bus_hash64(BUS_HASH_SEED, bus_bytes(NULL, 0)), 0xcbf29ce484222325);
	ck_assert_uint_eq(bus_hash64(BUS_HASH_SEED, bus_bytes("a", 1)), 0xaf63dc4c8601ec8c);
	ck_assert_uint_eq(bus_hash64(BUS_HASH_SEED, bus_bytes("foobar", 6)), 0x85944171f73967e8);
	ck_assert_uint_eq(
		bus_hash64(bus_hash64(BUS_HASH_SEED, bus_bytes("foo", 3)), bus_bytes("bar", 3)),
		0x85944171f73967e8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash");
	TCase *tcase = tcase_create("hash");

	tcase_add_loop_test(tcase, murmur2_as_java, 0, BUS_ARRAY_LEN(murmur));
	tcase_add_test(tcase, reads_no_further);
	tcase_add_test(tcase, partitions_are_in_range);
	tcase_add_test(tcase, fnv1a);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
