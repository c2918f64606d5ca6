/* Two sessions and the wire between them. */
#include "tests/unit/stack/crypto/duo.h"

#include <stdio.h>

enum { ROUNDS_MOST = 100000, READ_ROOM = 4096, FILE_ROOM = 80 };

static const char *file(struct certs *c, const char *name, const char *end)
{
	char text[FILE_ROOM];
	snprintf(text, sizeof text, "%s%s", name, end);
	return certs_path(c, text);
}

enum sip_err duo_keystore(struct certs *c, const struct duo_trust *t, struct sip_keystore **out)
{
	struct sip_keystore_options o;
	struct sip_keystore_pair pairs[2] = { { .domain = NULL } };
	const char *authority = file(c, t->authority ? t->authority : "root", ".pem");
	const char *crl = t->crl ? file(c, t->crl, ".crl") : NULL;
	const char *names[] = { t->pair, t->second };
	sip_keystore_options_init(&o);
	for (size_t i = 0; i < SIP_COUNTOF(names) && names[i]; i++) {
		pairs[i].certificate = file(c, names[i], ".pem");
		pairs[i].key = file(c, names[i], ".key");
		o.pair_count++;
	}
	pairs[0].ocsp = t->ocsp ? file(c, t->ocsp, ".der") : NULL;
	o.pairs = pairs;
	o.authorities = &authority;
	o.authority_count = 1;
	o.crls = &crl;
	o.crl_count = crl != NULL;
	return sip_keystore_load(&o, NULL, out);
}

enum sip_err duo_context(struct certs *c, const struct duo_trust *t, struct sip_tls_options *o, struct sip_tls_context *before,
			 struct sip_tls_context **out)
{
	struct sip_keystore *k = NULL;
	enum sip_err err = duo_keystore(c, t, &k);
	if (err != SIP_OK)
		return err;
	o->keystore = k;
	err = sip_tls_context_create(o, before, NULL, out);
	sip_keystore_unref(&k);
	return err;
}

void duo_init(struct duo *d)
{
	*d = (struct duo){ .piece = 0 };
	sip_buf_init(&d->client.plain, 0);
	sip_buf_init(&d->server.plain, 0);
}

void duo_close(struct duo *d)
{
	sip_tls_session_destroy(&d->client.s);
	sip_tls_session_destroy(&d->server.s);
	sip_buf_fini(&d->client.plain);
	sip_buf_fini(&d->server.plain);
	sip_buf_init(&d->client.plain, 0);
	sip_buf_init(&d->server.plain, 0);
	d->client.err = d->server.err = SIP_OK;
}

void duo_fini(struct duo *d)
{
	duo_close(d);
	sip_tls_context_unref(&d->for_client);
	sip_tls_context_unref(&d->for_server);
}

enum sip_err duo_open(struct duo *d, const char *name)
{
	struct sip_tls_session_options o;
	struct sip_addr at_server, at_client;
	enum sip_err err = sip_addr_parse_port(&at_server, SIP_STR("192.0.2.1:5061"), 0);
	if (err == SIP_OK)
		err = sip_addr_parse_port(&at_client, SIP_STR("192.0.2.9:40000"), 0);
	sip_tls_session_options_init(&o);
	o.context = d->for_client;
	o.name = sip_str_of(name);
	o.peer = &at_server;
	if (err == SIP_OK)
		err = sip_tls_session_create(&o, &d->client.s);
	o.context = d->for_server;
	o.role = SIP_TLS_SERVER;
	o.name = sip_str_make(NULL, 0);
	o.peer = &at_client;
	if (err == SIP_OK)
		err = sip_tls_session_create(&o, &d->server.s);
	return err;
}

static void work(struct duo_end *e)
{
	size_t n = 0;
	if (!sip_tls_session_is_up(e->s))
		e->err = sip_tls_session_handshake(e->s);
	while (e->err == SIP_OK) {
		char *room = sip_buf_reserve(&e->plain, READ_ROOM);
		if (!room) {
			e->err = SIP_E_NOMEM;
			return;
		}
		e->err = sip_tls_session_read(e->s, room, READ_ROOM, &n);
		sip_buf_advance(&e->plain, n);
	}
}

void duo_feed(struct duo_end *e, struct sip_str bytes)
{
	if (e->err != SIP_OK && e->err != SIP_E_AGAIN)
		return;
	e->err = SIP_OK;
	sip_tls_session_feed(e->s, bytes);
	work(e);
}

static bool carry(struct duo *d, struct duo_end *from, struct duo_end *to)
{
	struct sip_str out = sip_tls_session_out(from->s);
	size_t n = d->piece && d->piece < out.len ? d->piece : out.len;
	if (n == 0)
		return false;
	duo_feed(to, sip_str_make(out.p, n));
	sip_tls_session_took(from->s, n);
	return true;
}

enum sip_err duo_pump(struct duo *d)
{
	bool is_busy = true;
	if (d->client.err == SIP_OK && !sip_tls_session_is_up(d->client.s))
		d->client.err = sip_tls_session_handshake(d->client.s);
	for (unsigned i = 0; is_busy && i < ROUNDS_MOST; i++) {
		is_busy = carry(d, &d->client, &d->server);
		is_busy = carry(d, &d->server, &d->client) || is_busy;
	}
	if (d->client.err == SIP_E_NOMEM || d->server.err == SIP_E_NOMEM)
		return SIP_E_NOMEM;
	return SIP_OK;
}

enum sip_err duo_connect(struct duo *d, const char *name)
{
	enum sip_err err = duo_open(d, name);
	return err == SIP_OK ? duo_pump(d) : err;
}

bool duo_is_up(const struct duo *d)
{
	return sip_tls_session_is_up(d->client.s) && sip_tls_session_is_up(d->server.s);
}
