/*
 * Three fixed answers over evhttp. Whoever can reach the port may ask anything, so what a request
 * may cost is bounded here: its size, its time, and an answer that is always small but for
 * /metrics.
 */
#include "bus/admin.h"

#include <errno.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bus/log.h"

#define ADMIN_TIMEOUT_S	      10   /* for a peer that neither asks nor reads */
#define ADMIN_MAX_HEADERS     8192 /* bytes; a probe sends a few hundred */
#define ADMIN_MAX_BODY	      1024 /* bytes; a GET has none */
#define ADMIN_LENGTH_TEXT     21
#define ADMIN_TEXT	      "text/plain; charset=utf-8"
#define ADMIN_PROMETHEUS_TEXT "text/plain; version=0.0.4; charset=utf-8"

struct bus_admin {
	struct evhttp *http; /* owned */
	struct bus_admin_probe probe;
	uint16_t port;
};

/* Sends the body; to HEAD its length alone. Empties `body`. */
static void reply(struct evhttp_request *request, int code, const char *type, struct evbuffer *body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	char length[ADMIN_LENGTH_TEXT];

	evutil_snprintf(length, sizeof(length), "%zu", evbuffer_get_length(body));
	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Content-Length", length);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
		evbuffer_drain(body, evbuffer_get_length(body));
	evhttp_send_reply(request, code, NULL, body);
}

static void serve_health(struct bus_admin *admin, struct evhttp_request *request,
			 struct evbuffer *body)
{
	(void)admin;
	evbuffer_add_printf(body, "ok\n");
	reply(request, HTTP_OK, ADMIN_TEXT, body);
}

static void serve_ready(struct bus_admin *admin, struct evhttp_request *request,
			struct evbuffer *body)
{
	if (!admin->probe.ready(admin->probe.arg, body)) {
		if (evbuffer_get_length(body) == 0)
			evbuffer_add_printf(body, "not ready\n");
		reply(request, HTTP_SERVUNAVAIL, ADMIN_TEXT, body);
		return;
	}
	evbuffer_drain(body, evbuffer_get_length(body));
	evbuffer_add_printf(body, "ok\n");
	reply(request, HTTP_OK, ADMIN_TEXT, body);
}

static void serve_metrics(struct bus_admin *admin, struct evhttp_request *request,
			  struct evbuffer *body)
{
	bus_metrics_write(admin->probe.metrics, body);
	reply(request, HTTP_OK, ADMIN_PROMETHEUS_TEXT, body);
}

static void refuse(struct evhttp_request *request, int code, const char *text,
		   struct evbuffer *body)
{
	evbuffer_add_printf(body, "%s\n", text);
	reply(request, code, ADMIN_TEXT, body);
}

static const struct route {
	const char *path;
	void (*serve)(struct bus_admin *admin, struct evhttp_request *request,
		      struct evbuffer *body);
} routes[] = {
	{ "/healthz", serve_health },
	{ "/readyz", serve_ready },
	{ "/metrics", serve_metrics },
};

static const struct route *find_route(struct evhttp_request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;

	for (size_t i = 0; path && i < BUS_ARRAY_LEN(routes); i++)
		if (strcmp(path, routes[i].path) == 0)
			return &routes[i];
	return NULL;
}

static void on_request(struct evhttp_request *request, void *arg)
{
	enum evhttp_cmd_type method = evhttp_request_get_command(request);
	const struct route *route = find_route(request);
	struct evbuffer *body = evbuffer_new();

	bus_assert(body);
	if (!route) {
		refuse(request, HTTP_NOTFOUND, "not found", body);
	} else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", "GET, HEAD");
		refuse(request, HTTP_BADMETHOD, "only GET and HEAD", body);
	} else {
		route->serve(arg, request, body);
	}
	evbuffer_free(body);
}

static uint16_t port_of(struct evhttp_bound_socket *bound)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address = { .in6 = { 0 } };
	socklen_t len = sizeof(address);

	bus_assert(getsockname(evhttp_bound_socket_get_fd(bound), &address.any, &len) == 0);
	return ntohs(address.any.sa_family == AF_INET6 ? address.in6.sin6_port
						       : address.in.sin_port);
}

static struct evhttp *new_server(struct event_base *base, struct bus_admin *admin)
{
	struct evhttp *http = evhttp_new(base);

	bus_assert(http);
	evhttp_set_timeout(http, ADMIN_TIMEOUT_S);
	evhttp_set_max_headers_size(http, ADMIN_MAX_HEADERS);
	evhttp_set_max_body_size(http, ADMIN_MAX_BODY);
	/* All methods that libevent knows come through, so that they get 405 and not 501. */
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
						 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
						 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
	evhttp_set_gencb(http, on_request, admin);
	return http;
}

struct bus_admin *bus_admin_new(struct event_base *base, const char *address, uint16_t port,
				const struct bus_admin_probe *probe)
{
	struct bus_admin *admin = bus_calloc(1, sizeof(*admin));
	struct evhttp_bound_socket *bound;

	bus_assert(probe->ready && probe->metrics);
	admin->probe = *probe;
	admin->http = new_server(base, admin);
	errno = 0;
	bound = evhttp_bind_socket_with_handle(admin->http, address, port);
	if (!bound) {
		bus_log(BUS_LOG_ERROR, "cannot bind the admin port",
			"address=\"%s\" port=%u why=\"%s\"", address, (unsigned)port,
			errno ? strerror(errno) : "not an address");
		bus_admin_free(admin);
		return NULL;
	}
	admin->port = port_of(bound);
	return admin;
}

uint16_t bus_admin_port(const struct bus_admin *admin)
{
	return admin->port;
}

void bus_admin_free(struct bus_admin *admin)
{
	if (!admin)
		return;
	evhttp_free(admin->http);
	free(admin);
}
