/* What applications ask of a manager itself, from any thread. */
#include "dum/manager/manager_priv.h"

struct sip_stack *dum_stack(const struct dum *d)
{
	return d->stack;
}

struct dum_profile *dum_master_profile(const struct dum *d)
{
	return d->profile;
}

struct sip_loop *dum_loop(const struct dum *d)
{
	return d->loop;
}

static enum sip_err do_end(struct dum *d, const struct dum_deed *a)
{
	enum dum_handle_kind kind = dum_handles_kind(d->handles, a->handle);
	struct dum_usage *u;

	switch (kind) {
	case DUM_HANDLE_SET: {
		struct dum_set *s = dum_handles_find(d->handles, a->handle, kind);
		return s ? dum_set_end(s, a->text[0]) : SIP_E_STALE;
	}
	case DUM_HANDLE_SESSION:
	case DUM_HANDLE_REGISTRATION:
	case DUM_HANDLE_PAGER:
		u = dum_handles_find(d->handles, a->handle, kind);
		return u && u->class_->end ? u->class_->end(u, a->text[0]) : SIP_E_STATE;
	case DUM_HANDLE_DIALOG: {
		struct dum_dialog *g = dum_handles_find(d->handles, a->handle, kind);
		u = g && !sip_list_is_empty(&g->usages) ? SIP_CONTAINER(g->usages.next, struct dum_usage, node) : NULL;
		return u && u->class_->end ? u->class_->end(u, a->text[0]) : SIP_E_STATE;
	}
	default:
		return SIP_E_INVAL;
	}
}

enum sip_err dum_end(struct dum *d, struct dum_handle h, struct sip_str reason)
{
	struct dum_deed a = { .fn = do_end, .handle = h, .text = { reason } };

	if (sip_str_find(reason, '\r') < reason.len || sip_str_find(reason, '\n') < reason.len)
		return SIP_E_INVAL;
	return dum_handle_is_none(h) ? SIP_E_STALE : dum_deed_do(d, &a);
}

enum { TEXT_REASON, TEXT_TYPE, TEXT_BODY };

static enum sip_err do_answer(struct dum *d, const struct dum_deed *a)
{
	struct dum_incoming *in = dum_handles_find(d->handles, a->handle, DUM_HANDLE_SERVER_REQUEST);
	struct dum_answer answer = {
		.status = a->number, .reason = a->text[TEXT_REASON], .type = a->text[TEXT_TYPE], .body = a->text[TEXT_BODY],
	};
	struct sip_message *m = NULL;
	enum sip_err err;

	if (!in)
		return SIP_E_STALE;
	if (in->is_asking && a->number < 300)
		return SIP_E_STATE; /* nobody knows yet who it is */
	if (in->method == SIP_METHOD_MESSAGE && a->number < 300)
		answer.body = sip_str_make(NULL, 0); /* RFC 3428 7 */
	err = dum_incoming_make(in, &answer, &m);
	return err == SIP_OK ? dum_incoming_send(in, &m) : err;
}

enum sip_err dum_accept(struct dum *d, struct dum_handle request, unsigned status, struct sip_str type, struct sip_str body)
{
	struct dum_deed a = { .fn = do_answer, .handle = request, .number = status };

	a.text[TEXT_TYPE] = type.len || !body.len ? type : SIP_STR("text/plain");
	a.text[TEXT_BODY] = body;
	if (status < 200 || status > 299)
		return SIP_E_INVAL;
	return dum_handle_is_none(request) ? SIP_E_STALE : dum_deed_do(d, &a);
}

enum sip_err dum_reject(struct dum *d, struct dum_handle request, unsigned status, struct sip_str reason)
{
	struct dum_deed a = { .fn = do_answer, .handle = request, .number = status, .text = { reason } };

	if (status < 300 || status > 699)
		return SIP_E_INVAL;
	return dum_handle_is_none(request) ? SIP_E_STALE : dum_deed_do(d, &a);
}

/* A function and its argument do not fit one pointer: the number of a deed is no place for either. */
struct call {
	void (*fn)(struct dum *d, void *arg);
	void *arg;
};

static enum sip_err do_post(struct dum *d, const struct dum_deed *a)
{
	struct call c = *(struct call *)a->pointer;

	sip_free(a->pointer);
	c.fn(d, c.arg);
	return SIP_OK;
}

enum sip_err dum_post(struct dum *d, void (*fn)(struct dum *d, void *arg), void *arg)
{
	struct dum_deed a = { .fn = do_post, .drop = sip_free };
	struct call *c = sip_alloc(sizeof *c);

	if (!c)
		return SIP_E_NOMEM;
	c->fn = fn;
	c->arg = arg;
	a.pointer = c;
	return dum_deed_do(d, &a);
}

/* ---- handles ------------------------------------------------------------------------------------------------------------------ */

enum dum_handle_kind dum_kind(const struct dum *d, struct dum_handle h)
{
	return dum_handles_kind(d->handles, h);
}

void *dum_data(const struct dum *d, struct dum_handle h)
{
	return dum_handles_data(d->handles, h);
}

size_t dum_count(const struct dum *d)
{
	return dum_handles_count(d->handles);
}

struct data {
	void *data;
	sip_destroy_fn destroy;
};

static void drop_data(void *object)
{
	struct data *w = object;

	if (w->destroy)
		w->destroy(w->data);
	sip_free(w);
}

static enum sip_err do_set_data(struct dum *d, const struct dum_deed *a)
{
	struct data *w = a->pointer;
	enum sip_err err = dum_handles_set_data(d->handles, a->handle, w->data, w->destroy);

	if (err != SIP_OK)
		w->destroy = NULL; /* it was called */
	else
		sip_free(w);
	return err;
}

enum sip_err dum_set_data(struct dum *d, struct dum_handle h, void *data, sip_destroy_fn destroy)
{
	struct dum_deed a = { .fn = do_set_data, .handle = h, .drop = drop_data };
	struct data *w = sip_alloc(sizeof *w);

	if (!w || dum_handle_is_none(h)) {
		sip_free(w);
		if (destroy)
			destroy(data);
		return w ? SIP_E_STALE : SIP_E_NOMEM;
	}
	w->data = data;
	w->destroy = destroy;
	a.pointer = w;
	return dum_deed_do(d, &a);
}

/* ---- pulling ------------------------------------------------------------------------------------------------------------------- */

enum sip_err dum_next_event(struct dum *d, struct dum_event **out, int64_t timeout_us)
{
	struct sip_fifo_node *node;
	enum sip_err err = SIP_OK;

	MUST_BE(d, DUM_MAGIC);
	if (!d->is_pull)
		return SIP_E_STATE;
	if (!d->taken.count)
		err = sip_fifo_take(&d->pulled, &d->taken, timeout_us);
	node = sip_fifo_batch_pop(&d->taken);
	if (node)
		*out = dum_event_of_node(node);
	return node ? SIP_OK : err != SIP_OK ? err : SIP_E_TIMEOUT;
}

void dum_event_release(struct dum_event **e)
{
	if (*e)
		dum_event_discard(NULL, dum_event_to_node(*e));
	*e = NULL;
}

void dum_counts(const struct dum *d, struct dum_counts *out)
{
	out->deeds_posted = __atomic_load_n(&d->deeds_posted, __ATOMIC_RELAXED);
	out->deeds_done = __atomic_load_n(&d->deeds_done, __ATOMIC_RELAXED);
	out->events_lost = __atomic_load_n(&d->events_lost, __ATOMIC_RELAXED);
}
