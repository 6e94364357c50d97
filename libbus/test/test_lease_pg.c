/*
 * The lease on a real PostgreSQL: claimed above everybody's epoch, advanced by compare-and-swap,
 * read back as it was written, taken from a rival that is frozen with the row locked; and the
 * outbox's partitions, which go when all in them is published.
 */
#include "lease.h"

#include "bus/migrate.h"
#include "counting.h"
#include "db_fixture.h"
#include "migrations.h"
#include "sql.h"

static struct bus__program program;
static const int32_t output_partitions[] = { 3, 2 };

static const struct bus_sql claim_sql = { "claim", sql_lease_claim };
static const struct bus_sql rotate_sql = { "rotate", sql_outbox_rotate };

static void schema(void)
{
	PGconn *conn;

	make_database();
	conn = PQconnectdb(url);
	ck_assert_int_eq(bus_migrate(conn, "bus", bus_migrations, bus_migrations_count), 0);
	PQfinish(conn);
}

static void begin(void)
{
	setup();
	bus__program_init(&program, &counting_processor);
	admin(url, "truncate lease, outbox", "");
}

static void end(void)
{
	bus__program_release(&program);
	teardown();
}

static int64_t claimed_epoch, claimed_batch;
static int32_t claimed_ended;

static void on_claim(void *arg, const PGresult *rows)
{
	(void)arg;
	claimed_epoch = bus_row_int8(rows, 0, 0);
	claimed_batch = bus_row_int8(rows, 0, 1);
	claimed_ended = bus_row_int4(rows, 0, 2);
}

static int claim(int32_t partition, const char *owner, int64_t journal_epoch)
{
	struct bus_call *call = bus_call(f.db, &claim_sql);

	bus_call_text(call, "count");
	bus_call_int4(call, 1);
	bus_call_int4(call, partition);
	bus_call_text(call, owner);
	bus_call_int8(call, journal_epoch);
	bus_call_send(call, on_claim, NULL);
	return sync_group();
}

static void load(struct bus__lease *lease, int32_t partition)
{
	struct bus__lease_load request = { lease, &program };

	bus__lease_init(lease, &program, partition, output_partitions);
	bus__lease_query(f.db, &request, partition);
	ck_assert_int_eq(sync_group(), 0);
}

static int advance(const struct bus__lease *draft, int32_t partition)
{
	static const struct bus__reference_position references[] = { { "count.latest", 1, 17 } };

	bus__lease_advance(f.db, &program, partition, draft, references, 1);
	return sync_group();
}

START_TEST(claims_above_all)
{
	ck_assert_int_eq(claim(0, "host/1", 0), 0);
	ck_assert_int_eq(claimed_epoch, 1);
	ck_assert_int_eq(claimed_batch, 0);
	ck_assert_int_eq(claimed_ended, 0);
	ck_assert_int_eq(claim(0, "host/2", 0), 0);
	ck_assert_int_eq(claimed_epoch, 2);
	ck_assert_int_eq(claim(0, "host/2", 40), 0); /* the journal knows of more owners */
	ck_assert_int_eq(claimed_epoch, 41);
	ck_assert_int_eq(claim(1, "host/2", 0), 0);
	ck_assert_int_eq(claimed_epoch, 1);
}
END_TEST

/* Everything but what is in memory alone comes back as it was written. */
START_TEST(comes_back_as_written)
{
	struct bus__lease draft, found;
	struct bus_high_water *mark;

	ck_assert_int_eq(claim(4, "host/1", 0), 0);
	load(&draft, 4);
	ck_assert_int_eq(draft.epoch, 1);
	draft.numbers.sequence = 9;
	draft.published = 7;
	draft.journal_offset = 12;
	draft.journal_epoch = 1;
	draft.clock = 1700000000000000;
	draft.positions[0] = (struct bus__position){ 5, UINT64_MAX - 3 };
	draft.positions[1] = (struct bus__position){ 8, 42 };
	mark = bus__lease_mark(&draft, 1, 2);
	*mark = (struct bus_high_water){ 3, 33 };
	draft.numbers.outputs[0].last[2] = 70;
	ck_assert_int_eq(advance(&draft, 4), 0);
	load(&found, 4);
	ck_assert_int_eq(found.batch, 1);
	ck_assert_int_eq(found.numbers.sequence, 9);
	ck_assert_int_eq(found.published, 7);
	ck_assert_int_eq(found.journal_offset, 12);
	ck_assert_int_eq(found.journal_epoch, 1);
	ck_assert_int_eq(found.clock, draft.clock);
	for (size_t i = 0; i < program.input_count; i++) {
		ck_assert_int_eq(found.positions[i].next, draft.positions[i].next);
		ck_assert_uint_eq(found.positions[i].hash, draft.positions[i].hash);
		ck_assert_int_eq(found.handled[i].next, draft.positions[i].next);
	}
	mark = bus__lease_mark(&found, 1, 2);
	ck_assert_int_eq(mark->epoch, 3);
	ck_assert_int_eq(mark->sequence, 33);
	ck_assert_int_eq(bus__lease_mark(&found, 1, 1)->epoch, 0);
	ck_assert_int_eq(found.numbers.outputs[0].last[0], 0);
	ck_assert_int_eq(found.numbers.outputs[0].last[2], 70);
	bus__lease_release(&draft, &program);
	bus__lease_release(&found, &program);
}
END_TEST

/* A source with a number that no topic of ours has is nobody. */
START_TEST(marks_are_bounded)
{
	struct bus__lease lease;

	bus__lease_init(&lease, &program, 0, output_partitions);
	ck_assert_ptr_null(bus__lease_mark(&lease, 1, -1));
	ck_assert_ptr_null(bus__lease_mark(&lease, 1, BUS__SOURCES_MAX));
	ck_assert_ptr_nonnull(bus__lease_mark(&lease, 1, BUS__SOURCES_MAX - 1));
	bus__lease_release(&lease, &program);
}
END_TEST

/* A draft is a copy: what is done to it is not done to the lease. */
START_TEST(draft_is_a_copy)
{
	struct bus__lease lease, draft;

	bus__lease_init(&lease, &program, 0, output_partitions);
	bus__lease_init(&draft, &program, 0, output_partitions);
	*bus__lease_mark(&lease, 1, 0) = (struct bus_high_water){ 1, 5 };
	*bus__lease_mark(&draft, 1, 3) =
		(struct bus_high_water){ 9, 9 }; /* of a batch that failed */
	bus__lease_copy(&draft, &lease, &program);
	ck_assert_int_eq(bus__lease_mark(&draft, 1, 0)->sequence, 5);
	ck_assert_int_eq(bus__lease_mark(&draft, 1, 3)->epoch, 0);
	bus__lease_mark(&draft, 1, 0)->sequence = 6;
	draft.numbers.outputs[0].last[1] = 8;
	ck_assert_int_eq(bus__lease_mark(&lease, 1, 0)->sequence, 5);
	ck_assert_int_eq(lease.numbers.outputs[0].last[1], 0);
	bus__lease_release(&lease, &program);
	bus__lease_release(&draft, &program);
}
END_TEST

/* Another epoch, another batch, no row: the whole transaction is void and both owners are named. */
START_TEST(fenced)
{
	struct bus__lease draft;

	ck_assert_int_eq(claim(0, "host/1", 0), 0);
	load(&draft, 0);
	ck_assert_int_eq(claim(0, "rival/2", 0), 0);
	ck_assert_int_eq(advance(&draft, 0), BUS_ERR_FENCED);
	ck_assert_str_eq(f.sqlstate, "BF001");
	ck_assert_ptr_nonnull(strstr(f.message, "is owned by rival/2 in epoch 2, not in epoch 1"));
	bus__lease_release(&draft, &program);
	load(&draft, 0);
	ck_assert_int_eq(advance(&draft, 0), 0);
	ck_assert_int_eq(advance(&draft, 0), BUS_ERR_FENCED); /* the batch was committed already */
	ck_assert_int_eq(advance(&draft, 7), BUS_ERR_FENCED);
	ck_assert_ptr_nonnull(strstr(f.message, "is owned by nobody in epoch 0"));
	bus__lease_release(&draft, &program);
}
END_TEST

/* BEGIN, the lease's row, then silence: its backend is ended and the partition is ours within
 * seconds. */
START_TEST(frozen_rival)
{
	PGconn *rival = PQconnectdb(url);
	PGresult *result;
	int64_t start;

	ck_assert_int_eq(claim(0, "host/1", 0), 0);
	result = PQexec(rival, "begin");
	PQclear(result);
	result = PQexec(rival, "update lease set batch = batch + 1, sequence = 99");
	ck_assert_int_eq(PQresultStatus(result), PGRES_COMMAND_OK);
	PQclear(result);
	start = bus_time_monotonic();
	ck_assert_msg(claim(0, "host/2", 0) == 0, "%s", f.message);
	ck_assert_int_lt(bus_time_monotonic() - start, 4 * BUS_SECOND);
	ck_assert_int_eq(claimed_ended, 1);
	ck_assert_int_eq(claimed_epoch, 2);
	ck_assert_int_eq(claimed_batch, 0); /* what it had not committed has not happened */
	result = PQexec(rival, "commit");
	ck_assert_int_eq(PQresultStatus(result), PGRES_FATAL_ERROR);
	PQclear(result);
	PQfinish(rival);
}
END_TEST

/* The first column of the first row, by a connection apart. */
static int64_t number(const char *sql)
{
	PGconn *conn = PQconnectdb(url);
	PGresult *result = PQexec(conn, sql);
	int64_t value;

	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
	value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	PQfinish(conn);
	return value;
}

static int rotate(void)
{
	bus_call_send(bus_call(f.db, &rotate_sql), NULL, NULL);
	return sync_group();
}

static const char parts[] = "select count(*) from pg_inherits where inhparent = 'outbox'::regclass";

/* A partition goes when it is old and all of it is published; the next hours have theirs in time.
 */
START_TEST(outbox_rotates)
{
	static const char old[] = "select count(*) from outbox where created_at < '2021-01-01'";

	admin(url,
	      "insert into lease (processor, version, partition, published, sequence) "
	      "values ('count', 1, 0, 7, 8);"
	      "create table outbox_2020010100 partition of outbox for values from "
	      "('2020-01-01 00:00Z') to ('2020-01-01 01:00Z');"
	      "create table outbox_2020010101 partition of outbox for values from "
	      "('2020-01-01 01:00Z') to ('2020-01-01 02:00Z');"
	      "insert into outbox values ('count', 1, 0, 6, 'a', '', '2020-01-01 00:10Z'),"
	      "('count', 1, 0, 7, 'a', '', '2020-01-01 01:10Z'),"
	      "('count', 1, 0, 8, 'a', '', '2020-01-01 01:20Z'),"
	      "('count', 1, 0, 5, 'a', '', '2020-01-02 00:00Z'),"
	      "('count', 1, 1, 1, 'a', '', '2020-01-02 00:00Z'),"
	      "('count', 1, 0, 4, 'a', '', now())",
	      "");
	ck_assert_int_eq(number(parts), 3);
	ck_assert_int_eq(rotate(), 0);
	ck_assert_int_eq(number(parts), 5); /* one old one has gone, three hours have come */
	/* Left: 7 and 8, which share a partition, and what nobody has a lease for. */
	ck_assert_int_eq(number(old), 3);
	ck_assert_int_eq(rotate(), 0);
	ck_assert_int_eq(number(parts), 5);
	admin(url, "update lease set published = 8", "");
	ck_assert_int_eq(rotate(), 0);
	ck_assert_int_eq(number(parts), 4);
	ck_assert_int_eq(number(old), 1);
	ck_assert_int_eq(number("select count(*) from outbox where created_at > '2021-01-01'"), 1);
	/* Steps of the next hour go into the partition that was made for them. */
	admin(url,
	      "insert into outbox values ('count', 1, 0, 9, 'a', '', now() + interval '1 hour')",
	      "");
	ck_assert_int_eq(number("select count(*) from only outbox_default"), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lease");
	TCase *t = tcase_create("lease");

	tcase_add_unchecked_fixture(t, schema, drop_database);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, claims_above_all);
	tcase_add_test(t, comes_back_as_written);
	tcase_add_test(t, marks_are_bounded);
	tcase_add_test(t, draft_is_a_copy);
	tcase_add_test(t, fenced);
	tcase_add_test(t, frozen_rival);
	tcase_add_test(t, outbox_rotates);
	suite_add_tcase(s, t);
	return db_suite_run(s);
}
