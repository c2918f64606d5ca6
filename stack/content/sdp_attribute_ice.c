/* The values of attributes that say how a stream is reached and kept secret: ICE, DTLS, SDES. No state, any thread. */
#include "stack/content/sdp_priv.h"

/* ---- ICE (RFC 8839 5) ------------------------------------------------------------------------------------------------------- */

/* "raddr" and "rport", where they come first, as the grammar has it. */
static bool take_related(struct sip_str *rest, struct sip_sdp_candidate *out)
{
	struct sip_str after = *rest;

	if (sip_str_eq(sip__sdp_word(&after), SIP_STR("raddr"))) {
		if (!sip__sdp_take(&after, &out->related_address))
			return false;
		*rest = after;
	}
	after = *rest;
	if (sip_str_eq(sip__sdp_word(&after), SIP_STR("rport"))) {
		if (!sip__sdp_take_port(&after, &out->related_port))
			return false;
		out->has_related_port = true;
		*rest = after;
	}
	return true;
}

enum sip_err sip_sdp_candidate_parse(struct sip_str value, struct sip_sdp_candidate *out)
{
	*out = (struct sip_sdp_candidate){ 0 };
	bool is_ok = sip__sdp_take(&value, &out->foundation) && sip__sdp_take_u32(&value, UINT32_MAX, &out->component) &&
		     sip__sdp_take(&value, &out->transport) && sip__sdp_take_u32(&value, UINT32_MAX, &out->priority) &&
		     sip__sdp_take(&value, &out->address) && sip__sdp_take_port(&value, &out->port) &&
		     sip_str_eq(sip__sdp_word(&value), SIP_STR("typ")) && sip__sdp_take(&value, &out->type) &&
		     take_related(&value, out);

	out->extensions = sip__sdp_trim(value);
	return is_ok ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_candidate_put(struct sip_buf *b, const struct sip_sdp_candidate *v)
{
	sip__sdp_put_word(b, v->foundation);
	sip_buf_put_char(b, ' ');
	sip_buf_put_u64(b, v->component);
	sip__sdp_put_next(b, v->transport);
	sip_buf_put_char(b, ' ');
	sip_buf_put_u64(b, v->priority);
	sip__sdp_put_next(b, v->address);
	sip_buf_put_char(b, ' ');
	sip_buf_put_u64(b, v->port);
	SIP_BUF_LIT(b, " typ ");
	sip__sdp_put_word(b, v->type);
	if (v->related_address.len > 0) {
		SIP_BUF_LIT(b, " raddr ");
		sip__sdp_put_word(b, v->related_address);
	}
	if (v->has_related_port) {
		SIP_BUF_LIT(b, " rport ");
		sip_buf_put_u64(b, v->related_port);
	}
	sip__sdp_put_more(b, v->extensions);
}

bool sip_sdp_candidate_extension(const struct sip_sdp_candidate *c, struct sip_str name, struct sip_str *value)
{
	struct sip_str rest = c->extensions, at;

	while (sip__sdp_take(&rest, &at)) {
		*value = sip__sdp_word(&rest);
		if (sip_str_eq(at, name))
			return true;
	}
	return false;
}

bool sip_sdp_remote_candidate_next(struct sip_str *text, struct sip_sdp_remote_candidate *out)
{
	*out = (struct sip_sdp_remote_candidate){ 0 };
	return sip__sdp_take_u32(text, UINT32_MAX, &out->component) && sip__sdp_take(text, &out->address) &&
	       sip__sdp_take_port(text, &out->port);
}

enum sip_err sip_sdp_remote_candidates_parse(struct sip_str value, struct sip_sdp_remote_candidates *out)
{
	struct sip_sdp_remote_candidate candidate;
	struct sip_str rest = sip__sdp_trim(value);

	out->text = rest;
	if (rest.len == 0)
		return SIP_E_SYNTAX;
	while (rest.len > 0)
		if (!sip_sdp_remote_candidate_next(&rest, &candidate))
			return SIP_E_SYNTAX;
	return SIP_OK;
}

void sip_sdp_remote_candidates_put(struct sip_buf *b, const struct sip_sdp_remote_candidates *v)
{
	struct sip_sdp_remote_candidates again;

	if (sip_sdp_remote_candidates_parse(v->text, &again) != SIP_OK)
		sip__sdp_refuse(b);
	sip__sdp_put_text(b, v->text);
}

/* ---- DTLS (RFC 8122, RFC 4145) ---------------------------------------------------------------------------------------------- */

enum sip_err sip_sdp_fingerprint_parse(struct sip_str value, struct sip_sdp_fingerprint *out)
{
	bool is_ok = sip__sdp_take(&value, &out->hash) && sip__sdp_take(&value, &out->text);

	return is_ok && sip__sdp_word(&value).len == 0 ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_fingerprint_put(struct sip_buf *b, const struct sip_sdp_fingerprint *v)
{
	sip__sdp_put_word(b, v->hash);
	sip__sdp_put_next(b, v->text);
}

enum sip_err sip_sdp_fingerprint_bytes(const struct sip_sdp_fingerprint *f, uint8_t out[SIP_SDP_FINGERPRINT_MAX], size_t *len)
{
	struct sip_str rest = f->text, byte;

	*len = 0;
	while (sip_str_cut(&rest, ':', &byte)) {
		if (*len == SIP_SDP_FINGERPRINT_MAX)
			return SIP_E_LIMIT;
		if (sip_hex_decode(byte, &out[*len], 1) != SIP_OK)
			return SIP_E_SYNTAX;
		++*len;
	}
	return *len > 0 ? SIP_OK : SIP_E_SYNTAX;
}

static const struct sip_str roles[] = {
	[SIP_SDP_ROLE_NONE] = SIP_STR_INIT(""),
	[SIP_SDP_ACTIVE] = SIP_STR_INIT("active"),
	[SIP_SDP_PASSIVE] = SIP_STR_INIT("passive"),
	[SIP_SDP_ACTPASS] = SIP_STR_INIT("actpass"),
	[SIP_SDP_HOLDCONN] = SIP_STR_INIT("holdconn"),
};

enum sip_err sip_sdp_setup_parse(struct sip_str value, struct sip_sdp_setup *out)
{
	value = sip__sdp_trim(value);
	for (unsigned i = SIP_SDP_ACTIVE; i < SIP_COUNTOF(roles); i++) {
		out->role = (enum sip_sdp_role)i;
		if (sip_str_eq_nocase(value, roles[i]))
			return SIP_OK;
	}
	return SIP_E_SYNTAX;
}

void sip_sdp_setup_put(struct sip_buf *b, const struct sip_sdp_setup *v)
{
	sip__sdp_put_word(b, (unsigned)v->role < SIP_COUNTOF(roles) ? roles[v->role] : roles[SIP_SDP_ROLE_NONE]);
}

/* ---- SDES (RFC 4568 4) ------------------------------------------------------------------------------------------------------ */

enum sip_err sip_sdp_crypto_parse(struct sip_str value, struct sip_sdp_crypto *out)
{
	bool is_ok = sip__sdp_take_u32(&value, 999999999, &out->tag) && sip__sdp_take(&value, &out->suite) &&
		     sip__sdp_take(&value, &out->keys);

	out->parameters = sip__sdp_trim(value);
	return is_ok ? SIP_OK : SIP_E_SYNTAX;
}

void sip_sdp_crypto_put(struct sip_buf *b, const struct sip_sdp_crypto *v)
{
	if (v->tag > 999999999)
		sip__sdp_refuse(b);
	sip_buf_put_u64(b, v->tag);
	sip__sdp_put_next(b, v->suite);
	sip__sdp_put_next(b, v->keys);
	sip__sdp_put_more(b, v->parameters);
}
