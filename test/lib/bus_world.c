/* See bus_world.h. The stack is driven through its script; Kafka and PostgreSQL through their
 * clients. */
#include "lib/bus_world.h"

#include <check.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "bus/kafka.h"

#define READ_SECONDS   60
#define ADMIN_MS       20000
#define PARTITIONS_MAX 64

void world_sleep(int64_t ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* ---- the stack ---- */

static const char *need_env(const char *name)
{
	const char *value = getenv(name);

	ck_assert_msg(value && *value, "%s is not set: run it by `make check ONLY=...`", name);
	return value;
}

static int stack(const struct world *w, const char *command)
{
	char line[2048];

	snprintf(line, sizeof(line), "'%s' %s --dir '%s' --build '%s' --quiet >>'%s.log' 2>&1",
		 need_env("BOURSE_STACK"), command, w->dir, need_env("BOURSE_BUILD"), w->dir);
	return system(line);
}

void world_stack(struct world *w, const char *fmt, ...)
{
	char command[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	ck_assert_msg(stack(w, command) == 0, "stack %s failed; see %s.log", command, w->dir);
}

void world_up(struct world *w, const char *name, const char *up_options)
{
	char command[256];

	memset(w, 0, sizeof(*w));
	snprintf(w->dir, sizeof(w->dir), "%s/%s", need_env("BOURSE_TEST_TMP"), name);
	snprintf(command, sizeof(command), "up %s", up_options);
	if (stack(w, command) != 0) {
		fprintf(stderr, "the stack does not start; see %s.log\n", w->dir);
		exit(EXIT_FAILURE);
	}
	w->started = true;
}

void world_down(struct world *w)
{
	world_close(w);
	if (w->started)
		(void)stack(w, "down");
	w->started = false;
}

char *world_env(const struct world *w, const char *key)
{
	char path[600], line[1024], *value = NULL;
	size_t len = strlen(key);
	FILE *file;

	snprintf(path, sizeof(path), "%s/env", w->dir);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (!value && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, key, len) == 0 && line[len] == '=')
			value = bus_strdup(line + len + 1);
	}
	(void)fclose(file);
	ck_assert_msg(value, "%s has no %s", path, key);
	return value;
}

int world_pid(const struct world *w, const char *part)
{
	char path[600];
	char text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/pid/%s", w->dir, part);
	file = fopen(path, "r");
	ck_assert_msg(file, "%s does not run", part);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	(void)fclose(file);
	return (int)strtol(text, NULL, 10);
}

bool world_logged(const struct world *w, const char *part, const char *text)
{
	char path[600], line[4096];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/log/%s.log", w->dir, part);
	file = fopen(path, "r");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, text) != NULL;
	(void)fclose(file);
	return found;
}

/* ---- the admin port ---- */

static int port_of(const struct world *w, const char *part)
{
	char key[64] = "BOURSE_", *value;
	size_t at = strlen(key);
	int port;

	for (const char *c = strncmp(part, "svc-", 4) == 0 ? part + 4 : part; *c; c++)
		key[at++] = (char)(*c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	snprintf(key + at, sizeof(key) - at, "_ADMIN_PORT");
	value = world_env(w, key);
	port = (int)strtol(value, NULL, 10);
	free(value);
	return port;
}

static size_t exchange(int fd, const char *request, char *answer, size_t size)
{
	size_t len = 0;
	ssize_t got;

	if (write(fd, request, strlen(request)) < 0)
		return 0;
	while (len + 1 < size && (got = read(fd, answer + len, size - len - 1)) > 0)
		len += (size_t)got;
	answer[len] = '\0';
	return len;
}

/* The whole answer; owned by the caller. NULL without one. */
static char *http_get(const struct world *w, const char *part, const char *path)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port_of(w, part)),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval timeout = { 5, 0 };
	size_t size = (size_t)1 << 20, len = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char request[256], *answer = bus_malloc(size);

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		len = exchange(fd, request, answer, size);
	close(fd);
	if (len)
		return answer;
	free(answer);
	return NULL;
}

int world_get(const struct world *w, const char *part, const char *path, char body[WORLD_TEXT])
{
	char *answer = http_get(w, part, path), *text;
	int status;

	body[0] = '\0';
	if (!answer)
		return 0;
	text = strchr(answer, ' ');
	status = text ? (int)strtol(text, NULL, 10) : 0;
	text = strstr(answer, "\r\n\r\n");
	if (text)
		snprintf(body, WORLD_TEXT, "%s", text + 4);
	free(answer);
	return status;
}

bool world_unready(const struct world *w, const char *part, const char *text)
{
	char body[WORLD_TEXT];

	return world_get(w, part, "/readyz", body) == 503 && strstr(body, text);
}

bool world_ready(const struct world *w, const char *part)
{
	char body[WORLD_TEXT];

	return world_get(w, part, "/readyz", body) == 200;
}

double world_metric(const struct world *w, const char *part, const char *name)
{
	char *answer = http_get(w, part, "/metrics"), *line, *rest = NULL;
	size_t len = strlen(name);
	double sum = 0;

	if (!answer)
		return 0;
	for (line = strtok_r(answer, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, name, len) == 0 && (line[len] == '{' || line[len] == ' '))
			sum += strtod(strrchr(line, ' '), NULL);
	free(answer);
	return sum;
}

/* ---- Kafka: topics ---- */

static rd_kafka_conf_t *client_conf(const struct world *w)
{
	char *bootstrap = world_env(w, "BOURSE_KAFKA_BOOTSTRAP");
	struct bus_kafka_config config = { .bootstrap = bootstrap };
	rd_kafka_conf_t *conf = bus_kafka_conf(&config, "test");

	free(bootstrap);
	return conf;
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *arg)
{
	struct world *w = arg;

	(void)rk;
	if (message->err)
		w->failed++;
	else
		w->acked++;
}

static rd_kafka_t *producer(struct world *w)
{
	rd_kafka_conf_t *conf;

	if (w->producer)
		return w->producer;
	conf = client_conf(w);
	bus_kafka_producer_settings(conf, "2");
	rd_kafka_conf_set_dr_msg_cb(conf, on_report);
	rd_kafka_conf_set_opaque(conf, w);
	w->producer = bus_kafka_new(RD_KAFKA_PRODUCER, conf);
	ck_assert_ptr_nonnull(w->producer);
	return w->producer;
}

void world_close(struct world *w)
{
	if (w->producer)
		rd_kafka_destroy(w->producer);
	if (w->reader)
		rd_kafka_destroy_flags(w->reader, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	w->producer = w->reader = NULL;
	w->sent = w->acked = w->failed = 0;
}

static const char *topic_errors(const rd_kafka_topic_result_t **results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rd_kafka_topic_result_error(results[i]))
			return rd_kafka_err2name(rd_kafka_topic_result_error(results[i]));
	return NULL;
}

static rd_kafka_event_t *admin_result(rd_kafka_queue_t *queue, const char *what, const char *topic)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS);

	ck_assert_msg(event && !rd_kafka_event_error(event), "%s %s: %s", what, topic,
		      event ? rd_kafka_event_error_string(event) : "no answer");
	return event;
}

void world_topic(struct world *w, const char *topic, int partitions, const char *const *config)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(producer(w));
	rd_kafka_NewTopic_t *request = rd_kafka_NewTopic_new(topic, partitions, 1, NULL, 0);
	const rd_kafka_topic_result_t **results;
	rd_kafka_event_t *event;
	const char *error;
	size_t count;

	for (; config && config[0]; config += 2)
		rd_kafka_NewTopic_set_config(request, config[0], config[1]);
	rd_kafka_CreateTopics(w->producer, &request, 1, NULL, queue);
	event = admin_result(queue, "create", topic);
	results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event),
						      &count);
	error = topic_errors(results, count);
	ck_assert_msg(!error, "create %s: %s", topic, error ? error : "");
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(request);
	rd_kafka_queue_destroy(queue);
}

void world_topic_delete(struct world *w, const char *topic)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(producer(w));
	rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(topic);
	const rd_kafka_topic_result_t **results;
	rd_kafka_event_t *event;
	const char *error;
	size_t count;

	rd_kafka_DeleteTopics(w->producer, &request, 1, NULL, queue);
	event = admin_result(queue, "delete", topic);
	results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event),
						      &count);
	error = topic_errors(results, count);
	ck_assert_msg(!error, "delete %s: %s", topic, error ? error : "");
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy(request);
	rd_kafka_queue_destroy(queue);
}

void world_topic_config(struct world *w, const char *topic, const char *name, const char *value)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(producer(w));
	rd_kafka_ConfigResource_t *request =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
	rd_kafka_event_t *event;
	const rd_kafka_ConfigResource_t **results;
	size_t count;

	if (value)
		rd_kafka_ConfigResource_set_config(request, name, value);
	rd_kafka_AlterConfigs(w->producer, &request, 1, NULL, queue);
	event = admin_result(queue, "alter", topic);
	results = rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event),
							 &count);
	ck_assert_msg(count == 1 && !rd_kafka_ConfigResource_error(results[0]), "alter %s: %s",
		      topic, rd_kafka_ConfigResource_error_string(results[0]));
	rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy(request);
	rd_kafka_queue_destroy(queue);
}

/* ---- Kafka: records ---- */

void world_send(struct world *w, const struct world_record *record)
{
	rd_kafka_t *rk = producer(w);
	rd_kafka_resp_err_t err;

	do {
		rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);

		for (size_t i = 0; i < record->header_count; i++)
			rd_kafka_header_add(headers, record->headers[i].name, -1,
					    record->headers[i].value.data,
					    (ssize_t)record->headers[i].value.len);
		err = rd_kafka_producev(
			rk, RD_KAFKA_V_TOPIC(record->topic),
			RD_KAFKA_V_PARTITION(record->partition),
			RD_KAFKA_V_KEY(record->key.data, record->key.len),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.data, record->value.len),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
			RD_KAFKA_V_END);
		if (err)
			rd_kafka_headers_destroy(headers);
		rd_kafka_poll(rk, err == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
	} while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL);
	ck_assert_msg(!err, "send to %s: %s", record->topic, rd_kafka_err2str(err));
	w->sent++;
}

void world_flush(struct world *w, int seconds)
{
	if (!w->producer)
		return;
	ck_assert_msg(!rd_kafka_flush(w->producer, seconds * 1000),
		      "records were not acknowledged");
	ck_assert_int_eq(w->failed, 0);
	ck_assert_int_eq(w->acked, w->sent);
}

static int32_t partitions_of(rd_kafka_t *rk, const char *topic)
{
	rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
	const rd_kafka_metadata_t *metadata;
	rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, rkt, &metadata, ADMIN_MS);
	int32_t count;

	ck_assert_msg(!err, "metadata of %s: %s", topic, rd_kafka_err2str(err));
	count = metadata->topics[0].partition_cnt;
	rd_kafka_metadata_destroy(metadata);
	rd_kafka_topic_destroy(rkt);
	ck_assert_msg(count > 0 && count <= PARTITIONS_MAX, "%s has %d partitions", topic, count);
	return count;
}

static rd_kafka_t *reader(struct world *w)
{
	rd_kafka_conf_t *conf;

	if (w->reader)
		return w->reader;
	conf = client_conf(w);
	bus_kafka_set(conf, "group.id", "test");
	bus_kafka_set(conf, "enable.auto.commit", "false");
	bus_kafka_set(conf, "enable.partition.eof", "true");
	bus_kafka_set(conf, "auto.offset.reset", "error");
	bus_kafka_set(conf, "fetch.wait.max.ms", "10");
	w->reader = bus_kafka_new(RD_KAFKA_CONSUMER, conf);
	ck_assert_ptr_nonnull(w->reader);
	rd_kafka_poll_set_consumer(w->reader);
	return w->reader;
}

void world_read(struct world *w, const char *topic, world_record_fn fn, void *arg)
{
	int64_t deadline = bus_time_monotonic() + READ_SECONDS * BUS_SECOND;
	rd_kafka_t *rk = reader(w);
	int32_t count = partitions_of(rk, topic);

	/* One partition after the other, so that the order is the same every time. */
	for (int32_t i = 0; i < count; i++) {
		rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
		bool ended = false;

		rd_kafka_topic_partition_list_add(list, topic, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
		rd_kafka_assign(rk, list);
		rd_kafka_topic_partition_list_destroy(list);
		while (!ended) {
			rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 100);

			ck_assert_msg(bus_time_monotonic() < deadline, "%s/%d has no end", topic,
				      i);
			if (!message)
				continue;
			ended = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF &&
				message->partition == i;
			if (!message->err && message->partition == i)
				fn(arg, message);
			rd_kafka_message_destroy(message);
		}
	}
	rd_kafka_assign(rk, NULL);
}

int64_t world_end(struct world *w, const char *topic, int32_t partition)
{
	rd_kafka_t *rk = reader(w);
	int64_t low = 0, high = -1;
	rd_kafka_resp_err_t err =
		rd_kafka_query_watermark_offsets(rk, topic, partition, &low, &high, ADMIN_MS);

	ck_assert_msg(!err, "end of %s/%d: %s", topic, partition, rd_kafka_err2str(err));
	return high;
}

/* ---- the reader's rule ---- */

#define WAITING_MAX 100000

/* What waits is kept by position in the topic: the topic is read again until nothing moves on. */
struct rule {
	const char *source;
	world_record_fn fn;
	void *arg;
	struct bus_high_water marks[PARTITIONS_MAX]
				   [PARTITIONS_MAX]; /* [of the source][read from] */
	struct world_readings count;
	int32_t partition;
	struct {
		int32_t partition;
		int64_t offset;
	} * waiting;
	size_t waiting_count;
	bool again; /* only what waits is looked at */
	size_t filled;
};

static size_t waits(const struct rule *rule, const rd_kafka_message_t *message)
{
	size_t i = 0;

	while (i < rule->waiting_count && (rule->waiting[i].partition != message->partition ||
					   rule->waiting[i].offset != message->offset))
		i++;
	return i;
}

static void apply(void *arg, const rd_kafka_message_t *message)
{
	struct rule *rule = arg;
	size_t at = rule->again ? waits(rule, message) : rule->waiting_count;
	struct bus_ce ce;
	int32_t source;

	if (rule->again && at == rule->waiting_count)
		return;
	bus_ce_read(message, &ce);
	source = ce.source.len ? bus_source_partition(ce.source, rule->source) : -1;
	if (source < 0 || source >= PARTITIONS_MAX) {
		rule->count.foreign++;
		return;
	}
	switch (bus_read(&rule->marks[source][message->partition], &ce)) {
	case BUS_READ_NEXT:
		rule->count.next++;
		rule->fn(rule->arg, message);
		break;
	case BUS_READ_OPENING:
		rule->count.openings++;
		break;
	case BUS_READ_REPEAT:
		rule->count.repeats++;
		break;
	case BUS_READ_VOID:
		rule->count.voids++;
		break;
	case BUS_READ_FOREIGN:
		rule->count.foreign++;
		break;
	case BUS_READ_AHEAD:
		if (rule->again)
			return;
		ck_assert_uint_lt(rule->waiting_count, WAITING_MAX);
		rule->waiting[rule->waiting_count].partition = message->partition;
		rule->waiting[rule->waiting_count++].offset = message->offset;
		return;
	}
	if (rule->again) {
		rule->waiting[at] = rule->waiting[--rule->waiting_count];
		rule->filled++;
	}
}

struct world_readings world_read_rule(struct world *w, const char *topic, const char *source,
				      world_record_fn fn, void *arg)
{
	struct rule *rule = bus_calloc(1, sizeof(*rule));
	struct world_readings count;

	rule->source = source;
	rule->fn = fn;
	rule->arg = arg;
	rule->waiting = bus_calloc(WAITING_MAX, sizeof(*rule->waiting));
	do {
		rule->filled = 0;
		world_read(w, topic, apply, rule);
		rule->again = true;
	} while (rule->waiting_count && rule->filled);
	rule->count.waiting = (int64_t)rule->waiting_count;
	count = rule->count;
	free(rule->waiting);
	free(rule);
	return count;
}

/* ---- PostgreSQL ---- */

static PGconn *connect_to(const struct world *w, const char *database)
{
	char *url = world_env(w, "BOURSE_TEST_PG_URL"), *slash = strrchr(url, '/');
	char whole[1024];
	PGconn *conn;

	snprintf(whole, sizeof(whole), "%.*s/%s", (int)(slash - url), url, database);
	conn = PQconnectdb(whole);
	free(url);
	ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s", PQerrorMessage(conn));
	return conn;
}

static void query(const struct world *w, const char *database, char out[WORLD_TEXT],
		  const char *fmt, va_list args)
{
	PGconn *conn = connect_to(w, database);
	char sql[WORLD_TEXT];
	PGresult *result;
	ExecStatusType status;

	ck_assert_int_lt(vsnprintf(sql, sizeof(sql), fmt, args), (int)sizeof(sql));
	result = PQexec(conn, sql);
	status = PQresultStatus(result);
	ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
		      PQerrorMessage(conn));
	out[0] = '\0';
	if (PQntuples(result) > 0)
		snprintf(out, WORLD_TEXT, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(conn);
}

int64_t world_number(const struct world *w, const char *database, const char *fmt, ...)
{
	char text[WORLD_TEXT];
	va_list args;

	va_start(args, fmt);
	query(w, database, text, fmt, args);
	va_end(args);
	return strtoll(text, NULL, 10);
}

void world_text(const struct world *w, const char *database, char out[WORLD_TEXT], const char *fmt,
		...)
{
	va_list args;

	va_start(args, fmt);
	query(w, database, out, fmt, args);
	va_end(args);
}

void world_exec(const struct world *w, const char *database, const char *fmt, ...)
{
	char text[WORLD_TEXT];
	va_list args;

	va_start(args, fmt);
	query(w, database, text, fmt, args);
	va_end(args);
}
