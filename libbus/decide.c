/*
 * Deciding, input by input, in memory: what a handler will not take is refused or parked, and
 * nothing else is disturbed by it.
 */
#include "decide.h"

#include <inttypes.h>
#include <string.h>

#include "bus/log.h"
#include "crash.h"
#include "firing.h"
#include "heal.h"
#include "load.h"
#include "store.h"

struct sink {
	struct bus__engine *engine;
	struct bus__partition *partition;
	const struct bus__key *key; /* NULL: none that is text */
};

void bus__decide_step(struct bus__partition *partition, const struct bus__key *key,
		      const struct bus__step *step)
{
	struct bus__batch *batch = &partition->engine->batch;
	struct bus__outgoing *outgoing = bus__outgoing_new(partition, batch->chunk, step);

	*batch->steps_tail = outgoing;
	batch->steps_tail = &outgoing->next;
	bus__firing_step(partition, step, key && key->parked);
}

static void on_step(void *arg, const struct bus__step *step)
{
	struct sink *sink = arg;

	bus__decide_step(sink->partition, sink->key, step);
	bus_metric_add(sink->engine->counters.steps, 1);
}

static int run_decision(struct bus__engine *engine, struct bus__item *item,
			struct bus__decision *decision, bool *touched)
{
	struct sink sink = { engine, item->partition, bus__load_key(engine, item->key) };

	if (item->record)
		decision->traceparent = item->record->ce.traceparent;
	return bus__step_run(&engine->program, &engine->batch.chunk->arena, engine->state,
			     &item->partition->draft.numbers, decision, on_step, &sink, touched);
}

/* What the step of a parked item names as its cause. */
static struct bus_input cause_of(struct bus__engine *engine, const struct bus__item *item)
{
	struct bus_input cause = { .key = item->key ? item->key : "",
				   .partition = item->partition->id,
				   .now = item->partition->draft.clock };

	if (item->timer) {
		cause.topic = BUS_TIMER;
		cause.offset = -1;
		cause.ce_id = item->timer->id;
		cause.due = item->timer->due;
	} else {
		cause.topic = engine->program.def->inputs[item->record->input].topic;
		cause.offset = item->record->message->offset;
		cause.ce_id = bus__store_text(engine, item->record->ce.id);
	}
	return cause;
}

static void park_item(struct bus__engine *engine, struct bus__item *item, struct bus__key *key)
{
	Bourse__Bus__V1__Parked fact = BOURSE__BUS__V1__PARKED__INIT;
	struct bus_input cause = cause_of(engine, item);
	struct bus__decision decision = { .inputs = &cause, .input_count = 1, .parked = &fact };
	bool touched = false;

	item->verdict = BUS__PARK;
	fact.key = (char *)(uintptr_t)cause.key;
	fact.cause = (char *)(uintptr_t)bus_err_name(item->cause);
	fact.type =
		(char *)(uintptr_t)(item->timer ? item->timer->type
						: bus__store_text(engine, item->record->ce.type));
	fact.behind = item->behind = key && key->parked;
	if (!item->detail)
		item->detail = fact.behind ? "an earlier input of the key is parked"
					   : bus_err_text(item->cause);
	bus_assert(run_decision(engine, item, &decision, &touched) == 0);
	if (item->timer)
		item->timer->sequence = item->partition->draft.numbers.sequence;
	if (key)
		key->parked = true;
	bus__crash(BUS__CRASH_PARKED);
	bus_log(BUS_LOG_WARN, "input parked",
		"processor=%s topic=%s partition=%d offset=%" PRId64 " cause=%s detail=\"%s\"",
		engine->program.def->name, cause.topic, cause.partition, cause.offset, fact.cause,
		item->detail);
}

static bool is_outside(const struct bus__engine *engine, const struct bus__item *item)
{
	return item->record && engine->program.def->inputs[item->record->input].kind == BUS_OUTSIDE;
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
		bus__batch_trouble(item, true)->forced = rc;
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
	const struct bus__trouble *trouble = bus__batch_trouble(item, false);
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
	if (trouble && trouble->forced) {
		item->detail = trouble->detail;
		return decision_failed(engine, item, key, trouble->forced, false);
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
		struct bus__partition *partition = item->partition;
		struct bus__key *key = bus__load_key(engine, item->key);
		int rc = 0;

		if (item->folded) {
			rc = bus__heal_decide(engine, item, key);
			if (rc)
				return rc;
			continue;
		}
		item->cut = partition->cut = partition->cut || bus__firing_precedes(item);
		if (item->cut)
			continue;
		if (item->time > partition->draft.clock)
			partition->draft.clock = item->time;
		if (item->timer && !bus__firing_stands(item, key->parked))
			item->verdict = BUS__SKIP;
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
		if (item->verdict == BUS__REFUSE)
			bus__crash(BUS__CRASH_REFUSED);
	}
	return 0;
}
