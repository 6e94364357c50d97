/*
 * A flow from a seed. For each symbol a book is kept while it is made, so that cancels name orders
 * that rest and takers come at the best price. It is a book by levels of one tick in a fixed window
 * around the first price: small, and quick enough for millions of messages.
 */
#include <stdio.h>
#include <stdlib.h>

#include "flow_data.h"

#define TICK	  INT64_C(10000) /* micros: one cent */
#define LEVELS	  4096		 /* of the window */
#define MIDDLE	  (LEVELS / 2)
#define OPENING	  (INT64_C(34200) * 1000000) /* 09:30 */
#define SPAN	  (INT64_C(3600) * 1000000)
#define GAP_SCALE 38850 /* the mean of draw_gap() */
#define NONE	  UINT32_MAX

/* An order that rests, by the message that placed it. */
struct resting {
	uint32_t prev, next; /* in the queue of its level */
	uint32_t place;	     /* in `live` */
	int32_t leaves;
	uint16_t level;
};

struct level {
	uint32_t head, tail;
};

struct maker {
	struct level levels[2][LEVELS]; /* [buy] */
	int best[2];			/* level; buy: -1 where there is none, sell: LEVELS */
	uint32_t *live; /* owned; in order of arrival but for holes that were filled */
	uint32_t live_count, live_room;
	int64_t base; /* micros of level 0 */
};

struct generator {
	uint64_t random; /* xorshift64, never 0 */
	int64_t now, span;
	struct flow_data *data;
	struct maker *makers;
	struct resting *resting; /* by message */
};

static uint64_t draw(struct generator *g, uint64_t below)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return (g->random >> 11) % below;
}

/* Few gaps are long, most are short: bursts. */
static int64_t draw_gap(struct generator *g)
{
	uint64_t kind = draw(g, 100);

	if (kind < 60)
		return (int64_t)draw(g, 1000);
	return (int64_t)draw(g, kind < 90 ? 60000 : 590000);
}

static void maker_init(struct maker *maker, int64_t price)
{
	for (int buy = 0; buy < 2; buy++)
		for (int i = 0; i < LEVELS; i++)
			maker->levels[buy][i] = (struct level){ NONE, NONE };
	maker->best[true] = -1;
	maker->best[false] = LEVELS;
	maker->base = price - MIDDLE * TICK;
}

static void move_best(struct maker *maker, bool buy)
{
	int at = maker->best[buy];

	while (at >= 0 && at < LEVELS && maker->levels[buy][at].head == NONE)
		at += buy ? -1 : 1;
	maker->best[buy] = at;
}

static void rest(struct generator *g, struct maker *maker, uint32_t n, bool buy, int at)
{
	struct level *level = &maker->levels[buy][at];
	struct resting *order = &g->resting[n];

	*order = (struct resting){ level->tail, NONE, maker->live_count, 0, (uint16_t)at };
	order->leaves = g->data->messages[n].shares;
	if (level->tail == NONE)
		level->head = n;
	else
		g->resting[level->tail].next = n;
	level->tail = n;
	if (maker->live_count == maker->live_room) {
		maker->live_room = maker->live_room ? maker->live_room * 2 : 256;
		maker->live = bus_realloc(maker->live, maker->live_room * sizeof(*maker->live));
	}
	maker->live[maker->live_count++] = n;
	if (buy ? at > maker->best[buy] : at < maker->best[buy])
		maker->best[buy] = at;
}

static void take_out(struct generator *g, struct maker *maker, uint32_t n)
{
	bool buy = g->data->messages[n].buy;
	struct resting *order = &g->resting[n];
	struct level *level = &maker->levels[buy][order->level];
	uint32_t moved = maker->live[--maker->live_count];

	if (order->prev == NONE)
		level->head = order->next;
	else
		g->resting[order->prev].next = order->next;
	if (order->next == NONE)
		level->tail = order->prev;
	else
		g->resting[order->next].prev = order->prev;
	maker->live[order->place] = moved;
	g->resting[moved].place = order->place;
	if (order->level == maker->best[buy])
		move_best(maker, buy);
}

/* Most orders come close to the best price of their side, never through the other one. */
static int draw_level(struct generator *g, const struct maker *maker, bool buy)
{
	int away = (int)(draw(g, 4) == 0 ? draw(g, 200) : draw(g, 12)) - 2;
	int low = buy ? 0 : maker->best[true] + 1;
	int high = buy ? maker->best[false] - 1 : LEVELS - 1;
	bool none = buy ? maker->best[true] < 0 : maker->best[false] >= LEVELS;
	int at = none ? MIDDLE + (buy ? -5 : 5) : maker->best[buy];

	at += buy ? -away : away;
	return at < low ? low : at > high ? high : at;
}

static void make_place(struct generator *g, struct maker *maker, struct flow_message *message)
{
	bool buy = draw(g, 2) == 0;
	int at;

	/* At the edges of the window one side may have no room left. */
	if (maker->best[false] == 0)
		buy = false;
	if (maker->best[true] == LEVELS - 1)
		buy = true;
	at = draw_level(g, maker, buy);
	message->kind = FLOW_PLACE;
	message->buy = buy;
	message->shares = draw(g, 2) == 0 ? 100 : 1 + (int32_t)draw(g, 400);
	message->price_micros = maker->base + at * TICK;
	rest(g, maker, g->data->count - 1, buy, at);
}

/* Of the orders that rest, the young ones go first. */
static void make_cancel(struct generator *g, struct maker *maker, struct flow_message *message,
			bool whole)
{
	uint32_t young = maker->live_count < 400 ? maker->live_count : 400;
	uint32_t back = (uint32_t)draw(g, draw(g, 8) == 0 ? maker->live_count : young);
	uint32_t n = maker->live[maker->live_count - 1 - back];
	struct resting *order = &g->resting[n];

	message->order = n;
	message->buy = g->data->messages[n].buy;
	message->price_micros = g->data->messages[n].price_micros;
	message->shares = order->leaves;
	message->kind = FLOW_CANCEL;
	if (whole || order->leaves == 1) {
		take_out(g, maker, n);
		return;
	}
	message->kind = FLOW_DECREASE;
	message->shares = 1 + (int32_t)draw(g, (uint64_t)order->leaves - 1);
	order->leaves -= message->shares;
}

/* It takes from the head of the queue at the best price; one in five wants more than the head has.
 */
static void make_take(struct generator *g, struct maker *maker, struct flow_message *message)
{
	bool buy = draw(g, 2) == 0;
	struct level *level;
	int32_t left;

	if (maker->best[buy] < 0 || maker->best[buy] >= LEVELS)
		buy = !buy;
	level = &maker->levels[buy][maker->best[buy]];
	message->kind = FLOW_TAKE;
	message->order = level->head;
	message->buy = buy;
	message->price_micros = maker->base + maker->best[buy] * TICK;
	left = g->resting[level->head].leaves;
	if (draw(g, 5) == 0)
		left *= 2;
	else if (draw(g, 2) == 0)
		left = 1 + (int32_t)draw(g, (uint64_t)left);
	message->shares = left;
	while (left > 0 && level->head != NONE) {
		uint32_t n = level->head;
		int32_t taken = g->resting[n].leaves < left ? g->resting[n].leaves : left;

		left -= taken;
		g->resting[n].leaves -= taken;
		if (g->resting[n].leaves == 0)
			take_out(g, maker, n);
	}
}

static void make_one(struct generator *g)
{
	struct flow_message *message = flow_data_add(g->data);
	uint16_t symbol = (uint16_t)draw(g, g->data->symbol_count);
	struct maker *maker = &g->makers[symbol];
	uint64_t kind = draw(g, 1000);

	g->now += draw_gap(g) * g->span / GAP_SCALE;
	message->at_micros = OPENING + g->now / 1000;
	message->symbol = symbol;
	/* 493 new, 457 deletes, 5 decreases, 45 executions of a thousand, as in the real one. */
	if (maker->live_count < 20 || kind < 493)
		make_place(g, maker, message);
	else if (kind < 955)
		make_cancel(g, maker, message, kind < 950);
	else
		make_take(g, maker, message);
}

/* AAPL first, then names that nobody trades. */
static void name_symbols(struct generator *g, uint16_t symbols)
{
	char name[FLOW_SYMBOL];

	flow_data_add_symbol(g->data, "AAPL", 58500 * TICK);
	for (uint16_t i = 1; i < symbols; i++) {
		snprintf(name, sizeof(name), "GEN%hu", i);
		flow_data_add_symbol(g->data, name,
				     (MIDDLE + 1000 + (int64_t)draw(g, 40000)) * TICK);
	}
}

void flow_data_generate(struct flow_data *data, uint32_t count, uint16_t symbols, uint64_t seed)
{
	struct generator g = { .random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1, .data = data };

	*data = (struct flow_data){ 0 };
	name_symbols(&g, symbols);
	/* In nanoseconds a message, so that any number of them makes an hour. */
	g.span = SPAN * 1000 / count;
	g.makers = bus_calloc(symbols, sizeof(*g.makers));
	g.resting = bus_malloc(count * sizeof(*g.resting));
	for (uint16_t i = 0; i < symbols; i++)
		maker_init(&g.makers[i], data->prices[i]);
	while (data->count < count)
		make_one(&g);
	for (uint16_t i = 0; i < symbols; i++)
		free(g.makers[i].live);
	free(g.makers);
	free(g.resting);
}
