/*
 * What the ledger does by the clock and by the market: settlement over weekends, holidays and the
 * change of the clock; days that close, one after another and after a jump; corporate actions;
 * short positions and their margin. As tables: the time, the input, and all that it led to; facts
 * of timers begin with a star.
 */
#include "ledger_script.h"

enum what {
	END,
	CLOCK, /* only the clock moves */
	DEPOSIT,
	WITHDRAW,
	FILL,  /* quantity and cash are signed */
	SHORT, /* a fill of an account that may be short */
	FIRM,
	QUOTE,	   /* of symbol: cash */
	INCREMENT, /* of symbol: quantity */
	DIVIDEND,  /* announced for `of`: cash a share */
	SPLIT,	   /* announced for `of`: quantity new shares for one old; below 1 the other way */
	RENAME,	   /* announced for `of`: to symbol2 */
	EFFECTIVE, /* the market says so */
	CLEARED,   /* the desk, of action n */
	APPLY,
};

struct row {
	enum what what;
	const char *at; /* NULL: as before */
	const char *symbol;
	const char *quantity;
	const char *cash;
	const char *of; /* a time; executed at, effective at */
	const char *symbol2;
	int n; /* of CLEARED the action; of a fill the actions of its order */
	int err;
	const char *facts;
};

static const struct row settlement[] = {
	{ DEPOSIT, "2012-06-21T13:30:00Z", .cash = "1000", .facts = "in 1000, cash 1000" },
	{ FILL, NULL, "AAPL", "10", "-500",
	  .facts = "bought 10 AAPL, settles 20120622, has 10 for 500 / 500, earned 0 / 0" },
	{ FILL, "2012-06-21T14:00:00Z", "AAPL", "-4", "240",
	  .facts = "sold 4 AAPL, settles 20120622, has 6 for 300 / 300, earned 40 / 40" },
	/* unsettled is below 0: nothing but the desk stands in the way of a withdrawal */
	{ WITHDRAW, NULL, .cash = "700", .facts = "requested | out 700 0 for 0 / 0" },
	{ CLOCK, "2012-06-22T03:59:59.999999Z", .facts = "" },
	{ CLOCK, "2012-06-22T04:00:00Z",
	  .facts =
		  "*closed 20120621: 0 > 40 (300 + -260), in 1000, out 700, trades -260, dividends "
		  "0, other 0, 6 moves, equity 340, flow 300, growth 1040000000000 | *settled "
		  "20120622 -260: 40 + 0" },
	/* Friday's cash comes on Monday, and may not leave before */
	{ FILL, "2012-06-22T15:00:00Z", "AAPL", "-6", "600",
	  .facts = "sold 6 AAPL, settles 20120625, has 0 for 0 / 0, earned 300 / 300" },
	{ WITHDRAW, NULL, .cash = "40.000001", .facts = "rejected UNSETTLED_CASH" },
	{ WITHDRAW, NULL, .cash = "30", .facts = "requested | out 30 0 for 0 / 0" },
	{ WITHDRAW, "2012-06-24T15:00:00Z", .cash = "11",
	  .facts = "*closed 20120623: 40 > 610 (10 + 600), in 0, out 30, trades 600, dividends 0, "
		   "other 0, 5 moves, equity 610, flow -30, growth 1957647058824 | rejected "
		   "UNSETTLED_CASH" },
	{ CLOCK, "2012-06-25T04:00:00Z",
	  .facts = "*closed 20120624: 610 > 610 (10 + 600), in 0, out 0, trades 0, dividends 0, "
		   "other 0, 0 moves, equity 610, flow 0, growth 1957647058824 | *settled 20120625 "
		   "600: 610 + 0" },
	{ WITHDRAW, NULL, .cash = "610", .facts = "requested | out 610 0 for 0 / 0" },
	/* nothing is left: the last day of the account, until more comes */
	{ CLOCK, "2012-06-27T12:00:00Z",
	  .facts = "*closed 20120626: 610 > 0 (0 + 0), in 0, out 610, trades 0, dividends 0, other "
		   "0, 3 moves, equity 0, flow -610, growth 1957647058824" },
	{ CLOCK, "2012-07-27T12:00:00Z", .facts = "" },
	{ DEPOSIT, NULL, .cash = "5", .facts = "in 5, cash 5" },
	{ CLOCK, "2012-07-28T12:00:00Z",
	  .facts =
		  "*closed 20120727: 0 > 5 (5 + 0), in 5, out 0, trades 0, dividends 0, other 0, 1 "
		  "moves, equity 5, flow 5, growth 1957647058824" },
	{ END },
};

/* Independence Day, and the night in which the clock goes forward. */
static const struct row holidays[] = {
	{ DEPOSIT, "2012-07-03T13:30:00Z", .cash = "1000", .facts = "in 1000, cash 1000" },
	{ FILL, NULL, "AAPL", "1", "-100",
	  .facts = "bought 1 AAPL, settles 20120705, has 1 for 100 / 100, earned 0 / 0" },
	{ CLOCK, "2012-07-05T03:59:59Z",
	  .facts =
		  "*closed 20120703: 0 > 900 (1000 + -100), in 1000, out 0, trades -100, dividends "
		  "0, other 0, 3 moves, equity 1000, flow 1000, growth 1000000000000" },
	{ CLOCK, "2012-07-05T04:00:00Z",
	  .facts =
		  "*closed 20120704: 900 > 900 (1000 + -100), in 0, out 0, trades 0, dividends 0, "
		  "other 0, 0 moves, equity 1000, flow 0, growth 1000000000000 | *settled 20120705 "
		  "-100: 900 + 0" },
	{ FILL, "2013-03-08T20:59:00Z", "AAPL", "1", "-100",
	  .facts = "*closed 20130307: 900 > 900 (900 + 0), in 0, out 0, trades 0, dividends 0, "
		   "other "
		   "0, 2 moves, equity 1000, flow 0, growth 1000000000000 | bought 1 AAPL, settles "
		   "20130311, has 2 for 200 / 200, earned 0 / 0" },
	{ CLOCK, "2013-03-10T05:00:00Z",
	  .facts = "*closed 20130309: 900 > 800 (900 + -100), in 0, out 0, trades -100, dividends "
		   "0, "
		   "other 0, 2 moves, equity 1000, flow 0, growth 1000000000000" },
	{ CLOCK, "2013-03-11T03:59:59Z", .facts = "" },
	{ CLOCK, "2013-03-11T04:00:00Z",
	  .facts =
		  "*closed 20130310: 800 > 800 (900 + -100), in 0, out 0, trades 0, dividends 0, "
		  "other 0, 0 moves, equity 1000, flow 0, growth 1000000000000 | *settled 20130311 "
		  "-100: 800 + 0" },
	{ END },
};

/* The clock jumps over four days: one statement, in which all has settled. */
static const struct row jump[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", .cash = "1000", .facts = "in 1000, cash 1000" },
	{ FILL, NULL, "AAPL", "10", "-100",
	  .facts = "bought 10 AAPL, settles 20120621, has 10 for 100 / 100, earned 0 / 0" },
	{ QUOTE, NULL, "AAPL", .cash = "12", .facts = "" },
	{ CLOCK, "2012-06-24T13:30:00Z",
	  .facts =
		  "*settled 20120621 -100: 900 + 0 | *closed 20120623: 0 > 900 (900 + 0), in 1000, "
		  "out 0, trades -100, dividends 0, other 0, 5 moves, equity 1020, flow 1000, "
		  "growth "
		  "1020000000000" },
	{ CLOCK, "2012-06-25T03:59:59Z", .facts = "" },
	/* a fill that was long under way settles at once */
	{ FILL, NULL, "AAPL", "-10", "120", "2012-06-20T14:00:00Z",
	  .facts = "sold 10 AAPL, settles 20120621, has 0 for 0 / 0, earned 20 / 20" },
	{ CLOCK, NULL, .facts = "*settled 20120621 120: 1020 + 0" },
	{ END },
};

static const struct row dividends[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", .cash = "1000", .facts = "in 1000, cash 1000" },
	{ DIVIDEND, NULL, "AAPL", .cash = "0.5", .of = "2012-06-22T04:00:00Z", .facts = "" },
	{ DIVIDEND, NULL, "AAPL", .cash = "0.25", .of = "2012-06-25T15:00:00Z", .facts = "" },
	{ FILL, NULL, "AAPL", "10", "-100",
	  .facts = "bought 10 AAPL, settles 20120621, has 10 for 100 / 100, earned 0 / 0" },
	{ CLOCK, "2012-06-21T05:00:00Z",
	  .facts =
		  "*closed 20120620: 0 > 900 (1000 + -100), in 1000, out 0, trades -100, dividends "
		  "0, other 0, 3 moves, equity 1000, flow 1000, growth 1000000000000 | *settled "
		  "20120621 -100: 900 + 0" },
	/* on the ex-date it is paid before the fill of the same moment, and belongs to the new day
	 */
	{ FILL, "2012-06-22T04:00:00Z", "AAPL", "10", "-100",
	  .facts = "*closed 20120621: 900 > 900 (900 + 0), in 0, out 0, trades 0, dividends 0, "
		   "other "
		   "0, 2 moves, equity 1000, flow 0, growth 1000000000000 | *dividend AAPL 10 x "
		   "0.5 = "
		   "5, cash 905 | *checked 1 | bought 10 AAPL, settles 20120625, has 20 for 200 / "
		   "200, earned 0 / 0" },
	/* one that was executed before does not take part in the second, one at its moment comes
	 * after it */
	{ FILL, "2012-06-25T14:59:59Z", "AAPL", "-5", "50", "2012-06-25T14:59:58Z",
	  .facts =
		  "*closed 20120624: 900 > 805 (905 + -100), in 0, out 0, trades -100, dividends "
		  "5, "
		  "other 0, 3 moves, equity 1005, flow 0, growth 1005000000000 | *settled 20120625 "
		  "-100: 805 + 0 | sold 5 AAPL, settles 20120626, has 15 for 150 / 150, earned 0 / "
		  "0" },
	{ FILL, "2012-06-25T15:00:00Z", "AAPL", "-15", "150",
	  .facts = "dividend AAPL 15 x 0.25 = 3.75, cash 858.75 | sold 15 AAPL, settles 20120626, "
		   "has 0 for 0 / 0, earned 0 / 0" },
	{ CLOCK, "2012-06-25T15:00:01Z", .facts = "*checked 0" },
	/* who buys after it gets none */
	{ EFFECTIVE, NULL, "AAPL", .facts = "" },
	{ FILL, NULL, "AAPL", "1", "-10",
	  .facts = "bought 1 AAPL, settles 20120626, has 1 for 10 / 10, earned 0 / 0" },
	{ APPLY, NULL, .facts = "checked 0" },
	{ END },
};

/* What an order knew of actions does not matter for a dividend: the time of its fill does. */
static const struct row dividend_before_a_position[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", .cash = "1000", .facts = "in 1000, cash 1000" },
	{ DIVIDEND, NULL, "AAPL", .cash = "0.5", .of = "2012-06-20T14:00:00Z", .facts = "" },
	{ FILL, "2012-06-20T14:00:00Z", "AAPL", "10", "-100",
	  .facts = "bought 10 AAPL, settles 20120621, has 10 for 100 / 100, earned 0 / 0" },
	{ EFFECTIVE, NULL, "AAPL", .facts = "*dividend AAPL 0 x 0.5 = 0, cash 900 | *checked 0" },
	{ APPLY, NULL, .facts = "checked 0" },
	/* shares that come or go do not take part either: it is paid first */
	{ DIVIDEND, NULL, "AAPL", .cash = "1", .of = "2012-06-20T15:00:00Z", .facts = "" },
	{ DEPOSIT, "2012-06-20T15:00:00Z", "AAPL", "5", "2",
	  .facts = "dividend AAPL 10 x 1 = 10, cash 910 | in 5 AAPL, has 15 for 110 / 110" },
	{ DIVIDEND, NULL, "AAPL", .cash = "1", .of = "2012-06-20T15:00:00.5Z", .facts = "" },
	{ WITHDRAW, "2012-06-20T15:00:00.6Z", "AAPL", "15",
	  .facts = "dividend AAPL 15 x 1 = 15, cash 925 | requested | out 0 15AAPL for 110 / 110" },
	{ END },
};

static const struct row splits[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", .cash = "1000", .facts = "in 1000, cash 1000" },
	{ INCREMENT, NULL, "AAPL", "1", .facts = "" },
	{ FILL, NULL, "AAPL", "15", "-150",
	  .facts = "bought 15 AAPL, settles 20120621, has 15 for 150 / 150, earned 0 / 0" },
	{ FILL, NULL, "AAPL", "10", "-200",
	  .facts = "bought 10 AAPL, settles 20120621, has 25 for 350 / 350, earned 0 / 0" },
	/* 1 for 10, then a dividend at the same moment: that one waits for the split */
	{ SPLIT, NULL, "AAPL", "0.1", "120", "2012-06-20T15:00:00Z", .facts = "" },
	{ DIVIDEND, NULL, "AAPL", .cash = "1", .of = "2012-06-20T15:00:00Z", .facts = "" },
	{ APPLY, "2012-06-20T15:00:00Z",
	  .facts = "checked 0" }, /* the book has yet to end orders */
	{ CLOCK, "2012-06-20T15:00:59Z", .facts = "" },
	{ EFFECTIVE, NULL, "AAPL", .facts = "" },
	{ CLOCK, "2012-06-20T15:01:00Z", .facts = "*due AAPL 1 | *checked 1" },
	{ APPLY, NULL, .facts = "checked 0" }, /* once */
	{ DEPOSIT, NULL, "AAPL", "1", "1", .facts = "rejected CORPORATE_ACTION" },
	{ WITHDRAW, NULL, "AAPL", "1", .facts = "rejected CORPORATE_ACTION" },
	/* fills from before it still come */
	{ FILL, NULL, "AAPL", "5", "-50", "2012-06-20T14:59:59Z",
	  .facts = "bought 5 AAPL, settles 20120621, has 30 for 400 / 400, earned 0 / 0" },
	{ FILL, NULL, "AAPL", "-5", "50", "2012-06-20T14:59:59Z",
	  .facts =
		  "sold 5 AAPL, settles 20120621, has 25 for 333.333333 / 350, earned -16.666667 / "
		  "0" },
	{ CLEARED, NULL, "AAPL", .n = 2, .err = BUS_ERR_PARK },
	{ CLEARED, NULL, "MSFT", .n = 1, .err = BUS_ERR_PARK },
	{ CLEARED, NULL, "AAPL", .n = 1,
	  .facts =
		  "split AAPL 25 > 2 for 266.666666 / 300, fraction 0.5 for 60, earned -6.666667 / "
		  "10 | dividend AAPL 2 x 1 = 2, cash 712" },
	{ CLEARED, NULL, "AAPL", .n = 1, .err = BUS_ERR_PARK },
	{ APPLY, NULL, .facts = "checked 0" },
	/* and 4 for 1 at once */
	{ SPLIT, NULL, "AAPL", "4", "0", "2012-06-20T16:00:00Z", .facts = "" },
	{ CLOCK, "2012-06-20T16:00:00Z", .facts = "" },
	{ EFFECTIVE, NULL, "AAPL", .facts = "" },
	{ APPLY, NULL, .facts = "due AAPL 3 | checked 1" },
	{ CLEARED, NULL, "AAPL", .n = 3,
	  .facts = "split AAPL 2 > 8 for 266.666666 / 300, fraction 0 for 0, earned 0 / 0" },
	{ FILL, NULL, "AAPL", "-8", "400", .n = 3,
	  .facts = "sold 8 AAPL, settles 20120621, has 0 for 0 / 0, earned 133.333334 / 100" },
	/* a position of 0 goes through nothing, and what is bought then has been through all */
	{ SPLIT, NULL, "AAPL", "2", "0", "2012-06-20T17:00:00Z", .facts = "" },
	{ CLOCK, "2012-06-20T17:00:00Z", .facts = "" },
	{ EFFECTIVE, NULL, "AAPL", .facts = "" },
	{ APPLY, NULL, .facts = "checked 0" },
	{ FILL, NULL, "AAPL", "1", "-10", .n = 4,
	  .facts = "bought 1 AAPL, settles 20120621, has 1 for 10 / 10, earned 0 / 0" },
	{ APPLY, NULL, .facts = "checked 0" },
	{ END },
};

/* The position goes while the desk clears, and comes back: the answer still ends the wait. */
static const struct row flat_before_the_answer[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", "AAPL", "10", "1",
	  .facts = "in 10 AAPL, has 10 for 10 / 10" },
	{ SPLIT, NULL, "AAPL", "2", "0", "2012-06-20T15:00:00Z", .facts = "" },
	{ CLOCK, "2012-06-20T15:00:00Z", .facts = "" },
	{ EFFECTIVE, NULL, "AAPL", .facts = "" },
	{ APPLY, NULL, .facts = "due AAPL 1 | checked 1" },
	{ FILL, NULL, "AAPL", "-10", "20", "2012-06-20T14:59:59Z",
	  .facts = "sold 10 AAPL, settles 20120621, has 0 for 0 / 0, earned 10 / 10" },
	{ CLEARED, NULL, "AAPL", .n = 1,
	  .facts = "split AAPL 0 > 0 for 0 / 0, fraction 0 for 0, earned 0 / 0" },
	{ DEPOSIT, NULL, "AAPL", "3", "1", .facts = "in 3 AAPL, has 3 for 3 / 3" },
	{ APPLY, NULL, .facts = "checked 0" },
	{ END },
};

static const struct row renamed[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", "FB", "10", "3",
	  .facts = "in 10 FB, has 10 for 30 / 30" },
	{ DEPOSIT, "2012-06-20T13:31:00Z", "META", "1", "5",
	  .facts = "in 1 META, has 1 for 5 / 5" },
	{ DEPOSIT, "2012-06-20T13:32:00Z", "FB", "10", "4",
	  .facts = "in 10 FB, has 20 for 70 / 70" },
	{ RENAME, NULL, "FB", .of = "2012-06-21T04:00:00Z", .symbol2 = "META", .facts = "" },
	{ CLOCK, "2012-06-21T04:00:00Z",
	  .facts =
		  "*closed 20120620: 0 > 0 (0 + 0), in 0, out 0, trades 0, dividends 0, other 0, 3 "
		  "moves, equity 75, flow 75, growth 1000000000000" },
	{ EFFECTIVE, NULL, "FB", .facts = "" },
	{ CLOCK, "2012-06-21T04:01:00Z", .facts = "*due FB 1 | *checked 1" },
	{ CLEARED, NULL, "FB", .n = 1,
	  .facts = "FB > META 20, has 21 for 75 / 75 in 3 lots, earned 0 / 0" },
	{ FILL, NULL, "META", "-11", "55",
	  .facts = "sold 11 META, settles 20120622, has 10 for 35.714286 / 40, earned 15.714286 / "
		   "20" },
	{ FILL, NULL, "FB", "-1", "55", .err = BUS_ERR_PARK },
	{ END },
};

/* What is owed of the one and what is there of the other close each other, by both methods. */
static const struct row renamed_across_zero[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", .cash = "500", .facts = "in 500, cash 500" },
	{ SHORT, NULL, "FB", "-4", "480",
	  .facts = "sold 4 FB, settles 20120621, has -4 for -480 / -480, earned 0 / 0" },
	{ DEPOSIT, NULL, "META", "3", "90", .facts = "in 3 META, has 3 for 270 / 270" },
	{ DEPOSIT, NULL, "META", "7", "100", .facts = "in 7 META, has 10 for 970 / 970" },
	{ RENAME, NULL, "FB", .of = "2012-06-20T13:30:01Z", .symbol2 = "META", .facts = "" },
	{ WITHDRAW, "2012-06-20T13:30:01Z", "META", "1",
	  .facts = "requested | out 0 1META for 97 / 90" },
	{ DEPOSIT, NULL, "META", "1", "97", .facts = "in 1 META, has 10 for 970 / 977" },
	{ EFFECTIVE, NULL, "FB", .facts = "" },
	{ APPLY, NULL, .facts = "due FB 1 | checked 1" },
	{ WITHDRAW, NULL, "META", "1", .facts = "rejected CORPORATE_ACTION" },
	{ CLEARED, NULL, "FB", .n = 1,
	  .facts = "FB > META -4, has 6 for 582 / 597 in 2 lots, earned 92 / 100" },
	{ WITHDRAW, NULL, "META", "1", .facts = "requested | out 0 1META for 97 / 100" },
	{ DEPOSIT, NULL, "META", "1", "97", .facts = "in 1 META, has 6 for 582 / 594" },
	/* more is owed than there is */
	{ SHORT, NULL, "FB", "-10", "1000", .n = 1,
	  .facts = "sold 10 FB, settles 20120621, has -10 for -1000 / -1000, earned 0 / 0" },
	{ RENAME, NULL, "FB", .of = "2012-06-20T13:30:02Z", .symbol2 = "META", .facts = "" },
	{ CLOCK, "2012-06-20T13:30:02Z", .facts = "" },
	{ EFFECTIVE, NULL, "FB", .facts = "" },
	{ APPLY, NULL, .facts = "due FB 2 | checked 1" },
	{ CLEARED, NULL, "FB", .n = 2,
	  .facts = "FB > META -10, has -4 for -400 / -400 in 1 lots, earned 18 / 6" },
	/* and as much */
	{ DEPOSIT, NULL, "FB", "4", "90", .facts = "in 4 FB, has 4 for 360 / 360" },
	{ RENAME, NULL, "FB", .of = "2012-06-20T13:30:03Z", .symbol2 = "META", .facts = "" },
	{ CLOCK, "2012-06-20T13:30:03Z", .facts = "" },
	{ EFFECTIVE, NULL, "FB", .facts = "" },
	{ APPLY, NULL, .facts = "due FB 3 | checked 1" },
	{ CLEARED, NULL, "FB", .n = 3,
	  .facts = "FB > META 4, has 0 for 0 / 0 in 0 lots, earned 40 / 40" },
	{ CLOCK, "2012-06-20T13:31:00Z", .facts = "*margin 1980 of 0 for 0" },
	{ CLOCK, "2012-06-21T04:00:00Z",
	  .facts = "*closed 20120620: 0 > 1980 (500 + 1480), in 500, out 0, trades 1480, dividends "
		   "0, other 0, 18 moves, equity 1980, flow 1830, growth 1074110671937 | *settled "
		   "20120621 1480: 1980 + 0" },
	{ END },
};

/* An order that rested over the ex-date opens a position that the dividend is not for, and that
 * must count it all the same: the desk takes orders only where its count is the market's. */
static const struct row younger_than_a_dividend[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", .cash = "1000", .facts = "in 1000, cash 1000" },
	{ DIVIDEND, NULL, "AAPL", .cash = "0.5", .of = "2012-06-20T14:00:00Z", .facts = "" },
	{ DIVIDEND, NULL, "AAPL", .cash = "0.25", .of = "2012-06-20T15:00:00Z", .facts = "" },
	{ CLOCK, "2012-06-20T14:00:00Z", .facts = "" },
	{ EFFECTIVE, NULL, "AAPL", .facts = "" },
	{ FILL, "2012-06-20T14:30:00Z", "AAPL", "10", "-100", .n = 0,
	  .facts = "bought 10 AAPL, settles 20120621, has 10 for 100 / 100, earned 0 / 0" },
	{ CLOCK, NULL, .facts = "*dividend AAPL 0 x 0.5 = 0, cash 900 | *checked 0" },
	{ APPLY, NULL, .facts = "checked 0" },
	{ CLOCK, "2012-06-20T15:00:01Z",
	  .facts = "*dividend AAPL 10 x 0.25 = 2.5, cash 902.5 | *checked 1" },
	{ END },
};

/* Sold at 50, the market goes to 100 and back. */
static const struct row shorts[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", .cash = "500", .facts = "in 500, cash 500" },
	{ FILL, NULL, "AAPL", "-10", "500", .err = BUS_ERR_PARK },
	{ QUOTE, NULL, "AAPL", .cash = "50", .facts = "" },
	{ SHORT, NULL, "AAPL", "-10", "500",
	  .facts = "sold 10 AAPL, settles 20120621, has -10 for -500 / -500, earned 0 / 0" },
	{ CLOCK, "2012-06-20T13:30:59Z", .facts = "" },
	{ CLOCK, "2012-06-20T13:31:00Z", .facts = "*margin 500 of 150 for 500" },
	{ QUOTE, NULL, "AAPL", .cash = "80", .facts = "" },
	{ CLOCK, "2012-06-20T13:32:00Z",
	  .facts = "*margin 200 of 240 for 800 | *called, missing 40" },
	{ CLOCK, "2012-06-20T13:33:00Z", .facts = "*margin 200 of 240 for 800" },
	{ DEPOSIT, NULL, "AAPL", "1", "1", .facts = "rejected UNSUPPORTED" },
	{ WITHDRAW, NULL, "AAPL", "1", .facts = "requested", .err = BUS_ERR_PARK },
	{ DEPOSIT, NULL, .cash = "50", .facts = "in 50, cash 1050" },
	{ CLOCK, "2012-06-20T13:34:00Z", .facts = "*margin 250 of 240 for 800 | *met" },
	{ QUOTE, NULL, "AAPL", .cash = "100", .facts = "" },
	/* looked at after each trade as well */
	{ SHORT, NULL, "AAPL", "-1", "100",
	  .facts = "sold 1 AAPL, settles 20120621, has -11 for -600 / -600, earned 0 / 0 | called, "
		   "missing 280" },
	{ SHORT, NULL, "AAPL", "9", "-900",
	  .facts = "bought 9 AAPL, settles 20120621, has -2 for -109.090909 / -150, earned "
		   "-409.090909 / -450" },
	{ SHORT, NULL, "AAPL", "1", "-100",
	  .facts = "bought 1 AAPL, settles 20120621, has -1 for -54.545455 / -100, earned "
		   "-45.454546 / -50 | met" },
	{ END },
};

/* A dividend is taken from who is short; a split multiplies what is owed. Crossing 0. */
static const struct row short_actions[] = {
	{ DEPOSIT, "2012-06-20T13:30:00Z", .cash = "500", .facts = "in 500, cash 500" },
	{ SHORT, NULL, "AAPL", "-25", "250",
	  .facts = "sold 25 AAPL, settles 20120621, has -25 for -250 / -250, earned 0 / 0" },
	{ INCREMENT, NULL, "AAPL", "1", .facts = "" },
	{ DIVIDEND, NULL, "AAPL", .cash = "0.1", .of = "2012-06-20T13:30:30Z", .facts = "" },
	{ SPLIT, NULL, "AAPL", "0.1", "120", "2012-06-20T13:30:30Z", .facts = "" },
	{ CLOCK, "2012-06-20T13:30:30Z", .facts = "" },
	{ EFFECTIVE, NULL, "AAPL", .facts = "" },
	{ APPLY, NULL,
	  .facts = "dividend AAPL -25 x 0.1 = -2.5, cash 747.5 | due AAPL 2 | checked 2" },
	{ CLEARED, NULL, "AAPL", .n = 2,
	  .facts = "split AAPL -25 > -2 for -200 / -200, fraction -0.5 for -60, earned -10 / -10" },
	{ SHORT, NULL, "AAPL", "5", "-500", .n = 2,
	  .facts = "bought 5 AAPL, settles 20120621, has 3 for 300 / 300, earned 0 / 0" },
	{ CLOCK, "2012-06-20T13:31:00Z", .facts = "*margin 487.5 of 0 for 0" },
	{ CLOCK, "2012-06-20T13:40:00Z", .facts = "" },
	{ SHORT, NULL, "AAPL", "-4", "400",
	  .facts = "sold 4 AAPL, settles 20120621, has -1 for -100 / -100, earned 0 / 0" },
	{ END },
};

/* The firm's own account may owe cash and shares, and takes out what has not settled. */
static const struct row firm[] = {
	{ FIRM, "2012-06-20T13:30:00Z", "AAPL", "-10", "500",
	  .facts = "sold 10 AAPL, settles 20120621, has -10 for -500 / -500, earned 0 / 0" },
	{ WITHDRAW, NULL, .cash = "500", .facts = "requested | out 500 0 for 0 / 0" },
	{ FIRM, NULL, "AAPL", "10", "-600",
	  .facts = "bought 10 AAPL, settles 20120621, has 0 for 0 / 0, earned -100 / -100" },
	{ END },
};

static MARKET(CorporateAction) * announce(struct script *script, const struct row *row, int kind)
{
	return script_announce(script, row->symbol, kind, script_time(row->of));
}

static void announce_split(struct script *script, const struct row *row)
{
	MARKET(CorporateAction) *action = announce(script, row, KIND(SPLIT));
	int64_t ratio = script_micros(row->quantity);

	bus_assert(ratio > 0);
	action->new_shares = ratio >= BUS_MICROS ? ratio / BUS_MICROS : 1;
	action->old_shares = ratio >= BUS_MICROS ? 1 : BUS_MICROS / ratio;
	action->cash_price_micros = script_micros(row->cash);
	script_publish(script, row->symbol);
}

static int act(struct script *script, const struct row *row)
{
	struct script_fill fill = { .symbol = row->symbol,
				    .quantity = script_micros(row->quantity),
				    .cash = script_micros(row->cash),
				    .executed_at = row->of != NULL ? script_time(row->of) : 0,
				    .actions = row->n,
				    .shorting = row->what == SHORT,
				    .firm = row->what == FIRM };

	switch (row->what) {
	case DEPOSIT:
		return script_deposit(script, row->symbol != NULL ? 0 : fill.cash, row->symbol,
				      fill.quantity, row->symbol != NULL ? fill.cash : 0);
	case WITHDRAW:
		return script_withdraw(script, fill.cash, row->symbol, fill.quantity);
	case FILL:
	case SHORT:
	case FIRM:
		return script_fill(script, &fill);
	case QUOTE:
		script_quote(script, row->symbol, fill.cash);
		return 0;
	case INCREMENT:
		script_instrument(script, row->symbol)->increment = fill.quantity;
		script_publish(script, row->symbol);
		return 0;
	case DIVIDEND:
		announce(script, row, KIND(DIVIDEND))->amount_micros = fill.cash;
		script_publish(script, row->symbol);
		return 0;
	case SPLIT:
		announce_split(script, row);
		return 0;
	case RENAME:
		announce(script, row, KIND(RENAME))->new_symbol = (char *)row->symbol2;
		script_publish(script, row->symbol);
		return 0;
	case EFFECTIVE:
		script_effective(script, row->symbol);
		return 0;
	case CLEARED:
		return script_cleared(script, row->symbol, (size_t)row->n);
	case APPLY:
		return script_apply_actions(script);
	case CLOCK:
	case END:
		break;
	}
	return 0;
}

START_TEST(tables)
{
	static const struct row *const all[] = {
		settlement,
		holidays,
		jump,
		dividends,
		dividend_before_a_position,
		splits,
		flat_before_the_answer,
		renamed,
		renamed_across_zero,
		younger_than_a_dividend,
		shorts,
		short_actions,
		firm,
	};
	struct script script;

	script_begin(&script);
	for (int i = 0; all[_i][i].what != END; i++) {
		const struct row *row = &all[_i][i];
		int err;

		script_clear(&script);
		script_clock(&script, row->at != NULL ? script_time(row->at) : script.now);
		err = act(&script, row);
		ck_assert_msg(err == row->err, "table %d, row %d: err %d", _i, i, err);
		ck_assert_msg(strcmp(script.text, row->facts != NULL ? row->facts : "") == 0,
			      "table %d, row %d: %s", _i, i, script.text);
	}
	books_check(script_books(&script));
	script_end(&script);
}
END_TEST

/* Actions whose terms say nothing are not applied, nor is what comes behind them; prices that say
 * nothing leave the cost; what nobody asked for parks. */
START_TEST(what_nobody_should_say)
{
	static const struct {
		int kind;
		int64_t new_shares, old_shares, amount, cash_price;
		const char *new_symbol;
	} terms[] = {
		{ KIND(SPLIT), 0, 1, 0, 0, "" },
		{ KIND(SPLIT), 1, 0, 0, 0, "" },
		{ KIND(SPLIT), -2, -1, 0, 0, "" },
		{ KIND(SPLIT), 2, 1, 0, -1, "" },
		{ KIND(DIVIDEND), 0, 0, 0, 0, "" },
		{ KIND(DIVIDEND), 0, 0, INT64_MIN, 0, "" },
		{ KIND(RENAME), 0, 0, 0, 0, "AAPL" },
		{ KIND(RENAME), 0, 0, 0, 0, "" },
		{ KIND(RENAME), 0, 0, 0, 0, "lower" },
		{ KIND(UNSPECIFIED), 0, 0, 1, 0, "" },
		{ 77, 2, 1, 1, 1, "META" },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(terms); i++) {
		MARKET(CorporateAction) * action;
		struct script script;

		script_begin(&script);
		script_clock(&script, script_time("2012-06-20T13:30:00Z"));
		ck_assert_int_eq(script_deposit(&script, 0, "AAPL", 10000000, 1000000), 0);
		script_clock(&script, script.now + 1);
		action = script_announce(&script, "AAPL", terms[i].kind, script.now);
		action->new_shares = terms[i].new_shares;
		action->old_shares = terms[i].old_shares;
		action->amount_micros = terms[i].amount;
		action->cash_price_micros = terms[i].cash_price;
		action->new_symbol = (char *)terms[i].new_symbol;
		script_announce(&script, "AAPL", KIND(DIVIDEND), script.now)->amount_micros = 1;
		script_effective(&script, "AAPL");
		script_clear(&script);
		ck_assert_int_eq(script_apply_actions(&script), 0);
		ck_assert_str_eq(script.text, "checked 0");
		ck_assert_int_eq(script_cleared(&script, "AAPL", 1), BUS_ERR_PARK);
		script_quote(&script, "AAPL", INT64_MAX);
		script_clear(&script);
		script_clock(&script, script_time("2012-06-22T13:30:00Z"));
		ck_assert_ptr_nonnull(strstr(script.text, "equity 10,"));
		script_end(&script);
	}
}
END_TEST

/* A dividend that no account could hold parks what it comes before, and leaves nothing behind. */
START_TEST(a_dividend_beyond_64_bits)
{
	struct script script;

	script_begin(&script);
	script_clock(&script, script_time("2012-06-20T13:30:00Z"));
	ck_assert_int_eq(script_deposit(&script, 0, "AAPL", 10000000, 1000000), 0);
	script_clock(&script, script.now + 1);
	script_announce(&script, "AAPL", KIND(DIVIDEND), script.now)->amount_micros = INT64_MAX;
	script_effective(&script, "AAPL");
	ck_assert_int_eq(script_fill(&script, &(struct script_fill){ .symbol = "AAPL",
								     .quantity = -1000000,
								     .cash = 1 }),
			 BUS_ERR_OVERFLOW);
	ck_assert_int_eq(script_account(&script)->balances.cash.micros, 0);
	script_clear(&script);
	ck_assert_int_eq(script_deposit(&script, 0, "AAPL", 1, 0), 0);
	ck_assert_str_eq(script.text, "rejected INVALID_QUANTITY");
	script_end(&script);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger days");
	TCase *tcase = tcase_create("days");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, tables, 0, 13);
	tcase_add_test(tcase, what_nobody_should_say);
	tcase_add_test(tcase, a_dividend_beyond_64_bits);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
