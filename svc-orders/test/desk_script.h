/*
 * The desk driven by lines of text, so that a test reads like a table: what comes in, and the facts
 * and reactions that follow. After every line the invariants of the whole state are checked, and
 * that it is what its facts alone give.
 *
 *	deposit 10000 | deposit 500 AAPL [ACTIONS]	the ledger says so
 *	place 1 buy 30 @ 100 [ioc] [id=x]		order 1; "@ market"; time in force day
 *	place 1 buy 30 @ market stop=110 | trail=2%	"@ 111 stop=110": stop-limit; "$500":
 *notional place 1 buy 30 @ 100 bracket tp=110 sl=90	legs "1.1" and "1.2"; oco sl=, oto tp= or
 *sl= cancel 1 | cancel id=x | decrease 1 10		of order 1 replace 1 2 qty=20 limit=99 |
 *sweep [AAPL]	order 2 in the place of 1; cancel all
 *	fill 1 10 @ 99.5 leaves 20			the book says so, as do the next lines
 *	end 1 20 REQUESTED | decreased 1 5 leaves 15 | refuse 1 HALTED
 *	late 1 cancel | late 1 replace 2 | replaced 1 2 20 leaves 15 | triggered 1
 *	prevented 5 1 0 2 15 | completed 1 dropped 3	maker 1, taker 2, what is left of each
 *	withdraw 1 100 [AAPL] | booked 1 100 [AAPL]	the ledger says so, as do the next lines
 *	due AAPL | split AAPL 1 10 40 | renamed AAPL MSFT 1 10 | dividend AAPL 1 5
 */
#ifndef TEST_DESK_SCRIPT_H
#define TEST_DESK_SCRIPT_H

#include "desk_invariants.h"
#include "desk_say.h"
#include "desk_words.h"

static inline int64_t script_micros(const char *text)
{
	int64_t micros = 0;

	ck_assert_msg(bus_micros_parse(text, strlen(text), &micros), "not a number: %s", text);
	return micros;
}

static inline int script_int(const char *text)
{
	return (int)strtol(text, NULL, 10);
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

	size_t count;

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
	count = bus_fold_fact_count(script->fold);
	for (size_t i = 0; i < count; i++) {
		script_say_fact(script, bus_fold_fact(script->fold, i));
		if (script->whole == NULL)
			script_fold_fact(script, bus_fold_fact(script->fold, i), i + 1 == count);
	}
	if (script->len > 0 && script->text[script->len - 1] == ' ')
		script->text[--script->len] = '\0';
	for (size_t i = 0; i < bus_fold_reaction_count(script->fold); i++)
		script_say_reaction(script, bus_fold_reaction(script->fold, i));
	script->inputs++;
	if (script_looks(script)) {
		script_check_invariants(script, bus_fold_state(script->fold), true);
		script_same_state(bus_fold_state(script->fold), script->replica);
	}
	if (script->after != NULL)
		script->after(script);
}

#define SCRIPT_WORDS 16

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

/* "2%" is a distance in per cent. */
static inline void script_trail(const char *text, int64_t *price, int64_t *percent)
{
	char number[32];
	size_t len = strlen(text);

	snprintf(number, sizeof(number), "%s", text);
	if (len > 0 && number[len - 1] == '%') {
		number[len - 1] = '\0';
		*percent = script_micros(number);
	} else {
		*price = script_micros(number);
	}
}

/* The legs of "sl=90" and "sl=90:89". */
static inline void script_stop_loss(const char *text, ORDERS(StopLoss) * out)
{
	char number[32], *colon;

	snprintf(number, sizeof(number), "%s", text);
	colon = strchr(number, ':');
	if (colon != NULL) {
		*colon = '\0';
		out->limit_price_micros = script_micros(colon + 1);
	}
	out->stop_price_micros = script_micros(number);
}

struct script_order {
	ORDERS(PlaceOrder) command;
	ORDERS(TakeProfit) take_profit;
	ORDERS(StopLoss) stop_loss;
};

static inline bool script_is(const char *word, const char *prefix, const char **rest)
{
	size_t len = strlen(prefix);

	*rest = word + len;
	return strncmp(word, prefix, len) == 0;
}

static inline int script_class(const char *word)
{
	static const char *const names[] = { "", "simple", "bracket", "oco", "oto" };

	for (size_t i = 1; i < BUS_ARRAY_LEN(names); i++) {
		if (strcmp(word, names[i]) == 0)
			return (int)i;
	}
	return 0;
}

static inline void script_option(struct script_order *order, char *word)
{
	ORDERS(PlaceOrder) *command = &order->command;
	const char *rest;

	if (script_is(word, "id=", &rest)) {
		command->client_order_id = (char *)rest;
	} else if (script_is(word, "stop=", &rest)) {
		command->stop_price_micros = script_micros(rest);
		command->type = (ORDERS(OrderType))(
			command->limit_price_micros != 0 ? ORDER_STOP_LIMIT : ORDER_STOP);
	} else if (script_is(word, "trail=", &rest)) {
		command->type = (ORDERS(OrderType))ORDER_TRAILING_STOP;
		script_trail(rest, &command->trail_price_micros, &command->trail_percent_micros);
	} else if (script_is(word, "tp=", &rest)) {
		order->take_profit.limit_price_micros = script_micros(rest);
		command->take_profit = &order->take_profit;
	} else if (script_is(word, "sl=", &rest)) {
		script_stop_loss(rest, &order->stop_loss);
		command->stop_loss = &order->stop_loss;
	} else if (script_is(word, "stp=", &rest)) {
		command->self_trade_prevention = (ORDERS(SelfTradePrevention))script_int(rest);
	} else if (strcmp(word, "post") == 0) {
		command->post_only = true;
	} else if (script_class(word) != 0) {
		command->order_class = (ORDERS(OrderClass))script_class(word);
	} else if (word[0] >= 'A' && word[0] <= 'Z') {
		command->symbol = word;
	} else {
		command->time_in_force = script_tif(word);
	}
}

/* place N SIDE QUANTITY @ PRICE [OPTION]...; QUANTITY "$500" is a notional. */
static inline void script_place(struct desk_script *script, const struct script_words *w)
{
	struct script_order order = {
		.command = BOURSE__ORDERS__V1__PLACE_ORDER__INIT,
		.take_profit = BOURSE__ORDERS__V1__TAKE_PROFIT__INIT,
		.stop_loss = BOURSE__ORDERS__V1__STOP_LOSS__INIT,
	};
	ORDERS(PlaceOrder) *command = &order.command;
	char ce_id[BUS_ID_TEXT];

	command->account_id = (char *)script->account;
	command->symbol = (char *)"AAPL";
	command->side = (ORDERS(Side))(strcmp(w->word[2], "buy") == 0 ? ORDER_BUY : ORDER_SELL);
	if (w->word[3][0] == '$')
		command->notional_micros = script_micros(w->word[3] + 1);
	else
		command->quantity_micros = script_micros(w->word[3]);
	if (strcmp(w->word[5], "market") == 0) {
		command->type = (ORDERS(OrderType))ORDER_MARKET;
	} else {
		command->type = (ORDERS(OrderType))ORDER_LIMIT;
		command->limit_price_micros = script_micros(w->word[5]);
	}
	command->time_in_force = script_tif("day");
	for (int i = 6; i < w->count; i++)
		script_option(&order, w->word[i]);
	script_input(script, "orders.commands", script_ce_id(script_int(w->word[1]), ce_id),
		     &command->base);
}

/* Sets one of the two names from "7" or "id=name". */
static inline void script_name(const struct desk_script *script, const char *word, char *buf,
			       char **order_id, char **client_order_id)
{
	if (strncmp(word, "id=", 3) == 0)
		*client_order_id = (char *)word + 3;
	else
		*order_id = script_named_id(script, word, buf);
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

	script_named_id(script, w->word[1], text);
	ck_assert(bus_id_parse(text, strlen(text), &id));
	order = desk_order(script_desk(script), id);
	execution.account_id = (char *)script->account;
	execution.order_id = text;
	execution.symbol = (char *)(order != NULL ? order->order.symbol : "AAPL");
	execution.trade_id = (char *)"7d7d7d7d-0000-4000-8000-000000000007";
	execution.side = (ORDERS(Side))(order != NULL ? order->order.side : ORDER_BUY);
	execution.quantity_micros = script_micros(w->word[2]);
	execution.price_micros = script_micros(w->word[4]);
	execution.leaves_micros = script_micros(w->word[6]);
	execution.executed_at_micros = NOON - 1;
	if (w->count > 7)
		execution.liquidity = (ORDERS(Liquidity))(
			strcmp(w->word[7], "maker") == 0 ? ORDER_MAKER : ORDER_TAKER);
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
	canceled.order_id = script_named_id(script, w->word[1], id);
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
	decreased.order_id = script_named_id(script, w->word[1], id);
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
	rejected.order_id = script_named_id(script, w->word[1], id);
	rejected.symbol = (char *)"AAPL";
	rejected.reason = (ORDERS(RejectReason))script_value(
		&bourse__orders__v1__reject_reason__descriptor, "REJECT_REASON_", w->word[2]);
	script_input(script, "books.executions", NULL, &rejected.base);
}

/* late N cancel|decrease|other, late N replace M */
static inline void script_late(struct desk_script *script, const struct script_words *w)
{
	BOOKS(RequestRejected) rejected = BOURSE__BOOKS__V1__REQUEST_REJECTED__INIT;
	char id[BUS_ID_TEXT], request[BUS_ID_TEXT];

	rejected.account_id = (char *)script->account;
	rejected.order_id = script_named_id(script, w->word[1], id);
	rejected.symbol = (char *)"AAPL";
	if (strcmp(w->word[2], "cancel") == 0)
		rejected.kind = REQUEST_KIND(CANCEL);
	else if (strcmp(w->word[2], "decrease") == 0)
		rejected.kind = REQUEST_KIND(DECREASE);
	else if (strcmp(w->word[2], "replace") == 0)
		rejected.kind = REQUEST_KIND(REPLACE);
	if (w->count > 3)
		rejected.request_id = script_named_id(script, w->word[3], request);
	rejected.reason = (ORDERS(RejectReason))REFUSAL_TOO_LATE;
	script_input(script, "books.executions", NULL, &rejected.base);
}

/* deposit AMOUNT [SYMBOL [ACTIONS]] */
static inline void script_deposit(struct desk_script *script, const struct script_words *w)
{
	PORTFOLIO(CashDeposited) cash = BOURSE__PORTFOLIO__V1__CASH_DEPOSITED__INIT;
	PORTFOLIO(SharesDeposited) shares = BOURSE__PORTFOLIO__V1__SHARES_DEPOSITED__INIT;

	cash.account_id = shares.account_id = (char *)script->account;
	cash.deposit_id = shares.deposit_id = (char *)"d1d1d1d1-0000-4000-8000-000000000001";
	cash.amount_micros = shares.quantity_micros = script_micros(w->word[1]);
	shares.symbol = w->word[2];
	shares.actions = w->count > 3 ? script_int(w->word[3]) : 0;
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

/* replace N M [qty=] [limit=] [stop=] [trail=] [id=] [TIF]: order M is to take the place of N. */
static inline void script_replace(struct desk_script *script, const struct script_words *w)
{
	ORDERS(ReplaceOrder) command = BOURSE__ORDERS__V1__REPLACE_ORDER__INIT;
	char id[BUS_ID_TEXT], ce_id[BUS_ID_TEXT];
	const char *rest;

	command.account_id = (char *)script->account;
	script_name(script, w->word[1], id, &command.order_id, &command.client_order_id);
	for (int i = 3; i < w->count; i++) {
		if (script_is(w->word[i], "qty=", &rest))
			command.quantity_micros = script_micros(rest);
		else if (script_is(w->word[i], "limit=", &rest))
			command.limit_price_micros = script_micros(rest);
		else if (script_is(w->word[i], "stop=", &rest))
			command.stop_price_micros = script_micros(rest);
		else if (script_is(w->word[i], "trail=", &rest))
			script_trail(rest, &command.trail_price_micros,
				     &command.trail_percent_micros);
		else if (script_is(w->word[i], "id=", &rest))
			command.new_client_order_id = (char *)rest;
		else
			command.time_in_force = script_tif(w->word[i]);
	}
	script_input(script, "orders.commands", script_ce_id(script_int(w->word[2]), ce_id),
		     &command.base);
}

/* sweep [SYMBOL] */
static inline void script_sweep(struct desk_script *script, const struct script_words *w)
{
	ORDERS(CancelOrders) command = BOURSE__ORDERS__V1__CANCEL_ORDERS__INIT;
	char ce_id[BUS_ID_TEXT];

	command.account_id = (char *)script->account;
	command.symbol = w->word[1];
	script_input(script, "orders.commands", script_ce_id(1000000 + script->requests++, ce_id),
		     &command.base);
}

/* triggered N */
static inline void script_triggered(struct desk_script *script, const struct script_words *w)
{
	BOOKS(OrderTriggered) triggered = BOURSE__BOOKS__V1__ORDER_TRIGGERED__INIT;
	char id[BUS_ID_TEXT];

	triggered.account_id = (char *)script->account;
	triggered.order_id = script_named_id(script, w->word[1], id);
	triggered.symbol = (char *)"AAPL";
	script_input(script, "books.executions", NULL, &triggered.base);
}

/* replaced N M QUANTITY leaves LEAVES */
static inline void script_replaced(struct desk_script *script, const struct script_words *w)
{
	BOOKS(OrderReplaced) replaced = BOURSE__BOOKS__V1__ORDER_REPLACED__INIT;
	char id[BUS_ID_TEXT], other[BUS_ID_TEXT];

	replaced.account_id = (char *)script->account;
	replaced.order_id = script_named_id(script, w->word[1], id);
	replaced.new_order_id = script_named_id(script, w->word[2], other);
	replaced.symbol = (char *)"AAPL";
	replaced.quantity_micros = script_micros(w->word[3]);
	replaced.leaves_micros = script_micros(w->word[5]);
	script_input(script, "books.executions", NULL, &replaced.base);
}

/* prevented QUANTITY MAKER LEAVES TAKER LEAVES */
static inline void script_prevented(struct desk_script *script, const struct script_words *w)
{
	BOOKS(SelfTradePrevented) prevented = BOURSE__BOOKS__V1__SELF_TRADE_PREVENTED__INIT;
	char maker[BUS_ID_TEXT], taker[BUS_ID_TEXT];

	prevented.account_id = (char *)script->account;
	prevented.symbol = (char *)"AAPL";
	prevented.quantity_micros = script_micros(w->word[1]);
	prevented.maker_order_id = script_named_id(script, w->word[2], maker);
	prevented.maker_leaves_micros = script_micros(w->word[3]);
	prevented.taker_order_id = script_named_id(script, w->word[4], taker);
	prevented.taker_leaves_micros = script_micros(w->word[5]);
	script_input(script, "books.executions", NULL, &prevented.base);
}

/* completed N dropped QUANTITY */
static inline void script_completed(struct desk_script *script, const struct script_words *w)
{
	BOOKS(OrderCompleted) completed = BOURSE__BOOKS__V1__ORDER_COMPLETED__INIT;
	char id[BUS_ID_TEXT];

	completed.account_id = (char *)script->account;
	completed.order_id = script_named_id(script, w->word[1], id);
	completed.symbol = (char *)"AAPL";
	completed.dropped_micros = script_micros(w->word[3]);
	script_input(script, "books.executions", NULL, &completed.base);
}

#define SCRIPT_ACTION "acacacac-0000-4000-8000-000000000001"

/* due SYMBOL */
static inline void script_due(struct desk_script *script, const struct script_words *w)
{
	PORTFOLIO(CorporateActionDue) due = BOURSE__PORTFOLIO__V1__CORPORATE_ACTION_DUE__INIT;

	due.account_id = (char *)script->account;
	due.symbol = w->word[1];
	due.action_id = (char *)SCRIPT_ACTION;
	script_input(script, "portfolio.events", NULL, &due.base);
}

/* split SYMBOL NUMBER BEFORE AFTER [CASH] */
static inline void script_split_position(struct desk_script *script, const struct script_words *w)
{
	PORTFOLIO(PositionSplit) split = BOURSE__PORTFOLIO__V1__POSITION_SPLIT__INIT;

	split.account_id = (char *)script->account;
	split.symbol = w->word[1];
	split.action_id = (char *)SCRIPT_ACTION;
	split.number = script_int(w->word[2]);
	split.before_micros = script_micros(w->word[3]);
	split.position_micros = script_micros(w->word[4]);
	if (w->count > 5)
		split.cash_in_lieu_micros = script_micros(w->word[5]);
	script_input(script, "portfolio.events", NULL, &split.base);
}

/* renamed OLD NEW NUMBER QUANTITY [ACTIONS] */
static inline void script_renamed(struct desk_script *script, const struct script_words *w)
{
	PORTFOLIO(SymbolChanged) changed = BOURSE__PORTFOLIO__V1__SYMBOL_CHANGED__INIT;

	changed.account_id = (char *)script->account;
	changed.symbol = w->word[1];
	changed.new_symbol = w->word[2];
	changed.action_id = (char *)SCRIPT_ACTION;
	changed.number = script_int(w->word[3]);
	changed.quantity_micros = script_micros(w->word[4]);
	changed.new_actions = w->count > 5 ? script_int(w->word[5]) : 0;
	script_input(script, "portfolio.events", NULL, &changed.base);
}

/* dividend SYMBOL NUMBER AMOUNT */
static inline void script_dividend(struct desk_script *script, const struct script_words *w)
{
	PORTFOLIO(DividendPaid) paid = BOURSE__PORTFOLIO__V1__DIVIDEND_PAID__INIT;

	paid.account_id = (char *)script->account;
	paid.symbol = w->word[1];
	paid.action_id = (char *)SCRIPT_ACTION;
	paid.number = script_int(w->word[2]);
	paid.amount_micros = script_micros(w->word[3]);
	script_input(script, "portfolio.events", NULL, &paid.base);
}

/* The order that a line names: "3", "3.2" or "id=name". */
static inline void script_set_subject(struct desk_script *script, const char *word)
{
	const struct desk_order *order = NULL;
	struct bus_id account;

	if (strncmp(word, "id=", 3) == 0 && wire_id(script->account, &account))
		order = desk_order_named(script_desk(script), account, word + 3);
	if (order != NULL)
		bus_id_format(order->order.id, script->subject);
	else
		script_named_id(script, word, script->subject);
}

/* One line; what followed is in script->text. */
static inline void script_run(struct desk_script *script, const char *input)
{
	static const struct {
		const char *verb;
		void (*run)(struct desk_script *script, const struct script_words *words);
	} verbs[] = {
		{ "place", script_place },
		{ "cancel", script_cancel },
		{ "decrease", script_decrease },
		{ "fill", script_fill },
		{ "end", script_end },
		{ "decreased", script_decreased },
		{ "refuse", script_refuse },
		{ "late", script_late },
		{ "deposit", script_deposit },
		{ "withdraw", script_withdrawal },
		{ "booked", script_withdrawal },
		{ "replace", script_replace },
		{ "sweep", script_sweep },
		{ "triggered", script_triggered },
		{ "replaced", script_replaced },
		{ "prevented", script_prevented },
		{ "completed", script_completed },
		{ "due", script_due },
		{ "split", script_split_position },
		{ "renamed", script_renamed },
		{ "dividend", script_dividend },
	};
	struct script_words words;

	script_split(&words, input);
	script_set_subject(script, words.word[1]);
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

#endif
