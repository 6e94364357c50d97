/* The tables of the book: what it hears, what it says, and the functions that decide. */
#include "book_processor.h"

#include "book_facts.h"
#include "book_handlers.h"
#include "book_store.h"
#include "book_wire.h"

static const struct bus_input_topic inputs[] = {
	{
		.topic = "books.commands",
		.kind = BUS_SEQUENCED,
		.key_field = "symbol",
		.source = "/svc-orders/desk",
	},
	{
		.topic = "market.events",
		.kind = BUS_SEQUENCED,
		.key_field = "symbol",
		.source = "/svc-marketdata/market",
		.step = MARKET_D(market_events),
	},
	{ .topic = NULL },
};

static const struct bus_output_topic outputs[] = {
	{ .topic = BOOK_ANSWERS },
	{ .topic = NULL },
};

const struct bus_processor book_processor = {
	.service = "svc-orders",
	.name = "book",
	.version = 1,
	.inputs = inputs,
	.handlers = book_handlers,
	.journal = "books.events",
	.step = BOOKS_D(book_events),
	.outputs = outputs,
	.state_new = book_state_new,
	.state_free = book_state_free,
	.load = book_state_load,
	.evolve = book_evolve,
	.react = book_react,
	.save = book_state_save,
};
