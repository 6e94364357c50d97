/*
 * What each fact of the book answers, and to whom. The numbers of messages are in the journal's
 * steps, and recovery makes the messages again from the facts: for a given fact they never change.
 * New behaviour is a new fact, and a new row here.
 */
#include "book_wild.h"

/* The fact itself is the answer. */
#define SAME(member, name)                                                                         \
	{                                                                                          \
		BOOK_FACT(member), 1, BOOKS_D(name), true                                          \
	}
#define NONE(member)                                                                               \
	{                                                                                          \
		BOOK_FACT(member), 0, NULL, false                                                  \
	}

static const struct golden {
	int type; /* member of BookEvent */
	size_t count;
	const ProtobufCMessageDescriptor *answer;
	bool same;
} golden[] = {
	NONE(PARKED),
	NONE(ORDER_ADDED),
	{ BOOK_FACT(EXECUTED), 2, BOOKS_D(execution), false },
	{ BOOK_FACT(ORDER_REDUCED), 1, BOOKS_D(order_decreased), false },
	{ BOOK_FACT(ORDER_REMOVED), 1, BOOKS_D(order_canceled), false },
	SAME(ORDER_REJECTED, order_rejected),
	SAME(REQUEST_REJECTED, request_rejected),
	NONE(TRADING_STATE_CHANGED),
	NONE(TOP_OF_BOOK_CHANGED),
	SAME(ORDER_TRIGGERED, order_triggered),
	SAME(ORDER_REPLACED, order_replaced),
	SAME(SELF_TRADE_PREVENTED, self_trade_prevented),
	SAME(ORDER_COMPLETED, order_completed),
	NONE(AUCTION_HELD),
	NONE(IMBALANCE_CHANGED),
	NONE(TRAIL_MOVED),
};

static const struct golden *golden_of(int type)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(golden); i++)
		if (golden[i].type == type)
			return &golden[i];
	ck_abort_msg("fact %d is not in the table", type);
	return NULL;
}

START_TEST(test_every_member_has_its_row)
{
	const ProtobufCMessageDescriptor *event = BOOKS_D(book_event);

	ck_assert_uint_eq(event->n_fields, BUS_ARRAY_LEN(golden));
	for (unsigned i = 0; i < event->n_fields; i++)
		ck_assert_int_eq(golden_of((int)event->fields[i].id)->type, event->fields[i].id);
}
END_TEST

/* Text of a field by its name. */
static const char *text_of(const ProtobufCMessage *message, const char *field)
{
	const ProtobufCFieldDescriptor *at =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, field);

	ck_assert_ptr_nonnull(at);
	return *(char *const *)((const char *)message + at->offset);
}

static void check_equal(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	uint8_t x[1024], y[1024];
	size_t len = protobuf_c_message_get_packed_size(a);

	ck_assert_uint_le(len, sizeof(x));
	ck_assert_uint_eq(len, protobuf_c_message_get_packed_size(b));
	protobuf_c_message_pack(a, x);
	protobuf_c_message_pack(b, y);
	ck_assert_mem_eq(x, y, len);
}

static void check_execution(const BOOKS(Executed) * said, bool maker,
			    const BOOKS(Execution) * answer)
{
	ORDERS(Liquidity)
	liquidity = said->auction ? BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_AUCTION
		    : maker	  ? BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_MAKER
				  : BOURSE__ORDERS__V1__LIQUIDITY__LIQUIDITY_TAKER;

	ck_assert_str_eq(answer->order_id, maker ? said->maker_order_id : said->taker_order_id);
	ck_assert_str_eq(answer->trade_id, said->trade_id);
	ck_assert_int_eq(answer->side, maker ? said->maker_side : said->taker_side);
	ck_assert_int_eq(answer->quantity_micros, said->quantity_micros);
	ck_assert_int_eq(answer->price_micros, said->price_micros);
	ck_assert_int_eq(answer->leaves_micros,
			 maker ? said->maker_leaves_micros : said->taker_leaves_micros);
	ck_assert_int_eq(answer->executed_at_micros, said->executed_at_micros);
	ck_assert_int_eq(answer->liquidity, liquidity);
}

static void check_reduced(const BOOKS(OrderReduced) * said, const BOOKS(OrderDecreased) * answer)
{
	ck_assert_str_eq(answer->order_id, said->order_id);
	ck_assert_str_eq(answer->request_id, said->request_id);
	ck_assert_int_eq(answer->by_micros, said->by_micros);
	ck_assert_int_eq(answer->leaves_micros, said->leaves_micros);
}

static void check_removed(const BOOKS(OrderRemoved) * said, const BOOKS(OrderCanceled) * answer)
{
	ck_assert_str_eq(answer->order_id, said->order_id);
	ck_assert_str_eq(answer->request_id, said->request_id);
	ck_assert_int_eq(answer->canceled_micros, said->canceled_micros);
	ck_assert_int_eq(answer->reason, said->reason);
}

/* The n-th answer to a fact. */
static void check_answer(const struct golden *row, const struct bus_fact *fact, size_t n,
			 const struct bus_fold_reaction *answer)
{
	const ProtobufCMessage *message = answer->message;
	const char *account = row->count == 1 ? "account_id"
			      : n == 0	      ? "maker_account_id"
					      : "taker_account_id";

	ck_assert_str_eq(answer->topic, "books.executions");
	ck_assert_str_eq(answer->key, text_of(fact->message, account));
	ck_assert_str_eq(answer->key, text_of(message, "account_id"));
	ck_assert_str_eq(text_of(message, "symbol"), SYMBOL);
	ck_assert_ptr_eq(message->descriptor, row->answer);
	if (row->same)
		check_equal(fact->message, message);
	else if (fact->type == (int)BOOK_FACT(EXECUTED))
		check_execution(fact->message, n == 0, (const void *)message);
	else if (fact->type == (int)BOOK_FACT(ORDER_REDUCED))
		check_reduced(fact->message, (const void *)message);
	else
		check_removed(fact->message, (const void *)message);
}

/* Answers come in the order of the facts. */
START_TEST(test_answers)
{
	struct wild w = { .fold = bus_fold_new(&book_processor), .seed = 77 + (uint64_t)_i };
	size_t seen[BUS_ARRAY_LEN(golden) + 1] = { 0 };

	for (int i = 0; i < 20000; i++) {
		size_t next = 0;

		bus_fold_now(w.fold, (int64_t)i * 100000);
		wild_input(&w);
		for (size_t k = 0; k < bus_fold_fact_count(w.fold); k++) {
			const struct bus_fact *fact = bus_fold_fact(w.fold, k);
			const struct golden *row = golden_of(fact->type);

			seen[fact->type]++;
			for (size_t n = 0; n < row->count; n++) {
				ck_assert_uint_lt(next, bus_fold_reaction_count(w.fold));
				check_answer(row, fact, n, bus_fold_reaction(w.fold, next++));
			}
		}
		ck_assert_uint_eq(next, bus_fold_reaction_count(w.fold));
	}
	for (int type = BOOK_ADDED; type <= BOOK_TRAIL_MOVED; type++)
		ck_assert_msg(seen[type] > 0, "no fact %d", type);
	bus_fold_free(w.fold);
}
END_TEST

/* Facts as they were before there were queues and auctions lead to the same books. */
START_TEST(test_old_facts)
{
	struct book_state *state = book_processor.state_new();
	BOOKS(OrderAdded) added = BOURSE__BOOKS__V1__ORDER_ADDED__INIT;
	BOOKS(Executed) trade = BOURSE__BOOKS__V1__EXECUTED__INIT;
	struct bus_fact fact = { .type = (int)BOOK_FACT(ORDER_ADDED),
				 .message = &added,
				 .key = SYMBOL,
				 .processor = "book" };
	char buy[BUS_ID_TEXT], sell[BUS_ID_TEXT], account[BUS_ID_TEXT], symbol[] = SYMBOL;
	const struct book *book;

	added.symbol = trade.symbol = symbol;
	added.account_id = trade.maker_account_id = trade.taker_account_id = id_text(7, account);
	added.type = BOURSE__ORDERS__V1__ORDER_TYPE__ORDER_TYPE_LIMIT;
	added.time_in_force = BOURSE__ORDERS__V1__TIME_IN_FORCE__TIME_IN_FORCE_GTC;
	added.price_micros = trade.price_micros = 100;
	added.quantity_micros = added.leaves_micros = 5;
	added.order_id = trade.maker_order_id = id_text(1, buy);
	added.side = trade.maker_side = BOURSE__ORDERS__V1__SIDE__SIDE_BUY;
	book_processor.evolve(state, &fact);
	added.order_id = trade.taker_order_id = id_text(2, sell);
	added.side = trade.taker_side = BOURSE__ORDERS__V1__SIDE__SIDE_SELL;
	added.quantity_micros = added.leaves_micros = 3;
	book_processor.evolve(state, &fact);
	trade.trade_id = account;
	trade.quantity_micros = 3;
	trade.maker_leaves_micros = 2;
	fact.type = (int)BOOK_FACT(EXECUTED);
	fact.message = &trade;
	book_processor.evolve(state, &fact);

	book = book_state_find(state, SYMBOL);
	ck_assert_uint_eq(book_count(book), 1);
	ck_assert(book_top(book).bid.total.micros == 2);
	ck_assert_int_eq(book->status.hand.leaves.micros, 0);
	ck_assert_int_eq(book->status.last_price.micros, 100);
	book_processor.state_free(state);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("book_facts");
	TCase *tcase = tcase_create("react");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_every_member_has_its_row);
	tcase_add_loop_test(tcase, test_answers, 0, 2);
	tcase_add_test(tcase, test_old_facts);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
