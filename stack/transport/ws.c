/*
 * A WebSocket that carries SIP, of either role: the handshake, then frames by wslay (RFC 6455 5, RFC 7118 4.2). wslay's frame
 * context holds 4 KiB; between frames there is nothing in it, so it lives only while part of a frame is there. Owner's loop.
 */
#include "stack/transport/ws_priv.h"

#include "stack/message/message.h"

#include <wslay/wslay.h>

enum stage {
	SHAKING, /* a head is awaited */
	UP,
	CLOSING, /* our close frame is sent, the peer's awaited */
	OVER
};
enum {
	FRAME_HEAD_MAX = 14,
	OUT_ROOM = 65536,   /* for pongs and what waits, beside one message of the largest size */
	CONTROL_MAX = 125,  /* RFC 6455 5.5 */
	FRAMES_SIZE = 4400  /* about what wslay_frame_context_init takes */
};

struct sip__ws {
	uint32_t magic;
	uint8_t stage;    /* enum stage */
	uint8_t opcode;   /* of the message being put together; 0: none */
	bool is_server;
	bool is_feeding;  /* a feed is on the stack: it looks after `frames` */
	uint16_t status;
	uint16_t peer_code;
	uint32_t pongs;
	size_t message_max;
	size_t out_at;                       /* bytes of `out` that are taken */
	struct sip_buf out;
	struct sip_buf in;                   /* a head, or a message in pieces */
	struct sip_buf control;              /* a control frame in pieces */
	struct wslay_frame_context *frames;  /* owned; NULL between frames */
	uint64_t frame_left;                 /* bytes of the present frame still to come; with it we are inside of one */
	bool in_frame;
	size_t held;                         /* bytes that wslay has and has not given back, heads of frames included */
	struct sip_str fed;                  /* lent for the feed: what wslay has not taken yet */
	struct sip_rand *rand;               /* lent by the loop, who outlives us */
	const struct sip__ws_policy *policy; /* lent until we are up */
	struct sip__ws_request *request;     /* owned; NULL: a client, or forgotten */
	char accept[SIP__WS_ACCEPT_LEN];     /* client: what must come back */
};

static const struct sip__ws_policy open_policy;

/* ---- buffers ----------------------------------------------------------------------------------------------------- */

/* Empty, its memory given back, its limit kept. */
static void let_go(struct sip_buf *b)
{
	size_t limit = b->limit;

	sip_buf_fini(b);
	sip_buf_init(b, limit);
}

/* What failed is as if it had not been: n bytes, no error. */
static enum sip_err forget(struct sip_buf *b, size_t n)
{
	enum sip_err err = b->err;

	b->len = n;
	b->err = SIP_OK;
	return err == SIP_E_LIMIT ? SIP_E_FULL : err;
}

static void end(struct sip__ws *ws)
{
	ws->stage = OVER;
	ws->fed.len = 0;
	ws->opcode = 0;
	ws->in_frame = false;
	ws->held = 0;
	let_go(&ws->in);
	let_go(&ws->control);
}

/* ---- wslay's view of us ------------------------------------------------------------------------------------------ */

static ssize_t on_want_bytes(uint8_t *to, size_t room, int flags, void *arg)
{
	struct sip__ws *ws = arg;
	size_t n = ws->fed.len < room ? ws->fed.len : room;

	(void)flags;
	if (n == 0)
		return -1;
	memcpy(to, ws->fed.p, n);
	ws->fed = sip_str_from(ws->fed, n);
	ws->held += n;
	return (ssize_t)n;
}

/* Room for all of a frame was made before, so this never fails half way. */
static ssize_t on_bytes(const uint8_t *p, size_t n, int flags, void *arg)
{
	struct sip__ws *ws = arg;

	(void)flags;
	sip_buf_put(&ws->out, p, n);
	return (ssize_t)n;
}

static int on_want_mask(uint8_t *to, size_t n, void *arg)
{
	struct sip__ws *ws = arg;

	sip_rand_fill(ws->rand, to, n);
	return 0;
}

static enum sip_err need_frames(struct sip__ws *ws)
{
	static const struct wslay_frame_callbacks callbacks = { on_bytes, on_want_bytes, on_want_mask };

	if (!ws->frames && wslay_frame_context_init(&ws->frames, &callbacks, ws) != 0) {
		ws->frames = NULL;
		return SIP_E_NOMEM;
	}
	return SIP_OK;
}

static void settle(struct sip__ws *ws)
{
	if (!ws->frames || ws->is_feeding || ws->in_frame || ws->held > 0)
		return;
	wslay_frame_context_free(ws->frames);
	ws->frames = NULL;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static enum sip_err put_frame(struct sip__ws *ws, enum wslay_opcode opcode, struct sip_str payload)
{
	size_t before = ws->out.len;
	struct wslay_frame_iocb io = { .fin = 1, .opcode = (uint8_t)opcode, .mask = !ws->is_server,
				       .payload_length = payload.len, .data = (const uint8_t *)payload.p,
				       .data_length = payload.len };
	enum sip_err err = need_frames(ws);

	if (err != SIP_OK)
		return err;
	if (!sip_buf_reserve(&ws->out, payload.len + FRAME_HEAD_MAX)) {
		err = forget(&ws->out, before);
	} else if (NEVER(wslay_frame_send(ws->frames, &io) != (ssize_t)payload.len)) {
		(void)forget(&ws->out, before);
		err = SIP_E_IO;
	}
	settle(ws);
	return err;
}

static enum sip_err check_writable(const struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	return ws->stage == UP ? SIP_OK : ws->stage == SHAKING ? SIP_E_STATE : SIP_E_CLOSED;
}

enum sip_err sip__ws_write(struct sip__ws *ws, struct sip_str message)
{
	enum sip_err err = check_writable(ws);

	if (err != SIP_OK)
		return err;
	return put_frame(ws, sip_str_is_utf8(message) ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, message);
}

enum sip_err sip__ws_ping(struct sip__ws *ws)
{
	enum sip_err err = check_writable(ws);

	return err != SIP_OK ? err : put_frame(ws, WSLAY_PING, SIP_STR(""));
}

static enum sip_err put_close(struct sip__ws *ws, unsigned code)
{
	char raw[2] = { (char)(code >> 8), (char)(code & 0xff) };

	return put_frame(ws, WSLAY_CONNECTION_CLOSE, sip_str_make(raw, code == SIP__WS_NO_CODE ? 0 : sizeof raw));
}

enum sip_err sip__ws_close(struct sip__ws *ws, unsigned code)
{
	enum sip_err err;

	MUST_BE(ws, SIP__WS_MAGIC);
	if (ws->stage == SHAKING)
		end(ws);
	if (ws->stage != UP)
		return SIP_OK;
	err = put_close(ws, code);
	if (err == SIP_OK)
		ws->stage = CLOSING;
	return err;
}

/* RFC 6455 7.1.7. Memory for the close frame or not: the peer sees the connection end. */
static enum sip_err fail(struct sip__ws *ws, unsigned code)
{
	if (ws->stage == UP)
		(void)put_close(ws, code);
	end(ws);
	return code == SIP__WS_TOO_BIG ? SIP_E_TOOBIG : SIP_E_SYNTAX;
}

/* ---- receiving --------------------------------------------------------------------------------------------------- */

/* 1004 to 1006 and 1015 are never sent; 1012 to 1014 are IANA's later ones. */
static bool is_code(unsigned code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static enum sip_err on_close_frame(struct sip__ws *ws, struct sip_str body)
{
	unsigned code = SIP__WS_NO_CODE;

	if (body.len == 1)
		return fail(ws, SIP__WS_PROTOCOL);
	if (body.len) {
		code = (unsigned)(unsigned char)body.p[0] << 8 | (unsigned char)body.p[1];
		if (!is_code(code))
			return fail(ws, SIP__WS_PROTOCOL);
		if (!sip_str_is_utf8(sip_str_from(body, 2)))
			return fail(ws, SIP__WS_NOT_UTF8);
	}
	ws->peer_code = (uint16_t)code;
	if (ws->stage == UP)
		(void)put_close(ws, code);
	end(ws);
	return SIP_E_CLOSED;
}

static enum sip_err on_control(struct sip__ws *ws, unsigned opcode, struct sip_str body)
{
	if (opcode == WSLAY_CONNECTION_CLOSE)
		return on_close_frame(ws, body);
	if (opcode == WSLAY_PONG)
		ws->pongs++;
	else if (ws->stage == UP) /* after a close frame nothing may be sent (5.5.1) */
		return put_frame(ws, WSLAY_PONG, body);
	return SIP_OK;
}

static enum sip_err on_message_end(struct sip__ws *ws, struct sip_str message, sip__ws_message_fn on_message, void *arg)
{
	bool is_text = ws->opcode == WSLAY_TEXT_FRAME;
	enum sip_err err;

	ws->opcode = 0;
	if (is_text && !sip_str_is_utf8(message))
		return fail(ws, SIP__WS_NOT_UTF8);
	err = on_message(arg, message);
	if (ws->in.p)
		let_go(&ws->in);
	return err;
}

/* What is whole already is not copied. NOMEM, FULL. */
static enum sip_err gather(struct sip_buf *b, struct sip_str piece, bool is_last, struct sip_str *whole)
{
	*whole = piece;
	if (is_last && b->len == 0)
		return SIP_OK;
	sip_buf_put_str(b, piece);
	*whole = sip_buf_str(b);
	return b->err == SIP_OK ? SIP_OK : forget(b, b->len);
}

/* The close code that a frame deserves for its head; 0: none. */
static unsigned judge_frame(const struct sip__ws *ws, const struct wslay_frame_iocb *io)
{
	bool is_control = wslay_is_ctrl_frame(io->opcode);

	if (io->rsv || io->mask != ws->is_server) /* 5.1: a client masks, a server must not */
		return SIP__WS_PROTOCOL;
	if (is_control) {
		return io->opcode > WSLAY_PONG || !io->fin || io->payload_length > CONTROL_MAX ? SIP__WS_PROTOCOL : 0;
	}
	if (io->opcode > WSLAY_BINARY_FRAME || (io->opcode == WSLAY_CONTINUATION_FRAME) != (ws->opcode != 0))
		return SIP__WS_PROTOCOL;
	return io->payload_length > ws->message_max - ws->in.len ? SIP__WS_TOO_BIG : 0;
}

/* wslay says what a frame is only with its first bytes; its head's length follows, for only the shortest form is let in. */
static enum sip_err begin_frame(struct sip__ws *ws, const struct wslay_frame_iocb *io)
{
	unsigned code = judge_frame(ws, io);

	if (code)
		return fail(ws, code);
	ws->held -= 2u + (io->payload_length > 0xffff ? 8u : io->payload_length > CONTROL_MAX ? 2u : 0u) + (io->mask ? 4u : 0u);
	ws->frame_left = io->payload_length;
	if (!wslay_is_ctrl_frame(io->opcode) && io->opcode != WSLAY_CONTINUATION_FRAME)
		ws->opcode = io->opcode;
	return SIP_OK;
}

static enum sip_err take_piece(struct sip__ws *ws, const struct wslay_frame_iocb *io, sip__ws_message_fn on_message, void *arg)
{
	struct sip_str whole, piece = sip_str_make(io->data_length ? (const char *)io->data : "", io->data_length);
	bool is_control = wslay_is_ctrl_frame(io->opcode), is_last;
	enum sip_err err = ws->in_frame ? SIP_OK : begin_frame(ws, io);

	if (err != SIP_OK)
		return err;
	ws->held -= io->data_length;
	ws->frame_left -= io->data_length;
	ws->in_frame = ws->frame_left > 0;
	is_last = !ws->in_frame && io->fin;
	err = gather(is_control ? &ws->control : &ws->in, piece, is_last, &whole);
	if (err != SIP_OK || !is_last)
		return err;
	if (!is_control)
		return on_message_end(ws, whole, on_message, arg);
	err = on_control(ws, io->opcode, whole);
	if (ws->control.p)
		let_go(&ws->control);
	return err;
}

static enum sip_err read_frames(struct sip__ws *ws, sip__ws_message_fn on_message, void *arg)
{
	enum sip_err err = need_frames(ws);

	while (err == SIP_OK) {
		struct wslay_frame_iocb io = { .fin = 0 };
		ssize_t n = wslay_frame_recv(ws->frames, &io);

		if (n == WSLAY_ERR_WANT_READ)
			break;
		err = n < 0 ? fail(ws, SIP__WS_PROTOCOL) : take_piece(ws, &io, on_message, arg);
	}
	return err;
}

/* ---- the handshake ----------------------------------------------------------------------------------------------- */

static enum sip_err refusal_err(enum sip__ws_answer answer)
{
	switch (sip__ws_answer_status(answer)) {
	case 403:
		return SIP_E_DENIED;
	case 405:
	case 426:
		return SIP_E_UNSUPPORTED;
	case 431:
		return SIP_E_TOOBIG;
	default:
		return SIP_E_SYNTAX;
	}
}

static enum sip_err refuse(struct sip__ws *ws, enum sip__ws_answer answer)
{
	ws->status = (uint16_t)sip__ws_answer_status(answer);
	sip__ws_put_refusal(&ws->out, answer);
	return ws->out.err != SIP_OK ? forget(&ws->out, 0) : refusal_err(answer);
}

static enum sip_err judge_request(struct sip__ws *ws, struct sip_str head)
{
	enum sip__ws_answer answer;
	enum sip_err err = sip__ws_accept(head, ws->policy, &ws->out, &ws->request, &answer);

	if (err != SIP_OK) {
		(void)forget(&ws->out, 0);
		return err;
	}
	ws->status = (uint16_t)sip__ws_answer_status(answer);
	return answer == SIP__WS_ACCEPTED ? SIP_OK : refusal_err(answer);
}

static enum sip_err judge_handshake(struct sip__ws *ws, struct sip_str head)
{
	unsigned status;
	enum sip_err err;

	if (ws->is_server)
		return judge_request(ws, head);
	err = sip__ws_check_answer(head, ws->accept, &status);
	ws->status = (uint16_t)status;
	return err;
}

/* The end of the head in `in`, whose last `fresh` bytes were not there before; 0: not there yet. */
static size_t find_end(const struct sip_buf *in, size_t fresh)
{
	size_t from = in->len - fresh > 3 ? in->len - fresh - 3 : 0;

	for (size_t i = from; i + 4 <= in->len; i++) {
		if (memcmp(in->p + i, "\r\n\r\n", 4) == 0)
			return i + 4;
	}
	return 0;
}

/* True: this cannot become a head of ours, however it goes on. */
static bool is_hopeless(const struct sip__ws *ws)
{
	struct sip_str answer = SIP_STR("HTTP/1.");
	size_t n = ws->in.len < answer.len ? ws->in.len : answer.len;

	if (ws->is_server)
		return sip__ws_looks_like_http(sip_buf_str(&ws->in)) == SIP__WS_NO;
	return memcmp(ws->in.p, answer.p, n) != 0;
}

/* Takes what belongs to the head off *bytes. */
static enum sip_err shake(struct sip__ws *ws, struct sip_str *bytes)
{
	size_t room = SIP__WS_HANDSHAKE_MAX - ws->in.len, before = ws->in.len, head;
	struct sip_str piece = sip_str_make(bytes->p, bytes->len < room ? bytes->len : room);
	enum sip_err err;

	if (piece.len == 0)
		return SIP_OK;
	sip_buf_put_str(&ws->in, piece);
	if (ws->in.err != SIP_OK)
		return forget(&ws->in, before);
	head = find_end(&ws->in, piece.len);
	*bytes = sip_str_from(*bytes, head ? head - before : piece.len);
	if (is_hopeless(ws))
		return ws->is_server ? refuse(ws, SIP__WS_MALFORMED) : SIP_E_SYNTAX;
	if (head == 0 && ws->in.len == SIP__WS_HANDSHAKE_MAX)
		return ws->is_server ? refuse(ws, SIP__WS_TOO_LARGE) : SIP_E_TOOBIG;
	if (head == 0)
		return SIP_OK;
	err = judge_handshake(ws, sip_str_make(ws->in.p, head));
	if (err != SIP_OK)
		return err;
	sip_buf_fini(&ws->in);
	sip_buf_init(&ws->in, ws->message_max);
	ws->stage = UP;
	return SIP_OK;
}

/* ---- the door ---------------------------------------------------------------------------------------------------- */

enum sip_err sip__ws_feed(struct sip__ws *ws, struct sip_str bytes, sip__ws_message_fn on_message, void *arg)
{
	enum sip_err err = SIP_OK;

	MUST_BE(ws, SIP__WS_MAGIC);
	MUST(!ws->is_feeding);
	if (ws->stage == OVER)
		return SIP_E_CLOSED;
	ws->is_feeding = true;
	if (ws->stage == SHAKING)
		err = shake(ws, &bytes);
	if (err == SIP_OK && ws->stage != SHAKING && bytes.len > 0) {
		ws->fed = bytes;
		err = read_frames(ws, on_message, arg);
	}
	ws->is_feeding = false;
	if (err != SIP_OK)
		end(ws);
	settle(ws);
	return err;
}

enum sip_err sip__ws_create(const struct sip__ws_options *options, struct sip__ws **out)
{
	struct sip__ws *ws = sip_alloc_zero(sizeof *ws);
	enum sip_err err = SIP_OK;

	if (!ws)
		return SIP_E_NOMEM;
	ws->magic = SIP__WS_MAGIC;
	ws->is_server = options->is_server;
	ws->message_max = options->message_max ? options->message_max : sip_limits_default.message;
	ws->rand = options->rand;
	ws->policy = options->policy ? options->policy : &open_policy;
	sip_buf_init(&ws->out, ws->message_max + OUT_ROOM);
	sip_buf_init(&ws->in, SIP__WS_HANDSHAKE_MAX);
	sip_buf_init(&ws->control, CONTROL_MAX);
	if (!ws->is_server)
		err = sip__ws_ask(&options->target, ws->rand, &ws->out, ws->accept);
	if (err != SIP_OK)
		sip__ws_destroy(&ws);
	*out = ws;
	return err;
}

void sip__ws_destroy(struct sip__ws **pws)
{
	struct sip__ws *ws = *pws;

	if (!ws)
		return;
	MUST_BE(ws, SIP__WS_MAGIC);
	MUST(!ws->is_feeding);
	*pws = NULL;
	wslay_frame_context_free(ws->frames);
	sip_buf_fini(&ws->out);
	sip_buf_fini(&ws->in);
	sip_buf_fini(&ws->control);
	sip_free(ws->request);
	ws->magic = 0;
	sip_free(ws);
}

struct sip_str sip__ws_out(const struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	return sip_str_from(sip_buf_str(&ws->out), ws->out_at);
}

void sip__ws_took(struct sip__ws *ws, size_t n)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	MUST(n <= ws->out.len - ws->out_at);
	ws->out_at += n;
	if (ws->out_at < ws->out.len)
		return;
	ws->out_at = 0;
	let_go(&ws->out);
}

bool sip__ws_is_up(const struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	return ws->stage == UP;
}

bool sip__ws_is_partial(const struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	return ws->in.len > 0 || ws->opcode != 0 || ws->in_frame || ws->held > 0;
}

unsigned sip__ws_status(const struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	return ws->status;
}

unsigned sip__ws_peer_code(const struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	return ws->peer_code;
}

uint32_t sip__ws_pongs(const struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	return ws->pongs;
}

const struct sip__ws_request *sip__ws_request(const struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	return ws->request;
}

void sip__ws_forget_request(struct sip__ws *ws)
{
	MUST_BE(ws, SIP__WS_MAGIC);
	sip_free(ws->request);
	ws->request = NULL;
}

size_t sip__ws_memory(const struct sip__ws *ws)
{
	const struct sip__ws_request *r = ws->request;

	MUST_BE(ws, SIP__WS_MAGIC);
	return sizeof *ws + ws->in.cap + ws->out.cap + ws->control.cap + (ws->frames ? FRAMES_SIZE : 0) +
	       (r ? sizeof *r + r->host.len + r->path.len + r->origin.len + r->cookie.len : 0);
}
