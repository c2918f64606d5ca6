/*
 * A contact set as bytes in the file: for each binding numbers with a space after each, then texts as
 * "length:bytes". Readable with the sqlite3 shell, indifferent to what the bytes are. Runs on the writer's thread,
 * and on the loader's.
 */
#include "repro/store/store_priv.h"

static char *write_number(char *w, uint64_t n)
{
	w = sip_buf_write_u64(w, n);
	*w++ = ' ';
	return w;
}

static char *write_text(char *w, struct sip_str s)
{
	w = sip_buf_write_u64(w, s.len);
	*w++ = ':';
	if (s.len > 0)
		memcpy(w, s.p, s.len);
	return w + s.len;
}

static struct sip_str kind_name(const struct repro_binding *b)
{
	return b->kind < SIP_TRANSPORT_KIND_COUNT ? sip_transport_kinds[b->kind].via_name : SIP_STR("");
}

static char *write_source(char *w, const struct repro_binding *binding)
{
	char text[SIP_ADDR_TEXT];
	w = write_text(w, kind_name(binding));
	return write_text(w, sip_addr_is_none(&binding->source) ? SIP_STR("")
								: sip_str_of(sip_addr_text(&binding->source, text)));
}

enum { NUMBERS = 4, TEXTS = 7 };

/* With each number and length as long as one can be. */
static size_t most_of(const struct repro_binding *b)
{
	return (NUMBERS + TEXTS) * (SIP_BUF_U64_MAX + 1) + kind_name(b).len + SIP_ADDR_TEXT + b->contact.len +
	       b->call_id.len + b->path.len + b->user_agent.len + b->instance.len;
}

void repro__row_encode(struct sip_buf *b, const struct repro_contacts *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		const struct repro_binding *binding = &c->bindings[i];
		char *from = sip_buf_reserve(b, most_of(binding)), *w = from;
		if (!from)
			return;
		w = write_number(w, binding->expires_s > 0 ? (uint64_t)binding->expires_s : 0);
		w = write_number(w, binding->q);
		w = write_number(w, binding->cseq);
		w = write_number(w, binding->reg_id);
		w = write_source(w, binding);
		w = write_text(w, binding->contact);
		w = write_text(w, binding->call_id);
		w = write_text(w, binding->path);
		w = write_text(w, binding->user_agent);
		w = write_text(w, binding->instance);
		sip_buf_advance(b, (size_t)(w - from));
	}
}

static uint64_t get_number(struct sip_scan *s, uint64_t max)
{
	uint64_t n = sip_scan_number(s, max);
	sip_scan_expect(s, ' ');
	return n;
}

static struct sip_str get_text(struct sip_scan *s)
{
	struct sip_str text = sip_str_make("", 0);
	uint64_t len = sip_scan_number(s, REPRO_BINDING_TEXT_MAX);
	sip_scan_expect(s, ':');
	if (!sip_scan_is_ok(s))
		return text;
	if (len > (uint64_t)(s->end - s->p)) {
		sip_scan_fail(s, SIP_E_SYNTAX);
		return text;
	}
	text = sip_str_make(s->p, (size_t)len);
	s->p += len;
	return text;
}

static void get_source(struct sip_scan *s, struct repro_binding *b)
{
	struct sip_str kind = get_text(s);
	struct sip_str source = get_text(s);
	b->kind = (uint8_t)sip_transport_kind_find(kind);
	if (source.len > 0 && sip_scan_is_ok(s) && sip_addr_parse_port(&b->source, source, 0) != SIP_OK)
		sip_scan_fail(s, SIP_E_SYNTAX);
}

enum sip_err repro__row_decode(struct sip_str bytes, int64_t now_s, struct repro_binding out[REPRO_CONTACTS_MAX],
			       unsigned *count)
{
	struct sip_scan s;
	sip_scan_init(&s, bytes);
	*count = 0;
	while (!sip_scan_is_end(&s)) {
		struct repro_binding b;
		memset(&b, 0, sizeof(b));
		b.expires_s = (int64_t)get_number(&s, INT64_MAX);
		b.q = (uint16_t)get_number(&s, 1000);
		b.cseq = (uint32_t)get_number(&s, UINT32_MAX);
		b.reg_id = (uint32_t)get_number(&s, UINT32_MAX);
		get_source(&s, &b);
		b.contact = get_text(&s);
		b.call_id = get_text(&s);
		b.path = get_text(&s);
		b.user_agent = get_text(&s);
		b.instance = get_text(&s);
		if (!sip_scan_is_ok(&s) || b.expires_s <= now_s)
			continue;
		if (*count == REPRO_CONTACTS_MAX)
			return SIP_E_LIMIT;
		out[(*count)++] = b;
	}
	return sip_scan_is_ok(&s) ? SIP_OK : SIP_E_SYNTAX;
}
