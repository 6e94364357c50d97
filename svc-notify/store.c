/*
 * Queries and writes of notify. One statement a table, in the order of the accounts' ids. The
 * unique key of `delivery` is what makes a delivery happen once for each (account, event, channel).
 */
#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql.h"

/* "topic/partition/offset/index": a topic is at most 249 bytes long. */
#define EVENT_ID_MAX 320

void *store_new(void)
{
	return bus_calloc(1, sizeof(struct notices));
}

void store_free(void *state)
{
	struct notices *notices = state;

	if (notices == NULL)
		return;
	subscribers_release(&notices->subscribers);
	free(notices->deliveries);
	free(notices);
}

/* Loading *********************************************************************************** */

static void on_preferences(void *arg, const PGresult *rows)
{
	struct notices *notices = arg;

	for (int i = 0; i < PQntuples(rows); i++) {
		struct subscriber *subscriber =
			subscribers_get(&notices->subscribers, bus_row_id(rows, i, 0));
		int32_t category = bus_row_int4(rows, i, 1);
		int32_t channel = bus_row_int4(rows, i, 2);

		bus_assert(category >= 1 && category <= CATEGORY_MAX);
		bus_assert(channel >= 1 && channel <= CHANNEL_MAX);
		preferences_apply(&subscriber->preferences, (enum category)category,
				  (enum channel)channel, bus_row_bool(rows, i, 3));
	}
}

/* A key that is no account id has no rows: nobody is told, and its commands are rejected. */
void store_load(void *state, const struct bus_load *load, struct bus_db *db)
{
	static const struct bus_sql sql = { "load_preferences", sql_load_preferences };
	struct bus_column *ids;
	struct bus_call *call;
	struct bus_id id;

	if (load->key_count == 0)
		return;
	call = bus_call(db, &sql);
	ids = bus_call_column(call, BUS_PG_UUID);
	for (size_t i = 0; i < load->key_count; i++) {
		if (wire_id(load->keys[i], &id))
			bus_column_id(ids, id);
	}
	bus_call_send(call, on_preferences, state);
}

/* Saving ************************************************************************************ */

static int by_account(const void *a, const void *b)
{
	const struct subscriber *const *x = a, *const *y = b;

	return memcmp((*x)->account_id.b, (*y)->account_id.b, sizeof((*x)->account_id.b));
}

/* Returns owned. */
static struct subscriber **sorted_changes(const struct subscribers *subscribers)
{
	struct subscriber **sorted =
		bus_malloc(subscribers->changed_count * sizeof(struct subscriber *));
	size_t n = 0;

	for (struct subscriber *s = subscribers->changed; s != NULL; s = s->next_changed)
		sorted[n++] = s;
	bus_assert(n == subscribers->changed_count);
	qsort(sorted, n, sizeof(struct subscriber *), by_account);
	return sorted;
}

static void save_preferences(const struct subscribers *subscribers, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_preferences", sql_save_preferences };
	struct subscriber **sorted = sorted_changes(subscribers);
	struct bus_call *call = bus_call(db, &sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *categories = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *on_channels = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *enabled = bus_call_column(call, BUS_PG_BOOL);

	for (size_t i = 0; i < subscribers->changed_count; i++) {
		for (int category = 1; category <= CATEGORY_MAX; category++) {
			for (int channel = 1; channel <= CHANNEL_MAX; channel++) {
				uint8_t bit = PREFERENCE_BIT(channel);

				if ((sorted[i]->changed[category] & bit) == 0)
					continue;
				bus_column_id(ids, sorted[i]->account_id);
				bus_column_int4(categories, category);
				bus_column_int4(on_channels, channel);
				bus_column_bool(enabled, (sorted[i]->preferences.wanted[category] &
							  bit) != 0);
			}
		}
	}
	bus_call_send(call, NULL, NULL);
	free(sorted);
}

static void save_deliveries(const struct notices *notices, struct bus_db *db)
{
	static const struct bus_sql sql = { "save_deliveries", sql_save_deliveries };
	struct bus_call *call = bus_call(db, &sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *events = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *on_channels = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *delivery_ids = bus_call_column(call, BUS_PG_UUID);
	struct bus_column *user_ids = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *categories = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *types = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *subjects = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *titles = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *bodies = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *times = bus_call_column(call, BUS_PG_INT8);

	for (size_t i = 0; i < notices->delivery_count; i++) {
		const NOTIFY(Delivered) *fact = notices->deliveries[i].fact;
		char event_id[EVENT_ID_MAX];

		snprintf(event_id, sizeof(event_id), "%.249s/%" PRId32 "/%" PRId64 "/%" PRId32,
			 fact->event_topic, fact->event_partition, fact->event_offset,
			 fact->event_index);
		bus_column_id(ids, notices->deliveries[i].account_id);
		bus_column_text(events, event_id);
		bus_column_int4(on_channels, (int32_t)fact->channel);
		bus_column_id(delivery_ids, notices->deliveries[i].delivery_id);
		bus_column_text(user_ids, fact->user_id);
		bus_column_int4(categories, (int32_t)fact->category);
		bus_column_text(types, fact->event_type);
		bus_column_text(subjects, fact->subject_id);
		bus_column_text(titles, fact->title);
		bus_column_text(bodies, fact->body);
		bus_column_int8(times, fact->delivered_at_micros);
	}
	bus_call_send(call, NULL, NULL);
}

void store_save(void *state, struct bus_db *db)
{
	struct notices *notices = state;

	if (notices->subscribers.changed_count > 0) {
		save_preferences(&notices->subscribers, db);
		subscribers_saved(&notices->subscribers);
	}
	if (notices->delivery_count > 0)
		save_deliveries(notices, db);
	notices->delivery_count = 0;
}

void store_deliver(struct notices *notices, const struct delivery *delivery)
{
	if (notices->delivery_count == notices->delivery_capacity) {
		notices->delivery_capacity = 2 * notices->delivery_capacity + 64;
		notices->deliveries = bus_realloc(
			notices->deliveries, notices->delivery_capacity * sizeof(struct delivery));
	}
	notices->deliveries[notices->delivery_count++] = *delivery;
}
