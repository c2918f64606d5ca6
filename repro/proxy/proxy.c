/*
 * The transaction user of one shard: events in, request contexts and their branches. Created and
 * destroyed by the runner while nothing turns; everything else on its own loop.
 */
#include "repro/proxy/proxy_priv.h"

void repro_proxy_options_init(struct repro_proxy_options *o)
{
	memset(o, 0, sizeof *o);
	o->contexts_max = 200000;
}

/* ---- events ----------------------------------------------------------------------------------------------------------- */

static void on_request(struct repro_proxy *p, struct sip_user_event *e)
{
	struct repro_request *r = repro__request_create(p, e->tx, &e->message);

	if (r) {
		repro__request_begin(r);
		return;
	}
	sip_metric_count(p->cells, REPRO_M_REFUSED);
	if (e->tx && sip_user_reply(p->user, e->tx, e->message, 503, NULL) != SIP_OK)
		sip_metric_count(p->cells, REPRO_M_LOST);
}

/* A branch whose context is gone: only 2xx to an INVITE still matter, and go their way by Via (RFC 3261 16.7, RFC 6026). */
static void on_late_response(struct repro_proxy *p, struct sip_user_event *e)
{
	unsigned status = sip_message_status(e->message);
	struct sip_target to;

	if (e->why != SIP_OK || status < 200 || status > 299 || sip_message_method(e->message) != SIP_METHOD_INVITE ||
	    sip_message_count(e->message, SIP_HEADER_VIA) < 2 || sip_message_pop(e->message, SIP_HEADER_VIA) != SIP_OK)
		return;
	sip_target_init(&to);
	if (sip_user_send(p->user, &e->message, &to) != SIP_OK)
		sip_metric_count(p->cells, REPRO_M_LOST);
}

/*
 * That the way to an edge proxy has failed is to its phone's flow what 430 is (RFC 5626 7). 430 is for who knows of flows: that the
 * connection of any other phone has gone is that phone's absence.
 */
static unsigned way_failed(const struct repro_target *t, unsigned status)
{
	if (t->instance.len)
		return status == 503 ? 430 : status;
	return t->is_bound && status == 430 ? 480 : status;
}

static void on_response(struct repro_proxy *p, struct sip_user_event *e)
{
	struct repro_request *r = repro_request_find(p, e->cookie >> 8);
	size_t index = (size_t)(e->cookie & 0xff);
	struct repro_target *t;

	if (!r || index >= r->target_count) {
		on_late_response(p, e);
		return;
	}
	t = r->targets[index];
	repro__request_enter(r);
	if (e->why != SIP_OK) {
		repro_request_explain(r, "proxy", "branch to %.*s: %s", SIP_STR_ARG(t->uri), sip_err_text(e->why));
		repro__response_local(r, t, way_failed(t, sip_message_status(e->message)));
		if (r->pending == 0 && !r->is_answered)
			repro_request_run_targets(r);
	} else {
		repro__response_in(r, t, &e->message);
	}
	repro__request_leave(r);
}

static void on_cancel(struct repro_proxy *p, struct sip_user_event *e)
{
	struct repro_request *r = repro__request_find_tx(p, e->tx);

	if (r)
		repro__request_cancel(r, e->message);
}

static void on_event(void *arg, struct sip_user_event *e)
{
	struct repro_proxy *p = arg;

	switch (e->kind) {
	case SIP_USER_REQUEST:
		on_request(p, e);
		break;
	case SIP_USER_ACK:
		e->tx = 0;
		on_request(p, e);
		break;
	case SIP_USER_CANCEL:
		on_cancel(p, e);
		break;
	case SIP_USER_RESPONSE:
		on_response(p, e);
		break;
	case SIP_USER_FLOW_GONE:
		repro_flow_tokens_forget(p->o.tokens, e->flow);
		break;
	case SIP_USER_STRAY:
	case SIP_USER_ENDED:
		break; /* not asked for */
	}
}

/* On a shard's thread, while another process takes over: the connection it is to go by is nobody else's. */
static bool keeps(void *arg, const struct sip_message *m)
{
	const struct repro_proxy *p = arg;
	const struct sip_uri *uri = sip_message_is_request(m) ? sip_message_uri(m) : NULL;
	const struct sip_name_addr *route;

	if (uri && repro_flow_token_is_here(p->o.tokens, uri->user)) /* a strict router has put it there */
		return true;
	for (size_t i = 0; (route = sip_message_name_addr(m, SIP_HEADER_ROUTE, i)) != NULL; i++)
		if (repro_flow_token_is_here(p->o.tokens, route->uri.user))
			return true;
	return false;
}

/* ---- a new configuration ------------------------------------------------------------------------------------------------ */

struct config_node {
	struct sip_fifo_node link;
	struct repro_config *config; /* owned: a reference */
};

static void on_config(void *arg, struct sip_fifo_node *link)
{
	struct config_node *n = SIP_CONTAINER(link, struct config_node, link);
	struct repro_proxy *p = arg;

	repro_config_unref(&p->config);
	p->config = n->config;
	sip_free(n);
}

static void discard_config(void *arg, struct sip_fifo_node *link)
{
	struct config_node *n = SIP_CONTAINER(link, struct config_node, link);

	(void)arg;
	repro_config_unref(&n->config);
	sip_free(n);
}

enum sip_err repro_proxy_post_config(struct repro_proxy *p, struct repro_config *config)
{
	struct config_node *n = sip_alloc(sizeof *n);
	enum sip_err err;

	if (!n)
		return SIP_E_NOMEM;
	n->config = config;
	repro_config_ref(config);
	err = sip_fifo_post_answer(&p->configs, &n->link, 0);
	if (err != SIP_OK)
		discard_config(p, &n->link);
	return err;
}

/* ---- life ------------------------------------------------------------------------------------------------------------------ */

static enum sip_err add_user(struct repro_proxy *p)
{
	struct sip_fifo_options fo = { .name = "config", .max = 16, .high = 16, .low = 8, .fn = on_config, .arg = p };
	struct sip_user_options uo;
	enum sip_err err;

	sip_user_options_init(&uo);
	uo.name = "proxy";
	uo.on_event = on_event;
	uo.keeps = keeps;
	uo.arg = p;
	uo.shard = (int)p->o.shard;
	uo.wants_flows = true;
	err = sip_stack_add_user(p->o.stack, &uo, &p->user);
	if (err != SIP_OK)
		return err;
	p->loop = sip_user_loop(p->user);
	err = sip_fifo_init(&p->configs, p->loop, &fo);
	p->has_fifo = err == SIP_OK;
	return err;
}

static enum sip_err hold_tokens(struct repro_proxy *p)
{
	if (!p->o.tokens)
		return repro_flow_tokens_create(sip_loop_rand(p->loop), 0, &p->o.tokens);
	repro_flow_tokens_ref(p->o.tokens);
	return SIP_OK;
}

static void add_record_route(struct repro_proxy *p, struct sip_str text)
{
	struct sip_uri uri;

	if (text.len == 0 || sip_uri_parse(text, &uri) != SIP_OK)
		return;
	p->record_routes[p->record_route_count].host = uri.host;
	p->record_routes[p->record_route_count++].port = uri.port;
}

static void learn_record_routes(struct repro_proxy *p)
{
	add_record_route(p, p->start_config->record_route);
	for (size_t i = 0; i < p->start_config->listener_count; i++)
		add_record_route(p, p->start_config->listeners[i].record_route);
}

enum sip_err repro_proxy_create(const struct repro_proxy_options *o, struct sip_metrics *metrics, struct repro_proxy **out)
{
	struct repro_proxy *p = sip_alloc_zero(sizeof *p);
	enum sip_err err;

	*out = NULL;
	if (!p)
		return SIP_E_NOMEM;
	p->magic = REPRO__PROXY_MAGIC;
	p->o = *o;
	p->next_id = 1;
	p->config = o->config;
	repro_config_ref(p->config);
	p->start_config = o->config;
	repro_config_ref(p->start_config);
	learn_record_routes(p);
	p->metrics = metrics;
	sip_metrics_ref(metrics);
	sip_hash_init(&p->by_id, 0);
	sip_hash_init(&p->by_tx, 0);
	sip_slab_init(&p->contexts, sizeof(struct repro_request), o->contexts_max);
	err = sip_metrics_add_cells(metrics, &p->cells);
	if (err == SIP_OK)
		err = add_user(p);
	if (err == SIP_OK)
		err = hold_tokens(p);
	else
		p->o.tokens = NULL;
	if (err != SIP_OK) {
		repro_proxy_destroy(&p);
		return err;
	}
	*out = p;
	return SIP_OK;
}

static bool drop(void *arg, struct sip_hash_node *n)
{
	(void)arg;
	repro__request_drop(SIP_CONTAINER(n, struct repro_request, by_id));
	return true;
}

void repro_proxy_destroy(struct repro_proxy **pp)
{
	struct repro_proxy *p = *pp;

	*pp = NULL;
	if (!p)
		return;
	MUST_BE(p, REPRO__PROXY_MAGIC);
	sip_hash_walk(&p->by_id, drop, p);
	if (p->has_fifo)
		sip_fifo_fini(&p->configs, discard_config);
	sip_hash_fini(&p->by_id);
	sip_hash_fini(&p->by_tx);
	sip_slab_fini(&p->contexts);
	repro_config_unref(&p->config);
	repro_config_unref(&p->start_config);
	repro_flow_tokens_unref(&p->o.tokens);
	sip_metrics_unref(&p->metrics);
	p->magic = 0;
	sip_free(p);
}

/* ---- looking in ------------------------------------------------------------------------------------------------------------ */

struct sip_user *repro_proxy_user(const struct repro_proxy *p)
{
	return p->user;
}

struct sip_loop *repro_proxy_loop(const struct repro_proxy *p)
{
	return p->loop;
}

struct sip_stack *repro_proxy_stack(const struct repro_proxy *p)
{
	return p->o.stack;
}

struct sip_metrics_cells *repro_proxy_cells(const struct repro_proxy *p)
{
	return p->cells;
}

unsigned repro_proxy_shard(const struct repro_proxy *p)
{
	return p->o.shard;
}

size_t repro_proxy_contexts(const struct repro_proxy *p)
{
	return p->contexts.live;
}

const struct repro_config *repro_proxy_config(const struct repro_proxy *p)
{
	return p->config;
}

/*
 * A name means its domain whatever the port. An address that serves as a domain may have other elements on other ports: phones
 * beside us, whose contacts are not ours.
 */
static bool is_port_of_domain(const struct sip_uri *uri)
{
	struct sip_addr addr;

	return uri->port == 0 || uri->port == 5060 || uri->port == 5061 || sip_addr_parse(&addr, uri->host, 0) != SIP_OK;
}

bool repro_proxy_is_mine(const struct repro_proxy *p, const struct sip_uri *uri)
{
	if (!sip_uri_is_sip(uri))
		return false;
	if (repro_config_is_domain(p->config, uri->host) && is_port_of_domain(uri))
		return true;
	return uri->port == 0 ? sip_stack_is_own_host(p->o.stack, uri->host)
			      : sip_stack_is_own_address(p->o.stack, uri->host, uri->port);
}

bool repro_proxy_is_own_route(const struct repro_proxy *p, const struct sip_uri *uri, bool is_loose)
{
	/* With a user and without lr it is the target of a strict router's request, not a way. */
	if (!sip_uri_is_sip(uri) || (uri->user.len && !is_loose))
		return false;
	for (size_t i = 0; i < p->record_route_count; i++)
		if (p->record_routes[i].port == uri->port && sip_host_eq(p->record_routes[i].host, uri->host))
			return true;
	return sip_stack_is_own_address(p->o.stack, uri->host, uri->port) ||
	       (uri->port == 0 && repro_config_is_domain(p->config, uri->host));
}

void repro_proxy_put_aor(const struct repro_proxy *p, const struct sip_uri *uri, struct sip_buf *b)
{
	struct sip_uri bare = *uri;

	if (repro_proxy_is_mine(p, uri))
		bare.port = 0;
	sip_uri_put_aor(b, &bare);
}
