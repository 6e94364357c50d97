/* Both methods of cost over one movement; see shares.h. */
#include "shares.h"

static bool sum_fits(int64_t a, int64_t b)
{
	int64_t sum;

	return !__builtin_add_overflow(a, b, &sum) && sum != INT64_MIN;
}

enum position_result shares_plan_trade(const struct shares *shares, struct bus_quantity quantity,
				       struct bus_money cash, struct shares_plan *out)
{
	enum position_result result = position_trade(&shares->position, quantity, cash, &out->move);

	if (result != POSITION_OK)
		return result;
	lots_plan_cut(&shares->lots, (struct bus_quantity){ -out->move.closed.micros }, &out->cut);
	out->lot_quantity = out->move.opened;
	out->lot_cost.micros = -out->move.opened_cash.micros;
	if (__builtin_sub_overflow(out->lot_cost.micros, out->cut.cost.micros,
				   &out->fifo_cost.micros) ||
	    __builtin_sub_overflow(out->move.closed_cash.micros, out->cut.cost.micros,
				   &out->fifo_realised.micros) ||
	    !sum_fits(shares->fifo_cost.micros, out->fifo_cost.micros) ||
	    !sum_fits(shares->fifo_realised.micros, out->fifo_realised.micros))
		return POSITION_OVERFLOW;
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
