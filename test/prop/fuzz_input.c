/* The bytes of a fuzzer as inputs of the processors, see fuzz_input.h. */
#include "fuzz_input.h"

#include <stdlib.h>
#include <string.h>

#include "bourse/books/v1/books.pb-c.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "fields.h"
#include "mesh_rows.h"
#include "seal.h"

extern const struct bus_processor desk_processor, book_processor, ledger_processor,
	market_processor;

#define SHARE INT64_C(1000000)
#define CENT  INT64_C(10000)

/* What is left of the input. */
struct bytes {
	const uint8_t *at, *end;
};

static unsigned take(struct bytes *bytes)
{
	return bytes->at < bytes->end ? *bytes->at++ : 0;
}

static uint64_t take_wide(struct bytes *bytes)
{
	uint64_t wide = 0;

	for (int i = 0; i < 8; i++)
		wide = wide << 8 | take(bytes);
	return wide;
}

/* Mostly small and plausible; anything at all now and then. */
static int64_t take_price(struct bytes *bytes)
{
	unsigned b = take(bytes);

	return b == 255	  ? (int64_t)take_wide(bytes)
	       : b == 254 ? 0
			  : 100 * SHARE + ((int64_t)b - 127) * CENT;
}

static int64_t take_quantity(struct bytes *bytes)
{
	unsigned b = take(bytes);

	return b == 255	  ? (int64_t)take_wide(bytes)
	       : b == 254 ? 1 + (int64_t)(take_wide(bytes) % (40 * SHARE))
			  : (int64_t)b * SHARE / 4;
}

/* A message of one of the types, from the next bytes; NULL when they are none. To be freed. */
static ProtobufCMessage *take_message(struct bytes *bytes,
				      const ProtobufCMessageDescriptor *const *types, size_t count)
{
	const ProtobufCMessageDescriptor *type = types[take(bytes) % count];
	size_t size = take(bytes), left = (size_t)(bytes->end - bytes->at);
	ProtobufCMessage *message;

	if (size > left)
		size = left;
	message = protobuf_c_message_unpack(type, NULL, size, bytes->at);
	bytes->at += size;
	return message;
}

/* The key of a record is always this field of its message; others are refused before they are read.
 */
static void set_text(ProtobufCMessage *message, const char *name, const char *text)
{
	ProtobufCType type;
	void *at = (void *)(uintptr_t)field_at(message, name, &type);
	char *copy;

	if (at == NULL || type != PROTOBUF_C_TYPE_STRING)
		return;
	memcpy(&copy, at, sizeof(copy));
	if (copy != NULL && copy != protobuf_c_empty_string)
		free(copy);
	copy = bus_malloc(strlen(text) + 1);
	memcpy(copy, text, strlen(text) + 1);
	memcpy(at, &copy, sizeof(copy));
}

/* The mesh //////////////////////////////////////////////////////////////////////////////// */

static const struct mesh_parts parts = {
	.parts = { &desk_processor, &book_processor, &ledger_processor, &market_processor },
	.differ = { seal_desk_differs, seal_book_differs, seal_ledger_differs, NULL },
};

struct feeding {
	struct mesh_day *day;
	uint64_t last_id;
};

static void take_order(struct bytes *bytes, struct naive_command *row)
{
	unsigned bits = take(bytes);

	row->side = 1 + (int)(bits & 1);
	row->type = 1 + (int)(bits >> 1 & 7) % 5;
	row->tif = 1 + (int)(bits >> 4 & 7) % 6;
	row->post_only = bits >> 7;
	bits = take(bytes);
	row->stp = (int)(bits % 6);
	row->order_class = bits >> 5 == 7 ? 2 + (int)(bits % 3) : 0;
	row->quantity = take_quantity(bytes);
	if (row->type == NAIVE_LIMIT || row->type == NAIVE_STOP_LIMIT)
		row->price = take_price(bytes);
	if (row->type == NAIVE_STOP || row->type == NAIVE_STOP_LIMIT)
		row->stop = take_price(bytes);
	if (row->type == NAIVE_TRAILING)
		row->trail = (int64_t)take(bytes) * CENT;
	if (row->type == NAIVE_MARKET && bits >> 5 == 6) {
		row->notional = row->quantity * 100;
		row->quantity = 0;
	}
	if (row->order_class != 0) {
		row->target = take_price(bytes);
		row->loss = take_price(bytes);
	}
}

static struct naive_command take_row(struct bytes *bytes, struct feeding *feeding)
{
	struct naive_command row = { .op = NAIVE_OP_NEW + (int)take(bytes) % NAIVE_OP_QUIET };
	unsigned who = take(bytes);

	if (row.op == NAIVE_OP_ACTION && who >> 6 != 3)
		row.op = NAIVE_OP_NEW;
	row.id = ++feeding->last_id;
	row.account = 1 + who % (WATCH_ACCOUNTS - 1);
	row.symbol = (int)(who >> 3 & 1);
	row.other = row.id - 1 - (who >> 4) % row.id;
	row.wait = (who & 0x80) != 0 ? (int64_t)take(bytes) * take(bytes) * SHARE : 0;
	row.date = 20260105 + (int32_t)(row.id / 8);
	row.flag = (who & 0x40) != 0;
	switch (row.op) {
	case NAIVE_OP_NEW:
		take_order(bytes, &row);
		break;
	case NAIVE_OP_REPLACE:
		row.quantity = take_quantity(bytes);
		row.price = take_price(bytes);
		break;
	case NAIVE_OP_ACTION:
	case NAIVE_OP_CALLED:
		row.action = 1 + (int)take(bytes) % 3;
		row.quantity = 1 + take(bytes) % 10;
		row.price = 1 + take(bytes) % 10;
		row.expires = (int64_t)take(bytes) * SHARE;
		break;
	case NAIVE_OP_DELIVER:
		row.quantity = take(bytes) % 16;
		break;
	default:
		row.quantity = take_quantity(bytes);
		row.price = 100 * SHARE;
		break;
	}
	return row;
}

static bool feed_raw(struct feeding *feeding, struct bytes *bytes)
{
	static const ProtobufCMessageDescriptor *const types[] = {
		&bourse__orders__v1__place_order__descriptor,
		&bourse__orders__v1__replace_order__descriptor,
		&bourse__orders__v1__cancel_order__descriptor,
		&bourse__orders__v1__cancel_orders__descriptor,
		&bourse__orders__v1__decrease_order__descriptor,
		&bourse__portfolio__v1__deposit__descriptor,
		&bourse__portfolio__v1__withdraw__descriptor,
		&bourse__portfolio__v1__apply_actions__descriptor,
		&bourse__market__v1__define_instrument__descriptor,
		&bourse__market__v1__open_session__descriptor,
		&bourse__market__v1__call_auction__descriptor,
		&bourse__market__v1__announce_action__descriptor,
	};
	unsigned who = take(bytes);
	ProtobufCMessage *message = take_message(bytes, types, BUS_ARRAY_LEN(types));
	char account[BUS_ID_TEXT], topic[64];
	const char *key;
	bool good;

	if (message == NULL)
		return true;
	fold_mesh_id(1001 + who % 8, account); /* the last one is nobody's */
	if (has_field(message, "account_id"))
		set_text(message, "account_id", account);
	else if (who >> 7 == 0)
		set_text(message, "symbol", watch_symbols[who % WATCH_SYMBOLS]);
	key = has_field(message, "account_id") ? account : text_in(message, "symbol");
	/* "bourse.orders.v1.PlaceOrder" is of orders.commands. */
	snprintf(topic, sizeof(topic), "%.*s.commands",
		 (int)(strchr(message->descriptor->name + 7, '.') - message->descriptor->name - 7),
		 message->descriptor->name + 7);
	good = strlen(key) == 0 || strlen(key) > BUS_KEY_MAX ||
	       mesh_day_message(feeding->day, topic, key, ++feeding->last_id, message);
	protobuf_c_message_free_unpacked(message, NULL);
	return good;
}

/* Everybody has something, and both symbols are open. */
static bool feed_begin(struct feeding *feeding)
{
	for (int i = 0; i < 2 + 3 * (WATCH_ACCOUNTS - 1); i++) {
		struct naive_command row = { .id = ++feeding->last_id, .date = 20260105 };

		row.op = i < 2	      ? NAIVE_OP_OPENED
			 : i % 3 == 0 ? NAIVE_OP_DEPOSIT
				      : NAIVE_OP_SHARES_IN;
		row.symbol = i < 2 ? i : i % 3 - 1;
		row.account = i < 2 ? 0 : 1 + (uint64_t)(i - 2) / 3;
		row.quantity = i % 3 == 0 ? 100000 * SHARE : 500 * SHARE;
		row.price = 100 * SHARE;
		if (!mesh_day_row(feeding->day, &row))
			return false;
	}
	return mesh_day_row(feeding->day, &(struct naive_command){ .op = NAIVE_OP_QUIET });
}

bool fuzz_mesh(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, data + size };
	struct feeding feeding = { .day = mesh_day_new(&parts, 1 + take(&bytes)), .last_id = 1000 };
	bool good = feed_begin(&feeding);

	for (int i = 0; i < 400 && bytes.at < bytes.end && good; i++) {
		if (take(&bytes) % 4 == 0) {
			good = feed_raw(&feeding, &bytes);
		} else {
			struct naive_command row = take_row(&bytes, &feeding);

			good = mesh_day_row(feeding.day, &row);
		}
	}
	return mesh_day_end(feeding.day) && good;
}

/* The book //////////////////////////////////////////////////////////////////////////////// */

/* Ids that are some, so that requests find orders. */
static void small_ids(ProtobufCMessage *message, struct bytes *bytes)
{
	static const char *const names[] = { "order_id", "new_order_id", "account_id",
					     "sibling_order_id", "request_id" };
	char id[BUS_ID_TEXT];

	for (size_t i = 0; i < BUS_ARRAY_LEN(names); i++) {
		unsigned b = take(bytes);

		if (b < 250 && has_field(message, names[i]) && (i != 3 || b < 60))
			set_text(message, names[i], fold_mesh_id(1 + b % (i == 2 ? 4 : 40), id));
	}
}

static const char *after_step(struct bus_fold *fold, void *twin, bool *open, int64_t top[2])
{
	for (size_t i = 0; i < bus_fold_fact_count(fold); i++) {
		const struct bus_fact *fact = bus_fold_fact(fold, i);
		const ProtobufCMessage *message = fact->message;

		book_processor.evolve(twin, fact);
		if (named(message, "TradingStateChanged"))
			*open = number_in(message, "state") == 2;
		if (named(message, "TopOfBookChanged")) {
			top[0] = number_in(message, "bid_price_micros");
			top[1] = number_in(message, "ask_price_micros");
		}
		if (named(message, "Executed") && (number_in(message, "quantity_micros") <= 0 ||
						   number_in(message, "price_micros") <= 0))
			return "a trade of nothing, or for nothing";
	}
	if (*open && top[0] != 0 && top[1] != 0 && top[0] >= top[1])
		return "the book is crossed";
	return NULL;
}

static const char *feed_book(struct bus_fold *fold, void *twin, struct bytes *bytes)
{
	static const ProtobufCMessageDescriptor *const types[] = {
		&bourse__books__v1__new_order__descriptor,
		&bourse__books__v1__new_order__descriptor,
		&bourse__books__v1__replace_order__descriptor,
		&bourse__books__v1__cancel_order__descriptor,
		&bourse__books__v1__decrease_order__descriptor,
		&bourse__market__v1__session_opened__descriptor,
		&bourse__market__v1__session_closed__descriptor,
		&bourse__market__v1__instrument_halted__descriptor,
		&bourse__market__v1__instrument_resumed__descriptor,
		&bourse__market__v1__auction_called__descriptor,
		&bourse__market__v1__action_effective__descriptor,
	};
	const char *fault = NULL;
	bool open = true;
	int64_t top[2] = { 0, 0 };

	for (int i = 0; i < 400 && bytes->at < bytes->end && fault == NULL; i++) {
		ProtobufCMessage *message = take_message(bytes, types, BUS_ARRAY_LEN(types));
		bool command;

		if (message == NULL)
			continue;
		command = strncmp(message->descriptor->name, "bourse.books.", 13) == 0;
		set_text(message, "symbol", "AAA");
		small_ids(message, bytes);
		bus_fold_now(fold, (int64_t)i * SHARE / 2);
		bus_fold_input(fold, command ? "books.commands" : "market.events", "AAA",
			       "00000000-0000-4000-8000-000000000001", message);
		fault = after_step(fold, twin, &open, top);
		protobuf_c_message_free_unpacked(message, NULL);
	}
	return fault;
}

bool fuzz_book(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, data + size };
	struct bus_fold *fold = bus_fold_new(&book_processor);
	void *twin = book_processor.state_new();
	const char *fault = feed_book(fold, twin, &bytes);

	if (fault == NULL)
		fault = seal_book_differs(bus_fold_state(fold), twin);
	if (fault != NULL)
		fprintf(stderr, "book: %s\n", fault);
	book_processor.state_free(twin);
	bus_fold_free(fold);
	return fault == NULL;
}
