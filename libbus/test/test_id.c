/*
 * Identifiers: text in both directions, random ones, and derived ones against values that an
 * independent implementation of SHA-256 gave.
 */
#include "bus/id.h"

#include <string.h>

#include "suite.h"

#define LOWER "0190a5c8-7f00-7abc-8def-00112233445f"
#define UPPER "0190A5C8-7F00-7ABC-8DEF-00112233445F"

START_TEST(text_round_trip)
{
	static const uint8_t bytes[16] = { 0x01, 0x90, 0xa5, 0xc8, 0x7f, 0x00, 0x7a, 0xbc,
					   0x8d, 0xef, 0x00, 0x11, 0x22, 0x33, 0x44, 0x5f };
	struct bus_id lower, upper;
	char buf[BUS_ID_TEXT];

	ck_assert(bus_id_parse(LOWER, strlen(LOWER), &lower));
	ck_assert(bus_id_parse(UPPER, strlen(UPPER), &upper));
	ck_assert_mem_eq(lower.b, bytes, 16);
	ck_assert(bus_id_equal(lower, upper));
	ck_assert_str_eq(bus_id_format(upper, buf), LOWER);
}
END_TEST

/* Every byte value at every position: accepted exactly when it is what belongs there. */
START_TEST(every_character)
{
	for (size_t at = 0; at < 36; at++) {
		for (int c = 0; c < 256; c++) {
			bool dash = LOWER[at] == '-';
			bool hex = c && strchr("0123456789abcdefABCDEF", c) != NULL;
			char text[] = LOWER;
			struct bus_id id = { { 0 } };

			text[at] = (char)c;
			ck_assert_int_eq(bus_id_parse(text, 36, &id), dash ? c == '-' : hex);
		}
	}
}
END_TEST

START_TEST(wrong_lengths)
{
	struct bus_id id = { { 9 } }, before = id;

	ck_assert(!bus_id_parse(NULL, 0, &id));
	ck_assert(!bus_id_parse(LOWER, 0, &id));
	ck_assert(!bus_id_parse(LOWER, 35, &id));
	ck_assert(!bus_id_parse(LOWER "0", 37, &id));
	ck_assert(!bus_id_parse("0190a5c87f007abc8def00112233445f", 32, &id));
	ck_assert(bus_id_equal(id, before));
}
END_TEST

START_TEST(random_ids)
{
	char buf[BUS_ID_TEXT];
	struct bus_id a = bus_id_random(), b = bus_id_random();

	ck_assert(!bus_id_equal(a, b));
	for (int i = 0; i < 100; i++) {
		bus_id_format(bus_id_random(), buf);
		ck_assert_int_eq(buf[14], '4');
		ck_assert_ptr_nonnull(strchr("89ab", buf[19]));
	}
}
END_TEST

static struct bus_bytes text(const char *string)
{
	return bus_bytes(string, strlen(string));
}

START_TEST(derived)
{
	char buf[BUS_ID_TEXT], key[600];
	struct bus_id id;

	id = bus_id_derive("desk", text("account-1"), text("0190a5c8-7f00-7000-8000-000000000001"));
	ck_assert_str_eq(bus_id_format(id, buf), "f61e51b2-7d44-8133-bf95-d04a935a4333");
	id = bus_id_derive("desk", bus_bytes(NULL, 0), bus_bytes(NULL, 0));
	ck_assert_str_eq(bus_id_format(id, buf), "657d2557-3a4f-88a8-8b67-c7fce3193b13");
	memset(key, 'k', sizeof(key));
	id = bus_id_derive("desk", bus_bytes(key, sizeof(key)), text("x"));
	ck_assert_str_eq(bus_id_format(id, buf), "853af5b5-41a3-824d-8dd7-4029da8f2ace");
}
END_TEST

START_TEST(derived_step)
{
	char buf[BUS_ID_TEXT];

	bus_id_format(bus_id_derive_step("book", 3, 12345678901, 2), buf);
	ck_assert_str_eq(buf, "7757f528-7c19-899b-bd34-cc0053aed386");
	bus_id_format(bus_id_derive_step("book", -1, INT64_MIN, INT32_MIN), buf);
	ck_assert_str_eq(buf, "285c3ea3-94f0-8d13-b6a6-a18f2607e31f");
}
END_TEST

START_TEST(strings_do_not_run_together)
{
	struct bus_id a = bus_id_derive("desk", text("ab"), text("c"));
	struct bus_id b = bus_id_derive("desk", text("a"), text("bc"));
	struct bus_id c = bus_id_derive("deska", text("b"), text("c"));

	ck_assert(!bus_id_equal(a, b));
	ck_assert(!bus_id_equal(a, c));
	ck_assert(!bus_id_equal(b, c));
	ck_assert(!bus_id_equal(bus_id_derive_step("d", 1, 11, 1),
				bus_id_derive_step("d", 11, 1, 1)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("id");
	TCase *tcase = tcase_create("id");

	tcase_add_test(tcase, text_round_trip);
	tcase_add_test(tcase, every_character);
	tcase_add_test(tcase, wrong_lengths);
	tcase_add_test(tcase, random_ids);
	tcase_add_test(tcase, derived);
	tcase_add_test(tcase, derived_step);
	tcase_add_test(tcase, strings_do_not_run_together);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
