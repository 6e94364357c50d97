/* Average cost, long and short: the published vectors, to the millionth, and what may not happen.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../position.h"

enum move { END, BUY, SELL, WITHDRAW };

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
	{ END },
};

static const struct step no_residue[] = {
	{ BUY, "10", "0.01", POSITION_OK, "10", "0.01", "0" },
	{ SELL, "3", "0.003", POSITION_OK, "7", "0.007", "0" },
	{ SELL, "3", "0.003", POSITION_OK, "4", "0.004", "0" },
	{ SELL, "4", "0.004", POSITION_OK, "0", "0", "0" },
	{ END },
};

/* One millionth does not divide by three: the last one takes it. */
static const struct step indivisible[] = {
	{ BUY, "3", "0.000001", POSITION_OK, "3", "0.000001", "0" },
	{ SELL, "1", "0", POSITION_OK, "2", "0.000001", "0" },
	{ SELL, "1", "0", POSITION_OK, "1", "0.000001", "0" }, /* half-even: 0.5 is 0 */
	{ SELL, "1", "0", POSITION_OK, "0", "0", "-0.000001" },
	{ END },
};

static const struct step loss_fraction_and_again[] = {
	{ BUY, "0.5", "50", POSITION_OK, "0.5", "50", "0" },
	{ SELL, "0.25", "20", POSITION_OK, "0.25", "25", "-5" },
	{ SELL, "0.25", "30", POSITION_OK, "0", "0", "0" },
	{ BUY, "0.000001", "0.000001", POSITION_OK, "0.000001", "0.000001", "0" },
	{ SELL, "0.000001", "7", POSITION_OK, "0", "0", "6.999999" },
	{ END },
};

static const struct step withdrawn[] = {
	{ BUY, "10", "100", POSITION_OK, "10", "100", "0" },
	{ WITHDRAW, "4", "", POSITION_OK, "6", "60", "0" },
	{ WITHDRAW, "7", "", POSITION_SHORT, "6", "60", "0" },
	{ WITHDRAW, "6", "", POSITION_OK, "0", "0", "0" },
	{ END },
};

/* Sold short at 50 and 60, bought back at 45, 55 and 58. */
static const struct step sold_short[] = {
	{ SELL, "10", "500", POSITION_OK, "-10", "-500", "0" },
	{ SELL, "10", "600", POSITION_OK, "-20", "-1100", "0" },
	{ BUY, "5", "225", POSITION_OK, "-15", "-825", "50" },
	{ BUY, "5", "275", POSITION_OK, "-10", "-550", "50" },
	{ WITHDRAW, "1", "", POSITION_SHORT, "-10", "-550", "50" },
	{ BUY, "10", "580", POSITION_OK, "0", "0", "20" },
	{ END },
};

/* Through 0: it closes, then it opens, each at its part of the cash. */
static const struct step crossed[] = {
	{ BUY, "10", "100", POSITION_OK, "10", "100", "0" },
	{ SELL, "15", "180", POSITION_OK, "-5", "-60", "20" },
	{ BUY, "8", "80", POSITION_OK, "3", "30", "30" },
	{ SELL, "3", "0.000001", POSITION_OK, "0", "0", "0.000001" },
	/* a third of a millionth goes with neither */
	{ SELL, "1", "0.000001", POSITION_OK, "-1", "-0.000001", "0.000001" },
	{ BUY, "3", "0.000001", POSITION_OK, "2", "0.000001", "0.000002" },
	{ END },
};

static const struct step refused[] = {
	{ BUY, "5", "10", POSITION_OK, "5", "10", "0" },
	/* a fee above the proceeds closes a long position, and opens no short one */
	{ SELL, "1", "-1", POSITION_OK, "4", "8", "-3" },
	{ SELL, "5", "-1", POSITION_FEE, "4", "8", "-3" },
	{ BUY, "9223372036854.775807", "1", POSITION_OVERFLOW, "4", "8", "-3" },
	{ BUY, "1", "9223372036854.775807", POSITION_OVERFLOW, "4", "8", "-3" },
	{ SELL, "9223372036854.775807", "1", POSITION_OK, "-9223372036850.775807", "-1", "-11" },
	{ SELL, "9223372036854.775807", "1", POSITION_OVERFLOW, "-9223372036850.775807", "-1",
	  "-11" },
	{ END },
};

static int64_t micros(const char *text)
{
	int64_t value = 0;

	ck_assert(text[0] == '\0' || bus_micros_parse(text, strlen(text), &value));
	return value;
}

static enum position_result plan(const struct position *position, const struct step *step,
				 struct position_move *out)
{
	int64_t quantity = micros(step->quantity), cash = micros(step->money);

	if (step->move == WITHDRAW)
		return position_withdraw(position, (struct bus_quantity){ quantity }, out);
	return position_trade(position,
			      (struct bus_quantity){ step->move == BUY ? quantity : -quantity },
			      (struct bus_money){ step->move == BUY ? -cash : cash }, out);
}

static void run(const struct step *steps)
{
	struct position position = { .quantity = { 0 } };

	for (int i = 0; steps[i].move != END; i++) {
		struct position_move move;
		enum position_result result = plan(&position, &steps[i], &move);

		ck_assert_msg(result == steps[i].result, "step %d: result %d", i, (int)result);
		if (result == POSITION_OK)
			position_apply(&position, &move);
		ck_assert_msg(position.quantity.micros == micros(steps[i].after_quantity),
			      "step %d: quantity %lld", i, (long long)position.quantity.micros);
		ck_assert_msg(position.cost.micros == micros(steps[i].after_cost),
			      "step %d: cost %lld", i, (long long)position.cost.micros);
		ck_assert_msg(position.realised.micros == micros(steps[i].after_realised),
			      "step %d: realised %lld", i, (long long)position.realised.micros);
	}
}

START_TEST(vectors)
{
	static const struct step *const all[] = { published,   no_residue,
						  indivisible, loss_fraction_and_again,
						  withdrawn,   sold_short,
						  crossed,     refused };

	run(all[_i]);
}
END_TEST

/* Over any long history of buys and sells, long and short: cash + cost = realised. */
START_TEST(nothing_is_lost)
{
	struct position position = { .quantity = { 0 } };
	uint64_t seed = 42;
	int64_t cash = 0;
	int flat = 0, shorts = 0;

	for (int i = 0; i < 200000; i++) {
		struct position_move move;
		int64_t quantity, money;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		quantity = (int64_t)(seed >> 33) % 1000003 + 1;
		money = (int64_t)(seed >> 40) % 999983;
		if ((seed >> 61) == 0 && position.quantity.micros != 0)
			quantity = -position.quantity.micros;
		else if ((seed >> 63) != 0)
			quantity = -quantity;
		if (quantity > 0)
			money = -money;
		ck_assert_int_eq(position_trade(&position, (struct bus_quantity){ quantity },
						(struct bus_money){ money }, &move),
				 POSITION_OK);
		position_apply(&position, &move);
		cash += money;
		ck_assert_int_eq(cash + position.cost.micros, position.realised.micros);
		flat += position.quantity.micros == 0;
		shorts += position.quantity.micros < 0;
	}
	ck_assert_int_gt(flat, 1000);
	ck_assert_int_gt(shorts, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("position");
	TCase *tcase = tcase_create("position");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, vectors, 0, 8);
	tcase_add_test(tcase, nothing_is_lost);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
