/*
 * RFC 3263: where a request (4) or a response (5) goes. Here a search begins and ends; a numeric host
 * is answered at once without a search. Owned by its caller until fn is called; the resolver's loop.
 */
#include "dns/dns_priv.h"

#define BIT(kind) (1u << (kind))
#define SECURE_KINDS (BIT(SIP_TRANSPORT_TLS) | BIT(SIP_TRANSPORT_WSS) | BIT(SIP_TRANSPORT_DTLS))
#define ALL_KINDS (BIT(SIP_TRANSPORT_KIND_COUNT) - 1u)

/* What the URI or the Via asks for, before any name server is asked. */
struct goal {
	struct sip_str host;              /* TARGET of RFC 3263 4 */
	uint16_t port;                    /* 0: none given */
	enum sip_transport_kind kind;     /* NONE: none named */
	unsigned kinds;                   /* those that fit */
};

static const enum sip_transport_kind preference[] = {
	SIP_TRANSPORT_UDP, SIP_TRANSPORT_TCP, SIP_TRANSPORT_TLS,
	SIP_TRANSPORT_WS,  SIP_TRANSPORT_WSS, SIP_TRANSPORT_DTLS,
};

enum sip_transport_kind dns__locate_prefer(unsigned kinds)
{
	for (size_t i = 0; i < SIP_COUNTOF(preference); i++)
		if (kinds & BIT(preference[i]))
			return preference[i];
	return SIP_TRANSPORT_NONE;
}

/* ---- the goal ------------------------------------------------------------------------------------------------ */
static enum sip_err goal_from_uri(struct goal *g, const struct sip_uri *uri)
{
	struct sip_str maddr = uri->param[SIP_URI_PARAM_MADDR];
	bool is_sips = uri->scheme == SIP_URI_SIPS;

	if (!sip_uri_is_sip(uri))
		return SIP_E_UNSUPPORTED;
	g->host = sip_uri_has_param(uri, SIP_URI_PARAM_MADDR) && maddr.len ? maddr : uri->host;
	g->port = uri->port;
	if (is_sips)
		g->kinds &= SECURE_KINDS;
	if (!sip_uri_has_param(uri, SIP_URI_PARAM_TRANSPORT))
		return SIP_OK;
	g->kind = sip_uri_transport(uri);
	if (is_sips)
		g->kind = sip_transport_kind_secured(g->kind);
	return g->kind == SIP_TRANSPORT_NONE ? SIP_E_UNSUPPORTED : SIP_OK;
}

static enum sip_err goal_from_options(struct goal *g, const struct dns_locate_options *o)
{
	enum sip_err err = SIP_OK;

	g->kinds = o->kinds & ALL_KINDS;
	g->kind = SIP_TRANSPORT_NONE;
	if (o->uri) {
		err = goal_from_uri(g, o->uri);
	} else {
		g->host = o->host;
		g->port = o->port;
		g->kind = o->kind;
		if (g->kind >= SIP_TRANSPORT_NONE)
			err = SIP_E_INVAL;
	}
	if (err != SIP_OK)
		return err;
	if (g->kind != SIP_TRANSPORT_NONE)
		g->kinds &= BIT(g->kind);
	return g->kinds ? SIP_OK : SIP_E_UNSUPPORTED;
}

/* ---- a numeric host ------------------------------------------------------------------------------------------ */
/* Most names are told from addresses by their last byte. */
static bool may_be_numeric(struct sip_str host)
{
	char last = host.len ? host.p[host.len - 1] : '\0';

	return last == ']' || sip_char_is(last, SIP_CC_DIGIT) || host.len != sip_str_find(host, ':');
}

static enum sip_err tell_numeric(const struct goal *g, const struct dns_locate_options *o, struct sip_addr *addr,
				 dns_locate_fn fn, void *arg)
{
	enum sip_transport_kind kind = g->kind != SIP_TRANSPORT_NONE ? g->kind : dns__locate_prefer(g->kinds);
	bool is_ipv4 = sip_addr_family(addr) == AF_INET;
	struct dns_target target;

	if (is_ipv4 ? !o->has_ipv4 : !o->has_ipv6)
		return SIP_E_UNSUPPORTED;
	sip_addr_set_port(addr, g->port ? g->port : sip_transport_kinds[kind].default_port);
	target.kind = kind;
	target.addr = *addr;
	target.domain = g->host;
	target.path = 0;
	fn(arg, SIP_OK, &target, 1);
	return SIP_OK;
}

/* ---- a search ------------------------------------------------------------------------------------------------ */
static void ask_drop(struct dns__ask *a)
{
	sip_list_remove(&a->w.node);
	dns_rrset_unref(&a->set);
}

static void locate_free(struct dns_locate *l)
{
	struct dns_resolver *r = l->resolver;

	MUST_BE(l, DNS__LOCATE_MAGIC);
	ask_drop(&l->naptr);
	for (size_t i = 0; i < l->service_count; i++)
		ask_drop(&l->services[i].srv);
	for (size_t i = 0; i < l->hop_count; i++) {
		ask_drop(&l->hops[i].a);
		ask_drop(&l->hops[i].aaaa);
	}
	sip_loop_disarm(r->loop, &l->patience);
	sip_list_remove(&l->node);
	sip_arena_fini(&l->arena);
	l->magic = 0;
	sip_free(l);
	dns__resolver_unref(r);
}

void dns__locate_finish(struct dns_locate *l, enum sip_err err)
{
	struct dns_resolver *r = l->resolver;

	sip_loop_disarm(r->loop, &l->patience);
	sip_list_remove(&l->node);
	l->is_done = true;
	SIP_LOG(r->log, SIP_LOG_DEBUG, "dns", "%.*s: %zu targets, %s", SIP_STR_ARG(l->domain),
		err == SIP_OK ? l->target_count : 0, sip_err_text(err));
	if (err == SIP_OK)
		l->fn(l->arg, SIP_OK, l->targets, l->target_count);
	else
		l->fn(l->arg, err, NULL, 0);
	locate_free(l);
}

void dns__locate_end(struct dns_locate *l)
{
	dns__locate_finish(l, l->err == SIP_E_NOMEM || l->target_count == 0 ? l->err : SIP_OK);
}

void dns__locate_on_answer(void *arg, struct dns_rrset *set)
{
	struct dns__ask *a = arg;
	struct dns_locate *l = a->locate;

	if (set) {
		sip_ref_get(&set->ref);
		a->set = set;
	} else {
		l->err = SIP_E_NOMEM;
	}
	l->pending--;
	if (dns__locate_run(l, true))
		dns__locate_end(l);
}

/* RFC 3263 4.1: which of the steps comes first. */
static enum dns__step first_step(const struct goal *g)
{
	if (g->port)
		return DNS__STEP_HOSTS;
	return g->kind == SIP_TRANSPORT_NONE ? DNS__STEP_NAPTR : DNS__STEP_SRV;
}

static struct dns_locate *locate_create(struct dns_resolver *r, const struct goal *g,
					const struct dns_locate_options *o, dns_locate_fn fn, void *arg)
{
	struct dns_locate *l = sip_alloc(sizeof *l);

	if (!l)
		return NULL;
	memset(l, 0, offsetof(struct dns_locate, first));
	l->magic = DNS__LOCATE_MAGIC;
	sip_ref_get(&r->ref);
	l->resolver = r;
	sip_timer_init(&l->patience, dns__locate_on_impatience, l);
	l->fn = fn;
	l->arg = arg;
	l->err = SIP_E_NOTFOUND;
	l->kinds = g->kinds;
	l->has_ipv4 = o->has_ipv4;
	l->has_ipv6 = o->has_ipv6;
	l->kind = g->kind != SIP_TRANSPORT_NONE ? g->kind : dns__locate_prefer(g->kinds);
	l->port = g->port;
	l->targets_max = o->targets_max ? o->targets_max : DNS__TARGETS_DEFAULT;
	if (l->targets_max > DNS__TARGETS_MAX)
		l->targets_max = DNS__TARGETS_MAX;
	l->step = first_step(g);
	sip_arena_init(&l->arena, l->first, sizeof l->first, 1 << 18);
	l->domain = sip_arena_str(&l->arena, g->host);
	sip_list_add_tail(&r->searches, &l->node);
	return l;
}

static bool is_name(struct sip_str host)
{
	if (host.len == 0 || host.len > DNS__NAME_MAX || host.p[0] == '.')
		return false;
	for (size_t i = 0; i < host.len; i++)
		if (!sip_char_is(host.p[i], SIP_CC_HOST) || (host.p[i] == '.' && i && host.p[i - 1] == '.'))
			return false;
	return true;
}

enum sip_err dns_locate_start(struct dns_resolver *r, const struct dns_locate_options *o, dns_locate_fn fn, void *arg,
			      struct dns_locate **out)
{
	struct sip_addr addr;
	struct dns_locate *l;
	enum sip_err err;
	struct goal g;

	*out = NULL;
	SIP_LOOP_MINE(r->loop);
	if (SIP_UNLIKELY(r->is_stopped))
		return SIP_E_STOPPED;
	err = goal_from_options(&g, o);
	if (err != SIP_OK)
		return err;
	if (may_be_numeric(g.host) && sip_addr_parse(&addr, g.host, 0) == SIP_OK)
		return tell_numeric(&g, o, &addr, fn, arg);
	if (g.host.len && g.host.p[g.host.len - 1] == '.')
		g.host.len--;
	if (!is_name(g.host))
		return SIP_E_SYNTAX;
	if (!o->has_ipv4 && !o->has_ipv6)
		return SIP_E_UNSUPPORTED;
	l = locate_create(r, &g, o, fn, arg);
	if (!l)
		return SIP_E_NOMEM;
	if (dns__locate_run(l, false))
		dns__locate_end(l);
	else
		*out = l;
	return SIP_OK;
}

void dns_locate_cancel(struct dns_locate **locate)
{
	struct dns_locate *l = *locate;

	*locate = NULL;
	if (!l)
		return;
	MUST_BE(l, DNS__LOCATE_MAGIC);
	if (!l->is_done)
		locate_free(l);
}
