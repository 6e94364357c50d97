/*
 * Invariants 3 and 5 from orders.events: every order's quantities, and every balance of the desk,
 * are computed here from the differences that the facts tell, and compared with the totals that
 * they tell. Then what orders hold against what accounts hold, what belongs together, what the
 * books have of it, and the rows of the store.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "audit_ladder.h"
#include "bourse/orders/v1/orders.pb-c.h"
#include "bus/money.h"
#include "sql.h"

#define ORDERS(name) Bourse__Orders__V1__##name
#define EVENT(name)  BOURSE__ORDERS__V1__ORDER_EVENT__EVENT_##name
#define STATUS(name) BOURSE__ORDERS__V1__ORDER_STATUS__ORDER_STATUS_##name
#define BUY	     BOURSE__ORDERS__V1__SIDE__SIDE_BUY

struct order {
	int64_t quantity, cum, leaves, notional, prevented;
	int64_t hold,
		margin; /* cash of a buy, shares of a sell; and cash for what it sells short */
	struct bus_id sibling, entry, replacement; /* all 0: none */
	uint32_t position;			   /* whose account and symbol */
	int status;
	bool buy, row;
};

/* Held by the desk, until the ledger has booked it. */
struct withdrawal {
	int64_t held;
	uint32_t account, position;
	bool cash;
};

struct desk {
	struct audit *audit;
	struct audit_table withdrawals;
	struct audit_check *life, *balances, *fills, *holds, *kin, *books;
	struct audit_check *rows, *account_rows, *position_rows;
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

/*
 * Our own totals against those of the fact; and nobody goes below zero but a firm, and with what a
 * dividend takes from it, who sells short.
 */
static void check_cash(struct desk *d, const struct audit_account *account, int64_t cash,
		       int64_t held)
{
	audit_expect(d->balances, account->cash == cash && account->held == held,
		     WHERE ": cash %" PRId64 " (held %" PRId64 ") should be %" PRId64
			   " (held %" PRId64 ")",
		     HERE(d), cash, held, account->cash, account->held);
	audit_expect(d->balances,
		     held >= 0 &&
			     (account->firm || account->shorting || (cash >= held && cash >= 0)),
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
			     (account_of(d, position)->firm || account_of(d, position)->shorting ||
			      (shares >= held && shares >= 0)),
		     WHERE ": position %" PRId64 " is less than what is held of it, %" PRId64,
		     HERE(d), shares, held);
}

/* An order's hold becomes another, and with it what its account holds. */
static void set_hold(struct desk *d, struct order *order, int64_t hold, int64_t margin)
{
	struct audit_position *position = position_of(d, order);
	struct audit_account *account = account_of(d, position);

	if (order->buy)
		account->held += hold - order->hold;
	else
		position->desk_held += hold - order->hold;
	account->held += margin - order->margin;
	order->hold = hold;
	order->margin = margin;
}

/* What the account holds of cash for what it is short of the order's symbol. */
static void set_collateral(struct desk *d, const struct order *order, int64_t collateral)
{
	struct audit_position *position = position_of(d, order);

	account_of(d, position)->held += collateral - position->collateral;
	position->collateral = collateral;
}

/* The balances that every fact about an order carries; a macro, since the types differ. */
#define CHECK_BALANCES(d, order, fact)                                                             \
	do {                                                                                       \
		struct audit_position *position_ = position_of(d, order);                          \
		set_collateral(d, order, (fact)->collateral_micros);                               \
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

static struct bus_id id_of(const char *text)
{
	struct bus_id id = { 0 };

	if (!bus_id_parse(text, strlen(text), &id))
		id = (struct bus_id){ 0 };
	return id;
}

static bool some(struct bus_id id)
{
	return !bus_id_equal(id, (struct bus_id){ 0 });
}

/* A new order, or NULL, and told, when it is there already. */
static struct order *new_order(struct desk *d, const char *account_id, const char *symbol,
			       const char *order_id)
{
	struct audit_position *position = audit_position(d->audit, account_id, symbol);
	struct order *order;
	struct bus_id id;
	bool added;

	if (!bus_id_parse(order_id, strlen(order_id), &id))
		return NULL;
	order = audit_row(&d->audit->orders, id, &added);
	if (!audit_expect(d->life, added, WHERE ": order %s is accepted twice", HERE(d), order_id))
		return NULL;
	order->position = (uint32_t)(position - (struct audit_position *)d->audit->positions.rows);
	return order;
}

static void on_accepted(struct desk *d, const ORDERS(OrderAccepted) * fact)
{
	struct order *order = new_order(d, fact->account_id, fact->symbol, fact->order_id);

	if (!order)
		return;
	order->quantity = order->leaves = fact->quantity_micros;
	order->status = fact->status ? (int)fact->status : STATUS(NEW);
	order->buy = fact->side == BUY;
	order->sibling = id_of(fact->sibling_order_id);
	order->entry = id_of(fact->entry_order_id);
	account_of(d, position_of(d, order))->firm |= fact->firm;
	set_hold(d, order, fact->hold_micros, fact->margin_hold_micros);
	audit_expect(
		d->life,
		order->status == STATUS(NEW) || (order->status == STATUS(HELD) && order->hold == 0),
		WHERE ": order %s begins with status %d", HERE(d), fact->order_id, order->status);
	check_open(d, order, fact->order_id);
	CHECK_BALANCES(d, order, fact);
}

/* Cash of a fill is price times quantity, to the millionth, and the fee. */
static void check_fill(struct desk *d, const ORDERS(OrderFilled) * fact, bool buy)
{
	struct audit_trade *trade = audit_find_text(&d->audit->trades, fact->trade_id);
	struct bus_money notional = { 0 };
	bool fits =
		bus_notional_down((struct bus_price){ fact->last_price_micros },
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
	account_of(d, position)->shorting |= fact->shorting;
	account_of(d, position)->cash += fact->cash_delta_micros;
	position->desk += order->buy ? fact->last_quantity_micros : -fact->last_quantity_micros;
	set_hold(d, order, fact->hold_micros, fact->margin_hold_micros);
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
	set_hold(d, order, 0, 0);
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
	set_hold(d, order, fact->hold_micros, fact->margin_hold_micros);
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
	set_hold(d, order, 0, 0);
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

/* Self-trade prevention has taken a part of it away, or all of it. */
static void on_prevented(struct desk *d, const ORDERS(OrderPrevented) * fact)
{
	struct order *order = open_order(d, fact->order_id);

	if (!order)
		return;
	order->prevented += fact->last_prevented_micros;
	order->quantity -= fact->last_prevented_micros;
	order->leaves -= fact->last_prevented_micros;
	order->status = fact->status;
	audit_expect(
		d->life,
		fact->last_prevented_micros > 0 && order->prevented == fact->prevented_micros &&
			order->leaves == fact->leaves_micros && order->cum == fact->cum_micros &&
			terminal(order->status) == (order->leaves == 0) &&
			order->quantity == fact->quantity_micros,
		WHERE ": order %s: %" PRId64 " open after prevention, not %" PRId64, HERE(d),
		fact->order_id, fact->leaves_micros, order->leaves);
	set_hold(d, order, fact->hold_micros, fact->margin_hold_micros);
	check_open(d, order, fact->order_id);
	CHECK_BALANCES(d, order, fact);
}

/* An order by notional has traded what its amount pays for. */
static void on_completed(struct desk *d, const ORDERS(OrderCompleted) * fact)
{
	struct order *order = open_order(d, fact->order_id);

	if (!order)
		return;
	audit_expect(d->life,
		     order->cum > 0 && order->cum == fact->quantity_micros &&
			     order->notional == fact->cum_notional_micros,
		     WHERE ": order %s is complete with %" PRId64 ", and has traded %" PRId64,
		     HERE(d), fact->order_id, fact->quantity_micros, order->cum);
	order->quantity = order->cum;
	order->leaves = 0;
	order->status = STATUS(FILLED);
	set_hold(d, order, 0, 0);
	CHECK_BALANCES(d, order, fact);
}

/* The replacement has a row of its own from here on, and holds what is needed beyond the order. */
static void on_replace_requested(struct desk *d, const ORDERS(ReplaceRequested) * fact)
{
	struct order *order = open_order(d, fact->order_id), *next;

	if (!order)
		return;
	order->status = STATUS(PENDING_REPLACE);
	order->replacement = id_of(fact->new_order_id);
	next = new_order(d, fact->account_id, fact->symbol, fact->new_order_id);
	if (!next)
		return;
	next->quantity = next->leaves = fact->quantity_micros;
	next->status = STATUS(PENDING_NEW);
	next->buy = fact->side == BUY;
	set_hold(d, next, fact->hold_micros, fact->margin_hold_micros);
	check_open(d, next, fact->new_order_id);
	CHECK_BALANCES(d, next, fact);
}

/* What the order had traded counts for the replacement; what it held is gone with it. */
static void on_replaced(struct desk *d, const ORDERS(OrderReplaced) * fact)
{
	struct order *order = open_order(d, fact->order_id);
	struct order *next = order ? open_order(d, fact->new_order_id) : NULL;

	if (!next)
		return;
	audit_expect(d->life,
		     bus_id_equal(order->replacement, id_of(fact->new_order_id)) &&
			     next->status == STATUS(PENDING_NEW) &&
			     order->cum == fact->cum_micros &&
			     order->notional == fact->cum_notional_micros,
		     WHERE ": order %s had traded %" PRId64 ", its replacement says %" PRId64,
		     HERE(d), fact->order_id, order->cum, fact->cum_micros);
	next->quantity = fact->quantity_micros;
	next->cum = fact->cum_micros;
	next->leaves = fact->leaves_micros;
	next->notional = fact->cum_notional_micros;
	next->status = fact->status;
	order->status = STATUS(REPLACED);
	order->leaves = 0;
	set_hold(d, order, 0, 0);
	set_hold(d, next, fact->hold_micros, fact->margin_hold_micros);
	check_open(d, next, fact->new_order_id);
	CHECK_BALANCES(d, next, fact);
}

static void on_replace_rejected(struct desk *d, const ORDERS(ReplaceRejected) * fact)
{
	struct order *next;

	on_status(d, fact->order_id, fact->status);
	if (!fact->was_pending)
		return;
	next = open_order(d, fact->new_order_id);
	if (!next)
		return;
	next->status = STATUS(REJECTED);
	next->leaves = 0;
	set_hold(d, next, 0, 0);
	CHECK_BALANCES(d, next, fact);
}

/* The entry has ended, and this is what it has traded. */
static void on_activated(struct desk *d, const ORDERS(LegActivated) * fact)
{
	struct order *order = open_order(d, fact->order_id);

	if (!order)
		return;
	audit_expect(d->life, order->status == STATUS(HELD),
		     WHERE ": leg %s is activated with status %d", HERE(d), fact->order_id,
		     order->status);
	order->status = STATUS(NEW);
	order->quantity = order->leaves = fact->quantity_micros;
	set_hold(d, order, fact->hold_micros, fact->margin_hold_micros);
	check_open(d, order, fact->order_id);
	CHECK_BALANCES(d, order, fact);
}

static void on_hold(struct desk *d, const ORDERS(HoldChanged) * fact)
{
	struct order *order = open_order(d, fact->order_id);

	if (!order)
		return;
	set_hold(d, order, fact->hold_micros, fact->margin_hold_micros);
	CHECK_BALANCES(d, order, fact);
}

/* What a withdrawal held goes down with what it takes. */
static void release_withdrawal(struct desk *d, const char *reference_id, int64_t held_delta)
{
	struct withdrawal *withdrawal = audit_find_text(&d->withdrawals, reference_id);

	if (withdrawal)
		withdrawal->held += held_delta;
}

static void on_cash(struct desk *d, const ORDERS(BuyingPowerChanged) * fact)
{
	struct audit_account *account = audit_account(d->audit, fact->account_id, NULL);

	account->cash += fact->cash_delta_micros;
	account->held += fact->held_delta_micros;
	release_withdrawal(d, fact->reference_id, fact->held_delta_micros);
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
	position->collateral = fact->collateral_micros;
	release_withdrawal(d, fact->reference_id, fact->held_delta_micros);
	check_shares(d, position, fact->position_micros, fact->position_held_micros);
	audit_expect(d->balances,
		     fact->position_micros == fact->position_held_micros + fact->available_micros,
		     WHERE ": available + held is not the total", HERE(d));
}

static void on_withdrawal(struct desk *d, const ORDERS(WithdrawalHeld) * fact)
{
	struct audit_account *account;
	struct audit_position *position;
	struct withdrawal *withdrawal;
	uint32_t number;

	withdrawal = audit_row(&d->withdrawals, id_of(fact->withdrawal_id), NULL);
	account = audit_account(d->audit, fact->account_id, &number);
	account->firm |= fact->firm;
	withdrawal->account = number;
	if (fact->symbol[0] == '\0') {
		withdrawal->cash = true;
		withdrawal->held = fact->amount_micros;
		account->held += fact->amount_micros;
		check_cash(d, account, fact->cash_micros, fact->cash_held_micros);
		return;
	}
	position = audit_position(d->audit, fact->account_id, fact->symbol);
	withdrawal->held = fact->quantity_micros;
	withdrawal->position =
		(uint32_t)(position - (struct audit_position *)d->audit->positions.rows);
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
	case EVENT(ORDER_PREVENTED):
		on_prevented(d, event->order_prevented);
		break;
	case EVENT(ORDER_COMPLETED):
		on_completed(d, event->order_completed);
		break;
	case EVENT(REPLACE_REQUESTED):
		on_replace_requested(d, event->replace_requested);
		break;
	case EVENT(ORDER_REPLACED):
		on_replaced(d, event->order_replaced);
		break;
	case EVENT(REPLACE_REJECTED):
		on_replace_rejected(d, event->replace_rejected);
		break;
	case EVENT(ORDER_TRIGGERED):
		open_order(d, event->order_triggered->order_id);
		break;
	case EVENT(LEG_ACTIVATED):
		on_activated(d, event->leg_activated);
		break;
	case EVENT(HOLD_CHANGED):
		on_hold(d, event->hold_changed);
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
	position->desk_actions = audit_number(rows, 5);
	audit_expect(d->position_rows,
		     position->desk == audit_number(rows, 2) &&
			     position->desk_held == audit_number(rows, 3) &&
			     position->collateral == audit_number(rows, 4),
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

/* Orders that belong together, and the books ////////////////////////////////////////////////////
 */

static const struct order *kin(const struct desk *d, struct bus_id id)
{
	return some(id) ? audit_find(&d->audit->orders, id) : NULL;
}

/* Of two siblings both are open or neither is; a leg that waits has its entry before it. */
static void check_kin(struct desk *d, uint32_t n)
{
	const struct order *order = audit_at(&d->audit->orders, n);
	const struct order *sibling = kin(d, order->sibling), *entry = kin(d, order->entry);
	struct bus_id id = d->audit->orders.map.ids[n];

	if (some(order->sibling))
		audit_expect(d->kin,
			     sibling && bus_id_equal(sibling->sibling, id) &&
				     terminal(sibling->status) == terminal(order->status),
			     "order %s has status %d, and its sibling %s another end", audit_id(id),
			     order->status, audit_id(order->sibling));
	if (order->status == STATUS(HELD))
		audit_expect(d->kin, entry && !terminal(entry->status),
			     "leg %s waits, and its entry %s has ended", audit_id(id),
			     audit_id(order->entry));
	if (order->status == STATUS(REPLACED))
		audit_expect(d->kin, kin(d, order->replacement) != NULL,
			     "order %s is replaced, and there is no replacement", audit_id(id));
	if (order->status == STATUS(PENDING_REPLACE) || order->status == STATUS(PENDING_CANCEL) ||
	    order->status == STATUS(PENDING_NEW))
		audit_expect(d->kin, false, "order %s waits for an answer for ever (status %d)",
			     audit_id(id), order->status);
}

/* What the desk holds to be open is what the queues of the books have, in all four of them. */
static void check_queues(struct desk *d)
{
	const struct audit_table *resting = &d->audit->resting, *orders = &d->audit->orders;

	for (uint32_t i = 0; i < orders->map.count; i++) {
		const struct order *order = audit_at(orders, i);
		const struct ladder_order *queued = audit_find(resting, orders->map.ids[i]);
		bool waits = queued && queued->live;

		if (terminal(order->status) || order->status == STATUS(HELD))
			audit_expect(d->books, !waits, "order %s is over (%d), and rests",
				     audit_id(orders->map.ids[i]), order->status);
		else
			audit_expect(d->books, waits && queued->leaves == order->leaves,
				     "order %s is open with %" PRId64 ", and does not rest so",
				     audit_id(orders->map.ids[i]), order->leaves);
	}
	for (uint32_t i = 0; i < resting->map.count; i++)
		if (((const struct ladder_order *)audit_at(resting, i))->live &&
		    !audit_find(orders, resting->map.ids[i]))
			audit_expect(d->books, false, "order %s rests, and the desk has none",
				     audit_id(resting->map.ids[i]));
}

/*
 * What an account holds of cash is what its orders, its collateral and its withdrawals hold; and so
 * for shares.
 */
static void check_holds(struct desk *d)
{
	const struct audit *audit = d->audit;
	audit_sum *cash = bus_calloc(audit->accounts.map.count + 1, sizeof(*cash));
	audit_sum *shares = bus_calloc(audit->positions.map.count + 1, sizeof(*shares));

	for (uint32_t i = 0; i < audit->orders.map.count; i++) {
		const struct order *order = audit_at(&audit->orders, i);

		if (order->buy)
			cash[position_of(d, order)->account] += order->hold;
		else
			shares[order->position] += order->hold;
		cash[position_of(d, order)->account] += order->margin;
	}
	for (uint32_t i = 0; i < d->withdrawals.map.count; i++) {
		const struct withdrawal *withdrawal = audit_at(&d->withdrawals, i);

		if (withdrawal->cash)
			cash[withdrawal->account] += withdrawal->held;
		else
			shares[withdrawal->position] += withdrawal->held;
	}
	for (uint32_t i = 0; i < audit->positions.map.count; i++) {
		const struct audit_position *position = audit_at(&audit->positions, i);

		cash[position->account] += position->collateral;
		audit_expect(d->holds, shares[i] == position->desk_held,
			     "account %s: of %s %" PRId64 " is held, and orders hold %" PRId64,
			     audit_id(audit->accounts.map.ids[position->account]),
			     audit->symbols[position->symbol], position->desk_held,
			     (int64_t)shares[i]);
	}
	for (uint32_t i = 0; i < audit->accounts.map.count; i++) {
		const struct audit_account *account = audit_at(&audit->accounts, i);

		audit_expect(d->holds, cash[i] == account->held,
			     "account %s: cash of %" PRId64 " is held, and orders hold %" PRId64,
			     audit_id(audit->accounts.map.ids[i]), account->held, (int64_t)cash[i]);
	}
	free(cash);
	free(shares);
}

void audit_orders(struct audit *audit)
{
	struct desk d = { .audit = audit, .withdrawals.size = sizeof(struct withdrawal) };

	audit->orders.size = sizeof(struct order);
	d.life = audit_check(audit, 3, "cum + leaves = quantity; nothing leaves a terminal state",
			     "facts");
	d.balances = audit_check(
		audit, 5, "the desk: available + held = total >= 0, at every event", "balances");
	d.fills = audit_check(audit, 4, "a fill's cash is price times quantity, and the fee",
			      "fills");
	d.holds = audit_check(audit, 5, "what is held == orders + collateral + withdrawals",
			      "balances");
	d.kin = audit_check(audit, 3, "siblings, legs and replacements end together", "orders");
	d.books = audit_check(audit, 3, "open orders == what waits in the queues of the books",
			      "orders");
	audit_read(audit, "orders.events", on_step, &d);
	check_holds(&d);
	for (uint32_t i = 0; i < audit->orders.map.count; i++)
		check_kin(&d, i);
	check_queues(&d);
	idmap_release(&d.withdrawals.map);
	free(d.withdrawals.rows);
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
