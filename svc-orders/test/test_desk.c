/*
 * The desk's pure functions, line by line: every command, every answer of the book, every word of
 * the ledger, taken and refused; the invariants are checked after each (desk_script.h).
 */
#include "desk_random.h"
#include "desk_script.h"

static struct desk_script script;

static void setup(void)
{
	script_init(&script);
}

static void teardown(void)
{
	script_release(&script);
}

#define CHECK(lines) script_check(&script, (lines), BUS_ARRAY_LEN(lines))

START_TEST(money_test)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 30 @ 100",
		  "accepted hold 3000 cash 10000/3000 shares 0/0 -> NewOrder AAPL 30 @ 100" },
		{ "place 2 buy 80 @ 100", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "place 3 buy 70 @ 100",
		  "accepted hold 7000 cash 10000/10000 shares 0/0 -> NewOrder AAPL 70 @ 100" },
		{ "place 4 buy 1 @ 0.5", "rejected INSUFFICIENT_BUYING_POWER" },
	};

	CHECK(lines);
}
END_TEST

START_TEST(buy_and_sell)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 60 @ 100 gtc",
		  "accepted hold 6000 cash 10000/6000 shares 0/0 -> NewOrder AAPL 60 @ 100" },
		{ "place 2 sell 1 @ 100", "rejected INSUFFICIENT_POSITION" },
		{ "fill 1 20 @ 99.5 leaves 40",
		  "filled PARTIALLY_FILLED 60,20,40,20 delta -1990 released 10 hold 4000"
		  " cash 8010/4000 shares 20/0" },
		{ "place 2 sell 15 @ 101",
		  "accepted hold 15 cash 8010/4000 shares 20/15 -> NewOrder AAPL 15 @ 101" },
		{ "place 3 sell 6 @ 101", "rejected INSUFFICIENT_POSITION" },
		{ "fill 2 10 @ 102 leaves 5",
		  "filled PARTIALLY_FILLED 15,10,5,10 delta 1020 released 0 hold 5"
		  " cash 9030/4000 shares 10/5" },
		{ "fill 2 5 @ 101 leaves 0",
		  "filled FILLED 15,15,0,5 delta 505 released 0 hold 0 cash 9535/4000 shares 5/0" },
		{ "fill 1 40 @ 100 leaves 0",
		  "filled FILLED 60,60,0,40 delta -4000 released 0 hold 0 cash 5535/0"
		  " shares 45/0" },
	};

	CHECK(lines);
}
END_TEST

START_TEST(market_orders)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ market",
		  "accepted hold 1050 collar 105 cash 10000/1050 shares 0/0"
		  " -> NewOrder AAPL 10 @ 105" },
		{ "fill 1 4 @ 104 leaves 6",
		  "filled PARTIALLY_FILLED 10,4,6,4 delta -416 released 4 hold 630"
		  " cash 9584/630 shares 4/0" },
		{ "fill 1 1 @ 105.01 leaves 5", "park" },
		{ "end 1 6 NO_LIQUIDITY",
		  "ended CANCELED 10,4,0,0 canceled 6 released 630 cash 9584/0 shares 4/0" },
		{ "place 2 sell 4 @ market ioc",
		  "accepted hold 4 collar 95 cash 9584/0 shares 4/4 -> NewOrder AAPL 4 @ 95" },
		{ "fill 2 4 @ 94.99 leaves 0", "park" },
		{ "fill 2 4 @ 95 leaves 0",
		  "filled FILLED 4,4,0,4 delta 380 released 0 hold 0 cash 9964/0 shares 0/0" },
	};
	static const struct desk_line quoted[] = {
		{ "place 3 buy 1 @ market",
		  "accepted hold 614.5965 collar 614.5965 cash 9964/614.5965 shares 0/0"
		  " -> NewOrder AAPL 1 @ 614.5965" },
	};
	static const struct desk_line capped[] = {
		{ "place 4 buy 1 @ market",
		  "accepted hold 120 collar 120 cash 9964/734.5965 shares 0/0"
		  " -> NewOrder AAPL 1 @ 120" },
	};
	static const struct desk_line unknown[] = {
		{ "place 5 buy 1 @ market", "rejected NO_REFERENCE_PRICE" },
	};

	CHECK(lines);
	script_quote(&script, "AAPL", 585330000);
	CHECK(quoted);
	script_instrument(&script, "AAPL", true, true, 0);
	CHECK(capped);
	script_quote(&script, "AAPL", 0);
	CHECK(unknown);
}
END_TEST

START_TEST(refusals)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 1 @ 100 MSFT", "rejected UNKNOWN_SYMBOL" },
		{ "place 1 buy 1 @ 100 CLSD", "rejected MARKET_CLOSED" },
		{ "place 1 buy 0 @ 100", "rejected INVALID_QUANTITY" },
		{ "place 1 buy -1 @ 100", "rejected INVALID_QUANTITY" },
		{ "place 1 buy 1.5 @ 100", "rejected INVALID_QUANTITY" },
		{ "place 1 buy 9000000000000 @ 100", "rejected INVALID_QUANTITY" },
		{ "place 1 sell 9000000000000 @ 100", "rejected INVALID_QUANTITY" },
		{ "place 1 buy 1 @ 0", "rejected INVALID_PRICE" },
		{ "place 1 buy 1 @ -5", "rejected INVALID_PRICE" },
		{ "place 1 buy 1 @ 100.001", "rejected INVALID_PRICE_INCREMENT" },
		{ "place 1 buy 1 @ 0.99999", "rejected INVALID_PRICE_INCREMENT" },
		{ "place 1 buy 1 @ 0.4999", "rejected BELOW_MINIMUM_NOTIONAL" },
		{ "place 1 buy 1 @ 0.9999",
		  "accepted hold 0.9999 cash 10000/0.9999 shares 0/0 -> NewOrder AAPL 1 @ 0.9999" },
		{ "place 2 buy 1 @ 79.99 BAND", "rejected PRICE_OUTSIDE_BAND" },
		{ "place 2 buy 1 @ 120.01 BAND", "rejected PRICE_OUTSIDE_BAND" },
		{ "place 2 buy 1 @ 80 BAND",
		  "accepted hold 80 cash 10000/80.9999 shares 0/0 -> NewOrder BAND 1 @ 80" },
		{ "place 3 buy 1 @ 100 opg", "rejected AUCTION_OVER" },
		{ "place 3 buy 1 @ 100 cls",
		  "accepted hold 100 cash 10000/180.9999 shares 0/0 -> NewOrder AAPL 1 @ 100" },
	};

	script_instrument(&script, "BAND", true, true, 100 * BUS_MICROS);
	script_instrument(&script, "CLSD", false, false, 100 * BUS_MICROS);
	CHECK(lines);
	bus_fold_now(script.fold, NOON + BUS_MICROS);
	script_run(&script, "place 4 buy 1 @ 100");
	ck_assert_str_eq(script.text, "rejected MARKET_CLOSED");
}
END_TEST

/* A form that is answered with a fact, or, where no fact could say it, refused as unreadable. */
START_TEST(odd_forms)
{
	static const char long_name[] =
		"0123456789012345678901234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678901234567890123456789012345678";
	static const struct {
		int side, type, tif, stp;
		int64_t quantity, notional, limit, stop, trail, percent;
		bool post_only;
		const char *symbol, *client_order_id, *output;
	} rows[] = {
		{ 0, 2, 1, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 2, 0, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 3, 1, 0, 1, 0, 0, 9, 0, 0, false, "AAPL", "",
		  "rejected INVALID_PRICE_INCREMENT" },
		{ 1, 3, 1, 0, 1, 0, 0, 0, 0, 0, false, "AAPL", "", "rejected INVALID_PRICE" },
		{ 1, 3, 3, 0, 1, 0, 0, 9, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 4, 1, 0, 1, 0, 0, 9, 0, 0, false, "AAPL", "", "rejected INVALID_PRICE" },
		{ 1, 5, 1, 0, 1, 0, 0, 9, 9, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 5, 1, 0, 1, 0, 0, 0, 9, 9, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 5, 1, 0, 1, 0, 0, 0, 0, 0, false, "AAPL", "", "rejected INVALID_PRICE" },
		{ 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, true, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 2, 3, 0, 1, 0, 1, 0, 0, 0, true, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 2, 1, 0, 0, 5, 1, 0, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 1, 2, 0, 0, 5, 0, 0, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 1, 1, 0, 0, -5, 0, 0, 0, 0, false, "AAPL", "", "rejected INVALID_QUANTITY" },
		{ 1, 1, 1, 0, 1, 5, 0, 0, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 2, 1, 0, 1, 0, 1, 9, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 2, 1, 0, 1, 0, 1, 0, 9, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 2, 1, 0, 1, 0, 1, 0, 0, 9, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "rejected INVALID_FIELD" },
		{ 1, 2, 1, 0, 1, 0, 1, 0, 0, 0, false, "", "", "rejected UNKNOWN_SYMBOL" },
		{ 3, 2, 1, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "error -17" },
		{ -1, 2, 1, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "error -17" },
		{ 1, 6, 1, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "error -17" },
		{ 1, 2, 7, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "error -17" },
		{ 1, 2, 1, 6, 1, 0, 1, 0, 0, 0, false, "AAPL", "", "error -17" },
		{ 1, 2, 1, 0, 1, 0, 1, 0, 0, 0, false, "AAPL", long_name, "error -17" },
		{ 1, 2, 1, 0, 1, 0, 1, 0, 0, 0, false, long_name, "", "error -17" },
	};

	script_run(&script, "deposit 10000");
	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		ORDERS(PlaceOrder) command = BOURSE__ORDERS__V1__PLACE_ORDER__INIT;

		command.account_id = (char *)ACCOUNT;
		command.side = (ORDERS(Side))rows[i].side;
		command.type = (ORDERS(OrderType))rows[i].type;
		command.time_in_force = (ORDERS(TimeInForce))rows[i].tif;
		command.self_trade_prevention = (ORDERS(SelfTradePrevention))rows[i].stp;
		command.quantity_micros = rows[i].quantity * BUS_MICROS;
		command.notional_micros = rows[i].notional * BUS_MICROS;
		command.limit_price_micros = rows[i].limit * BUS_MICROS;
		command.stop_price_micros = rows[i].stop;
		command.trail_price_micros = rows[i].trail;
		command.trail_percent_micros = rows[i].percent;
		command.post_only = rows[i].post_only;
		command.symbol = (char *)rows[i].symbol;
		command.client_order_id = (char *)rows[i].client_order_id;
		script_input(&script, "orders.commands", NULL, &command.base);
		ck_assert_msg(strcmp(script.text, rows[i].output) == 0, "row %zu: %s", i,
			      script.text);
	}
}
END_TEST

/* An account is a UUID in lower case: another spelling would be another key of the same account. */
START_TEST(odd_accounts)
{
	static const char *const accounts[] = { "alice", "0A0A0A0A-0000-4000-8000-00000000000A" };

	for (size_t i = 0; i < BUS_ARRAY_LEN(accounts); i++) {
		script.account = accounts[i];
		script_run(&script, "place 1 buy 1 @ 100");
		ck_assert_int_eq(script.result, BUS_ERR_INVALID);
		script_run(&script, "cancel 1");
		ck_assert_int_eq(script.result, BUS_ERR_INVALID);
		script_run(&script, "decrease 1 1");
		ck_assert_int_eq(script.result, BUS_ERR_INVALID);
		script_run(&script, "deposit 5");
		ck_assert_int_eq(script.result, BUS_ERR_PARK);
	}
}
END_TEST

START_TEST(client_order_ids)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 id=x",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "place 2 buy 10 @ 100.00 id=x", "already placed" },
		{ "place 3 buy 11 @ 100 id=x", "rejected DUPLICATE_CLIENT_ORDER_ID" },
		{ "place 3 buy 10 @ 101 id=x", "rejected DUPLICATE_CLIENT_ORDER_ID" },
		{ "place 3 buy 10 @ 100 gtc id=x", "rejected DUPLICATE_CLIENT_ORDER_ID" },
		{ "place 3 sell 10 @ 100 id=x", "rejected DUPLICATE_CLIENT_ORDER_ID" },
		{ "place 3 buy 10 @ 100 MSFT id=x", "rejected DUPLICATE_CLIENT_ORDER_ID" },
		{ "place 3 buy 1000 @ 100 id=y", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "place 4 buy 1 @ 100 id=y",
		  "accepted hold 100 cash 10000/1100 shares 0/0 -> NewOrder AAPL 1 @ 100" },
		{ "cancel id=x", "cancel requested -> CancelOrder AAPL" },
		{ "decreased 1 4 leaves 6",
		  "decreased 6,0,6,0 released 400 hold 600 cash 10000/700 shares 0/0" },
		{ "place 5 buy 10 @ 100 id=x", "already placed" },
		{ "end 1 6 REQUESTED",
		  "ended CANCELED 6,0,0,0 canceled 6 released 600 cash 10000/100 shares 0/0" },
		{ "place 5 buy 10 @ 100 id=x", "already placed" },
		{ "cancel id=x", "cancel rejected TOO_LATE CANCELED" },
		{ "cancel id=z", "cancel rejected UNKNOWN_ORDER UNSPECIFIED" },
	};
	static const struct desk_line other[] = {
		{ "place 1 buy 10 @ 100 id=x", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "cancel id=y", "cancel rejected UNKNOWN_ORDER UNSPECIFIED" },
	};

	CHECK(lines);
	script.account = OTHER;
	CHECK(other);
}
END_TEST

/* An order without a client order id answers to its own id. */
START_TEST(nameless_orders)
{
	char line[128], id[BUS_ID_TEXT];

	script_run(&script, "deposit 10000");
	script_run(&script, "place 1 buy 10 @ 100");
	script_order_id(&script, 1, id);
	ck_assert_str_eq(((const ORDERS(OrderAccepted) *)bus_fold_fact(script.fold, 0)->message)
				 ->client_order_id,
			 id);
	snprintf(line, sizeof(line), "place 2 buy 10 @ 100 id=%s", id);
	script_run(&script, line);
	ck_assert_str_eq(script.text, "already placed");
	snprintf(line, sizeof(line), "cancel id=%s", id);
	script_run(&script, line);
	ck_assert_str_eq(script.text, "cancel requested -> CancelOrder AAPL");
}
END_TEST

START_TEST(same_command_id_two_accounts)
{
	char mine[BUS_ID_TEXT], others[BUS_ID_TEXT];

	script_run(&script, "deposit 1000");
	script_run(&script, "place 1 buy 1 @ 100");
	script_order_id(&script, 1, mine);
	script.account = OTHER;
	script_run(&script, "deposit 1000");
	script_run(&script, "place 1 buy 1 @ 100");
	ck_assert_str_eq(script.text,
			 "accepted hold 100 cash 1000/100 shares 0/0 -> NewOrder AAPL 1 @ 100");
	script_order_id(&script, 1, others);
	ck_assert_str_ne(mine, others);

	ORDERS(CancelOrder) cancel = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;
	cancel.account_id = (char *)OTHER;
	cancel.order_id = mine;
	script_input(&script, "orders.commands", NULL, &cancel.base);
	ck_assert_str_eq(script.text, "cancel rejected UNKNOWN_ORDER UNSPECIFIED");
}
END_TEST

/* FIX 4.4 appendix D, as quantity,cum,leaves,last. */
START_TEST(fix_cancel_races_fills)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10000 @ 1",
		  "accepted hold 10000 cash 10000/10000 shares 0/0 -> NewOrder AAPL 10000 @ 1" },
		{ "fill 1 2000 @ 1 leaves 8000",
		  "filled PARTIALLY_FILLED 10000,2000,8000,2000 delta -2000 released 0 hold 8000"
		  " cash 8000/8000 shares 2000/0" },
		{ "fill 1 3000 @ 1 leaves 5000",
		  "filled PARTIALLY_FILLED 10000,5000,5000,3000 delta -3000 released 0 hold 5000"
		  " cash 5000/5000 shares 5000/0" },
		{ "cancel 1", "cancel requested -> CancelOrder AAPL" },
		{ "cancel 1", "cancel rejected PENDING PENDING_CANCEL" },
		{ "decrease 1 10", "decrease rejected PENDING PENDING_CANCEL" },
		{ "fill 1 1000 @ 1 leaves 4000",
		  "filled PENDING_CANCEL 10000,6000,4000,1000 delta -1000 released 0 hold 4000"
		  " cash 4000/4000 shares 6000/0" },
		{ "end 1 4000 REQUESTED",
		  "ended CANCELED 10000,6000,0,0 canceled 4000 released 4000 cash 4000/0"
		  " shares 6000/0" },
		{ "cancel 1", "cancel rejected TOO_LATE CANCELED" },
		{ "decrease 1 10", "decrease rejected TOO_LATE CANCELED" },
		{ "fill 1 1 @ 1 leaves 0", "park" },
		{ "end 1 0 REQUESTED", "park" },
	};

	CHECK(lines);
}
END_TEST

START_TEST(fix_cancel_with_no_fill)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000 AAPL", "shares AAPL 10000/0" },
		{ "place 1 sell 10000 @ 5",
		  "accepted hold 10000 cash 0/0 shares 10000/10000 -> NewOrder AAPL 10000 @ 5" },
		{ "cancel 1", "cancel requested -> CancelOrder AAPL" },
		{ "end 1 10000 REQUESTED",
		  "ended CANCELED 10000,0,0,0 canceled 10000 released 10000 cash 0/0"
		  " shares 10000/0" },
	};

	CHECK(lines);
}
END_TEST

/* A fill that came first wins, and the request is told so. */
START_TEST(fill_beats_cancel)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 1000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "decrease 1 5", "decrease requested -> DecreaseOrder AAPL" },
		{ "cancel 1", "cancel requested -> CancelOrder AAPL" },
		{ "fill 1 10 @ 100 leaves 0",
		  "filled FILLED 10,10,0,10 delta -1000 released 0 hold 0 cash 0/0 shares 10/0" },
		{ "late 1 decrease", "decrease rejected TOO_LATE FILLED" },
		{ "late 1 cancel", "cancel rejected TOO_LATE FILLED" },
		{ "late 1 other", "park" },
	};

	CHECK(lines);
}
END_TEST

START_TEST(decreases)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 1000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "decrease 1 0", "decrease rejected INVALID_QUANTITY NEW" },
		{ "decrease 1 -1", "decrease rejected INVALID_QUANTITY NEW" },
		{ "decrease 1 0.5", "decrease rejected INVALID_QUANTITY NEW" },
		{ "decrease 2 1", "decrease rejected UNKNOWN_ORDER UNSPECIFIED" },
		{ "decrease 1 3", "decrease requested -> DecreaseOrder AAPL" },
		{ "fill 1 2 @ 100 leaves 8",
		  "filled PARTIALLY_FILLED 10,2,8,2 delta -200 released 0 hold 800 cash 800/800"
		  " shares 2/0" },
		{ "decreased 1 3 leaves 6", "park" },
		{ "decreased 1 8 leaves 0", "park" },
		{ "decreased 1 3 leaves 5",
		  "decreased 7,2,5,0 released 300 hold 500 cash 800/500 shares 2/0" },
		{ "decrease 1 100", "decrease requested -> DecreaseOrder AAPL" },
		{ "end 1 5 DECREASED",
		  "ended CANCELED 7,2,0,0 canceled 5 released 500 cash 800/0 shares 2/0" },
		{ "decreased 1 1 leaves 0", "park" },
	};

	CHECK(lines);
}
END_TEST

START_TEST(the_book_ends_orders)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 5 @ 100",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "end 1 4 SESSION_CLOSE", "park" },
		{ "end 1 5 SESSION_CLOSE",
		  "ended EXPIRED 5,0,0,0 canceled 5 released 500 cash 1000/0 shares 0/0" },
		{ "place 2 buy 5 @ 100 ioc",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "end 2 5 IOC",
		  "ended CANCELED 5,0,0,0 canceled 5 released 500 cash 1000/0 shares 0/0" },
		{ "place 3 buy 5 @ 100 fok",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "refuse 3 MARKET_CLOSED", "rejected MARKET_CLOSED cash 1000/0 shares 0/0" },
		{ "refuse 3 MARKET_CLOSED", "park" },
		{ "place 4 buy 5 @ 100",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "fill 4 1 @ 100 leaves 4",
		  "filled PARTIALLY_FILLED 5,1,4,1 delta -100 released 0 hold 400 cash 900/400"
		  " shares 1/0" },
		{ "refuse 4 HALTED", "park" },
	};

	CHECK(lines);
}
END_TEST

START_TEST(executions_that_do_not_fit)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 5 @ 100",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "fill 2 1 @ 100 leaves 4", "park" },
		{ "fill 1 6 @ 100 leaves 0", "park" },
		{ "fill 1 1 @ 100 leaves 3", "park" },
		{ "fill 1 1 @ 100 leaves 5", "park" },
		{ "fill 1 0 @ 100 leaves 5", "park" },
		{ "fill 1 -1 @ 100 leaves 6", "park" },
		{ "fill 1 1 @ 100.01 leaves 4", "park" },
		{ "fill 1 1 @ 0 leaves 4", "park" },
		{ "late 2 cancel", "park" },
		{ "end 2 5 REQUESTED", "park" },
		{ "decreased 2 1 leaves 4", "park" },
		{ "refuse 2 HALTED", "park" },
		{ "deposit 5 AAPL", "shares AAPL 5/0" },
		{ "place 3 sell 5 @ 100",
		  "accepted hold 5 cash 1000/500 shares 5/5 -> NewOrder AAPL 5 @ 100" },
		{ "fill 3 1 @ 99.99 leaves 4", "park" },
	};

	CHECK(lines);
}
END_TEST

START_TEST(withdrawals)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "deposit 5 AAPL", "shares AAPL 5/0" },
		{ "deposit 0", "park" },
		{ "deposit -1 AAPL", "park" },
		{ "place 1 buy 4 @ 100",
		  "accepted hold 400 cash 1000/400 shares 5/0 -> NewOrder AAPL 4 @ 100" },
		{ "withdraw 1 600.01", "withdrawal refused INSUFFICIENT_BUYING_POWER" },
		{ "withdraw 1 600", "withdrawal held cash 1000/1000 shares 0/0" },
		{ "withdraw 1 600", "park" },
		{ "place 2 buy 1 @ 1", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "booked 1 500", "park" },
		{ "booked 2 600", "park" },
		{ "booked 1 600 AAPL", "park" },
		{ "booked 1 600", "cash 400/400" },
		{ "booked 1 600", "park" },
		{ "withdraw 3 6 AAPL", "withdrawal refused INSUFFICIENT_POSITION" },
		{ "withdraw 3 4 AAPL", "withdrawal held cash 400/400 shares 5/4" },
		{ "place 2 sell 2 @ 1", "rejected INSUFFICIENT_POSITION" },
		{ "booked 3 4", "park" },
		{ "booked 3 4 AAPL", "shares AAPL 1/0" },
		{ "withdraw 4 -1", "park" },
	};

	CHECK(lines);
}
END_TEST

START_TEST(blocked_accounts)
{
	static const struct desk_line before[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 4 @ 100 id=x",
		  "accepted hold 400 cash 1000/400 shares 0/0 -> NewOrder AAPL 4 @ 100" },
	};
	static const struct desk_line blocked[] = {
		{ "place 2 buy 1 @ 100", "rejected ACCOUNT_BLOCKED" },
		{ "place 2 buy 4 @ 100 id=x", "already placed" },
		{ "withdraw 1 1", "withdrawal refused ACCOUNT_BLOCKED" },
		{ "cancel 1", "cancel requested -> CancelOrder AAPL" },
	};
	static const struct desk_line parked[] = {
		{ "place 2 buy 1 @ 100", "rejected ACCOUNT_BLOCKED" },
		{ "cancel 1", "cancel rejected ACCOUNT_BLOCKED PENDING_CANCEL" },
		{ "cancel 9", "cancel rejected ACCOUNT_BLOCKED UNSPECIFIED" },
		{ "decrease 1 1", "decrease rejected ACCOUNT_BLOCKED PENDING_CANCEL" },
	};

	CHECK(before);
	script_account(&script, ACCOUNT_STATUS(BLOCKED), false);
	CHECK(blocked);
	script_account(&script, ACCOUNT_STATUS(CLOSED), false);
	script_run(&script, "place 3 buy 1 @ 100");
	ck_assert_str_eq(script.text, "rejected ACCOUNT_BLOCKED");
	script.blocked = true;
	CHECK(parked);
}
END_TEST

START_TEST(firm_accounts_go_below_zero)
{
	static const struct desk_line lines[] = {
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 firm cash 0/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 10 @ 99 leaves 0",
		  "filled FILLED 10,10,0,10 delta -990 released 10 hold 0 cash -990/0"
		  " shares 10/0" },
		{ "place 2 sell 15 @ 100",
		  "accepted hold 15 firm cash -990/0 shares 10/15 -> NewOrder AAPL 15 @ 100" },
		{ "fill 2 15 @ 100 leaves 0",
		  "filled FILLED 15,15,0,15 delta 1500 released 0 hold 0 cash 510/0"
		  " shares -5/0" },
		{ "withdraw 1 600", "withdrawal held cash 510/600 shares 0/0" },
		{ "booked 1 600", "cash -90/0" },
		/* but nobody can be handed shares that are not there */
		{ "withdraw 2 1 AAPL", "withdrawal refused INSUFFICIENT_POSITION" },
		{ "deposit 8 MSFT", "shares MSFT 8/0" },
		{ "withdraw 2 8.000001 MSFT", "withdrawal refused INSUFFICIENT_POSITION" },
		{ "withdraw 3 5 MSFT", "withdrawal held cash -90/0 shares 8/5" },
		{ "withdraw 4 4 MSFT", "withdrawal refused INSUFFICIENT_POSITION" },
		{ "booked 3 5 MSFT", "shares MSFT 3/0" },
	};

	script_account(&script, ACCOUNT_STATUS(OPEN), true);
	CHECK(lines);
}
END_TEST

START_TEST(balances_that_leave_64_bits)
{
	static const struct desk_line lines[] = {
		{ "deposit 9223372036854.775807", "cash 9223372036854.775807/0" },
		{ "deposit 0.000001", "error -31" },
		{ "deposit 1 AAPL", "shares AAPL 1/0" },
		{ "place 1 sell 1 @ 100", "accepted hold 1 cash 9223372036854.775807/0 shares 1/1"
					  " -> NewOrder AAPL 1 @ 100" },
		{ "fill 1 1 @ 100 leaves 0", "error -31" },
	};

	CHECK(lines);
}
END_TEST

/* Random streams *************************************************************************** */

/*
 * Whatever comes, in whatever order: the invariants hold after every line (script_input checks
 * them), a command always has its fact, and nothing but a fact changes a balance.
 */
START_TEST(random_streams)
{
	uint64_t seed = 0x9e3779b97f4a7c15u + (uint64_t)_i;
	int accepted = 0, parked = 0;
	char line[256];

	script.shorting = (_i & 1) != 0;
	script.fee_group = (_i & 2) != 0 ? "active" : "";
	script_account(&script, ACCOUNT_STATUS(OPEN), false);
	script_run(&script, "deposit 20000");
	script_run(&script, "deposit 100 AAPL");
	for (int step = 0; step < 3000; step++) {
		script_random_line(&script, &seed, step, line, sizeof(line));
		script_run(&script, line);
		ck_assert_msg(script.len > 0, "nothing followed: %s", line);
		ck_assert(script.result == 0 || script.result == BUS_ERR_PARK);
		accepted += strncmp(script.text, "accepted", 8) == 0;
		parked += script.result == BUS_ERR_PARK;
	}
	ck_assert_int_gt(accepted, 100);
	ck_assert_int_gt(parked, 100);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		money_test,
		buy_and_sell,
		market_orders,
		refusals,
		odd_forms,
		odd_accounts,
		client_order_ids,
		nameless_orders,
		same_command_id_two_accounts,
		fix_cancel_races_fills,
		fix_cancel_with_no_fill,
		fill_beats_cancel,
		decreases,
		the_book_ends_orders,
		executions_that_do_not_fit,
		withdrawals,
		blocked_accounts,
		firm_accounts_go_below_zero,
		balances_that_leave_64_bits,
	};
	Suite *suite = suite_create("desk");
	TCase *tcase = tcase_create("desk");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < BUS_ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, random_streams, 0, 8);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
