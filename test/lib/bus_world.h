/*
 * A whole Bourse for one test program: a private stack of its own, records written with any
 * headers, topics read to their ends, PostgreSQL asked, instances started, killed, frozen. Whatever
 * goes wrong is an assertion of Check. Everything that waits has a deadline.
 *
 * world_up() belongs into an unchecked fixture, before Check forks; Kafka clients are made at first
 * use, and world_close() ends them, in the fixture as in every case.
 */
#ifndef TEST_LIB_BUS_WORLD_H
#define TEST_LIB_BUS_WORLD_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "bus/base.h"
#include "bus/reader.h"
#include "bus/time.h"

#define WORLD_TEXT 4096

struct world {
	char dir[512]; /* of the stack */
	bool started;
	rd_kafka_t *producer; /* NULL until they are needed */
	rd_kafka_t *reader;
	int64_t sent, acked, failed;
};

/* Kafka and PostgreSQL, empty, in BOURSE_TEST_TMP/name; `up_options` go to `stack up`. */
void world_up(struct world *w, const char *name, const char *up_options);
void world_down(struct world *w);
/* The clients of this process. */
void world_close(struct world *w);

/* Runs `stack COMMAND` on this stack, printf style: "kill sample", "start sample --no-wait". */
void world_stack(struct world *w, const char *fmt, ...) BUS_PRINTF(2, 3);
/* A value of the stack's env file; owned by the caller. */
char *world_env(const struct world *w, const char *key);
/* The pid of a part. */
int world_pid(const struct world *w, const char *part);
/* Whether a part's log holds this text. */
bool world_logged(const struct world *w, const char *part, const char *text);
/* GET on a part's admin port: the status, 0 without an answer; the body goes to `body`. */
int world_get(const struct world *w, const char *part, const char *path, char body[WORLD_TEXT]);
/* /readyz does not say 200 and its body holds `text`. */
bool world_unready(const struct world *w, const char *part, const char *text);
bool world_ready(const struct world *w, const char *part);
/* The sum of a metric over its labels; 0 when there is none. */
double world_metric(const struct world *w, const char *part, const char *name);

/* Until the condition holds, asked every 20 ms; an assertion fails after that many seconds. */
#define WORLD_UNTIL(seconds, condition)                                                            \
	do {                                                                                       \
		int64_t world_end = bus_time_monotonic() + (int64_t)(seconds)*1000000;             \
		bool world_held;                                                                   \
		while (!(world_held = (condition)) && bus_time_monotonic() < world_end)            \
			world_sleep(20);                                                           \
		ck_assert_msg(world_held, "not within %d s: %s", (int)(seconds), #condition);      \
	} while (0)
void world_sleep(int64_t ms);

/* `config` is a list of name, value, ended by NULL; may be NULL. */
void world_topic(struct world *w, const char *topic, int partitions, const char *const *config);
void world_topic_delete(struct world *w, const char *topic);
void world_topic_config(struct world *w, const char *topic, const char *name, const char *value);

struct world_header {
	const char *name;
	struct bus_bytes value;
};

struct world_record {
	const char *topic;
	int32_t partition; /* RD_KAFKA_PARTITION_UA: by Murmur2 */
	struct bus_bytes key, value;
	const struct world_header *headers;
	size_t header_count;
};

/* Hands it to the producer; waits where that is full. */
void world_send(struct world *w, const struct world_record *record);
/* Waits until everything is acknowledged. */
void world_flush(struct world *w, int seconds);

/* Every record of a topic up to the end that it has now, by partition. */
typedef void (*world_record_fn)(void *arg, const rd_kafka_message_t *message);
void world_read(struct world *w, const char *topic, world_record_fn fn, void *arg);
/*
 * The same by the reader's rule, of one processor's partitions ("/sample/tally"): each message
 * once, in order. Returns how many are left that wait for a missing one; the others are counted.
 */
struct world_readings {
	int64_t next, openings, repeats, voids, foreign, waiting;
};
struct world_readings world_read_rule(struct world *w, const char *topic, const char *source,
				      world_record_fn fn, void *arg);
/* The offset behind the last record. */
int64_t world_end(struct world *w, const char *topic, int32_t partition);

/* The first column of the first row, on the database of the env variable; 0 or "" where there is
 * none. */
int64_t world_number(const struct world *w, const char *database, const char *fmt, ...)
	BUS_PRINTF(3, 4);
void world_text(const struct world *w, const char *database, char out[WORLD_TEXT], const char *fmt,
		...) BUS_PRINTF(4, 5);
/* Any statement; as the superuser on the same database. */
void world_exec(const struct world *w, const char *database, const char *fmt, ...) BUS_PRINTF(3, 4);

#endif
