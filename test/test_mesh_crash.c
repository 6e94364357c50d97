/*
 * Every service is killed in the middle of the flow and started again, then all five at once; then
 * the owner of the desk, of the books and of the ledger is frozen until another instance has taken
 * over, and thawed. The executions stay those of the naive book, and the audit holds.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bourse/notify/v1/notify.pb-c.h"
#include "lib/mesh_flow.h"

#define CHUNK  2500
#define CHUNKS 10

static struct mesh mesh;
static struct mesh_flow flow;
static size_t sent;
static int users;

/* A part of the flow, and a little of what the other services live on. */
static void send_chunk(void)
{
	for (int i = 0; i < 20; i++) {
		Bourse__Notify__V1__SetPreference set = BOURSE__NOTIFY__V1__SET_PREFERENCE__INIT;
		char email[64];

		snprintf(email, sizeof(email), "user%d@example.com", users++);
		mesh_register(&mesh, email, NULL);
		set.account_id = flow.accounts[users % MESH_FLOW_ACCOUNTS];
		set.category = BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_ORDER_CANCELED;
		set.channel = BOURSE__NOTIFY__V1__CHANNEL__CHANNEL_STREAM;
		set.enabled = users % 2;
		mesh_send(&mesh, "notify.commands", set.account_id, &set.base, NULL, 0);
	}
	mesh_flow_send(&flow, sent, sent + CHUNK);
	sent += CHUNK;
}

struct progress {
	int64_t more_than;
};

static bool decided_more(struct mesh *on, void *arg)
{
	const struct progress *progress = arg;

	(void)on;
	return mesh_flow_decided(&flow) > progress->more_than;
}

/* Sends, and comes back when the desk is somewhere within what was sent. */
static void into_the_flow(void)
{
	struct progress progress = { mesh_flow_decided(&flow) };

	send_chunk();
	mesh_until(&mesh, decided_more, &progress, "the desk goes on");
}

static void audit(void)
{
	char *said;
	int status;

	mesh_settle(&mesh);
	mesh_flow_check(&flow);
	mesh_check(&mesh, (int64_t)flow.expected_count);
	ck_assert_int_eq(mesh_number(&mesh, MESH_USERS, "select count(*) from app_user"), users);
	ck_assert_int_eq(mesh_number(&mesh, MESH_USERS, "select count(*) from account"), users);
	status = mesh_bourse(&mesh, &said, "audit");
	ck_assert_msg(status == 0, "bourse audit: exit status %d: %s", status, said);
	free(said);
}

/* The part whose process owns a partition: PART, or PART-2. */
static const char *owner_of(enum mesh_store store, const char *processor, const char *part,
			    const char *second)
{
	char *owner =
		mesh_rows(&mesh, store,
			  "select split_part(owner, '/', 2) from lease where processor = '%s' "
			  "and partition = 0",
			  processor);
	char path[1024], pid[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/pid/%s", mesh.dir, part);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(pid, sizeof(pid), file));
	(void)fclose(file);
	bool first = strtol(pid, NULL, 10) == strtol(owner, NULL, 10);
	free(owner);
	return first ? part : second;
}

static void freeze_owners(const char *why)
{
	const char *orders = owner_of(MESH_ORDERS, "desk", "svc-orders", "svc-orders-2");
	const char *ledger = owner_of(MESH_PORTFOLIO, "ledger", "svc-portfolio", "svc-portfolio-2");
	int64_t desk_epoch = mesh_number(&mesh, MESH_ORDERS,
					 "select epoch from lease where processor = 'desk' and "
					 "partition = 0");
	int64_t ledger_epoch =
		mesh_number(&mesh, MESH_PORTFOLIO, "select epoch from lease where partition = 0");
	struct progress progress;

	into_the_flow();
	mesh_stack(&mesh, "freeze %s", orders);
	mesh_stack(&mesh, "freeze %s", ledger);
	printf("test_mesh_crash: %s and %s are frozen %s\n", orders, ledger, why);
	progress.more_than = mesh_flow_decided(&flow);
	send_chunk();
	mesh_wait(&mesh, MESH_ORDERS, 1,
		  "select count(*) from lease where processor = 'desk' and partition = 0 and epoch "
		  "> %" PRId64,
		  desk_epoch);
	mesh_wait(&mesh, MESH_PORTFOLIO, 1,
		  "select count(*) from lease where partition = 0 and epoch > %" PRId64,
		  ledger_epoch);
	mesh_until(&mesh, decided_more, &progress, "the other instance goes on");
	mesh_stack(&mesh, "thaw %s", orders);
	mesh_stack(&mesh, "thaw %s", ledger);
}

START_TEST(test_crashes)
{
	static const char *const services[] = { "svc-users", "svc-orders", "svc-portfolio",
						"svc-marketdata", "svc-notify" };

	mesh_flow_init(&flow, &mesh, "AAPL", (size_t)CHUNK * CHUNKS);
	mesh_flow_seed(&flow);
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++) {
		into_the_flow();
		mesh_stack(&mesh, "kill %s", services[i]);
		mesh_stack(&mesh, "start %s", services[i]);
	}
	into_the_flow();
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
		mesh_stack(&mesh, "kill %s", services[i]);
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
		mesh_stack(&mesh, "start %s --no-wait", services[i]);
	for (size_t i = 0; i < BUS_ARRAY_LEN(services); i++)
		mesh_stack(&mesh, "wait %s", services[i]);

	mesh_stack(&mesh, "start svc-orders-2");
	mesh_stack(&mesh, "start svc-portfolio-2");
	freeze_owners("once");
	mesh_stack(&mesh, "wait svc-orders");
	mesh_stack(&mesh, "wait svc-orders-2");
	freeze_owners("again");
	ck_assert_uint_ge(sent, flow.count);
	audit();
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
	Suite *suite = suite_create("mesh_crash");
	TCase *tcase = tcase_create("crash");

	tcase_set_timeout(tcase, 600);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_test(tcase, test_crashes);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
