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

size_t sip_stack_list_bans(struct sip_stack *s, struct sip_ban *out, size_t most)
{
	size_t all = 0;

	MUST_BE(s, SIP__STACK_MAGIC);
	for (unsigned i = 0; i < s->wire_count && all < most; i++) {
		size_t count = 0;
		if (sip_guard_list(s->wires[i].wire, out + all, most - all, &count) == SIP_OK)
			all += count;
	}
	return all;
}
