/*
 * Every type of order, every class, auctions, short sales, fees and corporate actions, placed as
 * commands and followed through desk, book, market, ledger and notify on a real stack; at the end
 * `bourse audit` finds every invariant kept.
 *
 * All accounts are on one partition of the desk, so that commands are decided in the order in which
 * they are sent. The stack lives on the time of its commands, so that a day passes when one says
 * so.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bourse/market/v1/market.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "lib/mesh_trade.h"

#define OPENED INT64_C(1340287200000000) /* 2012-06-21T14:00:00Z: ten o'clock in New York */
#define HOUR   (INT64_C(3600) * MICROS)
#define DAY    (24 * HOUR)

static struct mesh mesh;

/* ---- what every test does ---- */

static struct mesh_account funded(int64_t dollars)
{
	struct mesh_account account = mesh_account(0);

	mesh_deposit(&mesh, account.id, dollars);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, dollars * MICROS,
		  "select cash_micros from desk_account where account_id = '%s'", account.id);
	return account;
}

static void give(const char *account, const char *symbol, int64_t shares)
{
	mesh_deposit_shares(&mesh, account, symbol, shares);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, shares * MICROS,
		  "select position_micros from desk_position where account_id = '%s' and symbol = "
		  "'%s'",
		  account, symbol);
}

static struct mesh_account holder(const char *symbol, int64_t shares, int64_t dollars)
{
	struct mesh_account account = funded(dollars);

	give(account.id, symbol, shares);
	return account;
}

static int64_t order_number(const char *order_id, const char *column)
{
	return mesh_number(&mesh, MESH_ORDERS,
			   "select %s from customer_order where order_id = '%s'", column, order_id);
}

/* Places and returns the order, with its id. */
static struct mesh_order place(struct mesh_order order)
{
	mesh_place(&mesh, &order);
	return order;
}

/* Waits until the order is in this state, with so many shares traded. */
static void becomes(const char *order_id, int status, int64_t shares)
{
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, status * 1000000 + shares,
		  "select status * 1000000 + cum_micros / 1000000 from customer_order where "
		  "order_id = '%s'",
		  order_id);
}

static void has(const char *account, const char *what, int64_t micros)
{
	ck_assert_msg(mesh_number(&mesh, MESH_ORDERS,
				  "select %s from desk_account where account_id = '%s'", what,
				  account) == micros,
		      "%s is %" PRId64 ", and not %" PRId64, what,
		      mesh_number(&mesh, MESH_ORDERS,
				  "select %s from desk_account where account_id = '%s'", what,
				  account),
		      micros);
}

static void holds(const char *account, const char *symbol, const char *what, int64_t micros)
{
	int64_t is = mesh_number(&mesh, MESH_ORDERS,
				 "select %s from desk_position where account_id = '%s' and symbol "
				 "= '%s'",
				 what, account, symbol);

	ck_assert_msg(is == micros, "%s of %s is %" PRId64 ", and not %" PRId64, what, symbol, is,
		      micros);
}

/* A seller and a buyer who trade with each other, so that the last price is this one. */
static void print_at(const char *symbol, const char *seller, const char *buyer, int64_t cents)
{
	struct mesh_order ask = {
		.account = seller, .symbol = symbol, .side = SIDE_SELL, .shares = 1, .cents = cents
	};
	struct mesh_order bid = { .account = buyer,
				  .symbol = symbol,
				  .side = SIDE_BUY,
				  .shares = 1,
				  .cents = cents,
				  .tif = TIF_IOC };

	mesh_place(&mesh, &ask);
	mesh_place(&mesh, &bid);
	becomes(ask.id, ORDER_IS_FILLED, 1);
}

/* An order that needs the last price, which the desk hears by a snapshot: again until it has. */
static bool insisted(struct mesh *m, void *arg)
{
	struct mesh_order *order = arg;
	char ce_id[BUS_ID_TEXT];

	order->ce_id = bus_id_format(bus_id_random(), ce_id);
	mesh_place(m, order);
	order->ce_id = NULL;
	mesh_flush(m);
	mesh_wait(
		m, MESH_ORDERS, 1,
		"select count(*) from command where processor = 'desk' and key = '%s' and ce_id = "
		"'%s'",
		order->account, ce_id);
	return mesh_number(m, MESH_ORDERS,
			   "select count(*) from customer_order where order_id = '%s'",
			   order->id) == 1;
}

static struct mesh_order insist(struct mesh_order order)
{
	mesh_until(&mesh, insisted, &order, "the desk takes the order");
	return order;
}

static int refusal(const struct mesh_order *order)
{
	struct mesh_outcome outcome;

	mesh_settle(&mesh);
	outcome = mesh_outcome(&mesh, order->id);
	ck_assert_int_eq(outcome.accepted, 0);
	ck_assert_int_eq(outcome.rejected, 1);
	return outcome.reason;
}

#define REFUSED(order, name)                                                                       \
	ck_assert_int_eq(refusal(order), BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_##name)

/* The n-th leg of a class, by price: the take-profit is a limit order, the other a stop. */
static struct mesh_account leg(const char *entry, const char *account, int type)
{
	struct mesh_account found;
	char *row = mesh_rows(&mesh, MESH_ORDERS,
			      "select e.order_id from customer_order_extra e join customer_order o "
			      "using (order_id) where e.account_id = '%s' and o.type = %d and "
			      "(e.entry_order_id = '%s' or e.sibling_order_id = '%s') and "
			      "e.order_id <> '%s'",
			      account, type, entry, entry, entry);

	ck_assert_msg(strlen(row) >= 36, "order %s has no leg of type %d", entry, type);
	snprintf(found.id, sizeof(found.id), "%.36s", row);
	free(row);
	return found;
}

/* ---- stops ---- */

/* Elected by a trade, each in the steps of the input that elected it; a trailing one has moved. */
START_TEST(test_stops)
{
	struct mesh_account maker, buyer, owner;
	struct mesh_order stop, stop_limit, trailing, bid, entry;

	mesh.now = OPENED;
	mesh_open(&mesh, "STOP");
	maker = holder("STOP", 100, 1000);
	buyer = funded(10000);
	owner = holder("STOP", 30, 1000);
	print_at("STOP", maker.id, buyer.id, 1000);
	stop = place((struct mesh_order){ .account = owner.id,
					  .symbol = "STOP",
					  .side = SIDE_SELL,
					  .type = TYPE_STOP,
					  .shares = 10,
					  .stop_cents = 950 });
	stop_limit = place((struct mesh_order){ .account = owner.id,
						.symbol = "STOP",
						.side = SIDE_SELL,
						.type = TYPE_STOP_LIMIT,
						.shares = 10,
						.stop_cents = 940,
						.cents = 930,
						.tif = TIF_GTC });
	trailing = insist((struct mesh_order){ .account = owner.id,
					       .symbol = "STOP",
					       .side = SIDE_SELL,
					       .type = TYPE_TRAILING,
					       .shares = 10,
					       .trail_cents = 50 });
	mesh_settle(&mesh);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS,
				     "select count(*) from resting_order where symbol = 'STOP' and "
				     "queue = 2"),
			 3);
	holds(owner.id, "STOP", "position_held_micros", 30 * MICROS);
	bid = place((struct mesh_order){ .account = buyer.id,
					 .symbol = "STOP",
					 .side = SIDE_BUY,
					 .shares = 30,
					 .cents = 945 });
	print_at("STOP", maker.id, buyer.id, 1100);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS,
				     "select stop_price_micros from resting_order where order_id = "
				     "'%s'",
				     trailing.id),
			 10500000);
	/* 10.40: the trailing stop sells at 9.45, which elects the stop at 9.50. */
	print_at("STOP", maker.id, buyer.id, 1040);
	becomes(trailing.id, ORDER_IS_FILLED, 10);
	becomes(stop.id, ORDER_IS_FILLED, 10);
	becomes(stop_limit.id, ORDER_IS_NEW, 0);
	mesh_cancel(&mesh, &bid);
	becomes(bid.id, ORDER_IS_CANCELED, 20);
	/* 9.40 elects the stop-limit order; nobody buys, so that it rests in the book. */
	print_at("STOP", maker.id, buyer.id, 940);
	mesh_wait(&mesh, MESH_ORDERS, 1,
		  "select count(*) from resting_order where order_id = '%s' and queue = 1 and "
		  "price_micros = 9300000",
		  stop_limit.id);
	entry = place((struct mesh_order){ .account = buyer.id,
					   .symbol = "STOP",
					   .side = SIDE_BUY,
					   .shares = 10,
					   .cents = 940 });
	becomes(stop_limit.id, ORDER_IS_FILLED, 10);
	becomes(entry.id, ORDER_IS_FILLED, 10);
	/* Through the market already: elected at once. Buys are held at their collar. */
	entry = place((struct mesh_order){ .account = buyer.id,
					   .symbol = "STOP",
					   .side = SIDE_BUY,
					   .type = TYPE_STOP,
					   .shares = 1,
					   .stop_cents = 900 });
	becomes(entry.id, ORDER_IS_CANCELED, 0);
	mesh_settle(&mesh);
	ck_assert_int_eq(mesh_number(&mesh, MESH_NOTIFY,
				     "select count(*) from delivery where category = 5 and "
				     "account_id in ('%s', '%s')",
				     owner.id, buyer.id),
			 4);
	holds(owner.id, "STOP", "position_micros", 0);
	has(owner.id, "cash_micros", 1000 * MICROS + 189 * MICROS + 93 * MICROS);
}
END_TEST

/* ---- classes ---- */

/* The service dies after the entry's fill and before the leg's: nothing is lost, nothing twice. */
START_TEST(test_bracket)
{
	struct mesh_account maker, owner, profit, loss;
	struct mesh_order entry, other;

	mesh.now = OPENED;
	mesh_open(&mesh, "BRKT");
	maker = holder("BRKT", 100, 10000);
	owner = funded(10000);
	entry = place((struct mesh_order){ .account = owner.id,
					   .symbol = "BRKT",
					   .side = SIDE_BUY,
					   .shares = 10,
					   .cents = 1000,
					   .order_class = CLASS_BRACKET,
					   .profit_cents = 1100,
					   .loss_cents = 900 });
	becomes(entry.id, ORDER_IS_NEW, 0);
	profit = leg(entry.id, owner.id, TYPE_LIMIT);
	loss = leg(entry.id, owner.id, TYPE_STOP);
	becomes(profit.id, ORDER_IS_HELD, 0);
	becomes(loss.id, ORDER_IS_HELD, 0);
	has(owner.id, "cash_held_micros", 100 * MICROS);
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "BRKT",
				   .side = SIDE_SELL,
				   .shares = 10,
				   .cents = 1000 });
	mesh_flush(&mesh);
	mesh_stack(&mesh, "kill svc-orders");
	mesh_stack(&mesh, "start svc-orders");
	becomes(entry.id, ORDER_IS_FILLED, 10);
	becomes(profit.id, ORDER_IS_NEW, 0);
	becomes(loss.id, ORDER_IS_NEW, 0);
	mesh_settle(&mesh);
	holds(owner.id, "BRKT", "position_held_micros", 10 * MICROS);
	mesh_stack(&mesh, "kill svc-orders");
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "BRKT",
				   .side = SIDE_BUY,
				   .shares = 10,
				   .cents = 1100 });
	mesh_flush(&mesh);
	mesh_stack(&mesh, "start svc-orders");
	becomes(profit.id, ORDER_IS_FILLED, 10);
	becomes(loss.id, ORDER_IS_CANCELED, 0);
	mesh_settle(&mesh);
	holds(owner.id, "BRKT", "position_micros", 0);
	holds(owner.id, "BRKT", "position_held_micros", 0);
	has(owner.id, "cash_micros", 10010 * MICROS);
	has(owner.id, "cash_held_micros", 0);

	/* An entry that ends with a part: the legs are for that part; the loss is taken. */
	entry = place((struct mesh_order){ .account = owner.id,
					   .symbol = "BRKT",
					   .side = SIDE_BUY,
					   .shares = 10,
					   .cents = 1000,
					   .order_class = CLASS_BRACKET,
					   .profit_cents = 1200,
					   .loss_cents = 900,
					   .loss_limit_cents = 850 });
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "BRKT",
				   .side = SIDE_SELL,
				   .shares = 4,
				   .cents = 1000 });
	becomes(entry.id, ORDER_IS_PARTIAL, 4);
	mesh_cancel(&mesh, &entry);
	becomes(entry.id, ORDER_IS_CANCELED, 4);
	profit = leg(entry.id, owner.id, TYPE_LIMIT);
	loss = leg(entry.id, owner.id, TYPE_STOP_LIMIT);
	becomes(loss.id, ORDER_IS_NEW, 0);
	ck_assert_int_eq(order_number(loss.id, "quantity_micros"), 4 * MICROS);
	other = place((struct mesh_order){ .account = maker.id,
					   .symbol = "BRKT",
					   .side = SIDE_BUY,
					   .shares = 20,
					   .cents = 890 });
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "BRKT",
				   .side = SIDE_SELL,
				   .shares = 1,
				   .cents = 890 });
	becomes(loss.id, ORDER_IS_FILLED, 4);
	becomes(profit.id, ORDER_IS_CANCELED, 0);
	mesh_cancel(&mesh, &other);

	/* An entry that ends with nothing takes its legs along. */
	entry = place((struct mesh_order){ .account = owner.id,
					   .symbol = "BRKT",
					   .side = SIDE_BUY,
					   .shares = 10,
					   .cents = 100,
					   .order_class = CLASS_OTO,
					   .loss_cents = 50 });
	becomes(entry.id, ORDER_IS_NEW, 0);
	loss = leg(entry.id, owner.id, TYPE_STOP);
	mesh_cancel(&mesh, &entry);
	becomes(loss.id, ORDER_IS_CANCELED, 0);
	mesh_settle(&mesh);
	has(owner.id, "cash_held_micros", 0);
}
END_TEST

/* One leg trades in part, and the other is smaller; the other is elected, and the first is gone. */
START_TEST(test_oco)
{
	struct mesh_account maker, owner, loss;
	struct mesh_order profit;

	mesh.now = OPENED;
	mesh_open(&mesh, "OCO");
	maker = holder("OCO", 100, 10000);
	owner = holder("OCO", 10, 1);
	profit = place((struct mesh_order){ .account = owner.id,
					    .symbol = "OCO",
					    .side = SIDE_SELL,
					    .shares = 10,
					    .cents = 1200,
					    .order_class = CLASS_OCO,
					    .loss_cents = 900 });
	becomes(profit.id, ORDER_IS_NEW, 0);
	loss = leg(profit.id, owner.id, TYPE_STOP);
	mesh_settle(&mesh);
	holds(owner.id, "OCO", "position_held_micros", 10 * MICROS);
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "OCO",
				   .side = SIDE_BUY,
				   .shares = 4,
				   .cents = 1200 });
	becomes(profit.id, ORDER_IS_PARTIAL, 4);
	mesh_wait(&mesh, MESH_ORDERS, 6 * MICROS,
		  "select leaves_micros from customer_order where order_id = '%s'", loss.id);
	mesh_settle(&mesh);
	holds(owner.id, "OCO", "position_held_micros", 6 * MICROS);
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "OCO",
				   .side = SIDE_BUY,
				   .shares = 20,
				   .cents = 900 });
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "OCO",
				   .side = SIDE_SELL,
				   .shares = 1,
				   .cents = 900 });
	becomes(loss.id, ORDER_IS_FILLED, 6);
	becomes(profit.id, ORDER_IS_CANCELED, 4);
	mesh_settle(&mesh);
	holds(owner.id, "OCO", "position_micros", 0);
	holds(owner.id, "OCO", "position_held_micros", 0);
	has(owner.id, "cash_micros", (1 + 48 + 54) * MICROS);
}
END_TEST

/* ---- by notional, replace, self-trades, immediate and post-only ---- */

START_TEST(test_notional)
{
	struct mesh_account maker, owner;
	struct mesh_order order;
	Bourse__Market__V1__OpenSession session = BOURSE__MARKET__V1__OPEN_SESSION__INIT;

	mesh.now = OPENED;
	mesh_define(&mesh, "FRAC", true);
	session.symbol = (char *)"FRAC";
	session.session_date = 20120621;
	mesh_send(&mesh, "market.commands", "FRAC", &session.base, NULL, 0);
	maker = holder("FRAC", 100, 1000);
	owner = funded(1000);
	insist((struct mesh_order){ .account = maker.id,
				    .symbol = "FRAC",
				    .side = SIDE_SELL,
				    .shares = 2,
				    .cents = 1000 });
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "FRAC",
				   .side = SIDE_SELL,
				   .shares = 50,
				   .cents = 1030 });
	order = insist((struct mesh_order){ .account = owner.id,
					    .symbol = "FRAC",
					    .side = SIDE_BUY,
					    .type = TYPE_MARKET,
					    .dollars = 100 });
	mesh_wait(&mesh, MESH_ORDERS, ORDER_IS_FILLED,
		  "select status from customer_order where order_id = '%s'", order.id);
	/* 2 at 10.00, and 80.00 buys 7.766990 at 10.30, for 79.999997. */
	ck_assert_int_eq(order_number(order.id, "cum_micros"), 9766990);
	mesh_settle(&mesh);
	has(owner.id, "cash_micros", 1000 * MICROS - 99999997);
	has(owner.id, "cash_held_micros", 0);
	holds(owner.id, "FRAC", "position_micros", 9766990);
	/* By notional into an empty book: what is left ends. */
	order = insist((struct mesh_order){ .account = owner.id,
					    .symbol = "FRAC",
					    .side = SIDE_SELL,
					    .type = TYPE_MARKET,
					    .tif = TIF_IOC,
					    .dollars = 50 });
	becomes(order.id, ORDER_IS_CANCELED, 0);
}
END_TEST

START_TEST(test_replace)
{
	struct mesh_account maker, owner, first, second, third;
	struct mesh_order order, sell;

	mesh.now = OPENED;
	mesh_open(&mesh, "REPL");
	maker = holder("REPL", 100, 1000);
	owner = funded(1000);
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "REPL",
					   .side = SIDE_BUY,
					   .shares = 10,
					   .cents = 1000 });
	first = mesh_replace(&mesh, &order, 20, 0);
	becomes(order.id, ORDER_IS_REPLACED, 0);
	becomes(first.id, ORDER_IS_NEW, 0);
	mesh_settle(&mesh);
	has(owner.id, "cash_held_micros", 200 * MICROS);
	sell = place((struct mesh_order){ .account = maker.id,
					  .symbol = "REPL",
					  .side = SIDE_SELL,
					  .shares = 5,
					  .cents = 1000 });
	becomes(first.id, ORDER_IS_PARTIAL, 5);
	memcpy(order.id, first.id, sizeof(order.id));
	/* Smaller at the same price keeps its place; what traded counts. */
	second = mesh_replace(&mesh, &order, 12, 0);
	becomes(order.id, ORDER_IS_REPLACED, 5);
	becomes(second.id, ORDER_IS_PARTIAL, 5);
	mesh_settle(&mesh);
	has(owner.id, "cash_held_micros", 70 * MICROS);
	/* A better price trades at once. */
	place((struct mesh_order){ .account = maker.id,
				   .symbol = "REPL",
				   .side = SIDE_SELL,
				   .shares = 3,
				   .cents = 1010 });
	memcpy(order.id, second.id, sizeof(order.id));
	third = mesh_replace(&mesh, &order, 0, 1020);
	becomes(third.id, ORDER_IS_PARTIAL, 8);
	/* To what has traded: filled by that. */
	memcpy(order.id, third.id, sizeof(order.id));
	first = mesh_replace(&mesh, &order, 8, 0);
	becomes(first.id, ORDER_IS_FILLED, 8);
	mesh_settle(&mesh);
	has(owner.id, "cash_held_micros", 0);
	has(owner.id, "cash_micros", 1000 * MICROS - 50 * MICROS - 30300000);
	/* Too late: it has ended, and a replacement of nothing comes to nothing. */
	mesh_replace(&mesh, &sell, 50, 0);
	mesh_settle(&mesh);
	becomes(sell.id, ORDER_IS_FILLED, 5);
	holds(maker.id, "REPL", "position_held_micros", 0);
}
END_TEST

START_TEST(test_self_trade)
{
	static const struct {
		int mode, status, other;
		int64_t cum, other_cum, shares, other_shares;
	} rows[] = {
		{ 1, ORDER_IS_FILLED, ORDER_IS_PARTIAL, 5, 5, 5, 10 },
		{ 2, ORDER_IS_CANCELED, ORDER_IS_NEW, 0, 0, 5, 10 },
		{ 3, ORDER_IS_NEW, ORDER_IS_CANCELED, 0, 0, 5, 10 },
		{ 4, ORDER_IS_CANCELED, ORDER_IS_CANCELED, 0, 0, 5, 10 },
		{ 5, ORDER_IS_CANCELED, ORDER_IS_NEW, 0, 0, 5, 10 },
	};
	struct mesh_account owner;

	mesh.now = OPENED;
	mesh_open(&mesh, "SELF");
	owner = holder("SELF", 100, 10000);
	for (size_t i = 0; i < BUS_ARRAY_LEN(rows); i++) {
		struct mesh_order rests = place((struct mesh_order){ .account = owner.id,
								     .symbol = "SELF",
								     .side = SIDE_SELL,
								     .shares = rows[i].other_shares,
								     .cents = 1000 });
		struct mesh_order takes = place((struct mesh_order){ .account = owner.id,
								     .symbol = "SELF",
								     .side = SIDE_BUY,
								     .shares = rows[i].shares,
								     .cents = 1000,
								     .stp = rows[i].mode });

		becomes(takes.id, rows[i].status, rows[i].cum);
		becomes(rests.id, rows[i].other, rows[i].other_cum);
		if (rows[i].mode == 5)
			mesh_wait(&mesh, MESH_ORDERS, 5 * MICROS,
				  "select leaves_micros from customer_order where order_id = '%s'",
				  rests.id);
		mesh_cancel_all(&mesh, owner.id, "SELF");
		mesh_settle(&mesh);
		has(owner.id, "cash_held_micros", 0);
		holds(owner.id, "SELF", "position_held_micros", 0);
	}
	has(owner.id, "cash_micros", 10000 * MICROS);
	holds(owner.id, "SELF", "position_micros", 100 * MICROS);
}
END_TEST

START_TEST(test_immediate)
{
	struct mesh_account maker, owner;
	struct mesh_order order, rests;

	mesh.now = OPENED;
	mesh_open(&mesh, "IMM");
	maker = holder("IMM", 100, 1000);
	owner = funded(10000);
	rests = place((struct mesh_order){ .account = maker.id,
					   .symbol = "IMM",
					   .side = SIDE_SELL,
					   .shares = 10,
					   .cents = 1000 });
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "IMM",
					   .side = SIDE_BUY,
					   .shares = 11,
					   .cents = 1000,
					   .tif = TIF_FOK });
	becomes(order.id, ORDER_IS_CANCELED, 0);
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "IMM",
					   .side = SIDE_BUY,
					   .shares = 1,
					   .cents = 1000,
					   .post_only = true });
	becomes(order.id, ORDER_IS_REJECTED, 0);
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "IMM",
					   .side = SIDE_BUY,
					   .shares = 4,
					   .cents = 1000,
					   .tif = TIF_FOK });
	becomes(order.id, ORDER_IS_FILLED, 4);
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "IMM",
					   .side = SIDE_BUY,
					   .shares = 9,
					   .cents = 1000,
					   .tif = TIF_IOC });
	becomes(order.id, ORDER_IS_CANCELED, 6);
	becomes(rests.id, ORDER_IS_FILLED, 10);
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "IMM",
					   .side = SIDE_BUY,
					   .shares = 1,
					   .cents = 900,
					   .post_only = true });
	becomes(order.id, ORDER_IS_NEW, 0);
	/* Fields that do not belong together. */
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "IMM",
					   .side = SIDE_BUY,
					   .shares = 1,
					   .cents = 900,
					   .stop_cents = 800 });
	REFUSED(&order, INVALID_FIELD);
}
END_TEST

/* ---- an account is blocked ---- */

/* Everything of it ends, legs that wait included; of the other accounts nothing does. */
START_TEST(test_block)
{
	Bourse__Users__V1__BlockAccount block = BOURSE__USERS__V1__BLOCK_ACCOUNT__INIT;
	char user[BUS_ID_TEXT];
	struct mesh_account owner, other;
	struct mesh_order order, kept;

	mesh.now = OPENED;
	mesh_open(&mesh, "BLCK");
	owner = mesh_register_as(&mesh, "blocked@example.com", "", false, 0, user);
	mesh_deposit(&mesh, owner.id, 10000);
	mesh_settle(&mesh);
	give(owner.id, "BLCK", 10);
	other = funded(1000);
	kept = place((struct mesh_order){ .account = other.id,
					  .symbol = "BLCK",
					  .side = SIDE_BUY,
					  .shares = 5,
					  .cents = 100 });
	for (int i = 0; i < 5; i++)
		place((struct mesh_order){ .account = owner.id,
					   .symbol = "BLCK",
					   .side = SIDE_BUY,
					   .shares = 5,
					   .cents = 100 + i });
	place((struct mesh_order){ .account = owner.id,
				   .symbol = "BLCK",
				   .side = SIDE_BUY,
				   .shares = 10,
				   .cents = 90,
				   .order_class = CLASS_BRACKET,
				   .profit_cents = 1100,
				   .loss_cents = 80 });
	place((struct mesh_order){ .account = owner.id,
				   .symbol = "BLCK",
				   .side = SIDE_SELL,
				   .type = TYPE_STOP,
				   .shares = 10,
				   .stop_cents = 50,
				   .tif = TIF_GTC });
	mesh_settle(&mesh);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS,
				     "select count(*) from customer_order where account_id = '%s' "
				     "and status in (1, 11)",
				     owner.id),
			 9);
	block.user_id = user;
	block.account_id = owner.id;
	block.reason = (char *)"a test";
	mesh_send(&mesh, "users.commands", user, &block.base, NULL, 0);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, 9,
		  "select count(*) from customer_order where account_id = '%s' and status = 5",
		  owner.id);
	mesh_settle(&mesh);
	has(owner.id, "cash_held_micros", 0);
	holds(owner.id, "BLCK", "position_held_micros", 0);
	becomes(kept.id, ORDER_IS_NEW, 0);
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "BLCK",
					   .side = SIDE_BUY,
					   .shares = 1,
					   .cents = 100 });
	REFUSED(&order, ACCOUNT_BLOCKED);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS, "select count(*) from refused_input"), 0);
}
END_TEST

/* ---- short sales, and what trading costs ---- */

/* The clock of the account's partition passes another minute, and the ledger looks at the quotes.
 */
static bool told_of_margin(struct mesh *m, const char *account, int64_t times)
{
	m->now += 61 * MICROS;
	mesh_deposit(m, account, 0); /* refused, but the clock comes along */
	mesh_settle(m);
	return mesh_number(m, MESH_NOTIFY,
			   "select count(*) from delivery where category = 6 and account_id = '%s'",
			   account) == times;
}

static bool called(struct mesh *m, void *arg)
{
	return told_of_margin(m, arg, 1);
}

static bool met(struct mesh *m, void *arg)
{
	return told_of_margin(m, arg, 2);
}

START_TEST(test_short)
{
	struct mesh_account owner, buyer, plain;
	struct mesh_order order;

	mesh.now = OPENED;
	mesh_open(&mesh, "SHRT");
	owner = mesh_register_as(&mesh, "short@example.com", "", true, 0, NULL);
	mesh_deposit(&mesh, owner.id, 10000);
	mesh_settle(&mesh);
	buyer = holder("SHRT", 100, 10000);
	plain = funded(1000);
	print_at("SHRT", buyer.id, plain.id, 1000);
	order = place((struct mesh_order){ .account = plain.id,
					   .symbol = "SHRT",
					   .side = SIDE_SELL,
					   .shares = 5,
					   .cents = 1000 });
	REFUSED(&order, INSUFFICIENT_POSITION);
	/* The desk hears by a snapshot that it may. 100 at 10: half of 1,000 is its margin. */
	order = insist((struct mesh_order){ .account = owner.id,
					    .symbol = "SHRT",
					    .side = SIDE_SELL,
					    .shares = 100,
					    .cents = 1000 });
	becomes(order.id, ORDER_IS_NEW, 0);
	has(owner.id, "cash_held_micros", 500 * MICROS);
	place((struct mesh_order){ .account = buyer.id,
				   .symbol = "SHRT",
				   .side = SIDE_BUY,
				   .shares = 100,
				   .cents = 1000 });
	becomes(order.id, ORDER_IS_FILLED, 100);
	mesh_settle(&mesh);
	has(owner.id, "cash_micros", 11000 * MICROS);
	has(owner.id, "cash_held_micros", 1500 * MICROS);
	holds(owner.id, "SHRT", "position_micros", -100 * MICROS);
	holds(owner.id, "SHRT", "collateral_micros", 1500 * MICROS);
	ck_assert_int_eq(mesh_number(&mesh, MESH_PORTFOLIO,
				     "select quantity_micros from portfolio_position where "
				     "account_id = '%s' and symbol = 'SHRT'",
				     owner.id),
			 -100 * MICROS);
	/* Through zero: 100 are covered at 9, and 20 are bought. */
	place((struct mesh_order){ .account = buyer.id,
				   .symbol = "SHRT",
				   .side = SIDE_SELL,
				   .shares = 120,
				   .cents = 900 });
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "SHRT",
					   .side = SIDE_BUY,
					   .shares = 120,
					   .cents = 900 });
	becomes(order.id, ORDER_IS_FILLED, 120);
	mesh_settle(&mesh);
	has(owner.id, "cash_micros", 9920 * MICROS);
	has(owner.id, "cash_held_micros", 0);
	holds(owner.id, "SHRT", "position_micros", 20 * MICROS);
	holds(owner.id, "SHRT", "collateral_micros", 0);
	ck_assert_int_eq(mesh_number(&mesh, MESH_PORTFOLIO,
				     "select realised_micros from portfolio_position where "
				     "account_id = '%s' and symbol = 'SHRT'",
				     owner.id),
			 100 * MICROS);
	/* Short again, and the price rises: equity falls below 30 % of what is owed. */
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "SHRT",
					   .side = SIDE_SELL,
					   .shares = 1020,
					   .cents = 900 });
	place((struct mesh_order){ .account = buyer.id,
				   .symbol = "SHRT",
				   .side = SIDE_BUY,
				   .shares = 1020,
				   .cents = 900 });
	becomes(order.id, ORDER_IS_FILLED, 1020);
	print_at("SHRT", buyer.id, plain.id, 1800);
	mesh_until(&mesh, called, owner.id, "the margin is called");
	print_at("SHRT", buyer.id, plain.id, 900);
	mesh_until(&mesh, met, owner.id, "the call is met");
}
END_TEST

/* The group "active": 200 millionths for the maker, 500 for the taker, and regulatory on sells. */
START_TEST(test_fees)
{
	struct mesh_account maker, taker;
	struct mesh_order ask, bid;

	mesh.now = OPENED;
	mesh_open(&mesh, "FEES");
	maker = mesh_register_as(&mesh, "maker@example.com", "active", false, 0, NULL);
	taker = mesh_register_as(&mesh, "taker@example.com", "active", false, 0, NULL);
	mesh_deposit(&mesh, taker.id, 10000);
	mesh_deposit(&mesh, maker.id, 1);
	mesh_settle(&mesh);
	give(maker.id, "FEES", 100);
	mesh_pause(500); /* both snapshots are with the desk by now; it is asked below */
	ask = place((struct mesh_order){ .account = maker.id,
					 .symbol = "FEES",
					 .side = SIDE_SELL,
					 .shares = 100,
					 .cents = 1000 });
	bid = place((struct mesh_order){ .account = taker.id,
					 .symbol = "FEES",
					 .side = SIDE_BUY,
					 .shares = 100,
					 .cents = 1000 });
	becomes(ask.id, ORDER_IS_FILLED, 100);
	becomes(bid.id, ORDER_IS_FILLED, 100);
	mesh_settle(&mesh);
	/* 1,000: 0.20 and 0.0278 and 0.0166 from the seller, 0.50 from the buyer. */
	has(maker.id, "cash_micros", MICROS + 1000 * MICROS - 200000 - 27800 - 16600);
	has(taker.id, "cash_micros", 9000 * MICROS - 500000);
	has(taker.id, "cash_held_micros", 0);
}
END_TEST

/* ---- auctions and halts ---- */

static void call_auction(const char *symbol, int kind, int32_t date)
{
	Bourse__Market__V1__CallAuction call = BOURSE__MARKET__V1__CALL_AUCTION__INIT;

	call.symbol = (char *)(uintptr_t)symbol;
	call.kind = (Bourse__Market__V1__AuctionKind)kind;
	call.session_date = date;
	mesh_send(&mesh, "market.commands", symbol, &call.base, NULL, 0);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, kind == 1 ? 4 : 5,
		  "select trading from book_symbol where symbol = '%s'", symbol);
}

static void open_session(const char *symbol, int32_t date, int64_t closes_at)
{
	Bourse__Market__V1__OpenSession session = BOURSE__MARKET__V1__OPEN_SESSION__INIT;

	session.symbol = (char *)(uintptr_t)symbol;
	session.session_date = date;
	session.closes_at_micros = closes_at;
	mesh_send(&mesh, "market.commands", symbol, &session.base, NULL, 0);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, 2, "select trading from book_symbol where symbol = '%s'",
		  symbol);
}

/* What the call of AUCT would give has been told, and is what it gives then. */
static void count_imbalances(void *arg, const rd_kafka_message_t *record, const struct bus_ce *ce)
{
	Bourse__Market__V1__MarketEvents *step =
		bourse__market__v1__market_events__unpack(NULL, record->len, record->payload);
	int *seen = arg;

	(void)ce;
	ck_assert_ptr_nonnull(step);
	for (size_t i = 0; i < step->n_events; i++) {
		const Bourse__Market__V1__ImbalancePublished *told =
			step->events[i]->imbalance_published;

		if (step->events[i]->event_case !=
			    BOURSE__MARKET__V1__MARKET_EVENT__EVENT_IMBALANCE_PUBLISHED ||
		    told->volume_micros != 30 * MICROS)
			continue;
		ck_assert_int_eq(told->imbalance_micros, 15 * MICROS);
		ck_assert(told->buy_imbalance);
		++*seen;
	}
	bourse__market__v1__market_events__free_unpacked(step, NULL);
}

START_TEST(test_auctions)
{
	Bourse__Market__V1__CloseSession close = BOURSE__MARKET__V1__CLOSE_SESSION__INIT;
	struct mesh_account seller, buyer;
	struct mesh_order ask, bid, opg, cls, gtc;
	int imbalances = 0;

	mesh.now = OPENED + 4 * HOUR;
	close.symbol = (char *)"AUCT";
	mesh_define(&mesh, "AUCT", false);
	call_auction("AUCT", 1, 20120621);
	seller = holder("AUCT", 200, 1);
	buyer = funded(10000);
	ask = insist((struct mesh_order){ .account = seller.id,
					  .symbol = "AUCT",
					  .side = SIDE_SELL,
					  .shares = 30,
					  .cents = 990,
					  .tif = TIF_GTC });
	bid = place((struct mesh_order){ .account = buyer.id,
					 .symbol = "AUCT",
					 .side = SIDE_BUY,
					 .shares = 20,
					 .cents = 1010 });
	mesh.now += 2 * MICROS;
	opg = place((struct mesh_order){ .account = buyer.id,
					 .symbol = "AUCT",
					 .side = SIDE_BUY,
					 .shares = 25,
					 .cents = 1000,
					 .tif = TIF_OPG });
	mesh_settle(&mesh);
	becomes(bid.id, ORDER_IS_NEW, 0);
	ck_assert_int_eq(
		mesh_number(&mesh, MESH_ORDERS, "select count(*) from trade where symbol = 'AUCT'"),
		0);
	mesh_read(&mesh, "market.events", count_imbalances, &imbalances);
	ck_assert_int_ge(imbalances, 1);
	/* 30 would trade from 9.90 to 10.00, and 15 of the buyers be left over: the lowest it is.
	 */
	open_session("AUCT", 20120621, OPENED + 5 * HOUR);
	becomes(bid.id, ORDER_IS_FILLED, 20);
	becomes(opg.id, ORDER_IS_CANCELED, 10);
	becomes(ask.id, ORDER_IS_FILLED, 30);
	mesh_settle(&mesh);
	ck_assert_int_eq(
		mesh_number(&mesh, MESH_ORDERS,
			    "select count(*) from trade where symbol = 'AUCT' and price_micros <> "
			    "9900000"),
		0);
	/* The closing auction, and the day's end by its timer. */
	gtc = insist((struct mesh_order){ .account = seller.id,
					  .symbol = "AUCT",
					  .side = SIDE_SELL,
					  .shares = 10,
					  .cents = 1200,
					  .tif = TIF_GTC });
	bid = place((struct mesh_order){ .account = buyer.id,
					 .symbol = "AUCT",
					 .side = SIDE_BUY,
					 .shares = 5,
					 .cents = 900 });
	cls = place((struct mesh_order){ .account = seller.id,
					 .symbol = "AUCT",
					 .side = SIDE_SELL,
					 .shares = 8,
					 .cents = 890,
					 .tif = TIF_CLS });
	call_auction("AUCT", 2, 0);
	mesh.now = OPENED + 5 * HOUR;
	mesh_send(&mesh, "market.commands", "AUCT", &close.base, NULL, 0);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, 1, "select trading from book_symbol where symbol = 'AUCT'");
	becomes(bid.id, ORDER_IS_FILLED, 5);
	becomes(cls.id, ORDER_IS_CANCELED, 5);
	becomes(gtc.id, ORDER_IS_NEW, 0);
	mesh_settle(&mesh);
	/* The next day: what is good till canceled is still there. */
	mesh.now = OPENED + DAY;
	open_session("AUCT", 20120622, 0);
	insist((struct mesh_order){ .account = buyer.id,
				    .symbol = "AUCT",
				    .side = SIDE_BUY,
				    .shares = 10,
				    .cents = 1200 });
	becomes(gtc.id, ORDER_IS_FILLED, 10);
}
END_TEST

START_TEST(test_halt)
{
	Bourse__Market__V1__HaltInstrument halt = BOURSE__MARKET__V1__HALT_INSTRUMENT__INIT;
	Bourse__Market__V1__ResumeInstrument resume = BOURSE__MARKET__V1__RESUME_INSTRUMENT__INIT;
	struct mesh_account seller, buyer;
	struct mesh_order ask, bid, ioc;

	mesh.now = OPENED;
	mesh_open(&mesh, "HALT");
	seller = holder("HALT", 100, 1);
	buyer = funded(10000);
	halt.symbol = resume.symbol = (char *)"HALT";
	halt.reason = (char *)"news";
	mesh_send(&mesh, "market.commands", "HALT", &halt.base, NULL, 0);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, 3, "select trading from book_symbol where symbol = 'HALT'");
	ask = place((struct mesh_order){ .account = seller.id,
					 .symbol = "HALT",
					 .side = SIDE_SELL,
					 .shares = 10,
					 .cents = 900 });
	bid = place((struct mesh_order){ .account = buyer.id,
					 .symbol = "HALT",
					 .side = SIDE_BUY,
					 .shares = 12,
					 .cents = 1000 });
	becomes(bid.id, ORDER_IS_NEW, 0);
	mesh_settle(&mesh);
	ioc = place((struct mesh_order){ .account = buyer.id,
					 .symbol = "HALT",
					 .side = SIDE_BUY,
					 .shares = 1,
					 .cents = 1000,
					 .tif = TIF_IOC });
	mesh_settle(&mesh);
	ck_assert_int_eq(
		mesh_number(&mesh, MESH_ORDERS, "select count(*) from trade where symbol = 'HALT'"),
		0);
	ck_assert_int_eq(order_number(ioc.id, "coalesce(sum(cum_micros), 0)"), 0);
	mesh_send(&mesh, "market.commands", "HALT", &resume.base, NULL, 0);
	becomes(ask.id, ORDER_IS_FILLED, 10);
	becomes(bid.id, ORDER_IS_PARTIAL, 10);
	mesh_settle(&mesh);
}
END_TEST

/* ---- corporate actions, settlement, the day's end ---- */

static void announce(const char *symbol, int64_t new_shares, int64_t old_shares, int64_t dividend,
		     int64_t at)
{
	Bourse__Market__V1__AnnounceAction action = BOURSE__MARKET__V1__ANNOUNCE_ACTION__INIT;

	action.symbol = (char *)(uintptr_t)symbol;
	action.kind = dividend ? BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_DIVIDEND
			       : BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_SPLIT;
	action.effective_at_micros = at;
	action.new_shares = new_shares;
	action.old_shares = old_shares;
	action.amount_micros = dividend;
	action.cash_price_micros = dividend ? 0 : 100 * MICROS;
	mesh_send(&mesh, "market.commands", symbol, &action.base, NULL, 0);
}

static void apply_actions(const char *account)
{
	Bourse__Portfolio__V1__ApplyActions apply = BOURSE__PORTFOLIO__V1__APPLY_ACTIONS__INIT;

	apply.account_id = (char *)(uintptr_t)account;
	mesh_send(&mesh, "portfolio.commands", account, &apply.base, NULL, 0);
}

/* The ledger hears of actions by a snapshot: it is asked until it has. */
static bool applied(struct mesh *m, void *arg)
{
	apply_actions(arg);
	mesh_settle(m);
	return mesh_number(
		       m, MESH_ORDERS,
		       "select count(*) from desk_position where account_id = '%s' and symbol = "
		       "'ACTS' and position_micros = 10000000",
		       (const char *)arg) == 1;
}

static bool renamed(struct mesh *m, void *arg)
{
	apply_actions(arg);
	mesh_settle(m);
	return mesh_number(
		       m, MESH_ORDERS,
		       "select count(*) from desk_position where account_id = '%s' and symbol = "
		       "'NEW' and position_micros = 40000000",
		       (const char *)arg) == 1;
}

/* A split ends the symbol's orders, and then goes through the accounts; a dividend pays. */
START_TEST(test_actions)
{
	struct mesh_account owner, other;
	struct mesh_order order, gtc;

	mesh.now = OPENED + HOUR;
	mesh_open(&mesh, "ACTS");
	owner = holder("ACTS", 105, 1000);
	other = funded(10000);
	announce("ACTS", 0, 0, 2 * MICROS, mesh.now + 10 * MICROS);
	announce("ACTS", 1, 10, 0, mesh.now + 20 * MICROS);
	gtc = place((struct mesh_order){ .account = owner.id,
					 .symbol = "ACTS",
					 .side = SIDE_SELL,
					 .shares = 50,
					 .cents = 1500,
					 .tif = TIF_GTC });
	becomes(gtc.id, ORDER_IS_NEW, 0);
	mesh_settle(&mesh);
	/* The symbol's clock comes to both with its next command. */
	mesh.now += 30 * MICROS;
	mesh_define(&mesh, "ACTS", false);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_MARKET, 2,
		  "select count(*) from corporate_action where symbol = 'ACTS' and number > 0");
	becomes(gtc.id, ORDER_IS_CANCELED, 0);
	/* 105 shares at 2 are 210; 105 for 10 are 10, and half of a new share at 100 is 50. */
	mesh_until(&mesh, applied, owner.id, "the position has been through both");
	mesh_settle(&mesh);
	has(owner.id, "cash_micros", 1260 * MICROS);
	ck_assert_int_eq(mesh_number(&mesh, MESH_PORTFOLIO,
				     "select quantity_micros from portfolio_position where "
				     "account_id = '%s' and symbol = 'ACTS'",
				     owner.id),
			 10 * MICROS);
	/* What is left trades on, with somebody who never had any. */
	order = insist((struct mesh_order){ .account = owner.id,
					    .symbol = "ACTS",
					    .side = SIDE_SELL,
					    .shares = 10,
					    .cents = 10000 });
	place((struct mesh_order){ .account = other.id,
				   .symbol = "ACTS",
				   .side = SIDE_BUY,
				   .shares = 10,
				   .cents = 10000 });
	becomes(order.id, ORDER_IS_FILLED, 10);
	mesh_settle(&mesh);
	holds(owner.id, "ACTS", "position_micros", 0);
	ck_assert_int_eq(mesh_number(&mesh, MESH_NOTIFY,
				     "select count(*) from delivery where category = 7 and "
				     "account_id = '%s'",
				     owner.id),
			 2);
}
END_TEST

/* The position goes on under the new symbol, with its cost; orders of the old one are over. */
START_TEST(test_rename)
{
	Bourse__Market__V1__AnnounceAction action = BOURSE__MARKET__V1__ANNOUNCE_ACTION__INIT;
	struct mesh_account owner, buyer;
	struct mesh_order order;

	mesh.now = OPENED + 2 * HOUR;
	mesh_open(&mesh, "OLD");
	mesh_open(&mesh, "NEW");
	owner = holder("OLD", 40, 1000);
	buyer = funded(1000);
	action.symbol = (char *)"OLD";
	action.kind = BOURSE__MARKET__V1__ACTION_KIND__ACTION_KIND_RENAME;
	action.effective_at_micros = mesh.now + MICROS;
	action.new_symbol = (char *)"NEW";
	mesh_send(&mesh, "market.commands", "OLD", &action.base, NULL, 0);
	order = place((struct mesh_order){ .account = owner.id,
					   .symbol = "OLD",
					   .side = SIDE_SELL,
					   .shares = 40,
					   .cents = 1100 });
	becomes(order.id, ORDER_IS_NEW, 0);
	mesh_settle(&mesh);
	mesh.now += 10 * MICROS;
	mesh_define(&mesh, "OLD", false);
	becomes(order.id, ORDER_IS_CANCELED, 0);
	mesh_until(&mesh, renamed, owner.id, "the position has its new symbol");
	holds(owner.id, "OLD", "position_micros", 0);
	ck_assert_int_eq(
		mesh_number(&mesh, MESH_PORTFOLIO,
			    "select cost_micros from portfolio_position where account_id = "
			    "'%s' and symbol = 'NEW'",
			    owner.id),
		400 * MICROS);
	order = insist((struct mesh_order){ .account = owner.id,
					    .symbol = "NEW",
					    .side = SIDE_SELL,
					    .shares = 40,
					    .cents = 1100 });
	place((struct mesh_order){ .account = buyer.id,
				   .symbol = "NEW",
				   .side = SIDE_BUY,
				   .shares = 40,
				   .cents = 1100 });
	becomes(order.id, ORDER_IS_FILLED, 40);
}
END_TEST

/* Sold today, settled tomorrow; until then it cannot be withdrawn. Each day has its statement. */
START_TEST(test_settlement)
{
	struct mesh_account seller, buyer;
	struct mesh_order ask;
	char *said;

	mesh.now = OPENED + DAY;
	mesh_open(&mesh, "SETL");
	seller = holder("SETL", 10, 100);
	buyer = funded(1000);
	ask = place((struct mesh_order){ .account = seller.id,
					 .symbol = "SETL",
					 .side = SIDE_SELL,
					 .shares = 10,
					 .cents = 1000 });
	place((struct mesh_order){ .account = buyer.id,
				   .symbol = "SETL",
				   .side = SIDE_BUY,
				   .shares = 10,
				   .cents = 1000 });
	becomes(ask.id, ORDER_IS_FILLED, 10);
	mesh_settle(&mesh);
	mesh_withdraw(&mesh, seller.id, 150, NULL);
	mesh_settle(&mesh);
	has(seller.id, "cash_micros", 200 * MICROS);
	/* Friday's trade settles on Monday. */
	mesh.now = OPENED + 5 * DAY;
	apply_actions(seller.id);
	apply_actions(buyer.id);
	mesh_settle(&mesh);
	mesh_withdraw(&mesh, seller.id, 150, NULL);
	mesh_settle(&mesh);
	has(seller.id, "cash_micros", 50 * MICROS);
	ck_assert_int_eq(mesh_bourse(&mesh, &said, "statement %s", seller.id), 0);
	ck_assert_msg(strstr(said, "closing") != NULL, "%s", said);
	free(said);
	ck_assert_int_eq(mesh_bourse(&mesh, &said, "returns %s", seller.id), 0);
	ck_assert_msg(strstr(said, "time-weighted") != NULL, "%s", said);
	free(said);
}
END_TEST

/* ---- everything at once ---- */

#define STORM	       800
#define STORM_ACCOUNTS 12

static uint32_t storm_state = 20120621;

static int64_t draw(int64_t below)
{
	storm_state = storm_state * 1664525u + 1013904223u;
	return (int64_t)(storm_state >> 8) % below;
}

static const char *const storm_symbols[] = { "STMA", "STMB" };

/* An order of any type, near 10.00, with what belongs to its type, more or less. */
static struct mesh_order any_order(const char *account)
{
	static const Bourse__Orders__V1__TimeInForce tifs[] = { TIF_DAY, TIF_DAY, TIF_GTC,
								TIF_IOC, TIF_FOK, TIF_CLS };
	struct mesh_order order = {
		.account = account,
		.symbol = storm_symbols[draw(2)],
		.side = draw(2) ? SIDE_BUY : SIDE_SELL,
		.type = (Bourse__Orders__V1__OrderType)(1 + draw(5)),
		.tif = TIF_DAY,
		.shares = 1 + draw(20),
		.stp = (int)draw(6),
	};
	int64_t cents = 980 + draw(40);

	switch (order.type) {
	case TYPE_MARKET:
		if (draw(3) == 0) {
			order.dollars = 20 + draw(200);
			order.shares = 0;
		}
		break;
	case TYPE_STOP:
		order.stop_cents = cents;
		break;
	case TYPE_STOP_LIMIT:
		order.stop_cents = cents;
		order.cents = cents + draw(20) - 10;
		break;
	case TYPE_TRAILING:
		if (draw(2))
			order.trail_cents = 1 + draw(30);
		else
			order.trail_percent = 1 + draw(3);
		break;
	default:
		order.type = TYPE_LIMIT;
		order.cents = cents;
		order.tif = tifs[draw(BUS_ARRAY_LEN(tifs))];
		order.post_only = draw(8) == 0;
		break;
	}
	return order;
}

/* A limit order with legs, or a pair. */
static struct mesh_order any_class(const char *account)
{
	static const Bourse__Orders__V1__OrderClass classes[] = { CLASS_BRACKET, CLASS_OCO,
								  CLASS_OTO };
	struct mesh_order order = any_order(account);
	int64_t way;

	order = (struct mesh_order){ .account = account,
				     .symbol = order.symbol,
				     .side = order.side,
				     .tif = TIF_GTC,
				     .shares = 1 + draw(20),
				     .cents = 990 + draw(20),
				     .order_class = classes[draw(3)] };
	way = (order.side == SIDE_BUY) == (order.order_class != CLASS_OCO) ? 1 : -1;
	if (order.order_class == CLASS_OCO)
		order.cents += way * 15;
	else if (order.order_class == CLASS_BRACKET || draw(2))
		order.profit_cents = order.cents + way * (5 + draw(15));
	if (!order.profit_cents || order.order_class == CLASS_BRACKET)
		order.loss_cents = order.cents - way * (order.order_class == CLASS_OCO ? 30 : 15);
	return order;
}

static void halt_and_resume(const char *symbol)
{
	Bourse__Market__V1__HaltInstrument halt = BOURSE__MARKET__V1__HALT_INSTRUMENT__INIT;
	Bourse__Market__V1__ResumeInstrument resume = BOURSE__MARKET__V1__RESUME_INSTRUMENT__INIT;

	halt.symbol = resume.symbol = (char *)(uintptr_t)symbol;
	halt.reason = (char *)"a storm";
	if (draw(2))
		mesh_send(&mesh, "market.commands", symbol, &halt.base, NULL, 0);
	else
		mesh_send(&mesh, "market.commands", symbol, &resume.base, NULL, 0);
}

/* The closing auction, the close, and the next day's opening auction, with whatever comes between.
 */
static void day_passes(const char *symbol, int32_t date)
{
	Bourse__Market__V1__CallAuction call = BOURSE__MARKET__V1__CALL_AUCTION__INIT;
	Bourse__Market__V1__CloseSession close = BOURSE__MARKET__V1__CLOSE_SESSION__INIT;
	Bourse__Market__V1__OpenSession session = BOURSE__MARKET__V1__OPEN_SESSION__INIT;

	call.symbol = close.symbol = session.symbol = (char *)(uintptr_t)symbol;
	call.kind = BOURSE__MARKET__V1__AUCTION_KIND__AUCTION_KIND_CLOSING;
	mesh_send(&mesh, "market.commands", symbol, &call.base, NULL, 0);
	mesh_pause(100);
	mesh_send(&mesh, "market.commands", symbol, &close.base, NULL, 0);
	call.kind = BOURSE__MARKET__V1__AUCTION_KIND__AUCTION_KIND_OPENING;
	call.session_date = session.session_date = date;
	mesh_send(&mesh, "market.commands", symbol, &call.base, NULL, 0);
	mesh_pause(100);
	mesh_send(&mesh, "market.commands", symbol, &session.base, NULL, 0);
}

static void any_command(struct mesh_account *accounts, struct mesh_order *orders, int n)
{
	const char *account = accounts[draw(STORM_ACCOUNTS)].id;
	struct mesh_order *other = &orders[n ? draw(n) : 0];
	int64_t what = draw(20);

	orders[n] = what < 4 ? any_class(account) : any_order(account);
	if (what < 15) {
		mesh_place(&mesh, &orders[n]);
		return;
	}
	orders[n] = *other;
	if (n == 0 || !other->account)
		return;
	if (what < 17)
		mesh_cancel(&mesh, other);
	else if (what < 19)
		memcpy(orders[n].id,
		       mesh_replace(&mesh, other, draw(3) ? 1 + draw(25) : 0,
				    draw(2) ? 980 + draw(40) : 0)
			       .id,
		       BUS_ID_TEXT);
	else if (draw(6) == 0)
		mesh_cancel_all(&mesh, account, draw(2) ? other->symbol : NULL);
	else
		halt_and_resume(other->symbol);
}

/*
 * Hundreds of commands of all kinds while services die. What they come to is chance; that it adds
 * up is what the audit says below.
 */
START_TEST(test_storm)
{
	static struct mesh_order orders[STORM];
	struct mesh_account accounts[STORM_ACCOUNTS];
	char email[64];

	mesh.now = OPENED + 10 * DAY;
	for (int i = 0; i < 2; i++)
		mesh_open(&mesh, storm_symbols[i]);
	for (int i = 0; i < STORM_ACCOUNTS; i++) {
		snprintf(email, sizeof(email), "storm-%d@example.com", i);
		accounts[i] = mesh_register_as(&mesh, email, i % 2 ? "active" : "retail",
					       i % 3 == 0, i % 2, NULL);
		mesh_deposit(&mesh, accounts[i].id, 2000);
		for (int k = 0; k < 2; k++)
			mesh_deposit_shares(&mesh, accounts[i].id, storm_symbols[k], 50);
	}
	mesh_settle(&mesh);
	for (int n = 0; n < STORM; n++) {
		any_command(accounts, orders, n);
		if (n % 20 == 0)
			mesh_pause(20);
		if (n == 200 || n == 600) {
			mesh_flush(&mesh);
			mesh_stack(&mesh, "kill svc-orders");
			mesh_stack(&mesh, "start svc-orders");
		}
		if (n % 150 == 100)
			day_passes(storm_symbols[draw(2)], 20120701 + n / 150);
		if (n == 300)
			announce(storm_symbols[0], 0, 0, 100000, mesh.now);
		if (n == 500) {
			announce(storm_symbols[1], 3, 2, 0, mesh.now);
			mesh_define(&mesh, storm_symbols[1], false);
		}
		if (n == 400) {
			mesh_flush(&mesh);
			mesh_stack(&mesh, "kill svc-portfolio");
			mesh_stack(&mesh, "start svc-portfolio");
		}
	}
	mesh_settle(&mesh);
	/* What waits for an account's orders to end goes through it then. */
	for (int i = 0; i < STORM_ACCOUNTS; i++) {
		mesh_cancel_all(&mesh, accounts[i].id, NULL);
		apply_actions(accounts[i].id);
	}
	mesh_settle(&mesh);
	printf("test_mesh_types: the storm led to %" PRId64 " orders and %" PRId64 " trades\n",
	       mesh_number(&mesh, MESH_ORDERS,
			   "select count(*) from customer_order where symbol like 'STM_'"),
	       mesh_number(&mesh, MESH_ORDERS,
			   "select count(*) from trade where symbol like 'STM_'"));
	ck_assert_int_gt(mesh_number(&mesh, MESH_ORDERS,
				     "select count(*) from trade where symbol like 'STM_'"),
			 50);
	ck_assert_int_eq(mesh_number(&mesh, MESH_MARKET,
				     "select count(*) from corporate_action where symbol like "
				     "'STM_' and number > 0"),
			 2);
	ck_assert_int_gt(mesh_number(&mesh, MESH_PORTFOLIO,
				     "select count(*) from ledger_entry where cause = 'split' and "
				     "instrument = 'STMB'"),
			 0);
}
END_TEST

/* ---- all of it ---- */

START_TEST(test_audit)
{
	char *said;
	int status;

	mesh_settle(&mesh);
	mesh_check(&mesh, -1);
	status = mesh_bourse(&mesh, &said, "audit");
	printf("%s", said);
	free(said);
	ck_assert_int_eq(status, 0);
}
END_TEST

static void up(void)
{
	setenv("BOURSE_CLOCK", "event", 1);
	mesh_up(&mesh, "stack", "up --services");
}

static void down(void)
{
	mesh_down(&mesh);
}

static void leave(void)
{
	mesh_leave(&mesh);
}

int main(void)
{
	Suite *suite = suite_create("mesh_types");
	TCase *tcase = tcase_create("types");

	tcase_set_timeout(tcase, 300);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_checked_fixture(tcase, NULL, leave);
	tcase_add_test(tcase, test_stops);
	tcase_add_test(tcase, test_bracket);
	tcase_add_test(tcase, test_oco);
	tcase_add_test(tcase, test_notional);
	tcase_add_test(tcase, test_replace);
	tcase_add_test(tcase, test_self_trade);
	tcase_add_test(tcase, test_immediate);
	tcase_add_test(tcase, test_block);
	tcase_add_test(tcase, test_short);
	tcase_add_test(tcase, test_fees);
	tcase_add_test(tcase, test_actions);
	tcase_add_test(tcase, test_rename);
	tcase_add_test(tcase, test_auctions);
	tcase_add_test(tcase, test_halt);
	tcase_add_test(tcase, test_settlement);
	tcase_add_test(tcase, test_storm);
	tcase_add_test(tcase, test_audit);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
