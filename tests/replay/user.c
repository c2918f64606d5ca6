/* The transaction user as a voice: it says what the play says, and tells what it is told. */
#include "tests/replay/play.h"

static enum speech_kind kind_of(enum sip_user_event_kind kind)
{
	switch (kind) {
	case SIP_USER_STRAY:
		return SPEECH_STRAY;
	case SIP_USER_CANCEL:
		return SPEECH_CANCEL;
	case SIP_USER_ENDED:
		return SPEECH_END;
	case SIP_USER_FLOW_GONE:
		return SPEECH_CLOSE;
	case SIP_USER_REQUEST:
	case SIP_USER_ACK:
	case SIP_USER_RESPONSE:
		break;
	}
	return SPEECH_MESSAGE;
}

static void on_event(void *arg, struct sip_user_event *e)
{
	struct play *p = arg;
	struct sip_flow *f = e->message ? sip_flow_from_ref(sip_message_flow(e->message)) : NULL;
	struct speech *s;
	struct sip_buf b;

	sip_buf_init(&b, 0);
	if (e->message)
		sip_message_put(e->message, &b);
	s = speech_new(&p->voices[0], kind_of(e->kind), sip_buf_str(&b), false);
	sip_buf_fini(&b);
	s->tx = s->request_tx = e->tx;
	s->why = e->why;
	s->is_merged = e->is_merged;
	if (f) {
		s->flow = f;
		sip_flow_ref(f);
		s->far = *sip_flow_remote(f);
	}
	speech_hear(s);
}

void user_set(struct play *p)
{
	struct sip_user_options o;

	sip_user_options_init(&o);
	o.name = "user";
	o.on_event = on_event;
	o.arg = p;
	o.shard = -1;
	o.wants_ended = true;
	o.wants_strays = p->voices[0].hears_strays;
	o.wants_flows = p->voices[0].hears_closes;
	if (sip_stack_add_user(p->stack, &o, &p->user) != SIP_OK)
		play_fail(p, NULL, "a stack with a user");
}

static struct sip_message *parse(struct play *p, const struct speech *s)
{
	struct sip_packet *packet = sip_packet_copy(s->bytes.p, s->bytes.len);
	struct sip_message *m = NULL;
	enum sip_err err;

	if (!packet)
		play_fail(p, s, "memory");
	err = sip_message_parse(packet, 0, s->bytes.len, &sip_limits_default, &m);
	sip_packet_unref(&packet);
	if (err != SIP_OK)
		play_fail(p, s, "a message that can be represented (%s)", sip_err_name(err));
	return m;
}

static void check(struct play *p, const struct speech *s, struct sip_message **m, enum sip_err err)
{
	if (*m)
		sip_message_unref(m);
	if (err != SIP_OK)
		play_fail(p, s, "the stack to take this (%s)", sip_err_name(err));
}

/* through URI, over-flow-of NAME [only] */
static void read_target(struct play *p, const struct cue *c, struct sip_target *t)
{
	struct sip_str flow = script_option(c, 1, "over-flow-of");

	sip_target_init(t);
	t->uri = script_option(c, 1, "through");
	t->branch_extra = script_option(c, 1, "branch-end");
	if (flow.len)
		t->flow = speech_find(p, flow)->flow;
	t->flow_only = script_has(c, 1, "only");
}

void user_send_request(struct voice *v, struct speech *s, const struct cue *c)
{
	struct play *p = v->play;
	struct sip_message *m = parse(p, s);
	struct sip_target target;

	speech_said(s);
	read_target(p, c, &target);
	check(p, s, &m, sip_user_request(p->user, &m, &target, 1, &s->tx));
}

void user_send_response(struct voice *v, struct speech *s, uint64_t tx)
{
	struct play *p = v->play;
	struct sip_message *m = parse(p, s);

	speech_said(s);
	s->tx = tx;
	check(p, s, &m, sip_user_respond(p->user, tx, &m));
}

void user_send_alone(struct voice *v, struct speech *s, const struct cue *c)
{
	struct play *p = v->play;
	struct sip_message *m = parse(p, s);
	struct sip_target target;

	speech_said(s);
	read_target(p, c, &target);
	check(p, s, &m, sip_user_send(p->user, &m, &target));
}

void user_reply(struct voice *v, const struct speech *request, unsigned status, bool is_once)
{
	struct play *p = v->play;
	struct sip_message *m = parse(p, request);
	enum sip_err err = is_once ? sip_user_reply_once(p->user, request->tx, m, status, NULL)
				   : sip_user_reply(p->user, request->tx, m, status, NULL);

	check(p, request, &m, err);
}

void user_cancel(struct voice *v, const struct speech *request, struct sip_str reason)
{
	struct sip_message *none = NULL;

	check(v->play, request, &none, sip_user_cancel(v->play->user, request->tx, reason));
}

void user_abandon(struct voice *v, const struct speech *request)
{
	struct sip_message *none = NULL;

	check(v->play, request, &none, sip_user_abandon(v->play->user, request->tx));
}
