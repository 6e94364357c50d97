/* Messages that are missing, and partitions that are stopped because of it. */
#ifndef BUS_GAP_H
#define BUS_GAP_H

#include "engine.h"

/* Only while the database connection is idle: it may begin partitions anew. */
void bus__gap_turn(struct bus__engine *engine);

/* The record waits; takes it. When too many do it is let go, and read again later. */
void bus__gap_wait(struct bus__partition *partition, struct bus__record *record);
/* It need not wait any more; the caller's again. */
void bus__gap_unwait(struct bus__partition *partition, struct bus__record *record);

#endif
