/*
 * One group of calls in libpq's pipeline: sending it, handing out what comes back, its end.
 *
 * An answer belongs to the item at the head of the group, in order; a sync ends it. libpq may read
 * while it writes, and the socket will not tell of that again; but the answer to the sync cannot be
 * among it, so the socket does wake us up. The first error is the group's: the others follow.
 */
#include <stdio.h>
#include <string.h>

#include "bus/err.h"
#include "db_internal.h"

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

void bus__db_report_away(struct bus_db *db)
{
	struct bus_db_error error = { .err = BUS_ERR_DB_AWAY, .statement = "" };
	char message[BUS__DB_WHY_MAX] = "the connection was lost while the group was being queued";

	if (*bus_db_why(db))
		snprintf(message, sizeof(message), "%s", db->why);
	error.message = message;
	report(db, &error);
}

/* libpq refused to take a command: seen inside a function of the user's, handled from the loop. */
static void broken(struct bus_db *db)
{
	bus__db_set_why(db, PQerrorMessage(db->conn));
	db->group.doomed = true;
	db->reset = true;
	bus__db_kick(db);
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
	bus__db_squash(failure->message, sizeof(failure->message),
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
		bus__db_set_why(db, failure.message);
		db->reset = true;
		bus__db_kick(db);
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
 * that nothing is due. It ends with the group: the next one is answered later.
 */
void bus__db_pump(struct bus_db *db)
{
	struct bus__group *group = &db->group;
	bool was_null = false;
	bool ended = false;

	while (!ended && !db->freed && bus__db_usable(db) && group->state != BUS__GROUP_EMPTY &&
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
void bus__db_flush(struct bus_db *db)
{
	int left = PQflush(db->conn);

	if (left < 0)
		broken(db);
	else if (left > 0)
		event_add(db->writable, NULL);
	else
		event_del(db->writable);
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
	if (!bus__db_usable(db))
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

bool bus_db_queued(const struct bus_db *db)
{
	return db->group.state == BUS__GROUP_OPEN;
}

void bus_db_sync(struct bus_db *db, bus_sync_fn on_sync, void *arg)
{
	struct bus__group *group = &db->group;

	bus_assert(on_sync && !bus_db_busy(db) && !db->call.sql);
	group->state = BUS__GROUP_IN_FLIGHT;
	group->on_sync = on_sync;
	group->arg = arg;
	if (!bus__db_usable(db))
		group->doomed = true;
	if (!group->doomed && !PQpipelineSync(db->conn))
		broken(db);
	if (!group->doomed) {
		bus__db_arm(db, db->silence_ms);
		bus__db_flush(db);
	}
	if (group->doomed)
		bus__db_kick(db);
}
