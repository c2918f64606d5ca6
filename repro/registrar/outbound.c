/*
 * Several flows of one phone (RFC 5626 6): which reg-ids count, which flows are alive, what a 200 says of them. RFC 6223's keep is
 * answered along with it. On the proxy's loop.
 */
#include "repro/registrar/registrar_priv.h"

#define REG_ID_MOST 2147483647u

static bool is_direct(const struct repro_request *r)
{
	return sip_message_count(r->message, SIP_HEADER_VIA) == 1;
}

/* "the first URI" is that of the first node after the phone, whose value was there before all others. */
static bool first_hop_keeps_flows(const struct repro_request *r)
{
	size_t n = sip_message_count(r->message, SIP_HEADER_PATH);
	const struct sip_name_addr *first = n ? sip_message_name_addr(r->message, SIP_HEADER_PATH, n - 1) : NULL;

	return is_direct(r) || repro_proxy_config(r->proxy)->set.assume_first_hop_supports_outbound ||
	       (first && sip_uri_has_param(&first->uri, SIP_URI_PARAM_OB));
}

static bool supports_outbound(const struct repro_request *r)
{
	struct sip_value_walk walk = { .is_begun = false };
	struct sip_str tag;

	while (sip_message_next_value(r->message, SIP_HEADER_SUPPORTED, &walk, &tag))
		if (sip_str_eq_nocase(tag, SIP_STR("outbound")))
			return true;
	return false;
}

/* One without an instance is ignored. False: it is no number that a reg-id can be (9.5). */
static bool read_reg_id(struct repro__wish *w)
{
	struct sip_str text;

	w->reg_id = 0;
	if (!w->instance.len || !sip_params_find(w->contact->params, SIP_STR("reg-id"), &text))
		return true;
	return sip_number_parse(text, REG_ID_MOST, &w->reg_id) == SIP_OK && w->reg_id > 0;
}

static bool refuse(struct repro_request *r, enum sip_refusal refusal)
{
	sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_BAD);
	repro_request_refuse(r, refusal);
	return false;
}

static void ignore_reg_ids(struct repro__wishes *w)
{
	for (size_t i = 0; i < w->count; i++)
		w->list[i].reg_id = 0;
	w->has_flows = false;
}

bool repro__outbound_read(struct repro_request *r, struct repro__wishes *w)
{
	size_t living = 0;
	bool is_number = true;

	w->has_flows = false;
	if (repro_proxy_config(r->proxy)->set.disable_outbound)
		return true;
	for (size_t i = 0; i < w->count; i++) {
		is_number = read_reg_id(&w->list[i]) && is_number;
		w->has_flows = w->has_flows || w->list[i].reg_id;
		living += w->list[i].expires > 0;
	}
	if (!is_number)
		return refuse(r, SIP_REFUSAL_REG_ID);
	if (!w->has_flows)
		return true;
	if (!first_hop_keeps_flows(r)) {
		if (supports_outbound(r))
			return refuse(r, SIP_REFUSAL_FIRST_HOP);
		ignore_reg_ids(w);
		return true;
	}
	return living <= 1 || refuse(r, SIP_REFUSAL_REG_IDS);
}

struct sip_ref *repro__outbound_flow(const struct repro_request *r, const struct repro__wish *w)
{
	return w->reg_id && is_direct(r) ? sip_message_flow(r->message) : NULL;
}

/* Over UDP a flow is an address, which outlives the process that saw it; not so a connection. */
bool repro__outbound_is_alive(const struct repro_binding *b)
{
	if (!b->reg_id)
		return true;
	if (b->flow)
		return sip_flow_state(sip_flow_from_ref(b->flow)) == SIP_FLOW_OPEN;
	return b->path.len || b->kind == SIP_TRANSPORT_UDP;
}

static enum sip_err set_number(struct sip_message *m, enum sip_header id, uint64_t n)
{
	char text[SIP_BUF_U64_MAX];
	struct sip_buf b;

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, n);
	return sip_message_set(m, id, sip_buf_str(&b));
}

/* RFC 6223 5: "keep" without a value gets one: how often, or 0 where we do not mind. */
static enum sip_err answer_keep(struct sip_message *response, uint64_t seconds)
{
	const struct sip_via *via = sip_message_via(response, 0);
	struct sip_str rest, name, value;
	struct sip_buf b;
	enum sip_err err;

	if (!via)
		return SIP_OK;
	rest = via->params;
	do {
		if (!sip_params_next(&rest, &name, &value))
			return SIP_OK;
	} while (!sip_str_eq_nocase(name, SIP_STR("keep")));
	if (value.len)
		return SIP_OK;
	sip_buf_init(&b, 2048);
	sip_buf_put_str(&b, sip_str_make(via->text.p, (size_t)(name.p + name.len - via->text.p)));
	sip_buf_put_char(&b, '=');
	sip_buf_put_u64(&b, seconds);
	if (rest.len)
		sip_buf_put_char(&b, ';');
	sip_buf_put_str(&b, rest);
	err = b.err == SIP_OK ? sip_message_replace(response, SIP_HEADER_VIA, 0, sip_buf_str(&b)) : b.err;
	sip_buf_fini(&b);
	return err;
}

static void watch(const struct repro_request *r, bool is_kept, const struct repro_settings *set)
{
	struct sip_flow *f = sip_flow_from_ref(sip_message_flow(r->message));

	if (f && set->flow_timer)
		sip_flow_expect(f, is_kept ? (unsigned)(set->flow_timer + set->flow_timer_grace) : 0);
}

enum sip_err repro__outbound_put(struct repro_request *r, struct sip_message *response)
{
	const struct repro_config *config = repro_proxy_config(r->proxy);
	const struct repro_settings *set = &config->set;
	struct repro__wishes w;
	enum sip_err err = SIP_OK;
	bool is_kept = false;

	if (set->disable_outbound)
		return SIP_OK;
	repro__wishes_read(r->message, config, &w);
	for (size_t i = 0; i < w.count; i++)
		if (read_reg_id(&w.list[i]) && w.list[i].reg_id && w.list[i].expires)
			is_kept = true;
	is_kept = is_kept && first_hop_keeps_flows(r);
	if (is_direct(r))
		err = answer_keep(response, set->flow_timer);
	if (err != SIP_OK || !is_kept)
		return err;
	if (supports_outbound(r))
		err = sip_message_add(response, SIP_HEADER_REQUIRE, SIP_STR("outbound"));
	if (err == SIP_OK && supports_outbound(r) && is_direct(r) && set->flow_timer)
		err = set_number(response, SIP_HEADER_FLOW_TIMER, set->flow_timer);
	if (err == SIP_OK && is_direct(r) && supports_outbound(r))
		watch(r, true, set);
	return err;
}
