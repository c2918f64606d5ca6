/* The Path of a REGISTER (RFC 3327): every value is followed later, so what could not be is refused now. On the proxy's loop. */
#include "repro/registrar/registrar_priv.h"

/* COUNT: they are taken. */
static enum sip_refusal read_values(struct repro_request *r, struct sip_buf *b)
{
	const struct sip_name_addr *a;
	size_t n = sip_message_count(r->message, SIP_HEADER_PATH);
	struct sip_str value;

	if (n > REPRO__PATH_MAX)
		return SIP_REFUSAL_PATHS;
	for (size_t i = 0; i < n; i++) {
		a = sip_message_name_addr(r->message, SIP_HEADER_PATH, i);
		if (!a || !sip_uri_is_sip(&a->uri) || !sip_message_value(r->message, SIP_HEADER_PATH, i, &value))
			return SIP_REFUSAL_PATH;
		if (i)
			SIP_BUF_LIT(b, ", ");
		sip_buf_put_str(b, value);
	}
	return b->err == SIP_OK || b->err == SIP_E_NOMEM ? SIP_REFUSAL_COUNT : SIP_REFUSAL_CONTACTS_SIZE;
}

bool repro__path_read(struct repro_request *r, struct sip_str *out)
{
	enum sip_refusal refusal;
	bool is_short_of_memory;
	struct sip_buf b;

	*out = sip_str_make(NULL, 0);
	if (!sip_message_has(r->message, SIP_HEADER_PATH))
		return true;
	sip_buf_init(&b, REPRO_BINDING_TEXT_MAX);
	refusal = read_values(r, &b);
	if (refusal == SIP_REFUSAL_COUNT && b.len)
		*out = sip_arena_str(&r->arena, sip_buf_str(&b));
	is_short_of_memory = b.err == SIP_E_NOMEM || (refusal == SIP_REFUSAL_COUNT && b.len && !out->p);
	sip_buf_fini(&b);
	if (refusal == SIP_REFUSAL_COUNT && !is_short_of_memory)
		return true;
	sip_metric_count(repro_proxy_cells(r->proxy), REPRO_M_REG_BAD);
	if (is_short_of_memory)
		repro_request_reply(r, 500, NULL);
	else
		repro_request_refuse(r, refusal);
	return false;
}
