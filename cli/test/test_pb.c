/* Fields straight from the bytes: what protobuf-c has packed, and bytes that are no message. */
#include "pb.h"

#include "../../libbus/test/suite.h"
#include "bourse/orders/v1/orders.pb-c.h"

static size_t pack_step(uint8_t *out)
{
	Bourse__Orders__V1__OrderEvents step = BOURSE__ORDERS__V1__ORDER_EVENTS__INIT;
	Bourse__Bus__V1__StepMeta meta = BOURSE__BUS__V1__STEP_META__INIT;
	Bourse__Bus__V1__Cause cause = BOURSE__BUS__V1__CAUSE__INIT;
	Bourse__Orders__V1__OrderEvent first = BOURSE__ORDERS__V1__ORDER_EVENT__INIT;
	Bourse__Orders__V1__OrderEvent later = BOURSE__ORDERS__V1__ORDER_EVENT__INIT;
	Bourse__Orders__V1__OrderRejected rejected = BOURSE__ORDERS__V1__ORDER_REJECTED__INIT;
	Bourse__Orders__V1__OrderEvent *events[] = { &first, &later };

	cause.topic = (char *)"orders.commands";
	cause.partition = 3;
	cause.offset = INT64_C(1) << 40;
	cause.id = (char *)"some id";
	meta.cause = &cause;
	meta.now_micros = -5;
	rejected.reason = BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_HALTED;
	rejected.cash_micros = -1;
	first.event_case = BOURSE__ORDERS__V1__ORDER_EVENT__EVENT_ORDER_REJECTED;
	first.order_rejected = &rejected;
	step.meta = &meta;
	step.events = events;
	step.n_events = 2; /* the second has nothing set: a later version's */
	return bourse__orders__v1__order_events__pack(&step, out);
}

START_TEST(a_step)
{
	uint8_t bytes[512];
	struct pb_step step;
	struct pb_fact fact;

	ck_assert(pb_step(bus_bytes(bytes, pack_step(bytes)), &step));
	ck_assert(pb_text_is(step.cause_topic, "orders.commands"));
	ck_assert(pb_text_is(step.cause_id, "some id"));
	ck_assert_int_eq(step.cause_partition, 3);
	ck_assert_int_eq(step.cause_offset, INT64_C(1) << 40);
	ck_assert_int_eq(step.now, -5);
	ck_assert(pb_fact(&step, &fact));
	ck_assert_uint_eq(fact.type, BOURSE__ORDERS__V1__ORDER_EVENT__EVENT_ORDER_REJECTED);
	ck_assert_int_eq(pb_integer(fact.message, 10), 10);
	ck_assert_int_eq(pb_integer(fact.message, 13), -1);
	ck_assert_int_eq(pb_integer(fact.message, 99), 0);
	ck_assert_ptr_null(pb_bytes(fact.message, 99).data);
	ck_assert(pb_fact(&step, &fact));
	ck_assert_uint_eq(fact.type, 0);
	ck_assert(!pb_fact(&step, &fact));
}
END_TEST

/* Cut anywhere, it is read as far as it goes and never beyond its end. */
START_TEST(cut_short)
{
	uint8_t bytes[512];
	size_t len = pack_step(bytes);

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = bus_malloc(cut + 1);
		struct pb_step step;
		struct pb_fact fact;
		int facts = 0;

		memcpy(exact, bytes, cut);
		if (pb_step(bus_bytes(exact, cut), &step))
			while (pb_fact(&step, &fact))
				facts++;
		ck_assert_int_le(facts, 2);
		free(exact);
	}
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
} broken[] = {
	{ "\x00\x01", 2 }, /* field 0 */
	{ "\x0a\x05"
	  "ab",
	  4 },							    /* longer than what is there */
	{ "\x0b\x0c", 2 },					    /* a group */
	{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 }, /* eleven bytes of varint */
	{ "\x08", 1 },
	{ "\x09\x01\x02", 3 },
};

START_TEST(no_message)
{
	struct pb pb = { bus_bytes(broken[_i].bytes, broken[_i].len), false };
	struct pb_step step;
	struct pb_field field;

	ck_assert(!pb_next(&pb, &field));
	ck_assert(pb.broken);
	ck_assert(!pb_next(&pb, &field));
	ck_assert(!pb_step(bus_bytes(broken[_i].bytes, broken[_i].len), &step));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pb");
	TCase *tcase = tcase_create("pb");

	tcase_add_test(tcase, a_step);
	tcase_add_test(tcase, cut_short);
	tcase_add_loop_test(tcase, no_message, 0, (int)BUS_ARRAY_LEN(broken));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
