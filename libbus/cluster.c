/*
 * What a processor checks before it joins anything: that this is the cluster its store belongs to,
 * that every topic is there with the number of partitions that was pinned at first start, that
 * co-partitioned topics agree, and that a topic is replicated well enough not to lose what it has
 * acknowledged.
 */
#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "durability.h"
#include "sql.h"

#define METADATA_MS 2000
/* Nobody has answered yet: asking begins to connect, and the loop must turn meanwhile. */
#define FIRST_MS   200
#define TOPICS_MAX (2 * BUS__INPUTS_MAX + BUS__OUTPUTS_MAX + BUS__REFERENCES_MAX)

static const struct bus_sql load_sql = { "bus_cluster_load", sql_cluster_load };
static const struct bus_sql pin_sql = { "bus_cluster_pin", sql_cluster_pin };

struct bus__cluster {
	struct bus__engine *engine;
	bus__cluster_fn on_done;
	char id[64];
	size_t count;
	struct {
		const char *topic;
		int32_t partitions;
	} topics[TOPICS_MAX];
	char why[256];
};

static const rd_kafka_metadata_topic_t *find(const rd_kafka_metadata_t *metadata, const char *topic)
{
	for (int i = 0; i < metadata->topic_cnt; i++)
		if (strcmp(metadata->topics[i].topic, topic) == 0 &&
		    metadata->topics[i].partition_cnt > 0)
			return &metadata->topics[i];
	return NULL;
}

/* Returns the topic's number of partitions, or 0 with the reason in why. */
static int32_t check_topic(struct bus__cluster *cluster, const rd_kafka_metadata_t *metadata,
			   const char *topic)
{
	const rd_kafka_metadata_topic_t *found = find(metadata, topic);

	if (!found) {
		snprintf(cluster->why, sizeof(cluster->why),
			 "topic %s does not exist: create it with `bourse topics --create`", topic);
		return 0;
	}
	if (!cluster->engine->settings->development &&
	    bus__durability_replicas(found, cluster->why, sizeof(cluster->why)))
		return 0;
	cluster->topics[cluster->count].topic = topic;
	cluster->topics[cluster->count++].partitions = found->partition_cnt;
	return found->partition_cnt;
}

static bool check_copartitioned(struct bus__cluster *cluster, const rd_kafka_metadata_t *metadata,
				const char *topic)
{
	struct bus__engine *engine = cluster->engine;
	int32_t count = check_topic(cluster, metadata, topic);

	if (!count)
		return false;
	if (!engine->partition_count)
		engine->partition_count = count;
	if (engine->partition_count == count)
		return true;
	snprintf(cluster->why, sizeof(cluster->why),
		 "topic %s has %d partitions, but %s has %d: they must be co-partitioned", topic,
		 count, engine->program.def->inputs[0].topic, engine->partition_count);
	return false;
}

static bool check_topics(struct bus__cluster *cluster, const rd_kafka_metadata_t *metadata)
{
	struct bus__engine *engine = cluster->engine;
	const struct bus_processor *def = engine->program.def;

	engine->partition_count = 0;
	for (size_t i = 0; i < engine->program.input_count; i++)
		if (!check_copartitioned(cluster, metadata, def->inputs[i].topic))
			return false;
	if (!check_copartitioned(cluster, metadata, def->journal))
		return false;
	for (size_t i = 0; i < engine->program.output_count; i++) {
		engine->output_partitions[i] =
			check_topic(cluster, metadata, def->outputs[i].topic);
		if (!engine->output_partitions[i])
			return false;
	}
	for (size_t i = 0; i < engine->references.count; i++) {
		engine->reference_partitions[i] =
			check_topic(cluster, metadata, def->references[i].topic);
		if (!engine->reference_partitions[i])
			return false;
	}
	return true;
}

static int check_settings(struct bus__cluster *cluster, rd_kafka_t *rk)
{
	const char *topics[TOPICS_MAX];

	if (cluster->engine->settings->development)
		return 0;
	for (size_t i = 0; i < cluster->count; i++)
		topics[i] = cluster->topics[i].topic;
	return bus__durability_settings(rk, topics, cluster->count, cluster->why,
					sizeof(cluster->why));
}

static int read_metadata(struct bus__cluster *cluster)
{
	rd_kafka_t *rk = bus__producer_handle(cluster->engine->producer);
	char *id = rd_kafka_clusterid(rk, 0);
	const rd_kafka_metadata_t *metadata;
	rd_kafka_resp_err_t err =
		rd_kafka_metadata(rk, 1, NULL, &metadata, id ? METADATA_MS : FIRST_MS);
	bool ok;

	if (id)
		rd_kafka_mem_free(rk, id);
	if (err) {
		snprintf(cluster->why, sizeof(cluster->why), "Kafka does not answer: %s",
			 rd_kafka_err2str(err));
		return BUS_ERR_KAFKA_AWAY;
	}
	id = rd_kafka_clusterid(rk, METADATA_MS);
	snprintf(cluster->id, sizeof(cluster->id), "%s", id ? id : "");
	rd_kafka_mem_free(rk, id);
	ok = check_topics(cluster, metadata);
	rd_kafka_metadata_destroy(metadata);
	return ok ? check_settings(cluster, rk) : BUS_ERR_PARTITIONS;
}

static void on_rows(void *arg, const PGresult *rows)
{
	struct bus__cluster *cluster = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		const char *topic = bus_row_text(rows, i, 0), *id = bus_row_text(rows, i, 1);
		int32_t partitions = bus_row_int4(rows, i, 2);

		if (strcmp(id, cluster->id) != 0)
			snprintf(cluster->why, sizeof(cluster->why),
				 "the store belongs to Kafka cluster %s, but this is %s", id,
				 cluster->id);
		for (size_t k = 0; k < cluster->count; k++)
			if (strcmp(topic, cluster->topics[k].topic) == 0 &&
			    partitions != cluster->topics[k].partitions)
				snprintf(cluster->why, sizeof(cluster->why),
					 "topic %s has %d partitions, but the store was begun with "
					 "%d: keys would move",
					 topic, cluster->topics[k].partitions, partitions);
	}
}

static void finish(struct bus__cluster *cluster, int err, const char *why)
{
	cluster->on_done(cluster->engine, err, why);
	free(cluster);
}

static void on_pinned(void *arg, const struct bus_db_error *error)
{
	struct bus__cluster *cluster = arg;

	finish(cluster, error ? error->err : 0, error ? error->message : "");
}

static void on_loaded(void *arg, const struct bus_db_error *error)
{
	struct bus__cluster *cluster = arg;
	struct bus_column *topic, *partitions;
	struct bus_call *call;

	if (error) {
		finish(cluster, error->err, error->message);
		return;
	}
	if (cluster->why[0]) {
		finish(cluster, BUS_ERR_CLUSTER, cluster->why);
		return;
	}
	call = bus_call(cluster->engine->db, &pin_sql);
	bus_call_text(call, cluster->id);
	topic = bus_call_column(call, BUS_PG_TEXT);
	partitions = bus_call_column(call, BUS_PG_INT4);
	for (size_t i = 0; i < cluster->count; i++) {
		bus_column_text(topic, cluster->topics[i].topic);
		bus_column_int4(partitions, cluster->topics[i].partitions);
	}
	bus_call_send(call, NULL, NULL);
	bus_db_sync(cluster->engine->db, on_pinned, cluster);
}

void bus__cluster_check(struct bus__engine *engine, bus__cluster_fn on_done)
{
	struct bus__cluster *cluster = bus_calloc(1, sizeof(*cluster));
	struct bus_call *call;
	int err;

	cluster->engine = engine;
	cluster->on_done = on_done;
	err = read_metadata(cluster);
	if (err) {
		finish(cluster, err, cluster->why);
		return;
	}
	call = bus_call(engine->db, &load_sql);
	bus_call_send(call, on_rows, cluster);
	bus_db_sync(engine->db, on_loaded, cluster);
}
