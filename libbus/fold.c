/* A processor folded in memory: the step engine with partition 0 of 1 everywhere. */
#include "bus/fold.h"

#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "step.h"
#include "timers.h"

struct bus_fold {
	struct bus__program program;
	struct bus_references references;
	struct bus__numbers numbers;
	struct bus__timers timers; /* all of them */
	struct bus_arena arena;	   /* of the last input */
	void *state;
	int64_t now;
	int64_t offset;
	struct bus_fact *facts; /* owned arrays, contents in the arena */
	size_t fact_count, fact_capacity;
	struct bus_fold_reaction *reactions;
	size_t reaction_count, reaction_capacity;
	char ce_id[BUS_ID_TEXT];
};

struct bus_fold *bus_fold_new(const struct bus_processor *processor)
{
	struct bus_fold *fold = bus_calloc(1, sizeof(*fold));

	bus__program_init(&fold->program, processor);
	bus__references_init(&fold->references, processor->references);
	bus_arena_init(&fold->arena);
	for (size_t i = 0; i < fold->program.output_count; i++) {
		fold->numbers.outputs[i].partition_count = 1;
		fold->numbers.outputs[i].last = bus_calloc(1, sizeof(int64_t));
	}
	fold->timers.loaded = fold->timers.complete = true;
	fold->state = processor->state_new();
	return fold;
}

void bus_fold_free(struct bus_fold *fold)
{
	if (!fold)
		return;
	fold->program.def->state_free(fold->state);
	for (size_t i = 0; i < fold->program.output_count; i++)
		free(fold->numbers.outputs[i].last);
	bus__timers_release(&fold->timers);
	bus_arena_release(&fold->arena);
	bus__references_release(&fold->references);
	bus__program_release(&fold->program);
	free(fold->facts);
	free(fold->reactions);
	free(fold);
}

void *bus_fold_state(struct bus_fold *fold)
{
	return fold->state;
}

void bus_fold_now(struct bus_fold *fold, int64_t now)
{
	fold->now = now;
}

void bus_fold_reference(struct bus_fold *fold, const char *topic, const char *key,
			const ProtobufCMessage *message)
{
	int index = bus__references_topic(&fold->references, topic);
	struct bus_arena arena;

	bus_assert(index >= 0);
	bus_arena_init(&arena);
	bus_assert(bus__references_put(&fold->references, index, bus_bytes(key, strlen(key)), 1, 1,
				       bus__pack(message, &arena)) == 0);
	bus_arena_release(&arena);
}

static void keep_fact(struct bus_fold *fold, const struct bus_fact *fact)
{
	if (fold->fact_count == fold->fact_capacity) {
		fold->fact_capacity = fold->fact_capacity ? fold->fact_capacity * 2 : 8;
		fold->facts = bus_realloc(fold->facts, fold->fact_capacity * sizeof(*fold->facts));
	}
	fold->facts[fold->fact_count++] = *fact;
}

/* What a reader of the topic would get: the bytes, unpacked by the type that is named. */
static void keep_reaction(struct bus_fold *fold, const struct bus__reaction *reaction,
			  const ProtobufCMessage *message)
{
	if (fold->reaction_count == fold->reaction_capacity) {
		fold->reaction_capacity = fold->reaction_capacity ? fold->reaction_capacity * 2 : 8;
		fold->reactions = bus_realloc(fold->reactions,
					      fold->reaction_capacity * sizeof(*fold->reactions));
	}
	fold->reactions[fold->reaction_count++] = (struct bus_fold_reaction){
		.topic = fold->program.def->outputs[reaction->output].topic,
		.key = (const char *)reaction->key.data,
		.message = message,
	};
}

static void on_step(void *arg, const struct bus__step *step)
{
	struct bus_fold *fold = arg;

	bus__timers_step(&fold->timers, step);
	for (size_t i = 0; i < step->fact_count; i++)
		keep_fact(fold, &step->facts[i]);
	for (size_t i = 0; i < step->reaction_count; i++) {
		const struct bus__reaction *reaction = &step->reactions[i];
		const ProtobufCMessage *message =
			bus__unpack(reaction->descriptor, reaction->value, &fold->arena);

		bus_assert(message);
		keep_reaction(fold, reaction, message);
	}
}

static void begin(struct bus_fold *fold)
{
	bus_arena_reset(&fold->arena, SIZE_MAX);
	fold->fact_count = fold->reaction_count = 0;
}

static int run(struct bus_fold *fold, struct bus_input *input, const struct bus__handler *handler,
	       bool blocked)
{
	struct bus__decision decision = {
		.inputs = input, .input_count = 1, .handlers = &handler, .blocked = blocked
	};
	bool touched = false;

	bus_assert(handler && input->message);
	input->now = input->origin_now = fold->now;
	input->references = &fold->references;
	return bus__step_run(&fold->program, &fold->arena, fold->state, &fold->numbers, &decision,
			     on_step, fold, &touched);
}

static int run_message(struct bus_fold *fold, struct bus_input input,
		       const ProtobufCMessage *message, bool blocked)
{
	const struct bus_processor *def = fold->program.def;
	const struct bus__handler *handler = NULL;

	begin(fold);
	if (!input.ce_id)
		input.ce_id = bus_id_format(bus_id_random(), fold->ce_id);
	for (size_t i = 0; i < fold->program.input_count; i++)
		if (strcmp(def->inputs[i].topic, input.topic) == 0)
			handler = bus__program_fact_handler(&fold->program, (int)i,
							    message->descriptor);
	input.offset = fold->offset++;
	input.message =
		bus__unpack(message->descriptor, bus__pack(message, &fold->arena), &fold->arena);
	return run(fold, &input, handler, blocked);
}

int bus_fold_input(struct bus_fold *fold, const char *topic, const char *key, const char *ce_id,
		   const ProtobufCMessage *message)
{
	return run_message(fold, (struct bus_input){ .topic = topic, .key = key, .ce_id = ce_id },
			   message, false);
}

int bus_fold_blocked(struct bus_fold *fold, const char *topic, const char *key, const char *ce_id,
		     const ProtobufCMessage *message)
{
	return run_message(fold, (struct bus_input){ .topic = topic, .key = key, .ce_id = ce_id },
			   message, true);
}

int bus_fold_due(struct bus_fold *fold)
{
	const struct bus__timer *first = fold->timers.count ? fold->timers.items[0] : NULL;
	const struct bus__handler *handler;
	struct bus__timer *left;
	struct bus_input input = { .topic = BUS_TIMER, .offset = -1 };
	int rc;

	if (!first || first->due > fold->now)
		return 0;
	begin(fold);
	/* The timer goes with its first step. */
	input.key = bus_arena_strndup(&fold->arena, first->key, strlen(first->key));
	input.ce_id = bus_arena_strndup(&fold->arena, first->id, strlen(first->id));
	input.due = first->due;
	handler = bus__program_handler(&fold->program, BUS__TIMER,
				       bus_bytes(first->type, strlen(first->type)));
	bus_assert(handler);
	input.message = bus__unpack(handler->def->type, first->value, &fold->arena);
	rc = run(fold, &input, handler, false);
	if (rc == 0)
		return 1;
	left = bus__timers_find(&fold->timers, input.key, input.ce_id);
	if (left && left->due == input.due)
		bus__timers_remove(&fold->timers, left);
	return rc;
}

size_t bus_fold_timer_count(const struct bus_fold *fold)
{
	return fold->timers.count;
}

struct bus_fold_timer bus_fold_timer(const struct bus_fold *fold, size_t i)
{
	const struct bus__timer *timer;

	bus_assert(i < fold->timers.count);
	timer = fold->timers.items[i];
	return (struct bus_fold_timer){ timer->key, timer->id, timer->due };
}

size_t bus_fold_fact_count(const struct bus_fold *fold)
{
	return fold->fact_count;
}

const struct bus_fact *bus_fold_fact(const struct bus_fold *fold, size_t i)
{
	bus_assert(i < fold->fact_count);
	return &fold->facts[i];
}

size_t bus_fold_reaction_count(const struct bus_fold *fold)
{
	return fold->reaction_count;
}

const struct bus_fold_reaction *bus_fold_reaction(const struct bus_fold *fold, size_t i)
{
	bus_assert(i < fold->reaction_count);
	return &fold->reactions[i];
}
