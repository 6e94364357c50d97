/* The registry and the declared table agree with each other and with the messages. */
#include "types.h"

#include <string.h>

#include "../../libbus/test/suite.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bus/reader.h"
#include "catalog.h"
#include "command_line.h"

static const struct type *find(const char *name)
{
	return type_find(bus_bytes(name, strlen(name)));
}

START_TEST(every_topic_has_its_messages)
{
	for (size_t t = 0; t < catalog_count; t++) {
		size_t count = 0;

		for (size_t i = 0; i < types_count; i++)
			count += types[i].topic && strcmp(types[i].topic, catalog[t].name) == 0;
		ck_assert_msg(count > 0, "%s", catalog[t].name);
		ck_assert_msg(catalog[t].kind != TOPIC_JOURNAL || count == 1, "%s",
			      catalog[t].name);
		ck_assert((catalog[t].owner == NULL) == (catalog[t].kind == TOPIC_COMMANDS));
		ck_assert_ptr_eq(catalog_find(catalog[t].name), &catalog[t]);
	}
	ck_assert_ptr_null(catalog_find("orders.nothing"));
}
END_TEST

START_TEST(every_type_has_its_key)
{
	for (size_t i = 0; i < types_count; i++) {
		const struct type *type = &types[i];
		const struct topic *topic;

		ck_assert_ptr_eq(find(type->message->name), type);
		if (!type->topic)
			continue;
		topic = catalog_find(type->topic);
		ck_assert_ptr_nonnull(topic);
		ck_assert_msg((type->key_field == NULL) == (topic->kind == TOPIC_JOURNAL), "%s",
			      type->message->name);
		if (type->key_field)
			ck_assert_ptr_nonnull(protobuf_c_message_descriptor_get_field_by_name(
				type->message, type->key_field));
	}
	ck_assert_str_eq(find(BUS_OPENING_TYPE)->message->name, BUS_OPENING_TYPE);
	ck_assert_ptr_null(find("bourse.orders.v1.PlaceOrde"));
	ck_assert_ptr_null(find(""));
}
END_TEST

START_TEST(commands_by_their_last_word)
{
	ck_assert_str_eq(type_find_command("CancelOrder")->topic, "orders.commands");
	ck_assert_str_eq(type_find_command("bourse.portfolio.v1.Deposit")->topic,
			 "portfolio.commands");
	ck_assert_ptr_null(type_find_command("NewOrder"));
	ck_assert_ptr_null(type_find_command("OrderEvents"));
	/* No two of them share it. */
	for (size_t i = 0; i < types_count; i++)
		if (type_is_command(&types[i]))
			ck_assert_ptr_eq(type_find_command(types[i].message->short_name),
					 &types[i]);
}
END_TEST

START_TEST(facts_of_a_step)
{
	Bourse__Orders__V1__OrderFilled filled = BOURSE__ORDERS__V1__ORDER_FILLED__INIT;
	Bourse__Orders__V1__OrderEvent one = BOURSE__ORDERS__V1__ORDER_EVENT__INIT;
	Bourse__Orders__V1__OrderEvent later = BOURSE__ORDERS__V1__ORDER_EVENT__INIT;
	Bourse__Orders__V1__OrderEvent *events[] = { &one, &later };
	Bourse__Orders__V1__OrderEvents step = BOURSE__ORDERS__V1__ORDER_EVENTS__INIT;

	one.event_case = BOURSE__ORDERS__V1__ORDER_EVENT__EVENT_ORDER_FILLED;
	one.order_filled = &filled;
	step.n_events = 2;
	step.events = events;
	ck_assert_uint_eq(type_fact_count(&step.base), 2);
	ck_assert_ptr_eq(type_fact(&step.base, 0), &filled);
	ck_assert_ptr_null(type_fact(&step.base, 1));
	ck_assert_ptr_null(type_fact(&step.base, 2));
	ck_assert_uint_eq(type_fact_count(&filled.base), 0);
	ck_assert(type_named(filled.base.descriptor, "OrderFilled"));
	ck_assert(type_named(filled.base.descriptor, "bourse.orders.v1.OrderFilled"));
	ck_assert(!type_named(filled.base.descriptor, "orderFilled"));
}
END_TEST

#define ID "0190a5c8-7f00-7abc-8def-00112233445f"

static const struct {
	const char *line, *topic; /* the default one */
	const char *why;	  /* NULL: it is good */
} lines[] = {
	{ "{\"type\":\"CancelOrder\",\"id\":\"" ID "\",\"message\":{\"account_id\":\"a\"}}", NULL,
	  NULL },
	{ "{\"type\":\"OrderEvents\",\"message\":{}}", NULL, "there is no type 'OrderEvents'" },
	{ "{\"type\":\"bourse.books.v1.NewOrder\",\"message\":{\"symbol\":\"A\"}}", NULL,
	  "bourse.books.v1.NewOrder is no command: only its processor writes it" },
	{ "{\"type\":\"bourse.books.v1.NewOrder\",\"message\":{\"symbol\":\"A\"}}", "elsewhere",
	  NULL },
	{ "{\"type\":\"bourse.orders.v1.OrderEvents\",\"message\":{}}", "elsewhere",
	  "message: a field for the key is missing, the key of the record" },
	{ "{\"type\":\"CancelOrder\",\"message\":{}}", NULL,
	  "message: account_id is missing, the key of the record" },
	{ "{\"type\":\"CancelOrder\"}", NULL, "message is missing" },
	{ "{\"message\":{}}", NULL, "type is missing" },
	{ "{\"type\":1,\"message\":{}}", NULL, "type: expected text" },
	{ "{\"type\":\"CancelOrder\",\"key\":\"a\",\"message\":{}}", NULL,
	  "'key' is none of topic, type, id, time and message" },
	{ "{\"type\":\"CancelOrder\",\"id\":\"1\",\"message\":{}}", NULL, "id: '1' is no UUID" },
	{ "{\"type\":\"CancelOrder\",\"time\":\"now\",\"message\":{}}", NULL,
	  "time: 'now' is not a time such as 2012-06-21T13:30:00Z" },
	{ "{\"type\":\"CancelOrder\",\"message\":{\"x\":1}}", NULL,
	  "message: x: bourse.orders.v1.CancelOrder has no such field" },
	{ "[]", NULL, "expected an object with type and message" },
	{ "{\"type\":\"CancelOrder\",\"type\":\"CancelOrder\",\"message\":{}}", NULL,
	  "not JSON: column 28: duplicate object key near '\"type\"'" },
};

START_TEST(command_lines)
{
	struct command_line line;
	char why[256] = "";
	bool good = command_line_parse(lines[_i].line, strlen(lines[_i].line), lines[_i].topic,
				       &line, why, sizeof(why));

	ck_assert_str_eq(why, lines[_i].why ? lines[_i].why : "");
	ck_assert_int_eq(good, lines[_i].why == NULL);
	if (!good)
		return;
	ck_assert_str_eq(line.topic, lines[_i].topic ? lines[_i].topic : line.type->topic);
	ck_assert_uint_eq(strlen(line.id), BUS_ID_TEXT - 1);
	ck_assert_uint_eq(strlen(line.key), 1);
	ck_assert_uint_eq(line.value_len, 3);
	command_line_release(&line);
}
END_TEST

START_TEST(a_line_is_taken_whole)
{
	static const char text[] =
		"{\"type\":\"CancelOrder\",\"id\":\"0190A5C8-7F00-7ABC-8DEF-00112233445F\","
		"\"topic\":\"t\","
		"\"time\":\"2012-06-21T13:30:00Z\",\"message\":{\"account_id\":\"abc\"}}";
	struct command_line line;
	char why[256];

	ck_assert(command_line_parse(text, strlen(text), NULL, &line, why, sizeof(why)));
	ck_assert_str_eq(line.id, ID);
	ck_assert_str_eq(line.topic, "t");
	ck_assert_str_eq(line.key, "abc");
	ck_assert_int_eq(line.time, INT64_C(1340285400000000));
	ck_assert_mem_eq(line.value,
			 "\x0a\x03"
			 "abc",
			 5);
	command_line_release(&line);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("types");
	TCase *tcase = tcase_create("types");

	tcase_add_test(tcase, every_topic_has_its_messages);
	tcase_add_test(tcase, every_type_has_its_key);
	tcase_add_test(tcase, commands_by_their_last_word);
	tcase_add_test(tcase, facts_of_a_step);
	tcase_add_loop_test(tcase, command_lines, 0, (int)BUS_ARRAY_LEN(lines));
	tcase_add_test(tcase, a_line_is_taken_whole);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
