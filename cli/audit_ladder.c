/* Levels in an array sorted so that the best is the last: most changes happen at its end. */
#include "audit_ladder.h"

#include <stdlib.h>

static struct ladder_order *order_at(struct audit_table *orders, uint32_t n)
{
	return audit_at(orders, n);
}

void ladder_release(struct ladder *ladder)
{
	free(ladder->sides[0].levels);
	free(ladder->sides[1].levels);
}

const struct ladder_level *ladder_best(const struct ladder *ladder, bool buy)
{
	const struct ladder_side *side = &ladder->sides[buy];

	return side->count ? &side->levels[side->count - 1] : NULL;
}

static bool better(bool buy, int64_t a, int64_t b)
{
	return buy ? a > b : a < b;
}

/* The level of the price, or the place where it belongs. */
static size_t place_of(const struct ladder_side *side, bool buy, int64_t price)
{
	size_t low = 0, high = side->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (better(buy, price, side->levels[middle].price))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct ladder_level *level_of(struct ladder_side *side, bool buy, int64_t price)
{
	size_t at = place_of(side, buy, price);

	if (at < side->count && side->levels[at].price == price)
		return &side->levels[at];
	if (side->count == side->room) {
		side->room = side->room ? side->room * 2 : 64;
		side->levels = bus_realloc(side->levels, side->room * sizeof(*side->levels));
	}
	memmove(&side->levels[at + 1], &side->levels[at],
		(side->count - at) * sizeof(*side->levels));
	side->count++;
	side->levels[at] =
		(struct ladder_level){ .price = price, .head = LADDER_NONE, .tail = LADDER_NONE };
	return &side->levels[at];
}

void ladder_add(struct ladder *ladder, struct audit_table *orders, uint32_t n)
{
	struct ladder_order *order = order_at(orders, n);
	struct ladder_level *level = level_of(&ladder->sides[order->buy], order->buy, order->price);

	order->live = true;
	order->prev = level->tail;
	order->next = LADDER_NONE;
	if (level->tail == LADDER_NONE)
		level->head = n;
	else
		order_at(orders, level->tail)->next = n;
	level->tail = n;
	level->total += order->leaves;
}

static void take_out(struct ladder_side *side, struct ladder_level *level,
		     struct audit_table *orders, struct ladder_order *order)
{
	size_t at = (size_t)(level - side->levels);

	order->live = false;
	if (order->prev == LADDER_NONE)
		level->head = order->next;
	else
		order_at(orders, order->prev)->next = order->next;
	if (order->next == LADDER_NONE)
		level->tail = order->prev;
	else
		order_at(orders, order->next)->prev = order->prev;
	if (level->head != LADDER_NONE)
		return;
	side->count--;
	memmove(level, level + 1, (side->count - at) * sizeof(*level));
}

void ladder_reduce(struct ladder *ladder, struct audit_table *orders, uint32_t n, int64_t leaves)
{
	struct ladder_order *order = order_at(orders, n);
	struct ladder_side *side = &ladder->sides[order->buy];
	struct ladder_level *level = level_of(side, order->buy, order->price);

	level->total -= order->leaves - leaves;
	order->leaves = leaves;
	if (leaves == 0)
		take_out(side, level, orders, order);
}

void ladder_replace(struct ladder *ladder, struct audit_table *orders, uint32_t n, uint32_t m)
{
	struct ladder_order *old = order_at(orders, n), *new = order_at(orders, m);
	struct ladder_level *level = level_of(&ladder->sides[old->buy], old->buy, old->price);

	*new = *old;
	old->live = false;
	if (new->prev == LADDER_NONE)
		level->head = m;
	else
		order_at(orders, new->prev)->next = m;
	if (new->next == LADDER_NONE)
		level->tail = m;
	else
		order_at(orders, new->next)->prev = m;
}

bool ladder_crossed(const struct ladder *ladder)
{
	const struct ladder_level *bid = ladder_best(ladder, true);
	const struct ladder_level *ask = ladder_best(ladder, false);

	return bid && ask && bid->price >= ask->price;
}
