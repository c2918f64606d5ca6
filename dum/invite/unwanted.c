/*
 * A 2xx to an INVITE of ours that nobody waits for any more: a fork that answers after the call is over. Its sender gets an ACK and
 * a BYE (RFC 3261 13.2.2.4), by a set and a dialog made for that alone. DUM's loop.
 */
#include "dum/invite/invite_priv.h"

struct unwanted {
	struct dum_usage usage;
	struct dum_request *bye;
};

static void bury(struct dum_usage *u)
{
	sip_free(u);
}

static void end_unwanted(struct unwanted *w)
{
	dum_request_forget(&w->bye);
	dum_usage_end(&w->usage);
}

static void stop(struct dum_usage *u)
{
	end_unwanted((struct unwanted *)u);
}

static const struct dum_usage_class class_ = { .kind = DUM_HANDLE_NONE, .stop = stop, .bury = bury };

static void on_bye_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	(void)r;
	(void)why;
	if (sip_message_status(m) >= 200)
		end_unwanted(arg);
}

/* What an early dialog may have asked before all of it was forgotten: PRACKs, UPDATEs. The BYE's number is beyond them (12.2.2). */
#define FORGOTTEN 100

static enum sip_err ack_and_bye(struct unwanted *w, const struct sip_message *m)
{
	struct dum_set *s = w->usage.set;
	struct dum_dialog *g = w->usage.dialog;
	struct sip_message *out = NULL;
	enum sip_err err = dum_dialog_make_request(g, SIP_METHOD_ACK, sip_message_cseq(m)->number, 0, &out);

	if (err == SIP_OK)
		err = dum_request_send_ack(s->dum, s->profile, w->usage.handle, dum_dialog_is_strict(g), NULL, &out);
	sip_message_unref(&out);
	if (g->local_cseq < UINT32_MAX / 2 - FORGOTTEN)
		g->local_cseq += FORGOTTEN;
	if (err == SIP_OK)
		err = dum_dialog_make_request(g, SIP_METHOD_BYE, 0, 0, &out);
	if (err == SIP_OK)
		err = dum_dialog_send(g, &w->usage, on_bye_response, w, &out, &w->bye);
	sip_message_unref(&out);
	return err;
}

/* Without memory for it nothing is said, and its next repetition may find some. */
void dum_invite_on_unwanted(struct dum *d, const struct sip_message *m)
{
	const struct sip_name_addr *from = sip_message_name_addr(m, SIP_HEADER_FROM, 0);
	struct dum_set *s = NULL;
	struct dum_dialog *g = NULL;
	struct unwanted *w = NULL;
	enum sip_err err = SIP_OK;

	if (!from || !from->tag.len || !sip_message_cseq(m))
		return;
	s = dum_set_find(d, sip_message_call_id(m), from->tag);
	if (!s) {
		err = dum_set_create(d, d->profile, sip_message_call_id(m), from->tag, NULL, &s);
		if (err == SIP_OK)
			s->is_untold = true;
	}
	if (err == SIP_OK)
		err = dum_dialog_create_client(s, m, m, &g);
	if (err == SIP_OK && !(w = sip_alloc_zero(sizeof *w)))
		err = SIP_E_NOMEM;
	if (err == SIP_OK)
		err = dum_usage_init(&w->usage, &class_, s, g);
	if (err == SIP_OK && ack_and_bye(w, m) == SIP_OK)
		return;
	if (w && w->usage.set)
		end_unwanted(w);
	else
		sip_free(w);
	if (g)
		dum_dialog_end_if_empty(g);
	if (s)
		dum_set_end_if_empty(s);
}
