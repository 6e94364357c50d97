/*
 * What takes more than one step of the engine, and random commands of every kind, hostile values
 * among them: the invariants after every event, the top after every step, and a second book that
 * hears the events alone.
 */
#include "book_script.h"

static struct script script;

static void setup(void)
{
	script_init(&script);
}

static void teardown(void)
{
	script_release(&script);
}

static void run_format(const char *format, ...) BUS_PRINTF(1, 2);

static void run_format(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	script_run(&script, text);
}

static void fill(int from, int count, const char *format)
{
	for (int i = 0; i < count; i++) {
		char text[256];

		snprintf(text, sizeof(text), "%s %d %s",
			 strncmp(format, "buy", 3) == 0 ? "buy" : "sell", from + i,
			 strchr(format, ' ') + 1);
		script_run(&script, text);
	}
}

START_TEST(test_a_sweep_goes_on_from_step_to_step)
{
	fill(1, 2500, "sell 1@100");
	run_format("buy 9000 2600@100");
	ck_assert_uint_eq(script.trades, 2500);
	ck_assert_uint_eq(script.steps, 3);
	ck_assert_str_eq(script.text + script.length - strlen("+9000 buy 100@100"),
			 "+9000 buy 100@100");
	ck_assert_uint_eq(book_count(&script.book), 1);
}
END_TEST

START_TEST(test_a_sweep_that_fills_a_step_exactly)
{
	fill(1, 1000, "sell 1@100");
	run_format("buy 9000 1000@100");
	ck_assert_uint_eq(script.steps, 1);
	fill(1, 1000, "sell 1@100");
	run_format("buy 9001 1001@100");
	ck_assert_uint_eq(script.trades, 1000);
	ck_assert_uint_eq(script.steps, 1);
	ck_assert_ptr_nonnull(book_find(&script.book, script_id(9001)));
}
END_TEST

START_TEST(test_a_fok_is_whole_over_steps)
{
	fill(1, 1500, "sell 1@100");
	run_format("buy 9000 1500@100 fok");
	ck_assert_uint_eq(script.trades, 1500);
	ck_assert_uint_eq(script.steps, 2);
}
END_TEST

START_TEST(test_a_notional_over_steps)
{
	fill(1, 1500, "sell 1000000@3000000");
	run_format("buy 9000 9000000000@3000000 notional=4200000000 lot=1000000");
	ck_assert_uint_eq(script.trades, 1400);
	ck_assert_uint_eq(script.steps, 2);
	ck_assert_str_eq(script.text + script.length - strlen("C9000 7600000000"),
			 "C9000 7600000000");
}
END_TEST

START_TEST(test_prevention_over_steps)
{
	fill(1, 1500, "sell 1@100 acct=7");
	run_format("buy 9000 2000@100 acct=7 decrement");
	ck_assert_uint_eq(script.trades, 0);
	ck_assert_uint_eq(script.steps, 2);
	ck_assert_str_eq(script.text + script.length - strlen("+9000 buy 500@100 prevented 1500"),
			 "+9000 buy 500@100 prevented 1500");
}
END_TEST

START_TEST(test_an_elected_stop_over_steps)
{
	run_format("buy 9000 1800@200 stoplimit=100");
	fill(1, 1700, "sell 1@100");
	run_format("buy 9001 1@100");
	ck_assert_uint_eq(script.trades, 1700);
	ck_assert_uint_eq(script.steps, 3);
	ck_assert_int_eq(book_find(&script.book, script_id(9000))->leaves.micros, 101);
}
END_TEST

static void ends_with(const char *text)
{
	ck_assert_uint_ge(script.length, strlen(text));
	ck_assert_str_eq(script.text + script.length - strlen(text), text);
}

static void begins_with(const char *text)
{
	ck_assert_msg(strncmp(script.text, text, strlen(text)) == 0, "%.100s", script.text);
}

static int told(const char *text)
{
	int count = 0;

	for (const char *at = strstr(script.text, text); at != NULL; at = strstr(at + 1, text))
		count++;
	return count;
}

/* The last price, and below it more own bids than a step takes out. */
static void own_bids_in_the_way(int from)
{
	run_format("buy 8001 1@100; sell 8002 1@100");
	fill(from, 1001, "buy 1@99 acct=7");
}

START_TEST(test_a_stop_elected_as_it_comes_is_elected_once)
{
	own_bids_in_the_way(1);
	run_format("sell 9000 5@90 stoplimit=100 acct=7 oldest");
	begins_with("T9000!, -1 1 self, ");
	ends_with(" | -1001 1 self, +9000 sell 5@90");
	ck_assert_int_eq(told("T9000"), 1);
	ck_assert_uint_eq(script.steps, 2);
	ck_assert_ptr_null(book_find(&script.book, script_id(9000))->extra);
}
END_TEST

START_TEST(test_a_stop_elected_as_it_comes_rests_as_no_stop)
{
	run_format("buy 8001 1@100; sell 8002 1@100");
	fill(1, 1001, "buy 1@99");
	run_format("sell 9000 1500@90 stoplimit=100");
	begins_with("T9000!, x 1<9000 1@99, ");
	ends_with(" | x 1001<9000 1@99, +9000 sell 499@90");
	ck_assert_ptr_null(book_find(&script.book, script_id(9000))->extra);
}
END_TEST

/* Its sibling went with the election; it goes on all the same, as what was left of the two. */
START_TEST(test_a_leg_elected_as_it_comes_goes_on)
{
	const struct book_order *order;

	run_format("buy 8000 4@110; sell 8999 10@110 sib=9000 acct=7");
	own_bids_in_the_way(1);
	run_format("buy 7000 2@98");
	run_format("sell 9000 10@90 stoplimit=100 sib=8999 acct=7 oldest");
	begins_with("~9000 -4=6 oco, T9000!, -8999 6 oco, -1 1 self, ");
	ends_with(" | -1001 1 self, x 7000<9000 2@98, +9000 sell 4@90");
	ck_assert_int_eq(told("9000 10"), 0);
	order = book_find(&script.book, script_id(9000));
	ck_assert_int_eq(order->quantity.micros, 6);
	ck_assert_ptr_null(order->extra);
}
END_TEST

START_TEST(test_a_replaced_leg_elected_as_it_comes_goes_on)
{
	run_format("sell 8999 10@110 sib=9000 acct=7 oldest");
	run_format("sell 9000 10@90 stoplimit=80 sib=8999 acct=7 oldest");
	own_bids_in_the_way(1);
	run_format("replace 9000 9001 10@90 stop=100 acct=7");
	begins_with("R9000>9001 10/10, T9001!, -8999 10 oco, -1 1 self, ");
	ends_with(" | -1001 1 self, +9001 sell 10@90");
	ck_assert_ptr_null(book_find(&script.book, script_id(9001))->extra);
}
END_TEST

START_TEST(test_a_replaced_limit_leg_goes_on_with_its_sibling)
{
	const struct book_order *order;

	run_format("sell 8999 10@110 sib=9000 acct=7 oldest");
	run_format("sell 9000 10@50 stoplimit=50 sib=8999 acct=7 oldest");
	own_bids_in_the_way(1);
	run_format("buy 7000 4@98");
	run_format("replace 8999 9001 10@98 acct=7");
	begins_with("R8999>9001 10/10, -1 1 self, ");
	ends_with(" | -1001 1 self, x 7000<9001 4@98, ~9000 -4=6 oco, +9001 sell 6@98");
	order = book_find(&script.book, script_id(9001));
	ck_assert_ptr_eq(book_sibling(&script.book, order),
			 book_find(&script.book, script_id(9000)));
}
END_TEST

/* Whatever stays of the taker when a step has only removed its own makers goes on. */
static const struct {
	const char *command, *end;
} removals[] = {
	{ "sell 9000 5@90 acct=7 oldest", "x 7000<9000 2@98, +9000 sell 3@90" },
	{ "sell 9000 5@90 acct=7 oldest ioc", "x 7000<9000 2@98, -9000 3 ioc" },
	{ "sell 9000 2@90 acct=7 oldest fok", "x 7000<9000 2@98" },
	{ "sell 9000 5@0 market acct=7 oldest", "x 7000<9000 2@98, -9000 3 dry" },
	{ "sell 9000 5@0 notional=100 lot=1 acct=7 oldest", "x 7000<9000 2@98, -9000 3 dry" },
};

START_TEST(test_removals_alone_over_steps)
{
	own_bids_in_the_way(1);
	run_format("buy 7000 2@98");
	run_format("%s", removals[_i].command);
	begins_with("-1 1 self, -2 1 self, ");
	ck_assert_int_eq(told(" self"), 1001);
	ck_assert_int_eq(told(" | "), 1);
	ends_with(removals[_i].end);
}
END_TEST

START_TEST(test_a_replacement_over_steps)
{
	run_format("buy 9000 1800@90");
	fill(1, 1700, "sell 1@100");
	run_format("replace 9000 9001 1800@101");
	ck_assert_uint_eq(script.trades, 1700);
	ck_assert_uint_eq(script.steps, 2);
	ck_assert_int_eq(book_find(&script.book, script_id(9001))->price.micros, 101);
	ck_assert_int_eq(book_find(&script.book, script_id(9001))->leaves.micros, 100);
}
END_TEST

START_TEST(test_an_auction_over_steps)
{
	run_format("call-open");
	fill(1, 2500, "sell 1@100 opg");
	run_format("buy 9000 2200@101");
	run_format("open");
	ck_assert_uint_eq(script.trades, 2200);
	ck_assert_uint_eq(script.steps, 3);
	ck_assert_uint_eq(book_count(&script.book), 0);
	ck_assert_int_eq(script.book.status.trading, BOOK_OPEN);
}
END_TEST

START_TEST(test_a_close_over_steps)
{
	fill(1, 4500, "buy 1@100");
	fill(5000, 100, "buy 1@100 gtc");
	run_format("close");
	ck_assert_uint_eq(script.steps, 3);
	ck_assert_uint_eq(book_count(&script.book), 100);
}
END_TEST

/* The stop ends, and takes a visible order with it: not more of them in a step than it can tell. */
START_TEST(test_a_close_that_takes_siblings_along)
{
	for (int i = 0; i < 300; i++) {
		run_format("sell %d 10@%d sib=%d acct=9 gtc", 2 * i + 1, 200 + i, 2 * i + 2);
		run_format("sell %d 10@0 stop=%d sib=%d acct=9 gtc expires=5000", 2 * i + 2,
			   100 - i % 7, 2 * i + 1);
	}
	ck_assert_uint_eq(book_count(&script.book), 600);
	run_format("at 6000; close");
	ck_assert_uint_eq(book_count(&script.book), 0);
	ck_assert_uint_eq(script.steps, 5);
}
END_TEST

START_TEST(test_a_split_over_steps)
{
	fill(1, 3000, "buy 1@100 gtc");
	fill(5000, 3000, "sell 1@0 stop=50 gtc");
	run_format("split");
	ck_assert_uint_eq(book_count(&script.book), 0);
	ck_assert_uint_eq(script.steps, 4);
	ck_assert_int_eq(script.book.status.actions, 1);
}
END_TEST

START_TEST(test_each_elected_stop_is_a_step)
{
	fill(1, 500, "sell 1@1 stop=100");
	run_format("buy 9000 1000@100; sell 9001 1@100");
	ck_assert_uint_eq(script.trades, 501);
	ck_assert_uint_eq(script.steps, 501);
}
END_TEST

/* Elected in one sweep with their siblings: the step says AGAIN only when something is left to
 * elect.
 */
START_TEST(test_siblings_that_go_are_not_elected)
{
	/* The limits are the makers of the very trades that reach the stops. */
	run_format("sell 1 1@100 sib=2 acct=9; sell 2 1@0 stop=99 sib=1 acct=9");
	run_format("sell 3 1@99 sib=4 acct=9; sell 4 1@0 stop=98 sib=3 acct=9");
	run_format("buy 5 1@99");
	ck_assert_str_eq(script.text, "x 3<5 1@99, -4 1 oco | T2, -1 1 oco, -2 1 dry");
}
END_TEST

/* Random commands ///////////////////////////////////////////////////////////////////////////// */

static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 11) % below;
}

static bool chance(uint64_t *seed, uint64_t percent)
{
	return draw(seed, 100) < percent;
}

static int64_t hostile(uint64_t *seed)
{
	static const int64_t values[] = { 0, -1, 1, INT64_MAX, INT64_MIN, INT64_MAX - 1, -1000, 7 };

	return values[draw(seed, BUS_ARRAY_LEN(values))];
}

static void spoil(struct book_order_command *order, uint64_t *seed)
{
	switch (draw(seed, 12)) {
	case 0:
		order->quantity.micros = hostile(seed);
		break;
	case 1:
		order->limit.micros = hostile(seed);
		break;
	case 2:
		order->stop.micros = hostile(seed);
		break;
	case 3:
		order->trail.micros = hostile(seed);
		break;
	case 4:
		order->trail_percent = hostile(seed);
		break;
	case 5:
		order->notional.micros = hostile(seed);
		break;
	case 6:
		order->increment.micros = hostile(seed);
		break;
	case 7:
		order->reference.micros = hostile(seed);
		break;
	case 8:
		order->type = (enum book_type)draw(seed, 9);
		break;
	case 9:
		order->tif = (enum book_tif)draw(seed, 9);
		break;
	case 10:
		order->side = (enum book_side)draw(seed, 4);
		break;
	default:
		order->stp = (enum book_stp)draw(seed, 9);
		break;
	}
}

static void random_order(struct book_order_command *order, uint64_t *seed, uint64_t id,
			 int64_t middle)
{
	*order = (struct book_order_command){
		.id = script_id(id),
		.account = script_id(draw(seed, 8)),
		.side = chance(seed, 50) ? BOOK_BUY : BOOK_SELL,
		.type = BOOK_LIMIT,
		.tif = chance(seed, 70) ? BOOK_DAY : BOOK_GTC,
		.stp = (enum book_stp)draw(seed, 6),
		.quantity = { 1 + (int64_t)draw(seed, 50) },
		.limit = { middle - 10 + (int64_t)draw(seed, 21) },
		.expires_at = chance(seed, 20) ? (int64_t)draw(seed, 4000000) : 0,
	};
	if (chance(seed, 25))
		order->type = (enum book_type)(1 + draw(seed, 5));
	if (order->type == BOOK_STOP || order->type == BOOK_STOP_LIMIT)
		order->stop.micros = middle - 12 + (int64_t)draw(seed, 25);
	if (order->type == BOOK_TRAILING_STOP && chance(seed, 50))
		order->trail.micros = 1 + (int64_t)draw(seed, 6);
	else if (order->type == BOOK_TRAILING_STOP)
		order->trail_percent = 1 + (int64_t)draw(seed, 3 * BUS_MICROS);
	order->reference.micros = chance(seed, 80) ? middle : 0;
	if (order->type <= BOOK_LIMIT && chance(seed, 25))
		order->tif = (enum book_tif)(1 + draw(seed, 6));
	if (order->type == BOOK_LIMIT && chance(seed, 5))
		order->post_only = true;
	if (order->type == BOOK_MARKET && chance(seed, 40)) {
		order->notional.micros = 1 + (int64_t)draw(seed, 4);
		order->increment.micros = 1 + (int64_t)draw(seed, 3);
		order->quantity.micros *= 1000;
	}
	if (chance(seed, 4))
		spoil(order, seed);
}

/* A pair: the limit first, and the stop behind it. */
static void random_pair(uint64_t *seed, uint64_t id, int64_t middle)
{
	struct book_command command = { .kind = BOOK_NEW, .now = script.now };
	bool sell = chance(seed, 50);
	int64_t quantity = 1 + (int64_t)draw(seed, 50);

	command.order = (struct book_order_command){
		.id = script_id(id),
		.account = script_id(draw(seed, 8)),
		.sibling = script_id(id + 1),
		.side = sell ? BOOK_SELL : BOOK_BUY,
		.type = BOOK_LIMIT,
		.tif = BOOK_GTC,
		.quantity = { quantity },
		.limit = { middle + (sell ? 3 : -3) + (int64_t)draw(seed, 4) },
		.actions = script.book.status.actions,
	};
	script_send(&script, &command);
	command.order.id = script_id(id + 1);
	command.order.sibling = script_id(id);
	command.order.type = chance(seed, 50) ? BOOK_STOP : BOOK_STOP_LIMIT;
	command.order.stop.micros = middle + (sell ? -4 : 4);
	script_send(&script, &command);
}

static void random_session(struct book_command *command, uint64_t *seed)
{
	static const struct {
		enum book_trading state;
		enum book_auction_kind auction;
	} changes[] = {
		{ BOOK_OPEN, BOOK_AUCTION_OPENING },
		{ BOOK_OPEN, BOOK_AUCTION_RESUMPTION },
		{ BOOK_CLOSED, BOOK_AUCTION_CLOSING },
		{ BOOK_HALTED, BOOK_NO_AUCTION },
		{ BOOK_OPENING_AUCTION, BOOK_NO_AUCTION },
		{ BOOK_CLOSING_AUCTION, BOOK_NO_AUCTION },
		{ BOOK_OPEN, BOOK_AUCTION_OPENING },
		{ BOOK_OPEN, BOOK_AUCTION_RESUMPTION },
	};
	size_t i = draw(seed, BUS_ARRAY_LEN(changes));

	command->kind = BOOK_TRADING;
	command->trading = (struct book_trading_command){
		.state = changes[i].state,
		.session_date = 20120621,
		.actions = script.book.status.actions,
		.auction = changes[i].auction,
	};
}

static struct bus_id random_resting(uint64_t *seed, uint64_t last, struct bus_id *account)
{
	struct bus_id id = script_id(last > 60 ? last - draw(seed, 60) : draw(seed, last + 1));
	const struct book_order *order = book_find(&script.book, id);

	*account = order != NULL && !chance(seed, 3) ? order->account : script_id(draw(seed, 8));
	return id;
}

static void random_command(struct book_command *command, uint64_t *seed, uint64_t *last,
			   int64_t middle)
{
	uint64_t kind = draw(seed, 1000);
	struct bus_id account;

	command->now = script.now;
	if (kind < 620) {
		command->kind = BOOK_NEW;
		random_order(&command->order, seed, chance(seed, 1) ? *last : ++*last, middle);
		command->order.actions = script.book.status.actions - chance(seed, 1);
	} else if (kind < 900) {
		struct bus_id id = random_resting(seed, *last, &account);

		if (kind < 740) {
			command->kind = BOOK_CANCEL;
			command->request =
				(struct book_request_command){ .id = id, .account = account };
		} else if (kind < 800) {
			command->kind = BOOK_DECREASE;
			command->request = (struct book_request_command){
				id, account, { (int64_t)draw(seed, 30) - 1 }
			};
		} else {
			const struct book_order *order = book_find(&script.book, id);

			command->kind = BOOK_REPLACE;
			command->replace = (struct book_replace_command){
				.id = id,
				.account = account,
				.new_id = script_id(++*last),
				.tif = (enum book_tif)(1 + draw(seed, chance(seed, 20) ? 6 : 2)),
				.quantity = { (int64_t)draw(seed, 60) },
				.limit = { order != NULL && chance(seed, 50)
						   ? order->price.micros
						   : middle - 10 + (int64_t)draw(seed, 21) },
				.actions = script.book.status.actions,
			};
			if (order != NULL && order->extra != NULL && order->queue == BOOK_STOPS) {
				bool trails = order->type == BOOK_TRAILING_STOP;

				command->replace.stop.micros =
					trails ? 0
					       : order->extra->stop.micros +
							 (int64_t)draw(seed, 3) - 1;
				command->replace.trail = order->extra->trail;
				command->replace.trail_percent = order->extra->trail_percent;
			}
		}
	} else if (kind < 990) {
		random_session(command, seed);
		if (kind < 950 && !script_trades(&script.book))
			command->trading.state = BOOK_OPEN;
	} else {
		command->kind = BOOK_ACTION;
		command->action.actions = script.book.status.actions + 1;
		command->action.reset = chance(seed, 30);
	}
}

START_TEST(test_random_commands)
{
	uint64_t seed = 20120621 + (uint64_t)_i * 7919, last = 0;
	size_t trades = 0, triggered = 0, auctions = 0;

	for (int i = 0; i < 3000; i++) {
		int64_t middle = 1000 + (int64_t)(draw(&seed, 5) + (uint64_t)i / 200);
		struct book_command command = { .now = script.now };

		script.now += (int64_t)draw(&seed, 700000);
		if (chance(&seed, 6)) {
			random_pair(&seed, last + 1, middle);
			last += 2;
			continue;
		}
		random_command(&command, &seed, &last, middle);
		script_send(&script, &command);
		trades += script.trades;
		triggered += strchr(script.text, 'T') != NULL;
		auctions += strchr(script.text, 'X') != NULL;
		if (i % 500 == 0)
			check_rows(&script);
	}
	ck_assert_uint_gt(trades, 500);
	ck_assert_uint_gt(triggered, 20);
	ck_assert_uint_gt(auctions, 10);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("book_engine_steps");
	TCase *steps = tcase_create("steps");
	TCase *random = tcase_create("random");

	tcase_add_checked_fixture(steps, setup, teardown);
	tcase_set_timeout(steps, 120);
	tcase_add_test(steps, test_a_sweep_goes_on_from_step_to_step);
	tcase_add_test(steps, test_a_sweep_that_fills_a_step_exactly);
	tcase_add_test(steps, test_a_fok_is_whole_over_steps);
	tcase_add_test(steps, test_a_notional_over_steps);
	tcase_add_test(steps, test_prevention_over_steps);
	tcase_add_test(steps, test_an_elected_stop_over_steps);
	tcase_add_test(steps, test_a_stop_elected_as_it_comes_is_elected_once);
	tcase_add_test(steps, test_a_stop_elected_as_it_comes_rests_as_no_stop);
	tcase_add_test(steps, test_a_leg_elected_as_it_comes_goes_on);
	tcase_add_test(steps, test_a_replaced_leg_elected_as_it_comes_goes_on);
	tcase_add_test(steps, test_a_replaced_limit_leg_goes_on_with_its_sibling);
	tcase_add_loop_test(steps, test_removals_alone_over_steps, 0, BUS_ARRAY_LEN(removals));
	tcase_add_test(steps, test_a_replacement_over_steps);
	tcase_add_test(steps, test_an_auction_over_steps);
	tcase_add_test(steps, test_a_close_over_steps);
	tcase_add_test(steps, test_a_close_that_takes_siblings_along);
	tcase_add_test(steps, test_a_split_over_steps);
	tcase_add_test(steps, test_each_elected_stop_is_a_step);
	tcase_add_test(steps, test_siblings_that_go_are_not_elected);
	suite_add_tcase(suite, steps);
	tcase_add_checked_fixture(random, setup, teardown);
	tcase_set_timeout(random, 300);
	tcase_add_loop_test(random, test_random_commands, 0, 8);
	suite_add_tcase(suite, random);
	return suite_run(suite);
}
