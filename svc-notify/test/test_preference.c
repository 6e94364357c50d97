/* Which preferences may be set, and what comes of it. */
#include <check.h>
#include <stdlib.h>

#include "preference.h"

static const struct {
	int category, channel;
	bool wanted;
	enum preference_result result;
} changes[] = {
	{ CATEGORY_ORDER_REJECTED, CHANNEL_STREAM, false, PREFERENCE_OK },
	{ CATEGORY_ORDER_REJECTED, CHANNEL_STREAM, true, PREFERENCE_OK },
	{ CATEGORY_ORDER_CANCELED, CHANNEL_STREAM, false, PREFERENCE_OK },
	{ CATEGORY_CASH_MOVED, CHANNEL_STREAM, false, PREFERENCE_OK },
	{ CATEGORY_TRADE_CONFIRMATION, CHANNEL_STREAM, true, PREFERENCE_OK },
	{ CATEGORY_TRADE_CONFIRMATION, CHANNEL_STREAM, false, PREFERENCE_LAST_CHANNEL },
	{ CATEGORY_TRADE_CONFIRMATION, CHANNEL_EMAIL, true, PREFERENCE_UNSUPPORTED },
	{ CATEGORY_CASH_MOVED, CHANNEL_WEBHOOK, true, PREFERENCE_UNSUPPORTED },
	{ CATEGORY_CASH_MOVED, CHANNEL_WEBHOOK, false, PREFERENCE_UNSUPPORTED },
	{ 0, CHANNEL_STREAM, true, PREFERENCE_NO_CATEGORY },
	{ CATEGORY_MAX + 1, CHANNEL_STREAM, true, PREFERENCE_NO_CATEGORY },
	{ -1, CHANNEL_STREAM, false, PREFERENCE_NO_CATEGORY },
	{ INT32_MAX, CHANNEL_STREAM, false, PREFERENCE_NO_CATEGORY },
	{ CATEGORY_CASH_MOVED, 0, true, PREFERENCE_NO_CHANNEL },
	{ CATEGORY_CASH_MOVED, CHANNEL_MAX + 1, true, PREFERENCE_NO_CHANNEL },
	{ CATEGORY_CASH_MOVED, INT32_MIN, true, PREFERENCE_NO_CHANNEL },
};

START_TEST(each_change_from_the_defaults)
{
	struct preferences preferences = PREFERENCES_DEFAULT;

	ck_assert_int_eq(preferences_check(&preferences, changes[_i].category, changes[_i].channel,
					   changes[_i].wanted),
			 changes[_i].result);
	if (changes[_i].result != PREFERENCE_OK)
		return;
	preferences_apply(&preferences, (enum category)changes[_i].category,
			  (enum channel)changes[_i].channel, changes[_i].wanted);
	for (int category = 1; category <= CATEGORY_MAX; category++) {
		bool expected = category != changes[_i].category || changes[_i].wanted;

		ck_assert(preferences_wants(&preferences, (enum category)category,
					    CHANNEL_STREAM) == expected);
		ck_assert(!preferences_wants(&preferences, (enum category)category, CHANNEL_EMAIL));
	}
}
END_TEST

/* Wanting it on a channel that does not deliver is no reason to be silent on the one that does. */
START_TEST(an_inactive_channel_counts_for_nothing)
{
	struct preferences preferences = PREFERENCES_DEFAULT;

	preferences_apply(&preferences, CATEGORY_TRADE_CONFIRMATION, CHANNEL_EMAIL, true);
	ck_assert(!preferences_wants(&preferences, CATEGORY_TRADE_CONFIRMATION, CHANNEL_EMAIL));
	ck_assert_int_eq(
		preferences_check(&preferences, CATEGORY_TRADE_CONFIRMATION, CHANNEL_STREAM, false),
		PREFERENCE_LAST_CHANNEL);
}
END_TEST

START_TEST(the_table_of_channels_is_in_order)
{
	int active = 0;

	for (int i = 0; i < CHANNEL_MAX; i++) {
		ck_assert_int_eq((int)channels[i].channel, i + 1);
		active += channels[i].active;
	}
	ck_assert_int_eq(active, 1);
	ck_assert(channels[CHANNEL_STREAM - 1].active);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("preference");
	TCase *tcase = tcase_create("preference");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, each_change_from_the_defaults, 0, (int)BUS_ARRAY_LEN(changes));
	tcase_add_test(tcase, an_inactive_channel_counts_for_nothing);
	tcase_add_test(tcase, the_table_of_channels_is_in_order);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
