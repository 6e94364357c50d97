/* What the ledger says against the naive ledger, see mesh_watch.h. */
#include <inttypes.h>

#include "fields.h"
#include "mesh_watch.h"

__extension__ typedef __int128 wide;

/* A number of the fact must be this one. */
static void equal(struct watch *watch, const ProtobufCMessage *fact, const char *name,
		  int64_t expected)
{
	if (has_field(fact, name) && number_in(fact, name) != expected)
		watch_fault(watch, fact, "%s is %" PRId64 ", expected %" PRId64, name,
			    number_in(fact, name), expected);
}

static void same_cash(struct watch *watch, const ProtobufCMessage *fact,
		      const struct naive_account *account)
{
	int64_t unsettled = naive_ledger_unsettled(account);

	equal(watch, fact, "cash_micros", account->cash);
	equal(watch, fact, "unsettled_cash_micros", unsettled);
	equal(watch, fact, "settled_cash_micros", account->cash - unsettled);
}

static void same_holding(struct watch *watch, const ProtobufCMessage *fact,
			 const struct naive_holding *holding)
{
	equal(watch, fact, "position_micros", holding->quantity);
	equal(watch, fact, "position_cost_micros", holding->cost);
	equal(watch, fact, "position_realised_micros", holding->realised);
	equal(watch, fact, "position_fifo_cost_micros", holding->fifo_cost);
	equal(watch, fact, "position_fifo_realised_micros", holding->fifo_realised);
}

static void trade_booked(struct watch *watch, const ProtobufCMessage *fact,
			 struct naive_account *account, int symbol)
{
	int64_t sign = number_in(fact, "side") == 1 ? 1 : -1;
	struct naive_earned earned = naive_ledger_trade(
		account, symbol, sign * number_in(fact, "quantity_micros"),
		number_in(fact, "cash_delta_micros"), (int32_t)number_in(fact, "settlement_date"));

	account->fees += number_in(fact, "fee_micros");
	equal(watch, fact, "realised_micros", earned.realised);
	equal(watch, fact, "fifo_realised_micros", earned.fifo_realised);
	same_holding(watch, fact, &account->holdings[symbol]);
}

static void withdrawal_booked(struct watch *watch, const ProtobufCMessage *fact,
			      struct naive_account *account, int symbol)
{
	if (symbol < 0) {
		naive_ledger_cash(account, -number_in(fact, "amount_micros"));
		return;
	}
	equal(watch, fact, "cost_micros",
	      naive_ledger_shares_out(account, symbol, number_in(fact, "quantity_micros")));
	same_holding(watch, fact, &account->holdings[symbol]);
}

/* The lots after a split or a change of symbol: taken as they are told, the sums are checked. */
static void take_lots(struct naive_holding *holding, const ProtobufCMessage *fact)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(fact->descriptor, "lots");
	size_t count;
	ProtobufCMessage **lots;

	memcpy(&count, (const char *)fact + field->quantifier_offset, sizeof(count));
	memcpy(&lots, (const char *)fact + field->offset, sizeof(lots));
	holding->lots = bus_realloc(holding->lots, (count + 1) * sizeof(*holding->lots));
	holding->lot_count = holding->lot_capacity = count;
	for (size_t i = 0; i < count; i++)
		holding->lots[i] = (struct naive_lot){ number_in(lots[i], "quantity_micros"),
						       number_in(lots[i], "cost_micros") };
}

static void position_split(struct watch *watch, const ProtobufCMessage *fact,
			   struct naive_account *account, int symbol)
{
	struct naive_holding *holding = &account->holdings[symbol];
	wide shares = (wide)holding->quantity * number_in(fact, "new_shares");
	int64_t old = number_in(fact, "old_shares"), paid = number_in(fact, "cash_in_lieu_micros");

	equal(watch, fact, "before_micros", holding->quantity);
	shares -= (wide)(number_in(fact, "position_micros") + number_in(fact, "fraction_micros")) *
		  old;
	if (shares < 0 ? -shares >= old : shares >= old)
		watch_fault(watch, fact, "the split loses shares");
	holding->quantity = number_in(fact, "position_micros");
	holding->cost += number_in(fact, "realised_micros") - paid;
	holding->fifo_cost += number_in(fact, "fifo_realised_micros") - paid;
	holding->realised += number_in(fact, "realised_micros");
	holding->fifo_realised += number_in(fact, "fifo_realised_micros");
	account->cash += paid;
	take_lots(holding, fact);
	same_holding(watch, fact, holding);
}

static void symbol_changed(struct watch *watch, const ProtobufCMessage *fact,
			   struct naive_account *account, int symbol)
{
	int to = watch_symbol_of(text_in(fact, "new_symbol"));
	struct naive_holding *from = &account->holdings[symbol], *holding;

	if (to < 0)
		return;
	holding = &account->holdings[to];
	equal(watch, fact, "quantity_micros", from->quantity);
	equal(watch, fact, "cost_micros", from->cost);
	if ((from->quantity > 0) == (holding->quantity > 0) || from->quantity == 0 ||
	    holding->quantity == 0) {
		equal(watch, fact, "realised_micros", 0);
		equal(watch, fact, "fifo_realised_micros", 0);
	}
	holding->quantity += from->quantity;
	holding->cost += from->cost + number_in(fact, "realised_micros");
	holding->fifo_cost += from->fifo_cost + number_in(fact, "fifo_realised_micros");
	holding->realised += number_in(fact, "realised_micros");
	holding->fifo_realised += number_in(fact, "fifo_realised_micros");
	from->quantity = from->cost = from->fifo_cost = 0;
	from->lot_count = 0;
	take_lots(holding, fact);
	same_holding(watch, fact, holding);
}

/* opening + movements = closing; realised + unrealised = equity - net deposits. */
static void day_closed(struct watch *watch, const ProtobufCMessage *fact,
		       const struct naive_account *account)
{
	int64_t moved = number_in(fact, "deposits_micros") + number_in(fact, "trades_micros") +
			number_in(fact, "dividends_micros") + number_in(fact, "other_micros");
	int64_t opening = number_in(fact, "opening_cash_micros");

	equal(watch, fact, "closing_cash_micros", account->cash);
	if (opening + moved - number_in(fact, "withdrawals_micros") != account->cash &&
	    opening + moved + number_in(fact, "withdrawals_micros") != account->cash)
		watch_fault(watch, fact, "the statement does not add up");
	equal(watch, fact, "net_deposits_micros", account->deposits);
	if (number_in(fact, "realised_micros") + number_in(fact, "unrealised_micros") !=
	    number_in(fact, "equity_micros") - number_in(fact, "net_deposits_micros"))
		watch_fault(watch, fact, "realised + unrealised is not equity - net deposits");
}

void watch_ledger_fact(struct watch *watch, const ProtobufCMessage *fact)
{
	int number = watch_account_of(text_in(fact, "account_id"));
	int symbol = watch_symbol_of(text_in(fact, "symbol"));
	struct naive_account *account = &watch->ledger.accounts[number];
	const char *fault;

	if (number == 0)
		return;
	if (named(fact, "CashDeposited"))
		naive_ledger_cash(account, number_in(fact, "amount_micros"));
	else if (named(fact, "SharesDeposited"))
		naive_ledger_shares_in(account, symbol, number_in(fact, "quantity_micros"),
				       number_in(fact, "cost_micros"));
	else if (named(fact, "WithdrawalBooked"))
		withdrawal_booked(watch, fact, account, symbol);
	else if (named(fact, "TradeBooked"))
		trade_booked(watch, fact, account, symbol);
	else if (named(fact, "CashSettled"))
		equal(watch, fact, "amount_micros",
		      naive_ledger_settle(account, (int32_t)number_in(fact, "date")));
	else if (named(fact, "PositionSplit"))
		position_split(watch, fact, account, symbol);
	else if (named(fact, "SymbolChanged"))
		symbol_changed(watch, fact, account, symbol);
	else if (named(fact, "DividendPaid"))
		naive_ledger_earn(account, number_in(fact, "amount_micros"));
	else if (named(fact, "DayClosed"))
		day_closed(watch, fact, account);
	if (named(fact, "SharesDeposited"))
		same_holding(watch, fact, &account->holdings[symbol]);
	same_cash(watch, fact, account);
	fault = naive_ledger_fault(account);
	if (fault != NULL)
		watch_fault(watch, fact, "does not hold: %s", fault);
}
