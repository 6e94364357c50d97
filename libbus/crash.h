/*
 * Named places in the loop and in taking over at which a process can be made to die or to freeze,
 * so that a test can prove of each that nothing is lost and nothing done twice. They are in every
 * build; BOURSE_CRASH=point[:nth][:kill|stop] arms one, at the nth time that it is come to. Unset,
 * a point costs one branch that is always taken the same way.
 */
#ifndef BUS_CRASH_H
#define BUS_CRASH_H

#include <stdbool.h>

struct bus_db;

/* In the order in which they are come to. */
#define BUS__CRASH_POINTS(X)                                                                       \
	X(MIGRATING, "migrating") /* the bus's tables are there, the service's are not */          \
	X(MIGRATED, "migrated")                                                                    \
	X(REFERENCED, "referenced") /* the reference topics are read, the group is not joined */   \
	X(ASSIGNED, "assigned")                                                                    \
	X(LEASED, "leased")   /* the leases are read */                                            \
	X(CHECKED, "checked") /* positions and the journal, without writing */                     \
	X(CLAIM_SENT, "claim-sent")                                                                \
	X(CLAIMED, "claimed")                                                                      \
	X(OPENING, "opening") /* each opening record, handed to the producer */                    \
	X(OPENED, "opened")   /* every output is; the journal is next */                           \
	X(JOURNAL_OPENED, "journal-opened")                                                        \
	X(FOLDED, "folded") /* a missing step, in memory */                                        \
	X(FOLD_COMMITTED, "fold-committed")                                                        \
	X(REPUBLISHED, "republished") /* a step of the outbox is on its way again */               \
	X(RUNNING, "running")                                                                      \
	X(POLLED, "polled")                                                                        \
	X(FILTERED, "filtered")                                                                    \
	X(TIMER_DUE, "timer-due")                                                                  \
	X(LOADED, "loaded")                                                                        \
	X(REFUSED, "refused")                                                                      \
	X(PARKED, "parked")                                                                        \
	X(DECIDED, "decided")                                                                      \
	X(SENT_LEASE, "sent-lease") /* the statements of the transaction */                        \
	X(SENT_ROWS, "sent-rows")                                                                  \
	X(SENT_COMMANDS, "sent-commands")                                                          \
	X(SENT_REFUSED, "sent-refused")                                                            \
	X(SENT_PARKED, "sent-parked")                                                              \
	X(SENT_TIMERS, "sent-timers")                                                              \
	X(SENT_OUTBOX, "sent-outbox")                                                              \
	X(COMMIT_SENT, "commit-sent") /* and not answered */                                       \
	X(COMMITTED, "committed")                                                                  \
	X(PUBLISHED, "published")	/* to the journal, not acknowledged */                     \
	X(ACKNOWLEDGED, "acknowledged") /* by the journal; its reactions are next */               \
	X(REACTED, "reacted")		/* each reaction, handed to the producer */                \
	X(SETTLED, "settled")		/* all of a step is acknowledged */                        \
	X(REVOKED, "revoked")

enum bus__crash_point {
	BUS__CRASH_NONE,
#define X(name, text) BUS__CRASH_##name,
	BUS__CRASH_POINTS(X)
#undef X
};

extern enum bus__crash_point bus__crash_armed;

/* Reads the variable; false, with a line on stderr, when it names no point. */
bool bus__crash_init(void);
void bus__crash_hit(void);
/* Whatever is queued for PostgreSQL is sent before. */
void bus__crash_hit_db(struct bus_db *db);

static inline void bus__crash(enum bus__crash_point point)
{
	if (__builtin_expect(bus__crash_armed == point, 0))
		bus__crash_hit();
}

static inline void bus__crash_db(enum bus__crash_point point, struct bus_db *db)
{
	if (__builtin_expect(bus__crash_armed == point, 0))
		bus__crash_hit_db(db);
}

#endif
