/* One side of a call: what it does about what it hears, and of itself. */
#include "tests/sim/dum/town.h"

static const struct sip_str none;

/* ---- bodies: what a side says of itself, and in an answer to what ------------------------------------ */

struct said {
	uint32_t number, to;             /* to: 0 in an offer that never was an answer */
};

struct sip_str sim_body_make(char text[SIM_BODY], unsigned number, unsigned to)
{
	snprintf(text, SIM_BODY, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=says %u to %u\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n", number, to);
	return sip_str_of(text);
}

/* The answer of who hangs up: the BYE follows. */
static bool is_refusal(struct sip_str body)
{
	return body.len && memmem(body.p, body.len, "m=audio 0 RTP/AVP 0", 19);
}

static struct said body_read(struct sim_talk *t, struct sip_str body)
{
	struct said s = { 0, 0 };
	char text[SIM_BODY];
	const char *at;

	snprintf(text, sizeof text, "%.*s", SIP_STR_ARG(body));
	at = strstr(text, "says ");
	if (!at || sscanf(at, "says %u to %u", &s.number, &s.to) != 2)
		sim_violation(&t->dial->town->base, "call %u: \"%s\" says nothing", t->dial->number, text);
	return s;
}

/* ---- deeds ----------------------------------------------------------------------------------------- */

/* What it was going to say may come too late then. */
static bool is_ending(const struct sim_talk *t)
{
	return t->is_over || t->is_ending || t->manager->is_leaving;
}

static void trace(const struct sim_talk *t, const char *what, enum sip_err err)
{
	sim_trace(&t->dial->town->base, "talk %u %s %s.%u: %s%s%s", t->dial->number, t->is_client ? "caller" : "callee",
		  t->manager->name, t->session.index, what, err == SIP_OK ? "" : ": ", err == SIP_OK ? "" : sip_err_text(err));
}

static void later(struct sim_talk *t, enum sim_deed deed, int64_t least, int64_t most)
{
	if (!t->is_over)
		sip_loop_arm(t->manager->loop, &t->due[deed].timer, 	     sim_between(&t->dial->town->base, least, most));
}

static void note_agreed(struct sim_talk *t, unsigned answer, unsigned ours)
{
	SIM_MUST(t->agreed_count < SIM_AGREED);
	t->agreed[t->agreed_count++] = answer;
	t->stands = ours;
	t->dial->town->exchanges++;
}

static bool give_answer(struct sim_talk *t)
{
	unsigned number = ++t->dial->town->said, offer = t->offer_in;
	char text[SIM_BODY];
	enum sip_err err;

	t->offer_in = 0;
	err = dum_session_provide_answer(t->manager->dum, t->session, none, sim_body_make(text, number, offer));
	trace(t, "provide_answer", err);
	if (err == SIP_OK)
		note_agreed(t, number, number);
	else if (!is_ending(t))
		sim_violation(&t->dial->town->base, "call %u: offer %u cannot be answered: %s", t->dial->number, offer,
			      sip_err_text(err));
	return err == SIP_OK;
}

static bool make_offer(struct sim_talk *t)
{
	unsigned number = ++t->dial->town->said;
	char text[SIM_BODY];
	enum sip_err err = dum_session_provide_offer(t->manager->dum, t->session, none, sim_body_make(text, number, 0));

	trace(t, "provide_offer", err);
	if (err == SIP_OK) {
		t->offer_out = number;
		t->has_to_offer = false;
	}
	return err == SIP_OK;
}

void sim_talk_note_end(struct sim_talk *t)
{
	t->is_ending = true;
	t->dial->is_rude |= t->offer_in || t->has_asked || (t->is_client && !t->is_connected && !t->dial->offer);
}

static void hang_up(struct sim_talk *t)
{
	enum sip_err err = dum_end(t->manager->dum, t->session, SIP_STR("SIP;cause=200;text=\"enough\""));

	trace(t, "end", err);
	sim_talk_note_end(t);
	if (err != SIP_OK && !t->is_over)
		sim_violation(&t->dial->town->base, "call %u cannot be ended: %s", t->dial->number, sip_err_text(err));
}

static void refuse(struct sim_talk *t, unsigned status)
{
	enum sip_err err = dum_session_reject(t->manager->dum, t->session, status, none);

	trace(t, "reject", err);
	if (err == SIP_OK)
		t->dial->town->rejected++;
	else if (!is_ending(t))
		sim_violation(&t->dial->town->base, "call %u: a %u is refused: %s", t->dial->number, status, sip_err_text(err));
}

/* ---- before it stands ------------------------------------------------------------------------------ */

static bool say_what_is_due(struct sim_talk *t)
{
	if (t->offer_in)
		return give_answer(t);
	return !t->has_to_offer || make_offer(t);
}

static void ring(struct sim_talk *t)
{
	bool is_early = t->is_early && say_what_is_due(t);
	enum sip_err err = dum_session_provisional(t->manager->dum, t->session, is_early ? 183 : 180, is_early);

	trace(t, is_early ? "early media" : "ring", err);
	if (sim_chance(&t->dial->town->base, 20))
		later(t, SIM_DEED_RING, SIP_MS(10), SIP_SECONDS(2));
	t->is_early = false;
}

static void redirect(struct sim_talk *t)
{
	const struct sim_town *town = t->dial->town;
	char contact[80];
	enum sip_err err;

	snprintf(contact, sizeof contact, "<%s>", town->persons[sim_between(&t->dial->town->base, 0, SIM_PERSONS - 1)].uri);
	err = dum_session_redirect(t->manager->dum, t->session, 302, sip_str_of(contact));
	trace(t, "redirect", err);
}

/* What it is to say waits for a PRACK or the answer to an UPDATE at most, and both sides still want to speak then. */
static void take_call(struct sim_talk *t)
{
	enum sip_err err;

	if (!say_what_is_due(t) && is_ending(t))
		return;
	err = dum_session_accept(t->manager->dum, t->session, t->status);
	trace(t, "accept", err);
	if (err == SIP_E_STATE && t->retries++ < 80)
		later(t, SIM_DEED_FINAL, SIP_MS(500), SIP_MS(500));
	else if (err != SIP_OK && !is_ending(t))
		sim_violation(&t->dial->town->base, "call %u cannot be accepted: %s", t->dial->number, sip_err_text(err));
}

static void answer_call(struct sim_talk *t)
{
	sip_loop_disarm(t->manager->loop, &t->due[SIM_DEED_RING].timer);
	if (t->offer_in && t->agreed_count && t->status >= 400) { /* a reject now would be that of an UPDATE */
		later(t, SIM_DEED_FINAL, SIP_MS(500), SIP_MS(500));
		return;
	}
	if (t->status / 100 == 2)
		take_call(t);
	else if (t->status / 100 == 3)
		redirect(t);
	else
		refuse(t, t->status);
}

static unsigned choose_status(struct sim_base *b)
{
	static const unsigned refusals[] = { 480, 486, 603, 500, 404 };
	int64_t dice = sim_between(b, 0, 99);

	if (dice < 78)
		return 200;
	if (dice < 92)
		return refusals[sim_between(b, 0, SIP_COUNTOF(refusals) - 1)];
	return dice < 97 ? 302 : 0;
}

static void plan_answer(struct sim_talk *t)
{
	struct sim_base *b = &t->dial->town->base;

	t->status = choose_status(b);
	t->is_early = sim_chance(b, 40);
	if (sim_chance(b, 85))
		later(t, SIM_DEED_RING, 0, SIP_SECONDS(2));
	if (t->status)
		later(t, SIM_DEED_FINAL, sim_chance(b, 20) ? 0 : SIP_MS(10), SIP_SECONDS(6));
}

static void link_call(struct sim_talk *t)
{
	struct dum_b2b_options o;
	char text[80];
	size_t n = strlen("sip:link-");
	enum sip_err err;

	/* The name it was called by says who is to be called. */
	snprintf(text, sizeof text, "%s", t->dial->target + n);
	dum_b2b_options_init(&o);
	if (t->dial->town->has_proxy) {
		snprintf(text, sizeof text, "sip:%.*s@a.sim", (int)strcspn(t->dial->target + n, "@"), t->dial->target + n);
	} else {
		struct sip_str user = sip_str_make(t->dial->target + n, strcspn(t->dial->target + n, "@"));
		snprintf(text, sizeof text, "%s", sim_person_find(t->dial->town, user)->uri);
	}
	o.target = sip_str_of(text);
	o.passed = SIP_STR("X-Call, Subject");
	err = dum_b2b_create(t->manager->dum, t->session, &o);
	trace(t, "link", err);
	if (err != SIP_OK)
		sim_violation(&t->dial->town->base, "call %u cannot be linked: %s", t->dial->number, sip_err_text(err));
}

/* ---- once it stands --------------------------------------------------------------------------------- */

static void speak(struct sim_talk *t)
{
	struct dum *d = t->manager->dum;
	int64_t dice = sim_between(&t->dial->town->base, 0, 99);
	enum sip_err err = SIP_OK;

	if (dice < 55)
		(void)make_offer(t);
	else if (dice < 70)
		t->has_asked |= (err = dum_session_request_offer(d, t->session)) == SIP_OK;
	else if (dice < 85)
		err = dum_session_info(d, t->session, SIP_STR("application/dtmf-relay"), SIP_STR("Signal=5\r\n"));
	else
		err = dum_session_message(d, t->session, SIP_STR("text/plain"), SIP_STR("hello"));
	if (dice >= 55)
		trace(t, dice < 70 ? "request_offer" : dice < 85 ? "info" : "message", err);
	if (--t->actions)
		later(t, SIM_DEED_ACT, SIP_MS(1), sim_chance(&t->dial->town->base, 50) ? SIP_SECONDS(1) : SIP_SECONDS(20));
}

static bool hangs_up(const struct sim_talk *t)
{
	return t->dial->hanger == SIM_HANGS_BOTH || (t->dial->hanger == SIM_HANGS_CALLER) == t->is_client;
}

/* The callee first when it has the ACK: what overtakes its 200 is refused, and the call with it. */
static void plan_talk(struct sim_talk *t)
{
	struct sim_base *b = &t->dial->town->base;

	t->actions = (unsigned)sim_between(b, 0, 4) + t->dial->is_eager;
	if (t->dial->is_eager)
		later(t, SIM_DEED_ACT, 0, SIP_MS(30));
	else if (t->actions)
		later(t, SIM_DEED_ACT, SIP_MS(1), SIP_SECONDS(8));
}

static void on_confirmed(struct sim_talk *t)
{
	if (!t->is_linked && !t->is_client && !t->is_confirmed)
		plan_talk(t);
	t->is_confirmed = true; /* and told again of every re-INVITE that the peer makes */
}

static void on_connected(struct sim_talk *t)
{
	struct sim_base *b = &t->dial->town->base;

	if (t->is_connected)
		sim_violation(b, "call %u is told twice that it stands", t->dial->number);
	t->is_connected = true;
	t->is_new_done = true;
	t->dial->town->connected++;
	if (t->is_linked)
		return;
	if (t->is_client)
		plan_talk(t);
	if (hangs_up(t))
		later(t, SIM_DEED_HANG_UP, t->dial->talk_us, t->dial->talk_us);
}

static void answer_offer(struct sim_talk *t)
{
	struct sim_base *b = &t->dial->town->base;

	if (!t->offer_in && !t->has_to_offer)
		return; /* it has made an offer of its own accord meanwhile */
	if (sim_chance(b, 10) && t->is_connected) {
		t->dial->is_rude = true;
		refuse(t, 488);
	} else if (sim_chance(b, 3)) {
		hang_up(t);
	} else {
		(void)say_what_is_due(t);
	}
	t->offer_in = 0;
	t->has_to_offer = false;
}

static void answer_soon(struct sim_talk *t)
{
	struct sim_base *b = &t->dial->town->base;

	if (sim_chance(b, 60)) {
		answer_offer(t);
	} else if (sim_chance(b, 97)) {
		later(t, SIM_DEED_ANSWER, 0, SIP_SECONDS(3));
	} else { /* never */
		t->dial->is_rude = t->dial->is_negligent = true;
		t->offer_in = 0;
		t->has_to_offer = false;
	}
}

static void on_due(void *arg)
{
	struct sim_due *due = arg;
	struct sim_talk *t = due->talk;

	switch ((enum sim_deed)(due - t->due)) {
	case SIM_DEED_RING: ring(t); break;
	case SIM_DEED_FINAL: answer_call(t); break;
	case SIM_DEED_ANSWER: answer_offer(t); break;
	case SIM_DEED_ACT: speak(t); break;
	case SIM_DEED_HANG_UP: hang_up(t); break;
	case SIM_DEED_COUNT: break;
	}
}

/* ---- what is told ------------------------------------------------------------------------------------ */

static void on_offer(struct sim_talk *t, const struct dum_event *e)
{
	if (t->is_linked)
		return;
	if (t->offer_in)
		sim_violation(&t->dial->town->base, "call %u is offered twice", t->dial->number);
	t->has_asked = false;
	t->offer_in = body_read(t, e->body).number;
	if (t->is_client || t->is_new_done || t->agreed_count)
		answer_soon(t);
}

static void on_offer_required(struct sim_talk *t)
{
	t->has_to_offer = true;
	if (!t->is_linked && t->is_new_done)
		answer_soon(t);
}

/* With no offer of ours out it answers what the manager has repeated to refresh the session. */
static void on_answer(struct sim_talk *t, const struct dum_event *e, bool is_preview)
{
	unsigned ours = t->offer_out ? t->offer_out : t->stands;
	struct said s;

	if (t->is_linked || is_refusal(e->body))
		return;
	s = body_read(t, e->body);
	if (s.to != ours)
		sim_violation(&t->dial->town->base, "call %u: an answer to offer %u, out is %u", t->dial->number, s.to, ours);
	if (is_preview)
		return;
	t->offer_out = 0;
	note_agreed(t, s.number, ours);
}

/* While it is early both sides may offer by UPDATE once they have agreed. */
static void maybe_update(struct sim_talk *t)
{
	if (!t->is_linked && !t->is_new_done && t->agreed_count && sim_chance(&t->dial->town->base, 25))
		(void)make_offer(t);
}

static void on_request(struct sim_talk *t, const struct dum_event *e)
{
	int64_t dice = sim_between(&t->dial->town->base, 0, 99);
	enum sip_err err = SIP_OK;

	if (t->is_linked)
		return; /* the link's */
	if (dice < 80)
		err = dum_accept(t->manager->dum, e->request, 200, none, none);
	else if (dice < 95)
		err = dum_reject(t->manager->dum, e->request, 480, none);
	t->dial->is_rude |= dice >= 95;
	if (err != SIP_OK)
		sim_violation(&t->dial->town->base, "call %u: a request cannot be answered: %s", t->dial->number, sip_err_text(err));
}

static void on_terminated(struct sim_talk *t, const struct dum_event *e)
{
	t->is_over = true;
	t->reason = e->reason;
	for (unsigned i = 0; i < SIM_DEED_COUNT; i++)
		sip_loop_disarm(t->manager->loop, &t->due[i].timer);
}

/* ---- whose it is -------------------------------------------------------------------------------------- */

static void drop(void *data)
{
	struct sim_talk *t = data;

	t->dial->town->dropped++;
}

static void copy(char out[SIM_ID], struct sip_str s)
{
	snprintf(out, SIM_ID, "%.*s", SIP_STR_ARG(s));
}

static struct sip_str to_tag(const struct sip_message *m)
{
	const struct sip_name_addr *to = sip_message_name_addr(m, SIP_HEADER_TO, 0);

	return to ? to->tag : none;
}

static struct sim_dial *dial_of_invite(struct sim_town *town, const struct sip_message *m)
{
	struct sip_str text;
	uint32_t n;

	if (!sip_message_find(m, SIP_STR("X-Call"), 0, &text) || sip_str_to_u32(text, town->base.o.calls - 1, &n) != SIP_OK)
		return NULL;
	return &town->dials[n];
}

/* A session's own call: that of its set; the one who links knows it by the INVITE it has sent. */
static struct sim_dial *dial_of(struct sim_manager *m, const struct dum_event *e)
{
	return e->is_client ? dum_data(m->dum, e->set) : dial_of_invite(m->town, e->message);
}

static struct sim_talk *talk_new(struct sim_manager *m, const struct dum_event *e)
{
	struct sim_dial *c = dial_of(m, e);
	struct sim_talk *t = sip_alloc_zero(sizeof *t);

	SIM_MUST(c != NULL && t != NULL);
	t->dial = c;
	t->manager = m;
	t->session = e->handle;
	t->is_client = e->is_client;
	t->is_linked = m->number == SIM_MANAGERS;
	t->offer_out = t->is_client ? c->offer : 0;
	copy(t->call_id, sip_message_call_id(e->message));
	if (t->is_client)
		copy(t->tag, to_tag(e->message));
	for (unsigned i = 0; i < SIM_DEED_COUNT; i++) {
		t->due[i].talk = t;
		sip_timer_init(&t->due[i].timer, on_due, &t->due[i]);
	}
	sip_list_add_tail(&c->talks, &t->node);
	m->town->talks++;
	m->town->hung++;
	SIM_MUST(dum_set_data(m->dum, e->handle, t, drop) == SIP_OK);
	sim_trace(&m->town->base, "talk %u %s %s.%u: new, %s", c->number, t->is_client ? "caller" : "callee", m->name,
		  t->session.index, t->call_id);
	return t;
}

static void on_new(struct sim_manager *m, const struct dum_event *e)
{
	struct sim_talk *t = talk_new(m, e);

	if (t->is_linked && !t->is_client)
		link_call(t);
	if (t->is_linked)
		return;
	if (sim_chance(&m->town->base, 2))
		hang_up(t); /* from within the call-back */
	else if (!t->is_client)
		plan_answer(t);
}

void sim_talk_event(struct sim_manager *m, const struct dum_event *e)
{
	struct sim_talk *t = e->kind == DUM_EVENT_NEW_SESSION ? NULL : dum_data(m->dum, e->handle);

	if (e->kind == DUM_EVENT_NEW_SESSION) {
		on_new(m, e);
		return;
	}
	if (!t || t->is_over) {
		sim_violation(&m->town->base, "%s of a session that is %s", dum_event_name(e->kind), t ? "over" : "not known");
		return;
	}
	trace(t, dum_event_name(e->kind), SIP_OK);
	switch (e->kind) {
	case DUM_EVENT_OFFER: on_offer(t, e); break;
	case DUM_EVENT_OFFER_REQUIRED: on_offer_required(t); break;
	case DUM_EVENT_ANSWER: on_answer(t, e, false); maybe_update(t); break;
	case DUM_EVENT_EARLY_MEDIA: on_answer(t, e, true); break;
	case DUM_EVENT_OFFER_REJECTED: t->offer_out = 0; break;
	case DUM_EVENT_OFFER_REQUEST_REJECTED: t->has_asked = false; break;
	case DUM_EVENT_PROVISIONAL:
	case DUM_EVENT_PRACK: maybe_update(t); break;
	case DUM_EVENT_CONNECTED: on_connected(t); break;
	case DUM_EVENT_CONNECTED_CONFIRMED: on_confirmed(t); break;
	case DUM_EVENT_INFO_FAILURE:
	case DUM_EVENT_MESSAGE_FAILURE:
		if (e->status == 481 || e->status == 408)
			sim_talk_note_end(t); /* the manager hangs up */
		break;
	case DUM_EVENT_STALE_CALL: t->dial->has_cancelled = true; break;
	case DUM_EVENT_SESSION_EXPIRED:
	case DUM_EVENT_STALE_REINVITE: sim_talk_note_end(t); break;
	case DUM_EVENT_INFO:
	case DUM_EVENT_MESSAGE: on_request(t, e); break;
	case DUM_EVENT_TERMINATED: on_terminated(t, e); break;
	case DUM_EVENT_ILLEGAL_NEGOTIATION:
		if (!t->dial->is_negligent && (t->dial->offer || !t->dial->is_set_over)) /* who is over knows of no offer */
			sim_violation(&m->town->base, "call %u: an illegal negotiation", t->dial->number);
		break;
	default: break;
	}
}

void sim_talk_sends(struct sim_manager *m, struct dum_handle usage, struct sip_message *message)
{
	struct sim_dial *c;

	if (sip_message_method(message) != SIP_METHOD_INVITE)
		return;
	if (sip_message_is_request(message)) { /* the one who links has no other way to know whose the set is */
		c = m->number == SIM_MANAGERS ? dial_of_invite(m->town, message) : NULL;
		if (c && dum_kind(m->dum, usage) == DUM_HANDLE_SET && dum_set_data(m->dum, usage, c, NULL) != SIP_OK)
			sim_violation(&m->town->base, "call %u: a set that is stale already", c->number);
	} else if (dum_kind(m->dum, usage) == DUM_HANDLE_SESSION && sip_message_status(message) > 100) {
		struct sim_talk *t = dum_data(m->dum, usage);
		if (t && !t->is_client && !t->tag[0])
			copy(t->tag, to_tag(message));
	}
}
