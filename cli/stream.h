/*
 * Topics read by the reader's rule, from their beginning or from now on, by a consumer of its own
 * that joins no group. Records of one partition come in their order; between partitions the order
 * means nothing. What is missing is waited for, and what is foreign is counted.
 */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include "bus/reader.h"
#include "catalog.h"
#include "client.h"

struct stream;

/* A record that is to be taken; everything is borrowed for the call. */
struct stream_record {
	const struct topic *topic;
	int number; /* of the topic in the list that the stream was made from */
	int32_t partition;
	int64_t offset;
	int64_t appended_at; /* micros */
	struct bus_bytes key, value;
	struct bus_ce ce;
};

typedef void (*stream_fn)(void *arg, const struct stream_record *record);

enum stream_from { STREAM_BEGINNING, STREAM_NOW };

/*
 * `topics` are names of the catalog, ended by NULL. The ends of all partitions are looked up before
 * it returns: STREAM_NOW begins there, and stream_at_ends() means these. Returns owned; NULL after
 * saying why on standard error.
 */
struct stream *stream_new(const struct client *client, const char *const *topics,
			  enum stream_from from, stream_fn take, void *arg);
void stream_free(struct stream *stream);

/*
 * Waits at most timeout_ms for one record and takes it (with those that had waited for it). 1:
 * there was one, 0: there was none, negative bus_err: told on standard error.
 */
int stream_poll(struct stream *stream, int timeout_ms);
/* Everything up to the ends has come in. */
bool stream_at_ends(const struct stream *stream);
/* Looks the ends up again. 0 or a negative bus_err, told. */
int stream_refresh_ends(struct stream *stream) BUS_MUST_CHECK;
/* Reads up to the ends. 0 or a negative bus_err, told. */
int stream_drain(struct stream *stream) BUS_MUST_CHECK;

int stream_partitions(const struct stream *stream, int number);
/* Where the log of a partition began and ended when it was last looked up. */
int64_t stream_low(const struct stream *stream, int number, int32_t partition);
int64_t stream_end(const struct stream *stream, int number, int32_t partition);
/* How many records of all topics were read so; AHEAD: those that wait for a missing one now. */
uint64_t stream_count(const struct stream *stream, enum bus_reading reading);
/* One line for each source that is waited for. */
void stream_print_missing(const struct stream *stream, FILE *out);

#endif
