/*
 * The state of notify and its tables: preferences are loaded and saved; deliveries are written once
 * and never read by a decision. Every row is a function of the journal alone.
 */
#ifndef NOTIFY_STORE_H
#define NOTIFY_STORE_H

#include "bus/processor.h"
#include "subscriber.h"
#include "wire.h"

/* One row on its way to the table; borrows the fact, which lives until save() has returned. */
struct delivery {
	struct bus_id account_id, delivery_id;
	const NOTIFY(Delivered) * fact;
};

struct notices {
	struct subscribers subscribers;
	struct delivery *deliveries; /* of this batch; owned */
	size_t delivery_count, delivery_capacity;
};

void *store_new(void);
void store_free(void *state);
void store_load(void *state, const struct bus_load *load, struct bus_db *db);
void store_save(void *state, struct bus_db *db);

/* Queues the row of a delivery. */
void store_deliver(struct notices *notices, const struct delivery *delivery);

#endif
