/*
 * The connection against a real PostgreSQL: groups as transactions, errors, loss and return.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/err.h"
#include "db_fixture.h"

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
	ck_assert_int_ge(f.db->pause_ms, 8 * BUS__DB_PAUSE_MIN_MS); /* three attempts at least */
	ck_assert_int_le(f.db->pause_ms, 32 * BUS__DB_PAUSE_MIN_MS);
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

/* Whoever was connected is connected again soon, however often it happens. */
START_TEST(pause_starts_anew)
{
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(f.db->pause_ms, BUS__DB_PAUSE_MIN_MS);
		bus_db_reset(f.db);
		until(&f.downs, i + 1);
		ck_assert_int_eq(f.db->pause_ms, 2 * BUS__DB_PAUSE_MIN_MS);
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
	tcase_add_test(up, pause_starts_anew);
	suite_add_tcase(suite, up);

	tcase_add_unchecked_fixture(away, make_database, drop_database);
	tcase_add_checked_fixture(away, NULL, teardown);
	tcase_set_timeout(away, 60);
	tcase_add_test(away, nobody_there);
	tcase_add_test(away, not_a_url);
	suite_add_tcase(suite, away);
	return suite;
}

int main(void)
{
	return db_suite_run(suite());
}
