/* The step engine. A step is packed and reacted to before evolve runs, so that facts may borrow
 * from the state that evolve is about to change. */
#include "step.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/hash.h"

struct bus_reactions {
	const struct bus__program *program;
	struct bus_arena *arena;
	struct bus__numbers *numbers;
	int64_t sequence;
	const Bourse__Bus__V1__StepMeta *recalled; /* numbers come from here instead */
	struct bus__reaction *items;
	size_t count, capacity;
	bool failed;
};

struct bus_facts {
	const struct bus__program *program;
	struct bus_arena *arena;
	struct bus__numbers *numbers;
	const char *key;
	int64_t now;
	struct bus_fact *items;
	const ProtobufCFieldDescriptor **members;
	struct bus_bytes *packed;
	size_t count, capacity;
};

struct bus_timers {
	const struct bus__program *program;
	struct bus_arena *arena;
	struct bus__timer_change *items;
	size_t count, capacity;
};

/* What comes of one input, as far as it is made. */
struct making {
	struct bus_facts facts;
	struct bus_reactions out;
	struct bus_timers timers;
};

/* Doubles an arena array; the old one stays in the arena until it is reset. */
static void *grow(struct bus_arena *arena, const void *items, size_t count, size_t *capacity,
		  size_t item_size)
{
	size_t larger = *capacity ? *capacity * 2 : 4;
	void *copy = bus_arena_alloc(arena, larger * item_size);

	if (count)
		memcpy(copy, items, count * item_size);
	*capacity = larger;
	return copy;
}

static void handler_init(struct bus__program *program, struct bus__handler *handler,
			 const struct bus_handler *def)
{
	const struct bus_processor *p = program->def;

	handler->def = def;
	handler->input = BUS__TIMER;
	if (def->topic && strcmp(def->topic, BUS_TIMER) == 0)
		return;
	handler->input = def->topic ? -2 : 0;
	for (size_t i = 0; i < program->input_count; i++) {
		const struct bus__journal_type *journal = &program->input_journals[i];

		if (def->topic && strcmp(def->topic, p->inputs[i].topic) == 0)
			handler->input = (int)i;
		if (journal->step && bus__journal_member(journal, def->type))
			handler->input = (int)i;
	}
	bus_assert(handler->input >= 0);
	handler->key = bus__string_field(def->type, p->inputs[handler->input].key_field);
	bus_assert(handler->key);
}

void bus__program_init(struct bus__program *program, const struct bus_processor *def)
{
	memset(program, 0, sizeof(*program));
	program->def = def;
	snprintf(program->source, sizeof(program->source), "/%s/%s", def->service, def->name);
	bus__journal_type_init(&program->journal, def->step);
	for (; def->inputs[program->input_count].topic; program->input_count++) {
		const struct bus_input_topic *input = &def->inputs[program->input_count];

		bus_assert(program->input_count < BUS__INPUTS_MAX);
		bus_assert(strcmp(input->topic, BUS_TIMER) != 0);
		bus_assert(input->kind == BUS_OUTSIDE || input->source);
		bus_assert(input->kind == BUS_SEQUENCED || (!input->step && def->decide_blocked));
		if (input->step)
			bus__journal_type_init(&program->input_journals[program->input_count],
					       input->step);
	}
	bus_assert(program->input_count > 0);
	while (def->handlers[program->handler_count].type)
		program->handler_count++;
	program->handlers = bus_calloc(program->handler_count, sizeof(*program->handlers));
	for (size_t i = 0; i < program->handler_count; i++)
		handler_init(program, &program->handlers[i], &def->handlers[i]);
	while (def->outputs && def->outputs[program->output_count].topic)
		program->output_count++;
	bus_assert(program->output_count <= BUS__OUTPUTS_MAX);
}

void bus__program_release(struct bus__program *program)
{
	free(program->handlers);
}

const struct bus__handler *bus__program_handler(const struct bus__program *program, int input,
						struct bus_bytes type)
{
	for (size_t i = 0; i < program->handler_count; i++) {
		const struct bus__handler *handler = &program->handlers[i];
		const char *name = handler->def->type->name;

		if (handler->input == input && strlen(name) == type.len &&
		    memcmp(name, type.data, type.len) == 0)
			return handler;
	}
	return NULL;
}

const struct bus__handler *bus__program_fact_handler(const struct bus__program *program, int input,
						     const ProtobufCMessageDescriptor *type)
{
	for (size_t i = 0; i < program->handler_count; i++)
		if (program->handlers[i].input == input && program->handlers[i].def->type == type)
			return &program->handlers[i];
	return NULL;
}

void *bus_fact_add(struct bus_facts *facts, const ProtobufCMessageDescriptor *type)
{
	const ProtobufCFieldDescriptor *member =
		bus__journal_member(&facts->program->journal, type);
	struct bus_fact *fact;
	void *message;

	bus_assert(member);
	if (facts->count == facts->capacity) {
		size_t capacity = facts->capacity;

		facts->items = grow(facts->arena, facts->items, facts->count, &capacity,
				    sizeof(*facts->items));
		capacity = facts->capacity;
		facts->members = grow(facts->arena, facts->members, facts->count, &capacity,
				      sizeof(*facts->members));
		facts->packed = grow(facts->arena, facts->packed, facts->count, &facts->capacity,
				     sizeof(*facts->packed));
	}
	message = bus_facts_message(facts, type);
	fact = &facts->items[facts->count];
	*fact = (struct bus_fact){
		.type = (int)member->id,
		.message = message,
		.key = facts->key,
		.now = facts->now,
		.processor = facts->program->def->name,
		.partition = facts->numbers->partition,
		.sequence = facts->numbers->sequence + 1,
		.index = (int32_t)facts->count,
	};
	facts->members[facts->count++] = member;
	return message;
}

void *bus_facts_message(struct bus_facts *facts, const ProtobufCMessageDescriptor *type)
{
	void *message = bus_arena_alloc(facts->arena, type->sizeof_message);

	type->message_init(message);
	return message;
}

char *bus_facts_printf(struct bus_facts *facts, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return bus_facts_strdup(facts, text);
}

char *bus_facts_id(struct bus_facts *facts, struct bus_id id)
{
	return bus_id_format(id, bus_arena_alloc(facts->arena, BUS_ID_TEXT));
}

char *bus_facts_strdup(struct bus_facts *facts, const char *text)
{
	return bus_arena_strndup(facts->arena, text, strlen(text));
}

void *bus_facts_alloc(struct bus_facts *facts, size_t size)
{
	return bus_arena_alloc(facts->arena, size);
}

size_t bus_facts_count(const struct bus_facts *facts)
{
	return facts->count;
}

static bool is_timer(const struct bus_input *input)
{
	return input->topic && strcmp(input->topic, BUS_TIMER) == 0;
}

struct bus_id bus_facts_command_id(const struct bus_facts *facts, const struct bus_input *input)
{
	char text[BUS_TIMER_ID_MAX + 32];

	/* No ce_id of a command looks like this: they are UUIDs. */
	if (is_timer(input)) {
		snprintf(text, sizeof(text), "%s %s@%" PRId64, BUS_TIMER, input->ce_id, input->due);
		return bus_id_derive(facts->program->def->name,
				     bus_bytes(input->key, strlen(input->key)),
				     bus_bytes(text, strlen(text)));
	}
	return bus_id_derive(facts->program->def->name, bus_bytes(input->key, strlen(input->key)),
			     bus_bytes(input->ce_id, strlen(input->ce_id)));
}

struct bus_id bus_facts_step_id(const struct bus_facts *facts, int32_t n)
{
	return bus_id_derive_step(facts->program->def->name, facts->numbers->partition,
				  facts->numbers->sequence + 1, n);
}

/* Gives a reaction its place: a new number, or when a step is recalled the one that it carries. */
static void number_reaction(struct bus_reactions *out, struct bus__reaction *reaction)
{
	const struct bus_output_topic *output = &out->program->def->outputs[reaction->output];
	struct bus__output_numbers *numbers = &out->numbers->outputs[reaction->output];

	if (out->recalled) {
		const Bourse__Bus__V1__Reaction *said;

		if (out->count >= out->recalled->n_reactions) {
			out->failed = true;
			return;
		}
		said = out->recalled->reactions[out->count];
		if (strcmp(said->topic, output->topic) != 0 ||
		    said->partition != reaction->partition)
			out->failed = true;
		reaction->sequence = said->sequence;
	} else if (output->snapshot) {
		reaction->sequence = out->sequence;
	} else {
		reaction->sequence = ++numbers->last[reaction->partition];
	}
}

void bus_react(struct bus_reactions *out, const char *topic, const char *key,
	       const ProtobufCMessage *message)
{
	struct bus__reaction *reaction;
	int output = 0;

	while ((size_t)output < out->program->output_count &&
	       strcmp(out->program->def->outputs[output].topic, topic) != 0)
		output++;
	bus_assert((size_t)output < out->program->output_count);
	if (out->count == out->capacity)
		out->items = grow(out->arena, out->items, out->count, &out->capacity,
				  sizeof(*out->items));
	reaction = &out->items[out->count];
	reaction->output = output;
	reaction->key = bus_bytes(bus_arena_strndup(out->arena, key, strlen(key)), strlen(key));
	reaction->partition =
		bus_partition(reaction->key, out->numbers->outputs[output].partition_count);
	reaction->descriptor = message->descriptor;
	reaction->value = bus__pack(message, out->arena);
	number_reaction(out, reaction);
	out->count++;
}

static struct bus__timer_change *change_timer(struct bus_timers *timers, const char *id)
{
	struct bus__timer_change *change;
	size_t len = strlen(id);

	bus_assert(len > 0 && len <= BUS_TIMER_ID_MAX);
	if (timers->count == timers->capacity)
		timers->items = grow(timers->arena, timers->items, timers->count, &timers->capacity,
				     sizeof(*timers->items));
	change = &timers->items[timers->count++];
	*change = (struct bus__timer_change){ .id = bus_arena_strndup(timers->arena, id, len) };
	return change;
}

void bus_timer_set(struct bus_timers *timers, const char *id, int64_t due,
		   const ProtobufCMessage *message)
{
	struct bus__timer_change *change = change_timer(timers, id);

	bus_assert(bus__program_fact_handler(timers->program, BUS__TIMER, message->descriptor) !=
		   NULL);
	change->set = true;
	change->due = due;
	change->type = message->descriptor->name;
	change->value = bus__pack(message, timers->arena);
}

void bus_timer_clear(struct bus_timers *timers, const char *id)
{
	(void)change_timer(timers, id);
}

static size_t varint_len(uint64_t value)
{
	size_t len = 1;

	while (value >= 0x80) {
		value >>= 7;
		len++;
	}
	return len;
}

static uint8_t *varint_put(uint8_t *p, uint64_t value)
{
	while (value >= 0x80) {
		*p++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*p++ = (uint8_t)value;
	return p;
}

static uint8_t *field_put(uint8_t *p, uint8_t tag, struct bus_bytes value)
{
	*p++ = tag;
	p = varint_put(p, value.len);
	if (value.len)
		memcpy(p, value.data, value.len);
	return p + value.len;
}

/* XEvents { meta = 1; repeated events = 2 } out of parts that are packed already. */
static struct bus_bytes compose(struct bus_arena *arena, struct bus_bytes meta,
				const struct bus_bytes *events, size_t count)
{
	size_t size = 1 + varint_len(meta.len) + meta.len;
	uint8_t *data, *p;

	for (size_t i = 0; i < count; i++)
		size += 1 + varint_len(events[i].len) + events[i].len;
	data = p = bus_arena_alloc(arena, size);
	p = field_put(p, 0x0a, meta);
	for (size_t i = 0; i < count; i++)
		p = field_put(p, 0x12, events[i]);
	return bus_bytes(data, size);
}

static struct bus_bytes pack_meta(struct bus_arena *arena, const struct bus__decision *decision,
				  const struct bus_facts *facts, const struct bus_reactions *out)
{
	Bourse__Bus__V1__StepMeta meta = BOURSE__BUS__V1__STEP_META__INIT;
	Bourse__Bus__V1__Cause cause = BOURSE__BUS__V1__CAUSE__INIT;
	const struct bus_input *input = &decision->inputs[0];
	Bourse__Bus__V1__Reaction *items;

	cause.partition = input->partition;
	if (is_timer(input)) {
		cause.timer = (char *)(uintptr_t)input->ce_id;
		cause.due_micros = input->due;
	} else {
		cause.topic = (char *)(uintptr_t)input->topic;
		cause.offset = input->offset;
		cause.id = (char *)(uintptr_t)input->ce_id;
	}
	meta.cause = &cause;
	meta.now_micros = facts->now;
	meta.n_reactions = out->count;
	if (out->count) {
		meta.reactions = bus_arena_alloc(arena, out->count * sizeof(*meta.reactions));
		items = bus_arena_alloc(arena, out->count * sizeof(*items));
		for (size_t i = 0; i < out->count; i++) {
			bourse__bus__v1__reaction__init(&items[i]);
			items[i].topic =
				(char *)(uintptr_t)out->program->def->outputs[out->items[i].output]
					.topic;
			items[i].partition = out->items[i].partition;
			items[i].sequence = out->items[i].sequence;
			meta.reactions[i] = &items[i];
		}
	}
	if (decision->traceparent.len)
		meta.traceparent = bus_arena_strndup(
			arena, (const char *)decision->traceparent.data, decision->traceparent.len);
	return bus__pack(&meta.base, arena);
}

/* Packs and reacts to the facts from `first` on, then lets the state evolve through them. */
static void settle(struct making *making, void *state, size_t first)
{
	struct bus_facts *facts = &making->facts;
	const struct bus_processor *def = facts->program->def;

	for (size_t i = first; i < facts->count; i++) {
		ProtobufCMessage *event =
			bus__event_wrap(&facts->program->journal, facts->members[i],
					(void *)(uintptr_t)facts->items[i].message, facts->arena);

		facts->packed[i] = bus__pack(event, facts->arena);
		if (def->react)
			def->react(&facts->items[i], &making->out);
		if (def->schedule)
			def->schedule(&facts->items[i], &making->timers);
	}
	for (size_t i = first; i < facts->count; i++)
		def->evolve(state, &facts->items[i]);
}

static int decide_all(struct making *making, void *state, const struct bus__decision *decision,
		      bool *touched, bool *again)
{
	struct bus_facts *facts = &making->facts;
	const struct bus_processor *def = facts->program->def;

	for (size_t i = 0; i < decision->input_count; i++) {
		size_t first = facts->count;
		bus_decide_fn decide = decision->blocked ? def->decide_blocked
							 : decision->handlers[i]->def->decide;
		int rc = decide(state, &decision->inputs[i], facts);

		if (rc < 0)
			return rc;
		/* Only the one message of a plain record may ask for another step. */
		bus_assert(rc == 0 || (rc == BUS_DECIDE_AGAIN && decision->input_count == 1 &&
				       facts->count > first));
		*again = rc == BUS_DECIDE_AGAIN;
		if (facts->count > first)
			*touched = true;
		settle(making, state, first);
	}
	return 0;
}

/* The bus's own fact: it tells of the key, and changes nothing of the service. */
static void park(struct bus_facts *facts, const struct bus__decision *decision)
{
	Bourse__Bus__V1__Parked *fact = bus_fact_add(facts, &bourse__bus__v1__parked__descriptor);

	*fact = *decision->parked;
	facts->packed[0] = bus__pack(
		bus__event_wrap(&facts->program->journal, facts->members[0], fact, facts->arena),
		facts->arena);
}

static struct bus__step make_step(struct making *making, const struct bus__decision *decision)
{
	struct bus_facts *facts = &making->facts;
	const struct bus_input *input = &decision->inputs[0];
	struct bus__step step = {
		.sequence = ++facts->numbers->sequence,
		.now = facts->now,
		.key = bus_bytes(facts->key, strlen(facts->key)),
		.traceparent = decision->traceparent,
		.facts = facts->items,
		.fact_count = facts->count,
		.reactions = making->out.items,
		.reaction_count = making->out.count,
		.timers = making->timers.items,
		.timer_count = making->timers.count,
	};

	if (is_timer(input)) {
		step.fired = bus_arena_strndup(facts->arena, input->ce_id, strlen(input->ce_id));
		step.fired_due = input->due;
	}
	step.value = compose(facts->arena, pack_meta(facts->arena, decision, facts, &making->out),
			     facts->packed, facts->count);
	return step;
}

int bus__step_run(const struct bus__program *program, struct bus_arena *arena, void *state,
		  struct bus__numbers *numbers, const struct bus__decision *decision,
		  bus__step_fn on_step, void *arg, bool *touched)
{
	/* A step outlives its input: it goes on its way when the record is gone. */
	const struct bus_input *input = &decision->inputs[0];
	const char *key = bus_arena_strndup(arena, input->key, strlen(input->key));
	struct bus__decision kept = *decision;
	bool again = true;

	if (kept.traceparent.len)
		kept.traceparent.data =
			bus_arena_copy(arena, kept.traceparent.data, kept.traceparent.len);
	for (int round = 0; again; round++) {
		struct making making = {
			.facts = { .program = program,
				   .arena = arena,
				   .numbers = numbers,
				   .key = key,
				   .now = input->now },
			.out = { .program = program,
				 .arena = arena,
				 .numbers = numbers,
				 .sequence = numbers->sequence + 1 },
			.timers = { .program = program, .arena = arena },
		};
		struct bus__step step;
		int rc = 0;

		again = false;
		if (round == BUS__AGAIN_MAX)
			return BUS_ERR_INTERNAL;
		if (kept.parked)
			park(&making.facts, &kept);
		else
			rc = decide_all(&making, state, &kept, touched, &again);
		if (rc < 0)
			return rc;
		/* A timer that led to nothing would be gone, and no replay could know of it. */
		if (!making.facts.count)
			return is_timer(input) && round == 0 ? BUS_ERR_PARK : 0;
		*touched = true;
		step = make_step(&making, &kept);
		if (step.value.len > BUS__STEP_MAX)
			return BUS_ERR_TOO_LARGE;
		on_step(arg, &step);
	}
	return 0;
}

int bus__step_try(const struct bus__program *program, struct bus_arena *arena, const void *state,
		  struct bus__numbers *numbers, const struct bus__decision *decision)
{
	const struct bus_input *input = &decision->inputs[0];
	struct bus_facts facts = { .program = program,
				   .arena = arena,
				   .numbers = numbers,
				   .key = input->key,
				   .now = input->now };

	return decision->blocked ? program->def->decide_blocked(state, input, &facts)
				 : decision->handlers[0]->def->decide(state, input, &facts);
}

int bus__step_recall(const struct bus__program *program, struct bus_arena *arena, int32_t partition,
		     int64_t sequence, struct bus_bytes key, struct bus_bytes value,
		     const struct bus__numbers *numbers, struct bus__step *out)
{
	const ProtobufCMessage *message = bus__unpack(program->def->step, value, arena);
	struct bus__numbers scratch = *numbers;
	const Bourse__Bus__V1__StepMeta *meta;
	ProtobufCMessage **events;
	struct bus_reactions reactions = { .program = program, .arena = arena };
	struct bus_timers timers = { .program = program, .arena = arena };
	struct bus_fact *facts;
	size_t count;

	if (!message)
		return BUS_ERR_UNDECODABLE;
	bus__step_parts(&program->journal, message, &meta, &events, &count);
	if (!meta)
		return BUS_ERR_UNDECODABLE;
	*out = (struct bus__step){
		.sequence = sequence, .now = meta->now_micros, .key = key, .value = value
	};
	if (meta->traceparent)
		out->traceparent = bus_bytes(meta->traceparent, strlen(meta->traceparent));
	if (meta->cause && meta->cause->timer[0]) {
		out->fired = meta->cause->timer;
		out->fired_due = meta->cause->due_micros;
	}
	facts = bus_arena_alloc(arena, (count + 1) * sizeof(*facts));
	reactions.numbers = &scratch;
	reactions.recalled = meta;
	for (size_t i = 0; i < count; i++) {
		struct bus_fact *fact = &facts[out->fact_count];
		const ProtobufCMessage *inner;
		const ProtobufCFieldDescriptor *member =
			bus__event_unwrap(&program->journal, events[i], &inner);

		if (!member)
			continue;
		*fact = (struct bus_fact){
			.type = (int)member->id,
			.message = inner,
			.key = bus_arena_strndup(arena, (const char *)key.data, key.len),
			.now = meta->now_micros,
			.processor = program->def->name,
			.partition = partition,
			.sequence = sequence,
			.index = (int32_t)i,
		};
		out->fact_count++;
		if (member->descriptor == &bourse__bus__v1__parked__descriptor)
			continue;
		if (program->def->react)
			program->def->react(fact, &reactions);
		if (program->def->schedule)
			program->def->schedule(fact, &timers);
	}
	out->facts = facts;
	out->timers = timers.items;
	out->timer_count = timers.count;
	out->reactions = reactions.items;
	out->reaction_count = reactions.count;
	if (reactions.failed || reactions.count != meta->n_reactions)
		return BUS_ERR_INTERNAL;
	return 0;
}
