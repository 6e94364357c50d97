/*
 * The ledger as a script: inputs and the clock one after the other, the facts as text. After every
 * input and every timer the books balance, and a second state that has seen the facts alone is the
 * same as the live one.
 */
#ifndef PORTFOLIO_TEST_LEDGER_SCRIPT_H
#define PORTFOLIO_TEST_LEDGER_SCRIPT_H

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "books_check.h"
#include "bus/fold.h"
#include "bus/time.h"
#include "handlers.h"
#include "store.h"
#include "wire.h"

#define SCRIPT_A     "11111111-1111-4111-8111-111111111111"
#define SCRIPT_ORDER "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"

#define SCRIPT_ACTIONS_MAX 16

struct script_instrument {
	char symbol[16];
	int64_t increment;
	MARKET(CorporateAction) actions[SCRIPT_ACTIONS_MAX];
	char ids[SCRIPT_ACTIONS_MAX][BUS_ID_TEXT];
	char new_symbols[SCRIPT_ACTIONS_MAX][16];
	size_t count;
};

struct script {
	struct bus_fold *fold;
	struct books *mirror;
	int64_t now;
	struct script_instrument instruments[8];
	size_t instrument_count;
	int number;	 /* of inputs */
	char text[8192]; /* of the facts since the last script_clear */
};

static inline int64_t script_micros(const char *text)
{
	int64_t value = 0;

	if (text != NULL)
		ck_assert(bus_micros_parse(text, strlen(text), &value));
	return value;
}

static inline int64_t script_time(const char *text)
{
	int64_t at = 0;

	bus_assert(text != NULL);
	ck_assert_msg(bus_time_parse(text, strlen(text), &at), "%s", text);
	return at;
}

static inline const char *script_decimal(int64_t value)
{
	static char buffers[16][BUS_DECIMAL_MAX];
	static unsigned next;

	return bus_micros_format(value, buffers[next++ % 16]);
}

static inline void script_begin(struct script *script)
{
	*script = (struct script){ .fold = bus_fold_new(&ledger_processor), .mirror = store_new() };
}

static inline void script_end(struct script *script)
{
	bus_fold_free(script->fold);
	store_free(script->mirror);
}

static inline struct books *script_books(const struct script *script)
{
	return bus_fold_state(script->fold);
}

static inline const struct account *script_account(const struct script *script)
{
	struct bus_id id;

	ck_assert(wire_id(SCRIPT_A, &id));
	return account_find(&script_books(script)->accounts, id);
}

/* Facts as text *************************************************************************** */

#define D script_decimal

static inline void script_describe_day(const PORTFOLIO(DayClosed) * f, char *out, size_t size)
{
	snprintf(out, size,
		 "closed %d: %s > %s (%s + %s), in %s, out %s, trades %s, dividends %s, other %s, "
		 "%" PRId64 " moves, equity %s, flow %s, growth %" PRId64,
		 f->date, D(f->opening_cash_micros), D(f->closing_cash_micros),
		 D(f->settled_cash_micros), D(f->unsettled_cash_micros), D(f->deposits_micros),
		 D(f->withdrawals_micros), D(f->trades_micros), D(f->dividends_micros),
		 D(f->other_micros), f->movement_count, D(f->equity_micros), D(f->flow_micros),
		 f->growth_picos);
}

static inline const char *script_reason(ORDERS(RejectReason) reason)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
		&bourse__orders__v1__reject_reason__descriptor, (int)reason);

	ck_assert_ptr_nonnull(value);
	return value->name + strlen("REJECT_REASON_");
}

static inline void script_describe(const struct bus_fact *fact, char *out, size_t size)
{
	Bourse__Portfolio__V1__PortfolioEvent__EventCase type = fact->type;
	const PORTFOLIO(CashDeposited) *cash_in = fact->message;
	const PORTFOLIO(SharesDeposited) *shares_in = fact->message;
	const PORTFOLIO(WithdrawalBooked) *out_of = fact->message;
	const PORTFOLIO(TradeBooked) *trade = fact->message;
	const PORTFOLIO(CashSettled) *settled = fact->message;
	const PORTFOLIO(CorporateActionDue) *due = fact->message;
	const PORTFOLIO(PositionSplit) *split = fact->message;
	const PORTFOLIO(SymbolChanged) *changed = fact->message;
	const PORTFOLIO(DividendPaid) *dividend = fact->message;
	const PORTFOLIO(MarginChecked) *margin = fact->message;
	const PORTFOLIO(MarginCalled) *called = fact->message;

	switch (type) {
	case FACT(COMMAND_REJECTED):
		snprintf(
			out, size, "rejected %s",
			script_reason(((const PORTFOLIO(CommandRejected) *)fact->message)->reason));
		break;
	case FACT(CASH_DEPOSITED):
		snprintf(out, size, "in %s, cash %s", D(cash_in->amount_micros),
			 D(cash_in->cash_micros));
		break;
	case FACT(SHARES_DEPOSITED):
		snprintf(out, size, "in %s %s, has %s for %s / %s", D(shares_in->quantity_micros),
			 shares_in->symbol, D(shares_in->position_micros),
			 D(shares_in->position_cost_micros),
			 D(shares_in->position_fifo_cost_micros));
		break;
	case FACT(WITHDRAWAL_REQUESTED):
		snprintf(out, size, "requested");
		break;
	case FACT(WITHDRAWAL_BOOKED):
		snprintf(out, size, "out %s %s%s for %s / %s", D(out_of->amount_micros),
			 D(out_of->quantity_micros), out_of->symbol, D(out_of->cost_micros),
			 D(out_of->fifo_cost_micros));
		break;
	case FACT(WITHDRAWAL_REJECTED):
		snprintf(out, size, "refused");
		break;
	case FACT(TRADE_BOOKED):
		snprintf(out, size, "%s %s %s, settles %d, has %s for %s / %s, earned %s / %s",
			 trade->side == SIDE(BUY) ? "bought" : "sold", D(trade->quantity_micros),
			 trade->symbol, trade->settlement_date, D(trade->position_micros),
			 D(trade->position_cost_micros), D(trade->position_fifo_cost_micros),
			 D(trade->realised_micros), D(trade->fifo_realised_micros));
		break;
	case FACT(CASH_SETTLED):
		snprintf(out, size, "settled %d %s: %s + %s", settled->date,
			 D(settled->amount_micros), D(settled->settled_cash_micros),
			 D(settled->unsettled_cash_micros));
		break;
	case FACT(DAY_CLOSED):
		script_describe_day(fact->message, out, size);
		break;
	case FACT(CORPORATE_ACTION_DUE):
		snprintf(out, size, "due %s %" PRId64, due->symbol, due->number);
		break;
	case FACT(POSITION_SPLIT):
		snprintf(out, size,
			 "split %s %s > %s for %s / %s, fraction %s for %s, earned %s / %s",
			 split->symbol, D(split->before_micros), D(split->position_micros),
			 D(split->position_cost_micros), D(split->position_fifo_cost_micros),
			 D(split->fraction_micros), D(split->cash_in_lieu_micros),
			 D(split->realised_micros), D(split->fifo_realised_micros));
		break;
	case FACT(SYMBOL_CHANGED):
		snprintf(out, size, "%s > %s %s, has %s for %s / %s in %zu lots, earned %s / %s",
			 changed->symbol, changed->new_symbol, D(changed->quantity_micros),
			 D(changed->position_micros), D(changed->position_cost_micros),
			 D(changed->position_fifo_cost_micros), changed->n_lots,
			 D(changed->realised_micros), D(changed->fifo_realised_micros));
		break;
	case FACT(DIVIDEND_PAID):
		snprintf(out, size, "dividend %s %s x %s = %s, cash %s", dividend->symbol,
			 D(dividend->quantity_micros), D(dividend->amount_per_share_micros),
			 D(dividend->amount_micros), D(dividend->cash_micros));
		break;
	case FACT(ACTIONS_CHECKED):
		snprintf(out, size, "checked %" PRId64,
			 ((const PORTFOLIO(ActionsChecked) *)fact->message)->count);
		break;
	case FACT(MARGIN_CHECKED):
		snprintf(out, size, "margin %s of %s for %s", D(margin->equity_micros),
			 D(margin->requirement_micros), D(margin->short_value_micros));
		break;
	case FACT(MARGIN_CALLED):
		snprintf(out, size, "called, missing %s", D(called->missing_micros));
		break;
	case FACT(MARGIN_CALL_MET):
		snprintf(out, size, "met");
		break;
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		snprintf(out, size, "unexpected %d", fact->type);
		break;
	}
}

#undef D

/* What is true after every step *********************************************************** */

static inline void script_check_fold(const struct script *script)
{
	const struct books *live = script_books(script);

	ck_assert_uint_eq(HASH_COUNT(live->accounts.by_id),
			  HASH_COUNT(script->mirror->accounts.by_id));
	for (const struct account *a = live->accounts.by_id; a != NULL; a = a->hh.next) {
		const struct account *same = account_find(&script->mirror->accounts, a->id);

		ck_assert_ptr_nonnull(same);
		books_same_account(a, same);
	}
}

static inline void script_after(struct script *script, bool timer)
{
	for (size_t i = 0; i < bus_fold_fact_count(script->fold); i++) {
		const struct bus_fact *fact = bus_fold_fact(script->fold, i);
		char text[512];
		size_t len = strlen(script->text);

		ledger_evolve(script->mirror, fact);
		script_describe(fact, text, sizeof(text));
		snprintf(script->text + len, sizeof(script->text) - len, "%s%s%s",
			 len > 0 ? " | " : "", timer ? "*" : "", text);
	}
	books_check_money(script_account(script));
	script_check_fold(script);
}

static inline void script_clear(struct script *script)
{
	script->text[0] = '\0';
}

/* The clock comes to `at`, and all timers that are due fire. */
static inline void script_clock(struct script *script, int64_t at)
{
	script->now = at;
	bus_fold_now(script->fold, at);
	for (;;) {
		int rc = bus_fold_due(script->fold);

		ck_assert_msg(rc >= 0, "a timer failed: %d", rc);
		if (rc == 0)
			return;
		script_after(script, true);
	}
}

static inline int script_input(struct script *script, const char *topic,
			       const ProtobufCMessage *message)
{
	char ce_id[BUS_ID_TEXT];
	int rc;

	snprintf(ce_id, sizeof(ce_id), "cccccccc-cccc-4ccc-8ccc-%012d", ++script->number);
	rc = bus_fold_input(script->fold, topic, SCRIPT_A, ce_id, message);
	if (rc == 0)
		script_after(script, false);
	else if (script_account(script) != NULL)
		script_check_fold(script);
	return rc;
}

/* Inputs ********************************************************************************** */

static inline int script_deposit(struct script *script, int64_t amount, const char *symbol,
				 int64_t quantity, int64_t price)
{
	PORTFOLIO(Deposit) command = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT;

	command.account_id = (char *)SCRIPT_A;
	command.amount_micros = amount;
	command.symbol = (char *)(symbol != NULL ? symbol : "");
	command.quantity_micros = quantity;
	command.cost_price_micros = price;
	return script_input(script, "portfolio.commands", &command.base);
}

/* Asks for it, and when it was taken lets the desk hold it. */
static inline int script_withdraw(struct script *script, int64_t amount, const char *symbol,
				  int64_t quantity)
{
	PORTFOLIO(Withdraw) command = BOURSE__PORTFOLIO__V1__WITHDRAW__INIT;
	ORDERS(WithdrawalHeld) held = BOURSE__ORDERS__V1__WITHDRAWAL_HELD__INIT;
	char id[BUS_ID_TEXT];
	size_t facts;
	int rc;

	command.account_id = held.account_id = (char *)SCRIPT_A;
	command.amount_micros = held.amount_micros = amount;
	command.symbol = held.symbol = (char *)(symbol != NULL ? symbol : "");
	command.quantity_micros = held.quantity_micros = quantity;
	rc = script_input(script, "portfolio.commands", &command.base);
	facts = bus_fold_fact_count(script->fold);
	if (rc != 0 || bus_fold_fact(script->fold, facts - 1)->type != FACT(WITHDRAWAL_REQUESTED))
		return rc;
	snprintf(id, sizeof(id), "%s",
		 ((const PORTFOLIO(WithdrawalRequested) *)bus_fold_fact(script->fold, facts - 1)
			  ->message)
			 ->withdrawal_id);
	held.withdrawal_id = id;
	return script_input(script, "orders.events", &held.base);
}

struct script_fill {
	const char *symbol;
	int64_t quantity; /* signed */
	int64_t cash;	  /* signed */
	int64_t fee, regulatory_fee;
	int64_t executed_at; /* 0: now */
	int64_t actions;
	bool shorting, firm;
};

static inline int script_fill(struct script *script, const struct script_fill *fill)
{
	ORDERS(OrderFilled) filled = BOURSE__ORDERS__V1__ORDER_FILLED__INIT;
	char trade_id[BUS_ID_TEXT];

	snprintf(trade_id, sizeof(trade_id), "bbbbbbbb-bbbb-4bbb-8bbb-%012d", script->number);
	filled.account_id = (char *)SCRIPT_A;
	filled.order_id = (char *)SCRIPT_ORDER;
	filled.trade_id = trade_id;
	filled.symbol = (char *)fill->symbol;
	filled.side = fill->quantity > 0 ? SIDE(BUY) : SIDE(SELL);
	filled.last_quantity_micros =
		fill->quantity < 0 && fill->quantity > INT64_MIN ? -fill->quantity : fill->quantity;
	filled.cash_delta_micros = fill->cash;
	filled.fee_micros = fill->fee;
	filled.regulatory_fee_micros = fill->regulatory_fee;
	filled.executed_at_micros = fill->executed_at != 0 ? fill->executed_at : script->now;
	filled.actions = fill->actions;
	filled.shorting = fill->shorting;
	filled.firm = fill->firm;
	return script_input(script, "orders.events", &filled.base);
}

static inline int script_apply_actions(struct script *script)
{
	PORTFOLIO(ApplyActions) command = BOURSE__PORTFOLIO__V1__APPLY_ACTIONS__INIT;

	command.account_id = (char *)SCRIPT_A;
	return script_input(script, "portfolio.commands", &command.base);
}

/* References ****************************************************************************** */

static inline void script_quote(struct script *script, const char *symbol, int64_t last)
{
	MARKET(Quote) quote = BOURSE__MARKET__V1__QUOTE__INIT;

	quote.symbol = (char *)symbol;
	quote.last_price_micros = last;
	bus_fold_reference(script->fold, "market.quotes", symbol, &quote.base);
}

static inline struct script_instrument *script_instrument(struct script *script, const char *symbol)
{
	for (size_t i = 0; i < script->instrument_count; i++) {
		if (strcmp(script->instruments[i].symbol, symbol) == 0)
			return &script->instruments[i];
	}
	ck_assert_uint_lt(script->instrument_count, BUS_ARRAY_LEN(script->instruments));
	script->instruments[script->instrument_count].increment = 1;
	snprintf(script->instruments[script->instrument_count].symbol, 16, "%s", symbol);
	return &script->instruments[script->instrument_count++];
}

static inline void script_publish(struct script *script, const char *symbol)
{
	struct script_instrument *instrument = script_instrument(script, symbol);
	MARKET(CorporateAction) * actions[SCRIPT_ACTIONS_MAX];
	MARKET(Instrument) message = BOURSE__MARKET__V1__INSTRUMENT__INIT;

	message.symbol = instrument->symbol;
	message.quantity_increment_micros = instrument->increment;
	message.n_actions = instrument->count;
	message.actions = actions;
	for (size_t i = 0; i < instrument->count; i++) {
		actions[i] = &instrument->actions[i];
		message.actions_effective += instrument->actions[i].effective;
	}
	bus_fold_reference(script->fold, "market.symbols", symbol, &message.base);
}

/* A further action of the symbol, announced; it is to be made effective apart. Returned for its
 * terms. */
static inline MARKET(CorporateAction) *
	script_announce(struct script *script, const char *symbol, int kind, int64_t effective_at)
{
	struct script_instrument *instrument = script_instrument(script, symbol);
	size_t n = instrument->count++;
	MARKET(CorporateAction) *action = &instrument->actions[n];

	ck_assert_uint_lt(n, SCRIPT_ACTIONS_MAX);
	bourse__market__v1__corporate_action__init(action);
	snprintf(instrument->ids[n], BUS_ID_TEXT, "dddddddd-dddd-4ddd-8ddd-%06zu%06zu",
		 (size_t)(instrument - script->instruments), n);
	action->action_id = instrument->ids[n];
	action->kind = (Bourse__Market__V1__ActionKind)kind;
	action->effective_at_micros = effective_at;
	return action;
}

/* The market says that all actions of the symbol up to now are effective. */
static inline void script_effective(struct script *script, const char *symbol)
{
	struct script_instrument *instrument = script_instrument(script, symbol);

	for (size_t i = 0; i < instrument->count; i++) {
		if (instrument->actions[i].effective_at_micros <= script->now) {
			instrument->actions[i].effective = true;
			instrument->actions[i].number = (int64_t)i + 1;
		}
	}
	script_publish(script, symbol);
}

/* The desk clears the n-th action of the symbol, from 1. */
static inline int script_cleared(struct script *script, const char *symbol, size_t n)
{
	ORDERS(CorporateActionCleared) cleared = BOURSE__ORDERS__V1__CORPORATE_ACTION_CLEARED__INIT;

	cleared.account_id = (char *)SCRIPT_A;
	cleared.symbol = (char *)symbol;
	cleared.action_id = script_instrument(script, symbol)->ids[n - 1];
	return script_input(script, "orders.events", &cleared.base);
}

#endif
