/*
 * CancelOrders: in steps, for blocked accounts, whatever is pending.
 */
#include "desk_suite.h"

/* As many as an account may have: in steps, each bounded, and before anything else of the account.
 */
START_TEST(sweep_of_thousands)
{
	char line[64];
	size_t asked = 0;

	script.silent = true;
	script_run(&script, "deposit 4000000");
	for (int n = 1; n <= 3000; n++) {
		snprintf(line, sizeof(line), "place %d buy 10 @ 100", n);
		script_run(&script, line);
	}
	script_run(&script, "sweep");
	ck_assert_int_eq(script.result, 0);
	for (size_t i = 0; i < bus_fold_fact_count(script.fold); i++) {
		const struct bus_fact *fact = bus_fold_fact(script.fold, i);

		asked += fact->type == FACT(CANCEL_REQUESTED);
		if (fact->type == FACT(ORDERS_CANCEL_REQUESTED))
			ck_assert_int_eq(
				((const ORDERS(OrdersCancelRequested) *)fact->message)->count,
				3000);
	}
	ck_assert_uint_eq(asked, 3000);
	ck_assert_uint_eq(bus_fold_reaction_count(script.fold), 3000);
	/* Six steps of 500. */
	ck_assert_int_eq(bus_fold_fact(script.fold, 3000)->sequence -
				 bus_fold_fact(script.fold, 0)->sequence,
			 5);
	script_run(&script, "sweep");
	ck_assert_uint_eq(bus_fold_fact_count(script.fold), 1);
	script.silent = false;
	script_run(&script, "end 2999 10 REQUESTED");
	ck_assert_str_eq(script.text, "ended CANCELED 10,0,0,0 canceled 10 released 1000"
				      " cash 4000000/2999000 shares 0/0");
}
END_TEST

/* A parked account asks for nothing. */
START_TEST(sweep_while_parked)
{
	static const struct desk_line lines[] = {
		{ "sweep", "all asked 0" },
		{ "replace 1 2 qty=5", "replace rejected ACCOUNT_BLOCKED NEW" },
		{ "replace 9 2 qty=5", "replace rejected ACCOUNT_BLOCKED UNSPECIFIED" },
	};

	script_run(&script, "deposit 1000");
	script_run(&script, "place 1 buy 1 @ 100");
	script.blocked = true;
	CHECK(lines);
}
END_TEST

/* Everything that is open is asked for, of blocked accounts, too; an order with its replacement. */
START_TEST(sweep)
{
	static const struct desk_line first[] = {
		{ "deposit 10000", "cash 10000/0" },
		{ "deposit 50 AAPL", "shares AAPL 50/0" },
		{ "place 1 buy 10 @ 100 bracket tp=110 sl=90",
		  "accepted hold 1000 cash 10000/1000 shares 50/0 accepted #1.1 HELD accepted #1.2 "
		  "HELD -> NewOrder AAPL 10 @ 100" },
		{ "place 2 buy 10 @ 100",
		  "accepted hold 1000 cash 10000/2000 shares 50/0 -> NewOrder AAPL 10 @ 100" },
		{ "place 3 sell 10 @ 100",
		  "accepted hold 10 cash 10000/2000 shares 50/10 -> NewOrder AAPL 10 @ 100" },
		{ "place 4 buy 10 @ 99",
		  "accepted hold 990 cash 10000/2990 shares 50/10 -> NewOrder AAPL 10 @ 99" },
		{ "replace 4 5 qty=20", "replace requested hold 990 cash 10000/3980 shares 50/10 "
					"-> ReplaceOrder AAPL 20 @ 99" },
		{ "cancel 2", "cancel requested -> CancelOrder AAPL" },
		{ "sweep MSFT", "all asked 0" },
	};
	static const struct desk_line second[] = {
		{ "sweep AAPL",
		  "ended #1.1 CANCELED 10,0,0,0 canceled 10 released 0 cash 10000/3980 shares "
		  "50/10 cancel requested #3 ended #1.2 CANCELED 10,0,0,0 canceled 10 released 0 "
		  "cash 10000/3980 shares 50/10 cancel requested #1 cancel requested #5 cancel "
		  "requested #4 all asked 6 -> CancelOrder AAPL -> CancelOrder AAPL -> CancelOrder "
		  "AAPL -> CancelOrder AAPL" },
		{ "sweep", "all asked 0" },
		{ "replaced 4 5 20 leaves 20", "replaced PENDING_CANCEL 20,0,20,0 released 0 hold "
					       "1980 cash 10000/3980 shares 50/10" },
		{ "late 4 cancel", "cancel rejected TOO_LATE REPLACED" },
		{ "end 5 20 REQUESTED", "ended CANCELED 20,0,0,0 canceled 20 released 1980 cash "
					"10000/2000 shares 50/10" },
		{ "end 2 10 REQUESTED", "ended CANCELED 10,0,0,0 canceled 10 released 1000 cash "
					"10000/1000 shares 50/10" },
		{ "end 1 10 REQUESTED",
		  "ended CANCELED 10,0,0,0 canceled 10 released 1000 cash 10000/0 shares 50/10" },
		{ "end 3 10 REQUESTED",
		  "ended CANCELED 10,0,0,0 canceled 10 released 10 cash 10000/0 shares 50/0" },
		{ "sweep", "all asked 0" },
	};
	static const struct desk_line third[] = {
		{ "place 6 buy 10 @ 99",
		  "accepted hold 990 cash 10000/990 shares 50/0 -> NewOrder AAPL 10 @ 99" },
		{ "replace 6 7 qty=20", "replace requested hold 990 cash 10000/1980 shares 50/0 -> "
					"ReplaceOrder AAPL 20 @ 99" },
		{ "sweep", "cancel requested #7 cancel requested #6 all asked 2 -> CancelOrder "
			   "AAPL -> CancelOrder AAPL" },
		{ "fill 6 10 @ 99 leaves 0", "filled FILLED 10,10,0,10 delta -990 released 0 hold "
					     "0 cash 9010/990 shares 60/0" },
		{ "late 6 replace 7",
		  "replace rejected TOO_LATE FILLED released 990 cash 9010/0 shares 60/0" },
		{ "late 6 cancel", "cancel rejected TOO_LATE FILLED" },
		{ "late 7 cancel", "cancel rejected TOO_LATE REJECTED" },
		{ "place 8 buy 10 @ 99",
		  "accepted hold 990 cash 9010/990 shares 60/0 -> NewOrder AAPL 10 @ 99" },
		{ "replace 8 9 qty=20", "replace requested hold 990 cash 9010/1980 shares 60/0 -> "
					"ReplaceOrder AAPL 20 @ 99" },
		{ "sweep", "cancel requested #9 cancel requested #8 all asked 2 -> CancelOrder "
			   "AAPL -> CancelOrder AAPL" },
		{ "late 8 replace 9", "replace rejected TOO_LATE PENDING_CANCEL released 990 cash "
				      "9010/990 shares 60/0" },
		{ "late 9 cancel", "cancel rejected TOO_LATE REJECTED" },
		{ "end 8 10 REQUESTED",
		  "ended CANCELED 10,0,0,0 canceled 10 released 990 cash 9010/0 shares 60/0" },
	};

	CHECK(first);
	script_refer(ACCOUNT_STATUS(BLOCKED));
	CHECK(second);
	script_refer(ACCOUNT_STATUS(OPEN));
	CHECK(third);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		sweep_of_thousands,
		sweep_while_parked,
		sweep,
	};

	return desk_suite_run("desk_sweep", tests, BUS_ARRAY_LEN(tests));
}
