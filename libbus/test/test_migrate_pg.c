/*
 * Migrations on a real PostgreSQL: BOURSE_TEST_PG_URL names it, as a superuser. The program makes
 * itself a database of its own and drops it; every test has a schema of its own in it.
 */
#include "bus/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/id.h"
#include "bus/log.h"
#include "suite.h"

static const char *url;
static char database[64];
static PGconn *conn;

static PGconn *open_database(const char *name)
{
	const char *keys[] = { "dbname", name ? "dbname" : NULL, NULL };
	const char *values[] = { url, name, NULL };
	PGconn *opened = PQconnectdbParams(keys, values, 1);

	ck_assert_msg(PQstatus(opened) == CONNECTION_OK, "%s", PQerrorMessage(opened));
	return opened;
}

static void sql(PGconn *on, const char *text)
{
	PGresult *result = PQexec(on, text);
	ExecStatusType status = PQresultStatus(result);

	ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", text,
		      PQerrorMessage(on));
	PQclear(result);
}

/* The first column of the first row; valid until the next call. */
static const char *value(const char *text)
{
	static char copy[4096];
	PGresult *result = PQexec(conn, text);

	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", text,
		      PQerrorMessage(conn));
	ck_assert_int_eq(PQntuples(result), 1);
	snprintf(copy, sizeof(copy), "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return copy;
}

static void make_database(void)
{
	char text[128], id[BUS_ID_TEXT];
	PGconn *super;

	url = getenv("BOURSE_TEST_PG_URL");
	ck_assert_msg(url && *url,
		      "BOURSE_TEST_PG_URL is not set: it must name a PostgreSQL, as a superuser");
	super = open_database(NULL);
	bus_id_format(bus_id_random(), id);
	snprintf(database, sizeof(database), "test_migrate_%.8s", id);
	snprintf(text, sizeof(text), "create database %s", database);
	sql(super, text);
	PQfinish(super);
}

static void drop_database(void)
{
	char text[128];
	PGconn *super;

	if (!*database)
		return;
	super = open_database(NULL);
	snprintf(text, sizeof(text), "drop database %s with (force)", database);
	sql(super, text);
	PQfinish(super);
}

static void set_up(void)
{
	char text[64];

	conn = open_database(database);
	snprintf(text, sizeof(text), "create schema t%d", (int)getpid());
	sql(conn, text);
	snprintf(text, sizeof(text), "set search_path to t%d", (int)getpid());
	sql(conn, text);
}

static void tear_down(void)
{
	PQfinish(conn);
}

static const struct bus_migration list[] = {
	{ 1, "ledger", "create table ledger (id int); create table lot (id int);" },
	{ 2, "row", "insert into ledger values (1)" },
	{ 5, "empty", "-- nothing to do\n" },
};

START_TEST(applies_once)
{
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 3), BUS_ERR_SCHEMA_OLDER);
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 3), 0);
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	ck_assert_str_eq(value("select count(*) from ledger"), "1");
	ck_assert_str_eq(value("select string_agg(component || version || name, ','"
			       " order by version) from schema_migration"),
			 "svc1ledger,svc2row,svc5empty");
	ck_assert_str_eq(
		value("select bool_and(checksum ~ '^[0-9a-f]{64}$' and applied_at <= now())"
		      " from schema_migration"),
		"t");
	ck_assert_str_eq(value("select checksum = encode(sha256('insert into ledger values (1)'),"
			       " 'hex') from schema_migration where version = 2"),
			 "t");
	ck_assert_str_eq(value("select count(*) from pg_locks where locktype = 'advisory'"
			       " and pid = pg_backend_pid()"),
			 "0");
}
END_TEST

START_TEST(completes_a_prefix)
{
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 1), 0);
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 3), BUS_ERR_SCHEMA_OLDER);
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	ck_assert_str_eq(value("select count(*) from schema_migration"), "3");
}
END_TEST

START_TEST(refuses_a_newer_schema)
{
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 2), BUS_ERR_SCHEMA_NEWER);
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 2), BUS_ERR_SCHEMA_NEWER);
	ck_assert_int_eq(bus_migrate_check(conn, "svc", NULL, 0), BUS_ERR_SCHEMA_NEWER);
	ck_assert_str_eq(value("select count(*) from schema_migration"), "3");
}
END_TEST

START_TEST(components_are_apart)
{
	static const struct bus_migration bus[] = { { 1, "bus", "create table lease (id int)" } };

	ck_assert_int_eq(bus_migrate(conn, "bus", bus, 1), 0);
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 3), BUS_ERR_SCHEMA_OLDER);
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	ck_assert_int_eq(bus_migrate_check(conn, "bus", bus, 1), 0);
}
END_TEST

/* What a changed program brings against versions 1, 2 and 5 above; nothing of it may be applied. */
static const struct {
	const char *what;
	const char *file; /* that the log must name */
	struct bus_migration list[4];
	size_t count;
} rewritten[] = {
	{ "edited",
	  "0002_row.sql",
	  { { 1, "ledger", "create table ledger (id int); create table lot (id int);" },
	    { 2, "row", "insert into ledger values (2)" },
	    { 5, "empty", "-- nothing to do\n" },
	    { 6, "more", "create table more (id int)" } },
	  4 },
	{ "edited, nothing to add",
	  "0005_empty.sql",
	  { { 1, "ledger", "create table ledger (id int); create table lot (id int);" },
	    { 2, "row", "insert into ledger values (1)" },
	    { 5, "empty", "-- nothing to do" } },
	  3 },
	{ "one put in between",
	  "0003_between.sql",
	  { { 1, "ledger", "create table ledger (id int); create table lot (id int);" },
	    { 2, "row", "insert into ledger values (1)" },
	    { 3, "between", "create table more (id int)" },
	    { 5, "empty", "-- nothing to do\n" } },
	  4 },
	{ "one taken out",
	  "0005_empty.sql",
	  { { 1, "ledger", "create table ledger (id int); create table lot (id int);" },
	    { 5, "empty", "-- nothing to do\n" },
	    { 6, "more", "create table more (id int)" } },
	  3 },
};

static const char *log_of(int (*call)(PGconn *, const char *, const struct bus_migration *, size_t),
			  int row, int *err)
{
	static char text[8192];
	FILE *file = tmpfile();
	size_t len;

	ck_assert_ptr_nonnull(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	*err = call(conn, "svc", rewritten[row].list, rewritten[row].count);
	rewind(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	return text;
}

START_TEST(history_is_not_rewritten)
{
	const char *said;
	int err;

	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	said = log_of(bus_migrate, _i, &err);
	ck_assert_msg(err == BUS_ERR_INTERNAL, "%s", rewritten[_i].what);
	ck_assert_msg(strstr(said, rewritten[_i].file) != NULL, "%s: %s", rewritten[_i].what, said);
	said = log_of(bus_migrate_check, _i, &err);
	ck_assert_msg(err == BUS_ERR_INTERNAL, "%s", rewritten[_i].what);
	ck_assert_msg(strstr(said, rewritten[_i].file) != NULL, "%s: %s", rewritten[_i].what, said);
	ck_assert_str_eq(value("select count(*) from schema_migration"), "3");
	ck_assert_str_eq(value("select to_regclass('more') is null"), "t");
}
END_TEST

START_TEST(a_failure_leaves_what_was_before)
{
	static const struct bus_migration broken[] = {
		{ 1, "good", "create table good (id int)" },
		{ 2, "broken", "create table half (id int); select 1 / 0" },
		{ 3, "later", "create table later (id int)" },
	};

	ck_assert_int_eq(bus_migrate(conn, "svc", broken, 3), BUS_ERR_INTERNAL);
	ck_assert_int_eq(PQtransactionStatus(conn), PQTRANS_IDLE);
	ck_assert_str_eq(value("select to_regclass('good') is not null"
			       " and to_regclass('half') is null and to_regclass('later') is null"),
			 "t");
	ck_assert_str_eq(value("select max(version) from schema_migration"), "1");
	ck_assert_str_eq(value("select count(*) from pg_locks where locktype = 'advisory'"
			       " and pid = pg_backend_pid()"),
			 "0");
}
END_TEST

START_TEST(a_migration_keeps_its_transaction)
{
	static const struct bus_migration ends[] = { { 1, "ends", "select 1; commit" } };

	ck_assert_int_eq(bus_migrate(conn, "svc", ends, 1), BUS_ERR_INTERNAL);
	ck_assert_str_eq(value("select count(*) from schema_migration"), "0");
}
END_TEST

START_TEST(locked_is_retried)
{
	static const struct bus_migration alter[] = {
		{ 1, "table", "create table busy (id int)" },
		{ 2, "alter", "alter table busy add x int" },
	};
	PGconn *other = open_database(database);
	char text[64];

	ck_assert_int_eq(bus_migrate(conn, "svc", alter, 1), 0);
	snprintf(text, sizeof(text), "begin; lock table t%d.busy", (int)getpid());
	sql(other, text);
	sql(conn, "set lock_timeout = '50ms'");
	ck_assert_int_eq(bus_migrate(conn, "svc", alter, 2), BUS_ERR_DB_AWAY);
	sql(other, "rollback");
	ck_assert_int_eq(bus_migrate(conn, "svc", alter, 2), 0);
	PQfinish(other);
}
END_TEST

START_TEST(away_is_retried)
{
	PGconn *other = open_database(database);
	char text[64];

	snprintf(text, sizeof(text), "select pg_terminate_backend(%d)", PQbackendPID(conn));
	sql(other, text);
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), BUS_ERR_DB_AWAY);
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 3), BUS_ERR_DB_AWAY);
	PQfinish(other);
}
END_TEST

/* Another schema of the search path has the table, and another component's rows: neither counts. */
START_TEST(only_the_first_schema_counts)
{
	char text[128];

	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	snprintf(text, sizeof(text), "create schema t%d_b; set search_path to t%d_b, t%d",
		 (int)getpid(), (int)getpid(), (int)getpid());
	sql(conn, text);
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 3), BUS_ERR_SCHEMA_OLDER);
	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	ck_assert_str_eq(value("select count(*) from schema_migration"), "3");
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 3), 0);
}
END_TEST

START_TEST(check_needs_select_alone)
{
	char text[256];

	ck_assert_int_eq(bus_migrate(conn, "svc", list, 3), 0);
	snprintf(text, sizeof(text),
		 "create role r%d; grant usage on schema t%d to r%d;"
		 "grant select on schema_migration to r%d; set role r%d",
		 (int)getpid(), (int)getpid(), (int)getpid(), (int)getpid(), (int)getpid());
	sql(conn, text);
	ck_assert_int_eq(bus_migrate_check(conn, "svc", list, 3), 0);
	snprintf(text, sizeof(text), "reset role; drop owned by r%d; drop role r%d", (int)getpid(),
		 (int)getpid());
	sql(conn, text);
}
END_TEST

/* Several programs start at once: all succeed, and every migration ran once. */
START_TEST(rivals_wait)
{
	pid_t rivals[4], parent = getpid();

	for (size_t i = 0; i < BUS_ARRAY_LEN(rivals); i++) {
		rivals[i] = fork();
		ck_assert_int_ge(rivals[i], 0);
		if (rivals[i] == 0) {
			PGconn *own = open_database(database);
			char text[64];

			snprintf(text, sizeof(text), "set search_path to t%d", (int)parent);
			sql(own, text);
			_exit(bus_migrate(own, "svc", list, 3) ? 1 : 0);
		}
	}
	for (size_t i = 0; i < BUS_ARRAY_LEN(rivals); i++) {
		int status = -1;

		ck_assert_int_eq(waitpid(rivals[i], &status, 0), rivals[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	ck_assert_str_eq(value("select count(*) from ledger"), "1");
	ck_assert_str_eq(value("select count(*) from schema_migration"), "3");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migrate");
	TCase *tcase = tcase_create("migrate");

	tcase_add_unchecked_fixture(tcase, make_database, drop_database);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, applies_once);
	tcase_add_test(tcase, completes_a_prefix);
	tcase_add_test(tcase, refuses_a_newer_schema);
	tcase_add_test(tcase, components_are_apart);
	tcase_add_loop_test(tcase, history_is_not_rewritten, 0, BUS_ARRAY_LEN(rewritten));
	tcase_add_test(tcase, a_failure_leaves_what_was_before);
	tcase_add_test(tcase, a_migration_keeps_its_transaction);
	tcase_add_test(tcase, locked_is_retried);
	tcase_add_test(tcase, away_is_retried);
	tcase_add_test(tcase, only_the_first_schema_counts);
	tcase_add_test(tcase, check_needs_select_alone);
	tcase_add_test(tcase, rivals_wait);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
