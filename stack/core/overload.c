/*
 * Overload as an operating state: the worst FIFO decides what is let in. What ends work
 * (ACK, BYE, CANCEL, PRACK, responses) is let in as long as it can be held.
 */
#include "stack/core/core_priv.h"

enum sip_congestion_level sip__overload_level(void *arg)
{
	const struct sip__stack_wire *w = arg;
	const struct sip_stack *s = w->stack;

	return sip_congestion_level(&s->congestion, sip_loop_now(w->loop));
}

enum sip_congestion_level sip_stack_congestion(struct sip_stack *s)
{
	MUST_BE(s, SIP__STACK_MAGIC);
	return sip_congestion_level(&s->congestion, s->clock->now_us(s->clock->arg));
}

bool sip__overload_refuses(const struct sip_stack *s, const struct sip_message *m)
{
	return SIP_UNLIKELY(__atomic_load_n(&s->is_draining, __ATOMIC_RELAXED)) && sip_message_begins_something(m);
}

enum sip_err sip__overload_answer(struct sip_stack *s, struct sip__stack_shard *shard, uint64_t tx,
				  const struct sip_message *request)
{
	char tag[SIP__TAG_LEN], text[8];
	struct sip_message *response = NULL;
	struct sip_buf value;
	enum sip_err err;

	err = sip_response_make(request, 503, NULL, sip__stack_tag(s, tx, tag), &response);
	if (err != SIP_OK)
		return err;
	/* Spread over 5 … 10 s, so that those refused together do not come back together (RFC 3261 21.5.4). */
	sip_buf_init_fixed(&value, text, sizeof text);
	sip_buf_put_u64(&value, 5 + sip_rand_below(sip_loop_rand(shard->loop), 6));
	err = sip_message_add(response, SIP_HEADER_RETRY_AFTER, sip_buf_str(&value));
	if (err == SIP_OK)
		err = sip_shard_post_response(shard->shard, tx, &response, sip_loop_now(shard->loop));
	sip_message_unref(&response);
	return err;
}
