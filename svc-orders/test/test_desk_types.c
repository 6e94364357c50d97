/*
 * Order types and options: stops, amounts, self-trade prevention, fees.
 */
#include "desk_suite.h"

/* A stop holds for its collar, waits for its election, and is then a market or limit order. */
START_TEST(stops)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 50 AAPL", "shares AAPL 50/0" },
		{ "place 1 buy 10 @ market stop=110",
		  "accepted hold 1155 collar 115.5 cash 10000/1155 shares 50/0 -> NewOrder AAPL 10 "
		  "@ 115.5 stop 110" },
		{ "fill 1 1 @ 110 leaves 9", "park" },
		{ "triggered 1", "triggered" },
		{ "triggered 1", "park" },
		{ "fill 1 1 @ 115.5 leaves 9",
		  "filled PARTIALLY_FILLED 10,1,9,1 delta -115.5 released 0 hold 1039.5 cash "
		  "9884.5/1039.5 shares 51/0" },
		{ "fill 1 9 @ 115.51 leaves 0", "park" },
		{ "fill 1 9 @ 112 leaves 0", "filled FILLED 10,10,0,9 delta -1008 released 31.5 "
					     "hold 0 cash 8876.5/0 shares 60/0" },
		{ "place 2 sell 10 @ 89 stop=90 gtc",
		  "accepted hold 10 cash 8876.5/0 shares 60/10 -> NewOrder AAPL 10 @ 89 stop 90" },
		{ "triggered 2", "triggered" },
		{ "fill 2 10 @ 88.99 leaves 0", "park" },
		{ "fill 2 10 @ 89 leaves 0", "filled FILLED 10,10,0,10 delta 890 released 0 hold 0 "
					     "cash 9766.5/0 shares 50/0" },
		{ "place 3 sell 10 @ market trail=5",
		  "accepted hold 10 collar 90.25 cash 9766.5/0 shares 50/10 -> NewOrder AAPL 10 @ "
		  "90.25 trail 5" },
		{ "place 4 sell 10 @ market trail=2%",
		  "accepted hold 10 collar 93.1 cash 9766.5/0 shares 50/20 -> NewOrder AAPL 10 @ "
		  "93.1 percent 2" },
		{ "place 5 buy 10 @ market trail=2%",
		  "accepted hold 1071 collar 107.1 cash 9766.5/1071 shares 50/20 -> NewOrder AAPL "
		  "10 @ 107.1 percent 2" },
		{ "place 6 sell 10 @ market trail=100", "rejected INVALID_PRICE" },
		{ "place 6 sell 10 @ market trail=100%", "rejected INVALID_FIELD" },
		{ "replace 3 6 trail=4", "replace requested hold 0 collar 91.2 cash 9766.5/1071 "
					 "shares 50/20 -> ReplaceOrder AAPL 10 @ 91.2" },
		{ "replaced 3 6 10 leaves 10",
		  "replaced NEW 10,0,10,0 released 0 hold 10 cash 9766.5/1071 shares 50/20" },
		{ "triggered 6", "triggered" },
		{ "replace 6 7 trail=3", "replace rejected INVALID_FIELD NEW" },
		{ "replace 6 7 qty=5", "replace requested hold 0 collar 91.2 cash 9766.5/1071 "
				       "shares 50/20 -> ReplaceOrder AAPL 5 @ 91.2" },
		{ "replaced 6 7 5 leaves 5",
		  "replaced NEW 5,0,5,0 released 5 hold 5 cash 9766.5/1071 shares 50/15" },
		{ "fill 7 5 @ 91 leaves 0", "park" },
		{ "refuse 4 NO_REFERENCE_PRICE",
		  "rejected NO_REFERENCE_PRICE cash 9766.5/1071 shares 50/5" },
		{ "end 5 10 GTC_EXPIRED",
		  "ended EXPIRED 10,0,0,0 canceled 10 released 1071 cash 9766.5/0 shares 50/5" },
	};

	CHECK(lines);
}
END_TEST

/* The amount is held; quantity is only its upper bound. */
START_TEST(notional_buy)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy $500 @ market", "accepted hold 500 collar 105 cash 1000/500 shares "
					       "0/0 -> NewOrder AAPL 5000000 @ 105 notional 500" },
		{ "fill 1 2 @ 101 leaves 4999998",
		  "filled PARTIALLY_FILLED 5000000,2,4999998,2 delta -202 released 0 hold 298 cash "
		  "798/298 shares 2/0" },
		{ "fill 1 3 @ 102 leaves 4999995", "park" },
		{ "fill 1 2 @ 99 leaves 4999996",
		  "filled PARTIALLY_FILLED 5000000,4,4999996,2 delta -198 released 0 hold 100 cash "
		  "600/100 shares 4/0" },
		{ "fill 1 2 @ 99 leaves 4999994", "park" },
		{ "completed 1 dropped 4999993", "park" },
		{ "fill 1 1 @ 95 leaves 4999995",
		  "filled PARTIALLY_FILLED 5000000,5,4999995,1 delta -95 released 0 hold 5 cash "
		  "505/5 shares 5/0" },
		{ "completed 1 dropped 4999995",
		  "completed 5 for 495 released 5 cash 505/0 shares 5/0" },
		{ "place 2 buy $500 @ market ioc",
		  "accepted hold 500 collar 105 cash 505/500 shares 5/0 -> NewOrder AAPL 5000000 @ "
		  "105 notional 500" },
		{ "fill 2 4 @ 100 leaves 4999996",
		  "filled PARTIALLY_FILLED 5000000,4,4999996,4 delta -400 released 0 hold 100 cash "
		  "105/100 shares 9/0" },
		{ "end 2 4999996 NO_LIQUIDITY", "ended CANCELED 5000000,4,0,0 canceled 4999996 "
						"released 100 cash 105/0 shares 9/0" },
	};

	CHECK(lines);
}
END_TEST

/* As many shares are held as the amount takes at the collar. */
START_TEST(notional_sell)
{
	static const struct desk_line lines[] = {
		{ "deposit 6 AAPL", "shares AAPL 6/0" },
		{ "place 1 sell $500 @ market", "accepted hold 6 collar 95 cash 0/0 shares 6/6 -> "
						"NewOrder AAPL 6 @ 95 notional 500" },
		{ "fill 1 3 @ 100 leaves 3", "filled PARTIALLY_FILLED 6,3,3,3 delta 300 released 0 "
					     "hold 3 cash 300/0 shares 3/3" },
		{ "fill 1 2 @ 99 leaves 1", "filled PARTIALLY_FILLED 6,5,1,2 delta 198 released 0 "
					    "hold 1 cash 498/0 shares 1/1" },
		{ "completed 1 dropped 1", "completed 5 for 498 released 1 cash 498/0 shares 1/0" },
		{ "place 2 sell $500 @ market", "rejected INSUFFICIENT_POSITION" },
	};

	CHECK(lines);
}
END_TEST

/* Both go down by the smaller; what has nothing left is canceled, with what has traded. */
START_TEST(self_trades)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 50 AAPL", "shares AAPL 50/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 10000/1000 shares 50/0 -> NewOrder AAPL 10 @ 100" },
		{ "place 2 sell 4 @ 100 stp=5",
		  "accepted hold 4 cash 10000/1000 shares 50/4 -> NewOrder AAPL 4 @ 100" },
		{ "prevented 4 1 6 2 0",
		  "prevented #1 NEW 6,0,6 prevented 4 released 400 hold 600 cash 10000/600 shares "
		  "50/4 prevented #2 CANCELED 0,0,0 prevented 4 released 4 hold 0 cash 10000/600 "
		  "shares 50/0" },
		{ "fill 1 1 @ 100 leaves 5", "filled PARTIALLY_FILLED 6,1,5,1 delta -100 released "
					     "0 hold 500 cash 9900/500 shares 51/0" },
		{ "place 3 sell 20 @ 99 stp=5",
		  "accepted hold 20 cash 9900/500 shares 51/20 -> NewOrder AAPL 20 @ 99" },
		{ "prevented 5 1 0 3 15",
		  "prevented #1 CANCELED 1,1,0 prevented 9 released 500 hold 0 cash 9900/0 shares "
		  "51/20 prevented #3 NEW 15,0,15 prevented 5 released 5 hold 15 cash 9900/0 "
		  "shares 51/15" },
		{ "prevented 5 1 0 3 10", "park" },
		{ "prevented 16 3 0 3 0", "park" },
		{ "place 4 buy 10 @ 100 oto tp=120 stp=5",
		  "accepted hold 1000 cash 9900/1000 shares 51/15 accepted #4.1 HELD -> NewOrder "
		  "AAPL 10 @ 100" },
		{ "fill 4 2 @ 100 leaves 8", "filled PARTIALLY_FILLED 10,2,8,2 delta -200 released "
					     "0 hold 800 cash 9700/800 shares 53/15" },
		{ "place 5 sell 20 @ 100 stp=5",
		  "accepted hold 20 cash 9700/800 shares 53/35 -> NewOrder AAPL 20 @ 100" },
		{ "prevented 8 4 0 5 12",
		  "prevented #4 CANCELED 2,2,0 prevented 8 released 800 hold 0 cash 9700/0 shares "
		  "53/35 activated #4.1 2 hold 2 cash 9700/0 shares 53/37 prevented #5 NEW 12,0,12 "
		  "prevented 8 released 8 hold 12 cash 9700/0 shares 53/29 -> NewOrder AAPL 2 @ "
		  "120" },
		{ "place 6 buy 5 @ 100 stp=2",
		  "accepted hold 500 cash 9700/500 shares 53/29 -> NewOrder AAPL 5 @ 100" },
		{ "end 6 5 SELF_TRADE",
		  "ended CANCELED 5,0,0,0 canceled 5 released 500 cash 9700/0 shares 53/29" },
	};

	CHECK(lines);
}
END_TEST

/* Maker, taker and regulatory fees; the hold is for the dearest. */
START_TEST(active_fees)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100", "accepted hold 1000.5 fee hold 0.5 cash 10000/1000.5 "
					  "shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 4 @ 99 leaves 6 maker",
		  "filled PARTIALLY_FILLED 10,4,6,4 delta -396.0792 released 4.1208 hold 600.3 fee "
		  "hold 0.3 cash 9603.9208/600.3 shares 4/0 fee 0.0792" },
		{ "fill 1 6 @ 100 leaves 0 taker",
		  "filled FILLED 10,10,0,6 delta -600.3 released 0 hold 0 cash 9003.6208/0 shares "
		  "10/0 fee 0.3" },
		{ "place 2 sell 10 @ 100",
		  "accepted hold 10 cash 9003.6208/0 shares 10/10 -> NewOrder AAPL 10 @ 100" },
		{ "fill 2 5 @ 100 leaves 5 maker",
		  "filled PARTIALLY_FILLED 10,5,5,5 delta 499.88527 released 0 hold 5 cash "
		  "9503.50607/0 shares 5/5 fee 0.11473 of it regulatory 0.01473" },
		{ "fill 2 5 @ 101 leaves 0 taker",
		  "filled FILLED 10,10,0,5 delta 504.732631 released 0 hold 0 cash 10008.238701/0 "
		  "shares 0/0 fee 0.267369 of it regulatory 0.014869" },
		{ "place 3 buy $500 @ market",
		  "accepted hold 500.25 fee hold 0.25 collar 105 cash 10008.238701/500.25 shares "
		  "0/0 -> NewOrder AAPL 5000000 @ 105 notional 500" },
		{ "end 3 5000000 NO_LIQUIDITY", "ended CANCELED 5000000,0,0,0 canceled 5000000 "
						"released 500.25 cash 10008.238701/0 shares 0/0" },
		{ "place 4 buy 99 @ 100",
		  "accepted hold 9904.95 fee hold 4.95 cash 10008.238701/9904.95 shares 0/0 -> "
		  "NewOrder AAPL 99 @ 100" },
		{ "place 4 buy 98 @ 100", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "replace 4 5 qty=90", "replace requested hold 0 cash 10008.238701/9904.95 shares "
					"0/0 -> ReplaceOrder AAPL 90 @ 100" },
		{ "replaced 4 5 90 leaves 90", "replaced NEW 90,0,90,0 released 900.45 hold 9004.5 "
					       "fee hold 4.5 cash 10008.238701/9004.5 shares 0/0" },
		{ "end 5 90 REQUESTED", "ended CANCELED 90,0,0,0 canceled 90 released 9004.5 cash "
					"10008.238701/0 shares 0/0" },
	};

	script.fee_group = "active";
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

/* Regulatory fees alone; an unknown group pays nothing. */
START_TEST(retail_fees)
{
	static const struct desk_line first[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 10 @ 100 leaves 0 taker", "filled FILLED 10,10,0,10 delta -1000 released "
						    "0 hold 0 cash 9000/0 shares 10/0" },
		{ "place 2 sell 10 @ 100",
		  "accepted hold 10 cash 9000/0 shares 10/10 -> NewOrder AAPL 10 @ 100" },
		{ "fill 2 10 @ 100 leaves 0 maker",
		  "filled FILLED 10,10,0,10 delta 999.97054 released 0 hold 0 cash 9999.97054/0 "
		  "shares 0/0 fee 0.02946 of it regulatory 0.02946" },
	};
	static const struct desk_line second[] = {
		{ "place 3 buy 10 @ 100",
		  "accepted hold 1000 cash 9999.97054/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "fill 3 10 @ 100 leaves 0 taker", "filled FILLED 10,10,0,10 delta -1000 released "
						    "0 hold 0 cash 8999.97054/0 shares 10/0" },
	};

	script.fee_group = "retail";
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(first);
	script.fee_group = "nonsense";
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(second);
}
END_TEST

static const BOOKS(NewOrder) * new_order(size_t n)
{
	const struct bus_fold_reaction *reaction = bus_fold_reaction(script.fold, n);

	ck_assert_ptr_eq(reaction->message->descriptor, BOOKS_D(new_order));
	return (const void *)reaction->message;
}

/* The book hears all that it must know of an order. */
START_TEST(told_to_the_book)
{
	const int64_t day = INT64_C(86400) * BUS_MICROS;
	const BOOKS(NewOrder) * order, *other;

	script.actions = 3;
	script_refer(ACCOUNT_STATUS(OPEN));
	script_run(&script, "deposit 10000");
	script_run(&script, "place 1 buy 10 @ 100 gtc stp=3");
	order = new_order(0);
	ck_assert_int_eq(order->expires_at_micros, NOON + 90 * day);
	ck_assert_int_eq(order->actions, 3);
	ck_assert_int_eq((int)order->self_trade_prevention, ORDER_STP_CANCEL_OLDEST);
	ck_assert_str_eq(order->sibling_order_id, "");
	script_run(&script, "place 2 buy 10 @ 95 oco sl=105:106");
	order = new_order(0);
	other = new_order(1);
	ck_assert_str_eq(order->sibling_order_id, other->order_id);
	ck_assert_str_eq(other->sibling_order_id, order->order_id);
	ck_assert_int_eq((int)other->type, ORDER_STOP_LIMIT);
	ck_assert_int_eq(other->limit_price_micros, 106 * BUS_MICROS);
	ck_assert_int_eq(other->expires_at_micros, 0);
	script_run(&script, "place 3 buy $500 @ market ioc");
	order = new_order(0);
	ck_assert_int_eq(order->notional_micros, 500 * BUS_MICROS);
	ck_assert_int_eq(order->quantity_increment_micros, BUS_MICROS);
	script_run(&script, "place 4 buy 10 @ market trail=2% gtc");
	order = new_order(0);
	ck_assert_int_eq(order->trail_percent_micros, 2 * BUS_MICROS);
	ck_assert_int_eq(order->reference_price_micros, 100 * BUS_MICROS);
	script_run(&script, "replace 1 5 qty=12");
	ck_assert_int_eq(
		((const BOOKS(ReplaceOrder) *)(const void *)bus_fold_reaction(script.fold, 0)
			 ->message)
			->expires_at_micros,
		NOON + 90 * day);
}
END_TEST

/* Of the entry's time in force, and of its kind of self-trade prevention, are the legs. */
START_TEST(legs_told_to_the_book)
{
	const BOOKS(NewOrder) * first, *second;

	script_run(&script, "deposit 10000");
	script_run(&script, "place 1 buy 10 @ 100 gtc stp=4 bracket tp=110 sl=90");
	ck_assert_uint_eq(bus_fold_reaction_count(script.fold), 1);
	script_run(&script, "fill 1 10 @ 100 leaves 0");
	first = new_order(0);
	second = new_order(1);
	ck_assert_int_eq((int)first->side, ORDER_SELL);
	ck_assert_int_eq((int)first->type, ORDER_LIMIT);
	ck_assert_int_eq((int)second->type, ORDER_STOP);
	ck_assert_int_eq((int)second->time_in_force, ORDER_GTC);
	ck_assert_int_eq((int)second->self_trade_prevention, ORDER_STP_CANCEL_BOTH);
	ck_assert_int_gt(second->expires_at_micros, NOON);
	ck_assert_str_eq(first->sibling_order_id, second->order_id);
	ck_assert_str_eq(second->sibling_order_id, first->order_id);
}
END_TEST

/* What the market says of the symbol decides which orders it takes now. */
START_TEST(sessions)
{
	static const struct {
		int state;
		bool halted, opening_held;
		const char *line, *output;
	} rows[] = {
		{ SESSION(OPENING_AUCTION), false, false, "buy 1 @ 100 opg", "accepted" },
		{ SESSION(OPENING_AUCTION), false, false, "buy 1 @ 100 cls", "accepted" },
		{ SESSION(OPENING_AUCTION), false, false, "buy 1 @ 100", "accepted" },
		{ SESSION(OPENING_AUCTION), false, false, "buy 1 @ market", "accepted" },
		{ SESSION(OPENING_AUCTION), false, false, "buy 1 @ 100 ioc", "rejected HALTED" },
		{ SESSION(OPENING_AUCTION), false, false, "buy 1 @ 100 post", "rejected HALTED" },
		{ SESSION(OPEN), false, true, "buy 1 @ 100 opg", "rejected AUCTION_OVER" },
		{ SESSION(OPEN), false, true, "buy 1 @ 100 cls", "accepted" },
		{ SESSION(OPEN), true, true, "buy 1 @ 100", "accepted" },
		{ SESSION(OPEN), true, true, "buy 1 @ 100 fok", "rejected HALTED" },
		{ SESSION(CLOSING_AUCTION), false, true, "buy 1 @ 100 cls", "accepted" },
		{ SESSION(CLOSING_AUCTION), false, true, "buy 1 @ 100 ioc", "rejected HALTED" },
		{ SESSION(CLOSED), false, true, "buy 1 @ 100", "rejected MARKET_CLOSED" },
		{ SESSION(UNSPECIFIED), false, false, "buy 1 @ 100", "rejected MARKET_CLOSED" },
	};
	char line[64];

	script_run(&script, "deposit 10000");
	for (int i = 0; i < (int)BUS_ARRAY_LEN(rows); i++) {
		MARKET(Instrument) instrument = BOURSE__MARKET__V1__INSTRUMENT__INIT;

		instrument.symbol = (char *)"AAPL";
		instrument.price_increment_micros = 10000;
		instrument.reference_price_micros = 100 * BUS_MICROS;
		instrument.session = (Bourse__Market__V1__SessionState)rows[i].state;
		instrument.halted = rows[i].halted;
		instrument.opening_held = rows[i].opening_held;
		bus_fold_reference(script.fold, DESK_SYMBOLS, "AAPL", &instrument.base);
		snprintf(line, sizeof(line), "place %d %s", i, rows[i].line);
		script_run(&script, line);
		ck_assert_msg(strncmp(script.text, rows[i].output, strlen(rows[i].output)) == 0,
			      "row %d: %s", i, script.text);
	}
}
END_TEST

/* A quote from before a split is of other shares: the market's reference price stands. */
START_TEST(quote_from_before_a_split)
{
	MARKET(CorporateAction) action = BOURSE__MARKET__V1__CORPORATE_ACTION__INIT;
	MARKET(CorporateAction) * actions[] = { &action };
	MARKET(Instrument) instrument = BOURSE__MARKET__V1__INSTRUMENT__INIT;
	MARKET(Quote) quote = BOURSE__MARKET__V1__QUOTE__INIT;

	action.kind = ACTION_KIND(SPLIT);
	action.effective = true;
	action.effective_at_micros = NOON - 10;
	instrument.symbol = quote.symbol = (char *)"AAPL";
	instrument.session = SESSION(OPEN);
	instrument.reference_price_micros = 25 * BUS_MICROS;
	instrument.actions = actions;
	instrument.n_actions = 1;
	instrument.actions_effective = 1;
	bus_fold_reference(script.fold, DESK_SYMBOLS, "AAPL", &instrument.base);
	quote.last_price_micros = 100 * BUS_MICROS;
	quote.last_at_micros = NOON - 11;
	bus_fold_reference(script.fold, DESK_QUOTES, "AAPL", &quote.base);
	script_run(&script, "deposit 1000");
	script_run(&script, "place 1 buy 1 @ market");
	ck_assert_str_eq(script.text, "accepted hold 26.25 collar 26.25 cash 1000/26.25 shares 0/0"
				      " -> NewOrder AAPL 1 @ 26.25");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		stops,
		notional_buy,
		notional_sell,
		self_trades,
		active_fees,
		retail_fees,
		told_to_the_book,
		legs_told_to_the_book,
		sessions,
		quote_from_before_a_split,
	};

	return desk_suite_run("desk_types", tests, BUS_ARRAY_LEN(tests));
}
