/* "app hears FUNCTION …": what the manager told last, held against what the play says. */
#include "tests/replay/play.h"

/* of NAME: what is about it; of a new session: the call it comes of. */
static void expect_about(struct play *p, const struct speech *s, struct sip_str name)
{
	const struct speech *known = speech_find(p, name);
	const struct dum_event *e = &s->event;
	struct dum_handle h = e->kind == DUM_EVENT_NEW_SESSION ? e->set : e->handle;

	if (!dum_handle_eq(h, known->event.handle))
		play_fail(p, s, "this of %.*s", SIP_STR_ARG(name));
}

static void expect_number(struct play *p, const struct speech *s, const char *option, uint32_t got)
{
	struct sip_str word = script_option(&p->cue, 1, option);
	uint64_t n = 0;

	if (word.len && (sip_str_to_u64(word, UINT32_MAX, &n) != SIP_OK || n != got))
		play_fail(p, s, "%s %.*s, not %lu", option, SIP_STR_ARG(word), (unsigned long)got);
}

static void expect_text(struct play *p, const struct speech *s, const char *option, struct sip_str got)
{
	struct sip_str wanted = script_option(&p->cue, 1, option);

	if (wanted.p && !sip_str_eq(wanted, got))
		play_fail(p, s, "%s \"%.*s\", not \"%.*s\"", option, SIP_STR_ARG(wanted), SIP_STR_ARG(got));
}

void cue_hears(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct cue *c = &p->cue;
	struct sip_str name = script_option(c, at, "as"), of = script_option(c, at, "of");
	struct speech *s;

	if (at >= c->count)
		play_fail(p, NULL, "hears FUNCTION");
	s = speech_take(v);
	if (!s)
		play_fail(p, NULL, "app to hear %.*s at %lld ms, but nothing came", SIP_STR_ARG(c->words[at]),
			  (long long)(stage_now(p) / 1000));
	if (!app_is_event_named(s->event.kind, c->words[at]))
		play_fail(p, s, "%.*s, not %.*s", SIP_STR_ARG(c->words[at]), SIP_STR_ARG(app_event_name(s->event.kind)));
	if (of.len)
		expect_about(p, s, of);
	expect_number(p, s, "status", s->event.status);
	expect_number(p, s, "seconds", s->event.number);
	expect_number(p, s, "reg-id", s->event.reg_id);
	expect_number(p, s, "standing", s->event.standing);
	expect_text(p, s, "because", sip_str_of(dum_reason_text(s->event.reason)));
	expect_text(p, s, "body", s->event.body);
	expect_text(p, s, "user", s->event.user);
	expect_text(p, s, "realm", s->event.realm);
	expect_text(p, s, "algorithm", s->event.algorithm);
	expect_text(p, s, "gruu", s->event.gruu);
	expect_text(p, s, "temporary-gruu", s->event.temporary_gruu);
	gets_sdp(p, s->event.type, s->event.body, s);
	if (name.len)
		s->name = name;
	gets_block(p, s);
}
