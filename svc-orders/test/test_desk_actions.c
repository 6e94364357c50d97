/*
 * Corporate actions: the gate, the wait for what is open, and what the ledger makes of the shares.
 */
#include "desk_suite.h"

/* An action is cleared at once, and nothing is taken until it has been applied. */
START_TEST(nothing_open)
{
	static const struct desk_line first[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "due AAPL", "action cleared" },
	};
	static const struct desk_line second[] = {
		{ "place 1 buy 1 @ 100", "rejected CORPORATE_ACTION" },
		{ "place 1 sell 1 @ 100", "rejected CORPORATE_ACTION" },
		{ "withdraw 1 1 AAPL", "withdrawal refused CORPORATE_ACTION" },
		{ "withdraw 1 100", "withdrawal held cash 10000/100 shares 0/0" },
		{ "split AAPL 1 10 40", "shares AAPL 40/0 actions 1" },
		{ "place 1 sell 40 @ 30",
		  "accepted hold 40 cash 10000/100 shares 40/40 -> NewOrder AAPL 40 @ 30" },
		{ "fill 1 1 @ 30 leaves 39", "filled PARTIALLY_FILLED 40,1,39,1 delta 30 released "
					     "0 hold 39 cash 10030/100 shares 39/39 actions 1" },
	};

	CHECK(first);
	script.actions = 1;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(second);
}
END_TEST

/* It waits for orders, legs and withdrawals. */
START_TEST(the_last_one_ends)
{
	static const struct desk_line first[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "withdraw 1 2 AAPL", "withdrawal held cash 10000/0 shares 10/2" },
		{ "place 1 buy 10 @ 100 bracket tp=110 sl=90",
		  "accepted hold 1000 cash 10000/1000 shares 10/2 accepted #1.1 HELD accepted #1.2 "
		  "HELD -> NewOrder AAPL 10 @ 100" },
		{ "place 2 sell 5 @ 110",
		  "accepted hold 5 cash 10000/1000 shares 10/7 -> NewOrder AAPL 5 @ 110" },
		{ "place 3 buy 5 @ 90",
		  "accepted hold 450 cash 10000/1450 shares 10/7 -> NewOrder AAPL 5 @ 90" },
		{ "due AAPL", "action pending" },
		{ "due AAPL", "action pending" },
		{ "place 4 buy 1 @ 100", "rejected CORPORATE_ACTION" },
		{ "replace 3 4 qty=6", "replace rejected CORPORATE_ACTION NEW" },
		{ "withdraw 2 1 AAPL", "withdrawal refused CORPORATE_ACTION" },
		{ "fill 1 4 @ 100 leaves 6", "filled PARTIALLY_FILLED 10,4,6,4 delta -400 released "
					     "0 hold 600 cash 9600/1050 shares 14/7" },
		{ "end 1 6 CORPORATE_ACTION",
		  "ended CANCELED 10,4,0,0 canceled 6 released 600 cash 9600/450 shares 14/7 ended "
		  "#1.1 CANCELED 10,0,0,0 canceled 10 released 0 cash 9600/450 shares 14/7 ended "
		  "#1.2 CANCELED 10,0,0,0 canceled 10 released 0 cash 9600/450 shares 14/7" },
		{ "cancel 2", "cancel requested -> CancelOrder AAPL" },
		{ "end 2 5 CORPORATE_ACTION",
		  "ended CANCELED 5,0,0,0 canceled 5 released 5 cash 9600/450 shares 14/2" },
		{ "late 2 cancel", "cancel rejected TOO_LATE CANCELED" },
		{ "end 3 5 CORPORATE_ACTION",
		  "ended CANCELED 5,0,0,0 canceled 5 released 450 cash 9600/0 shares 14/2" },
		{ "booked 1 2 AAPL", "shares AAPL 12/0 action cleared" },
	};
	static const struct desk_line second[] = {
		{ "place 4 buy 1 @ 100", "rejected CORPORATE_ACTION" },
		{ "split AAPL 1 12 1 7.5", "shares AAPL 1/0 actions 1 cash 9607.5/0" },
		{ "place 4 buy 1 @ 100",
		  "accepted hold 100 cash 9607.5/100 shares 1/0 -> NewOrder AAPL 1 @ 100" },
		{ "fill 4 1 @ 100 leaves 0", "filled FILLED 1,1,0,1 delta -100 released 0 hold 0 "
					     "cash 9507.5/0 shares 2/0 actions 1" },
	};

	CHECK(first);
	script.actions = 1;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(second);
}
END_TEST

/* Who comes new has been through everything; dividends and new symbols. */
START_TEST(position_of_nothing)
{
	static const struct desk_line first[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 buy 5 @ 100",
		  "accepted hold 500 cash 1000/500 shares 0/0 -> NewOrder AAPL 5 @ 100" },
		{ "fill 1 2 @ 100 leaves 3", "filled PARTIALLY_FILLED 5,2,3,2 delta -200 released "
					     "0 hold 300 cash 800/300 shares 2/0 actions 3" },
		{ "dividend AAPL 4 12.5", "shares AAPL 2/0 actions 4 cash 812.5/300" },
		{ "fill 1 3 @ 100 leaves 0", "filled FILLED 5,5,0,3 delta -300 released 0 hold 0 "
					     "cash 512.5/0 shares 5/0 actions 4" },
		{ "deposit 1 AAPL 4", "shares AAPL 6/0 actions 4" },
	};
	static const struct desk_line second[] = {
		{ "place 2 sell 1 @ 100",
		  "accepted hold 1 cash 512.5/0 shares 6/1 -> NewOrder AAPL 1 @ 100" },
		{ "renamed AAPL NEWCO 5 6", "park" },
		{ "end 2 1 CORPORATE_ACTION",
		  "ended CANCELED 1,0,0,0 canceled 1 released 1 cash 512.5/0 shares 6/0" },
		{ "renamed AAPL NEWCO 5 6", "shares AAPL 0/0 actions 5 shares NEWCO 6/0" },
		{ "deposit 2 AAPL 5", "shares AAPL 2/0 actions 5" },
	};
	static const struct desk_line third[] = {
		{ "place 3 buy 1 @ 100",
		  "accepted hold 100 cash 512.5/100 shares 2/0 -> NewOrder AAPL 1 @ 100" },
	};

	script.actions = 3;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(first);
	script.actions = 4;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(second);
	script.actions = 5;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(third);
}
END_TEST

/* Nothing is left that it could be applied to. */
START_TEST(sold_before)
{
	static const struct desk_line first[] = {
		{ "deposit 10 AAPL", "shares AAPL 10/0" },
		{ "place 1 sell 10 @ 100",
		  "accepted hold 10 cash 0/0 shares 10/10 -> NewOrder AAPL 10 @ 100" },
		{ "due AAPL", "action pending" },
		{ "fill 1 10 @ 100 leaves 0", "filled FILLED 10,10,0,10 delta 1000 released 0 hold "
					      "0 cash 1000/0 shares 0/0 action cleared" },
	};
	static const struct desk_line second[] = {
		{ "place 2 buy 1 @ 100",
		  "accepted hold 100 cash 1000/100 shares 0/0 -> NewOrder AAPL 1 @ 100" },
		{ "fill 2 1 @ 100 leaves 0", "filled FILLED 1,1,0,1 delta -100 released 0 hold 0 "
					     "cash 900/0 shares 1/0 actions 1" },
		{ "place 3 sell 1 @ 100",
		  "accepted hold 1 cash 900/0 shares 1/1 -> NewOrder AAPL 1 @ 100" },
	};

	CHECK(first);
	script.actions = 1;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(second);
}
END_TEST

/* What is owed is split, the collateral stays. */
START_TEST(short_split)
{
	static const struct desk_line first[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 sell 10 @ 100", "accepted hold 0 short 10 margin 500 cash 10000/500 "
					   "shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 10 @ 100 leaves 0", "filled FILLED 10,10,0,10 delta 1000 released 0 hold "
					      "0 cash 11000/1500 shares -10/0 collateral 1500" },
		{ "due AAPL", "action cleared" },
		{ "split AAPL 1 -10 -40", "shares AAPL -40/0 collateral 1500 actions 1" },
	};
	static const struct desk_line second[] = {
		{ "place 2 buy 40 @ 25", "accepted hold 1000 cash 11000/2500 shares -40/0 "
					 "collateral 1500 -> NewOrder AAPL 40 @ 25" },
		{ "fill 2 40 @ 25 leaves 0", "filled FILLED 40,40,0,40 delta -1000 released 0 hold "
					     "0 cash 10000/0 shares 0/0 actions 1" },
	};

	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(first);
	script.actions = 1;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(second);
}
END_TEST

/* An order under replacement. */
START_TEST(replacement_waits_too)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 1 AAPL", "shares AAPL 1/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 10000/1000 shares 1/0 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 2 qty=11", "replace requested hold 100 cash 10000/1100 shares 1/0 -> "
					"ReplaceOrder AAPL 11 @ 100" },
		{ "due AAPL", "action pending" },
		{ "late 1 replace 2",
		  "replace rejected TOO_LATE NEW released 100 cash 10000/1000 shares 1/0" },
		{ "end 1 10 CORPORATE_ACTION", "ended CANCELED 10,0,0,0 canceled 10 released 1000 "
					       "cash 10000/0 shares 1/0 action cleared" },
		{ "place 3 buy 10 @ 100", "rejected CORPORATE_ACTION" },
	};

	CHECK(lines);
}
END_TEST

/* The last one ends by its replacement; and what does not fit. */
START_TEST(replaced_by_what_traded)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 1 AAPL", "shares AAPL 1/0" },
		{ "place 1 buy 10 @ 100",
		  "accepted hold 1000 cash 10000/1000 shares 1/0 -> NewOrder AAPL 10 @ 100" },
		{ "replace 1 2 qty=5", "replace requested hold 0 cash 10000/1000 shares 1/0 -> "
				       "ReplaceOrder AAPL 5 @ 100" },
		{ "due AAPL", "action pending" },
		{ "fill 1 7 @ 100 leaves 3", "filled PENDING_REPLACE 10,7,3,7 delta -700 released "
					     "0 hold 300 cash 9300/300 shares 8/0" },
		{ "replaced 1 2 7 leaves 0", "replaced FILLED 7,7,0,0 released 300 hold 0 cash "
					     "9300/0 shares 8/0 action cleared" },
		{ "due ", "park" },
		{ "split AAPL 2 8 -9223372036854.775808", "error -31" },
		{ "split AAPL 2 7 14", "park" },
		{ "renamed AAPL AAPL 1 1", "park" },
		{ "due AAPLAAPLAAPLAAPL", "park" },
	};

	CHECK(lines);
}
END_TEST

/* What was owed was less than a share: nothing is owed any more, and nothing held. */
START_TEST(short_fraction)
{
	static const struct desk_line lines[] = {
		{ "deposit 1000", "cash 1000/0" },
		{ "place 1 sell 3 @ 100", "accepted hold 0 short 3 margin 150 cash 1000/150 shares "
					  "0/0 -> NewOrder AAPL 3 @ 100" },
		{ "fill 1 3 @ 100 leaves 0", "filled FILLED 3,3,0,3 delta 300 released 0 hold 0 "
					     "cash 1300/450 shares -3/0 collateral 450" },
		{ "due AAPL", "action cleared" },
		{ "split AAPL 1 -3 0 -30", "shares AAPL 0/0 actions 1 cash 1270/0" },
		{ "place 2 buy 1 @ 100",
		  "accepted hold 100 cash 1270/100 shares 0/0 -> NewOrder AAPL 1 @ 100" },
	};

	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

/* What the market has said may come here later than to the ledger, or earlier: its count holds. */
START_TEST(counts_are_the_ledgers)
{
	static const struct desk_line behind[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 5 AAPL 1", "shares AAPL 5/0 actions 1" },
		{ "deposit 5 NEWCO -1", "park" },
		{ "renamed AAPL NEWCO 1 5 -1", "park" },
	};
	static const struct desk_line level[] = {
		{ "place 1 sell 5 @ 100",
		  "accepted hold 5 cash 10000/0 shares 5/5 -> NewOrder AAPL 5 @ 100" },
	};
	static const struct desk_line ahead[] = {
		{ "fill 1 5 @ 100 leaves 0", "filled FILLED 5,5,0,5 delta 500 released 0 hold 0 "
					     "cash 10500/0 shares 0/0 actions 1" },
		{ "deposit 5 AAPL 1", "shares AAPL 5/0 actions 1" },
		{ "place 2 sell 5 @ 100", "rejected CORPORATE_ACTION" },
		{ "dividend AAPL 2 0", "shares AAPL 5/0 actions 2" },
		{ "place 2 sell 5 @ 100",
		  "accepted hold 5 cash 10500/0 shares 5/5 -> NewOrder AAPL 5 @ 100" },
		{ "deposit 1 AAPL 3", "shares AAPL 6/5 actions 3" },
	};

	CHECK(behind);
	script.actions = 1;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(level);
	script.actions = 2;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(ahead);
}
END_TEST

/* A position that comes again has been through what the last one had, if its order knew less. */
START_TEST(counts_do_not_go_back)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 5 AAPL 3", "shares AAPL 5/0 actions 3" },
		{ "withdraw 1 5 AAPL", "withdrawal held cash 10000/0 shares 5/5" },
		{ "booked 1 5 AAPL", "shares AAPL 0/0 actions 3" },
		{ "place 1 buy 1 @ 100",
		  "accepted hold 100 cash 10000/100 shares 0/0 -> NewOrder AAPL 1 @ 100" },
		{ "fill 1 1 @ 100 leaves 0", "filled FILLED 1,1,0,1 delta -100 released 0 hold 0 "
					     "cash 9900/0 shares 1/0 actions 3" },
	};

	script.actions = 2;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

/* Shares of the new symbol close what is owed of the old one: so much less collateral. */
START_TEST(renamed_across_zero)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 sell 10 @ 100", "accepted hold 0 short 10 margin 500 cash 10000/500 "
					   "shares 0/0 -> NewOrder AAPL 10 @ 100" },
		{ "fill 1 10 @ 100 leaves 0", "filled FILLED 10,10,0,10 delta 1000 released 0 hold "
					      "0 cash 11000/1500 shares -10/0 collateral 1500" },
		{ "deposit 4 NEWCO", "shares NEWCO 4/0" },
		{ "renamed AAPL NEWCO 1 -10",
		  "shares AAPL 0/0 actions 1 shares NEWCO -6/0 collateral 900 cash 11000/900" },
		{ "deposit 4 AAPL 1", "shares AAPL 4/0 actions 1" },
		{ "renamed AAPL NEWCO 2 4 7", "shares AAPL 0/0 actions 2 shares NEWCO -2/0 "
					      "collateral 300 actions 7 cash 11000/300" },
		{ "deposit 2 AAPL 2", "shares AAPL 2/0 actions 2" },
		{ "renamed AAPL NEWCO 3 2 7",
		  "shares AAPL 0/0 actions 3 shares NEWCO 0/0 actions 7 cash 11000/0" },
	};

	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

/* What is held of the new symbol leaves it: of the collateral as much stays as is owed then. */
START_TEST(renamed_onto_what_is_held)
{
	static const struct desk_line lines[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "place 1 sell 4 @ 100", "accepted hold 0 short 4 margin 200 cash 10000/200 "
					  "shares 0/0 -> NewOrder AAPL 4 @ 100" },
		{ "fill 1 4 @ 100 leaves 0", "filled FILLED 4,4,0,4 delta 400 released 0 hold 0 "
					     "cash 10400/600 shares -4/0 collateral 600" },
		{ "deposit 10 NEWCO", "shares NEWCO 10/0" },
		{ "withdraw 1 7 NEWCO", "withdrawal held cash 10400/600 shares 10/7" },
		{ "renamed AAPL NEWCO 1 -4", "shares AAPL 0/0 actions 1 shares NEWCO 6/7 "
					     "collateral 150 cash 10400/150" },
		{ "booked 1 7 NEWCO", "shares NEWCO -1/0 collateral 150" },
	};

	script.shorting = true;
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(lines);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		nothing_open,
		the_last_one_ends,
		position_of_nothing,
		sold_before,
		short_split,
		replacement_waits_too,
		replaced_by_what_traded,
		short_fraction,
		counts_are_the_ledgers,
		counts_do_not_go_back,
		renamed_across_zero,
		renamed_onto_what_is_held,
	};

	return desk_suite_run("desk_actions", tests, BUS_ARRAY_LEN(tests));
}
