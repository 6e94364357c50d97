/*
 * History on the clock of its data: ce_time is the time, and no timer fires because some passes.
 * What comes first is told by the clock alone, and never by how records fall into batches.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bourse/sample/v1/sample.pb-c.h"
#include "lib/bus_sample.h"

#define MORNING (INT64_C(1340285400) * BUS_SECOND) /* 2012-06-21 13:30:00 */

static struct world world;

static void suite_begins(void)
{
	setenv("BOURSE_CLOCK", "event", 1);
	setenv("BOURSE_SESSION_TIMEOUT", "4s", 1);
	world_up(&world, "history", "--sample");
	sample_topics(&world);
	world_stack(&world, "start sample --migrate");
	world_close(&world);
}

static void suite_ends(void)
{
	world_down(&world);
}

static void case_ends(void)
{
	sample_time(0);
	(void)sample_audit(&world);
	world_close(&world);
}

/* "+SECONDS KEY CAUSE ": what happened in partition 0, in the order of the journal. */
struct story {
	char text[4096];
};

static void on_record(void *arg, const rd_kafka_message_t *message)
{
	struct story *story = arg;
	Bourse__Sample__V1__SampleEvents *step;
	size_t len = strlen(story->text);

	if (message->partition != 0)
		return;
	step = bourse__sample__v1__sample_events__unpack(NULL, message->len, message->payload);
	snprintf(story->text + len, sizeof(story->text) - len, "+%" PRId64 " %.*s %s ",
		 (step->meta->now_micros - MORNING) / BUS_SECOND, (int)message->key_len,
		 (const char *)message->key,
		 step->meta->cause->timer[0] ? step->meta->cause->timer
		 : step->events[0]->event_case ==
				 BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_REMINDER_SET
			 ? "set"
			 : "add");
	bourse__sample__v1__sample_events__free_unpacked(step, NULL);
}

static void at(int64_t seconds)
{
	sample_time(MORNING + seconds * BUS_SECOND);
}

static void remind(const char *key, const char *name, int64_t due_seconds, int64_t amount)
{
	sample_remind(&world, key, name, MORNING + due_seconds * BUS_SECOND, amount, 0);
}

static char a[64], b[64];

static void expect(const char *fmt)
{
	char expected[4096] = "";
	struct story story = { "" };

	/* 'a' and 'b' stand for the two keys. */
	for (const char *c = fmt; *c; c++) {
		size_t len = strlen(expected);
		bool word = c[1] == ' ' && (c == fmt || c[-1] == ' ');

		if (word && (*c == 'a' || *c == 'b'))
			snprintf(expected + len, sizeof(expected) - len, "%s", *c == 'a' ? a : b);
		else
			snprintf(expected + len, sizeof(expected) - len, "%c", *c);
	}
	WORLD_UNTIL(30, sample_quiet(&world));
	(void)world_read_rule(&world, "sample.events", "/sample/tally", on_record, &story);
	ck_assert_str_eq(story.text, expected);
}

/*
 * The flow comes record by record, and then all of it in one batch: both are the same story. Every
 * timer comes before the first record that is later, also one that was set a moment before.
 */
static void flow(bool slowly)
{
	static const struct {
		int64_t at;
		char key;
		const char *name; /* NULL: adds 1 */
		int64_t due;
	} rows[] = {
		{ 0, 'a', "x", 10 },  { 1, 'b', "y", 10 },  { 9, 'a', NULL, 0 },
		{ 10, 'b', NULL, 0 }, { 11, 'a', "x", 20 }, { 12, 'a', "z", 15 },
		{ 13, 'b', "y", 5 },  { 25, 'b', NULL, 0 }, { 26, 'a', "x", 30 },
		{ 27, 'a', "x", 0 },  { 40, 'a', NULL, 0 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		const char *key = rows[i].key == 'a' ? a : b;

		at(rows[i].at);
		if (!rows[i].name)
			sample_add(&world, key, 1, NULL);
		else if (rows[i].due)
			remind(key, rows[i].name, rows[i].due, 1);
		else
			sample_remind(&world, key, rows[i].name, 0, 0, 0);
		if (!slowly)
			continue;
		world_flush(&world, 20);
		WORLD_UNTIL(20, sample_quiet(&world));
	}
	world_flush(&world, 20);
	if (!slowly)
		world_stack(&world, "thaw sample");
	expect("+0 a set +1 b set +9 a add +10 a x +10 b y +10 b add +11 a set +12 a set +13 b set "
	       "+13 b y +25 a z +25 a x +25 b add +26 a set +27 a set +40 a add ");
}

START_TEST(one_by_one)
{
	sample_key(a, "a", 0);
	sample_key(b, "b", 0);
	flow(true);
}
END_TEST

START_TEST(all_at_once)
{
	sample_key(a, "a", 0);
	sample_key(b, "b", 0);
	sample_audit(&world);
	world_stack(&world, "stop sample");
	sample_renew(&world);
	world_stack(&world, "start sample");
	world_stack(&world, "freeze sample");
	flow(false);
}
END_TEST

struct order {
	int64_t due[SAMPLE_PARTITIONS]; /* of the last one */
	char name[SAMPLE_PARTITIONS][128];
	int count;
};

static void on_firing(void *arg, const rd_kafka_message_t *message)
{
	struct order *order = arg;
	Bourse__Sample__V1__SampleEvents *step =
		bourse__sample__v1__sample_events__unpack(NULL, message->len, message->payload);
	const Bourse__Bus__V1__Cause *cause = step->meta->cause;
	int32_t p = message->partition;
	char name[128];

	snprintf(name, sizeof(name), "%.*s %s", (int)message->key_len, (const char *)message->key,
		 cause->timer);
	if (cause->timer[0] && strncmp(name, "many-", 5) == 0) {
		ck_assert_int_ge(cause->due_micros, order->due[p]);
		if (cause->due_micros == order->due[p])
			ck_assert_str_gt(name, order->name[p]);
		order->due[p] = cause->due_micros;
		memcpy(order->name[p], name, sizeof(name));
		order->count++;
	}
	bourse__sample__v1__sample_events__free_unpacked(step, NULL);
}

static int64_t many(void)
{
	return world_number(&world, SAMPLE_DB,
			    "select count(*) from timer where key like 'many-%%'");
}

/* The clock has come to `seconds` in both partitions. */
static void come_to(int64_t seconds)
{
	char key[64];

	at(seconds);
	for (int32_t i = 0; i < SAMPLE_PARTITIONS; i++) {
		sample_key(key, "clock", i);
		sample_add(&world, key, 1, NULL);
	}
	world_flush(&world, 20);
	WORLD_UNTIL(60, sample_quiet(&world));
}

/* Many more than are kept in memory, most of them due at the same time: the rest is read as it is
 * needed, also when the process is killed in between. */
START_TEST(more_than_memory_keeps)
{
	struct order order = { 0 };
	char key[64], name[16];

	at(1000);
	for (int i = 0; i < 8000; i++) {
		snprintf(key, sizeof(key), "many-%d", i * 7919 % 3000);
		snprintf(name, sizeof(name), "%d", i);
		remind(key, name, i % 3 ? 2000 : 1990 + i % 4000 / 100, 1);
	}
	world_flush(&world, 20);
	WORLD_UNTIL(60, sample_quiet(&world));
	ck_assert_int_eq(many(), 8000);
	/* Behind what is in memory one goes, one is moved to the front, a new one comes. */
	sample_remind(&world, "many-1159", "7961", 0, 0, 0);
	remind("many-698", "7942", 1980, 1);
	remind("many-1", "new", 2030, 1);
	come_to(1995);
	ck_assert_int_gt(many(), 5000);
	ck_assert_int_lt(many(), 8000);
	world_stack(&world, "kill sample");
	world_stack(&world, "start sample");
	come_to(3000);
	ck_assert_int_eq(many(), 0);
	(void)world_read_rule(&world, "sample.events", "/sample/tally", on_firing, &order);
	ck_assert_int_eq(order.count, 8000);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select sum(total) from tally where tally like 'many-%%'"),
			 8000);
}
END_TEST

/* Years have passed since it was due, and it waits for its record. */
START_TEST(no_time_passes_by_itself)
{
	int64_t before = world_number(&world, SAMPLE_DB, "select count(*) from timer");

	at(4000);
	remind("still", "one", 4001, 1);
	world_flush(&world, 20);
	WORLD_UNTIL(20, sample_quiet(&world));
	world_sleep(2000);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB, "select count(*) from timer") - before, 1);
	ck_assert_int_eq(sample_tally(&world, "still"), 0);
	world_stack(&world, "kill sample");
	world_stack(&world, "start sample");
	sample_time(0);
	sample_add(&world, "still", 10, NULL); /* without a time it moves nothing */
	world_flush(&world, 20);
	WORLD_UNTIL(20, sample_tally(&world, "still") == 10);
	at(4001);
	sample_add(&world, "still", 100, NULL);
	world_flush(&world, 20);
	WORLD_UNTIL(20, sample_tally(&world, "still") == 111);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB, "select count(*) from timer"), before);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus_history");
	TCase *t = tcase_create("history");

	tcase_add_unchecked_fixture(t, suite_begins, suite_ends);
	tcase_add_checked_fixture(t, NULL, case_ends);
	tcase_add_test(t, one_by_one);
	tcase_add_test(t, all_at_once);
	tcase_add_test(t, more_than_memory_keeps);
	tcase_add_test(t, no_time_passes_by_itself);
	suite_add_tcase(s, t);
	return suite_run(s);
}
