/* Connections with filters over the memory net: TLS, WebSocket and both, on ports of their own and beside SIP, under a virtual clock. */
#include "tests/support/certs.h"
#include "tests/unit/stack/transport/bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LARGE 60000

struct pair { /* one transport of a kind on each side of the bed */
	struct bed bed;
	struct sip_tls_context *tls;   /* lent: b's */
	struct sip_tls_context *trust; /* lent: a's, which knows the authority */
	struct sip_transport *a, *b;
};

static const enum sip_transport_kind kinds[] = { SIP_TRANSPORT_TCP, SIP_TRANSPORT_TLS, SIP_TRANSPORT_WS, SIP_TRANSPORT_WSS };

/* Made with the first case, for all: keys and files take their time. */
enum context { TLS_A, TLS_B, TLS_B_ASKS, TLS_OTHER, TLS_TRUST, DTLS_B, DTLS_TRUST, CONTEXTS };
static struct sip_tls_context *contexts[CONTEXTS];

static const struct made {
	const char *leaf;
	bool is_datagram;
	enum sip_tls_verify clients;
} made[CONTEXTS] = {
	[TLS_A] = { "a.pem", false, SIP_TLS_VERIFY_NONE },         [TLS_B] = { "b.pem", false, SIP_TLS_VERIFY_NONE },
	[TLS_B_ASKS] = { "b.pem", false, SIP_TLS_VERIFY_OPTIONAL }, [TLS_OTHER] = { "other.pem", false, SIP_TLS_VERIFY_NONE },
	[TLS_TRUST] = { NULL, false, SIP_TLS_VERIFY_NONE },        [DTLS_B] = { "b.pem", true, SIP_TLS_VERIFY_NONE },
	[DTLS_TRUST] = { NULL, true, SIP_TLS_VERIFY_NONE },
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
	for (int i = 0; i < CONTEXTS; i++)
		sip_tls_context_unref(&contexts[i]);
}

static enum sip_err make_contexts(void)
{
	struct certs *certs;
	enum sip_err err = SIP_OK;

	if (contexts[CONTEXTS - 1])
		return SIP_OK;
	certs = certs_create();
	certs_authority(certs, "root");
	certs_leaf(certs, "b", "root", "DNS:b.example.com,IP:10.0.0.2");
	certs_leaf(certs, "a", "root", "DNS:a.example.com");
	certs_leaf(certs, "other", "root", "DNS:other.example.com");
	for (int i = 0; i < CONTEXTS && err == SIP_OK; i++)
		err = make_context(certs, &made[i], &contexts[i]);
	certs_destroy(&certs);
	atexit(drop_contexts);
	return err;
}

static enum sip_err open_at(struct pair *p, struct bed_user *u, const char *at, struct sip_tls_context *tls,
			    const struct sip_transport_options *base, struct sip_transport **out)
{
	struct sip_transport_options o = *base;

	o.net = p->bed.net;
	o.bind = bed_addr(at);
	o.tls = sip_transport_kinds[o.kind].is_secure ? tls : NULL;
	return sip_transport_open(&o, &u->wire, 1, out);
}

static enum sip_err pair_open_with(struct pair *p, const struct sip_transport_options *o, const struct sip_wire_options *w)
{
	struct sip_transport_options udp;
	enum sip_err err;

	sip_transport_options_init(&udp, SIP_TRANSPORT_UDP);

	memset(p, 0, sizeof *p);
	err = make_contexts();
	p->tls = contexts[o->kind == SIP_TRANSPORT_DTLS ? DTLS_B : TLS_B];
	p->trust = contexts[o->kind == SIP_TRANSPORT_DTLS ? DTLS_TRUST : TLS_TRUST];
	if (err == SIP_OK)
		err = bed_open_with(&p->bed, &udp, w);
	if (err == SIP_OK)
		err = open_at(p, &p->bed.a, "10.0.0.1:5061", p->trust, o, &p->a);
	if (err == SIP_OK)
		err = open_at(p, &p->bed.b, "10.0.0.2:5061", p->tls, o, &p->b);
	return err;
}

static enum sip_err pair_open(struct pair *p, const struct sip_transport_options *o)
{
	struct sip_wire_options w;

	sip_wire_options_init(&w);
	return pair_open_with(p, o, &w);
}

static void pair_close(struct pair *p)
{
	sip_transport_unref(&p->a);
	sip_transport_unref(&p->b);
	bed_close(&p->bed);
}

static enum sip_err send_to(struct pair *p, const char *to, const char *name, struct sip_str text, uint64_t token)
{
	struct sip_packet *packet = sip_packet_copy(text.p, text.len);
	struct sip_send *s = packet ? sip_send_create(packet) : NULL;
	enum sip_err err = s ? sip_packet_set_peer(packet, sip_str_of(name)) : SIP_E_NOMEM;

	sip_packet_unref(&packet);
	if (err == SIP_OK) {
		s->token = token;
		s->transport = p->a;
		sip_transport_ref(p->a);
		s->to = bed_addr(to);
		err = sip_send_post(&s, p->bed.clock.now);
	}
	sip_send_destroy(&s);
	return err;
}

static enum sip_err send_named(struct pair *p, const char *name, uint64_t token)
{
	char room[1024];

	return send_to(p, "10.0.0.2:5061", name,
		       bed_options(room, sizeof room, "SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1", "1"), token);
}

static struct sip_str large_message(char *room, size_t size, unsigned body)
{
	int n = snprintf(room, size,
			 "MESSAGE sip:bob@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 10.0.0.1;branch=z9hG4bK2\r\nMax-Forwards: 70\r\n"
			 "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: large\r\nCSeq: 1 MESSAGE\r\n"
			 "Content-Type: text/plain\r\nContent-Length: %u\r\n\r\n%*s",
			 body, (int)body, "x");

	UNIT_CHECK(n > 0 && (size_t)n < size);
	return sip_str_make(room, (size_t)n);
}

static const char ok_200[] = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n"
			     "To: <sip:b@x>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/* Who has an association goes on by it; who has none begins with the process that takes over. */
static enum sip_err test_dtls_when_given_then_handshakes_go_and_associations_stay(void)
{
	struct sip_transport_options o;
	struct sip_transport *stranger = NULL;
	struct pair p;
	char room[1024], record[2000];
	int ends[2] = { -1, -1 };
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(open_at(&p, &p.bed.a, "10.0.0.1:5063", p.trust, &o, &stranger));
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_SECONDS(1));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_TRY(sip_hand_over_pair(ends));
	UNIT_TRY(sip_wire_give(p.bed.b.wire, ends[0]));
	UNIT_TRY(send_named(&p, "b.example.com", 2));
	bed_run(&p.bed, SIP_SECONDS(1));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_CHECK(recv(ends[1], record, sizeof record, MSG_DONTWAIT) < 0);
	UNIT_TRY(bed_send(&p.bed, stranger, "10.0.0.2:5061",
			  bed_options(room, sizeof room, "SIP/2.0/DTLS-UDP 10.0.0.1:5063;branch=z9hG4bK3", "3"), 3));
	bed_run(&p.bed, SIP_MS(100));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_CHECK(recv(ends[1], record, sizeof record, MSG_DONTWAIT) > 76);
	UNIT_EQ(record[1], SIP_TRANSPORT_DTLS);
	UNIT_EQ(record[76], 22); /* a handshake's */
	UNIT_TRY(sip_wire_give(p.bed.b.wire, -1));
	sip_transport_close(stranger);
	sip_transport_unref(&stranger);
	UNIT_TRY(open_at(&p, &p.bed.a, "10.0.0.1:5064", p.trust, &o, &stranger));
	UNIT_TRY(bed_send(&p.bed, stranger, "10.0.0.2:5061",
			  bed_options(room, sizeof room, "SIP/2.0/DTLS-UDP 10.0.0.1:5064;branch=z9hG4bK4", "4"), 4));
	bed_run(&p.bed, SIP_SECONDS(1));
	UNIT_EQ(p.bed.b.messages, 3);
out:
	sip_transport_unref(&stranger);
	pair_close(&p);
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return err;
}

/* ---- every kind -------------------------------------------------------------------------------------------------- */

static enum sip_err both_ways(enum sip_transport_kind kind)
{
	struct sip_transport_options o;
	unsigned large = kind == SIP_TRANSPORT_DTLS ? 15000 : LARGE; /* what one record holds */
	char *room = malloc(LARGE + 1000);
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, kind);
	UNIT_TRY(pair_open(&p, &o));
	p.bed.b.holds_flow = true;
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	for (uint64_t i = 2; i < 12; i++)
		UNIT_TRY(send_named(&p, "b.example.com", i));
	UNIT_TRY(send_to(&p, "10.0.0.2:5061", "b.example.com", large_message(room, LARGE + 1000, large), 12));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 12);
	UNIT_EQ(p.bed.a.failed, 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	if (p.bed.b.flow) {
		UNIT_EQ(sip_flow_kind(p.bed.b.flow), kind);
		UNIT_TRY(bed_send_by(&p.bed, p.bed.b.flow, sip_str_of(ok_200), 4));
		UNIT_TRY(bed_send_by(&p.bed, p.bed.b.flow, large_message(room, LARGE + 1000, large), 5));
		bed_run(&p.bed, SIP_MS(10));
		UNIT_EQ(p.bed.a.messages, 2);
		UNIT_EQ(p.bed.a.statuses[0], 200);
		sip_flow_close(p.bed.b.flow);
		bed_run(&p.bed, SIP_MS(10));
		UNIT_EQ(p.bed.b.gone, 1);
		UNIT_EQ(p.bed.a.gone, 1);
		UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	}
out:
	pair_close(&p);
	free(room);
	return err;
}

static enum sip_err test_filter_when_messages_go_both_ways_then_every_kind_carries_them(void)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(kinds) && err == SIP_OK; i++)
		err = both_ways(kinds[i]);
	return err == SIP_OK ? both_ways(SIP_TRANSPORT_DTLS) : err;
}

static enum sip_err test_dtls_when_messages_go_both_ways_then_it_carries_them(void)
{
	return both_ways(SIP_TRANSPORT_DTLS);
}

/* The kind with every filter, for memory that ends anywhere. */
static enum sip_err test_filter_when_all_filters_are_there_then_messages_go_both_ways(void)
{
	return both_ways(SIP_TRANSPORT_WSS);
}

static enum sip_err bounded(enum sip_transport_kind kind)
{
	struct sip_addr b = bed_addr("10.0.0.2:5061");
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, kind);
	o.queue_bytes_max = 16 * 1024;
	o.queue_age_ms = 3000;
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_BLACKHOLE));
	UNIT_TRY(send_named(&p, "b.example.com", 2));
	bed_run(&p.bed, SIP_SECONDS(4));
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.a.why, SIP_E_TIMEOUT);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_UP));
	UNIT_TRY(send_named(&p, "b.example.com", 3));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_BLACKHOLE));
	for (uint64_t i = 4; i < 400 && p.bed.a.failed == 1; i++) {
		UNIT_TRY(send_named(&p, "b.example.com", i));
		bed_run(&p.bed, SIP_MS(1));
	}
	UNIT_CHECK(p.bed.a.failed > 1);
	UNIT_EQ(p.bed.a.why, SIP_E_FULL);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_UP));
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_filter_when_the_peer_does_not_read_then_bytes_and_age_are_bounded(void)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(kinds) && err == SIP_OK; i++)
		err = bounded(kinds[i]);
	return err;
}

/* A peer that reads, but never all there is: what it has read is not kept. */
static enum sip_err test_coded_when_some_is_always_left_then_it_does_not_grow(void)
{
	enum { PIECE = 1000, LEFT = 100 };
	char piece[PIECE + LEFT] = "";
	struct sip__connection *c;
	struct sip_transport_options o;
	struct pair p;
	size_t most = 0;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	memset(&p, 0, sizeof p);
	UNIT_TRY(pair_open(&p, &o));
	p.bed.b.holds_flow = true;
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	if (!p.bed.b.flow)
		goto out;
	c = sip__connection_of(p.bed.b.flow);
	for (int i = 0; i < 500; i++) {
		UNIT_TRY(sip__filter_put(c->lowest, sip_str_make(piece, i ? PIECE : PIECE + LEFT)));
		sip__coded_wrote(c, PIECE);
		UNIT_EQ(sip__coded_left(c), LEFT);
		if (c->coded.bytes.len > most)
			most = c->coded.bytes.len;
	}
	UNIT_CHECK(most < 5 * PIECE);
	sip__coded_wrote(c, LEFT);
out:
	sip_flow_unref(&p.bed.b.flow);
	pair_close(&p);
	return err;
}

static enum sip_err dead(enum sip_transport_kind kind)
{
	struct sip_transport_options o;
	unsigned refusals = 0;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, kind);
	UNIT_TRY(pair_open(&p, &o));
	sip_memory_net_tap(p.bed.net, bed_refuse_first, &refusals);
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	refusals = 1;
	for (uint64_t i = 2; i < 5; i++)
		UNIT_TRY(send_named(&p, "b.example.com", i));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 0);
	UNIT_EQ(p.bed.b.messages, 4);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), 2);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_filter_when_a_cached_connection_is_dead_then_a_second_is_tried(void)
{
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(kinds) && err == SIP_OK; i++)
		err = dead(kinds[i]);
	return err;
}

/* ---- TLS --------------------------------------------------------------------------------------------------------- */

static enum sip_err test_tls_when_the_name_is_not_in_the_certificate_then_nothing_is_sent(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(send_named(&p, "evil.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.a.why, SIP_E_DENIED);
	UNIT_EQ(p.bed.b.messages, 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	/* Nobody named: the address itself must be there. */
	UNIT_TRY(send_named(&p, "", 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tls_when_another_name_has_the_address_then_it_has_its_own_connection(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_TRY(send_named(&p, "B.Example.com", 2));
	UNIT_TRY(send_named(&p, "10.0.0.2", 3)); /* it is in the same certificate (RFC 5923 8.1) */
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), 1);
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_TRY(send_named(&p, "other.example.com", 4));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), 2);
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.b.messages, 3);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tls_when_the_context_is_replaced_then_new_connections_are_by_the_new(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_TRY(sip_transport_set_tls(p.b, contexts[TLS_OTHER]));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_TRY(send_named(&p, "b.example.com", 2)); /* the connection that is there goes on */
	UNIT_TRY(send_named(&p, "other.example.com", 3));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 0);
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), 2);
	UNIT_EQ(sip_transport_set_tls(p.bed.b.tcp, contexts[TLS_OTHER]), SIP_E_INVAL);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_tls_when_the_peer_speaks_plainly_or_not_at_all_then_it_is_closed(void)
{
	struct sip_addr b = bed_addr("10.0.0.2:5061");
	struct sip_transport_options o;
	struct pair p;
	char room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(bed_send(&p.bed, p.bed.a.tcp, "10.0.0.2:5061",
			  bed_options(room, sizeof room, "SIP/2.0/TCP 10.0.0.1:5061;branch=z9hG4bK1", "1"), 1));
	UNIT_EQ(p.bed.b.messages, 0);
	/* A handshake that is never finished. */
	UNIT_TRY(send_named(&p, "b.example.com", 2));
	UNIT_EQ(sip_loop_turn(p.bed.loop, 0), SIP_OK);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_BLACKHOLE));
	bed_run(&p.bed, SIP_SECONDS(11));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_CHECK(p.bed.a.failed > 0);
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_UP));
out:
	pair_close(&p);
	return err;
}

/* ---- RFC 5923 ---------------------------------------------------------------------------------------------------- */

static enum sip_err send_back(struct pair *p, const char *name, uint64_t token)
{
	struct sip_transport *a = p->a;
	char room[1024];
	enum sip_err err;

	p->a = p->b;
	err = send_to(p, "10.0.0.1:5061", name, bed_options(room, sizeof room, "SIP/2.0/TLS 10.0.0.2:5061;branch=z9hG4bK9", "9"), token);
	p->a = a;
	return err;
}

/* a connects to b, says alias, and b sends to where a listens; `out` connections there are in the end. */
static enum sip_err reuse(enum context b, const char *via, const char *name, int64_t out)
{
	struct sip_transport_options o;
	struct pair p;
	char room[1024];
	enum sip_err err;

	memset(&p, 0, sizeof p);
	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	UNIT_TRY(make_contexts());
	UNIT_TRY(bed_open(&p.bed));
	UNIT_TRY(open_at(&p, &p.bed.a, "10.0.0.1:5061", contexts[TLS_A], &o, &p.a));
	UNIT_TRY(open_at(&p, &p.bed.b, "10.0.0.2:5061", contexts[b], &o, &p.b));
	UNIT_TRY(send_to(&p, "10.0.0.2:5061", "b.example.com", bed_options(room, sizeof room, via, "1"), 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_TRY(send_back(&p, name, 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_OUT), out);
out:
	pair_close(&p);
	return err;
}

#define ALIASED "SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1;alias"

static enum sip_err test_alias_when_the_certificate_is_verified_then_the_connection_is_reused(void)
{
	return reuse(TLS_B_ASKS, ALIASED, "a.example.com", 1);
}

static enum sip_err test_alias_when_it_may_not_be_formed_then_a_connection_of_our_own(void)
{
	static const struct {
		enum context b;
		const char *via, *name;
	} rows[] = {
		{ TLS_B_ASKS, "SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK1", "a.example.com" }, /* not asked for */
		{ TLS_B, ALIASED, "a.example.com" }, /* nothing shown */
		{ TLS_B_ASKS, ALIASED, "other.example.com" }, /* another's name */
		{ TLS_B_ASKS, ALIASED, "" }, /* nobody's */
		{ TLS_B_ASKS, "SIP/2.0/TLS 10.0.0.1:5071;branch=z9hG4bK1;alias", "a.example.com" }, /* another port */
	};
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(rows) && err == SIP_OK; i++)
		err = reuse(rows[i].b, rows[i].via, rows[i].name, 2);
	return err;
}

static enum sip_err test_alias_when_the_option_is_set_then_our_via_has_it(void)
{
	static const enum sip_transport_kind with[] = { SIP_TRANSPORT_TLS, SIP_TRANSPORT_TCP };
	struct sip_addr peer = bed_addr("10.0.0.1:5061");
	enum sip_err err = SIP_OK;

	for (size_t i = 0; i < SIP_COUNTOF(with); i++) {
		struct sip_transport_options o;
		struct sip_buf b;
		struct pair p;
		char text[200];

		sip_transport_options_init(&o, with[i]);
		o.adds_alias = true;
		UNIT_TRY(pair_open(&p, &o));
		sip_buf_init_fixed(&b, text, sizeof text);
		sip_transport_put_via(p.b, &peer, SIP_STR("z9hG4bK1"), true, &b);
		UNIT_STR(sip_buf_str(&b), i == 0 ? "SIP/2.0/TLS 10.0.0.2:5061;rport;alias;branch=z9hG4bK1"
						 : "SIP/2.0/TCP 10.0.0.2:5061;rport;branch=z9hG4bK1");
out:
		pair_close(&p);
		if (err != SIP_OK)
			break;
	}
	return err;
}

/* ---- DTLS -------------------------------------------------------------------------------------------------------- */

static enum sip_err test_dtls_when_the_name_is_wrong_or_the_message_too_large_then_it_has_failed(void)
{
	struct sip_transport_options o;
	char *room = malloc(LARGE + 1000);
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(send_named(&p, "evil.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.a.why, SIP_E_DENIED);
	UNIT_TRY(send_named(&p, "b.example.com", 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_TRY(send_named(&p, "evil.example.com", 3)); /* one address, one association */
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 2);
	UNIT_TRY(send_to(&p, "10.0.0.2:5061", "b.example.com", large_message(room, LARGE + 1000, LARGE), 4));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.a.failed, 3);
	UNIT_EQ(p.bed.a.why, SIP_E_TOOBIG);
	UNIT_EQ(p.bed.b.messages, 1);
out:
	pair_close(&p);
	free(room);
	return err;
}

static enum sip_err test_dtls_when_nobody_answers_then_what_waits_fails_in_time(void)
{
	struct sip_addr b = bed_addr("10.0.0.2:5061");
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	o.queue_bytes_max = 2000;
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(sip_memory_net_fate(p.bed.net, &b, SIP_MEMORY_BLACKHOLE));
	for (uint64_t i = 1; i < 12; i++)
		UNIT_TRY(send_named(&p, "b.example.com", i));
	UNIT_EQ(sip_loop_turn(p.bed.loop, 0), SIP_OK);
	UNIT_CHECK(p.bed.a.failed > 0);
	UNIT_EQ(p.bed.a.why, SIP_E_FULL);
	bed_run(&p.bed, SIP_SECONDS(11));
	UNIT_EQ(p.bed.a.failed, 11);
	UNIT_EQ(p.bed.a.why, SIP_E_TIMEOUT);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_dtls_when_a_handshake_stops_half_way_then_both_sides_give_up(void)
{
	struct sip_transport_options o;
	unsigned datagrams = 3; /* a hello, its cookie, the hello with it */
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	sip_memory_net_tap(p.bed.net, bed_admit_first, &datagrams);
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_SECONDS(5));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	bed_run(&p.bed, SIP_SECONDS(6));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_EQ(p.bed.a.why, SIP_E_TIMEOUT);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_dtls_when_strangers_send_anything_then_it_costs_nothing(void)
{
	struct sip_transport_options o;
	struct pair p;
	char room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(bed_inject(&p.bed, "10.0.0.77:5060", "10.0.0.2:5061",
			    bed_options(room, sizeof room, "SIP/2.0/UDP 10.0.0.77;branch=z9hG4bK1", "1")));
	UNIT_TRY(bed_inject(&p.bed, "10.0.0.77:5060", "10.0.0.2:5061", SIP_STR("\x16\xfe\xfd")));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_DROP_MALFORMED), 2);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_FLOWS), 0);
out:
	pair_close(&p);
	return err;
}

#define CALLERS 3

struct callers { /* transports of a's, each of which calls b */
	struct sip_transport *all[CALLERS];
};

static enum sip_err caller_open(struct pair *p, struct callers *c, const struct sip_transport_options *o, unsigned i)
{
	char at[32];

	snprintf(at, sizeof at, "10.0.0.1:%u", 5070 + i);
	return open_at(p, &p->bed.a, at, p->trust, o, &c->all[i]);
}

static enum sip_err caller_sends(struct pair *p, const struct callers *c, unsigned i)
{
	char room[1024];
	enum sip_err err = bed_send(&p->bed, c->all[i], "10.0.0.2:5061",
				    bed_options(room, sizeof room, "SIP/2.0/DTLS-UDP 10.0.0.1;branch=z9hG4bK1", "1"), 1);

	bed_run(&p->bed, SIP_MS(10));
	return err;
}

static enum sip_err callers_open(struct pair *p, struct callers *c, const struct sip_transport_options *o)
{
	enum sip_err err = SIP_OK;

	for (unsigned i = 0; i < CALLERS && err == SIP_OK; i++)
		err = caller_open(p, c, o, i);
	return err;
}

static void callers_close(struct pair *p, struct callers *c)
{
	for (size_t i = 0; i < CALLERS; i++)
		sip_transport_unref(&c->all[i]);
	pair_close(p);
}

static enum sip_err test_dtls_when_there_are_too_many_then_the_least_used_goes(void)
{
	struct sip_transport_options o;
	struct callers c = { { NULL } };
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	o.connections_max = 2;
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(callers_open(&p, &c, &o));
	for (unsigned i = 0; i < CALLERS; i++)
		UNIT_TRY(caller_sends(&p, &c, i));
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_EQ(p.bed.b.gone, 1);
	UNIT_EQ(p.bed.b.gone_why, SIP_E_LIMIT);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_EVICTED), 1);
out:
	callers_close(&p, &c);
	return err;
}

/* Who has got through a cookie and no further drives out others like him, and nobody who speaks. */
static enum sip_err test_dtls_when_strangers_fill_the_table_then_who_is_up_stays(void)
{
	struct sip_transport_options o;
	struct callers c = { { NULL } };
	unsigned datagrams;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	o.connections_max = 2;
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(callers_open(&p, &c, &o));
	UNIT_TRY(caller_sends(&p, &c, 0));
	UNIT_EQ(p.bed.b.messages, 1);
	sip_memory_net_tap(p.bed.net, bed_admit_first, &datagrams);
	for (unsigned i = 1; i < CALLERS; i++) {
		datagrams = 3; /* a hello, its cookie, the hello with it */
		UNIT_TRY(caller_sends(&p, &c, i));
	}
	sip_memory_net_tap(p.bed.net, NULL, NULL);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_EVICTED), 1);
	UNIT_EQ(p.bed.b.gone, 0);
	UNIT_TRY(caller_sends(&p, &c, 0));
	UNIT_EQ(p.bed.b.messages, 2);
out:
	callers_close(&p, &c);
	return err;
}

static enum sip_err test_dtls_when_a_source_has_as_many_as_it_may_then_the_next_is_refused(void)
{
	struct sip_transport_options o;
	struct callers c = { { NULL } };
	struct sip_wire_options w;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	sip_wire_options_init(&w);
	w.guard.connections_max = 2;
	UNIT_TRY(pair_open_with(&p, &o, &w));
	UNIT_TRY(callers_open(&p, &c, &o));
	p.bed.b.holds_flow = true;
	for (unsigned i = 0; i < CALLERS; i++)
		UNIT_TRY(caller_sends(&p, &c, i));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_REFUSED_SOURCE), 1);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_DROP_MALFORMED), 0);
	UNIT_CHECK(p.bed.b.flow != NULL);
	if (p.bed.b.flow)
		sip_flow_close(p.bed.b.flow);
	bed_run(&p.bed, SIP_SECONDS(11)); /* the third has given up */
	UNIT_EQ(p.bed.a.failed, 1);
	UNIT_TRY(caller_sends(&p, &c, 2));
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_REFUSED_SOURCE), 1);
out:
	callers_close(&p, &c);
	return err;
}

/* UDP, which anybody may forge, drives out no association; these make room for each other. */
static enum sip_err test_dtls_when_a_wire_has_as_many_flows_as_it_may_then_udp_goes_first(void)
{
	struct sip_transport_options o;
	struct callers c = { { NULL } };
	struct sip_wire_options w;
	struct pair p;
	char at[32], room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	sip_wire_options_init(&w);
	w.udp_flows_max = 3;
	UNIT_TRY(pair_open_with(&p, &o, &w));
	UNIT_TRY(callers_open(&p, &c, &o));
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	for (unsigned i = 0; i < 5; i++) {
		snprintf(at, sizeof at, "10.0.0.%u:5060", 77 + i);
		UNIT_TRY(bed_inject(&p.bed, at, "10.0.0.2:5060",
				    bed_options(room, sizeof room, "SIP/2.0/UDP 10.0.0.77;branch=z9hG4bK1", "1")));
	}
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_FLOWS_EVICTED), 3);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	for (unsigned i = 0; i < CALLERS; i++)
		UNIT_TRY(caller_sends(&p, &c, i));
	UNIT_EQ(p.bed.b.messages, 9);
	UNIT_EQ(p.bed.b.gone_why, SIP_E_LIMIT);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 6);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_FLOWS), 6);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_FLOWS_EVICTED), 7); /* two more of UDP and one of DTLS at b, one at a */
out:
	callers_close(&p, &c);
	return err;
}

static enum sip_err test_dtls_when_nobody_uses_it_then_it_ends(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	o.idle_s = 60;
	UNIT_TRY(pair_open(&p, &o));
	for (uint64_t i = 1; i < 4; i++) {
		UNIT_TRY(send_named(&p, "b.example.com", i));
		bed_run(&p.bed, SIP_SECONDS(59));
		UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 2);
	}
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_IN), 1);
	bed_run(&p.bed, SIP_SECONDS(2));
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(p.bed.b.messages, 3);
	UNIT_EQ(p.bed.b.gone, 1);
out:
	pair_close(&p);
	return err;
}

struct heard { /* the last datagram to a's */
	char bytes[2048];
	size_t len;
};

static bool hear(void *arg, enum sip_transport_kind kind, const struct sip_addr *from, const struct sip_addr *to, struct sip_str bytes)
{
	const struct sip_addr a = bed_addr("10.0.0.1:0");
	struct heard *h = arg;

	(void)kind;
	(void)from;
	if (sip_addr_eq_host(to, &a) && bytes.len <= sizeof h->bytes) {
		memcpy(h->bytes, bytes.p, bytes.len);
		h->len = bytes.len;
	}
	return true;
}

static enum sip_err test_dtls_when_the_network_says_nobody_is_there_then_it_must_quote_us(void)
{
	struct sip_addr a = bed_addr("10.0.0.1:5061");
	struct heard heard = { .len = 0 };
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	sip_memory_net_tap(p.bed.net, hear, &heard);
	p.bed.b.holds_flow = true;
	UNIT_TRY(send_named(&p, "b.example.com", 1));
	bed_run(&p.bed, SIP_MS(10));
	if (!p.bed.b.flow)
		goto out;
	UNIT_TRY(bed_send_by(&p.bed, p.bed.b.flow, sip_str_of(ok_200), 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_CHECK(heard.len > 64);
	sip__dtls_refused(&p.b->endpoints[0], &a, sip_str_make(heard.bytes, 28));
	heard.bytes[30] ^= 1;
	sip__dtls_refused(&p.b->endpoints[0], &a, sip_str_make(heard.bytes, 64));
	heard.bytes[30] ^= 1;
	UNIT_EQ(p.bed.b.gone, 0);
	sip__dtls_refused(&p.b->endpoints[0], &a, sip_str_make(heard.bytes, 64));
	UNIT_EQ(p.bed.b.gone, 1);
	UNIT_EQ(p.bed.b.gone_why, SIP_E_REFUSED);
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_transport_when_the_context_is_of_the_other_kind_then_inval(void)
{
	struct sip_transport_options o;
	struct sip_transport *t = NULL;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_DTLS);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_EQ(open_at(&p, &p.bed.b, "10.0.0.2:5070", contexts[TLS_B], &o, &t), SIP_E_INVAL);
	UNIT_EQ(sip_transport_set_tls(p.b, contexts[TLS_B]), SIP_E_INVAL);
	o.kind = SIP_TRANSPORT_WSS;
	UNIT_EQ(open_at(&p, &p.bed.b, "10.0.0.2:5070", contexts[DTLS_B], &o, &t), SIP_E_INVAL);
out:
	pair_close(&p);
	return err;
}

/* ---- one port for both ------------------------------------------------------------------------------------------- */

static enum sip_err test_beside_when_sip_and_websocket_share_a_port_then_both_are_served(void)
{
	struct sip_transport *beside = NULL, *client = NULL;
	struct sip_transport_options o;
	struct pair p;
	char room[1024];
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	UNIT_TRY(pair_open(&p, &o));
	sip_transport_options_init(&o, SIP_TRANSPORT_WS);
	o.net = p.bed.net;
	o.beside = p.b;
	UNIT_TRY(sip_transport_open(&o, &p.bed.b.wire, 1, &beside));
	UNIT_CHECK(sip_addr_eq(sip_transport_bound(beside), sip_transport_bound(p.b)));
	sip_transport_options_init(&o, SIP_TRANSPORT_WS);
	UNIT_TRY(open_at(&p, &p.bed.a, "10.0.0.1:5080", NULL, &o, &client));
	p.bed.b.holds_flow = true;
	UNIT_TRY(bed_send(&p.bed, client, "10.0.0.2:5061",
			  bed_options(room, sizeof room, "SIP/2.0/WS 10.0.0.1:5080;branch=z9hG4bK1", "1"), 1));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 1);
	UNIT_CHECK(p.bed.b.flow && sip_flow_kind(p.bed.b.flow) == SIP_TRANSPORT_WS && sip_flow_transport(p.bed.b.flow) == beside);
	UNIT_TRY(send_named(&p, "", 2));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 2);
	UNIT_CHECK(p.bed.b.flow && sip_flow_kind(p.bed.b.flow) == SIP_TRANSPORT_TCP && sip_flow_transport(p.bed.b.flow) == p.b);
	UNIT_EQ(p.bed.a.failed, 0);
out:
	sip_transport_unref(&client);
	sip_transport_unref(&beside);
	pair_close(&p);
	return err;
}

static enum sip_err test_beside_when_http_comes_and_nobody_serves_it_then_it_is_answered_and_closed(void)
{
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	UNIT_TRY(pair_open(&p, &o));
	UNIT_TRY(send_to(&p, "10.0.0.2:5061", "", SIP_STR("GET / HTTP/1.1\r\nHost: b.example.com\r\n\r\n"), 0));
	bed_run(&p.bed, SIP_MS(10));
	UNIT_EQ(p.bed.b.messages, 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS), 0);
	UNIT_EQ(bed_metric(&p.bed, SIP_M_CONNECTIONS_UNFRAMED), 1); /* the answer, on our side: it is no SIP */
out:
	pair_close(&p);
	return err;
}

static enum sip_err test_beside_when_the_options_do_not_fit_then_inval(void)
{
	struct sip_transport *t = NULL;
	struct sip_transport_options o;
	struct pair p;
	enum sip_err err;

	sip_transport_options_init(&o, SIP_TRANSPORT_TCP);
	UNIT_TRY(pair_open(&p, &o));
	sip_transport_options_init(&o, SIP_TRANSPORT_WSS);
	o.net = p.bed.net;
	o.beside = p.b; /* speaks no TLS */
	o.tls = p.tls;
	UNIT_EQ(sip_transport_open(&o, &p.bed.b.wire, 1, &t), SIP_E_INVAL);
	o.beside = NULL;
	o.tls = NULL;
	o.bind = bed_addr("10.0.0.2:443");
	UNIT_EQ(sip_transport_open(&o, &p.bed.b.wire, 1, &t), SIP_E_INVAL);
out:
	pair_close(&p);
	return err;
}

#define CROWD 12

static void hello(struct sip_tls_session **session, int fd)
{
	struct sip_tls_session_options o;
	struct sip_str out;

	sip_tls_session_options_init(&o);
	o.context = contexts[TLS_TRUST];
	o.role = SIP_TLS_CLIENT;
	o.name = sip_str_of("b.example.com");
	UNIT_EQ(sip_tls_session_create(&o, session), SIP_OK);
	UNIT_EQ(sip_tls_session_handshake(*session), SIP_E_AGAIN);
	out = sip_tls_session_out(*session);
	UNIT_EQ(send(fd, out.p, out.len, 0), out.len);
}

static size_t count_answered(const int fds[CROWD])
{
	size_t count = 0;
	char byte;

	for (int i = 0; i < CROWD; i++)
		count += recv(fds[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 1;
	return count;
}

static enum sip_err take_no_message(void *arg, struct sip_message *m)
{
	(void)arg;
	sip_message_unref(&m);
	return SIP_OK;
}

struct front { /* a wire with one transport on a socket, where what is not read in a turn is told again */
	struct sip_loop *loop;
	struct sip_wire *wire;
	struct sip_transport *transport;
};

static enum sip_err front_open(struct front *f)
{
	struct sip_loop_options lo;
	struct sip_wire_options w;
	struct sip_transport_options o;
	enum sip_err err;

	memset(f, 0, sizeof *f);
	UNIT_TRY(make_contexts());
	sip_loop_options_init(&lo);
	UNIT_TRY(sip_loop_create(&lo, &f->loop));
	sip_wire_options_init(&w);
	w.loop = f->loop;
	w.user.on_message = take_no_message;
	UNIT_TRY(sip_wire_create(&w, &f->wire));
	sip_transport_options_init(&o, SIP_TRANSPORT_TLS);
	o.bind = bed_addr("127.0.0.1:0");
	o.tls = contexts[TLS_B];
	UNIT_TRY(sip_transport_open(&o, &f->wire, 1, &f->transport));
out:
	return err;
}

static void front_close(struct front *f)
{
	if (f->wire)
		sip_wire_shutdown(f->wire);
	sip_transport_unref(&f->transport);
	sip_wire_unref(&f->wire);
	sip_loop_unref(&f->loop);
}

static enum sip_err test_tls_when_many_shake_hands_at_once_then_one_a_turn(void)
{
	struct sip_tls_session *sessions[CROWD] = { NULL };
	const struct sip_addr *at;
	int fds[CROWD];
	struct front f;
	enum sip_err err;

	for (int i = 0; i < CROWD; i++)
		fds[i] = -1;
	UNIT_TRY(front_open(&f));
	at = sip_transport_bound(f.transport);
	for (int i = 0; i < CROWD; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		UNIT_EQ(connect(fds[i], &at->u.sa, sip_addr_len(at)), 0);
	}
	UNIT_EQ(sip_loop_turn(f.loop, 0), SIP_OK); /* they are accepted */
	for (int i = 0; i < CROWD; i++)
		hello(&sessions[i], fds[i]);
	for (size_t i = 1; i <= CROWD; i++) {
		UNIT_EQ(sip_loop_turn(f.loop, 0), SIP_OK);
		UNIT_EQ(count_answered(fds), i);
	}
out:
	for (int i = 0; i < CROWD; i++) {
		sip_tls_session_destroy(&sessions[i]);
		if (fds[i] >= 0)
			close(fds[i]);
	}
	front_close(&f);
	return err;
}

static const struct unit_case cases[] = {
	/* Handshakes take their time: where memory ends is tried with the kind that has every filter. */
	UNIT_CASE_NO_OOM(test_filter_when_messages_go_both_ways_then_every_kind_carries_them),
	UNIT_CASE(test_dtls_when_messages_go_both_ways_then_it_carries_them),
	UNIT_CASE_DEAR(test_filter_when_all_filters_are_there_then_messages_go_both_ways),
	UNIT_CASE_NO_OOM(test_filter_when_the_peer_does_not_read_then_bytes_and_age_are_bounded),
	UNIT_CASE_NO_OOM(test_coded_when_some_is_always_left_then_it_does_not_grow), /* another has this exchange without memory */
	UNIT_CASE_NO_OOM(test_filter_when_a_cached_connection_is_dead_then_a_second_is_tried),
	UNIT_CASE_NO_OOM(test_tls_when_the_name_is_not_in_the_certificate_then_nothing_is_sent),
	UNIT_CASE_NO_OOM(test_tls_when_another_name_has_the_address_then_it_has_its_own_connection),
	UNIT_CASE(test_tls_when_the_context_is_replaced_then_new_connections_are_by_the_new),
	UNIT_CASE_NO_OOM(test_tls_when_many_shake_hands_at_once_then_one_a_turn),
	UNIT_CASE_NO_OOM(test_tls_when_the_peer_speaks_plainly_or_not_at_all_then_it_is_closed),
	UNIT_CASE_DEAR(test_alias_when_the_certificate_is_verified_then_the_connection_is_reused),
	UNIT_CASE_NO_OOM(test_alias_when_it_may_not_be_formed_then_a_connection_of_our_own),
	UNIT_CASE(test_alias_when_the_option_is_set_then_our_via_has_it),
	UNIT_CASE_NO_OOM(test_dtls_when_the_name_is_wrong_or_the_message_too_large_then_it_has_failed),
	UNIT_CASE_NO_OOM(test_dtls_when_nobody_answers_then_what_waits_fails_in_time),
	UNIT_CASE_NO_OOM(test_dtls_when_a_handshake_stops_half_way_then_both_sides_give_up),
	UNIT_CASE(test_dtls_when_strangers_send_anything_then_it_costs_nothing),
	UNIT_CASE_NO_OOM(test_dtls_when_there_are_too_many_then_the_least_used_goes),
	UNIT_CASE_NO_OOM(test_dtls_when_strangers_fill_the_table_then_who_is_up_stays),
	UNIT_CASE_NO_OOM(test_dtls_when_a_source_has_as_many_as_it_may_then_the_next_is_refused),
	UNIT_CASE_NO_OOM(test_dtls_when_a_wire_has_as_many_flows_as_it_may_then_udp_goes_first),
	UNIT_CASE_NO_OOM(test_dtls_when_nobody_uses_it_then_it_ends),
	UNIT_CASE_NO_OOM(test_dtls_when_the_network_says_nobody_is_there_then_it_must_quote_us),
	UNIT_CASE(test_transport_when_the_context_is_of_the_other_kind_then_inval),
	UNIT_CASE_NO_OOM(test_dtls_when_given_then_handshakes_go_and_associations_stay),
	UNIT_CASE(test_beside_when_sip_and_websocket_share_a_port_then_both_are_served),
	UNIT_CASE(test_beside_when_http_comes_and_nobody_serves_it_then_it_is_answered_and_closed),
	UNIT_CASE(test_beside_when_the_options_do_not_fit_then_inval),
};
const struct unit_suite filter_suite = { "stack/transport/filter", cases, SIP_COUNTOF(cases) };
