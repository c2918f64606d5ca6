/* Pieces of SIP messages: a start line or none, fields, a body or none. Slices, no state, any thread. RFC 3420. */
#include "stack/content/sipfrag.h"

#include "stack/content/content_priv.h"

/* False: it is no start line, and perhaps a field. */
static bool read_start_line(struct sip_str line, struct sip_sipfrag *x)
{
	struct sip_start_line start;

	if (!sip__is_line(line) || sip_start_line_parse(line, &start) != SIP_OK)
		return false;
	x->method = start.method;
	x->uri = start.uri;
	x->status = start.status;
	x->reason = sip_str_trim(start.reason);
	return true;
}

/* A line of blanks behind the start line folds nothing: it is what gateways have for the empty one. */
static bool take_blanks(struct sip_str *rest)
{
	struct sip_str behind = *rest, line;

	if (!sip__line_cut(&behind, &line) || line.len == 0 || sip_str_trim(line).len)
		return false;
	*rest = behind;
	return true;
}

enum sip_err sip_sipfrag_parse(struct sip_arena *arena, struct sip_str bytes, const struct sip_content_limits *limits,
			       struct sip_sipfrag **out)
{
	enum sip_err err;
	struct sip_sipfrag *x = sip__form_begin(arena, sizeof *x, bytes, &limits, &err);
	struct sip_str rest = bytes, line;

	*out = NULL;
	if (!x)
		return err;
	if (!sip__line_cut(&rest, &line) || !read_start_line(line, x))
		rest = bytes;
	else if (take_blanks(&rest))
		x->has_body = true;
	err = x->has_body ? SIP_OK : sip__fields_parse(arena, limits->parts, &rest, &x->has_body, &x->fields);
	if (err != SIP_OK)
		return err;
	x->body = rest;
	*out = x;
	return SIP_OK;
}

/* What was written is one line and says the same. */
static bool is_start_line(struct sip_str line, const struct sip_sipfrag *x)
{
	struct sip_sipfrag again;

	return read_start_line(line, &again) && sip_str_eq(again.method, x->method) && sip_str_eq(again.uri, x->uri) &&
	       again.status == x->status && sip_str_eq(again.reason, x->reason);
}

static void put_start_line(struct sip_buf *b, const struct sip_sipfrag *x)
{
	size_t from = b->len;

	if (x->status) {
		SIP_BUF_LIT(b, "SIP/2.0 ");
		sip_buf_put_u64(b, x->status);
		SIP_BUF_LIT(b, " ");
		sip_buf_put_str(b, x->reason);
	} else {
		sip_buf_put_str(b, x->method);
		SIP_BUF_LIT(b, " ");
		sip_buf_put_str(b, x->uri);
		SIP_BUF_LIT(b, " SIP/2.0");
	}
	if (b->err == SIP_OK && !is_start_line(sip_str_make(b->p + from, b->len - from), x))
		sip__buf_fail(b, SIP_E_INVAL);
	SIP_BUF_LIT(b, "\r\n");
}

void sip_sipfrag_put(struct sip_buf *b, const struct sip_sipfrag *x)
{
	if (x->status || x->method.len)
		put_start_line(b, x);
	sip__fields_put(b, x->fields);
	if (x->has_body || x->body.len)
		SIP_BUF_LIT(b, "\r\n");
	sip_buf_put_str(b, x->body);
}
