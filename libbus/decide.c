/*
 * Deciding, input by input, in memory: what a handler will not take is refused or parked, and
 * nothing else is disturbed by it.
 */
#include "decide.h"

#include <inttypes.h>
#include <string.h>

#include "bus/log.h"
#include "load.h"
#include "store.h"

struct sink {
	struct bus__engine *engine;
	struct bus__partition *partition;
};

static void on_step(void *arg, const struct bus__step *step)
{
	struct sink *sink = arg;
	struct bus__batch *batch = &sink->engine->batch;
	struct bus__outgoing *outgoing = bus__outgoing_new(sink->partition, batch->chunk, step);

	*batch->steps_tail = outgoing;
	batch->steps_tail = &outgoing->next;
	bus_metric_add(sink->engine->counters.steps, 1);
}

static int64_t record_time(const struct bus__engine *engine, const struct bus__record *record)
{
	int64_t stamp;

	if (engine->settings->event_clock)
		return record->ce.has_time ? record->ce.time : 0;
	stamp = rd_kafka_message_timestamp(record->message, NULL);
	return stamp > 0 ? stamp * 1000 : 0;
}

static int run_decision(struct bus__engine *engine, struct bus__item *item,
			struct bus__decision *decision, bool *touched)
{
	struct sink sink = { engine, item->partition };

	decision->traceparent = item->record->ce.traceparent;
	return bus__step_run(&engine->program, &engine->batch.chunk->arena, engine->state,
			     &item->partition->draft.numbers, decision, on_step, &sink, touched);
}

static void park_item(struct bus__engine *engine, struct bus__item *item, struct bus__key *key)
{
	Bourse__Bus__V1__Parked fact = BOURSE__BUS__V1__PARKED__INIT;
	struct bus_input cause = { .key = item->key ? item->key : "",
				   .topic = engine->program.def->inputs[item->record->input].topic,
				   .partition = item->partition->id,
				   .offset = item->record->message->offset,
				   .now = item->partition->draft.clock };
	struct bus__decision decision = { .inputs = &cause, .input_count = 1, .parked = &fact };
	bool touched = false;

	item->verdict = BUS__PARK;
	cause.ce_id = bus__store_text(engine, item->record->ce.id);
	fact.key = (char *)(uintptr_t)cause.key;
	fact.cause = (char *)(uintptr_t)bus_err_name(item->cause);
	fact.type = (char *)(uintptr_t)bus__store_text(engine, item->record->ce.type);
	fact.behind = item->behind = key && key->parked;
	if (!item->detail)
		item->detail = fact.behind ? "an earlier input of the key is parked"
					   : bus_err_text(item->cause);
	bus_assert(run_decision(engine, item, &decision, &touched) == 0);
	if (key)
		key->parked = true;
	bus_log(BUS_LOG_WARN, "input parked",
		"processor=%s topic=%s partition=%d offset=%" PRId64 " cause=%s detail=\"%s\"",
		engine->program.def->name, cause.topic, cause.partition, cause.offset, fact.cause,
		item->detail);
}

static bool is_outside(const struct bus__engine *engine, const struct bus__item *item)
{
	return engine->program.def->inputs[item->record->input].kind == BUS_OUTSIDE;
}

/* The handler would not take it: refuse or park, at once or, when the state was touched, next time.
 */
static int decision_failed(struct bus__engine *engine, struct bus__item *item, struct bus__key *key,
			   int rc, bool touched)
{
	if (bus_err_class(rc) == BUS_CLASS_FATAL || bus_err_class(rc) == BUS_CLASS_RETRY) {
		engine->fatal = rc;
		return rc;
	}
	if (touched) {
		item->record->forced = rc;
		return BUS_ERR_PARK;
	}
	item->cause = rc;
	if (is_outside(engine, item))
		item->verdict = BUS__REFUSE;
	else
		park_item(engine, item, key);
	return 0;
}

static int decide_item(struct bus__engine *engine, struct bus__item *item, struct bus__key *key)
{
	struct bus__decision decision = { .inputs = &engine->batch.inputs[item->first_input],
					  .input_count = item->input_count,
					  .handlers = item->handlers };
	bool touched = false;
	int rc;

	if (item->seen && item->seen->done) {
		item->verdict = BUS__SKIP;
		bus_metric_add(engine->counters.repeats, 1);
		return 0;
	}
	if (item->seen)
		item->seen->done = true;
	if (key->parked && !is_outside(engine, item)) {
		item->cause = BUS_ERR_PARK;
		park_item(engine, item, key);
		return 0;
	}
	if (item->record->forced) {
		item->detail = item->record->detail;
		return decision_failed(engine, item, key, item->record->forced, false);
	}
	decision.blocked = key->parked;
	for (size_t i = 0; i < item->input_count; i++) {
		struct bus_input *input = &engine->batch.inputs[item->first_input + i];

		input->now = item->partition->draft.clock;
		if (!input->origin_now)
			input->origin_now = input->now;
	}
	rc = run_decision(engine, item, &decision, &touched);
	return rc < 0 ? decision_failed(engine, item, key, rc, touched) : 0;
}

int bus__decide(struct bus__engine *engine)
{
	struct bus__batch *batch = &engine->batch;

	for (size_t i = 0; i < batch->count; i++) {
		struct bus__item *item = &batch->items[i];
		struct bus__key *key = bus__load_key(engine, item->key);
		int64_t time = record_time(engine, item->record);
		int rc = 0;

		if (time > item->partition->draft.clock)
			item->partition->draft.clock = time;
		switch (item->verdict) {
		case BUS__SKIP:
		case BUS__REFUSE:
			break;
		case BUS__DECIDE:
			rc = decide_item(engine, item, key);
			break;
		case BUS__PARK:
			park_item(engine, item, key);
			break;
		}
		if (rc)
			return rc;
	}
	return 0;
}
