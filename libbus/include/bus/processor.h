/*
 * What a service author writes: a table and a few functions.
 *
 * A processor owns the partitions that Kafka assigns to it and lives by three pure functions:
 *
 *	decide(state, input, now) -> facts	one handler per message type; changes nothing
 *	evolve(state, fact)			the only code that changes state, live and on replay
 *	react(fact) -> messages			what other topics hear; total, it never fails
 *
 * None of them has a clock, randomness, I/O or floating point. The library reads, de-duplicates,
 *loads, commits, publishes and recovers around them (ARCHITECTURE.md, "The loop"). Messages and
 *facts are the generated protobuf-c structs. The state is one object per processor instance: the
 *aggregates of the keys that it has loaded.
 */
#ifndef BUS_PROCESSOR_H
#define BUS_PROCESSOR_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "bus/base.h"
#include "bus/db.h"
#include "bus/err.h"
#include "bus/id.h"

#define BUS_KEY_MAX	 128 /* bytes of a record key; accounts and users are 36, symbols at most 12 */
#define BUS_TIMER	 "timer" /* the topic of the handlers of timers */
#define BUS_TIMER_ID_MAX 64	 /* bytes of a timer's id */

struct bus_facts;
struct bus_reactions;
struct bus_references;
struct bus_timers;

enum bus_input_kind {
	BUS_OUTSIDE, /* from whoever may ask: de-duplicated by (key, ce_id), refused when unreadable
		      */
	BUS_SEQUENCED, /* from one of our processors: the reader's rule, parked when inapplicable */
};

/* One topic that the processor consumes. The first of the table is the one it subscribes to. */
struct bus_input_topic {
	const char *topic;
	enum bus_input_kind kind;
	const char *
		key_field; /* field of every message that must equal the record key: "account_id" */
	const char *source; /* sequenced: the writing processor, "/svc-orders/desk" */
	/* Sequenced: XEvents when the topic is a journal (handlers name facts); NULL: plain
	 * messages. */
	const ProtobufCMessageDescriptor *step;
};

/* A compacted snapshot topic, read whole before the processor joins its group and kept in memory.
 */
struct bus_reference_topic {
	const char *topic;
	const ProtobufCMessageDescriptor *message; /* ce_type is its full name */
};

/* A topic that react writes to. */
struct bus_output_topic {
	const char *topic;
	bool snapshot; /* compacted: carries the step's sequence instead of a dense number of its
			  own */
	/* The outside input of another processor: a message is a command, and carries a ce_id that
	 * is a UUID, derived from its step. */
	bool outside;
};

/*
 * One message to decide upon: a command, a plain message, one fact of somebody's step, or a timer
 * that is due. All memory is borrowed and lives until the batch is committed.
 */
struct bus_input {
	const ProtobufCMessage *message;
	const char *key;   /* NUL-terminated */
	const char *topic; /* BUS_TIMER for a timer */
	int32_t partition;
	int64_t offset;	    /* -1 for a timer */
	int32_t index;	    /* of the fact within its step; 0 for others */
	const char *ce_id;  /* text as sent; the id of a timer */
	int64_t now;	    /* micros: the later of the append time and the partition's last now */
	int64_t origin_now; /* journal inputs: the now of their step; else = now */
	int64_t due;	    /* of a timer, not after `now`; 0 for others */
	const struct bus_references *references;
};

/* One fact, as evolve and react see it. Memory lives until save() of the same batch has returned.
 */
struct bus_fact {
	int type; /* the number of the oneof's member: BOURSE__..__EVENT_ORDER_ACCEPTED */
	const void *message;
	const char *key;
	int64_t now;
	const char *processor;
	int32_t partition;
	int64_t sequence; /* of the step in its journal; known when evolve and react run */
	int32_t index;	  /* within the step */
};

/*
 * Returns 0 and has appended facts, BUS_DECIDE_AGAIN when the same input must be decided again in a
 * further step (a sweep that is bounded per step), or a negative bus_err: PARK and OVERFLOW park a
 * sequenced input or a timer; REFUSE-class errors refuse an outside one. An outside input must lead
 * to a fact, and so must a timer.
 */
#define BUS_DECIDE_AGAIN 1
typedef int (*bus_decide_fn)(const void *state, const struct bus_input *input,
			     struct bus_facts *facts);

struct bus_handler {
	const ProtobufCMessageDescriptor *type; /* its full name is the ce_type */
	bus_decide_fn decide;
	/* The topic that it arrives on; BUS_TIMER: the type is the message of a timer. NULL: the
	 * journal among the inputs whose facts include it, else the first input. A message is never
	 * taken from another topic than its own. */
	const char *topic;
};

/* What load() is asked for. */
struct bus_load {
	const char *const *keys; /* keys of the batch that are not loaded yet, distinct, sorted */
	size_t key_count;
	/* The whole batch, in order, timers that are due among them. */
	const struct bus_input *inputs;
	size_t input_count;
};

struct bus_processor {
	const char *service; /* "svc-orders" */
	const char *name;    /* "desk": group is bourse.desk, source /svc-orders/desk/<partition> */
	int version;	     /* of the projection; 1 at first */
	/* How long its input may be gathered at the broker, ms: fewer requests for who need not be
	 * first. */
	int gather_ms;

	const struct bus_input_topic *inputs; /* ended by a NULL topic, like all tables here */
	const struct bus_reference_topic *references; /* may be NULL */
	const struct bus_handler *handlers;	      /* ended by a NULL type */
	const char *journal;			      /* "orders.events" */
	const ProtobufCMessageDescriptor *step;	      /* XEvents of the journal */
	const struct bus_output_topic *outputs;	      /* may be NULL */

	/* Decides an outside input whose key is parked: a rejection with the cause account_blocked.
	 */
	bus_decide_fn decide_blocked;

	void *(*state_new)(void);
	void (*state_free)(void *state);
	/* Queues the queries whose rows fill the state. A key without rows is a key without
	 * history. */
	void (*load)(void *state, const struct bus_load *load, struct bus_db *db);
	void (*evolve)(void *state, const struct bus_fact *fact);
	void (*react)(const struct bus_fact *fact, struct bus_reactions *out); /* may be NULL */
	/* Which timers of its key a fact sets and clears. Pure and total, called live and on
	 * replay; may be NULL. */
	void (*schedule)(const struct bus_fact *fact, struct bus_timers *timers);
	/* Queues the writes of what changed since the last save, and forgets that it changed. */
	void (*save)(void *state, struct bus_db *db);
};

/*
 * Appends a fact of this type (a member of the journal's oneof; bus_assert otherwise) and returns
 * its initialised message to be filled in. Strings may borrow from the input, the state or static
 * memory.
 */
void *bus_fact_add(struct bus_facts *facts, const ProtobufCMessageDescriptor *type);
/* An initialised message that lives as long as the fact, to be one of its submessages. */
void *bus_facts_message(struct bus_facts *facts, const ProtobufCMessageDescriptor *type);
/* Text that lives as long as the fact. */
char *bus_facts_printf(struct bus_facts *facts, const char *fmt, ...) BUS_PRINTF(2, 3);
/* The text of an id, or a copy of a text, that lives as long as the fact. */
char *bus_facts_id(struct bus_facts *facts, struct bus_id id);
char *bus_facts_strdup(struct bus_facts *facts, const char *text);
/* Memory that lives as long as the fact: the array of a repeated field. */
void *bus_facts_alloc(struct bus_facts *facts, size_t size);
size_t bus_facts_count(const struct bus_facts *facts);

/*
 * The id of what this input makes: bus_id_derive(processor, key, ce_id) for an outside input, the
 * same over its id and its time for a timer; for the n-th thing of any step, bus_facts_step_id().
 */
struct bus_id bus_facts_command_id(const struct bus_facts *facts, const struct bus_input *input);
struct bus_id bus_facts_step_id(const struct bus_facts *facts, int32_t n);

/* Sends `message` to `topic` (one of the processor's outputs) under `key`; packed at once. */
void bus_react(struct bus_reactions *out, const char *topic, const char *key,
	       const ProtobufCMessage *message);

/*
 * Sets the timer `id` of the fact's key, or sets it anew: when the partition's clock has come to
 * `due` (micros), `message` is an input of that key, once. Timers fire in order of (due, key, id),
 * before any record with a later time. The id is 1 to BUS_TIMER_ID_MAX bytes of text, unique within
 * the key; the message has a handler with the topic BUS_TIMER (bus_assert otherwise); it is packed
 * at once. A timer that fires is gone, unless a fact of its step sets it again. One that is set to
 * a time that has passed fires at once. It comes before the next record too, unless it was set by a
 * timer that was due no earlier: such a chain would never end.
 */
void bus_timer_set(struct bus_timers *timers, const char *id, int64_t due,
		   const ProtobufCMessage *message);
/* Clears it; nothing happens when it is not set. */
void bus_timer_clear(struct bus_timers *timers, const char *id);

/* The latest snapshot of `key` on a reference topic of the processor, or NULL. Borrowed. */
const void *bus_reference(const struct bus_input *input, const char *topic, const char *key);

#endif
