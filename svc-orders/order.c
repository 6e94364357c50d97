/*
 * What an order is, and what may follow what: the one table of statuses.
 */
#include "order.h"

static const char *const refusal_texts[REFUSAL_COUNT] = {
	[REFUSAL_NONE] = "",
	[REFUSAL_UNKNOWN_SYMBOL] = "no instrument of that symbol is defined",
	[REFUSAL_MARKET_CLOSED] = "the symbol has no open session",
	[REFUSAL_TOO_LATE] = "the order has already ended",
	[REFUSAL_DUPLICATE_CLIENT_ORDER_ID] =
		"the account has used this client order id for another order",
	[REFUSAL_INVALID_QUANTITY] = "the quantity is not positive, not a multiple of the lot, or "
				     "too large",
	[REFUSAL_PRICE_OUTSIDE_BAND] = "a limit or stop price is outside the instrument's band",
	[REFUSAL_INVALID_PRICE_INCREMENT] = "the price is not a multiple of the tick",
	[REFUSAL_INSUFFICIENT_BUYING_POWER] = "insufficient buying power",
	[REFUSAL_INSUFFICIENT_POSITION] = "fewer shares are available than asked for",
	[REFUSAL_HALTED] = "trading in the symbol is halted",
	[REFUSAL_ACCOUNT_BLOCKED] = "the account is blocked or closed, or waits for an operator",
	[REFUSAL_UNSUPPORTED] = "a type, time in force or option that is not supported",
	[REFUSAL_UNKNOWN_ACCOUNT] = "no account of that id is known",
	[REFUSAL_UNKNOWN_ORDER] = "the account has no such order",
	[REFUSAL_INVALID_FIELD] = "a field is missing, or does not belong to the others",
	[REFUSAL_INVALID_PRICE] =
		"a price is missing, not above zero, or on the wrong side of another",
	[REFUSAL_BELOW_MINIMUM_NOTIONAL] = "price times quantity is below the instrument's minimum",
	[REFUSAL_WOULD_TAKE] = "the order is post-only and would have taken liquidity",
	[REFUSAL_NO_REFERENCE_PRICE] = "the order depends on the last price, and there is none",
	[REFUSAL_PENDING] = "a cancel or replacement of the order is already on its way",
	[REFUSAL_INVALID_AMOUNT] = "the amount is not positive, or too large",
	[REFUSAL_AUCTION_OVER] = "the auction that the order is for has been held",
	[REFUSAL_CORPORATE_ACTION] = "a split or change of symbol of the position is under way",
	[REFUSAL_UNSETTLED_CASH] = "the cash is there, but not settled yet",
};

/* A choice that was left open. */
static int given(int value, int otherwise)
{
	return value != 0 ? value : otherwise;
}

const char *order_refusal_text(enum order_refusal refusal)
{
	bus_assert(refusal >= REFUSAL_NONE && refusal < REFUSAL_COUNT);
	return refusal_texts[refusal];
}

void order_init(struct order *order, const struct order_request *request,
		const struct order_terms *terms, const struct order_account *account)
{
	const char *group = account->fee_group != NULL ? account->fee_group : "";

	*order = (struct order){
		.side = (enum order_side)request->side,
		.type = (enum order_type)request->type,
		.tif = (enum order_tif)request->tif,
		.stp = (enum order_stp)given(request->stp, ORDER_STP_NONE),
		.order_class = (enum order_class)given(request->order_class, ORDER_SIMPLE),
		.post_only = request->post_only,
		.firm = account->firm,
		.limit = request->limit,
		.stop = request->stop,
		.trail = request->trail,
		.trail_percent_micros = request->trail_percent_micros,
		.collar = terms->collar,
		.reference = terms->reference,
		.notional = request->notional,
		.lot_micros = terms->lot_micros,
		.ordered = terms->quantity,
		.quantity = terms->quantity,
		.leaves = terms->quantity,
		.actions = terms->actions,
		.expires_at = terms->expires_at,
	};
	memcpy(order->symbol, request->symbol, strnlen(request->symbol, ORDER_SYMBOL_MAX));
	if (strnlen(group, sizeof(order->fee_group)) < sizeof(order->fee_group))
		memcpy(order->fee_group, group, strlen(group));
}

static bool same_amount(const struct order *order, const struct order_request *request)
{
	if (request->notional.micros != order->notional.micros)
		return false;
	return request->notional.micros != 0 || order->ordered.micros == request->quantity.micros;
}

bool order_same_body(const struct order *order, const struct order_request *request)
{
	return order_check_form(request) == REFUSAL_NONE &&
	       strcmp(order->symbol, request->symbol) == 0 && (int)order->side == request->side &&
	       (int)order->type == request->type && (int)order->tif == request->tif &&
	       same_amount(order, request) && order->limit.micros == request->limit.micros &&
	       order->stop.micros == request->stop.micros &&
	       order->trail.micros == request->trail.micros &&
	       order->trail_percent_micros == request->trail_percent_micros &&
	       order->post_only == request->post_only &&
	       given((int)order->stp, ORDER_STP_NONE) == given(request->stp, ORDER_STP_NONE) &&
	       given((int)order->order_class, ORDER_SIMPLE) ==
		       given(request->order_class, ORDER_SIMPLE);
}

/*
 * Rows: from; a terminal status has no row. Nothing is ever DONE_FOR_DAY: what a session's close
 * does not end is as open after it as before. A sweep asks for the cancel of an order and of its
 * replacement, so that either may be pending under a pending cancel.
 */
#define TO(status) (1u << (status))
#define TO_AN_END  (TO(ORDER_FILLED) | TO(ORDER_CANCELED) | TO(ORDER_EXPIRED))
#define TO_PENDING (TO(ORDER_PENDING_CANCEL) | TO(ORDER_PENDING_REPLACE))
static const unsigned transitions[ORDER_STATUS_COUNT] = {
	[ORDER_NONE] = TO(ORDER_NEW) | TO(ORDER_HELD) | TO(ORDER_PENDING_NEW),
	[ORDER_HELD] = TO(ORDER_HELD) | TO(ORDER_NEW) | TO(ORDER_CANCELED),
	[ORDER_PENDING_NEW] = TO(ORDER_PENDING_NEW) | TO(ORDER_NEW) | TO(ORDER_PARTIALLY_FILLED) |
			      TO(ORDER_FILLED) | TO(ORDER_PENDING_CANCEL) | TO(ORDER_REJECTED),
	[ORDER_NEW] = TO(ORDER_NEW) | TO(ORDER_PARTIALLY_FILLED) | TO_PENDING | TO(ORDER_REJECTED) |
		      TO_AN_END,
	[ORDER_PARTIALLY_FILLED] = TO(ORDER_PARTIALLY_FILLED) | TO_PENDING | TO_AN_END,
	[ORDER_PENDING_CANCEL] = TO_PENDING | TO(ORDER_NEW) | TO(ORDER_PARTIALLY_FILLED) |
				 TO(ORDER_REPLACED) | TO(ORDER_REJECTED) | TO_AN_END,
	[ORDER_PENDING_REPLACE] = TO_PENDING | TO(ORDER_NEW) | TO(ORDER_PARTIALLY_FILLED) |
				  TO(ORDER_REPLACED) | TO(ORDER_REJECTED) | TO_AN_END,
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
		order->fee_hold_micros = 0;
		order->short_micros = 0;
		order->margin_hold_micros = 0;
	}
}

enum order_status order_settled_status(const struct order *order)
{
	if (order->leaves.micros == 0)
		return ORDER_FILLED;
	return order->cum.micros > 0 ? ORDER_PARTIALLY_FILLED : ORDER_NEW;
}
