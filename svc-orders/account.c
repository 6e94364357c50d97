/*
 * Checked sums over a balance. The difference total - held must fit 64 bits as well: every function
 * that could break that checks it, so that balance_available() cannot fail.
 */
#include "account.h"

static bool store(struct balance *balance, int64_t total, int64_t held)
{
	int64_t available;

	if (held < 0 || __builtin_sub_overflow(total, held, &available))
		return false;
	*balance = (struct balance){ total, held };
	return true;
}

int64_t balance_available(const struct balance *balance)
{
	return balance->total_micros - balance->held_micros;
}

enum hold_result balance_hold(struct balance *balance, int64_t micros, bool firm)
{
	int64_t held;

	bus_assert(micros >= 0);
	if (!firm && balance_available(balance) < micros)
		return HOLD_INSUFFICIENT;
	if (__builtin_add_overflow(balance->held_micros, micros, &held) ||
	    !store(balance, balance->total_micros, held))
		return HOLD_OVERFLOW;
	return HOLD_DONE;
}

bool balance_release(struct balance *balance, int64_t micros)
{
	bus_assert(micros >= 0);
	return store(balance, balance->total_micros, balance->held_micros - micros);
}

bool balance_take(struct balance *balance, int64_t micros, int64_t from_hold)
{
	int64_t total;

	bus_assert(micros >= 0 && from_hold >= 0);
	if (__builtin_sub_overflow(balance->total_micros, micros, &total))
		return false;
	return store(balance, total, balance->held_micros - from_hold);
}

bool balance_receive(struct balance *balance, int64_t micros)
{
	int64_t total;

	bus_assert(micros >= 0);
	if (__builtin_add_overflow(balance->total_micros, micros, &total))
		return false;
	return store(balance, total, balance->held_micros);
}
