/*
 * The rules of the ledger as tables: inputs one after the other, and what each of them led to,
 * written as one line. After every step the books balance.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "books_check.h"
#include "bus/fold.h"
#include "handlers.h"
#include "store.h"
#include "wire.h"

#define A	"11111111-1111-4111-8111-111111111111"
#define B	"22222222-2222-4222-8222-222222222222"
#define NOBODY	"33333333-3333-4333-8333-333333333333"
#define ORDER	"aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
#define TRADE	"bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
#define NOW	1700000000000000
#define LARGEST "9223372036854.775807"

enum what { END, DEPOSIT, WITHDRAW, BLOCKED_DEPOSIT, BLOCKED_WITHDRAW, HELD, REFUSED, BUY, SELL };

struct step {
	enum what what;
	const char *account;
	const char *cash; /* amount; of a fill what the cash moves by, without its sign */
	const char *symbol;
	const char *quantity;
	const char *price; /* cost of a share that is deposited */
	const char *fee;
	int of; /* held, refused: the index of the Withdraw in its table */
	bool firm;
	int err;
	const char *fact; /* "" for none */
};

static const struct step cash[] = {
	{ DEPOSIT, A, .cash = "10000", .fact = "deposited 10000, cash 10000" },
	{ DEPOSIT, A, .cash = "0.000001", .fact = "deposited 0.000001, cash 10000.000001" },
	{ DEPOSIT, B, .cash = "7", .fact = "deposited 7, cash 7" },
	{ DEPOSIT, A, .fact = "rejected INVALID_AMOUNT" },
	{ DEPOSIT, A, .cash = "-1", .fact = "rejected INVALID_AMOUNT" },
	{ DEPOSIT, A, .cash = "-" LARGEST, .fact = "rejected INVALID_AMOUNT" },
	{ DEPOSIT, A, .cash = LARGEST, .fact = "rejected INVALID_AMOUNT" },
	{ DEPOSIT, B, .cash = "1000000000000", .fact = "rejected INVALID_AMOUNT" },
	{ DEPOSIT, B, .cash = "999999999993",
	  .fact = "deposited 999999999993, cash 1000000000000" },
	{ DEPOSIT, A, "1", "AAPL", "1", .fact = "rejected INVALID_FIELD" },
	{ DEPOSIT, A, "1", .price = "1", .fact = "rejected INVALID_FIELD" },
	{ DEPOSIT, "not-an-account", "1", .fact = "rejected INVALID_FIELD" },
	{ DEPOSIT, "AAAAAAAA-1111-4111-8111-111111111111", "1", .fact = "rejected INVALID_FIELD" },
	{ BLOCKED_DEPOSIT, A, "1", .fact = "rejected ACCOUNT_BLOCKED" },
	{ BLOCKED_WITHDRAW, A, "1", .fact = "rejected ACCOUNT_BLOCKED" },
	{ DEPOSIT, A, .cash = "1", .fact = "deposited 1, cash 10001.000001" },
	{ END },
};

static const struct step shares[] = {
	{ DEPOSIT, A, NULL, "AAPL", "10", "5.5",
	  .fact = "deposited 10 AAPL for 55, has 10 for 55" },
	{ DEPOSIT, A, NULL, "AAPL", "0.5", .fact = "deposited 0.5 AAPL for 0, has 10.5 for 55" },
	{ DEPOSIT, A, NULL, "BRK.B", "1", "1", .fact = "deposited 1 BRK.B for 1, has 1 for 1" },
	{ DEPOSIT, A, NULL, "AAPL", .fact = "rejected INVALID_QUANTITY" },
	{ DEPOSIT, A, NULL, "AAPL", "-1", .fact = "rejected INVALID_QUANTITY" },
	{ DEPOSIT, A, NULL, "AAPL", LARGEST, .fact = "rejected INVALID_QUANTITY" },
	{ DEPOSIT, A, NULL, "AAPL", "2", LARGEST, .fact = "rejected INVALID_QUANTITY" },
	{ DEPOSIT, A, NULL, "AAPL", "999999999995", .fact = "rejected INVALID_QUANTITY" },
	{ DEPOSIT, A, NULL, "AAPL", "1", "-1", .fact = "rejected INVALID_FIELD" },
	{ DEPOSIT, A, NULL, NULL, "1", .fact = "rejected INVALID_FIELD" },
	{ DEPOSIT, A, NULL, "aapl", "1", .fact = "rejected INVALID_FIELD" },
	{ DEPOSIT, A, NULL, "cash", "1", .fact = "rejected INVALID_FIELD" },
	{ DEPOSIT, A, NULL, "AAAAAAAAAAAAA", "1", .fact = "rejected INVALID_FIELD" },
	{ END },
};

static const struct step withdrawals[] = {
	{ DEPOSIT, A, "100", .fact = "deposited 100, cash 100" },
	{ WITHDRAW, A, "30", .fact = "requested 30" },
	{ WITHDRAW, A, "90", .fact = "requested 90" },
	{ REFUSED, A, "90", .of = 2, .fact = "refused 90: INSUFFICIENT_BUYING_POWER" },
	{ HELD, A, "30", .of = 1, .fact = "withdrawn 30, cash 70" },
	/* once held or refused it has ended */
	{ HELD, A, "30", .of = 1, .err = BUS_ERR_PARK },
	{ REFUSED, A, "90", .of = 2, .err = BUS_ERR_PARK },
	/* what the desk says must be what was asked for */
	{ WITHDRAW, A, "20", .fact = "requested 20" },
	{ HELD, A, "21", .of = 7, .err = BUS_ERR_PARK },
	{ HELD, B, "20", .of = 7, .err = BUS_ERR_PARK },
	{ HELD, A, NULL, "AAPL", "20", .of = 7, .err = BUS_ERR_PARK },
	{ HELD, A, "20", .of = 99, .err = BUS_ERR_PARK },
	{ REFUSED, NOBODY, "20", .of = 7, .err = BUS_ERR_PARK },
	{ HELD, A, "20", .of = 7, .fact = "withdrawn 20, cash 50" },
	/* asked of the desk without a look at the cash; held by mistake, it does not go below 0 */
	{ WITHDRAW, A, "51", .fact = "requested 51" },
	{ HELD, A, "51", .of = 14, .err = BUS_ERR_PARK },
	{ HELD, A, "51", .of = 14, .firm = true, .fact = "withdrawn 51, cash -1" },
	{ WITHDRAW, A, .fact = "rejected INVALID_AMOUNT" },
	{ WITHDRAW, A, "-1", .fact = "rejected INVALID_AMOUNT" },
	{ WITHDRAW, A, "1", "AAPL", "1", .fact = "rejected INVALID_FIELD" },
	{ WITHDRAW, A, NULL, "AAPL", .fact = "rejected INVALID_QUANTITY" },
	{ WITHDRAW, A, NULL, "AAPL", "-1", .fact = "rejected INVALID_QUANTITY" },
	{ WITHDRAW, A, NULL, "a", "1", .fact = "rejected INVALID_FIELD" },
	{ WITHDRAW, "x", "1", .fact = "rejected INVALID_FIELD" },
	{ END },
};

static const struct step share_withdrawals[] = {
	{ DEPOSIT, A, NULL, "AAPL", "3", "0.000001",
	  .fact = "deposited 3 AAPL for 0.000003, has 3 for 0.000003" },
	{ WITHDRAW, A, NULL, "AAPL", "1", .fact = "requested 1 AAPL" },
	{ HELD, A, NULL, "AAPL", "1", .of = 1,
	  .fact = "withdrawn 1 AAPL for 0.000001, has 2 for 0.000002" },
	{ WITHDRAW, A, NULL, "AAPL", "2.5", .fact = "requested 2.5 AAPL" },
	{ HELD, A, NULL, "AAPL", "2.5", .of = 3, .err = BUS_ERR_PARK },
	{ HELD, A, NULL, "MSFT", "2.5", .of = 3, .err = BUS_ERR_PARK },
	{ REFUSED, A, NULL, "AAPL", "2.5", .of = 3,
	  .fact = "refused 2.5 AAPL: INSUFFICIENT_BUYING_POWER" },
	{ WITHDRAW, A, NULL, "AAPL", "2", .fact = "requested 2 AAPL" },
	{ HELD, A, NULL, "AAPL", "2", .of = 7,
	  .fact = "withdrawn 2 AAPL for 0.000002, has 0 for 0" },
	{ END },
};

/* The published vector of average cost: the same four trades as in test_position.c, with the cash.
 */
static const struct step trades[] = {
	{ DEPOSIT, A, "10000", .fact = "deposited 10000, cash 10000" },
	{ BUY, A, "3149.20", "AAPL", "109",
	  .fact = "bought 109 AAPL, has 109 for 3149.2, earned 0 of 0, cash 6850.8" },
	{ SELL, A, "531.50", "AAPL", "15",
	  .fact = "sold 15 AAPL, has 94 for 2715.823853, earned 98.123853 of 98.123853, cash "
		  "7382.3" },
	{ BUY, A, "1684.92", "AAPL", "52",
	  .fact = "bought 52 AAPL, has 146 for 4400.743853, earned 0 of 98.123853, cash 5697.38" },
	{ BUY, A, "959.30", "AAPL", "32",
	  .fact = "bought 32 AAPL, has 178 for 5360.043853, earned 0 of 98.123853, cash 4738.08" },
	{ END },
};

static const struct step more_trades[] = {
	{ DEPOSIT, A, "100", .fact = "deposited 100, cash 100" },
	/* a fee is cost of a buy, and comes off the proceeds of a sell */
	{ BUY, A, "61", "AAPL", "10", .fee = "1",
	  .fact = "bought 10 AAPL, has 10 for 61, earned 0 of 0, cash 39" },
	{ SELL, A, "29", "AAPL", "5", .fee = "1",
	  .fact = "sold 5 AAPL, has 5 for 30.5, earned -1.5 of -1.5, cash 68" },
	{ SELL, A, "-1", "AAPL", "1", .fee = "2",
	  .fact = "sold 1 AAPL, has 4 for 24.4, earned -7.1 of -8.6, cash 67" },
	/* what the books cannot carry parks, and leaves nothing behind */
	{ SELL, A, "30", "AAPL", "4.000001", .err = BUS_ERR_PARK },
	{ SELL, A, "30", "MSFT", "1", .err = BUS_ERR_PARK },
	{ SELL, NOBODY, "30", "AAPL", "1", .err = BUS_ERR_PARK },
	{ SELL, A, LARGEST, "AAPL", "1", .err = BUS_ERR_OVERFLOW },
	{ BUY, A, "67.000001", "AAPL", "1", .err = BUS_ERR_PARK },
	{ BUY, A, "70", "AAPL", "1", .firm = true,
	  .fact = "bought 1 AAPL, has 5 for 94.4, earned 0 of -8.6, cash -3" },
	{ BUY, A, "1", "AAPL", "0", .err = BUS_ERR_PARK },
	{ BUY, A, "1", "AAPL", "-1", .err = BUS_ERR_PARK },
	{ BUY, A, "-1", "AAPL", "1", .err = BUS_ERR_PARK },
	{ BUY, A, "1", "AAPL", "1", .fee = "2", .err = BUS_ERR_PARK },
	{ BUY, A, "1", "AAPL", "1", .fee = "-1", .err = BUS_ERR_PARK },
	{ SELL, A, "-2", "AAPL", "1", .fee = "1", .err = BUS_ERR_PARK },
	{ BUY, A, "1", "apple", "1", .err = BUS_ERR_PARK },
	{ SELL, A, "100", "AAPL", "5",
	  .fact = "sold 5 AAPL, has 0 for 0, earned 5.6 of -3, cash 97" },
	{ END },
};

static int64_t micros(const char *text)
{
	int64_t value = 0;

	ck_assert(text == NULL || bus_micros_parse(text, strlen(text), &value));
	return value;
}

static char *text_of(const char *text)
{
	return (char *)(text != NULL ? text : "");
}

static char *ce_id(int step, char *buf)
{
	snprintf(buf, BUS_ID_TEXT, "cccccccc-cccc-4ccc-8ccc-%012d", step);
	return buf;
}

/* Inputs ************************************************************************************ */

static int command(struct bus_fold *fold, const struct step *step, const char *id)
{
	PORTFOLIO(Deposit) deposit = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT;
	PORTFOLIO(Withdraw) withdraw = BOURSE__PORTFOLIO__V1__WITHDRAW__INIT;
	const ProtobufCMessage *message = &deposit.base;

	deposit.account_id = withdraw.account_id = (char *)step->account;
	deposit.amount_micros = withdraw.amount_micros = micros(step->cash);
	deposit.symbol = withdraw.symbol = text_of(step->symbol);
	deposit.quantity_micros = withdraw.quantity_micros = micros(step->quantity);
	deposit.cost_price_micros = micros(step->price);
	if (step->what == WITHDRAW || step->what == BLOCKED_WITHDRAW)
		message = &withdraw.base;
	if (step->what == BLOCKED_DEPOSIT || step->what == BLOCKED_WITHDRAW)
		return bus_fold_blocked(fold, "portfolio.commands", step->account, id, message);
	return bus_fold_input(fold, "portfolio.commands", step->account, id, message);
}

static int answer(struct bus_fold *fold, const struct step *step)
{
	ORDERS(WithdrawalHeld) held = BOURSE__ORDERS__V1__WITHDRAWAL_HELD__INIT;
	ORDERS(WithdrawalRefused) refused = BOURSE__ORDERS__V1__WITHDRAWAL_REFUSED__INIT;
	char asked_by[BUS_ID_TEXT], id[BUS_ID_TEXT];

	ce_id(step->of, asked_by);
	bus_id_format(bus_id_derive("ledger", bus_bytes(A, 36), bus_bytes(asked_by, 36)), id);
	held.account_id = refused.account_id = (char *)step->account;
	held.withdrawal_id = refused.withdrawal_id = id;
	held.amount_micros = refused.amount_micros = micros(step->cash);
	held.symbol = refused.symbol = text_of(step->symbol);
	held.quantity_micros = refused.quantity_micros = micros(step->quantity);
	held.firm = step->firm;
	refused.reason = REASON(INSUFFICIENT_BUYING_POWER);
	return bus_fold_input(fold, "orders.events", step->account, NULL,
			      step->what == HELD ? &held.base : &refused.base);
}

static int fill(struct bus_fold *fold, const struct step *step)
{
	ORDERS(OrderFilled) filled = BOURSE__ORDERS__V1__ORDER_FILLED__INIT;

	filled.account_id = (char *)step->account;
	filled.order_id = (char *)ORDER;
	filled.trade_id = (char *)TRADE;
	filled.symbol = text_of(step->symbol);
	filled.side = step->what == BUY ? SIDE(BUY) : SIDE(SELL);
	filled.last_quantity_micros = micros(step->quantity);
	filled.cash_delta_micros = step->what == BUY ? -micros(step->cash) : micros(step->cash);
	filled.fee_micros = micros(step->fee);
	filled.firm = step->firm;
	filled.executed_at_micros = NOW - 5;
	return bus_fold_input(fold, "orders.events", step->account, NULL, &filled.base);
}

static int run_input(struct bus_fold *fold, const struct step *step, int number)
{
	char id[BUS_ID_TEXT];

	switch (step->what) {
	case DEPOSIT:
	case WITHDRAW:
	case BLOCKED_DEPOSIT:
	case BLOCKED_WITHDRAW:
		return command(fold, step, ce_id(number, id));
	case HELD:
	case REFUSED:
		return answer(fold, step);
	case BUY:
	case SELL:
		return fill(fold, step);
	case END:
		break;
	}
	return BUS_ERR_INTERNAL;
}

/* Facts as text ***************************************************************************** */

/* Decimal texts that live until the eighth after them. */
static const char *d(int64_t value)
{
	static char buffers[8][BUS_DECIMAL_MAX];
	static unsigned next;

	return bus_micros_format(value, buffers[next++ % 8]);
}

static const char *reason_name(ORDERS(RejectReason) reason)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
		&bourse__orders__v1__reject_reason__descriptor, (int)reason);

	ck_assert_ptr_nonnull(value);
	return value->name + strlen("REJECT_REASON_");
}

/* "30", or "2.5 AAPL" */
static const char *what(int64_t amount, const char *symbol, int64_t quantity)
{
	static char text[64];

	if (quantity == 0)
		return d(amount);
	snprintf(text, sizeof(text), "%s %s", d(quantity), symbol);
	return text;
}

static void describe_trade(const PORTFOLIO(TradeBooked) * t, char *out, size_t size)
{
	ck_assert_str_eq(t->trade_id, TRADE);
	ck_assert_str_eq(t->order_id, ORDER);
	ck_assert_int_eq(t->executed_at_micros, NOW - 5);
	snprintf(out, size, "%s %s %s, has %s for %s, earned %s of %s, cash %s",
		 t->side == SIDE(BUY) ? "bought" : "sold", d(t->quantity_micros), t->symbol,
		 d(t->position_micros), d(t->position_cost_micros), d(t->realised_micros),
		 d(t->position_realised_micros), d(t->cash_micros));
}

static void describe_booked(const PORTFOLIO(WithdrawalBooked) * b, char *out, size_t size)
{
	ck_assert_int_eq(b->booked_at_micros, NOW);
	if (b->quantity_micros == 0)
		snprintf(out, size, "withdrawn %s, cash %s", d(b->amount_micros),
			 d(b->cash_micros));
	else
		snprintf(out, size, "withdrawn %s %s for %s, has %s for %s", d(b->quantity_micros),
			 b->symbol, d(b->cost_micros), d(b->position_micros),
			 d(b->position_cost_micros));
}

static void describe(const struct bus_fact *fact, char *out, size_t size)
{
	Bourse__Portfolio__V1__PortfolioEvent__EventCase type = fact->type;
	const PORTFOLIO(CommandRejected) *rejected = fact->message;
	const PORTFOLIO(CashDeposited) *cash_in = fact->message;
	const PORTFOLIO(SharesDeposited) *shares_in = fact->message;
	const PORTFOLIO(WithdrawalRequested) *asked = fact->message;
	const PORTFOLIO(WithdrawalRejected) *refused = fact->message;

	switch (type) {
	case FACT(COMMAND_REJECTED):
		ck_assert_str_ne(rejected->text, "");
		ck_assert_uint_eq(strlen(rejected->command_id), 36);
		snprintf(out, size, "rejected %s", reason_name(rejected->reason));
		break;
	case FACT(CASH_DEPOSITED):
		ck_assert_int_eq(cash_in->deposited_at_micros, NOW);
		snprintf(out, size, "deposited %s, cash %s", d(cash_in->amount_micros),
			 d(cash_in->cash_micros));
		break;
	case FACT(SHARES_DEPOSITED):
		snprintf(out, size, "deposited %s %s for %s, has %s for %s",
			 d(shares_in->quantity_micros), shares_in->symbol,
			 d(shares_in->cost_micros), d(shares_in->position_micros),
			 d(shares_in->position_cost_micros));
		break;
	case FACT(WITHDRAWAL_REQUESTED):
		snprintf(out, size, "requested %s",
			 what(asked->amount_micros, asked->symbol, asked->quantity_micros));
		break;
	case FACT(WITHDRAWAL_BOOKED):
		describe_booked(fact->message, out, size);
		break;
	case FACT(WITHDRAWAL_REJECTED):
		snprintf(out, size, "refused %s: %s",
			 what(refused->amount_micros, refused->symbol, refused->quantity_micros),
			 reason_name(refused->reason));
		break;
	case FACT(TRADE_BOOKED):
		describe_trade(fact->message, out, size);
		break;
	case FACT(CASH_SETTLED):
	case FACT(DAY_CLOSED):
	case FACT(CORPORATE_ACTION_DUE):
	case FACT(POSITION_SPLIT):
	case FACT(SYMBOL_CHANGED):
	case FACT(DIVIDEND_PAID):
	case FACT(ACTIONS_CHECKED):
	case FACT(MARGIN_CHECKED):
	case FACT(MARGIN_CALLED):
	case FACT(MARGIN_CALL_MET):
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		snprintf(out, size, "unexpected %d", fact->type);
		break;
	}
}

/* ******************************************************************************************* */

static void run(const struct step *steps)
{
	struct bus_fold *fold = bus_fold_new(&ledger_processor);

	bus_fold_now(fold, NOW);
	for (int i = 0; steps[i].what != END; i++) {
		int err = run_input(fold, &steps[i], i);
		char text[256] = "";

		ck_assert_msg(err == steps[i].err, "step %d: err %d", i, err);
		ck_assert_msg(bus_fold_fact_count(fold) == (err == 0 ? 1u : 0u), "step %d", i);
		if (err == 0)
			describe(bus_fold_fact(fold, 0), text, sizeof(text));
		ck_assert_msg(strcmp(text, text_of(steps[i].fact)) == 0, "step %d: %s", i, text);
		books_check(bus_fold_state(fold));
	}
	bus_fold_free(fold);
}

START_TEST(tables)
{
	static const struct step *const all[] = { cash,	       shares,
						  withdrawals, share_withdrawals,
						  trades,      more_trades };

	run(all[_i]);
}
END_TEST

/* Two accounts that use one ce_id make two deposits with two ids; the same pair gives the same id.
 */
START_TEST(ids_belong_to_their_account)
{
	static const struct step deposits[] = { { DEPOSIT, A, "1" }, { DEPOSIT, B, "1" } };
	struct bus_fold *fold = bus_fold_new(&ledger_processor);
	char ids[2][BUS_ID_TEXT], expected[BUS_ID_TEXT], id[BUS_ID_TEXT];

	for (int i = 0; i < 2; i++) {
		const PORTFOLIO(CashDeposited) * fact;

		ck_assert_int_eq(command(fold, &deposits[i], ce_id(7, id)), 0);
		fact = bus_fold_fact(fold, 0)->message;
		snprintf(ids[i], sizeof(ids[i]), "%s", fact->deposit_id);
	}
	ck_assert_str_ne(ids[0], ids[1]);
	bus_id_format(bus_id_derive("ledger", bus_bytes(A, 36), bus_bytes(id, 36)), expected);
	ck_assert_str_eq(ids[0], expected);
	bus_fold_free(fold);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger handlers");
	TCase *tcase = tcase_create("handlers");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, tables, 0, 6);
	tcase_add_test(tcase, ids_belong_to_their_account);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
