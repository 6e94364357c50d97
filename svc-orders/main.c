/*
 * svc-orders: the desk, which keeps the life of every order and what it holds, and the books, which
 * match. Two processors in one binary; --processors starts them apart.
 */
#include "book_processor.h"
#include "bus/service.h"
#include "desk_processor.h"
#include "migrations.h"

static const struct bus_processor *const processors[] = { &desk_processor, &book_processor, NULL };

int main(int argc, char **argv)
{
	const struct bus_service service = {
		.name = "svc-orders",
		.what = "accepts orders, holds cash and shares for them, and matches them",
		.processors = processors,
		.migrations = migrations,
		.migration_count = migrations_count,
	};

	return bus_service_main(&service, argc, argv);
}
