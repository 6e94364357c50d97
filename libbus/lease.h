/*
 * The lease of a partition: who owns it, in which epoch, and how far it has come in its inputs, its
 * outputs and its journal. A batch works on a draft; the draft becomes the lease when its
 * transaction is committed, and is thrown away when it is not.
 */
#ifndef BUS_LEASE_H
#define BUS_LEASE_H

#include "bus/db.h"
#include "bus/reader.h"
#include "step.h"

#define BUS__SOURCES_MAX                                                                           \
	1024 /* partitions of one source; a higher number in ce_source is foreign */

/* How far one input has been read: `hash` is of the record before `next`. */
struct bus__position {
	int64_t next; /* 0: from the topic's beginning */
	uint64_t hash;
};

struct bus__lease {
	int64_t epoch, batch;
	int64_t published;	/* the step up to which everything is acknowledged */
	int64_t journal_offset; /* the journal is known from here back: `published` stands before it
				 */
	int64_t journal_epoch;	/* the epoch in force there */
	int64_t clock;
	char stopped[256]; /* "" = it goes on */
	struct bus__position positions[BUS__INPUTS_MAX];
	/* What has been dealt with, beyond records that wait for a missing one; not stored. */
	struct bus__position handled[BUS__INPUTS_MAX];
	struct bus__marks {
		struct bus_high_water *items; /* owned; by partition of the source */
		int32_t count;
	} marks[BUS__INPUTS_MAX];
	struct bus__numbers numbers; /* its arrays are owned */
};

/* What the topics of the outputs look like: needed to shape the numbers. */
void bus__lease_init(struct bus__lease *lease, const struct bus__program *program,
		     int32_t partition, const int32_t *output_partitions);
void bus__lease_release(struct bus__lease *lease, const struct bus__program *program);
void bus__lease_copy(struct bus__lease *to, const struct bus__lease *from,
		     const struct bus__program *program);
/* The mark of a source's partition on an input; grows the table; NULL above BUS__SOURCES_MAX. */
struct bus_high_water *bus__lease_mark(struct bus__lease *lease, int input, int32_t source);

/* Queues the query; `lease` is filled from its row, and stays as it is when there is none. */
struct bus__lease_load {
	struct bus__lease *lease; /* NULL: its partition has gone while the row was read */
	const struct bus__program *program;
};
void bus__lease_query(struct bus_db *db, struct bus__lease_load *load, int32_t partition);

/* Where the reader of a reference topic stands, for the lease's last columns. */
struct bus__reference_position {
	const char *topic;
	int32_t partition;
	int64_t next;
};

/* Queues the compare-and-swap: from draft->epoch and draft->batch to batch + 1. */
void bus__lease_advance(struct bus_db *db, const struct bus__program *program, int32_t partition,
			const struct bus__lease *draft,
			const struct bus__reference_position *references, size_t reference_count);

#endif
