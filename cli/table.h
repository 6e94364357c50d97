/*
 * A text table for people: columns as wide as their widest cell. What is in a cell may come from
 * anybody: characters that would steer a terminal are shown as '?'.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdio.h>

#include "bus/base.h"

struct table;

/* Headings are borrowed; one that begins with '>' makes its column right-aligned. Returns owned. */
struct table *table_new(const char *const *headings, size_t columns);
void table_free(struct table *table);
/* The next cell; rows fill from the left. */
void table_cell(struct table *table, const char *fmt, ...) BUS_PRINTF(2, 3);
/* Every row must be full. */
void table_print(const struct table *table, FILE *out);

#endif
