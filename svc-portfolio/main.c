/*
 * svc-portfolio: the ledger. It books deposits, withdrawals and trades in double entry, and keeps
 * cash and positions of every account.
 */
#include "bus/service.h"
#include "handlers.h"
#include "migrations.h"

int main(int argc, char **argv)
{
	static const struct bus_processor *const processors[] = { &ledger_processor, NULL };
	const struct bus_service service = {
		.name = "svc-portfolio",
		.what = "cash, positions and the double-entry ledger",
		.processors = processors,
		.migrations = migrations,
		.migration_count = migrations_count,
	};

	return bus_service_main(&service, argc, argv);
}
