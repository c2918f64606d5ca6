/* One line of the scene: when, who, and which verb. */
#include "tests/replay/play.h"

static struct sip_str word(const struct play *p, size_t at)
{
	return at < p->cue.count ? p->cue.words[at] : sip_str_make("", 0);
}

static uint64_t number(struct play *p, size_t at)
{
	uint64_t n = 0;

	if (sip_str_to_u64(word(p, at), INT64_MAX, &n) != SIP_OK)
		play_fail(p, NULL, "a number where there is \"%.*s\"", SIP_STR_ARG(word(p, at)));
	return n;
}

/* ---- verbs ---------------------------------------------------------------------------------------------------------------- */

static void verb_acks(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct draft *d = play_alloc(p, sizeof *d);
	const struct speech *response = speech_find(p, word(p, at));
	struct sip_str name = script_option(&p->cue, at, "as"), to = script_option(&p->cue, at, "to");
	struct speech *s;

	make_ack(d, v, response);
	draft_apply(d, &p->cue);
	s = speech_new(v, SPEECH_MESSAGE, draft_finish(d), true);
	s->name = name;
	if (v->is_user) {
		user_send_alone(v, s, &p->cue);
	} else {
		s->far = to.len ? script_addr(p, to) : response->far;
		s->transport = response->transport;
		s->flow = response->flow;
		if (s->flow)
			sip_flow_ref(s->flow);
		peer_say(v, s);
	}
	stage_settle(p);
}

static void verb_cancels(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct draft *d = play_alloc(p, sizeof *d);
	const struct speech *request = speech_find(p, word(p, at));
	struct speech *s;

	if (v->is_user) {
		user_cancel(v, request, script_option(&p->cue, at, "because"));
		stage_settle(p);
		return;
	}
	make_cancel(d, v, request->bytes);
	draft_apply(d, &p->cue);
	s = speech_new(v, SPEECH_MESSAGE, draft_finish(d), true);
	s->name = script_option(&p->cue, at, "as");
	s->far = request->far;
	s->transport = request->transport;
	s->flow = request->flow;
	if (s->flow)
		sip_flow_ref(s->flow);
	peer_say(v, s);
	stage_settle(p);
}

static void verb_ignores(struct voice *v, size_t at)
{
	for (; at < v->play->cue.count; at++) {
		if (v->ignore_count == IGNORE_MAX)
			play_fail(v->play, NULL, "at most %d things ignored", IGNORE_MAX);
		v->ignores[v->ignore_count++] = word(v->play, at);
	}
}

static void verb_abandons(struct voice *v, size_t at)
{
	user_abandon(v, speech_find(v->play, word(v->play, at)));
	stage_settle(v->play);
}

static void verb_replies(struct voice *v, size_t at)
{
	const struct cue *c = &v->play->cue;

	user_reply(v, speech_find(v->play, script_option(c, at, "to")), (unsigned)number(v->play, at), script_has(c, at, "once"));
	stage_settle(v->play);
}

/* bob closes NAME: the connection that came by. */
static void verb_closes(struct voice *v, size_t at)
{
	const struct speech *s = speech_find(v->play, word(v->play, at));

	if (!s->flow)
		play_fail(v->play, s, "something that came over a connection");
	sip_flow_close(s->flow);
	stage_settle(v->play);
}

/* bob is up|down|refusing; app is down: nothing comes to any port of it. */
static void verb_is(struct voice *v, size_t at)
{
	struct play *p = v->play;
	struct sip_addr to = v->is_user ? *stage_at(p, SIP_TRANSPORT_NONE) : v->at;
	enum sip_memory_fate fate = SIP_MEMORY_UP;

	if (sip_str_eq(word(p, at), SIP_STR("refusing")))
		fate = SIP_MEMORY_REFUSES;
	else if (sip_str_eq(word(p, at), SIP_STR("down")))
		fate = SIP_MEMORY_BLACKHOLE;
	else if (!sip_str_eq(word(p, at), SIP_STR("up")))
		play_fail(p, NULL, "is up, down or refusing");
	if (v->is_user)
		sip_addr_set_port(&to, 0);
	if (sip_memory_net_fate(p->net, &to, fate) != SIP_OK)
		play_fail(p, NULL, "a net that can do this");
}

static bool on_parcel(void *arg, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to,
		      struct sip_str bytes)
{
	struct play *p = arg;

	(void)kind;
	(void)from;
	for (size_t i = 1; i < p->voice_count; i++) {
		struct voice *v = &p->voices[i];
		if (v->losing && sip_addr_eq(&v->at, to)) {
			v->losing--;
			play_tell(p, "            # lost on its way to %.*s: %.*s\n", SIP_STR_ARG(v->name),
				  SIP_STR_ARG(text_start_line(bytes)));
			return false;
		}
	}
	return true;
}

/* bob loses 2: what comes next to it never arrives. */
static void verb_loses(struct voice *v, size_t at)
{
	v->losing = (uint32_t)number(v->play, at);
	sip_memory_net_tap(v->play->net, on_parcel, v->play);
}

static const struct {
	const char *word;
	void (*fn)(struct voice *v, size_t at);
	bool is_user, is_peer;
} verbs[] = {
	{ "sends", cue_sends, true, true },         { "gets", cue_gets, true, true },
	{ "acks", verb_acks, true, true },          { "cancels", verb_cancels, true, true },
	{ "ignores", verb_ignores, true, true },    { "abandons", verb_abandons, true, false },
	{ "replies", verb_replies, true, false },   { "closes", verb_closes, false, true },
	{ "is", verb_is, true, true },              { "loses", verb_loses, false, true },
};

static void play_voice(struct voice *v, size_t at)
{
	struct play *p = v->play;

	if (v->is_user && p->is_dum && app_does(v, at))
		return;
	for (size_t i = 0; i < SIP_COUNTOF(verbs); i++) {
		if (!sip_str_eq(word(p, at), sip_str_of(verbs[i].word)))
			continue;
		if (v->is_user ? !verbs[i].is_user || p->is_proxy : !verbs[i].is_peer)
			play_fail(p, NULL, "somebody else who %s", verbs[i].word);
		verbs[i].fn(v, at + 1);
		return;
	}
	play_fail(p, NULL, "a verb where there is \"%.*s\"", SIP_STR_ARG(word(p, at)));
}

/* ---- what is there at the moment ------------------------------------------------------------------------------------------- */

/* metric NAME is N */
static void look_metric(struct play *p)
{
	int64_t value = stage_metric(p, word(p, 1));

	if (!sip_str_eq(word(p, 2), SIP_STR("is")) || value != (int64_t)number(p, 3))
		play_fail(p, NULL, "%.*s is %.*s, not %lld", SIP_STR_ARG(word(p, 1)), SIP_STR_ARG(word(p, 3)),
			  (long long)value);
}

/* transactions client N server N */
static void look_transactions(struct play *p)
{
	int64_t client = stage_metric(p, SIP_STR("sip_transactions{role=\"client\"}"));
	int64_t server = stage_metric(p, SIP_STR("sip_transactions{role=\"server\"}"));

	for (size_t i = 1; i + 1 < p->cue.count; i += 2) {
		int64_t value = sip_str_eq(word(p, i), SIP_STR("client")) ? client : server;
		if (value != (int64_t)number(p, i + 1))
			play_fail(p, NULL, "%.*s %.*s transactions, not %lld", SIP_STR_ARG(word(p, i + 1)),
				  SIP_STR_ARG(word(p, i)), (long long)value);
	}
}

/* contexts N */
static void look_contexts(struct play *p)
{
	if (house_contexts(p) != (size_t)number(p, 1))
		play_fail(p, NULL, "%.*s contexts, not %zu", SIP_STR_ARG(word(p, 1)), house_contexts(p));
}

/* handles N */
static void look_handles(struct play *p)
{
	if (app_handles(p) != (size_t)number(p, 1))
		play_fail(p, NULL, "%.*s handles, not %zu", SIP_STR_ARG(word(p, 1)), app_handles(p));
}

/* nobody gets anything [for TIME] */
static void look_nobody(struct play *p)
{
	for (size_t i = 0; i < p->voice_count; i++)
		if (p->voices[i].inbox)
			play_fail(p, p->voices[i].inbox, "nothing for anybody");
	if (p->cue.count > 4)
		stage_advance(p, script_time(p, word(p, 4)));
}

/* different $(a.branch) $(b.branch) … */
static void look_different(struct play *p)
{
	for (size_t i = 1; i < p->cue.count; i++)
		for (size_t k = i + 1; k < p->cue.count; k++)
			if (sip_str_eq(word(p, i), word(p, k)))
				play_fail(p, NULL, "things that differ, but two are \"%.*s\"", SIP_STR_ARG(word(p, i)));
}

/* delay TIME: of every parcel from now on */
static void set_delay(struct play *p)
{
	struct sip_memory_options o;

	sip_memory_options_init(&o);
	o.delay_min_us = o.delay_max_us = script_time(p, word(p, 1));
	sip_memory_net_set(p->net, &o);
}

static const struct {
	const char *word;
	void (*fn)(struct play *p);
} looks[] = {
	{ "metric", look_metric }, { "transactions", look_transactions }, { "contexts", look_contexts },
	{ "nobody", look_nobody }, { "register", house_register },        { "delay", set_delay },
	{ "different", look_different }, { "profile", app_profile },      { "handles", look_handles },
};

/* at TIME, after TIME, within TIME; returns where the rest begins. */
static size_t play_time(struct play *p)
{
	int64_t us;

	if (sip_str_eq(word(p, 0), SIP_STR("at")))
		us = script_time(p, word(p, 1)) - stage_now(p);
	else if (sip_str_eq(word(p, 0), SIP_STR("after")))
		us = script_time(p, word(p, 1));
	else
		return 0;
	if (us < 0)
		play_fail(p, NULL, "a time to come, it is %lld ms already", (long long)(stage_now(p) / 1000));
	stage_advance(p, us);
	return 2;
}

static void shift(struct cue *c, size_t by)
{
	c->count -= by;
	memmove(c->words, c->words + by, c->count * sizeof *c->words);
}

void cue_play(struct play *p)
{
	struct cue *c = &p->cue;
	struct voice *v;

	shift(c, play_time(p));
	if (c->count == 0)
		return;
	if (sip_str_eq(word(p, 0), SIP_STR("within"))) {
		int64_t us = script_time(p, word(p, 1));
		shift(c, 2);
		v = voice_find(p, word(p, 0));
		if (!v)
			play_fail(p, NULL, "within TIME ACTOR gets …");
		(void)stage_wait(p, v, us);
	}
	for (size_t i = 0; i < SIP_COUNTOF(looks); i++)
		if (sip_str_eq(word(p, 0), sip_str_of(looks[i].word))) {
			looks[i].fn(p);
			return;
		}
	v = voice_find(p, word(p, 0));
	if (!v)
		play_fail(p, NULL, "an actor or a cue where there is \"%.*s\"", SIP_STR_ARG(word(p, 0)));
	play_voice(v, 1);
}
