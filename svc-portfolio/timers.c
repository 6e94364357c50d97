/*
 * The timers that facts set: "settle:20120622" for each date on which cash of an account settles;
 * "day", "actions" and "margin", one each for an account. The facts say when; nothing is computed
 * here but the instant at which a date begins.
 */
#include <stdio.h>

#include "handlers.h"
#include "settlement.h"
#include "wire.h"

static const char *settle_id(int32_t date, char *buf, size_t size)
{
	snprintf(buf, size, "settle:%08d", (int)date);
	return buf;
}

static void settle(struct bus_timers *timers, const char *account_id, int32_t date)
{
	PORTFOLIO(SettlementDue) due = BOURSE__PORTFOLIO__V1__SETTLEMENT_DUE__INIT;
	char id[BUS_TIMER_ID_MAX];

	due.account_id = (char *)account_id;
	due.date = date;
	bus_timer_set(timers, settle_id(date, id, sizeof(id)), settlement_due(date), &due.base);
}

static void end_day(struct bus_timers *timers, const char *account_id, int64_t at)
{
	PORTFOLIO(DayDue) due = BOURSE__PORTFOLIO__V1__DAY_DUE__INIT;

	if (at == 0)
		return;
	due.account_id = (char *)account_id;
	bus_timer_set(timers, "day", at, &due.base);
}

static void check_actions(struct bus_timers *timers, const char *account_id, int64_t at)
{
	PORTFOLIO(ApplyActions) due = BOURSE__PORTFOLIO__V1__APPLY_ACTIONS__INIT;

	if (at == 0)
		return;
	due.account_id = (char *)account_id;
	bus_timer_set(timers, "actions", at, &due.base);
}

static void check_margin(struct bus_timers *timers, const char *account_id, int64_t at)
{
	PORTFOLIO(MarginCheckDue) due = BOURSE__PORTFOLIO__V1__MARGIN_CHECK_DUE__INIT;

	if (at == 0)
		return;
	due.account_id = (char *)account_id;
	bus_timer_set(timers, "margin", at, &due.base);
}

static void after_trade(struct bus_timers *timers, const PORTFOLIO(TradeBooked) * booked)
{
	if (booked->first_of_date)
		settle(timers, booked->account_id, booked->settlement_date);
	end_day(timers, booked->account_id, booked->day_ends_at_micros);
	check_actions(timers, booked->account_id, booked->actions_check_at_micros);
	check_margin(timers, booked->account_id, booked->margin_check_at_micros);
}

void ledger_schedule(const struct bus_fact *fact, struct bus_timers *timers)
{
	Bourse__Portfolio__V1__PortfolioEvent__EventCase type = fact->type;

	switch (type) {
	case FACT(CASH_DEPOSITED): {
		const PORTFOLIO(CashDeposited) *deposited = fact->message;

		end_day(timers, deposited->account_id, deposited->day_ends_at_micros);
		break;
	}
	case FACT(SHARES_DEPOSITED): {
		const PORTFOLIO(SharesDeposited) *deposited = fact->message;

		end_day(timers, deposited->account_id, deposited->day_ends_at_micros);
		check_actions(timers, deposited->account_id, deposited->actions_check_at_micros);
		break;
	}
	case FACT(TRADE_BOOKED):
		after_trade(timers, fact->message);
		break;
	case FACT(CASH_SETTLED): {
		const PORTFOLIO(CashSettled) *settled = fact->message;
		char id[BUS_TIMER_ID_MAX];

		bus_timer_clear(timers, settle_id(settled->date, id, sizeof(id)));
		break;
	}
	case FACT(DAY_CLOSED): {
		const PORTFOLIO(DayClosed) *closed = fact->message;

		end_day(timers, closed->account_id, closed->next_close_at_micros);
		check_actions(timers, closed->account_id, closed->actions_check_at_micros);
		break;
	}
	case FACT(ACTIONS_CHECKED): {
		const PORTFOLIO(ActionsChecked) *checked = fact->message;

		check_actions(timers, checked->account_id, checked->actions_check_at_micros);
		break;
	}
	case FACT(MARGIN_CHECKED): {
		const PORTFOLIO(MarginChecked) *checked = fact->message;

		check_margin(timers, checked->account_id, checked->next_check_at_micros);
		break;
	}
	case FACT(PARKED):
	case FACT(COMMAND_REJECTED):
	case FACT(WITHDRAWAL_REQUESTED):
	case FACT(WITHDRAWAL_BOOKED):
	case FACT(WITHDRAWAL_REJECTED):
	case FACT(CORPORATE_ACTION_DUE):
	case FACT(POSITION_SPLIT):
	case FACT(SYMBOL_CHANGED):
	case FACT(DIVIDEND_PAID):
	case FACT(MARGIN_CALLED):
	case FACT(MARGIN_CALL_MET):
	case FACT_NONE:
	case FACT_ENUM_WIDTH:
		break;
	}
}
