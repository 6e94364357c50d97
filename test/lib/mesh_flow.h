/*
 * An hour of orders through a mesh, and what a naive book makes of the same orders: every execution
 * must be the same in price, quantity and resting order. Each message becomes one command of one of
 * a hundred accounts, all of them on one partition of the desk, which keeps their order.
 *
 * The flow is NASDAQ's where the data is there, and a generated one of its shape where it is not.
 */
#ifndef TEST_MESH_FLOW_H
#define TEST_MESH_FLOW_H

#include "mesh_trade.h"
#include "nasdaq.h"

#define MESH_FLOW_ACCOUNTS 100

/* How NASDAQ's own executions agree with the naive book. */
struct mesh_flow_score {
	size_t known, at_best, at_head, unfilled;
};

struct mesh_flow_trade {
	uint32_t maker, taker; /* messages that placed them */
	int64_t price, quantity;
};

struct mesh_flow {
	struct mesh *mesh;
	const char *symbol;
	struct nasdaq_flow data; /* `count` of it are used */
	bool real;
	size_t count;
	struct bus_id run;
	char accounts[MESH_FLOW_ACCOUNTS][BUS_ID_TEXT];
	uint32_t *order;		  /* by message: the message that placed its order */
	struct mesh_flow_trade *expected; /* owned, like the rest */
	size_t expected_count;
	size_t commands; /* messages that are commands */
	struct mesh_flow_score score;
};

/* Reads or makes at most `count` messages, and what a naive book makes of them. */
void mesh_flow_init(struct mesh_flow *flow, struct mesh *mesh, const char *symbol, size_t count);
void mesh_flow_release(struct mesh_flow *flow);
/* Opens the symbol and gives every account enough of everything. */
void mesh_flow_seed(struct mesh_flow *flow);
/* Sends messages [from, to), always with the same ids. */
void mesh_flow_send(struct mesh_flow *flow, size_t from, size_t to);
/* The book's journal says what the naive book says, in order. */
void mesh_flow_check(struct mesh_flow *flow);
/* What the desk says of as many commands as it has decided. */
int64_t mesh_flow_decided(struct mesh_flow *flow);

#endif
