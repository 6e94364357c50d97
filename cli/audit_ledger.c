/*
 * Invariants 4 and 5 from portfolio.events: cash and positions of every account, folded from their
 * differences; each side of each trade booked once at the book's price; double entry whose every
 * transaction sums to 0; and the rows of the store.
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

struct ledger {
	struct audit *audit;
	struct audit_check *balances, *trades, *rows, *position_rows, *entries;
	const struct stream_record *record;
};

#define WHERE	"portfolio.events/%d@%" PRId64
#define HERE(l) (l)->record->partition, (l)->record->offset

static void move_cash(struct ledger *l, const char *account_id, int64_t delta, int64_t told)
{
	struct audit_account *account = audit_account(l->audit, account_id, NULL);

	account->in_ledger = true;
	account->ledger_cash += delta;
	audit_expect(l->balances, account->ledger_cash == told && (told >= 0 || account->firm),
		     WHERE ": cash of %s is told as %" PRId64 ", and is %" PRId64, HERE(l),
		     account_id, told, account->ledger_cash);
}

static void move_shares(struct ledger *l, const char *account_id, const char *symbol, int64_t delta,
			int64_t told, int64_t cost)
{
	struct audit_position *position = audit_position(l->audit, account_id, symbol);
	struct audit_account *account = audit_at(&l->audit->accounts, position->account);

	account->in_ledger = true;
	position->ledger += delta;
	position->ledger_cost = cost;
	audit_expect(l->balances, position->ledger == told && (told >= 0 || account->firm),
		     WHERE ": position of %s in %s is told as %" PRId64 ", and is %" PRId64,
		     HERE(l), account_id, symbol, told, position->ledger);
}

static void on_trade(struct ledger *l, const PORTFOLIO(TradeBooked) * fact)
{
	struct audit_trade *trade = audit_find_text(&l->audit->trades, fact->trade_id);
	bool buy = fact->side == BUY;
	struct bus_money notional = { 0 };
	bool fits = bus_notional((struct bus_price){ fact->price_micros },
				 (struct bus_quantity){ fact->quantity_micros }, &notional);

	audit_expect(l->trades,
		     fits && fact->fee_micros >= 0 &&
			     fact->cash_delta_micros ==
				     (buy ? -notional.micros : notional.micros) - fact->fee_micros,
		     WHERE ": trade %s moves %" PRId64 " of cash", HERE(l), fact->trade_id,
		     fact->cash_delta_micros);
	if (audit_expect(l->trades,
			 trade && trade->price == fact->price_micros &&
				 trade->quantity == fact->quantity_micros,
			 WHERE ": trade %s is not in the book's journal", HERE(l), fact->trade_id))
		trade->booked++;
	l->audit->sums.fees += fact->fee_micros;
	move_cash(l, fact->account_id, fact->cash_delta_micros, fact->cash_micros);
	move_shares(l, fact->account_id, fact->symbol,
		    buy ? fact->quantity_micros : -fact->quantity_micros, fact->position_micros,
		    fact->position_cost_micros);
	audit_position(l->audit, fact->account_id, fact->symbol)->ledger_realised =
		fact->position_realised_micros;
}

static void on_withdrawal(struct ledger *l, const PORTFOLIO(WithdrawalBooked) * fact)
{
	if (fact->symbol[0] == '\0') {
		l->audit->sums.withdrawals += fact->amount_micros;
		move_cash(l, fact->account_id, -fact->amount_micros, fact->cash_micros);
		return;
	}
	move_shares(l, fact->account_id, fact->symbol, -fact->quantity_micros,
		    fact->position_micros, fact->position_cost_micros);
	l->audit->sums.shares[audit_symbol(l->audit, fact->symbol)] -= fact->quantity_micros;
}

static void on_fact(struct ledger *l, const PORTFOLIO(PortfolioEvent) * event)
{
	if (event->event_case == EVENT(CASH_DEPOSITED)) {
		const PORTFOLIO(CashDeposited) *fact = event->cash_deposited;

		l->audit->sums.deposits += fact->amount_micros;
		move_cash(l, fact->account_id, fact->amount_micros, fact->cash_micros);
	} else if (event->event_case == EVENT(SHARES_DEPOSITED)) {
		const PORTFOLIO(SharesDeposited) *fact = event->shares_deposited;

		move_shares(l, fact->account_id, fact->symbol, fact->quantity_micros,
			    fact->position_micros, fact->position_cost_micros);
		l->audit->sums.shares[audit_symbol(l->audit, fact->symbol)] +=
			fact->quantity_micros;
	} else if (event->event_case == EVENT(WITHDRAWAL_BOOKED)) {
		on_withdrawal(l, event->withdrawal_booked);
	} else if (event->event_case == EVENT(TRADE_BOOKED)) {
		on_trade(l, event->trade_booked);
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

	account->ledger_row = true;
	audit_expect(l->rows, account->ledger_cash == audit_number(rows, 1),
		     "portfolio_account %s: cash %" PRId64 " should be %" PRId64,
		     audit_text(rows, 0), audit_number(rows, 1), account->ledger_cash);
}

static void on_position_row(void *arg, const PGresult *rows)
{
	struct ledger *l = arg;
	struct audit_position *position =
		audit_position(l->audit, audit_text(rows, 0), audit_text(rows, 1));

	position->ledger_row = true;
	audit_expect(l->position_rows,
		     position->ledger == audit_number(rows, 2) &&
			     position->ledger_cost == audit_number(rows, 3) &&
			     position->ledger_realised == audit_number(rows, 4),
		     "portfolio_position %s %s is not what portfolio.events says",
		     audit_text(rows, 0), audit_text(rows, 1));
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
	}
}

void audit_ledger(struct audit *audit)
{
	struct ledger l = { .audit = audit };

	l.balances = audit_check(audit, 5, "the ledger: cash and positions add up, never below 0",
				 "balances");
	l.trades = audit_check(audit, 4, "both sides of every trade are filled and booked once",
			       "sides");
	audit_read(audit, "portfolio.events", on_step, &l);
	check_trades(&l);
	if (!audit->conns[AUDIT_PORTFOLIO])
		return;
	l.rows = audit_check(audit, 7, "the ledger's accounts == fold of portfolio.events", "rows");
	l.position_rows =
		audit_check(audit, 7, "the ledger's positions == fold of portfolio.events", "rows");
	l.entries = audit_check(audit, 4, "double entry: every transaction sums to 0", "postings");
	if (audit_query(audit, AUDIT_PORTFOLIO, sql_audit_ledger_accounts, on_account_row, &l) &&
	    audit_query(audit, AUDIT_PORTFOLIO, sql_audit_ledger_positions, on_position_row, &l))
		check_missing_rows(&l);
	audit_query(audit, AUDIT_PORTFOLIO, sql_audit_entry_count, on_entry_count, &l);
	audit_query(audit, AUDIT_PORTFOLIO, sql_audit_unbalanced, on_unbalanced, &l);
	audit_query(audit, AUDIT_PORTFOLIO, sql_audit_posting_sums, on_posting_sum, &l);
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
	audit_expect(agree, position->desk == position->ledger,
		     "account %s: the desk has %" PRId64 " of %s, the ledger %" PRId64,
		     audit_id(audit->accounts.map.ids[position->account]), position->desk,
		     audit->symbols[position->symbol], position->ledger);
}

void audit_sums(struct audit *audit)
{
	struct audit_check *agree =
		audit_check(audit, 4, "desk and ledger agree on every account", "balances");
	struct audit_check *cash =
		audit_check(audit, 4, "all cash == deposits - withdrawals - fees, to the millionth",
			    "accounts");
	struct audit_check *shares =
		audit_check(audit, 4, "all shares of a symbol == deposited - withdrawn", "symbols");
	struct audit_check *told =
		audit_check(audit, 2, "every fill is confirmed to its account once", "fills");
	audit_sum *held = bus_calloc(audit->symbol_count + 1, sizeof(*held));
	const struct audit_sums *sums = &audit->sums;
	audit_sum expected = sums->deposits - sums->withdrawals - sums->fees;

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
