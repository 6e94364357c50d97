/*
 * Checked arithmetic at the limits, half-even rounding on both sides of zero, and decimal text.
 */
#include "bus/money.h"

#include <string.h>

#include "suite.h"

#define KEPT 77 /* what an out-parameter must still hold after a failure */

static const struct {
	int64_t a, b;
	bool good;
	int64_t sum;
} sums[] = {
	{ 1, 2, true, 3 },
	{ -5, 5, true, 0 },
	{ INT64_MAX - 1, 1, true, INT64_MAX },
	{ INT64_MAX, 1, false, 0 },
	{ INT64_MAX, INT64_MIN, true, -1 },
	{ INT64_MIN, -1, false, 0 },
	{ INT64_MIN, 0, true, INT64_MIN },
	{ INT64_MIN, INT64_MIN, false, 0 },
};

START_TEST(adds)
{
	struct bus_money money = { KEPT };
	struct bus_quantity quantity = { KEPT };
	int64_t expected = sums[_i].good ? sums[_i].sum : KEPT;

	ck_assert_int_eq(bus_money_add((struct bus_money){ sums[_i].a },
				       (struct bus_money){ sums[_i].b }, &money),
			 sums[_i].good);
	ck_assert_int_eq(bus_quantity_add((struct bus_quantity){ sums[_i].a },
					  (struct bus_quantity){ sums[_i].b }, &quantity),
			 sums[_i].good);
	ck_assert_int_eq(money.micros, expected);
	ck_assert_int_eq(quantity.micros, expected);
}
END_TEST

static const struct {
	int64_t a, b;
	bool good;
	int64_t difference;
} differences[] = {
	{ 1, 2, true, -1 },	    { 0, INT64_MAX, true, -INT64_MAX },
	{ 0, INT64_MIN, false, 0 }, { -1, INT64_MIN, true, INT64_MAX },
	{ INT64_MIN, 1, false, 0 }, { INT64_MIN, INT64_MIN, true, 0 },
};

START_TEST(subtracts)
{
	struct bus_money money = { KEPT };
	struct bus_quantity quantity = { KEPT };
	int64_t expected = differences[_i].good ? differences[_i].difference : KEPT;

	ck_assert_int_eq(bus_money_sub((struct bus_money){ differences[_i].a },
				       (struct bus_money){ differences[_i].b }, &money),
			 differences[_i].good);
	ck_assert_int_eq(bus_quantity_sub((struct bus_quantity){ differences[_i].a },
					  (struct bus_quantity){ differences[_i].b }, &quantity),
			 differences[_i].good);
	ck_assert_int_eq(money.micros, expected);
	ck_assert_int_eq(quantity.micros, expected);
}
END_TEST

static const struct {
	int64_t price, quantity;
	bool good;
	int64_t money;
} notionals[] = {
	{ 101500000, 10000000, true, 1015000000 },
	{ 0, INT64_MAX, true, 0 },
	{ 1, 1, true, 0 },
	{ 1, 500000, true, 0 },	 /* 0.5 -> 0 */
	{ 1, 500001, true, 1 },	 /* above the half */
	{ 3, 500000, true, 2 },	 /* 1.5 -> 2 */
	{ 5, 500000, true, 2 },	 /* 2.5 -> 2 */
	{ 7, 500000, true, 4 },	 /* 3.5 -> 4 */
	{ -1, 500000, true, 0 }, /* the same below zero */
	{ -1, 500001, true, -1 },
	{ -3, 500000, true, -2 },
	{ -5, 500000, true, -2 },
	{ 7, -500000, true, -4 },
	{ -7, -500000, true, 4 },
	{ INT64_MAX, 1000000, true, INT64_MAX },
	{ INT64_MIN, 1000000, true, INT64_MIN },
	{ INT64_MIN, -1000000, false, 0 },
	{ INT64_MAX, 1000001, false, 0 },
	{ INT64_MAX, INT64_MAX, false, 0 },
	{ INT64_MIN, INT64_MIN, false, 0 },
	{ INT64_MIN, INT64_MAX, false, 0 },
};

/* price and quantity in millionths; their product rounded down and up. */
static const struct {
	int64_t price, quantity, down, up;
} directed[] = {
	{ 585300000, 60000000, 35118000000, 35118000000 },
	{ 1, 1, 0, 1 },
	{ 1500000, 1, 1, 2 },
	{ -1500000, 1, -2, -1 },
	{ 333333, 333333, 111110, 111111 },
	{ 0, 5, 0, 0 },
};

START_TEST(notional_directed)
{
	struct bus_price price = { directed[_i].price };
	struct bus_quantity quantity = { directed[_i].quantity };
	struct bus_money down, up;

	ck_assert(bus_notional_down(price, quantity, &down));
	ck_assert(bus_notional_up(price, quantity, &up));
	ck_assert_int_eq(down.micros, directed[_i].down);
	ck_assert_int_eq(up.micros, directed[_i].up);
}
END_TEST

START_TEST(notional_directed_overflow)
{
	struct bus_price price = { INT64_MAX };
	struct bus_quantity quantity = { INT64_MAX };
	struct bus_money money = { 7 };

	ck_assert(!bus_notional_down(price, quantity, &money));
	ck_assert(!bus_notional_up(price, quantity, &money));
	ck_assert_int_eq(money.micros, 7);
}
END_TEST

START_TEST(notional)
{
	struct bus_money money = { KEPT };

	ck_assert_int_eq(bus_notional((struct bus_price){ notionals[_i].price },
				      (struct bus_quantity){ notionals[_i].quantity }, &money),
			 notionals[_i].good);
	ck_assert_int_eq(money.micros, notionals[_i].good ? notionals[_i].money : KEPT);
}
END_TEST

static const struct {
	int64_t amount, numerator, denominator;
	bool good;
	int64_t result;
} shares[] = {
	{ 100, 1, 3, true, 33 },
	{ 200, 1, 3, true, 67 },
	{ -100, 1, 3, true, -33 },
	{ -200, 1, 3, true, -67 },
	{ 1, 1, 2, true, 0 },
	{ 3, 1, 2, true, 2 },
	{ -1, 1, 2, true, 0 },
	{ -3, 1, 2, true, -2 },
	{ -5, 1, 2, true, -2 },
	{ 7, 3, 1, true, 21 },
	{ INT64_MAX, INT64_MAX, INT64_MAX, true, INT64_MAX },
	{ INT64_MIN, INT64_MAX, INT64_MAX, true, INT64_MIN },
	{ INT64_MIN, INT64_MIN, INT64_MAX, false, 0 },
	{ INT64_MAX, 2, 1, false, 0 },
	{ INT64_MAX, 3, 2, false, 0 },
	{ INT64_MIN, -1, 1, false, 0 },
	{ INT64_MAX, 1, INT64_MAX, true, 1 },
	{ INT64_MAX / 2, 1, INT64_MAX, true, 0 },
	{ INT64_MAX / 2 + 1, 1, INT64_MAX, true, 1 },
};

START_TEST(muldiv)
{
	struct bus_money money = { KEPT };

	ck_assert_int_eq(bus_money_muldiv((struct bus_money){ shares[_i].amount },
					  shares[_i].numerator, shares[_i].denominator, &money),
			 shares[_i].good);
	ck_assert_int_eq(money.micros, shares[_i].good ? shares[_i].result : KEPT);
}
END_TEST

static const struct {
	const char *text;
	int64_t micros;
	const char *shortest;
} decimals[] = {
	{ "0", 0, "0" },
	{ "-0", 0, "0" },
	{ "-0.000000", 0, "0" },
	{ "10", 10000000, "10" },
	{ "101.5", 101500000, "101.5" },
	{ "101.500000", 101500000, "101.5" },
	{ "007.10", 7100000, "7.1" },
	{ "0.000001", 1, "0.000001" },
	{ "-0.000001", -1, "-0.000001" },
	{ "-1.000010", -1000010, "-1.00001" },
	{ "1000000", 1000000000000, "1000000" },
	{ "9223372036854.775807", INT64_MAX, "9223372036854.775807" },
	{ "-9223372036854.775808", INT64_MIN, "-9223372036854.775808" },
	{ "-9223372036854.775807", -INT64_MAX, "-9223372036854.775807" },
};

START_TEST(decimal_round_trip)
{
	char buf[BUS_DECIMAL_MAX];
	int64_t micros = KEPT;

	ck_assert(bus_micros_parse(decimals[_i].text, strlen(decimals[_i].text), &micros));
	ck_assert_int_eq(micros, decimals[_i].micros);
	ck_assert_ptr_eq(bus_micros_format(micros, buf), buf);
	ck_assert_str_eq(buf, decimals[_i].shortest);
}
END_TEST

static const char *const malformed[] = {
	"",
	"-",
	".",
	"-.",
	"1.",
	"-1.",
	".5",
	"-.5",
	"+1",
	"--1",
	"1-",
	"1e5",
	"1E5",
	"0x10",
	" 1",
	"1 ",
	"1,5",
	"1.5.5",
	"1.0000000",
	"0.0000001",
	"nan",
	"inf",
	"9223372036854.775808",
	"-9223372036854.775809",
	"9223372036855",
	"99999999999999999999999999999999",
	"-99999999999999999999999999999999",
};

START_TEST(decimal_refused)
{
	int64_t micros = KEPT;

	ck_assert_msg(!bus_micros_parse(malformed[_i], strlen(malformed[_i]), &micros), "%s",
		      malformed[_i]);
	ck_assert_int_eq(micros, KEPT);
}
END_TEST

START_TEST(decimal_is_not_a_string)
{
	int64_t micros = KEPT;

	ck_assert(bus_micros_parse("12.5789", 4, &micros));
	ck_assert_int_eq(micros, 12500000);
	ck_assert(!bus_micros_parse("1\0", 2, &micros));
	ck_assert(!bus_micros_parse("1.5\0", 4, &micros));
}
END_TEST

START_TEST(decimal_many)
{
	uint64_t x = 88172645463325252; /* xorshift64: the same numbers in every run */

	for (int i = 0; i < 200000; i++) {
		char buf[BUS_DECIMAL_MAX];
		int64_t micros, back;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		micros = (int64_t)(x >> (i % 64)) * (i % 2 ? 1 : -1);
		bus_micros_format(micros, buf);
		ck_assert(bus_micros_parse(buf, strlen(buf), &back));
		ck_assert_int_eq(back, micros);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("money");
	TCase *tcase = tcase_create("money");

	tcase_add_loop_test(tcase, adds, 0, BUS_ARRAY_LEN(sums));
	tcase_add_loop_test(tcase, subtracts, 0, BUS_ARRAY_LEN(differences));
	tcase_add_loop_test(tcase, notional, 0, BUS_ARRAY_LEN(notionals));
	tcase_add_loop_test(tcase, notional_directed, 0, BUS_ARRAY_LEN(directed));
	tcase_add_test(tcase, notional_directed_overflow);
	tcase_add_loop_test(tcase, muldiv, 0, BUS_ARRAY_LEN(shares));
	tcase_add_loop_test(tcase, decimal_round_trip, 0, BUS_ARRAY_LEN(decimals));
	tcase_add_loop_test(tcase, decimal_refused, 0, BUS_ARRAY_LEN(malformed));
	tcase_add_test(tcase, decimal_is_not_a_string);
	tcase_add_test(tcase, decimal_many);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
