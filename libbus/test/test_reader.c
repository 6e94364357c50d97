/* The reader's rule as a table: what a record is to a mark, and where the mark stands behind it. */
#include "bus/reader.h"

#include <string.h>

#include "suite.h"

#define NONE INT64_MIN /* no such header */

static const struct {
	int64_t mark_epoch, mark_sequence; /* before */
	bool opening;
	int64_t epoch, sequence;
	enum bus_reading reading;
	int64_t after_epoch, after_sequence;
} rows[] = {
	/* the first that is heard of a source: nothing counts before it has opened */
	{ 0, 0, true, 1, NONE, BUS_READ_OPENING, 1, 0 },
	{ 0, 0, false, 1, 1, BUS_READ_AHEAD, 0, 0 },
	{ 0, 0, true, 7, NONE, BUS_READ_OPENING, 7, 0 },
	/* in order */
	{ 1, 0, false, 1, 1, BUS_READ_NEXT, 1, 1 },
	{ 1, 41, false, 1, 42, BUS_READ_NEXT, 1, 42 },
	{ 1, INT64_MAX - 1, false, 1, INT64_MAX, BUS_READ_NEXT, 1, INT64_MAX },
	/* said before */
	{ 1, 5, false, 1, 5, BUS_READ_REPEAT, 1, 5 },
	{ 1, 5, false, 1, 1, BUS_READ_REPEAT, 1, 5 },
	{ 2, 5, false, 2, 4, BUS_READ_REPEAT, 2, 5 },
	/* something is missing */
	{ 1, 5, false, 1, 7, BUS_READ_AHEAD, 1, 5 },
	{ 1, 5, false, 1, INT64_MAX, BUS_READ_AHEAD, 1, 5 },
	/* by an owner that was fenced, be it the very next one */
	{ 3, 5, false, 2, 6, BUS_READ_VOID, 3, 5 },
	{ 3, 5, false, 2, 5, BUS_READ_VOID, 3, 5 },
	{ 3, 5, true, 2, NONE, BUS_READ_VOID, 3, 5 },
	/* a new owner goes on behind the old one's last */
	{ 3, 5, true, 4, NONE, BUS_READ_OPENING, 4, 5 },
	{ 3, 5, true, 9, NONE, BUS_READ_OPENING, 9, 5 },
	{ 4, 5, false, 4, 6, BUS_READ_NEXT, 4, 6 },
	{ 3, 5, true, 3, NONE, BUS_READ_REPEAT, 3, 5 },
	/* an epoch whose opening is still to come */
	{ 3, 5, false, 4, 6, BUS_READ_AHEAD, 3, 5 },
	{ 3, 5, false, 4, 1, BUS_READ_AHEAD, 3, 5 },
	/* an opening is told by its type: what else it carries is nobody's business */
	{ 3, 5, true, 4, 99, BUS_READ_OPENING, 4, 5 },
	/* not of ours */
	{ 3, 5, false, NONE, NONE, BUS_READ_FOREIGN, 3, 5 },
	{ 3, 5, false, NONE, 6, BUS_READ_FOREIGN, 3, 5 },
	{ 3, 5, false, 3, NONE, BUS_READ_FOREIGN, 3, 5 },
	{ 3, 5, true, NONE, NONE, BUS_READ_FOREIGN, 3, 5 },
	{ 0, 0, false, 0, 1, BUS_READ_FOREIGN, 0, 0 },
	{ 0, 0, true, 0, NONE, BUS_READ_FOREIGN, 0, 0 },
	{ 1, 0, false, 1, 0, BUS_READ_FOREIGN, 1, 0 },
	{ 1, 0, false, -1, 1, BUS_READ_FOREIGN, 1, 0 },
};

static struct bus_bytes text(const char *s)
{
	return bus_bytes(s, strlen(s));
}

START_TEST(rule)
{
	struct bus_high_water mark = { rows[_i].mark_epoch, rows[_i].mark_sequence };
	struct bus_ce ce = {
		.type = text(rows[_i].opening ? BUS_OPENING_TYPE : "bourse.sample.v1.Fed"),
		.has_epoch = rows[_i].epoch != NONE,
		.epoch = rows[_i].epoch,
		.has_sequence = rows[_i].sequence != NONE,
		.sequence = rows[_i].sequence,
	};

	ck_assert_int_eq(bus_read(&mark, &ce), rows[_i].reading);
	ck_assert_int_eq(mark.epoch, rows[_i].after_epoch);
	ck_assert_int_eq(mark.sequence, rows[_i].after_sequence);
}
END_TEST

static const struct {
	const char *source;
	int32_t partition;
} sources[] = {
	{ "/svc-orders/desk/0", 0 },	     { "/svc-orders/desk/3", 3 },
	{ "/svc-orders/desk/99999", 99999 }, { "/svc-orders/desk/123456", -1 },
	{ "/svc-orders/desk/", -1 },	     { "/svc-orders/desk", -1 },
	{ "/svc-orders/desk/-1", -1 },	     { "/svc-orders/desk/1x", -1 },
	{ "/svc-orders/desks/1", -1 },	     { "/svc-orders/book/1", -1 },
	{ "svc-orders/desk/1", -1 },	     { "", -1 },
};

START_TEST(source_partition)
{
	ck_assert_int_eq(bus_source_partition(text(sources[_i].source), "/svc-orders/desk"),
			 sources[_i].partition);
}
END_TEST

START_TEST(opening_by_type_alone)
{
	static const char *const others[] = { "", "bourse.bus.v1.Openin",
					      "bourse.bus.v1.Opening2" };

	for (size_t i = 0; i < BUS_ARRAY_LEN(others); i++)
		ck_assert(!bus_ce_is_opening(&(struct bus_ce){ .type = text(others[i]) }));
	ck_assert(!bus_ce_is_opening(&(struct bus_ce){ .epoch = 1 }));
	ck_assert(bus_ce_is_opening(&(struct bus_ce){ .type = text("bourse.bus.v1.Opening") }));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reader");
	TCase *t = tcase_create("reader");

	tcase_add_loop_test(t, rule, 0, BUS_ARRAY_LEN(rows));
	tcase_add_loop_test(t, source_partition, 0, BUS_ARRAY_LEN(sources));
	tcase_add_test(t, opening_by_type_alone);
	suite_add_tcase(s, t);
	return suite_run(s);
}
