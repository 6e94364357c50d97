/*
 * One order in the place of another. Until the book has answered, both stand, and together they
 * hold what the worse of the two histories would cost.
 */
#include "order_change.h"
#include "order_work.h"

static enum order_refusal check_replaceable(const struct order *order, bool bound)
{
	if (order_terminal(order->status))
		return REFUSAL_TOO_LATE;
	if (order->status == ORDER_PENDING_CANCEL || order->status == ORDER_PENDING_REPLACE ||
	    order->status == ORDER_PENDING_NEW)
		return REFUSAL_PENDING;
	if (!order_may_become(order->status, ORDER_PENDING_REPLACE) || bound ||
	    order->notional.micros != 0)
		return REFUSAL_UNSUPPORTED;
	return REFUSAL_NONE;
}

static void amend_price(struct bus_price *price, struct bus_price by)
{
	if (by.micros != 0)
		*price = by;
}

/* One distance takes the place of the other. */
static void amend_trail(struct order_request *request, const struct order_amendment *amendment)
{
	if (amendment->trail.micros == 0 && amendment->trail_percent_micros == 0)
		return;
	request->trail = amendment->trail;
	request->trail_percent_micros = amendment->trail_percent_micros;
}

static bool moves_stop(const struct order_amendment *amendment)
{
	return amendment->stop.micros != 0 || amendment->trail.micros != 0 ||
	       amendment->trail_percent_micros != 0;
}

enum order_refusal order_check_replace(const struct order *order, bool bound,
				       const struct order_amendment *amendment,
				       struct order_request *request)
{
	struct order_request asked = {
		.symbol = order->symbol,
		.side = (int)order->side,
		.type = (int)order->type,
		.tif = amendment->tif != 0 ? amendment->tif : (int)order->tif,
		.stp = (int)order->stp,
		.post_only = order->post_only,
		.quantity = amendment->quantity.micros != 0 ? amendment->quantity : order->quantity,
		.limit = order->limit,
		.stop = order->stop,
		.trail = order->trail,
		.trail_percent_micros = order->trail_percent_micros,
	};
	enum order_refusal refusal = check_replaceable(order, bound);

	if (refusal != REFUSAL_NONE)
		return refusal;
	if (amendment->quantity.micros == 0 && amendment->limit.micros == 0 &&
	    amendment->tif == 0 && !moves_stop(amendment))
		return REFUSAL_INVALID_FIELD;
	/* What was elected has no stop any more. */
	if (order->triggered && moves_stop(amendment))
		return REFUSAL_INVALID_FIELD;
	amend_price(&asked.limit, amendment->limit);
	amend_price(&asked.stop, amendment->stop);
	amend_trail(&asked, amendment);
	refusal = order_check_form(&asked);
	if (refusal == REFUSAL_NONE)
		*request = asked;
	return refusal;
}

/* Where neither stop nor distance changes, the collar stays what it is in the book. */
static void keep_collar(const struct order *order, struct order *replacement)
{
	if (order->limit.micros != 0 || order->stop.micros != replacement->stop.micros ||
	    order->trail.micros != replacement->trail.micros ||
	    order->trail_percent_micros != replacement->trail_percent_micros)
		return;
	replacement->collar = order->collar;
	replacement->reference = order->reference;
}

/* What the replacement must hold beside the order. */
static enum order_refusal excess_of(const struct order *order, const struct order *replacement,
				    const struct balances *balances,
				    const struct order_account *account, struct order_need *out)
{
	struct order_need held = order_held(order), need;
	struct order_pair pair = { .order = (struct order *)order,
				   .partner = (struct order *)replacement,
				   .leaves = order->leaves,
				   .partner_leaves =
					   order_work_replacement_leaves(order, replacement) };
	int64_t more = micros_max(0, pair.partner_leaves.micros - pair.leaves.micros);
	int64_t own = order->side == ORDER_SELL ? order_own(order, balances, more) : 0;

	if (__builtin_add_overflow(held.micros, own, &own) || !order_pair_need(&pair, own, &need))
		return REFUSAL_INVALID_QUANTITY;
	*out = (struct order_need){
		.micros = micros_max(0, need.micros - held.micros),
		.short_micros = micros_max(0, need.short_micros - held.short_micros),
		.margin_micros = micros_max(0, need.margin_micros - held.margin_micros),
	};
	out->fee_micros = micros_min(out->micros, micros_max(0, need.fee_micros - held.fee_micros));
	if (out->short_micros > 0 && !order_may_short(replacement, account))
		return REFUSAL_INSUFFICIENT_POSITION;
	return REFUSAL_NONE;
}

enum order_refusal order_replace_request(struct order_scene *scene,
					 const struct order_account *account)
{
	struct order *order = scene->order, *replacement = scene->replacement;
	struct order_need excess;
	enum order_refusal refusal;

	bus_assert(replacement != NULL && replacement->status == ORDER_NONE &&
		   order_work_together(order, replacement));
	struct order asked = *replacement;

	refusal = check_replaceable(order, scene->sibling != NULL);
	keep_collar(order, &asked);
	asked.firm = order->firm;
	asked.triggered = order->triggered;
	if (refusal == REFUSAL_NONE)
		refusal = excess_of(order, &asked, scene->balances, account, &excess);
	if (refusal == REFUSAL_NONE)
		refusal = order_hold(scene->balances, order, &excess);
	if (refusal != REFUSAL_NONE)
		return refusal;
	order_set_held(&asked, excess);
	order_become(&asked, ORDER_PENDING_NEW);
	*replacement = asked;
	order_become(order, ORDER_PENDING_REPLACE);
	return REFUSAL_NONE;
}

/* What the book made of it: less than what had traded cannot be asked for. */
static bool fits_replacement(const struct order *order, const struct order *replacement,
			     struct bus_quantity quantity, struct bus_quantity leaves)
{
	int64_t expected = micros_max(replacement->quantity.micros, order->cum.micros);

	return leaves.micros >= 0 && quantity.micros == expected &&
	       quantity.micros - leaves.micros == order->cum.micros;
}

enum order_fault order_replaced(struct order_scene *scene, struct bus_quantity quantity,
				struct bus_quantity leaves, struct order_released *released)
{
	struct order_scene alone = { .order = scene->replacement, .balances = scene->balances };
	const struct order *order = scene->order;
	struct order_work work;
	enum order_fault fault;

	if (scene->replacement == NULL || !order_work_replacement_open(scene->replacement) ||
	    !order_work_together(order, scene->replacement))
		return ORDER_FAULT_RELATION;
	if (!order_may_become(order->status, ORDER_REPLACED))
		return ORDER_FAULT_STATUS;
	if (!fits_replacement(order, scene->replacement, quantity, leaves))
		return ORDER_FAULT_QUANTITY;
	fault = order_work_begin(&work, &alone);
	if (fault != ORDER_FITS)
		return fault;
	work.before = order_work_sum(work.before, order_held(order));
	work.pool = work.before;
	work.order.quantity = quantity;
	work.order.cum = order->cum;
	work.order.leaves = leaves;
	work.order.cum_notional = order->cum_notional;
	if (leaves.micros == 0 || work.order.status != ORDER_PENDING_CANCEL)
		order_become(&work.order, order_settled_status(&work.order));
	fault = order_work_finish(&work, &alone, released);
	if (fault == ORDER_FITS)
		order_become(scene->order, ORDER_REPLACED);
	return fault;
}

enum order_fault order_replace_rejected(struct order_scene *scene, struct order_released *released)
{
	struct order_scene alone = { .order = scene->replacement, .balances = scene->balances };
	struct order *order = scene->order;
	enum order_fault fault;
	struct order_work work;

	if (scene->replacement == NULL || !order_work_replacement_open(scene->replacement) ||
	    !order_work_together(order, scene->replacement))
		return ORDER_FAULT_RELATION;
	fault = order_work_begin(&work, &alone);
	if (fault != ORDER_FITS)
		return fault;
	order_become(&work.order, ORDER_REJECTED);
	work.order.leaves.micros = 0;
	fault = order_work_finish(&work, &alone, released);
	if (fault == ORDER_FITS && order->status == ORDER_PENDING_REPLACE)
		order_become(order, order_settled_status(order));
	return fault;
}
