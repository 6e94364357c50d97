/* Commands in, records out, and what the stores know: each command as a person uses it. */
#include <libpq-fe.h>

#include "bus/ce.h"
#include "bus/hash.h"
#include "bus/migrate.h"
#include "bus/reader.h"
#include "libbus/migrations.h"
#include "shell.h"

#define ACCOUNT "11111111-1111-4111-8111-111111111111"
#define ID	"22222222-2222-4222-8222-222222222222"

/* Sending and reading **************************************************************************/

static const char commands[] =
	"{\"type\":\"PlaceOrder\",\"id\":\"" ID
	"\",\"time\":\"2012-06-21T13:30:00.5Z\",\"message\":"
	"{\"account_id\":\"" ACCOUNT "\",\"symbol\":\"AAPL\",\"side\":\"BUY\",\"quantity\":\"60\","
	"\"limit_price\":\"585.40\"}}\n"
	"\n"
	"{\"type\":\"bourse.market.v1.OpenSession\",\"message\":{\"symbol\":\"AAPL\",\"session_"
	"date\":20120621}}\n"
	"{\"type\":\"PlaceOrder\",\"message\":{\"account_id\":\"" ACCOUNT "\",\"side\":\"UP\"}}\n"
	"{not json\n"
	"{\"topic\":\"no.such.topic\",\"type\":\"CancelOrder\",\"message\":{\"account_id\":"
	"\"" ACCOUNT "\"}}\n"
	"{\"type\":\"CancelOrder\",\"message\":{\"account_id\":\"" ACCOUNT "\",\"order_id\":\"" ID
	"\"}}";

START_TEST(send_then_tail)
{
	struct bus_bytes key = bus_bytes(ACCOUNT, strlen(ACCOUNT));
	json_t *record, *message;

	expect(0, "topics --create", NULL);
	expect(1, "send", commands);
	ck_assert_str_eq(out, "sent 3, failed 3\n");
	expect_err("line 4: message: side: 'UP' is not a Side\n");
	expect_err("line 5: not JSON: column ");
	expect_err("line 6: topic no.such.topic is not there\n");

	expect(0, "tail orders.commands", NULL);
	ck_assert_int_eq(count_lines(out), 2);
	ck_assert_str_eq(err, "");
	record = line(0);
	ck_assert_str_eq(text_of(record, "topic"), "orders.commands");
	ck_assert_int_eq(number_of(record, "partition"), bus_partition(key, 2));
	ck_assert_int_eq(number_of(record, "offset"), 0);
	ck_assert_str_eq(text_of(record, "key"), ACCOUNT);
	ck_assert_str_eq(text_of(record, "id"), ID);
	ck_assert_str_eq(text_of(record, "type"), "bourse.orders.v1.PlaceOrder");
	ck_assert_str_eq(text_of(record, "ce_time"), "2012-06-21T13:30:00.500000Z");
	message = json_object_get(record, "message");
	ck_assert_str_eq(text_of(message, "side"), "SIDE_BUY");
	ck_assert_int_eq(number_of(message, "quantity_micros"), 60000000);
	ck_assert_int_eq(number_of(message, "limit_price_micros"), 585400000);
	json_decref(record);
}
END_TEST

START_TEST(tail_picks)
{
	static const struct {
		const char *arguments;
		int lines;
	} cases[] = {
		{ "tail orders.commands --type CancelOrder", 1 },
		{ "tail orders.commands --type bourse.orders.v1.CancelOrder", 1 },
		{ "tail orders.commands --type Deposit", 0 },
		{ "tail orders.commands --key " ACCOUNT, 2 },
		{ "tail orders.commands --key " ACCOUNT " --raw", 2 },
		{ "tail orders.commands --key nobody --raw", 0 },
		{ "tail orders.commands --limit 1", 1 },
		{ "tail orders.commands --from 1", 1 },
		{ "tail orders.commands --to 1", 1 },
		{ "tail orders.commands --from end", 0 },
		{ "tail orders.commands --from 99", 0 },
		{ "tail orders.commands --from 2012-06-21T13:30:00Z", 2 },
		{ "tail orders.commands --to 2012-06-21T13:30:00Z", 0 },
		{ "tail orders.commands --from 2012-06-21T13:30:00Z --to end", 2 },
		{ "tail books.events", 0 },
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(cases); i++) {
		expect(0, cases[i].arguments, NULL);
		ck_assert_msg(count_lines(out) == cases[i].lines, "%s: %s", cases[i].arguments,
			      out);
	}
	expect(1, "tail no.such.topic", NULL);
	expect_err("topic no.such.topic: ");
	expect(2, "tail orders.commands --from yesterday", NULL);
	expect(2, "tail orders.commands --follow --to 5", NULL);
	expect(2, "tail", NULL);
}
END_TEST

START_TEST(send_says_where)
{
	json_t *sent;

	expect(0, "send --json --rate 1000",
	       "{\"type\":\"Deposit\",\"id\":\"" ID "\",\"message\":{\"account_id\":\"" ACCOUNT
	       "\",\"amount\":10000}}\n");
	sent = line(0);
	ck_assert_int_eq(number_of(sent, "line"), 1);
	ck_assert_str_eq(text_of(sent, "id"), ID);
	ck_assert_str_eq(text_of(sent, "key"), ACCOUNT);
	ck_assert_str_eq(text_of(sent, "topic"), "portfolio.commands");
	ck_assert_int_eq(number_of(sent, "offset"), 0);
	json_decref(sent);
	/* Nothing behind the first wrong line; nothing at all. */
	expect(1, "send --strict",
	       "{}\n{\"type\":\"Deposit\",\"message\":{\"account_id\":\"a\"}}\n");
	ck_assert_str_eq(out, "sent 0, failed 1\n");
	expect(0, "send --dry-run", "{\"type\":\"Deposit\",\"message\":{\"account_id\":\"a\"}}\n");
	expect(0, "tail portfolio.commands", NULL);
	ck_assert_int_eq(count_lines(out), 1);
	expect(1, "send /no/such/file", NULL);
}
END_TEST

/* As fast as it goes, and paced: a second is 50 commands. */
START_TEST(send_many)
{
	char *input = NULL;
	size_t size;
	FILE *file = open_memstream(&input, &size);

	for (int i = 0; i < 20000; i++)
		fprintf(file, "{\"type\":\"SetPreference\",\"message\":{\"account_id\":\"a%d\"}}\n",
			i % 7);
	(void)fclose(file);
	expect(0, "send", input);
	ck_assert_str_eq(out, "sent 20000, failed 0\n");
	free(input);
	expect(0, "tail notify.commands --key a3 --limit 3000", NULL);
	ck_assert_int_eq(count_lines(out), 20000 / 7);
	ck_assert_int_eq(
		shell("for i in $(seq 51); do echo '{\"type\":\"SetPreference\",\"message\":"
		      "{\"account_id\":\"b\"}}'; done >%s/in2; s=$(date +%%s%%N); "
		      "%s/bourse send %s/in2 --rate 50 && "
		      "[ $(($(date +%%s%%N) - s)) -ge 1000000000 ]",
		      tmp, build, tmp),
		0);
}
END_TEST

/* The reader's rule **************************************************************************/

/* One record on portfolio.events/0; sequence 0 is the opening of the epoch. */
static void write_step(rd_kafka_t *rk, const char *source, int64_t epoch, int64_t sequence)
{
	struct bus_ce_out ce = { .source = source,
				 .type = sequence ? "bourse.portfolio.v1.PortfolioEvents"
						  : BUS_OPENING_TYPE,
				 .epoch = epoch,
				 .sequence = sequence };
	/* {"events": [{"cash_deposited": {}}]} */
	static char value[] = { 0x12, 0x02, 0x1a, 0x00 };

	ck_assert_int_eq(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC("portfolio.events"),
					   RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY("k", 1),
					   RD_KAFKA_V_VALUE(value, sequence ? sizeof(value) : 0),
					   RD_KAFKA_V_HEADERS(bus_ce_headers(&ce)), RD_KAFKA_V_END),
			 0);
}

START_TEST(tail_by_the_rule)
{
	static const char mine[] = "/svc-portfolio/ledger/0";
	static const int64_t expected[] = { 1, 2, 3, 4 };
	static const struct {
		int64_t epoch, sequence;
	} steps[] = {
		{ 1, 0 }, { 1, 1 }, { 1, 2 }, { 1, 2 }, { 2, 0 },
		{ 1, 3 }, { 2, 4 }, { 2, 3 }, { 2, 6 },
	};
	rd_kafka_t *rk = producer();
	json_t *record;

	for (size_t i = 0; i < BUS_ARRAY_LEN(steps); i++)
		write_step(rk, mine, steps[i].epoch, steps[i].sequence);
	write_step(rk, "/svc-orders/desk/0", 2, 5);
	ck_assert_int_eq(rd_kafka_flush(rk, 30000), 0);
	rd_kafka_destroy(rk);

	expect(1, "tail portfolio.events", NULL);
	ck_assert_int_eq(count_lines(out), (int)BUS_ARRAY_LEN(expected));
	for (int i = 0; i < (int)BUS_ARRAY_LEN(expected); i++) {
		record = line(i);
		ck_assert_int_eq(number_of(record, "sequence"), expected[i]);
		ck_assert_str_eq(text_of(record, "source"), mine);
		json_decref(record);
	}
	expect_err("left out: 1 repeats, 1 void, 1 foreign, 1 ahead of a missing one\n");
	expect_err("portfolio.events/0: waits for sequence 5 of /svc-portfolio/ledger/0 in epoch 2;"
		   " there is 2/6\n");
	expect(1, "tail portfolio.events --type CashDeposited", NULL);
	ck_assert_int_eq(count_lines(out), (int)BUS_ARRAY_LEN(expected));
	expect(1, "tail portfolio.events --type TradeBooked", NULL);
	ck_assert_int_eq(count_lines(out), 0);
	/* --raw shows all, and what the rule says of each. */
	expect(1, "tail portfolio.events --raw", NULL);
	ck_assert_int_eq(count_lines(out), (int)BUS_ARRAY_LEN(steps) + 1);
	record = line(5);
	ck_assert_str_eq(text_of(record, "reading"), "void");
	json_decref(record);
	record = line(9);
	ck_assert_str_eq(text_of(record, "reading"), "foreign");
	json_decref(record);
}
END_TEST

START_TEST(tail_follows_until_told)
{
	/* It sees what comes after it began, and ends by SIGINT with 0. */
	ck_assert_int_eq(
		shell("%s/bourse tail market.commands --from end --follow >%s/followed & pid=$!; "
		      "sleep 2; "
		      "echo '{\"type\":\"CloseSession\",\"message\":{\"symbol\":\"AAPL\"}}' | "
		      "%s/bourse send; "
		      "for i in $(seq 100); do [ -s %s/followed ] && break; sleep 0.1; done; "
		      "kill -INT $pid; wait $pid",
		      build, tmp, build, tmp),
		0);
	slurp("followed", out, sizeof(out));
	ck_assert_int_eq(count_lines(out), 1);
	ck_assert_ptr_nonnull(strstr(out, "bourse.market.v1.CloseSession"));
}
END_TEST

START_TEST(tail_shows_what_it_cannot_decode)
{
	rd_kafka_t *rk = producer();
	struct bus_ce_out ce = { .type = "bourse.orders.v1.PlaceOrder" };
	static char bad[] = "\xff\xff";
	json_t *record;

	ck_assert_int_eq(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC("users.commands"),
					   RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY(bad, 2),
					   RD_KAFKA_V_VALUE(bad, 2),
					   RD_KAFKA_V_HEADERS(bus_ce_headers(&ce)), RD_KAFKA_V_END),
			 0);
	ck_assert_int_eq(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC("users.commands"),
					   RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_VALUE(bad, 2),
					   RD_KAFKA_V_END),
			 0);
	ck_assert_int_eq(rd_kafka_flush(rk, 30000), 0);
	rd_kafka_destroy(rk);
	expect(0, "tail users.commands", NULL);
	record = line(0);
	ck_assert_str_eq(text_of(record, "value"), "//8=");
	ck_assert_str_eq(text_of(json_object_get(record, "key"), "base64"), "//8=");
	ck_assert_str_eq(text_of(record, "error"), "the value is not a message of its type");
	json_decref(record);
	record = line(1);
	ck_assert(json_is_null(json_object_get(record, "key")));
	ck_assert_str_eq(text_of(record, "error"), "the record has no ce_type");
	json_decref(record);
}
END_TEST

/* The stores *********************************************************************************/

static void sql(PGconn *conn, const char *text)
{
	PGresult *result = PQexec(conn, text);

	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s: %s", text,
		      PQerrorMessage(conn));
	PQclear(result);
}

/* Every service has its database, and only the desk has done anything. */
static void fill_stores(void)
{
	static const char *const owners[] = { "BOURSE_USERS_OWNER_URL", "BOURSE_ORDERS_OWNER_URL",
					      "BOURSE_PORTFOLIO_OWNER_URL",
					      "BOURSE_MARKETDATA_OWNER_URL",
					      "BOURSE_NOTIFY_OWNER_URL" };
	PGconn *conn;

	for (size_t i = 0; i < BUS_ARRAY_LEN(owners); i++) {
		conn = PQconnectdb(getenv(owners[i]));
		ck_assert_int_eq(bus_migrate(conn, "bus", bus_migrations, bus_migrations_count), 0);
		PQfinish(conn);
	}
	conn = PQconnectdb(getenv("BOURSE_ORDERS_OWNER_URL"));
	sql(conn,
	    "insert into lease (processor, version, partition, owner, epoch, sequence, published,"
	    " position_topic, position_next, position_hash) values"
	    " ('desk', 1, 0, 'here', 3, 10, 8, '{notify.commands,books.executions}', '{1,0}', "
	    "'{0,0}')");
	sql(conn,
	    "insert into refused_input (processor, topic, partition, record_offset, key, type, "
	    "ce_id,"
	    " ce_source, value, cause, detail, appended_at) values"
	    " ('desk', 'orders.commands', 1, 7, '\\x00ff', 'bourse.orders.v1.PlaceOrder', '', '', "
	    "'\\xffff',"
	    " 'UNDECODABLE', 'no', 1340285400004241),"
	    " ('desk', 'orders.commands', 1, 8, 'abc', 'bourse.orders.v1.CancelOrder', 'x', '',"
	    " '\\x0a03616263', 'NO_ID', 'none', 1340285400004242)");
	sql(conn, "insert into parked_input (processor, topic, partition, record_offset, key, "
		  "type, ce_source,"
		  " value, cause, detail, behind, appended_at) values ('desk', 'portfolio.events', "
		  "0, 3, 'k',"
		  " 'bourse.portfolio.v1.PortfolioEvents', '/svc-portfolio/ledger/0', "
		  "'\\x12021a00', 'OVERFLOW',"
		  " 'too much', true, 1)");
	PQfinish(conn);
}

START_TEST(lag_of_the_desk)
{
	json_t *row;
	PGconn *conn;

	expect(1, "lag", NULL);
	expect_err("the database of svc-users is not migrated yet\n");
	fill_stores();
	expect(0, "lag --json", NULL);
	ck_assert_int_eq(count_lines(out), 2);
	row = line(1);
	ck_assert_str_eq(text_of(row, "service"), "svc-orders");
	ck_assert_str_eq(text_of(row, "topic"), "notify.commands");
	ck_assert_int_eq(number_of(row, "position"), 1);
	ck_assert_int_gt(number_of(row, "end"), 1);
	ck_assert_int_eq(number_of(row, "lag"), number_of(row, "end") - 1);
	ck_assert_int_eq(number_of(row, "unpublished"), 2);
	ck_assert_int_eq(number_of(row, "epoch"), 3);
	ck_assert(json_is_null(json_object_get(row, "stopped")));
	json_decref(row);
	conn = PQconnectdb(getenv("BOURSE_ORDERS_OWNER_URL"));
	sql(conn, "update lease set stopped = 'waits for 5'");
	PQfinish(conn);
	expect(1, "lag", NULL);
	ck_assert_ptr_nonnull(strstr(out, "waits for 5"));
}
END_TEST

START_TEST(refused_and_parked)
{
	json_t *row;

	expect(0, "refused list", NULL);
	ck_assert_int_eq(count_lines(out), 4);
	ck_assert_ptr_nonnull(strstr(out, "orders.commands/1/8"));
	ck_assert_ptr_nonnull(strstr(out, "2 of 2\n"));
	expect(0, "refused list --limit 1 --json", NULL);
	ck_assert_int_eq(count_lines(out), 1);
	expect(0, "refused list --topic users.commands --json", NULL);
	ck_assert_str_eq(out, "");
	expect(0, "refused show orders.commands/1/8 --json", NULL);
	row = line(0);
	ck_assert_str_eq(text_of(row, "cause"), "NO_ID");
	ck_assert_str_eq(text_of(json_object_get(row, "message"), "account_id"), "abc");
	json_decref(row);
	expect(0, "refused show orders.commands/1/7 --json", NULL);
	row = line(0);
	ck_assert_str_eq(text_of(row, "value"), "//8=");
	ck_assert_str_eq(text_of(json_object_get(row, "key"), "base64"), "AP8=");
	json_decref(row);
	expect(1, "refused show orders.commands/1/9", NULL);
	expect_err("no such input: orders.commands/1/9");
	expect(2, "refused show orders.commands", NULL);
	expect(2, "refused forget", NULL);

	expect(0, "parked list --json", NULL);
	row = line(0);
	ck_assert_str_eq(text_of(row, "key"), "k");
	ck_assert(json_is_true(json_object_get(row, "behind")));
	json_decref(row);
	expect(0, "parked show portfolio.events/0/3", NULL);
	ck_assert_ptr_nonnull(strstr(out, "cash_deposited"));
}
END_TEST

/* Itself *************************************************************************************/

START_TEST(helps)
{
	static const char *const names[] = { "topics", "send", "tail", "lag", "refused", "parked" };
	char text[64];

	expect(0, "--help", NULL);
	for (size_t i = 0; i < BUS_ARRAY_LEN(names); i++) {
		ck_assert_ptr_nonnull(strstr(out, names[i]));
		snprintf(text, sizeof(text), "%s --nonsense", names[i]);
		expect(2, text, NULL);
		snprintf(text, sizeof(text), "%s --help", names[i]);
		expect(0, text, NULL);
		ck_assert_ptr_nonnull(strstr(out, "\nexamples:\n"));
		expect(0, "--help", NULL);
	}
	expect(2, "", NULL);
	expect(2, "nonsense", NULL);
}
END_TEST

START_TEST(finds_the_stack_by_itself)
{
	/* build/stack/env below the current folder counts where nothing is set; what is set stays.
	 */
	ck_assert_int_eq(
		shell("cd %s && mkdir -p build/stack && "
		      "sed s/DEVELOPMENT=true/DEVELOPMENT=false/ stack/env >build/stack/env && "
		      "unset BOURSE_KAFKA_BOOTSTRAP && %s/bourse topics >out",
		      tmp, build),
		0);
	ck_assert_int_eq(shell("cd %s && unset BOURSE_KAFKA_BOOTSTRAP BOURSE_DEVELOPMENT && "
			       "%s/bourse topics >out 2>err",
			       tmp, build),
			 1);
	slurp("err", err, sizeof(err));
	expect_err("orders.events: 1 replicas, expected 3 or more");
	ck_assert_int_eq(shell("cd / && unset BOURSE_KAFKA_BOOTSTRAP && %s/bourse topics 2>%s/err",
			       build, tmp),
			 1);
	slurp("err", err, sizeof(err));
	expect_err("BOURSE_KAFKA_BOOTSTRAP is not set");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("bourse");

	tcase_add_test(tcase, send_then_tail);
	tcase_add_test(tcase, tail_picks);
	tcase_add_test(tcase, send_says_where);
	tcase_add_test(tcase, send_many);
	tcase_add_test(tcase, tail_by_the_rule);
	tcase_add_test(tcase, tail_follows_until_told);
	tcase_add_test(tcase, tail_shows_what_it_cannot_decode);
	tcase_add_test(tcase, lag_of_the_desk);
	tcase_add_test(tcase, refused_and_parked);
	tcase_add_test(tcase, helps);
	tcase_add_test(tcase, finds_the_stack_by_itself);
	return run_on_stack("bourse", tcase);
}
