/*
 * Flows as data: what is taken of a file of messages and what is refused, and that a generated flow
 * is the same for a seed, has the shape of the real hour, and names only orders that it has placed.
 */
#include "flow_data.h"

#include <string.h>
#include <unistd.h>

#include "../../libbus/test/suite.h"

static bool read_text(const char *text, struct flow_data *data)
{
	char path[] = "/tmp/flow_data.XXXXXX";
	int fd = mkstemp(path);
	bool ok;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ok = flow_data_read(data, path, "AAPL");
	unlink(path);
	return ok;
}

START_TEST(messages_of_a_file)
{
	static const char text[] = "34200.004241176,1,16113575,18,5853300,1\n"
				   "34200.5,5,0,100,5853200,-1\n"
				   "34200.5,4,16113575,8,5853300,1\n"
				   "34201.000001,2,16113575,3,5853300,1\n"
				   "34201.000001,3,16113575,7,5853300,1\n"
				   "34201.1,3,77,7,5853300,-1\n"
				   "34201.2,4,78,7,5853300,-1\n"
				   "34201.3,7,0,0,-1,-1\n";
	static const struct flow_message expected[] = {
		{ 34200004241, 585330000, FLOW_UNKNOWN, 18, 0, FLOW_PLACE, true },
		{ 34200500000, 585330000, 0, 8, 0, FLOW_TAKE, true },
		{ 34201000001, 585330000, 0, 3, 0, FLOW_DECREASE, true },
		{ 34201000001, 585330000, 0, 7, 0, FLOW_CANCEL, true },
		{ 34201100000, 585330000, FLOW_UNKNOWN, 7, 0, FLOW_CANCEL, false },
		{ 34201200000, 585330000, FLOW_UNKNOWN, 7, 0, FLOW_TAKE, false },
	};
	struct flow_data data;

	ck_assert(read_text(text, &data));
	ck_assert_uint_eq(data.count, BUS_ARRAY_LEN(expected));
	for (uint32_t i = 0; i < data.count; i++) {
		ck_assert_int_eq(data.messages[i].at_micros, expected[i].at_micros);
		ck_assert_int_eq(data.messages[i].price_micros, expected[i].price_micros);
		ck_assert_uint_eq(data.messages[i].order, expected[i].order);
		ck_assert_int_eq(data.messages[i].shares, expected[i].shares);
		ck_assert_uint_eq(data.messages[i].kind, expected[i].kind);
		ck_assert_int_eq(data.messages[i].buy, expected[i].buy);
	}
	ck_assert_uint_eq(data.unknown_cancels, 1);
	ck_assert_uint_eq(data.unknown_takes, 1);
	ck_assert_str_eq(data.symbols[0], "AAPL");
	flow_data_release(&data);
}
END_TEST

static const char *const malformed[] = {
	"",
	"34200.5,9,1,18,5853300,1\n",
	"34200.5,1,1,0,5853300,1\n",
	"34200.5,1,1,-5,5853300,1\n",
	"34200.5,1,1,18,0,1\n",
	"34200.5,1,1,18,5853300,2\n",
	"34200.5,1,1,18,5853300\n",
	"34200.5,1,1,18,5853300,1,1\n",
	"34200,1,1,18,5853300,1\n",
	"99999.5,1,1,18,5853300,1\n",
	"34200.5,1,1,999999999999,5853300,1\n",
	"34200.5,1,1,18,5853300,1\n34200.4,1,2,18,5853300,1\n",
	"time,type,id,size,price,direction\n",
};

START_TEST(malformed_files)
{
	struct flow_data data;

	ck_assert(!read_text(malformed[_i], &data));
}
END_TEST

START_TEST(no_such_file)
{
	struct flow_data data;

	ck_assert(!flow_data_read(&data, "/nonexistent/messages.csv", "AAPL"));
}
END_TEST

START_TEST(a_seed_is_a_flow)
{
	struct flow_data a, b, c;

	flow_data_generate(&a, 20000, 3, 7);
	flow_data_generate(&b, 20000, 3, 7);
	flow_data_generate(&c, 20000, 3, 8);
	ck_assert_uint_eq(a.count, 20000);
	for (uint32_t i = 0; i < a.count; i++) {
		ck_assert_int_eq(a.messages[i].at_micros, b.messages[i].at_micros);
		ck_assert_int_eq(a.messages[i].price_micros, b.messages[i].price_micros);
		ck_assert_int_eq(a.messages[i].shares, b.messages[i].shares);
		ck_assert_uint_eq(a.messages[i].order, b.messages[i].order);
	}
	ck_assert_mem_ne(a.messages, c.messages, a.count * sizeof(*a.messages));
	flow_data_release(&a);
	flow_data_release(&b);
	flow_data_release(&c);
}
END_TEST

/* Every message names an open order of its own symbol and side, and takes no more than there is. */
START_TEST(a_generated_flow_is_consistent)
{
	struct flow_data data;
	uint32_t counts[4] = { 0 };
	int64_t last = 0;

	flow_data_generate(&data, 92000, 5, 1);
	for (uint32_t i = 0; i < data.count; i++) {
		const struct flow_message *m = &data.messages[i];

		counts[m->kind]++;
		ck_assert_int_ge(m->at_micros, last);
		last = m->at_micros;
		ck_assert_int_gt(m->shares, 0);
		ck_assert_int_gt(m->price_micros, 0);
		ck_assert_int_eq(m->price_micros % 10000, 0);
		ck_assert_uint_lt(m->symbol, data.symbol_count);
		ck_assert_int_eq(m->order == FLOW_UNKNOWN, m->kind == FLOW_PLACE);
		if (m->kind == FLOW_PLACE)
			continue;
		ck_assert_uint_lt(m->order, i);
		ck_assert_uint_eq(data.messages[m->order].kind, FLOW_PLACE);
		ck_assert_uint_eq(data.messages[m->order].symbol, m->symbol);
		ck_assert_int_eq(data.messages[m->order].buy, m->buy);
		ck_assert_int_eq(data.messages[m->order].price_micros, m->price_micros);
		if (m->kind != FLOW_TAKE)
			ck_assert_int_le(m->shares, data.messages[m->order].shares);
	}
	/* In a thousand: 493 new, 457 deletes, 5 decreases, 45 executions. */
	ck_assert_uint_gt(counts[FLOW_PLACE], 44000);
	ck_assert_uint_lt(counts[FLOW_PLACE], 48000);
	ck_assert_uint_gt(counts[FLOW_CANCEL], 40000);
	ck_assert_uint_gt(counts[FLOW_DECREASE], 300);
	ck_assert_uint_gt(counts[FLOW_TAKE], 3600);
	/* It takes about an hour from half past nine. */
	ck_assert_int_ge(data.messages[0].at_micros, INT64_C(34200) * 1000000);
	ck_assert_int_gt(last, INT64_C(37000) * 1000000);
	ck_assert_int_lt(last, INT64_C(38500) * 1000000);
	flow_data_release(&data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow_data");
	TCase *tcase = tcase_create("data");

	tcase_add_test(tcase, messages_of_a_file);
	tcase_add_loop_test(tcase, malformed_files, 0, (int)BUS_ARRAY_LEN(malformed));
	tcase_add_test(tcase, no_such_file);
	tcase_add_test(tcase, a_seed_is_a_flow);
	tcase_add_test(tcase, a_generated_flow_is_consistent);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
