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
	bool is_once = m->first[SIP_HEADER_CONTENT_LENGTH] == sip__last(m, SIP_HEADER_CONTENT_LENGTH);
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

static size_t head_len_as_it_came(const struct sip_message *m)
{
	return (size_t)(m->header_end - m->start.p) + 2;
}

/* ---- the message in pieces, gathered in one walk: how long it is and what is written ---- */

#define PIECES_MAX 48

struct piece {
	const struct sip__field *odd; /* it is written by itself; NULL: text as it stands */
	struct sip_str text;
};
struct pieces {
	struct sip_str run;           /* the last piece, which may go on */
	size_t len;                   /* of all but the run */
	size_t count;
	char *w;                      /* where they go when there are too many; NULL: nowhere yet, and they are lost */
	bool is_lost;
	char length[DIGITS_MAX];
	struct piece at[PIECES_MAX];
};

static void write_pieces(struct pieces *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct piece *p = &s->at[i];
		s->w = p->odd ? sip__field_write(p->odd, s->w) : sip__write(s->w, p->text.p, p->text.len);
	}
	s->count = 0;
}

static void add_piece(struct pieces *s, const struct sip__field *odd, struct sip_str text)
{
	if (text.len == 0)
		return;
	if (SIP_UNLIKELY(s->count == PIECES_MAX)) {
		if (s->w)
			write_pieces(s);
		s->is_lost = !s->w;
		s->count = 0;
	}
	s->at[s->count++] = (struct piece){ odd, text };
	s->len += text.len;
}

/* What stands side by side in the packet is one piece. */
static inline void add_text(struct pieces *s, const char *p, size_t n)
{
	if (p != s->run.p + s->run.len) {
		add_piece(s, NULL, s->run);
		s->run = sip_str_make(p, 0);
	}
	s->run.len += n;
}
#define ADD_LIT(s, lit) add_text((s), "" lit, sizeof(lit) - 1)

static void add_odd(struct pieces *s, const struct sip__field *f)
{
	add_piece(s, NULL, s->run);
	s->run = sip_str_make(s->run.p + s->run.len, 0);
	add_piece(s, f, sip_str_make(NULL, sip__field_len(f)));
}

static void add_start(struct pieces *s, const struct sip_message *m)
{
	if (!m->is_start_edited) {
		add_text(s, m->start.p, m->start.len);
		return;
	}
	if (m->is_request) {
		add_text(s, m->method_text.p, m->method_text.len);
		ADD_LIT(s, " ");
		add_text(s, m->uri_text.p, m->uri_text.len);
		ADD_LIT(s, " ");
		add_text(s, m->version.p, m->version.len);
	} else {
		add_text(s, m->start.p, (size_t)(m->reason.p - m->start.p));
		add_text(s, m->reason.p, m->reason.len);
	}
	ADD_LIT(s, "\r\n");
}

static void add_fields(struct pieces *s, const struct sip_message *m, bool length_due)
{
	const struct sip__field *fields = m->fields, *f;
	for (uint16_t at = m->head; at != SIP__NONE; at = f->after) {
		f = &fields[at];
		if (is_passed_over(f, length_due))
			continue;
		if (SIP_UNLIKELY(f->flags & (SIP__FIELD_VALUE | SIP__FIELD_UNEVEN)))
			add_odd(s, f);
		else
			add_text(s, f->line, (size_t)f->value_at + f->value_len + f->tail);
	}
}

/* All there is; `w` as in struct pieces. */
static void gather(struct pieces *s, const struct sip_message *m, char *w)
{
	s->run = sip_str_make(m->start.p, 0);
	s->len = s->count = 0;
	s->w = w;
	s->is_lost = false;
	if (is_as_it_came(m)) {
		add_text(s, m->start.p, head_len_as_it_came(m));
	} else {
		bool length_due = is_length_due(m);
		add_start(s, m);
		add_fields(s, m, length_due);
		if (length_due) {
			ADD_LIT(s, LENGTH_NAME);
			add_text(s, s->length, (size_t)(write_number(s->length, m->body.len) - s->length));
			ADD_LIT(s, "\r\n");
		}
		add_text(s, m->is_uneven ? "\r\n" : m->header_end, 2);
	}
	add_text(s, m->body.p, m->body.len);
	add_piece(s, NULL, s->run);
}

/* What was gathered, s->len bytes from w on. */
static void write_message(struct pieces *s, const struct sip_message *m, char *w)
{
	size_t len = s->len;
	if (SIP_UNLIKELY(s->is_lost))
		gather(s, m, w);
	else
		s->w = w;
	write_pieces(s);
	MUST((size_t)(s->w - w) == len);
}

size_t sip_message_encoded_len(const struct sip_message *m)
{
	struct pieces s;
	gather(&s, m, NULL);
	return s.len;
}

enum sip_err sip_message_encode(const struct sip_message *m, struct sip_packet **out)
{
	if (m->is_whole && is_as_it_came(m)) {
		sip_packet_ref(m->packet);
		*out = m->packet;
		return SIP_OK;
	}
	struct pieces s;
	gather(&s, m, NULL);
	struct sip_packet *p = sip_packet_create(s.len);
	*out = p;
	if (!p)
		return SIP_E_NOMEM;
	p->len = s.len;
	write_message(&s, m, p->bytes);
	return SIP_OK;
}

void sip_message_put(const struct sip_message *m, struct sip_buf *b)
{
	struct pieces s;
	gather(&s, m, NULL);
	size_t len = s.len;
	char *w = sip_buf_reserve(b, len);
	if (!w)
		return;
	write_message(&s, m, w);
	sip_buf_advance(b, len);
}

/* ---- with names in one spelling ---- */

static void put_name(struct sip_buf *b, unsigned id, enum sip_names names)
{
	if (names == SIP_NAMES_COMPACT && sip_header_rows[id].compact)
		sip_buf_put_char(b, sip_header_rows[id].compact);
	else
		sip_buf_put_str(b, sip_header_rows[id].name);
}

/* On one line: white space with a line end in it is one space. */
static void put_unfolded(struct sip_buf *b, struct sip_str s)
{
	const char *lf;

	while (s.len && (lf = memchr(s.p, '\n', s.len))) {
		size_t len = (size_t)(lf - s.p);
		struct sip_str behind = sip_str_trim(sip_str_from(s, len));
		while (len && sip_char_is(s.p[len - 1], SIP_CC_LWS))
			len--;
		sip_buf_put(b, s.p, len);
		if (behind.len)
			SIP_BUF_LIT(b, " ");
		s = behind;
	}
	sip_buf_put_str(b, s);
}

static void put_named_field(struct sip_buf *b, const struct sip__field *f, enum sip_names names)
{
	if (f->id == SIP_HEADER_UNKNOWN)
		put_unfolded(b, sip_str_make(f->line, f->name_len));
	else
		put_name(b, f->id, names);
	/* What is no field stands in its name, and is answered, not sent on. */
	if (!(f->flags & SIP__FIELD_BROKEN)) {
		SIP_BUF_LIT(b, ": ");
		put_unfolded(b, sip__field_value(f));
	}
	SIP_BUF_LIT(b, "\r\n");
}

static void put_start(struct sip_buf *b, const struct sip_message *m)
{
	if (!m->is_request) {
		sip_buf_put(b, m->start.p, (size_t)(m->reason.p + m->reason.len - m->start.p));
	} else {
		sip_buf_put_str(b, m->method_text);
		SIP_BUF_LIT(b, " ");
		sip_buf_put_str(b, m->uri_text);
		SIP_BUF_LIT(b, " ");
		sip_buf_put_str(b, m->version);
	}
	SIP_BUF_LIT(b, "\r\n");
}

void sip_message_put_named(const struct sip_message *m, enum sip_names names, struct sip_buf *b)
{
	bool length_due = is_length_due(m);

	put_start(b, m);
	for (const struct sip__field *f = sip__head(m); f; f = sip__after(m, f))
		if (!is_passed_over(f, length_due))
			put_named_field(b, f, names);
	if (length_due) {
		put_name(b, SIP_HEADER_CONTENT_LENGTH, names);
		sip_buf_putf(b, ": %zu\r\n", m->body.len);
	}
	SIP_BUF_LIT(b, "\r\n");
	sip_buf_put_str(b, m->body);
}
