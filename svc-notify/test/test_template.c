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
	tcase_add_loop_test(tcase, hostile_text, 0, 6);
	tcase_add_test(tcase, the_largest_amounts_fit);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
