/*
 * Session timers (RFC 4028), both sides: who refreshes at half the interval, by UPDATE where the peer can and by re-INVITE else;
 * who does not hangs up when a third of it, or 32 s, is left and nothing came. DUM's loop.
 */
#include "dum/invite/invite_priv.h"

#define LEAST_SE 90 /* 4: no smaller Min-SE */

static enum sip_err set_number(struct sip_message *m, enum sip_header id, uint32_t n, const char *params)
{
	struct sip_buf b;
	char text[48];

	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, n);
	sip_buf_put_z(&b, params);
	return b.err != SIP_OK ? b.err : sip_message_set(m, id, sip_buf_str(&b));
}

static enum sip_err put_supported(struct sip_message *m)
{
	return sip_message_has_token(m, SIP_HEADER_SUPPORTED, SIP_STR("timer")) ? SIP_OK :
										  sip_message_add(m, SIP_HEADER_SUPPORTED, SIP_STR("timer"));
}

/* Whom our request asks to refresh (7.1); in a session that has one it stays who it is (7.4). */
static const char *refresher_of_request(const struct dum_session *x, struct dum_profile *p)
{
	if (x && x->interval_s)
		return x->is_refresher ? ";refresher=uac" : ";refresher=uas";
	switch (dum_profile_number(p, DUM_PROFILE_SESSION_TIMER_MODE)) {
	case DUM_SESSION_TIMER_LOCAL:
	case DUM_SESSION_TIMER_CALLER:
		return ";refresher=uac";
	case DUM_SESSION_TIMER_REMOTE:
	case DUM_SESSION_TIMER_CALLEE:
		return ";refresher=uas";
	default:
		return "";
	}
}

enum sip_err dum__timer_put_request(struct dum_session *x, struct dum_profile *p, uint32_t min_se, struct sip_message *m)
{
	uint32_t interval = dum_profile_number(p, DUM_PROFILE_SESSION_TIME), least = dum_profile_number(p, DUM_PROFILE_MIN_SE);
	enum sip_err err;

	if (!interval)
		return SIP_OK;
	least = least < min_se ? min_se : least;
	least = least < LEAST_SE ? LEAST_SE : least;
	if (x && x->interval_s)
		interval = x->interval_s;
	interval = interval < least ? least : interval;
	err = put_supported(m);
	if (err == SIP_OK)
		err = set_number(m, SIP_HEADER_SESSION_EXPIRES, interval, refresher_of_request(x, p));
	if (err == SIP_OK && (min_se || least > LEAST_SE))
		err = set_number(m, SIP_HEADER_MIN_SE, least, "");
	return err;
}

/* ---- the clock of a session ---------------------------------------------------------------------------------------------------- */

static void start(struct dum_session *x, uint32_t interval_s, bool is_refresher)
{
	/* 10: the refresher at half of it; the other one is done when a third of it, at most 32 s, is left. */
	int64_t interval = SIP_SECONDS((int64_t)interval_s), margin = interval / 3 < SIP_SECONDS(32) ? interval / 3 : SIP_SECONDS(32);

	x->interval_s = interval_s;
	x->is_refresher = is_refresher;
	x->expires_us = dum_core_now(x->usage.set->dum) + interval;
	sip_loop_arm(x->usage.set->dum->loop, &x->session_timer, is_refresher ? interval / 2 : interval - margin);
}

void dum__timer_stop(struct dum_session *x)
{
	sip_loop_disarm(x->usage.set->dum->loop, &x->session_timer);
}

static enum sip_err refresh(struct dum_session *x)
{
	struct dum__input i = { 0 };
	enum sip_err err;

	if (x->state != DUM__SESSION_CONNECTED || x->update || dum__oa_is_our_offer_out(&x->oa) || dum__oa_is_answer_due(&x->oa))
		return SIP_OK; /* another one is under way: it will do, or the next time */
	x->is_refresh = true;
	if (x->peer_has_update) {
		err = dum__update_send(x, false);
	} else {
		err = x->oa.held.bytes ? SIP_OK : dum__body_set(&x->oa.held, dum__body_type(&x->oa.local), dum__body_bytes(&x->oa.local));
		if (err == SIP_OK && !x->oa.local.body_len)
			dum__body_clear(&x->oa.held);
		if (err == SIP_OK)
			err = dum__session_run(x, DUM__ON_DO_REINVITE, &i);
	}
	x->is_refresh = err == SIP_OK;
	return err;
}

static void on_due(void *arg)
{
	struct dum_session *x = arg;
	struct dum *d = x->usage.set->dum;
	struct dum__input i = { 0 };
	enum sip_err err;

	dum_core_enter(d);
	if (x->is_refresher && dum_core_now(d) < x->expires_us) {
		/* Should it fail, the rest of the interval is left to try again. */
		sip_loop_arm(d->loop, &x->session_timer, SIP_SECONDS((int64_t)x->interval_s) / 6);
		err = refresh(x);
		(void)err;
	} else {
		x->why = DUM_REASON_TIMEOUT;
		dum__session_tell(x, DUM_EVENT_SESSION_EXPIRED, NULL);
		if (!x->usage.is_ended && !x->bye && dum__session_run(x, DUM__ON_DO_END, &i) != SIP_OK)
			dum__session_end(x);
	}
	dum_core_leave(d);
}

void dum__timer_init(struct dum_session *x)
{
	sip_timer_init(&x->session_timer, on_due, x);
}

/* ---- what comes in --------------------------------------------------------------------------------------------------------------- */

struct wish {
	uint32_t interval_s;
	bool is_uac, is_uas; /* the refresher, if it says so */
};

static bool read_wish(const struct sip_message *m, struct wish *out)
{
	const struct sip_number_value *said;
	struct sip_str refresher;

	memset(out, 0, sizeof *out);
	/* The number counts, be its parameters broken. */
	if (sip_message_number(m, SIP_HEADER_SESSION_EXPIRES, &out->interval_s) != SIP_OK)
		return false;
	said = sip_message_number_value(m, SIP_HEADER_SESSION_EXPIRES);
	if (said && sip_param_text(said->params, SIP_PARAM_REFRESHER, &refresher)) {
		out->is_uac = sip_str_eq_nocase(refresher, SIP_STR("uac"));
		out->is_uas = sip_str_eq_nocase(refresher, SIP_STR("uas"));
	}
	return true;
}

bool dum__timer_note_min_se(struct dum_session *x, const struct sip_message *m)
{
	uint32_t least;

	if (sip_message_number(m, SIP_HEADER_MIN_SE, &least) != SIP_OK || least <= x->min_se_s)
		return false;
	x->min_se_s = least;
	return true;
}

void dum__timer_on_failure(struct dum_session *x, const struct sip_message *m)
{
	enum sip_err err;

	if (sip_message_status(m) != 422 || !dum__timer_note_min_se(x, m))
		return;
	err = refresh(x);
	(void)err; /* the next time it is due */
}

bool dum__timer_refuses(struct dum_session *x, struct dum_incoming *in)
{
	uint32_t least = dum_profile_number(x->usage.set->profile, DUM_PROFILE_MIN_SE);
	struct dum_answer a = { .status = sip_refusal_code(SIP_REFUSAL_INTERVAL), .name = { SIP_STR_INIT("Min-SE") } };
	struct sip_buf b;
	char text[16];
	struct wish wish;

	least = least < LEAST_SE ? LEAST_SE : least;
	/* 9: only a peer that knows of timers can be told so. */
	if (!read_wish(in->message, &wish) || wish.interval_s >= least ||
	    !sip_message_has_token(in->message, SIP_HEADER_SUPPORTED, SIP_STR("timer")))
		return false;
	sip_buf_init_fixed(&b, text, sizeof text);
	sip_buf_put_u64(&b, least);
	a.value[0] = sip_buf_str(&b);
	dum_incoming_answer(in, &a);
	return true;
}

/* Table 2 of 9: who refreshes. */
static bool is_uas_refresher(struct dum_session *x, const struct wish *wish, bool peer_can)
{
	uint32_t mode = dum_profile_number(x->usage.set->profile, DUM_PROFILE_SESSION_TIMER_MODE);

	if (!peer_can)
		return true;
	if (wish->is_uac || wish->is_uas)
		return wish->is_uas;
	return mode == DUM_SESSION_TIMER_LOCAL || mode == DUM_SESSION_TIMER_CALLEE;
}

enum sip_err dum__timer_put_response(struct dum_session *x, const struct sip_message *request, struct sip_message *m)
{
	uint32_t own = dum_profile_number(x->usage.set->profile, DUM_PROFILE_SESSION_TIME);
	bool peer_can = sip_message_has_token(request, SIP_HEADER_SUPPORTED, SIP_STR("timer"));
	bool has_wish, is_ours;
	struct wish wish;
	enum sip_err err;

	has_wish = read_wish(request, &wish);
	if (!own || (!has_wish && !peer_can && !x->interval_s)) {
		/* Without a timer on this request there is none from now on (7.2, 9). */
		x->interval_s = 0;
		dum__timer_stop(x);
		return SIP_OK;
	}
	if (!has_wish)
		wish.interval_s = x->interval_s ? x->interval_s : own;
	is_ours = is_uas_refresher(x, &wish, peer_can);
	/* Nothing said of it, as in an UPDATE that was sent before our 2xx had come: it stays as it was. */
	if (!has_wish && peer_can && x->interval_s)
		is_ours = x->is_refresher;
	err = put_supported(m);
	if (err == SIP_OK)
		err = set_number(m, SIP_HEADER_SESSION_EXPIRES, wish.interval_s, is_ours ? ";refresher=uas" : ";refresher=uac");
	if (err == SIP_OK && peer_can)
		err = sip_message_add(m, SIP_HEADER_REQUIRE, SIP_STR("timer"));
	if (err == SIP_OK)
		start(x, wish.interval_s, is_ours);
	return err;
}

void dum__timer_on_response(struct dum_session *x, const struct sip_message *m)
{
	uint32_t own = dum_profile_number(x->usage.set->profile, DUM_PROFILE_SESSION_TIME);
	struct wish wish;

	if (!own)
		return;
	if (!read_wish(m, &wish)) {
		/* 7.2: the peer knows of no timers; ours alone may go on refreshing, and it costs nothing not to. */
		x->interval_s = 0;
		dum__timer_stop(x);
		return;
	}
	start(x, wish.interval_s < LEAST_SE ? LEAST_SE : wish.interval_s, !wish.is_uas);
}
