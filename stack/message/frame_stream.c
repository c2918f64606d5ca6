/*
 * Byte stream to messages: the end of a header is searched for once and never again, the header is
 * indexed once, the body ends where Content-Length says (RFC 3261 18.3). Belongs to one connection,
 * on its loop. Packets are filled while earlier messages of theirs are already under way: the framer
 * only ever writes behind them.
 */
#include "stack/message/message_priv.h"

#define ROOM_LEAST 4096
#define ROOM_MOST 65536

struct sip_framer {
	struct sip_limits limits;
	struct sip_packet *packet;   /* owned; NULL: nothing is here */
	size_t from;                 /* where the next message begins */
	size_t filled;               /* bytes in the packet */
	size_t searched;             /* no header ends before here */
	struct sip_message *pending; /* owned; its header is whole, its body is not */
	struct sip_packet *body;     /* owned; where pending's body goes when it does not fit behind its header */
	size_t body_filled;
	uint32_t body_len;           /* of pending */
	bool is_after_crlf;          /* a lone CRLF was reported; a second one makes it a ping */
	enum sip_err err;            /* once there are no borders any more */
	size_t room;                 /* of the next packet: grows while reads fill it */
};

struct sip_framer *sip_framer_create(const struct sip_limits *limits)
{
	struct sip_framer *f = sip_alloc_zero(sizeof *f);
	if (!f)
		return NULL;
	f->limits = *limits;
	f->room = ROOM_LEAST;
	return f;
}

void sip_framer_destroy(struct sip_framer **f)
{
	struct sip_framer *framer = *f;
	*f = NULL;
	if (!framer)
		return;
	sip_message_unref(&framer->pending);
	sip_packet_unref(&framer->body);
	sip_packet_unref(&framer->packet);
	sip_free(framer);
}

/* ---- room ---- */

/* A new packet that begins with the unfinished message; the old one stays with the messages in it. */
static bool make_room(struct sip_framer *f)
{
	size_t have = f->packet ? f->filled - f->from : 0;
	size_t size = f->room > have * 2 ? f->room : have * 2;
	struct sip_packet *p = sip_packet_create(size);
	if (!p)
		return false;
	if (have)
		memcpy(p->bytes, f->packet->bytes + f->from, have);
	sip_packet_unref(&f->packet);
	f->packet = p;
	f->searched -= f->searched < f->from ? f->searched : f->from;
	f->from = 0;
	f->filled = have;
	return true;
}

char *sip_framer_room(struct sip_framer *f, size_t *len)
{
	*len = 0;
	if (f->err != SIP_OK)
		return NULL;
	if (f->body) {
		*len = f->body->size - f->body_filled;
		return f->body->bytes + f->body_filled;
	}
	if ((!f->packet || f->filled == f->packet->size) && !make_room(f))
		return NULL;
	*len = f->packet->size - f->filled;
	return f->packet->bytes + f->filled;
}

void sip_framer_filled(struct sip_framer *f, size_t len)
{
	if (f->body) {
		MUST(len <= f->body->size - f->body_filled);
		f->body_filled += len;
		return;
	}
	MUST(f->packet && len <= f->packet->size - f->filled);
	f->filled += len;
	if (f->filled == f->packet->size)
		f->room = f->room < ROOM_MOST ? f->room * 2 : ROOM_MOST;
	else if (len < ROOM_LEAST / 2)
		f->room = ROOM_LEAST;
}

/* Everything up to `to` is done with; an empty framer lets go of its packet. */
static void consume(struct sip_framer *f, size_t to)
{
	f->from = to;
	f->searched = to;
	if (f->from == f->filled) {
		sip_packet_unref(&f->packet);
		f->from = 0;
		f->filled = 0;
		f->searched = 0;
	}
}

/* ---- one message ---- */

static enum sip_frame_kind fail(struct sip_framer *f, enum sip_err why, enum sip_err *err)
{
	*err = why;
	f->err = why;
	sip_message_unref(&f->pending);
	sip_packet_unref(&f->body);
	sip_packet_unref(&f->packet);
	f->from = 0;
	f->filled = 0;
	f->searched = 0;
	return SIP_FRAME_UNFRAMEABLE;
}

void sip_framer_settle_pong(struct sip_framer *f)
{
	f->is_after_crlf = false;
}

/* Line ends in front of a message are keep-alives. True: *kind is to be reported. */
static bool skip_line_ends(struct sip_framer *f, enum sip_frame_kind *kind)
{
	const char *bytes = f->packet->bytes;
	size_t at = f->from, crlfs = f->is_after_crlf;
	*kind = SIP_FRAME_PONG;
	while (at < f->filled) {
		if (bytes[at] == '\n')
			at += 1;
		else if (bytes[at] == '\r' && at + 1 < f->filled && bytes[at + 1] == '\n')
			at += 2;
		else
			break;
		if (++crlfs == 2) {
			*kind = SIP_FRAME_PING;
			break;
		}
	}
	/* The other half of a line end may still come. */
	bool may_go_on = at == f->filled || (bytes[at] == '\r' && at + 1 == f->filled);
	if (at == f->from) {
		f->is_after_crlf = f->is_after_crlf && may_go_on;
		return false;
	}
	f->is_after_crlf = *kind == SIP_FRAME_PONG && may_go_on;
	consume(f, at);
	return true;
}

/* Where the header at `from` ends (behind its empty line); 0: not yet. */
static size_t find_header_end(struct sip_framer *f)
{
	const char *bytes = f->packet->bytes, *end = bytes + f->filled;
	const char *p = bytes + f->searched;
	const char *lf;
	while ((lf = memchr(p, '\n', (size_t)(end - p)))) {
		size_t left = (size_t)(end - lf);
		if (left > 1 && lf[1] == '\n')
			return (size_t)(lf + 2 - bytes);
		if (left > 2 && lf[1] == '\r' && lf[2] == '\n')
			return (size_t)(lf + 3 - bytes);
		if (left == 1 || (left == 2 && lf[1] == '\r')) {
			f->searched = (size_t)(lf - bytes);
			return 0;
		}
		p = lf + 1;
	}
	f->searched = f->filled;
	return 0;
}

/* Answers what has come of a header that is too long, if it can be. What is indexed of it may be just short enough. */
static enum sip_frame_kind fail_long_header(struct sip_framer *f, struct sip_message **out, enum sip_err *err)
{
	struct sip_limits limits = f->limits;
	const char *p = f->packet->bytes + f->from;
	limits.header = f->limits.header > 1 ? f->limits.header - 1 : 0;
	enum sip_err why = sip__frame_index(f->packet, p, f->filled - f->from, &limits, out);
	if (*out)
		sip__refuse(*out, SIP_REFUSAL_HEADER_SIZE);
	return fail(f, why == SIP_E_NOMEM ? SIP_E_NOMEM : SIP_E_LIMIT, err);
}

/* The body that came with the header moves to a packet that holds all of it, when the present one cannot. */
static bool give_body_room(struct sip_framer *f)
{
	size_t have = f->filled - f->from;
	if (f->body_len <= f->packet->size - f->from)
		return true;
	f->body = sip_packet_create(f->body_len);
	if (!f->body)
		return false;
	memcpy(f->body->bytes, f->packet->bytes + f->from, have);
	f->body_filled = have;
	consume(f, f->filled);
	return true;
}

/* Indexes the header that ends at `end`. MESSAGE: pending waits for its body. */
static enum sip_frame_kind begin_message(struct sip_framer *f, size_t end, struct sip_message **out, enum sip_err *err)
{
	size_t len = end - f->from;
	enum sip_err why = sip__frame_index(f->packet, f->packet->bytes + f->from, len, &f->limits, out);
	if (why != SIP_OK)
		return fail(f, why, err);
	struct sip_message *m = *out;
	bool is_once = m->first[SIP_HEADER_CONTENT_LENGTH] == sip__last(m, SIP_HEADER_CONTENT_LENGTH);
	if (sip__content_length(m, &f->body_len) != SIP_OK || !is_once)
		return fail(f, SIP_E_SYNTAX, err);
	if (len > f->limits.message || f->body_len > f->limits.message - len) {
		sip__refuse(m, SIP_REFUSAL_BODY_SIZE);
		return fail(f, SIP_E_TOOBIG, err);
	}
	f->pending = m;
	*out = NULL;
	consume(f, end);
	if (f->packet && f->body_len && !give_body_room(f))
		return fail(f, SIP_E_NOMEM, err);
	return SIP_FRAME_MESSAGE;
}

/* The header took all that had come: a large body begins a packet of its own. */
static bool open_body(struct sip_framer *f)
{
	if (f->body || f->packet || f->body_len <= ROOM_LEAST)
		return true;
	f->body = sip_packet_create(f->body_len);
	f->body_filled = 0;
	return f->body != NULL;
}

static enum sip_frame_kind end_message(struct sip_framer *f, struct sip_message **out, enum sip_err *err)
{
	struct sip_message *m = f->pending;
	if (!open_body(f))
		return fail(f, SIP_E_NOMEM, err);
	if (f->body) {
		if (f->body_filled < f->body_len)
			return SIP_FRAME_MORE;
		f->body->len = f->body_len;
		m->body_packet = f->body;
		m->body = sip_str_make(f->body->bytes, f->body_len);
		f->body = NULL;
	} else if (f->body_len) {
		if (!f->packet || f->filled - f->from < f->body_len)
			return SIP_FRAME_MORE;
		m->body = sip_str_make(f->packet->bytes + f->from, f->body_len);
		if (f->packet != m->packet) {
			sip_packet_ref(f->packet);
			m->body_packet = f->packet;
		}
		consume(f, f->from + f->body_len);
	}
	m->is_length_right = true;
	f->pending = NULL;
	*out = m;
	return SIP_FRAME_MESSAGE;
}

enum sip_frame_kind sip_framer_next(struct sip_framer *f, struct sip_message **out, enum sip_err *err)
{
	enum sip_frame_kind kind;
	*out = NULL;
	*err = f->err;
	if (f->err != SIP_OK)
		return SIP_FRAME_UNFRAMEABLE;
	if (f->pending)
		return end_message(f, out, err);
	if (!f->packet)
		return SIP_FRAME_MORE;
	if (f->from == f->filled) {
		consume(f, f->filled);
		return SIP_FRAME_MORE;
	}
	if (f->searched == f->from) {
		if (skip_line_ends(f, &kind))
			return kind;
		if (f->packet->bytes[f->from] == '\r' && f->from + 1 == f->filled)
			return SIP_FRAME_MORE;
	}
	size_t end = find_header_end(f);
	if (end == 0 ? f->filled - f->from >= f->limits.header : end - f->from > f->limits.header)
		return fail_long_header(f, out, err);
	if (end == 0)
		return SIP_FRAME_MORE;
	kind = begin_message(f, end, out, err);
	return kind == SIP_FRAME_MESSAGE ? end_message(f, out, err) : kind;
}

size_t sip_framer_memory(const struct sip_framer *f)
{
	return sizeof *f + (f->packet ? sizeof *f->packet + f->packet->size : 0) +
	       (f->body ? sizeof *f->body + f->body->size : 0) + (f->pending ? sizeof *f->pending : 0);
}

bool sip_framer_is_partial(const struct sip_framer *f)
{
	return f->pending || (f->packet && f->filled > f->from);
}
