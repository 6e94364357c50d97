/* Messages for the tests of the market, with what they do not say left at what is usual. */
#ifndef MARKETDATA_TEST_MAKE_H
#define MARKETDATA_TEST_MAKE_H

#include "../bar.h"
#include "../wire.h"

#define NOW  INT64_C(1340285400000000) /* 2012-06-21T13:30:00Z: a whole minute */
#define T(n) (char *)(uintptr_t)("00000000-0000-8000-8000-00000000000" #n) /* a trade's id */

static inline MARKET(DefineInstrument) make_define(const char *symbol)
{
	MARKET(DefineInstrument) m = BOURSE__MARKET__V1__DEFINE_INSTRUMENT__INIT;

	m.symbol = wire_text(symbol);
	m.name = wire_text("Apple Inc.");
	m.price_increment_micros = 10000;
	m.price_increment_below_one_micros = 100;
	m.quantity_increment_micros = BUS_MICROS;
	m.min_notional_micros = BUS_MICROS;
	m.band_fraction_micros = 50000;
	m.reference_price_micros = 585330000;
	return m;
}

static inline MARKET(OpenSession) make_open(const char *symbol, int32_t date)
{
	MARKET(OpenSession) m = BOURSE__MARKET__V1__OPEN_SESSION__INIT;

	m.symbol = wire_text(symbol);
	m.session_date = date;
	m.closes_at_micros = NOW + 3600 * BUS_SECOND;
	return m;
}

static inline MARKET(CloseSession) make_close(const char *symbol)
{
	MARKET(CloseSession) m = BOURSE__MARKET__V1__CLOSE_SESSION__INIT;

	m.symbol = wire_text(symbol);
	return m;
}

static inline MARKET(CallAuction) make_call(const char *symbol, enum auction auction, int32_t date)
{
	MARKET(CallAuction) m = BOURSE__MARKET__V1__CALL_AUCTION__INIT;

	m.symbol = wire_text(symbol);
	m.kind = (MARKET(AuctionKind))auction;
	m.session_date = date;
	return m;
}

static inline MARKET(AnnounceAction)
	make_split(const char *symbol, int64_t new_shares, int64_t old_shares, int64_t at)
{
	MARKET(AnnounceAction) m = BOURSE__MARKET__V1__ANNOUNCE_ACTION__INIT;

	m.symbol = wire_text(symbol);
	m.kind = (MARKET(ActionKind))ACTION_SPLIT;
	m.effective_at_micros = at;
	m.new_shares = new_shares;
	m.old_shares = old_shares;
	m.cash_price_micros = 146000000;
	return m;
}

static inline MARKET(AnnounceAction)
	make_dividend(const char *symbol, int64_t amount_micros, int64_t at)
{
	MARKET(AnnounceAction) m = BOURSE__MARKET__V1__ANNOUNCE_ACTION__INIT;

	m.symbol = wire_text(symbol);
	m.kind = (MARKET(ActionKind))ACTION_DIVIDEND;
	m.effective_at_micros = at;
	m.amount_micros = amount_micros;
	return m;
}

static inline MARKET(HaltInstrument) make_halt(const char *symbol)
{
	MARKET(HaltInstrument) m = BOURSE__MARKET__V1__HALT_INSTRUMENT__INIT;

	m.symbol = wire_text(symbol);
	m.reason = wire_text("news");
	return m;
}

static inline MARKET(ResumeInstrument) make_resume(const char *symbol)
{
	MARKET(ResumeInstrument) m = BOURSE__MARKET__V1__RESUME_INSTRUMENT__INIT;

	m.symbol = wire_text(symbol);
	return m;
}

/* Price and quantity in whole dollars and shares. */
static inline BOOKS(Executed) make_executed(const char *symbol, char *trade_id, int64_t price,
					    int64_t quantity, int64_t at)
{
	BOOKS(Executed) m = BOURSE__BOOKS__V1__EXECUTED__INIT;

	m.symbol = wire_text(symbol);
	m.trade_id = trade_id;
	m.price_micros = price * BUS_MICROS;
	m.quantity_micros = quantity * BUS_MICROS;
	m.executed_at_micros = at;
	return m;
}

static inline BOOKS(TopOfBookChanged)
	make_top(const char *symbol, int64_t bid, int64_t bid_quantity, int64_t ask,
		 int64_t ask_quantity)
{
	BOOKS(TopOfBookChanged) m = BOURSE__BOOKS__V1__TOP_OF_BOOK_CHANGED__INIT;

	m.symbol = wire_text(symbol);
	m.bid_price_micros = bid * BUS_MICROS;
	m.bid_quantity_micros = bid_quantity * BUS_MICROS;
	m.ask_price_micros = ask * BUS_MICROS;
	m.ask_quantity_micros = ask_quantity * BUS_MICROS;
	return m;
}

static inline BOOKS(TradingStateChanged)
	make_trading_state(const char *symbol, BOOKS(TradingState) state)
{
	BOOKS(TradingStateChanged) m = BOURSE__BOOKS__V1__TRADING_STATE_CHANGED__INIT;

	m.symbol = wire_text(symbol);
	m.state = state;
	return m;
}

#endif
