/*
 * WebSocket between a connection and what is below it: a session of ws.c, pumped. The bounds of messages are its own, so that
 * none of them is framed as a stream. Wire's loop. RFC 7118.
 */
#include "stack/transport/transport_priv.h"
#include "stack/transport/ws_priv.h"

struct ws {
	struct sip__filter filter;    /* first */
	struct sip__ws *session;      /* owned */
	struct sip__ws_policy policy; /* its origins are lent by the transport */
	uint32_t pongs;               /* seen so far */
};

static struct ws *ws_of(struct sip__filter *f)
{
	return (struct ws *)(void *)f;
}

static enum sip_err pump(struct ws *w)
{
	struct sip_str out;

	while ((out = sip__ws_out(w->session)).len) {
		enum sip_err err = sip__filter_put(&w->filter, out);

		if (err != SIP_OK)
			return err;
		sip__ws_took(w->session, out.len);
	}
	return SIP_OK;
}

static enum sip_err ws_start(struct sip__filter *f)
{
	return pump(ws_of(f));
}

/* What the client said to be let in has done its work. */
static enum sip_err up(struct sip__filter *f)
{
	sip__ws_forget_request(ws_of(f)->session);
	return sip__filter_up(f);
}

static enum sip_err on_message(void *arg, struct sip_str message)
{
	struct sip__filter *f = arg;
	enum sip_err err = f->is_up ? SIP_OK : up(f);

	if (err != SIP_OK)
		return err;
	sip__connection_wait_no_more(f->connection, SIP__WAIT_HEADER);
	return sip__connection_take(f->connection, message) ? SIP_OK : SIP_E_STATE;
}

static enum sip_err ws_feed(struct sip__filter *f, struct sip_str bytes)
{
	struct ws *w = ws_of(f);
	enum sip_err err = sip__ws_feed(w->session, bytes, on_message, f), put;

	if (err == SIP_E_STATE) /* the connection is gone, or reads no more */
		return err;
	put = pump(w);
	if (err != SIP_OK || put != SIP_OK)
		return err != SIP_OK ? err : put;
	if (w->pongs != sip__ws_pongs(w->session)) {
		w->pongs = sip__ws_pongs(w->session);
		sip_metric_count(f->connection->flow.wire->cells, SIP_M_RX_KEEPALIVE);
		(void)sip__flow_on_pong(&f->connection->flow);
	}
	if (!f->is_up)
		return sip__ws_is_up(w->session) ? up(f) : SIP_OK;
	if (!f->connection->stream)
		return SIP_E_STATE;
	/* The time a message may take begins with its first byte. */
	if (sip__ws_is_partial(w->session))
		sip__connection_wait(f->connection, SIP__WAIT_HEADER);
	else
		sip__connection_wait_no_more(f->connection, SIP__WAIT_HEADER);
	return SIP_OK;
}

static enum sip_err ws_write(struct sip__filter *f, struct sip_str bytes)
{
	enum sip_err err = sip__ws_write(ws_of(f)->session, bytes);

	return err == SIP_OK ? pump(ws_of(f)) : err;
}

static void ws_close(struct sip__filter *f)
{
	unsigned code = f->connection->stream->is_closing ? SIP__WS_GOING_AWAY : SIP__WS_NORMAL;
	enum sip_err err = sip__ws_close(ws_of(f)->session, code);

	if (err == SIP_OK)
		err = pump(ws_of(f));
	if (err != SIP_OK)
		sip_metric_count(f->connection->flow.wire->cells, SIP_M_DROP_ERROR);
}

static void ws_destroy(struct sip__filter *f)
{
	sip__ws_destroy(&ws_of(f)->session);
	sip_free(f);
}

static const struct sip__filter_kind ws_kind = { ws_start, ws_feed, ws_write, ws_close, ws_destroy };

/* Host has the port only where it is not the default one (RFC 6455 4.1). */
static struct sip_str host_of(const struct sip__connection *c, struct sip_buf *b)
{
	uint16_t port = sip_addr_port(&c->flow.remote);

	if (c->name)
		sip_buf_put_z(b, c->name);
	else
		sip_addr_put_uri_host(b, &c->flow.remote);
	if (port != sip_transport_kinds[c->flow.kind].default_port)
		sip_buf_putf(b, ":%u", port);
	return sip_buf_str(b);
}

enum sip_err sip__filter_ws_add(struct sip__connection *c)
{
	const struct sip_transport *t = c->flow.transport;
	struct sip__ws_options o = { .is_server = !c->is_ours, .message_max = c->flow.wire->o.limits.message,
				     .rand = sip_loop_rand(c->flow.wire->loop) };
	struct ws *w = sip_alloc_zero(sizeof *w);
	char text[512];
	struct sip_buf b;
	enum sip_err err;

	if (!w)
		return SIP_E_NOMEM;
	sip_buf_init_fixed(&b, text, sizeof text);
	w->policy.origins = t->ws_origins;
	w->policy.origin_count = t->ws_origin_count;
	o.policy = &w->policy;
	if (c->is_ours) {
		o.target.host = host_of(c, &b);
		o.target.resource = t->o.ws_resource;
	}
	err = b.err == SIP_OK ? sip__ws_create(&o, &w->session) : b.err;
	if (err != SIP_OK) {
		sip_free(w);
		return err;
	}
	sip__filter_add(c, &w->filter, &ws_kind);
	return SIP_OK;
}
