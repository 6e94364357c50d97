/*
 * Reading one topic from one place to another by the reader's rule: for `tail`, and for whatever
 * else wants the records of a topic. It joins no group and commits nothing.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "bus/reader.h"
#include "client.h"

enum follow_at { FOLLOW_BEGINNING, FOLLOW_END, FOLLOW_OFFSET, FOLLOW_TIME };

struct follow_bound {
	enum follow_at at;
	int64_t value; /* an offset in each partition, or micros */
};

/* "beginning", "end", an offset, or an RFC 3339 time. */
bool follow_bound_parse(const char *text, struct follow_bound *out) BUS_MUST_CHECK;

struct follow_options {
	const char *topic;
	const char *key; /* only records of it; NULL: all */
	struct follow_bound from;
	struct follow_bound to; /* before this one; END: what is there at the start */
	bool forever;		/* goes on behind the end; `to` does not count */
	bool raw;		/* every record, as it comes, with its reading */
};

struct follow_record {
	const rd_kafka_message_t *message; /* borrowed, like the headers */
	struct bus_ce ce;
	enum bus_reading reading; /* NEXT unless raw */
};

/* Returns false to end the reading. */
typedef bool (*follow_fn)(void *arg, const struct follow_record *record);

/*
 * Reads until the end, until on_record says so, or until SIGINT or SIGTERM. What was left out, and
 * what is missing, is told on standard error. 0; BUS_ERR_KAFKA_AWAY after saying why; BUS_ERR_GAP
 * when records still wait for a missing one at the end.
 */
int follow(const struct client *client, const struct follow_options *options, follow_fn on_record,
	   void *arg) BUS_MUST_CHECK;

#endif
