/*
 * What the book says of an order, and what it makes of the order and of its account's balances.
 */
#include "order_change.h"

#include "fee.h"
#include "margin.h"
#include "order_work.h"

static const char *const fault_texts[] = {
	[ORDER_FITS] = "",
	[ORDER_FAULT_STATUS] = "no such change of an order in its status",
	[ORDER_FAULT_QUANTITY] = "the quantities are not the order's",
	[ORDER_FAULT_PRICE] = "the price is worse than the order allows",
	[ORDER_FAULT_RELATION] = "the orders do not belong together",
	[ORDER_FAULT_HOLD] = "the account holds less than the order does",
	[ORDER_FAULT_OVERFLOW] = "a sum leaves 64 bits",
};

const char *order_fault_text(enum order_fault fault)
{
	bus_assert(fault >= ORDER_FITS && fault <= ORDER_FAULT_OVERFLOW);
	return fault_texts[fault];
}

static bool stop_waits(const struct order *order)
{
	return !order->triggered && (order->type == ORDER_STOP || order->type == ORDER_STOP_LIMIT ||
				     order->type == ORDER_TRAILING_STOP);
}

static bool price_allowed(const struct order *order, struct bus_price price)
{
	int64_t worst = order_worst_price(order).micros;

	if (price.micros <= 0)
		return false;
	return order->side == ORDER_BUY ? price.micros <= worst : price.micros >= worst;
}

static enum order_fault check_execution(const struct order *order,
					const struct order_execution *execution)
{
	if (!order_work_in_book(order) || stop_waits(order))
		return ORDER_FAULT_STATUS;
	if (execution->quantity.micros <= 0 || execution->leaves.micros < 0 ||
	    execution->quantity.micros > order->leaves.micros ||
	    order->leaves.micros - execution->quantity.micros != execution->leaves.micros)
		return ORDER_FAULT_QUANTITY;
	return price_allowed(order, execution->price) ? ORDER_FITS : ORDER_FAULT_PRICE;
}

/* The order's sums after the execution, and what it cost. */
static enum order_fault count(struct order *order, const struct order_execution *execution,
			      struct order_fill *fill)
{
	struct fee_execution costs = { .sell = order->side == ORDER_SELL,
				       .liquidity = (int)execution->liquidity,
				       .quantity = execution->quantity };
	struct fee fee;
	int64_t signed_fee;

	if (!bus_notional_down(execution->price, execution->quantity, &costs.notional) ||
	    !bus_money_add(order->cum_notional, costs.notional, &order->cum_notional))
		return ORDER_FAULT_OVERFLOW;
	if (order->notional.micros != 0 && order->cum_notional.micros > order->notional.micros)
		return ORDER_FAULT_QUANTITY;
	fee = fee_of(fee_schedule(order->fee_group), &costs);
	signed_fee = costs.sell ? -fee.micros : fee.micros;
	*fill = (struct order_fill){ .notional_micros = costs.notional.micros,
				     .fee_micros = fee.micros,
				     .regulatory_micros = fee.regulatory_micros };
	if (__builtin_add_overflow(costs.notional.micros, signed_fee, &fill->cash_micros))
		return ORDER_FAULT_OVERFLOW;
	order->cum.micros += execution->quantity.micros;
	order->leaves = execution->leaves;
	return ORDER_FITS;
}

/* Takes what the execution uses out of what the orders hold: own shares first, then short ones. */
static bool spend(struct order_work *work, int64_t quantity, struct order_fill *fill)
{
	struct order_need *pool = &work->pool;
	int64_t own;

	if (work->order.side == ORDER_BUY) {
		pool->micros -= fill->cash_micros;
		return pool->micros >= 0;
	}
	own = micros_min(quantity, pool->micros);
	fill->short_micros = quantity - own;
	pool->micros -= own;
	pool->short_micros -= fill->short_micros;
	return pool->short_micros >= 0;
}

static enum order_fault book_buy(struct order_work *work, int64_t quantity, struct order_fill *fill)
{
	int64_t from_hold = work->before.micros - work->pool.micros, covered;
	int64_t exposure = margin_exposure(&work->balances.shares);

	if (from_hold > work->balances.cash.held_micros)
		return ORDER_FAULT_HOLD;
	if (!balance_take(&work->balances.cash, fill->cash_micros, from_hold) ||
	    !balance_receive(&work->balances.shares, quantity))
		return ORDER_FAULT_OVERFLOW;
	if (!margin_cover(&work->balances, exposure, &covered))
		return ORDER_FAULT_HOLD;
	fill->released_micros = from_hold - fill->cash_micros;
	fill->collateral_micros = -covered;
	return ORDER_FITS;
}

/* What stays held of a sale: the proceeds of what is owed now, and the margin that was held for it.
 */
static int64_t collateral_of(const struct order_work *work, int64_t deeper, int64_t quantity,
			     const struct order_fill *fill)
{
	int64_t shorts = work->before.short_micros - work->pool.short_micros;
	int64_t margin = work->before.margin_micros - work->pool.margin_micros;

	deeper = micros_min(deeper, fill->short_micros);
	if (deeper <= 0)
		return 0;
	return margin_share(fill->cash_micros, deeper, quantity) +
	       margin_share(margin, deeper, shorts);
}

static enum order_fault book_sell(struct order_work *work, int64_t quantity,
				  struct order_fill *fill)
{
	struct balances *balances = &work->balances;
	int64_t own = work->before.micros - work->pool.micros;
	int64_t margin = work->before.margin_micros - work->pool.margin_micros;
	int64_t exposure = margin_exposure(&balances->shares), covered, collateral;

	if (own > balances->shares.held_micros || margin > balances->cash.held_micros)
		return ORDER_FAULT_HOLD;
	if (!balance_take(&balances->shares, quantity, own) ||
	    !balance_release(&balances->cash, margin) ||
	    !balance_receive(&balances->cash, fill->cash_micros))
		return ORDER_FAULT_OVERFLOW;
	collateral =
		collateral_of(work, margin_exposure(&balances->shares) - exposure, quantity, fill);
	if (!margin_add(balances, collateral))
		return ORDER_FAULT_OVERFLOW;
	if (!margin_cover(balances, exposure, &covered))
		return ORDER_FAULT_HOLD;
	fill->released_micros = micros_max(0, margin - collateral) + covered;
	fill->collateral_micros = collateral - covered;
	return ORDER_FITS;
}

static void become_by_fill(struct order *order)
{
	bool pending =
		order->status == ORDER_PENDING_CANCEL || order->status == ORDER_PENDING_REPLACE;

	if (order->leaves.micros == 0 || !pending)
		order_become(order, order_settled_status(order));
}

enum order_fault order_fill(struct order_scene *scene, const struct order_execution *execution,
			    struct order_fill *fill)
{
	int64_t quantity = execution->quantity.micros;
	struct order_fill moved;
	enum order_fault fault;
	struct order_work work;

	fault = order_work_begin(&work, scene);
	if (fault == ORDER_FITS)
		fault = check_execution(&work.order, execution);
	if (fault == ORDER_FITS)
		fault = count(&work.order, execution, &moved);
	if (fault != ORDER_FITS)
		return fault;
	if (!spend(&work, quantity, &moved))
		return ORDER_FAULT_HOLD;
	if (!order_work_settle(&work))
		return ORDER_FAULT_OVERFLOW;
	fault = work.order.side == ORDER_BUY ? book_buy(&work, quantity, &moved)
					     : book_sell(&work, quantity, &moved);
	if (fault != ORDER_FITS)
		return fault;
	become_by_fill(&work.order);
	order_work_commit(&work, scene);
	*fill = moved;
	return ORDER_FITS;
}

static bool fits_leaves(const struct order *order, struct bus_quantity by,
			struct bus_quantity leaves)
{
	return by.micros > 0 && leaves.micros >= 0 && by.micros <= order->leaves.micros &&
	       order->leaves.micros - by.micros == leaves.micros;
}

enum order_fault order_decrease(struct order_scene *scene, struct bus_quantity by,
				struct bus_quantity leaves, struct order_released *released)
{
	enum order_fault fault;
	struct order_work work;

	fault = order_work_begin(&work, scene);
	if (fault != ORDER_FITS)
		return fault;
	if (!order_work_in_book(&work.order))
		return ORDER_FAULT_STATUS;
	if (!fits_leaves(&work.order, by, leaves) || leaves.micros == 0)
		return ORDER_FAULT_QUANTITY;
	work.order.quantity.micros -= by.micros;
	work.order.leaves = leaves;
	return order_work_finish(&work, scene, released);
}

enum order_fault order_prevent(struct order_scene *scene, struct bus_quantity by,
			       struct bus_quantity leaves, struct order_released *released)
{
	enum order_fault fault;
	struct order_work work;

	fault = order_work_begin(&work, scene);
	if (fault != ORDER_FITS)
		return fault;
	if (!order_work_in_book(&work.order) || stop_waits(&work.order))
		return ORDER_FAULT_STATUS;
	if (!fits_leaves(&work.order, by, leaves))
		return ORDER_FAULT_QUANTITY;
	work.order.quantity.micros -= by.micros;
	work.order.prevented.micros += by.micros;
	work.order.leaves = leaves;
	if (leaves.micros == 0)
		order_become(&work.order, ORDER_CANCELED);
	return order_work_finish(&work, scene, released);
}

enum order_fault order_end(struct order_scene *scene, struct bus_quantity canceled,
			   enum order_status status, struct order_released *released)
{
	enum order_fault fault;
	struct order_work work;

	fault = order_work_begin(&work, scene);
	if (fault != ORDER_FITS)
		return fault;
	if ((status != ORDER_CANCELED && status != ORDER_EXPIRED && status != ORDER_REJECTED) ||
	    !order_may_become(work.order.status, status) ||
	    work.order.status == ORDER_PENDING_NEW ||
	    (status == ORDER_REJECTED && work.order.cum.micros != 0))
		return ORDER_FAULT_STATUS;
	if (canceled.micros != work.order.leaves.micros)
		return ORDER_FAULT_QUANTITY;
	order_become(&work.order, status);
	return order_work_finish(&work, scene, released);
}

enum order_fault order_complete(struct order_scene *scene, struct bus_quantity dropped,
				struct order_released *released)
{
	enum order_fault fault;
	struct order_work work;

	fault = order_work_begin(&work, scene);
	if (fault != ORDER_FITS)
		return fault;
	if (!order_work_in_book(&work.order) || work.order.notional.micros == 0)
		return ORDER_FAULT_STATUS;
	if (dropped.micros != work.order.leaves.micros || work.order.cum.micros == 0)
		return ORDER_FAULT_QUANTITY;
	work.order.quantity = work.order.cum;
	order_become(&work.order, ORDER_FILLED);
	return order_work_finish(&work, scene, released);
}

enum order_fault order_trigger(struct order *order)
{
	if (!order_work_in_book(order) || !stop_waits(order))
		return ORDER_FAULT_STATUS;
	order->triggered = true;
	return ORDER_FITS;
}

enum order_refusal order_cancel_request(struct order *order, bool sweep)
{
	if (order_terminal(order->status))
		return REFUSAL_TOO_LATE;
	if (order->status == ORDER_PENDING_CANCEL ||
	    (!sweep &&
	     (order->status == ORDER_PENDING_NEW || order->status == ORDER_PENDING_REPLACE)))
		return REFUSAL_PENDING;
	if (!order_may_become(order->status, ORDER_PENDING_CANCEL))
		return REFUSAL_UNSUPPORTED;
	order_become(order, ORDER_PENDING_CANCEL);
	return REFUSAL_NONE;
}

void order_cancel_rejected(struct order_scene *scene)
{
	struct order *order = scene->order;

	if (order->status != ORDER_PENDING_CANCEL)
		return;
	order_become(order, scene->replacement != NULL ? ORDER_PENDING_REPLACE
						       : order_settled_status(order));
}

enum order_refusal order_activate(struct order_scene *scene, struct bus_quantity cum,
				  const struct order_account *account)
{
	struct order *order = scene->order, *sibling = scene->sibling;
	struct order first = *order, second;
	enum order_refusal refusal;

	bus_assert(order->status == ORDER_HELD && cum.micros > 0 && scene->replacement == NULL);
	bus_assert(sibling == NULL ||
		   (sibling->status == ORDER_HELD && order_work_together(order, sibling)));
	first.quantity = first.leaves = cum;
	if (sibling != NULL) {
		second = *sibling;
		second.quantity = second.leaves = cum;
	}
	refusal = order_reserve(&first, sibling != NULL ? &second : NULL, scene->balances, account);
	if (refusal != REFUSAL_NONE)
		return refusal;
	order_become(&first, ORDER_NEW);
	*order = first;
	if (sibling == NULL)
		return REFUSAL_NONE;
	order_become(&second, ORDER_NEW);
	*sibling = second;
	return REFUSAL_NONE;
}
