/* What a processor checks of its cluster and topics before it joins anything. */
#ifndef BUS_CLUSTER_H
#define BUS_CLUSTER_H

#include "engine.h"

/* err 0: the engine's partition counts are set. `why` is borrowed. */
typedef void (*bus__cluster_fn)(struct bus__engine *engine, int err, const char *why);

/* Asks Kafka (blocking, bounded), then the store; on_done may be called before this returns. */
void bus__cluster_check(struct bus__engine *engine, bus__cluster_fn on_done);

#endif
