/* The family of dum/invite: a session, its parts and its machine. DUM's loop. */
#ifndef DUM_INVITE_INVITE_PRIV_H
#define DUM_INVITE_INVITE_PRIV_H

#include "dum/dialog/dialog.h"
#include "dum/invite/invite.h"
#include "dum/invite/invite_in.h"

enum dum__session_state {
#define DUM_SESSION_STATE(id, text) DUM__SESSION_##id,
#include "dum/invite/session_table.h"
	DUM__SESSION_STATE_COUNT
};
enum dum__session_input {
#define DUM_SESSION_INPUT(id, text) DUM__ON_##id,
#include "dum/invite/session_table.h"
	DUM__SESSION_INPUT_COUNT
};

/* ---- offer and answer (RFC 3264, RFC 6337) --------------------------------------------------------------------------- */
enum dum__oa_state {
	DUM__OA_NONE,     /* nothing has been offered */
	DUM__OA_LOCAL,    /* our first offer is out */
	DUM__OA_REMOTE,   /* the peer's first offer waits for us */
	DUM__OA_AGREED,
	DUM__OA_LOCAL_AGAIN,
	DUM__OA_REMOTE_AGAIN,
	DUM__OA_STATE_COUNT
};
enum dum__oa_input {
	DUM__OA_TX_OFFER,
	DUM__OA_TX_ANSWER,
	DUM__OA_RX_OFFER,
	DUM__OA_RX_ANSWER,
	DUM__OA_REFUSED,  /* the offer that was out, either side's */
	DUM__OA_INPUT_COUNT
};
enum dum__carrier { DUM__IN_NOTHING, DUM__IN_INVITE, DUM__IN_1XX, DUM__IN_2XX, DUM__IN_PRACK, DUM__IN_UPDATE };
struct dum__body {
	char *bytes;      /* owned: type, then body */
	size_t type_len, body_len;
};
struct dum__oa {
	uint8_t state;
	uint8_t carrier;  /* what the offer that is out came in, or goes in */
	struct dum__body held;   /* ours, provided and not sent yet */
	struct dum__body in_update; /* ours in an UPDATE or a PRACK that has no answer, or waits after a 491 */
	struct dum__body local;  /* what we said last that was sent: a refresh says it again */
	struct dum__body refusal; /* what the ACK of a 2xx with an offer says if we hang up instead of answering */
	uint64_t offered, remote; /* what the peer offered last, what it said last that was agreed on: hashes of the bodies */
};

/* What we hold for the peer: RFC 3262's provisional responses, sent and not acknowledged. */
struct dum__reliable {
	struct sip_list node;
	uint32_t rseq, cseq;         /* its own number, and the INVITE's */
	struct sip_message *message; /* owned: to send again; NULL: a 2xx was sent since */
	int64_t wait_us, began_us;
	bool has_offer, has_answer;
	bool is_sent;
	struct sip_timer timer;
	struct dum_session *session; /* lent by the session, who owns us */
};
#define DUM__RELIABLE_MAX 16

struct dum_call;
struct dum_session {
	struct dum_usage usage;
	struct dum_call *call;        /* lent: what made us, client only; NULL when it is over */
	uint8_t state;
	bool is_client;
	bool is_told;                 /* NEW_SESSION was: TERMINATED is due */
	bool peer_has_update;         /* its Allow said so */
	bool is_early_kept;           /* a provisional response of ours carried what is held */
	uint8_t why;                  /* enum dum_reason, for TERMINATED */
	uint16_t end_status;          /* of what ended it; 0: nothing from the peer */
	const struct sip_message *end_message; /* what ended it; lent for the call in which it does */
	struct dum__oa oa;
	/* requests of ours under way */
	struct dum_request *reinvite, *update, *prack, *bye, *info, *message;
	struct dum__body *kept[2];    /* owned: an INFO, a MESSAGE that waits for the ACK to our 2xx; NULL: none */
	/* requests that wait for our answer */
	struct dum_incoming *invite_in, *update_in, *prack_in;
	/* what is repeated: our 2xx until its ACK, our ACK for their 2xx */
	struct sip_message *ok;       /* owned */
	struct sip_packet *ack;       /* owned: as it is repeated */
	uint64_t ack_branch;          /* of its Via, whenever it goes */
	uint32_t ack_cseq;            /* of the INVITE it is for */
	uint32_t ok_cseq;
	int64_t ok_wait_us;
	struct sip_timer ok_timer;    /* the 2xx goes again */
	struct sip_timer ack_timer;   /* no ACK came */
	struct sip_timer provisional_timer;
	struct sip_timer wait_timer;  /* glare; stale re-INVITE; Expires of the peer's INVITE */
	struct sip_timer update_timer; /* glare of an UPDATE */
	unsigned provisional;         /* the last status sent */
	unsigned accept_status;
	/* reliable provisional responses */
	struct sip_list reliables;    /* server: struct dum__reliable, the oldest first */
	size_t reliable_count;
	uint32_t rseq;                /* server: the last used; client: the last taken */
	uint32_t pracked;             /* client: the last acknowledged */
	uint32_t rack_cseq;           /* client: the offer in this 1xx waits for our answer in the PRACK */
	bool is_answer_due_in_prack;
	bool is_prack_due;            /* client: the answer in a reliable response is being told, its PRACK follows */
	bool reinvite_has_offer;
	/* RFC 4028 */
	struct sip_timer session_timer;
	uint32_t interval_s;          /* 0: no session timer */
	int64_t expires_us;           /* when the session is over without a refresh */
	uint32_t min_se_s;            /* what the peer takes at least */
	uint8_t interval_tries;       /* 422s to our re-INVITE in a row */
	bool is_refresher;
	bool is_refresh;              /* the re-INVITE or UPDATE under way is one */
	struct sip_str end_reason;    /* value of a Reason header; owned */
};

/* session.c */
enum sip_err dum__session_create(struct dum_set *s, struct dum_dialog *g, struct dum_call *call, struct dum_session **out) SIP_MUST_USE;
void dum__session_tell(struct dum_session *x, enum dum_event_kind kind, const struct sip_message *m);
uint64_t dum__session_hash(const struct dum_session *x, struct sip_str body);
void dum__session_tell_body(struct dum_session *x, enum dum_event_kind kind, const struct sip_message *m);
/* The last word, and the end. */
void dum__session_end(struct dum_session *x);
void dum__session_note_peer(struct dum_session *x, const struct sip_message *m);
enum sip_err dum__session_set_end_reason(struct dum_session *x, struct sip_str reason) SIP_MUST_USE;

/* session_machine.c: what happens in this state when this comes; the input it makes of itself, or SIP_E_STATE for no row. */
struct dum__input {
	const struct sip_message *message;
	struct dum_incoming *in;
	unsigned status;
	struct sip_str reason;
};
enum sip_err dum__session_run(struct dum_session *x, enum dum__session_input on, const struct dum__input *i);
/* Tests only, before there is a session: that machine without one of its rows. False: it has no such row. */
bool dum__session_forget_row(const char *state, const char *input);
bool dum__session_has_row(enum dum__session_state in, enum dum__session_input on);
const char *dum__session_state_text(enum dum__session_state s);

/* The machine's actions, where they stand. */
typedef enum sip_err dum__session_act(struct dum_session *x, const struct dum__input *i);
/* client_session.c */
dum__session_act dum__act_connect, dum__act_take_offer, dum__act_ack_and_bye, dum__act_repeat_ack, dum__act_fail, dum__act_cancel,
	dum__act_cancelled, dum__act_fork_lost, dum__act_send_answer_ack, dum__act_illegal, dum__act_ack_alone,
	dum__act_ack_and_answer_bye;
/* server_session.c */
dum__session_act dum__act_accept, dum__act_accept_later, dum__act_accept_now, dum__act_reject, dum__act_remote_cancel, dum__act_expired,
	dum__act_confirm, dum__act_confirm_illegal, dum__act_no_ack;
/* reinvite.c */
dum__session_act dum__act_send_reinvite, dum__act_reinvite_done, dum__act_reinvite_offered, dum__act_reinvite_failed, dum__act_glare,
	dum__act_take_reinvite, dum__act_answer_reinvite, dum__act_reject_reinvite, dum__act_cancel_reinvite, dum__act_pending,
	dum__act_busy, dum__act_refuse_second, dum__act_take_reinvite_in_glare, dum__act_give_way;
/* ending.c */
dum__session_act dum__act_stale, dum__act_send_bye, dum__act_note_end, dum__act_bye_done, dum__act_gone, dum__act_give_up, dum__act_refuse_481,
	dum__act_answer_bye, dum__act_bye_while_wanting_one;

/* offer_answer.c */
bool dum__oa_step(struct dum__oa *oa, enum dum__oa_input on);
bool dum__oa_can(const struct dum__oa *oa, enum dum__oa_input on);
/* The bodies of a message that are about the session (Content-Disposition: RFC 3261 20.11). */
struct sip_str dum__oa_body_of(const struct sip_message *m, struct sip_str *type);
enum sip_err dum__body_set(struct dum__body *b, struct sip_str type, struct sip_str body) SIP_MUST_USE;
void dum__body_clear(struct dum__body *b);
/* In place of what `to` had; `from` is empty after. */
void dum__body_move(struct dum__body *to, struct dum__body *from);
struct sip_str dum__body_type(const struct dum__body *b);
struct sip_str dum__body_bytes(const struct dum__body *b);
/* Puts what is held on a message and marks it sent: it is what we said last. */
enum sip_err dum__oa_put_held(struct dum__oa *oa, struct sip_message *m) SIP_MUST_USE;
bool dum__oa_is_our_offer_out(const struct dum__oa *oa);
bool dum__oa_is_answer_due(const struct dum__oa *oa);

/* refusal.c: the answer to what a 2xx offers, with every stream refused; empty: it is no SDP. */
enum sip_err dum__refusal_make(struct dum__body *out, const struct sip_message *m) SIP_MUST_USE;

/* client_session.c */
void dum__client_provisional(struct dum_session *x, const struct sip_message *m);
void dum__client_final_2xx(struct dum_session *x, const struct sip_message *m);
enum sip_err dum__client_send_ack(struct dum_session *x, uint32_t cseq, const struct sip_message *invite) SIP_MUST_USE;
/* client_call.c */
void dum__call_session_ended(struct dum_call *c, struct dum_session *x);
const struct sip_message *dum__call_invite(const struct dum_call *c);
enum sip_err dum__call_cancel(struct dum_call *c, struct sip_str reason) SIP_MUST_USE;

/* server_session.c */
void dum__server_take_invite(struct dum_session *x, struct dum_incoming *in);
enum sip_err dum__server_provisional(struct dum_session *x, unsigned status, bool is_early) SIP_MUST_USE;
void dum__server_arm_provisional(struct dum_session *x, bool is_reliable);
enum sip_err dum__server_send_2xx(struct dum_session *x, unsigned status) SIP_MUST_USE;
/* What is out has to be acknowledged or answered before a 2xx may go. */
bool dum__server_must_wait(const struct dum_session *x);
/* What was out came back: the 2xx that waited for it. */
void dum__server_accept_if_wanted(struct dum_session *x);
/* reinvite.c */
int64_t dum__glare_wait_us(struct dum_session *x);
void dum__refuse_busy(struct dum_session *x, struct dum_incoming *in);

/* reliable.c */
bool dum__reliable_is_wanted(struct dum_session *x, bool has_body);
enum sip_err dum__reliable_send(struct dum_session *x, struct sip_message **m, bool has_offer, bool has_answer) SIP_MUST_USE;
bool dum__reliable_blocks_2xx(const struct dum_session *x);
void dum__reliable_on_prack(struct dum_session *x, struct dum_incoming *in);
void dum__reliable_drop_all(struct dum_session *x);
/* False: it is to be reliable, but has no RSeq. */
bool dum__reliable_is_whole(const struct sip_message *m);
/* Client: is this 1xx the next reliable one? False: a repetition, or out of order: not to be looked at. */
bool dum__reliable_take(struct dum_session *x, const struct sip_message *m, bool *is_reliable);
enum sip_err dum__reliable_send_prack(struct dum_session *x, uint32_t rseq, uint32_t cseq) SIP_MUST_USE;
enum sip_err dum__reliable_answer_prack(struct dum_session *x) SIP_MUST_USE;

/* update.c */
/* An offer that waits to go, or to go again after a 491, is rejected instead: the peer's comes first. */
void dum__update_give_up(struct dum_session *x);
/* One that has waited for the answer to our PRACK goes. */
void dum__update_send_held(struct dum_session *x);
void dum__update_init(struct dum_session *x);
/* What is held goes as an offer in m, an UPDATE or a PRACK; once that is sent, it is out. */
enum sip_err dum__update_put_offer(struct dum_session *x, struct sip_message *m) SIP_MUST_USE;
void dum__update_offer_sent(struct dum_session *x);
void dum__update_on_response(void *arg, struct dum_request *r, const struct sip_message *m, enum sip_err why);
enum sip_err dum__update_send(struct dum_session *x, bool has_offer) SIP_MUST_USE;
void dum__update_on_request(struct dum_session *x, struct dum_incoming *in);
enum sip_err dum__update_answer(struct dum_session *x) SIP_MUST_USE;

/* session_timer.c (RFC 4028) */
enum sip_err dum__timer_put_request(struct dum_session *x, struct dum_profile *p, uint32_t min_se, struct sip_message *m) SIP_MUST_USE;
enum sip_err dum__timer_put_response(struct dum_session *x, const struct sip_message *request, struct sip_message *m) SIP_MUST_USE;
/* 422 with Min-SE if the interval is too small: true, and answered. */
bool dum__timer_refuses(struct dum_session *x, struct dum_incoming *in);
/* What a request or a 422 of the peer says of the least interval (7.4): kept, and sent with ours. True: it has grown. */
bool dum__timer_note_min_se(struct dum_session *x, const struct sip_message *m);
/* A refresh failed: again at once if it was a 422 with a greater interval. */
void dum__timer_on_failure(struct dum_session *x, const struct sip_message *m);
void dum__timer_on_response(struct dum_session *x, const struct sip_message *m);
void dum__timer_stop(struct dum_session *x);
void dum__timer_init(struct dum_session *x);

/* ending.c: the INVITE, UPDATE and PRACK of the peer's that still wait for an answer get one (RFC 3261 15.1.2). */
void dum__refuse_all_pending(struct dum_session *x);
/* info.c */
void dum__info_send_kept(struct dum_session *x);
void dum__info_drop_kept(struct dum_session *x);
bool dum__info_on_request(struct dum_session *x, struct dum_incoming *in);
enum sip_err dum__info_send(struct dum_session *x, enum sip_method method, struct sip_str type, struct sip_str body) SIP_MUST_USE;

#endif
