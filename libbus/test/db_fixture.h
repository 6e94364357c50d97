/*
 * What the tests of the database connection share: a database with a random name of their own, a
 * connection on a loop, and what has been heard from it. The PostgreSQL is named by
 * BOURSE_TEST_PG_URL, a superuser's connection string; without it the program fails.
 */
#ifndef BUS_TEST_DB_FIXTURE_H
#define BUS_TEST_DB_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "bus/db.h"
#include "bus/id.h"
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
static inline void make_url(char *out, size_t size, const char *dbname, const char *host,
			    const char *port)
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
static inline void admin(const char *connection, const char *text, const char *arg)
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

static inline void make_database(void)
{
	char id[BUS_ID_TEXT];

	bus_id_format(bus_id_random(), id);
	for (char *c = id; *c; c++)
		if (*c == '-')
			*c = '_';
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

static inline void drop_database(void)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "drop database %s with (force)", database);
	admin(getenv("BOURSE_TEST_PG_URL"), sql, "");
}

static inline void on_state(void *arg, bool up)
{
	struct fixture *fix = arg;

	ck_assert(bus_db_up(fix->db) == up);
	if (up)
		fix->ups++;
	else
		fix->downs++;
}

static inline void on_sync(void *arg, const struct bus_db_error *error)
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

static inline void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Turns the loop for that long, or until the counter has reached the value. True when it has. */
static inline bool turn(int64_t ms, const int *counter, int value)
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

static inline void until(const int *counter, int value)
{
	ck_assert_msg(turn(DEADLINE_MS, counter, value), "heard %d of %d", *counter, value);
}

static inline void connect_to(const char *connection)
{
	memset(&f, 0, sizeof(f));
	f.base = event_base_new();
	f.db = bus_db_new(f.base, connection, "test-db", on_state, &f);
	ck_assert(!bus_db_up(f.db));
	ck_assert_str_ne(bus_db_why(f.db), "");
}

static inline void setup(void)
{
	connect_to(url);
	until(&f.ups, 1);
	ck_assert_str_eq(bus_db_why(f.db), "");
}

static inline void teardown(void)
{
	bus_db_free(f.db);
	event_base_free(f.base);
	libevent_global_shutdown();
}

/* Ends the group and returns its error. */
static inline int sync_group(void)
{
	int syncs = f.syncs;

	bus_db_sync(f.db, on_sync, &f);
	ck_assert(bus_db_busy(f.db));
	ck_assert_int_eq(f.syncs, syncs); /* never from inside */
	until(&f.syncs, syncs + 1);
	return f.err;
}

/* main() of both programs. */
static inline int db_suite_run(Suite *suite)
{
	if (!getenv("BOURSE_TEST_PG_URL")) {
		fprintf(stderr, "BOURSE_TEST_PG_URL is not set: it names a PostgreSQL as"
				" postgres://superuser@host:port/database\n");
		return EXIT_FAILURE;
	}
	return suite_run(suite);
}

#endif
