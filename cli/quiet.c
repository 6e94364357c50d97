/*
 * Positions are read before the ends: a processor whose position is at an end that was read later
 * has nothing before it, and when all its steps are published nothing comes of what it has read.
 */
#include "quiet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "bus/err.h"
#include "sql.h"

#define DATABASES  5
#define INPUTS_MAX 4
#define PAUSE_US   50000

/* Who reads what; a processor that has no lease yet has read nothing. */
static const struct consumer {
	const char *processor;
	const char *inputs[INPUTS_MAX];
} consumers[] = {
	{ "users", { "users.commands" } },
	{ "desk", { "orders.commands", "books.executions", "portfolio.events" } },
	{ "book", { "books.commands", "market.events" } },
	{ "ledger", { "portfolio.commands", "orders.events" } },
	{ "market", { "market.commands", "books.events" } },
	{ "notify", { "notify.commands", "orders.events", "portfolio.events" } },
};

/* One (processor, input, partition). */
struct place {
	const struct consumer *consumer;
	const char *topic;
	int32_t partition;
	int64_t position;
};

struct quiet {
	rd_kafka_t *rk;
	PGconn *conns[DATABASES];
	size_t conn_count;
	struct place *places;
	size_t place_count;
};

static int add_places(struct quiet *quiet, const struct client *client,
		      const struct consumer *consumer, const char *topic)
{
	int partitions = client_partitions(client, quiet->rk, topic);

	if (partitions < 0)
		return BUS_ERR_KAFKA_AWAY;
	quiet->places = bus_realloc(quiet->places, (quiet->place_count + (size_t)partitions) *
							   sizeof(*quiet->places));
	for (int32_t p = 0; p < partitions; p++)
		quiet->places[quiet->place_count++] =
			(struct place){ .consumer = consumer, .topic = topic, .partition = p };
	return 0;
}

static int open_databases(struct quiet *quiet)
{
	for (const struct client_database *d = client_databases; d->service; d++) {
		bool told;
		PGconn *conn = client_database_open(d, &told);

		if (told)
			return BUS_ERR_DB_AWAY;
		if (conn)
			quiet->conns[quiet->conn_count++] = conn;
	}
	return 0;
}

struct quiet *quiet_new(const struct client *client)
{
	struct quiet *quiet = bus_calloc(1, sizeof(*quiet));
	int err = 0;

	quiet->rk = client_producer(client, "0", NULL, NULL);
	if (!quiet->rk)
		err = BUS_ERR_KAFKA_AWAY;
	for (size_t c = 0; !err && c < BUS_ARRAY_LEN(consumers); c++)
		for (size_t i = 0; !err && i < INPUTS_MAX && consumers[c].inputs[i]; i++)
			err = add_places(quiet, client, &consumers[c], consumers[c].inputs[i]);
	if (!err)
		err = open_databases(quiet);
	if (!err)
		return quiet;
	quiet_free(quiet);
	return NULL;
}

void quiet_free(struct quiet *quiet)
{
	if (!quiet)
		return;
	for (size_t i = 0; i < quiet->conn_count; i++)
		PQfinish(quiet->conns[i]);
	if (quiet->rk)
		rd_kafka_destroy(quiet->rk);
	free(quiet->places);
	free(quiet);
}

bool quiet_known(const struct quiet *quiet)
{
	return quiet->conn_count == DATABASES;
}

static const char *cell(const PGresult *rows, int row, const char *column)
{
	return PQgetvalue(rows, row, PQfnumber(rows, column));
}

static int64_t number(const PGresult *rows, int row, const char *column)
{
	int64_t value;

	return args_integer(cell(rows, row, column), &value) ? value : 0;
}

static void take_position(struct quiet *quiet, const PGresult *rows, int row)
{
	for (size_t i = 0; i < quiet->place_count; i++) {
		struct place *place = &quiet->places[i];

		if (place->partition == number(rows, row, "partition") &&
		    strcmp(place->consumer->processor, cell(rows, row, "processor")) == 0 &&
		    strcmp(place->topic, cell(rows, row, "topic")) == 0)
			place->position = number(rows, row, "next_offset");
	}
}

/* The view has a row for each input of a lease; what belongs to the lease counts once. */
static void take_lease(const PGresult *rows, int row, struct quiet_state *out)
{
	if (row > 0 &&
	    strcmp(cell(rows, row, "processor"), cell(rows, row - 1, "processor")) == 0 &&
	    strcmp(cell(rows, row, "partition"), cell(rows, row - 1, "partition")) == 0)
		return;
	out->unpublished += number(rows, row, "unpublished");
	if (PQgetisnull(rows, row, PQfnumber(rows, "stopped")))
		return;
	out->stopped++;
	snprintf(out->worst, sizeof(out->worst), "%s/%s is stopped: %s",
		 cell(rows, row, "processor"), cell(rows, row, "partition"),
		 cell(rows, row, "stopped"));
}

static int look_at_leases(struct quiet *quiet, PGconn *conn, struct quiet_state *out)
{
	PGresult *rows = PQexec(conn, sql_lag);
	int err = PQresultStatus(rows) == PGRES_TUPLES_OK ? 0 : BUS_ERR_DB_AWAY;

	if (err)
		fprintf(stderr, "bourse: the leases of %s: %s", PQdb(conn), PQerrorMessage(conn));
	for (int i = 0; !err && i < PQntuples(rows); i++) {
		take_position(quiet, rows, i);
		take_lease(rows, i, out);
	}
	PQclear(rows);
	return err;
}

static int look_at_end(struct quiet *quiet, const struct place *place, struct quiet_state *out,
		       int64_t *worst)
{
	int64_t low, high, lag;
	rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
		quiet->rk, place->topic, place->partition, &low, &high, CLIENT_TIMEOUT_MS);

	if (err) {
		fprintf(stderr, "bourse: %s/%d: %s\n", place->topic, place->partition,
			rd_kafka_err2str(err));
		return BUS_ERR_KAFKA_AWAY;
	}
	lag = high - (place->position > low ? place->position : low);
	if (lag <= 0)
		return 0;
	out->lag += lag;
	if (lag > *worst && !out->stopped)
		snprintf(out->worst, sizeof(out->worst), "%s is %" PRId64 " behind in %s/%d",
			 place->consumer->processor, lag, place->topic, place->partition);
	if (lag > *worst)
		*worst = lag;
	return 0;
}

int quiet_look(struct quiet *quiet, struct quiet_state *out)
{
	int64_t worst = 0;
	int err = 0;

	*out = (struct quiet_state){ 0 };
	for (size_t i = 0; i < quiet->place_count; i++)
		quiet->places[i].position = 0;
	for (size_t i = 0; !err && i < quiet->conn_count; i++)
		err = look_at_leases(quiet, quiet->conns[i], out);
	for (size_t i = 0; !err && i < quiet->place_count; i++)
		err = look_at_end(quiet, &quiet->places[i], out, &worst);
	return err;
}

int quiet_wait(struct quiet *quiet, int patience_ms,
	       void (*tell)(void *, const struct quiet_state *), void *arg, struct quiet_state *out)
{
	int64_t last = -1;
	int waited_ms = 0, err;

	for (;;) {
		err = quiet_look(quiet, out);
		if (err || quiet_is(out) || out->stopped)
			return err;
		if (tell)
			tell(arg, out);
		waited_ms = out->lag + out->unpublished == last ? waited_ms + PAUSE_US / 1000 : 0;
		last = out->lag + out->unpublished;
		if (waited_ms >= patience_ms)
			return 0;
		usleep(PAUSE_US);
	}
}
