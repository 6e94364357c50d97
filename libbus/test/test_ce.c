/*
 * CloudEvents headers: what we write is what we read, also from a real message of librdkafka, and
 * whatever a stranger may put there is either understood or left out.
 */
#include "bus/ce.h"

#include <string.h>

#include "../ce_internal.h"
#include "suite.h"

#define ID     "0190a5c8-7f00-7abc-8def-00112233445f"
#define SOURCE "/svc-orders/desk/3"
#define TYPE   "bourse.orders.v1.PlaceOrder"
#define TRACE  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define TIME   INT64_C(1340285400004241)

static const struct bus_ce_out full = {
	.source = SOURCE,
	.type = TYPE,
	.id = ID,
	.epoch = 7,
	.sequence = INT64_MAX,
	.time = TIME,
	.traceparent = { (const uint8_t *)TRACE, sizeof(TRACE) - 1 },
};

static void check_bytes(struct bus_bytes bytes, const char *text)
{
	ck_assert_uint_eq(bytes.len, strlen(text));
	ck_assert_mem_eq(bytes.data, text, bytes.len);
}

static void check_header(const rd_kafka_headers_t *headers, const char *name, const char *text)
{
	const void *value;
	size_t size;

	ck_assert_msg(!rd_kafka_header_get_last(headers, name, &value, &size), "%s", name);
	ck_assert_uint_eq(size, strlen(text));
	ck_assert_mem_eq(value, text, size);
}

static void check_full(const struct bus_ce *ce)
{
	check_bytes(ce->id, ID);
	check_bytes(ce->source, SOURCE);
	check_bytes(ce->type, TYPE);
	check_bytes(ce->traceparent, TRACE);
	ck_assert(ce->has_epoch && ce->has_sequence && ce->has_time);
	ck_assert_int_eq(ce->epoch, 7);
	ck_assert_int_eq(ce->sequence, INT64_MAX);
	ck_assert_int_eq(ce->time, TIME);
}

START_TEST(names_on_the_wire)
{
	rd_kafka_headers_t *headers = bus_ce_headers(&full);

	ck_assert_uint_eq(rd_kafka_header_cnt(headers), 9);
	check_header(headers, "ce_specversion", "1.0");
	check_header(headers, "content-type", "application/protobuf");
	check_header(headers, "ce_id", ID);
	check_header(headers, "ce_source", SOURCE);
	check_header(headers, "ce_type", TYPE);
	check_header(headers, "ce_epoch", "7");
	check_header(headers, "ce_sequence", "9223372036854775807");
	check_header(headers, "ce_time", "2012-06-21T13:30:00.004241Z");
	check_header(headers, "traceparent", TRACE);
	rd_kafka_headers_destroy(headers);
}
END_TEST

START_TEST(round_trip)
{
	rd_kafka_headers_t *headers = bus_ce_headers(&full);
	struct bus_ce ce;

	bus__ce_read_headers(headers, &ce);
	check_full(&ce);
	rd_kafka_headers_destroy(headers);
}
END_TEST

START_TEST(absent_fields_add_nothing)
{
	rd_kafka_headers_t *headers = bus_ce_headers(&(struct bus_ce_out){ .source = SOURCE });
	struct bus_ce ce;

	ck_assert_uint_eq(rd_kafka_header_cnt(headers), 3);
	check_header(headers, "ce_specversion", "1.0");
	check_header(headers, "content-type", "application/protobuf");
	bus__ce_read_headers(headers, &ce);
	check_bytes(ce.source, SOURCE);
	ck_assert_ptr_null(ce.id.data);
	ck_assert_ptr_null(ce.type.data);
	ck_assert_ptr_null(ce.traceparent.data);
	ck_assert(!ce.has_epoch && !ce.has_sequence && !ce.has_time);
	rd_kafka_headers_destroy(headers);
}
END_TEST

START_TEST(no_headers_at_all)
{
	struct bus_ce ce;

	memset(&ce, 0xff, sizeof(ce));
	bus__ce_read_headers(NULL, &ce);
	ck_assert_ptr_null(ce.id.data);
	ck_assert_ptr_null(ce.source.data);
	ck_assert_ptr_null(ce.type.data);
	ck_assert(!ce.has_epoch && !ce.has_sequence && !ce.has_time);
}
END_TEST

static const struct {
	const char *text;
	int64_t number; /* 0: refused */
} numbers[] = {
	{ "1", 1 },
	{ "42", 42 },
	{ "9223372036854775807", INT64_MAX },
	{ "9223372036854775808", 0 },
	{ "9999999999999999999", 0 },
	{ "18446744073709551617", 0 },
	{ "0", 0 },
	{ "01", 0 },
	{ "-1", 0 },
	{ "+1", 0 },
	{ " 1", 0 },
	{ "1 ", 0 },
	{ "1.0", 0 },
	{ "1e3", 0 },
	{ "0x1", 0 },
	{ "", 0 },
	{ "one", 0 },
};

START_TEST(strict_numbers)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
	const char *text = numbers[_i].text;
	struct bus_ce ce;

	rd_kafka_header_add(headers, "ce_epoch", -1, text, -1);
	rd_kafka_header_add(headers, "ce_sequence", -1, text, -1);
	bus__ce_read_headers(headers, &ce);
	ck_assert_int_eq(ce.has_epoch, numbers[_i].number != 0);
	ck_assert_int_eq(ce.has_sequence, numbers[_i].number != 0);
	if (ce.has_epoch)
		ck_assert_int_eq(ce.epoch, numbers[_i].number);
	if (ce.has_sequence)
		ck_assert_int_eq(ce.sequence, numbers[_i].number);
	rd_kafka_headers_destroy(headers);
}
END_TEST

START_TEST(strange_headers)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(0);
	struct bus_ce ce;

	rd_kafka_header_add(headers, "CE_ID", -1, "not this", -1);
	rd_kafka_header_add(headers, "", -1, "x", -1);
	rd_kafka_header_add(headers, "ce_id_", -1, "x", -1);
	rd_kafka_header_add(headers, "ce_id", -1, "a\0b", 3);
	rd_kafka_header_add(headers, "ce_id", -1, "second", -1);
	rd_kafka_header_add(headers, "ce_source", -1, NULL, 0);
	rd_kafka_header_add(headers, "ce_source", -1, "second", -1);
	rd_kafka_header_add(headers, "ce_type", -1, "", 0);
	rd_kafka_header_add(headers, "ce_epoch", -1, "bad", -1);
	rd_kafka_header_add(headers, "ce_epoch", -1, "5", -1);
	rd_kafka_header_add(headers, "ce_sequence", -1, "1\0", 2);
	rd_kafka_header_add(headers, "ce_time", -1, "yesterday", -1);
	bus__ce_read_headers(headers, &ce);
	ck_assert_uint_eq(ce.id.len, 3);
	ck_assert_mem_eq(ce.id.data, "a\0b", 3);
	ck_assert_ptr_null(ce.source.data);
	ck_assert_ptr_null(ce.type.data);
	ck_assert(!ce.has_epoch && !ce.has_sequence && !ce.has_time);
	rd_kafka_headers_destroy(headers);
}
END_TEST

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	struct bus_ce ce;

	(void)client;
	bus_ce_read(message, &ce);
	if (message->key_len == 0)
		ck_assert_ptr_null(ce.id.data);
	else
		check_full(&ce);
	++*(int *)opaque;
}

/*
 * Real messages without a broker: a producer that never connects gives them back when they are
 * purged. The one with a key has headers, the other has none.
 */
START_TEST(through_a_message)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_headers_t *headers = bus_ce_headers(&full);
	rd_kafka_t *client;
	char why[256];
	int seen = 0;

	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set_opaque(conf, &seen);
	client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	ck_assert_msg(client != NULL, "%s", why);
	ck_assert(!rd_kafka_producev(client, RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_KEY("k", 1),
				     RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END));
	ck_assert(!rd_kafka_producev(client, RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_END));
	ck_assert(!rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE));
	for (int i = 0; i < 100 && seen < 2; i++)
		rd_kafka_poll(client, 100);
	ck_assert_int_eq(seen, 2);
	rd_kafka_destroy(client);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ce");
	TCase *tcase = tcase_create("ce");

	tcase_add_test(tcase, names_on_the_wire);
	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, absent_fields_add_nothing);
	tcase_add_test(tcase, no_headers_at_all);
	tcase_add_loop_test(tcase, strict_numbers, 0, BUS_ARRAY_LEN(numbers));
	tcase_add_test(tcase, strange_headers);
	tcase_add_test(tcase, through_a_message);
	tcase_set_timeout(tcase, 30);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
