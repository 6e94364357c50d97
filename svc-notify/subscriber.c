/* A hash table of accounts; see subscriber.h. */
#include "subscriber.h"

static const struct preferences defaults = PREFERENCES_DEFAULT;

void subscribers_release(struct subscribers *subscribers)
{
	struct subscriber *subscriber, *next;

	HASH_ITER (hh, subscribers->by_account, subscriber, next) {
		HASH_DEL(subscribers->by_account, subscriber);
		free(subscriber);
	}
	*subscribers = (struct subscribers){ 0 };
}

static struct subscriber *find(const struct subscribers *subscribers, struct bus_id account_id)
{
	struct subscriber *subscriber;

	HASH_FIND(hh, subscribers->by_account, &account_id, sizeof(account_id), subscriber);
	return subscriber;
}

const struct preferences *subscribers_preferences(const struct subscribers *subscribers,
						  struct bus_id account_id)
{
	const struct subscriber *subscriber = find(subscribers, account_id);

	return subscriber != NULL ? &subscriber->preferences : &defaults;
}

struct subscriber *subscribers_get(struct subscribers *subscribers, struct bus_id account_id)
{
	struct subscriber *subscriber = find(subscribers, account_id);

	if (subscriber != NULL)
		return subscriber;
	subscriber = bus_calloc(1, sizeof(*subscriber));
	subscriber->account_id = account_id;
	subscriber->preferences = defaults;
	HASH_ADD(hh, subscribers->by_account, account_id, sizeof(account_id), subscriber);
	return subscriber;
}

void subscribers_change(struct subscribers *subscribers, struct subscriber *subscriber,
			enum category category, enum channel channel, bool wanted)
{
	preferences_apply(&subscriber->preferences, category, channel, wanted);
	subscriber->changed[category] |= PREFERENCE_BIT(channel);
	if (subscriber->on_list)
		return;
	subscriber->on_list = true;
	subscriber->next_changed = subscribers->changed;
	subscribers->changed = subscriber;
	subscribers->changed_count++;
}

void subscribers_saved(struct subscribers *subscribers)
{
	struct subscriber *subscriber = subscribers->changed;

	while (subscriber != NULL) {
		struct subscriber *next = subscriber->next_changed;

		memset(subscriber->changed, 0, sizeof(subscriber->changed));
		subscriber->on_list = false;
		subscriber->next_changed = NULL;
		subscriber = next;
	}
	subscribers->changed = NULL;
	subscribers->changed_count = 0;
}
