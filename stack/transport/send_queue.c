/*
 * What waits to be written on a connection: sends in order, bounded in bytes (their bookkeeping
 * counted too) and in age. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

static size_t cost(const struct sip_send *s)
{
	return sip_packet_len(s->packet) + sizeof *s;
}

enum sip_err sip__send_queue_put(struct sip__connection *c, struct sip_send *s)
{
	size_t max = c->flow.transport->o.queue_bytes_max;

	/* One message may always wait, however large. */
	if (c->queue.count && c->queue_bytes + cost(s) > max)
		return SIP_E_FULL;
	c->queue_bytes += cost(s);
	sip_fifo_batch_add(&c->queue, &s->node);
	if (s->token)
		sip_packet_set_flow(s->packet, c->flow.id);
	s->node.posted_us = sip_loop_now(c->flow.wire->loop);
	return SIP_OK;
}

int sip__send_queue_gather(const struct sip__connection *c, struct iovec *iov, int most)
{
	size_t skip = c->head_off;
	int count = 0;

	for (struct sip_fifo_node *n = c->queue.head; n && count < most; n = n->next, count++) {
		const struct sip_send *s = SIP_CONTAINER(n, struct sip_send, node);
		union {
			const char *lent;
			void *base;
		} bytes = { .lent = sip_packet_bytes(s->packet) + skip };

		iov[count].iov_base = bytes.base;
		iov[count].iov_len = sip_packet_len(s->packet) - skip;
		skip = 0;
	}
	return count;
}

static struct sip_send *pop(struct sip__connection *c)
{
	struct sip_send *s = SIP_CONTAINER(sip_fifo_batch_pop(&c->queue), struct sip_send, node);

	c->queue_bytes -= cost(s);
	c->head_off = 0;
	if (c->coded.last == &s->node)
		c->coded.last = NULL;
	return s;
}

void sip__send_queue_wrote(struct sip__connection *c, size_t n)
{
	while (c->queue.head) {
		const struct sip_send *s = SIP_CONTAINER(c->queue.head, struct sip_send, node);
		size_t left = sip_packet_len(s->packet) - c->head_off;

		if (n < left) {
			c->head_off += n;
			return;
		}
		n -= left;
		sip__wire_sent(c->flow.wire, c->flow.endpoint, &c->flow, pop(c));
	}
}

void sip__send_queue_coded_wrote(struct sip__connection *c)
{
	while (c->coded.last) {
		const struct sip_send *s = SIP_CONTAINER(c->queue.head, struct sip_send, node);

		if (s->coded_at > c->coded.written)
			return;
		c->coded.head_at = s->coded_at;
		sip__wire_sent(c->flow.wire, c->flow.endpoint, &c->flow, pop(c));
	}
}

int64_t sip__send_queue_since(const struct sip__connection *c)
{
	return c->queue.head ? c->queue.head->posted_us : c->since_us[SIP__WAIT_WRITE];
}

void sip__send_queue_take(struct sip__connection *c, struct sip_fifo_batch *out, enum sip_err why)
{
	bool is_begun = c->head_off != 0 || (c->coded.last && c->coded.written > c->coded.head_at);

	sip_fifo_batch_init(out);
	while (c->queue.head) {
		struct sip_send *s = pop(c);

		s->coded_at = 0;
		if (is_begun)
			sip__wire_send_failed(c->flow.wire, s, why);
		else
			sip_fifo_batch_add(out, &s->node);
		is_begun = false;
	}
}
