/* The scripted zone: every name there is, as the play says; all others are not found. */
#include "tests/replay/play.h"

#include "dns/dns.h"

static uint16_t number(struct play *p, size_t at)
{
	uint64_t n = 0;

	if (at >= p->cue.count || sip_str_to_u64(p->cue.words[at], 65535, &n) != SIP_OK)
		play_fail(p, NULL, "a number in word %zu", at + 1);
	return (uint16_t)n;
}

/*
 * dns NAME A|AAAA ADDRESS, dns NAME SRV PRIORITY WEIGHT PORT HOST, dns NAME NAPTR ORDER PREFERENCE FLAGS SERVICE HOST,
 * dns NAME silent
 */
void zone_add(struct play *p)
{
	struct cue *c = &p->cue;
	struct zone_record *z = &p->zone[p->zone_count];
	struct sip_str type = c->count > 3 ? c->words[2] : sip_str_make("", 0);

	if (p->zone_count == PLAY_ZONE || c->count < 3)
		play_fail(p, NULL, "dns NAME TYPE …, and at most %d of them", PLAY_ZONE);
	p->zone_count++;
	z->name = c->words[1];
	if (sip_str_eq(c->words[2], SIP_STR("silent"))) {
		z->err = SIP_E_DNS;
	} else if (sip_str_eq(type, SIP_STR("A")) || sip_str_eq(type, SIP_STR("AAAA"))) {
		z->type = type.len == 1 ? DNS_TYPE_A : DNS_TYPE_AAAA;
		if (sip_addr_parse(&z->addr, c->words[3], 0) != SIP_OK)
			play_fail(p, NULL, "an address");
	} else if (sip_str_eq(type, SIP_STR("SRV")) && c->count == 7) {
		z->type = DNS_TYPE_SRV;
		z->priority = number(p, 3);
		z->weight = number(p, 4);
		z->port = number(p, 5);
		z->target = c->words[6];
	} else if (sip_str_eq(type, SIP_STR("NAPTR")) && c->count == 8) {
		z->type = DNS_TYPE_NAPTR;
		z->priority = number(p, 3);
		z->weight = number(p, 4);
		z->flags = c->words[5];
		z->service = c->words[6];
		z->target = c->words[7];
	} else {
		play_fail(p, NULL, "A, AAAA, SRV, NAPTR or silent");
	}
}

static void destroy_set(void *object)
{
	sip_free(object);
}

static struct dns_rrset *make_set(const struct play *p, size_t count)
{
	struct dns_rrset *set = sip_alloc_zero(sizeof *set + count * sizeof(struct dns_rr));

	if (!set)
		return NULL;
	sip_ref_init(&set->ref, 0x52525345u, destroy_set);
	set->expires_us = p->clock.now + SIP_SECONDS(3600);
	set->rr = (struct dns_rr *)(void *)(set + 1);
	return set;
}

struct zone_answer { /* one that waits */
	struct zone_answer *next;
	struct play *play;
	struct sip_timer timer;
	struct dns_rrset *set; /* owned until it is given */
	void (*answered)(void *arg, struct dns_rrset *set);
	void *arg;
	bool is_given;
};

static void give(void *arg)
{
	struct zone_answer *a = arg;

	if (!a->is_given) {
		a->is_given = true;
		a->answered(a->arg, a->set);
	}
}

/* dns-delay TIME */
void zone_delay(struct play *p)
{
	p->zone_delay = script_time(p, p->cue.count > 1 ? p->cue.words[1] : sip_str_make("", 0));
}

void zone_strike(struct play *p)
{
	for (struct zone_answer *a = p->zone_answers; a; a = a->next) {
		sip_loop_disarm(sip_stack_loop(p->stack, 0), &a->timer);
		give(a);
	}
	p->zone_answers = NULL;
}

static void answer_late(struct play *p, struct dns_rrset *set, void (*answered)(void *, struct dns_rrset *), void *arg)
{
	struct zone_answer *a = play_alloc(p, sizeof *a);

	a->next = p->zone_answers;
	p->zone_answers = a;
	a->play = p;
	a->set = set;
	a->answered = answered;
	a->arg = arg;
	sip_timer_init(&a->timer, give, a);
	sip_loop_arm(sip_stack_loop(p->stack, 0), &a->timer, p->zone_delay);
}

static void query(void *arg, struct sip_str name, enum dns_type type, void (*answered)(void *, struct dns_rrset *),
		  void *answer_arg)
{
	struct play *p = arg;
	struct dns_rrset *set = make_set(p, p->zone_count);

	for (size_t i = 0; set && i < p->zone_count; i++) {
		const struct zone_record *z = &p->zone[i];
		if (!sip_host_eq(z->name, name))
			continue;
		if (z->err != SIP_OK)
			set->err = z->err;
		if (z->err != SIP_OK || z->type != (int)type)
			continue;
		set->rr[set->count++] = (struct dns_rr){ .type = type, .ttl = 3600, .addr = z->addr,
							 .priority = z->priority, .weight = z->weight, .port = z->port,
							 .target = z->target, .flags = z->flags, .service = z->service };
	}
	if (set && set->count == 0 && set->err == SIP_OK)
		set->err = SIP_E_NOTFOUND;
	if (p->zone_delay)
		answer_late(p, set, answered, answer_arg);
	else
		answered(answer_arg, set);
}

struct dns_source *zone_source(struct play *p)
{
	struct dns_source *source = play_alloc(p, sizeof *source);

	source->query = query;
	source->arg = p;
	return source;
}
