/*
 * A dialog: made by a response or a request, then the peer's target, the way there and the two sequence numbers (RFC 3261 12.1,
 * 12.2). DUM's loop.
 */
#include "dum/dialog/dialog.h"

struct dum_dialog *dum_dialog_find(struct dum_set *s, struct sip_str remote_tag)
{
	SIP_LIST_FOR(node, &s->dialogs) {
		struct dum_dialog *g = SIP_CONTAINER(node, struct dum_dialog, node);
		if (sip_str_eq(g->tag, remote_tag))
			return g;
	}
	return NULL;
}

static void free_dialog(struct dum_dialog *g)
{
	sip_free(g->target);
	sip_free(g->routes);
	sip_free(g);
}

static void bury(void *object)
{
	struct dum_dialog *g = object;

	g->set->buried--;
	free_dialog(g);
}

void dum_dialog_end_if_empty(struct dum_dialog *g)
{
	if (g->is_ended || !sip_list_is_empty(&g->usages))
		return;
	g->is_ended = true;
	if (g->is_client && !g->is_confirmed && g->local_cseq > g->set->spent_cseq)
		g->set->spent_cseq = g->local_cseq;
	dum_handles_remove(g->set->dum->handles, g->handle);
	sip_list_remove(&g->node);
	g->set->dialog_count--;
	g->set->buried++;
	dum_core_bury(g->set->dum, &g->grave, bury, g);
}

static enum sip_err set_target(struct dum_dialog *g, const struct sip_message *m)
{
	const struct sip_name_addr *contact = sip_message_name_addr(m, SIP_HEADER_CONTACT, 0);
	char *text;

	if (!contact || contact->is_star)
		return SIP_E_SYNTAX;
	text = sip_strdup(contact->uri.text.p, contact->uri.text.len);
	if (!text)
		return SIP_E_NOMEM;
	sip_free(g->target);
	g->target = text;
	return SIP_OK;
}

/* Record-Route as our route set: in order for who was called, reversed for who called (RFC 3261 12.1.1, 12.1.2). */
static enum sip_err set_routes(struct dum_dialog *g, const struct sip_message *m)
{
	size_t count = sip_message_count(m, SIP_HEADER_RECORD_ROUTE);
	struct sip_str value;
	struct sip_buf b;
	size_t len;
	char *routes;

	if (count > DUM_ROUTES_MAX)
		return SIP_E_LIMIT;
	sip_buf_init(&b, 65536);
	for (size_t i = 0; i < count; i++)
		if (sip_message_value(m, SIP_HEADER_RECORD_ROUTE, g->is_client ? count - 1 - i : i, &value)) {
			sip_buf_put_str(&b, value);
			sip_buf_put_char(&b, '\0');
		}
	if (b.err != SIP_OK || b.len == 0) {
		enum sip_err err = b.err;
		sip_buf_fini(&b);
		if (err == SIP_OK) {
			sip_free(g->routes);
			g->routes = NULL;
			g->routes_len = 0;
		}
		return err;
	}
	routes = sip_buf_take(&b, &len);
	if (!routes)
		return SIP_E_NOMEM;
	sip_free(g->routes);
	g->routes = routes;
	g->routes_len = len;
	return SIP_OK;
}

static struct sip_str put_text(char **to, struct sip_str s)
{
	struct sip_str copy = sip_str_make(*to, s.len);

	if (s.len)
		memcpy(*to, s.p, s.len);
	*to += s.len;
	return copy;
}

static enum sip_err create(struct dum_set *s, struct sip_str tag, struct sip_str local, struct sip_str remote, bool is_client,
			   struct dum_dialog **out)
{
	struct dum_dialog *g;
	enum sip_err err;
	char *text;

	if (s->dialog_count == DUM_DIALOGS_MAX)
		return SIP_E_LIMIT;
	g = sip_alloc_zero(sizeof *g + tag.len + local.len + remote.len);
	if (!g)
		return SIP_E_NOMEM;
	err = dum_handles_add(s->dum->handles, DUM_HANDLE_DIALOG, g, &g->handle);
	if (err != SIP_OK) {
		sip_free(g);
		return err;
	}
	text = (char *)(g + 1);
	g->tag = put_text(&text, tag);
	g->local = put_text(&text, local);
	g->remote = put_text(&text, remote);
	g->set = s;
	g->is_client = is_client;
	sip_list_init(&g->usages);
	*out = g;
	return SIP_OK;
}

/* On its set, or gone again. */
static enum sip_err finish(struct dum_dialog *g, enum sip_err err, struct dum_dialog **out)
{
	if (err != SIP_OK) {
		dum_handles_remove(g->set->dum->handles, g->handle);
		free_dialog(g);
		return err;
	}
	sip_list_add_tail(&g->set->dialogs, &g->node);
	g->set->dialog_count++;
	*out = g;
	return SIP_OK;
}

enum sip_err dum_dialog_create_client(struct dum_set *s, const struct sip_message *request, const struct sip_message *response,
				      struct dum_dialog **out)
{
	const struct sip_name_addr *from = sip_message_name_addr(request, SIP_HEADER_FROM, 0);
	const struct sip_name_addr *to = sip_message_name_addr(response, SIP_HEADER_TO, 0);
	const struct sip_cseq *cseq = sip_message_cseq(request);
	struct dum_dialog *g = NULL;
	enum sip_err err;

	if (!from || !to || !cseq)
		return SIP_E_SYNTAX;
	err = create(s, to->tag, from->text, to->text, true, &g);
	if (err != SIP_OK)
		return err;
	/* A fork that was given up may answer after all, and what it has heard of us counts there (12.2.2). */
	g->local_cseq = cseq->number < s->spent_cseq ? s->spent_cseq : cseq->number;
	err = set_target(g, response);
	if (err == SIP_E_SYNTAX) {
		/* Without a Contact the request's own target will do, until another response names one. */
		struct sip_str uri = sip_message_is_request(request) ? sip_message_uri_text(request) : to->uri.text;
		g->target = sip_strdup(uri.p, uri.len);
		err = g->target ? SIP_OK : SIP_E_NOMEM;
	}
	if (err == SIP_OK)
		err = set_routes(g, response);
	return finish(g, err, out);
}

enum sip_err dum_dialog_create_server(struct dum_set *s, const struct sip_message *request, struct dum_dialog **out)
{
	const struct sip_name_addr *from = sip_message_name_addr(request, SIP_HEADER_FROM, 0);
	const struct sip_name_addr *to = sip_message_name_addr(request, SIP_HEADER_TO, 0);
	const struct sip_cseq *cseq = sip_message_cseq(request);
	struct dum_dialog *g = NULL;
	struct sip_buf local;
	enum sip_err err;

	if (!from || !to || !cseq)
		return SIP_E_SYNTAX;
	sip_buf_init(&local, 8192);
	sip_buf_put_str(&local, sip_params_trim(to->text));
	SIP_BUF_LIT(&local, ";tag=");
	sip_buf_put_str(&local, s->tag);
	err = local.err;
	if (err == SIP_OK)
		err = create(s, from->tag, sip_buf_str(&local), from->text, false, &g);
	sip_buf_fini(&local);
	if (err != SIP_OK)
		return err;
	g->remote_cseq = cseq->number;
	g->has_remote_cseq = true;
	/* Any number will do to begin with (12.1.1 leaves it empty). */
	g->local_cseq = (uint32_t)sip_rand_below(dum_core_rand(s->dum), 10000);
	err = set_target(g, request);
	if (err == SIP_OK)
		err = set_routes(g, request);
	return finish(g, err, out);
}

static bool is_target_refresh(enum sip_method method)
{
	return method == SIP_METHOD_INVITE || method == SIP_METHOD_UPDATE || method == SIP_METHOD_SUBSCRIBE ||
	       method == SIP_METHOD_REFER || method == SIP_METHOD_NOTIFY;
}

void dum_dialog_on_target_refresh(struct dum_dialog *g, const struct dum_incoming *in)
{
	enum sip_err err = SIP_OK;

	/* Without a Contact, or memory for it, the target stays what it was. */
	if (is_target_refresh(in->method) && sip_message_has(in->message, SIP_HEADER_CONTACT))
		err = set_target(g, in->message);
	(void)err;
}

void dum_dialog_on_response(struct dum_dialog *g, enum sip_method method, const struct sip_message *m)
{
	unsigned status = sip_message_status(m);
	enum sip_err err = SIP_OK;

	if (status < 200 && g->is_confirmed)
		return; /* a provisional answer to a re-INVITE changes nothing yet */
	if (status < 300 && is_target_refresh(method) && sip_message_has(m, SIP_HEADER_CONTACT))
		err = set_target(g, m);
	if (method == SIP_METHOD_INVITE && status >= 200 && status < 300 && !g->is_confirmed) {
		/* 13.2.2.4: the 2xx says the way anew. Without memory for it the early one stays. */
		if (g->is_client)
			err = set_routes(g, m);
		g->is_confirmed = true;
	}
	(void)err;
}
