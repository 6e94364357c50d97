/*
 * Orders that belong together: bracket, one cancels the other, one triggers the other.
 */
#include "desk_suite.h"

/* Take-profit and stop-loss share one hold; the entry's shares are it. */
START_TEST(bracket_filled_at_once)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 gtc bracket tp=110 sl=90",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 accepted #1.1 HELD accepted #1.2 "
		  "HELD -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 10 @ 100 leaves 0",
		  "filled FILLED 10,10,0,10 delta -1000 released 0 hold 0 cash 9000/0 shares 10/0 "
		  "activated #1.1 10 hold 10 cash 9000/0 shares 10/10 activated #1.2 10 hold 0 "
		  "cash 9000/0 shares 10/10 -> NewOrder AAPL 10 @ 110 -> NewOrder AAPL 10 @ 85.5 "
		  "stop 90" },
		{ "fill 1.1 4 @ 111 leaves 6", "filled PARTIALLY_FILLED 10,4,6,4 delta 444 "
					       "released 0 hold 6 cash 9444/0 shares 6/6" },
		{ "decreased 1.2 4 leaves 6",
		  "decreased 6,0,6,0 released 0 hold 0 cash 9444/0 shares 6/6" },
		{ "fill 1.1 6 @ 111 leaves 0",
		  "filled FILLED 10,10,0,6 delta 666 released 0 hold 0 cash 10110/0 shares 0/0" },
		{ "end 1.2 6 OCO",
		  "ended CANCELED 6,0,0,0 canceled 6 released 0 cash 10110/0 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* What has traded when the entry is canceled is what the legs are for. */
START_TEST(bracket_entry_in_parts)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 bracket tp=110 sl=90:89",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 accepted #1.1 HELD accepted #1.2 "
		  "HELD -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 4 @ 100 leaves 6", "filled PARTIALLY_FILLED 10,4,6,4 delta -400 released "
					     "0 hold 600 cash 9600/600 shares 4/0" },
		{ "cancel 1", "cancel requested -> CancelOrder AAPL" },
		{ "fill 1 1 @ 99 leaves 5", "filled PENDING_CANCEL 10,5,5,1 delta -99 released 1 "
					    "hold 500 cash 9501/500 shares 5/0" },
		{ "end 1 5 REQUESTED",
		  "ended CANCELED 10,5,0,0 canceled 5 released 500 cash 9501/0 shares 5/0 "
		  "activated #1.1 5 hold 5 cash 9501/0 shares 5/5 activated #1.2 5 hold 0 cash "
		  "9501/0 shares 5/5 -> NewOrder AAPL 5 @ 110 -> NewOrder AAPL 5 @ 89 stop 90" },
		{ "triggered 1.2", "triggered" },
		{ "end 1.1 5 OCO", "ended CANCELED 5,0,0,0 canceled 5 released 5 cash 9501/0 "
				   "shares 5/0 hold #1.2 5 released -5 cash 9501/0 shares 5/5" },
		{ "fill 1.2 5 @ 89.5 leaves 0",
		  "filled FILLED 5,5,0,5 delta 447.5 released 0 hold 0 cash 9948.5/0 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* Nothing has traded: the legs end with the entry. */
START_TEST(bracket_entry_without_trade)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 bracket tp=110 sl=90",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 accepted #1.1 HELD accepted #1.2 "
		  "HELD -> NewOrder AAPL 10 @ 100" },
		{ "end 1 10 SESSION_CLOSE",
		  "ended EXPIRED 10,0,0,0 canceled 10 released 1000 cash 10000/0 shares 0/0 ended "
		  "#1.1 CANCELED 10,0,0,0 canceled 10 released 0 cash 10000/0 shares 0/0 ended "
		  "#1.2 CANCELED 10,0,0,0 canceled 10 released 0 cash 10000/0 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* A leg that waits is canceled at once, and the other with it; the entry goes on alone. */
START_TEST(bracket_legs_canceled)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 bracket tp=110 sl=90",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 accepted #1.1 HELD accepted #1.2 "
		  "HELD -> NewOrder AAPL 10 @ 100" },
		{ "cancel 1.1",
		  "ended CANCELED 10,0,0,0 canceled 10 released 0 cash 10000/1000 shares 0/0 ended "
		  "#1.2 CANCELED 10,0,0,0 canceled 10 released 0 cash 10000/1000 shares 0/0" },
		{ "cancel 1.2", "cancel rejected TOO_LATE CANCELED" },
		{ "replace 1 2 limit=101", "replace requested hold 10 cash 10000/1010 shares 0/0 "
					   "-> ReplaceOrder AAPL 10 @ 101" },
		{ "fill 1 10 @ 100 leaves 0", "filled FILLED 10,10,0,10 delta -1000 released 0 "
					      "hold 0 cash 9000/10 shares 10/0" },
	};

	CHECK(lines);
}
END_TEST

/* What may be asked of an entry and of its legs. */
START_TEST(bracket_requests)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 bracket tp=110 sl=90 id=b",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 accepted #1.1 HELD accepted #1.2 "
		  "HELD -> NewOrder AAPL 10 @ 100" },
		{ "place 2 buy 10 @ 100 bracket tp=110 sl=90 id=b", "already placed" },
		{ "place 2 buy 10 @ 100 bracket tp=111 sl=90 id=b",
		  "rejected DUPLICATE_CLIENT_ORDER_ID" },
		{ "place 2 buy 10 @ 100 id=b", "rejected DUPLICATE_CLIENT_ORDER_ID" },
		{ "replace 1 2 limit=101", "replace rejected UNSUPPORTED NEW" },
		{ "replace 1.1 2 limit=101", "replace rejected UNSUPPORTED HELD" },
		{ "decrease 1.1 1", "decrease rejected UNSUPPORTED HELD" },
		{ "decrease 1 4", "decrease requested -> DecreaseOrder AAPL" },
		{ "decreased 1 4 leaves 6",
		  "decreased 6,0,6,0 released 400 hold 600 cash 10000/600 shares 0/0" },
		{ "fill 1 6 @ 100 leaves 0",
		  "filled FILLED 6,6,0,6 delta -600 released 0 hold 0 cash 9400/0 shares 6/0 "
		  "activated #1.1 6 hold 6 cash 9400/0 shares 6/6 activated #1.2 6 hold 0 cash "
		  "9400/0 shares 6/6 -> NewOrder AAPL 6 @ 110 -> NewOrder AAPL 6 @ 85.5 stop 90" },
		{ "place 3 sell 6 @ 100", "rejected INSUFFICIENT_POSITION" },
		{ "replace 1.1 3 limit=101", "replace rejected UNSUPPORTED NEW" },
		{ "decrease 1.1 1", "decrease rejected UNSUPPORTED NEW" },
		{ "cancel 1.1", "cancel requested -> CancelOrder AAPL" },
		{ "end 1.1 6 REQUESTED",
		  "ended CANCELED 6,0,0,0 canceled 6 released 6 cash 9400/0 shares 6/0 hold #1.2 6 "
		  "released -6 cash 9400/0 shares 6/6" },
		{ "end 1.2 6 OCO",
		  "ended CANCELED 6,0,0,0 canceled 6 released 6 cash 9400/0 shares 6/0" },
		{ "place 3 sell 6 @ 100",
		  "accepted hold 6 cash 9400/0 shares 6/6 -> NewOrder AAPL 6 @ 100" },
	};

	CHECK(lines);
}
END_TEST

/* Another order has taken what the legs would sell. */
START_TEST(bracket_shares_gone)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 bracket tp=110 sl=90",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 accepted #1.1 HELD accepted #1.2 "
		  "HELD -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 9 @ 100 leaves 1", "filled PARTIALLY_FILLED 10,9,1,9 delta -900 released "
					     "0 hold 100 cash 9100/100 shares 9/0" },
		{ "place 2 sell 5 @ 100",
		  "accepted hold 5 cash 9100/100 shares 9/5 -> NewOrder AAPL 5 @ 100" },
		{ "fill 1 1 @ 100 leaves 0",
		  "filled FILLED 10,10,0,1 delta -100 released 0 hold 0 cash 9000/0 shares 10/5 "
		  "ended #1.1 CANCELED 10,0,0,0 canceled 10 released 0 cash 9000/0 shares 10/5 "
		  "ended #1.2 CANCELED 10,0,0,0 canceled 10 released 0 cash 9000/0 shares 10/5" },
	};

	CHECK(lines);
}
END_TEST

/* One leg is an order like any other once it is in the book. */
START_TEST(oto_take_profit)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 oto tp=110",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 accepted #1.1 HELD -> NewOrder "
		  "AAPL 10 @ 100" },
		{ "fill 1 10 @ 100 leaves 0",
		  "filled FILLED 10,10,0,10 delta -1000 released 0 hold 0 cash 9000/0 shares 10/0 "
		  "activated #1.1 10 hold 10 cash 9000/0 shares 10/10 -> NewOrder AAPL 10 @ 110" },
		{ "replace 1.1 2 limit=112", "replace requested hold 0 cash 9000/0 shares 10/10 -> "
					     "ReplaceOrder AAPL 10 @ 112" },
		{ "replaced 1.1 2 10 leaves 10",
		  "replaced NEW 10,0,10,0 released 0 hold 10 cash 9000/0 shares 10/10" },
		{ "fill 2 10 @ 112 leaves 0",
		  "filled FILLED 10,10,0,10 delta 1120 released 0 hold 0 cash 10120/0 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* The book refuses the entry. */
START_TEST(oto_stop_loss)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100 oto sl=90",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 accepted #1.1 HELD -> NewOrder "
		  "AAPL 10 @ 100" },
		{ "refuse 1 HALTED", "rejected HALTED cash 10000/0 shares 0/0 ended #1.1 CANCELED "
				     "10,0,0,0 canceled 10 released 0 cash 10000/0 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* Legs that buy hold for the dearer of the two. */
START_TEST(sell_entry)
{
	static const struct desk_line lines[] = {
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "deposit 200", "cash 200/0" },
		{ "place 1 sell 10 @ 100 bracket tp=90 sl=105",
		  "accepted hold 10 cash 200/0 shares 10/10 accepted #1.1 HELD accepted #1.2 HELD "
		  "-> NewOrder AAPL 10 @ 100" },
		{ "fill 1 10 @ 100 leaves 0",
		  "filled FILLED 10,10,0,10 delta 1000 released 0 hold 0 cash 1200/0 shares 0/0 "
		  "activated #1.1 10 hold 1102.5 cash 1200/1102.5 shares 0/0 activated #1.2 10 "
		  "hold 0 cash 1200/1102.5 shares 0/0 -> NewOrder AAPL 10 @ 90 -> NewOrder AAPL 10 "
		  "@ 110.25 stop 105" },
		{ "fill 1.1 10 @ 90 leaves 0",
		  "filled FILLED 10,10,0,10 delta -900 released 202.5 hold 0 cash 300/0 shares "
		  "10/0 hold #1.2 202.5 released -202.5 cash 300/202.5 shares 10/0" },
		{ "end 1.2 10 OCO",
		  "ended CANCELED 10,0,0,0 canceled 10 released 202.5 cash 300/0 shares 10/0" },
	};

	CHECK(lines);
}
END_TEST

/* The legs cannot be paid. */
START_TEST(sell_entry_too_dear)
{
	static const struct desk_line lines[] = {
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "place 1 sell 10 @ 100 bracket tp=90 sl=105",
		  "accepted hold 10 cash 0/0 shares 10/10 accepted #1.1 HELD accepted #1.2 HELD -> "
		  "NewOrder AAPL 10 @ 100" },
		{ "fill 1 10 @ 100 leaves 0",
		  "filled FILLED 10,10,0,10 delta 1000 released 0 hold 0 cash 1000/0 shares 0/0 "
		  "ended #1.1 CANCELED 10,0,0,0 canceled 10 released 0 cash 1000/0 shares 0/0 "
		  "ended #1.2 CANCELED 10,0,0,0 canceled 10 released 0 cash 1000/0 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* The limit trades in part, then the stop is elected and goes on alone. */
START_TEST(oco_limit_then_stop)
{
	static const struct desk_line lines[] = {
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "place 1 sell 10 @ 110 oco sl=95",
		  "accepted hold 10 cash 0/0 shares 10/10 accepted #1.1 hold 0 collar 90.25 cash "
		  "0/0 shares 10/10 -> NewOrder AAPL 10 @ 110 -> NewOrder AAPL 10 @ 90.25 stop "
		  "95" },
		{ "fill 1 3 @ 110 leaves 7", "filled PARTIALLY_FILLED 10,3,7,3 delta 330 released "
					     "0 hold 7 cash 330/0 shares 7/7" },
		{ "decreased 1.1 3 leaves 7",
		  "decreased 7,0,7,0 released 0 hold 0 cash 330/0 shares 7/7" },
		{ "triggered 1.1", "triggered" },
		{ "end 1 7 OCO", "ended CANCELED 10,3,0,0 canceled 7 released 7 cash 330/0 shares "
				 "7/0 hold #1.1 7 released -7 cash 330/0 shares 7/7" },
		{ "fill 1.1 2 @ 95 leaves 5", "filled PARTIALLY_FILLED 7,2,5,2 delta 190 released "
					      "0 hold 5 cash 520/0 shares 5/5" },
		{ "end 1.1 5 NO_LIQUIDITY",
		  "ended CANCELED 7,2,0,0 canceled 5 released 5 cash 520/0 shares 5/0" },
	};

	CHECK(lines);
}
END_TEST

/* The stop trades before the desk has heard of the limit's end. */
START_TEST(oco_stop_first)
{
	static const struct desk_line lines[] = {
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "place 1 sell 10 @ 110 oco sl=95",
		  "accepted hold 10 cash 0/0 shares 10/10 accepted #1.1 hold 0 collar 90.25 cash "
		  "0/0 shares 10/10 -> NewOrder AAPL 10 @ 110 -> NewOrder AAPL 10 @ 90.25 stop "
		  "95" },
		{ "triggered 1.1", "triggered" },
		{ "fill 1.1 4 @ 95 leaves 6",
		  "hold #1 6 released 4 cash 0/0 shares 10/6 filled PARTIALLY_FILLED 10,4,6,4 "
		  "delta 380 released 0 hold 0 cash 380/0 shares 6/6" },
		{ "end 1 10 OCO", "ended CANCELED 10,0,0,0 canceled 10 released 6 cash 380/0 "
				  "shares 6/0 hold #1.1 6 released -6 cash 380/0 shares 6/6" },
		{ "fill 1.1 6 @ 94 leaves 0",
		  "filled FILLED 10,10,0,6 delta 564 released 0 hold 0 cash 944/0 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* The limit trades whole, and the stop is over. */
START_TEST(oco_limit_whole)
{
	static const struct desk_line lines[] = {
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "place 1 sell 10 @ 110 oco sl=95",
		  "accepted hold 10 cash 0/0 shares 10/10 accepted #1.1 hold 0 collar 90.25 cash "
		  "0/0 shares 10/10 -> NewOrder AAPL 10 @ 110 -> NewOrder AAPL 10 @ 90.25 stop "
		  "95" },
		{ "fill 1 10 @ 110 leaves 0",
		  "filled FILLED 10,10,0,10 delta 1100 released 0 hold 0 cash 1100/0 shares 0/0" },
		{ "end 1.1 10 OCO",
		  "ended CANCELED 10,0,0,0 canceled 10 released 0 cash 1100/0 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* One hold for both, the larger one. */
START_TEST(oco_buy)
{
	static const struct desk_line lines[] = {
		{ "deposit 1155", "cash 1155/0" },
		{ "place 1 buy 10 @ 95 oco sl=105",
		  "accepted hold 1102.5 cash 1155/1102.5 shares 0/0 accepted #1.1 hold 0 collar "
		  "110.25 cash 1155/1102.5 shares 0/0 -> NewOrder AAPL 10 @ 95 -> NewOrder AAPL 10 "
		  "@ 110.25 stop 105" },
		{ "triggered 1.1", "triggered" },
		{ "end 1 10 OCO",
		  "ended CANCELED 10,0,0,0 canceled 10 released 1102.5 cash 1155/0 shares 0/0 hold "
		  "#1.1 1102.5 released -1102.5 cash 1155/1102.5 shares 0/0" },
		{ "fill 1.1 4 @ 106 leaves 6", "filled PARTIALLY_FILLED 10,4,6,4 delta -424 "
					       "released 17 hold 661.5 cash 731/661.5 shares 4/0" },
		{ "end 1.1 6 REQUESTED",
		  "ended CANCELED 10,4,0,0 canceled 6 released 661.5 cash 731/0 shares 4/0" },
	};

	CHECK(lines);
}
END_TEST

/* Fields and prices that do not belong together. */
START_TEST(classes_refused)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 10 @ 95 oco sl=105", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "place 2 buy 10 @ 106 oco sl=105", "rejected INVALID_PRICE" },
		{ "place 2 buy 10 @ market oco sl=105", "rejected INVALID_FIELD" },
		{ "place 2 buy 10 @ 95 oco", "rejected INVALID_FIELD" },
		{ "place 2 buy 10 @ 95 bracket sl=90", "rejected INVALID_FIELD" },
		{ "place 2 buy 10 @ 95 bracket tp=100 sl=101", "rejected INVALID_PRICE" },
		{ "place 2 buy 10 @ 95 oto sl=90 tp=100", "rejected INVALID_FIELD" },
		{ "place 2 buy 10 @ 95 oto sl=90 ioc", "rejected INVALID_FIELD" },
		{ "place 2 buy 10 @ 95 oto sl=90 post", "rejected INVALID_FIELD" },
		{ "place 2 buy 10 @ 95 oto sl=90.001", "rejected INVALID_PRICE_INCREMENT" },
		{ "place 2 buy 10 @ 95 tp=90", "rejected INVALID_FIELD" },
		{ "refuse 1 HALTED", "park" },
	};

	CHECK(lines);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		bracket_filled_at_once,
		bracket_entry_in_parts,
		bracket_entry_without_trade,
		bracket_legs_canceled,
		bracket_requests,
		bracket_shares_gone,
		oto_take_profit,
		oto_stop_loss,
		sell_entry,
		sell_entry_too_dear,
		oco_limit_then_stop,
		oco_stop_first,
		oco_limit_whole,
		oco_buy,
		classes_refused,
	};

	return desk_suite_run("desk_classes", tests, BUS_ARRAY_LEN(tests));
}
