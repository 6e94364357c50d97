/*
 * Invariants 3 and 5 from orders.events: every order's quantities, and every balance of the desk,
 * are computed here from the differences that the facts tell, and compared with the totals that
 * they tell. Then what orders hold against what accounts hold, and the rows of the store.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "audit.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bus/money.h"
#include "sql.h"

#define ORDERS(name) Bourse__Orders__V1__##name
#define EVENT(name)  BOURSE__ORDERS__V1__ORDER_EVENT__EVENT_##name
#define STATUS(name) BOURSE__ORDERS__V1__ORDER_STATUS__ORDER_STATUS_##name
#define BUY	     BOURSE__ORDERS__V1__SIDE__SIDE_BUY

struct order {
	int64_t quantity, cum, leaves, hold, notional;
	uint32_t position; /* whose account and symbol */
	int status;
	bool buy, firm, row;
};

struct desk {
	struct audit *audit;
	struct audit_check *life, *balances, *fills, *holds, *rows, *account_rows, *position_rows;
	const struct stream_record *record;
};

#define WHERE	"orders.events/%d@%" PRId64
#define HERE(d) (d)->record->partition, (d)->record->offset

static bool terminal(int status)
{
	return status == STATUS(FILLED) || status == STATUS(CANCELED) ||
	       status == STATUS(EXPIRED) || status == STATUS(REPLACED) ||
	       status == STATUS(REJECTED);
}

static struct audit_position *position_of(const struct desk *d, const struct order *order)
{
	return audit_at(&d->audit->positions, order->position);
}

static struct audit_account *account_of(const struct desk *d, const struct audit_position *position)
{
	return audit_at(&d->audit->accounts, position->account);
}

/* Our own totals against those of the fact; and nobody but a firm goes below zero. */
static void check_cash(struct desk *d, const struct audit_account *account, int64_t cash,
		       int64_t held)
{
	audit_expect(d->balances, account->cash == cash && account->held == held,
		     WHERE ": cash %" PRId64 " (held %" PRId64 ") should be %" PRId64
			   " (held %" PRId64 ")",
		     HERE(d), cash, held, account->cash, account->held);
	audit_expect(d->balances, held >= 0 && (account->firm || (cash >= held && cash >= 0)),
		     WHERE ": cash %" PRId64 " is less than what is held of it, %" PRId64, HERE(d),
		     cash, held);
}

static void check_shares(struct desk *d, const struct audit_position *position, int64_t shares,
			 int64_t held)
{
	audit_expect(d->balances, position->desk == shares && position->desk_held == held,
		     WHERE ": position %" PRId64 " (held %" PRId64 ") should be %" PRId64
			   " (held %" PRId64 ")",
		     HERE(d), shares, held, position->desk, position->desk_held);
	audit_expect(d->balances,
		     held >= 0 &&
			     (account_of(d, position)->firm || (shares >= held && shares >= 0)),
		     WHERE ": position %" PRId64 " is less than what is held of it, %" PRId64,
		     HERE(d), shares, held);
}

/* An order's hold becomes another, and with it what its account holds. */
static void set_hold(struct desk *d, struct order *order, int64_t hold)
{
	struct audit_position *position = position_of(d, order);

	if (order->buy)
		account_of(d, position)->held += hold - order->hold;
	else
		position->desk_held += hold - order->hold;
	order->hold = hold;
}

/* The balances that every fact about an order carries; a macro, since the types differ. */
#define CHECK_BALANCES(d, order, fact)                                                             \
	do {                                                                                       \
		struct audit_position *position_ = position_of(d, order);                          \
                                                                                                   \
		check_cash(d, account_of(d, position_), (fact)->cash_micros,                       \
			   (fact)->cash_held_micros);                                              \
		check_shares(d, position_, (fact)->position_micros, (fact)->position_held_micros); \
	} while (0)

/* The order that a fact is about, as it was; NULL, and told, when it is unknown or had ended. */
static struct order *open_order(struct desk *d, const char *order_id)
{
	struct order *order = audit_find_text(&d->audit->orders, order_id);

	audit_expect(d->life, order != NULL, WHERE ": order %s was never accepted", HERE(d),
		     order_id);
	if (!order)
		return NULL;
	if (!audit_expect(d->life, !terminal(order->status), WHERE ": order %s had ended before",
			  HERE(d), order_id))
		return NULL;
	return order;
}

static void check_open(struct desk *d, const struct order *order, const char *order_id)
{
	audit_expect(d->life,
		     terminal(order->status)
			     ? order->leaves == 0 && order->hold == 0
			     : order->leaves > 0 && order->cum >= 0 &&
				       order->cum + order->leaves == order->quantity,
		     WHERE ": order %s: cum %" PRId64 " + leaves %" PRId64 " of %" PRId64, HERE(d),
		     order_id, order->cum, order->leaves, order->quantity);
}

static void on_accepted(struct desk *d, const ORDERS(OrderAccepted) * fact)
{
	struct audit_position *position = audit_position(d->audit, fact->account_id, fact->symbol);
	struct order *order;
	struct bus_id id;
	bool added;

	if (!bus_id_parse(fact->order_id, strlen(fact->order_id), &id))
		return;
	order = audit_row(&d->audit->orders, id, &added);
	if (!audit_expect(d->life, added, WHERE ": order %s is accepted twice", HERE(d),
			  fact->order_id))
		return;
	*order = (struct order){ .quantity = fact->quantity_micros,
				 .leaves = fact->quantity_micros,
				 .status = STATUS(NEW),
				 .buy = fact->side == BUY,
				 .firm = fact->firm };
	order->position = (uint32_t)(position - (struct audit_position *)d->audit->positions.rows);
	account_of(d, position)->firm |= fact->firm;
	set_hold(d, order, fact->hold_micros);
	check_open(d, order, fact->order_id);
	CHECK_BALANCES(d, order, fact);
}

/* Cash of a fill is price times quantity, to the millionth, and the fee. */
static void check_fill(struct desk *d, const ORDERS(OrderFilled) * fact, bool buy)
{
	struct audit_trade *trade = audit_find_text(&d->audit->trades, fact->trade_id);
	struct bus_money notional = { 0 };
	bool fits = bus_notional((struct bus_price){ fact->last_price_micros },
				 (struct bus_quantity){ fact->last_quantity_micros }, &notional);

	audit_expect(d->fills,
		     fits && fact->fee_micros >= 0 &&
			     fact->cash_delta_micros ==
				     (buy ? -notional.micros : notional.micros) - fact->fee_micros,
		     WHERE ": fill of order %s moves %" PRId64 " of cash", HERE(d), fact->order_id,
		     fact->cash_delta_micros);
	if (audit_expect(d->fills,
			 trade && trade->price == fact->last_price_micros &&
				 trade->quantity == fact->last_quantity_micros,
			 WHERE ": trade %s of order %s is not in the book's journal", HERE(d),
			 fact->trade_id, fact->order_id))
		trade->fills++;
}

static void on_filled(struct desk *d, const ORDERS(OrderFilled) * fact)
{
	struct order *order = open_order(d, fact->order_id);
	struct audit_position *position;

	d->audit->fills++;
	if (!order)
		return;
	position = position_of(d, order);
	check_fill(d, fact, order->buy);
	order->cum += fact->last_quantity_micros;
	order->leaves -= fact->last_quantity_micros;
	order->notional = fact->cum_notional_micros;
	audit_expect(d->life,
		     fact->last_quantity_micros > 0 && order->cum == fact->cum_micros &&
			     order->leaves == fact->leaves_micros &&
			     order->quantity == fact->quantity_micros &&
			     (fact->status == STATUS(FILLED)) == (order->leaves == 0),
		     WHERE ": fill of order %s: cum %" PRId64 ", leaves %" PRId64
			   " should be %" PRId64 ", %" PRId64,
		     HERE(d), fact->order_id, fact->cum_micros, fact->leaves_micros, order->cum,
		     order->leaves);
	order->status = fact->status;
	account_of(d, position)->cash += fact->cash_delta_micros;
	position->desk += order->buy ? fact->last_quantity_micros : -fact->last_quantity_micros;
	set_hold(d, order, fact->hold_micros);
	check_open(d, order, fact->order_id);
	CHECK_BALANCES(d, order, fact);
}

static void on_canceled(struct desk *d, const ORDERS(OrderCanceled) * fact)
{
	struct order *order = open_order(d, fact->order_id);

	if (!order)
		return;
	audit_expect(d->life,
		     terminal(fact->status) && order->leaves == fact->canceled_micros &&
			     order->cum == fact->cum_micros,
		     WHERE ": order %s ends with %" PRId64 " open, not %" PRId64, HERE(d),
		     fact->order_id, order->leaves, fact->canceled_micros);
	order->status = fact->status;
	order->leaves = 0;
	set_hold(d, order, 0);
	CHECK_BALANCES(d, order, fact);
}

static void on_decreased(struct desk *d, const ORDERS(OrderDecreased) * fact)
{
	struct order *order = open_order(d, fact->order_id);

	if (!order)
		return;
	order->quantity -= fact->by_micros;
	order->leaves -= fact->by_micros;
	audit_expect(d->life,
		     order->quantity == fact->quantity_micros &&
			     order->leaves == fact->leaves_micros && order->cum == fact->cum_micros,
		     WHERE ": order %s: %" PRId64 " open after a decrease, not %" PRId64, HERE(d),
		     fact->order_id, fact->leaves_micros, order->leaves);
	set_hold(d, order, fact->hold_micros);
	check_open(d, order, fact->order_id);
	CHECK_BALANCES(d, order, fact);
}

static void on_rejected(struct desk *d, const ORDERS(OrderRejected) * fact)
{
	struct order *order;

	if (!fact->by_book) {
		order = audit_find_text(&d->audit->orders, fact->order_id);
		audit_expect(d->life, order == NULL,
			     WHERE ": order %s is rejected after it was accepted", HERE(d),
			     fact->order_id);
		return;
	}
	order = open_order(d, fact->order_id);
	if (!order)
		return;
	order->status = STATUS(REJECTED);
	order->leaves = 0;
	set_hold(d, order, 0);
	CHECK_BALANCES(d, order, fact);
}

/* Which status a request leaves the order with; a rejected one may find it ended. */
static void on_status(struct desk *d, const char *order_id, int status)
{
	struct order *order = audit_find_text(&d->audit->orders, order_id);

	if (!order || status == STATUS(UNSPECIFIED))
		return;
	audit_expect(d->life, !terminal(order->status) || order->status == status,
		     WHERE ": order %s leaves its end", HERE(d), order_id);
	if (!terminal(order->status))
		order->status = status;
}

static void on_cash(struct desk *d, const ORDERS(BuyingPowerChanged) * fact)
{
	struct audit_account *account = audit_account(d->audit, fact->account_id, NULL);

	account->cash += fact->cash_delta_micros;
	account->held += fact->held_delta_micros;
	check_cash(d, account, fact->cash_micros, fact->cash_held_micros);
	audit_expect(d->balances,
		     fact->cash_micros == fact->cash_held_micros + fact->available_micros,
		     WHERE ": available + held is not the total", HERE(d));
}

static void on_shares(struct desk *d, const ORDERS(SharesChanged) * fact)
{
	struct audit_position *position = audit_position(d->audit, fact->account_id, fact->symbol);

	position->desk += fact->position_delta_micros;
	position->desk_held += fact->held_delta_micros;
	check_shares(d, position, fact->position_micros, fact->position_held_micros);
	audit_expect(d->balances,
		     fact->position_micros == fact->position_held_micros + fact->available_micros,
		     WHERE ": available + held is not the total", HERE(d));
}

static void on_withdrawal(struct desk *d, const ORDERS(WithdrawalHeld) * fact)
{
	struct audit_account *account = audit_account(d->audit, fact->account_id, NULL);
	struct audit_position *position;

	account->firm |= fact->firm;
	if (fact->symbol[0] == '\0') {
		account->held += fact->amount_micros;
		check_cash(d, account, fact->cash_micros, fact->cash_held_micros);
		return;
	}
	position = audit_position(d->audit, fact->account_id, fact->symbol);
	position->desk_held += fact->quantity_micros;
	check_shares(d, position, fact->position_micros, fact->position_held_micros);
}

static void on_fact(struct desk *d, const ORDERS(OrderEvent) * event)
{
	switch ((int)event->event_case) {
	case EVENT(ORDER_ACCEPTED):
		on_accepted(d, event->order_accepted);
		break;
	case EVENT(ORDER_REJECTED):
		on_rejected(d, event->order_rejected);
		break;
	case EVENT(ORDER_FILLED):
		on_filled(d, event->order_filled);
		break;
	case EVENT(ORDER_CANCELED):
		on_canceled(d, event->order_canceled);
		break;
	case EVENT(ORDER_DECREASED):
		on_decreased(d, event->order_decreased);
		break;
	case EVENT(CANCEL_REQUESTED):
		on_status(d, event->cancel_requested->order_id, STATUS(PENDING_CANCEL));
		break;
	case EVENT(CANCEL_REJECTED):
		on_status(d, event->cancel_rejected->order_id, event->cancel_rejected->status);
		break;
	case EVENT(BUYING_POWER_CHANGED):
		on_cash(d, event->buying_power_changed);
		break;
	case EVENT(SHARES_CHANGED):
		on_shares(d, event->shares_changed);
		break;
	case EVENT(WITHDRAWAL_HELD):
		on_withdrawal(d, event->withdrawal_held);
		break;
	default: /* facts that change nothing */
		break;
	}
}

static void on_step(void *arg, const struct stream_record *record)
{
	struct desk *d = arg;
	ORDERS(OrderEvents) *step = bourse__orders__v1__order_events__unpack(
		NULL, record->value.len, record->value.data);

	d->record = record;
	if (!audit_expect(d->life, step != NULL, WHERE " is no step", HERE(d)))
		return;
	for (size_t i = 0; i < step->n_events; i++)
		on_fact(d, step->events[i]);
	bourse__orders__v1__order_events__free_unpacked(step, NULL);
}

/* The store //////////////////////////////////////////////////////////////////////////////////////
 */

static void on_order_row(void *arg, const PGresult *rows)
{
	struct desk *d = arg;
	struct bus_id id = audit_row_id(rows, 0);
	struct order *order = audit_find(&d->audit->orders, id);

	audit_expect(d->rows,
		     order && !order->row && order->status == audit_number(rows, 1) &&
			     order->quantity == audit_number(rows, 2) &&
			     order->cum == audit_number(rows, 3) &&
			     order->leaves == audit_number(rows, 4) &&
			     order->hold == audit_number(rows, 5) &&
			     order->notional == audit_number(rows, 6),
		     "customer_order %s is not what orders.events says", audit_id(id));
	if (order)
		order->row = true;
}

static void on_account_row(void *arg, const PGresult *rows)
{
	struct desk *d = arg;
	struct audit_account *account = audit_account(d->audit, audit_text(rows, 0), NULL);

	account->desk_row = true;
	audit_expect(d->account_rows,
		     account->cash == audit_number(rows, 1) &&
			     account->held == audit_number(rows, 2),
		     "desk_account %s: cash %" PRId64 ", held %" PRId64 " should be %" PRId64
		     ", %" PRId64,
		     audit_text(rows, 0), audit_number(rows, 1), audit_number(rows, 2),
		     account->cash, account->held);
}

static void on_position_row(void *arg, const PGresult *rows)
{
	struct desk *d = arg;
	struct audit_position *position =
		audit_position(d->audit, audit_text(rows, 0), audit_text(rows, 1));

	position->desk_row = true;
	audit_expect(d->position_rows,
		     position->desk == audit_number(rows, 2) &&
			     position->desk_held == audit_number(rows, 3),
		     "desk_position %s %s is not what orders.events says", audit_text(rows, 0),
		     audit_text(rows, 1));
}

static void check_missing_rows(struct desk *d)
{
	for (uint32_t i = 0; i < d->audit->orders.map.count; i++) {
		const struct order *order = audit_at(&d->audit->orders, i);

		if (!order->row)
			audit_expect(d->rows, false, "order %s has no row in customer_order",
				     audit_id(d->audit->orders.map.ids[i]));
	}
	for (uint32_t i = 0; i < d->audit->accounts.map.count; i++) {
		const struct audit_account *account = audit_at(&d->audit->accounts, i);

		if (!account->desk_row && (account->cash || account->held))
			audit_expect(d->account_rows, false,
				     "account %s has no row in desk_account",
				     audit_id(d->audit->accounts.map.ids[i]));
	}
}

/* What open orders hold is what accounts and positions hold, but for withdrawals on their way. */
static void check_holds(struct desk *d)
{
	const struct audit *audit = d->audit;
	audit_sum held = 0, orders = 0;

	for (uint32_t i = 0; i < audit->orders.map.count; i++)
		orders += ((const struct order *)audit_at(&audit->orders, i))->hold;
	for (uint32_t i = 0; i < audit->accounts.map.count; i++)
		held += ((const struct audit_account *)audit_at(&audit->accounts, i))->held;
	for (uint32_t i = 0; i < audit->positions.map.count; i++)
		held += ((const struct audit_position *)audit_at(&audit->positions, i))->desk_held;
	audit_expect(d->holds, held >= orders,
		     "orders hold more than their accounts: by %" PRId64 " millionths",
		     (int64_t)(orders - held));
	d->holds->count = audit->orders.map.count;
}

void audit_orders(struct audit *audit)
{
	struct desk d = { .audit = audit };

	audit->orders.size = sizeof(struct order);
	d.life = audit_check(audit, 3, "cum + leaves = quantity; nothing leaves a terminal state",
			     "facts");
	d.balances = audit_check(
		audit, 5, "the desk: available + held = total >= 0, at every event", "balances");
	d.fills = audit_check(audit, 4, "a fill's cash is price times quantity, and the fee",
			      "fills");
	d.holds = audit_check(audit, 5, "accounts hold what their orders hold", "orders");
	audit_read(audit, "orders.events", on_step, &d);
	check_holds(&d);
	if (!audit->conns[AUDIT_ORDERS])
		return;
	d.rows = audit_check(audit, 7, "orders == fold of orders.events", "rows");
	d.account_rows =
		audit_check(audit, 7, "the desk's accounts == fold of orders.events", "rows");
	d.position_rows =
		audit_check(audit, 7, "the desk's positions == fold of orders.events", "rows");
	if (audit_query(audit, AUDIT_ORDERS, sql_audit_orders, on_order_row, &d) &&
	    audit_query(audit, AUDIT_ORDERS, sql_audit_desk_accounts, on_account_row, &d) &&
	    audit_query(audit, AUDIT_ORDERS, sql_audit_desk_positions, on_position_row, &d))
		check_missing_rows(&d);
}
