/*
 * What the headers of a URI ask for in a request made from it: "sip:b@h?Subject=x&body=y". Those that would make it somebody else's,
 * or say of us what is not so, are left out (RFC 3261 19.1.5).
 */
#include "stack/message/message_priv.h"

#include "stack/base/escape.h"

/* Dialog, transaction and route are the caller's to say; so is what we are and can. */
static bool is_ours_to_say(enum sip_header id)
{
	switch (id) {
	case SIP_HEADER_FROM:
	case SIP_HEADER_TO:
	case SIP_HEADER_CALL_ID:
	case SIP_HEADER_CSEQ:
	case SIP_HEADER_VIA:
	case SIP_HEADER_RECORD_ROUTE:
	case SIP_HEADER_ROUTE:
	case SIP_HEADER_MAX_FORWARDS:
	case SIP_HEADER_MAX_BREADTH:
	case SIP_HEADER_CONTENT_LENGTH:
	case SIP_HEADER_ACCEPT:
	case SIP_HEADER_ACCEPT_ENCODING:
	case SIP_HEADER_ACCEPT_LANGUAGE:
	case SIP_HEADER_ALLOW:
	case SIP_HEADER_ALLOW_EVENTS:
	case SIP_HEADER_CONTACT:
	case SIP_HEADER_ORGANIZATION:
	case SIP_HEADER_SUPPORTED:
	case SIP_HEADER_USER_AGENT:
	case SIP_HEADER_CONTENT_ENCODING:
	case SIP_HEADER_CONTENT_TRANSFER_ENCODING:
	case SIP_HEADER_DATE:
	case SIP_HEADER_MIME_VERSION:
	case SIP_HEADER_TIMESTAMP:
	case SIP_HEADER_AUTHORIZATION:
	case SIP_HEADER_PROXY_AUTHORIZATION:
	case SIP_HEADER_P_ASSERTED_IDENTITY:
	case SIP_HEADER_P_PREFERRED_IDENTITY:
	case SIP_HEADER_IDENTITY:
		return true;
	default:
		return false;
	}
}

static enum sip_err unescape(struct sip_arena *arena, struct sip_str text, struct sip_str *out)
{
	char *room = sip_arena_alloc(arena, text.len);
	enum sip_err err;

	if (!room)
		return SIP_E_NOMEM;
	out->p = room;
	err = sip_percent_decode(text, room, &out->len);
	*out = sip_str_trim(*out);
	return err;
}

static bool is_text(struct sip_str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.p[i] < ' ' && value.p[i] != '\t') || value.p[i] == 0x7f)
			return false;
	return sip_str_is_utf8(value);
}

/* By the row where there is one: what may not repeat replaces what stands there, and what has a form has it. */
static enum sip_err put_header(struct sip_message *m, enum sip_header id, struct sip_str name, struct sip_str value)
{
	enum sip_err err;

	if (!is_text(value))
		return SIP_E_SYNTAX;
	if (id == SIP_HEADER_UNKNOWN)
		return sip__is_token(name) ? sip_message_add_field(m, name, value) : SIP_E_SYNTAX;
	if (sip_header_rows[id].multiplicity == SIP_ONE || sip_header_rows[id].multiplicity == SIP_FIRST)
		err = sip_message_set(m, id, value);
	else
		err = sip_message_add(m, id, value);
	if (err != SIP_OK || sip_value_rows[sip_header_rows[id].type].size == 0)
		return err;
	return value.len && sip__values_parse(m, id) ? SIP_OK : SIP_E_SYNTAX;
}

/* What a stranger may ask for: it says something to people, or which of their devices. None of it asks for a right that we have. */
static bool is_harmless(enum sip_header id)
{
	switch (id) {
	case SIP_HEADER_SUBJECT:
	case SIP_HEADER_PRIORITY:
	case SIP_HEADER_CALL_INFO:
	case SIP_HEADER_ALERT_INFO:
	case SIP_HEADER_REPLY_TO:
	case SIP_HEADER_REASON:
	case SIP_HEADER_ACCEPT_CONTACT:
	case SIP_HEADER_REJECT_CONTACT:
	case SIP_HEADER_USER_TO_USER:
		return true;
	default:
		return false;
	}
}

struct embedding {
	enum sip_embed what;
	struct sip_str type, body; /* of what stands in "body" */
	bool has_body;
	unsigned left_out;
};

static enum sip_err embed_one(struct sip_message *m, struct embedding *e, struct sip_str name, struct sip_str value)
{
	enum sip_header id = sip_header_find(name);
	bool is_body = sip_str_eq_nocase(name, SIP_STR("body"));

	if (is_ours_to_say(id) || (e->what == SIP_EMBED_HARMLESS && !is_harmless(id))) {
		e->left_out++;
		return SIP_OK;
	}
	if (is_body) {
		e->has_body = true;
		e->body = value;
		return SIP_OK;
	}
	if (id == SIP_HEADER_CONTENT_TYPE) {
		e->type = value;
		return SIP_OK;
	}
	return put_header(m, id, name, value);
}

enum sip_err sip_message_embed(struct sip_message *m, const struct sip_uri *u, enum sip_embed what, unsigned *left_out)
{
	struct embedding e = { .what = what, .type = SIP_STR_INIT("text/plain") };
	struct sip_str rest = u->headers;
	enum sip_err err = SIP_OK;

	while (rest.len && err == SIP_OK) {
		struct sip_str whole = sip_str_make(rest.p, sip_str_find(rest, '&')), name, value;
		size_t at = sip_str_find(whole, '=');

		rest = sip_str_from(rest, whole.len + 1);
		err = unescape(&m->arena, sip_str_make(whole.p, at), &name);
		if (err == SIP_OK)
			err = unescape(&m->arena, sip_str_from(whole, at + 1), &value);
		if (err == SIP_OK)
			err = embed_one(m, &e, name, value);
	}
	if (err == SIP_OK && e.has_body)
		err = sip_message_set_body(m, e.type, e.body);
	*left_out = e.left_out;
	return err == SIP_E_INVAL ? SIP_E_SYNTAX : err;
}
