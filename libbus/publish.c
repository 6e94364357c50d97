/*
 * Steps on their way to Kafka: a step goes to the journal, and its reactions follow when the
 * journal has it. Nobody hears of a consequence whose cause could still be lost. An acknowledgement
 * without an offset is none (librdkafka 2.0.2 can report one for a record that is not in the log).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bus/log.h"
#include "bus/reader.h"
#include "bus/time.h"
#include "crash.h"
#include "engine.h"

struct bus__producer {
	const struct bus__settings *settings;
	const char *service;
	struct event_base *base;
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	int wake_fd;
	struct event *wake;
	struct bus__engine *engines;
	bool renew; /* the client is beyond repair */
};

/* What a delivery report is about: in the low bits of its opaque pointer. */
enum { REPORT_JOURNAL, REPORT_REACTION, REPORT_OPENING, REPORT_MASK = 3 };

struct opening {
	struct bus__partition *partition;
	int attempt;
	bool journal;
};

static void *tagged(void *pointer, uintptr_t tag)
{
	return (void *)((uintptr_t)pointer | tag);
}

/* ---- memory ---- */

struct bus__chunk *bus__chunk_new(struct bus__engine *engine)
{
	struct bus__chunk *chunk = engine->free_chunks;

	if (chunk) {
		engine->free_chunks = chunk->next;
	} else {
		chunk = bus_calloc(1, sizeof(*chunk));
		bus_arena_init(&chunk->arena);
	}
	chunk->next = NULL;
	chunk->refs = 1;
	return chunk;
}

void bus__chunk_unref(struct bus__engine *engine, struct bus__chunk *chunk)
{
	if (--chunk->refs)
		return;
	bus_arena_reset(&chunk->arena, (size_t)1 << 20);
	chunk->next = engine->free_chunks;
	engine->free_chunks = chunk;
}

struct bus__outgoing *bus__outgoing_new(struct bus__partition *partition, struct bus__chunk *chunk,
					const struct bus__step *step)
{
	struct bus__outgoing *outgoing = bus_arena_zalloc(&chunk->arena, sizeof(*outgoing));

	outgoing->partition = partition;
	outgoing->chunk = chunk;
	outgoing->step = *step;
	outgoing->offset = -1;
	chunk->refs++;
	return outgoing;
}

static size_t step_bytes(const struct bus__step *step)
{
	size_t size = step->value.len;

	for (size_t i = 0; i < step->reaction_count; i++)
		size += step->reactions[i].value.len;
	return size;
}

static void outgoing_free(struct bus__outgoing *outgoing)
{
	struct bus__engine *engine = outgoing->partition->engine;

	engine->unpublished_bytes -= step_bytes(&outgoing->step);
	bus__chunk_unref(engine, outgoing->chunk);
}

/* ---- sending ---- */

static bool send_record(struct bus__partition *partition, const char *topic, int32_t to,
			struct bus_bytes key, struct bus_bytes value, const struct bus_ce_out *ce,
			void *opaque)
{
	rd_kafka_headers_t *headers = bus_ce_headers(ce);
	rd_kafka_resp_err_t err = rd_kafka_producev(
		partition->engine->producer->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(to),
		RD_KAFKA_V_KEY(key.data, key.len),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.len),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
		RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);

	if (err) {
		rd_kafka_headers_destroy(headers);
		bus_log(BUS_LOG_ERROR, "message not taken by the producer",
			"topic=%s partition=%d why=\"%s\"", topic, to, rd_kafka_err2str(err));
		partition->broken = true;
		return false;
	}
	partition->outstanding++;
	partition->sent_at = bus_time_monotonic();
	return true;
}

static void ce_init(struct bus_ce_out *ce, const struct bus__partition *partition, char *source,
		    size_t source_size)
{
	snprintf(source, source_size, "%s/%d", partition->engine->program.source, partition->id);
	memset(ce, 0, sizeof(*ce));
	ce->source = source;
	ce->epoch = partition->lease.epoch;
}

/*
 * A command to another processor is one for ever, however often it is sent again: its id follows
 * from the step. The time is in it so that nobody who may send commands can use it up beforehand.
 */
static void command_id(char *out, const char *source, const struct bus__step *step, size_t i)
{
	const struct bus__reaction *reaction = &step->reactions[i];
	char text[64];

	snprintf(text, sizeof(text), "%lld.%zu@%lld", (long long)step->sequence, i,
		 (long long)step->now);
	bus_id_format(bus_id_derive(source, reaction->key, bus_bytes(text, strlen(text))), out);
}

static void reaction_id(struct bus_ce_out *ce, const struct bus__program *program,
			const struct bus__step *step, size_t i)
{
	if (program->def->outputs[step->reactions[i].output].outside)
		command_id(ce->id, ce->source, step, i);
	else
		snprintf(ce->id, sizeof(ce->id), "%lld.%zu", (long long)step->sequence, i);
}

static void send_reactions(struct bus__outgoing *outgoing)
{
	struct bus__partition *partition = outgoing->partition;
	const struct bus__program *program = &partition->engine->program;
	char source[96];
	struct bus_ce_out ce;

	ce_init(&ce, partition, source, sizeof(source));
	ce.time = partition->engine->settings->event_clock ? outgoing->step.now : 0;
	ce.traceparent = outgoing->step.traceparent;
	for (size_t i = 0; i < outgoing->step.reaction_count; i++) {
		const struct bus__reaction *reaction = &outgoing->step.reactions[i];

		reaction_id(&ce, program, &outgoing->step, i);
		ce.type = reaction->descriptor->name;
		ce.sequence = reaction->sequence;
		if (!send_record(partition, program->def->outputs[reaction->output].topic,
				 reaction->partition, reaction->key, reaction->value, &ce,
				 tagged(outgoing, REPORT_REACTION)))
			return;
		outgoing->reports++;
		bus__crash(BUS__CRASH_REACTED);
	}
}

static void send_journal(struct bus__outgoing *outgoing)
{
	struct bus__partition *partition = outgoing->partition;
	const struct bus__program *program = &partition->engine->program;
	char source[96];
	struct bus_ce_out ce;

	ce_init(&ce, partition, source, sizeof(source));
	ce.time = partition->engine->settings->event_clock ? outgoing->step.now : 0;
	ce.traceparent = outgoing->step.traceparent;
	snprintf(ce.id, sizeof(ce.id), "%lld", (long long)outgoing->step.sequence);
	ce.type = program->journal.step->name;
	ce.sequence = outgoing->step.sequence;
	if (send_record(partition, program->def->journal, partition->id, outgoing->step.key,
			outgoing->step.value, &ce, tagged(outgoing, REPORT_JOURNAL)))
		outgoing->reports++;
	bus__crash(BUS__CRASH_PUBLISHED);
}

/* Everything is acknowledged up to the first step that still waits for something. */
static void settle_published(struct bus__partition *partition)
{
	struct bus__engine *engine = partition->engine;
	int64_t now = bus_time_monotonic();

	while (partition->outgoing && partition->outgoing->done) {
		struct bus__outgoing *outgoing = partition->outgoing;

		partition->outgoing = outgoing->next;
		if (!partition->outgoing)
			partition->outgoing_tail = &partition->outgoing;
		partition->published = outgoing->step.sequence;
		partition->published_offset = outgoing->offset >= 0 ? outgoing->offset + 1
								    : partition->opening_offset + 1;
		partition->published_epoch = partition->lease.epoch;
		bus_histogram_observe(engine->counters.publish,
				      (double)(now - outgoing->committed_at) / 1e6);
		outgoing_free(outgoing);
	}
}

void bus__publish(struct bus__outgoing *outgoing)
{
	struct bus__partition *partition = outgoing->partition;
	bool journal_has_it = outgoing->step.sequence <= partition->journal_acked;

	*partition->outgoing_tail = outgoing;
	partition->outgoing_tail = &outgoing->next;
	outgoing->next = NULL;
	outgoing->committed_at = bus_time_monotonic();
	outgoing->pending = outgoing->step.reaction_count + (journal_has_it ? 0 : 1);
	partition->engine->unpublished_bytes += step_bytes(&outgoing->step);
	if (journal_has_it)
		send_reactions(outgoing);
	else
		send_journal(outgoing);
	if (!outgoing->pending) {
		outgoing->done = true;
		settle_published(partition);
	}
}

void bus__publish_abandon(struct bus__partition *partition)
{
	struct bus__outgoing *outgoing = partition->outgoing, *next;

	for (; outgoing; outgoing = next) {
		next = outgoing->next;
		/* One with reports to come is freed by the last of them. */
		outgoing->dead = true;
		if (!outgoing->reports)
			outgoing_free(outgoing);
	}
	partition->outgoing = NULL;
	partition->outgoing_tail = &partition->outgoing;
	partition->broken = false;
}

/* ---- opening records ---- */

static void send_opening(struct bus__partition *partition, const char *topic, int32_t to,
			 bool journal)
{
	Bourse__Bus__V1__Opening message = BOURSE__BUS__V1__OPENING__INIT;
	struct opening *opening = bus_calloc(1, sizeof(*opening));
	char source[96];
	struct bus_arena arena;
	struct bus_ce_out ce;

	ce_init(&ce, partition, source, sizeof(source));
	ce.type = BUS_OPENING_TYPE;
	snprintf(ce.id, sizeof(ce.id), "opening.%lld", (long long)ce.epoch);
	message.owner = (char *)(uintptr_t)partition->engine->settings->owner;
	*opening = (struct opening){ partition, partition->attempt, journal };
	bus_arena_init(&arena);
	if (send_record(partition, topic, to, bus_bytes(source, strlen(source)),
			bus__pack(&message.base, &arena), &ce, tagged(opening, REPORT_OPENING)))
		partition->openings++;
	else
		free(opening);
	bus_arena_release(&arena);
	bus__crash(BUS__CRASH_OPENING);
}

void bus__publish_openings(struct bus__partition *partition)
{
	const struct bus__engine *engine = partition->engine;

	partition->openings = 0;
	for (size_t i = 0; i < engine->program.output_count; i++)
		for (int32_t k = 0; k < engine->output_partitions[i]; k++)
			send_opening(partition, engine->program.def->outputs[i].topic, k, false);
}

void bus__publish_journal_opening(struct bus__partition *partition)
{
	send_opening(partition, partition->engine->program.def->journal, partition->id, true);
}

/* ---- delivery reports ---- */

static void step_report(struct bus__outgoing *outgoing, bool journal, bool acked, int64_t offset)
{
	struct bus__partition *partition = outgoing->partition;

	outgoing->reports--;
	if (outgoing->dead) {
		if (!outgoing->reports)
			outgoing_free(outgoing);
		return;
	}
	/* What is acknowledged behind a loss is sent again behind it: nobody may hear of it before.
	 */
	if (!acked || partition->broken) {
		partition->broken = true;
		return;
	}
	outgoing->pending--;
	if (journal) {
		outgoing->offset = offset;
		partition->journal_acked = outgoing->step.sequence;
		bus__crash(BUS__CRASH_ACKNOWLEDGED);
		send_reactions(outgoing);
	}
	if (!outgoing->pending) {
		bus__crash(BUS__CRASH_SETTLED);
		outgoing->done = true;
		settle_published(partition);
	}
}

static void opening_report(struct opening *opening, bool acked, int64_t offset)
{
	struct bus__partition *partition = opening->partition;

	if (!partition->gone && opening->attempt == partition->attempt) {
		partition->openings--;
		if (!acked)
			partition->broken = true;
		else
			bus__takeover_opened(partition, opening->journal, offset);
	}
	free(opening);
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *arg)
{
	struct bus__producer *producer = arg;
	uintptr_t opaque = (uintptr_t)message->_private;
	void *pointer = (void *)(opaque & ~(uintptr_t)REPORT_MASK);
	bool acked = !message->err && message->offset >= 0;
	struct bus__partition *partition;

	(void)rk;
	if (!acked) {
		bus_log(BUS_LOG_WARN, "message not acknowledged",
			"topic=%s partition=%d offset=%lld why=\"%s\"",
			rd_kafka_topic_name(message->rkt), message->partition,
			(long long)message->offset,
			message->err ? rd_kafka_err2str(message->err) : "no offset");
		if (rd_kafka_fatal_error(producer->rk, NULL, 0))
			producer->renew = true;
	}
	if ((opaque & REPORT_MASK) == REPORT_OPENING) {
		partition = ((struct opening *)pointer)->partition;
		partition->outstanding--;
		opening_report(pointer, acked, message->offset);
	} else {
		partition = ((struct bus__outgoing *)pointer)->partition;
		partition->outstanding--;
		step_report(pointer, (opaque & REPORT_MASK) == REPORT_JOURNAL, acked,
			    message->offset);
	}
	if (partition->gone && !partition->outstanding)
		bus__partition_release(partition);
}

/* ---- the producer ---- */

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *arg)
{
	struct bus__producer *producer = arg;

	(void)rk;
	bus_log(err == RD_KAFKA_RESP_ERR__FATAL ? BUS_LOG_ERROR : BUS_LOG_WARN, "producer error",
		"error=%s why=\"%s\"", rd_kafka_err2name(err), reason);
	if (err == RD_KAFKA_RESP_ERR__FATAL)
		producer->renew = true;
}

static int producer_open(struct bus__producer *producer)
{
	uint64_t one = 1;
	char id[128];
	rd_kafka_conf_t *conf;

	snprintf(id, sizeof(id), "%s-producer", producer->service);
	conf = bus_kafka_conf(&producer->settings->kafka, id);
	bus_kafka_producer_settings(conf, producer->settings->linger_ms);
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_opaque(conf, producer);
	producer->rk = bus_kafka_new(RD_KAFKA_PRODUCER, conf);
	if (!producer->rk)
		return BUS_ERR_CONFIG;
	producer->queue = rd_kafka_queue_get_main(producer->rk);
	rd_kafka_queue_io_event_enable(producer->queue, producer->wake_fd, &one, sizeof(one));
	return 0;
}

static void producer_close(struct bus__producer *producer)
{
	if (!producer->rk)
		return;
	rd_kafka_queue_io_event_enable(producer->queue, -1, NULL, 0);
	rd_kafka_queue_destroy(producer->queue);
	rd_kafka_destroy(producer->rk);
	producer->rk = NULL;
}

void bus__producer_give_up(struct bus__producer *producer)
{
	if (!producer || !producer->rk)
		return;
	rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_flush(producer->rk, 1000);
}

static void renew(struct bus__producer *producer)
{
	bus_log(BUS_LOG_WARN, "producer is made anew", "service=%s", producer->service);
	bus__producer_give_up(producer);
	producer_close(producer);
	bus_assert(producer_open(producer) == 0);
	producer->renew = false;
	for (struct bus__engine *e = producer->engines; e; e = e->next)
		for (struct bus__partition *p = e->partitions; p; p = p->next)
			p->broken = true;
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct bus__producer *producer = arg;
	uint64_t count;

	(void)what;
	if (read((int)fd, &count, sizeof(count)) < 0)
		return;
	bus__producer_poll(producer);
	for (struct bus__engine *engine = producer->engines; engine; engine = engine->next)
		bus__engine_turn(engine);
}

struct bus__producer *bus__producer_new(struct event_base *base,
					const struct bus__settings *settings, const char *service)
{
	struct bus__producer *producer = bus_calloc(1, sizeof(*producer));

	producer->base = base;
	producer->settings = settings;
	producer->service = service;
	producer->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	bus_assert(producer->wake_fd >= 0);
	producer->wake =
		event_new(base, producer->wake_fd, EV_READ | EV_PERSIST, on_wake, producer);
	event_add(producer->wake, NULL);
	if (producer_open(producer)) {
		bus__producer_free(producer);
		return NULL;
	}
	return producer;
}

void bus__producer_free(struct bus__producer *producer)
{
	if (!producer)
		return;
	producer_close(producer);
	event_free(producer->wake);
	close(producer->wake_fd);
	free(producer);
}

void bus__producer_add(struct bus__producer *producer, struct bus__engine *engine)
{
	engine->next = producer->engines;
	producer->engines = engine;
}

void bus__producer_remove(struct bus__producer *producer, struct bus__engine *engine)
{
	struct bus__engine **at = &producer->engines;

	while (*at && *at != engine)
		at = &(*at)->next;
	if (*at)
		*at = engine->next;
}

rd_kafka_t *bus__producer_handle(struct bus__producer *producer)
{
	return producer->rk;
}

void bus__producer_poll(struct bus__producer *producer)
{
	/* One call serves what is there; more arrives with its own wake-up. */
	rd_kafka_poll(producer->rk, 0);
	if (producer->renew)
		renew(producer);
}
