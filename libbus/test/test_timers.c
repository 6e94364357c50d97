/*
 * Timers without bus and database: the window in memory, its order and its horizon; and, folded,
 * what facts set and clear, what fires, in which order, and what a replay makes of the steps.
 */
#include "timers.h"

#include <stdio.h>

#include "bus/fold.h"
#include "counting.h"
#include "suite.h"

/* ---- the window ---- */

static struct bus__timers w;

static void window_begins(void)
{
	memset(&w, 0, sizeof(w));
	w.loaded = w.complete = true;
}

static void window_ends(void)
{
	bus__timers_release(&w);
}

static void put(const char *key, const char *id, int64_t due, const char *value)
{
	struct bus__timer_change change = { .set = true,
					    .id = id,
					    .due = due,
					    .type = "some.v1.Type",
					    .value = bus_bytes(value, strlen(value)) };

	bus__timers_put(&w, key, &change, true);
}

/* What is in the window, in order: "KEY/ID ". */
static const char *window(void)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < w.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s/%s ", w.items[i]->key,
					w.items[i]->id);
	return text;
}

START_TEST(order_is_due_key_id)
{
	put("b", "1", 10, "");
	put("a", "2", 10, "");
	put("c", "0", -3, "");
	put("a", "1", 10, "");
	put("A", "9", 10, "");
	put("z", "0", INT64_MIN, "");
	ck_assert_str_eq(window(), "z/0 c/0 A/9 a/1 a/2 b/1 ");
	put("z", "0", INT64_MAX, "");
	ck_assert_str_eq(window(), "c/0 A/9 a/1 a/2 b/1 z/0 ");
}
END_TEST

/* A name is a key and an id, and neither runs into the other. */
START_TEST(names)
{
	const struct bus__timer *timer;

	put("ab", "c", 1, "one");
	put("a", "bc", 2, "two");
	ck_assert_uint_eq(w.count, 2);
	timer = bus__timers_find(&w, "a", "bc");
	ck_assert_int_eq(timer->due, 2);
	ck_assert_str_eq(timer->type, "some.v1.Type");
	ck_assert_uint_eq(timer->value.len, 3);
	ck_assert_mem_eq(timer->value.data, "two", 3);
	ck_assert_ptr_null(bus__timers_find(&w, "a", "b"));
	ck_assert_ptr_null(bus__timers_find(&w, "abc", ""));
}
END_TEST

/* The same name set anew is another timer, though everything about it be equal. */
START_TEST(set_anew)
{
	uint64_t serial;

	put("a", "1", 7, "x");
	serial = bus__timers_find(&w, "a", "1")->serial;
	put("a", "1", 7, "x");
	ck_assert_uint_eq(w.count, 1);
	ck_assert_uint_ne(bus__timers_find(&w, "a", "1")->serial, serial);
	bus__timers_remove(&w, bus__timers_find(&w, "a", "1"));
	ck_assert_uint_eq(w.count, 0);
	ck_assert_ptr_null(bus__timers_find(&w, "a", "1"));
}
END_TEST

/* Of too many the latest are left to the table, and so are those that come to lie behind them. */
START_TEST(horizon)
{
	char id[16];

	for (int i = 0; i < 2 * BUS__TIMERS_MAX; i++) {
		snprintf(id, sizeof(id), "%05d", i);
		put("k", id, i / 2, "");
	}
	bus__timers_trim(&w);
	ck_assert_uint_eq(w.count, 2 * BUS__TIMERS_MAX);
	ck_assert(w.complete);
	put("k", "last", 2 * BUS__TIMERS_MAX, "");
	bus__timers_trim(&w);
	ck_assert_uint_eq(w.count, BUS__TIMERS_MAX);
	ck_assert(!w.complete);
	snprintf(id, sizeof(id), "%05d", BUS__TIMERS_MAX - 1);
	ck_assert_str_eq(w.items[w.count - 1]->id, id);
	put("l", "beyond", (BUS__TIMERS_MAX - 1) / 2, "");
	ck_assert_ptr_null(bus__timers_find(&w, "l", "beyond"));
	put("j", "before", (BUS__TIMERS_MAX - 1) / 2, "");
	ck_assert_ptr_nonnull(bus__timers_find(&w, "j", "before"));
	/* One that moves beyond it leaves. */
	put("j", "before", INT64_MAX, "");
	ck_assert_ptr_null(bus__timers_find(&w, "j", "before"));
	ck_assert_uint_eq(w.count, BUS__TIMERS_MAX);
	bus__timers_forget(&w);
	ck_assert_uint_eq(w.count, 0);
	ck_assert(!w.loaded && !w.complete);
}
END_TEST

/* ---- folded ---- */

static struct bus_fold *fold;

static void fold_begins(void)
{
	fold = bus_fold_new(&counting_processor);
	bus_fold_now(fold, 1000);
}

static void fold_ends(void)
{
	bus_fold_free(fold);
}

static void remind(const char *key, const char *name, int64_t due, int64_t amount, int64_t times)
{
	Bourse__Sample__V1__Remind message = BOURSE__SAMPLE__V1__REMIND__INIT;

	message.tally_id = (char *)(uintptr_t)key;
	message.name = (char *)(uintptr_t)name;
	message.due_micros = due;
	message.amount = amount;
	message.times = times;
	ck_assert_int_eq(bus_fold_input(fold, "count.commands", key, NULL, &message.base), 0);
}

static int64_t total(void)
{
	return ((const struct counting *)bus_fold_state(fold))->total;
}

START_TEST(fires_once_when_it_is_due)
{
	remind("a", "one", 2000, 3, 0);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 1);
	ck_assert_str_eq(bus_fold_timer(fold, 0).key, "a");
	ck_assert_str_eq(bus_fold_timer(fold, 0).id, "one");
	ck_assert_int_eq(bus_fold_timer(fold, 0).due, 2000);
	bus_fold_now(fold, 1999);
	ck_assert_int_eq(bus_fold_due(fold), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	bus_fold_now(fold, 2000);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 3);
	ck_assert_uint_eq(bus_fold_reaction_count(fold), 9);
	ck_assert_str_eq(bus_fold_fact(fold, 0)->key, "a");
	ck_assert_int_eq(bus_fold_fact(fold, 0)->now, 2000);
	ck_assert_int_eq(total(), 3);
	ck_assert_int_eq(bus_fold_due(fold), 0);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 0);
}
END_TEST

START_TEST(fires_in_order)
{
	static const char *const expected[] = { "c", "a", "a", "b" };

	remind("b", "1", 1500, 1, 0);
	remind("a", "2", 1500, 1, 0);
	remind("a", "1", 1500, 1, 0);
	remind("c", "9", 1400, 1, 0);
	bus_fold_now(fold, 9000);
	for (size_t i = 0; i < BUS_ARRAY_LEN(expected); i++) {
		ck_assert_int_eq(bus_fold_due(fold), 1);
		ck_assert_str_eq(bus_fold_fact(fold, 0)->key, expected[i]);
	}
	ck_assert_int_eq(bus_fold_due(fold), 0);
}
END_TEST

START_TEST(cleared_or_moved)
{
	remind("a", "one", 2000, 1, 0);
	remind("b", "one", 2000, 1, 0);
	remind("a", "one", 0, 0, 0);
	remind("a", "never", 0, 0, 0);
	remind("b", "one", 3000, 5, 0);
	bus_fold_now(fold, 2500);
	ck_assert_int_eq(bus_fold_due(fold), 0);
	bus_fold_now(fold, 3000);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_int_eq(total(), 5);
	ck_assert_int_eq(bus_fold_due(fold), 0);
}
END_TEST

/* What its own step sets again wins over its removal: it fires every 100 micros. */
START_TEST(sets_itself_again)
{
	remind("a", "tick", 1100, 1, 100);
	bus_fold_now(fold, 1350);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_int_eq(bus_fold_due(fold), 0);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 1);
	ck_assert_int_eq(bus_fold_timer(fold, 0).due, 1400);
	ck_assert_int_eq(total(), 3);
}
END_TEST

START_TEST(several_steps_are_one_firing)
{
	remind("a", "sweep", 1100, COUNT_AGAIN, 0);
	bus_fold_now(fold, 1100);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 3);
	ck_assert_int_eq(bus_fold_fact(fold, 2)->sequence - bus_fold_fact(fold, 0)->sequence, 2);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 0);
	/* The first of three steps sets it again; the steps behind leave it alone. */
	((struct counting *)bus_fold_state(fold))->total = 0;
	remind("a", "sweep", 1200, COUNT_AGAIN, 50);
	bus_fold_now(fold, 1200);
	ck_assert_int_eq(bus_fold_due(fold), 1);
	ck_assert_uint_eq(bus_fold_timer_count(fold), 1);
	ck_assert_int_eq(bus_fold_timer(fold, 0).due, 1250);
}
END_TEST

/* Whatever becomes of it, it does not fire again. */
START_TEST(handler_that_fails)
{
	static const struct {
		int64_t amount;
		int expected;
	} rows[] = {
		{ -1, BUS_ERR_INVALID },
		{ COUNT_THEN_FAIL, BUS_ERR_OVERFLOW },
		{ 0, BUS_ERR_PARK }, /* it led to no fact */
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		remind("a", "bad", 1100, rows[i].amount, 0);
		bus_fold_now(fold, 1100);
		ck_assert_int_eq(bus_fold_due(fold), rows[i].expected);
		ck_assert_uint_eq(bus_fold_timer_count(fold), 0);
		ck_assert_int_eq(bus_fold_due(fold), 0);
	}
}
END_TEST

/* ---- replay ---- */

static struct {
	struct bus__program program;
	struct bus__numbers numbers;
	struct bus_arena arena;
	struct counting state;
	struct bus__timers live, replayed;
	struct bus_bytes last; /* step */
} r;

static void replay_begins(void)
{
	memset(&r, 0, sizeof(r));
	bus__program_init(&r.program, &counting_processor);
	bus_arena_init(&r.arena);
	for (size_t i = 0; i < 2; i++) {
		r.numbers.outputs[i].partition_count = 1;
		r.numbers.outputs[i].last = bus_calloc(1, sizeof(int64_t));
	}
	r.live.complete = r.replayed.complete = true;
}

static void replay_ends(void)
{
	bus__timers_release(&r.live);
	bus__timers_release(&r.replayed);
	free(r.numbers.outputs[0].last);
	free(r.numbers.outputs[1].last);
	bus_arena_release(&r.arena);
	bus__program_release(&r.program);
}

/* As it is decided, and as it is read back from the bytes of the journal. */
static void on_step(void *arg, const struct bus__step *step)
{
	struct bus__step recalled;

	(void)arg;
	r.last = step->value;
	bus__timers_step(&r.live, step);
	ck_assert_int_eq(bus__step_recall(&r.program, &r.arena, 0, step->sequence, step->key,
					  step->value, &r.numbers, &recalled),
			 0);
	bus__timers_step(&r.replayed, &recalled);
}

static void decide(struct bus_input input, const ProtobufCMessage *message)
{
	const struct bus__handler *handler = bus__program_fact_handler(
		&r.program, strcmp(input.topic, BUS_TIMER) == 0 ? BUS__TIMER : 0,
		message->descriptor);
	struct bus__decision decision = { .inputs = &input,
					  .input_count = 1,
					  .handlers = &handler };
	bool touched = false;

	input.message = message;
	ck_assert_int_eq(bus__step_run(&r.program, &r.arena, &r.state, &r.numbers, &decision,
				       on_step, NULL, &touched),
			 0);
}

static void replay_remind(const char *key, const char *name, int64_t due, int64_t amount,
			  int64_t times)
{
	Bourse__Sample__V1__Remind message = BOURSE__SAMPLE__V1__REMIND__INIT;

	message.tally_id = (char *)(uintptr_t)key;
	message.name = (char *)(uintptr_t)name;
	message.due_micros = due;
	message.amount = amount;
	message.times = times;
	decide((struct bus_input){ .topic = "count.commands", .key = key, .ce_id = "c" },
	       &message.base);
}

static void replay_due(void)
{
	const struct bus__timer *timer = r.live.items[0];
	ProtobufCMessage *message =
		bus__unpack(&bourse__sample__v1__reminder__descriptor, timer->value, &r.arena);

	decide((struct bus_input){ .topic = BUS_TIMER,
				   .key = bus_arena_printf(&r.arena, "%s", timer->key),
				   .ce_id = bus_arena_printf(&r.arena, "%s", timer->id),
				   .offset = -1,
				   .due = timer->due,
				   .now = timer->due },
	       message);
}

static void same_timers(void)
{
	ck_assert_uint_eq(r.live.count, r.replayed.count);
	for (size_t i = 0; i < r.live.count; i++) {
		const struct bus__timer *a = r.live.items[i], *b = r.replayed.items[i];

		ck_assert_int_eq(a->due, b->due);
		ck_assert_str_eq(a->key, b->key);
		ck_assert_str_eq(a->id, b->id);
		ck_assert_str_eq(a->type, b->type);
		ck_assert_uint_eq(a->value.len, b->value.len);
		if (a->value.len)
			ck_assert_mem_eq(a->value.data, b->value.data, a->value.len);
	}
}

/* The timers are the fold of the journal: every step gives the same, live and read back. */
START_TEST(replay)
{
	replay_remind("a", "one", 100, 1, 0);
	replay_remind("a", "two", 110, COUNT_AGAIN, 70);
	replay_remind("b", "one", 120, 2, 30);
	replay_remind("b", "two", 130, 1, 0);
	replay_remind("b", "two", 0, 1, 0);
	same_timers();
	ck_assert_uint_eq(r.live.count, 3);
	for (int i = 0; i < 10; i++) {
		replay_due();
		same_timers();
	}
	ck_assert_uint_eq(r.live.count, 2);
}
END_TEST

/* A timer's step names it: with the key of its record that tells which one is gone. What it makes
 * has an id of its own at every firing. */
START_TEST(cause_of_a_step)
{
	static const char *const causes[] = { "timer tick@100", "timer tick@130" };

	replay_remind("a", "tick", 100, COUNT_REJECT, 30);
	for (size_t i = 0; i < BUS_ARRAY_LEN(causes); i++) {
		Bourse__Sample__V1__SampleEvents *events;
		const Bourse__Bus__V1__Cause *cause;
		char id[BUS_ID_TEXT];

		replay_due();
		events = bourse__sample__v1__sample_events__unpack(NULL, r.last.len, r.last.data);
		cause = events->meta->cause;
		ck_assert_str_eq(cause->topic, "");
		ck_assert_str_eq(cause->id, "");
		ck_assert_str_eq(cause->timer, "tick");
		ck_assert_int_eq(cause->due_micros, 100 + 30 * (int64_t)i);
		bus_id_format(bus_id_derive("count", bus_bytes("a", 1),
					    bus_bytes(causes[i], strlen(causes[i]))),
			      id);
		ck_assert_str_eq(events->events[1]->add_rejected->reason, id);
		bourse__sample__v1__sample_events__free_unpacked(events, NULL);
	}
}
END_TEST

static TCase *tcase(Suite *s, const char *name, void (*begin)(void), void (*end)(void))
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, begin, end);
	suite_add_tcase(s, t);
	return t;
}

int main(void)
{
	Suite *s = suite_create("timers");
	TCase *t = tcase(s, "window", window_begins, window_ends);

	tcase_add_test(t, order_is_due_key_id);
	tcase_add_test(t, names);
	tcase_add_test(t, set_anew);
	tcase_add_test(t, horizon);
	t = tcase(s, "fold", fold_begins, fold_ends);
	tcase_add_test(t, fires_once_when_it_is_due);
	tcase_add_test(t, fires_in_order);
	tcase_add_test(t, cleared_or_moved);
	tcase_add_test(t, sets_itself_again);
	tcase_add_test(t, several_steps_are_one_firing);
	tcase_add_test(t, handler_that_fails);
	t = tcase(s, "replay", replay_begins, replay_ends);
	tcase_add_test(t, replay);
	tcase_add_test(t, cause_of_a_step);
	return suite_run(s);
}
