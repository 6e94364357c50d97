/*
 * Random lives of orders of every type and class, legal and not, on one account: after every step
 * the quantities add up, nothing is held twice or below zero, what is held covers the worst that
 * can still happen, and what was refused has changed nothing. The seed is printed with a failure.
 */
#include <check.h>
#include <stdlib.h>

#include "order_lives.h"

#define STEPS 20000
#define SEEDS 24

static void place(struct world *world)
{
	struct order_request request = request_of(world);
	int n = free_slot(world, 0);
	struct memory memory;
	struct slot *slot;

	if (n < 0)
		return;
	slot = &world->slots[n];
	MUST(world, order_check_form(&request) == REFUSAL_NONE);
	if (!init_order(world, n, &request)) {
		slot->order.status = ORDER_NONE;
		return;
	}
	remember(world, &memory);
	if (order_reserve(&slot->order, NULL, &world->balances, &world->account) != REFUSAL_NONE) {
		assert_unchanged(world, &memory);
		world->seen[SEEN_REFUSED]++;
		return;
	}
	slot->start = slot->order.hold_micros;
	order_become(&slot->order, ORDER_NEW);
}

/* A bracket, or one cancels the other. */
static void place_class(struct world *world)
{
	bool oco = pick(world, 2) == 0;
	int n = free_slot(world, 0), first = n < 0 ? -1 : free_slot(world, n + 1);
	int second = first < 0 ? -1 : free_slot(world, first + 1);
	struct order_request request = { .symbol = "AAPL",
					 .side = ORDER_BUY + (int)pick(world, 2),
					 .type = ORDER_LIMIT,
					 .tif = ORDER_DAY,
					 .order_class = oco ? ORDER_OCO : ORDER_BRACKET,
					 .quantity = { (1 + pick(world, 9000)) * 1000 },
					 .limit = { 100 * ONE },
					 .stop_loss = true,
					 .take_profit = !oco };
	bool sells = (request.side == ORDER_SELL) == oco;
	struct order_request legs[ORDER_LEGS_MAX];
	struct memory memory;
	struct slot *slot;

	if (second < 0)
		return;
	request.take_profit_limit.micros = oco ? 0 : sells ? 103 * ONE : 97 * ONE;
	request.stop_loss_stop.micros = sells ? 96 * ONE : 104 * ONE;
	MUST(world, order_check_form(&request) == REFUSAL_NONE);
	MUST(world, order_legs(&request, legs) == (oco ? 1 : 2));
	slot = &world->slots[n];
	MUST(world, init_order(world, n, &request));
	MUST(world, init_order(world, first, &legs[0]));
	if (!oco)
		MUST(world, init_order(world, second, &legs[1]));
	remember(world, &memory);
	if (order_reserve(&slot->order, oco ? &world->slots[first].order : NULL, &world->balances,
			  &world->account) != REFUSAL_NONE) {
		assert_unchanged(world, &memory);
		return;
	}
	order_become(&slot->order, ORDER_NEW);
	slot->start = slot->order.hold_micros;
	if (oco) {
		order_become(&world->slots[first].order, ORDER_NEW);
		slot->link = world->slots[first].link = SIBLING;
		slot->other = first;
		world->slots[first].other = n;
		return;
	}
	order_become(&world->slots[first].order, ORDER_HELD);
	order_become(&world->slots[second].order, ORDER_HELD);
	slot->legs[0] = first;
	slot->legs[1] = second;
	slot->leg_count = 2;
}

/* The entry has ended: its legs live or end with it. */
static void settle_legs(struct world *world, struct slot *slot)
{
	struct slot *one = &world->slots[slot->legs[0]], *two = &world->slots[slot->legs[1]];
	struct order_scene scene = { .order = &one->order,
				     .sibling = &two->order,
				     .balances = &world->balances };
	struct order_released released;
	struct memory memory;

	if (slot->leg_count == 0 || !order_terminal(slot->order.status))
		return;
	slot->leg_count = 0;
	remember(world, &memory);
	if (slot->order.cum.micros > 0 &&
	    order_activate(&scene, slot->order.cum, &world->account) == REFUSAL_NONE) {
		world->seen[SEEN_LEGS]++;
		one->link = two->link = SIBLING;
		one->other = (int)(two - world->slots);
		two->other = (int)(one - world->slots);
		return;
	}
	assert_unchanged(world, &memory);
	world->seen[SEEN_LEGS_REFUSED] += slot->order.cum.micros > 0;
	scene.sibling = NULL;
	MUST(world, order_end(&scene, one->order.leaves, ORDER_CANCELED, &released) == ORDER_FITS);
	scene.order = &two->order;
	MUST(world, order_end(&scene, two->order.leaves, ORDER_CANCELED, &released) == ORDER_FITS);
}

static void end(struct world *world, struct slot *slot, enum order_status status);

/* The book tells what its sibling's trades have taken from it. */
static void hear(struct world *world, struct slot *slot)
{
	struct order_scene scene = scene_of(world, slot);
	struct bus_quantity by = { slot->due }, leaves = { slot->order.leaves.micros - slot->due };
	struct order_released released;

	if (slot->due == 0 || !in_book(slot))
		return;
	slot->due = 0;
	if (leaves.micros <= 0) {
		end(world, slot, ORDER_CANCELED);
		return;
	}
	MUST(world, order_decrease(&scene, by, leaves, &released) == ORDER_FITS);
}

static void sibling_ended(struct world *world, struct slot *slot)
{
	struct slot *other = other_of(world, slot);

	if (slot->link != SIBLING || other == NULL || !order_terminal(slot->order.status))
		return;
	hear(world, other);
	if (in_book(other))
		end(world, other, ORDER_CANCELED);
}

static void end(struct world *world, struct slot *slot, enum order_status status)
{
	struct order_scene scene = scene_of(world, slot);
	struct order_released released;

	MUST(world, order_end(&scene, slot->order.leaves, status, &released) == ORDER_FITS);
	settle_legs(world, slot);
	sibling_ended(world, slot);
}

/* An execution's fee, written down once more. */
static int64_t fee_of_fill(const struct world *world, const struct order *order,
			   const struct order_execution *execution, int64_t notional)
{
	bool active = strcmp(world->account.fee_group, "active") == 0;
	int64_t ppm = execution->liquidity == ORDER_TAKER ? 500 : 200, fee, sale, shares;

	if (!active)
		return 0;
	fee = down((int128)notional * ppm, ONE);
	if (order->side == ORDER_BUY)
		return fee;
	sale = down((int128)notional * 278, 10 * ONE);
	shares = down((int128)execution->quantity.micros * 166, ONE);
	fee += sale + (shares < 8300000 ? shares : 8300000);
	return fee < notional ? fee : notional;
}

static int64_t price_for(struct world *world, const struct order *order)
{
	int64_t worst = order_worst_price(order).micros, away = pick(world, 3) * pick(world, ONE);

	if (order->side == ORDER_SELL)
		return (worst == 0 ? 100 * ONE : worst) + away;
	return worst > away ? worst - away : worst;
}

static void fill(struct world *world)
{
	struct slot *slot = any(world, in_book), *other;
	struct order_execution execution = { .liquidity = ORDER_MAKER + (int)pick(world, 3) };
	int64_t quantity, left, notional, fee;
	struct order_scene scene;
	struct order_fill moved;

	if (slot == NULL)
		return;
	hear(world, slot);
	if (!in_book(slot) || stop_waits(&slot->order))
		return;
	left = slot->order.leaves.micros;
	quantity = pick(world, 4) == 0 ? left : 1 + pick(world, left);
	execution.price.micros = price_for(world, &slot->order);
	if (slot->order.notional.micros != 0) {
		int64_t rest = slot->order.notional.micros - slot->order.cum_notional.micros;
		int64_t most = down((int128)rest * ONE, execution.price.micros);

		quantity = quantity < most ? quantity : most;
	}
	if (quantity == 0)
		return;
	execution.quantity.micros = quantity;
	execution.leaves.micros = left - quantity;
	notional = down((int128)quantity * execution.price.micros, ONE);
	fee = fee_of_fill(world, &slot->order, &execution, notional);
	scene = scene_of(world, slot);
	other = other_of(world, slot);
	MUST(world, order_fill(&scene, &execution, &moved) == ORDER_FITS);
	MUST(world, moved.fee_micros == fee);
	MUST(world, moved.released_micros >= 0);
	if (slot->order.side == ORDER_BUY) {
		MUST(world, moved.cash_micros == notional + fee);
		world->cash -= notional + fee;
		world->shares += quantity;
		slot->paid += notional + fee;
	} else {
		MUST(world, moved.cash_micros == notional - fee);
		world->cash += notional - fee;
		world->shares -= quantity;
	}
	world->seen[SEEN_FILLED]++;
	world->seen[SEEN_SHORT] += moved.collateral_micros > 0;
	world->seen[SEEN_DEEPER] +=
		moved.collateral_micros > 0 && world->balances.shares.total_micros < -quantity;
	world->seen[SEEN_COVERED] += moved.collateral_micros < 0;
	world->seen[SEEN_NOTIONAL] += slot->order.notional.micros != 0;
	world->seen[SEEN_OCO_FILL] += scene.sibling != NULL;
	world->seen[SEEN_FILL_WHILE_REPLACING] += scene.replacement != NULL;
	if (slot->link == SIBLING && other != NULL)
		other->due += quantity;
	settle_legs(world, slot);
	if (pick(world, 2) == 0)
		sibling_ended(world, slot);
	else if (order_terminal(slot->order.status) && slot->link == SIBLING && other != NULL)
		other->due = other->order.leaves.micros;
}

static void trigger(struct world *world)
{
	struct slot *slot = any(world, in_book), *other;

	if (slot == NULL || !stop_waits(&slot->order))
		return;
	hear(world, slot);
	if (!in_book(slot))
		return;
	MUST(world, order_trigger(&slot->order) == ORDER_FITS);
	MUST(world, order_trigger(&slot->order) == ORDER_FAULT_STATUS);
	world->seen[SEEN_TRIGGERED]++;
	other = other_of(world, slot);
	if (slot->link == SIBLING && other != NULL)
		end(world, other, ORDER_CANCELED);
}

static void reduce(struct world *world)
{
	struct slot *slot = any(world, in_book);
	struct order_released released;
	struct order_scene scene;
	int64_t left, by;

	if (slot == NULL)
		return;
	hear(world, slot);
	if (!in_book(slot))
		return;
	left = slot->order.leaves.micros;
	by = 1 + pick(world, left);
	scene = scene_of(world, slot);
	if (by < left && pick(world, 2) == 0) {
		MUST(world,
		     order_decrease(&scene, (struct bus_quantity){ by },
				    (struct bus_quantity){ left - by }, &released) == ORDER_FITS);
	} else if (!stop_waits(&slot->order)) {
		MUST(world,
		     order_prevent(&scene, (struct bus_quantity){ by },
				   (struct bus_quantity){ left - by }, &released) == ORDER_FITS);
		world->seen[SEEN_PREVENTED]++;
		settle_legs(world, slot);
		sibling_ended(world, slot);
	}
}

static void cancel(struct world *world)
{
	struct slot *slot = any(world, in_book);
	struct order_scene scene;

	if (slot == NULL)
		return;
	hear(world, slot);
	if (!in_book(slot))
		return;
	switch (pick(world, 4)) {
	case 0:
		if (order_cancel_request(&slot->order, pick(world, 4) == 0) == REFUSAL_NONE)
			MUST(world, slot->order.status == ORDER_PENDING_CANCEL);
		break;
	case 1:
		scene = scene_of(world, slot);
		order_cancel_rejected(&scene);
		break;
	case 2:
		end(world, slot, ORDER_EXPIRED);
		break;
	default:
		end(world, slot,
		    slot->order.cum.micros == 0 && slot->order.status == ORDER_NEW
			    ? ORDER_REJECTED
			    : ORDER_CANCELED);
		break;
	}
}

static void complete(struct world *world)
{
	struct slot *slot = any(world, in_book);
	struct order_released released;
	struct order_scene scene;

	if (slot == NULL || slot->order.notional.micros == 0 || slot->order.cum.micros == 0)
		return;
	scene = scene_of(world, slot);
	MUST(world, order_complete(&scene, slot->order.leaves, &released) == ORDER_FITS);
	world->seen[SEEN_COMPLETED]++;
	MUST(world, slot->order.status == ORDER_FILLED);
	MUST(world, slot->order.quantity.micros == slot->order.cum.micros);
}

static void ask_replace(struct world *world)
{
	struct slot *slot = any(world, in_book);
	int n = free_slot(world, 0);
	struct order_amendment amendment = { .tif = 0 };
	struct order_request request;
	struct order_scene scene;
	struct order_terms terms;
	struct memory memory;
	bool bound;

	if (slot == NULL || n < 0 || slot->link == REPLACEMENT)
		return;
	bound = slot->link == SIBLING || slot->leg_count > 0;
	if (pick(world, 2) == 0)
		amendment.quantity.micros = (1 + pick(world, 30000)) * 1000;
	if (slot->order.limit.micros != 0 && pick(world, 2) == 0)
		amendment.limit.micros = price_near(world, 100 * ONE);
	if (order_check_replace(&slot->order, bound, &amendment, &request) != REFUSAL_NONE ||
	    order_check_market(&request, &market, &terms) != REFUSAL_NONE)
		return;
	world->slots[n] = (struct slot){ .link = ALONE };
	order_init(&world->slots[n].order, &request, &terms, &world->account);
	scene = scene_of(world, slot);
	scene.replacement = &world->slots[n].order;
	remember(world, &memory);
	if (order_replace_request(&scene, &world->account) != REFUSAL_NONE) {
		assert_unchanged(world, &memory);
		world->seen[SEEN_REPLACING_REFUSED]++;
		return;
	}
	world->seen[SEEN_REPLACING]++;
	slot->link = REPLACEMENT;
	slot->other = n;
	slot->start = 0;
}

static void answer_replace(struct world *world)
{
	struct order_released released;
	struct order_scene scene;
	struct slot *slot = NULL;

	for (int i = 0; i < SLOTS && slot == NULL; i++) {
		if (world->slots[i].link == REPLACEMENT && other_of(world, &world->slots[i]))
			slot = &world->slots[i];
	}
	if (slot == NULL)
		return;
	scene = scene_of(world, slot);
	MUST(world, scene.replacement != NULL);
	if (in_book(slot) && pick(world, 2) == 0) {
		int64_t quantity = scene.replacement->quantity.micros, cum = slot->order.cum.micros;

		quantity = quantity > cum ? quantity : cum;
		MUST(world, order_replaced(&scene, (struct bus_quantity){ quantity },
					   (struct bus_quantity){ quantity - cum },
					   &released) == ORDER_FITS);
		MUST(world, slot->order.status == ORDER_REPLACED);
		world->seen[SEEN_REPLACED]++;
		world->seen[SEEN_REPLACED_FILLED] += scene.replacement->status == ORDER_FILLED;
	} else {
		world->seen[SEEN_REPLACE_REJECTED]++;
		MUST(world, order_replace_rejected(&scene, &released) == ORDER_FITS);
	}
	slot->link = ALONE;
}

/* Answers that no book gives. */
static void nonsense(struct world *world)
{
	struct slot *slot = &world->slots[pick(world, SLOTS)];
	struct order_scene scene = scene_of(world, slot);
	int64_t left = slot->order.leaves.micros, worst = order_worst_price(&slot->order).micros;
	struct order_execution execution = { .quantity = { 1 },
					     .price = { 0 },
					     .leaves = { left } };
	struct order_released released;
	struct order_fill moved;
	struct memory memory;

	remember(world, &memory);
	MUST(world, order_fill(&scene, &execution, &moved) != ORDER_FITS);
	execution.leaves.micros = left - 1;
	MUST(world, order_fill(&scene, &execution, &moved) != ORDER_FITS);
	execution.price.micros = slot->order.side == ORDER_BUY ? worst + 1 : worst - 1;
	if (slot->order.side == ORDER_BUY || worst > 0)
		MUST(world, order_fill(&scene, &execution, &moved) != ORDER_FITS);
	MUST(world, order_decrease(&scene, (struct bus_quantity){ left + 1 },
				   (struct bus_quantity){ -1 }, &released) != ORDER_FITS);
	MUST(world, order_prevent(&scene, (struct bus_quantity){ 0 }, slot->order.leaves,
				  &released) != ORDER_FITS);
	MUST(world, order_end(&scene, (struct bus_quantity){ left + 1 }, ORDER_CANCELED,
			      &released) != ORDER_FITS);
	MUST(world, order_end(&scene, slot->order.leaves, ORDER_FILLED, &released) != ORDER_FITS);
	if (!open_now(slot))
		MUST(world, order_end(&scene, slot->order.leaves, ORDER_CANCELED, &released) !=
				    ORDER_FITS);
	if (slot->order.notional.micros == 0)
		MUST(world, order_complete(&scene, slot->order.leaves, &released) != ORDER_FITS);
	if (scene.replacement == NULL)
		MUST(world, order_replaced(&scene, slot->order.quantity, slot->order.leaves,
					   &released) != ORDER_FITS);
	assert_unchanged(world, &memory);
}

static void (*const actions[])(struct world *world) = {
	place,	 place,	 place_class, fill,	fill,	     fill,	  fill,		  trigger,
	trigger, reduce, cancel,      complete, ask_replace, ask_replace, answer_replace, nonsense,
};

static void live(int seed, int seen[SEEN_COUNT])
{
	bool shorting = seed % 2 == 1, active = seed / 2 % 2 == 1;
	struct world world = {
		.balances = { .cash = { 5000 * ONE, 0 }, .shares = { 40 * ONE, 0 } },
		.account = { .shorting = shorting, .fee_group = active ? "active" : "" },
		.cash = 5000 * ONE,
		.shares = 40 * ONE,
		.seed = seed,
		.random = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(seed + 1),
	};

	for (world.step = 0; world.step < STEPS; world.step++) {
		actions[pick(&world, (int64_t)BUS_ARRAY_LEN(actions))](&world);
		check(&world);
	}
	MUST(&world, shorting || world.seen[SEEN_SHORT] == 0);
	for (int i = 0; i < SEEN_COUNT; i++)
		seen[i] += world.seen[i];
}

START_TEST(random_lives)
{
	int seen[SEEN_COUNT] = { 0 };

	for (int seed = 0; seed < SEEDS; seed++)
		live(seed, seen);
	for (int i = 0; i < SEEN_COUNT; i++)
		ck_assert_msg(seen[i] > 0, "%d has never happened", i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("order random");
	TCase *tcase = tcase_create("order random");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, random_lives);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
