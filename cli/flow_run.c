/*
 * The sender and the reader are one thread: it produces what is due and within the bound, then
 * takes what has come, and sleeps in the reader's poll.
 */
#include "flow_run.h"

#include <inttypes.h>
#include <stdio.h>

#include "bus/time.h"
#include "flow_seed.h"
#include "flow_send.h"
#include "progress.h"

#define BURST	   256		     /* commands between two looks at what has come */
#define PATIENCE   (60 * BUS_SECOND) /* without any outcome */
#define REST_QUIET (2 * BUS_SECOND)  /* without any record, where rest cannot be told */
#define FLUSH_MS   120000

const struct flow_settings flow_settings_default = {
	.symbol = "AAPL",
	.orders = 92000,
	.symbols = 1,
	.seed = 1,
	.accounts = 100,
	.in_flight = 10000,
};

struct running {
	const struct client *client;
	const struct flow_settings *settings;
	struct flow_data data;
	struct flow_plan plan;
	struct flow_sender *sender;
	struct flow_follow *follow;
	struct quiet *quiet;
	struct progress progress;
	enum stream_from from;
	uint32_t next; /* the message to be sent next */
	int64_t started_at, heard_at;
};

static void show(struct running *r, const char *what, bool now)
{
	const struct flow_outcome *out = flow_follow_outcome(r->follow);
	int64_t elapsed = bus_time_monotonic() - r->started_at;

	if (!now && !progress_due(&r->progress))
		return;
	progress_show(&r->progress, out->decided, r->data.count,
		      "%s: %" PRIu64 " of %u, %" PRId64 "/s, %" PRIu64 " trades", what,
		      out->decided, r->data.count,
		      elapsed > 0 ? (int64_t)out->decided * BUS_SECOND / elapsed : 0, out->trades);
}

/* When message n is to be sent: on a schedule of its own, whatever became of those before it. */
static int64_t planned_at(const struct running *r, uint32_t n)
{
	return r->started_at + (int64_t)n * BUS_SECOND / r->settings->rate;
}

static bool may_send(const struct running *r, int64_t now)
{
	const struct flow_outcome *out = flow_follow_outcome(r->follow);

	if (r->next >= r->data.count)
		return false;
	if (r->settings->rate)
		return planned_at(r, r->next) <= now;
	return out->sent < out->decided + (uint64_t)r->settings->in_flight;
}

static uint32_t send_due(struct running *r)
{
	int64_t now = bus_time_monotonic();
	struct flow_command command;
	uint32_t count = 0;

	while (count < BURST && may_send(r, now)) {
		flow_plan_build(&r->plan, r->next, &command);
		if (!flow_send(r->sender, &command))
			break;
		flow_follow_sent(r->follow, r->next,
				 r->settings->rate ? planned_at(r, r->next) : now);
		r->next++;
		count++;
	}
	flow_serve(r->sender);
	return count;
}

/* How long the reader may sleep, ms. */
static int pause_ms(const struct running *r)
{
	int64_t left;

	if (r->next >= r->data.count || !r->settings->rate)
		return 10;
	left = planned_at(r, r->next) - bus_time_monotonic();
	return left <= 0 ? 0 : left > 10000 ? 10 : (int)((left + 999) / 1000);
}

/* False after saying that nothing comes any more. */
static bool patient(struct running *r, int got)
{
	int64_t now = bus_time_monotonic();
	uint32_t open;

	if (got > 0)
		r->heard_at = now;
	if (now - r->heard_at < PATIENCE)
		return true;
	progress_end(&r->progress);
	open = flow_follow_first_open(r->follow);
	fprintf(stderr,
		"bourse: nothing was heard for %d s: %" PRIu64
		" of %u commands have their outcome, "
		"the first without is number %u (bourse lag)\n",
		(int)(PATIENCE / BUS_SECOND), flow_follow_outcome(r->follow)->decided,
		r->data.count, open);
	stream_print_missing(flow_follow_stream(r->follow), stderr);
	return false;
}

static bool send_and_follow(struct running *r, struct flow_report *report)
{
	const struct flow_outcome *out = flow_follow_outcome(r->follow);
	bool flushed = false;

	r->started_at = r->heard_at = bus_time_monotonic();
	while (r->next < r->data.count || out->decided < r->data.count) {
		uint32_t sent = send_due(r);
		int got = flow_follow_turn(r->follow, sent ? 0 : pause_ms(r));

		if (got < 0 || flow_refused(r->sender) || !patient(r, got + (int)sent))
			return false;
		show(r, "flow", false);
		if (!flushed && r->next == r->data.count) {
			if (!flow_flush(r->sender, FLUSH_MS))
				return false;
			report->sending_micros = bus_time_monotonic() - r->started_at;
			flushed = true;
		}
	}
	return true;
}

/* Until every lag is 0; where that cannot be told, until nothing has come for a while. */
static bool come_to_rest(struct running *r, struct flow_report *report)
{
	struct quiet_state state;

	r->heard_at = bus_time_monotonic();
	for (;;) {
		int got = flow_follow_turn(r->follow, 20);

		if (got < 0 || !patient(r, got))
			return false;
		show(r, "rest", false);
		if (got > 0)
			continue;
		if (!quiet_known(r->quiet)) {
			if (bus_time_monotonic() - r->heard_at > REST_QUIET)
				return true;
			continue;
		}
		if (quiet_look(r->quiet, &state))
			return false;
		if (state.stopped) {
			progress_end(&r->progress);
			fprintf(stderr, "bourse: %s\n", state.worst);
			return false;
		}
		report->at_rest = quiet_is(&state);
		if (report->at_rest)
			return true;
	}
}

static bool run_phases(struct running *r, struct flow_report *report)
{
	struct flow_seed seed = { .client = r->client,
				  .plan = &r->plan,
				  .sender = r->sender,
				  .progress = &r->progress,
				  .from = r->from };

	if (!flow_seed_run(&seed))
		return false;
	report->day = seed.day;
	r->follow = flow_follow_new(r->client, &r->plan, r->from);
	if (!r->follow || !send_and_follow(r, report) || !come_to_rest(r, report))
		return false;
	report->micros = bus_time_monotonic() - r->started_at;
	if (!report->at_rest)
		report->micros -= REST_QUIET;
	if (flow_follow_catch_up(r->follow))
		return false;
	show(r, "flow", r->progress.tty);
	report->outcome = *flow_follow_outcome(r->follow);
	report->gaps = stream_count(flow_follow_stream(r->follow), BUS_READ_AHEAD);
	return true;
}

static bool load(struct running *r)
{
	const struct flow_settings *settings = r->settings;

	if (settings->path)
		return flow_data_read(&r->data, settings->path, settings->symbol);
	flow_data_generate(&r->data, (uint32_t)settings->orders, (uint16_t)settings->symbols,
			   (uint64_t)settings->seed);
	return true;
}

/* The order of NASDAQ's messages matters, and one partition of the desk is what keeps it. */
static bool plan(struct running *r, struct flow_report *report)
{
	int partitions;
	struct flow_plan_options options = {
		.run = r->settings->has_run ? r->settings->run : bus_id_random(),
		.accounts = (uint32_t)r->settings->accounts,
		.one_partition = r->settings->path ? 0 : -1,
	};
	rd_kafka_t *rk = client_producer(r->client, "0", NULL, NULL);

	if (!rk)
		return false;
	partitions = client_partitions(r->client, rk, "orders.commands");
	rd_kafka_destroy(rk);
	if (partitions < 0)
		return false;
	options.partitions = partitions;
	flow_plan_init(&r->plan, &r->data, &options);
	memcpy(report->run, r->plan.run, sizeof(report->run));
	return true;
}

bool flow_run(const struct client *client, const struct flow_settings *settings,
	      struct flow_report *out)
{
	struct running r = {
		.client = client,
		.settings = settings,
		.from = settings->has_run ? STREAM_BEGINNING : STREAM_NOW,
	};
	bool ok = load(&r);

	if (!ok)
		return false;
	*out = (struct flow_report){ .accounts = (uint32_t)settings->accounts,
				     .symbols = r.data.symbol_count,
				     .unknown_cancels = r.data.unknown_cancels,
				     .unknown_takes = r.data.unknown_takes,
				     .nasdaq = settings->path != NULL };
	progress_init(&r.progress);
	ok = plan(&r, out);
	if (ok)
		r.sender = flow_sender_new(client, settings->rate ? "2" : "5");
	if (r.sender)
		r.quiet = quiet_new(client);
	ok = ok && r.sender && r.quiet && run_phases(&r, out);
	progress_end(&r.progress);
	flow_follow_free(r.follow);
	quiet_free(r.quiet);
	flow_sender_free(r.sender);
	flow_plan_release(&r.plan);
	flow_data_release(&r.data);
	return ok;
}
