/*
 * The desk's tables. Accounts come whole with their key (cash and all positions); an order comes
 * when the batch names it: by its id (cancel, decrease, everything from the book) or by its client
 * order id, which a second PlaceOrder may use again years later.
 */
#ifndef ORDERS_DESK_STORE_H
#define ORDERS_DESK_STORE_H

#include "bus/processor.h"

/* For struct bus_processor. */
void desk_load(void *state, const struct bus_load *load, struct bus_db *db);
void desk_save(void *state, struct bus_db *db);

#endif
