/*
 * Timers: rows that become inputs when the partition's clock has come to them, which follows the
 * wall clock when nothing arrives. Each fires once, in order, whoever dies in between; one that
 * cannot be applied is parked, and those of a parked key rest.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../libbus/test/suite.h"
#include "bourse/sample/v1/sample.pb-c.h"
#include "lib/bus_sample.h"

static struct world world;

static void suite_begins(void)
{
	setenv("BOURSE_SESSION_TIMEOUT", "4s", 1);
	world_up(&world, "timer", "--sample");
	sample_topics(&world);
	world_stack(&world, "start sample --migrate");
	world_close(&world);
}

static void suite_ends(void)
{
	world_down(&world);
}

/* Whatever a case did: timers, tallies and journal tell the same story, each firing once. */
static void case_ends(void)
{
	(void)sample_audit(&world);
	world_close(&world);
}

static int64_t timers(const char *prefix)
{
	return world_number(&world, SAMPLE_DB, "select count(*) from timer where key like '%s%%'",
			    prefix);
}

static int64_t sum(const char *prefix)
{
	return world_number(
		&world, SAMPLE_DB,
		"select coalesce(sum(total), 0)::bigint from tally where tally like '%s%%'",
		prefix);
}

static int64_t in_ms(int64_t ms)
{
	return bus_time_wall() + ms * 1000;
}

static void sleep_until(int64_t time)
{
	while (bus_time_wall() < time)
		world_sleep(5);
}

/* The reminders are in their table. */
static void set_all(void)
{
	world_flush(&world, 20);
	WORLD_UNTIL(20, sample_quiet(&world));
}

/* ---- order ---- */

struct firings {
	const char *prefix;
	char text[4096]; /* "KEY/NAME KEY/NAME ", in the order of the journal */
	int64_t due[2];	 /* of the last one, by partition */
	char last[2][200];
	int count;
	bool sorted; /* by (due, key, id), within each partition */
};

static void on_firing(void *arg, const rd_kafka_message_t *message)
{
	struct firings *f = arg;
	Bourse__Sample__V1__SampleEvents *step =
		bourse__sample__v1__sample_events__unpack(NULL, message->len, message->payload);
	const Bourse__Bus__V1__Cause *cause = step->meta->cause;
	size_t len = strlen(f->text);
	char key[64], name[200];
	int32_t p = message->partition;

	snprintf(key, sizeof(key), "%.*s", (int)message->key_len, (const char *)message->key);
	if (cause->timer[0] && strncmp(key, f->prefix, strlen(f->prefix)) == 0) {
		snprintf(name, sizeof(name), "%s/%s", key, cause->timer);
		if (cause->due_micros < f->due[p] ||
		    (cause->due_micros == f->due[p] && strcmp(name, f->last[p]) < 0))
			f->sorted = false;
		f->due[p] = cause->due_micros;
		snprintf(f->last[p], sizeof(f->last[p]), "%s", name);
		if (len + strlen(name) + 2 < sizeof(f->text))
			snprintf(f->text + len, sizeof(f->text) - len, "%s ", name);
		f->count++;
	}
	bourse__sample__v1__sample_events__free_unpacked(step, NULL);
}

static struct firings firings_of(const char *prefix)
{
	struct firings f = { .prefix = prefix, .sorted = true };

	WORLD_UNTIL(30, sample_quiet(&world));
	(void)world_read_rule(&world, "sample.events", "/sample/tally", on_firing, &f);
	return f;
}

/* ---- cases ---- */

/* Nothing arrives any more, and it fires nevertheless: not before its time, soon after it, once. */
START_TEST(fires_on_an_idle_partition)
{
	int64_t due = in_ms(3000), seen,
		before = (int64_t)world_metric(&world, "sample", "bourse_timers_total");

	sample_remind(&world, "idle", "one", due, 5, 0);
	set_all();
	ck_assert_int_eq(timers("idle"), 1);
	WORLD_UNTIL(10, sum("idle"));
	seen = bus_time_wall();
	ck_assert_int_ge(seen, due);
	world_sleep(500);
	ck_assert_int_eq(sum("idle"), 5);
	ck_assert_int_eq(timers("idle"), 0);
	ck_assert_double_eq(world_metric(&world, "sample", "bourse_timers_total"),
			    (double)before + 1);
}
END_TEST

/* Killed between set and due, for longer than that: all of them fire at the same `now`, by (due,
 * key, id). */
START_TEST(order_after_being_away)
{
	int64_t due = in_ms(4000);
	char a[64], b[64], expected[512];
	struct firings f;

	sample_key(a, "order-a", 0);
	sample_key(b, "order-b", 0);
	sample_remind(&world, b, "1", due, 1, 0);
	sample_remind(&world, a, "2", due, 1, 0);
	sample_remind(&world, a, "3", due - 1, 1, 0);
	sample_remind(&world, a, "1", due, 1, 0);
	sample_remind(&world, b, "0", due - 2, 1, 0);
	set_all();
	ck_assert_int_eq(timers("order-"), 5);
	world_stack(&world, "kill sample");
	sleep_until(due);
	ck_assert_int_eq(timers("order-"), 5);
	world_stack(&world, "start sample");
	WORLD_UNTIL(20, timers("order-") == 0);
	f = firings_of("order-");
	snprintf(expected, sizeof(expected), "%s/0 %s/3 %s/1 %s/2 %s/1 ", b, a, a, a, b);
	ck_assert_str_eq(f.text, expected);
	ck_assert_int_eq(sum("order-"), 5);
}
END_TEST

/* The firing is committed and nothing of it is published when the process dies. */
START_TEST(killed_behind_the_commit)
{
	struct sample_totals before = sample_audit(&world), after;
	int64_t due = in_ms(5000);

	for (int i = 0; i < 20; i++) {
		char key[64];

		snprintf(key, sizeof(key), "commit-%d", i);
		sample_remind(&world, key, "one", due, 1, i % 3);
	}
	set_all();
	ck_assert_int_eq(timers("commit-"), 20);
	/* Away for a moment, so that the group does not notice. */
	sleep_until(due - BUS_SECOND / 2);
	ck_assert_int_eq(timers("commit-"), 20);
	world_stack(&world, "freeze kafka");
	WORLD_UNTIL(10, timers("commit-") == 0);
	world_stack(&world, "kill sample");
	ck_assert_int_ge(
		world_number(&world, SAMPLE_DB, "select sum(sequence - published) from lease"), 20);
	world_stack(&world, "thaw kafka");
	world_stack(&world, "start sample");
	after = sample_audit(&world);
	ck_assert_int_eq(after.fired - before.fired, 20);
	ck_assert_int_eq(sum("commit-"), 26); /* 7 * 1 + 7 * 1 + 6 * 2 */
}
END_TEST

/* 600 reminders fall due over six seconds in which the process is killed four times. */
START_TEST(killed_at_any_moment)
{
	struct sample_totals before = sample_audit(&world), after;
	int64_t start = in_ms(1500);

	srand((unsigned)getpid());
	for (int i = 0; i < 600; i++) {
		char key[64], name[16];

		snprintf(key, sizeof(key), "chaos-%d", i % 50);
		snprintf(name, sizeof(name), "%d", i);
		sample_remind(&world, key, name, start + i * BUS_SECOND / 100, 1, 0);
	}
	world_flush(&world, 20);
	for (int kills = 0; kills < 4; kills++) {
		world_sleep(1000 + rand() % 500);
		world_stack(&world, "kill sample");
		world_stack(&world, "start sample --no-wait");
	}
	WORLD_UNTIL(60, sample_quiet(&world) && timers("chaos-") == 0 && sum("chaos-") == 600);
	after = sample_audit(&world);
	ck_assert_int_eq(after.fired - before.fired, 600);
	ck_assert_int_eq(sum("chaos-"), 600);
	ck_assert(firings_of("chaos-").sorted);
}
END_TEST

/* One that is cleared does not fire; one that is set anew fires at its new time, with what was said
 * last. */
START_TEST(cleared_and_moved)
{
	int64_t due = in_ms(5000);

	sample_remind(&world, "clear-a", "one", due, 1, 0);
	sample_remind(&world, "clear-b", "one", due, 1, 0);
	sample_remind(&world, "clear-b", "two", due, 10, 0);
	sample_remind(&world, "clear-c", "one", due + 3600 * BUS_SECOND, 1, 0);
	set_all();
	ck_assert_int_eq(timers("clear-"), 4);
	sample_remind(&world, "clear-a", "one", 0, 0, 0);
	sample_remind(&world, "clear-a", "never-set", 0, 0, 0);
	sample_remind(&world, "clear-b", "one", due + BUS_SECOND, 100, 0);
	sample_remind(&world, "clear-c", "one", due, 1000, 0);
	sample_remind(&world, "clear-d", "both", due, 1, 0);
	sample_remind(&world, "clear-d", "both", 0, 1, 0);
	set_all();
	ck_assert_int_eq(timers("clear-"), 3);
	WORLD_UNTIL(20, sum("clear-") == 1010);
	WORLD_UNTIL(10, sum("clear-") == 1110);
	world_sleep(300);
	ck_assert_int_eq(sum("clear-"), 1110);
	ck_assert_int_eq(timers("clear-"), 0);
}
END_TEST

/* A firing goes on in further steps, and is one. */
START_TEST(several_steps)
{
	struct sample_totals before = sample_audit(&world), after;

	sample_remind(&world, "again", "five", in_ms(300), 2, 5);
	WORLD_UNTIL(10, sum("again") == 10);
	after = sample_audit(&world);
	ck_assert_int_eq(after.fired - before.fired, 1);
	ck_assert_int_eq(after.steps - before.steps, 6);
}
END_TEST

/* One that is set to a time that has passed fires with the next batch, and holds nobody up. */
START_TEST(already_due)
{
	sample_remind(&world, "past", "one", 1, 1, 0);
	sample_remind(&world, "past", "two", in_ms(-5000), 2, 0);
	sample_add(&world, "past", 4, NULL);
	world_flush(&world, 20);
	WORLD_UNTIL(10, sum("past") == 7);
}
END_TEST

/* ---- what cannot be applied ---- */

static void is_parked(const char *key, const char *name, const char *cause)
{
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select count(*) from parked_input where key = '%s'"
				      " and topic = 'timer' and timer = '%s' and cause = '%s'"
				      " and type = 'bourse.sample.v1.Reminder' and not behind",
				      key, name, cause),
			 1);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select count(*) from timer where key = '%s' and id = '%s'",
				      key, name),
			 0);
}

/* Its handler gives up at once, or in its second step; PostgreSQL refuses what comes of it, alone
 * or among others; its message is of a type that nobody knows. */
START_TEST(parked)
{
	int64_t due = in_ms(4000);

	sample_add(&world, "bad-at-once", 1, NULL);
	sample_remind(&world, "bad-at-once", "x", due, INT64_MAX, 0);
	sample_remind(&world, "bad-later", "x", due, INT64_MAX / 2 + 1, 2);
	sample_remind(&world, "bad-refused", "x", due, 666, 0);
	sample_remind(&world, "bad-unknown", "x", due, 1, 0);
	sample_remind(&world, "good-one", "x", due, 1, 0);
	sample_remind(&world, "good-two", "x", due, 2, 0);
	set_all();
	world_stack(&world, "kill sample");
	world_exec(&world, SAMPLE_DB,
		   "update timer set type = 'bourse.sample.v2.Reminder' where key = 'bad-unknown'");
	world_stack(&world, "start sample");
	WORLD_UNTIL(20, timers("bad-") + timers("good-") == 0 && sample_quiet(&world));
	is_parked("bad-at-once", "x", "OVERFLOW");
	is_parked("bad-later", "x", "OVERFLOW");
	is_parked("bad-refused", "x", "DATA_REFUSED");
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select count(*) from parked_input where key = 'bad-unknown'"
				      " and cause = 'UNKNOWN_TYPE'"),
			 1);
	ck_assert_int_eq(sum("bad-"), 1);
	ck_assert_int_eq(sum("good-"), 3);
}
END_TEST

/* The timers of a parked key stay in their table, and nobody waits for them; when it is not parked
 * any more they fire. */
START_TEST(of_a_parked_key)
{
	int64_t due = in_ms(5000);
	char key[64], other[64];

	sample_key(key, "rest", 0);
	sample_key(other, "awake", 0);
	sample_remind(&world, key, "one", due, 1, 0);
	sample_remind(&world, key, "two", due, 10, 0);
	sample_remind(&world, other, "one", due, 100, 0);
	set_all();
	sample_feed_opening(&world, 0, 0, 1);
	sample_feed(&world, 0, key, -1, 1, 1);
	set_all();
	ck_assert_int_eq(timers("rest"), 2);
	WORLD_UNTIL(10, sum("awake") == 100);
	world_sleep(500);
	ck_assert_int_eq(timers("rest"), 2);
	world_stack(&world, "stop sample");
	world_stack(&world, "start sample");
	sample_add(&world, other, 1000, NULL);
	world_flush(&world, 20);
	WORLD_UNTIL(10, sum("awake") == 1100);
	ck_assert_int_eq(timers("rest"), 2);
	ck_assert_int_eq(sum("rest"), 0);
	/* As if somebody had let it go. */
	world_stack(&world, "stop sample");
	world_exec(&world, SAMPLE_DB,
		   "update parked_input set processor = 'nobody'"
		   " where key = '%s'",
		   key);
	world_stack(&world, "start sample");
	WORLD_UNTIL(10, sum("rest") == 11);
	ck_assert_int_eq(timers("rest"), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bus_timer");
	TCase *t = tcase_create("timer");

	tcase_add_unchecked_fixture(t, suite_begins, suite_ends);
	tcase_add_checked_fixture(t, NULL, case_ends);
	tcase_add_test(t, fires_on_an_idle_partition);
	tcase_add_test(t, order_after_being_away);
	tcase_add_test(t, killed_behind_the_commit);
	tcase_add_test(t, killed_at_any_moment);
	tcase_add_test(t, cleared_and_moved);
	tcase_add_test(t, several_steps);
	tcase_add_test(t, already_due);
	tcase_add_test(t, parked);
	tcase_add_test(t, of_a_parked_key);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return suite_run(suite());
}
