/*
 * Dialog sets: made with a request, ended with their last usage. Known by Call-ID and our tag, so that forks of one request meet
 * here (RFC 3261 12.1, 13.2.2.4). DUM's loop.
 */
#include "dum/dialog/dialog.h"

#define TAG_LEN 10
#define CALL_ID_LEN 22

static uint64_t hash_of(const struct dum *d, struct sip_str call_id, struct sip_str tag)
{
	return sip_hash_mix(sip_hash_bytes(&d->key, call_id.p, call_id.len), sip_hash_bytes(&d->key, tag.p, tag.len));
}

struct dum_set *dum_set_find(struct dum *d, struct sip_str call_id, struct sip_str tag)
{
	for (struct sip_hash_node *n = sip_hash_first(&d->sets, hash_of(d, call_id, tag)); n; n = sip_hash_next(n)) {
		struct dum_set *s = SIP_CONTAINER(n, struct dum_set, node);
		if (sip_str_eq(s->call_id, call_id) && sip_str_eq(s->tag, tag))
			return s;
	}
	return NULL;
}

/* A copy, or so many random characters. */
static struct sip_str put_id(struct dum *d, char **to, struct sip_str id, size_t len)
{
	struct sip_str copy = sip_str_make(*to, id.len ? id.len : len);

	if (id.len)
		memcpy(*to, id.p, id.len);
	else
		sip_rand_token(dum_core_rand(d), *to, len);
	*to += copy.len;
	return copy;
}

static void bury(void *object)
{
	struct dum_set *s = object;

	MUST(s->buried == 0);
	dum_profile_unref(&s->profile);
	dum_client_auth_fini(&s->auth);
	sip_free(s);
}

enum sip_err dum_set_create(struct dum *d, struct dum_profile *p, struct sip_str call_id, struct sip_str tag,
			    const struct dum_handle *handle, struct dum_set **out)
{
	struct dum_set *s =
		sip_alloc_zero(sizeof *s + (call_id.len ? call_id.len : CALL_ID_LEN) + (tag.len ? tag.len : TAG_LEN));
	enum sip_err err;
	char *text;

	if (!s)
		return SIP_E_NOMEM;
	text = (char *)(s + 1);
	s->call_id = put_id(d, &text, call_id, CALL_ID_LEN);
	s->tag = put_id(d, &text, tag, TAG_LEN);
	if (handle)
		s->handle = *handle;
	err = handle ? SIP_OK : dum_handles_reserve(d->handles, DUM_HANDLE_SET, &s->handle);
	if (err != SIP_OK) {
		sip_free(s);
		return err;
	}
	err = sip_hash_add(&d->sets, &s->node, hash_of(d, s->call_id, s->tag));
	if (err != SIP_OK) {
		dum_handles_remove(d->handles, s->handle);
		sip_free(s);
		return err;
	}
	dum_handles_fill(d->handles, s->handle, s);
	s->dum = d;
	s->profile = p;
	dum_profile_ref(p);
	dum_client_auth_init(&s->auth);
	sip_list_init(&s->dialogs);
	sip_list_init(&s->usages);
	sip_list_add_tail(&d->set_list, &s->all);
	s->cseq = (uint32_t)sip_rand_below(dum_core_rand(d), 10000);
	*out = s;
	return SIP_OK;
}

void dum_set_adopt_profile(struct dum_set *s, struct dum_profile *p)
{
	dum_profile_ref(p);
	dum_profile_unref(&s->profile);
	s->profile = p;
}

void dum_set_tell(struct dum_set *s, struct dum_event *e)
{
	bool was_ended = s->is_ended;

	e->handle = e->set = s->handle;
	if (s->tap.fn)
		s->tap.fn(s->tap.arg, e);
	if (s->is_ended == was_ended)
		dum_event_tell(s->dum, e);
}

void dum_set_end_if_empty(struct dum_set *s)
{
	struct dum_event e = { .kind = DUM_EVENT_SET_TERMINATED };

	if (s->is_ended || !sip_list_is_empty(&s->usages) || !sip_list_is_empty(&s->dialogs))
		return;
	s->is_ended = true;
	if (!s->is_untold)
		dum_set_tell(s, &e);
	dum_handles_remove(s->dum->handles, s->handle);
	sip_hash_remove(&s->dum->sets, &s->node);
	sip_list_remove(&s->all);
	/* The last of its usages and dialogs lie before it in the same yard. */
	dum_core_bury(s->dum, &s->grave, bury, s);
}

static size_t collect(struct sip_list *usages, struct dum_usage **out, size_t n)
{
	SIP_LIST_FOR(node, usages)
		if (n < DUM_SET_USAGES)
			out[n++] = SIP_CONTAINER(node, struct dum_usage, node);
	return n;
}

size_t dum_set_usages(struct dum_set *s, struct dum_usage *out[DUM_SET_USAGES])
{
	size_t n = collect(&s->usages, out, 0);

	SIP_LIST_FOR(node, &s->dialogs)
		n = collect(&SIP_CONTAINER(node, struct dum_dialog, node)->usages, out, n);
	return n;
}

enum sip_err dum_set_end(struct dum_set *s, struct sip_str reason)
{
	struct dum_usage *usages[DUM_SET_USAGES];
	size_t n = dum_set_usages(s, usages);
	enum sip_err first = SIP_OK, err;

	for (size_t i = 0; i < n; i++) {
		if (usages[i]->is_ended || !usages[i]->class_->end)
			continue;
		err = usages[i]->class_->end(usages[i], reason);
		if (first == SIP_OK)
			first = err;
	}
	dum_set_end_if_empty(s);
	return first;
}

void dum_set_stop(struct dum_set *s)
{
	struct dum_usage *usages[DUM_SET_USAGES];
	size_t n;

	/* What is told of one may make more than the array holds: again until all are gone. */
	while ((n = dum_set_usages(s, usages)) != 0)
		for (size_t i = 0; i < n; i++)
			if (!usages[i]->is_ended)
				usages[i]->class_->stop(usages[i]);
	dum_set_end_if_empty(s);
}

/* ---- requests out of dialogs ------------------------------------------------------------------------------------------- */

static void put_to(struct sip_buf *b, const struct dum_outgoing *o)
{
	if (o->to.len) {
		sip_buf_put_str(b, o->to);
		return;
	}
	SIP_BUF_LIT(b, "<");
	sip_buf_put_str(b, o->uri);
	SIP_BUF_LIT(b, ">");
}

/* RFC 3608 5: the service route is a preloaded route set for new requests of this user. */
static enum sip_err add_service_route(struct dum_set *s, struct sip_message *m)
{
	struct sip_str rest, value;
	struct sip_buf b;
	enum sip_err err;

	if (sip_message_method(m) == SIP_METHOD_REGISTER)
		return SIP_OK;
	sip_buf_init(&b, 16384);
	dum_profile_put_list(s->profile, DUM_PROFILE_SERVICE_ROUTE, &b);
	err = b.err;
	rest = sip_buf_str(&b);
	while (err == SIP_OK && sip_list_value_next(&rest, &value))
		err = sip_message_add(m, SIP_HEADER_ROUTE, value);
	sip_buf_fini(&b);
	return err;
}

enum sip_err dum_set_make_request(struct dum_set *s, const struct dum_outgoing *o, struct sip_message **out)
{
	struct sip_request_options r;
	struct sip_message *m = NULL;
	struct sip_buf from, to;
	enum sip_err err;

	sip_buf_init(&from, 4096);
	sip_buf_init(&to, 4096);
	if (o->from.len)
		sip_buf_putf(&from, "%.*s;tag=%.*s", SIP_STR_ARG(sip_params_trim(o->from)), SIP_STR_ARG(s->tag));
	else
		dum_dress_put_from(s->dum, s->profile, s->tag, &from);
	put_to(&to, o);
	err = from.err != SIP_OK ? from.err : to.err;
	if (err == SIP_OK) {
		sip_request_options_init(&r);
		r.method = o->method;
		r.uri = o->uri;
		r.from = sip_buf_str(&from);
		r.to = sip_buf_str(&to);
		r.call_id = s->call_id;
		r.cseq = ++s->cseq;
		err = sip_request_make(&r, &m);
	}
	if (err == SIP_OK)
		err = add_service_route(s, m);
	if (err == SIP_OK)
		err = dum_dress_request(s->dum, s->profile, m, o->dress);
	if (err == SIP_OK && o->body.len)
		err = sip_message_set_body(m, o->type, o->body);
	if (err == SIP_OK)
		err = dum_dress_add_headers(m, o->headers);
	sip_buf_fini(&from);
	sip_buf_fini(&to);
	if (err == SIP_OK)
		*out = m;
	else
		sip_message_unref(&m);
	return err;
}

static uint32_t next_cseq(void *arg)
{
	struct dum_set *s = arg;

	return ++s->cseq;
}

struct dum_request_options dum_set_request_options(struct dum_set *s, const struct dum_usage *u)
{
	struct dum_request_options o = { .profile = s->profile, .auth = &s->auth };

	o.usage = dum_handle_is_none(u->handle) ? s->handle : u->handle;
	o.next_cseq = next_cseq;
	o.cseq_arg = s;
	return o;
}

enum sip_err dum_set_send(struct dum_set *s, struct dum_usage *u,
			  void (*on_response)(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why),
			  void *arg, struct sip_message **m, struct dum_request **out)
{
	struct dum_request_options o = dum_set_request_options(s, u);

	o.on_response = on_response;
	o.arg = arg;
	return dum_request_send(s->dum, &o, m, out);
}
