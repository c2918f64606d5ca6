/*
 * Sends the torture messages to a server by any transport, over streams byte by byte, each on a line of its own and followed by an
 * OPTIONS: what the stack's verdict promises must come back, and the OPTIONS must be answered wherever the stream is whole.
 *   torture_client KIND ADDRESS PORT LOCAL STEP       every STEP-th message; KIND: udp, tcp, tls, dtls, ws, wss
 */
#include "tests/live/line.h"
#include "tests/torture/torture.h"

#include <stdio.h>
#include <stdlib.h>

struct promise {
	bool is_whole;   /* the bytes are messages, and nothing is left over */
	bool is_closed;  /* the stream has no borders any more */
	unsigned code;   /* the answer that must come; 0: none is promised */
};

static bool look(struct sip_framer *f, struct promise *p)
{
	for (;;) {
		struct sip_message *m = NULL;
		struct sip_check check;
		enum sip_err err;
		enum sip_frame_kind kind = sip_framer_next(f, &m, &err);
		if (kind == SIP_FRAME_MORE)
			return true;
		check.verdict = SIP_DROP;
		if (m && p->code == 0)
			sip_message_check(m, true, &check);
		if (check.verdict == SIP_ANSWER)
			p->code = check.code;
		sip_message_unref(&m);
		p->is_closed = kind == SIP_FRAME_UNFRAMEABLE;
		if (p->is_closed)
			return false;
	}
}

static struct promise promise_of_stream(struct sip_str bytes)
{
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	struct promise p = { 0 };

	while (f && bytes.len) {
		size_t room;
		char *to = sip_framer_room(f, &room);
		size_t n = bytes.len < room ? bytes.len : room;
		if (!to || n == 0)
			break;
		memcpy(to, bytes.p, n);
		sip_framer_filled(f, n);
		bytes = sip_str_from(bytes, n);
		if (!look(f, &p))
			break;
	}
	p.is_whole = f && !p.is_closed && bytes.len == 0 && !sip_framer_is_partial(f);
	sip_framer_destroy(&f);
	return p;
}

/* Over UDP an answer goes where the Via says (RFC 3261 18.2.2, RFC 3581 4): to us, unless it names another port or a group. */
static bool comes_back(enum line_kind kind, struct sip_str bytes)
{
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	struct sip_message *m = NULL;
	const struct sip_via *via = NULL;
	bool is_ours = true;
	enum sip_err err;

	if (kind == LINE_UDP && packet && sip_frame_datagram(packet, &sip_limits_default, &m, &err) == SIP_FRAME_MESSAGE)
		via = sip_message_via(m, 0);
	if (kind == LINE_UDP)
		is_ours = via && via->maddr.len == 0 && (via->has_rport || via->port == 0 || via->port == 5060);
	sip_message_unref(&m);
	sip_packet_unref(&packet);
	return is_ours;
}

/* One message, and whatever it is, the next is another. */
static struct promise promise_of_one(enum line_kind kind, struct sip_str bytes)
{
	struct promise p = { .is_whole = true };
	struct sip_check check;

	if (torture_judge(bytes, &check) == SIP_ANSWER && comes_back(kind, bytes))
		p.code = check.code;
	return p;
}

static size_t put_marker(char *into, size_t size, enum line_kind kind, const char *address, size_t row)
{
	int n = snprintf(into, size,
			 "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s 192.0.2.1;branch=z9hG4bKmark%zu;rport\r\nMax-Forwards: 70\r\n"
			 "From: <sip:mark@%s>;tag=m\r\nTo: <sip:%s>\r\nCall-ID: mark%zu@live\r\nCSeq: 1 OPTIONS\r\n"
			 "Content-Length: 0\r\n\r\n",
			 address, line_via(kind), row, address, address, row);

	return n > 0 ? (size_t)n : 0;
}

/* Everything until the marker is answered or the connection is closed: is the marker's Call-ID among it? */
static bool collect(struct line *l, size_t row, char *into, size_t size)
{
	char mark[40];
	size_t len = 0, n;

	(void)snprintf(mark, sizeof mark, "Call-ID: mark%zu@live", row);
	into[0] = '\0';
	while (len + 1 < size && (n = line_read(l, into + len, size - len - 1)) > 0) {
		for (size_t i = 0; i < n; i++)
			if (into[len + i] == '\0')
				into[len + i] = ' ';
		len += n;
		into[len] = '\0';
		if (strstr(into, mark))
			return true;
	}
	return false;
}

static bool is_kept(const struct promise *p, bool is_marked, const char *got)
{
	char line[24];

	if (p->is_whole && !is_marked)
		return false;
	if (p->code == 0 || !p->is_whole)
		return true;
	(void)snprintf(line, sizeof line, "SIP/2.0 %u ", p->code);
	return strstr(got, line) != NULL;
}

struct target {
	enum line_kind kind;
	const char *address, *local;
	unsigned port;
};

static bool stands(const struct target *t, const struct torture_row *row, struct sip_str bytes, size_t number)
{
	static char got[262144];
	char marker[600];
	struct promise p = line_has_bounds(t->kind) ? promise_of_one(t->kind, bytes) : promise_of_stream(bytes);
	struct line *l;
	bool is_sent, is_marked, is_right;

	if (!p.is_whole && !p.is_closed) /* its end is for the peer to wait for */
		return true;
	l = line_open(t->kind, t->address, t->port, t->local);
	if (!l)
		return false;
	is_sent = line_has_bounds(t->kind) ? line_send(l, bytes) : line_send_by_byte(l, bytes);
	/* A connection that is closed shows when it is read. */
	if (is_sent)
		is_sent = line_send(l, sip_str_make(marker, put_marker(marker, sizeof marker, t->kind, t->address, number)));
	is_marked = collect(l, number, got, sizeof got);
	is_right = is_kept(&p, is_marked, got);
	if (!is_right)
		printf("FAIL %s %s: expected %u%s, got: %.60s\n", row->section, row->what, p.code,
		       p.is_whole ? " and the OPTIONS answered" : "", got);
	line_close(&l);
	return is_right;
}

static unsigned run(const struct target *t, const struct torture_row *rows, size_t count, size_t step)
{
	unsigned failures = 0;

	for (size_t i = 0; i < count; i += step) {
		struct sip_str bytes = torture_bytes(&rows[i]);
		failures += !bytes.p || !stands(t, &rows[i], bytes, i);
		sip_free((void *)(uintptr_t)bytes.p);
	}
	return failures;
}

int main(int argc, char **argv)
{
	struct target t;
	unsigned failures;
	size_t step;

	if (argc != 6 || !line_kind_of(argv[1], &t.kind))
		return 2;
	t.address = argv[2];
	t.port = (unsigned)strtoul(argv[3], NULL, 10);
	t.local = argv[4];
	step = strtoul(argv[5], NULL, 10);
	if (step == 0)
		return 2;
	failures = run(&t, torture_rows_4475, torture_count_4475, step);
	failures += run(&t, torture_rows_5118, torture_count_5118, step);
	printf("%s: %zu messages, every %zu. of them, %u failures\n", argv[1], torture_count_4475 + torture_count_5118, step, failures);
	return failures != 0;
}
