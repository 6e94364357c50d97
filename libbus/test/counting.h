/*
 * A processor for the tests of the library: it counts. What a command does is told by its amount,
 * see count(). Every Added reacts with a copy under its key, one under "other", and a snapshot. A
 * reminder does when it is due what a command of its amount does.
 */
#ifndef BUS_TEST_COUNTING_H
#define BUS_TEST_COUNTING_H

#include <stdlib.h>
#include <string.h>

#include "bourse/sample/v1/sample.pb-c.h"
#include "step.h"

#define COUNT_AGAIN	(100) /* a step a round, until the total is 3 */
#define COUNT_THEN_FAIL (200) /* a step, and in the next round OVERFLOW */
#define COUNT_HUGE	(300) /* a step larger than a record may be */
#define COUNT_REJECT	(400) /* a fact without reactions: its reason is the command's id */
#define COUNT_ENDLESS	(500) /* AGAIN for ever */

struct counting {
	int64_t total;
	size_t evolved;
};

static inline Bourse__Sample__V1__Added *count_one(struct bus_facts *facts, const char *id)
{
	Bourse__Sample__V1__Added *fact =
		bus_fact_add(facts, &bourse__sample__v1__added__descriptor);

	fact->tally_id = bus_facts_strdup(facts, id);
	fact->amount = 1;
	return fact;
}

static inline int count(const struct counting *state, const struct bus_input *input, int64_t amount,
			struct bus_facts *facts)
{
	Bourse__Sample__V1__AddRejected *rejected;
	char *huge;

	switch (amount) {
	case COUNT_AGAIN:
	case COUNT_ENDLESS:
		(void)count_one(facts, input->key);
		return amount == COUNT_ENDLESS || state->total + 1 < 3 ? BUS_DECIDE_AGAIN : 0;
	case COUNT_THEN_FAIL:
		(void)count_one(facts, input->key);
		return state->total ? BUS_ERR_OVERFLOW : BUS_DECIDE_AGAIN;
	case COUNT_HUGE:
		huge = bus_malloc(BUS__STEP_MAX + 1);
		memset(huge, 'x', BUS__STEP_MAX);
		huge[BUS__STEP_MAX] = '\0';
		(void)count_one(facts, huge);
		free(huge);
		return 0;
	case COUNT_REJECT:
		rejected = bus_fact_add(facts, &bourse__sample__v1__add_rejected__descriptor);
		rejected->tally_id = bus_facts_strdup(facts, input->key);
		rejected->reason = bus_facts_id(facts, bus_facts_command_id(facts, input));
		return 0;
	default:
		if (amount < 0)
			return BUS_ERR_INVALID;
		for (int64_t i = 0; i < amount; i++)
			(void)count_one(facts, input->key);
		return 0;
	}
}

static inline int decide_add(const void *state, const struct bus_input *input,
			     struct bus_facts *facts)
{
	return count(state, input, ((const Bourse__Sample__V1__Add *)input->message)->amount,
		     facts);
}

static inline int decide_remind(const void *state, const struct bus_input *input,
				struct bus_facts *facts)
{
	const Bourse__Sample__V1__Remind *remind =
		(const Bourse__Sample__V1__Remind *)input->message;
	Bourse__Sample__V1__ReminderSet *fact =
		bus_fact_add(facts, &bourse__sample__v1__reminder_set__descriptor);

	(void)state;
	fact->tally_id = remind->tally_id;
	fact->name = remind->name;
	fact->due_micros = remind->due_micros;
	fact->amount = remind->amount;
	fact->times = remind->times;
	return 0;
}

/* With `times` it is set again, that many micros later. */
static inline int decide_reminder(const void *state, const struct bus_input *input,
				  struct bus_facts *facts)
{
	const Bourse__Sample__V1__Reminder *reminder =
		(const Bourse__Sample__V1__Reminder *)input->message;
	Bourse__Sample__V1__ReminderSet *fact;

	if (reminder->times) {
		fact = bus_fact_add(facts, &bourse__sample__v1__reminder_set__descriptor);
		fact->tally_id = bus_facts_strdup(facts, input->key);
		fact->name = bus_facts_strdup(facts, input->ce_id);
		fact->due_micros = input->due + reminder->times;
		fact->amount = reminder->amount;
		fact->times = reminder->times;
	}
	return count(state, input, reminder->amount, facts);
}

static inline void count_schedule(const struct bus_fact *fact, struct bus_timers *timers)
{
	const Bourse__Sample__V1__ReminderSet *set = fact->message;
	Bourse__Sample__V1__Reminder reminder = BOURSE__SAMPLE__V1__REMINDER__INIT;

	if (fact->type != BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_REMINDER_SET)
		return;
	reminder.amount = set->amount;
	reminder.times = set->times;
	if (set->due_micros)
		bus_timer_set(timers, set->name, set->due_micros, &reminder.base);
	else
		bus_timer_clear(timers, set->name);
}

static inline int decide_blocked(const void *state, const struct bus_input *input,
				 struct bus_facts *facts)
{
	Bourse__Sample__V1__AddRejected *fact =
		bus_fact_add(facts, &bourse__sample__v1__add_rejected__descriptor);

	(void)state;
	fact->tally_id = bus_facts_strdup(facts, input->key);
	fact->reason = bus_facts_strdup(facts, "account_blocked");
	return 0;
}

static inline void count_evolve(void *arg, const struct bus_fact *fact)
{
	struct counting *state = arg;

	state->evolved++;
	if (fact->type == BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED)
		state->total++;
}

static inline void count_react(const struct bus_fact *fact, struct bus_reactions *out)
{
	Bourse__Sample__V1__Copied copied = BOURSE__SAMPLE__V1__COPIED__INIT;

	if (fact->type != BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED)
		return;
	copied.tally_id = ((const Bourse__Sample__V1__Added *)fact->message)->tally_id;
	copied.total = fact->index;
	bus_react(out, "count.copies", fact->key, &copied.base);
	bus_react(out, "count.copies", "other", &copied.base);
	bus_react(out, "count.latest", fact->key, &copied.base);
}

static inline void *count_state_new(void)
{
	return bus_calloc(1, sizeof(struct counting));
}

static inline void count_load(void *state, const struct bus_load *load, struct bus_db *db)
{
	(void)state;
	(void)load;
	(void)db;
}

static inline void count_save(void *state, struct bus_db *db)
{
	(void)state;
	(void)db;
}

static const struct bus_processor counting_processor = {
	.service = "svc-count",
	.name = "count",
	.version = 1,
	.inputs =
		(const struct bus_input_topic[]){
			{ "count.commands", BUS_OUTSIDE, "tally_id", NULL, NULL },
			{ "count.feed", BUS_SEQUENCED, "tally_id", "/svc-feed/feeder", NULL },
			{ NULL } },
	.handlers =
		(const struct bus_handler[]){
			{ &bourse__sample__v1__add__descriptor, decide_add, NULL },
			{ &bourse__sample__v1__fed__descriptor, decide_add, "count.feed" },
			{ &bourse__sample__v1__remind__descriptor, decide_remind, NULL },
			{ &bourse__sample__v1__reminder__descriptor, decide_reminder, BUS_TIMER },
			{ NULL } },
	.journal = "count.events",
	.step = &bourse__sample__v1__sample_events__descriptor,
	.outputs = (const struct bus_output_topic[]){ { "count.copies", false },
						      { "count.latest", true },
						      { NULL } },
	.decide_blocked = decide_blocked,
	.state_new = count_state_new,
	.state_free = free,
	.load = count_load,
	.evolve = count_evolve,
	.react = count_react,
	.schedule = count_schedule,
	.save = count_save,
};

#endif
