/* Flows of orders, see match_flow.h. */
#include "match_flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base.h"

#define MIDDLE 33504.0 /* ticks of half a cent: 167.52 */

/*
 * stable: the middle stands. trending: up by a quarter. volatile: it swings by 60 %. deep: 20,000
 * levels a side, and orders live long. cancel-heavy: nearly nothing trades, all is canceled at
 * once.
 */
const struct match_shape match_shapes[] = {
	{ "stable", 0.0, 0.0, 2.2, 800, 0.95, 400, 0.15, 0.20 },
	{ "trending", 0.25, 0.02, 2.2, 800, 0.95, 400, 0.15, 0.20 },
	{ "volatile", 0.0, 0.60, 2.2, 800, 0.95, 400, 0.15, 0.20 },
	{ "deep", 0.0, 0.02, 0.3, 5000, 0.95, 20000, 0.15, 0.20 },
	{ "cancel-heavy", 0.0, 0.02, 2.2, 800, 0.99, 40, 0.02, 0.20 },
};
const size_t match_shape_count = BUS_ARRAY_LEN(match_shapes);

static double uniform(uint64_t *seed)
{
	return (double)(match_draw(seed) >> 11) * (1.0 / 9007199254740992.0);
}

static double normal(uint64_t *seed)
{
	double u = uniform(seed) + 1e-12;

	return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * uniform(seed));
}

/* Ticks from the middle: a power law, and a hump eight ticks out. */
static uint32_t depth(const struct match_shape *shape, uint64_t *seed)
{
	double k;

	if (shape->alpha > 1 && uniform(seed) < 0.6)
		k = 8.0 + 1.5 * normal(seed);
	else if (shape->alpha > 1)
		k = pow(uniform(seed) + 1e-9, -1.0 / (shape->alpha - 1.0)) - 1.0;
	else
		k = (double)shape->levels * pow(uniform(seed), 1.0 / (1.0 - shape->alpha));
	if (k < 0)
		k = 0;
	return k < shape->levels ? (uint32_t)k : shape->levels - 1;
}

/* A message and when it is due. */
struct timed {
	uint64_t at;
	struct match_message message;
};

static int by_time(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	/* Equal times: in the order of the ids, and an order before what is asked of it. */
	if (x->message.id != y->message.id)
		return x->message.id < y->message.id ? -1 : 1;
	return (int)x->message.kind - (int)y->message.kind;
}

struct maker {
	const struct match_shape *shape;
	uint64_t seed;
	struct timed *timed;
	size_t count;
	uint32_t last_id;
};

static void put(struct maker *maker, double at, struct match_message message)
{
	maker->timed[maker->count++] = (struct timed){ (uint64_t)at, message };
}

/* A resting order's life: perhaps replaced, and nearly always canceled. */
static void live(struct maker *maker, double now, struct match_message message, uint32_t away)
{
	const struct match_shape *shape = maker->shape;

	if (uniform(&maker->seed) < shape->replaced) {
		now += 1.0 + shape->life * 0.3 * uniform(&maker->seed);
		message.kind = MATCH_REPLACE;
		message.quantity++;
		message.new_id = ++maker->last_id;
		if (uniform(&maker->seed) < 0.8)
			message.ticks += message.buy ? 1 : (uint32_t)-1;
		put(maker, now, message);
		message.id = message.new_id;
	}
	if (uniform(&maker->seed) < shape->canceled) {
		double mean = shape->life * 1.44 * sqrt(1.0 + (shape->alpha > 1 ? away : 0));

		message.kind = MATCH_CANCEL;
		put(maker, now + 1.0 - mean * log(uniform(&maker->seed) + 1e-12), message);
		if (uniform(&maker->seed) < 0.02)
			put(maker, now + 2.0 + 20 * mean, message); /* once more, too late */
	}
}

static void place(struct maker *maker, double now, double middle)
{
	bool buy = (match_draw(&maker->seed) >> 40) % 2 == 0;
	uint32_t away = depth(maker->shape, &maker->seed);
	bool ioc = uniform(&maker->seed) < maker->shape->ioc;
	double ticks = buy ? middle - 1.0 - away : middle + 1.0 + away;
	struct match_message message = {
		.kind = ioc ? MATCH_IOC : MATCH_NEW,
		.buy = buy,
		.id = ++maker->last_id,
		.quantity = 1 + (uint32_t)(uniform(&maker->seed) * 100),
	};

	if (ioc) /* reaches into the other side */
		ticks = buy ? middle + 8.0 : middle - 8.0;
	message.ticks = ticks < 2 ? 2 : (uint32_t)ticks;
	put(maker, now, message);
	if (!ioc)
		live(maker, now, message, away);
}

void match_flow_make(const struct match_shape *shape, size_t orders, uint64_t seed,
		     struct match_flow *out)
{
	struct maker maker = { .shape = shape, .seed = seed * 2 + 1 };
	double step = shape->swing / sqrt((double)orders);
	double drift = shape->drift / (double)orders;
	double middle = MIDDLE;

	maker.timed = bus_malloc(orders * 4 * sizeof(*maker.timed));
	for (size_t i = 0; i < orders; i++) {
		middle *= 1.0 + drift + step * normal(&maker.seed);
		place(&maker, (double)i * 2.0, round(middle));
	}
	qsort(maker.timed, maker.count, sizeof(*maker.timed), by_time);
	*out = (struct match_flow){ .count = maker.count, .last_id = maker.last_id };
	out->messages = bus_malloc(maker.count * sizeof(*out->messages));
	for (size_t i = 0; i < maker.count; i++) {
		out->messages[i] = maker.timed[i].message;
		if (out->messages[i].ticks > out->max_ticks)
			out->max_ticks = out->messages[i].ticks;
	}
	free(maker.timed);
}

void match_flow_release(struct match_flow *flow)
{
	free(flow->messages);
	*flow = (struct match_flow){ 0 };
}
