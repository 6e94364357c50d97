/* The ledger, see seal.h. */
#include "seal.h"

#include <stddef.h>
#include <string.h>

#include "../../svc-portfolio/store.h"

static bool same_lots(const struct lots *a, const struct lots *b)
{
	if (a->count != b->count || a->opened != b->opened)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		const struct lot *x = lots_at(a, i), *y = lots_at(b, i);

		if (!bus_id_equal(x->id, y->id) || x->quantity.micros != y->quantity.micros ||
		    x->cost.micros != y->cost.micros || x->opened_at != y->opened_at)
			return false;
	}
	return true;
}

static const char *holding_differs(const struct holding *a, const struct holding *b)
{
	const struct shares *x = &a->shares, *y = &b->shares;

	if (x->position.quantity.micros != y->position.quantity.micros ||
	    x->position.cost.micros != y->position.cost.micros ||
	    x->position.realised.micros != y->position.realised.micros ||
	    x->fifo_cost.micros != y->fifo_cost.micros ||
	    x->fifo_realised.micros != y->fifo_realised.micros ||
	    a->dividends.micros != b->dividends.micros)
		return "a position";
	if (a->actions != b->actions || a->pending_action != b->pending_action ||
	    a->since != b->since)
		return "the corporate actions of a position";
	return same_lots(&x->lots, &y->lots) ? NULL : "the lots of a position";
}

static bool same_settlement(const struct settlement *a, const struct settlement *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->buckets[i].date != b->buckets[i].date ||
		    a->buckets[i].amount.micros != b->buckets[i].amount.micros)
			return false;
	return true;
}

static const char *account_differs(const struct account *a, const struct account *b)
{
	struct holding *holding, *next;
	struct withdrawal *withdrawal, *next_withdrawal;

	if (memcmp(&a->balances, &b->balances, sizeof(a->balances)) != 0)
		return "the balances of an account";
	if (!same_settlement(&a->settlement, &b->settlement))
		return "what of an account is not settled";
	if (a->closing.date != b->closing.date ||
	    a->closing.equity.micros != b->closing.equity.micros ||
	    a->closing.growth_picos != b->closing.growth_picos || a->movements != b->movements)
		return "the last close of an account";
	if (a->margin_called != b->margin_called || a->day_ends_at != b->day_ends_at ||
	    a->margin_check_at != b->margin_check_at || a->short_count != b->short_count)
		return "the margin or the timers of an account";
	if (HASH_COUNT(a->holdings) != HASH_COUNT(b->holdings))
		return "the number of positions";
	HASH_ITER (hh, a->holdings, holding, next) {
		const struct holding *other = account_find_holding(b, &holding->symbol);
		const char *what = other == NULL ? "a position" : holding_differs(holding, other);

		if (what != NULL)
			return what;
	}
	HASH_ITER (hh, a->open, withdrawal, next_withdrawal) {
		const struct withdrawal *other = account_withdrawal(b, withdrawal->id);
		const struct withdrawal *mine = account_withdrawal(a, withdrawal->id);

		if ((mine == NULL) != (other == NULL))
			return "a withdrawal";
	}
	return NULL;
}

const char *seal_ledger_differs(void *state, void *other_state)
{
	const struct books *books = state, *twin = other_state;
	struct account *account, *next;

	HASH_ITER (hh, books->accounts.by_id, account, next) {
		const struct account *other = account_find(&twin->accounts, account->id);
		const char *what =
			other == NULL ? "an account is not there" : account_differs(account, other);

		if (what != NULL)
			return what;
	}
	return HASH_COUNT(books->accounts.by_id) != HASH_COUNT(twin->accounts.by_id)
		       ? "the number of accounts"
		       : NULL;
}
