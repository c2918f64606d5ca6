/*
 * Header values, a target for each grammar. What is read is written of its pieces, and reads the same; in a message it survives the
 * wire. A new row of the table needs a put_ROW here, and has its target. RFC 3261 7.3, 25.1.
 */
#include "tests/fuzz/fuzz.h"

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

static void put_params(struct sip_buf *b, struct sip_str params)
{
	if (params.len) {
		sip_buf_put_char(b, ';');
		sip_buf_put_str(b, params);
	}
}

static void put_in(struct sip_buf *b, char open, struct sip_str text, char close)
{
	sip_buf_put_char(b, open);
	sip_buf_put_str(b, text);
	sip_buf_put_char(b, close);
}

static void put_VIA(struct sip_buf *b, const struct sip_via *v)
{
	FUZZ_MUST(v->host.len > 0 && v->protocol.len > 0 && v->transport_text.len > 0);
	put_in(b, ' ', v->protocol, '/');
	sip_buf_put_str(b, v->transport_text);
	put_in(b, ' ', v->host, ' ');
	if (v->port)
		sip_buf_putf(b, ":%u", v->port);
	put_params(b, v->params);
}

static void put_NAME_ADDR(struct sip_buf *b, const struct sip_name_addr *a)
{
	FUZZ_MUST(!a->is_star && a->uri.text.len > 0);
	FUZZ_MUST(a->is_bracketed || !a->display.len);
	bool is_quoted = a->display.p > a->text.p && a->display.p[-1] == '"';
	if (a->display.p)
		put_in(b, is_quoted ? '"' : ' ', a->display, is_quoted ? '"' : ' ');
	if (a->is_bracketed)
		put_in(b, '<', a->uri.text, '>');
	else
		sip_buf_put_str(b, a->uri.text);
	put_params(b, a->params);
}

static void put_CONTACT(struct sip_buf *b, const struct sip_name_addr *a)
{
	uint32_t q = 0;

	if (a->is_star)
		sip_buf_put_char(b, '*');
	else
		put_NAME_ADDR(b, a);
	FUZZ_MUST(sip_name_addr_q(a, 1000, &q) != SIP_OK || q <= 1000);
}

static void put_CSEQ(struct sip_buf *b, const struct sip_cseq *c)
{
	FUZZ_MUST(c->number <= INT32_MAX && c->method <= SIP_METHOD_UNKNOWN);
	FUZZ_MUST(c->method == SIP_METHOD_UNKNOWN || sip_str_eq(sip_method_names[c->method], c->method_text));
	sip_buf_putf(b, "%u ", c->number);
	sip_buf_put_str(b, c->method_text);
}

static void put_NUMBER(struct sip_buf *b, const struct sip_number_value *n)
{
	sip_buf_putf(b, "%u", n->number);
	if (n->comment.p)
		put_in(b, '(', n->comment, ')');
	put_params(b, n->params);
}

static void put_TOKEN(struct sip_buf *b, const struct sip_word *w)
{
	FUZZ_MUST(!w->is_quoted && (w->word.len > 0 || (w->params.len > 0 && w->params.p[0] == '+')));
	sip_buf_put_str(b, w->word);
	if (w->word.len)
		put_params(b, w->params);
	else
		sip_buf_put_str(b, w->params);
}

static void put_WORD(struct sip_buf *b, const struct sip_word *w)
{
	if (w->is_quoted)
		put_in(b, '"', w->word, '"');
	else
		sip_buf_put_str(b, w->word);
	put_params(b, w->params);
}

static void put_PARAMS(struct sip_buf *b, const struct sip_word *w)
{
	FUZZ_MUST(w->word.len == 0 && w->params.len > 0);
	sip_buf_put_str(b, w->params);
}

static void put_AUTH(struct sip_buf *b, const struct sip_auth_value *a)
{
	FUZZ_MUST(a->scheme.len > 0);
	sip_buf_put_str(b, a->scheme);
	if (a->params.len)
		sip_buf_put_char(b, ' ');
	sip_buf_put_str(b, a->params);
}

static void put_AUTH_PARAMS(struct sip_buf *b, const struct sip_auth_value *a)
{
	struct sip_str rest = a->params, name, value;
	bool is_quoted;

	FUZZ_MUST(a->scheme.len == 0);
	while (sip_auth_value_next(&rest, &name, &value, &is_quoted)) {
		if (b->len)
			sip_buf_put_char(b, ',');
		sip_buf_put_str(b, name);
		if (is_quoted)
			sip_buf_put_char(b, '=');
		put_in(b, is_quoted ? '"' : '=', value, is_quoted ? '"' : ' ');
	}
	FUZZ_MUST(rest.len == 0);
}

static void put_MEDIA_TYPE(struct sip_buf *b, const struct sip_media_type *t)
{
	FUZZ_MUST(t->type.len > 0 && t->subtype.len > 0);
	sip_buf_put_str(b, t->type);
	put_in(b, '/', t->subtype, ' ');
	put_params(b, t->params);
}

static void put_DIALOG_REF(struct sip_buf *b, const struct sip_dialog_ref *d)
{
	FUZZ_MUST(sip_call_id_is_valid(d->call_id));
	FUZZ_MUST(d->local_tag.len && d->remote_tag.len);
	sip_buf_put_str(b, d->call_id);
	put_params(b, d->params);
}

static void put_RACK(struct sip_buf *b, const struct sip_rack *r)
{
	sip_buf_putf(b, "%u %u ", r->rseq, r->cseq);
	sip_buf_put_str(b, r->method_text);
}

static void put_DATE(struct sip_buf *b, const struct sip_date *d)
{
	sip_date_put(b, d);
}

static void put_WARNING(struct sip_buf *b, const struct sip_warning *w)
{
	FUZZ_MUST(w->code <= 999 && w->agent.len > 0);
	sip_buf_putf(b, "%03u ", w->code);
	sip_buf_put_str(b, w->agent);
	put_in(b, '"', w->words, '"');
}

static void put_TIMESTAMP(struct sip_buf *b, const struct sip_timestamp *t)
{
	sip_buf_putf(b, "%llu.%06llu", (unsigned long long)t->time_us / 1000000, (unsigned long long)t->time_us % 1000000);
	if (t->has_delay)
		sip_buf_putf(b, " %llu.%06llu", (unsigned long long)t->delay_us / 1000000,
			     (unsigned long long)t->delay_us % 1000000);
}

#define SIP_VALUE_PLAIN(id, what)
#define SIP_VALUE(id, form, parse, commas, what)                    \
	static void put_form_##id(struct sip_buf *b, const void *x) \
	{                                                           \
		put_##id(b, (const form *)x);                       \
	}
#include "stack/header/value_table.h"
#undef SIP_VALUE
#undef SIP_VALUE_PLAIN

static void (*const puts_of[SIP_VALUE_COUNT])(struct sip_buf *b, const void *x) = {
#define SIP_VALUE_PLAIN(id, what) NULL,
#define SIP_VALUE(id, form, parse, commas, what) put_form_##id,
#include "stack/header/value_table.h"
#undef SIP_VALUE
#undef SIP_VALUE_PLAIN
};

/* ---- in a message -------------------------------------------------------------------------------------------------------- */

/* One of the headers of this type, which one by the bytes; Content-Length is the encoder's to say. */
static enum sip_header header_of(enum sip_value_type type, struct sip_str value)
{
	unsigned left = (unsigned)value.len + (value.len ? (unsigned char)value.p[value.len / 2] : 0), id = 0;

	for (;; id = (id + 1) % SIP_HEADER_COUNT) {
		if (sip_header_rows[id].type != type || id == SIP_HEADER_CONTENT_LENGTH)
			continue;
		if (left-- % 64 == 0)
			return (enum sip_header)id;
	}
}

static bool is_one(enum sip_header id, struct sip_str value)
{
	struct sip_str rest = value, first;

	if (sip_header_rows[id].multiplicity != SIP_LIST)
		return value.len > 0;
	return sip_list_value_next(&rest, &first) && rest.len == 0 && sip_str_eq(first, value);
}

static void look_in(const struct sip_message *m, enum sip_header id, struct sip_str value, struct sip_str written)
{
	enum sip_value_type type = sip_header_rows[id].type;
	const void *form = sip_message_typed(m, id, 0);
	struct sip_str text;
	struct sip_buf b;

	FUZZ_MUST(sip_message_count(m, id) == 1 && sip_message_value(m, id, 0, &text) && fuzz_is_same_text(text, value));
	FUZZ_MUST(!form == !puts_of[type]);
	if (!form)
		return;
	sip_buf_init(&b, 0);
	puts_of[type](&b, form);
	FUZZ_MUST(fuzz_is_same_text(sip_buf_str(&b), written));
	sip_buf_fini(&b);
}

static void carry(enum sip_value_type type, struct sip_str value, struct sip_str written)
{
	enum sip_header id = header_of(type, value);
	struct sip_message *m, *again;

	if (!is_one(id, value))
		return;
	m = fuzz_request();
	if (sip_message_set(m, id, value) == SIP_OK) {
		look_in(m, id, value, written);
		again = fuzz_message_again(m);
		FUZZ_MUST(again != NULL);
		look_in(again, id, value, written);
		fuzz_message_must_be_same(m, again);
		sip_message_unref(&again);
	}
	sip_message_unref(&m);
}

/* ---- the targets ------------------------------------------------------------------------------------------------------------ */

static bool put_value(enum sip_value_type type, struct sip_str value, struct sip_buf *b)
{
	_Alignas(16) unsigned char form[1024];

	FUZZ_MUST(sip_value_rows[type].size <= sizeof form);
	if (sip_value_rows[type].parse(value, form) != SIP_OK)
		return false;
	puts_of[type](b, form);
	FUZZ_MUST(b->err == SIP_OK);
	return true;
}

static void run(enum sip_value_type type, struct sip_str in)
{
	struct sip_buf a, b;

	in = sip_str_trim(in);
	if (!puts_of[type]) {
		(void)sip_call_id_is_valid(in);
		carry(type, in, in);
		return;
	}
	sip_buf_init(&a, 0);
	sip_buf_init(&b, 0);
	if (put_value(type, in, &a)) {
		FUZZ_MUST(put_value(type, sip_str_trim(sip_buf_str(&a)), &b));
		FUZZ_MUST(sip_str_eq(sip_buf_str(&a), sip_buf_str(&b)));
		carry(type, in, sip_buf_str(&a));
	}
	sip_buf_fini(&b);
	sip_buf_fini(&a);
}

#define SIP_VALUE_PLAIN(id, what)               \
	void fuzz_value_##id(struct sip_str in) \
	{                                       \
		run(SIP_VALUE_##id, in);        \
	}
#define SIP_VALUE(id, form, parse, commas, what) SIP_VALUE_PLAIN(id, what)
#include "stack/header/value_table.h"
#undef SIP_VALUE
#undef SIP_VALUE_PLAIN
