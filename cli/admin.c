/* The admin API of librdkafka, one request at a time, its answers waited for. */
#include "admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/err.h"
#include "client.h"

#define WEEK_MS	 "604800000"
#define FOR_EVER "-1"

const char *topic_setting_name(enum topic_setting setting)
{
	static const char *const names[SETTING_COUNT] = {
		[SETTING_CLEANUP] = "cleanup.policy",
		[SETTING_RETENTION_MS] = "retention.ms",
		[SETTING_RETENTION_BYTES] = "retention.bytes",
		[SETTING_TIMESTAMP] = "message.timestamp.type",
		[SETTING_MAX_MESSAGE] = "max.message.bytes",
		[SETTING_MIN_ISR] = "min.insync.replicas",
		[SETTING_UNCLEAN] = "unclean.leader.election.enable",
	};

	return names[setting];
}

static int away(const char *what, const char *why)
{
	fprintf(stderr, "bourse: Kafka: %s: %s\n", what, why);
	return BUS_ERR_KAFKA_AWAY;
}

/* Sends nothing itself: waits for the answer on the queue. Owned; NULL after saying why. */
static rd_kafka_event_t *answer(rd_kafka_queue_t *queue, const char *what)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * CLIENT_TIMEOUT_MS);

	if (!event) {
		away(what, "no answer");
		return NULL;
	}
	if (rd_kafka_event_error(event)) {
		away(what, rd_kafka_event_error_string(event));
		rd_kafka_event_destroy(event);
		return NULL;
	}
	return event;
}

/* Creation ***********************************************************************************/

static void set_config(rd_kafka_NewTopic_t *new_topic, const char *name, const char *value)
{
	bus_assert(!rd_kafka_NewTopic_set_config(new_topic, name, value));
}

/* Small segments where old ones are to go soon; large ones where everything stays. */
static void set_kind(rd_kafka_NewTopic_t *new_topic, enum topic_kind kind)
{
	switch (kind) {
	case TOPIC_COMMANDS:
	case TOPIC_MESSAGES:
		set_config(new_topic, "cleanup.policy", "delete");
		set_config(new_topic, "retention.ms", WEEK_MS);
		set_config(new_topic, "segment.bytes", "134217728");
		return;
	case TOPIC_JOURNAL:
		set_config(new_topic, "cleanup.policy", "delete");
		set_config(new_topic, "retention.ms", FOR_EVER);
		set_config(new_topic, "retention.bytes", FOR_EVER);
		set_config(new_topic, "segment.bytes", "268435456");
		return;
	case TOPIC_SNAPSHOT:
		set_config(new_topic, "cleanup.policy", "compact");
		set_config(new_topic, "segment.bytes", "33554432");
		set_config(new_topic, "segment.ms", "3600000");
		set_config(new_topic, "min.cleanable.dirty.ratio", "0.2");
		return;
	}
}

static rd_kafka_NewTopic_t *new_topic(const struct topic *topic, struct topic_shape shape)
{
	char why[256];
	rd_kafka_NewTopic_t *made = rd_kafka_NewTopic_new(topic->name, shape.partitions,
							  shape.replicas, why, sizeof(why));

	if (!made) {
		fprintf(stderr, "bourse: topic %s: %s\n", topic->name, why);
		return NULL;
	}
	set_kind(made, topic->kind);
	set_config(made, "message.timestamp.type", "LogAppendTime");
	set_config(made, "max.message.bytes", "8388608");
	set_config(made, "min.insync.replicas", shape.replicas >= 3 ? "2" : "1");
	set_config(made, "unclean.leader.election.enable", "false");
	return made;
}

static int check_created(const rd_kafka_event_t *event)
{
	const rd_kafka_topic_result_t **results;
	size_t count;
	int err = 0;

	results = rd_kafka_CreateTopics_result_topics(
		rd_kafka_event_CreateTopics_result((rd_kafka_event_t *)event), &count);
	for (size_t i = 0; i < count; i++) {
		rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
		const char *text = rd_kafka_topic_result_error_string(results[i]);

		if (!code || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
			continue;
		fprintf(stderr, "bourse: topic %s: %s\n", rd_kafka_topic_result_name(results[i]),
			text ? text : rd_kafka_err2str(code));
		err = BUS_ERR_KAFKA_AWAY;
	}
	return err;
}

int admin_create(rd_kafka_t *rk, const struct topic_shape *shapes)
{
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_NewTopic_t **made = bus_calloc(catalog_count, sizeof(*made));
	rd_kafka_event_t *event = NULL;
	size_t count = 0;
	char why[256];
	int err = 0;

	bus_assert(!rd_kafka_AdminOptions_set_operation_timeout(options, CLIENT_TIMEOUT_MS, why,
								sizeof(why)));
	bus_assert(!rd_kafka_AdminOptions_set_request_timeout(options, 2 * CLIENT_TIMEOUT_MS, why,
							      sizeof(why)));
	for (size_t i = 0; i < catalog_count; i++) {
		if (shapes[i].partitions == 0)
			continue;
		made[count] = new_topic(&catalog[i], shapes[i]);
		if (!made[count]) {
			err = BUS_ERR_CONFIG;
			goto out;
		}
		count++;
	}
	if (count == 0)
		goto out;
	rd_kafka_CreateTopics(rk, made, count, options, queue);
	event = answer(queue, "creating topics");
	err = event ? check_created(event) : BUS_ERR_KAFKA_AWAY;
out:
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy_array(made, count);
	free(made);
	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	return err;
}

/* Description ********************************************************************************/

static void describe_partitions(const struct rd_kafka_metadata_topic *found,
				struct topic_state *state)
{
	state->exists = true;
	state->partitions = found->partition_cnt;
	for (int p = 0; p < found->partition_cnt; p++) {
		int replicas = found->partitions[p].replica_cnt;

		if (p == 0 || replicas < state->replicas)
			state->replicas = replicas;
	}
}

static int describe_existence(rd_kafka_t *rk, struct topic_state *states, int *brokers)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 1, NULL, &metadata, CLIENT_TIMEOUT_MS);

	if (err)
		return away("asking for the topics", rd_kafka_err2str(err));
	*brokers = metadata->broker_cnt;
	for (int i = 0; i < metadata->topic_cnt; i++) {
		const struct topic *topic = catalog_find(metadata->topics[i].topic);

		if (topic && !metadata->topics[i].err)
			describe_partitions(&metadata->topics[i], &states[topic - catalog]);
	}
	rd_kafka_metadata_destroy(metadata);
	return 0;
}

static void take_setting(const rd_kafka_ConfigEntry_t *entry, struct topic_state *state)
{
	const char *name = rd_kafka_ConfigEntry_name(entry);
	const char *value = rd_kafka_ConfigEntry_value(entry);

	for (int s = 0; s < SETTING_COUNT; s++)
		if (strcmp(name, topic_setting_name(s)) == 0)
			snprintf(state->settings[s], SETTING_TEXT_MAX, "%s", value ? value : "");
}

static int take_settings(rd_kafka_event_t *event, struct topic_state *states)
{
	const rd_kafka_ConfigResource_t **resources;
	const rd_kafka_ConfigEntry_t **entries;
	size_t count, entry_count;

	resources = rd_kafka_DescribeConfigs_result_resources(
		rd_kafka_event_DescribeConfigs_result(event), &count);
	for (size_t i = 0; i < count; i++) {
		const char *name = rd_kafka_ConfigResource_name(resources[i]);
		const struct topic *topic = catalog_find(name);

		if (rd_kafka_ConfigResource_error(resources[i]))
			return away(name, rd_kafka_ConfigResource_error_string(resources[i]));
		entries = rd_kafka_ConfigResource_configs(resources[i], &entry_count);
		for (size_t e = 0; topic && e < entry_count; e++)
			take_setting(entries[e], &states[topic - catalog]);
	}
	return 0;
}

int admin_describe(rd_kafka_t *rk, struct topic_state *states, int *brokers)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_ConfigResource_t **asked = bus_calloc(catalog_count, sizeof(*asked));
	rd_kafka_event_t *event = NULL;
	size_t count = 0;
	int err;

	memset(states, 0, catalog_count * sizeof(*states));
	err = describe_existence(rk, states, brokers);
	if (err)
		goto out;
	for (size_t i = 0; i < catalog_count; i++)
		if (states[i].exists)
			asked[count++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC,
								     catalog[i].name);
	if (count == 0)
		goto out;
	rd_kafka_DescribeConfigs(rk, asked, count, NULL, queue);
	event = answer(queue, "asking for the topics' settings");
	err = event ? take_settings(event, states) : BUS_ERR_KAFKA_AWAY;
out:
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy_array(asked, count);
	free(asked);
	rd_kafka_queue_destroy(queue);
	return err;
}
