/*
 * The database of every service is lost whole, one after the other and then of all, while the
 * topics are there: each folds its journal in, row for row as it was, says nothing new, and the
 * flow goes on as if nothing had been.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "lib/mesh_flow.h"

#define CHUNK  1000
#define CHUNKS 3

static struct mesh mesh;
static struct mesh_flow flow;

static const struct {
	const char *name;
	enum mesh_store store;
} services[] = { { "svc-users", MESH_USERS },
		 { "svc-orders", MESH_ORDERS },
		 { "svc-portfolio", MESH_PORTFOLIO },
		 { "svc-marketdata", MESH_MARKET },
		 { "svc-notify", MESH_NOTIFY } };

/* Everything but which migrations have run. */
static void lose(size_t i)
{
	mesh_exec(&mesh, services[i].store,
		  "do $$ declare t text; begin for t in select tablename from pg_tables where "
		  "schemaname = 'public' and tablename not like '%%migration%%' loop execute "
		  "format('truncate %%I cascade', t); end loop; end $$");
	ck_assert_int_eq(mesh_number(&mesh, services[i].store, "select count(*) from lease"), 0);
}

/* The last step of every journal. */
static int64_t steps(void)
{
	int64_t sum = 0;

	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
		sum += mesh_number(&mesh, services[i].store,
				   "select sum(sequence) from lease where published = sequence");
	return sum;
}

static void same(const char *before, int64_t said, const char *what)
{
	char *after;

	mesh_settle(&mesh);
	after = mesh_digest(&mesh);
	ck_assert_msg(strcmp(before, after) == 0, "%s: before\n%s\nafter\n%s", what, before, after);
	ck_assert_int_eq(steps(), said);
	free(after);
}

START_TEST(stores_are_lost)
{
	char *digest;
	int64_t said;

	mesh_flow_init(&flow, &mesh, "AAPL", (size_t)CHUNK * CHUNKS);
	mesh_flow_seed(&flow);
	mesh_flow_send(&flow, 0, CHUNK);
	for (int i = 0; i < 10; i++) {
		char email[64];

		snprintf(email, sizeof(email), "user%d@example.com", i);
		mesh_register(&mesh, email, NULL);
	}
	mesh_settle(&mesh);
	digest = mesh_digest(&mesh);
	said = steps();
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++) {
		mesh_stack(&mesh, "stop %s", services[i].name);
		lose(i);
		mesh_stack(&mesh, "start %s", services[i].name);
		same(digest, said, services[i].name);
	}
	free(digest);
	mesh_flow_send(&flow, CHUNK, (size_t)2 * CHUNK);
	mesh_settle(&mesh);
	digest = mesh_digest(&mesh);
	said = steps();
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++) {
		mesh_stack(&mesh, "stop %s", services[i].name);
		lose(i);
	}
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
		mesh_stack(&mesh, "start %s --no-wait", services[i].name);
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
		mesh_stack(&mesh, "wait %s", services[i].name);
	same(digest, said, "all five");
	free(digest);
	mesh_flow_send(&flow, (size_t)2 * CHUNK, (size_t)3 * CHUNK);
	mesh_settle(&mesh);
	mesh_flow_check(&flow);
	mesh_check(&mesh, (int64_t)flow.expected_count);
	mesh_flow_release(&flow);
	mesh_leave(&mesh);
}
END_TEST

static void up(void)
{
	setenv("BOURSE_SESSION_TIMEOUT", "3s", 1);
	mesh_up(&mesh, "stack", "up --services");
}

static void down(void)
{
	mesh_down(&mesh);
}

int main(void)
{
	Suite *suite = suite_create("bus_lost");
	TCase *tcase = tcase_create("lost");

	tcase_set_timeout(tcase, 600);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_test(tcase, stores_are_lost);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
