/*
 * The step engine without bus and database: facts of one input in one step, further steps, the
 * numbers of reactions, a step taken apart again, and what is left when a handler gives up.
 */
#include "step.h"

#include <stdio.h>

#include "bus/hash.h"
#include "counting.h"
#include "suite.h"

#define STEPS_MAX 8
#define COPIES	  3 /* partitions */
#define LATEST	  2

static struct {
	struct bus__program program;
	struct bus__numbers numbers;
	struct bus_arena arena;
	struct counting *state;
	struct bus__step steps[STEPS_MAX];
	size_t count;
	bool touched;
} f;

static void setup(void)
{
	memset(&f, 0, sizeof(f));
	bus__program_init(&f.program, &counting_processor);
	bus_arena_init(&f.arena);
	f.state = count_state_new();
	f.numbers.partition = 5;
	f.numbers.sequence = 10;
	f.numbers.outputs[0].partition_count = COPIES;
	f.numbers.outputs[0].last = bus_calloc(COPIES, sizeof(int64_t));
	f.numbers.outputs[1].partition_count = LATEST;
	f.numbers.outputs[1].last = bus_calloc(LATEST, sizeof(int64_t));
	for (int64_t i = 0; i < COPIES; i++)
		f.numbers.outputs[0].last[i] = 100 * (i + 1);
}

static void teardown(void)
{
	free(f.numbers.outputs[0].last);
	free(f.numbers.outputs[1].last);
	free(f.state);
	bus_arena_release(&f.arena);
	bus__program_release(&f.program);
}

static void on_step(void *arg, const struct bus__step *step)
{
	ck_assert_ptr_eq(arg, &f);
	if (f.count < STEPS_MAX)
		f.steps[f.count] = *step;
	f.count++;
}

static char own_key[16], own_trace[16];

static int run(const char *key, int64_t amount, bool blocked, const Bourse__Bus__V1__Parked *parked)
{
	Bourse__Sample__V1__Add *add = bus_arena_alloc(&f.arena, sizeof(*add));
	struct bus_input *input = bus_arena_zalloc(&f.arena, sizeof(*input));
	const struct bus__handler *handler = &f.program.handlers[0];
	struct bus__decision decision = { .inputs = input,
					  .input_count = 1,
					  .handlers = &handler,
					  .blocked = blocked,
					  .parked = parked };

	bourse__sample__v1__add__init(add);
	add->tally_id = (char *)(uintptr_t)key;
	add->amount = amount;
	*input = (struct bus_input){ .message = &add->base,
				     .key = own_key,
				     .topic = "count.commands",
				     .partition = 5,
				     .offset = 77,
				     .ce_id = "the-id",
				     .now = 1234567 };
	snprintf(own_key, sizeof(own_key), "%s", key);
	snprintf(own_trace, sizeof(own_trace), "trace");
	decision.traceparent = bus_bytes(own_trace, 5);
	f.count = 0;
	f.touched = false;
	return bus__step_run(&f.program, &f.arena, f.state, &f.numbers, &decision, on_step, &f,
			     &f.touched);
}

static Bourse__Sample__V1__SampleEvents *unpack(const struct bus__step *step)
{
	Bourse__Sample__V1__SampleEvents *events =
		bourse__sample__v1__sample_events__unpack(NULL, step->value.len, step->value.data);

	ck_assert_ptr_nonnull(events);
	return events;
}

/* Three facts of one input are one step; its heading says where it came from and what it sends. */
START_TEST(one_step_for_all_facts)
{
	Bourse__Sample__V1__SampleEvents *events;
	const Bourse__Bus__V1__StepMeta *meta;

	ck_assert_int_eq(run("a", 3, false, NULL), 0);
	ck_assert_uint_eq(f.count, 1);
	ck_assert(f.touched);
	ck_assert_int_eq(f.steps[0].sequence, 11);
	ck_assert_int_eq(f.numbers.sequence, 11);
	ck_assert_uint_eq(f.steps[0].fact_count, 3);
	ck_assert_uint_eq(f.state->evolved, 3);
	for (int32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(f.steps[0].facts[i].index, i);
		ck_assert_int_eq(f.steps[0].facts[i].sequence, 11);
		ck_assert_int_eq(f.steps[0].facts[i].partition, 5);
	}
	events = unpack(&f.steps[0]);
	meta = events->meta;
	ck_assert_uint_eq(events->n_events, 3);
	ck_assert_str_eq(meta->cause->topic, "count.commands");
	ck_assert_int_eq(meta->cause->partition, 5);
	ck_assert_int_eq(meta->cause->offset, 77);
	ck_assert_str_eq(meta->cause->id, "the-id");
	ck_assert_int_eq(meta->now_micros, 1234567);
	ck_assert_str_eq(meta->traceparent, "trace");
	ck_assert_uint_eq(meta->n_reactions, 9);
	bourse__sample__v1__sample_events__free_unpacked(events, NULL);
}
END_TEST

/* Reactions are numbered densely by destination; snapshots carry the step's sequence. */
START_TEST(numbers_of_reactions)
{
	int32_t a = bus_partition(bus_bytes("a", 1), COPIES);
	int32_t other = bus_partition(bus_bytes("other", 5), COPIES);
	int64_t expected[COPIES] = { 100, 200, 300 };
	const struct bus__reaction *reaction;

	ck_assert_int_eq(run("a", 2, false, NULL), 0);
	reaction = f.steps[0].reactions;
	ck_assert_uint_eq(f.steps[0].reaction_count, 6);
	for (int i = 0; i < 2; i++, reaction += 3) {
		ck_assert_int_eq(reaction[0].partition, a);
		ck_assert_int_eq(reaction[0].sequence, ++expected[a]);
		ck_assert_int_eq(reaction[1].partition, other);
		ck_assert_int_eq(reaction[1].sequence, ++expected[other]);
		ck_assert_int_eq(reaction[2].output, 1);
		ck_assert_int_eq(reaction[2].sequence, 11);
	}
	ck_assert_mem_eq(f.numbers.outputs[0].last, expected, sizeof(expected));
	ck_assert_int_eq(run("a", COUNT_REJECT, false, NULL), 0);
	ck_assert_uint_eq(f.steps[0].reaction_count, 0);
	ck_assert_int_eq(f.steps[0].sequence, 12);
	ck_assert_mem_eq(f.numbers.outputs[0].last, expected, sizeof(expected));
}
END_TEST

/* A step is sent long after its record is gone: nothing in it is borrowed. */
START_TEST(step_outlives_its_input)
{
	ck_assert_int_eq(run("a", 1, false, NULL), 0);
	memset(own_key, '?', sizeof(own_key));
	memset(own_trace, '?', sizeof(own_trace));
	ck_assert_uint_eq(f.steps[0].key.len, 1);
	ck_assert_mem_eq(f.steps[0].key.data, "a", 1);
	ck_assert_uint_eq(f.steps[0].traceparent.len, 5);
	ck_assert_mem_eq(f.steps[0].traceparent.data, "trace", 5);
	ck_assert_mem_eq(f.steps[0].reactions[0].key.data, "a", 1);
}
END_TEST

/* A sweep goes on in further steps, and each decides on what the one before has changed. */
START_TEST(again)
{
	ck_assert_int_eq(run("a", COUNT_AGAIN, false, NULL), 0);
	ck_assert_uint_eq(f.count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(f.steps[i].sequence, 11 + (int64_t)i);
		ck_assert_uint_eq(f.steps[i].fact_count, 1);
	}
	ck_assert_int_eq(f.state->total, 3);
}
END_TEST

START_TEST(again_for_ever_is_a_fault)
{
	ck_assert_int_eq(run("a", COUNT_ENDLESS, false, NULL), BUS_ERR_INTERNAL);
	ck_assert(f.touched);
}
END_TEST

/* What gives up at once has changed nothing; what gives up later says that it has. */
START_TEST(failures)
{
	ck_assert_int_eq(run("a", -1, false, NULL), BUS_ERR_INVALID);
	ck_assert(!f.touched);
	ck_assert_uint_eq(f.count, 0);
	ck_assert_int_eq(f.numbers.sequence, 10);
	ck_assert_uint_eq(f.state->evolved, 0);
	ck_assert_int_eq(run("a", COUNT_THEN_FAIL, false, NULL), BUS_ERR_OVERFLOW);
	ck_assert(f.touched);
	ck_assert_int_eq(run("a", COUNT_HUGE, false, NULL), BUS_ERR_TOO_LARGE);
	ck_assert(f.touched);
	ck_assert_uint_eq(f.count, 0);
}
END_TEST

START_TEST(nothing_to_tell_is_no_step)
{
	ck_assert_int_eq(run("a", 0, false, NULL), 0);
	ck_assert_uint_eq(f.count, 0);
	ck_assert(!f.touched);
	ck_assert_int_eq(f.numbers.sequence, 10);
}
END_TEST

START_TEST(blocked_key)
{
	Bourse__Sample__V1__SampleEvents *events;

	ck_assert_int_eq(run("a", 3, true, NULL), 0);
	events = unpack(&f.steps[0]);
	ck_assert_uint_eq(events->n_events, 1);
	ck_assert_str_eq(events->events[0]->add_rejected->reason, "account_blocked");
	bourse__sample__v1__sample_events__free_unpacked(events, NULL);
}
END_TEST

/* A parked input is a fact of the bus's own: in the journal, and nothing of the service changes. */
START_TEST(parked)
{
	Bourse__Bus__V1__Parked fact = BOURSE__BUS__V1__PARKED__INIT;
	Bourse__Sample__V1__SampleEvents *events;
	struct bus__step recalled;

	fact.key = (char *)(uintptr_t) "a";
	fact.cause = (char *)(uintptr_t) "PARK";
	fact.behind = true;
	ck_assert_int_eq(run("a", 3, false, &fact), 0);
	ck_assert_uint_eq(f.count, 1);
	ck_assert_uint_eq(f.state->evolved, 0);
	ck_assert_uint_eq(f.steps[0].reaction_count, 0);
	events = unpack(&f.steps[0]);
	ck_assert_int_eq(events->events[0]->event_case,
			 BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_PARKED);
	ck_assert_str_eq(events->events[0]->parked->cause, "PARK");
	ck_assert(events->events[0]->parked->behind);
	bourse__sample__v1__sample_events__free_unpacked(events, NULL);
	ck_assert_int_eq(bus__step_recall(&f.program, &f.arena, 5, 11, f.steps[0].key,
					  f.steps[0].value, &f.numbers, &recalled),
			 0);
	ck_assert_uint_eq(recalled.reaction_count, 0);
}
END_TEST

/* A step that is taken apart sends what it sent, under the numbers that it carries, and counts
 * nothing. */
START_TEST(recall)
{
	struct bus__step recalled;
	int64_t last[COPIES];

	ck_assert_int_eq(run("a", 3, false, NULL), 0);
	f.numbers.outputs[0].last[0] += 1000; /* long since used for others */
	memcpy(last, f.numbers.outputs[0].last, sizeof(last));
	ck_assert_int_eq(bus__step_recall(&f.program, &f.arena, 5, 11, f.steps[0].key,
					  f.steps[0].value, &f.numbers, &recalled),
			 0);
	ck_assert_int_eq(recalled.sequence, 11);
	ck_assert_int_eq(recalled.now, 1234567);
	ck_assert_uint_eq(recalled.fact_count, 3);
	ck_assert_uint_eq(recalled.traceparent.len, 5);
	ck_assert_uint_eq(recalled.reaction_count, f.steps[0].reaction_count);
	for (size_t i = 0; i < recalled.reaction_count; i++) {
		const struct bus__reaction *a = &recalled.reactions[i];
		const struct bus__reaction *b = &f.steps[0].reactions[i];

		ck_assert_int_eq(a->output, b->output);
		ck_assert_int_eq(a->partition, b->partition);
		ck_assert_int_eq(a->sequence, b->sequence);
		ck_assert_uint_eq(a->key.len, b->key.len);
		ck_assert_mem_eq(a->key.data, b->key.data, a->key.len);
		ck_assert_uint_eq(a->value.len, b->value.len);
		if (a->value.len)
			ck_assert_mem_eq(a->value.data, b->value.data, a->value.len);
	}
	ck_assert_mem_eq(f.numbers.outputs[0].last, last, sizeof(last));
}
END_TEST

/* A step whose reactions this program would not make again is refused, not sent in part. */
START_TEST(recall_of_other_reactions)
{
	struct bus_bytes step[3];
	struct bus__step recalled;
	struct bus_arena *arena = &f.arena;
	Bourse__Sample__V1__SampleEvents *events;

	ck_assert_int_eq(run("a", 2, false, NULL), 0);
	events = unpack(&f.steps[0]);
	events->meta->n_reactions--;
	step[0] = bus__pack(&events->base, arena);
	events->meta->n_reactions++;
	events->meta->reactions[0]->partition =
		(events->meta->reactions[0]->partition + 1) % COPIES;
	step[1] = bus__pack(&events->base, arena);
	events->n_events = 1;
	step[2] = bus__pack(&events->base, arena);
	events->n_events = 2;
	bourse__sample__v1__sample_events__free_unpacked(events, NULL);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(bus__step_recall(&f.program, arena, 5, 11, f.steps[0].key, step[i],
						  &f.numbers, &recalled),
				 BUS_ERR_INTERNAL);
	ck_assert_int_eq(bus__step_recall(&f.program, arena, 5, 11, f.steps[0].key,
					  bus_bytes("\xff\xff", 2), &f.numbers, &recalled),
			 BUS_ERR_UNDECODABLE);
	ck_assert_int_eq(bus__step_recall(&f.program, arena, 5, 11, f.steps[0].key,
					  bus_bytes("", 0), &f.numbers, &recalled),
			 BUS_ERR_UNDECODABLE);
}
END_TEST

START_TEST(handlers_by_topic)
{
	const struct bus_bytes add = bus_bytes("bourse.sample.v1.Add", 20);
	const struct bus_bytes fed = bus_bytes("bourse.sample.v1.Fed", 20);

	ck_assert_ptr_eq(bus__program_handler(&f.program, 0, add), &f.program.handlers[0]);
	ck_assert_ptr_eq(bus__program_handler(&f.program, 1, fed), &f.program.handlers[1]);
	ck_assert_ptr_null(bus__program_handler(&f.program, 1, add));
	ck_assert_ptr_null(bus__program_handler(&f.program, 0, fed));
	ck_assert_ptr_null(bus__program_handler(&f.program, 0, bus_bytes("bourse", 6)));
	ck_assert_str_eq(f.program.source, "/svc-count/count");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step");
	TCase *t = tcase_create("step");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_step_for_all_facts);
	tcase_add_test(t, numbers_of_reactions);
	tcase_add_test(t, step_outlives_its_input);
	tcase_add_test(t, again);
	tcase_add_test(t, again_for_ever_is_a_fault);
	tcase_add_test(t, failures);
	tcase_add_test(t, nothing_to_tell_is_no_step);
	tcase_add_test(t, blocked_key);
	tcase_add_test(t, parked);
	tcase_add_test(t, recall);
	tcase_add_test(t, recall_of_other_reactions);
	tcase_add_test(t, handlers_by_topic);
	suite_add_tcase(s, t);
	return suite_run(s);
}
