/*
 * The whole mesh for a test: a private stack (Kafka, PostgreSQL, the five services), its topics and
 * its stores. Everything that fails is an assertion of Check; everything that has to come is waited
 * for, up to a generous deadline.
 *
 * The stack belongs to the process that called mesh_up(); the clients (producer, connections) are
 * made on first use, so that each forked test has its own.
 */
#ifndef TEST_MESH_H
#define TEST_MESH_H

#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "bus/base.h"
#include "bus/ce.h"
#include "bus/id.h"

enum mesh_store {
	MESH_USERS,
	MESH_ORDERS,
	MESH_PORTFOLIO,
	MESH_MARKET,
	MESH_NOTIFY,
	MESH_STORES,
};

#define MESH_PARTITIONS 2 /* of every topic: what `bourse topics --create` makes */

struct mesh {
	char dir[512];
	rd_kafka_t *producer; /* idempotent, murmur2: a good client */
	rd_kafka_t *raw;      /* anything goes */
	PGconn *stores[MESH_STORES];
	int64_t flight, lost;
	int64_t now; /* ce_time of commands that name none; 0: they have none */
};

/* ---- the stack ---- */

/* Starts it in a folder `name` of this test's own. `what`: "up --services", or "up". */
void mesh_up(struct mesh *mesh, const char *name, const char *what);
/* Stops it and forgets its data. */
void mesh_down(struct mesh *mesh);
/* Runs `stack COMMAND` on it: mesh_stack(mesh, "kill svc-orders"). */
void mesh_stack(const struct mesh *mesh, const char *fmt, ...) BUS_PRINTF(2, 3);
/* Runs `bourse ARGS` on it; its exit status. `out`, if not NULL, takes what it prints. Owned. */
int mesh_bourse(const struct mesh *mesh, char **out, const char *fmt, ...) BUS_PRINTF(3, 4);
/* A value of its env file. Returns owned. */
char *mesh_env(const struct mesh *mesh, const char *key);
/* Closes the clients. */
void mesh_leave(struct mesh *mesh);

/* ---- waiting ---- */

typedef bool (*mesh_condition)(struct mesh *mesh, void *arg);
/* Polls; names `what` when it never comes true. */
void mesh_until(struct mesh *mesh, mesh_condition condition, void *arg, const char *what);
void mesh_pause(int ms);
/* Asks /readyz (or another path) of a part: its status, 0 when nobody answers; `body` owned. */
int mesh_http(const struct mesh *mesh, const char *part, const char *path, char **body);
/* Waits until a part answers /readyz with `status` and a body that contains `text`. */
void mesh_wait_readyz(struct mesh *mesh, const char *part, int status, const char *text);
/* The sum of a counter over its labels, of /metrics. */
int64_t mesh_metric(const struct mesh *mesh, const char *part, const char *name);
/* Waits until every input is read to its end and every step is published, and nothing moves. */
void mesh_settle(struct mesh *mesh);

/* ---- stores (as their owner) ---- */

/* All rows, columns split by '|', each ended by a newline. Returns owned. */
char *mesh_rows(struct mesh *mesh, enum mesh_store store, const char *fmt, ...) BUS_PRINTF(3, 4);
/* The first value of the first row; 0 where it is null or there is no row. */
int64_t mesh_number(struct mesh *mesh, enum mesh_store store, const char *fmt, ...)
	BUS_PRINTF(3, 4);
void mesh_exec(struct mesh *mesh, enum mesh_store store, const char *fmt, ...) BUS_PRINTF(3, 4);
/* Waits until the first value of the first row is `expected`. */
void mesh_wait(struct mesh *mesh, enum mesh_store store, int64_t expected, const char *fmt, ...)
	BUS_PRINTF(4, 5);
/* The rows of every table that is a projection, and the commands that were seen, as hashes. Owned.
 */
char *mesh_digest(struct mesh *mesh);

/* ---- topics ---- */

/* A command: right key, right partition, right headers. `ce_id` NULL: a fresh one. Asynchronous. */
void mesh_send(struct mesh *mesh, const char *topic, const char *key,
	       const ProtobufCMessage *message, const char *ce_id, int64_t ce_time);
/* Waits for all acknowledgements. */
void mesh_flush(struct mesh *mesh);

/* A record as it stands; what is NULL is left out. */
struct mesh_record {
	const char *topic;
	int32_t partition;
	const char *key;
	size_t key_len; /* 0: its strlen */
	struct bus_bytes value;
	const char *id, *type, *source, *epoch, *sequence, *time;
};
/* Produces one record and waits; `offset` may be NULL. */
rd_kafka_resp_err_t mesh_produce(struct mesh *mesh, const struct mesh_record *record,
				 int64_t *offset);
/* The same with a message as value, packed. */
rd_kafka_resp_err_t mesh_produce_message(struct mesh *mesh, const struct mesh_record *record,
					 const ProtobufCMessage *message, int64_t *offset);
/* Where the topic's partition ends. */
int64_t mesh_end(struct mesh *mesh, const char *topic, int32_t partition);
/* The partition of a key. */
int32_t mesh_partition(const char *key);

/* Every record of a topic of ours to its end as it is now, by the reader's rule. */
typedef void (*mesh_read_fn)(void *arg, const rd_kafka_message_t *record, const struct bus_ce *ce);
void mesh_read(struct mesh *mesh, const char *topic, mesh_read_fn fn, void *arg);
/* The highest epoch and sequence of a source on a partition of a topic. */
void mesh_mark(struct mesh *mesh, const char *topic, int32_t partition, const char *source,
	       int64_t *epoch, int64_t *sequence);

#endif
