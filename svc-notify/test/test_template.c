/* The words of every notice, and what a hostile text can do to them: nothing. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "template.h"

static void expect(const struct notice *notice, const char *title, const char *body)
{
	ck_assert_str_eq(notice->title, title);
	ck_assert_str_eq(notice->body, body);
}

START_TEST(fills)
{
	struct notice notice;
	struct notice_fill fill = { .buy = true,
				    .symbol = "AAPL",
				    .client_order_id = "x1",
				    .quantity = { 60000000 },
				    .price = { 585300000 },
				    .cash = { -35118000000 },
				    .cum = { 60000000 } };

	template_fill(&fill, &notice);
	expect(&notice, "Bought 60 AAPL at 585.3",
	       "Bought 60 AAPL at 585.3: 35118 paid.\nFilled so far: 60; still open: 0.\nOrder: "
	       "x1");

	fill = (struct notice_fill){ .symbol = "AAPL",
				     .client_order_id = "",
				     .quantity = { 500000 },
				     .price = { 10000000 },
				     .cash = { 4990000 },
				     .fee = { 10000 },
				     .cum = { 1500000 },
				     .leaves = { 40000000 } };
	template_fill(&fill, &notice);
	expect(&notice, "Sold 0.5 AAPL at 10",
	       "Sold 0.5 AAPL at 10: received 4.99, after a fee of 0.01.\n"
	       "Filled so far: 1.5; still open: 40.");
}
END_TEST

START_TEST(rejects_and_cancels)
{
	struct notice notice;

	template_reject(&(struct notice_reject){ true, "AAPL", "x1", "not enough buying power" },
			&notice);
	expect(&notice, "Order to buy AAPL rejected",
	       "Order to buy AAPL rejected: not enough buying power.\nOrder: x1");
	template_cancel(
		&(struct notice_cancel){ false, false, "AAPL", "x2", { 1000000 }, { 9000000 } },
		&notice);
	expect(&notice, "Order to sell AAPL canceled",
	       "Order to sell AAPL canceled: 9 no longer open; filled before: 1.\nOrder: x2");
	template_cancel(&(struct notice_cancel){ true, true, "AAPL", "", { 0 }, { 9000000 } },
			&notice);
	expect(&notice, "Order to buy AAPL expired",
	       "Order to buy AAPL expired: 9 no longer open; filled before: 0.");
}
END_TEST

START_TEST(changes_and_actions)
{
	struct notice notice;

	template_trigger(&(struct notice_trigger){ "AAPL", "x1", { 580000000 }, { 579500000 } },
			 &notice);
	expect(&notice, "Stop order in AAPL elected",
	       "Stop order in AAPL elected: stop 580, last trade 579.5.\nOrder: x1");
	template_replace(
		&(struct notice_replace){ false, "AAPL", "x2", { 70000000 }, { 50000000 } },
		&notice);
	expect(&notice, "Order to sell AAPL replaced",
	       "Order to sell AAPL replaced: now 70, still open: 50.\nOrder: x2");
	template_margin(&(struct notice_margin){ { 300000000 }, { 420500000 }, { 120500000 } },
			&notice);
	expect(&notice, "Margin call: 120.5 missing",
	       "Margin call: 120.5 missing. Equity 300, required 420.5.");
	template_margin(&(struct notice_margin){ { 500000000 }, { 420500000 }, { 0 } }, &notice);
	expect(&notice, "Margin call met", "Margin call met. Equity 500, required 420.5.");
	template_dividend(
		&(struct notice_dividend){ "AAPL", { 26500000 }, { 2650000 }, { 126500000 } },
		&notice);
	expect(&notice, "Dividend: 26.5 for AAPL",
	       "Dividend: 26.5 for AAPL, 2.65 a share.\nBalance: 126.5.");
	template_dividend(&(struct notice_dividend){ "AAPL", { INT64_MIN }, { 1 }, { -1 } },
			  &notice);
	expect(&notice, "Dividend owed: 9223372036854.775807 for AAPL",
	       "Dividend owed: 9223372036854.775807 for AAPL, 0.000001 a share.\nBalance: "
	       "-0.000001.");
	template_split(&(struct notice_split){ "AAPL", 4, 1, { 41000000 }, { 0 } }, &notice);
	expect(&notice, "AAPL split 4 for 1", "AAPL split 4 for 1.\nBalance: 41 AAPL.");
	template_split(&(struct notice_split){ "AAPL", 1, 10, { 4000000 }, { 1500000 } }, &notice);
	expect(&notice, "AAPL split 1 for 10",
	       "AAPL split 1 for 10.\nBalance: 4 AAPL; for a fraction: 1.5.");
	template_rename(&(struct notice_rename){ "FB", "META", { 4000000 } }, &notice);
	expect(&notice, "FB is META now", "FB is META now.\nBalance: 4 META.");
}
END_TEST

START_TEST(movements)
{
	const struct notice_movement cash = { .amount = { 30000000 }, .balance_micros = 70000001 };
	const struct notice_movement shares = { .symbol = "BRK.B",
						.quantity = { 2500000 },
						.balance_micros = 10000000 };
	struct notice notice;

	template_deposit(&cash, &notice);
	expect(&notice, "Deposited 30", "Deposited 30.\nBalance: 70.000001.");
	template_deposit(&shares, &notice);
	expect(&notice, "Deposited 2.5 BRK.B", "Deposited 2.5 BRK.B.\nBalance: 10 BRK.B.");
	template_withdrawal(&cash, &notice);
	expect(&notice, "Withdrawn 30", "Withdrawn 30.\nBalance: 70.000001.");
	template_withdrawal(&shares, &notice);
	expect(&notice, "Withdrawn 2.5 BRK.B", "Withdrawn 2.5 BRK.B.\nBalance: 10 BRK.B.");
	template_withdrawal_rejected(&cash, "orders hold it", &notice);
	expect(&notice, "Withdrawal of 30 rejected", "Withdrawal of 30 rejected: orders hold it.");
	template_withdrawal_rejected(&shares, "orders hold it", &notice);
	expect(&notice, "Withdrawal of 2.5 BRK.B rejected",
	       "Withdrawal of 2.5 BRK.B rejected: orders hold it.");
}
END_TEST

/* No text is longer than its bound, ends inside a character, or starts a line of its own. */
START_TEST(hostile_text)
{
	static const char *const characters[] = {
		"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x92\xb0", "\n", "\r\n\x7f"
	};
	char text[4096] = "";
	struct notice notice;
	size_t len = strlen(characters[_i]);

	for (size_t at = 0; at + len < sizeof(text); at += len)
		memcpy(text + at, characters[_i], len);
	template_reject(&(struct notice_reject){ true, text, text, text }, &notice);
	len = strlen(notice.body);
	ck_assert_uint_lt(len, NOTICE_BODY_MAX);
	ck_assert_uint_ge(len, 2 * (NOTICE_QUOTE_MAX - 3));
	ck_assert_ptr_null(strchr(notice.title, '\n'));
	ck_assert_ptr_eq(strchr(notice.body, '\n'), strrchr(notice.body, '\n'));
	ck_assert_ptr_null(strpbrk(notice.body, "\r\x7f"));
	if (_i < 4) { /* what was quoted last is whole characters */
		const char *quoted = strstr(notice.body, "\nOrder: ") + strlen("\nOrder: ");

		ck_assert_uint_eq(strlen(quoted) % strlen(characters[_i]), 0);
		ck_assert_uint_le(strlen(quoted), NOTICE_QUOTE_MAX);
	}
}
END_TEST

START_TEST(the_largest_amounts_fit)
{
	struct notice_fill fill = { .symbol = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
				    .client_order_id = "",
				    .quantity = { INT64_MAX },
				    .price = { INT64_MAX },
				    .cash = { INT64_MIN },
				    .fee = { INT64_MAX },
				    .cum = { INT64_MAX },
				    .leaves = { INT64_MAX } };
	struct notice notice;

	template_fill(&fill, &notice);
	ck_assert_str_eq(notice.title,
			 "Sold 9223372036854.775807 AAAAAAAAAAAAAAAA at 9223372036854.775807");
	ck_assert_ptr_nonnull(strstr(notice.body, "still open: 9223372036854.775807."));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("template");
	TCase *tcase = tcase_create("template");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, fills);
	tcase_add_test(tcase, rejects_and_cancels);
	tcase_add_test(tcase, movements);
	tcase_add_test(tcase, changes_and_actions);
	tcase_add_loop_test(tcase, hostile_text, 0, 6);
	tcase_add_test(tcase, the_largest_amounts_fit);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
