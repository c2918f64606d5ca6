/*
 * Judges one torture message: its verdict as a datagram; and through the stream framer, split at every byte,
 * the same outcome as whole.
 */
#include "tests/torture/torture.h"

#include <stdio.h>
#include <stdlib.h>

struct sip_str torture_bytes(const struct torture_row *row)
{
	struct sip_buf b;
	sip_buf_init(&b, 0);
	const char *at = row->head.p;
	for (size_t i = 0; i + 5 <= row->head.len; i++) {
		if (memcmp(row->head.p + i, "{len}", 5) != 0)
			continue;
		sip_buf_put(&b, at, (size_t)(row->head.p + i - at));
		sip_buf_put_u64(&b, row->body.len);
		at = row->head.p + i + 5;
	}
	sip_buf_put(&b, at, (size_t)(row->head.p + row->head.len - at));
	sip_buf_put_str(&b, row->body);
	size_t len;
	char *bytes = sip_buf_take(&b, &len);
	return sip_str_make(bytes, bytes ? len : 0);
}

enum sip_verdict torture_judge(struct sip_str bytes, struct sip_check *check)
{
	struct sip_message *m;
	enum sip_err err;
	check->verdict = SIP_DROP;
	check->code = 0;
	check->reason = "no message";
	struct sip_packet *packet = sip_packet_copy(bytes.p, bytes.len);
	if (!packet)
		abort();
	enum sip_frame_kind kind = sip_frame_datagram(packet, &sip_limits_default, &m, &err);
	sip_packet_unref(&packet);
	if (kind == SIP_FRAME_PING || kind == SIP_FRAME_PONG)
		check->reason = "a keep-alive";
	if (m)
		sip_message_check(m, false, check);
	sip_message_unref(&m);
	return check->verdict;
}

/* One line of what came out: kind, fields and body of the message. */
static void put_outcome(struct sip_buf *b, enum sip_frame_kind kind, struct sip_message *m, enum sip_err err)
{
	struct sip_check check;
	if (kind == SIP_FRAME_PONG || kind == SIP_FRAME_PING)
		return;
	sip_buf_putf(b, "kind %d err %d\n", (int)kind, (int)err);
	if (!m)
		return;
	sip_message_check(m, true, &check);
	sip_buf_putf(b, "verdict %d %u %s\n", (int)check.verdict, check.code, check.reason);
	for (size_t i = 0; i < sip_message_field_count(m); i++) {
		struct sip_field field;
		sip_message_field(m, i, &field);
		sip_buf_putf(b, "%d [%.*s] [%.*s]\n", (int)field.id, SIP_STR_ARG(field.name), SIP_STR_ARG(field.value));
	}
	sip_buf_put_str(b, sip_message_body(m));
	sip_message_put(m, b);
}

static bool drain(struct sip_framer *f, struct sip_buf *b)
{
	for (;;) {
		struct sip_message *m;
		enum sip_err err;
		enum sip_frame_kind kind = sip_framer_next(f, &m, &err);
		if (kind == SIP_FRAME_MORE)
			return true;
		put_outcome(b, kind, m, err);
		sip_message_unref(&m);
		if (kind == SIP_FRAME_UNFRAMEABLE)
			return false;
	}
}

static bool feed(struct sip_framer *f, struct sip_str bytes, struct sip_buf *b)
{
	while (bytes.len) {
		size_t room;
		char *p = sip_framer_room(f, &room);
		if (!p || room == 0)
			return false;
		size_t n = bytes.len < room ? bytes.len : room;
		memcpy(p, bytes.p, n);
		sip_framer_filled(f, n);
		bytes = sip_str_from(bytes, n);
		if (!drain(f, b))
			return false;
	}
	return true;
}

static void outcome(struct sip_str bytes, size_t split, struct sip_buf *b)
{
	sip_buf_clear(b);
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	if (!f)
		abort();
	if (feed(f, sip_str_make(bytes.p, split), b))
		feed(f, sip_str_from(bytes, split), b);
	if (sip_framer_is_partial(f))
		SIP_BUF_LIT(b, "partial\n");
	sip_framer_destroy(&f);
}

static void outcome_by_byte(struct sip_str bytes, struct sip_buf *b)
{
	sip_buf_clear(b);
	struct sip_framer *f = sip_framer_create(&sip_limits_default);
	if (!f)
		abort();
	for (size_t i = 0; i < bytes.len; i++)
		if (!feed(f, sip_str_make(bytes.p + i, 1), b))
			break;
	if (sip_framer_is_partial(f))
		SIP_BUF_LIT(b, "partial\n");
	sip_framer_destroy(&f);
}

size_t torture_split(struct sip_str bytes, size_t step)
{
	struct sip_buf whole, split;
	size_t differs = SIZE_MAX;
	sip_buf_init(&whole, 0);
	sip_buf_init(&split, 0);
	outcome(bytes, bytes.len, &whole);
	for (size_t at = 1; at < bytes.len && differs == SIZE_MAX; at += step) {
		outcome(bytes, at, &split);
		if (!sip_str_eq(sip_buf_str(&whole), sip_buf_str(&split)))
			differs = at;
	}
	outcome_by_byte(bytes, &split);
	if (differs == SIZE_MAX && !sip_str_eq(sip_buf_str(&whole), sip_buf_str(&split)))
		differs = 0;
	sip_buf_fini(&whole);
	sip_buf_fini(&split);
	return differs;
}
