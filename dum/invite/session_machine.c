/*
 * The machine of an INVITE session, both sides: one row, one arrow (RFC 3261 13 to 15, 14.1, 14.2; RFC 6141). What is agreed on is
 * another machine (offer_answer.c); the inputs say what it made of a message.
 */
#include "dum/invite/invite_priv.h"

static enum sip_err nothing(struct dum_session *x, const struct dum__input *i)
{
	(void)x;
	(void)i;
	return SIP_OK;
}

struct row {
	dum__session_act *act; /* NULL: no row */
	uint8_t then;
};
#define ROW(in, on, act, then) [DUM__SESSION_##in][DUM__ON_##on] = { act, DUM__SESSION_##then }

static const struct row rows[DUM__SESSION_STATE_COUNT][DUM__SESSION_INPUT_COUNT] = {
	/*  in                 on               do                              then */
	ROW(UAC_EARLY,         RX_2XX,          dum__act_connect,               CONNECTED),
	ROW(UAC_EARLY,         RX_2XX_OFFER,    dum__act_take_offer,            UAC_OFFERED),
	ROW(UAC_EARLY,         RX_2XX_ILLEGAL,  dum__act_illegal,               BYE_SENT),
	ROW(UAC_EARLY,         RX_FAILURE,      dum__act_fail,                  ENDED),
	ROW(UAC_EARLY,         FORK_LOST,       dum__act_fork_lost,             ENDED),
	ROW(UAC_EARLY,         RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(UAC_EARLY,         RX_INVITE,       dum__act_pending,               UAC_EARLY),
	ROW(UAC_EARLY,         RX_INVITE_GLARE, dum__act_pending,               UAC_EARLY),
	ROW(UAC_EARLY,         DO_END,          dum__act_cancel,                UAC_CANCELLING),
	ROW(UAC_EARLY,         FAILED,          dum__act_give_up,               ENDED),

	ROW(UAC_CANCELLING,    RX_2XX,          dum__act_ack_and_bye,           BYE_SENT),
	ROW(UAC_CANCELLING,    RX_2XX_OFFER,    dum__act_ack_and_bye,           BYE_SENT),
	ROW(UAC_CANCELLING,    RX_2XX_ILLEGAL,  dum__act_ack_and_bye,           BYE_SENT),
	ROW(UAC_CANCELLING,    RX_FAILURE,      dum__act_cancelled,             ENDED),
	ROW(UAC_CANCELLING,    FORK_LOST,       dum__act_cancelled,             ENDED),
	ROW(UAC_CANCELLING,    RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(UAC_CANCELLING,    RX_INVITE,       dum__act_pending,               UAC_CANCELLING),
	ROW(UAC_CANCELLING,    RX_INVITE_GLARE, dum__act_pending,               UAC_CANCELLING),
	ROW(UAC_CANCELLING,    DO_END,          nothing,                        UAC_CANCELLING),
	ROW(UAC_CANCELLING,    FAILED,          dum__act_give_up,               ENDED),

	ROW(UAC_OFFERED,       DO_ANSWER,       dum__act_send_answer_ack,       CONNECTED),
	ROW(UAC_OFFERED,       DO_REJECT,       dum__act_ack_and_bye,           BYE_SENT),
	ROW(UAC_OFFERED,       DO_END,          dum__act_ack_and_bye,           BYE_SENT),
	ROW(UAC_OFFERED,       RX_BYE,          dum__act_ack_and_answer_bye,    ENDED),
	ROW(UAC_OFFERED,       RX_INVITE,       dum__act_pending,               UAC_OFFERED),
	ROW(UAC_OFFERED,       RX_INVITE_GLARE, dum__act_pending,               UAC_OFFERED),
	ROW(UAC_OFFERED,       RX_2XX_AGAIN,    nothing,                        UAC_OFFERED),
	ROW(UAC_OFFERED,       FAILED,          dum__act_ack_and_bye,           BYE_SENT),

	ROW(UAS_NEW,           DO_ACCEPT,       dum__act_accept,                UAS_ACCEPTED),
	ROW(UAS_NEW,           DO_ACCEPT_LATER, dum__act_accept_later,          UAS_ACCEPTING),
	ROW(UAS_NEW,           DO_REJECT,       dum__act_reject,                ENDED),
	ROW(UAS_NEW,           DO_END,          dum__act_reject,                ENDED),
	ROW(UAS_NEW,           RX_CANCEL,       dum__act_remote_cancel,         ENDED),
	ROW(UAS_NEW,           EXPIRED,         dum__act_expired,               ENDED),
	ROW(UAS_NEW,           RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(UAS_NEW,           RX_INVITE,       dum__act_busy,                  UAS_NEW),
	ROW(UAS_NEW,           RX_INVITE_GLARE, dum__act_busy,                  UAS_NEW),
	ROW(UAS_NEW,           FAILED,          dum__act_give_up,               ENDED),

	ROW(UAS_ACCEPTING,     DO_ACCEPT_NOW,   dum__act_accept_now,            UAS_ACCEPTED),
	ROW(UAS_ACCEPTING,     DO_REJECT,       dum__act_reject,                ENDED),
	ROW(UAS_ACCEPTING,     DO_END,          dum__act_reject,                ENDED),
	ROW(UAS_ACCEPTING,     RX_CANCEL,       dum__act_remote_cancel,         ENDED),
	ROW(UAS_ACCEPTING,     EXPIRED,         dum__act_expired,               ENDED),
	ROW(UAS_ACCEPTING,     RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(UAS_ACCEPTING,     RX_INVITE,       dum__act_busy,                  UAS_ACCEPTING),
	ROW(UAS_ACCEPTING,     RX_INVITE_GLARE, dum__act_busy,                  UAS_ACCEPTING),
	ROW(UAS_ACCEPTING,     FAILED,          dum__act_give_up,               ENDED),

	ROW(UAS_ACCEPTED,      RX_ACK,          dum__act_confirm,               CONNECTED),
	ROW(UAS_ACCEPTED,      RX_ACK_ILLEGAL,  dum__act_confirm_illegal,       BYE_SENT),
	ROW(UAS_ACCEPTED,      NO_ACK,          dum__act_no_ack,                BYE_SENT),
	ROW(UAS_ACCEPTED,      DO_END,          dum__act_note_end,              UAS_ENDING),
	ROW(UAS_ACCEPTED,      RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(UAS_ACCEPTED,      RX_INVITE,       dum__act_busy,                  UAS_ACCEPTED),
	ROW(UAS_ACCEPTED,      RX_INVITE_GLARE, dum__act_busy,                  UAS_ACCEPTED),
	ROW(UAS_ACCEPTED,      FAILED,          dum__act_note_end,              UAS_ENDING),

	ROW(UAS_ENDING,        RX_ACK,          dum__act_send_bye,              BYE_SENT),
	ROW(UAS_ENDING,        RX_ACK_ILLEGAL,  dum__act_send_bye,              BYE_SENT),
	ROW(UAS_ENDING,        NO_ACK,          dum__act_send_bye,              BYE_SENT),
	ROW(UAS_ENDING,        RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(UAS_ENDING,        RX_2XX_AGAIN,    dum__act_repeat_ack,            UAS_ENDING),
	ROW(UAS_ENDING,        RX_INVITE,       dum__act_busy,                  UAS_ENDING),
	ROW(UAS_ENDING,        RX_INVITE_GLARE, dum__act_busy,                  UAS_ENDING),
	ROW(UAS_ENDING,        DO_END,          nothing,                        UAS_ENDING),

	ROW(CONNECTED,         DO_REINVITE,     dum__act_send_reinvite,         REINVITE_SENT),
	ROW(CONNECTED,         RX_INVITE,       dum__act_take_reinvite,         REINVITE_IN),
	ROW(CONNECTED,         RX_INVITE_GLARE, dum__act_refuse_second,         CONNECTED),
	ROW(CONNECTED,         RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(CONNECTED,         RX_2XX_AGAIN,    dum__act_repeat_ack,            CONNECTED),
	ROW(CONNECTED,         RX_ACK,          nothing,                        CONNECTED),
	ROW(CONNECTED,         RX_GONE,         dum__act_gone,                  BYE_SENT),
	ROW(CONNECTED,         DO_END,          dum__act_send_bye,              BYE_SENT),
	ROW(CONNECTED,         FAILED,          dum__act_send_bye,              BYE_SENT),

	ROW(REINVITE_SENT,     RX_2XX,          dum__act_reinvite_done,         CONNECTED),
	ROW(REINVITE_SENT,     RX_2XX_OFFER,    dum__act_reinvite_offered,      REINVITE_OFFERED),
	ROW(REINVITE_SENT,     RX_2XX_ILLEGAL,  dum__act_illegal,               BYE_SENT),
	ROW(REINVITE_SENT,     RX_2XX_AGAIN,    dum__act_repeat_ack,            REINVITE_SENT),
	ROW(REINVITE_SENT,     RX_PENDING,      dum__act_glare,                 REINVITE_GLARE),
	ROW(REINVITE_SENT,     RX_FAILURE,      dum__act_reinvite_failed,       CONNECTED),
	ROW(REINVITE_SENT,     RX_GONE,         dum__act_gone,                  BYE_SENT),
	ROW(REINVITE_SENT,     RX_INVITE,       dum__act_pending,               REINVITE_SENT),
	ROW(REINVITE_SENT,     RX_INVITE_GLARE, dum__act_pending,               REINVITE_SENT),
	ROW(REINVITE_SENT,     RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(REINVITE_SENT,     STALE,           dum__act_stale,                 BYE_SENT),
	ROW(REINVITE_SENT,     DO_END,          dum__act_send_bye,              BYE_SENT),
	ROW(REINVITE_SENT,     FAILED,          dum__act_send_bye,              BYE_SENT),

	ROW(REINVITE_OFFERED,  DO_ANSWER,       dum__act_send_answer_ack,       CONNECTED),
	ROW(REINVITE_OFFERED,  DO_REJECT,       dum__act_ack_and_bye,           BYE_SENT),
	ROW(REINVITE_OFFERED,  DO_END,          dum__act_ack_and_bye,           BYE_SENT),
	ROW(REINVITE_OFFERED,  RX_BYE,          dum__act_ack_and_answer_bye,    ENDED),
	ROW(REINVITE_OFFERED,  RX_INVITE,       dum__act_pending,               REINVITE_OFFERED),
	ROW(REINVITE_OFFERED,  RX_INVITE_GLARE, dum__act_pending,               REINVITE_OFFERED),
	ROW(REINVITE_OFFERED,  RX_2XX_AGAIN,    nothing,                        REINVITE_OFFERED),
	ROW(REINVITE_OFFERED,  FAILED,          dum__act_ack_and_bye,           BYE_SENT),

	ROW(REINVITE_GLARE,    GLARE_DUE,       dum__act_send_reinvite,         REINVITE_SENT),
	ROW(REINVITE_GLARE,    RX_INVITE,       dum__act_take_reinvite_in_glare, REINVITE_IN),
	ROW(REINVITE_GLARE,    RX_INVITE_GLARE, dum__act_refuse_second,         REINVITE_GLARE),
	ROW(REINVITE_GLARE,    RX_UPDATE,       dum__act_give_way,              CONNECTED),
	ROW(REINVITE_GLARE,    RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(REINVITE_GLARE,    RX_2XX_AGAIN,    dum__act_repeat_ack,            REINVITE_GLARE),
	ROW(REINVITE_GLARE,    RX_GONE,         dum__act_gone,                  BYE_SENT),
	ROW(REINVITE_GLARE,    DO_END,          dum__act_send_bye,              BYE_SENT),
	ROW(REINVITE_GLARE,    FAILED,          dum__act_send_bye,              BYE_SENT),

	ROW(REINVITE_IN,       DO_ANSWER,       dum__act_answer_reinvite,       REINVITE_ACCEPTED),
	ROW(REINVITE_IN,       DO_REINVITE,     dum__act_answer_reinvite,       REINVITE_ACCEPTED),
	ROW(REINVITE_IN,       DO_REJECT,       dum__act_reject_reinvite,       CONNECTED),
	ROW(REINVITE_IN,       RX_CANCEL,       dum__act_cancel_reinvite,       CONNECTED),
	ROW(REINVITE_IN,       RX_INVITE,       dum__act_busy,                  REINVITE_IN),
	ROW(REINVITE_IN,       RX_INVITE_GLARE, dum__act_busy,                  REINVITE_IN),
	ROW(REINVITE_IN,       RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(REINVITE_IN,       RX_2XX_AGAIN,    dum__act_repeat_ack,            REINVITE_IN),
	ROW(REINVITE_IN,       RX_GONE,         dum__act_gone,                  BYE_SENT),
	ROW(REINVITE_IN,       DO_END,          dum__act_send_bye,              BYE_SENT),
	ROW(REINVITE_IN,       FAILED,          dum__act_send_bye,              BYE_SENT),

	ROW(REINVITE_ACCEPTED, RX_ACK,          dum__act_confirm,               CONNECTED),
	ROW(REINVITE_ACCEPTED, RX_ACK_ILLEGAL,  dum__act_confirm_illegal,       BYE_SENT),
	ROW(REINVITE_ACCEPTED, NO_ACK,          dum__act_no_ack,                BYE_SENT),
	ROW(REINVITE_ACCEPTED, RX_INVITE,       dum__act_busy,                  REINVITE_ACCEPTED),
	ROW(REINVITE_ACCEPTED, RX_INVITE_GLARE, dum__act_busy,                  REINVITE_ACCEPTED),
	ROW(REINVITE_ACCEPTED, RX_BYE,          dum__act_answer_bye,            ENDED),
	ROW(REINVITE_ACCEPTED, RX_2XX_AGAIN,    dum__act_repeat_ack,            REINVITE_ACCEPTED),
	ROW(REINVITE_ACCEPTED, DO_END,          dum__act_note_end,              UAS_ENDING),
	ROW(REINVITE_ACCEPTED, FAILED,          dum__act_note_end,              UAS_ENDING),

	ROW(BYE_SENT,          BYE_DONE,        dum__act_bye_done,              ENDED),
	ROW(BYE_SENT,          RX_BYE,          dum__act_bye_while_wanting_one, BYE_SENT),
	ROW(BYE_SENT,          RX_INVITE,       dum__act_refuse_481,            BYE_SENT),
	ROW(BYE_SENT,          RX_INVITE_GLARE, dum__act_refuse_481,            BYE_SENT),
	ROW(BYE_SENT,          RX_2XX,          dum__act_ack_alone,             BYE_SENT),
	ROW(BYE_SENT,          RX_2XX_OFFER,    dum__act_ack_alone,             BYE_SENT),
	ROW(BYE_SENT,          RX_2XX_ILLEGAL,  dum__act_ack_alone,             BYE_SENT),
	ROW(BYE_SENT,          RX_2XX_AGAIN,    dum__act_repeat_ack,            BYE_SENT),
	ROW(BYE_SENT,          RX_FAILURE,      nothing,                        BYE_SENT),
	ROW(BYE_SENT,          RX_PENDING,      nothing,                        BYE_SENT),
	ROW(BYE_SENT,          RX_GONE,         nothing,                        BYE_SENT),
	ROW(BYE_SENT,          RX_ACK,          nothing,                        BYE_SENT),
	ROW(BYE_SENT,          DO_END,          nothing,                        BYE_SENT),
};

static const char *const state_texts[DUM__SESSION_STATE_COUNT] = {
#define DUM_SESSION_STATE(id, text) text,
#include "dum/invite/session_table.h"
};

const char *dum__session_state_text(enum dum__session_state s)
{
	return state_texts[s];
}

static const char *const state_names[DUM__SESSION_STATE_COUNT] = {
#define DUM_SESSION_STATE(id, text) #id,
#include "dum/invite/session_table.h"
};

static const char *const input_names[DUM__SESSION_INPUT_COUNT] = {
#define DUM_SESSION_INPUT(id, text) #id,
#include "dum/invite/session_table.h"
};

/* Tests only: the row that is missing; none. */
static const struct row *forgotten;

bool dum__session_forget_row(const char *state, const char *input)
{
	for (size_t in = 0; in < DUM__SESSION_STATE_COUNT; in++)
		for (size_t on = 0; on < DUM__SESSION_INPUT_COUNT; on++)
			if (rows[in][on].act && strcmp(state_names[in], state) == 0 && strcmp(input_names[on], input) == 0)
				forgotten = &rows[in][on];
	return forgotten != NULL;
}

bool dum__session_has_row(enum dum__session_state in, enum dum__session_input on)
{
	return rows[in][on].act != NULL;
}

enum sip_err dum__session_run(struct dum_session *x, enum dum__session_input on, const struct dum__input *i)
{
	uint8_t before = x->state;
	const struct row *row = &rows[before][on];
	enum sip_err err;

	if (!row->act || SIP_UNLIKELY(row == forgotten))
		return SIP_E_STATE;
	/* The new state first: what the action tells may bring the next input. */
	x->state = row->then;
	err = row->act(x, i);
	if (err != SIP_OK && x->state == row->then && !x->usage.is_ended)
		x->state = before; /* nothing has happened */
	return err;
}
