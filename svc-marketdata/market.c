/*
 * The processor *market*: what it reads, writes and runs. It subscribes to market.commands and
 * takes the same partitions of the book's journal; both are keyed by symbol.
 */
#include "market.h"

#include "facts.h"
#include "handlers.h"
#include "store.h"
#include "wire.h"

static const struct bus_input_topic inputs[] = {
	{
		.topic = "market.commands",
		.kind = BUS_OUTSIDE,
		.key_field = "symbol",
	},
	{
		.topic = "books.events",
		.kind = BUS_SEQUENCED,
		.key_field = "symbol",
		.source = "/svc-orders/book",
		.step = BOOKS_D(book_events),
	},
	{ 0 },
};

static const struct bus_output_topic outputs[] = {
	{ .topic = TOPIC_SYMBOLS, .snapshot = true },
	{ .topic = TOPIC_QUOTES, .snapshot = true },
	{ 0 },
};

const struct bus_processor market_processor = {
	.service = "svc-marketdata",
	.name = "market",
	.version = 1,
	.gather_ms = 25,
	.inputs = inputs,
	.handlers = market_handlers,
	.journal = "market.events",
	.step = MARKET_D(market_events),
	.outputs = outputs,
	.decide_blocked = decide_blocked,
	.state_new = market_new,
	.state_free = market_free,
	.load = market_load,
	.evolve = market_evolve,
	.react = market_react,
	.schedule = market_schedule,
	.save = market_save,
};
