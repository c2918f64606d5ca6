/*
 * The INVITE client transaction: RFC 3261 17.1.1 as RFC 6026 8.4 redraws it. "When in either the "Calling" or
 * "Proceeding" states, reception of a 2xx response […] MUST transition to the "Accepted" state"; CANCEL waits for the
 * first provisional (9.1); a failed attempt goes on to the next target (RFC 3263 4.3). TRYING is the RFC's Calling.
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

/* "This process MUST continue so that the request is retransmitted with intervals that double" (17.1.1.2). */
static void act_resend(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_AGAIN);
	sip__effect_add_resend(s, SIP__TIMER_A, -1);
}

static void act_tell(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_TELL);
}

static void act_ack_and_tell(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_ACK);
	sip__effect_add(s, SIP__EFFECT_TELL);
}

static void act_ack(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_ACK);
}

static void act_ack_and_next(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_ACK_ASIDE);
	sip__effect_add(s, SIP__EFFECT_NEXT);
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

static void act_tell_487(struct sip__step *s)
{
	s->why = SIP_E_STOPPED;
	sip__effect_add_status(s, SIP__EFFECT_TELL_MADE, 487);
}

/* "the message length exceeded its capabilities" (21.5.7): nobody is unavailable, and a shorter one would get through. */
static void act_tell_unsent(struct sip__step *s)
{
	s->tx->why = (uint8_t)s->why;
	sip__effect_add_status(s, SIP__EFFECT_TELL_MADE, s->why == SIP_E_TOOBIG ? 513 : 503);
}

static void act_cancel(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_CANCEL);
}

static void act_cancel_and_tell(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_CANCEL);
	sip__effect_add(s, SIP__EFFECT_TELL);
}

const struct sip__machine sip__client_invite = {
	.name = "client-invite",
	.states = {
		/*         state             life    resend */
		SIP__ENTER(LOCATING,         NONE,   NONE, 0),
		SIP__ENTER(TRYING,           B,      A,    0),
		SIP__ENTER(TRYING_CANCELLED, KEEP,   KEEP, 0),
		SIP__ENTER(PROCEEDING,       NONE,   NONE, 0),
		SIP__ENTER(CANCELLING,       CANCEL, NONE, 0),
		SIP__ENTER(COMPLETED,        D,      NONE, SIP__LINGERS | SIP__KEEPS_PACKET),
		SIP__ENTER(CONFIRMED,        NONE,   NONE, 0),
		SIP__ENTER(ACCEPTED,         M,      NONE, SIP__LINGERS),
		SIP__ENTER(TERMINATED,       NONE,   NONE, SIP__ENDS),
	},
	.rows = {
		/*       in                on                do               then */
		SIP__ROW(LOCATING,         LOCATED,          send,            TRYING),
		SIP__ROW(LOCATING,         LOCATE_FAILED,    tell_unsent,     TERMINATED),
		SIP__ROW(LOCATING,         FLOW_LOST,        tell_430,        TERMINATED),
		SIP__ROW(LOCATING,         CANCEL,           tell_487,        TERMINATED),
		SIP__ROW(LOCATING,         ABANDON,          nothing,         TERMINATED),

		SIP__ROW(TRYING,           RESEND_DUE,       resend,          TRYING),
		SIP__ROW(TRYING,           RX_1XX,           tell,            PROCEEDING),
		SIP__ROW(TRYING,           RX_2XX,           tell,            ACCEPTED),
		SIP__ROW(TRYING,           RX_FAILURE,       ack_and_tell,    COMPLETED),
		SIP__ROW(TRYING,           RX_503_NEXT,      ack_and_next,    LOCATING),
		SIP__ROW(TRYING,           TIMEOUT_NEXT,     next,            LOCATING),
		SIP__ROW(TRYING,           TIMEOUT,          tell_408,        TERMINATED),
		SIP__ROW(TRYING,           SEND_FAILED_NEXT, next,            LOCATING),
		SIP__ROW(TRYING,           SEND_FAILED,      tell_unsent,     TERMINATED),
		SIP__ROW(TRYING,           FLOW_LOST,        tell_430,        TERMINATED),
		SIP__ROW(TRYING,           CANCEL,           nothing,         TRYING_CANCELLED),
		SIP__ROW(TRYING,           ABANDON,          nothing,         TRYING_CANCELLED),

		SIP__ROW(TRYING_CANCELLED, RESEND_DUE,       resend,          TRYING_CANCELLED),
		SIP__ROW(TRYING_CANCELLED, RX_1XX,           cancel_and_tell, CANCELLING),
		SIP__ROW(TRYING_CANCELLED, RX_2XX,           tell,            ACCEPTED),
		SIP__ROW(TRYING_CANCELLED, RX_FAILURE,       ack_and_tell,    COMPLETED),
		SIP__ROW(TRYING_CANCELLED, TIMEOUT,          tell_408,        TERMINATED),
		SIP__ROW(TRYING_CANCELLED, SEND_FAILED,      tell_unsent,     TERMINATED),
		SIP__ROW(TRYING_CANCELLED, FLOW_LOST,        tell_430,        TERMINATED),
		SIP__ROW(TRYING_CANCELLED, CANCEL,           nothing,         TRYING_CANCELLED),
		SIP__ROW(TRYING_CANCELLED, ABANDON,          nothing,         TRYING_CANCELLED),

		SIP__ROW(PROCEEDING,       RX_1XX,           tell,            PROCEEDING),
		SIP__ROW(PROCEEDING,       RX_2XX,           tell,            ACCEPTED),
		SIP__ROW(PROCEEDING,       RX_FAILURE,       ack_and_tell,    COMPLETED),
		SIP__ROW(PROCEEDING,       RX_503_NEXT,      ack_and_next,    LOCATING),
		SIP__ROW(PROCEEDING,       SEND_FAILED,      nothing,         PROCEEDING),
		SIP__ROW(PROCEEDING,       FLOW_LOST,        nothing,         PROCEEDING),
		/* It is being worked on: "the server SHOULD open a connection" for the response (18.2.2). */
		SIP__ROW(PROCEEDING,       FLOW_GONE,        nothing,         PROCEEDING),
		SIP__ROW(PROCEEDING,       CANCEL,           cancel,          CANCELLING),
		SIP__ROW(PROCEEDING,       ABANDON,          cancel,          CANCELLING),

		SIP__ROW(CANCELLING,       RX_1XX,           tell,            CANCELLING),
		SIP__ROW(CANCELLING,       RX_2XX,           tell,            ACCEPTED),
		SIP__ROW(CANCELLING,       RX_FAILURE,       ack_and_tell,    COMPLETED),
		SIP__ROW(CANCELLING,       TIMEOUT,          tell_408,        TERMINATED),
		SIP__ROW(CANCELLING,       SEND_FAILED,      nothing,         CANCELLING),
		SIP__ROW(CANCELLING,       FLOW_LOST,        nothing,         CANCELLING),
		SIP__ROW(CANCELLING,       FLOW_GONE,        nothing,         CANCELLING),
		SIP__ROW(CANCELLING,       CANCEL,           nothing,         CANCELLING),
		SIP__ROW(CANCELLING,       ABANDON,          nothing,         CANCELLING),

		SIP__ROW(COMPLETED,        RX_FAILURE,       ack,             COMPLETED),
		SIP__ROW(COMPLETED,        RX_1XX,           nothing,         COMPLETED),
		SIP__ROW(COMPLETED,        RX_2XX,           nothing,         COMPLETED),
		SIP__ROW(COMPLETED,        SEND_FAILED,      nothing,         TERMINATED),
		SIP__ROW(COMPLETED,        FLOW_LOST,        nothing,         TERMINATED),
		SIP__ROW(COMPLETED,        LINGER_DUE,       nothing,         TERMINATED),
		SIP__ROW(COMPLETED,        CANCEL,           nothing,         COMPLETED),
		SIP__ROW(COMPLETED,        ABANDON,          nothing,         COMPLETED),

		SIP__ROW(ACCEPTED,         RX_2XX,           tell,            ACCEPTED),
		SIP__ROW(ACCEPTED,         RX_1XX,           nothing,         ACCEPTED),
		SIP__ROW(ACCEPTED,         RX_FAILURE,       nothing,         ACCEPTED),
		SIP__ROW(ACCEPTED,         SEND_FAILED,      nothing,         ACCEPTED),
		SIP__ROW(ACCEPTED,         FLOW_LOST,        nothing,         ACCEPTED),
		SIP__ROW(ACCEPTED,         LINGER_DUE,       nothing,         TERMINATED),
		SIP__ROW(ACCEPTED,         CANCEL,           nothing,         ACCEPTED),
		SIP__ROW(ACCEPTED,         ABANDON,          nothing,         ACCEPTED),
	},
};
