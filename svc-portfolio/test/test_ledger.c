/* Every movement as postings: who gives, who gets, and a sum of 0 for each instrument. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../ledger.h"

static int64_t amount(const struct ledger_transaction *tx, enum ledger_kind kind,
		      const char *instrument)
{
	int64_t sum = 0;

	for (int i = 0; i < tx->count; i++) {
		if (tx->postings[i].kind == kind &&
		    strcmp(tx->postings[i].instrument, instrument) == 0)
			sum += tx->postings[i].amount_micros;
	}
	return sum;
}

START_TEST(cash_comes_and_goes)
{
	static const int64_t amounts[] = { 1, -1, 10000000000, INT64_MAX, -INT64_MAX };

	for (size_t i = 0; i < BUS_ARRAY_LEN(amounts); i++) {
		struct ledger_transaction tx;

		ledger_move_cash(&tx, (struct bus_money){ amounts[i] });
		ck_assert_int_eq(tx.count, 2);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_CASH, LEDGER_CASH), amounts[i]);
		ck_assert_int_eq(amount(&tx, LEDGER_EXTERNAL, LEDGER_CASH), -amounts[i]);
		ck_assert(ledger_balanced(&tx));
	}
}
END_TEST

START_TEST(shares_come_and_go)
{
	struct ledger_transaction tx;

	ledger_move_shares(&tx, "AAPL", (struct bus_quantity){ -2500000 });
	ck_assert_int_eq(tx.count, 2);
	ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_SHARES, "AAPL"), -2500000);
	ck_assert_int_eq(amount(&tx, LEDGER_EXTERNAL, "AAPL"), 2500000);
	ck_assert(ledger_balanced(&tx));
}
END_TEST

static const struct {
	int64_t quantity, cash, fee, regulatory;
	int postings;
	int64_t market_cash;
	bool fits;
} trades[] = {
	{ 60000000, -35118000000, 0, 0, 4, 35118000000, true },
	{ -60000000, 35118000000, 0, 0, 4, -35118000000, true },
	{ 60000000, -35119000000, 1000000, 0, 5, 35118000000, true },
	{ -60000000, 35117000000, 1000000, 0, 5, -35118000000, true },
	{ -60000000, 35117000000, 1000000, 400000, 6, -35118000000, true },
	{ -60000000, 35117000000, 1000000, 1000000, 5, -35118000000, true },
	{ 1, 0, 0, 0, 2, 0, true },  /* a price that rounds to nothing */
	{ 1, -1, 1, 0, 4, 0, true }, /* only the fee was paid */
	{ -1, INT64_MAX, 1, 0, 0, 0, false },
};

START_TEST(trades_balance)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(trades); i++) {
		struct ledger_transaction tx;
		struct ledger_trade trade = { .symbol = "AAPL",
					      .quantity = { trades[i].quantity },
					      .cash = { trades[i].cash },
					      .fee = { trades[i].fee },
					      .regulatory_fee = { trades[i].regulatory } };

		ck_assert_int_eq(ledger_book_trade(&tx, &trade), trades[i].fits);
		if (!trades[i].fits)
			continue;
		ck_assert_int_eq(tx.count, trades[i].postings);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_UNSETTLED, LEDGER_CASH),
				 trades[i].cash);
		ck_assert_int_eq(amount(&tx, LEDGER_MARKET, LEDGER_CASH), trades[i].market_cash);
		ck_assert_int_eq(amount(&tx, LEDGER_FEES, LEDGER_CASH),
				 trades[i].fee - trades[i].regulatory);
		ck_assert_int_eq(amount(&tx, LEDGER_REGULATOR, LEDGER_CASH), trades[i].regulatory);
		ck_assert_int_eq(ledger_movements(&tx), trades[i].cash == 0 ? 1 : 2);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_SHARES, "AAPL"), trades[i].quantity);
		ck_assert_int_eq(amount(&tx, LEDGER_MARKET, "AAPL"), -trades[i].quantity);
		ck_assert(ledger_balanced(&tx));
	}
}
END_TEST

/* Unsettled cash settles; issuers pay dividends, split shares, buy fractions, change symbols. */
START_TEST(the_rest_balances)
{
	static const int64_t amounts[] = { 1, -1, 0, 35118000000, INT64_MAX, -INT64_MAX };

	for (size_t i = 0; i < BUS_ARRAY_LEN(amounts); i++) {
		struct bus_money cash = { amounts[i] };
		struct bus_quantity shares = { -amounts[i] };
		struct ledger_transaction tx;

		ledger_settle(&tx, cash);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_CASH, LEDGER_CASH), amounts[i]);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_UNSETTLED, LEDGER_CASH), -amounts[i]);
		ck_assert(ledger_balanced(&tx));
		ledger_pay_dividend(&tx, cash);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_CASH, LEDGER_CASH), amounts[i]);
		ck_assert_int_eq(amount(&tx, LEDGER_ISSUER, LEDGER_CASH), -amounts[i]);
		ck_assert(ledger_balanced(&tx));
		ledger_split(&tx, "AAPL", shares, cash);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_SHARES, "AAPL"), shares.micros);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_CASH, LEDGER_CASH), amounts[i]);
		ck_assert_int_eq(tx.count, amounts[i] == 0 ? 0 : 4);
		ck_assert(ledger_balanced(&tx));
		ledger_change_symbol(&tx, "FB", "META", shares);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_SHARES, "FB"), -shares.micros);
		ck_assert_int_eq(amount(&tx, LEDGER_CUSTOMER_SHARES, "META"), shares.micros);
		ck_assert(ledger_balanced(&tx));
	}
}
END_TEST

START_TEST(an_imbalance_is_seen)
{
	static const struct ledger_transaction crooked[] = {
		{ { { LEDGER_CUSTOMER_CASH, LEDGER_CASH, 1 } }, 1 },
		{ { { LEDGER_CUSTOMER_CASH, LEDGER_CASH, 5 },
		    { LEDGER_EXTERNAL, LEDGER_CASH, -4 } },
		  2 },
		{ { { LEDGER_CUSTOMER_SHARES, "AAPL", 5 }, { LEDGER_MARKET, "MSFT", -5 } }, 2 },
		{ { { LEDGER_CUSTOMER_CASH, LEDGER_CASH, INT64_MAX },
		    { LEDGER_MARKET, LEDGER_CASH, INT64_MAX },
		    { LEDGER_FEES, LEDGER_CASH, 2 } },
		  3 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(crooked); i++)
		ck_assert(!ledger_balanced(&crooked[i]));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger");
	TCase *tcase = tcase_create("ledger");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, cash_comes_and_goes);
	tcase_add_test(tcase, shares_come_and_go);
	tcase_add_test(tcase, trades_balance);
	tcase_add_test(tcase, the_rest_balances);
	tcase_add_test(tcase, an_imbalance_is_seen);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
