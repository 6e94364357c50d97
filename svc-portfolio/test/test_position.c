/* Average cost: the published vectors, to the millionth, and what may not happen. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../position.h"

enum move { BUY, SELL, WITHDRAW };

struct step {
	enum move move;
	const char *quantity;
	const char *money;	     /* paid or received; "" for a withdrawal */
	enum position_result result; /* POSITION_OK unless said otherwise */
	const char *after_quantity;
	const char *after_cost;
	const char *after_realised;
};

static const struct step published[] = {
	{ BUY, "109", "3149.20", POSITION_OK, "109", "3149.20", "0" },
	{ SELL, "15", "531.50", POSITION_OK, "94", "2715.823853", "98.123853" },
	{ BUY, "52", "1684.92", POSITION_OK, "146", "4400.743853", "98.123853" },
	{ BUY, "32", "959.30", POSITION_OK, "178", "5360.043853", "98.123853" },
};

static const struct step no_residue[] = {
	{ BUY, "10", "0.01", POSITION_OK, "10", "0.01", "0" },
	{ SELL, "3", "0.003", POSITION_OK, "7", "0.007", "0" },
	{ SELL, "3", "0.003", POSITION_OK, "4", "0.004", "0" },
	{ SELL, "4", "0.004", POSITION_OK, "0", "0", "0" },
};

/* One millionth does not divide by three: the last one takes it. */
static const struct step indivisible[] = {
	{ BUY, "3", "0.000001", POSITION_OK, "3", "0.000001", "0" },
	{ SELL, "1", "0", POSITION_OK, "2", "0.000001", "0" },
	{ SELL, "1", "0", POSITION_OK, "1", "0.000001", "0" }, /* half-even: 0.5 is 0 */
	{ SELL, "1", "0", POSITION_OK, "0", "0", "-0.000001" },
};

static const struct step loss_fraction_and_again[] = {
	{ BUY, "0.5", "50", POSITION_OK, "0.5", "50", "0" },
	{ SELL, "0.25", "20", POSITION_OK, "0.25", "25", "-5" },
	{ SELL, "0.25", "30", POSITION_OK, "0", "0", "0" },
	{ BUY, "0.000001", "0.000001", POSITION_OK, "0.000001", "0.000001", "0" },
	{ SELL, "0.000001", "7", POSITION_OK, "0", "0", "6.999999" },
};

static const struct step withdrawn[] = {
	{ BUY, "10", "100", POSITION_OK, "10", "100", "0" },
	{ WITHDRAW, "4", "", POSITION_OK, "6", "60", "0" },
	{ WITHDRAW, "7", "", POSITION_SHORT, "6", "60", "0" },
	{ WITHDRAW, "6", "", POSITION_OK, "0", "0", "0" },
};

static const struct step refused[] = {
	{ SELL, "1", "1", POSITION_SHORT, "0", "0", "0" },
	{ BUY, "5", "10", POSITION_OK, "5", "10", "0" },
	{ SELL, "5.000001", "11", POSITION_SHORT, "5", "10", "0" },
	{ BUY, "9223372036854.775807", "1", POSITION_OVERFLOW, "5", "10", "0" },
	{ BUY, "1", "9223372036854.775807", POSITION_OVERFLOW, "5", "10", "0" },
	{ SELL, "5", "9223372036854.775807", POSITION_OK, "0", "0", "9223372036844.775807" },
	{ BUY, "1", "1", POSITION_OK, "1", "1", "9223372036844.775807" },
	{ SELL, "1", "12", POSITION_OVERFLOW, "1", "1", "9223372036844.775807" },
};

static int64_t micros(const char *text)
{
	int64_t value = 0;

	ck_assert_msg(bus_micros_parse(text, strlen(text), &value), "not a decimal: %s", text);
	return value;
}

static enum position_result move(const struct position *position, const struct step *step,
				 struct position_move *out)
{
	struct bus_quantity quantity = { micros(step->quantity) };

	switch (step->move) {
	case BUY:
		return position_buy(position, quantity, (struct bus_money){ micros(step->money) },
				    out);
	case SELL:
		return position_sell(position, quantity, (struct bus_money){ micros(step->money) },
				     out);
	case WITHDRAW:
		return position_withdraw(position, quantity, out);
	}
	return POSITION_OVERFLOW;
}

static void run(const struct step *steps, size_t count)
{
	struct position position = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct position_move moved;
		enum position_result result = move(&position, &steps[i], &moved);

		ck_assert_msg(result == steps[i].result, "step %zu: result %d", i, (int)result);
		if (result == POSITION_OK)
			position_apply(&position, &moved);
		ck_assert_int_eq(position.quantity.micros, micros(steps[i].after_quantity));
		ck_assert_int_eq(position.cost.micros, micros(steps[i].after_cost));
		ck_assert_int_eq(position.realised.micros, micros(steps[i].after_realised));
	}
}

START_TEST(vectors)
{
	run(published, BUS_ARRAY_LEN(published));
	run(no_residue, BUS_ARRAY_LEN(no_residue));
	run(indivisible, BUS_ARRAY_LEN(indivisible));
	run(loss_fraction_and_again, BUS_ARRAY_LEN(loss_fraction_and_again));
	run(withdrawn, BUS_ARRAY_LEN(withdrawn));
	run(refused, BUS_ARRAY_LEN(refused));
}
END_TEST

/* realised = proceeds - costs whenever the position is flat, over a long random life. */
START_TEST(nothing_is_lost)
{
	struct position position = { 0 };
	uint64_t seed = 7;
	int64_t paid = 0, received = 0;
	int flat = 0;

	for (int i = 0; i < 200000; i++) {
		struct position_move moved;
		int64_t quantity, money;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		quantity = (int64_t)(seed >> 33) % 1000003 + 1;
		money = (int64_t)(seed >> 40) % 999983;
		if ((seed >> 62) == 0 || position.quantity.micros == 0) {
			ck_assert_int_eq(position_buy(&position, (struct bus_quantity){ quantity },
						      (struct bus_money){ money }, &moved),
					 POSITION_OK);
			paid += money;
		} else {
			if (quantity > position.quantity.micros)
				quantity = position.quantity.micros;
			ck_assert_int_eq(position_sell(&position, (struct bus_quantity){ quantity },
						       (struct bus_money){ money }, &moved),
					 POSITION_OK);
			received += money;
		}
		position_apply(&position, &moved);
		ck_assert_int_eq(position.realised.micros, received - paid + position.cost.micros);
		flat += position.quantity.micros == 0;
	}
	ck_assert_int_gt(flat, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("position");
	TCase *tcase = tcase_create("position");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, vectors);
	tcase_add_test(tcase, nothing_is_lost);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
