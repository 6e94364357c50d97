/* See mesh_trade.h. */
#include "mesh_trade.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bourse/market/v1/market.pb-c.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bourse/users/v1/users.pb-c.h"
#include "bus/hash.h"

#define TEXT(s) ((char *)(uintptr_t)(s))
#define CENT	(MICROS / 100)

/* ---- commands ---- */

void mesh_derived(const char *processor, const char *key, const char *ce_id, char *out)
{
	bus_id_format(bus_id_derive(processor, bus_bytes(key, strlen(key)),
				    bus_bytes(ce_id, strlen(ce_id))),
		      out);
}

struct mesh_account mesh_account(int32_t partition)
{
	struct mesh_account account;

	do
		bus_id_format(bus_id_random(), account.id);
	while (partition >= 0 && mesh_partition(account.id) != partition);
	return account;
}

struct mesh_account mesh_register_as(struct mesh *mesh, const char *email, const char *fee_group,
				     bool shorting, int32_t partition, char *user_id)
{
	Bourse__Users__V1__RegisterUser user = BOURSE__USERS__V1__REGISTER_USER__INIT;
	Bourse__Users__V1__OpenAccount open = BOURSE__USERS__V1__OPEN_ACCOUNT__INIT;
	char user_text[BUS_ID_TEXT], ce_id[BUS_ID_TEXT];
	struct mesh_account account;

	bus_id_format(bus_id_random(), user_text);
	do {
		bus_id_format(bus_id_random(), ce_id);
		mesh_derived("users", user_text, ce_id, account.id);
	} while (partition >= 0 && mesh_partition(account.id) != partition);
	user.user_id = open.user_id = user_text;
	user.email = TEXT(email);
	user.display_name = TEXT("somebody");
	open.fee_group = TEXT(fee_group);
	open.shorting = shorting;
	mesh_send(mesh, "users.commands", user_text, &user.base, NULL, 0);
	mesh_send(mesh, "users.commands", user_text, &open.base, ce_id, 0);
	if (user_id)
		memcpy(user_id, user_text, BUS_ID_TEXT);
	return account;
}

struct mesh_account mesh_register(struct mesh *mesh, const char *email, char *user_id)
{
	return mesh_register_as(mesh, email, "", false, -1, user_id);
}

void mesh_deposit(struct mesh *mesh, const char *account, int64_t dollars)
{
	Bourse__Portfolio__V1__Deposit deposit = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT;

	deposit.account_id = TEXT(account);
	deposit.amount_micros = dollars * MICROS;
	mesh_send(mesh, "portfolio.commands", account, &deposit.base, NULL, 0);
}

void mesh_deposit_shares(struct mesh *mesh, const char *account, const char *symbol, int64_t shares)
{
	Bourse__Portfolio__V1__Deposit deposit = BOURSE__PORTFOLIO__V1__DEPOSIT__INIT;

	deposit.account_id = TEXT(account);
	deposit.symbol = TEXT(symbol);
	deposit.quantity_micros = shares * MICROS;
	deposit.cost_price_micros = 10 * MICROS;
	mesh_send(mesh, "portfolio.commands", account, &deposit.base, NULL, 0);
}

void mesh_withdraw(struct mesh *mesh, const char *account, int64_t dollars, char *withdrawal_id)
{
	Bourse__Portfolio__V1__Withdraw withdraw = BOURSE__PORTFOLIO__V1__WITHDRAW__INIT;
	char ce_id[BUS_ID_TEXT];

	bus_id_format(bus_id_random(), ce_id);
	withdraw.account_id = TEXT(account);
	withdraw.amount_micros = dollars * MICROS;
	mesh_send(mesh, "portfolio.commands", account, &withdraw.base, ce_id, 0);
	if (withdrawal_id)
		mesh_derived("ledger", account, ce_id, withdrawal_id);
}

void mesh_place(struct mesh *mesh, struct mesh_order *order)
{
	Bourse__Orders__V1__PlaceOrder place = BOURSE__ORDERS__V1__PLACE_ORDER__INIT;
	Bourse__Orders__V1__TakeProfit profit = BOURSE__ORDERS__V1__TAKE_PROFIT__INIT;
	Bourse__Orders__V1__StopLoss loss = BOURSE__ORDERS__V1__STOP_LOSS__INIT;
	char fresh[BUS_ID_TEXT];
	const char *ce_id = order->ce_id ? order->ce_id : bus_id_format(bus_id_random(), fresh);

	place.account_id = TEXT(order->account);
	place.symbol = TEXT(order->symbol);
	place.side = order->side;
	place.type = order->type ? order->type : TYPE_LIMIT;
	place.time_in_force = order->tif ? order->tif : TIF_DAY;
	place.quantity_micros = order->shares * MICROS;
	place.notional_micros = order->dollars * MICROS;
	place.limit_price_micros = order->cents * CENT;
	place.stop_price_micros = order->stop_cents * CENT;
	place.trail_price_micros = order->trail_cents * CENT;
	place.trail_percent_micros = order->trail_percent * MICROS;
	place.post_only = order->post_only;
	place.self_trade_prevention = (Bourse__Orders__V1__SelfTradePrevention)order->stp;
	place.order_class = order->order_class;
	place.client_order_id = TEXT(order->client_id ? order->client_id : "");
	profit.limit_price_micros = order->profit_cents * CENT;
	loss.stop_price_micros = order->loss_cents * CENT;
	loss.limit_price_micros = order->loss_limit_cents * CENT;
	place.take_profit = order->profit_cents ? &profit : NULL;
	place.stop_loss = order->loss_cents ? &loss : NULL;
	mesh_derived("desk", order->account, ce_id, order->id);
	mesh_send(mesh, "orders.commands", order->account, &place.base, ce_id, 0);
}

void mesh_cancel(struct mesh *mesh, const struct mesh_order *order)
{
	Bourse__Orders__V1__CancelOrder cancel = BOURSE__ORDERS__V1__CANCEL_ORDER__INIT;

	cancel.account_id = TEXT(order->account);
	cancel.order_id = TEXT(order->id);
	mesh_send(mesh, "orders.commands", order->account, &cancel.base, NULL, 0);
}

void mesh_cancel_all(struct mesh *mesh, const char *account, const char *symbol)
{
	Bourse__Orders__V1__CancelOrders cancel = BOURSE__ORDERS__V1__CANCEL_ORDERS__INIT;

	cancel.account_id = TEXT(account);
	cancel.symbol = TEXT(symbol ? symbol : "");
	mesh_send(mesh, "orders.commands", account, &cancel.base, NULL, 0);
}

struct mesh_account mesh_replace(struct mesh *mesh, const struct mesh_order *order, int64_t shares,
				 int64_t cents)
{
	Bourse__Orders__V1__ReplaceOrder replace = BOURSE__ORDERS__V1__REPLACE_ORDER__INIT;
	struct mesh_account id;
	char ce_id[BUS_ID_TEXT];

	bus_id_format(bus_id_random(), ce_id);
	replace.account_id = TEXT(order->account);
	replace.order_id = TEXT(order->id);
	replace.quantity_micros = shares * MICROS;
	replace.limit_price_micros = cents * CENT;
	mesh_derived("desk", order->account, ce_id, id.id);
	mesh_send(mesh, "orders.commands", order->account, &replace.base, ce_id, 0);
	return id;
}

/* ---- outcomes ---- */

static void find_outcome(void *arg, const rd_kafka_message_t *record, const struct bus_ce *ce)
{
	Bourse__Orders__V1__OrderEvents *step =
		bourse__orders__v1__order_events__unpack(NULL, record->len, record->payload);
	struct mesh_outcome *outcome = arg;

	(void)ce;
	ck_assert_ptr_nonnull(step);
	for (size_t i = 0; i < step->n_events; i++) {
		const Bourse__Orders__V1__OrderEvent *event = step->events[i];

		if (event->event_case == BOURSE__ORDERS__V1__ORDER_EVENT__EVENT_ORDER_ACCEPTED &&
		    strcmp(event->order_accepted->order_id, outcome->order_id) == 0) {
			outcome->accepted++;
			outcome->accepted_at = event->order_accepted->accepted_at_micros;
		}
		if (event->event_case == BOURSE__ORDERS__V1__ORDER_EVENT__EVENT_ORDER_REJECTED &&
		    strcmp(event->order_rejected->order_id, outcome->order_id) == 0) {
			outcome->rejected++;
			outcome->reason = (int)event->order_rejected->reason;
		}
	}
	bourse__orders__v1__order_events__free_unpacked(step, NULL);
}

struct mesh_outcome mesh_outcome(struct mesh *mesh, const char *order_id)
{
	struct mesh_outcome outcome = { .order_id = order_id };

	mesh_read(mesh, "orders.events", find_outcome, &outcome);
	return outcome;
}

/* ---- opening a market ---- */

struct probe {
	const char *account, *symbol;
	char ce_id[BUS_ID_TEXT];
	bool sent;
};

/* The desk hears of an instrument by a snapshot: it is asked until it has. */
static bool desk_takes(struct mesh *mesh, void *arg)
{
	struct probe *probe = arg;
	struct mesh_order order = { .account = probe->account,
				    .symbol = probe->symbol,
				    .side = SIDE_BUY,
				    .tif = TIF_IOC,
				    .shares = 1,
				    .cents = 1,
				    .ce_id = probe->ce_id };

	if (!probe->sent) {
		bus_id_format(bus_id_random(), probe->ce_id);
		mesh_place(mesh, &order);
		mesh_flush(mesh);
		probe->sent = true;
	}
	mesh_derived("desk", probe->account, probe->ce_id, order.id);
	if (mesh_number(mesh, MESH_ORDERS,
			"select count(*) from customer_order where order_id = '%s'", order.id))
		return true;
	if (mesh_number(mesh, MESH_ORDERS,
			"select count(*) from command where processor = 'desk' and key = '%s' and "
			"ce_id = '%s'",
			probe->account, probe->ce_id))
		probe->sent = false;
	return false;
}

void mesh_define(struct mesh *mesh, const char *symbol, bool fractionable)
{
	Bourse__Market__V1__DefineInstrument define = BOURSE__MARKET__V1__DEFINE_INSTRUMENT__INIT;

	define.symbol = TEXT(symbol);
	define.name = TEXT("an instrument");
	define.price_increment_micros = 10000;
	define.price_increment_below_one_micros = 100;
	define.quantity_increment_micros = fractionable ? 1 : MICROS;
	define.fractionable = fractionable;
	define.reference_price_micros = 10 * MICROS;
	mesh_send(mesh, "market.commands", symbol, &define.base, NULL, 0);
}

void mesh_open(struct mesh *mesh, const char *symbol)
{
	Bourse__Market__V1__OpenSession session = BOURSE__MARKET__V1__OPEN_SESSION__INIT;
	struct mesh_account account = mesh_account(-1);
	struct probe probe = { .account = account.id, .symbol = symbol };

	session.symbol = TEXT(symbol);
	session.session_date = 20120621;
	mesh_define(mesh, symbol, false);
	mesh_send(mesh, "market.commands", symbol, &session.base, NULL, 0);
	mesh_deposit(mesh, account.id, 1);
	mesh_flush(mesh);
	mesh_wait(mesh, MESH_ORDERS, MICROS,
		  "select cash_micros from desk_account where account_id = '%s'", account.id);
	mesh_until(mesh, desk_takes, &probe, "the desk takes orders");
	mesh_wait(mesh, MESH_ORDERS, 2, "select trading from book_symbol where symbol = '%s'",
		  symbol);
}

/* ---- what must hold ---- */

static void same_rows(struct mesh *mesh, enum mesh_store a, const char *sql_a, enum mesh_store b,
		      const char *sql_b)
{
	char *rows_a = mesh_rows(mesh, a, "%s", sql_a), *rows_b = mesh_rows(mesh, b, "%s", sql_b);
	size_t at = 0;

	while (rows_a[at] && rows_a[at] == rows_b[at])
		at++;
	while (at > 0 && rows_a[at - 1] != '\n')
		at--;
	ck_assert_msg(strcmp(rows_a, rows_b) == 0, "%s differs from %s: %.120s | %.120s", sql_a,
		      sql_b, rows_a + at, rows_b + at);
	free(rows_a);
	free(rows_b);
}

static void no_rows(struct mesh *mesh, enum mesh_store store, const char *sql)
{
	char *rows = mesh_rows(mesh, store, "%s", sql);

	ck_assert_msg(rows[0] == '\0', "%s has rows: %.400s", sql, rows);
	free(rows);
}

/* Open with the book: new, partially filled, and with a cancel or a replacement on its way. */
#define OPEN "(1, 2, 8, 9)"

static void check_desk(struct mesh *mesh)
{
	no_rows(mesh, MESH_ORDERS,
		"select * from customer_order where status not in (1, 2, 3, 5, 6, 7, 8, 9, 10, 11, "
		"12) or (status in " OPEN " and (cum_micros + leaves_micros <> quantity_micros or "
		"leaves_micros = 0)) or (status in (3, 5, 6, 7, 10) and (leaves_micros <> 0 or "
		"hold_micros <> 0)) or (status = 3 and cum_micros <> quantity_micros)");
	no_rows(mesh, MESH_ORDERS,
		"select a.account_id, a.cash_micros, a.cash_held_micros, o.h, m.h, p.h, w.h from "
		"desk_account a "
		"left join (select account_id, sum(hold_micros) h from customer_order where side = "
		"1 group by 1) o using (account_id) "
		"left join (select account_id, sum(margin_hold_micros) h from customer_order_extra "
		"group by 1) m using (account_id) "
		"left join (select account_id, sum(collateral_micros) h from desk_position group "
		"by "
		"1) p using (account_id) "
		"left join (select account_id, sum(amount_micros) h from desk_withdrawal where "
		"held and symbol = '' group by 1) w using (account_id) "
		"where cash_held_micros <> coalesce(o.h, 0) + coalesce(m.h, 0) + coalesce(p.h, 0) "
		"+ "
		"coalesce(w.h, 0) or cash_held_micros < 0 or cash_held_micros > cash_micros");
	no_rows(mesh, MESH_ORDERS,
		"select p.*, o.h, w.h from desk_position p "
		"left join (select account_id, symbol, sum(hold_micros) h from customer_order "
		"where side = 2 group by 1, 2) o using (account_id, symbol) "
		"left join (select account_id, symbol, sum(amount_micros) h from desk_withdrawal "
		"where held and symbol <> '' group by 1, 2) w using (account_id, symbol) "
		"where position_held_micros <> coalesce(o.h, 0) + coalesce(w.h, 0) or "
		"position_held_micros < 0 or (position_held_micros > position_micros and "
		"collateral_micros = 0)");
	same_rows(mesh, MESH_ORDERS,
		  "select order_id, leaves_micros from customer_order where status in " OPEN
		  " order by 1",
		  MESH_ORDERS, "select order_id, leaves_micros from resting_order order by 1");
	/* What an order had traded counts for its replacement, too. */
	same_rows(mesh, MESH_ORDERS,
		  "select coalesce(sum(cum_micros) filter (where side = 1), 0), "
		  "coalesce(sum(cum_micros) filter (where side = 2), 0) from customer_order where "
		  "status <> 7",
		  MESH_ORDERS,
		  "select coalesce(sum(quantity_micros), 0), coalesce(sum(quantity_micros), 0) "
		  "from trade");
}

static void check_ledger(struct mesh *mesh)
{
	same_rows(mesh, MESH_ORDERS, "select account_id, cash_micros from desk_account order by 1",
		  MESH_PORTFOLIO,
		  "select account_id, cash_micros from portfolio_account where deposits_micros > 0 "
		  "or "
		  "cash_micros <> 0 order by 1");
	same_rows(mesh, MESH_ORDERS,
		  "select account_id, symbol, position_micros from desk_position where "
		  "position_micros <> 0 order by 1, 2",
		  MESH_PORTFOLIO,
		  "select account_id, symbol, quantity_micros from portfolio_position where "
		  "quantity_micros <> 0 order by 1, 2");
	no_rows(mesh, MESH_PORTFOLIO,
		"select partition, sequence, fact, instrument from ledger_entry group by 1, 2, 3, "
		"4 "
		"having sum(amount_micros) <> 0");
	no_rows(mesh, MESH_PORTFOLIO,
		"select * from portfolio_account where cash_micros <> deposits_micros - "
		"withdrawals_micros + trades_micros + dividends_micros + other_micros");
	no_rows(mesh, MESH_PORTFOLIO, "select * from portfolio_account where cash_micros < 0");
	no_rows(mesh, MESH_PORTFOLIO,
		"select a.*, u.s from portfolio_account a left join (select account_id, "
		"sum(amount_micros) s from unsettled_cash group by 1) u using (account_id) where "
		"cash_micros <> settled_micros + coalesce(u.s, 0)");
	same_rows(mesh, MESH_PORTFOLIO,
		  "select account_id, symbol, quantity_micros, fifo_cost_micros from "
		  "portfolio_position where quantity_micros <> 0 order by 1, 2",
		  MESH_PORTFOLIO,
		  "select account_id, symbol, sum(quantity_micros), sum(cost_micros) from "
		  "portfolio_lot group by 1, 2 order by 1, 2");
	same_rows(
		mesh, MESH_PORTFOLIO,
		"select symbol, sum(quantity_micros) from portfolio_position group by 1 order by 1",
		MESH_PORTFOLIO,
		"select instrument, sum(amount_micros) from ledger_entry where kind = 2 and cause "
		"<> 'trade' group by 1 order by 1");
	no_rows(mesh, MESH_PORTFOLIO,
		"select cause_id from ledger_entry where cause = 'trade' group by 1 having "
		"count(distinct (partition, sequence, fact)) <> 2");
}

static void check_market(struct mesh *mesh)
{
	same_rows(mesh, MESH_ORDERS,
		  "select trade_id, symbol, price_micros, quantity_micros, executed_at_micros from "
		  "trade order by 1",
		  MESH_MARKET,
		  "select trade_id, symbol, price_micros, quantity_micros, executed_at_micros from "
		  "trade order by 1");
	same_rows(mesh, MESH_MARKET,
		  "select symbol, start_at_micros, high_micros, low_micros, volume_micros, "
		  "trade_count from bar order by 1, 2",
		  MESH_MARKET,
		  "select symbol, executed_at_micros / 60000000 * 60000000, max(price_micros), "
		  "min(price_micros), sum(quantity_micros), count(*) "
		  "from trade group by 1, 2 order by 1, 2");
	/* Each trade's is rounded to the millionth. */
	no_rows(mesh, MESH_MARKET,
		"select b.* from bar b join (select symbol, executed_at_micros / 60000000 * "
		"60000000 "
		"start_at_micros, sum(price_micros::numeric * quantity_micros / 1000000) n from "
		"trade group by 1, 2) t using (symbol, start_at_micros) where abs(notional_micros "
		"- "
		"t.n) > trade_count");
}

void mesh_check(struct mesh *mesh, int64_t trades)
{
	int64_t seen = mesh_number(mesh, MESH_ORDERS, "select count(*) from trade");

	if (trades >= 0)
		ck_assert_int_eq(seen, trades);
	for (enum mesh_store s = MESH_USERS; s < MESH_STORES; s++)
		no_rows(mesh, s,
			"select topic, partition, record_offset, cause, detail from parked_input");
	check_desk(mesh);
	check_ledger(mesh);
	check_market(mesh);
	ck_assert_int_eq(
		mesh_number(mesh, MESH_PORTFOLIO,
			    "select count(distinct cause_id) from ledger_entry where cause "
			    "= 'trade'"),
		seen);
	ck_assert_int_eq(
		mesh_number(mesh, MESH_NOTIFY, "select count(*) from delivery where category = 1"),
		2 * seen);
}
