/* RFC 3261 16.5: the target set, no URI twice. In the request's memory, on the proxy's loop. */
#include "repro/proxy/proxy_priv.h"

/* Flows of one instance are told apart by their numbers, whatever their contacts (RFC 5626 6). */
static bool is_known(const struct repro_request *r, struct sip_str uri, const struct repro_target_options *o)
{
	struct sip_uri a, b;

	if (r->target_count == 0 || sip_uri_parse(uri, &a) != SIP_OK)
		return false;
	for (size_t i = 0; i < r->target_count; i++)
		if (r->targets[i]->flow == o->flow && r->targets[i]->reg_id == o->reg_id && sip_uri_parse(r->targets[i]->uri, &b) == SIP_OK &&
		    sip_uri_eq(&a, &b))
			return true;
	return false;
}

static enum sip_err copy_path(struct repro_request *r, struct repro_target *t, const struct repro_target_options *o)
{
	struct sip_str *path;

	if (o->path_count == 0)
		return SIP_OK;
	path = sip_arena_alloc(&r->arena, o->path_count * sizeof *path);
	if (!path)
		return SIP_E_NOMEM;
	for (size_t i = 0; i < o->path_count; i++) {
		path[i] = sip_arena_str(&r->arena, o->path[i]);
		if (!path[i].p)
			return SIP_E_NOMEM;
	}
	t->path = path;
	t->path_count = o->path_count;
	return SIP_OK;
}

static enum sip_err copy_text(struct repro_request *r, struct sip_str text, struct sip_str *out)
{
	if (!text.len)
		return SIP_OK;
	*out = sip_arena_str(&r->arena, text);
	return out->p ? SIP_OK : SIP_E_NOMEM;
}

static bool is_downgrade(const struct repro_request *r, const struct repro_target_options *o)
{
	const struct sip_uri *from = sip_message_uri(r->message);
	struct sip_uri to;

	return o->is_bound && from && from->scheme == SIP_URI_SIPS && sip_uri_parse(o->uri, &to) == SIP_OK &&
	       to.scheme != SIP_URI_SIPS;
}

/* A contact becomes a Request-URI without its headers and method (RFC 3261 19.1.5). */
static struct sip_str request_uri(struct repro_request *r, const struct repro_target_options *o)
{
	struct sip_str text = { NULL, 0 };
	struct sip_uri uri;
	struct sip_buf b;

	if (!o->is_bound || sip_uri_parse(o->uri, &uri) != SIP_OK ||
	    (!uri.headers.p && !sip_uri_has_param(&uri, SIP_URI_PARAM_METHOD)))
		return o->uri;
	sip_buf_init(&b, o->uri.len + 1);
	sip_uri_put_request(&b, &uri);
	if (b.err == SIP_OK)
		text = sip_arena_str(&r->arena, sip_buf_str(&b));
	sip_buf_fini(&b);
	return text;
}

enum sip_err repro_request_add_target(struct repro_request *r, const struct repro_target_options *o)
{
	struct sip_str uri = request_uri(r, o);
	struct repro_target *t;
	enum sip_err err;

	if (r->target_count == REPRO_TARGETS_MAX)
		return SIP_E_LIMIT;
	if (is_downgrade(r, o))
		return SIP_E_UNSUPPORTED;
	if (!uri.p)
		return SIP_E_NOMEM;
	if (is_known(r, uri, o))
		return SIP_E_EXISTS;
	t = sip_arena_alloc_zero(&r->arena, sizeof *t);
	if (!t)
		return SIP_E_NOMEM;
	t->request = r;
	t->q = o->q;
	t->is_bound = o->is_bound;
	t->state = o->is_spare ? REPRO_TARGET_SPARE : REPRO_TARGET_CANDIDATE;
	t->reg_id = o->reg_id;
	t->is_flow_only = o->is_flow_only;
	t->uri = sip_arena_str(&r->arena, uri);
	err = t->uri.p ? copy_path(r, t, o) : SIP_E_NOMEM;
	if (err == SIP_OK)
		err = copy_text(r, o->next_hop, &t->next_hop);
	if (err == SIP_OK)
		err = copy_text(r, o->instance, &t->instance);
	if (err != SIP_OK)
		return err;
	if (o->flow) {
		t->flow = o->flow;
		sip_flow_ref(t->flow);
	}
	r->targets[r->target_count++] = t;
	return SIP_OK;
}

bool repro__target_replace(struct repro_request *r, const struct repro_target *failed, unsigned status)
{
	if (!failed->instance.len || (status != 430 && status != 408) || r->no_new_branches || r->is_answered)
		return false;
	for (size_t i = 0; i < r->target_count; i++) {
		struct repro_target *t = r->targets[i];
		if (t->state != REPRO_TARGET_SPARE || !sip_str_eq(t->instance, failed->instance))
			continue;
		repro_request_explain(r, "outbound", "another flow of %.*s", SIP_STR_ARG(t->instance));
		t->state = REPRO_TARGET_CANDIDATE;
		(void)repro_request_start_group(r, &t, 1, 0);
		return true;
	}
	return false;
}
