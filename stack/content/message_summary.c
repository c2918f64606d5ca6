/* How many messages wait, by what they are. Slices, no state, any thread. RFC 3842 5.2. */
#include "stack/content/message_summary.h"

#include "stack/content/content_priv.h"

/* "2/8", at the cursor. */
static bool read_pair(struct sip_scan *s, uint32_t *fresh, uint32_t *old)
{
	sip_scan_lws(s);
	*fresh = (uint32_t)sip_scan_number(s, UINT32_MAX);
	if (!sip_scan_accept_sep(s, '/'))
		return sip_scan_fail(s, SIP_E_SYNTAX);
	*old = (uint32_t)sip_scan_number(s, UINT32_MAX);
	sip_scan_lws(s);
	return sip_scan_is_ok(s);
}

static bool read_count(struct sip_str value, struct sip_message_count *c)
{
	struct sip_scan s;

	sip_scan_init(&s, value);
	if (!read_pair(&s, &c->fresh, &c->old))
		return false;
	if (sip_scan_accept(&s, '(')) {
		c->has_urgent = true;
		if (!read_pair(&s, &c->urgent_fresh, &c->urgent_old) || !sip_scan_expect(&s, ')'))
			return false;
	}
	return sip_scan_finish(&s);
}

static enum sip_err read_counts(struct sip_arena *arena, const struct sip_content_field *f, struct sip_message_summary *x)
{
	struct sip_message_count **last = &x->counts;

	for (; f; f = f->next) {
		if (f->value.len == 0 || !sip_char_is(f->value.p[0], SIP_CC_DIGIT))
			continue;
		*last = sip_arena_alloc_zero(arena, sizeof **last);
		if (!*last)
			return SIP_E_NOMEM;
		(*last)->context = f->name;
		if (!read_count(f->value, *last))
			return SIP_E_SYNTAX;
		last = &(*last)->next;
	}
	return SIP_OK;
}

enum sip_err sip_message_summary_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
				       struct sip_message_summary **out)
{
	enum sip_err err;
	struct sip_message_summary *x = sip__form_begin(arena, sizeof *x, bytes, &limits, &err);
	struct sip_content_field *fields;
	struct sip_str status;
	bool is_ended;

	*out = NULL;
	if (!x)
		return err;
	err = sip__fields_parse(arena, limits->parts, &bytes, &is_ended, &fields);
	if (err != SIP_OK)
		return err;
	status = sip__fields_take(&fields, SIP_STR("Messages-Waiting"));
	x->is_waiting = SIP_STR_IS(status, "yes");
	if (!x->is_waiting && !SIP_STR_IS(status, "no"))
		return SIP_E_SYNTAX;
	x->account = sip__fields_take(&fields, SIP_STR("Message-Account"));
	x->details = bytes;
	err = read_counts(arena, fields, x);
	if (err == SIP_OK)
		*out = x;
	return err;
}

void sip_message_summary_put(struct sip_buf *b, const struct sip_message_summary *x)
{
	sip__field_put(b, SIP_STR("Messages-Waiting"), x->is_waiting ? SIP_STR("yes") : SIP_STR("no"));
	if (x->account.len)
		sip__field_put(b, SIP_STR("Message-Account"), x->account);
	for (const struct sip_message_count *c = x->counts; c; c = c->next) {
		char room[sizeof "4294967295" * 4 + 8];
		struct sip_buf value;
		sip_buf_init_fixed(&value, room, sizeof room);
		sip_buf_putf(&value, "%u/%u", c->fresh, c->old);
		if (c->has_urgent)
			sip_buf_putf(&value, " (%u/%u)", c->urgent_fresh, c->urgent_old);
		sip__field_put(b, c->context, sip_buf_str(&value));
	}
	if (x->details.len)
		SIP_BUF_LIT(b, "\r\n");
	sip_buf_put_str(b, x->details);
}

const struct sip_message_count *sip_message_summary_find(const struct sip_message_summary *x, struct sip_str context)
{
	const struct sip_message_count *c = x->counts;

	while (c && !sip_str_eq_nocase(c->context, context))
		c = c->next;
	return c;
}
