/*
 * The pure functions of a processor, run without bus and database: a unit test folds inputs one by
 * one and looks at the facts and reactions of each step. The same step engine runs inside the live
 * loop. Nothing is loaded: the state starts empty. Each message goes through its wire form on the
 * way in.
 */
#ifndef BUS_FOLD_H
#define BUS_FOLD_H

#include "bus/processor.h"

struct bus_fold;

struct bus_fold *bus_fold_new(const struct bus_processor *processor);
void bus_fold_free(struct bus_fold *fold);
void *bus_fold_state(struct bus_fold *fold);

/* The clock that the next inputs see, micros. */
void bus_fold_now(struct bus_fold *fold, int64_t now);
/* Sets the snapshot of a reference topic under a key. */
void bus_fold_reference(struct bus_fold *fold, const char *topic, const char *key,
			const ProtobufCMessage *message);

/*
 * Decides, reacts, evolves: one input. `topic` is one of the inputs; ce_id may be NULL (a fresh one
 * is taken). Returns 0 or what decide returned (its steps are all run when it says AGAIN). Facts
 * and reactions of this input replace those of the one before.
 */
int bus_fold_input(struct bus_fold *fold, const char *topic, const char *key, const char *ce_id,
		   const ProtobufCMessage *message);
/* As above, but with the key parked. */
int bus_fold_blocked(struct bus_fold *fold, const char *topic, const char *key, const char *ce_id,
		     const ProtobufCMessage *message);

/*
 * Fires the earliest timer that is due by bus_fold_now(): an input like another. Returns 1; 0 when
 * none is due, and nothing has happened; or what its handler returned when it failed (the timer is
 * gone, as it is when it is parked), and BUS_ERR_PARK when it led to no fact.
 */
int bus_fold_due(struct bus_fold *fold);
/* The timers that are set, in the order in which they will fire. Borrowed until the next input. */
struct bus_fold_timer {
	const char *key;
	const char *id;
	int64_t due;
};
size_t bus_fold_timer_count(const struct bus_fold *fold);
struct bus_fold_timer bus_fold_timer(const struct bus_fold *fold, size_t i);

/* Facts of the last input, over all its steps. */
size_t bus_fold_fact_count(const struct bus_fold *fold);
const struct bus_fact *bus_fold_fact(const struct bus_fold *fold, size_t i);
/* Reactions of the last input: topic, key, and the message unpacked from its wire form. */
struct bus_fold_reaction {
	const char *topic;
	const char *key;
	const ProtobufCMessage *message;
};
size_t bus_fold_reaction_count(const struct bus_fold *fold);
const struct bus_fold_reaction *bus_fold_reaction(const struct bus_fold *fold, size_t i);

#endif
