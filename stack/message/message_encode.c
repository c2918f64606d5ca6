/*
 * Message to bytes: untouched runs are copied as they came, edited fields are written between them.
 * What is edited always says how long its body is (RFC 3261 7.5, 20.14).
 */
#include "stack/message/message_priv.h"

#define LENGTH_NAME "Content-Length: "
#define DIGITS_MAX 20

static size_t count_digits(size_t n)
{
	size_t digits = 1;
	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

static char *write_number(char *w, size_t n)
{
	size_t digits = count_digits(n);
	for (size_t i = digits; i-- > 0; n /= 10)
		w[i] = (char)('0' + n % 10);
	return w + digits;
}

/* ---- one field ---- */

/* Bare line feeds that become CRLF. */
static size_t count_bare(struct sip_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r');
	return n;
}

static char *write_even(char *w, struct sip_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			*w++ = '\r';
		*w++ = s.p[i];
	}
	return w;
}

size_t sip__uneven_len(const struct sip__field *f)
{
	struct sip_str name = sip__field_name(f), value = sip__field_value(f);
	if (f->flags & SIP__FIELD_BROKEN)
		return name.len + count_bare(name) + 2;
	return name.len + 2 + value.len + count_bare(value) + 2;
}

static __attribute__((noinline)) char *uneven_write(const struct sip__field *f, char *w)
{
	if (f->flags & SIP__FIELD_BROKEN) {
		w = write_even(w, sip__field_name(f));
	} else {
		w = sip__write_str(w, sip__field_name(f));
		w = SIP__WRITE_LIT(w, ": ");
		w = write_even(w, sip__field_value(f));
	}
	return SIP__WRITE_LIT(w, "\r\n");
}

char *sip__field_write(const struct sip__field *f, char *w)
{
	if (SIP_UNLIKELY(f->flags & SIP__FIELD_UNEVEN))
		return uneven_write(f, w);
	if (!(f->flags & SIP__FIELD_VALUE))
		return sip__write(w, f->line, (size_t)f->value_at + f->value_len + f->tail);
	w = sip__write_str(w, sip_header_rows[f->id].name);
	w = SIP__WRITE_LIT(w, ": ");
	w = sip__write_str(w, sip__field_value(f));
	return SIP__WRITE_LIT(w, "\r\n");
}

/* ---- the whole ---- */

/* Must Content-Length be written anew? */
static bool is_length_due(const struct sip_message *m)
{
	if (!m->is_edited || m->is_length_right)
		return false;
	uint32_t said;
	enum sip_err err = sip__content_length(m, &said);
	bool is_once = m->first[SIP_HEADER_CONTENT_LENGTH] == m->last[SIP_HEADER_CONTENT_LENGTH];
	m->self->is_length_right = err == SIP_OK && is_once && said == m->body.len;
	return !m->is_length_right;
}

static bool is_as_it_came(const struct sip_message *m)
{
	return !m->is_edited && !m->is_uneven;
}

static bool is_passed_over(const struct sip__field *f, bool length_due)
{
	return (f->flags & SIP__FIELD_GONE) || (length_due && f->id == SIP_HEADER_CONTENT_LENGTH);
}

static size_t start_len(const struct sip_message *m)
{
	if (!m->is_start_edited)
		return m->start.len;
	if (m->is_request)
		return m->method_text.len + 1 + m->uri_text.len + 1 + m->version.len + 2;
	return (size_t)(m->reason.p - m->start.p) + m->reason.len + 2;
}

static char *start_write(const struct sip_message *m, char *w)
{
	if (!m->is_request) {
		w = sip__write(w, m->start.p, (size_t)(m->reason.p - m->start.p));
		w = sip__write_str(w, m->reason);
		return SIP__WRITE_LIT(w, "\r\n");
	}
	w = sip__write_str(w, m->method_text);
	*w++ = ' ';
	w = sip__write_str(w, m->uri_text);
	*w++ = ' ';
	w = sip__write_str(w, m->version);
	return SIP__WRITE_LIT(w, "\r\n");
}

static size_t head_len_as_it_came(const struct sip_message *m)
{
	return (size_t)(m->header_end - m->start.p) + 2;
}

size_t sip_message_encoded_len(const struct sip_message *m)
{
	if (is_as_it_came(m))
		return head_len_as_it_came(m) + m->body.len;
	bool length_due = is_length_due(m);
	size_t n = start_len(m) + 2 + m->body.len;
	for (const struct sip__field *f = sip__head(m); f; f = sip__after(m, f))
		if (!is_passed_over(f, length_due))
			n += sip__field_len(f);
	if (length_due)
		n += sizeof LENGTH_NAME - 1 + count_digits(m->body.len) + 2;
	return n;
}

/* Fields that stand side by side in the packet are one copy. */
static char *write_fields(const struct sip_message *m, char *w, bool length_due)
{
	const char *run = m->start.p, *run_end = m->start.p + m->start.len;
	if (m->is_start_edited) {
		w = start_write(m, w);
		run = run_end;
	}
	for (const struct sip__field *f = sip__head(m); f; f = sip__after(m, f)) {
		if (is_passed_over(f, length_due))
			continue;
		if (f->flags & (SIP__FIELD_VALUE | SIP__FIELD_UNEVEN)) {
			w = sip__write(w, run, (size_t)(run_end - run));
			run = run_end;
			w = sip__field_write(f, w);
			continue;
		}
		if (f->line != run_end) {
			w = sip__write(w, run, (size_t)(run_end - run));
			run = f->line;
		}
		run_end = f->line + f->value_at + f->value_len + f->tail;
	}
	return sip__write(w, run, (size_t)(run_end - run));
}

static char *write_message(const struct sip_message *m, char *w)
{
	if (is_as_it_came(m)) {
		w = sip__write(w, m->start.p, head_len_as_it_came(m));
		return sip__write_str(w, m->body);
	}
	bool length_due = is_length_due(m);
	w = write_fields(m, w, length_due);
	if (length_due) {
		w = SIP__WRITE_LIT(w, LENGTH_NAME);
		w = write_number(w, m->body.len);
		w = SIP__WRITE_LIT(w, "\r\n");
	}
	w = SIP__WRITE_LIT(w, "\r\n");
	return sip__write_str(w, m->body);
}

enum sip_err sip_message_encode(const struct sip_message *m, struct sip_packet **out)
{
	if (m->is_whole && is_as_it_came(m)) {
		sip_packet_ref(m->packet);
		*out = m->packet;
		return SIP_OK;
	}
	size_t len = sip_message_encoded_len(m);
	struct sip_packet *p = sip_packet_create(len);
	*out = p;
	if (!p)
		return SIP_E_NOMEM;
	MUST((size_t)(write_message(m, p->bytes) - p->bytes) == len);
	p->len = len;
	return SIP_OK;
}

void sip_message_put(const struct sip_message *m, struct sip_buf *b)
{
	size_t len = sip_message_encoded_len(m);
	char *w = sip_buf_reserve(b, len);
	if (!w)
		return;
	MUST((size_t)(write_message(m, w) - w) == len);
	sip_buf_advance(b, len);
}
