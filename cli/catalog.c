/* The table itself. Adding a topic is a row here, and its messages in types.c. */
#include "catalog.h"

#include <string.h>

#define USERS  "/svc-users/users"
#define DESK   "/svc-orders/desk"
#define BOOK   "/svc-orders/book"
#define LEDGER "/svc-portfolio/ledger"
#define MARKET "/svc-marketdata/market"
#define NOTIFY "/svc-notify/notify"

const struct topic catalog[] = {
	{ "users.commands", NULL, "user", TOPIC_COMMANDS, GROUP_USERS },
	{ "users.events", USERS, "user", TOPIC_JOURNAL, GROUP_USERS },
	{ "users.accounts", USERS, "account", TOPIC_SNAPSHOT, GROUP_ALONE },
	{ "users.keys", USERS, "key", TOPIC_SNAPSHOT, GROUP_ALONE },
	{ "orders.commands", NULL, "account", TOPIC_COMMANDS, GROUP_ACCOUNTS },
	{ "orders.events", DESK, "account", TOPIC_JOURNAL, GROUP_ACCOUNTS },
	{ "books.commands", DESK, "symbol", TOPIC_MESSAGES, GROUP_SYMBOLS },
	{ "books.events", BOOK, "symbol", TOPIC_JOURNAL, GROUP_SYMBOLS },
	{ "books.executions", BOOK, "account", TOPIC_MESSAGES, GROUP_ACCOUNTS },
	{ "portfolio.commands", NULL, "account", TOPIC_COMMANDS, GROUP_ACCOUNTS },
	{ "portfolio.events", LEDGER, "account", TOPIC_JOURNAL, GROUP_ACCOUNTS },
	{ "market.commands", NULL, "symbol", TOPIC_COMMANDS, GROUP_SYMBOLS },
	{ "market.events", MARKET, "symbol", TOPIC_JOURNAL, GROUP_SYMBOLS },
	{ "market.symbols", MARKET, "symbol", TOPIC_SNAPSHOT, GROUP_ALONE },
	{ "market.quotes", MARKET, "symbol", TOPIC_SNAPSHOT, GROUP_ALONE },
	{ "notify.commands", NULL, "account", TOPIC_COMMANDS, GROUP_ACCOUNTS },
	{ "notify.events", NOTIFY, "account", TOPIC_JOURNAL, GROUP_ACCOUNTS },
};
const size_t catalog_count = BUS_ARRAY_LEN(catalog);

const struct topic *catalog_find(const char *name)
{
	for (size_t i = 0; i < catalog_count; i++)
		if (strcmp(catalog[i].name, name) == 0)
			return &catalog[i];
	return NULL;
}

const char *topic_kind_name(enum topic_kind kind)
{
	switch (kind) {
	case TOPIC_COMMANDS:
		return "commands";
	case TOPIC_JOURNAL:
		return "journal";
	case TOPIC_MESSAGES:
		return "messages";
	case TOPIC_SNAPSHOT:
		return "snapshot";
	}
	return "";
}
