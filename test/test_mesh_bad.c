/*
 * Bad input from outside, each with its visible outcome: refused with its cause and kept raw, or
 * answered with a fact, or without any effect at all; and nobody else disturbed.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bourse/notify/v1/notify.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "bus/time.h"
#include "lib/mesh_trade.h"

#define TEXT(s)	       ((char *)(uintptr_t)(s))
#define REASON(reason) BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_##reason
#define PLACE	       "bourse.orders.v1.PlaceOrder"
#define SYMBOL	       "GOOD"

static struct mesh mesh;

/* Two good neighbours, one on each partition, with money; ids that survive the fork of each test.
 */
static const char *const neighbours[2] = { "00000000-0000-4000-8000-000000000001",
					   "00000000-0000-4000-8000-000000000003" };

static Bourse__Orders__V1__PlaceOrder good_order(const char *account)
{
	Bourse__Orders__V1__PlaceOrder place = BOURSE__ORDERS__V1__PLACE_ORDER__INIT;

	place.account_id = TEXT(account);
	place.symbol = TEXT(SYMBOL);
	place.side = SIDE_BUY;
	place.type = BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_LIMIT;
	place.time_in_force = TIF_DAY;
	place.quantity_micros = MICROS;
	place.limit_price_micros = MICROS;
	return place;
}

/* Orders of both neighbours are taken: nothing stands in their way. */
static void nobody_is_disturbed(void)
{
	for (int p = 0; p < 2; p++) {
		struct mesh_order order = { .account = neighbours[p],
					    .symbol = SYMBOL,
					    .side = SIDE_BUY,
					    .shares = 1,
					    .cents = 100 };

		mesh_place(&mesh, &order);
		mesh_flush(&mesh);
		mesh_wait(
			&mesh, MESH_ORDERS, 1,
			"select count(*) from customer_order where order_id = '%s' and status = 1",
			order.id);
	}
}

START_TEST(test_seed)
{
	for (int p = 0; p < 2; p++) {
		ck_assert_int_eq(mesh_partition(neighbours[p]), p);
		mesh_deposit(&mesh, neighbours[p], 100000);
	}
	mesh_open(&mesh, SYMBOL);
	nobody_is_disturbed();
}
END_TEST

/* ---- what cannot be read ---- */

struct refusal {
	const char *name;
	struct mesh_record record; /* what is not set is made good */
	bool no_key, no_id, no_type, elsewhere;
	void (*spoil)(Bourse__Orders__V1__PlaceOrder *place);
	const char *cause;
};

static void spoil_key(Bourse__Orders__V1__PlaceOrder *place)
{
	place->account_id = TEXT(neighbours[0]);
}

static void spoil_side(Bourse__Orders__V1__PlaceOrder *place)
{
	place->side = (Bourse__Orders__V1__Side)99;
}

static void spoil_type(Bourse__Orders__V1__PlaceOrder *place)
{
	place->type = (Bourse__Orders__V1__OrderType)-1;
}

static void spoil_text(Bourse__Orders__V1__PlaceOrder *place)
{
	place->client_order_id = TEXT("caf\xe9");
}

static void spoil_symbol(Bourse__Orders__V1__PlaceOrder *place)
{
	place->symbol = TEXT("\xed\xa0\x80");
}

static char long_key[200];

static const struct refusal refusals[] = {
	{ "undecodable bytes", .record = { .value = { (const uint8_t *)"\xff\xff\xff", 3 } },
	  .cause = "UNDECODABLE" },
	{ "a field that ends in the middle",
	  .record = { .value = { (const uint8_t *)"\x0a\x24", 2 } }, .cause = "UNDECODABLE" },
	{ "unknown type", .record = { .type = "bourse.orders.v1.Nonsense" },
	  .cause = "UNKNOWN_TYPE" },
	{ "wrong topic: orders to the ledger", .record = { .topic = "portfolio.commands" },
	  .cause = "UNKNOWN_TYPE" },
	{ "wrong topic: orders to users", .record = { .topic = "users.commands" },
	  .cause = "UNKNOWN_TYPE" },
	{ "wrong topic: orders to the market", .record = { .topic = "market.commands" },
	  .cause = "UNKNOWN_TYPE" },
	{ "wrong topic: orders to notify", .record = { .topic = "notify.commands" },
	  .cause = "UNKNOWN_TYPE" },
	{ "wrong topic: a deposit to the desk", .record = { .type = "bourse.portfolio.v1.Deposit" },
	  .cause = "UNKNOWN_TYPE" },
	{ "a command of the desk's to the book, from outside",
	  .record = { .type = "bourse.books.v1.NewOrder" }, .cause = "UNKNOWN_TYPE" },
	{ "no key", .no_key = true, .cause = "NO_KEY" },
	{ "a key too long", .record = { .key = long_key }, .cause = "NO_KEY" },
	{ "a key that is no text", .record = { .key = "\xc0\xaf" }, .cause = "NO_KEY" },
	{ "a key with a NUL", .record = { .key = "a\0b", .key_len = 3 }, .cause = "NO_KEY" },
	{ "no headers", .no_id = true, .no_type = true, .cause = "NO_TYPE" },
	{ "no type", .no_type = true, .cause = "NO_TYPE" },
	{ "no id", .no_id = true, .cause = "NO_ID" },
	{ "an id that is no UUID", .record = { .id = "4711" }, .cause = "NO_ID" },
	{ "an id with a quote", .record = { .id = "'; drop table command; --" }, .cause = "NO_ID" },
	{ "a key that does not match", .spoil = spoil_key, .cause = "WRONG_KEY" },
	{ "another client's partitioner", .elsewhere = true, .cause = "WRONG_PARTITION" },
	{ "a side out of range", .spoil = spoil_side, .cause = "INVALID" },
	{ "a type out of range", .spoil = spoil_type, .cause = "INVALID" },
	{ "an account that is no UUID", .record = { .key = "nobody" }, .cause = "INVALID" },
	{ "text that is not UTF-8", .spoil = spoil_text, .cause = "INVALID" },
	{ "a surrogate in UTF-8", .spoil = spoil_symbol, .cause = "INVALID" },
};

static enum mesh_store store_of(const char *topic)
{
	static const char *const first[] = { "users.", "orders.", "portfolio.", "market.",
					     "notify." };

	for (enum mesh_store s = MESH_USERS; s < MESH_STORES; s++)
		if (strncmp(topic, first[s], strlen(first[s])) == 0)
			return s;
	ck_abort_msg("%s", topic);
}

/* Kept raw, with its cause. */
static void wait_refused(const char *name, const struct mesh_record *record, int64_t offset,
			 const char *cause)
{
	enum mesh_store store = store_of(record->topic);
	char *row, expected[160];

	mesh_wait(&mesh, store, 1,
		  "select count(*) from refused_input where topic = '%s' and partition = %d and "
		  "record_offset = %" PRId64,
		  record->topic, record->partition, offset);
	row = mesh_rows(
		&mesh, store,
		"select cause, octet_length(value), coalesce(octet_length(key), -1), detail <> "
		"'' from refused_input where topic = '%s' and partition = %d and "
		"record_offset = %" PRId64,
		record->topic, record->partition, offset);
	snprintf(expected, sizeof(expected), "%s|%zu|%d|t\n", cause, record->value.len,
		 record->key ? (int)(record->key_len ? record->key_len : strlen(record->key)) : -1);
	ck_assert_msg(strcmp(row, expected) == 0, "%s: %s, not %s", name, row, expected);
	free(row);
}

START_TEST(test_refused)
{
	const struct refusal *refusal = &refusals[_i];
	struct mesh_account account = mesh_account(0);
	struct mesh_record record = refusal->record;
	char id[BUS_ID_TEXT];
	Bourse__Orders__V1__PlaceOrder place;
	uint8_t body[512];
	int64_t offset;

	memset(long_key, 'k', sizeof(long_key) - 1);
	if (!record.key && !refusal->no_key)
		record.key = account.id;
	place = good_order(record.key && !record.key_len ? record.key : account.id);
	if (refusal->spoil)
		refusal->spoil(&place);
	if (!record.value.data)
		record.value = bus_bytes(body, protobuf_c_message_pack(&place.base, body));
	if (!record.topic)
		record.topic = "orders.commands";
	if (!record.type && !refusal->no_type)
		record.type = PLACE;
	if (!record.id && !refusal->no_id)
		record.id = bus_id_format(bus_id_random(), id);
	record.partition = record.key && !record.key_len ? mesh_partition(record.key) : 0;
	record.partition = refusal->elsewhere ? 1 - record.partition : record.partition;
	ck_assert_int_eq(mesh_produce(&mesh, &record, &offset), 0);
	wait_refused(refusal->name, &record, offset, refusal->cause);
}
END_TEST

/* Too large for a command, but not for the topic; and too large for the broker. */
START_TEST(test_large)
{
	struct mesh_account account = mesh_account(0);
	uint8_t *value = bus_calloc(1, 10 << 20);
	char id[BUS_ID_TEXT];
	struct mesh_record record = { .topic = "orders.commands",
				      .key = account.id,
				      .type = PLACE,
				      .id = bus_id_format(bus_id_random(), id),
				      .value = { value, 2 << 20 } };
	int64_t offset, end;

	ck_assert_int_eq(mesh_produce(&mesh, &record, &offset), 0);
	wait_refused("2 MB", &record, offset, "TOO_LARGE");
	record.value.len = 10 << 20;
	end = mesh_end(&mesh, record.topic, 0);
	ck_assert_int_eq(mesh_produce(&mesh, &record, &offset),
			 RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	ck_assert_int_eq(mesh_end(&mesh, record.topic, 0), end);
	free(value);
}
END_TEST

/* One of our own processors sends commands there, too: an opening is none, whoever it is from. */
START_TEST(test_opening_is_no_command)
{
	struct mesh_account account = mesh_account(0);
	int64_t before = mesh_number(&mesh, MESH_ORDERS, "select count(*) from refused_input");
	char id[BUS_ID_TEXT];
	struct mesh_record record = { .topic = "orders.commands",
				      .key = account.id,
				      .type = "bourse.bus.v1.Opening",
				      .source = "/svc-users/users/0",
				      .epoch = "99",
				      .id = bus_id_format(bus_id_random(), id),
				      .value = { (const uint8_t *)"", 0 } };

	ck_assert_int_eq(mesh_produce(&mesh, &record, NULL), 0);
	nobody_is_disturbed();
	mesh_settle(&mesh);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS, "select count(*) from refused_input"),
			 before);
}
END_TEST

START_TEST(test_refused_are_listed)
{
	char *said;
	int lines = 0;

	ck_assert_int_eq(mesh_bourse(&mesh, &said, "refused list --json"), 0);
	for (const char *c = said; *c; c++)
		lines += *c == '\n';
	ck_assert_int_eq(lines, (int)BUS_ARRAY_LEN(refusals) + 1);
	free(said);
	nobody_is_disturbed();
}
END_TEST

/* ---- what can be read, and is rejected with a fact ---- */

struct bad_amount {
	int64_t quantity, price;
	int reason;
};

START_TEST(test_amounts)
{
	static const struct bad_amount bad[] = {
		{ -MICROS, MICROS, REASON(INVALID_QUANTITY) },
		{ INT64_MIN, MICROS, REASON(INVALID_QUANTITY) },
		{ MICROS, -MICROS, REASON(INVALID_PRICE) },
		{ INT64_MAX / MICROS * MICROS, INT64_MAX / 10000 * 10000,
		  REASON(INVALID_QUANTITY) },
		{ INT64_MAX / MICROS * MICROS, 10000, REASON(INSUFFICIENT_BUYING_POWER) },
	};
	char ids[BUS_ARRAY_LEN(bad)][BUS_ID_TEXT];

	for (size_t i = 0; i < BUS_ARRAY_LEN(bad); i++) {
		Bourse__Orders__V1__PlaceOrder place = good_order(neighbours[0]);
		char ce_id[BUS_ID_TEXT];

		bus_id_format(bus_id_random(), ce_id);
		mesh_derived("desk", neighbours[0], ce_id, ids[i]);
		place.quantity_micros = bad[i].quantity;
		place.limit_price_micros = bad[i].price;
		mesh_send(&mesh, "orders.commands", neighbours[0], &place.base, ce_id, 0);
	}
	mesh_settle(&mesh);
	for (size_t i = 0; i < BUS_ARRAY_LEN(bad); i++) {
		struct mesh_outcome outcome = mesh_outcome(&mesh, ids[i]);

		ck_assert_int_eq(outcome.accepted, 0);
		ck_assert_int_eq(outcome.rejected, 1);
		ck_assert_int_eq(outcome.reason, bad[i].reason);
	}
	nobody_is_disturbed();
}
END_TEST

struct rejections {
	int count[32];
};

static void count_rejections(void *arg, const rd_kafka_message_t *record, const struct bus_ce *ce)
{
	Bourse__Portfolio__V1__PortfolioEvents *step =
		bourse__portfolio__v1__portfolio_events__unpack(NULL, record->len, record->payload);
	struct rejections *rejections = arg;

	(void)ce;
	ck_assert_ptr_nonnull(step);
	for (size_t i = 0; i < step->n_events; i++)
		if (step->events[i]->event_case ==
		    BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENT__EVENT_COMMAND_REJECTED)
			rejections->count[step->events[i]->command_rejected->reason]++;
	bourse__portfolio__v1__portfolio_events__free_unpacked(step, NULL);
}

START_TEST(test_deposits)
{
	static const int64_t amounts[] = { 0, -1, INT64_MIN, INT64_MAX, INT64_MAX - 1 };
	Bourse__Portfolio__V1__Deposit deposit = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT;
	struct rejections rejections = { 0 };
	const char *me = neighbours[1];
	char *before =
		mesh_rows(&mesh, MESH_PORTFOLIO, "select * from portfolio_account order by 1");
	char *after;

	deposit.account_id = TEXT(me);
	for (size_t i = 0; i < BUS_ARRAY_LEN(amounts); i++) {
		deposit.amount_micros = amounts[i];
		mesh_send(&mesh, "portfolio.commands", me, &deposit.base, NULL, 0);
	}
	deposit.symbol = TEXT(SYMBOL);
	deposit.amount_micros = 0;
	deposit.quantity_micros = -5;
	mesh_send(&mesh, "portfolio.commands", me, &deposit.base, NULL, 0);
	deposit.quantity_micros = INT64_MAX;
	deposit.cost_price_micros = INT64_MAX;
	mesh_send(&mesh, "portfolio.commands", me, &deposit.base, NULL, 0);
	mesh_settle(&mesh);
	mesh_read(&mesh, "portfolio.events", count_rejections, &rejections);
	ck_assert_int_eq(rejections.count[REASON(INVALID_AMOUNT)], 5);
	ck_assert_int_eq(rejections.count[REASON(INVALID_QUANTITY)], 2);
	after = mesh_rows(&mesh, MESH_PORTFOLIO, "select * from portfolio_account order by 1");
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	nobody_is_disturbed();
}
END_TEST

/* ---- what is said, but not believed ---- */

START_TEST(test_forged_headers)
{
	static const struct mesh_record forged[] = {
		{ .time = "2099-01-01T00:00:00Z" },
		{ .source = "/svc-orders/desk/0" },
		{ .source = "/svc-orders/desk/0", .epoch = "999", .sequence = "1" },
		{ .source = "/svc-portfolio/ledger/0",
		  .epoch = "9223372036854775807",
		  .sequence = "9223372036854775807" },
		{ .epoch = "-1", .sequence = "0" },
		{ .epoch = "1e9", .sequence = "nonsense", .time = "yesterday" },
	};
	char orders[BUS_ARRAY_LEN(forged)][BUS_ID_TEXT];
	int64_t now = bus_time_wall();

	for (size_t i = 0; i < BUS_ARRAY_LEN(forged); i++) {
		Bourse__Orders__V1__PlaceOrder place = good_order(neighbours[0]);
		struct mesh_record record = forged[i];
		char id[BUS_ID_TEXT];

		record.topic = "orders.commands";
		record.key = neighbours[0];
		record.type = PLACE;
		record.id = bus_id_format(bus_id_random(), id);
		mesh_derived("desk", record.key, id, orders[i]);
		/* Twice: it is still one command. */
		ck_assert_int_eq(mesh_produce_message(&mesh, &record, &place.base, NULL), 0);
		ck_assert_int_eq(mesh_produce_message(&mesh, &record, &place.base, NULL), 0);
	}
	mesh_settle(&mesh);
	for (size_t i = 0; i < BUS_ARRAY_LEN(forged); i++) {
		struct mesh_outcome outcome = mesh_outcome(&mesh, orders[i]);

		ck_assert_int_eq(outcome.accepted, 1);
		ck_assert_int_eq(outcome.rejected, 0);
		ck_assert_int_lt(outcome.accepted_at, now + 3600 * BUS_SECOND);
		ck_assert_int_ge(outcome.accepted_at, now - BUS_SECOND);
	}
	nobody_is_disturbed();
}
END_TEST

START_TEST(test_ce_id_of_another)
{
	struct mesh_order orders[2];
	char id[BUS_ID_TEXT];

	bus_id_format(bus_id_random(), id);
	for (int p = 0; p < 2; p++) {
		orders[p] = (struct mesh_order){ .account = neighbours[p],
						 .symbol = SYMBOL,
						 .side = SIDE_BUY,
						 .shares = 1,
						 .cents = 100,
						 .ce_id = id };
		mesh_place(&mesh, &orders[p]);
	}
	mesh_settle(&mesh);
	ck_assert_str_ne(orders[0].id, orders[1].id);
	for (int p = 0; p < 2; p++)
		ck_assert_int_eq(mesh_outcome(&mesh, orders[p].id).accepted, 1);
}
END_TEST

START_TEST(test_books_are_right)
{
	char *said;

	mesh_settle(&mesh);
	mesh_check(&mesh, 0);
	ck_assert_msg(mesh_bourse(&mesh, &said, "audit") == 0, "bourse audit: %s", said);
	free(said);
}
END_TEST

/* What anybody writes to a topic of ours is counted and left out. */
START_TEST(test_foreign)
{
	Bourse__Orders__V1__PlaceOrder place = good_order(neighbours[0]);
	struct mesh_record record = { .topic = "books.commands",
				      .key = SYMBOL,
				      .partition = mesh_partition(SYMBOL),
				      .type = PLACE,
				      .id = neighbours[0] };
	int64_t before = mesh_metric(&mesh, "svc-orders", "bourse_foreign_total");

	ck_assert_int_eq(mesh_produce_message(&mesh, &record, &place.base, NULL), 0);
	record.source = "/svc-evil/desk/0";
	record.epoch = record.sequence = "1000000";
	ck_assert_int_eq(mesh_produce_message(&mesh, &record, &place.base, NULL), 0);
	mesh_settle(&mesh);
	ck_assert_int_eq(mesh_metric(&mesh, "svc-orders", "bourse_foreign_total"), before + 2);
	nobody_is_disturbed();
}
END_TEST

/* ---- a row that PostgreSQL refuses ---- */

static void refuse_row(enum mesh_store store, const char *table, const char *account)
{
	mesh_exec(&mesh, store,
		  "create function refuse_one() returns trigger language plpgsql as $$ begin "
		  "if new.account_id = '%s' then raise exception 'not this one' using errcode = "
		  "'23514'; end if; return new; end $$; "
		  "create trigger refuse_one before insert or update on %s for each row execute "
		  "function refuse_one()",
		  account, table);
}

/* The most records of a batch that was refused, by the service's own log. */
static long refused_batch(const char *part)
{
	char path[1024], line[4096];
	long most = 0;
	FILE *log;

	snprintf(path, sizeof(path), "%s/log/%s.log", mesh.dir, part);
	log = fopen(path, "r");
	ck_assert_ptr_nonnull(log);
	while (fgets(line, sizeof(line), log)) {
		const char *at = strstr(line, "PostgreSQL refused a batch");

		at = at ? strstr(at, "records=") : NULL;
		if (at && strtol(at + 8, NULL, 10) > most)
			most = strtol(at + 8, NULL, 10);
	}
	(void)fclose(log);
	return most;
}

/* One of a thousand deposits cannot be stored by the ledger, another one not by the desk. */
START_TEST(test_data_refused)
{
	enum { ACCOUNTS = 1000, LEDGERS = 300, DESKS = 700 };
	static struct mesh_account accounts[ACCOUNTS];
	int64_t ledger =
		mesh_number(&mesh, MESH_PORTFOLIO, "select count(*) from portfolio_account");
	int64_t desk = mesh_number(&mesh, MESH_ORDERS, "select count(*) from desk_account");
	struct mesh_order order = { .symbol = SYMBOL, .side = SIDE_BUY, .shares = 1, .cents = 100 };
	char *row;

	for (int i = 0; i < ACCOUNTS; i++)
		accounts[i] = mesh_account(i % 2);
	refuse_row(MESH_PORTFOLIO, "portfolio_account", accounts[LEDGERS].id);
	refuse_row(MESH_ORDERS, "desk_account", accounts[DESKS].id);
	/* While nobody reads, all of them gather. */
	mesh_stack(&mesh, "stop svc-portfolio");
	for (int i = 0; i < ACCOUNTS; i++)
		mesh_deposit(&mesh, accounts[i].id, 5);
	mesh_flush(&mesh);
	mesh_stack(&mesh, "start svc-portfolio");
	mesh_settle(&mesh);
	ck_assert_int_ge(refused_batch("svc-portfolio"), 500);

	ck_assert_int_eq(
		mesh_number(&mesh, MESH_PORTFOLIO, "select count(*) from portfolio_account"),
		ledger + ACCOUNTS - 1);
	ck_assert_int_eq(mesh_number(&mesh, MESH_PORTFOLIO,
				     "select count(*) from refused_input where cause = "
				     "'DATA_REFUSED' and convert_from(key, 'UTF8') = '%s'",
				     accounts[LEDGERS].id),
			 1);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS, "select count(*) from desk_account"),
			 desk + ACCOUNTS - 2);
	row = mesh_rows(&mesh, MESH_ORDERS,
			"select processor, topic, key, cause, behind from parked_input");
	char expected[128];
	snprintf(expected, sizeof(expected), "desk|portfolio.events|%s|DATA_REFUSED|f\n",
		 accounts[DESKS].id);
	ck_assert_str_eq(row, expected);
	free(row);
	/* Its owner is told. */
	order.account = accounts[DESKS].id;
	mesh_place(&mesh, &order);
	mesh_settle(&mesh);
	ck_assert_int_eq(mesh_outcome(&mesh, order.id).reason, REASON(ACCOUNT_BLOCKED));
	nobody_is_disturbed();
}
END_TEST

static void up(void)
{
	mesh_up(&mesh, "stack", "up --services");
}

static void down(void)
{
	mesh_down(&mesh);
}

static void leave(void)
{
	mesh_leave(&mesh);
}

int main(void)
{
	Suite *suite = suite_create("mesh_bad");
	TCase *tcase = tcase_create("bad");

	tcase_set_timeout(tcase, 300);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_checked_fixture(tcase, NULL, leave);
	tcase_add_test(tcase, test_seed);
	tcase_add_loop_test(tcase, test_refused, 0, (int)BUS_ARRAY_LEN(refusals));
	tcase_add_test(tcase, test_large);
	tcase_add_test(tcase, test_opening_is_no_command);
	tcase_add_test(tcase, test_refused_are_listed);
	tcase_add_test(tcase, test_amounts);
	tcase_add_test(tcase, test_deposits);
	tcase_add_test(tcase, test_forged_headers);
	tcase_add_test(tcase, test_ce_id_of_another);
	tcase_add_test(tcase, test_books_are_right);
	tcase_add_test(tcase, test_foreign);
	tcase_add_test(tcase, test_data_refused);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
