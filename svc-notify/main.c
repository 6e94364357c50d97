/*
 * svc-notify: tells an account's owner what happened to orders and cash, once on each channel that
 * the account wants to hear it on.
 */
#include "bus/service.h"
#include "handlers.h"
#include "migrations.h"

int main(int argc, char **argv)
{
	static const struct bus_processor *const processors[] = { &notify_processor, NULL };
	const struct bus_service service = {
		.name = "svc-notify",
		.what = "preferences and deliveries of notifications",
		.processors = processors,
		.migrations = migrations,
		.migration_count = migrations_count,
	};

	return bus_service_main(&service, argc, argv);
}
