/* What was said and heard, and who is there to say and hear it. */
#include "tests/replay/play.h"

struct voice *voice_find(struct play *p, struct sip_str name)
{
	for (size_t i = 0; i < p->voice_count; i++)
		if (sip_str_eq(p->voices[i].name, name))
			return &p->voices[i];
	return NULL;
}

struct voice *voice_add(struct play *p, struct sip_str name)
{
	struct voice *v;

	if (voice_find(p, name) || p->voice_count == PLAY_VOICES)
		play_fail(p, NULL, "a new name, and at most %d of them", PLAY_VOICES);
	v = &p->voices[p->voice_count++];
	v->play = p;
	v->name = name;
	v->inbox_tail = &v->inbox;
	return v;
}

/* The message as a play prints it: indented, bars before. */
static void put_whole(struct sip_buf *b, struct sip_str bytes)
{
	while (bytes.len) {
		size_t end = sip_str_find(bytes, '\n');
		struct sip_str line = sip_str_trim(sip_str_make(bytes.p, end));
		sip_buf_putf(b, "            | %.*s\n", SIP_STR_ARG(line));
		bytes = sip_str_from(bytes, end + 1);
	}
}

static void put_event(struct sip_buf *b, const struct dum_event *e)
{
	sip_buf_put_str(b, app_event_name(e->kind));
	if (e->status)
		sip_buf_putf(b, " %u", e->status);
	if (e->reason != DUM_REASON_NONE)
		sip_buf_putf(b, " (%s)", dum_reason_text(e->reason));
	if (e->number)
		sip_buf_putf(b, " %lu s", (unsigned long)e->number);
	if (e->body.len)
		sip_buf_putf(b, " \"%.*s\"", SIP_STR_ARG(sip_str_trim(e->body)));
}

static void put_speech(struct sip_buf *b, const struct speech *s)
{
	char text[SIP_ADDR_TEXT];

	switch (s->kind) {
	case SPEECH_END:
		sip_buf_putf(b, "end of transaction (%s)", sip_err_name(s->why));
		return;
	case SPEECH_CLOSE:
		sip_buf_put_z(b, "connection closed");
		return;
	case SPEECH_BYTES:
		sip_buf_putf(b, "%zu bytes that are no message", s->bytes.len);
		return;
	case SPEECH_EVENT:
		put_event(b, &s->event);
		return;
	case SPEECH_STRAY:
		sip_buf_put_z(b, "stray ");
		break;
	case SPEECH_CANCEL:
	case SPEECH_MESSAGE:
		break;
	}
	sip_buf_put_str(b, text_start_line(s->bytes));
	if (!s->voice->is_user)
		sip_buf_putf(b, "   (%s %s%s)", s->is_sent ? "to" : "from", sip_addr_text(&s->far, text),
			     s->flow || s->transport == SIP_TRANSPORT_TCP ? " tcp" : "");
	else if (s->why != SIP_OK)
		sip_buf_putf(b, "   (%s)", sip_err_name(s->why));
}

static void narrate(const struct speech *s, bool is_ignored)
{
	struct play *p = s->voice->play;
	int64_t now = stage_now(p);

	sip_buf_putf(&p->story, "%6lld.%03lld  %.*s %s ", (long long)(now / 1000000), (long long)(now / 1000 % 1000),
		     SIP_STR_ARG(s->voice->name), s->is_sent ? ">" : is_ignored ? "(<)" : "<");
	put_speech(&p->story, s);
	sip_buf_put_char(&p->story, '\n');
	if (p->is_verbose && s->kind != SPEECH_END && s->kind != SPEECH_CLOSE)
		put_whole(&p->story, s->bytes);
}

struct speech *speech_new(struct voice *v, enum speech_kind kind, struct sip_str bytes, bool is_sent)
{
	struct play *p = v->play;
	struct speech *s = play_alloc(p, sizeof *s);

	s->kind = kind;
	s->voice = v;
	s->is_sent = is_sent;
	s->bytes = play_copy(p, bytes);
	s->transport = SIP_TRANSPORT_UDP;
	s->older = p->newest;
	p->newest = s;
	return s;
}

void speech_said(const struct speech *s)
{
	narrate(s, false);
}

static bool is_ignored(const struct speech *s)
{
	const struct voice *v = s->voice;
	struct sip_str line = text_start_line(s->bytes), word;

	if (s->kind == SPEECH_END)
		return !v->hears_ends;
	if (s->kind == SPEECH_CLOSE)
		return !v->hears_closes;
	if (s->kind == SPEECH_BYTES)
		return false;
	if (s->kind == SPEECH_EVENT) {
		for (size_t i = 0; i < v->ignore_count; i++)
			if (app_is_event_named(s->event.kind, v->ignores[i]))
				return true;
		return !v->hears_sets && app_is_of_sets(s->event.kind);
	}
	word = text_is_request(s->bytes) ? line : text_word(line, 1);
	word = sip_str_make(word.p, sip_str_find(word, ' '));
	for (size_t i = 0; i < v->ignore_count; i++)
		if (sip_str_eq(v->ignores[i], word))
			return true;
	return false;
}

void speech_hear(struct speech *s)
{
	struct voice *v = s->voice;
	bool is_nothing = is_ignored(s);

	narrate(s, is_nothing);
	if (is_nothing)
		return;
	s->next = NULL;
	*v->inbox_tail = s;
	v->inbox_tail = &s->next;
}

struct speech *speech_take(struct voice *v)
{
	struct speech *s = v->inbox;

	if (s && !(v->inbox = s->next))
		v->inbox_tail = &v->inbox;
	return s;
}

struct speech *speech_find(struct play *p, struct sip_str name)
{
	for (struct speech *s = p->newest; s; s = s->older)
		if (sip_str_eq(s->name, name))
			return s;
	play_fail(p, NULL, "something that was named \"%.*s\"", SIP_STR_ARG(name));
}

struct speech *speech_request_of(struct play *p, const struct speech *response)
{
	struct sip_str r = response->bytes, cseq = text_value(r, SIP_STR("CSeq"), 0);

	for (struct speech *s = p->newest; s; s = s->older)
		if (s->is_sent && s->voice == response->voice && text_is_request(s->bytes) &&
		    sip_str_eq(text_value(s->bytes, SIP_STR("Call-ID"), 0), text_value(r, SIP_STR("Call-ID"), 0)) &&
		    sip_str_eq(text_value(s->bytes, SIP_STR("CSeq"), 0), cseq))
			return s;
	return NULL;
}

void speech_drop_flows(struct play *p)
{
	for (struct speech *s = p->newest; s; s = s->older)
		if (s->flow)
			sip_flow_unref(&s->flow);
}
