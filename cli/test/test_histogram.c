/* Percentiles to three digits, over six orders of magnitude. */
#include "histogram.h"

#include "../../libbus/test/suite.h"

static struct histogram histogram;

static void setup(void)
{
	histogram = (struct histogram){ 0 };
}

START_TEST(empty)
{
	ck_assert_int_eq(histogram_at(&histogram, 500), 0);
	ck_assert_int_eq(histogram.max, 0);
}
END_TEST

START_TEST(small_values_are_exact)
{
	for (int64_t i = 1; i <= 1000; i++)
		histogram_add(&histogram, i);
	ck_assert_int_eq(histogram_at(&histogram, 500), 500);
	ck_assert_int_eq(histogram_at(&histogram, 990), 990);
	ck_assert_int_eq(histogram_at(&histogram, 999), 999);
	ck_assert_int_eq(histogram_at(&histogram, 1000), 1000);
	ck_assert_int_eq(histogram.max, 1000);
}
END_TEST

START_TEST(large_values_to_a_thousandth)
{
	static const int64_t values[] = { 2047,	   2048,      2049,	   4095,	 1234567,
					  9999999, 123456789, 86400000000, 8640000000000 };
	int64_t value = values[_i], at;

	histogram_add(&histogram, value);
	histogram_add(&histogram, value * 4);
	at = histogram_at(&histogram, 500);
	ck_assert_int_ge(at, value);
	ck_assert_int_le(at - value, value / 1000);
}
END_TEST

START_TEST(out_of_range_is_counted)
{
	histogram_add(&histogram, -7);
	histogram_add(&histogram, INT64_MAX);
	ck_assert_uint_eq(histogram.count, 2);
	ck_assert_int_eq(histogram_at(&histogram, 500), 0);
	ck_assert_int_eq(histogram.max, INT64_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("histogram");
	TCase *tcase = tcase_create("histogram");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, empty);
	tcase_add_test(tcase, small_values_are_exact);
	tcase_add_loop_test(tcase, large_values_to_a_thousandth, 0, 9);
	tcase_add_test(tcase, out_of_range_is_counted);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
