/*
 * Timers, live: the window of each partition is read from the table, due ones become inputs of a
 * batch, and what its steps set and clear is written with it. Pure parts are in timers.h.
 */
#ifndef BUS_FIRING_H
#define BUS_FIRING_H

#include "engine.h"

/* A timer as the batch has taken it; scratch arena. */
struct bus__due {
	const char *id, *type;
	struct bus_bytes value;
	int64_t due;
	uint64_t serial;  /* set anew since then, it is another timer */
	int64_t sequence; /* of the step that parked it */
};

/* What a batch leaves of a timer in the table; scratch arena. */
struct bus__timer_row {
	UT_hash_handle hh; /* by name */
	const struct bus__partition *partition;
	const char *key;
	struct bus__timer_change change;
	char name[];
};

/* Begins to read the windows that are needed; false when there is none. */
bool bus__firing_turn(struct bus__engine *engine);
/* Rows that are on their way go nowhere. */
void bus__firing_orphan(struct bus__engine *engine);
/* Wakes the engine up when the next timer is due, when nothing else does. */
void bus__firing_alarm(struct bus__engine *engine);

/* The partition's clock as far as it has come without a record: the wall's, when nothing arrives.
 */
int64_t bus__firing_clock(const struct bus__partition *partition);
bool bus__firing_due(const struct bus__partition *partition);
/*
 * Adds the timers that are due by `clock` to the batch, until it has `limit` items. False when that
 * is not all of them: the next record has to wait.
 */
bool bus__firing_gather(struct bus__partition *partition, int64_t clock, size_t limit);
/* Adds this timer to the batch, as due by `clock`. */
void bus__firing_add(struct bus__partition *partition, const struct bus__timer *timer,
		     int64_t clock);
/* The timer is still the one that was taken, and its key is not parked. */
bool bus__firing_stands(const struct bus__item *item, bool parked);
/* See bus__batch_trouble(). */
struct bus__trouble *bus__firing_trouble(const struct bus__item *item, bool make);
/* No timer of the partition is in trouble any more, or not the one of this item. */
void bus__firing_calm(struct bus__partition *partition);
void bus__firing_fired(const struct bus__item *item);
/* What a step of the batch does to timers. `parked`: its key is. */
void bus__firing_step(struct bus__partition *partition, const struct bus__step *step, bool parked);
/* A timer that this batch has set comes before the item, which has to wait for a later batch. */
bool bus__firing_precedes(const struct bus__item *item);

#endif
