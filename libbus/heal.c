/*
 * See heal.h. Journal and inputs are read by a consumer of the partition's own, each from a queue
 * of its own, so that what one is ahead of another waits at the broker: memory is bounded by the
 * batch. The reader's rule leaves out what is void. What is committed is never folded again.
 */
#include "heal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "bus/log.h"
#include "bus/time.h"
#include "crash.h"
#include "decide.h"
#include "filter.h"
#include "firing.h"
#include "gap.h"
#include "load.h"

#define BATCH_BYTES ((size_t)8 << 20)
#define PROGRESS_US (5 * BUS_SECOND)

enum { WAIT = 0, READY = 1, ENDED = 2 };

/* A topic's partition, read in order. */
struct stream {
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *queue;
	int64_t next;  /* offset */
	uint64_t hash; /* of the record before it */
	bool ended;    /* nothing is behind what was read */
};

struct cause {
	int input; /* or BUS__TIMER */
	int64_t offset, due;
	char key[BUS_KEY_MAX + 1];
	char timer[BUS_TIMER_ID_MAX + 1];
};

struct bus__heal {
	rd_kafka_t *rk;
	struct stream journal, inputs[BUS__INPUTS_MAX];
	struct bus_high_water mark; /* in the journal */
	int64_t target;		    /* the last step that the journal has */
	/* All steps of one input: they are one transaction, as they were. */
	struct told {
		rd_kafka_message_t *message; /* owned */
		int64_t sequence;
	} * group; /* owned */
	size_t count, capacity;
	struct cause cause;
	bool complete, last; /* there is no step behind it */
	struct told next;    /* the first step of the next input */
	struct cause next_cause;
	bool over;
	int64_t from, began_at, logged_at;
};

static const char *name_of(const struct bus__partition *partition)
{
	return partition->engine->program.def->name;
}

/* ---- reading ---- */

static int stream_open(struct bus__partition *partition, struct stream *stream, const char *topic,
		       int64_t next, uint64_t hash)
{
	uint64_t one = 1;

	stream->topic = rd_kafka_topic_new(partition->heal->rk, topic, NULL);
	stream->queue = rd_kafka_queue_new(partition->heal->rk);
	stream->next = next;
	stream->hash = hash;
	rd_kafka_queue_io_event_enable(stream->queue, partition->engine->wake_fd, &one,
				       sizeof(one));
	return rd_kafka_consume_start_queue(stream->topic, partition->id,
					    next ? next : RD_KAFKA_OFFSET_BEGINNING, stream->queue);
}

static void stream_close(const struct bus__partition *partition, struct stream *stream)
{
	if (!stream->topic)
		return;
	rd_kafka_consume_stop(stream->topic, partition->id);
	rd_kafka_queue_destroy(stream->queue);
	rd_kafka_topic_destroy(stream->topic);
}

/* The next record, owned by the caller, or NULL while there is none. */
static rd_kafka_message_t *stream_read(struct bus__partition *partition, struct stream *stream)
{
	rd_kafka_message_t *message;

	while ((message = rd_kafka_consume_queue(stream->queue, 0))) {
		if (!message->err && message->offset >= stream->next) {
			stream->next = message->offset + 1;
			stream->ended = false;
			return message;
		}
		if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			stream->ended = true;
		else if (message->err)
			bus_log(BUS_LOG_WARN, "consumer error", "processor=%s error=%s why=\"%s\"",
				name_of(partition), rd_kafka_err2name(message->err),
				rd_kafka_message_errstr(message));
		/* The log does not have it: as good as an end. */
		if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
			stream->ended = true;
		rd_kafka_message_destroy(message);
	}
	return NULL;
}

static int open_all(struct bus__partition *partition)
{
	const struct bus__engine *engine = partition->engine;
	const struct bus_processor *def = engine->program.def;
	const struct bus__lease *lease = &partition->lease;
	struct bus__heal *heal = partition->heal;
	rd_kafka_conf_t *conf;
	char text[128];

	snprintf(text, sizeof(text), "%s-%s-fold", def->service, def->name);
	conf = bus_kafka_conf(&engine->settings->kafka, text);
	bus_kafka_set(conf, "enable.partition.eof", "true");
	bus_kafka_set(conf, "auto.offset.reset", "error");
	bus_kafka_set(conf, "check.crcs", "true");
	bus_kafka_set(conf, "fetch.wait.max.ms", "100");
	bus_kafka_set(conf, "fetch.error.backoff.ms", "50");
	bus_kafka_set(conf, "queued.max.messages.kbytes", "4096"); /* of each topic */
	bus_kafka_set(conf, "fetch.message.max.bytes", "1048576");
	heal->rk = bus_kafka_new(RD_KAFKA_CONSUMER, conf);
	if (!heal->rk)
		return BUS_ERR_CONFIG;
	if (stream_open(partition, &heal->journal, def->journal, lease->journal_offset, 0))
		return BUS_ERR_KAFKA_AWAY;
	for (size_t i = 0; i < engine->program.input_count; i++)
		if (stream_open(partition, &heal->inputs[i], def->inputs[i].topic,
				lease->positions[i].next, lease->positions[i].hash))
			return BUS_ERR_KAFKA_AWAY;
	return 0;
}

void bus__heal_begin(struct bus__partition *partition)
{
	struct bus__heal *heal = bus_calloc(1, sizeof(*heal));
	const struct bus__lease *lease = &partition->lease;

	partition->heal = heal;
	heal->mark = (struct bus_high_water){ lease->journal_epoch, lease->published };
	heal->target = partition->journal.sequence;
	heal->from = lease->numbers.sequence;
	heal->began_at = heal->logged_at = bus_time_monotonic();
	partition->state = BUS__HEALING;
	bus_log(BUS_LOG_WARN, "the journal is ahead of the store: its steps are folded in",
		"processor=%s partition=%d store=%" PRId64 " journal=%" PRId64, name_of(partition),
		partition->id, heal->from, heal->target);
	heal->over = open_all(partition) != 0;
	/* Tried again with the next attempt. */
	if (heal->over)
		bus__engine_pause(partition->engine, 1000, "no consumer to fold with");
}

void bus__heal_end(struct bus__partition *partition)
{
	struct bus__heal *heal = partition->heal;

	if (!heal)
		return;
	partition->heal = NULL;
	if (heal->rk) {
		stream_close(partition, &heal->journal);
		for (size_t i = 0; i < BUS__INPUTS_MAX; i++)
			stream_close(partition, &heal->inputs[i]);
	}
	for (size_t i = 0; i < heal->count; i++)
		rd_kafka_message_destroy(heal->group[i].message);
	if (heal->next.message)
		rd_kafka_message_destroy(heal->next.message);
	if (heal->rk)
		rd_kafka_destroy_flags(heal->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	free(heal->group);
	free(heal);
}

bool bus__heal_over(const struct bus__partition *partition)
{
	return partition->heal->over;
}

/* ---- the journal ---- */

static int input_named(const struct bus__program *program, const char *topic)
{
	for (size_t i = 0; i < program->input_count; i++)
		if (strcmp(program->def->inputs[i].topic, topic) == 0)
			return (int)i;
	return -2;
}

/* What led to a step, from its heading alone. */
static bool read_cause(const struct bus__partition *partition, const rd_kafka_message_t *message,
		       struct cause *cause)
{
	const struct bus__program *program = &partition->engine->program;
	const Bourse__Bus__V1__StepMeta *meta;
	struct bus_arena arena;
	bool known;

	memset(cause, 0, sizeof(*cause));
	bus_arena_init(&arena);
	meta = bus__step_meta(bus_bytes(message->payload, message->len), &arena);
	known = meta && meta->cause && message->key_len <= BUS_KEY_MAX &&
		strlen(meta->cause->timer) <= BUS_TIMER_ID_MAX;
	if (known) {
		if (message->key_len)
			memcpy(cause->key, message->key, message->key_len);
		snprintf(cause->timer, sizeof(cause->timer), "%s", meta->cause->timer);
		cause->due = meta->cause->due_micros;
		cause->offset = meta->cause->offset;
		cause->input =
			cause->timer[0] ? BUS__TIMER : input_named(program, meta->cause->topic);
		known = cause->input >= BUS__TIMER;
	}
	bus_arena_release(&arena);
	return known;
}

static bool same_cause(const struct cause *a, const struct cause *b)
{
	return a->input == b->input && strcmp(a->key, b->key) == 0 &&
	       (a->input == BUS__TIMER ? a->due == b->due && strcmp(a->timer, b->timer) == 0
				       : a->offset == b->offset);
}

static void group_add(struct bus__heal *heal, struct told told)
{
	if (heal->count == heal->capacity) {
		heal->capacity = heal->capacity ? heal->capacity * 2 : 16;
		heal->group = bus_realloc(heal->group, heal->capacity * sizeof(*heal->group));
	}
	heal->group[heal->count++] = told;
}

static void BUS_PRINTF(3, 4)
	trouble(struct bus__partition *partition, size_t first, const char *fmt, ...)
{
	struct bus__engine *engine = partition->engine;
	struct bus__batch *batch = &engine->batch;
	char text[192];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* What was gathered for it goes nowhere. */
	while (batch->count > first) {
		struct bus__item *item = &batch->items[--batch->count];

		batch->input_count -= item->input_count;
		if (item->record)
			bus__record_free(engine, item->record);
	}
	partition->in_batch = false;
	bus__partition_stop(partition, BUS_ERR_JOURNAL_AHEAD,
			    "the journal is ahead of the store and cannot be folded in: %s", text);
}

/* The next step that the store lacks. */
static int next_step(struct bus__partition *partition, size_t first, struct told *told,
		     struct cause *cause)
{
	struct bus__heal *heal = partition->heal;
	rd_kafka_message_t *message;
	struct bus_ce ce;

	while (heal->mark.sequence < heal->target) {
		message = stream_read(partition, &heal->journal);
		if (!message)
			return WAIT;
		bus_ce_read(message, &ce);
		if (bus_source_partition(ce.source, partition->engine->program.source) !=
			    partition->id ||
		    bus_read(&heal->mark, &ce) != BUS_READ_NEXT || ce.sequence <= heal->from) {
			rd_kafka_message_destroy(message);
			continue;
		}
		if (!read_cause(partition, message, cause)) {
			rd_kafka_message_destroy(message);
			trouble(partition, first, "step %" PRId64 " cannot be read", ce.sequence);
			return BUS_ERR_JOURNAL_AHEAD;
		}
		*told = (struct told){ message, ce.sequence };
		return READY;
	}
	return ENDED;
}

/* All steps of one input. */
static int read_group(struct bus__partition *partition, size_t first)
{
	struct bus__heal *heal = partition->heal;

	if (!heal->count && heal->next.message) {
		heal->cause = heal->next_cause;
		group_add(heal, heal->next);
		heal->next.message = NULL;
	}
	while (!heal->complete) {
		struct told told;
		struct cause cause;
		int rc = next_step(partition, first, &told, &cause);

		if (rc == ENDED && heal->count)
			heal->complete = heal->last = true;
		else if (rc != READY)
			return rc;
		else if (!heal->count || same_cause(&cause, &heal->cause)) {
			heal->cause = cause;
			group_add(heal, told);
		} else {
			heal->next = told;
			heal->next_cause = cause;
			heal->complete = true;
		}
	}
	return READY;
}

/* ---- its input ---- */

static bool is_parked(const struct bus__engine *engine, const struct bus_fact *fact)
{
	const ProtobufCFieldDescriptor *member =
		bus__journal_member(&engine->program.journal, &bourse__bus__v1__parked__descriptor);

	return fact->type == (int)member->id;
}

/* The row that was written when it was parked. */
static void park(struct bus__item *item, const Bourse__Bus__V1__Parked *fact)
{
	item->verdict = BUS__PARK;
	item->cause = bus_err_named(fact->cause);
	item->behind = fact->behind;
	item->detail =
		fact->behind ? "an earlier input of the key is parked" : bus_err_text(item->cause);
}

/* The item is what the group's steps name as their cause. */
static int match(struct bus__partition *partition, struct bus__item *item, size_t first)
{
	struct bus__engine *engine = partition->engine;
	struct bus_arena *arena = &engine->scratch;
	struct bus__heal *heal = partition->heal;

	item->told = bus_arena_alloc(arena, heal->count * sizeof(*item->told));
	for (size_t i = 0; i < heal->count; i++) {
		const rd_kafka_message_t *message = heal->group[i].message;
		struct bus_bytes key = bus_bytes(heal->cause.key, strlen(heal->cause.key));
		struct bus_bytes value = bus_bytes(
			bus_arena_copy(arena, message->payload, message->len), message->len);

		key.data = (const uint8_t *)bus_arena_strndup(arena, heal->cause.key, key.len);
		if (bus__step_recall(&engine->program, arena, partition->id,
				     heal->group[i].sequence, key, value, &partition->lease.numbers,
				     &item->told[i])) {
			trouble(partition, first, "step %" PRId64 " does not give its reactions",
				heal->group[i].sequence);
			return BUS_ERR_JOURNAL_AHEAD;
		}
	}
	item->told_count = heal->count;
	if (item->told[0].fact_count && is_parked(engine, &item->told[0].facts[0])) {
		park(item, item->told[0].facts[0].message);
	} else if (item->verdict != BUS__DECIDE) {
		trouble(partition, first,
			"step %" PRId64 " was decided of an input that is none to this version",
			heal->group[0].sequence);
		return BUS_ERR_JOURNAL_AHEAD;
	}
	item->told_last = heal->last && item->verdict == BUS__DECIDE &&
			  partition->as_told != heal->group[0].sequence;
	for (size_t i = 0; i < heal->count; i++)
		rd_kafka_message_destroy(heal->group[i].message);
	heal->count = 0;
	heal->complete = false;
	return READY;
}

static const struct bus__record *waits_at(const struct bus__partition *partition, int input,
					  int64_t offset)
{
	const struct bus__record *record;

	DL_FOREACH (partition->waiting, record) {
		if (record->input == input && record->message->offset == offset)
			return record;
	}
	return NULL;
}

static struct bus__record *read_record(struct bus__partition *partition, int input)
{
	struct stream *stream = &partition->heal->inputs[input];
	rd_kafka_message_t *message = stream_read(partition, stream);
	struct bus__record *record;

	if (!message)
		return NULL;
	record = bus__record_take(partition->engine, input, message);
	record->before = stream->hash;
	stream->hash = record->hash;
	return record;
}

/* Reads the input up to the record that is the cause; those before it led to nothing. */
static int take_record(struct bus__partition *partition, size_t first, size_t limit, size_t *bytes)
{
	struct bus__engine *engine = partition->engine;
	struct bus__heal *heal = partition->heal;
	int input = heal->cause.input;
	const char *topic = engine->program.def->inputs[input].topic;
	int64_t offset = heal->cause.offset;

	if (offset < heal->inputs[input].next && !waits_at(partition, input, offset)) {
		/* More waited than was kept: it is read again, from what is committed. */
		heal->over = partition->unkept[input].next != 0;
		if (heal->over)
			return WAIT;
		trouble(partition, first,
			"%s/%d: step %" PRId64 " names offset %" PRId64
			", which is not in its turn",
			topic, partition->id, heal->group[0].sequence, offset);
		return BUS_ERR_JOURNAL_AHEAD;
	}
	while (engine->batch.count < limit && *bytes < BATCH_BYTES) {
		struct bus__record *record;
		struct bus__item *item;
		int64_t at;

		bus__batch_begin(partition);
		record = bus__filter_filled(engine, partition, input);
		if (!record)
			record = read_record(partition, input);
		if (!record && !heal->inputs[input].ended)
			return WAIT;
		if (!record) {
			trouble(partition, first,
				"%s/%d: the log has no offset %" PRId64 ", which step %" PRId64
				" names",
				topic, partition->id, offset, heal->group[0].sequence);
			return BUS_ERR_JOURNAL_AHEAD;
		}
		item = bus__batch_item(partition, record);
		item->folded = true;
		at = record->message->offset;
		*bytes += record->message->len;
		if (!bus__filter(engine, item)) {
			engine->batch.count--;
			continue;
		}
		bus__batch_handled(partition, record);
		if (at == offset)
			return match(partition, item, first);
	}
	return WAIT;
}

static int take_timer(struct bus__partition *partition, size_t first)
{
	struct bus__heal *heal = partition->heal;
	struct bus__batch *batch = &partition->engine->batch;
	struct bus__timers *timers = &partition->timers;
	const struct bus__timer *timer;

	if (!timers->loaded)
		return WAIT;
	timer = bus__timers_find(timers, heal->cause.key, heal->cause.timer);
	if (!timer || timer->due != heal->cause.due) {
		/* A step of this batch may be the one that sets it. */
		if (batch->count > first || (!timers->count && !timers->complete))
			return WAIT;
		trouble(partition, first, "step %" PRId64 " is of a timer that is not set",
			heal->group[0].sequence);
		return BUS_ERR_JOURNAL_AHEAD;
	}
	bus__batch_begin(partition);
	bus__firing_add(partition, timer, timer->due);
	batch->items[batch->count - 1].folded = true;
	return match(partition, &batch->items[batch->count - 1], first);
}

static void tell_progress(struct bus__partition *partition)
{
	struct bus__heal *heal = partition->heal;
	int64_t now = bus_time_monotonic(), at = partition->lease.numbers.sequence;
	int64_t done = at - heal->from, left = heal->target - at, spent = now - heal->began_at;

	snprintf(partition->why, sizeof(partition->why),
		 "folds its journal in: step %" PRId64 " of %" PRId64, at, heal->target);
	if (left && now - heal->logged_at < PROGRESS_US)
		return;
	heal->logged_at = now;
	bus_log(BUS_LOG_INFO, left ? "folding" : "the journal is folded in",
		"processor=%s partition=%d step=%" PRId64 " of=%" PRId64 " seconds=%" PRId64
		" left_seconds=%" PRId64,
		name_of(partition), partition->id, at, heal->target, spent / BUS_SECOND,
		done ? (int64_t)((double)spent / (double)done * (double)left) / BUS_SECOND : -1);
}

void bus__heal_gather(struct bus__partition *partition, size_t limit, size_t *bytes)
{
	struct bus__heal *heal = partition->heal;
	struct bus__batch *batch = &partition->engine->batch;
	size_t first = batch->count;
	int rc = READY;

	if (heal->over)
		return;
	tell_progress(partition);
	rd_kafka_poll(heal->rk, 0);
	while (rc == READY && batch->count < limit && *bytes < BATCH_BYTES) {
		rc = read_group(partition, first);
		if (rc == READY)
			rc = heal->cause.input == BUS__TIMER
				     ? take_timer(partition, first)
				     : take_record(partition, first, limit, bytes);
	}
	/* All that was gathered before is committed by now. */
	if (rc == ENDED && batch->count == first)
		heal->over = true;
}

/* ---- what is told ---- */

static void apply(struct bus__engine *engine, struct bus__item *item, struct bus__key *key,
		  const struct bus__step *step)
{
	struct bus__lease *draft = &item->partition->draft;

	if (step->now > draft->clock)
		draft->clock = step->now;
	draft->numbers.sequence = step->sequence;
	for (size_t i = 0; i < step->reaction_count; i++) {
		const struct bus__reaction *reaction = &step->reactions[i];
		int64_t *last = draft->numbers.outputs[reaction->output].last;

		if (!engine->program.def->outputs[reaction->output].snapshot &&
		    reaction->sequence > last[reaction->partition])
			last[reaction->partition] = reaction->sequence;
	}
	for (size_t i = 0; i < step->fact_count; i++)
		if (!is_parked(engine, &step->facts[i]))
			engine->program.def->evolve(engine->state, &step->facts[i]);
	bus__decide_step(item->partition, key, step);
	bus_metric_add(engine->counters.folded, 1);
	bus__crash(BUS__CRASH_FOLDED);
}

/* A record that led to nothing: a repeat, nothing to say, or a command that was refused. The
 * handler, asked once more, tells why; what it would accept PostgreSQL has refused. */
static void untold(struct bus__engine *engine, struct bus__item *item, const struct bus__key *key)
{
	struct bus__decision decision = { .inputs = &engine->batch.inputs[item->first_input],
					  .input_count = item->input_count,
					  .handlers = item->handlers };
	bool outside = item->seen != NULL;
	int rc;

	if (item->verdict != BUS__DECIDE && item->verdict != BUS__PARK)
		return;
	if (!outside || item->seen->done) {
		item->verdict = BUS__SKIP;
		return;
	}
	item->seen->done = true;
	decision.blocked = key->parked;
	engine->batch.inputs[item->first_input].now = item->partition->draft.clock;
	rc = bus__step_try(&engine->program, &engine->scratch, engine->state,
			   &item->partition->draft.numbers, &decision);
	item->verdict = BUS__REFUSE;
	item->cause = rc < 0 ? rc : BUS_ERR_DATA_REFUSED;
}

struct rerun {
	struct bus__item *item;
	const struct bus__key *key;
	size_t count;
	bool differs;
};

static void on_rerun_step(void *arg, const struct bus__step *step)
{
	struct rerun *rerun = arg;
	const struct bus__item *item = rerun->item;

	if (rerun->count < item->told_count) {
		struct bus_bytes told = item->told[rerun->count].value;

		if (told.len != step->value.len ||
		    memcmp(told.data, step->value.data, told.len) != 0)
			rerun->differs = true;
	}
	rerun->count++;
	bus__decide_step(item->partition, rerun->key, step);
}

/*
 * All steps of an input are committed together, but published one by one: of the last one the
 * journal may have the first alone. It is decided anew, which changes nothing of what was said
 * (byte for byte, or it is taken as it was told), and so comes to its end.
 */
static int to_its_end(struct bus__engine *engine, struct bus__item *item,
		      const struct bus__key *key)
{
	struct bus__partition *partition = item->partition;
	struct bus__lease *draft = &partition->draft;
	struct bus_input *inputs = &engine->batch.inputs[item->first_input];
	struct bus__decision decision = { .inputs = inputs,
					  .input_count = item->input_count,
					  .handlers = item->handlers,
					  .blocked = key->parked,
					  .traceparent = item->told[0].traceparent };
	struct rerun rerun = { .item = item, .key = key };
	bool touched = false;
	int rc;

	if (item->told[0].now > draft->clock)
		draft->clock = item->told[0].now;
	for (size_t i = 0; i < item->input_count; i++) {
		inputs[i].now = item->told[0].now;
		if (!inputs[i].origin_now)
			inputs[i].origin_now = inputs[i].now;
	}
	rc = bus__step_run(&engine->program, &engine->batch.chunk->arena, engine->state,
			   &draft->numbers, &decision, on_rerun_step, &rerun, &touched);
	if (rc < 0 || rerun.differs || rerun.count < item->told_count) {
		partition->as_told = item->told[0].sequence;
		return BUS_ERR_JOURNAL_AHEAD;
	}
	bus_metric_add(engine->counters.folded, (int64_t)item->told_count);
	if (rerun.count > item->told_count)
		bus_log(BUS_LOG_WARN,
			"an input of which the journal has a part is decided to its end",
			"processor=%s partition=%d steps=%zu of=%zu", name_of(partition),
			partition->id, item->told_count, rerun.count);
	return 0;
}

int bus__heal_decide(struct bus__engine *engine, struct bus__item *item, struct bus__key *key)
{
	if (!item->told_count) {
		untold(engine, item, key);
		return 0;
	}
	if (item->seen)
		item->seen->done = true;
	if (item->told_last)
		return to_its_end(engine, item, key);
	for (size_t i = 0; i < item->told_count; i++)
		apply(engine, item, key, &item->told[i]);
	if (item->timer)
		item->timer->sequence = item->partition->draft.numbers.sequence;
	if (key && item->verdict == BUS__PARK)
		key->parked = true;
	return 0;
}
