/* Messages the voices say: built as text, so that a play may break every rule. */
#include "tests/replay/play.h"

void draft_init(struct draft *d, struct play *p, struct sip_str start)
{
	memset(d, 0, sizeof *d);
	d->play = p;
	d->start = start;
}

static void put(struct draft *d, struct sip_str name, struct sip_str value, bool is_fresh)
{
	if (d->count == PLAY_BLOCK)
		play_fail(d->play, NULL, "at most %d header lines", PLAY_BLOCK);
	d->names[d->count] = name;
	d->values[d->count] = value;
	d->is_fresh[d->count++] = is_fresh;
}

void draft_add(struct draft *d, const char *name, struct sip_str value)
{
	if (value.p)
		put(d, sip_str_of(name), value, false);
}

static void remove_at(struct draft *d, size_t at)
{
	d->count--;
	for (size_t i = at; i < d->count; i++) {
		d->names[i] = d->names[i + 1];
		d->values[i] = d->values[i + 1];
		d->is_fresh[i] = d->is_fresh[i + 1];
	}
}

/* Where the first of this name stood that was not said in the block; all such are taken out. */
static size_t take_out(struct draft *d, struct sip_str name, bool *is_found)
{
	size_t first = d->count;

	*is_found = false;
	for (size_t i = 0; i < d->count;) {
		if (d->is_fresh[i] || !sip_str_eq_nocase(d->names[i], name)) {
			i++;
			continue;
		}
		if (!*is_found)
			first = i;
		*is_found = true;
		remove_at(d, i);
	}
	return first;
}

static void replace(struct draft *d, struct sip_str name, struct sip_str value)
{
	bool is_found;
	size_t at = take_out(d, name, &is_found);

	put(d, name, value, true);
	if (!is_found)
		return;
	for (size_t i = d->count - 1; i > at; i--) {
		d->names[i] = d->names[i - 1];
		d->values[i] = d->values[i - 1];
		d->is_fresh[i] = d->is_fresh[i - 1];
	}
	d->names[at] = name;
	d->values[at] = value;
	d->is_fresh[at] = true;
}

static struct sip_str block_body(struct play *p, const struct cue *c, size_t from)
{
	struct sip_buf b;
	struct sip_str out;

	sip_buf_init(&b, 0);
	for (size_t i = from; i < c->block_count; i++) {
		sip_buf_put_str(&b, script_fill(p, c->block[i]));
		sip_buf_put_z(&b, "\r\n");
	}
	out = play_copy(p, sip_buf_str(&b));
	sip_buf_fini(&b);
	return out;
}

/* sdp "…": a body of that type. */
static void apply_sdp(struct draft *d, const struct cue *c)
{
	struct sip_str sdp = script_option(c, 0, "sdp");

	if (!sdp.p)
		return;
	draft_add(d, "Content-Type", SIP_STR("application/sdp"));
	d->body = sdp;
}

void draft_apply(struct draft *d, const struct cue *c)
{
	apply_sdp(d, c);
	for (size_t i = 0; i < c->block_count; i++) {
		struct sip_str line = c->block[i], name, value;
		size_t colon;
		bool is_found;
		if (line.len == 0) {
			d->body = block_body(d->play, c, i + 1);
			return;
		}
		if (sip_str_starts_nocase(line, SIP_STR("no "))) {
			name = sip_str_trim(sip_str_from(line, 3));
			(void)take_out(d, name, &is_found);
			d->has_length |= sip_str_eq_nocase(name, SIP_STR("Content-Length"));
			continue;
		}
		colon = sip_str_find(line, ':');
		if (colon == line.len)
			play_fail(d->play, NULL, "\"Header: value\" or \"no Header\" where there is \"%.*s\"",
				  SIP_STR_ARG(line));
		name = sip_str_make(line.p, colon);
		value = script_fill(d->play, sip_str_trim(sip_str_from(line, colon + 1)));
		if (name.p[0] == '+')
			put(d, sip_str_from(name, 1), value, true);
		else
			replace(d, name, value);
		d->has_length |= sip_str_eq_nocase(name, SIP_STR("Content-Length"));
	}
}

struct sip_str draft_finish(struct draft *d)
{
	struct sip_buf b;
	struct sip_str out;

	sip_buf_init(&b, 0);
	sip_buf_put_str(&b, d->start);
	sip_buf_put_z(&b, "\r\n");
	for (size_t i = 0; i < d->count; i++) {
		sip_buf_put_str(&b, d->names[i]);
		sip_buf_put_z(&b, ": ");
		sip_buf_put_str(&b, d->values[i]);
		sip_buf_put_z(&b, "\r\n");
	}
	if (!d->has_length)
		sip_buf_putf(&b, "Content-Length: %zu\r\n", d->body.len);
	sip_buf_put_z(&b, "\r\n");
	sip_buf_put_str(&b, d->body);
	out = play_copy(d->play, sip_buf_str(&b));
	sip_buf_fini(&b);
	return out;
}

struct sip_str make_raw(struct play *p, const struct cue *c)
{
	struct cue copy = *c;
	struct sip_str text;
	bool has_end = false;

	for (size_t i = 0; i < c->block_count; i++)
		has_end |= c->block[i].len == 0;
	text = block_body(p, &copy, 0);
	return has_end ? text : play_format(p, "%.*s\r\n", SIP_STR_ARG(text));
}

/* ---- whole messages -------------------------------------------------------------------------------------------------- */

static struct sip_str own_host(struct voice *v, char text[SIP_ADDR_TEXT])
{
	const struct sip_addr *at = v->is_user ? stage_at(v->play, SIP_TRANSPORT_UDP) : &v->at;

	return sip_str_of(sip_addr_text(at, text));
}

static const char *via_kind(const struct voice *v)
{
	return v->is_udp ? "UDP" : "TCP";
}

void make_request(struct draft *d, struct voice *v, struct sip_str method, struct sip_str uri)
{
	struct play *p = v->play;
	struct sip_str name = v->name;
	char text[SIP_ADDR_TEXT];
	struct sip_str host = own_host(v, text);
	unsigned n = ++v->sent;

	draft_init(d, p, play_format(p, "%.*s %.*s SIP/2.0", SIP_STR_ARG(method), SIP_STR_ARG(uri)));
	if (!v->is_user)
		draft_add(d, "Via", play_format(p, "SIP/2.0/%s %.*s;branch=z9hG4bK-%.*s-%u", via_kind(v), SIP_STR_ARG(host),
						SIP_STR_ARG(name), n));
	draft_add(d, "Max-Forwards", SIP_STR("70"));
	draft_add(d, "From", play_format(p, "<sip:%.*s@example.com>;tag=%.*s-%u", SIP_STR_ARG(name), SIP_STR_ARG(name), n));
	draft_add(d, "To", play_format(p, "<%.*s>", SIP_STR_ARG(uri)));
	draft_add(d, "Call-ID", play_format(p, "%.*s-%u@example.com", SIP_STR_ARG(name), n));
	draft_add(d, "CSeq", play_format(p, "%u %.*s", n, SIP_STR_ARG(method)));
	if (sip_str_eq(method, SIP_STR("INVITE")))
		draft_add(d, "Contact", play_format(p, "<sip:%.*s@%.*s>", SIP_STR_ARG(name), SIP_STR_ARG(host)));
}

void make_response(struct draft *d, struct voice *v, struct sip_str request, struct sip_str status)
{
	static const char *const copied[] = { "From", "To", "Call-ID", "CSeq" };
	struct play *p = v->play;
	uint64_t code = 0;
	struct sip_str value;
	char text[SIP_ADDR_TEXT];

	if (sip_str_to_u64(status, 9999, &code) != SIP_OK)
		play_fail(p, NULL, "a status");
	draft_init(d, p, play_format(p, "SIP/2.0 %.*s %s", SIP_STR_ARG(status), sip_status_reason((unsigned)code)));
	for (size_t i = 0; (value = text_value(request, SIP_STR("Via"), i)).p; i++)
		draft_add(d, "Via", value);
	if (code > 100 && code < 300)
		for (size_t i = 0; (value = text_value(request, SIP_STR("Record-Route"), i)).p; i++)
			draft_add(d, "Record-Route", value);
	for (size_t i = 0; i < SIP_COUNTOF(copied); i++) {
		value = text_value(request, sip_str_of(copied[i]), 0);
		if (i == 1 && code > 100 && value.p && !text_param(value, SIP_STR("tag")).p)
			value = play_format(p, "%.*s;tag=%.*s", SIP_STR_ARG(value), SIP_STR_ARG(v->name));
		draft_add(d, copied[i], value);
	}
	if (code / 100 == 2 && sip_str_eq(text_word(text_value(request, SIP_STR("CSeq"), 0), 1), SIP_STR("INVITE")))
		draft_add(d, "Contact",
			  play_format(p, "<sip:%.*s@%.*s>", SIP_STR_ARG(v->name), SIP_STR_ARG(own_host(v, text))));
}

/* RFC 3261 17.1.1.3, or 13.2.2.4 when it was a 2xx. */
void make_ack(struct draft *d, struct voice *v, const struct speech *response)
{
	struct play *p = v->play;
	const struct speech *request = speech_request_of(p, response);
	struct sip_str r = response->bytes, uri;
	bool is_2xx = text_word(text_start_line(r), 1).p[0] == '2';

	if (!request)
		play_fail(p, response, "a response to something that was sent");
	uri = text_path(p, request->bytes, SIP_STR("uri"));
	if (is_2xx && text_value(r, SIP_STR("Contact"), 0).p)
		uri = text_path(p, r, SIP_STR("contact"));
	draft_init(d, p, play_format(p, "ACK %.*s SIP/2.0", SIP_STR_ARG(uri)));
	if (!is_2xx)
		draft_add(d, "Via", text_value(request->bytes, SIP_STR("Via"), 0));
	else if (!v->is_user)
		draft_add(d, "Via", play_format(p, "SIP/2.0/%s %.*s;branch=z9hG4bK-%.*s-ack-%u", via_kind(v),
						SIP_STR_ARG(text_path(p, request->bytes, SIP_STR("sent-by"))),
						SIP_STR_ARG(v->name), ++v->sent));
	if (is_2xx)
		draft_add(d, "Route", text_path(p, r, SIP_STR("route-set")));
	draft_add(d, "Max-Forwards", SIP_STR("70"));
	draft_add(d, "From", text_value(request->bytes, SIP_STR("From"), 0));
	draft_add(d, "To", text_value(r, SIP_STR("To"), 0));
	draft_add(d, "Call-ID", text_value(r, SIP_STR("Call-ID"), 0));
	draft_add(d, "CSeq", play_format(p, "%.*s ACK", SIP_STR_ARG(text_path(p, r, SIP_STR("cseq")))));
}

/* Where the other side is reached: the newest Contact the voice has heard of this Call-ID. */
static struct sip_str far_target(struct voice *v, struct sip_str call_id)
{
	for (struct speech *s = v->play->newest; s; s = s->older)
		if (s->voice == v && !s->is_sent && sip_str_eq(text_value(s->bytes, SIP_STR("Call-ID"), 0), call_id) &&
		    text_value(s->bytes, SIP_STR("Contact"), 0).p)
			return text_path(v->play, s->bytes, SIP_STR("contact"));
	return SIP_STR("sip:192.0.2.1");
}

void make_inside(struct draft *d, struct voice *v, struct sip_str method, const struct speech *known)
{
	struct play *p = v->play;
	struct sip_str m = known->bytes, call_id = text_value(m, SIP_STR("Call-ID"), 0);
	bool is_from_ours = text_is_request(m) == known->is_sent;
	char text[SIP_ADDR_TEXT];

	make_request(d, v, method, far_target(v, call_id));
	for (size_t i = 0; i < d->count; i++) {
		if (sip_str_eq(d->names[i], SIP_STR("From")))
			d->values[i] = text_value(m, is_from_ours ? SIP_STR("From") : SIP_STR("To"), 0);
		else if (sip_str_eq(d->names[i], SIP_STR("To")))
			d->values[i] = text_value(m, is_from_ours ? SIP_STR("To") : SIP_STR("From"), 0);
		else if (sip_str_eq(d->names[i], SIP_STR("Call-ID")))
			d->values[i] = call_id;
	}
	if (sip_str_eq(method, SIP_STR("UPDATE")))
		draft_add(d, "Contact", play_format(p, "<sip:%.*s@%.*s>", SIP_STR_ARG(v->name),
						    SIP_STR_ARG(own_host(v, text))));
}

/* RFC 3261 9.1. */
void make_cancel(struct draft *d, struct voice *v, struct sip_str request)
{
	struct play *p = v->play;
	struct sip_str value;

	draft_init(d, p, play_format(p, "CANCEL %.*s SIP/2.0", SIP_STR_ARG(text_path(p, request, SIP_STR("uri")))));
	draft_add(d, "Via", text_value(request, SIP_STR("Via"), 0));
	for (size_t i = 0; (value = text_value(request, SIP_STR("Route"), i)).p; i++)
		draft_add(d, "Route", value);
	draft_add(d, "Max-Forwards", SIP_STR("70"));
	draft_add(d, "From", text_value(request, SIP_STR("From"), 0));
	draft_add(d, "To", text_value(request, SIP_STR("To"), 0));
	draft_add(d, "Call-ID", text_value(request, SIP_STR("Call-ID"), 0));
	draft_add(d, "CSeq", play_format(p, "%.*s CANCEL", SIP_STR_ARG(text_path(p, request, SIP_STR("cseq")))));
}
