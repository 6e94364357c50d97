/* The table of channels, and the rules by which preferences change. */
#include "preference.h"

#include <assert.h>

const struct channel_info channels[CHANNEL_MAX] = {
	{ CHANNEL_STREAM, "stream", true },
	{ CHANNEL_EMAIL, "email", false },
	{ CHANNEL_WEBHOOK, "webhook", false },
};

static_assert(CHANNEL_MAX < 8, "a channel is a bit of preferences.wanted");

/* Some other active channel still gets this category. */
static bool heard_elsewhere(const struct preferences *preferences, enum category category,
			    enum channel channel)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(channels); i++) {
		if (channels[i].channel != channel &&
		    preferences_wants(preferences, category, channels[i].channel))
			return true;
	}
	return false;
}

enum preference_result preferences_check(const struct preferences *preferences, int category,
					 int channel, bool wanted)
{
	if (category < 1 || category > CATEGORY_MAX)
		return PREFERENCE_NO_CATEGORY;
	if (channel < 1 || channel > CHANNEL_MAX)
		return PREFERENCE_NO_CHANNEL;
	if (!channels[channel - 1].active)
		return PREFERENCE_UNSUPPORTED;
	if (!wanted && category == CATEGORY_TRADE_CONFIRMATION &&
	    !heard_elsewhere(preferences, CATEGORY_TRADE_CONFIRMATION, (enum channel)channel))
		return PREFERENCE_LAST_CHANNEL;
	return PREFERENCE_OK;
}

void preferences_apply(struct preferences *preferences, enum category category,
		       enum channel channel, bool wanted)
{
	uint8_t *mask = &preferences->wanted[category];

	*mask = (uint8_t)(wanted ? *mask | PREFERENCE_BIT(channel)
				 : *mask & ~PREFERENCE_BIT(channel));
}

bool preferences_wants(const struct preferences *preferences, enum category category,
		       enum channel channel)
{
	return channels[channel - 1].active &&
	       (preferences->wanted[category] & PREFERENCE_BIT(channel)) != 0;
}
