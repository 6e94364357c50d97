/*
 * An arena hands out aligned, separate memory; a warm one allocates nothing; a reset keeps its
 * bound.
 */
#include "bus/arena.h"

#include <string.h>

#include "suite.h"

START_TEST(aligned_and_separate)
{
	struct bus_arena arena;
	unsigned char *parts[500];

	bus_arena_init(&arena);
	for (size_t i = 0; i < 500; i++) {
		parts[i] = bus_arena_alloc(&arena, i);
		ck_assert_ptr_nonnull(parts[i]);
		ck_assert_uint_eq((uintptr_t)parts[i] % 16, 0);
		memset(parts[i], (int)(i & 255), i);
	}
	for (size_t i = 0; i < 500; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_eq(parts[i][j], i & 255);
	bus_arena_release(&arena);
	ck_assert_uint_eq(arena.total, 0);
}
END_TEST

START_TEST(large_and_small)
{
	struct bus_arena arena;
	char *large, *small;

	bus_arena_init(&arena);
	small = bus_arena_strndup(&arena, "small, and more", 5);
	large = bus_arena_alloc(&arena, 5 << 20);
	memset(large, 'x', 5 << 20);
	ck_assert_str_eq(small, "small");
	ck_assert_uint_ge(arena.total, 5 << 20);
	bus_arena_release(&arena);
}
END_TEST

static void one_batch(struct bus_arena *arena, size_t shift)
{
	for (size_t i = 0; i < 400; i++)
		memset(bus_arena_alloc(arena, (i * 37 + shift) % 5000), 1, (i * 37 + shift) % 5000);
}

START_TEST(warm_arena_allocates_nothing)
{
	struct bus_arena arena;
	size_t total;

	bus_arena_init(&arena);
	for (size_t i = 0; i < 50; i++) {
		one_batch(&arena, i);
		bus_arena_reset(&arena, 16 << 20);
	}
	total = arena.total;
	for (size_t i = 50; i < 100; i++) {
		one_batch(&arena, i);
		ck_assert_uint_gt(arena.used, 0);
		bus_arena_reset(&arena, 16 << 20);
		ck_assert_uint_eq(arena.used, 0);
	}
	ck_assert_uint_eq(arena.total, total);
	bus_arena_release(&arena);
}
END_TEST

START_TEST(reset_keeps_at_most)
{
	static const size_t keeps[] = { 0, 1, 20000, 100000, SIZE_MAX };
	struct bus_arena arena;

	bus_arena_init(&arena);
	for (size_t i = 0; i < BUS_ARRAY_LEN(keeps); i++) {
		size_t before;

		one_batch(&arena, 0);
		before = arena.total;
		bus_arena_reset(&arena, keeps[i]);
		ck_assert_uint_le(arena.total, keeps[i]);
		if (keeps[i] == SIZE_MAX)
			ck_assert_uint_eq(arena.total, before);
	}
	bus_arena_release(&arena);
}
END_TEST

START_TEST(helpers)
{
	struct bus_arena arena;
	unsigned char *dirty, *zero;

	bus_arena_init(&arena);
	dirty = bus_arena_alloc(&arena, 100);
	memset(dirty, 0xff, 100);
	bus_arena_reset(&arena, SIZE_MAX);
	zero = bus_arena_zalloc(&arena, 100);
	ck_assert_ptr_eq(zero, dirty);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(zero[i], 0);
	ck_assert_mem_eq(bus_arena_copy(&arena, "a\0b", 3), "a\0b", 3);
	ck_assert_ptr_nonnull(bus_arena_copy(&arena, NULL, 0));
	ck_assert_str_eq(bus_arena_strndup(&arena, NULL, 0), "");
	ck_assert_str_eq(bus_arena_printf(&arena, "%d-%s", 42, "x"), "42-x");
	ck_assert_uint_eq(strlen(bus_arena_printf(&arena, "%40000d", 1)), 40000);
	bus_arena_release(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tcase = tcase_create("arena");

	tcase_add_test(tcase, aligned_and_separate);
	tcase_add_test(tcase, large_and_small);
	tcase_add_test(tcase, warm_arena_allocates_nothing);
	tcase_add_test(tcase, reset_keeps_at_most);
	tcase_add_test(tcase, helpers);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
