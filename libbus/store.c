/* The bus's own rows of a batch, each kind in one statement. */
#include "store.h"

#include "firing.h"
#include "sql.h"

static const struct bus_sql parked_keys_sql = { "bus_parked_keys", sql_parked_keys };
static const struct bus_sql command_load_sql = { "bus_command_load", sql_command_load };
static const struct bus_sql command_insert_sql = { "bus_command_insert", sql_command_insert };
static const struct bus_sql refused_insert_sql = { "bus_refused_insert", sql_refused_insert };
static const struct bus_sql parked_insert_sql = { "bus_parked_insert", sql_parked_insert };
static const struct bus_sql timer_set_sql = { "bus_timer_set", sql_timer_set };
static const struct bus_sql timer_clear_sql = { "bus_timer_clear", sql_timer_clear };
static const struct bus_sql outbox_insert_sql = { "bus_outbox_insert", sql_outbox_insert };

const char *bus__store_text(struct bus__engine *engine, struct bus_bytes bytes)
{
	char *text = bus_arena_strndup(&engine->scratch, (const char *)bytes.data, bytes.len);

	for (size_t i = 0; i < bytes.len; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	return text;
}

void bus__store_parked_keys(struct bus__engine *engine, const char *const *keys, size_t count,
			    bus_rows_fn on_rows)
{
	struct bus_call *call = bus_call(engine->db, &parked_keys_sql);
	struct bus_column *key;

	bus_call_text(call, engine->program.def->name);
	key = bus_call_column(call, BUS_PG_TEXT);
	for (size_t i = 0; i < count; i++)
		bus_column_text(key, keys[i]);
	bus_call_send(call, on_rows, engine);
}

static bool is_asked(const struct bus__item *item)
{
	return item->seen;
}

/* One that was refused by its handler is written down too: it has its outcome. */
static bool has_acted(const struct bus__item *item)
{
	return item->seen && item->verdict != BUS__SKIP;
}

/* Queues `sql` with the keys and ids of the commands that are wanted, if there are any. */
static void send_commands(struct bus__engine *engine, const struct bus_sql *sql,
			  bool (*wanted)(const struct bus__item *item), bus_rows_fn on_rows)
{
	struct bus_column *key = NULL, *id = NULL;
	struct bus_call *call = NULL;

	for (size_t i = 0; i < engine->batch.count; i++) {
		const struct bus__item *item = &engine->batch.items[i];

		if (!wanted(item))
			continue;
		if (!call) {
			call = bus_call(engine->db, sql);
			bus_call_text(call, engine->program.def->name);
			key = bus_call_column(call, BUS_PG_TEXT);
			id = bus_call_column(call, BUS_PG_UUID);
		}
		bus_column_text(key, item->key);
		bus_column_id(id, item->ce_id);
	}
	if (call)
		bus_call_send(call, on_rows, engine);
}

void bus__store_commands_done(struct bus__engine *engine, bus_rows_fn on_rows)
{
	send_commands(engine, &command_load_sql, is_asked, on_rows);
}

void bus__store_commands(struct bus__engine *engine)
{
	send_commands(engine, &command_insert_sql, has_acted, NULL);
}

static int64_t appended_at(const struct bus__item *item)
{
	return rd_kafka_message_timestamp(item->record->message, NULL) * 1000;
}

/* Inputs that are put aside, refused or parked: a row each, in one statement for all of a verdict.
 */
#define ASIDE_COLUMNS 12

struct aside {
	enum bus__verdict verdict;
	const struct bus_sql *sql;
	size_t column_count;
	enum bus_pg_type types[ASIDE_COLUMNS];
	void (*put)(struct bus__engine *engine, const struct bus__item *item,
		    struct bus_column **c);
};

/* The first three columns and the last one are those of all. */
static void put_item(struct bus__engine *engine, const struct bus__item *item,
		     const struct aside *aside, struct bus_column **c)
{
	struct bus_column *appended = c[aside->column_count - 1];

	bus_column_int4(c[1], item->partition->id);
	if (item->timer) {
		bus_column_text(c[0], BUS_TIMER);
		bus_column_int8(c[2], item->timer->sequence);
		bus_column_int8(appended, item->timer->due);
	} else {
		bus_column_text(c[0], engine->program.def->inputs[item->record->input].topic);
		bus_column_int8(c[2], item->record->message->offset);
		bus_column_int8(appended, appended_at(item));
	}
	aside->put(engine, item, c);
}

static void put_aside(struct bus__engine *engine, const struct aside *aside)
{
	struct bus_column *c[ASIDE_COLUMNS];
	struct bus_call *call = NULL;

	for (size_t i = 0; i < engine->batch.count; i++) {
		const struct bus__item *item = &engine->batch.items[i];

		if (item->verdict != aside->verdict || (!item->record && !item->timer))
			continue;
		if (!call) {
			call = bus_call(engine->db, aside->sql);
			bus_call_text(call, engine->program.def->name);
			for (size_t k = 0; k < aside->column_count; k++)
				c[k] = bus_call_column(call, aside->types[k]);
		}
		put_item(engine, item, aside, c);
	}
	if (call)
		bus_call_send(call, NULL, NULL);
}

static void put_refused(struct bus__engine *engine, const struct bus__item *item,
			struct bus_column **c)
{
	const rd_kafka_message_t *message = item->record->message;

	bus_column_bytes(c[3], bus_bytes(message->key, message->key_len));
	bus_column_text(c[4], bus__store_text(engine, item->record->ce.type));
	bus_column_text(c[5], bus__store_text(engine, item->record->ce.id));
	bus_column_text(c[6], bus__store_text(engine, item->record->ce.source));
	bus_column_bytes(c[7], bus_bytes(message->payload, message->len));
	bus_column_text(c[8], bus_err_name(item->cause));
	bus_column_text(c[9], item->detail ? item->detail : bus_err_text(item->cause));
}

void bus__store_refused(struct bus__engine *engine)
{
	static const struct aside refused = {
		.verdict = BUS__REFUSE,
		.sql = &refused_insert_sql,
		.column_count = 11,
		.types = { BUS_PG_TEXT, BUS_PG_INT4, BUS_PG_INT8, BUS_PG_BYTES, BUS_PG_TEXT,
			   BUS_PG_TEXT, BUS_PG_TEXT, BUS_PG_BYTES, BUS_PG_TEXT, BUS_PG_TEXT,
			   BUS_PG_INT8 },
		.put = put_refused,
	};

	put_aside(engine, &refused);
}

static void put_parked(struct bus__engine *engine, const struct bus__item *item,
		       struct bus_column **c)
{
	const struct bus__due *timer = item->timer;

	bus_column_text(c[3], item->key ? item->key : "");
	if (timer) {
		bus_column_text(c[4], timer->type);
		bus_column_text(c[5], engine->program.source);
		bus_column_bytes(c[6], timer->value);
	} else {
		const rd_kafka_message_t *message = item->record->message;

		bus_column_text(c[4], bus__store_text(engine, item->record->ce.type));
		bus_column_text(c[5], bus__store_text(engine, item->record->ce.source));
		bus_column_bytes(c[6], bus_bytes(message->payload, message->len));
	}
	bus_column_text(c[7], bus_err_name(item->cause));
	bus_column_text(c[8], item->detail);
	bus_column_bool(c[9], item->behind);
	bus_column_text(c[10], timer ? timer->id : NULL);
}

void bus__store_parked(struct bus__engine *engine)
{
	static const struct aside parked = {
		.verdict = BUS__PARK,
		.sql = &parked_insert_sql,
		.column_count = 12,
		.types = { BUS_PG_TEXT, BUS_PG_INT4, BUS_PG_INT8, BUS_PG_TEXT, BUS_PG_TEXT,
			   BUS_PG_TEXT, BUS_PG_BYTES, BUS_PG_TEXT, BUS_PG_TEXT, BUS_PG_BOOL,
			   BUS_PG_TEXT, BUS_PG_INT8 },
		.put = put_parked,
	};

	put_aside(engine, &parked);
}

/* Queues `sql` with the names of the timers that are set, or of those that are cleared. */
static void send_timers(struct bus__engine *engine, const struct bus_sql *sql, bool set)
{
	static const enum bus_pg_type types[] = { BUS_PG_INT4, BUS_PG_TEXT, BUS_PG_TEXT,
						  BUS_PG_INT8, BUS_PG_TEXT, BUS_PG_BYTES };
	struct bus_column *c[BUS_ARRAY_LEN(types)];
	struct bus__timer_row *row, *next;
	struct bus_call *call = NULL;

	HASH_ITER (hh, engine->batch.timers, row, next) {
		if (row->change.set != set)
			continue;
		if (!call) {
			call = bus_call(engine->db, sql);
			bus_call_text(call, engine->program.def->name);
			bus_call_int4(call, engine->program.def->version);
			for (size_t k = 0; k < (set ? BUS_ARRAY_LEN(types) : 3); k++)
				c[k] = bus_call_column(call, types[k]);
		}
		bus_column_int4(c[0], row->partition->id);
		bus_column_text(c[1], row->key);
		bus_column_text(c[2], row->change.id);
		if (!set)
			continue;
		bus_column_int8(c[3], row->change.due);
		bus_column_text(c[4], row->change.type);
		bus_column_bytes(c[5], row->change.value);
	}
	if (call)
		bus_call_send(call, NULL, NULL);
}

void bus__store_timers(struct bus__engine *engine)
{
	send_timers(engine, &timer_clear_sql, false);
	send_timers(engine, &timer_set_sql, true);
}

void bus__store_outbox(struct bus__engine *engine)
{
	const struct bus__outgoing *outgoing = engine->batch.steps;
	struct bus_call *call;
	struct bus_column *partition, *sequence, *key, *step;

	if (!outgoing)
		return;
	call = bus_call(engine->db, &outbox_insert_sql);
	bus_call_text(call, engine->program.def->name);
	bus_call_int4(call, engine->program.def->version);
	partition = bus_call_column(call, BUS_PG_INT4);
	sequence = bus_call_column(call, BUS_PG_INT8);
	key = bus_call_column(call, BUS_PG_TEXT);
	step = bus_call_column(call, BUS_PG_BYTES);
	for (; outgoing; outgoing = outgoing->next) {
		bus_column_int4(partition, outgoing->partition->id);
		bus_column_int8(sequence, outgoing->step.sequence);
		bus_column_text(key, (const char *)outgoing->step.key.data);
		bus_column_bytes(step, outgoing->step.value);
	}
	bus_call_send(call, NULL, NULL);
}
