/* The lease in memory and as a row. */
#include "lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql.h"

static const struct bus_sql load_sql = { "bus_lease_load", sql_lease_load };
static const struct bus_sql advance_sql = { "bus_lease_advance", sql_lease_advance };

void bus__lease_init(struct bus__lease *lease, const struct bus__program *program,
		     int32_t partition, const int32_t *output_partitions)
{
	memset(lease, 0, sizeof(*lease));
	lease->numbers.partition = partition;
	for (size_t i = 0; i < program->output_count; i++) {
		lease->numbers.outputs[i].partition_count = output_partitions[i];
		lease->numbers.outputs[i].last =
			bus_calloc((size_t)output_partitions[i], sizeof(int64_t));
	}
}

void bus__lease_release(struct bus__lease *lease, const struct bus__program *program)
{
	for (size_t i = 0; i < program->output_count; i++)
		free(lease->numbers.outputs[i].last);
	for (size_t i = 0; i < program->input_count; i++)
		free(lease->marks[i].items);
	memset(lease, 0, sizeof(*lease));
}

static void marks_reserve(struct bus__marks *marks, int32_t count)
{
	if (count <= marks->count)
		return;
	marks->items = bus_realloc(marks->items, (size_t)count * sizeof(*marks->items));
	memset(&marks->items[marks->count], 0,
	       (size_t)(count - marks->count) * sizeof(*marks->items));
	marks->count = count;
}

void bus__lease_copy(struct bus__lease *to, const struct bus__lease *from,
		     const struct bus__program *program)
{
	struct bus__lease kept = *to;

	*to = *from;
	for (size_t i = 0; i < program->output_count; i++) {
		size_t count = (size_t)from->numbers.outputs[i].partition_count;

		to->numbers.outputs[i].last = kept.numbers.outputs[i].last;
		memcpy(to->numbers.outputs[i].last, from->numbers.outputs[i].last,
		       count * sizeof(int64_t));
	}
	for (size_t i = 0; i < program->input_count; i++) {
		to->marks[i] = kept.marks[i];
		marks_reserve(&to->marks[i], from->marks[i].count);
		if (to->marks[i].count)
			memset(to->marks[i].items, 0,
			       (size_t)to->marks[i].count * sizeof(*to->marks[i].items));
		if (from->marks[i].count)
			memcpy(to->marks[i].items, from->marks[i].items,
			       (size_t)from->marks[i].count * sizeof(*to->marks[i].items));
	}
}

struct bus_high_water *bus__lease_mark(struct bus__lease *lease, int input, int32_t source)
{
	if (source < 0 || source >= BUS__SOURCES_MAX)
		return NULL;
	marks_reserve(&lease->marks[input], source + 1);
	return &lease->marks[input].items[source];
}

static int input_index(const struct bus__program *program, struct bus_bytes topic)
{
	for (size_t i = 0; i < program->input_count; i++) {
		const char *name = program->def->inputs[i].topic;

		if (strlen(name) == topic.len && memcmp(name, topic.data, topic.len) == 0)
			return (int)i;
	}
	return -1;
}

static int output_index(const struct bus__program *program, struct bus_bytes topic)
{
	for (size_t i = 0; i < program->output_count; i++) {
		const char *name = program->def->outputs[i].topic;

		if (strlen(name) == topic.len && memcmp(name, topic.data, topic.len) == 0)
			return (int)i;
	}
	return -1;
}

/* Columns of lease_load.sql. */
enum {
	COL_EPOCH,
	COL_BATCH,
	COL_SEQUENCE,
	COL_PUBLISHED,
	COL_JOURNAL_OFFSET,
	COL_JOURNAL_EPOCH,
	COL_CLOCK,
	COL_STOPPED,
	COL_POSITION_TOPIC,
	COL_POSITION_NEXT,
	COL_POSITION_HASH,
	COL_HIGH_TOPIC,
	COL_HIGH_SOURCE,
	COL_HIGH_EPOCH,
	COL_HIGH_SEQUENCE,
	COL_OUTPUT_TOPIC,
	COL_OUTPUT_PARTITION,
	COL_OUTPUT_SEQUENCE,
};

static void read_marks(struct bus__lease_load *load, const PGresult *rows)
{
	for (int i = 0; i < bus_row_array_len(rows, 0, COL_HIGH_TOPIC); i++) {
		int input =
			input_index(load->program, bus_row_array_at(rows, 0, COL_HIGH_TOPIC, i));
		struct bus_bytes source = bus_row_array_at(rows, 0, COL_HIGH_SOURCE, i);
		struct bus_high_water *mark;

		/* A row of an input that this program no longer has. */
		if (input < 0 || !load->program->def->inputs[input].source)
			continue;
		mark = bus__lease_mark(
			load->lease, input,
			bus_source_partition(source, load->program->def->inputs[input].source));
		if (!mark)
			continue;
		mark->epoch = bus_row_array_int8(rows, 0, COL_HIGH_EPOCH, i);
		mark->sequence = bus_row_array_int8(rows, 0, COL_HIGH_SEQUENCE, i);
	}
}

static void on_lease(void *arg, const PGresult *rows)
{
	struct bus__lease_load *load = arg;
	struct bus__lease *lease = load->lease;

	if (!lease || PQntuples(rows) == 0)
		return;
	lease->epoch = bus_row_int8(rows, 0, COL_EPOCH);
	lease->batch = bus_row_int8(rows, 0, COL_BATCH);
	lease->numbers.sequence = bus_row_int8(rows, 0, COL_SEQUENCE);
	lease->published = bus_row_int8(rows, 0, COL_PUBLISHED);
	lease->journal_offset = bus_row_int8(rows, 0, COL_JOURNAL_OFFSET);
	lease->journal_epoch = bus_row_int8(rows, 0, COL_JOURNAL_EPOCH);
	lease->clock = bus_row_int8(rows, 0, COL_CLOCK);
	for (int i = 0; i < bus_row_array_len(rows, 0, COL_POSITION_TOPIC); i++) {
		int input = input_index(load->program,
					bus_row_array_at(rows, 0, COL_POSITION_TOPIC, i));

		if (input < 0)
			continue;
		lease->positions[input].next = bus_row_array_int8(rows, 0, COL_POSITION_NEXT, i);
		lease->positions[input].hash =
			(uint64_t)bus_row_array_int8(rows, 0, COL_POSITION_HASH, i);
	}
	memcpy(lease->handled, lease->positions, sizeof(lease->handled));
	read_marks(load, rows);
	for (int i = 0; i < bus_row_array_len(rows, 0, COL_OUTPUT_TOPIC); i++) {
		int output =
			output_index(load->program, bus_row_array_at(rows, 0, COL_OUTPUT_TOPIC, i));
		int32_t partition = bus_row_array_int4(rows, 0, COL_OUTPUT_PARTITION, i);

		if (output < 0 || partition < 0 ||
		    partition >= lease->numbers.outputs[output].partition_count)
			continue;
		lease->numbers.outputs[output].last[partition] =
			bus_row_array_int8(rows, 0, COL_OUTPUT_SEQUENCE, i);
	}
}

void bus__lease_query(struct bus_db *db, struct bus__lease_load *load, int32_t partition)
{
	struct bus_call *call = bus_call(db, &load_sql);

	bus_call_text(call, load->program->def->name);
	bus_call_int4(call, load->program->def->version);
	bus_call_int4(call, partition);
	bus_call_send(call, on_lease, load);
}

static void put_positions(struct bus_call *call, const struct bus__program *program,
			  const struct bus__lease *draft)
{
	struct bus_column *topic = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *next = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *hash = bus_call_column(call, BUS_PG_INT8);

	for (size_t i = 0; i < program->input_count; i++) {
		bus_column_text(topic, program->def->inputs[i].topic);
		bus_column_int8(next, draft->positions[i].next);
		bus_column_int8(hash, (int64_t)draft->positions[i].hash);
	}
}

static void put_marks(struct bus_call *call, const struct bus__program *program,
		      const struct bus__lease *draft)
{
	struct bus_column *topic = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *source = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *epoch = bus_call_column(call, BUS_PG_INT8);
	struct bus_column *sequence = bus_call_column(call, BUS_PG_INT8);
	char text[96];

	for (size_t i = 0; i < program->input_count; i++) {
		for (int32_t k = 0; k < draft->marks[i].count; k++) {
			const struct bus_high_water *mark = &draft->marks[i].items[k];

			if (!mark->epoch)
				continue;
			snprintf(text, sizeof(text), "%s/%d", program->def->inputs[i].source, k);
			bus_column_text(topic, program->def->inputs[i].topic);
			bus_column_text(source, text);
			bus_column_int8(epoch, mark->epoch);
			bus_column_int8(sequence, mark->sequence);
		}
	}
}

static void put_outputs(struct bus_call *call, const struct bus__program *program,
			const struct bus__lease *draft)
{
	struct bus_column *topic = bus_call_column(call, BUS_PG_TEXT);
	struct bus_column *partition = bus_call_column(call, BUS_PG_INT4);
	struct bus_column *sequence = bus_call_column(call, BUS_PG_INT8);

	for (size_t i = 0; i < program->output_count; i++) {
		const struct bus__output_numbers *numbers = &draft->numbers.outputs[i];

		for (int32_t k = 0; k < numbers->partition_count; k++) {
			if (!numbers->last[k])
				continue;
			bus_column_text(topic, program->def->outputs[i].topic);
			bus_column_int4(partition, k);
			bus_column_int8(sequence, numbers->last[k]);
		}
	}
}

void bus__lease_advance(struct bus_db *db, const struct bus__program *program, int32_t partition,
			const struct bus__lease *draft,
			const struct bus__reference_position *references, size_t reference_count)
{
	struct bus_call *call = bus_call(db, &advance_sql);
	struct bus_column *topic, *part, *next;

	bus_call_text(call, program->def->name);
	bus_call_int4(call, program->def->version);
	bus_call_int4(call, partition);
	bus_call_int8(call, draft->epoch);
	bus_call_int8(call, draft->batch);
	bus_call_int8(call, draft->numbers.sequence);
	bus_call_int8(call, draft->published);
	bus_call_int8(call, draft->journal_offset);
	bus_call_int8(call, draft->journal_epoch);
	bus_call_int8(call, draft->clock);
	bus_call_text(call, draft->stopped[0] ? draft->stopped : NULL);
	put_positions(call, program, draft);
	put_marks(call, program, draft);
	put_outputs(call, program, draft);
	topic = bus_call_column(call, BUS_PG_TEXT);
	part = bus_call_column(call, BUS_PG_INT4);
	next = bus_call_column(call, BUS_PG_INT8);
	for (size_t i = 0; i < reference_count; i++) {
		bus_column_text(topic, references[i].topic);
		bus_column_int4(part, references[i].partition);
		bus_column_int8(next, references[i].next);
	}
	bus_call_send(call, NULL, NULL);
}
