/*
 * Every named point of the loop and of taking over, once with a process that dies there and is
 * started again, once with one that freezes there until another has taken over and then goes on:
 * each input has one effect, and journal, reactions and tables agree. A point that nobody came to
 * has failed.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../libbus/crash.h"
#include "../libbus/test/suite.h"
#include "lib/bus_sample.h"

#define REMINDERS 2
#define TIMES	  3

static struct world world;

static const char *const points[] = {
#define X(name, text) text,
	BUS__CRASH_POINTS(X)
#undef X
};

static const char *const tables[] = { "lease",	       "outbox",       "command", "timer",
				      "refused_input", "parked_input", "tally" };

static bool is(int point, enum bus__crash_point other)
{
	return point + 1 == (int)other;
}

static bool migrates(int point)
{
	return is(point, BUS__CRASH_MIGRATING) || is(point, BUS__CRASH_MIGRATED);
}

static bool folds(int point)
{
	return is(point, BUS__CRASH_FOLDED) || is(point, BUS__CRASH_FOLD_COMMITTED);
}

static void suite_begins(void)
{
	setenv("BOURSE_SESSION_TIMEOUT", "2s", 1);
	world_up(&world, "matrix", "--sample");
	sample_topics(&world);
	world_close(&world);
}

static void suite_ends(void)
{
	world_down(&world);
}

static void arm(int point, const char *how)
{
	char text[64];

	snprintf(text, sizeof(text), "%s:1:%s", points[point], how);
	setenv("BOURSE_CRASH", text, 1);
}

static bool came_to(int point, const char *how)
{
	char text[96];

	snprintf(text, sizeof(text), "\"crash point\" point=%s signal=%s", points[point], how);
	return world_logged(&world, "sample", text);
}

static bool dead(int pid)
{
	char path[64], text[256] = "";
	const char *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return true;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	(void)fclose(file);
	state = strrchr(text, ')');
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static bool owned_by(const char *part)
{
	return world_number(&world, SAMPLE_DB,
			    "select count(*) from lease where owner like '%%/%d'",
			    world_pid(&world, part)) == SAMPLE_PARTITIONS;
}

/* ---- the flow ---- */

static int64_t fed[SAMPLE_PARTITIONS];

static void feed(const char *key, int64_t amount)
{
	int32_t partition = sample_partition(key);

	if (!fed[partition])
		fed[partition] = world_number(&world, SAMPLE_DB,
					      "select high_sequence from lease_high_water where "
					      "partition = %d and source = '/sample/feeder/0'",
					      partition);
	if (!fed[partition])
		sample_feed_opening(&world, 0, partition, 1);
	sample_feed(&world, 0, key, amount, 1, ++fed[partition]);
}

struct effects {
	int64_t added, parked, refused;
};

/* Whatever can become of an input, in every partition, and how much of it. */
static void flow(const char *prefix, struct effects *effects)
{
	int64_t now = bus_time_wall();
	char key[64], parks[64], name[64];

	for (int p = 0; p < SAMPLE_PARTITIONS; p++) {
		snprintf(name, sizeof(name), "%s-parks", prefix);
		sample_key(key, prefix, p);
		sample_key(parks, name, p);
		sample_add(&world, key, 1, NULL);
		sample_remind(&world, key, "", 1, 1, 1);
		feed(parks, -1);
		feed(parks, 5);
		feed(key, 2);
		sample_pass(&world, key, 1, "passed-to");
		for (int i = 0; i < REMINDERS; i++) {
			snprintf(name, sizeof(name), "in-%d", i);
			sample_remind(&world, key, name, now + i * BUS_SECOND / 10, 1, TIMES);
		}
		effects->added += 2 + 2 + (int64_t)REMINDERS * TIMES;
		effects->parked += 2;
		effects->refused++;
	}
	sample_add_many(&world, prefix, 10, 40);
	effects->added += 40;
	world_flush(&world, 30);
}

static bool all_fired(void)
{
	return world_number(&world, SAMPLE_DB, "select count(*) from timer") == 0;
}

static void check(struct sample_totals before, int64_t refused, const struct effects *effects)
{
	struct sample_totals after;

	WORLD_UNTIL(60, sample_quiet(&world) && all_fired());
	after = sample_audit(&world);
	ck_assert_int_eq(after.added - before.added, effects->added);
	ck_assert_int_eq(after.parked - before.parked, effects->parked);
	ck_assert_int_eq(after.rejected, before.rejected);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB, "select count(*) from refused_input") -
				 refused,
			 effects->refused);
}

/* ---- what it takes to come to a point ---- */

static void keep(void)
{
	world_exec(&world, SAMPLE_DB,
		   "set client_min_messages = warning; drop schema if exists kept cascade; create "
		   "schema kept");
	for (size_t i = 0; i < BUS_ARRAY_LEN(tables); i++)
		world_exec(&world, SAMPLE_DB, "create table kept.%s as table %s", tables[i],
			   tables[i]);
}

static void restore(void)
{
	char sql[WORLD_TEXT] = "begin";
	size_t at = strlen(sql);

	for (size_t i = 0; i < BUS_ARRAY_LEN(tables); i++)
		at += (size_t)snprintf(sql + at, sizeof(sql) - at,
				       "; truncate %s; insert into %s table kept.%s", tables[i],
				       tables[i], tables[i]);
	world_exec(&world, SAMPLE_DB, "%s; commit", sql);
}

/* An instance may run before the one that is to die. */
static void prepare(int point, struct effects *effects)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "before-%s", points[point]);
	if (folds(point)) {
		keep();
		world_stack(&world, "start sample");
		flow(prefix, effects);
		WORLD_UNTIL(60, sample_quiet(&world) && all_fired());
		world_stack(&world, "stop sample");
		restore();
	}
	if (is(point, BUS__CRASH_REPUBLISHED))
		world_exec(&world, SAMPLE_DB, "update lease set published = published - 10");
}

/* The schema as the crash leaves it is brought up to date by the next try. */
static void migrate(int point)
{
	char command[2048];

	snprintf(command, sizeof(command),
		 "'%s' start sample --migrate --dir '%s' --build '%s' --quiet >>'%s.log' 2>&1",
		 getenv("BOURSE_STACK"), world.dir, getenv("BOURSE_BUILD"), world.dir);
	arm(point, "kill");
	ck_assert_int_ne(system(command), 0);
	unsetenv("BOURSE_CRASH");
	ck_assert(came_to(point, "KILL"));
	world_stack(&world, "start sample --migrate");
	(void)sample_audit(&world);
	world_stack(&world, "stop sample");
}

static int64_t refused_now(void)
{
	return world_number(&world, SAMPLE_DB, "select count(*) from refused_input");
}

static struct sample_totals totals_now(void)
{
	struct sample_totals totals;

	world_stack(&world, "start sample");
	totals = sample_audit(&world);
	world_stack(&world, "stop sample");
	return totals;
}

static void run_armed(int point, const char *how, struct effects *effects)
{
	char prefix[64];

	arm(point, how);
	world_stack(&world, "start sample --no-wait");
	unsetenv("BOURSE_CRASH");
	snprintf(prefix, sizeof(prefix), "%s-%s", how, points[point]);
	flow(prefix, effects);
	if (!is(point, BUS__CRASH_REVOKED))
		return;
	WORLD_UNTIL(30, owned_by("sample"));
	world_stack(&world, "start sample-2 --no-wait");
}

START_TEST(killed)
{
	struct effects effects = { 0 };
	struct sample_totals before;
	int64_t refused;

	if (migrates(_i)) {
		migrate(_i);
		return;
	}
	before = totals_now();
	refused = refused_now();
	prepare(_i, &effects);
	run_armed(_i, "kill", &effects);
	WORLD_UNTIL(30, came_to(_i, "KILL"));
	WORLD_UNTIL(10, dead(world_pid(&world, "sample")));
	world_stack(&world, "stop sample");
	if (is(_i, BUS__CRASH_REVOKED))
		world_stack(&world, "stop sample-2");
	world_stack(&world, "start sample --no-wait");
	check(before, refused, &effects);
	world_stack(&world, "stop sample");
}
END_TEST

/* What it still says and writes when it goes on is void. */
START_TEST(frozen)
{
	struct effects effects = { 0 };
	struct sample_totals before;
	char prefix[64];
	int64_t refused;

	before = totals_now();
	refused = refused_now();
	prepare(_i, &effects);
	run_armed(_i, "stop", &effects);
	WORLD_UNTIL(30, came_to(_i, "STOP"));
	if (!is(_i, BUS__CRASH_REVOKED))
		world_stack(&world, "start sample-2 --no-wait");
	WORLD_UNTIL(30, owned_by("sample-2"));
	snprintf(prefix, sizeof(prefix), "meanwhile-%s", points[_i]);
	flow(prefix, &effects);
	WORLD_UNTIL(30, sample_quiet(&world));
	world_stack(&world, "thaw sample");
	snprintf(prefix, sizeof(prefix), "after-%s", points[_i]);
	flow(prefix, &effects);
	WORLD_UNTIL(60, world_ready(&world, "sample") && world_ready(&world, "sample-2"));
	check(before, refused, &effects);
	world_stack(&world, "stop sample-2");
	world_stack(&world, "stop sample");
}
END_TEST

/* A case that has failed leaves what it started to the next one. */
static void case_begins(void)
{
	world_stack(&world, "stop sample");
	world_stack(&world, "stop sample-2");
}

static void case_ends(void)
{
	world_close(&world);
}

/* The first two points are those of migrations, from which nobody takes over: none is frozen there.
 */
static Suite *suite(void)
{
	bool all = getenv("BOURSE_MATRIX") != NULL;
	Suite *s = suite_create("bus_matrix");
	TCase *t = tcase_create("matrix");

	tcase_add_unchecked_fixture(t, suite_begins, suite_ends);
	tcase_add_checked_fixture(t, case_begins, case_ends);
	for (int i = 0; i < (int)BUS_ARRAY_LEN(points); i += all ? 1 : 4)
		tcase_add_loop_test(t, killed, i, i + 1);
	for (int i = 2; i < (int)BUS_ARRAY_LEN(points); i += all ? 1 : 8)
		tcase_add_loop_test(t, frozen, i, i + 1);
	suite_add_tcase(s, t);
	printf("test_bus_matrix: %s\n", all ? "every point" : "some points; make matrix has all");
	return s;
}

int main(void)
{
	return suite_run(suite());
}
