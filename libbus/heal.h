/*
 * Folding: the journal has steps that the store lacks, since the database came back from a backup
 * or a standby. Each goes through the same batches as everything else, behind the very input that
 * led to it: its record is read again, filtered and loaded for, but what it led to is taken from
 * the journal instead of being decided. So positions, high waters, commands, refused and parked
 * inputs come with it.
 */
#ifndef BUS_HEAL_H
#define BUS_HEAL_H

#include "engine.h"

/* The partition's journal is ahead of its store: it is folded in, up to the step that is known. */
void bus__heal_begin(struct bus__partition *partition);
/* Adds to the batch what the next missing steps need, until it has `limit` items. */
void bus__heal_gather(struct bus__partition *partition, size_t limit, size_t *bytes);
/* Takes an item's steps as they were told; or finds out why nothing was told of it. A negative
 * bus_err: the batch has to be run again. */
int bus__heal_decide(struct bus__engine *engine, struct bus__item *item, struct bus__key *key);
/* Nothing is missing any more, or it has to begin anew from what is committed. */
bool bus__heal_over(const struct bus__partition *partition);
void bus__heal_end(struct bus__partition *partition);

#endif
