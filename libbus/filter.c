/*
 * The first step of the loop: what a record is, before anything is asked of the database. Outside
 * records are checked field by field, since anybody may have sent them; records of our own
 * processors go through the reader's rule.
 */
#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "bus/hash.h"
#include "bus/log.h"
#include "bus/time.h"
#include "filter.h"
#include "gap.h"

#define OUTSIDE_MAX ((size_t)1 << 20) /* bytes of a command; journals have a bound of their own */

static void set_verdict(struct bus__item *item, enum bus__verdict verdict, int cause)
{
	item->verdict = verdict;
	item->cause = cause;
}

/* The record key as text, or NULL: it must be there, bounded, valid UTF-8 and without NUL. */
static char *key_text(struct bus_arena *arena, const rd_kafka_message_t *message)
{
	char *key;

	if (!message->key || !message->key_len || message->key_len > BUS_KEY_MAX ||
	    memchr(message->key, '\0', message->key_len))
		return NULL;
	key = bus_arena_strndup(arena, message->key, message->key_len);
	return bus__text_valid(key) ? key : NULL;
}

static void fill_input(struct bus__engine *engine, const struct bus__item *item,
		       struct bus_input *input, const ProtobufCMessage *message, int32_t index)
{
	const struct bus__record *record = item->record;

	input->message = message;
	input->key = item->key;
	input->topic = engine->program.def->inputs[record->input].topic;
	input->partition = item->partition->id;
	input->offset = record->message->offset;
	input->index = index;
	input->references = &engine->references;
	if (engine->program.def->inputs[record->input].kind == BUS_OUTSIDE)
		input->ce_id =
			bus_id_format(item->ce_id, bus_arena_alloc(&engine->scratch, BUS_ID_TEXT));
	else
		input->ce_id = bus_arena_strndup(&engine->scratch, (const char *)record->ce.id.data,
						 record->ce.id.len);
}

static bool key_matches(const struct bus__handler *handler, const ProtobufCMessage *message,
			const char *key)
{
	return strcmp(bus__string_value(message, handler->key), key) == 0;
}

static int check_outside(struct bus__engine *engine, struct bus__item *item,
			 const struct bus__handler **handler, ProtobufCMessage **message)
{
	const struct bus__record *record = item->record;
	const rd_kafka_message_t *raw = record->message;

	item->key = key_text(&engine->scratch, raw);
	if (!item->key)
		return BUS_ERR_NO_KEY;
	if (bus_partition(bus_bytes(raw->key, raw->key_len), engine->partition_count) !=
	    item->partition->id)
		return BUS_ERR_WRONG_PARTITION;
	if (!record->ce.type.len)
		return BUS_ERR_NO_TYPE;
	if (!bus_id_parse((const char *)record->ce.id.data, record->ce.id.len, &item->ce_id))
		return BUS_ERR_NO_ID;
	*handler = bus__program_handler(&engine->program, record->input, record->ce.type);
	if (!*handler)
		return BUS_ERR_UNKNOWN_TYPE;
	if (raw->len > OUTSIDE_MAX)
		return BUS_ERR_TOO_LARGE;
	*message = bus__unpack((*handler)->def->type, bus_bytes(raw->payload, raw->len),
			       &engine->scratch);
	if (!*message)
		return BUS_ERR_UNDECODABLE;
	if (!bus__strings_valid(*message))
		return BUS_ERR_INVALID;
	return key_matches(*handler, *message, item->key) ? 0 : BUS_ERR_WRONG_KEY;
}

static void filter_outside(struct bus__engine *engine, struct bus__item *item)
{
	const struct bus__handler *handler = NULL;
	ProtobufCMessage *message = NULL;
	int rc;

	/* One of our own processors sends commands here too, and has begun to. */
	if (bus_ce_is_opening(&item->record->ce))
		return;
	rc = check_outside(engine, item, &handler, &message);
	if (rc) {
		set_verdict(item, BUS__REFUSE, rc);
		return;
	}
	item->handlers = bus_arena_alloc(&engine->scratch, sizeof(*item->handlers));
	item->handlers[0] = handler;
	fill_input(engine, item, bus__batch_input(&engine->batch, item), message, 0);
	set_verdict(item, BUS__DECIDE, 0);
}

/* The facts of somebody's step that this processor has handlers for. */
static int step_inputs(struct bus__engine *engine, struct bus__item *item,
		       const ProtobufCMessage *step)
{
	int input = item->record->input;
	const struct bus__journal_type *journal = &engine->program.input_journals[input];
	const Bourse__Bus__V1__StepMeta *meta;
	ProtobufCMessage **events;
	size_t count;

	bus__step_parts(journal, step, &meta, &events, &count);
	if (!meta)
		return BUS_ERR_UNDECODABLE;
	item->handlers = bus_arena_alloc(&engine->scratch, (count + 1) * sizeof(*item->handlers));
	for (size_t i = 0; i < count; i++) {
		const ProtobufCMessage *fact;
		const ProtobufCFieldDescriptor *member =
			bus__event_unwrap(journal, events[i], &fact);
		const struct bus__handler *handler;
		struct bus_input *in;

		if (!member) {
			bus_metric_add(engine->counters.unknown_facts, 1);
			continue;
		}
		handler = bus__program_fact_handler(&engine->program, input, member->descriptor);
		if (!handler)
			continue;
		if (!key_matches(handler, fact, item->key))
			return BUS_ERR_WRONG_KEY;
		item->handlers[item->input_count] = handler;
		in = bus__batch_input(&engine->batch, item);
		fill_input(engine, item, in, fact, (int32_t)i);
		in->origin_now = meta->now_micros;
	}
	return 0;
}

static int sequenced_inputs(struct bus__engine *engine, struct bus__item *item)
{
	const struct bus__record *record = item->record;
	const rd_kafka_message_t *raw = record->message;
	const struct bus_input_topic *topic = &engine->program.def->inputs[record->input];
	const ProtobufCMessageDescriptor *type = topic->step;
	const struct bus__handler *handler = NULL;
	ProtobufCMessage *message;

	item->key = key_text(&engine->scratch, raw);
	if (!item->key)
		return BUS_ERR_NO_KEY;
	if (bus_partition(bus_bytes(raw->key, raw->key_len), engine->partition_count) !=
	    item->partition->id)
		return BUS_ERR_WRONG_PARTITION;
	if (!type) {
		handler = bus__program_handler(&engine->program, record->input, record->ce.type);
		if (!handler) {
			bus_metric_add(engine->counters.unknown_facts, 1);
			return 0;
		}
		type = handler->def->type;
	} else if (strlen(type->name) != record->ce.type.len ||
		   memcmp(type->name, record->ce.type.data, record->ce.type.len) != 0) {
		return BUS_ERR_UNKNOWN_TYPE;
	}
	message = bus__unpack(type, bus_bytes(raw->payload, raw->len), &engine->scratch);
	if (!message)
		return BUS_ERR_UNDECODABLE;
	if (!bus__strings_valid(message))
		return BUS_ERR_INVALID;
	if (topic->step)
		return step_inputs(engine, item, message);
	if (!key_matches(handler, message, item->key))
		return BUS_ERR_WRONG_KEY;
	item->handlers = bus_arena_alloc(&engine->scratch, sizeof(*item->handlers));
	item->handlers[0] = handler;
	fill_input(engine, item, bus__batch_input(&engine->batch, item), message, 0);
	return 0;
}

static void filter_next(struct bus__engine *engine, struct bus__item *item)
{
	int rc = sequenced_inputs(engine, item);

	if (rc) {
		engine->batch.input_count -= item->input_count;
		item->input_count = 0;
		set_verdict(item, BUS__PARK, rc);
	} else {
		set_verdict(item, item->input_count ? BUS__DECIDE : BUS__SKIP, 0);
	}
}

enum bus_reading bus__filter_read(struct bus__lease *lease, const struct bus__program *program,
				  const struct bus__record *record)
{
	const char *source = program->def->inputs[record->input].source;
	struct bus_high_water *mark = bus__lease_mark(
		lease, record->input, bus_source_partition(record->ce.source, source));

	return mark ? bus_read(mark, &record->ce) : BUS_READ_FOREIGN;
}

static void count_reading(struct bus__engine *engine, const struct bus__item *item,
			  enum bus_reading reading)
{
	struct bus__counters *counters = &engine->counters;

	switch (reading) {
	case BUS_READ_REPEAT:
		bus_metric_add(counters->repeats, 1);
		break;
	case BUS_READ_VOID:
		bus_metric_add(counters->void_records, 1);
		break;
	case BUS_READ_FOREIGN:
		bus_metric_add(counters->foreign, 1);
		bus_log(BUS_LOG_WARN, "foreign record left out",
			"processor=%s topic=%s partition=%d offset=%lld", engine->program.def->name,
			rd_kafka_topic_name(item->record->message->rkt), item->partition->id,
			(long long)item->record->message->offset);
		break;
	case BUS_READ_NEXT:
	case BUS_READ_OPENING:
	case BUS_READ_AHEAD:
		break;
	}
}

static void wait_for_missing(struct bus__engine *engine, struct bus__item *item)
{
	struct bus__partition *partition = item->partition;
	const struct bus__record *record = item->record;

	if (!partition->waiting) {
		partition->gap_since = bus_time_monotonic();
		bus_metric_add(engine->counters.gaps, 1);
		bus_log(BUS_LOG_WARN, "a message is missing: waiting for it",
			"processor=%s topic=%s partition=%d source=%.*s seen=%lld/%lld",
			engine->program.def->name, rd_kafka_topic_name(record->message->rkt),
			partition->id, (int)record->ce.source.len,
			(const char *)record->ce.source.data, (long long)record->ce.epoch,
			(long long)record->ce.sequence);
	}
	bus__gap_wait(partition, item->record);
	item->record = NULL;
}

int64_t bus__filter_time(const struct bus__engine *engine, const struct bus__record *record)
{
	int64_t stamp;

	if (engine->settings->event_clock)
		return record->ce.has_time ? record->ce.time : 0;
	stamp = rd_kafka_message_timestamp(record->message, NULL);
	return stamp > 0 ? stamp * 1000 : 0;
}

static struct bus_high_water *mark_of(const struct bus__item *item, int32_t source)
{
	return bus__lease_mark(&item->partition->draft, item->record->input, source);
}

static void remember(struct bus__item *item)
{
	const struct bus__record *record = item->record;
	const struct bus_input_topic *topic =
		&item->partition->engine->program.def->inputs[record->input];
	const struct bus_high_water *mark = NULL;

	item->handled_before = item->partition->draft.handled[record->input];
	item->source = -1;
	if (topic->kind == BUS_SEQUENCED) {
		item->source = bus_source_partition(record->ce.source, topic->source);
		mark = mark_of(item, item->source);
	}
	if (mark)
		item->mark_before = *mark;
	else
		item->source = -1;
}

void bus__filter_undo(struct bus__item *item)
{
	item->partition->draft.handled[item->record->input] = item->handled_before;
	if (item->source >= 0)
		*mark_of(item, item->source) = item->mark_before;
}

bool bus__filter(struct bus__engine *engine, struct bus__item *item)
{
	struct bus__record *record = item->record;
	enum bus_reading reading;

	item->verdict = BUS__SKIP;
	item->input_count = 0;
	remember(item);
	if (engine->program.def->inputs[record->input].kind == BUS_OUTSIDE) {
		filter_outside(engine, item);
	} else {
		reading = bus__filter_read(&item->partition->draft, &engine->program, record);
		count_reading(engine, item, reading);
		if (reading == BUS_READ_AHEAD) {
			wait_for_missing(engine, item);
			return false;
		}
		if (reading == BUS_READ_NEXT)
			filter_next(engine, item);
	}
	return true;
}

struct bus__record *bus__filter_filled(struct bus__engine *engine, struct bus__partition *partition,
				       int input)
{
	struct bus__record *record;

	DL_FOREACH (partition->waiting, record) {
		const char *source = engine->program.def->inputs[record->input].source;
		const struct bus_high_water *mark =
			bus__lease_mark(&partition->draft, record->input,
					bus_source_partition(record->ce.source, source));
		struct bus_high_water copy = *mark;

		if ((input >= 0 && record->input != input) ||
		    bus_read(&copy, &record->ce) == BUS_READ_AHEAD)
			continue;
		bus__gap_unwait(partition, record);
		record->waited = true;
		if (!partition->waiting)
			partition->gap_since = 0;
		return record;
	}
	return NULL;
}
