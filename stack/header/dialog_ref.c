/* Another dialog, by its Call-ID and tags. Slices, no state, any thread. RFC 3891 6.1 Replaces, 3911 7.1 Join, 4538 4 Target-Dialog. */
#include "stack/header/header_priv.h"

#include "stack/uri/take.h"

/* Each RFC has its own names for the two; in all of them the first is the tag on the side of whoever reads it. */
static bool take_tag(struct sip_dialog_ref *out, struct sip_str name, struct sip_str value)
{
	struct sip_str *tag = NULL;

	if (SIP_STR_IS(name, "to-tag") || SIP_STR_IS(name, "local-tag"))
		tag = &out->local_tag;
	else if (SIP_STR_IS(name, "from-tag") || SIP_STR_IS(name, "remote-tag"))
		tag = &out->remote_tag;
	else if (SIP_STR_IS(name, "early-only"))
		out->is_early_only = true;
	if (!tag)
		return true;
	if (tag->p || !value.len)
		return false;
	*tag = value;
	return true;
}

enum sip_err sip_dialog_ref_parse(struct sip_str value, struct sip_dialog_ref *out)
{
	size_t at = sip_str_find(value, ';');
	struct sip_str rest, name, param;
	struct sip__marks m;
	const char *p;

	memset(out, 0, sizeof *out);
	out->text = value;
	out->call_id = sip_str_trim(sip_str_make(value.p, at));
	if (!sip_call_id_is_valid(out->call_id))
		return SIP_E_SYNTAX;
	rest = at < value.len ? sip_str_from(value, at + 1) : sip_str_make(NULL, 0);
	out->params = rest = sip_str_trim(rest);
	p = rest.p;
	sip__marks_init(&m, p, sip_str_end(rest));
	while (sip__params_walk(&m, &p, &name, &param))
		if (!take_tag(out, name, param))
			return SIP_E_SYNTAX;
	/* Each of the RFCs wants both: one alone names more than one dialog. */
	return p == m.end && out->local_tag.p && out->remote_tag.p ? SIP_OK : SIP_E_SYNTAX;
}
