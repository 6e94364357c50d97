/*
 * The database is away for 20 seconds, and the broker is away for 20 seconds, at the start of the
 * services and in the middle of the flow: they wait, say so, and go on by themselves. The two
 * outages are on two stacks at the same time.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bus/time.h"
#include "lib/mesh_flow.h"

#define OUTAGE (20 * BUS_SECOND)
#define PART   1000 /* messages of the flow */

static const char *const services[] = { "svc-users", "svc-orders", "svc-portfolio",
					"svc-marketdata", "svc-notify" };

/* A stack, and what goes away on it. */
static struct victim {
	const char *what, *says;
	struct mesh mesh;
	struct mesh_flow flow;
	char *pids; /* of the services, before the outage */
} victims[] = {
	{ .what = "postgres", .says = "the database is away" },
	{ .what = "kafka", .says = "Kafka" },
};

static char *pids_of(const struct mesh *mesh)
{
	char *all = bus_calloc(1, 512), path[1024];

	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++) {
		size_t len = strlen(all);
		FILE *file;

		snprintf(path, sizeof(path), "%s/pid/%s", mesh->dir, services[i]);
		file = fopen(path, "r");
		ck_assert_ptr_nonnull(file);
		ck_assert_ptr_nonnull(fgets(all + len, (int)(512 - len), file));
		(void)fclose(file);
	}
	return all;
}

static void all_say(struct victim *victim, int status, const char *text)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
		mesh_wait_readyz(&victim->mesh, services[i], status, text);
}

/* Everybody says so, at the beginning and at the end of it. */
static void outage(int64_t since)
{
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++)
		all_say(&victims[v], 503, victims[v].says);
	while (bus_time_monotonic() - since < OUTAGE)
		mesh_pause(100);
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++)
		all_say(&victims[v], 503, victims[v].says);
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++)
		mesh_stack(&victims[v].mesh, "start %s", victims[v].what);
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++)
		all_say(&victims[v], 200, "");
}

static void at_the_start(void)
{
	int64_t since = bus_time_monotonic();

	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++) {
		mesh_stack(&victims[v].mesh, "stop %s", victims[v].what);
		for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
			mesh_stack(&victims[v].mesh, "start %s --no-wait", services[i]);
	}
	outage(since);
}

struct progress {
	struct victim *victim;
	int64_t more_than;
};

static bool decided_more(struct mesh *mesh, void *arg)
{
	const struct progress *progress = arg;

	(void)mesh;
	return mesh_flow_decided(&progress->victim->flow) > progress->more_than;
}

/* A little of the flow is decided, the rest is on its way. */
static void into_the_flow(struct victim *victim)
{
	struct progress progress = { victim, mesh_flow_decided(&victim->flow) };

	mesh_flow_send(&victim->flow, 0, PART);
	mesh_until(&victim->mesh, decided_more, &progress, "the desk goes on");
}

static void in_the_middle(void)
{
	int64_t since;

	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++)
		into_the_flow(&victims[v]);
	since = bus_time_monotonic();
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++)
		mesh_stack(&victims[v].mesh, "kill %s", victims[v].what);
	/* Orders come in as long as there is a broker to take them. */
	mesh_flow_send(&victims[0].flow, PART, 2 * PART);
	outage(since);
	mesh_flow_send(&victims[1].flow, PART, 2 * PART);
}

static void finish(struct victim *victim)
{
	struct mesh *mesh = &victim->mesh;
	char *pids = pids_of(mesh), *said;

	mesh_settle(mesh);
	mesh_flow_check(&victim->flow);
	mesh_check(mesh, (int64_t)victim->flow.expected_count);
	ck_assert_msg(mesh_bourse(mesh, &said, "audit") == 0, "bourse audit: %s", said);
	free(said);
	/* By themselves: nobody has ended, nobody was started again. */
	ck_assert_str_eq(pids, victim->pids);
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++) {
		ck_assert_int_eq(mesh_http(mesh, services[i], "/healthz", &said), 200);
		free(said);
	}
	free(pids);
	free(victim->pids);
	mesh_flow_release(&victim->flow);
	mesh_leave(mesh);
}

START_TEST(test_away)
{
	at_the_start();
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++) {
		victims[v].pids = pids_of(&victims[v].mesh);
		mesh_flow_init(&victims[v].flow, &victims[v].mesh, "AAPL", 2 * PART);
		mesh_flow_seed(&victims[v].flow);
	}
	in_the_middle();
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++)
		finish(&victims[v]);
}
END_TEST

/* With topics and schemas, but no services yet. */
static void up(void)
{
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++) {
		mesh_up(&victims[v].mesh, victims[v].what, "up --services");
		for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
			mesh_stack(&victims[v].mesh, "stop %s", services[i]);
	}
}

static void down(void)
{
	for (size_t v = 0; v < BUS_ARRAY_LEN(victims); v++)
		mesh_down(&victims[v].mesh);
}

int main(void)
{
	Suite *suite = suite_create("mesh_away");
	TCase *tcase = tcase_create("away");

	tcase_set_timeout(tcase, 600);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_test(tcase, test_away);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
