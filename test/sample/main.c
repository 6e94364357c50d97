/*
 * The sample service: a tally for each key. It stands for what a sixth service takes: tables of
 * inputs, handlers and outputs, the three pure functions, load and save. Tests of the bus run it
 * for real.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "bourse/sample/v1/sample.pb-c.h"
#include "bus/service.h"
#include "migrations.h"
#include "sql.h"

#define SAMPLE(name)   Bourse__Sample__V1__##name
#define SAMPLE_D(name) (&bourse__sample__v1__##name##__descriptor)

static const struct bus_sql load_sql = { "load_tallies", sql_load_tallies };
static const struct bus_sql save_sql = { "save_tallies", sql_save_tallies };

struct tally {
	UT_hash_handle hh;
	int64_t total;
	bool dirty;
	char id[BUS_KEY_MAX + 1];
};

/* The state is a pointer to the hash of the tallies. */
static struct tally *find(struct tally *const *tallies, const char *id)
{
	struct tally *tally;

	HASH_FIND_STR(*tallies, id, tally);
	return tally;
}

static void set(struct tally **tallies, const char *id, int64_t total, bool dirty)
{
	struct tally *tally = find(tallies, id);

	if (!tally) {
		tally = bus_calloc(1, sizeof(*tally));
		snprintf(tally->id, sizeof(tally->id), "%s", id);
		HASH_ADD_STR(*tallies, id, tally);
	}
	tally->total = total;
	tally->dirty = dirty;
}

static int add(const void *state, const char *id, int64_t amount, struct bus_facts *facts)
{
	const struct tally *tally = find(state, id);
	int64_t total = tally ? tally->total : 0;
	SAMPLE(Added) *fact = bus_fact_add(facts, SAMPLE_D(added));

	fact->tally_id = bus_facts_strdup(facts, id);
	fact->amount = amount;
	return __builtin_add_overflow(total, amount, &fact->total) ? BUS_ERR_OVERFLOW : 0;
}

static int decide_add(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	return add(state, input->key, ((const SAMPLE(Add) *)input->message)->amount, facts);
}

/* What is fed may take away, but not more than there is. */
static int decide_fed(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	const struct tally *tally = find(state, input->key);
	int64_t amount = ((const SAMPLE(Fed) *)input->message)->amount;

	if (amount < 0 && (tally ? tally->total : 0) <= -1 - amount)
		return BUS_ERR_PARK;
	return add(state, input->key, amount, facts);
}

static int decide_blocked(const void *state, const struct bus_input *input, struct bus_facts *facts)
{
	SAMPLE(AddRejected) *fact = bus_fact_add(facts, SAMPLE_D(add_rejected));

	(void)state;
	fact->tally_id = bus_facts_strdup(facts, input->key);
	fact->reason = bus_facts_strdup(facts, "account_blocked");
	return 0;
}

static void evolve(void *state, const struct bus_fact *fact)
{
	const SAMPLE(Added) *added = fact->message;

	if (fact->type == BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED)
		set(state, added->tally_id, added->total, true);
}

static void react(const struct bus_fact *fact, struct bus_reactions *out)
{
	const SAMPLE(Added) *added = fact->message;
	SAMPLE(Copied) copied = BOURSE__SAMPLE__V1__COPIED__INIT;

	if (fact->type != BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED)
		return;
	copied.tally_id = added->tally_id;
	copied.total = added->total;
	bus_react(out, "sample.copies", copied.tally_id, &copied.base);
}

static void *state_new(void)
{
	return bus_calloc(1, sizeof(struct tally *));
}

static void state_free(void *state)
{
	struct tally **tallies = state, *tally, *next;

	HASH_ITER (hh, *tallies, tally, next) {
		HASH_DEL(*tallies, tally);
		free(tally);
	}
	free(tallies);
}

static void on_rows(void *state, const PGresult *rows)
{
	for (int i = 0; i < PQntuples(rows); i++)
		set(state, bus_row_text(rows, i, 0), bus_row_int8(rows, i, 1), false);
}

static void load(void *state, const struct bus_load *load, struct bus_db *db)
{
	struct bus_call *call = bus_call(db, &load_sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_TEXT);

	for (size_t i = 0; i < load->key_count; i++)
		bus_column_text(ids, load->keys[i]);
	bus_call_send(call, on_rows, state);
}

static void save(void *state, struct bus_db *db)
{
	struct bus_call *call = bus_call(db, &save_sql);
	struct bus_column *ids = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *totals = bus_call_column(call, BUS_PG_INT8);
	struct tally **tallies = state, *tally, *next;

	HASH_ITER (hh, *tallies, tally, next) {
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
	.inputs =
		(const struct bus_input_topic[]){
			{ "sample.commands", BUS_OUTSIDE, "tally_id", NULL, NULL },
			{ "sample.feed", BUS_SEQUENCED, "tally_id", "/sample/feeder", NULL },
			{ NULL } },
	.handlers = (const struct bus_handler[]){ { SAMPLE_D(add), decide_add },
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
