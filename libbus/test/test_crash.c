/* What BOURSE_CRASH may say. That the points are come to is proven by the whole loop, in test/. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "../crash.h"
#include "suite.h"

static const struct {
	const char *text;
	bool valid;
	enum bus__crash_point armed;
} rows[] = {
	{ "", true, BUS__CRASH_NONE },
	{ "polled", true, BUS__CRASH_POLLED },
	{ "polled:7", true, BUS__CRASH_POLLED },
	{ "commit-sent:kill", true, BUS__CRASH_COMMIT_SENT },
	{ "revoked:2:stop", true, BUS__CRASH_REVOKED },
	{ "poll", false, BUS__CRASH_NONE },
	{ "polled ", false, BUS__CRASH_NONE },
	{ ":1:kill", false, BUS__CRASH_NONE },
	{ "polled:0", false, BUS__CRASH_POLLED },
	{ "polled:-1", false, BUS__CRASH_POLLED },
	{ "polled:1:term", false, BUS__CRASH_POLLED },
	{ "polled:1kill", false, BUS__CRASH_POLLED },
};

/* A wrong one ends the process before anything else, whatever is armed then. */
START_TEST(is_read_whole)
{
	setenv("BOURSE_CRASH", rows[_i].text, 1);
	ck_assert_int_eq(bus__crash_init(), rows[_i].valid);
	ck_assert_int_eq((int)bus__crash_armed, (int)rows[_i].armed);
}
END_TEST

START_TEST(unset_is_unarmed)
{
	unsetenv("BOURSE_CRASH");
	ck_assert(bus__crash_init());
	ck_assert_int_eq((int)bus__crash_armed, (int)BUS__CRASH_NONE);
	bus__crash(BUS__CRASH_POLLED);
}
END_TEST

/* The third time, and not before. */
START_TEST(kills_at_the_nth)
{
	setenv("BOURSE_CRASH", "polled:3", 1);
	ck_assert(bus__crash_init());
	bus__crash(BUS__CRASH_POLLED);
	bus__crash(BUS__CRASH_FILTERED);
	bus__crash(BUS__CRASH_POLLED);
	if (_i)
		bus__crash(BUS__CRASH_POLLED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("crash");
	TCase *t = tcase_create("crash");

	tcase_add_loop_test(t, is_read_whole, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, unset_is_unarmed);
	tcase_add_loop_test(t, kills_at_the_nth, 0, 1);
	tcase_add_loop_test_raise_signal(t, kills_at_the_nth, SIGKILL, 1, 2);
	suite_add_tcase(s, t);
	return suite_run(s);
}
