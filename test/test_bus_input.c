/*
 * What arrives: commands twice, forged or unreadable, and messages of one of our own processors
 * that are repeated, void, out of order, missing, foreign or inapplicable. Each has its visible
 * outcome, and nobody else is disturbed. The test plays /sample/feeder.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bourse/sample/v1/sample.pb-c.h"
#include "bus/id.h"
#include "lib/bus_sample.h"

static struct world world;

static void suite_begins(void)
{
	setenv("BOURSE_GAP_TIMEOUT", "2s", 1);
	setenv("BOURSE_SESSION_TIMEOUT", "2s", 1);
	world_up(&world, "input", "--sample");
	sample_topics(&world);
	world_stack(&world, "start sample --migrate");
	world_close(&world);
}

static void suite_ends(void)
{
	world_down(&world);
}

/* Whatever a case did, the whole story holds, and a neighbour is served. */
static void case_ends(void)
{
	int64_t neighbour = sample_tally(&world, "neighbour");

	sample_add(&world, "neighbour", 1, NULL);
	world_flush(&world, 20);
	(void)sample_audit(&world);
	ck_assert_int_eq(sample_tally(&world, "neighbour"), neighbour + 1);
	world_close(&world);
}

static int64_t count(const char *table, const char *where)
{
	return world_number(&world, SAMPLE_DB, "select count(*) from %s where %s", table, where);
}

/* ---- commands ---- */

/* A ce_id that is sent again, at once, in another batch and after a restart, has one effect. */
START_TEST(same_id_twice)
{
	char id[BUS_ID_TEXT];

	bus_id_format(bus_id_random(), id);
	sample_add(&world, "twice", 5, id);
	sample_add(&world, "twice", 5, id);
	sample_add(&world, "other", 7, id); /* another key's id is another command */
	world_flush(&world, 20);
	WORLD_UNTIL(20, sample_quiet(&world));
	sample_add(&world, "twice", 5, id);
	world_flush(&world, 20);
	WORLD_UNTIL(20, sample_quiet(&world));
	world_stack(&world, "stop sample");
	world_stack(&world, "start sample");
	sample_add(&world, "twice", 5, id);
	world_flush(&world, 20);
	WORLD_UNTIL(20, sample_quiet(&world));
	ck_assert_int_eq(sample_tally(&world, "twice"), 5);
	ck_assert_int_eq(sample_tally(&world, "other"), 7);
}
END_TEST

static size_t pack_add(uint8_t *out, const char *key, int64_t amount)
{
	Bourse__Sample__V1__Add add = BOURSE__SAMPLE__V1__ADD__INIT;

	add.tally_id = (char *)(uintptr_t)key;
	add.amount = amount;
	return bourse__sample__v1__add__pack(&add, out);
}

/* One way to send a bad command: NULL leaves out the header. */
static const struct bad {
	const char *cause;
	const char *key, *in_body;
	const char *type, *id;
	const char *raw; /* instead of a packed Add */
	int shift;	 /* of the partition, off the right one */
	size_t size;	 /* padded to that many bytes */
} bad[] = {
	{ "NO_KEY", NULL, "bad", "bourse.sample.v1.Add", "" },
	{ "NO_KEY", "bad\xff", "bad", "bourse.sample.v1.Add", "" },
	{ "NO_TYPE", "bad", "bad", NULL, "" },
	{ "NO_ID", "bad", "bad", "bourse.sample.v1.Add", NULL },
	{ "NO_ID", "bad", "bad", "bourse.sample.v1.Add", "not-a-uuid" },
	{ "UNKNOWN_TYPE", "bad", "bad", "bourse.sample.v1.Subtract", "" },
	{ "UNKNOWN_TYPE", "bad", "bad", "bourse.sample.v1.Fed", "" }, /* not on this topic */
	{ "UNDECODABLE", "bad", "bad", "bourse.sample.v1.Add", "", "\xff\xff\xff\xff" },
	{ "INVALID", "bad", "bad", "bourse.sample.v1.Add", "",
	  "\x0a\x03"
	  "a\xc3\x28" },
	{ "WRONG_KEY", "bad", "good", "bourse.sample.v1.Add", "" },
	{ "WRONG_PARTITION", "bad", "bad", "bourse.sample.v1.Add", "", NULL, 1 },
	{ "TOO_LARGE", "bad", "bad", "bourse.sample.v1.Add", "", NULL, 0, (1 << 20) + 1 },
	{ "OVERFLOW", "full", "full", "bourse.sample.v1.Add", "" },
};

static void send_bad(const struct bad *b)
{
	struct world_header headers[2];
	size_t size = b->size ? b->size : 256, header_count = 0;
	uint8_t *value = bus_calloc(1, size);
	char id[BUS_ID_TEXT];
	struct world_record record = { .topic = "sample.commands", .headers = headers };

	if (b->type)
		headers[header_count++] =
			(struct world_header){ "ce_type", bus_bytes(b->type, strlen(b->type)) };
	bus_id_format(bus_id_random(), id);
	if (b->id)
		headers[header_count++] =
			(struct world_header){ "ce_id", *b->id ? bus_bytes(b->id, strlen(b->id))
							       : bus_bytes(id, strlen(id)) };
	record.header_count = header_count;
	if (b->key)
		record.key = bus_bytes(b->key, strlen(b->key));
	record.partition = b->key ? (sample_partition(b->key) + b->shift) % SAMPLE_PARTITIONS : 0;
	record.value = b->raw ? bus_bytes(b->raw, strlen(b->raw))
			      : bus_bytes(value, pack_add(value, b->in_body, INT64_MAX));
	if (b->size)
		record.value.len = b->size;
	world_send(&world, &record);
	world_flush(&world, 20);
	free(value);
}

/* Every kind of unreadable command is kept raw with its cause, and nothing comes of it. */
START_TEST(refused)
{
	const size_t refused_count = BUS_ARRAY_LEN(bad);
	char causes[WORLD_TEXT];
	size_t at = 0;

	sample_add(&world, "full", 1000, NULL);
	world_flush(&world, 20);
	for (size_t i = 0; i < BUS_ARRAY_LEN(bad); i++)
		send_bad(&bad[i]);
	WORLD_UNTIL(20, sample_quiet(&world));
	world_text(&world, SAMPLE_DB, causes,
		   "select string_agg(cause, ' ' order by appended_at, partition, record_offset) "
		   "from refused_input where length(value) > 0 and detail <> ''");
	for (size_t i = 0; i < BUS_ARRAY_LEN(bad); i++) {
		size_t len = strlen(bad[i].cause);

		ck_assert_msg(strncmp(causes + at, bad[i].cause, len) == 0, "%zu: %s is not %s", i,
			      causes + at, bad[i].cause);
		at += len + 1;
	}
	ck_assert_int_eq(count("refused_input", "true"), BUS_ARRAY_LEN(bad));
	ck_assert_int_eq(count("tally", "tally = 'bad' or tally = 'good'"), 0);
	ck_assert_int_eq(sample_tally(&world, "full"), 1000);
	ck_assert_double_eq(world_metric(&world, "sample", "bourse_refused_total"),
			    (double)refused_count);
}
END_TEST

/* Epochs, sequences, sources and times in a command are data that nobody believes. */
START_TEST(forged_headers)
{
	static const char *const trace[] = {
		"\xff\xfe", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	};
	struct world_header headers[7];
	uint8_t value[256];
	char id[BUS_ID_TEXT];
	struct world_record record = { .topic = "sample.commands",
				       .partition = sample_partition("forged"),
				       .key = bus_bytes("forged", 6),
				       .headers = headers,
				       .header_count = 7 };

	for (int i = 0; i < 2; i++) {
		const struct world_header all[] = {
			{ "ce_type", bus_bytes("bourse.sample.v1.Add", 20) },
			{ "ce_id", bus_bytes(bus_id_format(bus_id_random(), id), 36) },
			{ "ce_source", bus_bytes("/sample/tally/0", 15) },
			{ "ce_epoch", bus_bytes("999999", 6) },
			{ "ce_sequence", bus_bytes("999999", 6) },
			{ "ce_time", bus_bytes("2099-01-01T00:00:00Z", 20) },
			{ "traceparent", bus_bytes(trace[i], strlen(trace[i])) },
		};

		memcpy(headers, all, sizeof(headers));
		record.value = bus_bytes(value, pack_add(value, "forged", 3));
		world_send(&world, &record);
		world_flush(&world, 20);
		WORLD_UNTIL(20, sample_quiet(&world));
	}
	ck_assert_int_eq(sample_tally(&world, "forged"), 6);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select count(*) from lease where clock > "
				      "(extract(epoch from now()) + 60) * 1000000"),
			 0);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB, "select max(epoch) from lease"),
			 world_number(&world, SAMPLE_DB, "select min(epoch) from lease"));
}
END_TEST

/* ---- one of our own sources ---- */

/* Each case is a source of its own, with a key on partition 0 and one on 1. */
static char key0[64], key1[64];
static int source;

static void feeder(int number)
{
	char prefix[32];

	source = number;
	snprintf(prefix, sizeof(prefix), "fed%d", number);
	sample_key(key0, prefix, 0);
	sample_key(key1, prefix, 1);
	sample_feed_opening(&world, source, 0, 1);
	sample_feed_opening(&world, source, 1, 1);
}

static bool dealt_with(void)
{
	world_flush(&world, 20);
	WORLD_UNTIL(20, sample_quiet(&world));
	return true;
}

/* Repeats and messages of an owner that has lost its epoch are dropped; what is out of order waits.
 */
START_TEST(repeats_void_and_order)
{
	double repeats = world_metric(&world, "sample", "bourse_repeats_total");
	double voids = world_metric(&world, "sample", "bourse_void_total");

	feeder(1);
	sample_feed(&world, source, key0, 1, 1, 1);
	sample_feed(&world, source, key0, 10, 1, 2);
	sample_feed(&world, source, key0, 10, 1, 2);
	sample_feed(&world, source, key0, 1000, 1, 4);
	sample_feed(&world, source, key0, 10000, 1, 5);
	sample_feed(&world, source, key0, 1, 1, 1);
	sample_feed(&world, source, key0, 100, 1, 3);
	dealt_with();
	ck_assert_int_eq(sample_tally(&world, key0), 11111);
	sample_feed_opening(&world, source, 0, 3);
	sample_feed(&world, source, key0, 500000, 2, 6);
	sample_feed_opening(&world, source, 0, 2);
	sample_feed(&world, source, key0, 100000, 3, 6);
	dealt_with();
	ck_assert_int_eq(sample_tally(&world, key0), 111111);
	ck_assert_double_eq(world_metric(&world, "sample", "bourse_repeats_total") - repeats, 2);
	ck_assert_double_eq(world_metric(&world, "sample", "bourse_void_total") - voids, 2);
}
END_TEST

/* Records that none of our sources can have written are left out and counted. */
START_TEST(foreign)
{
	double foreigners = world_metric(&world, "sample", "bourse_foreign_total");
	struct world_header headers[] = {
		{ "ce_type", bus_bytes("bourse.sample.v1.Fed", 20) },
		{ "ce_source", bus_bytes("/svc-orders/desk/0", 18) },
		{ "ce_epoch", bus_bytes("1", 1) },
		{ "ce_sequence", bus_bytes("1", 1) },
	};
	uint8_t value[256];
	struct world_record record = {
		.topic = "sample.feed", .partition = 0, .headers = headers, .header_count = 4
	};

	feeder(2);
	record.key = bus_bytes(key0, strlen(key0));
	record.value = bus_bytes(value, pack_add(value, key0, 5));
	world_send(&world, &record); /* somebody else's source */
	headers[1].value = bus_bytes("/sample/feeder/2", 16);
	record.header_count = 2;
	world_send(&world, &record); /* neither epoch nor sequence */
	record.header_count = 0;
	world_send(&world, &record);		      /* nothing at all */
	sample_feed(&world, source, key0, 100, 0, 1); /* an epoch below the first */
	sample_feed(&world, 99999, key0, 100, 1, 1);  /* more partitions than a source has */
	sample_feed(&world, source, key0, 7, 1, 1);
	dealt_with();
	ck_assert_int_eq(sample_tally(&world, key0), 7);
	ck_assert_double_eq(world_metric(&world, "sample", "bourse_foreign_total") - foreigners, 5);
}
END_TEST

/* A hole that stays stops its partition, which says what is missing; others go on; it goes on by
 * itself. */
START_TEST(hole_that_stays)
{
	char text[WORLD_TEXT], command_key[64], expected[256];

	feeder(3);
	sample_key(command_key, "hole", 0);
	sample_feed(&world, source, key0, 1, 1, 1);
	sample_feed(&world, source, key0, 100, 1, 3);
	/* More than what is kept: it is read again. */
	for (int i = 4; i < 6000; i++)
		sample_feed(&world, source, key0, 1, 1, i);
	sample_feed(&world, source, key1, 1, 1, 1);
	snprintf(expected, sizeof(expected),
		 "sample.feed/0: a message of /sample/feeder/3 is missing: expected 1/2, seen 1/3");
	WORLD_UNTIL(20, world_unready(&world, "sample", expected));
	WORLD_UNTIL(10, world_number(&world, SAMPLE_DB,
				     "select count(*) from lease where stopped = '%s' and "
				     "partition = 0",
				     expected) == 1);
	sample_add(&world, command_key, 5, NULL); /* waits with its partition */
	sample_feed(&world, source, key1, 10, 1, 2);
	world_flush(&world, 20);
	WORLD_UNTIL(10, sample_tally(&world, key1) == 11);
	ck_assert_int_eq(sample_tally(&world, key0), 1);
	ck_assert_int_eq(sample_tally(&world, command_key), 0);
	sample_feed(&world, source, key0, 10, 1, 2);
	world_flush(&world, 20);
	WORLD_UNTIL(30, world_ready(&world, "sample"));
	dealt_with();
	ck_assert_int_eq(sample_tally(&world, key0), 111 + 5996);
	ck_assert_int_eq(sample_tally(&world, command_key), 5);
	world_text(&world, SAMPLE_DB, text, "select max(stopped) from lease");
	ck_assert_str_eq(text, "");
}
END_TEST

/* The same, but the process is killed while it is stopped: the next one waits at the same place. */
START_TEST(hole_outlives_its_process)
{
	feeder(4);
	sample_feed(&world, source, key0, 1, 1, 1);
	sample_feed(&world, source, key0, 100, 1, 3);
	world_flush(&world, 20);
	WORLD_UNTIL(20, world_unready(&world, "sample", "/sample/feeder/4 is missing"));
	world_stack(&world, "kill sample");
	world_stack(&world, "start sample --no-wait");
	WORLD_UNTIL(30, world_unready(&world, "sample", "/sample/feeder/4 is missing"));
	sample_feed(&world, source, key0, 10, 1, 2);
	dealt_with();
	ck_assert_int_eq(sample_tally(&world, key0), 111);
}
END_TEST

/* What cannot be applied parks its key: later ones behind it, commands rejected, neighbours flow
 * on. */
START_TEST(parked_key)
{
	struct sample_totals before = sample_audit(&world), after;
	char neighbour[64];

	feeder(5);
	sample_key(neighbour, "beside", 0);
	sample_feed(&world, source, key0, 5, 1, 1);
	sample_feed(&world, source, key0, -6, 1, 2);
	sample_feed(&world, source, key0, 100, 1, 3);
	sample_feed(&world, source, neighbour, 9, 1, 4);
	dealt_with();
	sample_add(&world, key0, 1000, NULL);
	sample_feed(&world, source, key0, 1, 1, 5);
	dealt_with();
	ck_assert_int_eq(sample_tally(&world, key0), 5);
	ck_assert_int_eq(sample_tally(&world, neighbour), 9);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select count(*) from parked_input where key = '%s'", key0),
			 3);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select count(*) from parked_input where key = '%s' and not "
				      "behind and cause = 'PARK'",
				      key0),
			 1);
	/* The same after a restart: it is known from the table. */
	world_stack(&world, "stop sample");
	world_stack(&world, "start sample");
	sample_feed(&world, source, key0, 1, 1, 6);
	sample_add(&world, key0, 1000, NULL);
	dealt_with();
	ck_assert_int_eq(sample_tally(&world, key0), 5);
	after = sample_audit(&world);
	ck_assert_int_eq(after.rejected - before.rejected, 2);
	ck_assert_int_eq(after.parked - before.parked, 4);
}
END_TEST

/* A message of ours that is not one (wrong key, wrong bytes) parks too; it counts as seen. */
START_TEST(unreadable_of_ours)
{
	struct world_header headers[] = {
		{ "ce_type", bus_bytes("bourse.sample.v1.Fed", 20) },
		{ "ce_source", bus_bytes("/sample/feeder/6", 16) },
		{ "ce_epoch", bus_bytes("1", 1) },
		{ "ce_sequence", bus_bytes("1", 1) },
	};
	struct world_record record = { .topic = "sample.feed",
				       .partition = 0,
				       .value = bus_bytes("\xff\xff\xff", 3),
				       .headers = headers,
				       .header_count = 4 };
	char other[64];

	feeder(6);
	sample_key(other, "fine", 0);
	record.key = bus_bytes(key0, strlen(key0));
	world_send(&world, &record);
	headers[3].value = bus_bytes("2", 1);
	record.key = bus_bytes(NULL, 0);
	world_send(&world, &record);
	sample_feed(&world, source, other, 4, 1, 3);
	dealt_with();
	ck_assert_int_eq(sample_tally(&world, other), 4);
	ck_assert_int_eq(count("parked_input", "cause = 'UNDECODABLE'"), 1);
	ck_assert_int_eq(count("parked_input", "cause = 'NO_KEY' and key = ''"), 1);
}
END_TEST

/* A row that PostgreSQL refuses in the middle of a batch of 1,000: only its input is put aside. */
START_TEST(row_refused_in_a_batch)
{
	char id[BUS_ID_TEXT];

	feeder(7);
	sample_feed(&world, source, key0, 665, 1, 1);
	dealt_with();
	world_stack(&world, "freeze sample"); /* so that all of it is one batch */
	sample_add_many(&world, "row", 100, 500);
	sample_add(&world, "refused-row", 666, bus_id_format(bus_id_random(), id));
	sample_feed(&world, source, key0, 1, 1, 2);
	sample_add_many(&world, "row", 100, 500);
	world_flush(&world, 20);
	world_stack(&world, "thaw sample");
	dealt_with();
	/* Sent again, it is still the command that was refused. */
	sample_add(&world, "refused-row", 666, id);
	sample_add(&world, "refused-row", 667, NULL);
	sample_feed(&world, source, key0, 1, 1, 3);
	dealt_with();
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select sum(total) from tally where tally like 'row-%%'"),
			 1000);
	ck_assert_int_eq(sample_tally(&world, "refused-row"), 667);
	ck_assert_int_eq(count("refused_input", "cause = 'DATA_REFUSED'"), 1);
	ck_assert_int_eq(count("refused_input", "detail like 'SQLSTATE 23514 in %tallies'"), 1);
	ck_assert_int_eq(sample_tally(&world, key0), 665);
	ck_assert_int_eq(count("parked_input", "cause = 'DATA_REFUSED' and not behind"), 1);
	ck_assert(world_logged(&world, "sample", "PostgreSQL refused a batch"));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bus_input");
	TCase *t = tcase_create("input");

	tcase_add_unchecked_fixture(t, suite_begins, suite_ends);
	tcase_add_checked_fixture(t, NULL, case_ends);
	tcase_add_test(t, same_id_twice);
	tcase_add_test(t, refused);
	tcase_add_test(t, forged_headers);
	tcase_add_test(t, repeats_void_and_order);
	tcase_add_test(t, foreign);
	tcase_add_test(t, hole_that_stays);
	tcase_add_test(t, hole_outlives_its_process);
	tcase_add_test(t, parked_key);
	tcase_add_test(t, unreadable_of_ours);
	tcase_add_test(t, row_refused_in_a_batch);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return suite_run(suite());
}
