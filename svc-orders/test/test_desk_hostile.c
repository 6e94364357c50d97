/*
 * Whatever numbers, enums and texts a message carries, from clients, from the book or from the
 * ledger: the desk answers, refuses or parks it, and its invariants hold. Every field of every
 * message that the desk takes is drawn from what hurts.
 */
#include "desk_random.h"
#include "desk_suite.h"

static const struct {
	const ProtobufCMessageDescriptor *type;
	const char *topic;
} messages[] = {
	{ ORDERS_D(place_order), "orders.commands" },
	{ ORDERS_D(place_order), "orders.commands" },
	{ ORDERS_D(place_order), "orders.commands" },
	{ ORDERS_D(cancel_order), "orders.commands" },
	{ ORDERS_D(decrease_order), "orders.commands" },
	{ ORDERS_D(replace_order), "orders.commands" },
	{ ORDERS_D(replace_order), "orders.commands" },
	{ ORDERS_D(cancel_orders), "orders.commands" },
	{ BOOKS_D(execution), "books.executions" },
	{ BOOKS_D(execution), "books.executions" },
	{ BOOKS_D(order_canceled), "books.executions" },
	{ BOOKS_D(order_decreased), "books.executions" },
	{ BOOKS_D(order_rejected), "books.executions" },
	{ BOOKS_D(request_rejected), "books.executions" },
	{ BOOKS_D(order_triggered), "books.executions" },
	{ BOOKS_D(order_replaced), "books.executions" },
	{ BOOKS_D(self_trade_prevented), "books.executions" },
	{ BOOKS_D(order_completed), "books.executions" },
	{ PORTFOLIO_D(cash_deposited), "portfolio.events" },
	{ PORTFOLIO_D(shares_deposited), "portfolio.events" },
	{ PORTFOLIO_D(withdrawal_requested), "portfolio.events" },
	{ PORTFOLIO_D(withdrawal_booked), "portfolio.events" },
	{ PORTFOLIO_D(corporate_action_due), "portfolio.events" },
	{ PORTFOLIO_D(symbol_changed), "portfolio.events" },
	/* The ledger may take cash that is held, from who is short; here from the firm alone. */
	{ PORTFOLIO_D(position_split), "portfolio.events" },
	{ PORTFOLIO_D(dividend_paid), "portfolio.events" },
};
#define OF_THE_FIRM 2

static int64_t hostile_number(uint64_t *seed)
{
	static const int64_t numbers[] = {
		0,
		0,
		1,
		-1,
		BUS_MICROS,
		10000,
		100000000,
		95000000,
		105000000,
		10 * BUS_MICROS,
		INT64_MAX,
		INT64_MIN,
		INT64_MAX - 1,
		INT64_MIN + 1,
		5 * BUS_MICROS,
		99999999,
		INT64_MAX / 10,
		3 * BUS_MICROS,
		1000000000,
		4000000000000,
	};

	return numbers[script_random_below(seed, BUS_ARRAY_LEN(numbers))];
}

/* The order of one of the last steps, mostly. */
static char *hostile_text(uint64_t *seed, int step, char *buf)
{
	static char long_text[200];
	static char *const texts[] = { (char *)"",	     (char *)"AAPL", (char *)"aapl",
				       (char *)"NEW",	     long_text,	     (char *)"\xc3\xa9",
				       (char *)SCRIPT_ACTION };
	int recent = step < 12 ? step + 1 : 12;

	memset(long_text, 'x', sizeof(long_text) - 1);
	if (script_random_below(seed, 2) == 0)
		return texts[script_random_below(seed, BUS_ARRAY_LEN(texts))];
	return script_order_id(&script, step - (int)script_random_below(seed, recent), buf);
}

static char *hostile_symbol(uint64_t *seed)
{
	return (char *)(script_random_below(seed, 8) == 0 ? "NEW" : "AAPL");
}

/* Room for the texts of one message. */
struct hostile_texts {
	char ids[16][BUS_ID_TEXT];
	size_t used;
};

static void fill_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
		       uint64_t *seed, int step, struct hostile_texts *texts)
{
	void *at = (uint8_t *)message + field->offset;

	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return;
	if (field->type == PROTOBUF_C_TYPE_STRING) {
		if (strcmp(field->name, "account_id") == 0)
			*(char **)at = (char *)script.account;
		else if (strstr(field->name, "symbol") != NULL)
			*(char **)at = hostile_symbol(seed);
		else
			*(char **)at = hostile_text(seed, step, texts->ids[texts->used++ % 16]);
	} else if (field->type == PROTOBUF_C_TYPE_INT64) {
		*(int64_t *)at = hostile_number(seed);
	} else if (field->type == PROTOBUF_C_TYPE_ENUM) {
		*(int *)at = (int)script_random_below(seed, 12) == 0
				     ? (int)script_random_below(seed, 20) - 2
				     : 1 + (int)script_random_below(seed, 3);
	} else if (field->type == PROTOBUF_C_TYPE_BOOL) {
		*(protobuf_c_boolean *)at = script_random_below(seed, 8) == 0;
	}
}

static void send_hostile(uint64_t *seed, int step)
{
	size_t count = BUS_ARRAY_LEN(messages) - (script.firm ? 0 : OF_THE_FIRM);
	size_t which = (size_t)script_random_below(seed, (int64_t)count);
	const ProtobufCMessageDescriptor *type = messages[which].type;
	ProtobufCMessage *message = bus_calloc(1, type->sizeof_message);
	struct hostile_texts texts = { .used = 0 };
	ORDERS(TakeProfit) take_profit = BOURSE__ORDERS__V1__TAKE_PROFIT__INIT;
	ORDERS(StopLoss) stop_loss = BOURSE__ORDERS__V1__STOP_LOSS__INIT;
	char ce_id[BUS_ID_TEXT];

	type->message_init(message);
	for (unsigned i = 0; i < type->n_fields; i++)
		if (script_random_below(seed, 5) != 0 ||
		    strcmp(type->fields[i].name, "account_id") == 0)
			fill_field(message, &type->fields[i], seed, step, &texts);
	if (type == ORDERS_D(place_order) && script_random_below(seed, 3) == 0) {
		ORDERS(PlaceOrder) *place = (void *)message;

		take_profit.limit_price_micros = hostile_number(seed);
		stop_loss.stop_price_micros = hostile_number(seed);
		stop_loss.limit_price_micros = hostile_number(seed);
		place->take_profit = script_random_below(seed, 2) == 0 ? &take_profit : NULL;
		place->stop_loss = script_random_below(seed, 2) == 0 ? &stop_loss : NULL;
	}
	script_input(&script, messages[which].topic, script_ce_id(step, ce_id), message);
	free(message);
}

static void run_hostile(uint64_t seed, bool firm)
{
	char line[256];

	script.shorting = (seed & 1) != 0;
	script.fee_group = (seed & 2) != 0 ? "active" : "";
	script_account(&script, ACCOUNT_STATUS(OPEN), firm);
	script_run(&script, "deposit 20000");
	script_run(&script, "deposit 100 AAPL");
	for (int step = 0; step < 3000; step++) {
		if (!firm && script_random_below(&seed, 3) == 0) {
			script_random_line(&script, &seed, step, line, sizeof(line));
			script_run(&script, line);
			continue;
		}
		send_hostile(&seed, step);
		if (script.result != 0 && script.result != BUS_ERR_PARK &&
		    script.result != BUS_ERR_INVALID && script.result != BUS_ERR_OVERFLOW)
			ck_abort_msg("step %d: error %d", step, script.result);
	}
}

START_TEST(of_a_client)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		run_hostile(0x9e3779b97f4a7c15u * seed, false);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(of_the_firm)
{
	for (uint64_t seed = 5; seed <= 6; seed++) {
		run_hostile(0x9e3779b97f4a7c15u * seed, true);
		teardown();
		setup();
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { of_a_client, of_the_firm };

	return desk_suite_run("desk_hostile", tests, BUS_ARRAY_LEN(tests));
}
