/*
 * The main program of every service. The admin port answers from the first moment, so that a
 * service that waits for its database or its topics can say what it waits for. Shutdown is one
 * function, in order, and bounded.
 */
#include "bus/service.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "bus/admin.h"
#include "bus/config.h"
#include "bus/log.h"
#include "bus/money.h"
#include "bus/time.h"
#include "crash.h"
#include "engine.h"
#include "migrations.h"

#define ENGINES_MAX   8
#define CHECK_MS      1000
#define CLOSE_POLL_MS 20
/* Closing a consumer can hang in librdkafka: then the process just ends, which loses nothing. */
#define CLOSE_ALARM_S 10

struct options {
	struct bus_kafka_config kafka;
	const char *database_url;
	const char *owner_url;
	const char *admin_address;
	int64_t admin_port;
	const char *clock;
	bool development;
	const char *log_level;
	int64_t batch_max;
	int64_t session_timeout_ms;
	int64_t gap_timeout_ms;
	int64_t keys_max;
	const char *linger_ms;
	int64_t shutdown_timeout_ms;
	const char *crash;
};

static const struct bus_option option_table[] = {
	BUS_KAFKA_OPTIONS(struct options, kafka),
	{ .name = "BOURSE_DATABASE_URL",
	  .type = BUS_OPTION_TEXT,
	  .flags = BUS_OPTION_SECRET,
	  .offset = offsetof(struct options, database_url),
	  .help = "PostgreSQL connection of the application role (DML alone)." },
	{ .name = "BOURSE_OWNER_URL",
	  .type = BUS_OPTION_TEXT,
	  .flags = BUS_OPTION_SECRET,
	  .offset = offsetof(struct options, owner_url),
	  .help = "PostgreSQL connection of the owner role; for --migrate alone." },
	{ .name = "BOURSE_ADMIN_ADDRESS",
	  .type = BUS_OPTION_TEXT,
	  .offset = offsetof(struct options, admin_address),
	  .fallback = "127.0.0.1",
	  .help = "Address of /healthz, /readyz and /metrics." },
	{ .name = "BOURSE_ADMIN_PORT",
	  .type = BUS_OPTION_INT,
	  .offset = offsetof(struct options, admin_port),
	  .fallback = "0",
	  .max = 65535,
	  .help = "Port of the same; 0 takes a free one and logs it." },
	{ .name = "BOURSE_CLOCK",
	  .type = BUS_OPTION_TEXT,
	  .offset = offsetof(struct options, clock),
	  .fallback = "broker",
	  .help = "broker: the append time of records. event: their ce_time, for history." },
	{ .name = "BOURSE_DEVELOPMENT",
	  .type = BUS_OPTION_BOOL,
	  .offset = offsetof(struct options, development),
	  .fallback = "false",
	  .help = "true allows topics that could lose what they acknowledged." },
	{ .name = "BOURSE_LOG_LEVEL",
	  .type = BUS_OPTION_TEXT,
	  .offset = offsetof(struct options, log_level),
	  .fallback = "info",
	  .help = "debug, info, warn or error." },
	{ .name = "BOURSE_BATCH_MAX",
	  .type = BUS_OPTION_INT,
	  .offset = offsetof(struct options, batch_max),
	  .fallback = "2000",
	  .min = 1,
	  .max = 100000,
	  .help = "Records of one transaction at most." },
	{ .name = "BOURSE_SESSION_TIMEOUT",
	  .type = BUS_OPTION_DURATION_MS,
	  .offset = offsetof(struct options, session_timeout_ms),
	  .fallback = "10s",
	  .min = 1000,
	  .max = 300000,
	  .help = "After this silence the group gives a member's partitions to others." },
	{ .name = "BOURSE_GAP_TIMEOUT",
	  .type = BUS_OPTION_DURATION_MS,
	  .offset = offsetof(struct options, gap_timeout_ms),
	  .fallback = "60s",
	  .min = 100,
	  .max = 86400000,
	  .help = "How long a missing message is waited for before its partition stops." },
	{ .name = "BOURSE_KEYS_MAX",
	  .type = BUS_OPTION_INT,
	  .offset = offsetof(struct options, keys_max),
	  .fallback = "100000",
	  .min = 1,
	  .max = 100000000,
	  .help = "Keys kept in memory before all are dropped and loaded anew." },
	{ .name = "BOURSE_LINGER_MS",
	  .type = BUS_OPTION_TEXT,
	  .offset = offsetof(struct options, linger_ms),
	  .fallback = "1",
	  .help = "How long the producer gathers messages, in milliseconds; decimals are taken." },
	{ .name = "BOURSE_CRASH",
	  .type = BUS_OPTION_TEXT,
	  .offset = offsetof(struct options, crash),
	  .fallback = "",
	  .help = "For tests: die or freeze at a point, point[:nth][:kill|stop]; x lists them." },
	{ .name = "BOURSE_SHUTDOWN_TIMEOUT",
	  .type = BUS_OPTION_DURATION_MS,
	  .offset = offsetof(struct options, shutdown_timeout_ms),
	  .fallback = "15s",
	  .min = 100,
	  .max = 600000,
	  .help = "How long a shutdown waits for what is in flight." },
};

struct program {
	const struct bus_service *service;
	struct options options;
	struct bus__settings settings;
	const struct bus_processor *chosen[ENGINES_MAX];
	size_t chosen_count;
	char owner[128];
	struct event_base *base;
	struct event *on_term, *on_int, *check, *close_poll;
	struct bus_metrics *metrics;
	struct bus_admin *admin;
	struct bus__producer *producer;
	struct bus__engine *engines[ENGINES_MAX];
	size_t engine_count;
	char waiting[256]; /* before the engines are born */
	bool closing;
	int64_t deadline;
	int status;
};

/* ---- command line ---- */

static void usage(const struct bus_service *service, FILE *out)
{
	fprintf(out,
		"%s: %s\n\n"
		"  %s                        run until SIGTERM\n"
		"  %s --processors A,B       run only these of its processors:",
		service->name, service->what, service->name, service->name);
	for (size_t i = 0; service->processors[i]; i++)
		fprintf(out, " %s", service->processors[i]->name);
	fprintf(out,
		"\n  %s --migrate              bring the schema up to date, then end\n"
		"  %s --help\n\n"
		"Configuration is taken from the environment:\n\n",
		service->name, service->name);
	bus_config_help(option_table, BUS_ARRAY_LEN(option_table), out);
	fprintf(out,
		"\nExample:\n"
		"  BOURSE_KAFKA_BOOTSTRAP=localhost:9092 \\\n"
		"  BOURSE_DATABASE_URL=postgresql://bourse_app@localhost/bourse %s\n\n"
		"Exit status: 0 after a clean end, 1 failed, 2 usage.\n",
		service->name);
}

static bool choose(struct program *program, const char *names)
{
	const struct bus_processor *const *all = program->service->processors;

	for (size_t i = 0; all[i]; i++) {
		size_t len = strlen(all[i]->name);
		const char *at = names;

		while (at && !(strncmp(at, all[i]->name, len) == 0 &&
			       (at[len] == '\0' || at[len] == ','))) {
			at = strchr(at, ',');
			at = at ? at + 1 : NULL;
		}
		if (!names || at)
			program->chosen[program->chosen_count++] = all[i];
	}
	return program->chosen_count > 0;
}

/* ---- schema ---- */

static PGconn *connect_blocking(const char *url, const char *name)
{
	const char *const keys[] = { "dbname", "connect_timeout", "application_name", NULL };
	const char *const values[] = { url, "2", name, NULL };

	return PQconnectdbParams(keys, values, 1);
}

static int migrate(const struct bus_service *service, const char *url)
{
	PGconn *conn;
	int rc;

	if (!url || !*url) {
		fprintf(stderr, "%s: --migrate needs BOURSE_OWNER_URL\n", service->name);
		return 2;
	}
	conn = connect_blocking(url, service->name);
	if (PQstatus(conn) != CONNECTION_OK) {
		bus_log(BUS_LOG_ERROR, "cannot migrate", "why=\"%s\"", PQerrorMessage(conn));
		PQfinish(conn);
		return 1;
	}
	rc = bus_migrate(conn, "bus", bus_migrations, bus_migrations_count);
	bus__crash(BUS__CRASH_MIGRATING);
	if (!rc)
		rc = bus_migrate(conn, service->name, service->migrations,
				 service->migration_count);
	bus__crash(BUS__CRASH_MIGRATED);
	PQfinish(conn);
	if (!rc)
		bus_log(BUS_LOG_INFO, "schema is up to date", "component=%s", service->name);
	return rc ? 1 : 0;
}

/* 0, or why the schema cannot be used yet; BUS_ERR_SCHEMA_NEWER is final. */
static int check_schema(struct program *program)
{
	PGconn *conn = connect_blocking(program->options.database_url, program->service->name);
	int rc = BUS_ERR_DB_AWAY;

	if (PQstatus(conn) == CONNECTION_OK) {
		rc = bus_migrate_check(conn, "bus", bus_migrations, bus_migrations_count);
		if (!rc)
			rc = bus_migrate_check(conn, program->service->name,
					       program->service->migrations,
					       program->service->migration_count);
		snprintf(program->waiting, sizeof(program->waiting), "%s", bus_err_text(rc));
	} else {
		snprintf(program->waiting, sizeof(program->waiting), "the database is away: %.200s",
			 PQerrorMessage(conn));
		program->waiting[strcspn(program->waiting, "\n")] = '\0';
	}
	PQfinish(conn);
	return rc;
}

/* ---- running ---- */

static void fail(struct program *program, const char *what)
{
	bus_log(BUS_LOG_ERROR, "fatal", "why=\"%s\"", what);
	program->status = 1;
	event_base_loopbreak(program->base);
}

static void start_engines(struct program *program)
{
	program->waiting[0] = '\0';
	program->producer =
		bus__producer_new(program->base, &program->settings, program->service->name);
	if (!program->producer) {
		fail(program, "the Kafka settings are not usable");
		return;
	}
	for (size_t i = 0; i < program->chosen_count; i++)
		program->engines[program->engine_count++] =
			bus__engine_new(program->base, program->chosen[i], &program->settings,
					program->producer, program->metrics);
}

static void on_check(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;
	char before[sizeof(program->waiting)];
	int rc;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < program->engine_count; i++) {
		bus__engine_measure(program->engines[i]);
		if (program->engines[i]->fatal)
			fail(program, bus_err_text(program->engines[i]->fatal));
	}
	if (program->engine_count || program->closing)
		return;
	memcpy(before, program->waiting, sizeof(before));
	rc = check_schema(program);
	if (!rc)
		start_engines(program);
	else if (bus_err_class(rc) != BUS_CLASS_RETRY)
		fail(program, bus_err_text(rc));
	else if (strcmp(before, program->waiting) != 0)
		bus_log(BUS_LOG_WARN, "waiting", "why=\"%s\"", program->waiting);
}

static bool ready(void *arg, struct evbuffer *why)
{
	struct program *program = arg;
	bool all = program->engine_count > 0 && !program->closing;

	if (!program->engine_count)
		evbuffer_add_printf(why, "%s\n",
				    program->waiting[0] ? program->waiting : "starting");
	if (program->closing)
		evbuffer_add_printf(why, "shutting down\n");
	for (size_t i = 0; i < program->engine_count; i++)
		all = bus__engine_ready(program->engines[i], why) && all;
	return all;
}

/* ---- shutdown ---- */

static void on_close_poll(evutil_socket_t fd, short what, void *arg)
{
	struct program *program = arg;
	bool quiet = true;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < program->engine_count; i++)
		quiet = bus__engine_quiet(program->engines[i]) && quiet;
	if (quiet || bus_time_monotonic() > program->deadline)
		event_base_loopbreak(program->base);
}

static void on_signal(evutil_socket_t signal, short what, void *arg)
{
	struct program *program = arg;
	struct timeval poll = { 0, CLOSE_POLL_MS * 1000 };

	(void)what;
	if (program->closing) {
		bus_log(BUS_LOG_WARN, "second signal: ends at once", "signal=%d", (int)signal);
		_exit(0);
	}
	program->closing = true;
	program->deadline = bus_time_monotonic() + program->options.shutdown_timeout_ms * 1000;
	bus_log(BUS_LOG_INFO, "shutting down", "signal=%d", (int)signal);
	for (size_t i = 0; i < program->engine_count; i++)
		bus__engine_close(program->engines[i]);
	event_add(program->close_poll, &poll);
}

static void on_alarm(int signal)
{
	(void)signal;
	_exit(0);
}

static void release(struct program *program)
{
	signal(SIGALRM, on_alarm);
	alarm(CLOSE_ALARM_S);
	bus__producer_give_up(program->producer);
	for (size_t i = 0; i < program->engine_count; i++)
		bus__engine_free(program->engines[i]);
	bus__producer_free(program->producer);
	bus_admin_free(program->admin);
	bus_metrics_free(program->metrics);
	event_free(program->on_term);
	event_free(program->on_int);
	event_free(program->check);
	event_free(program->close_poll);
	event_base_free(program->base);
}

static int run(struct program *program)
{
	struct timeval check = { CHECK_MS / 1000, (CHECK_MS % 1000) * 1000 };
	struct bus_admin_probe probe = { .ready = ready, .arg = program };

	signal(SIGPIPE, SIG_IGN);
	program->base = event_base_new();
	bus_assert(program->base);
	program->metrics = bus_metrics_new();
	program->on_term = evsignal_new(program->base, SIGTERM, on_signal, program);
	program->on_int = evsignal_new(program->base, SIGINT, on_signal, program);
	program->check = event_new(program->base, -1, EV_PERSIST, on_check, program);
	program->close_poll = event_new(program->base, -1, EV_PERSIST, on_close_poll, program);
	event_add(program->on_term, NULL);
	event_add(program->on_int, NULL);
	event_add(program->check, &check);
	event_active(program->check, EV_TIMEOUT, 0);
	probe.metrics = program->metrics;
	program->admin = bus_admin_new(program->base, program->options.admin_address,
				       (uint16_t)program->options.admin_port, &probe);
	if (!program->admin) {
		program->status = 1;
	} else {
		bus_log(BUS_LOG_INFO, "started", "admin=%s:%u clock=%s owner=%s",
			program->options.admin_address, bus_admin_port(program->admin),
			program->options.clock, program->owner);
		event_base_dispatch(program->base);
	}
	release(program);
	bus_log(BUS_LOG_INFO, "ended", "status=%d", program->status);
	return program->status;
}

static bool configure(struct program *program)
{
	struct options *options = &program->options;
	enum bus_log_level level;
	char host[64] = "";
	int64_t linger;

	if (bus_config_load(option_table, BUS_ARRAY_LEN(option_table), options, stderr))
		return false;
	if (bus_kafka_check(&options->kafka, stderr))
		return false;
	if (!bus_log_parse_level(options->log_level, &level)) {
		fprintf(stderr, "BOURSE_LOG_LEVEL=%s: debug, info, warn or error is expected\n",
			options->log_level);
		return false;
	}
	if (strcmp(options->clock, "broker") != 0 && strcmp(options->clock, "event") != 0) {
		fprintf(stderr, "BOURSE_CLOCK=%s: broker or event is expected\n", options->clock);
		return false;
	}
	if (!bus_micros_parse(options->linger_ms, strlen(options->linger_ms), &linger) ||
	    linger < 0 || linger > 1000 * BUS_MICROS) {
		fprintf(stderr, "BOURSE_LINGER_MS=%s: a number from 0 to 1000 is expected\n",
			options->linger_ms);
		return false;
	}
	bus_log_init(program->service->name, level);
	gethostname(host, sizeof(host) - 1);
	snprintf(program->owner, sizeof(program->owner), "%s/%d", host, (int)getpid());
	program->settings = (struct bus__settings){
		.kafka = options->kafka,
		.database_url = options->database_url,
		.owner = program->owner,
		.event_clock = strcmp(options->clock, "event") == 0,
		.development = options->development,
		.batch_max = options->batch_max,
		.session_timeout_ms = options->session_timeout_ms,
		.gap_ms = options->gap_timeout_ms,
		.keys_max = options->keys_max,
		.linger_ms = options->linger_ms,
	};
	return true;
}

int bus_service_main(const struct bus_service *service, int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "migrate", no_argument, NULL, 'm' },
		{ "processors", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct program program = { .service = service };
	const char *names = NULL, *owner_url;
	bool only_migrate = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (c) {
		case 'm':
			only_migrate = true;
			break;
		case 'p':
			names = optarg;
			break;
		case 'h':
			usage(service, stdout);
			return 0;
		default:
			fprintf(stderr, "Try `%s --help`.\n", service->name);
			return 2;
		}
	}
	if (optind < argc || !choose(&program, names)) {
		fprintf(stderr, "%s: %s. Try `%s --help`.\n", service->name,
			optind < argc ? "no arguments are expected" : "no such processor",
			service->name);
		return 2;
	}
	if (!bus__crash_init())
		return 2;
	if (only_migrate) {
		bus_log_init(service->name, BUS_LOG_INFO);
		owner_url = getenv("BOURSE_OWNER_URL");
		return migrate(service, owner_url);
	}
	if (!configure(&program))
		return 2;
	if (!program.options.database_url[0]) {
		fprintf(stderr, "BOURSE_DATABASE_URL is not set\n");
		return 2;
	}
	return run(&program);
}
