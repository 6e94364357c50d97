/*
 * Invariants 8 and 9: every lag is 0, nothing is parked or stopped, and journal and store stand at
 * the same step, under an epoch that is no older than the journal's.
 */
#include <inttypes.h>

#include "audit.h"
#include "bus/err.h"
#include "quiet.h"
#include "sql.h"

#define PATIENCE_MS 15000

static const struct writer {
	const char *processor, *journal;
} writers[] = {
	{ "users", "users.events" },   { "desk", "orders.events" },
	{ "book", "books.events" },    { "ledger", "portfolio.events" },
	{ "market", "market.events" }, { "notify", "notify.events" },
};

struct rest {
	struct audit *audit;
	struct audit_check *same, *epochs, *parked;
};

static const char *journal_of(const char *processor)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(writers); i++)
		if (strcmp(writers[i].processor, processor) == 0)
			return writers[i].journal;
	return NULL;
}

static void on_lease(void *arg, const PGresult *rows)
{
	struct rest *r = arg;
	const char *processor = audit_text(rows, 0), *journal = journal_of(processor);
	int32_t partition = (int32_t)audit_number(rows, 1);
	int64_t epoch = audit_number(rows, 2), sequence = audit_number(rows, 3);
	int64_t published = audit_number(rows, 4);
	const struct audit_tail *tail = journal ? audit_tail(r->audit, journal, partition) : NULL;
	int64_t last = tail ? tail->sequence : 0;

	if (!journal)
		return;
	audit_expect(r->same, sequence == last && published == sequence,
		     "%s/%d: the store is at step %" PRId64 " (published %" PRId64
		     "), the journal at %" PRId64,
		     processor, partition, sequence, published, last);
	audit_expect(r->epochs, epoch >= (tail ? tail->epoch : 0),
		     "%s/%d: the journal has epoch %" PRId64 ", the lease %" PRId64, processor,
		     partition, tail ? tail->epoch : 0, epoch);
}

static void on_parked(void *arg, const PGresult *rows)
{
	struct rest *r = arg;

	audit_expect(r->parked, false, "%s/%s@%s: %s (%s)", audit_text(rows, 0),
		     audit_text(rows, 1), audit_text(rows, 2), audit_text(rows, 3),
		     audit_text(rows, 4));
}

static void check_lag(struct audit *audit)
{
	struct audit_check *lag =
		audit_check(audit, 8, "every lag is 0, nothing is stopped", "looks");
	struct quiet *quiet = quiet_new(&audit->client);
	struct quiet_state state;

	if (!quiet || quiet_wait(quiet, PATIENCE_MS, NULL, NULL, &state))
		audit->failed = true;
	else if (quiet_known(quiet))
		audit_expect(lag, quiet_is(&state),
			     "%s (in all: %" PRId64 " records behind, %" PRId64
			     " steps unpublished, %d partitions stopped)",
			     state.worst, state.lag, state.unpublished, state.stopped);
	quiet_free(quiet);
}

/* First of all: what moves while it is read cannot be compared. */
void audit_begin(struct audit *audit)
{
	check_lag(audit);
	audit->holes = audit_check(audit, 8, "nothing is missing in any journal", "records");
}

void audit_rest(struct audit *audit)
{
	struct rest r = { .audit = audit };

	r.same = audit_check(audit, 7, "journal and store stand at the same step", "partitions");
	r.epochs = audit_check(audit, 9, "no store is in an older epoch than its journal",
			       "partitions");
	r.parked = audit_check(audit, 8, "nothing is parked", "stores");
	for (int s = 0; s < AUDIT_SERVICES; s++) {
		audit_query(audit, (enum audit_service)s, sql_audit_leases, on_lease, &r);
		if (audit_query(audit, (enum audit_service)s, sql_audit_parked, on_parked, &r))
			r.parked->count++;
	}
}
