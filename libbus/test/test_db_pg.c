/*
 * The connection against a real PostgreSQL, named by BOURSE_TEST_PG_URL (a superuser's connection
 * string). The suite makes a database with a random name of its own and drops it at the end.
 */
#include "bus/db.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/err.h"
#include "bus/time.h"
#include "db_internal.h"
#include "suite.h"

#define DEADLINE_MS 30000

static char database[64];
static char url[1024]; /* of the suite's own database */

/* What has been heard, and the loop that hears it. */
struct fixture {
	struct event_base *base;
	struct bus_db *db;
	int ups;
	int downs;
	int syncs;
	int err; /* of the last group */
	char sqlstate[6];
	char statement[64];
	char message[BUS__DB_WHY_MAX];
	int calls; /* on_rows heard */
	size_t bytes;
	int64_t number;
	bool free_in_sync;
	bool free_in_rows;
};

static struct fixture f;

/* The URL's parts as keyword='value' pairs, with another database, host and port where given. */
static void make_url(char *out, size_t size, const char *dbname, const char *host, const char *port)
{
	PQconninfoOption *parts = PQconninfoParse(getenv("BOURSE_TEST_PG_URL"), NULL);
	size_t len = 0;

	ck_assert_msg(parts, "BOURSE_TEST_PG_URL is not a connection string");
	for (PQconninfoOption *part = parts; part->keyword; part++) {
		const char *value = part->val;

		if (strcmp(part->keyword, "dbname") == 0)
			value = dbname;
		else if (strcmp(part->keyword, "host") == 0 && host)
			value = host;
		else if (strcmp(part->keyword, "port") == 0 && port)
			value = port;
		if (!value)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s='", part->keyword);
		for (; *value && len + 4 < size; value++) {
			if (*value == '\'' || *value == '\\')
				out[len++] = '\\';
			out[len++] = *value;
		}
		len += (size_t)snprintf(out + len, size - len, "' ");
		ck_assert_uint_lt(len, size);
	}
	PQconninfoFree(parts);
}

/* One statement on a plain, blocking connection of its own. */
static void admin(const char *connection, const char *text, const char *arg)
{
	PGconn *conn = PQconnectdb(connection);
	char sql[1024];
	PGresult *result;

	ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
	ck_assert_int_lt(snprintf(sql, sizeof(sql), "%s%s", text, arg), (int)sizeof(sql));
	result = PQexec(conn, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK ||
			      PQresultStatus(result) == PGRES_TUPLES_OK,
		      "%s", PQerrorMessage(conn));
	PQclear(result);
	PQfinish(conn);
}

static void make_database(void)
{
	char id[BUS_ID_TEXT];

	bus_id_format(bus_id_random(), id);
	for (char *c = id; *c; c++)
		*c = *c == '-' ? '_' : *c;
	snprintf(database, sizeof(database), "bus_test_%s", id);
	admin(getenv("BOURSE_TEST_PG_URL"), "create database ", database);
	make_url(url, sizeof(url), database, NULL, NULL);
	admin(url,
	      "create table item (id bigint primary key, body bytea not null);"
	      "create table parent (id bigint primary key);"
	      "create table child (parent bigint references parent deferrable initially deferred);"
	      "create table shape (a bigint);"
	      "create function fence() returns bigint language plpgsql as $$ begin"
	      " raise exception 'fenced' using errcode = 'BF001'; end $$",
	      "");
}

static void drop_database(void)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "drop database %s with (force)", database);
	admin(getenv("BOURSE_TEST_PG_URL"), sql, "");
}

static void on_state(void *arg, bool up)
{
	struct fixture *fix = arg;

	ck_assert(bus_db_up(fix->db) == up);
	if (up)
		fix->ups++;
	else
		fix->downs++;
}

static void on_sync(void *arg, const struct bus_db_error *error)
{
	struct fixture *fix = arg;

	ck_assert(!bus_db_busy(fix->db));
	fix->syncs++;
	fix->err = error ? error->err : 0;
	snprintf(fix->sqlstate, sizeof(fix->sqlstate), "%s", error ? error->sqlstate : "");
	snprintf(fix->statement, sizeof(fix->statement), "%s", error ? error->statement : "");
	snprintf(fix->message, sizeof(fix->message), "%s", error ? error->message : "");
	if (fix->free_in_sync) {
		bus_db_free(fix->db);
		fix->db = NULL;
	}
}

static void on_number(void *arg, const PGresult *rows)
{
	struct fixture *fix = arg;

	fix->calls++;
	ck_assert_int_eq(PQntuples(rows), 1);
	fix->number = bus_row_int8(rows, 0, 0);
	if (fix->free_in_rows && fix->db) {
		bus_db_free(fix->db);
		fix->db = NULL;
	}
}

static void on_bytes(void *arg, const PGresult *rows)
{
	struct fixture *fix = arg;

	fix->calls++;
	fix->bytes += bus_row_bytes(rows, 0, 0).len;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Turns the loop for that long, or until the counter has reached the value. True when it has. */
static bool turn(int64_t ms, const int *counter, int value)
{
	struct timeval interval = { .tv_usec = 10000 };
	struct event *tick = event_new(f.base, -1, EV_PERSIST, on_tick, NULL);
	int64_t end = bus_time_monotonic() + ms * 1000;

	event_add(tick, &interval);
	while (!(counter && *counter >= value) && bus_time_monotonic() < end)
		event_base_loop(f.base, EVLOOP_ONCE);
	event_free(tick);
	return counter && *counter >= value;
}

static void until(const int *counter, int value)
{
	ck_assert_msg(turn(DEADLINE_MS, counter, value), "heard %d of %d", *counter, value);
}

static void connect_to(const char *connection)
{
	memset(&f, 0, sizeof(f));
	f.base = event_base_new();
	f.db = bus_db_new(f.base, connection, "test-db", on_state, &f);
	ck_assert(!bus_db_up(f.db));
	ck_assert_str_ne(bus_db_why(f.db), "");
}

static void setup(void)
{
	connect_to(url);
	until(&f.ups, 1);
	ck_assert_str_eq(bus_db_why(f.db), "");
}

static void teardown(void)
{
	bus_db_free(f.db);
	event_base_free(f.base);
	libevent_global_shutdown();
}

/* Ends the group and returns its error. */
static int sync_group(void)
{
	int syncs = f.syncs;

	bus_db_sync(f.db, on_sync, &f);
	ck_assert(bus_db_busy(f.db));
	ck_assert_int_eq(f.syncs, syncs); /* never from inside */
	until(&f.syncs, syncs + 1);
	return f.err;
}

static const struct bus_sql sql_insert = {
	"insert", "insert into item (id, body) values ($1::bigint, $2::bytea) returning body"
};
static const struct bus_sql sql_count = { "count", "select count(*) from item" };
static const struct bus_sql sql_divide = { "divide", "select 1 / $1::bigint" };
static const struct bus_sql sql_fence = { "fence", "select fence()" };
static const struct bus_sql sql_sleep = { "sleep", "select 1::bigint from pg_sleep(10)" };
static const struct bus_sql sql_die = { "die", "select count(*) from (select"
					       " pg_terminate_backend(pg_backend_pid())) t" };
static const struct bus_sql sql_child = { "child", "insert into child values ($1::bigint)" };
static const struct bus_sql sql_broken = { "broken", "select nothing from nowhere" };
static const struct bus_sql sql_shape = { "shape", "select * from shape" };

static void queue_insert(int64_t id, size_t size)
{
	struct bus_call *call = bus_call(f.db, &sql_insert);
	uint8_t *body = bus_calloc(1, size ? size : 1);

	bus_call_int8(call, id);
	bus_call_bytes(call, bus_bytes(body, size));
	bus_call_send(call, on_bytes, &f);
	free(body);
}

static void queue_number(const struct bus_sql *sql)
{
	bus_call_send(bus_call(f.db, sql), on_number, &f);
}

static void queue_divide(int64_t by)
{
	struct bus_call *call = bus_call(f.db, &sql_divide);

	bus_call_int8(call, by);
	bus_call_send(call, on_number, &f);
}

static int64_t count_items(void)
{
	queue_number(&sql_count);
	ck_assert_int_eq(sync_group(), 0);
	return f.number;
}

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

START_TEST(settings)
{
	static const struct bus_sql sql = {
		"settings", "select (current_setting('statement_timeout') = '30s' and"
			    " current_setting('lock_timeout') = '5s' and"
			    " current_setting('idle_in_transaction_session_timeout') = '1min' and"
			    " current_setting('client_encoding') = 'UTF8' and"
			    " current_setting('application_name') = 'test-db')::int::bigint"
	};

	queue_number(&sql);
	ck_assert_int_eq(sync_group(), 0);
	ck_assert_int_eq(f.number, 1);
}
END_TEST

START_TEST(empty_group)
{
	ck_assert_int_eq(sync_group(), 0);
	ck_assert_int_eq(sync_group(), 0);
}
END_TEST

struct failing_case {
	const char *what;
	int64_t divide_by; /* a call of its own when not -1 */
	const struct bus_sql *sql;
	int64_t insert; /* id that is there already, or -1 */
	int err;
	const char *sqlstate;
	const char *statement;
};

static const struct failing_case failing[] = {
	{ "class 22", 0, NULL, -1, BUS_ERR_DATA_REFUSED, "22012", "divide" },
	{ "class 23", -1, NULL, 1, BUS_ERR_DATA_REFUSED, "23505", "insert" },
	{ "our own", -1, &sql_fence, -1, BUS_ERR_FENCED, "BF001", "fence" },
	{ "in Parse", -1, &sql_broken, -1, BUS_ERR_DB_AWAY, "42P01", "broken" },
};

/* The error in the middle takes the whole group with it, and the next group works. */
START_TEST(one_transaction)
{
	const struct failing_case *c = &failing[_i];
	int64_t before;
	int calls;

	admin(url, "truncate item; insert into item values (1, '')", "");
	before = count_items();
	for (int round = 0; round < 2; round++) {
		calls = f.calls;
		queue_insert(100, 10);
		if (c->divide_by >= 0)
			queue_divide(c->divide_by);
		if (c->sql)
			queue_number(c->sql);
		if (c->insert >= 0)
			queue_insert(c->insert, 10);
		queue_divide(
			1); /* never prepared before in the first round: aborted with the rest */
		queue_insert(101, 10);
		ck_assert_msg(sync_group() == c->err, "%s: %s %s", c->what, f.sqlstate, f.message);
		ck_assert_str_eq(f.sqlstate, c->sqlstate);
		ck_assert_str_eq(f.statement, c->statement);
		ck_assert_str_ne(f.message, "");
		ck_assert_int_eq(f.calls, calls + 1); /* the insert before it */
		ck_assert(bus_db_up(f.db));
		ck_assert(count_items() == before);
	}
	queue_divide(1);
	queue_insert(100, 10);
	ck_assert_msg(sync_group() == 0, "%s", f.message);
	ck_assert(count_items() == before + 1);
	ck_assert_int_eq(f.downs, 0);
}
END_TEST

/* Only the commit finds out: no statement is to blame, and nothing is committed. */
START_TEST(deferred_constraint)
{
	struct bus_call *call;

	admin(url, "truncate item", "");
	queue_insert(1, 10);
	call = bus_call(f.db, &sql_child);
	bus_call_int8(call, 404);
	bus_call_send(call, NULL, NULL);
	ck_assert_int_eq(sync_group(), BUS_ERR_DATA_REFUSED);
	ck_assert_str_eq(f.sqlstate, "23503");
	ck_assert_str_eq(f.statement, "");
	ck_assert(count_items() == 0);
}
END_TEST

/* A migration has changed what a prepared statement returns: a new connection heals it. */
START_TEST(stale_plan)
{
	bus_call_send(bus_call(f.db, &sql_shape), NULL, NULL);
	ck_assert_int_eq(sync_group(), 0);
	admin(url, "alter table shape add column b", " text");
	bus_call_send(bus_call(f.db, &sql_shape), NULL, NULL);
	ck_assert_int_eq(sync_group(), BUS_ERR_DB_AWAY);
	ck_assert_str_eq(f.sqlstate, "0A000");
	until(&f.ups, 2);
	bus_call_send(bus_call(f.db, &sql_shape), NULL, NULL);
	ck_assert_int_eq(sync_group(), 0);
}
END_TEST

START_TEST(killed_in_the_middle)
{
	admin(url, "truncate item", "");
	queue_insert(1, 10);
	queue_number(&sql_die);
	queue_insert(2, 10);
	ck_assert_int_eq(sync_group(), BUS_ERR_DB_AWAY);
	ck_assert_str_eq(f.sqlstate, "");
	ck_assert_str_ne(f.message, "");
	ck_assert_int_eq(f.syncs, 1);
	until(&f.downs, 1);
	ck_assert(!bus_db_up(f.db));
	ck_assert_str_ne(bus_db_why(f.db), "");
	/* While it is away a group fails, from the loop. */
	queue_insert(3, 10);
	ck_assert_int_eq(sync_group(), BUS_ERR_DB_AWAY);
	until(&f.ups, 2);
	ck_assert(count_items() == 0);
	queue_insert(4, 10);
	ck_assert_int_eq(sync_group(), 0);
	ck_assert(count_items() == 1);
	ck_assert_int_eq(f.downs, 1);
}
END_TEST

/* Nobody asks for anything when it goes. */
START_TEST(killed_while_idle)
{
	admin(url, "select pg_terminate_backend(pid) from pg_stat_activity where datname =",
	      " current_database() and application_name = 'test-db'");
	until(&f.downs, 1);
	until(&f.ups, 2);
	ck_assert_int_eq(sync_group(), 0);
}
END_TEST

/* Calls were queued, then the connection was lost and is back: half a group is never committed. */
START_TEST(lost_before_sync)
{
	admin(url, "truncate item", "");
	queue_insert(1, 10);
	bus_db_reset(f.db);
	ck_assert(!bus_db_up(f.db));
	until(&f.ups, 2);
	queue_insert(2, 10);
	ck_assert_int_eq(sync_group(), BUS_ERR_DB_AWAY);
	ck_assert_str_ne(f.message, "");
	ck_assert(count_items() == 0);
}
END_TEST

START_TEST(reset_in_flight)
{
	queue_number(&sql_sleep);
	bus_db_sync(f.db, on_sync, &f);
	bus_db_reset(f.db);
	ck_assert_int_eq(f.syncs, 0);
	until(&f.syncs, 1);
	ck_assert_int_eq(f.err, BUS_ERR_DB_AWAY);
	until(&f.ups, 2);
	ck_assert_int_eq(sync_group(), 0);
	ck_assert_int_eq(f.calls, 0);
}
END_TEST

/* A server that says nothing while a group is in flight is given up; the idle one is not. */
START_TEST(silent_server)
{
	f.db->silence_ms = 300;
	turn(600, NULL, 0);
	ck_assert_int_eq(f.downs, 0);
	ck_assert_int_eq(sync_group(), 0);
	turn(600, NULL, 0);
	ck_assert_int_eq(f.downs, 0);
	queue_number(&sql_sleep);
	ck_assert_int_eq(sync_group(), BUS_ERR_DB_AWAY);
	ck_assert_msg(strstr(f.message, "no byte"), "%s", f.message);
	until(&f.ups, 2);
	ck_assert_int_eq(sync_group(), 0);
}
END_TEST

/* Each row comes back too: a client that only writes would deadlock with the server. */
START_TEST(large_group)
{
	size_t expected = 0;

	admin(url, "truncate item", "");
	for (int64_t i = 0; i < 5000; i++) {
		queue_insert(i, 4096);
		expected += 4096;
	}
	queue_insert(5000, 20 << 20);
	expected += 20 << 20;
	ck_assert_msg(sync_group() == 0, "%s", f.message);
	ck_assert_int_eq(f.calls, 5001);
	ck_assert_uint_eq(f.bytes, expected);
	ck_assert(count_items() == 5001);
	admin(url, "truncate item", "");
}
END_TEST

/* No statement is parsed twice on a connection. */
START_TEST(prepared_once)
{
	static const struct bus_sql sql = { "prepared", "select count(*) from"
							" pg_prepared_statements" };

	for (int i = 0; i < 3; i++) {
		queue_divide(1);
		queue_divide(1);
		queue_number(&sql);
		ck_assert_msg(sync_group() == 0, "%s", f.message);
		ck_assert_int_eq(f.number, 2);
	}
}
END_TEST

START_TEST(free_in_callback)
{
	f.free_in_sync = _i == 0;
	f.free_in_rows = _i == 1;
	queue_divide(1);
	queue_divide(1);
	bus_db_sync(f.db, on_sync, &f);
	until(_i == 0 ? &f.syncs : &f.calls, 1);
	event_base_loop(f.base, EVLOOP_NONBLOCK);
	ck_assert_ptr_null(f.db);
	ck_assert_int_eq(f.calls, _i == 0 ? 2 : 1);
	ck_assert_int_eq(f.syncs, _i == 0 ? 1 : 0);
}
END_TEST

START_TEST(free_in_flight)
{
	queue_number(&sql_sleep);
	bus_db_sync(f.db, on_sync, &f);
	bus_db_free(f.db);
	f.db = NULL;
	event_base_loop(f.base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(f.syncs, 0);
}
END_TEST

static int accepted;

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	int *client = arg;

	(void)what;
	*client = accept(fd, NULL, NULL);
	accepted++;
}

/* A port where nobody listens, then one where nobody answers: it says why, and keeps trying. */
START_TEST(nobody_there)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct event *event;
	char wrong[1024];
	char port[8];
	int client = -1;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(port, sizeof(port), "%d", ntohs(address.sin_port));
	make_url(wrong, sizeof(wrong), database, "127.0.0.1", port);
	connect_to(wrong);
	turn(1000, NULL, 0);
	ck_assert_msg(strstr(bus_db_why(f.db), port), "%s", bus_db_why(f.db));
	ck_assert_msg(strstr(bus_db_why(f.db), "refused"), "%s", bus_db_why(f.db));
	ck_assert_int_eq(sync_group(), BUS_ERR_DB_AWAY);
	ck_assert_msg(strstr(f.message, port), "%s", f.message);

	f.db->attempt_ms = 200;
	ck_assert_int_eq(listen(fd, 16), 0);
	event = event_new(f.base, fd, EV_READ | EV_PERSIST, on_accept, &client);
	event_add(event, NULL);
	until(&accepted, 2);
	ck_assert_msg(strstr(bus_db_why(f.db), "no answer"), "%s", bus_db_why(f.db));
	ck_assert_int_eq(f.ups + f.downs, 0);
	event_free(event);
	close(fd);
}
END_TEST

/* The string may hold a password: it is not quoted. */
START_TEST(not_a_url)
{
	connect_to("host=somewhere password secret");
	event_base_loop(f.base, EVLOOP_NONBLOCK);
	ck_assert_str_ne(bus_db_why(f.db), "");
	ck_assert_ptr_null(strstr(bus_db_why(f.db), "secret"));
	bus_db_reset(f.db);
	ck_assert_int_eq(sync_group(), BUS_ERR_DB_AWAY);
}
END_TEST

/* The pause doubles up to its limit, and no two services share it. */
START_TEST(pauses)
{
	int limit = BUS__DB_PAUSE_MIN_MS;

	setup();
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(f.db->pause_ms, BUS__DB_PAUSE_MIN_MS);
		bus_db_reset(f.db);
		until(&f.downs, i + 1);
		ck_assert_int_eq(f.db->pause_ms, 2 * limit);
		until(&f.ups, i + 2);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("db");
	TCase *up = tcase_create("up");
	TCase *away = tcase_create("away");

	tcase_add_unchecked_fixture(up, make_database, drop_database);
	tcase_add_checked_fixture(up, setup, teardown);
	tcase_set_timeout(up, 60);
	tcase_add_test(up, scalars);
	tcase_add_test(up, arrays);
	tcase_add_test(up, empty_arrays);
	tcase_add_test(up, long_array);
	tcase_add_test_raise_signal(up, wrong_type_aborts, SIGABRT);
	tcase_add_test(up, settings);
	tcase_add_test(up, empty_group);
	tcase_add_loop_test(up, one_transaction, 0, (int)BUS_ARRAY_LEN(failing));
	tcase_add_test(up, deferred_constraint);
	tcase_add_test(up, stale_plan);
	tcase_add_test(up, killed_in_the_middle);
	tcase_add_test(up, killed_while_idle);
	tcase_add_test(up, lost_before_sync);
	tcase_add_test(up, reset_in_flight);
	tcase_add_test(up, silent_server);
	tcase_add_test(up, large_group);
	tcase_add_test(up, prepared_once);
	tcase_add_loop_test(up, free_in_callback, 0, 2);
	tcase_add_test(up, free_in_flight);
	suite_add_tcase(suite, up);

	tcase_add_unchecked_fixture(away, make_database, drop_database);
	tcase_add_checked_fixture(away, NULL, teardown);
	tcase_set_timeout(away, 60);
	tcase_add_test(away, nobody_there);
	tcase_add_test(away, not_a_url);
	tcase_add_test(away, pauses);
	suite_add_tcase(suite, away);
	return suite;
}

int main(void)
{
	if (!getenv("BOURSE_TEST_PG_URL")) {
		fprintf(stderr, "test_db_pg: BOURSE_TEST_PG_URL is not set: it names a PostgreSQL"
				" as postgres://superuser@host:port/database\n");
		return EXIT_FAILURE;
	}
	return suite_run(suite());
}
