/*
 * Every error of the list has its name, text and class; every other number is fatal.
 */
#include "bus/err.h"

#include <string.h>

#include "suite.h"

static const struct {
	int err;
	const char *name;
	enum bus_err_class class;
} rows[] = {
	{ BUS_OK, "OK", BUS_CLASS_OK },
	{ BUS_ERR_DB_AWAY, "DB_AWAY", BUS_CLASS_RETRY },
	{ BUS_ERR_WRONG_KEY, "WRONG_KEY", BUS_CLASS_REFUSE },
	{ BUS_ERR_PARK, "PARK", BUS_CLASS_PARK },
	{ BUS_ERR_GAP, "GAP", BUS_CLASS_STOP },
	{ BUS_ERR_SCHEMA_NEWER, "SCHEMA_NEWER", BUS_CLASS_FATAL },
	{ BUS_ERR_SCHEMA_OLDER, "SCHEMA_OLDER", BUS_CLASS_RETRY },
	{ 1, "UNKNOWN", BUS_CLASS_FATAL },
	{ -1000, "UNKNOWN", BUS_CLASS_FATAL },
};

START_TEST(names_and_classes)
{
	ck_assert_str_eq(bus_err_name(rows[_i].err), rows[_i].name);
	ck_assert_int_eq((int)bus_err_class(rows[_i].err), (int)rows[_i].class);
	ck_assert_uint_gt(strlen(bus_err_text(rows[_i].err)), 0);
}
END_TEST

static const int all[] = {
#define X(name, value, class, text) value,
	BUS_ERRORS(X)
#undef X
};

START_TEST(list_is_whole)
{
	ck_assert_int_lt(all[_i], 0);
	ck_assert_str_ne(bus_err_name(all[_i]), "UNKNOWN");
	ck_assert_int_ne((int)bus_err_class(all[_i]), (int)BUS_CLASS_OK);
	ck_assert_int_eq(bus_err_named(bus_err_name(all[_i])), all[_i]);
	ck_assert_int_eq(bus_err_named("NOBODY"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("err");
	TCase *tcase = tcase_create("err");

	tcase_add_loop_test(tcase, names_and_classes, 0, BUS_ARRAY_LEN(rows));
	tcase_add_loop_test(tcase, list_is_whole, 0, BUS_ARRAY_LEN(all));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
