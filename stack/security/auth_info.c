/* Authentication-Info: read, and its rspauth checked. Values only; runs on the caller's loop. RFC 7616 3.5. */
#include "stack/security/security.h"

static enum sip_err read_qop(struct sip_str text, enum sip_digest_qop *out)
{
	if (sip_str_eq_nocase(text, SIP_STR("auth")))
		*out = SIP_QOP_AUTH;
	else if (sip_str_eq_nocase(text, SIP_STR("auth-int")))
		*out = SIP_QOP_AUTH_INT;
	else
		return SIP_E_UNSUPPORTED;
	return SIP_OK;
}

static enum sip_err keep(struct sip_auth_info *info, struct sip_str name, struct sip_str value)
{
	struct sip_str *field;

	if (sip_str_eq_nocase(name, SIP_STR("nextnonce")))
		field = &info->nextnonce;
	else if (sip_str_eq_nocase(name, SIP_STR("rspauth")))
		field = &info->rspauth;
	else if (sip_str_eq_nocase(name, SIP_STR("cnonce")))
		field = &info->cnonce;
	else if (sip_str_eq_nocase(name, SIP_STR("nc")))
		field = &info->nc_text;
	else if (sip_str_eq_nocase(name, SIP_STR("qop")))
		return info->qop == SIP_QOP_NONE ? read_qop(value, &info->qop) : SIP_E_SYNTAX;
	else
		return SIP_OK;
	if (field->p)
		return SIP_E_SYNTAX;
	*field = value.p ? value : SIP_STR("");
	return SIP_OK;
}

enum sip_err sip_auth_info_parse(struct sip_str value, struct sip_auth_info *out)
{
	struct sip_str rest = sip_str_trim(value), name, text;
	enum sip_err err = SIP_OK;
	bool is_quoted;

	memset(out, 0, sizeof(*out));
	while (err == SIP_OK && sip_auth_value_next(&rest, &name, &text, &is_quoted))
		err = keep(out, name, text);
	if (err == SIP_OK && !sip_str_is_empty(sip_str_trim(rest)))
		err = SIP_E_SYNTAX;
	return err;
}

/* A response is computed like a request, with no method (RFC 7616 3.5: A2 is ":" request-uri). */
enum sip_err sip_auth_info_verify(const struct sip_auth_info *info, const struct sip_credentials *sent,
				  struct sip_digest_hash *h, struct sip_str ha1, struct sip_str body)
{
	struct sip_credentials c = *sent;

	if (!info->rspauth.p)
		return SIP_E_NOTFOUND;
	if ((info->cnonce.p && !sip_str_eq(info->cnonce, sent->cnonce)) ||
	    (info->nc_text.p && !sip_str_eq_nocase(info->nc_text, sent->nc_text)))
		return SIP_E_DENIED;
	if (info->qop != SIP_QOP_NONE && sent->qop != SIP_QOP_NONE)
		c.qop = info->qop;
	c.response = info->rspauth;
	return sip_credentials_verify(&c, h, ha1, SIP_STR(""), body);
}
