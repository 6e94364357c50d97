/*
 * The sample service in a world: its topics, its inputs, and what must be true of it whatever has
 * happened (its journal, its reactions and its tables tell the same story, each command once).
 */
#ifndef TEST_LIB_BUS_SAMPLE_H
#define TEST_LIB_BUS_SAMPLE_H

#include "lib/bus_world.h"

#define SAMPLE_DB	  "bourse_sample"
#define SAMPLE_PARTITIONS 2

/* Topics of the sample, fresh; the database must be there (`stack up --sample`). */
void sample_topics(struct world *w);
/* Deletes them and makes them again, and empties the tables: a new life. No instance may run. */
void sample_renew(struct world *w);

/* `Add` to `key` with a ce_id: NULL takes a fresh one. */
void sample_add(struct world *w, const char *key, int64_t amount, const char *ce_id);
/* Adds 1 to keys "PREFIX-0" .. "PREFIX-(keys-1)" in turn: `count` commands. */
void sample_add_many(struct world *w, const char *prefix, int keys, int count);

/* As above; as much is added to `to` by a command of the sample's own. */
void sample_pass(struct world *w, const char *key, int64_t amount, const char *to);
/* The ce_time of the commands that follow, micros; 0: they have none. */
void sample_time(int64_t micros);
/* `Remind`: adds to the tally at `due`, so many times; a due of 0 forgets it. */
void sample_remind(struct world *w, const char *key, const char *name, int64_t due, int64_t amount,
		   int64_t times);

/* `Fed` from /sample/feeder/`source` to the key's partition. */
void sample_feed(struct world *w, int source, const char *key, int64_t amount, int64_t epoch,
		 int64_t sequence);
void sample_feed_opening(struct world *w, int source, int32_t partition, int64_t epoch);
int32_t sample_partition(const char *key);
/* A key of this partition that begins with `prefix`. */
void sample_key(char out[64], const char *prefix, int32_t partition);

/* Every input is dealt with and everything decided is published. */
bool sample_quiet(struct world *w);
int64_t sample_tally(const struct world *w, const char *key);

struct sample_totals {
	int64_t steps, added, passed, rejected, parked;
	int64_t fired; /* reminders, however many steps each took */
	int64_t sum;   /* of all tallies */
	struct world_readings journal, copies;
};
/* Reads all of it when it is quiet, asserts what must be true, and returns the counts. */
struct sample_totals sample_audit(struct world *w);

#endif
