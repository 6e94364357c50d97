/*
 * Which orders are taken, read top to bottom: the form of a request, its legs, the prices and the
 * size that the instrument allows, the session.
 */
#include "order.h"

#define COLLAR_PERCENT 5 /* how far beyond the last price, or its stop, an order may trade */
#define DAY_MICROS     (INT64_C(86400) * BUS_MICROS)

__extension__ typedef __int128 int128;

#define TIF(tif)    (1u << (tif))
#define RESTS	    (TIF(ORDER_DAY) | TIF(ORDER_GTC))
#define ANY_TIF	    (RESTS | TIF(ORDER_IOC) | TIF(ORDER_FOK) | TIF(ORDER_OPG) | TIF(ORDER_CLS))
#define PERCENT_ALL (100 * BUS_MICROS) /* 100 % in millionths of a per cent */

/* Which fields belong to a type, and how long it may live. */
static const struct form {
	bool limit, stop, trail;
	unsigned tifs;
} forms[] = {
	[ORDER_MARKET] = { .tifs = ANY_TIF },
	[ORDER_LIMIT] = { .limit = true, .tifs = ANY_TIF },
	[ORDER_STOP] = { .stop = true, .tifs = RESTS },
	[ORDER_STOP_LIMIT] = { .stop = true, .limit = true, .tifs = RESTS },
	[ORDER_TRAILING_STOP] = { .trail = true, .tifs = RESTS },
};

static enum order_refusal check_price(bool belongs, struct bus_price price)
{
	if (!belongs)
		return price.micros == 0 ? REFUSAL_NONE : REFUSAL_INVALID_FIELD;
	return price.micros > 0 ? REFUSAL_NONE : REFUSAL_INVALID_PRICE;
}

/* Exactly one distance; a percentage leaves something of the price. */
static enum order_refusal check_trail(bool belongs, const struct order_request *request)
{
	int64_t distance = request->trail.micros, percent = request->trail_percent_micros;

	if (!belongs)
		return distance == 0 && percent == 0 ? REFUSAL_NONE : REFUSAL_INVALID_FIELD;
	if (distance != 0 && percent != 0)
		return REFUSAL_INVALID_FIELD;
	if (distance <= 0 && percent <= 0)
		return REFUSAL_INVALID_PRICE;
	return percent < PERCENT_ALL ? REFUSAL_NONE : REFUSAL_INVALID_FIELD;
}

/* An amount of cash instead of a quantity: what cannot trade at once is not worth a wait. */
static enum order_refusal check_notional(const struct order_request *request)
{
	if (request->notional.micros < 0)
		return REFUSAL_INVALID_QUANTITY;
	if (request->quantity.micros != 0 || request->type != ORDER_MARKET ||
	    (request->tif != ORDER_DAY && request->tif != ORDER_IOC) ||
	    request->order_class > ORDER_SIMPLE)
		return REFUSAL_INVALID_FIELD;
	return REFUSAL_NONE;
}

/* Which legs a class has. */
static enum order_refusal check_class(const struct order_request *request)
{
	bool take_profit = request->take_profit, stop_loss = request->stop_loss, fits = false;
	unsigned tif = TIF(request->tif);

	switch (request->order_class) {
	case 0:
	case ORDER_SIMPLE:
		return take_profit || stop_loss ? REFUSAL_INVALID_FIELD : REFUSAL_NONE;
	case ORDER_BRACKET:
		fits = take_profit && stop_loss;
		break;
	case ORDER_OCO:
		fits = !take_profit && stop_loss && request->type == ORDER_LIMIT;
		break;
	case ORDER_OTO:
		fits = take_profit != stop_loss;
		break;
	}
	return fits && (tif & RESTS) != 0 && !request->post_only ? REFUSAL_NONE
								 : REFUSAL_INVALID_FIELD;
}

static enum order_refusal check_leg_prices(const struct order_request *request)
{
	enum order_refusal refusal = check_price(request->take_profit, request->take_profit_limit);

	if (refusal == REFUSAL_NONE)
		refusal = check_price(request->stop_loss, request->stop_loss_stop);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (request->stop_loss_limit.micros < 0)
		return REFUSAL_INVALID_PRICE;
	return request->stop_loss || request->stop_loss_limit.micros == 0 ? REFUSAL_NONE
									  : REFUSAL_INVALID_FIELD;
}

/* The profit lies beyond the stop: a sell's limit above it, a buy's below. */
static enum order_refusal check_pair(const struct order_request *request)
{
	bool oco = request->order_class == ORDER_OCO;
	int64_t limit = oco ? request->limit.micros : request->take_profit_limit.micros;
	int64_t stop = request->stop_loss_stop.micros;
	bool sells = (request->side == ORDER_SELL) == oco;

	if (!oco && request->order_class != ORDER_BRACKET)
		return REFUSAL_NONE;
	return (sells ? limit > stop : limit < stop) ? REFUSAL_NONE : REFUSAL_INVALID_PRICE;
}

static enum order_refusal check_type(const struct order_request *request)
{
	const struct form *form = &forms[request->type];
	enum order_refusal refusal = check_price(form->limit, request->limit);

	if (refusal == REFUSAL_NONE)
		refusal = check_price(form->stop, request->stop);
	if (refusal == REFUSAL_NONE)
		refusal = check_trail(form->trail, request);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if ((form->tifs & TIF(request->tif)) == 0)
		return REFUSAL_INVALID_FIELD;
	if (request->post_only &&
	    (request->type != ORDER_LIMIT || (TIF(request->tif) & RESTS) == 0))
		return REFUSAL_INVALID_FIELD;
	return REFUSAL_NONE;
}

static bool in_range(const struct order_request *request)
{
	return request->side >= ORDER_BUY && request->side <= ORDER_SELL &&
	       request->type >= ORDER_MARKET && request->type <= ORDER_TRAILING_STOP &&
	       request->tif >= ORDER_DAY && request->tif <= ORDER_CLS && request->stp >= 0 &&
	       request->stp <= ORDER_STP_LAST && request->order_class >= 0 &&
	       request->order_class <= ORDER_OTO;
}

enum order_refusal order_check_form(const struct order_request *request)
{
	enum order_refusal refusal = REFUSAL_NONE;

	if (!in_range(request))
		return REFUSAL_INVALID_FIELD;
	if (request->notional.micros != 0)
		refusal = check_notional(request);
	else if (request->quantity.micros <= 0)
		refusal = REFUSAL_INVALID_QUANTITY;
	if (refusal == REFUSAL_NONE)
		refusal = check_type(request);
	if (refusal == REFUSAL_NONE)
		refusal = check_class(request);
	if (refusal == REFUSAL_NONE)
		refusal = check_leg_prices(request);
	return refusal == REFUSAL_NONE ? check_pair(request) : refusal;
}

int order_legs(const struct order_request *request, struct order_request legs[ORDER_LEGS_MAX])
{
	bool oco = request->order_class == ORDER_OCO;
	int opposite = request->side == ORDER_BUY ? ORDER_SELL : ORDER_BUY;
	struct order_request leg = {
		.symbol = request->symbol,
		.side = oco ? request->side : opposite,
		.tif = request->tif,
		.stp = request->stp,
		.quantity = request->quantity,
	};
	int count = 0;

	if (request->take_profit) {
		legs[count] = leg;
		legs[count].type = ORDER_LIMIT;
		legs[count++].limit = request->take_profit_limit;
	}
	if (request->stop_loss) {
		legs[count] = leg;
		legs[count].type =
			request->stop_loss_limit.micros > 0 ? ORDER_STOP_LIMIT : ORDER_STOP;
		legs[count].limit = request->stop_loss_limit;
		legs[count++].stop = request->stop_loss_stop;
	}
	return count;
}

static int64_t tick_at(const struct order_market *market, struct bus_price price)
{
	int64_t tick = market->tick_micros;

	if (price.micros < BUS_MICROS && market->tick_below_one_micros > 0)
		tick = market->tick_below_one_micros;
	return tick > 0 ? tick : 1;
}

/* A price that a client named; 0: none. */
static enum order_refusal check_named(struct bus_price price, const struct order_market *market)
{
	bool bands = market->band_low.micros != 0 || market->band_high.micros != 0;

	if (price.micros == 0)
		return REFUSAL_NONE;
	if (price.micros % tick_at(market, price) != 0)
		return REFUSAL_INVALID_PRICE_INCREMENT;
	if (bands &&
	    (price.micros < market->band_low.micros || price.micros > market->band_high.micros))
		return REFUSAL_PRICE_OUTSIDE_BAND;
	return REFUSAL_NONE;
}

/* 5 % beyond a price, half-even, within the band. */
static bool collar_of(int side, struct bus_price from, const struct order_market *market,
		      struct bus_price *out)
{
	int64_t percent = side == ORDER_BUY ? 100 + COLLAR_PERCENT : 100 - COLLAR_PERCENT;
	struct bus_money collar;

	if (!bus_money_muldiv((struct bus_money){ from.micros }, percent, 100, &collar))
		return false;
	if (side == ORDER_BUY && market->band_high.micros > 0 &&
	    collar.micros > market->band_high.micros)
		collar.micros = market->band_high.micros;
	if (side == ORDER_SELL && collar.micros < market->band_low.micros)
		collar.micros = market->band_low.micros;
	out->micros = collar.micros > 0 ? collar.micros : 1;
	return true;
}

/* The stop of a trailing one at so much of a last price; false: there is none above zero. */
static bool trail_from(int side, struct bus_price reference, struct bus_price trail,
		       int64_t percent_micros, struct bus_price *out)
{
	struct bus_money from = { reference.micros }, distance = { trail.micros }, stop;

	if (percent_micros != 0 && !bus_money_muldiv(from, percent_micros, PERCENT_ALL, &distance))
		return false;
	if (side == ORDER_BUY ? !bus_money_add(from, distance, &stop)
			      : !bus_money_sub(from, distance, &stop))
		return false;
	out->micros = stop.micros;
	return stop.micros > 0;
}

/* Does the order need the last price at all, and does it get by without one? */
static bool wants_reference(const struct order_request *request)
{
	return request->type == ORDER_MARKET || request->type == ORDER_TRAILING_STOP;
}

/* A sell for what it can get, now, is the one market order that needs no collar. */
static bool needs_reference(const struct order_request *request, bool waits)
{
	return wants_reference(request) &&
	       (request->side == ORDER_BUY || request->type == ORDER_TRAILING_STOP ||
		request->notional.micros != 0 || waits || request->tif == ORDER_OPG ||
		request->tif == ORDER_CLS);
}

/* The price from which the collar is measured; 0: it has none. */
static enum order_refusal collar_base(const struct order_request *request,
				      const struct order_market *market, struct bus_price *out)
{
	out->micros = 0;
	switch ((enum order_type)request->type) {
	case ORDER_MARKET:
		*out = market->last;
		return REFUSAL_NONE;
	case ORDER_STOP:
		*out = request->stop;
		return REFUSAL_NONE;
	case ORDER_TRAILING_STOP:
		if (!trail_from(request->side, market->last, request->trail,
				request->trail_percent_micros, out))
			return REFUSAL_INVALID_PRICE;
		return REFUSAL_NONE;
	case ORDER_LIMIT:
	case ORDER_STOP_LIMIT:
		return REFUSAL_NONE;
	}
	return REFUSAL_INVALID_FIELD;
}

static enum order_refusal check_prices(const struct order_request *request,
				       const struct order_market *market, bool waits,
				       struct order_terms *found)
{
	enum order_refusal refusal = check_named(request->limit, market);
	struct bus_price base;

	if (refusal == REFUSAL_NONE)
		refusal = check_named(request->stop, market);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (market->last.micros <= 0 && needs_reference(request, waits))
		return REFUSAL_NO_REFERENCE_PRICE;
	refusal = collar_base(request, market, &base);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (base.micros > 0 && !collar_of(request->side, base, market, &found->collar))
		return REFUSAL_NO_REFERENCE_PRICE;
	if (wants_reference(request))
		found->reference = market->last;
	return REFUSAL_NONE;
}

/* The most that a notional can be: at the lowest price that there is, or a sell at its collar. */
static enum order_refusal check_bound(const struct order_request *request,
				      const struct order_market *market, struct order_terms *found)
{
	int64_t lot = market->lot_micros > 0 ? market->lot_micros : 1;
	bool buy = request->side == ORDER_BUY;
	int64_t price = found->collar.micros;
	int128 most;

	if (buy)
		price = market->band_low.micros > 0 ? market->band_low.micros
						    : tick_at(market, (struct bus_price){ 0 });
	if (price <= 0)
		return REFUSAL_NO_REFERENCE_PRICE;
	most = (int128)request->notional.micros * BUS_MICROS;
	most = buy ? most / price : (most + price - 1) / price;
	most = (buy ? most : most + lot - 1) / lot * lot;
	if (most > INT64_MAX && !buy)
		return REFUSAL_INVALID_QUANTITY;
	if (most > INT64_MAX)
		most = INT64_MAX / lot * lot;
	if (most == 0)
		return REFUSAL_BELOW_MINIMUM_NOTIONAL;
	found->quantity.micros = (int64_t)most;
	found->lot_micros = lot;
	return REFUSAL_NONE;
}

/* What one share is reckoned at; 0: nobody knows. */
static struct bus_price worth_of(const struct order_request *request,
				 const struct order_terms *terms)
{
	if (request->limit.micros > 0)
		return request->limit;
	if (request->side == ORDER_SELL && request->type == ORDER_MARKET)
		return terms->reference;
	return terms->collar;
}

static enum order_refusal check_size(const struct order_request *request,
				     const struct order_market *market, struct order_terms *found)
{
	struct bus_price worth = worth_of(request, found);
	struct bus_money notional = request->notional;

	found->quantity = request->quantity;
	if (notional.micros != 0) {
		if (notional.micros < market->min_notional.micros)
			return REFUSAL_BELOW_MINIMUM_NOTIONAL;
		return check_bound(request, market, found);
	}
	if (market->lot_micros > 0 && request->quantity.micros % market->lot_micros != 0)
		return REFUSAL_INVALID_QUANTITY;
	if (!bus_notional_up(worth, request->quantity, &notional))
		return REFUSAL_INVALID_QUANTITY;
	if (worth.micros > 0 && notional.micros < market->min_notional.micros)
		return REFUSAL_BELOW_MINIMUM_NOTIONAL;
	return REFUSAL_NONE;
}

/* Does what comes now wait, for an auction or for the end of a halt? */
static bool gathers(const struct order_market *market)
{
	return market->halted || market->phase == PHASE_OPENING || market->phase == PHASE_CLOSING;
}

static enum order_refusal check_session(const struct order_request *request,
					const struct order_market *market)
{
	bool immediate = request->tif == ORDER_IOC || request->tif == ORDER_FOK ||
			 request->post_only || request->notional.micros != 0;

	if (market->phase == PHASE_CLOSED)
		return REFUSAL_MARKET_CLOSED;
	if (request->tif == ORDER_OPG && (market->phase != PHASE_OPENING || market->opening_held))
		return REFUSAL_AUCTION_OVER;
	return immediate && gathers(market) ? REFUSAL_HALTED : REFUSAL_NONE;
}

/* All but the session. */
static enum order_refusal check_terms(const struct order_request *request,
				      const struct order_market *market, bool waits,
				      struct order_terms *terms)
{
	struct order_terms found = { .actions = market->actions };
	enum order_refusal refusal = check_prices(request, market, waits, &found);

	if (refusal == REFUSAL_NONE)
		refusal = check_size(request, market, &found);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (request->tif == ORDER_GTC)
		found.expires_at = market->now + ORDER_GTC_DAYS * DAY_MICROS;
	*terms = found;
	return REFUSAL_NONE;
}

enum order_refusal order_check_market(const struct order_request *request,
				      const struct order_market *market, struct order_terms *terms)
{
	enum order_refusal refusal;

	if (market == NULL)
		return REFUSAL_UNKNOWN_SYMBOL;
	refusal = check_session(request, market);
	if (refusal != REFUSAL_NONE)
		return refusal;
	return check_terms(request, market, gathers(market), terms);
}

enum order_refusal order_check_leg(const struct order_request *request,
				   const struct order_market *market, struct order_terms *terms)
{
	if (market == NULL)
		return REFUSAL_UNKNOWN_SYMBOL;
	return check_terms(request, market, true, terms);
}

enum order_refusal order_check_actions(const struct order_market *market, int64_t position_micros,
				       int64_t position_actions, bool pending)
{
	bool behind = position_micros != 0 && position_actions < market->actions;

	return pending || behind ? REFUSAL_CORPORATE_ACTION : REFUSAL_NONE;
}

struct bus_price order_initial_stop(const struct order *order)
{
	struct bus_price stop = order->stop;

	if (order->type == ORDER_TRAILING_STOP &&
	    !trail_from((int)order->side, order->reference, order->trail,
			order->trail_percent_micros, &stop))
		stop.micros = 0;
	return stop;
}

struct bus_price order_worst_price(const struct order *order)
{
	return order->limit.micros != 0 ? order->limit : order->collar;
}
