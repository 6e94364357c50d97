/* One processor, live: its birth, the turn of the loop, what it tells of itself, and its end. */
#include "engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <utlist.h>

#include "bus/log.h"
#include "bus/time.h"
#include "cluster.h"
#include "crash.h"
#include "firing.h"
#include "gap.h"
#include "sql.h"

#define TICK_MS	  100
#define ROTATE_US (600 * BUS_SECOND)

static const struct bus_sql rotate_sql = { "bus_outbox_rotate", sql_outbox_rotate };

void bus__engine_again(struct bus__engine *engine)
{
	event_active(engine->again, EV_TIMEOUT, 0);
}

void bus__engine_pause(struct bus__engine *engine, int64_t ms, const char *why)
{
	engine->retry_at = bus_time_monotonic() + ms * 1000;
	snprintf(engine->why, sizeof(engine->why), "%s", why);
	bus_log(BUS_LOG_WARN, "paused", "processor=%s ms=%lld why=\"%s\"",
		engine->program.def->name, (long long)ms, why);
}

/* ---- birth ---- */

static void on_cluster(struct bus__engine *engine, int err, const char *why)
{
	engine->operation = BUS__OP_NONE;
	if (err) {
		bool changed = strcmp(engine->why, why) != 0;

		engine->retry_at = bus_time_monotonic() + BUS_SECOND;
		snprintf(engine->why, sizeof(engine->why), "%s", why);
		if (changed)
			bus_log(BUS_LOG_WARN, "waiting", "processor=%s why=\"%s\"",
				engine->program.def->name, why);
		return;
	}
	engine->why[0] = '\0';
	engine->snapshots = bus__snapshots_new(engine);
	if (!engine->snapshots) {
		engine->fatal = BUS_ERR_CONFIG;
		return;
	}
	engine->phase = BUS__REFERENCES;
	bus__engine_again(engine);
}

static void on_rotated(void *arg, const struct bus_db_error *error)
{
	struct bus__engine *engine = arg;

	engine->operation = BUS__OP_NONE;
	if (error)
		bus_log(BUS_LOG_WARN, "outbox not rotated", "processor=%s why=\"%s\"",
			engine->program.def->name, error->message);
	bus__engine_again(engine);
}

static bool rotate(struct bus__engine *engine, int64_t now)
{
	if (now < engine->rotate_at)
		return false;
	engine->rotate_at = now + ROTATE_US;
	bus_call_send(bus_call(engine->db, &rotate_sql), NULL, NULL);
	engine->operation = BUS__OP_ROTATE;
	bus_db_sync(engine->db, on_rotated, engine);
	return true;
}

static void join(struct bus__engine *engine)
{
	if (!bus__snapshots_complete(engine->snapshots))
		return;
	bus__crash(BUS__CRASH_REFERENCED);
	bus_log(BUS_LOG_INFO, "references read", "processor=%s snapshots=%zu",
		engine->program.def->name, bus__references_size(&engine->references));
	engine->phase = BUS__JOINED;
	if (bus__intake_start(engine))
		engine->fatal = BUS_ERR_CONFIG;
}

/* ---- the turn ---- */

void bus__engine_turn(struct bus__engine *engine)
{
	int64_t now = bus_time_monotonic();

	if (engine->phase == BUS__CLOSED || engine->fatal)
		return;
	if (engine->snapshots)
		bus__snapshots_poll(engine->snapshots);
	if (engine->phase == BUS__JOINED)
		bus__intake_poll(engine);
	if (engine->operation != BUS__OP_NONE || !bus_db_up(engine->db) || now < engine->retry_at)
		return;
	switch (engine->phase) {
	case BUS__BORN:
		engine->operation = BUS__OP_CLUSTER;
		bus__cluster_check(engine, on_cluster);
		return;
	case BUS__REFERENCES:
		join(engine);
		return;
	case BUS__JOINED:
		break;
	case BUS__CLOSED:
		return;
	}
	engine->why[0] = '\0';
	bus__gap_turn(engine);
	if (rotate(engine, now) || bus__takeover_turn(engine) || bus__firing_turn(engine) ||
	    bus__batch_turn(engine))
		return;
	bus__intake_commit_offsets(engine);
	bus__firing_alarm(engine);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what;
	if (read((int)fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		bus_log(BUS_LOG_WARN, "wake-up not read", "errno=%d", errno);
	bus__engine_turn(arg);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct bus__engine *engine = arg;

	(void)fd;
	(void)what;
	/* A queue wakes us up only when it was empty: reports behind one that came before it was
	 * watched would never be heard. */
	bus__producer_poll(engine->producer);
	bus__engine_turn(engine);
}

static void on_db_state(void *arg, bool up)
{
	struct bus__engine *engine = arg;

	bus_log(up ? BUS_LOG_INFO : BUS_LOG_WARN, up ? "database is up" : "database is away",
		"processor=%s why=\"%s\"", engine->program.def->name, bus_db_why(engine->db));
	if (up)
		bus__engine_again(engine);
}

/* ---- metrics ---- */

static void count_init(struct bus__engine *engine)
{
	static const struct {
		size_t offset;
		const char *name, *help;
	} counters[] = {
		{ offsetof(struct bus__counters, records), "bourse_records_total",
		  "Records that were committed, whatever became of them." },
		{ offsetof(struct bus__counters, timers), "bourse_timers_total",
		  "Timers that fired." },
		{ offsetof(struct bus__counters, steps), "bourse_steps_total",
		  "Steps that were decided." },
		{ offsetof(struct bus__counters, folded), "bourse_folded_total",
		  "Steps that the store lacked and was given from the journal." },
		{ offsetof(struct bus__counters, batches), "bourse_batches_total",
		  "Transactions that were committed." },
		{ offsetof(struct bus__counters, repeats), "bourse_repeats_total",
		  "Records left out because they were seen before." },
		{ offsetof(struct bus__counters, void_records), "bourse_void_total",
		  "Records left out because a newer owner had opened." },
		{ offsetof(struct bus__counters, foreign), "bourse_foreign_total",
		  "Records on our topics that none of our sources wrote." },
		{ offsetof(struct bus__counters, gaps), "bourse_gaps_total",
		  "Times that a message was missing." },
		{ offsetof(struct bus__counters, refused), "bourse_refused_total",
		  "Outside inputs that were refused." },
		{ offsetof(struct bus__counters, parked), "bourse_parked_total",
		  "Sequenced inputs that were parked." },
		{ offsetof(struct bus__counters, fenced), "bourse_fenced_total",
		  "Transactions that met a newer owner." },
		{ offsetof(struct bus__counters, rebalances), "bourse_rebalances_total",
		  "Changes of the assignment." },
		{ offsetof(struct bus__counters, unknown_facts), "bourse_unknown_facts_total",
		  "Facts and messages that this version does not know." },
	};
	static const struct {
		size_t offset;
		const char *name, *help;
	} gauges[] = {
		{ offsetof(struct bus__counters, partitions), "bourse_partitions",
		  "Partitions that are owned and running." },
		{ offsetof(struct bus__counters, unpublished), "bourse_unpublished_bytes",
		  "Committed bytes that are not acknowledged yet." },
		{ offsetof(struct bus__counters, queue), "bourse_queued_records",
		  "Records that were polled and are not committed yet." },
	};
	struct bus_labels labels = { 0 };
	char *base = (char *)&engine->counters;

	bus_labels_add(&labels, "processor", engine->program.def->name);
	for (size_t i = 0; i < BUS_ARRAY_LEN(counters); i++)
		*(struct bus_metric **)(void *)(base + counters[i].offset) = bus_metrics_counter(
			engine->metrics, counters[i].name, counters[i].help, labels.text);
	for (size_t i = 0; i < BUS_ARRAY_LEN(gauges); i++)
		*(struct bus_metric **)(void *)(base + gauges[i].offset) = bus_metrics_gauge(
			engine->metrics, gauges[i].name, gauges[i].help, labels.text);
	engine->counters.load =
		bus_metrics_histogram(engine->metrics, "bourse_load_seconds",
				      "From the start of a batch to its aggregates.", labels.text);
	engine->counters.commit =
		bus_metrics_histogram(engine->metrics, "bourse_commit_seconds",
				      "From the start of a batch to its commit.", labels.text);
	engine->counters.publish = bus_metrics_histogram(
		engine->metrics, "bourse_publish_seconds",
		"From a step's commit to its last acknowledgement.", labels.text);
}

static void set_lag(const struct bus__partition *partition, size_t input, int64_t lag,
		    int64_t seconds)
{
	const struct bus__engine *engine = partition->engine;
	struct bus_labels labels = { 0 };
	char text[16];

	snprintf(text, sizeof(text), "%d", partition->id);
	bus_labels_add(&labels, "processor", engine->program.def->name);
	bus_labels_add(&labels, "topic", engine->program.def->inputs[input].topic);
	bus_labels_add(&labels, "partition", text);
	bus_metric_set(bus_metrics_gauge(engine->metrics, "bourse_lag_events",
					 "Records of the log that are not committed here yet.",
					 labels.text),
		       lag);
	bus_metric_set(bus_metrics_gauge(engine->metrics, "bourse_lag_seconds",
					 "Age of the last committed record while there is lag.",
					 labels.text),
		       seconds);
}

void bus__engine_unmeasure(const struct bus__partition *partition)
{
	for (size_t i = 0; i < partition->engine->program.input_count; i++)
		set_lag(partition, i, 0, 0);
}

static void measure_input(struct bus__engine *engine, struct bus__partition *partition,
			  size_t input)
{
	const char *topic = engine->program.def->inputs[input].topic;
	int64_t low, high, lag = 0, seconds = 0;

	if (rd_kafka_get_watermark_offsets(engine->consumer, topic, partition->id, &low, &high) ||
	    high < 0)
		return;
	lag = high - partition->lease.positions[input].next;
	if (lag < 0)
		lag = 0;
	if (lag && partition->last_time)
		seconds = (bus_time_wall() - partition->last_time) / BUS_SECOND;
	set_lag(partition, input, lag, seconds);
}

void bus__engine_measure(struct bus__engine *engine)
{
	struct bus__partition *partition;
	int64_t running = 0;

	DL_FOREACH (engine->partitions, partition) {
		bool caught_up = partition->state == BUS__RUNNING && !partition->queue;

		running += partition->state == BUS__RUNNING && !partition->gap_stopped;
		for (size_t i = 0; i < engine->program.input_count; i++) {
			caught_up = caught_up && partition->caught_up[i];
			if (partition->state == BUS__RUNNING)
				measure_input(engine, partition, i);
		}
		if (caught_up)
			partition->caught_up_once = true;
	}
	bus_metric_set(engine->counters.partitions, running);
	bus_metric_set(engine->counters.unpublished, (int64_t)engine->unpublished_bytes);
	bus_metric_set(engine->counters.queue, (int64_t)engine->queued);
}

static const char *state_text(const struct bus__partition *partition)
{
	switch (partition->state) {
	case BUS__READING:
	case BUS__CHECKING:
	case BUS__CLAIMING:
	case BUS__OPENING:
	case BUS__TAILING:
	case BUS__RECOVERING:
		return "is being taken over";
	case BUS__HEALING:
	case BUS__STOPPED:
		return partition->why;
	case BUS__RUNNING:
		if (partition->gap_stopped)
			return partition->why;
		return partition->caught_up_once ? NULL : "is catching up";
	}
	return NULL;
}

bool bus__engine_ready(struct bus__engine *engine, struct evbuffer *why)
{
	const char *name = engine->program.def->name;
	struct bus__partition *partition;
	bool ready = true;

	bus__engine_measure(engine);
	if (!bus_db_up(engine->db)) {
		evbuffer_add_printf(why, "%s: the database is away: %s\n", name,
				    bus_db_why(engine->db));
		ready = false;
	}
	if (engine->kafka_away) {
		evbuffer_add_printf(why, "%s: Kafka is away\n", name);
		ready = false;
	}
	if (engine->phase != BUS__JOINED || !engine->joined_group) {
		evbuffer_add_printf(why, "%s: %s\n", name,
				    engine->why[0] ? engine->why : "is joining its group");
		ready = false;
	}
	DL_FOREACH (engine->partitions, partition) {
		const char *text = state_text(partition);

		if (!text)
			continue;
		evbuffer_add_printf(why, "%s: partition %d: %s\n", name, partition->id, text);
		ready = false;
	}
	return ready;
}

/* ---- life and death ---- */

struct bus__engine *bus__engine_new(struct event_base *base, const struct bus_processor *processor,
				    const struct bus__settings *settings,
				    struct bus__producer *producer, struct bus_metrics *metrics)
{
	struct bus__engine *engine = bus_calloc(1, sizeof(*engine));
	struct timeval tick = { 0, TICK_MS * 1000 };

	engine->base = base;
	engine->settings = settings;
	engine->producer = producer;
	engine->metrics = metrics;
	bus__program_init(&engine->program, processor);
	bus__references_init(&engine->references, processor->references);
	bus_arena_init(&engine->scratch);
	engine->batch.steps_tail = &engine->batch.steps;
	count_init(engine);
	engine->state = processor->state_new();
	engine->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	bus_assert(engine->wake_fd >= 0);
	engine->wake = event_new(base, engine->wake_fd, EV_READ | EV_PERSIST, on_wake, engine);
	engine->tick = event_new(base, -1, EV_PERSIST, on_turn, engine);
	engine->again = event_new(base, -1, 0, on_turn, engine);
	engine->alarm = event_new(base, -1, 0, on_turn, engine);
	event_add(engine->wake, NULL);
	event_add(engine->tick, &tick);
	engine->db = bus_db_new(base, settings->database_url, engine->program.source + 1,
				on_db_state, engine);
	bus__producer_add(producer, engine);
	return engine;
}

void bus__engine_close(struct bus__engine *engine)
{
	engine->closing = true;
	bus__engine_again(engine);
}

bool bus__engine_quiet(const struct bus__engine *engine)
{
	const struct bus__partition *partition;

	if (engine->phase != BUS__JOINED)
		return true;
	if (engine->operation != BUS__OP_NONE)
		return false;
	DL_FOREACH (engine->partitions, partition) {
		if (partition->state == BUS__RUNNING &&
		    (partition->outgoing || partition->moved ||
		     partition->published > partition->lease.published))
			return false;
	}
	return true;
}

void bus__engine_free(struct bus__engine *engine)
{
	struct bus__record *record;
	struct bus__chunk *chunk;

	bus__intake_stop(engine);
	engine->phase = BUS__CLOSED;
	bus__producer_remove(engine->producer, engine);
	bus__snapshots_free(engine->snapshots);
	bus_db_free(engine->db);
	bus__batch_release(engine);
	event_free(engine->wake);
	event_free(engine->tick);
	event_free(engine->again);
	event_free(engine->alarm);
	close(engine->wake_fd);
	bus__engine_forget(engine);
	engine->program.def->state_free(engine->state);
	while ((record = engine->free_records)) {
		engine->free_records = record->next;
		free(record);
	}
	while ((chunk = engine->free_chunks)) {
		engine->free_chunks = chunk->next;
		bus_arena_release(&chunk->arena);
		free(chunk);
	}
	bus_arena_release(&engine->scratch);
	bus__references_release(&engine->references);
	bus__program_release(&engine->program);
	free(engine->lease_loads);
	free(engine);
}
