/*
 * Telephone numbers, in tel URIs and in the user part of SIP URIs with user=phone (RFC 3261 19.1.6, RFC 3966, RFC 4694, RFC 4904).
 * Slices, no state, any thread.
 */
#include "stack/uri/uri_priv.h"

static void take_params(struct sip_tel *out, struct sip_str raw)
{
	out->params = raw;
	(void)sip_param_text(raw, SIP_PARAM_PHONE_CONTEXT, &out->context);
	(void)sip_param_text(raw, SIP_PARAM_EXT, &out->ext);
	(void)sip_param_text(raw, SIP_PARAM_ISUB, &out->isub);
	(void)sip_param_text(raw, SIP_PARAM_RN, &out->rn);
	(void)sip_param_text(raw, SIP_PARAM_RN_CONTEXT, &out->rn_context);
	(void)sip_param_text(raw, SIP_PARAM_CIC, &out->cic);
	(void)sip_param_text(raw, SIP_PARAM_TGRP, &out->tgrp);
	(void)sip_param_text(raw, SIP_PARAM_TRUNK_CONTEXT, &out->trunk_context);
	out->has_npdi = sip_param_has(raw, SIP_PARAM_NPDI);
}

static bool is_number(struct sip_str s, bool is_global)
{
	bool has_digit = false;

	for (size_t i = is_global ? 1 : 0; i < s.len; i++) {
		bool is_digit = sip_char_is(s.p[i], SIP_CC_DIGIT) ||
				(!is_global && (sip_char_is(s.p[i], SIP_CC_HEX) || s.p[i] == '*' || s.p[i] == '#'));

		if (!is_digit && !sip__is_visual(s.p[i]))
			return false;
		has_digit |= is_digit;
	}
	return has_digit;
}

enum sip_err sip_tel_of(const struct sip_uri *u, struct sip_tel *out)
{
	size_t at;

	memset(out, 0, sizeof *out);
	if (u->scheme == SIP_URI_TEL) {
		out->number = u->user;
		take_params(out, u->params);
	} else if (sip_uri_is_sip(u) && u->has_user && sip_str_eq_nocase(u->param[SIP_URI_PARAM_USER], SIP_STR("phone"))) {
		at = sip_str_find(u->user, ';');
		out->number = sip_str_make(u->user.p, at);
		take_params(out, sip_str_from(u->user, at + 1));
	} else {
		return SIP_E_NOTFOUND;
	}
	out->is_global = out->number.len > 0 && out->number.p[0] == '+';
	return is_number(out->number, out->is_global) ? SIP_OK : SIP_E_SYNTAX;
}

void sip_tel_put_number(struct sip_buf *b, const struct sip_tel *t)
{
	for (size_t i = 0; i < t->number.len; i++)
		if (!sip__is_visual(t->number.p[i]))
			sip_buf_put_char(b, t->number.p[i]);
}

void sip_tel_put(struct sip_buf *b, const struct sip_tel *t)
{
	SIP_BUF_LIT(b, "tel:");
	sip_buf_put_str(b, t->number);
	if (t->params.len) {
		sip_buf_put_char(b, ';');
		sip_buf_put_str(b, t->params);
	}
}

/* "#" stands for itself in a tel URI only. */
static void put_user(struct sip_buf *b, struct sip_str s)
{
	while (s.len) {
		size_t plain = sip_str_find(s, '#');

		sip_buf_put_str(b, sip_str_make(s.p, plain));
		if (plain < s.len)
			SIP_BUF_LIT(b, "%23");
		s = sip_str_from(s, plain + 1);
	}
}

void sip_tel_put_sip(struct sip_buf *b, const struct sip_tel *t, struct sip_str host)
{
	SIP_BUF_LIT(b, "sip:");
	put_user(b, t->number);
	if (t->params.len) {
		sip_buf_put_char(b, ';');
		put_user(b, t->params);
	}
	sip_buf_put_char(b, '@');
	sip_buf_put_str(b, host);
	SIP_BUF_LIT(b, ";user=phone");
}
