/*
 * The sample service: a tally for each key, and reminders to add to it later. It stands for what a
 * sixth service takes: tables of inputs, handlers and outputs, the pure functions, load and save.
 * Tests of the bus run it for real.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "bourse/sample/v1/sample.pb-c.h"
#include "bus/service.h"
#include "migrations.h"
#include "sql.h"

#define SAMPLE(name)   Bourse__Sample__V1__##name
#define SAMPLE_D(name) (&bourse__sample__v1__##name##__descriptor)

static const struct bus_sql load_sql = { "load_tallies", sql_load_tallies };
static const struct bus_sql save_sql = { "save_tallies", sql_save_tallies };

struct tally {
	UT_hash_handle hh;
	int64_t total;
	int64_t times_left; /* of a reminder, within the steps of its firing */
	bool dirty;
	char id[BUS_KEY_MAX + 1];
};

/* The state is a pointer to the hash of the tallies. */
static struct tally *find(struct tally *const *tallies, const char *id)
{
	struct tally *tally;

	HASH_FIND_STR(*tallies, id, tally);
	return tally;
}

static struct tally *set(struct tally **tallies, const char *id, int64_t total, bool dirty)
{
	struct tally *tally = find(tallies, id);

	if (!tally) {
		tally = bus_calloc(1, sizeof(*tally));
		snprintf(tally->id, sizeof(tally->id), "%s", id);
		HASH_ADD_STR(*tallies, id, tally);
	}
	tally->total = total;
	tally->dirty = dirty;
	return tally;
}

static int add(const struct tally *tally, const struct bus_input *input, int64_t amount,
	       SAMPLE(Added) * fact)
{
	fact->tally_id = (char *)(uintptr_t)input->key;
	fact->amount = amount;
	return __builtin_add_overflow(tally ? tally->total : 0, amount, &fact->total)
		       ? BUS_ERR_OVERFLOW
		       : 0;
}

static int decide_add(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const SAMPLE(Add) *command = (const SAMPLE(Add) *)input->message;
	SAMPLE(Added) *fact = bus_fact_add(facts, SAMPLE_D(added));

	fact->pass_to = command->pass_to;
	return add(find(state, input->key), input, command->amount, fact);
}

/* What is fed may take away, but not more than there is. */
static int decide_fed(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const struct tally *tally = find(state, input->key);
	int64_t amount = ((const SAMPLE(Fed) *)input->message)->amount;

	if (amount < 0 && (tally ? tally->total : 0) <= -1 - amount)
		return BUS_ERR_PARK;
	return add(tally, input, amount, bus_fact_add(facts, SAMPLE_D(added)));
}

static int decide_remind(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const SAMPLE(Remind) *command = (const SAMPLE(Remind) *)input->message;
	SAMPLE(ReminderSet) * fact;

	(void)state;
	if (!command->name[0] || strlen(command->name) > BUS_TIMER_ID_MAX || command->times < 0)
		return BUS_ERR_INVALID;
	fact = bus_fact_add(facts, SAMPLE_D(reminder_set));
	fact->tally_id = command->tally_id;
	fact->name = command->name;
	fact->due_micros = command->due_micros;
	fact->amount = command->amount;
	fact->times = command->times;
	return 0;
}

/* A reminder is due: what it adds is added a step at a time. */
static int decide_reminder(const void *state, const struct bus_input *input,
			   struct bus_facts *facts)
{
	const SAMPLE(Reminder) *reminder = (const SAMPLE(Reminder) *)input->message;
	const struct tally *tally = find(state, input->key);
	int64_t times = tally && tally->times_left ? tally->times_left : reminder->times;
	SAMPLE(Added) *fact = bus_fact_add(facts, SAMPLE_D(added));
	int rc;

	fact->times_left = times > 1 ? times - 1 : 0;
	rc = add(tally, input, reminder->amount, fact);
	return rc ? rc : fact->times_left ? BUS_DECIDE_AGAIN : 0;
}

static int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	SAMPLE(AddRejected) *fact = bus_fact_add(facts, SAMPLE_D(add_rejected));

	(void)state;
	fact->tally_id = bus_facts_strdup(facts, input->key);
	fact->reason = bus_facts_strdup(facts, "account_blocked");
	return 0;
}

static void evolve(void *state, const struct bus_fact *fact)
{
	const SAMPLE(Added) *added = fact->message;

	if (fact->type == BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED)
		set(state, added->tally_id, added->total, true)->times_left = added->times_left;
}

static void react(const struct bus_fact *fact, struct bus_reactions *out)
{
	const SAMPLE(Added) *added = fact->message;
	SAMPLE(Copied) copied = BOURSE__SAMPLE__V1__COPIED__INIT;
	SAMPLE(Add) passed = BOURSE__SAMPLE__V1__ADD__INIT;

	if (fact->type != BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED)
		return;
	copied.tally_id = added->tally_id;
	copied.total = added->total;
	bus_react(out, "sample.copies", copied.tally_id, &copied.base);
	if (!added->pass_to[0])
		return;
	passed.tally_id = added->pass_to;
	passed.amount = added->amount;
	bus_react(out, "sample.commands", passed.tally_id, &passed.base);
}

static void schedule(const struct bus_fact *fact, struct bus_timers *timers)
{
	const SAMPLE(ReminderSet) *set = fact->message;
	SAMPLE(Reminder) reminder = BOURSE__SAMPLE__V1__REMINDER__INIT;

	if (fact->type != BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_REMINDER_SET)
		return;
	reminder.amount = set->amount;
	reminder.times = set->times;
	if (set->due_micros)
		bus_timer_set(timers, set->name, set->due_micros, &reminder.base);
	else
		bus_timer_clear(timers, set->name);
}

static void *state_new(void)
{
	return bus_calloc(1, sizeof(struct tally *));
}

static void state_free(void *state)
{
	struct tally **tallies = state, *tally, *next;

	HASH_ITER (hh, *tallies, tally, next) {
		HASH_DEL(*tallies, tally);
		free(tally);
	}
	free(tallies);
}

static void on_rows(void *state, const PGresult *rows)
{
	for (int i = 0; i < PQntuples(rows); i++)
		set(state, bus_row_text(rows, i, 0), bus_row_int8(rows, i, 1), false);
}

static void load(void *state, const struct bus_load *load, struct bus_db *db)
{
	struct bus_call *call = bus_call(db, &load_sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_TEXT);

	for (size_t i = 0; i < load->key_count; i++)
		bus_column_text(ids, load->keys[i]);
	bus_call_send(call, on_rows, state);
}

static void save(void *state, struct bus_db *db)
{
	struct bus_call *call = bus_call(db, &save_sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *totals = bus_call_column(call, BUS_PG_INT8);
	struct tally **tallies = state, *tally, *next;

	HASH_ITER (hh, *tallies, tally, next) {
		if (!tally->dirty)
			continue;
		bus_column_text(ids, tally->id);
		bus_column_int8(totals, tally->total);
		tally->dirty = false;
	}
	bus_call_send(call, NULL, NULL);
}

static const struct bus_processor tally_processor = {
	.service = "sample",
	.name = "tally",
	.version = 1,
	.inputs =
		(const struct bus_input_topic[]){
			{ "sample.commands", BUS_OUTSIDE, "tally_id", NULL, NULL },
			{ "sample.feed", BUS_SEQUENCED, "tally_id", "/sample/feeder", NULL },
			{ NULL } },
	.handlers =
		(const struct bus_handler[]){ { SAMPLE_D(add), decide_add },
					      { SAMPLE_D(fed), decide_fed, "sample.feed" },
					      { SAMPLE_D(remind), decide_remind },
					      { SAMPLE_D(reminder), decide_reminder, BUS_TIMER },
					      { NULL } },
	.journal = "sample.events",
	.step = SAMPLE_D(sample_events),
	.outputs = (const struct bus_output_topic[]){ { "sample.copies" },
						      { "sample.commands", .outside = true },
						      { NULL } },
	.decide_blocked = decide_blocked,
	.state_new = state_new,
	.state_free = state_free,
	.load = load,
	.evolve = evolve,
	.react = react,
	.schedule = schedule,
	.save = save,
};

int main(int argc, char **argv)
{
	static const struct bus_processor *const processors[] = { &tally_processor, NULL };
	const struct bus_service sample = { "sample", "a tally for each key, for tests of the bus",
					    processors, migrations, migrations_count };

	return bus_service_main(&sample, argc, argv);
}
