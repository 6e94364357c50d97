/* What an execution costs, by group, side and liquidity; and that holds are enough for any pieces.
 */
#include <check.h>
#include <stdlib.h>

#include "fee.h"
#include "order.h"

#define ONE BUS_MICROS
#define MAX INT64_MAX

static struct fee fee(const char *group, bool sell, int liquidity, int64_t shares, int64_t notional)
{
	struct fee_execution execution = { .sell = sell,
					   .liquidity = liquidity,
					   .quantity = { shares },
					   .notional = { notional } };

	return fee_of(fee_schedule(group), &execution);
}

START_TEST(rates)
{
	static const struct {
		const char *group;
		bool sell;
		int liquidity;
		int64_t shares, notional, fee, regulatory;
	} rows[] = {
		{ "standard", false, ORDER_TAKER, 100 * ONE, 10000 * ONE, 0, 0 },
		{ "standard", true, ORDER_TAKER, 100 * ONE, 10000 * ONE, 0, 0 },
		{ "", true, ORDER_MAKER, 100 * ONE, 10000 * ONE, 0, 0 },
		{ "no such group", true, ORDER_TAKER, 100 * ONE, 10000 * ONE, 0, 0 },
		{ "retail", false, ORDER_TAKER, 100 * ONE, 10000 * ONE, 0, 0 },
		/* 27.8 ppm of 10000 = 0.278, 100 shares at 0.000166 = 0.0166 */
		{ "retail", true, ORDER_TAKER, 100 * ONE, 10000 * ONE, 294600, 294600 },
		{ "active", false, ORDER_MAKER, 100 * ONE, 10000 * ONE, 2 * ONE, 0 },
		{ "active", false, ORDER_TAKER, 100 * ONE, 10000 * ONE, 5 * ONE, 0 },
		{ "active", false, ORDER_AUCTION, 100 * ONE, 10000 * ONE, 2 * ONE, 0 },
		{ "active", true, ORDER_TAKER, 100 * ONE, 10000 * ONE, 5294600, 294600 },
		{ "active", true, ORDER_AUCTION, 100 * ONE, 10000 * ONE, 2294600, 294600 },
		/* each part is rounded down for itself: 333333 * 500 ppm = 166.67, 9.27, 55.33 */
		{ "active", true, ORDER_TAKER, 333333, 333333, 166 + 9 + 55, 9 + 55 },
		/* below a millionth there is nothing to pay */
		{ "active", true, ORDER_TAKER, 1, 1, 0, 0 },
		/* the fee on shares is capped: 50,000 shares are 8.30 */
		{ "retail", true, ORDER_TAKER, 50000 * ONE, 0, 0, 0 },
		{ "retail", true, ORDER_TAKER, 50000 * ONE, 1000000 * ONE, 36100000, 36100000 },
		{ "retail", true, ORDER_TAKER, 50001 * ONE, 1000000 * ONE, 36100000, 36100000 },
		{ "retail", true, ORDER_TAKER, 90000 * ONE, 1000000 * ONE, 36100000, 36100000 },
		/* what is sold for next to nothing costs no more than it brings */
		{ "retail", true, ORDER_TAKER, 10000 * ONE, ONE, ONE, ONE },
		{ "active", true, ORDER_TAKER, 6000 * ONE, ONE, 996027 + 500, 996027 },
		{ "active", true, ORDER_TAKER, 6022 * ONE, ONE, 999679 + 321, 999679 },
		/* and nothing wraps around */
		{ "active", false, ORDER_TAKER, MAX, MAX, MAX / 2000, 0 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct fee got = fee(rows[i].group, rows[i].sell, rows[i].liquidity, rows[i].shares,
				     rows[i].notional);

		ck_assert_msg(got.micros == rows[i].fee, "row %zu: fee %lld", i,
			      (long long)got.micros);
		ck_assert_msg(got.regulatory_micros == rows[i].regulatory,
			      "row %zu: regulatory %lld", i, (long long)got.regulatory_micros);
	}
}
END_TEST

START_TEST(the_largest_sell)
{
	struct fee got = fee("active", true, ORDER_TAKER, MAX, MAX);

	ck_assert_int_gt(got.micros, MAX / 2000);
	ck_assert_int_lt(got.micros, MAX / 1000);
	ck_assert_int_gt(got.regulatory_micros, 8300000);
}
END_TEST

START_TEST(holds)
{
	static const struct {
		const char *group;
		int64_t notional, hold;
	} rows[] = {
		{ "standard", 10000 * ONE, 0 },
		{ "retail", 10000 * ONE, 0 },
		{ "active", 0, 0 },
		{ "active", 1, 1 },
		{ "active", 2000, 1 },
		{ "active", 2001, 2 },
		{ "active", 10000 * ONE, 5 * ONE },
		{ "active", MAX, MAX / 2000 + 1 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct bus_money hold = fee_hold(fee_schedule(rows[i].group),
						 (struct bus_money){ rows[i].notional });

		ck_assert_msg(hold.micros == rows[i].hold, "row %zu: %lld", i,
			      (long long)hold.micros);
	}
}
END_TEST

/* However a notional is cut, and whoever took: the fees of the pieces fit into what was held. */
START_TEST(pieces_fit_the_hold)
{
	const struct fee_schedule *active = fee_schedule("active");
	int64_t left = 987654321, paid = 0,
		held = fee_hold(active, (struct bus_money){ left }).micros;

	for (int64_t piece = 1; left > 0; piece = piece % 9973 * 31 + 7) {
		int64_t part = piece < left ? piece : left;

		left -= part;
		paid += fee("active", false, ORDER_MAKER + (int)(piece % 3), part, part).micros;
		ck_assert_int_le(paid + fee_hold(active, (struct bus_money){ left }).micros, held);
	}
	ck_assert_int_gt(paid, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fee");
	TCase *tcase = tcase_create("fee");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, rates);
	tcase_add_test(tcase, the_largest_sell);
	tcase_add_test(tcase, holds);
	tcase_add_test(tcase, pieces_fit_the_hold);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
