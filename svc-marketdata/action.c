/* Corporate actions: which may be announced, their order, and what a split does to prices. */
#include "action.h"

#include <stdlib.h>
#include <string.h>

#define ACCEPTED ((struct verdict){ MARKET_ACCEPTED, NULL })

static struct verdict invalid(const char *text)
{
	return (struct verdict){ MARKET_INVALID_FIELD, text };
}

/* --- The list
 * -------------------------------------------------------------------------------------- */

void actions_release(struct actions *actions)
{
	free(actions->items);
	*actions = (struct actions){ 0 };
}

int actions_effective(const struct actions *actions)
{
	int n = 0;

	while (n < actions->count && actions->items[n].action.number > 0)
		n++;
	return n;
}

static int find(const struct actions *actions, struct bus_id id)
{
	for (int i = 0; i < actions->count; i++) {
		if (bus_id_equal(actions->items[i].action.id, id))
			return i;
	}
	return -1;
}

const struct action *actions_find(const struct actions *actions, struct bus_id id)
{
	int i = find(actions, id);

	return i < 0 ? NULL : &actions->items[i].action;
}

static int compare(const struct action *a, const struct action *b)
{
	if ((a->number > 0) != (b->number > 0))
		return a->number > 0 ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->effective_at != b->effective_at)
		return a->effective_at < b->effective_at ? -1 : 1;
	return memcmp(a->id.b, b->id.b, sizeof(a->id.b));
}

static void remove_at(struct actions *actions, int i)
{
	actions->count--;
	memmove(&actions->items[i], &actions->items[i + 1],
		(size_t)(actions->count - i) * sizeof(*actions->items));
}

struct held_action *actions_put(struct actions *actions, const struct action *action)
{
	int place = find(actions, action->id);

	if (place >= 0)
		remove_at(actions, place);
	if (actions->count == actions->capacity) {
		actions->capacity = actions->capacity ? 2 * actions->capacity : 4;
		actions->items = bus_realloc(actions->items,
					     (size_t)actions->capacity * sizeof(*actions->items));
	}
	for (place = actions->count; place > 0; place--) {
		if (compare(&actions->items[place - 1].action, action) < 0)
			break;
		actions->items[place] = actions->items[place - 1];
	}
	actions->items[place] = (struct held_action){ .action = *action, .dirty = true };
	actions->count++;
	return &actions->items[place];
}

/* --- What may be announced
 * ------------------------------------------------------------------------ */

static bool shares_valid(int64_t shares)
{
	return shares > 0 && shares <= SHARES_MAX;
}

static struct verdict split_check(const struct action *action)
{
	if (!shares_valid(action->new_shares))
		return invalid("new_shares is not between 1 and 1000000");
	if (!shares_valid(action->old_shares))
		return invalid("old_shares is not between 1 and 1000000");
	if (action->new_shares == action->old_shares)
		return invalid("new_shares and old_shares are the same");
	if (action->cash_price.micros < 0 || action->cash_price.micros > REFERENCE_MAX)
		return invalid("cash_price_micros is out of range");
	return ACCEPTED;
}

static struct verdict rename_check(const struct action *action, const char *symbol)
{
	if (!symbol_valid(action->new_symbol))
		return invalid("new_symbol: 1 to 12 of A to Z, 0 to 9, '.' and '-'");
	if (strcmp(action->new_symbol, symbol) == 0)
		return invalid("new_symbol is the symbol that it has");
	return ACCEPTED;
}

/* What belongs to the action's kind is checked, and that nothing else is given. */
static struct verdict fields_check(const struct action *action, const char *symbol)
{
	bool split = action->new_shares || action->old_shares || action->cash_price.micros;
	bool dividend = action->amount.micros != 0;
	bool rename = action->new_symbol[0] != '\0';

	switch (action->kind) {
	case ACTION_SPLIT:
		if (dividend || rename)
			return invalid("amount_micros and new_symbol belong to no split");
		return split_check(action);
	case ACTION_DIVIDEND:
		if (split || rename)
			return invalid("shares, cash_price_micros and new_symbol belong to no "
				       "dividend");
		if (action->amount.micros <= 0 || action->amount.micros > REFERENCE_MAX)
			return invalid("amount_micros is out of range");
		return ACCEPTED;
	case ACTION_RENAME:
		if (split || dividend)
			return invalid("shares, cash_price_micros and amount_micros belong to no "
				       "change of symbol");
		return rename_check(action, symbol);
	}
	return invalid("kind is none of SPLIT, DIVIDEND and RENAME");
}

struct verdict action_check(const struct actions *actions, const struct action *action,
			    const char *symbol, int64_t now)
{
	struct verdict verdict = fields_check(action, symbol);

	if (verdict.reason)
		return verdict;
	if (action->effective_at < now || action->effective_at > EFFECTIVE_MAX)
		return invalid("effective_at_micros is in the past, or out of range");
	if (actions->count - actions_effective(actions) >= ACTIONS_AHEAD_MAX)
		return (struct verdict){
			MARKET_TOO_MANY, "the instrument has as many actions ahead as it may have"
		};
	return ACCEPTED;
}

/* --- Splits
 * ----------------------------------------------------------------------------------------- */

/* A price of 0 is none, and stays so. What does not fit any more stays at the largest that does. */
struct bus_price price_split(struct bus_price price, const struct action *action)
{
	struct bus_money scaled;

	if (price.micros == 0)
		return price;
	if (!bus_money_muldiv((struct bus_money){ price.micros }, action->old_shares,
			      action->new_shares, &scaled) ||
	    scaled.micros > 2 * REFERENCE_MAX)
		return (struct bus_price){ 2 * REFERENCE_MAX };
	return (struct bus_price){ scaled.micros > 0 ? scaled.micros : 1 };
}

/* Bands are scaled as they are, and not set anew: they are those of the session. */
void instrument_split(const struct instrument *before, const struct action *action,
		      struct instrument *out)
{
	*out = *before;
	out->reference = price_split(before->reference, action);
	if (before->band_high.micros == 0)
		return;
	out->band_low = price_split(before->band_low, action);
	out->band_high = price_split(before->band_high, action);
}
