/*
 * Filters: the chain between a connection and its pipe. Which kind of transport has which is one table. One that ends while bytes
 * are on their way up through it is destroyed when they have arrived. Wire's loop.
 */
#include "stack/transport/transport_priv.h"

#define CODED_MOST (64 * 1024) /* no further message is coded while so much waits for the pipe */

/* ---- the chain --------------------------------------------------------------------------------------------------- */

#define FILTERS 3
typedef enum sip_err (*add_fn)(struct sip__connection *c);

/* From the pipe up. */
static const add_fn makers[SIP_TRANSPORT_KIND_COUNT][FILTERS] = {
	[SIP_TRANSPORT_TCP] = { sip__filter_proxy_add, sip__filter_greet_add },
	[SIP_TRANSPORT_TLS] = { sip__filter_proxy_add, sip__filter_tls_add, sip__filter_greet_add },
	[SIP_TRANSPORT_WS] = { sip__filter_proxy_add, sip__filter_ws_add },
	[SIP_TRANSPORT_WSS] = { sip__filter_proxy_add, sip__filter_tls_add, sip__filter_ws_add },
};

enum sip_err sip__filters_make(struct sip__connection *c)
{
	enum sip_err err = SIP_OK;

	for (int i = 0; i < FILTERS && makers[c->flow.kind][i] && err == SIP_OK; i++)
		err = makers[c->flow.kind][i](c);
	return err;
}

void sip__filter_add(struct sip__connection *c, struct sip__filter *f, const struct sip__filter_kind *kind)
{
	f->kind = kind;
	f->connection = c;
	f->above = NULL;
	f->below = c->highest;
	if (c->highest)
		c->highest->above = f;
	else
		c->lowest = f;
	c->highest = f;
}

void sip__filter_drop(struct sip__filter *f)
{
	struct sip__connection *c = f->connection;

	if (f->below)
		f->below->above = f->above;
	else
		c->lowest = f->above;
	if (f->above)
		f->above->below = f->below;
	else
		c->highest = f->below;
	f->below = NULL;
	f->above = c->dropped;
	c->dropped = f;
}

static void free_dropped(struct sip__connection *c)
{
	struct sip__filter *f;

	while ((f = c->dropped) != NULL) {
		c->dropped = f->above;
		f->kind->destroy(f);
	}
}

void sip__filters_end(struct sip__connection *c)
{
	while (c->lowest)
		sip__filter_drop(c->lowest);
	sip_buf_fini(&c->coded.bytes);
	if (!c->receiving)
		free_dropped(c);
}

/* ---- beginning --------------------------------------------------------------------------------------------------- */

enum sip_err sip__filters_start(struct sip__connection *c)
{
	for (struct sip__filter *f = c->lowest; f; f = f->above) {
		enum sip_err err = f->is_up ? SIP_OK : f->kind->start(f);

		if (err != SIP_OK || !f->is_up)
			return err;
	}
	sip__connection_opened(c);
	return c->stream ? SIP_OK : SIP_E_STATE;
}

enum sip_err sip__filter_up(struct sip__filter *f)
{
	f->is_up = true;
	return sip__filters_start(f->connection);
}

/* ---- up ---------------------------------------------------------------------------------------------------------- */

static enum sip_err pass(struct sip__connection *c, struct sip__filter *above, struct sip_str bytes)
{
	if (!bytes.len)
		return SIP_OK;
	if (above)
		return above->kind->feed(above, bytes);
	return sip__connection_feed(c, bytes.p, bytes.len) ? SIP_OK : SIP_E_STATE;
}

enum sip_err sip__filter_pass(struct sip__filter *f, struct sip_str bytes)
{
	return pass(f->connection, f->above, bytes);
}

enum sip_err sip__filter_leave(struct sip__filter *f, struct sip_str held, struct sip_str rest)
{
	struct sip__connection *c = f->connection;
	struct sip__filter *above = f->above;
	enum sip_err err;

	sip__filter_drop(f);
	err = sip__filters_start(c);
	if (err == SIP_OK)
		err = pass(c, above, held);
	return err == SIP_OK ? pass(c, above, rest) : err;
}

enum sip_err sip__filters_feed(struct sip__connection *c, struct sip_str bytes)
{
	enum sip_err err;

	c->receiving++;
	err = c->lowest->kind->feed(c->lowest, bytes);
	c->receiving--;
	if (!c->receiving)
		free_dropped(c);
	return c->stream ? err : SIP_E_STATE;
}

/* ---- down -------------------------------------------------------------------------------------------------------- */

size_t sip__coded_left(const struct sip__connection *c)
{
	return c->coded.bytes.len - c->coded.off;
}

/* What a peer makes us say without reading it is bounded like everything that waits for it. */
static enum sip_err put_coded(struct sip__connection *c, struct sip_str bytes)
{
	struct sip__coded *d = &c->coded;

	if (sip__coded_left(c) > CODED_MOST + c->flow.transport->o.queue_bytes_max)
		return SIP_E_FULL;
	/* A peer that never reads all there is must not make us keep what it has read. */
	if (d->off > d->bytes.len / 2) {
		size_t left = sip__coded_left(c);

		memmove(d->bytes.p, d->bytes.p + d->off, left);
		d->bytes.len = left;
		d->off = 0;
	}
	sip_buf_put_str(&d->bytes, bytes);
	return d->bytes.err;
}

enum sip_err sip__filter_put(struct sip__filter *f, struct sip_str bytes)
{
	enum sip_err err;

	if (!bytes.len)
		return SIP_OK;
	if (f->below)
		return f->below->kind->write(f->below, bytes);
	err = put_coded(f->connection, bytes);
	if (err == SIP_OK)
		sip__connection_has_coded(f->connection);
	return err;
}

static struct sip_send *next_uncoded(const struct sip__connection *c)
{
	struct sip_fifo_node *n = c->coded.last ? c->coded.last->next : c->queue.head;

	return n ? SIP_CONTAINER(n, struct sip_send, node) : NULL;
}

enum sip_err sip__filters_code(struct sip__connection *c)
{
	struct sip_send *s;

	if (!c->highest || c->flow.state == SIP_FLOW_CONNECTING)
		return SIP_OK;
	while (sip__coded_left(c) < CODED_MOST && (s = next_uncoded(c)) != NULL) {
		struct sip_str bytes = sip_str_make(sip_packet_bytes(s->packet), sip_packet_len(s->packet));
		enum sip_err err;

		if (!c->coded.last)
			c->coded.head_at = c->coded.written + sip__coded_left(c);
		err = c->highest->kind->write(c->highest, bytes);
		if (err != SIP_OK)
			return err;
		s->coded_at = c->coded.written + sip__coded_left(c);
		c->coded.last = &s->node;
	}
	return SIP_OK;
}

void sip__coded_wrote(struct sip__connection *c, size_t n)
{
	struct sip__coded *d = &c->coded;

	d->off += n;
	d->written += n;
	if (d->off == d->bytes.len) {
		sip_buf_fini(&d->bytes);
		sip_buf_init(&d->bytes, 0);
		d->off = 0;
	}
}

void sip__filters_close(struct sip__connection *c)
{
	for (struct sip__filter *f = c->highest; f; f = f->below)
		if (f->is_up)
			f->kind->close(f);
}
