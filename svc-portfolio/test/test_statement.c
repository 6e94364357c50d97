/*
 * Balances, margin and statements: sums that stay inside 64 bits or do not change, the maintenance
 * requirement at its edges, and statements that do not add up, which are not made.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../margin.h"
#include "../returns.h"
#include "../statement.h"

__extension__ typedef __int128 int128;

#define M INT64_C(1000000)

static struct bus_money money(int64_t micros)
{
	return (struct bus_money){ micros };
}

/* Balances ******************************************************************************** */

static bool move(struct balances *b, int what, int64_t amount)
{
	switch (what) {
	case 0:
		return balances_deposit(b, money(amount));
	case 1:
		return balances_withdraw(b, money(amount));
	case 2:
		return balances_shares_in(b, money(amount));
	case 3:
		return balances_shares_out(b, money(amount), money(amount / 2));
	case 4:
		return balances_trade(b, money(amount), money(amount / 3), money(amount / 5));
	case 5:
		return balances_settle(b, money(amount));
	case 6:
		return balances_dividend(b, money(amount));
	default:
		return balances_fraction(b, money(amount), money(amount / 3), money(amount / 5));
	}
}

/* In 128 bits: the sums in between need not fit. */
static void check_cash(const struct balances *b)
{
	int128 cash = (int128)b->deposits.micros - b->withdrawals.micros + b->trades.micros +
		      b->dividends.micros + b->other.micros;
	int128 net = (int128)b->deposits.micros - b->withdrawals.micros + b->cost_in.micros -
		     b->cost_out.micros;

	ck_assert(cash == b->cash.micros);
	ck_assert((int128)b->cash.micros - b->settled.micros == balances_unsettled(b).micros);
	ck_assert(net == balances_net_deposits(b).micros);
}

/* What does not fit changes nothing; what fits adds up. */
START_TEST(movements_fit_or_change_nothing)
{
	static const int64_t amounts[] = {
		1, -1, 1000 * M, INT64_MAX, INT64_MIN, INT64_MAX / 2, -INT64_MAX / 2
	};
	struct balances b = { .cash = { 0 } };
	uint64_t seed = 5;
	int refused = 0, done = 0;

	for (int i = 0; i < 100000; i++) {
		struct balances before = b;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		if (move(&b, (int)(seed >> 61), amounts[(seed >> 33) % BUS_ARRAY_LEN(amounts)])) {
			done++;
			check_cash(&b);
		} else {
			refused++;
			ck_assert_mem_eq(&b, &before, sizeof(b));
		}
		if (i % 1000 == 0)
			b = (struct balances){ .cash = { 0 } };
	}
	ck_assert_int_gt(refused, 1000);
	ck_assert_int_gt(done, 1000);
}
END_TEST

/* Margin ********************************************************************************** */

static const struct {
	int64_t cash, longs, shorts;
	int64_t equity, requirement, missing;
	bool fits;
} margins[] = {
	{ 1000, 0, 500, 500, 150, 0, true },
	{ 650, 0, 500, 150, 150, 0, true }, /* just */
	{ 649, 0, 500, 149, 150, 1, true }, /* not */
	{ 0, 650, 500, 150, 150, 0, true }, /* longs count */
	{ 1, 0, 1, 0, 1, 1, true },	    /* rounded up */
	{ 10, 0, 10, 0, 3, 3, true },
	{ -5, 0, 0, -5, 0, 0, true }, /* a debt without a short is no margin */
	{ 0, 0, INT64_MAX, -INT64_MAX, 0, 0, false },
	{ INT64_MAX, 0, INT64_MAX, 0, 2767011611056432743, 2767011611056432743, true },
	{ INT64_MAX, 1, 0, 0, 0, 0, false },
};

START_TEST(maintenance)
{
	const struct valuation valuation = { .longs = { margins[_i].longs },
					     .shorts = { margins[_i].shorts } };
	struct margin margin;

	ck_assert_int_eq(margin_check(&valuation, money(margins[_i].cash), &margin),
			 margins[_i].fits);
	if (!margins[_i].fits)
		return;
	ck_assert_int_eq(margin.equity.micros, margins[_i].equity);
	ck_assert_int_eq(margin.requirement.micros, margins[_i].requirement);
	ck_assert_int_eq(margin.missing.micros, margins[_i].missing);
}
END_TEST

/* A price that is none, or with which nothing fits, leaves the cost. */
START_TEST(worth)
{
	static const struct {
		int64_t quantity, cost, price, worth, known;
	} rows[] = {
		{ 10 * M, 100 * M, 12 * M, 120 * M, 12 * M },
		{ -10 * M, -100 * M, 12 * M, -120 * M, 12 * M },
		{ 10 * M, 100 * M, 0, 100 * M, 0 },
		{ 10 * M, 100 * M, -1, 100 * M, 0 },
		{ 10 * M, 100 * M, INT64_MIN, 100 * M, 0 },
		{ 10 * M, 100 * M, INT64_MAX, 100 * M, 0 },
		{ 1, 1, 1, 0, 1 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		const struct position position = { .quantity = { rows[i].quantity },
						   .cost = { rows[i].cost } };
		struct bus_price price = { rows[i].price };

		ck_assert_int_eq(valuation_worth(&position, &price).micros, rows[i].worth);
		ck_assert_int_eq(price.micros, rows[i].known);
	}
}
END_TEST

/* Statements ****************************************************************************** */

/* Deposited 1000 of cash and shares that cost 50, bought for 300, sold at a gain of 40, got 5. */
static struct balances a_day(void)
{
	struct balances b = { .cash = { 0 } };

	ck_assert(balances_deposit(&b, money(1000)));
	ck_assert(balances_shares_in(&b, money(50)));
	ck_assert(balances_trade(&b, money(-300), money(0), money(0)));
	ck_assert(balances_trade(&b, money(140), money(40), money(30)));
	ck_assert(balances_dividend(&b, money(5)));
	ck_assert(balances_withdraw(&b, money(100)));
	return b;
}

START_TEST(a_statement_adds_up)
{
	const struct closing last = { .growth_picos = RETURNS_ONE };
	const struct balances now = a_day();
	/* cost: 50 + 300 - 100 by average, - 110 first in, first out */
	const struct valuation valuation = { .longs = { 290 }, .cost = { 250 } };
	struct statement s;

	ck_assert(statement_make(&last, &now, 9, &valuation, money(240), &s));
	ck_assert_int_eq(s.opening.micros, 0);
	ck_assert_int_eq(s.closing.micros, 745);
	ck_assert_int_eq(s.settled.micros, 905);
	ck_assert_int_eq(s.unsettled.micros, -160);
	ck_assert_int_eq(s.equity.micros, 1035);
	ck_assert_int_eq(s.net_deposits.micros, 950);
	ck_assert_int_eq(s.realised.micros, 45);
	ck_assert_int_eq(s.unrealised.micros, 40);
	ck_assert_int_eq(s.flow.micros, 950);
	ck_assert_int_eq(s.movements, 9);
	/* (1035 + 100) / 1050 */
	ck_assert_int_eq(s.growth_picos, 1080952380952);
}
END_TEST

/* One millionth anywhere, and there is no statement. */
START_TEST(or_there_is_none)
{
	const struct valuation valuation = { .longs = { 290 }, .cost = { 250 } };
	struct statement s;

	for (size_t i = 0; i < sizeof(struct balances) / sizeof(struct bus_money); i++) {
		struct closing last = { .growth_picos = RETURNS_ONE };
		struct balances now = a_day();
		struct bus_money one;
		char *field = (char *)&now + i * sizeof(one);

		if (field == (char *)&now.settled)
			continue; /* what is not settled is unsettled */
		memcpy(&one, field, sizeof(one));
		one.micros++;
		memcpy(field, &one, sizeof(one));
		ck_assert_msg(!statement_make(&last, &now, 0, &valuation, money(240), &s), "%zu",
			      i);
		now = a_day();
		last.balances.cash.micros = 1; /* it opens with what it did not close with */
		ck_assert(!statement_make(&last, &now, 0, &valuation, money(240), &s));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statement");
	TCase *tcase = tcase_create("statement");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, movements_fit_or_change_nothing);
	tcase_add_loop_test(tcase, maintenance, 0, (int)BUS_ARRAY_LEN(margins));
	tcase_add_test(tcase, worth);
	tcase_add_test(tcase, a_statement_adds_up);
	tcase_add_test(tcase, or_there_is_none);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
