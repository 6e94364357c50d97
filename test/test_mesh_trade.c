/*
 * What people do with the mesh, end to end over the five services: money that is held, a trade seen
 * in every store that hears of it, and races whose outcome may go either way, but never wrong.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../libbus/test/suite.h"
#include "bourse/users/v1/users.pb-c.h"
#include "lib/mesh_trade.h"

static struct mesh mesh;

static int64_t available(const char *account)
{
	return mesh_number(&mesh, MESH_ORDERS,
			   "select cash_micros - cash_held_micros from desk_account where "
			   "account_id = '%s'",
			   account);
}

static void fund(const char *account, int64_t dollars)
{
	mesh_deposit(&mesh, account, dollars);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, dollars * MICROS,
		  "select cash_micros from desk_account where account_id = '%s'", account);
}

static void fund_shares(const char *account, const char *symbol, int64_t shares)
{
	mesh_deposit_shares(&mesh, account, symbol, shares);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, shares * MICROS,
		  "select position_micros from desk_position where account_id = '%s' and symbol = "
		  "'%s'",
		  account, symbol);
}

/* ---- the money test ---- */

START_TEST(test_money)
{
	struct mesh_account me = mesh_account(-1);
	struct mesh_order small = {
		.account = me.id, .symbol = "MONEY", .side = SIDE_BUY, .shares = 100, .cents = 3000
	};
	struct mesh_order large = {
		.account = me.id, .symbol = "MONEY", .side = SIDE_BUY, .shares = 100, .cents = 8000
	};
	struct mesh_outcome outcome;

	mesh_open(&mesh, "MONEY");
	fund(me.id, 10000);
	mesh_place(&mesh, &small);
	mesh_place(&mesh, &large);
	mesh_settle(&mesh);
	ck_assert_int_eq(available(me.id), 7000 * MICROS);
	outcome = mesh_outcome(&mesh, large.id);
	ck_assert_int_eq(outcome.accepted, 0);
	ck_assert_int_eq(outcome.rejected, 1);
	ck_assert_int_eq(
		outcome.reason,
		BOURSE__ORDERS__V1__REJECT_REASON__REJECT_REASON_INSUFFICIENT_BUYING_POWER);
	/* What is left is enough for one of just that size, to the cent. */
	large.cents = 7000;
	large.ce_id = NULL;
	mesh_place(&mesh, &large);
	mesh_settle(&mesh);
	ck_assert_int_eq(available(me.id), 0);
	mesh_cancel(&mesh, &small);
	mesh_cancel(&mesh, &large);
	mesh_settle(&mesh);
	ck_assert_int_eq(available(me.id), 10000 * MICROS);
	mesh_check(&mesh, -1);
}
END_TEST

/* ---- a trade in the four stores that hear of it ---- */

START_TEST(test_trade)
{
	struct mesh_account buyer = mesh_register(&mesh, "buyer@example.com", NULL);
	struct mesh_account seller = mesh_register(&mesh, "seller@example.com", NULL);
	struct mesh_order ask = { .account = seller.id,
				  .symbol = "TRADE",
				  .side = SIDE_SELL,
				  .shares = 50,
				  .cents = 1995 };
	struct mesh_order bid = { .account = buyer.id,
				  .symbol = "TRADE",
				  .side = SIDE_BUY,
				  .shares = 30,
				  .cents = 2000 };
	char *row;

	mesh_open(&mesh, "TRADE");
	fund(buyer.id, 1000);
	fund_shares(seller.id, "TRADE", 50);
	mesh_place(&mesh, &ask);
	mesh_flush(&mesh);
	mesh_wait(&mesh, MESH_ORDERS, 1, "select count(*) from resting_order where order_id = '%s'",
		  ask.id);
	mesh_place(&mesh, &bid);
	mesh_settle(&mesh);

	/* At the resting price: 30 x 19.95 = 598.50. */
	row = mesh_rows(&mesh, MESH_ORDERS,
			"select price_micros, quantity_micros, maker_order_id, taker_order_id from "
			"trade where symbol = 'TRADE'");
	char expected[256];
	snprintf(expected, sizeof(expected), "19950000|30000000|%s|%s\n", ask.id, bid.id);
	ck_assert_str_eq(row, expected);
	free(row);
	row = mesh_rows(
		&mesh, MESH_ORDERS,
		"select status, cum_micros, leaves_micros from customer_order where order_id "
		"in ('%s', '%s') order by leaves_micros",
		bid.id, ask.id);
	ck_assert_str_eq(row, "3|30000000|0\n2|30000000|20000000\n");
	free(row);
	row = mesh_rows(&mesh, MESH_PORTFOLIO,
			"select cash_micros, quantity_micros, cost_micros, p.realised_micros from "
			"portfolio_account a join portfolio_position p using (account_id) where "
			"symbol = 'TRADE' order by 1");
	ck_assert_str_eq(row, "401500000|30000000|598500000|0\n"
			      "598500000|20000000|200000000|298500000\n");
	free(row);
	row = mesh_rows(
		&mesh, MESH_MARKET,
		"select t.price_micros, t.quantity_micros, q.bid_price_micros, "
		"q.ask_price_micros, q.ask_quantity_micros, q.last_price_micros, "
		"b.volume_micros, b.notional_micros from trade t join quote q using (symbol) "
		"join bar b using (symbol) where symbol = 'TRADE'");
	ck_assert_str_eq(row,
			 "19950000|30000000|0|19950000|20000000|19950000|30000000|598500000\n");
	free(row);
	row = mesh_rows(
		&mesh, MESH_NOTIFY,
		"select count(*), count(distinct account_id), count(nullif(user_id, '')) from "
		"delivery where category = 1 and account_id in ('%s', '%s')",
		buyer.id, seller.id);
	ck_assert_str_eq(row, "2|2|2\n");
	free(row);
	mesh_check(&mesh, -1);
}
END_TEST

/* ---- a cancel races a fill ---- */

/* Canceled or filled, never both, and the other side agrees. */
START_TEST(test_cancel_races_fill)
{
	enum { PAIRS = 150 };
	static struct mesh_order asks[PAIRS], bids[PAIRS];
	struct mesh_account seller = mesh_account(0), buyer = mesh_account(1);
	int64_t filled, canceled;

	mesh_open(&mesh, "RACE");
	fund(buyer.id, 1000000);
	fund_shares(seller.id, "RACE", PAIRS * 10);
	for (int i = 0; i < PAIRS; i++) {
		asks[i] = (struct mesh_order){ .account = seller.id,
					       .symbol = "RACE",
					       .side = SIDE_SELL,
					       .shares = 10,
					       .cents = 1000 + i };
		mesh_place(&mesh, &asks[i]);
	}
	mesh_settle(&mesh);
	/* Two partitions of the desk: nothing orders the two but chance. */
	for (int i = 0; i < PAIRS; i++) {
		bids[i] = (struct mesh_order){ .account = buyer.id,
					       .symbol = "RACE",
					       .side = SIDE_BUY,
					       .shares = 10,
					       .cents = 1000 + i,
					       .tif = TIF_IOC };
		if (i % 2)
			mesh_cancel(&mesh, &asks[i]);
		else
			mesh_place(&mesh, &bids[i]);
		if (i % 4 < 2)
			mesh_flush(&mesh);
		if (i % 2)
			mesh_place(&mesh, &bids[i]);
		else
			mesh_cancel(&mesh, &asks[i]);
		if (i % 10 == 0)
			mesh_flush(&mesh);
	}
	mesh_settle(&mesh);
	filled = mesh_number(
		&mesh, MESH_ORDERS,
		"select count(*) from customer_order where account_id = '%s' and status = "
		"3 and cum_micros = 10000000",
		seller.id);
	canceled = mesh_number(&mesh, MESH_ORDERS,
			       "select count(*) from customer_order where account_id = '%s' and "
			       "status = 5 and cum_micros = 0",
			       seller.id);
	ck_assert_int_eq(filled + canceled, PAIRS);
	ck_assert_int_eq(mesh_number(&mesh, MESH_ORDERS,
				     "select sum(cum_micros) / 1000000 from customer_order where "
				     "account_id = '%s'",
				     buyer.id),
			 filled * 10);
	printf("test_mesh_trade: of %d races the fill won %" PRId64 "\n", PAIRS, filled);
	mesh_check(&mesh, -1);
}
END_TEST

/* ---- a withdrawal races an order ---- */

/* $100 and an order of $100 and a withdrawal of $100: one of the two gets it. */
START_TEST(test_withdrawal_races_order)
{
	enum { ACCOUNTS = 60 };
	static struct mesh_account accounts[ACCOUNTS];
	static struct mesh_order orders[ACCOUNTS];
	int64_t held, booked;

	mesh_open(&mesh, "CASH");
	for (int i = 0; i < ACCOUNTS; i++) {
		accounts[i] = mesh_account(i % 2);
		mesh_deposit(&mesh, accounts[i].id, 100);
	}
	mesh_settle(&mesh);
	for (int i = 0; i < ACCOUNTS; i++) {
		orders[i] = (struct mesh_order){ .account = accounts[i].id,
						 .symbol = "CASH",
						 .side = SIDE_BUY,
						 .shares = 10,
						 .cents = 1000 };
		/* A third: the order first; a third: the withdrawal is held before; a third: at
		 * once. */
		if (i % 3 == 0) {
			mesh_place(&mesh, &orders[i]);
			mesh_flush(&mesh);
			mesh_wait(&mesh, MESH_ORDERS, 1,
				  "select count(*) from customer_order where order_id = '%s'",
				  orders[i].id);
		}
		mesh_withdraw(&mesh, accounts[i].id, 100, NULL);
		mesh_flush(&mesh);
		if (i % 3 == 1)
			mesh_wait(&mesh, MESH_ORDERS, 0,
				  "select cash_micros - cash_held_micros from desk_account where "
				  "account_id = '%s'",
				  accounts[i].id);
		if (i % 3 != 0)
			mesh_place(&mesh, &orders[i]);
	}
	mesh_settle(&mesh);
	for (int i = 0; i < ACCOUNTS; i++) {
		held = mesh_number(&mesh, MESH_ORDERS,
				   "select count(*) from customer_order where order_id = '%s' and "
				   "status = 1",
				   orders[i].id);
		booked = mesh_number(&mesh, MESH_PORTFOLIO,
				     "select count(*) from withdrawal where account_id = '%s' and "
				     "state = 2",
				     accounts[i].id);
		ck_assert_int_eq(held + booked, 1);
		if (i % 3 == 0)
			ck_assert_int_eq(held, 1);
		if (i % 3 == 1)
			ck_assert_int_eq(booked, 1);
		ck_assert_int_eq(mesh_number(&mesh, MESH_PORTFOLIO,
					     "select cash_micros from portfolio_account where "
					     "account_id = '%s'",
					     accounts[i].id),
				 held * 100 * MICROS);
	}
	mesh_check(&mesh, -1);
}
END_TEST

/* Never below zero, at any event: every fact of both journals that carries a balance. */
static void never_below_zero(void *arg, const rd_kafka_message_t *record, const struct bus_ce *ce)
{
	Bourse__Orders__V1__OrderEvents *step =
		bourse__orders__v1__order_events__unpack(NULL, record->len, record->payload);
	int64_t *seen = arg;

	(void)ce;
	ck_assert_ptr_nonnull(step);
	for (size_t i = 0; i < step->n_events; i++) {
		const ProtobufCMessage *fact = &step->events[i]->order_accepted->base;
		const ProtobufCFieldDescriptor *cash =
			protobuf_c_message_descriptor_get_field_by_name(fact->descriptor,
									"cash_micros");
		const ProtobufCFieldDescriptor *held =
			protobuf_c_message_descriptor_get_field_by_name(fact->descriptor,
									"cash_held_micros");
		int64_t total, part;

		if (!cash || !held)
			continue;
		memcpy(&total, (const char *)fact + cash->offset, sizeof(total));
		memcpy(&part, (const char *)fact + held->offset, sizeof(part));
		ck_assert_int_ge(part, 0);
		ck_assert_int_ge(total, part);
		++*seen;
	}
	bourse__orders__v1__order_events__free_unpacked(step, NULL);
}

START_TEST(test_never_below_zero)
{
	int64_t seen = 0;

	mesh_read(&mesh, "orders.events", never_below_zero, &seen);
	ck_assert_int_gt(seen, 300);
}
END_TEST

/* ---- two registrations race for one address ---- */

/* The same address for a user on each partition, many times: exactly one of the two has it. */
static void race_for_addresses(const char *prefix)
{
	enum { RACES = 200 };
	char email[64];

	for (int i = 0; i < RACES; i++)
		for (int32_t p = 0; p < 2; p++) {
			Bourse__Users__V1__RegisterUser command =
				BOURSE__USERS__V1__REGISTER_USER__INIT;
			struct mesh_account user = mesh_account(p);

			/* Capital letters make no difference. */
			snprintf(email, sizeof(email), p ? "%s%d@example.com" : "%s%d@EXAMPLE.com",
				 prefix, i);
			command.user_id = user.id;
			command.email = email;
			command.display_name = (char *)"one of two";
			mesh_send(&mesh, "users.commands", user.id, &command.base, NULL, 0);
		}
	mesh_settle(&mesh);
	ck_assert_int_eq(mesh_number(&mesh, MESH_USERS,
				     "select count(*) from app_user where email like '%s%%'",
				     prefix),
			 RACES);
	ck_assert_int_eq(mesh_number(&mesh, MESH_USERS,
				     "select count(distinct email) from app_user where email like "
				     "'%s%%'",
				     prefix),
			 RACES);
	ck_assert_int_eq(mesh_number(&mesh, MESH_USERS, "select count(*) from refused_input"), 0);
}

/* One instance: one transaction for both partitions. */
START_TEST(test_registration_race)
{
	race_for_addresses("one");
}
END_TEST

/* Two instances, one partition each: two transactions at once, and the index decides. */
START_TEST(test_registration_race_of_two)
{
	mesh_stack(&mesh, "start svc-users-2");
	mesh_wait(&mesh, MESH_USERS, 2,
		  "select count(distinct owner) from lease where processor = 'users'");
	race_for_addresses("two");
	mesh_stack(&mesh, "stop svc-users-2");
}
END_TEST

static void up(void)
{
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
	Suite *suite = suite_create("mesh_trade");
	TCase *tcase = tcase_create("trade");

	tcase_set_timeout(tcase, 300);
	tcase_add_unchecked_fixture(tcase, up, down);
	tcase_add_checked_fixture(tcase, NULL, leave);
	tcase_add_test(tcase, test_money);
	tcase_add_test(tcase, test_trade);
	tcase_add_test(tcase, test_cancel_races_fill);
	tcase_add_test(tcase, test_withdrawal_races_order);
	tcase_add_test(tcase, test_never_below_zero);
	tcase_add_test(tcase, test_registration_race);
	tcase_add_test(tcase, test_registration_race_of_two);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
