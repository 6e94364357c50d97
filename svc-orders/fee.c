/*
 * Every rate is written down here and nowhere else. The regulatory ones are those of a sale in the
 * United States: on the notional (section 31) and on each share, capped for one execution (TAF).
 */
#include "fee.h"

#include <string.h>

#include "order.h"

#define PPM		 1000000
#define SALE_TENTH_PPM	 278			/* 27.8 millionths of the notional */
#define SHARE_MICROS	 166			/* 0.000166 for one share */
#define SHARE_CAP_MICROS (INT64_C(8300000))	/* 8.30 for one execution */
#define SHARES_OF_CAP	 (INT64_C(50001) * PPM) /* beyond these the cap holds */

static const struct fee_schedule schedules[] = {
	{ .group = "standard" },
	{ .group = "retail", .regulatory = true },
	{ .group = "active",
	  .maker_ppm = 200,
	  .taker_ppm = 500,
	  .auction_ppm = 200,
	  .regulatory = true },
};

const struct fee_schedule *fee_schedule(const char *group)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(schedules); i++) {
		if (strcmp(schedules[i].group, group) == 0)
			return &schedules[i];
	}
	return &schedules[0];
}

/* amount * rate / of without a product that could leave 64 bits; rate <= of <= 10^7, amount >= 0.
 */
static int64_t part_down(int64_t amount, int64_t rate, int64_t of)
{
	return amount / of * rate + amount % of * rate / of;
}

static int64_t rate_of(const struct fee_schedule *schedule, int liquidity)
{
	switch ((enum order_liquidity)liquidity) {
	case ORDER_MAKER:
		return schedule->maker_ppm;
	case ORDER_TAKER:
		return schedule->taker_ppm;
	case ORDER_AUCTION:
		return schedule->auction_ppm;
	}
	return 0;
}

static int64_t regulatory_of(const struct fee_execution *execution)
{
	int64_t sale = part_down(execution->notional.micros, SALE_TENTH_PPM, 10 * PPM);
	int64_t shares = execution->quantity.micros > SHARES_OF_CAP
				 ? SHARE_CAP_MICROS
				 : part_down(execution->quantity.micros, SHARE_MICROS, PPM);

	return sale + (shares < SHARE_CAP_MICROS ? shares : SHARE_CAP_MICROS);
}

struct fee fee_of(const struct fee_schedule *schedule, const struct fee_execution *execution)
{
	int64_t notional = execution->notional.micros;
	struct fee fee = { .micros = part_down(notional, rate_of(schedule, execution->liquidity),
					       PPM) };

	bus_assert(notional >= 0 && execution->quantity.micros >= 0);
	if (!execution->sell)
		return fee;
	if (schedule->regulatory)
		fee.regulatory_micros = regulatory_of(execution);
	/* The regulator's part is first; what is left of the proceeds bounds the commission. */
	if (fee.regulatory_micros > notional)
		fee.regulatory_micros = notional;
	if (fee.micros > notional - fee.regulatory_micros)
		fee.micros = notional - fee.regulatory_micros;
	fee.micros += fee.regulatory_micros;
	return fee;
}

struct bus_money fee_hold(const struct fee_schedule *schedule, struct bus_money notional)
{
	int64_t worst = schedule->taker_ppm;

	bus_assert(notional.micros >= 0);
	if (worst < schedule->maker_ppm)
		worst = schedule->maker_ppm;
	if (worst < schedule->auction_ppm)
		worst = schedule->auction_ppm;
	return (struct bus_money){ notional.micros / PPM * worst +
				   (notional.micros % PPM * worst + PPM - 1) / PPM };
}
