/*
 * Invariants 1 and 2: every command that anybody sent has exactly one outcome, a step of a journal
 * that names it as its cause or a row of refused_input, and never two effects.
 *
 * Topics of commands are kept for a while only, journals for ever: an effect whose command is gone
 * is no fault.
 */
#include <inttypes.h>

#include "audit.h"
#include "pb.h"
#include "sql.h"

static const struct context {
	const char *commands, *journal, *processor;
	enum audit_service service;
} contexts[] = {
	{ "users.commands", "users.events", "users", AUDIT_USERS },
	{ "orders.commands", "orders.events", "desk", AUDIT_ORDERS },
	{ "portfolio.commands", "portfolio.events", "ledger", AUDIT_PORTFOLIO },
	{ "market.commands", "market.events", "market", AUDIT_MARKET },
	{ "notify.commands", "notify.events", "notify", AUDIT_NOTIFY },
};

/* A record on a topic of commands, by its place. */
struct place {
	uint32_t effect; /* its (key, ce_id); IDMAP_NONE: it has none that can be read */
	int32_t partition;
	int64_t offset;
	uint8_t context;
	bool refused;
};

/* A (topic, key, ce_id), sent or acted upon. */
struct effect {
	int32_t partition; /* of the command that it was decided for */
	int64_t offset;
	uint32_t times; /* inputs of a journal */
	uint8_t context;
};

struct commands {
	struct audit *audit;
	uint8_t context;
	struct audit_check *outcome, *once, *rows;
	uint64_t effects[BUS_ARRAY_LEN(contexts)];
};

static struct bus_id place_key(const char *topic, int32_t partition, int64_t offset)
{
	int64_t numbers[2] = { partition, offset };

	return idmap_key(topic, bus_bytes(numbers, sizeof(numbers)));
}

/* UUIDs in either case are the same one. False: it is none. */
static bool effect_key(const char *topic, struct bus_bytes key, struct bus_bytes ce_id,
		       struct bus_id *out)
{
	struct bus_id parts[2] = { idmap_key(topic, key) };

	if (!key.data || !bus_id_parse((const char *)ce_id.data, ce_id.len, &parts[1]))
		return false;
	*out = idmap_key("effect", bus_bytes(parts, sizeof(parts)));
	return true;
}

static void on_command(void *arg, const struct stream_record *record)
{
	struct commands *c = arg;
	struct bus_id key = place_key(record->topic->name, record->partition, record->offset), id;
	struct effect *effect;
	struct place *place;
	bool added;

	/* One of our own processors sends commands, too, and begins with an opening. */
	if (bus_ce_is_opening(&record->ce))
		return;
	place = audit_row(&c->audit->commands, key, NULL);
	*place = (struct place){ .effect = IDMAP_NONE,
				 .partition = record->partition,
				 .offset = record->offset,
				 .context = c->context };
	if (!effect_key(record->topic->name, record->key, record->ce.id, &id))
		return;
	effect = audit_row(&c->audit->effects, id, &added);
	effect->context = c->context;
	place->effect = idmap_find(&c->audit->effects.map, id);
}

/* A step, and the command that it was decided for. A sweep's further steps name the same place. */
static void on_step(void *arg, const struct stream_record *record)
{
	struct commands *c = arg;
	const struct context *context = &contexts[c->context];
	struct effect *effect;
	struct pb_step step;
	struct bus_id id;
	bool same;

	if (!pb_step(record->value, &step) || !pb_text_is(step.cause_topic, context->commands))
		return;
	if (!effect_key(context->commands, record->key, step.cause_id, &id))
		return;
	effect = audit_row(&c->audit->effects, id, NULL);
	effect->context = c->context;
	same = effect->times > 0 && effect->partition == step.cause_partition &&
	       effect->offset == step.cause_offset;
	if (same)
		return;
	if (effect->times++ == 0)
		c->effects[c->context]++;
	audit_expect(c->once, effect->times == 1,
		     "%s: key %.*s, ce_id %.*s acted at %d@%" PRId64 " and again at %d@%" PRId64,
		     context->journal, (int)record->key.len, (const char *)record->key.data,
		     (int)step.cause_id.len, (const char *)step.cause_id.data, effect->partition,
		     effect->offset, step.cause_partition, step.cause_offset);
	effect->partition = step.cause_partition;
	effect->offset = step.cause_offset;
}

static void on_refused(void *arg, const PGresult *rows)
{
	struct commands *c = arg;
	struct place *place = audit_find(
		&c->audit->commands, place_key(audit_text(rows, 0), (int32_t)audit_number(rows, 1),
					       audit_number(rows, 2)));

	if (place)
		place->refused = true;
}

static void check_place(struct commands *c, const struct place *place)
{
	const struct effect *effect =
		place->effect == IDMAP_NONE ? NULL : audit_at(&c->audit->effects, place->effect);
	const char *topic = contexts[place->context].commands;
	uint32_t acted = effect ? effect->times : 0;

	/* Without the service's database nobody knows what was refused. */
	if (!acted && !place->refused && !c->audit->conns[contexts[place->context].service])
		return;
	audit_expect(c->outcome, acted == 1 || (place->refused && acted <= 1),
		     "%s/%d@%" PRId64 " has %u outcomes", topic, place->partition, place->offset,
		     acted);
}

struct counting {
	struct commands *commands;
	const struct context *context;
};

static void on_count(void *arg, const PGresult *rows)
{
	struct counting *counting = arg;
	uint64_t steps = counting->commands->effects[counting->context - contexts];
	int64_t count = audit_number(rows, 1);

	if (strcmp(audit_text(rows, 0), counting->context->processor) != 0)
		return;
	audit_expect(counting->commands->rows, (uint64_t)count == steps,
		     "%s: %" PRId64 " rows in the table command, %" PRIu64 " in %s",
		     client_databases[counting->context->service].service, count, steps,
		     counting->context->journal);
}

void audit_commands(struct audit *audit)
{
	struct commands c = { .audit = audit };

	audit->commands.size = sizeof(struct place);
	audit->effects.size = sizeof(struct effect);
	c.outcome = audit_check(audit, 1, "every command has exactly one outcome", "commands");
	c.once = audit_check(audit, 2, "no (key, ce_id) has two effects", "effects");
	c.rows = audit_check(audit, 2, "the stores remember as many commands as acted", "services");
	for (c.context = 0; c.context < BUS_ARRAY_LEN(contexts); c.context++) {
		audit_read(audit, contexts[c.context].commands, on_command, &c);
		audit_read(audit, contexts[c.context].journal, on_step, &c);
		audit_query(audit, contexts[c.context].service, sql_audit_refused, on_refused, &c);
		audit_query(audit, contexts[c.context].service, sql_audit_commands, on_count,
			    &(struct counting){ &c, &contexts[c.context] });
	}
	for (uint32_t i = 0; i < audit->commands.map.count; i++)
		check_place(&c, audit_at(&audit->commands, i));
}
