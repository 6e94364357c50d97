/*
 * A processor for the tests of the library: it counts. What a command does is told by its amount,
 * see decide_add(). Every Added reacts with a copy under its key, one under "other", and a
 * snapshot.
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
#define COUNT_REJECT	(400) /* a fact without reactions */
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

static inline int decide_add(const void *arg, const struct bus_input *input,
			     struct bus_facts *facts)
{
	const struct counting *state = arg;
	const Bourse__Sample__V1__Add *add = (const Bourse__Sample__V1__Add *)input->message;
	Bourse__Sample__V1__AddRejected *rejected;
	char *huge;

	switch (add->amount) {
	case COUNT_AGAIN:
	case COUNT_ENDLESS:
		(void)count_one(facts, input->key);
		return add->amount == COUNT_ENDLESS || state->total + 1 < 3 ? BUS_DECIDE_AGAIN : 0;
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
		rejected->reason = bus_facts_printf(facts, "%s", "asked for");
		return 0;
	default:
		if (add->amount < 0)
			return BUS_ERR_INVALID;
		for (int64_t i = 0; i < add->amount; i++)
			(void)count_one(facts, input->key);
		return 0;
	}
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
	.save = count_save,
};

#endif
