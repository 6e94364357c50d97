/*
 * A book to compare with, as plain as it can be and still get through millions of messages: a queue
 * for each tick in one array, an entry for each id in another. It shares no code with the engine.
 */
#ifndef BENCH_MATCH_NAIVE_H
#define BENCH_MATCH_NAIVE_H

#include "match_flow.h"

struct match_trades {
	uint64_t count;
	uint64_t digest; /* over maker, taker, quantity and price of each, in their order */
};

static inline void match_trades_add(struct match_trades *trades, uint64_t maker, uint64_t taker,
				    uint64_t quantity, uint64_t ticks)
{
	uint64_t h = trades->digest;

	h = (h ^ maker) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ taker ^ (h >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ quantity ^ (h >> 31)) * UINT64_C(0x94d049bb133111eb);
	trades->digest = h ^ ticks ^ (h >> 32);
	trades->count++;
}

struct match_naive;

struct match_naive *match_naive_new(const struct match_flow *flow);
void match_naive_free(struct match_naive *naive);
void match_naive_run(struct match_naive *naive, const struct match_flow *flow,
		     struct match_trades *trades);
/* What is open of an order; 0: it does not rest. */
uint32_t match_naive_open(const struct match_naive *naive, uint32_t id);
size_t match_naive_count(const struct match_naive *naive);

#endif
