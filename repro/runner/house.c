/*
 * The parts of repro and how they hang together: built from the ground up, closed from the roof
 * down. On the main thread.
 */
#include "repro/runner/runner_priv.h"

#include <errno.h>
#include <unistd.h>

static void tell_issue(void *arg, const struct sip_settings_issue *issue)
{
	(void)arg;
	if (issue->line)
		fprintf(stderr, "repro: %s:%u: %s%s\n", issue->file, issue->line, issue->is_error ? "" : "warning: ",
			issue->text);
	else
		fprintf(stderr, "repro: %s: %s%s\n", issue->file ? issue->file : "settings",
			issue->is_error ? "" : "warning: ", issue->text);
}

struct repro_config *repro__house_config(const struct repro_command_line *line)
{
	struct repro_config *c = NULL;
	enum sip_err err = repro_config_load(line->config_path, line->overrides, line->override_count, tell_issue, NULL, &c);

	if (err == SIP_E_NOMEM)
		fprintf(stderr, "repro: no memory for the configuration\n");
	return err == SIP_OK ? c : NULL;
}

static int fail(const char *what, enum sip_err err)
{
	fprintf(stderr, "repro: %s: %s\n", what, sip_err_text(err));
	return REPRO_EXIT_UNAVAILABLE;
}

/* ---- the store ----------------------------------------------------------------------------------------------------------- */

static int load_registrations(struct repro__house *h)
{
	enum sip_err err = repro_store_load(h->store, h->location, sip_clock_real.wall_us(sip_clock_real.arg) / 1000000);

	return err == SIP_OK ? 0 : fail("cannot read the registrations in the database", err);
}

static int build_store(struct repro__house *h)
{
	struct repro_store_options so;
	struct repro_location_options lo;
	struct sip_rand rand;
	char text[600];
	struct sip_buf why;
	enum sip_err err;

	sip_buf_init_fixed(&why, text, sizeof text);
	repro_store_options_init(&so);
	so.folder = h->config->set.database_path;
	so.log = &h->sink.log;
	so.metrics = h->metrics;
	err = repro_store_open(&so, &h->store, &why);
	if (err == SIP_OK && h->take_over)
		repro__take_over_claim(h);
	else if (err == SIP_OK)
		err = repro_store_claim(h->store, &why);
	if (err == SIP_OK)
		err = repro_user_store_reload(h->store, &why);
	if (err != SIP_OK) {
		fprintf(stderr, "repro: %s\n", why.len ? sip_buf_z(&why) : sip_err_text(err));
		return REPRO_EXIT_UNAVAILABLE;
	}
	sip_rand_init_os(&rand);
	repro_location_options_init(&lo);
	lo.store = h->store;
	lo.rand = &rand;
	lo.contacts_max = (unsigned)h->config->set.registrar_max_contacts;
	err = repro_location_create(&lo, &h->location);
	if (err != SIP_OK)
		return fail("cannot start", err);
	return h->take_over ? 0 : load_registrations(h);
}

/* ---- the stack ----------------------------------------------------------------------------------------------------------- */

static const char *server_text(const struct repro__house *h)
{
	return h->config->set.server_text;
}

static void fill_guard(const struct repro_settings *set, struct sip_guard_options *g)
{
	g->rate = (uint32_t)set->rate_limit;
	g->burst = (uint32_t)set->rate_limit_burst;
	g->accept_rate = (uint32_t)set->connection_rate_limit;
	g->connections_max = (uint32_t)set->connections_per_source;
	g->ban_points = (uint32_t)set->ban_points;
	g->decay_s = (uint32_t)set->ban_decay;
	g->ban_s = (uint32_t)set->ban_seconds;
	g->ban_max_s = (uint32_t)(set->ban_max_seconds > set->ban_seconds ? set->ban_max_seconds : set->ban_seconds);
	g->trusted = sip_str_of(set->trusted_networks);
	g->scanners = sip_str_of(set->scanner_agents);
}

static void fill_limits(const struct repro_settings *set, struct sip_limits *l)
{
	if (set->header_size_limit)
		l->header = (size_t)set->header_size_limit;
	if (set->header_line_size_limit)
		l->line = (size_t)set->header_line_size_limit;
	if (set->header_count_limit)
		l->fields = (unsigned)set->header_count_limit;
	if (set->parameter_count_limit)
		l->params = (unsigned)set->parameter_count_limit;
	if (set->stream_message_size_limit)
		l->message = l->header + (size_t)set->stream_message_size_limit;
}

static enum sip_err build_stack(struct repro__house *h, const char *dns_servers)
{
	const struct repro_settings *set = &h->config->set;
	struct sip_stack_options o;

	sip_stack_options_init(&o);
	o.layout = set->threaded_stack ? SIP_LAYOUT_DEDICATED : SIP_LAYOUT_FOLDED;
	o.shards = h->shards;
	o.log = &h->sink.log;
	if (set->timer_t1)
		o.t1_ms = (uint32_t)set->timer_t1;
	fill_limits(set, &o.limits);
	o.dns_servers = dns_servers;
	o.dns_grey_ms = (uint32_t)set->dns_greylist_duration;
	o.server = server_text(h);
	o.add_rport = set->add_via_rport;
	o.is_congestion_on = set->congestion_management;
	o.congestion_metric = (enum sip_congestion_metric)set->congestion_metric;
	o.congestion_tolerance = set->congestion_tolerance;
	fill_guard(set, &o.guard);
	return sip_stack_create(&o, &h->stack);
}

_Static_assert(REPRO_CAPTURE_KEY_MAX <= SIP_CAPTURE_KEY_MAX, "a key that may be set may be used");

/* What is wrong with the collector does not keep us from starting, what is wrong with the file does. */
static int start_capture(struct repro__house *h)
{
	const struct repro_settings *set = &h->config->set;
	struct sip_capture_options o;
	struct sip_stack_capture *capture; /* the stack's, until it ends */
	enum sip_err err;

	if (!set->capture_host[0] && !set->capture_file[0])
		return 0;
	sip_capture_options_init(&o);
	o.host = sip_str_of(set->capture_host);
	o.port = (uint16_t)set->capture_port;
	o.kind = set->capture_transport == 0 ? SIP_TRANSPORT_UDP : SIP_TRANSPORT_TCP;
	o.agent_id = (uint32_t)set->capture_agent_id;
	o.auth_key = sip_str_of(set->capture_auth_key);
	o.file = sip_str_of(set->capture_file);
	o.file_bytes_max = set->capture_file_max_bytes;
	err = sip_stack_capture_start(h->stack, &o, &capture);
	if (err == SIP_OK)
		return 0;
	fprintf(stderr, "repro: cannot capture to %s: %s; %s\n", set->capture_file[0] ? set->capture_file : set->capture_host,
		sip_err_text(err), err == SIP_E_EXISTS ? "what is there is not a capture of ours: name another CaptureFile"
						       : "set CaptureFile to a file this user may write");
	return REPRO_EXIT_UNAVAILABLE;
}

/* ---- transports ---------------------------------------------------------------------------------------------------------- */

static void note_expiry(struct repro__house *h)
{
	sip_metric_add(h->cells, REPRO_M_TLS_EXPIRES, h->tls.expires_s - sip_metrics_get(h->metrics, REPRO_M_TLS_EXPIRES));
}

static int build_tls(struct repro__house *h)
{
	char text[600];
	struct sip_buf why;

	sip_buf_init_fixed(&why, text, sizeof text);
	if (repro__tls_load(&h->tls, h->config, NULL, &why) != SIP_OK) {
		fprintf(stderr, "repro: %s\n", sip_buf_z(&why));
		return REPRO_EXIT_CONFIG;
	}
	note_expiry(h);
	if (h->config->set.tls_keylog[0])
		SIP_LOG(&h->sink.log, SIP_LOG_WARNING, "runner", "the keys of all TLS sessions go to %s: whoever reads it reads everything",
			h->config->set.tls_keylog);
	return 0;
}

_Static_assert((int)REPRO_SIZE_SWITCH_FALLBACK == (int)SIP_SIZE_SWITCH_FALLBACK &&
		       (int)REPRO_SIZE_SWITCH_ON == (int)SIP_SIZE_SWITCH_ON && (int)REPRO_SIZE_SWITCH_OFF == (int)SIP_SIZE_SWITCH_OFF,
	       "each has its number in both");

static void fill_transport(const struct repro__house *h, size_t i, struct sip_transport_options *o)
{
	const struct repro_settings *set = &h->config->set;
	const struct repro_listener *l = &h->config->listeners[i];

	sip_transport_options_init(o, l->kind);
	o->bind = l->bind;
	if (l->rcvbuf)
		o->rcvbuf = l->rcvbuf;
	o->connect_ms = (unsigned)set->tcp_connect_timeout;
	o->connections_max = (size_t)set->max_connections;
	if (set->tcp_connection_gc_age)
		o->idle_s = (unsigned)set->tcp_connection_gc_age;
	o->tls = h->tls.contexts[i];
	o->adds_alias = set->add_via_alias;
	o->fd = h->inherited.fds[i];
	o->is_held = h->take_over && o->fd >= 0;
	o->proxy_protocol = l->proxy_protocol;
	o->advertised = l->advertised;
	o->advertised_port = l->advertised_port;
	o->dscp = l->dscp;
	o->device = sip_str_of(l->device);
	o->size_switch = (enum sip_size_switch)l->size_switch;
	if (l->beside >= 0)
		o->beside = h->transports[l->beside];
	o->ws_origins = sip_str_of(set->ws_origins);
}

static const char *advice(const struct repro__house *h, const struct repro_listener *l, const struct sip_transport_options *o,
			  enum sip_err err)
{
	if (l->device[0] && err == SIP_E_NOTFOUND)
		return "set its Transport<N>Device to an interface of this machine";
	if (l->device[0] && err == SIP_E_DENIED)
		return "Transport<N>Device needs the capability CAP_NET_RAW here";
	if (o->fd >= 0 && err == SIP_E_INVAL && sip_addr_family(&o->bind) == AF_INET6)
		return "the socket we were given needs BindIPv6Only=ipv6-only";
	if (o->fd >= 0)
		return h->take_over ? "the socket is that of the repro before us" : "the socket is systemd's: look at its unit";
	return err == SIP_E_INUSE ? "stop what listens there or choose another port with UDPPort, TCPPort and their like"
				  : "set IPAddress to an address of this machine and the ports to some this user may open";
}

static const char *given_by(const struct repro__house *h, const struct sip_transport_options *o)
{
	if (o->fd < 0)
		return "";
	return h->take_over ? ", a socket of the repro before us" : ", a socket of systemd's";
}

static int open_listener(struct repro__house *h, size_t i)
{
	const struct repro_listener *l = &h->config->listeners[i];
	struct sip_transport_options o;
	char text[SIP_ADDR_TEXT];
	enum sip_err err;

	fill_transport(h, i, &o);
	err = sip_stack_add_transport(h->stack, &o, &h->transports[i]);
	if (err == SIP_OK) {
		SIP_LOG(&h->sink.log, SIP_LOG_INFO, "runner", "listens on %s %s%s", sip_transport_kinds[l->kind].via_name.p,
			sip_addr_text(sip_transport_bound(h->transports[i]), text), given_by(h, &o));
		return 0;
	}
	/* All adapters were asked for, and this host has no IPv6: it serves IPv4. */
	if (sip_addr_family(&l->bind) == AF_INET6 && sip_addr_is_any(&l->bind) && err == SIP_E_UNSUPPORTED) {
		SIP_LOG(&h->sink.log, SIP_LOG_NOTICE, "runner", "this host has no IPv6");
		return 0;
	}
	fprintf(stderr, "repro: cannot listen on %s %s: %s; %s\n", sip_transport_kinds[l->kind].via_name.p,
		sip_addr_text(&l->bind, text), sip_err_text(err), advice(h, l, &o, err));
	return REPRO_EXIT_UNAVAILABLE;
}

/* First those with a port of their own: the others need them. */
static int build_listeners(struct repro__house *h)
{
	const struct repro_config *c = h->config;
	int status = 0;

	h->opened = h->config;
	repro_config_ref(h->opened);
	for (size_t i = 0; i < c->listener_count && status == 0; i++)
		if (c->listeners[i].beside < 0)
			status = open_listener(h, i);
	for (size_t i = 0; i < c->listener_count && status == 0; i++)
		if (c->listeners[i].beside >= 0 && h->transports[c->listeners[i].beside])
			status = open_listener(h, i);
	repro__inherited_close(&h->inherited);
	return status;
}

/* Before we go into the background: they are for the process that was started. */
static bool take_inherited(struct repro__house *h)
{
	char text[400];
	struct sip_buf why;

	sip_buf_init_fixed(&why, text, sizeof text);
	if (repro__inherited_take(&h->inherited, h->config, &why))
		return true;
	fprintf(stderr, "repro: %s\n", sip_buf_z(&why));
	return false;
}

/* ---- shards -------------------------------------------------------------------------------------------------------------- */

static enum sip_err build_shard(struct repro__house *h, unsigned i)
{
	struct repro_registrar_options ro = { .location = h->location, .store = h->store, .nonces = h->nonces };
	struct repro_proxy_options po;
	enum sip_err err = repro_registrar_create(&ro, &h->registrars[i]);

	if (err != SIP_OK)
		return err;
	repro_proxy_options_init(&po);
	po.stack = h->stack;
	po.shard = i;
	po.config = h->config;
	po.tokens = h->tokens;
	repro_chains_fill(&po, h->registrars[i]);
	err = repro_proxy_create(&po, h->metrics, &h->proxies[i]);
	return err == SIP_OK ? repro_registrar_attach(h->registrars[i], h->proxies[i]) : err;
}

static enum sip_err build_nonces(struct repro__house *h)
{
	struct sip_nonces_options o;
	struct sip_rand rand;

	sip_rand_init_os(&rand);
	sip_nonces_options_init(&o);
	o.rand = &rand;
	return sip_nonces_create(&o, &h->nonces);
}

static enum sip_err build_shards(struct repro__house *h)
{
	enum sip_err err = build_nonces(h);
	struct sip_rand rand;

	sip_rand_init_os(&rand);
	if (err == SIP_OK)
		err = repro_flow_tokens_create(&rand, 0, &h->tokens);
	h->registrars = sip_alloc_zero(h->shards * sizeof(struct repro_registrar *));
	h->proxies = sip_alloc_zero(h->shards * sizeof(struct repro_proxy *));
	if (err == SIP_OK && (!h->registrars || !h->proxies))
		err = SIP_E_NOMEM;
	for (unsigned i = 0; i < h->shards && err == SIP_OK; i++)
		err = build_shard(h, i);
	return err;
}

/* ---- building, lighting, closing ------------------------------------------------------------------------------------------- */

int repro__house_build(struct repro__house *h, const struct repro_command_line *line)
{
	enum sip_err err;
	int status;

	memset(h, 0, sizeof *h);
	repro__inherited_init(&h->inherited);
	for (size_t i = 0; i < SIP_COUNTOF(h->http_fds); i++)
		h->http_fds[i] = -1;
	h->pid_fd = -1;
	h->line = *line;
	h->shards = 1;
	h->config = repro__house_config(line);
	if (!h->config || !take_inherited(h))
		return REPRO_EXIT_CONFIG;
	if (!repro__daemon_detach(h->config, &h->ready_fd) || !repro__log_sink_open(&h->sink, h->config))
		return REPRO_EXIT_UNAVAILABLE;
	err = sip_metrics_create(repro_metric_rows, REPRO_METRIC_COUNT, &h->metrics);
	if (err == SIP_OK)
		err = sip_metrics_add_cells(h->metrics, &h->cells);
	if (err != SIP_OK)
		return fail("cannot start", err);
	status = build_tls(h);
	if (status == 0 && line->is_take_over && !repro__take_over_begin(h))
		status = REPRO_EXIT_UNAVAILABLE;
	if (status == 0)
		status = build_store(h);
	if (status)
		return status;
	err = build_stack(h, h->config->set.dns_servers);
	if (err == SIP_OK)
		err = build_shards(h);
	return err == SIP_OK ? 0 : fail("cannot start", err);
}

static void close_http_fds(struct repro__house *h)
{
	for (size_t i = 0; i < SIP_COUNTOF(h->http_fds); i++) {
		if (h->http_fds[i] >= 0)
			close(h->http_fds[i]);
		h->http_fds[i] = -1;
	}
}

static int open_admin(struct repro__house *h, bool is_ready)
{
	struct repro_admin_options o = {
		.config = h->config, .stack = h->stack, .store = h->store, .metrics = h->metrics, .log = &h->sink.log,
		.is_ready = is_ready,
	};
	char text[300];
	struct sip_buf why;

	if (h->config->http_bind_count == 0)
		return 0;
	sip_buf_init_fixed(&why, text, sizeof text);
	memcpy(o.fds, h->http_fds, sizeof o.fds);
	if (repro_admin_open(&o, &h->admin, &why) != SIP_OK) {
		fprintf(stderr, "repro: %s\n", sip_buf_z(&why));
		return REPRO_EXIT_UNAVAILABLE;
	}
	close_http_fds(h); /* it has its own */
	return 0;
}

/* Nothing is left to be bound: until we are ready the repro before us answers. */
static bool has_all_of_http(const struct repro__house *h)
{
	for (size_t i = 0; i < h->config->http_bind_count; i++)
		if (h->http_fds[i] < 0)
			return false;
	return true;
}

static void serve(struct repro__house *h)
{
	if (!repro__daemon_write_pid(&h->pid_fd))
		SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "cannot write the pid file: %s", strerror(errno));
	if (h->admin)
		repro_admin_set_ready(h->admin, true);
	else if (open_admin(h, true) != 0)
		SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "nobody answers HTTP");
	repro__control_open(h, repro__take_over_control_fd(h)); /* from here on others may use what is open, on its thread */
	repro__take_over_end(h);
	SIP_LOG(&h->sink.log, SIP_LOG_NOTICE, "runner", "ready, %zu registrations",
		repro_location_binding_count(h->location));
	repro__daemon_tell_ready(&h->ready_fd);
	if (!repro__notify(REPRO__STATE_READY, 0))
		SIP_LOG(&h->sink.log, SIP_LOG_WARNING, "runner", "cannot tell NOTIFY_SOCKET that we are ready: %s", strerror(errno));
}

int repro__house_light(struct repro__house *h)
{
	int status = build_listeners(h);
	enum sip_err err;

	if (status == 0 && !has_all_of_http(h))
		status = open_admin(h, false);
	if (status)
		return status;
	if (!repro__daemon_open_pid(h->config, &h->pid_fd) || !repro__daemon_drop_privileges(h->config))
		return REPRO_EXIT_UNAVAILABLE;
	status = start_capture(h);
	if (status == 0 && h->take_over)
		status = repro__take_over_hold(h) ? load_registrations(h) : REPRO_EXIT_UNAVAILABLE;
	if (status)
		return status;
	err = repro_store_start(h->store);
	if (err == SIP_OK)
		err = sip_stack_start(h->stack);
	if (err != SIP_OK)
		return fail("cannot start", err);
	if (h->take_over && !repro__take_over_finish(h))
		return REPRO_EXIT_UNAVAILABLE;
	serve(h);
	return 0;
}

void repro__house_drain(struct repro__house *h, unsigned seconds)
{
	repro_admin_set_ready(h->admin, false);
	sip_stack_drain(h->stack);
	SIP_LOG(&h->sink.log, SIP_LOG_NOTICE, "runner", "drains: no new calls, %lld under way",
		(long long)sip_metrics_get(h->metrics, REPRO_M_REQUEST_CONTEXTS));
	for (unsigned tenths = 0; tenths < seconds * 10; tenths++) {
		if (sip_metrics_get(h->metrics, REPRO_M_REQUEST_CONTEXTS) == 0)
			return;
		if (repro__signals_wait(100) == REPRO__SIGNAL_STOP)
			return;
	}
}

/* Who was before us ends before we do, or takes with it what it reads of ours. */
static bool is_needed(const struct repro__house *h, bool is_told_to_end)
{
	return sip_stack_is_taking(h->stack) && !is_told_to_end;
}

/* Connections go a few at a time, so that those who come again do not come all at once. */
void repro__house_leave(struct repro__house *h, unsigned seconds)
{
	struct sip_metrics *m = sip_stack_metrics(h->stack);
	unsigned quiet = 0, turns = 0;
	bool is_told = false;

	repro_admin_close(&h->admin);
	SIP_LOG(&h->sink.log, SIP_LOG_NOTICE, "runner", "process %ld has taken over: %zu transactions and %lld connections end here",
		(long)h->successor, sip_stack_transactions(h->stack), (long long)sip_metrics_get(m, SIP_M_CONNECTIONS));
	for (unsigned left = seconds * 10; left || is_needed(h, is_told); left -= left > 0) {
		if (sip_stack_is_left(h->stack)) {
			SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "process %ld has ended: so do we", (long)h->successor);
			return;
		}
		/* Without connections it only says that we are still here. */
		if (turns++ % 10 == 0 || sip_metrics_get(m, SIP_M_CONNECTIONS))
			sip_stack_close_idle(h->stack);
		switch (repro__signals_wait(100)) {
		case REPRO__SIGNAL_STOP:
			return;
		case REPRO__SIGNAL_DRAIN:
			is_told = true;
			left = left < REPRO__DRAIN_SECONDS * 10 ? left : REPRO__DRAIN_SECONDS * 10;
			break;
		default:
			break;
		}
		quiet = sip_stack_transactions(h->stack) || sip_metrics_get(m, SIP_M_CONNECTIONS) ? 0 : quiet + 1;
		if (quiet >= 3 && !is_needed(h, is_told))
			return;
	}
}

void repro__house_close(struct repro__house *h)
{
	repro__take_over_end(h); /* the one before us need not wait until all else is closed */
	repro__control_close(h);
	repro_admin_close(&h->admin);
	if (h->store)
		repro_store_stop(h->store);
	if (h->stack)
		sip_stack_stop(h->stack);
	for (unsigned i = 0; h->registrars && i < h->shards; i++)
		if (h->registrars[i])
			repro_registrar_detach(h->registrars[i]);
	for (unsigned i = 0; h->proxies && i < h->shards; i++)
		repro_proxy_destroy(&h->proxies[i]);
	for (unsigned i = 0; h->registrars && i < h->shards; i++)
		repro_registrar_destroy(&h->registrars[i]);
	repro_location_unref(&h->location); /* and with it the flows of the stack */
	sip_stack_destroy(&h->stack);
	sip_nonces_unref(&h->nonces);
	repro_flow_tokens_unref(&h->tokens);
	repro_store_unref(&h->store);
	sip_metrics_unref(&h->metrics);
	sip_free(h->registrars);
	sip_free(h->proxies);
	if (h->opened)
		repro__daemon_remove_pid(h->opened);
	if (h->config)
		repro__daemon_drop_pid(h->config, &h->pid_fd);
	close_http_fds(h);
	repro__inherited_close(&h->inherited);
	repro__log_sink_close(&h->sink);
	repro__tls_fini(&h->tls);
	if (h->opened)
		repro_config_unref(&h->opened);
	repro_config_unref(&h->config);
}

/* ---- while it runs ----------------------------------------------------------------------------------------------------------- */

static void tell_change(void *arg, const char *name, const char *before, const char *after, bool needs_restart)
{
	struct repro__house *h = arg;

	if (repro_config_is_secret(name))
		before = after = "(not shown)";
	SIP_LOG(&h->sink.log, needs_restart ? SIP_LOG_WARNING : SIP_LOG_NOTICE, "runner", "%s: \"%s\" becomes \"%s\"%s", name,
		before, after, needs_restart ? " at the next start" : "");
}

static void swap_tls(struct repro__house *h, const struct repro__tls *fresh)
{
	for (size_t i = 0; i < h->opened->listener_count; i++) {
		struct sip_tls_context *c = h->transports[i] ? repro__tls_find(fresh, &h->opened->listeners[i]) : NULL;

		if (c && sip_transport_set_tls(h->transports[i], c) != SIP_OK)
			SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "no memory for the new certificates of a transport");
	}
}

/* All of it is read before anything changes. */
static void reload_tls(struct repro__house *h, struct repro_config *config)
{
	struct repro__tls fresh;
	char text[600];
	struct sip_buf why;

	sip_buf_init_fixed(&why, text, sizeof text);
	if (repro__tls_load(&fresh, config, &h->tls, &why) != SIP_OK) {
		sip_metric_count(h->cells, REPRO_M_TLS_NOT_RELOADED);
		SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "certificates stay as they were: %s", sip_buf_z(&why));
		return;
	}
	swap_tls(h, &fresh);
	repro__tls_fini(&h->tls);
	h->tls = fresh;
	note_expiry(h);
	sip_metric_count(h->cells, REPRO_M_TLS_RELOADED);
}

void repro__house_reload(struct repro__house *h)
{
	struct repro_config *fresh = repro__house_config(&h->line);
	char text[600];
	struct sip_buf why;

	sip_buf_init_fixed(&why, text, sizeof text);
	if (repro_user_store_reload(h->store, &why) != SIP_OK)
		SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "users stay as they were: %s", sip_buf_z(&why));
	if (!fresh) {
		SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "the configuration is broken and stays as it was");
		return;
	}
	(void)repro_config_diff(h->config, fresh, tell_change, h);
	reload_tls(h, fresh);
	sip_stack_learn_addresses(h->stack);
	__atomic_store_n(&h->sink.log.level, (int)fresh->log_level, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < h->shards; i++)
		if (repro_proxy_post_config(h->proxies[i], fresh) != SIP_OK)
			SIP_LOG(&h->sink.log, SIP_LOG_ERR, "runner", "no memory for the new configuration");
	repro_config_unref(&h->config);
	h->config = fresh;
	SIP_LOG(&h->sink.log, SIP_LOG_NOTICE, "runner", "reloaded");
}

void repro__house_log_statistics(struct repro__house *h)
{
	struct sip_metrics *m = sip_stack_metrics(h->stack);

	SIP_LOG(&h->sink.log, SIP_LOG_INFO, "statistics",
		"bindings %zu, transactions %zu, contexts %lld, requests %lld, responses %lld, retransmissions %lld, dropped %lld",
		repro_location_binding_count(h->location), sip_stack_transactions(h->stack),
		(long long)sip_metrics_get(h->metrics, REPRO_M_REQUEST_CONTEXTS),
		(long long)sip_metrics_get(m, SIP_M_RX_REQUESTS), (long long)sip_metrics_get(m, SIP_M_RX_RESPONSES),
		(long long)sip_metrics_get(m, SIP_M_RETRANSMIT_RECEIVED),
		(long long)sip_metrics_get(m, SIP_M_DROP_MALFORMED));
}
