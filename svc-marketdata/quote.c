/* The top of a book and its last trade. */
#include "quote.h"

bool level_valid(struct level level)
{
	if (level.price.micros == 0)
		return level.quantity.micros == 0;
	return level.price.micros > 0 && level.quantity.micros > 0;
}

static bool level_equal(struct level a, struct level b)
{
	return a.price.micros == b.price.micros && a.quantity.micros == b.quantity.micros;
}

bool quote_top_is(const struct quote *quote, struct level bid, struct level ask)
{
	return level_equal(quote->bid, bid) && level_equal(quote->ask, ask);
}
