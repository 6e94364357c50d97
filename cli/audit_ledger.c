/*
 * Invariants 4 and 5 from portfolio.events: cash and positions of every account, folded from their
 * differences; each side of each trade booked once at the book's price; cash settled and unsettled;
 * profit by both methods of cost, at every event; statements and corporate actions; double entry
 * whose every transaction sums to 0; and the rows of the store.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "audit.h"
#include "bourse/portfolio/v1/portfolio.pb-c.h"
#include "bus/money.h"
#include "sql.h"

#define PORTFOLIO(name) Bourse__Portfolio__V1__##name
#define EVENT(name)	BOURSE__PORTFOLIO__V1__PORTFOLIO_EVENT__EVENT_##name
#define BUY		BOURSE__ORDERS__V1__SIDE__SIDE_BUY

/* What the ledger says of an account, beside its cash: folded by us. */
struct money {
	int64_t settled;
	int64_t closing; /* of the last day that was closed */
	int32_t date;
	audit_sum moved;	 /* cash, since the last close */
	audit_sum deposits;	 /* net: of cash, and of shares at cost */
	audit_sum fifo_cost_out; /* less what left at average cost */
	audit_sum realised, fifo_realised, dividends, cost, fifo_cost;
	bool old; /* it has facts from before lots and settlement */
};

/* What settles on a day. */
struct bucket {
	uint32_t account;
	int32_t date;
	audit_sum amount;
	bool row;
};

struct ledger {
	struct audit *audit;
	struct audit_table money; /* by the account's id text */
	struct audit_table buckets;
	struct audit_check *balances, *trades, *rows, *position_rows, *entries;
	struct audit_check *settled, *identity, *days, *lots, *buckets_rows;
	const struct stream_record *record;
};

#define WHERE	"portfolio.events/%d@%" PRId64
#define HERE(l) (l)->record->partition, (l)->record->offset

static struct money *money_of(struct ledger *l, const char *account_id)
{
	return audit_row(&l->money, idmap_key("money", bus_bytes(account_id, strlen(account_id))),
			 NULL);
}

/* Who may owe: a firm, and who sells short (a dividend, a loss). */
static bool may_owe(const struct audit_account *account)
{
	return account->firm || account->shorting;
}

static void move_cash(struct ledger *l, const char *account_id, int64_t delta, int64_t told)
{
	struct audit_account *account = audit_account(l->audit, account_id, NULL);

	account->in_ledger = true;
	account->ledger_cash += delta;
	money_of(l, account_id)->moved += delta;
	audit_expect(l->balances, account->ledger_cash == told && (told >= 0 || may_owe(account)),
		     WHERE ": cash of %s is told as %" PRId64 ", and is %" PRId64, HERE(l),
		     account_id, told, account->ledger_cash);
}

/* What a position is and costs after a fact, by both methods. */
struct holding {
	int64_t quantity, cost, fifo_cost;
};

static void move_shares(struct ledger *l, const char *account_id, const char *symbol, int64_t delta,
			struct holding told)
{
	struct audit_position *position = audit_position(l->audit, account_id, symbol);
	struct audit_account *account = audit_at(&l->audit->accounts, position->account);
	struct money *money = money_of(l, account_id);

	account->in_ledger = true;
	money->cost += told.cost - position->ledger_cost;
	money->fifo_cost += told.fifo_cost - position->ledger_fifo_cost;
	position->ledger += delta;
	position->ledger_cost = told.cost;
	position->ledger_fifo_cost = told.fifo_cost;
	audit_expect(l->balances,
		     position->ledger == told.quantity && (told.quantity >= 0 || may_owe(account)),
		     WHERE ": position of %s in %s is told as %" PRId64 ", and is %" PRId64,
		     HERE(l), account_id, symbol, told.quantity, position->ledger);
	audit_expect(l->balances, told.quantity != 0 || (told.cost == 0 && told.fifo_cost == 0),
		     WHERE ": %s has no %s, at a cost of %" PRId64, HERE(l), account_id, symbol,
		     told.cost);
}

/* realised + unrealised = equity - net deposits, at cost: the prices are on both sides. */
static void check_identity(struct ledger *l, const char *account_id)
{
	const struct money *money = money_of(l, account_id);
	audit_sum cash = audit_account(l->audit, account_id, NULL)->ledger_cash;

	if (money->old)
		return;
	audit_expect(l->identity,
		     cash + money->cost == money->deposits + money->realised + money->dividends,
		     WHERE ": %s: cash and cost are not net deposits and profit, by %" PRId64,
		     HERE(l), account_id,
		     (int64_t)(cash + money->cost - money->deposits - money->realised -
			       money->dividends));
	audit_expect(l->identity,
		     cash + money->fifo_cost == money->deposits - money->fifo_cost_out +
							money->fifo_realised + money->dividends,
		     WHERE
		     ": %s, first in first out: cash and cost are not net deposits and profit",
		     HERE(l), account_id);
}

static void check_settled(struct ledger *l, const char *account_id, int64_t settled,
			  int64_t unsettled)
{
	const struct money *money = money_of(l, account_id);
	int64_t cash = audit_account(l->audit, account_id, NULL)->ledger_cash;

	if (money->old)
		return;
	audit_expect(l->settled, money->settled == settled && settled + unsettled == cash,
		     WHERE ": %s: settled %" PRId64 " and unsettled %" PRId64 " should be %" PRId64
			   " of %" PRId64,
		     HERE(l), account_id, settled, unsettled, money->settled, cash);
}

static struct bucket *bucket_of(struct ledger *l, const char *account_id, int32_t date)
{
	char key[64];
	int len = snprintf(key, sizeof(key), "%.40s/%d", account_id, date);
	struct bucket *bucket =
		audit_row(&l->buckets, idmap_key("bucket", bus_bytes(key, (size_t)len)), NULL);

	bucket->date = date;
	audit_account(l->audit, account_id, &bucket->account);
	return bucket;
}

static void check_trade(struct ledger *l, const PORTFOLIO(TradeBooked) * fact)
{
	struct audit_trade *trade = audit_find_text(&l->audit->trades, fact->trade_id);
	bool buy = fact->side == BUY;
	struct bus_money notional = { 0 };
	bool fits = bus_notional_down((struct bus_price){ fact->price_micros },
				      (struct bus_quantity){ fact->quantity_micros }, &notional);

	audit_expect(l->trades,
		     fits && fact->fee_micros >= 0 &&
			     fact->regulatory_fee_micros <= fact->fee_micros &&
			     fact->cash_delta_micros ==
				     (buy ? -notional.micros : notional.micros) - fact->fee_micros,
		     WHERE ": trade %s moves %" PRId64 " of cash", HERE(l), fact->trade_id,
		     fact->cash_delta_micros);
	if (audit_expect(l->trades,
			 trade && trade->price == fact->price_micros &&
				 trade->quantity == fact->quantity_micros,
			 WHERE ": trade %s is not in the book's journal", HERE(l), fact->trade_id))
		trade->booked++;
}

static void on_trade(struct ledger *l, const PORTFOLIO(TradeBooked) * fact)
{
	struct audit_account *account = audit_account(l->audit, fact->account_id, NULL);
	struct money *money = money_of(l, fact->account_id);
	struct audit_position *position;
	int64_t delta = fact->side == BUY ? fact->quantity_micros : -fact->quantity_micros;

	check_trade(l, fact);
	account->shorting |= fact->shorting;
	money->old |= fact->settlement_date == 0;
	money->realised += fact->realised_micros;
	money->fifo_realised += fact->fifo_realised_micros;
	l->audit->sums.fees += fact->fee_micros;
	move_cash(l, fact->account_id, fact->cash_delta_micros, fact->cash_micros);
	move_shares(l, fact->account_id, fact->symbol, delta,
		    (struct holding){ fact->position_micros, fact->position_cost_micros,
				      fact->position_fifo_cost_micros });
	position = audit_position(l->audit, fact->account_id, fact->symbol);
	position->ledger_realised = fact->position_realised_micros;
	position->ledger_fifo_realised = fact->position_fifo_realised_micros;
	bucket_of(l, fact->account_id, fact->settlement_date)->amount += fact->cash_delta_micros;
	check_settled(l, fact->account_id, fact->settled_cash_micros, fact->unsettled_cash_micros);
	check_identity(l, fact->account_id);
}

static void on_settled(struct ledger *l, const PORTFOLIO(CashSettled) * fact)
{
	struct bucket *bucket = bucket_of(l, fact->account_id, fact->date);

	audit_expect(l->settled, bucket->amount == fact->amount_micros,
		     WHERE ": %" PRId64 " of %s settle on %d, and not %" PRId64, HERE(l),
		     (int64_t)bucket->amount, fact->account_id, fact->date, fact->amount_micros);
	bucket->amount = 0;
	money_of(l, fact->account_id)->settled += fact->amount_micros;
	move_cash(l, fact->account_id, 0, fact->cash_micros);
	check_settled(l, fact->account_id, fact->settled_cash_micros, fact->unsettled_cash_micros);
}

static void on_withdrawal(struct ledger *l, const PORTFOLIO(WithdrawalBooked) * fact)
{
	struct money *money = money_of(l, fact->account_id);

	if (fact->symbol[0] == '\0') {
		l->audit->sums.withdrawals += fact->amount_micros;
		money->deposits -= fact->amount_micros;
		money->settled -= fact->amount_micros;
		move_cash(l, fact->account_id, -fact->amount_micros, fact->cash_micros);
	} else {
		money->deposits -= fact->cost_micros;
		money->fifo_cost_out += fact->fifo_cost_micros - fact->cost_micros;
		move_shares(l, fact->account_id, fact->symbol, -fact->quantity_micros,
			    (struct holding){ fact->position_micros, fact->position_cost_micros,
					      fact->position_fifo_cost_micros });
		l->audit->sums.shares[audit_symbol(l->audit, fact->symbol)] -=
			fact->quantity_micros;
	}
	check_identity(l, fact->account_id);
}

static void on_cash(struct ledger *l, const PORTFOLIO(CashDeposited) * fact)
{
	struct money *money = money_of(l, fact->account_id);

	l->audit->sums.deposits += fact->amount_micros;
	money->deposits += fact->amount_micros;
	money->settled += fact->amount_micros;
	move_cash(l, fact->account_id, fact->amount_micros, fact->cash_micros);
	check_identity(l, fact->account_id);
}

static void on_shares(struct ledger *l, const PORTFOLIO(SharesDeposited) * fact)
{
	money_of(l, fact->account_id)->deposits += fact->cost_micros;
	move_shares(l, fact->account_id, fact->symbol, fact->quantity_micros,
		    (struct holding){ fact->position_micros, fact->position_cost_micros,
				      fact->position_fifo_cost_micros });
	l->audit->sums.shares[audit_symbol(l->audit, fact->symbol)] += fact->quantity_micros;
	check_identity(l, fact->account_id);
}

/* Corporate actions //////////////////////////////////////////////////////////////////////////////
 */

static void on_dividend(struct ledger *l, const PORTFOLIO(DividendPaid) * fact)
{
	const struct audit_position *position =
		audit_position(l->audit, fact->account_id, fact->symbol);
	struct money *money = money_of(l, fact->account_id);
	struct bus_money amount = { 0 };

	/* To no shares: the position is younger than the dividend. */
	audit_expect(l->days,
		     (position->ledger == fact->quantity_micros || fact->quantity_micros == 0) &&
			     bus_money_muldiv((struct bus_money){ fact->amount_per_share_micros },
					      fact->quantity_micros, BUS_MICROS, &amount) &&
			     fact->amount_micros - amount.micros <= 1 &&
			     amount.micros - fact->amount_micros <= 1,
		     WHERE ": a dividend of %" PRId64 " for %" PRId64 " shares", HERE(l),
		     fact->amount_micros, fact->quantity_micros);
	l->audit->sums.dividends += fact->amount_micros;
	money->dividends += fact->amount_micros;
	money->settled += fact->amount_micros;
	move_cash(l, fact->account_id, fact->amount_micros, fact->cash_micros);
	check_settled(l, fact->account_id, fact->settled_cash_micros, fact->unsettled_cash_micros);
	check_identity(l, fact->account_id);
}

static void on_split(struct ledger *l, const PORTFOLIO(PositionSplit) * fact)
{
	struct audit_position *position = audit_position(l->audit, fact->account_id, fact->symbol);
	struct money *money = money_of(l, fact->account_id);
	int64_t delta = fact->position_micros - fact->before_micros;
	audit_sum scaled = (audit_sum)fact->before_micros * fact->new_shares;
	audit_sum got =
		((audit_sum)fact->position_micros + fact->fraction_micros) * fact->old_shares;
	audit_sum off = scaled > got ? scaled - got : got - scaled;

	audit_expect(l->days, position->ledger == fact->before_micros && off < fact->old_shares,
		     WHERE ": %" PRId64 " shares are %" PRId64 " after the split", HERE(l),
		     fact->before_micros, fact->position_micros);
	l->audit->sums.dividends += fact->cash_in_lieu_micros;
	l->audit->sums.shares[audit_symbol(l->audit, fact->symbol)] += delta;
	money->realised += fact->realised_micros;
	money->fifo_realised += fact->fifo_realised_micros;
	money->settled += fact->cash_in_lieu_micros;
	move_cash(l, fact->account_id, fact->cash_in_lieu_micros, fact->cash_micros);
	move_shares(l, fact->account_id, fact->symbol, delta,
		    (struct holding){ fact->position_micros, fact->position_cost_micros,
				      fact->position_fifo_cost_micros });
	position = audit_position(l->audit, fact->account_id, fact->symbol);
	position->ledger_realised = fact->position_realised_micros;
	position->ledger_fifo_realised = fact->position_fifo_realised_micros;
	check_settled(l, fact->account_id, fact->settled_cash_micros, fact->unsettled_cash_micros);
	check_identity(l, fact->account_id);
}

static void on_renamed(struct ledger *l, const PORTFOLIO(SymbolChanged) * fact)
{
	struct money *money = money_of(l, fact->account_id);
	struct audit_position *position;

	l->audit->sums.shares[audit_symbol(l->audit, fact->symbol)] -= fact->quantity_micros;
	l->audit->sums.shares[audit_symbol(l->audit, fact->new_symbol)] += fact->quantity_micros;
	move_shares(l, fact->account_id, fact->symbol, -fact->quantity_micros,
		    (struct holding){ 0 });
	move_shares(l, fact->account_id, fact->new_symbol, fact->quantity_micros,
		    (struct holding){ fact->position_micros, fact->position_cost_micros,
				      fact->position_fifo_cost_micros });
	/* Where long and short met they closed each other. */
	money->realised += fact->realised_micros;
	money->fifo_realised += fact->fifo_realised_micros;
	position = audit_position(l->audit, fact->account_id, fact->new_symbol);
	position->ledger_realised += fact->realised_micros;
	position->ledger_fifo_realised += fact->fifo_realised_micros;
	check_identity(l, fact->account_id);
}

/*
 * A statement adds up, begins where the last one ended, and ends with the cash that there is; its
 * profit is what equity is above net deposits.
 */
static void on_day(struct ledger *l, const PORTFOLIO(DayClosed) * fact)
{
	struct money *money = money_of(l, fact->account_id);
	int64_t cash = audit_account(l->audit, fact->account_id, NULL)->ledger_cash;
	audit_sum moved = (audit_sum)fact->deposits_micros - fact->withdrawals_micros +
			  fact->trades_micros + fact->dividends_micros + fact->other_micros;
	audit_sum value = 0, unrealised = 0;

	for (size_t i = 0; i < fact->n_positions; i++) {
		const PORTFOLIO(PositionClose) *close = fact->positions[i];
		const struct audit_position *position =
			audit_position(l->audit, fact->account_id, close->symbol);

		audit_expect(l->days, position->ledger == close->quantity_micros,
			     WHERE ": %s closes the day with %" PRId64 " %s, and has %" PRId64,
			     HERE(l), fact->account_id, close->quantity_micros, close->symbol,
			     position->ledger);
		value += close->value_micros;
		unrealised += (audit_sum)close->value_micros - close->cost_micros;
	}
	audit_expect(l->days,
		     fact->date > money->date && fact->opening_cash_micros == money->closing &&
			     fact->closing_cash_micros == cash &&
			     fact->opening_cash_micros + moved == cash && moved == money->moved,
		     WHERE ": the statement of %s for %d does not add up", HERE(l),
		     fact->account_id, fact->date);
	audit_expect(l->days,
		     fact->equity_micros == cash + value && fact->unrealised_micros == unrealised &&
			     (money->old ||
			      (fact->net_deposits_micros == money->deposits &&
			       fact->realised_micros == money->realised + money->dividends)) &&
			     (audit_sum)fact->realised_micros + fact->unrealised_micros ==
				     (audit_sum)fact->equity_micros - fact->net_deposits_micros,
		     WHERE ": the profit of %s on %d is not equity less net deposits", HERE(l),
		     fact->account_id, fact->date);
	check_settled(l, fact->account_id, fact->settled_cash_micros, fact->unsettled_cash_micros);
	money->date = fact->date;
	money->closing = cash;
	money->moved = 0;
}

static void on_fact(struct ledger *l, const PORTFOLIO(PortfolioEvent) * event)
{
	switch ((int)event->event_case) {
	case EVENT(CASH_DEPOSITED):
		on_cash(l, event->cash_deposited);
		break;
	case EVENT(SHARES_DEPOSITED):
		on_shares(l, event->shares_deposited);
		break;
	case EVENT(WITHDRAWAL_BOOKED):
		on_withdrawal(l, event->withdrawal_booked);
		break;
	case EVENT(TRADE_BOOKED):
		on_trade(l, event->trade_booked);
		break;
	case EVENT(CASH_SETTLED):
		on_settled(l, event->cash_settled);
		break;
	case EVENT(DIVIDEND_PAID):
		on_dividend(l, event->dividend_paid);
		break;
	case EVENT(POSITION_SPLIT):
		on_split(l, event->position_split);
		break;
	case EVENT(SYMBOL_CHANGED):
		on_renamed(l, event->symbol_changed);
		break;
	case EVENT(DAY_CLOSED):
		on_day(l, event->day_closed);
		break;
	default: /* facts that move nothing */
		break;
	}
}

static void on_step(void *arg, const struct stream_record *record)
{
	struct ledger *l = arg;
	PORTFOLIO(PortfolioEvents) *step = bourse__portfolio__v1__portfolio_events__unpack(
		NULL, record->value.len, record->value.data);

	l->record = record;
	if (!audit_expect(l->balances, step != NULL, WHERE " is no step", HERE(l)))
		return;
	for (size_t i = 0; i < step->n_events; i++)
		on_fact(l, step->events[i]);
	bourse__portfolio__v1__portfolio_events__free_unpacked(step, NULL);
}

/* Both sides of every trade, with the desk and with the ledger. */
static void check_trades(struct ledger *l)
{
	for (uint32_t i = 0; i < l->audit->trades.map.count; i++) {
		const struct audit_trade *trade = audit_at(&l->audit->trades, i);

		audit_expect(l->trades, trade->fills == 2 && trade->booked == 2,
			     "trade %s is filled %u times in orders.events and booked %u times",
			     audit_id(l->audit->trades.map.ids[i]), trade->fills, trade->booked);
	}
}

/* The store //////////////////////////////////////////////////////////////////////////////////////
 */

static void on_account_row(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;
	struct audit_account *account = audit_account(l->audit, audit_text(rows, 0), NULL);
	const struct money *money = money_of(l, audit_text(rows, 0));

	account->ledger_row = true;
	audit_expect(l->rows,
		     account->ledger_cash == audit_number(rows, 1) &&
			     (money->old || money->settled == audit_number(rows, 2)),
		     "portfolio_account %s: cash %" PRId64 " should be %" PRId64
		     ", of it settled %" PRId64 " should be %" PRId64,
		     audit_text(rows, 0), audit_number(rows, 1), account->ledger_cash,
		     audit_number(rows, 2), money->settled);
}

static void on_position_row(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;
	struct audit_position *position =
		audit_position(l->audit, audit_text(rows, 0), audit_text(rows, 1));

	position->ledger_row = true;
	position->ledger_actions = audit_number(rows, 7);
	audit_expect(l->position_rows,
		     position->ledger == audit_number(rows, 2) &&
			     position->ledger_cost == audit_number(rows, 3) &&
			     position->ledger_realised == audit_number(rows, 4) &&
			     (money_of(l, audit_text(rows, 0))->old ||
			      (position->ledger_fifo_cost == audit_number(rows, 5) &&
			       position->ledger_fifo_realised == audit_number(rows, 6))),
		     "portfolio_position %s %s is not what portfolio.events says",
		     audit_text(rows, 0), audit_text(rows, 1));
}

/* A position is the sum of its lots, in shares and, first in first out, in cost. */
static void on_lots(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;
	struct audit_position *position =
		audit_position(l->audit, audit_text(rows, 0), audit_text(rows, 1));

	position->lots_row = true;
	audit_expect(l->lots,
		     position->ledger == audit_number(rows, 2) &&
			     (money_of(l, audit_text(rows, 0))->old ||
			      position->ledger_fifo_cost == audit_number(rows, 3)),
		     "portfolio_lot: %s has %" PRId64 " of %s in lots, and %" PRId64 " in all",
		     audit_text(rows, 0), audit_number(rows, 2), audit_text(rows, 1),
		     position->ledger);
}

static void on_bucket_row(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;
	struct bucket *bucket = bucket_of(l, audit_text(rows, 0), (int32_t)audit_number(rows, 1));

	audit_expect(
		l->buckets_rows,
		money_of(l, audit_text(rows, 0))->old || bucket->amount == audit_number(rows, 2),
		"unsettled_cash of %s for %s is %" PRId64 ", and not %" PRId64, audit_text(rows, 0),
		audit_text(rows, 1), audit_number(rows, 2), (int64_t)bucket->amount);
	bucket->row = true;
}

static void on_statement_row(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;

	audit_expect(l->days, audit_number(rows, 2) == 0,
		     "statement of %s for %s: its lines differ from its movements by %" PRId64,
		     audit_text(rows, 0), audit_text(rows, 1), audit_number(rows, 2));
}

static void on_unbalanced(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;

	audit_expect(l->entries, false, "ledger_entry %s/%s/%s: %s does not sum to 0",
		     audit_text(rows, 0), audit_text(rows, 1), audit_text(rows, 2),
		     audit_text(rows, 3));
}

static void on_entry_count(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;

	l->entries->count += (uint64_t)audit_number(rows, 0);
}

/* The customers' postings, summed, are their cash and their shares. */
static void on_posting_sum(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;
	const char *instrument = audit_text(rows, 1);
	int64_t sum = audit_number(rows, 2), is;

	if (strcmp(instrument, "cash") == 0)
		is = audit_account(l->audit, audit_text(rows, 0), NULL)->ledger_cash;
	else
		is = audit_position(l->audit, audit_text(rows, 0), instrument)->ledger;
	audit_expect(l->entries, sum == is,
		     "ledger_entry of %s in %s sums to %" PRId64 ", not to %" PRId64,
		     audit_text(rows, 0), instrument, sum, is);
}

static void check_missing_rows(struct ledger *l)
{
	for (uint32_t i = 0; i < l->audit->accounts.map.count; i++) {
		const struct audit_account *account = audit_at(&l->audit->accounts, i);

		if (account->in_ledger && !account->ledger_row)
			audit_expect(l->rows, false, "account %s has no row in portfolio_account",
				     audit_id(l->audit->accounts.map.ids[i]));
	}
	for (uint32_t i = 0; i < l->audit->positions.map.count; i++) {
		const struct audit_position *position = audit_at(&l->audit->positions, i);

		if (position->ledger && !position->ledger_row)
			audit_expect(l->position_rows, false,
				     "account %s has no row in portfolio_position for %s",
				     audit_id(l->audit->accounts.map.ids[position->account]),
				     l->audit->symbols[position->symbol]);
		if (position->ledger && !position->lots_row)
			audit_expect(l->lots, false, "account %s has no lots of %s",
				     audit_id(l->audit->accounts.map.ids[position->account]),
				     l->audit->symbols[position->symbol]);
	}
	for (uint32_t i = 0; i < l->buckets.map.count; i++) {
		const struct bucket *bucket = audit_at(&l->buckets, i);

		if (bucket->amount && !bucket->row)
			audit_expect(l->buckets_rows, false,
				     "account %s has no row in unsettled_cash for %d",
				     audit_id(l->audit->accounts.map.ids[bucket->account]),
				     bucket->date);
	}
}

/* What has not settled yet is what the buckets of an account hold. */
static void check_buckets(struct ledger *l)
{
	const struct audit *audit = l->audit;
	audit_sum *sums = bus_calloc(audit->accounts.map.count + 1, sizeof(*sums));

	for (uint32_t i = 0; i < l->buckets.map.count; i++) {
		const struct bucket *bucket = audit_at(&l->buckets, i);

		sums[bucket->account] += bucket->amount;
	}
	for (uint32_t i = 0; i < audit->accounts.map.count; i++) {
		const struct audit_account *account = audit_at(&audit->accounts, i);
		char text[BUS_ID_TEXT];
		const struct money *money;

		if (!account->in_ledger)
			continue;
		money = money_of(l, bus_id_format(audit->accounts.map.ids[i], text));
		audit_expect(
			l->settled, money->old || account->ledger_cash == money->settled + sums[i],
			"account %s: cash %" PRId64 ", settled %" PRId64 ", to be settled %" PRId64,
			text, account->ledger_cash, money->settled, (int64_t)sums[i]);
	}
	free(sums);
}

static void check_store(struct ledger *l)
{
	struct audit *audit = l->audit;

	if (!audit->conns[AUDIT_PORTFOLIO])
		return;
	l->rows =
		audit_check(audit, 7, "the ledger's accounts == fold of portfolio.events", "rows");
	l->position_rows =
		audit_check(audit, 7, "the ledger's positions == fold of portfolio.events", "rows");
	l->entries = audit_check(audit, 4, "double entry: every transaction sums to 0", "postings");
	l->lots = audit_check(audit, 4, "a position == the sum of its lots", "positions");
	l->buckets_rows =
		audit_check(audit, 7, "what is unsettled == fold of portfolio.events", "rows");
	if (audit_query(audit, AUDIT_PORTFOLIO, sql_audit_ledger_accounts, on_account_row, l) &&
	    audit_query(audit, AUDIT_PORTFOLIO, sql_audit_ledger_positions, on_position_row, l) &&
	    audit_query(audit, AUDIT_PORTFOLIO, sql_audit_lots, on_lots, l) &&
	    audit_query(audit, AUDIT_PORTFOLIO, sql_audit_unsettled, on_bucket_row, l) &&
	    audit_query(audit, AUDIT_PORTFOLIO, sql_audit_statements, on_statement_row, l))
		check_missing_rows(l);
	audit_query(audit, AUDIT_PORTFOLIO, sql_audit_entry_count, on_entry_count, l);
	audit_query(audit, AUDIT_PORTFOLIO, sql_audit_unbalanced, on_unbalanced, l);
	audit_query(audit, AUDIT_PORTFOLIO, sql_audit_posting_sums, on_posting_sum, l);
}

void audit_ledger(struct audit *audit)
{
	struct ledger l = { .audit = audit,
			    .money.size = sizeof(struct money),
			    .buckets.size = sizeof(struct bucket) };

	l.balances = audit_check(audit, 5, "the ledger: cash and positions add up, never below 0",
				 "balances");
	l.trades = audit_check(audit, 4, "both sides of every trade are filled and booked once",
			       "sides");
	l.settled = audit_check(audit, 4, "settled + unsettled == cash; the days' buckets add up",
				"balances");
	l.identity = audit_check(
		audit, 4, "cash + cost == net deposits + profit, by both methods, at every event",
		"events");
	l.days = audit_check(audit, 4, "statements and corporate actions add up", "facts");
	audit_read(audit, "portfolio.events", on_step, &l);
	check_trades(&l);
	check_buckets(&l);
	check_store(&l);
	idmap_release(&l.money.map);
	idmap_release(&l.buckets.map);
	free(l.money.rows);
	free(l.buckets.rows);
}

/* Over desk and ledger ///////////////////////////////////////////////////////////////////////////
 */

static void check_account(struct audit *audit, struct audit_check *agree, uint32_t n)
{
	const struct audit_account *account = audit_at(&audit->accounts, n);

	audit->sums.desk_cash += account->cash;
	audit->sums.ledger_cash += account->ledger_cash;
	audit_expect(agree, account->cash == account->ledger_cash,
		     "account %s: the desk has cash %" PRId64 ", the ledger %" PRId64,
		     audit_id(audit->accounts.map.ids[n]), account->cash, account->ledger_cash);
}

static void check_position(struct audit *audit, struct audit_check *agree, audit_sum *shares,
			   uint32_t n)
{
	const struct audit_position *position = audit_at(&audit->positions, n);

	shares[position->symbol] += position->ledger;
	/* A position of nothing goes through corporate actions with its next trade. */
	if (position->ledger && position->desk_row && position->ledger_row)
		audit_expect(agree, position->desk_actions == position->ledger_actions,
			     "account %s: the desk's %s has been through %" PRId64
			     " corporate actions, the ledger's through %" PRId64,
			     audit_id(audit->accounts.map.ids[position->account]),
			     audit->symbols[position->symbol], position->desk_actions,
			     position->ledger_actions);
	audit_expect(agree, position->desk == position->ledger,
		     "account %s: the desk has %" PRId64 " of %s, the ledger %" PRId64,
		     audit_id(audit->accounts.map.ids[position->account]), position->desk,
		     audit->symbols[position->symbol], position->ledger);
}

void audit_sums(struct audit *audit)
{
	struct audit_check *agree =
		audit_check(audit, 4, "desk and ledger agree on every account", "balances");
	struct audit_check *cash = audit_check(
		audit, 4, "all cash == deposits - withdrawals - fees + dividends", "accounts");
	struct audit_check *shares = audit_check(
		audit, 4, "all shares of a symbol == deposited - withdrawn, split", "symbols");
	struct audit_check *told =
		audit_check(audit, 2, "every fill is confirmed to its account once", "fills");
	audit_sum *held = bus_calloc(audit->symbol_count + 1, sizeof(*held));
	const struct audit_sums *sums = &audit->sums;
	audit_sum expected = sums->deposits - sums->withdrawals - sums->fees + sums->dividends;

	for (uint32_t i = 0; i < audit->accounts.map.count; i++)
		check_account(audit, agree, i);
	for (uint32_t i = 0; i < audit->positions.map.count; i++)
		check_position(audit, agree, held, i);
	audit_expect(cash, sums->ledger_cash == expected && sums->desk_cash == expected,
		     "the ledger's cash differs by %" PRId64 " millionths, the desk's by %" PRId64,
		     (int64_t)(sums->ledger_cash - expected),
		     (int64_t)(sums->desk_cash - expected));
	cash->count = audit->accounts.map.count;
	for (uint32_t i = 0; i < audit->symbol_count; i++)
		audit_expect(shares, held[i] == sums->shares[i],
			     "%s: positions differ from what came in by %" PRId64 " millionths",
			     audit->symbols[i], (int64_t)(held[i] - sums->shares[i]));
	/* Who has moved the confirmations to another channel has none on the stream. */
	audit_expect(told,
		     audit->preferences ? audit->confirmed <= audit->fills
					: audit->confirmed == audit->fills,
		     "%" PRIu64 " fills, of which %" PRIu64 " were confirmed", audit->fills,
		     audit->confirmed);
	told->count = audit->fills;
	free(held);
}
