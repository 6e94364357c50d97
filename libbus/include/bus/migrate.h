/*
 * Append-only migrations of one component's tables. What was applied is written down with the
 * SHA-256 of its text in schema_migration, in the first schema of the search path: an applied file
 * is never edited, a change is a new file. Both functions block: call them before the event loop
 * turns.
 */
#ifndef BUS_MIGRATE_H
#define BUS_MIGRATE_H

#include <libpq-fe.h>

#include "bus/base.h"
#include "bus/err.h"

struct bus_migration {
	int version;	  /* > 0 and ascending along a list */
	const char *name; /* "ledger", of the file 0001_ledger.sql */
	const char *sql;  /* its text: any number of statements, none that ends the transaction */
};

/*
 * Applies what is missing, each migration in its own transaction, as the owner of the tables.
 * Rivals wait on an advisory lock and then find nothing to do. Returns 0, BUS_ERR_SCHEMA_NEWER when
 * more is applied than the list knows, BUS_ERR_DB_AWAY when trying again may help, or
 * BUS_ERR_INTERNAL when an applied file was edited, the list has a hole, or PostgreSQL refuses a
 * statement; the log names the file. What was applied before a failure stays.
 */
int bus_migrate(PGconn *conn, const char *component, const struct bus_migration *list,
		size_t count) BUS_MUST_CHECK;

/*
 * Compares alone, with nothing but SELECT on schema_migration. Returns 0, BUS_ERR_SCHEMA_OLDER
 * while something of the list is missing, and else as bus_migrate().
 */
int bus_migrate_check(PGconn *conn, const char *component, const struct bus_migration *list,
		      size_t count) BUS_MUST_CHECK;

#endif
