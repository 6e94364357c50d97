/*
 * The rules of notify as tables: inputs one after the other, and what each of them led to, written
 * as one line: who is told, on which channel, of what, and the title.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/fold.h"
#include "handlers.h"
#include "store.h"
#include "wire.h"

#define A     "11111111-1111-4111-8111-111111111111"
#define B     "22222222-2222-4222-8222-222222222222"
#define USER  "99999999-9999-4999-8999-999999999999"
#define ORDER "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
#define NOW   1700000000000000

enum what {
	END,
	SET,
	SET_BLOCKED,
	FILLED,
	REJECTED,
	CANCELED,
	ASKED, /* canceled, as its owner asked */
	EXPIRED,
	ELECTED,
	REPLACED,
	CASH_IN,
	SHARES_IN,
	OUT,
	KEPT,
	CALLED,
	MET,
	DIVIDEND,
	OWED,
	MISSED, /* a dividend that the position is too young for */
	SPLIT,
	RENAMED
};

struct step {
	enum what what;
	const char *account;
	int category, channel;
	bool on;
	const char *fact; /* "" for none */
};

#define TRADES	BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_TRADE_CONFIRMATION
#define REJECTS BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_ORDER_REJECTED
#define CANCELS BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_ORDER_CANCELED
#define CASH	BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_CASH_MOVED
#define CHANGES BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_ORDER_CHANGED
#define MARGIN	BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_MARGIN
#define ACTIONS BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_CORPORATE_ACTION
#define STREAM	BOURSE__NOTIFY__V1__CHANNEL__CHANNEL_STREAM
#define EMAIL	BOURSE__NOTIFY__V1__CHANNEL__CHANNEL_EMAIL
#define WEBHOOK BOURSE__NOTIFY__V1__CHANNEL__CHANNEL_WEBHOOK
#define NOTHING 0
#define NO_SUCH 17

/* Before anybody has asked for anything. */
static const struct step defaults[] = {
	{ FILLED, A, .fact = "1 bourse.orders.v1.OrderFilled: Bought 60 AAPL at 585.3" },
	{ REJECTED, A, .fact = "2 bourse.orders.v1.OrderRejected: Order to sell AAPL rejected" },
	{ CANCELED, A, .fact = "3 bourse.orders.v1.OrderCanceled: Order to buy AAPL canceled" },
	{ EXPIRED, A, .fact = "3 bourse.orders.v1.OrderCanceled: Order to buy AAPL expired" },
	{ ASKED, A, .fact = "" },
	{ CASH_IN, A, .fact = "4 bourse.portfolio.v1.CashDeposited: Deposited 30" },
	{ SHARES_IN, A, .fact = "4 bourse.portfolio.v1.SharesDeposited: Deposited 5 AAPL" },
	{ OUT, A, .fact = "4 bourse.portfolio.v1.WithdrawalBooked: Withdrawn 30" },
	{ KEPT, A, .fact = "4 bourse.portfolio.v1.WithdrawalRejected: Withdrawal of 30 rejected" },
	{ ELECTED, A, .fact = "5 bourse.orders.v1.OrderTriggered: Stop order in AAPL elected" },
	{ REPLACED, A, .fact = "5 bourse.orders.v1.OrderReplaced: Order to buy AAPL replaced" },
	{ CALLED, A, .fact = "6 bourse.portfolio.v1.MarginCalled: Margin call: 20.5 missing" },
	{ MET, A, .fact = "6 bourse.portfolio.v1.MarginCallMet: Margin call met" },
	{ DIVIDEND, A, .fact = "7 bourse.portfolio.v1.DividendPaid: Dividend: 26.5 for AAPL" },
	{ OWED, A, .fact = "7 bourse.portfolio.v1.DividendPaid: Dividend owed: 26.5 for AAPL" },
	{ MISSED, A, .fact = "" },
	{ SPLIT, A, .fact = "7 bourse.portfolio.v1.PositionSplit: AAPL split 4 for 1" },
	{ RENAMED, A, .fact = "7 bourse.portfolio.v1.SymbolChanged: AAPL is APPL now" },
	/* the same event again under another offset is another event */
	{ CASH_IN, A, .fact = "4 bourse.portfolio.v1.CashDeposited: Deposited 30" },
	/* the desk may refuse an order of a key that is no account: nobody is told */
	{ REJECTED, "not-an-account", .fact = "" },
	{ REJECTED, "AAAAAAAA-1111-4111-8111-111111111111", .fact = "" },
	{ END },
};

static const struct step switched[] = {
	{ SET, A, REJECTS, STREAM, false, "set 2 1 off" },
	{ REJECTED, A, .fact = "" },
	{ REJECTED, B, .fact = "2 bourse.orders.v1.OrderRejected: Order to sell AAPL rejected" },
	{ SET, A, CANCELS, STREAM, false, "set 3 1 off" },
	{ CANCELED, A, .fact = "" },
	{ EXPIRED, A, .fact = "" },
	{ SET, A, CASH, STREAM, false, "set 4 1 off" },
	{ CASH_IN, A, .fact = "" },
	{ SHARES_IN, A, .fact = "" },
	{ OUT, A, .fact = "" },
	{ KEPT, A, .fact = "" },
	{ SET, A, CHANGES, STREAM, false, "set 5 1 off" },
	{ ELECTED, A, .fact = "" },
	{ REPLACED, A, .fact = "" },
	{ SET, A, MARGIN, STREAM, false, "set 6 1 off" },
	{ CALLED, A, .fact = "" },
	{ MET, A, .fact = "" },
	{ SET, A, ACTIONS, STREAM, false, "set 7 1 off" },
	{ DIVIDEND, A, .fact = "" },
	{ SPLIT, A, .fact = "" },
	{ RENAMED, A, .fact = "" },
	/* to ask for what is so already is an answer too */
	{ SET, A, CASH, STREAM, false, "set 4 1 off" },
	{ SET, A, CASH, STREAM, true, "set 4 1 on" },
	{ CASH_IN, A, .fact = "4 bourse.portfolio.v1.CashDeposited: Deposited 30" },
	{ REJECTED, A, .fact = "" },
	{ FILLED, A, .fact = "1 bourse.orders.v1.OrderFilled: Bought 60 AAPL at 585.3" },
	{ END },
};

static const struct step refused[] = {
	{ SET, A, TRADES, STREAM, false, "rejected LAST_CHANNEL" },
	{ SET, A, TRADES, STREAM, true, "set 1 1 on" },
	{ SET, A, TRADES, EMAIL, true, "rejected UNSUPPORTED" },
	{ SET, A, CASH, WEBHOOK, true, "rejected UNSUPPORTED" },
	{ SET, A, CASH, WEBHOOK, false, "rejected UNSUPPORTED" },
	{ SET, A, NOTHING, STREAM, true, "rejected INVALID_FIELD" },
	{ SET, A, NO_SUCH, STREAM, true, "rejected INVALID_FIELD" },
	{ SET, A, CASH, NOTHING, true, "rejected INVALID_FIELD" },
	{ SET, A, CASH, NO_SUCH, true, "rejected INVALID_FIELD" },
	{ SET, A, CASH, -1, true, "rejected INVALID_FIELD" },
	{ SET, "me", CASH, STREAM, true, "rejected INVALID_FIELD" },
	{ SET, "AAAAAAAA-1111-4111-8111-111111111111", CASH, STREAM, true,
	  "rejected INVALID_FIELD" },
	{ SET_BLOCKED, A, CASH, STREAM, false, "rejected ACCOUNT_BLOCKED" },
	{ FILLED, A, .fact = "1 bourse.orders.v1.OrderFilled: Bought 60 AAPL at 585.3" },
	{ CASH_IN, A, .fact = "4 bourse.portfolio.v1.CashDeposited: Deposited 30" },
	{ END },
};

/* Inputs ************************************************************************************ */

static int set(struct bus_fold *fold, const struct step *step)
{
	NOTIFY(SetPreference) command = BOURSE__NOTIFY__V1__SET_PREFERENCE__INIT;

	command.account_id = (char *)step->account;
	command.category = (NOTIFY(Category))step->category;
	command.channel = (NOTIFY(Channel))step->channel;
	command.enabled = step->on;
	if (step->what == SET_BLOCKED)
		return bus_fold_blocked(fold, "notify.commands", step->account, NULL,
					&command.base);
	return bus_fold_input(fold, "notify.commands", step->account, NULL, &command.base);
}

static int filled(struct bus_fold *fold, const struct step *step)
{
	ORDERS(OrderFilled) fact = BOURSE__ORDERS__V1__ORDER_FILLED__INIT;

	fact.account_id = (char *)step->account;
	fact.order_id = (char *)ORDER;
	fact.symbol = (char *)"AAPL";
	fact.side = BOURSE__ORDERS__V1__SIDE__SIDE_BUY;
	fact.last_quantity_micros = fact.cum_micros = 60000000;
	fact.last_price_micros = 585300000;
	fact.cash_delta_micros = -35118000000;
	return bus_fold_input(fold, "orders.events", step->account, NULL, &fact.base);
}

static int rejected(struct bus_fold *fold, const struct step *step)
{
	ORDERS(OrderRejected) fact = BOURSE__ORDERS__V1__ORDER_REJECTED__INIT;

	fact.account_id = (char *)step->account;
	fact.order_id = (char *)ORDER;
	fact.symbol = (char *)"AAPL";
	fact.side = BOURSE__ORDERS__V1__SIDE__SIDE_SELL;
	fact.text = (char *)"no shares";
	return bus_fold_input(fold, "orders.events", step->account, NULL, &fact.base);
}

static int canceled(struct bus_fold *fold, const struct step *step)
{
	ORDERS(OrderCanceled) fact = BOURSE__ORDERS__V1__ORDER_CANCELED__INIT;

	fact.account_id = (char *)step->account;
	fact.order_id = (char *)ORDER;
	fact.symbol = (char *)"AAPL";
	fact.side = BOURSE__ORDERS__V1__SIDE__SIDE_BUY;
	fact.status = step->what == EXPIRED
			      ? BOURSE__ORDERS__V1__ORDER_STATUS__ORDER_STATUS_EXPIRED
			      : BOURSE__ORDERS__V1__ORDER_STATUS__ORDER_STATUS_CANCELED;
	fact.reason = step->what == EXPIRED
			      ? BOURSE__ORDERS__V1__CANCEL_REASON__CANCEL_REASON_SESSION_CLOSE
		      : step->what == ASKED
			      ? BOURSE__ORDERS__V1__CANCEL_REASON__CANCEL_REASON_REQUESTED
			      : BOURSE__ORDERS__V1__CANCEL_REASON__CANCEL_REASON_IOC;
	return bus_fold_input(fold, "orders.events", step->account, NULL, &fact.base);
}

static int moved(struct bus_fold *fold, const struct step *step)
{
	PORTFOLIO(CashDeposited) cash_in = BOURSE__PORTFOLIO__V1__CASH_DEPOSITED__INIT;
	PORTFOLIO(SharesDeposited) shares_in = BOURSE__PORTFOLIO__V1__SHARES_DEPOSITED__INIT;
	PORTFOLIO(WithdrawalBooked) out = BOURSE__PORTFOLIO__V1__WITHDRAWAL_BOOKED__INIT;
	PORTFOLIO(WithdrawalRejected) kept = BOURSE__PORTFOLIO__V1__WITHDRAWAL_REJECTED__INIT;
	const ProtobufCMessage *message = step->what == CASH_IN	    ? &cash_in.base
					  : step->what == SHARES_IN ? &shares_in.base
					  : step->what == OUT	    ? &out.base
								    : &kept.base;

	cash_in.account_id = shares_in.account_id = (char *)step->account;
	out.account_id = kept.account_id = (char *)step->account;
	cash_in.deposit_id = shares_in.deposit_id = (char *)ORDER;
	out.withdrawal_id = kept.withdrawal_id = (char *)ORDER;
	cash_in.amount_micros = out.amount_micros = kept.amount_micros = 30000000;
	shares_in.symbol = (char *)"AAPL";
	shares_in.quantity_micros = 5000000;
	return bus_fold_input(fold, "portfolio.events", step->account, NULL, message);
}

static int changed(struct bus_fold *fold, const struct step *step)
{
	ORDERS(OrderTriggered) elected = BOURSE__ORDERS__V1__ORDER_TRIGGERED__INIT;
	ORDERS(OrderReplaced) replaced = BOURSE__ORDERS__V1__ORDER_REPLACED__INIT;

	elected.account_id = replaced.account_id = (char *)step->account;
	elected.order_id = replaced.new_order_id = (char *)ORDER;
	elected.symbol = replaced.symbol = (char *)"AAPL";
	elected.stop_price_micros = 580000000;
	replaced.side = BOURSE__ORDERS__V1__SIDE__SIDE_BUY;
	return bus_fold_input(fold, "orders.events", step->account, NULL,
			      step->what == ELECTED ? &elected.base : &replaced.base);
}

static int margin(struct bus_fold *fold, const struct step *step)
{
	PORTFOLIO(MarginCalled) called = BOURSE__PORTFOLIO__V1__MARGIN_CALLED__INIT;
	PORTFOLIO(MarginCallMet) met = BOURSE__PORTFOLIO__V1__MARGIN_CALL_MET__INIT;

	called.account_id = met.account_id = (char *)step->account;
	called.missing_micros = 20500000;
	return bus_fold_input(fold, "portfolio.events", step->account, NULL,
			      step->what == CALLED ? &called.base : &met.base);
}

static int action(struct bus_fold *fold, const struct step *step)
{
	PORTFOLIO(DividendPaid) dividend = BOURSE__PORTFOLIO__V1__DIVIDEND_PAID__INIT;
	PORTFOLIO(PositionSplit) split = BOURSE__PORTFOLIO__V1__POSITION_SPLIT__INIT;
	PORTFOLIO(SymbolChanged) renamed = BOURSE__PORTFOLIO__V1__SYMBOL_CHANGED__INIT;
	const ProtobufCMessage *message = step->what == SPLIT	  ? &split.base
					  : step->what == RENAMED ? &renamed.base
								  : &dividend.base;

	dividend.account_id = split.account_id = renamed.account_id = (char *)step->account;
	dividend.action_id = split.action_id = renamed.action_id = (char *)ORDER;
	dividend.symbol = split.symbol = renamed.symbol = (char *)"AAPL";
	dividend.amount_micros = step->what == OWED ? -26500000 : 26500000;
	if (step->what == MISSED)
		dividend.amount_micros = 0;
	split.new_shares = 4;
	split.old_shares = 1;
	renamed.new_symbol = (char *)"APPL";
	return bus_fold_input(fold, "portfolio.events", step->account, NULL, message);
}

static int run_input(struct bus_fold *fold, const struct step *step)
{
	switch (step->what) {
	case SET:
	case SET_BLOCKED:
		return set(fold, step);
	case FILLED:
		return filled(fold, step);
	case REJECTED:
		return rejected(fold, step);
	case CANCELED:
	case ASKED:
	case EXPIRED:
		return canceled(fold, step);
	case CASH_IN:
	case SHARES_IN:
	case OUT:
	case KEPT:
		return moved(fold, step);
	case ELECTED:
	case REPLACED:
		return changed(fold, step);
	case CALLED:
	case MET:
		return margin(fold, step);
	case DIVIDEND:
	case OWED:
	case MISSED:
	case SPLIT:
	case RENAMED:
		return action(fold, step);
	case END:
		break;
	}
	return BUS_ERR_INTERNAL;
}

/* Facts as text ***************************************************************************** */

static const char *reason_name(NOTIFY(RejectReason) reason)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
		&bourse__notify__v1__reject_reason__descriptor, (int)reason);

	ck_assert_ptr_nonnull(value);
	return value->name + strlen("REJECT_REASON_");
}

static void describe_delivered(const NOTIFY(Delivered) * fact, const struct step *step, int offset,
			       char *out, size_t size)
{
	ck_assert_str_eq(fact->account_id, step->account);
	ck_assert_str_eq(fact->user_id, strcmp(step->account, A) == 0 ? USER : "");
	ck_assert_str_eq(fact->subject_id,
			 step->what == CALLED || step->what == MET ? step->account : ORDER);
	ck_assert_int_eq((int)fact->channel, (int)STREAM);
	ck_assert_int_eq(fact->delivered_at_micros, NOW);
	ck_assert_int_eq(fact->event_offset, offset);
	ck_assert_int_eq(fact->event_index, 0);
	ck_assert_str_eq(fact->event_topic,
			 step->what >= CASH_IN ? "portfolio.events" : "orders.events");
	ck_assert_uint_eq(strlen(fact->delivery_id), 36);
	ck_assert(strncmp(fact->body, fact->title, strlen(fact->title)) == 0);
	snprintf(out, size, "%d %s: %s", (int)fact->category, fact->event_type, fact->title);
}

static void describe(const struct bus_fact *fact, const struct step *step, int offset, char *out,
		     size_t size)
{
	Bourse__Notify__V1__NotifyEvent__EventCase type = fact->type;
	const NOTIFY(CommandRejected) *no = fact->message;
	const NOTIFY(PreferenceChanged) *changed = fact->message;

	switch (type) {
	case FACT(COMMAND_REJECTED):
		ck_assert_str_ne(no->text, "");
		ck_assert_str_eq(no->account_id, step->account);
		ck_assert_str_eq(no->command_type, "bourse.notify.v1.SetPreference");
		snprintf(out, size, "rejected %s", reason_name(no->reason));
		break;
	case FACT(PREFERENCE_CHANGED):
		ck_assert_str_eq(changed->account_id, step->account);
		snprintf(out, size, "set %d %d %s", (int)changed->category, (int)changed->channel,
			 changed->enabled ? "on" : "off");
		break;
	case FACT(DELIVERED):
		describe_delivered(fact->message, step, offset, out, size);
		break;
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		snprintf(out, size, "unexpected %d", fact->type);
		break;
	}
}

/* ******************************************************************************************* */

/* Account A is known to belong to somebody, B is not known (yet). */
static struct bus_fold *new_fold(void)
{
	struct bus_fold *fold = bus_fold_new(&notify_processor);
	USERS(Account) account = BOURSE__USERS__V1__ACCOUNT__INIT;

	account.account_id = (char *)A;
	account.user_id = (char *)USER;
	bus_fold_reference(fold, "users.accounts", A, &account.base);
	bus_fold_now(fold, NOW);
	return fold;
}

START_TEST(tables)
{
	static const struct step *const all[] = { defaults, switched, refused };
	struct bus_fold *fold = new_fold();

	for (int i = 0; all[_i][i].what != END; i++) {
		const struct step *step = &all[_i][i];
		char text[256] = "";

		ck_assert_msg(run_input(fold, step) == 0, "step %d", i);
		ck_assert_msg(bus_fold_fact_count(fold) == (step->fact[0] != '\0' ? 1u : 0u),
			      "step %d: %zu facts", i, bus_fold_fact_count(fold));
		if (bus_fold_fact_count(fold) > 0)
			describe(bus_fold_fact(fold, 0), step, i, text, sizeof(text));
		ck_assert_msg(strcmp(text, step->fact) == 0, "step %d: %s", i, text);
	}
	bus_fold_free(fold);
}
END_TEST

/* A delivery's id is its own, and the same whenever its step is made. */
START_TEST(delivery_ids)
{
	const struct step step = { CASH_IN, A, .fact = "" };
	struct bus_fold *fold = new_fold();
	char id[BUS_ID_TEXT], first[BUS_ID_TEXT];

	for (int sequence = 1; sequence <= 2; sequence++) {
		const NOTIFY(Delivered) * fact;

		ck_assert_int_eq(run_input(fold, &step), 0);
		fact = bus_fold_fact(fold, 0)->message;
		ck_assert_str_eq(fact->delivery_id,
				 bus_id_format(bus_id_derive_step("notify", 0, sequence, 0), id));
		if (sequence == 1)
			memcpy(first, id, sizeof(first));
	}
	ck_assert_str_ne(first, id);
	bus_fold_free(fold);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notify handlers");
	TCase *tcase = tcase_create("handlers");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, tables, 0, 3);
	tcase_add_test(tcase, delivery_ids);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
