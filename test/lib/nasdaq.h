/*
 * An hour of order messages in the format of LOBSTER (messages.csv): seconds after midnight, type,
 * order id, shares, price x 10,000, direction of the resting order. The data belongs to a third
 * party and is not part of the project; where it is absent, nasdaq_generate() makes a flow of the
 * same shape.
 */
#ifndef TEST_NASDAQ_H
#define TEST_NASDAQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nasdaq_type {
	NASDAQ_NEW = 1,	      /* a limit order */
	NASDAQ_DECREASE = 2,  /* a part of it is canceled */
	NASDAQ_DELETE = 3,    /* the rest of it */
	NASDAQ_EXECUTION = 4, /* of a visible resting order, which it names */
	NASDAQ_HIDDEN = 5,    /* of one that nobody saw: no use to anybody else */
	NASDAQ_CROSS = 6,     /* of an auction */
	NASDAQ_HALT = 7,      /* a halt or its end */
};

struct nasdaq_message {
	int64_t at_micros; /* after midnight */
	enum nasdaq_type type;
	uint64_t order_id;
	int64_t shares;
	int64_t price_micros;
	bool buy; /* the resting order's side */
};

struct nasdaq_flow {
	struct nasdaq_message *messages; /* owned */
	size_t count;
};

/*
 * The path of messages.csv: $BOURSE_DATA, else ../shared/data/... beside the project. It may name a
 * file that does not exist. Static memory.
 */
const char *nasdaq_path(void);
/* 0, -1 when the file cannot be opened, or the number of the first line that is malformed. */
long nasdaq_read(const char *path, struct nasdaq_flow *flow);
/* A flow of `count` messages from a seed: the same for ever. Executions name the head of the queue.
 */
void nasdaq_generate(uint64_t seed, size_t count, struct nasdaq_flow *flow);
void nasdaq_release(struct nasdaq_flow *flow);

#endif
