/*
 * The INVITE server transaction: RFC 3261 17.2.1 as RFC 6026 8.6 redraws it. "The purpose of the "Accepted" state is to
 * absorb retransmissions of an accepted INVITE request"; a transport error never ends it (RFC 6026 7.1). TRYING is the
 * RFC's Proceeding before anything was answered.
 */
#include "stack/transaction/transaction_priv.h"

static void act_nothing(struct sip__step *s)
{
	(void)s;
}

static void act_answer(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_STAGED);
}

static void act_answer_100(struct sip__step *s)
{
	sip__effect_add_status(s, SIP__EFFECT_ANSWER, 100);
}

static void act_answer_500(struct sip__step *s)
{
	sip__effect_add_status(s, SIP__EFFECT_ANSWER, 500);
}

static void act_repeat(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_AGAIN);
}

static void act_resend(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_AGAIN);
	sip__effect_add_resend(s, SIP__TIMER_G, s->delays->t2);
}

static void act_tell_ack(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_TELL_ACK);
}

static void act_tell_cancel(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_TELL_CANCEL);
}

/* "In this case, the server transaction MUST […] indicate to the TU that a transaction failure has occurred." (17.2.1) */
static void act_no_ack(struct sip__step *s)
{
	s->tx->why = SIP_E_TIMEOUT;
}

static void act_fall_back(struct sip__step *s)
{
	s->tx->why = (uint8_t)s->why;
	sip__effect_add(s, SIP__EFFECT_FALLBACK);
}

static void act_lose(struct sip__step *s)
{
	s->tx->why = (uint8_t)s->why;
}

const struct sip__machine sip__server_invite = {
	.name = "server-invite",
	.states = {
		/*         state             life  resend */
		SIP__ENTER(LOCATING,         NONE, NONE,   0),
		SIP__ENTER(TRYING,           NONE, TRYING, 0),
		SIP__ENTER(TRYING_CANCELLED, NONE, NONE,   0),
		SIP__ENTER(PROCEEDING,       NONE, NONE,   0),
		SIP__ENTER(CANCELLING,       NONE, NONE,   0),
		SIP__ENTER(COMPLETED,        H,    G,      SIP__KEEPS_PACKET),
		SIP__ENTER(CONFIRMED,        I,    NONE,   SIP__LINGERS),
		SIP__ENTER(ACCEPTED,         L,    NONE,   SIP__LINGERS),
		SIP__ENTER(TERMINATED,       NONE, NONE,   SIP__ENDS),
	},
	.rows = {
		/*       in          on           do           then */
		SIP__ROW(TRYING,     TRYING_DUE,  answer_100,  PROCEEDING),
		SIP__ROW(TRYING,     RX_AGAIN,    nothing,     TRYING),
		SIP__ROW(TRYING,     RX_CANCEL,   tell_cancel, TRYING),
		SIP__ROW(TRYING,     TU_1XX,      answer,      PROCEEDING),
		SIP__ROW(TRYING,     TU_2XX,      answer,      ACCEPTED),
		SIP__ROW(TRYING,     TU_FAILURE,  answer,      COMPLETED),
		SIP__ROW(TRYING,     TU_LOST,     lose,        TERMINATED),
		SIP__ROW(TRYING,     ABANDON,     answer_500,  COMPLETED),

		SIP__ROW(PROCEEDING, RX_AGAIN,    repeat,      PROCEEDING),
		SIP__ROW(PROCEEDING, RX_CANCEL,   tell_cancel, PROCEEDING),
		SIP__ROW(PROCEEDING, TU_1XX,      answer,      PROCEEDING),
		SIP__ROW(PROCEEDING, TU_2XX,      answer,      ACCEPTED),
		SIP__ROW(PROCEEDING, TU_FAILURE,  answer,      COMPLETED),
		SIP__ROW(PROCEEDING, TU_LOST,     lose,        TERMINATED),
		SIP__ROW(PROCEEDING, SEND_FAILED, fall_back,   PROCEEDING),
		SIP__ROW(PROCEEDING, ABANDON,     answer_500,  COMPLETED),

		SIP__ROW(COMPLETED,  RX_AGAIN,    repeat,      COMPLETED),
		SIP__ROW(COMPLETED,  RX_ACK,      nothing,     CONFIRMED),
		SIP__ROW(COMPLETED,  RX_CANCEL,   nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  RESEND_DUE,  resend,      COMPLETED),
		SIP__ROW(COMPLETED,  TIMEOUT,     no_ack,      TERMINATED),
		SIP__ROW(COMPLETED,  SEND_FAILED, fall_back,   COMPLETED),
		SIP__ROW(COMPLETED,  TU_1XX,      nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  TU_2XX,      nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  TU_FAILURE,  nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  TU_LOST,     nothing,     COMPLETED),
		SIP__ROW(COMPLETED,  ABANDON,     nothing,     COMPLETED),

		SIP__ROW(CONFIRMED,  RX_AGAIN,    nothing,     CONFIRMED),
		SIP__ROW(CONFIRMED,  RX_ACK,      nothing,     CONFIRMED),
		SIP__ROW(CONFIRMED,  RX_CANCEL,   nothing,     CONFIRMED),
		SIP__ROW(CONFIRMED,  SEND_FAILED, nothing,     CONFIRMED),
		SIP__ROW(CONFIRMED,  LINGER_DUE,  nothing,     TERMINATED),
		SIP__ROW(CONFIRMED,  TU_1XX,      nothing,     CONFIRMED),
		SIP__ROW(CONFIRMED,  TU_2XX,      nothing,     CONFIRMED),
		SIP__ROW(CONFIRMED,  TU_FAILURE,  nothing,     CONFIRMED),
		SIP__ROW(CONFIRMED,  TU_LOST,     nothing,     CONFIRMED),
		SIP__ROW(CONFIRMED,  ABANDON,     nothing,     CONFIRMED),

		SIP__ROW(ACCEPTED,   RX_AGAIN,    nothing,     ACCEPTED),
		SIP__ROW(ACCEPTED,   RX_ACK,      tell_ack,    ACCEPTED),
		SIP__ROW(ACCEPTED,   RX_CANCEL,   nothing,     ACCEPTED),
		SIP__ROW(ACCEPTED,   TU_2XX,      answer,      ACCEPTED),
		SIP__ROW(ACCEPTED,   TU_1XX,      nothing,     ACCEPTED),
		SIP__ROW(ACCEPTED,   TU_FAILURE,  nothing,     ACCEPTED),
		SIP__ROW(ACCEPTED,   TU_LOST,     nothing,     ACCEPTED),
		SIP__ROW(ACCEPTED,   SEND_FAILED, fall_back,   ACCEPTED),
		SIP__ROW(ACCEPTED,   LINGER_DUE,  nothing,     TERMINATED),
		SIP__ROW(ACCEPTED,   ABANDON,     nothing,     ACCEPTED),
	},
};
