/*
 * TLS between a connection and its pipe: a session of stack/crypto, pumped. The name a peer is asked for is the one before DNS; its
 * connection serves other messages only for names its certificate holds. Wire's loop. RFC 3261 26.3, RFC 5922, RFC 5923 8.
 */
#include "stack/transport/transport_priv.h"

struct tls {
	struct sip__filter filter;       /* first */
	struct sip_tls_session *session; /* owned */
};

static struct tls *tls_of(struct sip__filter *f)
{
	return (struct tls *)(void *)f;
}

static enum sip_err pump(struct tls *t)
{
	struct sip_str out;

	while ((out = sip_tls_session_out(t->session)).len) {
		enum sip_err err = sip__filter_put(&t->filter, out);

		if (err != SIP_OK)
			return err;
		sip_tls_session_took(t->session, out.len);
	}
	return SIP_OK;
}

void sip__tls_tell_failed(struct sip_wire *w, const char *what, bool is_ours, const struct sip_addr *peer,
			  const struct sip_tls_session *session)
{
	char text[SIP_ADDR_TEXT];
	uint64_t untold;

	sip_metric_count(w->cells, SIP_M_TLS_FAILED);
	if (sip__wire_may_tell(w, &untold))
		SIP_LOG(w->log, SIP_LOG_INFO, "transport", "%s %s %s failed: %s; %llu more lines were not said since", what,
			is_ours ? "to" : "from", sip_addr_text(peer, text), sip_tls_session_why(session),
			(unsigned long long)untold);
}

static enum sip_err agree(struct tls *t)
{
	enum sip_err err = sip_tls_session_handshake(t->session), put = pump(t);

	if (err == SIP_E_AGAIN)
		return put;
	if (err != SIP_OK || put != SIP_OK) {
		sip__tls_tell_failed(t->filter.connection->flow.wire, "TLS", t->filter.connection->is_ours,
				     &t->filter.connection->flow.remote, t->session);
		return err != SIP_OK ? err : put;
	}
	sip_metric_count(t->filter.connection->flow.wire->cells, SIP_M_TLS_UP);
	return sip__filter_up(&t->filter);
}

static enum sip_err tls_start(struct sip__filter *f)
{
	return f->connection->is_ours ? agree(tls_of(f)) : SIP_OK;
}

static enum sip_err read_all(struct tls *t)
{
	struct sip_wire *w = t->filter.connection->flow.wire;
	char *room = sip__wire_scratch(w);
	enum sip_err err = room ? SIP_OK : SIP_E_NOMEM;

	while (err == SIP_OK) {
		size_t n = 0;

		err = sip_tls_session_read(t->session, room + SIP__SCRATCH, SIP__PLAIN, &n);
		if (err == SIP_OK)
			err = sip__filter_pass(&t->filter, sip_str_make(room + SIP__SCRATCH, n));
		else if (pump(t) == SIP_E_FULL)
			err = SIP_E_FULL;
	}
	return err == SIP_E_AGAIN ? SIP_OK : err;
}

static enum sip_err tls_feed(struct sip__filter *f, struct sip_str bytes)
{
	struct tls *t = tls_of(f);
	enum sip_err err = SIP_OK;

	sip_tls_session_feed(t->session, bytes);
	if (!f->is_up)
		err = agree(t);
	return err == SIP_OK && f->is_up ? read_all(t) : err;
}

static enum sip_err tls_write(struct sip__filter *f, struct sip_str bytes)
{
	enum sip_err err = sip_tls_session_write(tls_of(f)->session, bytes);

	return err == SIP_OK ? pump(tls_of(f)) : err;
}

static void tls_close(struct sip__filter *f)
{
	sip_tls_session_close(tls_of(f)->session);
	if (pump(tls_of(f)) != SIP_OK)
		sip_metric_count(f->connection->flow.wire->cells, SIP_M_DROP_ERROR);
}

static void tls_destroy(struct sip__filter *f)
{
	sip_tls_session_destroy(&tls_of(f)->session);
	sip_free(f);
}

static const struct sip__filter_kind tls_kind = { tls_start, tls_feed, tls_write, tls_close, tls_destroy };

struct sip_str sip__tls_bare(struct sip_str name)
{
	return name.len > 2 && name.p[0] == '[' ? sip_str_make(name.p + 1, name.len - 2) : name;
}

/* Nobody named it: then it is asked for its address. */
struct sip_str sip__tls_name(struct sip_str name, const struct sip_addr *peer, char room[SIP_ADDR_TEXT])
{
	struct sip_buf b;

	if (name.len)
		return sip__tls_bare(name);
	sip_buf_init_fixed(&b, room, SIP_ADDR_TEXT);
	sip_addr_put_host(&b, peer);
	return sip_buf_str(&b);
}

enum sip_err sip__filter_tls_add(struct sip__connection *c)
{
	struct sip_tls_session_options o;
	char text[SIP_ADDR_TEXT];
	struct tls *t = sip_alloc_zero(sizeof *t);
	enum sip_err err;

	if (!t)
		return SIP_E_NOMEM;
	sip_tls_session_options_init(&o);
	o.context = c->flow.endpoint->tls;
	o.role = c->is_ours ? SIP_TLS_CLIENT : SIP_TLS_SERVER;
	if (c->is_ours)
		o.name = sip__tls_name(c->name ? sip_str_of(c->name) : sip_str_make(NULL, 0), &c->flow.remote, text);
	o.peer = &c->flow.remote;
	err = sip_tls_session_create(&o, &t->session);
	if (err != SIP_OK) {
		sip_free(t);
		return err;
	}
	sip__filter_add(c, &t->filter, &tls_kind);
	return SIP_OK;
}

bool sip__tls_is_for(const struct sip_tls_session *session, const char *called, const struct sip_addr *remote, struct sip_str name)
{
	struct sip_addr host;

	if (!name.len || (called && sip_str_eq_nocase(sip_str_of(called), name)))
		return true;
	name = sip__tls_bare(name);
	if (sip_tls_session_has_certificate(session))
		return sip_tls_session_is_peer(session, name);
	/* A peer without a certificate at an address that is the very name: nobody else could be reached there. */
	return sip_addr_parse(&host, name, 0) == SIP_OK && sip_addr_eq_host(&host, remote);
}

bool sip__filter_tls_has_shown(const struct sip__connection *c, struct sip_str name)
{
	const struct tls *t = (const struct tls *)(const void *)c->lowest;

	if (!t || !t->filter.is_up || !sip_tls_session_has_certificate(t->session))
		return false;
	return !name.len || sip_tls_session_is_peer(t->session, sip__tls_bare(name));
}

bool sip__filter_tls_is_for(const struct sip__connection *c, struct sip_str name)
{
	const struct tls *t = (const struct tls *)(const void *)c->lowest;

	if (!t || !t->filter.is_up)
		return c->name ? sip_str_eq_nocase(sip_str_of(c->name), name) : !name.len;
	return sip__tls_is_for(t->session, c->name, &c->flow.remote, name);
}
