/* Scripted DNS: the domains of the world, with a dead first target where the seed says so. Some answers come late. */
#include "tests/sim/servers.h"

struct waiting {
	struct sip_list node;
	struct sip_timer timer;
	struct sim_zone *zone;
	struct dns_rrset *set;
	void (*answered)(void *arg, struct dns_rrset *set);
	void *arg;
};

static struct dns_rr srv(uint16_t priority, const char *target)
{
	struct dns_rr rr;

	memset(&rr, 0, sizeof rr);
	rr.type = DNS_TYPE_SRV;
	rr.ttl = 5;
	rr.priority = priority;
	rr.port = 5060;
	rr.target = sip_str_of(target);
	return rr;
}

static struct dns_rr host(const char *address)
{
	struct dns_rr rr;

	memset(&rr, 0, sizeof rr);
	rr.type = DNS_TYPE_A;
	rr.ttl = 5;
	SIM_MUST(sip_addr_parse(&rr.addr, sip_str_of(address), 0) == SIP_OK);
	return rr;
}

static bool is_name(struct sip_str name, const char *prefix, const char *domain)
{
	char text[64];

	snprintf(text, sizeof text, "%s%s", prefix, domain);
	return sip_str_eq_nocase(name, sip_str_of(text));
}

static size_t look_up(const struct sim_servers *s, struct sip_str name, enum dns_type type, struct dns_rr *rr,
		      char targets[2][32])
{
	size_t n = 0;

	for (unsigned i = 0; i < s->repro_count; i++) {
		const struct sim_repro *r = &s->repros[i];
		if (type == DNS_TYPE_SRV && ((s->wire != SIM_WIRE_TCP && is_name(name, "_sip._udp.", r->domain)) ||
					     (s->wire != SIM_WIRE_UDP && is_name(name, "_sip._tcp.", r->domain)))) {
			snprintf(targets[0], 32, "dead.%s", r->domain);
			snprintf(targets[1], 32, "sip.%s", r->domain);
			if (s->has_dead_first)
				rr[n++] = srv(10, targets[0]);
			rr[n++] = srv(20, targets[1]);
		}
		if (type == DNS_TYPE_A && is_name(name, "sip.", r->domain))
			rr[n++] = host(r->address);
		if (type == DNS_TYPE_A && is_name(name, "dead.", r->domain))
			rr[n++] = host(SIM_DEAD_ADDRESS);
	}
	return n;
}

static void on_due(void *arg)
{
	struct waiting *q = arg;

	sip_list_remove(&q->node);
	q->answered(q->arg, q->set);
	sip_free(q);
}

static void query(void *arg, struct sip_str name, enum dns_type type,
		  void (*answered)(void *answer_arg, struct dns_rrset *set), void *answer_arg)
{
	struct sim_zone *z = arg;
	char targets[2][32];
	struct dns_rr rr[2];
	size_t n = look_up(z->servers, name, type, rr, targets);
	struct dns_rrset *set = NULL;
	struct waiting *q;

	SIM_MUST(dns_rrset_create(n ? SIP_OK : SIP_E_NOTFOUND, rr, n, &set) == SIP_OK);
	sim_trace(z->servers->base, "dns %.*s type %d: %zu records", SIP_STR_ARG(name), (int)type, n);
	if (!z->loop || sim_chance(z->servers->base, 50)) {
		answered(answer_arg, set);
		return;
	}
	q = sip_alloc_zero(sizeof *q);
	SIM_MUST(q != NULL);
	q->zone = z;
	q->set = set;
	q->answered = answered;
	q->arg = answer_arg;
	sip_timer_init(&q->timer, on_due, q);
	sip_list_add_tail(&z->waiting, &q->node);
	sip_loop_arm(z->loop, &q->timer, sim_between(z->servers->base, 0, SIP_MS(1500)));
}

void sim_zone_init(struct sim_zone *z, struct sim_servers *s)
{
	z->servers = s;
	z->source.query = query;
	z->source.arg = z;
	sip_list_init(&z->waiting);
}
