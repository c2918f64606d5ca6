/*
 * Bytes for TLS and DTLS servers at every stage: fresh, in the middle of the handshake, up; and genuine flights of a client that are
 * bent on the way. The first byte chooses. The certificates are made once, in a temporary folder that is gone before the first run.
 */
#include "stack/crypto/tls.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/certs.h"

enum stage { FRESH, MIDDLE, UP, BENT, STAGE_COUNT };
enum { ROUNDS_MOST = 64, FLIGHT_MOST = 16 * 1024, OUT_MOST = 256 * 1024 };

struct world {
	struct sip_tls_context *client;
	struct sip_tls_context *server;
	struct sip_addr at;
};
struct both {
	struct sip_tls_session *client;
	struct sip_tls_session *server; /* NULL: DTLS, and nobody has shown a cookie */
	const struct world *world;
	bool is_datagram;
};

static struct sip_tls_context *make_context(struct sip_keystore *k, bool is_datagram, bool is_server)
{
	struct sip_tls_context *c = NULL;
	struct sip_tls_options o;

	sip_tls_options_init(&o);
	o.keystore = k;
	o.is_datagram = is_datagram;
	o.clients = is_server ? SIP_TLS_VERIFY_OPTIONAL : SIP_TLS_VERIFY_NONE;
	FUZZ_MUST(sip_tls_context_create(&o, NULL, NULL, &c) == SIP_OK);
	return c;
}

static const struct world *get_world(bool is_datagram)
{
	static struct world worlds[2];
	struct sip_keystore_options o;
	struct sip_keystore *k = NULL;
	struct certs *pki;

	if (worlds[0].client)
		return &worlds[is_datagram];
	pki = certs_create();
	certs_authority(pki, "root");
	certs_leaf(pki, "a", "root", "DNS:a.test");
	const struct sip_keystore_pair pair = { .certificate = certs_path(pki, "a.pem"), .key = certs_path(pki, "a.key") };
	const char *root = certs_path(pki, "root.pem");
	sip_keystore_options_init(&o);
	o.pairs = &pair;
	o.pair_count = 1;
	o.authorities = &root;
	o.authority_count = 1;
	FUZZ_MUST(sip_keystore_load(&o, NULL, &k) == SIP_OK);
	for (size_t i = 0; i < SIP_COUNTOF(worlds); i++) {
		worlds[i].client = make_context(k, i == 1, false);
		worlds[i].server = make_context(k, i == 1, true);
		worlds[i].at = fuzz_addr("192.0.2.1:5061");
	}
	sip_keystore_unref(&k);
	certs_destroy(&pki);
	return &worlds[is_datagram];
}

static struct sip_tls_session *make_session(const struct world *w, enum sip_tls_role role)
{
	struct sip_tls_session *s = NULL;
	struct sip_tls_session_options o;

	sip_tls_session_options_init(&o);
	o.context = role == SIP_TLS_CLIENT ? w->client : w->server;
	o.role = role;
	o.name = role == SIP_TLS_CLIENT ? SIP_STR("a.test") : SIP_STR("");
	o.peer = &w->at;
	FUZZ_MUST(sip_tls_session_create(&o, &s) == SIP_OK);
	return s;
}

/* Whatever came, the session is well, or has ended and says why. */
static void work(struct sip_tls_session *s, struct sip_str bytes)
{
	char room[1024];
	size_t n = 0;
	enum sip_err err = SIP_OK;

	sip_tls_session_feed(s, bytes);
	if (!sip_tls_session_is_up(s))
		err = sip_tls_session_handshake(s);
	while (err == SIP_OK)
		err = sip_tls_session_read(s, room, sizeof room, &n);
	FUZZ_MUST(err != SIP_E_NOMEM && err != SIP_E_INVAL);
	if (err == SIP_E_AGAIN || err == SIP_E_CLOSED)
		return;
	FUZZ_MUST(sip_tls_session_why(s)[0] != '\0' && !sip_tls_session_is_up(s));
	FUZZ_MUST(sip_tls_session_handshake(s) == err && sip_tls_session_read(s, room, sizeof room, &n) == err);
}

static void drop_out(struct sip_tls_session *s)
{
	size_t sum = 0;

	for (struct sip_str out = sip_tls_session_out(s); out.len > 0; out = sip_tls_session_out(s)) {
		sum += out.len;
		sip_tls_session_took(s, out.len);
	}
	FUZZ_MUST(sum < OUT_MOST);
}

/* A datagram for a server there may be no session of yet. */
static void to_server(struct both *b, struct sip_str bytes)
{
	char room[128];
	struct sip_buf answer;

	sip_buf_init_fixed(&answer, room, sizeof room);
	if (!b->server) {
		enum sip_err err = sip_dtls_listen(b->world->server, &b->world->at, bytes, &answer);
		FUZZ_MUST(err == SIP_OK || err == SIP_E_AGAIN || err == SIP_E_SYNTAX);
		FUZZ_MUST((err == SIP_E_AGAIN) == (answer.len > 0) && answer.len <= bytes.len);
		if (err == SIP_E_AGAIN && b->client)
			work(b->client, sip_buf_str(&answer));
		if (err != SIP_OK)
			return;
		b->server = make_session(b->world, SIP_TLS_SERVER);
	}
	work(b->server, bytes);
}

/* Three bytes of the input bend one of the flight: where, and how. */
static void bend(struct sip_str *in, char *bytes, size_t len)
{
	size_t at = (size_t)fuzz_byte(in) << 8;
	at |= fuzz_byte(in);
	char how = (char)fuzz_byte(in);
	if (at < len)
		bytes[at] = (char)(bytes[at] ^ how);
}

/* One flight of the client's, or datagram; false: it has nothing to say. */
static bool carry_to_server(struct both *b, struct sip_str *bends)
{
	static char copy[FLIGHT_MOST];
	struct sip_str out = sip_tls_session_out(b->client);
	size_t n = out.len < sizeof copy ? out.len : sizeof copy;

	if (n == 0)
		return false;
	memcpy(copy, out.p, n);
	sip_tls_session_took(b->client, n);
	if (bends->len > 0)
		bend(bends, copy, n);
	to_server(b, sip_str_make(copy, n));
	return true;
}

static bool carry_to_client(struct both *b)
{
	struct sip_str out = b->server ? sip_tls_session_out(b->server) : sip_str_make(NULL, 0);

	if (out.len == 0)
		return false;
	work(b->client, out);
	sip_tls_session_took(b->server, out.len);
	return true;
}

/* Up to the stage. */
static void prepare(struct both *b, enum stage stage, struct sip_str *bends)
{
	if (!b->is_datagram)
		b->server = make_session(b->world, SIP_TLS_SERVER);
	if (stage == FRESH)
		return;
	b->client = make_session(b->world, SIP_TLS_CLIENT);
	fuzz_either(sip_tls_session_handshake(b->client));
	for (unsigned i = 0; i < ROUNDS_MOST; i++) {
		bool is_busy = carry_to_server(b, bends);
		if (stage == MIDDLE && b->server)
			return;
		if (!carry_to_client(b) && !is_busy)
			break;
	}
	if (stage != UP)
		return;
	FUZZ_MUST(b->server && sip_tls_session_is_up(b->server));
}

static void run(struct sip_str in, bool is_datagram)
{
	struct both b = { .world = get_world(is_datagram), .is_datagram = is_datagram };
	enum stage stage = (enum stage)(fuzz_byte(&in) % STAGE_COUNT);
	struct sip_str none = sip_str_make(NULL, 0);

	prepare(&b, stage, stage == BENT ? &in : &none);
	/* Pieces, each after its length; of a stream it is the pieces it comes in. */
	while (stage != BENT && in.len > 0) {
		size_t n = (size_t)fuzz_byte(&in) << 8;
		n |= fuzz_byte(&in);
		to_server(&b, sip_str_make(in.p, n < in.len ? n : in.len));
		in = sip_str_from(in, n);
		if (b.server)
			drop_out(b.server);
	}
	if (b.server && sip_tls_session_is_up(b.server))
		fuzz_either(sip_tls_session_write(b.server, SIP_STR("SIP/2.0 200 OK")));
	if (b.server)
		sip_tls_session_close(b.server);
	sip_tls_session_destroy(&b.server);
	sip_tls_session_destroy(&b.client);
}

void fuzz_tls(struct sip_str in)
{
	run(in, false);
}

void fuzz_dtls(struct sip_str in)
{
	run(in, true);
}
