/*
 * Random histories of one account: fills long and short, deposits, withdrawals, dividends, splits,
 * changed symbols, days, and values that nobody should send. At every event, to the millionth and
 * for both methods of cost: realised + unrealised = equity - net deposits; the script checks that
 * lots, buckets and sums agree, and that the facts alone give the same state.
 */
#include "ledger_script.h"

__extension__ typedef __int128 int128;

static const char *const symbols[] = { "AAPL", "MSFT", "FB", "META" };
#define SYMBOLS BUS_ARRAY_LEN(symbols)

struct world {
	struct script script;
	uint64_t seed;
	int64_t prices[SYMBOLS];
	unsigned shorts, flats, splits, dividends, renames, parked, statements, called;
};

static uint64_t draw(struct world *world, uint64_t below)
{
	world->seed = world->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (world->seed >> 33) % below;
}

static const struct holding *holding(const struct world *world, const char *name)
{
	struct symbol symbol;

	ck_assert(wire_symbol(name, &symbol));
	return account_find_holding(script_account(&world->script), &symbol);
}

static int64_t quantity_of(const struct world *world, const char *name)
{
	const struct holding *h = holding(world, name);

	return h != NULL ? h->shares.position.quantity.micros : 0;
}

/* Computed anew, in 128 bits, from positions and prices. */
static void check_profit(const struct world *world)
{
	const struct account *account = script_account(&world->script);
	const struct balances *b = &account->balances;
	int128 equity = b->cash.micros, unrealised = 0, fifo_unrealised = 0, realised,
	       fifo_realised;
	int128 net = (int128)b->deposits.micros - b->withdrawals.micros + b->cost_in.micros;

	realised = fifo_realised = b->dividends.micros;
	for (const struct holding *h = account->holdings; h != NULL; h = h->hh.next) {
		size_t n = 0;
		int128 value;

		while (strcmp(symbols[n], h->symbol.text) != 0)
			n++;
		value = (int128)h->shares.position.quantity.micros * world->prices[n] / BUS_MICROS;
		equity += value;
		unrealised += value - h->shares.position.cost.micros;
		fifo_unrealised += value - h->shares.fifo_cost.micros;
		realised += h->shares.position.realised.micros;
		fifo_realised += h->shares.fifo_realised.micros;
	}
	ck_assert(realised + unrealised == equity - (net - b->cost_out.micros));
	ck_assert(fifo_realised + fifo_unrealised == equity - (net - b->fifo_cost_out.micros));
}

/* Inputs ********************************************************************************** */

static int64_t hostile(struct world *world)
{
	static const int64_t values[] = {
		0, -1, 1, INT64_MAX, INT64_MIN, INT64_MAX / 2, -BUS_MICROS
	};

	return values[draw(world, BUS_ARRAY_LEN(values))];
}

static void random_fill(struct world *world)
{
	size_t n = draw(world, SYMBOLS);
	int64_t has = quantity_of(world, symbols[n]);
	int64_t quantity = (int64_t)draw(world, 20000000) + 1;
	struct script_fill fill = { .symbol = symbols[n], .shorting = true };
	struct bus_money worth;

	if (draw(world, 4) == 0 && has != 0)
		quantity = -has;
	else if (draw(world, 3) == 0 && has != 0)
		quantity = has > 0 ? -quantity : quantity;
	else if (draw(world, 2) == 0)
		quantity = -quantity;
	fill.quantity = quantity;
	ck_assert(bus_notional((struct bus_price){ world->prices[n] },
			       (struct bus_quantity){ -quantity }, &worth));
	fill.fee = worth.micros != 0 && draw(world, 2) == 0 ? (int64_t)draw(world, 3) : 0;
	if (worth.micros > 0 && fill.fee > worth.micros)
		fill.fee = 0;
	fill.regulatory_fee = fill.fee / 2;
	fill.cash = worth.micros - fill.fee;
	fill.executed_at = world->script.now - (int64_t)draw(world, 3) * 1000;
	if (has == 0 && holding(world, symbols[n]) != NULL &&
	    holding(world, symbols[n])->pending_action == 0)
		fill.actions = (int64_t)script_instrument(&world->script, symbols[n])->count;
	ck_assert_int_eq(script_fill(&world->script, &fill), 0);
	world->flats += quantity_of(world, symbols[n]) == 0;
	world->shorts += quantity_of(world, symbols[n]) < 0;
}

static void random_hostile(struct world *world)
{
	struct script_fill fill = { .symbol = symbols[draw(world, SYMBOLS)],
				    .quantity = hostile(world),
				    .cash = hostile(world),
				    .fee = hostile(world),
				    .regulatory_fee = hostile(world),
				    .executed_at = hostile(world),
				    .shorting = draw(world, 2) == 0,
				    .firm = draw(world, 2) == 0 };

	switch (draw(world, 3)) {
	case 0:
		world->parked += script_fill(&world->script, &fill) != 0;
		break;
	case 1:
		fill.quantity = fill.quantity == INT64_MIN ? 1 : fill.quantity;
		ck_assert_int_eq(script_deposit(&world->script, hostile(world), fill.symbol,
						hostile(world), hostile(world)),
				 0);
		break;
	default:
		script_withdraw(&world->script, hostile(world), draw(world, 2) ? "" : fill.symbol,
				hostile(world));
		break;
	}
}

static void random_movement(struct world *world)
{
	const char *symbol = symbols[draw(world, SYMBOLS)];
	const struct account *account = script_account(&world->script);
	int64_t has = quantity_of(world, symbol);

	switch (draw(world, 4)) {
	case 0:
		ck_assert_int_eq(script_deposit(&world->script, (int64_t)draw(world, 500000000) + 1,
						NULL, 0, 0),
				 0);
		break;
	case 1:
		ck_assert_int_eq(script_deposit(&world->script, 0, symbol,
						(int64_t)draw(world, 9000000) + 1,
						(int64_t)draw(world, 90000000)),
				 0);
		break;
	case 2:
		/* The desk has no more than the cash, and no less than what is settled. */
		if (account->balances.cash.micros > 1)
			ck_assert_int_eq(script_withdraw(&world->script,
							 account->balances.cash.micros / 2, NULL,
							 0),
					 0);
		break;
	default:
		if (has > 0)
			ck_assert_int_eq(script_withdraw(&world->script, 0, symbol,
							 (int64_t)draw(world, (uint64_t)has) + 1),
					 0);
		break;
	}
}

static void random_action(struct world *world)
{
	size_t n = draw(world, SYMBOLS - 1); /* META is what others become */
	struct script_instrument *instrument = script_instrument(&world->script, symbols[n]);
	int64_t at = world->script.now + (int64_t)draw(world, 86400) * BUS_SECOND;
	MARKET(CorporateAction) * action;

	if (instrument->count > 0 && !instrument->actions[instrument->count - 1].effective)
		return;
	if (instrument->count == SCRIPT_ACTIONS_MAX)
		return;
	switch (draw(world, 8)) {
	case 0:
	case 1:
	case 2:
		action = script_announce(&world->script, symbols[n], KIND(SPLIT), at);
		action->new_shares = (int64_t)draw(world, 9) + 1;
		action->old_shares = (int64_t)draw(world, 9) + 1;
		action->cash_price_micros = (int64_t)draw(world, 90000000);
		instrument->increment = draw(world, 2) == 0 ? 1 : BUS_MICROS;
		break;
	case 3:
		/* Nobody has said at what price long and short of one symbol would meet. */
		if (n != 2 || (quantity_of(world, "FB") < 0) != (quantity_of(world, "META") < 0))
			return;
		action = script_announce(&world->script, "FB", KIND(RENAME), at);
		action->new_symbol = (char *)"META";
		break;
	default:
		action = script_announce(&world->script, symbols[n], KIND(DIVIDEND), at);
		action->amount_micros = (int64_t)draw(world, 2000000) + 1;
		break;
	}
	script_publish(&world->script, symbols[n]);
}

/* The market makes effective what is due, and the desk clears what it was asked for. */
static void follow_actions(struct world *world)
{
	for (size_t n = 0; n < SYMBOLS; n++) {
		const struct holding *h = holding(world, symbols[n]);
		int rc;

		script_effective(&world->script, symbols[n]);
		if (h == NULL || h->pending_action == 0 || draw(world, 2) == 0)
			continue;
		rc = script_cleared(&world->script, symbols[n], (size_t)h->pending_action);
		/* Only FB and META can have come to opposite signs meanwhile. */
		ck_assert(rc == 0 || (n == 2 && rc == BUS_ERR_PARK));
	}
}

static void count_facts(struct world *world)
{
	const char *text = world->script.text;

	world->splits += strstr(text, "split") != NULL;
	world->dividends += strstr(text, "dividend ") != NULL;
	world->renames += strstr(text, " lots") != NULL;
	world->statements += strstr(text, "closed") != NULL;
	world->called += strstr(text, "called") != NULL;
	script_clear(&world->script);
}

static void random_step(struct world *world)
{
	uint64_t what = draw(world, 100);

	if (what < 55) {
		random_fill(world);
	} else if (what < 70) {
		random_movement(world);
	} else if (what < 76) {
		random_hostile(world);
	} else if (what < 82) {
		random_action(world);
	} else if (what < 90) {
		size_t n = draw(world, SYMBOLS);

		world->prices[n] = (int64_t)draw(world, 100000000) + 1;
		script_quote(&world->script, symbols[n], world->prices[n]);
	} else {
		uint64_t longest = what < 97 ? 3600 : 3 * 86400;

		script_clock(&world->script,
			     world->script.now + (int64_t)draw(world, longest) * BUS_SECOND);
	}
	follow_actions(world);
}

START_TEST(random_histories)
{
	struct world world = { .seed = (uint64_t)_i + 1 };

	script_begin(&world.script);
	script_clock(&world.script, script_time("2012-02-20T14:30:00Z"));
	for (size_t n = 0; n < SYMBOLS; n++)
		world.prices[n] = 10 * BUS_MICROS;
	ck_assert_int_eq(script_deposit(&world.script, 1000 * BUS_MICROS, NULL, 0, 0), 0);
	for (int i = 0; i < 2000; i++) {
		random_step(&world);
		check_profit(&world);
		count_facts(&world);
		if (i % 100 == 0)
			books_check(script_books(&world.script));
	}
	books_check(script_books(&world.script));
	ck_assert_uint_gt(world.flats, 20);
	ck_assert_uint_gt(world.shorts, 20);
	ck_assert_uint_gt(world.splits, 0);
	ck_assert_uint_gt(world.dividends, 1);
	ck_assert_uint_gt(world.parked, 5);
	ck_assert_uint_gt(world.statements, 20);
	ck_assert_uint_gt(world.called, 0);
	script_end(&world.script);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger properties");
	TCase *tcase = tcase_create("histories");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, random_histories, 0, 20);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
