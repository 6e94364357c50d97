/*
 * The connection: connecting, losing it and coming back.
 *
 * Callbacks are called from event handlers alone, never from inside a function of the user's; so
 * is the connection dropped. What goes through it is db_group.c's.
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
void bus__db_squash(char *out, size_t size, const char *text)
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

void bus__db_arm(struct bus_db *db, int ms)
{
	struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	bus_assert(event_add(db->timer, &time) == 0);
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
		bus__db_arm(db, next_pause(db));
		break;
	case BUS__LINK_CONNECTING:
		bus__db_arm(db, db->attempt_ms);
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

void bus__db_set_why(struct bus_db *db, const char *text)
{
	char why[BUS__DB_WHY_MAX];
	bool news;

	bus__db_squash(why, sizeof(why), text);
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
		bus__db_report_away(db);
	if (was_up && !db->freed)
		db->on_state(db->arg, false);
}

static void on_notice(void *arg, const char *message)
{
	const struct bus_db *db = arg;
	char text[BUS__DB_WHY_MAX];

	if (!bus_log_enabled(BUS_LOG_DEBUG))
		return;
	bus__db_squash(text, sizeof(text), message);
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
		bus__db_set_why(db, PQerrorMessage(db->conn));
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
		bus__db_set_why(db, PQerrorMessage(db->conn));
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
		bus__db_set_why(db, PQerrorMessage(db->conn));
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
		bus__db_arm(db, db->silence_ms);
	alive = PQconsumeInput(db->conn) == 1;
	if (alive)
		bus__db_flush(db);
	if (db->group.state == BUS__GROUP_EMPTY)
		(void)PQisBusy(db->conn); /* parses, so that notices are heard between groups */
	bus__db_pump(db);
	if (!db->freed && (!alive || PQstatus(db->conn) == CONNECTION_BAD)) {
		/* The server's last words say more than the end of the connection. */
		bus__db_set_why(db, db->group.failure.set ? db->group.failure.message
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
	if (!db->reset) /* dropped by the kick that is on its way */
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
		bus__db_set_why(db, "no answer to an attempt to connect");
		lost(db);
		break;
	case BUS__LINK_UP:
		bus__db_set_why(db, "no byte from the server while a group was in flight");
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
		bus__db_report_away(db);
	else
		bus__db_pump(db);
	leave(db);
}

/*
 * The options of the connection string, and behind them (the last one wins) our own. Every
 * statement of a service looks rows up by key. A plan is made while a table is small and is kept
 * when it has grown: only the one that probes the index for each key stays right, so no other is
 * considered.
 */
static char *make_options(const char *theirs)
{
	static const char format[] =
		"%s -c statement_timeout=%d -c lock_timeout=%d"
		" -c idle_in_transaction_session_timeout=%d"
		" -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"
		" -c plan_cache_mode=force_generic_plan";
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
		bus__db_arm(db, 0);
	} else {
		bus__db_set_why(db, "the connection string cannot be read");
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
	return bus__db_usable(db);
}

bool bus_db_busy(const struct bus_db *db)
{
	return db->group.state == BUS__GROUP_IN_FLIGHT;
}

const char *bus_db_why(const struct bus_db *db)
{
	return bus__db_usable(db) ? "" : db->why;
}

void bus_db_reset(struct bus_db *db)
{
	if (db->link == BUS__LINK_PAUSED || db->reset)
		return;
	bus__db_set_why(db, "dropped on request");
	db->reset = true;
	bus__db_kick(db);
}
