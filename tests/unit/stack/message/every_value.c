/* Everything that can be asked of a message: touched, and written down. */
#include "tests/unit/stack/message/every_value.h"

#include <stdlib.h>

unsigned every_value_slow(void)
{
	const char *slow = getenv("STROWGER_SLOW");
	unsigned long times = slow ? strtoul(slow, NULL, 10) : 1;

	return times > 1 ? (unsigned)times : 1;
}

unsigned every_value_rounds(unsigned n)
{
	unsigned rounds = n / every_value_slow();

	return rounds ? rounds : 1;
}

/* ---- forms as text ---------------------------------------------------------------------------------------------------- */

static void put_text(struct sip_buf *b, struct sip_str s)
{
	if (!s.p) {
		SIP_BUF_LIT(b, "-");
		return;
	}
	sip_buf_putf(b, "[%zu:", s.len);
	sip_buf_put_str(b, s);
	SIP_BUF_LIT(b, "]");
}

void every_value_put_uri(struct sip_buf *b, const struct sip_uri *u)
{
	sip_buf_putf(b, "uri %d %u %d %u ", (int)u->scheme, u->port, u->has_user, u->params_seen);
	put_text(b, u->text);
	put_text(b, u->scheme_text);
	put_text(b, u->user);
	put_text(b, u->password);
	put_text(b, u->host);
	put_text(b, u->params);
	put_text(b, u->headers);
	put_text(b, u->opaque);
	for (unsigned i = 0; i < SIP_URI_PARAM_COUNT; i++)
		if (sip_uri_has_param(u, (enum sip_uri_param)i))
			put_text(b, u->param[i]);
}

static void put_via(struct sip_buf *b, const void *form)
{
	const struct sip_via *v = form;

	sip_buf_putf(b, "%d %u %u %d ", (int)v->transport, v->port, v->rport, v->has_rport);
	put_text(b, v->protocol);
	put_text(b, v->transport_text);
	put_text(b, v->host);
	put_text(b, v->branch);
	put_text(b, v->received);
	put_text(b, v->maddr);
	put_text(b, v->params);
}

static void put_name_addr(struct sip_buf *b, const void *form)
{
	const struct sip_name_addr *a = form;

	sip_buf_putf(b, "%d %d ", a->is_star, a->is_bracketed);
	put_text(b, a->display);
	if (!a->is_star)
		every_value_put_uri(b, &a->uri);
	put_text(b, a->params);
	put_text(b, a->tag);
}

static void put_cseq(struct sip_buf *b, const void *form)
{
	const struct sip_cseq *c = form;

	sip_buf_putf(b, "%u %u", c->number, c->method);
	put_text(b, c->method_text);
}

static void put_number(struct sip_buf *b, const void *form)
{
	const struct sip_number_value *n = form;

	sip_buf_putf(b, "%u", n->number);
	put_text(b, n->comment);
	put_text(b, n->params);
}

static void put_word(struct sip_buf *b, const void *form)
{
	const struct sip_word *w = form;

	sip_buf_putf(b, "%d", w->is_quoted);
	put_text(b, w->word);
	put_text(b, w->params);
}

static void put_auth(struct sip_buf *b, const void *form)
{
	const struct sip_auth_value *a = form;
	struct sip_str rest = a->params, name, value;
	bool is_quoted;

	put_text(b, a->scheme);
	put_text(b, a->params);
	while (sip_auth_value_next(&rest, &name, &value, &is_quoted)) {
		put_text(b, name);
		put_text(b, value);
	}
}

static void put_media_type(struct sip_buf *b, const void *form)
{
	const struct sip_media_type *t = form;

	put_text(b, t->type);
	put_text(b, t->subtype);
	put_text(b, t->params);
}

static void put_dialog_ref(struct sip_buf *b, const void *form)
{
	const struct sip_dialog_ref *d = form;

	sip_buf_putf(b, "%d", d->is_early_only);
	put_text(b, d->call_id);
	put_text(b, d->local_tag);
	put_text(b, d->remote_tag);
	put_text(b, d->params);
}

static void put_rack(struct sip_buf *b, const void *form)
{
	const struct sip_rack *r = form;

	sip_buf_putf(b, "%u %u %u", r->rseq, r->cseq, r->method);
	put_text(b, r->method_text);
}

static void put_date(struct sip_buf *b, const void *form)
{
	sip_buf_putf(b, "%lld", (long long)((const struct sip_date *)form)->seconds);
}

static void put_warning(struct sip_buf *b, const void *form)
{
	const struct sip_warning *w = form;

	sip_buf_putf(b, "%u", w->code);
	put_text(b, w->agent);
	put_text(b, w->words);
}

static void put_timestamp(struct sip_buf *b, const void *form)
{
	const struct sip_timestamp *t = form;

	sip_buf_putf(b, "%llu %d %llu", (unsigned long long)t->time_us, t->has_delay,
		     t->has_delay ? (unsigned long long)t->delay_us : 0);
}

void every_value_put_form(struct sip_buf *b, enum sip_value_type type, const void *form)
{
	static void (*const puts[SIP_VALUE_COUNT])(struct sip_buf *, const void *) = {
		[SIP_VALUE_VIA] = put_via,
		[SIP_VALUE_NAME_ADDR] = put_name_addr,
		[SIP_VALUE_CONTACT] = put_name_addr,
		[SIP_VALUE_CSEQ] = put_cseq,
		[SIP_VALUE_NUMBER] = put_number,
		[SIP_VALUE_TOKEN] = put_word,
		[SIP_VALUE_WORD] = put_word,
		[SIP_VALUE_PARAMS] = put_word,
		[SIP_VALUE_AUTH] = put_auth,
		[SIP_VALUE_AUTH_PARAMS] = put_auth,
		[SIP_VALUE_MEDIA_TYPE] = put_media_type,
		[SIP_VALUE_DIALOG_REF] = put_dialog_ref,
		[SIP_VALUE_RACK] = put_rack,
		[SIP_VALUE_DATE] = put_date,
		[SIP_VALUE_WARNING] = put_warning,
		[SIP_VALUE_TIMESTAMP] = put_timestamp,
	};

	if (!form)
		return;
	MUST(puts[type]); /* a new type needs a row here */
	puts[type](b, form);
}

/* ---- a message as text ------------------------------------------------------------------------------------------------ */

static void dump_values(const struct sip_message *m, enum sip_header id, struct sip_buf *b)
{
	struct sip_value_walk walk = { .is_begun = false };
	struct sip_str value;
	uint32_t number;

	for (size_t n = 0; sip_message_next_value(m, id, &walk, &value); n++) {
		sip_buf_putf(b, "%.*s %zu ", SIP_STR_ARG(sip_header_rows[id].name), n);
		put_text(b, value);
		every_value_put_form(b, sip_header_rows[id].type, sip_message_typed(m, id, n));
		SIP_BUF_LIT(b, "\n");
	}
	if (sip_message_number(m, id, &number) == SIP_OK)
		sip_buf_putf(b, "number %u\n", number);
}

void every_value_dump_typed(const struct sip_message *m, struct sip_buf *b)
{
	sip_buf_putf(b, "%d %u ", (int)sip_message_method(m), sip_message_status(m));
	put_text(b, sip_message_method_text(m));
	put_text(b, sip_message_version(m));
	put_text(b, sip_message_uri_text(m));
	put_text(b, sip_message_reason(m));
	if (sip_message_uri(m))
		every_value_put_uri(b, sip_message_uri(m));
	SIP_BUF_LIT(b, "\n");
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++)
		if (sip_message_has(m, (enum sip_header)id))
			dump_values(m, (enum sip_header)id, b);
	sip_buf_putf(b, "body %zu:", sip_message_body(m).len);
	sip_buf_put_str(b, sip_message_body(m));
}

void every_value_dump(const struct sip_message *m, struct sip_buf *b)
{
	struct sip_field f;

	for (size_t i = 0; i < sip_message_field_count(m); i++) {
		sip_message_field(m, i, &f);
		sip_buf_putf(b, "%d ", (int)f.id);
		put_text(b, f.name);
		put_text(b, f.value);
		SIP_BUF_LIT(b, "\n");
	}
	every_value_dump_typed(m, b);
}

/* ---- touched ------------------------------------------------------------------------------------------------------------ */

static size_t ask_header(const struct sip_message *m, enum sip_header id)
{
	struct sip_value_walk walk = { .is_begun = false };
	struct sip_str value, name, text;
	uint32_t number;
	size_t sum = 0;

	while (sip_message_next_value(m, id, &walk, &value)) {
		value = sip_str_from(value, sip_str_find(value, ';') + 1);
		while (sip_params_next(&value, &name, &text))
			sum += name.len > 0;
	}
	sum += sip_message_number(m, id, &number) == SIP_OK;
	return sum + sip_message_has_token(m, id, SIP_STR("path"));
}

size_t every_value_ask(const struct sip_message *m)
{
	struct sip_str text;
	size_t sum = sip_message_find(m, SIP_STR("X-Not-There"), 0, &text);

	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++)
		if (sip_message_has(m, (enum sip_header)id))
			sum += ask_header(m, (enum sip_header)id);
	return sum + sip_message_call_id(m).len + sip_message_method_text(m).len + sip_message_reason(m).len;
}

size_t every_value_touch(const struct sip_message *m)
{
	size_t sum = sip_message_uri(m) != NULL;

	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++) {
		size_t count = sip_message_count(m, (enum sip_header)id);
		for (size_t n = 0; n < count; n++)
			sum += sip_message_typed(m, (enum sip_header)id, n) != NULL;
	}
	return sum;
}
