/*
 * The reader's rule, for everyone who reads a topic of one of our processors (ARCHITECTURE.md, "The
 * wire"). Each source numbers its messages densely per destination partition. Keep the highest
 * (epoch, sequence) per (source, topic, partition): an opening record raises the epoch; a lower
 * epoch is void; a sequence at or below the highest is a repeat; the next one is next; anything
 * further is ahead and waits for what is missing.
 */
#ifndef BUS_READER_H
#define BUS_READER_H

#include <stdbool.h>

#include "bus/base.h"
#include "bus/ce.h"

#define BUS_OPENING_TYPE "bourse.bus.v1.Opening"

struct bus_high_water {
	int64_t epoch;	  /* 0: nothing heard yet */
	int64_t sequence; /* the last that was taken */
};

enum bus_reading {
	BUS_READ_NEXT,	  /* take it; the mark has moved on */
	BUS_READ_OPENING, /* an opening record: the mark's epoch was raised, there is nothing to
			     take */
	BUS_READ_REPEAT,
	BUS_READ_VOID,
	BUS_READ_AHEAD,	  /* the mark is unchanged; the missing one is sequence + 1 */
	BUS_READ_FOREIGN, /* no source, epoch or sequence that this rule can be applied to */
};

/* Applies the rule to one record of the mark's source; moves the mark for NEXT and OPENING. */
enum bus_reading bus_read(struct bus_high_water *mark, const struct bus_ce *ce);

bool bus_ce_is_opening(const struct bus_ce *ce);

/*
 * Splits "/svc-orders/desk/3" given the expected prefix "/svc-orders/desk": returns 3, or -1 when
 * the source is not of that processor.
 */
int32_t bus_source_partition(struct bus_bytes source, const char *processor_source);

#endif
