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

/*
 * Cash and shares are the sums of the customer's postings, and money is conserved:
 * cash + cost of positions = deposits - withdrawals + cost_in - cost_out + realised.
 */
static inline void books_check(const struct books *books)
{
	for (const struct account *a = books->accounts.by_id; a != NULL; a = a->hh.next) {
		int64_t cost = 0, realised = 0;

		for (const struct holding *h = a->holdings; h != NULL; h = h->hh.next) {
			const struct position *p = &h->position;

			ck_assert_int_ge(p->quantity.micros, 0);
			ck_assert_int_ge(p->cost.micros, 0);
			ck_assert(p->quantity.micros > 0 || p->cost.micros == 0);
			ck_assert_int_eq(
				p->quantity.micros,
				books_posted(books, a, LEDGER_CUSTOMER_SHARES, h->symbol.text));
			cost += p->cost.micros;
			realised += p->realised.micros;
		}
		ck_assert_int_eq(a->cash.micros,
				 books_posted(books, a, LEDGER_CUSTOMER_CASH, LEDGER_CASH));
		ck_assert_int_eq(a->realised.micros, realised);
		ck_assert_int_eq(a->cash.micros + cost,
				 a->deposits.micros - a->withdrawals.micros + a->cost_in.micros -
					 a->cost_out.micros + a->realised.micros);
	}
}

#endif
