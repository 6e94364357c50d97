/*
 * From one of our own sources: the ledger is stopped, and this test speaks in its place, on its
 * topic, under its name and with its numbers. What cannot be applied parks its key, what comes
 * twice has no second effect, what comes too early waits, and a hole that stays stops its
 * partition, loudly, until it is filled. Everybody else goes on.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "lib/mesh_trade.h"

#define TEXT(s) ((char *)(uintptr_t)(s))
#define STEP	"bourse.portfolio.v1.PortfolioEvents"
#define SYMBOL	"FORGE"
#define GAP	"3s"

typedef Bourse__Portfolio__V1__PortfolioEvent event_t;

static struct mesh mesh;

/* Where the ledger has stopped on a partition, and we go on. */
static struct pen {
	char source[64];
	int64_t epoch, sequence;
} pens[MESH_PARTITIONS];

static void speak_at(const char *key, event_t *event, int64_t epoch, int64_t sequence)
{
	Bourse__Portfolio__V1__PortfolioEvents step = BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENTS__INIT;
	Bourse__Bus__V1__StepMeta meta = BOURSE__BUS__V1__STEP_META__INIT;
	Bourse__Bus__V1__Cause cause = BOURSE__BUS__V1__CAUSE__INIT;
	char epoch_text[24], sequence_text[24];
	int32_t p = mesh_partition(key);

	snprintf(epoch_text, sizeof(epoch_text), "%" PRId64, epoch);
	snprintf(sequence_text, sizeof(sequence_text), "%" PRId64, sequence);
	cause.topic = TEXT("portfolio.commands");
	meta.cause = &cause;
	meta.now_micros = 1;
	step.meta = &meta;
	step.n_events = 1;
	step.events = &event;
	struct mesh_record record = { .topic = "portfolio.events",
				      .partition = p,
				      .key = key,
				      .type = STEP,
				      .source = pens[p].source,
				      .epoch = epoch_text,
				      .sequence = sequence_text };
	ck_assert_int_eq(mesh_produce_message(&mesh, &record, &step.base, NULL), 0);
}

/* The next step of its partition. */
static void speak(const char *key, event_t *event)
{
	struct pen *pen = &pens[mesh_partition(key)];

	speak_at(key, event, pen->epoch, ++pen->sequence);
}

static event_t *deposit_event(const char *account, int64_t micros)
{
	static Bourse__Portfolio__V1__CashDeposited fact;
	static event_t event;
	static char id[BUS_ID_TEXT];

	bourse__portfolio__v1__cash_deposited__init(&fact);
	bourse__portfolio__v1__portfolio_event__init(&event);
	fact.account_id = TEXT(account);
	fact.deposit_id = bus_id_format(bus_id_random(), id);
	fact.amount_micros = micros;
	event.event_case = BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENT__EVENT_CASH_DEPOSITED;
	event.cash_deposited = &fact;
	return &event;
}

static event_t *booked_event(const char *account, int64_t micros)
{
	static Bourse__Portfolio__V1__WithdrawalBooked fact;
	static event_t event;
	static char id[BUS_ID_TEXT];

	bourse__portfolio__v1__withdrawal_booked__init(&fact);
	bourse__portfolio__v1__portfolio_event__init(&event);
	fact.account_id = TEXT(account);
	fact.withdrawal_id = bus_id_format(bus_id_random(), id);
	fact.amount_micros = micros;
	event.event_case = BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENT__EVENT_WITHDRAWAL_BOOKED;
	event.withdrawal_booked = &fact;
	return &event;
}

static void wait_cash(const char *account, int64_t dollars)
{
	mesh_wait(&mesh, MESH_ORDERS, dollars * MICROS,
		  "select cash_micros from desk_account where account_id = '%s'", account);
}

static int64_t cash(const char *account)
{
	return mesh_number(&mesh, MESH_ORDERS,
			   "select cash_micros from desk_account where account_id = '%s'",
			   account) /
	       MICROS;
}

static void wait_parked(const char *key, const char *cause, bool behind)
{
	mesh_wait(&mesh, MESH_ORDERS, 1,
		  "select count(*) from parked_input where processor = 'desk' and key = '%s' and "
		  "cause = '%s' and behind = %s and octet_length(value) > 0 and detail <> ''",
		  key, cause, behind ? "true" : "false");
}

static struct mesh_account funded(int32_t partition)
{
	struct mesh_account account = mesh_account(partition);

	mesh_deposit(&mesh, account.id, 100);
	mesh_flush(&mesh);
	wait_cash(account.id, 100);
	return account;
}

/* The desk takes an order of this account, or rejects it. */
static struct mesh_outcome order_of(const char *account)
{
	struct mesh_order order = {
		.account = account, .symbol = SYMBOL, .side = SIDE_BUY, .shares = 1, .cents = 100
	};
	char ce_id[BUS_ID_TEXT];

	order.ce_id = bus_id_format(bus_id_random(), ce_id);
	mesh_place(&mesh, &order);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, 1,
		  "select count(*) from command c join lease l using (processor) where key = '%s' "
		  "and ce_id = '%s' and partition = %d and published = sequence",
		  account, ce_id, mesh_partition(account));
	return mesh_outcome(&mesh, order.id);
}

static void take_the_pen(void)
{
	mesh_settle(&mesh);
	mesh_stack(&mesh, "stop svc-portfolio");
	for (int32_t p = 0; p < MESH_PARTITIONS; p++) {
		snprintf(pens[p].source, sizeof(pens[p].source), "/svc-portfolio/ledger/%d", p);
		mesh_mark(&mesh, "portfolio.events", p, pens[p].source, &pens[p].epoch,
			  &pens[p].sequence);
		ck_assert_int_gt(pens[p].epoch, 0);
	}
}

/* A new owner of a partition opens: its epoch is in force from here on. */
static void open_epoch(int32_t partition)
{
	Bourse__Bus__V1__Opening opening = BOURSE__BUS__V1__OPENING__INIT;
	struct pen *pen = &pens[partition];
	char epoch[24];

	snprintf(epoch, sizeof(epoch), "%" PRId64, ++pen->epoch);
	struct mesh_record record = { .topic = "portfolio.events",
				      .partition = partition,
				      .key = pen->source,
				      .type = "bourse.bus.v1.Opening",
				      .source = pen->source,
				      .epoch = epoch };
	ck_assert_int_eq(mesh_produce_message(&mesh, &record, &opening.base, NULL), 0);
}

/* ---- what cannot be applied ---- */

static void check_parking(const char *neighbour)
{
	struct mesh_account account = mesh_account(0);
	struct mesh_outcome outcome;

	speak(account.id, deposit_event(account.id, 50 * MICROS));
	speak(account.id, booked_event(account.id, MICROS)); /* nobody asked for it */
	wait_parked(account.id, "PARK", false);
	/* Later ones of the key wait behind it, its commands are rejected, the neighbour goes on.
	 */
	speak(account.id, deposit_event(account.id, MICROS));
	wait_parked(account.id, "PARK", true);
	ck_assert_int_eq(cash(account.id), 50);
	outcome = order_of(account.id);
	ck_assert_int_eq(outcome.accepted, 0);
	ck_assert_int_eq(outcome.reason,
			 BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_ACCOUNT_BLOCKED);
	speak(neighbour, deposit_event(neighbour, 10 * MICROS));
	wait_cash(neighbour, 110);
	ck_assert_int_eq(order_of(neighbour).accepted, 1);
}

static void check_unreadable(void)
{
	struct mesh_account accounts[4];
	struct pen *pen = &pens[0];
	char epoch[24], sequence[24];

	for (size_t i = 0; i < 4; i++)
		accounts[i] = mesh_account(0);
	speak(accounts[0].id, deposit_event(accounts[1].id, MICROS));
	wait_parked(accounts[0].id, "WRONG_KEY", false);
	speak(accounts[1].id, deposit_event(accounts[1].id, -MICROS));
	wait_parked(accounts[1].id, "PARK", false);
	speak(accounts[2].id, deposit_event(accounts[2].id, INT64_MAX));
	speak(accounts[2].id, deposit_event(accounts[2].id, INT64_MAX));
	wait_parked(accounts[2].id, "OVERFLOW", false);
	snprintf(epoch, sizeof(epoch), "%" PRId64, pen->epoch);
	snprintf(sequence, sizeof(sequence), "%" PRId64, ++pen->sequence);
	struct mesh_record garbage = { .topic = "portfolio.events",
				       .key = accounts[3].id,
				       .type = STEP,
				       .source = pen->source,
				       .epoch = epoch,
				       .sequence = sequence,
				       .value = { (const uint8_t *)"\xff\xff\xff", 3 } };
	ck_assert_int_eq(mesh_produce(&mesh, &garbage, NULL), 0);
	wait_parked(accounts[3].id, "UNDECODABLE", false);
}

/* A fact of a later version is ignored, and counted. */
static void check_unknown_fact(const char *neighbour)
{
	event_t event = BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENT__INIT;
	int64_t before = mesh_metric(&mesh, "svc-orders", "bourse_unknown_facts_total");

	speak(neighbour, &event);
	speak(neighbour, deposit_event(neighbour, 10 * MICROS));
	wait_cash(neighbour, 120);
	ck_assert_int_eq(mesh_metric(&mesh, "svc-orders", "bourse_unknown_facts_total"),
			 before + 1);
}

/* ---- what comes twice, late, early, or from elsewhere ---- */

static void check_order(const char *account, const char *elsewhere)
{
	struct pen *pen = &pens[mesh_partition(account)];
	int64_t repeats = mesh_metric(&mesh, "svc-orders", "bourse_repeats_total");
	int64_t voids = mesh_metric(&mesh, "svc-orders", "bourse_void_total");
	int64_t gaps = mesh_metric(&mesh, "svc-orders", "bourse_gaps_total");
	int64_t at = cash(account);

	speak_at(account, deposit_event(account, MICROS), pen->epoch, pen->sequence);
	speak_at(account, deposit_event(account, MICROS), pen->epoch, 1);
	open_epoch(mesh_partition(account));
	speak_at(account, deposit_event(account, MICROS), pen->epoch - 1, pen->sequence + 1);
	speak(account, deposit_event(account, 5 * MICROS));
	wait_cash(account, at + 5);
	ck_assert_int_eq(mesh_metric(&mesh, "svc-orders", "bourse_repeats_total"), repeats + 2);
	ck_assert_int_eq(mesh_metric(&mesh, "svc-orders", "bourse_void_total"), voids + 1);

	/* The third before the second before the first. */
	speak_at(account, deposit_event(account, 30 * MICROS), pen->epoch, pen->sequence + 3);
	speak_at(account, deposit_event(account, 20 * MICROS), pen->epoch, pen->sequence + 2);
	speak(elsewhere, deposit_event(elsewhere, MICROS));
	wait_cash(elsewhere, 101);
	while (mesh_metric(&mesh, "svc-orders", "bourse_gaps_total") == gaps)
		mesh_pause(10);
	ck_assert_int_eq(cash(account), at + 5);
	speak(account, deposit_event(account, 10 * MICROS));
	wait_cash(account, at + 65);
	pen->sequence += 2;
}

/* ---- a hole that stays ---- */

static void check_hole(const char *account, const char *elsewhere)
{
	struct pen *pen = &pens[mesh_partition(account)];
	int64_t at = cash(account);
	char text[256], *said;

	speak_at(account, deposit_event(account, 2 * MICROS), pen->epoch, pen->sequence + 2);
	snprintf(text, sizeof(text),
		 "portfolio.events/0: a message of %s is missing: expected %" PRId64 "/%" PRId64
		 ", seen %" PRId64 "/%" PRId64,
		 pen->source, pen->epoch, pen->sequence + 1, pen->epoch, pen->sequence + 2);
	mesh_wait_readyz(&mesh, "svc-orders", 503, text);
	mesh_wait_readyz(&mesh, "svc-notify", 503, text);
	mesh_wait(&mesh, MESH_ORDERS, 1,
		  "select count(*) from lease where stopped like '%%expected%%'");
	ck_assert_int_eq(mesh_bourse(&mesh, &said, "lag"), 1);
	ck_assert_msg(strstr(said, "expected") != NULL, "%s", said);
	free(said);
	/* The other partition goes on. */
	speak(elsewhere, deposit_event(elsewhere, MICROS));
	wait_cash(elsewhere, 102);
	ck_assert_int_eq(order_of(elsewhere).accepted, 1);
	ck_assert_int_eq(cash(account), at);
	/* And this one by itself, when the missing one comes. */
	speak(account, deposit_event(account, MICROS));
	wait_cash(account, at + 3);
	pen->sequence++;
	mesh_wait_readyz(&mesh, "svc-orders", 200, "");
	mesh_wait_readyz(&mesh, "svc-notify", 200, "");
	ck_assert_int_eq(order_of(account).accepted, 1);
}

START_TEST(test_forged)
{
	struct mesh_account neighbour, elsewhere;
	char *said;

	mesh_open(&mesh, SYMBOL);
	neighbour = funded(0);
	elsewhere = funded(1);
	take_the_pen();
	check_parking(neighbour.id);
	check_unreadable();
	check_unknown_fact(neighbour.id);
	check_order(neighbour.id, elsewhere.id);
	check_hole(neighbour.id, elsewhere.id);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS, "select count(*) from parked_input"), 6);
	ck_assert_int_eq(mesh_bourse(&mesh, &said, "parked list --json"), 0);
	ck_assert_ptr_nonnull(strstr(said, "OVERFLOW"));
	free(said);
	mesh_leave(&mesh);
}
END_TEST

static void up(void)
{
	setenv("BOURSE_GAP_TIMEOUT", GAP, 1);
	mesh_up(&mesh, "stack", "up --services");
}

static void down(void)
{
	mesh_down(&mesh);
}

int main(void)
{
	Suite *suite = suite_create("mesh_forged");
	TCase *tcase = tcase_create("forged");

	tcase_set_timeout(tcase, 300);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_test(tcase, test_forged);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
