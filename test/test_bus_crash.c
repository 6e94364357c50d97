/*
 * Processes that die, freeze and come back in the middle of a flow: every command has one effect,
 * and journal, reactions and tables agree.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "lib/bus_sample.h"

static struct world world;

static int64_t epoch_sum(void)
{
	return world_number(&world, SAMPLE_DB, "select coalesce(sum(epoch), 0) from lease");
}

static bool owned_by(const char *part, int count)
{
	return world_number(&world, SAMPLE_DB,
			    "select count(*) from lease where owner like '%%/%d'",
			    world_pid(&world, part)) == count;
}

static void suite_begins(void)
{
	setenv("BOURSE_SESSION_TIMEOUT", "2s", 1);
	world_up(&world, "crash", "--sample");
	sample_topics(&world);
	world_close(&world);
}

static void suite_ends(void)
{
	world_down(&world);
}

static void case_begins(void)
{
	world_stack(&world, "start sample --migrate");
}

static void case_ends(void)
{
	world_stack(&world, "stop sample");
	world_close(&world);
}

/* A flow of 20,000 commands over which the process is killed five times, at any moment. */
START_TEST(killed_in_the_middle_of_a_flow)
{
	int64_t before = sample_audit(&world).added, sent = 0, ends = 0;
	struct sample_totals totals;

	srand((unsigned)getpid());
	for (int kills = 0; sent < 20000; sent += 200) {
		sample_add_many(&world, "kill", 500, 200);
		world_sleep(60);
		if (kills < 5 && rand() % 12 == 0 && sent > ends + 2000) {
			world_sleep(rand() % 50);
			world_stack(&world, "kill sample");
			world_stack(&world, "start sample --no-wait");
			ends = sent;
			kills++;
		}
	}
	world_flush(&world, 30);
	totals = sample_audit(&world);
	ck_assert_int_eq(totals.added - before, 20000);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select sum(total) from tally where tally like 'kill-%%'"),
			 20000);
	ck_assert_int_eq(totals.rejected + totals.parked, 0);
	ck_assert_int_ge(totals.journal.openings, 4);
}
END_TEST

/* An owner is frozen until another instance has taken over, then goes on: what it still says is
 * void. */
START_TEST(frozen_owner_is_fenced)
{
	int64_t before = sample_audit(&world).added;
	struct sample_totals totals;

	sample_add_many(&world, "zombie", 100, 3000);
	world_stack(&world, "freeze sample");
	world_stack(&world, "start sample-2");
	sample_add_many(&world, "zombie", 100, 3000);
	world_flush(&world, 30);
	WORLD_UNTIL(30, owned_by("sample-2", SAMPLE_PARTITIONS));
	WORLD_UNTIL(30, sample_quiet(&world));
	world_stack(&world, "thaw sample");
	sample_add_many(&world, "zombie", 100, 3000);
	world_flush(&world, 30);
	WORLD_UNTIL(60, world_ready(&world, "sample") && world_ready(&world, "sample-2"));
	totals = sample_audit(&world);
	ck_assert_int_eq(totals.added - before, 9000);
	world_stack(&world, "stop sample-2");
	WORLD_UNTIL(30, owned_by("sample", SAMPLE_PARTITIONS));
}
END_TEST

/* A frozen owner that has lost the partition while a transaction was on its way is told so by its
 * lease. */
START_TEST(write_of_a_zombie_names_both_owners)
{
	char text[64];
	int64_t before = sample_audit(&world).added;

	/* As if somebody had taken over between two batches. */
	world_exec(&world, SAMPLE_DB, "update lease set owner = 'elsewhere/1', epoch = epoch + 1");
	sample_add_many(&world, "fenced", 10, 100);
	world_flush(&world, 30);
	WORLD_UNTIL(20, world_metric(&world, "sample", "bourse_fenced_total") >= 1);
	snprintf(text, sizeof(text), "/%d why=\"fenced: ", world_pid(&world, "sample"));
	ck_assert(world_logged(&world, "sample", text));
	ck_assert(world_logged(&world, "sample", "is owned by elsewhere/1 in epoch"));
	ck_assert_int_eq(sample_audit(&world).added - before, 100);
}
END_TEST

/* One instance becomes two and one again under load: partitions move, nothing is lost or done
 * twice. */
START_TEST(one_two_one)
{
	int64_t before = sample_audit(&world).added, moved = epoch_sum();

	sample_add_many(&world, "scale", 100, 2000);
	world_stack(&world, "start sample-2");
	WORLD_UNTIL(30, owned_by("sample", 1) && owned_by("sample-2", 1));
	for (int i = 0; i < 10; i++) {
		sample_add_many(&world, "scale", 100, 200);
		world_sleep(20);
	}
	world_stack(&world, "stop sample-2");
	sample_add_many(&world, "scale", 100, 2000);
	world_flush(&world, 30);
	WORLD_UNTIL(30, owned_by("sample", 2));
	ck_assert_int_eq(sample_audit(&world).added - before, 6000);
	ck_assert_int_ge(epoch_sum() - moved, 2);
}
END_TEST

struct commands {
	int openings, passed;
};

/* A command of the sample's own has a UUID, as anybody's must. */
static void on_command(void *arg, const rd_kafka_message_t *message)
{
	struct commands *commands = arg;
	struct bus_ce ce;
	struct bus_id id;

	bus_ce_read(message, &ce);
	commands->openings += bus_ce_is_opening(&ce);
	if (bus_ce_is_opening(&ce) || !ce.has_sequence)
		return;
	commands->passed++;
	ck_assert(bus_id_parse((const char *)ce.id.data, ce.id.len, &id));
}

/* What the sample commands itself, on an outside topic, is done once, though it dies three times
 * and then sends again what it has long since sent. */
START_TEST(commands_of_our_own)
{
	int64_t before = sample_audit(&world).passed;
	struct commands commands = { 0 };
	char to[64];

	srand((unsigned)getpid());
	for (int i = 0; i < 4000; i++) {
		snprintf(to, sizeof(to), "passed-%d", i % 30);
		sample_pass(&world, i % 2 ? "from-a" : "from-b", 1, to);
		if (i % 1000 == 999) {
			world_sleep(100 + rand() % 100);
			world_stack(&world, "kill sample");
			world_stack(&world, "start sample --no-wait");
		}
	}
	world_flush(&world, 30);
	ck_assert_int_eq(sample_audit(&world).passed - before, 4000);
	world_stack(&world, "stop sample");
	world_exec(&world, SAMPLE_DB, "update lease set published = published - 3000");
	world_stack(&world, "start sample");
	ck_assert_int_eq(sample_audit(&world).passed - before, 4000);
	ck_assert_double_ge(world_metric(&world, "sample", "bourse_repeats_total"), 50);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select sum(total) from tally where tally like 'passed-%%'"),
			 4000);
	world_read(&world, "sample.commands", on_command, &commands);
	ck_assert_int_ge(commands.openings, 5 * SAMPLE_PARTITIONS);
	ck_assert_int_ge(commands.passed, 4050);
	ck_assert_int_eq(world_number(&world, SAMPLE_DB, "select count(*) from refused_input"), 0);
}
END_TEST

/* SIGTERM in the middle of a flow ends within five seconds and leaves everything published. */
START_TEST(sigterm_leaves_nothing_unpublished)
{
	int64_t before = sample_audit(&world).added, start;

	sample_add_many(&world, "term", 100, 5000);
	world_sleep(150);
	start = bus_time_monotonic();
	world_stack(&world, "stop sample");
	ck_assert_int_lt(bus_time_monotonic() - start, 5 * BUS_SECOND);
	ck_assert(world_logged(&world, "sample", "ended"));
	ck_assert_int_eq(world_number(&world, SAMPLE_DB,
				      "select count(*) from lease where published <> sequence"),
			 0);
	world_flush(&world, 30);
	world_stack(&world, "start sample");
	ck_assert_int_eq(sample_audit(&world).added - before, 5000);
}
END_TEST

static void open_from_elsewhere(int32_t partition, int64_t epoch)
{
	char source[64], text[32];
	struct world_header headers[] = { { "ce_source", { 0 } },
					  { "ce_type", { 0 } },
					  { "ce_epoch", { 0 } },
					  { "ce_id", bus_bytes("opening", 7) } };
	struct world_record record = { .topic = "sample.events",
				       .partition = partition,
				       .headers = headers,
				       .header_count = BUS_ARRAY_LEN(headers) };

	snprintf(source, sizeof(source), "/sample/tally/%d", partition);
	snprintf(text, sizeof(text), "%lld", (long long)epoch);
	record.key = headers[0].value = bus_bytes(source, strlen(source));
	headers[1].value = bus_bytes(BUS_OPENING_TYPE, strlen(BUS_OPENING_TYPE));
	headers[2].value = bus_bytes(text, strlen(text));
	world_send(&world, &record);
	world_flush(&world, 10);
}

/* Another owner opens the journal: this one stops at once, though nobody has touched its lease, and
 * claims again above it when it was not relieved of the partition for longer than a session. */
START_TEST(opening_of_another)
{
	int64_t steps = sample_audit(&world).steps, start = bus_time_monotonic();
	int64_t epoch =
		world_number(&world, SAMPLE_DB, "select epoch from lease where partition = 0");

	open_from_elsewhere(0, epoch + 7);
	WORLD_UNTIL(10, world_metric(&world, "sample", "bourse_fenced_total") >= 1);
	ck_assert(world_logged(&world, "sample", "fenced by an opening record"));
	ck_assert(world_logged(&world, "sample", "partition 0 was opened by another owner"));
	sample_add_many(&world, "fence", 20, 200);
	world_flush(&world, 10);
	ck_assert(!world_ready(&world, "sample"));
	while (bus_time_monotonic() - start < 5 * BUS_SECOND / 2) {
		ck_assert_int_eq(world_number(&world, SAMPLE_DB, "select sum(sequence) from lease"),
				 steps);
		world_sleep(100);
	}
	ck_assert_int_eq(sample_audit(&world).steps - steps, 200);
	ck_assert_int_gt(
		world_number(&world, SAMPLE_DB, "select epoch from lease where partition = 0"),
		epoch + 7);
	/* Its own openings, at every restart and in its own epochs, are nobody else's. */
	ck_assert_double_eq(world_metric(&world, "sample", "bourse_fenced_total"), 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bus_crash");
	TCase *t = tcase_create("crash");

	tcase_add_unchecked_fixture(t, suite_begins, suite_ends);
	tcase_add_checked_fixture(t, case_begins, case_ends);
	tcase_add_test(t, killed_in_the_middle_of_a_flow);
	tcase_add_test(t, frozen_owner_is_fenced);
	tcase_add_test(t, write_of_a_zombie_names_both_owners);
	tcase_add_test(t, opening_of_another);
	tcase_add_test(t, one_two_one);
	tcase_add_test(t, commands_of_our_own);
	tcase_add_test(t, sigterm_leaves_nothing_unpublished);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return suite_run(suite());
}
