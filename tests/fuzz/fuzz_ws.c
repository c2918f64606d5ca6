/* WebSocket: hostile bytes for both roles, before and after the handshake, whole and in pieces. RFC 6455, RFC 7118. */
#include "stack/transport/ws_priv.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGE_MAX 2000

enum { IS_SERVER = 1, IS_UP = 2, ECHOES = 4, CLOSES = 8 };

struct peer { /* the one under test, and what came of it */
	struct sip__ws *ws;
	struct sip_rand rand;
	unsigned how;
	unsigned messages;
	uint64_t sum;
	enum sip_err err;
};

static const struct sip_hash_key key;

static enum sip_err on_message(void *arg, struct sip_str message)
{
	struct peer *p = arg;

	FUZZ_MUST(message.p != NULL && message.len <= MESSAGE_MAX);
	p->messages++;
	p->sum = sip_hash_mix(p->sum, sip_hash_bytes(&key, message.p, message.len));
	if (p->how & ECHOES)
		fuzz_either(sip__ws_write(p->ws, message));
	if (p->how & CLOSES)
		fuzz_either(sip__ws_close(p->ws, SIP__WS_NORMAL));
	return SIP_OK;
}

static void create(struct peer *p, bool is_server)
{
	const struct sip__ws_options options = { .is_server = is_server, .message_max = MESSAGE_MAX, .rand = &p->rand,
						 .target = { .host = SIP_STR_INIT("a.test") } };

	sip_rand_init_seed(&p->rand, 5);
	FUZZ_MUST(sip__ws_create(&options, &p->ws) == SIP_OK);
}

static void pass(struct peer *from, struct peer *to)
{
	FUZZ_MUST(sip__ws_feed(to->ws, sip__ws_out(from->ws), on_message, to) == SIP_OK);
	sip__ws_took(from->ws, sip__ws_out(from->ws).len);
}

static void bring_up(struct peer *p)
{
	struct peer other = { .how = 0 };
	bool is_server = p->how & IS_SERVER;

	create(&other, !is_server);
	if (is_server)
		pass(&other, p);
	pass(p, &other);
	if (!is_server)
		pass(&other, p);
	FUZZ_MUST(sip__ws_is_up(p->ws));
	sip__ws_destroy(&other.ws);
}

static void look(const struct peer *p)
{
	const struct sip__ws_request *r = sip__ws_request(p->ws);
	unsigned status = sip__ws_status(p->ws);

	FUZZ_MUST(sip__ws_memory(p->ws) <= 2 * SIP__WS_HANDSHAKE_MAX + 4 * MESSAGE_MAX + 4 * 65536);
	FUZZ_MUST(p->err == SIP_OK || (!sip__ws_is_up(p->ws) && !sip__ws_is_partial(p->ws)));
	FUZZ_MUST(!sip__ws_is_up(p->ws) || status == 101);
	FUZZ_MUST(!r || (r->path.len && r->path.p[0] == '/' && r->host.len && r->cookie.len <= SIP__WS_COOKIE_MAX));
	FUZZ_MUST(p->messages == 0 || status == 101);
}

static void play(struct peer *p, struct sip_str in, size_t piece)
{
	create(p, p->how & IS_SERVER);
	if (p->how & IS_UP)
		bring_up(p);
	while (in.len && p->err == SIP_OK) {
		size_t n = in.len < piece ? in.len : piece;

		p->err = sip__ws_feed(p->ws, sip_str_make(in.p, n), on_message, p);
		in = sip_str_from(in, n);
		look(p);
	}
	if (p->err != SIP_OK)
		FUZZ_MUST(sip__ws_feed(p->ws, SIP_STR("x"), on_message, p) == SIP_E_CLOSED);
}

/* How, the length of the pieces, the bytes. */
void fuzz_ws(struct sip_str in)
{
	unsigned how = fuzz_byte(&in);
	size_t piece = fuzz_byte(&in) + 1u;
	struct peer whole = { .how = how }, pieces = { .how = how };
	struct sip_str out;

	(void)sip__ws_looks_like_http(in);
	play(&whole, in, in.len);
	play(&pieces, in, piece);
	FUZZ_MUST(whole.err == pieces.err && whole.messages == pieces.messages && whole.sum == pieces.sum);
	FUZZ_MUST(sip__ws_status(whole.ws) == sip__ws_status(pieces.ws));
	FUZZ_MUST(sip__ws_pongs(whole.ws) == sip__ws_pongs(pieces.ws));
	FUZZ_MUST(sip__ws_peer_code(whole.ws) == sip__ws_peer_code(pieces.ws));
	FUZZ_MUST(sip__ws_is_partial(whole.ws) == sip__ws_is_partial(pieces.ws));
	out = sip__ws_out(whole.ws);
	FUZZ_MUST(sip_str_eq(out, sip__ws_out(pieces.ws)));
	sip__ws_destroy(&whole.ws);
	sip__ws_destroy(&pieces.ws);
}
