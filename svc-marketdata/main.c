/* svc-marketdata: instruments, sessions and halts, quotes, trades and bars. */
#include "bus/service.h"

#include "market.h"
#include "migrations.h"

static const struct bus_processor *const processors[] = { &market_processor, NULL };

int main(int argc, char **argv)
{
	const struct bus_service service = {
		.name = "svc-marketdata",
		.what = "Instruments, sessions and halts, quotes, trades and bars.",
		.processors = processors,
		.migrations = migrations,
		.migration_count = migrations_count,
	};

	return bus_service_main(&service, argc, argv);
}
