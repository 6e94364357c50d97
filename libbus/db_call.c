/*
 * Parameters into PostgreSQL's binary format, and rows out of it.
 *
 * Everything is big-endian. An array is: dimensions (0 or 1), has-null flag, the element's type,
 * then length, lower bound 1, and for each element its length (-1: null) and bytes. One call is
 * built at a time, in buffers that are kept: in the steady state nothing is allocated.
 */
#include <stdlib.h>
#include <string.h>

#include "db_internal.h"

enum {
	ARRAY_EMPTY = 12,  /* bytes of an array's header without a dimension */
	ARRAY_HEADER = 20, /* and with one */
};

enum pg_oid {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_NAME = 19,
	OID_INT8 = 20,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_VARCHAR = 1043,
	OID_UUID = 2950,
	OID_BOOL_ARRAY = 1000,
	OID_BYTEA_ARRAY = 1001,
	OID_INT4_ARRAY = 1007,
	OID_TEXT_ARRAY = 1009,
	OID_VARCHAR_ARRAY = 1015,
	OID_INT8_ARRAY = 1016,
	OID_UUID_ARRAY = 2951,
};

static void put_be32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_be64(uint8_t *out, uint64_t value)
{
	put_be32(out, (uint32_t)(value >> 32));
	put_be32(out + 4, (uint32_t)value);
}

static uint32_t get_be32(const uint8_t *in)
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static uint64_t get_be64(const uint8_t *in)
{
	return (uint64_t)get_be32(in) << 32 | get_be32(in + 4);
}

/* Room for len more bytes, counted in already; never NULL, even for none. */
static uint8_t *buf_add(struct bus__buf *buf, size_t len)
{
	size_t start = buf->len;

	bus_assert(len <= INT32_MAX && start <= INT32_MAX); /* the protocol's own limit */
	if (!buf->data || buf->size - start < len) {
		size_t size = buf->size ? buf->size : 256;

		while (size - start < len)
			size *= 2;
		buf->data = bus_realloc(buf->data, size);
		buf->size = size;
	}
	buf->len = start + len;
	return buf->data + start;
}

void bus__call_init(struct bus_call *call, struct bus_db *db)
{
	memset(call, 0, sizeof(*call));
	call->db = db;
}

void bus__call_release(struct bus_call *call)
{
	for (int i = 0; i < BUS__DB_PARAMS_MAX; i++) {
		if (call->columns[i])
			free(call->columns[i]->buf.data);
		free(call->columns[i]);
	}
	free(call->scalars.data);
}

struct bus_call *bus_call(struct bus_db *db, const struct bus_sql *sql)
{
	struct bus_call *call = &db->call;

	bus_assert(!call->sql && !bus_db_busy(db));
	call->sql = sql;
	call->scalars.len = 0;
	call->param_count = 0;
	call->column_count = 0;
	return call;
}

static struct bus__param *add_param(struct bus_call *call)
{
	struct bus__param *param;

	bus_assert(call->sql && call->param_count < BUS__DB_PARAMS_MAX);
	param = &call->params[call->param_count++];
	*param = (struct bus__param){ .offset = call->scalars.len };
	return param;
}

static uint8_t *add_scalar(struct bus_call *call, size_t len)
{
	struct bus__param *param = add_param(call);

	param->len = len;
	return buf_add(&call->scalars, len);
}

void bus_call_bool(struct bus_call *call, bool value)
{
	*add_scalar(call, 1) = value;
}

void bus_call_int4(struct bus_call *call, int32_t value)
{
	put_be32(add_scalar(call, 4), (uint32_t)value);
}

void bus_call_int8(struct bus_call *call, int64_t value)
{
	put_be64(add_scalar(call, 8), (uint64_t)value);
}

void bus_call_text(struct bus_call *call, const char *value)
{
	bus_call_bytes(call, bus_bytes(value, value ? strlen(value) : 0));
}

void bus_call_bytes(struct bus_call *call, struct bus_bytes value)
{
	if (!value.data) {
		add_param(call)->null = true;
		return;
	}
	memcpy(add_scalar(call, value.len), value.data, value.len);
}

void bus_call_id(struct bus_call *call, struct bus_id value)
{
	memcpy(add_scalar(call, sizeof(value.b)), value.b, sizeof(value.b));
}

struct bus_column *bus_call_column(struct bus_call *call, enum bus_pg_type type)
{
	struct bus__param *param = add_param(call);
	struct bus_column **slot = &call->columns[call->column_count++];

	if (!*slot)
		*slot = bus_calloc(1, sizeof(**slot));
	param->column = *slot;
	(*slot)->type = type;
	(*slot)->count = 0;
	(*slot)->has_null = false;
	(*slot)->buf.len = 0;
	buf_add(&(*slot)->buf, ARRAY_HEADER);
	return *slot;
}

static uint8_t *add_element(struct bus_column *column, enum bus_pg_type type, size_t len)
{
	uint8_t *out;

	bus_assert(column->type == type && len <= INT32_MAX);
	out = buf_add(&column->buf, 4 + len);
	put_be32(out, (uint32_t)len);
	column->count++;
	return out + 4;
}

void bus_column_bool(struct bus_column *column, bool value)
{
	*add_element(column, BUS_PG_BOOL, 1) = value;
}

void bus_column_int4(struct bus_column *column, int32_t value)
{
	put_be32(add_element(column, BUS_PG_INT4, 4), (uint32_t)value);
}

void bus_column_int8(struct bus_column *column, int64_t value)
{
	put_be64(add_element(column, BUS_PG_INT8, 8), (uint64_t)value);
}

void bus_column_text(struct bus_column *column, const char *value)
{
	size_t len = value ? strlen(value) : 0;

	if (value)
		memcpy(add_element(column, BUS_PG_TEXT, len), value, len);
	else
		bus_column_null(column);
}

void bus_column_bytes(struct bus_column *column, struct bus_bytes value)
{
	if (value.data)
		memcpy(add_element(column, BUS_PG_BYTES, value.len), value.data, value.len);
	else
		bus_column_null(column);
}

void bus_column_id(struct bus_column *column, struct bus_id value)
{
	memcpy(add_element(column, BUS_PG_UUID, sizeof(value.b)), value.b, sizeof(value.b));
}

void bus_column_null(struct bus_column *column)
{
	put_be32(buf_add(&column->buf, 4), UINT32_MAX);
	column->count++;
	column->has_null = true;
}

static enum pg_oid element_oid(enum bus_pg_type type)
{
	switch (type) {
	case BUS_PG_BOOL:
		return OID_BOOL;
	case BUS_PG_INT4:
		return OID_INT4;
	case BUS_PG_INT8:
		return OID_INT8;
	case BUS_PG_TEXT:
		return OID_TEXT;
	case BUS_PG_BYTES:
		return OID_BYTEA;
	case BUS_PG_UUID:
		return OID_UUID;
	}
	bus_assert(!"a type of the enum");
	return OID_TEXT;
}

/* Fills in the header, now that the length is known. Returns the bytes to send. */
static size_t finish_column(struct bus_column *column)
{
	uint8_t *header = column->buf.data;

	put_be32(header, column->count > 0);
	put_be32(header + 4, column->has_null);
	put_be32(header + 8, (uint32_t)element_oid(column->type));
	put_be32(header + 12, (uint32_t)column->count);
	put_be32(header + 16, 1);
	return column->count > 0 ? column->buf.len : ARRAY_EMPTY;
}

void bus_call_send(struct bus_call *call, bus_rows_fn on_rows, void *arg)
{
	const char *values[BUS__DB_PARAMS_MAX];
	int lengths[BUS__DB_PARAMS_MAX];
	int formats[BUS__DB_PARAMS_MAX];
	struct bus__send send = {
		.sql = call->sql,
		.count = call->param_count,
		.values = values,
		.lengths = lengths,
		.formats = formats,
		.on_rows = on_rows,
		.arg = arg,
	};

	bus_assert(call->sql);
	for (int i = 0; i < call->param_count; i++) {
		const struct bus__param *param = &call->params[i];
		const uint8_t *data = param->null ? NULL : call->scalars.data + param->offset;
		size_t len = param->len;

		if (param->column) {
			len = finish_column(param->column);
			data = param->column->buf.data;
		}
		bus_assert(len <= INT32_MAX);
		values[i] = (const char *)data;
		lengths[i] = (int)len;
		formats[i] = 1;
	}
	call->sql = NULL;
	bus__db_send(call->db, &send);
}

static void check_type(const PGresult *rows, int column, const enum pg_oid *types, size_t count)
{
	Oid type = PQftype(rows, column);
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found |= type == (Oid)types[i];
	bus_assert(found && PQfformat(rows, column) == 1);
}

static struct bus_bytes cell(const PGresult *rows, int row, int column)
{
	bus_assert(row >= 0 && row < PQntuples(rows));
	if (PQgetisnull(rows, row, column))
		return bus_bytes(NULL, 0);
	return bus_bytes(PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column));
}

static struct bus_bytes scalar(const PGresult *rows, int row, int column, enum pg_oid type)
{
	check_type(rows, column, &type, 1);
	return cell(rows, row, column);
}

bool bus_row_null(const PGresult *rows, int row, int column)
{
	bus_assert(column >= 0 && column < PQnfields(rows));
	return !cell(rows, row, column).data;
}

bool bus_row_bool(const PGresult *rows, int row, int column)
{
	struct bus_bytes value = scalar(rows, row, column, OID_BOOL);

	return value.data && value.data[0];
}

int32_t bus_row_int4(const PGresult *rows, int row, int column)
{
	struct bus_bytes value = scalar(rows, row, column, OID_INT4);

	return value.data ? (int32_t)get_be32(value.data) : 0;
}

int64_t bus_row_int8(const PGresult *rows, int row, int column)
{
	struct bus_bytes value = scalar(rows, row, column, OID_INT8);

	return value.data ? (int64_t)get_be64(value.data) : 0;
}

const char *bus_row_text(const PGresult *rows, int row, int column)
{
	static const enum pg_oid types[] = { OID_TEXT, OID_VARCHAR, OID_NAME };
	struct bus_bytes value;

	check_type(rows, column, types, BUS_ARRAY_LEN(types));
	value = cell(rows, row, column);
	return value.data ? (const char *)value.data : "";
}

struct bus_bytes bus_row_bytes(const PGresult *rows, int row, int column)
{
	return scalar(rows, row, column, OID_BYTEA);
}

struct bus_id bus_row_id(const PGresult *rows, int row, int column)
{
	struct bus_bytes value = scalar(rows, row, column, OID_UUID);
	struct bus_id id = { { 0 } };

	if (value.data)
		memcpy(id.b, value.data, sizeof(id.b));
	return id;
}

static struct bus_bytes array_cell(const PGresult *rows, int row, int column)
{
	static const enum pg_oid types[] = { OID_BOOL_ARRAY,   OID_BYTEA_ARRAY, OID_INT4_ARRAY,
					     OID_TEXT_ARRAY,   OID_INT8_ARRAY,	OID_UUID_ARRAY,
					     OID_VARCHAR_ARRAY };
	struct bus_bytes array;

	check_type(rows, column, types, BUS_ARRAY_LEN(types));
	array = cell(rows, row, column);
	bus_assert(!array.data || array.len >= ARRAY_EMPTY);
	return array;
}

static int array_len(struct bus_bytes array)
{
	uint32_t dimensions = array.data ? get_be32(array.data) : 0;

	if (dimensions == 0)
		return 0;
	bus_assert(dimensions == 1 && array.len >= ARRAY_HEADER);
	return (int)get_be32(array.data + 12);
}

int bus_row_array_len(const PGresult *rows, int row, int column)
{
	return array_len(array_cell(rows, row, column));
}

/* Bytes of each element of a type whose values are all of one size; 0 for the others. */
static size_t fixed_size(struct bus_bytes array)
{
	switch (get_be32(array.data + 8)) {
	case OID_BOOL:
		return 1;
	case OID_INT4:
		return 4;
	case OID_INT8:
		return 8;
	case OID_UUID:
		return 16;
	default:
		return 0;
	}
}

/* At once where all elements have one size and none is null; by walking over the others. */
static struct bus_bytes array_at(struct bus_bytes array, int i)
{
	size_t fixed = fixed_size(array);
	size_t at = ARRAY_HEADER;
	uint32_t len;

	if (fixed && get_be32(array.data + 4) == 0) {
		at += (size_t)i * (4 + fixed);
		i = 0;
	}
	for (;; i--) {
		bus_assert(array.len - at >= 4);
		len = get_be32(array.data + at);
		at += 4;
		if (len == UINT32_MAX)
			len = 0;
		bus_assert(array.len - at >= len);
		if (i == 0)
			break;
		at += len;
	}
	if (get_be32(array.data + at - 4) == UINT32_MAX)
		return bus_bytes(NULL, 0);
	return bus_bytes(array.data + at, len);
}

struct bus_bytes bus_row_array_at(const PGresult *rows, int row, int column, int i)
{
	struct bus_bytes array = array_cell(rows, row, column);

	bus_assert(i >= 0 && i < array_len(array));
	return array_at(array, i);
}

int64_t bus_row_array_int8(const PGresult *rows, int row, int column, int i)
{
	struct bus_bytes value = bus_row_array_at(rows, row, column, i);

	bus_assert(PQftype(rows, column) == (Oid)OID_INT8_ARRAY);
	return value.data ? (int64_t)get_be64(value.data) : 0;
}

int32_t bus_row_array_int4(const PGresult *rows, int row, int column, int i)
{
	struct bus_bytes value = bus_row_array_at(rows, row, column, i);

	bus_assert(PQftype(rows, column) == (Oid)OID_INT4_ARRAY);
	return value.data ? (int32_t)get_be32(value.data) : 0;
}
