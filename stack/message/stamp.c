/*
 * Where a request came from, said in its top Via (RFC 3261 18.2.1, RFC 3581 4). The parsed Via goes along, so that
 * nobody parses it a second time. On the owner's thread.
 */
#include "stack/message/message_priv.h"

#define RECEIVED ";received="
#define RPORT ";rport="
#define RPORT_NAME_LEN (sizeof "rport" - 1)
#define PORT_DIGITS 5

/* What is put behind the Via: ";received=…;rport=…". */
struct mark {
	char text[sizeof RECEIVED + SIP_ADDR_TEXT + sizeof RPORT + PORT_DIGITS];
	size_t len;
	size_t received_len;
};

static enum sip_err make_mark(struct mark *k, const struct sip_addr *source, bool has_rport)
{
	struct sip_buf b;

	sip_buf_init_fixed(&b, k->text, sizeof k->text);
	SIP_BUF_LIT(&b, RECEIVED);
	sip_addr_put_bare(&b, source);
	k->received_len = b.len - (sizeof RECEIVED - 1);
	if (has_rport) {
		SIP_BUF_LIT(&b, RPORT);
		sip_buf_put_u64(&b, sip_addr_port(source));
	}
	k->len = b.len;
	return b.err;
}

/* ---- the usual Via: alone on its line, without a received, its rport bare ---- */

static bool is_usual(const struct sip__field *f, const struct sip_via *via)
{
	const char *end = via->text.p + via->text.len;

	if (f->flags & (SIP__FIELD_VALUE | SIP__FIELD_UNEVEN) || via->text.p != f->line + f->value_at ||
	    via->text.len != f->value_len || via->received.p || end[-1] == ';')
		return false;
	if (via->params.len && via->params.p + via->params.len != end)
		return false;
	if (!via->has_rport)
		return via->params.len > 0;
	const char *behind = via->rport_at + RPORT_NAME_LEN;
	return via->rport_at[-1] == ';' && (behind == end || *behind == ';');
}

/* A slice of the old text in the new one, which lacks `gone` bytes at `cut`. */
static struct sip_str moved(struct sip_str s, const char *from, const char *to, const char *cut, size_t gone)
{
	if (s.p)
		s.p = to + (s.p - from) - (s.p > cut ? gone : 0);
	return s;
}

static void move_via(struct sip_via *v, const struct sip_via *via, struct sip_str text, const char *cut, size_t gone)
{
	const char *from = via->text.p, *to = text.p;

	*v = *via;
	v->text = text;
	v->protocol = moved(via->protocol, from, to, cut, gone);
	v->transport_text = moved(via->transport_text, from, to, cut, gone);
	v->host = moved(via->host, from, to, cut, gone);
	v->branch = moved(via->branch, from, to, cut, gone);
	v->maddr = moved(via->maddr, from, to, cut, gone);
	v->params.p = to + (via->params.p - from);
	v->params.len = (size_t)(text.p + text.len - v->params.p);
}

static enum sip_err stamp_usual(struct sip_message *m, struct sip__field *f, const struct sip_via *via,
				const struct mark *k, uint16_t port)
{
	size_t gone = via->has_rport ? RPORT_NAME_LEN + 1 : 0;
	const char *from = via->text.p, *end = from + via->text.len;
	const char *cut = via->has_rport ? via->rport_at - 1 : end;
	size_t head = (size_t)(cut - f->line);
	size_t len = f->value_at + via->text.len - gone + k->len + 2;
	struct sip__value *value = sip_arena_alloc(&m->arena, sizeof *value + sizeof(struct sip_via));
	char *line = value ? sip_arena_alloc(&m->arena, len) : NULL;

	if (len > SIP__LINE_MAX)
		return SIP_E_LIMIT;
	if (!line)
		return sip__arena_err(m, len);
	char *w = sip__write(line, f->line, head);
	w = sip__write(w, cut + gone, (size_t)(end - cut) - gone);
	char *mark = w;
	w = sip__write(w, k->text, k->len);
	struct sip_str text = sip_str_make(line + f->value_at, (size_t)(w - line) - f->value_at);
	SIP__WRITE_LIT(w, "\r\n");

	struct sip_via *v = (struct sip_via *)(void *)value->typed;
	move_via(v, via, text, cut, gone);
	v->received = sip_str_make(mark + sizeof RECEIVED - 1, k->received_len);
	v->rport = via->has_rport ? port : 0;
	v->rport_at = via->has_rport ? mark + (sizeof RECEIVED - 1) + k->received_len + 1 : NULL;
	value->next = NULL;
	value->rest = sip_str_from(text, text.len);
	value->is_split = true;
	value->is_broken = false;
	f->line = line;
	f->values = value;
	f->value_len = (uint32_t)text.len;
	f->tail = 2;
	f->flags = SIP__FIELD_OWN;
	m->is_edited = true;
	m->is_whole = false;
	m->reached.value = NULL;
	return SIP_OK;
}

/* ---- any other ---- */

/* Cuts the next ;parameter off, as it stands; quotes respected. */
static bool next_param(struct sip_str *rest, struct sip_str *param)
{
	bool is_quoted = false;
	size_t i;

	if (!rest->len)
		return false;
	for (i = 0; i < rest->len; i++) {
		char c = rest->p[i];
		if (is_quoted && c == '\\')
			i++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else if (c == ';' && !is_quoted)
			break;
	}
	if (i > rest->len)
		i = rest->len;
	*param = sip_str_trim(sip_str_make(rest->p, i));
	*rest = sip_str_from(*rest, i + 1);
	return true;
}

static bool param_is(struct sip_str param, struct sip_str name)
{
	return sip_str_eq_nocase(sip_str_trim(sip_str_make(param.p, sip_str_find(param, '='))), name);
}

static enum sip_err stamp_any(struct sip_message *m, const struct sip_via *via, const struct mark *k)
{
	struct sip_str rest = via->params, param;
	size_t head = (size_t)(via->params.p - via->text.p);
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, via->text.len + k->len);
	while (head && (via->text.p[head - 1] == ';' || sip_char_is(via->text.p[head - 1], SIP_CC_LWS)))
		head--;
	sip_buf_put(&b, via->text.p, head);
	while (next_param(&rest, &param)) {
		if (!param.len || param_is(param, SIP_STR("received")) || param_is(param, SIP_STR("rport")))
			continue;
		sip_buf_put_char(&b, ';');
		sip_buf_put_str(&b, param);
	}
	sip_buf_put(&b, k->text, k->len);
	err = b.err;
	if (err == SIP_OK)
		err = sip_message_replace(m, SIP_HEADER_VIA, 0, sip_buf_str(&b));
	sip_buf_fini(&b);
	return err;
}

enum sip_err sip_message_stamp(struct sip_message *m, const struct sip_addr *source)
{
	const struct sip_via *via = sip_message_via(m, 0);
	struct mark k;

	if (!via)
		return SIP_E_NOTFOUND;
	enum sip_err err = make_mark(&k, source, via->has_rport);
	if (err != SIP_OK)
		return err;
	struct sip__field *f = &m->fields[m->first[SIP_HEADER_VIA]];
	err = is_usual(f, via) ? stamp_usual(m, f, via, &k, sip_addr_port(source)) : stamp_any(m, via, &k);
	m->is_stamped |= err == SIP_OK;
	return err;
}
