/*
 * What comes in, and whose it is: into its dialog, or to who makes something of it (RFC 3261 8.2, 12.2.2). DUM's loop.
 */
#include "dum/manager/manager_priv.h"

/* ---- requests that belong to no dialog ---------------------------------------------------------------------------------- */

/* RFC 3261 11.2: what an INVITE would get, and what we can. */
static void on_options(struct dum *d, struct dum_incoming *in)
{
	struct dum_answer a = { .status = 200, .dress = DUM_DRESS_ALL };

	if (dum_event_is_heard(d, DUM_EVENT_REQUEST_RECEIVED))
		dum_pager_on_other(d, in);
	else
		dum_incoming_answer(in, &a);
}

static void on_bye(struct dum *d, struct dum_incoming *in)
{
	(void)d;
	dum_incoming_refuse_as(in, SIP_REFUSAL_NO_DIALOG);
}

static const struct row {
	enum sip_method method;
	void (*take)(struct dum *d, struct dum_incoming *in);
} rows[] = {
	{ SIP_METHOD_INVITE, dum_invite_on_request },
	{ SIP_METHOD_REGISTER, dum_register_on_request },
	{ SIP_METHOD_MESSAGE, dum_pager_on_message },
	{ SIP_METHOD_OPTIONS, on_options },
	{ SIP_METHOD_BYE, on_bye },
	{ SIP_METHOD_PRACK, on_bye },
	{ SIP_METHOD_UPDATE, on_bye },
	{ SIP_METHOD_INFO, on_bye },
};

static void dispatch(struct dum *d, struct dum_incoming *in)
{
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++)
		if (rows[i].method == in->method) {
			rows[i].take(d, in);
			return;
		}
	dum_pager_on_other(d, in);
}

/* ---- requests that belong to one ---------------------------------------------------------------------------------------------- */

static struct dum_dialog *dialog_of(struct dum *d, const struct sip_message *m)
{
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	struct dum_set *s = from && to ? dum_set_find(d, sip_message_call_id(m), to->tag) : NULL;

	return s ? dum_dialog_find(s, from->tag) : NULL;
}

void dum__manager_pass(struct dum *d, struct dum_incoming *in)
{
	const struct sip_name_addr *to = sip_message_name_addr(in->message, SIP_HEADER_TO, 0);
	struct dum_dialog *g;

	if (dum__manager_refuses(d, in))
		return;
	if (!to || !to->tag.p) {
		dispatch(d, in);
		return;
	}
	g = dialog_of(d, in->message);
	if (g)
		dum_dialog_on_request(g, in);
	else
		dum_incoming_refuse_as(in, SIP_REFUSAL_NO_DIALOG);
}

/* 8.2: who asks, before all else; but for what was answered by another way, whose credentials are used up. */
void dum__manager_on_request(struct dum *d, struct dum_incoming *in)
{
	if (dum__manager_is_merged(d, in))
		dum_incoming_refuse_as(in, SIP_REFUSAL_MERGED);
	else if (!dum__manager_asks(d, in))
		dum__manager_pass(d, in);
}

void dum__manager_on_ack(struct dum *d, struct sip_message *m)
{
	struct dum_dialog *g = dialog_of(d, m);

	if (!g)
		return; /* nothing waits for it */
	SIP_LIST_FOR_SAFE(node, after, &g->usages) {
		struct dum_usage *u = SIP_CONTAINER(node, struct dum_usage, node);
		if (u->class_->on_ack && u->class_->on_ack(u, m))
			return;
	}
}

/* A 2xx to an INVITE of ours whose transaction is over: of a session that is known, a repetition; else of a call nobody wants. */
void dum__manager_on_stray(struct dum *d, struct sip_message *m)
{
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);
	struct dum_set *s = from && to ? dum_set_find(d, sip_message_call_id(m), from->tag) : NULL;
	struct dum_dialog *g = s ? dum_dialog_find(s, to->tag) : NULL;

	if (g) {
		SIP_LIST_FOR_SAFE(node, after, &g->usages) {
			struct dum_usage *u = SIP_CONTAINER(node, struct dum_usage, node);
			if (u->class_->on_late_2xx && u->class_->on_late_2xx(u, m))
				return;
		}
		return;
	}
	dum_invite_on_unwanted(d, m);
}
