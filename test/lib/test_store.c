/* See test_store.h. The loop turns until the group is reported, or thirty seconds have passed. */
#include "test_store.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/time.h"

#define DEADLINE (30 * BUS_SECOND)

static const char *server(void)
{
	const char *url = getenv("BOURSE_TEST_PG_URL");

	ck_assert_msg(url != NULL && url[0] != '\0',
		      "BOURSE_TEST_PG_URL is not set: it names a PostgreSQL, as a superuser");
	return url;
}

/* The server's URL as keyword='value' pairs, with another database. */
static void make_url(const char *database, char *out, size_t size)
{
	PQconninfoOption *parts = PQconninfoParse(server(), NULL);
	size_t len = 0;

	ck_assert_msg(parts != NULL, "BOURSE_TEST_PG_URL is not a connection string");
	for (PQconninfoOption *part = parts; part->keyword; part++) {
		const char *value = strcmp(part->keyword, "dbname") == 0 ? database : part->val;

		if (value == NULL)
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

static PGconn *connect_to(const char *url)
{
	PGconn *conn = PQconnectdb(url);

	ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
	return conn;
}

/* Returns owned. */
static PGresult *run(PGconn *conn, const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);

	ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
		      PQerrorMessage(conn));
	return result;
}

static void run_on(const char *url, const char *sql)
{
	PGconn *conn = connect_to(url);

	PQclear(run(conn, sql));
	PQfinish(conn);
}

static void make_database(struct test_store *store)
{
	char id[BUS_ID_TEXT], sql[128];

	bus_id_format(bus_id_random(), id);
	for (char *c = id; *c; c++)
		*c = *c == '-' ? '_' : *c;
	snprintf(store->database, sizeof(store->database), "bourse_test_%s", id);
	snprintf(sql, sizeof(sql), "create database %s", store->database);
	run_on(server(), sql);
	make_url(store->database, store->url, sizeof(store->url));
}

static void migrate(struct test_store *store, const struct bus_migration *list, size_t count)
{
	PGconn *conn = connect_to(store->url);

	ck_assert_int_eq(bus_migrate(conn, "test", list, count), 0);
	PQfinish(conn);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Turns the loop until *done. */
static void turn_until(struct test_store *store, const bool *done)
{
	struct timeval interval = { .tv_usec = 50000 };
	struct event *tick = event_new(store->base, -1, EV_PERSIST, on_tick, NULL);
	int64_t end = bus_time_monotonic() + DEADLINE;

	event_add(tick, &interval);
	while (!*done && bus_time_monotonic() < end)
		event_base_loop(store->base, EVLOOP_ONCE);
	event_free(tick);
	ck_assert_msg(*done, "no answer from PostgreSQL: %s", bus_db_why(store->db));
}

static bool connected;

static void on_state(void *arg, bool up)
{
	(void)arg;
	connected = up;
}

void test_store_init(struct test_store *store, const struct bus_migration *list, size_t count)
{
	memset(store, 0, sizeof(*store));
	make_database(store);
	migrate(store, list, count);
	store->base = event_base_new();
	connected = false;
	store->db = bus_db_new(store->base, store->url, "test-store", on_state, store);
	turn_until(store, &connected);
}

void test_store_release(struct test_store *store)
{
	char sql[128];

	bus_db_free(store->db);
	event_base_free(store->base);
	snprintf(sql, sizeof(sql), "drop database %s with (force)", store->database);
	run_on(server(), sql);
}

struct outcome {
	bool done;
	int err;
	char text[512];
};

static void on_sync(void *arg, const struct bus_db_error *error)
{
	struct outcome *outcome = arg;

	outcome->done = true;
	if (error == NULL)
		return;
	outcome->err = error->err;
	snprintf(outcome->text, sizeof(outcome->text), "%s: %s", error->statement, error->message);
}

static void sync_group(struct test_store *store, struct outcome *outcome)
{
	*outcome = (struct outcome){ .done = false };
	bus_db_sync(store->db, on_sync, outcome);
	turn_until(store, &outcome->done);
}

int test_store_save(struct test_store *store, const struct bus_processor *processor, void *state)
{
	struct outcome outcome;

	processor->save(state, store->db);
	sync_group(store, &outcome);
	if (outcome.err != 0)
		fprintf(stderr, "save: %s\n", outcome.text);
	return outcome.err;
}

void test_store_load(struct test_store *store, const struct bus_processor *processor, void *state,
		     const struct bus_load *load)
{
	struct outcome outcome;

	processor->load(state, load, store->db);
	sync_group(store, &outcome);
	ck_assert_msg(outcome.err == 0, "load: %s", outcome.text);
}

void test_store_exec(struct test_store *store, const char *sql)
{
	run_on(store->url, sql);
}

int64_t test_store_number(struct test_store *store, const char *sql)
{
	PGconn *conn = connect_to(store->url);
	PGresult *result = run(conn, sql);
	int64_t number;

	ck_assert_int_ge(PQntuples(result), 1);
	number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	PQfinish(conn);
	return number;
}
