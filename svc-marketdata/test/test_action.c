/* Corporate actions: what may be announced, their order, and what a split does to prices. */
#include "../action.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1340285400000000) /* 2012-06-21T13:30:00Z */

static struct action make(int id, enum action_kind kind, int64_t effective_at)
{
	struct action action = { .kind = kind, .effective_at = effective_at };

	action.id.b[15] = (unsigned char)id;
	return action;
}

START_TEST(test_announce)
{
	static const struct {
		int kind;
		int64_t new_shares, old_shares, cash_price, amount;
		const char *new_symbol;
		int64_t at;
		const char *text; /* that the refusal names; NULL: accepted */
	} cases[] = {
		{ ACTION_SPLIT, 4, 1, 150000000, 0, "", NOW + 1, NULL },
		{ ACTION_SPLIT, 1, 10, 0, 0, "", NOW, NULL },
		{ ACTION_SPLIT, SHARES_MAX, 1, REFERENCE_MAX, 0, "", EFFECTIVE_MAX, NULL },
		{ ACTION_DIVIDEND, 0, 0, 0, 2650000, "", NOW + 1, NULL },
		{ ACTION_RENAME, 0, 0, 0, 0, "META", NOW + 1, NULL },
		{ 0, 0, 0, 0, 0, "", NOW, "kind" },
		{ 4, 4, 1, 0, 0, "", NOW, "kind" },
		{ -1, 4, 1, 0, 0, "", NOW, "kind" },
		{ ACTION_SPLIT, 0, 1, 0, 0, "", NOW, "new_shares" },
		{ ACTION_SPLIT, -4, 1, 0, 0, "", NOW, "new_shares" },
		{ ACTION_SPLIT, SHARES_MAX + 1, 1, 0, 0, "", NOW, "new_shares" },
		{ ACTION_SPLIT, 4, 0, 0, 0, "", NOW, "old_shares" },
		{ ACTION_SPLIT, 4, INT64_MAX, 0, 0, "", NOW, "old_shares" },
		{ ACTION_SPLIT, 3, 3, 0, 0, "", NOW, "new_shares" },
		{ ACTION_SPLIT, 4, 1, -1, 0, "", NOW, "cash_price_micros" },
		{ ACTION_SPLIT, 4, 1, INT64_MAX, 0, "", NOW, "cash_price_micros" },
		{ ACTION_SPLIT, 4, 1, 0, 1, "", NOW, "amount_micros" },
		{ ACTION_SPLIT, 4, 1, 0, 0, "META", NOW, "amount_micros and new_symbol" },
		{ ACTION_DIVIDEND, 0, 0, 0, 0, "", NOW, "amount_micros" },
		{ ACTION_DIVIDEND, 0, 0, 0, -1, "", NOW, "amount_micros" },
		{ ACTION_DIVIDEND, 0, 0, 0, REFERENCE_MAX + 1, "", NOW, "amount_micros" },
		{ ACTION_DIVIDEND, 1, 0, 0, 5, "", NOW, "shares" },
		{ ACTION_DIVIDEND, 0, 0, 0, 5, "META", NOW, "shares" },
		{ ACTION_RENAME, 0, 0, 0, 0, "", NOW, "new_symbol" },
		{ ACTION_RENAME, 0, 0, 0, 0, "meta", NOW, "new_symbol" },
		{ ACTION_RENAME, 0, 0, 0, 0, "FB", NOW, "new_symbol" },
		{ ACTION_RENAME, 0, 0, 0, 1, "META", NOW, "shares" },
		{ ACTION_SPLIT, 4, 1, 0, 0, "", NOW - 1, "effective_at_micros" },
		{ ACTION_SPLIT, 4, 1, 0, 0, "", 0, "effective_at_micros" },
		{ ACTION_SPLIT, 4, 1, 0, 0, "", INT64_MAX, "effective_at_micros" },
	};
	struct actions none = { 0 };

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct action action = {
			.kind = (enum action_kind)cases[i].kind,
			.effective_at = cases[i].at,
			.new_shares = cases[i].new_shares,
			.old_shares = cases[i].old_shares,
			.cash_price = { cases[i].cash_price },
			.amount = { cases[i].amount },
		};
		struct verdict verdict;

		snprintf(action.new_symbol, sizeof(action.new_symbol), "%s", cases[i].new_symbol);
		verdict = action_check(&none, &action, "FB", NOW);
		if (!cases[i].text) {
			ck_assert_msg(!verdict.reason, "case %zu: %s", i, verdict.text);
			continue;
		}
		ck_assert_msg(verdict.reason == MARKET_INVALID_FIELD, "case %zu", i);
		ck_assert_msg(strncmp(verdict.text, cases[i].text, strlen(cases[i].text)) == 0,
			      "case %zu: %s", i, verdict.text);
	}
}
END_TEST

/* Those ahead by time and then by id; effective ones before them, by number. */
START_TEST(test_order)
{
	struct actions actions = { 0 };
	struct action action;

	for (int id = 5; id > 0; id--) {
		action = make(id, ACTION_DIVIDEND, id == 4 ? NOW : NOW + 1);
		ck_assert(actions_put(&actions, &action)->dirty);
	}
	ck_assert_int_eq(actions.count, 5);
	ck_assert_int_eq(actions_effective(&actions), 0);
	ck_assert_int_eq(actions.items[0].action.id.b[15], 4);
	for (int i = 1; i < 4; i++)
		ck_assert_int_eq(actions.items[i].action.id.b[15], i);

	action = make(2, ACTION_DIVIDEND, NOW + 1);
	action.number = 1;
	actions_put(&actions, &action);
	action = make(4, ACTION_DIVIDEND, NOW);
	action.number = 2;
	actions_put(&actions, &action);
	ck_assert_int_eq(actions.count, 5);
	ck_assert_int_eq(actions_effective(&actions), 2);
	ck_assert_int_eq(actions.items[0].action.id.b[15], 2);
	ck_assert_int_eq(actions.items[1].action.id.b[15], 4);
	ck_assert_int_eq(actions.items[2].action.id.b[15], 1);
	ck_assert_int_eq(actions_find(&actions, action.id)->number, 2);
	action = make(9, ACTION_DIVIDEND, NOW);
	ck_assert_ptr_null(actions_find(&actions, action.id));
	actions_release(&actions);
}
END_TEST

/* What has become effective counts no more. */
START_TEST(test_too_many)
{
	struct actions actions = { 0 };
	struct action action = make(200, ACTION_DIVIDEND, NOW + 1);

	action.amount.micros = 1;
	for (int id = 0; id < ACTIONS_AHEAD_MAX; id++) {
		struct action put = make(id, ACTION_DIVIDEND, NOW + 1);

		ck_assert(!action_check(&actions, &action, "FB", NOW).reason);
		actions_put(&actions, &put);
	}
	ck_assert_int_eq(action_check(&actions, &action, "FB", NOW).reason, MARKET_TOO_MANY);
	struct action first = make(0, ACTION_DIVIDEND, NOW + 1);

	first.number = 1;
	actions_put(&actions, &first);
	ck_assert(!action_check(&actions, &action, "FB", NOW).reason);
	actions_release(&actions);
}
END_TEST

START_TEST(test_split)
{
	static const struct {
		int64_t new_shares, old_shares;
		int64_t reference, low, high;
		int64_t scaled, scaled_low, scaled_high;
	} cases[] = {
		{ 4, 1, 600000000, 570000000, 630000000, 150000000, 142500000, 157500000 },
		{ 1, 10, 3000000, 2850000, 3150000, 30000000, 28500000, 31500000 },
		{ 3, 2, 100000000, 0, 0, 66666667, 0, 0 },
		{ 2, 1, 3, 1, 5, 2, 1, 2 }, /* 1.5 and 2.5 go to 2; 0.5 is no price: 1 */
		{ 4, 1, 0, 0, 0, 0, 0, 0 },
		{ 1, SHARES_MAX, REFERENCE_MAX, 0, 0, 2 * REFERENCE_MAX, 0, 0 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		struct action action = make(1, ACTION_SPLIT, NOW);
		struct instrument before = {
			.reference = { cases[i].reference },
			.band_low = { cases[i].low },
			.band_high = { cases[i].high },
			.session = SESSION_OPEN,
			.session_date = 20120621,
		};
		struct instrument after;

		action.new_shares = cases[i].new_shares;
		action.old_shares = cases[i].old_shares;
		instrument_split(&before, &action, &after);
		ck_assert_msg(after.reference.micros == cases[i].scaled, "case %zu: %" PRId64, i,
			      after.reference.micros);
		ck_assert_int_eq(after.band_low.micros, cases[i].scaled_low);
		ck_assert_int_eq(after.band_high.micros, cases[i].scaled_high);
		ck_assert_int_eq(after.session, SESSION_OPEN);
		ck_assert_int_eq(after.session_date, 20120621);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("action");
	TCase *tcase = tcase_create("action");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, test_announce);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_too_many);
	tcase_add_test(tcase, test_split);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
