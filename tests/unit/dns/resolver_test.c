#include "tests/unit/dns/dns_test.h"

#include <stdio.h>

#define A DNS_TYPE_A
#define AAAA DNS_TYPE_AAAA
#define SRV DNS_TYPE_SRV

static const struct zone_row zone[] = {
	{ "a.test", A, 60, "192.0.2.7", SIP_OK },
	{ "b.test", A, 0, "192.0.2.8", SIP_OK },
	{ "c.test", A, 1000000, "192.0.2.9", SIP_OK },
	{ "empty.test", A, 60, NULL, SIP_OK },
	{ "fail.test", A, 0, NULL, SIP_E_DNS },
	{ "fail.test", AAAA, 0, NULL, SIP_E_DNS },
	{ NULL, DNS_TYPE_NONE, 0, NULL, SIP_OK },
};

static enum sip_err start_ipv4(struct world *w, const char *host, struct found *f, struct dns_locate **l)
{
	struct dns_locate_options o = { .port = 5060, .kind = SIP_TRANSPORT_UDP, .kinds = USUAL, .has_ipv4 = true };

	memset(f, 0, sizeof *f);
	o.host = sip_str_of(host);
	return dns_locate_start(w->resolver, &o, on_found, f, l);
}

static enum sip_err find_ipv4(struct world *w, const char *host, struct found *f)
{
	struct dns_locate *l = NULL;
	enum sip_err err = start_ipv4(w, host, f, &l);

	if (err != SIP_OK)
		return err;
	world_wait(w, &f->calls, 1);
	UNIT_EQ(f->calls, 1);
	return f->err;
}

#define FIND4(w, host, f, expected, total)                   \
	do {                                                 \
		err = find_ipv4(w, host, f);                 \
		if (err == SIP_E_NOMEM)                      \
			goto out;                            \
		UNIT_EQ(err, expected);                      \
		err = SIP_OK;                                \
		UNIT_EQ((w)->zone.asked, total);             \
	} while (0)

static enum sip_err test_resolver_when_cached_then_at_once_until_the_ttl_ends(void)
{
	struct dns_locate *l = NULL;
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	FIND4(&w, "a.test", &f, SIP_OK, 1);
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_QUERIES), 1);
	UNIT_EQ(dns_resolver_cached(w.resolver), 1);
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_CACHE), 1);
	world_turn(&w, SIP_SECONDS(58));
	UNIT_TRY(start_ipv4(&w, "A.Test.", &f, &l));
	UNIT_CHECK(l == NULL);
	UNIT_EQ(f.calls, 1);
	UNIT_STR(sip_str_of(f.text), "udp 192.0.2.7:5060");
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_HITS), 1);
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_MICROSECONDS), 1);
	world_turn(&w, SIP_SECONDS(3));
	FIND4(&w, "a.test", &f, SIP_OK, 2);
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_ttl_is_odd_then_clamped(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_prepare(&w, zone));
	w.options.ttl_min = 10;
	w.options.ttl_max = 100;
	UNIT_TRY(dns_resolver_create(&w.options, &w.resolver));
	FIND4(&w, "b.test", &f, SIP_OK, 1);
	FIND4(&w, "c.test", &f, SIP_OK, 2);
	world_turn(&w, SIP_SECONDS(9));
	FIND4(&w, "b.test", &f, SIP_OK, 2);
	world_turn(&w, SIP_SECONDS(2));
	FIND4(&w, "b.test", &f, SIP_OK, 3);
	world_turn(&w, SIP_SECONDS(85));
	FIND4(&w, "c.test", &f, SIP_OK, 3);
	world_turn(&w, SIP_SECONDS(5));
	FIND4(&w, "c.test", &f, SIP_OK, 4);
out:
	world_close(&w);
	return err;
}

/* RFC 2308 5: "When a server … caches a negative response … the name server SHOULD limit the time". */
static enum sip_err test_resolver_when_not_there_then_remembered_for_a_while(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	FIND4(&w, "nowhere.test", &f, SIP_E_NOTFOUND, 1);
	FIND4(&w, "nowhere.test", &f, SIP_E_NOTFOUND, 1);
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_FAILURES), 0);
	world_turn(&w, SIP_SECONDS(58));
	FIND4(&w, "nowhere.test", &f, SIP_E_NOTFOUND, 1);
	world_turn(&w, SIP_SECONDS(3));
	FIND4(&w, "nowhere.test", &f, SIP_E_NOTFOUND, 2);
	FIND4(&w, "empty.test", &f, SIP_E_NOTFOUND, 3);
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_servers_fail_then_dns_and_asked_again_soon(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	FIND4(&w, "fail.test", &f, SIP_E_DNS, 1);
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_FAILURES), 1);
	FIND4(&w, "fail.test", &f, SIP_E_DNS, 1);
	world_turn(&w, SIP_SECONDS(1));
	FIND4(&w, "fail.test", &f, SIP_E_DNS, 2);
	FIND_ERR(&w, "sip:fail.test", USUAL, &f, SIP_E_DNS);
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_flushed_then_forgets(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	FIND4(&w, "a.test", &f, SIP_OK, 1);
	dns_mark_failed(w.resolver, &f.first);
	UNIT_EQ(w.resolver->marks.table.count, 1);
	dns_resolver_flush(w.resolver);
	UNIT_EQ(dns_resolver_cached(w.resolver), 0);
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_CACHE), 0);
	UNIT_EQ(w.resolver->marks.table.count, 0);
	FIND4(&w, "a.test", &f, SIP_OK, 2);
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_many_ask_the_same_then_one_question(void)
{
	struct dns_locate *l[10];
	struct found f[10];
	enum sip_err err;
	struct world w;

	UNIT_TRY(world_open(&w, zone));
	for (size_t i = 0; i < 10; i++)
		UNIT_TRY(start_ipv4(&w, i & 1 ? "A.TEST" : "a.test", &f[i], &l[i]));
	UNIT_EQ(w.zone.asked, 1);
	world_wait(&w, &f[9].calls, 1);
	for (size_t i = 0; i < 10; i++) {
		UNIT_EQ(f[i].calls, 1);
		UNIT_TRY(f[i].err);
		UNIT_STR(sip_str_of(f[i].text), "udp 192.0.2.7:5060");
	}
	UNIT_EQ(w.zone.asked, 1);
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_source_answers_at_once_then_so_do_we(void)
{
	enum sip_err err;
	struct world w;
	struct found f;
	struct dns_locate *l;

	UNIT_TRY(world_open(&w, zone));
	w.zone.delay_ms = ZONE_AT_ONCE;
	UNIT_TRY(world_start(&w, "sip:a.test", USUAL, &f, &l));
	UNIT_CHECK(l == NULL);
	UNIT_EQ(f.calls, 1);
	UNIT_TRY(f.err);
	UNIT_STR(sip_str_of(f.text), "udp 192.0.2.7:5060");
	UNIT_EQ(w.resolver->questions.count, 0);
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_too_many_questions_then_limit(void)
{
	struct dns_locate *l[3] = { NULL, NULL, NULL };
	struct found f[3];
	enum sip_err err;
	struct world w;

	UNIT_TRY(world_prepare(&w, zone));
	w.options.queries_max = 2;
	UNIT_TRY(dns_resolver_create(&w.options, &w.resolver));
	UNIT_TRY(start_ipv4(&w, "a.test", &f[0], &l[0]));
	UNIT_TRY(start_ipv4(&w, "b.test", &f[1], &l[1]));
	UNIT_TRY(start_ipv4(&w, "c.test", &f[2], &l[2]));
	UNIT_EQ(f[2].calls, 1);
	UNIT_EQ(f[2].err, SIP_E_LIMIT);
	world_wait(&w, &f[1].calls, 1);
	UNIT_TRY(f[1].err);
	FIND4(&w, "c.test", &f[2], SIP_OK, 3);
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_answer_is_huge_then_cut_and_counted(void)
{
	static struct zone_row many[1001];
	static char text[1000][20];
	enum sip_err err;
	struct world w;
	struct found f;

	for (size_t i = 0; i < 1000; i++) {
		struct zone_row row = { "many.test", A, 60, text[i], SIP_OK };
		snprintf(text[i], sizeof text[i], "10.0.%zu.%zu", i / 250, i % 250 + 1);
		many[i] = row;
	}
	UNIT_TRY(world_open(&w, many));
	FIND4(&w, "many.test", &f, SIP_OK, 1);
	UNIT_EQ(f.count, DNS__TARGETS_DEFAULT);
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_CUT), 1);
out:
	world_close(&w);
	return err;
}

/* A hundred SRV records whose hosts are all known: no more targets, and no more questions, than the bound. */
static enum sip_err test_resolver_when_srv_is_huge_then_targets_are_bounded(void)
{
	static struct zone_row many[101];
	static char text[100][40];
	struct dns_locate_options o = { .kind = SIP_TRANSPORT_UDP, .kinds = USUAL, .has_ipv4 = true, .targets_max = 5 };
	struct dns_locate *l = NULL;
	enum sip_err err;
	struct world w;
	struct found f;

	for (size_t i = 0; i < 100; i++) {
		struct zone_row row = { "_sip._udp.many.test", SRV, 60, text[i], SIP_OK };
		snprintf(text[i], sizeof text[i], "%zu 0 5060 h%zu.many.test", i, i);
		many[i] = row;
	}
	memset(&f, 0, sizeof f);
	UNIT_TRY(world_open(&w, many));
	o.host = SIP_STR("many.test");
	UNIT_TRY(dns_locate_start(w.resolver, &o, on_found, &f, &l));
	world_wait(&w, &f.calls, 1);
	UNIT_CHECK(f.err == SIP_E_NOTFOUND || f.err == SIP_E_NOMEM);
	UNIT_EQ(w.zone.asked, 1 + 5);
	err = f.err == SIP_E_NOMEM ? f.err : SIP_OK;
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_cache_is_full_then_oldest_goes(void)
{
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_prepare(&w, zone));
	w.options.cache_max = 2;
	UNIT_TRY(dns_resolver_create(&w.options, &w.resolver));
	FIND4(&w, "a.test", &f, SIP_OK, 1);
	FIND4(&w, "b.test", &f, SIP_OK, 2);
	FIND4(&w, "a.test", &f, SIP_OK, 2);
	FIND4(&w, "c.test", &f, SIP_OK, 3);
	UNIT_EQ(dns_resolver_cached(w.resolver), 2);
	FIND4(&w, "a.test", &f, SIP_OK, 3);
	FIND4(&w, "b.test", &f, SIP_OK, 4);
out:
	world_close(&w);
	return err;
}

/* More than the search's own first block holds; 300 is more than may be asked for. */
static enum sip_err test_resolver_when_srv_is_large_then_all_of_it_is_found(void)
{
	static struct zone_row many[61];
	static char text[30][40], names[30][40], addr[30][20];
	struct dns_locate_options o = { .kinds = USUAL, .has_ipv4 = true, .targets_max = 300 };
	struct dns_locate *l = NULL;
	enum sip_err err;
	struct world w;
	struct found f;

	for (size_t i = 0; i < 30; i++) {
		struct zone_row srv = { "_sip._udp.large.test", SRV, 60, text[i], SIP_OK };
		struct zone_row a = { names[i], A, 60, addr[i], SIP_OK };
		snprintf(text[i], sizeof text[i], "%zu 0 5060 h%zu.large.test", i, i);
		snprintf(names[i], sizeof names[i], "h%zu.large.test", i);
		snprintf(addr[i], sizeof addr[i], "10.0.0.%zu", i + 1);
		many[2 * i] = srv;
		many[2 * i + 1] = a;
	}
	memset(&f, 0, sizeof f);
	UNIT_TRY(world_open(&w, many));
	o.host = SIP_STR("large.test");
	o.kind = SIP_TRANSPORT_UDP;
	UNIT_TRY(dns_locate_start(w.resolver, &o, on_found, &f, &l));
	world_wait(&w, &f.calls, 1);
	UNIT_TRY(f.err);
	UNIT_EQ(f.count, 30);
	UNIT_EQ(w.zone.asked, 1 + 30);
out:
	world_close(&w);
	return err;
}

/* ---- endings ------------------------------------------------------------------------------------------------- */
static enum sip_err test_resolver_when_cancelled_then_silence_but_cached(void)
{
	struct dns_locate *l = NULL;
	enum sip_err err;
	struct world w;
	struct found f;

	UNIT_TRY(world_open(&w, zone));
	UNIT_TRY(start_ipv4(&w, "a.test", &f, &l));
	dns_locate_cancel(&l);
	UNIT_CHECK(l == NULL);
	dns_locate_cancel(&l);
	world_turn(&w, SIP_MS(20));
	UNIT_EQ(f.calls, 0);
	UNIT_EQ(dns_resolver_cached(w.resolver), 1);
out:
	world_close(&w);
	return err;
}

struct pair {
	struct dns_locate *mine, *other;
	struct dns_resolver **resolver;
	unsigned calls;
	enum sip_err err;
};

static void on_found_cancel_all(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct pair *p = arg;

	p->calls++;
	p->err = err;
	dns_locate_cancel(&p->mine);
	dns_locate_cancel(&p->other);
	UNIT_EQ(count, 1);
	UNIT_CHECK(count == 1 && sip_addr_port(&targets[0].addr) == 5060);
}

static enum sip_err start_pair(struct world *w, dns_locate_fn fn, struct pair *p)
{
	struct dns_locate_options o = { .port = 5060, .kind = SIP_TRANSPORT_UDP, .kinds = USUAL, .has_ipv4 = true };
	enum sip_err err;

	memset(p, 0, sizeof *p);
	p->resolver = &w->resolver;
	o.host = SIP_STR("a.test");
	err = dns_locate_start(w->resolver, &o, fn, p, &p->mine);
	/* Without memory the first has ended at once, and perhaps the resolver with it. */
	return err == SIP_OK && w->resolver ? dns_locate_start(w->resolver, &o, fn, p, &p->other) : err;
}

static enum sip_err test_resolver_when_cancelled_within_the_call_back_then_once(void)
{
	struct pair p = { 0 };
	enum sip_err err;
	struct world w;

	UNIT_TRY(world_open(&w, zone));
	UNIT_TRY(start_pair(&w, on_found_cancel_all, &p));
	world_turn(&w, SIP_MS(20));
	world_turn(&w, SIP_MS(20));
	UNIT_EQ(p.calls, 1);
	UNIT_TRY(p.err);
out:
	world_close(&w);
	return err;
}

static void on_found_destroy(void *arg, enum sip_err err, const struct dns_target *targets, size_t count)
{
	struct pair *p = arg;

	(void)targets;
	(void)count;
	if (p->calls++ == 0)
		p->err = err;
	else
		UNIT_EQ(err, SIP_E_STOPPED);
	dns_resolver_destroy(p->resolver);
}

static enum sip_err test_resolver_when_destroyed_within_the_call_back_then_all_end(void)
{
	struct pair p = { 0 };
	enum sip_err err;
	struct world w;

	UNIT_TRY(world_open(&w, zone));
	UNIT_TRY(start_pair(&w, on_found_destroy, &p));
	world_turn(&w, SIP_MS(20));
	world_turn(&w, SIP_MS(20));
	UNIT_EQ(p.calls, 2);
	UNIT_CHECK(w.resolver == NULL);
	UNIT_TRY(p.err);
out:
	world_close(&w);
	return err;
}

static enum sip_err test_resolver_when_destroyed_then_searches_are_stopped(void)
{
	struct dns_locate *l = NULL;
	struct found f[2];
	enum sip_err err;
	struct world w;

	UNIT_TRY(world_open(&w, zone));
	w.zone.delay_ms = ZONE_WHEN_TOLD;
	UNIT_TRY(world_start(&w, "sip:a.test", USUAL, &f[0], &l));
	UNIT_TRY(world_start(&w, "sip:b.test:5070", USUAL, &f[1], &l));
	dns_resolver_destroy(&w.resolver);
	for (size_t i = 0; i < 2; i++) {
		UNIT_EQ(f[i].calls, 1);
		UNIT_EQ(f[i].err, SIP_E_STOPPED);
	}
	UNIT_EQ(sip_metrics_get(w.metrics, SIP_M_DNS_CACHE), 0);
	/* The source still answers, and nobody hears it. */
	zone_tell(&w.zone);
	UNIT_EQ(f[0].calls, 1);
out:
	world_close(&w);
	return err;
}

static const struct unit_case cases[] = {
	UNIT_CASE(test_resolver_when_cached_then_at_once_until_the_ttl_ends),
	UNIT_CASE(test_resolver_when_ttl_is_odd_then_clamped),
	UNIT_CASE(test_resolver_when_not_there_then_remembered_for_a_while),
	UNIT_CASE(test_resolver_when_servers_fail_then_dns_and_asked_again_soon),
	UNIT_CASE(test_resolver_when_flushed_then_forgets),
	UNIT_CASE(test_resolver_when_many_ask_the_same_then_one_question),
	UNIT_CASE(test_resolver_when_source_answers_at_once_then_so_do_we),
	UNIT_CASE(test_resolver_when_too_many_questions_then_limit),
	UNIT_CASE(test_resolver_when_answer_is_huge_then_cut_and_counted),
	UNIT_CASE(test_resolver_when_srv_is_huge_then_targets_are_bounded),
	UNIT_CASE(test_resolver_when_srv_is_large_then_all_of_it_is_found),
	UNIT_CASE(test_resolver_when_cache_is_full_then_oldest_goes),
	UNIT_CASE(test_resolver_when_cancelled_then_silence_but_cached),
	UNIT_CASE(test_resolver_when_cancelled_within_the_call_back_then_once),
	UNIT_CASE(test_resolver_when_destroyed_within_the_call_back_then_all_end),
	UNIT_CASE(test_resolver_when_destroyed_then_searches_are_stopped),
};
SUITE(resolver);
