/*
 * What `make fuzz` has kept: every input of test/fuzz/corpus, and each of them a little changed, a
 * few seconds long. Without a fuzzer, so that everybody can.
 */
#include <dirent.h>
#include <stdio.h>
#include <time.h>

#include "../../../libbus/test/suite.h"
#include "fuzz_input.h"
#include "lib/naive_stream.h"

#define SECONDS 5
#define ROUNDS	200 /* of changed inputs, at most */

static size_t read_input(const char *folder, const char *name, uint8_t *room, size_t size)
{
	char path[512];
	FILE *file;
	size_t count;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "%s cannot be opened", path);
	count = fread(room, 1, size, file);
	(void)fclose(file);
	return count;
}

static void change(uint8_t *bytes, size_t count, uint64_t *seed)
{
	for (uint64_t n = 1 + naive_draw(seed, 4); n > 0 && count > 0; n--)
		bytes[naive_draw(seed, count)] = (uint8_t)naive_draw(seed, 256);
}

static void run_folder(const char *folder, bool (*run)(const uint8_t *, size_t))
{
	static uint8_t room[65536];
	time_t begin = time(NULL);
	uint64_t seed = 20120621;
	size_t inputs = 0;

	for (int round = 0; round < ROUNDS && time(NULL) < begin + SECONDS; round++) {
		DIR *dir = opendir(folder);
		struct dirent *entry;

		ck_assert_msg(dir != NULL, "no folder %s (run from the top folder)", folder);
		while ((entry = readdir(dir)) != NULL) {
			size_t count;

			if (entry->d_name[0] == '.')
				continue;
			count = read_input(folder, entry->d_name, room, sizeof(room));
			if (round > 0)
				change(room, count, &seed);
			ck_assert_msg(run(room, count), "%s/%s, round %d", folder, entry->d_name,
				      round);
			inputs++;
		}
		closedir(dir);
	}
	ck_assert_uint_gt(inputs, 10);
}

START_TEST(test_mesh_inputs)
{
	run_folder("test/fuzz/corpus/mesh", fuzz_mesh);
}
END_TEST

START_TEST(test_book_inputs)
{
	run_folder("test/fuzz/corpus/book", fuzz_book);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("what the fuzzers have found");
	TCase *tc = tcase_create("corpus");

	tcase_add_test(tc, test_mesh_inputs);
	tcase_add_test(tc, test_book_inputs);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
