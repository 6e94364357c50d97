/*
 * Replacements against everything that may come first: fills, cancels, decreases, the session's
 * end. Each line in an order in which the book may say it.
 */
#include "desk_suite.h"

/* A replacement takes over what had traded; while it is pending nothing else is asked. */
START_TEST(price_then_quantity)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 10000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 2 limit=99", "replace requested hold 0 cash 10000/1000 shares 0/0 -> "
					  "ReplaceOrder AAPL 10 @ 99" },
		{ "replaced 1 2 10 leaves 10",
		  "replaced NEW 10,0,10,0 released 10 hold 990 cash 10000/990 shares 0/0" },
		{ "fill 2 4 @ 98 leaves 6", "filled PARTIALLY_FILLED 10,4,6,4 delta -392 released "
					    "4 hold 594 cash 9608/594 shares 4/0" },
		{ "replace 2 3 qty=20", "replace requested hold 990 cash 9608/1584 shares 4/0 -> "
					"ReplaceOrder AAPL 20 @ 99" },
		{ "cancel 2", "cancel rejected PENDING PENDING_REPLACE" },
		{ "cancel 3", "cancel rejected PENDING PENDING_NEW" },
		{ "decrease 2 1", "decrease rejected PENDING PENDING_REPLACE" },
		{ "replace 2 4 qty=5", "replace rejected PENDING PENDING_REPLACE" },
		{ "replace 3 4 qty=5", "replace rejected PENDING PENDING_NEW" },
		{ "fill 2 1 @ 99 leaves 5", "filled PENDING_REPLACE 10,5,5,1 delta -99 released 0 "
					    "hold 495 cash 9509/1485 shares 5/0" },
		{ "replaced 2 3 20 leaves 15", "replaced PARTIALLY_FILLED 20,5,15,0 released 0 "
					       "hold 1485 cash 9509/1485 shares 5/0" },
		{ "fill 3 15 @ 99 leaves 0", "filled FILLED 20,20,0,15 delta -1485 released 0 hold "
					     "0 cash 8024/0 shares 20/0" },
		{ "late 3 replace 9", "park" },
		{ "replaced 2 3 20 leaves 0", "park" },
		{ "cancel 1", "cancel rejected TOO_LATE REPLACED" },
		{ "cancel 2", "cancel rejected TOO_LATE REPLACED" },
	};

	CHECK(lines);
}
END_TEST

/* FIX 4.4 D.2: the order is filled while the replacement is on its way. */
START_TEST(fill_comes_first)
{
	static const struct desk_line lines[] = {
		{ "deposit 2000", "cash 2000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 2000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 1 @ 100 leaves 9", "filled PARTIALLY_FILLED 10,1,9,1 delta -100 released "
					     "0 hold 900 cash 1900/900 shares 1/0" },
		{ "replace 1 2 qty=20", "replace requested hold 1000 cash 1900/1900 shares 1/0 -> "
					"ReplaceOrder AAPL 20 @ 100" },
		{ "replace 1 3 qty=21", "replace rejected PENDING PENDING_REPLACE" },
		{ "place 9 buy 1 @ 1", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "fill 1 9 @ 100 leaves 0", "filled FILLED 10,10,0,9 delta -900 released 0 hold 0 "
					     "cash 1000/1000 shares 10/0" },
		{ "late 1 replace 3", "park" },
		{ "late 1 replace 2",
		  "replace rejected TOO_LATE FILLED released 1000 cash 1000/0 shares 10/0" },
		{ "late 1 replace 2", "park" },
		{ "replaced 1 2 20 leaves 10", "park" },
		{ "place 9 buy 10 @ 100",
		  "accepted hold 1000 cash 1000/1000 shares 10/0 -> NewOrder AAPL 10 @ 100" },
	};

	CHECK(lines);
}
END_TEST

/* The order ends (here by its session) while the replacement is on its way. */
START_TEST(cancel_comes_first)
{
	static const struct desk_line lines[] = {
		{ "deposit 2000", "cash 2000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 2000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 2 qty=18", "replace requested hold 800 cash 2000/1800 shares 0/0 -> "
					"ReplaceOrder AAPL 18 @ 100" },
		{ "end 1 10 SESSION_CLOSE",
		  "ended EXPIRED 10,0,0,0 canceled 10 released 1000 cash 2000/800 shares 0/0" },
		{ "fill 2 1 @ 100 leaves 17", "park" },
		{ "late 1 replace 2",
		  "replace rejected TOO_LATE EXPIRED released 800 cash 2000/0 shares 0/0" },
		{ "replace 1 3 qty=8", "replace rejected TOO_LATE EXPIRED" },
	};

	CHECK(lines);
}
END_TEST

/* A cancel is on its way: no replacement is taken. It comes too late: then one is. */
START_TEST(cancel_then_replace)
{
	static const struct desk_line lines[] = {
		{ "deposit 2000", "cash 2000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 2000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "cancel 1", "cancel requested -> CancelOrder AAPL" },
		{ "replace 1 2 qty=18", "replace rejected PENDING PENDING_CANCEL" },
		{ "late 1 cancel", "cancel rejected TOO_LATE NEW" },
		{ "replace 1 3 qty=18", "replace requested hold 800 cash 2000/1800 shares 0/0 -> "
					"ReplaceOrder AAPL 18 @ 100" },
		{ "replaced 1 3 18 leaves 18",
		  "replaced NEW 18,0,18,0 released 0 hold 1800 cash 2000/1800 shares 0/0" },
		{ "cancel 3", "cancel requested -> CancelOrder AAPL" },
		{ "fill 3 2 @ 100 leaves 16", "filled PENDING_CANCEL 18,2,16,2 delta -200 released "
					      "0 hold 1600 cash 1800/1600 shares 2/0" },
		{ "end 3 16 REQUESTED",
		  "ended CANCELED 18,2,0,0 canceled 16 released 1600 cash 1800/0 shares 2/0" },
	};

	CHECK(lines);
}
END_TEST

/* A decrease that was asked for before is answered while the replacement is pending. */
START_TEST(decrease_then_replace)
{
	static const struct desk_line lines[] = {
		{ "deposit 2000", "cash 2000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 2000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "decrease 1 4", "decrease requested -> DecreaseOrder AAPL" },
		{ "replace 1 2 qty=12", "replace requested hold 200 cash 2000/1200 shares 0/0 -> "
					"ReplaceOrder AAPL 12 @ 100" },
		{ "decreased 1 4 leaves 6",
		  "decreased 6,0,6,0 released 400 hold 600 cash 2000/800 shares 0/0 hold #2 600 "
		  "released -400 cash 2000/1200 shares 0/0" },
		{ "replaced 1 2 12 leaves 12",
		  "replaced NEW 12,0,12,0 released 0 hold 1200 cash 2000/1200 shares 0/0" },
	};

	CHECK(lines);
}
END_TEST

/* A decrease that comes to the book behind the replacement finds nothing. */
START_TEST(decrease_after_replace)
{
	static const struct desk_line lines[] = {
		{ "deposit 2000", "cash 2000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 2000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "decrease 1 4", "decrease requested -> DecreaseOrder AAPL" },
		{ "replace 1 2 qty=12", "replace requested hold 200 cash 2000/1200 shares 0/0 -> "
					"ReplaceOrder AAPL 12 @ 100" },
		{ "fill 1 2 @ 100 leaves 8", "filled PENDING_REPLACE 10,2,8,2 delta -200 released "
					     "0 hold 800 cash 1800/1000 shares 2/0" },
		{ "replaced 1 2 12 leaves 10", "replaced PARTIALLY_FILLED 12,2,10,0 released 0 "
					       "hold 1000 cash 1800/1000 shares 2/0" },
		{ "late 1 decrease", "decrease rejected TOO_LATE REPLACED" },
	};

	CHECK(lines);
}
END_TEST

/* FIX 4.4 D.9: the new quantity is what has traded, or less. */
START_TEST(fewer_than_traded)
{
	static const struct desk_line lines[] = {
		{ "deposit 20000", "cash 20000/0" },
		{ "place 1 buy 100 @ 50",
		  "accepted hold 5000 cash 20000/5000 shares 0/0 -> NewOrder AAPL 100 @ 50" },
		{ "replace 1 2 qty=70", "replace requested hold 0 cash 20000/5000 shares 0/0 -> "
					"ReplaceOrder AAPL 70 @ 50" },
		{ "fill 1 70 @ 50 leaves 30", "filled PENDING_REPLACE 100,70,30,70 delta -3500 "
					      "released 0 hold 1500 cash 16500/1500 shares 70/0" },
		{ "replaced 1 2 70 leaves 0",
		  "replaced FILLED 70,70,0,0 released 1500 hold 0 cash 16500/0 shares 70/0" },
		{ "place 3 buy 100 @ 50",
		  "accepted hold 5000 cash 16500/5000 shares 70/0 -> NewOrder AAPL 100 @ 50" },
		{ "replace 3 4 qty=70", "replace requested hold 0 cash 16500/5000 shares 70/0 -> "
					"ReplaceOrder AAPL 70 @ 50" },
		{ "fill 3 80 @ 50 leaves 20", "filled PENDING_REPLACE 100,80,20,80 delta -4000 "
					      "released 0 hold 1000 cash 12500/1000 shares 150/0" },
		{ "replaced 3 4 70 leaves 0", "park" },
		{ "replaced 3 4 80 leaves 0",
		  "replaced FILLED 80,80,0,0 released 1000 hold 0 cash 12500/0 shares 150/0" },
	};

	CHECK(lines);
}
END_TEST

/* What both may cost together is held, whichever trades. */
START_TEST(larger_hold_stands)
{
	static const struct desk_line lines[] = {
		{ "deposit 3000", "cash 3000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 3000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 2 qty=20 limit=90", "replace requested hold 900 cash 3000/1900 shares "
						 "0/0 -> ReplaceOrder AAPL 20 @ 90" },
		{ "fill 1 5 @ 100 leaves 5", "filled PENDING_REPLACE 10,5,5,5 delta -500 released "
					     "0 hold 500 cash 2500/1400 shares 5/0" },
		{ "fill 1 5 @ 100 leaves 0", "filled FILLED 10,10,0,5 delta -500 released 0 hold 0 "
					     "cash 2000/900 shares 10/0" },
		{ "late 1 replace 2",
		  "replace rejected TOO_LATE FILLED released 900 cash 2000/0 shares 10/0" },
		{ "place 3 buy 10 @ 100",
		  "accepted hold 1000 cash 2000/1000 shares 10/0 -> NewOrder AAPL 10 @ 100" },
		{ "replace 3 4 qty=12 limit=120", "replace requested hold 440 cash 2000/1440 "
						  "shares 10/0 -> ReplaceOrder AAPL 12 @ 120" },
		{ "fill 3 5 @ 100 leaves 5",
		  "hold #4 340 released 100 cash 2000/1340 shares 10/0 filled PENDING_REPLACE "
		  "10,5,5,5 delta -500 released 0 hold 500 cash 1500/840 shares 15/0" },
		{ "replaced 3 4 12 leaves 7", "replaced PARTIALLY_FILLED 12,5,7,0 released 0 hold "
					      "840 cash 1500/840 shares 15/0" },
		{ "fill 4 7 @ 120 leaves 0",
		  "filled FILLED 12,12,0,7 delta -840 released 0 hold 0 cash 660/0 shares 22/0" },
	};

	CHECK(lines);
}
END_TEST

/* A smaller replacement frees nothing before the book has answered. */
START_TEST(smaller_hold_waits)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 1000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 2 qty=5 limit=50", "replace requested hold 0 cash 1000/1000 shares "
						"0/0 -> ReplaceOrder AAPL 5 @ 50" },
		{ "place 3 buy 1 @ 10", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "replaced 1 2 5 leaves 5",
		  "replaced NEW 5,0,5,0 released 750 hold 250 cash 1000/250 shares 0/0" },
		{ "place 4 buy 1 @ 10",
		  "accepted hold 10 cash 1000/260 shares 0/0 -> NewOrder AAPL 1 @ 10" },
	};

	CHECK(lines);
}
END_TEST

/* What the replacement would hold beside is not there. */
START_TEST(too_dear)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 1000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 2 limit=100.01", "replace rejected INSUFFICIENT_BUYING_POWER NEW" },
		{ "replace 1 2 qty=11", "replace rejected INSUFFICIENT_BUYING_POWER NEW" },
		{ "deposit 5 AAPL", "shares AAPL 5/0" },
		{ "place 3 sell 5 @ 100",
		  "accepted hold 5 cash 1000/1000 shares 5/5 -> NewOrder AAPL 5 @ 100" },
		{ "replace 3 4 qty=6", "replace rejected INSUFFICIENT_POSITION NEW" },
	};

	CHECK(lines);
}
END_TEST

/* Names, fields and prices are checked as those of an order. */
START_TEST(refused_at_once)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 5 @ 100 id=x",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "replace 9 2 qty=6", "replace rejected UNKNOWN_ORDER UNSPECIFIED" },
		{ "replace 1 2", "replace rejected INVALID_FIELD NEW" },
		{ "replace 1 2 id=x qty=6", "replace rejected DUPLICATE_CLIENT_ORDER_ID NEW" },
		{ "replace 1 2 stop=90", "replace rejected INVALID_FIELD NEW" },
		{ "replace 1 2 trail=1", "replace rejected INVALID_FIELD NEW" },
		{ "replace 1 2 limit=100.001", "replace rejected INVALID_PRICE_INCREMENT NEW" },
		{ "replace 1 2 limit=-1", "replace rejected INVALID_PRICE NEW" },
		{ "replace 1 2 qty=-1", "replace rejected INVALID_QUANTITY NEW" },
		{ "replace 1 2 qty=1.5", "replace rejected INVALID_QUANTITY NEW" },
		{ "replace 1 2 ioc", "replace requested hold 0 cash 1000/500 shares 0/0 -> "
				     "ReplaceOrder AAPL 5 @ 100" },
		{ "replace id=x 3 gtc id=y", "replace rejected PENDING PENDING_REPLACE" },
		{ "replaced 1 3 5 leaves 5", "park" },
		{ "place 4 buy 5 @ 100 id=x", "already placed" },
		{ "place 4 buy 5 @ 100 gtc id=y",
		  "accepted hold 500 cash 1000/1000 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "cancel id=x", "cancel rejected PENDING PENDING_REPLACE" },
		{ "cancel id=y", "cancel requested -> CancelOrder AAPL" },
	};

	CHECK(lines);
}
END_TEST

/* The replacement comes to the book as a new order and may be refused there. */
START_TEST(book_refuses_the_new)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 5 @ 100 post",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "replace 1 2 limit=101", "replace requested hold 5 cash 1000/505 shares 0/0 -> "
					   "ReplaceOrder AAPL 5 @ 101" },
		{ "replaced 1 2 5 leaves 5",
		  "replaced NEW 5,0,5,0 released 0 hold 505 cash 1000/505 shares 0/0" },
		{ "refuse 2 WOULD_TAKE", "rejected WOULD_TAKE cash 1000/0 shares 0/0" },
		{ "place 3 buy 5 @ 100 post",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "fill 3 2 @ 100 leaves 3", "filled PARTIALLY_FILLED 5,2,3,2 delta -200 released "
					     "0 hold 300 cash 800/300 shares 2/0" },
		{ "replace 3 4 limit=101",
		  "replace requested hold 3 cash 800/303 shares 2/0 -> ReplaceOrder AAPL 5 @ 101" },
		{ "replaced 3 4 5 leaves 3",
		  "replaced PARTIALLY_FILLED 5,2,3,0 released 0 hold 303 cash 800/303 shares 2/0" },
		{ "refuse 4 WOULD_TAKE",
		  "ended CANCELED 5,2,0,0 canceled 3 released 303 cash 800/0 shares 2/0" },
	};

	CHECK(lines);
}
END_TEST

/* Shares are held as cash is. */
START_TEST(sells)
{
	static const struct desk_line lines[] = {
		{ "deposit 20 AAPL", "shares AAPL 20/0" },
		{ "place 1 sell 10 @ 100",
		  "accepted hold 10 cash 0/0 shares 20/10 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 2 qty=15",
		  "replace requested hold 5 cash 0/0 shares 20/15 -> ReplaceOrder AAPL 15 @ 100" },
		{ "place 3 sell 6 @ 100", "rejected INSUFFICIENT_POSITION" },
		{ "fill 1 10 @ 100 leaves 0",
		  "filled FILLED 10,10,0,10 delta 1000 released 0 hold 0 cash 1000/0 shares 10/5" },
		{ "late 1 replace 2",
		  "replace rejected TOO_LATE FILLED released 5 cash 1000/0 shares 10/0" },
		{ "place 4 sell 10 @ 100",
		  "accepted hold 10 cash 1000/0 shares 10/10 -> NewOrder AAPL 10 @ 100" },
		{ "replace 4 5 qty=4 limit=99",
		  "replace requested hold 0 cash 1000/0 shares 10/10 -> ReplaceOrder AAPL 4 @ 99" },
		{ "fill 4 6 @ 100 leaves 4", "filled PENDING_REPLACE 10,6,4,6 delta 600 released 0 "
					     "hold 4 cash 1600/0 shares 4/4" },
		{ "replaced 4 5 6 leaves 0",
		  "replaced FILLED 6,6,0,0 released 4 hold 0 cash 1600/0 shares 4/0" },
	};

	CHECK(lines);
}
END_TEST

/* Self-trade prevention ends the order under its replacement. */
START_TEST(prevented_while_pending)
{
	static const struct desk_line lines[] = {
		{ "deposit 2000", "cash 2000/0" },
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 2000/1000 shares 10/0 -> NewOrder AAPL 10 @ 100" },
		{ "place 2 sell 10 @ 100 stp=5",
		  "accepted hold 10 cash 2000/1000 shares 10/10 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 3 qty=12", "replace requested hold 200 cash 2000/1200 shares 10/10 -> "
					"ReplaceOrder AAPL 12 @ 100" },
		{ "prevented 10 1 0 2 0",
		  "prevented #1 CANCELED 0,0,0 prevented 10 released 1000 hold 0 cash 2000/200 "
		  "shares 10/10 prevented #2 CANCELED 0,0,0 prevented 10 released 10 hold 0 cash "
		  "2000/200 shares 10/0" },
		{ "late 1 replace 3",
		  "replace rejected TOO_LATE CANCELED released 200 cash 2000/0 shares 10/0" },
	};

	CHECK(lines);
}
END_TEST

/* What the book could not say parks, and changes nothing. */
START_TEST(answers_that_do_not_fit)
{
	static const struct desk_line lines[] = {
		{ "deposit 2000", "cash 2000/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 2000/1000 shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "replaced 1 2 10 leaves 10", "park" },
		{ "late 1 replace 2", "park" },
		{ "replace 1 2 qty=12", "replace requested hold 200 cash 2000/1200 shares 0/0 -> "
					"ReplaceOrder AAPL 12 @ 100" },
		{ "replaced 1 2 12 leaves 11", "park" },
		{ "replaced 1 2 13 leaves 13", "park" },
		{ "replaced 1 2 12 leaves -1", "park" },
		{ "replaced 2 1 12 leaves 12", "park" },
		{ "replaced 1 1 12 leaves 12", "park" },
		{ "replaced 1 3 12 leaves 12", "park" },
		{ "late 1 replace 3", "park" },
		{ "late 2 replace 2", "park" },
		{ "fill 2 1 @ 100 leaves 11", "park" },
		{ "end 2 12 REQUESTED", "park" },
		{ "refuse 2 HALTED", "park" },
		{ "triggered 2", "park" },
		{ "completed 1 dropped 10", "park" },
		{ "prevented 1 1 9 1 9", "park" },
		{ "prevented 1 1 9 2 11", "park" },
	};

	CHECK(lines);
}
END_TEST

/* The stop is elected before the replacement takes its place: so it is, too. */
START_TEST(elected_while_pending)
{
	static const struct desk_line lines[] = {
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "place 1 sell 10 @ 98 stop=99",
		  "accepted hold 10 cash 0/0 shares 10/10 -> NewOrder AAPL 10 @ 98 stop 99" },
		{ "replace 1 2 qty=8", "replace requested hold 0 cash 0/0 shares 10/10 -> "
				       "ReplaceOrder AAPL 8 @ 98 stop 99" },
		{ "fill 2 1 @ 98 leaves 7", "park" },
		{ "triggered 1", "triggered" },
		{ "replaced 1 2 8 leaves 8",
		  "replaced NEW 8,0,8,0 released 2 hold 8 cash 0/0 shares 10/8" },
		{ "fill 2 8 @ 98 leaves 0",
		  "filled FILLED 8,8,0,8 delta 784 released 0 hold 0 cash 784/0 shares 2/0" },
	};

	CHECK(lines);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		price_then_quantity,
		fill_comes_first,
		cancel_comes_first,
		cancel_then_replace,
		decrease_then_replace,
		decrease_after_replace,
		fewer_than_traded,
		larger_hold_stands,
		smaller_hold_waits,
		too_dear,
		refused_at_once,
		book_refuses_the_new,
		sells,
		prevented_while_pending,
		answers_that_do_not_fit,
		elected_while_pending,
	};

	return desk_suite_run("desk_replace", tests, BUS_ARRAY_LEN(tests));
}
