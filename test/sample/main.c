/*
 * The sample service: a tally for each key. It stands for what a sixth service takes: tables of inputs,
 * handlers and outputs, the three pure functions, load and save. Tests of the bus run it for real.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "bourse/sample/v1/sample.pb-c.h"
#include "bus/service.h"
#include "migrations.h"
#include "sql.h"

#define SAMPLE(name) Bourse__Sample__V1__##name
#define SAMPLE_D(name) (&bourse__sample__v1__##name##__descriptor)

struct tally {
	UT_hash_handle hh;
	char id[BUS_KEY_MAX + 1];
	int64_t total;
	bool dirty;
};

struct state {
	struct tally *tallies;
};

static const struct bus_sql load_sql = { "load_tallies", sql_load_tallies };
static const struct bus_sql save_sql = { "save_tallies", sql_save_tallies };

static struct tally *find(const struct state *state, const char *id)
{
	struct tally *tally;

	HASH_FIND_STR(state->tallies, id, tally);
	return tally;
}

static struct tally *get(struct state *state, const char *id)
{
	struct tally *tally = find(state, id);

	if (!tally) {
		tally = bus_calloc(1, sizeof(*tally));
		strcpy(tally->id, id);
		HASH_ADD_STR(state->tallies, id, tally);
	}
	return tally;
}

static int add(const struct state *state, const char *id, int64_t amount, struct bus_facts *facts)
{
	const struct tally *tally = find(state, id);
	SAMPLE(Added) *fact = bus_fact_add(facts, SAMPLE_D(added));

	fact->tally_id = bus_facts_strdup(facts, id);
	fact->amount = amount;
	return __builtin_add_overflow(tally ? tally->total : 0, amount, &fact->total)
		       ? BUS_ERR_OVERFLOW
		       : 0;
}

static int reject(const struct bus_input *input, struct bus_facts *facts, const char *reason)
{
	SAMPLE(AddRejected) *fact = bus_fact_add(facts, SAMPLE_D(add_rejected));

	fact->tally_id = bus_facts_strdup(facts, input->key);
	fact->reason = bus_facts_strdup(facts, reason);
	return 0;
}

static int decide_add(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const SAMPLE(Add) *command = (const SAMPLE(Add) *)input->message;

	if (!command->amount)
		return reject(input, facts, "amount_is_zero");
	return add(state, input->key, command->amount, facts);
}

static int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	(void)state;
	return reject(input, facts, "account_blocked");
}

static int decide_fed(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const SAMPLE(Fed) *fed = (const SAMPLE(Fed) *)input->message;
	const struct tally *tally = find(state, input->key);

	if (fed->amount < 0 && (!tally || tally->total + fed->amount < 0))
		return BUS_ERR_PARK;
	return add(state, input->key, fed->amount, facts);
}

static void evolve(void *state, const struct bus_fact *fact)
{
	if (fact->type == BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED) {
		const SAMPLE(Added) *added = fact->message;
		struct tally *tally = get(state, added->tally_id);

		tally->total = added->total;
		tally->dirty = true;
	}
}

static void react(const struct bus_fact *fact, struct bus_reactions *out)
{
	if (fact->type == BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED) {
		const SAMPLE(Added) *added = fact->message;
		SAMPLE(Copied) copied = BOURSE__SAMPLE__V1__COPIED__INIT;

		copied.tally_id = added->tally_id;
		copied.total = added->total;
		bus_react(out, "sample.copies", copied.tally_id, &copied.base);
	}
}

static void *state_new(void)
{
	return bus_calloc(1, sizeof(struct state));
}

static void state_free(void *arg)
{
	struct state *state = arg;
	struct tally *tally, *next;

	HASH_ITER(hh, state->tallies, tally, next)
	{
		HASH_DEL(state->tallies, tally);
		free(tally);
	}
	free(state);
}

static void on_rows(void *state, const PGresult *rows)
{
	for (int i = 0; i < PQntuples(rows); i++)
		get(state, bus_row_text(rows, i, 0))->total = bus_row_int8(rows, i, 1);
}

static void load(void *state, const struct bus_load *load, struct bus_db *db)
{
	struct bus_call *call = bus_call(db, &load_sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_TEXT);

	for (size_t i = 0; i < load->key_count; i++)
		bus_column_text(ids, load->keys[i]);
	bus_call_send(call, on_rows, state);
}

static int by_id(const struct tally *a, const struct tally *b)
{
	return strcmp(a->id, b->id);
}

static void save(void *arg, struct bus_db *db)
{
	struct state *state = arg;
	struct bus_call *call = bus_call(db, &save_sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *totals = bus_call_column(call, BUS_PG_INT8);
	struct tally *tally, *next;

	HASH_SORT(state->tallies, by_id);
	HASH_ITER(hh, state->tallies, tally, next)
	{
		if (!tally->dirty)
			continue;
		bus_column_text(ids, tally->id);
		bus_column_int8(totals, tally->total);
		tally->dirty = false;
	}
	bus_call_send(call, NULL, NULL);
}

static const struct bus_processor tally_processor = {
	.service = "sample",
	.name = "tally",
	.version = 1,
	.inputs = (const struct bus_input_topic[]){
		{ "sample.commands", BUS_OUTSIDE, "tally_id", NULL, NULL },
		{ "sample.feed", BUS_SEQUENCED, "tally_id", "/sample/feeder", NULL },
		{ NULL } },
	.handlers = (const struct bus_handler[]){
		{ SAMPLE_D(add), decide_add },
		{ SAMPLE_D(fed), decide_fed, "sample.feed" },
		{ NULL } },
	.journal = "sample.events",
	.step = SAMPLE_D(sample_events),
	.outputs = (const struct bus_output_topic[]){ { "sample.copies" }, { NULL } },
	.decide_blocked = decide_blocked,
	.state_new = state_new,
	.state_free = state_free,
	.load = load,
	.evolve = evolve,
	.react = react,
	.save = save,
};

int main(int argc, char **argv)
{
	static const struct bus_processor *const processors[] = { &tally_processor, NULL };
	const struct bus_service sample = { "sample", "a tally for each key, for tests of the bus",
					    processors, migrations, migrations_count };

	return bus_service_main(&sample, argc, argv);
}
