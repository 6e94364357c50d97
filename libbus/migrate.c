/*
 * The applied migrations of a component must be a prefix of the program's list, checksum by
 * checksum. A shorter prefix is completed, a longer one means that the program is the older of the
 * two, and anything else is a history that was rewritten, which no program may touch.
 */
#include "bus/migrate.h"

#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/log.h"

/* One lock for all components of a database, since they share the table ("bourse" in ASCII). */
#define LOCK_KEY      "108230851326821"
#define CHECKSUM_TEXT (2 * SHA256_DIGEST_LENGTH + 1)
#define VERSION_TEXT  12
#define FILE_TEXT     128

static const char create_table[] = "create table schema_migration ("
				   " component text not null,"
				   " version integer not null,"
				   " name text not null,"
				   " applied_at timestamptz not null default now(),"
				   " checksum text not null,"
				   " primary key (component, version))";

/* Looks into the first schema alone: a side schema must not take the migrations of another for its
 * own. */
static const char find_table[] =
	"select from pg_catalog.pg_class"
	" where relname = 'schema_migration' and relkind = 'r'"
	" and relnamespace = pg_catalog.current_schema()::pg_catalog.regnamespace";

static const char select_applied[] = "select version, name, checksum from schema_migration where "
				     "component = $1 order by version";

static const char insert_applied[] =
	"insert into schema_migration (component, version, name, checksum) values ($1, $2, $3, $4)";

static void checksum(const char *sql, char *text)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	bus_assert(SHA256((const uint8_t *)sql, strlen(sql), hash));
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(text + 2 * i, 3, "%02x", (unsigned)hash[i]);
}

/* The file as a person looks for it; a longer name is cut. Returns buf[FILE_TEXT]. */
static const char *file_name(const struct bus_migration *migration, char *buf)
{
	snprintf(buf, FILE_TEXT, "%04d_%s.sql", migration->version, migration->name);
	return buf;
}

/*
 * Whether the failure passes by itself: the connection broke, or a class of SQLSTATE that is about
 * the server and its other clients (transaction rolled back, resources, locks, shutdown, I/O).
 */
static bool passes(PGconn *conn, const char *sqlstate)
{
	static const char *const classes[] = { "08", "40", "53", "55", "57", "58" };

	if (PQstatus(conn) != CONNECTION_OK || !sqlstate)
		return true;
	for (size_t i = 0; i < BUS_ARRAY_LEN(classes); i++)
		if (strncmp(sqlstate, classes[i], 2) == 0)
			return true;
	return false;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int failure(PGconn *conn, const PGresult *result, const char *component, const char *step)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);

	bus_log(BUS_LOG_ERROR, "migration failed",
		"component=%s step=\"%s\" sqlstate=%s position=%s why=\"%s\"", component, step,
		or_empty(sqlstate), or_empty(position), message ? message : PQerrorMessage(conn));
	return passes(conn, sqlstate) ? BUS_ERR_DB_AWAY : BUS_ERR_INTERNAL;
}

/* Takes the result. */
static int finish(PGconn *conn, PGresult *result, const char *component, const char *step)
{
	ExecStatusType status = PQresultStatus(result);
	int err = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
		err = failure(conn, result, component, step);
	PQclear(result);
	return err;
}

static int run(PGconn *conn, const char *sql, const char *component, const char *step)
{
	return finish(conn, PQexec(conn, sql), component, step);
}

static int table_exists(PGconn *conn, const char *component, bool *out)
{
	PGresult *result = PQexec(conn, find_table);
	int found = PQntuples(result);
	int err = finish(conn, result, component, "find schema_migration");

	if (!err)
		*out = found > 0;
	return err;
}

static int rewritten(const char *component, const struct bus_migration *migration,
		     const char *applied_version, const char *why)
{
	char file[FILE_TEXT];

	bus_log(BUS_LOG_ERROR, "applied migrations differ from the program's",
		"component=%s file=%s applied_version=%s why=\"%s\"", component,
		file_name(migration, file), applied_version, why);
	return BUS_ERR_INTERNAL;
}

/* One applied row against the list's entry at the same place. */
static int compare_one(const char *component, const struct bus_migration *migration,
		       const PGresult *rows, int row)
{
	const char *version = PQgetvalue(rows, row, 0);
	long applied = strtol(version, NULL, 10); /* of an integer column */
	char text[CHECKSUM_TEXT];

	if (applied < migration->version)
		return rewritten(component, migration, version,
				 "an applied migration is missing in the program");
	if (applied > migration->version)
		return rewritten(component, migration, version,
				 "a migration was added before one that is applied");
	checksum(migration->sql, text);
	if (strcmp(text, PQgetvalue(rows, row, 2)) != 0)
		return rewritten(component, migration, version,
				 "the file was edited after it was applied");
	return 0;
}

static int compare(const char *component, const struct bus_migration *list, size_t count,
		   const PGresult *rows, size_t *applied)
{
	size_t found = (size_t)PQntuples(rows);

	for (size_t i = 0; i < found && i < count; i++) {
		int err = compare_one(component, &list[i], rows, (int)i);

		if (err)
			return err;
	}
	if (found > count) {
		bus_log(BUS_LOG_ERROR, "the schema is newer than this program",
			"component=%s applied=%zu known=%zu next=\"%s\"", component, found, count,
			PQgetvalue(rows, (int)count, 1));
		return BUS_ERR_SCHEMA_NEWER;
	}
	*applied = found;
	return 0;
}

/* *applied = how many of the list are applied; 0 also when the table does not exist. */
static int read_applied(PGconn *conn, const char *component, const struct bus_migration *list,
			size_t count, size_t *applied)
{
	const char *params[] = { component };
	bool exists = false;
	PGresult *rows;
	int err;

	err = table_exists(conn, component, &exists);
	if (err)
		return err;
	if (!exists) {
		*applied = 0;
		return 0;
	}
	rows = PQexecParams(conn, select_applied, 1, NULL, params, NULL, NULL, 0);
	if (PQresultStatus(rows) == PGRES_TUPLES_OK)
		err = compare(component, list, count, rows, applied);
	else
		err = failure(conn, rows, component, "read schema_migration");
	PQclear(rows);
	return err;
}

/* `file` is what the log calls it. */
static int record(PGconn *conn, const char *component, const struct bus_migration *migration,
		  const char *file)
{
	char version[VERSION_TEXT], text[CHECKSUM_TEXT];
	const char *params[] = { component, version, migration->name, text };

	snprintf(version, sizeof(version), "%d", migration->version);
	checksum(migration->sql, text);
	return finish(conn, PQexecParams(conn, insert_applied, 4, NULL, params, NULL, NULL, 0),
		      component, file);
}

static int apply_inside(PGconn *conn, const char *component, const struct bus_migration *migration,
			const char *file)
{
	int err;

	err = run(conn, migration->sql, component, file);
	if (err)
		return err;
	if (PQtransactionStatus(conn) != PQTRANS_INTRANS) {
		bus_log(BUS_LOG_ERROR, "migration ended its transaction", "component=%s file=%s",
			component, file);
		return BUS_ERR_INTERNAL;
	}
	err = record(conn, component, migration, file);
	if (err)
		return err;
	return run(conn, "commit", component, file);
}

static int apply(PGconn *conn, const char *component, const struct bus_migration *migration)
{
	char file[FILE_TEXT];
	int err;

	file_name(migration, file);
	err = run(conn, "begin", component, file);
	if (err)
		return err;
	err = apply_inside(conn, component, migration, file);
	if (err) {
		if (PQtransactionStatus(conn) != PQTRANS_IDLE)
			PQclear(PQexec(conn, "rollback"));
		return err;
	}
	bus_log(BUS_LOG_INFO, "migration applied", "component=%s file=%s", component, file);
	return 0;
}

static int apply_missing(PGconn *conn, const char *component, const struct bus_migration *list,
			 size_t count)
{
	size_t applied = 0;
	bool exists = false;
	int err;

	err = table_exists(conn, component, &exists);
	if (!err && !exists)
		err = run(conn, create_table, component, "create schema_migration");
	if (!err)
		err = read_applied(conn, component, list, count, &applied);
	for (size_t i = applied; !err && i < count; i++)
		err = apply(conn, component, &list[i]);
	return err;
}

static void assert_ascending(const struct bus_migration *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bus_assert(list[i].version > (i ? list[i - 1].version : 0));
}

int bus_migrate(PGconn *conn, const char *component, const struct bus_migration *list, size_t count)
{
	int err, unlock_err;

	assert_ascending(list, count);
	bus_assert(PQtransactionStatus(conn) != PQTRANS_INTRANS);
	err = run(conn, "select pg_catalog.pg_advisory_lock(" LOCK_KEY ")", component, "lock");
	if (err)
		return err;
	err = apply_missing(conn, component, list, count);
	/* A session that is gone has let go of its lock already. */
	if (PQstatus(conn) == CONNECTION_OK) {
		unlock_err = run(conn, "select pg_catalog.pg_advisory_unlock(" LOCK_KEY ")",
				 component, "unlock");
		err = err ? err : unlock_err;
	}
	return err;
}

int bus_migrate_check(PGconn *conn, const char *component, const struct bus_migration *list,
		      size_t count)
{
	size_t applied = 0;
	int err;

	assert_ascending(list, count);
	err = read_applied(conn, component, list, count, &applied);
	if (err)
		return err;
	return applied < count ? BUS_ERR_SCHEMA_OLDER : 0;
}
