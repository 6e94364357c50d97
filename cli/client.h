/*
 * What every command needs to reach the stack: its settings from the environment, Kafka clients,
 * and the databases of the services.
 *
 * When BOURSE_KAFKA_BOOTSTRAP is not set and build/stack/env is there below the current folder
 * (`make up` writes it), its variables are taken as if they were set; what is set already stays.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "bus/base.h"
#include "bus/kafka.h"

#define CLIENT_TIMEOUT_MS 15000 /* how long an answer of the broker is waited for */

struct client {
	struct bus_kafka_config kafka;
	bool development; /* BOURSE_DEVELOPMENT */
};

/* For --help: where the settings come from. Ends in a newline. */
extern const char client_notes[];

/* 0, or BUS_ERR_CONFIG after saying why on standard error. Text borrows the environment. */
int client_load(struct client *client) BUS_MUST_CHECK;
/* Only reads build/stack/env where it applies: for a command that needs no Kafka. */
int client_environment(void) BUS_MUST_CHECK;

/* A producer with the Java client's partitioner; `opaque` is for its callback. Owned; NULL: told.
 */
rd_kafka_t *client_producer(const struct client *client, const char *linger_ms,
			    void (*on_delivery)(rd_kafka_t *, const rd_kafka_message_t *, void *),
			    void *opaque);
/* A consumer for partitions that are assigned by hand; it joins no group. Owned; NULL: told. */
rd_kafka_t *client_consumer(const struct client *client);
/* Ends a consumer without waiting for a group that it never joined. Accepts NULL. */
void client_consumer_free(rd_kafka_t *consumer);

/* The number of the topic's partitions; -1 after saying why there is none. */
int client_partitions(const struct client *client, rd_kafka_t *rk, const char *topic);

/* The services with a database, and the variable that names it; ended by a NULL service. */
struct client_database {
	const char *service;
	const char *variable;
};
extern const struct client_database client_databases[];

/* Owned (PQfinish); NULL when the variable is not set, or after saying why it cannot be opened. */
PGconn *client_database_open(const struct client_database *database, bool *told);

/* The rows of a query with text parameters; owned (PQclear). NULL after saying why there are none.
 */
PGresult *client_query(PGconn *conn, const struct client_database *database, const char *statement,
		       const char *const *values, int count);

/* Cells of such rows by column name: NULL where it is null; 0 where it is no whole number. */
const char *client_text(const PGresult *rows, int row, const char *column);
int64_t client_number(const PGresult *rows, int row, const char *column);

#endif
