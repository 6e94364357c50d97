/*
 * A day of a mesh as rows (naive_exchange.h): made from a seed, sent as commands to the real
 * processors, watched after every step. What shows a fault is made short and printed.
 */
#ifndef PROP_MESH_ROWS_H
#define PROP_MESH_ROWS_H

#include "../lib/naive_stream.h"
#include "mesh_watch.h"

/* The processors, and how to tell that two states of one are the same (NULL: they are). */
struct mesh_parts {
	const struct bus_processor *parts[FOLD_MESH_PARTS];
	const char *(*differ[FOLD_MESH_PARTS])(void *state, void *twin);
};

/* What was seen, in all. */
struct mesh_seen {
	uint64_t rows, steps, facts, fills;
};

/* True when nothing is wrong; else the shortest rows that show it are on stderr. */
bool mesh_run_seed(const struct mesh_parts *parts, uint64_t seed, size_t count,
		   struct mesh_seen *seen);
bool mesh_run_rows(const struct mesh_parts *parts, const struct naive_command *rows, size_t count);

/* A day of which the rows come from somewhere else, and messages that are no rows. */
struct mesh_day;

struct mesh_day *mesh_day_new(const struct mesh_parts *parts, uint64_t seed);
/* Everything that is on its way arrives; then what is told of the end is looked at, and all is
 * freed. */
bool mesh_day_end(struct mesh_day *day);
/* False when something is wrong: it is on stderr. */
bool mesh_day_row(struct mesh_day *day, const struct naive_command *row);
bool mesh_day_message(struct mesh_day *day, const char *topic, const char *key, uint64_t id,
		      const ProtobufCMessage *message);

#endif
