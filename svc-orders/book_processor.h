/* The book: a limit order book for each symbol. Its tables are in book_processor.c. */
#ifndef ORDERS_BOOK_PROCESSOR_H
#define ORDERS_BOOK_PROCESSOR_H

#include "bus/processor.h"

extern const struct bus_processor book_processor;

#endif
