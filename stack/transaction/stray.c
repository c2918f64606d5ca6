/* What belongs to no transaction: ACKs for 2xx (RFC 3261 13.2.2.4), late responses (16.7, RFC 6026 7.3). The shard's loop. */
#include "stack/transaction/transaction_priv.h"

void sip__stray_ack(struct sip_shard *s, struct sip_message *m)
{
	s->user.on_ack(s->user.arg, NULL, 0, m);
}

/* Only a 2xx to an INVITE means something to anybody still: a call stands that nobody here knows of. */
void sip__stray_response(struct sip_shard *s, struct sip_message *m, bool is_ours)
{
	unsigned status = sip_message_status(m);

	if (is_ours && status >= 200 && status < 300 && sip_message_method(m) == SIP_METHOD_INVITE) {
		s->user.on_stray(s->user.arg, m);
		return;
	}
	sip__count(s, SIP_M_DROP_STRAY, 1);
	sip_message_unref(&m);
}
