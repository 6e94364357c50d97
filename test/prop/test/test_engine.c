/*
 * A million random commands through the engine of the book and through the naive exchange, and two
 * hundred thousand through the processor around it: the same must happen, and the same must rest,
 * after each of them. BOURSE_PROP_SEED=n runs one stream, above 100000 of the processor.
 */
#include "../../../libbus/test/suite.h"
#include "prop.h"

#if defined(__SANITIZE_ADDRESS__)
#define STREAMS 5 /* for each case */
#else
#define STREAMS 50
#endif
#define CASES  10
#define LENGTH 2000

START_TEST(test_engine_is_the_naive_exchange)
{
	for (uint64_t i = 0; i < STREAMS; i++)
		ck_assert(prop_run_seed(&prop_engine, 1 + (uint64_t)_i * 1000 + i, LENGTH));
}
END_TEST

/* Slower by the wire form: a part of the streams. */
START_TEST(test_processor_is_the_naive_exchange)
{
	for (uint64_t i = 0; i < STREAMS / 5; i++)
		ck_assert(prop_run_seed(&prop_processor, 100001 + (uint64_t)_i * 1000 + i, LENGTH));
}
END_TEST

static int one_seed(const char *seed)
{
	uint64_t number = strtoull(seed, NULL, 10);

	return prop_run_seed(number > 100000 ? &prop_processor : &prop_engine, number, LENGTH)
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}

int main(void)
{
	Suite *suite = suite_create("engine against naive exchange");
	const char *seed = getenv("BOURSE_PROP_SEED");
	TCase *tc = tcase_create("streams");

	if (seed != NULL)
		return one_seed(seed);
	tcase_add_loop_test(tc, test_engine_is_the_naive_exchange, 0, CASES);
	tcase_add_loop_test(tc, test_processor_is_the_naive_exchange, 0, CASES);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
