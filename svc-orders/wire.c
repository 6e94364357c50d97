/*
 * The numbers of the domain's enums are the wire's: the compiler checks it here, and a value that
 * is in range is converted by a cast.
 */
#include "wire.h"

#include <assert.h>

#define SAME(domain, wire) static_assert((int)(domain) == (int)BOURSE__ORDERS__V1__##wire, #domain)

SAME(ORDER_BUY, SIDE__SIDE_BUY);
SAME(ORDER_SELL, SIDE__SIDE_SELL);
SAME(ORDER_MARKET, ORDER_TYPE__ORDER_TYPE_MARKET);
SAME(ORDER_LIMIT, ORDER_TYPE__ORDER_TYPE_LIMIT);
SAME(ORDER_STOP, ORDER_TYPE__ORDER_TYPE_STOP);
SAME(ORDER_STOP_LIMIT, ORDER_TYPE__ORDER_TYPE_STOP_LIMIT);
SAME(ORDER_TRAILING_STOP, ORDER_TYPE__ORDER_TYPE_TRAILING_STOP);
SAME(ORDER_DAY, TIME_IN_FORCE__TIME_IN_FORCE_DAY);
SAME(ORDER_GTC, TIME_IN_FORCE__TIME_IN_FORCE_GTC);
SAME(ORDER_IOC, TIME_IN_FORCE__TIME_IN_FORCE_IOC);
SAME(ORDER_FOK, TIME_IN_FORCE__TIME_IN_FORCE_FOK);
SAME(ORDER_OPG, TIME_IN_FORCE__TIME_IN_FORCE_OPG);
SAME(ORDER_CLS, TIME_IN_FORCE__TIME_IN_FORCE_CLS);
SAME(ORDER_SIMPLE, ORDER_CLASS__ORDER_CLASS_SIMPLE);
SAME(ORDER_BRACKET, ORDER_CLASS__ORDER_CLASS_BRACKET);
SAME(ORDER_OCO, ORDER_CLASS__ORDER_CLASS_OCO);
SAME(ORDER_OTO, ORDER_CLASS__ORDER_CLASS_OTO);
SAME(ORDER_MAKER, LIQUIDITY__LIQUIDITY_MAKER);
SAME(ORDER_TAKER, LIQUIDITY__LIQUIDITY_TAKER);
SAME(ORDER_AUCTION, LIQUIDITY__LIQUIDITY_AUCTION);
SAME(ORDER_STP_NONE, SELF_TRADE_PREVENTION__SELF_TRADE_PREVENTION_NONE);
SAME(ORDER_STP_CANCEL_NEWEST, SELF_TRADE_PREVENTION__SELF_TRADE_PREVENTION_CANCEL_NEWEST);
SAME(ORDER_STP_CANCEL_OLDEST, SELF_TRADE_PREVENTION__SELF_TRADE_PREVENTION_CANCEL_OLDEST);
SAME(ORDER_STP_CANCEL_BOTH, SELF_TRADE_PREVENTION__SELF_TRADE_PREVENTION_CANCEL_BOTH);
SAME(ORDER_STP_LAST, SELF_TRADE_PREVENTION__SELF_TRADE_PREVENTION_DECREMENT_AND_CANCEL);

SAME(ORDER_NONE, ORDER_STATUS__ORDER_STATUS_UNSPECIFIED);
SAME(ORDER_NEW, ORDER_STATUS__ORDER_STATUS_NEW);
SAME(ORDER_PARTIALLY_FILLED, ORDER_STATUS__ORDER_STATUS_PARTIALLY_FILLED);
SAME(ORDER_FILLED, ORDER_STATUS__ORDER_STATUS_FILLED);
SAME(ORDER_DONE_FOR_DAY, ORDER_STATUS__ORDER_STATUS_DONE_FOR_DAY);
SAME(ORDER_CANCELED, ORDER_STATUS__ORDER_STATUS_CANCELED);
SAME(ORDER_EXPIRED, ORDER_STATUS__ORDER_STATUS_EXPIRED);
SAME(ORDER_REPLACED, ORDER_STATUS__ORDER_STATUS_REPLACED);
SAME(ORDER_PENDING_CANCEL, ORDER_STATUS__ORDER_STATUS_PENDING_CANCEL);
SAME(ORDER_PENDING_REPLACE, ORDER_STATUS__ORDER_STATUS_PENDING_REPLACE);
SAME(ORDER_REJECTED, ORDER_STATUS__ORDER_STATUS_REJECTED);
SAME(ORDER_HELD, ORDER_STATUS__ORDER_STATUS_HELD);
SAME(ORDER_PENDING_NEW, ORDER_STATUS__ORDER_STATUS_PENDING_NEW);

#define SAME_REFUSAL(name) SAME(REFUSAL_##name, REJECT_REASON__REJECT_REASON_##name)
SAME_REFUSAL(UNKNOWN_SYMBOL);
SAME_REFUSAL(MARKET_CLOSED);
SAME_REFUSAL(TOO_LATE);
SAME_REFUSAL(DUPLICATE_CLIENT_ORDER_ID);
SAME_REFUSAL(INVALID_QUANTITY);
SAME_REFUSAL(PRICE_OUTSIDE_BAND);
SAME_REFUSAL(INVALID_PRICE_INCREMENT);
SAME_REFUSAL(INSUFFICIENT_BUYING_POWER);
SAME_REFUSAL(INSUFFICIENT_POSITION);
SAME_REFUSAL(HALTED);
SAME_REFUSAL(ACCOUNT_BLOCKED);
SAME_REFUSAL(UNSUPPORTED);
SAME_REFUSAL(UNKNOWN_ACCOUNT);
SAME_REFUSAL(UNKNOWN_ORDER);
SAME_REFUSAL(INVALID_FIELD);
SAME_REFUSAL(INVALID_PRICE);
SAME_REFUSAL(BELOW_MINIMUM_NOTIONAL);
SAME_REFUSAL(WOULD_TAKE);
SAME_REFUSAL(NO_REFERENCE_PRICE);
SAME_REFUSAL(PENDING);
SAME_REFUSAL(INVALID_AMOUNT);
SAME_REFUSAL(AUCTION_OVER);
SAME_REFUSAL(CORPORATE_ACTION);
SAME_REFUSAL(UNSETTLED_CASH);

bool wire_fits(const char *text, size_t max)
{
	return strnlen(text, max + 1) <= max;
}

bool wire_id(const char *text, struct bus_id *out)
{
	char canonical[BUS_ID_TEXT];

	if (!wire_fits(text, BUS_ID_TEXT - 1) || !bus_id_parse(text, strlen(text), out))
		return false;
	return strcmp(bus_id_format(*out, canonical), text) == 0;
}

static bool in_range(int value, int last)
{
	return value >= 0 && value <= last;
}

bool wire_request(const ORDERS(PlaceOrder) * command, struct order_request *out)
{
	if (!in_range((int)command->side, ORDER_SELL) ||
	    !in_range((int)command->type, ORDER_TRAILING_STOP) ||
	    !in_range((int)command->time_in_force, ORDER_CLS) ||
	    !in_range((int)command->self_trade_prevention, ORDER_STP_LAST) ||
	    !in_range((int)command->order_class, ORDER_OTO))
		return false;
	if (!wire_fits(command->symbol, ORDER_SYMBOL_MAX) ||
	    !wire_fits(command->client_order_id, ORDER_CLIENT_ID_MAX))
		return false;
	*out = (struct order_request){
		.symbol = command->symbol,
		.side = (int)command->side,
		.type = (int)command->type,
		.tif = (int)command->time_in_force,
		.stp = (int)command->self_trade_prevention,
		.post_only = command->post_only,
		.quantity = { command->quantity_micros },
		.notional = { command->notional_micros },
		.limit = { command->limit_price_micros },
		.stop = { command->stop_price_micros },
		.trail = { command->trail_price_micros },
		.trail_percent_micros = command->trail_percent_micros,
		.order_class = (int)command->order_class,
		.take_profit = command->take_profit != NULL,
		.stop_loss = command->stop_loss != NULL,
	};
	if (command->take_profit != NULL)
		out->take_profit_limit.micros = command->take_profit->limit_price_micros;
	if (command->stop_loss != NULL) {
		out->stop_loss_stop.micros = command->stop_loss->stop_price_micros;
		out->stop_loss_limit.micros = command->stop_loss->limit_price_micros;
	}
	return true;
}

/* What closes at its time is closed then, though the market may not have said so yet. */
static enum order_phase phase_of(const MARKET(Instrument) * instrument, int64_t now)
{
	if (instrument->closes_at_micros != 0 && now >= instrument->closes_at_micros)
		return PHASE_CLOSED;
	if (instrument->session == SESSION(OPEN))
		return PHASE_OPEN;
	if (instrument->session == SESSION(OPENING_AUCTION))
		return PHASE_OPENING;
	return instrument->session == SESSION(CLOSING_AUCTION) ? PHASE_CLOSING : PHASE_CLOSED;
}

/* A quote from before the last split is in other shares than those of now. */
static bool quote_holds(const MARKET(Instrument) * instrument, const MARKET(Quote) * quote)
{
	for (size_t i = 0; i < instrument->n_actions; i++) {
		const MARKET(CorporateAction) *action = instrument->actions[i];

		if (action->effective && action->kind == ACTION_KIND(SPLIT) &&
		    quote->last_at_micros < action->effective_at_micros)
			return false;
	}
	return true;
}

struct order_market wire_market(const MARKET(Instrument) * instrument, const MARKET(Quote) * quote,
				int64_t now)
{
	int64_t last = instrument->reference_price_micros;

	if (quote != NULL && quote->last_price_micros > 0 && quote_holds(instrument, quote))
		last = quote->last_price_micros;
	return (struct order_market){
		.tick_micros = instrument->price_increment_micros,
		.tick_below_one_micros = instrument->price_increment_below_one_micros,
		.lot_micros = instrument->quantity_increment_micros,
		.min_notional = { instrument->min_notional_micros },
		.band_low = { instrument->band_low_micros },
		.band_high = { instrument->band_high_micros },
		.last = { last },
		.phase = phase_of(instrument, now),
		.halted = instrument->halted,
		.opening_held = instrument->opening_held,
		.actions = instrument->actions_effective,
		.now = now,
	};
}
