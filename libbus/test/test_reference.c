/* Snapshots in memory: the latest of a key counts, whatever the order in which they arrive. */
#include "reference.h"

#include <string.h>

#include "bourse/sample/v1/sample.pb-c.h"
#include "suite.h"

static const struct bus_reference_topic topics[] = {
	{ "count.latest", &bourse__sample__v1__copied__descriptor },
	{ "count.other", &bourse__sample__v1__copied__descriptor },
	{ NULL },
};

static struct bus_references references;
static struct bus_input input;

static void setup(void)
{
	bus__references_init(&references, topics);
	memset(&input, 0, sizeof(input));
	input.references = &references;
}

static void teardown(void)
{
	bus__references_release(&references);
}

static int put(const char *key, int64_t epoch, int64_t sequence, int64_t total)
{
	Bourse__Sample__V1__Copied copied = BOURSE__SAMPLE__V1__COPIED__INIT;
	uint8_t value[64];

	copied.total = total;
	return bus__references_put(
		&references, 0, bus_bytes(key, strlen(key)), epoch, sequence,
		bus_bytes(value, bourse__sample__v1__copied__pack(&copied, value)));
}

/* The total of the snapshot, or -1 without one. */
static int64_t total(const char *topic, const char *key)
{
	const Bourse__Sample__V1__Copied *copied = bus_reference(&input, topic, key);

	return copied ? copied->total : -1;
}

static const struct {
	int64_t epoch, sequence;
	bool newer; /* than epoch 3, sequence 50 */
} orders[] = {
	{ 3, 51, true },  { 3, 50, true }, /* said again */ { 3, 49, false },
	{ 2, 99, false }, { 4, 51, true }, { 4, 1, true },
};

START_TEST(latest_counts)
{
	ck_assert_int_eq(put("a", 3, 50, 7), 0);
	ck_assert_int_eq(put("a", orders[_i].epoch, orders[_i].sequence, 8), 0);
	ck_assert_int_eq(total("count.latest", "a"), orders[_i].newer ? 8 : 7);
}
END_TEST

START_TEST(keys_and_topics_apart)
{
	ck_assert_int_eq(total("count.latest", "a"), -1);
	ck_assert_int_eq(put("a", 1, 1, 7), 0);
	ck_assert_int_eq(put("ab", 1, 1, 8), 0);
	ck_assert_int_eq(total("count.latest", "a"), 7);
	ck_assert_int_eq(total("count.latest", "ab"), 8);
	ck_assert_int_eq(total("count.other", "a"), -1);
	ck_assert_uint_eq(bus__references_size(&references), 2);
}
END_TEST

START_TEST(tombstone_removes)
{
	ck_assert_int_eq(put("a", 1, 1, 7), 0);
	ck_assert_int_eq(
		bus__references_put(&references, 0, bus_bytes("a", 1), 1, 2, bus_bytes(NULL, 0)),
		0);
	ck_assert_int_eq(total("count.latest", "a"), -1);
	ck_assert_int_eq(put("a", 1, 1, 7), 0); /* older than the tombstone */
	ck_assert_int_eq(total("count.latest", "a"), -1);
	ck_assert_int_eq(put("a", 1, 3, 9), 0);
	ck_assert_int_eq(total("count.latest", "a"), 9);
}
END_TEST

START_TEST(undecodable_changes_nothing)
{
	ck_assert_int_eq(put("a", 1, 1, 7), 0);
	ck_assert_int_eq(
		bus__references_put(&references, 0, bus_bytes("a", 1), 1, 2, bus_bytes("\xff", 1)),
		BUS_ERR_UNDECODABLE);
	ck_assert_int_eq(total("count.latest", "a"), 7);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reference");
	TCase *t = tcase_create("reference");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, latest_counts, 0, BUS_ARRAY_LEN(orders));
	tcase_add_test(t, keys_and_topics_apart);
	tcase_add_test(t, tombstone_removes);
	tcase_add_test(t, undecodable_changes_nothing);
	suite_add_tcase(s, t);
	return suite_run(s);
}
