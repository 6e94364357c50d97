/*
 * The connection: connecting, one group of calls in libpq's pipeline, losing it and coming back.
 *
 * Callbacks are called from event handlers alone, never from inside a function of the user's; so
 * is the connection dropped. Whatever libpq may have read while it was writing is looked at after
 * each flush, since the socket will not tell of it again. Between two groups nothing is awaited;
 * an answer belongs to the item at the head of the group, in order.
 */
#include "bus/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/err.h"
#include "bus/log.h"
#include "db_internal.h"

static void on_io(evutil_socket_t fd, short what, void *arg);
static void on_step(evutil_socket_t fd, short what, void *arg);

/* Blanks and newlines of a message of libpq's become one blank each. */
static void squash(char *out, size_t size, const char *text)
{
	size_t len = 0;

	for (; *text && len + 1 < size; text++) {
		bool blank = *text == ' ' || *text == '\n' || *text == '\t' || *text == '\r';

		if (!blank)
			out[len++] = *text;
		else if (len > 0 && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	while (len > 0 && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
}

static void arm(struct bus_db *db, int ms)
{
	struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	bus_assert(event_add(db->timer, &time) == 0);
}

static void kick(struct bus_db *db)
{
	event_active(db->kick, EV_TIMEOUT, 0);
}

static bool usable(const struct bus_db *db)
{
	return db->link == BUS__LINK_UP && !db->reset;
}

/* Growing, and jittered so that the services do not all come back in the same millisecond. */
static int next_pause(struct bus_db *db)
{
	int half = db->pause_ms / 2;
	uint32_t random;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	db->pause_ms =
		db->pause_ms * 2 < BUS__DB_PAUSE_MAX_MS ? db->pause_ms * 2 : BUS__DB_PAUSE_MAX_MS;
	return half + (int)(random % (uint32_t)(half + 1));
}

/* The one place where the link changes; the timer's meaning goes with it. */
static void set_link(struct bus_db *db, enum bus__link link)
{
	db->link = link;
	switch (link) {
	case BUS__LINK_PAUSED:
		arm(db, next_pause(db));
		break;
	case BUS__LINK_CONNECTING:
		arm(db, db->attempt_ms);
		break;
	case BUS__LINK_UP:
		db->pause_ms = BUS__DB_PAUSE_MIN_MS;
		event_del(db->timer);
		break;
	}
}

static void watch(struct bus_db *db, struct event **event, short what, event_callback_fn fn)
{
	if (*event)
		event_free(*event);
	*event = event_new(db->base, PQsocket(db->conn), what, fn, db);
	bus_assert(*event);
}

static void unwatch(struct event **event)
{
	if (*event)
		event_free(*event);
	*event = NULL;
}

/* The end of a group. It is empty again before its owner hears, who may begin the next one. */
static void report(struct bus_db *db, const struct bus_db_error *error)
{
	struct bus__group *group = &db->group;
	bus_sync_fn on_sync = group->on_sync;
	void *arg = group->arg;

	group->state = BUS__GROUP_EMPTY;
	group->doomed = false;
	group->failure.set = false;
	group->item_count = 0;
	group->head = 0;
	group->on_sync = NULL;
	if (!db->freed)
		on_sync(arg, error);
}

static void report_away(struct bus_db *db)
{
	struct bus_db_error error = { .err = BUS_ERR_DB_AWAY, .statement = "" };
	char message[BUS__DB_WHY_MAX] = "the connection was lost while the group was being queued";

	if (*bus_db_why(db))
		snprintf(message, sizeof(message), "%s", db->why);
	error.message = message;
	report(db, &error);
}

/* Events go first: PQfinish() closes the socket. It sends what it can and does not wait. */
static void disconnect(struct bus_db *db)
{
	unwatch(&db->io);
	unwatch(&db->writable);
	PQfinish(db->conn);
	db->conn = NULL;
	db->reset = false;
	for (size_t i = 0; i < db->statement_count; i++)
		db->statements[i].prepared = false;
}

static void set_why(struct bus_db *db, const char *text)
{
	char why[BUS__DB_WHY_MAX];
	bool news;

	squash(why, sizeof(why), text);
	news = strcmp(why, db->why) != 0;
	bus_log(news ? BUS_LOG_WARN : BUS_LOG_DEBUG, "database away", "name=%s why=\"%s\"",
		db->name, why);
	memcpy(db->why, why, sizeof(why));
}

/* The connection, or an attempt at one, is over; db->why says why. */
static void lost(struct bus_db *db)
{
	bool was_up = db->link == BUS__LINK_UP;

	disconnect(db);
	set_link(db, BUS__LINK_PAUSED);
	db->group.doomed = db->group.state != BUS__GROUP_EMPTY;
	db->group.item_count = 0;
	db->group.head = 0;
	if (db->group.state == BUS__GROUP_IN_FLIGHT)
		report_away(db);
	if (was_up && !db->freed)
		db->on_state(db->arg, false);
}

/* libpq refused to take a command: seen inside a function of the user's, handled from the loop. */
static void broken(struct bus_db *db)
{
	set_why(db, PQerrorMessage(db->conn));
	db->group.doomed = true;
	db->reset = true;
	kick(db);
}

static void on_notice(void *arg, const char *message)
{
	const struct bus_db *db = arg;
	char text[BUS__DB_WHY_MAX];

	if (!bus_log_enabled(BUS_LOG_DEBUG))
		return;
	squash(text, sizeof(text), message);
	bus_log(BUS_LOG_DEBUG, "database notice", "name=%s text=\"%s\"", db->name, text);
}

/*
 * One attempt. What stands before "dbname" may be overridden in the connection string, what stands
 * behind may not. Names are resolved by the C library, which blocks: name servers must be near.
 */
static void attempt(struct bus_db *db)
{
	const char *const keys[] = { "keepalives",
				     "keepalives_idle",
				     "keepalives_interval",
				     "keepalives_count",
				     "tcp_user_timeout",
				     "dbname",
				     "application_name",
				     "client_encoding",
				     "options",
				     NULL };
	const char *const values[] = { "1",	"10",	  "5",	  "3",	       "30000",
				       db->url, db->name, "UTF8", db->options, NULL };

	db->conn = PQconnectStartParams(keys, values, 1);
	bus_assert(db->conn);
	if (PQstatus(db->conn) == CONNECTION_BAD) {
		set_why(db, PQerrorMessage(db->conn));
		lost(db);
		return;
	}
	PQsetNoticeProcessor(db->conn, on_notice, db);
	set_link(db, BUS__LINK_CONNECTING);
	watch(db, &db->io, EV_WRITE, on_step);
	event_add(db->io, NULL);
}

static void connected(struct bus_db *db)
{
	if (PQsetnonblocking(db->conn, 1) != 0 || !PQenterPipelineMode(db->conn)) {
		set_why(db, PQerrorMessage(db->conn));
		lost(db);
		return;
	}
	watch(db, &db->io, EV_READ | EV_PERSIST, on_io);
	watch(db, &db->writable, EV_WRITE | EV_PERSIST, on_io);
	event_add(db->io, NULL);
	set_link(db, BUS__LINK_UP);
	db->why[0] = '\0';
	bus_log(BUS_LOG_INFO, "database up", "name=%s server=%d", db->name,
		PQserverVersion(db->conn));
	db->on_state(db->arg, true);
}

/* Takes the next host's socket too: libpq may have closed the former one. */
static void step(struct bus_db *db)
{
	short what = EV_READ;

	switch (PQconnectPoll(db->conn)) {
	case PGRES_POLLING_OK:
		connected(db);
		return;
	case PGRES_POLLING_FAILED:
		set_why(db, PQerrorMessage(db->conn));
		lost(db);
		return;
	case PGRES_POLLING_WRITING:
		what = EV_WRITE;
		break;
	case PGRES_POLLING_READING:
	case PGRES_POLLING_ACTIVE: /* unused by libpq since 2003 */
		break;
	}
	watch(db, &db->io, what, on_step);
	event_add(db->io, NULL);
}

static int classify(const char *sqlstate)
{
	static const char *const refused[] = { "22", "23", "54" };

	if (strcmp(sqlstate, "BF001") == 0)
		return BUS_ERR_FENCED;
	for (size_t i = 0; i < BUS_ARRAY_LEN(refused); i++) {
		if (strncmp(sqlstate, refused[i], 2) == 0)
			return BUS_ERR_DATA_REFUSED;
	}
	return BUS_ERR_DB_AWAY;
}

/*
 * Errors that this connection would give for ever, and a new one may not: a plan whose result type
 * a migration has changed, a prepared statement that is gone, a primary that became a standby.
 */
static bool stale(const char *sqlstate)
{
	return strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "26000") == 0 ||
	       strcmp(sqlstate, "25006") == 0;
}

static void keep_failure(struct bus_db *db, const PGresult *result)
{
	struct bus__group *group = &db->group;
	struct bus__failure *failure = &group->failure;
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (failure->set)
		return;
	failure->set = true;
	failure->statement = ""; /* the commit itself, as a deferred constraint does */
	if (group->head < group->item_count)
		failure->statement = db->statements[group->items[group->head].statement].sql->name;
	snprintf(failure->sqlstate, sizeof(failure->sqlstate), "%s", sqlstate ? sqlstate : "");
	squash(failure->message, sizeof(failure->message),
	       message ? message : PQresultErrorMessage(result));
}

static void committed_or_not(struct bus_db *db)
{
	struct bus__failure failure = db->group.failure;
	struct bus_db_error error = {
		.err = classify(failure.sqlstate),
		.statement = failure.statement,
		.message = failure.message,
	};

	event_del(db->timer);
	if (!failure.set) {
		report(db, NULL);
		return;
	}
	memcpy(error.sqlstate, failure.sqlstate, sizeof(error.sqlstate));
	if (stale(failure.sqlstate)) {
		set_why(db, failure.message);
		db->reset = true;
		kick(db);
	}
	report(db, &error);
}

/* One result for the item at the head. Everything that on_rows could change is read before. */
static void take(struct bus_db *db, const PGresult *result)
{
	struct bus__group *group = &db->group;
	ExecStatusType status = PQresultStatus(result);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	struct bus__item *item;

	if (!ok && status != PGRES_PIPELINE_ABORTED)
		keep_failure(db, result);
	if (group->head == group->item_count)
		return; /* the commit's own error; the sync follows */
	item = &group->items[group->head];
	item->answered = true;
	if (item->prepare && !ok)
		db->statements[item->statement].prepared = false;
	if (!item->prepare && ok && item->on_rows)
		item->on_rows(item->arg, result);
}

/*
 * Hands out the results that are here. A NULL ends the results of one command; two in a row mean
 * that nothing is due. It ends with the group: bus_db_sync() looks after the next one by itself.
 */
static void pump(struct bus_db *db)
{
	struct bus__group *group = &db->group;
	bool was_null = false;
	bool ended = false;

	while (!ended && !db->freed && usable(db) && group->state != BUS__GROUP_EMPTY &&
	       !group->doomed && !PQisBusy(db->conn)) {
		PGresult *result = PQgetResult(db->conn);

		if (!result && was_null)
			break;
		was_null = !result;
		if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			ended = true;
			committed_or_not(db);
		} else if (result) {
			take(db, result);
		} else if (group->head < group->item_count && group->items[group->head].answered) {
			group->head++;
		}
		PQclear(result);
	}
}

/* Writes what the socket takes; the rest goes when it is writable again. */
static void flush(struct bus_db *db)
{
	int left = PQflush(db->conn);

	if (left < 0)
		broken(db);
	else if (left > 0)
		event_add(db->writable, NULL);
	else
		event_del(db->writable);
}

static void enter(struct bus_db *db)
{
	db->depth++;
}

static void release(struct bus_db *db)
{
	disconnect(db);
	event_free(db->timer);
	event_free(db->kick);
	bus__call_release(&db->call);
	free(db->group.items);
	free(db->statements);
	free(db->options);
	free(db);
}

/* The db may be gone after this. */
static void leave(struct bus_db *db)
{
	if (--db->depth == 0 && db->freed)
		release(db);
}

/* A lost connection may have left results behind, the commit's among them: they go first. */
static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct bus_db *db = arg;
	bool alive;

	(void)fd;
	(void)what;
	enter(db);
	if (db->group.state == BUS__GROUP_IN_FLIGHT)
		arm(db, db->silence_ms);
	alive = PQconsumeInput(db->conn) == 1;
	if (alive)
		flush(db);
	if (db->group.state == BUS__GROUP_EMPTY)
		(void)PQisBusy(db->conn); /* parses, so that notices are heard between groups */
	pump(db);
	if (!db->freed && (!alive || PQstatus(db->conn) == CONNECTION_BAD)) {
		/* The server's last words say more than the end of the connection. */
		set_why(db, db->group.failure.set ? db->group.failure.message
						  : PQerrorMessage(db->conn));
		lost(db);
	}
	leave(db);
}

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	struct bus_db *db = arg;

	(void)fd;
	(void)what;
	enter(db);
	step(db);
	leave(db);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct bus_db *db = arg;

	(void)fd;
	(void)what;
	enter(db);
	switch (db->link) {
	case BUS__LINK_PAUSED:
		attempt(db);
		break;
	case BUS__LINK_CONNECTING:
		set_why(db, "no answer to an attempt to connect");
		lost(db);
		break;
	case BUS__LINK_UP:
		set_why(db, "no byte from the server while a group was in flight");
		lost(db);
		break;
	}
	leave(db);
}

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
	struct bus_db *db = arg;

	(void)fd;
	(void)what;
	enter(db);
	if (db->reset)
		lost(db);
	else if (db->group.state == BUS__GROUP_IN_FLIGHT && db->group.doomed)
		report_away(db);
	else
		pump(db);
	leave(db);
}

/* The options of the connection string, and behind them (the last one wins) our own. */
static char *make_options(const char *theirs)
{
	static const char format[] = "%s -c statement_timeout=%d -c lock_timeout=%d"
				     " -c idle_in_transaction_session_timeout=%d";
	size_t size = strlen(theirs) + sizeof(format) + 32;
	char *options = bus_malloc(size);

	snprintf(options, size, format, theirs, BUS__DB_STATEMENT_MS, BUS__DB_LOCK_MS,
		 BUS__DB_IDLE_MS);
	return options;
}

/* False when the string is none; libpq's own words are not kept: they may quote a password. */
static bool read_url(struct bus_db *db)
{
	PQconninfoOption *parts = PQconninfoParse(db->url, NULL);
	const char *theirs = "";

	for (const PQconninfoOption *part = parts; part && part->keyword; part++) {
		if (strcmp(part->keyword, "options") == 0 && part->val)
			theirs = part->val;
	}
	db->options = make_options(theirs);
	PQconninfoFree(parts);
	return parts != NULL;
}

struct bus_db *bus_db_new(struct event_base *base, const char *url, const char *name,
			  bus_db_state_fn on_state, void *arg)
{
	struct bus_db *db = bus_calloc(1, sizeof(*db));

	db->base = base;
	db->url = url;
	db->name = name;
	db->on_state = on_state;
	db->arg = arg;
	db->pause_ms = BUS__DB_PAUSE_MIN_MS;
	db->attempt_ms = BUS__DB_ATTEMPT_MS;
	db->silence_ms = BUS__DB_SILENCE_MS;
	db->timer = event_new(base, -1, 0, on_timer, db);
	db->kick = event_new(base, -1, 0, on_kick, db);
	bus_assert(on_state && db->timer && db->kick);
	bus__call_init(&db->call, db);
	if (read_url(db)) {
		snprintf(db->why, sizeof(db->why), "not connected yet");
		arm(db, 0);
	} else {
		set_why(db, "the connection string cannot be read");
	}
	return db;
}

void bus_db_free(struct bus_db *db)
{
	if (!db)
		return;
	db->freed = true;
	if (db->depth == 0)
		release(db);
}

bool bus_db_up(const struct bus_db *db)
{
	return usable(db);
}

bool bus_db_busy(const struct bus_db *db)
{
	return db->group.state == BUS__GROUP_IN_FLIGHT;
}

const char *bus_db_why(const struct bus_db *db)
{
	return usable(db) ? "" : db->why;
}

void bus_db_reset(struct bus_db *db)
{
	if (db->link == BUS__LINK_PAUSED || db->reset)
		return;
	set_why(db, "dropped on request");
	db->reset = true;
	kick(db);
}

/* Few dozens of statements: a look at each is cheaper than a hash. */
static size_t find_statement(struct bus_db *db, const struct bus_sql *sql)
{
	for (size_t i = 0; i < db->statement_count; i++) {
		if (db->statements[i].sql == sql)
			return i;
		bus_assert(strcmp(db->statements[i].sql->name, sql->name) != 0);
	}
	if (db->statement_count == db->statement_size) {
		db->statement_size = db->statement_size ? db->statement_size * 2 : 32;
		db->statements =
			bus_realloc(db->statements, db->statement_size * sizeof(*db->statements));
	}
	db->statements[db->statement_count] = (struct bus__statement){ .sql = sql };
	return db->statement_count++;
}

static void push_item(struct bus_db *db, struct bus__item item)
{
	struct bus__group *group = &db->group;

	if (group->item_count == group->item_size) {
		group->item_size = group->item_size ? group->item_size * 2 : 64;
		group->items = bus_realloc(group->items, group->item_size * sizeof(*group->items));
	}
	group->items[group->item_count++] = item;
}

static bool prepare(struct bus_db *db, size_t statement)
{
	const struct bus_sql *sql = db->statements[statement].sql;

	if (db->statements[statement].prepared)
		return true;
	if (!PQsendPrepare(db->conn, sql->name, sql->text, 0, NULL))
		return false;
	db->statements[statement].prepared = true;
	push_item(db, (struct bus__item){ .statement = statement, .prepare = true });
	return true;
}

void bus__db_send(struct bus_db *db, const struct bus__send *send)
{
	struct bus__item item = { .on_rows = send->on_rows, .arg = send->arg };

	bus_assert(!bus_db_busy(db));
	db->group.state = BUS__GROUP_OPEN;
	if (!usable(db))
		db->group.doomed = true;
	if (db->group.doomed)
		return;
	item.statement = find_statement(db, send->sql);
	if (!prepare(db, item.statement) ||
	    !PQsendQueryPrepared(db->conn, send->sql->name, send->count, send->values,
				 send->lengths, send->formats, 1)) {
		broken(db);
		return;
	}
	push_item(db, item);
}

void bus_db_sync(struct bus_db *db, bus_sync_fn on_sync, void *arg)
{
	struct bus__group *group = &db->group;

	bus_assert(on_sync && !bus_db_busy(db) && !db->call.sql);
	group->state = BUS__GROUP_IN_FLIGHT;
	group->on_sync = on_sync;
	group->arg = arg;
	if (!usable(db))
		group->doomed = true;
	if (!group->doomed && !PQpipelineSync(db->conn))
		broken(db);
	if (!group->doomed) {
		arm(db, db->silence_ms);
		flush(db);
	}
	if (group->doomed || !PQisBusy(db->conn))
		kick(db);
}
