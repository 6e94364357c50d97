/*
 * A processor's load and save on a real PostgreSQL: a database of its own, with its migrations, on
 * the server that BOURSE_TEST_PG_URL names (as a superuser). Everything that fails is an assertion
 * of Check. With bus/fold.h: fold inputs, save the fold's state, load it into the state of another.
 */
#ifndef TEST_LIB_TEST_STORE_H
#define TEST_LIB_TEST_STORE_H

#include "bus/db.h"
#include "bus/migrate.h"
#include "bus/processor.h"

struct test_store {
	struct event_base *base;
	struct bus_db *db;
	char database[64];
	char url[1024]; /* of that database */
};

/* Makes the database, migrates, connects. */
void test_store_init(struct test_store *store, const struct bus_migration *list, size_t count);
/* Drops the database. */
void test_store_release(struct test_store *store);

/* One group: calls save() and waits. Returns 0, or the bus_err with which the group failed. */
int test_store_save(struct test_store *store, const struct bus_processor *processor, void *state);
/* One group: load() into `state`. `load` may name keys, inputs, or both. */
void test_store_load(struct test_store *store, const struct bus_processor *processor, void *state,
		     const struct bus_load *load);

/* Statements on a connection apart, blocking. */
void test_store_exec(struct test_store *store, const char *sql);
/* The first row's first column as an integer; 0 where it is null. */
int64_t test_store_number(struct test_store *store, const char *sql);

#endif
