/* Cells are kept as one array of owned strings, row after row; the widths are found when printing.
 */
#include "table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

struct table {
	const char *const *headings;
	size_t columns;
	char **cells;
	size_t count, room;
};

struct table *table_new(const char *const *headings, size_t columns)
{
	struct table *table = bus_calloc(1, sizeof(*table));

	table->headings = headings;
	table->columns = columns;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

static void make_harmless(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
}

void table_cell(struct table *table, const char *fmt, ...)
{
	char *text;
	va_list list;
	int len;

	va_start(list, fmt);
	len = vasprintf(&text, fmt, list);
	va_end(list);
	bus_assert(len >= 0);
	make_harmless(text);
	if (table->count == table->room) {
		table->room = table->room ? table->room * 2 : 64;
		table->cells = bus_realloc(table->cells, table->room * sizeof(*table->cells));
	}
	table->cells[table->count++] = text;
}

/* In characters, not bytes: UTF-8's continuation bytes take no room. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static bool right(const struct table *table, size_t column)
{
	return table->headings[column][0] == '>';
}

static const char *heading(const struct table *table, size_t column)
{
	return table->headings[column] + right(table, column);
}

static void print_cell(const struct table *table, size_t column, const char *text, int width,
		       FILE *out)
{
	int blanks = width - width_of(text);
	bool last = column + 1 == table->columns;

	if (right(table, column))
		fprintf(out, "%*s%s", blanks, "", text);
	else
		fprintf(out, "%s%*s", text, last ? 0 : blanks, "");
	fprintf(out, "%*s", last ? 0 : GAP, "");
	if (last)
		fputc('\n', out);
}

void table_print(const struct table *table, FILE *out)
{
	int *widths = bus_calloc(table->columns, sizeof(*widths));

	bus_assert(table->count % table->columns == 0);
	for (size_t c = 0; c < table->columns; c++)
		widths[c] = width_of(heading(table, c));
	for (size_t i = 0; i < table->count; i++) {
		int width = width_of(table->cells[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	for (size_t c = 0; c < table->columns; c++)
		print_cell(table, c, heading(table, c), widths[c], out);
	for (size_t i = 0; i < table->count; i++)
		print_cell(table, i % table->columns, table->cells[i], widths[i % table->columns],
			   out);
	free(widths);
}
