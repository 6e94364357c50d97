/*
 * CloudEvents 1.0, Kafka binding, binary mode: the headers of a record, read and written in one
 * place.
 */
#ifndef BUS_CE_H
#define BUS_CE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "bus/base.h"
#include "bus/id.h"

/*
 * The headers of a received record; every pointer borrows the message. A field that is absent or
 * malformed has data NULL, or its has_ flag false: whether that matters is the reader's business.
 */
struct bus_ce {
	struct bus_bytes id;	 /* as sent */
	struct bus_bytes source; /* "/svc-orders/desk/3" */
	struct bus_bytes type;	 /* "bourse.orders.v1.PlaceOrder" */
	struct bus_bytes traceparent;
	bool has_epoch, has_sequence, has_time;
	int64_t epoch, sequence;
	int64_t time; /* micros, from ce_time */
};

/* Reads the headers that we know; the first of a repeated header counts; never fails. */
void bus_ce_read(const rd_kafka_message_t *message, struct bus_ce *out);

/* What we put on a record. A NULL/absent field adds no header; content-type and specversion always.
 */
struct bus_ce_out {
	const char *source;
	const char *type;
	char id[BUS_ID_TEXT]; /* "" = none */
	int64_t epoch;	      /* 0 = none */
	int64_t sequence;     /* 0 = none (opening records) */
	int64_t time;	      /* 0 = none; micros */
	struct bus_bytes traceparent;
};

/* Returns owned: goes to the producer, or to rd_kafka_headers_destroy(). */
rd_kafka_headers_t *bus_ce_headers(const struct bus_ce_out *ce);

#endif
