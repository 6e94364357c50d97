/*
 * The main() of a test program: one suite, run in order, non-zero when anything failed.
 */
#ifndef CLI_TEST_SUITE_H
#define CLI_TEST_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Takes the suite. */
static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
