/*
 * The engine: one processor, live. It owns a consumer, a database connection and the partitions
 * that Kafka has assigned to it; the producer is the process's. One concept a file:
 *
 *	engine.c	birth, the turn of the loop, metrics, death
 *	intake.c	the consumer: assignment, what is polled, back-pressure
 *	takeover.c	what is done before anything is decided in a partition
 *	batch.c		gather, commit, and what happens when that fails
 *	filter.c	what a record is
 *	load.c		what a batch needs in memory
 *	decide.c	from inputs to steps
 *	firing.c	timers that are due, and those that steps set
 *	gap.c		what is missing
 *	heal.c		steps that the journal has and the store lacks
 *	publish.c	the steps and their reactions on their way to Kafka
 *	snapshot.c	the reader of the reference topics
 *
 * The database connection does one thing at a time; `engine->turn` looks for the next whenever it
 * is idle.
 */
#ifndef BUS_ENGINE_H
#define BUS_ENGINE_H

#include <event2/event.h>
#include <librdkafka/rdkafka.h>

#include "bus/arena.h"
#include "bus/ce.h"
#include "bus/db.h"
#include "bus/kafka.h"
#include "bus/metrics.h"
#include "lease.h"
#include "reference.h"
#include "step.h"
#include "timers.h"

struct evbuffer;

/* What a process decides about its engines, from its configuration. */
struct bus__settings {
	struct bus_kafka_config kafka;
	const char *database_url;
	const char *owner;	    /* of the leases: host and pid */
	bool event_clock;	    /* `now` from ce_time (history) instead of the append time */
	bool development;	    /* topics need not be replicated */
	int64_t batch_max;	    /* records of one transaction */
	int64_t session_timeout_ms; /* of the consumer group */
	int64_t gap_ms;	  /* how long a missing message is waited for before the partition stops */
	int64_t keys_max; /* keys in memory before all are dropped */
	const char *linger_ms;
};

/* An input that stands in the way of its batch. */
struct bus__trouble {
	int attempts; /* how often PostgreSQL refused its batch when it was alone */
	int forced;   /* bus_err: is refused or parked with this cause, without a decision */
	char *detail; /* owned; with forced */
};

/* The trouble of a timer is kept when the window is dropped. */
struct bus__timer_trouble {
	struct bus__timer_trouble *next;
	struct bus__trouble trouble;
	int64_t due;
	char key[BUS_KEY_MAX + 1], id[BUS_TIMER_ID_MAX + 1];
};

/* A record that was polled and is not committed yet. */
struct bus__record {
	struct bus__record *prev, *next;
	rd_kafka_message_t *message; /* owned */
	struct bus_ce ce;	     /* borrows the message */
	int input;
	uint64_t hash;	 /* of this record */
	uint64_t before; /* of the one before it */
	bool waited;	 /* for a missing one: others behind it may have been dealt with */
	struct bus__trouble trouble;
};

enum bus__partition_state {
	BUS__READING,	 /* the lease is to be read */
	BUS__CHECKING,	 /* positions against their logs; the journal is read to its end */
	BUS__CLAIMING,	 /* the lease is to be claimed */
	BUS__OPENING,	 /* opening records are on their way */
	BUS__TAILING,	 /* the journal is read up to our opening record */
	BUS__HEALING,	 /* the steps that only the journal has are folded in */
	BUS__RECOVERING, /* what is not known to be published is published again */
	BUS__RUNNING,
	BUS__STOPPED, /* it does not go on: why[] says it */
};

/* Memory of one batch's steps; given back when the last of them is published. */
struct bus__chunk {
	struct bus__chunk *next;
	struct bus_arena arena;
	size_t refs;
};

/* One step on its way to the journal, and its reactions behind it. */
struct bus__outgoing {
	struct bus__outgoing *next; /* by sequence */
	struct bus__partition *partition;
	struct bus__chunk *chunk;
	struct bus__step step; /* facts are gone; bytes live in the chunk */
	size_t pending;	       /* acknowledgements that are still missing */
	size_t reports;	       /* delivery reports that are still to come */
	bool done;	       /* everything is acknowledged */
	int64_t offset;	       /* in the journal; -1: it had it before */
	bool dead;	       /* its partition has begun anew: only the reports are awaited */
	int64_t committed_at;  /* monotonic micros, for the metric of publishing */
};

struct bus__partition {
	struct bus__partition *prev, *next; /* of the engine */
	struct bus__engine *engine;
	int32_t id;
	enum bus__partition_state state;
	char why[256];
	bool gone; /* revoked: freed with its last delivery report */

	struct bus__lease lease; /* as committed, but for what `moved` tells */
	struct bus__lease draft; /* of the batch that is being built */
	bool in_batch;

	struct bus__record *queue; /* polled, in order of arrival */
	size_t queued;
	size_t queued_waited;	     /* those of them that have waited for a missing one */
	struct bus__record *waiting; /* ahead of a missing one */
	/* Of each input the first record that should wait but is not kept, since they are too many:
	 * the offset behind it, and the hash of the one before it. 0: all are kept. */
	struct bus__position unkept[BUS__INPUTS_MAX];
	/* Timers, and what the batch has done with them: how many of the window it has taken, what
	 * it began with, and the earliest that it has set. */
	struct bus__timers timers;
	size_t timers_taken;
	uint64_t serial_before;
	int64_t set_due;
	bool cut; /* a timer comes before the rest of its records */
	struct bus__timer_trouble *timer_troubles;
	int64_t gap_since; /* monotonic; 0: nothing is missing */
	bool gap_stopped;  /* the missing one did not come in time: nothing is decided, only read */
	int64_t read_next[BUS__INPUTS_MAX];
	uint64_t read_hash[BUS__INPUTS_MAX];
	bool checked[BUS__INPUTS_MAX];
	int64_t expired[BUS__INPUTS_MAX]; /* the position whose record before it retention has
					     removed */
	bool caught_up[BUS__INPUTS_MAX];
	bool caught_up_once;
	int64_t last_time; /* append time of the last record that was committed, micros */

	struct bus__heal *heal; /* while it is healing */
	int64_t as_told;	/* the step of an input that is not decided to its end */

	/* The journal as it was found. */
	bool journal_end;
	struct bus_high_water journal;
	int64_t journal_next;

	/* Publishing. */
	struct bus__outgoing *outgoing, **outgoing_tail;
	size_t outstanding;	  /* delivery reports that are still to come, of any attempt */
	int64_t published;	  /* as lease.published, ahead of it */
	int64_t journal_acked;	  /* last step that the journal has */
	int64_t published_offset; /* of the journal, behind that step */
	int64_t published_epoch;  /* in force there */
	int attempt;		  /* of claiming: older openings' reports are ignored */
	size_t openings;	  /* still to be acknowledged */
	int64_t opening_offset;	  /* of our opening record in the journal */
	bool reclaim;		  /* claimed again without reading the journal anew */
	bool broken;		  /* a delivery failed */
	int64_t sent_at;	  /* monotonic; of the last message */
	int64_t flushed_at;
	bool moved; /* positions and marks of the lease are ahead of their row; nothing else is */
};

/* One input of a batch, and what the filter made of it. */
enum bus__verdict { BUS__SKIP, BUS__DECIDE, BUS__REFUSE, BUS__PARK };

struct bus__item {
	struct bus__record *record; /* owned by the batch; NULL for a timer */
	struct bus__due *timer;	    /* NULL for a record */
	struct bus__partition *partition;
	int64_t time; /* the clock has come to here when it is decided */
	bool cut;     /* it comes with a later batch */
	enum bus__verdict verdict;
	int cause;
	const char *detail;
	bool behind; /* parked behind an earlier one of its key */
	size_t first_input, input_count;
	const struct bus__handler **handlers;
	char *key;	     /* NUL-terminated; NULL when the record has none that is text */
	struct bus_id ce_id; /* outside inputs */
	struct bus__seen *seen;
	/* Of a partition that is healing: it is taken as the journal tells it, in these steps. */
	bool folded;
	struct bus__step *told;
	size_t told_count;
	bool told_last; /* the journal has nothing behind them: some may be missing */
	/* What the filter has moved on, as it was: the input's position, and the source's mark. */
	struct bus__position handled_before;
	int32_t source; /* -1: no mark was looked at */
	struct bus_high_water mark_before;
};

struct bus__batch {
	struct bus__item *items; /* owned arrays, reused */
	size_t count, capacity;
	struct bus_input *inputs;
	size_t input_count, input_capacity;
	struct bus__outgoing *steps, **steps_tail;
	struct bus__chunk *chunk;
	size_t single;		       /* records that are still to be run one by one */
	struct bus__seen *seen;	       /* commands of the batch, by (key, ce_id) */
	struct bus__timer_row *timers; /* set and cleared by it, by (key, id) */
	const char **fresh;	       /* keys to load; in the scratch arena */
	size_t fresh_count;
	bool orphan; /* its partitions were revoked while the transaction was in flight */
	int64_t started_at;
};

enum bus__engine_phase {
	BUS__BORN,	 /* cluster and topics are to be checked */
	BUS__REFERENCES, /* the snapshots are being read */
	BUS__JOINED,	 /* in the group */
	BUS__CLOSED,
};

enum bus__operation {
	BUS__OP_NONE,
	BUS__OP_CLUSTER,
	BUS__OP_LEASES,
	BUS__OP_CLAIM,
	BUS__OP_RECOVER,
	BUS__OP_TIMERS,
	BUS__OP_LOAD,
	BUS__OP_COMMIT,
	BUS__OP_ROTATE,
};

struct bus__counters {
	struct bus_metric *records, *timers, *steps, *folded, *repeats, *void_records, *foreign,
		*gaps, *refused, *parked, *fenced, *rebalances, *unknown_facts, *batches,
		*partitions, *unpublished, *queue;
	struct bus_histogram *commit, *publish, *load;
};

struct bus__engine {
	struct bus__engine *next;
	const struct bus__settings *settings;
	struct event_base *base;
	struct bus__producer *producer;
	struct bus_metrics *metrics;
	struct bus__counters counters;
	struct bus__program program;
	enum bus__engine_phase phase;
	char why[256]; /* what it waits for, for /readyz; "" when nothing */
	int fatal;     /* bus_err: the process must end */

	struct bus_db *db;
	enum bus__operation operation;
	int64_t retry_at; /* monotonic: nothing is begun before */
	int64_t rotate_at;

	int32_t partition_count; /* of the inputs */
	int32_t output_partitions[BUS__OUTPUTS_MAX];

	rd_kafka_t *consumer;
	int wake_fd;
	struct event *wake, *tick, *again, *alarm;
	bool assigned, assign_pending, intake_paused, joined_group;
	bool kafka_away; /* no broker has a connection to the consumer */
	int64_t full_since;
	int64_t offsets_at;
	bool offsets_due;
	struct bus__partition *partitions;
	struct bus__partition *claiming; /* whose database operation is running */
	struct bus__lease_load *lease_loads;
	size_t lease_load_count;
	struct bus__firing_load *firing_loads;
	size_t firing_load_count;
	bool leases_stale; /* partitions went while their rows were read */
	size_t queued;	   /* records, of all partitions */
	size_t queued_bytes;
	size_t waiting, waiting_bytes; /* those of them that wait for a missing one */
	size_t unpublished_bytes;
	struct bus__record *free_records;
	struct bus__chunk *free_chunks;

	struct bus_references references;
	int32_t reference_partitions[BUS__REFERENCES_MAX];
	struct bus__snapshot_reader *snapshots;

	void *state;
	struct bus__key *keys; /* loaded ones */
	size_t key_count;
	struct bus__batch batch;
	struct bus_arena scratch;
	bool closing;
};

/* engine.c */
struct bus__engine *bus__engine_new(struct event_base *base, const struct bus_processor *processor,
				    const struct bus__settings *settings,
				    struct bus__producer *producer, struct bus_metrics *metrics);
void bus__engine_free(struct bus__engine *engine);
void bus__engine_turn(struct bus__engine *engine);
/* Begins to shut down; bus__engine_quiet() tells when nothing is in flight any more. */
void bus__engine_close(struct bus__engine *engine);
bool bus__engine_quiet(const struct bus__engine *engine);
bool bus__engine_ready(struct bus__engine *engine, struct evbuffer *why);
/* Turns again soon, without waiting for an event. */
void bus__engine_again(struct bus__engine *engine);
/* Waits before the next database operation, after a failure. */
void bus__engine_pause(struct bus__engine *engine, int64_t ms, const char *why);
void bus__engine_measure(struct bus__engine *engine);
/* The partition is somebody else's now, and so is its lag. */
void bus__engine_unmeasure(const struct bus__partition *partition);
/* Forgets all aggregates: after a failure and whenever partitions come or go. */
void bus__engine_forget(struct bus__engine *engine);

/* intake.c */
int bus__intake_start(struct bus__engine *engine) BUS_MUST_CHECK;
void bus__intake_poll(struct bus__engine *engine);
/* Hands the consumer the positions of all partitions, once their leases are read. */
void bus__intake_assign(struct bus__engine *engine);
/* While a partition is taken over its inputs rest, once they are checked, so that the journal is
 * not behind them in the queue. */
void bus__intake_pause(struct bus__partition *partition, const char *topic, bool pause);
void bus__intake_run(struct bus__partition *partition);
void bus__intake_commit_offsets(struct bus__engine *engine);
void bus__intake_stop(struct bus__engine *engine);
struct bus__record *bus__record_new(struct bus__engine *engine);
/* One that was read; its place among others is to be filled in. */
struct bus__record *bus__record_take(struct bus__engine *engine, int input,
				     rd_kafka_message_t *message);
void bus__record_free(struct bus__engine *engine, struct bus__record *record);
struct bus__partition *bus__partition_find(struct bus__engine *engine, int32_t id);
/* Stays in the group and reads nothing. */
void bus__intake_rest(struct bus__engine *engine);
/* Empties its queues; counts are kept right. */
void bus__partition_drain(struct bus__partition *partition);
void bus__partition_release(struct bus__partition *partition);
/* Puts a record back to where it was polled to, before all others. */
void bus__partition_requeue(struct bus__partition *partition, struct bus__record *record);
/* It does not go on, with this bus_err and these words. */
void bus__partition_stop(struct bus__partition *partition, int cause, const char *fmt, ...)
	BUS_PRINTF(3, 4);

/* takeover.c */
/* Rows that are being read for partitions that are gone go nowhere. */
void bus__takeover_orphan(struct bus__engine *engine);
/* Begins the next database operation of a take-over; false when there is none to do. */
bool bus__takeover_turn(struct bus__engine *engine);
/* All partitions begin anew: leases are read, positions assigned, partitions claimed. */
void bus__takeover_restart(struct bus__engine *engine);
void bus__takeover_input(struct bus__partition *partition, int input,
			 const rd_kafka_message_t *message, uint64_t hash);
void bus__takeover_journal(struct bus__partition *partition, const rd_kafka_message_t *message);
void bus__takeover_end(struct bus__partition *partition, int input, int64_t offset);
void bus__takeover_advance(struct bus__partition *partition);
void bus__takeover_opened(struct bus__partition *partition, bool journal, int64_t offset);

/* batch.c */
bool bus__batch_turn(struct bus__engine *engine);
/* The partition takes part in the batch: its draft is a copy of its lease. */
void bus__batch_begin(struct bus__partition *partition);
/* A further item, of a record or a timer. */
struct bus__item *bus__batch_item(struct bus__partition *partition, struct bus__record *record);
/* A further input of the last item. */
struct bus_input *bus__batch_input(struct bus__batch *batch, struct bus__item *item);
/* Its position in the draft is behind this record. */
void bus__batch_handled(struct bus__partition *partition, const struct bus__record *record);
/* The trouble that an item has been in, or NULL; with `make` it has some now. */
struct bus__trouble *bus__batch_trouble(const struct bus__item *item, bool make);
/* The batch's partitions are gone: its outcome does not matter any more. */
void bus__batch_orphan(struct bus__engine *engine);
void bus__batch_release(struct bus__engine *engine);

/* publish.c */
struct bus__producer *bus__producer_new(struct event_base *base,
					const struct bus__settings *settings, const char *service);
void bus__producer_free(struct bus__producer *producer);
void bus__producer_add(struct bus__producer *producer, struct bus__engine *engine);
void bus__producer_remove(struct bus__producer *producer, struct bus__engine *engine);
rd_kafka_t *bus__producer_handle(struct bus__producer *producer);
/* Whatever is still on its way is reported as lost: nobody waits for it any more. */
void bus__producer_give_up(struct bus__producer *producer);
/* Serves delivery reports; may report to any engine. */
void bus__producer_poll(struct bus__producer *producer);
struct bus__chunk *bus__chunk_new(struct bus__engine *engine);
void bus__chunk_unref(struct bus__engine *engine, struct bus__chunk *chunk);
/* A step of this partition, in order; takes a reference of the chunk. */
struct bus__outgoing *bus__outgoing_new(struct bus__partition *partition, struct bus__chunk *chunk,
					const struct bus__step *step);
/* Queues it behind those before it, and sends: to the journal unless that has it already. */
void bus__publish(struct bus__outgoing *outgoing);
void bus__publish_openings(struct bus__partition *partition);
void bus__publish_journal_opening(struct bus__partition *partition);
/* Whatever is on its way belongs to an attempt that is over. */
void bus__publish_abandon(struct bus__partition *partition);

/* snapshot.c */
struct bus__snapshot_reader *bus__snapshots_new(struct bus__engine *engine);
void bus__snapshots_free(struct bus__snapshot_reader *reader);
void bus__snapshots_poll(struct bus__snapshot_reader *reader);
bool bus__snapshots_complete(const struct bus__snapshot_reader *reader);
const struct bus__reference_position *bus__snapshots_positions(
	const struct bus__snapshot_reader *reader, size_t *count);

#endif
