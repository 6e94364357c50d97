/* The audit's book against a plain array of orders, over random adds and reductions; and the map of
 * ids. */
#include "audit_ladder.h"

#include "../../libbus/test/suite.h"

#define ORDERS 3000

static struct audit_table orders;
static struct ladder ladder;
static uint32_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

static struct bus_id id_of(uint32_t n)
{
	struct bus_id id = { { 0 } };

	memcpy(id.b, &n, sizeof(n));
	return id;
}

static void setup(void)
{
	orders = (struct audit_table){ .size = sizeof(struct ladder_order) };
	ladder = (struct ladder){ 0 };
	random_state = 7;
}

static void teardown(void)
{
	ladder_release(&ladder);
	idmap_release(&orders.map);
	free(orders.rows);
}

static struct ladder_order *order_at(uint32_t n)
{
	return audit_at(&orders, n);
}

static void add(uint32_t n, bool buy, int64_t price, int64_t leaves)
{
	struct ladder_order *order = audit_row(&orders, id_of(n), NULL);

	*order = (struct ladder_order){ .price = price, .leaves = leaves, .buy = buy };
	ladder_add(&ladder, &orders, n);
}

/* The first in the array among those of the best price; LADDER_NONE: the side is empty. */
static uint32_t plain_best(bool buy, audit_sum *total)
{
	uint32_t best = LADDER_NONE;

	*total = 0;
	for (uint32_t n = 0; n < orders.map.count; n++) {
		const struct ladder_order *order = order_at(n);

		if (!order->live || order->buy != buy)
			continue;
		if (best == LADDER_NONE || (buy ? order->price > order_at(best)->price
						: order->price < order_at(best)->price)) {
			best = n;
			*total = 0;
		}
		if (order->price == order_at(best)->price)
			*total += order->leaves;
	}
	return best;
}

static void compare(void)
{
	for (int buy = 0; buy < 2; buy++) {
		const struct ladder_level *level = ladder_best(&ladder, buy);
		audit_sum total;
		uint32_t best = plain_best(buy, &total);

		ck_assert_int_eq(level == NULL, best == LADDER_NONE);
		if (!level)
			continue;
		ck_assert_uint_eq(level->head, best);
		ck_assert_int_eq(level->price, order_at(best)->price);
		ck_assert(level->total == total);
	}
}

START_TEST(against_a_plain_array)
{
	for (uint32_t n = 0; n < ORDERS; n++) {
		uint32_t other = draw(n + 1);

		add(n, draw(2) == 0, 100 + draw(40), 1 + draw(50));
		if (draw(3) > 0 && order_at(other)->live)
			ladder_reduce(&ladder, &orders, other,
				      draw(2) ? 0 : order_at(other)->leaves / 2);
		if (n % 10 == 0)
			compare();
	}
	for (uint32_t n = 0; n < ORDERS; n++)
		if (order_at(n)->live)
			ladder_reduce(&ladder, &orders, n, 0);
	ck_assert_ptr_null(ladder_best(&ladder, true));
	ck_assert_ptr_null(ladder_best(&ladder, false));
}
END_TEST

START_TEST(crossed)
{
	add(0, true, 100, 5);
	ck_assert(!ladder_crossed(&ladder));
	add(1, false, 101, 5);
	ck_assert(!ladder_crossed(&ladder));
	add(2, true, 101, 5);
	ck_assert(ladder_crossed(&ladder));
	ladder_reduce(&ladder, &orders, 2, 0);
	ck_assert(!ladder_crossed(&ladder));
}
END_TEST

/* Each of three in a queue is replaced in turn; the order of the queue stays. */
START_TEST(replaced_in_place)
{
	for (uint32_t which = 0; which < 3; which++) {
		uint32_t turn[3] = { 0, 1, 2 };

		teardown();
		setup();
		for (uint32_t n = 0; n < 3; n++)
			add(n, true, 100, 5);
		audit_row(&orders, id_of(3), NULL);
		ladder_replace(&ladder, &orders, which, 3);
		turn[which] = 3;
		ck_assert(!order_at(which)->live);
		ck_assert(ladder_best(&ladder, true)->total == 15);
		for (int i = 0; i < 3; i++) {
			ck_assert_uint_eq(ladder_best(&ladder, true)->head, turn[i]);
			ladder_reduce(&ladder, &orders, turn[i], 0);
		}
		ck_assert_ptr_null(ladder_best(&ladder, true));
	}
}
END_TEST

START_TEST(ids_have_numbers)
{
	bool added;

	for (uint32_t n = 0; n < 100000; n++)
		ck_assert_uint_eq(idmap_add(&orders.map, id_of(n * 7), &added), n);
	for (uint32_t n = 0; n < 100000; n++) {
		ck_assert_uint_eq(idmap_add(&orders.map, id_of(n * 7), &added), n);
		ck_assert(!added);
		ck_assert_uint_eq(idmap_find(&orders.map, id_of(n * 7)), n);
	}
	ck_assert_uint_eq(idmap_find(&orders.map, id_of(1)), IDMAP_NONE);
	ck_assert(!bus_id_equal(idmap_key("ab", bus_bytes("c", 1)),
				idmap_key("a", bus_bytes("bc", 2))));
}
END_TEST

START_TEST(a_broken_row_is_named)
{
	static struct audit audit;
	struct audit_check *check = audit_check(&audit, 3, "something holds", "rows");

	ck_assert(audit_expect(check, true, "not shown"));
	ck_assert_uint_eq(audit_broken(&audit), 0);
	for (int i = 0; i < 9; i++)
		ck_assert(!audit_expect(check, false, "row %d", i));
	ck_assert_uint_eq(check->count, 10);
	ck_assert_uint_eq(check->broken, 9);
	ck_assert_uint_eq(audit_broken(&audit), 9);
	ck_assert_str_eq(check->rows[0], "row 0");
	ck_assert_str_eq(check->rows[AUDIT_ROWS - 1], "row 4");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("audit_ladder");
	TCase *tcase = tcase_create("ladder");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, against_a_plain_array);
	tcase_add_test(tcase, crossed);
	tcase_add_test(tcase, replaced_in_place);
	tcase_add_test(tcase, ids_have_numbers);
	tcase_add_test(tcase, a_broken_row_is_named);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
