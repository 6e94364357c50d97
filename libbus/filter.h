/* The first step of the loop: what a record is, before anything is asked of the database. */
#ifndef BUS_FILTER_H
#define BUS_FILTER_H

#include "engine.h"

/*
 * Gives the item its verdict and its inputs. False when the record is ahead of a missing one: it
 * has moved to the partition's waiting list, and the item holds nothing any more.
 */
bool bus__filter(struct bus__engine *engine, struct bus__item *item);

/* A waiting record that need not wait any more, taken off the list; NULL when there is none. */
struct bus__record *bus__filter_filled(struct bus__engine *engine, struct bus__partition *partition,
				       int input);

/* What a record says of the time, micros; 0 when nothing. */
int64_t bus__filter_time(const struct bus__engine *engine, const struct bus__record *record);
/* As if the item had not been filtered: its record may be put back. The last item first. */
void bus__filter_undo(struct bus__item *item);

/* The reader's rule for a record of a sequenced input, on the marks of `lease`. */
enum bus_reading bus__filter_read(struct bus__lease *lease, const struct bus__program *program,
				  const struct bus__record *record);

#endif
