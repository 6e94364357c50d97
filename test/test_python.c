/*
 * A producer in another language: examples/python places orders on the topics alone, and what came
 * of them is looked up elsewhere: in the stores of the desk and the ledger, and in the journal as
 * `bourse tail` reads it. Its packages are installed as its own script does it.
 */
#include <check.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/base.h"

#define ID_TEXT	  37
#define DEADLINE  30 /* seconds for a store to follow */
#define FILLED	  3
#define NEW	  1
#define MILLION	  1000000LL
#define ORDERS	  "BOURSE_ORDERS_DATABASE_URL"
#define PORTFOLIO "BOURSE_PORTFOLIO_DATABASE_URL"

static char out[1 << 16]; /* what the last command wrote to standard output */

static int shell(const char *fmt, ...) BUS_PRINTF(1, 2);
static int shell(const char *fmt, ...)
{
	char command[4096];
	va_list list;
	FILE *pipe;
	size_t len;
	int status;

	va_start(list, fmt);
	vsnprintf(command, sizeof(command), fmt, list);
	va_end(list);
	pipe = popen(command, "re");
	ck_assert_ptr_nonnull(pipe);
	len = fread(out, 1, sizeof(out) - 1, pipe);
	out[len] = '\0';
	status = pclose(pipe);
	printf("$ %s\n%s", command, out);
	fflush(stdout);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define RUN "\"$(dirname \"$BOURSE_STACK\")/../../examples/python/run\" "

/* The producer, with a temporary folder of this test's own. */
static void python(int expected, const char *arguments)
{
	int status = shell("TMPDIR=\"$BOURSE_TEST_TMP\" " RUN "%s", arguments);

	ck_assert_msg(status == expected, "%s: exit %d instead of %d", arguments, status, expected);
}

/* The first word of what it said. */
static void first_word(char word[ID_TEXT])
{
	ck_assert_msg(sscanf(out, "%36s", word) == 1 && strlen(word) == ID_TEXT - 1, "%s", out);
}

static void expect_out(const char *text)
{
	ck_assert_msg(strstr(out, text), "'%s' is not in: %s", text, out);
}

/* A number from a service's database. */
static int64_t look(const char *database, const char *sql)
{
	PGconn *conn = PQconnectdb(getenv(database) ? getenv(database) : "");
	PGresult *result;
	int64_t number;

	ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
	result = PQexec(conn, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", sql,
		      PQerrorMessage(conn));
	number = PQntuples(result) > 0 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : -1;
	PQclear(result);
	PQfinish(conn);
	return number;
}

/* Waits until the store says so: a journal is ahead of the stores of those who hear of it. */
static void expect_row(const char *database, int64_t expected, const char *fmt, ...)
	BUS_PRINTF(3, 4);
static void expect_row(const char *database, int64_t expected, const char *fmt, ...)
{
	char sql[1024];
	int64_t got = -1;
	va_list list;

	va_start(list, fmt);
	vsnprintf(sql, sizeof(sql), fmt, list);
	va_end(list);
	for (int i = 0; i < DEADLINE * 10; i++) {
		got = look(database, sql);
		if (got == expected)
			return;
		usleep(100000);
	}
	ck_abort_msg("%s: %lld instead of %lld", sql, (long long)got, (long long)expected);
}

static void start(void)
{
	ck_assert_msg(getenv("BOURSE_STACK") && getenv("BOURSE_STACK_DIR") &&
			      getenv("BOURSE_BUILD") && getenv("BOURSE_TEST_TMP"),
		      "run it by make check");
	ck_assert_int_eq(shell("mkdir -p \"$BOURSE_TEST_TMP\" && \"$BOURSE_STACK\" up "
			       "--dir \"$BOURSE_STACK_DIR\" --build \"$BOURSE_BUILD\" --services "
			       "--quiet"),
			 0);
	python(0, "--help");
	expect_out("place");
}

/* $10,000: $3,000 for 300 shares leave $7,000, which are too little for 800 more. */
START_TEST(accepted_filled_rejected)
{
	char seller[ID_TEXT], buyer[ID_TEXT], sale[ID_TEXT], purchase[ID_TEXT], refused[ID_TEXT];
	char symbol[32], line[256];

	snprintf(symbol, sizeof(symbol), "PY%06u", (unsigned)getpid() % 1000000);
	snprintf(line, sizeof(line), "market %s 10", symbol);
	python(0, line);

	snprintf(line, sizeof(line), "open --shares %s:300", symbol);
	python(0, line);
	first_word(seller);
	python(0, "open --cash 10000.00");
	first_word(buyer);

	snprintf(line, sizeof(line), "place --follow 0 %s 'sell 300 %s 10'", seller, symbol);
	python(0, line);
	first_word(sale);
	expect_out(" accepted  sell 300");
	expect_row(ORDERS, NEW, "select status from customer_order where order_id = '%s'", sale);

	snprintf(line, sizeof(line), "place --follow 30 %s 'buy 300 %s 10.00'", buyer, symbol);
	python(0, line);
	first_word(purchase);
	expect_out(" accepted  buy 300");
	expect_out(" filled    300");
	for (int i = 0; i < 2; i++)
		expect_row(ORDERS, FILLED,
			   "select status from customer_order where order_id = '%s'",
			   i ? sale : purchase);
	expect_row(PORTFOLIO, 7000 * MILLION,
		   "select cash_micros from portfolio_account where account_id = '%s'", buyer);
	expect_row(PORTFOLIO, 3000 * MILLION,
		   "select cash_micros from portfolio_account where account_id = '%s'", seller);
	expect_row(PORTFOLIO, 300 * MILLION,
		   "select quantity_micros from portfolio_position where account_id = '%s'"
		   " and symbol = '%s'",
		   buyer, symbol);

	snprintf(line, sizeof(line), "place %s 'buy 800 %s 10'", buyer, symbol);
	python(1, line);
	first_word(refused);
	expect_out("INSUFFICIENT_BUYING_POWER");
	/* The journal says so to others too, under the id that the producer computed. */
	ck_assert_int_eq(shell("\"$BOURSE_BUILD/bourse\" tail orders.events --key %s "
			       "--type OrderRejected",
			       buyer),
			 0);
	expect_out(refused);
	expect_row(ORDERS, 0, "select count(*) from customer_order where order_id = '%s'", refused);
	expect_row(ORDERS, 7000 * MILLION,
		   "select cash_micros from desk_account where account_id = '%s'", buyer);
	expect_row(ORDERS, 0, "select cash_held_micros from desk_account where account_id = '%s'",
		   buyer);
	/* It sent nothing that could not be read: right keys, right partitions. */
	expect_row(ORDERS, 0,
		   "select count(*) from refused_input where key in ('%s'::text::bytea,"
		   " '%s'::text::bytea)",
		   seller, buyer);
}
END_TEST

START_TEST(the_demonstration)
{
	python(0, "demo");
	expect_out("accepted  buy 300");
	expect_out("filled    300");
	expect_out("INSUFFICIENT_BUYING_POWER");
}
END_TEST

/* Wrong usage is told apart from a refusal, and from a broker that is not there. */
START_TEST(exit_statuses)
{
	python(2, "place nobody 'buy 1 AAPL 10'");
	python(2, "place 11111111-1111-4111-8111-111111111111 'buy 1.0000001 AAPL 10'");
	python(2, "open --cash -1");
	python(3, "--bootstrap 127.0.0.1:1 --patience 2 open");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("python");
	TCase *cases = tcase_create("python");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(cases, start, NULL);
	tcase_add_test(cases, accepted_filled_rejected);
	tcase_add_test(cases, the_demonstration);
	tcase_add_test(cases, exit_statuses);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
