/* A pair of transports over the memory net: see pair.h. */
#include "tests/unit/stack/transport/pair.h"

#include "tests/support/certs.h"

#include <stdio.h>
#include <stdlib.h>

struct sip_tls_context *pair_contexts[PAIR_CONTEXTS];

static const struct made {
	const char *leaf;
	bool is_datagram;
	enum sip_tls_verify clients;
} made[PAIR_CONTEXTS] = {
	[PAIR_TLS_A] = { "a.pem", false, SIP_TLS_VERIFY_NONE },         [PAIR_TLS_B] = { "b.pem", false, SIP_TLS_VERIFY_NONE },
	[PAIR_TLS_B_ASKS] = { "b.pem", false, SIP_TLS_VERIFY_OPTIONAL }, [PAIR_TLS_OTHER] = { "other.pem", false, SIP_TLS_VERIFY_NONE },
	[PAIR_TLS_TRUST] = { NULL, false, SIP_TLS_VERIFY_NONE },        [PAIR_DTLS_B] = { "b.pem", true, SIP_TLS_VERIFY_NONE },
	[PAIR_DTLS_A] = { "a.pem", true, SIP_TLS_VERIFY_NONE },         [PAIR_DTLS_TRUST] = { NULL, true, SIP_TLS_VERIFY_NONE },
};

static enum sip_err make_context(struct certs *certs, const struct made *m, struct sip_tls_context **out)
{
	struct sip_keystore_options ko;
	struct sip_keystore_pair pair = { .certificate = m->leaf ? certs_path(certs, m->leaf) : NULL };
	const char *authority = certs_path(certs, "root.pem");
	struct sip_keystore *keys = NULL;
	struct sip_tls_options o;
	enum sip_err err;
	char key[256];

	sip_keystore_options_init(&ko);
	if (m->leaf) {
		snprintf(key, sizeof key, "%.*s.key", (int)strlen(pair.certificate) - 4, pair.certificate);
		pair.key = key;
		ko.pairs = &pair;
		ko.pair_count = 1;
	}
	ko.authorities = &authority;
	ko.authority_count = 1;
	err = sip_keystore_load(&ko, NULL, &keys);
	if (err != SIP_OK)
		return err;
	sip_tls_options_init(&o);
	o.keystore = keys;
	o.is_datagram = m->is_datagram;
	o.clients = m->clients;
	o.resumable = 0; /* what is remembered would count as lost with the case */
	err = sip_tls_context_create(&o, NULL, NULL, out);
	sip_keystore_unref(&keys);
	return err;
}

static void drop_contexts(void)
{
	for (int i = 0; i < PAIR_CONTEXTS; i++)
		sip_tls_context_unref(&pair_contexts[i]);
}

enum sip_err pair_make_contexts(void)
{
	struct certs *certs;
	enum sip_err err = SIP_OK;

	if (pair_contexts[PAIR_CONTEXTS - 1])
		return SIP_OK;
	certs = certs_create();
	certs_authority(certs, "root");
	certs_leaf(certs, "b", "root", "DNS:b.example.com,IP:10.0.0.2");
	certs_leaf(certs, "a", "root", "DNS:a.example.com,IP:10.0.0.1");
	certs_leaf(certs, "other", "root", "DNS:other.example.com");
	for (int i = 0; i < PAIR_CONTEXTS && err == SIP_OK; i++)
		err = make_context(certs, &made[i], &pair_contexts[i]);
	certs_destroy(&certs);
	atexit(drop_contexts);
	return err;
}

enum sip_err pair_open_at(struct pair *p, struct bed_user *u, const char *at, struct sip_tls_context *tls,
			    const struct sip_transport_options *base, struct sip_transport **out)
{
	struct sip_transport_options o = *base;

	o.net = p->bed.net;
	o.bind = bed_addr(at);
	o.tls = sip_transport_kinds[o.kind].is_secure ? tls : NULL;
	return sip_transport_open(&o, &u->wire, 1, out);
}

enum sip_err pair_open_with(struct pair *p, const struct sip_transport_options *o, const struct sip_wire_options *w)
{
	struct sip_transport_options udp;
	enum sip_err err;

	sip_transport_options_init(&udp, SIP_TRANSPORT_UDP);
	memset(p, 0, sizeof *p);
	err = pair_make_contexts();
	p->tls = pair_contexts[o->kind == SIP_TRANSPORT_DTLS ? PAIR_DTLS_B : PAIR_TLS_B];
	p->trust = pair_contexts[o->kind == SIP_TRANSPORT_DTLS ? PAIR_DTLS_TRUST : PAIR_TLS_TRUST];
	if (err == SIP_OK)
		err = bed_open_with(&p->bed, &udp, w);
	if (err == SIP_OK)
		err = pair_open_at(p, &p->bed.a, "10.0.0.1:5061", p->trust, o, &p->a);
	if (err == SIP_OK)
		err = pair_open_at(p, &p->bed.b, "10.0.0.2:5061", p->tls, o, &p->b);
	return err;
}

enum sip_err pair_open(struct pair *p, const struct sip_transport_options *o)
{
	struct sip_wire_options w;

	sip_wire_options_init(&w);
	return pair_open_with(p, o, &w);
}

void pair_close(struct pair *p)
{
	sip_transport_unref(&p->a);
	sip_transport_unref(&p->b);
	bed_close(&p->bed);
}

enum sip_err pair_send_by(struct pair *p, struct sip_transport *t, const char *to, const char *name, struct sip_str text,
			   uint64_t token)
{
	struct sip_packet *packet = sip_packet_copy(text.p, text.len);
	struct sip_send *s = packet ? sip_send_create(packet) : NULL;
	enum sip_err err = s ? sip_packet_set_peer(packet, sip_str_of(name)) : SIP_E_NOMEM;

	sip_packet_unref(&packet);
	if (err == SIP_OK) {
		s->token = token;
		s->transport = t;
		sip_transport_ref(t);
		s->to = bed_addr(to);
		err = sip_send_post(&s, p->bed.clock.now);
	}
	sip_send_destroy(&s);
	return err;
}

enum sip_err pair_send_to(struct pair *p, const char *to, const char *name, struct sip_str text, uint64_t token)
{
	return pair_send_by(p, p->a, to, name, text, token);
}

enum sip_err pair_send_named(struct pair *p, const char *name, uint64_t token)
{
	char room[1024];

	return pair_send_to(p, "10.0.0.2:5061", name,
		       bed_options(room, sizeof room, "SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1", "1"), token);
}

struct sip_str pair_large_message(char *room, size_t size, unsigned body)
{
	int n = snprintf(room, size,
			 "MESSAGE sip:bob@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bK2\r\nMax-Forwards: 70\r\n"
			 "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: large\r\nCSeq: 1 MESSAGE\r\n"
			 "Content-Type: text/plain\r\nContent-Length: %u\r\n\r\n%*s",
			 body, (int)body, "x");

	UNIT_CHECK(n > 0 && (size_t)n < size);
	return sip_str_make(room, (size_t)n);
}

const char pair_ok[] = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n"
			     "To: <sip:b@x>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
