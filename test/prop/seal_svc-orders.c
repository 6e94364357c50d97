/* The desk and the books, see seal.h. */
#include "seal.h"

#include "../../svc-orders/desk_state.h"

#include "../../svc-orders/book_store.h"

/* The desk //////////////////////////////////////////////////////////////////////////////// */

static const char *order_differs(const struct desk_order *a, const struct desk_order *b)
{
	const struct order *x = &a->order, *y = &b->order;

	if (x->status != y->status || x->triggered != y->triggered)
		return "the status of an order";
	if (x->quantity.micros != y->quantity.micros || x->cum.micros != y->cum.micros ||
	    x->leaves.micros != y->leaves.micros || x->ordered.micros != y->ordered.micros ||
	    x->prevented.micros != y->prevented.micros ||
	    x->cum_notional.micros != y->cum_notional.micros)
		return "a quantity of an order";
	if (x->hold_micros != y->hold_micros || x->fee_hold_micros != y->fee_hold_micros ||
	    x->short_micros != y->short_micros || x->margin_hold_micros != y->margin_hold_micros)
		return "what an order holds";
	if (x->limit.micros != y->limit.micros || x->stop.micros != y->stop.micros ||
	    x->trail.micros != y->trail.micros || x->collar.micros != y->collar.micros ||
	    x->reference.micros != y->reference.micros ||
	    x->trail_percent_micros != y->trail_percent_micros ||
	    x->notional.micros != y->notional.micros || x->lot_micros != y->lot_micros)
		return "a price of an order";
	if (x->side != y->side || x->type != y->type || x->tif != y->tif || x->stp != y->stp ||
	    x->order_class != y->order_class || x->post_only != y->post_only ||
	    x->firm != y->firm || x->actions != y->actions || x->expires_at != y->expires_at ||
	    x->accepted_at != y->accepted_at || x->updated_at != y->updated_at ||
	    strcmp(x->fee_group, y->fee_group) != 0 || strcmp(x->symbol, y->symbol) != 0)
		return "what an order is";
	if (!bus_id_equal(a->links.group, b->links.group) ||
	    !bus_id_equal(a->links.entry, b->links.entry) ||
	    !bus_id_equal(a->links.sibling, b->links.sibling) ||
	    !bus_id_equal(a->links.replaces, b->links.replaces) ||
	    !bus_id_equal(a->links.replacement, b->links.replacement))
		return "how orders belong together";
	return strcmp(a->name.text, b->name.text) != 0 ? "the name of an order" : NULL;
}

static bool same_balance(const struct balance *a, const struct balance *b)
{
	return a->total_micros == b->total_micros && a->held_micros == b->held_micros;
}

static bool same_holding(const struct desk_holding *a, const struct desk_holding *b)
{
	return same_balance(&a->shares, &b->shares) &&
	       a->collateral_micros == b->collateral_micros && a->actions == b->actions &&
	       bus_id_equal(a->pending_action, b->pending_action);
}

static const char *positions_differ(const struct desk_state *desk, const struct desk_state *twin)
{
	struct desk_position *position, *next, *other;

	HASH_ITER (hh, desk->positions, position, next) {
		HASH_FIND(hh, twin->positions, &position->key, sizeof(position->key), other);
		if (other == NULL || !same_holding(&position->holding, &other->holding))
			return "a position";
	}
	return HASH_COUNT(desk->positions) != HASH_COUNT(twin->positions)
		       ? "the number of positions"
		       : NULL;
}

static const char *withdrawals_differ(const struct desk_state *desk, const struct desk_state *twin)
{
	struct desk_withdrawal *withdrawal, *next, *other;

	HASH_ITER (hh, desk->withdrawals, withdrawal, next) {
		other = desk_withdrawal(twin, withdrawal->id);
		if (other == NULL || other->micros != withdrawal->micros ||
		    other->ended != withdrawal->ended ||
		    strcmp(other->symbol, withdrawal->symbol) != 0)
			return "a withdrawal";
	}
	return NULL;
}

const char *seal_desk_differs(void *state, void *other_state)
{
	const struct desk_state *desk = state, *twin = other_state;
	struct desk_account *account, *next_account;
	struct desk_order *order, *next;
	const char *what;

	HASH_ITER (hh, desk->accounts, account, next_account) {
		const struct desk_account *other = desk_account(twin, account->id);

		if (other == NULL || !same_balance(&account->cash, &other->cash))
			return "the cash of an account";
	}
	HASH_ITER (by_id, desk->orders, order, next) {
		const struct desk_order *other = desk_order(twin, order->order.id);

		what = other == NULL ? "an order is not there" : order_differs(order, other);
		if (what != NULL)
			return what;
	}
	if (HASH_CNT(by_id, desk->orders) != HASH_CNT(by_id, twin->orders))
		return "the number of orders";
	what = positions_differ(desk, twin);
	return what != NULL ? what : withdrawals_differ(desk, twin);
}

/* The books /////////////////////////////////////////////////////////////////////////////// */

static bool same_extra(const struct book_extra *a, const struct book_extra *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return bus_id_equal(a->sibling, b->sibling) && a->stop.micros == b->stop.micros &&
	       a->trail.micros == b->trail.micros && a->trail_percent == b->trail_percent &&
	       a->best.micros == b->best.micros;
}

static bool same_resting(const struct book_order *a, const struct book_order *b)
{
	return bus_id_equal(a->account, b->account) && a->leaves.micros == b->leaves.micros &&
	       a->price.micros == b->price.micros && a->quantity.micros == b->quantity.micros &&
	       a->priority == b->priority && a->side == b->side && a->type == b->type &&
	       a->tif == b->tif && a->queue == b->queue && a->stp == b->stp &&
	       a->post_only == b->post_only && a->added_at == b->added_at &&
	       a->expires_at == b->expires_at && same_extra(a->extra, b->extra);
}

static const char *book_differs(const struct book *book, const struct book *twin)
{
	const struct book_status *a = &book->status, *b = &twin->status;

	if (a->trading != b->trading || a->session_date != b->session_date ||
	    a->actions != b->actions || a->last_priority != b->last_priority ||
	    a->last_price.micros != b->last_price.micros || a->opening_held != b->opening_held ||
	    a->hand.leaves.micros != b->hand.leaves.micros || a->auction != b->auction)
		return "the status of a book";
	if (a->imbalance.price.micros != b->imbalance.price.micros ||
	    a->imbalance.volume.micros != b->imbalance.volume.micros ||
	    a->imbalance_at != b->imbalance_at)
		return "the imbalance of a book";
	if (book_count(book) != book_count(twin))
		return "the number of orders in a book";
	for (size_t i = 0; i <= book->orders.mask && book->orders.slots != NULL; i++) {
		const struct book_order *order = book->orders.slots[i].order;
		const struct book_order *other = order ? book_find(twin, order->id) : NULL;

		if (order != NULL && (other == NULL || !same_resting(order, other)))
			return "an order in a book";
	}
	return NULL;
}

const char *seal_book_differs(void *state, void *other_state)
{
	const struct book_state *books = state, *twin = other_state;
	struct book_entry *entry, *next;

	HASH_ITER (hh, books->entries, entry, next) {
		const char *what =
			book_differs(&entry->book, book_state_find(twin, entry->book.symbol));

		if (what != NULL)
			return what;
	}
	return NULL;
}
