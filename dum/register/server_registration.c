/* REGISTERs that come in: shown to the application, which keeps the bindings (RFC 3261 10.3). DUM's loop. */
#include "dum/dialog/dialog.h"
#include "dum/register/register.h"
#include "dum/register/register_in.h"

/* 10.3 step 6: a star alone, with Expires: 0. */
static bool is_star_right(const struct sip_message *m)
{
	size_t count = sip_message_count(m, SIP_HEADER_CONTACT);
	const struct sip_name_addr *a;
	uint32_t expires;

	for (size_t i = 0; i < count; i++) {
		a = sip_message_name_addr(m, SIP_HEADER_CONTACT, i);
		if (!a || (a->is_star && (count != 1 || sip_message_number(m, SIP_HEADER_EXPIRES, &expires) != SIP_OK || expires)))
			return false;
	}
	return true;
}

void dum_register_on_request(struct dum *d, struct dum_incoming *in)
{
	struct dum_event e = { .kind = DUM_EVENT_REGISTER, .message = in->message };

	if (!dum_event_is_heard(d, DUM_EVENT_REGISTER)) {
		dum_incoming_refuse_method(in);
		return;
	}
	if (!is_star_right(in->message)) {
		dum_incoming_refuse_as(in, SIP_REFUSAL_STAR);
		return;
	}
	if (dum_incoming_show(in) != SIP_OK) {
		dum_incoming_refuse(in, 503);
		return;
	}
	e.handle = e.request = in->handle;
	e.user = in->user;
	dum_event_tell(d, &e);
}

static enum sip_err do_accept(struct dum *d, const struct dum_deed *a)
{
	struct dum_incoming *in = dum_handles_find(d->handles, a->handle, DUM_HANDLE_SERVER_REQUEST);
	struct dum_answer answer = { .status = 200 };
	struct sip_message *m = NULL;
	enum sip_err err;

	if (!in)
		return SIP_E_STALE;
	if (in->method != SIP_METHOD_REGISTER || in->is_asking)
		return SIP_E_STATE;
	if (a->text[0].len) {
		answer.name[0] = SIP_STR("Contact");
		answer.value[0] = a->text[0];
	}
	err = dum_incoming_make(in, &answer, &m);
	return err == SIP_OK ? dum_incoming_send(in, &m) : err;
}

enum sip_err dum_server_registration_accept(struct dum *d, struct dum_handle request, struct sip_str contacts)
{
	struct dum_deed a = { .fn = do_accept, .handle = request, .text = { contacts } };

	return dum_handle_is_none(request) ? SIP_E_STALE : dum_deed_do(d, &a);
}
