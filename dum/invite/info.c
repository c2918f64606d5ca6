/*
 * What two ends of a session say beside it: INFO (RFC 6086) and MESSAGE (RFC 3428), each answered by the application. DUM's loop.
 */
#include "dum/invite/invite_priv.h"

static const struct row {
	enum sip_method method;
	enum dum_event_kind came, success, failure;
	size_t slot; /* of the request under way in the session */
} rows[] = {
	{ SIP_METHOD_INFO, DUM_EVENT_INFO, DUM_EVENT_INFO_SUCCESS, DUM_EVENT_INFO_FAILURE, offsetof(struct dum_session, info) },
	{ SIP_METHOD_MESSAGE, DUM_EVENT_MESSAGE, DUM_EVENT_MESSAGE_SUCCESS, DUM_EVENT_MESSAGE_FAILURE,
	  offsetof(struct dum_session, message) },
};

static const struct row *row_of(enum sip_method method)
{
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++)
		if (rows[i].method == method)
			return &rows[i];
	return NULL;
}

static struct dum_request **slot_of(struct dum_session *x, const struct row *row)
{
	return (struct dum_request **)(void *)((char *)x + row->slot);
}

static void drop(struct dum__body **kept)
{
	if (*kept)
		dum__body_clear(*kept);
	sip_free(*kept);
	*kept = NULL;
}

bool dum__info_on_request(struct dum_session *x, struct dum_incoming *in)
{
	const struct row *row = row_of(in->method);
	struct dum_event e = { .message = in->message };

	if (!row || !dum_usage_is_heard(&x->usage, row->came))
		return false;
	if (x->state == DUM__SESSION_BYE_SENT) { /* 15.1.1: over with our BYE; or a fork nobody has heard of */
		dum_incoming_refuse_as(in, SIP_REFUSAL_NO_DIALOG);
		return true;
	}
	if (dum_incoming_show(in) != SIP_OK) {
		dum_incoming_refuse(in, 503);
		return true;
	}
	e.kind = row->came;
	e.request = in->handle;
	e.user = in->user;
	e.is_client = x->is_client;
	if (!sip_message_value(in->message, SIP_HEADER_CONTENT_TYPE, 0, &e.type))
		e.type = sip_str_make(NULL, 0);
	e.body = sip_message_body(in->message);
	dum_usage_tell(&x->usage, &e);
	return true;
}

static void on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why)
{
	struct dum_session *x = arg;
	const struct row *row = row_of(sip_message_method(dum_request_message(r)));
	struct dum__input i = { .message = m, .status = sip_message_status(m) };
	enum sip_err err;

	(void)why;
	if (i.status < 200 || !row)
		return;
	*slot_of(x, row) = NULL; /* what is told may send the next one */
	dum__session_tell(x, i.status < 300 ? row->success : row->failure, m);
	if (x->usage.is_ended || !dum_invite_is_gone(i.status))
		return;
	err = dum__session_run(x, DUM__ON_RX_GONE, &i); /* RFC 5057 5.1 */
	(void)err;
}

/* What overtakes our first 2xx finds no dialog there, and its 481 would end ours: it waits for the ACK. */
static enum sip_err keep(struct dum__body **kept, struct sip_str type, struct sip_str body)
{
	enum sip_err err;

	if (*kept)
		return SIP_E_STATE;
	*kept = sip_alloc_zero(sizeof **kept);
	err = *kept ? dum__body_set(*kept, type, body) : SIP_E_NOMEM;
	if (err != SIP_OK)
		drop(kept);
	return err;
}

void dum__info_send_kept(struct dum_session *x)
{
	struct dum__body *kept;
	enum sip_err err;

	for (size_t i = 0; i < SIP_COUNTOF(rows) && !x->usage.is_ended; i++) {
		kept = x->kept[i];
		x->kept[i] = NULL;
		if (!kept)
			continue;
		err = dum__info_send(x, rows[i].method, dum__body_type(kept), dum__body_bytes(kept));
		drop(&kept);
		if (err != SIP_OK)
			dum__session_tell(x, rows[i].failure, NULL);
	}
}

void dum__info_drop_kept(struct dum_session *x)
{
	for (size_t i = 0; i < SIP_COUNTOF(rows); i++)
		drop(&x->kept[i]);
}

enum sip_err dum__info_send(struct dum_session *x, enum sip_method method, struct sip_str type, struct sip_str body)
{
	const struct row *row = row_of(method);
	struct dum_request **slot = slot_of(x, row);
	struct sip_message *m = NULL;
	enum sip_err err;

	if (*slot || x->state == DUM__SESSION_BYE_SENT || x->state == DUM__SESSION_UAC_CANCELLING || x->state == DUM__SESSION_UAS_ENDING)
		return SIP_E_STATE;
	if (x->state == DUM__SESSION_UAS_ACCEPTED)
		return keep(&x->kept[row - rows], type, body);
	err = dum_dialog_make_request(x->usage.dialog, method, 0, 0, &m);
	if (err == SIP_OK && body.len)
		err = sip_message_set_body(m, type, body);
	if (err == SIP_OK)
		err = dum_dialog_send(x->usage.dialog, &x->usage, on_response, x, &m, slot);
	sip_message_unref(&m);
	return err;
}
