/*
 * NASDAQ's hour through the five services: every execution as the naive book has it, the invariants
 * of all stores, and the same hour sent a second time, which changes nothing anywhere.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bus/time.h"
#include "lib/mesh_flow.h"

static struct mesh mesh;

static const char *const journals[] = { "users.events",	 "orders.events",    "books.commands",
					"books.events",	 "books.executions", "portfolio.events",
					"market.events", "market.symbols",   "market.quotes",
					"notify.events", "users.accounts" };

static void ends(int64_t *out)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(journals); i++)
		for (int32_t p = 0; p < MESH_PARTITIONS; p++)
			*out++ = mesh_end(&mesh, journals[i], p);
}

/* A right book that matches what crosses, and one that rests new orders, differ in a few. */
static void check_score(const struct mesh_flow *flow)
{
	printf("test_mesh_hour: NASDAQ's own price in %zu of %zu executions, its own order in %zu; "
	       "%zu takers unfilled\n",
	       flow->score.at_best, flow->score.known, flow->score.at_head, flow->score.unfilled);
	if (!flow->real)
		return;
	ck_assert_uint_eq(flow->score.known, 4045);
	ck_assert_uint_eq(flow->score.at_best, 4017);
	ck_assert_uint_eq(flow->score.at_head, 3986);
	ck_assert_uint_eq(flow->score.unfilled, 15);
}

static void audit(void)
{
	char *said;
	int status = mesh_bourse(&mesh, &said, "audit");

	ck_assert_msg(status == 0, "bourse audit: exit status %d: %s", status, said);
	free(said);
}

START_TEST(test_hour)
{
	int64_t before[BUS_ARRAY_LEN(journals) * MESH_PARTITIONS],
		after[BUS_ARRAY_LEN(journals) * MESH_PARTITIONS];
	struct mesh_flow flow;
	char *first, *second;
	int64_t start, commands;

	mesh_flow_init(&flow, &mesh, "AAPL", SIZE_MAX);
	mesh_flow_seed(&flow);
	commands = mesh_number(&mesh, MESH_ORDERS, "select count(*) from command");
	start = bus_time_monotonic();
	mesh_flow_send(&flow, 0, flow.count);
	mesh_settle(&mesh);
	printf("test_mesh_hour: %s flow, %zu commands, %zu executions, %.1f s\n",
	       flow.real ? "NASDAQ's" : "generated", flow.commands, flow.expected_count,
	       (double)(bus_time_monotonic() - start) / 1e6);
	mesh_flow_check(&flow);
	check_score(&flow);
	mesh_check(&mesh, (int64_t)flow.expected_count);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS, "select count(*) from command"),
			 commands + (int64_t)flow.commands);
	audit();

	first = mesh_digest(&mesh);
	ends(before);
	mesh_flow_send(&flow, 0, flow.count);
	mesh_settle(&mesh);
	second = mesh_digest(&mesh);
	ends(after);
	ck_assert_str_eq(first, second);
	ck_assert_mem_eq(before, after, sizeof(before));
	ck_assert_int_eq(mesh_metric(&mesh, "svc-orders", "bourse_repeats_total"),
			 (int64_t)flow.commands);
	audit();
	free(first);
	free(second);
	mesh_flow_release(&flow);
}
END_TEST

static void up(void)
{
	setenv("BOURSE_CLOCK", "event", 1);
	setenv("BOURSE_JVM", "throughput", 1);
	mesh_up(&mesh, "stack", "up --services");
}

static void down(void)
{
	mesh_down(&mesh);
}

int main(void)
{
	Suite *suite = suite_create("mesh_hour");
	TCase *tcase = tcase_create("hour");

	tcase_set_timeout(tcase, 600);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_test(tcase, test_hour);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
