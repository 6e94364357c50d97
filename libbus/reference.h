/*
 * The latest snapshot per key of the reference topics: what a decision may look up. Fed by the live
 * reader of the topics, or by a unit test.
 */
#ifndef BUS_REFERENCE_H
#define BUS_REFERENCE_H

#include "bus/processor.h"

#define BUS__REFERENCES_MAX 8

struct bus__snapshot;

struct bus_references {
	const struct bus_reference_topic *topics; /* borrowed; may be NULL */
	size_t count;
	struct bus__snapshot *snapshots[BUS__REFERENCES_MAX]; /* uthash tables, owned */
};

void bus__references_init(struct bus_references *references,
			  const struct bus_reference_topic *topics);
void bus__references_release(struct bus_references *references);
/* The index of a topic in the table, or -1. */
int bus__references_topic(const struct bus_references *references, const char *topic);
/*
 * Takes one snapshot: the highest (epoch, sequence) per key stays; an empty value (a tombstone)
 * removes it. Returns 0 or UNDECODABLE.
 */
int bus__references_put(struct bus_references *references, int topic, struct bus_bytes key,
			int64_t epoch, int64_t sequence, struct bus_bytes value);
size_t bus__references_size(const struct bus_references *references);

#endif
