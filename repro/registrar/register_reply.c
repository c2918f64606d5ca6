/* The 200 to a REGISTER: every binding there is now (RFC 3261 10.3 step 8, RFC 3327 5.3). On the proxy's loop. */
#include "repro/registrar/registrar_priv.h"

static enum sip_err add_contact(struct sip_message *response, const struct repro_binding *b, int64_t now_s)
{
	char text[512];
	struct sip_buf v;
	enum sip_err err;
	int64_t left = b->expires_s - now_s;

	if (b->contact.len + b->instance.len + 96 <= sizeof text)
		sip_buf_init_fixed(&v, text, sizeof text);
	else
		sip_buf_init(&v, 0);
	sip_buf_put_char(&v, '<');
	sip_buf_put_str(&v, b->contact);
	SIP_BUF_LIT(&v, ">;expires=");
	sip_buf_put_u64(&v, left > 0 ? (uint64_t)left : 0);
	if (b->q != 1000)
		sip_buf_putf(&v, ";q=0.%03u", (unsigned)b->q);
	if (b->reg_id)
		sip_buf_putf(&v, ";reg-id=%u", (unsigned)b->reg_id);
	if (b->instance.len) {
		SIP_BUF_LIT(&v, ";+sip.instance=\"");
		sip_buf_put_str(&v, b->instance);
		sip_buf_put_char(&v, '"');
	}
	err = v.err == SIP_OK ? sip_message_add(response, SIP_HEADER_CONTACT, sip_buf_str(&v)) : v.err;
	sip_buf_fini(&v);
	return err;
}

/* RFC 3261 20.17: clients without a clock take it from here. Written once a second. */
static struct sip_str date_text(struct repro_registrar *g, int64_t now_s)
{
	struct sip_date date = { now_s };
	struct sip_buf b;

	if (g->date_s != now_s) {
		g->date_s = now_s;
		sip_buf_init_fixed(&b, g->date, sizeof g->date);
		sip_date_put(&b, &date);
		g->date_len = b.err == SIP_OK ? b.len : 0;
	}
	return sip_str_make(g->date, g->date_len);
}

void repro__register_reply(struct repro_registrar *g, struct repro_request *r, const struct repro_contacts *contacts)
{
	int64_t now_s = repro__registrar_now_s(g);
	struct sip_message *response = repro_request_make_response(r, 200, NULL);
	struct sip_value_walk walk = { .is_begun = false };
	struct sip_str value, date;
	enum sip_err err = response ? SIP_OK : SIP_E_NOMEM;

	for (unsigned i = 0; contacts && err == SIP_OK && i < contacts->count; i++)
		if (contacts->bindings[i].expires_s > now_s)
			err = add_contact(response, &contacts->bindings[i], now_s);
	while (err == SIP_OK && sip_message_next_value(r->message, SIP_HEADER_PATH, &walk, &value))
		err = sip_message_add(response, SIP_HEADER_PATH, value);
	if (err == SIP_OK)
		err = repro__outbound_put(r, response);
	date = date_text(g, now_s);
	if (err == SIP_OK && date.len)
		err = sip_message_add(response, SIP_HEADER_DATE, date);
	if (err != SIP_OK) {
		sip_message_unref(&response);
		repro_request_reply(r, 500, NULL);
		return;
	}
	repro_request_respond(r, &response);
}
