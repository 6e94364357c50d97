/* Both methods of cost over one movement; see shares.h. */
#include "shares.h"

static bool fits(const struct shares *shares, const struct shares_plan *plan)
{
	struct bus_money sum;

	return bus_money_add(shares->fifo_cost, plan->fifo_cost, &sum) && sum.micros != INT64_MIN &&
	       bus_money_add(shares->fifo_realised, plan->fifo_realised, &sum);
}

enum position_result shares_plan_trade(const struct shares *shares, struct bus_quantity quantity,
				       struct bus_money cash, struct shares_plan *out)
{
	struct shares_plan plan = { .cut = { .part = false } };
	enum position_result result = position_trade(&shares->position, quantity, cash, &plan.move);

	if (result != POSITION_OK)
		return result;
	if (plan.move.closed.micros != 0)
		lots_plan_cut(&shares->lots, (struct bus_quantity){ -plan.move.closed.micros },
			      &plan.cut);
	plan.lot_quantity = plan.move.opened;
	plan.lot_cost.micros = -plan.move.opened_cash.micros;
	plan.fifo_cost.micros = -plan.cut.cost.micros;
	if (!bus_money_add(plan.fifo_cost, plan.lot_cost, &plan.fifo_cost) ||
	    !bus_money_sub(plan.move.closed_cash, plan.cut.cost, &plan.fifo_realised) ||
	    !fits(shares, &plan))
		return POSITION_OVERFLOW;
	*out = plan;
	return POSITION_OK;
}

enum position_result shares_plan_withdrawal(const struct shares *shares,
					    struct bus_quantity quantity, struct shares_plan *out)
{
	struct shares_plan plan = { .cut = { .part = false } };
	enum position_result result = position_withdraw(&shares->position, quantity, &plan.move);

	if (result != POSITION_OK)
		return result;
	lots_plan_cut(&shares->lots, quantity, &plan.cut);
	plan.fifo_cost.micros = -plan.cut.cost.micros;
	*out = plan;
	return POSITION_OK;
}

void shares_apply(struct shares *shares, struct lot_pool *pool, const struct shares_plan *plan,
		  struct bus_id lot_id, int64_t opened_at)
{
	position_apply(&shares->position, &plan->move);
	shares->fifo_cost.micros += plan->fifo_cost.micros;
	shares->fifo_realised.micros += plan->fifo_realised.micros;
	if (plan->cut.gone > 0 || plan->cut.part)
		lots_cut(&shares->lots, &plan->cut);
	if (plan->lot_quantity.micros != 0)
		lots_open(&shares->lots, pool,
			  &(struct lot){ .id = lot_id,
					 .quantity = plan->lot_quantity,
					 .cost = plan->lot_cost,
					 .opened_at = opened_at });
}
