/* The processor *users*: what it reads, writes and runs. */
#include "users.h"

#include "facts.h"
#include "handlers.h"
#include "store.h"
#include "wire.h"

static const struct bus_input_topic inputs[] = {
	{
		.topic = "users.commands",
		.kind = BUS_OUTSIDE,
		.key_field = "user_id",
	},
	{ 0 },
};

static const struct bus_output_topic outputs[] = {
	{ .topic = TOPIC_ACCOUNTS, .snapshot = true },
	{ .topic = TOPIC_ORDERS, .outside = true },
	{ 0 },
};

const struct bus_processor users_processor = {
	.service = "svc-users",
	.name = "users",
	.version = 1,
	.inputs = inputs,
	.handlers = users_handlers,
	.journal = "users.events",
	.step = USERS_D(user_events),
	.outputs = outputs,
	.decide_blocked = decide_blocked,
	.state_new = users_new,
	.state_free = users_free,
	.load = users_load,
	.evolve = users_evolve,
	.react = users_react,
	.save = users_save,
};
