/* The stack and its stores; see mesh.h. The topics are in mesh_bus.c. */
#include "mesh.h"

#include <arpa/inet.h>
#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bus/time.h"

#define DEADLINE (90 * BUS_SECOND)
#define POLL_MS	 25

static const char *const databases[] = { "USERS", "ORDERS", "PORTFOLIO", "MARKETDATA", "NOTIFY" };

/* ---- the stack ---- */

static const char *setting(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

/* Runs a line of shell; its exit status; what it prints goes to *out, or to our output. */
static int shell(const char *line, char **out)
{
	size_t len = 0, capacity = 65536;
	FILE *pipe = popen(line, "r");
	size_t n;
	int status;

	ck_assert_ptr_nonnull(pipe);
	char *text = bus_malloc(capacity);
	while ((n = fread(text + len, 1, capacity - len - 1, pipe)) > 0) {
		len += n;
		if (capacity - len < 4096)
			text = bus_realloc(text, capacity *= 2);
	}
	text[len] = '\0';
	status = pclose(pipe);
	if (out)
		*out = text;
	else
		printf("%s", text);
	if (!out)
		free(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void mesh_stack(const struct mesh *mesh, const char *fmt, ...)
{
	char command[512], line[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	/* The dir and the build stand first: what follows `--` is the part's own. */
	snprintf(line, sizeof(line),
		 "set -- %s; c=$1; shift; '%s' \"$c\" --dir '%s' --build '%s' \"$@\" 2>&1", command,
		 setting("BOURSE_STACK", "test/stack/stack"), mesh->dir,
		 setting("BOURSE_BUILD", "build"));
	ck_assert_msg(shell(line, NULL) == 0, "stack %s failed", command);
}

int mesh_bourse(const struct mesh *mesh, char **out, const char *fmt, ...)
{
	char command[1024], line[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	snprintf(line, sizeof(line), "'%s' exec --dir '%s' '%s/bourse' %s 2>&1",
		 setting("BOURSE_STACK", "test/stack/stack"), mesh->dir,
		 setting("BOURSE_BUILD", "build"), command);
	return shell(line, out);
}

void mesh_up(struct mesh *mesh, const char *name, const char *what)
{
	const char *tmp = getenv("BOURSE_TEST_TMP");
	char made[] = "/tmp/bourse-mesh.XXXXXX";

	*mesh = (struct mesh){ 0 };
	if (!tmp || !*tmp) {
		tmp = mkdtemp(made);
		ck_assert_ptr_nonnull(tmp);
		ck_assert_int_eq(chmod(tmp, 0755), 0);
	}
	snprintf(mesh->dir, sizeof(mesh->dir), "%s/%s", tmp, name);
	mesh_stack(mesh, "%s --quiet", what);
}

void mesh_down(struct mesh *mesh)
{
	mesh_leave(mesh);
	mesh_stack(mesh, "down --wipe --quiet");
}

char *mesh_env(const struct mesh *mesh, const char *key)
{
	char path[600], line[2048];
	size_t len = strlen(key);
	char *value = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "%s/env", mesh->dir);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s cannot be opened", path);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, len) != 0 || line[len] != '=')
			continue;
		line[strcspn(line, "\n")] = '\0';
		free(value);
		value = bus_strdup(line + len + 1);
	}
	(void)fclose(file);
	ck_assert_msg(value != NULL, "%s has no %s", path, key);
	return value;
}

void mesh_leave(struct mesh *mesh)
{
	for (size_t i = 0; i < MESH_STORES; i++) {
		PQfinish(mesh->stores[i]);
		mesh->stores[i] = NULL;
	}
	if (mesh->producer)
		rd_kafka_destroy(mesh->producer);
	if (mesh->raw)
		rd_kafka_destroy(mesh->raw);
	mesh->producer = mesh->raw = NULL;
}

/* ---- waiting ---- */

void mesh_pause(int ms)
{
	struct timespec rest = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&rest, NULL);
}

void mesh_until(struct mesh *mesh, mesh_condition condition, void *arg, const char *what)
{
	int64_t end = bus_time_monotonic() + DEADLINE;

	while (!condition(mesh, arg)) {
		if (bus_time_monotonic() > end)
			ck_abort_msg("it never came to this: %s", what);
		mesh_pause(POLL_MS);
	}
}

static int admin_port(const struct mesh *mesh, const char *part)
{
	const char *name = strncmp(part, "svc-", 4) == 0 ? part + 4 : part;
	char key[64], *value;
	int port, i = 0;

	for (; *name && i < 30; name++)
		key[i++] = (char)(*name == '-'			 ? '_'
				  : *name >= 'a' && *name <= 'z' ? *name - 'a' + 'A'
								 : *name);
	key[i] = '\0';
	char whole[96];
	snprintf(whole, sizeof(whole), "BOURSE_%s_ADMIN_PORT", key);
	value = mesh_env(mesh, whole);
	port = (int)strtol(value, NULL, 10);
	free(value);
	return port;
}

static int talk(int fd, const char *path, char **body)
{
	size_t len = 0, capacity = 1 << 20;
	char *text = bus_malloc(capacity), request[128], *end;
	int status = 0, request_len;
	ssize_t n;

	request_len =
		snprintf(request, sizeof(request),
			 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
	if (write(fd, request, (size_t)request_len) == request_len)
		while (len + 1 < capacity && (n = read(fd, text + len, capacity - len - 1)) > 0)
			len += (size_t)n;
	text[len] = '\0';
	if (strncmp(text, "HTTP/1.", 7) == 0)
		status = (int)strtol(text + 9, NULL, 10);
	end = strstr(text, "\r\n\r\n");
	*body = bus_strdup(end ? end + 4 : "");
	free(text);
	return status;
}

int mesh_http(const struct mesh *mesh, const char *part, const char *path, char **body)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)admin_port(mesh, part)) };
	struct timeval patience = { 5, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = 0;

	ck_assert_int_ge(fd, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	*body = NULL;
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		status = talk(fd, path, body);
	if (!*body)
		*body = bus_strdup("");
	close(fd);
	return status;
}

/* What a part has said last: the stack and its logs are gone when somebody asks why. */
static void print_log(const struct mesh *mesh, const char *part)
{
	char line[1100];

	snprintf(line, sizeof(line), "echo '%s:'; tail -n 25 '%s/log/%s.log' | cut -c 1-400", part,
		 mesh->dir, part);
	(void)shell(line, NULL);
	(void)fflush(stdout);
}

void mesh_wait_readyz(struct mesh *mesh, const char *part, int status, const char *text)
{
	int64_t end = bus_time_monotonic() + DEADLINE;

	for (;;) {
		char *body;
		int seen = mesh_http(mesh, part, "/readyz", &body);
		bool good = seen == status && strstr(body, text);

		if (!good && bus_time_monotonic() > end) {
			print_log(mesh, part);
			ck_abort_msg("%s: /readyz says %d \"%s\", not %d \"%s\"", part, seen, body,
				     status, text);
		}
		free(body);
		if (good)
			return;
		mesh_pause(POLL_MS);
	}
}

int64_t mesh_metric(const struct mesh *mesh, const char *part, const char *name)
{
	size_t len = strlen(name);
	int64_t sum = 0;
	char *body;

	ck_assert_int_eq(mesh_http(mesh, part, "/metrics", &body), 200);
	for (char *line = body; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && (line[len] == '{' || line[len] == ' '))
			sum += strtoll(strpbrk(line, line[len] == '{' ? "}" : " ") + 1, NULL, 10);
	}
	free(body);
	return sum;
}

/* ---- stores ---- */

static PGconn *store_conn(struct mesh *mesh, enum mesh_store store)
{
	char key[64], *url;

	if (mesh->stores[store] && PQstatus(mesh->stores[store]) == CONNECTION_OK)
		return mesh->stores[store];
	PQfinish(mesh->stores[store]);
	snprintf(key, sizeof(key), "BOURSE_%s_OWNER_URL", databases[store]);
	url = mesh_env(mesh, key);
	mesh->stores[store] = PQconnectdb(url);
	free(url);
	return mesh->stores[store];
}

/* A connection that is lost is made again, until the deadline. Returns owned. */
static PGresult *run(struct mesh *mesh, enum mesh_store store, const char *sql)
{
	int64_t end = bus_time_monotonic() + DEADLINE;

	for (;;) {
		PGconn *conn = store_conn(mesh, store);
		PGresult *result = PQexec(conn, sql);
		ExecStatusType status = PQresultStatus(result);

		if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
			return result;
		if (PQstatus(conn) == CONNECTION_OK || bus_time_monotonic() > end)
			ck_abort_msg("%s: %s: %s", databases[store], sql, PQerrorMessage(conn));
		PQclear(result);
		mesh_pause(POLL_MS);
	}
}

#define FORMAT(fmt, sql)                                                                           \
	do {                                                                                       \
		va_list args;                                                                      \
		va_start(args, fmt);                                                               \
		int len_ = vsnprintf(sql, sizeof(sql), fmt, args);                                 \
		va_end(args);                                                                      \
		ck_assert(len_ > 0 && (size_t)len_ < sizeof(sql));                                 \
	} while (0)

static char *rows_text(const PGresult *result)
{
	size_t size = 1, len = 0;
	char *text;

	for (int r = 0; r < PQntuples(result); r++)
		for (int c = 0; c < PQnfields(result); c++)
			size += (size_t)PQgetlength(result, r, c) + 1;
	text = bus_malloc(size);
	for (int r = 0; r < PQntuples(result); r++)
		for (int c = 0; c < PQnfields(result); c++) {
			size_t n = (size_t)PQgetlength(result, r, c);

			memcpy(text + len, PQgetvalue(result, r, c), n);
			len += n;
			text[len++] = c + 1 < PQnfields(result) ? '|' : '\n';
		}
	text[len] = '\0';
	return text;
}

char *mesh_rows(struct mesh *mesh, enum mesh_store store, const char *fmt, ...)
{
	PGresult *result;
	char sql[8192], *text;

	FORMAT(fmt, sql);
	result = run(mesh, store, sql);
	text = rows_text(result);
	PQclear(result);
	return text;
}

static int64_t number(struct mesh *mesh, enum mesh_store store, const char *sql)
{
	PGresult *result = run(mesh, store, sql);
	int64_t value = 0;

	if (PQntuples(result) > 0 && PQnfields(result) > 0)
		value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return value;
}

int64_t mesh_number(struct mesh *mesh, enum mesh_store store, const char *fmt, ...)
{
	char sql[8192];

	FORMAT(fmt, sql);
	return number(mesh, store, sql);
}

void mesh_exec(struct mesh *mesh, enum mesh_store store, const char *fmt, ...)
{
	char sql[8192];

	FORMAT(fmt, sql);
	PQclear(run(mesh, store, sql));
}

void mesh_wait(struct mesh *mesh, enum mesh_store store, int64_t expected, const char *fmt, ...)
{
	int64_t end = bus_time_monotonic() + DEADLINE, seen;
	char sql[8192];

	FORMAT(fmt, sql);
	while ((seen = number(mesh, store, sql)) != expected) {
		if (bus_time_monotonic() > end)
			ck_abort_msg("%s: %s is %" PRId64 ", not %" PRId64, databases[store], sql,
				     seen, expected);
		mesh_pause(POLL_MS);
	}
}

char *mesh_digest(struct mesh *mesh)
{
	static const struct {
		enum mesh_store store;
		const char *tables[6];
	} all[] = {
		{ MESH_USERS,
		  { "app_user", "account", "user_role", "user_permission", "command" } },
		{ MESH_ORDERS,
		  { "book_symbol", "resting_order", "trade", "desk_account", "desk_position",
		    "customer_order" } },
		{ MESH_ORDERS, { "desk_withdrawal", "command", "refused_input", "parked_input" } },
		{ MESH_PORTFOLIO,
		  { "portfolio_account", "portfolio_position", "withdrawal", "ledger_entry",
		    "command" } },
		{ MESH_MARKET, { "instrument", "quote", "trade", "bar", "command" } },
		{ MESH_NOTIFY, { "preference", "delivery", "command" } },
	};
	char *digest = bus_calloc(1, 8192);
	size_t len = 0;

	for (size_t i = 0; i < BUS_ARRAY_LEN(all); i++)
		for (size_t t = 0; t < 6 && all[i].tables[t]; t++) {
			char *rows =
				mesh_rows(mesh, all[i].store,
					  "select '%s', count(*), sum(hashtextextended(t::text, "
					  "0)::numeric) from %s t",
					  all[i].tables[t], all[i].tables[t]);

			len += (size_t)snprintf(digest + len, 8192 - len, "%s", rows);
			ck_assert_uint_lt(len, 8192);
			free(rows);
		}
	return digest;
}

/* ---- settling ---- */

static const struct {
	enum mesh_store store;
	const char *processor, *topic;
} inputs[] = {
	{ MESH_USERS, "users", "users.commands" },
	{ MESH_ORDERS, "desk", "orders.commands" },
	{ MESH_ORDERS, "desk", "books.executions" },
	{ MESH_ORDERS, "desk", "portfolio.events" },
	{ MESH_ORDERS, "book", "books.commands" },
	{ MESH_ORDERS, "book", "market.events" },
	{ MESH_PORTFOLIO, "ledger", "portfolio.commands" },
	{ MESH_PORTFOLIO, "ledger", "orders.events" },
	{ MESH_MARKET, "market", "market.commands" },
	{ MESH_MARKET, "market", "books.events" },
	{ MESH_NOTIFY, "notify", "notify.commands" },
	{ MESH_NOTIFY, "notify", "orders.events" },
	{ MESH_NOTIFY, "notify", "portfolio.events" },
};

struct still {
	int64_t ends; /* the sum of all ends when last looked at; -1: never caught up */
	char why[256];
};

static bool caught_up(struct mesh *mesh, struct still *still, int64_t *ends)
{
	for (enum mesh_store s = MESH_USERS; s < MESH_STORES; s++)
		if (mesh_number(mesh, s,
				"select count(*) from lease where published <> sequence or stopped "
				"is not null")) {
			snprintf(still->why, sizeof(still->why), "%s publishes still",
				 databases[s]);
			return false;
		}
	for (size_t i = 0; i < BUS_ARRAY_LEN(inputs); i++)
		for (int32_t p = 0; p < MESH_PARTITIONS; p++) {
			int64_t end = mesh_end(mesh, inputs[i].topic, p);
			int64_t at =
				mesh_number(mesh, inputs[i].store,
					    "select next_offset from lease_position where "
					    "processor = '%s' and topic = '%s' and partition = %d",
					    inputs[i].processor, inputs[i].topic, p);

			*ends += end;
			if (at == end)
				continue;
			snprintf(still->why, sizeof(still->why),
				 "%s has read %s/%d to %" PRId64 " of %" PRId64,
				 inputs[i].processor, inputs[i].topic, p, at, end);
			return false;
		}
	return true;
}

/* Caught up twice, with nothing new in between: what is published is read, what is read published.
 */
static bool is_still(struct mesh *mesh, struct still *still)
{
	int64_t ends = 0, before = still->ends;

	if (!caught_up(mesh, still, &ends)) {
		still->ends = -1;
		return false;
	}
	still->ends = ends;
	return ends == before;
}

void mesh_settle(struct mesh *mesh)
{
	struct still still = { .ends = -1 };
	int64_t end = bus_time_monotonic() + 2 * DEADLINE;

	mesh_flush(mesh);
	while (!is_still(mesh, &still)) {
		if (bus_time_monotonic() > end)
			ck_abort_msg("the mesh does not come to rest: %s", still.why);
		mesh_pause(POLL_MS);
	}
}
