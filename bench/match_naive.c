/* The book to compare with, see match_naive.h. */
#include "match_naive.h"

#include <stdlib.h>

#include "bus/base.h"

struct entry {
	uint32_t open, traded;
	uint32_t ticks;
	uint32_t next; /* the one behind it at its tick; 0: none */
	bool buy;
};

struct queue {
	uint32_t first, last;
};

struct match_naive {
	struct entry *entries;	 /* by id */
	struct queue *queues[2]; /* sells, buys; by tick */
	uint32_t ticks;
	uint32_t best_buy, best_sell; /* no better tick has orders */
	size_t count;
};

struct match_naive *match_naive_new(const struct match_flow *flow)
{
	struct match_naive *naive = bus_calloc(1, sizeof(*naive));

	naive->ticks = flow->max_ticks + 2;
	naive->entries = bus_calloc(flow->last_id + 1, sizeof(*naive->entries));
	for (size_t i = 0; i < 2; i++)
		naive->queues[i] = bus_calloc(naive->ticks, sizeof(struct queue));
	naive->best_sell = naive->ticks;
	return naive;
}

void match_naive_free(struct match_naive *naive)
{
	free(naive->entries);
	free(naive->queues[0]);
	free(naive->queues[1]);
	free(naive);
}

/* Those that are gone stay in their queue with nothing open, until they are at its head. */
static uint32_t head(struct match_naive *naive, bool buy, uint32_t ticks)
{
	struct queue *queue = &naive->queues[buy][ticks];

	while (queue->first != 0 && naive->entries[queue->first].open == 0)
		queue->first = naive->entries[queue->first].next;
	if (queue->first == 0)
		queue->last = 0;
	return queue->first;
}

static uint32_t best(struct match_naive *naive, bool buy)
{
	uint32_t id = 0;

	if (buy) {
		while (naive->best_buy > 0 && (id = head(naive, true, naive->best_buy)) == 0)
			naive->best_buy--;
	} else {
		while (naive->best_sell < naive->ticks &&
		       (id = head(naive, false, naive->best_sell)) == 0)
			naive->best_sell++;
	}
	return id;
}

static void rest(struct match_naive *naive, uint32_t id)
{
	struct entry *entry = &naive->entries[id];
	struct queue *queue = &naive->queues[entry->buy][entry->ticks];

	if (queue->last != 0)
		naive->entries[queue->last].next = id;
	else
		queue->first = id;
	queue->last = id;
	if (entry->buy && entry->ticks > naive->best_buy)
		naive->best_buy = entry->ticks;
	if (!entry->buy && entry->ticks < naive->best_sell)
		naive->best_sell = entry->ticks;
	naive->count++;
}

static void take(struct match_naive *naive, uint32_t id, struct match_trades *trades)
{
	struct entry *taker = &naive->entries[id];
	uint32_t other;

	while (taker->open > 0 && (other = best(naive, !taker->buy)) != 0) {
		struct entry *maker = &naive->entries[other];
		uint32_t quantity = maker->open < taker->open ? maker->open : taker->open;

		if (taker->buy ? maker->ticks > taker->ticks : maker->ticks < taker->ticks)
			break;
		match_trades_add(trades, other, id, quantity, maker->ticks);
		maker->open -= quantity;
		maker->traded += quantity;
		taker->open -= quantity;
		taker->traded += quantity;
		naive->count -= maker->open == 0;
	}
}

static void come(struct match_naive *naive, uint32_t id, const struct match_message *message,
		 uint32_t traded, struct match_trades *trades)
{
	struct entry *entry = &naive->entries[id];

	*entry = (struct entry){
		.open = message->quantity - traded,
		.traded = traded,
		.ticks = message->ticks,
		.buy = message->buy,
	};
	take(naive, id, trades);
	if (message->kind == MATCH_IOC)
		entry->open = 0;
	if (entry->open > 0)
		rest(naive, id);
}

static void end(struct match_naive *naive, uint32_t id)
{
	naive->count -= naive->entries[id].open > 0;
	naive->entries[id].open = 0;
}

void match_naive_run(struct match_naive *naive, const struct match_flow *flow,
		     struct match_trades *trades)
{
	for (size_t i = 0; i < flow->count; i++) {
		const struct match_message *message = &flow->messages[i];
		const struct entry *old = &naive->entries[message->id];
		uint32_t traded = old->traded;

		if (message->kind == MATCH_NEW || message->kind == MATCH_IOC) {
			come(naive, message->id, message, 0, trades);
		} else if (message->kind == MATCH_CANCEL) {
			end(naive, message->id);
		} else if (old->open > 0) { /* always larger: it loses its place */
			end(naive, message->id);
			if (message->quantity > traded)
				come(naive, message->new_id, message, traded, trades);
		}
	}
}

uint32_t match_naive_open(const struct match_naive *naive, uint32_t id)
{
	return naive->entries[id].open;
}

size_t match_naive_count(const struct match_naive *naive)
{
	return naive->count;
}
