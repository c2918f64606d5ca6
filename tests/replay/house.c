/* The real proxy as the user: proxy, registrar and processors over a location service in memory. */
#include "tests/replay/play.h"

#include "repro/processor/processor.h"

struct house {
	struct repro_config *config;       /* owned: a reference, as the others */
	struct sip_metrics *metrics;
	struct repro_location *location;
	struct sip_nonces *nonces;
	struct repro_registrar *registrar;
	struct repro_proxy *proxy;
};

static void on_issue(void *arg, const struct sip_settings_issue *issue)
{
	play_tell(arg, "            # settings: %s\n", issue->text);
}

static void need(struct play *p, enum sip_err err, const char *what)
{
	if (err != SIP_OK)
		play_fail(p, NULL, "%s (%s)", what, sip_err_name(err));
}

static void build_config(struct play *p, struct house *h)
{
	const char *settings[PLAY_SETTINGS + 2] = { "Domains=example.com", "DisableAuth=true" };
	size_t count = 2;

	for (size_t i = 0; i < p->setting_count; i++)
		settings[count++] = p->settings[i];
	need(p, repro_config_load(NULL, settings, count, on_issue, p, &h->config), "settings that are right");
}

static void build_stores(struct play *p, struct house *h)
{
	struct repro_location_options lo;
	struct sip_nonces_options no;
	struct sip_rand rand;

	sip_rand_init_seed(&rand, 99);
	repro_location_options_init(&lo);
	lo.rand = &rand;
	need(p, repro_location_create(&lo, &h->location), "a location service");
	sip_nonces_options_init(&no);
	no.rand = &rand;
	need(p, sip_nonces_create(&no, &h->nonces), "nonces");
}

void house_set(struct play *p)
{
	struct house *h = play_alloc(p, sizeof *h);
	struct repro_registrar_options ro = { .location = NULL };
	struct repro_proxy_options po;

	p->house = h;
	build_config(p, h);
	build_stores(p, h);
	need(p, sip_metrics_create(repro_metric_rows, REPRO_METRIC_COUNT, &h->metrics), "metrics");
	ro.location = h->location;
	ro.nonces = h->nonces;
	need(p, repro_registrar_create(&ro, &h->registrar), "a registrar");
	repro_proxy_options_init(&po);
	po.stack = p->stack;
	po.config = h->config;
	repro_chains_fill(&po, h->registrar);
	need(p, repro_proxy_create(&po, h->metrics, &h->proxy), "a proxy");
	need(p, repro_registrar_attach(h->registrar, h->proxy), "a registrar that can be attached");
}

void house_strike(struct play *p)
{
	struct house *h = p->house;

	if (!h)
		return;
	if (h->proxy)
		repro_registrar_detach(h->registrar);
	if (h->proxy)
		repro_proxy_destroy(&h->proxy);
	if (h->registrar)
		repro_registrar_destroy(&h->registrar);
	if (h->nonces)
		sip_nonces_unref(&h->nonces);
	if (h->location)
		repro_location_unref(&h->location);
	if (h->metrics)
		sip_metrics_unref(&h->metrics);
	if (h->config)
		repro_config_unref(&h->config);
	p->house = NULL;
}

size_t house_contexts(struct play *p)
{
	return p->house ? repro_proxy_contexts(p->house->proxy) : 0;
}

int64_t house_metric(struct play *p, struct sip_str name, bool *is_found)
{
	*is_found = false;
	return p->house ? stage_metric_of(p, p->house->metrics, name, is_found) : 0;
}

/* ---- registrations without a REGISTER -------------------------------------------------------------------------------------- */

static enum sip_err add_binding(void *arg, struct repro_contacts_edit *e)
{
	return repro_contacts_edit_add(e, arg);
}

/* register USER at URI [q 0.5] [path VALUE] [reg-id N from ADDRESS]: a flow over UDP of the process before this one */
void house_register(struct play *p)
{
	struct cue *c = &p->cue;
	struct sip_str q = script_option(c, 2, "q"), at = script_option(c, 2, "at");
	struct sip_str reg_id = script_option(c, 2, "reg-id");
	struct repro_binding b = { .contact = text_uri(at), .q = 1000, .expires_s = INT64_MAX, .cseq = 1 };
	struct repro_update up = { .fn = add_binding, .arg = &b };

	if (!p->house || !at.len)
		play_fail(p, NULL, "register USER at <URI>, with a proxy on the stage");
	b.call_id = play_format(p, "%.*s", SIP_STR_ARG(at));
	b.path = script_option(c, 2, "path");
	if (reg_id.len) {
		b.instance = SIP_STR("<urn:uuid:1>");
		b.source = script_addr(p, script_option(c, 2, "from"));
		b.kind = SIP_TRANSPORT_UDP;
		if (sip_number_parse(reg_id, UINT32_MAX, &b.reg_id) != SIP_OK)
			play_fail(p, NULL, "reg-id N");
	}
	if (q.len)
		b.q = (uint16_t)(script_time(p, play_format(p, "%.*sms", SIP_STR_ARG(q))));
	up.aor = play_format(p, "sip:%.*s@example.com", SIP_STR_ARG(c->words[1]));
	up.now_s = p->clock.clock.wall_us(p->clock.clock.arg) / 1000000;
	b.expires_s = up.now_s + 3600;
	need(p, repro_location_update(p->house->location, &up), "a binding that is taken");
	if (up.contacts)
		repro_contacts_unref(&up.contacts);
}
