/* Buckets in a small sorted array; see settlement.h. */
#include "settlement.h"

#include <stdlib.h>
#include <string.h>

#include "calendar.h"

int32_t settlement_date(int64_t executed_at)
{
	return calendar_next_business_day(calendar_date(executed_at));
}

int64_t settlement_due(int32_t date)
{
	return calendar_begin(date);
}

void settlement_release(struct settlement *settlement)
{
	free(settlement->buckets);
	*settlement = (struct settlement){ .buckets = NULL };
}

/* The first bucket that is not before the date. */
static size_t place(const struct settlement *settlement, int32_t date)
{
	size_t i = settlement->count;

	while (i > 0 && settlement->buckets[i - 1].date >= date)
		i--;
	return i;
}

const struct bucket *settlement_find(const struct settlement *settlement, int32_t date)
{
	size_t i = place(settlement, date);

	return i < settlement->count && settlement->buckets[i].date == date
		       ? &settlement->buckets[i]
		       : NULL;
}

bool settlement_sum(const struct settlement *settlement, int32_t date, struct bus_money amount,
		    struct bus_money *out)
{
	const struct bucket *bucket = settlement_find(settlement, date);

	if (bucket != NULL)
		return bus_money_add(bucket->amount, amount, out);
	*out = amount;
	return true;
}

struct bucket *settlement_set(struct settlement *settlement, int32_t date, struct bus_money amount)
{
	size_t i = place(settlement, date);
	struct bucket *at;

	if (i == settlement->count || settlement->buckets[i].date != date) {
		if (settlement->count == settlement->capacity) {
			settlement->capacity = 2 * settlement->capacity + 2;
			settlement->buckets = bus_realloc(
				settlement->buckets, settlement->capacity * sizeof(struct bucket));
		}
		memmove(&settlement->buckets[i + 1], &settlement->buckets[i],
			(settlement->count - i) * sizeof(struct bucket));
		settlement->count++;
	}
	at = &settlement->buckets[i];
	*at = (struct bucket){ .date = date, .amount = amount };
	return at;
}

void settlement_remove(struct settlement *settlement, int32_t date)
{
	size_t i = place(settlement, date);

	if (i == settlement->count || settlement->buckets[i].date != date)
		return;
	settlement->count--;
	memmove(&settlement->buckets[i], &settlement->buckets[i + 1],
		(settlement->count - i) * sizeof(struct bucket));
}
