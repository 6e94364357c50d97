/* What all parts of the audit share: checks, tables, reading topics and databases. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "audit.h"
#include "bus/err.h"

struct audit_check *audit_check(struct audit *audit, int invariant, const char *name,
				const char *unit)
{
	struct audit_check *check = &audit->checks[audit->check_count++];

	bus_assert(audit->check_count <= AUDIT_CHECKS);
	check->invariant = invariant;
	check->name = name;
	check->unit = unit;
	return check;
}

bool audit__broken(struct audit_check *check, const char *fmt, ...)
{
	va_list list;

	if (check->broken < AUDIT_ROWS) {
		va_start(list, fmt);
		vsnprintf(check->rows[check->broken], AUDIT_TEXT, fmt, list);
		va_end(list);
	}
	check->broken++;
	return false;
}

void *audit_row(struct audit_table *table, struct bus_id id, bool *added)
{
	bool fresh;
	uint32_t n = idmap_add(&table->map, id, &fresh);
	char *row;

	bus_assert(table->size > 0);
	if (n >= table->room) {
		table->room = table->room ? table->room * 2 : 1024;
		table->rows = bus_realloc(table->rows, table->room * table->size);
	}
	row = (char *)table->rows + table->size * n;
	if (fresh)
		memset(row, 0, table->size);
	if (added)
		*added = fresh;
	return row;
}

void *audit_find(const struct audit_table *table, struct bus_id id)
{
	uint32_t n = idmap_find(&table->map, id);

	return n == IDMAP_NONE ? NULL : audit_at(table, n);
}

void *audit_find_text(const struct audit_table *table, const char *text)
{
	struct bus_id id;

	return bus_id_parse(text, strlen(text), &id) ? audit_find(table, id) : NULL;
}

const char *audit_id(struct bus_id id)
{
	static char texts[4][BUS_ID_TEXT];
	static unsigned next;

	return bus_id_format(id, texts[next++ % 4]);
}

uint32_t audit_symbol(struct audit *audit, const char *symbol)
{
	uint32_t n = 0;

	while (n < audit->symbol_count && strcmp(audit->symbols[n], symbol) != 0)
		n++;
	if (n < audit->symbol_count)
		return n;
	audit->symbols = bus_realloc(audit->symbols, (n + 1) * sizeof(*audit->symbols));
	audit->sums.shares = bus_realloc(audit->sums.shares, (n + 1) * sizeof(*audit->sums.shares));
	snprintf(audit->symbols[n], sizeof(audit->symbols[n]), "%s", symbol);
	audit->sums.shares[n] = 0;
	audit->symbol_count++;
	return n;
}

struct audit_account *audit_account(struct audit *audit, const char *account, uint32_t *number)
{
	struct audit_account *row;
	struct bus_id id;

	if (!bus_id_parse(account, strlen(account), &id))
		id = idmap_key("account", bus_bytes(account, strlen(account)));
	row = audit_row(&audit->accounts, id, NULL);
	if (number)
		*number = idmap_find(&audit->accounts.map, id);
	return row;
}

struct audit_position *audit_position(struct audit *audit, const char *account, const char *symbol)
{
	struct bus_id key = idmap_key(symbol, bus_bytes(account, strlen(account)));
	struct audit_position *position;
	bool added;

	position = audit_row(&audit->positions, key, &added);
	if (added) {
		audit_account(audit, account, &position->account);
		position->symbol = audit_symbol(audit, symbol);
	}
	return position;
}

struct audit_trade *audit_trade(struct audit *audit, const char *trade_id)
{
	struct bus_id id;

	if (!bus_id_parse(trade_id, strlen(trade_id), &id))
		return NULL;
	return audit_row(&audit->trades, id, NULL);
}

static struct bus_id tail_key(const char *topic, int32_t partition)
{
	return idmap_key(topic, bus_bytes(&partition, sizeof(partition)));
}

const struct audit_tail *audit_tail(const struct audit *audit, const char *topic, int32_t partition)
{
	return audit_find(&audit->tails, tail_key(topic, partition));
}

struct reading {
	struct audit *audit;
	stream_fn take;
	void *arg;
};

static void on_record(void *arg, const struct stream_record *record)
{
	struct reading *reading = arg;
	struct audit_tail *tail;

	if (record->ce.has_sequence) {
		tail = audit_row(&reading->audit->tails,
				 tail_key(record->topic->name, record->partition), NULL);
		*tail = (struct audit_tail){ record->ce.epoch, record->ce.sequence };
	}
	reading->take(reading->arg, record);
}

void audit_read(struct audit *audit, const char *topic, stream_fn take, void *arg)
{
	const char *const topics[] = { topic, NULL };
	struct reading reading = { audit, take, arg };
	struct stream *stream =
		stream_new(&audit->client, topics, STREAM_BEGINNING, on_record, &reading);
	uint64_t waiting;

	if (!stream || stream_drain(stream)) {
		audit->failed = true;
	} else {
		waiting = stream_count(stream, BUS_READ_AHEAD);
		audit->holes->count += stream_count(stream, BUS_READ_NEXT);
		audit->foreign += stream_count(stream, BUS_READ_FOREIGN);
		if (waiting)
			audit_expect(audit->holes, false,
				     "%s: %" PRIu64 " records wait for a missing one", topic,
				     waiting);
	}
	stream_free(stream);
}

static bool query_failed(struct audit *audit, enum audit_service service)
{
	fprintf(stderr, "bourse audit: %s: %s", client_databases[service].service,
		PQerrorMessage(audit->conns[service]));
	audit->failed = true;
	return false;
}

bool audit_query(struct audit *audit, enum audit_service service, const char *sql,
		 audit_row_fn take, void *arg)
{
	PGconn *conn = audit->conns[service];
	PGresult *rows;
	bool ok = true;

	if (!conn)
		return false;
	if (!PQsendQuery(conn, sql) || !PQsetSingleRowMode(conn))
		return query_failed(audit, service);
	while ((rows = PQgetResult(conn)) != NULL) {
		ExecStatusType status = PQresultStatus(rows);

		if (status == PGRES_SINGLE_TUPLE)
			take(arg, rows);
		else if (status != PGRES_TUPLES_OK && ok)
			ok = query_failed(audit, service);
		PQclear(rows);
	}
	return ok;
}

int64_t audit_number(const PGresult *rows, int column)
{
	const char *text = PQgetvalue(rows, 0, column);
	int64_t value;

	if (text[0] == 't' || text[0] == 'f')
		return text[0] == 't';
	return args_integer(text, &value) ? value : 0;
}

struct bus_id audit_row_id(const PGresult *rows, int column)
{
	const char *text = PQgetvalue(rows, 0, column);
	struct bus_id id;

	if (!bus_id_parse(text, strlen(text), &id))
		id = idmap_key("row", bus_bytes(text, strlen(text)));
	return id;
}

const char *audit_text(const PGresult *rows, int column)
{
	return PQgetvalue(rows, 0, column);
}
