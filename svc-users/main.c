/* svc-users: registration, accounts, roles and permissions. */
#include "bus/service.h"

#include "migrations.h"
#include "users.h"

static const struct bus_processor *const processors[] = { &users_processor, NULL };

int main(int argc, char **argv)
{
	const struct bus_service service = {
		.name = "svc-users",
		.what = "Registration, accounts, roles and permissions.",
		.processors = processors,
		.migrations = migrations,
		.migration_count = migrations_count,
	};

	return bus_service_main(&service, argc, argv);
}
