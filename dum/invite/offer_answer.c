/*
 * Offer and answer as a machine of its own (RFC 3264, RFC 6337): whatever carries them, only one offer is out at a time. And the
 * bodies that wait to be carried.
 */
#include "dum/invite/invite_priv.h"

/* Where each step leads; 0xff: it breaks the rules. */
#define NO 0xff
static const uint8_t steps[DUM__OA_STATE_COUNT][DUM__OA_INPUT_COUNT] = {
	/*                         TX_OFFER             TX_ANSWER        RX_OFFER              RX_ANSWER        REFUSED */
	[DUM__OA_NONE] =         { DUM__OA_LOCAL,       NO,              DUM__OA_REMOTE,       NO,              NO },
	[DUM__OA_LOCAL] =        { NO,                  NO,              NO,                   DUM__OA_AGREED,  DUM__OA_NONE },
	[DUM__OA_REMOTE] =       { NO,                  DUM__OA_AGREED,  NO,                   NO,              DUM__OA_NONE },
	[DUM__OA_AGREED] =       { DUM__OA_LOCAL_AGAIN, NO,              DUM__OA_REMOTE_AGAIN, NO,              NO },
	[DUM__OA_LOCAL_AGAIN] =  { NO,                  NO,              NO,                   DUM__OA_AGREED,  DUM__OA_AGREED },
	[DUM__OA_REMOTE_AGAIN] = { NO,                  DUM__OA_AGREED,  NO,                   NO,              DUM__OA_AGREED },
};

bool dum__oa_can(const struct dum__oa *oa, enum dum__oa_input on)
{
	return steps[oa->state][on] != NO;
}

bool dum__oa_step(struct dum__oa *oa, enum dum__oa_input on)
{
	uint8_t then = steps[oa->state][on];

	if (then == NO)
		return false;
	if (on == DUM__OA_TX_ANSWER)
		oa->remote = oa->offered;
	oa->state = then;
	return true;
}

bool dum__oa_is_our_offer_out(const struct dum__oa *oa)
{
	return oa->state == DUM__OA_LOCAL || oa->state == DUM__OA_LOCAL_AGAIN;
}

bool dum__oa_is_answer_due(const struct dum__oa *oa)
{
	return oa->state == DUM__OA_REMOTE || oa->state == DUM__OA_REMOTE_AGAIN;
}

struct sip_str dum__oa_body_of(const struct sip_message *m, struct sip_str *type)
{
	struct sip_str disposition, none = sip_str_make(NULL, 0);

	*type = none;
	/* Its word alone: a session stays one whatever its parameters are. */
	if (sip_message_value(m, SIP_HEADER_CONTENT_DISPOSITION, 0, &disposition)) {
		size_t end = sip_str_find(disposition, ';');
		if (!sip_str_eq_nocase(sip_str_trim(sip_str_make(disposition.p, end)), SIP_STR("session")))
			return none;
	}
	if (!sip_message_value(m, SIP_HEADER_CONTENT_TYPE, 0, type))
		return none;
	return sip_message_body(m);
}

/* ---- bodies ------------------------------------------------------------------------------------------------------------ */

void dum__body_clear(struct dum__body *b)
{
	sip_free(b->bytes);
	memset(b, 0, sizeof *b);
}

void dum__body_move(struct dum__body *to, struct dum__body *from)
{
	dum__body_clear(to);
	*to = *from;
	memset(from, 0, sizeof *from);
}

enum sip_err dum__body_set(struct dum__body *b, struct sip_str type, struct sip_str body)
{
	char *bytes = sip_alloc(type.len + body.len + 1);

	if (!bytes)
		return SIP_E_NOMEM;
	if (type.len)
		memcpy(bytes, type.p, type.len);
	if (body.len)
		memcpy(bytes + type.len, body.p, body.len);
	sip_free(b->bytes);
	b->bytes = bytes;
	b->type_len = type.len;
	b->body_len = body.len;
	return SIP_OK;
}

struct sip_str dum__body_type(const struct dum__body *b)
{
	return sip_str_make(b->bytes, b->type_len);
}

struct sip_str dum__body_bytes(const struct dum__body *b)
{
	return b->bytes ? sip_str_make(b->bytes + b->type_len, b->body_len) : sip_str_make(NULL, 0);
}

enum sip_err dum__oa_put_held(struct dum__oa *oa, struct sip_message *m)
{
	enum sip_err err = sip_message_set_body(m, dum__body_type(&oa->held), dum__body_bytes(&oa->held));

	if (err == SIP_OK)
		dum__body_move(&oa->local, &oa->held);
	return err;
}
