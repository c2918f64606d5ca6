/* The body of a message, by what its header says of it. No state, any thread. RFC 3261 20.11 to 20.15, RFC 8262. */
#include "stack/content/content_priv.h"

static bool is_identity(const struct sip_message *m)
{
	struct sip_value_walk w = { .field = 0 };
	struct sip_str value;

	while (sip_message_next_value(m, SIP_HEADER_CONTENT_ENCODING, &w, &value))
		if (value.len && !sip_str_eq_nocase(value, SIP_STR("identity")))
			return false;
	return true;
}

static enum sip_err take_languages(const struct sip_message *m, struct sip_arena *arena, struct sip_message_content *out)
{
	struct sip_content_text **last = &out->languages;
	struct sip_value_walk w = { .field = 0 };
	struct sip_str value;

	while (sip_message_next_value(m, SIP_HEADER_CONTENT_LANGUAGE, &w, &value)) {
		*last = sip_arena_alloc_zero(arena, sizeof **last);
		if (!*last)
			return SIP_E_NOMEM;
		(*last)->text = value;
		last = &(*last)->next;
	}
	return SIP_OK;
}

enum sip_err sip_message_content(const struct sip_message *m, const struct sip_content_registry *registry, struct sip_arena *arena,
				 const struct sip_content_limits *limits, struct sip_message_content *out)
{
	struct sip_str bytes = sip_message_body(m), type, text;
	enum sip_err err;

	*out = (struct sip_message_content){ .content = { .bytes = bytes } };
	if (bytes.len == 0)
		return SIP_E_NOTFOUND;
	if (!sip_message_value(m, SIP_HEADER_CONTENT_TYPE, 0, &type))
		return SIP_E_SYNTAX;
	if (!is_identity(m))
		return SIP_E_UNSUPPORTED;
	if (sip_message_value(m, SIP_HEADER_CONTENT_DISPOSITION, 0, &text))
		sip__disposition_read(text, &out->disposition, &out->is_optional);
	if (sip_message_value(m, SIP_HEADER_CONTENT_ID, 0, &text))
		out->id = sip__unbracket(text);
	err = take_languages(m, arena, out);
	return err == SIP_OK ? sip_content_parse(registry, arena, type, bytes, limits, &out->content) : err;
}
