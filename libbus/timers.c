/* See timers.h. A sorted array for the order, a hash for the names. */
#include "timers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int order(int64_t due, const char *key, const char *id, int64_t other_due,
		 const char *other_key, const char *other_id)
{
	int keys;

	if (due != other_due)
		return due < other_due ? -1 : 1;
	keys = strcmp(key, other_key);
	return keys ? keys : strcmp(id, other_id);
}

/* Where a timer of this place stands, or would stand. */
static size_t place(const struct bus__timers *timers, int64_t due, const char *key, const char *id)
{
	size_t low = 0, high = timers->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct bus__timer *timer = timers->items[middle];

		if (order(timer->due, timer->key, timer->id, due, key, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void bus__timers_forget(struct bus__timers *timers)
{
	HASH_CLEAR(hh, timers->names);
	for (size_t i = 0; i < timers->count; i++)
		free(timers->items[i]);
	timers->count = 0;
	timers->loaded = timers->complete = false;
	memset(&timers->horizon, 0, sizeof(timers->horizon));
}

void bus__timers_release(struct bus__timers *timers)
{
	bus__timers_forget(timers);
	free(timers->items);
	timers->items = NULL;
	timers->capacity = 0;
}

static size_t name_of(char name[BUS_KEY_MAX + BUS_TIMER_ID_MAX + 2], const char *key,
		      const char *id)
{
	size_t key_len = strlen(key), id_len = strlen(id);

	bus_assert(key_len <= BUS_KEY_MAX && id_len <= BUS_TIMER_ID_MAX);
	memcpy(name, key, key_len + 1);
	memcpy(name + key_len + 1, id, id_len + 1);
	return key_len + id_len + 2;
}

struct bus__timer *bus__timers_find(struct bus__timers *timers, const char *key, const char *id)
{
	char name[BUS_KEY_MAX + BUS_TIMER_ID_MAX + 2];
	size_t len = name_of(name, key, id);
	struct bus__timer *timer;

	HASH_FIND(hh, timers->names, name, len, timer);
	return timer;
}

void bus__timers_remove(struct bus__timers *timers, struct bus__timer *timer)
{
	size_t at = place(timers, timer->due, timer->key, timer->id);

	bus_assert(timers->items[at] == timer);
	memmove(&timers->items[at], &timers->items[at + 1],
		(timers->count - at - 1) * sizeof(struct bus__timer *));
	timers->count--;
	HASH_DEL(timers->names, timer);
	free(timer);
}

static struct bus__timer *timer_new(const char *key, const struct bus__timer_change *change)
{
	char name[BUS_KEY_MAX + BUS_TIMER_ID_MAX + 2];
	size_t name_len = name_of(name, key, change->id), type_size = strlen(change->type) + 1;
	struct bus__timer *timer =
		bus_malloc(sizeof(*timer) + name_len + type_size + change->value.len);

	memset(timer, 0, sizeof(*timer));
	memcpy(timer->name, name, name_len);
	memcpy(timer->name + name_len, change->type, type_size);
	if (change->value.len)
		memcpy(timer->name + name_len + type_size, change->value.data, change->value.len);
	timer->due = change->due;
	timer->name_len = name_len;
	timer->key = timer->name;
	timer->id = timer->name + strlen(key) + 1;
	timer->type = timer->name + name_len;
	timer->value = bus_bytes(timer->name + name_len + type_size, change->value.len);
	return timer;
}

static bool beyond(const struct bus__timers *timers, int64_t due, const char *key, const char *id)
{
	const struct bus__horizon *horizon = &timers->horizon;

	return !timers->complete &&
	       order(due, key, id, horizon->due, horizon->key, horizon->id) > 0;
}

void bus__timers_put(struct bus__timers *timers, const char *key,
		     const struct bus__timer_change *change, bool holds)
{
	struct bus__timer *timer = bus__timers_find(timers, key, change->id);
	size_t at;

	if (timer)
		bus__timers_remove(timers, timer);
	if (beyond(timers, change->due, key, change->id))
		return;
	timer = timer_new(key, change);
	timer->holds = holds;
	timer->serial = ++timers->serial;
	if (timers->count == timers->capacity) {
		timers->capacity = timers->capacity ? timers->capacity * 2 : 64;
		timers->items =
			bus_realloc(timers->items, timers->capacity * sizeof(struct bus__timer *));
	}
	at = place(timers, timer->due, timer->key, timer->id);
	memmove(&timers->items[at + 1], &timers->items[at],
		(timers->count - at) * sizeof(struct bus__timer *));
	timers->items[at] = timer;
	timers->count++;
	HASH_ADD_KEYPTR(hh, timers->names, timer->name, timer->name_len, timer);
}

void bus__timers_end(struct bus__timers *timers)
{
	const struct bus__timer *last = timers->items[timers->count - 1];

	timers->complete = false;
	timers->horizon.due = last->due;
	snprintf(timers->horizon.key, sizeof(timers->horizon.key), "%s", last->key);
	snprintf(timers->horizon.id, sizeof(timers->horizon.id), "%s", last->id);
}

void bus__timers_trim(struct bus__timers *timers)
{
	if (timers->count <= 2 * (size_t)BUS__TIMERS_MAX)
		return;
	while (timers->count > BUS__TIMERS_MAX)
		bus__timers_remove(timers, timers->items[timers->count - 1]);
	bus__timers_end(timers);
}

bool bus__timers_hold(const struct bus__step *step, const struct bus__timer_change *change)
{
	return !step->fired || change->due > step->fired_due;
}

void bus__timers_step(struct bus__timers *timers, const struct bus__step *step)
{
	const char *key = (const char *)step->key.data; /* ends in NUL */
	struct bus__timer *timer;

	if (step->fired) {
		timer = bus__timers_find(timers, key, step->fired);
		/* A further step of the same firing leaves alone what one before has set. */
		if (timer && timer->due == step->fired_due)
			bus__timers_remove(timers, timer);
	}
	for (size_t i = 0; i < step->timer_count; i++) {
		const struct bus__timer_change *change = &step->timers[i];

		if (change->set) {
			bus__timers_put(timers, key, change, bus__timers_hold(step, change));
			continue;
		}
		timer = bus__timers_find(timers, key, change->id);
		if (timer)
			bus__timers_remove(timers, timer);
	}
}
