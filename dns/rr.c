/*
 * A name server's answer in wire form to a set of records: bounded in names, records and CNAMEs,
 * and nothing believed that the answer does not hold. No state, any thread. RFC 1035 4.1, 2308, 2782, 3403.
 */
#include "dns/dns_priv.h"

enum {
	WIRE_CNAME = 5,
	WIRE_SOA = 6,
	WIRE_IN = 1,
	WIRE_HEADER = 12,
	RCODE_OK = 0,
	RCODE_NXDOMAIN = 3,
	CNAMES_MAX = 8,
	ANSWERS_MAX = 1024, /* records looked at */
	SCRATCH = 2048,
	SCRATCH_MAX = (DNS__RECORDS_MAX + 1) * DNS__NAME_SIZE
};

struct wire {
	const unsigned char *p;
	size_t len;
	size_t at;
	bool is_bad; /* sticky: read past the end, or nonsense */
};
struct record {
	char owner[DNS__NAME_SIZE];
	size_t owner_len;
	unsigned type, class;
	uint32_t ttl;
	size_t rdata, rdlen;
};
struct answer {
	struct dns_rr rr[DNS__RECORDS_MAX + 1];
	size_t count;
	struct sip_arena arena;
	char scratch[SCRATCH];
};

static unsigned take_u8(struct wire *w)
{
	if (w->is_bad || w->at >= w->len) {
		w->is_bad = true;
		return 0;
	}
	return w->p[w->at++];
}

static unsigned take_u16(struct wire *w)
{
	unsigned high = take_u8(w);

	return high << 8 | take_u8(w);
}

static uint32_t take_u32(struct wire *w)
{
	uint32_t high = take_u16(w);

	return high << 16 | take_u16(w);
}

static bool skip(struct wire *w, size_t n)
{
	if (w->is_bad || w->len - w->at < n) {
		w->is_bad = true;
		return false;
	}
	w->at += n;
	return true;
}

/* One label becomes text; a byte that a host or service name cannot hold makes the name unusable. */
static bool put_label(const struct wire *w, size_t at, size_t n, char *out, size_t *len)
{
	if (*len + n + 1 > DNS__NAME_MAX + 1)
		return false;
	if (*len)
		out[(*len)++] = '.';
	for (size_t i = 0; i < n; i++) {
		unsigned char c = w->p[at + i];
		if (c <= ' ' || c >= 0x7f || c == '.')
			return false;
		out[(*len)++] = (char)c;
	}
	return true;
}

/* A name, pointers followed (each must point further back, so it ends). The root is empty. */
static size_t take_name(struct wire *w, char out[DNS__NAME_SIZE])
{
	size_t len = 0, at = w->at, back = w->at;
	bool has_jumped = false;

	while (!w->is_bad && at < w->len) {
		unsigned n = w->p[at++];
		if (n == 0) {
			if (!has_jumped)
				w->at = at;
			return len;
		}
		if ((n & 0xc0) == 0xc0 && at < w->len) {
			size_t to = (size_t)(n & 0x3f) << 8 | w->p[at++];
			if (!has_jumped)
				w->at = at;
			has_jumped = true;
			if (to >= back)
				break;
			at = back = to;
		} else if ((n & 0xc0) != 0 || n > w->len - at || !put_label(w, at, n, out, &len)) {
			break;
		} else {
			at += n;
		}
	}
	w->is_bad = true;
	return 0;
}

static void skip_name(struct wire *w)
{
	for (;;) {
		unsigned n = take_u8(w);
		if (w->is_bad || n == 0)
			return;
		if (n >= 0xc0) {
			take_u8(w);
			return;
		}
		skip(w, n);
	}
}

/* The next record; its owner stays empty when it is no name we would have asked for. */
static bool take_record(struct wire *w, struct record *r)
{
	struct wire owner = *w;

	r->owner_len = take_name(&owner, r->owner);
	skip_name(w);
	r->type = take_u16(w);
	r->class = take_u16(w);
	r->ttl = take_u32(w);
	if (r->ttl > INT32_MAX) /* RFC 2181 8 */
		r->ttl = 0;
	r->rdlen = take_u16(w);
	r->rdata = w->at;
	return skip(w, r->rdlen);
}

static bool is_owned_by(const struct record *r, struct sip_str name)
{
	return r->class == WIRE_IN && sip_str_eq_nocase(sip_str_make(r->owner, r->owner_len), name);
}

/* The text of the name a record holds, in the scratch. */
static bool keep_name(struct wire *w, struct answer *a, struct sip_str *out, enum sip_err *err)
{
	char name[DNS__NAME_SIZE];
	size_t len = take_name(w, name);

	if (w->is_bad)
		return false;
	*out = sip_arena_str(&a->arena, sip_str_make(name, len));
	if (len && !out->p)
		*err = SIP_E_NOMEM;
	return *err == SIP_OK;
}

static struct sip_str take_text(struct wire *w)
{
	size_t n = take_u8(w);
	size_t at = w->at;

	return skip(w, n) ? sip_str_make((const char *)w->p + at, n) : sip_str_make(NULL, 0);
}

static bool read_addr(struct wire *w, const struct record *r, struct dns_rr *rr)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (r->type == DNS_TYPE_A && r->rdlen == 4) {
		memcpy(&in.sin_addr, w->p + r->rdata, 4);
		return sip_addr_from_sockaddr(&rr->addr, (struct sockaddr *)&in, sizeof in) == SIP_OK;
	}
	if (r->type == DNS_TYPE_AAAA && r->rdlen == 16) {
		memcpy(&in6.sin6_addr, w->p + r->rdata, 16);
		return sip_addr_from_sockaddr(&rr->addr, (struct sockaddr *)&in6, sizeof in6) == SIP_OK;
	}
	return false;
}

/* One record's data; false: it is left out (or *err is NOMEM). */
static bool read_data(const struct wire *message, const struct record *r, struct answer *a, enum sip_err *err)
{
	struct wire w = { message->p, r->rdata + r->rdlen, r->rdata, false };
	struct dns_rr *rr = &a->rr[a->count];

	memset(rr, 0, sizeof *rr);
	rr->type = (enum dns_type)r->type;
	rr->ttl = r->ttl;
	if (rr->type == DNS_TYPE_A || rr->type == DNS_TYPE_AAAA)
		return read_addr(&w, r, rr);
	rr->priority = (uint16_t)take_u16(&w);
	rr->weight = (uint16_t)take_u16(&w);
	if (rr->type == DNS_TYPE_SRV) {
		rr->port = (uint16_t)take_u16(&w);
	} else {
		rr->flags = take_text(&w);
		rr->service = take_text(&w);
		rr->regexp = take_text(&w);
	}
	return keep_name(&w, a, &rr->target, err) && w.at == w.len;
}

/* Where the chain of CNAMEs ends; the shortest TTL on the way bounds the whole. */
static size_t follow_cnames(const struct wire *answers, unsigned n, char *name, size_t len, uint32_t *ttl)
{
	for (int hop = 0; hop < CNAMES_MAX; hop++) {
		struct wire w = *answers;
		struct record r;
		bool is_found = false;

		for (unsigned i = 0; i < n && !is_found && take_record(&w, &r); i++)
			is_found = r.type == WIRE_CNAME && is_owned_by(&r, sip_str_make(name, len));
		if (!is_found)
			break;
		w.at = r.rdata;
		len = take_name(&w, name);
		if (w.is_bad)
			return 0;
		if (r.ttl < *ttl)
			*ttl = r.ttl;
	}
	return len;
}

/* RFC 2308 5: how long "there is none" holds, by the SOA beside it. */
static uint32_t negative_ttl(struct wire *w, unsigned authorities)
{
	struct record r;

	for (unsigned i = 0; i < authorities && i < ANSWERS_MAX && take_record(w, &r); i++) {
		struct wire soa = { w->p, r.rdata + r.rdlen, r.rdata, false };
		uint32_t minimum;
		if (r.type != WIRE_SOA)
			continue;
		skip_name(&soa);
		skip_name(&soa);
		skip(&soa, 16);
		minimum = take_u32(&soa);
		if (!soa.is_bad)
			return minimum < r.ttl ? minimum : r.ttl;
	}
	return UINT32_MAX;
}

static enum sip_err read_answers(struct wire *w, unsigned n, struct sip_str name, enum dns_type type, struct answer *a)
{
	char owner[DNS__NAME_SIZE];
	uint32_t ttl = UINT32_MAX;
	enum sip_err err = SIP_OK;
	struct record r;
	size_t len;

	if (name.len == 0 || name.len > DNS__NAME_MAX)
		return SIP_E_SYNTAX;
	memcpy(owner, name.p, name.len);
	len = follow_cnames(w, n, owner, name.len, &ttl);
	for (unsigned i = 0; i < n && take_record(w, &r); i++) {
		if (r.type != (unsigned)type || !is_owned_by(&r, sip_str_make(owner, len)) ||
		    a->count == SIP_COUNTOF(a->rr))
			continue;
		if (r.ttl > ttl)
			r.ttl = ttl;
		if (read_data(w, &r, a, &err))
			a->count++;
		else if (err != SIP_OK)
			return err;
	}
	return w->is_bad ? SIP_E_SYNTAX : SIP_OK;
}

static enum sip_err make_set(struct wire *w, struct sip_str name, enum dns_type type, int64_t now_us, struct answer *a,
			     struct dns_rrset **out)
{
	unsigned flags, questions, answers, authorities;
	enum sip_err err;
	uint32_t ttl;

	skip(w, 2);
	flags = take_u16(w);
	questions = take_u16(w);
	answers = take_u16(w);
	authorities = take_u16(w);
	skip(w, 2);
	for (unsigned i = 0; i < questions && !w->is_bad; i++) {
		skip_name(w);
		skip(w, 4);
	}
	if (w->is_bad || (flags & 0x8000) == 0)
		return SIP_E_SYNTAX;
	if ((flags & 15) != RCODE_OK && (flags & 15) != RCODE_NXDOMAIN)
		return dns_rrset_create(SIP_E_DNS, NULL, 0, out);
	err = read_answers(w, answers < ANSWERS_MAX ? answers : ANSWERS_MAX, name, type, a);
	if (err != SIP_OK)
		return err;
	if (a->count)
		return dns_rrset_create(SIP_OK, a->rr, a->count, out);
	err = dns_rrset_create(SIP_E_NOTFOUND, NULL, 0, out);
	ttl = negative_ttl(w, authorities);
	if (err == SIP_OK && ttl != UINT32_MAX)
		(*out)->expires_us = now_us + SIP_SECONDS(ttl);
	return err;
}

enum sip_err dns__rr_parse(struct sip_str wire, struct sip_str name, enum dns_type type, int64_t now_us,
			   struct dns_rrset **out)
{
	struct wire w = { (const unsigned char *)wire.p, wire.len, 0, false };
	struct answer a;
	enum sip_err err;

	*out = NULL;
	if (wire.len < WIRE_HEADER)
		return SIP_E_SYNTAX;
	a.count = 0;
	sip_arena_init(&a.arena, a.scratch, sizeof a.scratch, 4 * SCRATCH_MAX);
	err = make_set(&w, name, type, now_us, &a, out);
	sip_arena_fini(&a.arena);
	return err;
}
