/* The processor *market*, as a table. */
#ifndef MARKETDATA_MARKET_H
#define MARKETDATA_MARKET_H

#include "bus/processor.h"

extern const struct bus_processor market_processor;

#endif
