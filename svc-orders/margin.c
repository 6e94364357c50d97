/*
 * The collateral is a part of held cash: what is added to it is held with it, what is covered is
 * released with it.
 */
#include "margin.h"

__extension__ typedef __int128 int128;

bool margin_initial(struct bus_price price, struct bus_quantity quantity, struct bus_money *out)
{
	struct bus_money worth;

	if (!bus_notional_up(price, quantity, &worth))
		return false;
	out->micros = worth.micros / 2 + worth.micros % 2;
	return true;
}

int64_t margin_exposure(const struct balance *shares)
{
	int64_t available = balance_available(shares);

	if (available >= 0)
		return 0;
	return available == INT64_MIN ? INT64_MAX : -available;
}

bool margin_add(struct balances *balances, int64_t micros)
{
	struct balance cash = balances->cash;
	int64_t collateral;

	/* What has just come in is available: as the firm's, it is held without asking. */
	if (__builtin_add_overflow(balances->collateral_micros, micros, &collateral) ||
	    balance_hold(&cash, micros, true) != HOLD_DONE)
		return false;
	balances->cash = cash;
	balances->collateral_micros = collateral;
	return true;
}

int64_t margin_share(int64_t amount_micros, int64_t part, int64_t whole)
{
	return whole > 0 ? (int64_t)((int128)amount_micros * part / whole) : 0;
}

bool margin_cover(struct balances *balances, int64_t exposure_before, int64_t *released_micros)
{
	int64_t exposure = margin_exposure(&balances->shares);
	int64_t stays = 0, released;

	if (exposure >= exposure_before) {
		*released_micros = 0;
		return true;
	}
	if (exposure > 0) {
		int128 scaled = (int128)balances->collateral_micros * exposure;

		stays = (int64_t)((scaled + exposure_before - 1) / exposure_before);
	}
	released = balances->collateral_micros - stays;
	if (!balance_release(&balances->cash, released))
		return false;
	balances->collateral_micros = stays;
	*released_micros = released;
	return true;
}
