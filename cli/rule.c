/* Marks by (partition, source partition), each with its waiting records sorted by (epoch,
 * sequence). */
#include "rule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

struct waiting {
	int64_t epoch, sequence;
	void *record;
	struct waiting *prev, *next;
};

struct place {
	int32_t partition;
	int32_t source;
};

struct mark {
	struct place place;
	struct bus_high_water high;
	bool adopt; /* the next sequence is believed, whatever it is */
	struct waiting *waiting;
	UT_hash_handle hh;
};

/* Of a snapshot: the newest record of a key. */
struct newest {
	struct bus_high_water high;
	UT_hash_handle hh;
	size_t len;
	uint8_t key[];
};

struct rule {
	const struct topic *topic;
	rule_fn take, drop;
	void *arg;
	struct mark *marks;
	struct newest *newest;
	int64_t counts[RULE_READINGS]; /* AHEAD: of those that wait now */
};

struct rule *rule_new(const struct topic *topic, rule_fn take, rule_fn drop, void *arg)
{
	struct rule *rule = bus_calloc(1, sizeof(*rule));

	rule->topic = topic;
	rule->take = take;
	rule->drop = drop;
	rule->arg = arg;
	return rule;
}

static void give(const struct rule *rule, rule_fn to, void *record)
{
	if (record)
		to(rule->arg, record);
}

void rule_free(struct rule *rule)
{
	struct mark *mark, *next_mark;
	struct newest *newest, *next_newest;
	struct waiting *waiting, *next_waiting;

	if (!rule)
		return;
	HASH_ITER (hh, rule->marks, mark, next_mark) {
		DL_FOREACH_SAFE (mark->waiting, waiting, next_waiting) {
			give(rule, rule->drop, waiting->record);
			free(waiting);
		}
		HASH_DEL(rule->marks, mark);
		free(mark);
	}
	HASH_ITER (hh, rule->newest, newest, next_newest) {
		HASH_DEL(rule->newest, newest);
		free(newest);
	}
	free(rule);
}

/* What is final of a record: it is counted, and its callback has it. */
static enum bus_reading settle(struct rule *rule, enum bus_reading reading, void *record)
{
	rule->counts[reading]++;
	give(rule, reading == BUS_READ_NEXT ? rule->take : rule->drop, record);
	return reading;
}

static struct mark *mark_of(struct rule *rule, struct place place, bool adopt)
{
	struct mark *mark;

	HASH_FIND(hh, rule->marks, &place, sizeof(place), mark);
	if (mark)
		return mark;
	mark = bus_calloc(1, sizeof(*mark));
	mark->place = place;
	mark->adopt = adopt;
	HASH_ADD(hh, rule->marks, place, sizeof(mark->place), mark);
	return mark;
}

static int by_number(const struct waiting *a, const struct waiting *b)
{
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* Keeps it, from the end backwards since records nearly always come in order. False: it is there.
 */
static bool wait_for_turn(struct mark *mark, const struct bus_ce *ce, void *record)
{
	struct waiting *waiting = bus_calloc(1, sizeof(*waiting)), *at;

	waiting->epoch = ce->epoch;
	waiting->sequence = ce->sequence;
	waiting->record = record;
	at = mark->waiting ? mark->waiting->prev : NULL;
	while (at && by_number(at, waiting) > 0)
		at = at == mark->waiting ? NULL : at->prev;
	if (at && by_number(at, waiting) == 0) {
		free(waiting);
		return false;
	}
	if (at)
		DL_APPEND_ELEM(mark->waiting, at, waiting);
	else
		DL_PREPEND(mark->waiting, waiting);
	return true;
}

/* The mark has moved: those whose turn has come or will never come leave the queue. */
static void release(struct rule *rule, struct mark *mark)
{
	while (mark->waiting) {
		struct waiting *first = mark->waiting;
		struct bus_ce ce = { .has_epoch = true,
				     .has_sequence = true,
				     .epoch = first->epoch,
				     .sequence = first->sequence };
		enum bus_reading reading = bus_read(&mark->high, &ce);

		if (reading == BUS_READ_AHEAD)
			return;
		DL_DELETE(mark->waiting, first);
		rule->counts[BUS_READ_AHEAD]--;
		settle(rule, reading, first->record);
		free(first);
	}
}

static enum bus_reading feed_sequenced(struct rule *rule, struct mark *mark,
				       const struct bus_ce *ce, void *record)
{
	enum bus_reading reading;

	if (mark->adopt && ce->has_sequence && !bus_ce_is_opening(ce) &&
	    ce->epoch >= mark->high.epoch) {
		mark->high = (struct bus_high_water){ ce->epoch, ce->sequence - 1 };
		mark->adopt = false;
	}
	reading = bus_read(&mark->high, ce);
	if (reading == BUS_READ_AHEAD) {
		if (wait_for_turn(mark, ce, record)) {
			rule->counts[BUS_READ_AHEAD]++;
			return BUS_READ_AHEAD;
		}
		reading = BUS_READ_REPEAT;
	}
	settle(rule, reading, record);
	if (reading == BUS_READ_NEXT || reading == BUS_READ_OPENING)
		release(rule, mark);
	return reading;
}

static enum bus_reading feed_snapshot(struct rule *rule, const struct bus_ce *ce,
				      struct bus_bytes key, void *record)
{
	struct newest *newest;

	if (bus_ce_is_opening(ce))
		return settle(rule, BUS_READ_OPENING, record);
	if (!ce->has_sequence || !key.data)
		return settle(rule, BUS_READ_FOREIGN, record);
	HASH_FIND(hh, rule->newest, key.data, key.len, newest);
	if (!newest) {
		newest = bus_calloc(1, sizeof(*newest) + key.len);
		newest->len = key.len;
		memcpy(newest->key, key.data, key.len);
		HASH_ADD_KEYPTR(hh, rule->newest, newest->key, newest->len, newest);
	}
	if (ce->epoch < newest->high.epoch)
		return settle(rule, BUS_READ_VOID, record);
	if (ce->epoch == newest->high.epoch && ce->sequence <= newest->high.sequence)
		return settle(rule, BUS_READ_REPEAT, record);
	newest->high = (struct bus_high_water){ ce->epoch, ce->sequence };
	return settle(rule, BUS_READ_NEXT, record);
}

enum bus_reading rule_feed(struct rule *rule, int32_t partition, bool adopt,
			   const struct bus_ce *ce, struct bus_bytes key, void *record)
{
	struct place place = { .partition = partition };

	if (!rule->topic || !rule->topic->owner)
		return settle(rule, BUS_READ_NEXT, record);
	place.source = bus_source_partition(ce->source, rule->topic->owner);
	if (place.source < 0 || !ce->has_epoch || (!ce->has_sequence && !bus_ce_is_opening(ce)))
		return settle(rule, BUS_READ_FOREIGN, record);
	if (rule->topic->kind == TOPIC_SNAPSHOT)
		return feed_snapshot(rule, ce, key, record);
	return feed_sequenced(rule, mark_of(rule, place, adopt), ce, record);
}

int64_t rule_count(const struct rule *rule, enum bus_reading reading)
{
	return rule->counts[reading];
}

void rule_print_missing(const struct rule *rule, FILE *out)
{
	for (const struct mark *mark = rule->marks; mark; mark = mark->hh.next) {
		if (!mark->waiting)
			continue;
		fprintf(out,
			"%s/%" PRId32 ": waits for sequence %" PRId64 " of %s/%" PRId32
			" in epoch %" PRId64 "; there is %" PRId64 "/%" PRId64 "\n",
			rule->topic->name, mark->place.partition, mark->high.sequence + 1,
			rule->topic->owner, mark->place.source, mark->high.epoch,
			mark->waiting->epoch, mark->waiting->sequence);
	}
}
