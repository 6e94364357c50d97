/*
 * Whether a topic could lose what it has acknowledged: fewer than three replicas, acknowledgements
 * of one replica alone, or leaders that were not in sync. Asked of the broker itself, once, at
 * start.
 */
#include "durability.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/err.h"

#define ANSWER_MS    5000
#define REPLICAS_MIN 3
#define IN_SYNC_MIN  2

int bus__durability_replicas(const rd_kafka_metadata_topic_t *topic, char *why, size_t size)
{
	for (int i = 0; i < topic->partition_cnt; i++) {
		if (topic->partitions[i].replica_cnt >= REPLICAS_MIN)
			continue;
		snprintf(why, size,
			 "topic %s has %d replicas, fewer than %d: it could lose what it has "
			 "acknowledged (BOURSE_DEVELOPMENT=true allows it)",
			 topic->topic, topic->partitions[i].replica_cnt, REPLICAS_MIN);
		return BUS_ERR_PARTITIONS;
	}
	return 0;
}

static int check_entry(const char *topic, const rd_kafka_ConfigEntry_t *entry, char *why,
		       size_t size)
{
	const char *name = rd_kafka_ConfigEntry_name(entry);
	const char *value = rd_kafka_ConfigEntry_value(entry);

	if (strcmp(name, "min.insync.replicas") == 0 &&
	    (!value || strtol(value, NULL, 10) < IN_SYNC_MIN)) {
		snprintf(why, size,
			 "topic %s has min.insync.replicas=%s: it could lose what it has "
			 "acknowledged; set it to %d",
			 topic, value ? value : "", IN_SYNC_MIN);
		return BUS_ERR_PARTITIONS;
	}
	if (strcmp(name, "unclean.leader.election.enable") == 0 &&
	    (!value || strcmp(value, "false") != 0)) {
		snprintf(why, size,
			 "topic %s allows unclean leader elections: it could lose what it has "
			 "acknowledged; set unclean.leader.election.enable=false",
			 topic);
		return BUS_ERR_PARTITIONS;
	}
	return 0;
}

static int check_answer(rd_kafka_event_t *event, char *why, size_t size)
{
	const rd_kafka_ConfigResource_t **resources;
	const rd_kafka_ConfigEntry_t **entries;
	size_t count, entry_count;
	int err = 0;

	if (rd_kafka_event_error(event)) {
		snprintf(why, size, "the topics' settings cannot be asked for: %s",
			 rd_kafka_event_error_string(event));
		return BUS_ERR_KAFKA_AWAY;
	}
	resources = rd_kafka_DescribeConfigs_result_resources(
		rd_kafka_event_DescribeConfigs_result(event), &count);
	for (size_t i = 0; i < count && !err; i++) {
		const char *topic = rd_kafka_ConfigResource_name(resources[i]);

		if (rd_kafka_ConfigResource_error(resources[i])) {
			snprintf(why, size,
				 "the settings of topic %s cannot be read (DescribeConfigs must be "
				 "allowed): %s",
				 topic, rd_kafka_ConfigResource_error_string(resources[i]));
			return BUS_ERR_PARTITIONS;
		}
		entries = rd_kafka_ConfigResource_configs(resources[i], &entry_count);
		for (size_t e = 0; e < entry_count && !err; e++)
			err = check_entry(topic, entries[e], why, size);
	}
	return err;
}

int bus__durability_settings(rd_kafka_t *rk, const char *const *topics, size_t count, char *why,
			     size_t size)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_ConfigResource_t **asked = bus_calloc(count, sizeof(*asked));
	rd_kafka_event_t *event;
	int err;

	for (size_t i = 0; i < count; i++)
		asked[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics[i]);
	rd_kafka_DescribeConfigs(rk, asked, count, NULL, queue);
	event = rd_kafka_queue_poll(queue, ANSWER_MS);
	if (event) {
		err = check_answer(event, why, size);
		rd_kafka_event_destroy(event);
	} else {
		snprintf(why, size, "Kafka does not tell the topics' settings");
		err = BUS_ERR_KAFKA_AWAY;
	}
	rd_kafka_ConfigResource_destroy_array(asked, count);
	free(asked);
	rd_kafka_queue_destroy(queue);
	return err;
}
