/* What an application does, a verb each. "fails ERR" at the end of any of them: that is what it must come to. */
#include "tests/replay/play.h"

static struct sip_str word(const struct play *p, size_t at)
{
	return at < p->cue.count ? p->cue.words[at] : sip_str_make("", 0);
}

static struct sip_str option(const struct play *p, const char *key)
{
	return script_option(&p->cue, 1, key);
}

static struct dum_handle handle_of(struct play *p, struct sip_str name)
{
	return speech_find(p, name)->event.handle;
}

static struct dum_handle request_of(struct play *p, struct sip_str name)
{
	return speech_find(p, name)->event.request;
}

static unsigned status_at(struct play *p, size_t at, unsigned otherwise)
{
	uint32_t n = otherwise;
	struct sip_str w = word(p, at);

	if (w.len && w.p[0] >= '1' && w.p[0] <= '9' && sip_str_to_u32(w, 9999, &n) != SIP_OK)
		play_fail(p, NULL, "a status where there is \"%.*s\"", SIP_STR_ARG(w));
	return n;
}

/* The block as header lines. */
static struct sip_str headers(struct play *p)
{
	struct sip_str all = sip_str_make("", 0);

	for (size_t i = 0; i < p->cue.block_count; i++) {
		struct sip_str line = script_fill(p, p->cue.block[i]);
		all = play_format(p, "%.*s%.*s\r\n", SIP_STR_ARG(all), SIP_STR_ARG(line));
	}
	return all;
}

/* Into the story, and under its name. */
static void note(struct voice *v, struct dum_handle h)
{
	struct play *p = v->play;
	struct speech *s = speech_new(v, SPEECH_MESSAGE, sip_str_make("", 0), true);
	struct sip_str all = sip_str_make("", 0);

	for (size_t i = 1; i < p->cue.count; i++)
		all = play_format(p, "%.*s %.*s", SIP_STR_ARG(all), SIP_STR_ARG(word(p, i)));
	play_tell(p, "%6lld.%03lld  app%.*s\n", (long long)(stage_now(p) / 1000000), (long long)(stage_now(p) / 1000 % 1000),
		  SIP_STR_ARG(all));
	s->name = option(p, "as");
	s->event.handle = h;
}

/* ---- what makes something ----------------------------------------------------------------------------------------------------- */

/* calls URI [from NAME-ADDR] [sdp "…"] as NAME */
static enum sip_err verb_calls(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct dum_invite_options o;
	struct dum_handle h = { 0 };
	enum sip_err err;

	dum_invite_options_init(&o);
	o.target = word(p, at);
	o.body = option(p, "sdp");
	o.from = option(p, "from");
	o.headers = headers(p);
	err = dum_invite(app_dum(p), &o, &h);
	note(v, h);
	return err;
}

/* registers URI [at REGISTRAR] [contacts "…"] [expires N] as NAME */
static enum sip_err verb_registers(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct dum_register_options o;
	struct dum_handle h = { 0 };
	struct sip_str expires = option(p, "expires");
	enum sip_err err;

	dum_register_options_init(&o);
	o.aor = word(p, at);
	o.registrar = option(p, "at");
	o.contacts = option(p, "contacts");
	o.headers = headers(p);
	if (expires.len && sip_str_to_u32(expires, UINT32_MAX, &o.expires_s) != SIP_OK)
		play_fail(p, NULL, "a number of seconds");
	err = dum_register(app_dum(p), &o, &h);
	note(v, h);
	return err;
}

/* sends METHOD URI [type T] [body "…"] as NAME */
static enum sip_err verb_sends(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct dum_send_options o;
	struct dum_handle h = { 0 };
	enum sip_err err;

	dum_send_options_init(&o);
	o.method = word(p, at);
	o.target = word(p, at + 1);
	o.type = option(p, "type");
	o.body = option(p, "body");
	o.headers = headers(p);
	err = dum_send(app_dum(p), &o, &h);
	note(v, h);
	return err;
}

/* ---- what is done to a session --------------------------------------------------------------------------------------------------- */

static enum sip_err verb_answers(struct voice *v, size_t at)
{
	struct play *p = v->play;

	return dum_session_provide_answer(app_dum(p), handle_of(p, word(p, at)), SIP_STR("application/sdp"), word(p, at + 1));
}

static enum sip_err verb_offers(struct voice *v, size_t at)
{
	struct play *p = v->play;

	return dum_session_provide_offer(app_dum(p), handle_of(p, word(p, at)), SIP_STR("application/sdp"), word(p, at + 1));
}

static enum sip_err verb_asks_offer(struct voice *v, size_t at)
{
	return dum_session_request_offer(app_dum(v->play), handle_of(v->play, word(v->play, at)));
}

/* rings NAME [STATUS] [early] */
static enum sip_err verb_rings(struct voice *v, size_t at)
{
	struct play *p = v->play;

	return dum_session_provisional(app_dum(p), handle_of(p, word(p, at)), status_at(p, at + 1, 180),
				       script_has(&p->cue, at, "early"));
}

/* accepts NAME [STATUS]; accepts request NAME [STATUS] [body "…"]; accepts registration NAME ["CONTACTS"] */
static enum sip_err verb_accepts(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct dum *d = app_dum(p);

	if (sip_str_eq(word(p, at), SIP_STR("request")))
		return dum_accept(d, request_of(p, word(p, at + 1)), status_at(p, at + 2, 200), option(p, "type"), option(p, "body"));
	if (sip_str_eq(word(p, at), SIP_STR("registration")))
		return dum_server_registration_accept(d, request_of(p, word(p, at + 1)), word(p, at + 2));
	return dum_session_accept(d, handle_of(p, word(p, at)), status_at(p, at + 1, 200));
}

/* rejects [request] NAME STATUS [because "PHRASE"] */
static enum sip_err verb_rejects(struct voice *v, size_t at)
{
	struct play *p = v->play;

	if (sip_str_eq(word(p, at), SIP_STR("request")))
		return dum_reject(app_dum(p), request_of(p, word(p, at + 1)), status_at(p, at + 2, 403), option(p, "because"));
	return dum_session_reject(app_dum(p), handle_of(p, word(p, at)), status_at(p, at + 1, 486), option(p, "because"));
}

/* redirects NAME STATUS "CONTACTS" */
static enum sip_err verb_redirects(struct voice *v, size_t at)
{
	struct play *p = v->play;

	return dum_session_redirect(app_dum(p), handle_of(p, word(p, at)), status_at(p, at + 1, 302), word(p, at + 2));
}

/* ends NAME [because "REASON"] */
static enum sip_err verb_ends(struct voice *v, size_t at)
{
	return dum_end(app_dum(v->play), handle_of(v->play, word(v->play, at)), option(v->play, "because"));
}

static enum sip_err verb_infos(struct voice *v, size_t at)
{
	struct play *p = v->play;

	return dum_session_info(app_dum(p), handle_of(p, word(p, at)), SIP_STR("application/x-play"), word(p, at + 1));
}

static enum sip_err verb_messages(struct voice *v, size_t at)
{
	struct play *p = v->play;

	return dum_session_message(app_dum(p), handle_of(p, word(p, at)), SIP_STR("text/plain"), word(p, at + 1));
}

/* ---- others ------------------------------------------------------------------------------------------------------------------------- */

static enum sip_err verb_refreshes(struct voice *v, size_t at)
{
	return dum_registration_refresh(app_dum(v->play), handle_of(v->play, word(v->play, at)));
}

/* removes-all NAME */
static enum sip_err verb_removes_all(struct voice *v, size_t at)
{
	return dum_registration_remove_all(app_dum(v->play), handle_of(v->play, word(v->play, at)));
}

/* provides NAME password PASSWORD; provides NAME ha1 "HA1" */
static enum sip_err verb_provides(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct dum_handle request = request_of(p, word(p, at));

	if (sip_str_eq(word(p, at + 1), SIP_STR("ha1")))
		return dum_provide_ha1(app_dum(p), request, word(p, at + 2));
	return dum_provide_password(app_dum(p), request, word(p, at + 2));
}

static enum sip_err verb_shuts_down(struct voice *v, size_t at)
{
	(void)at;
	return dum_shutdown(app_dum(v->play));
}

static const struct {
	const char *word;
	enum sip_err (*fn)(struct voice *v, size_t at);
	bool is_noted; /* by itself */
} verbs[] = {
	{ "calls", verb_calls, true },
	{ "registers", verb_registers, true },
	{ "sends", verb_sends, true },
	{ "answers", verb_answers, false },
	{ "offers", verb_offers, false },
	{ "asks-offer", verb_asks_offer, false },
	{ "rings", verb_rings, false },
	{ "accepts", verb_accepts, false },
	{ "rejects", verb_rejects, false },
	{ "redirects", verb_redirects, false },
	{ "ends", verb_ends, false },
	{ "infos", verb_infos, false },
	{ "messages", verb_messages, false },
	{ "refreshes", verb_refreshes, false },
	{ "removes-all", verb_removes_all, false },
	{ "provides", verb_provides, false },
	{ "shuts-down", verb_shuts_down, false },
};

static void do_verb(struct voice *v, size_t n, size_t at)
{
	struct play *p = v->play;
	struct sip_str fails = option(p, "fails");
	enum sip_err err;

	if (!verbs[n].is_noted)
		note(v, (struct dum_handle){ 0 });
	err = verbs[n].fn(v, at);
	if (!sip_str_eq(fails.len ? fails : SIP_STR("OK"), sip_str_of(sip_err_name(err))))
		play_fail(p, NULL, "%.*s, not %s", SIP_STR_ARG(fails.len ? fails : SIP_STR("OK")), sip_err_name(err));
	stage_settle(p);
}

bool app_does(struct voice *v, size_t at)
{
	struct play *p = v->play;

	if (sip_str_eq(word(p, at), SIP_STR("hears"))) {
		cue_hears(v, at + 1);
		return true;
	}
	if (sip_str_eq(word(p, at), SIP_STR("ignores")) || sip_str_eq(word(p, at), SIP_STR("is")))
		return false;
	for (size_t i = 0; i < SIP_COUNTOF(verbs); i++)
		if (sip_str_eq(word(p, at), sip_str_of(verbs[i].word))) {
			do_verb(v, i, at + 1);
			return true;
		}
	play_fail(p, NULL, "a verb of an application where there is \"%.*s\"", SIP_STR_ARG(word(p, at)));
}
