/*
 * The accounts in memory that have set a preference of their own; all others have the defaults.
 * What has changed since the last save is on a list, every account at most once.
 */
#ifndef NOTIFY_SUBSCRIBER_H
#define NOTIFY_SUBSCRIBER_H

#include <stdbool.h>
#include <uthash.h>

#include "bus/id.h"
#include "preference.h"

struct subscriber {
	struct bus_id account_id;
	struct preferences preferences;
	uint8_t changed[CATEGORY_MAX + 1]; /* by category: bit 1 << channel */
	bool on_list;
	struct subscriber *next_changed;
	UT_hash_handle hh; /* in subscribers.by_account */
};

struct subscribers {
	struct subscriber *by_account; /* owned */
	struct subscriber *changed;    /* list by next_changed */
	size_t changed_count;
};

void subscribers_release(struct subscribers *subscribers);

/* What counts for an account: its own preferences or the defaults. Borrowed. */
const struct preferences *subscribers_preferences(const struct subscribers *subscribers,
						  struct bus_id account_id);
/* The account's own, with the defaults where there were none. */
struct subscriber *subscribers_get(struct subscribers *subscribers, struct bus_id account_id);
/* Applies a change that preferences_check() has allowed, and remembers it for the next save. */
void subscribers_change(struct subscribers *subscribers, struct subscriber *subscriber,
			enum category category, enum channel channel, bool wanted);
/* Empties the list of changes. */
void subscribers_saved(struct subscribers *subscribers);

#endif
