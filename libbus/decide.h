/* Deciding: from loaded inputs to steps. */
#ifndef BUS_DECIDE_H
#define BUS_DECIDE_H

#include "engine.h"

struct bus__key;

/*
 * Decides every item of the batch; its steps are appended to batch->steps. Returns 0, or a negative
 * bus_err when the batch must be run again: the state has been touched by an input that failed,
 * which is marked, or engine->fatal is set.
 */
int bus__decide(struct bus__engine *engine) BUS_MUST_CHECK;

/* A step of the batch: into the outbox, with what it does to timers. `key` may be NULL. */
void bus__decide_step(struct bus__partition *partition, const struct bus__key *key,
		      const struct bus__step *step);

#endif
