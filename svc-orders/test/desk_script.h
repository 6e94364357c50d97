/*
 * The desk driven by lines of text, so that a test reads like a table: what comes in, and the facts
 *and reactions that follow. After every line the invariants of the whole state are checked.
 *
 *	deposit 10000 | deposit 500 AAPL		the ledger says so
 *	place 1 buy 30 @ 100 [ioc] [id=x]		order 1; "@ market"; time in force day
 *	cancel 1 | cancel id=x | decrease 1 10		of order 1
 *	fill 1 10 @ 99.5 leaves 20			the book says so, as do the next four
 *	end 1 20 REQUESTED | decreased 1 5 leaves 15 | refuse 1 HALTED | late 1 cancel
 *	withdraw 1 100 [AAPL] | booked 1 100 [AAPL]	the ledger says so
 *
 * Order n has the id that is derived from the n-th ce_id. Balances are written total/held.
 */
#ifndef TEST_DESK_SCRIPT_H
#define TEST_DESK_SCRIPT_H

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/fold.h"
#include "desk.h"
#include "desk_processor.h"
#include "desk_state.h"
#include "wire.h"

#define ACCOUNT "0a0a0a0a-0000-4000-8000-00000000000a"
#define OTHER	"0b0b0b0b-0000-4000-8000-00000000000b"
#define NOON	(INT64_C(1340280000) * 1000000)

struct desk_script {
	struct bus_fold *fold;
	const char *account; /* whose lines these are; ACCOUNT at first */
	int requests;	     /* cancels and decreases so far, which have ce_ids of their own */
	bool firm;	     /* balances may go below zero */
	bool blocked;	     /* the account is parked */
	/* The store's tests: the script that has the whole state, while this one has only what was
	 * loaded; and what goes around each input. NULL: this one, nothing. */
	const struct desk_script *whole;
	void (*before)(struct desk_script *script, const struct bus_input *input);
	void (*after)(struct desk_script *script);
	int result; /* of the last input */
	size_t len;
	char text[2048]; /* what followed it */
};

struct desk_line {
	const char *input;
	const char *output;
};

/* Ids and references ************************************************************************ */

static inline char *script_ce_id(int n, char *buf)
{
	snprintf(buf, BUS_ID_TEXT, "c0c0c0c0-0000-4000-8000-%012d", n);
	return buf;
}

/* Of order n. */
static inline char *script_order_id(const struct desk_script *script, int n, char *buf)
{
	char ce_id[BUS_ID_TEXT];

	script_ce_id(n, ce_id);
	return bus_id_format(bus_id_derive("desk",
					   bus_bytes(script->account, strlen(script->account)),
					   bus_bytes(ce_id, strlen(ce_id))),
			     buf);
}

static inline void script_instrument(struct desk_script *script, const char *symbol, bool open,
				     bool band, int64_t last_micros)
{
	MARKET(Instrument) instrument = BOURSE__MARKET__V1__INSTRUMENT__INIT;

	instrument.symbol = (char *)symbol;
	instrument.price_increment_micros = 10000;
	instrument.price_increment_below_one_micros = 100;
	instrument.quantity_increment_micros = BUS_MICROS;
	instrument.min_notional_micros = BUS_MICROS / 2;
	instrument.session = open ? SESSION(OPEN) : SESSION(CLOSED);
	instrument.closes_at_micros = NOON + BUS_MICROS;
	instrument.reference_price_micros = last_micros;
	if (band) {
		instrument.band_low_micros = 80 * BUS_MICROS;
		instrument.band_high_micros = 120 * BUS_MICROS;
	}
	bus_fold_reference(script->fold, DESK_SYMBOLS, symbol, &instrument.base);
}

static inline void script_quote(struct desk_script *script, const char *symbol, int64_t last_micros)
{
	MARKET(Quote) quote = BOURSE__MARKET__V1__QUOTE__INIT;

	quote.symbol = (char *)symbol;
	quote.last_price_micros = last_micros;
	bus_fold_reference(script->fold, DESK_QUOTES, symbol, &quote.base);
}

static inline void script_account(struct desk_script *script,
				  Bourse__Users__V1__AccountStatus status, bool firm)
{
	USERS(Account) account = BOURSE__USERS__V1__ACCOUNT__INIT;

	account.account_id = (char *)script->account;
	account.status = status;
	account.firm = firm;
	script->firm = firm;
	bus_fold_reference(script->fold, DESK_ACCOUNTS, script->account, &account.base);
}

/* AAPL: whole shares, open, no bands, last price 100. */
static inline void script_init(struct desk_script *script)
{
	*script = (struct desk_script){ .account = ACCOUNT };
	script->fold = bus_fold_new(&desk_processor);
	bus_fold_now(script->fold, NOON);
	script_instrument(script, "AAPL", true, false, 100 * BUS_MICROS);
}

static inline void script_release(struct desk_script *script)
{
	bus_fold_free(script->fold);
}

/* What followed, as text ******************************************************************** */

static inline void script_say(struct desk_script *script, const char *fmt, ...) BUS_PRINTF(2, 3);
static inline void script_say(struct desk_script *script, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	script->len += (size_t)vsnprintf(script->text + script->len,
					 sizeof(script->text) - script->len, fmt, args);
	va_end(args);
	ck_assert_uint_lt(script->len, sizeof(script->text));
}

static inline void script_amount(struct desk_script *script, const char *word, int64_t micros)
{
	char buf[BUS_DECIMAL_MAX];

	script_say(script, "%s%s", word, bus_micros_format(micros, buf));
}

static inline void script_enum(struct desk_script *script, const char *word,
			       const ProtobufCEnumDescriptor *type, int value, size_t prefix)
{
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);

	ck_assert_ptr_nonnull(found);
	script_say(script, "%s%s", word, found->name + prefix);
}

#define SAY_REASON(script, reason)                                                                 \
	script_enum(script, " ", &bourse__orders__v1__reject_reason__descriptor, (int)(reason),    \
		    strlen("REJECT_REASON_"))
#define SAY_STATUS(script, status)                                                                 \
	script_enum(script, " ", &bourse__orders__v1__order_status__descriptor, (int)(status),     \
		    strlen("ORDER_STATUS_"))
#define SAY_BALANCES(script, fact)                                                                 \
	do {                                                                                       \
		script_amount(script, " cash ", (fact)->cash_micros);                              \
		script_amount(script, "/", (fact)->cash_held_micros);                              \
		script_amount(script, " shares ", (fact)->position_micros);                        \
		script_amount(script, "/", (fact)->position_held_micros);                          \
	} while (0)

static inline void script_say_filled(struct desk_script *script, const ORDERS(OrderFilled) * fact)
{
	script_say(script, "filled");
	SAY_STATUS(script, fact->status);
	script_amount(script, " ", fact->quantity_micros);
	script_amount(script, ",", fact->cum_micros);
	script_amount(script, ",", fact->leaves_micros);
	script_amount(script, ",", fact->last_quantity_micros);
	script_amount(script, " delta ", fact->cash_delta_micros);
	script_amount(script, " released ", fact->released_micros);
	script_amount(script, " hold ", fact->hold_micros);
	SAY_BALANCES(script, fact);
}

static inline void script_say_accepted(struct desk_script *script,
				       const ORDERS(OrderAccepted) * fact)
{
	script_amount(script, "accepted hold ", fact->hold_micros);
	if (fact->collar_price_micros != 0)
		script_amount(script, " collar ", fact->collar_price_micros);
	if (fact->firm)
		script_say(script, " firm");
	SAY_BALANCES(script, fact);
}

static inline void script_say_canceled(struct desk_script *script,
				       const ORDERS(OrderCanceled) * fact)
{
	script_say(script, "ended");
	SAY_STATUS(script, fact->status);
	script_amount(script, " ", fact->quantity_micros);
	script_amount(script, ",", fact->cum_micros);
	script_amount(script, ",0,0 canceled ", fact->canceled_micros);
	script_amount(script, " released ",
		      fact->released_cash_micros + fact->released_shares_micros);
	SAY_BALANCES(script, fact);
}

static inline void script_say_decreased(struct desk_script *script,
					const ORDERS(OrderDecreased) * fact)
{
	script_amount(script, "decreased ", fact->quantity_micros);
	script_amount(script, ",", fact->cum_micros);
	script_amount(script, ",", fact->leaves_micros);
	script_amount(script, ",0 released ",
		      fact->released_cash_micros + fact->released_shares_micros);
	script_amount(script, " hold ", fact->hold_micros);
	SAY_BALANCES(script, fact);
}

static inline void script_say_cash(struct desk_script *script,
				   const ORDERS(BuyingPowerChanged) * fact)
{
	script_amount(script, "cash ", fact->cash_micros);
	script_amount(script, "/", fact->cash_held_micros);
	ck_assert_int_eq(fact->available_micros, fact->cash_micros - fact->cash_held_micros);
}

static inline void script_say_shares(struct desk_script *script, const ORDERS(SharesChanged) * fact)
{
	script_say(script, "shares %s", fact->symbol);
	script_amount(script, " ", fact->position_micros);
	script_amount(script, "/", fact->position_held_micros);
	ck_assert_int_eq(fact->available_micros,
			 fact->position_micros - fact->position_held_micros);
}

static inline void script_say_fact(struct desk_script *script, const struct bus_fact *fact)
{
	const ORDERS(OrderRejected) *rejected = fact->message;
	const ORDERS(CancelRejected) *cancel = fact->message;
	const ORDERS(DecreaseRejected) *decrease = fact->message;
	const ORDERS(WithdrawalRefused) *withdrawal = fact->message;

	switch ((Bourse__Orders__V1__OrderEvent__EventCase)fact->type) {
	case FACT(ORDER_ACCEPTED):
		script_say_accepted(script, fact->message);
		break;
	case FACT(ORDER_REJECTED):
		script_say(script, "rejected");
		SAY_REASON(script, rejected->reason);
		if (rejected->by_book)
			SAY_BALANCES(script, rejected);
		break;
	case FACT(ORDER_ALREADY_PLACED):
		script_say(script, "already placed");
		break;
	case FACT(ORDER_FILLED):
		script_say_filled(script, fact->message);
		break;
	case FACT(ORDER_CANCELED):
		script_say_canceled(script, fact->message);
		break;
	case FACT(ORDER_DECREASED):
		script_say_decreased(script, fact->message);
		break;
	case FACT(CANCEL_REQUESTED):
		script_say(script, "cancel requested");
		break;
	case FACT(CANCEL_REJECTED):
		script_say(script, "cancel rejected");
		SAY_REASON(script, cancel->reason);
		SAY_STATUS(script, cancel->status);
		break;
	case FACT(DECREASE_REQUESTED):
		script_say(script, "decrease requested");
		break;
	case FACT(DECREASE_REJECTED):
		script_say(script, "decrease rejected");
		SAY_REASON(script, decrease->reason);
		SAY_STATUS(script, decrease->status);
		break;
	case FACT(BUYING_POWER_CHANGED):
		script_say_cash(script, fact->message);
		break;
	case FACT(SHARES_CHANGED):
		script_say_shares(script, fact->message);
		break;
	case FACT(WITHDRAWAL_HELD):
		script_say(script, "withdrawal held");
		SAY_BALANCES(script, (const ORDERS(WithdrawalHeld) *)fact->message);
		break;
	case FACT(WITHDRAWAL_REFUSED):
		script_say(script, "withdrawal refused");
		SAY_REASON(script, withdrawal->reason);
		break;
	case FACT(PARKED):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		ck_abort_msg("fact %d", fact->type);
	}
}

static inline void script_say_reaction(struct desk_script *script,
				       const struct bus_fold_reaction *reaction)
{
	const BOOKS(NewOrder) *order = (const void *)reaction->message;

	ck_assert_str_eq(reaction->topic, DESK_BOOKS);
	script_say(script, " -> %s %s", reaction->message->descriptor->short_name, reaction->key);
	if (reaction->message->descriptor != BOOKS_D(new_order))
		return;
	script_amount(script, " ", order->quantity_micros);
	script_amount(script, " @ ", order->limit_price_micros);
}

/* Invariants ******************************************************************************** */

static inline int64_t script_held(const struct desk_state *desk, struct bus_id account,
				  const char *symbol)
{
	int64_t sum = 0;

	for (const struct desk_order *o = desk->orders; o != NULL; o = o->by_id.next) {
		bool wanted = symbol == NULL ? o->order.side == ORDER_BUY
					     : o->order.side == ORDER_SELL &&
						       strcmp(o->order.symbol, symbol) == 0;

		if (wanted && bus_id_equal(o->name.account, account))
			sum += o->order.hold_micros;
	}
	for (const struct desk_withdrawal *w = desk->withdrawals; w != NULL; w = w->hh.next) {
		if (!w->ended && bus_id_equal(w->account, account) &&
		    strcmp(w->symbol, symbol == NULL ? "" : symbol) == 0)
			sum += w->micros;
	}
	return sum;
}

/* What is held is what orders and withdrawals hold, and no more than there is. */
static inline void script_check_invariants(const struct desk_state *desk, bool firm)
{
	for (const struct desk_account *a = desk->accounts; a != NULL; a = a->hh.next) {
		ck_assert_int_eq(a->cash.held_micros, script_held(desk, a->id, NULL));
		ck_assert(firm || balance_available(&a->cash) >= 0);
	}
	for (const struct desk_position *p = desk->positions; p != NULL; p = p->hh.next) {
		ck_assert_int_eq(p->shares.held_micros,
				 script_held(desk, p->key.account, p->key.symbol));
		ck_assert(firm || balance_available(&p->shares) >= 0);
	}
	for (const struct desk_order *o = desk->orders; o != NULL; o = o->by_id.next) {
		const struct order *order = &o->order;
		bool terminal = order_terminal(order->status);

		ck_assert(order->hold_micros >= 0 && order->cum.micros >= 0);
		ck_assert(terminal ? order->leaves.micros == 0 && order->hold_micros == 0
				   : order->leaves.micros > 0 &&
					     order->cum.micros + order->leaves.micros ==
						     order->quantity.micros);
	}
}

/* Inputs ************************************************************************************ */

static inline int64_t script_micros(const char *text)
{
	int64_t micros = 0;

	ck_assert_msg(bus_micros_parse(text, strlen(text), &micros), "not a number: %s", text);
	return micros;
}

static inline void script_input(struct desk_script *script, const char *topic, const char *ce_id,
				const ProtobufCMessage *message)
{
	const struct bus_input input = {
		.message = message,
		.key = script->account,
		.topic = topic,
		.now = NOON,
	};

	script->len = 0;
	script->text[0] = '\0';
	if (script->before != NULL)
		script->before(script, &input);
	script->result = (script->blocked ? bus_fold_blocked : bus_fold_input)(
		script->fold, topic, script->account, ce_id, message);
	if (script->result == BUS_ERR_PARK)
		script_say(script, "park");
	else if (script->result != 0)
		script_say(script, "error %d", script->result);
	for (size_t i = 0; i < bus_fold_fact_count(script->fold); i++)
		script_say_fact(script, bus_fold_fact(script->fold, i));
	for (size_t i = 0; i < bus_fold_reaction_count(script->fold); i++)
		script_say_reaction(script, bus_fold_reaction(script->fold, i));
	if (script->whole == NULL)
		script_check_invariants(bus_fold_state(script->fold), script->firm);
	if (script->after != NULL)
		script->after(script);
}

static inline int script_int(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

#define SCRIPT_WORDS 12

struct script_words {
	char *word[SCRIPT_WORDS];
	int count;
	char text[256];
};

static inline void script_split(struct script_words *words, const char *line)
{
	char *rest = words->text, *word;

	memset(words, 0, sizeof(*words));
	snprintf(words->text, sizeof(words->text), "%s", line);
	while ((word = strtok_r(rest, " ", &rest)) != NULL && words->count < SCRIPT_WORDS)
		words->word[words->count++] = word;
	for (int i = words->count; i < SCRIPT_WORDS; i++)
		words->word[i] = words->text + sizeof(words->text) - 1; /* "" */
}

static inline Bourse__Orders__V1__TimeInForce script_tif(const char *word)
{
	static const char *const names[] = { "", "day", "gtc", "ioc", "fok", "opg", "cls" };

	for (size_t i = 1; i < BUS_ARRAY_LEN(names); i++) {
		if (strcmp(word, names[i]) == 0)
			return (Bourse__Orders__V1__TimeInForce)i;
	}
	return (Bourse__Orders__V1__TimeInForce)ORDER_DAY;
}

/* place N SIDE QUANTITY @ PRICE [SYMBOL] [TIF] [id=NAME] */
static inline void script_place(struct desk_script *script, const struct script_words *w)
{
	ORDERS(PlaceOrder) command = BOURSE__ORDERS__V1__PLACE_ORDER__INIT;
	char ce_id[BUS_ID_TEXT];

	command.account_id = (char *)script->account;
	command.symbol = (char *)"AAPL";
	command.side = (ORDERS(Side))(strcmp(w->word[2], "buy") == 0 ? ORDER_BUY : ORDER_SELL);
	command.quantity_micros = script_micros(w->word[3]);
	if (strcmp(w->word[5], "market") == 0) {
		command.type = (ORDERS(OrderType))ORDER_MARKET;
	} else {
		command.type = (ORDERS(OrderType))ORDER_LIMIT;
		command.limit_price_micros = script_micros(w->word[5]);
	}
	command.time_in_force = script_tif("day");
	for (int i = 6; i < w->count; i++) {
		if (strncmp(w->word[i], "id=", 3) == 0)
			command.client_order_id = w->word[i] + 3;
		else if (w->word[i][0] >= 'A' && w->word[i][0] <= 'Z')
			command.symbol = w->word[i];
		else
			command.time_in_force = script_tif(w->word[i]);
	}
	script_input(script, "orders.commands", script_ce_id(script_int(w->word[1]), ce_id),
		     &command.base);
}

/* Sets one of the two names from "7" or "id=name". */
static inline void script_name(const struct desk_script *script, const char *word, char *buf,
			       char **order_id, char **client_order_id)
{
	if (strncmp(word, "id=", 3) == 0)
		*client_order_id = (char *)word + 3;
	else
		*order_id = script_order_id(script, script_int(word), buf);
}

static inline void script_cancel(struct desk_script *script, const struct script_words *w)
{
	ORDERS(CancelOrder) command = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;
	char id[BUS_ID_TEXT], ce_id[BUS_ID_TEXT];

	command.account_id = (char *)script->account;
	script_name(script, w->word[1], id, &command.order_id, &command.client_order_id);
	script_input(script, "orders.commands", script_ce_id(1000000 + script->requests++, ce_id),
		     &command.base);
}

static inline void script_decrease(struct desk_script *script, const struct script_words *w)
{
	ORDERS(DecreaseOrder) command = BOURSE__ORDERS__V1__DECREASE_ORDER__INIT;
	char id[BUS_ID_TEXT], ce_id[BUS_ID_TEXT];

	command.account_id = (char *)script->account;
	script_name(script, w->word[1], id, &command.order_id, &command.client_order_id);
	command.by_micros = script_micros(w->word[2]);
	script_input(script, "orders.commands", script_ce_id(1000000 + script->requests++, ce_id),
		     &command.base);
}

/* fill N QUANTITY @ PRICE leaves LEAVES; the side is that of the order, else buy. */
static inline void script_fill(struct desk_script *script, const struct script_words *w)
{
	BOOKS(Execution) execution = BOURSE__BOOKS__V1__EXECUTION__INIT;
	const struct desk_order *order;
	char text[BUS_ID_TEXT];
	struct bus_id id;

	script_order_id(script, script_int(w->word[1]), text);
	ck_assert(bus_id_parse(text, strlen(text), &id));
	order = desk_order(bus_fold_state((script->whole != NULL ? script->whole : script)->fold),
			   id);
	execution.account_id = (char *)script->account;
	execution.order_id = text;
	execution.symbol = (char *)(order != NULL ? order->order.symbol : "AAPL");
	execution.trade_id = (char *)"7d7d7d7d-0000-4000-8000-000000000007";
	execution.side = (ORDERS(Side))(order != NULL ? order->order.side : ORDER_BUY);
	execution.quantity_micros = script_micros(w->word[2]);
	execution.price_micros = script_micros(w->word[4]);
	execution.leaves_micros = script_micros(w->word[6]);
	execution.executed_at_micros = NOON - 1;
	script_input(script, "books.executions", NULL, &execution.base);
}

static inline int script_value(const ProtobufCEnumDescriptor *type, const char *prefix,
			       const char *name)
{
	char full[64];
	const ProtobufCEnumValue *value;

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	value = protobuf_c_enum_descriptor_get_value_by_name(type, full);
	ck_assert_msg(value != NULL, "no such value: %s", full);
	return value->value;
}

/* end N QUANTITY REASON */
static inline void script_end(struct desk_script *script, const struct script_words *w)
{
	BOOKS(OrderCanceled) canceled = BOURSE__BOOKS__V1__ORDER_CANCELED__INIT;
	char id[BUS_ID_TEXT];

	canceled.account_id = (char *)script->account;
	canceled.order_id = script_order_id(script, script_int(w->word[1]), id);
	canceled.symbol = (char *)"AAPL";
	canceled.canceled_micros = script_micros(w->word[2]);
	canceled.reason = (ORDERS(CancelReason))script_value(
		&bourse__orders__v1__cancel_reason__descriptor, "CANCEL_REASON_", w->word[3]);
	script_input(script, "books.executions", NULL, &canceled.base);
}

/* decreased N BY leaves LEAVES */
static inline void script_decreased(struct desk_script *script, const struct script_words *w)
{
	BOOKS(OrderDecreased) decreased = BOURSE__BOOKS__V1__ORDER_DECREASED__INIT;
	char id[BUS_ID_TEXT];

	decreased.account_id = (char *)script->account;
	decreased.order_id = script_order_id(script, script_int(w->word[1]), id);
	decreased.symbol = (char *)"AAPL";
	decreased.by_micros = script_micros(w->word[2]);
	decreased.leaves_micros = script_micros(w->word[4]);
	script_input(script, "books.executions", NULL, &decreased.base);
}

/* refuse N REASON */
static inline void script_refuse(struct desk_script *script, const struct script_words *w)
{
	BOOKS(OrderRejected) rejected = BOURSE__BOOKS__V1__ORDER_REJECTED__INIT;
	char id[BUS_ID_TEXT];

	rejected.account_id = (char *)script->account;
	rejected.order_id = script_order_id(script, script_int(w->word[1]), id);
	rejected.symbol = (char *)"AAPL";
	rejected.reason = (ORDERS(RejectReason))script_value(
		&bourse__orders__v1__reject_reason__descriptor, "REJECT_REASON_", w->word[2]);
	script_input(script, "books.executions", NULL, &rejected.base);
}

/* late N cancel|decrease|other */
static inline void script_late(struct desk_script *script, const struct script_words *w)
{
	BOOKS(RequestRejected) rejected = BOURSE__BOOKS__V1__REQUEST_REJECTED__INIT;
	char id[BUS_ID_TEXT];

	rejected.account_id = (char *)script->account;
	rejected.order_id = script_order_id(script, script_int(w->word[1]), id);
	rejected.symbol = (char *)"AAPL";
	if (strcmp(w->word[2], "cancel") == 0)
		rejected.kind = REQUEST_KIND(CANCEL);
	else if (strcmp(w->word[2], "decrease") == 0)
		rejected.kind = REQUEST_KIND(DECREASE);
	rejected.reason = (ORDERS(RejectReason))REFUSAL_TOO_LATE;
	script_input(script, "books.executions", NULL, &rejected.base);
}

/* deposit AMOUNT [SYMBOL] */
static inline void script_deposit(struct desk_script *script, const struct script_words *w)
{
	PORTFOLIO(CashDeposited) cash = BOURSE__PORTFOLIO__V1__CASH_DEPOSITED__INIT;
	PORTFOLIO(SharesDeposited) shares = BOURSE__PORTFOLIO__V1__SHARES_DEPOSITED__INIT;

	cash.account_id = shares.account_id = (char *)script->account;
	cash.deposit_id = shares.deposit_id = (char *)"d1d1d1d1-0000-4000-8000-000000000001";
	cash.amount_micros = shares.quantity_micros = script_micros(w->word[1]);
	shares.symbol = w->word[2];
	script_input(script, "portfolio.events", NULL, w->count > 2 ? &shares.base : &cash.base);
}

/* withdraw N AMOUNT [SYMBOL] and booked N AMOUNT [SYMBOL] */
static inline void script_withdrawal(struct desk_script *script, const struct script_words *w)
{
	PORTFOLIO(WithdrawalRequested) asked = BOURSE__PORTFOLIO__V1__WITHDRAWAL_REQUESTED__INIT;
	PORTFOLIO(WithdrawalBooked) booked = BOURSE__PORTFOLIO__V1__WITHDRAWAL_BOOKED__INIT;
	int64_t micros = script_micros(w->word[2]);
	char id[BUS_ID_TEXT];

	script_ce_id(5000000 + script_int(w->word[1]), id);
	asked.account_id = booked.account_id = (char *)script->account;
	asked.withdrawal_id = booked.withdrawal_id = id;
	asked.symbol = booked.symbol = w->word[3];
	if (w->count > 3)
		asked.quantity_micros = booked.quantity_micros = micros;
	else
		asked.amount_micros = booked.amount_micros = micros;
	script_input(script, "portfolio.events", NULL,
		     strcmp(w->word[0], "booked") == 0 ? &booked.base : &asked.base);
}

/* One line; what followed is in script->text. */
static inline void script_run(struct desk_script *script, const char *input)
{
	static const struct {
		const char *verb;
		void (*run)(struct desk_script *script, const struct script_words *words);
	} verbs[] = {
		{ "place", script_place },	 { "cancel", script_cancel },
		{ "decrease", script_decrease }, { "fill", script_fill },
		{ "end", script_end },		 { "decreased", script_decreased },
		{ "refuse", script_refuse },	 { "late", script_late },
		{ "deposit", script_deposit },	 { "withdraw", script_withdrawal },
		{ "booked", script_withdrawal },
	};
	struct script_words words;

	script_split(&words, input);
	for (size_t i = 0; i < BUS_ARRAY_LEN(verbs); i++) {
		if (strcmp(words.word[0], verbs[i].verb) == 0) {
			verbs[i].run(script, &words);
			return;
		}
	}
	ck_abort_msg("no such verb: %s", input);
}

/* Fails the test at the first line with another output. */
static inline void script_check(struct desk_script *script, const struct desk_line *lines,
				size_t count)
{
	for (size_t i = 0; i < count; i++) {
		script_run(script, lines[i].input);
		ck_assert_msg(strcmp(script->text, lines[i].output) == 0,
			      "line %zu: %s\n  expected: %s\n       got: %s", i, lines[i].input,
			      lines[i].output, script->text);
	}
}

/* Random streams ************************************************************************** */

static inline uint64_t script_random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline int64_t script_random_below(uint64_t *seed, int64_t bound)
{
	return (int64_t)(script_random_next(seed) % (uint64_t)bound);
}

/* What a book could say of this order, or something that it could not. */
static inline void script_random_answer(const struct desk_script *script, uint64_t *seed, int n,
					char *line, size_t size)
{
	const struct desk_order *order;
	char text[BUS_ID_TEXT];
	int64_t leaves, quantity;
	struct bus_id id;

	script_order_id(script, n, text);
	ck_assert(bus_id_parse(text, strlen(text), &id));
	order = desk_order(bus_fold_state(script->fold), id);
	leaves = order != NULL ? order->order.leaves.micros / BUS_MICROS : 3;
	quantity = leaves > 0 ? 1 + script_random_below(seed, leaves) : 1;
	switch (script_random_below(seed, 6)) {
	case 0:
		snprintf(line, size, "end %d %" PRId64 " REQUESTED", n, leaves);
		break;
	case 1:
		snprintf(line, size, "decreased %d %" PRId64 " leaves %" PRId64, n, quantity,
			 leaves - quantity);
		break;
	case 2:
		snprintf(line, size, "late %d cancel", n);
		break;
	case 3:
		snprintf(line, size, "refuse %d HALTED", n);
		break;
	default:
		snprintf(line, size,
			 "fill %d %" PRId64 " @ %" PRId64 ".%02" PRId64 " leaves %" PRId64, n,
			 quantity, 90 + script_random_below(seed, 20),
			 script_random_below(seed, 100), leaves - quantity);
		break;
	}
}

static inline void script_random_line(const struct desk_script *script, uint64_t *seed, int step,
				      char *line, size_t size)
{
	static const char *const tifs[] = { "day", "gtc", "ioc", "fok" };
	int n = step > 0 ? (int)(step - script_random_below(seed, step < 40 ? step : 40)) : 0;
	int kind = (int)script_random_below(seed, 10);

	if (kind < 4)
		snprintf(line, size, "place %d %s %" PRId64 " @ %" PRId64 ".%02" PRId64 " %s id=%d",
			 step, script_random_below(seed, 2) == 0 ? "buy" : "sell",
			 1 + script_random_below(seed, 40), 90 + script_random_below(seed, 20),
			 script_random_below(seed, 100), tifs[script_random_below(seed, 4)],
			 step - (int)script_random_below(seed, 2));
	else if (kind == 4)
		snprintf(line, size, "cancel %d", n);
	else if (kind == 5)
		snprintf(line, size, "decrease %d %" PRId64, n, script_random_below(seed, 30));
	else if (kind == 6 && script_random_below(seed, 2) == 0)
		snprintf(line, size,
			 script_random_below(seed, 2) == 0 ? "deposit 4000" : "deposit 40 AAPL");
	else if (kind == 6)
		snprintf(line, size, "%s %d %" PRId64 "%s",
			 script_random_below(seed, 2) == 0 ? "withdraw" : "booked",
			 (int)script_random_below(seed, 8), 1 + script_random_below(seed, 9),
			 script_random_below(seed, 2) == 0 ? " AAPL" : "");
	else
		script_random_answer(script, seed, n, line, size);
}

#endif
