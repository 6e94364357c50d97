/* Whether topics keep what they acknowledge. Both give 0, or an error with the reason in `why`. */
#ifndef BUS_DURABILITY_H
#define BUS_DURABILITY_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>

#include "bus/base.h"

/* At least three replicas of each partition. */
int bus__durability_replicas(const rd_kafka_metadata_topic_t *topic, char *why,
			     size_t size) BUS_MUST_CHECK;

/* min.insync.replicas of two and no unclean elections; asks the broker, blocking, bounded. */
int bus__durability_settings(rd_kafka_t *rk, const char *const *topics, size_t count, char *why,
			     size_t size) BUS_MUST_CHECK;

#endif
