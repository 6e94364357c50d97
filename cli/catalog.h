/*
 * The declared table of topics: what there is, who writes it, how long it is kept, and which topics
 * must have the same number of partitions. `bourse topics` creates and checks it; readers take the
 * writer of a topic from it.
 */
#ifndef CLI_CATALOG_H
#define CLI_CATALOG_H

#include "bus/base.h"

enum topic_kind {
	TOPIC_COMMANDS, /* from whoever may ask; seven days */
	TOPIC_JOURNAL,	/* steps of one processor; for ever */
	TOPIC_MESSAGES, /* plain messages of one processor; seven days */
	TOPIC_SNAPSHOT, /* the latest message of a key counts; compacted */
};

/* Topics of one group are read together, partition by partition. */
enum topic_group {
	GROUP_ALONE, /* read whole: any number of partitions */
	GROUP_USERS,
	GROUP_ACCOUNTS,
	GROUP_SYMBOLS,
};

struct topic {
	const char *name;
	const char *owner; /* "/svc-orders/desk", the one that writes it; NULL: anybody */
	const char *key;   /* for people: "account" */
	enum topic_kind kind;
	enum topic_group group;
};

extern const struct topic catalog[];
extern const size_t catalog_count;

/* NULL when it is not declared. */
const struct topic *catalog_find(const char *name);
const char *topic_kind_name(enum topic_kind kind);

#endif
