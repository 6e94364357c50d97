/* The reader's rule: pure, without I/O, so that every reader of a topic applies the same one. */
#include "bus/reader.h"

#include <string.h>

bool bus_ce_is_opening(const struct bus_ce *ce)
{
	static const size_t len = sizeof(BUS_OPENING_TYPE) - 1;

	return ce->type.len == len && memcmp(ce->type.data, BUS_OPENING_TYPE, len) == 0;
}

enum bus_reading bus_read(struct bus_high_water *mark, const struct bus_ce *ce)
{
	/* Our sources begin at 1: what is below was numbered by somebody else. */
	if (!ce->has_epoch || ce->epoch < 1)
		return BUS_READ_FOREIGN;
	if (bus_ce_is_opening(ce)) {
		if (ce->epoch <= mark->epoch)
			return ce->epoch == mark->epoch ? BUS_READ_REPEAT : BUS_READ_VOID;
		mark->epoch = ce->epoch;
		return BUS_READ_OPENING;
	}
	if (!ce->has_sequence || ce->sequence < 1)
		return BUS_READ_FOREIGN;
	if (ce->epoch < mark->epoch)
		return BUS_READ_VOID;
	/* An epoch that was never opened here: its opening is part of what is missing. */
	if (ce->epoch > mark->epoch)
		return BUS_READ_AHEAD;
	if (ce->sequence <= mark->sequence)
		return BUS_READ_REPEAT;
	if (ce->sequence > mark->sequence + 1)
		return BUS_READ_AHEAD;
	mark->sequence = ce->sequence;
	return BUS_READ_NEXT;
}

int32_t bus_source_partition(struct bus_bytes source, const char *processor_source)
{
	size_t prefix = strlen(processor_source);
	int32_t partition = 0;

	if (source.len < prefix + 2 || source.len > prefix + 6 ||
	    memcmp(source.data, processor_source, prefix) != 0 || source.data[prefix] != '/')
		return -1;
	for (size_t i = prefix + 1; i < source.len; i++) {
		if (source.data[i] < '0' || source.data[i] > '9')
			return -1;
		partition = partition * 10 + (source.data[i] - '0');
	}
	return partition;
}
