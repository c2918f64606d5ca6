/* Builds a world's repros as its shape has them, looks at them when all is over, and takes them down. */
#include "tests/sim/servers.h"

static void tell_issue(void *arg, const struct sip_settings_issue *issue)
{
	(void)arg;
	if (issue->is_error)
		fprintf(stderr, "sim: configuration: %s\n", issue->text);
}

static struct repro_config *make_config(const struct sim_servers *s, const struct sim_repro *r)
{
	char domains[40];
	const char *overrides[] = {
		domains, "DisableAuth=true", "AlwaysAllowRelaying=true", "TimerC=40", "HttpPort=0",
		"RegistrarMinExpires=60", "QValueMsBeforeCancel=8000", "DNSGreylistDuration=30000",
		s->has_record_route ? "ForceRecordRouting=true" : "ForceRecordRouting=false",
		s->has_redirect_followed ? "RecursiveRedirect=true" : "RecursiveRedirect=false",
	};
	struct repro_config *c = NULL;

	snprintf(domains, sizeof domains, "Domains=%s", r->domain);
	SIM_MUST(repro_config_load(NULL, overrides, SIP_COUNTOF(overrides), tell_issue, NULL, &c) == SIP_OK);
	return c;
}

static void make_registrar(struct sim_repro *r)
{
	struct repro_location_options lo;
	struct sip_nonces_options no;
	struct repro_registrar_options ro = { .store = NULL };

	repro_location_options_init(&lo);
	lo.rand = &r->base->rand;
	SIM_MUST(repro_location_create(&lo, &r->location) == SIP_OK);
	sip_nonces_options_init(&no);
	no.rand = &r->base->rand;
	SIM_MUST(sip_nonces_create(&no, &r->nonces) == SIP_OK);
	ro.location = r->location;
	ro.nonces = r->nonces;
	SIM_MUST(repro_registrar_create(&ro, &r->registrar) == SIP_OK);
}

static void open_repro(struct sim_servers *s, unsigned number)
{
	struct sim_repro *r = &s->repros[number];
	struct repro_proxy_options po;

	r->base = s->base;
	snprintf(r->domain, sizeof r->domain, "%c.sim", 'a' + (int)number);
	snprintf(r->address, sizeof r->address, "10.0.%u.1", number);
	r->config = make_config(s, r);
	SIM_MUST(sip_metrics_create(repro_metric_rows, REPRO_METRIC_COUNT, &r->metrics) == SIP_OK);
	make_registrar(r);
	sim_zone_init(&r->zone, s);
	r->stack = sim_stack_make(s->base, &r->zone.source);
	r->zone.loop = sip_stack_loop(r->stack, 0);
	repro_proxy_options_init(&po);
	po.stack = r->stack;
	po.config = r->config;
	repro_chains_fill(&po, r->registrar);
	SIM_MUST(repro_proxy_create(&po, r->metrics, &r->proxy) == SIP_OK);
	SIM_MUST(repro_registrar_attach(r->registrar, r->proxy) == SIP_OK);
	SIM_MUST(sip_stack_start(r->stack) == SIP_OK);
	(void)sim_listen(s->base, r->stack, SIP_TRANSPORT_UDP, r->address, s->idle_s);
	(void)sim_listen(s->base, r->stack, SIP_TRANSPORT_TCP, r->address, s->idle_s);
}

void sim_servers_open(struct sim_servers *s)
{
	for (unsigned i = 0; i < s->repro_count; i++)
		open_repro(s, i);
}

static void check_repro(struct sim_base *b, struct sim_repro *r)
{
	sim_check_stack(b, r->domain, r->stack);
	sim_check_zero(b, r->domain, "request contexts", (int64_t)repro_proxy_contexts(r->proxy));
	sim_check_zero(b, r->domain, "the gauge of contexts", sip_metrics_get(r->metrics, REPRO_M_REQUEST_CONTEXTS));
	sim_check_zero(b, r->domain, "bindings", (int64_t)repro_location_binding_count(r->location));
	sim_check_zero(b, r->domain, "the gauge of bindings", sip_metrics_get(r->metrics, REPRO_M_BINDINGS));
	sim_check_zero(b, r->domain, "lost messages", sip_metrics_get(r->metrics, REPRO_M_LOST));
	sim_check_zero(b, r->domain, "refused requests", sip_metrics_get(r->metrics, REPRO_M_REFUSED));
	sim_check_flows(b, r->domain, r->stack);
}

void sim_servers_check(struct sim_servers *s)
{
	for (unsigned i = 0; i < s->repro_count; i++)
		check_repro(s->base, &s->repros[i]);
}

static void close_repro(struct sim_repro *r)
{
	sip_stack_stop(r->stack);
	repro_registrar_detach(r->registrar);
	repro_proxy_destroy(&r->proxy);
	repro_registrar_destroy(&r->registrar);
	sip_stack_destroy(&r->stack);
	sip_nonces_unref(&r->nonces);
	repro_location_unref(&r->location);
	sip_metrics_unref(&r->metrics);
	repro_config_unref(&r->config);
}

void sim_servers_close(struct sim_servers *s)
{
	for (unsigned i = 0; i < s->repro_count; i++)
		close_repro(&s->repros[i]);
}
