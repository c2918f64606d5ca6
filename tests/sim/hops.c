/* What must hold on the wire, hop by hop. */
#include "tests/sim/hops.h"

#define HOPS_MAX 2000000

struct hop { /* a transaction as the wire knows it: branch and method */
	struct sip_hash_node node;
	uint64_t call;           /* hash of Call-ID */
	uint32_t cseq;
	uint16_t final;          /* of a non-2xx */
	uint8_t method;          /* enum sip_method */
	bool has_2xx, has_ack;
	bool is_late;            /* the client had stopped to wait when the final was sent (9.1: 64*T1 after CANCEL) */
	int64_t cancelled_us;    /* when CANCEL was seen first; 0: never */
	unsigned number;         /* of the first message, for the report */
};

struct sim_hops {
	struct sim_base *base;   /* lent */
	struct sip_hash_key key;
	struct sip_hash table;
	struct sip_slab slab;
	unsigned count;
};

struct seen { /* what matters of a message */
	struct sip_str first, branch, call_id, cseq, method;
	unsigned status;         /* 0: a request */
};

static struct sip_str field(struct sip_str bytes, const char *name)
{
	const char *at = memmem(bytes.p, bytes.len, name, strlen(name));
	const char *end;

	if (!at)
		return sip_str_make(NULL, 0);
	at += strlen(name);
	end = memchr(at, '\r', (size_t)(bytes.p + bytes.len - at));
	return end ? sip_str_make(at, (size_t)(end - at)) : sip_str_make(NULL, 0);
}

static bool look(struct sip_str bytes, struct seen *s)
{
	const char *end = memmem(bytes.p, bytes.len, "\r\n", 2);
	struct sip_str via = field(bytes, "\r\nVia: ");
	struct sip_str text = field(bytes, "\r\nCSeq: ");
	const char *branch;
	uint32_t status;

	if (!end || !via.len || !text.len)
		return false;
	memset(s, 0, sizeof *s);
	s->first = sip_str_make(bytes.p, (size_t)(end - bytes.p));
	s->call_id = field(bytes, "\r\nCall-ID: ");
	branch = memmem(via.p, via.len, "branch=", 7);
	if (!branch)
		return false;
	s->branch = sip_str_make(branch + 7, (size_t)(via.p + via.len - branch - 7));
	s->branch.len = sip_str_find(s->branch, ',');
	s->branch.len = sip_str_find(s->branch, ';');
	s->cseq = sip_str_make(text.p, sip_str_find(text, ' '));
	s->method = sip_str_from(text, s->cseq.len + 1);
	if (s->first.len > 12 && memcmp(s->first.p, "SIP/2.0 ", 8) == 0 &&
	    sip_str_to_u32(sip_str_make(s->first.p + 8, 3), 699, &status) == SIP_OK)
		s->status = status;
	return true;
}

static struct hop *find(struct sim_hops *h, struct sip_str branch, enum sip_method method)
{
	uint64_t hash = sip_hash_mix(sip_hash_bytes(&h->key, branch.p, branch.len), method);
	struct sip_hash_node *n = sip_hash_first(&h->table, hash);

	return n ? SIP_CONTAINER(n, struct hop, node) : NULL;
}

static struct hop *add(struct sim_hops *h, const struct seen *s, enum sip_method method)
{
	uint64_t hash = sip_hash_mix(sip_hash_bytes(&h->key, s->branch.p, s->branch.len), method);
	struct hop *p = sip_slab_alloc(&h->slab);

	SIM_MUST(p != NULL);
	memset(p, 0, sizeof *p);
	p->method = (uint8_t)method;
	p->number = h->count;
	p->call = sip_hash_bytes(&h->key, s->call_id.p, s->call_id.len);
	SIM_MUST(sip_hash_add(&h->table, &p->node, hash) == SIP_OK);
	SIM_MUST(sip_str_to_u32(s->cseq, UINT32_MAX, &p->cseq) == SIP_OK);
	return p;
}

static void check_identity(struct sim_hops *h, const struct hop *p, const struct seen *s)
{
	uint32_t cseq = 0;

	if (sip_str_to_u32(s->cseq, UINT32_MAX, &cseq) != SIP_OK || cseq != p->cseq ||
	    sip_hash_bytes(&h->key, s->call_id.p, s->call_id.len) != p->call)
		sim_violation(h->base, "CSeq or Call-ID mixed up: %.*s, %.*s, branch %.*s", SIP_STR_ARG(s->first),
			      SIP_STR_ARG(s->call_id), SIP_STR_ARG(s->branch));
}

static void see_request(struct sim_hops *h, const struct seen *s, enum sip_method method)
{
	struct hop *p = method == SIP_METHOD_ACK ? find(h, s->branch, SIP_METHOD_INVITE) : NULL;

	if (p)
		p->has_ack = true;
	else
		p = find(h, s->branch, method);
	if (p)
		check_identity(h, p, s);
	else
		add(h, s, method);
	if (method != SIP_METHOD_CANCEL)
		return;
	p = find(h, s->branch, SIP_METHOD_INVITE);
	if (!p)
		sim_violation(h->base, "CANCEL of nothing: %.*s", SIP_STR_ARG(s->call_id));
	else if (!p->cancelled_us)
		p->cancelled_us = h->base->clock.now;
}

/* One final a hop; more than one only to an INVITE, and then 2xx all of them. */
static void see_response(struct sim_hops *h, const struct seen *s, enum sip_method method)
{
	struct hop *p = find(h, s->branch, method);
	bool is_2xx = s->status < 300;

	if (!p) {
		sim_violation(h->base, "response to nothing: %.*s, %.*s", SIP_STR_ARG(s->first),
			      SIP_STR_ARG(s->call_id));
		return;
	}
	check_identity(h, p, s);
	if (s->status < 200)
		return;
	if ((is_2xx && p->final) || (!is_2xx && (p->has_2xx || (p->final && p->final != s->status))))
		sim_violation(h->base, "two finals in one transaction: %.*s after %u, %.*s, branch %.*s",
			      SIP_STR_ARG(s->first), p->final ? p->final : 200, SIP_STR_ARG(s->call_id),
			      SIP_STR_ARG(s->branch));
	if (!p->final && p->cancelled_us && h->base->clock.now - p->cancelled_us > SIP_SECONDS(28))
		p->is_late = true;
	if (is_2xx)
		p->has_2xx = true;
	else
		p->final = (uint16_t)s->status;
}

static bool on_sent(void *arg, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to,
		    struct sip_str bytes)
{
	struct sim_hops *h = arg;
	char a[SIP_ADDR_TEXT], b[SIP_ADDR_TEXT];
	enum sip_method method;
	struct seen s;

	if (!look(bytes, &s))
		return true;
	h->count++;
	if (h->base->o.is_traced)
		sim_trace(h->base, "wire %s %s > %s: %.*s | %.*s | CSeq %.*s %.*s | %.*s",
			  kind == SIP_TRANSPORT_UDP ? "udp" : "tcp", sip_addr_text(from, a), sip_addr_text(to, b),
			  SIP_STR_ARG(s.first), SIP_STR_ARG(s.call_id), SIP_STR_ARG(s.cseq), SIP_STR_ARG(s.method),
			  SIP_STR_ARG(s.branch));
	method = sip_method_find(s.method);
	if (s.status)
		see_response(h, &s, method);
	else
		see_request(h, &s, method);
	return true;
}

struct sim_hops *sim_hops_create(struct sim_base *b)
{
	struct sim_hops *h = sip_alloc_zero(sizeof *h);

	SIM_MUST(h != NULL);
	h->base = b;
	h->key.k[0] = sim_seed(b);
	h->key.k[1] = sim_seed(b);
	sip_hash_init(&h->table, HOPS_MAX);
	sip_slab_init(&h->slab, sizeof(struct hop), HOPS_MAX);
	sip_memory_net_tap(b->net, on_sent, h);
	return h;
}

static bool check_hop(void *arg, struct sip_hash_node *n)
{
	struct sim_hops *h = arg;
	const struct hop *p = SIP_CONTAINER(n, struct hop, node);

	if (p->method == SIP_METHOD_INVITE && p->final && !p->has_ack && !p->is_late)
		sim_violation(h->base, "a %u to an INVITE was never acknowledged on its hop (message %u)", p->final, p->number);
	return true;
}

void sim_hops_check(struct sim_hops *h, bool needs_acks)
{
	if (needs_acks)
		sip_hash_walk(&h->table, check_hop, h);
}

uint64_t sim_hops_count(const struct sim_hops *h)
{
	return h->count;
}

static bool free_hop(void *arg, struct sip_hash_node *n)
{
	struct sim_hops *h = arg;

	(void)sip_hash_remove(&h->table, n);
	sip_slab_free(&h->slab, SIP_CONTAINER(n, struct hop, node));
	return true;
}

void sim_hops_destroy(struct sim_hops **hops)
{
	struct sim_hops *h = *hops;

	*hops = NULL;
	sip_memory_net_tap(h->base->net, NULL, NULL);
	sip_hash_walk(&h->table, free_hop, h);
	sip_hash_fini(&h->table);
	sip_slab_fini(&h->slab);
	sip_free(h);
}
