/*
 * The steps of a search: NAPTR, SRV, addresses. A step asks all its questions at once, waits for
 * the last answer, reads them and says which step is next. The resolver's loop. RFC 3263 4.1, 4.2.
 */
#include "dns/dns_priv.h"

#define BIT(kind) (1u << (kind))

/* The worst wins: without memory there is no answer at all; a limit or a dead server is worth more than "not there". */
static void note(struct dns_locate *l, enum sip_err err)
{
	if (err == SIP_OK || err == SIP_E_NOTFOUND || l->err == SIP_E_NOMEM)
		return;
	if (err == SIP_E_NOMEM || err == SIP_E_LIMIT || l->err != SIP_E_LIMIT)
		l->err = err;
}

/* Records when there are some. A server that fails for this type may know others, so the search goes on (note). */
static const struct dns_rrset *answer(struct dns_locate *l, const struct dns__ask *a)
{
	if (a->set)
		note(l, a->set->err);
	return a->set && a->set->err == SIP_OK ? a->set : NULL;
}

static void ask(struct dns_locate *l, struct dns__ask *a, struct sip_str name, enum dns_type type)
{
	enum sip_err err;

	a->locate = l;
	a->w.fn = dns__locate_on_answer;
	a->w.arg = a;
	err = dns__resolver_ask(l->resolver, name, type, &a->w, &a->set);
	if (err != SIP_OK)
		note(l, err);
	else if (!a->set)
		l->pending++;
}

/* ---- NAPTR --------------------------------------------------------------------------------------------------- */
static void ask_naptr(struct dns_locate *l)
{
	ask(l, &l->naptr, l->domain, DNS_TYPE_NAPTR);
}

/* RFC 3263 4.1: the client discards any records whose services fields are not applicable. */
static enum sip_transport_kind service_kind(const struct dns_locate *l, const struct dns_rr *rr)
{
	if (!sip_str_eq_nocase(rr->flags, SIP_STR("s")) || rr->regexp.len || rr->target.len == 0)
		return SIP_TRANSPORT_NONE;
	for (unsigned k = 0; k < SIP_TRANSPORT_KIND_COUNT; k++) {
		const struct sip_transport_kind_row *row = &sip_transport_kinds[k];
		if (row->naptr.len && (l->kinds & BIT(k)) && sip_str_eq_nocase(row->naptr, rr->service))
			return (enum sip_transport_kind)k;
	}
	return SIP_TRANSPORT_NONE;
}

static void add_service(struct dns_locate *l, enum sip_transport_kind kind, struct sip_str name)
{
	struct dns__service *s = &l->services[l->service_count];

	if (l->service_count == DNS__SERVICES_MAX)
		return;
	memset(s, 0, sizeof *s);
	s->kind = kind;
	s->name = name;
	l->service_count++;
}

static enum dns__step read_naptr(struct dns_locate *l)
{
	const struct dns_rrset *set = answer(l, &l->naptr);
	uint16_t order[DNS__RECORDS_MAX];
	size_t n = set ? dns__order_naptr(set, order) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct dns_rr *rr = &set->rr[order[i]];
		enum sip_transport_kind kind = service_kind(l, rr);
		if (kind != SIP_TRANSPORT_NONE)
			add_service(l, kind, rr->target);
	}
	/* 4.2: without SRV records behind it, the transport found by NAPTR is kept. */
	if (l->service_count)
		l->kind = l->services[0].kind;
	return DNS__STEP_SRV;
}

/* ---- SRV ----------------------------------------------------------------------------------------------------- */
/* "_sip._udp." and the domain; too long a name is not asked for. */
static void add_service_of(struct dns_locate *l, enum sip_transport_kind kind)
{
	struct sip_str prefix = sip_transport_kinds[kind].srv_prefix;
	size_t len = prefix.len + l->domain.len;
	char *name;

	if (prefix.len == 0 || len > DNS__NAME_MAX)
		return;
	name = sip_arena_alloc(&l->arena, len);
	if (!name) {
		note(l, SIP_E_NOMEM);
		return;
	}
	memcpy(name, prefix.p, prefix.len);
	memcpy(name + prefix.len, l->domain.p, l->domain.len);
	add_service(l, kind, sip_str_make(name, len));
}

/*
 * 4.1: if no NAPTR records are found, the client constructs SRV queries for those transport protocols it supports.
 * WebSocket servers are not looked for this way unless there is nothing else (RFC 7118 names no SRV service).
 */
static void add_services(struct dns_locate *l)
{
	unsigned usual = BIT(SIP_TRANSPORT_UDP) | BIT(SIP_TRANSPORT_TCP) | BIT(SIP_TRANSPORT_TLS);
	unsigned kinds = l->kinds & usual ? l->kinds & usual : l->kinds;

	while (kinds) {
		enum sip_transport_kind kind = dns__locate_prefer(kinds);
		add_service_of(l, kind);
		kinds &= ~BIT(kind);
	}
}

static void ask_srv(struct dns_locate *l)
{
	if (l->service_count == 0)
		add_services(l);
	for (size_t i = 0; i < l->service_count; i++)
		ask(l, &l->services[i].srv, l->services[i].name, DNS_TYPE_SRV);
}

static void add_hop(struct dns_locate *l, enum sip_transport_kind kind, struct sip_str host, uint16_t port)
{
	struct dns__hop *hop = &l->hops[l->hop_count];

	if (l->hop_count == l->targets_max)
		return;
	memset(hop, 0, sizeof *hop);
	hop->kind = kind;
	hop->host = host;
	hop->port = port;
	l->hop_count++;
}

/* RFC 2782: a Target of "." (empty here) means that the service is decidedly not available at this domain. */
static void add_hops(struct dns_locate *l, enum sip_transport_kind kind, const struct dns_rrset *set)
{
	uint16_t order[DNS__RECORDS_MAX];
	size_t n = dns__order_srv(sip_loop_rand(l->resolver->loop), set, order);

	for (size_t i = 0; i < n; i++) {
		const struct dns_rr *rr = &set->rr[order[i]];
		if (rr->target.len)
			add_hop(l, kind, rr->target, rr->port);
	}
}

/* Room for `most` hops, once. */
static bool make_hops(struct dns_locate *l, size_t most)
{
	l->hops = sip_arena_alloc(&l->arena, most * sizeof *l->hops);
	if (!l->hops)
		note(l, SIP_E_NOMEM);
	return l->hops != NULL;
}

static enum dns__step read_srv(struct dns_locate *l)
{
	size_t found = 0;

	for (size_t i = 0; i < l->service_count; i++) {
		const struct dns_rrset *set = answer(l, &l->services[i].srv);
		found += set ? set->count : 0;
	}
	if (found == 0)
		return DNS__STEP_HOSTS;
	if (!make_hops(l, found < l->targets_max ? found : l->targets_max))
		return DNS__STEP_DONE;
	for (size_t i = 0; i < l->service_count; i++) {
		const struct dns_rrset *set = answer(l, &l->services[i].srv);
		if (set)
			add_hops(l, l->services[i].kind, set);
	}
	return l->hop_count ? DNS__STEP_HOSTS : DNS__STEP_DONE;
}

/* ---- addresses ----------------------------------------------------------------------------------------------- */
/* An SRV target may be an address after all: RFC 2782 forbids it, the world does it. */
static bool take_numeric(struct dns_locate *l, struct dns__hop *hop)
{
	struct dns_rr rr;

	memset(&rr, 0, sizeof rr);
	if (sip_addr_parse(&rr.addr, hop->host, 0) != SIP_OK)
		return false;
	note(l, dns_rrset_create(SIP_OK, &rr, 1, &hop->a.set));
	return true;
}

static void ask_hosts(struct dns_locate *l)
{
	if (l->hop_count == 0) {
		if (!make_hops(l, 1))
			return;
		add_hop(l, l->kind, l->domain, l->port ? l->port : sip_transport_kinds[l->kind].default_port);
	}
	for (size_t i = 0; i < l->hop_count; i++) {
		struct dns__hop *hop = &l->hops[i];
		if (take_numeric(l, hop))
			continue;
		if (l->has_ipv6)
			ask(l, &hop->aaaa, hop->host, DNS_TYPE_AAAA);
		if (l->has_ipv4)
			ask(l, &hop->a, hop->host, DNS_TYPE_A);
	}
}

static enum dns__step read_hosts(struct dns_locate *l)
{
	for (size_t i = 0; i < l->hop_count; i++) {
		(void)answer(l, &l->hops[i].a);
		(void)answer(l, &l->hops[i].aaaa);
	}
	note(l, dns__order_targets(l));
	return DNS__STEP_DONE;
}

static bool is_waiting(const struct dns__ask *a)
{
	return sip_list_is_linked(&a->w.node);
}

static bool has_address(const struct dns__ask *a)
{
	return a->set && a->set->err == SIP_OK;
}

/* Every host has an address or has had both its answers: only other families of known hosts are still to come. */
static bool is_enough(const struct dns_locate *l)
{
	for (size_t i = 0; i < l->hop_count; i++) {
		const struct dns__hop *hop = &l->hops[i];
		if (has_address(&hop->a) || has_address(&hop->aaaa))
			continue;
		if (is_waiting(&hop->a) || is_waiting(&hop->aaaa))
			return false;
	}
	return true;
}

static void drop_waiting(struct dns_locate *l, struct dns__ask *a)
{
	if (!is_waiting(a))
		return;
	sip_list_remove(&a->w.node);
	l->pending--;
}

/* RFC 8305 3: a name server that answers for one family only must not hold up the other. */
void dns__locate_on_impatience(void *arg)
{
	struct dns_locate *l = arg;

	for (size_t i = 0; i < l->hop_count; i++) {
		drop_waiting(l, &l->hops[i].a);
		drop_waiting(l, &l->hops[i].aaaa);
	}
	if (dns__locate_run(l, true))
		dns__locate_end(l);
}

/* ---- the steps ----------------------------------------------------------------------------------------------- */
static const struct {
	void (*ask)(struct dns_locate *l);
	enum dns__step (*read)(struct dns_locate *l);
} steps[] = {
	[DNS__STEP_NAPTR] = { ask_naptr, read_naptr },
	[DNS__STEP_SRV] = { ask_srv, read_srv },
	[DNS__STEP_HOSTS] = { ask_hosts, read_hosts },
};

bool dns__locate_run(struct dns_locate *l, bool is_answered)
{
	while (l->step != DNS__STEP_DONE) {
		if (!is_answered)
			steps[l->step].ask(l);
		is_answered = false;
		if (l->pending) {
			if (l->step == DNS__STEP_HOSTS && !sip_timer_is_armed(&l->patience) && is_enough(l))
				sip_loop_arm(l->resolver->loop, &l->patience, SIP_MS(DNS__PATIENCE_MS));
			return false;
		}
		l->step = l->err == SIP_E_NOMEM ? DNS__STEP_DONE : steps[l->step].read(l);
	}
	return true;
}
