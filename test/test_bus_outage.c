/*
 * What the bus stands on goes away: PostgreSQL and Kafka for twenty seconds each, in the middle and
 * at the start, a topic that takes no record, a commit that was never published, a topic that is
 * not the one that was read. The service waits or stops, says why, and loses nothing.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "lib/bus_sample.h"

#define AWAY_MS	  20000
#define MEMORY_MB 96 /* of one instance, whatever goes on without it */

static struct world world;

static void suite_begins(void)
{
	setenv("BOURSE_SESSION_TIMEOUT", "2s", 1);
	world_up(&world, "outage", "--sample");
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
	world_close(&world);
}

/* Resident memory of the instance in MiB, at its highest. */
static long memory_mb(void)
{
	char path[64], line[256];
	long kb = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", world_pid(&world, "sample"));
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	(void)fclose(file);
	return kb / 1024;
}

/* PostgreSQL dies under load and is away for 20 s while 60,000 commands go on: memory stays
 * bounded. */
START_TEST(database_away_in_the_middle)
{
	int64_t before = sample_audit(&world).added, start;

	sample_add_many(&world, "dbmid", 1000, 2000);
	world_stack(&world, "kill postgres");
	start = bus_time_monotonic();
	sample_add_many(&world, "dbmid", 1000, 60000);
	world_flush(&world, 60);
	WORLD_UNTIL(20, world_unready(&world, "sample", "the database is away"));
	while (bus_time_monotonic() - start < AWAY_MS * 1000)
		world_sleep(100);
	ck_assert(world_unready(&world, "sample", "the database is away"));
	if (!getenv("BOURSE_TEST_SANITIZED"))
		ck_assert_int_lt(memory_mb(), MEMORY_MB);
	world_stack(&world, "start postgres");
	WORLD_UNTIL(60, world_ready(&world, "sample"));
	ck_assert_int_eq(sample_audit(&world).added - before, 62000);
	ck_assert_double_eq(world_metric(&world, "sample", "bourse_rebalances_total"), 1);
}
END_TEST

/* Kafka dies under load and is away for 20 s; what was committed and not published is published
 * then. */
START_TEST(broker_away_in_the_middle)
{
	int64_t before = sample_audit(&world).added;

	sample_add_many(&world, "brmid", 1000, 20000);
	world_sleep(200);
	world_stack(&world, "kill kafka");
	WORLD_UNTIL(20, world_unready(&world, "sample", "Kafka is away"));
	world_sleep(AWAY_MS);
	world_stack(&world, "start kafka");
	world_flush(&world, 60);
	WORLD_UNTIL(60, world_ready(&world, "sample"));
	ck_assert_int_eq(sample_audit(&world).added - before, 20000);
}
END_TEST

/* Nothing is there at the start: it says what it waits for, one after the other, and begins by
 * itself. */
START_TEST(both_away_at_the_start)
{
	int64_t before = sample_audit(&world).added;

	sample_add_many(&world, "start", 10, 100);
	world_flush(&world, 20);
	world_stack(&world, "stop sample");
	world_close(&world);
	world_stack(&world, "kill kafka");
	world_stack(&world, "kill postgres");
	world_stack(&world, "start sample --no-wait");
	WORLD_UNTIL(20, world_unready(&world, "sample", "the database is away"));
	world_sleep(AWAY_MS / 4);
	world_stack(&world, "start postgres");
	WORLD_UNTIL(20, world_unready(&world, "sample", "Kafka does not answer"));
	world_sleep(AWAY_MS / 4);
	ck_assert(world_unready(&world, "sample", "Kafka does not answer"));
	world_stack(&world, "start kafka");
	WORLD_UNTIL(60, world_ready(&world, "sample"));
	ck_assert_int_ge(sample_audit(&world).added - before, 100);
}
END_TEST

static int64_t unpublished(void)
{
	return world_number(&world, SAMPLE_DB, "select sum(sequence - published) from lease");
}

/* Committed while Kafka was frozen, then killed: published from the outbox, with the numbers given.
 */
START_TEST(store_ahead_of_its_journal)
{
	struct sample_totals before = sample_audit(&world), after;
	int64_t given;

	/* The commands are in the log, and the instance has them, before Kafka stands still. */
	world_stack(&world, "freeze sample");
	sample_add_many(&world, "ahead", 100, 3000);
	world_flush(&world, 20);
	world_stack(&world, "thaw sample");
	WORLD_UNTIL(20, world_number(&world, SAMPLE_DB, "select sum(sequence) from lease") >
				before.steps);
	world_stack(&world, "freeze kafka");
	world_sleep(1500);
	world_stack(&world, "kill sample");
	given = world_number(&world, SAMPLE_DB, "select sum(sequence) from lease");
	world_stack(&world, "thaw kafka");
	world_stack(&world, "start sample --no-wait");
	after = sample_audit(&world);
	ck_assert_int_eq(after.added - before.added, 3000);
	ck_assert_int_ge(after.steps, given);
}
END_TEST

/* What was never published at all stands in the outbox alone: it gets the numbers it was committed
 * with. */
START_TEST(published_from_the_outbox)
{
	struct sample_totals before = sample_audit(&world), after;

	/* No delivery succeeds: the topic of the journal takes nothing. */
	world_topic_config(&world, "sample.events", "max.message.bytes", "10");
	sample_add_many(&world, "outbox", 100, 1500);
	world_flush(&world, 20);
	WORLD_UNTIL(30, unpublished() >= 1500);
	WORLD_UNTIL(30, world_logged(&world, "sample", "message not acknowledged"));
	WORLD_UNTIL(30, world_logged(&world, "sample", "partition is claimed again"));
	world_stack(&world, "kill sample");
	world_topic_config(&world, "sample.events", "max.message.bytes", "8454144");
	world_stack(&world, "start sample");
	after = sample_audit(&world);
	ck_assert_int_eq(after.added - before.added, 1500);
	ck_assert(world_logged(&world, "sample", "steps published again"));
}
END_TEST

/* A topic of reactions refuses for a while: the partition is claimed again until it does not. */
START_TEST(delivery_fails_and_is_repeated)
{
	struct sample_totals before = sample_audit(&world), after;

	world_topic_config(&world, "sample.copies", "max.message.bytes", "10");
	sample_add_many(&world, "again", 100, 1500);
	world_flush(&world, 20);
	WORLD_UNTIL(30, unpublished() >= 1500);
	world_sleep(1000);
	world_topic_config(&world, "sample.copies", "max.message.bytes", "8454144");
	after = sample_audit(&world);
	ck_assert_int_eq(after.added - before.added, 1500);
	ck_assert_int_gt(after.copies.openings, before.copies.openings);
}
END_TEST

/* A topic that was made anew is not the one that was read, be it shorter or longer: stopped. */
START_TEST(topic_recreated)
{
	static const char *const config[] = { "message.timestamp.type", "LogAppendTime", NULL };

	(void)sample_audit(&world);
	world_stack(&world, "stop sample");
	world_topic_delete(&world, "sample.commands");
	world_sleep(1000);
	world_topic(&world, "sample.commands", SAMPLE_PARTITIONS, config);
	world_close(&world);
	world_stack(&world, "start sample --no-wait");
	WORLD_UNTIL(30, world_unready(&world, "sample", "partition 0: sample.commands/0: "));
	WORLD_UNTIL(30, world_unready(&world, "sample", "partition 1: sample.commands/1: "));
	world_stack(&world, "stop sample");
	world_exec(&world, SAMPLE_DB, "update lease set position_next = '{6,0}'");
	sample_add_many(&world, "recreated", 50, 2000);
	world_flush(&world, 20);
	world_stack(&world, "start sample --no-wait");
	WORLD_UNTIL(30, world_unready(&world, "sample", "is not the one that was read"));
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select count(*) from tally where tally like 'recreated%%'"),
			 0);
	world_stack(&world, "stop sample");
}
END_TEST

/* Other numbers of partitions than at the beginning would move the keys: it waits, and says so. */
START_TEST(other_partitions)
{
	static const char *const config[] = { "message.timestamp.type", "LogAppendTime", NULL };

	world_topic_delete(&world, "sample.copies");
	world_sleep(1000);
	world_topic(&world, "sample.copies", SAMPLE_PARTITIONS + 1, config);
	world_close(&world);
	world_stack(&world, "start sample --no-wait");
	WORLD_UNTIL(30, world_unready(&world, "sample",
				      "topic sample.copies has 3 partitions, but the store was "
				      "begun with 2: keys would move"));
	world_stack(&world, "stop sample");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bus_outage");
	TCase *t = tcase_create("outage");

	tcase_add_unchecked_fixture(t, suite_begins, suite_ends);
	tcase_add_checked_fixture(t, NULL, case_ends);
	tcase_add_test(t, database_away_in_the_middle);
	tcase_add_test(t, broker_away_in_the_middle);
	tcase_add_test(t, both_away_at_the_start);
	tcase_add_test(t, store_ahead_of_its_journal);
	tcase_add_test(t, published_from_the_outbox);
	tcase_add_test(t, delivery_fails_and_is_repeated);
	tcase_add_test(t, topic_recreated);
	tcase_add_test(t, other_partitions);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return suite_run(suite());
}
