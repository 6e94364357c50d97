/*
 * First in, first out beside average cost: the published vector, lots over long histories against a
 * naive list of single shares, splits, and the pool.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../actions.h"
#include "../shares.h"

#define M INT64_C(1000000)

static int64_t micros(const char *text)
{
	int64_t value = 0;

	ck_assert(text[0] == '\0' || bus_micros_parse(text, strlen(text), &value));
	return value;
}

static void trade(struct shares *shares, struct lot_pool *pool, int64_t quantity, int64_t cash)
{
	static int64_t number;
	struct shares_plan plan;
	struct bus_id id = { { 0 } };

	number++;
	memcpy(id.b, &number, sizeof(number));
	ck_assert_int_eq(shares_plan_trade(shares, (struct bus_quantity){ quantity },
					   (struct bus_money){ cash }, &plan),
			 POSITION_OK);
	shares_apply(shares, pool, &plan, id, number);
}

/* What the header promises of the lots. */
static void check(const struct shares *shares)
{
	int64_t quantity = 0, cost = 0;

	for (uint32_t i = 0; i < shares->lots.count; i++) {
		const struct lot *lot = lots_at(&shares->lots, i);

		ck_assert_int_ne(lot->quantity.micros, 0);
		ck_assert_int_eq(lot->quantity.micros < 0, shares->position.quantity.micros < 0);
		quantity += lot->quantity.micros;
		cost += lot->cost.micros;
		ck_assert_int_eq(lots_number(&shares->lots, i),
				 shares->lots.opened - shares->lots.count + i + 1);
	}
	ck_assert_int_eq(quantity, shares->position.quantity.micros);
	ck_assert_int_eq(cost, shares->fifo_cost.micros);
}

struct step {
	const char *quantity, *cash; /* signed */
	const char *cost, *realised; /* first in, first out, after it */
	unsigned lots;
};

/* Bought 109 for 3149.20, sold 15, bought 52 and 32: the cost of both methods is 5360.04. */
static const struct step published[] = {
	{ "109", "-3149.20", "3149.20", "0", 1 },
	{ "-15", "531.50", "2715.823853", "98.123853", 1 },
	{ "52", "-1684.92", "4400.743853", "98.123853", 2 },
	{ "32", "-959.30", "5360.043853", "98.123853", 3 },
	{ NULL },
};

static const struct step no_residue[] = {
	{ "10", "-0.01", "0.01", "0", 1 },
	{ "-3", "1", "0.007", "0.997", 1 },
	{ "-3", "1", "0.004", "1.994", 1 },
	{ "-4", "1", "0", "2.99", 0 },
	{ NULL },
};

/* The oldest go first, whole and in part; average cost would say otherwise. */
static const struct step oldest_first[] = {
	{ "10", "-100", "100", "0", 1 },
	{ "10", "-200", "300", "0", 2 },
	{ "10", "-300", "600", "0", 3 },
	{ "-15", "450", "400", "250", 2 },
	{ "-5", "150", "300", "300", 1 },
	{ "-10", "300", "0", "300", 0 },
	{ NULL },
};

static const struct step short_and_crossing[] = {
	{ "-10", "500", "-500", "0", 1 },
	{ "-10", "600", "-1100", "0", 2 },
	{ "15", "-750", "-300", "50", 1 },
	{ "10", "-500", "250", "100", 1 },
	{ "-8", "480", "-180", "150", 1 },
	{ "3", "-180", "0", "150", 0 },
	{ NULL },
};

START_TEST(first_in_first_out)
{
	static const struct step *const all[] = { published, no_residue, oldest_first,
						  short_and_crossing };
	struct lot_pool pool = { .left = 0 };
	struct shares shares = { .fifo_cost = { 0 } };

	for (const struct step *step = all[_i]; step->quantity != NULL; step++) {
		trade(&shares, &pool, micros(step->quantity), micros(step->cash));
		check(&shares);
		ck_assert_msg(shares.fifo_cost.micros == micros(step->cost), "step %td: cost %lld",
			      step - all[_i], (long long)shares.fifo_cost.micros);
		ck_assert_msg(shares.fifo_realised.micros == micros(step->realised),
			      "step %td: realised %lld", step - all[_i],
			      (long long)shares.fifo_realised.micros);
		ck_assert_uint_eq(shares.lots.count, step->lots);
	}
	lot_pool_release(&pool);
}
END_TEST

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* cash + cost = realised for both methods over many holdings that share a pool; after a while the
 * pool takes no more memory. */
START_TEST(nothing_is_lost)
{
	enum { HOLDINGS = 20, TRADES = 200000 };
	static struct shares shares[HOLDINGS];
	int64_t cash[HOLDINGS] = { 0 };
	struct lot_pool pool = { .left = 0 };
	uint64_t seed = 7;
	unsigned flat = 0, deepest = 0;

	for (int i = 0; i < TRADES; i++) {
		size_t n = next_random(&seed) % HOLDINGS;
		int64_t quantity = (int64_t)(next_random(&seed) % 1000003) + 1;
		int64_t money = (int64_t)(next_random(&seed) % 999983);
		int64_t has = shares[n].position.quantity.micros;

		if (next_random(&seed) % 16 == 0 && has != 0)
			quantity = -has;
		else if (next_random(&seed) % 2 == 0)
			quantity = -quantity;
		trade(&shares[n], &pool, quantity, quantity > 0 ? -money : money);
		cash[n] += quantity > 0 ? -money : money;
		ck_assert_int_eq(cash[n] + shares[n].position.cost.micros,
				 shares[n].position.realised.micros);
		ck_assert_int_eq(cash[n] + shares[n].fifo_cost.micros,
				 shares[n].fifo_realised.micros);
		if (i % 100 == 0)
			check(&shares[n]);
		flat += shares[n].position.quantity.micros == 0;
		deepest = shares[n].lots.count > deepest ? shares[n].lots.count : deepest;
	}
	ck_assert_uint_gt(flat, 1000);
	ck_assert_uint_gt(deepest, 10);
	lot_pool_release(&pool);
}
END_TEST

/* No more lots than facts can list: then the newest one takes what opens. */
START_TEST(lots_are_bounded)
{
	struct lot_pool pool = { .left = 0 };
	struct shares shares = { .fifo_cost = { 0 } };

	for (int i = 0; i < LOTS_MAX + 100; i++)
		trade(&shares, &pool, 1, -10);
	check(&shares);
	ck_assert_uint_eq(shares.lots.count, LOTS_MAX);
	ck_assert_int_eq(lots_at(&shares.lots, LOTS_MAX - 1)->quantity.micros, 101);
	for (int i = 0; i < 3 * LOTS_MAX; i++) {
		trade(&shares, &pool, -1, 10);
		trade(&shares, &pool, 1, -10);
	}
	check(&shares);
	trade(&shares, &pool, -(LOTS_MAX + 100), 0);
	check(&shares);
	ck_assert_int_eq(shares.fifo_realised.micros, -10 * (LOTS_MAX + 100));
	ck_assert_int_eq(shares.fifo_cost.micros, 0);
	lot_pool_release(&pool);
}
END_TEST

/* Arrays that were given back are handed out again. */
START_TEST(the_pool_is_reused)
{
	struct lot_pool pool = { .left = 0 };
	size_t left = 0;

	for (int round = 0; round < 1000; round++) {
		struct shares shares = { .fifo_cost = { 0 } };

		for (int i = 0; i < 500; i++)
			trade(&shares, &pool, M, -M);
		lots_release(&shares.lots, &pool);
		if (round == 0)
			left = pool.left;
		ck_assert_uint_eq(pool.left, left);
	}
	lot_pool_release(&pool);
}
END_TEST

/* Splits ********************************************************************************** */

struct split_row {
	const char *lots[4]; /* quantities; each costs 10 a piece, the second 20, and so on */
	int64_t new_shares, old_shares;
	const char *increment, *cash_price;
	const char *quantity, *fraction, *cash;
	const char *cost, *realised, *fifo_cost, *fifo_realised;
	const char *after[4];
};

static const struct split_row splits[] = {
	{ { "10" }, 4, 1, "1", "0", "40", "0", "0", "100", "0", "100", "0", { "40" } },
	{ { "10", "5" }, 2, 1, "1", "0", "30", "0", "0", "200", "0", "200", "0", { "20", "10" } },
	/* 1 for 10: 2.5 new shares; a half is sold, the oldest lot's */
	{ { "15", "10" },
	  1,
	  10,
	  "1",
	  "120",
	  "2",
	  "0.5",
	  "60",
	  "280",
	  "-10",
	  "300",
	  "10",
	  { "1", "1" } },
	/* fractions may be held */
	{ { "15", "10" },
	  1,
	  10,
	  "0.000001",
	  "120",
	  "2.5",
	  "0",
	  "0",
	  "350",
	  "0",
	  "350",
	  "0",
	  { "1.5", "1" } },
	/* thirds of a millionth: the sum is exact, the largest remainders get the rest */
	{ { "1", "1", "1" },
	  1,
	  3,
	  "0.000001",
	  "0",
	  "1",
	  "0",
	  "0",
	  "60",
	  "0",
	  "60",
	  "0",
	  { "0.333334", "0.333333", "0.333333" } },
	{ { "2", "1", "1" },
	  1,
	  3,
	  "0.000001",
	  "0",
	  "1.333333",
	  "0",
	  "0",
	  "70",
	  "0",
	  "70",
	  "0",
	  { "0.666667", "0.333333", "0.333333" } },
	/* nothing is left: all of it is sold */
	{ { "3" }, 1, 10, "1", "100", "0", "0.3", "30", "0", "0", "0", "0", { NULL } },
	/* less than a millionth of a share */
	{ { "0.000003" },
	  1,
	  10,
	  "1",
	  "100",
	  "0",
	  "0",
	  "0",
	  "0",
	  "-0.00003",
	  "0",
	  "-0.00003",
	  { NULL } },
	/* short: the position pays for its fraction */
	{ { "-25" },
	  1,
	  10,
	  "1",
	  "120",
	  "-2",
	  "-0.5",
	  "-60",
	  "-200",
	  "-10",
	  "-200",
	  "-10",
	  { "-2" } },
	/* a lot of which nothing is left gives its cost to the next */
	{ { "0.000002", "10" },
	  1,
	  10,
	  "0.000001",
	  "0",
	  "1",
	  "0",
	  "0",
	  "200.00002",
	  "0",
	  "200.00002",
	  "0",
	  { "1" } },
};

START_TEST(splits_keep_the_sums)
{
	const struct split_row *row = &splits[_i];
	const struct split_terms terms = { row->new_shares,
					   row->old_shares,
					   { micros(row->increment) },
					   { micros(row->cash_price) } };
	struct lot_pool pool = { .left = 0 };
	struct shares shares = { .fifo_cost = { 0 } };
	struct split split;
	int64_t quantity = 0, cost = 0;
	size_t n = 0;

	for (int i = 0; i < 4 && row->lots[i] != NULL; i++)
		trade(&shares, &pool, micros(row->lots[i]), -micros(row->lots[i]) * 10 * (i + 1));
	ck_assert(split_make(&shares, &terms, &split));
	ck_assert_int_eq(split.quantity.micros, micros(row->quantity));
	ck_assert_int_eq(split.fraction.micros, micros(row->fraction));
	ck_assert_int_eq(split.cash.micros, micros(row->cash));
	ck_assert_int_eq(split.cost.micros, micros(row->cost));
	ck_assert_int_eq(split.realised.micros, micros(row->realised));
	ck_assert_int_eq(split.fifo_cost.micros, micros(row->fifo_cost));
	ck_assert_int_eq(split.fifo_realised.micros, micros(row->fifo_realised));
	for (; n < 4 && row->after[n] != NULL; n++) {
		ck_assert_uint_lt(n, split.lot_count);
		ck_assert_int_eq(split.lots[n].quantity.micros, micros(row->after[n]));
		quantity += split.lots[n].quantity.micros;
		cost += split.lots[n].cost.micros;
	}
	ck_assert_uint_eq(n, split.lot_count);
	ck_assert_int_eq(quantity, split.quantity.micros);
	ck_assert_int_eq(cost, split.fifo_cost.micros);
	split_release(&split);
	lot_pool_release(&pool);
}
END_TEST

START_TEST(a_split_that_does_not_fit)
{
	static const struct split_terms terms[] = {
		{ INT64_MAX, 1, { 1 }, { 0 } },
		{ 1, 1000, { INT64_MAX }, { INT64_MAX } },
	};
	struct lot_pool pool = { .left = 0 };
	struct shares shares = { .fifo_cost = { 0 } };

	trade(&shares, &pool, 5000 * M, -1);
	for (size_t i = 0; i < BUS_ARRAY_LEN(terms); i++) {
		struct split split;

		ck_assert(!split_make(&shares, &terms[i], &split));
	}
	lot_pool_release(&pool);
}
END_TEST

START_TEST(random_splits_keep_the_sums)
{
	uint64_t seed = 3;

	for (int round = 0; round < 3000; round++) {
		struct lot_pool pool = { .left = 0 };
		struct shares shares = { .fifo_cost = { 0 } };
		int64_t sign = next_random(&seed) % 2 == 0 ? 1 : -1, quantity = 0, cost = 0;
		struct split_terms terms = { (int64_t)(next_random(&seed) % 50) + 1,
					     (int64_t)(next_random(&seed) % 50) + 1,
					     { next_random(&seed) % 2 == 0 ? 1 : M },
					     { (int64_t)(next_random(&seed) % 100000000) } };
		struct split split;

		for (uint64_t n = next_random(&seed) % 20 + 1; n > 0; n--)
			trade(&shares, &pool, sign * (int64_t)(next_random(&seed) % 9000000 + 1),
			      -sign * (int64_t)(next_random(&seed) % 90000000));
		ck_assert(split_make(&shares, &terms, &split));
		for (size_t i = 0; i < split.lot_count; i++) {
			ck_assert_int_ne(split.lots[i].quantity.micros, 0);
			quantity += split.lots[i].quantity.micros;
			cost += split.lots[i].cost.micros;
		}
		ck_assert_int_eq(quantity, split.quantity.micros);
		ck_assert_int_eq(cost, split.fifo_cost.micros);
		ck_assert_int_eq(split.cash.micros + split.cost.micros -
					 shares.position.cost.micros,
				 split.realised.micros);
		ck_assert_int_eq(split.cash.micros + split.fifo_cost.micros -
					 shares.fifo_cost.micros,
				 split.fifo_realised.micros);
		ck_assert(split.quantity.micros != 0 || split.cost.micros == 0);
		split_release(&split);
		lot_pool_release(&pool);
	}
}
END_TEST

/* Holdings that become one: of opposite signs they close each other as two trades at one price. */
START_TEST(opposites_close_each_other)
{
	uint64_t seed = 5;

	for (int round = 0; round < 3000; round++) {
		struct lot_pool pool = { .left = 0 };
		struct shares both[2] = { { .fifo_cost = { 0 } }, { .fifo_cost = { 0 } } };
		int64_t quantity = 0, fifo_cost = 0, cash = (int64_t)(next_random(&seed) % 1000);
		struct shares_plan plans[2];
		struct joined joined;
		int64_t closes;

		for (uint64_t n = next_random(&seed) % 30 + 2; n > 0; n--) {
			int64_t sign = n % 2 == 0 ? 1 : -1,
				size = 1 + (int64_t)(next_random(&seed) % 7);

			trade(&both[n % 2], &pool, sign * size,
			      -sign * (int64_t)(next_random(&seed) % 1000));
		}
		closes = both[0].position.quantity.micros;
		if (closes > -both[1].position.quantity.micros)
			closes = -both[1].position.quantity.micros;
		for (int i = 0; i < 2 && closes != 0; i++)
			ck_assert_int_eq(shares_plan_trade(
						 &both[i],
						 (struct bus_quantity){ i == 0 ? -closes : closes },
						 (struct bus_money){ i == 0 ? cash : -cash },
						 &plans[i]),
					 POSITION_OK);
		ck_assert(joined_make(&both[round % 2], &both[1 - round % 2], &joined));
		for (size_t i = 0; i < joined.lot_count; i++) {
			ck_assert_int_ne(joined.lots[i].quantity.micros, 0);
			quantity += joined.lots[i].quantity.micros;
			fifo_cost += joined.lots[i].cost.micros;
		}
		ck_assert_int_eq(joined.quantity.micros, quantity);
		ck_assert_int_eq(joined.fifo_cost.micros, fifo_cost);
		ck_assert_int_eq(quantity, both[0].position.quantity.micros +
						   both[1].position.quantity.micros);
		ck_assert_int_eq(joined.realised.micros,
				 closes == 0 ? 0
					     : plans[0].move.realised.micros +
						       plans[1].move.realised.micros);
		ck_assert_int_eq(joined.fifo_realised.micros,
				 closes == 0 ? 0
					     : plans[0].fifo_realised.micros +
						       plans[1].fifo_realised.micros);
		ck_assert_int_eq(joined.cost.micros, both[0].position.cost.micros +
							     both[1].position.cost.micros +
							     joined.realised.micros);
		ck_assert_int_eq(fifo_cost, both[0].fifo_cost.micros + both[1].fifo_cost.micros +
						    joined.fifo_realised.micros);
		ck_assert(quantity != 0 || joined.cost.micros == 0);
		joined_release(&joined);
		lot_pool_release(&pool);
	}
}
END_TEST

/* When a corporate action is a position's ********************************************************/

static const struct {
	struct action action;
	int64_t done, since, as_of;
	enum action_state state;
} states[] = {
	{ { ACTION_DIVIDEND, 1, 100, true }, 0, 50, 100, ACTION_READY },
	{ { ACTION_DIVIDEND, 1, 100, false }, 0, 50, 100, ACTION_READY },
	{ { ACTION_DIVIDEND, 1, 100, true }, 0, 50, 99, ACTION_AHEAD },
	{ { ACTION_DIVIDEND, 1, 100, true }, 1, 50, 200, ACTION_PAST },
	{ { ACTION_DIVIDEND, 1, 100, true }, 0, 100, 200, ACTION_MISSED },
	{ { ACTION_SPLIT, 2, 100, true }, 1, 50, 100, ACTION_READY },
	{ { ACTION_SPLIT, 2, 100, false }, 1, 50, 200, ACTION_AHEAD },
	{ { ACTION_SPLIT, 2, 100, true }, 2, 50, 200, ACTION_PAST },
	{ { ACTION_RENAME, 2, 100, true }, 1, 150, 200, ACTION_READY },
};

START_TEST(action_states)
{
	ck_assert_int_eq(action_state(&states[_i].action, states[_i].done, states[_i].since,
				      states[_i].as_of),
			 states[_i].state);
}
END_TEST

/* Soon after its time, then later and later. */
START_TEST(looking_again)
{
	struct action action = { ACTION_SPLIT, 1, 1000 * M, false };

	ck_assert_int_eq(action_look_again(&action, 10 * M), 1001 * M);
	ck_assert_int_eq(action_look_again(&action, 1001 * M), 1061 * M);
	ck_assert_int_eq(action_look_again(&action, 1061 * M), 1122 * M);
	ck_assert_int_eq(action_look_again(&action, 2000 * M), 3000 * M);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shares");
	TCase *tcase = tcase_create("shares");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, first_in_first_out, 0, 4);
	tcase_add_test(tcase, nothing_is_lost);
	tcase_add_test(tcase, lots_are_bounded);
	tcase_add_test(tcase, the_pool_is_reused);
	tcase_add_loop_test(tcase, splits_keep_the_sums, 0, (int)BUS_ARRAY_LEN(splits));
	tcase_add_test(tcase, a_split_that_does_not_fit);
	tcase_add_test(tcase, random_splits_keep_the_sums);
	tcase_add_test(tcase, opposites_close_each_other);
	tcase_add_loop_test(tcase, action_states, 0, (int)BUS_ARRAY_LEN(states));
	tcase_add_test(tcase, looking_again);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
