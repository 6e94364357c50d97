/* Random lines for the desk's script: what may come, and what could not. */
#ifndef TEST_DESK_RANDOM_H
#define TEST_DESK_RANDOM_H

#include "desk_script.h"

static inline uint64_t script_random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline int64_t script_random_below(uint64_t *seed, int64_t bound)
{
	return (int64_t)(script_random_next(seed) % (uint64_t)bound);
}

/* What a book could say of this order, or something that it could not. */
static inline void script_random_answer(const struct desk_script *script, uint64_t *seed, int n,
					char *line, size_t size)
{
	const struct desk_order *order;
	char text[BUS_ID_TEXT];
	int64_t leaves, quantity;
	struct bus_id id;

	script_order_id(script, n, text);
	ck_assert(bus_id_parse(text, strlen(text), &id));
	order = desk_order(bus_fold_state(script->fold), id);
	leaves = order != NULL ? order->order.leaves.micros / BUS_MICROS : 3;
	quantity = leaves > 0 ? 1 + script_random_below(seed, leaves) : 1;
	switch (script_random_below(seed, 6)) {
	case 0:
		snprintf(line, size, "end %d %" PRId64 " REQUESTED", n, leaves);
		break;
	case 1:
		snprintf(line, size, "decreased %d %" PRId64 " leaves %" PRId64, n, quantity,
			 leaves - quantity);
		break;
	case 2:
		snprintf(line, size, "late %d cancel", n);
		break;
	case 3:
		snprintf(line, size, "refuse %d HALTED", n);
		break;
	default:
		snprintf(line, size,
			 "fill %d %" PRId64 " @ %" PRId64 ".%02" PRId64 " leaves %" PRId64, n,
			 quantity, 90 + script_random_below(seed, 20),
			 script_random_below(seed, 100), leaves - quantity);
		break;
	}
}

static inline void script_random_line(const struct desk_script *script, uint64_t *seed, int step,
				      char *line, size_t size)
{
	static const char *const tifs[] = { "day", "gtc", "ioc", "fok" };
	int n = step > 0 ? (int)(step - script_random_below(seed, step < 40 ? step : 40)) : 0;
	int kind = (int)script_random_below(seed, 10);

	if (kind < 4)
		snprintf(line, size, "place %d %s %" PRId64 " @ %" PRId64 ".%02" PRId64 " %s id=%d",
			 step, script_random_below(seed, 2) == 0 ? "buy" : "sell",
			 1 + script_random_below(seed, 40), 90 + script_random_below(seed, 20),
			 script_random_below(seed, 100), tifs[script_random_below(seed, 4)],
			 step - (int)script_random_below(seed, 2));
	else if (kind == 4)
		snprintf(line, size, "cancel %d", n);
	else if (kind == 5)
		snprintf(line, size, "decrease %d %" PRId64, n, script_random_below(seed, 30));
	else if (kind == 6 && script_random_below(seed, 2) == 0)
		snprintf(line, size,
			 script_random_below(seed, 2) == 0 ? "deposit 4000" : "deposit 40 AAPL");
	else if (kind == 6)
		snprintf(line, size, "%s %d %" PRId64 "%s",
			 script_random_below(seed, 2) == 0 ? "withdraw" : "booked",
			 (int)script_random_below(seed, 8), 1 + script_random_below(seed, 9),
			 script_random_below(seed, 2) == 0 ? " AAPL" : "");
	else
		script_random_answer(script, seed, n, line, size);
}

#endif
