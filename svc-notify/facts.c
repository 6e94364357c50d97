/*
 * The fold of notify's journal: preferences are kept, deliveries are written down. Delivering on
 * the stream is the fact itself, so a replay sends nothing again.
 */
#include "handlers.h"
#include "store.h"

static struct bus_id id_of(const char *text)
{
	struct bus_id id;

	bus_assert(wire_id(text, &id));
	return id;
}

static void preference_changed(struct notices *notices, const NOTIFY(PreferenceChanged) * changed)
{
	struct subscriber *subscriber =
		subscribers_get(&notices->subscribers, id_of(changed->account_id));

	subscribers_change(&notices->subscribers, subscriber, (enum category)changed->category,
			   (enum channel)changed->channel, changed->enabled);
}

void notify_evolve(void *state, const struct bus_fact *fact)
{
	Bourse__Notify__V1__NotifyEvent__EventCase type = fact->type;
	struct notices *notices = state;

	switch (type) {
	case FACT(PREFERENCE_CHANGED):
		preference_changed(notices, fact->message);
		break;
	case FACT(DELIVERED): {
		const NOTIFY(Delivered) *delivered = fact->message;

		store_deliver(notices, &(struct delivery){
					       .account_id = id_of(delivered->account_id),
					       .delivery_id = id_of(delivered->delivery_id),
					       .fact = delivered,
				       });
		break;
	}
	case FACT(PARKED):
	case FACT(COMMAND_REJECTED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}
