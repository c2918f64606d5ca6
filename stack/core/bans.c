/* Who is banned, on all wires of a stack. Any thread. */
#include "stack/core/core_priv.h"

typedef enum sip_err (*deed_fn)(struct sip_wire *w, const struct sip_addr *source, unsigned number);

static enum sip_err tell_all(struct sip_stack *s, deed_fn fn, const struct sip_addr *source, unsigned number)
{
	enum sip_err first = SIP_OK;

	MUST_BE(s, SIP__STACK_MAGIC);
	for (unsigned i = 0; i < s->wire_count; i++) {
		enum sip_err err = fn(s->wires[i].wire, source, number);
		if (first == SIP_OK)
			first = err;
	}
	return first;
}

static enum sip_err unban(struct sip_wire *w, const struct sip_addr *source, unsigned number)
{
	(void)number;
	return sip_guard_unban(w, source);
}

enum sip_err sip_stack_offence(struct sip_stack *s, const struct sip_addr *source, unsigned points, bool is_proven)
{
	return tell_all(s, is_proven ? sip_guard_offend : sip_guard_suspect, source, points);
}

enum sip_err sip_stack_ban(struct sip_stack *s, const struct sip_addr *source, unsigned seconds)
{
	return tell_all(s, sip_guard_ban, source, seconds);
}

enum sip_err sip_stack_unban(struct sip_stack *s, const struct sip_addr *source)
{
	return tell_all(s, unban, source, 0);
}

/* What another wire has found out too is said once, by the one that keeps it out for longer. */
static bool is_known(struct sip_ban *known, size_t count, const struct sip_ban *ban)
{
	for (size_t i = 0; i < count; i++) {
		if (!sip_addr_eq(&known[i].source, &ban->source) || known[i].is_datagrams_only != ban->is_datagrams_only)
			continue;
		if (ban->left_s > known[i].left_s)
			known[i] = *ban;
		return true;
	}
	return false;
}

size_t sip_stack_list_bans(struct sip_stack *s, struct sip_ban *out, size_t most)
{
	size_t all = 0;

	MUST_BE(s, SIP__STACK_MAGIC);
	for (unsigned i = 0; i < s->wire_count && all < most; i++) {
		size_t earlier = all, count = 0;

		if (sip_guard_list(s->wires[i].wire, out + all, most - all, &count) != SIP_OK)
			continue;
		for (size_t n = earlier; n < earlier + count; n++)
			if (!is_known(out, earlier, &out[n]))
				out[all++] = out[n];
	}
	return all;
}

/* ---- handed over ------------------------------------------------------------------------------------------------------ */

enum { ADDR_LEN = 24, RECORD_LEN = ADDR_LEN + 4 + 4 + 1 }; /* of whom, seconds left, times, datagrams only */

static void put_ban(const struct sip_ban *ban, struct sip_buf *b)
{
	char source[ADDR_LEN] = { 0 };

	(void)sip_addr_pack(&ban->source, source);
	sip_buf_put(b, source, sizeof source);
	sip_buf_put(b, &ban->left_s, 4);
	sip_buf_put(b, &ban->times, 4);
	sip_buf_put_char(b, ban->is_datagrams_only);
}

static bool read_ban(const char *record, struct sip_ban *ban)
{
	memcpy(&ban->left_s, record + ADDR_LEN, 4);
	memcpy(&ban->times, record + ADDR_LEN + 4, 4);
	ban->is_datagrams_only = record[ADDR_LEN + 8];
	return sip_addr_unpack(sip_str_make(record, ADDR_LEN), &ban->source) != 0;
}

void sip_stack_put_bans(struct sip_stack *s, size_t most, struct sip_buf *b)
{
	struct sip_ban *bans;
	size_t count;

	MUST_BE(s, SIP__STACK_MAGIC);
	bans = sip_alloc_zero(most * sizeof *bans);
	count = bans ? sip_stack_list_bans(s, bans, most) : 0;
	for (size_t i = 0; i < count; i++)
		put_ban(&bans[i], b);
	sip_free(bans);
}

enum sip_err sip_stack_take_bans(struct sip_stack *s, struct sip_str bans)
{
	enum sip_err err = SIP_OK;

	MUST_BE(s, SIP__STACK_MAGIC);
	if (bans.len % RECORD_LEN)
		return SIP_E_SYNTAX;
	for (size_t at = 0; at < bans.len && err == SIP_OK; at += RECORD_LEN) {
		struct sip_ban ban;

		if (!read_ban(bans.p + at, &ban))
			return SIP_E_SYNTAX;
		for (unsigned i = 0; i < s->wire_count && err == SIP_OK; i++)
			err = sip_guard_restore(s->wires[i].wire, &ban);
	}
	return err == SIP_E_NOMEM || err == SIP_E_FULL ? SIP_OK : err;
}
