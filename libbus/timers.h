/*
 * The timers of one partition, in the order in which they fire: (due, key, id). What is in memory
 * is a window on their table, its earliest rows: all of them when it is complete, else those up to
 * its horizon. What steps do to the window is written to the table with the batch; when that fails
 * the window is dropped and read again.
 */
#ifndef BUS_TIMERS_H
#define BUS_TIMERS_H

#include <uthash.h>

#include "step.h"

#define BUS__TIMERS_MAX 1024 /* read at a time; the window is cut down to it at twice as many */

struct bus__timer {
	UT_hash_handle hh;
	int64_t due;
	uint64_t serial; /* tells it from one that was set before under the same name */
	bool holds;	 /* records wait for it: see bus__timers_step() */
	const char *key, *id, *type;
	struct bus_bytes value;
	size_t name_len;
	char name[]; /* key NUL id; type and value behind */
};

struct bus__timers {
	struct bus__timer **items; /* owned, sorted */
	size_t count, capacity;
	struct bus__timer *names;
	uint64_t serial;
	bool loaded;   /* false: nothing is known of the table */
	bool complete; /* the table has no others that may fire */
	struct bus__horizon {
		int64_t due;
		char key[BUS_KEY_MAX + 1];
		char id[BUS_TIMER_ID_MAX + 1];
	} horizon; /* unless complete: of the last one that was in the window */
};

/* Zeroed memory is an empty window; these empty it again. */
void bus__timers_forget(struct bus__timers *timers);
void bus__timers_release(struct bus__timers *timers);

struct bus__timer *bus__timers_find(struct bus__timers *timers, const char *key, const char *id);
/* Takes it out of the window: it has fired, is cleared, or rests in the table. */
void bus__timers_remove(struct bus__timers *timers, struct bus__timer *timer);
/* Puts it into the window, unless it lies beyond the horizon. Copies. */
void bus__timers_put(struct bus__timers *timers, const char *key,
		     const struct bus__timer_change *change, bool holds);
/* The last one is the horizon: the table may have more behind it. */
void bus__timers_end(struct bus__timers *timers);
/* Cuts off what is too much to be kept in memory. */
void bus__timers_trim(struct bus__timers *timers);
/* Whether records with a later time wait for what the step sets: a timer that fires and sets one
 * that is no later than itself could hold them up for ever. */
bool bus__timers_hold(const struct bus__step *step, const struct bus__timer_change *change);
/* What a step does: the one that fired goes, then its facts set and clear. Live and on replay. */
void bus__timers_step(struct bus__timers *timers, const struct bus__step *step);

#endif
