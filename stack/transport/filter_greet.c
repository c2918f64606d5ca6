/*
 * The first bytes of a peer on a port for SIP over TCP or TLS: SIP goes on by itself; HTTP goes to the WebSocket transport beside
 * this one, or is answered politely. Until they have come the connection is not open. Wire's loop. RFC 7118 3.
 */
#include "stack/transport/transport_priv.h"
#include "stack/transport/ws_priv.h"

struct greet {
	struct sip__filter filter; /* first; always the highest */
	size_t len;
	char held[16];             /* what came so far: too little to tell */
};

/* A peer may be silent for as long as any other connection. */
static enum sip_err greet_start(struct sip__filter *f)
{
	sip__connection_wait_no_more(f->connection, SIP__WAIT_CONNECT);
	return SIP_OK;
}

static struct sip__stream *find_beside(const struct sip__connection *c)
{
	const struct sip__endpoint *e = c->flow.endpoint;

	SIP_LIST_FOR(n, &e->wire->endpoints) {
		struct sip__endpoint *other = SIP_CONTAINER(n, struct sip__endpoint, node);

		if (other->transport->o.beside == e->transport)
			return other->state;
	}
	return NULL;
}

static enum sip_err refuse(struct greet *g)
{
	struct sip_buf b;
	enum sip_err err;

	sip_buf_init(&b, 1024);
	sip__ws_put_refusal(&b, SIP__WS_NOT_SERVED);
	err = b.err == SIP_OK ? sip__filter_put(&g->filter, sip_buf_str(&b)) : b.err;
	sip_buf_fini(&b);
	return err == SIP_OK ? SIP_E_UNSUPPORTED : err;
}

static enum sip_err become_ws(struct sip__connection *c, struct sip__stream *beside)
{
	enum sip_err err = sip__connection_move(c, beside);

	if (err != SIP_OK)
		return err;
	sip__connection_wait(c, SIP__WAIT_CONNECT);
	return sip__filter_ws_add(c);
}

static enum sip_err decide(struct greet *g, bool is_http, struct sip_str bytes)
{
	struct sip__connection *c = g->filter.connection;
	struct sip__stream *beside = is_http ? find_beside(c) : NULL;
	enum sip_err err = SIP_OK;

	if (is_http && !beside)
		return refuse(g);
	sip__connection_wait_no_more(c, SIP__WAIT_HEADER);
	if (beside)
		err = become_ws(c, beside);
	return err == SIP_OK ? sip__filter_leave(&g->filter, sip_str_make(g->held, g->len), bytes) : err;
}

static enum sip_err greet_feed(struct sip__filter *f, struct sip_str bytes)
{
	struct greet *g = (struct greet *)(void *)f;
	size_t most = sizeof g->held - g->len, first = bytes.len < most ? bytes.len : most;
	enum sip__ws_guess guess;

	memcpy(g->held + g->len, bytes.p, first);
	g->len += first;
	guess = sip__ws_looks_like_http(sip_str_make(g->held, g->len));
	if (guess == SIP__WS_MORE && g->len < sizeof g->held) {
		sip__connection_wait(f->connection, SIP__WAIT_HEADER);
		return SIP_OK;
	}
	return decide(g, guess == SIP__WS_YES, sip_str_make(bytes.p + first, bytes.len - first));
}

/* Nothing is said to who has said nothing. */
static enum sip_err greet_write(struct sip__filter *f, struct sip_str bytes)
{
	return sip__filter_put(f, bytes);
}

static void greet_close(struct sip__filter *f)
{
	(void)f;
}

static void greet_destroy(struct sip__filter *f)
{
	sip_free(f);
}

static const struct sip__filter_kind greet_kind = { greet_start, greet_feed, greet_write, greet_close, greet_destroy };

enum sip_err sip__filter_greet_add(struct sip__connection *c)
{
	struct greet *g;

	if (c->is_ours)
		return SIP_OK;
	g = sip_alloc_zero(sizeof *g);
	if (!g)
		return SIP_E_NOMEM;
	sip__filter_add(c, &g->filter, &greet_kind);
	return SIP_OK;
}
