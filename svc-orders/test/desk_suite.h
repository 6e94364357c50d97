/* The frame of a test program whose tests are tables of the desk's script. */
#ifndef TEST_DESK_SUITE_H
#define TEST_DESK_SUITE_H

#include "desk_script.h"

static struct desk_script script;

static void setup(void)
{
	script_init(&script);
}

static void teardown(void)
{
	script_release(&script);
}

#define CHECK(lines) script_check(&script, (lines), BUS_ARRAY_LEN(lines))

/* What users and the market say of the account and of AAPL from now on. */
static inline void script_refer(Bourse__Users__V1__AccountStatus status)
{
	script_account(&script, status, script.firm);
	script_instrument(&script, "AAPL", true, false, 100 * BUS_MICROS);
}

static inline int desk_suite_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	tcase_set_timeout(tcase, 30);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
