/*
 * Parameters and rows, there and back through a real PostgreSQL: every type, nulls, empty arrays.
 */
#include <signal.h>

#include "db_fixture.h"

static const struct bus_id some_id = { { 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0 } };

static void on_scalars(void *arg, const PGresult *rows)
{
	struct fixture *fix = arg;
	struct bus_bytes bytes = bus_row_bytes(rows, 0, 4);

	fix->calls++;
	ck_assert(bus_row_bool(rows, 0, 0));
	ck_assert_int_eq(bus_row_int4(rows, 0, 1), INT32_MIN);
	ck_assert(bus_row_int8(rows, 0, 2) == INT64_MIN + 1);
	ck_assert_str_eq(bus_row_text(rows, 0, 3), "K\xc3\xa4se 'n\\ ");
	ck_assert_uint_eq(bytes.len, 1 << 20);
	ck_assert_uint_eq(bytes.data[0], 0);
	ck_assert_uint_eq(bytes.data[(1 << 20) - 1], (uint8_t)((1 << 20) - 1));
	ck_assert(bus_id_equal(bus_row_id(rows, 0, 5), some_id));
	ck_assert(bus_row_null(rows, 0, 6) && bus_row_null(rows, 0, 7));
	ck_assert_str_eq(bus_row_text(rows, 0, 6), "");
	ck_assert(!bus_row_bytes(rows, 0, 7).data);
	ck_assert(!bus_row_null(rows, 0, 8) && !bus_row_null(rows, 0, 9));
	ck_assert_str_eq(bus_row_text(rows, 0, 8), "");
	ck_assert(bus_row_bytes(rows, 0, 9).data && bus_row_bytes(rows, 0, 9).len == 0);
	ck_assert_str_eq(bus_row_text(rows, 0, 10), "varchar");
	ck_assert_str_eq(bus_row_text(rows, 0, 11), "name");
	ck_assert(bus_row_int8(rows, 0, 12) == 0 && bus_row_int4(rows, 0, 13) == 0);
	ck_assert(!bus_row_bool(rows, 0, 14));
	ck_assert(bus_id_equal(bus_row_id(rows, 0, 15), (struct bus_id){ { 0 } }));
}

START_TEST(scalars)
{
	static const struct bus_sql sql = {
		"scalars", "select $1::bool, $2::int, $3::bigint, $4::text, $5::bytea, $6::uuid,"
			   " $7::text, $8::bytea, $9::text, $10::bytea, 'varchar'::varchar,"
			   " 'name'::name, null::bigint, null::int, null::bool, null::uuid"
	};
	struct bus_call *call = bus_call(f.db, &sql);
	uint8_t *big = bus_malloc(1 << 20);

	for (size_t i = 0; i < 1 << 20; i++)
		big[i] = (uint8_t)i;
	bus_call_bool(call, true);
	bus_call_int4(call, INT32_MIN);
	bus_call_int8(call, INT64_MIN + 1);
	bus_call_text(call, "K\xc3\xa4se 'n\\ ");
	bus_call_bytes(call, bus_bytes(big, 1 << 20));
	bus_call_id(call, some_id);
	bus_call_text(call, NULL);
	bus_call_bytes(call, bus_bytes(NULL, 0));
	bus_call_text(call, "");
	bus_call_bytes(call, bus_bytes("", 0));
	bus_call_send(call, on_scalars, &f);
	free(big);
	ck_assert_msg(sync_group() == 0, "%s", f.message);
	ck_assert_int_eq(f.calls, 1);
}
END_TEST

static const struct bus_sql sql_arrays = {
	"arrays", "select $1::bool[], $2::int[], $3::bigint[], $4::text[],"
		  " $5::bytea[], $6::uuid[], array_length($3::bigint[], 1)"
};

static void on_arrays(void *arg, const PGresult *rows)
{
	struct fixture *fix = arg;
	struct bus_bytes value;

	fix->calls++;
	for (int column = 0; column < 6; column++)
		ck_assert_int_eq(bus_row_array_len(rows, 0, column), 3);
	ck_assert_int_eq(bus_row_int4(rows, 0, 6), 3);
	ck_assert_uint_eq(bus_row_array_at(rows, 0, 0, 0).data[0], 1);
	ck_assert_uint_eq(bus_row_array_at(rows, 0, 0, 2).data[0], 0);
	ck_assert_int_eq(bus_row_array_int4(rows, 0, 1, 1), -7);
	ck_assert_int_eq(bus_row_array_int4(rows, 0, 1, 2), INT32_MAX);
	ck_assert(bus_row_array_int8(rows, 0, 2, 0) == INT64_MIN);
	ck_assert(!bus_row_array_at(rows, 0, 2, 1).data);
	ck_assert(bus_row_array_int8(rows, 0, 2, 1) == 0);
	ck_assert(bus_row_array_int8(rows, 0, 2, 2) == INT64_MAX);
	value = bus_row_array_at(rows, 0, 3, 0);
	ck_assert(value.data && value.len == 0);
	ck_assert(!bus_row_array_at(rows, 0, 3, 1).data);
	value = bus_row_array_at(rows, 0, 3, 2);
	ck_assert(value.len == 5 && memcmp(value.data, "three", 5) == 0);
	value = bus_row_array_at(rows, 0, 4, 1);
	ck_assert(value.len == 4 && memcmp(value.data, "\0\1\0\2", 4) == 0);
	ck_assert(!bus_row_array_at(rows, 0, 4, 2).data);
	ck_assert(memcmp(bus_row_array_at(rows, 0, 5, 2).data, some_id.b, 16) == 0);
}

/* The columns are filled row by row, the way a batch is. */
START_TEST(arrays)
{
	struct bus_call *call = bus_call(f.db, &sql_arrays);
	struct bus_column *bools = bus_call_column(call, BUS_PG_BOOL);
	struct bus_column *ints = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *longs = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *texts = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *bytes = bus_call_column(call, BUS_PG_BYTES);
	struct bus_column *ids = bus_call_column(call, BUS_PG_UUID);
	static const char *const text[] = { "", NULL, "three" };
	static const int32_t number[] = { 1, -7, INT32_MAX };

	for (int i = 0; i < 3; i++) {
		bus_column_bool(bools, i == 0);
		bus_column_int4(ints, number[i]);
		if (i == 1)
			bus_column_null(longs);
		else
			bus_column_int8(longs, i == 0 ? INT64_MIN : INT64_MAX);
		bus_column_text(texts, text[i]);
		bus_column_bytes(bytes, i == 2 ? bus_bytes(NULL, 0) : bus_bytes("\0\1\0\2", 4));
		bus_column_id(ids, some_id);
	}
	bus_call_send(call, on_arrays, &f);
	ck_assert_msg(sync_group() == 0, "%s", f.message);
	ck_assert_int_eq(f.calls, 1);
}
END_TEST

static void on_empty_arrays(void *arg, const PGresult *rows)
{
	struct fixture *fix = arg;

	fix->calls++;
	for (int column = 0; column < 6; column++)
		ck_assert_int_eq(bus_row_array_len(rows, 0, column), 0);
	ck_assert(bus_row_null(rows, 0, 6)); /* array_length of an empty array */
}

/* In the buffers of a call that was longer, so that nothing of it may be left. */
START_TEST(empty_arrays)
{
	static const enum bus_pg_type types[] = { BUS_PG_BOOL, BUS_PG_INT4,  BUS_PG_INT8,
						  BUS_PG_TEXT, BUS_PG_BYTES, BUS_PG_UUID };

	for (int round = 0; round < 2; round++) {
		struct bus_call *call = bus_call(f.db, &sql_arrays);

		for (size_t i = 0; i < BUS_ARRAY_LEN(types); i++) {
			struct bus_column *column = bus_call_column(call, types[i]);

			for (int n = 0; round == 0 && n < 1000; n++)
				bus_column_null(column);
		}
		bus_call_send(call, round == 0 ? NULL : on_empty_arrays, &f);
		ck_assert_msg(sync_group() == 0, "%s", f.message);
	}
	ck_assert_int_eq(f.calls, 1);
}
END_TEST

static void on_long_array(void *arg, const PGresult *rows)
{
	struct fixture *fix = arg;

	fix->calls++;
	ck_assert_int_eq(bus_row_array_len(rows, 0, 0), 10000);
	for (int i = 0; i < 10000; i++)
		ck_assert(bus_row_array_int8(rows, 0, 0, i) == i * INT64_C(1000000007));
}

START_TEST(long_array)
{
	static const struct bus_sql sql = { "long_array", "select $1::bigint[]" };
	struct bus_call *call = bus_call(f.db, &sql);
	struct bus_column *column = bus_call_column(call, BUS_PG_INT8);

	for (int i = 0; i < 10000; i++)
		bus_column_int8(column, i * INT64_C(1000000007));
	bus_call_send(call, on_long_array, &f);
	ck_assert_int_eq(sync_group(), 0);
	ck_assert_int_eq(f.calls, 1);
}
END_TEST

/* An int8 column read as text is a mistake in the program, not in the data. */
START_TEST(wrong_type_aborts)
{
	PGresult *rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc column = { .name = (char[]){ "n" }, .format = 1, .typid = 20, .typlen = 8 };

	ck_assert(PQsetResultAttrs(rows, 1, &column));
	ck_assert(PQsetvalue(rows, 0, 0, (char[]){ 0, 0, 0, 0, 0, 0, 0, 1 }, 8));
	ck_assert(bus_row_int8(rows, 0, 0) == 1);
	bus_row_text(rows, 0, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("db_call");
	TCase *tcase = tcase_create("types");

	tcase_add_unchecked_fixture(tcase, make_database, drop_database);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, scalars);
	tcase_add_test(tcase, arrays);
	tcase_add_test(tcase, empty_arrays);
	tcase_add_test(tcase, long_array);
	tcase_add_test_raise_signal(tcase, wrong_type_aborts, SIGABRT);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return db_suite_run(suite());
}
