/*
 * The admin port over real loopback sockets in the same loop: through evhttp's client, and with raw
 * bytes where no decent client would send them.
 */
#include "bus/admin.h"

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct event_base *base;
static struct bus_metrics *metrics;
static struct bus_admin *admin;
static bool ready;
static const char *reasons;

static bool is_ready(void *arg, struct evbuffer *why)
{
	ck_assert_ptr_eq(arg, &ready);
	evbuffer_add(why, reasons, strlen(reasons));
	return ready;
}

static const struct bus_admin_probe *probe(void)
{
	static struct bus_admin_probe made;

	made = (struct bus_admin_probe){ is_ready, &ready, metrics };
	return &made;
}

static void set_up(void)
{
	base = event_base_new();
	metrics = bus_metrics_new();
	ready = true;
	reasons = "";
	admin = bus_admin_new(base, "127.0.0.1", 0, probe());
	ck_assert_ptr_nonnull(admin);
	ck_assert_int_gt(bus_admin_port(admin), 0);
}

static void tear_down(void)
{
	bus_admin_free(admin);
	bus_metrics_free(metrics);
	event_base_free(base);
}

/* What came back, as text; code 0 when nothing did. */
struct answer {
	int code;
	char type[100], length[20], body[65536];
};

static void copy_header(struct evhttp_request *request, const char *name, char *out, size_t size)
{
	const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), name);

	snprintf(out, size, "%s", value ? value : "");
}

static void on_answer(struct evhttp_request *request, void *arg)
{
	struct answer *answer = arg;

	if (request && evhttp_request_get_response_code(request)) {
		int len = evbuffer_remove(evhttp_request_get_input_buffer(request), answer->body,
					  sizeof(answer->body) - 1);

		answer->body[len < 0 ? 0 : len] = '\0';
		answer->code = evhttp_request_get_response_code(request);
		copy_header(request, "Content-Type", answer->type, sizeof(answer->type));
		copy_header(request, "Content-Length", answer->length, sizeof(answer->length));
	}
	event_base_loopbreak(base);
}

static struct answer ask(enum evhttp_cmd_type method, const char *path)
{
	struct evhttp_connection *connection =
		evhttp_connection_base_new(base, NULL, "127.0.0.1", bus_admin_port(admin));
	struct answer answer = { 0 };
	struct evhttp_request *request = evhttp_request_new(on_answer, &answer);

	evhttp_add_header(evhttp_request_get_output_headers(request), "Host", "localhost");
	ck_assert_int_eq(evhttp_make_request(connection, request, method, path), 0);
	event_base_dispatch(base);
	evhttp_connection_free(connection);
	return answer;
}

START_TEST(health)
{
	struct answer answer = ask(EVHTTP_REQ_GET, "/healthz");

	ck_assert_int_eq(answer.code, 200);
	ck_assert_str_eq(answer.body, "ok\n");
	ck_assert_str_eq(answer.type, "text/plain; charset=utf-8");
	ready = false;
	ck_assert_int_eq(ask(EVHTTP_REQ_GET, "/healthz").code, 200);
}
END_TEST

START_TEST(readiness)
{
	struct answer answer;

	reasons = "said in spite of being ready\n";
	answer = ask(EVHTTP_REQ_GET, "/readyz");
	ck_assert_int_eq(answer.code, 200);
	ck_assert_str_eq(answer.body, "ok\n");
	ready = false;
	reasons = "desk/3 is catching up\nthe database is away\n";
	answer = ask(EVHTTP_REQ_GET, "/readyz?verbose=1");
	ck_assert_int_eq(answer.code, 503);
	ck_assert_str_eq(answer.body, reasons);
	reasons = "";
	answer = ask(EVHTTP_REQ_GET, "/readyz");
	ck_assert_int_eq(answer.code, 503);
	ck_assert_str_eq(answer.body, "not ready\n");
}
END_TEST

START_TEST(metrics_text)
{
	struct answer answer;

	bus_metric_add(bus_metrics_counter(metrics, "steps_total", "Steps.", "p=\"0\""), 3);
	bus_histogram_observe(bus_metrics_histogram(metrics, "h_seconds", "Time.", ""), 0.1);
	answer = ask(EVHTTP_REQ_GET, "/metrics");
	ck_assert_int_eq(answer.code, 200);
	ck_assert_str_eq(answer.type, "text/plain; version=0.0.4; charset=utf-8");
	ck_assert_ptr_nonnull(strstr(answer.body, "\nsteps_total{p=\"0\"} 3\n"));
	ck_assert_ptr_nonnull(strstr(answer.body, "\nh_seconds_count 1\n"));
}
END_TEST

static const struct {
	enum evhttp_cmd_type method;
	const char *path;
	int code;
} refused[] = {
	{ EVHTTP_REQ_GET, "/", 404 },	       { EVHTTP_REQ_GET, "/healthz/", 404 },
	{ EVHTTP_REQ_GET, "/healthzz", 404 },  { EVHTTP_REQ_GET, "/../metrics", 404 },
	{ EVHTTP_REQ_POST, "/nowhere", 404 },  { EVHTTP_REQ_POST, "/metrics", 405 },
	{ EVHTTP_REQ_PUT, "/healthz", 405 },   { EVHTTP_REQ_DELETE, "/readyz", 405 },
	{ EVHTTP_REQ_PATCH, "/readyz", 405 },  { EVHTTP_REQ_OPTIONS, "/metrics", 405 },
	{ EVHTTP_REQ_TRACE, "/metrics", 501 },
};

START_TEST(refuses)
{
	ck_assert_int_eq(ask(refused[_i].method, refused[_i].path).code, refused[_i].code);
}
END_TEST

/* A raw exchange: sends the bytes, collects the answer until the server closes or is done. */
struct raw {
	char got[4096];
	size_t len;
};

static void on_raw_read(struct bufferevent *bev, void *arg)
{
	struct raw *raw = arg;

	raw->len += bufferevent_read(bev, raw->got + raw->len, sizeof(raw->got) - 1 - raw->len);
	raw->got[raw->len] = '\0';
}

static void on_raw_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)arg;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		event_base_loopbreak(base);
}

/* Returns what was answered within a short time. */
static const char *exchange(const char *bytes, size_t len)
{
	static struct raw raw;
	static const struct timeval patience = { .tv_usec = 300000 };
	struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				       .sin_port = htons(bus_admin_port(admin)) };

	memset(&raw, 0, sizeof(raw));
	bufferevent_setcb(bev, on_raw_read, NULL, on_raw_event, &raw);
	bufferevent_set_timeouts(bev, &patience, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	ck_assert_int_eq(
		bufferevent_socket_connect(bev, (struct sockaddr *)&address, sizeof(address)), 0);
	bufferevent_write(bev, bytes, len);
	event_base_dispatch(base);
	bufferevent_free(bev);
	return raw.got;
}

static const char *exchange_text(const char *text)
{
	return exchange(text, strlen(text));
}

START_TEST(head_has_no_body)
{
	const char *got = exchange_text("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");

	ck_assert_ptr_nonnull(strstr(got, "HTTP/1.1 200"));
	ck_assert_ptr_nonnull(strstr(got, "Content-Length: 3\r\n"));
	ck_assert_str_eq(strstr(got, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

START_TEST(keeps_a_connection)
{
	const char *got = exchange_text("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
					"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
	const char *first = strstr(got, "HTTP/1.1 200");

	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_nonnull(strstr(first + 1, "HTTP/1.1 200"));
}
END_TEST

START_TEST(large_headers_are_refused)
{
	static char text[40000];
	int len = snprintf(text, sizeof(text),
			   "GET /healthz HTTP/1.1\r\nHost: x\r\nX: %030000d\r\n\r\n", 0);

	ck_assert_ptr_null(strstr(exchange(text, (size_t)len), "200"));
}
END_TEST

START_TEST(large_bodies_are_refused)
{
	const char *got = exchange_text("GET /healthz HTTP/1.1\r\nHost: x\r\n"
					"Content-Length: 1000000000\r\n\r\nx");

	ck_assert_ptr_null(strstr(got, " 200 "));
	got = exchange_text("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx");
	ck_assert_ptr_null(strstr(got, " 200 "));
}
END_TEST

static const char *const garbage[] = {
	"\r\n\r\n",
	"GET\r\n\r\n",
	"GET  HTTP/1.1\r\n\r\n",
	"GET /healthz HTTP/9.9\r\n\r\n",
	"GET http:// HTTP/1.1\r\n\r\n",
	"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
	"BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
};

/* Whatever is answered, it is no success, and the next one is served. */
START_TEST(garbage_hurts_nobody)
{
	ck_assert_ptr_null(strstr(exchange_text(garbage[_i]), " 200 "));
	ck_assert_int_eq(ask(EVHTTP_REQ_GET, "/healthz").code, 200);
}
END_TEST

START_TEST(a_taken_port)
{
	ck_assert_ptr_null(bus_admin_new(base, "127.0.0.1", bus_admin_port(admin), probe()));
	ck_assert_ptr_null(bus_admin_new(base, "no address", 0, probe()));
	bus_admin_free(NULL);
}
END_TEST

START_TEST(freed_with_open_connections)
{
	struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				       .sin_port = htons(bus_admin_port(admin)) };

	ck_assert_int_eq(
		bufferevent_socket_connect(bev, (struct sockaddr *)&address, sizeof(address)), 0);
	bufferevent_write(bev, "GET /hea", 8);
	for (int i = 0; i < 10; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	bus_admin_free(admin);
	admin = NULL;
	bufferevent_free(bev);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("admin");
	TCase *tcase = tcase_create("admin");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, health);
	tcase_add_test(tcase, readiness);
	tcase_add_test(tcase, metrics_text);
	tcase_add_loop_test(tcase, refuses, 0, BUS_ARRAY_LEN(refused));
	tcase_add_test(tcase, head_has_no_body);
	tcase_add_test(tcase, keeps_a_connection);
	tcase_add_test(tcase, large_headers_are_refused);
	tcase_add_test(tcase, large_bodies_are_refused);
	tcase_add_loop_test(tcase, garbage_hurts_nobody, 0, BUS_ARRAY_LEN(garbage));
	tcase_add_test(tcase, a_taken_port);
	tcase_add_test(tcase, freed_with_open_connections);
	tcase_set_timeout(tcase, 30);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
