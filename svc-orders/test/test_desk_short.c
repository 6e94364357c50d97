/*
 * What is sold without being there: margin before, collateral after, nothing left at flat.
 */
#include "desk_suite.h"

/* The proceeds and the margin stay held, and come back with the shares. */
START_TEST(short_and_cover)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 sell 10 @ 100", "accepted hold 0 short 10 margin 500 cash 10000/500 "
					   "shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 4 @ 101 leaves 6",
		  "filled PARTIALLY_FILLED 10,4,6,4 delta 404 released 0 hold 0 short 6 margin 300 "
		  "cash 10404/904 shares -4/0 collateral 604" },
		{ "fill 1 6 @ 100 leaves 0", "filled FILLED 10,10,0,6 delta 600 released 0 hold 0 "
					     "cash 11004/1504 shares -10/0 collateral 1504" },
		{ "place 2 buy 4 @ 90", "accepted hold 360 cash 11004/1864 shares -10/0 collateral "
					"1504 -> NewOrder AAPL 4 @ 90" },
		{ "fill 2 4 @ 90 leaves 0", "filled FILLED 4,4,0,4 delta -360 released 0 hold 0 "
					    "cash 10644/902.4 shares -6/0 collateral 902.4" },
		{ "place 3 buy 6 @ 95", "accepted hold 570 cash 10644/1472.4 shares -6/0 "
					"collateral 902.4 -> NewOrder AAPL 6 @ 95" },
		{ "fill 3 2 @ 95 leaves 4",
		  "filled PARTIALLY_FILLED 6,2,4,2 delta -190 released 0 hold 380 cash 10454/981.6 "
		  "shares -4/0 collateral 601.6" },
		{ "fill 3 4 @ 95 leaves 0",
		  "filled FILLED 6,6,0,4 delta -380 released 0 hold 0 cash 10074/0 shares 0/0" },
	};

	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

/* What is there goes first, then what is not; a purchase covers, then owns. */
START_TEST(across_zero)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 5 AAPL", "shares AAPL 5/0" },
		{ "place 1 sell 12 @ 100", "accepted hold 5 short 7 margin 350 cash 10000/350 "
					   "shares 5/5 -> NewOrder AAPL 12 @ 100" },
		{ "fill 1 3 @ 100 leaves 9",
		  "filled PARTIALLY_FILLED 12,3,9,3 delta 300 released 0 hold 2 short 7 margin 350 "
		  "cash 10300/350 shares 2/2" },
		{ "fill 1 4 @ 100 leaves 5",
		  "filled PARTIALLY_FILLED 12,7,5,4 delta 400 released 0 hold 0 short 5 margin 250 "
		  "cash 10700/550 shares -2/0 collateral 300" },
		{ "fill 1 5 @ 100 leaves 0", "filled FILLED 12,12,0,5 delta 500 released 0 hold 0 "
					     "cash 11200/1050 shares -7/0 collateral 1050" },
		{ "place 2 buy 20 @ 100", "accepted hold 2000 cash 11200/3050 shares -7/0 "
					  "collateral 1050 -> NewOrder AAPL 20 @ 100" },
		{ "fill 2 20 @ 100 leaves 0", "filled FILLED 20,20,0,20 delta -2000 released 0 "
					      "hold 0 cash 9200/0 shares 13/0" },
	};

	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

/* Less is sold: less of it short. */
START_TEST(short_ends)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 5 AAPL", "shares AAPL 5/0" },
		{ "place 1 sell 12 @ 100", "accepted hold 5 short 7 margin 350 cash 10000/350 "
					   "shares 5/5 -> NewOrder AAPL 12 @ 100" },
		{ "cancel 1", "cancel requested -> CancelOrder AAPL" },
		{ "end 1 12 REQUESTED", "ended CANCELED 12,0,0,0 canceled 12 released 350 and 5 "
					"cash 10000/0 shares 5/0" },
		{ "place 2 sell 12 @ 100", "accepted hold 5 short 7 margin 350 cash 10000/350 "
					   "shares 5/5 -> NewOrder AAPL 12 @ 100" },
		{ "decrease 2 4", "decrease requested -> DecreaseOrder AAPL" },
		{ "decreased 2 4 leaves 8", "decreased 8,0,8,0 released 200 hold 5 short 3 margin "
					    "150 cash 10000/150 shares 5/5" },
		{ "decreased 2 4 leaves 4",
		  "decreased 4,0,4,0 released 150 and 1 hold 4 cash 10000/0 shares 5/4" },
		{ "end 2 4 REQUESTED",
		  "ended CANCELED 4,0,0,0 canceled 4 released 4 cash 10000/0 shares 5/0" },
	};

	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

/* Shares that another order holds are not there; when it ends, they cover. */
START_TEST(own_shares_elsewhere)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "place 1 sell 10 @ 100",
		  "accepted hold 10 cash 10000/0 shares 10/10 -> NewOrder AAPL 10 @ 100" },
		{ "place 2 sell 5 @ 100", "accepted hold 0 short 5 margin 250 cash 10000/250 "
					  "shares 10/10 -> NewOrder AAPL 5 @ 100" },
		{ "fill 2 5 @ 100 leaves 0", "filled FILLED 5,5,0,5 delta 500 released 0 hold 0 "
					     "cash 10500/750 shares 5/10 collateral 750" },
		{ "end 1 10 REQUESTED", "ended CANCELED 10,0,0,0 canceled 10 released 750 and 10 "
					"cash 10500/0 shares 5/0" },
	};

	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

/* By permission alone, and against margin. */
START_TEST(short_refused)
{
	static const struct desk_line first[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 sell 1 @ 100", "rejected INSUFFICIENT_POSITION" },
	};
	static const struct desk_line second[] = {
		{ "place 2 sell 21 @ 100", "rejected INSUFFICIENT_BUYING_POWER" },
		{ "place 2 sell 20 @ 100", "accepted hold 0 short 20 margin 1000 cash 1000/1000 "
					   "shares 0/0 -> NewOrder AAPL 20 @ 100" },
		{ "replace 2 3 qty=10", "replace requested hold 0 cash 1000/1000 shares 0/0 -> "
					"ReplaceOrder AAPL 10 @ 100" },
		{ "replaced 2 3 10 leaves 10", "replaced NEW 10,0,10,0 released 500 hold 0 short "
					       "10 margin 500 cash 1000/500 shares 0/0" },
		{ "replace 3 4 qty=20", "replace requested hold 0 short 10 margin 500 cash "
					"1000/1000 shares 0/0 -> ReplaceOrder AAPL 20 @ 100" },
		{ "fill 3 10 @ 100 leaves 0", "filled FILLED 10,10,0,10 delta 1000 released 0 hold "
					      "0 cash 2000/2000 shares -10/0 collateral 1500" },
		{ "late 3 replace 4", "replace rejected TOO_LATE FILLED released 500 cash "
				      "2000/1500 shares -10/0 collateral 1500" },
		{ "deposit 4 AAPL", "shares AAPL -6/0 collateral 900 cash 2000/900" },
		{ "withdraw 1 1 AAPL", "withdrawal refused INSUFFICIENT_POSITION" },
		{ "withdraw 2 700", "withdrawal held cash 2000/1600 shares 0/0" },
		{ "withdraw 2 100", "park" },
		{ "dividend AAPL 0 -6", "shares AAPL -6/0 collateral 900 cash 1994/1600" },
	};

	CHECK(first);
	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(second);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		short_and_cover, across_zero, short_ends, own_shares_elsewhere, short_refused,
	};

	return desk_suite_run("desk_short", tests, BUS_ARRAY_LEN(tests));
}
