/* What holds for the books after every step, computed anew from the postings alone. */
#ifndef PORTFOLIO_TEST_BOOKS_CHECK_H
#define PORTFOLIO_TEST_BOOKS_CHECK_H

#include <check.h>
#include <string.h>

#include "store.h"

static inline int64_t books_posted(const struct books *books, const struct account *account,
				   enum ledger_kind kind, const char *instrument)
{
	int64_t sum = 0;

	for (size_t i = 0; i < books->entry_count; i++) {
		const struct entry *entry = &books->entries[i];

		if (bus_id_equal(entry->account_id, account->id) && entry->kind == kind &&
		    strcmp(entry->instrument.text, instrument) == 0)
			sum += entry->amount_micros;
	}
	return sum;
}

/* The lots have the position's sign, sum to it, and cost what first in, first out says. */
static inline void books_check_lots(const struct shares *shares)
{
	int64_t quantity = 0, cost = 0;

	for (uint32_t i = 0; i < shares->lots.count; i++) {
		const struct lot *lot = lots_at(&shares->lots, i);

		ck_assert_int_ne(lot->quantity.micros, 0);
		ck_assert_int_eq(lot->quantity.micros < 0, shares->position.quantity.micros < 0);
		quantity += lot->quantity.micros;
		cost += lot->cost.micros;
	}
	ck_assert_int_eq(quantity, shares->position.quantity.micros);
	ck_assert_int_eq(cost, shares->fifo_cost.micros);
}

/* Money is conserved, for both methods of cost; cash is what moved it, and settled or not. */
static inline void books_check_money(const struct account *a)
{
	const struct balances *b = &a->balances;
	int64_t cost = 0, realised = 0, fifo_cost = 0, fifo_realised = 0, dividends = 0;
	int64_t unsettled = 0;
	size_t shorts = 0;

	for (const struct holding *h = a->holdings; h != NULL; h = h->hh.next) {
		const struct position *p = &h->shares.position;

		ck_assert(p->quantity.micros != 0 || p->cost.micros == 0);
		ck_assert(p->quantity.micros <= 0 || p->cost.micros >= 0);
		ck_assert(p->quantity.micros >= 0 || p->cost.micros <= 0);
		books_check_lots(&h->shares);
		cost += p->cost.micros;
		realised += p->realised.micros;
		fifo_cost += h->shares.fifo_cost.micros;
		fifo_realised += h->shares.fifo_realised.micros;
		dividends += h->dividends.micros;
		shorts += p->quantity.micros < 0;
	}
	for (size_t i = 0; i < a->settlement.count; i++)
		unsettled += a->settlement.buckets[i].amount.micros;
	ck_assert_uint_eq(shorts, a->short_count);
	ck_assert_int_eq(b->realised.micros, realised);
	ck_assert_int_eq(b->fifo_realised.micros, fifo_realised);
	ck_assert_int_eq(b->dividends.micros, dividends);
	ck_assert_int_eq(b->cash.micros - b->settled.micros, unsettled);
	ck_assert_int_eq(b->cash.micros, b->deposits.micros - b->withdrawals.micros +
						 b->trades.micros + b->dividends.micros +
						 b->other.micros);
	ck_assert_int_eq(b->cash.micros + cost,
			 balances_net_deposits(b).micros + realised + dividends);
	ck_assert_int_eq(b->cash.micros + fifo_cost,
			 balances_fifo_net_deposits(b).micros + fifo_realised + dividends);
}

/* Every transaction sums to 0 for each instrument. The postings of one are neighbours. */
static inline void books_check_transactions(const struct books *books)
{
	for (size_t i = 0, end; i < books->entry_count; i = end) {
		const struct entry *first = &books->entries[i];

		for (end = i; end < books->entry_count &&
			      books->entries[end].sequence == first->sequence &&
			      books->entries[end].fact == first->fact;)
			end++;
		for (size_t j = i; j < end; j++) {
			int64_t sum = 0;

			for (size_t k = i; k < end; k++)
				sum += strcmp(books->entries[j].instrument.text,
					      books->entries[k].instrument.text) == 0
					       ? books->entries[k].amount_micros
					       : 0;
			ck_assert_int_eq(sum, 0);
		}
	}
}

/* All that is true of the books, the postings being those since the beginning. */
static inline void books_check(const struct books *books)
{
	books_check_transactions(books);
	for (const struct account *a = books->accounts.by_id; a != NULL; a = a->hh.next) {
		books_check_money(a);
		for (const struct holding *h = a->holdings; h != NULL; h = h->hh.next)
			ck_assert_int_eq(
				h->shares.position.quantity.micros,
				books_posted(books, a, LEDGER_CUSTOMER_SHARES, h->symbol.text));
		ck_assert_int_eq(a->balances.settled.micros,
				 books_posted(books, a, LEDGER_CUSTOMER_CASH, LEDGER_CASH));
		ck_assert_int_eq(balances_unsettled(&a->balances).micros,
				 books_posted(books, a, LEDGER_CUSTOMER_UNSETTLED, LEDGER_CASH));
	}
}

/* Two accounts are the same, to the last lot. */
static inline void books_same_holding(const struct holding *x, const struct holding *y)
{
	ck_assert_ptr_nonnull(y);
	ck_assert_mem_eq(&x->shares.position, &y->shares.position, sizeof(x->shares.position));
	ck_assert_int_eq(x->shares.fifo_cost.micros, y->shares.fifo_cost.micros);
	ck_assert_int_eq(x->shares.fifo_realised.micros, y->shares.fifo_realised.micros);
	ck_assert_int_eq(x->dividends.micros, y->dividends.micros);
	ck_assert_int_eq(x->actions, y->actions);
	ck_assert_int_eq(x->pending_action, y->pending_action);
	ck_assert_int_eq(x->since, y->since);
	ck_assert_int_eq(x->shares.lots.opened, y->shares.lots.opened);
	ck_assert_uint_eq(x->shares.lots.count, y->shares.lots.count);
	for (uint32_t i = 0; i < x->shares.lots.count; i++)
		ck_assert_mem_eq(lots_at(&x->shares.lots, i), lots_at(&y->shares.lots, i),
				 sizeof(struct lot));
}

static inline void books_same_account(const struct account *x, const struct account *y)
{
	ck_assert_mem_eq(&x->balances, &y->balances, sizeof(x->balances));
	ck_assert_mem_eq(&x->closing.balances, &y->closing.balances, sizeof(x->balances));
	ck_assert_int_eq(x->closing.date, y->closing.date);
	ck_assert_int_eq(x->closing.equity.micros, y->closing.equity.micros);
	ck_assert_int_eq(x->closing.growth_picos, y->closing.growth_picos);
	ck_assert_int_eq(x->closing.movements, y->closing.movements);
	ck_assert_int_eq(x->closing.sequence, y->closing.sequence);
	ck_assert_int_eq(x->closing.fact, y->closing.fact);
	ck_assert_int_eq(x->movements, y->movements);
	ck_assert_int_eq(x->firm, y->firm);
	ck_assert_int_eq(x->margin_called, y->margin_called);
	ck_assert_int_eq(x->day_ends_at, y->day_ends_at);
	ck_assert_int_eq(x->margin_check_at, y->margin_check_at);
	ck_assert_int_eq(x->actions_check_at, y->actions_check_at);
	ck_assert_uint_eq(x->short_count, y->short_count);
	ck_assert_uint_eq(x->settlement.count, y->settlement.count);
	for (size_t i = 0; i < x->settlement.count; i++) {
		ck_assert_int_eq(x->settlement.buckets[i].date, y->settlement.buckets[i].date);
		ck_assert_int_eq(x->settlement.buckets[i].amount.micros,
				 y->settlement.buckets[i].amount.micros);
	}
	ck_assert_uint_eq(HASH_COUNT(x->holdings), HASH_COUNT(y->holdings));
	for (const struct holding *h = x->holdings; h != NULL; h = h->hh.next)
		books_same_holding(h, account_find_holding(y, &h->symbol));
	ck_assert_uint_eq(HASH_COUNT(x->open), HASH_COUNT(y->open));
	for (const struct withdrawal *w = x->open; w != NULL; w = w->hh.next) {
		const struct withdrawal *v = account_withdrawal(y, w->id);

		if (w->state != WITHDRAWAL_REQUESTED) {
			ck_assert_ptr_null(v); /* it has ended, and waits for its save */
			continue;
		}
		ck_assert_ptr_nonnull(v);
		ck_assert_int_eq(v->amount.micros, w->amount.micros);
		ck_assert_int_eq(v->quantity.micros, w->quantity.micros);
		ck_assert_str_eq(v->symbol.text, w->symbol.text);
		ck_assert_int_eq(v->requested_at, w->requested_at);
	}
}

#endif
