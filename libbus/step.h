/*
 * The step engine: decide, react, evolve for one input, and the journal record that comes of it.
 * The live loop and the fold of the unit tests run this same code; it does no I/O.
 */
#ifndef BUS_STEP_H
#define BUS_STEP_H

#include "bus/arena.h"
#include "bus/processor.h"
#include "wire.h"

#define BUS__INPUTS_MAX	 8
#define BUS__OUTPUTS_MAX 8
#define BUS__STEP_MAX	 ((size_t)6 << 20) /* bytes of a journal record; topics allow 8 MiB */
#define BUS__AGAIN_MAX	 100000 /* further steps of one input: a handler that never ends */
#define BUS__TIMER	 (-1)	/* as the input of a handler: it takes timers */

struct bus__handler {
	const struct bus_handler *def;
	int input; /* index of the topic that it belongs to, or BUS__TIMER */
	const ProtobufCFieldDescriptor *key; /* field that must equal the record key; not of timers
					      */
};

/* A processor's tables, checked and resolved once at start. */
struct bus__program {
	const struct bus_processor *def;
	struct bus__journal_type journal;
	size_t input_count;
	struct bus__journal_type input_journals[BUS__INPUTS_MAX]; /* step NULL: plain messages */
	size_t handler_count;
	struct bus__handler *handlers; /* owned */
	size_t output_count;
	char source[64]; /* "/svc-orders/desk" */
};

void bus__program_init(struct bus__program *program, const struct bus_processor *def);
void bus__program_release(struct bus__program *program);
/* The handler of a message type on an input topic, or NULL. */
const struct bus__handler *bus__program_handler(const struct bus__program *program, int input,
						struct bus_bytes type);
const struct bus__handler *bus__program_fact_handler(const struct bus__program *program, int input,
						     const ProtobufCMessageDescriptor *type);

/* Where numbers come from: the last one given out for the journal and per (output, partition). */
struct bus__numbers {
	int32_t partition;
	int64_t sequence;
	struct bus__output_numbers {
		int32_t partition_count;
		int64_t *last; /* [partition_count]; snapshots have none */
	} outputs[BUS__OUTPUTS_MAX];
};

struct bus__reaction {
	int output;
	int32_t partition;
	int64_t sequence;
	const ProtobufCMessageDescriptor *descriptor; /* its full name is the ce_type */
	struct bus_bytes key, value;
};

/* What a fact does to a timer of its key. */
struct bus__timer_change {
	bool set; /* else it is cleared, and what follows the id is empty */
	const char *id;
	int64_t due;
	const char *type; /* full name of its message */
	struct bus_bytes value;
};

/* One step: what goes into the outbox, the journal and the reactions' topics. Memory: the arena's.
 */
struct bus__step {
	int64_t sequence;
	int64_t now;
	struct bus_bytes key;
	struct bus_bytes value;
	struct bus_bytes traceparent;
	const struct bus_fact *facts;
	size_t fact_count;
	const struct bus__reaction *reactions;
	size_t reaction_count;
	const char *fired; /* the id of the timer that led to it, and its time; or NULL */
	int64_t fired_due;
	const struct bus__timer_change *timers;
	size_t timer_count;
};

/* What to decide: the messages of one record (several facts if it was a journal's). */
struct bus__decision {
	const struct bus_input *inputs;
	size_t input_count;
	const struct bus__handler *const *handlers; /* one for each input */
	bool blocked;			       /* outside input of a parked key: decide_blocked */
	const Bourse__Bus__V1__Parked *parked; /* not NULL: no handler, this fact alone */
	struct bus_bytes traceparent;
};

typedef void (*bus__step_fn)(void *arg, const struct bus__step *step);

/*
 * Runs one decision to its end; on_step is called for each step. Returns 0 or a negative bus_err;
 * *touched tells that the state or the numbers have already changed, so both must be dropped.
 */
int bus__step_run(const struct bus__program *program, struct bus_arena *arena, void *state,
		  struct bus__numbers *numbers, const struct bus__decision *decision,
		  bus__step_fn on_step, void *arg, bool *touched);

/*
 * What the handler says to the first input: 0, AGAIN or a negative bus_err. Nothing changes; memory
 * is the arena's.
 */
int bus__step_try(const struct bus__program *program, struct bus_arena *arena, const void *state,
		  struct bus__numbers *numbers, const struct bus__decision *decision);

/*
 * Takes a step apart again: its facts unpacked, unknown ones counted, the reactions made anew with
 * the numbers that it carries, and what it did to timers. Returns 0, UNDECODABLE, or INTERNAL when
 * they do not match.
 */
int bus__step_recall(const struct bus__program *program, struct bus_arena *arena, int32_t partition,
		     int64_t sequence, struct bus_bytes key, struct bus_bytes value,
		     const struct bus__numbers *numbers, struct bus__step *out);

#endif
