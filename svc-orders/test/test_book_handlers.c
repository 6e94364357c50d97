/*
 * What the book decides, as tables of inputs and the facts and answers that they lead to; sweeps
 * over more orders than a step takes; and random streams, against the naive book, and, with wild
 * values, against a second state that is built from the facts alone.
 */
#include "book_lines.h"
#include "book_wild.h"
#include "lib/naive_book.h"

static const struct script scripts[] = {
	{ "an order rests, another meets it at its price",
	  { { "sell 1 10@101 day", "added 1 10/10@101; top 0@0 10@101", "" },
	    { "buy 2 4@105 day", "trade 1<2 4@101 left 6,0; top 0@0 6@101",
	      "7:maker 1 4@101 left 6; 7:taker 2 4@101 left 0" },
	    { "buy 3 10@101 gtc", "trade 1<3 6@101 left 0,4; added 3 4/10@101; top 4@101 0@0",
	      "7:maker 1 6@101 left 0; 7:taker 3 6@101 left 4" } } },
	{ "best price first, then first come first",
	  { { "sell 1 5@102 day", "added 1 5/5@102; top 0@0 5@102", "" },
	    { "sell 2 5@101 day", "added 2 5/5@101; top 0@0 5@101", "" },
	    { "sell 3 5@101 day", "added 3 5/5@101; top 0@0 10@101", "" },
	    { "buy 4 12@102 day",
	      "trade 2<4 5@101 left 0,7; trade 3<4 5@101 left 0,2; trade 1<4 2@102 left 3,0; top "
	      "0@0 3@102",
	      "7:maker 2 5@101 left 0; 7:taker 4 5@101 left 7; 7:maker 3 5@101 left 0; 7:taker 4 "
	      "5@101 left 2; 7:maker 1 2@102 left 3; 7:taker 4 2@102 left 0" } } },
	{ "immediate or cancel",
	  { { "buy 1 5@100 ioc", "removed 1 5 reason 3 at once", "7:canceled 1 5" },
	    { "sell 2 3@100 day", "added 2 3/3@100; top 0@0 3@100", "" },
	    { "buy 3 5@100 ioc",
	      "trade 2<3 3@100 left 0,2; removed 3 2 reason 3 at once; top 0@0 0@0",
	      "7:maker 2 3@100 left 0; 7:taker 3 3@100 left 2; 7:canceled 3 2" } } },
	{ "fill or kill",
	  { { "sell 1 3@100 day", "added 1 3/3@100; top 0@0 3@100", "" },
	    { "sell 2 3@101 day", "added 2 3/3@101", "" },
	    { "buy 3 7@101 fok", "removed 3 7 reason 4 at once", "7:canceled 3 7" },
	    { "buy 4 4@100 fok", "removed 4 4 reason 4 at once", "7:canceled 4 4" },
	    { "buy 5 6@101 fok", "trade 1<5 3@100 left 0,3; trade 2<5 3@101 left 0,0; top 0@0 0@0",
	      "7:maker 1 3@100 left 0; 7:taker 5 3@100 left 3; 7:maker 2 3@101 left 0; 7:taker 5 "
	      "3@101 left 0" } } },
	{ "market orders never rest",
	  { { "buy 1 5@100 day", "added 1 5/5@100; top 5@100 0@0", "" },
	    { "sell 2 8@0 day market",
	      "trade 1<2 5@100 left 0,3; removed 2 3 reason 5 at once; top 0@0 0@0",
	      "7:maker 1 5@100 left 0; 7:taker 2 5@100 left 3; 7:canceled 2 3" },
	    { "sell 3 5@110 day", "added 3 5/5@110; top 0@0 5@110", "" },
	    { "buy 4 1@105 gtc market", "removed 4 1 reason 5 at once", "7:canceled 4 1" } } },
	{ "cancel and decrease",
	  { { "buy 1 10@100 day", "added 1 10/10@100; top 10@100 0@0", "" },
	    { "buy 2 10@100 day", "added 2 10/10@100; top 20@100 0@0", "" },
	    { "decrease 1 4", "reduced 1 by 4 to 6; top 16@100 0@0", "7:decreased 1 to 6" },
	    { "sell 3 7@100 ioc",
	      "trade 1<3 6@100 left 0,1; trade 2<3 1@100 left 9,0; top 9@100 0@0",
	      "7:maker 1 6@100 left 0; 7:taker 3 6@100 left 1; 7:maker 2 1@100 left 9; 7:taker 3 "
	      "1@100 left 0" },
	    { "cancel 1", "refused 1 kind 1 reason 3", "7:refused" },
	    { "decrease 1 1", "refused 1 kind 2 reason 3", "7:refused" },
	    { "decrease 2 0", "refused 2 kind 2 reason 5", "7:refused" },
	    { "decrease 2 -5", "refused 2 kind 2 reason 5", "7:refused" },
	    { "cancel 2 8", "refused 2 kind 1 reason 14", "8:refused" },
	    { "decrease 2 12", "removed 2 9 reason 2; top 0@0 0@0", "7:canceled 2 9 asked" },
	    { "buy 4 1@99 day", "added 4 1/1@99; top 1@99 0@0", "" },
	    { "cancel 4", "removed 4 1 reason 1; top 0@0 0@0", "7:canceled 4 1 asked" } } },
	{ "post-only",
	  { { "sell 1 5@101 day", "added 1 5/5@101; top 0@0 5@101", "" },
	    { "buy 2 5@101 day post", "rejected 2 reason 18", "7:rejected" },
	    { "buy 3 5@100 day post", "added 3 5/5@100; top 5@100 5@101", "" } } },
	{ "what the desk should not have sent is answered",
	  { { "hold 1 5@100 day", "rejected 1 reason 15", "7:rejected" },
	    { "buy 1 5@100 day type=6", "rejected 1 reason 12", "7:rejected" },
	    { "buy 1 5@100", "rejected 1 reason 12", "7:rejected" },
	    { "buy 1 5@100 day stp=6", "rejected 1 reason 12", "7:rejected" },
	    { "buy 1 5@100 day stop=0", "rejected 1 reason 16", "7:rejected" },
	    { "buy 1 5@100 day stop=-5", "rejected 1 reason 16", "7:rejected" },
	    { "buy 1 5@100 day type=2 notional=1", "rejected 1 reason 15", "7:rejected" },
	    { "buy 1 5@100 ioc post", "removed 1 5 reason 3 at once", "7:canceled 1 5" },
	    { "buy 1 5@100 day with=1", "rejected 1 reason 15", "7:rejected" },
	    { "buy 1 5@100 day actions=-1", "rejected 1 reason 23", "7:rejected" },
	    { "buy 1 5@100 day market notional=5", "rejected 1 reason 15", "7:rejected" },
	    { "buy 1 5@100 day market notional=-5 lot=1", "rejected 1 reason 15", "7:rejected" },
	    { "sell 1 5@100 day trail=-5", "rejected 1 reason 15", "7:rejected" },
	    { "sell 2 5@100 day percent=100M reference=5", "added 2 5/5@100 stop 0 best 5", "" },
	    { "sell 3 5@100 day trail=9 reference=5", "added 3 5/5@100 stop -4 best 5", "" },
	    { "buy 4 5@100 day trail=9223372036854775807 reference=9223372036854775807",
	      "added 4 5/5@100 stop 9223372036854775807 best 9223372036854775807", "" },
	    { "buy 1 0@100 day", "rejected 1 reason 5", "7:rejected" },
	    { "buy 1 -9223372036854775808@100 day", "rejected 1 reason 5", "7:rejected" },
	    { "buy 1 5@0 day", "rejected 1 reason 16", "7:rejected" },
	    { "sell 1 5@0 day", "rejected 1 reason 16", "7:rejected" },
	    { "buy 1 5@0 day market", "rejected 1 reason 16", "7:rejected" },
	    { "sell 1 5@-9223372036854775808 day market", "rejected 1 reason 16",
	      "7:rejected" } } },
	{ "a halt: orders queue, cancels are accepted; its end matches the queue",
	  { { "open", "state 2 20120621", "" },
	    { "sell 1 5@101 day", "added 1 5/5@101; top 0@0 5@101", "" },
	    { "halt", "state 3 20120621", "" },
	    { "buy 2 3@102 day", "added 2 3/3@102; imbalance 3 3@101 over sell 2; top 3@102 5@101",
	      "" },
	    { "buy 3 4@103 gtc", "added 3 4/4@103; imbalance 3 5@101 over buy 2; top 4@103 5@101",
	      "" },
	    { "buy 4 4@103 day", "added 4 4/4@103; imbalance 3 5@103 over buy 3; top 8@103 5@101",
	      "" },
	    { "buy 5 1@103 ioc", "rejected 5 reason 10", "7:rejected" },
	    { "buy 6 1@103 day market", "added 6 1/1@103 opening; imbalance 3 5@103 over buy 4",
	      "" },
	    { "buy 7 1@100 day post", "rejected 7 reason 10", "7:rejected" },
	    { "cancel 4", "removed 4 4 reason 1; imbalance 3 5@103 over even 0; top 4@103 5@101",
	      "7:canceled 4 4 asked" },
	    { "resume",
	      "auction 3 5@103 over even 0; met 1<3 4@103 left 1,0; met 1<6 1@103 left 0,0; state "
	      "2 20120621; top 3@102 0@0",
	      "7:auction 1 4@103 left 1; 7:auction 3 4@103 left 0; 7:auction 1 1@103 left 0; "
	      "7:auction 6 1@103 left 0" } } },
	{ "the close ends day orders; what comes later ends at once",
	  { { "buy 1 5@100 day", "added 1 5/5@100; top 5@100 0@0", "" },
	    { "buy 2 5@99 gtc", "added 2 5/5@99", "" },
	    { "sell 3 5@101 day", "added 3 5/5@101; top 5@100 5@101", "" },
	    { "close", "state 1 20120621; removed 1 5 reason 6; removed 3 5 reason 6; top 5@99 0@0",
	      "7:canceled 1 5; 7:canceled 3 5" },
	    { "close", "", "" },
	    { "sell 4 5@99 gtc", "removed 4 5 reason 6 at once", "7:canceled 4 5" },
	    { "halt closed", "", "" },
	    { "resume closed", "", "" },
	    { "open", "state 2 20120621", "" },
	    { "sell 5 5@99 gtc", "trade 2<5 5@99 left 0,0; top 0@0 0@0",
	      "7:maker 2 5@99 left 0; 7:taker 5 5@99 left 0" } } },
	{ "a halt outlasts the opening",
	  { { "open halted", "state 3 20120621", "" },
	    { "open halted", "", "" },
	    { "buy 1 5@100 gtc", "added 1 5/5@100; top 5@100 0@0", "" },
	    { "sell 2 5@100 gtc", "added 2 5/5@100; imbalance 3 5@100 over even 0; top 5@100 5@100",
	      "" },
	    { "close", "state 1 20120621", "" },
	    { "open",
	      "auction 1 5@100 over even 0; met 1<2 5@100 left 0,0; state 2 20120621; top 0@0 0@0",
	      "7:auction 1 5@100 left 0; 7:auction 2 5@100 left 0" } } },
};

START_TEST(test_script)
{
	run_script(&scripts[_i]);
}
END_TEST

/* What cannot even be answered is parked, and leaves nothing behind. */
START_TEST(test_parked)
{
	struct bus_fold *fold = bus_fold_new(&book_processor);
	BOOKS(NewOrder) order = BOURSE__BOOKS__V1__NEW_ORDER__INIT;
	BOOKS(CancelOrder) cancel = BOURSE__BOOKS__V1__CANCEL_ORDER__INIT;
	char id[BUS_ID_TEXT], name[] = SYMBOL, bad[] = "not-an-id";
	char large[] = "A-SYMBOL-OF-MORE-THAN-SIXTEEN";

	ck_assert_int_eq(send_words(fold, "buy 1 5@100 day"), 0);
	ck_assert_int_eq(send_words(fold, "buy 1 5@100 day"), BUS_ERR_PARK);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 0);
	order.symbol = cancel.symbol = name;
	order.order_id = bad;
	order.account_id = id_text(1, id);
	ck_assert_int_eq(bus_fold_input(fold, "books.commands", SYMBOL, NULL, &order.base),
			 BUS_ERR_PARK);
	order.order_id = id;
	order.account_id = bad;
	ck_assert_int_eq(bus_fold_input(fold, "books.commands", SYMBOL, NULL, &order.base),
			 BUS_ERR_PARK);
	order.account_id = id;
	order.symbol = large;
	ck_assert_int_eq(bus_fold_input(fold, "books.commands", large, NULL, &order.base),
			 BUS_ERR_PARK);
	cancel.account_id = bad;
	ck_assert_int_eq(bus_fold_input(fold, "books.commands", SYMBOL, NULL, &cancel.base),
			 BUS_ERR_PARK);
	ck_assert_uint_eq(book_count(fold_book(fold)), 1);
	bus_fold_free(fold);
}
END_TEST

/* What an id that is none stands for is answered, as long as the account is one, and the request
 * can be named. */
START_TEST(test_ids_that_are_none)
{
	struct bus_fold *fold = bus_fold_new(&book_processor);
	BOOKS(CancelOrder) cancel = BOURSE__BOOKS__V1__CANCEL_ORDER__INIT;
	BOOKS(DecreaseOrder) decrease = BOURSE__BOOKS__V1__DECREASE_ORDER__INIT;
	BOOKS(ReplaceOrder) replace = BOURSE__BOOKS__V1__REPLACE_ORDER__INIT;
	BOOKS(NewOrder) order = BOURSE__BOOKS__V1__NEW_ORDER__INIT;
	const ProtobufCMessage *const requests[] = { &cancel.base, &decrease.base, &replace.base };
	char account[BUS_ID_TEXT], id[BUS_ID_TEXT], name[] = SYMBOL, bad[] = "not-an-id";

	cancel.symbol = decrease.symbol = replace.symbol = order.symbol = name;
	cancel.account_id = decrease.account_id = replace.account_id = order.account_id =
		id_text(1, account);
	decrease.order_id = bad;
	replace.new_order_id = id_text(2, id);
	for (size_t i = 0; i < BUS_ARRAY_LEN(requests); i++) {
		const BOOKS(RequestRejected) * answer;

		ck_assert_int_eq(bus_fold_input(fold, "books.commands", SYMBOL, NULL, requests[i]),
				 0);
		ck_assert_uint_eq(bus_fold_reaction_count(fold), 1);
		answer = (const void *)bus_fold_reaction(fold, 0)->message;
		ck_assert_int_eq(answer->reason, BOOK_REJECT(TOO_LATE));
		ck_assert_uint_eq((unsigned)answer->kind, i + 1);
	}
	replace.new_order_id = bad;
	ck_assert_int_eq(bus_fold_input(fold, "books.commands", SYMBOL, NULL, &replace.base),
			 BUS_ERR_PARK);
	order.order_id = id;
	order.sibling_order_id = bad;
	ck_assert_int_eq(bus_fold_input(fold, "books.commands", SYMBOL, NULL, &order.base), 0);
	ck_assert_uint_eq(bus_fold_fact_count(fold), 1);
	ck_assert_int_eq(bus_fold_fact(fold, 0)->type, BOOK_FACT(ORDER_REJECTED));
	bus_fold_free(fold);
}
END_TEST

/* The market's facts without what the book needs of them. */
START_TEST(test_market_that_says_nothing)
{
	struct bus_fold *fold = bus_fold_new(&book_processor);
	MARKET(Instrument) instrument = BOURSE__MARKET__V1__INSTRUMENT__INIT;
	MARKET(CorporateAction) action = BOURSE__MARKET__V1__CORPORATE_ACTION__INIT;
	MARKET(SessionOpened) opened = BOURSE__MARKET__V1__SESSION_OPENED__INIT;
	MARKET(ActionEffective) effective = BOURSE__MARKET__V1__ACTION_EFFECTIVE__INIT;
	char name[] = SYMBOL;

	opened.symbol = effective.symbol = instrument.symbol = name;
	ck_assert_int_eq(bus_fold_input(fold, "market.events", SYMBOL, NULL, &opened.base),
			 BUS_ERR_PARK);
	effective.instrument = &instrument;
	ck_assert_int_eq(bus_fold_input(fold, "market.events", SYMBOL, NULL, &effective.base),
			 BUS_ERR_PARK);
	effective.action = &action;
	action.kind = (MARKET(ActionKind))77;
	ck_assert_int_eq(bus_fold_input(fold, "market.events", SYMBOL, NULL, &effective.base),
			 BUS_ERR_PARK);
	instrument.actions_effective = -1;
	opened.instrument = &instrument;
	ck_assert_int_eq(bus_fold_input(fold, "market.events", SYMBOL, NULL, &opened.base),
			 BUS_ERR_PARK);
	bus_fold_free(fold);
}
END_TEST

/* Sweeps ////////////////////////////////////////////////////////////////////////////////// */

#define MANY 4500

/* Each step of the input: its facts are within the bound. */
static int count_steps(struct bus_fold *fold, int type, size_t *of_type, size_t bound)
{
	int64_t sequence = -1;
	size_t in_step = 0;
	int steps = 0;

	*of_type = 0;
	for (size_t i = 0; i < bus_fold_fact_count(fold); i++) {
		const struct bus_fact *fact = bus_fold_fact(fold, i);

		if (fact->sequence != sequence) {
			steps++;
			in_step = 0;
		}
		sequence = fact->sequence;
		in_step += fact->type == type;
		*of_type += fact->type == type;
		ck_assert_uint_le(in_step, bound);
	}
	return steps;
}

static void rest_many(struct bus_fold *fold, struct book_state *rebuilt, enum book_side side,
		      uint64_t first)
{
	for (uint64_t i = 0; i < MANY; i++) {
		struct order_words order = { .id = first + i,
					     .account = ACCOUNT,
					     .side = side,
					     .type = BOOK_LIMIT,
					     .tif = i % 10 == 0 ? BOOK_GTC : BOOK_DAY,
					     .quantity = 1,
					     .price = 1000 + (int64_t)(i % 7) };

		ck_assert_int_eq(send_new(fold, &order), 0);
		check_after(fold, rebuilt);
	}
}

static const struct sweep_case {
	const char *name, *input;
	bool both_sides; /* crossed in a halt */
	int type;
	size_t bound, count;
	int steps;
	size_t left;
} sweep_cases[] = {
	{ "a taker through all", "buy 90000 4600@2000 day", false, BOOK_FACT(EXECUTED),
	  BOOK_STEP_TRADES, MANY, 5, 1 },
	{ "fill or kill", "buy 90000 4500@2000 fok", false, BOOK_FACT(EXECUTED), BOOK_STEP_TRADES,
	  MANY, 5, 0 },
	{ "exactly two steps", "buy 90000 2000@2000 ioc", false, BOOK_FACT(EXECUTED),
	  BOOK_STEP_TRADES, 2000, 2, MANY - 2000 },
	{ "a close", "close", false, BOOK_FACT(ORDER_REMOVED), BOOK_STEP_EXPIRED, MANY - MANY / 10,
	  3, MANY / 10 },
	{ "an uncross", "resume", true, BOOK_FACT(EXECUTED), BOOK_STEP_TRADES, MANY, 5, 0 },
};

START_TEST(test_sweep)
{
	const struct sweep_case *c = &sweep_cases[_i];
	struct bus_fold *fold = bus_fold_new(&book_processor);
	struct book_state *rebuilt = book_processor.state_new();
	size_t count;

	if (c->both_sides) {
		send_words(fold, "halt");
		check_after(fold, rebuilt);
		/* All at one price of the other side's worst or better. */
		rest_many(fold, rebuilt, BOOK_SELL, 1);
		for (uint64_t i = 0; i < MANY; i++) {
			struct order_words order = { .id = 50000 + i,
						     .account = ACCOUNT,
						     .side = BOOK_BUY,
						     .type = BOOK_LIMIT,
						     .tif = BOOK_DAY,
						     .quantity = 1,
						     .price = 2000 };

			send_new(fold, &order);
			check_after(fold, rebuilt);
		}
	} else {
		rest_many(fold, rebuilt, BOOK_SELL, 1);
	}
	ck_assert_int_eq(send_words(fold, c->input), 0);
	check_after(fold, rebuilt);
	ck_assert_int_eq(count_steps(fold, c->type, &count, c->bound), c->steps);
	ck_assert_uint_eq(count, c->count);
	ck_assert_uint_eq(book_count(fold_book(fold)), c->left);
	check_same_book(fold_book(fold), book_state_find(rebuilt, SYMBOL));
	book_processor.state_free(rebuilt);
	bus_fold_free(fold);
}
END_TEST

/* A random stream ///////////////////////////////////////////////////////////////////////// */

/* Commands that a naive book knows, in an open session, execution by execution. */
struct stream {
	struct bus_fold *fold;
	struct book_state *rebuilt;
	struct naive_book naive;
	uint64_t seed, last_id;
	enum book_trading trading;
	size_t trades;
};

static uint64_t draw(struct stream *s, uint64_t below)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return (s->seed >> 11) % below;
}

static void stream_new(struct stream *s)
{
	static const enum naive_rest hows[] = { [BOOK_DAY] = NAIVE_REST,
						[BOOK_GTC] = NAIVE_REST,
						[BOOK_IOC] = NAIVE_IOC,
						[BOOK_FOK] = NAIVE_FOK };
	struct order_words words = { .id = ++s->last_id,
				     .account = ACCOUNT,
				     .side = draw(s, 2) == 0 ? BOOK_BUY : BOOK_SELL,
				     .type = draw(s, 10) == 0 ? BOOK_MARKET : BOOK_LIMIT,
				     .tif = (enum book_tif)(1 + draw(s, 4)),
				     .quantity = 1 + (int64_t)draw(s, 100),
				     .price = 1000 + (int64_t)draw(s, 60) };
	struct naive_order order = { .id = words.id,
				     .buy = words.side == BOOK_BUY,
				     .day = words.tif == BOOK_DAY,
				     .price = words.price,
				     .leaves = words.quantity };
	enum naive_rest how = hows[words.tif];

	if (words.type == BOOK_MARKET && how == NAIVE_REST)
		how = NAIVE_IOC;
	s->naive.trade_count = 0;
	if (s->trading == BOOK_OPEN)
		naive_book_place(&s->naive, &order, how);
	ck_assert_int_eq(send_new(s->fold, &words), 0);
	ck_assert_uint_gt(bus_fold_fact_count(s->fold), 0);
}

static void stream_market(struct stream *s)
{
	s->naive.trade_count = 0;
	if (s->trading == BOOK_OPEN) {
		naive_book_close(&s->naive);
		send_words(s->fold, "close");
		s->trading = BOOK_CLOSED;
	} else {
		send_words(s->fold, "open");
		s->trading = BOOK_OPEN;
	}
}

static void stream_compare(struct stream *s)
{
	size_t n = 0;

	for (size_t i = 0; i < bus_fold_fact_count(s->fold); i++) {
		const struct bus_fact *fact = bus_fold_fact(s->fold, i);
		const BOOKS(Executed) *said = fact->message;

		if (fact->type != (int)BOOK_FACT(EXECUTED))
			continue;
		ck_assert_uint_lt(n, s->naive.trade_count);
		ck_assert_uint_eq(id_number(said->maker_order_id), s->naive.trades[n].maker);
		ck_assert_uint_eq(id_number(said->taker_order_id), s->naive.trades[n].taker);
		ck_assert_int_eq(said->price_micros, s->naive.trades[n].price);
		ck_assert_int_eq(said->quantity_micros, s->naive.trades[n].quantity);
		n++;
	}
	ck_assert_uint_eq(n, s->naive.trade_count);
	s->trades += n;
	check_after(s->fold, s->rebuilt);
	ck_assert_uint_eq(book_count(fold_book(s->fold)), s->naive.count);
}

START_TEST(test_random_stream)
{
	struct stream s = { .fold = bus_fold_new(&book_processor),
			    .rebuilt = book_processor.state_new(),
			    .seed = 1000 + (uint64_t)_i,
			    .trading = BOOK_UNHEARD };

	for (int i = 0; i < 20000; i++) {
		uint64_t kind = draw(&s, 200);
		uint64_t id = 1 + draw(&s, s.last_id + 1);

		if (kind == 0 || s.trading == BOOK_UNHEARD) {
			stream_market(&s);
		} else if (kind < 120) {
			stream_new(&s);
		} else if (kind < 180) {
			naive_book_cancel(&s.naive, id);
			ck_assert_int_eq(send_cancel(s.fold, id, ACCOUNT), 0);
		} else {
			int64_t by = 1 + (int64_t)draw(&s, 80);

			naive_book_decrease(&s.naive, id, by);
			ck_assert_int_eq(send_decrease(s.fold, id, ACCOUNT, by), 0);
		}
		stream_compare(&s);
	}
	ck_assert_uint_gt(s.trades, 1000);
	check_same_book(fold_book(s.fold), book_state_find(s.rebuilt, SYMBOL));
	naive_book_release(&s.naive);
	book_processor.state_free(s.rebuilt);
	bus_fold_free(s.fold);
}
END_TEST

/* Wild commands ///////////////////////////////////////////////////////////////////////////// */

/* Nothing that the desk or the market says breaks the book, and its facts alone lead to it. */
START_TEST(test_wild_stream)
{
	struct wild w = { .fold = bus_fold_new(&book_processor), .seed = 5000 + (uint64_t)_i };
	struct book_state *rebuilt = book_processor.state_new();
	size_t of_type[BOOK_TRAIL_MOVED + 1] = { 0 };

	for (int i = 0; i < 20000; i++) {
		bus_fold_now(w.fold, (int64_t)i * 100000);
		wild_input(&w);
		for (size_t k = 0; k < bus_fold_fact_count(w.fold); k++)
			of_type[bus_fold_fact(w.fold, k)->type]++;
		check_after(w.fold, rebuilt);
		if (i % 50 == 0)
			check_same_book(fold_book(w.fold), book_state_find(rebuilt, SYMBOL));
	}
	check_same_book(fold_book(w.fold), book_state_find(rebuilt, SYMBOL));
	for (size_t type = BOOK_ADDED; type < BUS_ARRAY_LEN(of_type); type++)
		ck_assert_msg(of_type[type] > 0, "no fact %zu", type);
	book_processor.state_free(rebuilt);
	bus_fold_free(w.fold);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("book_handlers");
	TCase *tcase = tcase_create("decide");

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, test_script, 0, BUS_ARRAY_LEN(scripts));
	tcase_add_test(tcase, test_parked);
	tcase_add_test(tcase, test_ids_that_are_none);
	tcase_add_test(tcase, test_market_that_says_nothing);
	tcase_add_loop_test(tcase, test_sweep, 0, BUS_ARRAY_LEN(sweep_cases));
	tcase_add_loop_test(tcase, test_random_stream, 0, 4);
	tcase_add_loop_test(tcase, test_wild_stream, 0, 8);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
