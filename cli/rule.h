/*
 * The reader's rule over one topic, with the waiting that bus_read() leaves to its caller: a record
 * that is ahead is kept until what is missing before it has come; what turns out void, repeated or
 * foreign is dropped. Of a snapshot, the highest (epoch, sequence) of each key counts. Topics that
 * anybody may write have no rule: everything is taken.
 */
#ifndef CLI_RULE_H
#define CLI_RULE_H

#include <stdio.h>

#include "bus/reader.h"
#include "catalog.h"

#define RULE_READINGS (BUS_READ_FOREIGN + 1)

struct rule;

/* Gets a record whose turn it is, or that is not taken; owns it from then on. Never NULL. */
typedef void (*rule_fn)(void *arg, void *record);

/* topic NULL: not declared, without a rule. Borrows it. Returns owned. */
struct rule *rule_new(const struct topic *topic, rule_fn take, rule_fn drop, void *arg);
/* Drops what still waits. Accepts NULL. */
void rule_free(struct rule *rule);

/*
 * Feeds one record in the order of its partition, and says how it was read when it came. Takes
 * `record`, which may be NULL when only the reading matters; the callbacks then hear nothing of it.
 * `adopt`: the partition is not read from its beginning, so the first record of a source is
 * believed.
 */
enum bus_reading rule_feed(struct rule *rule, int32_t partition, bool adopt,
			   const struct bus_ce *ce, struct bus_bytes key, void *record);

/* How many records were read so, in the end; AHEAD: those that wait still. */
int64_t rule_count(const struct rule *rule, enum bus_reading reading);
/* One line for each source that is waited for: what is expected, and what is there instead. */
void rule_print_missing(const struct rule *rule, FILE *out);

#endif
