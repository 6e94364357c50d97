/*
 * What an account wants to hear of, and how: categories of notices by channels. An account that has
 * never asked for anything has the defaults: every category on the stream.
 *
 * Invariant: trade confirmations go to at least one active channel, always.
 */
#ifndef NOTIFY_PREFERENCE_H
#define NOTIFY_PREFERENCE_H

#include <stdbool.h>

#include "bus/base.h"

/* The values are those of the wire and of the tables. */
enum category {
	CATEGORY_TRADE_CONFIRMATION = 1,
	CATEGORY_ORDER_REJECTED = 2,
	CATEGORY_ORDER_CANCELED = 3,
	CATEGORY_CASH_MOVED = 4,
	CATEGORY_ORDER_CHANGED = 5,
	CATEGORY_MARGIN = 6,
	CATEGORY_CORPORATE_ACTION = 7,
};
#define CATEGORY_MAX CATEGORY_CORPORATE_ACTION

enum channel {
	CHANNEL_STREAM = 1,
	CHANNEL_EMAIL = 2,
	CHANNEL_WEBHOOK = 3,
};
#define CHANNEL_MAX CHANNEL_WEBHOOK

struct channel_info {
	enum channel channel;
	const char *name; /* in texts and tables: "stream" */
	bool active;	  /* it delivers */
};

/* Every channel that is known, in the order of its value. */
extern const struct channel_info channels[CHANNEL_MAX];

struct preferences {
	uint8_t wanted[CATEGORY_MAX + 1]; /* by category: bit 1 << channel */
};

enum preference_result {
	PREFERENCE_OK,
	PREFERENCE_NO_CATEGORY,	 /* there is no such category */
	PREFERENCE_NO_CHANNEL,	 /* there is no such channel */
	PREFERENCE_UNSUPPORTED,	 /* a channel that is known but does not deliver */
	PREFERENCE_LAST_CHANNEL, /* trade confirmations would be off everywhere */
};

#define PREFERENCE_BIT(channel) ((uint8_t)(1u << (channel)))

/* Of an account that has never asked for anything; an initialiser. */
#define PREFERENCES_DEFAULT                                                                        \
	{                                                                                          \
		{                                                                                  \
			[CATEGORY_TRADE_CONFIRMATION] = PREFERENCE_BIT(CHANNEL_STREAM),            \
			[CATEGORY_ORDER_REJECTED] = PREFERENCE_BIT(CHANNEL_STREAM),                \
			[CATEGORY_ORDER_CANCELED] = PREFERENCE_BIT(CHANNEL_STREAM),                \
			[CATEGORY_CASH_MOVED] = PREFERENCE_BIT(CHANNEL_STREAM),                    \
			[CATEGORY_ORDER_CHANGED] = PREFERENCE_BIT(CHANNEL_STREAM),                 \
			[CATEGORY_MARGIN] = PREFERENCE_BIT(CHANNEL_STREAM),                        \
			[CATEGORY_CORPORATE_ACTION] = PREFERENCE_BIT(CHANNEL_STREAM),              \
		}                                                                                  \
	}

/*
 * Whether this may be asked for; the numbers come from outside and are checked here. On
 * PREFERENCE_OK preferences_apply() does it; asking for what is so already is as good as any.
 */
enum preference_result preferences_check(const struct preferences *preferences, int category,
					 int channel, bool wanted) BUS_MUST_CHECK;
void preferences_apply(struct preferences *preferences, enum category category,
		       enum channel channel, bool wanted);

/* A notice of this category goes to this channel: it is wanted, and the channel delivers. */
bool preferences_wants(const struct preferences *preferences, enum category category,
		       enum channel channel);

#endif
