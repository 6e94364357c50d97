/*
 * Reading from a bare list of headers, so that ce.c can be proven without a received message.
 */
#ifndef BUS_CE_INTERNAL_H
#define BUS_CE_INTERNAL_H

#include "bus/ce.h"

/* As bus_ce_read(); the fields of *out borrow `headers`, which may be NULL. */
void bus__ce_read_headers(const rd_kafka_headers_t *headers, struct bus_ce *out);

#endif
