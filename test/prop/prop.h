/*
 * A book of the product beside the naive exchange: both get the same stream of commands, and after
 * each of them the same must have happened and the same must rest. A stream that shows a difference
 * is made short and printed as rows to paste into a test.
 */
#ifndef PROP_H
#define PROP_H

#include "../lib/naive_stream.h"

/* The clock at which a stream begins, micros. */
#define PROP_BEGIN INT64_C(1000000)

/* The product's book behind a handle. */
struct prop_subject {
	const char *name;
	void *(*open)(void);
	void (*close)(void *self);
	/* Appends what happened. Whatever it finds wrong by itself it prints, and returns false. */
	bool (*run)(void *self, const struct naive_command *command, struct naive_log *log);
	/* Appends what rests, as prop_dump_naive() does. */
	bool (*dump)(void *self, struct naive_log *log);
};

/* Both sides' best price and what is open there; then the orders by queue and side, the visible
 * ones in the order in which they trade, the others by id. */
void prop_dump_naive(const struct naive_exchange *x, struct naive_log *log);
/* A log of resting orders of the queues that nobody sees, sorted. */
void prop_sort_dump(struct naive_log *log);

/* Runs a stream of `count` commands; true when the two agree. Else the shortest stream that shows
 * the difference is on stderr. */
bool prop_run_seed(const struct prop_subject *subject, uint64_t seed, size_t count);
/* The same for given rows. */
bool prop_run_rows(const struct prop_subject *subject, const struct naive_command *rows,
		   size_t count);

/* book_engine.h in process. */
extern const struct prop_subject prop_engine;
/* The processor of the book, folded: commands and facts as messages. */
extern const struct prop_subject prop_processor;

#endif
