/*
 * What a request must be before anybody sees it (RFC 3261 8.2.1 to 8.2.3): a scheme and extensions we know, a body we can read, an
 * answer the peer can. The first that fails answers. DUM's loop.
 */
#include "dum/manager/manager_priv.h"

/* 8.2.2.1: 416. */
static bool refuses_scheme(struct dum_incoming *in)
{
	const struct sip_uri *u = sip_message_uri(in->message);
	bool is_known = u && (u->scheme == SIP_URI_SIP || u->scheme == SIP_URI_SIPS ||
			      dum_profile_has(in->profile, DUM_PROFILE_SCHEMES, u->scheme_text));

	if (!is_known)
		dum_incoming_refuse_as(in, SIP_REFUSAL_SCHEME);
	return !is_known;
}

/* What we can without being told: the parts of this library that the profile has switched on. */
static bool is_known_option(struct dum_profile *p, struct sip_str tag)
{
	if (sip_str_eq_nocase(tag, SIP_STR("100rel")))
		return dum_profile_number(p, DUM_PROFILE_UAS_RELIABLE) != DUM_RELIABLE_NEVER;
	if (sip_str_eq_nocase(tag, SIP_STR("timer")))
		return dum_profile_number(p, DUM_PROFILE_SESSION_TIME) != 0;
	return (dum_profile_flag(p, DUM_PROFILE_OUTBOUND) && sip_str_eq_nocase(tag, SIP_STR("outbound"))) ||
	       (dum_profile_flag(p, DUM_PROFILE_GRUU) && sip_str_eq_nocase(tag, SIP_STR("gruu"))) ||
	       dum_profile_has(p, DUM_PROFILE_OPTION_TAGS, tag);
}

/* 8.2.2.3: 420 with what we do not know. */
static bool refuses_require(struct dum_incoming *in)
{
	struct sip_value_walk walk = { 0 };
	struct dum_answer a = { .status = sip_refusal_code(SIP_REFUSAL_EXTENSION), .name = { SIP_STR_INIT("Unsupported") } };
	struct sip_str tag;
	struct sip_buf b;
	bool is_refused;

	sip_buf_init(&b, 4096);
	while (sip_message_next_value(in->message, SIP_HEADER_REQUIRE, &walk, &tag)) {
		if (is_known_option(in->profile, tag))
			continue;
		if (b.len)
			SIP_BUF_LIT(&b, ", ");
		sip_buf_put_str(&b, tag);
	}
	is_refused = b.len != 0 || b.err != SIP_OK;
	if (is_refused) {
		a.value[0] = sip_buf_str(&b);
		dum_incoming_answer(in, &a);
	}
	sip_buf_fini(&b);
	return is_refused;
}

static void refuse_content(struct dum_incoming *in, const char *name, enum dum_profile_setting list)
{
	struct dum_answer a = { .status = sip_refusal_code(SIP_REFUSAL_CONTENT) };
	struct sip_buf b;

	sip_buf_init(&b, 8192);
	dum_profile_put_list(in->profile, list, &b);
	a.name[0] = sip_str_of(name);
	a.value[0] = b.err == SIP_OK ? sip_buf_str(&b) : sip_str_make(NULL, 0);
	dum_incoming_answer(in, &a);
	sip_buf_fini(&b);
}

static bool is_optional(const struct sip_message *m)
{
	const struct sip_word *disposition = sip_message_word(m, SIP_HEADER_CONTENT_DISPOSITION, 0);
	struct sip_str handling;

	return disposition && sip_param_text(disposition->params, SIP_PARAM_HANDLING, &handling) &&
	       sip_str_eq_nocase(handling, SIP_STR("optional"));
}

/* "en" is good for "en-GB". */
static bool is_known_language(struct dum_profile *p, struct sip_str tag)
{
	return dum_profile_has(p, DUM_PROFILE_LANGUAGES, tag) ||
	       dum_profile_has(p, DUM_PROFILE_LANGUAGES, sip_str_make(tag.p, sip_str_find(tag, '-')));
}

/* 8.2.3: 415 with Accept-Language, for a profile that minds. */
static bool refuses_language(struct dum_incoming *in)
{
	struct sip_value_walk walk = { 0 };
	struct sip_str tag;

	if (!sip_message_body(in->message).len || is_optional(in->message) ||
	    !dum_profile_flag(in->profile, DUM_PROFILE_VALIDATE_LANGUAGE))
		return false;
	while (sip_message_next_value(in->message, SIP_HEADER_CONTENT_LANGUAGE, &walk, &tag))
		if (!is_known_language(in->profile, tag)) {
			refuse_content(in, "Accept-Language", DUM_PROFILE_LANGUAGES);
			return true;
		}
	return false;
}

/* Is one of ours in this range: "a/b", "a" of any kind, or anything? */
static bool is_in_range(struct dum_profile *p, struct sip_str range)
{
	struct sip_media_type type, own;
	struct sip_str rest, value;
	struct sip_buf b;
	bool is_found = false;

	if (sip_media_type_parse(range, &type) != SIP_OK)
		return false;
	sip_buf_init(&b, 8192);
	dum_profile_put_list(p, DUM_PROFILE_MIME_TYPES, &b);
	rest = sip_buf_str(&b);
	while (!is_found && sip_list_value_next(&rest, &value))
		is_found = sip_media_type_parse(value, &own) == SIP_OK &&
			   (sip_str_eq(type.type, SIP_STR("*")) || sip_str_eq_nocase(type.type, own.type)) &&
			   (sip_str_eq(type.subtype, SIP_STR("*")) || sip_str_eq_nocase(type.subtype, own.subtype));
	sip_buf_fini(&b);
	return is_found;
}

/* RFC 3261 21.4.7: 406, for a profile that minds. */
static bool refuses_accept(struct dum_incoming *in)
{
	struct sip_value_walk walk = { 0 };
	struct sip_str range;
	bool has_any = false;

	if (in->method != SIP_METHOD_INVITE || !dum_profile_flag(in->profile, DUM_PROFILE_VALIDATE_ACCEPT))
		return false;
	while (sip_message_next_value(in->message, SIP_HEADER_ACCEPT, &walk, &range)) {
		if (is_in_range(in->profile, range))
			return false;
		has_any = true;
	}
	if (has_any)
		dum_incoming_refuse_as(in, SIP_REFUSAL_ACCEPT);
	return has_any;
}

/* 8.2.3: 415, unless the body may be ignored. In methods whose body is a session's; others' bodies are the application's affair. */
static bool refuses_body(struct dum_incoming *in)
{
	const struct sip_message *m = in->message;
	struct sip_media_type type;
	struct sip_str value, encoding;
	char name[160];
	struct sip_buf b;

	if (!sip_message_body(m).len || is_optional(m) || !dum_profile_flag(in->profile, DUM_PROFILE_VALIDATE_CONTENT) ||
	    (in->method != SIP_METHOD_INVITE && in->method != SIP_METHOD_UPDATE && in->method != SIP_METHOD_PRACK))
		return false;
	if (sip_message_value(m, SIP_HEADER_CONTENT_ENCODING, 0, &encoding) && !sip_str_eq_nocase(encoding, SIP_STR("identity")) &&
	    !dum_profile_has(in->profile, DUM_PROFILE_ENCODINGS, encoding)) {
		refuse_content(in, "Accept-Encoding", DUM_PROFILE_ENCODINGS);
		return true;
	}
	if (!sip_message_value(m, SIP_HEADER_CONTENT_TYPE, 0, &value) || sip_media_type_parse(value, &type) != SIP_OK)
		return false;
	sip_buf_init_fixed(&b, name, sizeof name);
	sip_buf_putf(&b, "%.*s/%.*s", SIP_STR_ARG(type.type), SIP_STR_ARG(type.subtype));
	if (b.err == SIP_OK && dum_profile_has(in->profile, DUM_PROFILE_MIME_TYPES, sip_buf_str(&b)))
		return false;
	refuse_content(in, "Accept", DUM_PROFILE_MIME_TYPES);
	return true;
}

bool dum__manager_refuses(struct dum *d, struct dum_incoming *in)
{
	(void)d;
	if (in->method == SIP_METHOD_CANCEL || in->method == SIP_METHOD_BYE)
		return false;
	return refuses_scheme(in) || refuses_require(in) || refuses_accept(in) || refuses_language(in) || refuses_body(in);
}
