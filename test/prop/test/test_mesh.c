/*
 * Random days of the whole mesh in process: desk, book, ledger and market, watched after every
 * step (see mesh_watch.h); at the end of each, every processor is folded from its journal anew.
 * BOURSE_PROP_SEED=n runs one of them.
 */
#include "../../../libbus/test/suite.h"
#include "mesh_rows.h"
#include "seal.h"

extern const struct bus_processor desk_processor, book_processor, ledger_processor,
	market_processor;

#if defined(__SANITIZE_ADDRESS__)
#define STREAMS 2 /* for each case */
#else
#define STREAMS 30
#endif
#define CASES  10
#define LENGTH 2000

static const struct mesh_parts parts = {
	.parts = { &desk_processor, &book_processor, &ledger_processor, &market_processor },
	.differ = { seal_desk_differs, seal_book_differs, seal_ledger_differs, NULL },
};

START_TEST(test_mesh)
{
	struct mesh_seen seen = { 0 };

	for (uint64_t i = 0; i < STREAMS; i++)
		ck_assert(mesh_run_seed(&parts, 1 + (uint64_t)_i * 1000 + i, LENGTH, &seen));
	ck_assert_uint_gt(seen.fills, STREAMS * 20);
}
END_TEST

static int one_seed(const char *seed)
{
	struct mesh_seen seen = { 0 };
	bool good = mesh_run_seed(&parts, strtoull(seed, NULL, 10), LENGTH, &seen);

	printf("%llu rows, %llu steps, %llu facts, %llu fills\n", (unsigned long long)seen.rows,
	       (unsigned long long)seen.steps, (unsigned long long)seen.facts,
	       (unsigned long long)seen.fills);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void)
{
	Suite *suite = suite_create("the mesh in process");
	const char *seed = getenv("BOURSE_PROP_SEED");
	TCase *tc = tcase_create("days");

	if (seed != NULL)
		return one_seed(seed);
	tcase_add_loop_test(tc, test_mesh, 0, CASES);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
