/*
 * Telling: which function of which handler hears an event, or that it waits to be pulled. A pulled event has a message of its own (a
 * clone on the same bytes), because two threads must not look into one.
 */
#include "dum/core/core.h"

enum group { SESSION, SET, REGISTRATION, SERVER_REGISTRATION, PAGER, REQUEST, MANAGER };

static const struct row {
	const char *name;
	enum group group;
	size_t at; /* of the function in the handler's struct */
} rows[DUM_EVENT_COUNT] = {
#define ROW(id, handler, group, fn) [DUM_EVENT_##id] = { #fn, group, offsetof(struct handler, fn) },
#define DUM_SESSION_EVENT(id, fn, when) ROW(id, dum_session_handler, SESSION, fn)
#define DUM_SET_EVENT(id, fn, when) ROW(id, dum_set_handler, SET, fn)
#define DUM_REGISTRATION_EVENT(id, fn, when) ROW(id, dum_registration_handler, REGISTRATION, fn)
#define DUM_SERVER_REGISTRATION_EVENT(id, fn, when) ROW(id, dum_server_registration_handler, SERVER_REGISTRATION, fn)
#define DUM_PAGER_EVENT(id, fn, when) ROW(id, dum_pager_handler, PAGER, fn)
#define DUM_REQUEST_EVENT(id, fn, when) ROW(id, dum_request_handler, REQUEST, fn)
#define DUM_MANAGER_EVENT(id, fn, when) ROW(id, dum_manager_handler, MANAGER, fn)
#include "dum/core/event_table.h"
#undef ROW
};

static const char *const reasons[DUM_REASON_COUNT] = {
#define DUM_REASON(id, text) text,
#include "dum/core/reason_table.h"
#undef DUM_REASON
};

const char *dum_event_name(enum dum_event_kind kind)
{
	return kind < DUM_EVENT_COUNT ? rows[kind].name : "?";
}

const char *dum_reason_text(enum dum_reason reason)
{
	return reason < DUM_REASON_COUNT ? reasons[reason] : "?";
}

static const void *handler_of(const struct dum *d, enum group group)
{
	switch (group) {
	case SESSION:
		return d->handlers.session;
	case SET:
		return d->handlers.set;
	case REGISTRATION:
		return d->handlers.registration;
	case SERVER_REGISTRATION:
		return d->handlers.server_registration;
	case PAGER:
		return d->handlers.pager;
	case REQUEST:
		return d->handlers.request;
	case MANAGER:
		break;
	}
	return d->handlers.manager;
}

static dum_event_fn function_of(const struct dum *d, enum dum_event_kind kind)
{
	const char *handler = handler_of(d, rows[kind].group);
	dum_event_fn fn = NULL;

	if (handler)
		memcpy(&fn, handler + rows[kind].at, sizeof fn);
	return fn;
}

bool dum_event_is_heard(const struct dum *d, enum dum_event_kind kind)
{
	return d->is_pull || function_of(d, kind);
}

static void *data_of(const struct dum *d, const struct dum_event *e)
{
	void *data = dum_handles_data(d->handles, e->handle);

	if (!data)
		data = dum_handles_data(d->handles, e->dialog);
	if (!data)
		data = dum_handles_data(d->handles, e->set);
	return data ? data : d->data;
}

struct pulled {
	struct sip_fifo_node node;
	struct dum_event event;
	struct sip_message *message; /* owned */
};

static struct sip_str put(char **to, struct sip_str s)
{
	struct sip_str copy = sip_str_make(*to, s.len);

	if (s.len)
		memcpy(*to, s.p, s.len);
	*to += s.len;
	return copy;
}

static enum sip_err push(struct dum *d, const struct dum_event *e)
{
	struct pulled *p = sip_alloc_zero(sizeof *p + e->type.len + e->body.len + e->user.len + e->realm.len + e->gruu.len +
					  e->temporary_gruu.len);
	char *text = (char *)(p + 1);
	enum sip_err err = SIP_OK;

	if (!p)
		return SIP_E_NOMEM;
	p->event = *e;
	p->event.message = NULL;
	if (e->message)
		err = sip_message_clone(e->message, &p->message);
	if (err == SIP_OK) {
		p->event.type = put(&text, e->type);
		p->event.body = put(&text, e->body);
		p->event.user = put(&text, e->user);
		p->event.realm = put(&text, e->realm);
		p->event.gruu = put(&text, e->gruu);
		p->event.temporary_gruu = put(&text, e->temporary_gruu);
		p->event.message = p->message;
		err = sip_fifo_post_essential(&d->pulled, &p->node, dum_core_now(d));
	}
	if (err != SIP_OK)
		dum_event_discard(d, &p->node);
	return err;
}

void dum_event_discard(void *arg, struct sip_fifo_node *node)
{
	struct pulled *p = SIP_CONTAINER(node, struct pulled, node);

	(void)arg;
	sip_message_unref(&p->message);
	sip_free(p);
}

struct dum_event *dum_event_of_node(struct sip_fifo_node *node)
{
	return &SIP_CONTAINER(node, struct pulled, node)->event;
}

struct sip_fifo_node *dum_event_to_node(struct dum_event *e)
{
	return &SIP_CONTAINER(e, struct pulled, event)->node;
}

void dum_event_tell(struct dum *d, struct dum_event *e)
{
	dum_event_fn fn = function_of(d, e->kind);

	MUST(d->depth > 0);
	e->data = data_of(d, e);
	if (d->is_pull) {
		if (push(d, e) != SIP_OK)
			__atomic_fetch_add(&d->events_lost, 1, __ATOMIC_RELAXED);
	} else if (fn) {
		fn(d, e);
	}
}
