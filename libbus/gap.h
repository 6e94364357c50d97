/* Messages that are missing, and partitions that are stopped because of it. */
#ifndef BUS_GAP_H
#define BUS_GAP_H

#include "engine.h"

/* Only while the database connection is idle: it may begin partitions anew. */
void bus__gap_turn(struct bus__engine *engine);

#endif
