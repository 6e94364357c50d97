/* Deciding: from loaded inputs to steps. */
#ifndef BUS_DECIDE_H
#define BUS_DECIDE_H

#include "engine.h"

/*
 * Decides every item of the batch; its steps are appended to batch->steps. Returns 0, or a negative
 * bus_err when the batch must be run again: the state has been touched by an input that failed,
 * which is marked, or engine->fatal is set.
 */
int bus__decide(struct bus__engine *engine) BUS_MUST_CHECK;

#endif
