/*
 * Assertions end the process, allocations never return NULL.
 */
#include "bus/base.h"

#include <signal.h>
#include <string.h>

#include "suite.h"

#ifdef __SANITIZE_ADDRESS__
/* AddressSanitizer else ends the process itself where malloc() would return NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
#endif

START_TEST(assert_passes)
{
	bus_assert(1 + 1 == 2);
}
END_TEST

START_TEST(assert_aborts)
{
	bus_assert(1 + 1 == 3);
}
END_TEST

START_TEST(out_of_memory_aborts)
{
	volatile size_t size = SIZE_MAX / 4;

	free(bus_malloc(size));
}
END_TEST

START_TEST(calloc_overflow_aborts)
{
	volatile size_t count = SIZE_MAX / 2;

	free(bus_calloc(count, 4));
}
END_TEST

START_TEST(nothing_is_still_a_pointer)
{
	void *a = bus_malloc(0), *b = bus_calloc(0, 8), *c = bus_realloc(NULL, 0);

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_nonnull(c);
	free(a);
	free(b);
	free(c);
}
END_TEST

START_TEST(contents)
{
	char *text = bus_strdup("abc");
	unsigned char *zero = bus_calloc(3, 5);

	ck_assert_str_eq(text, "abc");
	for (int i = 0; i < 15; i++)
		ck_assert_uint_eq(zero[i], 0);
	text = bus_realloc(text, 1000);
	ck_assert_str_eq(text, "abc");
	free(text);
	free(zero);
}
END_TEST

START_TEST(bytes_borrow)
{
	const char *text = "abc";
	struct bus_bytes bytes = bus_bytes(text, 2);

	ck_assert_ptr_eq(bytes.data, text);
	ck_assert_uint_eq(bytes.len, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base");
	TCase *tcase = tcase_create("base");

	tcase_add_test(tcase, assert_passes);
	tcase_add_test_raise_signal(tcase, assert_aborts, SIGABRT);
	tcase_add_test_raise_signal(tcase, out_of_memory_aborts, SIGABRT);
	tcase_add_test_raise_signal(tcase, calloc_overflow_aborts, SIGABRT);
	tcase_add_test(tcase, nothing_is_still_a_pointer);
	tcase_add_test(tcase, contents);
	tcase_add_test(tcase, bytes_borrow);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
