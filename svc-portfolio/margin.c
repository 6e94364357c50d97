/* See margin.h. */
#include "margin.h"

struct bus_money valuation_worth(const struct position *position, struct bus_price *price)
{
	struct bus_money worth;

	if (price->micros <= 0 || !bus_notional(*price, position->quantity, &worth) ||
	    worth.micros == INT64_MIN) {
		price->micros = 0;
		return position->cost;
	}
	return worth;
}

bool valuation_add(struct valuation *valuation, const struct position *position,
		   struct bus_money worth)
{
	struct valuation next = *valuation;
	bool fits = position->quantity.micros < 0 ? bus_money_sub(next.shorts, worth, &next.shorts)
						  : bus_money_add(next.longs, worth, &next.longs);

	if (!fits || !bus_money_add(next.cost, position->cost, &next.cost))
		return false;
	*valuation = next;
	return true;
}

bool valuation_equity(const struct valuation *valuation, struct bus_money cash,
		      struct bus_money *out)
{
	struct bus_money net;

	return bus_money_sub(valuation->longs, valuation->shorts, &net) &&
	       bus_money_add(cash, net, out);
}

bool margin_check(const struct valuation *valuation, struct bus_money cash, struct margin *out)
{
	int64_t shorts = valuation->shorts.micros;
	struct margin margin = { .short_value = valuation->shorts };

	if (!valuation_equity(valuation, cash, &margin.equity))
		return false;
	margin.requirement.micros = shorts / 100 * MARGIN_MAINTENANCE_PERCENT +
				    (shorts % 100 * MARGIN_MAINTENANCE_PERCENT + 99) / 100;
	if (!bus_money_sub(margin.requirement, margin.equity, &margin.missing))
		return false;
	if (margin.missing.micros < 0 || shorts == 0)
		margin.missing.micros = 0;
	*out = margin;
	return true;
}
