/*
 * What db.c (the connection), db_group.c (what goes through it) and db_call.c (encoding and rows)
 * share. db.c owns struct bus_db and its link, db_group.c the group in it, db_call.c the call that
 * is being built. Nothing here is for users of the library.
 */
#ifndef BUS_DB_INTERNAL_H
#define BUS_DB_INTERNAL_H

#include <assert.h>

#include "bus/db.h"

enum {
	BUS__DB_PARAMS_MAX = 64,      /* parameters of one statement: ours have up to 30 */
	BUS__DB_WHY_MAX = 384,	      /* bytes of an error message that are kept */
	BUS__DB_PAUSE_MIN_MS = 100,   /* before the first reconnect; doubled every time */
	BUS__DB_PAUSE_MAX_MS = 5000,  /* a database that is back is found within this */
	BUS__DB_ATTEMPT_MS = 5000,    /* for one attempt to connect, all of its hosts together */
	BUS__DB_STATEMENT_MS = 30000, /* statement_timeout */
	BUS__DB_LOCK_MS = 5000,	      /* lock_timeout */
	BUS__DB_IDLE_MS = 60000,      /* idle_in_transaction_session_timeout */
	BUS__DB_SILENCE_MS = 60000,   /* without a byte, with a group in flight: a frozen server */
};

static_assert(BUS__DB_LOCK_MS < BUS__DB_STATEMENT_MS,
	      "a wait for a lock is told from a slow query");
static_assert(BUS__DB_STATEMENT_MS < BUS__DB_SILENCE_MS, "a slow query is ended by the server");

struct bus__buf {
	uint8_t *data;
	size_t len;
	size_t size;
};

/* An array under construction: its header has been left free, elements follow in wire format. */
struct bus_column {
	enum bus_pg_type type;
	struct bus__buf buf;
	int32_t count;
	bool has_null;
};

struct bus__param {
	struct bus_column *column; /* NULL: a scalar, in the call's own buffer */
	size_t offset;
	size_t len;
	bool null;
};

/* The call under construction; its buffers stay for the next one. */
struct bus_call {
	struct bus_db *db;
	const struct bus_sql *sql; /* NULL: none is being built */
	struct bus__buf scalars;
	struct bus__param params[BUS__DB_PARAMS_MAX];
	int param_count;
	struct bus_column *columns[BUS__DB_PARAMS_MAX]; /* owned, those not in use too */
	int column_count;
};

void bus__call_init(struct bus_call *call, struct bus_db *db);
void bus__call_release(struct bus_call *call);

enum bus__link {
	BUS__LINK_PAUSED,     /* no connection; the timer ends the pause */
	BUS__LINK_CONNECTING, /* `io` waits for one step of PQconnectPoll(); the timer bounds it */
	BUS__LINK_UP,	      /* in pipeline mode; the timer bounds the silence of the server */
};

enum bus__group_state {
	BUS__GROUP_EMPTY,
	BUS__GROUP_OPEN,      /* calls, but no sync yet */
	BUS__GROUP_IN_FLIGHT, /* synced, not reported */
};

struct bus__statement {
	const struct bus_sql *sql;
	bool prepared; /* on this connection, or queued to be */
};

/* One command in the pipeline, in the order of its answer. */
struct bus__item {
	size_t statement; /* index: the array may move */
	bool prepare;	  /* a Parse rather than a call */
	bool answered;
	bus_rows_fn on_rows;
	void *arg;
};

/* The first error of a group: the others only follow from it. */
struct bus__failure {
	bool set;
	char sqlstate[6];
	const char *statement;
	char message[BUS__DB_WHY_MAX];
};

struct bus__group {
	enum bus__group_state state;
	bool doomed; /* (part of) it was never sent, or its connection is gone: nothing is awaited
		      */
	struct bus__item *items;
	size_t item_count;
	size_t item_size;
	size_t head; /* the item whose answer comes next */
	bus_sync_fn on_sync;
	void *arg;
	struct bus__failure failure;
};

struct bus_db {
	struct event_base *base; /* borrowed, like url and name */
	const char *url;
	const char *name;
	char *options;
	bus_db_state_fn on_state;
	void *arg;

	enum bus__link link;
	PGconn *conn;		/* NULL exactly when the link is PAUSED */
	struct event *io;	/* CONNECTING: one step, either way; UP: readable */
	struct event *writable; /* UP: pending exactly while libpq has something to flush */
	struct event *timer;
	struct event *kick; /* "look at this from the loop", never from inside the caller */
	int pause_ms;
	int attempt_ms;
	int silence_ms;
	bool reset; /* the connection is to be dropped at the next kick */
	bool freed; /* bus_db_free() was called in a callback: no more callbacks, release on leaving
		     */
	int depth;  /* event handlers on the stack */
	char why[BUS__DB_WHY_MAX];

	struct bus__statement *statements;
	size_t statement_count;
	size_t statement_size;
	struct bus__group group;
	struct bus_call call;
};

/* From the loop, soon: never from inside a function that the user has called. */
static inline void bus__db_kick(struct bus_db *db)
{
	event_active(db->kick, EV_TIMEOUT, 0);
}

static inline bool bus__db_usable(const struct bus_db *db)
{
	return db->link == BUS__LINK_UP && !db->reset;
}

void bus__db_arm(struct bus_db *db, int ms);
/* Keeps (and logs) why the connection is, or is about to be, away. */
void bus__db_set_why(struct bus_db *db, const char *text);
/* Copies a message of libpq's, each run of blanks and newlines as one blank. */
void bus__db_squash(char *out, size_t size, const char *text);

/* Writes what the socket takes; the rest goes when it is writable again. */
void bus__db_flush(struct bus_db *db);
/* Hands out the results that are here, up to the end of the group. */
void bus__db_pump(struct bus_db *db);
/* The end of a group in flight whose connection is gone. */
void bus__db_report_away(struct bus_db *db);

/* Sends (or swallows, when the connection is away) one call whose parameters are all binary. */
struct bus__send {
	const struct bus_sql *sql;
	int count;
	const char *const *values;
	const int *lengths;
	const int *formats;
	bus_rows_fn on_rows;
	void *arg;
};

void bus__db_send(struct bus_db *db, const struct bus__send *send);

#endif
