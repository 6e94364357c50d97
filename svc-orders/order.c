/*
 * The rules of an order, read top to bottom: its form, the market's checks, its life.
 */
#include "order.h"

#define COLLAR_PERCENT 105 /* a market buy may cost at most this much of the last price */

static const char *const refusal_texts[REFUSAL_COUNT] = {
	[REFUSAL_NONE] = "",
	[REFUSAL_UNKNOWN_SYMBOL] = "no instrument of that symbol is defined",
	[REFUSAL_MARKET_CLOSED] = "the symbol has no open session",
	[REFUSAL_TOO_LATE] = "the order has already ended",
	[REFUSAL_DUPLICATE_CLIENT_ORDER_ID] =
		"the account has used this client order id for another order",
	[REFUSAL_INVALID_QUANTITY] = "the quantity is not positive, not a multiple of the lot, or "
				     "too large",
	[REFUSAL_PRICE_OUTSIDE_BAND] = "the limit price is outside the instrument's band",
	[REFUSAL_INVALID_PRICE_INCREMENT] = "the price is not a multiple of the tick",
	[REFUSAL_INSUFFICIENT_BUYING_POWER] = "insufficient buying power",
	[REFUSAL_INSUFFICIENT_POSITION] = "fewer shares are available than asked for",
	[REFUSAL_HALTED] = "trading in the symbol is halted",
	[REFUSAL_ACCOUNT_BLOCKED] = "the account is blocked or closed, or waits for an operator",
	[REFUSAL_UNSUPPORTED] = "a type, time in force or option that is not supported",
	[REFUSAL_UNKNOWN_ACCOUNT] = "no account of that id is known",
	[REFUSAL_UNKNOWN_ORDER] = "the account has no such order",
	[REFUSAL_INVALID_FIELD] = "a field is missing, or does not belong to the others",
	[REFUSAL_INVALID_PRICE] = "a limit order needs a limit price above zero",
	[REFUSAL_BELOW_MINIMUM_NOTIONAL] = "price times quantity is below the instrument's minimum",
	[REFUSAL_WOULD_TAKE] = "the order is post-only and would have taken liquidity",
	[REFUSAL_NO_REFERENCE_PRICE] = "a market buy needs a last price for its collar",
	[REFUSAL_PENDING] = "a cancel or replacement of the order is already on its way",
	[REFUSAL_INVALID_AMOUNT] = "the amount is not positive, or too large",
	[REFUSAL_AUCTION_OVER] = "the auction that the order is for has been held",
	[REFUSAL_CORPORATE_ACTION] = "a split or change of symbol of the position is under way",
	[REFUSAL_UNSETTLED_CASH] = "the cash is there, but not settled yet",
};

const char *order_refusal_text(enum order_refusal refusal)
{
	bus_assert(refusal >= REFUSAL_NONE && refusal < REFUSAL_COUNT);
	return refusal_texts[refusal];
}

enum order_refusal order_check_form(const struct order_request *request)
{
	if (request->side == 0 || request->type == 0 || request->tif == 0)
		return REFUSAL_INVALID_FIELD;
	if (request->type != ORDER_MARKET && request->type != ORDER_LIMIT)
		return REFUSAL_UNSUPPORTED;
	if (request->tif == ORDER_OPG || request->tif == ORDER_CLS)
		return REFUSAL_UNSUPPORTED;
	if (request->post_only || request->stp > ORDER_STP_NONE)
		return REFUSAL_UNSUPPORTED;
	if (request->stop.micros != 0 || request->trail.micros != 0 ||
	    request->trail_percent_micros != 0)
		return REFUSAL_INVALID_FIELD;
	if (request->notional.micros != 0)
		return request->quantity.micros != 0 ? REFUSAL_INVALID_FIELD : REFUSAL_UNSUPPORTED;
	if (request->type == ORDER_MARKET && request->limit.micros != 0)
		return REFUSAL_INVALID_FIELD;
	if (request->quantity.micros <= 0)
		return REFUSAL_INVALID_QUANTITY;
	if (request->type == ORDER_LIMIT && request->limit.micros <= 0)
		return REFUSAL_INVALID_PRICE;
	return REFUSAL_NONE;
}

static int64_t tick_at(const struct order_market *market, struct bus_price price)
{
	int64_t tick = market->tick_micros;

	if (price.micros < BUS_MICROS && market->tick_below_one_micros > 0)
		tick = market->tick_below_one_micros;
	return tick > 0 ? tick : 1;
}

static enum order_refusal check_limit(struct bus_price limit, const struct order_market *market)
{
	bool bands = market->band_low.micros != 0 || market->band_high.micros != 0;

	if (limit.micros % tick_at(market, limit) != 0)
		return REFUSAL_INVALID_PRICE_INCREMENT;
	if (bands &&
	    (limit.micros < market->band_low.micros || limit.micros > market->band_high.micros))
		return REFUSAL_PRICE_OUTSIDE_BAND;
	return REFUSAL_NONE;
}

/* 5 % above the last price, half-even, but never above the band. */
static bool collar_of(const struct order_market *market, struct bus_price *out)
{
	struct bus_money collar;

	if (!bus_money_muldiv((struct bus_money){ market->last.micros }, COLLAR_PERCENT, 100,
			      &collar))
		return false;
	if (market->band_high.micros > 0 && collar.micros > market->band_high.micros)
		collar.micros = market->band_high.micros;
	out->micros = collar.micros;
	return true;
}

enum order_refusal order_check_market(const struct order_request *request,
				      const struct order_market *market, struct order_terms *terms)
{
	struct order_terms found = { .hold_micros = request->quantity.micros };
	struct bus_price worth = request->limit;
	enum order_refusal refusal;
	struct bus_money notional;

	if (market == NULL)
		return REFUSAL_UNKNOWN_SYMBOL;
	if (!market->open)
		return REFUSAL_MARKET_CLOSED;
	if (market->lot_micros > 0 && request->quantity.micros % market->lot_micros != 0)
		return REFUSAL_INVALID_QUANTITY;
	if (request->type == ORDER_LIMIT) {
		refusal = check_limit(request->limit, market);
		if (refusal != REFUSAL_NONE)
			return refusal;
	} else if (request->side == ORDER_BUY) {
		if (market->last.micros <= 0 || !collar_of(market, &found.collar))
			return REFUSAL_NO_REFERENCE_PRICE;
		found.reference = market->last;
		worth = found.collar;
	} else {
		worth = market->last;
	}
	if (!bus_notional_up(worth, request->quantity, &notional))
		return REFUSAL_INVALID_QUANTITY;
	if (worth.micros > 0 && notional.micros < market->min_notional.micros)
		return REFUSAL_BELOW_MINIMUM_NOTIONAL;
	if (request->side == ORDER_BUY)
		found.hold_micros = notional.micros;
	*terms = found;
	return REFUSAL_NONE;
}

bool order_same_body(const struct order *order, const struct order_request *request)
{
	return order_check_form(request) == REFUSAL_NONE &&
	       strcmp(order->symbol, request->symbol) == 0 && (int)order->side == request->side &&
	       (int)order->type == request->type && (int)order->tif == request->tif &&
	       order->ordered.micros == request->quantity.micros &&
	       order->limit.micros == request->limit.micros;
}

/* Rows: from; a terminal status has no row. */
#define TO(status) (1u << (status))
#define TO_AN_END  (TO(ORDER_FILLED) | TO(ORDER_CANCELED) | TO(ORDER_EXPIRED))
static const unsigned transitions[ORDER_STATUS_COUNT] = {
	[ORDER_NONE] = TO(ORDER_NEW),
	[ORDER_NEW] = TO(ORDER_NEW) | TO(ORDER_PARTIALLY_FILLED) | TO(ORDER_PENDING_CANCEL) |
		      TO(ORDER_REJECTED) | TO_AN_END,
	[ORDER_PARTIALLY_FILLED] =
		TO(ORDER_PARTIALLY_FILLED) | TO(ORDER_PENDING_CANCEL) | TO_AN_END,
	[ORDER_PENDING_CANCEL] = TO(ORDER_PENDING_CANCEL) | TO(ORDER_NEW) |
				 TO(ORDER_PARTIALLY_FILLED) | TO(ORDER_REJECTED) | TO_AN_END,
};

bool order_terminal(enum order_status status)
{
	return status == ORDER_FILLED || status == ORDER_CANCELED || status == ORDER_EXPIRED ||
	       status == ORDER_REPLACED || status == ORDER_REJECTED;
}

bool order_may_become(enum order_status from, enum order_status to)
{
	return from < ORDER_STATUS_COUNT && to < ORDER_STATUS_COUNT &&
	       (transitions[from] & TO(to)) != 0;
}

void order_become(struct order *order, enum order_status status)
{
	bus_assert(order_may_become(order->status, status));
	order->status = status;
	if (order_terminal(status)) {
		order->leaves.micros = 0;
		order->hold_micros = 0;
	}
}

enum order_status order_settled_status(const struct order *order)
{
	if (order->leaves.micros == 0)
		return ORDER_FILLED;
	return order->cum.micros > 0 ? ORDER_PARTIALLY_FILLED : ORDER_NEW;
}

/* What an order with so much open holds. Its notional fitted when it was larger. */
static int64_t hold_of(const struct order *order, struct bus_quantity leaves)
{
	struct bus_price worst = order->type == ORDER_MARKET ? order->collar : order->limit;
	struct bus_money notional;

	if (order->side == ORDER_SELL)
		return leaves.micros;
	bool fits = bus_notional_up(worst, leaves, &notional);
	bus_assert(fits);
	return notional.micros;
}

static bool price_allowed(const struct order *order, struct bus_price price)
{
	if (price.micros <= 0)
		return false;
	if (order->type == ORDER_MARKET)
		return order->side == ORDER_SELL || price.micros <= order->collar.micros;
	return order->side == ORDER_BUY ? price.micros <= order->limit.micros
					: price.micros >= order->limit.micros;
}

bool order_apply_fill(struct order *order, struct bus_quantity quantity, struct bus_price price,
		      struct bus_quantity leaves, struct order_fill *fill)
{
	struct bus_money cash, cum_notional;
	int64_t hold;

	if (order_terminal(order->status) || quantity.micros <= 0 || leaves.micros < 0 ||
	    quantity.micros > order->leaves.micros ||
	    order->leaves.micros - quantity.micros != leaves.micros || !price_allowed(order, price))
		return false;
	if (!bus_notional_down(price, quantity, &cash) ||
	    !bus_money_add(order->cum_notional, cash, &cum_notional))
		return false;
	/* Never more than what is left: payments are rounded down, holds up (bus/money.h). */
	hold = hold_of(order, leaves);
	*fill = (struct order_fill){ cash.micros, order->hold_micros - hold };
	order->cum.micros += quantity.micros;
	order->leaves = leaves;
	order->cum_notional = cum_notional;
	order->hold_micros = hold;
	if (leaves.micros == 0 || order->status != ORDER_PENDING_CANCEL)
		order_become(order, order_settled_status(order));
	return true;
}

bool order_apply_decrease(struct order *order, struct bus_quantity by, struct bus_quantity leaves,
			  int64_t *released_micros)
{
	int64_t hold;

	if (order_terminal(order->status) || by.micros <= 0 || leaves.micros <= 0 ||
	    by.micros >= order->leaves.micros || order->leaves.micros - by.micros != leaves.micros)
		return false;
	hold = hold_of(order, leaves);
	*released_micros = order->hold_micros - hold;
	order->quantity.micros -= by.micros;
	order->leaves = leaves;
	order->hold_micros = hold;
	return true;
}

bool order_apply_end(struct order *order, struct bus_quantity canceled, enum order_status status,
		     int64_t *released_micros)
{
	if (!order_terminal(status) || !order_may_become(order->status, status) ||
	    canceled.micros != order->leaves.micros)
		return false;
	*released_micros = order->hold_micros;
	order_become(order, status);
	return true;
}
