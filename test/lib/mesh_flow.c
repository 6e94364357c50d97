/* See mesh_flow.h. */
#include "mesh_flow.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "bourse/books/v1/books.pb-c.h"
#include "naive_book.h"

#define UNKNOWN	 UINT32_MAX
#define MIDNIGHT (INT64_C(1340251200) * MICROS) /* of 2012-06-21 in New York */
#define TEXT(s)	 ((char *)(uintptr_t)(s))

static bool places(const struct nasdaq_message *m)
{
	return m->type == NASDAQ_NEW || m->type == NASDAQ_EXECUTION;
}

static bool is_command(const struct nasdaq_message *m)
{
	return places(m) || m->type == NASDAQ_DECREASE || m->type == NASDAQ_DELETE;
}

/* ---- who says what ---- */

struct by_order {
	UT_hash_handle hh;
	uint64_t order_id;
	uint32_t message;
};

static void link_orders(struct mesh_flow *flow)
{
	struct by_order *items = bus_calloc(flow->count, sizeof(*items)), *index = NULL, *found;

	for (size_t i = 0; i < flow->count; i++) {
		const struct nasdaq_message *m = &flow->data.messages[i];

		if (m->type == NASDAQ_NEW) {
			items[i].order_id = m->order_id;
			items[i].message = (uint32_t)i;
			HASH_ADD(hh, index, order_id, sizeof(m->order_id), &items[i]);
		}
		HASH_FIND(hh, index, &m->order_id, sizeof(m->order_id), found);
		flow->order[i] = found ? found->message : UNKNOWN;
	}
	HASH_CLEAR(hh, index);
	free(items);
}

static const char *account_of(const struct mesh_flow *flow, size_t i)
{
	const struct nasdaq_message *m = &flow->data.messages[i];
	size_t maker = flow->order[i] == UNKNOWN ? i : flow->order[i];
	size_t taker = m->type == NASDAQ_EXECUTION ? 1 + i % (MESH_FLOW_ACCOUNTS - 1) : 0;

	return flow->accounts[(maker * 7 + taker) % MESH_FLOW_ACCOUNTS];
}

static char *command_id(const struct mesh_flow *flow, size_t i, char *buf)
{
	struct bus_id id = flow->run;

	for (int b = 0; b < 4; b++)
		id.b[12 + b] = (uint8_t)(i >> (24 - 8 * b));
	return bus_id_format(id, buf);
}

static char *order_id(const struct mesh_flow *flow, size_t i, char *buf)
{
	char ce_id[BUS_ID_TEXT];

	mesh_derived("desk", account_of(flow, i), command_id(flow, i, ce_id), buf);
	return buf;
}

/* ---- the naive book ---- */

static void expect(struct mesh_flow *flow, const struct naive_book *book, size_t *capacity)
{
	for (size_t t = 0; t < book->trade_count; t++) {
		const struct naive_trade *trade = &book->trades[t];

		if (flow->expected_count == *capacity) {
			*capacity = *capacity ? 2 * *capacity : 1024;
			flow->expected =
				bus_realloc(flow->expected, *capacity * sizeof(*flow->expected));
		}
		flow->expected[flow->expected_count++] = (struct mesh_flow_trade){
			.maker = (uint32_t)(trade->maker - 1),
			.taker = (uint32_t)(trade->taker - 1),
			.price = trade->price,
			.quantity = trade->quantity,
		};
	}
}

/* Ids of the naive book are messages + 1. */
static void play(struct mesh_flow *flow, struct naive_book *book, size_t i)
{
	const struct nasdaq_message *m = &flow->data.messages[i];
	uint64_t named = flow->order[i] == UNKNOWN ? UINT64_MAX : flow->order[i] + UINT64_C(1);
	struct naive_order order = { .id = i + 1,
				     .buy = (m->type == NASDAQ_NEW) == m->buy,
				     .day = true,
				     .price = m->price_micros,
				     .leaves = m->shares * MICROS };
	const struct naive_order *best = naive_book_best(book, m->buy);

	book->trade_count = 0;
	if (m->type == NASDAQ_NEW) {
		naive_book_place(book, &order, NAIVE_REST);
	} else if (m->type == NASDAQ_DECREASE) {
		naive_book_decrease(book, named, order.leaves);
	} else if (m->type == NASDAQ_DELETE) {
		naive_book_cancel(book, named);
	} else if (m->type == NASDAQ_EXECUTION) {
		if (naive_book_find(book, named)) {
			flow->score.known++;
			flow->score.at_best += best->price == m->price_micros;
			flow->score.at_head += best->id == named;
		}
		flow->score.unfilled += naive_book_place(book, &order, NAIVE_IOC) > 0;
	}
}

void mesh_flow_init(struct mesh_flow *flow, struct mesh *mesh, const char *symbol, size_t count)
{
	struct naive_book book = { 0 };
	size_t capacity = 0;
	long bad;

	*flow = (struct mesh_flow){ .mesh = mesh, .symbol = symbol, .run = bus_id_random() };
	bad = nasdaq_read(nasdaq_path(), &flow->data);
	ck_assert_msg(bad <= 0, "%s: line %ld is malformed", nasdaq_path(), bad);
	flow->real = bad == 0;
	if (!flow->real) {
		printf("%s is not there: a GENERATED flow takes its place, and NASDAQ's own "
		       "figures are NOT checked\n",
		       nasdaq_path());
		nasdaq_generate(1, 92000, &flow->data);
	}
	flow->count = count < flow->data.count ? count : flow->data.count;
	flow->order = bus_calloc(flow->count, sizeof(*flow->order));
	for (size_t a = 0; a < MESH_FLOW_ACCOUNTS; a++)
		memcpy(flow->accounts[a], mesh_account(0).id, BUS_ID_TEXT);
	link_orders(flow);
	for (size_t i = 0; i < flow->count; i++) {
		flow->commands += is_command(&flow->data.messages[i]);
		play(flow, &book, i);
		expect(flow, &book, &capacity);
	}
	naive_book_release(&book);
}

void mesh_flow_release(struct mesh_flow *flow)
{
	nasdaq_release(&flow->data);
	free(flow->order);
	free(flow->expected);
}

/* ---- sending ---- */

void mesh_flow_seed(struct mesh_flow *flow)
{
	mesh_open(flow->mesh, flow->symbol);
	for (size_t a = 0; a < MESH_FLOW_ACCOUNTS; a++) {
		mesh_deposit(flow->mesh, flow->accounts[a], 1000000000);
		mesh_deposit_shares(flow->mesh, flow->accounts[a], flow->symbol, 10000000);
	}
	mesh_settle(flow->mesh);
}

static void send_place(struct mesh_flow *flow, size_t i, const char *ce_id, int64_t at)
{
	Bourse__Orders__V1__PlaceOrder place = BOURSE__ORDERS__V1__PLACE_ORDER__INIT;
	const struct nasdaq_message *m = &flow->data.messages[i];
	bool rests = m->type == NASDAQ_NEW;

	place.account_id = TEXT(account_of(flow, i));
	place.symbol = TEXT(flow->symbol);
	place.side = m->buy == rests ? SIDE_BUY : SIDE_SELL;
	place.type = BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_LIMIT;
	place.time_in_force = rests ? TIF_DAY : TIF_IOC;
	place.quantity_micros = m->shares * MICROS;
	place.limit_price_micros = m->price_micros;
	mesh_send(flow->mesh, "orders.commands", place.account_id, &place.base, ce_id, at);
}

/* An order from before the hour has an id that nobody was ever given. */
static void send_request(struct mesh_flow *flow, size_t i, const char *ce_id, int64_t at)
{
	Bourse__Orders__V1__CancelOrder cancel = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;
	Bourse__Orders__V1__DecreaseOrder decrease = BOURSE__ORDERS__V1__DECREASE_ORDER__INIT;
	const struct nasdaq_message *m = &flow->data.messages[i];
	bool whole = m->type == NASDAQ_DELETE;
	char order[BUS_ID_TEXT];

	order_id(flow, flow->order[i] == UNKNOWN ? i : flow->order[i], order);
	cancel.account_id = decrease.account_id = TEXT(account_of(flow, i));
	cancel.order_id = decrease.order_id = order;
	decrease.by_micros = m->shares * MICROS;
	mesh_send(flow->mesh, "orders.commands", cancel.account_id,
		  whole ? &cancel.base : &decrease.base, ce_id, at);
}

void mesh_flow_send(struct mesh_flow *flow, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < flow->count; i++) {
		const struct nasdaq_message *m = &flow->data.messages[i];
		int64_t at = MIDNIGHT + m->at_micros;
		char ce_id[BUS_ID_TEXT];

		command_id(flow, i, ce_id);
		if (places(m))
			send_place(flow, i, ce_id, at);
		else if (is_command(m))
			send_request(flow, i, ce_id, at);
	}
	mesh_flush(flow->mesh);
}

/* ---- checking ---- */

struct comparison {
	const struct mesh_flow *flow;
	size_t seen;
};

static void compare(struct comparison *comparison, const Bourse__Books__V1__Executed *said)
{
	const struct mesh_flow *flow = comparison->flow;
	const struct mesh_flow_trade *trade = &flow->expected[comparison->seen];
	char id[BUS_ID_TEXT];

	ck_assert_uint_lt(comparison->seen, flow->expected_count);
	ck_assert_str_eq(said->maker_order_id, order_id(flow, trade->maker, id));
	ck_assert_str_eq(said->taker_order_id, order_id(flow, trade->taker, id));
	ck_assert_int_eq(said->price_micros, trade->price);
	ck_assert_int_eq(said->quantity_micros, trade->quantity);
	comparison->seen++;
}

static void on_step(void *arg, const rd_kafka_message_t *record, const struct bus_ce *ce)
{
	struct comparison *comparison = arg;
	Bourse__Books__V1__BookEvents *step;

	(void)ce;
	if (record->key_len != strlen(comparison->flow->symbol) ||
	    memcmp(record->key, comparison->flow->symbol, record->key_len) != 0)
		return;
	step = bourse__books__v1__book_events__unpack(NULL, record->len, record->payload);
	ck_assert_ptr_nonnull(step);
	for (size_t i = 0; i < step->n_events; i++)
		if (step->events[i]->event_case == BOURSE__BOOKS__V1__BOOK_EVENT__EVENT_EXECUTED)
			compare(comparison, step->events[i]->executed);
	bourse__books__v1__book_events__free_unpacked(step, NULL);
}

void mesh_flow_check(struct mesh_flow *flow)
{
	struct comparison comparison = { .flow = flow };

	mesh_read(flow->mesh, "books.events", on_step, &comparison);
	ck_assert_uint_eq(comparison.seen, flow->expected_count);
}

int64_t mesh_flow_decided(struct mesh_flow *flow)
{
	return mesh_number(
		flow->mesh, MESH_ORDERS,
		"select coalesce(sum(next_offset), 0) from lease_position where processor "
		"= 'desk' and topic = 'orders.commands'");
}
