/*
 * A flow of orders for a matching engine: a middle price that wanders, orders around it, most of
 * them canceled soon, some replaced, some immediate-or-cancel through the middle. Five shapes of
 * it, after those of the public harness flash1-dev/matching-engine-benchmark, and a seed; the same
 * flow wherever it is made.
 */
#ifndef BENCH_MATCH_FLOW_H
#define BENCH_MATCH_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum match_kind { MATCH_NEW, MATCH_IOC, MATCH_CANCEL, MATCH_REPLACE };

struct match_message {
	uint32_t kind; /* enum match_kind */
	bool buy;
	uint32_t id; /* from 1, dense */
	uint32_t new_id;
	uint32_t quantity;
	uint32_t ticks; /* price */
};

struct match_shape {
	const char *name;
	double drift;	 /* of the middle over the whole flow, of itself */
	double swing;	 /* its standard deviation over the whole flow, of itself */
	double alpha;	 /* how fast the depth falls off: larger is nearer */
	uint32_t levels; /* ticks from the middle that orders are placed in */
	double canceled; /* share of the resting orders */
	double life;	 /* median, in messages */
	double ioc;	 /* share of the new orders */
	double replaced; /* share of the resting orders */
};

extern const struct match_shape match_shapes[];
extern const size_t match_shape_count;

struct match_flow {
	struct match_message *messages; /* owned */
	size_t count;
	uint32_t last_id;
	uint32_t max_ticks;
};

/* About 2.1 messages for each of `orders`. */
void match_flow_make(const struct match_shape *shape, size_t orders, uint64_t seed,
		     struct match_flow *out);
void match_flow_release(struct match_flow *flow);

/* xorshift64*: every bench draws from it. */
static inline uint64_t match_draw(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(2685821657736338717);
}

#endif
