/* The processor *users*, as a table. */
#ifndef USERS_USERS_H
#define USERS_USERS_H

#include "bus/processor.h"

extern const struct bus_processor users_processor;

#endif
