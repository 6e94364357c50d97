/* The container, and the reader of LOBSTER's format. */
#include "flow_data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idmap.h"

#define SHARES_MAX 100000000
#define PRICE_MAX  INT64_C(100000000000) /* x 10,000 */

enum { LOBSTER_NEW = 1, LOBSTER_PARTIAL, LOBSTER_DELETE, LOBSTER_EXECUTED, LOBSTER_HIDDEN };

void flow_data_release(struct flow_data *data)
{
	free(data->messages);
	free(data->symbols);
	free(data->prices);
	*data = (struct flow_data){ 0 };
}

struct flow_message *flow_data_add(struct flow_data *data)
{
	if (data->count == data->room) {
		data->room = data->room ? data->room * 2 : 4096;
		data->messages = bus_realloc(data->messages, data->room * sizeof(*data->messages));
	}
	data->messages[data->count] = (struct flow_message){ .order = FLOW_UNKNOWN };
	return &data->messages[data->count++];
}

void flow_data_add_symbol(struct flow_data *data, const char *symbol, int64_t price_micros)
{
	size_t n = data->symbol_count++;

	bus_assert(strlen(symbol) < FLOW_SYMBOL);
	data->symbols = bus_realloc(data->symbols, (n + 1) * sizeof(*data->symbols));
	data->prices = bus_realloc(data->prices, (n + 1) * sizeof(*data->prices));
	memset(data->symbols[n], 0, sizeof(data->symbols[n]));
	memcpy(data->symbols[n], symbol, strlen(symbol));
	data->prices[n] = price_micros;
}

/* Orders of the file by the venue's number. */
struct orders {
	struct idmap known;
	uint32_t *message; /* by the map's number */
	uint32_t room;
};

static struct bus_id id_of(uint64_t number)
{
	struct bus_id id = { { 0 } };

	memcpy(id.b, &number, sizeof(number));
	return id;
}

/* A number used again names the newer order. */
static void remember(struct orders *orders, uint64_t number, uint32_t message)
{
	uint32_t at = idmap_add(&orders->known, id_of(number), NULL);

	if (at >= orders->room) {
		orders->room = orders->room ? orders->room * 2 : 4096;
		orders->message =
			bus_realloc(orders->message, orders->room * sizeof(*orders->message));
	}
	bus_assert(orders->message);
	orders->message[at] = message;
}

static uint32_t recall(const struct orders *orders, uint64_t number)
{
	uint32_t at = idmap_find(&orders->known, id_of(number));

	return at == IDMAP_NONE || !orders->message ? FLOW_UNKNOWN : orders->message[at];
}

/* Digits of at most 15 places, then `end`; moves *text behind. */
static bool number(const char **text, char end, int64_t *out)
{
	const char *p = *text;
	int64_t value = 0;

	while (*p >= '0' && *p <= '9' && p - *text < 15)
		value = value * 10 + (*p++ - '0');
	if (p == *text || *p != end)
		return false;
	*text = p + 1;
	*out = value;
	return true;
}

/* "34200.00426064,": micros; what is below a micro is cut. */
static bool instant(const char **text, int64_t *out)
{
	int64_t seconds, micros = 0, unit = 100000;

	if (!number(text, '.', &seconds) || seconds >= 86400)
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
		micros += unit * (**text - '0');
	*out = seconds * 1000000 + micros;
	return *(*text)++ == ',';
}

struct row {
	int64_t at, type, order, shares, price;
	bool buy;
};

static bool read_row(const char *line, struct row *row)
{
	if (!instant(&line, &row->at) || !number(&line, ',', &row->type) ||
	    !number(&line, ',', &row->order) || !number(&line, ',', &row->shares))
		return false;
	if (row->type < LOBSTER_NEW || row->type > 7)
		return false;
	if (row->type >= LOBSTER_HIDDEN)
		return true; /* its price may be -1, for a halt */
	if (!number(&line, ',', &row->price))
		return false;
	row->buy = *line != '-';
	line += *line == '-';
	return row->shares > 0 && row->shares <= SHARES_MAX && row->price > 0 &&
	       row->price <= PRICE_MAX && *line == '1' &&
	       (line[1] == '\0' || line[1] == '\n' || line[1] == '\r');
}

static void add_row(struct flow_data *data, struct orders *orders, const struct row *row)
{
	static const enum flow_kind kinds[] = { [LOBSTER_NEW] = FLOW_PLACE,
						[LOBSTER_PARTIAL] = FLOW_DECREASE,
						[LOBSTER_DELETE] = FLOW_CANCEL,
						[LOBSTER_EXECUTED] = FLOW_TAKE };
	struct flow_message *message = flow_data_add(data);

	message->kind = (uint8_t)kinds[row->type];
	message->at_micros = row->at;
	message->shares = (int32_t)row->shares;
	message->price_micros = row->price * 100;
	message->buy = row->buy;
	if (message->kind == FLOW_PLACE)
		remember(orders, (uint64_t)row->order, data->count - 1);
	else
		message->order = recall(orders, (uint64_t)row->order);
	if (message->kind == FLOW_PLACE || message->order != FLOW_UNKNOWN)
		return;
	if (message->kind == FLOW_TAKE)
		data->unknown_takes++;
	else
		data->unknown_cancels++;
}

/* The number of the first malformed line; 0: none. */
static long read_rows(struct flow_data *data, struct orders *orders, FILE *file)
{
	char line[256];
	struct row row = { 0 };
	int64_t last = 0;

	for (long n = 1; fgets(line, sizeof(line), file); n++) {
		if (!read_row(line, &row) || row.at < last)
			return n;
		last = row.at;
		if (row.type < LOBSTER_HIDDEN)
			add_row(data, orders, &row);
	}
	return 0;
}

bool flow_data_read(struct flow_data *data, const char *path, const char *symbol)
{
	struct orders orders = { 0 };
	FILE *file = fopen(path, "re");
	bool whole;
	long bad;

	*data = (struct flow_data){ 0 };
	if (!file) {
		fprintf(stderr, "bourse: %s: %s\n", path, strerror(errno));
		return false;
	}
	bad = read_rows(data, &orders, file);
	whole = !ferror(file);
	(void)fclose(file);
	idmap_release(&orders.known);
	free(orders.message);
	if (bad || !whole || data->count == 0) {
		if (bad)
			fprintf(stderr, "bourse: %s:%ld is no order message of LOBSTER\n", path,
				bad);
		else
			fprintf(stderr, "bourse: %s: %s\n", path,
				whole ? "there are no order messages" : "it cannot be read");
		flow_data_release(data);
		return false;
	}
	flow_data_add_symbol(data, symbol, data->messages[0].price_micros);
	return true;
}
