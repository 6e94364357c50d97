/* The bus's own rows of a batch: commands, refused and parked inputs, and the outbox. */
#ifndef BUS_STORE_H
#define BUS_STORE_H

#include "engine.h"

/* Header bytes as text that PostgreSQL takes: what is not printable ASCII becomes '?'. Scratch
 * arena. */
const char *bus__store_text(struct bus__engine *engine, struct bus_bytes bytes);

void bus__store_parked_keys(struct bus__engine *engine, const char *const *keys, size_t count,
			    bus_rows_fn on_rows);
void bus__store_commands_done(struct bus__engine *engine, bus_rows_fn on_rows);
void bus__store_commands(struct bus__engine *engine);
void bus__store_refused(struct bus__engine *engine);
void bus__store_parked(struct bus__engine *engine);
void bus__store_timers(struct bus__engine *engine);
void bus__store_outbox(struct bus__engine *engine);

#endif
