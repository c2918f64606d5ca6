/* The HTTP listeners and the pages they show. Requests are answered on libmicrohttpd's thread; nothing here blocks SIP. */
#include "repro/admin/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <unistd.h>

struct repro_admin {
	struct repro_admin_options o;
	struct MHD_Daemon *daemons[REPRO_SERVERS_MAX]; /* owned */
	size_t count;
	bool is_ready; /* relaxed atomic */
};

struct page {
	unsigned status;
	const char *type;
	struct sip_buf body;
};

static void show_metrics(struct repro_admin *a, struct page *p)
{
	p->type = "text/plain; version=0.0.4; charset=utf-8";
	sip_metrics_put(sip_stack_metrics(a->o.stack), &p->body);
	sip_metrics_put(a->o.metrics, &p->body);
}

static void show_health(struct repro_admin *a, struct page *p)
{
	(void)a;
	SIP_BUF_LIT(&p->body, "ok\n");
}

/* A store that fails leaves us able to take calls: it is said, and we stay ready. */
static void show_readiness(struct repro_admin *a, struct page *p)
{
	static const char *const levels[] = { "normal", "refuses new work", "refuses all but the end of calls" };
	enum sip_congestion_level level = sip_stack_congestion(a->o.stack);
	struct sip_buf why;

	if (!__atomic_load_n(&a->is_ready, __ATOMIC_RELAXED)) {
		p->status = MHD_HTTP_SERVICE_UNAVAILABLE;
		SIP_BUF_LIT(&p->body, "not ready: starting or draining\n");
	} else {
		sip_buf_putf(&p->body, "ready\ncongestion: %s\n", levels[level]);
	}
	if (!a->o.store)
		return;
	sip_buf_init(&why, 4096);
	if (repro_store_is_healthy(a->o.store, &why))
		SIP_BUF_LIT(&p->body, "store: ok\n");
	else
		sip_buf_putf(&p->body, "store: failing, registrations are kept in memory: %s\n", sip_buf_z(&why));
	sip_buf_fini(&why);
}

static const struct {
	const char *path;
	void (*show)(struct repro_admin *a, struct page *p);
} pages[] = {
	{ "/metrics", show_metrics },
	{ "/healthz", show_health },
	{ "/readyz", show_readiness },
};

static enum MHD_Result send_page(struct MHD_Connection *connection, struct page *p)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (p->body.err != SIP_OK)
		return MHD_NO;
	response = MHD_create_response_from_buffer(p->body.len, p->body.p, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, p->type);
	if (result == MHD_YES && p->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (result == MHD_YES)
		result = MHD_queue_response(connection, p->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **state)
{
	struct repro_admin *a = arg;
	struct page p = { MHD_HTTP_OK, "text/plain; charset=utf-8", { 0 } };
	enum MHD_Result result;
	size_t i = 0;

	(void)version;
	(void)upload;
	(void)state;
	if (*upload_size) /* bodies are of no interest */
		*upload_size = 0;
	sip_buf_init(&p.body, 4u << 20);
	while (i < SIP_COUNTOF(pages) && strcmp(pages[i].path, url) != 0)
		i++;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		p.status = MHD_HTTP_METHOD_NOT_ALLOWED;
		SIP_BUF_LIT(&p.body, "only GET\n");
	} else if (i == SIP_COUNTOF(pages)) {
		p.status = MHD_HTTP_NOT_FOUND;
		SIP_BUF_LIT(&p.body, "there are /metrics, /healthz and /readyz\n");
	} else {
		pages[i].show(a, &p);
	}
	result = send_page(connection, &p);
	sip_buf_fini(&p.body);
	return result;
}

/* MHD_USE_ITC: without it the end of a daemon shuts its socket down, for all who share it. */
static bool open_listener(struct repro_admin *a, const struct sip_addr *at, int fd, struct sip_buf *why)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
	union {
		const struct sockaddr *lent;
		void *sa;
	} name = { .lent = &at->u.sa };
	int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1; /* the daemon's, also when it fails */
	const struct MHD_OptionItem where[] = {
		{ copy >= 0 ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_SOCK_ADDR, copy, copy >= 0 ? NULL : name.sa },
		{ MHD_OPTION_END, 0, NULL },
	};
	char text[SIP_ADDR_TEXT];
	struct MHD_Daemon *d = NULL;

	if (sip_addr_family(at) == AF_INET6)
		flags |= MHD_USE_IPv6;
	if (fd < 0 || copy >= 0) {
		errno = 0;
		d = MHD_start_daemon(flags, sip_addr_port(at), NULL, NULL, on_request, a, MHD_OPTION_ARRAY, where,
				     MHD_OPTION_CONNECTION_LIMIT, 64u, MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_END);
	}
	if (!d) {
		sip_buf_putf(why, "cannot listen for HTTP on %s (%s): choose another HttpPort, or 0 for none",
			     sip_addr_text(at, text), strerror(errno));
		return false;
	}
	a->daemons[a->count++] = d;
	return true;
}

enum sip_err repro_admin_open(const struct repro_admin_options *o, struct repro_admin **out, struct sip_buf *why)
{
	struct repro_admin *a = sip_alloc_zero(sizeof *a);

	*out = NULL;
	if (!a)
		return SIP_E_NOMEM;
	a->o = *o;
	a->is_ready = o->is_ready;
	repro_config_ref(a->o.config);
	for (size_t i = 0; i < o->config->http_bind_count; i++) {
		if (!open_listener(a, &o->config->http_binds[i], o->fds[i], why)) {
			repro_admin_close(&a);
			return SIP_E_INUSE;
		}
	}
	*out = a;
	return SIP_OK;
}

void repro_admin_close(struct repro_admin **ap)
{
	struct repro_admin *a = *ap;

	*ap = NULL;
	if (!a)
		return;
	while (a->count) {
		struct MHD_Daemon *d = a->daemons[--a->count];
		MHD_socket fd = MHD_quiesce_daemon(d);

		MHD_stop_daemon(d);
		if (fd != MHD_INVALID_SOCKET)
			close(fd);
	}
	repro_config_unref(&a->o.config);
	sip_free(a);
}

void repro_admin_set_ready(struct repro_admin *a, bool is_ready)
{
	if (a)
		__atomic_store_n(&a->is_ready, is_ready, __ATOMIC_RELAXED);
}

uint16_t repro_admin_port(const struct repro_admin *a, size_t n)
{
	const union MHD_DaemonInfo *info;

	if (n >= a->count)
		return 0;
	info = MHD_get_daemon_info(a->daemons[n], MHD_DAEMON_INFO_BIND_PORT);
	return info ? info->port : 0;
}

int repro_admin_socket(const struct repro_admin *a, size_t n)
{
	const union MHD_DaemonInfo *info;

	if (!a || n >= a->count)
		return -1;
	info = MHD_get_daemon_info(a->daemons[n], MHD_DAEMON_INFO_LISTEN_FD);
	return info ? fcntl(info->listen_fd, F_DUPFD_CLOEXEC, 0) : -1;
}
