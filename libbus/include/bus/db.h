/*
 * One PostgreSQL connection on the event loop: non-blocking libpq in pipeline mode.
 *
 * Calls are queued and sent without waiting; bus_db_sync() ends a group, and everything queued
 * since the last sync is one transaction (a pipeline without BEGIN is an implicit transaction
 * block): all of it is committed, or none. One group is in flight at a time. A lost connection
 * fails the group with BUS_ERR_DB_AWAY and reconnects by itself, with a growing pause.
 *
 * Statements are prepared on first use on each connection. Parameters and results are binary.
 */
#ifndef BUS_DB_H
#define BUS_DB_H

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdbool.h>

#include "bus/base.h"
#include "bus/id.h"

struct bus_db;
struct bus_call;
struct bus_column;

/* A statement: text with $1.. whose types PostgreSQL infers from casts ($1::uuid[]). Static memory.
 */
struct bus_sql {
	const char *name; /* unique in a program: the prepared statement's name, and the one in
			     messages */
	const char *text;
};

enum bus_pg_type {
	BUS_PG_BOOL,
	BUS_PG_INT4,
	BUS_PG_INT8,
	BUS_PG_TEXT,
	BUS_PG_BYTES,
	BUS_PG_UUID,
};

/* Why a group failed; borrowed, valid during the callback. */
struct bus_db_error {
	/* Classes 22, 23, 54: BUS_ERR_DATA_REFUSED; our own 'BF001': FENCED; all else: DB_AWAY. */
	int err;
	char sqlstate[6];      /* "" when the connection is gone */
	const char *statement; /* the statement that failed; "" for the commit, or no connection */
	const char *message;   /* primary message, no row values */
};

/*
 * The rows of one call, on success only, as they arrive: the group may still fail, so what is made
 * of them counts only once its sync has been reported without an error.
 */
typedef void (*bus_rows_fn)(void *arg, const PGresult *rows);
/* The end of a group: error is NULL when it is committed. */
typedef void (*bus_sync_fn)(void *arg, const struct bus_db_error *error);
/* The connection came up (true) or went away (false; after the sync that failed with it). */
typedef void (*bus_db_state_fn)(void *arg, bool up);

/*
 * Connects in the background and keeps at it. `url` is a libpq connection string (borrowed,
 * as is `name`, which becomes the application_name); no callback comes before the loop turns;
 * statement_timeout, lock_timeout and idle_in_transaction_session_timeout are set on every
 * connection. Returns owned.
 */
struct bus_db *bus_db_new(struct event_base *base, const char *url, const char *name,
			  bus_db_state_fn on_state, void *arg);
/* Nothing is reported any more. Allowed in every callback. */
void bus_db_free(struct bus_db *db);
bool bus_db_up(const struct bus_db *db);
/* A group has been ended and not reported: nothing may be called until then. */
bool bus_db_busy(const struct bus_db *db);
/* Calls have been queued since the last sync: they wait for bus_db_sync(). */
bool bus_db_queued(const struct bus_db *db);
/* Why the database is away, for /readyz and logs; "" when it is up. No secrets. */
const char *bus_db_why(const struct bus_db *db);
/*
 * Drops the connection and connects anew, from the loop: whatever is in flight fails with DB_AWAY.
 */
void bus_db_reset(struct bus_db *db);

/*
 * Begins a call of `sql`; parameters are then given in order, and bus_call_send() queues it. The
 * call and its columns belong to the connection and are reused: do not keep them.
 */
struct bus_call *bus_call(struct bus_db *db, const struct bus_sql *sql);
void bus_call_bool(struct bus_call *call, bool value);
void bus_call_int4(struct bus_call *call, int32_t value);
void bus_call_int8(struct bus_call *call, int64_t value);
void bus_call_text(struct bus_call *call, const char *value); /* NULL = SQL null; copied */
void bus_call_bytes(struct bus_call *call,
		    struct bus_bytes value); /* data NULL = SQL null; copied */
void bus_call_id(struct bus_call *call, struct bus_id value);
/* The next parameter is an array (bigint[], text[], ...): append its elements to the column. */
struct bus_column *bus_call_column(struct bus_call *call, enum bus_pg_type type);
void bus_column_bool(struct bus_column *column, bool value);
void bus_column_int4(struct bus_column *column, int32_t value);
void bus_column_int8(struct bus_column *column, int64_t value);
void bus_column_text(struct bus_column *column, const char *value); /* NULL = SQL null */
void bus_column_bytes(struct bus_column *column, struct bus_bytes value);
void bus_column_id(struct bus_column *column, struct bus_id value);
void bus_column_null(struct bus_column *column);
/* Queues it. on_rows may be NULL; it is called before the group's sync is reported. */
void bus_call_send(struct bus_call *call, bus_rows_fn on_rows, void *arg);
/*
 * Ends the group, flushes, and reports its outcome once, always from the loop. Calls may be queued
 * while the connection is away: they go nowhere, and the sync says DB_AWAY at once, so pause before
 * trying again (on_state tells when).
 */
void bus_db_sync(struct bus_db *db, bus_sync_fn on_sync, void *arg);

/*
 * Reading binary rows. The column's type must be the one named (bus_assert); a null is 0, "", false
 * or empty: ask bus_row_null() where it matters. Text ends in NUL. Borrowed from the result.
 */
bool bus_row_null(const PGresult *rows, int row, int column);
bool bus_row_bool(const PGresult *rows, int row, int column);
int32_t bus_row_int4(const PGresult *rows, int row, int column);
int64_t bus_row_int8(const PGresult *rows, int row, int column);
const char *bus_row_text(const PGresult *rows, int row, int column);
struct bus_bytes bus_row_bytes(const PGresult *rows, int row, int column);
struct bus_id bus_row_id(const PGresult *rows, int row, int column);

/*
 * A one-dimensional array in a result cell: its length, and its i-th element as raw binary bytes
 * (big-endian for integers). Null elements have data NULL.
 */
int bus_row_array_len(const PGresult *rows, int row, int column);
struct bus_bytes bus_row_array_at(const PGresult *rows, int row, int column, int i);
int64_t bus_row_array_int8(const PGresult *rows, int row, int column, int i);
int32_t bus_row_array_int4(const PGresult *rows, int row, int column, int i);

#endif
