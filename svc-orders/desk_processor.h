/* The desk, as the bus runs it. */
#ifndef ORDERS_DESK_PROCESSOR_H
#define ORDERS_DESK_PROCESSOR_H

#include "bus/processor.h"

extern const struct bus_processor desk_processor;

#endif
