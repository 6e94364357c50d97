/*
 * An order flow as data: what a venue heard, message by message, in its order. Read from a file of
 * NASDAQ messages in LOBSTER's format, or generated in the same shape from a seed.
 */
#ifndef CLI_FLOW_DATA_H
#define CLI_FLOW_DATA_H

#include <stdbool.h>

#include "bus/base.h"

#define FLOW_UNKNOWN UINT32_MAX /* an order that was placed before the data begin */
#define FLOW_SYMBOL  13		/* bytes with the NUL */

enum flow_kind {
	FLOW_PLACE,    /* a limit order that may rest */
	FLOW_DECREASE, /* a part of it is canceled */
	FLOW_CANCEL,   /* the rest of it */
	FLOW_TAKE,     /* immediate or cancel, of the side opposite to the order that it names */
};

struct flow_message {
	int64_t at_micros; /* after midnight */
	int64_t price_micros;
	uint32_t order; /* the message that placed the order which this one names */
	int32_t shares;
	uint16_t symbol;
	uint8_t kind;
	bool buy; /* the side of the order that is placed or named */
};

struct flow_data {
	struct flow_message *messages; /* owned */
	uint32_t count, room;
	char (*symbols)[FLOW_SYMBOL]; /* owned */
	int64_t *prices;	      /* owned: of each symbol, at the beginning; micros */
	uint16_t symbol_count;
	uint32_t unknown_cancels, unknown_takes;
};

void flow_data_release(struct flow_data *data);
/* Appends one and returns it, zeroed. */
struct flow_message *flow_data_add(struct flow_data *data);
void flow_data_add_symbol(struct flow_data *data, const char *symbol, int64_t price_micros);

/*
 * messages.csv of LOBSTER: seconds after midnight, type, order id, shares, price x 10,000, side of
 * the resting order. Types 1 to 4 are taken; 5 (hidden), 6 (auction) and 7 (halt) are left out.
 * False after saying what is wrong, with the line, on standard error.
 */
bool flow_data_read(struct flow_data *data, const char *path, const char *symbol) BUS_MUST_CHECK;

/*
 * A flow of the shape of NASDAQ's hour: bursts, 49 % new orders, 46 % cancels, 4 % takers, prices
 * around a best price that wanders. `count` messages over `symbols` symbols, the same for ever for
 * one seed.
 */
void flow_data_generate(struct flow_data *data, uint32_t count, uint16_t symbols, uint64_t seed);

#endif
