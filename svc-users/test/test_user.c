/* The rules of a user: every cell of the table of accounts, and words as sets. */
#include "../user.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_account_moves)
{
	static const struct {
		enum account_status status;
		enum account_action action;
		enum users_reject reason;
		enum account_status next;
	} cases[] = {
		{ ACCOUNT_OPEN, ACCOUNT_CLOSE, 0, ACCOUNT_CLOSED },
		{ ACCOUNT_OPEN, ACCOUNT_BLOCK, 0, ACCOUNT_BLOCKED },
		{ ACCOUNT_OPEN, ACCOUNT_UNBLOCK, USERS_NO_CHANGE, 0 },
		{ ACCOUNT_BLOCKED, ACCOUNT_CLOSE, 0, ACCOUNT_CLOSED },
		{ ACCOUNT_BLOCKED, ACCOUNT_BLOCK, USERS_NO_CHANGE, 0 },
		{ ACCOUNT_BLOCKED, ACCOUNT_UNBLOCK, 0, ACCOUNT_OPEN },
		{ ACCOUNT_CLOSED, ACCOUNT_CLOSE, USERS_ACCOUNT_CLOSED, 0 },
		{ ACCOUNT_CLOSED, ACCOUNT_BLOCK, USERS_ACCOUNT_CLOSED, 0 },
		{ ACCOUNT_CLOSED, ACCOUNT_UNBLOCK, USERS_ACCOUNT_CLOSED, 0 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct account before = { .status = cases[i].status, .opened_at = 7, .firm = true };
		struct account after = { 0 };
		struct verdict verdict =
			account_move(&before, cases[i].action, "under review", &after);

		ck_assert_msg(verdict.reason == cases[i].reason, "case %zu", i);
		if (verdict.reason) {
			ck_assert_ptr_nonnull(verdict.text);
			continue;
		}
		ck_assert_msg(after.status == cases[i].next, "case %zu", i);
		ck_assert_str_eq(after.block_reason,
				 cases[i].next == ACCOUNT_BLOCKED ? "under review" : "");
		ck_assert_int_eq(after.opened_at, 7);
		ck_assert(after.firm);
	}
}
END_TEST

START_TEST(test_block_reason)
{
	struct account before = { .status = ACCOUNT_OPEN }, after;
	char reason[BLOCK_REASON_MAX + 2];

	memset(reason, 'x', sizeof(reason));
	reason[BLOCK_REASON_MAX + 1] = '\0';
	ck_assert_int_eq(account_move(&before, ACCOUNT_BLOCK, reason, &after).reason,
			 USERS_INVALID_FIELD);
	reason[BLOCK_REASON_MAX] = '\0';
	ck_assert_int_eq(account_move(&before, ACCOUNT_BLOCK, reason, &after).reason,
			 USERS_ACCEPTED);
	ck_assert_str_eq(after.block_reason, reason);
}
END_TEST

START_TEST(test_words)
{
	struct words words = { 0 };

	ck_assert_int_eq(words_may_revoke(&words, "a").reason, USERS_NOT_GRANTED);
	for (int i = 0; i < WORDS_MAX; i++) {
		char word[WORD_MAX + 1];

		snprintf(word, sizeof(word), "w%d", i);
		ck_assert_int_eq(words_may_grant(&words, word).reason, USERS_ACCEPTED);
		words_add(&words, word);
		ck_assert_int_eq(words_may_grant(&words, word).reason, USERS_NO_CHANGE);
	}
	ck_assert_int_eq(words_may_grant(&words, "more").reason, USERS_TOO_MANY);
	words_remove(&words, "w0");
	words_remove(&words, "w63");
	words_remove(&words, "w30");
	ck_assert_int_eq(words.count, WORDS_MAX - 3);
	ck_assert(!words_has(&words, "w0") && !words_has(&words, "w30"));
	ck_assert(words_has(&words, "w1") && words_has(&words, "w31") && words_has(&words, "w62"));
	words_release(&words);
	ck_assert(!words_has(&words, "w1"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("user");
	TCase *tcase = tcase_create("user");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_account_moves);
	tcase_add_test(tcase, test_block_reason);
	tcase_add_test(tcase, test_words);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
