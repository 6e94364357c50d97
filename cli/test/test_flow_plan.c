/*
 * The plan of a flow: ids that anybody can derive, accounts where they should be, commands whose
 * bodies say what the data say, and enough money for the worst case. And the numbers of
 * flow_fields.h against the descriptors that they were copied from.
 */
#include "flow_plan.h"

#include "../../libbus/test/suite.h"
#include "bourse/books/v1/books.pb-c.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "bus/hash.h"
#include "flow_fields.h"
#include "pb.h"

static struct flow_data data;
static struct flow_plan plan;

static const struct flow_plan_options options = {
	.run = { { 1, 2, 3 } }, .accounts = 20, .partitions = 4, .one_partition = 2
};

static void setup(void)
{
	flow_data_generate(&data, 5000, 3, 1);
	flow_plan_init(&plan, &data, &options);
	plan.midnight = 1000;
}

static void teardown(void)
{
	flow_plan_release(&plan);
	flow_data_release(&data);
}

static struct bus_bytes text(const char *t)
{
	return bus_bytes(t, strlen(t));
}

START_TEST(accounts_are_on_one_partition)
{
	for (uint32_t i = 0; i < plan.account_count; i++) {
		const struct flow_account *account = &plan.accounts[i];
		char id[BUS_ID_TEXT];

		ck_assert_int_eq(bus_partition(text(account->id), 4), 2);
		ck_assert_int_eq(account->partition, 2);
		bus_id_format(bus_id_derive("users", text(account->user), text(account->opened_by)),
			      id);
		ck_assert_str_eq(account->id, id);
	}
	ck_assert_uint_eq(plan.account_ids.count, plan.account_count);
}
END_TEST

START_TEST(the_same_run_is_the_same_commands)
{
	struct flow_plan_options other = options;
	struct flow_command a, b;
	struct flow_plan again;

	flow_plan_init(&again, &data, &options);
	again.midnight = plan.midnight;
	for (uint32_t n = 0; n < data.count; n++) {
		flow_plan_build(&plan, n, &a);
		flow_plan_build(&again, n, &b);
		ck_assert_str_eq(a.ce_id, b.ce_id);
		ck_assert_str_eq(a.key, b.key);
		ck_assert_uint_eq(a.len, b.len);
		ck_assert_mem_eq(a.body, b.body, a.len);
		ck_assert_uint_eq(flow_plan_command(&plan, text(a.ce_id)), n);
		ck_assert_int_eq(a.at, 1000 + data.messages[n].at_micros);
	}
	flow_plan_release(&again);
	other.run.b[15] ^= 1;
	flow_plan_init(&again, &data, &other);
	flow_plan_build(&again, 0, &b);
	ck_assert_uint_eq(flow_plan_command(&plan, text(b.ce_id)), FLOW_UNKNOWN);
	flow_plan_release(&again);
}
END_TEST

/* The id of what was placed, as the desk will derive it from key and ce_id. */
static void placed_id(uint32_t n, char *buf)
{
	struct flow_command command;

	flow_plan_build(&plan, n, &command);
	bus_id_format(bus_id_derive("desk", text(command.key), text(command.ce_id)), buf);
}

static void check_place(const struct flow_message *m, const struct flow_command *command)
{
	Bourse__Orders__V1__PlaceOrder *place =
		bourse__orders__v1__place_order__unpack(NULL, command->len, command->body);
	bool take = m->kind == FLOW_TAKE;

	ck_assert_ptr_nonnull(place);
	ck_assert_str_eq(command->type, "bourse.orders.v1.PlaceOrder");
	ck_assert_str_eq(place->account_id, command->key);
	ck_assert_str_eq(place->symbol, data.symbols[m->symbol]);
	ck_assert_int_eq(place->side, (m->buy != take) ? 1 : 2);
	ck_assert_int_eq(place->time_in_force, take ? 3 : 1);
	ck_assert_int_eq(place->quantity_micros, m->shares * INT64_C(1000000));
	ck_assert_int_eq(place->limit_price_micros, m->price_micros);
	bourse__orders__v1__place_order__free_unpacked(place, NULL);
}

START_TEST(commands_say_what_the_data_say)
{
	struct flow_command command;
	char id[BUS_ID_TEXT], maker[BUS_ID_TEXT];

	for (uint32_t n = 0; n < data.count; n++) {
		const struct flow_message *m = &data.messages[n];

		flow_plan_build(&plan, n, &command);
		if (m->kind == FLOW_PLACE || m->kind == FLOW_TAKE) {
			check_place(m, &command);
			placed_id(n, id);
			ck_assert_uint_eq(flow_plan_order(&plan, text(id)), n);
		} else {
			struct bus_bytes body = bus_bytes(command.body, command.len);

			placed_id(m->order, id);
			ck_assert(pb_text_is(pb_bytes(body, 2), id));
			ck_assert_str_eq(command.key, flow_plan_account(&plan, m->order)->id);
			ck_assert_int_eq(pb_integer(body, 4), m->kind == FLOW_DECREASE
								      ? m->shares * INT64_C(1000000)
								      : 0);
		}
		if (m->kind == FLOW_TAKE) {
			placed_id(m->order, maker);
			ck_assert_str_ne(command.key, flow_plan_account(&plan, m->order)->id);
		}
	}
}
END_TEST

START_TEST(an_order_from_before_has_an_id_of_its_own)
{
	struct flow_message *m = flow_data_add(&data);
	struct flow_plan with;
	struct flow_command command;

	m->kind = FLOW_CANCEL;
	m->shares = 5;
	m->price_micros = 10000;
	flow_plan_init(&with, &data, &options);
	flow_plan_build(&with, data.count - 1, &command);
	ck_assert_uint_eq(flow_plan_order(&with, pb_bytes(bus_bytes(command.body, command.len), 2)),
			  FLOW_UNKNOWN);
	flow_plan_release(&with);
}
END_TEST

START_TEST(deposits_are_enough)
{
	struct flow_needs needs;
	int64_t *cash = bus_calloc(plan.account_count, sizeof(*cash));
	int64_t *shares = bus_calloc(plan.account_count * 3, sizeof(*shares));

	flow_plan_needs(&plan, &needs);
	for (uint32_t n = 0; n < data.count; n++) {
		const struct flow_message *m = &data.messages[n];
		size_t account = (size_t)(flow_plan_account(&plan, n) - plan.accounts);

		if (m->kind != FLOW_PLACE && m->kind != FLOW_TAKE)
			continue;
		if (m->buy != (m->kind == FLOW_TAKE))
			cash[account] += m->price_micros * m->shares;
		else
			shares[account * 3 + m->symbol] += m->shares * INT64_C(1000000);
	}
	for (uint32_t i = 0; i < plan.account_count; i++) {
		ck_assert_int_ge(needs.cash[i], cash[i]);
		for (uint32_t s = 0; s < 3; s++)
			ck_assert_int_ge(needs.shares[i * 3 + s], shares[i * 3 + s]);
	}
	free(cash);
	free(shares);
	flow_needs_release(&needs);
}
END_TEST

static const struct {
	const ProtobufCMessageDescriptor *message;
	const char *field;
	uint32_t number;
} fields[] = {
	{ &bourse__users__v1__user_event__descriptor, "command_rejected", COMMAND_REJECTED },
	{ &bourse__market__v1__market_event__descriptor, "command_rejected", COMMAND_REJECTED },
	{ &bourse__portfolio__v1__portfolio_event__descriptor, "command_rejected",
	  COMMAND_REJECTED },
	{ &bourse__users__v1__command_rejected__descriptor, "text", REJECTED_TEXT },
	{ &bourse__market__v1__command_rejected__descriptor, "text", REJECTED_TEXT },
	{ &bourse__portfolio__v1__command_rejected__descriptor, "text", PORTFOLIO_REJECTED_TEXT },
	{ &bourse__market__v1__market_event__descriptor, "session_opened", SESSION_OPENED },
	{ &bourse__market__v1__session_opened__descriptor, "instrument",
	  SESSION_OPENED_INSTRUMENT },
	{ &bourse__market__v1__instrument__descriptor, "session_date", INSTRUMENT_SESSION_DATE },
	{ &bourse__orders__v1__order_event__descriptor, "order_accepted", ORDER_ACCEPTED },
	{ &bourse__orders__v1__order_event__descriptor, "order_rejected", ORDER_REJECTED },
	{ &bourse__orders__v1__order_event__descriptor, "cancel_rejected", CANCEL_REJECTED },
	{ &bourse__orders__v1__order_event__descriptor, "decrease_rejected", DECREASE_REJECTED },
	{ &bourse__orders__v1__order_event__descriptor, "buying_power_changed",
	  BUYING_POWER_CHANGED },
	{ &bourse__orders__v1__order_event__descriptor, "shares_changed", SHARES_CHANGED },
	{ &bourse__orders__v1__order_rejected__descriptor, "order_id", ORDER_ID },
	{ &bourse__orders__v1__cancel_rejected__descriptor, "order_id", ORDER_ID },
	{ &bourse__orders__v1__decrease_rejected__descriptor, "order_id", ORDER_ID },
	{ &bourse__books__v1__order_added__descriptor, "order_id", ORDER_ID },
	{ &bourse__books__v1__order_removed__descriptor, "order_id", ORDER_ID },
	{ &bourse__portfolio__v1__trade_booked__descriptor, "order_id", ORDER_ID },
	{ &bourse__orders__v1__order_rejected__descriptor, "reason", REJECTED_REASON },
	{ &bourse__orders__v1__cancel_rejected__descriptor, "reason", CANCEL_REJECTED_REASON },
	{ &bourse__orders__v1__decrease_rejected__descriptor, "reason", DECREASE_REJECTED_REASON },
	{ &bourse__books__v1__book_event__descriptor, "order_added", BOOK_ORDER_ADDED },
	{ &bourse__books__v1__book_event__descriptor, "executed", BOOK_EXECUTED },
	{ &bourse__books__v1__book_event__descriptor, "order_removed", BOOK_ORDER_REMOVED },
	{ &bourse__books__v1__book_event__descriptor, "trading_state_changed", BOOK_TRADING_STATE },
	{ &bourse__books__v1__book_event__descriptor, "top_of_book_changed", BOOK_TOP },
	{ &bourse__books__v1__executed__descriptor, "maker_order_id", EXECUTED_MAKER },
	{ &bourse__books__v1__executed__descriptor, "maker_leaves_micros", EXECUTED_MAKER_LEAVES },
	{ &bourse__books__v1__executed__descriptor, "taker_order_id", EXECUTED_TAKER },
	{ &bourse__books__v1__order_removed__descriptor, "rested", REMOVED_RESTED },
	{ &bourse__books__v1__trading_state_changed__descriptor, "state", TRADING_STATE_STATE },
	{ &bourse__books__v1__trading_state_changed__descriptor, "session_date",
	  TRADING_STATE_DATE },
	{ &bourse__books__v1__top_of_book_changed__descriptor, "bid_price_micros", TOP_BID_PRICE },
	{ &bourse__books__v1__top_of_book_changed__descriptor, "ask_price_micros", TOP_ASK_PRICE },
	{ &bourse__portfolio__v1__portfolio_event__descriptor, "trade_booked", TRADE_BOOKED },
};

START_TEST(field_numbers)
{
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(
		fields[_i].message, fields[_i].field);

	ck_assert_msg(field != NULL, "%s has no %s", fields[_i].message->name, fields[_i].field);
	ck_assert_msg(field->id == fields[_i].number, "%s of %s is %u", fields[_i].field,
		      fields[_i].message->name, field->id);
}
END_TEST

START_TEST(enum_numbers)
{
	ck_assert_int_eq(REASON_MARKET_CLOSED,
			 BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_MARKET_CLOSED);
	ck_assert_int_eq(REASON_PRICE_INCREMENT,
			 BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_INVALID_PRICE_INCREMENT);
	ck_assert_int_eq(TRADING_STATE_OPEN, BOURSE__BOOKS__V1__TRADING_STATE__TRADING_STATE_OPEN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow_plan");
	TCase *tcase = tcase_create("plan"), *numbers = tcase_create("numbers");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, accounts_are_on_one_partition);
	tcase_add_test(tcase, the_same_run_is_the_same_commands);
	tcase_add_test(tcase, commands_say_what_the_data_say);
	tcase_add_test(tcase, an_order_from_before_has_an_id_of_its_own);
	tcase_add_test(tcase, deposits_are_enough);
	tcase_add_loop_test(numbers, field_numbers, 0, (int)BUS_ARRAY_LEN(fields));
	tcase_add_test(numbers, enum_numbers);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, numbers);
	return suite_run(suite);
}
