/* The Path of a REGISTER (RFC 3327): every value is followed later, so what could not be is refused now. On the proxy's loop. */
#include "repro/registrar/registrar_priv.h"

/* The reason not to take them; NULL: none. */
static const char *read_values(struct repro_request *r, struct sip_buf *b, unsigned *status)
{
	const struct sip_name_addr *a;
	size_t n = sip_message_count(r->message, SIP_HEADER_PATH);
	struct sip_str value;

	if (n > REPRO__PATH_MAX) {
		*status = 403;
		return "Too Many Path Values";
	}
	for (size_t i = 0; i < n; i++) {
		a = sip_message_name_addr(r->message, SIP_HEADER_PATH, i);
		if (!a || !sip_uri_is_sip(&a->uri) || !sip_message_value(r->message, SIP_HEADER_PATH, i, &value)) {
			*status = 400;
			return "Bad Path";
		}
		if (i)
			SIP_BUF_LIT(b, ", ");
		sip_buf_put_str(b, value);
	}
	return NULL;
}

bool repro__path_read(struct repro_request *r, struct sip_str *out)
{
	const char *reason;
	unsigned status = 0;
	struct sip_buf b;

	*out = sip_str_make(NULL, 0);
	if (!sip_message_has(r->message, SIP_HEADER_PATH))
		return true;
	sip_buf_init(&b, REPRO_BINDING_TEXT_MAX);
	reason = read_values(r, &b, &status);
	if (status == 0 && b.err != SIP_OK)
		status = b.err == SIP_E_NOMEM ? 500 : 513;
	if (status == 0 && b.len) {
		*out = sip_arena_str(&r->arena, sip_buf_str(&b));
		status = out->p ? 0 : 500;
	}
	sip_buf_fini(&b);
	if (status) {
		sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_BAD);
		repro_request_reply(r, status, reason);
	}
	return status == 0;
}
