/* "ACTOR sends …": requests, responses, raw blocks, bytes, and what was said before once more. */
#include "tests/replay/play.h"

static bool is_status(struct sip_str w)
{
	return w.len && w.p[0] >= '1' && w.p[0] <= '9';
}

static bool is_method(struct sip_str w)
{
	return w.len && w.p[0] >= 'A' && w.p[0] <= 'Z';
}

/* Where a peer's message goes: "to", "over", or the stack. */
static void aim(struct voice *v, struct speech *s, size_t at)
{
	struct play *p = v->play;
	struct cue *c = &p->cue;
	struct sip_str to = script_option(c, at, "to"), over = script_option(c, at, "over");

	s->transport = v->is_udp ? SIP_TRANSPORT_UDP : SIP_TRANSPORT_TCP;
	if (sip_str_eq(over, SIP_STR("tcp")))
		s->transport = SIP_TRANSPORT_TCP;
	else if (over.len && !sip_str_eq(over, SIP_STR("udp"))) {
		s->flow = speech_find(p, over)->flow;
		if (s->flow)
			sip_flow_ref(s->flow);
	}
	s->far = to.len ? script_addr(p, to) : *stage_at(p, s->transport);
}

static void name_it(struct speech *s, const struct cue *c, size_t at)
{
	struct sip_str name = script_option(c, at, "as");

	if (name.len)
		s->name = name;
}

static void send_request(struct voice *v, size_t at, struct draft *d)
{
	struct play *p = v->play;
	struct cue *c = &p->cue;
	struct speech *s;

	if (at + 1 >= c->count)
		play_fail(p, NULL, "sends METHOD URI, or METHOD in NAME");
	if (sip_str_eq(c->words[at + 1], SIP_STR("in")) && at + 2 < c->count)
		make_inside(d, v, c->words[at], speech_find(p, c->words[at + 2]));
	else
		make_request(d, v, c->words[at], c->words[at + 1]);
	if (sip_str_eq(script_option(c, at, "over"), SIP_STR("tcp")) && v->is_udp)
		d->values[0] = play_format(p, "SIP/2.0/TCP %.*s", SIP_STR_ARG(text_word(d->values[0], 1)));
	draft_apply(d, c);
	s = speech_new(v, SPEECH_MESSAGE, draft_finish(d), true);
	name_it(s, c, at);
	if (!v->is_user) {
		aim(v, s, at);
		peer_say(v, s);
	} else if (sip_str_eq(c->words[at], SIP_STR("ACK"))) {
		user_send_alone(v, s, c);
	} else {
		user_send_request(v, s, c);
	}
}

static void send_response(struct voice *v, size_t at, struct draft *d)
{
	struct play *p = v->play;
	struct cue *c = &p->cue;
	const struct speech *request = speech_find(p, script_option(c, at, "to"));
	struct speech *s;

	make_response(d, v, request->bytes, c->words[at]);
	draft_apply(d, c);
	s = speech_new(v, SPEECH_MESSAGE, draft_finish(d), true);
	name_it(s, c, at);
	if (v->is_user) {
		if (script_has(c, at, "alone"))
			user_send_alone(v, s, c);
		else
			user_send_response(v, s, request->tx);
		return;
	}
	s->far = request->far;
	s->transport = request->transport;
	s->flow = request->flow;
	if (s->flow)
		sip_flow_ref(s->flow);
	peer_say(v, s);
}

static void send_again(struct voice *v, size_t at)
{
	struct play *p = v->play;
	const struct speech *old = speech_find(p, p->cue.words[at]);
	struct speech *s;

	if (!script_has(&p->cue, at, "again"))
		play_fail(p, NULL, "sends NAME again");
	s = speech_new(v, SPEECH_MESSAGE, old->bytes, true);
	name_it(s, &p->cue, at);
	if (v->is_user) {
		user_send_response(v, s, old->tx);
		return;
	}
	s->far = old->far;
	s->transport = old->transport;
	s->flow = old->flow;
	if (s->flow)
		sip_flow_ref(s->flow);
	peer_say(v, s);
}

static void send_bytes(struct voice *v, size_t at, struct sip_str bytes)
{
	struct play *p = v->play;
	struct speech *s;

	if (v->is_user)
		play_fail(p, NULL, "a peer to send that");
	s = speech_new(v, SPEECH_MESSAGE, bytes, true);
	name_it(s, &p->cue, at);
	aim(v, s, at);
	peer_say(v, s);
}

/* stun to NAME [mapped ADDRESS] [error|bare]: the answer to the Binding request NAME (RFC 5389 6, 15.2). */
static struct sip_str make_stun(struct play *p, const struct speech *request, size_t at)
{
	struct sip_str mapped = script_option(&p->cue, at, "mapped");
	struct sip_addr a = mapped.len ? script_addr(p, mapped) : request->far;
	unsigned char *b = play_alloc(p, 32);
	bool is_bare = script_has(&p->cue, at, "bare"), is_error = script_has(&p->cue, at, "error");
	const unsigned char *host = (const unsigned char *)&a.u.in.sin_addr;
	uint16_t port = sip_addr_port(&a);

	if (request->bytes.len != 20)
		play_fail(p, request, "a STUN request to answer");
	memcpy(b, request->bytes.p, 20);
	b[0] = 0x01;
	b[1] = is_error ? 0x11 : 0x01;
	if (is_error || is_bare)
		return sip_str_make((const char *)b, 20);
	b[3] = 12;
	memcpy(b + 20, "\0\x20\0\x8\0\1", 6);
	b[26] = (unsigned char)(port >> 8 ^ b[4]);
	b[27] = (unsigned char)(port ^ b[5]);
	for (size_t i = 0; i < 4; i++)
		b[28 + i] = host[i] ^ b[4 + i];
	return sip_str_make((const char *)b, 32);
}

/* stun: a Binding request of a peer's own, [with] an attribute that is [unknown]. */
static void ask_stun(struct voice *v, size_t at)
{
	struct play *p = v->play;
	bool is_unknown = script_has(&p->cue, at, "unknown");
	struct speech *s = speech_new(v, SPEECH_BYTES,
				      is_unknown ? sip_str_make("\0\1\0\x4\x21\x12\xa4\x42playsask1234\0\x24\0\0", 24)
						 : sip_str_make("\0\1\0\0\x21\x12\xa4\x42playsask1234", 20), true);

	name_it(s, &p->cue, at);
	aim(v, s, at);
	peer_say(v, s);
}

static void send_stun(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct sip_str to = script_option(&p->cue, at, "to");
	const struct speech *request;
	struct speech *s;

	if (v->is_user)
		play_fail(p, NULL, "a peer to send that");
	if (!to.len) {
		ask_stun(v, at);
		return;
	}
	request = speech_find(p, to);
	s = speech_new(v, SPEECH_BYTES, make_stun(p, request, at), true);
	name_it(s, &p->cue, at);
	s->far = request->far;
	peer_say(v, s);
}

void cue_sends(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct cue *c = &p->cue;
	struct draft *d = play_alloc(p, sizeof *d);
	struct sip_str what = at < c->count ? c->words[at] : sip_str_make("", 0);

	if (sip_str_eq(what, SIP_STR("raw")))
		send_bytes(v, at, make_raw(p, c));
	else if (sip_str_eq(what, SIP_STR("text")) && at + 1 < c->count)
		send_bytes(v, at, c->words[at + 1]);
	else if (sip_str_eq(what, SIP_STR("stun")))
		send_stun(v, at);
	else if (is_status(what))
		send_response(v, at, d);
	else if (is_method(what))
		send_request(v, at, d);
	else
		send_again(v, at);
	stage_settle(p);
}
