/* What rests in a book of the product, in the words of prop.h. */
#ifndef PROP_BOOK_DUMP_H
#define PROP_BOOK_DUMP_H

#include "../../svc-orders/book.h"
#include "prop.h"

typedef uint64_t (*prop_number_fn)(struct bus_id id);

bool prop_dump_book(const struct book *book, prop_number_fn number, struct naive_log *log);

#endif
