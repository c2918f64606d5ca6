/*
 * WebSocket for SIP (RFC 7118 over RFC 6455) as a pump of bytes: no socket, no clock, no flow. Its owner feeds what the peer
 * has sent, is given whole SIP messages, and takes away what must go to the peer. It belongs to its owner's loop. Every bad
 * input has an answer or a close code, and every buffer a bound; an idle one holds no buffer at all.
 */
#ifndef STACK_TRANSPORT_WS_PRIV_H
#define STACK_TRANSPORT_WS_PRIV_H

#include "stack/base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIP__WS_MAGIC 0x57534f43u

/* ---- the handshake (ws_handshake.c): heads of HTTP, no state, any thread -------------------------------------------- */
enum sip__ws_guess { SIP__WS_NO, SIP__WS_YES, SIP__WS_MORE };
/*
 * How a stream begins, so that SIP and WebSocket may share a port: YES, an HTTP request; NO, anything else ("OPTIONS sip:…"
 * is SIP); MORE, not to be told yet, after a few bytes at most.
 */
enum sip__ws_guess sip__ws_looks_like_http(struct sip_str bytes);

/* What we answer to an HTTP request; all but ACCEPTED with Content-Length and Connection: close. */
enum sip__ws_answer {
	SIP__WS_ACCEPTED,
	SIP__WS_MALFORMED,   /* 400 */
	SIP__WS_NO_SIP,      /* 400: the sub-protocol "sip" is not asked for (RFC 7118 4.1) */
	SIP__WS_ORIGIN,      /* 403 */
	SIP__WS_METHOD,      /* 405 */
	SIP__WS_NO_UPGRADE,  /* 426 */
	SIP__WS_VERSION,     /* 426: not version 13 */
	SIP__WS_TOO_LARGE,   /* 431 */
	SIP__WS_NOT_SERVED,  /* 400: this port speaks SIP and nothing else */
	SIP__WS_ANSWER_COUNT
};
unsigned sip__ws_answer_status(enum sip__ws_answer answer);
/* A whole answer that refuses; not ACCEPTED. */
void sip__ws_put_refusal(struct sip_buf *b, enum sip__ws_answer answer);

#define SIP__WS_HANDSHAKE_MAX 8192 /* bytes of a head, the empty line included */
#define SIP__WS_COOKIE_MAX 4096    /* a longer Cookie is answered with 431 */

/* What a server insists on. */
struct sip__ws_policy {
	const struct sip_str *origins; /* lent by the transport; case folded */
	size_t origin_count;           /* 0: every origin. Who sends none is no browser and passes (RFC 6455 10.1) */
	bool takes_any_protocol;       /* the sub-protocol "sip" need not be asked for */
};

/* What of an upgrade request is kept for those above; one block of memory. */
struct sip__ws_request {
	struct sip_str host;
	struct sip_str path;   /* the request target, query and all */
	struct sip_str origin; /* empty: none was sent */
	struct sip_str cookie; /* the value of Cookie, not looked into; empty: none was sent */
};

/*
 * Judges a request's head, from its request line to the empty line. ACCEPTED: the 101 is in *out, and *kept is the caller's
 * (sip_free); otherwise the refusal is in *out. Fails with NOMEM, UNSUPPORTED (no SHA-1) and what *out fails with.
 */
enum sip_err sip__ws_accept(struct sip_str head, const struct sip__ws_policy *policy, struct sip_buf *out,
			    struct sip__ws_request **kept, enum sip__ws_answer *answer) SIP_MUST_USE;

#define SIP__WS_ACCEPT_LEN 28 /* base64 of a SHA-1 */
struct sip__ws_target {         /* of a client: lent for the call */
	struct sip_str host;     /* "example.com:8080", as it goes into Host */
	struct sip_str resource; /* empty: "/" */
	struct sip_str origin;   /* empty: not sent */
	struct sip_str cookie;   /* empty: not sent */
};
/* Writes the request with a random key, and the Sec-WebSocket-Accept that must come back. INVAL: a text that no head can hold. */
enum sip_err sip__ws_ask(const struct sip__ws_target *target, struct sip_rand *rand, struct sip_buf *out,
			 char accept[SIP__WS_ACCEPT_LEN]) SIP_MUST_USE;
/* Judges the answer's head. REFUSED: a well-formed one that is not 101; SYNTAX: one that cannot be trusted. *status: 0 if unreadable. */
enum sip_err sip__ws_check_answer(struct sip_str head, const char accept[SIP__WS_ACCEPT_LEN], unsigned *status) SIP_MUST_USE;

/* ---- the session (ws.c) ---------------------------------------------------------------------------------------------- */
struct sip__ws;

enum {
	SIP__WS_NORMAL = 1000,     /* RFC 6455 7.4.1 */
	SIP__WS_GOING_AWAY = 1001, /* the server stops */
	SIP__WS_PROTOCOL = 1002,
	SIP__WS_NO_CODE = 1005,    /* never sent: a close frame without a code */
	SIP__WS_NOT_UTF8 = 1007,
	SIP__WS_POLICY = 1008,
	SIP__WS_TOO_BIG = 1009
};

struct sip__ws_options {
	bool is_server;
	size_t message_max;                  /* bytes of a SIP message; 0: that of sip_limits_default */
	struct sip_rand *rand;               /* lent by the loop, who outlives us: keys and masks of a client */
	const struct sip__ws_policy *policy; /* server; lent until it is up; NULL: every origin, and "sip" */
	struct sip__ws_target target;        /* client */
};
/* A client has its request in sip__ws_out at once. NOMEM, INVAL (of sip__ws_ask), UNSUPPORTED (no SHA-1). */
enum sip_err sip__ws_create(const struct sip__ws_options *options, struct sip__ws **out) SIP_MUST_USE;
void sip__ws_destroy(struct sip__ws **ws);

/*
 * A whole SIP message, lent for the call; never NULL, perhaps empty, perhaps line ends alone (RFC 7118 6). It may write, ping
 * and close, but neither feed nor destroy. Anything but OK ends the feed, which returns it; what was fed behind is dropped.
 */
typedef enum sip_err (*sip__ws_message_fn)(void *arg, struct sip_str message);
/*
 * Takes all bytes. After it, whatever it returned, look at sip__ws_out. All but OK is the end of the session: flush what
 * there is to send, then close the connection.
 *   CLOSED   the peer's close frame came (ours is in sip__ws_out, if it was not sent before); or the session was over already
 *   SYNTAX   broken handshake (400, or an answer that cannot be trusted) or frames (1002, 1007)
 *   DENIED, UNSUPPORTED, TOOBIG   403; 405 and 426; 431 and 1009
 *   REFUSED  a client's request was answered with something else than 101: sip__ws_status
 *   FULL     nobody takes sip__ws_out away;  NOMEM
 */
enum sip_err sip__ws_feed(struct sip__ws *ws, struct sip_str bytes, sip__ws_message_fn on_message, void *arg) SIP_MUST_USE;

/*
 * One SIP message in one frame: text when it is UTF-8, else binary (RFC 7118 4.2). STATE: not up yet; CLOSED: a close frame
 * was sent, or the session is over; FULL: more than a message of the largest size and 64 KiB would wait; NOMEM. What failed
 * has left nothing behind.
 */
enum sip_err sip__ws_write(struct sip__ws *ws, struct sip_str message) SIP_MUST_USE;
/* An empty ping; errors as above. */
enum sip_err sip__ws_ping(struct sip__ws *ws) SIP_MUST_USE;
/* Pongs that came so far, asked for or not (RFC 6455 5.5.3): who watches compares. */
uint32_t sip__ws_pongs(const struct sip__ws *ws);
/*
 * Begins the end: a close frame with this code. Messages still come in until the peer's own close frame makes feed say CLOSED.
 * During a handshake there is nothing to send and it is over. Once more: nothing happens.
 */
enum sip_err sip__ws_close(struct sip__ws *ws, unsigned code) SIP_MUST_USE;

/* What must go to the peer, until the next call; empty: nothing. The memory goes with the last byte taken. */
struct sip_str sip__ws_out(const struct sip__ws *ws);
void sip__ws_took(struct sip__ws *ws, size_t n);

/* The handshake is through and no close frame was sent or received. */
bool sip__ws_is_up(const struct sip__ws *ws);
/* Part of a head, a frame or a message is there and waits for the rest (slow-loris timers look at it). */
bool sip__ws_is_partial(const struct sip__ws *ws);
/* HTTP's status that we sent or were sent; 0: none yet. */
unsigned sip__ws_status(const struct sip__ws *ws);
/* The code of the peer's close frame; SIP__WS_NO_CODE: it had none; 0: there was no such frame. */
unsigned sip__ws_peer_code(const struct sip__ws *ws);
/* Of a server that is or was up; else NULL. Lent until forgotten or destroyed. */
const struct sip__ws_request *sip__ws_request(const struct sip__ws *ws);
void sip__ws_forget_request(struct sip__ws *ws);
/* Bytes of memory held now. */
size_t sip__ws_memory(const struct sip__ws *ws);

#ifdef __cplusplus
}
#endif
#endif
