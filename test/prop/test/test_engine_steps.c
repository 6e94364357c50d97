/*
 * The engine of the book with steps of two trades and of three expired orders against the naive
 * exchange, which knows no steps: where a step ends must make no difference. The program has an
 * engine of its own, compiled with these bounds. BOURSE_PROP_SEED=n runs one stream.
 */
#include "../../../libbus/test/suite.h"
#include "prop.h"

#if defined(__SANITIZE_ADDRESS__)
#define STREAMS 5 /* for each case */
#else
#define STREAMS 40
#endif
#define CASES  10
#define LENGTH 1000

START_TEST(test_steps_make_no_difference)
{
	for (uint64_t i = 0; i < STREAMS; i++)
		ck_assert(prop_run_seed(&prop_engine, 1 + (uint64_t)_i * 1000 + i, LENGTH));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine in short steps");
	const char *seed = getenv("BOURSE_PROP_SEED");
	TCase *tc = tcase_create("streams");

	if (seed != NULL)
		return prop_run_seed(&prop_engine, strtoull(seed, NULL, 10), LENGTH) ? EXIT_SUCCESS
										     : EXIT_FAILURE;
	tcase_add_loop_test(tc, test_steps_make_no_difference, 0, CASES);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
