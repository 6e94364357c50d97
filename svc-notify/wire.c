/* The enums of the domain have the values of the wire; this file proves it. */
#include "wire.h"

#include <assert.h>
#include <string.h>

#include "preference.h"

#define SAME_CATEGORY(name)                                                                        \
	static_assert((int)CATEGORY_##name == (int)BOURSE__NOTIFY__V1__CATEGORY__CATEGORY_##name,  \
		      "category")
#define SAME_CHANNEL(name)                                                                         \
	static_assert((int)CHANNEL_##name == (int)BOURSE__NOTIFY__V1__CHANNEL__CHANNEL_##name,     \
		      "channel")

SAME_CATEGORY(TRADE_CONFIRMATION);
SAME_CATEGORY(ORDER_REJECTED);
SAME_CATEGORY(ORDER_CANCELED);
SAME_CATEGORY(CASH_MOVED);
SAME_CATEGORY(ORDER_CHANGED);
SAME_CATEGORY(MARGIN);
SAME_CATEGORY(CORPORATE_ACTION);
SAME_CHANNEL(STREAM);
SAME_CHANNEL(EMAIL);
SAME_CHANNEL(WEBHOOK);

bool wire_id(const char *text, struct bus_id *out)
{
	char canonical[BUS_ID_TEXT];
	struct bus_id id;

	if (!bus_id_parse(text, strnlen(text, BUS_ID_TEXT), &id) ||
	    strcmp(bus_id_format(id, canonical), text) != 0)
		return false;
	*out = id;
	return true;
}
