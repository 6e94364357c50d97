/*
 * The holds of one order, or of two that can never trade both in full. What two need together is
 * what the worse of two histories costs: one of them trades whole and the other what it is larger
 * by, or the other way round.
 */
#include "order_hold.h"

#include "fee.h"
#include "margin.h"

/* What one share of a sell is worth when it is not there yet. */
static struct bus_price margin_price(const struct order *order)
{
	if (order->limit.micros != 0)
		return order->limit;
	return order->type == ORDER_MARKET ? order->reference : order_initial_stop(order);
}

static bool cash_need(const struct order *order, struct bus_quantity leaves, struct order_need *out)
{
	struct bus_money worth, fee;

	if (order->notional.micros == 0) {
		if (!bus_notional_up(order_worst_price(order), leaves, &worth))
			return false;
	} else if (leaves.micros == 0) {
		worth.micros = 0;
	} else if (!bus_money_sub(order->notional, order->cum_notional, &worth)) {
		return false;
	}
	fee = fee_hold(fee_schedule(order->fee_group), worth);
	if (!bus_money_add(worth, fee, &worth))
		return false;
	*out = (struct order_need){ .micros = worth.micros, .fee_micros = fee.micros };
	return true;
}

bool order_need(const struct order *order, struct bus_quantity leaves, int64_t short_micros,
		struct order_need *out)
{
	struct bus_money margin;

	if (order->side == ORDER_BUY)
		return cash_need(order, leaves, out);
	if (!margin_initial(margin_price(order), (struct bus_quantity){ short_micros }, &margin))
		return false;
	*out = (struct order_need){ .micros = leaves.micros - short_micros,
				    .short_micros = short_micros,
				    .margin_micros = margin.micros };
	return true;
}

/* The first whole, and what the second is larger by. */
static bool whole_and_rest(const struct order *whole, struct bus_quantity leaves,
			   const struct order *rest, struct bus_quantity larger,
			   struct order_need *out)
{
	struct bus_quantity by = { micros_max(0, larger.micros - leaves.micros) };
	struct order_need a, b;

	if (!cash_need(whole, leaves, &a) || !cash_need(rest, by, &b) ||
	    __builtin_add_overflow(a.micros, b.micros, &a.micros))
		return false;
	a.fee_micros += b.fee_micros;
	*out = a;
	return true;
}

static bool margin_of(const struct order *order, struct bus_quantity leaves, int64_t own,
		      int64_t *out)
{
	struct order_need need;

	if (!order_need(order, leaves, micros_max(0, leaves.micros - own), &need))
		return false;
	*out = need.margin_micros;
	return true;
}

bool order_pair_need(const struct order_pair *pair, int64_t own_micros, struct order_need *out)
{
	const struct order *a = pair->order, *b = pair->partner;
	struct order_need one, other;

	if (b == NULL)
		return order_need(a, pair->leaves, micros_max(0, pair->leaves.micros - own_micros),
				  out);
	if (a->side == ORDER_BUY) {
		if (!whole_and_rest(a, pair->leaves, b, pair->partner_leaves, &one) ||
		    !whole_and_rest(b, pair->partner_leaves, a, pair->leaves, &other))
			return false;
		*out = one.micros >= other.micros ? one : other;
		return true;
	}
	one = (struct order_need){ 0 };
	other.micros = micros_max(pair->leaves.micros, pair->partner_leaves.micros);
	one.micros = micros_min(own_micros, other.micros);
	one.short_micros = other.micros - one.micros;
	if (!margin_of(a, pair->leaves, own_micros, &one.margin_micros) ||
	    !margin_of(b, pair->partner_leaves, own_micros, &other.margin_micros))
		return false;
	one.margin_micros = micros_max(one.margin_micros, other.margin_micros);
	*out = one;
	return true;
}

struct order_need order_held(const struct order *order)
{
	return (struct order_need){ order->hold_micros, order->fee_hold_micros, order->short_micros,
				    order->margin_hold_micros };
}

void order_set_held(struct order *order, struct order_need need)
{
	order->hold_micros = need.micros;
	order->fee_hold_micros = need.fee_micros;
	order->short_micros = need.short_micros;
	order->margin_hold_micros = need.margin_micros;
}

enum order_refusal order_hold(struct balances *balances, const struct order *order,
			      const struct order_need *need)
{
	bool buy = order->side == ORDER_BUY;
	struct balances after = *balances;
	enum hold_result cash, shares = HOLD_DONE;

	cash = balance_hold(&after.cash, buy ? need->micros : need->margin_micros, order->firm);
	/* Nothing can be held also where shares are owed. */
	if (!buy && need->micros > 0)
		shares = balance_hold(&after.shares, need->micros, order->firm);
	if (cash == HOLD_OVERFLOW || shares == HOLD_OVERFLOW)
		return REFUSAL_INVALID_QUANTITY;
	if (shares == HOLD_INSUFFICIENT)
		return REFUSAL_INSUFFICIENT_POSITION;
	if (cash == HOLD_INSUFFICIENT)
		return REFUSAL_INSUFFICIENT_BUYING_POWER;
	*balances = after;
	return REFUSAL_NONE;
}

int64_t order_own(const struct order *order, const struct balances *balances, int64_t wanted_micros)
{
	if (order->firm)
		return wanted_micros;
	return micros_min(wanted_micros, micros_max(0, balance_available(&balances->shares)));
}

bool order_may_short(const struct order *order, const struct order_account *account)
{
	return account->shorting && margin_price(order).micros > 0;
}

/* Of two siblings the limit order holds for both. */
static struct order *holder_of(struct order *order, struct order *sibling)
{
	return sibling != NULL && sibling->type == ORDER_LIMIT ? sibling : order;
}

void order_split_siblings(struct order *order, struct order *sibling, struct order_need held)
{
	struct order *holder = holder_of(order, sibling);

	if (sibling != NULL) {
		order_set_held(order, (struct order_need){ 0 });
		order_set_held(sibling, (struct order_need){ 0 });
	}
	order_set_held(holder, held);
}

enum order_refusal order_reserve(struct order *order, struct order *sibling,
				 struct balances *balances, const struct order_account *account)
{
	struct order_pair pair = { .order = order,
				   .partner = sibling,
				   .leaves = order->leaves,
				   .partner_leaves = { sibling != NULL ? sibling->leaves.micros
								       : 0 } };
	int64_t wanted = micros_max(pair.leaves.micros, pair.partner_leaves.micros);
	enum order_refusal refusal;
	struct order_need need;

	if (!order_pair_need(&pair, order_own(order, balances, wanted), &need))
		return REFUSAL_INVALID_QUANTITY;
	if (need.short_micros > 0 && !order_may_short(order, account))
		return REFUSAL_INSUFFICIENT_POSITION;
	refusal = order_hold(balances, order, &need);
	if (refusal == REFUSAL_NONE)
		order_split_siblings(order, sibling, need);
	return refusal;
}
