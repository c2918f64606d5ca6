/*
 * The non-INVITE server transaction: RFC 3261 17.2.2 with RFC 4320. "Any other final responses passed by the TU […] MUST
 * be discarded while in the "Completed" state"; no provisional but 100, and that only once the peer's timer E is at T2
 * (RFC 4320 4.1); never a 408 (4.2). CANCELs that come in run here too. What its user answers once does not linger (8.2.7).
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

/* "no late answers": it absorbs repetitions until the peer has given up (RFC 4320 4.2). */
static void act_fall_silent(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_FORGET_PACKET);
}

static void act_repeat(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_SEND_AGAIN);
}

/* The peer's own timer F has said it already. */
static void act_swallow(struct sip__step *s)
{
	sip__effect_add(s, SIP__EFFECT_FORGET_PACKET);
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

const struct sip__machine sip__server_other = {
	.name = "server-other",
	.states = {
		/*         state             life  resend */
		SIP__ENTER(LOCATING,         NONE, NONE,        0),
		SIP__ENTER(TRYING,           NONE, TRYING_SLOW, 0),
		SIP__ENTER(TRYING_CANCELLED, NONE, NONE,        0),
		SIP__ENTER(PROCEEDING,       NONE, NONE,        0),
		SIP__ENTER(CANCELLING,       NONE, NONE,        0),
		SIP__ENTER(COMPLETED,        J,    NONE,        SIP__LINGERS | SIP__KEEPS_PACKET),
		SIP__ENTER(CONFIRMED,        NONE, NONE,        0),
		SIP__ENTER(ACCEPTED,         NONE, NONE,        0),
		SIP__ENTER(TERMINATED,       NONE, NONE,        SIP__ENDS),
	},
	.rows = {
		/*       in          on           do          then */
		SIP__ROW(TRYING,     TRYING_DUE,  answer_100, PROCEEDING),
		SIP__ROW(TRYING,     RX_AGAIN,    nothing,    TRYING),
		SIP__ROW(TRYING,     RX_CANCEL,   nothing,    TRYING),
		SIP__ROW(TRYING,     TU_1XX,      nothing,    TRYING),
		SIP__ROW(TRYING,     TU_2XX,      answer,     COMPLETED),
		SIP__ROW(TRYING,     TU_FAILURE,  answer,     COMPLETED),
		SIP__ROW(TRYING,     TU_ONCE,     answer,     TERMINATED),
		SIP__ROW(TRYING,     TU_408,      swallow,    COMPLETED),
		SIP__ROW(TRYING,     TU_LOST,     lose,       TERMINATED),
		SIP__ROW(TRYING,     ABANDON,     fall_silent, COMPLETED),

		SIP__ROW(PROCEEDING, RX_AGAIN,    repeat,     PROCEEDING),
		SIP__ROW(PROCEEDING, RX_CANCEL,   nothing,    PROCEEDING),
		SIP__ROW(PROCEEDING, TU_1XX,      nothing,    PROCEEDING),
		SIP__ROW(PROCEEDING, TU_2XX,      answer,     COMPLETED),
		SIP__ROW(PROCEEDING, TU_FAILURE,  answer,     COMPLETED),
		SIP__ROW(PROCEEDING, TU_ONCE,     answer,     COMPLETED), /* "MUST NOT send provisional (1xx) responses": one went out */
		SIP__ROW(PROCEEDING, TU_408,      swallow,    COMPLETED),
		SIP__ROW(PROCEEDING, TU_LOST,     lose,       TERMINATED),
		SIP__ROW(PROCEEDING, SEND_FAILED, fall_back,  PROCEEDING),
		SIP__ROW(PROCEEDING, ABANDON,     fall_silent, COMPLETED),

		SIP__ROW(COMPLETED,  RX_AGAIN,    repeat,     COMPLETED),
		SIP__ROW(COMPLETED,  RX_CANCEL,   nothing,    COMPLETED),
		SIP__ROW(COMPLETED,  LINGER_DUE,  nothing,    TERMINATED),
		SIP__ROW(COMPLETED,  SEND_FAILED, fall_back,  COMPLETED),
		SIP__ROW(COMPLETED,  TU_1XX,      nothing,    COMPLETED),
		SIP__ROW(COMPLETED,  TU_2XX,      nothing,    COMPLETED),
		SIP__ROW(COMPLETED,  TU_FAILURE,  nothing,    COMPLETED),
		SIP__ROW(COMPLETED,  TU_ONCE,     nothing,    COMPLETED),
		SIP__ROW(COMPLETED,  TU_408,      nothing,    COMPLETED),
		SIP__ROW(COMPLETED,  TU_LOST,     nothing,    COMPLETED),
		SIP__ROW(COMPLETED,  ABANDON,     nothing,    COMPLETED),
	},
};
