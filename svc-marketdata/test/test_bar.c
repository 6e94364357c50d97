/* A bar is the fold of the trades of its minute, [start, end), whatever came before. */
#include "../bar.h"

#include <check.h>
#include <stdlib.h>

#define AT(minute, micros) ((minute)*BAR_SPAN + (micros))

static struct trade trade(int64_t price, int64_t quantity, int64_t at)
{
	return (struct trade){ { price }, { quantity }, at };
}

START_TEST(test_start)
{
	static const struct {
		int64_t at, start;
	} cases[] = {
		{ 0, 0 },
		{ AT(1, -1), 0 },
		{ AT(1, 0), AT(1, 0) },
		{ AT(22352970, 59999999), AT(22352970, 0) },
		{ AT(22352970, 60000000), AT(22352971, 0) },
		{ -1, AT(-1, 0) },
		{ AT(-1, 0), AT(-1, 0) },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++)
		ck_assert_int_eq(bar_start(cases[i].at), cases[i].start);
}
END_TEST

START_TEST(test_first)
{
	struct trade first = trade(585300000, 60000000, AT(7, 12));
	struct bar bar;

	ck_assert(bar_add(NULL, &first, &bar));
	ck_assert_int_eq(bar.start, AT(7, 0));
	ck_assert_int_eq(bar_end(&bar), AT(8, 0));
	ck_assert_int_eq(bar.open.micros, 585300000);
	ck_assert_int_eq(bar.high.micros, 585300000);
	ck_assert_int_eq(bar.low.micros, 585300000);
	ck_assert_int_eq(bar.close.micros, 585300000);
	ck_assert_int_eq(bar.volume.micros, 60000000);
	ck_assert_int_eq(bar.notional.micros, INT64_C(35118000000));
	ck_assert_int_eq(bar.count, 1);
	ck_assert(!bar.closed && !bar.updated);
}
END_TEST

START_TEST(test_fold)
{
	static const int64_t prices[] = { 100, 105, 98, 101 };
	static const int64_t quantities[] = { 10, 1, 2, 7 };
	struct bar bar;

	for (int i = 0; i < 4; i++) {
		struct trade next = trade(prices[i] * BUS_MICROS, quantities[i] * BUS_MICROS,
					  AT(3, i * BUS_SECOND));

		ck_assert(bar_add(i ? &bar : NULL, &next, &bar));
		ck_assert(bar.low.micros <= bar.open.micros && bar.open.micros <= bar.high.micros);
		ck_assert(bar.low.micros <= bar.close.micros &&
			  bar.close.micros <= bar.high.micros);
	}
	ck_assert_int_eq(bar.open.micros, 100 * BUS_MICROS);
	ck_assert_int_eq(bar.high.micros, 105 * BUS_MICROS);
	ck_assert_int_eq(bar.low.micros, 98 * BUS_MICROS);
	ck_assert_int_eq(bar.close.micros, 101 * BUS_MICROS);
	ck_assert_int_eq(bar.volume.micros, 20 * BUS_MICROS);
	ck_assert_int_eq(bar.notional.micros, (1000 + 105 + 196 + 707) * BUS_MICROS);
	ck_assert_int_eq(bar.count, 4);
}
END_TEST

START_TEST(test_late_keeps_what_was_issued)
{
	struct trade first = trade(1000000, 1000000, 0), late = trade(2000000, 1000000, 1);
	struct bar bar;

	ck_assert(bar_add(NULL, &first, &bar));
	bar.closed = true;
	ck_assert(bar_add(&bar, &late, &bar));
	ck_assert(bar.closed);
	ck_assert_int_eq(bar.close.micros, 2000000);
}
END_TEST

START_TEST(test_overflow)
{
	static const struct {
		int64_t price, quantity, next_price, next_quantity;
	} cases[] = {
		{ 1, 1, INT64_MAX, INT64_MAX },		  /* the product */
		{ BUS_MICROS, INT64_MAX, BUS_MICROS, 1 }, /* the sum */
		{ 1, INT64_MAX, 1, 1 },			  /* the volume */
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct trade first = trade(cases[i].price, cases[i].quantity, 0);
		struct trade next = trade(cases[i].next_price, cases[i].next_quantity, 0);
		struct bar bar, kept;

		ck_assert(bar_add(NULL, &first, &bar));
		kept = bar;
		ck_assert(!bar_add(&bar, &next, &bar));
		ck_assert_int_eq(bar.volume.micros, kept.volume.micros);
		ck_assert_int_eq(bar.notional.micros, kept.notional.micros);
		ck_assert_int_eq(bar.count, 1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bar");
	TCase *tcase = tcase_create("bar");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_start);
	tcase_add_test(tcase, test_first);
	tcase_add_test(tcase, test_fold);
	tcase_add_test(tcase, test_late_keeps_what_was_issued);
	tcase_add_test(tcase, test_overflow);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
