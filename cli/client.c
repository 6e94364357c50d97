/* Settings, Kafka clients and databases of the command line. */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "bus/config.h"
#include "bus/err.h"

#define STACK_ENV "build/stack/env"

const char client_notes[] =
	"Settings come from the environment: BOURSE_KAFKA_BOOTSTRAP (host:port,...) and the other\n"
	"BOURSE_KAFKA_ variables of the services, BOURSE_<SERVICE>_DATABASE_URL (USERS, ORDERS, "
	"PORTFOLIO,\n"
	"MARKETDATA, NOTIFY). Where BOURSE_KAFKA_BOOTSTRAP is not set, build/stack/env is read, "
	"which\n"
	"`make up` writes.\n";

static const struct bus_option options[] = {
	BUS_KAFKA_OPTIONS(struct client, kafka),
	{ .name = "BOURSE_DEVELOPMENT",
	  .type = BUS_OPTION_BOOL,
	  .offset = offsetof(struct client, development),
	  .help = "Topics with fewer than three replicas are good enough." },
};

const struct client_database client_databases[] = {
	{ "svc-users", "BOURSE_USERS_DATABASE_URL" },
	{ "svc-orders", "BOURSE_ORDERS_DATABASE_URL" },
	{ "svc-portfolio", "BOURSE_PORTFOLIO_DATABASE_URL" },
	{ "svc-marketdata", "BOURSE_MARKETDATA_DATABASE_URL" },
	{ "svc-notify", "BOURSE_NOTIFY_DATABASE_URL" },
	{ NULL, NULL },
};

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

/* BOURSE_NAME=value; everything else in the file is left alone. */
static void take_line(char *line)
{
	char *value = strchr(line, '=');

	line[strcspn(line, "\r\n")] = '\0';
	if (!value || strncmp(line, "BOURSE_", strlen("BOURSE_")) != 0)
		return;
	*value++ = '\0';
	if (!is_set(line))
		bus_assert(setenv(line, value, 1) == 0);
}

int client_environment(void)
{
	FILE *file;
	char *line = NULL;
	size_t room = 0;

	if (is_set("BOURSE_KAFKA_BOOTSTRAP"))
		return 0;
	file = fopen(STACK_ENV, "re");
	if (!file) {
		if (errno == ENOENT)
			return 0;
		fprintf(stderr, "bourse: %s: %s\n", STACK_ENV, strerror(errno));
		return BUS_ERR_CONFIG;
	}
	while (getline(&line, &room, file) >= 0)
		take_line(line);
	free(line);
	(void)fclose(file);
	return 0;
}

int client_load(struct client *client)
{
	int err = client_environment();

	if (err)
		return err;
	if (!is_set("BOURSE_KAFKA_BOOTSTRAP")) {
		fputs("bourse: BOURSE_KAFKA_BOOTSTRAP is not set, and there is no " STACK_ENV
		      " (make up)\n",
		      stderr);
		return BUS_ERR_CONFIG;
	}
	err = bus_config_load(options, BUS_ARRAY_LEN(options), client, stderr);
	return err ? err : bus_kafka_check(&client->kafka, stderr);
}

rd_kafka_t *client_producer(const struct client *client, const char *linger_ms,
			    void (*on_delivery)(rd_kafka_t *, const rd_kafka_message_t *, void *),
			    void *opaque)
{
	rd_kafka_conf_t *conf = bus_kafka_conf(&client->kafka, "bourse");

	bus_kafka_producer_settings(conf, linger_ms);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set_opaque(conf, opaque);
	return bus_kafka_new(RD_KAFKA_PRODUCER, conf);
}

rd_kafka_t *client_consumer(const struct client *client)
{
	rd_kafka_conf_t *conf = bus_kafka_conf(&client->kafka, "bourse");
	rd_kafka_t *consumer;

	/* librdkafka assigns nothing without a name here; no group of it ever exists. */
	bus_kafka_set(conf, "group.id", "bourse-unused");
	bus_kafka_set(conf, "enable.auto.commit", "false");
	bus_kafka_set(conf, "enable.auto.offset.store", "false");
	bus_kafka_set(conf, "auto.offset.reset", "error");
	bus_kafka_set(conf, "enable.partition.eof", "true");
	bus_kafka_set(conf, "check.crcs", "true");
	bus_kafka_set(conf, "fetch.wait.max.ms", "100");
	consumer = bus_kafka_new(RD_KAFKA_CONSUMER, conf);
	if (consumer)
		rd_kafka_poll_set_consumer(consumer);
	return consumer;
}

void client_consumer_free(rd_kafka_t *consumer)
{
	if (consumer)
		rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

int client_partitions(const struct client *client, rd_kafka_t *rk, const char *topic)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
	rd_kafka_resp_err_t err;
	int count = -1;

	if (!handle) {
		fprintf(stderr, "bourse: '%s' is no name of a topic\n", topic);
		return -1;
	}
	err = rd_kafka_metadata(rk, 0, handle, &metadata, CLIENT_TIMEOUT_MS);
	rd_kafka_topic_destroy(handle);
	if (err) {
		fprintf(stderr, "bourse: Kafka at %s does not answer: %s\n",
			client->kafka.bootstrap, rd_kafka_err2str(err));
		return -1;
	}
	err = metadata->topic_cnt == 1 ? metadata->topics[0].err
				       : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	if (!err)
		count = metadata->topics[0].partition_cnt;
	else
		fprintf(stderr, "bourse: topic %s: %s\n", topic, rd_kafka_err2str(err));
	rd_kafka_metadata_destroy(metadata);
	return count;
}

PGconn *client_database_open(const struct client_database *database, bool *told)
{
	const char *url = getenv(database->variable);
	const char *keys[] = { "dbname", "application_name", "connect_timeout", NULL };
	const char *values[] = { url, "bourse", "10", NULL };
	PGconn *conn;

	*told = false;
	if (!url || !*url)
		return NULL;
	conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(conn) == CONNECTION_OK)
		return conn;
	fprintf(stderr, "bourse: the database of %s: %s", database->service, PQerrorMessage(conn));
	PQfinish(conn);
	*told = true;
	return NULL;
}

PGresult *client_query(PGconn *conn, const struct client_database *database, const char *statement,
		       const char *const *values, int count)
{
	PGresult *rows = PQexecParams(conn, statement, count, NULL, values, NULL, NULL, 0);
	const char *state = PQresultErrorField(rows, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(rows, PG_DIAG_MESSAGE_PRIMARY);

	if (PQresultStatus(rows) == PGRES_TUPLES_OK)
		return rows;
	if (state && strcmp(state, "42P01") == 0)
		fprintf(stderr, "bourse: the database of %s is not migrated yet\n",
			database->service);
	else
		fprintf(stderr, "bourse: the database of %s: %s\n", database->service,
			message ? message : PQerrorMessage(conn));
	PQclear(rows);
	return NULL;
}

const char *client_text(const PGresult *rows, int row, const char *column)
{
	int field = PQfnumber(rows, column);

	bus_assert(field >= 0);
	return PQgetisnull(rows, row, field) ? NULL : PQgetvalue(rows, row, field);
}

int64_t client_number(const PGresult *rows, int row, const char *column)
{
	const char *text = client_text(rows, row, column);
	int64_t value;

	return text && args_integer(text, &value) ? value : 0;
}
