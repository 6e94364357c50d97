/*
 * A million random commands through the engine of the book and through the naive exchange, and two
 * hundred thousand through the processor around it: the same must happen, and the same must rest,
 * after each of them. BOURSE_PROP_SEED=n runs one stream, above 100000 of the processor.
 */
#include "../../../libbus/test/suite.h"
#include "bus/base.h"
#include "prop.h"

#if defined(__SANITIZE_ADDRESS__)
#define STREAMS 5 /* for each case */
#else
#define STREAMS 50
#endif
#define CASES  10
#define LENGTH 2000

/* What streams have found, as they were printed. */
static const struct naive_command replaced_stop_elects_itself[] = {
	{ .op = NAIVE_OP_NEW,
	  .id = 748,
	  .account = 1,
	  .side = 2,
	  .type = 2,
	  .tif = 1,
	  .quantity = 1000000,
	  .price = 100010000 },
	{ .op = NAIVE_OP_NEW,
	  .id = 752,
	  .account = 3,
	  .side = 2,
	  .type = 2,
	  .tif = 2,
	  .quantity = 1000000,
	  .price = 100030000 },
	{ .op = NAIVE_OP_NEW,
	  .id = 767,
	  .account = 5,
	  .side = 1,
	  .type = 4,
	  .tif = 1,
	  .quantity = 1000000,
	  .price = 100070000,
	  .stop = 100020000 },
	{ .op = NAIVE_OP_NEW,
	  .id = 768,
	  .account = 4,
	  .side = 1,
	  .type = 2,
	  .tif = 1,
	  .quantity = 1000000,
	  .price = 100010000 },
	{ .op = NAIVE_OP_REPLACE,
	  .id = 767,
	  .account = 5,
	  .other = 769,
	  .side = 1,
	  .type = 4,
	  .tif = 1,
	  .quantity = 1000000,
	  .price = 100060000,
	  .stop = 100010000 },
};

static const struct {
	const struct naive_command *rows;
	size_t count;
} found[] = {
	{ replaced_stop_elects_itself, BUS_ARRAY_LEN(replaced_stop_elects_itself) },
};

START_TEST(test_found)
{
	ck_assert(prop_run_rows(&prop_engine, found[_i].rows, found[_i].count));
	ck_assert(prop_run_rows(&prop_processor, found[_i].rows, found[_i].count));
}
END_TEST

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
	tcase_add_loop_test(tc, test_found, 0, (int)BUS_ARRAY_LEN(found));
	tcase_add_loop_test(tc, test_engine_is_the_naive_exchange, 0, CASES);
	tcase_add_loop_test(tc, test_processor_is_the_naive_exchange, 0, CASES);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
