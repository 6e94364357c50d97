/*
 * The few kinds of failure. Every fallible function returns 0 or a negative enum bus_err; the class
 * says what the processor loop does with it. A refusal by a business rule is not an error: it is a
 * fact.
 */
#ifndef BUS_ERR_H
#define BUS_ERR_H

#include "bus/base.h"

enum bus_err_class {
	BUS_CLASS_OK,
	BUS_CLASS_RETRY,  /* not the input's fault: pause, say why, go on by itself */
	BUS_CLASS_REFUSE, /* an outside input that cannot be read: kept raw with its cause */
	BUS_CLASS_PARK,	  /* a sequenced input that cannot be applied: its key waits */
	BUS_CLASS_STOP,	  /* the partition stops, loudly */
	BUS_CLASS_FATAL,  /* the process's own fault: exit non-zero */
};

/* name, value, class, text */
#define BUS_ERRORS(X)                                                                              \
	X(DB_AWAY, -1, RETRY, "the database is away")                                              \
	X(KAFKA_AWAY, -2, RETRY, "the broker is away")                                             \
	X(FENCED, -3, RETRY, "another owner has claimed the partition")                            \
	X(UNDECODABLE, -10, REFUSE, "the value is not a message of its type")                      \
	X(NO_TYPE, -11, REFUSE, "the record has no ce_type header")                                \
	X(UNKNOWN_TYPE, -12, REFUSE, "no handler for this ce_type on this topic")                  \
	X(NO_ID, -13, REFUSE, "the record has no ce_id header, or it is not a UUID")               \
	X(NO_KEY, -14, REFUSE, "the record has no key, or it is too long")                         \
	X(WRONG_KEY, -15, REFUSE, "the key differs from the one in the body")                      \
	X(WRONG_PARTITION, -16, REFUSE,                                                            \
	  "murmur2(key) names another partition: set the partitioner")                             \
	X(INVALID, -17, REFUSE, "a field of the message is out of its range")                      \
	X(TOO_LARGE, -18, REFUSE, "the message is larger than the limit")                          \
	X(DATA_REFUSED, -19, REFUSE, "PostgreSQL refused the row")                                 \
	X(PARK, -30, PARK, "the input cannot be applied to the state of its key")                  \
	X(OVERFLOW, -31, PARK, "an amount leaves the range of 64 bits")                            \
	X(GAP, -40, STOP, "a message of the source is missing")                                    \
	X(TRUNCATED, -41, STOP, "the topic was truncated, recreated or is another's")              \
	X(JOURNAL_AHEAD, -42, STOP, "the journal is ahead of the store")                           \
	X(PARTITIONS, -43, STOP, "the topic's number of partitions differs from the pinned one")   \
	X(CLUSTER, -44, STOP, "this is not the cluster that the store belongs to")                 \
	X(CONFIG, -50, FATAL, "the configuration is wrong")                                        \
	X(SCHEMA_NEWER, -51, FATAL, "the schema is newer than this program")                       \
	X(SCHEMA_OLDER, -52, RETRY, "the schema is older than this program: migrate it")           \
	X(INTERNAL, -53, FATAL, "internal error")

enum bus_err {
	BUS_OK = 0,
#define X(name, value, class, text) BUS_ERR_##name = value,
	BUS_ERRORS(X)
#undef X
};

/* The symbolic name ("WRONG_KEY"), the sentence, and the class of an error; static strings. */
const char *bus_err_name(int err);
const char *bus_err_text(int err);
enum bus_err_class bus_err_class(int err);
/* The error of this symbolic name; 0 when there is none. */
int bus_err_named(const char *name);

#endif
