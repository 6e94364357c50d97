/*
 * protobuf <-> JSON: what goes out comes in again as the same bytes, people may write it more
 * kindly, and what is wrong is refused with its place.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../libbus/test/suite.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "json.h"
#include "types.h"

static json_t *load(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(json, "%s: %s", error.text, text);
	return json;
}

/* Reads it as a message and gives it back as JSON text. Owned. */
static char *through(const ProtobufCMessageDescriptor *type, const char *text)
{
	char why[256], *result;
	json_t *in = load(text), *out;
	ProtobufCMessage *message = json_to_message(type, in, why, sizeof(why)), *again;
	size_t len;
	uint8_t *wire;

	ck_assert_msg(message, "%s: %s", text, why);
	len = protobuf_c_message_get_packed_size(message);
	wire = malloc(len + 1);
	protobuf_c_message_pack(message, wire);
	again = protobuf_c_message_unpack(type, NULL, len, wire);
	ck_assert_ptr_nonnull(again);
	out = json_of_message(again, false);
	result = json_dumps(out, JSON_COMPACT);
	json_decref(in);
	json_decref(out);
	free(wire);
	protobuf_c_message_free_unpacked(message, NULL);
	protobuf_c_message_free_unpacked(again, NULL);
	return result;
}

static const struct {
	const ProtobufCMessageDescriptor *type;
	const char *in, *out;
} cases[] = {
	{ &bourse__orders__v1__place_order__descriptor, "{}", "{}" },
	{ &bourse__orders__v1__place_order__descriptor,
	  "{\"account_id\":\"a\",\"side\":\"SIDE_BUY\",\"quantity_micros\":60000000,\"post_only\":"
	  "true}",
	  "{\"account_id\":\"a\",\"side\":\"SIDE_BUY\",\"quantity_micros\":60000000,\"post_only\":"
	  "true}" },
	/* Enums without their prefix, in small letters, as a number, and one that does not exist.
	 */
	{ &bourse__orders__v1__place_order__descriptor,
	  "{\"side\":\"sell\",\"type\":\"LIMIT\",\"time_in_force\":4}",
	  "{\"side\":\"SIDE_SELL\",\"type\":\"ORDER_TYPE_LIMIT\",\"time_in_force\":\"TIME_IN_FORCE_"
	  "FOK\"}" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"side\":77}", "{\"side\":77}" },
	/* Millionths: as they are, as decimal text, as a whole number; integers as text. */
	{ &bourse__orders__v1__place_order__descriptor,
	  "{\"quantity\":\"0.000001\",\"limit_price\":\"585.40\",\"notional\":10000,"
	  "\"stop_price_micros\":\"-7\"}",
	  "{\"quantity_micros\":1,\"notional_micros\":10000000000,\"limit_price_micros\":585400000,"
	  "\"stop_price_micros\":-7}" },
	{ &bourse__orders__v1__place_order__descriptor,
	  "{\"quantity_micros\":9223372036854775807,\"limit_price_micros\":-9223372036854775808}",
	  "{\"quantity_micros\":9223372036854775807,\"limit_price_micros\":-9223372036854775808}" },
	{ &bourse__users__v1__account__descriptor,
	  "{\"opened_at\":\"2012-06-21T13:30:00.004241Z\"}",
	  "{\"opened_at_micros\":1340285400004241}" },
	{ &bourse__users__v1__signing_key__descriptor, "{\"public_key\":\"AAECAw==\"}",
	  "{\"public_key\":\"AAECAw==\"}" },
	{ &bourse__users__v1__register_user__descriptor,
	  "{\"display_name\":\"J\\u00fcrgen \\ud83d\\ude00\",\"email\":null}",
	  "{\"display_name\":\"J\xc3\xbcrgen \xf0\x9f\x98\x80\"}" },
	/* Repeated messages, a oneof, nested messages. */
	{ &bourse__orders__v1__order_events__descriptor,
	  "{\"meta\":{\"cause\":{\"topic\":\"orders.commands\",\"offset\":5},\"reactions\":"
	  "[{\"topic\":\"books.commands\",\"partition\":1,\"sequence\":52},{}]},"
	  "\"events\":[{\"order_accepted\":{\"order_id\":\"o\"}},{},{\"parked\":{\"behind\":true}}]"
	  "}",
	  "{\"meta\":{\"cause\":{\"topic\":\"orders.commands\",\"offset\":5},\"reactions\":"
	  "[{\"topic\":\"books.commands\",\"partition\":1,\"sequence\":52},{}]},"
	  "\"events\":[{\"order_accepted\":{\"order_id\":\"o\"}},{},{\"parked\":{\"behind\":true}}]"
	  "}" },
};

START_TEST(goes_through)
{
	char *text = through(cases[_i].type, cases[_i].in);

	ck_assert_str_eq(text, cases[_i].out);
	free(text);
}
END_TEST

static const struct {
	const ProtobufCMessageDescriptor *type;
	const char *in, *why;
} wrong[] = {
	{ &bourse__orders__v1__place_order__descriptor, "[]",
	  "expected an object (bourse.orders.v1.PlaceOrder)" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"price\":\"1\"}",
	  "price: bourse.orders.v1.PlaceOrder has no such field" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"limit_price\":585.4}",
	  "limit_price: expected a decimal number as text, such as \"585.40\"" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"limit_price\":\"585.4000001\"}",
	  "limit_price: '585.4000001' is not a decimal number with at most six decimals" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"limit_price\":9223372036854775}",
	  "limit_price: out of range" },
	{ &bourse__orders__v1__place_order__descriptor,
	  "{\"limit_price\":1,\"limit_price_micros\":1}",
	  "limit_price_micros: limit_price_micros is given twice" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"quantity_micros\":1.0}",
	  "quantity_micros: expected a whole number of 64 bits" },
	{ &bourse__orders__v1__place_order__descriptor,
	  "{\"quantity_micros\":\"9223372036854775808\"}",
	  "quantity_micros: expected a whole number of 64 bits" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"quantity_micros\":\" 1\"}",
	  "quantity_micros: expected a whole number of 64 bits" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"side\":\"UP\"}",
	  "side: 'UP' is not a Side" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"side\":4294967296}",
	  "side: out of the range of 32 bits" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"post_only\":1}",
	  "post_only: expected true or false" },
	{ &bourse__orders__v1__place_order__descriptor, "{\"symbol\":1}", "symbol: expected text" },
	{ &bourse__users__v1__signing_key__descriptor, "{\"public_key\":\"AAE\"}",
	  "public_key: 'AAE' is not base64" },
	{ &bourse__users__v1__signing_key__descriptor, "{\"public_key\":\"A===\"}",
	  "public_key: 'A===' is not base64" },
	{ &bourse__users__v1__account__descriptor, "{\"opened_at\":\"yesterday\"}",
	  "opened_at: expected a time such as \"2012-06-21T13:30:00Z\"" },
	{ &bourse__orders__v1__order_events__descriptor, "{\"events\":{}}",
	  "events: expected an array" },
	{ &bourse__orders__v1__order_events__descriptor,
	  "{\"events\":[{},{\"order_filled\":{\"order_id\":\"o\",\"side\":\"X\"}}]}",
	  "events[1].order_filled.side: 'X' is not a Side" },
	{ &bourse__orders__v1__order_events__descriptor,
	  "{\"events\":[{\"order_filled\":{},\"order_canceled\":{}}]}",
	  "events[0].order_canceled: another member of the same oneof is given too" },
};

START_TEST(says_what_is_wrong)
{
	char why[256];
	json_t *json = load(wrong[_i].in);

	ck_assert_ptr_null(json_to_message(wrong[_i].type, json, why, sizeof(why)));
	ck_assert_str_eq(why, wrong[_i].why);
	json_decref(json);
}
END_TEST

START_TEST(shows_what_json_cannot_carry)
{
	Bourse__Orders__V1__CancelOrder cancel = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;
	char bad[] = "a\xff", *text;
	json_t *json;

	cancel.account_id = bad;
	json = json_of_message(&cancel.base, false);
	text = json_dumps(json, JSON_COMPACT);
	ck_assert_str_eq(text, "{\"account_id\":{\"base64\":\"Yf8=\"}}");
	free(text);
	json_decref(json);
	json = json_of_message(&cancel.base, true);
	text = json_dumps(json, JSON_COMPACT);
	ck_assert_str_eq(text, "{\"account_id\":{\"base64\":\"Yf8=\"},\"order_id\":\"\","
			       "\"client_order_id\":\"\"}");
	free(text);
	json_decref(json);
}
END_TEST

START_TEST(counts_unknown_fields)
{
	const uint8_t wire[] = { 0x0a, 1, 'a', 0xf8, 0x3f, 1 }; /* field 1023, a varint */
	ProtobufCMessage *message = protobuf_c_message_unpack(
		&bourse__orders__v1__cancel_order__descriptor, NULL, sizeof(wire), wire);
	json_t *json = json_of_message(message, false);
	char *text = json_dumps(json, JSON_COMPACT);

	ck_assert_str_eq(text, "{\"account_id\":\"a\",\"@unknown_fields\":1}");
	free(text);
	json_decref(json);
	protobuf_c_message_free_unpacked(message, NULL);
}
END_TEST

/* Every message that a record may have, empty, in both directions; no field is of a type we cannot
 * do. */
static void check_descriptor(const ProtobufCMessageDescriptor *type)
{
	char *text = through(type, "{}");

	ck_assert_str_eq(text, "{}");
	free(text);
	for (unsigned i = 0; i < type->n_fields; i++) {
		ck_assert_uint_gt(json__element_size(type->fields[i].type), 0);
		if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
			check_descriptor(type->fields[i].descriptor);
		if (type->fields[i].type == PROTOBUF_C_TYPE_ENUM)
			ck_assert_uint_gt(json__enum_prefix(type->fields[i].descriptor), 0);
	}
}

START_TEST(knows_every_type)
{
	for (size_t i = 0; i < types_count; i++)
		check_descriptor(types[i].message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tcase = tcase_create("json");

	tcase_add_loop_test(tcase, goes_through, 0, (int)BUS_ARRAY_LEN(cases));
	tcase_add_loop_test(tcase, says_what_is_wrong, 0, (int)BUS_ARRAY_LEN(wrong));
	tcase_add_test(tcase, shows_what_json_cannot_carry);
	tcase_add_test(tcase, counts_unknown_fields);
	tcase_add_test(tcase, knows_every_type);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
