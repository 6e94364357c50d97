/*
 * What Kafka says of the declared topics, and the settings that they are created with.
 */
#ifndef CLI_ADMIN_H
#define CLI_ADMIN_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "catalog.h"

/* A setting of a topic that a difference matters for, as it is found in the cluster. */
enum topic_setting {
	SETTING_CLEANUP,
	SETTING_RETENTION_MS,
	SETTING_RETENTION_BYTES,
	SETTING_TIMESTAMP,
	SETTING_MAX_MESSAGE,
	SETTING_MIN_ISR,
	SETTING_UNCLEAN,
	SETTING_COUNT,
};

/* Kafka's name of it: "cleanup.policy". */
const char *topic_setting_name(enum topic_setting setting);

#define SETTING_TEXT_MAX 64

struct topic_state {
	bool exists;
	int partitions;
	int replicas; /* the fewest of any partition */
	char settings[SETTING_COUNT][SETTING_TEXT_MAX];
};

/* What is asked for when a topic is made. */
struct topic_shape {
	int partitions;
	int replicas;
};

/*
 * Fills states[catalog_count] and the number of brokers. 0 or BUS_ERR_KAFKA_AWAY after saying why
 * on standard error.
 */
int admin_describe(rd_kafka_t *rk, struct topic_state *states, int *brokers) BUS_MUST_CHECK;

/*
 * Creates the topics whose shape has partitions > 0 (shapes[catalog_count]). A broker may hear of
 * them a moment after this has returned. One that somebody else makes at the same time is no error.
 * Errors as above.
 */
int admin_create(rd_kafka_t *rk, const struct topic_shape *shapes) BUS_MUST_CHECK;

#endif
