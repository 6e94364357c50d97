/* One-minute bars: the fold of the trades of a minute, in the order in which they are told. */
#include "bar.h"

int64_t bar_start(int64_t at)
{
	int64_t into = at % BAR_SPAN;

	if (into < 0)
		into += BAR_SPAN;
	return at - into;
}

static void bar_first(const struct trade *trade, struct bar *bar)
{
	*bar = (struct bar){
		.start = bar_start(trade->at),
		.open = trade->price,
		.high = trade->price,
		.low = trade->price,
		.close = trade->price,
	};
}

bool bar_add(const struct bar *bar, const struct trade *trade, struct bar *out)
{
	struct bar next;
	struct bus_money value;

	if (bar) {
		bus_assert(bar_start(trade->at) == bar->start);
		next = *bar;
	} else {
		bar_first(trade, &next);
	}
	if (!bus_notional(trade->price, trade->quantity, &value) ||
	    !bus_money_add(next.notional, value, &next.notional) ||
	    !bus_quantity_add(next.volume, trade->quantity, &next.volume))
		return false;
	if (trade->price.micros > next.high.micros)
		next.high = trade->price;
	if (trade->price.micros < next.low.micros)
		next.low = trade->price;
	next.close = trade->price;
	next.count++;
	*out = next;
	return true;
}
