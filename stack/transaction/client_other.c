/*
 * The non-INVITE client transaction: RFC 3261 17.1.2. "If Timer E fires while in the "Proceeding" state, the request
 * MUST be passed to the transport layer for retransmission, and Timer E MUST be reset with a value of T2"; a failed
 * attempt goes on to the next target (RFC 3263 4.3). Our own CANCELs run here too.
 */
#include "stack/transaction/transaction_priv.h"

static void act_nothing(struct sip__step *s)
{
	(void)s;
}

static void act_send(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND);
}

static void act_resend(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_AGAIN);
	sip__effect_add_resend(s, SIP__TIMER_E, s->delays->t2);
}

static void act_resend_slow(struct sip__step *s)
{
	s->tx->resends = UINT8_MAX;
	sip__effect_add(s, SIP__EFFECT_SEND_AGAIN);
	sip__effect_add_resend(s, SIP__TIMER_E, s->delays->t2);
}

static void act_send_again(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_AGAIN);
}

static void act_tell(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_TELL);
}

static void act_next(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_NEXT);
}

static void act_tell_408(struct sip__step *s)
{
	s->tx->why = SIP_E_TIMEOUT;
	sip__effect_add_status(s, SIP__EFFECT_TELL_MADE, 408);
}

static void act_tell_430(struct sip__step *s)
{
	s->tx->why = (uint8_t)s->why;
	sip__effect_add_status(s, SIP__EFFECT_TELL_MADE, 430);
}

/* "the message length exceeded its capabilities" (21.5.7): nobody is unavailable, and a shorter one would get through. */
static void act_tell_unsent(struct sip__step *s)
{
	s->tx->why = (uint8_t)s->why;
	sip__effect_add_status(s, SIP__EFFECT_TELL_MADE, s->why == SIP_E_TOOBIG ? 513 : 503);
}

const struct sip__machine sip__client_other = {
	.name = "client-other",
	.states = {
		/*         state             life  resend */
		SIP__ENTER(LOCATING,         NONE, NONE, 0),
		SIP__ENTER(TRYING,           F,    E,    0),
		SIP__ENTER(TRYING_CANCELLED, NONE, NONE, 0),
		SIP__ENTER(PROCEEDING,       KEEP, KEEP, 0),
		SIP__ENTER(CANCELLING,       NONE, NONE, 0),
		SIP__ENTER(COMPLETED,        K,    NONE, SIP__LINGERS),
		SIP__ENTER(CONFIRMED,        NONE, NONE, 0),
		SIP__ENTER(ACCEPTED,         NONE, NONE, 0),
		SIP__ENTER(TERMINATED,       NONE, NONE, SIP__ENDS),
	},
	.rows = {
		/*       in          on                do           then */
		SIP__ROW(LOCATING,   LOCATED,          send,        TRYING),
		SIP__ROW(LOCATING,   LOCATE_FAILED,    tell_unsent, TERMINATED),
		SIP__ROW(LOCATING,   FLOW_LOST,        tell_430,    TERMINATED),
		SIP__ROW(LOCATING,   CANCEL,           nothing,     LOCATING),
		SIP__ROW(LOCATING,   ABANDON,          nothing,     LOCATING),

		SIP__ROW(TRYING,     RESEND_DUE,       resend,      TRYING),
		SIP__ROW(TRYING,     RX_1XX,           tell,        PROCEEDING),
		SIP__ROW(TRYING,     RX_2XX,           tell,        COMPLETED),
		SIP__ROW(TRYING,     RX_FAILURE,       tell,        COMPLETED),
		SIP__ROW(TRYING,     RX_503_NEXT,      next,        LOCATING),
		SIP__ROW(TRYING,     TIMEOUT_NEXT,     next,        LOCATING),
		SIP__ROW(TRYING,     TIMEOUT,          tell_408,    TERMINATED),
		SIP__ROW(TRYING,     SEND_FAILED_NEXT, next,        LOCATING),
		SIP__ROW(TRYING,     SEND_FAILED,      tell_unsent, TERMINATED),
		SIP__ROW(TRYING,     FLOW_LOST,        tell_430,    TERMINATED),
		SIP__ROW(TRYING,     FLOW_GONE_RETRY,  send_again,  TRYING),
		SIP__ROW(TRYING,     CANCEL,           nothing,     TRYING),
		SIP__ROW(TRYING,     ABANDON,          nothing,     TRYING),

		SIP__ROW(PROCEEDING, RESEND_DUE,       resend_slow, PROCEEDING),
		SIP__ROW(PROCEEDING, RX_1XX,           tell,        PROCEEDING),
		SIP__ROW(PROCEEDING, RX_2XX,           tell,        COMPLETED),
		SIP__ROW(PROCEEDING, RX_FAILURE,       tell,        COMPLETED),
		SIP__ROW(PROCEEDING, RX_503_NEXT,      next,        LOCATING),
		SIP__ROW(PROCEEDING, TIMEOUT,          tell_408,    TERMINATED),
		SIP__ROW(PROCEEDING, SEND_FAILED,      tell_unsent, TERMINATED),
		SIP__ROW(PROCEEDING, FLOW_LOST,        tell_430,    TERMINATED),
		/* It is being worked on: "the server SHOULD open a connection" for the response (18.2.2). */
		SIP__ROW(PROCEEDING, FLOW_GONE,        nothing,     PROCEEDING),
		SIP__ROW(PROCEEDING, CANCEL,           nothing,     PROCEEDING),
		SIP__ROW(PROCEEDING, ABANDON,          nothing,     PROCEEDING),

		SIP__ROW(COMPLETED,  RX_1XX,           nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  RX_2XX,           nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  RX_FAILURE,       nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  SEND_FAILED,      nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  FLOW_LOST,        nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  LINGER_DUE,       nothing,     TERMINATED),
		SIP__ROW(COMPLETED,  CANCEL,           nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  ABANDON,          nothing,     COMPLETED),
	},
};
