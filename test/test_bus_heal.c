/*
 * The database comes back from a backup, or is lost whole, while the journal has gone on: what it
 * lacks is folded in from the journal, row for row as it was, nothing is decided twice, and what
 * an older owner still says is void. The test plays /sample/feeder.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bourse/sample/v1/sample.pb-c.h"
#include "lib/bus_sample.h"

static struct world world;

static const char *const tables[] = { "lease",	       "outbox",       "command", "timer",
				      "refused_input", "parked_input", "cluster", "tally" };

static void suite_begins(void)
{
	setenv("BOURSE_SESSION_TIMEOUT", "2s", 1);
	setenv("BOURSE_GAP_TIMEOUT", "60s", 1);
	world_up(&world, "heal", "--sample");
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

static void keep(const char *schema)
{
	world_exec(&world, SAMPLE_DB,
		   "set client_min_messages = warning; drop schema if exists %s cascade; create "
		   "schema %s",
		   schema, schema);
	for (size_t i = 0; i < BUS_ARRAY_LEN(tables); i++)
		world_exec(&world, SAMPLE_DB, "create table %s.%s as table %s", schema, tables[i],
			   tables[i]);
}

/* One transaction: nobody sees half a store. */
static void restore(const char *schema)
{
	char sql[WORLD_TEXT] = "begin";
	size_t at = strlen(sql);

	for (size_t i = 0; i < BUS_ARRAY_LEN(tables); i++)
		at += (size_t)snprintf(sql + at, sizeof(sql) - at,
				       "; truncate %s; insert into %s table %s.%s", tables[i],
				       tables[i], schema, tables[i]);
	world_exec(&world, SAMPLE_DB, "%s; commit", sql);
}

/* As many rows on both sides, and every row of the one on the other. */
static void same_rows(const char *schema, const char *table, const char *columns)
{
	char theirs[WORLD_TEXT];

	world_text(&world, SAMPLE_DB, theirs,
		   "select string_agg(r::text, ' ') from ((select %s from %s.%s except all "
		   "select %s from %s) union all (select %s from %s except all select %s from "
		   "%s.%s)) r",
		   columns, schema, table, columns, table, columns, table, columns, schema, table);
	ck_assert_msg(theirs[0] == '\0', "%s differs: %s", table, theirs);
}

static void same_store(const char *schema)
{
	same_rows(schema, "tally", "*");
	same_rows(schema, "command", "*");
	same_rows(schema, "timer", "*");
	same_rows(schema, "parked_input", "*");
	/* Of a row that PostgreSQL refused, what it said then is not known any more. */
	same_rows(schema, "refused_input",
		  "processor, topic, partition, record_offset, key, type, ce_id, ce_source, value, "
		  "cause, appended_at");
	/* The sample sends commands to itself: every start opens, behind what was read before. */
	same_rows(schema, "lease",
		  "processor, version, partition, sequence, published, position_topic, "
		  "position_next[2], position_hash[2], high_topic, high_source, high_epoch, "
		  "high_sequence, output_topic, output_partition, output_sequence");
}

static void quiet(void)
{
	world_flush(&world, 30);
	WORLD_UNTIL(60, sample_quiet(&world));
}

/* What the feeder has said last in each partition: a case is a process of its own. */
static int64_t fed[SAMPLE_PARTITIONS];

static void case_begins(void)
{
	for (int p = 0; p < SAMPLE_PARTITIONS; p++)
		fed[p] = world_number(&world, SAMPLE_DB,
				      "select high_sequence from lease_high_water where "
				      "partition = %d and source = '/sample/feeder/0'",
				      p);
}

static void feed(const char *key, int64_t amount)
{
	sample_feed(&world, 0, key, amount, 1, ++fed[sample_partition(key)]);
}

/* A command with no name of a reminder: its handler refuses it. */
static void refused_by_its_handler(const char *key)
{
	sample_remind(&world, key, "", 1, 1, 1);
}

/* Everything that can become of an input, on keys that begin with `prefix`. */
static void everything(const char *prefix)
{
	char key[64], parks[64], late[64], id[BUS_ID_TEXT];
	int64_t now = bus_time_wall();

	bus_id_format(bus_id_random(), id);
	for (int p = 0; p < SAMPLE_PARTITIONS; p++) {
		snprintf(late, sizeof(late), "%s-late", prefix);
		sample_key(key, prefix, p);
		snprintf(late, sizeof(late), "%s-parks", prefix);
		sample_key(parks, late, p);
		sample_add(&world, key, 5, id);
		sample_add(&world, key, 5, id);
		refused_by_its_handler(key);
		sample_add(&world, key, 666, NULL); /* 671 */
		sample_add(&world, key, -5, NULL);  /* 666: PostgreSQL refuses the row */
		sample_add(&world, "elsewhere", 1, "no-uuid");
		sample_pass(&world, key, 3, "passed-to");
		feed(key, 4);
		feed(parks, -4);
		feed(parks, 10);
		quiet();
		sample_add(&world, parks, 1, NULL); /* rejected: its key is parked */
		refused_by_its_handler(parks);
		sample_remind(&world, key, "never", now + 3600 * BUS_SECOND, 1, 1);
		sample_remind(&world, key, "moved", now + 3600 * BUS_SECOND, 1, 1);
		sample_remind(&world, key, "moved", now + 7200 * BUS_SECOND, 1, 1);
		sample_remind(&world, key, "gone", now + 3600 * BUS_SECOND, 1, 1);
		sample_remind(&world, key, "gone", 0, 1, 1);
		sample_remind(&world, key, "often", now + BUS_SECOND / 10, 1, 5);
		sample_remind(&world, key, "once", now + BUS_SECOND / 5, 100, 1);
		sample_remind(&world, parks, "rests", now + BUS_SECOND / 5, 100, 1);
	}
	quiet();
	WORLD_UNTIL(20, world_number(&world, SAMPLE_DB,
				     "select count(*) from timer where id in ('often', 'once') and "
				     "key like '%s%%'",
				     prefix) == 0);
}

/* A step of an owner that was replaced long ago, in the number that comes next. */
static void zombie_speaks(int32_t partition)
{
	char source[64], sequence[32];
	struct world_header headers[] = {
		{ "ce_source", { 0 } },
		{ "ce_type", bus_bytes("bourse.sample.v1.SampleEvents", 29) },
		{ "ce_epoch", bus_bytes("1", 1) },
		{ "ce_id", bus_bytes("1", 1) },
		{ "ce_sequence", { 0 } },
	};
	struct world_record record = { .topic = "sample.events",
				       .partition = partition,
				       .key = bus_bytes("void", 4),
				       .value = bus_bytes("\n\0", 2),
				       .headers = headers,
				       .header_count = BUS_ARRAY_LEN(headers) };

	snprintf(source, sizeof(source), "/sample/tally/%d", partition);
	snprintf(sequence, sizeof(sequence), "%" PRId64,
		 world_number(&world, SAMPLE_DB,
			      "select sequence + 1 from lease where partition = %d", partition));
	headers[0].value = bus_bytes(source, strlen(source));
	headers[4].value = bus_bytes(sequence, strlen(sequence));
	world_send(&world, &record);
}

static void restart(void)
{
	world_stack(&world, "stop sample");
	world_stack(&world, "start sample");
}

static void heals_to(const char *schema)
{
	struct sample_totals before = sample_audit(&world), after;

	world_stack(&world, "stop sample");
	keep("late");
	restore(schema);
	world_stack(&world, "start sample --no-wait");
	WORLD_UNTIL(60, world_ready(&world, "sample"));
	WORLD_UNTIL(30, sample_quiet(&world));
	world_stack(&world, "stop sample");
	ck_assert(world_logged(&world, "sample", "the journal is folded in"));
	same_store("late");
	world_stack(&world, "start sample");
	after = sample_audit(&world);
	/* Not one step more: nothing was decided again. */
	ck_assert_int_eq(after.steps, before.steps);
	ck_assert_int_eq(after.journal.voids, before.journal.voids);
}

START_TEST(from_a_backup)
{
	struct sample_totals before, after;

	for (int p = 0; p < SAMPLE_PARTITIONS; p++)
		sample_feed_opening(&world, 0, p, 1);
	everything("early");
	restart();
	(void)sample_audit(&world);
	world_stack(&world, "stop sample");
	keep("early");
	world_stack(&world, "start sample");
	everything("mid");
	restart();
	zombie_speaks(0);
	zombie_speaks(1);
	everything("late");
	heals_to("early");
	/* And it goes on: what it was given before is known, what is new is done once. */
	before = sample_audit(&world);
	ck_assert_int_ge(before.journal.voids, 2);
	everything("after");
	sample_add_many(&world, "after", 50, 500);
	quiet();
	after = sample_audit(&world);
	ck_assert_int_gt(after.steps - before.steps, 500);
}
END_TEST

/* A message that is missing for a while: those behind it are decided out of their order. */
START_TEST(of_records_that_waited)
{
	char key[64];
	int64_t next;

	sample_key(key, "waits", 0);
	(void)sample_audit(&world);
	world_stack(&world, "stop sample");
	keep("early");
	world_stack(&world, "start sample");
	next = ++fed[0];
	for (int i = 0; i < 20; i++) {
		feed(key, i);
		sample_add(&world, key, 1, NULL);
	}
	world_flush(&world, 20);
	WORLD_UNTIL(20, world_logged(&world, "sample", "a message is missing: waiting for it"));
	world_sleep(500);
	sample_feed(&world, 0, key, 1000, 1, next);
	feed(key, 7);
	quiet();
	heals_to("early");
}
END_TEST

/* Ten thousand steps in small batches, killed again and again: it goes on where it was. */
START_TEST(killed_while_it_folds)
{
	struct sample_totals before;
	int64_t epochs;

	(void)sample_audit(&world);
	world_stack(&world, "stop sample");
	keep("early");
	world_stack(&world, "start sample");
	sample_add_many(&world, "many", 300, 10000);
	quiet();
	before = sample_audit(&world);
	world_stack(&world, "stop sample");
	keep("late");
	restore("early");
	epochs = world_number(&world, SAMPLE_DB, "select sum(epoch) from lease");
	setenv("BOURSE_BATCH_MAX", "20", 1);
	for (int i = 0; i < 4; i++) {
		int64_t at = world_number(&world, SAMPLE_DB, "select sum(sequence) from lease");

		world_stack(&world, "start sample --no-wait");
		WORLD_UNTIL(30, world_number(&world, SAMPLE_DB, "select sum(sequence) from lease") >
					at);
		world_stack(&world, "kill sample");
	}
	unsetenv("BOURSE_BATCH_MAX");
	ck_assert_int_ge(world_number(&world, SAMPLE_DB, "select sum(epoch) from lease") - epochs,
			 4);
	world_stack(&world, "start sample");
	WORLD_UNTIL(60, sample_quiet(&world));
	world_stack(&world, "stop sample");
	same_store("late");
	world_stack(&world, "start sample");
	ck_assert_int_eq(sample_audit(&world).steps, before.steps);
}
END_TEST

static void tell_journal(int64_t epoch, int64_t sequence, const char *type, const char *key,
			 struct bus_bytes value)
{
	char e[32], q[32];
	struct world_header headers[] = {
		{ "ce_source", bus_bytes("/sample/tally/0", 15) },
		{ "ce_type", bus_bytes(type, strlen(type)) },
		{ "ce_epoch", { 0 } },
		{ "ce_id", { 0 } },
		{ "ce_sequence", { 0 } },
	};
	struct world_record record = { .topic = "sample.events",
				       .key = bus_bytes(key, strlen(key)),
				       .value = value,
				       .headers = headers,
				       .header_count = sequence ? 5 : 4 };

	snprintf(e, sizeof(e), "%" PRId64, epoch);
	snprintf(q, sizeof(q), "%" PRId64, sequence);
	headers[2].value = bus_bytes(e, strlen(e));
	headers[3].value = headers[4].value = bus_bytes(q, strlen(q));
	world_send(&world, &record);
}

/* The `n`th step of a reminder of five, as its owner would have told it. */
static void tell_reminder(int64_t epoch, int64_t sequence, const char *key, int64_t due, int n,
			  int64_t copy)
{
	Bourse__Sample__V1__SampleEvents step = BOURSE__SAMPLE__V1__SAMPLE_EVENTS__INIT;
	Bourse__Sample__V1__SampleEvent event = BOURSE__SAMPLE__V1__SAMPLE_EVENT__INIT;
	Bourse__Sample__V1__Added added = BOURSE__SAMPLE__V1__ADDED__INIT;
	Bourse__Bus__V1__StepMeta meta = BOURSE__BUS__V1__STEP_META__INIT;
	Bourse__Bus__V1__Cause cause = BOURSE__BUS__V1__CAUSE__INIT;
	Bourse__Bus__V1__Reaction reaction = BOURSE__BUS__V1__REACTION__INIT,
				  *reactions = &reaction;
	Bourse__Sample__V1__SampleEvent *events = &event;
	uint8_t value[512];
	char timer[] = "five", topic[] = "sample.copies";

	cause.timer = timer;
	cause.due_micros = due;
	reaction.topic = topic;
	reaction.sequence = copy;
	meta.cause = &cause;
	meta.now_micros = due;
	meta.n_reactions = 1;
	meta.reactions = &reactions;
	added.tally_id = (char *)(uintptr_t)key;
	added.amount = 1;
	added.total = n;
	added.times_left = 5 - n;
	event.event_case = BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED;
	event.added = &added;
	step.meta = &meta;
	step.n_events = 1;
	step.events = &events;
	tell_journal(epoch, sequence, "bourse.sample.v1.SampleEvents", key,
		     bus_bytes(value, bourse__sample__v1__sample_events__pack(&step, value)));
}

static void wait_past(int64_t due)
{
	while (bus_time_wall() < due + BUS_SECOND / 2)
		world_sleep(50);
}

/* Another version decided the last input otherwise: what it said stands, and nothing is added. */
START_TEST(input_that_would_be_decided_otherwise)
{
	int64_t due, epoch, sequence, copy;
	struct sample_totals before = sample_audit(&world);
	char key[64];

	sample_key(key, "told-otherwise", 0);
	due = bus_time_wall() + 6 * BUS_SECOND;
	sample_remind(&world, key, "five", due, 2, 1);
	quiet();
	world_stack(&world, "stop sample");
	ck_assert_int_lt(bus_time_wall(), due);
	epoch = world_number(&world, SAMPLE_DB, "select epoch + 1 from lease where partition = 0");
	sequence =
		world_number(&world, SAMPLE_DB, "select sequence from lease where partition = 0");
	copy = world_number(&world, SAMPLE_DB,
			    "select last_sequence from lease_output where partition = 0 and topic "
			    "= 'sample.copies' and output_partition = 0");
	tell_journal(epoch, 0, BUS_OPENING_TYPE, "/sample/tally/0", bus_bytes(NULL, 0));
	for (int n = 1; n <= 5; n++)
		tell_reminder(epoch, sequence + n, key, due, n, copy + n);
	world_flush(&world, 10);
	world_stack(&world, "start sample");
	wait_past(due);
	ck_assert_int_eq(sample_audit(&world).steps - before.steps, 6);
	ck_assert_int_eq(sample_tally(&world, key), 5);
}
END_TEST

/* An owner died with its database when three steps of a firing of five were in the journal: the
 * three stand, and the other two are decided once. */
START_TEST(input_that_was_told_in_part)
{
	int64_t due = bus_time_wall() + 6 * BUS_SECOND, epoch, sequence, copy;
	struct sample_totals before, after;
	char key[64];

	sample_key(key, "told-in-part", 0);
	sample_remind(&world, key, "five", due, 1, 5);
	quiet();
	world_stack(&world, "stop sample");
	ck_assert_int_lt(bus_time_wall(), due);
	epoch = world_number(&world, SAMPLE_DB, "select epoch + 1 from lease where partition = 0");
	sequence =
		world_number(&world, SAMPLE_DB, "select sequence from lease where partition = 0");
	copy = world_number(&world, SAMPLE_DB,
			    "select last_sequence from lease_output where partition = 0 and topic "
			    "= 'sample.copies' and output_partition = 0");
	tell_journal(epoch, 0, BUS_OPENING_TYPE, "/sample/tally/0", bus_bytes(NULL, 0));
	for (int n = 1; n <= 3; n++)
		tell_reminder(epoch, sequence + n, key, due, n, copy + n);
	world_flush(&world, 10);
	world_stack(&world, "start sample");
	after = sample_audit(&world);
	ck_assert(world_logged(&world, "sample", "is decided to its end"));
	ck_assert(world_logged(&world, "sample", "partition=0 steps=3 of=5"));
	ck_assert_int_eq(sample_tally(&world, key), 5);
	before = after;
	wait_past(due);
	after = sample_audit(&world);
	ck_assert_int_eq(after.steps, before.steps);
	ck_assert_int_eq(sample_tally(&world, key), 5);
}
END_TEST

/* Nothing is left of the store at all: the topics have everything. */
START_TEST(lost_whole)
{
	world_stack(&world, "stop sample");
	world_exec(&world, SAMPLE_DB, "create schema nothing");
	for (size_t i = 0; i < BUS_ARRAY_LEN(tables); i++)
		world_exec(&world, SAMPLE_DB, "create table nothing.%s as table %s with no data",
			   tables[i], tables[i]);
	world_stack(&world, "start sample");
	heals_to("nothing");
}
END_TEST

/* The log of an input is not that of the journal any more: it stops, and nothing is decided. */
START_TEST(inputs_are_gone)
{
	static const char *const config[] = { "message.timestamp.type", "LogAppendTime", NULL };
	int64_t steps;

	(void)sample_audit(&world);
	world_stack(&world, "stop sample");
	restore("nothing");
	world_topic_delete(&world, "sample.commands");
	world_sleep(1000);
	world_topic(&world, "sample.commands", SAMPLE_PARTITIONS, config);
	world_close(&world);
	world_stack(&world, "start sample --no-wait");
	WORLD_UNTIL(30, world_unready(&world, "sample",
				      "partition 0: the journal is ahead of the store and cannot "
				      "be folded in: sample.commands/0: the log has no offset"));
	WORLD_UNTIL(30, world_unready(&world, "sample", "partition 1: the journal is ahead"));
	steps = world_number(&world, SAMPLE_DB, "select coalesce(sum(sequence), 0) from lease");
	sample_add_many(&world, "unheard", 10, 10);
	world_flush(&world, 20);
	world_sleep(500);
	ck_assert_int_eq(
		world_number(&world, SAMPLE_DB, "select coalesce(sum(sequence), 0) from lease"),
		steps);
	world_stack(&world, "stop sample");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("bus_heal");
	TCase *t = tcase_create("heal");

	tcase_add_unchecked_fixture(t, suite_begins, suite_ends);
	tcase_add_checked_fixture(t, case_begins, case_ends);
	tcase_add_test(t, from_a_backup);
	tcase_add_test(t, of_records_that_waited);
	tcase_add_test(t, killed_while_it_folds);
	tcase_add_test(t, input_that_was_told_in_part);
	tcase_add_test(t, input_that_would_be_decided_otherwise);
	tcase_add_test(t, lost_whole);
	tcase_add_test(t, inputs_are_gone);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return suite_run(suite());
}
