/* See actions.h. A split works on magnitudes; the sign of the position comes back at the end. */
#include "actions.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 int128;

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)

enum action_state action_state(const struct action *action, int64_t done, int64_t since,
			       int64_t as_of)
{
	if (action->number <= done)
		return ACTION_PAST;
	if (action->kind != ACTION_DIVIDEND)
		return action->effective ? ACTION_READY : ACTION_AHEAD;
	if (action->effective_at <= since)
		return ACTION_MISSED;
	return action->effective_at <= as_of ? ACTION_READY : ACTION_AHEAD;
}

int64_t action_look_again(const struct action *action, int64_t now)
{
	int64_t late = now - action->effective_at;

	if (late < 0)
		return action->effective_at + SECOND;
	return now + (late > MINUTE ? late : MINUTE);
}

/* The split ******************************************************************************* */

/* A lot on its way through the split, without its sign. */
struct part {
	size_t lot;
	int64_t quantity;  /* whole millionths of new shares */
	int64_t remainder; /* of the division by old_shares */
};

static int64_t absolute(int64_t value)
{
	return value < 0 ? -value : value;
}

/* quantity * new / old towards 0; false outside 64 bits. */
static bool scaled(int64_t quantity, const struct split_terms *terms, int64_t *out,
		   int64_t *remainder)
{
	int128 product = (int128)quantity * terms->new_shares;
	int128 quotient = product / terms->old_shares;

	if (quotient > INT64_MAX)
		return false;
	*out = (int64_t)quotient;
	*remainder = (int64_t)(product % terms->old_shares);
	return true;
}

/* The largest remainder first, among equals the oldest. */
static int by_remainder(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->remainder != y->remainder)
		return x->remainder > y->remainder ? -1 : 1;
	return x->lot < y->lot ? -1 : 1;
}

static int by_lot(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return x->lot < y->lot ? -1 : 1;
}

/* Scales every lot so that they sum to `total`: what rounding leaves over goes to the largest
 * remainders. */
static bool scale_lots(const struct lots *lots, const struct split_terms *terms, int64_t total,
		       struct part *parts)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < lots->count; i++) {
		parts[i].lot = i;
		if (!scaled(absolute(lots_at(lots, i)->quantity.micros), terms, &parts[i].quantity,
			    &parts[i].remainder))
			return false;
		sum += parts[i].quantity; /* no more than total */
	}
	qsort(parts, lots->count, sizeof(*parts), by_remainder);
	for (uint32_t i = 0; sum < total; i++, sum++) {
		bus_assert(i < lots->count);
		parts[i].quantity++;
	}
	qsort(parts, lots->count, sizeof(*parts), by_lot);
	return true;
}

/*
 * Sells `fraction` out of the oldest parts and writes what is left. A lot of which nothing is left
 * but cost gives that to the next one, the last one to the one before it. Returns the cost of what
 * was sold.
 */
static int64_t sell_fraction(const struct lots *lots, const struct part *parts, int64_t fraction,
			     int64_t sign, struct split *out)
{
	int64_t sold = 0, carried = 0;

	for (uint32_t i = 0; i < lots->count; i++) {
		struct lot lot = *lots_at(lots, i);
		int64_t takes = parts[i].quantity < fraction ? parts[i].quantity : fraction;
		struct bus_money share = { 0 };

		lot.cost.micros += carried;
		carried = 0;
		if (takes > 0)
			share = position_share(lot.cost, takes, parts[i].quantity);
		sold += share.micros;
		fraction -= takes;
		lot.cost.micros -= share.micros;
		lot.quantity.micros = sign * (parts[i].quantity - takes);
		if (lot.quantity.micros != 0)
			out->lots[out->lot_count++] = lot;
		else
			carried = lot.cost.micros;
	}
	if (out->lot_count > 0)
		out->lots[out->lot_count - 1].cost.micros += carried;
	else
		sold += carried;
	return sold;
}

/* Average cost: the fraction takes its share; where nothing is left, all of it. */
static int64_t average_sold(const struct position *position, int64_t fraction, int64_t total)
{
	if (fraction == total)
		return position->cost.micros;
	return fraction == 0 ? 0 : position_share(position->cost, fraction, total).micros;
}

bool split_make(const struct shares *shares, const struct split_terms *terms, struct split *out)
{
	const struct position *position = &shares->position;
	int64_t sign = position->quantity.micros < 0 ? -1 : 1, total, remainder, fraction;
	struct split split = { .lots = NULL };
	int64_t sold, fifo_sold;
	struct part *parts;
	bool fits;

	bus_assert(terms->new_shares > 0 && terms->old_shares > 0 && terms->increment.micros > 0);
	if (!scaled(absolute(position->quantity.micros), terms, &total, &remainder))
		return false;
	fraction = total % terms->increment.micros;
	split.quantity.micros = sign * (total - fraction);
	split.fraction.micros = sign * fraction;
	if (!bus_notional(terms->cash_price, split.fraction, &split.cash))
		return false;
	parts = bus_calloc(shares->lots.count + 1u, sizeof(*parts));
	split.lots = bus_calloc(shares->lots.count + 1u, sizeof(*split.lots));
	fits = scale_lots(&shares->lots, terms, total, parts);
	if (fits) {
		sold = average_sold(position, fraction, total);
		fifo_sold = sell_fraction(&shares->lots, parts, fraction, sign, &split);
		split.cost.micros = position->cost.micros - sold;
		split.fifo_cost.micros = shares->fifo_cost.micros - fifo_sold;
		fits = bus_money_sub(split.cash, (struct bus_money){ sold }, &split.realised) &&
		       bus_money_sub(split.cash, (struct bus_money){ fifo_sold },
				     &split.fifo_realised);
	}
	free(parts);
	if (!fits) {
		free(split.lots);
		return false;
	}
	*out = split;
	return true;
}

void split_release(struct split *split)
{
	free(split->lots);
	*split = (struct split){ .lots = NULL };
}

/* Two holdings become one **************************************************************** */

static struct lot *merge_lots(const struct lots *a, const struct lots *b, size_t *count)
{
	struct lot *merged = bus_malloc(((size_t)a->count + b->count + 1) * sizeof(*merged));
	uint32_t i = 0, j = 0;

	while (i < a->count && j < b->count) {
		bool first = lots_at(a, i)->opened_at <= lots_at(b, j)->opened_at;

		merged[i + j] = first ? *lots_at(a, i) : *lots_at(b, j);
		i += first;
		j += !first;
	}
	for (; i < a->count; i++)
		merged[i + j] = *lots_at(a, i);
	for (; j < b->count; j++)
		merged[i + j] = *lots_at(b, j);
	*count = (size_t)i + j;
	return merged;
}

static bool merge(const struct shares *a, const struct shares *b, struct joined *out)
{
	if (!bus_quantity_add(a->position.quantity, b->position.quantity, &out->quantity) ||
	    !bus_money_add(a->position.cost, b->position.cost, &out->cost) ||
	    !bus_money_add(a->fifo_cost, b->fifo_cost, &out->fifo_cost))
		return false;
	out->lots = merge_lots(&a->lots, &b->lots, &out->lot_count);
	return true;
}

static struct lot *lots_behind(const struct lots *lots, const struct lots_cut *cut, size_t *count)
{
	struct lot *left = bus_malloc((lots->count + 1u) * sizeof(*left));

	*count = lots->count - cut->gone;
	for (uint32_t i = 0; i < *count; i++)
		left[i] = *lots_at(lots, cut->gone + i);
	if (cut->part) {
		left[0].quantity = cut->left;
		left[0].cost = cut->left_cost;
	}
	return left;
}

/* Costs have opposite signs: their sum is what the closing lost, and fits. */
static void close_out(const struct shares *larger, const struct shares *smaller, struct joined *out)
{
	int64_t has = larger->position.quantity.micros, closes = smaller->position.quantity.micros;
	struct bus_money leaves =
		position_share(larger->position.cost, absolute(closes), absolute(has));
	struct lots_cut cut;

	lots_plan_cut(&larger->lots, (struct bus_quantity){ -closes }, &cut);
	out->quantity.micros = has + closes;
	out->cost.micros = larger->position.cost.micros - leaves.micros;
	out->realised.micros = -(leaves.micros + smaller->position.cost.micros);
	out->fifo_cost.micros = larger->fifo_cost.micros - cut.cost.micros;
	out->fifo_realised.micros = -(cut.cost.micros + smaller->fifo_cost.micros);
	out->lots = lots_behind(&larger->lots, &cut, &out->lot_count);
}

bool joined_make(const struct shares *a, const struct shares *b, struct joined *out)
{
	int64_t x = a->position.quantity.micros, y = b->position.quantity.micros;

	*out = (struct joined){ .lots = NULL };
	if ((x >= 0 && y >= 0) || (x <= 0 && y <= 0))
		return merge(a, b, out);
	if (absolute(x) >= absolute(y))
		close_out(a, b, out);
	else
		close_out(b, a, out);
	return true;
}

void joined_release(struct joined *joined)
{
	free(joined->lots);
	*joined = (struct joined){ .lots = NULL };
}
